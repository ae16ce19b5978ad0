//! The experiment file explained, from the declarations that parse it.

use std::fmt::Write;

use crate::experiment::keys::{ConnectomeKeys, Key, NodeKeys, SECTIONS, Section, ThirdKeys};

/// A complete experiment that runs as it stands.
pub const EXAMPLE: &str = include_str!("example.toml");

/// The ways to write a value: a number, a list of numbers, a distribution, a file or a velocity.
pub const VALUES: [Key; 14] = [
    Key { name: "-65.0", takes: "", about: "the same for all" },
    Key { name: "[-65.0, -64.5, ...]", takes: "", about: "one each (parameters and state variables)" },
    Key {
        name: "{ normal = { mean = M, sd = S } }",
        takes: "",
        about: "with min and max beside it, draws outside are drawn again",
    },
    Key {
        name: "{ lognormal = { mean = M, sd = S } }",
        takes: "",
        about: "mean and standard deviation of the logarithm",
    },
    Key { name: "{ uniform = { low = L, high = H } }", takes: "", about: "L included, H not" },
    Key { name: "{ exponential = { mean = M } }", takes: "", about: "" },
    Key { name: "{ gamma = { order = K, scale = S } }", takes: "", about: "mean K * S" },
    Key {
        name: "{ normal_clipped = { mean = M, sd = S, low = L, high = H } }",
        takes: "",
        about: "drawn again until between L and H",
    },
    Key { name: "{ binomial = { n = N, p = P } }", takes: "", about: "successes among N trials of probability P" },
    Key { name: "{ uniform_int = { max = M } }", takes: "", about: "0 to M - 1, as nest.random.uniform_int" },
    Key { name: "{ uniform_int = { low = L, high = H } }", takes: "", about: "whole numbers, L and H included" },
    Key {
        name: "{ lognormal = {...}, factor = -1.0 }",
        takes: "",
        about: "any distribution times a number, after min and max: below zero for inhibitory weights",
    },
    Key {
        name: "{ file = \"neurons.csv\", column = \"V_m\" }",
        takes: "",
        about: "one each, in order or by a column index",
    },
    Key { name: "{ velocity = V, offset = O }", takes: "", about: "delays only: length in mm / V in mm/ms + O in ms" },
];

/// The ways to name neurons in other tables.
pub const NEURONS: [Key; 4] = [
    Key { name: "\"exc\"", takes: "", about: "a population" },
    Key { name: "\"exc[0..80]\"", takes: "", about: "its neurons 0 to 79; \"exc[3, 7]\" takes two of them" },
    Key {
        name: "\"interneuron[AVAL, AVAR]\"",
        takes: "",
        about: "neurons by name; 'n[\"10\"]' where a name is a number, or holds commas or brackets",
    },
    Key {
        name: "[\"exc\", \"inh\"]",
        takes: "",
        about: "one after the other; \"*\" is everybody, \"* E\" all whose names end so",
    },
];

/// The tables, keys and values of an experiment file, and an example, for a terminal of `width` columns.
pub fn format(width: usize) -> String {
    let mut text =
        String::from("An experiment file is TOML. Names and units are NEST's: ms, mV, pA, pF, nS, spikes/s, mm.\n");
    text.push_str("Relative paths are relative to the file. Unknown keys are refused.\n");
    text.push_str("It may have 64 MiB, a table 2 GiB; NEUROPIL_MAX_FILE=8GiB in the environment\nchanges both.\n");
    text.push_str(
        "CSV files have commas and a header (of connectomes: any separator); lines that\nbegin with # are comments.\n",
    );
    for section in SECTIONS {
        add_table(&mut text, &section, width);
    }
    add_table(&mut text, &ThirdKeys::SECTION, width);
    add_table(&mut text, &ConnectomeKeys::SECTION, width);
    add_table(&mut text, &NodeKeys::SECTION, width);
    add_list(&mut text, "Neurons", &NEURONS, width);
    add_list(&mut text, "Values", &VALUES, width);
    let _ = writeln!(text, "\nAn example that runs as it stands:\n");
    for line in EXAMPLE.lines() {
        let _ = writeln!(text, "{}", format!("    {line}").trim_end());
    }
    text
}

/// Adds the keys of one table, each with what it takes and what it means.
fn add_table(text: &mut String, section: &Section, width: usize) {
    let _ = write!(text, "\n{}  ", section.header);
    add_wrapped(text, section.about, section.header.len() + 2, 4, width);
    for key in section.keys {
        let name = format!("  {:<16} ", key.name);
        text.push_str(&name);
        let takes = format!("({}) {}", key.takes, key.about);
        add_wrapped(text, &takes, name.len(), 19, width);
    }
}

/// Adds a list under its title.
fn add_list(text: &mut String, title: &str, keys: &[Key], width: usize) {
    let _ = writeln!(text, "\n{title}");
    for key in keys {
        let _ = write!(text, "  {:<42}", key.name);
        add_wrapped(text, key.about, 44, 44, width);
    }
}

/// Adds `words` to a line that has `at` columns already, in lines of at most `width` columns that are indented by
/// `indent`.
fn add_wrapped(text: &mut String, words: &str, mut at: usize, indent: usize, width: usize) {
    for (i, word) in words.split_whitespace().enumerate() {
        let length = word.chars().count();
        if i > 0 && at + 1 + length > width.max(indent + 20) {
            let _ = write!(text, "\n{:indent$}", "");
            at = indent;
        } else if i > 0 {
            text.push(' ');
            at += 1;
        }
        text.push_str(word);
        at += length;
    }
    text.truncate(text.trim_end_matches(' ').len());
    text.push('\n');
}
