// The pass `take_back`: what connections that are cut bring in an epoch is added with the other sign; sums are integers, so
// that nothing of it is left. Twin of `take_back` in engine/device/cpu/shard.rs. A workgroup takes a spike, and its threads
// the synapses of its source.
import step;
import spikes;
import shard;

// How many cuts, and the shortest and the longest delay of their synapses; per cut the steps whose spikes do not pass, where
// its synapses lie, and how many; these by source: source, delay, accumulator, what takes the weight back.
@group(0) @binding(4) var<storage, read> cuts: array<u32>;
@group(0) @binding(5) var<storage, read_write> ring: array<atomic<i32>>;

// The first of `count` synapses from `place` on whose source is not before `source`.
fn first_of(source: u32, place: u32, count: u32) -> u32 {
    var low = 0u;
    var high = count;
    while low < high {
        let middle = (low + high) / 2u;
        if cuts[place + 4u * middle] < source {
            low = middle + 1u;
        } else {
            high = middle;
        }
    }
    return low;
}

// What a cut takes back of a spike.
fn take_back(cut: u32, fired: u32, source: u32, local: u32) {
    let entry = 3u + 4u * cut;
    if fired < cuts[entry] || fired >= cuts[entry + 1u] {
        return;
    }
    let place = cuts[entry + 2u];
    let count = cuts[entry + 3u];
    for (var k = first_of(source, place, count) + local; k < count; k += WORKGROUP) {
        let synapse = place + 4u * k;
        if cuts[synapse] != source {
            break;
        }
        let arrival = fired + cuts[synapse + 1u];
        if arrival > step.first && arrival <= step.first + step.steps {
            let to = (arrival & (SLOTS - 1u)) * shard.accumulators + cuts[synapse + 2u];
            atomicAdd(&ring[to], bitcast<i32>(cuts[synapse + 3u]));
        }
    }
}

@compute @workgroup_size(WORKGROUP)
fn main(
    @builtin(workgroup_id) group: vec3<u32>,
    @builtin(num_workgroups) groups: vec3<u32>,
    @builtin(local_invocation_index) local: u32,
) {
    let low = max(step.first, cuts[2]) - cuts[2];
    let high = max(step.first + step.steps, cuts[1]) - cuts[1];
    if low >= high {
        return;
    }
    let stretch = spikes_between(low, high, atomicLoad(&spikes[SPIKES_TAIL]));
    for (var k = group.x; k < stretch.end - stretch.start; k += groups.x) {
        let place = SPIKES_LIST + 2u * ((stretch.start + k) & (SPIKES_CAPACITY - 1u));
        let fired = atomicLoad(&spikes[place]);
        let source = atomicLoad(&spikes[place + 1u]);
        for (var cut = 0u; cut < cuts[0]; cut++) {
            take_back(cut, fired, source, local);
        }
    }
}
