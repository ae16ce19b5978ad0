//! Neurons with gap junctions, graded synapses and slow inward currents, ablated for a while.

use neuropil::network::{Perturb, RecorderId};
use neuropil::prelude::*;

use crate::couplings::invariance::{Found, delayed, found, mixed, tripartite};

/// The two networks of couplings with neurons of each kind ablated.
pub fn ablated() -> Vec<(&'static str, Network)> {
    let mut junctions = mixed();
    let of = |net: &Network, name: &str| net.population(name, "").unwrap();
    let (native, text, leaky) = (of(&junctions, "native"), of(&junctions, "text"), of(&junctions, "leaky"));
    junctions.perturb(native.slice(0..20).and(leaky.slice(3..8)), Perturb::Ablate, 8.3..21.0).unwrap();
    junctions.perturb(text.slice(2..6), Perturb::Ablate, 15.0..30.2).unwrap();
    junctions.perturb(native.slice(40..41), Perturb::Ablate, ..12.0).unwrap();
    let set = Perturb::Set { parameter: "t_ref".into(), value: 4.0.into() };
    junctions.perturb(native.slice(10..30), set, 12.0..26.0).unwrap();
    let mut astrocytes = tripartite();
    let cells = of(&astrocytes, "astrocytes");
    astrocytes.perturb(cells.slice(0..25), Perturb::Ablate, 10.0..25.5).unwrap();
    let [(_, mut later), _] = delayed();
    let (native, leaky) = (of(&later, "native"), of(&later, "leaky"));
    later.perturb(native.slice(5..25).and(leaky.slice(3..12)), Perturb::Ablate, 8.3..21.0).unwrap();
    vec![("junctions", junctions), ("astrocytes", astrocytes), ("delayed", later)]
}

/// The same without.
pub fn plain() -> [Network; 3] {
    [mixed(), tripartite(), delayed().map(|(_, net)| net)[0].clone()]
}

pub fn played(net: &Network, device: Device, options: &PlanOptions, batch: u32) -> Found {
    let mut sim = Simulation::new(net.clone(), device, Seed(7), options).unwrap();
    sim.set_batch(batch);
    sim.run(40.0.ms()).unwrap();
    found(&sim)
}

#[test]
fn threads_shards_and_stops_do_not_matter_to_ablated_couplings() {
    for ((name, net), plain) in ablated().into_iter().zip(plain()) {
        let whole = played(&net, Device::cpu().threads(1), &PlanOptions::default(), 1000);
        for (threads, shards, batch) in [(2, 5, 37), (2, 2, 1)] {
            let options = PlanOptions { shards, ..default() };
            let other = played(&net, Device::cpu().threads(threads), &options, batch);
            assert!(other == whole, "{name}, {shards} shards");
        }
        for stop in [8.2, 12.0, 22.7] {
            let mut sim = net.build(Device::cpu(), Seed(7)).unwrap();
            sim.run(stop.ms()).unwrap();
            let kept = sim.checkpoint().unwrap();
            let mut sim = Simulation::resume(net.clone(), Device::cpu(), Seed(7), &default(), &kept).unwrap();
            sim.run((40.0 - stop).ms()).unwrap();
            assert!(found(&sim) == whole, "{name} stopped at {stop} ms");
        }
        assert!(played(&plain, Device::cpu(), &PlanOptions::default(), 1000) != whole, "{name}: they are seen");
    }
}

/// The potential of a passive cell, mV above rest, that is coupled to one into which a current flows, step by step.
fn passive(what: Option<Perturb>, model: &str) -> Vec<f64> {
    let mut net = Network::new(0.1.ms());
    let cells = |net: &mut Network, name: &str, current: f64| {
        let mut cells = Population::new(name, 1, neuropil::models::named(model, "test").unwrap()).unwrap();
        for (parameter, value) in [("V_th", 1e6), ("tau_m", 10.0), ("C_m", 250.0), ("E_L", -70.0), ("I_e", current)] {
            cells.set(parameter, value).unwrap();
        }
        net.add_population(cells).unwrap()
    };
    let (driven, other) = (cells(&mut net, "driven", 300.0), cells(&mut net, "other", 0.0));
    net.couple(&driven, &other, OneToOne, GapJunction::new(5.0)).unwrap();
    if let Some(what) = what {
        net.perturb(&driven, what, 60.0..100.0).unwrap();
    }
    net.record(&other, Variable::every("V_m", 0.1)).unwrap();
    let mut sim = net.build(Device::cpu().precision(Precision::F64), Seed(1)).unwrap();
    sim.run(200.0.ms()).unwrap();
    sim.samples(RecorderId(0)).unwrap().iter().map(|potential| potential + 70.0).collect()
}

#[test]
fn a_cell_whose_neighbour_is_ablated_is_alone_for_that_time() {
    let plain = passive(None, "iaf_psc_exp");
    let ablated = passive(Some(Perturb::Ablate), "iaf_psc_exp");
    // Sample k is that of step k + 1.
    assert!(ablated[..600] == plain[..600] && plain[599] > 1.0);
    for (k, potential) in ablated.iter().enumerate().take(1000).skip(600) {
        let alone = ablated[599] * (-((k - 599) as f64) * 0.1 / 10.0).exp();
        assert!((potential - alone).abs() < 1e-9, "step {}: {potential}, {alone}", k + 1);
    }
    assert!(ablated[1010] > ablated[999] + 0.02, "and is coupled again");
    assert!((ablated[1999] - plain[1999]).abs() < 1e-3);
    assert!(passive(Some(Perturb::Silence), "iaf_psc_exp") == plain, "a silent cell is coupled");
}

#[test]
fn an_astrocyte_that_is_ablated_gives_no_current() {
    let current = |ablated: bool| {
        let mut net = Network::new(0.1.ms());
        let model = neuropil::models::named("astrocyte_lr_1994", "test").unwrap();
        let mut glia = Population::new("glia", 1, model).unwrap();
        glia.set("Ca_astro", 0.9).unwrap();
        let glia = net.add_population(glia).unwrap();
        let cell = net.add("cell", 1, IafPscExp { V_th: 1e6, tau_m: 0.1, ..default() }).unwrap();
        net.couple(&glia, &cell, OneToOne, Sic::new(1.0, 2.0)).unwrap();
        if ablated {
            net.perturb(&glia, Perturb::Ablate, 20.0..30.0).unwrap();
        }
        net.record(&cell, Variable::every("V_m", 0.1)).unwrap();
        let mut sim = net.build(Device::cpu().precision(Precision::F64), Seed(1)).unwrap();
        sim.run(50.0.ms()).unwrap();
        sim.samples(RecorderId(0)).unwrap().to_vec()
    };
    let (plain, ablated) = (current(false), current(true));
    assert!(ablated[..200] == plain[..200] && plain[199] > -69.999, "{}", plain[199]);
    // The membrane forgets within a few tenths of a ms.
    assert!(ablated[230..300].iter().all(|potential| (potential + 70.0).abs() < 1e-9));
    assert!(ablated[340..].iter().zip(&plain[340..]).all(|(a, b)| (a - b).abs() < 1e-9));
}
