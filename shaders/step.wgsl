// What changes from dispatch to dispatch.
struct Step {
    // Steps done before the epoch, and its steps.
    first: u32,
    steps: u32,
    // The step up to which it is noted where spikes lie in their list.
    noted: u32,
    // Steps of this batch before it.
    within: u32,
    // Zero, unknown to the compiler.
    zero: u32,
    // A range of events or samples, and where it goes.
    start: u32,
    end: u32,
    to: u32,
}
@group(0) @binding(0) var<uniform> step: Step;
