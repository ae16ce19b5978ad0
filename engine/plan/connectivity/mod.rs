//! Who reaches whom: every synapse as a pure function of the seed, so that rows can be stored, or generated again at
//! each spike. A `projection` is what rows are made from: `procedural` turns rules into projections (`multinomial`
//! decides how many synapses each source has, `permutation` which inputs of targets are its own), `explicit` lists the
//! pairs that no rule gives source by source (`third` those of a third factor), `generate_row` makes a row, `weights`
//! and `delays` turn random words into values by the tables of `quantiles`, which `distribution` fills.

pub mod distribution;
pub mod generate_row;
pub mod permutation;
pub mod quantiles;
mod third;
pub mod weights;

pub(crate) mod delays;
pub(crate) mod explicit;
pub(crate) mod multinomial;
pub mod procedural;
pub(crate) mod projection;
