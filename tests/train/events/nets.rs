//! Random networks, the same for the referee and for the engine.

use neuropil::models::IafPscExp;
use neuropil::random::Draws;
use neuropil::train::events::{Connection, EventNetwork, Source};

/// A random network: neurons of their own kinds, given trains, connections with delays of their own.
pub struct Net {
    pub neurons: Vec<IafPscExp>,
    pub inputs: Vec<Vec<f64>>,
    pub connections: Vec<Connection>,
}

/// What random networks are like.
#[derive(Clone, Copy, Debug)]
pub struct Kind {
    pub neurons: u32,
    pub inputs: u32,
    pub duration: f64,
    pub t_ref: f64,
    /// Chance of each pair of neurons.
    pub recurrent: f64,
    /// Largest weight between neurons, pA.
    pub strength: f64,
    /// Spikes of each input.
    pub spikes: u32,
    /// Largest I_e, pA.
    pub drive: f64,
    /// Neurons that never fire, the last ones.
    pub readouts: u32,
}

pub const SMALL: Kind = Kind {
    neurons: 5,
    inputs: 6,
    duration: 60.0,
    t_ref: 2.0,
    recurrent: 0.5,
    strength: 500.0,
    spikes: 5,
    drive: 200.0,
    readouts: 0,
};

pub struct Random(Draws);

impl Random {
    pub fn new(seed: u64) -> Random {
        Random(Draws::new(seed, 77, 0))
    }
    pub fn uniform(&mut self, low: f64, high: f64) -> f64 {
        low + (high - low) * f64::from(self.0.word()) / 4_294_967_296.0
    }
}

impl Net {
    /// Delays and input times on a grid of `grid` ms, 0 for none; all else of any value.
    pub fn random(seed: u64, kind: Kind, grid: f64) -> Net {
        let mut random = Random::new(seed);
        let on = |time: f64| if grid > 0.0 { (time / grid).round().max(1.0) * grid } else { time };
        let neurons = (0..kind.neurons).map(|i| IafPscExp {
            V_th: if i + kind.readouts < kind.neurons { -55.0 } else { 900.0 },
            tau_m: random.uniform(8.0, 20.0),
            tau_syn_ex: random.uniform(1.0, 6.0),
            tau_syn_in: random.uniform(2.0, 8.0),
            t_ref: kind.t_ref,
            V_reset: random.uniform(-72.0, -65.0),
            I_e: random.uniform(0.0, kind.drive),
            ..IafPscExp::default()
        });
        let neurons: Vec<IafPscExp> = neurons.collect();
        let train = |random: &mut Random| {
            let spike = |random: &mut Random| on(random.uniform(2.0, kind.duration - 5.0)).max(2.0 * grid);
            let mut times: Vec<f64> = (0..kind.spikes).map(|_| spike(random)).collect();
            times.sort_by(f64::total_cmp);
            times
        };
        let inputs: Vec<Vec<f64>> = (0..kind.inputs).map(|_| train(&mut random)).collect();
        let mut connections = Vec::new();
        for target in 0..kind.neurons {
            for input in 0..kind.inputs {
                let (weight, delay) = (random.uniform(200.0, 900.0), on(random.uniform(0.5, 6.0)));
                connections.push(Connection { source: Source::Input(input), target, weight, delay });
            }
            for source in 0..kind.neurons {
                let (weight, delay) = (random.uniform(-kind.strength, kind.strength), on(random.uniform(0.5, 6.0)));
                if random.uniform(0.0, 1.0) < kind.recurrent {
                    connections.push(Connection { source: Source::Neuron(source), target, weight, delay });
                }
            }
        }
        Net { neurons, inputs, connections }
    }

    pub fn referee(&self) -> EventNetwork {
        EventNetwork::new(self.neurons.clone(), self.inputs.clone(), self.connections.clone()).unwrap()
    }
}
