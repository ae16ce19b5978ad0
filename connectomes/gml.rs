//! GML (Himsolt 1997): keys and values in brackets. Edges are undirected unless `directed 1` says else.

use std::collections::BTreeSet;

use super::property_graph::{Item, Of, PropertyGraph};
use super::source::Source;
use super::{Columns, Connectome, ReadOptions, Reading, headings};
use crate::Result;

/// Lists within each other; what is deeper is no graph.
const DEEPEST: usize = 100;

/// Reads one graph.
pub(super) fn read(source: &Source, options: &ReadOptions) -> Result<Connectome> {
    let text = source.read_text()?;
    let mut parser = Parser {
        words: Words { rest: text.trim_start_matches('\u{feff}'), line: 1 },
        columns: options.columns.clone(),
        ..Parser::default()
    };
    parser.read_lists().map_err(|problem| source.error_line(parser.words.line, problem))?;
    if parser.graph.nodes.is_empty() {
        return Err(source.error("it holds no nodes; expected GML with graph [ node [ id 0 ] ]"));
    }
    for edge in parser.graph.edges.iter_mut() {
        edge.undirected = !parser.directed;
    }
    let mut reading = Reading::of("GML");
    parser.left.into_iter().for_each(|key| reading.leave(format!("list '{key}'")));
    parser.graph.connectome(source, options, reading)
}

/// A word of the file.
enum Word {
    Key(String),
    /// A number or a text.
    Value(String),
    Open,
    Close,
}

#[derive(Default)]
struct Words<'t> {
    rest: &'t str,
    line: u64,
}

impl Words<'_> {
    /// The next bracket, key or value; None at the end. Comments and blanks are passed over.
    fn next_word(&mut self) -> Result<Option<Word>, String> {
        loop {
            let blank = self.rest.len() - self.rest.trim_start().len();
            self.skip(blank);
            if !self.rest.starts_with(['#', '%']) {
                break;
            }
            self.skip(self.rest.find('\n').unwrap_or(self.rest.len()));
        }
        let Some(first) = self.rest.chars().next() else { return Ok(None) };
        match first {
            '[' => {
                self.skip(1);
                Ok(Some(Word::Open))
            }
            ']' => {
                self.skip(1);
                Ok(Some(Word::Close))
            }
            '"' => {
                let end = self.rest[1..].find('"').ok_or("a text has no closing quote")?;
                let text = without_entities(&self.rest[1..=end]);
                self.skip(end + 2);
                Ok(Some(Word::Value(text)))
            }
            _ => {
                let end = self.rest.find(|c: char| c.is_whitespace() || "[]\"".contains(c)).unwrap_or(self.rest.len());
                let word = self.rest[..end].to_owned();
                self.skip(end);
                Ok(Some(if first.is_ascii_alphabetic() || first == '_' { Word::Key(word) } else { Word::Value(word) }))
            }
        }
    }

    /// Moves on by so many bytes and counts the lines in them.
    fn skip(&mut self, bytes: usize) {
        self.line += self.rest.as_bytes()[..bytes].iter().filter(|b| **b == b'\n').count() as u64;
        self.rest = &self.rest[bytes..];
    }
}

/// A text without the entities of HTML that GML writes for what ASCII lacks.
fn without_entities(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('&') {
        plain.push_str(&rest[..at]);
        rest = &rest[at..];
        let end = rest.char_indices().take(12).find(|(_, c)| *c == ';').map(|(end, _)| end);
        let letter = end.and_then(|end| decode_entity(&rest[1..end]));
        let used = if letter.is_some() { end.map_or(1, |end| end + 1) } else { 1 };
        plain.push(letter.unwrap_or('&'));
        rest = &rest[used..];
    }
    plain + rest
}

/// The character of an entity such as `amp` or `#228`; GML's texts are ASCII with HTML entities.
fn decode_entity(entity: &str) -> Option<char> {
    match entity {
        "quot" => Some('"'),
        "amp" => Some('&'),
        "lt" => Some('<'),
        "gt" => Some('>'),
        "apos" => Some('\''),
        _ => {
            let number = entity.strip_prefix('#')?;
            let hex = number.strip_prefix(['x', 'X']).map(|hex| u32::from_str_radix(hex, 16).ok());
            char::from_u32(hex.unwrap_or_else(|| number.parse().ok())?)
        }
    }
}

