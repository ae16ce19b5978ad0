//! The adjoint on the grid of the engine against itself, in other layouts and on other runs; what it refuses.

use neuropil::network::Network;
use neuropil::prelude::*;
use neuropil::train::events::{EventProp, GridGradient, GridJump, Loss, Sensitivity, Term};

/// A net of some hundred neurons with everything that is taken: listed spikes, currents, drawn synapses, several parts.
fn lively(dt: f64) -> Network {
    let mut net = Network::new(dt.ms());
    let inputs = net.add("inputs", 20, ParrotNeuron::default()).unwrap();
    let exc = net.add("exc", 120, IafPscExp { I_e: 300.0, ..default() }).unwrap();
    let inh = net.add("inh", 30, IafPscExp { tau_m: 8.0, t_ref: 1.0, ..default() }).unwrap();
    net.set("exc", "V_m", Value::uniform(-70.0, -56.0)).unwrap();
    let all = exc.and(&inh);
    net.stimulate(&inputs, PoissonGenerator::new(60.0), Static::new(1.0, dt)).unwrap();
    net.stimulate(&inh, DcGenerator { amplitude: 200.0, start: 20.0, stop: f64::INFINITY }, Static::new(1.0, dt))
        .unwrap();
    net.stimulate(&all, SpikeGenerator::at(&[7.0, 30.0]), Static::new(400.0, 2.0)).unwrap();
    net.connect(
        &inputs,
        &all,
        PairwiseBernoulli(0.4),
        Static::new(Value::uniform(50.0, 300.0), Value::uniform(0.5, 8.0)),
    )
    .unwrap();
    net.connect(&exc, &all, FixedIndegree(15), Static::new(Value::uniform(10.0, 90.0), Value::uniform(1.0, 20.0)))
        .unwrap();
    net.connect(&inh, &all, FixedOutdegree(20), Static::new(-120.0, 1.5)).unwrap();
    net.record(&all, Spikes).unwrap();
    net
}

fn some_loss(sim: &Simulation) -> Loss {
    let fired = sim.spike_counts().iter().zip(0u32..).filter(|(count, id)| **count > 0 && *id >= 20);
    let last = |(count, neuron): (&u64, u32)| Term::Time { neuron, number: *count as u32 - 1, factor: 1.0 };
    let mut terms: Vec<Term> = fired.map(last).collect();
    terms.extend((20..40).map(|neuron| Term::Integral { neuron, factor: 0.01 }));
    Loss::new(terms)
}

#[test]
fn threads_change_no_bit() {
    let net = lively(0.1);
    let mut sim = net.build(Device::cpu(), Seed(3)).unwrap();
    sim.run(80.0.ms()).unwrap();
    let loss = some_loss(&sim);
    let with = |threads: u32, seed: u64| {
        EventProp::<f32>::new(&net, Seed(seed)).unwrap().with_threads(threads).with_least_work(1).gradient(&sim, &loss)
    };
    let one = with(1, 3).unwrap();
    assert!(sim.spike_count() > 200 && one.weights.iter().filter(|slope| **slope != 0.0).count() > 1000);
    assert!(one.weights.iter().chain(&one.delays).all(|slope| slope.is_finite()));
    for threads in [2, 3] {
        assert_eq!(one, with(threads, 3).unwrap(), "{threads} threads");
    }
    assert_ne!(one, with(1, 4).unwrap(), "another network");
}

/// What arrives is summed stretch by stretch of the run: these are one sum but for rounding, whatever is on both sides of a cut.
#[test]
fn stretches_are_one_run() {
    let net = lively(0.1);
    let mut sim = net.build(Device::cpu().precision(Precision::F64), Seed(3)).unwrap();
    sim.run(80.0.ms()).unwrap();
    let loss = some_loss(&sim);
    let back = |least: u64| EventProp::<f64>::new(&net, Seed(3)).unwrap().with_least_work(least);
    let whole = back(u64::MAX).gradient(&sim, &loss).unwrap();
    let largest = whole.weights.iter().fold(0.0f64, |most, slope| most.max(slope.abs()));
    let differ = |other: &[f64]| {
        let each = whole.weights.iter().zip(other).map(|(a, b)| (a - b).abs());
        each.fold(0.0f64, f64::max) / largest
    };
    // Several stretches, as the last digits tell. Sums of f64 in another order differ by some 1e-16 of their terms, which cancel by
    // less than 1e5 here.
    for least in [1, 150] {
        let cut = back(least).gradient(&sim, &loss).unwrap();
        assert!(differ(&cut.weights) < 1e-11, "{}", differ(&cut.weights));
        assert_ne!(whole.weights, cut.weights, "at {least} nothing was cut");
    }
    let deaf = back(1).gradient_without(sim.all_spikes(), sim.steps(), &loss, Some(GridJump::Held)).unwrap();
    assert!(differ(&deaf.weights) > 1e-6);
}

