//! The adjoint on the grid of the engine: against the referee as dt shrinks, against itself in other layouts.

use neuropil::network::{Explicit, Network};
use neuropil::prelude::*;
use neuropil::train::events::{Connection, EventProp, GridGradient, GridJump, Loss, Sensitivity, Source, Term};

use super::nets::{Kind, Net};

/// Nets in which neurons fire once or twice, as those are that are trained for timing.
const KIND: Kind = Kind {
    neurons: 6,
    inputs: 8,
    duration: 30.0,
    t_ref: 2.0,
    recurrent: 0.5,
    strength: 300.0,
    spikes: 1,
    drive: 0.0,
    readouts: 2,
};
/// The coarsest grid, ms; delays and input lie on it.
const COARSE: f64 = 0.5;

/// What the engine makes of a random net: parrots repeat the input, one step later.
struct Engine {
    net: Network,
    /// The connections of each projection: those of parrots, those of neurons.
    lists: [Vec<usize>; 2],
    inputs: u32,
}

impl Engine {
    fn new(random: &Net, dt: f64) -> Engine {
        let mut net = Network::new(dt.ms());
        let inputs = random.inputs.len() as u32;
        let parrots = net.add("inputs", inputs, ParrotNeuron::default()).unwrap();
        let mut population = Population::new("neurons", random.neurons.len() as u32, named("iaf_psc_exp")).unwrap();
        let each = |value: fn(&IafPscExp) -> f64| Value::Each(random.neurons.iter().map(value).collect());
        population.set("V_th", each(|n| n.V_th)).unwrap();
        population.set("tau_m", each(|n| n.tau_m)).unwrap();
        population.set("tau_syn_ex", each(|n| n.tau_syn_ex)).unwrap();
        population.set("tau_syn_in", each(|n| n.tau_syn_in)).unwrap();
        population.set("t_ref", each(|n| n.t_ref)).unwrap();
        population.set("V_reset", each(|n| n.V_reset)).unwrap();
        population.set("I_e", each(|n| n.I_e)).unwrap();
        let neurons = net.add_population(population).unwrap();
        // A spike of the list at t makes the parrot fire one step later.
        let trains = random.inputs.iter().zip(0..);
        let listed: Vec<(u32, f64)> = trains.flat_map(|(times, i)| times.iter().map(move |t| (i, t - dt))).collect();
        net.stimulate(&parrots, SpikeGenerator::listed(listed), Static::new(1.0, dt)).unwrap();
        let kind = |c: &Connection| usize::from(matches!(c.source, Source::Neuron(_)));
        let of = |which: usize| {
            let own = random.connections.iter().enumerate().filter(|(_, c)| kind(c) == which);
            own.map(|(i, _)| i).collect::<Vec<usize>>()
        };
        let lists = [of(0), of(1)];
        for (from, list) in [&parrots, &neurons].into_iter().zip(&lists) {
            let own: Vec<Connection> = list.iter().map(|&i| random.connections[i]).collect();
            let source = |c: &Connection| match c.source {
                Source::Neuron(i) | Source::Input(i) => i,
            };
            let pairs =
                Explicit { sources: own.iter().map(source).collect(), targets: own.iter().map(|c| c.target).collect() };
            let weights = Value::Each(own.iter().map(|c| c.weight).collect());
            let delays = Value::Each(own.iter().map(|c| c.delay).collect());
            net.connect(from, &neurons, pairs, Static::new(weights, delays)).unwrap();
        }
        net.record(&neurons, Spikes).unwrap();
        Engine { net, lists, inputs }
    }

    fn run(&self, precision: Precision) -> Simulation {
        let mut sim = self.net.build(Device::cpu().precision(precision), Seed(1)).unwrap();
        sim.run(KIND.duration.ms()).unwrap();
        sim
    }

    /// A loss of the referee, of the engine's neurons.
    fn loss(&self, loss: &Loss) -> Loss {
        let shifted = |term: &Term| match *term {
            Term::Time { neuron, number, factor } => Term::Time { neuron: neuron + self.inputs, number, factor },
            Term::Target { neuron, number, time, factor } => {
                Term::Target { neuron: neuron + self.inputs, number, time, factor }
            }
            Term::Peak { neuron, factor } => Term::Peak { neuron: neuron + self.inputs, factor },
            Term::Integral { neuron, factor } => Term::Integral { neuron: neuron + self.inputs, factor },
        };
        Loss::new(loss.terms().iter().map(shifted).collect::<Vec<Term>>())
    }

    /// A gradient in the order of the random net's connections: by weights, by delays.
    fn ordered<R: neuropil::number::Number>(&self, back: &EventProp<R>, gradient: &GridGradient<R>) -> [Vec<f64>; 2] {
        let count = self.lists.iter().map(Vec::len).sum();
        let mut all = [vec![0.0; count], vec![0.0; count]];
        for (own, list) in back.by_projection(gradient).unwrap().iter().zip(&self.lists) {
            for (k, &i) in list.iter().enumerate() {
                all[0][i] = own.weights[k].value();
                all[1][i] = own.delays[k].value();
            }
        }
        all
    }
}

fn named(name: &str) -> std::sync::Arc<dyn Model> {
    neuropil::models::named(name, "test").unwrap()
}

const LOSSES: [&str; 3] = ["times", "readouts", "potentials that are reset"];

