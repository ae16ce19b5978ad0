//! A course and the runs of two controllers, as a picture.

use crate::error::Result;
use crate::train::control::closed::Run;
use crate::train::control::course::Course;
use crate::train::control::plant::WINDOW;
use crate::train::drawn::{self, Curve, Curves};
use crate::train::study::File;

/// The file `control.png`: set point and rates over time, and below them perturbation and drives; no file without the
/// feature `pictures`.
///
/// # Errors
/// `Error::Internal` alone.
pub fn files(course: &Course, learned: &Run, pi: &Run) -> Result<Vec<File>> {
    let time = |window: usize| (window * WINDOW) as f64;
    let curve = |name: &str, values: &[f64]| Curve {
        name: name.into(),
        points: values.iter().enumerate().map(|(window, &value)| (time(window), value)).collect(),
    };
    // Each value holds for its whole window.
    let steps = |values: &[f64]| {
        let both = |(window, &value): (usize, &f64)| [(time(window), value), (time(window + 1), value)];
        values.iter().enumerate().flat_map(both).collect()
    };
    let panel = |up: &str, curves: Vec<Curve>| Curves { across: "time (ms)".into(), up: up.into(), curves };
    let panels = [
        panel(
            "rate (spikes/s)",
            vec![
                Curve { name: "asked for; below, perturbation".into(), points: steps(&course.targets) },
                curve("learned", &learned.rates),
                curve("PI and the set point", &pi.rates),
            ],
        ),
        panel(
            "drive",
            vec![
                Curve { name: String::new(), points: steps(&course.pushes) },
                curve("", &learned.drives),
                curve("", &pi.drives),
            ],
        ),
    ];
    drawn::stacked("control.png", &panels, "A population held at its set point")
}
