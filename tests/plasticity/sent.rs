//! What synapses send, spike by spike: what their equations say, and the same however a run is cut.

use std::collections::BTreeMap;

use neuropil::network::{Perturb, RecorderId, Sends};
use neuropil::prelude::*;
use neuropil::record::{SendRecord, SentSpike};

use super::Columns;
use super::invariance::networks;
use super::nest::{stdp50, tsodyks60};
use super::recorded::however_cut;
use super::rules;

/// A network of this name, with a recorder of what projection 0 sends.
pub fn recorded(name: &str) -> (Network, RecorderId) {
    let (_, mut net) = networks().into_iter().find(|(own, _)| *own == name).unwrap();
    let from = net.projections()[0].from.clone();
    let recorder = net.record(from, Sends::of(0).between(30.0, 110.0)).unwrap();
    (net, recorder)
}

pub fn played(net: &Network, recorder: RecorderId, device: Device, options: &PlanOptions, batch: u32) -> SendRecord {
    let mut sim = Simulation::new(net.clone(), device, Seed(1), options).unwrap();
    sim.set_batch(batch);
    sim.run(150.0.ms()).unwrap();
    sim.sends(recorder).unwrap()
}

/// What all projections that learn send in `ms`, with the simulation.
fn all_sent(mut net: Network, ms: f64) -> (Simulation, Vec<SendRecord>) {
    let all = net.population("neurons", "test").unwrap();
    let which: Vec<usize> = (0..net.projections().len()).filter(|&k| net.projections()[k].learns()).collect();
    let recorders: Vec<RecorderId> = which.iter().map(|&k| net.record(&all, Sends::of(k)).unwrap()).collect();
    let mut sim = net.build(Device::cpu().precision(Precision::F64), Seed(1)).unwrap();
    sim.run(ms.ms()).unwrap();
    let sent = recorders.into_iter().map(|recorder| sim.sends(recorder).unwrap()).collect();
    (sim, sent)
}

/// The spikes of each neuron, ms.
fn spikes_of(sim: &Simulation) -> BTreeMap<u32, Vec<f64>> {
    let mut spikes = BTreeMap::<u32, Vec<f64>>::new();
    sim.all_spikes().iter().for_each(|spike| spikes.entry(spike.id).or_default().push(f64::from(spike.step) * 0.1));
    spikes
}

/// The largest relative difference between what the record's synapses send and what `expected` says, synapse by synapse.
fn apart(record: &SendRecord, mut expected: impl FnMut(usize) -> Vec<(f64, f64)>) -> f64 {
    let mut sent = vec![Vec::new(); record.ends.len()];
    record.sends.iter().for_each(|own| sent[own.synapse as usize].push((f64::from(own.step) * 0.1, own.weight)));
    let mut worst = 0.0f64;
    for (k, sent) in sent.iter().enumerate() {
        let expected = expected(k);
        assert_eq!(sent.len(), expected.len(), "synapse {k}");
        for ((at, weight), (when, wanted)) in sent.iter().zip(expected) {
            assert!((at - when).abs() < 1e-6, "synapse {k}: {at} ms, {when} ms");
            worst = worst.max((weight / wanted - 1.0).abs());
        }
    }
    worst
}

/// The rule of `guetig` (Gütig et al. 2003), in the order of events of NEST: what a synapse sends at each spike of its source.
fn guetig((weight, delay): (f64, f64), pre: &[f64], post: &[f64], lambda: f64) -> Vec<(f64, f64)> {
    let (wmax, tau_plus, tau_minus) = (160.0, 20.0, 25.0);
    let (mut w, mut k_plus, mut last) = (weight / wmax, 0.0, 0.0);
    let mut sent = Vec::new();
    for &at in pre {
        // Spikes of the target count when they have come back to the synapse.
        let back = |t: &&f64| **t + delay > last + 1e-6 && **t + delay < at + 1e-6;
        for t in post.iter().filter(back) {
            let dt: f64 = t + delay - last;
            w = f64::min(w + lambda * f64::powf(1.0 - w, 0.25) * k_plus * (-dt / tau_plus).exp(), 1.0);
        }
        let k_minus: f64 =
            post.iter().filter(|t| **t + delay < at - 1e-6).map(|t| (-(at - delay - t) / tau_minus).exp()).sum();
        w = f64::max(w - 1.1 * lambda * f64::powf(w, 0.625) * k_minus, 0.0);
        k_plus = k_plus * (-(at - last) / tau_plus).exp() + 1.0;
        last = at;
        sent.push((at, w * wmax));
    }
    sent
}

