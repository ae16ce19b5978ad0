//! A graph played on the engine, with the inputs and outputs of the plain player.

use super::network::{Exported, Placed, Tells};
use super::play::Signals;
use crate::device::Device;
use crate::error::{Error, Result};
use crate::models::ParrotNeuron;
use crate::network::{RecorderId, Spikes, Variable};
use crate::seed::Seed;
use crate::simulation::Simulation;
use crate::tile::Neuron as _;
use crate::time::TimeUnits as _;

impl Exported {
    /// Plays `steps` steps of the graph on `device` with `inputs` by the names of its inputs, numbers of spikes at
    /// [step, unit]; inputs that are left out are silent. Gives the values of the outputs and of the nodes in
    /// `watched`, at the graph's own steps, as [`super::play()`] does: a spike is 1.
    ///
    /// # Errors
    /// A node that does not exist, values of another length than steps x units or that are no numbers of spikes; as
    /// [`crate::network::Network::build`].
    pub fn play(mut self, steps: usize, inputs: &Signals, watched: &[&str], device: Device) -> Result<Signals> {
        let asked = self.ask(steps, inputs, watched)?;
        let (dt, latest) = (self.network.dt(), latest(&asked));
        let mut simulation = self.network.build(device, Seed(1))?;
        simulation.run(((steps + latest as usize) as f64 * dt).ms())?;
        let values = |asked: &Asked| told(&simulation, asked.recorder, &asked.placed, (steps, asked.later));
        asked.iter().map(|asked| Ok((asked.name.clone(), values(asked)?))).collect()
    }

    /// Adds the spikes of inputs, and recorders of the outputs and of the nodes in `watched`: what is asked for.
    ///
    /// # Errors
    /// As [`Exported::play`].
    pub(super) fn ask(&mut self, steps: usize, inputs: &Signals, watched: &[&str]) -> Result<Vec<Asked>> {
        for (name, values) in inputs {
            let placed = self.placed(name)?;
            let units = placed.neurons.len() as usize;
            if !self.is_input(placed) {
                return Err(Error::invalid(format!("input '{name}'"), "this node is no input of the graph"));
            }
            let spikes = spikes_of(name, values, (steps, units))?;
            self.spike(name, spikes)?;
        }
        let mut wanted: Vec<(String, Placed, u32)> = Vec::new();
        for (name, source) in &self.outputs {
            wanted.push((name.clone(), self.placed(&source.node)?.clone(), source.later));
        }
        for name in watched {
            let placed = self.placed(name)?;
            wanted.push((placed.name.clone(), placed.clone(), placed.later));
        }
        let mut asked: Vec<Asked> = Vec::new();
        for (name, placed, later) in wanted {
            let recorder = match asked.iter().find(|other| other.placed.name == placed.name) {
                Some(other) => other.recorder,
                None if placed.tells == Tells::Spikes => self.network.record(&placed.neurons, Spikes)?,
                None => {
                    let potential = Variable::every("V_m", self.network.dt());
                    self.network.record(&placed.neurons, potential)?
                }
            };
            asked.push(Asked { name, placed, later, recorder });
        }
        Ok(asked)
    }

    /// Whether a population plays an input of the graph.
    pub(super) fn is_input(&self, placed: &Placed) -> bool {
        let model = placed.neurons.parts().first().map(|part| &self.network.populations()[part.population].model);
        model.is_some_and(|model| model.declaration().name == ParrotNeuron::DECLARATION.name)
    }
}

/// An output, or a node that is watched.
pub(super) struct Asked {
    /// Its name.
    pub name: String,
    /// The population that tells its values.
    pub placed: Placed,
    /// Its step k is step k + `later` of the network.
    pub later: u32,
    /// The recorder of the population.
    pub recorder: RecorderId,
}

/// By how many steps the latest of what is asked for is later than the graph.
pub(super) fn latest(asked: &[Asked]) -> u32 {
    asked.iter().map(|asked| asked.later).max().unwrap_or(0)
}

/// The most spikes of an input, 24 bytes each.
const MOST_SPIKES: f64 = 1e8;

/// The spikes of an input, unit and step each.
fn spikes_of(name: &str, values: &[f64], (steps, units): (usize, usize)) -> Result<Vec<(u32, u64)>> {
    let wrong = |problem: String| Err(Error::invalid(format!("input '{name}'"), problem));
    if values.len() != steps * units {
        return wrong(format!("{} values for {steps} steps of {units} units", values.len()));
    }
    let all: f64 = values.iter().filter(|value| **value > 0.0).sum();
    if all > MOST_SPIKES {
        return wrong(format!(
            "{all} spikes are more than the {MOST_SPIKES} that can be listed; play fewer steps at once"
        ));
    }
    let mut spikes = Vec::new();
    for (at, &value) in values.iter().enumerate().filter(|(_, value)| **value != 0.0) {
        let (step, unit) = ((at / units) as u64 + 1, (at % units) as u32);
        if !(0.0..=1000.0).contains(&value) || value.fract() != 0.0 {
            return wrong(format!(
                "{value} of unit {unit} in step {step} is no number of spikes from 0 to 1000, which is what the engine takes"
            ));
        }
        spikes.extend((0..value as u32).map(|_| (unit, step)));
    }
    Ok(spikes)
}

/// What a population tells of its node, [step, unit].
fn told(
    simulation: &Simulation,
    recorder: RecorderId,
    placed: &Placed,
    (steps, later): (usize, u32),
) -> Result<Vec<f64>> {
    let (units, later) = (placed.neurons.len() as usize, later as usize);
    if placed.tells == Tells::Potential {
        let samples = &simulation.samples(recorder)?[later * units..];
        let value = |(at, v): (usize, &f64)| v * placed.scale[at % units] + placed.leak[at % units];
        return Ok(samples.iter().take(steps * units).enumerate().map(value).collect());
    }
    let mut values = vec![0.0; steps * units];
    for spike in simulation.all_spikes() {
        let unit = placed.neurons.index_of(spike.id);
        let step = (spike.step as usize).checked_sub(later + 1).filter(|step| *step < steps);
        if let (Some(unit), Some(step)) = (unit, step) {
            values[step * units + unit as usize] += 1.0;
        }
    }
    Ok(values)
}
