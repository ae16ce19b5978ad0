//! Parses an experiment file and remembers the lines of its tables, so that errors can name them.

use std::collections::BTreeMap;
use std::ops::Range;
use std::path::{Path, PathBuf};

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use crate::error::{Error, Result};
use crate::experiment::keys::Content;
use crate::files::lost;

/// The file an experiment comes from, and the lines of its tables.
#[derive(Debug, Clone, Default)]
pub(crate) struct SourceMap {
    pub(crate) path: Option<PathBuf>,
    /// The first line of each table, by name and index among those of the same name.
    lines: BTreeMap<(String, usize), u64>,
    /// The option of the program that gave the duration.
    pub(crate) duration: Option<&'static str>,
}

impl SourceMap {
    /// File and line of a table, such as "net.toml, line 12", or the name of the table where neither is known.
    pub(crate) fn place(&self, table: &str, index: usize) -> String {
        let path = self.path.as_ref().map(|p| p.display().to_string());
        let line = self.lines.get(&(table.to_owned(), index)).map(|line| format!("line {line}"));
        let parts: Vec<String> = [path, line].into_iter().flatten().collect();
        if parts.is_empty() { table.to_owned() } else { parts.join(", ") }
    }

    /// As [`SourceMap::place`]; `None` where the experiment comes from no file.
    pub(crate) fn place_in_file(&self, table: &str, index: usize) -> Option<String> {
        self.path.is_some().then(|| self.place(table, index))
    }

    /// The file, or "experiment".
    pub(crate) fn file(&self) -> String {
        self.path.as_ref().map_or("experiment".into(), |p| p.display().to_string())
    }
}

/// Parses `bytes`, the content of the experiment file `path`.
pub(crate) fn parse(path: &Path, bytes: &[u8]) -> Result<(Content, SourceMap)> {
    let text = match std::str::from_utf8(bytes) {
        Ok(text) => text.strip_prefix('\u{feff}').unwrap_or(text),
        Err(error) => {
            let line = line_at(bytes, error.valid_up_to());
            return Err(Error::file_line(path, line, "this is not UTF-8 text; save the file as UTF-8"));
        }
    };
    if text.trim().is_empty() {
        let problem = "the file is empty; `neuropil run --help-format` shows what an experiment file holds";
        return Err(Error::file(path, problem));
    }
    let tables = DeTable::parse(text).map_err(|error| syntax_error(path, text, &error))?;
    if let Some((at, problem)) = tables.get_ref().values().find_map(lost_number) {
        return Err(Error::file_line(path, line_at(text.as_bytes(), at), problem));
    }
    let tables = tables.get_ref();
    let content = toml::from_str(text).map_err(|error| content_error(path, text, tables, &error))?;
    Ok((content, SourceMap { path: Some(path.to_path_buf()), lines: table_lines(text, tables), duration: None }))
}

/// The first decimal in `value` that is too small or too large for a number of 64 bits: its byte position, and a
/// sentence about it.
pub(crate) fn lost_number(value: &Spanned<DeValue<'_>>) -> Option<(usize, String)> {
    match value.get_ref() {
        DeValue::Float(float) => {
            let decimal = float.as_str().replace('_', "");
            let problem = lost(&decimal, decimal.parse().ok()?)?;
            Some((value.span().start, format!("{decimal} {problem}")))
        }
        DeValue::Array(items) => items.iter().find_map(lost_number),
        DeValue::Table(table) => table.values().find_map(lost_number),
        _ => None,
    }
}

/// The line at which each table begins, by its name and its index among those of the same name.
fn table_lines(text: &str, tables: &DeTable<'_>) -> BTreeMap<(String, usize), u64> {
    let mut lines = BTreeMap::new();
    for (key, value) in tables {
        let list = value.get_ref().as_array();
        let spans = list.map_or(vec![value.span()], |list| list.iter().map(|item| item.span()).collect());
        for (index, span) in spans.into_iter().enumerate() {
            lines.insert((key.get_ref().to_string(), index), line_at(text.as_bytes(), span.start));
        }
    }
    lines
}

/// The line, counted from 1, of the byte at `at`.
fn line_at(bytes: &[u8], at: usize) -> u64 {
    1 + bytes[..at.min(bytes.len())].iter().filter(|&&b| b == b'\n').count() as u64
}

/// The error of a text that is not TOML.
fn syntax_error(path: &Path, text: &str, error: &toml::de::Error) -> Error {
    let line = error.span().map(|span| line_at(text.as_bytes(), span.start));
    let problem = format!("this is not TOML: {}", one_line(error.message()));
    Error::File { path: path.to_path_buf(), line, problem }
}

