//! What a connectome's file says is what is taken of it.
