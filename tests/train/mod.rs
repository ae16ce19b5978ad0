//! Training: gradients held against differences, against definitions, against the engine.

mod events;
