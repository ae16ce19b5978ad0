//! Neurons with more receptors than the common models have.

use std::sync::Arc;

use neuropil::equations::text;
use neuropil::models::Model;
use neuropil::models::Start::{At, Parameter};
use neuropil::network::{Receptor, RecorderId, Value};
use neuropil::number::Real;
use neuropil::plan::Delivery;
use neuropil::prelude::*;
use neuropil::tile::{Interpreted, MAX_CHANNELS};

/// Decays of the currents, ms.
const TAU: [f64; 7] = [0.5, 1.0, 1.5, 3.0, 5.0, 8.0, 20.0];
/// What one spike on each receptor weighs, pA.
const WEIGHTS: [f64; 7] = [100.0, -60.0, 40.0, 25.0, -12.5, 10.0, 5.0];

/// A leaky neuron with so many receptors, and an exponential current for each; the eighth has the first once more.
fn text(receptors: usize) -> String {
    let list = |of: &dyn Fn(usize) -> String| (0..receptors.min(7)).map(of).collect::<Vec<String>>();
    let decays = list(&|k| format!("tau_{k} = \"{} ms > 0: decay of I_{k}\"", TAU[k]));
    let states = list(&|k| format!("I_{k} = \"0 pA: current {k}\""));
    let channel = |k| format!("r{k} = \"pA all: I_{} += r{k}\"", k % 7);
    let channels: Vec<String> = (0..receptors).map(channel).collect();
    let equations = list(&|k| format!("I_{k}' = -I_{k} / tau_{k}"));
    let currents = list(&|k| format!("I_{k}"));
    format!(
        "[model.many]\nkind = \"neuron\"\nabout = \"a neuron with many currents\"\n\
         parameters = {{ E_L = \"-70 mV: rest\", V_th = \"-55 mV: threshold\", {} }}\n\
         state = {{ V_m = \"E_L mV: membrane potential\", {} }}\nreceptors = {{ {} }}\n\
         [model.many.dynamics]\nequations = \"\"\"\n{}\nV_m' = -(V_m - E_L) / 10 ms + ({}) / 250 pF\n\"\"\"\n\
         spike = \"V_m >= V_th\"\nreset = \"V_m = E_L\"\n",
        decays.join(", "),
        states.join(", "),
        channels.join(", "),
        equations.join("\n"),
        currents.join(" + ")
    )
}

fn read(receptors: usize) -> neuropil::Result<Arc<dyn Model>> {
    let model = text::Model::of_file("many.toml", &text(receptors)).unwrap().remove(0);
    Ok(Arc::new(Interpreted::new(model)?))
}

neuropil::neuron! {
    /// The same with five of the currents, in Rust.
    Five = "five", "a neuron with five currents";
    parameters {
        E_L: "mV" = -70.0, Any, "rest";
        V_th: "mV" = -55.0, Any, "threshold";
    }
    state {
        V_m: "mV" = Parameter("E_L"), None, Any, "membrane potential";
        I_0: "pA" = At(0.0), None, Any, "current 0";
        I_1: "pA" = At(0.0), None, Any, "current 1";
        I_2: "pA" = At(0.0), None, Any, "current 2";
        I_3: "pA" = At(0.0), None, Any, "current 3";
        I_4: "pA" = At(0.0), None, Any, "current 4";
    }
    derived { E_L, V_th, leak, into, p0, p1, p2, p3, p4 }
    channels { "r0": "pA", All; "r1": "pA", All; "r2": "pA", All; "r3": "pA", All; "r4": "pA", All; }
    multiple = false;
    impl {
        fn derive(&self, dt: f64) -> Derived<f64> {
            let Five { E_L, V_th } = *self;
            let [p0, p1, p2, p3, p4] = [0, 1, 2, 3, 4].map(|k| (-dt / TAU[k]).exp());
            Derived { E_L, V_th, leak: dt / 10.0, into: dt / 250.0, p0, p1, p2, p3, p4 }
        }

        #[inline(always)]
        fn advance<R: Real>(d: &Derived<R>, s: &mut State<R>, input: &[R], current: R) {
            let sum = s.I_0 + s.I_1 + s.I_2 + s.I_3 + s.I_4 + current;
            s.V_m = s.V_m - d.leak * (s.V_m - d.E_L) + d.into * sum;
            s.I_0 = s.I_0 * d.p0 + input[0];
            s.I_1 = s.I_1 * d.p1 + input[1];
            s.I_2 = s.I_2 * d.p2 + input[2];
            s.I_3 = s.I_3 * d.p3 + input[3];
            s.I_4 = s.I_4 * d.p4 + input[4];
        }

        #[inline(always)]
        fn margin<R: Real>(d: &Derived<R>, s: &State<R>) -> R {
            s.V_m - d.V_th
        }

        fn reset<R: Real>(d: &Derived<R>, s: &mut State<R>) {
            s.V_m = d.E_L;
        }
    }
}

