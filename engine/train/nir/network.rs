//! From a graph in steps to a network of the engine, spike for spike.
//!
//! A LIF is an `iaf_psc_delta` without a refractory period: v ← v + k·((v_leak - v) + r·i) is, in u = (v - v_leak)/(k·r),
//! u ← u·(1 - k) + i. So weights stay what they are, on whatever grid they lie, and thresholds are scaled. An IF is the
//! same with a time constant beyond all runs, a Threshold with one so short that nothing is left after a step. A CubaLIF by
//! Euler is an `iaf_psc_exp` in the same way. Those that are reset by subtraction are `lif_neuron` and `cuba_lif_neuron`.

use std::collections::BTreeMap;

use super::discretise::{Act, Discretised, Reset, Stepped};
use super::engine_neuron::{EngineNeuron, NEVER, next_above, set_parameters};
use super::fold::{Folder, Sum};
use super::options::Current;
use crate::error::{Error, Result};
use crate::models;
use crate::network::{Explicit, Network, Population, Selection, SpikeGenerator, Static, Value};
use crate::time::TimeUnits as _;

/// Steps from an input's first value to the first spike of its population: no generator can be earlier.
const FIRST: u32 = 1;

/// Which values of a population's neurons are those of its node.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tells {
    /// Spikes.
    Spikes,
    /// Potentials, V_m.
    Potential,
}

/// A population that plays a node.
#[derive(Debug, Clone)]
pub struct Placed {
    /// The node's name, such as `recurrent.lif`, and that of its population.
    pub name: String,
    /// The neurons.
    pub neurons: Selection,
    /// Step k of the node is step k + `later` of the network.
    pub later: u32,
    /// For each neuron, the factor from its V_m to the node's v - v_leak.
    pub scale: Vec<f64>,
    /// For each neuron, the node's v_leak.
    pub leak: Vec<f64>,
    /// Which values of the neurons are those of the node.
    pub tells: Tells,
}

/// The population that plays an output of the graph.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OutputSource {
    /// The node of the population, see [`Exported::placed`].
    pub node: String,
    /// Step k of the output is step k + `later` of the network.
    pub later: u32,
}

/// A network of the engine that plays a graph.
#[derive(Debug, Clone)]
pub struct Exported {
    /// Populations and projections; neither stimuli nor recorders.
    pub network: Network,
    /// The populations of inputs, neurons, and of outputs that are sums.
    pub populations: Vec<Placed>,
    /// The population that plays each output of the graph, by the output's name.
    pub outputs: BTreeMap<String, OutputSource>,
    /// Sentences on what differs from the graph.
    pub warnings: Vec<String>,
}

impl Exported {
    /// The population of a node.
    ///
    /// # Errors
    /// A node without a population.
    pub fn placed(&self, name: &str) -> Result<&Placed> {
        let found = self.populations.iter().find(|placed| placed.name == name);
        found.ok_or_else(|| {
            let known: Vec<&str> = self.populations.iter().map(|placed| placed.name.as_str()).collect();
            Error::unknown("node", name, "network of a NIR graph", &known)
        })
    }

    /// Lets units of an input spike: `spikes` lists units, counted from 0, and steps, counted from 1.
    ///
    /// # Errors
    /// A node that does not exist, a unit beyond its size, a step of 0.
    pub fn spike(&mut self, input: &str, spikes: impl IntoIterator<Item = (u32, u64)>) -> Result<()> {
        let placed = self.placed(input)?;
        let (neurons, dt, later) = (placed.neurons.clone(), self.network.dt(), u64::from(placed.later));
        // A spike takes one step from the generator to its neuron.
        let times: Vec<(u32, f64)> =
            spikes.into_iter().map(|(unit, step)| (unit, (step + later).saturating_sub(1) as f64 * dt)).collect();
        self.network.stimulate(&neurons, SpikeGenerator::listed(times), Static::new(1.0, dt))
    }
}

