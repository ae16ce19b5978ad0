//! A parameter: numbers that an optimiser changes, and their constraints.

use crate::error::{Error, Result};
use crate::files::Checksum;
use crate::number::Number;
use crate::simd::{Level, Work, vectorised};
use crate::train::array::{Array, words};

use super::incoming::{Incoming, round};

/// The sign that a weight may have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sign {
    /// At most 0, as for the synapses of an inhibitory neuron.
    Negative,
    /// Any sign.
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

/// The signs of a parameter's places, as Dale's law asks for: all synapses of a neuron have the same.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Signs {
    /// Any sign everywhere.
    #[default]
    Free,
    /// One for each index on the first axis: in [source, target] one for each source.
    First(Vec<Sign>),
    /// One for each index on the last axis.
    Last(Vec<Sign>),
    /// One for each place, as for a list of synapses.
    Each(Vec<Sign>),
}

/// An array of numbers that is trained, with its gradient and its constraints.
///
/// Masked places stay exactly 0, signs are kept, values stay within bounds: [`Parameter::hold`] restores this after
/// each update.
#[derive(Debug, Clone, PartialEq)]
pub struct Parameter<T> {
    name: String,
    value: Array<T>,
    gradient: Array<T>,
    /// Whether optimisers change it.
    trained: bool,
    /// Whether weight decay and penalties apply to it.
    penalised: bool,
    /// The multiple of the learning rate that it is trained at.
    rate: f64,
    /// For each place, whether it may differ from 0.
    mask: Option<Vec<bool>>,
    signs: Signs,
    /// The least and the largest value.
    bounds: [f64; 2],
    /// The neurons that its weights go onto.
    incoming: Option<Incoming>,
    /// The distance of the grid that the network sees its values on.
    unit: Option<f64>,
}

impl<T: Number> Parameter<T> {
    /// A parameter that may have any values, is trained, and is penalised as weights are.
    ///
    /// # Errors
    /// A name that is empty, is `__metadata__`, or begins with `~`, which marks arrays of checkpoints that are no
    /// parameter.
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

    /// The parameter, not to be changed by optimisers.
    pub fn frozen(self) -> Parameter<T> {
        Parameter { trained: false, ..self }
    }

    /// The parameter, free of weight decay and of penalties on weights, as biases and delays are.
    pub fn unpenalised(self) -> Parameter<T> {
        Parameter { penalised: false, ..self }
    }

    /// The parameter, trained at this multiple of the learning rate.
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

    /// The parameter with places that stay 0: those where `mask` is false.
    ///
    /// # Errors
    /// Another number of places.
    pub fn masked(self, mask: Vec<bool>) -> Result<Parameter<T>> {
        self.check_length("places of a mask", mask.len(), self.value.data().len())?;
        Ok(Parameter { mask: Some(mask), ..self })
    }

    /// The parameter with signs that are kept.
    ///
    /// # Errors
    /// Another number of signs than there are places on the axis.
    pub fn signed(self, signs: Signs) -> Result<Parameter<T>> {
        let shape = self.value.shape();
        match &signs {
            Signs::Free => {}
            Signs::First(signs) => self.check_length("signs", signs.len(), shape.first().copied().unwrap_or(1))?,
            Signs::Last(signs) => self.check_length("signs", signs.len(), shape.last().copied().unwrap_or(1))?,
            Signs::Each(signs) => self.check_length("signs", signs.len(), self.value.data().len())?,
        }
        Ok(Parameter { signs, ..self })
    }

    /// The parameter with values from `least` to `most`, as a delay has at least one step.
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

    /// The parameter, which the network sees rounded to whole multiples of `unit`, as delays to steps.
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

    /// The parameter with places that are weights of synapses onto neurons, so that they can be kept on a grid
    /// ([`super::grid`]).
    ///
    /// # Errors
    /// Targets that do not fit the shape.
    pub fn onto(self, incoming: Incoming) -> Result<Parameter<T>> {
        incoming.check(&self.name, self.value.shape())?;
        Ok(Parameter { incoming: Some(incoming), ..self })
    }

    /// Checks that a list for the parameter has the length that it needs.
    fn check_length(&self, what: &str, found: usize, needed: usize) -> Result<()> {
        if found == needed {
            return Ok(());
        }
        let problem =
            format!("{found} {what} do not fit its shape {}, which needs {needed}", words(self.value.shape()));
        Err(Error::invalid(&self.name, problem))
    }

    /// The parameter's name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The real-valued numbers that the optimiser holds.
    pub fn value(&self) -> &Array<T> {
        &self.value
    }

    /// The same numbers, to be written; call [`Parameter::hold`] afterwards to restore constraints.
    pub fn value_mut(&mut self) -> &mut Array<T> {
        &mut self.value
    }

    /// The values that the network sees: rounded to the grid if there is one.
    pub fn seen(&self) -> Array<T> {
        let mut seen = self.value.clone();
        if let Some(unit) = self.unit {
            round(seen.data_mut(), unit);
        }
        seen
    }

    /// The derivative of the loss by the value at each place.
    pub fn gradient(&self) -> &Array<T> {
        &self.gradient
    }

    /// The gradient, to be written.
    pub fn gradient_mut(&mut self) -> &mut Array<T> {
        &mut self.gradient
    }

    /// The value, to be written, and the gradient.
    pub(super) fn value_mut_and_gradient(&mut self) -> (&mut [T], &[T]) {
        (self.value.data_mut(), self.gradient.data())
    }

    /// Whether optimisers change the parameter.
    pub fn is_trained(&self) -> bool {
        self.trained
    }

    /// Whether weight decay and penalties apply to it.
    pub fn is_penalised(&self) -> bool {
        self.penalised
    }

    /// The multiple of the learning rate that it is trained at.
    pub fn rate(&self) -> f64 {
        self.rate
    }

    /// The neurons that its weights go onto, if it holds weights of synapses.
    pub fn incoming(&self) -> Option<&Incoming> {
        self.incoming.as_ref()
    }

    /// The distance of neighbouring values on its grid, if it is on one.
    pub fn unit(&self) -> Option<f64> {
        self.unit
    }

    /// Puts the parameter on a grid of this distance, or takes it off.
    pub(super) fn set_unit(&mut self, unit: Option<f64>) {
        self.unit = unit;
    }

    /// CRC-32 of its constraints and of how it is trained, by which a checkpoint identifies it beside name and shape.
    pub(super) fn rules_checksum(&self) -> u32 {
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
            incoming.add_to_checksum(&mut checksum);
        }
        checksum.sum()
    }

    /// Restores the constraints: masked places and values of a wrong sign become 0, values are clipped to their bounds.
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

    /// Sets gradients of masked places to 0, so that they enter neither norms nor moments.
    pub fn mask_gradient(&mut self) {
        zero_masked(self.mask.as_deref(), self.gradient.data_mut());
    }
}

/// Sets the places where the mask is false to 0.
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

/// Whether all numbers are finite.
struct AllFinite<'a, T>(&'a [T]);

impl<T: Number> Work for AllFinite<'_, T> {
    type Out = bool;
    #[inline(always)]
    fn run<L: Level>(self) -> bool {
        self.0.iter().fold(true, |all, value| all & value.value().is_finite())
    }
}

/// The indices by axis of a place in an array of this shape, as text: [3, 12].
pub(super) fn index_text(place: usize, shape: &[usize]) -> String {
    let mut left = place;
    let mut indices: Vec<usize> = Vec::with_capacity(shape.len());
    for &size in shape.iter().rev() {
        indices.push(left % size.max(1));
        left /= size.max(1);
    }
    indices.reverse();
    format!("{indices:?}")
}
