//! e-prop against its definition, and against back-propagation through time where both are the same.

use neuropil::equations::derivative::Surrogate;
use neuropil::equations::{Function, Graph, Op};
use neuropil::network::Explicit;
use neuropil::number::Number;
use neuropil::prelude::*;
use neuropil::train::events::Eprop;

use super::nets::Random;

const DT: f64 = 0.5;
const STEPS: usize = 160;
const INPUTS: u32 = 6;
const NEURONS: u32 = 5;
const SURROGATE: Surrogate = Surrogate::Triangle(0.15);

/// A network with its synapses and its run, by numbers of neurons from 0.
struct Case {
    net: Network,
    sim: Simulation,
    neuron: IafPscExp,
    /// Source (inputs first), target, weight, delay in steps.
    synapses: Vec<(u32, u32, f64, usize)>,
}

impl Case {
    fn new(seed: u64, recurrent: bool, precision: Precision) -> Case {
        let mut random = Random::new(seed);
        let neuron = IafPscExp { t_ref: if seed.is_multiple_of(2) { 2.0 } else { 0.0 }, I_e: 150.0, ..default() };
        let mut net = Network::new(DT.ms());
        let inputs = net.add("inputs", INPUTS, ParrotNeuron::default()).unwrap();
        let neurons = net.add("neurons", NEURONS, neuron).unwrap();
        let mut listed = Vec::new();
        for i in 0..INPUTS {
            listed.extend((0..10).map(|_| (i, (random.uniform(2.0, 150.0)).round() * DT)));
        }
        listed.sort_by(|a, b| a.1.total_cmp(&b.1));
        net.stimulate(&inputs, SpikeGenerator::listed(listed), Static::new(1.0, DT)).unwrap();
        let mut synapses = Vec::new();
        for (from, first, count) in [(&inputs, 0, INPUTS), (&neurons, INPUTS, if recurrent { NEURONS } else { 0 })] {
            let mut own = Vec::new();
            for source in 0..count {
                for target in 0..NEURONS {
                    let low = if first == 0 { 300.0 } else { -600.0 };
                    let delay = random.uniform(1.0, 12.0) as usize;
                    own.push((first + source, target, random.uniform(low, 900.0).round(), delay));
                }
            }
            if own.is_empty() {
                continue;
            }
            let pairs = Explicit {
                sources: own.iter().map(|s| s.0 - first).collect(),
                targets: own.iter().map(|s| s.1).collect(),
            };
            let weights = Value::Each(own.iter().map(|s| s.2).collect());
            let delays = Value::Each(own.iter().map(|s| s.3 as f64 * DT).collect());
            net.connect(from, &neurons, pairs, Static::new(weights, delays)).unwrap();
            synapses.extend(own);
        }
        net.record(inputs.and(&neurons), Spikes).unwrap();
        let mut sim = net.build(Device::cpu().precision(precision), Seed(1)).unwrap();
        sim.run((STEPS as f64 * DT).ms()).unwrap();
        Case { net, sim, neuron, synapses }
    }

    /// How often a source fires in each step, from step 0 on.
    fn train(&self, source: u32) -> Vec<f64> {
        let mut train = vec![0.0; STEPS + 1];
        for spike in self.sim.all_spikes().iter().filter(|spike| spike.id == source) {
            train[spike.step as usize] += 1.0;
        }
        train
    }

    /// Potential before the reset at the end of each step, and whether it moved: from weights and spikes alone.
    fn course(&self, target: u32) -> (Vec<f64>, Vec<bool>) {
        let d = Rates::new(&self.neuron);
        let fires = self.train(INPUTS + target);
        let (mut v, mut current, mut held) = (0.0, [0.0; 2], 0usize);
        let (mut potentials, mut moved) = (vec![0.0], vec![false]);
        #[allow(clippy::needless_range_loop)]
        for k in 1..=STEPS {
            let moves = held == 0;
            if moves {
                v = d.p22 * v + d.p21[0] * current[0] + d.p21[1] * current[1] + d.p20 * self.neuron.I_e;
            }
            held = held.saturating_sub(1);
            potentials.push(v);
            moved.push(moves);
            if fires[k] > 0.0 {
                v = self.neuron.V_reset - self.neuron.E_L;
                held = (self.neuron.t_ref / DT) as usize;
            }
            current = [current[0] * d.p11[0], current[1] * d.p11[1]];
            for &(source, own, weight, delay) in self.synapses.iter().filter(|s| s.1 == target) {
                assert_eq!(own, target);
                let count = if k > delay { self.train(source)[k - delay] } else { 0.0 };
                current[usize::from(weight <= 0.0)] += weight * count;
            }
        }
        (potentials, moved)
    }

