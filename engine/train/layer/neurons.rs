//! What a layer of neurons is: a population's model and parameters, and the programs of its step there and back.

use crate::equations::derivative::{Surrogate, adjoint, whole_step};
use crate::equations::{Function, Program, with_reset};
use crate::error::{Error, Result};
use crate::network::Population;
use crate::seed::Seed;
use crate::tile::{Bound, Declaration};
use crate::train::gemm::Float;

/// What a layer shows of its neurons in each step.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Shows {
    /// Their spikes.
    Spikes,
    /// A state variable by its name, such as `V_m`, at the end of the step: that of a readout.
    State(String),
}

/// How a layer is gone back over.
#[derive(Debug, Clone, PartialEq)]
pub struct Options {
    /// What stands for the derivative of a spike by its margin (the model's own, mostly in mV).
    pub surrogate: Surrogate,
    /// Whether derivatives pass through the decision to reset, too.
    pub attached: bool,
    /// The receptors that get input, by name, in the order of the operation's inputs.
    pub receptors: Vec<String>,
    /// What the layer shows.
    pub shows: Shows,
}

/// Neurons of a layer with their parameters, and their step as programs.
#[derive(Debug)]
pub struct Neurons<T> {
    pub(super) name: String,
    pub(super) units: usize,
    /// A step, ms.
    pub(super) dt: f64,
    /// Derived values, field by field: one for all, or one for each unit.
    pub(super) derived: Vec<Vec<T>>,
    /// Stored state before the first step, field by field and unit by unit.
    pub(super) start: Vec<Vec<T>>,
    /// A step, and the reset of those that spike, whose margins are not below zero.
    pub(super) step: Program,
    /// From what the step takes and the adjoints of the state after it and of the spike, to those of the state before it,
    /// written over the former, and of what arrives on the channels `inputs`.
    pub(super) back: Program,
    /// Channels of the model.
    pub(super) channels: usize,
    /// Of each variable of the state whether it counts steps, and so has no derivative.
    pub(super) counts: Vec<bool>,
    /// Of each input of the operation the channel it goes to.
    pub(super) inputs: Vec<usize>,
    /// The variable that is shown, and what is added to its stored value, one for each unit; spikes are shown where none is.
    pub(super) shown: Option<(usize, Vec<T>)>,
    shows: Shows,
    receptors: Vec<String>,
}

impl<T: Float> Neurons<T> {
    /// The neurons of a population, stepped by `dt` ms; values that are drawn are drawn from `seed` as a network would.
    ///
    /// # Errors
    /// A model that draws random numbers, emits several spikes a step or couples; a receptor or variable that it lacks; a
    /// parameter out of bounds; equations without a derivative.
    pub fn new(population: &Population, dt: f64, seed: Seed, options: &Options) -> Result<Neurons<T>> {
        let declared = population.model.declaration();
        trainable(population, declared)?;
        let equations = population.model.equations();
        let place = format!("layer '{}'", population.name);
        let inputs = channels(&place, declared, &options.receptors)?;
        let (derived, fields) = (declared.derived.len(), declared.state.len());
        let columns = Columns::new(population, dt, seed)?;
        let shown = match &options.shows {
            Shows::Spikes => None,
            Shows::State(name) => {
                let names: Vec<&str> = declared.state.iter().map(|variable| variable.name).collect();
                let found = names.iter().position(|known| known == name);
                let found = found.ok_or_else(|| Error::unknown("state variable", name, place.clone(), &names))?;
                Some((found, numbers(&columns.offset[found])))
            }
        };
        Ok(Neurons {
            name: population.name.clone(),
            units: population.size as usize,
            dt,
            derived: columns.derived.iter().map(|field| numbers(field)).collect(),
            start: columns.start.iter().map(|field| numbers(field)).collect(),
            step: Program::step(&with_reset(&equations.step, &equations.reset), derived, fields),
            back: back(&equations.step, &equations.reset, declared, &inputs, options)?,
            channels: declared.channels.len(),
            counts: declared.state.iter().map(|variable| variable.bound == Bound::Steps).collect(),
            inputs,
            shown,
            shows: options.shows.clone(),
            receptors: options.receptors.clone(),
        })
    }

    /// How many there are.
    pub fn units(&self) -> usize {
        self.units
    }

