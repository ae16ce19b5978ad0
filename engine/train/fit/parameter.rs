//! A parameter: what an optimiser changes, and what must stay true of it.

use crate::error::{Error, Result};
use crate::files::Checksum;
use crate::number::Number;
use crate::simd::{Level, Work, vectorised};
use crate::train::array::{Array, words};

use super::incoming::{Incoming, round};

/// Which sign a weight may have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sign {
    /// At most 0, as of the synapses of an inhibitory neuron.
    Negative,
    /// Any.
    Free,
    /// At least 0.
    Positive,
}

impl Sign {
    /// The value itself where the sign allows it, else 0.
    fn held<T: Number>(self, value: T) -> T {
        let zero = T::of(0.0);
        let wrong = match self {
            Sign::Negative => value.above(zero),
            Sign::Free => false,
            Sign::Positive => zero.above(value),
        };
        if wrong { zero } else { value }
    }
}

/// The signs of a parameter's places (Dale's law): of the synapses of one neuron all have one.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Signs {
    /// Any, everywhere.
    #[default]
    Free,
    /// One for each place of the first axis: in [source, target] the law of sources.
    First(Vec<Sign>),
    /// One for each place of the last axis.
    Last(Vec<Sign>),
    /// One for each place, as of the synapses of a list.
    Each(Vec<Sign>),
}

/// Numbers that are trained, with their gradient.
///
/// Masked places stay exactly 0, signs are kept, values stay within bounds: [`Parameter::hold`] sees to it after each update.
#[derive(Debug, Clone, PartialEq)]
pub struct Parameter<T> {
    name: String,
    value: Array<T>,
    gradient: Array<T>,
    trained: bool,
    penalised: bool,
    rate: f64,
    mask: Option<Vec<bool>>,
    signs: Signs,
    bounds: [f64; 2],
    incoming: Option<Incoming>,
    unit: Option<f64>,
}

impl<T: Number> Parameter<T> {
    /// A parameter of any values, trained and penalised as weights are.
    ///
    /// # Errors
    /// A name that is empty or begins with `~`, by which checkpoints tell what is no parameter.
    pub fn new(name: &str, value: Array<T>) -> Result<Parameter<T>> {
        if name.is_empty() || name.starts_with('~') || name == "__metadata__" {
            let problem = format!("'{name}' is no name of a parameter; take one that begins with a letter");
            return Err(Error::invalid("parameters", problem));
        }
        let gradient = Array::zeros(name, value.shape())?;
        Ok(Parameter {
            name: name.to_owned(),
            value,
            gradient,
            trained: true,
            penalised: true,
            rate: 1.0,
            mask: None,
            signs: Signs::Free,
            bounds: [f64::NEG_INFINITY, f64::INFINITY],
            incoming: None,
            unit: None,
        })
    }

    /// Not changed by optimisers.
    pub fn frozen(self) -> Parameter<T> {
        Parameter { trained: false, ..self }
    }

    /// Free of weight decay and of penalties on weights, as biases and delays are.
    pub fn unpenalised(self) -> Parameter<T> {
        Parameter { penalised: false, ..self }
    }

    /// Trained at a multiple of the learning rate.
    ///
    /// # Errors
    /// A factor that is negative or not finite.
    pub fn at_rate(self, factor: f64) -> Result<Parameter<T>> {
        if !(factor >= 0.0 && factor.is_finite()) {
            let problem = format!("the factor {factor} of its learning rate must be a finite number of at least 0");
            return Err(Error::invalid(self.name, problem));
        }
        Ok(Parameter { rate: factor, ..self })
    }

    /// With places that stay 0: those where `mask` is false.
    ///
    /// # Errors
    /// Another number of places.
    pub fn masked(self, mask: Vec<bool>) -> Result<Parameter<T>> {
        self.as_many("places of a mask", mask.len(), self.value.data().len())?;
        Ok(Parameter { mask: Some(mask), ..self })
    }

