//! Pajek networks (.net): *Vertices, then *Arcs (directed), *Edges (both directions), lists of them, or a *Matrix.

use super::builder::{Builder, out_of_memory};
use super::source::{Source, finite};
use super::{Connectome, Edge, Node, ReadOptions, Reading};
use crate::Result;
use crate::text::counted;

/// What the lines under a heading mean.
#[derive(Clone, Copy, PartialEq)]
enum Section {
    Vertices,
    /// One edge a line, directed or not.
    Pairs(bool),
    /// A source and its targets, directed or not.
    Lists(bool),
    Matrix,
    Other,
}

/// Reads one network.
pub(super) fn read(source: &Source, options: &ReadOptions) -> Result<Connectome> {
    let text = source.read_text()?;
    let mut network = Network { reading: Reading::of("Pajek"), ..Network::default() };
    let mut section = Section::Other;
    for (at, line) in text.trim_start_matches('\u{feff}').lines().enumerate() {
        let line = line.trim();
        let done = match line {
            _ if line.is_empty() || line.starts_with('%') => Ok(()),
            _ if line.starts_with('*') => network.read_heading(line, source).map(|found| section = found),
            _ => network.read_line(section, line),
        };
        done.map_err(|problem| source.error_line(at as u64 + 1, problem))?;
    }
    if section == Section::Matrix && network.row != network.size {
        return Err(source.error(format!(
            "its matrix has {rows} for {vertices}",
            rows = counted(network.row, "row"),
            vertices = counted(network.size, "vertex")
        )));
    }
    network.into_connectome(source, options)
}

#[derive(Default)]
struct Network {
    reading: Reading,
    size: u64,
    /// Labels by vertex, counted from 0; those without one are called by their number.
    labels: std::collections::BTreeMap<u64, String>,
    edges: Vec<(u64, u64, f64, bool)>,
    /// Rows of the matrix that were read.
    row: u64,
    weights: [u64; 2],
    left: std::collections::BTreeSet<&'static str>,
}

impl Network {
    /// Reads a line that begins with `*`: which section follows, and how many vertices there are.
    fn read_heading(&mut self, line: &str, source: &Source) -> Result<Section, String> {
        let lower = line.to_lowercase();
        let mut words = lower.split_whitespace();
        let section = match words.next().unwrap_or_default() {
            "*vertices" => {
                let sizes: Result<Vec<u64>, _> = words.map(str::parse::<u64>).collect();
                let size = match sizes.map_err(|_| "expected *Vertices and their number")?[..] {
                    [size] => size,
                    [_, _] => return Err("it is a two-mode network; save it as one mode".to_owned()),
                    _ => return Err("expected *Vertices and their number".to_owned()),
                };
                if self.size != 0 {
                    return Err("it holds a second network; keep one in a file".to_owned());
                }
                if size.saturating_mul(size_of::<Node>() as u64) > source.limit || size > u64::from(u32::MAX) {
                    return Err(format!("{size} vertices do not fit below the limit of memory; raise max_bytes"));
                }
                self.size = size;
                return Ok(Section::Vertices);
            }
            "*arcs" => Section::Pairs(false),
            "*edges" => Section::Pairs(true),
            "*arcslist" => Section::Lists(false),
            "*edgeslist" => Section::Lists(true),
            "*matrix" => Section::Matrix,
            "*network" => return Ok(Section::Other),
            _ => {
                self.reading.leave(line.chars().take(60).collect::<String>());
                return Ok(Section::Other);
            }
        };
        if self.size == 0 {
            return Err("expected *Vertices and their number first".to_owned());
        }
        if line.contains(':') {
            self.reading.leave(format!("the name of the relation in '{}'", line.chars().take(60).collect::<String>()));
        }
        Ok(section)
    }

