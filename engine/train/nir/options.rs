//! How a graph is to be followed in steps: by what is given, or by what its metadata tell.

use super::Entry;
use super::graph::Graph;
use crate::error::{Error, Result};

/// How a step follows the equations.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Integration {
    /// Along the slope at its start, as snnTorch, norse and most other tools do.
    Euler,
    /// Exactly, for an input that stays over the step.
    Exact,
}

/// Which value of its synaptic current moves the potential of a CubaLIF in a step of Euler's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Current {
    /// That of the step's end: what enters acts on the potential at once, as in snnTorch.
    #[default]
    First,
    /// That of the step's start: what enters acts on the potential a step later, as in norse.
    Last,
}

/// When what a neuron sends arrives.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Timing {
    /// Within the step, but for what leads back in a circle, which takes one: as in torch.
    #[default]
    SameStep,
    /// A step later, wherever it leads: the least delay of the engine. Inputs, too, take a step.
    NextStep,
}

/// How a graph is to be followed in steps; what is `None` must be told by the graph's metadata.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Options {
    /// The step in the unit of the graph's time constants, s.
    pub dt: Option<f64>,
    /// How a step follows the equations.
    pub integration: Option<Integration>,
    /// The order of a CubaLIF's two steps, by Euler.
    pub current: Option<Current>,
    /// When what a neuron sends arrives; within the step unless told.
    pub timing: Option<Timing>,
}

/// What was chosen, by options or by metadata.
pub(super) struct Chosen {
    pub dt: f64,
    pub integration: Integration,
    pub current: Option<Current>,
    pub timing: Timing,
}

impl Chosen {
    /// What options give, else what the graph's metadata tell.
    ///
    /// # Errors
    /// No dt or no way to follow the equations; words that are not known.
    pub fn new(graph: &Graph, options: Options, warnings: &mut Vec<String>) -> Result<Chosen> {
        let told = graph.metadata.get("dt").map(|entry| match entry {
            Entry::Data(data) => data.as_number().filter(|dt| dt.is_finite() && *dt > 0.0).ok_or(()),
            Entry::Group(_) => Err(()),
        });
        let told = told.transpose().map_err(|()| {
            Error::invalid("NIR metadata", "dt must be one number above 0, the step in s; give --dt and leave it out")
        })?;
        let Some(dt) = options.dt.or(told) else {
            let problem = "NIR's equations have no step, and the metadata of this graph tell no dt; give the dt, in s, with which it was trained";
            return Err(Error::invalid("NIR graph", problem));
        };
        if !(dt.is_finite() && dt > 0.0) {
            return Err(Error::invalid("NIR graph", format!("dt = {dt} s must be greater than 0")));
        }
        if let Some(told) = told.filter(|told| *told != dt) {
            warnings.push(format!("dt = {dt} s is taken as given, and the graph's metadata say {told} s"));
        }
        let mut told = Told { graph, warnings };
        let known = [("euler", Integration::Euler), ("exact", Integration::Exact)];
        let Some(integration) = told.word("integration", options.integration, &known)? else {
            let problem =
                "NIR does not tell how its equations are followed; give euler, as snnTorch and norse do, or exact";
            return Err(Error::invalid("NIR graph", problem));
        };
        let current = told.word("current", options.current, &[("first", Current::First), ("last", Current::Last)])?;
        let known = [("same_step", Timing::SameStep), ("next_step", Timing::NextStep)];
        let timing = told.word("timing", options.timing, &known)?;
        Ok(Chosen { dt, integration, current, timing: timing.unwrap_or_default() })
    }
}

/// What a graph's metadata say of its steps.
struct Told<'a> {
    graph: &'a Graph,
    warnings: &'a mut Vec<String>,
}

impl Told<'_> {
    /// What is given, else what an entry says by one of the known words.
    fn word<T: Copy + PartialEq>(&mut self, name: &str, given: Option<T>, known: &[(&str, T)]) -> Result<Option<T>> {
        let Some(entry) = self.graph.metadata.get(name) else { return Ok(given) };
        let word = match entry {
            Entry::Data(data) => data.as_text().unwrap_or("no text"),
            Entry::Group(_) => "a group",
        };
        let told = known.iter().find(|(known, _)| *known == word).map(|(_, value)| *value);
        match (given, told) {
            (Some(given), Some(told)) if given != told => {
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
        Ok(given.or(told))
    }
}
