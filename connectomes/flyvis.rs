//! The optic lobe of flyvis (Lappalainen et al. 2024, Nature 634:1132): cell types and, for each pair of types, synapse
//! counts by offset in columns, unrolled on a hexagonal lattice.

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;
use serde::de::IgnoredAny;

use super::builder::out_of_memory;
use super::source::Source;
use super::{Connectome, Edge, Node, ReadOptions, Reading, json};
use crate::error::{Error, Result};
use crate::text::counted;

/// Largest lattice radius; 500 gives 751,501 columns.
const MAX_EXTENT: u32 = 500;

#[derive(Deserialize)]
struct Description {
    nodes: Vec<CellType>,
    edges: Vec<Filter>,
    #[serde(default)]
    input_units: Vec<String>,
    #[serde(default)]
    output_units: Vec<String>,
}

#[derive(Deserialize)]
struct CellType {
    name: String,
    /// "stride" and its two steps: a cell in every column whose coordinates are multiples of them.
    pattern: (String, (i32, i32)),
}

#[derive(Deserialize)]
struct Filter {
    src: String,
    tar: String,
    offsets: Vec<((i32, i32), f64)>,
    alpha: f64,
}

/// Reads the JSON of flyvis.
pub(super) fn read(source: &Source, options: &ReadOptions) -> Result<Connectome> {
    let text = source.read_text()?;
    json::check(source, &text)?;
    let description: Description = serde_json::from_str(&text)
        .map_err(|e| source.error_line(e.line() as u64, format!("it is not a flyvis description ({e})")))?;
    let place = source.path.display().to_string();
    let lattice = Lattice::new(&description, options.extent, &place)?;
    lattice.check_size(&description, source)?;
    let mut edges = Vec::new();
    for filter in &description.edges {
        lattice.unroll(filter, options.hull_fill, &place, &mut edges)?;
    }
    let reading = describe_reading(&text, &lattice, options);
    let about = format!("flyvis description read from {place}, extent {}; weights are synapse counts", options.extent);
    Ok(Connectome { name: "flyvis".into(), nodes: lattice.nodes, edges, about, reading })
}

/// Names of what a description holds.
#[derive(Deserialize)]
struct Names {
    nodes: Vec<BTreeMap<String, IgnoredAny>>,
    edges: Vec<BTreeMap<String, IgnoredAny>>,
}

/// What was taken of a description, and what was left aside.
fn describe_reading(text: &str, lattice: &Lattice, options: &ReadOptions) -> Reading {
    let mut reading = Reading::of("flyvis");
    let columns = lattice.columns().len();
    for (part, from) in [
        ("source", "'src' of edges, in each column"),
        ("target", "'tar' of edges, in the column at each of their 'offsets'"),
        ("weight", "'offsets' of edges, synapse counts"),
        ("sign", "'alpha' of edges"),
        ("kind", "'name' of nodes"),
        ("category", "'input_units' and 'output_units'; intermediate for all others"),
        ("position", "'pattern' of nodes, columns of the lattice"),
    ] {
        reading.take(part, from);
    }
    let plain = ReadOptions::default();
    if options.extent == plain.extent {
        reading.guess(
            format!("the lattice has a radius of {}, {columns}", plain.extent, columns = counted(columns, "column")),
            "extent = ...",
        );
    }
    if options.hull_fill == plain.hull_fill {
        reading.guess("a gap within the offsets of an edge counts as one synapse", "hull_fill = false");
    }
    let mut leave = |names: BTreeSet<&String>, known: &[&str], of: &str| {
        let left = names.into_iter().filter(|name| !known.contains(&name.as_str()));
        left.for_each(|name| reading.leave(format!("'{name}'{of}")));
    };
    if let Ok(names) = serde_json::from_str::<BTreeMap<String, IgnoredAny>>(text) {
        leave(names.keys().collect(), &["nodes", "edges", "input_units", "output_units"], "");
    }
    if let Ok(Names { nodes, edges }) = serde_json::from_str(text) {
        leave(nodes.iter().flat_map(BTreeMap::keys).collect(), &["name", "pattern"], " of nodes");
        leave(edges.iter().flat_map(BTreeMap::keys).collect(), &["src", "tar", "offsets", "alpha"], " of edges");
    }
    reading
}

