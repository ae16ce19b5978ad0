// The pass `propagate`: for each due (spike, delay block) its row segment is added into the ring. Integer sums, so the
// order of spikes cannot matter. Twin of engine/device/cpu/shard.rs.
import step;
import spikes;

struct Rows {
    lanes: u32,
    blocks: u32,
    block: u32,
    // 1 in the shard that closes the step's part of the spike list.
    closes: u32,
    min_delay: u32,
    // Slots - 1.
    mask: u32,
    // Bits of the lane in a packed target.
    lane_bits: u32,
    unused: u32,
}
@group(0) @binding(2) var<uniform> rows: Rows;
@group(0) @binding(3) var<storage, read> offsets: array<u32>;
@group(0) @binding(4) var<storage, read> targets: array<u32>;
@group(0) @binding(5) var<storage, read> weights: array<i32>;
@group(0) @binding(6) var<storage, read_write> ring: array<atomic<i32>>;

// What the spike of `source` sends by a delay block whose first delay arrives in the next step. Before step.to nothing
// is wanted: a player that goes on where another stopped delivers again.
fn deliver(source: u32, block: u32, local: u32) {
    let at = source * rows.blocks + block;
    let end = offsets[at + 1u];
    for (var j = offsets[at] + local; j < end; j += WORKGROUP) {
        let packed = targets[j];
        var lane = packed;
        var arrival = step.step + 1u;
        if rows.lane_bits < 32u {
            lane = packed & ((1u << rows.lane_bits) - 1u);
            arrival += packed >> rows.lane_bits;
        }
        if arrival > step.to {
            atomicAdd(&ring[(arrival & rows.mask) * rows.lanes + lane], weights[j]);
        }
    }
}

@compute @workgroup_size(WORKGROUP)
fn main(
    @builtin(workgroup_id) group: vec3<u32>,
    @builtin(num_workgroups) groups: vec3<u32>,
    @builtin(local_invocation_index) local: u32,
) {
    let tail = atomicLoad(&spikes[SPIKES_TAIL]);
    if rows.closes == 1u && group.x == 0u && local == 0u {
        atomicStore(&spikes[SPIKES_DONE], step.step);
        atomicStore(&spikes[SPIKES_ENDS + (step.step & (SPIKES_STEPS - 1u))], tail);
    }
    for (var block = 0u; block < rows.blocks; block++) {
        let delay = rows.min_delay + block * rows.block;
        if delay > step.step {
            break;
        }
        let fired = step.step + 1u - delay;
        let start = spikes_end(fired - 1u);
        var count = tail - start;
        if fired < step.step {
            count = spikes_end(fired) - start;
        }
        for (var k = group.x; k < count; k += groups.x) {
            deliver(atomicLoad(&spikes[SPIKES_LIST + ((start + k) & (SPIKES_CAPACITY - 1u))]), block, local);
        }
    }
}
