//! Discretisation: from the differential equations of a graph to steps.
//!
//! NIR's equations have no step: whoever runs them chooses one. What enters a neuron is taken to stay over a step, and
//! a spike is the value 1 for a step. For each rate 1/τ, `k` is the fraction of the way to its steady state that a
//! variable moves in a step: dt/τ by Euler, 1 - exp(-dt/τ) exactly. So Euler with τ is exact with τ' = -dt / ln(1 -
//! dt/τ), and with the same r.

use super::flat::{Flat, FlatNode, flatten};
use super::graph::{Graph, Node};
use super::map::Map;
use super::options::{Chosen, Current, Integration, Options, Timing};
use super::order::{Edge, Trait, order};
use super::shape::{Flow, shapes};
use super::{Data, Entry, Kind};
use crate::error::{Error, Result};
use crate::models::propagators;

/// How the potential of a neuron is reset when it spikes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reset {
    /// v = v_reset, as NIR defines it.
    ToValue,
    /// v = v - v_threshold + v_reset, which only metadata can say.
    Subtract,
}

/// A neuron in steps: a step moves `v` by the fraction `k` towards `leak + r * i`; without a leak, it adds `k * r * i`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Cell {
    /// The fraction of the way to the steady state; dt where there is no leak.
    pub k: f64,
    /// The time constant in s; [`None`] where there is no leak.
    pub tau: Option<f64>,
    /// r.
    pub r: f64,
    /// v_leak.
    pub leak: f64,
    /// v_threshold.
    pub threshold: f64,
    /// v_reset.
    pub reset: f64,
    /// The synaptic current, of CubaLI and CubaLIF.
    pub synapse: Option<Synapse>,
}

/// The synaptic current of a neuron in steps: a step moves it by the fraction `k` towards `weight` times the input.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Synapse {
    /// The fraction of the way to the steady state.
    pub k: f64,
    /// tau_syn, s.
    pub tau: f64,
    /// w_in.
    pub weight: f64,
    /// What the current at a step's start adds to the potential by its end, for r = 1, where steps are exact.
    pub exact: f64,
}

/// What a node does in a step.
#[derive(Debug, Clone)]
pub(super) enum Act {
    /// Gives an input of the graph.
    Source,
    /// Passes its input on.
    Pass,
    /// Applies a linear map.
    Map(Map),
    /// Delays each unit by some steps.
    Delay(Vec<u32>),
    /// Gives 1 for each unit above its threshold.
    Threshold(Vec<f64>),
    /// Steps neurons.
    Neurons(Vec<Cell>, Reset),
}

/// A node in steps.
#[derive(Debug, Clone)]
pub(super) struct Stepped {
    pub name: String,
    pub kind: Kind,
    pub act: Act,
    /// The number of values that it gives.
    pub size: usize,
    /// Whether it is an output of the graph.
    pub is_output: bool,
}

/// A graph in steps, with the choices made for it: see [`Options`].
#[derive(Debug, Clone)]
pub struct Discretised {
    pub(super) dt: f64,
    pub(super) integration: Integration,
    pub(super) current: Current,
    pub(super) timing: Timing,
    pub(super) nodes: Vec<Stepped>,
    pub(super) edges: Vec<Edge>,
    /// The order in which nodes act within a step.
    pub(super) order: Vec<usize>,
    warnings: Vec<String>,
}

impl Graph {
    /// The graph in steps, by options and by what its metadata say.
    ///
    /// # Errors
    /// No dt or no integration, neither in the options nor in the metadata; shapes that do not fit; a time constant
    /// that Euler cannot follow in steps of dt; a circle without a neuron.
    pub fn discretise(&self, options: Options) -> Result<Discretised> {
        let mut warnings = Vec::new();
        let chosen = Chosen::new(self, options, &mut warnings)?;
        let wrong = |problem: String| Error::invalid("NIR graph", problem);
        let flat = flatten(self).map_err(wrong)?;
        let (flows, reshaped) = shapes(&flat).map_err(wrong)?;
        warnings.extend(reshaped);
        let mut nodes = Vec::with_capacity(flat.nodes.len());
        for (node, flow) in flat.nodes.iter().zip(&flows) {
            let place = || format!("node '{}' ({})", node.name, node.node.kind.name());
            nodes.push(
                chosen.discretise(node, flow, &mut warnings).map_err(|problem| Error::invalid(place(), problem))?,
            );
        }
        let (edges, order) = order(&flat, &traits(&nodes), chosen.timing).map_err(wrong)?;
        check_ends(&flat, &nodes).map_err(wrong)?;
        let Chosen { dt, integration, current, timing } = chosen;
        if current.is_none() && integration == Integration::Euler && nodes.iter().any(|node| is_cuba(node.kind)) {
            let taken = "the file does not tell whether a CubaLIF's current or potential is stepped first by Euler";
            warnings.push(format!("{taken}; the current is, as in snnTorch (norse: the potential)"));
        }
        Ok(Discretised { dt, integration, current: current.unwrap_or_default(), timing, nodes, edges, order, warnings })
    }
}

