//! Colours, where there is a terminal that wants them (<https://no-color.org>).

use std::io::IsTerminal;

/// Escape sequences that switch a style on, and `plain`, which ends it; all empty without colours.
#[derive(Debug, Clone, Copy)]
pub struct Style {
    pub bold: &'static str,
    pub dim: &'static str,
    pub red: &'static str,
    pub plain: &'static str,
}

const NONE: Style = Style { bold: "", dim: "", red: "", plain: "" };
const COLOURS: Style = Style { bold: "\x1b[1m", dim: "\x1b[2m", red: "\x1b[1;31m", plain: "\x1b[0m" };

/// Columns of a terminal that help texts keep to.
pub const WIDTH: usize = 80;

/// The style for standard output.
pub fn output() -> Style {
    style_for(std::io::stdout().is_terminal())
}

/// The style for standard error.
pub fn errors() -> Style {
    style_for(std::io::stderr().is_terminal())
}

/// Escape sequences if the output is a terminal and the environment does not refuse them.
fn style_for(terminal: bool) -> Style {
    let refused = std::env::var_os("NO_COLOR").is_some_and(|v| !v.is_empty())
        || std::env::var_os("TERM").is_some_and(|term| term == "dumb");
    if terminal && !refused { COLOURS } else { NONE }
}
