//! Checkpoints: a run that was stopped and gone on with is the run that was not, whoever goes on.

mod damage;
#[cfg(feature = "cli")]
mod forged;
mod golden;
#[cfg(feature = "cli")]
mod program;

use crate::support::{mixed, net100};
use neuropil::checkpoint::Checkpoint;
use neuropil::network::RecorderId;
use neuropil::plan::{Delivery, Storage};
use neuropil::prelude::*;

type Found = (Vec<Spike>, Vec<f64>);

/// A device and a layout.
struct Way(Device, PlanOptions);

fn way(threads: u32, shards: u32, block: Option<u32>) -> Way {
    Way(Device::cpu().threads(threads), PlanOptions { shards, block, ..default() })
}

/// Events sorted before they are added.
fn sorting(threads: u32, shards: u32, storage: Storage) -> Way {
    let delivery = Delivery::Sorted;
    Way(Device::cpu().threads(threads), PlanOptions { shards, storage, delivery, ..default() })
}

/// A checkpoint of `net` after `ms`.
fn saved(net: &Network, Way(device, options): &Way, ms: f64) -> Checkpoint {
    let mut sim = Simulation::new(net.clone(), device.clone(), Seed(7), options).unwrap();
    sim.set_batch(37);
    sim.run(ms.ms()).unwrap();
    sim.checkpoint().unwrap()
}

/// What a run has that goes on from `checkpoint` for `ms`.
fn resumed(net: &Network, Way(device, options): &Way, checkpoint: &Checkpoint, ms: f64) -> Found {
    let mut sim = Simulation::resume(net.clone(), device.clone(), Seed(7), options, checkpoint).unwrap();
    sim.run(ms.ms()).unwrap();
    found(&sim)
}

fn found(sim: &Simulation) -> Found {
    let samples = if sim.network().recorders().len() > 1 { sim.samples(RecorderId(1)).unwrap() } else { &[] };
    (sim.all_spikes().to_vec(), samples.to_vec())
}

fn whole(net: &Network, ms: f64) -> Found {
    let mut sim = Simulation::new(net.clone(), Device::cpu().threads(1), Seed(7), &PlanOptions::default()).unwrap();
    sim.run(ms.ms()).unwrap();
    found(&sim)
}

#[test]
fn going_on_gives_the_run_that_never_stopped() {
    let net = mixed(200);
    let reference = whole(&net, 120.0);
    assert!(reference.0.len() > 300);
    let ways = [
        way(1, 1, None),
        way(2, 2, Some(1)),
        way(3, 7, Some(4)),
        way(2, 200, Some(16)),
        way(1, 3, Some(256)),
        sorting(2, 3, Storage::Stored),
        sorting(1, 1, Storage::Procedural),
    ];
    for (i, save) in ways.iter().enumerate() {
        let stop = [0.1, 33.3, 60.0, 71.9, 119.9, 40.3, 77.7][i];
        let checkpoint = saved(&net, save, stop);
        for (j, go_on) in ways.iter().enumerate() {
            assert!(resumed(&net, go_on, &checkpoint, 120.0 - stop) == reference, "{i} to {j}, after {stop} ms");
        }
    }
}

#[test]
fn a_checkpoint_does_not_depend_on_the_layout() {
    let net = mixed(200);
    let first = saved(&net, &way(1, 1, None), 50.0);
    assert!(!first.recent.is_empty());
    let timeless = |checkpoint: Checkpoint| Checkpoint { run_time_s: 0.0, ..checkpoint };
    let first = timeless(first);
    for way in [way(3, 7, Some(4)), way(2, 5, Some(256))] {
        assert_eq!(timeless(saved(&net, &way, 50.0)), first);
    }
    assert_ne!(timeless(saved(&net, &way(1, 1, None), 50.1)), first);
}

#[test]
fn a_lost_part_of_the_state_shows() {
    let net = mixed(200);
    let reference = whole(&net, 120.0);
    let one = way(1, 1, None);
    let checkpoint = saved(&net, &one, 60.0);
    assert!(resumed(&net, &one, &checkpoint, 60.0) == reference);
    let mut older = checkpoint.clone();
    older.recent.retain(|spike| spike.step <= 595);
    let Way(device, options) = &one;
    let refused = |checkpoint: &Checkpoint| {
        let error = Simulation::resume(net.clone(), device.clone(), Seed(7), options, checkpoint).unwrap_err();
        assert_eq!(error.exit_code(), 2);
        error.to_string()
    };
    assert_eq!(refused(&older), "checkpoint: it lacks spikes that are under way; take an earlier copy");
    let mut more = checkpoint.clone();
    more.emitted += 1;
    assert!(refused(&more).starts_with("checkpoint: it has "));
    // Consistent by itself, and yet not what this network has under way.
    let late = older.spikes.partition_point(|spike| spike.step <= 595);
    older.spikes.truncate(late);
    older.emitted = late as u64;
    assert!(resumed(&net, &one, &older, 60.0) != reference, "a consistent lie is another run");
    let width = net.recorders()[1].from.len() as usize;
    for lost in [1, width, checkpoint.samples[1].len()] {
        let mut short = checkpoint.clone();
        short.samples[1].truncate(checkpoint.samples[1].len() - lost);
        let expected =
            "checkpoint: its samples are not those that the recorders have taken by its time; take an earlier copy";
        assert_eq!(refused(&short), expected, "{lost} of {width} in a row");
    }
    for variable in 0..checkpoint.identity.populations[0].variables.len() {
        let mut changed = checkpoint.clone();
        changed.state[0][variable].iter_mut().for_each(|v| *v += 5.0);
        assert!(resumed(&net, &one, &changed, 60.0) != reference, "variable {variable}");
    }
}

