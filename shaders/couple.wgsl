// What flows into a neuron by what others showed at the end of the last steps, and what it shows them: a part of the pass
// `integrate` where a network has continuous couplings. Twin of engine/device/cpu/couple.rs.
//
// The signals of the last steps, all of one step side by side. A step writes those of its own, and reads earlier ones: an
// epoch is no longer than the shortest way from one neuron to another.
import step;
import exact;

@group(0) @binding(8) var<storage, read_write> signals: array<f32>;

// What reaches the neurons of a slice, and what they show: an entry of `tables`.
struct Coupling {
    // Where it lies, per neuron, which link is its first, and the end of the last; NONE where nothing reaches the slice.
    starts: u32,
    links: u32,
    // Where the currents that do not change lie, one for each neuron.
    constants: u32,
    // Where signals are described, and how many a neuron shows.
    shown: u32,
    shown_count: u32,
    // The neurons of the slice that show some, and where those of the first of them lie in a step.
    neurons_start: u32,
    neurons_end: u32,
    first: u32,
}

// What reaches a neuron from one signal: weight times its value, or that of the straight line through it and the one before,
// half a step ahead or between them.
struct Link {
    signal: u32,
    weight: u32,
    // Steps before the last one.
    back: u32,
    course: u32,
}

// A signal: a state variable, a sigmoid of one, or one that the model gives.
struct Shown {
    kind: u32,
    which: u32,
    // Where it lies, for one neuron or for all, at which value a sigmoid is one half.
    half: u32,
    half_stride: u32,
    // By what the distance from there is multiplied.
    factor: u32,
}

var<private> coupling: Coupling;

fn couple_begin() {
    if slice.coupling != NONE {
        coupling = coupling_load(slice.coupling);
    }
}

fn signal_at(signal: u32, at: u32) -> f32 {
    return signals[(at & (SIGNAL_SLOTS - 1u)) * SIGNALS + signal];
}

// The current of stimuli and couplings in step `now`.
fn coupled(i: u32, now: u32, current: f32) -> f32 {
    if slice.coupling == NONE || coupling.starts == NONE {
        return current;
    }
    var sum = bitcast<f32>(tables[coupling.constants + i]);
    for (var k = tables[coupling.starts + i]; k < tables[coupling.starts + i + 1u]; k++) {
        let link = link_load(coupling.links + k * LINK_WORDS);
        let last = max(now, 1u + link.back) - 1u - link.back;
        var value = signal_at(link.signal, last);
        if link.course == COURSE_AHEAD {
            let before = signal_at(link.signal, max(last, 1u) - 1u);
            value = add(mul(1.5, value), -mul(0.5, before));
        } else if link.course == COURSE_BETWEEN {
            let before = signal_at(link.signal, max(last, 1u) - 1u);
            value = add(mul(0.5, value), mul(0.5, before));
        }
        sum = add(sum, mul(bitcast<f32>(link.weight), value));
    }
    if slice.current != NONE || slice.waves_start < slice.waves_end {
        sum = add(sum, current);
    }
    return sum;
}

// What neuron i shows others at the end of step `now`.
fn show(i: u32, now: u32, d: Derived, s: State) {
    if slice.coupling == NONE || i < coupling.neurons_start || i >= coupling.neurons_end {
        return;
    }
    let to = (now & (SIGNAL_SLOTS - 1u)) * SIGNALS + coupling.first
        + (i - coupling.neurons_start) * coupling.shown_count;
    for (var k = 0u; k < coupling.shown_count; k++) {
        let shown = shown_load(coupling.shown + k * SHOWN_WORDS);
        var value: f32;
        if shown.kind == SHOWN_GIVEN {
            value = given(d, s, shown.which);
        } else {
            value = state_field(s, shown.which);
        }
        if shown.kind == SHOWN_SIGMOID {
            let half = bitcast<f32>(tables[shown.half + i * shown.half_stride]);
            value = sigmoid(mul(add(value, -half), bitcast<f32>(shown.factor)));
        }
        signals[to + k] = value;
    }
}
