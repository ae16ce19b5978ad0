//! What a model declares: names, units, defaults and bounds, for people, files and the GPU.

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
    /// The rule in words, as errors and tables print it.
    pub fn rule(self) -> &'static str {
        match self {
            Bound::Any => "a finite number",
            Bound::Positive => "greater than 0",
            Bound::NonNegative => "0 or greater",
            Bound::Steps => "a whole number from 0 to 16777216",
            Bound::Flag => "true or false",
        }
    }

    /// The rule in words that `value` breaks, or `None` if it keeps the bound. A value that is not finite breaks every
    /// bound.
    pub fn broken_by(self, value: f64) -> Option<&'static str> {
        let kept = match self {
            Bound::Any => true,
            Bound::Positive => value > 0.0,
            Bound::NonNegative => value >= 0.0,
            // f32 holds all whole numbers up to 2²⁴.
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
    /// Its name, NEST's.
    pub name: &'static str,
    /// Its unit, NEST's.
    pub unit: &'static str,
    /// The value unless set, in its unit.
    pub default: f64,
    /// The bound that a value must keep.
    pub bound: Bound,
    /// Its meaning, one phrase.
    pub about: &'static str,
}

/// Where a state variable starts.
#[derive(Debug, Clone, Copy)]
pub enum Start {
    /// At a constant, in the unit of the variable.
    At(f64),
    /// At the value of a parameter.
    Parameter(&'static str),
}

/// A state variable of a model.
#[derive(Debug, Clone, Copy)]
pub struct Variable {
    /// Its name, NEST's.
    pub name: &'static str,
    /// Its unit, NEST's.
    pub unit: &'static str,
    /// Where it starts at time 0 unless set.
    pub start: Start,
    /// The parameter that the stored value is relative to, if any: stored = value - parameter.
    pub relative_to: Option<&'static str>,
    /// The bound that the value at time 0 must keep.
    pub bound: Bound,
    /// Its meaning, one phrase.
    pub about: &'static str,
}

/// An input channel (receptor) of a model.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Channel {
    /// Name of the receptor: "ex", "in"; or "in" alone where one channel takes both signs.
    pub name: &'static str,
    /// Unit of the weights.
    pub unit: &'static str,
    /// Which weights it takes.
    pub takes: Takes,
}

/// What a model declares: names, units, defaults and bounds, for people, files and the GPU.
#[derive(Debug)]
pub struct Declaration {
    /// Its name, NEST's.
    pub name: &'static str,
    /// What it models, one phrase.
    pub about: &'static str,
    /// Its parameters, in the order of the struct.
    pub parameters: &'static [Parameter],
    /// Its state variables, in the order they are stored.
    pub state: &'static [Variable],
    /// Names of the values that are derived from the parameters and dt, in `f64`, when the network is built.
    pub derived: &'static [&'static str],
    /// Its input channels, in the order of their numbers.
    pub channels: &'static [Channel],
    /// Whether one update can emit several spikes (1 + the whole part of the margin).
    pub multiple: bool,
    /// The random numbers that a step takes, in the order of its inputs.
    pub draws: &'static [Draw],
    /// The most spikes of one update, where the model itself bounds them; else the input bounds them.
    pub max_spikes: Option<u32>,
}

impl Declaration {
    /// Whether receptors are named by numbers from 1 on, as NEST's receptor types are: then none is chosen by the sign
    /// of a weight.
    pub fn numbers_receptors(&self) -> bool {
        self.channels.first().is_some_and(|channel| channel.name == "1")
    }

    /// The number of the channel that takes `weight`: the one named `receptor`, or, where `receptor` is `None`, the
    /// first that takes its sign. `None` where no channel does.
    pub fn channel(&self, receptor: Option<&str>, weight: f64) -> Option<usize> {
        self.channels.iter().position(|channel| match receptor {
            None => channel.takes.by_sign(weight),
            Some(name) => channel.name == name && channel.takes.by_name(weight),
        })
    }
}
