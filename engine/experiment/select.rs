//! Neurons by name: `exc`, `exc[0..80]`, `exc[3, 7]`, `interneuron[AVAL, AVAR]`, `n["10"]`, `*`, `* E`, and lists of these.

use std::collections::BTreeMap;

use crate::error::{Error, Result};
use crate::experiment::neurons::matches;
use crate::experiment::value::Texts;
use crate::network::{Network, Selection};
use crate::text::counted;

/// The text `*`, which selects all neurons.
pub(crate) fn every_population() -> Texts {
    Texts(vec!["*".into()])
}

/// The neurons that `texts` name, one after the other; `place` is the table, for errors.
pub(crate) fn select(network: &Network, texts: &Texts, place: &str) -> Result<Selection> {
    let mut selection = Selection::default();
    for text in &texts.0 {
        selection = selection.and(select_one(network, text.trim(), place)?);
    }
    if selection.is_empty() {
        return Err(Error::invalid(place, "no neurons are named; name a population"));
    }
    Ok(selection)
}

/// The neurons that one text names.
fn select_one(network: &Network, text: &str, place: &str) -> Result<Selection> {
    if text == "*" {
        let mut all = Selection::default();
        for population in network.populations() {
            all = all.and(network.population(&population.name, place)?);
        }
        return Ok(all);
    }
    if text.contains('*') && !text.contains('[') {
        let fits = network.populations().iter().filter(|population| matches(text, &population.name));
        let found = fits.map(|population| network.population(&population.name, place));
        let all = found.collect::<Result<Vec<_>>>()?.into_iter().fold(Selection::default(), |all, own| all.and(own));
        if all.is_empty() {
            return Err(Error::invalid(
                place,
                format!("no population is called '{text}', where * stands for anything"),
            ));
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
    for item in split_items(inside) {
        let found = match &item {
            Item::Bare(item) => parse_range(item).or_else(|| find_named(network, &whole, item, &mut names)),
            Item::Quoted(name) => find_named(network, &whole, name, &mut names),
        };
        let range = found.ok_or_else(|| malformed(network, &whole, text, &item, place))?;
        if range.start >= range.end {
            let problem = format!("in '{text}', a range without a neuron; 0..3 is the neurons 0, 1 and 2");
            return Err(Error::invalid(place, problem));
        }
        if range.end > whole.len() {
            return Err(Error::invalid(place, out_of_range(network, &whole, text, name.trim(), &item)));
        }
        selection = selection.and(whole.slice(range));
    }
    Ok(selection)
}

/// What is wrong with an `item` of `text` that exceeds the population `name`, which `whole` selects; with advice where a neuron
/// is called so.
fn out_of_range(network: &Network, whole: &Selection, text: &str, name: &str, item: &Item) -> String {
    let last = whole.len().saturating_sub(1);
    let neurons = counted(whole.len(), "neuron");
    let problem = format!("'{text}' reaches outside {name}, which has {neurons} (0 to {last})");
    match item {
        Item::Bare(item) if find_named(network, whole, item, &mut None).is_some() => {
            format!("{problem}; the neuron called '{item}' is {name}[\"{item}\"]")
        }
        _ => problem,
    }
}

/// An index or a range of indices; `None` if the text is neither.
fn parse_range(item: &str) -> Option<std::ops::Range<u32>> {
    match item.split_once("..") {
        Some((start, end)) => Some(start.trim().parse().ok()?..end.trim().parse().ok()?),
        None => item.parse::<u32>().ok().and_then(|i| Some(i..i.checked_add(1)?)),
    }
}

/// Indices of neurons within their population, by name.
type Names<'a> = BTreeMap<&'a str, u32>;

/// The index, as a range, of the neuron called `item` in the population that `whole` selects; `names` is filled at the
/// first call, since populations are large.
fn find_named<'a>(
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

/// An item of a list in brackets, between two commas.
#[derive(Debug, PartialEq)]
enum Item {
    /// An index, a range, or a name that is neither.
    Bare(String),
    /// A name in quotes, which may look like an index or a range.
    Quoted(String),
}

/// The items of a selection. In double quotes a name may hold commas and brackets or be a number; a quote within it is
/// written twice.
fn split_items(inside: &str) -> Vec<Item> {
    let mut items = Vec::new();
    let mut rest = inside.trim_start();
    loop {
        let (item, after) = match rest.strip_prefix('"').and_then(read_quoted) {
            Some((name, after)) => (Item::Quoted(name), after),
            None => {
                let end = rest.find(',').unwrap_or(rest.len());
                (Item::Bare(rest[..end].trim().to_owned()), &rest[end..])
            }
        };
        items.push(item);
        match after.strip_prefix(',') {
            Some(after) => rest = after.trim_start(),
            None => return items,
        }
    }
}

/// The name up to its closing quote, and the text behind it; `None` unless that is empty or begins with a comma.
fn read_quoted(text: &str) -> Option<(String, &str)> {
    let (mut name, mut rest) = (String::new(), text);
    loop {
        let (part, after) = rest.split_once('"')?;
        name.push_str(part);
        match after.strip_prefix('"') {
            Some(after) => {
                name.push('"');
                rest = after;
            }
            None => {
                let after = after.trim_start();
                return (after.is_empty() || after.starts_with(',')).then_some((name, after));
            }
        }
    }
}

/// The error of an item that names no neuron, with advice where the name holds a comma or a quote.
fn malformed(network: &Network, whole: &Selection, text: &str, item: &Item, place: &str) -> Error {
    let problem = match item {
        Item::Quoted(name) => format!("in '{text}', no neuron of this population is called '{name}'"),
        Item::Bare(item) => format!(
            "in '{text}', '{item}' is neither an index, nor a range such as 0..80, nor the name of a neuron of this population"
        ),
    };
    // A name that holds a comma was split.
    let inside = text.strip_suffix(']').and_then(|t| t.split_once('[')).map_or("", |(_, inside)| inside.trim());
    let advice = match find_named(network, whole, inside, &mut None) {
        Some(_) => format!("; write the name in quotes, [\"{}\"]", inside.replace('"', "\"\"")),
        None if inside.contains('"') => "; a quote within a name in quotes is written twice".to_owned(),
        None => String::new(),
    };
    Error::invalid(place, problem + &advice)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_in_quotes_is_a_name() {
        let bare = |text: &str| Item::Bare(text.to_owned());
        let quoted = |text: &str| Item::Quoted(text.to_owned());
        for (inside, expected) in [
            ("0..80", vec![bare("0..80")]),
            ("3, 7", vec![bare("3"), bare("7")]),
            ("\"10\"", vec![quoted("10")]),
            ("\"Left, area 1\", \"R[0,1]\" ,AVAL", vec![quoted("Left, area 1"), quoted("R[0,1]"), bare("AVAL")]),
            ("\"say \"\"a\"\"\"", vec![quoted("say \"a\"")]),
            ("6\"", vec![bare("6\"")]),
            ("\"open, 1", vec![bare("\"open"), bare("1")]),
            ("", vec![bare("")]),
        ] {
            assert_eq!(split_items(inside), expected, "{inside}");
        }
    }
}
