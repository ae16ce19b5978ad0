//! Models of one's own in experiment files: played like those that are built in.

use neuropil::experiment::Experiment;
use neuropil::prelude::*;

pub(super) const LIF: &str = include_str!("../equations/texts/iaf_psc_exp.toml");

/// The model of the text `iaf_psc_exp`, by another name, in a driven network.
pub(super) fn network(model: &str, more: &str) -> String {
    let own = LIF.replace("iaf_psc_exp", "lif");
    format!(
        "{own}\n[simulation]\nduration = 200.0\n\
         [[population]]\nname = \"n\"\nsize = 200\nmodel = \"{model}\"\n\
         params = {{ I_e = {{ uniform = {{ low = 350.0, high = 450.0 }} }} }}\n\
         initial = {{ V_m = {{ uniform = {{ low = -70.0, high = -56.0 }} }} }}\n\
         [[projection]]\nfrom = \"n\"\nto = \"n\"\nrule = \"fixed_indegree\"\nindegree = 20\n\
         weight = {{ normal = {{ mean = 0.0, sd = 40.0 }} }}\ndelay = {{ uniform = {{ low = 0.5, high = 3.0 }} }}\n\
         [[stimulus]]\ntype = \"poisson_generator\"\nto = \"n\"\nrate = 2000.0\nweight = 30.0\n{more}\n"
    )
}

fn spikes(text: &str, device: Device) -> Vec<Spike> {
    let setup = Experiment::parse("net.toml", text.as_bytes()).unwrap().setup().unwrap();
    let mut simulation = Simulation::new(setup.network, device, setup.seed, &setup.options).unwrap();
    simulation.run(setup.duration).unwrap();
    simulation.all_spikes().to_vec()
}

#[test]
fn a_model_in_text_spikes_as_the_one_that_is_built_in() {
    let f64 = || Device::cpu().precision(Precision::F64);
    let (own, built_in) = (spikes(&network("lif", ""), f64()), spikes(&network("iaf_psc_exp", ""), f64()));
    assert!(own.len() > 1000, "{} spikes", own.len());
    // Derived values differ in their last bits, which takes more than these spikes to be seen.
    assert_eq!(own, built_in);
    let faster = network("lif", "").replace("V_m' = -(V_m - E_L)", "V_m' = -1.01 * (V_m - E_L)");
    assert_ne!(spikes(&faster, f64()), own);
}

#[test]
fn spikes_of_a_model_in_text_depend_on_no_layout() {
    let text = network("lif", "");
    let one = spikes(&text, Device::cpu().threads(1));
    assert!(one.len() > 1000);
    assert_eq!(spikes(&text, Device::cpu().threads(2)), one);
    for plan in ["[plan]\nblock = 1", "[plan]\nrows = \"drawn\"", "[plan]\nrest = \"stepped\""] {
        assert_eq!(spikes(&network("lif", plan), Device::cpu().threads(2)), one, "{plan}");
    }
}

#[test]
fn a_run_of_a_model_in_text_is_gone_on_with() {
    let text = network("lif", "[[record]]\nwhat = \"V_m\"\nfrom = \"n[0..3]\"");
    let setup = Experiment::parse("net.toml", text.as_bytes()).unwrap().setup().unwrap();
    let new = || Simulation::new(setup.network.clone(), Device::cpu(), setup.seed, &setup.options).unwrap();
    let mut whole = new();
    whole.run(200.0.ms()).unwrap();
    let mut first = new();
    first.run(77.0.ms()).unwrap();
    let checkpoint = first.checkpoint().unwrap();
    // The network read once more, as another program would.
    let again = Experiment::parse("net.toml", setup.resolved.to_toml().unwrap().as_bytes()).unwrap().setup().unwrap();
    let resume = |network: Network| Simulation::resume(network, Device::cpu(), setup.seed, &setup.options, &checkpoint);
    let mut second = resume(again.network).unwrap();
    second.run(123.0.ms()).unwrap();
    assert_eq!(second.all_spikes(), whole.all_spikes());
    let recorder = neuropil::network::RecorderId(1);
    assert_eq!(second.samples(recorder).unwrap(), whole.samples(recorder).unwrap());
    let other = text.replace("V_m' = -(V_m - E_L)", "V_m' = -2 * (V_m - E_L)");
    let other = Experiment::parse("net.toml", other.as_bytes()).unwrap().setup().unwrap();
    assert!(resume(other.network).is_err(), "a changed equation is another network");
}

