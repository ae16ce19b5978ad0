//! Gradients of events: EventProp in continuous time and on the grid, and e-prop.

mod nets;
mod referee;
