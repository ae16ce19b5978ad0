//! What the name of a column says of it.

use super::Columns;
use crate::error::{Error, Result};

/// Names of the source and of the target, which go together.
const ENDS: &[[&str; 2]] = &[
    ["source", "target"],
    ["pre", "post"],
    ["from", "to"],
    ["src", "dst"],
    ["src", "tar"],
    ["pre_root_id", "post_root_id"],
    ["pre_pt_root_id", "post_pt_root_id"],
    ["presynaptic_id", "postsynaptic_id"],
    ["body_pre", "body_post"],
    ["bodyid_pre", "bodyid_post"],
    ["from_neuron", "to_neuron"],
    ["presynaptic", "postsynaptic"],
    ["neuron 1", "neuron 2"],
    ["stim", "resp"],
];
/// Names of weights, of which one that is called weight itself comes before the others.
const WEIGHT: &[&str] = &[
    "synapses",
    "syn_count",
    "synapse_count",
    "num_synapses",
    "connectivity",
    "count",
    "n_synapses",
    "n_syn",
    "nbr",
    "number_of_fibers",
];
pub(super) const KIND: &[&str] = &["kind", "type", "edge_type", "synapse_type"];
pub(super) const LENGTH: &[&str] = &["length", "tract_length", "length_mm", "fiber_length", "fiber_length_mean"];
pub(super) const TRANSMITTER: &[&str] = &["transmitter", "nt_type", "neurotransmitter", "nt", "nt1"];

/// Words in the names of columns of numbers that are no weights: marks of rows, and delays.
const MARKS: &[&str] = &[
    "id",
    "ids",
    "index",
    "idx",
    "unnamed",
    "timestamp",
    "timeset",
    "date",
    "year",
    "label",
    "order",
    "delay",
    "delays",
    "ms",
];
/// Words in the names of columns of numbers that hardly are weights.
const OTHERWISE: &[&str] = &[
    "no", "distance", "dist", "time", "x", "y", "z", "rank", "group", "cluster", "module", "layer", "p", "q", "pvalue",
    "qvalue",
];

/// How surely a name is that of a weight.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Says {
    /// It is a name in common use.
    Known,
    /// It has a word for weights, whatever else.
    Word,
    /// It may be a mark or a place of synapses as well.
    Doubtful,
}

/// A heading without the case and blanks in which programs differ.
fn normalised_heading(name: &str) -> String {
    name.trim().to_lowercase()
}

/// The words of a name: between signs, and from one capital letter to the next.
fn split_words(name: &str) -> Vec<String> {
    let mut spaced = String::with_capacity(name.len());
    let mut before = ' ';
    for letter in name.chars() {
        if before.is_lowercase() && letter.is_uppercase() {
            spaced.push(' ');
        }
        spaced.push(letter);
        before = letter;
    }
    let lower = spaced.to_lowercase();
    lower.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()).map(str::to_owned).collect()
}

/// The first column of one of these names, in their order.
pub(super) fn find(header: &[String], names: &[&str]) -> Option<usize> {
    names.iter().find_map(|name| header.iter().position(|h| normalised_heading(h) == **name))
}

/// The names of some columns, as many as a sentence bears.
pub(super) fn listed(header: &[String], columns: impl IntoIterator<Item = usize>) -> String {
    let names: Vec<&str> = columns.into_iter().filter_map(|c| header.get(c)).map(String::as_str).collect();
    let more = if names.len() > 20 { ", ..." } else { "" };
    format!("{}{more}", names[..names.len().min(20)].join(", "))
}

/// The column of a name that was asked for.
pub(super) fn named_column(header: &[String], name: &str, place: &str) -> Result<usize> {
    let found = header.iter().position(|h| h == name).or_else(|| find(header, &[&*name.to_lowercase()]));
    found.ok_or_else(|| Error::unknown("column", name, place, header))
}

/// Whether a column is called weight.
pub(super) fn is_weight(name: &str) -> bool {
    matches!(normalised_heading(name).as_str(), "weight" | "weights")
}

/// Whether a name is that of a weight.
pub(super) fn says_weight(name: &str) -> Option<Says> {
    if is_weight(name) || WEIGHT.contains(&normalised_heading(name).as_str()) {
        return Some(Says::Known);
    }
    let words = split_words(name);
    let has = |listed: &[&str]| words.iter().any(|word| listed.contains(&word.as_str()));
    let part = |part: &str| words.iter().any(|word| word.contains(part));
    let synapses = part("synap") || has(&["syn", "syns", "nsyn", "syncount"]);
    let weight = part("weight") || part("strength");
    let count = has(&["count", "counts", "cnt", "syncount"]);
    match () {
        () if !(synapses || weight || count) => None,
        () if has(MARKS) => Some(Says::Doubtful),
        () if weight || (synapses && count) => Some(Says::Word),
        () if has(OTHERWISE) && words.iter().any(|word| word != "no" && OTHERWISE.contains(&word.as_str())) => {
            Some(Says::Doubtful)
        }
        () => Some(Says::Word),
    }
}

