//! Every rule beside the same in plain Rust, event by event as NEST 3.10 takes them, on trains of spikes that coincide as
//! often as they can: on a grid of half a millisecond, with delays on the same grid, several at a time.

use neuropil::network::{Population, Sends};
use neuropil::prelude::*;

/// The two trains of a synapse, in steps, and its delay.
struct Trains<'a> {
    source: &'a [u32],
    target: &'a [u32],
    delay: u32,
    /// Whether a spike of the target that has just arrived counts among those before; NEST's do not.
    late: bool,
}

impl Trains<'_> {
    /// Spikes of the target that arrive after one spike of the source (or from the beginning) until and with the next.
    fn window(&self, last: Option<u32>, now: u32) -> Vec<u32> {
        let arrived = self.target.iter().map(|step| step + self.delay);
        arrived.filter(|&at| last.is_none_or(|last| at > last) && at <= now).collect()
    }
    /// The trace of the target just before a spike of the source reaches it: all spikes, or the nearest alone.
    fn seen(&self, now: u32, tau: f64, nearest: bool) -> f64 {
        let before = |at: u32| at < now || (self.late && at == now);
        let seen: Vec<u32> = self.target.iter().map(|step| step + self.delay).filter(|&at| before(at)).collect();
        let seen = if nearest { &seen[seen.len().saturating_sub(1)..] } else { &seen[..] };
        seen.iter().map(|&at| decay(now - at, tau)).sum()
    }
}

fn decay(steps: u32, tau: f64) -> f64 {
    (-0.1 * f64::from(steps) / tau).exp()
}

const WMAX: f64 = 90.0;
const LAMBDA: f64 = 0.08;
const ALPHA: f64 = 1.3;
const TAU: f64 = 17.0;
const TAU_MINUS: f64 = 29.0;
const MU: [f64; 2] = [0.3, 0.7];
const ETA: f64 = 0.08;

fn up(w: f64, k: f64, wmax: f64) -> f64 {
    wmax * (w / wmax + LAMBDA * (1.0 - w / wmax).powf(MU[0]) * k).min(1.0)
}

fn down(w: f64, k: f64, wmax: f64) -> f64 {
    wmax * (w / wmax - ALPHA * LAMBDA * (w / wmax).powf(MU[1]) * k).max(0.0)
}

/// All pairs.
fn stdp(w: f64, trains: &Trains<'_>, wmax: f64) -> f64 {
    let (mut w, mut k, mut last) = (w, 0.0, 0);
    for &now in trains.source {
        for at in trains.window(Some(last).filter(|&last| last > 0), now) {
            w = up(w, k * decay(at - last, TAU), wmax);
        }
        w = down(w, trains.seen(now, TAU_MINUS, false), wmax);
        k = k * decay(now - last, TAU) + 1.0;
        last = now;
    }
    w
}

fn symmetric(w: f64, trains: &Trains<'_>) -> f64 {
    let (mut w, mut last) = (w, 0);
    for &now in trains.source {
        for at in trains.window(Some(last).filter(|&last| last > 0), now) {
            w = up(w, decay(at - last, TAU), WMAX);
        }
        w = down(w, trains.seen(now, TAU_MINUS, true), WMAX);
        last = now;
    }
    w
}

fn restricted(w: f64, trains: &Trains<'_>) -> f64 {
    let (mut w, mut last) = (w, 0);
    for &now in trains.source {
        if let Some(first) = trains.window(Some(last).filter(|&last| last > 0), now).first() {
            w = up(w, decay(first - last, TAU), WMAX);
            w = down(w, trains.seen(now, TAU_MINUS, true), WMAX);
        }
        last = now;
    }
    w
}

fn pre_centered(w: f64, trains: &Trains<'_>) -> f64 {
    let (mut w, mut k, mut last) = (w, 0.0, 0);
    for &now in trains.source {
        if let Some(first) = trains.window(Some(last).filter(|&last| last > 0), now).first() {
            w = up(w, k * decay(first - last, TAU), WMAX);
            k = 0.0;
        }
        w = down(w, trains.seen(now, TAU_MINUS, true), WMAX);
        k = k * decay(now - last, TAU) + 1.0;
        last = now;
    }
    w
}

fn power_law(w: f64, trains: &Trains<'_>) -> f64 {
    let (mut w, mut k, mut last) = (w, 0.0, 0);
    for &now in trains.source {
        for at in trains.window(Some(last).filter(|&last| last > 0), now) {
            w += LAMBDA * w.powf(0.4) * k * decay(at - last, TAU);
        }
        w = (w - LAMBDA * 0.05 * w * trains.seen(now, TAU_MINUS, false)).max(0.0);
        k = k * decay(now - last, TAU) + 1.0;
        last = now;
    }
    w
}