    /// e-prop by its definition, dense: for each synapse, the derivative of the state of its target by its weight, step by
    /// step; `reset` tells whether a spike forgets the potential.
    fn defined(&self, kept: f64, reset: bool) -> Vec<f64> {
        let d = Rates::new(&self.neuron);
        let courses: Vec<_> = (0..NEURONS).map(|target| self.course(target)).collect();
        let by = |&(source, target, weight, delay): &(u32, u32, f64, usize)| {
            let (potentials, moved) = &courses[target as usize];
            let (train, fires) = (self.train(source), self.train(INPUTS + target));
            let channel = usize::from(weight <= 0.0);
            let (mut dv, mut di, mut filtered, mut sum) = (0.0, 0.0, 0.0, 0.0);
            for k in 1..=STEPS {
                if reset && (!moved[k] || fires[k - 1] > 0.0) {
                    dv = 0.0;
                }
                dv = if moved[k] || !reset { d.p22 * dv + d.p21[channel] * di } else { 0.0 };
                di = d.p11[channel] * di + if k > delay { train[k - delay] } else { 0.0 };
                let margin = potentials[k] - (self.neuron.V_th - self.neuron.E_L);
                let slope = if moved[k] { triangle(margin) } else { 0.0 };
                filtered = kept * filtered + slope * dv;
                sum += signal(k, target) * filtered;
            }
            sum
        };
        self.synapses.iter().map(by).collect()
    }

    /// Back-propagation through time with the same surrogate, the reset detached; `through` tells whether spikes reach
    /// other neurons.
    fn backpropagated(&self, kept: f64, through: bool) -> Vec<f64> {
        let d = Rates::new(&self.neuron);
        let n = NEURONS as usize;
        let courses: Vec<_> = (0..NEURONS).map(|target| self.course(target)).collect();
        let fires: Vec<_> = (0..NEURONS).map(|target| self.train(INPUTS + target)).collect();
        // dL/dI after input at each step, per channel; a spike of step k reaches it at k + delay.
        let mut di = vec![vec![[0.0; 2]; n]; STEPS + 2];
        let mut dv_next = vec![0.0; n];
        let mut readout = vec![0.0; n];
        for k in (1..=STEPS).rev() {
            for j in 0..n {
                let (potentials, moved) = &courses[j];
                readout[j] = kept * readout[j] + signal(k, j as u32);
                let mut dz = readout[j];
                if through {
                    for &(_, target, weight, delay) in self.synapses.iter().filter(|s| s.0 == INPUTS + j as u32) {
                        if k + delay <= STEPS {
                            dz += weight * di[k + delay][target as usize][usize::from(weight <= 0.0)];
                        }
                    }
                }
                let margin = potentials[k] - (self.neuron.V_th - self.neuron.E_L);
                let slope = if moved[k] { triangle(margin) } else { 0.0 };
                // V is passed on unless it was reset.
                let passed = if fires[j][k] > 0.0 { 0.0 } else { dv_next[j] };
                let dv = dz * slope + passed;
                let at_start = if moved[k] { [d.p21[0] * dv, d.p21[1] * dv] } else { [0.0; 2] };
                for c in 0..2 {
                    di[k - 1][j][c] = d.p11[c] * di[k][j][c] + at_start[c];
                }
                dv_next[j] = if moved[k] { d.p22 * dv } else { dv };
            }
        }
        let by = |&(source, target, weight, delay): &(u32, u32, f64, usize)| {
            let train = self.train(source);
            let arrives = |k: usize| if k > delay { train[k - delay] } else { 0.0 };
            (1..=STEPS).map(|k| arrives(k) * di[k][target as usize][usize::from(weight <= 0.0)]).sum()
        };
        self.synapses.iter().map(by).collect()
    }

    fn eprop<R: Number>(&self, tau_out: Option<f64>) -> Vec<f64> {
        let mut eprop = Eprop::<R>::new(&self.net, Seed(1), SURROGATE).unwrap();
        if let Some(tau) = tau_out {
            eprop = eprop.with_readout(tau).unwrap();
        }
        let learn = |step: neuropil::train::events::EpropStep<'_, R>, signals: &mut [R]| {
            for target in 0..NEURONS {
                signals[(INPUTS + target) as usize] = R::of(signal(step.step as usize, target));
            }
        };
        let weights = eprop.gradient(self.sim.all_spikes(), self.sim.steps(), learn).unwrap();
        let projections = eprop.by_projection(&weights).unwrap();
        projections.iter().flat_map(|own| own.weights.iter().map(|w| w.value())).collect()
    }
}

struct Rates {
    p22: f64,
    p21: [f64; 2],
    p20: f64,
    p11: [f64; 2],
}

impl Rates {
    fn new(neuron: &IafPscExp) -> Rates {
        let IafPscExp { tau_m, C_m, tau_syn_ex, tau_syn_in, .. } = *neuron;
        let decay = |tau: f64| (-DT / tau).exp();
        let p21 = |tau: f64| tau * tau_m / (C_m * (tau_m - tau)) * (decay(tau_m) - decay(tau));
        Rates {
            p22: decay(tau_m),
            p21: [p21(tau_syn_ex), p21(tau_syn_in)],
            p20: tau_m / C_m * (1.0 - decay(tau_m)),
            p11: [decay(tau_syn_ex), decay(tau_syn_in)],
        }
    }
}

