//! Mistakes about synapses with memory, receptors by number, astrocytes and gap junctions.

use crate::support::program::{Room, net, sentence};

const MANY: &str = "[[population]]\nname = \"many\"\nsize = 2\nmodel = \"iaf_psc_exp_multisynapse\"\n\
                    params = { tau_syn = [1.0, 2.0] }\n";
const ASTROCYTES: &str = "[[population]]\nname = \"astrocytes\"\nsize = 10\nmodel = \"astrocyte_lr_1994\"\n";

#[test]
fn a_stimulus_has_no_plastic_synapse() {
    let stimulus = "[[stimulus]]\ntype = \"poisson_generator\"\nto = \"exc\"\nrate = 100.0\nsynapse = \"stdp_synapse\"";
    assert_eq!(
        sentence("tissue_stimulus", stimulus),
        "net.toml, line 15: synapse is no key of a stimulus, whose synapses are static; put a population of parrot_neuron \
         between, and give the projection from it a synapse with memory"
    );
}

#[test]
fn receptors_by_number_begin_with_1_and_end_with_the_last() {
    for number in [0, 3] {
        let place = "projection exc -> many (population 'many', iaf_psc_exp_multisynapse_2)";
        let projection = format!(
            "{MANY}[[projection]]\nfrom = \"exc\"\nto = \"many\"\nrule = \"all_to_all\"\nreceptor = \"{number}\""
        );
        assert_eq!(
            sentence(&format!("tissue_receptor_{number}"), &projection),
            format!("net.toml, line 16: unknown receptor '{number}' in {place}; known: 1, 2")
        );
        let stimulus = format!(
            "{MANY}[[stimulus]]\ntype = \"poisson_generator\"\nto = \"many\"\nrate = 9.0\nreceptor = \"{number}\""
        );
        let said = sentence(&format!("tissue_receptor_of_stimulus_{number}"), &stimulus);
        assert!(said.starts_with(&format!("net.toml, line 16: unknown receptor '{number}' in stimulus")), "{said}");
    }
    let room = Room::new("tissue_receptor_2");
    room.write(
        "net.toml",
        net(&format!("{MANY}[[stimulus]]\ntype = \"poisson_generator\"\nto = \"many\"\nrate = 9.0\nreceptor = \"2\"")),
    );
    assert!(room.run(&["run", "net.toml", "--out", "out"]).status.success());
}

#[test]
fn spikes_without_the_factor_of_their_source_reach_no_nmda_receptor() {
    let cells = "[[population]]\nname = \"cells\"\nsize = 2\nmodel = \"iaf_bw_2001\"\n";
    let projection = |synapse: &str| {
        format!(
            "{cells}[[projection]]\nfrom = \"cells\"\nto = \"cells\"\nrule = \"all_to_all\"\nreceptor = \"NMDA\"\n{synapse}"
        )
    };
    let wanted = "receptor NMDA takes spikes of nmda_bw_2001_synapse alone, since each carries a factor of its source; say \
                  synapse = \"nmda_bw_2001_synapse\"";
    for (name, synapse) in [("tissue_nmda_static", ""), ("tissue_nmda_stdp", "synapse = \"stdp_synapse\"")] {
        let said = sentence(name, &projection(synapse));
        assert!(said.starts_with("net.toml, line ") && said.ends_with(wanted), "{said}");
    }
    let stimulus = "[[stimulus]]\ntype = \"poisson_generator\"\nto = \"cells\"\nrate = 9.0\nreceptor = \"NMDA\"";
    let said = sentence("tissue_nmda_stimulus", &format!("{cells}{stimulus}"));
    assert!(said.ends_with(wanted), "{said}");
    let room = Room::new("tissue_nmda");
    room.write("net.toml", net(&projection("synapse = \"nmda_bw_2001_synapse\"")));
    assert!(room.run(&["run", "net.toml", "--out", "out"]).status.success());
}

