//! The input and output shapes of nodes, from their parameters and from the nodes that lead to them.

use super::Kind;
use super::flat::Flat;
use super::graph::Node;

/// A shape; [`None`] where it is not known yet.
pub(super) type Shape = Option<Vec<usize>>;

/// The shapes of a node's input and output, [channel, row, column] or \[unit\].
#[derive(Debug, Clone)]
pub(super) struct Flow {
    pub input: Vec<usize>,
    pub output: Vec<usize>,
}

/// The shapes of all nodes, and warnings where the two ends of an edge have different shapes of the same size.
///
/// # Errors
/// A shape that cannot be determined, and ends of an edge that do not fit; as a sentence.
pub(super) fn shapes(flat: &Flat) -> Result<(Vec<Flow>, Vec<String>), String> {
    let mut known: Vec<(Shape, Shape)> = flat.nodes.iter().map(|_| (None, None)).collect();
    loop {
        let mut changed = false;
        for (index, flat_node) in flat.nodes.iter().enumerate() {
            if known.get(index).is_some_and(|(_, output)| output.is_some()) {
                continue;
            }
            let arriving = flat.edges.iter().filter(|(_, to)| *to == index);
            let arriving = arriving.filter_map(|(from, _)| known.get(*from)?.1.clone()).next();
            let named =
                |problem: String| format!("node '{}' ({}): {problem}", flat_node.name, flat_node.node.kind.name());
            let input = input_shape(&flat_node.node, arriving.as_deref()).map_err(named)?;
            let Some(input) = input else { continue };
            let output = output_shape(&flat_node.node, &input).map_err(named)?;
            if let Some(slot) = known.get_mut(index) {
                *slot = (Some(input), Some(output));
                changed = true;
            }
        }
        if !changed {
            break;
        }
    }
    let mut flows = Vec::with_capacity(known.len());
    for (node, shapes) in flat.nodes.iter().zip(known) {
        let (Some(input), Some(output)) = shapes else {
            let problem = "the shape of what enters is told nowhere; let an edge lead to it, or give the shape";
            return Err(format!("node '{}' ({}): {problem}", node.name, node.node.kind.name()));
        };
        flows.push(Flow { input, output });
    }
    let warnings = check_edges(flat, &flows)?;
    Ok((flows, warnings))
}

/// Checks that both ends of each edge have the same number of values; gives warnings where the shapes differ.
fn check_edges(flat: &Flat, flows: &[Flow]) -> Result<Vec<String>, String> {
    let mut warnings = Vec::new();
    for &(from, to) in &flat.edges {
        let (Some(source), Some(target)) = (flat.nodes.get(from), flat.nodes.get(to)) else { continue };
        let (Some(output), Some(input)) = (flows.get(from).map(|f| &f.output), flows.get(to).map(|f| &f.input)) else {
            continue;
        };
        if output == input {
            continue;
        }
        let edge = format!("the edge {} -> {}", source.name, target.name);
        let ends = format!("leaves in the shape {output:?} and enters in {input:?}");
        if output.iter().product::<usize>() != input.iter().product::<usize>() {
            return Err(format!("{edge}: what {ends}, which do not fit; correct the parameters of one"));
        }
        warnings.push(format!("{edge}: what {ends}; it is taken as it is, the last axis contiguous"));
    }
    Ok(warnings)
}

/// The shape of a node's input, where it is known; `arriving` is that of the output of a node that leads to it.
fn input_shape(node: &Node, arriving: Option<&[usize]>) -> Result<Shape, String> {
    let arriving = || arriving.map(<[usize]>::to_vec);
    Ok(match node.kind {
        Kind::Input | Kind::Output => node.sizes("shape"),
        Kind::Linear | Kind::Affine => match node.get("weight").map(|weight| weight.shape()) {
            Some([_, inputs]) => Some(vec![*inputs]),
            _ => return Err("its weight has more than two axes, which is read and written but not run".to_owned()),
        },
        Kind::Conv1d | Kind::Conv2d => {
            let weight = node.get("weight").map(|weight| weight.shape()).unwrap_or_default();
            let channels = weight.get(1).copied().unwrap_or(0).saturating_mul(first_size(node, "groups"));
            match node.sizes("input_shape") {
                Some(axes) => Some([&[channels], &axes[..]].concat()),
                None => arriving(),
            }
        }
        Kind::Flatten => node.sizes("input_type").or_else(arriving),
        Kind::SumPool2d | Kind::AvgPool2d => arriving(),
        kind => {
            let name = kind.required().first().copied().unwrap_or_default();
            match node.get(name).map(|data| data.shape()) {
                // One value for all units.
                Some([]) | None => arriving(),
                Some(shape) => Some(shape.to_vec()),
            }
        }
    })
}

/// The first value of a parameter of whole numbers; 1 where it is not there.
fn first_size(node: &Node, name: &str) -> usize {
    node.sizes(name).and_then(|sizes| sizes.first().copied()).unwrap_or(1)
}

