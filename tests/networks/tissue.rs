//! Presets of a living tissue: richer neurons, synapses that learn, astrocytes, graded synapses and gap junctions.

use neuropil::network::{Coupling, SynapseModel, Value};
use neuropil::prelude::*;

use super::{altered, network, spikes};

/// Spikes per neuron and second from `from` to `to` ms.
fn rate(net: &Network, (from, to): (f64, f64), seed: u64) -> f64 {
    let late = spikes(net, to, seed).iter().filter(|spike| spike.0 > from).count();
    late as f64 / f64::from(net.neurons()) / (to - from) * 1e3
}

/// The same network with excitation times `factor`.
fn excited(net: &Network, factor: f64) -> Network {
    let scaled = |old: &neuropil::network::Projection| {
        let mut synapse = old.synapse.clone();
        if let Value::Constant(weight) = synapse.weight {
            synapse.weight = (if weight > 0.0 { factor * weight } else { weight }).into();
        }
        Some(synapse)
    };
    altered(net, scaled, |drive| Some(drive.clone()))
}

/// A quarter of the network, whose activity lies within a half of NEST's rates of all of it, 29 to 33 spikes/s: 1,000 neurons
/// fire in few bursts, 13 to 39 spikes/s in 200 ms, so three seeds are taken together.
#[test]
fn hodgkin_huxley_neurons_sustain_their_activity() {
    let net = network("coba-hh", 0.25);
    let mean = |net: &Network| (1..=3).map(|seed| rate(net, (100.0, 300.0), seed)).sum::<f64>() / 3.0;
    let found = mean(&net);
    assert!((15.5..46.5).contains(&found), "{found}");
    let weak = mean(&excited(&net, 0.5));
    assert!(weak < 12.0, "{weak}");
}

#[test]
#[ignore = "4,000 Hodgkin-Huxley neurons for 1.2 s take a minute"]
fn coba_hh_fires_as_in_nest() {
    let found = rate(&network("coba-hh", 1.0), (200.0, 1200.0), 1);
    assert!((29.0..33.0).contains(&found), "{found}");
}

/// Mean and standard deviation of the weights of projection 0 after `ms`, and the rate of its last second.
fn learned(net: &Network, ms: f64, seed: u64) -> (f64, f64, f64) {
    let mut simulation = net.build(Device::cpu().threads(2), Seed(seed)).unwrap();
    simulation.run(ms.ms()).unwrap();
    let weights = simulation.synapses(0).unwrap().state.swap_remove(0);
    let n = weights.len() as f64;
    let mean = weights.iter().sum::<f64>() / n;
    let sd = (weights.iter().map(|w| (w - mean).powi(2)).sum::<f64>() / n).sqrt();
    let late = simulation.all_spikes().iter().filter(|spike| f64::from(spike.step) * net.dt() > ms - 1e3).count();
    (mean, sd, late as f64 / f64::from(net.neurons()))
}

/// `net` with another value of a parameter of its synapses that learn.
fn relearning(net: &Network, parameter: &str, factor: f64) -> Network {
    let changed = |old: &neuropil::network::Projection| {
        let mut synapse = old.synapse.clone();
        if let SynapseModel::Plastic(plasticity) = &mut synapse.model {
            let place = plasticity.rule.text().parameters.iter().position(|p| p.name == parameter).unwrap();
            let Value::Constant(value) = plasticity.parameters[place] else { panic!() };
            plasticity.parameters[place] = (factor * value).into();
        }
        Some(synapse)
    };
    altered(net, changed, |drive| Some(drive.clone()))
}

/// At a tenth of the size weights rest by the same equation; correlated input of few neurons lifts them by 1 %.
#[test]
fn weights_of_the_hpc_benchmark_rest_where_they_start() {
    let net = network("hpc-benchmark", 0.1);
    let start = 153.0 / 0.1f64.sqrt();
    let (mean, sd, found) = learned(&net, 1200.0, 1);
    assert!((mean / start - 1.0).abs() < 0.012, "{mean}, {start}");
    assert!((sd / start - 0.0114).abs() < 0.003, "{sd}");
    assert!((found - 39.0).abs() < 8.0, "{found}");
    // With depression by a quarter stronger they sink.
    let (mean, ..) = learned(&relearning(&net, "alpha", 1.25), 1200.0, 1);
    assert!(mean < 0.995 * start, "{mean}");
}