/// The listed connections of a network between the ends of a record's synapses, in its order.
fn connections(file: &str, columns: &[&str], record: &SendRecord, which: impl Fn(usize) -> bool) -> Vec<Vec<f64>> {
    let pairs = Columns::read(file);
    let mut lists = BTreeMap::<(u32, u32), Vec<Vec<f64>>>::new();
    for k in (0..pairs.get("source").len()).filter(|&k| which(k)) {
        let own = columns.iter().map(|name| pairs.get(name)[k]).collect();
        lists.entry((pairs.ids("source")[k], pairs.ids("target")[k])).or_default().push(own);
    }
    record.ends.iter().map(|ends| lists.get_mut(ends).unwrap().remove(0)).collect()
}

#[test]
fn each_spike_is_sent_with_the_weight_that_the_rule_says() {
    let (sim, sent) = all_sent(stdp50("guetig"), 800.0);
    let (record, spikes, none) = (&sent[0], spikes_of(&sim), Vec::new());
    let pairs = Columns::read("stdp50/connections");
    let learns = |k: usize| pairs.get("source")[k] < 40.0 && pairs.get("target")[k] < 40.0;
    let listed = connections("stdp50/connections", &["weight", "delay_ms"], record, learns);
    let of = |lambda: f64| {
        apart(record, |k| {
            let (source, target) = record.ends[k];
            let ends = [source, target].map(|id| spikes.get(&id).unwrap_or(&none));
            guetig((listed[k][0], listed[k][1]), ends[0], ends[1], lambda)
        })
    };
    assert!(record.sends.len() > 2_000, "{} spikes", record.sends.len());
    // Some hundred products and powers of f64 for each synapse, and times that are multiples of 0.1 but for their last bits.
    assert!(of(0.03125) < 1e-9, "{}", of(0.03125));
    assert!(of(0.0313) > 1e-6, "another rate of learning would not be seen");
}

#[test]
fn short_term_plasticity_sends_what_is_released() {
    let (sim, sent) = all_sent(tsodyks60(|_| 1), 500.0);
    let (record, spikes, none) = (&sent[0], spikes_of(&sim), Vec::new());
    let columns = ["weight", "U", "tau_rec", "tau_fac", "tau_psc", "x", "y", "u_tsodyks"];
    let listed = connections("tsodyks60/connections", &columns, record, |_| true);
    let of = |stretch: f64| {
        apart(record, |k| {
            let [weight, big_u, tau_rec, tau_fac, tau_psc, mut x, mut y, mut u] = listed[k][..].try_into().unwrap();
            let mut last = 0.0;
            let pre: &Vec<f64> = spikes.get(&record.ends[k].0).unwrap_or(&none);
            let released = pre.iter().map(|&at| {
                let h = (at - last) * stretch;
                let p_uu = if tau_fac == 0.0 { 0.0 } else { f64::exp(-h / tau_fac) };
                let (p_yy, p_zz) = (f64::exp(-h / tau_psc), f64::exp(-h / tau_rec));
                let p_xy = ((p_zz - 1.0) * tau_rec - (p_yy - 1.0) * tau_psc) / (tau_psc - tau_rec);
                let z = 1.0 - x - y;
                u *= p_uu;
                x += p_xy * y + (1.0 - p_zz) * z;
                y *= p_yy;
                u += big_u * (1.0 - u);
                let delta = u * x;
                (x, y, last) = (x - delta, y + delta, at);
                (at, delta * weight)
            });
            released.collect()
        })
    };
    assert!(record.sends.len() > 2_000, "{} spikes", record.sends.len());
    assert!(of(1.0) < 1e-9, "{}", of(1.0));
    assert!(of(1.0001) > 1e-7, "other times would not be seen");
}

