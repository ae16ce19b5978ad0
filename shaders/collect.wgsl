// The pass `collect`, at the end of a batch: its spikes, from the ring into an array that the host reads while the next
// batch is played.
import step;
import spikes;

@group(0) @binding(2) var<storage, read_write> collected: array<u32>;

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(global_invocation_id) thread: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>) {
    let tail = atomicLoad(&spikes[SPIKES_TAIL]);
    // step.start is where the batch began, step.end the oldest step that delays still ask for.
    let start = atomicLoad(&spikes[SPIKES_ENDS + (step.start & (SPIKES_STEPS - 1u))]);
    let oldest = atomicLoad(&spikes[SPIKES_STARTS + (step.end & (SPIKES_STEPS - 1u))]);
    if thread.x == 0u {
        collected[0] = tail - start;
        collected[1] = atomicLoad(&spikes[SPIKES_FAULT]);
        collected[2] = step.first;
        collected[3] = tail - oldest;
        collected[4] = atomicLoad(&spikes[SPIKES_OVERFLOW]);
        collected[5] = atomicLoad(&spikes[SPIKES_OVERFLOW + 1u]);
        collected[6] = atomicLoad(&spikes[SPIKES_CUT]);
    }
    spikes_note(thread.x, tail);
    for (var k = thread.x; k < min(tail - start, step.to); k += groups.x * WORKGROUP) {
        let place = SPIKES_LIST + 2u * ((start + k) & (SPIKES_CAPACITY - 1u));
        collected[7u + 2u * k] = atomicLoad(&spikes[place]);
        collected[8u + 2u * k] = atomicLoad(&spikes[place + 1u]);
    }
}