    /// With signs that are kept.
    ///
    /// # Errors
    /// Another number of signs than there are places on the axis.
    pub fn signed(self, signs: Signs) -> Result<Parameter<T>> {
        let shape = self.value.shape();
        match &signs {
            Signs::Free => {}
            Signs::First(signs) => self.as_many("signs", signs.len(), shape.first().copied().unwrap_or(1))?,
            Signs::Last(signs) => self.as_many("signs", signs.len(), shape.last().copied().unwrap_or(1))?,
            Signs::Each(signs) => self.as_many("signs", signs.len(), self.value.data().len())?,
        }
        Ok(Parameter { signs, ..self })
    }

    /// With values from `least` to `most`: a delay has at least one step.
    ///
    /// # Errors
    /// A range that holds no number.
    pub fn bounded(self, least: f64, most: f64) -> Result<Parameter<T>> {
        if !(least <= most && least < f64::INFINITY && most > f64::NEG_INFINITY) {
            let problem = format!("no value lies between its bounds {least} and {most}; give the lower one first");
            return Err(Error::invalid(self.name, problem));
        }
        Ok(Parameter { bounds: [least, most], ..self })
    }

    /// Seen by the network as whole multiples of `unit`, as delays are of a step.
    ///
    /// # Errors
    /// A unit that is not above 0.
    pub fn rounded(self, unit: f64) -> Result<Parameter<T>> {
        if !(unit > 0.0 && unit.is_finite()) {
            let problem = format!("values cannot be multiples of {unit}; give a unit above 0");
            return Err(Error::invalid(self.name, problem));
        }
        Ok(Parameter { unit: Some(unit), ..self })
    }

    /// Whose places are weights of synapses onto some neurons, so that they may be kept on a grid ([`super::grid`]).
    ///
    /// # Errors
    /// Targets that do not fit the shape.
    pub fn onto(self, incoming: Incoming) -> Result<Parameter<T>> {
        incoming.check(&self.name, self.value.shape())?;
        Ok(Parameter { incoming: Some(incoming), ..self })
    }

    /// Refuses a list of another length than a parameter needs.
    fn as_many(&self, what: &str, found: usize, needed: usize) -> Result<()> {
        if found == needed {
            return Ok(());
        }
        let problem =
            format!("{found} {what} do not fit its shape {}, which needs {needed}", words(self.value.shape()));
        Err(Error::invalid(&self.name, problem))
    }

    /// Its name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The real-valued numbers that the optimiser holds.
    pub fn value(&self) -> &Array<T> {
        &self.value
    }

    /// The same, to be written; [`Parameter::hold`] restores what must be true of them.
    pub fn value_mut(&mut self) -> &mut Array<T> {
        &mut self.value
    }

    /// What the network sees: the value, rounded to its grid where it has one.
    pub fn seen(&self) -> Array<T> {
        let mut seen = self.value.clone();
        if let Some(unit) = self.unit {
            round(seen.data_mut(), unit);
        }
        seen
    }

    /// The derivative of the loss by each place.
    pub fn gradient(&self) -> &Array<T> {
        &self.gradient
    }

    /// The same, to be written.
    pub fn gradient_mut(&mut self) -> &mut Array<T> {
        &mut self.gradient
    }

    /// Value, to be written, and gradient.
    pub(super) fn parts_mut(&mut self) -> (&mut [T], &[T]) {
        (self.value.data_mut(), self.gradient.data())
    }

    /// Whether optimisers change it.
    pub fn is_trained(&self) -> bool {
        self.trained
    }

    /// Whether weight decay and penalties take it in.
    pub fn is_penalised(&self) -> bool {
        self.penalised
    }

    /// The multiple of the learning rate it is trained at.
    pub fn rate(&self) -> f64 {
        self.rate
    }

    /// The synapses it holds the weights of.
    pub fn incoming(&self) -> Option<&Incoming> {
        self.incoming.as_ref()
    }

    /// The distance of its grid, if it is on one.
    pub fn unit(&self) -> Option<f64> {
        self.unit
    }

    pub(super) fn set_unit(&mut self, unit: Option<f64>) {
        self.unit = unit;
    }

