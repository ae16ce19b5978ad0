//! BOLD signals while a network runs: those of its rates, however it is cut, in memory that does not grow.

use super::{simulation, ways};
use crate::support::mixed;
use neuropil::balloon::Balloon;
use neuropil::network::{Bold, Rate, RecorderId};
use neuropil::prelude::*;
use neuropil::record::SeriesRecord;

const BIN: f64 = 2.0;
const TR: f64 = 6.0;

/// A network, the recorder of its BOLD signals and that of its rates.
fn network(balloon: Balloon) -> (Network, RecorderId, RecorderId) {
    let mut net = mixed(200);
    let (exc, inh) = (net.population("exc", "").unwrap(), net.population("inh", "").unwrap());
    let parts = inh.and(exc.slice(20..120));
    let bold = Bold { balloon, bin: BIN, interval: TR };
    let bold = net.record(&parts, bold.between(3.5, 60.0)).unwrap();
    let rates = net.record(&parts, Rate::every(BIN).between(3.5, 60.0)).unwrap();
    (net, bold, rates)
}

fn whole(net: &Network, recorder: RecorderId) -> SeriesRecord {
    let mut sim = simulation(net, &ways()[0]);
    sim.run(70.0.ms()).unwrap();
    sim.series(recorder).unwrap()
}

#[test]
fn a_signal_is_that_of_the_rates_however_a_run_is_cut() {
    let (net, bold, rates) = network(Balloon::FRISTON);
    let found = whole(&net, bold);
    let expected = Balloon::FRISTON.bold(&whole(&net, rates), 3).unwrap();
    assert_eq!((found.rows(), found.times_ms()[0], found.times_ms()[8]), (9, 9.5, 57.5));
    assert!(found == expected && found.values.iter().filter(|value| **value != 0.0).count() > 10);
    for way in ways() {
        for (batch, cuts) in [(7, vec![3.4, 4.1, 20.0]), (1, vec![9.5, 0.1]), (1000, vec![57.4, 5.0])] {
            let mut cut = simulation(&net, &way);
            cut.set_batch(batch);
            let mut done = 0.0;
            for ms in cuts {
                cut.run(ms.ms()).unwrap();
                done += ms;
                let kept = cut.checkpoint().unwrap();
                cut = Simulation::resume(net.clone(), way.0.clone(), Seed(7), &way.1, &kept).unwrap();
            }
            cut.run((70.0 - done).ms()).unwrap();
            assert!(cut.series(bold).unwrap() == found, "batches of {batch}");
        }
    }
    let (other, bold, _) = network(Balloon { gain: 0.02, ..Balloon::FRISTON });
    assert!(whole(&other, bold) != found, "another gain");
    assert!(net.digest() != other.digest());
}

#[test]
fn what_is_kept_does_not_grow_but_by_the_samples() {
    let (net, bold, rates) = network(Balloon::TVB);
    let kept = |ms: f64| {
        let mut sim = simulation(&net, &ways()[0]);
        sim.run(ms.ms()).unwrap();
        let samples = sim.checkpoint().unwrap().samples;
        [samples[bold.0].len(), samples[rates.0].len()]
    };
    // A state and a count for each of two populations, and a number for each sample.
    assert_eq!(kept(1.0), [10, 0]);
    assert_eq!(kept(9.0), [10, 6]);
    assert_eq!(kept(60.0), [10 + 18, 58]);
}

#[test]
fn a_checkpoint_without_the_state_is_refused_and_another_state_is_seen() {
    let (net, bold, _) = network(Balloon::FRISTON);
    let mut sim = simulation(&net, &ways()[0]);
    sim.run(20.0.ms()).unwrap();
    let kept = sim.checkpoint().unwrap();
    let resumed = |change: &dyn Fn(&mut Vec<f64>)| {
        let mut kept = kept.clone();
        change(&mut kept.samples[bold.0]);
        let mut sim = Simulation::resume(net.clone(), Device::cpu(), Seed(7), &PlanOptions::default(), &kept)?;
        sim.run(50.0.ms())?;
        sim.series(bold)
    };
    let found = whole(&net, bold);
    assert!(resumed(&|_| {}).unwrap() == found);
    assert!(resumed(&|own| own[4] += 1.0).unwrap() != found, "a spike of the bin that had begun");
    assert!(resumed(&|own| own[2] *= 1.01).unwrap() != found, "a volume");
    let said = resumed(&|own| own.truncate(own.len() - 1)).unwrap_err().to_string();
    assert!(said.contains("its samples are not those"), "{said}");
    let said = resumed(&|own| own[1] = f64::NAN).unwrap_err().to_string();
    assert!(said.contains("BOLD of inh"), "{said}");
}

#[test]
fn signals_that_cannot_be_are_told() {
    let (mut net, _, _) = network(Balloon::FRISTON);
    let exc = net.population("exc", "").unwrap();
    let own = Bold::every(Balloon::FRISTON, 100.0);
    for (bold, told) in [
        (Bold { interval: 15.0, ..own }, "interval = 15 ms is not a whole number of bins of 10 ms"),
        (Bold { bin: 0.05, ..own }, "bin = 0.05 ms is not a whole number of steps of 0.1 ms"),
        (Bold { balloon: Balloon { tau: -1.0, ..own.balloon }, ..own }, "tau = -1 must be greater than 0"),
    ] {
        let said = net.record(&exc, bold).unwrap_err().to_string();
        assert!(said.contains(told), "{said}");
    }
    // A gain beyond what the model can follow ends the run.
    net.record(&exc, Bold { balloon: Balloon { gain: 1e9, ..own.balloon }, ..own }).unwrap();
    let said = simulation(&net, &ways()[0]).run(100.0.ms()).unwrap_err().to_string();
    assert!(said.contains("BOLD of exc") && said.contains("take a smaller gain"), "{said}");
}
