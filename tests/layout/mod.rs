//! The layout leaves no trace in the results: threads, shards, delay blocks, batches, recorders.

mod exchange;
mod memory;
#[cfg(feature = "cli")]
mod program;
#[cfg(feature = "gpu")]
mod shaders;
mod sorted;
mod stimuli;
#[cfg(feature = "cli")]
mod vectors;

use crate::support::{mixed, run};
use neuropil::plan::{Delivery, Plan, Storage, SynapseFormat};
use neuropil::prelude::*;
use neuropil::tile::SumWidth;

fn reference() -> (Vec<Spike>, Vec<f64>) {
    let found = run(&mixed(200), Device::cpu().threads(1), &PlanOptions::default(), 120.0);
    assert!(found.0.len() > 300, "{} spikes", found.0.len());
    found
}

#[test]
fn spikes_are_the_same_for_any_threads_and_shards() {
    let reference = reference();
    for threads in [1, 2, 3] {
        for shards in [1, 2, 3, 7, 200] {
            let options = PlanOptions { shards, ..default() };
            let found = run(&mixed(200), Device::cpu().threads(threads), &options, 120.0);
            assert!(found == reference, "{threads} threads, {shards} shards");
        }
    }
}

#[test]
fn threads_are_as_many_as_a_network_keeps_busy() {
    let threads = |neurons: u32| {
        let mut net = Network::new(0.1.ms());
        net.add("all", neurons, IafPscExp::default()).unwrap();
        (Device::cpu().threads_for(&net), Device::cpu().threads(5).threads_for(&net))
    };
    let cores = std::thread::available_parallelism().map_or(1, |n| n.get() as u32);
    assert_eq!(threads(300), (1, 5.min(cores)));
    assert_eq!(threads(4_000), (2.min(cores), 5.min(cores)));
    assert_eq!(threads(2_000_000), (45.min(cores), 5.min(cores)));
    assert_eq!(threads(1), (1, 1));
}

#[test]
fn spikes_are_the_same_for_any_delay_block() {
    let reference = reference();
    for block in [1, 2, 4, 8, 16, 64, 256] {
        let options = PlanOptions { block: Some(block), ..default() };
        assert!(run(&mixed(200), Device::cpu().threads(2), &options, 120.0) == reference, "block {block}");
    }
}

#[test]
fn spikes_are_the_same_for_any_packing() {
    for (net, forms) in
        [(mixed(200), &[SynapseFormat::Narrow, SynapseFormat::Wide][..]), (constant(), &SynapseFormat::ALL[..])]
    {
        let reference = run(&net, Device::cpu().threads(1), &PlanOptions::default(), 120.0);
        assert!(reference.0.len() > 300, "{} spikes", reference.0.len());
        for &format in forms {
            for (sum_width, threads) in [(None, 1), (Some(SumWidth::Full), 2)] {
                let options = PlanOptions { format: Some(format), sum_width, ..default() };
                assert!(
                    run(&net, Device::cpu().threads(threads), &options, 120.0) == reference,
                    "{format:?} {sum_width:?}"
                );
            }
        }
    }
}

#[test]
fn rows_drawn_at_each_spike_give_the_spikes_of_stored_ones() {
    for net in [mixed(200), constant(), every_rule()] {
        let stored = PlanOptions { storage: Storage::Stored, ..default() };
        let reference = run(&net, Device::cpu().threads(1), &stored, 120.0);
        assert!(reference.0.len() > 300, "{} spikes", reference.0.len());
        for (threads, shards, block) in [(1, 1, None), (2, 3, Some(1)), (3, 7, Some(8)), (2, 2, Some(256))] {
            let options = PlanOptions { storage: Storage::Procedural, shards, block, ..default() };
            let plan = Plan::<i32>::new(&net, 7, &options).unwrap();
            assert!(plan.shards.iter().all(|s| s.rows.is_empty()), "something is stored");
            let found = run(&net, Device::cpu().threads(threads), &options, 120.0);
            assert!(found == reference, "{threads} threads, {shards} shards, block {block:?}");
        }
    }
    // Another weight is seen.
    let mut other = every_rule();
    let all = other.population("all", "test").unwrap();
    other.connect(&all, &all, FixedTotalNumber(400), Static::new(40.0, 1.0)).unwrap();
    let drawn = PlanOptions { storage: Storage::Procedural, ..default() };
    assert!(run(&other, Device::cpu(), &drawn, 120.0).0 != run(&every_rule(), Device::cpu(), &drawn, 120.0).0);
}

