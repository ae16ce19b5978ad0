//! Training: what is trained is what is simulated.

mod fit;
