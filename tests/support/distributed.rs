//! Networks whose weights and delays are drawn from every distribution, for players to agree on.

use neuropil::network::RecorderId;
use neuropil::plan::Storage;
use neuropil::prelude::*;

type Kind = (fn() -> Value, fn() -> Value);

/// Weights and delays in ms.
pub const KINDS: [Kind; 7] = [
    (|| Value::binomial(20, 0.3).times(7.3), || Value::uniform_int(1, 30).times(0.1)),
    (|| Value::binomial(9, 0.5).times(-3.1), || Value::binomial(20, 0.4).times(0.25)),
    (|| Value::uniform_int(-9, 14).times(8.0), || Value::uniform_int(3, 4)),
    (|| Value::gamma(2.0, 30.0), || Value::gamma(3.0, 0.5)),
    (|| Value::gamma(0.7, 30.0).times(-1.0), || Value::gamma(3.0, 0.5).times(2.0)),
    (|| Value::normal(40.0, 30.0).within(10.0, 80.0), || Value::normal(1.5, 2.0).within(0.4, 3.0)),
    (|| Value::lognormal(3.0, 0.5).times(-2.0), || Value::exponential(1.0).times(1.5)),
];

/// Sources that fire by themselves, joined by several rules to neurons with currents and neurons with conductances.
pub fn network(weight: Value, delay: Value) -> Network {
    let mut net = Network::new(0.1.ms());
    let mut sources = Population::new("sources", 60, neuropil::models::named("iaf_psc_exp", "test").unwrap()).unwrap();
    sources.set("I_e", Value::uniform(450.0, 900.0)).unwrap();
    let sources = net.add_population(sources).unwrap();
    let currents = net.add("currents", 90, IafPscExp { I_e: 200.0, ..default() }).unwrap();
    let conductances = net.add("conductances", 70, IafCondExp { I_e: 200.0, ..default() }).unwrap();
    let synapse = Static::new(weight.clone(), delay.clone());
    net.connect(&sources, &currents, FixedIndegree(20), synapse.clone()).unwrap();
    net.connect(&sources, &currents, PairwiseBernoulli(0.3), synapse).unwrap();
    let weak = Static::new(weight.times(0.05), delay);
    net.connect(&sources, currents.and(&conductances), FixedTotalNumber(2_000), weak.clone()).unwrap();
    net.connect(&sources, &conductances, FixedOutdegree(12), weak).unwrap();
    net.record(sources.and(&currents).and(&conductances), Spikes).unwrap();
    net.record(&currents, Variable::every("V_m", 0.5)).unwrap();
    net.record(&conductances, Variable::every("V_m", 0.5)).unwrap();
    net
}

/// Spikes of 40 ms, and the potentials of both kinds of targets.
pub fn outcome(net: &Network, device: Device, storage: Storage) -> (Vec<Spike>, [Vec<f64>; 2]) {
    let options = PlanOptions { storage, ..default() };
    let mut sim = Simulation::new(net.clone(), device, Seed(7), &options).unwrap();
    sim.run(40.0.ms()).unwrap();
    let samples = [1, 2].map(|recorder| sim.samples(RecorderId(recorder)).unwrap().to_vec());
    (sim.all_spikes().to_vec(), samples)
}
