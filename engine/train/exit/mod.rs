//! Leaving early: a sample is looked at until the network is sure enough of its answer.
//!
//! Dynamic Confidence (Li, Jones & Furber 2023): after each step the largest of softmax(logits / T) is compared with a
//! threshold, and the sample is left once it reaches it. The temperature T is set on samples apart (Guo et al. 2017), the
//! threshold there, too, from the curve of accuracy against steps. What may not live here: how logits come about.

mod answers;
mod perturbed;
mod policy;
mod slowed;

pub use answers::{Answers, running};
pub use perturbed::{Perturbed, noisy};
pub use policy::{Exits, Point, choose, pareto, thresholds};
pub use slowed::{slowed, sureness};