    /// Reads a line within a section.
    fn read_line(&mut self, section: Section, line: &str) -> Result<(), String> {
        match section {
            Section::Other => Ok(()),
            Section::Vertices => {
                let (vertex, rest) = line.split_once(char::is_whitespace).unwrap_or((line, ""));
                let vertex = self.vertex_index(vertex)?;
                let (label, drawn) = split_label(rest.trim())?;
                if !drawn.trim().is_empty() {
                    self.left.insert("what stands behind the labels of vertices (places, colours)");
                }
                match self.labels.insert(vertex, label) {
                    Some(_) => Err(format!("the vertex {} is listed twice", vertex + 1)),
                    None => Ok(()),
                }
            }
            Section::Pairs(both) => {
                let mut words = line.split_whitespace();
                let (Some(from), Some(to)) = (words.next(), words.next()) else {
                    return Err("expected two vertices and a weight".to_owned());
                };
                let (from, to) = (self.vertex_index(from)?, self.vertex_index(to)?);
                let weight = words.next().map(|text| finite(text, "weight")).transpose()?;
                self.weights[usize::from(weight.is_some())] += 1;
                if words.next().is_some() {
                    self.left.insert("what stands behind the weights (labels, colours)");
                }
                self.edges.try_reserve(1).map_err(|_| out_of_memory("edges"))?;
                self.edges.push((from, to, weight.unwrap_or(1.0), both));
                Ok(())
            }
            Section::Lists(both) => {
                let vertices: Result<Vec<u64>, String> =
                    line.split_whitespace().map(|text| self.vertex_index(text)).collect();
                if let Some((from, targets)) = vertices?.split_first() {
                    self.weights[0] += targets.len() as u64;
                    self.edges.extend(targets.iter().map(|to| (*from, *to, 1.0, both)));
                }
                Ok(())
            }
            Section::Matrix => {
                let values: Result<Vec<f64>, String> = line.split_whitespace().map(|t| finite(t, "weight")).collect();
                let values = values?;
                if values.len() as u64 != self.size || self.row == self.size {
                    return Err(format!(
                        "expected {rows} of {numbers}",
                        rows = counted(self.size, "row"),
                        numbers = counted(self.size, "number")
                    ));
                }
                let filled = values.iter().enumerate().filter(|(_, weight)| **weight != 0.0);
                self.edges.extend(filled.map(|(column, weight)| (self.row, column as u64, *weight, false)));
                self.row += 1;
                self.weights[1] += 1;
                Ok(())
            }
        }
    }

    /// A vertex, counted from 1 in the file, from 0 here.
    fn vertex_index(&self, text: &str) -> Result<u64, String> {
        match text.parse::<u64>() {
            Ok(vertex) if (1..=self.size).contains(&vertex) => Ok(vertex - 1),
            Ok(vertex) => Err(format!("there is no vertex {vertex}; they are 1 to {}", self.size)),
            Err(_) => Err(format!("'{text}' is no number of a vertex")),
        }
    }

    /// The connectome; vertices keep their numbers as names where labels repeat or are missing.
    fn into_connectome(mut self, source: &Source, options: &ReadOptions) -> Result<Connectome> {
        let distinct = self.labels.values().collect::<std::collections::HashSet<_>>().len();
        let named = distinct as u64 == self.size && !self.labels.values().any(String::is_empty);
        self.reading
            .take("names", if named { "labels" } else { "numbers of the vertices (labels repeat or are missing)" });
        let weight = match self.weights {
            [_, 0] => "none; 1 for each edge",
            [0, _] => "the number behind each edge",
            _ => "the number behind each edge; 1 where there is none",
        };
        self.reading.take("weight", weight);
        let mut builder = Builder::new(options)?;
        self.left.into_iter().for_each(|what| self.reading.leave(what));
        builder.reading = self.reading;
        let nodes: Result<Vec<u32>, String> = (0..self.size)
            .map(|vertex| {
                let label = self.labels.remove(&vertex).filter(|_| named);
                let name = label.unwrap_or_else(|| (vertex + 1).to_string());
                match options.nodes.is_some() || options.size.is_some() {
                    true => builder.node(&name),
                    false => builder.add_node(Node { name, ..Node::default() }),
                }
            })
            .collect();
        let nodes = nodes.map_err(|problem| source.error(problem))?;
        for (from, to, weight, both) in self.edges {
            let edge = Edge { source: nodes[from as usize], target: nodes[to as usize], weight, ..Edge::default() };
            builder.edge_or_both(edge, both).map_err(|problem| source.error(problem))?;
        }
        Ok(builder.finish(source, "Pajek", options.sum_repeated))
    }
}

/// The label of a vertex, in quotes or one word; and what follows, which is how it is drawn.
fn split_label(text: &str) -> Result<(String, &str), String> {
    match text.strip_prefix('"') {
        Some(quoted) => match quoted.split_once('"') {
            Some((label, drawn)) => Ok((label.trim().to_owned(), drawn)),
            None => Err("the label has no closing quote".to_owned()),
        },
        None => {
            let (label, drawn) = text.split_once(char::is_whitespace).unwrap_or((text, ""));
            Ok((label.to_owned(), drawn))
        }
    }
}
