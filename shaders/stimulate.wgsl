// The pass `stimulate`: listed input spikes of this step into the ring.
import step;

@group(0) @binding(2) var<storage, read> events: array<u32>;
@group(0) @binding(3) var<storage, read_write> ring: array<atomic<i32>>;

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(global_invocation_id) thread: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>) {
    for (var k = step.start + thread.x; k < step.end; k += groups.x * WORKGROUP) {
        atomicAdd(&ring[step.slot * step.to + events[2u * k]], bitcast<i32>(events[2u * k + 1u]));
    }
}