/// The network that plays a graph, spike for spike.
///
/// Inputs become `parrot_neuron`s, which [`Exported::spike`] lets spike; neurons become populations; all between them
/// becomes explicit projections. A bias is a neuron that spikes in each step. Each population is later than the graph by
/// [`Placed::later`] steps, since a spike takes a step at least: layer by layer, with longer delays where layers are skipped.
///
/// # Errors
/// What the engine's models cannot do exactly, named with its node: an exact CubaLIF, r not above 0, a reset above the
/// threshold, one by subtraction that is not towards v_leak, a step by Euler that forgets all; and a circle that takes
/// less than a step (see [`super::Timing`]).
pub fn network(graph: &Discretised) -> Result<Exported> {
    let wrong = |problem: String| Error::invalid("network of a NIR graph", problem);
    let mut builder = Builder::new(graph);
    let mut folder = Folder::new(graph);
    for at in 0..graph.nodes.len() {
        if builder.is_played(at) {
            let sums = folder.inputs_of(at).map_err(wrong)?;
            builder.inputs.insert(at, sums);
        }
    }
    builder.set_later().map_err(wrong)?;
    for at in builder.inputs.keys().copied().collect::<Vec<_>>() {
        builder.add_population(at)?;
    }
    for at in builder.inputs.keys().copied().collect::<Vec<_>>() {
        builder.connect(at)?;
    }
    builder.finish()
}

/// The synapses of a projection: sources, targets, weights.
type SynapseLists = (Vec<u32>, Vec<u32>, Vec<f64>);

/// A network that is being made from a graph; maps are by the indices of nodes.
struct Builder<'a> {
    graph: &'a Discretised,
    network: Network,
    /// The input values of the nodes that become populations.
    inputs: BTreeMap<usize, Vec<Sum>>,
    /// By how many steps each of these is later than the graph.
    later: BTreeMap<usize, u32>,
    /// The populations.
    placed: BTreeMap<usize, Placed>,
    /// The neuron that spikes in each step, once there is one.
    bias: Option<Selection>,
}

