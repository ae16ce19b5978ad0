//! Measuring: exact counts, the protocol, the arithmetic of the roofline, and `neuropil bench` with the real program.

#[cfg(feature = "cli")]
mod program;

use std::ops::ControlFlow;

use crate::support::mixed;
use neuropil::bench::{Costs, Limit, Measurement, Protocol, Roofline, Segment, Throughput, Update, median};
use neuropil::plan::Plan;
use neuropil::prelude::*;

/// A simulation of `net` on `threads` threads.
fn simulation(net: Network, threads: u32) -> Simulation {
    Simulation::new(net, Device::cpu().threads(threads), Seed(7), &PlanOptions::default()).unwrap()
}

#[test]
fn events_are_the_listed_synapses_of_all_spikes() {
    // Neuron i has i modulo 7 synapses, to the neurons after it, and fires by its own current.
    let mut net = Network::new(0.1.ms());
    let current = Value::each((0..100).map(|i| 380.0 + 2.0 * f64::from(i)).collect::<Vec<f64>>());
    let model = neuropil::models::named("iaf_psc_exp", "test").unwrap();
    let mut neurons = Population::new("neurons", 100, model).unwrap();
    neurons.set("I_e", current).unwrap();
    let neurons = net.add_population(neurons).unwrap();
    let listed: Vec<(u32, u32)> = (0..100).flat_map(|i| (1..=i % 7).map(move |k| (i, (i + k) % 100))).collect();
    let (sources, targets): (Vec<u32>, Vec<u32>) = listed.into_iter().unzip();
    net.connect(&neurons, &neurons, Explicit::new(sources, targets), Static::new(1.0, 1.5)).unwrap();
    net.record(&neurons, Spikes).unwrap();
    for threads in [1, 3] {
        let mut sim = simulation(net.clone(), threads);
        sim.run(100.0.ms()).unwrap();
        let spikes: Vec<u64> = sim.all_spikes().iter().map(|spike| u64::from(spike.id)).collect();
        let events: u64 = spikes.iter().map(|id| id % 7).sum();
        assert!(events > 500, "{events}");
        assert_eq!((sim.events(), sim.spike_count()), (events, spikes.len() as u64), "{threads} threads");
        let of_the_next: u64 = spikes.iter().map(|id| (id + 1) % 100 % 7).sum();
        assert_ne!(sim.events(), of_the_next);
    }
}

#[test]
fn out_degrees_do_not_depend_on_the_layout() {
    let net = mixed(200);
    let degrees = |shards, block, seed| {
        let options = PlanOptions { shards, block: Some(block), ..PlanOptions::default() };
        let plan = Plan::<i32>::new(&net, seed, &options).unwrap();
        assert_eq!(plan.out_degrees().iter().map(|&n| u64::from(n)).sum::<u64>(), plan.synapses);
        plan.out_degrees()
    };
    let reference = degrees(1, 1, 7);
    assert_eq!(reference.len(), 200);
    for (shards, block) in [(1, 64), (3, 4), (7, 256)] {
        assert_eq!(degrees(shards, block, 7), reference, "{shards} shards, block {block}");
    }
    assert_ne!(degrees(1, 1, 8), reference);
}

#[test]
fn segments_follow_the_warm_up_without_a_gap() {
    let protocol = Protocol { warm_up: 20.0.ms(), segment: 15.0.ms(), runs: 3 };
    assert_eq!(protocol.steps(0.1).unwrap(), 650);
    let mut sim = simulation(mixed(200), 2);
    let mut seen = Vec::new();
    let segments = protocol.time(&mut sim, &mut |progress| {
        seen.push((progress.done, progress.of));
        ControlFlow::Continue(())
    });
    let segments = segments.unwrap().unwrap();
    assert_eq!(seen.last(), Some(&(650, 650)));
    assert!(seen.is_sorted());
    let within = |from: u32, to: u32| {
        sim.all_spikes().iter().filter(|spike| (from + 1..=to).contains(&spike.step)).count() as u64
    };
    let counted: Vec<u64> = segments.iter().map(|segment| segment.spikes).collect();
    assert_eq!(counted, [within(200, 350), within(350, 500), within(500, 650)]);
    assert_ne!(counted, [within(0, 150), within(150, 300), within(300, 450)]);
    assert!(segments.iter().all(|segment| segment.wall_s > 0.0 && segment.events > segment.spikes));
}

