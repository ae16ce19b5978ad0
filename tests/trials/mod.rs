//! Trials: trial k of a batch is trial k alone, whoever else is played beside it; what they share and what not.

#[cfg(feature = "cli")]
mod program;
mod sweep;

use std::sync::Arc;

use crate::support::mixed;
use neuropil::network::RecorderId;
use neuropil::plan::{Plan, Storage};
use neuropil::prelude::*;

type Found = (Vec<Spike>, Vec<f64>);

const SEED: Seed = Seed(7);

fn played(mut sim: Simulation) -> neuropil::Result<Found> {
    sim.run(60.0.ms())?;
    Ok((sim.all_spikes().to_vec(), sim.samples(RecorderId(1))?.to_vec()))
}

fn alone(net: &Network, device: &Device, number: u64) -> Found {
    played(net.build(device.clone(), SEED.trial(number)).unwrap()).unwrap()
}

fn batch(net: &Network, device: &Device, count: u64) -> Vec<Found> {
    net.trials(count as u32, device.clone(), SEED).unwrap().run(count, played).unwrap()
}

/// How many of the runs differ from all others.
fn distinct(runs: &[Found]) -> usize {
    runs.iter().filter(|run| runs.iter().filter(|other| other.0 == run.0).count() == 1).count()
}

#[test]
fn a_trial_of_a_batch_is_that_trial_alone() {
    let net = mixed(300);
    for precision in [Precision::F32, Precision::F64] {
        let reference: Vec<Found> =
            (0..5).map(|k| alone(&net, &Device::cpu().threads(1).precision(precision), k)).collect();
        assert!(reference.iter().all(|run| run.0.len() > 100));
        assert_eq!(distinct(&reference), 5);
        for threads in [1, 2, 3] {
            let device = Device::cpu().threads(threads).precision(precision);
            // Five trials on two threads are two rounds side by side, and one on both.
            for count in [1, 2, 5] {
                assert!(batch(&net, &device, count) == reference[..count as usize], "{count} on {threads} threads");
            }
        }
    }
}

#[test]
fn the_first_trial_is_the_run_without_trials() {
    let net = mixed(300);
    let plain = played(net.build(Device::cpu(), SEED).unwrap()).unwrap();
    assert!(batch(&net, &Device::cpu(), 2)[0] == plain);
}

/// The partner: where all trials are the same one, they do not differ.
#[test]
fn trials_of_one_number_do_not_differ() {
    let net = mixed(300);
    let trials = net.trials(4, Device::cpu(), SEED).unwrap();
    let (same, error) = trials.queue(4, |_, threads| played(trials.simulation(2, threads)?));
    assert!(error.is_none());
    let same: Vec<Found> = same.into_iter().flatten().collect();
    assert_eq!((same.len(), distinct(&same)), (4, 0));
    assert_eq!(distinct(&batch(&net, &Device::cpu(), 4)), 4);
}

#[test]
fn trials_have_their_own_states_and_share_all_else() {
    let net = mixed(300);
    let plan = Plan::<i32>::new(&net, 7, &PlanOptions { shards: 2, ..default() }).unwrap();
    let mut other = plan.clone();
    other.reseed(net.populations(), SEED.trial(1).run_seed()).unwrap();
    for (one, two) in plan.shards.iter().zip(&other.shards) {
        assert!(
            Arc::ptr_eq(&one.rows.topology, &two.rows.topology) && Arc::ptr_eq(&one.rows.weights, &two.rows.weights)
        );
        for (one, two) in one.slices.iter().zip(&two.slices) {
            assert_eq!(one.derived, two.derived);
            // Only the first population starts at random.
            assert_eq!(one.state != two.state, one.population == 0);
        }
    }
    let mut first = plan.clone();
    first.reseed(net.populations(), SEED.trial(0).run_seed()).unwrap();
    assert!(first.shards.iter().zip(&plan.shards).all(|(a, b)| a.slices[0].state == b.slices[0].state));
}

