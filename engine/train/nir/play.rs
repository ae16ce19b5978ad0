//! A plain player of graphs in steps, in f64: the reference for others. It is slow and keeps everything.

use std::collections::BTreeMap;

use super::discretise::{Act, Cell, Discretised, Reset};
use super::options::{Current, Integration};
use crate::error::{Error, Result};

/// Values by the names of nodes, [step, unit] each, the last axis contiguous.
pub type Signals = BTreeMap<String, Vec<f64>>;

/// Plays `steps` steps of a graph with `inputs` by the names of its inputs. Gives the values of its outputs and of the
/// nodes in `watched`, step by step; nodes in nested graphs have names such as `recurrent.lif`.
///
/// Potentials start at `v_leak`, or at 0 where there is none, and currents at 0. A spike is 1. With
/// [`super::Timing::SameStep`] the output of step k depends on the inputs up to step k, as in torch; the engine takes a
/// step from neuron to neuron, see [`super::Exported`].
///
/// # Errors
/// An input that is missing, unknown or of another length than steps x units; a node that does not exist.
///
/// ```
/// use neuropil::train::nir::{Data, Graph, Integration, Kind, Node, Options, play};
///
/// let lif = [("tau", 0.01), ("r", 2.0), ("v_leak", 0.0), ("v_threshold", 0.5)];
/// let graph = Graph::chain([
///     ("in", Node::new(Kind::Input, [("shape", Data::whole_list(&[1]))])?),
///     ("lif", Node::new(Kind::Lif, lif.map(|(name, value)| (name, Data::list(&[value]))))?),
///     ("out", Node::new(Kind::Output, [("shape", Data::whole_list(&[1]))])?),
/// ])?;
/// let options = Options { dt: Some(0.005), integration: Some(Integration::Euler), ..Options::default() };
/// let inputs = [("in".to_owned(), vec![0.5, 0.5, 0.0])].into();
/// let played = play(&graph.discretise(options)?, 3, &inputs, &[])?;
/// assert_eq!(played["out"], [0.0, 1.0, 0.0]);
/// # Ok::<(), neuropil::Error>(())
/// ```
pub fn play(graph: &Discretised, steps: usize, inputs: &Signals, watched: &[&str]) -> Result<Signals> {
    check_inputs(graph, steps, inputs)?;
    let mut played = Signals::new();
    let mut kept = Vec::new();
    for (at, node) in graph.nodes.iter().enumerate() {
        if node.is_output || watched.contains(&node.name.as_str()) {
            kept.push((at, Vec::with_capacity(steps * node.size)));
        }
    }
    if let Some(name) = watched.iter().find(|name| !graph.nodes.iter().any(|node| node.name == **name)) {
        let known: Vec<&str> = graph.nodes.iter().map(|node| node.name.as_str()).collect();
        return Err(Error::unknown("node", name, "NIR graph", &known));
    }
    let mut player = Player::new(graph);
    for step in 0..steps {
        player.step(step, inputs);
        for (at, values) in &mut kept {
            values.extend(player.now.get(*at).map(Vec::as_slice).unwrap_or_default());
        }
    }
    for (at, values) in kept {
        if let Some(node) = graph.nodes.get(at) {
            played.insert(node.name.clone(), values);
        }
    }
    Ok(played)
}

/// Checks that all inputs are there with the right lengths, and no others.
fn check_inputs(graph: &Discretised, steps: usize, inputs: &Signals) -> Result<()> {
    let needed = graph.inputs();
    for (name, size) in &needed {
        let place = format!("input '{name}'");
        match inputs.get(*name).map(Vec::len) {
            Some(length) if Some(length) == steps.checked_mul(*size) => {}
            Some(length) => {
                let problem = format!("it has {length} values, and {steps} steps of {size} units are needed");
                return Err(Error::invalid(place, problem));
            }
            None => {
                return Err(Error::invalid(place, format!("nothing is given; give {steps} steps of {size} values")));
            }
        }
    }
    match inputs.keys().find(|given| !needed.iter().any(|(name, _)| name == given)) {
        Some(other) => {
            let known: Vec<&str> = needed.iter().map(|(name, _)| *name).collect();
            Err(Error::unknown("input", other, "NIR graph", &known))
        }
        None => Ok(()),
    }
}

/// All that changes from step to step.
struct Player<'a> {
    graph: &'a Discretised,
    /// The output of each node in this step.
    now: Vec<Vec<f64>>,
    /// The output of each node in the step before.
    before: Vec<Vec<f64>>,
    /// The potentials of the neurons of each node.
    potential: Vec<Vec<f64>>,
    /// The synaptic currents of the neurons of each node.
    current: Vec<Vec<f64>>,
    /// The inputs of each delay, step by step.
    past: Vec<Vec<Vec<f64>>>,
}