/// Whether neurons of this kind have a synaptic current.
fn is_cuba(kind: Kind) -> bool {
    matches!(kind, Kind::CubaLif | Kind::CubaLi)
}

/// What the order of nodes depends on, for each node.
fn traits(nodes: &[Stepped]) -> Vec<Trait> {
    let own = |node: &Stepped| Trait {
        sends: matches!(node.act, Act::Source | Act::Neurons(..) | Act::Threshold(_)),
        waits: matches!(&node.act, Act::Delay(steps) if steps.iter().all(|steps| *steps > 0)),
        source: matches!(node.act, Act::Source),
    };
    nodes.iter().map(own).collect()
}

/// Checks that no edge leads to an input of the graph, and one or more to each output.
fn check_ends(flat: &Flat, nodes: &[Stepped]) -> Result<(), String> {
    for (at, node) in nodes.iter().enumerate() {
        let led_to = flat.edges.iter().any(|(_, to)| *to == at);
        if matches!(node.act, Act::Source) && led_to {
            return Err(format!("an edge leads to '{}', an input of the graph; take it away", node.name));
        }
        if node.is_output && !led_to {
            return Err(format!("no edge leads to '{}', an output of the graph; add one", node.name));
        }
    }
    Ok(())
}

impl Chosen {
    /// The node `flat` in steps, with the shapes `flow`.
    fn discretise(&self, flat: &FlatNode, flow: &Flow, warnings: &mut Vec<String>) -> Result<Stepped, String> {
        let (node, size) = (&flat.node, flow.output.iter().product());
        let act = match node.kind {
            Kind::Input if flat.outermost => Act::Source,
            Kind::Delay => Act::Delay(self.delay_steps(flat, size, warnings)?),
            Kind::Threshold => Act::Threshold(values_of(node, "threshold", size, 0.0)),
            kind if kind.is_neuron() => Act::Neurons(self.cells(node, size)?, reset_of(flat)?),
            _ => Map::of_node(node, flow)?.map_or(Act::Pass, Act::Map),
        };
        let is_output = node.kind == Kind::Output && flat.outermost;
        Ok(Stepped { name: flat.name.clone(), kind: node.kind, act, size, is_output })
    }

    /// The delays of a node in steps, rounded to the nearest.
    fn delay_steps(&self, flat: &FlatNode, size: usize, warnings: &mut Vec<String>) -> Result<Vec<u32>, String> {
        let mut rounded = 0;
        let mut steps = Vec::with_capacity(size);
        for delay in values_of(&flat.node, "delay", size, 0.0) {
            let exact = delay / self.dt;
            let nearest = exact.round();
            if nearest > f64::from(1u32 << 30) {
                return Err(format!("a delay of {delay} s is longer than 2^30 steps of {} s; is its unit s?", self.dt));
            }
            rounded += usize::from((exact - nearest).abs() > 1e-6 * nearest.max(1.0));
            steps.push(nearest as u32);
        }
        if rounded > 0 {
            let all = steps.len();
            warnings.push(format!(
                "node '{}': {rounded} of {all} delays are no whole number of steps and are rounded",
                flat.name
            ));
        }
        Ok(steps)
    }