/// NEST 3.10 over four seeds: mean 153.17 to 153.24 pA, sd 1.08 to 1.14 pA, 13.8 to 14.3 spikes/s.
#[test]
#[ignore = "6.4 M synapses that learn for 1.2 s take half a minute"]
fn hpc_benchmark_learns_as_in_nest() {
    let net = network("hpc-benchmark", 1.0);
    let (mean, sd, found) = learned(&net, 1200.0, 1);
    assert!(
        (mean - 153.2).abs() < 0.15 && (sd - 1.11).abs() < 0.1 && (found - 14.0).abs() < 1.0,
        "{mean} {sd} {found}"
    );
}

/// Spikes per second of each neuron of `neurons` from `from` to `to` ms, in the mean.
fn rate_of(spikes: &[(f64, u32)], neurons: std::ops::Range<u32>, (from, to): (f64, f64)) -> f64 {
    let own = spikes.iter().filter(|(time, id)| neurons.contains(id) && *time > from && *time <= to).count();
    own as f64 / f64::from(neurons.end - neurons.start) / (to - from) * 1e3
}

/// A tenth of the network: an assembly of 80 neurons, of which 20 are stimulated from 11 to 11.5 s.
#[test]
fn inhibition_learns_to_balance_and_an_assembly_is_recalled() {
    let net = network("stdp-balance", 0.1);
    let run = spikes(&net, 11_500.0, 1);
    let others = |window| rate_of(&run, 80..800, window);
    assert!(others((0.0, 500.0)) > 30.0, "{}", others((0.0, 500.0)));
    // The target is 3 spikes/s; in ten seconds most of the way is gone.
    let balanced = others((10_000.0, 11_000.0));
    assert!((2.5..5.0).contains(&balanced), "{balanced}");
    let completed = rate_of(&run, 20..80, (11_000.0, 11_500.0));
    assert!(completed > 20.0 && others((11_000.0, 11_500.0)) < 8.0, "{completed}");
    // Without what makes it an assembly, the other three quarters do not follow.
    let assembly = |old: &neuropil::network::Projection| old.from.len() == 80;
    assert_eq!(net.projections().iter().filter(|old| assembly(old)).count(), 1);
    let plain = altered(&net, |old| (!assembly(old)).then(|| old.synapse.clone()), |drive| Some(drive.clone()));
    let alone = rate_of(&spikes(&plain, 11_500.0, 1), 20..80, (11_000.0, 11_500.0));
    assert!(alone < 8.0, "{alone}");
}

/// Mean potential of the neurons of these names, mV.
fn potential(simulation: &mut Simulation, names: &[&str]) -> f64 {
    let mut found = Vec::new();
    for population in simulation.network().populations().to_vec() {
        let values = simulation.state(&population.name, "V_m").unwrap();
        let own = population.names.as_ref().unwrap().iter().zip(values);
        found.extend(own.filter(|(name, _)| names.contains(&name.as_str())).map(|(_, value)| value));
    }
    assert_eq!(found.len(), names.len());
    found.iter().sum::<f64>() / found.len() as f64
}

/// Changes of potential of AVD, AVA, PVC and AVB by a touch in front and behind, mV.
fn touched(net: &Network) -> [[f64; 4]; 2] {
    let mut simulation = net.build(Device::cpu(), Seed(1)).unwrap();
    let pairs = [["AVDL", "AVDR"], ["AVAL", "AVAR"], ["PVCL", "PVCR"], ["AVBL", "AVBR"]];
    [(100.0, 300.0), (200.0, 300.0)].map(|(rest, touch)| {
        simulation.run(rest.ms()).unwrap();
        let before = pairs.map(|pair| potential(&mut simulation, &pair));
        simulation.run(touch.ms()).unwrap();
        let after = pairs.map(|pair| potential(&mut simulation, &pair));
        [0, 1, 2, 3].map(|i| after[i] - before[i])
    })
}

