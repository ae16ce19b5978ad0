//! Training: gradients through the same equations, rows and delays that the simulator plays.

pub mod events;
