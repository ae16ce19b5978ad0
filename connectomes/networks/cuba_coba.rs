#![doc = include_str!("cuba_coba.md")]

use super::{Preset, vogels_abbott};

pub(super) const CUBA_4K: Preset = Preset {
    name: "cuba-4k",
    title: "Standard workload CUBA: 4,000 current-based neurons, 80 inputs each",
    documentation: include_str!("cuba_coba.md"),
    build: |options| vogels_abbott::current_based(CUBA_4K.name, options, 4_000),
    seconds: 1.0,
    dt: 0.1,
};

pub(super) const COBA_4K: Preset = Preset {
    name: "coba-4k",
    title: "Standard workload COBA: 4,000 conductance-based neurons, 80 inputs each",
    documentation: include_str!("cuba_coba.md"),
    build: |options| vogels_abbott::conductance_based(COBA_4K.name, options, 4_000),
    seconds: 1.0,
    dt: 0.1,
};

pub(super) const CUBA_40K: Preset = Preset {
    name: "cuba-40k",
    title: "Standard workload CUBA: 40,000 current-based neurons, 80 inputs each",
    documentation: include_str!("cuba_coba.md"),
    build: |options| vogels_abbott::current_based(CUBA_40K.name, options, 40_000),
    seconds: 1.0,
    dt: 0.1,
};