/// Chalfie et al. 1985: a touch excites the interneurons of movement away from it, and in front it inhibits the others.
#[test]
fn the_graded_worm_answers_a_touch() {
    let net = network("c-elegans-graded", 1.0);
    let [[avd, ava, pvc, avb], rear] = touched(&net);
    assert!(avd > 0.5 && ava > 0.1 && pvc < -0.1 && avb < -0.03, "{avd} {ava} {pvc} {avb}");
    assert!(rear[2] > 1.5 * rear[0] && rear[2] > 1.5 * rear[1] && rear[3] > 0.1, "{rear:?}");
    // By chemical synapses alone nothing is excited in front.
    let mut chemical = Network::new(net.dt().ms());
    for population in net.populations() {
        chemical.add_population(population.clone()).unwrap();
    }
    let graded = net.couplings().iter().find(|couplings| matches!(couplings.coupling, Coupling::Graded(_))).unwrap();
    chemical.couple(&graded.from, &graded.to, graded.rule.clone(), graded.coupling.clone()).unwrap();
    for stimulus in net.stimuli() {
        chemical.stimulate(&stimulus.to, stimulus.drive.clone(), stimulus.synapse.clone()).unwrap();
    }
    let [[avd, ..], _] = touched(&chemical);
    assert!(avd < 0.1, "{avd}");
}

#[test]
fn the_graded_worm_rests_and_is_the_same_on_any_threads() {
    let net = network("c-elegans-graded", 1.0);
    let states = |threads: u32, shards: u32, ms: f64| {
        let options = PlanOptions { shards, threads, ..default() };
        let mut simulation = Simulation::new(net.clone(), Device::cpu().threads(threads), Seed(1), &options).unwrap();
        simulation.run(ms.ms()).unwrap();
        simulation.state("interneuron", "V_m").unwrap()
    };
    assert!(states(1, 1, 100.0).iter().all(|v| (v + 35.0).abs() < 1e-4));
    let alone = states(1, 1, 150.0);
    assert!(alone.iter().any(|v| (v + 35.0).abs() > 0.1));
    assert_eq!(alone, states(2, 3, 150.0));
}

/// Mean IP3 and calcium of the astrocytes after `ms`, uM, and spikes per neuron and second.
fn tissue(net: &Network, ms: f64) -> (f64, f64, f64) {
    let mut simulation = net.build(Device::cpu().threads(2), Seed(1)).unwrap();
    simulation.run(ms.ms()).unwrap();
    let mut mean = |variable: &str| {
        let values = simulation.state("astrocytes", variable).unwrap();
        values.iter().sum::<f64>() / values.len() as f64
    };
    let (ip3, calcium) = (mean("IP3"), mean("Ca_astro"));
    let neurons = net.populations()[..2].iter().map(|population| f64::from(population.size)).sum::<f64>();
    (ip3, calcium, simulation.all_spikes().len() as f64 / neurons / ms * 1e3)
}

/// A tenth, with fewer inputs; NEST's rates of scale 1 over half seconds are 2.4 to 7.3 spikes/s.
#[test]
fn spikes_reach_astrocytes() {
    let net = network("astrocyte-brunel", 0.1);
    let undriven = 0.16 + 0.24 * (-300.0f64 / 7142.0).exp();
    let (ip3, calcium, rate) = tissue(&net, 300.0);
    assert!(ip3 > undriven + 0.003 && calcium > 0.1, "{ip3} {calcium}");
    assert!((2.4..7.3).contains(&rate), "{rate}");
    // Without the synapses onto astrocytes IP3 decays.
    let astrocytes = net.population("astrocytes", "test").unwrap();
    let onto_neurons =
        |old: &neuropil::network::Projection| (old.to.parts() != astrocytes.parts()).then(|| old.synapse.clone());
    let (ip3, ..) = tissue(&altered(&net, onto_neurons, |drive| Some(drive.clone())), 300.0);
    assert!((ip3 - undriven).abs() < 1e-4, "{ip3}");
}

/// Rate of a population while a stimulus is on, over that before any.
fn answer(net: &Network, spikes: &[(f64, u32)], population: &str, on: (f64, f64)) -> f64 {
    let first = net.population(population, "test").unwrap().parts()[0].first;
    let neurons = first..first + net.population(population, "test").unwrap().len();
    rate_of(spikes, neurons.clone(), on) / rate_of(spikes, neurons, (100.0, 300.0))
}

