//! What was found, as pictures.

use crate::error::Result;
use crate::train::drawn::{self, Curve, Curves};
use crate::train::regimes::choice::Choice;
use crate::train::regimes::geometry::{Setting, Shown};
use crate::train::regimes::learn::Moved;
use crate::train::regimes::start::Start;
use crate::train::study::{File, Report};

/// Adds the pictures of what there is.
///
/// # Errors
/// None that a user can cause.
pub fn add(report: &mut Report, found: &[(Choice, Vec<Moved>)], shown: &[(Setting, Shown, Shown)]) -> Result<()> {
    if !found.is_empty() {
        report.files.extend(ranks(found)?);
    }
    if !shown.is_empty() {
        report.files.extend(geometry(shown)?);
    }
    Ok(())
}

/// Measures in the mean over seeds by the effective rank of wirings; connectomes are points of their own.
fn ranks(found: &[(Choice, Vec<Moved>)]) -> Result<Vec<File>> {
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

/// A point for each network.
fn geometry(shown: &[(Setting, Shown, Shown)]) -> Result<Vec<File>> {
    let points = |parity: bool, of: fn(&(Setting, Shown, Shown)) -> &Shown| {
        let own = shown.iter().filter(|both| both.0.parity == parity).map(of);
        // What is not a number keeps points apart.
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