fn onto(k: usize, weight: impl Into<Value>, delay: impl Into<Value>) -> Static {
    Static { receptor: Receptor::Named(format!("r{k}")), ..Static::new(weight, delay) }
}

/// One spike on each receptor of one neuron; those of number 6 go to `last`.
fn pulses(last: usize) -> Vec<f64> {
    let mut net = Network::new(0.1.ms());
    let neuron = net.add_population(Population::new("n", 1, read(7).unwrap()).unwrap()).unwrap();
    for (k, weight) in WEIGHTS.into_iter().enumerate() {
        let receptor = if k == 6 { last } else { k };
        net.stimulate(&neuron, SpikeGenerator::at(&[k as f64 + 1.0]), onto(receptor, weight, 0.1)).unwrap();
    }
    net.record(&neuron, Variable::every("V_m", 0.1)).unwrap();
    let device = Device::cpu().precision(Precision::F64);
    let mut sim = Simulation::new(net, device, Seed(1), &PlanOptions::default()).unwrap();
    sim.run(60.0.ms()).unwrap();
    sim.samples(RecorderId(0)).unwrap().to_vec()
}

/// What is the potential of each sample by the closed form, mV.
fn expected(sample: usize) -> f64 {
    let now = 0.1 * (sample + 1) as f64;
    let answer = |k: usize| {
        let since = now - (k as f64 + 1.1);
        let factor = WEIGHTS[k] / 250.0 * TAU[k] * 10.0 / (10.0 - TAU[k]);
        if since > 0.0 { factor * ((-since / 10.0).exp() - (-since / TAU[k]).exp()) } else { 0.0 }
    };
    -70.0 + (0..7).map(answer).sum::<f64>()
}

#[test]
fn seven_currents_add_up_to_their_closed_form() {
    let off = |samples: &[f64]| samples.iter().enumerate().map(|(k, v)| (v - expected(k)).abs()).fold(0.0, f64::max);
    let samples = pulses(6);
    assert_eq!(samples.len(), 600);
    assert!(off(&samples) < 1e-12, "{}", off(&samples));
    let elsewhere = off(&pulses(2));
    assert!(elsewhere > 0.05, "what is sent to receptor 2 is {elsewhere} mV off");
}

/// Neurons that reach each other by all receptors, with random weights and delays; the last has its stimuli on `last`.
pub fn network(model: Arc<dyn Model>, last: usize) -> Network {
    let receptors = model.declaration().channels.len();
    let mut net = Network::new(0.1.ms());
    let mut population = Population::new("n", 211, model).unwrap();
    population.set("V_m", Value::uniform(-70.0, -55.0)).unwrap();
    let all = net.add_population(population).unwrap();
    let relays = net.add("relays", 40, ParrotNeuron {}).unwrap();
    for (k, tau) in TAU.into_iter().enumerate().take(receptors) {
        let weight = Value::normal(60.0 / tau, 10.0 / tau);
        net.connect(&all, &all, FixedIndegree(5), onto(k, weight, Value::uniform(0.5, 4.0))).unwrap();
        net.connect(&relays, &all, PairwiseBernoulli(0.2), onto(k, -20.0 / tau, 1.0)).unwrap();
        let receptor = if k + 1 == receptors { last } else { k };
        net.stimulate(&all, PoissonGenerator::new(400.0), onto(receptor, 120.0 / tau, 0.5)).unwrap();
    }
    net.stimulate(&relays, PoissonGenerator::new(50.0), Static::new(1.0, 0.5)).unwrap();
    net.record(&all, Spikes).unwrap();
    net.record(all.slice(3..40), Variable::every("V_m", 0.7)).unwrap();
    net
}

