//! The experiment file: what is parsed, what is filled in, what is refused, and that writing loses nothing.

mod files;
mod images;
mod own_models;
#[cfg(feature = "cli")]
mod program;
mod refused;
mod wiring;

use neuropil::experiment::{Amount, EXAMPLE, Experiment, SECTIONS, Setup, Whole, format};
use neuropil::network::{Delay, Probe, Shape, Value};
use neuropil::prelude::*;

/// An experiment of two populations and whatever `more` says.
pub fn experiment(more: &str) -> neuropil::Result<Experiment> {
    let text = format!(
        "[simulation]\nduration = 10\n[[population]]\nname = \"exc\"\nsize = 8\nmodel = \"iaf_psc_exp\"\n\
         [[population]]\nname = \"inh\"\nsize = 4\nmodel = \"iaf_psc_exp\"\n{more}\n"
    );
    Experiment::parse("net.toml", text.as_bytes())
}

fn setup(more: &str) -> Setup {
    experiment(more).unwrap().setup().unwrap()
}

fn spikes(setup: &Setup, ms: f64) -> Vec<Spike> {
    let mut sim = Simulation::new(setup.network.clone(), setup.device.clone(), setup.seed, &setup.options).unwrap();
    sim.run(ms.ms()).unwrap();
    sim.all_spikes().to_vec()
}

fn net100() -> Experiment {
    Experiment::read(format!("{}/tests/golden/net100/net100.toml", env!("CARGO_MANIFEST_DIR"))).unwrap()
}

fn nest() -> Vec<Spike> {
    let columns = crate::support::columns("net100/spikes.csv");
    columns[0].iter().zip(&columns[1]).map(|(&step, &neuron)| Spike::new(step as u32, neuron as u32)).collect()
}

#[test]
fn a_network_listed_synapse_by_synapse_gives_nests_spikes() {
    let found = spikes(&net100().setup().unwrap(), 1000.0);
    assert_eq!(found.len(), 4300);
    assert!(found == nest());
}

#[test]
fn a_changed_parameter_of_a_listed_network_does_not_give_nests_spikes() {
    let mut experiment = net100();
    experiment.set("neurons.V_th=-49.9").unwrap();
    assert!(spikes(&experiment.setup().unwrap(), 1000.0) != nest());
}

#[test]
fn the_example_runs_and_uses_what_it_shows() {
    let setup = Experiment::parse("example.toml", EXAMPLE.as_bytes()).unwrap().setup().unwrap();
    assert_eq!(setup.network.neurons(), 500);
    assert_eq!((setup.network.projections().len(), setup.network.stimuli().len()), (2, 2));
    // Three single neurons are three recorders of V_m beside the one of spikes.
    assert_eq!(setup.network.recorders().len(), 4);
    let found = spikes(&setup, 100.0);
    assert!((100..20_000).contains(&found.len()), "{} spikes", found.len());
}

#[test]
fn what_is_written_is_what_was_read() {
    for text in [EXAMPLE.to_owned(), net100().to_toml().unwrap()] {
        let first = Experiment::parse("/somewhere/net.toml", text.as_bytes()).unwrap();
        let again = Experiment::parse("/elsewhere/again.toml", first.to_toml().unwrap().as_bytes()).unwrap();
        assert_eq!(first.content, again.content);
        let mut changed = again.clone();
        changed.set("simulation.dt=0.2").unwrap();
        assert_ne!(first.content, changed.content);
    }
}

#[test]
fn the_resolved_experiment_gives_the_same_spikes() {
    let setup = Experiment::parse("net.toml", EXAMPLE.as_bytes()).unwrap().setup().unwrap();
    let text = setup.resolved.to_toml().unwrap();
    let again = Experiment::parse("again.toml", text.as_bytes()).unwrap().setup().unwrap();
    assert_eq!(again.resolved.content, setup.resolved.content);
    let first = spikes(&setup, 60.0);
    assert!(first.len() > 50 && first == spikes(&again, 60.0));
    let mut other = setup.resolved.clone();
    other.set("simulation.seed=43").unwrap();
    assert!(first != spikes(&other.setup().unwrap(), 60.0));
}

