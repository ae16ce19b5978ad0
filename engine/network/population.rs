//! Populations: neurons of one model.

use std::sync::Arc;

use crate::error::{Error, Result};
use crate::network::Value;
use crate::random::{Draws, Purpose, stream};
use crate::tile::{Bound, Model, Start, Variable};

/// Neurons of one model, with parameters and initial state per neuron or shared.
#[derive(Debug, Clone)]
pub struct Population {
    /// Name, unique in the network.
    pub name: String,
    /// Number of neurons.
    pub size: u32,
    /// Global id of the first neuron; set when the population is added to a network.
    pub first: u32,
    /// The neuron model.
    pub model: Arc<dyn Model>,
    /// Values of the parameters, in declared order.
    pub parameters: Vec<Value>,
    /// Initial values of state variables that were set, in declared order.
    pub start: Vec<Option<Value>>,
    /// Names of the neurons, where they have some.
    pub names: Option<Arc<[String]>>,
    /// Positions of the neurons (x, y, z), mm, for delays by distance.
    pub positions: Option<Arc<[[f64; 3]]>>,
}

impl Population {
    /// A population of `size` neurons with the model's defaults.
    ///
    /// # Errors
    /// A size of 0, an empty name.
    pub fn new(name: &str, size: u32, model: Arc<dyn Model>) -> Result<Population> {
        if size == 0 || name.is_empty() {
            let problem = "a population needs a name and at least one neuron";
            return Err(Error::invalid(format!("population '{name}'"), problem));
        }
        let declaration = model.declaration();
        let parameters = declaration.parameters.iter().map(|p| Value::Constant(p.default)).collect();
        let start = vec![None; declaration.state.len()];
        let name = name.to_owned();
        Ok(Population { name, size, first: 0, model, parameters, start, names: None, positions: None })
    }

    /// The same population with these values of its parameters, in declared order.
    ///
    /// # Errors
    /// A value out of bounds.
    pub fn with_parameters(mut self, parameters: Vec<Value>) -> Result<Population> {
        for (index, value) in parameters.into_iter().enumerate() {
            self.set_parameter(index, value)?;
        }
        Ok(self)
    }

    /// Sets a parameter or the initial value of a state variable, by NEST name.
    ///
    /// # Errors
    /// A name the model does not have, a value out of bounds, a list of values of another length than the size.
    pub fn set(&mut self, name: &str, value: impl Into<Value>) -> Result<()> {
        let declaration = self.model.declaration();
        if let Some(index) = declaration.parameters.iter().position(|p| p.name == name) {
            return self.set_parameter(index, value.into());
        }
        if let Some(index) = declaration.state.iter().position(|v| v.name == name) {
            let value = value.into();
            self.check_start(&declaration.state[index], &value)?;
            self.start[index] = Some(value);
            return Ok(());
        }
        let known: Vec<&str> =
            declaration.parameters.iter().map(|p| p.name).chain(declaration.state.iter().map(|v| v.name)).collect();
        let place = format!("population '{}' ({})", self.name, declaration.name);
        Err(Error::unknown("parameter", name, place, &known))
    }

    /// Sets a parameter; drawn values are checked when they are drawn.
    fn set_parameter(&mut self, index: usize, value: Value) -> Result<()> {
        let parameter = &self.model.declaration().parameters[index];
        let place = format!("{}.{}", self.name, parameter.name);
        if let Some(problem) = value.problem(Some(self.size as usize)) {
            return Err(Error::invalid(place, problem));
        }
        // Draws are checked one by one when the network is planned.
        self.check_bound(&value, parameter.bound, (parameter.name, parameter.unit))?;
        self.parameters[index] = value;
        Ok(())
    }

    /// Checks the starting value of a state variable.
    fn check_start(&self, variable: &Variable, value: &Value) -> Result<()> {
        let place = format!("{}.{}", self.name, variable.name);
        if let Some(problem) = value.problem(Some(self.size as usize)) {
            return Err(Error::invalid(place, problem));
        }
        if let (Value::Random { shape, factor, .. }, Bound::Steps) = (value, variable.bound)
            && !(shape.is_whole() && factor.fract() == 0.0)
        {
            let problem = format!("must be {}; draw it by uniform_int or binomial", variable.bound.rule());
            return Err(Error::invalid(place, problem));
        }
        // Draws differ from trial to trial, so that what may be drawn decides.
        let low = value.range().0.max(f64::MIN);
        if let (Value::Random { .. }, Some(rule)) = (value, variable.bound.broken_by(low)) {
            let problem =
                format!("must be {rule}, and draws of this distribution may be less; keep them within, as by min = 0");
            return Err(Error::invalid(place, problem));
        }
        self.check_bound(value, variable.bound, (variable.name, variable.unit))
    }