#[test]
fn listed_spikes_relays_and_steps_of_current_go_on() {
    let mut net = Network::new(0.1.ms());
    let relay = net.add("relay", 20, ParrotNeuron::default()).unwrap();
    let alpha = net.add("alpha", 20, IafPscAlpha::default()).unwrap();
    let cond = net.add("cond", 20, IafCondExp::default()).unwrap();
    net.stimulate(&relay, PoissonGenerator::new(3000.0), Static::new(1.0, 1.0)).unwrap();
    net.connect(&relay, &alpha, AllToAll, Static::new(60.0, Value::uniform(0.1, 12.0))).unwrap();
    net.connect(&relay, &cond, AllToAll, Static::new(2.0, Value::uniform(0.1, 12.0))).unwrap();
    net.connect(&alpha, &relay, OneToOne, Static::new(1.0, 3.0)).unwrap();
    let steps = StepCurrentGenerator { times: vec![10.0, 30.0, 45.0], amplitudes: vec![50.0, 300.0, 0.0] };
    net.stimulate(&alpha, steps, Static::new(1.0, 1.0)).unwrap();
    net.record(relay.and(&alpha).and(&cond), Spikes).unwrap();
    net.record(&cond, Variable::every("V_m", 0.3)).unwrap();
    for (net, ms) in [(net, 60.0), (net100(), 200.0)] {
        let reference = whole(&net, ms);
        assert!(reference.0.len() > 300, "{}", reference.0.len());
        for stop in [29.9, 30.0, 30.1, 47.3] {
            let checkpoint = saved(&net, &way(2, 3, Some(8)), stop);
            assert!(resumed(&net, &way(1, 5, Some(2)), &checkpoint, ms - stop) == reference, "after {stop} ms");
        }
    }
}

#[test]
fn f64_goes_on_in_f64() {
    let net = mixed(200);
    let wide = |Way(device, options): Way| Way(device.precision(Precision::F64), options);
    let mut sim = Simulation::new(net.clone(), wide(way(1, 1, None)).0, Seed(7), &PlanOptions::default()).unwrap();
    sim.run(80.0.ms()).unwrap();
    let checkpoint = saved(&net, &wide(way(2, 3, Some(4))), 41.7);
    assert!(resumed(&net, &wide(way(3, 4, Some(32))), &checkpoint, 38.3) == found(&sim));
    assert!(whole(&net, 80.0) != found(&sim));
    let error = Simulation::resume(net, Device::cpu(), Seed(7), &PlanOptions::default(), &checkpoint).unwrap_err();
    let sentence = "checkpoint: it holds f64 states, and f32 is asked for; say the same precision";
    assert_eq!((error.to_string().as_str(), error.exit_code()), (sentence, 2));
}

#[test]
fn another_network_or_seed_is_refused() {
    let checkpoint = saved(&mixed(200), &way(1, 1, None), 5.0);
    let refused = |net: Network, seed: u64| {
        let error =
            Simulation::resume(net, Device::cpu(), Seed(seed), &PlanOptions::default(), &checkpoint).unwrap_err();
        assert_eq!(error.exit_code(), 2);
        error.to_string()
    };
    assert_eq!(refused(mixed(200), 8), "checkpoint: it is of seed 7, and seed 8 is asked for; say the same seed");
    let another = "checkpoint: it is of another network; go on with the network that it was made from";
    assert_eq!(refused(mixed(210), 7), another);
    let mut one_more = mixed(200);
    let exc = one_more.population("exc", "test").unwrap();
    one_more.connect(exc.slice(0..1), exc.slice(1..2), AllToAll, Static::new(1e-9, 1.0)).unwrap();
    assert_eq!(refused(one_more, 7), another);
    Simulation::resume(mixed(200), Device::cpu(), Seed(7), &PlanOptions::default(), &checkpoint).unwrap();
}

#[test]
fn checkpoints_of_one_run_chain() {
    let net = mixed(200);
    let reference = whole(&net, 120.0);
    let mut checkpoint = saved(&net, &way(1, 1, None), 0.1);
    let mut step = 1;
    for (i, steps) in [1, 2, 90, 7, 300, 1, 399, 399].into_iter().enumerate() {
        let Way(device, options) = way(1 + i as u32 % 3, 1 + i as u32, Some(1 << (i % 5)));
        let mut sim = Simulation::resume(net.clone(), device, Seed(7), &options, &checkpoint).unwrap();
        sim.run_steps(steps, &mut |_| std::ops::ControlFlow::Continue(())).unwrap();
        checkpoint = sim.checkpoint().unwrap();
        step += steps;
        assert_eq!((sim.steps(), checkpoint.emitted), (step, sim.all_spikes().len() as u64));
    }
    assert_eq!(step, 1200);
    assert!((checkpoint.spikes, checkpoint.samples[1].clone()) == reference);
}
