//! The room `train`.

mod nir;
