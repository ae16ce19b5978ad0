//! Who reaches whom: every synapse as a pure function of the seed, so that rows can be stored, or generated again at each
//! spike. A `projection` is what rows are made from: `procedural` turns rules into rows (`multinomial`: how many synapses each source has), `explicit` lists what no
//! rule can give source by source, `generate_row` makes a row, `weights` and `delays` turn random words into values by
//! the tables of `quantiles`, which `distribution` fills.

pub mod distribution;
pub mod generate_row;
pub mod quantiles;
mod third;
pub mod weights;

pub(crate) mod delays;
pub(crate) mod explicit;
pub(crate) mod multinomial;
pub mod procedural;
pub(crate) mod projection;
