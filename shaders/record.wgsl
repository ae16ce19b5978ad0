// The pass `record`: samples of a state variable at the end of an epoch.
import step;

@group(0) @binding(1) var<storage, read> state: array<f32>;
@group(0) @binding(2) var<storage, read_write> samples: array<f32>;

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(global_invocation_id) thread: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>) {
    for (var k = step.start + thread.x; k < step.end; k += groups.x * WORKGROUP) {
        samples[step.to + (k - step.start)] = state[k];
    }
}
