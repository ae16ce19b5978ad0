//! Networks that blow up, and networks that no memory holds.

use super::pair;
use neuropil::network::Rule;
use neuropil::plan::{Plan, Storage};
use neuropil::prelude::*;

/// Five calm neurons beside five that are injected with these currents.
fn injected(currents: [f64; 5]) -> Network {
    let (mut net, _, _) = pair(5, 1);
    let model = neuropil::models::named("iaf_psc_exp", "test").unwrap();
    let mut hot = Population::new("hot", 5, model).unwrap();
    hot.set("V_th", 1e30).unwrap();
    hot.set("I_e", Value::each(currents.to_vec())).unwrap();
    net.add_population(hot).unwrap();
    net
}

fn run(net: &Network, device: Device) -> Result<u64> {
    let mut sim = Simulation::new(net.clone(), device, Seed(1), &PlanOptions { shards: 3, ..default() })?;
    sim.run(5.0.ms())?;
    Ok(sim.steps())
}

fn place(error: Error) -> (String, u32, u64) {
    match error {
        Error::Numerics { population, index, step, time_ms, .. } => {
            assert!((time_ms - step as f64 * 0.1).abs() < 1e-9);
            (population, index, step)
        }
        other => panic!("{other}"),
    }
}

#[test]
fn a_state_that_blows_up_is_named() {
    for huge in [1e300, -1e300, 3e38 * 2.0] {
        let error = run(&injected([0.0, 0.0, 0.0, huge, 1.0]), Device::cpu()).unwrap_err();
        assert_eq!(error.exit_code(), 2);
        let text = error.to_string();
        assert!(text.starts_with("hot[3] became NaN or infinite") && text.contains("at step 1 (0.1 ms)"), "{text}");
        assert_eq!(place(error), ("hot".into(), 3, 1));
    }
    // The first of several, for any number of threads.
    for threads in [1, 2, 3] {
        let error = run(&injected([0.0, 1e300, 0.0, 1e300, 0.0]), Device::cpu().threads(threads)).unwrap_err();
        assert_eq!(place(error), ("hot".into(), 1, 1));
    }
}

#[test]
fn a_state_that_stays_finite_is_no_fault() {
    assert_eq!(run(&injected([0.0, 0.0, 0.0, 1e30, 1.0]), Device::cpu()).unwrap(), 50);
    // Divergence is told by the same bound in f64, which could hold more.
    let f64 = Device::cpu().precision(Precision::F64);
    assert!(run(&injected([0.0, 0.0, 0.0, 1e30, 1.0]), f64.clone()).is_ok());
    assert_eq!(place(run(&injected([0.0, 0.0, 0.0, 1e300, 1.0]), f64).unwrap_err()), ("hot".into(), 3, 1));
}

#[test]
fn the_step_of_a_fault_is_the_step_it_happens_in() {
    let (mut net, a, _) = pair(5, 1);
    let surge = DcGenerator { amplitude: 1e300, start: 1.0, stop: 1.1 };
    net.stimulate(a.slice(2..3), surge, Static::new(1.0, 0.3)).unwrap();
    let error = run(&net, Device::cpu()).unwrap_err();
    assert_eq!(place(error), ("a".into(), 2, 14));
    let (mut net, a, b) = pair(5, 5);
    net.stimulate(&a, DcGenerator { amplitude: 1e20, start: 1.0, stop: 1.1 }, Static::new(1.0, 0.1)).unwrap();
    net.connect(&a, &b, OneToOne, Static::new(1e38, 0.1)).unwrap();
    net.connect(&a, b.slice(4..5), FixedIndegree(40), Static::new(1e38, 0.1)).unwrap();
    let error = run(&net, Device::cpu()).unwrap_err();
    let (population, _, step) = place(error);
    assert!(population == "b" && step > 12, "{population} {step}");
}

fn refused(sources: u32, targets: u32, rule: impl Into<Rule>, memory: u64) -> Option<String> {
    let (mut net, a, b) = pair(sources, targets);
    net.connect(&a, &b, rule, Static::new(1.0, 1.0)).unwrap();
    let options = PlanOptions { memory: Some(memory), storage: Storage::Stored, ..default() };
    match Plan::<i32>::new(&net, 1, &options) {
        Err(error @ Error::Memory { .. }) => Some(error.to_string()),
        Err(other) => panic!("{other}"),
        Ok(_) => None,
    }
}

