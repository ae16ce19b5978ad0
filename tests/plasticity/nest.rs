//! Listed networks beside NEST 3.10.0, whose spikes and weights lie in `nest/` with the parameters of each.

use neuropil::network::Synapse;
use neuropil::prelude::*;

use super::{Columns, join, listed};

/// A rule of `nest/stdp50/params.json`.
fn rule(name: &str) -> (&'static str, &'static [(&'static str, f64)]) {
    let stdp = "stdp_synapse";
    match name {
        "add" => (
            stdp,
            &[
                ("Wmax", 160.0),
                ("mu_plus", 0.0),
                ("mu_minus", 0.0),
                ("alpha", 1.05),
                ("tau_plus", 20.0),
                ("lambda", 0.015625),
            ],
        ),
        "mult" => (
            stdp,
            &[
                ("Wmax", 160.0),
                ("mu_plus", 1.0),
                ("mu_minus", 1.0),
                ("alpha", 1.0),
                ("tau_plus", 20.0),
                ("lambda", 0.03125),
            ],
        ),
        "guetig" => (
            stdp,
            &[
                ("Wmax", 160.0),
                ("mu_plus", 0.25),
                ("mu_minus", 0.625),
                ("alpha", 1.1),
                ("tau_plus", 20.0),
                ("lambda", 0.03125),
            ],
        ),
        "pl" => ("stdp_pl_synapse_hom", &[("alpha", 0.09375), ("mu", 0.4), ("tau_plus", 15.0), ("lambda", 0.25)]),
        "triplet" => (
            "stdp_triplet_synapse",
            &[
                ("Wmax", 160.0),
                ("Aplus", 0.25),
                ("Aminus", 1.0),
                ("Aplus_triplet", 1.5),
                ("Aminus_triplet", 0.25),
                ("tau_plus", 16.8),
                ("tau_plus_triplet", 101.0),
                ("tau_minus_triplet", 110.0),
            ],
        ),
        "dopamine" => (
            "stdp_dopamine_synapse",
            &[
                ("A_plus", 1.0),
                ("A_minus", 1.25),
                ("tau_plus", 20.0),
                ("tau_c", 500.0),
                ("tau_n", 125.0),
                ("b", 0.015625),
                ("Wmin", 0.0),
                ("Wmax", 160.0),
            ],
        ),
        "vogels" => ("vogels_sprekeler_synapse", &[("Wmax", -480.0), ("eta", 4.0), ("alpha", 0.25), ("tau", 20.0)]),
        other => panic!("no rule {other}"),
    }
}

fn synapse(name: &str, all: &Selection, of: &dyn Fn(&str) -> Value) -> Synapse {
    let (model, parameters) = rule(name);
    let mut synapse = Plastic::new(model, of("weight"), of("delay_ms")).unwrap().with("tau_minus", 25.0).unwrap();
    for (name, value) in parameters {
        synapse = synapse.with(name, *value).unwrap();
    }
    if name == "dopamine" {
        synapse = synapse.modulated_by(all.slice(36..40), 1.5);
    }
    synapse.into()
}

/// The rules of the variant in which the excitatory synapses take turns.
const CYCLE: [&str; 6] = ["add", "mult", "guetig", "pl", "triplet", "dopamine"];

/// 50 neurons of which the first 40 excite; `learning` says what joins these to each other, or those that inhibit to them.
pub fn stdp50(learning: &str) -> Network {
    let (mut net, all) = listed("stdp50", 150.0);
    let pairs = Columns::read("stdp50/connections");
    let inhibits = |k: usize| pairs.get("source")[k] >= 40.0;
    let to_excitatory = |k: usize| pairs.get("target")[k] < 40.0;
    let turn = |k: usize| (0..k).filter(|&before| to_excitatory(before) && !inhibits(before)).count() % CYCLE.len();
    let rule = |k: usize| match learning {
        _ if !to_excitatory(k) => None,
        "mixed" if inhibits(k) => Some("vogels"),
        "mixed" => Some(CYCLE[turn(k)]),
        own => Some(own).filter(|own| inhibits(k) == (*own == "vogels")),
    };
    let mut rules: Vec<&str> = (0..pairs.get("source").len()).filter_map(rule).collect();
    rules.sort_unstable();
    rules.dedup();
    for own in rules {
        join(&mut net, &all, &pairs, |k| rule(k) == Some(own), |of| synapse(own, &all, of));
    }
    join(&mut net, &all, &pairs, |k| rule(k).is_none(), |of| Static::new(of("weight"), of("delay_ms")));
    net.record(&all, Spikes).unwrap();
    net
}

/// The largest difference between weights and NEST's each half second, pA, and the spikes.
fn beside_nest(learning: &str, net: &Network) -> (f64, Vec<Spike>) {
    let expected = Columns::read(&format!("stdp50/expected_weights_{learning}"));
    let mut sim = net.build(Device::cpu().precision(Precision::F64), Seed(1)).unwrap();
    let mut worst = 0.0f64;
    for time in ["w_500", "w_1000", "w_1500"] {
        sim.run(500.0.ms()).unwrap();
        let mut seen = std::collections::BTreeMap::new();
        for (number, projection) in net.projections().iter().enumerate() {
            if projection.synapse.model.plasticity().is_some() {
                let own = sim.synapses(number).unwrap();
                for (k, &weight) in own.state[0].iter().enumerate() {
                    seen.entry((own.sources[k], own.targets[k])).or_insert_with(Vec::new).push(weight);
                }
            }
        }
        assert_eq!(seen.values().map(Vec::len).sum::<usize>(), expected.get("source").len());
        let mut wanted = std::collections::BTreeMap::new();
        for (k, &weight) in expected.get(time).iter().enumerate() {
            let pair = (expected.ids("source")[k], expected.ids("target")[k]);
            wanted.entry(pair).or_insert_with(Vec::new).push(weight);
        }
        assert!(seen.keys().eq(wanted.keys()), "other pairs");
        for (pair, weights) in &wanted {
            // Of several between two neurons, which is which does not matter.
            let sorted = |weights: &[f64]| {
                let mut sorted = weights.to_vec();
                sorted.sort_by(f64::total_cmp);
                sorted
            };
            let pairs = sorted(weights).into_iter().zip(sorted(&seen[pair]));
            worst = pairs.fold(worst, |worst, (a, b)| worst.max((a - b).abs()));
        }
    }
    (worst, sim.all_spikes().to_vec())
}

fn is_nest(learning: &str) {
    let expected = Columns::read(&format!("stdp50/expected_spikes_{learning}")).spikes();
    let (worst, spikes) = beside_nest(learning, &stdp50(learning));
    let differs = spikes.iter().zip(&expected).find(|(a, b)| a != b);
    assert!(
        spikes == expected,
        "{learning}: {} spikes of {}, first difference {differs:?}",
        spikes.len(),
        expected.len()
    );
    // Weights are printed with ten digits.
    assert!(worst < 1e-6, "{learning}: a weight is off by {worst} pA");
}

#[test]
fn additive_stdp_is_nest() {
    is_nest("add");
}

#[test]
fn multiplicative_stdp_is_nest() {
    is_nest("mult");
}

#[test]
fn stdp_between_additive_and_multiplicative_is_nest() {
    is_nest("guetig");
}

#[test]
fn power_law_stdp_is_nest() {
    is_nest("pl");
}

#[test]
fn triplet_stdp_is_nest() {
    is_nest("triplet");
}

#[test]
fn inhibitory_plasticity_is_nest() {
    is_nest("vogels");
}

#[test]
fn dopamine_is_nest() {
    is_nest("dopamine");
}

#[test]
fn all_rules_at_once_are_nest() {
    is_nest("mixed");
}

#[test]
fn another_rate_of_learning_is_not_nest() {
    let mut net = stdp50("add");
    let all = net.population("neurons", "test").unwrap();
    // A pair more whose weight hardly matters, and another rule for the rest would be seen at once.
    net.connect(all.slice(0..1), all.slice(1..2), OneToOne, Static::new(60.0, 1.0)).unwrap();
    let (worst, _) = beside_nest("add", &net);
    assert!(worst > 1e-3, "{worst}");
}

/// 60 neurons whose synapses tire, each with parameters of its own.
pub fn tsodyks60(model: impl Fn(usize) -> usize + Copy) -> Network {
    let (mut net, all) = listed("tsodyks60", 120.0);
    let pairs = Columns::read("tsodyks60/connections");
    let one = |of: &dyn Fn(&str) -> Value| {
        let synapse = Plastic::new("tsodyks_synapse", of("weight"), of("delay_ms")).unwrap();
        ["U", "tau_rec", "tau_fac", "tau_psc", "x", "y"]
            .into_iter()
            .fold(synapse, |synapse, name| synapse.with(name, of(name)).unwrap())
            .with("u", of("u_tsodyks"))
            .unwrap()
    };
    let two = |of: &dyn Fn(&str) -> Value| {
        let synapse = Plastic::new("tsodyks2_synapse", of("weight"), of("delay_ms")).unwrap();
        ["U", "tau_rec", "tau_fac", "x"]
            .into_iter()
            .fold(synapse, |synapse, name| synapse.with(name, of(name)).unwrap())
            .with("u", of("u_tsodyks2"))
            .unwrap()
    };
    if (0..pairs.get("source").len()).any(|k| model(k) == 1) {
        join(&mut net, &all, &pairs, |k| model(k) == 1, one);
    }
    if (0..pairs.get("source").len()).any(|k| model(k) == 2) {
        join(&mut net, &all, &pairs, |k| model(k) == 2, two);
    }
    net.record(&all, Spikes).unwrap();
    net
}

fn tires_as_nest(variant: &str, model: impl Fn(usize) -> usize + Copy) {
    let expected = Columns::read(&format!("tsodyks60/expected_spikes_{variant}")).spikes();
    let mut sim = tsodyks60(model).build(Device::cpu().precision(Precision::F64), Seed(1)).unwrap();
    sim.run(2.0.s()).unwrap();
    let differs = sim.all_spikes().iter().zip(&expected).find(|(a, b)| a != b);
    assert!(sim.all_spikes() == expected, "{variant}: {} spikes, first difference {differs:?}", sim.all_spikes().len());
}

#[test]
fn tsodyks_synapses_fire_as_nests() {
    tires_as_nest("tm1", |_| 1);
}

#[test]
fn tsodyks2_synapses_fire_as_nests() {
    tires_as_nest("tm2", |_| 2);
}

#[test]
fn both_side_by_side_fire_as_nests() {
    tires_as_nest("mixed", |k| 1 + k % 2);
}
