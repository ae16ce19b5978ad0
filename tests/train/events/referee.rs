//! The referee: its spikes against a fine grid, its gradients against differences.

use neuropil::models::IafPscExp;
use neuropil::train::events::{Connection, EventNetwork, EventRun, Jump, Loss, Source, Term};

use super::nets::{Kind, Net, Random, SMALL};

/// Losses of all spikes, of the potentials of all neurons, and of both.
fn losses(run: &EventRun, seed: u64) -> Vec<Loss> {
    let mut random = Random::new(seed ^ 0xABCD);
    let neurons = run_neurons(run);
    let mut spikes = Vec::new();
    for neuron in 0..neurons {
        for number in 0..run.times(neuron).len() as u32 {
            spikes.push(match number % 2 {
                0 => Term::Time { neuron, number, factor: random.uniform(-1.0, 1.0) },
                _ => Term::Target { neuron, number, time: random.uniform(0.0, 60.0), factor: 0.1 },
            });
        }
    }
    let integral = |neuron| Term::Integral { neuron, factor: 0.1 + f64::from(neuron) };
    let potentials: Vec<Term> = (0..neurons).map(integral).collect();
    let both = [spikes.clone(), potentials.clone()].concat();
    [spikes, potentials, both].into_iter().filter(|terms| !terms.is_empty()).map(Loss::new).collect()
}

fn run_neurons(run: &EventRun) -> u32 {
    run.neurons()
}

/// What happens to each neuron, in order: its arrivals, its spikes, when it is let go.
fn order(net: &Net, run: &EventRun, delays: &[f64]) -> Vec<Vec<usize>> {
    let all = net.neurons.iter().enumerate().map(|(n, neuron)| {
        let mut happens = Vec::new();
        for time in run.times(n as u32) {
            happens.extend([(time, 0), (time + neuron.t_ref, 1)]);
        }
        for (i, connection) in net.connections.iter().enumerate().filter(|(_, c)| c.target as usize == n) {
            let times = match connection.source {
                Source::Neuron(source) => run.times(source),
                Source::Input(input) => net.inputs[input as usize].clone(),
            };
            happens.extend(times.into_iter().map(|time| (time + delays[i], 2 + i)));
        }
        happens.sort_by(|a, b| a.0.total_cmp(&b.0));
        happens.into_iter().map(|(_, what)| what).collect()
    });
    all.collect()
}

/// The gradients of some losses by differences of seventh order; nothing where spikes appear, vanish or pass an arrival,
/// where a loss has no derivative.
fn differences(net: &Net, duration: f64, losses: &[Loss]) -> Option<Vec<[Vec<f64>; 2]>> {
    let weights: Vec<f64> = net.connections.iter().map(|c| c.weight).collect();
    let delays: Vec<f64> = net.connections.iter().map(|c| c.delay).collect();
    let referee = net.referee();
    let at_first = order(net, &referee.run(duration).unwrap(), &delays);
    let values = |weights: &[f64], delays: &[f64]| {
        let run = referee.with(weights, delays).unwrap().run(duration).unwrap();
        let same = order(net, &run, delays) == at_first;
        same.then(|| losses.iter().map(|loss| run.loss(loss).unwrap()).collect::<Vec<f64>>())
    };
    let mut found = vec![[Vec::new(), Vec::new()]; losses.len()];
    for i in 0..weights.len() {
        for (which, h) in [(0, 1e-2), (1, 2e-4)] {
            let mut sums = vec![0.0; losses.len()];
            for (steps, factor) in [(1.0, 45.0), (2.0, -9.0), (3.0, 1.0)] {
                for sign in [1.0, -1.0] {
                    let mut lists = [weights.clone(), delays.clone()];
                    lists[which][i] += sign * steps * h;
                    let values = values(&lists[0], &lists[1])?;
                    sums.iter_mut().zip(values).for_each(|(sum, value)| *sum += sign * factor * value);
                }
            }
            found.iter_mut().zip(sums).for_each(|(own, sum)| own[which].push(sum / (60.0 * h)));
        }
    }
    Some(found)
}

/// The largest difference of two gradients, by the largest entry of the first.
fn apart(exact: &[f64], other: &[f64]) -> f64 {
    let largest = exact.iter().fold(0.0f64, |m, x| m.max(x.abs()));
    exact.iter().zip(other).fold(0.0f64, |m, (a, b)| m.max((a - b).abs())) / largest.max(1e-300)
}