#[test]
fn rows_are_drawn_where_memory_is_short() {
    let mut net = every_rule();
    let all = net.population("all", "test").unwrap();
    net.connect(&all, &all, FixedTotalNumber(400_000), Static::new(0.05, Value::uniform(0.4, 2.0))).unwrap();
    let most = Plan::<i32>::new(&net, 7, &PlanOptions::default()).unwrap();
    assert!(most.connectivity.is_none(), "all of it fits");
    let options = PlanOptions { memory: Some(1_000_000), ..default() };
    let plan = Plan::<i32>::new(&net, 7, &options).unwrap();
    let stored = plan.shards.iter().map(|s| s.rows.len() as u64).sum::<u64>();
    assert!(plan.connectivity.is_some() && (1..20_000).contains(&stored), "{stored} of {} are stored", plan.synapses);
    // The rule that leaves its number to chance is counted by its mean where it is drawn.
    assert!(plan.synapses.abs_diff(most.synapses) < 1_000);
    let found = run(&net, Device::cpu().threads(2), &options, 60.0);
    assert!(found == run(&net, Device::cpu(), &PlanOptions::default(), 60.0));
}

/// All rules whose rows can be drawn source by source, with and without autapses, onto two populations.
pub fn every_rule() -> Network {
    let mut net = Network::new(0.1.ms());
    let all = net.add("all", 300, IafPscExp { I_e: 380.0, ..default() }).unwrap();
    let more = net.add("more", 90, IafPscAlpha { I_e: 380.0, ..default() }).unwrap();
    let both = all.and(&more);
    let spread = Static::new(Value::normal(20.0, 4.0).within(0.0, 60.0), Value::uniform(0.4, 7.0));
    let signed = Static::new(Value::normal(0.0, 20.0), Value::normal(1.5, 0.7));
    net.connect(&all, &both, FixedIndegree(9), spread.clone()).unwrap();
    net.connect(&both, &all, FixedOutdegree(7), signed.clone()).unwrap();
    net.connect(&both, &both, FixedTotalNumber(2_500), spread.clone()).unwrap();
    net.connect(&more, &both, PairwiseBernoulli(0.03), signed).unwrap();
    let rule = neuropil::network::Rule::from(PairwiseBernoulli(0.02)).allow_autapses(false);
    net.connect(&all, &all, rule, spread.clone()).unwrap();
    net.connect(&more, all.slice(0..90), OneToOne, Static::new(-30.0, 2.0)).unwrap();
    net.connect(more.slice(0..5), &more, AllToAll, spread).unwrap();
    net.stimulate(&both, PoissonGenerator::new(3000.0), Static::new(20.0, 1.5)).unwrap();
    net.record(&both, Spikes).unwrap();
    net.record(all.slice(1..9), Variable::every("V_m", 0.7)).unwrap();
    net
}

/// One weight per source population, so that any packing fits.
pub fn constant() -> Network {
    let mut net = Network::new(0.1.ms());
    let exc = net.add("exc", 400, IafPscExp { I_e: 390.0, ..default() }).unwrap();
    let inh = net.add("inh", 100, IafPscExp { I_e: 370.0, ..default() }).unwrap();
    let all = exc.and(&inh);
    net.connect(&exc, &all, FixedIndegree(20), Static::new(12.0, Value::uniform(0.3, 2.5))).unwrap();
    net.connect(&inh, &all, FixedIndegree(5), Static::new(-60.0, 0.9)).unwrap();
    net.stimulate(&all, PoissonGenerator::new(3000.0), Static::new(20.0, 1.5)).unwrap();
    net.record(&all, Spikes).unwrap();
    net.record(exc.slice(1..9), Variable::every("V_m", 0.7)).unwrap();
    net
}

