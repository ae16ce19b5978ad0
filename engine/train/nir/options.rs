//! How the equations of a graph become steps: by options, or by what its metadata say.

use super::Entry;
use super::graph::Graph;
use crate::error::{Error, Result};

/// How a step follows the equations.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Integration {
    /// Forward Euler: along the slope at the step's start, as snnTorch, norse and most other tools do.
    Euler,
    /// Exactly, for an input that stays over the step.
    Exact,
}

/// Which value of its synaptic current moves the potential of a CubaLIF in a step by Euler.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Current {
    /// That of the step's end: the input acts on the potential at once, as in snnTorch.
    #[default]
    First,
    /// That of the step's start: the input acts on the potential a step later, as in norse.
    Last,
}

/// When the spikes of a neuron arrive.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Timing {
    /// Within the step, but a step later where they close a circle: as in torch.
    #[default]
    SameStep,
    /// A step later, wherever they lead: the least delay of the engine. Inputs, too, take a step.
    NextStep,
}

/// How the equations of a graph become steps. What is [`None`] is taken from the graph's metadata; `dt` and
/// `integration` must be given by one of the two.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Options {
    /// The step in the unit of the graph's time constants, s.
    pub dt: Option<f64>,
    /// How a step follows the equations.
    pub integration: Option<Integration>,
    /// Which value of its current moves the potential of a CubaLIF, by Euler.
    pub current: Option<Current>,
    /// When the spikes of a neuron arrive; within the step where nothing says otherwise.
    pub timing: Option<Timing>,
}

/// What options and metadata say together.
pub(super) struct Chosen {
    pub dt: f64,
    pub integration: Integration,
    pub current: Option<Current>,
    pub timing: Timing,
}

impl Chosen {
    /// What options say, else what the graph's metadata say; adds warnings where the two differ.
    ///
    /// # Errors
    /// No dt or no integration; metadata that are not understood.
    pub fn new(graph: &Graph, options: Options, warnings: &mut Vec<String>) -> Result<Chosen> {
        let said = graph.metadata.get("dt").map(|entry| match entry {
            Entry::Data(data) => data.as_number().filter(|dt| dt.is_finite() && *dt > 0.0).ok_or(()),
            Entry::Group(_) => Err(()),
        });
        let said = said.transpose().map_err(|()| {
            Error::invalid("NIR metadata", "dt must be one number above 0, the step in s; give --dt and leave it out")
        })?;
        let Some(dt) = options.dt.or(said) else {
            let problem = "NIR's equations have no step, and the metadata of this graph tell no dt; give the dt, in s, with which it was trained";
            return Err(Error::invalid("NIR graph", problem));
        };
        if !(dt.is_finite() && dt > 0.0) {
            return Err(Error::invalid("NIR graph", format!("dt = {dt} s must be greater than 0")));
        }
        if let Some(said) = said.filter(|said| *said != dt) {
            warnings.push(format!("dt = {dt} s is taken as given, and the graph's metadata say {said} s"));
        }
        let mut words = Words { graph, warnings };
        let known = [("euler", Integration::Euler), ("exact", Integration::Exact)];
        let Some(integration) = words.word("integration", options.integration, &known)? else {
            let problem =
                "NIR does not tell how its equations are followed; give euler, as snnTorch and norse do, or exact";
            return Err(Error::invalid("NIR graph", problem));
        };
        let current = words.word("current", options.current, &[("first", Current::First), ("last", Current::Last)])?;
        let known = [("same_step", Timing::SameStep), ("next_step", Timing::NextStep)];
        let timing = words.word("timing", options.timing, &known)?;
        Ok(Chosen { dt, integration, current, timing: timing.unwrap_or_default() })
    }
}

/// Reads options that are words from a graph's metadata.
struct Words<'a> {
    graph: &'a Graph,
    warnings: &'a mut Vec<String>,
}

impl Words<'_> {
    /// What is given, else what the entry `name` says by one of the known words.
    fn word<T: Copy + PartialEq>(&mut self, name: &str, given: Option<T>, known: &[(&str, T)]) -> Result<Option<T>> {
        let Some(entry) = self.graph.metadata.get(name) else { return Ok(given) };
        let word = match entry {
            Entry::Data(data) => data.as_text().unwrap_or("no text"),
            Entry::Group(_) => "a group",
        };
        let said = known.iter().find(|(known, _)| *known == word).map(|(_, value)| *value);
        match (given, said) {
            (Some(given), Some(said)) if given != said => {
                self.warnings.push(format!("{name} is taken as given, and the graph's metadata say '{word}'"));
            }
            (None, None) => {
                let words: Vec<&str> = known.iter().map(|(known, _)| *known).collect();
                let problem =
                    format!("{name} is '{word}', and {} are known; correct it, or give it", words.join(" and "));
                return Err(Error::invalid("NIR metadata", problem));
            }
            _ => {}
        }
        Ok(given.or(said))
    }
}
