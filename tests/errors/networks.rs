//! Networks that cannot be.

use crate::support::program::{Room, net, sentence};

#[test]
fn an_unknown_model() {
    let more = "[[population]]\nname = \"b\"\nsize = 1\nmodel = \"iaf_psc_expo\"";
    assert_eq!(
        sentence("unknown_model", more),
        "net.toml, line 11: unknown model 'iaf_psc_expo' in population 'b'; did you mean 'iaf_psc_exp'?"
    );
}

#[test]
fn an_unknown_model_is_not_taken_for_one_of_which_it_has_the_last_word() {
    let of = |model: &str| format!("[[population]]\nname = \"b\"\nsize = 1\nmodel = \"{model}\"");
    let said = sentence("unknown_kind_of_model", &of("ht_neuron"));
    assert!(said.starts_with("net.toml, line 11: unknown model 'ht_neuron' in population 'b'; known: "), "{said}");
    assert!(said.contains(", if_neuron, ") && said.ends_with("; `neuropil model` says what they are"), "{said}");
    for (model, meant) in [("lif_neurn", "lif_neuron"), ("liff_neuron", "lif_neuron"), ("aeif_cond", "aeif_cond_exp")] {
        let said = sentence("unknown_kind_of_model", &of(model));
        assert!(said.ends_with(&format!("did you mean '{meant}'?")), "{said}");
    }
}

#[test]
fn an_unknown_parameter() {
    let more = "[[population]]\nname = \"b\"\nsize = 1\nmodel = \"iaf_psc_exp\"\nparams = { V_thr = -50 }";
    assert_eq!(
        sentence("unknown_parameter", more),
        "net.toml, line 11: unknown parameter 'V_thr' in population 'b' (iaf_psc_exp); did you mean 'V_th'?"
    );
}

#[test]
fn an_unknown_key() {
    let more = "[[population]]\nname = \"b\"\nsize = 1\nmodell = \"iaf_psc_exp\"";
    assert_eq!(
        sentence("unknown_key", more),
        "unknown key 'modell' in net.toml, line 14, in population; did you mean 'model'?"
    );
}

#[test]
fn a_parameter_out_of_range() {
    let more = "[[population]]\nname = \"b\"\nsize = 1\nmodel = \"iaf_psc_exp\"\nparams = { C_m = -1.0 }";
    assert_eq!(sentence("range", more), "net.toml, line 11: b.C_m = -1 must be greater than 0 pF");
}

#[test]
fn a_drawn_parameter_out_of_range() {
    let more = "[[population]]\nname = \"b\"\nsize = 50\nmodel = \"iaf_psc_exp\"\n\
                params = { C_m = { normal = { mean = 0.0, sd = 1.0 } } }";
    let said = sentence("drawn_range", more);
    assert!(said.starts_with("net.toml, line 11: b.C_m = -") && said.contains("must be greater than 0"), "{said}");
}

#[test]
fn a_delay_below_dt() {
    let more = "[[projection]]\nfrom = \"exc\"\nto = \"exc\"\nrule = \"all_to_all\"\ndelay = 0.04";
    assert_eq!(
        sentence("delay", more),
        "net.toml, line 11: projection exc -> exc: delay 0.04 ms is below dt = 0.1 ms; the shortest delay is one step"
    );
}

#[test]
fn a_weight_that_is_no_number() {
    let more = "[[projection]]\nfrom = \"exc\"\nto = \"exc\"\nrule = \"all_to_all\"\nweight = nan";
    assert_eq!(
        sentence("nan_weight", more),
        "net.toml, line 11: projection exc -> exc, weight: NaN is not a finite number"
    );
}

#[test]
fn a_negative_size() {
    let more = "[[population]]\nname = \"b\"\nsize = -3\nmodel = \"iaf_psc_exp\"";
    assert_eq!(
        sentence("negative_size", more),
        "net.toml, line 13: population.size: `-3` is given, expected a whole number, 0 or more"
    );
}