    /// The neurons of a node.
    fn cells(&self, node: &Node, size: usize) -> Result<Vec<Cell>, String> {
        let of = |name: &str, otherwise: f64| values_of(node, name, size, otherwise);
        let tau = if is_cuba(node.kind) { of("tau_mem", 0.0) } else { of("tau", 0.0) };
        let (r, leak, threshold) = (of("r", 1.0), of("v_leak", 0.0), of("v_threshold", f64::INFINITY));
        let (reset, tau_syn, w_in) = (of("v_reset", 0.0), of("tau_syn", 0.0), of("w_in", 1.0));
        let has_leak = !matches!(node.kind, Kind::If | Kind::I);
        let mut cells = Vec::with_capacity(size);
        for at in 0..size {
            let value = |list: &[f64]| list.get(at).copied().unwrap_or(0.0);
            let name = if is_cuba(node.kind) { "tau_mem" } else { "tau" };
            let (k, tau) = match has_leak {
                true => (self.fraction(name, value(&tau))?, Some(value(&tau))),
                false => (self.dt, None),
            };
            let synapse = match tau.filter(|_| is_cuba(node.kind)) {
                Some(tau) => Some(self.synapse(value(&tau_syn), value(&w_in), tau)?),
                None => None,
            };
            let (r, leak, threshold, reset) = (value(&r), value(&leak), value(&threshold), value(&reset));
            cells.push(Cell { k, tau, r, leak, threshold, reset, synapse });
        }
        Ok(cells)
    }

    /// The synaptic current of a neuron with these time constants, s.
    fn synapse(&self, tau: f64, weight: f64, tau_mem: f64) -> Result<Synapse, String> {
        let exact = propagators::exponential(tau, tau_mem, tau_mem, self.dt);
        Ok(Synapse { k: self.fraction("tau_syn", tau)?, tau, weight, exact })
    }

    /// The fraction of the way to its steady state that a variable with time constant `tau`, s, moves in a step; `name`
    /// is that of the parameter.
    fn fraction(&self, name: &str, tau: f64) -> Result<f64, String> {
        match self.integration {
            Integration::Exact => Ok(-(-self.dt / tau).exp_m1()),
            Integration::Euler if tau >= self.dt => Ok(self.dt / tau),
            Integration::Euler => Err(format!(
                "{name} = {tau} s is below dt = {} s, and Euler's step would lead past its goal; take a smaller dt, or exact",
                self.dt
            )),
        }
    }
}

/// The values of a parameter, one for each of `size` units; `otherwise` where it is not there.
fn values_of(node: &Node, name: &str, size: usize, otherwise: f64) -> Vec<f64> {
    let given = node.get(name).and_then(Data::numbers).unwrap_or_default();
    match &given[..] {
        [] => vec![otherwise; size],
        [one] => vec![*one; size],
        _ => given,
    }
}

/// How the neurons of a node are reset, by metadata.
fn reset_of(flat: &FlatNode) -> Result<Reset, String> {
    let Some((name, entry)) = &flat.reset else { return Ok(Reset::ToValue) };
    let word = match entry {
        Entry::Data(data) => data.as_text().unwrap_or("no text"),
        Entry::Group(_) => "a group",
    };
    match word {
        "zero" | "hard" | "value" => Ok(Reset::ToValue),
        "subtract" | "soft" => Ok(Reset::Subtract),
        _ => Err(format!("its metadata say {name} = '{word}', and 'zero' or 'subtract' is known")),
    }
}

impl Discretised {
    /// The step, s.
    pub fn dt(&self) -> f64 {
        self.dt
    }

    /// How a step follows the equations.
    pub fn integration(&self) -> Integration {
        self.integration
    }

    /// When the spikes of a neuron arrive.
    pub fn timing(&self) -> Timing {
        self.timing
    }

    /// Sentences on what was taken otherwise than a user may expect.
    pub fn warnings(&self) -> &[String] {
        &self.warnings
    }

    /// The names and sizes of the inputs, in the order of their names.
    pub fn inputs(&self) -> Vec<(&str, usize)> {
        let inputs = self.nodes.iter().filter(|node| matches!(node.act, Act::Source));
        inputs.map(|node| (node.name.as_str(), node.size)).collect()
    }

    /// The names and sizes of the outputs, in the order of their names.
    pub fn outputs(&self) -> Vec<(&str, usize)> {
        let outputs = self.nodes.iter().filter(|node| node.is_output);
        outputs.map(|node| (node.name.as_str(), node.size)).collect()
    }
}

/// The time constant with which an exact step does what a step by Euler does with `tau`: -dt / ln(1 - dt/τ), in the
/// common unit of `tau` and `dt`.
///
/// ```
/// use neuropil::train::nir::euler_as_exact;
///
/// let tau = euler_as_exact(10.0, 1.0);
/// assert!(((-1.0 / tau).exp() - 0.9).abs() < 1e-15);
/// ```
pub fn euler_as_exact(tau: f64, dt: f64) -> f64 {
    -dt / (-dt / tau).ln_1p()
}
