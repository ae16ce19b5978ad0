//! What a plan costs: `model` holds the figures of a machine, `memory` and `plastic` predict memory, `budget` refuses
//! what does not fit, `traffic` counts the bytes that playing moves, `report` describes what was chosen.

pub mod budget;
pub mod memory;
pub(crate) mod model;
pub mod plastic;
pub(crate) mod report;
pub(crate) mod traffic;
