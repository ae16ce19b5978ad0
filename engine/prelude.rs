//! What a program that simulates needs: `use neuropil::prelude::*;`.

pub use crate::device::{Device, Precision};
pub use crate::models::*;
pub use crate::network::{
    AllToAll, DcGenerator, Delay, Explicit, FixedIndegree, FixedOutdegree, FixedTotalNumber, GapJunction, Graded,
    Network, OneToOne, PairwiseBernoulli, Plastic, PoissonGenerator, Population, Selection, Sic, SpikeGenerator,
    Spikes, Static, StepCurrentGenerator, Synapse, Value, Variable,
};
pub use crate::plan::PlanOptions;
pub use crate::seed::{Seed, Trial};
pub use crate::simulation::{Progress, Simulation, Trials};
pub use crate::spike::Spike;
pub use crate::time::{Time, TimeUnits};
pub use crate::{Error, Result};

/// The default value, for `IafPscExp { tau_m: 10.0, ..default() }`.
pub fn default<T: Default>() -> T {
    T::default()
}
