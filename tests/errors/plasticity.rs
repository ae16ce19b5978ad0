//! Synapses with memory that cannot be.

use crate::support::program::sentence;

/// What is said of a projection with these keys more.
fn said(name: &str, keys: &str) -> String {
    let more = format!("[[projection]]\nfrom = \"exc\"\nto = \"exc\"\nrule = \"all_to_all\"\n{keys}");
    let said = sentence(name, &more);
    let place = "net.toml, line 11: projection exc -> exc";
    said.strip_prefix(place).map_or_else(|| said.clone(), |rest| rest.trim_start_matches([':', ' ']).to_owned())
}

#[test]
fn names_that_are_none() {
    let unknown = said("plastic_name", "synapse = \"stdp_synapsee\"");
    assert_eq!(
        unknown,
        "net.toml, line 11: unknown synapse 'stdp_synapsee' in projection exc -> exc; did you mean 'stdp_synapse'?"
    );
    let unknown = said("plastic_parameter", "synapse = \"stdp_synapse\"\nparams = { lamda = 0.1 }");
    assert!(unknown.contains("unknown parameter 'lamda'") && unknown.ends_with("did you mean 'lambda'?"), "{unknown}");
    assert_eq!(
        said("plastic_without", "params = { lambda = 0.1 }"),
        "lambda is of synapses with memory; name their model, as in synapse = \"stdp_synapse\""
    );
}

/// One of two names that begins with the whole of the other is meant rather than one that is as near.
#[test]
fn names_that_begin_alike() {
    for (wrong, meant) in [("stdp_synapse_hom", "stdp_synapse"), ("stdp_pl_synapse", "stdp_pl_synapse_hom")] {
        let told = said("plastic_begin", &format!("synapse = \"{wrong}\""));
        assert!(
            told.ends_with(&format!("unknown synapse '{wrong}' in projection exc -> exc; did you mean '{meant}'?")),
            "{told}"
        );
    }
}

#[test]
fn couplings_are_no_synapses() {
    for name in ["gap_junction", "graded_synapse", "sic_connection"] {
        let told = said("plastic_coupling", &format!("synapse = \"{name}\""));
        assert_eq!(told, format!("{name} is a coupling; write a table [[coupling]] with type = \"{name}\""));
    }
}

#[test]
fn homogeneous_synapses_have_one_weight() {
    let told = said("static_hom", "synapse = \"static_synapse_hom_w\"\nweight = { uniform = [1.0, 2.0] }");
    assert_eq!(told, "static_synapse_hom_w has one weight for all; give weight as one number, or take static_synapse");
    let told = said("static_hom", "synapse = \"static_synapse_hom_w\"\nparams = { U = 0.5 }");
    assert!(told.starts_with("U is of synapses with memory"), "{told}");
}

#[test]
fn weights_of_the_wrong_sign_or_size() {
    let rule = "must be from min(0 pA, Wmax) to max(0 pA, Wmax)";
    for (name, weight, told) in
        [("above", "150.0", "150"), ("sign", "-10.0", "-10"), ("drawn", "{ uniform = [0.0, 200.0] }", "200")]
    {
        let keys = format!("weight = {weight}\nsynapse = \"stdp_synapse\"");
        assert_eq!(said(&format!("plastic_{name}"), &keys), format!("(stdp_synapse), weight: {told} {rule}"));
    }
    assert_eq!(
        said("plastic_tau", "synapse = \"stdp_synapse\"\nparams = { tau_plus = 0.0 }"),
        "(stdp_synapse), tau_plus: 0 must be > 0"
    );
}

#[test]
fn a_third_factor_that_is_missing_or_not_asked_for() {
    assert_eq!(
        said("plastic_modulator", "synapse = \"stdp_dopamine_synapse\""),
        "(stdp_dopamine_synapse): it learns by spikes of a third factor, and none is named; say whose they are, as in \
         modulator = \"dopamine\""
    );
    assert_eq!(
        said("plastic_no_modulator", "synapse = \"stdp_synapse\"\nmodulator = \"exc\""),
        "(stdp_synapse): a modulator is named, and this model has no third factor; leave it out"
    );
    let dopamine = "synapse = \"stdp_dopamine_synapse\"\nmodulator_domains = \"bloc\"";
    assert_eq!(said("plastic_domains_alone", dopamine), "modulator_domains goes with modulator");
    let unknown = said("plastic_domains", &format!("{dopamine}\nmodulator = \"exc\""));
    assert!(
        unknown.contains("unknown modulator_domains 'bloc'") && unknown.ends_with("did you mean 'block'?"),
        "{unknown}"
    );
}

#[test]
fn parameters_that_differ_where_synapses_share_a_trace() {
    let told = said("plastic_shared", "synapse = \"stdp_synapse\"\nparams = { tau_plus = { uniform = [10.0, 20.0] } }");
    assert!(told.contains("tau_plus differs from synapse to synapse") && told.contains("give one value"), "{told}");
}

#[test]
fn an_unknown_variable_in_a_rule() {
    let rule = "synapse = \"mine\"\n[model.mine]\nkind = \"synapse\"\nabout = \"mine\"\n\
                state = { weight = \"1 pA: weight\" }\n[model.mine.events]\npre = \"send wieght\"";
    let told = said("plastic_rule", rule);
    assert!(told.contains("column 13: unknown name 'wieght' (did you mean 'weight'?)"), "{told}");
}

#[test]
fn weights_where_nothing_learns() {
    let told = sentence("plastic_record", "[[record]]\nwhat = \"weights\"");
    assert!(told.contains("no projection has synapses with memory"), "{told}");
}
