//! Closed loops: a controller that is learned through the simulator holds the rate of a population.
//!
//! Before each window a [`Controller`] sees the set point and past rates, and sets the drive of a [`Plant`]. A [`Net`]
//! is learned by backpropagation through the whole loop ([`gradient`]) and the neurons' own equations; a [`Pi`]
//! controller is tuned by a grid search. [`engine`] closes the same loop around a simulation. What may not live here:
//! another form of a neuron.

mod closed;
mod controller;
mod course;
pub mod engine;
mod learn;
mod picture;
mod plant;
mod study;

pub use closed::{Run, follow, gradient, seen_after};
pub use controller::{Controller, Net, Pi, SCALE, SEES, Seen, Slopes};
pub use course::Course;
pub use learn::{OFFSET, Steering, best, net, parameters, pi_grid, tracking_errors};
pub use plant::{Line, Moving, Neuropil, Plant, REST, WINDOW, current, rate};
pub use study::STUDY;
