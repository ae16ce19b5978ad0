//! Models in text that take random numbers, in networks: the same numbers whoever plays them, and however.

use neuropil::equations::rust;
use neuropil::equations::text::Model;
use neuropil::experiment::Experiment;
use neuropil::prelude::*;

/// A neuron with a noise current, escape noise and a noisy threshold; half of its equations have no exact solution.
const NOISY: &str = r#"
[model.noisy]
kind = "neuron"
about = "escape noise and a noise current"
parameters = {
  E_L = "-70 mV: rest", V_th = "-55 mV: threshold", Delta_u = "2 mV > 0: width of the threshold", rate_0 = "50 Hz >= 0: rate at it",
  tau = "5 ms > 0: decay of the noise", sigma = "150 pA >= 0: its standard deviation", t_ref = "2 ms >= 0: refractory period",
}
state = { V_m = "E_L mV: potential", I_noise = "0 pA: noise", w = "0 pA: adaptation", I_syn = "0 pA: synaptic current" }
receptors = { in = "pA all: I_syn += in" }
[model.noisy.dynamics]
equations = """
xi = normal()
I_noise' = -I_noise / tau + sigma * sqrt(2 / tau / dt) * xi
I_syn' = -I_syn / 2 ms
w' = (abs(V_m - E_L) * 1 nS - w) / 100 ms + 1 pA / ms * (uniform() - 0.5)
V_m' = -(V_m - E_L) / 10 ms + (I_noise + I_syn - w + 350 pA + I) / 250 pF
"""
spike = "V_m > V_th + 0.1 mV * xi or uniform() < 1 - exp(-rate_0 * dt * exp((V_m - V_th) / Delta_u))"
reset = "V_m = E_L"
refractory = "t_ref holds V_m at E_L"
substeps = 1
"#;

fn network(model: &str, plan: &str) -> String {
    format!(
        "{model}\n[simulation]\nduration = 100.0\nseed = 9\n\
         [[population]]\nname = \"quiet\"\nsize = 45\nmodel = \"iaf_psc_exp\"\n\
         [[population]]\nname = \"n\"\nsize = 203\nmodel = \"noisy\"\n\
         params = {{ sigma = {{ uniform = {{ low = 100.0, high = 200.0 }} }} }}\n\
         [[projection]]\nfrom = \"n\"\nto = \"n\"\nrule = \"fixed_indegree\"\nindegree = 20\n\
         weight = {{ normal = {{ mean = 5.0, sd = 20.0 }} }}\ndelay = {{ uniform = {{ low = 0.5, high = 3.0 }} }}\n\
         [[record]]\nwhat = \"I_noise\"\nfrom = \"n[0..20]\"\n{plan}\n"
    )
}

type Outcome = (Vec<Spike>, Vec<f64>);

fn played(text: &str, device: Device, trial: impl Into<Trial>) -> Outcome {
    played_in(1, text, device, trial)
}

/// The same in at least so many shards.
fn played_in(shards: u32, text: &str, device: Device, trial: impl Into<Trial>) -> Outcome {
    let setup = Experiment::parse("net.toml", text.as_bytes()).unwrap().setup().unwrap();
    let options = PlanOptions { shards, ..setup.options };
    let mut simulation = Simulation::new(setup.network, device, trial, &options).unwrap();
    simulation.run(setup.duration).unwrap();
    let recorders = simulation.network().recorders().len();
    let samples = simulation.samples(neuropil::network::RecorderId(recorders - 1)).unwrap().to_vec();
    (simulation.all_spikes().to_vec(), samples)
}

#[test]
fn random_numbers_depend_on_no_layout() {
    let one = played(&network(NOISY, ""), Device::cpu().threads(1), Seed(9));
    assert!(one.0.len() > 200, "{} spikes", one.0.len());
    assert_eq!(played(&network(NOISY, ""), Device::cpu().threads(2), Seed(9)), one);
    assert_eq!(played_in(5, &network(NOISY, ""), Device::cpu().threads(2), Seed(9)), one);
    let plans = ["block = 1", "rows = \"drawn\"", "rest = \"stepped\"", "delivery = \"sorted\""];
    for plan in plans.map(|plan| format!("[plan]\n{plan}")) {
        assert_eq!(played(&network(NOISY, &plan), Device::cpu().threads(2), Seed(9)), one, "{plan}");
    }
}

#[test]
fn trials_have_random_numbers_of_their_own() {
    let text = network(NOISY, "");
    let of = |trial: Trial| played(&text, Device::cpu(), trial).1;
    let first = of(Seed(9).trial(1));
    assert_eq!(of(Seed(9).trial(1)), first);
    for other in [Seed(9).trial(0), Seed(9).trial(2), Seed(10).trial(1)] {
        assert_ne!(of(other), first, "{other:?}");
    }
}

