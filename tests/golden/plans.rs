//! The same plans as ever: `plans.csv` holds what was chosen for every preset when it was written, on the CPU with sums of 32
//! and 64 bits and on a GPU, with memory for all synapses and for few, and a change of any of it must be meant.
//!
//! Columns: preset, scale, bits of the number type, "cpu" or "gpu", MiB that may be used; synapses stored and generated at
//! each spike, packing, bytes of a synapse, block, shards, neurons of a group (0 where events are not sorted), expected
//! time to deliver a spike, us; bytes of rows and rings, and of all that the network takes. A row that has changed is
//! printed as it is now.

use std::collections::BTreeSet;

use crate::networks::network;
use neuropil::plan::{CostModel, Delivery, LayoutReport};
use neuropil::prelude::*;
use neuropil::tile::SumWidth;

const TABLE: &str = include_str!("plans.csv");

/// What the GPU player asks of a plan.
fn for_gpu(options: PlanOptions) -> PlanOptions {
    let (sum_width, delivery) = (Some(SumWidth::Full), Delivery::Direct);
    PlanOptions { shard_bytes: 2 << 30, few_shards: true, sum_width, delivery, ..options }
}

/// Row `written` of the table as it is now, for so many shards at least and such a machine.
fn row(net: &Network, written: &str, shards: u32, cost: CostModel) -> String {
    let fields: Vec<&str> = written.split(',').collect();
    let memory = fields[4].parse::<u64>().unwrap() << 20;
    let options = PlanOptions { shards, threads: 2, memory: Some(memory), cost, ..default() };
    let options = if fields[3] == "gpu" { for_gpu(options) } else { options };
    let report = match fields[2] {
        "32" => LayoutReport::new::<i32>(net, 1, &options),
        _ => LayoutReport::new::<i64>(net, 1, &options),
    };
    let report = report.unwrap();
    let chosen = &report.chosen;
    format!(
        "{},{},{},{},{},{},{},{},{},{},{}",
        fields[..5].join(","),
        report.stored,
        report.drawn,
        chosen.packing,
        chosen.synapse_bytes,
        chosen.block,
        chosen.shards,
        report.group.unwrap_or(0),
        chosen.spike_us,
        chosen.bytes,
        report.memory.total()
    )
}

/// The rows of the table on a preset, as they are written and as they are now.
fn rows(preset: &str, shards: u32, cost: CostModel) -> (Vec<&'static str>, Vec<String>) {
    let written: Vec<&str> = TABLE.lines().filter(|line| line.split(',').next() == Some(preset)).collect();
    let scale = written[0].split(',').nth(1).unwrap().parse().unwrap();
    let net = network(preset, scale);
    let now = written.iter().map(|written| row(&net, written, shards, cost)).collect();
    (written, now)
}

fn unchanged(preset: &str) {
    let (written, now) = rows(preset, 2, CostModel::ZEN4);
    let players: BTreeSet<String> =
        written.iter().map(|row| row.split(',').skip(2).take(2).collect::<Vec<_>>().join(" ")).collect();
    assert_eq!(players, ["32 cpu", "32 gpu", "64 cpu"].map(str::to_owned).into());
    assert!(written == now, "changed; now:\n{}\nwritten:\n{}", now.join("\n"), written.join("\n"));
}

macro_rules! unchanged {
    ($($test:ident $preset:literal;)*) => {
        $(#[test]
        fn $test() {
            unchanged($preset);
        })*

        #[test]
        fn every_preset_has_a_plan() {
            let presets = neuropil::connectomes::networks::all().iter().map(|preset| preset.name);
            assert_eq!(presets.collect::<Vec<_>>(), [$($preset),*]);
        }
    };
}

unchanged! {
    c_elegans_has_its_plan "c-elegans";
    c_elegans_gap_has_its_plan "c-elegans-gap";
    c_elegans_graded_has_its_plan "c-elegans-graded";
    larva_has_its_plan "larva";
    optic_lobe_has_its_plan "optic-lobe";
    human_dti_has_its_plan "human-dti";
    brunel_has_its_plan "brunel";
    vogels_abbott_has_its_plan "vogels-abbott";
    vogels_abbott_coba_has_its_plan "vogels-abbott-coba";
    cuba_4k_has_its_plan "cuba-4k";
    coba_4k_has_its_plan "coba-4k";
    cuba_40k_has_its_plan "cuba-40k";
    coba_hh_has_its_plan "coba-hh";
    hpc_benchmark_has_its_plan "hpc-benchmark";
    stdp_balance_has_its_plan "stdp-balance";
    astrocyte_brunel_has_its_plan "astrocyte-brunel";
    calcium_waves_has_its_plan "calcium-waves";
    working_memory_has_its_plan "working-memory";
    microcircuit_has_its_plan "microcircuit";
    microcircuit_thalamic_has_its_plan "microcircuit-thalamic";
    sparse_1m_has_its_plan "sparse-1m";
    fly_scale_has_its_plan "fly-scale";
    multi_area_has_its_plan "multi-area";
}

#[test]
fn another_number_of_shards_or_another_machine_changes_the_plans() {
    let quick_sorting = CostModel { sorted_ns: 0.1, ..CostModel::ZEN4 };
    for (shards, cost) in [(5, CostModel::ZEN4), (2, quick_sorting)] {
        let (written, now) = rows("c-elegans", shards, cost);
        assert_ne!(written[0], now[0]);
    }
}
