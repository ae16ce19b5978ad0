//! All parameters of a model, by name and in order.

use std::collections::BTreeMap;

use super::parameter::{Parameter, first_not_finite, index_text};
use crate::error::{Error, Result};
use crate::number::Number;
use crate::train::Array;
use crate::train::array::same_shape;

/// The parameters of a model, in the order in which they were added.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Parameters<T> {
    all: Vec<Parameter<T>>,
    places: BTreeMap<String, usize>,
}

impl<T: Number> Parameters<T> {
    /// A list without parameters.
    pub fn new() -> Parameters<T> {
        Parameters { all: Vec::new(), places: BTreeMap::new() }
    }

    /// Adds a parameter, whose values must obey its constraints; returns its place.
    ///
    /// # Errors
    /// A name that exists already; values that are not finite, or break mask, signs or bounds.
    pub fn add(&mut self, parameter: Parameter<T>) -> Result<usize> {
        let name = parameter.name().to_owned();
        if self.places.contains_key(&name) {
            return Err(Error::invalid("parameters", format!("'{name}' is there twice; give each a name of its own")));
        }
        if let Some(place) = first_not_finite(parameter.value().data()) {
            let place = index_text(place, parameter.value().shape());
            return Err(Error::invalid(name, format!("its value at {place} is not finite; begin with finite ones")));
        }
        let mut held = parameter.clone();
        held.hold();
        let pairs = parameter.value().data().iter().zip(held.value().data());
        if let Some(place) = pairs.into_iter().position(|(own, held)| own != held) {
            let at = index_text(place, parameter.value().shape());
            let value = parameter.value().data().get(place).map_or(0.0, |value| value.value());
            let problem = format!("its value {value} at {at} breaks its mask, signs or bounds; call hold() before");
            return Err(Error::invalid(name, problem));
        }
        self.places.insert(name, self.all.len());
        self.all.push(parameter);
        Ok(self.all.len() - 1)
    }

    /// All parameters, in order.
    pub fn iter(&self) -> std::slice::Iter<'_, Parameter<T>> {
        self.all.iter()
    }

    /// All parameters, in order, to be changed.
    pub fn iter_mut(&mut self) -> std::slice::IterMut<'_, Parameter<T>> {
        self.all.iter_mut()
    }

    /// The number of parameters.
    pub fn len(&self) -> usize {
        self.all.len()
    }

    /// Whether there is no parameter.
    pub fn is_empty(&self) -> bool {
        self.all.is_empty()
    }

    /// The number of trained numbers, all parameters together.
    pub fn trained(&self) -> usize {
        self.iter().filter(|parameter| parameter.is_trained()).map(|parameter| parameter.value().data().len()).sum()
    }

    /// The parameter of this name.
    ///
    /// # Errors
    /// [`Error::Unknown`], with the nearest known name.
    pub fn named(&self, name: &str) -> Result<&Parameter<T>> {
        self.place(name).map(|place| &self.all[place])
    }

    /// The parameter of this name, to be changed.
    ///
    /// # Errors
    /// As [`Parameters::named`].
    pub fn named_mut(&mut self, name: &str) -> Result<&mut Parameter<T>> {
        self.place(name).map(|place| &mut self.all[place])
    }

    /// The place of the parameter of this name.
    fn place(&self, name: &str) -> Result<usize> {
        let known: Vec<&str> = self.places.keys().map(String::as_str).collect();
        self.places.get(name).copied().ok_or_else(|| Error::unknown("parameter", name, "the model", &known))
    }

    /// Sets all gradients to 0.
    pub fn zero_gradients(&mut self) {
        for parameter in &mut self.all {
            parameter.gradient_mut().data_mut().fill(T::of(0.0));
        }
    }

    /// Restores the constraints of all parameters, see [`Parameter::hold`].
    pub fn hold(&mut self) {
        self.all.iter_mut().for_each(Parameter::hold);
    }

    /// Values and units of all parameters, to be restored later.
    pub fn snapshot(&self) -> Snapshot<T> {
        let values = self.iter().map(|parameter| parameter.value().clone()).collect();
        Snapshot { values, units: self.iter().map(|parameter| parameter.unit()).collect() }
    }

    /// Restores values and units from [`Parameters::snapshot`].
    ///
    /// # Errors
    /// A snapshot of other parameters.
    pub fn restore(&mut self, snapshot: &Snapshot<T>) -> Result<()> {
        let Snapshot { values, units } = snapshot;
        if values.len() != self.all.len() || units.len() != self.all.len() {
            return Err(Error::invalid(
                "parameters",
                format!("values of {} parameters do not fit {}", values.len(), self.all.len()),
            ));
        }
        for (parameter, value) in self.all.iter().zip(values) {
            same_shape(parameter.name(), parameter.value().shape(), value.shape())?;
        }
        for (parameter, (value, unit)) in self.all.iter_mut().zip(values.iter().zip(units)) {
            *parameter.value_mut() = value.clone();
            parameter.set_unit(*unit);
        }
        Ok(())
    }
}

/// Values of parameters and the units of their grids, in the order of the parameters.
#[derive(Debug, Clone, PartialEq)]
pub struct Snapshot<T> {
    pub(super) values: Vec<Array<T>>,
    pub(super) units: Vec<Option<f64>>,
}
