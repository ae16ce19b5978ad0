//! Reads astrocytes: a state that spikes move, and the signals that it gives.

use crate::equations::text::declarations::Declarations;
use crate::equations::text::declare;
use crate::equations::text::dynamics::{Equations, function_of_arrivals, joined, names, ranges};
use crate::equations::text::hoist::hoist_together;
use crate::equations::text::source::Section;
use crate::equations::text::step::{Parts, Stepping, bounded};
use crate::equations::text::units::Unit;
use crate::equations::text::{Functions, Model, Signal};
use crate::error::Result;

/// Reads the astrocyte `name` of a section.
pub(crate) fn read(name: &str, section: &Section) -> Result<Model> {
    section.only(&["kind", "about", "parameters", "state", "receptors", "dynamics"])?;
    let declared = Declarations::read(name, section)?;
    let state = declare::state(section.section("state")?, &declared.parameters, &[])?;
    let Some(dynamics) = section.section("dynamics")? else {
        return Err(section.refuse("an astrocyte has a table dynamics with its equations"));
    };
    dynamics.only(&["equations", "method", "substeps", "input", "gives"])?;
    let fixed = declared.fixed.clone();
    let states = names(&state, |variable| &variable.name);
    let taken: Vec<&str> = fixed.iter().chain(&states).map(|(name, _)| name.as_str()).collect();
    let arrivals = declare::receptors(section.section("receptors")?, &taken)?;
    let receptors: Vec<_> = arrivals.iter().map(|a| (a.declared.of.name.clone(), a.declared.unit)).collect();
    let equations = Equations::read(Some(dynamics))?;
    let signals = dynamics.section("gives")?.map_or(Ok(Vec::new()), |gives| gives.texts())?;
    let (gives, units) = equations.function_of_texts(&signals, &joined(&[&fixed, &states]))?;
    let steady = vec![("I".into(), Unit::PA)];
    let parts = Parts {
        system: equations.system(&fixed, &states, &[], &steady)?,
        arrive: function_of_arrivals(&equations, &arrivals, &fixed, &states, &receptors)?,
        ranges: ranges(&state, &fixed, &states)?,
        spike: None,
        reset: None,
        holds: Vec::new(),
        refractory: false,
        stepping: Stepping::read(dynamics)?,
        fixed,
        states,
        receptors,
        steady,
        before: Vec::new(),
        part: None,
        draws: 0,
    };
    let mut step = parts.step(dynamics)?;
    // An astrocyte emits no spikes.
    step.outputs.retain(|(name, _)| name != "margin");
    let (derive, [step, gives]) = hoist_together(&[step, gives], parts.fixed.len());
    bounded(dynamics, [&derive, &step, &gives])?;
    let signals = signals.iter().zip(units).map(|((name, _), unit)| Signal { name: (*name).to_owned(), unit });
    let functions = Functions::Astrocyte { step, signals: signals.collect(), gives };
    let receptors = arrivals.into_iter().map(|arrival| arrival.declared.of).collect();
    Ok(Model {
        equations: parts.equations(),
        solution: parts.solution(),
        receptors,
        ..declared.model(state, derive, functions)?
    })
}
