//! Plans: a network laid out in shards, rows and tables, before any device exists. Pure and testable.
//!
//! | room | what it decides |
//! |---|---|
//! | `resolve` | a network read once: channels, laws of weights, bounds of degrees |
//! | `input` | what stimuli bring in each step |
//! | `fixed_point`, `input_bound`, `explicit_input` | the value of one count of a channel, by what can arrive in a step |
//! | `connectivity/` | who reaches whom: rules as rows that can be generated source by source, weights and delays |
//! | `storage/` | which rows are stored and how: encoding of a synapse, delay blocks, shards, compressed sparse rows |
//! | `learned`, `plastic`, `plastic_rows`, `domains` | synapses that learn: bounds of their weights; rows of their own, with initial states; the domains of a third factor |
//! | `cost/` | costs: memory predicted and refused, bytes moved, the report for people |
//! | `couplings` | which signals neurons give, and which of them reach each neuron |
//! | `currents`, `waves`, `stimuli`, `population`, `probes` | input from outside, what plans keep of populations, what is sampled |
//! | `perturbed`, `perturbations` | perturbations of neurons and connections, and how they are laid out |
//! | `layout` | the result: [`Plan`], its shards and slices of populations |
//! | `lay_out` | how the result is made from all that |
//! | `trial` | plans that share rows |
//!
//! Both players play the same [`Plan`]. What may not live here: anything that knows a device, a file or a clock.
//!
//! **Rows.** Within a shard, synapses are sorted by (source, delay block): `offsets[source * blocks + block]` is where
//! a row block starts. Block b holds the delays from `min_delay + b * B` on, B of them. Before the step in which the
//! first of them arrives, the row blocks (source, b) of that step's spikes are added into a ring of a few slots.

pub mod connectivity;
pub mod cost;
mod couplings;
mod currents;
pub mod domains;
mod explicit_input;
mod fixed_point;
mod input;
mod input_bound;
mod lay_out;
mod layout;
mod learned;
mod options;
mod perturbations;
mod perturbed;
pub mod plastic;
pub mod plastic_rows;
mod population;
mod probes;
pub(crate) mod resolve;
mod stimuli;
pub mod storage;
mod trial;
mod waves;

pub use cost::model::CostModel;
pub use cost::report::LayoutReport;
pub use cost::traffic::Traffic;
pub use couplings::{CouplingPlan, Course, Link, Reaching, ReachingSince, Signal, SignalSource};
pub use currents::CurrentPlan;
pub use layout::{IDLE_CHECK_STEPS, Plan, PopulationSlice, Shard};
pub use options::{Delivery, PlanOptions, PlanPart, Storage};
pub use perturbed::{Clamp, Cut, CutSynapse, DerivedFrom, Perturbed, PlasticCut, Silence};
pub(crate) use population::populations;
pub use population::{Offsets, PopulationPlan};
pub use probes::ProbePlan;
pub(crate) use probes::probes;
pub use stimuli::{CurrentTarget, Event};
pub use storage::encoding::{Encoding, LARGEST_BLOCK, SourceLayout, StorageLayout, SynapseFormat};
pub use storage::read_back::SynapseRecord;
pub use storage::rows::{StoredRows, Topology, Words};
pub use trial::ConnectivityKey;
pub use waves::{Bridges, Fluctuation, Path, WavePlan};