/// Potentials that the replay finds are those of the engine: peaks and integrals of readouts are those of their samples.
#[test]
fn the_replay_is_the_run() {
    let mut net = lively(0.1);
    let readouts = net.add("readouts", 10, IafPscExp { V_th: 900.0, tau_m: 15.0, ..default() }).unwrap();
    let inh = net.population("inh", "test").unwrap();
    let all = net.population("exc", "test").unwrap().and(inh);
    net.connect(&all, &readouts, FixedIndegree(20), Static::new(Value::uniform(-80.0, 90.0), Value::uniform(0.5, 9.0)))
        .unwrap();
    net.stimulate(&readouts, SpikeGenerator::at(&[3.0, 40.0]), Static::new(500.0, 0.4)).unwrap();
    net.stimulate(&readouts, DcGenerator { amplitude: 50.0, start: 10.0, stop: 60.0 }, Static::new(1.0, 0.1)).unwrap();
    let trace = net.record(&readouts, Variable::every("V_m", 0.1)).unwrap();
    let mut sim = net.build(Device::cpu().precision(Precision::F64), Seed(3)).unwrap();
    sim.run(100.0.ms()).unwrap();
    let samples = sim.samples(trace).unwrap();
    let back = EventProp::<f64>::new(&net, Seed(3)).unwrap();
    let value = |term: Term| back.gradient(&sim, &Loss::new([term])).unwrap().loss;
    for i in 0..10usize {
        let mut own: Vec<f64> = samples.iter().skip(i).step_by(10).copied().collect();
        if own.len() == 1000 {
            own.insert(0, -70.0);
        }
        let neuron = 170 + i as u32;
        let peak = own.iter().fold(f64::MIN, |a, b| a.max(*b));
        let area = own.windows(2).map(|pair| 0.05 * (pair[0] + pair[1])).sum::<f64>();
        let (found, integral) =
            (value(Term::Peak { neuron, factor: 1.0 }), value(Term::Integral { neuron, factor: 1.0 }));
        assert!((found - peak).abs() < 1e-9 && peak > -69.0, "{i}: {found} {peak}");
        assert!((integral - area).abs() < 1e-7, "{i}: {integral} {area}");
        let late: f64 = own[1..].windows(2).map(|pair| 0.05 * (pair[0] + pair[1])).sum();
        assert!((integral - late).abs() > 1e-3, "a step less is not seen");
    }
}

/// A gradient by its derivatives is that of the loss they belong to.
#[test]
fn any_loss_is_taken() {
    let net = lively(0.1);
    let mut sim = net.build(Device::cpu(), Seed(3)).unwrap();
    sim.run(100.0.ms()).unwrap();
    let back = EventProp::<f32>::new(&net, Seed(3)).unwrap();
    let spikes = sim.all_spikes();
    let at = spikes.iter().rposition(|spike| spike.id >= 20).unwrap();
    let (neuron, number) = (spikes[at].id, sim.spike_counts()[spikes[at].id as usize] as u32 - 1);
    let loss = Loss::new([Term::Time { neuron, number, factor: 2.0 }]);
    let mut sensitivity = Sensitivity { spikes: vec![0.0; spikes.len()], potentials: vec![] };
    sensitivity.spikes[at] = 2.0;
    let named = back.gradient(&sim, &loss).unwrap();
    let given = back.gradient_by(spikes, sim.steps(), sensitivity.clone()).unwrap();
    assert_eq!((&named.weights, &named.delays), (&given.weights, &given.delays));
    assert!(named.weights.iter().any(|slope| *slope != 0.0));
    sensitivity.potentials.push((neuron, spikes[at].step - 1, 1.0));
    assert_ne!(named.weights, back.gradient_by(spikes, sim.steps(), sensitivity).unwrap().weights);
}

/// Listed pairs have their gradients in their own order, drawn ones in the order in which the plan draws them.
#[test]
fn projections_have_what_the_plan_has() {
    let net = lively(0.1);
    let mut sim = net.build(Device::cpu(), Seed(3)).unwrap();
    sim.run(60.0.ms()).unwrap();
    let back = EventProp::<f32>::new(&net, Seed(3)).unwrap();
    let gradient = back.gradient(&sim, &some_loss(&sim)).unwrap();
    let mut stored = Vec::new();
    let mut at = 0;
    back.plan().each_synapse(&mut |synapse| {
        stored.push((synapse.source, synapse.target, gradient.weights[at].to_bits(), gradient.delays[at].to_bits()));
        at += 1;
    });
    let mut listed = Vec::new();
    for own in back.by_projection(&gradient).unwrap() {
        for i in 0..own.sources.len() {
            listed.push((own.sources[i], own.targets[i], own.weights[i].to_bits(), own.delays[i].to_bits()));
        }
    }
    assert_eq!((at, listed.len()), (gradient.weights.len(), at));
    let sorted = |mut all: Vec<(u32, u32, u32, u32)>| {
        all.sort_unstable();
        all
    };
    assert_eq!(sorted(stored.clone()), sorted(listed));
    let mut shifted = gradient.clone();
    shifted.weights.rotate_left(1);
    let moved = back.by_projection(&shifted).unwrap();
    assert_ne!(moved, back.by_projection(&gradient).unwrap());
}

