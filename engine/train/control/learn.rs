//! How controllers are tuned: a PI controller by a grid search, a network by gradients through the population.

use crate::error::{Error, Result};
use crate::train::Array;
use crate::train::control::closed::{Run, follow, gradient};
use crate::train::control::controller::{Controller, Net, Pi, SCALE, SEES};
use crate::train::control::course::Course;
use crate::train::control::plant::Neuropil;
use crate::train::fit::{Batch, Initial, Parameter, Parameters, Tally, Task};
use crate::train::share;

/// The drive at a network's zero output: it brings membranes of neurons without a drive of their own just to their
/// threshold.
pub const OFFSET: f64 = 1.0;
/// Courses that one thread runs side by side; derivatives are summed part by part, so that no sum depends on the number
/// of threads.
const TOGETHER: usize = 4;

/// The tracking error of each course, spikes/s: see [`Course::error`].
///
/// # Errors
/// As [`follow`].
pub fn tracking_errors(
    plant: &Neuropil,
    controller: &dyn Controller,
    courses: &[Course],
    threads: usize,
) -> Result<Vec<f64>> {
    let mut errors = vec![0.0; courses.len()];
    share::blocks(threads, &mut errors, TOGETHER, |block, errors| {
        let courses = &courses[block * TOGETHER..][..errors.len()];
        let runs = follow(&mut plant.begin(courses.len())?, controller, courses)?;
        for ((error, run), course) in errors.iter_mut().zip(runs).zip(courses) {
            *error = course.error(&run.rates)?;
        }
        Ok(())
    })?;
    Ok(errors)
}

/// The PI controller of `grid` with the least mean error over `courses`, the first where several are equal, and that
/// error, spikes/s.
///
/// # Errors
/// No controllers; as [`tracking_errors`].
pub fn best(plant: &Neuropil, grid: &[Pi], courses: &[Course], threads: usize) -> Result<(Pi, f64)> {
    let mut means = vec![f64::INFINITY; grid.len()];
    share::blocks(threads, &mut means, 1, |place, mean| {
        let errors = tracking_errors(plant, &grid[place], courses, 1)?;
        mean[0] = errors.iter().sum::<f64>() / errors.len() as f64;
        Ok(())
    })?;
    let least = grid.iter().zip(means).min_by(|a, b| a.1.total_cmp(&b.1));
    least
        .map(|(pi, mean)| (*pi, mean))
        .ok_or_else(|| Error::invalid("PI controller", "its grid is empty; name some gains"))
}

/// The PI controllers of the grid search: 49 pairs of a proportional and an integral gain with the offset [`OFFSET`];
/// with `forward`, each pair with 9 pairs of an offset and a feedforward gain.
pub fn pi_grid(forward: bool) -> Vec<Pi> {
    let proportional = [0.0, 0.002, 0.004, 0.006, 0.009, 0.013, 0.02];
    let integral = [0.0005, 0.001, 0.002, 0.004, 0.006, 0.009, 0.013];
    let offsets: &[f64] = if forward { &[0.6, 0.7, 0.8] } else { &[OFFSET] };
    let forwards: &[f64] = if forward { &[0.015, 0.02, 0.025] } else { &[0.0] };
    let both = offsets.iter().flat_map(|&offset| forwards.iter().map(move |&forward| (offset, forward)));
    let mut all = Vec::new();
    for (offset, forward) in both {
        for proportional in proportional {
            all.extend(integral.map(|integral| Pi { offset, forward, proportional, integral }));
        }
    }
    all
}

/// Initial parameters of a [`Net`] with `hidden` hidden units, drawn from `seed`.
///
/// # Errors
/// No units.
pub fn parameters(hidden: usize, seed: u64) -> Result<Parameters<f64>> {
    let mut parameters = Parameters::new();
    let shapes = [
        ("inner", vec![SEES, hidden], Initial::Normal(0.0, 0.5)),
        ("bias", vec![hidden], Initial::Constant(0.0)),
        ("outer", vec![hidden], Initial::Normal(0.0, 0.1)),
        ("last", vec![1], Initial::Constant(0.0)),
    ];
    for (place, (name, shape, initial)) in shapes.into_iter().enumerate() {
        let values = initial.array(name, &shape, seed, place as u32)?;
        parameters.add(Parameter::new(name, values)?.unpenalised())?;
    }
    Ok(parameters)
}

/// The network with these parameters, as [`parameters`] makes them.
///
/// # Errors
/// Parameters of another network.
pub fn net(parameters: &Parameters<f64>) -> Result<Net> {
    let of = |name: &str| parameters.named(name).map(|parameter| parameter.seen().into_data());
    let last = of("last")?.first().copied().unwrap_or(0.0);
    Net { offset: OFFSET, inner: of("inner")?, bias: of("bias")?, outer: of("outer")?, last }.checked()
}

/// The task of training a [`Net`] to follow courses: a sample is a course.
#[derive(Debug, Clone)]
pub struct Steering<'a> {
    /// The population that is controlled.
    pub plant: &'a Neuropil,
    /// All courses.
    pub courses: &'a [Course],
    /// Threads; results do not depend on how many.
    pub threads: usize,
}

impl Steering<'_> {
    /// The courses of a batch.
    fn courses(&self, batch: &Batch<'_>) -> Vec<Course> {
        batch.samples.iter().map(|&sample| self.courses[sample as usize].clone()).collect()
    }
}

impl Task<f64> for Steering<'_> {
    fn learn(&mut self, parameters: &mut Parameters<f64>, batch: &Batch<'_>) -> Result<Tally> {
        let (net, courses) = (net(parameters)?, self.courses(batch));
        let mut parts = vec![None; courses.len().div_ceil(TOGETHER)];
        share::blocks(self.threads, &mut parts, 1, |place, part| {
            let courses = &courses[place * TOGETHER..courses.len().min((place + 1) * TOGETHER)];
            let mut plant = self.plant.begin(courses.len())?;
            let runs: Vec<Run> = follow(&mut plant, &net, courses)?;
            part[0] = Some((courses.len(), gradient(&mut plant, &net, (&runs, courses), SCALE)?));
            Ok(())
        })?;
        let mut tally = Tally { samples: courses.len() as u64, ..Tally::default() };
        for (count, (loss, slopes)) in parts.into_iter().flatten() {
            tally.loss += loss * count as f64;
            let share = count as f64 / courses.len() as f64;
            let lists =
                [("inner", slopes.inner), ("bias", slopes.bias), ("outer", slopes.outer), ("last", vec![slopes.last])];
            for (name, list) in lists {
                let parameter = parameters.named_mut(name)?;
                let shape = parameter.value().shape().to_vec();
                let list = list.into_iter().map(|slope| share * slope).collect();
                parameter.gradient_mut().add(name, &Array::new(name, &shape, list)?)?;
            }
        }
        Ok(tally)
    }

    fn judge(&mut self, parameters: &Parameters<f64>, batch: &Batch<'_>) -> Result<Tally> {
        let (net, courses) = (net(parameters)?, self.courses(batch));
        let errors = tracking_errors(self.plant, &net, &courses, self.threads)?;
        let loss = errors.iter().map(|error| (error / SCALE).powi(2)).sum();
        Ok(Tally { samples: courses.len() as u64, loss, ..Tally::default() })
    }
}
