//! When a stimulus or a spike acts, to the step.

use neuropil::network::RecorderId;
use neuropil::prelude::*;

/// A neuron without memory: currents and potentials are gone after a step, and 1 pA makes 1 mV at once.
fn forgetful() -> IafPscExp {
    let tiny = 1e-3;
    let still = IafPscExp { E_L: 0.0, V_reset: 0.0, V_th: 1e9, ..default() };
    IafPscExp { tau_m: tiny, tau_syn_ex: tiny, tau_syn_in: tiny, C_m: tiny, ..still }
}

fn one(neuron: IafPscExp, variable: &str) -> (Network, Selection) {
    let mut net = Network::new(0.1.ms());
    let all = net.add("a", 1, neuron).unwrap();
    net.record(&all, Variable::every(variable, 0.1)).unwrap();
    (net, all)
}

/// The steps in which recorder 0 sees something, and what, rounded to 1e-9.
fn seen(net: &Network, options: &PlanOptions, ms: f64) -> Vec<(u64, f64)> {
    let mut sim = Simulation::new(net.clone(), Device::cpu().precision(Precision::F64), Seed(0), options).unwrap();
    sim.run(ms.ms()).unwrap();
    let samples = sim.samples(RecorderId(0)).unwrap().iter().map(|v| (v * 1e9).round() / 1e9);
    samples.enumerate().filter(|(_, v)| *v != 0.0).map(|(k, v)| (k as u64 + 1, v)).collect()
}

fn steps(seen: &[(u64, f64)]) -> Vec<u64> {
    seen.iter().map(|s| s.0).collect()
}

#[test]
fn listed_spikes_act_a_delay_after_their_step() {
    for (delay, shift) in [(0.1, 1), (0.5, 5), (30.0, 300)] {
        let (mut net, all) = one(forgetful(), "I_syn_ex");
        let generator = SpikeGenerator::at(&[1.0, 2.5, 2.5, 0.1]);
        net.stimulate(&all, generator, Static::new(3.0, delay)).unwrap();
        let found = seen(&net, &PlanOptions::default(), 40.0);
        assert_eq!(found, [(1 + shift, 3.0), (10 + shift, 3.0), (25 + shift, 6.0)], "delay {delay} ms");
        assert_ne!(steps(&found), [2 + shift, 11 + shift, 26 + shift]);
    }
}

#[test]
fn a_current_moves_the_membrane_one_step_after_it_arrives() {
    let rest = IafPscExp { E_L: 0.0, V_reset: 0.0, V_th: 1e9, ..default() };
    let (mut net, all) = one(rest, "V_m");
    net.stimulate(&all, SpikeGenerator::at(&[1.0]), Static::new(100.0, 0.5)).unwrap();
    let found = steps(&seen(&net, &PlanOptions::default(), 3.0));
    assert_eq!(found, (16..=30).collect::<Vec<_>>());
}

#[test]
fn listed_spikes_reach_the_neuron_they_name() {
    let mut net = Network::new(0.1.ms());
    let all = net.add("a", 4, forgetful()).unwrap();
    net.record(all.slice(2..3), Variable::every("I_syn_in", 0.1)).unwrap();
    let listed = SpikeGenerator::listed([(0, 1.0), (1, 1.0), (2, 1.2), (1, 1.4)]);
    net.stimulate(all.slice(1..4), listed.clone(), Static::new(-2.0, 0.1)).unwrap();
    // Index 1 of a selection that starts at neuron 1 is neuron 2.
    assert_eq!(seen(&net, &PlanOptions::default(), 3.0), [(11, -2.0), (15, -2.0)]);
    let error = net.stimulate(all.slice(0..2), listed, Static::new(1.0, 0.1)).unwrap_err();
    assert!(error.to_string().contains("target index 2"), "{error}");
}

#[test]
fn listed_spikes_beyond_the_last_step_never_arrive() {
    let events = |delay: f64| {
        let (mut net, all) = one(forgetful(), "I_syn_ex");
        net.stimulate(&all, SpikeGenerator::at(&[3.9e8]), Static::new(1.0, delay)).unwrap();
        let plan = neuropil::plan::Plan::<i32>::new(&net, 0, &PlanOptions::default()).unwrap();
        plan.shards[0].events.iter().map(|e| e.step).collect::<Vec<u32>>()
    };
    assert_eq!(events(0.5), [3_900_000_005]);
    assert!(events(1e8).is_empty(), "steps past 2^32 do not start again at 0");
}

/// Two parrots that fire in steps 11 and 12, joined to a counter with these delays; what the counter sees.
fn relayed(delays: [f64; 2], options: &PlanOptions) -> Vec<(u64, f64)> {
    let (mut net, counter) = one(forgetful(), "I_syn_ex");
    let parrots = net.add("parrots", 2, ParrotNeuron::default()).unwrap();
    net.stimulate(&parrots, SpikeGenerator::listed([(0, 1.0), (1, 1.1)]), Static::new(1.0, 0.1)).unwrap();
    let synapse = Static::new(Value::each(vec![5.0, 7.0]), Value::each(delays.to_vec()));
    net.connect(&parrots, &counter, Explicit::new([0, 1], [0, 0]), synapse).unwrap();
    seen(&net, options, 60.0)
}