#[test]
fn a_stopped_protocol_has_no_result() {
    let protocol = Protocol { warm_up: 1.0.ms(), segment: 2.0.ms(), runs: 2 };
    for (stop_at, finished) in [(10, false), (30, false), (u64::MAX, true)] {
        let mut sim = simulation(mixed(100), 1);
        let segments = protocol.time(&mut sim, &mut |progress| {
            if progress.done >= stop_at { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        });
        assert_eq!(segments.unwrap().is_some(), finished, "stopped at {stop_at}");
        assert_eq!(sim.steps() == 50, finished);
    }
}

#[test]
fn medians() {
    assert_eq!(median(&[3.0, 1.0, 2.0]), 2.0);
    assert_eq!(median(&[4.0, 1.0, 2.0, 10.0]), 3.0);
    assert_eq!((median(&[5.0]), median(&[])), (5.0, 0.0));
}

/// A thousand neurons at 10 Hz with 100 synapses each, in round numbers.
fn measured() -> Measurement {
    let traffic = neuropil::plan::Traffic {
        synapse: 8.0,
        sum: 4,
        bucket: 0,
        row_starts: 16,
        state: 12_000,
        derived: 500,
        slot: 8_000,
        slots: 16,
    };
    let segment = |wall_s| Segment { wall_s, spikes: 5_000, events: 500_000 };
    Measurement {
        device: "CPU, 2 threads, f32".into(),
        threads: Some(2),
        dt_ms: 0.1,
        neurons: 1000,
        synapses: 100_000,
        build_s: 0.1,
        network_bytes: 1_000_000,
        peak_memory_bytes: Some(2_000_000),
        warm_up_s: 0.2,
        segment_s: 0.5,
        segments: vec![segment(0.1), segment(0.2), segment(0.3)],
        load: Some((0.5, 1.5)),
        traffic,
        epoch_steps: 5,
        dispatches_per_step: 0.0,
        costs: Costs { synchronisation_s: 0.04, update_s: 0.16 },
        copy_bytes_per_second: Some(1e10),
        last_level_cache: Some(500_000),
    }
}

#[test]
fn the_roofline_is_stated_arithmetic() {
    let measured = measured();
    assert_eq!((measured.mean_rate_hz(), measured.events_per_second()), (10.0, 1e6));
    assert_eq!(measured.bytes_per_synapse(), 10.0);
    let roofline = Roofline::of(&measured);
    // Events, spikes (a number written and read), states once per epoch of 5 steps, of which there are 2000.
    assert_eq!(roofline.needed_bytes, 1e6 * 8.0 + 1e4 * 8.0 + 2000.0 * 24_000.0);
    // The same with sums, row starts, derived values once per epoch, and a slot read and cleared in each step.
    let epochs = 2000.0 * (24_000.0 + 500.0);
    assert_eq!(roofline.moved_bytes, 1e6 * (8.0 + 8.0) + 1e4 * (8.0 + 16.0) + epochs + 1e4 * 16_000.0);
    // The median segment: 0.2 s of wall time for 0.5 s.
    let close = |a: f64, b: f64| (a - b).abs() < 1e-9 * b.abs();
    assert!(close(roofline.share_of_copy.unwrap(), roofline.moved_bytes / 0.4 / 1e10));
    assert!(close(roofline.floor.unwrap(), roofline.needed_bytes / 1e10));
    assert!(close(roofline.synchronisation, 0.1) && close(roofline.updates, 0.3) && close(roofline.events, 0.6));
    assert!(close(roofline.ns_per_event.unwrap(), 0.6 * 0.4 * 2.0 * 1e9 / 1e6));
    assert!(close(roofline.ns_per_update, 0.3 * 0.4 * 2.0 * 1e9 / 1e7));
    assert!(close(roofline.us_per_step, 0.1 * 0.4 * 1e6 / 1e4));
}

#[test]
fn a_projection_is_stated_arithmetic() {
    assert!(Roofline::of(&measured()).projections.is_empty(), "projected from a layout of the CPU");
    let mut gpu = measured();
    gpu.dispatches_per_step = 2.0;
    let roofline = Roofline::of(&gpu);
    // 20,000 dispatches of 6 us each, and 0.225 GB at 360 GB/s.
    let expected = 0.12 + roofline.moved_bytes / 360e9;
    let found = &roofline.projections[0];
    assert_eq!(found.card, "RTX 3060");
    assert!((found.wall_per_biological - expected).abs() < 1e-12 && (found.dispatches - 0.12 / expected).abs() < 1e-12);
    // A ring of 16 slots of 1 MB leaves the smallest cache: an event moves 64 bytes of it instead of 8.
    gpu.traffic.slot = 1_000_000;
    let roofline = Roofline::of(&gpu);
    let walls: Vec<f64> = roofline.projections.iter().map(|p| p.wall_per_biological).collect();
    assert!((walls[0] - (0.12 + (roofline.moved_bytes + 56e6) / 360e9)).abs() < 1e-12, "{walls:?}");
    assert!((walls[2] - (0.12 + roofline.moved_bytes / 3350e9)).abs() < 1e-12, "{walls:?}");
}

#[test]
fn each_limit_binds_where_its_part_is_largest() {
    let limit = |change: &dyn Fn(&mut Measurement)| {
        let mut measured = measured();
        change(&mut measured);
        Roofline::of(&measured).limit
    };
    assert_eq!(limit(&|_| {}), Limit::SynapticEvents);
    assert_eq!(limit(&|m| m.costs.update_s = 0.35), Limit::NeuronUpdates);
    assert_eq!(limit(&|m| m.costs = Costs { synchronisation_s: 0.3, update_s: 0.35 }), Limit::Synchronisation);
    // 0.225 GB in 0.4 s: half of what this copy reaches, and just less than half of that one.
    assert_eq!(limit(&|m| m.copy_bytes_per_second = Some(1.1e9)), Limit::MemoryBandwidth);
    assert_eq!(limit(&|m| m.copy_bytes_per_second = Some(1.2e9)), Limit::SynapticEvents);
    // In the cache, memory does not bind.
    let cached = |m: &mut Measurement| (m.copy_bytes_per_second, m.last_level_cache) = (Some(1.1e9), Some(1_000_000));
    assert_eq!(limit(&cached), Limit::SynapticEvents);
    // Costs beyond the whole are the noise of a busy machine; shares stay shares.
    let mut noisy = measured();
    noisy.costs = Costs { synchronisation_s: 0.5, update_s: 0.45 };
    let roofline = Roofline::of(&noisy);
    assert_eq!((roofline.synchronisation, roofline.updates, roofline.events), (1.0, 0.0, 0.0));
}

#[test]
fn measurements_of_one_workload_join() {
    let mut ours = measured();
    let mut later = measured();
    (later.peak_memory_bytes, later.load, later.costs.update_s) = (Some(3_000_000), Some((2.0, 3.0)), 0.1);
    ours.join(later);
    assert_eq!(ours.segments.len(), 6);
    assert_eq!((ours.peak_memory_bytes, ours.load, ours.costs.update_s), (Some(3_000_000), Some((0.5, 3.0)), 0.1));
    assert_eq!((ours.mean_rate_hz(), ours.events_per_second()), (10.0, 1e6));
}

#[test]
fn costs_are_those_of_the_passes() {
    let mut sim = simulation(mixed(200), 1);
    // A wall time that nothing reaches: what passes do not take is synchronisation.
    let costs = Costs::measure(&mut sim, 100.0.ms(), 1e6).unwrap();
    let passes = |name: &str| sim.pass_times().iter().filter(|p| p.name == name).map(|p| p.seconds).sum::<f64>() / 0.1;
    let (updates, events) = (passes("integrate"), passes("propagate"));
    assert!(updates > 0.0 && events > 0.0, "{updates} {events}");
    assert!((costs.update_s - costs.synchronisation_s - updates).abs() < 1e-6, "{costs:?}");
    assert!((costs.synchronisation_s - (1e6 - updates - events)).abs() < 1e-6, "{costs:?}");
    // Noise does not make it negative.
    assert_eq!(Costs::measure(&mut sim, 100.0.ms(), 0.0).unwrap().synchronisation_s, 0.0);
}

#[test]
fn an_update_is_set_beside_the_larger_of_what_memory_and_exponentials_take() {
    let update = |memory_ns, exponential_ns| Update {
        model: "mine".to_owned(),
        precision: "f32".to_owned(),
        ns: 6.0,
        exponentials: 4,
        operations: 50,
        state_bytes: 20,
        memory_ns,
        exponential_ns,
    };
    assert_eq!(update(Some(3.0), 2.0).over_floor(), 2.0);
    assert_eq!(update(Some(1.0), 2.0).over_floor(), 3.0);
    assert_eq!(update(None, 1.5).over_floor(), 4.0);
}

#[test]
fn what_an_update_has_to_do_is_counted() {
    let machine = Throughput { copy_bytes_per_second: Some(1e9), exponential_ns: [0.5, 2.0] };
    let model = neuropil::models::named("izhikevich", "test").unwrap();
    let light = Update::measure(&model, Precision::F32, &machine).unwrap();
    // No exponential; 3 numbers of state, read and written once in ten steps.
    assert_eq!((light.exponentials, light.exponential_ns), (0, 0.0));
    assert_eq!(light.memory_ns, Some(light.state_bytes as f64 * 2.0 / 10.0));
    let model = neuropil::models::named("hh_psc_alpha", "test").unwrap();
    let heavy = Update::measure(&model, Precision::F64, &machine).unwrap();
    assert!(heavy.exponentials > 0 && heavy.operations > light.operations);
    assert_eq!(heavy.exponential_ns, 2.0 * heavy.exponentials as f64);
    assert!(light.ns.is_finite() && light.ns > 0.0 && heavy.ns.is_finite() && heavy.ns > 0.0);
}

#[test]
fn shards_share_what_models_cost_and_not_neurons() {
    let mut net = Network::new(0.1.ms());
    for (name, size, model) in [("light", 3000, "iaf_psc_exp"), ("heavy", 1000, "hh_psc_alpha")] {
        let model = neuropil::models::named(model, "test").unwrap();
        net.add_population(Population::new(name, size, model).unwrap()).unwrap();
    }
    let plan = Plan::<i32>::new(&net, 1, &PlanOptions { shards: 2, ..PlanOptions::default() }).unwrap();
    let ids: Vec<_> = plan.shards.iter().map(|shard| shard.ids.clone()).collect();
    assert_eq!((ids.len(), ids[1].end), (2, 4000));
    assert!((3400..3600).contains(&ids[1].start), "{ids:?}");
}
