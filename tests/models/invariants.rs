//! What must hold for any parameters: refractoriness, threshold, counts, exactness, linearity.

use neuropil::models::{self, refractory_steps};
use neuropil::random::Draws;
use neuropil::tile::input;
use neuropil::tile::ring::Ring;
use neuropil::tile::{Arriving, Out, TileTask};
use neuropil::tile::{MAX_EPOCH, SumWidth};

use super::drive::{Input, Values, run, run_twisted, values};

const DT: f64 = 0.1;
const LINEAR: [&str; 3] = ["iaf_psc_alpha", "iaf_psc_delta", "iaf_psc_exp"];
const SPIKING: [&str; 5] = ["iaf_cond_alpha", "iaf_cond_exp", "iaf_psc_alpha", "iaf_psc_delta", "iaf_psc_exp"];

/// A draw that is uniform in a range.
fn between(draws: &mut Draws, low: f64, high: f64) -> f64 {
    low + (high - low) * draws.uniform()
}

/// A current that crosses the threshold from the reset in one step: NEST's neuron fires in step k, is clamped in the
/// steps k + 1 to k + t_ref/dt, and fires again in step k + t_ref/dt + 1.
#[test]
fn refractoriness_lasts_exactly_t_ref() {
    for model in SPIKING {
        for steps in [0, 1, 2, 20, 37] {
            let values = values([("t_ref", steps as f64 * DT), ("V_reset", -65.0)]);
            let input = Input::none(200).current(1e5);
            let run = run::<f64>(model, &values, DT, &input);
            assert_eq!(run.spikes[0], 1, "{model}");
            assert!(run.spikes.windows(2).all(|pair| pair[1] - pair[0] == steps + 1), "{model}: {:?}", run.spikes);
            let clamped = run.trace("V_m").iter().filter(|v| (*v + 65.0).abs() < 1e-12).count();
            assert_eq!(clamped, 200, "{model}");
        }
        let longer = values([("t_ref", 2.1)]);
        let run = run::<f64>(model, &longer, DT, &Input::none(200).current(1e5));
        assert_ne!(run.spikes[1] - run.spikes[0], 21, "{model}: 2.1 ms are not 2.0 ms");
    }
}

#[test]
fn a_refractory_period_is_rounded_to_the_grid() {
    for (t_ref, dt, steps) in [(2.0, 0.1, 20.0), (0.3, 0.1, 3.0), (2.0, 0.025, 80.0), (0.0, 0.1, 0.0), (0.16, 0.1, 2.0)]
    {
        assert_eq!(refractory_steps(t_ref, dt), steps);
        for model in models::native().iter().filter(|m| m.declaration().name != "parrot_neuron") {
            let parameters = model.declaration().parameters.iter();
            let values: Vec<f64> = parameters.map(|p| if p.name == "t_ref" { t_ref } else { p.default }).collect();
            assert_eq!(model.refractory_steps(&values, dt), steps as u64);
        }
    }
}

#[test]
fn reaching_the_threshold_is_enough() {
    let fires =
        |weight: f64| !run::<f64>("iaf_psc_delta", &values([]), DT, &Input::none(1).spike(1, weight)).spikes.is_empty();
    assert!(fires(15.0));
    assert!(!fires(15.0f64.next_down()));
    for model in SPIKING {
        let at = |v: f64| {
            let values = values([("V_m", v), ("refractory", 5.0), ("V_reset", -60.0), ("E_L", -60.0)]);
            run::<f64>(model, &values, DT, &Input::none(1)).spikes.len()
        };
        // While refractory a current model keeps V_m as it is and a conductance model takes V_reset, as in NEST.
        assert_eq!(at(-55.0), usize::from(model.starts_with("iaf_psc")), "{model}");
        assert_eq!(at((-55.0f64).next_down()), 0, "{model}");
    }
}

#[test]
fn v_min_holds_the_potential() {
    for model in ["iaf_psc_alpha", "iaf_psc_delta"] {
        let trace = |values: &Values| run::<f64>(model, values, DT, &Input::none(300).current(-500.0)).trace("V_m");
        let lowest = |trace: Vec<f64>| trace.into_iter().fold(f64::MAX, f64::min);
        assert_eq!(lowest(trace(&values([("V_min", -80.0)]))), -80.0, "{model}");
        assert!(lowest(trace(&values([]))) < -85.0, "{model}: without a lower bound");
    }
}

