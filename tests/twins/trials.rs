//! Trials on the GPU are those on the CPU.

use super::gpu;
use crate::support::mixed;
use neuropil::prelude::*;

#[test]
fn trials_are_the_same_on_gpu() {
    if !gpu() {
        return;
    }
    let spikes = |device: Device| {
        let trials = mixed(200).trials(3, device, Seed(7)).unwrap();
        let each = |mut sim: Simulation| {
            sim.run(60.0.ms())?;
            Ok(sim.all_spikes().to_vec())
        };
        trials.run(3, each).unwrap()
    };
    let (found, cpu) = (spikes(Device::gpu()), spikes(Device::cpu().threads(2)));
    assert!(found == cpu);
    assert!(cpu[0].len() > 100 && cpu[0] != cpu[1] && cpu[1] != cpu[2]);
    let mut alone = mixed(200).build(Device::gpu(), Seed(7).trial(2)).unwrap();
    alone.run(60.0.ms()).unwrap();
    assert!(alone.all_spikes() == cpu[2]);
}