#[test]
fn a_size_of_zero() {
    let more = "[[population]]\nname = \"b\"\nsize = 0\nmodel = \"iaf_psc_exp\"";
    assert_eq!(
        sentence("size_zero", more),
        "net.toml, line 11: population 'b': size = 0 must lie between 1 and 4294967295"
    );
}

#[test]
fn a_population_twice() {
    let more = "[[population]]\nname = \"exc\"\nsize = 1\nmodel = \"iaf_psc_exp\"";
    assert_eq!(
        sentence("twice", more),
        "net.toml, line 11: population 'exc': there are two populations of this name; give each its own"
    );
}

#[test]
fn a_rule_that_cannot_be_met() {
    let more = "[[projection]]\nfrom = \"exc\"\nto = \"exc\"\nrule = \"fixed_indegree\"\nindegree = 11\nallow_multapses = false";
    assert_eq!(
        sentence("rule", more),
        "net.toml, line 11: cannot connect exc to exc: fixed_indegree = 11 needs 11 different sources, and there are 10; \
         allow multapses or draw fewer"
    );
}

#[test]
fn a_rule_that_can_just_be_met_runs() {
    let room = Room::new("rule_met");
    let more = "[[projection]]\nfrom = \"exc\"\nto = \"exc\"\nrule = \"fixed_indegree\"\nindegree = 10\nallow_multapses = false";
    room.write("net.toml", net(more));
    assert_eq!(room.run(&["run", "net.toml"]).status.code(), Some(0));
}

#[test]
fn a_probability_above_one() {
    let more = "[[projection]]\nfrom = \"exc\"\nto = \"exc\"\nrule = \"pairwise_bernoulli\"\np = 1.5";
    assert_eq!(
        sentence("probability", more),
        "net.toml, line 11: cannot connect exc to exc: pairwise_bernoulli needs a probability between 0 and 1, not 1.5"
    );
}

#[test]
fn more_synapses_than_memory() {
    // 10 x 4e9 neurons and their 4e10 synapses: refused before anything is allocated, or this test would not end.
    let room = Room::new("memory");
    let more = "[[population]]\nname = \"big\"\nsize = 4000000000\nmodel = \"iaf_psc_exp\"\n\
                [[projection]]\nfrom = \"exc\"\nto = \"big\"\nrule = \"all_to_all\"";
    room.write("net.toml", net(more));
    let said = room.refused(&["run", "net.toml"]);
    assert!(said.starts_with("a network of 4,000,000,010 neurons and up to 40,000,000,000 synapses needs "), "{said}");
    assert!(said.contains(" are available; "), "{said}");
}

#[test]
fn a_receptor_that_is_not_there() {
    let more = "[[projection]]\nfrom = \"exc\"\nto = \"exc\"\nrule = \"all_to_all\"\nreceptor = \"ampa\"";
    assert_eq!(
        sentence("receptor", more),
        "net.toml, line 11: unknown receptor 'ampa' in projection exc -> exc (population 'exc', iaf_psc_exp); known: ex, in"
    );
}

#[test]
fn a_stimulus_beyond_reason() {
    let more = "[[stimulus]]\ntype = \"poisson_generator\"\nto = \"exc\"\nrate = -5";
    assert_eq!(
        sentence("rate", more),
        "net.toml, line 11: stimulus poisson_generator -> exc: rate = -5 spikes/s must lie between 0 and 5000000"
    );
    let more = "[[stimulus]]\ntype = \"spike_generator\"\nto = \"exc\"\nspike_times = [1.0, 2.03]";
    assert_eq!(
        sentence("time", more),
        "net.toml, line 11: stimulus spike_generator -> exc: time 2.03 ms is not a multiple of dt = 0.1 ms from 0 on; off_grid = \"round\" or \"up\" moves it onto one"
    );
}