    /// CRC-32 of all that must stay true of it, and of how it is trained: what a checkpoint knows it by beside name and shape.
    pub(super) fn rules(&self) -> u32 {
        let mut checksum = Checksum::default();
        checksum.update(&[u8::from(self.trained), u8::from(self.penalised), u8::from(self.mask.is_some())]);
        for number in [self.rate, self.bounds[0], self.bounds[1]] {
            checksum.update(&number.to_bits().to_le_bytes());
        }
        self.mask.iter().flatten().for_each(|&kept| checksum.update(&[u8::from(kept)]));
        let (kind, signs): (u8, &[Sign]) = match &self.signs {
            Signs::Free => (0, &[]),
            Signs::First(signs) => (1, signs),
            Signs::Last(signs) => (2, signs),
            Signs::Each(signs) => (3, signs),
        };
        checksum.update(&[kind]);
        signs.iter().for_each(|&sign| checksum.update(&[sign as u8]));
        if let Some(incoming) = &self.incoming {
            incoming.sum(&mut checksum);
        }
        checksum.sum()
    }

    /// Makes true what must be: masked places 0, wrong signs 0, values within bounds.
    pub fn hold(&mut self) {
        let columns = self.value.shape().last().copied().unwrap_or(1).max(1);
        let rows = self.value.shape().first().copied().unwrap_or(1).max(1);
        let data = self.value.data_mut();
        let row = (data.len() / rows).max(1);
        let hold = |value: &mut T, sign: Option<&Sign>| *value = sign.map_or(*value, |sign| sign.held(*value));
        match &self.signs {
            Signs::Free => {}
            Signs::Each(signs) => data.iter_mut().zip(signs).for_each(|(value, sign)| hold(value, Some(sign))),
            Signs::First(signs) => {
                for (row, sign) in data.chunks_mut(row).zip(signs) {
                    row.iter_mut().for_each(|value| hold(value, Some(sign)));
                }
            }
            Signs::Last(signs) => {
                for row in data.chunks_mut(columns) {
                    row.iter_mut().zip(signs).for_each(|(value, sign)| hold(value, Some(sign)));
                }
            }
        }
        if self.bounds != [f64::NEG_INFINITY, f64::INFINITY] {
            let [least, most] = self.bounds.map(T::of);
            for value in data.iter_mut() {
                *value = if least.above(*value) { least } else { *value };
                *value = if value.above(most) { most } else { *value };
            }
        }
        zero_masked(self.mask.as_deref(), data);
    }

    /// Zeroes gradients of masked places, so that nothing of them enters a norm or a moment.
    pub fn mask_gradient(&mut self) {
        zero_masked(self.mask.as_deref(), self.gradient.data_mut());
    }
}

/// Makes 0 of the places where the mask is false.
fn zero_masked<T: Number>(mask: Option<&[bool]>, data: &mut [T]) {
    for (value, _) in data.iter_mut().zip(mask.unwrap_or_default()).filter(|(_, kept)| !**kept) {
        *value = T::of(0.0);
    }
}

/// The place of the first number that is NaN or infinite.
pub(super) fn first_not_finite<T: Number>(data: &[T]) -> Option<usize> {
    if vectorised(AllFinite(data)) {
        return None;
    }
    data.iter().position(|value| !value.value().is_finite())
}

struct AllFinite<'a, T>(&'a [T]);

impl<T: Number> Work for AllFinite<'_, T> {
    type Out = bool;
    #[inline(always)]
    fn run<L: Level>(self) -> bool {
        self.0.iter().fold(true, |all, value| all & value.value().is_finite())
    }
}

/// A place in rows as its indices by axis: [3, 12].
pub(super) fn index(place: usize, shape: &[usize]) -> String {
    let mut left = place;
    let mut indices: Vec<usize> = Vec::with_capacity(shape.len());
    for &size in shape.iter().rev() {
        indices.push(left % size.max(1));
        left /= size.max(1);
    }
    indices.reverse();
    format!("{indices:?}")
}
