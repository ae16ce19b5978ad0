//! Shapes of what flows between nodes, from their parameters and from what leads to them.

use super::Kind;
use super::flat::Flat;
use super::graph::Node;

/// A shape, or that it is not known yet.
pub(super) type Shape = Option<Vec<usize>>;

/// What enters and what leaves a node, [channel, row, column] or [unit].
#[derive(Debug, Clone)]
pub(super) struct Flow {
    pub enters: Vec<usize>,
    pub leaves: Vec<usize>,
}

/// The shapes of all nodes, and warnings where values are taken in another shape than they come in.
///
/// # Errors
/// A shape that cannot be found out, and ends of an edge that do not fit; in words.
pub(super) fn shapes(flat: &Flat) -> Result<(Vec<Flow>, Vec<String>), String> {
    let mut known: Vec<(Shape, Shape)> = flat.nodes.iter().map(|_| (None, None)).collect();
    loop {
        let mut changed = false;
        for (index, flat_node) in flat.nodes.iter().enumerate() {
            if known.get(index).is_some_and(|(_, leaves)| leaves.is_some()) {
                continue;
            }
            let arriving = flat.edges.iter().filter(|(_, to)| *to == index);
            let arrives = arriving.filter_map(|(from, _)| known.get(*from)?.1.clone()).next();
            let named =
                |problem: String| format!("node '{}' ({}): {problem}", flat_node.name, flat_node.node.kind.name());
            let enters = entering(&flat_node.node, arrives.as_deref()).map_err(named)?;
            let Some(enters) = enters else { continue };
            let leaves = leaving(&flat_node.node, &enters).map_err(named)?;
            if let Some(slot) = known.get_mut(index) {
                *slot = (Some(enters), Some(leaves));
                changed = true;
            }
        }
        if !changed {
            break;
        }
    }
    let mut flows = Vec::with_capacity(known.len());
    for (node, shapes) in flat.nodes.iter().zip(known) {
        let (Some(enters), Some(leaves)) = shapes else {
            let problem = "the shape of what enters is told nowhere; let an edge lead to it, or give the shape";
            return Err(format!("node '{}' ({}): {problem}", node.name, node.node.kind.name()));
        };
        flows.push(Flow { enters, leaves });
    }
    let warnings = check_edges(flat, &flows)?;
    Ok((flows, warnings))
}

/// Both ends of each edge must have as many values.
fn check_edges(flat: &Flat, flows: &[Flow]) -> Result<Vec<String>, String> {
    let mut warnings = Vec::new();
    for &(from, to) in &flat.edges {
        let (Some(source), Some(target)) = (flat.nodes.get(from), flat.nodes.get(to)) else { continue };
        let (Some(leaves), Some(enters)) = (flows.get(from).map(|f| &f.leaves), flows.get(to).map(|f| &f.enters))
        else {
            continue;
        };
        if leaves == enters {
            continue;
        }
        let edge = format!("the edge {} -> {}", source.name, target.name);
        let ends = format!("leaves in the shape {leaves:?} and enters in {enters:?}");
        if leaves.iter().product::<usize>() != enters.iter().product::<usize>() {
            return Err(format!("{edge}: what {ends}, which do not fit; correct the parameters of one"));
        }
        warnings.push(format!("{edge}: what {ends}; it is taken as it is, the last axis contiguous"));
    }
    Ok(warnings)
}

/// What enters a node, where that is known.
fn entering(node: &Node, arrives: Option<&[usize]>) -> Result<Shape, String> {
    let arrives = || arrives.map(<[usize]>::to_vec);
    Ok(match node.kind {
        Kind::Input | Kind::Output => node.sizes("shape"),
        Kind::Linear | Kind::Affine => match node.get("weight").map(|weight| weight.shape()) {
            Some([_, inputs]) => Some(vec![*inputs]),
            _ => return Err("its weight has more than two axes, which is read and written but not run".to_owned()),
        },
        Kind::Conv1d | Kind::Conv2d => {
            let weight = node.get("weight").map(|weight| weight.shape()).unwrap_or_default();
            let channels = weight.get(1).copied().unwrap_or(0).saturating_mul(first(node, "groups"));
            match node.sizes("input_shape") {
                Some(axes) => Some([&[channels], &axes[..]].concat()),
                None => arrives(),
            }
        }
        Kind::Flatten => node.sizes("input_type").or_else(arrives),
        Kind::SumPool2d | Kind::AvgPool2d => arrives(),
        kind => {
            let name = kind.required().first().copied().unwrap_or_default();
            match node.get(name).map(|data| data.shape()) {
                // One value for all units.
                Some([]) | None => arrives(),
                Some(shape) => Some(shape.to_vec()),
            }
        }
    })
}

/// The first number of a parameter that was checked.
fn first(node: &Node, name: &str) -> usize {
    node.sizes(name).and_then(|sizes| sizes.first().copied()).unwrap_or(1)
}

