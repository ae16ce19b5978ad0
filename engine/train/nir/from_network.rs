//! From a network of the engine to a graph: populations become neurons, projections linear maps and delays.
//!
//! Every spike of the engine takes a step at least, which the graph's metadata say as `timing = "next_step"`; the rest
//! of a longer delay becomes a Delay. Weights stay what they are: a LIF's r is 1/k, where k is the fraction of the way
//! to its steady state that it moves in a step.

use std::collections::BTreeMap;

use super::graph::{Graph, Node};
use super::neurons::Neurons;
use super::options::Integration;
use super::{Data, Kind, Values};
use crate::error::{Error, Result};
use crate::network::{Network, Population};
use crate::train::files::synapses;

/// The most weights of a matrix: 1 GiB of them.
const MAX_WEIGHTS: u64 = 1 << 27;
/// The most neurons, whose parameters are listed: 0.5 GiB of them.
const MAX_NEURONS: u32 = 1 << 22;
/// Models that have a form in NIR.
const MODELS: [&str; 7] =
    ["parrot_neuron", "iaf_psc_delta", "iaf_psc_exp", "lif_neuron", "if_neuron", "cuba_lif_neuron", "li_readout"];

/// A graph that was made from a network.
#[derive(Debug, Clone)]
pub struct Written {
    /// The graph, with metadata.
    pub graph: Graph,
    /// Sentences on what of the network it leaves out.
    pub warnings: Vec<String>,
}

/// The graph of a network of `parrot_neuron`s, which become its inputs, and of `iaf_psc_delta`, `iaf_psc_exp`, `lif_neuron`,
/// `if_neuron`, `cuba_lif_neuron` and `li_readout`.
///
/// Outputs are the populations that are recorded; else those that send nothing; else all. The equations are written for
/// `integration`: time constants are those of the network for exact steps, and dt/k for Euler, by which other tools
/// step.
///
/// # Errors
/// A model or a refractory period that NIR does not have, parameters or synapses that are drawn and not listed, synapses
/// that learn, no input.
pub fn from_network(network: &Network, integration: Integration) -> Result<Written> {
    let mut writer = Writer {
        network,
        integration,
        nodes: Vec::new(),
        edges: Vec::new(),
        warnings: Vec::new(),
        bias: BTreeMap::new(),
    };
    if network.neurons() > MAX_NEURONS {
        let neurons = network.neurons();
        let problem =
            format!("{neurons} neurons are more than the {MAX_NEURONS} that are written one by one; take fewer");
        return Err(Error::invalid("NIR graph of a network", problem));
    }
    for at in 0..network.populations().len() {
        writer.add_population(at)?;
    }
    let matrices = writer.matrices()?;
    for (key, weights) in matrices {
        writer.add_matrix(key, weights)?;
    }
    writer.warn_of_biases();
    writer.add_outputs()?;
    writer.finish()
}

/// From which population to which, and the delay in steps.
type Key = (usize, usize, u32);

/// A graph that is being made from a network.
struct Writer<'a> {
    network: &'a Network,
    integration: Integration,
    nodes: Vec<(String, Node)>,
    edges: Vec<(String, String)>,
    warnings: Vec<String>,
    /// What I_e adds to the potential in a step, neuron by neuron, of populations for which no matrix has taken it yet
    /// as its bias.
    bias: BTreeMap<usize, Vec<f64>>,
}

/// A name without `/`, which separates groups in HDF5.
fn cleaned(name: &str) -> String {
    name.replace('/', "_")
}