fn triangle(margin: f64) -> f64 {
    let scale = 0.15;
    scale * (1.0 - scale * margin.abs()).max(0.0)
}

/// Some learning signal.
fn signal(step: usize, target: u32) -> f64 {
    (0.3 * step as f64 + 1.7 * f64::from(target)).sin()
}

fn apart(a: &[f64], b: &[f64]) -> f64 {
    let largest = a.iter().fold(0.0f64, |m, x| m.max(x.abs()));
    assert!(a.len() == b.len() && largest > 0.0);
    a.iter().zip(b).fold(0.0f64, |m, (x, y)| m.max((x - y).abs())) / largest
}

#[test]
fn it_is_what_is_defined() {
    for seed in 0..6 {
        let case = Case::new(seed, true, Precision::F64);
        assert!(case.sim.all_spikes().iter().filter(|spike| spike.id >= INPUTS).count() > 5);
        for tau in [None, Some(20.0)] {
            let kept = tau.map_or(0.0, |tau: f64| (-DT / tau).exp());
            let own = case.eprop::<f64>(tau);
            let defined = apart(&case.defined(kept, true), &own);
            assert!(defined < 1e-10, "seed {seed}, readout {tau:?}: {defined:.1e}");
            assert!(apart(&case.defined(kept, false), &own) > 1e-3, "a spike that forgets nothing is not seen");
        }
    }
}

#[test]
fn without_recurrence_it_is_the_gradient() {
    for seed in 0..4 {
        let case = Case::new(seed, false, Precision::F64);
        for tau in [None, Some(20.0)] {
            let kept = tau.map_or(0.0, |tau: f64| (-DT / tau).exp());
            let own = case.eprop::<f64>(tau);
            let through_time = apart(&case.backpropagated(kept, true), &own);
            assert!(through_time < 1e-10, "seed {seed}, readout {tau:?}: {through_time:.1e}");
        }
        let recurrent = Case::new(seed, true, Precision::F64);
        let own = recurrent.eprop::<f64>(None);
        let local = apart(&recurrent.backpropagated(0.0, false), &own);
        assert!(local < 1e-10, "seed {seed}: {local:.1e}");
        let whole = apart(&recurrent.backpropagated(0.0, true), &own);
        assert!(whole > 1e-3, "recurrence is not seen: {whole:.1e}");
    }
}

#[test]
fn in_f32_it_is_nearly_the_same() {
    let case = Case::new(2, true, Precision::F32);
    let apart = apart(&case.defined(0.0, true), &case.eprop::<f32>(None));
    assert!(apart < 1e-4 && apart > 0.0, "{apart:.1e}");
}

/// What stands for the derivative is what the equations have.
#[test]
fn surrogates_are_those_of_the_equations() {
    let case = Case::new(1, false, Precision::F64);
    for surrogate in
        [Surrogate::Atan(0.3), Surrogate::FastSigmoid(0.3), Surrogate::Triangle(0.3), Surrogate::Rectangular(0.3)]
    {
        let eprop = Eprop::<f64>::new(&case.net, Seed(1), surrogate).unwrap();
        let mut graph = Graph::default();
        let margin = graph.push(Op::Input(0));
        let value = surrogate.value(&mut graph, margin);
        let function = Function { inputs: vec!["m".into()], graph, outputs: vec![("slope".into(), value)] };
        for m in [-7.0, -1.6, -0.5, 0.0, 0.4, 2.0] {
            let known: f64 = neuropil::equations::evaluate(&function, &[m])[0];
            assert!((eprop.derivative(m) - known).abs() < 1e-15, "{surrogate:?} at {m}");
        }
    }
}

#[test]
fn what_cannot_be_is_refused() {
    let case = Case::new(1, false, Precision::F64);
    let eprop = Eprop::<f64>::new(&case.net, Seed(1), SURROGATE).unwrap();
    let nan = eprop.gradient(case.sim.all_spikes(), STEPS as u64, |_, signal| signal[7] = f64::NAN);
    assert!(nan.unwrap_err().to_string().contains("neuron 7 in step 1"));
    let early = eprop.gradient(case.sim.all_spikes(), 1, |_, _| {});
    assert!(early.unwrap_err().to_string().contains("there are 11 neurons and 1 steps"));
    let weights = eprop.gradient(case.sim.all_spikes(), STEPS as u64, |_, _| {}).unwrap();
    assert!(eprop.by_projection(&weights[1..]).is_err());
    let eprop = Eprop::<f64>::new(&case.net, Seed(1), SURROGATE).unwrap();
    assert!(eprop.with_readout(0.0).unwrap_err().to_string().contains("tau_out"));
}
