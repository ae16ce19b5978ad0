//! Weights of a projection, in counts of the channels they reach.

use std::sync::Arc;

use crate::error::Result;
use crate::network::Receptor;
use crate::number::Fixed;
use crate::plan::connectivity::distribution::{Discrete, Distribution};
use crate::plan::connectivity::quantiles::{QuantileTable, ThresholdTable};
use crate::plan::resolve::{Channel, Channels, Law, ResolvedProjection};
use crate::tile::{Model, Takes};

/// Weights onto one population, in counts.
#[derive(Debug, Clone, PartialEq)]
pub enum Weights<F> {
    /// The same weight and channel for all.
    Same(F, u8),
    /// Drawn from a continuous distribution by a random word; negative draws go by the second table where they reach
    /// another channel.
    Table {
        /// The table in counts of the channel of weights of zero and more, and that channel.
        positive: (QuantileTable<F>, u8),
        /// The table for weights below zero, their channel, and whether it takes magnitudes; `None` where there are
        /// none, or where one channel takes both signs as they are.
        negative: Option<(QuantileTable<F>, u8, bool)>,
    },
    /// Drawn from a discrete distribution by a random word.
    Discrete(DiscreteWeights<F>),
    /// One for each pair of an explicit projection.
    Each(EachWeight),
}

/// Weights of a discrete distribution.
#[derive(Debug, Clone, PartialEq)]
pub struct DiscreteWeights<F> {
    /// From a random word to the index of its value.
    pub indices: ThresholdTable,
    /// Per value, its counts and the channel it reaches.
    pub values: Vec<(F, u8)>,
}

/// Weights of explicit pairs.
#[derive(Debug, Clone, PartialEq)]
pub struct EachWeight {
    /// Per pair, in the user's unit.
    values: Arc<[f64]>,
    channels: Channels,
    /// The value of a count of each channel.
    units: Arc<[f64]>,
}

/// What to say where `receptor` of `model` takes no weight of this value, and what to do.
pub(crate) fn refused(model: &dyn Model, receptor: &Receptor, weight: f64) -> String {
    let name = model.declaration().name;
    match receptor {
        Receptor::BySign => format!("no receptor of {name} takes a weight of {weight}"),
        Receptor::Named(receptor) => {
            let (side, other) =
                if weight < 0.0 { ("below", "above 0") } else { ("above", "below 0 (inhibition is negative)") };
            let declaration = model.declaration();
            let by_sign = declaration.channels.iter().any(|channel| channel.takes.by_sign(weight));
            let or = if by_sign && !declaration.numbers_receptors() {
                ", or leave receptor out to choose it by sign"
            } else {
                ""
            };
            format!(
                "receptor {receptor} of {name} is a conductance and takes no weight {side} 0, and one is {weight}; give \
                 weights {other}{or}"
            )
        }
    }
}

impl<F: Fixed> Weights<F> {
    /// The channel that all weights reach, and the weight, each where it is the same for all.
    pub fn common(&self) -> (Option<u8>, Option<F>) {
        match self {
            Weights::Same(weight, channel) => (Some(*channel), Some(*weight)),
            Weights::Table { positive: (_, channel), negative } => {
                let other = negative.as_ref().map_or(*channel, |n| n.1);
                (Some(*channel).filter(|c| *c == other), None)
            }
            Weights::Discrete(weights) => {
                let first = weights.values.first().map(|value| value.1);
                (first.filter(|channel| weights.values.iter().all(|value| value.1 == *channel)), None)
            }
            Weights::Each(each) => (each.channel(), None),
        }
    }

    /// The memory that tables take, bytes; the lists of the network are not counted.
    pub(crate) fn bytes(&self) -> u64 {
        let of = |table: &QuantileTable<F>| std::mem::size_of_val(table.edges.as_slice()) as u64;
        match self {
            Weights::Table { positive, negative } => of(&positive.0) + negative.as_ref().map_or(0, |n| of(&n.0)),
            Weights::Discrete(weights) => {
                4 * weights.indices.words() + std::mem::size_of_val(weights.values.as_slice()) as u64
            }
            Weights::Same(..) | Weights::Each(_) => 0,
        }
    }

    /// The weight and the channel that random word `word` draws; zeros for [`Weights::Each`], see [`EachWeight::at`].
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
            Weights::Discrete(weights) => weights.values[weights.indices.at(word) as usize],
            Weights::Each(_) => (F::default(), 0),
        }
    }
}

impl EachWeight {
    /// The channel that all weights reach, where it is the same for all.
    fn channel(&self) -> Option<u8> {
        let mut reached = self.values.iter().filter_map(|value| self.channels.of(*value)).map(|channel| channel.index);
        let first = reached.next()?;
        reached.all(|other| other == first).then_some(first)
    }

    /// The weight, in counts, and the channel of pair `k`.
    #[inline(always)]
    pub fn at<F: Fixed>(&self, k: u32) -> (F, u8) {
        let value = self.values[k as usize];
        self.channels.of(value).map_or((F::default(), 0), |channel| quantised(value, channel, &self.units))
    }
}

/// `weight` in counts of `channel`, and that channel.
#[inline(always)]
fn quantised<F: Fixed>(weight: f64, channel: Channel, units: &[f64]) -> (F, u8) {
    (F::quantise(channel.takes.apply(weight), units[usize::from(channel.index)]), channel.index)
}

/// The weights of `projection` onto neurons of `model`, which reach `channels`, in counts of `units` per channel.
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
            let (count, channel) = quantised(*weight, channel(*weight)?, units);
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
                let (count, channel) = quantised(1.0, main, units);
                return Ok(Weights::Same(count, channel));
            }
            let below = if low < 0.0 { Some(channel(low)?) } else { None };
            Ok(match distribution {
                Distribution::Discrete(discrete) => Weights::Discrete(discrete_weights(discrete, main, below, units)),
                Distribution::Continuous(continuous) => {
                    let table = |channel: Channel| QuantileTable::new(continuous, units[usize::from(channel.index)]);
                    continuous_weights(table, main, below)
                }
            })
        }
    }
}

/// The weights of a discrete distribution: values of zero and more reach channel `main`, others `below`.
fn discrete_weights<F: Fixed>(
    discrete: &Discrete,
    main: Channel,
    below: Option<Channel>,
    units: &[f64],
) -> DiscreteWeights<F> {
    let counts = |&value: &f64| quantised(value, below.filter(|_| value < 0.0).unwrap_or(main), units);
    DiscreteWeights {
        indices: ThresholdTable::of(0, discrete.thresholds.clone()),
        values: discrete.values.iter().map(counts).collect(),
    }
}

/// The weights of a continuous distribution, of which `table` makes the table for a channel: those of zero and more
/// reach channel `main`, others `below`.
fn continuous_weights<F: Fixed>(
    table: impl Fn(Channel) -> QuantileTable<F>,
    main: Channel,
    below: Option<Channel>,
) -> Weights<F> {
    let magnitude = |c: &Channel| c.takes == Takes::Magnitude;
    match below {
        // One channel takes both signs as they are.
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