#[derive(Default)]
struct Parser<'t> {
    words: Words<'t>,
    columns: Columns,
    graph: PropertyGraph,
    graphs: usize,
    directed: bool,
    /// The lists that are open, by their keys.
    open: Vec<String>,
    item: Option<Item>,
    left: BTreeSet<String>,
}

impl Parser<'_> {
    /// Reads all lists without recursion, so that deep files cannot overflow the stack.
    fn read_lists(&mut self) -> Result<(), String> {
        let mut key: Option<String> = None;
        while let Some(word) = self.words.next_word()? {
            match (word, key.take()) {
                (Word::Key(word), None) => key = Some(word),
                // Words without quotes, such as NAN or true, are values as well.
                (Word::Key(value) | Word::Value(value), Some(key)) => self.set_value(&key, value)?,
                (Word::Open, Some(key)) => self.open_list(key)?,
                (Word::Close, None) => self.close_list()?,
                (Word::Close, Some(key)) => return Err(format!("'{key}' has no value")),
                (Word::Open | Word::Value(_), None) => return Err("expected a key and its value".to_owned()),
            }
        }
        match (key, self.open.is_empty()) {
            (None, true) => Ok(()),
            _ => Err("it ends within a list; each [ needs a ]".to_owned()),
        }
    }

    /// Opens the list of a key; the graph, its nodes and edges are read, other lists only noted.
    fn open_list(&mut self, key: String) -> Result<(), String> {
        let path: Vec<&str> = self.open.iter().map(String::as_str).collect();
        match (path.as_slice(), key.as_str()) {
            ([], "graph") => {
                self.graphs += 1;
                if self.graphs > 1 {
                    return Err("it holds a second graph; keep one in a file".to_owned());
                }
            }
            (["graph"], "node" | "edge") => self.item = Some(Item { line: self.words.line, ..Item::default() }),
            (["graph", "edge"], key) if headings::is_used(key, &self.columns) => {
                return Err(format!("the {key} of the edge is a list; expected one number or text"));
            }
            _ if self.open.len() >= DEEPEST => return Err(format!("its lists are more than {DEEPEST} deep")),
            _ if self.open.len() <= 2 => drop(self.left.insert(key.clone())),
            _ => {}
        }
        self.open.push(key);
        Ok(())
    }

    /// Closes the innermost list; a node or edge must then have its ids.
    fn close_list(&mut self) -> Result<(), String> {
        let key = self.open.pop().ok_or("there is a ] too many")?;
        if self.open.len() != 1 || self.open[0] != "graph" || !matches!(key.as_str(), "node" | "edge") {
            return Ok(());
        }
        let Some(item) = self.item.take() else { return Ok(()) };
        match key.as_str() {
            "node" if item.ids[0].is_empty() => Err("the node has no id".to_owned()),
            "edge" if item.ids.contains(&String::new()) => Err("the edge has no source or no target".to_owned()),
            "node" => {
                self.graph.nodes.push(item);
                Ok(())
            }
            _ => {
                self.graph.edges.push(item);
                Ok(())
            }
        }
    }

    /// Gives a value to the graph or to the open node or edge.
    fn set_value(&mut self, key: &str, value: String) -> Result<(), String> {
        match (self.open.len(), &mut self.item) {
            (1, _) if self.open[0] == "graph" && key == "directed" => match value.as_str() {
                "1" => self.directed = true,
                "0" => self.directed = false,
                other => return Err(format!("directed is '{other}'; write 1 or 0")),
            },
            (2, Some(item)) => {
                let edge = self.open[1] == "edge";
                match key {
                    "id" if !edge => item.ids[0] = value,
                    "source" if edge => item.ids[0] = value,
                    "target" if edge => item.ids[1] = value,
                    _ => {
                        let attribute = self.graph.attribute(if edge { Of::Edge } else { Of::Node }, key);
                        if item.data.iter().any(|(other, _)| *other == attribute) {
                            return Err(format!("'{key}' is given twice"));
                        }
                        item.data.push((attribute, value));
                    }
                }
            }
            _ => {}
        }
        Ok(())
    }
}
