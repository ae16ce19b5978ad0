//! The pictures of the study.

use crate::error::Result;
use crate::train::drawn::{self, Curve, Curves};
use crate::train::regimes::choice::Choice;
use crate::train::regimes::geometry::{Alignments, Setting};
use crate::train::regimes::learn::Moved;
use crate::train::regimes::start::Start;
use crate::train::study::{File, Report};

/// Adds the pictures to a report: `regimes.png` where recurrent networks were trained, `geometry.png` where settings
/// were.
///
/// # Errors
/// `Error::Internal` alone.
pub fn add(
    report: &mut Report,
    found: &[(Choice, Vec<Moved>)],
    shown: &[(Setting, Alignments, Alignments)],
) -> Result<()> {
    if !found.is_empty() {
        report.files.extend(rank_picture(found)?);
    }
    if !shown.is_empty() {
        report.files.extend(geometry_picture(shown)?);
    }
    Ok(())
}

/// The picture of measures by the effective rank of wirings, both in the mean over seeds; connectomes are points of
/// their own.
fn rank_picture(found: &[(Choice, Vec<Moved>)]) -> Result<Vec<File>> {
    let panel = |up: &str, of: fn(&Moved) -> f64| {
        let mut all = Vec::new();
        for (choice, moved) in found {
            let mut random = Curve { name: format!("{}, random", choice.name()), points: Vec::new() };
            let mut wired = Vec::new();
            for group in moved.chunk_by(|a, b| a.start == b.start) {
                let mean = |of: fn(&Moved) -> f64| group.iter().map(of).sum::<f64>() / group.len() as f64;
                let point = (mean(|moved| moved.effective).log2(), mean(of));
                match group[0].start {
                    Start::Rank(_) => random.points.push(point),
                    Start::Wired(graph) => {
                        wired.push(Curve { name: format!("{}, {}", choice.name(), graph.name()), points: vec![point] })
                    }
                    Start::Shuffled(_) => {}
                }
            }
            all.push(random);
            all.extend(wired);
        }
        Curves { across: "effective rank of the wiring at first, log2".into(), up: up.into(), curves: all }
    };
    let panels = [
        panel("representation", |moved| moved.representation),
        panel("tangent kernel", |moved| moved.tangent),
        panel("change of weights", |moved| moved.change),
    ];
    drawn::stacked("regimes.png", &panels, "What stays as it was: alignment before and after learning")
}

/// The picture of alignments, a point for each network.
fn geometry_picture(shown: &[(Setting, Alignments, Alignments)]) -> Result<Vec<File>> {
    let points = |parity: bool, of: fn(&(Setting, Alignments, Alignments)) -> &Alignments| {
        let own = shown.iter().filter(|both| both.0.parity == parity).map(of);
        // A point at NaN keeps the points next to it from being joined by a line.
        own.flat_map(|shown| [(shown.input, shown.target), (f64::NAN, f64::NAN)]).collect()
    };
    let curves = vec![
        Curve { name: "tanh, one bit".into(), points: points(false, |both| &both.1) },
        Curve { name: "ReLU, one bit".into(), points: points(false, |both| &both.2) },
        Curve { name: "tanh, parity".into(), points: points(true, |both| &both.1) },
        Curve { name: "ReLU, parity".into(), points: points(true, |both| &both.2) },
    ];
    let curves = Curves { across: "alignment with the inputs".into(), up: "alignment with the answers".into(), curves };
    drawn::one("geometry.png", &curves, "What hidden layers show")
}
