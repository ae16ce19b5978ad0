//! Neurons by name: `exc`, `exc[0..80]`, `exc[3, 7]`, `interneuron[AVAL, AVAR]`, `*`, and lists of these.

use std::collections::BTreeMap;

use crate::error::{Error, Result};
use crate::experiment::value::Texts;
use crate::network::{Network, Selection};

/// The neurons that `texts` names.
pub(crate) fn select(network: &Network, texts: &Texts, place: &str) -> Result<Selection> {
    let mut selection = Selection::default();
    for text in &texts.0 {
        selection = selection.and(one(network, text.trim(), place)?);
    }
    if selection.is_empty() {
        return Err(Error::Experiment {
            place: place.into(),
            problem: "no neurons are named; name a population".into(),
        });
    }
    Ok(selection)
}

fn one(network: &Network, text: &str, place: &str) -> Result<Selection> {
    if text == "*" {
        let mut all = Selection::default();
        for population in network.populations() {
            all = all.and(network.population(&population.name, place)?);
        }
        return Ok(all);
    }
    let exact = network.populations().iter().any(|p| p.name == text);
    let Some((name, inside)) = text.strip_suffix(']').and_then(|t| t.split_once('[')).filter(|_| !exact) else {
        return network.population(text, place);
    };
    let whole = network.population(name.trim(), place)?;
    let mut selection = Selection::default();
    let mut names = None;
    for item in inside.split(',').map(str::trim) {
        let range = match range(item) {
            Some(range) => range,
            None => named(network, &whole, item, &mut names).ok_or_else(|| malformed(text, item, place))?,
        };
        if range.start >= range.end || range.end > whole.len() {
            let last = whole.len().saturating_sub(1);
            let problem =
                format!("'{text}' reaches outside {}, which has {} neurons (0 to {last})", name.trim(), whole.len());
            return Err(Error::Experiment { place: place.into(), problem });
        }
        selection = selection.and(whole.slice(range));
    }
    Ok(selection)
}

fn range(item: &str) -> Option<std::ops::Range<u32>> {
    match item.split_once("..") {
        Some((start, end)) => Some(start.trim().parse().ok()?..end.trim().parse().ok()?),
        None => item.parse::<u32>().ok().and_then(|i| Some(i..i.checked_add(1)?)),
    }
}

type Names<'a> = BTreeMap<&'a str, u32>;

fn named<'a>(
    network: &'a Network,
    whole: &Selection,
    item: &str,
    names: &mut Option<Names<'a>>,
) -> Option<std::ops::Range<u32>> {
    let population = &network.populations()[whole.parts().first()?.population];
    let names = names.get_or_insert_with(|| {
        let list = population.names.iter().flat_map(|names| names.iter());
        list.zip(0..).map(|(name, i)| (name.as_str(), i)).collect()
    });
    names.get(item).map(|&i| i..i + 1)
}

fn malformed(text: &str, item: &str, place: &str) -> Error {
    let problem = format!(
        "in '{text}', '{item}' is neither an index, nor a range such as 0..80, nor the name of a neuron of this population"
    );
    Error::Experiment { place: place.into(), problem }
}