#[test]
fn f64_sees_the_numbers_of_f32_with_more_digits() {
    let text = network(NOISY, "");
    let [short, long] = [Precision::F32, Precision::F64].map(|p| played(&text, Device::cpu().precision(p), Seed(9)).1);
    let apart = short.iter().zip(&long).map(|(a, b)| (a - b).abs()).fold(0.0, f64::max);
    let largest = long.iter().fold(0.0f64, |most, v| most.max(v.abs()));
    assert!(largest > 200.0 && apart > 0.0 && apart < 0.01, "{apart} pA of {largest}");
}

#[test]
fn random_numbers_go_on_after_a_checkpoint() {
    let setup = Experiment::parse("net.toml", network(NOISY, "").as_bytes()).unwrap().setup().unwrap();
    let new = || Simulation::new(setup.network.clone(), Device::cpu(), setup.seed, &setup.options).unwrap();
    let (mut whole, mut first) = (new(), new());
    whole.run(60.0.ms()).unwrap();
    first.run(23.4.ms()).unwrap();
    let checkpoint = first.checkpoint().unwrap();
    let resume = |network: Network| Simulation::resume(network, Device::cpu(), setup.seed, &setup.options, &checkpoint);
    let mut second = resume(setup.network.clone()).unwrap();
    second.run(36.6.ms()).unwrap();
    assert!(whole.spike_count() > 100);
    assert!(second.all_spikes() == whole.all_spikes());
    assert!(second.state("n", "I_noise").unwrap() == whole.state("n", "I_noise").unwrap());
    // The law alone makes another model.
    let other = network(&NOISY.replace("xi = normal()", "xi = uniform()"), "");
    let other = Experiment::parse("net.toml", other.as_bytes()).unwrap().setup().unwrap();
    assert!(resume(other.network).is_err());
}

#[test]
fn a_random_number_is_the_same_in_all_parts_of_a_step() {
    // Linear: ten parts of a step under a constant input are one.
    let exact = network(NOISY, "");
    let parts = network(&NOISY.replace("substeps = 1", "substeps = 10"), "");
    let double = || Device::cpu().precision(Precision::F64);
    let (one, ten) = (played(&exact, double(), Seed(9)).1, played(&parts, double(), Seed(9)).1);
    let apart = one.iter().zip(&ten).map(|(a, b)| (a - b).abs()).fold(0.0, f64::max);
    assert!(apart < 1e-9, "{apart} pA");
}

#[cfg(feature = "gpu")]
#[test]
fn random_numbers_are_the_same_on_gpu() {
    if !crate::twins::gpu() {
        return;
    }
    for model in [NOISY.to_owned(), NOISY.replace("substeps = 1", "substeps = 10")] {
        let cpu = played(&network(&model, ""), Device::cpu(), Seed(9));
        assert!(cpu.0.len() > 200, "{} spikes", cpu.0.len());
        for shards in [1, 3] {
            assert!(played_in(shards, &network(&model, ""), Device::gpu(), Seed(9)) == cpu, "{shards} shards");
        }
        assert!(played(&network(&model, ""), Device::gpu(), Seed(10)).1 != cpu.1, "another seed must show");
    }
}

#[test]
fn random_numbers_where_they_may_not_be_are_refused() {
    let said = |from: &str, to: &str| {
        assert!(NOISY.contains(from), "{from}");
        Model::of_file("noisy.toml", &NOISY.replace(from, to)).unwrap_err().to_string()
    };
    for (from, to, what) in [
        ("xi = normal()", "xi = normal(0, 1)", "normal takes no values: write mean + sd * normal()"),
        ("reset = \"V_m = E_L\"", "reset = \"V_m = E_L + 1 mV * normal()\"", "condition of a spike alone"),
        ("in = \"pA all: I_syn += in\"", "in = \"pA all: I_syn += in * uniform()\"", "condition of a spike alone"),
        ("(uniform() - 0.5)", "(uniform - 0.5)", "uniform is a function; write uniform(...)"),
        ("(uniform() - 0.5)", "(unform() - 0.5)", "did you mean 'uniform'?"),
        ("w = \"0 pA: adaptation\"", "uniform = \"0 pA: adaptation\"", "the name 'uniform' has a meaning of its own"),
        ("* xi\n", "* 1 mV * xi\n", "+ adds values of one unit, not pA/ms"),
    ] {
        let said = said(from, to);
        assert!(said.contains(what) && said.contains("line "), "{said}");
    }
    let model = Model::of_file("noisy.toml", NOISY).unwrap().remove(0);
    let said = rust::neuron(&model).unwrap_err().to_string();
    assert!(said.contains("takes random numbers"), "{said}");
}
