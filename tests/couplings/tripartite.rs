//! Third factors: which synapses astrocytes take part in, by counts and by what must hold of each.

use neuropil::network::{Pool, ThirdFactor, Tripartite};
use neuropil::plan::Plan;
use neuropil::prelude::*;

const NEURONS: u32 = 200;
/// The weight of a slow inward current.
const SIC: f64 = 0.5;

/// Primary synapses, inputs of astrocytes and what these reach, each as (source, target) by index, in no order.
struct Found {
    primary: Vec<(u32, u32)>,
    third_in: Vec<(u32, u32)>,
    third_out: Vec<(u32, u32)>,
}

/// A network of 200 neurons and some astrocytes, whose synapses by `rule` have a third factor.
fn network(
    astrocytes: u32,
    rule: impl Into<neuropil::network::Rule>,
    factor: ThirdFactor,
) -> neuropil::Result<Network> {
    let mut net = Network::new(0.1.ms());
    let neurons = net.add("neurons", NEURONS, IafPscExp::default())?;
    let model = neuropil::models::named("astrocyte_lr_1994", "test")?;
    let astrocytes = net.add_population(Population::new("astrocytes", astrocytes, model)?)?;
    let three = Tripartite {
        primary: Static::new(20.0, 1.0).into(),
        third_in: Static::new(1.0, 2.0).into(),
        third_out: Sic::new(SIC, 1.0),
    };
    net.connect_tripartite((&neurons, &neurons, &astrocytes), rule, factor, three)?;
    Ok(net)
}

fn found(net: &Network, seed: u64) -> Found {
    let plan = Plan::<i64>::new(net, seed, &PlanOptions::default()).unwrap();
    let mut found = Found { primary: Vec::new(), third_in: Vec::new(), third_out: Vec::new() };
    plan.each_synapse(&mut |synapse| match synapse.target {
        target if target < NEURONS => found.primary.push((synapse.source, target)),
        target => found.third_in.push((synapse.source, target - NEURONS)),
    });
    let source = plan.couplings.sources.first();
    for slice in plan.shards.iter().flat_map(|shard| &shard.slices) {
        let couplings = &slice.couplings;
        for (i, starts) in couplings.starts.windows(2).enumerate() {
            for link in &couplings.links[starts[0] as usize..starts[1] as usize] {
                let astrocyte = source.unwrap().ids.start + link.signal - NEURONS;
                // All that an astrocyte brings a target is one link, with the weights of all.
                let pairings = (link.weight / SIC).round() as usize;
                found.third_out.extend(vec![(astrocyte, slice.first + i as u32); pairings]);
            }
        }
    }
    found
}

/// How far a count of `n` draws of probability `p` is from its mean, in standard deviations.
fn deviations(count: usize, n: f64, p: f64) -> f64 {
    (count as f64 - n * p) / (n * p * (1.0 - p)).sqrt()
}

fn distinct<T: Ord + Copy>(all: impl IntoIterator<Item = T>) -> usize {
    all.into_iter().collect::<std::collections::BTreeSet<T>>().len()
}

/// NEST 3.10 with one seed: 4,039 synapses, 2,001 and 2,001 of astrocytes, at most 5 of these at each target.
#[test]
fn a_random_pool_gives_one_of_each_for_each_pairing() {
    let factor = ThirdFactor { p: 0.5, pool: Pool::Random(5) };
    let net = network(200, PairwiseBernoulli(0.1), factor).unwrap();
    for seed in 1..4 {
        let Found { primary, third_in, third_out } = found(&net, seed);
        assert!(deviations(primary.len(), 40_000.0, 0.1).abs() < 4.0, "{} synapses", primary.len());
        assert!(deviations(third_in.len(), primary.len() as f64, 0.5).abs() < 4.0, "{} pairings", third_in.len());
        assert_eq!(third_in.len(), third_out.len());
        let at = |target: u32| third_out.iter().filter(move |(_, t)| *t == target).map(|(astrocyte, _)| *astrocyte);
        let most = (0..NEURONS).map(|target| distinct(at(target))).max().unwrap();
        assert_eq!(most, 5, "distinct astrocytes at a target");
        // Those of a pool are taken alike: 10 pairings of 5 astrocytes leave hardly any out.
        assert!(distinct(third_out.iter().copied()) > 800);
        assert!(distinct(third_out.iter().map(|(astrocyte, _)| *astrocyte)) > 190);
        // As many inputs and outputs of each astrocyte, since there is one of each for each pairing.
        for astrocyte in 0..200 {
            let inputs = third_in.iter().filter(|(_, a)| *a == astrocyte).count();
            assert_eq!(inputs, third_out.iter().filter(|(a, _)| *a == astrocyte).count());
        }
    }
}

