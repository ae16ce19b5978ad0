//! The ELM neuron ([`Elm`]) beside a gated recurrent unit ([`Gru`]) and leaky integrate-and-fire neurons ([`Lif`]) of
//! as many parameters, on tasks that ask for memory ([`Task`]).
//!
//! Each is a [`Cell`], whose forward and backward pass are written out by hand. What may not live here: how batches are
//! made and parameters updated, which is [`super::endless`].

mod cell;
mod gru;
mod lif;
mod neuron;
mod study;
mod task;

pub(in crate::train) use cell::sum_rows;
pub use cell::{Cell, Input, Net};
pub use gru::{Gru, GruTrace};
pub use lif::{Lif, LifTrace};
pub use neuron::{Elm, ElmTrace};
pub use study::STUDY;
pub use task::{Kind, READ, SYMBOL, Task};
