//! The tables of all models in the docs, made from their declarations.

use std::fmt::Write;

use super::{Bound, Model, Start, Takes, all, synapse, synapse_names};
use crate::equations::text;

/// Every model of a neuron or a synapse with its parameters, state variables and receptors, as Markdown.
pub fn table() -> String {
    let models = all();
    let mut sections: Vec<String> = models.iter().map(|model| model_section(model.as_ref())).collect();
    sections.push("## Synapses with memory\n".to_owned());
    // The tests fail if a text cannot be read.
    let synapses = synapse_names().filter_map(|name| synapse(name, "models").ok());
    sections.extend(synapses.map(|rule| synapse_section(rule.text())));
    sections.join("\n")
}

/// The section of a synapse model: its parameters and its state.
fn synapse_section(model: &text::Model) -> String {
    let mut text = format!("### {}\n\n{}.\n\n", model.name, capitalised(&model.about));
    text.push_str("| parameter | unit | default | bounds | meaning |\n|---|---|---|---|---|\n");
    for p in &model.parameters {
        let default = p.default_in_words();
        add_row(&mut text, [&p.name, &p.unit, &default, &model.parameter_rules.of(&p.name), &p.about]);
    }
    text.push_str("\n| state | unit | starts at | bounds | meaning |\n|---|---|---|---|---|\n");
    for variable in &model.state {
        let start = match &variable.start {
            text::Start::At(at) => at.to_string(),
            text::Start::Parameter(name) => name.clone(),
        };
        let rules = model.state_rules.of(&variable.name);
        add_row(&mut text, [&variable.name, &variable.unit, &start, &rules, &variable.about]);
    }
    text
}

/// The section of a neuron model: its parameters, state and receptors.
fn model_section(of: &dyn Model) -> String {
    let model = of.declaration();
    let text_rules = |rules: fn(&text::Model) -> &text::Rules, name: &str, bound: Bound| match of.text() {
        Some(text) if bound == Bound::Any => rules(text).of(name),
        _ => bound.rule().to_owned(),
    };
    let mut text = format!("### {}\n\n{}.\n\n", model.name, capitalised(model.about));
    if !model.parameters.is_empty() {
        text.push_str("| parameter | unit | default | bounds | meaning |\n|---|---|---|---|---|\n");
    }
    for p in model.parameters {
        let default = default_in_words(p.default, p.bound);
        let rule = text_rules(|text| &text.parameter_rules, p.name, p.bound);
        add_row(&mut text, [p.name, p.unit, &default, &rule, p.about]);
    }
    if !model.parameters.is_empty() {
        text.push('\n');
    }
    text.push_str("| state | unit | starts at | bounds | meaning |\n|---|---|---|---|---|\n");
    for variable in model.state {
        let start = match variable.start {
            Start::At(at) => default_in_words(at, Bound::Any),
            Start::Parameter(name) => name.to_owned(),
        };
        let rule = text_rules(|text| &text.state_rules, variable.name, variable.bound);
        add_row(&mut text, [variable.name, variable.unit, &start, &rule, variable.about]);
    }
    text.push_str("\n| receptor | unit | takes |\n|---|---|---|\n");
    for channel in model.channels {
        add_row(&mut text, [channel.name, channel.unit, takes(channel.takes)]);
    }
    text
}

/// Adds a row of a Markdown table.
fn add_row<const CELLS: usize>(text: &mut String, cells: [&str; CELLS]) {
    // Writing to a String cannot fail.
    let _ = writeln!(text, "| {} |", cells.join(" | "));
}

/// A default as people read it: a flag as true or false, and a bound that is none as "none".
fn default_in_words(number: f64, bound: Bound) -> String {
    match bound {
        Bound::Flag => (number != 0.0).to_string(),
        _ if number <= text::NO_LIMIT => "none".to_owned(),
        _ => number.to_string(),
    }
}

/// Which weights a receptor takes, in words.
pub fn takes(takes: Takes) -> &'static str {
    match takes {
        Takes::All => "every weight, with its sign",
        Takes::Positive => "weights of 0 and more; every weight where it is named",
        Takes::Negative => "weights below 0, with their sign; every weight where it is named",
        Takes::NonNegative => "weights of 0 and more",
        Takes::Magnitude => "weights below 0, as their magnitude",
        Takes::Count => "every spike as 1, whatever its weight",
    }
}

/// The phrase with its first letter as a capital.
fn capitalised(phrase: &str) -> String {
    let mut letters = phrase.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}