#[test]
fn pools_of_astrocytes_that_cannot_be_formed() {
    let said = |name: &str, pool: &str| {
        let projection = "[[projection]]\nfrom = \"exc\"\nto = \"exc\"\nrule = \"fixed_indegree\"\nindegree = 2\n";
        let said =
            sentence(name, &format!("{ASTROCYTES}{projection}third = {{ astrocytes = \"astrocytes\", {pool} }}"));
        said.strip_prefix("net.toml, line 15: cannot connect exc to exc: ").expect(&said).to_owned()
    };
    assert_eq!(said("tissue_pool_11", "pool_size = 11"), "a pool of 11 cannot be taken of 10 astrocytes; take 1 to 10");
    assert_eq!(said("tissue_pool_0", "pool_size = 0"), "a pool of 0 cannot be taken of 10 astrocytes; take 1 to 10");
    assert_eq!(
        said("tissue_blocks", "pool_size = 2, pool_type = \"block\""),
        "blocks of 2 need 20 astrocytes for 10 targets, and there are 10; or, in blocks of 1, a number that divides that of \
         targets. A random pool takes any number"
    );
}

#[test]
fn slow_inward_currents_into_a_model_that_takes_none() {
    let relays = "[[population]]\nname = \"relays\"\nsize = 10\nmodel = \"parrot_neuron\"\n";
    let coupling =
        "[[coupling]]\ntype = \"sic_connection\"\nfrom = \"astrocytes\"\nto = \"relays\"\nrule = \"one_to_one\"";
    assert_eq!(
        sentence("tissue_sic", &format!("{relays}{ASTROCYTES}{coupling}")),
        "net.toml, line 19: sic_connection astrocytes -> relays (population 'relays', parrot_neuron): its model takes no \
         current; couple another population"
    );
}

#[test]
fn a_gap_junction_without_its_mirror_image() {
    let coupling = "[[coupling]]\ntype = \"gap_junction\"\nfrom = \"exc\"\nto = \"exc\"\nfile = \"gaps.csv\"";
    let room = Room::new("tissue_gaps");
    room.write("net.toml", net(coupling));
    room.write("gaps.csv", "source,target,weight\n0,1,2.0\n1,0,3.0\n");
    assert_eq!(
        room.refused(&["run", "net.toml"]),
        "net.toml, line 11: gap_junction exc -> exc: neurons 0 and 1 are listed both ways, but 0 -> 1 has no mirror image of \
         its weight and delay; list all junctions once, or all both ways, or say symmetric = false"
    );
    room.write("gaps.csv", "source,target,weight\n0,1,2.0\n1,0,2.0\n");
    assert!(room.run(&["run", "net.toml", "--out", "out"]).status.success());
    room.write("gaps.csv", "source,target,weight\n0,1,2.0\n1,0,3.0\n");
    room.write("net.toml", net(&format!("{coupling}\nsymmetric = false")));
    assert!(room.run(&["run", "net.toml", "--out", "other"]).status.success());
}

#[test]
fn an_unknown_variable_in_the_file_of_a_rule() {
    let room = Room::new("tissue_rule");
    let projection = "[[projection]]\nfrom = \"exc\"\nto = \"exc\"\nrule = \"all_to_all\"\nsynapse = \"rule.toml\"";
    room.write("net.toml", net(projection));
    let rule = "[model.mine]\nkind = \"synapse\"\nabout = \"mine\"\nparameters = { A = \"1 pA: step\" }\n\
                state = { weight = \"1 pA: weight\" }\n[model.mine.events]\npre = \"\"\"\nweight = weight + A\nsend wieght\n\"\"\"\n";
    room.write("rule.toml", rule);
    let said = room.refused(&["run", "net.toml"]);
    assert_eq!(
        said.replace(room.path("rule.toml").to_str().unwrap(), "rule.toml"),
        "net.toml, line 11: rule.toml, model.mine.events.pre, line 9, column 6: unknown name 'wieght' (did you mean 'weight'?), \
         in \"send wieght\""
    );
    room.write("rule.toml", rule.replace("wieght", "weight"));
    assert!(room.run(&["run", "net.toml", "--out", "out"]).status.success());
}

