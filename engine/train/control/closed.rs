//! The closed loop: forward through its windows, and backward for the gradient.

use crate::error::{Error, Result};
use crate::train::control::controller::{Controller, Net, Seen, Slopes};
use crate::train::control::course::Course;
use crate::train::control::plant::Plant;

/// What a closed loop did, window by window.
#[derive(Debug, Clone, PartialEq)]
pub struct Run {
    /// The rate of each window, spikes/s.
    pub rates: Vec<f64>,
    /// The drive that the controller set in each window, without the perturbation.
    pub drives: Vec<f64>,
    /// What the controller saw before each window.
    pub seen: Vec<Seen>,
}

/// The runs of `courses`, all of one length, one for each sample of the plant.
///
/// # Errors
/// No courses, or courses of different lengths; what [`Plant::window`] refuses.
pub fn follow(plant: &mut dyn Plant, controller: &dyn Controller, courses: &[Course]) -> Result<Vec<Run>> {
    let windows = courses.first().map_or(0, |course| course.targets.len());
    if courses.is_empty()
        || courses.iter().any(|course| course.targets.len() != windows || course.pushes.len() != windows)
    {
        return Err(Error::invalid("loop", "give courses, all of as many windows"));
    }
    let empty = Run { rates: Vec::new(), drives: Vec::new(), seen: Vec::new() };
    let mut runs = vec![empty; courses.len()];
    let mut now = vec![Seen::default(); courses.len()];
    for window in 0..windows {
        let mut drives = Vec::new();
        for ((run, seen), course) in runs.iter_mut().zip(&mut now).zip(courses) {
            seen.target = course.targets[window];
            let drive = controller.drive(seen);
            run.seen.push(*seen);
            run.drives.push(drive);
            drives.push(drive + course.pushes[window]);
        }
        for ((run, seen), rate) in runs.iter_mut().zip(&mut now).zip(plant.window(&drives)?) {
            *seen = seen_after(seen, rate);
            run.rates.push(rate);
        }
    }
    Ok(runs)
}

/// What a controller sees after a window in which it saw `seen` and the rate was `rate`; the target is not yet
/// replaced.
pub fn seen_after(seen: &Seen, rate: f64) -> Seen {
    Seen { target: seen.target, rate, before: seen.rate, integral: seen.integral + seen.target - rate }
}

/// The loss, the mean over runs and windows of ((rate - target) / scale)², and its derivatives by the weights of `net`.
/// The plant must be the one on which [`follow`] has just made `runs` with `net` as its controller.
///
/// # Errors
/// Another number of courses than of runs, or runs of different lengths; what [`Plant::back`] refuses.
pub fn gradient(
    plant: &mut dyn Plant,
    net: &Net,
    (runs, courses): (&[Run], &[Course]),
    scale: f64,
) -> Result<(f64, Slopes)> {
    let windows = runs.first().map_or(0, |run| run.rates.len());
    if runs.len() != courses.len() || windows == 0 || runs.iter().any(|run| run.rates.len() != windows) {
        return Err(Error::invalid("loop", "give a course for each run, all of as many windows"));
    }
    let (count, mut slopes, mut loss) = ((runs.len() * windows) as f64, Slopes::of(net), 0.0);
    // Derivatives by the rate of a window through what was seen later: one window later (`later[0]`), two windows later
    // (`later[1]`), and in all later sums of errors (`integral`).
    let mut later = vec![[0.0; 2]; runs.len()];
    let mut integral = vec![0.0; runs.len()];
    for window in (0..windows).rev() {
        let mut bars = Vec::new();
        for (sample, (run, course)) in runs.iter().zip(courses).enumerate() {
            let away = (run.rates[window] - course.targets[window]) / scale;
            loss += away * away / count;
            bars.push(2.0 * away / (scale * count) + later[sample][0] - integral[sample]);
        }
        for (sample, bar) in plant.back(&bars)?.into_iter().enumerate() {
            let [rate, before, sum] = net.back(&runs[sample].seen[window], bar, &mut slopes);
            later[sample] = [rate + later[sample][1], before];
            integral[sample] += sum;
        }
    }
    Ok((loss, slopes))
}
