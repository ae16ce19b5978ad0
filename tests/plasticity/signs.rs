//! Weights that change their sign: each spike goes to the receptor that takes the sign it is sent with, as NEST's do.

use neuropil::network::RecorderId;
use neuropil::prelude::*;

/// A rule without a range whose weight falls by `step` at each spike.
fn falling(step: f64) -> Plastic {
    let text = format!(
        "[model.falling]\nkind = \"synapse\"\nabout = \"a weight that falls\"\nstate = {{ weight = \"10 pA: weight\" }}\n\
         [model.falling.events]\npre = \"\"\"\nsend weight\nweight = weight - {step} pA\n\"\"\""
    );
    let model = neuropil::equations::text::Model::of_file("test", &text).unwrap().pop().unwrap();
    let rule = std::sync::Arc::new(neuropil::tile::SynapseRule::new(model).unwrap());
    Plastic::of(rule, 10.0, 1.0)
}

/// A neuron that five spikes reach, every 5 ms from 1.1 ms on, over a weight that falls, and what its receptors have.
fn network<N: Neuron>(model: N, names: [&str; 2], synapse: Plastic) -> (Network, [RecorderId; 2]) {
    let mut net = Network::new(0.1.ms());
    let source = net.add("source", 1, ParrotNeuron {}).unwrap();
    let cell = net.add("cell", 1, model).unwrap();
    net.stimulate(&source, SpikeGenerator::at(&[1.0, 6.0, 11.0, 16.0, 21.0]), Static::new(1.0, 0.1)).unwrap();
    net.connect(&source, &cell, OneToOne, synapse).unwrap();
    let recorders = names.map(|name| net.record(&cell, Variable::every(name, 0.1)).unwrap());
    (net, recorders)
}

/// The jumps of two recorded variables, which decay in between: step and size.
fn jumps(sim: &Simulation, recorder: RecorderId, tau: f64) -> Vec<(usize, f64)> {
    let samples = sim.samples(recorder).unwrap();
    let decay = (-0.1 / tau).exp();
    let jump = |k: usize| samples[k] - decay * samples[k - 1];
    (1..samples.len()).map(|k| (k + 1, jump(k))).filter(|(_, jump)| jump.abs() > 1e-4).collect()
}

fn cell() -> IafPscExp {
    IafPscExp { tau_syn_ex: 3.0, tau_syn_in: 6.0, ..default() }
}

#[test]
fn a_weight_that_falls_below_zero_inhibits() {
    let names = ["I_syn_ex", "I_syn_in"];
    let (net, [ex, inh]) = network(cell(), names, falling(4.0));
    for device in [Device::cpu().precision(Precision::F64), Device::cpu()] {
        let mut sim = net.build(device, Seed(1)).unwrap();
        sim.run(30.0.ms()).unwrap();
        let sent = [10.0, 6.0, 2.0, -2.0, -6.0];
        let found = [jumps(&sim, ex, 3.0), jumps(&sim, inh, 6.0)];
        let steps = [21, 71, 121, 171, 221];
        let expected: Vec<(usize, f64)> = steps.into_iter().zip(sent).collect();
        for (found, expected) in found.iter().zip([&expected[..3], &expected[3..]]) {
            assert_eq!(found.len(), expected.len(), "{found:?}");
            assert!(found.iter().zip(expected).all(|(a, b)| a.0 == b.0 && (a.1 - b.1).abs() < 1e-3), "{found:?}");
        }
    }
    // A partner: with a named receptor all go there.
    let (net, [ex, inh]) = network(cell(), names, falling(4.0).at_receptor("ex"));
    let mut sim = net.build(Device::cpu(), Seed(1)).unwrap();
    sim.run(30.0.ms()).unwrap();
    assert_eq!([jumps(&sim, ex, 3.0).len(), jumps(&sim, inh, 6.0).len()], [5, 0]);
}

#[test]
fn conductances_stay_above_zero_and_a_sign_that_none_takes_is_told() {
    let names = ["g_ex", "g_in"];
    let (net, recorders) = network(IafCondExp::default(), names, falling(4.0));
    let mut sim = net.build(Device::cpu(), Seed(1)).unwrap();
    sim.run(30.0.ms()).unwrap();
    for recorder in recorders {
        let samples = sim.samples(recorder).unwrap();
        assert!(samples.iter().all(|g| *g >= 0.0) && samples.iter().any(|g| *g > 1.9), "{samples:?}");
    }
    let (net, _) = network(IafCondExp::default(), names, falling(4.0).at_receptor("ex"));
    let mut sim = net.build(Device::cpu(), Seed(1)).unwrap();
    let told = sim.run(30.0.ms()).unwrap_err().to_string();
    assert!(told.contains("of a sign that its receptor does not take") && told.contains("17.1"), "{told}");
}

/// Dopamine between weights of either sign, and the same onto one receptor.
pub fn dopamine() -> Network {
    let mut net = Network::new(0.1.ms());
    let neurons = net.add("neurons", 40, cell()).unwrap();
    let synapse = Plastic::new("stdp_dopamine_synapse", Value::uniform(-20.0, 40.0), Value::uniform(0.5, 4.0));
    let parameters = [("Wmin", -60.0), ("Wmax", 60.0), ("A_plus", 4.0), ("A_minus", 6.0), ("b", 0.1)];
    let synapse = parameters.iter().fold(synapse.unwrap(), |own, (name, value)| own.with(name, *value).unwrap());
    net.connect(&neurons, &neurons, FixedIndegree(10), synapse.modulated_by(neurons.slice(0..4), 1.5)).unwrap();
    net.stimulate(&neurons, PoissonGenerator::new(9000.0), Static::new(60.0, 1.0)).unwrap();
    net.record(&neurons, Spikes).unwrap();
    net
}

#[test]
fn weights_of_dopamine_cross_zero_the_same_in_any_layout() {
    let net = dopamine();
    let one = super::invariance::run(&net, Device::cpu().threads(1), &PlanOptions::default(), 120.0);
    let mut sim = net.build(Device::cpu(), Seed(1)).unwrap();
    let before = sim.weights_at_first(0).unwrap();
    sim.run(120.0.ms()).unwrap();
    let after = &sim.synapses(0).unwrap().state[0];
    let crossed = before.iter().zip(after).filter(|(a, b)| (**a < 0.0) != (**b < 0.0)).count();
    assert!(crossed > 5, "{crossed} weights crossed zero");
    for (threads, shards) in [(1, 3), (2, 2)] {
        let options = PlanOptions { shards, ..PlanOptions::default() };
        assert!(super::invariance::run(&net, Device::cpu().threads(threads), &options, 120.0) == one);
    }
}
