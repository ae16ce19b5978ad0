//! Surrogates for the derivative of a spike by its margin.

use crate::equations::graph::{Graph, Id, Op};
use crate::error::{Error, Result};

/// The function of the margin m that takes the place of the derivative of a spike, with the scale α (1/mV where m is in
/// mV).
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Surrogate {
    /// α/2 / (1 + (π/2·α·m)²), of area 1 (Fang et al. 2021).
    Atan(f64),
    /// 1 / (1 + α·|m|)², of height 1 (Zenke & Ganguli 2018).
    FastSigmoid(f64),
    /// α · max(0, 1 - α·|m|), of area 1 (Esser et al. 2016; Bellec et al. 2018).
    Triangle(f64),
    /// α where α·|m| < ½, else 0: of area 1 (Wu et al. 2018).
    Rectangular(f64),
}

/// The names, in the order of [`Surrogate`].
const NAMES: [&str; 4] = ["atan", "fast_sigmoid", "triangle", "rectangular"];

impl Surrogate {
    /// The surrogate of this name and scale; `place` is where errors say it was asked for.
    ///
    /// # Errors
    /// [`Error::Unknown`], with the nearest known name; a scale that is not a number above 0.
    pub fn named(name: &str, scale: f64, place: &str) -> Result<Surrogate> {
        if !(scale.is_finite() && scale > 0.0) {
            let problem = format!("the scale of a surrogate must be a number above 0, not {scale}");
            return Err(Error::invalid(place, problem));
        }
        match name {
            "atan" => Ok(Surrogate::Atan(scale)),
            "fast_sigmoid" => Ok(Surrogate::FastSigmoid(scale)),
            "triangle" => Ok(Surrogate::Triangle(scale)),
            "rectangular" => Ok(Surrogate::Rectangular(scale)),
            _ => Err(Error::unknown("surrogate", name, place, &NAMES)),
        }
    }

    /// Its name in files.
    pub fn name(self) -> &'static str {
        match self {
            Surrogate::Atan(_) => NAMES[0],
            Surrogate::FastSigmoid(_) => NAMES[1],
            Surrogate::Triangle(_) => NAMES[2],
            Surrogate::Rectangular(_) => NAMES[3],
        }
    }

    /// Its value at `margin`, appended to `graph`.
    pub fn value(self, graph: &mut Graph, margin: Id) -> Id {
        let one = graph.constant(1.0);
        match self {
            Surrogate::Atan(scale) => {
                let height = graph.constant(scale / 2.0);
                let factor = graph.constant(std::f64::consts::FRAC_PI_2 * scale);
                let x = graph.push(Op::Mul(factor, margin));
                let square = graph.push(Op::Mul(x, x));
                let below = graph.push(Op::Add(one, square));
                graph.push(Op::Div(height, below))
            }
            Surrogate::FastSigmoid(scale) => {
                let distance = distance(graph, margin, scale);
                let sum = graph.push(Op::Add(one, distance));
                let square = graph.push(Op::Mul(sum, sum));
                graph.push(Op::Div(one, square))
            }
            Surrogate::Triangle(scale) => {
                let (height, zero) = (graph.constant(scale), graph.constant(0.0));
                let distance = distance(graph, margin, scale);
                let rest = graph.push(Op::Sub(one, distance));
                let near = graph.push(Op::Above(rest, zero));
                let value = graph.push(Op::Mul(height, rest));
                graph.push(Op::Choose(near, value, zero))
            }
            Surrogate::Rectangular(scale) => {
                let (height, zero, half) = (graph.constant(scale), graph.constant(0.0), graph.constant(0.5));
                let distance = distance(graph, margin, scale);
                let near = graph.push(Op::Above(half, distance));
                graph.push(Op::Choose(near, height, zero))
            }
        }
    }
}

/// Appends α·|m| to the graph, with α the scale and m the margin.
fn distance(graph: &mut Graph, margin: Id, scale: f64) -> Id {
    let (zero, scale) = (graph.constant(0.0), graph.constant(scale));
    let x = graph.push(Op::Mul(scale, margin));
    let below = graph.push(Op::Above(zero, x));
    let other = graph.push(Op::Neg(x));
    graph.push(Op::Choose(below, other, x))
}
