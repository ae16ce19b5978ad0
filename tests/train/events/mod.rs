//! Gradients of events: EventProp in continuous time and on the grid, and e-prop.

mod eprop;
mod grid;
mod nets;
mod referee;
mod runs;
