// The list of spikes: a ring of neuron ids that only grows, and where each step's part of it ends.
@group(0) @binding(1) var<storage, read_write> spikes: array<atomic<u32>>;

// Where the list ends after `at`, a step that is complete.
fn spikes_end(at: u32) -> u32 {
    return atomicLoad(&spikes[SPIKES_ENDS + (at & (SPIKES_STEPS - 1u))]);
}

fn spikes_append(id: u32, times: u32) {
    let at = atomicAdd(&spikes[SPIKES_TAIL], times);
    for (var k = 0u; k < times; k++) {
        atomicStore(&spikes[SPIKES_LIST + ((at + k) & (SPIKES_CAPACITY - 1u))], id);
    }
}