/// All cells, and where they sit.
struct Lattice {
    extent: i32,
    nodes: Vec<Node>,
    /// For each type, the node in each column of the square around the hexagon.
    places: BTreeMap<String, Vec<Option<u32>>>,
}

impl Lattice {
    /// Places all cell types on the hexagonal lattice of `extent` columns around the centre.
    fn new(description: &Description, extent: u32, place: &str) -> Result<Lattice> {
        if extent > MAX_EXTENT {
            return Err(Error::file(place, format!("an extent of {extent} columns is more than {MAX_EXTENT}")));
        }
        let mut lattice = Lattice { extent: extent as i32, nodes: Vec::new(), places: BTreeMap::new() };
        for cell in &description.nodes {
            let role = |units: &[String]| units.contains(&cell.name);
            let category = match () {
                _ if role(&description.input_units) => "input",
                _ if role(&description.output_units) => "output",
                () => "intermediate",
            };
            lattice.add_cell_type(cell, category, place)?;
        }
        Ok(lattice)
    }

    /// Adds the cells of one type: one in each column that its stride hits.
    fn add_cell_type(&mut self, cell: &CellType, category: &str, place: &str) -> Result<()> {
        let (pattern, (du, dv)) = &cell.pattern;
        if pattern != "stride" || *du < 1 || *dv < 1 {
            let problem = format!(
                "the type {} has the pattern {pattern} {du}, {dv}; expected stride and steps from 1",
                cell.name
            );
            return Err(Error::file(place, problem));
        }
        if self.places.contains_key(&cell.name) {
            return Err(Error::file(place, format!("the type {} is listed twice; names must be unique", cell.name)));
        }
        let side = (2 * self.extent + 1) as usize;
        let mut places = vec![None; side * side];
        for (u, v) in self.columns() {
            if u % du == 0 && v % dv == 0 {
                if let Some(slot) = self.slot(u, v) {
                    places[slot] = Some(self.nodes.len() as u32);
                }
                self.nodes.push(Node {
                    name: format!("{}[{u},{v}]", cell.name),
                    kind: Some(cell.name.clone()),
                    category: Some(category.to_owned()),
                    position: Some(position(u, v)),
                    ..Node::default()
                });
            }
        }
        self.places.insert(cell.name.clone(), places);
        Ok(())
    }

    /// The columns of the hexagon, in flyvis's order.
    fn columns(&self) -> Vec<(i32, i32)> {
        let n = self.extent;
        (-n..=n).flat_map(|u| ((-n).max(-n - u)..=n.min(n - u)).map(move |v| (u, v))).collect()
    }

    /// The place of a column in the square that encloses the hexagon; None outside it.
    fn slot(&self, u: i32, v: i32) -> Option<usize> {
        let (n, side) = (i64::from(self.extent), 2 * i64::from(self.extent) + 1);
        let (u, v) = (i64::from(u) + n, i64::from(v) + n);
        ((0..side).contains(&u) && (0..side).contains(&v)).then_some((u * side + v) as usize)
    }

    /// Checks the number of edges in 64 bits before there are any.
    fn check_size(&self, description: &Description, source: &Source) -> Result<()> {
        let columns = self.columns().len() as u64;
        let offsets: u64 = description.edges.iter().map(|e| 4 + 2 * e.offsets.len() as u64).sum();
        let size = columns.saturating_mul(offsets).saturating_mul(size_of::<Edge>() as u64);
        match size <= source.limit.saturating_mul(4) {
            true => Ok(()),
            false => Err(source.error(format!(
                "an extent of {} would give up to {} edges; choose a smaller one",
                self.extent,
                columns * offsets
            ))),
        }
    }