#[test]
fn what_arrives_on_seven_receptors_depends_on_no_layout() {
    let net = network(read(7).unwrap(), 6);
    let played = |device: Device, options: PlanOptions| crate::support::run(&net, device, &options, 60.0);
    let one = played(Device::cpu().threads(1), default());
    assert!(one.0.len() > 100, "{} spikes", one.0.len());
    for delivery in [Delivery::Direct, Delivery::Sorted] {
        for (shards, block) in [(1, None), (3, Some(1)), (4, Some(16))] {
            let options = PlanOptions { delivery, shards, block, ..default() };
            assert!(played(Device::cpu().threads(2), options) == one, "{delivery:?}, {shards} shards, block {block:?}");
        }
    }
    let elsewhere = network(read(7).unwrap(), 2);
    assert!(crate::support::run(&elsewhere, Device::cpu(), &default(), 60.0) != one, "another receptor must show");
}

#[test]
fn a_neuron_with_seven_receptors_goes_on_from_a_checkpoint() {
    let net = network(read(7).unwrap(), 6);
    let new = || Simulation::new(net.clone(), Device::cpu(), Seed(7), &default()).unwrap();
    let (mut whole, mut first) = (new(), new());
    whole.run(60.0.ms()).unwrap();
    first.run(23.0.ms()).unwrap();
    let checkpoint = first.checkpoint().unwrap();
    let mut second = Simulation::resume(net.clone(), Device::cpu(), Seed(7), &default(), &checkpoint).unwrap();
    second.run(37.0.ms()).unwrap();
    assert!(second.all_spikes() == whole.all_spikes());
    assert!(second.state("n", "V_m").unwrap() == whole.state("n", "V_m").unwrap());
    assert!(first.state("n", "V_m").unwrap() != whole.state("n", "V_m").unwrap());
}

#[test]
fn a_model_in_rust_takes_five_receptors_as_its_equations_do() {
    let native: Arc<dyn Model> = Arc::new(neuropil::models::Of::<Five>::new());
    let programs = neuropil::tile::Programs::new(native.declaration(), native.equations());
    let inner = crate::support::altered::Altered::new(&native);
    let interpreted: Arc<dyn Model> = Arc::new(crate::support::altered::Altered { programs: Some(programs), ..inner });
    let played = |model: &Arc<dyn Model>, last: usize, device: Device| {
        crate::support::run(&network(model.clone(), last), device, &default(), 60.0)
    };
    for device in [Device::cpu().threads(1), Device::cpu().precision(Precision::F64)] {
        let found = played(&native, 4, device.clone());
        assert!(found.0.len() > 100, "{} spikes", found.0.len());
        assert!(played(&interpreted, 4, device.clone()) == found);
        assert!(played(&interpreted, 2, device) != found, "another receptor must show");
    }
}

#[cfg(feature = "gpu")]
#[test]
fn seven_receptors_are_the_same_on_gpu() {
    if !crate::twins::gpu() {
        return;
    }
    let native: Arc<dyn Model> = Arc::new(neuropil::models::Of::<Five>::new());
    for (model, last) in [(read(7).unwrap(), 6), (native, 4)] {
        let played = |last: usize, device: Device, options: PlanOptions| {
            crate::support::run(&network(model.clone(), last), device, &options, 60.0)
        };
        let cpu = played(last, Device::cpu(), default());
        assert!(cpu.0.len() > 100, "{} spikes", cpu.0.len());
        for shards in [1, 3] {
            assert!(played(last, Device::gpu(), PlanOptions { shards, ..default() }) == cpu, "{shards} shards");
        }
        assert!(played(2, Device::gpu(), default()) != cpu, "another receptor must show");
    }
}

#[test]
fn more_receptors_than_a_plan_can_name_are_refused() {
    assert!(read(MAX_CHANNELS).is_ok());
    let said = read(MAX_CHANNELS + 1).unwrap_err().to_string();
    assert_eq!(said, "model 'many': 256 receptors; a neuron has at most 255, for plans name one in a byte");
}