#[test]
fn the_synapses_are_those_without_astrocytes() {
    let mut plain = Network::new(0.1.ms());
    let neurons = plain.add("neurons", NEURONS, IafPscExp::default()).unwrap();
    plain.connect(&neurons, &neurons, FixedIndegree(20), Static::new(20.0, 1.0)).unwrap();
    for p in [0.0, 0.3, 1.0] {
        let factor = ThirdFactor { p, pool: Pool::Random(3) };
        let with = found(&network(50, FixedIndegree(20), factor).unwrap(), 7);
        assert_eq!(with.primary, found(&plain, 7).primary);
        assert!(deviations(with.third_in.len(), 4000.0, p.clamp(0.01, 0.99)).abs() < 7.0);
        if p == 1.0 {
            // Every synapse has an input from its own source.
            let sorted = |pairs: &[(u32, u32)]| {
                let mut sources: Vec<u32> = pairs.iter().map(|pair| pair.0).collect();
                sources.sort_unstable();
                sources
            };
            assert_eq!(sorted(&with.third_in), sorted(&with.primary));
        }
    }
    assert_ne!(found(&plain, 7).primary, found(&plain, 8).primary);
}

#[test]
fn blocks_of_astrocytes_belong_to_targets() {
    let block = |astrocytes, size| {
        let factor = ThirdFactor { p: 1.0, pool: Pool::Block(size) };
        found(&network(astrocytes, FixedIndegree(10), factor).unwrap(), 1).third_out
    };
    assert!(block(600, 3).iter().all(|(astrocyte, target)| astrocyte / 3 == *target));
    assert!(block(50, 1).iter().all(|(astrocyte, target)| *astrocyte == target / 4));
    assert!(block(200, 1).iter().all(|(astrocyte, target)| astrocyte == target));
    assert!(distinct(block(600, 3)) > 590);
}

#[test]
fn listed_synapses_have_third_factors_too() {
    let list = Explicit::new([5, 3, 5, 9], [1, 1, 2, 0]);
    let factor = ThirdFactor { p: 1.0, pool: Pool::Block(1) };
    let Found { primary, third_in, third_out } = found(&network(200, list, factor).unwrap(), 1);
    let sorted = |mut pairs: Vec<(u32, u32)>| {
        pairs.sort_unstable();
        pairs
    };
    assert_eq!(sorted(primary), [(3, 1), (5, 1), (5, 2), (9, 0)]);
    assert_eq!(sorted(third_in), [(3, 1), (5, 1), (5, 2), (9, 0)]);
    assert_eq!(sorted(third_out), [(0, 0), (1, 1), (1, 1), (2, 2)]);
}

#[test]
fn a_third_factor_that_cannot_be_is_told() {
    let said = |astrocytes, p, pool| {
        let error = network(astrocytes, FixedIndegree(10), ThirdFactor { p, pool }).unwrap_err();
        assert_eq!(error.exit_code(), 2);
        error.to_string()
    };
    assert!(said(10, 1.5, Pool::Random(1)).contains("needs a probability between 0 and 1, not 1.5"));
    assert!(said(10, 0.5, Pool::Random(11)).contains("a pool of 11 cannot be taken of 10 astrocytes; take 1 to 10"));
    assert!(said(10, 0.5, Pool::Random(0)).contains("a pool of 0 cannot be taken"));
    assert!(
        said(300, 0.5, Pool::Block(2)).contains("blocks of 2 need 400 astrocytes for 200 targets, and there are 300")
    );
    assert!(said(30, 0.5, Pool::Block(1)).contains("blocks of 1 need 200 astrocytes"));
    let mut net = Network::new(0.1.ms());
    let neurons = net.add("neurons", 4, IafPscExp::default()).unwrap();
    let relays = net.add("relays", 4, ParrotNeuron::default()).unwrap();
    let three = Tripartite {
        primary: Static::new(20.0, 1.0).into(),
        third_in: Static::new(1.0, 2.0).into(),
        third_out: Sic::new(0.5, 1.0),
    };
    let factor = ThirdFactor { p: 0.5, pool: Pool::Block(1) };
    assert!(net.connect_tripartite((&neurons, &neurons, &relays), OneToOne, factor, three).is_err());
    assert!(net.projections().is_empty(), "nothing is left of what was refused");
}