    /// Checks given values against the bound of a parameter or variable; drawn ones are checked elsewhere.
    pub(super) fn check_bound(&self, value: &Value, bound: Bound, (name, unit): (&str, &str)) -> Result<()> {
        let wrong = match value {
            Value::Constant(v) => bound.broken_by(*v).map(|rule| (*v, rule)),
            Value::Each(values) => values.iter().find_map(|v| bound.broken_by(*v).map(|rule| (*v, rule))),
            Value::Random { .. } => None,
        };
        let Some((value, rule)) = wrong else { return Ok(()) };
        // "greater than 0 ms", "0 ms or greater".
        let plain = unit.is_empty() || bound == Bound::Steps;
        let rule = if plain { rule.to_owned() } else { rule.replacen('0', &format!("0 {unit}"), 1) };
        Err(self.broken(name, value, rule))
    }

    /// Whether every neuron has the same parameters.
    pub fn uniform(&self) -> bool {
        self.parameters.iter().all(Value::is_constant)
    }

    /// Whether any state variable starts at values that are drawn.
    pub fn starts_at_random(&self) -> bool {
        self.start.iter().flatten().any(|value| matches!(value, Value::Random { .. }))
    }

    /// The parameters of neuron `i`, in declared order; drawn ones follow from `seed`, that of the network.
    ///
    /// # Errors
    /// A drawn value out of bounds, a rule between parameters that is broken.
    pub fn parameters_of(&self, i: u32, seed: u64) -> Result<Vec<f64>> {
        let declaration = self.model.declaration();
        let mut values = Vec::with_capacity(self.parameters.len());
        for (index, value) in self.parameters.iter().enumerate() {
            let drawn = value.at(i as usize, || self.draws(seed, index, i));
            let parameter = &declaration.parameters[index];
            if let Some(rule) = parameter.bound.broken_by(drawn) {
                return Err(self.broken(parameter.name, drawn, rule.into()));
            }
            values.push(drawn);
        }
        if let Some((field, rule)) = self.model.broken_rule(&values) {
            let index = declaration.parameters.iter().position(|p| p.name == field).unwrap_or(0);
            return Err(self.broken(field, values[index], rule));
        }
        Ok(values)
    }

    /// The initial state of neuron `i` with these parameters, in the user's units (V_m in mV), in declared order; drawn
    /// values follow from `seed`, that of a trial.
    ///
    /// # Errors
    /// A rule of the model that is broken.
    pub fn start_of(&self, i: u32, parameters: &[f64], seed: u64) -> Result<Vec<f64>> {
        let declaration = self.model.declaration();
        let by_name = |name: &str| {
            declaration.parameters.iter().position(|p| p.name == name).map_or(0.0, |index| parameters[index])
        };
        let starts = declaration.state.iter().zip(&self.start).enumerate();
        let values = starts.map(|(index, (variable, set))| match (set, variable.start) {
            (Some(value), _) => value.at(i as usize, || self.draws(seed, 128 + index, i)),
            (None, Start::At(value)) => value,
            (None, Start::Parameter(name)) => by_name(name),
        });
        let values: Vec<f64> = values.collect();
        match self.model.broken_start(parameters, &values) {
            None => Ok(values),
            Some((field, rule)) => {
                let index = declaration.state.iter().position(|v| v.name == field).unwrap_or(0);
                Err(self.broken(field, values[index], rule))
            }
        }
    }

    /// The random numbers for parameter or state variable `field` of neuron `i`, the same on every device and thread.
    pub(crate) fn draws(&self, seed: u64, field: usize, i: u32) -> Draws {
        Draws::new(seed, stream(Purpose::State, field as u32), u64::from(self.first + i))
    }

    /// The error of a value that breaks its rule.
    fn broken(&self, field: &str, value: f64, rule: String) -> Error {
        Error::Parameter { population: self.name.clone(), field: field.into(), value, rule }
    }
}
