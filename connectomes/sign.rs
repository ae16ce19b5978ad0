//! Signs of edges: what the words and numbers of a column mean, and what makes a weight excitatory or inhibitory.

use super::{Connectome, Edge, EdgeKind};
use crate::files::lost;

/// Where the signs of a connectome's weights come from; where an edge has one, the weight's magnitude is its strength.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum SignRule {
    /// Each edge's own sign, or that of its weight where weights below zero show that weights carry signs.
    #[default]
    Edge,
    /// The same, and excitatory where nothing is known.
    EdgeOrExcitatory,
    /// The same, and inhibitory where nothing is known.
    EdgeOrInhibitory,
    /// All are excitatory.
    Excitatory,
    /// All are inhibitory.
    Inhibitory,
}

impl SignRule {
    /// All rules by name.
    pub const ALL: [(&str, SignRule); 5] = [
        ("edge", SignRule::Edge),
        ("edge_or_excitatory", SignRule::EdgeOrExcitatory),
        ("edge_or_inhibitory", SignRule::EdgeOrInhibitory),
        ("excitatory", SignRule::Excitatory),
        ("inhibitory", SignRule::Inhibitory),
    ];
}

/// Signed weights of a connectome's edges.
#[derive(Debug, Clone, Copy)]
pub struct Signs<'c> {
    connectome: &'c Connectome,
    rule: SignRule,
    /// Whether the weights carry signs.
    carried: bool,
}

impl Connectome {
    /// The weights of this connectome's edges with signs by `rule`.
    pub fn signs(&self, rule: SignRule) -> Signs<'_> {
        let carried = self.edges.iter().any(|edge| edge.kind == EdgeKind::Chemical && edge.weight < 0.0);
        Signs { connectome: self, rule, carried }
    }
}

impl Signs<'_> {
    /// The weight of an edge, below zero where it is inhibitory; nothing where its sign is not known.
    ///
    /// # Errors
    /// An edge whose sign is not that of its weight, in words.
    pub fn weight(&self, edge: &Edge) -> Result<Option<f64>, String> {
        let strength = edge.weight.abs();
        Ok(self.inhibitory(edge)?.map(|inhibitory| if inhibitory { -strength } else { strength }))
    }

    /// Whether an edge is inhibitory; nothing where its sign is not known.
    ///
    /// # Errors
    /// As [`Signs::weight`].
    pub fn inhibitory(&self, edge: &Edge) -> Result<Option<bool>, String> {
        let otherwise = match self.rule {
            SignRule::Excitatory => return Ok(Some(false)),
            SignRule::Inhibitory => return Ok(Some(true)),
            SignRule::EdgeOrExcitatory => Some(false),
            SignRule::EdgeOrInhibitory => Some(true),
            SignRule::Edge => None,
        };
        Ok(self.agreed_sign(edge)?.or(otherwise))
    }

    /// Whether an edge is inhibitory, by its sign and by its weight, which must agree.
    fn agreed_sign(&self, edge: &Edge) -> Result<Option<bool>, String> {
        let carried = (self.carried && edge.weight != 0.0).then_some(edge.weight < 0.0);
        let own = (edge.sign != 0).then_some(edge.sign < 0);
        match (own, carried) {
            (Some(own), Some(carried)) if own != carried => {
                let name = |i: u32| self.connectome.nodes.get(i as usize).map_or("?", |node| node.name.as_str());
                Err(format!(
                    "the edge {} -> {} has sign {} and weight {} among weights that carry signs; make them agree in the \
                     file, or set sign to excitatory or inhibitory for all",
                    name(edge.source),
                    name(edge.target),
                    edge.sign.signum(),
                    edge.weight
                ))
            }
            _ if self.carried && edge.weight == 0.0 => Ok(Some(own.unwrap_or(false))),
            _ => Ok(own.or(carried)),
        }
    }
}

/// Names of columns that hold signs or flags.
pub(super) const NAMES: &[&str] = &["sign", "excitatory", "inhibitory", "is_excitatory", "is_inhibitory"];

const PLUS: &[&str] = &["+"];
const MINUS: &[&str] = &["-", "\u{2212}"];
const EXCITATORY: &[&str] = &["e", "ex", "exc", "excitatory", "excitation"];
const INHIBITORY: &[&str] = &["i", "in", "inh", "inhib", "inhibitory", "inhibition"];
const UNKNOWN: &[&str] = &["", "none", "complex", "unknown", "na", "n/a", "nan", "null"];
const YES: &[&str] = &["true", "t", "yes", "y"];
const NO: &[&str] = &["false", "f", "no", "n"];

/// What a flag in a column says.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Asks {
    /// 1, 0 or -1.
    Sign,
    Excitatory,
    Inhibitory,
}

impl Asks {
    /// What a column of this name asks.
    fn of(column: &str) -> Asks {
        let name = column.to_lowercase();
        let word = |start: &str, short: &str| {
            name.contains(start) || name.split(|c: char| !c.is_alphanumeric()).any(|w| w == short)
        };
        match (word("excit", "exc"), word("inhib", "inh")) {
            (true, false) => Asks::Excitatory,
            (false, true) => Asks::Inhibitory,
            _ => Asks::Sign,
        }
    }
}

/// The sign that stands in a column: +1 excitatory, -1 inhibitory, 0 unknown.
pub(super) fn sign(column: &str, text: &str) -> Result<i8, String> {
    let word = text.trim().to_lowercase();
    let is = |words: &[&str]| words.contains(&word.as_str());
    let asks = Asks::of(column);
    let yes = if asks == Asks::Inhibitory { -1 } else { 1 };
    let plain = word.replace('\u{2212}', "-");
    let number = plain.parse::<f64>().ok().filter(|number| lost(&plain, *number).is_none());
    match number {
        _ if is(UNKNOWN) => Ok(0),
        Some(1.0) => Ok(yes),
        Some(0.0) => Ok(if asks == Asks::Sign { 0 } else { -yes }),
        Some(-1.0) if asks != Asks::Inhibitory => Ok(-1),
        _ if is(YES) => Ok(yes),
        _ if is(NO) => Ok(-yes),
        // Of inhibition a plus may mean yes, or excitation.
        _ if is(PLUS) && asks != Asks::Inhibitory => Ok(1),
        _ if is(MINUS) && asks != Asks::Inhibitory => Ok(-1),
        _ if is(EXCITATORY) => Ok(1),
        _ if is(INHIBITORY) => Ok(-1),
        _ if asks == Asks::Sign => Err(format!("'{}' is no sign; write +, - or nothing", text.trim())),
        _ => Err(format!("'{}' in the column '{column}' is no flag; write 1, 0 or nothing", text.trim())),
    }
}