/// Neurons that a few bursts of listed input wake, in a corner of a larger network; the rest stays at rest.
pub fn calm() -> Network {
    let mut net = Network::new(0.1.ms());
    let all = net.add("all", 3_000, IafPscExp { tau_syn_ex: 1.0, ..default() }).unwrap();
    let some = all.slice(600..700);
    net.connect(&some, all.slice(650..1_500), FixedIndegree(6), Static::new(500.0, Value::uniform(0.5, 8.0))).unwrap();
    let bursts: Vec<f64> = (0..6).flat_map(|k| (1..4).map(move |i| f64::from(k) * 60.0 + f64::from(i))).collect();
    net.stimulate(&some, SpikeGenerator::at(&bursts), Static::new(4_000.0, 0.1)).unwrap();
    // After a long time at rest.
    net.stimulate(all.slice(2_500..2_520), SpikeGenerator::at(&[200.0, 300.0]), Static::new(8_000.0, 0.1)).unwrap();
    let pulse = DcGenerator { amplitude: 500.0, start: 150.0, stop: 190.0 };
    net.stimulate(all.slice(2_000..2_040), pulse, Static::new(1.0, 1.0)).unwrap();
    net.record(&all, Spikes).unwrap();
    net.record(all.slice(640..1_600), Variable::every("V_m", 0.1)).unwrap();
    net
}

#[test]
fn neurons_at_rest_may_be_left_out() {
    let dense = PlanOptions { skip_idle: false, ..default() };
    let reference = run(&calm(), Device::cpu().threads(1), &dense, 400.0);
    assert!(reference.0.len() > 300, "{} spikes", reference.0.len());
    for (threads, shards) in [(1, 1), (2, 3)] {
        for delivery in [Delivery::Direct, Delivery::Sorted] {
            let options = PlanOptions { shards, delivery, ..default() };
            let found = run(&calm(), Device::cpu().threads(threads), &options, 400.0);
            assert!(found == reference, "{threads} threads, {shards} shards, {delivery:?}");
        }
    }
    assert!(reference.0.iter().any(|spike| spike.step > 2_000 && (2_500..2_520).contains(&spike.id)), "they do wake");
    // It does come to rest, and the bursts do wake it.
    let quiet = reference.1.iter().filter(|&&v| v == -70.0).count() * 100 / reference.1.len();
    assert!((10..90).contains(&quiet), "{quiet} % of the samples at rest");
}

/// Neurons that spike in every step, and end each step in the state in which they began it.
pub fn restless() -> Network {
    let mut net = Network::new(0.1.ms());
    let all = net.add("all", 5, IafPscDelta { t_ref: 0.0, I_e: 50_000.0, ..default() }).unwrap();
    net.record(&all, Spikes).unwrap();
    net
}

#[test]
fn who_spikes_in_every_step_is_not_at_rest() {
    for device in [Device::cpu(), Device::cpu().precision(Precision::F64)] {
        let (spikes, _) = run(&restless(), device, &PlanOptions::default(), 30.0);
        assert_eq!(spikes.len(), 5 * 300);
    }
    let mut quiet = restless();
    quiet.set("all", "I_e", 20_000.0).unwrap();
    assert!(run(&quiet, Device::cpu(), &PlanOptions::default(), 30.0).0.len() < 5 * 300, "by their current alone");
}