/// An odour reaches the antennal lobe's local and projection neurons, a wound the projection neurons of the body's senses and
/// the descending neurons of the nerve cord.
#[test]
fn neurons_of_the_larva_are_activated_by_name() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/examples/larva_odour.toml");
    let net = neuropil::experiment::Experiment::read(path).unwrap().setup().unwrap().network;
    let run = spikes(&net, 900.0, 1);
    let (odour, wound) = ((300.0, 500.0), (700.0, 900.0));
    let answers = |on| ["LN", "PN", "PN-somato", "DN-VNC"].map(|population| answer(&net, &run, population, on));
    let [locals, projection, body, _] = answers(odour);
    assert!(locals > 1.7 && projection > 1.2 && body < 1.4, "{locals} {projection} {body}");
    let [locals, _, body, descending] = answers(wound);
    assert!(locals < 1.3 && body > 1.7 && descending > 1.2, "{locals} {body} {descending}");
}

/// The highest potential of the canal cells while ALA is held at -80 mV, mV, in this preset.
fn canal_cells(preset: &str) -> f64 {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/examples/c_elegans_gap.toml");
    let mut experiment = neuropil::experiment::Experiment::read(path).unwrap();
    experiment.set(&format!("preset.name={preset}")).unwrap();
    let setup = experiment.setup().unwrap();
    let mut sim = setup.network.build(Device::cpu(), setup.seed).unwrap();
    sim.run(700.0.ms()).unwrap();
    let held = |trace: &neuropil::record::TraceRecord| {
        let late = trace.times_ms().iter().take_while(|time| **time < 450.0).count() * trace.neurons.len();
        trace.samples[late..].iter().copied().fold(f64::NEG_INFINITY, f64::max)
    };
    held(&sim.recorded_traces().unwrap()[0])
}

#[test]
fn canal_cells_follow_a_neuron_that_is_held_by_gap_junctions_alone() {
    let [joined, apart] = ["c-elegans-gap", "c-elegans"].map(canal_cells);
    assert!(joined < -60.0 && apart > -50.0, "{joined} {apart}");
}

/// When each astrocyte of the sheet first fires, ms.
fn front(net: &Network) -> Vec<Option<f64>> {
    let mut first = vec![None; net.neurons() as usize];
    for (ms, neuron) in spikes(net, 30_000.0, 1) {
        first[neuron as usize].get_or_insert(ms);
    }
    first
}

#[test]
fn a_wave_of_calcium_goes_through_astrocytes_at_the_speed_of_tissue() {
    let net = network("calcium-waves", 1.0);
    let found = front(&net);
    assert!(found.iter().all(Option::is_some), "it reaches all");
    let at = |row: usize, column: usize| found[16 * row + column].unwrap();
    let along: Vec<f64> = (8..16).map(|column| at(8, column)).collect();
    assert!(along.is_sorted() && (0..16).all(|row| at(row, 8) <= at(row, 15)), "{along:?}");
    // Cells of 50 um, away from where it begins and where it ends.
    let speed = 4.0 * 50.0 / ((at(8, 14) - at(8, 10)) / 1e3);
    assert!((10.0..30.0).contains(&speed), "{speed} um/s");
    let mut alone = Network::new(net.grid().dt().ms());
    let cells = alone.add_population(net.populations()[0].clone()).unwrap();
    alone.record(&cells, Spikes).unwrap();
    assert!(front(&alone).iter().all(Option::is_none), "at rest");
}

/// Rates of the cued population and of the second, before the cue and after it.
fn remembered(net: &Network) -> [f64; 4] {
    let all = spikes(net, 2200.0, 3);
    let size = net.populations()[0].size;
    let rate = |population: u32, (from, to): (f64, f64)| {
        let own = population * size..(population + 1) * size;
        let count = all.iter().filter(|(ms, neuron)| own.contains(neuron) && *ms > from && *ms <= to).count();
        count as f64 / f64::from(size) / (to - from) * 1e3
    };
    let (before, after) = ((300.0, 1000.0), (1700.0, 2200.0));
    [rate(0, before), rate(0, after), rate(1, before), rate(1, after)]
}

#[test]
fn a_cued_population_goes_on_firing() {
    let net = network("working-memory", 1.0);
    let [before, after, second, second_after] = remembered(&net);
    assert!(before < 8.0 && second < 8.0, "{before}, {second}");
    assert!((15.0..60.0).contains(&after), "{after}");
    assert!(second_after < 0.3 * after, "{second_after}");
    let uncued = altered(
        &net,
        |old| Some(old.synapse.clone()),
        |drive| match drive {
            neuropil::network::Drive::Poisson(poisson) if poisson.start > 0.0 => None,
            drive => Some(drive.clone()),
        },
    );
    assert!(remembered(&uncued)[1] < 8.0, "without a cue");
}