/// What leaves a node.
fn leaving(node: &Node, enters: &[usize]) -> Result<Vec<usize>, String> {
    match node.kind {
        Kind::Linear | Kind::Affine => {
            let rows = node.get("weight").and_then(|weight| weight.shape().first().copied());
            Ok(vec![rows.unwrap_or(0)])
        }
        Kind::Conv1d | Kind::Conv2d | Kind::SumPool2d | Kind::AvgPool2d => {
            let window = Window::new(node, enters)?;
            Ok([&[window.out], &window.leaves[window.leaves.len() - window.axes..]].concat())
        }
        Kind::Flatten => flattened(node, enters),
        _ => Ok(enters.to_vec()),
    }
}

/// The shape with some axes made one.
fn flattened(node: &Node, enters: &[usize]) -> Result<Vec<usize>, String> {
    let rank = enters.len() as i64;
    let axis = |name: &str| {
        let given = node.get(name).and_then(|data| data.wholes()?.first().copied()).unwrap_or(0);
        let axis = if given < 0 { given + rank } else { given };
        let wrong =
            || format!("{name} = {given} names no axis of {enters:?}; the first is 0, there is none for samples");
        usize::try_from(axis).ok().filter(|axis| *axis < enters.len()).ok_or_else(wrong)
    };
    let (start, end) = (axis("start_dim")?, axis("end_dim")?);
    match enters.get(start..=end) {
        Some(joined) => Ok([&enters[..start], &[joined.iter().product()], &enters[end + 1..]].concat()),
        None => Err(format!("start_dim = {start} lies behind end_dim = {end}")),
    }
}

/// A window that moves over two axes, as convolutions and pools have it; one axis is a second of a single row.
pub(super) struct Window {
    /// Channels that leave, and that enter.
    pub out: usize,
    pub into: usize,
    /// Channels that enter of one group; all of them in a convolution without groups.
    pub depth: usize,
    /// Rows and columns, of what enters, what leaves, the window, and how it moves.
    pub enters: [usize; 2],
    pub leaves: [usize; 2],
    pub size: [usize; 2],
    pub stride: [usize; 2],
    pub padding: [usize; 2],
    pub dilation: [usize; 2],
    /// Axes of the space: 1 or 2.
    pub axes: usize,
}

impl Window {
    /// The window of a convolution or a pool over what enters.
    ///
    /// # Errors
    /// Too few axes, other channels than the weights have, a window larger than what it moves over.
    pub fn new(node: &Node, enters: &[usize]) -> Result<Window, String> {
        let axes = if node.kind == Kind::Conv1d { 1 } else { 2 };
        let [into, space @ ..] = enters else { return Err("nothing enters".to_owned()) };
        if space.len() != axes {
            let wanted = if axes == 1 { "channels x width" } else { "channels x height x width" };
            return Err(format!("what enters has the shape {enters:?}, and {wanted} is needed"));
        }
        let pair = |sizes: Vec<usize>, lone: usize| match (&sizes[..], axes) {
            ([one], 1) => [lone, *one],
            ([one], _) => [*one, *one],
            ([one, two, ..], _) => [*one, *two],
            ([], _) => [lone, lone],
        };
        let given = |name: &str, lone: usize| pair(node.sizes(name).unwrap_or_default(), lone);
        let weight = node.get("weight").map(|weight| weight.shape().to_vec());
        let (out, depth, size) = match weight.as_deref() {
            Some([out, depth, kernel @ ..]) => (*out, *depth, pair(kernel.to_vec(), 1)),
            _ => (*into, 1, given("kernel_size", 1)),
        };
        let is_convolution = weight.is_some();
        let groups = if is_convolution { first(node, "groups") } else { *into };
        if is_convolution && depth.checked_mul(groups) != Some(*into) {
            return Err(format!("{into} channels enter, and its weight is for {depth} in each of {groups} groups"));
        }
        let dilation = if is_convolution { given("dilation", 1) } else { [1, 1] };
        let mut window = Window {
            out,
            into: *into,
            depth,
            enters: pair(space.to_vec(), 1),
            leaves: [0, 0],
            size,
            stride: given("stride", 1),
            padding: [0, 0],
            dilation,
            axes,
        };
        window.padding = match node.get("padding").and_then(|padding| padding.as_text()) {
            Some("same") => window.same()?,
            Some(_) => [0, 0],
            None => given("padding", 0),
        };
        window.measure()?;
        Ok(window)
    }

    /// The padding with which as much leaves as enters.
    fn same(&self) -> Result<[usize; 2], String> {
        let around = [0, 1].map(|axis: usize| self.dilation[axis] * (self.size[axis] - 1));
        if self.stride != [1, 1] || around.iter().any(|around| around % 2 != 0) {
            let problem =
                "padding 'same' needs a stride of 1 and a window of odd size here; give the padding as numbers";
            return Err(problem.to_owned());
        }
        Ok(around.map(|around| around / 2))
    }

    fn measure(&mut self) -> Result<(), String> {
        for axis in [0, 1] {
            let reach = self.dilation[axis].saturating_mul(self.size[axis] - 1).saturating_add(1);
            let room = self.padding[axis].saturating_mul(2).saturating_add(self.enters[axis]);
            let Some(left) = room.checked_sub(reach) else {
                return Err(format!("its window reaches over {reach}, and only {room} enter with padding"));
            };
            self.leaves[axis] = left / self.stride[axis] + 1;
        }
        Ok(())
    }
}
