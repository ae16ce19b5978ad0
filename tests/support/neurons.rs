//! Neurons of one model, each with its own state, input and neighbours.

use std::sync::Arc;

use neuropil::models::Model;
use neuropil::network::Value;
use neuropil::prelude::*;
use neuropil::random::Draws;
use neuropil::tile::Takes;

/// No whole number of vectors or workgroups.
const NEURONS: u32 = 257;

/// Neurons of one model in random states with random input to every channel.
pub fn random_of(model: &Arc<dyn Model>) -> Network {
    let declaration = model.declaration();
    let mut draws = Draws::new(5, 1, 9);
    let mut each = |low: f64, high: f64| {
        Value::each((0..NEURONS).map(|_| low + (high - low) * draws.uniform()).collect::<Vec<f64>>())
    };
    let mut population = Population::new("neurons", NEURONS, model.clone()).unwrap();
    for variable in declaration.state {
        match (variable.unit, variable.name) {
            ("mV", "V_m") => population.set("V_m", each(-75.0, -54.0)).unwrap(),
            ("pA" | "nS" | "pA/ms" | "nS/ms", name) => population.set(name, each(0.0, 40.0)).unwrap(),
            _ => {}
        }
    }
    if declaration.parameters.iter().any(|p| p.name == "I_e") {
        population.set("I_e", each(-50.0, 700.0)).unwrap();
    }
    let mut net = Network::new(0.1.ms());
    let all = net.add_population(population).unwrap();
    let inhibited = declaration.channels.iter().any(|c| !matches!(c.takes, Takes::Positive | Takes::NonNegative));
    let (excitation, inhibition) = match declaration.channels[0].unit {
        "" if !inhibited => (Value::uniform(1.0, 40.0), Value::uniform(1.0, 20.0)),
        "nS" if !inhibited => (Value::uniform(0.5, 12.0), Value::uniform(0.5, 2.0)),
        "" => (Value::uniform(1.0, 40.0), Value::uniform(-20.0, -1.0)),
        "mV" => (Value::uniform(0.1, 3.0), Value::uniform(-2.0, -0.1)),
        // A conductance that is named takes no inhibition.
        "nS" if declaration.numbers_receptors() => (Value::uniform(0.5, 12.0), Value::uniform(0.5, 2.0)),
        "nS" => (Value::uniform(0.5, 12.0), Value::uniform(-20.0, -0.5)),
        // What lifts a potential so far that rates of gates overflow is a fault, and told as one.
        _ if declaration.state.iter().any(|v| v.name == "Inact_h") => {
            (Value::uniform(20.0, 100.0), Value::uniform(-60.0, -5.0))
        }
        _ => (Value::uniform(20.0, 400.0), Value::uniform(-300.0, -20.0)),
    };
    let synapse = |weight: &Value, delay: Value| {
        let synapse = Static { weight: weight.clone(), ..Static::new(1.0, delay) };
        if declaration.numbers_receptors() { synapse.at_receptor("1") } else { synapse }
    };
    net.stimulate(&all, PoissonGenerator::new(3000.0), synapse(&excitation, 0.1.into())).unwrap();
    net.stimulate(&all, PoissonGenerator::new(1500.0), synapse(&inhibition, 0.1.into())).unwrap();
    // Relays that feed each other would multiply spikes without bound.
    let sources = if declaration.multiple { all.slice(0..1) } else { all.clone() };
    let all = if declaration.multiple { all.slice(1..NEURONS) } else { all };
    net.connect(&sources, &all, FixedIndegree(20), synapse(&excitation, Value::uniform(0.1, 3.0))).unwrap();
    net.connect(&sources, &all, FixedIndegree(10), synapse(&inhibition, Value::uniform(0.1, 3.0))).unwrap();
    net.record(&all, Spikes).unwrap();
    net
}

/// Spikes, and every state variable of every neuron, after `ms`.
pub fn outcome(net: &Network, device: Device, ms: f64) -> (Vec<Spike>, Vec<Vec<f64>>) {
    let mut sim = Simulation::new(net.clone(), device, Seed(3), &PlanOptions::default()).unwrap();
    sim.run(ms.ms()).unwrap();
    let names: Vec<&str> = net.populations()[0].model.declaration().state.iter().map(|v| v.name).collect();
    let state = names.iter().map(|name| sim.state("neurons", name).unwrap()).collect();
    (sim.all_spikes().to_vec(), state)
}