#[test]
fn seeds_of_trials_are_all_different() {
    let mut seeds: Vec<u64> =
        (0..40).flat_map(|seed| (0..250).map(move |number| Seed(seed).trial(number).run_seed())).collect();
    seeds.sort_unstable();
    seeds.dedup();
    assert_eq!(seeds.len(), 10_000);
    assert_eq!(Seed(9).trial(0).run_seed(), 9);
}

#[test]
fn drawn_rows_and_shards_change_no_trial() {
    let net = mixed(300);
    let reference = alone(&net, &Device::cpu().threads(1), 3);
    for (storage, shards) in [(Storage::Procedural, 1), (Storage::Procedural, 3), (Storage::Stored, 7)] {
        let options = PlanOptions { storage, shards, copies: 2, ..default() };
        let trials = Trials::new(net.clone(), Device::cpu().threads(2), SEED, &options).unwrap();
        assert!(played(trials.simulation(3, Some(1)).unwrap()).unwrap() == reference, "{storage:?}, {shards} shards");
    }
}

#[test]
fn the_first_error_ends_a_batch() {
    let trials = mixed(100).trials(2, Device::cpu().threads(2), SEED).unwrap();
    let fails = |number: usize| neuropil::Error::NoDevice(number.to_string());
    let (made, error) = trials.queue(50, |index, _| if index == 3 { Err(fails(index)) } else { Ok(index) });
    assert!(matches!(error, Some(neuropil::Error::NoDevice(at)) if at == "3"));
    assert!(made[..3].iter().enumerate().all(|(i, one)| *one == Some(i)));
    assert!(made.iter().flatten().count() < 50);
    let all = trials.queue(50, |index, _| Ok(index));
    assert!(all.1.is_none() && all.0.into_iter().flatten().eq(0..50));
}

#[test]
fn memory_counts_the_states_of_trials_side_by_side() {
    let net = mixed(2000);
    let memory = |copies| {
        let options = PlanOptions { copies, ..default() };
        Simulation::outline(&net, Device::cpu().threads(4), SEED, &options).unwrap().memory
    };
    let (one, four) = (memory(1), memory(4));
    assert_eq!((four.synapses, four.row_starts, four.connectivity), (one.synapses, one.row_starts, one.connectivity));
    // No more are alive than there are threads, and no more threads than cores.
    let alive = u64::from(neuropil::device::cores().min(4));
    assert_eq!((four.rings, four.layout), (alive * one.rings, alive * one.layout));
    // They share the out-degrees, and the plan keeps what each of them begins with.
    let shared = 4 * u64::from(net.neurons());
    assert_eq!(four.neurons - shared, alive * (one.neurons - shared) + one.layout);
    assert_eq!(memory(64), four);
    let options = PlanOptions { copies: 64, memory: Some(one.total() + 1000), storage: Storage::Stored, ..default() };
    let error = Trials::new(net.clone(), Device::cpu().threads(4), SEED, &options).unwrap_err().to_string();
    assert!(error.contains(&format!("with {alive} states needs")) && !error.contains('\n'), "{error}");
    Trials::new(net, Device::cpu().threads(1), SEED, &options).unwrap();
}

#[test]
fn a_checkpoint_knows_its_trial() {
    let net = mixed(200);
    let reference = alone(&net, &Device::cpu(), 3);
    let mut sim = net.build(Device::cpu(), SEED.trial(3)).unwrap();
    sim.run(20.0.ms()).unwrap();
    let checkpoint = sim.checkpoint().unwrap();
    let resume = |number| {
        Simulation::resume(net.clone(), Device::cpu(), SEED.trial(number), &PlanOptions::default(), &checkpoint)
    };
    let error = resume(0).unwrap_err().to_string();
    assert_eq!(error, "checkpoint: it is of trial 3, and trial 0 is asked for; say the same trial");
    let mut sim = resume(3).unwrap();
    sim.run(40.0.ms()).unwrap();
    assert!(sim.all_spikes() == reference.0);
}
