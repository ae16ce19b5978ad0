//! Weights of a projection as counts of the channels they reach.

use std::sync::Arc;

use crate::error::Result;
use crate::network::Receptor;
use crate::number::Fixed;
use crate::plan::connectivity::distribution::{Discrete, Distribution};
use crate::plan::connectivity::quantiles::{QuantileTable, StepTable};
use crate::plan::resolve::{Channel, Channels, Law, ResolvedProjection};
use crate::tile::{Model, Takes};

/// Weights onto one population, in counts.
#[derive(Debug, Clone, PartialEq)]
pub enum Weights<F> {
    /// The same for all.
    Same(F, u8),
    /// By a random word; negative draws go by the second table where they reach another channel.
    Table {
        /// Counts of the channel of weights of zero and more, and that channel.
        positive: (QuantileTable<F>, u8),
        /// The same for weights below zero, and whether that channel takes magnitudes; nothing where there are none, or
        /// where one channel takes both as they are.
        negative: Option<(QuantileTable<F>, u8, bool)>,
    },
    /// By a random word, one of some values.
    Steps(StepWeights<F>),
    /// One for each pair, in the user's unit.
    Each(EachWeight),
}

/// Weights that are some values only.
#[derive(Debug, Clone, PartialEq)]
pub struct StepWeights<F> {
    /// The place of a random word's value among all.
    pub places: StepTable,
    /// Counts of each value, and the channel it reaches.
    pub values: Vec<(F, u8)>,
}

/// Weights of listed pairs.
#[derive(Debug, Clone, PartialEq)]
pub struct EachWeight {
    values: Arc<[f64]>,
    channels: Channels,
    /// The value of a count of each channel.
    units: Arc<[f64]>,
}

/// Why no channel takes a weight, and what to do.
pub(crate) fn refused(model: &dyn Model, receptor: &Receptor, weight: f64) -> String {
    let name = model.declaration().name;
    match receptor {
        Receptor::BySign => format!("no receptor of {name} takes a weight of {weight}"),
        Receptor::Named(receptor) => {
            let side = if weight < 0.0 { "below" } else { "above" };
            format!(
                "receptor {receptor} of {name} is a conductance and takes no weight {side} 0, and one is {weight}; change the \
                 sign of the weight (inhibition is negative), or leave receptor out to choose it by sign"
            )
        }
    }
}

impl<F: Fixed> Weights<F> {
    /// The channel and the weight that all have, where there is one.
    pub fn common(&self) -> (Option<u8>, Option<F>) {
        match self {
            Weights::Same(weight, channel) => (Some(*channel), Some(*weight)),
            Weights::Table { positive: (_, channel), negative } => {
                let other = negative.as_ref().map_or(*channel, |n| n.1);
                (Some(*channel).filter(|c| *c == other), None)
            }
            Weights::Steps(steps) => {
                let first = steps.values.first().map(|value| value.1);
                (first.filter(|channel| steps.values.iter().all(|value| value.1 == *channel)), None)
            }
            Weights::Each(each) => (each.channel(), None),
        }
    }

    /// Bytes of tables; what a network lists is its own.
    pub(crate) fn bytes(&self) -> u64 {
        let of = |table: &QuantileTable<F>| std::mem::size_of_val(table.edges.as_slice()) as u64;
        match self {
            Weights::Table { positive, negative } => of(&positive.0) + negative.as_ref().map_or(0, |n| of(&n.0)),
            Weights::Steps(steps) => 4 * steps.places.words() + std::mem::size_of_val(steps.values.as_slice()) as u64,
            Weights::Same(..) | Weights::Each(_) => 0,
        }
    }

    /// Weight and channel of a random word.
    #[inline(always)]
    pub fn at(&self, word: u32) -> (F, u8) {
        match self {
            Weights::Same(count, channel) => (*count, *channel),
            Weights::Table { positive: (table, channel), negative } => {
                let count = table.at(word);
                match negative {
                    Some((table, channel, magnitude)) if count.is_negative() => {
                        let count = table.at(word);
                        (if *magnitude { count.negated() } else { count }, *channel)
                    }
                    _ => (count, *channel),
                }
            }
            Weights::Steps(steps) => steps.values[steps.places.at(word) as usize],
            Weights::Each(_) => (F::default(), 0),
        }
    }
}

