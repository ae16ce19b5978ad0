//! What a plan costs: `memory` predicts, `budget` refuses what does not fit, `traffic` counts what playing moves, `report`
//! says what was chosen.

pub mod budget;
pub mod memory;
pub(crate) mod report;
pub(crate) mod traffic;
