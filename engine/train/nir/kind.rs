//! The kinds of nodes, and the parameters that each has.

/// A kind of node, by NIR's names.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
#[allow(missing_docs)]
pub enum Kind {
    Input,
    Output,
    Linear,
    Affine,
    Scale,
    Conv1d,
    Conv2d,
    SumPool2d,
    AvgPool2d,
    Flatten,
    Delay,
    Threshold,
    I,
    If,
    Li,
    Lif,
    CubaLi,
    CubaLif,
    Graph,
}

/// All kinds, with NIR's names.
const NAMES: [(Kind, &str); 19] = [
    (Kind::Affine, "Affine"),
    (Kind::AvgPool2d, "AvgPool2d"),
    (Kind::Conv1d, "Conv1d"),
    (Kind::Conv2d, "Conv2d"),
    (Kind::CubaLi, "CubaLI"),
    (Kind::CubaLif, "CubaLIF"),
    (Kind::Delay, "Delay"),
    (Kind::Flatten, "Flatten"),
    (Kind::I, "I"),
    (Kind::If, "IF"),
    (Kind::Input, "Input"),
    (Kind::Li, "LI"),
    (Kind::Lif, "LIF"),
    (Kind::Linear, "Linear"),
    (Kind::Graph, "NIRGraph"),
    (Kind::Output, "Output"),
    (Kind::Scale, "Scale"),
    (Kind::SumPool2d, "SumPool2d"),
    (Kind::Threshold, "Threshold"),
];

impl Kind {
    /// NIR's name.
    pub fn name(self) -> &'static str {
        NAMES.iter().find(|(kind, _)| *kind == self).map_or("", |(_, name)| name)
    }

    /// The kind of this name.
    pub fn named(name: &str) -> Option<Kind> {
        NAMES.iter().find(|(_, known)| *known == name).map(|(kind, _)| *kind)
    }

    /// The names of all kinds.
    pub fn names() -> Vec<&'static str> {
        NAMES.iter().map(|(_, name)| *name).collect()
    }

    /// Parameters that must be there.
    pub fn required(self) -> &'static [&'static str] {
        match self {
            Kind::Input | Kind::Output => &["shape"],
            Kind::Linear => &["weight"],
            Kind::Affine => &["weight", "bias"],
            Kind::Scale => &["scale"],
            Kind::Conv1d | Kind::Conv2d => &["weight", "stride", "padding", "dilation", "groups", "bias"],
            Kind::SumPool2d | Kind::AvgPool2d => &["kernel_size", "stride", "padding"],
            Kind::Flatten => &["start_dim", "end_dim"],
            Kind::Delay => &["delay"],
            Kind::Threshold => &["threshold"],
            Kind::I => &["r"],
            Kind::If => &["r", "v_threshold"],
            Kind::Li => &["tau", "r", "v_leak"],
            Kind::Lif => &["tau", "r", "v_leak", "v_threshold"],
            Kind::CubaLi => &["tau_syn", "tau_mem", "r", "v_leak"],
            Kind::CubaLif => &["tau_syn", "tau_mem", "r", "v_leak", "v_threshold"],
            Kind::Graph => &[],
        }
    }

    /// Parameters that may be there.
    pub fn optional(self) -> &'static [&'static str] {
        match self {
            Kind::Conv1d | Kind::Conv2d => &["input_shape"],
            Kind::Flatten => &["input_type"],
            Kind::If | Kind::Lif => &["v_reset"],
            Kind::CubaLi => &["w_in"],
            Kind::CubaLif => &["v_reset", "w_in"],
            _ => &[],
        }
    }

    /// Whether it holds a state from step to step that its input changes: a neuron or an integrator.
    pub fn is_neuron(self) -> bool {
        matches!(self, Kind::I | Kind::If | Kind::Li | Kind::Lif | Kind::CubaLi | Kind::CubaLif)
    }

    /// Whether its values are spikes.
    pub fn spikes(self) -> bool {
        matches!(self, Kind::If | Kind::Lif | Kind::CubaLif | Kind::Threshold)
    }

    /// Whether its parameters have one value for each of its units, in the shape of its input.
    pub fn is_by_unit(self) -> bool {
        self.is_neuron() || matches!(self, Kind::Scale | Kind::Delay | Kind::Threshold)
    }
}
