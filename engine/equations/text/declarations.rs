//! Reads what all kinds of models declare, and makes the model.

use crate::equations::Function;
use crate::equations::text::declare::{self, Declared};
use crate::equations::text::dynamics::{joined, names, rules};
use crate::equations::text::source::Section;
use crate::equations::text::units::{Name, Unit};
use crate::equations::text::{Functions, Model, Parameter, Variable};
use crate::error::Result;

/// What all kinds of models declare.
pub(crate) struct Declarations {
    /// The name of the model.
    name: String,
    /// One sentence on it.
    about: String,
    /// The section that it is read from.
    section: Section,
    /// Its parameters.
    pub(crate) parameters: Vec<Declared<Parameter>>,
    /// Their names and units.
    pub(crate) parameter_names: Vec<Name>,
    /// Inputs that do not change while a model runs: the parameters and dt.
    pub(crate) fixed: Vec<Name>,
}

impl Declarations {
    /// Reads the keys `about` and `parameters`, which all kinds of models have.
    pub(crate) fn read(name: &str, section: &Section) -> Result<Declarations> {
        let about = match section.text("about")? {
            Some(about) if !about.text().trim().is_empty() => about.text().trim().to_owned(),
            _ => return Err(section.refuse("a model says what it is: about = \"one sentence\"")),
        };
        let parameters = declare::parameters(section.section("parameters")?)?;
        let parameter_names = names(&parameters, |parameter| &parameter.name);
        let fixed = joined(&[&parameter_names, &[("dt".into(), Unit::MS)]]);
        Ok(Declarations { name: name.to_owned(), about, section: section.clone(), parameters, parameter_names, fixed })
    }

    /// The model with this state and these functions; what other kinds of models do not have is left empty.
    pub(crate) fn model(self, state: Vec<Declared<Variable>>, derive: Function, functions: Functions) -> Result<Model> {
        let states = names(&state, |variable| &variable.name);
        let all = joined(&[&self.parameter_names, &states]);
        Ok(Model {
            parameter_rules: rules(&self.parameters, |parameter| &parameter.name, &self.parameter_names)?,
            state_rules: rules(&state, |variable| &variable.name, &all)?,
            name: self.name,
            about: self.about,
            parameters: self.parameters.into_iter().map(|declared| declared.of).collect(),
            state: state.into_iter().map(|declared| declared.of).collect(),
            receptors: Vec::new(),
            refractory: None,
            derive,
            equations: Vec::new(),
            solution: Vec::new(),
            draws: Vec::new(),
            ranges: None,
            begins_at_first_spike: false,
            functions,
            section: self.section,
        })
    }
}
