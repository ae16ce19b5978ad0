//! One form of a model: its derivatives, and what is made of it.

mod derivative;
mod graphs;