#[test]
fn two_models_of_one_name_do_not_meet_in_a_network() {
    let model = |text: &str| neuropil::equations::text::Model::of_file("lif.toml", text).unwrap().remove(0);
    let own = LIF.replace("iaf_psc_exp", "lif");
    let other = own.replace("reset = \"V_m = V_reset\"", "reset = \"V_m = V_reset + 1 mV\"");
    let population = |name: &str, text: &str| {
        let model = neuropil::tile::Interpreted::new(model(text)).unwrap();
        Population::new(name, 1, std::sync::Arc::new(model)).unwrap()
    };
    let mut net = Network::new(0.1.ms());
    net.add_population(population("a", &own)).unwrap();
    net.add_population(population("b", &own)).unwrap();
    let said = net.add_population(population("c", &other)).unwrap_err().to_string();
    assert_eq!(said, "population 'c': its model is called lif, and so is another one, of population 'a'; rename one");
}

#[test]
fn the_examples_of_models_run() {
    for name in ["adex", "hodgkin_huxley", "izhikevich"] {
        let path = format!("{}/examples/models/{name}.toml", env!("CARGO_MANIFEST_DIR"));
        let setup = Experiment::read(path).unwrap().setup().unwrap();
        let mut simulation = setup.simulation().unwrap();
        simulation.run(100.0.ms()).unwrap();
        assert!(simulation.spike_count() > 20, "{name}: {} spikes", simulation.spike_count());
    }
}

#[test]
fn the_experiment_of_the_page_runs_as_it_stands() {
    let page = include_str!("../../docs/tutorials/own-model.md");
    let text = page.split("```toml lif.toml\n").nth(1).unwrap().split("```").next().unwrap();
    let found = spikes(text, Device::cpu());
    assert!(found.len() > 100, "{} spikes", found.len());
}

/// Twenty neurons of a model with a list, in a driven network.
fn with_list(model: &str, params: &str) -> String {
    format!(
        "[simulation]\nduration = 100.0\nprecision = \"f64\"\n[[population]]\nname = \"n\"\nsize = 20\nmodel = \"{model}\"\n\
         params = {{ I_e = 350.0, {params} }}\n\
         [[projection]]\nfrom = \"n\"\nto = \"n\"\nrule = \"fixed_indegree\"\nindegree = 5\nreceptor = \"2\"\nweight = -40.0\n\
         [[stimulus]]\ntype = \"poisson_generator\"\nto = \"n\"\nrate = 2000.0\nweight = 30.0\nreceptor = \"1\"\n"
    )
}

#[test]
fn a_list_is_as_many_receptors() {
    let list = with_list("iaf_psc_exp_multisynapse", "tau_syn = [1.0, 6.0]");
    let each = with_list("iaf_psc_exp_multisynapse_2", "tau_syn_1 = 1.0, tau_syn_2 = 6.0");
    let other = with_list("iaf_psc_exp_multisynapse", "tau_syn = [6.0, 1.0]");
    let found = spikes(&list, Device::cpu());
    assert!(found.len() > 20, "{} spikes", found.len());
    assert_eq!(spikes(&each, Device::cpu()), found);
    assert_ne!(spikes(&other, Device::cpu()), found);
}

#[test]
fn lists_that_cannot_be_are_refused() {
    let refused = |params: &str| {
        let text = with_list("iaf_psc_exp_multisynapse", params);
        Experiment::parse("net.toml", text.as_bytes()).unwrap().setup().unwrap_err().to_string()
    };
    for (params, said) in [
        ("tau_syn = { normal = { mean = 2.0, sd = 0.1 } }", "set tau_syn_1 where it differs from neuron to neuron"),
        ("tau_syn = [1.0, 2.0], tau_syn_1 = 3.0", "tau_syn_1 is given by itself and in a list"),
        ("tau_syn = [1.0]", "unknown receptor '2'"),
        ("taus = [1.0]", "unknown parameter 'taus'"),
    ] {
        let error = refused(params);
        assert!(error.contains(said), "{params}: {error}");
    }
    let taken = with_list("iaf_psc_exp", "")
        .replace("[simulation]", &(LIF.replace("iaf_psc_exp", "izhikevich") + "\n[simulation]"));
    let error = Experiment::parse("net.toml", taken.as_bytes()).map(|_| ()).unwrap_err().to_string();
    assert!(error.contains("there is a built-in model of this name"), "{error}");
}
