//! The model that `examples/custom_model` declares outside the crate: the same on both players.

use neuropil::network::Value;
use neuropil::prelude::*;

use super::gpu;
use super::models::outcome;

#[path = "../../examples/custom_model/izhikevich.rs"]
mod izhikevich;

/// Cells of many kinds, as in Izhikevich (2003): resets from -65 to -50 mV, and recovery to match.
fn cells(d: f64) -> Network {
    let model = std::sync::Arc::new(neuropil::models::Of::<izhikevich::Izhikevich>::new());
    let mut cells = Population::new("neurons", 200, model).unwrap();
    cells.set("c", Value::uniform(-65.0, -50.0)).unwrap();
    cells.set("d", Value::uniform(2.0, d)).unwrap();
    cells.set("I_e", Value::uniform(2.0, 10.0)).unwrap();
    let mut net = Network::new(0.5.ms());
    let cells = net.add_population(cells).unwrap();
    net.connect(&cells, &cells, PairwiseBernoulli(0.1), Static::new(0.5, Value::uniform(0.5, 5.0))).unwrap();
    net.stimulate(&cells, PoissonGenerator::new(800.0), Static::new(2.0, 0.5)).unwrap();
    net.stimulate(&cells, PoissonGenerator::new(400.0), Static::new(-1.0, 0.5)).unwrap();
    net.record(&cells, Spikes).unwrap();
    net
}

#[test]
fn a_model_from_outside_is_the_same_on_gpu() {
    if !gpu() {
        return;
    }
    let cpu = outcome(&cells(8.0), Device::cpu(), 200.0);
    assert!(cpu.0.len() > 200, "{} spikes", cpu.0.len());
    assert!(outcome(&cells(8.0), Device::gpu(), 200.0) == cpu);
    assert!(outcome(&cells(7.9), Device::gpu(), 200.0) != cpu, "another parameter must show");
}
