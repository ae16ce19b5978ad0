//! What a model is, for people, files and the GPU.

use crate::equations::{Draw, Takes};

/// The bounds of a parameter, or of a state variable at time 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Bound {
    /// Any finite number.
    Any,
    /// Greater than zero.
    Positive,
    /// Zero or greater.
    NonNegative,
    /// A whole number of steps, from 0 to 2²⁴.
    Steps,
    /// 0 or 1, written `false` or `true`.
    Flag,
}

impl Bound {
    /// The rule as words.
    pub fn rule(self) -> &'static str {
        match self {
            Bound::Any => "a finite number",
            Bound::Positive => "greater than 0",
            Bound::NonNegative => "0 or greater",
            Bound::Steps => "a whole number from 0 to 16777216",
            Bound::Flag => "true or false",
        }
    }

    /// The rule as words, or nothing if `value` keeps it.
    pub fn broken_by(self, value: f64) -> Option<&'static str> {
        let kept = match self {
            Bound::Any => true,
            Bound::Positive => value > 0.0,
            Bound::NonNegative => value >= 0.0,
            // As far as f32 counts.
            Bound::Steps => value.fract() == 0.0 && (0.0..=16_777_216.0).contains(&value),
            Bound::Flag => value == 0.0 || value == 1.0,
        };
        match self {
            _ if !value.is_finite() => Some(Bound::Any.rule()),
            _ if kept => None,
            _ => Some(self.rule()),
        }
    }
}

/// A parameter of a model.
#[derive(Debug, Clone, Copy)]
pub struct Parameter {
    /// NEST name.
    pub name: &'static str,
    /// Unit, NEST's.
    pub unit: &'static str,
    /// Default.
    pub default: f64,
    /// Bounds.
    pub bound: Bound,
    /// One phrase.
    pub about: &'static str,
}

/// Where a state variable starts.
#[derive(Debug, Clone, Copy)]
pub enum Start {
    /// At a constant.
    At(f64),
    /// At the value of a parameter.
    Parameter(&'static str),
}

/// A state variable of a model.
#[derive(Debug, Clone, Copy)]
pub struct Variable {
    /// NEST name.
    pub name: &'static str,
    /// Unit, NEST's.
    pub unit: &'static str,
    /// Value at time 0 unless set.
    pub start: Start,
    /// The parameter that the stored value is relative to, if any: stored = value - parameter.
    pub relative_to: Option<&'static str>,
    /// Bounds of the value at time 0.
    pub bound: Bound,
    /// One phrase.
    pub about: &'static str,
}

/// An input channel (receptor) of a model.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Channel {
    /// Name of the receptor: "ex", "in"; or "in" alone where one channel takes both signs.
    pub name: &'static str,
    /// Unit of the weights.
    pub unit: &'static str,
    /// Which weights go here.
    pub takes: Takes,
}

/// What a model is, for people, files and the GPU.
#[derive(Debug)]
pub struct Declaration {
    /// NEST name.
    pub name: &'static str,
    /// One sentence.
    pub about: &'static str,
    /// Parameters in the order of the struct.
    pub parameters: &'static [Parameter],
    /// State variables in the order they are stored.
    pub state: &'static [Variable],
    /// Values derived from the parameters and dt when the network is built, in `f64`.
    pub derived: &'static [&'static str],
    /// Input channels.
    pub channels: &'static [Channel],
    /// Whether one update can emit several spikes (1 + the whole part of the margin).
    pub multiple: bool,
    /// Random numbers that a step takes.
    pub draws: &'static [Draw],
    /// The most spikes of one update, where the model itself bounds them; else as many as what reaches it makes.
    pub most: Option<u32>,
}

impl Declaration {
    /// Whether receptors are called by number, 1 and up, as NEST's receptor types are: then none is chosen by a sign.
    pub fn numbers_receptors(&self) -> bool {
        self.channels.first().is_some_and(|channel| channel.name == "1")
    }

    /// The channel that takes a weight: the one called `receptor`, or where none is named the first by its sign.
    pub fn channel(&self, receptor: Option<&str>, weight: f64) -> Option<usize> {
        self.channels.iter().position(|channel| match receptor {
            None => channel.takes.by_sign(weight),
            Some(name) => channel.name == name && channel.takes.by_name(weight),
        })
    }
}
