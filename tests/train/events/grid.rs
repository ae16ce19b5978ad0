//! The adjoint on the grid of the engine against the referee, as dt shrinks.

use neuropil::network::{Explicit, Network};
use neuropil::prelude::*;
use neuropil::train::events::{Connection, EventProp, GridGradient, GridJump, Loss, Source, Term};

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
