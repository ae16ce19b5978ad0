//! Checkpoints go from one player to the other.

use super::gpu;
use crate::support::mixed;
use neuropil::checkpoint::Checkpoint;
use neuropil::prelude::*;

fn go_on(device: Device, options: &PlanOptions, checkpoint: &Checkpoint, ms: f64) -> Simulation {
    let mut sim = Simulation::resume(mixed(200), device, Seed(7), options, checkpoint).unwrap();
    sim.run(ms.ms()).unwrap();
    sim
}

#[test]
fn a_run_goes_on_on_the_other_device() {
    if !gpu() {
        return;
    }
    let whole = |ms: f64| {
        let mut sim = Simulation::new(mixed(200), Device::cpu(), Seed(7), &PlanOptions::default()).unwrap();
        sim.run(ms.ms()).unwrap();
        sim.checkpoint().unwrap()
    };
    let timeless = |checkpoint: Checkpoint| Checkpoint { run_time_s: 0.0, ..checkpoint };
    let reference = timeless(whole(90.0));
    assert!(reference.spikes.len() > 200);
    let blocks = [(1 << 30, None), (20_000, Some(4)), (1 << 20, Some(256)), (1 << 30, Some(1))];
    for (shard_bytes, block) in blocks {
        let options = PlanOptions { shard_bytes, block, ..default() };
        // From the CPU to the GPU and back.
        let mut gpu = go_on(Device::gpu(), &options, &whole(33.3), 20.0);
        let middle = gpu.checkpoint().unwrap();
        assert!(timeless(middle.clone()) == timeless(whole(53.3)), "block {block:?}");
        let mut cpu = go_on(Device::cpu().threads(2), &options, &middle, 36.7);
        assert!(timeless(cpu.checkpoint().unwrap()) == reference, "block {block:?}");
        let mut gpu = go_on(Device::gpu(), &options, &middle, 36.7);
        assert!(timeless(gpu.checkpoint().unwrap()) == reference, "block {block:?}");
        let lost = Checkpoint { recent: Vec::new(), ..middle };
        let refused = Simulation::resume(mixed(200), Device::gpu(), Seed(7), &options, &lost).unwrap_err();
        assert!(refused.to_string().contains("it lacks spikes that are under way"), "block {block:?}: {refused}");
    }
}