fn triplet(w: f64, trains: &Trains<'_>) -> f64 {
    let (mut w, mut r1, mut r2, mut last) = (w, 0.0, 0.0, 0);
    for &now in trains.source {
        for at in trains.window(Some(last).filter(|&last| last > 0), now) {
            // The slow trace just before this spike: of those that came with it, the ones before it in the list.
            let earlier = trains.target.iter().map(|step| step + trains.delay).filter(|&other| other < at);
            let o2: f64 = earlier.map(|other| decay(at - other, 101.0)).sum();
            w = (w + r1 * decay(at - last, TAU) * (0.4 + 0.9 * o2)).min(WMAX);
        }
        r2 *= decay(now - last, 113.0);
        w = (w - trains.seen(now, TAU_MINUS, false) * (0.7 + 0.2 * r2)).max(0.0);
        r2 += 1.0;
        r1 = r1 * decay(now - last, TAU) + 1.0;
        last = now;
    }
    w
}

fn vogels(w: f64, trains: &Trains<'_>) -> f64 {
    let (mut w, mut k, mut last) = (w.abs(), 0.0, 0);
    for &now in trains.source {
        for at in trains.window(Some(last).filter(|&last| last > 0), now) {
            w = (w + ETA * k * decay(at - last, TAU)).min(WMAX);
        }
        w = (w + ETA * trains.seen(now, TAU_MINUS, false)).min(WMAX);
        w = (w - 3.0 * ETA).max(0.0);
        k = k * decay(now - last, TAU) + 1.0;
        last = now;
    }
    -w
}

type Reference = fn(f64, &Trains<'_>) -> f64;

/// A rule with parameters, the weight at first, and the reference.
type Case = (&'static str, Vec<(&'static str, f64)>, f64, Reference);

fn rules() -> Vec<Case> {
    let stdp_like = || {
        vec![
            ("tau_plus", TAU),
            ("tau_minus", TAU_MINUS),
            ("lambda", LAMBDA),
            ("alpha", ALPHA),
            ("mu_plus", MU[0]),
            ("mu_minus", MU[1]),
            ("Wmax", WMAX),
        ]
    };
    let inhibitory: Vec<_> =
        stdp_like().into_iter().map(|(name, value)| (name, if name == "Wmax" { -WMAX } else { value })).collect();
    let power = vec![("tau_plus", TAU), ("tau_minus", TAU_MINUS), ("lambda", LAMBDA), ("alpha", 0.05), ("mu", 0.4)];
    let three = vec![
        ("tau_plus", TAU),
        ("tau_plus_triplet", 113.0),
        ("tau_minus", TAU_MINUS),
        ("tau_minus_triplet", 101.0),
        ("Aplus", 0.4),
        ("Aplus_triplet", 0.9),
        ("Aminus", 0.7),
        ("Aminus_triplet", 0.2),
        ("Wmax", WMAX),
    ];
    let balance = vec![("tau", TAU), ("tau_minus", TAU_MINUS), ("eta", ETA), ("alpha", 3.0), ("Wmax", -WMAX)];
    vec![
        ("stdp_synapse", stdp_like(), 41.0, |w, trains| stdp(w, trains, WMAX)),
        ("stdp_synapse", inhibitory, -41.0, |w, trains| stdp(w, trains, -WMAX)),
        ("stdp_nn_symm_synapse", stdp_like(), 41.0, symmetric),
        ("stdp_nn_restr_synapse", stdp_like(), 41.0, restricted),
        ("stdp_nn_pre_centered_synapse", stdp_like(), 41.0, pre_centered),
        ("stdp_pl_synapse_hom", power, 41.0, power_law),
        ("stdp_triplet_synapse", three, 41.0, triplet),
        ("vogels_sprekeler_synapse", balance, -41.0, vogels),
    ]
}