/// Whether a column of numbers is surely no weight, such as one of row numbers, which has no name.
pub(super) fn is_mark(name: &str) -> bool {
    let words = split_words(name);
    words.is_empty() || words.iter().any(|word| MARKS.contains(&word.as_str()))
}

/// Whether a name says that a column of numbers is something other than a weight.
pub(super) fn says_otherwise(name: &str) -> bool {
    split_words(name).iter().any(|word| OTHERWISE.contains(&word.as_str()))
}

/// Whether an attribute of edges would be used by its name, so that a list or an object in it is missed.
#[cfg(feature = "formats")]
pub(super) fn is_used(name: &str, columns: &Columns) -> bool {
    let known = [
        (&columns.kind, KIND),
        (&columns.length, LENGTH),
        (&columns.transmitter, TRANSMITTER),
        (&columns.sign, super::sign::NAMES),
    ];
    let named = |(given, names): (&Option<String>, &[&str])| {
        given.is_none() && names.contains(&normalised_heading(name).as_str())
    };
    known.into_iter().any(named)
        || (columns.weight.is_none() && says_weight(name).is_some_and(|says| says != Says::Doubtful))
}

/// The columns that may be the source, and those that may be the target, by their names.
pub(super) fn known_ends(header: &[String]) -> [Vec<usize>; 2] {
    [0, 1].map(|end| {
        let known = |column: &usize| ENDS.iter().any(|pair| pair[end] == normalised_heading(&header[*column]));
        (0..header.len()).filter(known).collect()
    })
}

/// The columns of source and target: those asked for, else one pair of names that go together.
pub(super) fn end_columns(header: &[String], columns: &Columns, place: &str) -> Result<[usize; 2]> {
    let known = known_ends(header);
    let mut asked = [None; 2];
    for (end, wanted) in [&columns.source, &columns.target].into_iter().enumerate() {
        asked[end] = match wanted {
            Some(name) => Some(named_column(header, name, place)?),
            None if known[end].is_empty() => {
                let what = ["source", "target"][end];
                let advice = format!("say {what} = \"...\", out of: {}", listed(header, 0..header.len()));
                return Err(Error::file(place, format!("no column is called '{what}'; {advice}")));
            }
            None => None,
        };
    }
    let options = [0, 1].map(|end| asked[end].map_or_else(|| known[end].clone(), |column| vec![column]));
    let all = options[0].iter().flat_map(|from| options[1].iter().map(move |to| [*from, *to]));
    let all: Vec<[usize; 2]> = all.filter(|[from, to]| from != to).collect();
    let goes = |[from, to]: &&[usize; 2]| {
        ENDS.contains(&[normalised_heading(&header[*from]).as_str(), normalised_heading(&header[*to]).as_str()])
    };
    let pairs: Vec<[usize; 2]> = all.iter().filter(goes).copied().collect();
    let name = |column: usize| header.get(column).map_or("", String::as_str);
    match (pairs.as_slice(), all.as_slice()) {
        ([one], _) | ([], [one]) => Ok(*one),
        ([], []) => {
            let one = name(options[0][0]);
            Err(Error::file(place, format!("the column '{one}' cannot be both source and target; name two columns")))
        }
        ([], several) | (several, _) => {
            let shown: Vec<String> =
                several.iter().take(6).map(|[from, to]| format!("'{}' to '{}'", name(*from), name(*to))).collect();
            let [from, to] = several[0];
            Err(Error::file(
                place,
                format!(
                    "edges may go from {}; say source = \"{}\" and target = \"{}\", or another pair",
                    shown.join(" or from "),
                    name(from),
                    name(to)
                ),
            ))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_with_a_word_for_weights_is_one_whatever_else_it_says() {
        let word = ["No. of synapses", "no_synapses", "synapse_no", "Weight (p)", "group weight", "distance_weight"];
        let more = ["strength (z)", "weight_x", "synWeight", "nSyn", "Synapse count (p)", "total_synapses"];
        for name in word.into_iter().chain(more) {
            assert_eq!(says_weight(name), Some(Says::Word), "{name}");
        }
        for name in ["weight", " Count ", "n_syn"] {
            assert_eq!(says_weight(name), Some(Says::Known), "{name}");
        }
        for name in ["synapse_id", "synapse_x", "synapse delay", "weight_index"] {
            assert_eq!(says_weight(name), Some(Says::Doubtful), "{name}");
        }
        for name in ["account", "country", "distance", "fibres", "no", ""] {
            assert_eq!(says_weight(name), None, "{name}");
        }
    }
}