#[test]
fn more_synapses_than_memory_are_refused_before_they_are_drawn() {
    // Drawing 10^15 synapses would take weeks: that this returns at all shows that none is drawn.
    let gib16 = 16 << 30;
    let text = refused(1_000_000, 1_000_000, FixedIndegree(1_000_000_000), gib16).unwrap();
    assert!(text.contains("1,000,000,000,000,000 synapses") && text.contains("16.0 GiB are available"), "{text}");
    assert!(refused(1_000_000, 1_000_000, FixedOutdegree(1_000_000_000), gib16).is_some());
    assert!(refused(10, 10, FixedTotalNumber(u64::MAX), gib16).is_some());
    assert!(refused(2_000_000_000, 2_000_000_000, AllToAll, gib16).is_some());
    assert!(refused(2_000_000_000, 2_000_000_000, PairwiseBernoulli(0.001), gib16).is_some());
    assert!(refused(2_000_000_000, 1, FixedTotalNumber(0), gib16).is_some(), "neurons need memory too");
}

#[test]
fn synapses_that_fit_are_not_refused() {
    assert_eq!(refused(1000, 1000, FixedIndegree(10), 16 << 30), None);
    assert!(refused(1000, 1000, FixedIndegree(10), 100_000).is_some());
    // Without a limit of its own the plan asks the system, which nowhere has 16 PiB.
    let (mut net, a, b) = pair(1_000_000, 1_000_000);
    let listed = FixedOutdegree(1_000_000).into();
    net.connect(&a, &b, Rule::allow_multapses(listed, false), Static::new(1.0, 1.0)).unwrap();
    if neuropil::host::available().is_some() {
        assert!(matches!(net.build(Device::cpu(), Seed(1)), Err(Error::Memory { .. })));
    }
}

#[test]
fn delays_that_need_more_memory_than_there_is_are_refused() {
    let build = |delay: f64, memory: u64| {
        let (mut net, a, b) = pair(4, 4);
        net.connect(&a, &b, OneToOne, Static::new(1.0, delay)).unwrap();
        Plan::<i32>::new(&net, 1, &PlanOptions { memory: Some(memory), ..default() }).map(|plan| plan.max_delay)
    };
    // A hundred thousand seconds: a list of spikes for each of 10^9 steps.
    let error = build(1e8, 1 << 30).unwrap_err();
    assert!(matches!(error, Error::Memory { .. }), "{error}");
    assert!(error.to_string().contains("a delay of 1,000,000,000 steps"), "{error}");
    assert_eq!(build(100.0, 1 << 30).unwrap(), 1000);
}

#[test]
fn a_neuron_selected_twice_is_refused() {
    let (mut net, a, b) = pair(5, 5);
    let problem = |e: Error| e.to_string();
    let twice = net.connect(a.and(&a), &b, FixedIndegree(2), Static::new(1.0, 1.0)).map_err(problem).unwrap_err();
    assert!(twice.contains("selected twice; select each once"), "{twice}");
    let overlapping = a.slice(0..3).and(a.slice(2..5));
    assert!(net.connect(&b, overlapping, OneToOne, Static::new(1.0, 1.0)).is_err());
    let side_by_side = a.slice(3..5).and(a.slice(0..3));
    assert!(net.connect(&b, side_by_side, OneToOne, Static::new(1.0, 1.0)).is_ok());
}

#[test]
fn samples_that_no_memory_holds_are_refused_before_the_run() {
    let mut net = Network::new(0.1.ms());
    let all = net.add("all", 1000, IafPscExp::default()).unwrap();
    net.record(&all, Variable::every("V_m", 0.1)).unwrap();
    let mut sim = net.build(Device::cpu(), Seed(1)).unwrap();
    // Four thousand million samples of a thousand neurons: 32 TB.
    let refused = sim.run(400_000.0.s()).unwrap_err();
    assert!(matches!(refused, Error::Memory { .. }), "{refused}");
    assert_eq!((sim.steps(), refused.exit_code()), (0, 2));
    sim.run(1.0.ms()).unwrap();
    assert_eq!(sim.steps(), 10);
}