/// Eight sources, of which two relay several spikes at a time, and eight targets that fire when they are told.
pub fn network(rule: &str, parameters: &[(&'static str, f64)], weight: f64) -> Network {
    let mut net = Network::new(0.1.ms());
    let sources = net.add("sources", 8, ParrotNeuron::default()).unwrap();
    let model = neuropil::models::named("iaf_psc_delta", "test").unwrap();
    let mut targets = Population::new("targets", 8, model).unwrap();
    targets.set("t_ref", 0.1).unwrap();
    // Nothing but what they are told makes them fire.
    targets.set("V_th", 5000.0).unwrap();
    let targets = net.add_population(targets).unwrap();
    // Every half millisecond some fire, by a list without luck.
    let mut word = 12_345u32;
    let mut train = |rate: u32, several: bool| -> Vec<(u32, f64)> {
        let mut spikes = Vec::new();
        for half in 1..1200u32 {
            for neuron in 0..8 {
                word = word.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                let times = if several && neuron < 2 { 1 + (word >> 20) % 3 } else { 1 };
                if (word >> 8) % 100 < rate {
                    spikes.extend((0..times).map(|_| (neuron, f64::from(half) * 0.5)));
                }
            }
        }
        spikes
    };
    net.stimulate(&sources, SpikeGenerator::listed(train(9, true)), Static::new(1.0, 0.5)).unwrap();
    net.stimulate(&targets, SpikeGenerator::listed(train(7, false)), Static::new(1e4, 0.5)).unwrap();
    for (delay, pairs) in [(0.5, 0..3), (1.0, 3..6), (2.5, 6..8)] {
        let mut synapse = Plastic::new(rule, weight, delay).unwrap();
        for (name, value) in parameters {
            synapse = synapse.with(name, *value).unwrap();
        }
        net.connect(&sources, targets.slice(pairs), AllToAll, synapse).unwrap();
    }
    net.record(sources.and(&targets), Spikes).unwrap();
    net
}

/// The largest difference from the reference, relative to the largest weight, and the largest change of a weight.
fn differences(late: bool) -> Vec<(&'static str, f64, f64)> {
    let mut all = Vec::new();
    for (rule, parameters, weight, reference) in rules() {
        let mut sim =
            network(rule, &parameters, weight).build(Device::cpu().precision(Precision::F64), Seed(1)).unwrap();
        sim.run(605.0.ms()).unwrap();
        let (mut worst, mut moved) = (0.0f64, 0.0f64);
        for projection in 0..3 {
            let synapses = sim.synapses(projection).unwrap();
            let train = |id: u32| -> Vec<u32> {
                sim.all_spikes().iter().filter(|spike| spike.id == id).map(|spike| spike.step).collect()
            };
            for (k, &end) in synapses.state[0].iter().enumerate() {
                let (source, target) = (train(synapses.sources[k]), train(synapses.targets[k]));
                let trains = Trains { source: &source, target: &target, delay: synapses.delays[k], late };
                worst = worst.max((end - reference(weight, &trains)).abs() / WMAX);
                moved = moved.max((end - weight).abs());
            }
        }
        all.push((rule, worst, moved));
    }
    all
}

#[test]
fn every_rule_takes_events_as_nest_does() {
    for (rule, worst, moved) in differences(false) {
        // exp and powers of two libraries, over a thousand events.
        assert!(worst < 1e-11, "{rule}: off by {worst}");
        assert!(moved > 1.0, "{rule}: no weight moved");
    }
}

#[test]
fn a_spike_that_arrives_together_is_seen_where_it_counts_too_early() {
    for (rule, worst, _) in differences(true) {
        assert!(worst > 1e-6, "{rule}: {worst}");
    }
}

#[test]
fn each_spike_is_sent_with_the_weight_that_it_finds() {
    for (rule, parameters, weight, reference) in rules() {
        let mut net = network(rule, &parameters, weight);
        let sources = net.population("sources", "test").unwrap();
        let recorders: Vec<_> = (0..3).map(|projection| net.record(&sources, Sends::of(projection)).unwrap()).collect();
        let mut sim = net.build(Device::cpu().precision(Precision::F64), Seed(1)).unwrap();
        sim.run(300.0.ms()).unwrap();
        let (mut worst, mut others, mut count) = (0.0f64, 0.0f64, 0);
        for record in recorders.into_iter().map(|recorder| sim.sends(recorder).unwrap()) {
            let train = |id: u32| -> Vec<u32> {
                sim.all_spikes().iter().filter(|spike| spike.id == id).map(|spike| spike.step).collect()
            };
            let ends = &net.projections()[record.projection];
            for (k, &(source, target)) in record.ends.iter().enumerate() {
                let (source, target) = (train(ends.from.id(source)), train(ends.to.id(target)));
                let sent: Vec<f64> =
                    record.sends.iter().filter(|own| own.synapse as usize == k).map(|own| own.weight).collect();
                assert_eq!(sent.len(), source.len(), "{rule}, synapse {k}");
                for (n, sent) in sent.iter().enumerate() {
                    let of = |spikes: usize| {
                        let trains =
                            Trains { source: &source[..spikes], target: &target, delay: record.delays[k], late: false };
                        reference(weight, &trains)
                    };
                    worst = worst.max((sent - of(n + 1)).abs() / WMAX);
                    // A partner: the weight that the spike before has left.
                    others = others.max((sent - of(n)).abs() / WMAX);
                    count += 1;
                }
            }
        }
        assert!(count > 2_000 && worst < 1e-11, "{rule}: off by {worst} in {count}");
        assert!(others > 1e-3, "{rule}: {others}");
    }
}

/// A weight that no count hits exactly is the weight that was asked for.
#[test]
fn any_weight_can_be_that_of_a_synapse_that_does_not_learn() {
    let mut net = Network::new(0.1.ms());
    let cells = net.add("cells", 3, IafPscExp::default()).unwrap();
    for weight in [0.6867, 0.1, 33.3, -7.77] {
        let synapse = Plastic::new("tsodyks2_synapse", weight, 1.0).unwrap();
        net.connect(&cells, &cells, AllToAll, synapse).unwrap();
    }
    let mut sim = net.build(Device::cpu(), Seed(1)).unwrap();
    for (projection, weight) in [0.6867_f32, 0.1, 33.3, -7.77].into_iter().enumerate() {
        let found = &sim.synapses(projection).unwrap().state[0];
        assert!(found.iter().all(|found| *found as f32 == weight), "{weight}: {found:?}");
    }
}

/// The rate of neurons over the last half of 24 s, driven by weights of so much at first, with learning at a rate.
fn scaled(weight: f64, eta: f64) -> f64 {
    let mut net = Network::new(0.1.ms());
    let sources = net.add("sources", 100, ParrotNeuron {}).unwrap();
    let cells = net.add("cells", 4, IafPscExp::default()).unwrap();
    net.stimulate(&sources, PoissonGenerator::new(20.0), Static::new(1.0, 1.0)).unwrap();
    let synapse = Plastic::new("homeostatic_synapse", weight, 1.0).unwrap().with_room_for(4000.0);
    let synapse = synapse.with("rate_target", 8.0).unwrap().with("tau_rate", 1000.0).unwrap().with("eta", eta).unwrap();
    net.connect(&sources, &cells, AllToAll, synapse).unwrap();
    let mut sim = net.build(Device::cpu().threads(1), Seed(1)).unwrap();
    sim.run(24_000.0.ms()).unwrap();
    let late = sim.all_spikes().iter().filter(|spike| spike.id >= 100 && spike.step > 120_000).count();
    late as f64 / 4.0 / 12.0
}

#[test]
fn homeostasis_brings_neurons_to_their_rate_from_either_side() {
    for weight in [50.0, 250.0] {
        let rate = scaled(weight, 0.004);
        assert!((7.0..9.0).contains(&rate), "{weight} pA: {rate} spikes/s");
    }
    let without = scaled(50.0, 0.0);
    assert!(without < 5.0, "{without} spikes/s");
}

/// A weight of zero that may only fall goes where it will inhibit, and a rule's own bound is the room that its weights have.
#[test]
fn weights_have_the_sign_and_the_room_of_their_bounds() {
    let mut net = Network::new(0.1.ms());
    let sources = net.add("sources", 20, IafPscExp { I_e: 900.0, ..default() }).unwrap();
    let cell = net.add("cell", 1, IafCondExp { I_e: 600.0, ..default() }).unwrap();
    let rule = |from: f64, wmax: f64| {
        let synapse = Plastic::new("vogels_sprekeler_synapse", from, 1.0).unwrap();
        synapse.with("Wmax", wmax).unwrap().with("eta", 0.4).unwrap().with("alpha", 0.0).unwrap()
    };
    net.connect(&sources, &cell, AllToAll, rule(0.0, -10.0)).unwrap();
    net.connect(&sources, &cell, AllToAll, rule(0.01, 0.5)).unwrap();
    let [ex, inh] = ["g_ex", "g_in"].map(|name| net.record(&cell, Variable::every(name, 0.1)).unwrap());
    let mut sim = net.build(Device::cpu(), Seed(1)).unwrap();
    sim.run(200.0.ms()).unwrap();
    let most = |recorder| sim.samples(recorder).unwrap().iter().copied().fold(0.0, f64::max);
    assert!(sim.samples(ex).unwrap().iter().chain(sim.samples(inh).unwrap()).all(|g| *g >= 0.0));
    assert!(most(inh) > 1.0, "{}", most(inh));
    assert!(sim.synapses(1).unwrap().state[0].iter().all(|weight| *weight > 16.0 * 0.01), "beyond 16 times the first");
}
