//! What linear nodes do, as lists of weights: for each value that leaves, which values it is made of.

use super::graph::Node;
use super::shape::{Flow, Window};
use super::{Data, Kind};

/// Most weights of a node: 3 GiB of them.
const MOST: usize = 1 << 28;

/// A linear map and what it adds.
#[derive(Debug, Clone, Default)]
pub(super) struct Map {
    /// Where the weights of each value that leaves begin, and where the last end.
    starts: Vec<usize>,
    from: Vec<u32>,
    weight: Vec<f64>,
    bias: Option<Vec<f64>>,
}

impl Map {
    /// The map of a linear node; none if it is none.
    ///
    /// # Errors
    /// Too many weights, in words.
    pub fn of(node: &Node, flow: &Flow) -> Result<Option<Map>, String> {
        Ok(Some(match node.kind {
            Kind::Linear | Kind::Affine => dense(node, flow)?,
            Kind::Scale => scale(node, flow),
            Kind::Conv1d | Kind::Conv2d => convolution(node, &Window::new(node, &flow.enters)?)?,
            Kind::SumPool2d | Kind::AvgPool2d => pool(node, &Window::new(node, &flow.enters)?)?,
            _ => return Ok(None),
        }))
    }

    /// Values that leave.
    pub fn rows(&self) -> usize {
        self.starts.len().saturating_sub(1)
    }

    /// Which values one that leaves is made of, and by which weights.
    pub fn row(&self, row: usize) -> impl Iterator<Item = (usize, f64)> + '_ {
        let ends = (self.starts.get(row), self.starts.get(row + 1));
        let range = if let (Some(start), Some(end)) = ends { *start..*end } else { 0..0 };
        let from = self.from.get(range.clone()).unwrap_or_default();
        let weight = self.weight.get(range).unwrap_or_default();
        from.iter().zip(weight).map(|(from, weight)| (*from as usize, *weight))
    }

    /// What is added to a value that leaves.
    pub fn bias(&self, row: usize) -> f64 {
        self.bias.as_ref().and_then(|bias| bias.get(row).copied()).unwrap_or(0.0)
    }

    /// What leaves, of what enters.
    pub fn apply(&self, enters: &[f64], leaves: &mut [f64]) {
        for (row, sum) in leaves.iter_mut().enumerate() {
            *sum = self.row(row).map(|(from, weight)| weight * enters.get(from).copied().unwrap_or(0.0)).sum::<f64>()
                + self.bias(row);
        }
    }

    fn begin() -> Map {
        Map { starts: vec![0], ..Map::default() }
    }

    /// Adds a weight to the row that is being made; one of zero adds nothing.
    fn push(&mut self, from: usize, weight: f64) {
        if weight != 0.0 {
            self.from.push(from as u32);
            self.weight.push(weight);
        }
    }

    fn end_row(&mut self) {
        self.starts.push(self.from.len());
    }
}

/// Numbers of a parameter that was checked.
fn numbers(node: &Node, name: &str) -> Vec<f64> {
    node.get(name).and_then(Data::numbers).unwrap_or_default()
}

fn check_count(count: Option<usize>) -> Result<(), String> {
    match count {
        Some(count) if count <= MOST => Ok(()),
        _ => Err(format!("it has more than {MOST} weights once they are listed one by one")),
    }
}

fn dense(node: &Node, flow: &Flow) -> Result<Map, String> {
    let columns: usize = flow.enters.iter().product();
    let weight = numbers(node, "weight");
    check_count(Some(weight.len()))?;
    let mut map = Map::begin();
    for row in weight.chunks(columns.max(1)) {
        row.iter().enumerate().for_each(|(from, weight)| map.push(from, *weight));
        map.end_row();
    }
    map.bias = node.get("bias").and_then(Data::numbers);
    Ok(map)
}

fn scale(node: &Node, flow: &Flow) -> Map {
    let factors = numbers(node, "scale");
    let mut map = Map::begin();
    for unit in 0..flow.enters.iter().product() {
        // A single factor is that of all.
        map.push(unit, factors.get(unit).or(factors.first()).copied().unwrap_or(1.0));
        map.end_row();
    }
    map
}

/// The place in what enters under one place of the window, if it is no padding.
fn under(window: &Window, [row, column]: [usize; 2], [y, x]: [usize; 2]) -> Option<usize> {
    let along = |axis: usize, at: usize, within: usize| {
        let place = (at * window.stride[axis] + within * window.dilation[axis]).checked_sub(window.padding[axis])?;
        (place < window.enters[axis]).then_some(place)
    };
    Some(along(0, row, y)? * window.enters[1] + along(1, column, x)?)
}

/// Calls `each` for every place of the window, by rows.
fn places(window: &Window) -> impl Iterator<Item = [usize; 2]> + use<> {
    let [rows, columns] = window.size;
    (0..rows).flat_map(move |y| (0..columns).map(move |x| [y, x]))
}

fn count(window: &Window, depth: usize) -> Option<usize> {
    let [rows, columns] = window.leaves;
    let parts = [window.out, rows, columns, depth, window.size[0], window.size[1]];
    parts.into_iter().try_fold(1usize, |product, part| product.checked_mul(part))
}

fn convolution(node: &Node, window: &Window) -> Result<Map, String> {
    check_count(count(window, window.depth))?;
    let weight = numbers(node, "weight");
    let (plane, kernel) = (window.enters[0] * window.enters[1], window.size[0] * window.size[1]);
    let out_of_group = window.out / (window.into / window.depth).max(1);
    let given = numbers(node, "bias");
    let (mut map, mut bias) = (Map::begin(), Vec::new());
    for out in 0..window.out {
        let first = out / out_of_group.max(1) * window.depth;
        for at in (0..window.leaves[0]).flat_map(|row| (0..window.leaves[1]).map(move |column| [row, column])) {
            for channel in 0..window.depth {
                for (k, place) in places(window).enumerate() {
                    let Some(under) = under(window, at, place) else { continue };
                    let weight = weight.get((out * window.depth + channel) * kernel + k).copied();
                    map.push((first + channel) * plane + under, weight.unwrap_or(0.0));
                }
            }
            map.end_row();
            bias.push(given.get(out).copied().unwrap_or(0.0));
        }
    }
    map.bias = Some(bias);
    Ok(map)
}

/// Sums, or means over the whole window, its padding counted as zeros.
fn pool(node: &Node, window: &Window) -> Result<Map, String> {
    check_count(count(window, 1))?;
    let (plane, kernel) = (window.enters[0] * window.enters[1], window.size[0] * window.size[1]);
    let weight = if node.kind == Kind::AvgPool2d { 1.0 / kernel as f64 } else { 1.0 };
    let mut map = Map::begin();
    for channel in 0..window.out {
        for at in (0..window.leaves[0]).flat_map(|row| (0..window.leaves[1]).map(move |column| [row, column])) {
            for place in places(window) {
                if let Some(under) = under(window, at, place) {
                    map.push(channel * plane + under, weight);
                }
            }
            map.end_row();
        }
    }
    Ok(map)
}