#[test]
fn gradients_are_differences_of_the_loss() {
    let kinds = [SMALL, Kind { t_ref: 0.0, ..SMALL }, Kind { t_ref: 5.0, recurrent: 0.9, ..SMALL }];
    let (mut held, mut worst, mut spikes) = (0, 0.0f64, 0);
    for (seed, kind) in (0..30).zip(kinds.into_iter().cycle()) {
        let net = Net::random(seed, kind, 0.0);
        let run = net.referee().run(kind.duration).unwrap();
        let losses = losses(&run, seed);
        let Some(numeric) = differences(&net, kind.duration, &losses) else { continue };
        for (loss, [dw, dd]) in losses.iter().zip(numeric) {
            let own = run.gradient(loss).unwrap();
            worst = worst.max(apart(&own.weights, &dw)).max(apart(&own.delays, &dd));
            held += 1;
        }
        spikes += run.spikes().len();
    }
    println!("{held} gradients, {spikes} spikes, worst {worst:.1e}");
    assert!(held >= 40 && spikes >= 300, "{held} gradients of nets with {spikes} spikes");
    assert!(worst < 1e-8, "{worst:.1e}");
}

#[test]
fn each_jump_is_needed() {
    for jump in [Jump::Arrival, Jump::Release, Jump::Reset, Jump::Held] {
        let mut worst = 0.0f64;
        for seed in 0..6 {
            let net = Net::random(seed, SMALL, 0.0).referee();
            let run = net.run(SMALL.duration).unwrap();
            for loss in losses(&run, seed) {
                let exact = run.gradient(&loss).unwrap();
                let broken = run.gradient_without(&loss, Some(jump)).unwrap();
                worst = worst.max(apart(&exact.weights, &broken.weights));
            }
        }
        assert!(worst > 1e-3, "{jump:?} makes {worst:.1e}");
    }
}

/// A readout that does not fire: its peak, inside a stretch and at a kink.
#[test]
fn a_peak_is_followed() {
    let silent = IafPscExp { V_th: 1000.0, ..IafPscExp::default() };
    let firing = IafPscExp { I_e: 420.0, ..IafPscExp::default() };
    let excite = Connection { source: Source::Input(0), target: 0, weight: 700.0, delay: 1.0 };
    let own = Connection { source: Source::Input(0), target: 1, weight: 500.0, delay: 1.3 };
    let from = Connection { source: Source::Neuron(1), target: 0, weight: 300.0, delay: 2.0 };
    // Cuts the rise off: the peak is at its arrival.
    let inhibit = Connection { source: Source::Input(1), target: 0, weight: -9000.0, delay: 1.0 };
    let loss = Loss::new([Term::Peak { neuron: 0, factor: 2.0 }]);
    for (name, second, kinked) in [("inside", 80.0, false), ("kink", 23.0, true)] {
        let inputs = vec![vec![3.0, 20.0], vec![second]];
        let connections = vec![excite, own, from, inhibit];
        let net = Net { neurons: vec![silent, firing], inputs, connections };
        let gradient = net.referee().run(70.0).unwrap().gradient(&loss).unwrap();
        let [dw, dd] = differences(&net, 70.0, std::slice::from_ref(&loss)).unwrap().remove(0);
        assert!(apart(&gradient.weights, &dw) < 1e-8, "{name}: {:?} {dw:?}", gradient.weights);
        assert!(apart(&gradient.delays, &dd) < 1e-8, "{name}: {:?} {dd:?}", gradient.delays);
        assert_eq!(gradient.delays[3] != 0.0, kinked, "{name}");
    }
}

/// Spikes of the closed form against a membrane stepped by a thousandth of a ms.
#[test]
fn spikes_are_those_of_a_fine_grid() {
    let net = Net::random(3, SMALL, 0.0);
    let run = net.referee().run(SMALL.duration).unwrap();
    let h = 1e-3;
    let mut seen = 0;
    for (n, neuron) in net.neurons.iter().enumerate() {
        let mut arrivals = Vec::new();
        for c in net.connections.iter().filter(|c| c.target as usize == n) {
            let times = match c.source {
                Source::Neuron(source) => run.times(source),
                Source::Input(input) => net.inputs[input as usize].clone(),
            };
            arrivals.extend(times.into_iter().map(|t| (t + c.delay, c.weight)));
        }
        arrivals.sort_by(|a, b| a.0.total_cmp(&b.0));
        let (mut v, mut ex, mut in_, mut free, mut next) = (0.0, 0.0, 0.0, 0.0, 0);
        let mut times = Vec::new();
        for k in 0..(SMALL.duration / h) as usize {
            let t = k as f64 * h;
            while next < arrivals.len() && arrivals[next].0 <= t {
                *(if arrivals[next].1 > 0.0 { &mut ex } else { &mut in_ }) += arrivals[next].1;
                next += 1;
            }
            let slope = -v / neuron.tau_m + (ex + in_ + neuron.I_e) / neuron.C_m;
            if t >= free {
                v += h * slope;
            }
            (ex, in_) = (ex * (1.0 - h / neuron.tau_syn_ex), in_ * (1.0 - h / neuron.tau_syn_in));
            if v >= neuron.V_th - neuron.E_L {
                times.push(t);
                (v, free) = (neuron.V_reset - neuron.E_L, t + neuron.t_ref);
            }
        }
        let own = run.times(n as u32);
        assert_eq!(own.len(), times.len(), "neuron {n}");
        assert!(own.iter().zip(&times).all(|(a, b)| (a - b).abs() < 0.05), "{own:?} {times:?}");
        seen += own.len();
    }
    assert!(seen > 10, "{seen}");
}

