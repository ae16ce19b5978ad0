// The pass `inject`: listed input spikes of an epoch into the ring.
import step;
import tiles;
import shard;

@group(0) @binding(4) var<storage, read> events: array<u32>;
@group(0) @binding(5) var<storage, read_write> ring: array<atomic<i32>>;

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(global_invocation_id) thread: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>) {
    for (var k = step.start + thread.x; k < step.end; k += groups.x * WORKGROUP) {
        let arrival = events[3u * k];
        let accumulator = events[3u * k + 1u];
        atomicAdd(&ring[(arrival & (SLOTS - 1u)) * shard.accumulators + accumulator], bitcast<i32>(events[3u * k + 2u]));
        tiles_touch(accumulator % shard.neurons, arrival, shard.tiles);
    }
}