/// What short-term plasticity without facilitation sends on the spikes `pre` (steps), as NEST 3.10: u is U at each, also at
/// several in one step.
fn tires(model: &str, pre: &[u32]) -> Vec<f64> {
    let (big_u, tau_rec, tau_psc) = (0.4, 90.0, 3.0);
    let (mut x, mut y, mut last) = (1.0f64, 0.0f64, 0);
    let released = pre.iter().map(|&now| {
        let h = 0.1 * f64::from(now - last);
        let (p_yy, p_zz) = (f64::exp(-h / tau_psc), f64::exp(-h / tau_rec));
        last = now;
        if model == "tsodyks2_synapse" {
            x = 1.0 + (x - 1.0) * p_zz;
            x -= big_u * x;
            return 41.0 * big_u * x / (1.0 - big_u);
        }
        let p_xy = ((p_zz - 1.0) * tau_rec - (p_yy - 1.0) * tau_psc) / (tau_psc - tau_rec);
        x += p_xy * y + (1.0 - p_zz) * (1.0 - x - y);
        y = y * p_yy + big_u * x;
        x -= big_u * x;
        41.0 * big_u * x / (1.0 - big_u)
    });
    released.collect()
}

#[test]
fn several_spikes_in_a_step_find_no_facilitation_where_there_is_none() {
    for model in ["tsodyks_synapse", "tsodyks2_synapse", "tsodyks_synapse_hom", "tsodyks2_synapse_hom"] {
        let two = [("U", 0.4), ("tau_rec", 90.0), ("u", 0.4)];
        let parameters = if model.starts_with("tsodyks2") { &two[..] } else { &two[..2] };
        let mut net = rules::network(model, parameters, 41.0);
        let sources = net.population("sources", "test").unwrap();
        let recorder = net.record(&sources, Sends::of(0)).unwrap();
        let mut sim = net.build(Device::cpu().precision(Precision::F64), Seed(1)).unwrap();
        sim.run(605.0.ms()).unwrap();
        let record = sim.sends(recorder).unwrap();
        let mut several = 0;
        for (k, (source, _)) in record.ends.iter().enumerate() {
            let pre: Vec<u32> = sim.all_spikes().iter().filter(|own| own.id == *source).map(|own| own.step).collect();
            several += pre.windows(2).filter(|pair| pair[0] == pair[1]).count();
            let sent = record.sends.iter().filter(|own| own.synapse as usize == k);
            let pairs = sent.zip(tires(model.trim_end_matches("_hom"), &pre));
            let worst = pairs.fold(0.0f64, |worst, (own, wanted)| worst.max((own.weight / wanted - 1.0).abs()));
            assert!(worst < 1e-9, "{model}, synapse {k}: {worst}");
        }
        assert!(several > 50, "{several}");
    }
}

#[test]
fn the_last_spike_that_is_sent_has_nests_weight() {
    for learning in ["add", "mult", "pl", "triplet", "vogels"] {
        let (_, sent) = all_sent(stdp50(learning), 500.0);
        let expected = Columns::read(&format!("stdp50/expected_weights_{learning}"));
        let mut wanted = BTreeMap::<(u32, u32), Vec<f64>>::new();
        for (k, &weight) in expected.get("w_500").iter().enumerate() {
            wanted.entry((expected.ids("source")[k], expected.ids("target")[k])).or_default().push(weight);
        }
        let mut last = vec![None; sent[0].ends.len()];
        // A spike of the last steps has not been taken when weights are read.
        let taken = |own: &&SentSpike| own.step + 5 <= 5_000;
        sent[0].sends.iter().filter(taken).for_each(|own| last[own.synapse as usize] = Some(own.weight));
        let mut compared = 0;
        for (ends, weight) in sent[0].ends.iter().zip(last) {
            let (Some(weight), Some(wanted)) = (weight, wanted.get(ends)) else { continue };
            // Of several between two neurons, which is which does not matter. Weights are printed with ten digits.
            let near = wanted.iter().any(|wanted| (wanted - weight).abs() < 1e-6);
            assert!(near, "{learning}: {ends:?} sent {weight}, NEST has {wanted:?}");
            compared += 1;
        }
        assert!(compared > 100, "{learning}: {compared}");
    }
}

#[test]
fn what_is_sent_does_not_depend_on_how_a_run_is_cut() {
    for name in ["guetig", "dopamine", "tsodyks", "drawn", "domains"] {
        let (net, recorder) = recorded(name);
        let whole = however_cut(name, &net, |sim| sim.sends(recorder).unwrap());
        let (steps, count) = (whole.sends.iter().map(|own| own.step), whole.sends.len());
        assert!(count > 50 && steps.clone().min() > Some(300) && steps.max() <= Some(1_100), "{name}: {count}");
        // Another precision is not the same to the bit.
        let other = played(&net, recorder, Device::cpu().precision(Precision::F64), &PlanOptions::default(), u32::MAX);
        assert!(other != whole, "{name}");
    }
}

