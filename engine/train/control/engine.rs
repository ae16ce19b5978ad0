//! The loop closed around the engine's own population.

use crate::device::{Device, Precision};
use crate::error::{Error, Result};
use crate::network::{Network, Static, StepCurrentGenerator};
use crate::seed::Seed;
use crate::time::Time;
use crate::train::control::closed::{Run, seen_after};
use crate::train::control::controller::{Controller, Seen};
use crate::train::control::course::Course;
use crate::train::control::plant::{Neuropil, REST, WINDOW, current, rate};

/// The run of `course` in which the engine plays the population in `f64`. The current of a window is known only after
/// the window before it: for each window the engine plays all windows from the first on with the currents so far, which
/// gives the bits of one continuous run.
///
/// # Errors
/// A course without windows, or with lists of two lengths; what building and running the network refuse.
pub fn follow(plant: &Neuropil, controller: &dyn Controller, course: &Course) -> Result<Run> {
    if course.targets.is_empty() || course.targets.len() != course.pushes.len() {
        return Err(Error::invalid("loop", "give a course with a perturbation for each of its windows"));
    }
    let (mut run, mut seen) = (Run { rates: Vec::new(), drives: Vec::new(), seen: Vec::new() }, Seen::default());
    let mut currents = Vec::new();
    for (&target, &push) in course.targets.iter().zip(&course.pushes) {
        seen.target = target;
        let drive = controller.drive(&seen);
        run.seen.push(seen);
        run.drives.push(drive);
        currents.push(current(drive + push));
        let spikes = last_window(plant, &currents)?;
        let rate = rate(spikes, plant.population.size as usize);
        seen = seen_after(&seen, rate);
        run.rates.push(rate);
    }
    Ok(run)
}

/// The number of the population's spikes in the last window, after windows with these currents, pA.
fn last_window(plant: &Neuropil, currents: &[f64]) -> Result<u32> {
    let mut network = Network::new(Time::from_ms(1.0));
    let neurons = network.add_population(plant.population.clone())?;
    let begin = |window: usize| (REST + window * WINDOW) as f64;
    // A current is set a step before it acts: it takes one to arrive.
    let times = (0..currents.len()).map(|window| begin(window) - 1.0).collect();
    let generator = StepCurrentGenerator { times, amplitudes: currents.to_vec() };
    network.stimulate(&neurons, generator, Static::new(1.0, 1.0))?;
    network.record(&neurons, crate::network::Spikes)?;
    let mut simulation = network.build(Device::cpu().threads(1).precision(Precision::F64), Seed(1))?;
    simulation.run(Time::from_ms(begin(currents.len())))?;
    let before = begin(currents.len() - 1) as u32;
    Ok(simulation.all_spikes().iter().filter(|spike| spike.step > before).count() as u32)
}
