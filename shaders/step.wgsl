// What changes from dispatch to dispatch.
struct Step {
    // The step that is played, from 1.
    step: u32,
    // Its ring slot.
    slot: u32,
    // Steps of this batch before it.
    within: u32,
    // Zero, unknown to the compiler.
    zero: u32,
    // A range of events or samples, and where it goes.
    start: u32,
    end: u32,
    to: u32,
    unused: u32,
}
@group(0) @binding(0) var<uniform> step: Step;