/// Keys that are missing in a table for a reason: the table, the key, and what to do instead.
const NO_SUCH_KEYS: [(&str, &str, &str); 1] = [(
    "stimulus",
    "synapse",
    "synapse is no key of a stimulus, whose synapses are static; put a population of parrot_neuron between, and give the \
     projection from it a synapse with memory",
)];

/// The error of a content that does not fit the declared keys. Where a key is unknown, the names in serde's message are
/// parsed, so that the nearest declared name can be offered.
fn content_error(path: &Path, text: &str, tables: &DeTable<'_>, error: &toml::de::Error) -> Error {
    let span = error.span().unwrap_or(0..0);
    let keys = key_path(tables, &span);
    let line = line_at(text.as_bytes(), span.start);
    if let Some((name, known)) = unknown_field(error.message()) {
        let table = keys.iter().filter(|key| **key != name).cloned().collect::<Vec<_>>().join(".");
        if let Some((_, _, advice)) = NO_SUCH_KEYS.iter().find(|own| (own.0, own.1) == (table.as_str(), name.as_str()))
        {
            return Error::file_line(path, line, *advice);
        }
        let table = if table.is_empty() { String::new() } else { format!(", in {table}") };
        return Error::unknown("key", &name, format!("{}, line {line}{table}", path.display()), &known);
    }
    let key = if keys.is_empty() { String::new() } else { format!("{}: ", keys.join(".")) };
    Error::file_line(path, line, format!("{key}{}", plain_message(error.message())))
}

/// The name and the known names in serde's "unknown field `a`, expected one of `b`, `c`".
pub(crate) fn unknown_field(message: &str) -> Option<(String, Vec<String>)> {
    let quoted = message.strip_prefix("unknown field ")?;
    let mut names = quoted.split('`').skip(1).step_by(2).map(str::to_owned);
    Some((names.next()?, names.collect()))
}

/// A message of serde in a user's terms, in one sentence.
pub(crate) fn plain_message(message: &str) -> String {
    let words = [
        (" f64", " a number"),
        ("floating point `", "`"),
        ("integer `", "`"),
        ("missing field `", "the key `"),
        ("invalid type: ", ""),
        ("invalid value: ", ""),
        ("a sequence", "a list of numbers"),
        ("sequence", "a list"),
        (" map", " a table"),
        ("boolean `", "`"),
        ("a boolean", "true or false"),
        (" struct PopulationKeys", " a [[population]] table"),
        (" struct ProjectionKeys", " a [[projection]] table"),
        (" struct CouplingKeys", " a [[coupling]] table"),
        (" struct ThirdKeys", " a table { astrocytes = ..., p = ... }"),
        (" struct StimulusKeys", " a [[stimulus]] table"),
        (" struct PerturbKeys", " a [[perturb]] table"),
        (" struct RecordKeys", " a [[record]] table"),
        (" struct SimulationKeys", " a [simulation] table"),
        (" struct PresetKeys", " a [preset] table"),
        (" struct Spread", " a table { mean = ..., sd = ... }"),
        (" struct Ends", " a table { low = ..., high = ... }"),
        (" struct Middle", " a table { mean = ... }"),
        (" struct ConnectomeKeys", " a table { file = ..., array = ... }"),
        (" struct NodeKeys", " a table { category = ..., kind = ..., name = ... }"),
        (", expected", " is given, expected"),
    ];
    let missing = message.starts_with("missing field");
    let plain = words.iter().fold(one_line(message), |text, (from, to)| text.replace(from, to));
    if missing { format!("{plain} is missing") } else { plain }
}

/// A message of several lines as one line.
fn one_line(message: &str) -> String {
    message.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// The keys that lead to the value at `span`: ["population", "params", "V_th"].
fn key_path(table: &DeTable<'_>, span: &Range<usize>) -> Vec<String> {
    for (key, value) in table {
        let within = |outer: Range<usize>| outer.start <= span.start && span.end <= outer.end;
        if !within(value.span()) && !within(key.span()) {
            let deeper = path_within(value.get_ref(), span);
            if deeper.is_empty() {
                continue;
            }
            return std::iter::once(key.get_ref().to_string()).chain(deeper).collect();
        }
        return std::iter::once(key.get_ref().to_string()).chain(path_within(value.get_ref(), span)).collect();
    }
    Vec::new()
}

/// The path of keys from a value down to what stands at `span`; empty if no key of the value encloses it.
fn path_within(value: &DeValue<'_>, span: &Range<usize>) -> Vec<String> {
    match value {
        DeValue::Table(table) => key_path(table, span),
        DeValue::Array(list) => {
            list.iter().map(|item| path_within(item.get_ref(), span)).find(|path| !path.is_empty()).unwrap_or_default()
        }
        _ => Vec::new(),
    }
}