#[test]
fn trains_and_changes_off_the_grid() {
    let off = "is not a multiple of dt = 0.1 ms from 0 on; off_grid = \"round\" or \"up\" moves it onto one";
    for (name, kind, keys, time) in [
        ("spikes", "spike_generator", "spike_times = [1.0, 2.05]", "2.05"),
        ("rates", "inhomogeneous_poisson_generator", "rate_times = [1.0, 2.05]\nrate_values = [1.0, 2.0]", "2.05"),
        ("gamma", "gamma_sup_generator", "rate = 1.0\nstart = 0.13", "0.13"),
        ("steps", "step_current_generator", "amplitude_times = [0.35]\namplitude_values = [1.0]", "0.35"),
    ] {
        let said =
            sentence(&format!("tissue_grid_{name}"), &format!("[[stimulus]]\ntype = \"{kind}\"\nto = \"exc\"\n{keys}"));
        assert_eq!(said, format!("net.toml, line 11: stimulus {kind} -> exc: time {time} ms {off}"));
    }
}

#[test]
fn currents_into_models_that_take_none_and_receptors_that_are_not_there() {
    let relay = "[[population]]\nname = \"relay\"\nsize = 2\nmodel = \"parrot_neuron\"\n";
    for (kind, more) in [("dc_generator", "amplitude = 5.0"), ("noise_generator", "std = 5.0")] {
        let stimulus = format!("{relay}[[stimulus]]\ntype = \"{kind}\"\nto = \"relay\"\n{more}\n");
        let said = sentence(&format!("tissue_current_{kind}"), &stimulus);
        assert!(said.ends_with("population 'relay' is of parrot_neuron, which takes no current"), "{said}");
    }
    let empty = MANY.replace("[1.0, 2.0]", "[]");
    let said = sentence("tissue_no_receptor", &empty);
    assert!(said.starts_with("net.toml, line 1") && said.contains("tau_syn is empty; give a value for each"), "{said}");
}

#[test]
fn a_receptor_may_be_a_number() {
    let room = Room::new("tissue_receptor_number");
    let projection = "[[projection]]\nfrom = \"exc\"\nto = \"many\"\nrule = \"all_to_all\"\nreceptor = 2\n";
    room.write("net.toml", net(&format!("{MANY}{projection}")));
    assert!(room.run(&["run", "net.toml", "--out", "out"]).status.success());
    assert!(room.run(&["run", "out/experiment.toml", "--out", "again"]).status.success());
    let said = sentence("tissue_receptor_9", &format!("{MANY}{}", projection.replace("= 2", "= 9")));
    assert!(said.contains("unknown receptor '9'"), "{said}");
}

#[test]
fn what_is_found_when_a_network_is_built_is_told_with_its_line() {
    let own = "[[population]]\nname = \"own\"\nsize = 2\nmodel = \"iaf_psc_exp\"\n";
    let said = sentence("tissue_late_population", &format!("{own}params = {{ V_reset = -50.0 }}\n"));
    assert_eq!(said, "net.toml, line 11: own.V_reset = -50 must be below V_th = -55 mV");
    let set = "[[perturb]]\nwhat = \"set\"\nof = \"own\"\nparams = { V_th = -80.0 }\n";
    let said = sentence("tissue_late_perturbation", &format!("{own}{set}"));
    assert!(said.starts_with("net.toml, line 15: set of own: V_reset must be below"), "{said}");
    let projection =
        "[[projection]]\nfrom = \"exc\"\nto = \"g\"\nrule = \"all_to_all\"\nweight = -1.0\nreceptor = \"1\"\n";
    let g = "[[population]]\nname = \"g\"\nsize = 2\nmodel = \"aeif_cond_alpha_multisynapse\"\n\
             params = { tau_syn = [1.0], E_rev = [0.0] }\n";
    let said = sentence("tissue_late_projection", &format!("{g}{projection}"));
    assert!(said.starts_with("net.toml, line 16: projection exc -> g: receptor 1"), "{said}");
}

#[test]
fn a_gain_that_would_turn_synaptic_currents_round() {
    let model = "[[population]]\nname = \"b\"\nsize = 1\nmodel = \"iaf_psc_exp_glia\"\nparams = { gain_glia = -1.5 }";
    let said = sentence("tissue_gain", model);
    assert!(said.starts_with("net.toml, line 11: b.gain_glia = -1.5 must be ") && said.ends_with("-1"), "{said}");
}