#[test]
fn defaults_are_nests() {
    let setup = setup("[[projection]]\nfrom = \"exc\"\nto = \"inh\"\nrule = \"all_to_all\"");
    assert_eq!((setup.network.dt(), setup.seed, setup.duration.as_ms()), (0.1, Seed(1), 10.0));
    let synapse = &setup.network.projections()[0].synapse;
    assert_eq!((&synapse.weight, &synapse.delay), (&Value::Constant(1.0), &Delay::Value(Value::Constant(1.0))));
    assert_eq!(setup.network.recorders().len(), 1);
    assert_eq!(setup.network.recorders()[0].from.len(), 12);
    assert_eq!(setup.network.recorders()[0].probe, Probe::Spikes);
    let written = setup.resolved.content.simulation;
    assert_eq!((written.dt, written.seed, written.device.as_deref()), (Some(0.1), Some(Whole(1)), Some("auto")));
}

#[test]
fn static_synapses_have_two_names() {
    let network = |keys: &str| {
        let text = "[[projection]]\nfrom = \"exc\"\nto = \"inh\"\nrule = \"all_to_all\"\n".to_owned();
        setup(&(text + keys)).network.digest()
    };
    let plain = network("weight = 3.0");
    assert_eq!(network("weight = 3.0\nsynapse = \"static_synapse\""), plain);
    assert_eq!(network("weight = 3.0\nsynapse = \"static_synapse_hom_w\""), plain);
    assert_ne!(network("weight = 3.5\nsynapse = \"static_synapse_hom_w\""), plain);
}

#[test]
fn neurons_are_named_by_population_slice_index_and_list() {
    let more = "[[record]]\nwhat = \"spikes\"\nfrom = [\"inh\", \"exc[2..4]\", \"exc[7, 0]\"]";
    let ids = |s: &Selection| (0..s.len()).map(|i| s.id(i)).collect::<Vec<u32>>();
    assert_eq!(ids(&setup(more).network.recorders()[0].from), [8, 9, 10, 11, 2, 3, 7, 0]);
}

#[test]
fn every_rule_and_stimulus_can_be_written() {
    let rules = [
        ("one_to_one", "", "exc[0..4]"),
        ("all_to_all", "", "exc"),
        ("pairwise_bernoulli", "p = 0.5", "exc"),
        ("fixed_indegree", "indegree = 3", "exc"),
        ("fixed_outdegree", "outdegree = 3", "exc"),
        ("fixed_total_number", "N = 9", "exc"),
    ];
    for (rule, argument, from) in rules {
        let more = format!("[[projection]]\nfrom = \"{from}\"\nto = \"inh\"\nrule = \"{rule}\"\n{argument}");
        assert_eq!(setup(&more).network.projections()[0].rule.name(), rule);
    }
    let stimuli = [
        ("poisson_generator", "rate = 100\nstart = 1\nstop = 5"),
        (
            "sinusoidal_poisson_generator",
            "rate = 100\namplitude = 200\nfrequency = 5\nphase = 90\nindividual_spike_trains = false",
        ),
        ("inhomogeneous_poisson_generator", "rate_times = [1.0, 2.0]\nrate_values = [50.0, 0.0]\nstop = 5"),
        ("mip_generator", "rate = 100\np_copy = 0.5"),
        ("pulsepacket_generator", "pulse_times = [2.55]\nactivity = 20\nsdev = 0.5"),
        ("spike_generator", "spike_times = [1.0, 1.0, 2.5]"),
        ("dc_generator", "amplitude = 10.0"),
        ("ac_generator", "amplitude = 10\noffset = 5\nfrequency = 8\nphase = 90\nstart = 2"),
        ("noise_generator", "mean = 10\nstd = 5\ndt = 0.5\nstd_mod = 2\nfrequency = 3\nphase = 10"),
        ("ou_current_generator", "mean = 10\nstd = 5\ntau = 4"),
        ("step_current_generator", "amplitude_times = [1.0, 2.0]\namplitude_values = [5.0, 0.0]"),
    ];
    for (name, keys) in stimuli {
        let more = format!("[[stimulus]]\ntype = \"{name}\"\nto = \"*\"\n{keys}");
        assert_eq!(setup(&more).network.stimuli()[0].to.len(), 12);
    }
}

