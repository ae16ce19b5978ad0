//! One network for any number of threads, shards and blocks; another for another seed.

use super::pair;
use crate::support::decode::{SynapseRecord, decode, sorted};
use crate::support::mixed;
use neuropil::network::Rule;
use neuropil::plan::{Plan, Storage, SynapseFormat};
use neuropil::prelude::*;

/// Every rule and every kind of value in one network.
fn everything() -> Network {
    let (mut net, a, b) = pair(60, 40);
    let all = a.and(&b);
    let spread = Static::new(Value::normal(20.0, 30.0), Value::uniform(0.1, 30.0));
    let single = |rule: Rule| rule.allow_autapses(false).allow_multapses(false);
    net.connect(a.slice(0..40), &b, OneToOne, spread.clone()).unwrap();
    net.connect(&b, a.slice(10..20), AllToAll, spread.clone()).unwrap();
    net.connect(&all, &all, PairwiseBernoulli(0.2), spread.clone()).unwrap();
    net.connect(&all, b.and(&a), single(FixedIndegree(9).into()), spread.clone()).unwrap();
    net.connect(&all, &a, single(FixedIndegree(80).into()), spread.clone()).unwrap();
    net.connect(&all, &all, single(FixedOutdegree(9).into()), spread.clone()).unwrap();
    net.connect(&b, &all, single(FixedOutdegree(70).into()), spread.clone()).unwrap();
    net.connect(&all, &all, FixedTotalNumber(900), spread.clone()).unwrap();
    net.connect(&all, &b, single(FixedTotalNumber(500).into()), spread.clone()).unwrap();
    net.connect(&all, &all, Explicit::new([99, 3, 3], [0, 99, 99]), spread).unwrap();
    net
}

/// Weights and delays that are whole numbers times a factor.
fn whole_numbers() -> Network {
    let (mut net, a, b) = pair(60, 40);
    let all = a.and(&b);
    let synapse = Static::new(Value::uniform_int(-5, 30), Value::binomial(25, 0.4).times(0.7));
    net.connect(&all, &all, PairwiseBernoulli(0.2), synapse.clone()).unwrap();
    net.connect(&all, &all, FixedIndegree(9), synapse.clone()).unwrap();
    net.connect(&all, &all, Explicit::new([1, 4, 4], [0, 99, 99]), synapse).unwrap();
    net
}

fn laid_out(net: &Network, seed: u64, options: &PlanOptions) -> Vec<SynapseRecord> {
    sorted(decode(&Plan::<i32>::new(net, seed, options).unwrap()))
}

#[test]
fn synapses_are_the_same_for_any_layout() {
    for net in [everything(), whole_numbers(), mixed(200)] {
        let reference = laid_out(&net, 9, &PlanOptions::default());
        assert!(reference.len() > 2000, "{}", reference.len());
        for threads in [1, 2, 3] {
            for (shards, block) in [(1, None), (2, Some(1)), (3, Some(8)), (7, Some(256)), (200, Some(4))] {
                let options = PlanOptions { threads, shards, block, ..default() };
                let found = laid_out(&net, 9, &options);
                assert!(found == reference, "{threads} threads, {shards} shards, block {block:?}");
            }
        }
        let options = PlanOptions { shard_bytes: 6_000, block: Some(32), ..default() };
        let plan = Plan::<i32>::new(&net, 9, &options).unwrap();
        assert!(plan.shards.len() > 1);
        assert!(sorted(decode(&plan)) == reference);
    }
}

#[test]
fn no_shard_has_more_neurons_than_its_words_can_name() {
    // A shard of half the work would have 500 of 700 neurons; words of a block of 256 steps name 256.
    let mut net = Network::new(0.1.ms());
    let idle = net.add("idle", 500, IafPscExp::default()).unwrap();
    let busy = net.add("busy", 200, IafPscExp::default()).unwrap();
    let spread = Static::new(5.0, Value::uniform(0.1, 20.0));
    net.connect(idle.and(&busy), &busy, FixedIndegree(4_000), spread.clone()).unwrap();
    net.connect(&busy, &idle, FixedIndegree(3), spread).unwrap();
    let reference = laid_out(&net, 9, &PlanOptions::default());
    for shards in [1, 2, 3, 5] {
        let options = PlanOptions { shards, block: Some(256), format: Some(SynapseFormat::Plain2), ..default() };
        let plan = Plan::<i32>::new(&net, 9, &options).unwrap();
        let most = plan.shards.iter().map(|s| s.neurons()).max().unwrap();
        assert!(most <= 256, "{shards} shards: {most} neurons");
        assert!(sorted(decode(&plan)) == reference, "{shards} shards");
    }
    let free = Plan::<i32>::new(&net, 9, &PlanOptions { shards: 3, ..default() }).unwrap();
    assert!(free.shards.iter().any(|s| s.neurons() > 256), "the work is uneven");
}