impl Player<'_> {
    /// The state before the first step.
    fn new(graph: &Discretised) -> Player<'_> {
        let zeros: Vec<Vec<f64>> = graph.nodes.iter().map(|node| vec![0.0; node.size]).collect();
        let starts = graph.nodes.iter().map(|node| match &node.act {
            Act::Neurons(cells, _) => cells.iter().map(|cell| cell.leak).collect(),
            _ => Vec::new(),
        });
        let past = vec![Vec::new(); graph.nodes.len()];
        Player { graph, potential: starts.collect(), now: zeros.clone(), before: zeros.clone(), current: zeros, past }
    }

    /// Plays step `step`, counted from 0.
    fn step(&mut self, step: usize, inputs: &Signals) {
        std::mem::swap(&mut self.now, &mut self.before);
        for &at in &self.graph.order {
            let Some(node) = self.graph.nodes.get(at) else { continue };
            let input = self.input_of(at);
            let mut output = vec![0.0; node.size];
            match &node.act {
                Act::Source => {
                    let given =
                        inputs.get(&node.name).and_then(|all| all.get(step * node.size..(step + 1) * node.size));
                    output.iter_mut().zip(given.unwrap_or_default()).for_each(|(value, given)| *value = *given);
                }
                Act::Pass => output.copy_from_slice(&input),
                Act::Map(map) => map.apply(&input, &mut output),
                Act::Threshold(thresholds) => {
                    let pairs = input.iter().zip(thresholds);
                    output
                        .iter_mut()
                        .zip(pairs)
                        .for_each(|(z, (v, threshold))| *z = f64::from(u8::from(v > threshold)));
                }
                Act::Delay(delays) => self.play_delay(at, step, &input, delays, &mut output),
                Act::Neurons(cells, reset) => self.play_neurons(at, cells, *reset, &input, &mut output),
            }
            if let Some(now) = self.now.get_mut(at) {
                *now = output;
            }
        }
        self.keep_delay_inputs();
    }

    /// The input of a node: the sum over its edges.
    fn input_of(&self, at: usize) -> Vec<f64> {
        let edges = self.graph.edges.iter().filter(|edge| edge.to == at);
        let arriving = edges.filter_map(|edge| if edge.late { &self.before } else { &self.now }.get(edge.from));
        let mut sum: Vec<f64> = Vec::new();
        for values in arriving {
            match sum.is_empty() {
                true => sum.clone_from(values),
                false => sum.iter_mut().zip(values).for_each(|(sum, value)| *sum += value),
            }
        }
        if sum.is_empty() {
            let size = self.graph.nodes.get(at).map_or(0, |node| node.size);
            sum = vec![0.0; size];
        }
        sum
    }

    /// Sets the output of a delay: the input `delays` steps ago, unit by unit.
    fn play_delay(&mut self, at: usize, step: usize, input: &[f64], delays: &[u32], output: &mut [f64]) {
        for (unit, (value, delay)) in output.iter_mut().zip(delays).enumerate() {
            let then = step.checked_sub(*delay as usize).filter(|_| *delay > 0);
            let past = then.and_then(|then| self.past.get(at)?.get(then)?.get(unit));
            *value = if *delay == 0 { input.get(unit) } else { past }.copied().unwrap_or(0.0);
        }
    }

    /// Keeps the inputs of delays, once all nodes have acted.
    fn keep_delay_inputs(&mut self) {
        for (at, node) in self.graph.nodes.iter().enumerate() {
            if matches!(node.act, Act::Delay(_)) {
                let input = self.input_of(at);
                if let Some(past) = self.past.get_mut(at) {
                    past.push(input);
                }
            }
        }
    }

    /// Steps the neurons of a node, and sets its output: spikes or potentials.
    fn play_neurons(&mut self, at: usize, cells: &[Cell], reset: Reset, input: &[f64], output: &mut [f64]) {
        let (Some(potentials), Some(currents)) = (self.potential.get_mut(at), self.current.get_mut(at)) else { return };
        let spikes = self.graph.nodes.get(at).is_some_and(|node| node.kind.spikes());
        let units = cells.iter().zip(input).zip(potentials.iter_mut().zip(currents.iter_mut()));
        for (((cell, input), (v, i)), out) in units.zip(output) {
            (*v, *i) = advance(self.graph, cell, *input, *v, *i);
            *out = match spikes {
                false => *v,
                true if *v > cell.threshold => {
                    *v = match reset {
                        Reset::ToValue => cell.reset,
                        Reset::Subtract => *v - cell.threshold + cell.reset,
                    };
                    1.0
                }
                true => 0.0,
            };
        }
    }
}

/// The potential and the synaptic current of a cell after a step, from those before.
fn advance(graph: &Discretised, cell: &Cell, input: f64, v: f64, i: f64) -> (f64, f64) {
    let Some(synapse) = cell.synapse else {
        return match cell.tau {
            Some(_) => (v + cell.k * ((cell.leak - v) + cell.r * input), 0.0),
            None => (v + cell.k * cell.r * input, 0.0),
        };
    };
    let steady = synapse.weight * input;
    let next = i + synapse.k * (-i + steady);
    let driven = match (graph.integration, graph.current) {
        (Integration::Exact, _) => {
            let drive = (i - steady) * synapse.exact + steady * cell.k;
            return (v + cell.k * (cell.leak - v) + cell.r * drive, next);
        }
        (Integration::Euler, Current::First) => next,
        (Integration::Euler, Current::Last) => i,
    };
    (v + cell.k * ((cell.leak - v) + cell.r * driven), next)
}
