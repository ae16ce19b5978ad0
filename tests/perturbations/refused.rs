//! What cannot be done is told in a sentence.

use neuropil::experiment::{Experiment, Setup};
use neuropil::network::Perturb;
use neuropil::prelude::*;

fn setup(more: &str) -> neuropil::Result<Setup> {
    let tables = "[simulation]\nduration = 100\n\
        [[population]]\nname = \"exc\"\nsize = 8\nmodel = \"iaf_psc_exp\"\n\
        [[population]]\nname = \"relay\"\nsize = 8\nmodel = \"parrot_neuron\"\n\
        [[projection]]\nfrom = \"exc\"\nto = \"relay\"\nrule = \"one_to_one\"\n\
        [[projection]]\nfrom = \"exc\"\nto = \"exc\"\nrule = \"all_to_all\"\nsynapse = \"stdp_synapse\"\n";
    Experiment::parse("net.toml", format!("{tables}[[perturb]]\n{more}").as_bytes())?.setup()
}

#[test]
fn tables_that_cannot_be_done_are_told() {
    let cases = [
        (
            "what = \"silense\"\nof = \"exc\"",
            "unknown perturbation 'silense' in silense of exc; did you mean 'silence'?",
        ),
        ("what = \"silence\"\nof = \"exc\"\nvalue = 3", "silence takes of, start and stop alone, not value"),
        ("what = \"clamp\"\nof = \"exc\"", "value is missing"),
        ("what = \"clamp\"\nof = \"exc\"\nvalue = -60\nvariable = \"V\"", "unknown state variable 'V'"),
        ("what = \"clamp\"\nof = \"relay\"\nvalue = -60", "unknown state variable 'V_m'"),
        ("what = \"drive\"\nof = \"exc\"", "amplitude is missing"),
        ("what = \"drive\"\nof = \"relay\"\namplitude = 5", "parrot_neuron, which takes no current"),
        ("what = \"set\"\nof = \"exc\"", "params is missing"),
        ("what = \"set\"\nof = \"exc\"\nparams = { V_tk = 3 }", "unknown parameter 'V_tk'"),
        ("what = \"set\"\nof = \"exc\"\nparams = { tau_m = -3 }", "must be greater than 0 ms"),
        ("what = \"set\"\nof = \"exc\"\nparams = { V_th = [1, 2] }", "V_th: 2 values for 8 items"),
        ("what = \"set\"\nof = \"exc\"\nparams = { E_L = -60 }", "E_L cannot change while a network runs"),
        ("what = \"ablate\"\nof = \"relay\"\nto = \"exc\"", "no projection leads from these neurons to those"),
        ("what = \"silence\"\nof = \"exc\"\nstart = 20\nstop = 10", "stop = 10 ms must lie after start = 20 ms"),
        ("what = \"silence\"\nof = \"exc\"\nstart = 0.05", "start = 0.05 ms is not a whole number of steps of 0.1 ms"),
        ("what = \"silence\"\nof = \"exc[3..9]\"", "reaches outside exc"),
    ];
    for (table, said) in cases {
        let error = setup(table).unwrap_err();
        assert!(error.to_string().contains(said), "{table}: {error}");
        assert!(error.exit_code() == 2 && error.to_string().contains("line "), "{error}");
    }
    let good = "what = \"ablate\"\nof = \"exc[0..3]\"\nto = \"relay\"\nstart = 10\nstop = 20";
    assert_eq!(setup(good).unwrap().network.perturbations().len(), 1);
    let two = "what = \"set\"\nof = \"exc\"\nparams = { V_th = -50, tau_m = { uniform = { low = 5, high = 9 } } }";
    assert_eq!(setup(two).unwrap().network.perturbations().len(), 2);
}

#[test]
fn what_depends_on_others_is_told() {
    let mut net = Network::new(0.1.ms());
    let cells = net.add("cells", 6, IafPscExp::default()).unwrap();
    net.connect(&cells, &cells, AllToAll, Static::new(1.0, 1.0)).unwrap();
    net.couple(cells.slice(0..1), cells.slice(1..2), OneToOne, GapJunction::new(1.0)).unwrap();
    net.perturb(cells.slice(2..3), Perturb::Ablate, ..).unwrap();
    let cut = |net: &mut Network, of: std::ops::Range<u32>, window| {
        net.perturb(cells.slice(of), Perturb::Disconnect(cells.slice(0..4)), window)
    };
    cut(&mut net, 0..3, 10.0..20.0).unwrap();
    let again = cut(&mut net, 2..4, 15.0..30.0).unwrap_err().to_string();
    assert_eq!(again, "ablate cells -> cells: some of these connections are cut at that time by ablate cells -> cells");
    cut(&mut net, 2..4, 20.0..30.0).unwrap();
    cut(&mut net, 4..6, 15.0..30.0).unwrap();
    // Rules between parameters are known when the network is laid out.
    let reset = Perturb::Set { parameter: "V_reset".into(), value: 0.0.into() };
    net.perturb(&cells, reset, 10.0..20.0).unwrap();
    let broken = net.build(Device::cpu(), Seed(1)).unwrap_err();
    assert!(broken.exit_code() == 2 && broken.to_string().contains("while this is so"), "{broken}");
}
