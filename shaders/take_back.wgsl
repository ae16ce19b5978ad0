// The pass `take_back`: what connections that are cut bring in an epoch is added with the other sign; sums are integers, so
// that nothing of it is left. Twin of `take_back` in engine/device/cpu/integrate.rs. A workgroup takes a spike, and its threads
// the synapses of its source.
import step;
import spikes;
import shard;

// All cuts of the shard, the first entry of `cuts`: where theirs lie, and how many; the shortest and the longest delay.
struct Cuts {
    entries: u32,
    count: u32,
    shortest: u32,
    longest: u32,
}

// A cut: the steps whose spikes do not pass, where its synapses lie, by source, and how many.
struct Cut {
    start: u32,
    end: u32,
    synapses: u32,
    synapse_count: u32,
}

// A synapse that is cut, and what takes its weight back.
struct CutSynapse {
    source: u32,
    delay: u32,
    accumulator: u32,
    weight: u32,
}

@group(0) @binding(4) var<storage, read> cuts: array<u32>;
@group(0) @binding(5) var<storage, read_write> ring: array<atomic<i32>>;

// The first synapse of a cut whose source is not before `source`.
fn first_of(source: u32, cut: Cut) -> u32 {
    var low = 0u;
    var high = cut.synapse_count;
    while low < high {
        let middle = (low + high) / 2u;
        if cut_synapse_load(cut.synapses + middle * CUT_SYNAPSE_WORDS).source < source {
            low = middle + 1u;
        } else {
            high = middle;
        }
    }
    return low;
}

// What a cut takes back of a spike.
fn take_back(cut: Cut, fired: u32, source: u32, local: u32) {
    if fired < cut.start || fired >= cut.end {
        return;
    }
    for (var k = first_of(source, cut) + local; k < cut.synapse_count; k += WORKGROUP) {
        let synapse = cut_synapse_load(cut.synapses + k * CUT_SYNAPSE_WORDS);
        if synapse.source != source {
            break;
        }
        let arrival = fired + synapse.delay;
        if arrival > step.first && arrival <= step.first + step.steps {
            let to = (arrival & (SLOTS - 1u)) * shard.accumulators + synapse.accumulator;
            atomicAdd(&ring[to], bitcast<i32>(synapse.weight));
        }
    }
}

@compute @workgroup_size(WORKGROUP)
fn main(
    @builtin(workgroup_id) group: vec3<u32>,
    @builtin(num_workgroups) groups: vec3<u32>,
    @builtin(local_invocation_index) local: u32,
) {
    let all = cuts_load(0u);
    let low = max(step.first, all.longest) - all.longest;
    let high = max(step.first + step.steps, all.shortest) - all.shortest;
    if low >= high {
        return;
    }
    let stretch = spikes_between(low, high, atomicLoad(&spikes[SPIKES_TAIL]));
    for (var k = group.x; k < stretch.end - stretch.start; k += groups.x) {
        let place = SPIKES_LIST + 2u * ((stretch.start + k) & (SPIKES_CAPACITY - 1u));
        let fired = atomicLoad(&spikes[place]);
        let source = atomicLoad(&spikes[place + 1u]);
        for (var cut = 0u; cut < all.count; cut++) {
            take_back(cut_load(all.entries + cut * CUT_WORDS), fired, source, local);
        }
    }
}