#[test]
fn what_cannot_be_is_refused() {
    let says = |net: &Network, words: &str| {
        let text = EventProp::<f32>::new(net, Seed(1)).unwrap_err().to_string();
        assert!(text.contains(words), "{text}");
    };
    let start = |neuron| {
        let mut net = Network::new(0.1.ms());
        let pair = net.add("pair", 2, neuron).unwrap();
        (net, pair)
    };
    let mut net = Network::new(0.1.ms());
    net.add("other", 1, IafCondExp::default()).unwrap();
    says(&net, "population 'other': gradients of events go through iaf_psc_exp");
    let (mut net, pair) = start(IafPscExp::default());
    net.connect(&pair, &pair, AllToAll, Plastic::new("stdp_synapse", 10.0, 1.0).unwrap()).unwrap();
    says(&net, "its synapses learn by a rule of their own");
    let (mut net, pair) = start(IafPscExp::default());
    let parrot = net.add("parrot", 1, ParrotNeuron::default()).unwrap();
    net.connect(&pair, &parrot, AllToAll, Static::new(1.0, 1.0)).unwrap();
    says(&net, "it reaches parrot_neuron");
    let (mut net, pair) = start(IafPscExp::default());
    net.stimulate(&pair, PoissonGenerator::new(10.0), Static::new(1.0, 1.0)).unwrap();
    says(&net, "stimulus to pair: poisson_generator reaches iaf_psc_exp");
    let (mut net, pair) = start(IafPscExp::default());
    net.couple(pair.slice(0..1), pair.slice(1..2), OneToOne, GapJunction::new(1.0)).unwrap();
    says(&net, "continuous couplings");
    let (mut net, pair) = start(IafPscExp::default());
    let short = net.connect(&pair, &pair, AllToAll, Static::new(1.0, 0.01)).unwrap_err();
    assert!(short.to_string().contains("the shortest delay is one step"), "{short}");
}

#[test]
fn runs_and_losses_that_do_not_fit_are_refused() {
    let net = lively(0.1);
    let mut sim = net.build(Device::cpu(), Seed(3)).unwrap();
    sim.run(50.0.ms()).unwrap();
    let back = EventProp::<f32>::new(&net, Seed(3)).unwrap();
    let says = |result: neuropil::Result<GridGradient<f32>>, words: &str| {
        let text = result.unwrap_err().to_string();
        assert!(text.contains(words), "{text}");
    };
    let peak = |neuron| Loss::new([Term::Peak { neuron, factor: 1.0 }]);
    says(back.gradient(&sim, &peak(170)), "there is no neuron 170; the network has 170");
    says(back.gradient(&sim, &peak(3)), "neuron 3 of 'inputs' is a parrot_neuron");
    says(back.gradient(&sim, &Loss::default()), "no term");
    let late = Loss::new([Term::Time { neuron: 30, number: 900, factor: 1.0 }]);
    says(back.gradient(&sim, &late), "there is no spike 900");
    let mut spikes = sim.all_spikes().to_vec();
    spikes.swap(0, 200);
    says(back.gradient_of(&spikes, 500, &peak(30)), "in the order of steps");
    let twice = [Spike::new(10, 30), Spike::new(12, 30)];
    says(back.gradient_of(&twice, 500, &peak(31)), "neuron 30 fires at steps 10 and 12, within 20 refractory steps");
    says(back.gradient_by(&twice[..1], 500, Sensitivity::default()), "0 numbers for 1 spikes");
    let early = Sensitivity { spikes: vec![], potentials: vec![(30, 0, 1.0)] };
    says(back.gradient_by(&[], 500, early), "a potential of neuron 30 at step 0");
    let other = lively(0.2).build(Device::cpu(), Seed(3)).unwrap();
    says(back.gradient(&other, &peak(30)), "another network");
    let mut counted = net.build(Device::cpu(), Seed(3)).unwrap();
    counted.count_spikes().unwrap();
    counted.run(50.0.ms()).unwrap();
    says(back.gradient(&counted, &peak(30)), "not all of its spikes were kept");
}
