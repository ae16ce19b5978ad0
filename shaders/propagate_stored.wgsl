// The pass `propagate_stored`: the row blocks that are due in an epoch are added into the ring. Integer sums, so the order of
// spikes cannot matter. Twin of engine/device/cpu/propagate_stored.rs.
//
// Work is dealt out evenly whatever the lengths of rows: a workgroup takes as many row blocks as it has threads, and its
// threads walk over their synapses as if they were one row. Where there are more workgroups than such bundles, several
// share one and each walks over a part of it.
import step;
import spikes;
import due;
import tiles;
import shard;

@group(0) @binding(4) var<storage, read> offsets: array<u32>;
@group(0) @binding(5) var<storage, read> words: array<u32>;
@group(0) @binding(6) var<storage, read> weights: array<i32>;
@group(0) @binding(7) var<storage, read_write> ring: array<atomic<i32>>;
// Per source population: its first neuron, the first accumulator of its layout, the weight its synapses share.
@group(0) @binding(8) var<storage, read> source_layouts: array<vec3<u32>>;

// The bundle: where each row block starts, how many synapses lie before it, when its first delay arrives, its layout.
var<workgroup> starts: array<u32, BUNDLE>;
var<workgroup> before: array<u32, BUNDLE>;
var<workgroup> arrivals: array<u32, BUNDLE>;
var<workgroup> accumulators: array<u32, BUNDLE>;
var<workgroup> shared_weights: array<i32, BUNDLE>;
var<workgroup> synapses: u32;

fn layout_of_source(source: u32) -> vec3<u32> {
    var low = 0u;
    var high = arrayLength(&source_layouts);
    while high - low > 1u {
        let middle = (low + high) / 2u;
        if source_layouts[middle].x <= source {
            low = middle;
        } else {
            high = middle;
        }
    }
    return source_layouts[low];
}

// Puts item `at` of what is due into place `local` of the bundle.
fn gather(at: u32, local: u32) {
    let item = due_item(at);
    var length = 0u;
    if item.due {
        let row_block = item.source * BLOCKS + item.block;
        let source = layout_of_source(item.source);
        starts[local] = offsets[row_block];
        length = offsets[row_block + 1u] - offsets[row_block];
        arrivals[local] = item.arrival;
        accumulators[local] = source.y;
        shared_weights[local] = bitcast<i32>(source.z);
    }
    before[local] = length;
}

// Turns lengths into what lies before each (all threads together).
fn sum_up(local: u32) {
    let own = before[local];
    for (var reach = 1u; reach < BUNDLE; reach *= 2u) {
        workgroupBarrier();
        var sum = before[local];
        if local >= reach {
            sum += before[local - reach];
        }
        workgroupBarrier();
        before[local] = sum;
    }
    workgroupBarrier();
    if local == BUNDLE - 1u {
        synapses = before[local];
    }
    let exclusive = before[local] - own;
    workgroupBarrier();
    before[local] = exclusive;
    workgroupBarrier();
}

// The last row of the bundle that begins at or before synapse `k`.
fn row_of(k: u32) -> u32 {
    var row = 0u;
    var end = BUNDLE;
    while end - row > 1u {
        let middle = (row + end) / 2u;
        if before[middle] <= k {
            row = middle;
        } else {
            end = middle;
        }
    }
    return row;
}

fn word_at(at: u32) -> u32 {
    if FORMAT == PLAIN2 {
        return (words[at >> 1u] >> ((at & 1u) * 16u)) & 0xffffu;
    }
    return words[at];
}

// Synapse `at` of the row block in place `row` of the bundle. Before step.to nothing is wanted: a player that goes on where
// another stopped delivers again.
fn deliver(at: u32, row: u32) {
    let word = word_at(at);
    let accumulator = word & ACCUMULATOR_MASK;
    var arrival = arrivals[row];
    if DELAY_BITS > 0u {
        arrival += (word >> ACCUMULATOR_SHIFT) & (BLOCK - 1u);
    }
    var weight = shared_weights[row];
    if FORMAT == NARROW {
        weight = bitcast<i32>(word) >> (16u + DELAY_BITS);
    }
    if FORMAT == WIDE {
        weight = weights[at];
    }
    if arrival > step.to {
        let to = accumulators[row] + accumulator;
        atomicAdd(&ring[(arrival & (SLOTS - 1u)) * shard.accumulators + to], weight);
        tiles_touch(to % shard.neurons, arrival, shard.tiles);
    }
}

@compute @workgroup_size(BUNDLE)
fn main(
    @builtin(workgroup_id) group: vec3<u32>,
    @builtin(num_workgroups) groups: vec3<u32>,
    @builtin(local_invocation_index) local: u32,
) {
    let tail = due_end(local);
    if shard.notes == 1u && group.x == 0u {
        spikes_note(local, tail);
    }
    if shard.stored == 0u {
        return;
    }
    let items = due_items(local, BUNDLE, tail);
    let bundles = (items + BUNDLE - 1u) / BUNDLE;
    let parts = clamp(groups.x / max(1u, bundles), 1u, shard.parts);
    for (var work = group.x; work < bundles * parts; work += groups.x) {
        gather((work / parts) * BUNDLE + local, local);
        sum_up(local);
        let all = workgroupUniformLoad(&synapses);
        let part = (all + parts - 1u) / parts;
        let begin = min(all, (work % parts) * part);
        let end = min(all, begin + part);
        var row = row_of(begin + local);
        for (var k = begin + local; k < end; k += BUNDLE) {
            while row + 1u < BUNDLE && before[row + 1u] <= k {
                row++;
            }
            deliver(starts[row] + (k - before[row]), row);
        }
        workgroupBarrier();
    }
}