#[test]
fn values_may_be_constants_lists_and_distributions() {
    let mut experiment = experiment("").unwrap();
    for (value, kind) in [
        ("-60", "constant"),
        ("[-60, -61, -62, -63, -64, -65, -66, -67]", "list"),
        ("{ normal = { mean = -60, sd = 1 }, min = -62 }", "normal"),
        ("{ lognormal = { mean = 1, sd = 0.1 } }", "lognormal"),
        ("{ uniform = { low = -70, high = -60 } }", "uniform"),
        ("{ exponential = { mean = 2 } }", "exponential"),
        ("{ gamma = { order = 2, scale = 3 }, factor = -1 }", "gamma"),
        ("{ binomial = { n = 12, p = 0.25 }, factor = -1 }", "binomial"),
        ("{ uniform_int = { max = 10 } }", "0 to 9"),
        ("{ uniform_int = { low = -3, high = 10 }, max = 8 }", "-3 to 10, kept to 8"),
        ("{ normal_clipped = { mean = -60, sd = 1, low = -62, high = -55 } }", "normal"),
    ] {
        experiment.set(&format!("exc.V_m={value}")).unwrap();
        let network = experiment.setup().unwrap().network;
        let set = network.populations()[0].start[0].clone().unwrap();
        let found = match set {
            Value::Constant(_) => "constant",
            Value::Each(_) => "list",
            Value::Random { shape: Shape::Normal { .. }, min: -62.0, .. } => "normal",
            Value::Random { shape: Shape::Lognormal { .. }, .. } => "lognormal",
            Value::Random { shape: Shape::Uniform { .. }, .. } => "uniform",
            Value::Random { shape: Shape::Exponential { .. }, .. } => "exponential",
            Value::Random { shape: Shape::Gamma { .. }, factor: -1.0, .. } => "gamma",
            Value::Random { shape: Shape::Binomial { n: 12, p: 0.25 }, factor: -1.0, .. } => "binomial",
            Value::Random { shape: Shape::UniformInt { low: 0, high: 9 }, .. } => "0 to 9",
            Value::Random { shape: Shape::UniformInt { low: -3, high: 10 }, max: 8.0, .. } => "-3 to 10, kept to 8",
            other => panic!("{other:?}"),
        };
        assert_eq!(found, kind);
    }
}

#[test]
fn set_changes_files_presets_and_projections() {
    let more = "[[projection]]\nfrom = \"exc\"\nto = [\"exc\", \"inh\"]\nrule = \"all_to_all\"";
    let mut experiment = experiment(more).unwrap();
    for assignment in ["*.tau_m=12", "inh.size=6", "simulation.seed=9", "exc -> exc+inh.weight=3.5"] {
        experiment.set(assignment).unwrap();
    }
    let setup = experiment.setup().unwrap();
    let tau = setup.network.populations().iter().map(|p| {
        let at = p.model.declaration().parameters.iter().position(|q| q.name == "tau_m").unwrap();
        p.parameters[at].clone()
    });
    assert_eq!(tau.collect::<Vec<Value>>(), [Value::Constant(12.0), Value::Constant(12.0)]);
    assert_eq!((setup.network.neurons(), setup.seed), (14, Seed(9)));
    assert_eq!(setup.network.projections()[0].synapse.weight, Value::Constant(3.5));

    let mut brunel = Experiment::preset("brunel");
    brunel.set("preset.scale=0.02").unwrap();
    brunel.set("inhibitory.V_th=19").unwrap();
    let found = brunel.setup().unwrap();
    assert!(found.network.neurons() < 1000);
    assert_eq!(found.resolved.content.population[0].params["V_th"], Amount::Constant(19.0));
    let text = found.resolved.to_toml().unwrap();
    let again = Experiment::parse("brunel.toml", text.as_bytes()).unwrap().setup().unwrap();
    assert_eq!(again.network.neurons(), found.network.neurons());
}

#[test]
fn help_shows_every_declared_key() {
    let help = format(100);
    for section in SECTIONS {
        assert!(help.contains(section.header), "{}", section.header);
        for key in section.keys {
            assert!(help.contains(&format!("\n  {} ", key.name)), "{} {}", section.header, key.name);
        }
    }
    assert!(help.lines().all(|line| line.chars().count() <= 100), "a line is too long");
    assert!(!help.contains("\n  wieght "));
}
