//! Networks over the rows of another: the same as built for themselves.

use super::{Found, SEED, played};
use neuropil::experiment::Experiment;
use neuropil::plan::ConnectivityKey;
use neuropil::prelude::*;

const NETWORK: &str = "[simulation]\nduration = 60.0\n\
    [[population]]\nname = \"exc\"\nsize = 120\nmodel = \"iaf_psc_exp\"\n\
    params = { V_th = { normal = { mean = -55.0, sd = 0.5 } }, V_m = { uniform = { low = -70.0, high = -56.0 } } }\n\
    [[population]]\nname = \"inh\"\nsize = 30\nmodel = \"iaf_psc_exp\"\n\
    [[projection]]\nfrom = \"exc\"\nto = [\"exc\", \"inh\"]\nrule = \"fixed_indegree\"\nindegree = 12\nweight = 40.0\n\
    delay = { uniform = { low = 0.5, high = 3.0 } }\n\
    [[projection]]\nfrom = \"inh\"\nto = \"exc\"\nrule = \"pairwise_bernoulli\"\np = 0.2\nweight = -160.0\n\
    [[stimulus]]\ntype = \"poisson_generator\"\nto = [\"exc\", \"inh\"]\nrate = 9000.0\nweight = 40.0\n\
    [[stimulus]]\ntype = \"spike_generator\"\nto = \"exc\"\nspike_times = [20.0]\nweight = 40.0\n\
    [[record]]\nwhat = \"spikes\"\n[[record]]\nwhat = \"V_m\"\nfrom = \"exc[0..9]\"\n";

fn network(set: &[&str]) -> Network {
    let mut experiment = Experiment::parse("net.toml", NETWORK.as_bytes()).unwrap();
    set.iter().for_each(|assignment| experiment.set(assignment).unwrap());
    experiment.setup().unwrap().network
}

fn key(network: &Network) -> ConnectivityKey {
    Trials::key(network, &Device::cpu(), SEED, &PlanOptions::default()).unwrap()
}

fn alone(network: &Network) -> Found {
    played(network.build(Device::cpu(), SEED).unwrap()).unwrap()
}

/// What leaves the wiring as it is.
const SHARED: [&str; 8] = [
    "exc.V_th=-53",
    "inh.tau_m=7",
    "exc.I_e=30",
    "poisson_generator->exc+inh.rate=11000",
    "poisson_generator->exc+inh.start=10",
    "poisson_generator->exc+inh.weight=41.123",
    "spike_generator->exc.weight=80",
    "exc.V_m=-60",
];
/// What does not.
const OWN: [&str; 6] = [
    "exc->exc+inh.weight=45",
    "inh->exc.delay=2",
    "inh->exc.p=0.3",
    "inh.size=31",
    "exc->exc+inh.allow_autapses=false",
    // Counts are worth less where weights have no common divisor any more.
    "spike_generator->exc.weight=41.123",
];

#[test]
fn networks_over_shared_rows_are_as_if_built_alone() {
    let base = network(&[]);
    let trials = Trials::new(base.clone(), Device::cpu(), SEED, &PlanOptions::default()).unwrap();
    let reference = alone(&base);
    assert!(reference.0.len() > 200);
    for set in SHARED {
        let varied = network(&[set]);
        let key = key(&varied);
        assert!(self::key(&base).shares(&key), "{set}");
        let own = trials.vary(varied.clone(), &key).unwrap();
        let found = played(own.simulation(0, None).unwrap()).unwrap();
        assert!(found == alone(&varied), "{set}");
        assert!(found != reference, "{set} changes nothing");
        let third = played(own.simulation(3, Some(1)).unwrap()).unwrap();
        assert!(third == played(varied.build(Device::cpu(), SEED.trial(3)).unwrap()).unwrap(), "{set}");
    }
}

#[test]
fn networks_of_other_wiring_share_nothing() {
    let base = key(&network(&[]));
    let trials = Trials::new(network(&[]), Device::cpu(), SEED, &PlanOptions::default()).unwrap();
    for set in OWN {
        let other = network(&[set]);
        assert!(!base.shares(&key(&other)), "{set}");
        let error = trials.vary(other.clone(), &key(&other)).unwrap_err().to_string();
        assert!(error.starts_with("trials: its wiring") && error.ends_with("lay it out for itself"), "{error}");
        // The key of another network; what stimuli do to units only a key of one's own tells.
        assert_eq!(trials.vary(other.clone(), &base).is_err(), !set.starts_with("spike_generator"), "{set}");
    }
    let other = Trials::key(&network(&[]), &Device::cpu(), Seed(8), &PlanOptions::default()).unwrap();
    assert!(!base.shares(&other));
}

#[test]
fn groups_keep_the_order_of_their_first_members() {
    let sets = [OWN[0], SHARED[0], OWN[1], SHARED[1], OWN[0], OWN[1]];
    let keys: Vec<ConnectivityKey> = sets.iter().map(|set| key(&network(&[set]))).collect();
    assert_eq!(ConnectivityKey::groups(&keys), [vec![0, 4], vec![1, 3], vec![2, 5]]);
}