/// Losses of a net: of the times of all spikes, of readouts, and of the potentials of neurons that fire.
fn losses(random: &Net) -> [Loss; 3] {
    let run = random.referee().run(KIND.duration).unwrap();
    let mut spikes = Vec::new();
    let firing = KIND.neurons - KIND.readouts;
    for neuron in 0..firing {
        for number in 0..run.times(neuron).len() as u32 {
            let factor = f64::from((neuron * 7 + number * 3) % 5) - 2.0;
            spikes.push(Term::Time { neuron, number, factor });
        }
    }
    let integral = |neuron| Term::Integral { neuron, factor: f64::from(neuron % 3) - 1.0 };
    let mut readouts: Vec<Term> = (firing..KIND.neurons).map(|neuron| Term::Peak { neuron, factor: 10.0 }).collect();
    readouts.extend((firing..KIND.neurons).map(|neuron| Term::Integral { neuron, factor: 1.0 }));
    let resets = (0..firing).map(integral).collect::<Vec<Term>>();
    [Loss::new(spikes), Loss::new(readouts), Loss::new(resets)]
}

fn norm(a: &[f64]) -> f64 {
    a.iter().map(|x| x * x).sum::<f64>().sqrt()
}

/// The relative error of a gradient, and its cosine with the exact one.
fn compare(exact: &[f64], own: &[f64]) -> (f64, f64) {
    let difference: Vec<f64> = exact.iter().zip(own).map(|(a, b)| a - b).collect();
    let dot: f64 = exact.iter().zip(own).map(|(a, b)| a * b).sum();
    (norm(&difference) / norm(exact), dot / (norm(exact) * norm(own)))
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

/// Per dt, per loss: errors and cosines by weights and by delays, of the nets that fire as often on all grids.
#[allow(clippy::type_complexity)]
fn errors(seeds: u64, steps: &[f64], without: Option<GridJump>) -> Vec<[[Vec<(f64, f64)>; 2]; 3]> {
    let mut found = vec![<[[Vec<(f64, f64)>; 2]; 3]>::default(); steps.len()];
    for seed in 0..seeds {
        let random = Net::random(1000 + seed, KIND, COARSE);
        let exact = random.referee().run(KIND.duration).unwrap();
        let counts: Vec<usize> = (0..KIND.neurons).map(|n| exact.times(n).len()).collect();
        let mut engines = Vec::new();
        for &dt in steps {
            let engine = Engine::new(&random, dt);
            let sim = engine.run(Precision::F64);
            let own = &sim.spike_counts()[engine.inputs as usize..];
            if own.iter().zip(&counts).all(|(a, b)| *a == *b as u64) {
                engines.push((engine, sim));
            }
        }
        if engines.len() < steps.len() || counts.iter().sum::<usize>() == 0 {
            continue;
        }
        for (at, (engine, sim)) in engines.iter().enumerate() {
            let back = EventProp::<f64>::new(&engine.net, Seed(1)).unwrap();
            for (which, loss) in losses(&random).iter().enumerate() {
                let truth = exact.gradient(loss).unwrap();
                let own = back.gradient_without(sim.all_spikes(), sim.steps(), &engine.loss(loss), without).unwrap();
                let own = engine.ordered(&back, &own);
                found[at][which][0].push(compare(&truth.weights, &own[0]));
                found[at][which][1].push(compare(&truth.delays, &own[1]));
            }
        }
    }
    found
}

/// Medians of error and cosine, by weights and by delays, of one loss at one dt.
type Figures = [(f64, f64); 2];

fn figures(found: &[[Vec<(f64, f64)>; 2]; 3], which: usize) -> Figures {
    let of =
        |all: &[(f64, f64)]| (median(all.iter().map(|e| e.0).collect()), median(all.iter().map(|e| e.1).collect()));
    [of(&found[which][0]), of(&found[which][1])]
}

#[test]
fn errors_fall_with_dt() {
    let steps = [0.5, 0.25, 0.125, 0.0625, 0.03125];
    let found = errors(400, &steps, None);
    let nets = found[0][0][0].len();
    println!("{nets} nets");
    let mut wrong = Vec::new();
    for (which, name) in LOSSES.iter().enumerate() {
        let all: Vec<Figures> = found.iter().map(|at| figures(at, which)).collect();
        for (dt, [dw, dd]) in steps.iter().zip(&all) {
            println!("{name}, dt {dt}: dw {:.4} cos {:.5}, dd {:.4} cos {:.5}", dw.0, dw.1, dd.0, dd.1);
        }
        #[allow(clippy::needless_range_loop)]
        for by in 0..2 {
            for at in 2..steps.len() {
                let ratio = all[at - 1][by].0 / all[at][by].0;
                if !(1.6..2.4).contains(&ratio) {
                    wrong.push(format!("{name}, {by}: to {} ms halving divides the error by {ratio:.2}", steps[at]));
                }
            }
            // At 0.125 ms. Where a potential is reset a step late, its integral keeps more of it.
            let (most, least) = if which < 2 { (0.07, 0.997) } else { (0.14, 0.993) };
            if all[2][by].0 > most || all[2][by].1 < least {
                wrong.push(format!("{name}, {by}: {:?}", all[2][by]));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(nets >= 200, "{nets}");
}

#[test]
fn each_jump_is_needed() {
    let whole = errors(60, &[0.125], None);
    for jump in [GridJump::Arrival, GridJump::Release, GridJump::Held] {
        let without = errors(60, &[0.125], Some(jump));
        let of = |found: &[[Vec<(f64, f64)>; 2]; 3], which| figures(found, which)[0].0;
        let worse = (0..3).map(|which| of(&without[0], which) / of(&whole[0], which)).fold(0.0, f64::max);
        println!("without {jump:?} the error is {worse:.1} times as large");
        assert!(worse > 1.5, "{jump:?}: {worse}");
    }
}

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
