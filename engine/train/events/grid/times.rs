//! The spikes of each neuron, in order.

use crate::error::{Error, Result};
use crate::spike::Spike;

/// The spikes of each neuron.
#[derive(Debug)]
pub(in crate::train::events) struct Times {
    /// Per neuron, where its spikes start; one more at the end.
    pub starts: Vec<u32>,
    /// Steps, neuron by neuron, rising.
    pub steps: Vec<u32>,
    /// Of each spike in the order of the run, its place in `steps`.
    pub place: Vec<u32>,
    /// Steps of the run.
    pub run: u32,
}

impl Times {
    /// Of `spikes` in the order of steps; `held` tells for how many steps a neuron is silent after each, if it is.
    ///
    /// # Errors
    /// Spikes out of order, of no neuron, of no step, or closer to each other than a neuron can fire.
    pub fn new(spikes: &[Spike], steps: u64, neurons: u32, held: impl Fn(u32) -> Option<u32>) -> Result<Times> {
        let wrong = |problem: String| Err(Error::invalid("spikes", problem));
        if steps >= u64::from(u32::MAX) || spikes.len() >= u32::MAX as usize {
            return wrong("there are more steps or spikes than 32 bits count".into());
        }
        let mut starts = vec![0u32; neurons as usize + 1];
        let mut last = 0;
        for &Spike { step, id } in spikes {
            if id >= neurons || step == 0 || u64::from(step) > steps || step < last {
                return wrong(format!(
                    "neuron {id} at step {step}: there are {neurons} neurons and {steps} steps counted from 1, and spikes are in the order of steps"
                ));
            }
            last = step;
            starts[id as usize + 1] += 1;
        }
        for i in 0..neurons as usize {
            starts[i + 1] += starts[i];
        }
        let mut next = starts.clone();
        let mut own = vec![0u32; spikes.len()];
        let mut place = Vec::with_capacity(spikes.len());
        for &Spike { step, id } in spikes {
            let at = next[id as usize];
            if let Some(held) = held(id)
                && at > starts[id as usize]
                && step <= own[at as usize - 1] + held
            {
                let before = own[at as usize - 1];
                return wrong(format!(
                    "neuron {id} fires at steps {before} and {step}, within {held} refractory steps"
                ));
            }
            own[at as usize] = step;
            place.push(at);
            next[id as usize] += 1;
        }
        Ok(Times { starts, steps: own, place, run: steps as u32 })
    }

    /// Steps of the spikes of a neuron.
    pub fn of(&self, neuron: u32) -> &[u32] {
        &self.steps[self.starts[neuron as usize] as usize..self.starts[neuron as usize + 1] as usize]
    }
}
