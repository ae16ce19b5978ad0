//! Devices: where a plan is played. `cpu` is the native player, `gpu` the only place that names wgpu.

pub mod cpu;