#[test]
fn f64_spikes_are_the_same_for_any_layout() {
    let f64 = Device::cpu().precision(Precision::F64);
    let reference = run(&mixed(200), f64.clone().threads(1), &PlanOptions::default(), 120.0);
    for (threads, shards, block) in [(2, 5, 4), (3, 3, 32)] {
        let options = PlanOptions { shards, block: Some(block), ..default() };
        assert!(run(&mixed(200), f64.clone().threads(threads), &options, 120.0) == reference);
    }
}

#[test]
fn small_shards_are_cut_by_bytes() {
    let options = PlanOptions { shard_bytes: 20_000, ..default() };
    let mut sim = Simulation::new(mixed(200), Device::cpu().threads(1), Seed(7), &options).unwrap();
    assert!(sim.facts().shards > 1, "{:?}", sim.facts());
    sim.run(120.0.ms()).unwrap();
    assert!(sim.all_spikes() == reference().0);
}

#[test]
fn two_runs_are_one_run() {
    let reference = reference();
    let mut sim = Simulation::new(mixed(200), Device::cpu(), Seed(7), &PlanOptions::default()).unwrap();
    for ms in [0.1, 33.3, 0.4, 86.2] {
        sim.run(ms.ms()).unwrap();
    }
    assert!(sim.all_spikes() == reference.0);
}

#[test]
fn batches_and_recorders_do_not_matter() {
    let reference = reference();
    for batch in [1, 13, 100] {
        let mut sim = Simulation::new(mixed(200), Device::cpu(), Seed(7), &PlanOptions::default()).unwrap();
        sim.set_batch(batch);
        sim.run(120.0.ms()).unwrap();
        assert!(sim.all_spikes() == reference.0, "batch {batch}");
    }
    let mut more = mixed(200);
    let inh = more.population("inh", "test").unwrap();
    more.record(&inh, Variable::every("I_syn_in", 0.1)).unwrap();
    assert!(run(&more, Device::cpu(), &PlanOptions::default(), 120.0) == reference);
}

#[test]
fn another_seed_or_one_weight_gives_other_spikes() {
    let reference = reference();
    let mut sim = Simulation::new(mixed(200), Device::cpu(), Seed(8), &PlanOptions::default()).unwrap();
    sim.run(120.0.ms()).unwrap();
    assert!(sim.all_spikes() != reference.0);
    let mut net = mixed(200);
    let exc = net.population("exc", "test").unwrap();
    net.connect(exc.slice(0..1), exc.slice(1..160), AllToAll, Static::new(30.0, 1.0)).unwrap();
    assert!(run(&net, Device::cpu(), &PlanOptions::default(), 120.0).0 != reference.0);
}

#[test]
fn spikes_are_the_same_whoever_plays_and_for_how_long() {
    use neuropil::device::{Player, cpu::Cpu};
    for delivery in [Delivery::Direct, Delivery::Sorted] {
        let options = PlanOptions { shards: 7, delivery, ..default() };
        let played = |sizes: &[u32], epochs: usize| {
            let plan = Plan::<i32>::new(&mixed(200), 7, &options).unwrap();
            let mut cpu = Cpu::<f32>::in_turn(plan, sizes, epochs);
            let batches = [500, 1, 699].map(|steps| {
                cpu.submit(steps).unwrap();
                cpu.next().unwrap().unwrap()
            });
            assert!(batches.iter().all(|batch| batch.fault.is_none()));
            let samples: Vec<Vec<f64>> = batches.iter().flat_map(|batch| batch.samples.clone()).collect();
            (batches.into_iter().flat_map(|batch| batch.spikes).collect::<Vec<_>>(), samples)
        };
        let reference = played(&[1], usize::MAX);
        assert!(reference.0.len() > 300, "{} spikes", reference.0.len());
        for (sizes, epochs) in [(&[3][..], usize::MAX), (&[2], 50), (&[3, 1, 2], 7), (&[1, 7, 100], 40)] {
            assert!(played(sizes, epochs) == reference, "{delivery:?}, teams of {sizes:?} for {epochs} epochs");
        }
    }
}