/// The shape of a node's output.
fn output_shape(node: &Node, input: &[usize]) -> Result<Vec<usize>, String> {
    match node.kind {
        Kind::Linear | Kind::Affine => {
            let rows = node.get("weight").and_then(|weight| weight.shape().first().copied());
            Ok(vec![rows.unwrap_or(0)])
        }
        Kind::Conv1d | Kind::Conv2d | Kind::SumPool2d | Kind::AvgPool2d => {
            let window = Window::new(node, input)?;
            Ok([&[window.out], &window.output[window.output.len() - window.axes..]].concat())
        }
        Kind::Flatten => flattened(node, input),
        _ => Ok(input.to_vec()),
    }
}

/// The shape with the axes from start_dim to end_dim made one.
fn flattened(node: &Node, input: &[usize]) -> Result<Vec<usize>, String> {
    let rank = input.len() as i64;
    let axis = |name: &str| {
        let given = node.get(name).and_then(|data| data.wholes()?.first().copied()).unwrap_or(0);
        let axis = if given < 0 { given + rank } else { given };
        let wrong =
            || format!("{name} = {given} names no axis of {input:?}; the first is 0, there is none for samples");
        usize::try_from(axis).ok().filter(|axis| *axis < input.len()).ok_or_else(wrong)
    };
    let (start, end) = (axis("start_dim")?, axis("end_dim")?);
    match input.get(start..=end) {
        Some(joined) => Ok([&input[..start], &[joined.iter().product()], &input[end + 1..]].concat()),
        None => Err(format!("start_dim = {start} lies behind end_dim = {end}")),
    }
}

/// A window that moves over two axes, as in convolutions and pools; where there is one axis, it is the second, and the
/// first has a single row.
pub(super) struct Window {
    /// The number of output channels.
    pub out: usize,
    /// The number of input channels.
    pub into: usize,
    /// The number of input channels that each output channel sums over.
    pub depth: usize,
    /// Rows and columns of the input.
    pub input: [usize; 2],
    /// Rows and columns of the output.
    pub output: [usize; 2],
    /// Rows and columns of the window.
    pub size: [usize; 2],
    pub stride: [usize; 2],
    pub padding: [usize; 2],
    pub dilation: [usize; 2],
    /// The number of axes of the space: 1 or 2.
    pub axes: usize,
}

impl Window {
    /// The window of a convolution or a pool over an input of this shape.
    ///
    /// # Errors
    /// Too few axes, other channels than the weights have, a window larger than what it moves over.
    pub fn new(node: &Node, input: &[usize]) -> Result<Window, String> {
        let axes = if node.kind == Kind::Conv1d { 1 } else { 2 };
        let [into, space @ ..] = input else { return Err("nothing enters".to_owned()) };
        if space.len() != axes {
            let wanted = if axes == 1 { "channels x width" } else { "channels x height x width" };
            return Err(format!("what enters has the shape {input:?}, and {wanted} is needed"));
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
        let groups = if is_convolution { first_size(node, "groups") } else { *into };
        if is_convolution && depth.checked_mul(groups) != Some(*into) {
            return Err(format!("{into} channels enter, and its weight is for {depth} in each of {groups} groups"));
        }
        let dilation = if is_convolution { given("dilation", 1) } else { [1, 1] };
        let mut window = Window {
            out,
            into: *into,
            depth,
            input: pair(space.to_vec(), 1),
            output: [0, 0],
            size,
            stride: given("stride", 1),
            padding: [0, 0],
            dilation,
            axes,
        };
        window.padding = match node.get("padding").and_then(|padding| padding.as_text()) {
            Some("same") => window.same_padding()?,
            Some(_) => [0, 0],
            None => given("padding", 0),
        };
        window.set_output()?;
        Ok(window)
    }

    /// The padding with which the output is as large as the input.
    fn same_padding(&self) -> Result<[usize; 2], String> {
        let around = [0, 1].map(|axis: usize| self.dilation[axis] * (self.size[axis] - 1));
        if self.stride != [1, 1] || around.iter().any(|around| around % 2 != 0) {
            let problem =
                "padding 'same' needs a stride of 1 and a window of odd size here; give the padding as numbers";
            return Err(problem.to_owned());
        }
        Ok(around.map(|around| around / 2))
    }

    /// Sets the rows and columns of the output.
    fn set_output(&mut self) -> Result<(), String> {
        for axis in [0, 1] {
            let reach = self.dilation[axis].saturating_mul(self.size[axis] - 1).saturating_add(1);
            let room = self.padding[axis].saturating_mul(2).saturating_add(self.input[axis]);
            let Some(left) = room.checked_sub(reach) else {
                return Err(format!("its window reaches over {reach}, and only {room} enter with padding"));
            };
            self.output[axis] = left / self.stride[axis] + 1;
        }
        Ok(())
    }
}
