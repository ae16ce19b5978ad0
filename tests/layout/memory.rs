//! What is stored, how it is packed, and what is refused, by the memory there is.

use neuropil::Error;
use neuropil::connectomes::networks::{self, PresetOptions};
use neuropil::plan::{Delivery, LayoutReport, Plan, Storage, SynapseFormat};
use neuropil::prelude::*;
use neuropil::tile::SumWidth;

use super::constant;
use crate::support::mixed;

fn outline(preset: &str, options: &PlanOptions) -> LayoutReport {
    let preset = networks::named(preset).unwrap();
    let net = preset.network(&PresetOptions::default()).unwrap();
    LayoutReport::new::<i32>(&net, 1, options).unwrap()
}

#[test]
fn rows_are_stored_as_long_as_their_packing_fits() {
    let mib = |n: u64| Some(n << 20);
    // 15.6 million synapses: 30 MiB at 2 bytes, 60 MiB at 4.
    let free = outline("brunel", &PlanOptions::default());
    let most = free.memory.total();
    for storage in [Storage::Auto, Storage::Stored] {
        let fits = outline("brunel", &PlanOptions { memory: mib(40), storage, ..default() });
        assert_eq!((fits.drawn, fits.chosen.synapse_bytes), (0, 2));
        let exact = outline("brunel", &PlanOptions { memory: Some(most), storage, ..default() });
        assert_eq!(exact.drawn, 0);
    }
    let short = outline("brunel", &PlanOptions { memory: Some(most - 1), ..default() });
    assert!(short.drawn > 0 && short.stored > 0 && short.memory.total() < most, "{short:?}");
    let none = outline("brunel", &PlanOptions { memory: mib(4), ..default() });
    assert_eq!(none.stored, 0);
}

#[test]
fn memory_counts_derived_values_and_what_lies_behind_the_rings() {
    let memory = |uniform: bool, shards: u32| {
        let mut net = Network::new(0.1.ms());
        let model = neuropil::models::named("iaf_psc_exp", "a test").unwrap();
        let mut all = neuropil::network::Population::new("all", 1000, model).unwrap();
        if !uniform {
            all.set("tau_m", Value::uniform(9.0, 11.0)).unwrap();
        }
        net.add_population(all).unwrap();
        LayoutReport::new::<i32>(&net, 1, &PlanOptions { shards, ..default() }).unwrap().memory
    };
    let (one, each, more) = (memory(true, 1), memory(false, 1), memory(true, 3));
    assert_eq!(each.derived, 1000 * one.derived);
    assert_eq!(more.margins, 3 * one.margins);
    assert!(one.margins >= 65_536 && one.history > 0);
    // What is not summed up is seen: f32 as it is played, f64 as it is laid out.
    assert_eq!(each.running() - one.running(), 999 * one.derived);
    assert_eq!(each.building() - one.building(), 999 * 3 * one.derived);
}

#[test]
fn rings_are_counted_with_the_pages_they_take() {
    let memory = |neurons: u32| {
        let mut net = Network::new(0.1.ms());
        let all = net.add("all", neurons, IafPscExp::default()).unwrap();
        net.connect(&all, &all, OneToOne, Static::new(1.0, 0.1)).unwrap();
        let options =
            PlanOptions { shards: 1, sum_width: Some(SumWidth::Full), delivery: Delivery::Direct, ..default() };
        let memory = LayoutReport::new::<i32>(&net, 1, &options).unwrap().memory;
        (memory.rings, memory.rings + memory.margins)
    };
    let (small, large) = (memory(1_000), memory(1_000_000));
    assert_eq!(small.0 % (2 * 1_000 * 4), 0, "{small:?}");
    assert!(large.1 >= 2 * 1_000_000 * 4, "{large:?}");
    if cfg!(target_os = "linux") {
        assert_eq!(large.1 % (2 << 20), 0, "whole huge pages: {large:?}");
    }
}

fn refused<F: neuropil::number::Fixed>(net: &Network, options: &PlanOptions) -> String {
    let error = Plan::<F>::new(net, 7, options).err().unwrap();
    assert!(error.exit_code() == 2 && !matches!(error, Error::Internal(_)), "{error:?}");
    error.to_string()
}

#[test]
fn a_packing_that_does_not_fit_is_refused_with_one_that_does() {
    let narrow = PlanOptions { format: Some(SynapseFormat::Narrow), ..default() };
    let text = refused::<i64>(&constant(), &narrow);
    assert!(text.contains("narrow synapses") && text.contains("in f64 weights have 64; use wide"), "{text}");
    assert!(Plan::<i32>::new(&constant(), 7, &narrow).is_ok());
    let text = refused::<i32>(&constant(), &PlanOptions { shard_bytes: 100, storage: Storage::Stored, ..default() });
    assert!(text.contains("bytes of the row starts of one shard") && text.contains("offers 100"), "{text}");
    let text = refused::<i32>(&constant(), &PlanOptions { shard_bytes: 1, storage: Storage::Procedural, ..default() });
    assert!(text.contains("bytes of the input sums of one neuron") && text.contains("offers 1;"), "{text}");
    let mut several = constant();
    let all = several.population("exc", "a test").unwrap();
    several.connect(&all, &all, FixedOutdegree(1), Static::new(1.0, 1.0)).unwrap();
    let plain = PlanOptions { format: Some(SynapseFormat::Plain4), ..default() };
    let text = refused::<i32>(&several, &PlanOptions { storage: Storage::Stored, ..plain.clone() });
    assert!(text.contains("plain4 synapses hold no weight") && text.contains("use narrow or wide"), "{text}");
    assert!(Plan::<i32>::new(&constant(), 7, &plain).is_ok());
}

#[test]
fn a_cell_that_could_overflow_is_refused() {
    let asked = |cell| PlanOptions { sum_width: Some(cell), ..default() };
    let chosen = Plan::<i32>::new(&mixed(200), 7, &PlanOptions::default()).unwrap().sum_width;
    assert_eq!(chosen, SumWidth::Full);
    for cell in [SumWidth::I8, SumWidth::I16] {
        let text = refused::<i32>(&mixed(200), &asked(cell));
        assert!(text.contains("bits overflow") && text.contains("take 32 bits"), "{text}");
    }
    assert!(refused::<i64>(&constant(), &asked(SumWidth::I16)).contains("take 64 bits"));
    for cell in [SumWidth::I8, SumWidth::I16, SumWidth::Full] {
        assert_eq!(Plan::<i32>::new(&constant(), 7, &asked(cell)).unwrap().sum_width, cell);
    }
}