impl Writer<'_> {
    /// The name of the node of population `at`.
    fn name(&self, at: usize) -> String {
        self.network.populations().get(at).map_or_else(String::new, |population| cleaned(&population.name))
    }

    /// Adds the node of a population.
    fn add_population(&mut self, at: usize) -> Result<()> {
        let Some(population) = self.network.populations().get(at) else { return Ok(()) };
        let place = format!("population '{}'", population.name);
        let model = population.model.declaration().name;
        let name = self.name(at);
        if population.start.iter().any(Option::is_some) {
            self.warnings.push(format!("{place}: NIR tells no initial state, and its is left out"));
        }
        let node = match model {
            "parrot_neuron" => Node::new(Kind::Input, [("shape", Data::whole_list(&[population.size as usize]))])?,
            "iaf_psc_delta" | "iaf_psc_exp" | "lif_neuron" | "if_neuron" | "cuba_lif_neuron" | "li_readout" => {
                let neurons = Neurons::new(population, &place)?;
                let node = neurons.node(self.network.dt(), self.integration, &place)?;
                match neurons.bias(self.network.dt()) {
                    Some(bias) if !neurons.has_current() => drop(self.bias.insert(at, bias)),
                    Some(_) => {
                        self.warnings.push(format!("{place}: I_e is written into v_leak, at which potentials start"))
                    }
                    None => {}
                }
                node
            }
            other => {
                let problem = format!("{other} has no form in NIR; those that have are {}", MODELS.join(", "));
                return Err(Error::invalid(place, problem));
            }
        };
        self.nodes.push((name, node));
        Ok(())
    }

    /// The weights of all synapses, [target, source], by populations and delay.
    fn matrices(&self) -> Result<BTreeMap<Key, Vec<f64>>> {
        let mut matrices = BTreeMap::new();
        for projection in self.network.projections() {
            let place = projection.place(self.network);
            for (source, target, weight, steps) in synapses(self.network, projection, &place)? {
                let (source, target) = (projection.from.id(source), projection.to.id(target));
                let ends = (self.population_of(source), self.population_of(target));
                let (Some((from, i)), Some((to, j))) = ends else { continue };
                let size = |at: usize| self.network.populations().get(at).map_or(0, |p| u64::from(p.size));
                let (rows, columns) = (size(to), size(from));
                if rows * columns > MAX_WEIGHTS {
                    let problem =
                        format!("a matrix of {rows} x {columns} weights is too large for NIR, which lists zeros, too");
                    return Err(Error::invalid(place, problem));
                }
                let matrix = matrices.entry((from, to, steps)).or_insert_with(|| vec![0.0; (rows * columns) as usize]);
                if let Some(sum) = matrix.get_mut(j as usize * columns as usize + i as usize) {
                    *sum += weight;
                }
            }
        }
        Ok(matrices)
    }

    /// The population of the neuron `id`, and the neuron's index in it.
    fn population_of(&self, id: u32) -> Option<(usize, u32)> {
        let within = |population: &Population| id.wrapping_sub(population.first) < population.size;
        let at = self.network.populations().iter().position(within)?;
        Some((at, id - self.network.populations().get(at)?.first))
    }

    /// Adds a linear map between two populations, behind a delay where a synapse takes more than a step.
    fn add_matrix(&mut self, (from, to, steps): Key, weights: Vec<f64>) -> Result<()> {
        let (source, target) = (self.name(from), self.name(to));
        let suffix = if steps > 1 { format!("_{steps}") } else { String::new() };
        let size = |at: usize| self.network.populations().get(at).map_or(0, |p| p.size as usize);
        let (rows, columns) = (size(to), size(from));
        let weight = Data::new(&[rows, columns], Values::F64(weights))?;
        let node = match self.bias.remove(&to) {
            Some(bias) => Node::new(Kind::Affine, [("weight", weight), ("bias", Data::list(&bias))])?,
            None => Node::new(Kind::Linear, [("weight", weight)])?,
        };
        let linear = self.free_name(format!("{source}_to_{target}{suffix}"));
        self.nodes.push((linear.clone(), node));
        let mut before = source.clone();
        if steps > 1 {
            let delay = f64::from(steps - 1) * self.network.dt() / 1e3;
            let name = self.free_name(format!("delay_{source}_to_{target}{suffix}"));
            self.nodes.push((name.clone(), Node::new(Kind::Delay, [("delay", Data::list(&vec![delay; columns]))])?));
            self.edges.push((before, name.clone()));
            before = name;
        }
        self.edges.push((before, linear.clone()));
        self.edges.push((linear, target));
        Ok(())
    }

    /// `name`, with a number if a node has this name already.
    fn free_name(&self, name: String) -> String {
        let taken = |name: &str| {
            self.nodes.iter().any(|(other, _)| other == name)
                || self.network.populations().iter().any(|population| cleaned(&population.name) == name)
        };
        let others = (1..).map(|i| format!("{name}_{i}"));
        std::iter::once(name.clone()).chain(others).find(|name| !taken(name)).unwrap_or(name)
    }

    /// Warns of the constant currents of populations that no matrix leads to, which no bias has taken.
    fn warn_of_biases(&mut self) {
        for at in std::mem::take(&mut self.bias).into_keys() {
            let name = self.name(at);
            self.warnings.push(format!("population '{name}': nothing leads to it, and its I_e is left out"));
        }
    }

    /// Adds outputs, and checks that there is an input.
    fn add_outputs(&mut self) -> Result<()> {
        let populations = 0..self.network.populations().len();
        let inputs: Vec<usize> = populations.clone().filter(|&at| self.is_input(at)).collect();
        if inputs.is_empty() {
            let problem = "there is no population of parrot_neuron, which would become the graph's input; put one before the neurons";
            return Err(Error::invalid("NIR graph of a network", problem));
        }
        let recorded =
            |at: usize| self.network.recorders().iter().flat_map(|r| r.from.parts()).any(|part| part.population == at);
        let sends = |at: usize| {
            self.network.projections().iter().flat_map(|p| p.from.parts()).any(|part| part.population == at)
        };
        let others: Vec<usize> = populations.filter(|at| !inputs.contains(at)).collect();
        let chosen = |keep: &dyn Fn(usize) -> bool| others.iter().copied().filter(|&at| keep(at)).collect::<Vec<_>>();
        let mut chosen = [chosen(&recorded), chosen(&|at| !sends(at)), others.clone()].into_iter();
        let chosen = chosen.find(|chosen| !chosen.is_empty()).unwrap_or_default();
        if chosen.is_empty() {
            return Err(Error::invalid("NIR graph of a network", "there are no neurons but parrots; add a population"));
        }
        for &at in &chosen {
            let size = self.network.populations().get(at).map_or(0, |population| population.size as usize);
            let name = if chosen.len() == 1 { "output".to_owned() } else { format!("output_{}", self.name(at)) };
            let name = self.free_name(name);
            self.edges.push((self.name(at), name.clone()));
            self.nodes.push((name, Node::new(Kind::Output, [("shape", Data::whole_list(&[size]))])?));
        }
        Ok(())
    }

    /// Whether population `at` becomes an input.
    fn is_input(&self, at: usize) -> bool {
        self.network
            .populations()
            .get(at)
            .is_some_and(|population| population.model.declaration().name == "parrot_neuron")
    }

    /// The graph with its metadata.
    fn finish(mut self) -> Result<Written> {
        for (what, none) in [
            ("stimuli", self.network.stimuli().is_empty()),
            ("perturbations", self.network.perturbations().is_empty()),
            ("continuous couplings", self.network.couplings().is_empty()),
        ] {
            if !none {
                self.warnings.push(format!("{what} have no form in NIR and are left out"));
            }
        }
        let cuba = self.nodes.iter().any(|(_, node)| node.kind() == Kind::CubaLif || node.kind() == Kind::CubaLi);
        let mut graph = Graph::new(self.nodes, self.edges)?
            .with_metadata("dt", Data::number(self.network.dt() / 1e3))
            .with_metadata("timing", Data::text("next_step"))
            .with_metadata(
                "integration",
                Data::text(if self.integration == Integration::Exact { "exact" } else { "euler" }),
            );
        if cuba {
            graph = graph.with_metadata("current", Data::text("last"));
        }
        Ok(Written { graph, warnings: self.warnings })
    }
}