impl EachWeight {
    /// The channel that all reach, where there is one.
    fn channel(&self) -> Option<u8> {
        let mut reached = self.values.iter().filter_map(|value| self.channels.of(*value)).map(|channel| channel.index);
        let first = reached.next()?;
        reached.all(|other| other == first).then_some(first)
    }

    /// Weight and channel of pair `k`.
    #[inline(always)]
    pub fn at<F: Fixed>(&self, k: u32) -> (F, u8) {
        let value = self.values[k as usize];
        self.channels.of(value).map_or((F::default(), 0), |channel| counted(value, channel, &self.units))
    }
}

/// A weight as a channel counts it, and the channel.
#[inline(always)]
fn counted<F: Fixed>(weight: f64, channel: Channel, units: &[f64]) -> (F, u8) {
    (F::quantise(channel.takes.apply(weight), units[usize::from(channel.index)]), channel.index)
}

/// The weights of `projection` onto neurons of `model`, whose channels count in `units`.
///
/// # Errors
/// A weight that no receptor takes, a distribution out of range.
pub(crate) fn weights<F: Fixed>(
    projection: &ResolvedProjection<'_>,
    channels: Channels,
    model: &dyn Model,
    units: &[f64],
) -> Result<Weights<F>> {
    let channel =
        |weight: f64| channels.of(weight).ok_or_else(|| projection.error(refused(model, projection.receptor, weight)));
    match projection.weight()? {
        Law::Constant(weight) => {
            let (count, channel) = counted(*weight, channel(*weight)?, units);
            Ok(Weights::Same(count, channel))
        }
        Law::Each(values) => {
            for sign in [values.iter().find(|v| **v > 0.0), values.iter().find(|v| **v < 0.0)] {
                sign.map_or(Ok(()), |v| channel(*v).map(drop))?;
            }
            Ok(Weights::Each(EachWeight { values: Arc::clone(values), channels, units: units.into() }))
        }
        Law::Random(distribution) => {
            let (low, high) = distribution.ends();
            let main = channel(high)?;
            if main.takes == Takes::Count {
                let (count, channel) = counted(1.0, main, units);
                return Ok(Weights::Same(count, channel));
            }
            let below = if low < 0.0 { Some(channel(low)?) } else { None };
            Ok(match distribution {
                Distribution::Discrete(discrete) => Weights::Steps(steps(discrete, main, below, units)),
                Distribution::Continuous(continuous) => {
                    let table = |channel: Channel| QuantileTable::new(continuous, units[usize::from(channel.index)]);
                    quantiles(table, main, below)
                }
            })
        }
    }
}

/// Values of zero and more go to `main`, others to `below`.
fn steps<F: Fixed>(discrete: &Discrete, main: Channel, below: Option<Channel>, units: &[f64]) -> StepWeights<F> {
    let counts = |&value: &f64| counted(value, below.filter(|_| value < 0.0).unwrap_or(main), units);
    StepWeights {
        places: StepTable::of(0, discrete.thresholds.clone()),
        values: discrete.values.iter().map(counts).collect(),
    }
}

fn quantiles<F: Fixed>(
    table: impl Fn(Channel) -> QuantileTable<F>,
    main: Channel,
    below: Option<Channel>,
) -> Weights<F> {
    let magnitude = |c: &Channel| c.takes == Takes::Magnitude;
    match below {
        // One channel takes all of it.
        Some(one) if one == main && !magnitude(&one) => {
            Weights::Table { positive: (table(main), main.index), negative: None }
        }
        // Both signs, or magnitudes of negative weights.
        Some(other) => Weights::Table {
            positive: (table(main), main.index),
            negative: Some((table(other), other.index, magnitude(&other))),
        },
        None => Weights::Table { positive: (table(main), main.index), negative: None },
    }
}
