//! One form of a model: elementary functions, its derivatives, and what is made of it.

mod derivative;
mod exact;
mod graphs;
mod interpret;
mod machine;
mod math;
mod models;
mod noise;
mod played;
pub mod printed;
mod receptors;
#[cfg(feature = "gpu")]
mod shader;
mod speed;
mod text;
mod text_exact;
mod text_neurons;
mod text_others;
mod text_refused;
mod text_sentences;
mod trained;
mod watched;
#[cfg(feature = "gpu")]
mod wgsl;
mod words;