#[test]
fn equal_time_constants_are_no_special_case() {
    let at = |tau: f64| {
        let neuron = IafPscExp { tau_m: 10.0, tau_syn_ex: tau, tau_syn_in: tau, ..IafPscExp::default() };
        let connection = |input, weight, delay| Connection { source: Source::Input(input), target: 0, weight, delay };
        let connections = vec![connection(0, 1200.0, 1.0), connection(1, -100.0, 1.0)];
        let net = EventNetwork::new(vec![neuron], vec![vec![1.0], vec![2.0]], connections).unwrap();
        let run = net.run(60.0).unwrap();
        let loss = Loss::new([Term::Time { neuron: 0, number: 0, factor: 1.0 }]);
        let gradient = run.gradient(&loss).unwrap();
        (gradient.loss, gradient.weights[0], gradient.delays[1])
    };
    let (same, near, other) = (at(10.0), at(10.0 + 1e-9), at(10.1));
    let close = |a: (f64, f64, f64), b: (f64, f64, f64)| {
        [(a.0, b.0), (a.1, b.1), (a.2, b.2)].iter().all(|(a, b)| (a / b - 1.0).abs() < 1e-7)
    };
    assert!(close(same, near) && !close(same, other), "{same:?} {near:?} {other:?}");
}

#[test]
fn what_cannot_be_is_refused() {
    let neuron = IafPscExp::default();
    let good = Connection { source: Source::Input(0), target: 0, weight: 1000.0, delay: 1.0 };
    let net = |connection| EventNetwork::new(vec![neuron], vec![vec![1.0]], vec![connection]);
    let says = |error: neuropil::Error, words: &str| {
        let text = error.to_string();
        assert!(text.contains(words), "{text}");
    };
    says(net(Connection { delay: 0.0, ..good }).unwrap_err(), "the delay above 0");
    says(net(Connection { weight: f64::NAN, ..good }).unwrap_err(), "must be finite");
    says(net(Connection { target: 1, ..good }).unwrap_err(), "does not exist");
    says(net(Connection { source: Source::Neuron(7), ..good }).unwrap_err(), "does not exist");
    says(EventNetwork::new(vec![neuron], vec![vec![-1.0]], vec![]).unwrap_err(), "0 ms or later");
    let bad = IafPscExp { tau_m: -1.0, ..neuron };
    says(EventNetwork::new(vec![bad], vec![], vec![]).unwrap_err(), "tau_m");
    let above = IafPscExp { V_reset: -40.0, ..neuron };
    says(EventNetwork::new(vec![above], vec![], vec![]).unwrap_err(), "V_reset");
    let run = net(good).unwrap().run(20.0).unwrap();
    says(run.gradient(&Loss::default()).unwrap_err(), "no term");
    says(run.gradient(&Loss::new([Term::Peak { neuron: 4, factor: 1.0 }])).unwrap_err(), "no neuron 4");
    says(run.gradient(&Loss::new([Term::Time { neuron: 0, number: 9, factor: 1.0 }])).unwrap_err(), "no spike 9");
    says(run.gradient(&Loss::new([Term::Peak { neuron: 0, factor: f64::NAN }])).unwrap_err(), "finite");
    says(net(good).unwrap().run(-1.0).unwrap_err(), "above 0");
    says(net(good).unwrap().with(&[1.0], &[0.0]).unwrap_err(), "above 0");
    says(net(good).unwrap().with(&[1.0, 2.0], &[1.0]).unwrap_err(), "2 weights");
}