#[test]
fn spikes_act_a_delay_after_their_step_for_any_block() {
    for block in [None, Some(1), Some(2), Some(8), Some(64), Some(256)] {
        for shards in [1, 3] {
            let options = PlanOptions { block, shards, ..default() };
            for d in [1, 2, 7, 8, 9, 63, 64, 65, 255, 256, 257, 400] {
                let ms = |steps: u64| steps as f64 * 0.1;
                let found = relayed([ms(d), ms(d + 20)], &options);
                assert_eq!(found, [(11 + d, 5.0), (12 + d + 20, 7.0)], "block {block:?}, {d} steps");
            }
            // Spikes of different steps that arrive together are summed.
            assert_eq!(relayed([0.8, 0.7], &options), [(19, 12.0)]);
        }
    }
    assert_ne!(relayed([0.8, 0.7], &PlanOptions::default()), relayed([0.8, 0.8], &PlanOptions::default()));
}

#[test]
fn a_neuron_that_fires_reaches_its_target_after_the_delay() {
    let (mut net, counter) = one(forgetful(), "I_syn_ex");
    let source = net.add("source", 1, IafPscExp::default()).unwrap();
    net.stimulate(&source, SpikeGenerator::at(&[1.0]), Static::new(1e6, 0.1)).unwrap();
    net.connect(&source, &counter, OneToOne, Static::new(9.0, 0.4)).unwrap();
    let mut sim = net.build(Device::cpu().precision(Precision::F64), Seed(0)).unwrap();
    sim.run(2.0.ms()).unwrap();
    // The current arrives in step 11, the membrane crosses in step 12.
    assert_eq!(sim.all_spikes(), [Spike::new(12, 1)]);
    assert_eq!(seen(&net, &PlanOptions::default(), 2.0), [(16, 9.0)]);
}

#[test]
fn direct_currents_act_from_one_step_after_their_delay() {
    for (delay, shift) in [(0.1, 1), (0.3, 3), (2.0, 20)] {
        let (mut net, all) = one(forgetful(), "V_m");
        let pulse = DcGenerator { amplitude: 4.0, start: 1.0, stop: 2.0 };
        net.stimulate(&all, pulse, Static::new(1.0, delay)).unwrap();
        let found = seen(&net, &PlanOptions::default(), 6.0);
        // On from step start + delay + 1, off from step stop + delay + 1, as in NEST.
        let expected: Vec<_> = (10 + shift + 1..20 + shift + 1).map(|step| (step, 4.0)).collect();
        assert_eq!(found, expected, "delay {delay} ms");
        assert_ne!(steps(&found), (10 + shift..20 + shift).collect::<Vec<_>>());
    }
}

#[test]
fn step_currents_take_their_amplitudes_in_turn_and_add_up() {
    let (mut net, all) = one(forgetful(), "V_m");
    let stairs = StepCurrentGenerator { times: vec![0.5, 0.8, 1.0, 1.3], amplitudes: vec![5.0, -2.0, 0.0, 0.5] };
    net.stimulate(&all, stairs, Static::new(2.0, 0.1)).unwrap();
    let mut expected: Vec<(u64, f64)> = (7..=20).map(|step| (step, 0.0)).collect();
    for (step, value) in &mut expected {
        *value += match *step {
            7..=9 => 10.0,
            10..=11 => -4.0,
            15.. => 1.0,
            _ => 0.0,
        };
    }
    let nonzero = |list: &[(u64, f64)]| list.iter().copied().filter(|s| s.1 != 0.0).collect::<Vec<_>>();
    assert_eq!(seen(&net, &PlanOptions::default(), 2.0), nonzero(&expected));
    let pulse = DcGenerator { amplitude: 30.0, start: 0.6, stop: f64::INFINITY };
    net.stimulate(&all, pulse, Static::new(1.0, 0.1)).unwrap();
    assert_ne!(seen(&net, &PlanOptions::default(), 2.0), nonzero(&expected));
    expected.iter_mut().filter(|s| s.0 >= 8).for_each(|s| s.1 += 30.0);
    assert_eq!(seen(&net, &PlanOptions::default(), 2.0), nonzero(&expected));
}

#[test]
fn currents_keep_their_steps_when_a_run_is_cut() {
    let (mut net, all) = one(forgetful(), "V_m");
    let stairs = StepCurrentGenerator { times: vec![0.2, 0.3, 0.4], amplitudes: vec![1.0, 2.0, 3.0] };
    net.stimulate(&all, stairs, Static::new(1.0, 0.1)).unwrap();
    let whole = seen(&net, &PlanOptions::default(), 2.0);
    assert_eq!(whole[..3], [(4, 1.0), (5, 2.0), (6, 3.0)]);
    let mut sim = net.build(Device::cpu().precision(Precision::F64), Seed(0)).unwrap();
    for _ in 0..20 {
        sim.run(0.1.ms()).unwrap();
    }
    let cut: Vec<f64> = sim.samples(RecorderId(0)).unwrap().iter().map(|v| v.round()).filter(|&v| v != 0.0).collect();
    assert_eq!(cut, whole.iter().map(|s| s.1).collect::<Vec<_>>());
}
