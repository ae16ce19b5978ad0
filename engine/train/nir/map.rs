//! Linear nodes as sparse matrices: for each output value, the input values that it is a sum of, and their weights.

use super::graph::Node;
use super::shape::{Flow, Window};
use super::{Data, Kind};

/// The most weights of a node: 3 GiB of them.
const MAX_WEIGHTS: usize = 1 << 28;

/// A sparse matrix, stored by rows, and a bias.
#[derive(Debug, Clone, Default)]
pub(super) struct Map {
    /// Where the weights of each row begin, and where the last end.
    starts: Vec<usize>,
    /// The input value of each weight.
    from: Vec<u32>,
    /// The weights, row by row.
    weight: Vec<f64>,
    bias: Option<Vec<f64>>,
}

impl Map {
    /// The map of a linear node; [`None`] for other nodes.
    ///
    /// # Errors
    /// Too many weights, as a part of a sentence.
    pub fn of_node(node: &Node, flow: &Flow) -> Result<Option<Map>, String> {
        Ok(Some(match node.kind {
            Kind::Linear | Kind::Affine => dense(node, flow)?,
            Kind::Scale => scale(node, flow),
            Kind::Conv1d | Kind::Conv2d => convolution(node, &Window::new(node, &flow.input)?)?,
            Kind::SumPool2d | Kind::AvgPool2d => pool(node, &Window::new(node, &flow.input)?)?,
            _ => return Ok(None),
        }))
    }

    /// The number of output values.
    pub fn rows(&self) -> usize {
        self.starts.len().saturating_sub(1)
    }

    /// The input values that output value `row` is a sum of, and their weights.
    pub fn row(&self, row: usize) -> impl Iterator<Item = (usize, f64)> + '_ {
        let ends = (self.starts.get(row), self.starts.get(row + 1));
        let range = if let (Some(start), Some(end)) = ends { *start..*end } else { 0..0 };
        let from = self.from.get(range.clone()).unwrap_or_default();
        let weight = self.weight.get(range).unwrap_or_default();
        from.iter().zip(weight).map(|(from, weight)| (*from as usize, *weight))
    }

    /// The bias of output value `row`.
    pub fn bias(&self, row: usize) -> f64 {
        self.bias.as_ref().and_then(|bias| bias.get(row).copied()).unwrap_or(0.0)
    }

    /// Applies the map: sets `output` for `input`.
    pub fn apply(&self, input: &[f64], output: &mut [f64]) {
        for (row, sum) in output.iter_mut().enumerate() {
            *sum = self.row(row).map(|(from, weight)| weight * input.get(from).copied().unwrap_or(0.0)).sum::<f64>()
                + self.bias(row);
        }
    }

    /// A map without rows yet, to be made with [`Map::push`] and [`Map::end_row`].
    fn empty() -> Map {
        Map { starts: vec![0], ..Map::default() }
    }

    /// Adds a weight to the last row; a weight of zero is left out.
    fn push(&mut self, from: usize, weight: f64) {
        if weight != 0.0 {
            self.from.push(from as u32);
            self.weight.push(weight);
        }
    }

    /// Ends a row, so that the next begins.
    fn end_row(&mut self) {
        self.starts.push(self.from.len());
    }
}

/// The values of a parameter.
fn numbers(node: &Node, name: &str) -> Vec<f64> {
    node.get(name).and_then(Data::numbers).unwrap_or_default()
}

/// Refuses too many weights; [`None`] is a count beyond all bounds.
fn check_count(count: Option<usize>) -> Result<(), String> {
    match count {
        Some(count) if count <= MAX_WEIGHTS => Ok(()),
        _ => Err(format!("it has more than {MAX_WEIGHTS} weights once they are listed one by one")),
    }
}

/// The map of [`Kind::Linear`] and [`Kind::Affine`].
fn dense(node: &Node, flow: &Flow) -> Result<Map, String> {
    let columns: usize = flow.input.iter().product();
    let weight = numbers(node, "weight");
    check_count(Some(weight.len()))?;
    let mut map = Map::empty();
    for row in weight.chunks(columns.max(1)) {
        row.iter().enumerate().for_each(|(from, weight)| map.push(from, *weight));
        map.end_row();
    }
    map.bias = node.get("bias").and_then(Data::numbers);
    Ok(map)
}

/// The map of [`Kind::Scale`].
fn scale(node: &Node, flow: &Flow) -> Map {
    let factors = numbers(node, "scale");
    let mut map = Map::empty();
    for unit in 0..flow.input.iter().product() {
        // A single factor is for all units.
        map.push(unit, factors.get(unit).or(factors.first()).copied().unwrap_or(1.0));
        map.end_row();
    }
    map
}

/// Where in a channel of the input the place [y, x] of the window lies for the output place [row, column]; [`None`] in
/// the padding.
fn input_place(window: &Window, [row, column]: [usize; 2], [y, x]: [usize; 2]) -> Option<usize> {
    let along = |axis: usize, at: usize, within: usize| {
        let place = (at * window.stride[axis] + within * window.dilation[axis]).checked_sub(window.padding[axis])?;
        (place < window.input[axis]).then_some(place)
    };
    Some(along(0, row, y)? * window.input[1] + along(1, column, x)?)
}

/// All places [y, x] of the window, by rows.
fn places(window: &Window) -> impl Iterator<Item = [usize; 2]> + use<> {
    let [rows, columns] = window.size;
    (0..rows).flat_map(move |y| (0..columns).map(move |x| [y, x]))
}

/// The number of weights, padding included, where each output value sums over `depth` channels.
fn weight_count(window: &Window, depth: usize) -> Option<usize> {
    let [rows, columns] = window.output;
    let parts = [window.out, rows, columns, depth, window.size[0], window.size[1]];
    parts.into_iter().try_fold(1usize, |product, part| product.checked_mul(part))
}

/// The map of a convolution.
fn convolution(node: &Node, window: &Window) -> Result<Map, String> {
    check_count(weight_count(window, window.depth))?;
    let weight = numbers(node, "weight");
    let (plane, kernel) = (window.input[0] * window.input[1], window.size[0] * window.size[1]);
    let out_of_group = window.out / (window.into / window.depth).max(1);
    let given = numbers(node, "bias");
    let (mut map, mut bias) = (Map::empty(), Vec::new());
    for out in 0..window.out {
        let first = out / out_of_group.max(1) * window.depth;
        for at in (0..window.output[0]).flat_map(|row| (0..window.output[1]).map(move |column| [row, column])) {
            for channel in 0..window.depth {
                for (k, place) in places(window).enumerate() {
                    let Some(under) = input_place(window, at, place) else { continue };
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

/// The map of a pool: sums, or means over the whole window, its padding counted as zeros.
fn pool(node: &Node, window: &Window) -> Result<Map, String> {
    check_count(weight_count(window, 1))?;
    let (plane, kernel) = (window.input[0] * window.input[1], window.size[0] * window.size[1]);
    let weight = if node.kind == Kind::AvgPool2d { 1.0 / kernel as f64 } else { 1.0 };
    let mut map = Map::empty();
    for channel in 0..window.out {
        for at in (0..window.output[0]).flat_map(|row| (0..window.output[1]).map(move |column| [row, column])) {
            for place in places(window) {
                if let Some(under) = input_place(window, at, place) {
                    map.push(channel * plane + under, weight);
                }
            }
            map.end_row();
        }
    }
    Ok(map)
}