#[test]
fn synapses_are_counted_and_bounded_as_the_plan_says() {
    for net in [everything(), mixed(200)] {
        let plan = Plan::<i32>::new(&net, 9, &PlanOptions::default()).unwrap();
        let found = decode(&plan);
        assert_eq!(found.len() as u64, plan.synapses);
        assert_eq!(found.iter().map(|s| s.delay).min(), Some(plan.min_delay));
        assert_eq!(found.iter().map(|s| s.delay).max(), Some(plan.max_delay));
        assert!(found.len() as u128 <= net.synapses_at_most());
    }
}

#[test]
fn another_seed_gives_other_synapses() {
    let net = everything();
    let reference = laid_out(&net, 9, &PlanOptions::default());
    for seed in [8, 10, 9 | 1 << 32, u64::MAX] {
        let found = laid_out(&net, seed, &PlanOptions::default());
        let shared = found.iter().filter(|s| reference.contains(s)).count();
        assert!(shared * 100 < found.len(), "seed {seed}: {shared} of {} synapses are shared", found.len());
    }
}

#[test]
fn one_more_synapse_is_seen() {
    let mut net = everything();
    let reference = laid_out(&net, 9, &PlanOptions::default());
    let a = net.population("a", "test").unwrap();
    net.connect(a.slice(0..1), a.slice(1..2), OneToOne, Static::new(1.0, 1.0)).unwrap();
    assert!(laid_out(&net, 9, &PlanOptions::default()) != reference);
}

/// Long rows, rare synapses and every rule that is drawn source by source.
fn wide() -> Network {
    let (mut net, a, b) = pair(30, 9000);
    let all = a.and(&b);
    let spread = Static::new(Value::lognormal(1.0, 0.5), Value::normal(3.0, 2.0).within(0.05, f64::INFINITY));
    let exact = Static::new(-2.0, 1.5);
    net.connect(&a, &b, FixedIndegree(4), spread.clone()).unwrap();
    net.connect(&a, &all, FixedIndegree(3), exact.clone()).unwrap();
    net.connect(&a, &b, FixedOutdegree(700), spread.clone()).unwrap();
    net.connect(&a, &all, FixedTotalNumber(9000), exact.clone()).unwrap();
    net.connect(&all, &all, PairwiseBernoulli(0.0001), spread.clone()).unwrap();
    net.connect(&a, &all, Rule::from(PairwiseBernoulli(0.3)).allow_autapses(false), exact).unwrap();
    net.connect(&a, a.and(b.slice(40..90)), Rule::from(AllToAll).allow_autapses(false), spread).unwrap();
    net
}

/// FNV-1a of all that synapses are.
fn digest(synapses: &[SynapseRecord]) -> u64 {
    let words = synapses.iter().flat_map(|s| {
        let weight = s.weight.to_bits();
        [s.source, s.target, s.delay, s.channel, weight as u32, (weight >> 32) as u32]
    });
    words.fold(0xCBF2_9CE4_8422_2325, |sum, word| (sum ^ u64::from(word)).wrapping_mul(0x0100_0000_01B3))
}

#[test]
fn synapses_of_a_seed_stay_what_they_were() {
    let digests = |net: &Network, storage| {
        let options = PlanOptions { storage, ..default() };
        let narrow = digest(&sorted(decode(&Plan::<i32>::new(net, 9, &options).unwrap())));
        let wide = digest(&sorted(decode(&Plan::<i64>::new(net, 9, &options).unwrap())));
        (narrow, wide)
    };
    let found = [everything(), mixed(200), wide(), whole_numbers()].map(|net| {
        let found = digests(&net, Storage::Stored);
        assert_eq!(found, digests(&net, Storage::Procedural));
        found
    });
    let known = [
        (8905056949586940701, 5149090476235263439),
        (7388211603737311494, 9110411964582341006),
        (18441909138387303753, 9518584957224810755),
        (14236746390590196568, 14236746390590196568),
    ];
    assert_eq!(found, known);
}

#[test]
fn projections_draw_independently() {
    // Two projections that are described alike join different pairs.
    let (mut net, a, b) = pair(60, 40);
    net.connect(&a, &b, FixedIndegree(30), Static::new(1.0, 1.0)).unwrap();
    net.connect(&a, &b, FixedIndegree(30), Static::new(2.0, 1.0)).unwrap();
    let found = laid_out(&net, 9, &PlanOptions::default());
    let of =
        |weight: f64| found.iter().filter(|s| s.weight == weight).map(|s| (s.source, s.target)).collect::<Vec<_>>();
    assert_eq!((of(1.0).len(), of(2.0).len()), (1200, 1200));
    assert_ne!(of(1.0), of(2.0));
}