/// Spikes that a task of relays emits for these counts, through the CPU player's own loop.
fn relayed(counts: &[u32]) -> Vec<u32> {
    let relay = models::named("parrot_neuron", "a test").unwrap();
    let derived: Vec<f32> = relay.derive(&[], DT).iter().map(|v| *v as f32).collect();
    let mut state = vec![0.0f32; counts.len()];
    let (mut spikes, mut fault) = (vec![Vec::new()], None);
    let mut ring = Ring::new(SumWidth::Full, counts.len());
    (0..counts.len()).for_each(|i| ring.add(i, counts[i] as i32));
    let out = Out {
        derived: &derived,
        derived_stride: 1,
        first: 100,
        max_spikes: 2_000_000,
        spikes: &mut spikes,
        fault: &mut fault,
    };
    relay.integrate_f32(TileTask {
        stride: counts.len(),
        tile: 0..counts.len(),
        state: &mut state,
        arriving: Arriving {
            ring: &mut ring,
            dirty: Default::default(),
            starts: [0; MAX_EPOCH as usize],
            stride: 0,
            units: &[1.0],
        },
        stimuli: None,
        input: &mut input::Input::new(1, 1),
        current: &[],
        noise: neuropil::tile::noise::Noise { rounds: &[[0; 10]; 2], step: 1 },
        steps: 0..1,
        scratch: &mut Default::default(),
        out,
    });
    assert_eq!(fault, None);
    spikes.concat()
}

#[test]
fn a_relay_repeats_every_spike_in_the_step_it_arrives() {
    let mut draws = Draws::new(7, 0, 0);
    let counts: Vec<u32> = (0..500).map(|i| if i == 17 { 1_000_000 } else { draws.below(4) }).collect();
    let expected = |counts: &[u32]| -> Vec<u32> {
        counts.iter().zip(100..).flat_map(|(count, id)| std::iter::repeat_n(id, *count as usize)).collect()
    };
    assert_eq!(relayed(&counts), expected(&counts));
    let mut other = counts.clone();
    other[3] += 1;
    assert_ne!(relayed(&counts), expected(&other));

    let input = Input::none(10).spike(3, 0.5).spike(3, -70.0).spike(8, 1.0);
    assert_eq!(run::<f64>("parrot_neuron", &values([]), DT, &input).spikes, [3, 3, 8]);
}

/// Random parameters of a model whose threshold is out of reach, and a random state.
fn drawn(model: &str, draws: &mut Draws) -> Values {
    let mut values = values([
        ("E_L", between(draws, -80.0, -50.0)),
        ("C_m", between(draws, 100.0, 400.0)),
        ("I_e", between(draws, -200.0, 200.0)),
        ("V_th", 1e6),
        ("V_m", between(draws, -90.0, -40.0)),
    ]);
    let mut set = |name: &str, value: f64| values.insert(name.into(), value);
    if model.starts_with("iaf_cond") {
        set("g_L", between(draws, 5.0, 30.0));
    } else {
        set("tau_m", between(draws, 5.0, 30.0));
    }
    for kind in ["ex", "in"] {
        if model != "iaf_psc_delta" {
            set(&format!("tau_syn_{kind}"), between(draws, 0.2, 30.0));
        }
        let (current, conductance) = (between(draws, -300.0, 300.0), between(draws, 0.0, 20.0));
        match model {
            "iaf_psc_exp" | "iaf_psc_alpha" => set(&format!("I_syn_{kind}"), current),
            "iaf_cond_exp" | "iaf_cond_alpha" => set(&format!("g_{kind}"), conductance),
            _ => None,
        };
        match model {
            "iaf_psc_alpha" => set(&format!("dI_syn_{kind}"), current),
            "iaf_cond_alpha" => set(&format!("dg_{kind}"), conductance),
            _ => None,
        };
    }
    values
}

/// The largest relative difference between the end of a run and of one whose steps are `parts` times shorter.
fn refined(model: &str, values: &Values, dt: f64, parts: usize) -> f64 {
    let coarse = run::<f64>(model, values, dt, &Input::none(8));
    let fine = run::<f64>(model, values, dt / parts as f64, &Input::none(8 * parts));
    let pairs = coarse.states[7].iter().zip(&fine.states[8 * parts - 1]);
    pairs.map(|(a, b)| (a - b).abs() / (1.0 + a.abs())).fold(0.0, f64::max)
}

/// Exact integration has no step size: eight steps of dt end where 24 steps of dt/3 do.
#[test]
fn current_models_do_not_depend_on_the_step_size() {
    let mut draws = Draws::new(11, 0, 0);
    for model in LINEAR {
        for _ in 0..200 {
            let mut values = drawn(model, &mut draws);
            let dt = between(&mut draws, 0.01, 1.0);
            let off = refined(model, &values, dt, 3);
            assert!(off < 1e-12, "{model}: {off} with dt = {dt} and {values:?}");
            // Another I_e in one of the two runs is seen.
            let before = run::<f64>(model, &values, dt, &Input::none(8)).states[7][0];
            *values.get_mut("I_e").unwrap() += 1e-3;
            assert!((run::<f64>(model, &values, dt, &Input::none(8)).states[7][0] - before).abs() > 1e-9, "{model}");
        }
    }
}

