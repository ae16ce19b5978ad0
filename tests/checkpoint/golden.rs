//! Checkpoints of each format, as the program wrote them that had it: of `c-elegans`, seed 7, f32, after 50 ms.

use std::path::PathBuf;

use neuropil::checkpoint::{Checkpoint, FORMAT};
use neuropil::prelude::*;

use crate::networks::network;

fn file(format: u32) -> PathBuf {
    PathBuf::from(format!("{}/tests/checkpoint/golden/format_{format}.checkpoint", env!("CARGO_MANIFEST_DIR")))
}

fn worm() -> Simulation {
    let device = Device::cpu().threads(1);
    Simulation::new(network("c-elegans", 1.0), device, Seed(7), &PlanOptions::default()).unwrap()
}

/// To be run once for a new format: `cargo nextest run --run-ignored only writes_the_golden_checkpoint`.
#[test]
#[ignore = "writes a file of the source"]
fn writes_the_golden_checkpoint() {
    let mut simulation = worm();
    simulation.run(50.0.ms()).unwrap();
    let checkpoint = Checkpoint { run_time_s: 0.0, ..simulation.checkpoint().unwrap() };
    checkpoint.write(&file(FORMAT)).unwrap();
}

#[test]
fn a_checkpoint_of_this_format_is_gone_on_with() {
    let checkpoint = Checkpoint::read(&file(FORMAT)).unwrap();
    let (device, options) = (Device::cpu().threads(1), PlanOptions::default());
    let mut resumed = Simulation::resume(network("c-elegans", 1.0), device, Seed(7), &options, &checkpoint).unwrap();
    resumed.run(50.0.ms()).unwrap();
    let mut whole = worm();
    whole.run(100.0.ms()).unwrap();
    assert!(checkpoint.spikes.len() > 20 && whole.all_spikes().len() > checkpoint.spikes.len());
    assert_eq!(resumed.all_spikes(), whole.all_spikes());
}

#[test]
fn earlier_formats_are_refused_with_the_reason() {
    for format in 3..FORMAT {
        let error = Checkpoint::read(&file(format)).unwrap_err();
        assert_eq!(error.exit_code(), 2);
        let expected = "is a checkpoint of format 3, which knows its network by words of the program that wrote it; go on with \
                        that, neuropil 0.1.0, or run anew with this";
        assert!(error.to_string().ends_with(expected), "{error}");
    }
}

/// What a network is must not depend on how the source names things, nor on the machine.
#[test]
fn the_digest_of_the_worm_stays() {
    assert_eq!(network("c-elegans", 1.0).digest(), 2_401_499_836);
}

#[test]
fn every_part_of_a_network_is_in_its_digest() {
    type Change = fn(&mut Network, &neuropil::network::Selection) -> neuropil::Result<()>;
    let base = || {
        let mut net = Network::new(0.1.ms());
        let all = net.add("all", 10, IafPscExp::default()).unwrap();
        (net, all)
    };
    let changes: &[Change] = &[
        |_, _| Ok(()),
        |net, _| net.add("more", 1, IafPscExp::default()).map(drop),
        |net, _| net.add("more", 1, IafPscDelta::default()).map(drop),
        |net, _| net.add("other", 1, IafPscExp::default()).map(drop),
        |net, _| net.set("all", "V_m", -60.0),
        |net, _| net.set("all", "V_reset", -60.0),
        |net, _| net.set("all", "C_m", Value::normal(250.0, 1.0)),
        |net, _| net.set("all", "C_m", Value::uniform(250.0, 251.0)),
        |net, _| net.set("all", "C_m", Value::normal(250.0, 1.0).within(240.0, 260.0)),
        |net, _| net.set("all", "C_m", Value::each(vec![250.0; 10])),
        |net, all| net.connect(all, all, AllToAll, Static::new(1.0, 1.0)),
        |net, all| net.connect(all, all, OneToOne, Static::new(1.0, 1.0)),
        |net, all| {
            net.connect(all, all, neuropil::network::Rule::from(AllToAll).allow_autapses(false), Static::new(1.0, 1.0))
        },
        |net, all| net.connect(all, all, AllToAll, Static::new(2.0, 1.0)),
        |net, all| net.connect(all, all, AllToAll, Static::new(1.0, 2.0)),
        |net, all| net.connect(all, all, AllToAll, Static::new(1.0, 1.0).at_receptor("ex")),
        |net, all| net.connect(all, all.slice(0..9), AllToAll, Static::new(1.0, 1.0)),
        |net, all| net.connect(all, all, FixedIndegree(2), Static::new(1.0, 1.0)),
        |net, all| net.connect(all, all, FixedOutdegree(2), Static::new(1.0, 1.0)),
        |net, all| net.connect(all, all, Explicit::new(vec![0], vec![1]), Static::new(1.0, 1.0)),
        |net, all| net.connect(all, all, Explicit::new(vec![1], vec![0]), Static::new(1.0, 1.0)),
        |net, all| net.stimulate(all, PoissonGenerator::new(1.0), Static::new(1.0, 1.0)),
        |net, all| net.stimulate(all, PoissonGenerator::new(2.0), Static::new(1.0, 1.0)),
        |net, all| net.stimulate(all, SpikeGenerator::at(&[1.0]), Static::new(1.0, 1.0)),
        |net, all| net.stimulate(all, SpikeGenerator::listed([(0, 1.0)]), Static::new(1.0, 1.0)),
        |net, all| net.record(all, Spikes).map(drop),
        |net, all| net.record(all, Variable::every("V_m", 0.1)).map(drop),
        |net, all| net.record(all, Variable::every("V_m", 0.2)).map(drop),
        |net, all| net.record(all, Spikes.between(1.0, 2.0)).map(drop),
    ];
    let mut digests: Vec<u32> = Vec::new();
    for change in changes {
        let (mut net, all) = base();
        change(&mut net, &all).unwrap();
        digests.push(net.digest());
    }
    let different: std::collections::BTreeSet<u32> = digests.iter().copied().collect();
    assert_eq!(different.len(), digests.len(), "two of these networks have one digest: {digests:?}");
}