impl Builder<'_> {
    /// An empty network with the graph's step.
    fn new(graph: &Discretised) -> Builder<'_> {
        let network = Network::new((graph.dt * 1e3).ms());
        let (inputs, later, placed) = (BTreeMap::new(), BTreeMap::new(), BTreeMap::new());
        Builder { graph, network, inputs, later, placed, bias: None }
    }

    /// The node whose values node `at` merely passes on, if it does only that, and whether a step later.
    fn sender(&self, at: usize) -> Option<(usize, u32)> {
        let mut edges = self.graph.edges.iter().filter(|edge| edge.to == at);
        let edge = edges.next()?;
        if edges.next().is_some() {
            return None;
        }
        match self.graph.nodes.get(edge.from)?.act {
            Act::Pass => self.sender(edge.from),
            Act::Source | Act::Neurons(..) | Act::Threshold(_) => Some((edge.from, u32::from(edge.late))),
            _ => None,
        }
    }

    /// The population that plays each output, by the output's name.
    fn outputs(&self) -> BTreeMap<String, OutputSource> {
        let mut outputs = BTreeMap::new();
        for (at, node) in self.graph.nodes.iter().enumerate().filter(|(_, node)| node.is_output) {
            let (played, late) = self.sender(at).unwrap_or((at, 0));
            if let Some(placed) = self.placed.get(&played) {
                let source = OutputSource { node: placed.name.clone(), later: placed.later.saturating_sub(late) };
                outputs.insert(node.name.clone(), source);
            }
        }
        outputs
    }

    /// Whether node `at` is an input, a neuron or a threshold.
    fn is_sender(&self, at: usize) -> bool {
        self.graph
            .nodes
            .get(at)
            .is_some_and(|node| matches!(node.act, Act::Source | Act::Neurons(..) | Act::Threshold(_)))
    }

    /// Whether a node becomes a population: all that sends, and outputs that are sums.
    fn is_played(&self, at: usize) -> bool {
        let is_sum = self.graph.nodes.get(at).is_some_and(|node| node.is_output) && self.sender(at).is_none();
        self.is_sender(at) || is_sum
    }

    /// The node `at`.
    fn node(&self, at: usize) -> Result<&Stepped> {
        self.graph.nodes.get(at).ok_or_else(|| Error::Internal(format!("no node {at} in a NIR graph")))
    }

    /// By how many steps the input of a node must be earlier than its potential: an `iaf_psc_exp` takes it at a step's
    /// end.
    fn ahead(&self, at: usize) -> u32 {
        let cells = self.graph.nodes.get(at).map(|node| &node.act);
        let cuba = matches!(cells, Some(Act::Neurons(cells, _)) if cells.iter().any(|cell| cell.synapse.is_some()));
        u32::from(cuba && self.graph.current == Current::First)
    }

    /// Sets by how many steps each population is later than the graph, so that no synapse is quicker than a step.
    fn set_later(&mut self) -> Result<(), String> {
        for &at in self.inputs.keys() {
            self.later.insert(at, FIRST + self.ahead(at));
        }
        // The sender that made a population that late.
        let mut because = BTreeMap::new();
        let mut last = None;
        for _ in 0..=self.inputs.len() {
            last = None;
            for (&at, sums) in &self.inputs {
                for &(from, _, late) in sums.iter().flat_map(|sum| sum.parts.keys()) {
                    let start = self.later.get(&from).copied().unwrap_or(FIRST);
                    let needed = (start + 1 + self.ahead(at)).saturating_sub(late);
                    let own = self.later.entry(at).or_insert(FIRST);
                    if needed > *own {
                        *own = needed;
                        because.insert(at, from);
                        last = Some(at);
                    }
                }
            }
            if last.is_none() {
                return Ok(());
            }
        }
        let names = self.names_of_circle(last, &because);
        let problem =
            "back in fewer steps than the engine needs, one from neuron to neuron (and one more within a CubaLIF)";
        Err(format!("{names} lead {problem}; take timing next_step, or put a Delay between"))
    }

    /// The names of the nodes of a circle, which make each other later; `found` is reached from it.
    fn names_of_circle(&self, found: Option<usize>, because: &BTreeMap<usize, usize>) -> String {
        let before = |at: usize| because.get(&at).copied().unwrap_or(at);
        // As many steps back as there are nodes lead onto the circle.
        let start = (0..=self.inputs.len()).fold(found.unwrap_or_default(), |at, _| before(at));
        let (mut circle, mut at) = (vec![start], before(start));
        while at != start && circle.len() <= self.inputs.len() {
            circle.push(at);
            at = before(at);
        }
        circle.sort_unstable();
        let names = circle.iter().filter_map(|at| self.graph.nodes.get(*at)).map(|node| format!("'{}'", node.name));
        names.collect::<Vec<_>>().join(", ")
    }

    /// Adds the population of a node.
    fn add_population(&mut self, at: usize) -> Result<()> {
        let node = self.node(at)?.clone();
        let place = format!("node '{}' ({})", node.name, node.kind.name());
        let wrong = |problem: String| Error::invalid(&place, problem);
        let size =
            u32::try_from(node.size).map_err(|_| wrong("it has more units than the engine has neurons".to_owned()))?;
        let dt = self.graph.dt * 1e3;
        let mut parameters: Vec<EngineNeuron> = Vec::with_capacity(node.size);
        let model = match &node.act {
            Act::Source => "parrot_neuron",
            Act::Threshold(thresholds) => {
                parameters
                    .extend(thresholds.iter().map(|threshold| EngineNeuron::memoryless(next_above(*threshold), dt)));
                "iaf_psc_delta"
            }
            Act::Neurons(cells, reset) => {
                let subtracts = *reset == Reset::Subtract && node.kind.spikes();
                for cell in cells {
                    parameters
                        .push(EngineNeuron::new(cell, self.graph, (node.kind.spikes(), subtracts)).map_err(wrong)?);
                }
                match (cells.iter().any(|cell| cell.synapse.is_some()), subtracts) {
                    (true, false) => "iaf_psc_exp",
                    (true, true) => "cuba_lif_neuron",
                    (false, false) => "iaf_psc_delta",
                    (false, true) => "lif_neuron",
                }
            }
            _ => {
                parameters.extend((0..node.size).map(|_| EngineNeuron::memoryless(NEVER, dt)));
                "iaf_psc_delta"
            }
        };
        let mut population = Population::new(&node.name, size, models::named(model, &place)?)?;
        if !parameters.is_empty() {
            set_parameters(&mut population, &parameters, model)?;
        }
        let neurons = self.network.add_population(population)?;
        let tells =
            if matches!(node.act, Act::Source) || node.kind.spikes() { Tells::Spikes } else { Tells::Potential };
        let (scale, leak) = parameters.iter().map(|neuron| (neuron.scale, neuron.leak)).unzip();
        let later = self.later.get(&at).copied().unwrap_or(FIRST);
        self.placed.insert(at, Placed { name: node.name, neurons, later, scale, leak, tells });
        Ok(())
    }

    /// The neuron that spikes in each step, which is added where there is none yet.
    fn bias_neuron(&mut self) -> Result<Selection> {
        if let Some(neuron) = &self.bias {
            return Ok(neuron.clone());
        }
        let taken = |name: &str| self.graph.nodes.iter().any(|node| node.name == name);
        let name = (0..).map(|i| if i == 0 { "bias".to_owned() } else { format!("bias{i}") }).find(|name| !taken(name));
        let mut population =
            Population::new(&name.unwrap_or_default(), 1, models::named("iaf_psc_delta", "bias of a NIR graph")?)?;
        set_parameters(&mut population, &[EngineNeuron::memoryless(0.5, self.graph.dt * 1e3)], "iaf_psc_delta")?;
        population.set("I_e", 1.0)?;
        let neuron = self.network.add_population(population)?;
        self.bias = Some(neuron.clone());
        Ok(neuron)
    }

    /// Adds the projections to a node's population: one for each sender and delay.
    fn connect(&mut self, at: usize) -> Result<()> {
        let Some((placed, sums)) = self.placed.get(&at).map(|p| (p.neurons.clone(), p.later)).zip(self.inputs.get(&at))
        else {
            return Ok(());
        };
        let ((to, later), ahead) = (placed, self.ahead(at));
        let mut lists: BTreeMap<(Option<usize>, u32), SynapseLists> = BTreeMap::new();
        let mut add = |key, source, target: usize, weight| {
            let list = lists.entry(key).or_default();
            list.0.push(source);
            list.1.push(target as u32);
            list.2.push(weight);
        };
        for (target, sum) in sums.iter().enumerate() {
            for (&(from, unit, late), &weight) in sum.parts.iter().filter(|(_, weight)| **weight != 0.0) {
                let start = self.later.get(&from).copied().unwrap_or(FIRST);
                add((Some(from), (later + late).saturating_sub(start + ahead)), unit, target, weight);
            }
            for (&late, &bias) in sum.bias.iter().filter(|(_, bias)| **bias != 0.0) {
                // The bias neuron first spikes in step 1.
                add((None, (later + late).saturating_sub(ahead)), 0, target, bias);
            }
        }
        for ((from, steps), (sources, targets, weights)) in lists {
            let from = match from {
                Some(from) => self.placed.get(&from).map(|placed| placed.neurons.clone()),
                None => Some(self.bias_neuron()?),
            };
            let from = from.ok_or_else(|| Error::Internal("a NIR node without its population".to_owned()))?;
            let synapse = Static::new(Value::each(weights), f64::from(steps) * self.network.dt());
            self.network.connect(from, to.clone(), Explicit::new(sources, targets), synapse)?;
        }
        Ok(())
    }

    /// The finished network, its populations and outputs.
    fn finish(self) -> Result<Exported> {
        let mut warnings = self.graph.warnings().to_vec();
        let outputs = self.outputs();
        let shown =
            outputs.values().filter_map(|output| self.placed.values().find(|placed| placed.name == output.node));
        for placed in shown.filter(|placed| placed.tells == Tells::Potential) {
            warnings.push(format!("node '{}': its values are potentials, V_m; record them", placed.name));
        }
        let populations = self.placed.into_values().collect();
        Ok(Exported { network: self.network, populations, outputs, warnings })
    }
}
