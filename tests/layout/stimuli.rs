//! Stimuli that change from step to step bring the same whoever steps their targets, and however often the run is cut.

use crate::support::run;
use crate::support::stimulated::stimulated;
use neuropil::network::RecorderId;
use neuropil::plan::Delivery;
use neuropil::prelude::*;

const MS: f64 = 50.0;

fn once() -> (Vec<Spike>, Vec<f64>) {
    run(&stimulated(150), Device::cpu().threads(1), &PlanOptions { shards: 1, ..default() }, MS)
}

#[test]
fn threads_shards_and_delivery_leave_stimuli_as_they_are() {
    let one = once();
    assert!(one.0.len() > 1000, "{} spikes", one.0.len());
    for (threads, shards, delivery) in
        [(1, 3, Delivery::Direct), (2, 7, Delivery::Direct), (3, 5, Delivery::Sorted), (1, 1, Delivery::Sorted)]
    {
        let options = PlanOptions { shards, delivery, ..default() };
        let found = run(&stimulated(150), Device::cpu().threads(threads), &options, MS);
        assert!(found == one, "{threads} threads, {shards} shards, {delivery:?}");
    }
    let stepped = PlanOptions { skip_idle: false, ..default() };
    assert!(run(&stimulated(150), Device::cpu(), &stepped, MS) == one, "neurons at rest are woken");
    let mut other = stimulated(150).build(Device::cpu(), Seed(8)).unwrap();
    other.run(MS.ms()).unwrap();
    assert!(other.all_spikes() != one.0, "another seed is seen");
}

#[test]
fn a_run_under_stimuli_can_be_cut_and_gone_on_with() {
    let one = once();
    let options = PlanOptions { shards: 4, ..default() };
    for ms in [0.1, 12.3, 31.0] {
        let mut sim = Simulation::new(stimulated(150), Device::cpu().threads(2), Seed(7), &options).unwrap();
        sim.set_batch(37);
        sim.run(ms.ms()).unwrap();
        let checkpoint = sim.checkpoint().unwrap();
        let mut rest = Simulation::resume(stimulated(150), Device::cpu(), Seed(7), &options, &checkpoint).unwrap();
        rest.run((MS - ms).ms()).unwrap();
        let samples = rest.samples(RecorderId(1)).unwrap().to_vec();
        assert!((rest.all_spikes().to_vec(), samples) == one, "cut at {ms} ms");
    }
}

#[test]
fn trials_draw_all_trains_anew_and_alike_wherever_they_are_played() {
    let trials = stimulated(150).trials(3, Device::cpu().threads(2), Seed(7)).unwrap();
    let each = |mut sim: Simulation| {
        sim.run(MS.ms())?;
        Ok(sim.all_spikes().to_vec())
    };
    let found = trials.run(3, each).unwrap();
    assert!(found[0] == once().0);
    assert!(found[0] != found[1] && found[1] != found[2]);
    let mut alone = stimulated(150).build(Device::cpu(), Seed(7).trial(2)).unwrap();
    alone.run(MS.ms()).unwrap();
    assert!(alone.all_spikes() == found[2]);
}
