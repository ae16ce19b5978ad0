//! All studies by their names.

use super::study::Study;

/// All studies.
pub const ALL: &[Study] = &[
    super::motion::STUDY,
    super::language::STUDY,
    super::elm::STUDY,
    super::synchrony::STUDY,
    super::sequence::STUDY,
    super::regimes::STUDY,
    super::pruning::STUDY,
    super::control::STUDY,
];

/// The study of this name, if there is one.
pub fn named(name: &str) -> Option<&'static Study> {
    ALL.iter().find(|study| study.name == name)
}
