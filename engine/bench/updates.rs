//! Times the update of neurons alone for each model, beside the least time that the machine allows.

use std::sync::Arc;
use std::time::Instant;

use serde::{Deserialize, Serialize};

use crate::device::{Device, Precision};
use crate::equations::words::Counts;
use crate::equations::{Function, Graph, Interpret, Op, Program};
use crate::error::Result;
use crate::network::{AllToAll, Network, Population, Static};
use crate::plan::PlanOptions;
use crate::seed::Seed;
use crate::simulation::Simulation;
use crate::tile::Model;
use crate::time::{Time, TimeUnits};

/// Number of neurons that are updated together.
const NEURONS: u32 = 10_000;
/// Number of steps between exchanges of spikes.
const EPOCH: f64 = 10.0;
/// Length of a step, ms.
const STEP: f64 = 0.1;
/// Least wall time of a run that is timed, s.
const MIN_WALL_S: f64 = 0.02;
/// Number of runs, of which the fastest counts.
const RUNS: u32 = 5;

/// What limits updates on this machine: the speed of a copy and of exponentials on one thread.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Throughput {
    /// Bytes that a plain copy on one thread reads and writes per second; `None` where there is too little memory for
    /// it.
    pub copy_bytes_per_second: Option<f64>,
    /// Time of an exponential among many, ns, in `f32` and in `f64`.
    pub exponential_ns: [f64; 2],
}

impl Throughput {
    /// Measures the throughput of one thread.
    pub fn measure() -> Throughput {
        Throughput {
            copy_bytes_per_second: super::machine::copy_bandwidth(1),
            exponential_ns: [exponential_ns::<f32>(), exponential_ns::<f64>()],
        }
    }
}

/// The time of an exponential, ns: the least of many passes over numbers in the first-level cache.
fn exponential_ns<R: Interpret>() -> f64 {
    let mut graph = Graph::default();
    let input = graph.push(Op::Input(0));
    let output = graph.push(Op::Exp(input));
    let function = Function { inputs: vec![String::new()], graph, outputs: vec![(String::new(), output)] };
    let program = Program::new(&function, &[]);
    let count = Program::tile::<R>();
    let from: Vec<R> = (0..count).map(|k| R::of(-(k as f64) / count as f64)).collect();
    let (mut to, mut workspace) = (vec![R::default(); count], program.workspace(count));
    let passes = (0..2000).map(|_| {
        let started = Instant::now();
        let mut table = workspace.table(count);
        table.read(&from);
        table.write(&mut to);
        program.run(&mut table);
        std::hint::black_box(&mut to);
        started.elapsed().as_secs_f64()
    });
    passes.fold(f64::INFINITY, f64::min) * 1e9 / count as f64
}

/// The time of an update of a neuron on one thread, and what limits it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Update {
    /// The model's name.
    pub model: String,
    /// `f32` or `f64`.
    pub precision: String,
    /// The measured time, ns.
    pub ns: f64,
    /// Number of exponentials and logarithms.
    pub exponentials: u64,
    /// Number of all operations.
    pub operations: u64,
    /// Bytes of the neuron's state.
    pub state_bytes: u64,
    /// The least time to read and write the state once in an epoch of 10 steps, ns for each step; `None` where the
    /// speed of a copy is unknown.
    pub memory_ns: Option<f64>,
    /// The least time for exponentials and logarithms, ns.
    pub exponential_ns: f64,
}

impl Update {
    /// Measures 10,000 neurons without input in steps of 0.1 ms; neurons at rest are updated, too.
    ///
    /// # Errors
    /// A model whose neurons cannot run without others.
    pub fn measure(model: &Arc<dyn Model>, precision: Precision, machine: &Throughput) -> Result<Update> {
        let declared = model.declaration();
        let counts = Counts::of(&model.equations().step);
        let exponentials = counts.exponentials + counts.logarithms;
        let (size, each) = match precision {
            Precision::F32 => (4, machine.exponential_ns[0]),
            Precision::F64 => (8, machine.exponential_ns[1]),
        };
        let state_bytes = size * declared.state.len() as u64;
        let moved = 2.0 * state_bytes as f64 / EPOCH;
        Ok(Update {
            model: declared.name.to_owned(),
            precision: precision.name().to_owned(),
            ns: update_ns(model, precision)?,
            exponentials,
            operations: counts.total(),
            state_bytes,
            memory_ns: machine.copy_bytes_per_second.map(|copy| moved / copy * 1e9),
            exponential_ns: exponentials as f64 * each,
        })
    }

    /// The least time that the machine allows, ns: the larger one of memory and exponentials.
    pub fn floor_ns(&self) -> f64 {
        self.memory_ns.unwrap_or(0.0).max(self.exponential_ns)
    }

    /// The measured time as a multiple of the least time.
    pub fn over_floor(&self) -> f64 {
        self.ns / self.floor_ns()
    }
}

/// The time of an update of a neuron on one thread, ns.
fn update_ns(model: &Arc<dyn Model>, precision: Precision) -> Result<f64> {
    let mut network = Network::new(STEP.ms());
    let neurons = network.add_population(Population::new("neurons", NEURONS, Arc::clone(model))?)?;
    // A synapse of weight 0, whose delay makes epochs of 10 steps.
    if let Some(channel) = model.declaration().channels.first() {
        let synapse = Static::new(0.0, EPOCH * STEP);
        // Models whose receptors have numbers need the receptor's name.
        let synapse = if model.declaration().numbers_receptors() { synapse.at_receptor(channel.name) } else { synapse };
        network.connect(neurons.slice(0..1), neurons.slice(0..1), AllToAll, synapse)?;
    }
    let options = PlanOptions { skip_idle: false, ..PlanOptions::default() };
    let device = Device::cpu().threads(1).precision(precision);
    let mut simulation = Simulation::new(network, device, Seed(1), &options)?;
    let mut run = |time: Time| -> Result<f64> {
        let started = Instant::now();
        simulation.run(time)?;
        Ok(started.elapsed().as_secs_f64())
    };
    let mut length = EPOCH * STEP;
    run(length.ms())?;
    while run(length.ms())? < MIN_WALL_S {
        length *= 2.0;
    }
    let mut least = f64::INFINITY;
    for _ in 0..RUNS {
        least = least.min(run(length.ms())?);
    }
    Ok(least * 1e9 / (f64::from(NEURONS) * (length / STEP).round()))
}