    /// What they are called.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// What they show, as they were asked to.
    pub fn shows(&self) -> &Shows {
        &self.shows
    }

    /// The receptors that get input, by name, in the order of the operation's inputs.
    pub fn receptors(&self) -> &[String] {
        &self.receptors
    }

    /// Variables of the state.
    pub(super) fn fields(&self) -> usize {
        self.start.len()
    }
}

fn numbers<T: Float>(values: &[f64]) -> Vec<T> {
    values.iter().map(|&value| T::of(value)).collect()
}

/// A model whose step can be gone back over.
fn trainable(population: &Population, declared: &Declaration) -> Result<()> {
    let refuse = |problem: &str| {
        let place = format!("layer '{}' ({})", population.name, declared.name);
        Err(Error::invalid(place, format!("{problem}; train lif_neuron, iaf_psc_exp or another that does not")))
    };
    if !declared.draws.is_empty() {
        return refuse("its step takes random numbers, through which no derivative passes");
    }
    if declared.multiple {
        return refuse("it emits several spikes in a step, which have no derivative one by one");
    }
    if population.model.signals().is_some() {
        return refuse("it gives a signal and no spikes");
    }
    Ok(())
}

/// The channels of receptors by their names.
fn channels(place: &str, declared: &Declaration, receptors: &[String]) -> Result<Vec<usize>> {
    let names: Vec<&str> = declared.channels.iter().map(|channel| channel.name).collect();
    let mut found = Vec::new();
    for name in receptors {
        let channel = names.iter().position(|known| known == name);
        let channel = channel.ok_or_else(|| Error::unknown("receptor", name, place, &names))?;
        if found.contains(&channel) {
            return Err(Error::invalid(place, format!("receptor '{name}' is named twice; add its inputs up first")));
        }
        found.push(channel);
    }
    Ok(found)
}

/// The step with its reset, gone back over.
fn back(
    step: &Function,
    reset: &Function,
    declared: &Declaration,
    inputs: &[usize],
    options: &Options,
) -> Result<Program> {
    let (derived, fields) = (declared.derived.len(), declared.state.len());
    let counts = |field: &usize| declared.state[*field].bound == Bound::Steps;
    // What is chosen and not mixed passes no derivative on to the decision.
    let chosen: Vec<usize> = (0..fields).filter(|field| !options.attached || counts(field)).collect();
    let whole = whole_step(step, reset, &chosen)?;
    let state = (0..fields).filter(|field| !counts(field)).map(|field| derived + field);
    let channels = inputs.iter().map(|channel| derived + fields + channel);
    let wanted: Vec<usize> = state.chain(channels).collect();
    let back = adjoint(&whole, &wanted, &options.surrogate)?;
    let first = whole.inputs.len();
    let over: Vec<Option<u32>> =
        (0..fields).filter(|field| !counts(field)).map(|field| Some((first + field) as u32)).collect();
    Ok(Program::new(&back, &over))
}

/// Numbers of a population, field by field and unit by unit, as its player would hold them.
struct Columns {
    /// One each where all units have the same.
    derived: Vec<Vec<f64>>,
    start: Vec<Vec<f64>>,
    /// What is added to stored values.
    offset: Vec<Vec<f64>>,
}

impl Columns {
    fn new(population: &Population, dt: f64, seed: Seed) -> Result<Columns> {
        let declared = population.model.declaration();
        let relative = |variable: &crate::tile::Variable| {
            variable.relative_to.and_then(|name| declared.parameters.iter().position(|p| p.name == name))
        };
        let mut columns = Columns {
            derived: vec![Vec::new(); declared.derived.len()],
            start: vec![Vec::new(); declared.state.len()],
            offset: vec![Vec::new(); declared.state.len()],
        };
        for unit in 0..population.size {
            let parameters = population.parameters_of(unit, seed.0)?;
            if unit == 0 || !population.uniform() {
                let derived = population.model.derive(&parameters, dt);
                columns.derived.iter_mut().zip(derived).for_each(|(field, value)| field.push(value));
            }
            let start = population.start_of(unit, &parameters, seed.0)?;
            for (field, value) in start.into_iter().enumerate() {
                let offset = relative(&declared.state[field]).map_or(0.0, |parameter| parameters[parameter]);
                columns.start[field].push(value - offset);
                columns.offset[field].push(offset);
            }
        }
        Ok(columns)
    }
}