#[test]
fn a_checkpoint_with_other_spikes_that_were_sent_is_refused() {
    let (net, recorder) = recorded("guetig");
    let mut sim = net.build(Device::cpu(), Seed(1)).unwrap();
    sim.run(70.0.ms()).unwrap();
    let kept = sim.checkpoint().unwrap();
    let changes: [fn(&mut Vec<f64>); 4] = [
        |samples| samples.truncate(samples.len() - 1),
        |samples| samples[0] = 1e6,
        |samples| samples[1] = 1e6,
        |samples| samples[1] += 0.5,
    ];
    for change in changes {
        let mut kept = kept.clone();
        change(&mut kept.samples[recorder.0]);
        let told = Simulation::resume(net.clone(), Device::cpu(), Seed(1), &PlanOptions::default(), &kept);
        let told = told.unwrap_err().to_string();
        assert!(told.contains("its samples are not those"), "{told}");
    }
    assert!(Simulation::resume(net, Device::cpu(), Seed(1), &PlanOptions::default(), &kept).is_ok());
}

#[test]
fn some_synapses_send_what_they_send_among_all() {
    let (mut net, recorder) = recorded("drawn");
    let all = net.population("neurons", "").unwrap();
    let part = Sends::of(0).onto(all.slice(10..50)).between(30.0, 110.0);
    let part = net.record(all.slice(100..120), part).unwrap();
    let mut sim = net.build(Device::cpu(), Seed(1)).unwrap();
    sim.run(120.0.ms()).unwrap();
    let (whole, part) = (sim.sends(recorder).unwrap(), sim.sends(part).unwrap());
    let flat = |record: &SendRecord, own: &SentSpike| {
        let at = own.synapse as usize;
        (own.step, record.ends[at], record.numbers[at], record.delays[at], own.weight.to_bits())
    };
    let within = |own: &&SentSpike| {
        let (source, target) = whole.ends[own.synapse as usize];
        (100..120).contains(&source) && (10..50).contains(&target)
    };
    let expected: Vec<_> = whole.sends.iter().filter(within).map(|own| flat(&whole, own)).collect();
    assert!(expected.len() > 20 && expected.len() < whole.sends.len() / 5, "{}", expected.len());
    assert_eq!(part.sends.iter().map(|own| flat(&part, own)).collect::<Vec<_>>(), expected);
    assert!(sim.sends(RecorderId(0)).is_err() && sim.weights(recorder).is_err());
}

#[test]
fn what_is_cut_is_not_sent() {
    let (mut net, recorder) = recorded("guetig");
    let all = net.population("neurons", "").unwrap();
    net.perturb(all.slice(0..20), Perturb::Disconnect(all.slice(0..10)), 50.0..80.0).unwrap();
    let record = played(&net, recorder, Device::cpu(), &PlanOptions::default(), u32::MAX);
    let is_cut = |own: &&SentSpike| {
        let (source, target) = record.ends[own.synapse as usize];
        source < 20 && target < 10 && (501..=800).contains(&own.step)
    };
    let others = |own: &&SentSpike| {
        let (source, target) = record.ends[own.synapse as usize];
        source < 20 && target < 10 && !(501..=800).contains(&own.step)
    };
    assert_eq!(record.sends.iter().filter(is_cut).count(), 0);
    assert!(record.sends.iter().filter(others).count() > 5);
}

#[test]
fn synapses_that_do_not_learn_or_are_not_there_are_told() {
    let (mut net, _) = recorded("guetig");
    let all = net.population("neurons", "").unwrap();
    let fixed = net.projections().iter().position(|own| !own.learns()).unwrap();
    let told = net.record(&all, Sends::of(fixed)).unwrap_err().to_string();
    assert!(told.contains("has no synapses that learn; those that learn are 0"), "{told}");
    net.record(all.slice(45..50), Sends::of(0)).unwrap();
    let told = net.build(Device::cpu(), Seed(1)).unwrap_err().to_string();
    assert!(told.contains("none of its synapses leads from neurons to neurons; record others"), "{told}");
}
