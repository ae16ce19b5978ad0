// The list of spikes: a ring of (step, neuron) that only grows, and where each step's epoch starts and ends in it. Within
// an epoch spikes lie in any order.
import step;

@group(0) @binding(1) var<storage, read_write> spikes: array<atomic<u32>>;

// Where a list of the spikes of epochs lies.
struct Stretch {
    start: u32,
    end: u32,
}

// Where the list ended after the last step that is noted.
fn spikes_noted() -> u32 {
    return atomicLoad(&spikes[SPIKES_ENDS + (step.noted & (SPIKES_STEPS - 1u))]);
}

// The stretch of the epochs that steps low + 1 ..= high belong to; `tail` is where the list ends.
fn spikes_between(low: u32, high: u32, tail: u32) -> Stretch {
    var found = Stretch(0u, tail);
    if low >= step.noted {
        found.start = spikes_noted();
    } else {
        found.start = atomicLoad(&spikes[SPIKES_STARTS + ((low + 1u) & (SPIKES_STEPS - 1u))]);
    }
    if high <= step.noted {
        found.end = atomicLoad(&spikes[SPIKES_ENDS + (high & (SPIKES_STEPS - 1u))]);
    }
    return found;
}

// Notes where the steps since the last that is noted lie, all in one epoch; `number` counts them back from the newest.
fn spikes_note(number: u32, tail: u32) {
    if step.noted + number < step.first {
        let at = (step.first - number) & (SPIKES_STEPS - 1u);
        atomicStore(&spikes[SPIKES_STARTS + at], spikes_noted());
        atomicStore(&spikes[SPIKES_ENDS + at], tail);
    }
}

fn spikes_append(at_step: u32, id: u32, times: u32) {
    let at = atomicAdd(&spikes[SPIKES_TAIL], times);
    for (var k = 0u; k < times; k++) {
        let place = SPIKES_LIST + 2u * ((at + k) & (SPIKES_CAPACITY - 1u));
        atomicStore(&spikes[place], at_step);
        atomicStore(&spikes[place + 1u], id);
    }
}