    /// Repeats a filter at each source cell (convolution): one edge per offset whose target lies on the lattice.
    fn unroll(&self, filter: &Filter, hull_fill: bool, place: &str, edges: &mut Vec<Edge>) -> Result<()> {
        let known: Vec<&String> = self.places.keys().collect();
        let cells = |name: &str| self.places.get(name).ok_or_else(|| Error::unknown("cell type", name, place, &known));
        let (sources, targets) = (cells(&filter.src)?, cells(&filter.tar)?);
        let sign = match filter.alpha {
            alpha if alpha > 0.0 => 1,
            alpha if alpha < 0.0 => -1,
            _ => 0,
        };
        let mut offsets = filter.offsets.clone();
        if let Some((_, weight)) = offsets.iter().find(|(_, weight)| !weight.is_finite()) {
            return Err(Error::file(
                place,
                format!("{} to {} has the weight {weight}; it must be finite", filter.src, filter.tar),
            ));
        }
        if hull_fill {
            fill_hull(&mut offsets);
        }
        for ((du, dv), weight) in offsets {
            for (u, v) in self.columns() {
                let cell = |places: &[Option<u32>], u, v| self.slot(u, v).and_then(|slot| places[slot]);
                let Some(source) = cell(sources, u, v) else { continue };
                let Some(target) = cell(targets, u.saturating_add(du), v.saturating_add(dv)) else { continue };
                edges.try_reserve(1).map_err(|_| Error::file(place, out_of_memory("edges")))?;
                edges.push(Edge { source, target, weight, sign, ..Edge::default() });
            }
        }
        Ok(())
    }
}

/// Axial coordinates of a hexagonal lattice as a plane position; neighbours are 1 apart.
fn position(u: i32, v: i32) -> [f64; 3] {
    [f64::from(u) * 0.75f64.sqrt(), f64::from(v) + 0.5 * f64::from(u), 0.0]
}

/// Adds one synapse at every offset within the convex hull that has none, for filters of three offsets or more.
///
/// Which points on the hull's border count follows flyvis, which asks matplotlib's crossing test of the counter-clockwise
/// hull; with it the lattice of extent 15 has flyvis's 1,513,231 edges.
fn fill_hull(offsets: &mut Vec<((i32, i32), f64)>) {
    let known: std::collections::BTreeSet<(i32, i32)> = offsets.iter().map(|(offset, _)| *offset).collect();
    if offsets.len() < 3 {
        return;
    }
    let hull = convex_hull(&known.iter().copied().collect::<Vec<_>>());
    let bounds = |axis: fn(&(i32, i32)) -> i32| known.iter().map(axis).min().zip(known.iter().map(axis).max());
    let (Some((u0, u1)), Some((v0, v1))) = (bounds(|p| p.0), bounds(|p| p.1)) else { return };
    for u in u0..=u1 {
        for v in v0..=v1 {
            if !known.contains(&(u, v)) && crossing_test(&hull, (u, v)) {
                offsets.push(((u, v), 1.0));
            }
        }
    }
}

/// Counter-clockwise hull of points in ascending order (Andrew 1979, Inf Process Lett 9:216).
fn convex_hull(points: &[(i32, i32)]) -> Vec<(i32, i32)> {
    /// One half of Andrew's monotone chain (1979) over sorted points.
    fn chain(points: impl Iterator<Item = (i32, i32)>) -> Vec<(i32, i32)> {
        let mut chain: Vec<(i32, i32)> = Vec::new();
        for p in points {
            while let [.., a, b] = chain.as_slice()
                && cross_product(*a, *b, p) <= 0
            {
                chain.pop();
            }
            chain.push(p);
        }
        chain.pop();
        chain
    }
    let mut hull = chain(points.iter().copied());
    hull.extend(chain(points.iter().rev().copied()));
    hull
}

/// The cross product of a→b and a→p: positive where p lies to the left of a→b.
fn cross_product(a: (i32, i32), b: (i32, i32), p: (i32, i32)) -> i64 {
    let (ax, ay) = (i64::from(a.0), i64::from(a.1));
    (i64::from(b.0) - ax) * (i64::from(p.1) - ay) - (i64::from(b.1) - ay) * (i64::from(p.0) - ax)
}

/// Whether a point lies in a polygon (Haines 1994, "Point in polygon strategies", Graphics Gems IV).
fn crossing_test(polygon: &[(i32, i32)], (x, y): (i32, i32)) -> bool {
    let mut inside = false;
    for (i, &(x0, y0)) in polygon.iter().enumerate() {
        let (x1, y1) = polygon[(i + 1) % polygon.len()];
        let (above0, above1) = (y0 >= y, y1 >= y);
        let [x, y, x0, y0, x1, y1] = [x, y, x0, y0, x1, y1].map(i64::from);
        if above0 != above1 && ((y1 - y) * (x0 - x1) >= (x1 - x) * (y0 - y1)) == above1 {
            inside = !inside;
        }
    }
    inside
}
