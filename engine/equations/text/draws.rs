//! Random numbers: each `normal()` and `uniform()` in a neuron's equations and in its condition of a spike becomes an
//! input of its step.

use crate::equations::Draw;
use crate::equations::text::parse::{Expression, Node};
use crate::equations::text::source::Source;
use crate::equations::text::units::{Name, Unit};
use crate::error::Result;

/// The most random numbers of a step: a GPU keeps them in registers.
const MAX_DRAWS: usize = 64;

/// The error of a random number in another place.
pub(crate) const ELSEWHERE: &str =
    "random numbers are drawn in the equations of a neuron and in its condition of a spike alone";

/// Replaces each random number of an expression by the name of an input, and appends its distribution to `draws`.
pub(crate) fn name_draws(source: &Source, expression: &mut Expression, draws: &mut Vec<Draw>) -> Result<()> {
    for (node, at) in &mut expression.nodes {
        let Node::Call(name, arguments) = node else { continue };
        let Some(draw) = Draw::named(name) else { continue };
        if !arguments.is_empty() {
            let form = match draw {
                Draw::Normal => "mean + sd * normal()",
                Draw::Uniform => "low + (high - low) * uniform()",
            };
            return Err(source.refuse(*at, format!("{name} takes no values: write {form}")));
        }
        if draws.len() == MAX_DRAWS {
            return Err(source.refuse(*at, format!("a step takes at most {MAX_DRAWS} random numbers")));
        }
        *node = Node::Name(draw.input(draws.len()));
        draws.push(draw);
    }
    Ok(())
}

/// The names and units of the inputs that are these random numbers.
pub(crate) fn input_names(draws: &[Draw]) -> Vec<Name> {
    draws.iter().enumerate().map(|(k, draw)| (draw.input(k), Unit::ONE)).collect()
}