/// By how much the error of V falls where dt is halved, in the middle of 100 random neurons.
fn improvement(model: &str, twist: &dyn Fn(&str, f64) -> f64) -> f64 {
    let mut draws = Draws::new(13, 0, 0);
    let mut ratios = Vec::new();
    for _ in 0..100 {
        let values = drawn(model, &mut draws);
        let end = |halvings: u32, twist: &dyn Fn(&str, f64) -> f64| {
            let parts = 1usize << halvings;
            let run = run_twisted::<f64>(model, &values, 1.6 / parts as f64, &Input::none(4 * parts), twist);
            run.states[4 * parts - 1].clone()
        };
        let truth = end(7, &|_, value| value);
        let error = |state: &[f64]| (state[0] - truth[0]).abs();
        let (coarse, fine) = (end(2, twist), end(3, twist));
        if error(&fine) > 1e-11 {
            ratios.push(error(&coarse) / error(&fine));
        }
        let conductances = truth.iter().zip(&coarse).skip(1);
        assert!(conductances.map(|(a, b)| (a - b).abs()).fold(0.0, f64::max) < 1e-11, "{model}");
    }
    ratios.sort_by(f64::total_cmp);
    assert!(ratios.len() > 50, "{model}");
    ratios[ratios.len() / 2]
}

/// The error of a fourth-order method falls 16-fold where dt is halved; without the tilt of a conductance it is of the
/// second order, and falls 4-fold.
#[test]
fn conductance_models_converge_with_the_fourth_order() {
    for model in ["iaf_cond_alpha", "iaf_cond_exp"] {
        let sound = improvement(model, &|_, value| value);
        assert!((14.0..20.0).contains(&sound), "{model}: {sound}");
        let named = models::named(model, "a test").unwrap();
        for tilt in named.declaration().derived.iter().filter(|name| name.starts_with("tilt")) {
            let broken = improvement(model, &|name, value| if name == *tilt { 0.0 } else { value });
            assert!(broken < 10.0, "{model} without {tilt}: {broken}");
        }
    }
}

/// Whatever the conductances, V stays between the reversal potentials while the method is stable.
#[test]
fn large_conductances_hold_the_potential_between_the_reversal_potentials() {
    let strays = |model: &str, conductance: f64| {
        let values = values([("V_th", 1e6), ("tau_syn_ex", 1e9), ("tau_syn_in", 1e9), ("g_in", conductance)]);
        let trace = run::<f64>(model, &values, DT, &Input::none(200)).trace("V_m");
        trace.iter().any(|v| !(-85.0 - 1e-9..=0.0).contains(v))
    };
    for model in ["iaf_cond_alpha", "iaf_cond_exp"] {
        // z = g·dt/C_m is 0.4, 4, 12 and 16.
        assert_eq!([1e3, 1e4, 3e4, 4e4].map(|g| strays(model, g)), [false, false, false, true], "{model}");
    }
}

/// Below threshold a current model is linear: the response to two inputs is the sum of the responses.
#[test]
fn current_models_are_linear_below_threshold() {
    let mut draws = Draws::new(17, 0, 0);
    for model in LINEAR {
        let mut values = drawn(model, &mut draws);
        let rest = values["E_L"];
        values.extend([("I_e".to_owned(), 0.0), ("V_m".to_owned(), rest)]);
        values.retain(|name, _| !name.contains("I_syn"));
        let train = |draws: &mut Draws| -> Vec<(usize, f64)> {
            (0..40).map(|_| (1 + draws.below(400) as usize, between(draws, -50.0, 50.0))).collect()
        };
        let (one, two) = (train(&mut draws), train(&mut draws));
        let response = |trains: &[&Vec<(usize, f64)>]| -> Vec<f64> {
            let spikes = trains.iter().flat_map(|t| t.iter());
            let input = spikes.fold(Input::none(500), |input, (step, weight)| input.spike(*step, *weight));
            run::<f64>(model, &values, DT, &input).trace("V_m").iter().map(|v| v - rest).collect()
        };
        let (a, b, both) = (response(&[&one]), response(&[&two]), response(&[&one, &two]));
        let off = |factor: f64| (0..500).map(|i| (factor * a[i] + b[i] - both[i]).abs()).fold(0.0, f64::max);
        assert!(off(1.0) < 1e-11, "{model}: {}", off(1.0));
        assert!(off(1.0 + 1e-6) > 1e-9, "{model}");
    }
}

#[test]
fn a_reset_above_the_threshold_is_refused() {
    for model in models::native().iter().filter(|m| m.declaration().name != "parrot_neuron") {
        let with_reset = |reset: f64| {
            let parameters = model.declaration().parameters.iter();
            let values: Vec<f64> = parameters.map(|p| if p.name == "V_reset" { reset } else { p.default }).collect();
            model.broken_rule(&values)
        };
        assert_eq!(with_reset(-60.0), None);
        assert_eq!(with_reset(-55.0), Some(("V_reset", "below V_th = -55 mV".to_owned())));
    }
}
