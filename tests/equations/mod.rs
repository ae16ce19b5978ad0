//! One form of a model: elementary functions, its derivatives, and what is made of it.

mod derivative;
mod exact;
mod graphs;
mod math;
mod models;
mod watched;
