//! Signs, receptors and ranges.

use std::sync::Arc;

use neuropil::experiment::Experiment;
use neuropil::models::{Channel, Declaration, Takes};
use neuropil::plan::Plan;
use neuropil::prelude::*;

use super::{case, printed};
use crate::support::altered::Altered;
use crate::support::room::Room;

/// The last row of a table of traces, without the time.
fn last(room: &Room, name: &str) -> Vec<f64> {
    let text = std::fs::read_to_string(room.path(name)).unwrap();
    text.lines().last().unwrap().split(',').skip(1).map(|field| field.parse().unwrap()).collect()
}

/// The weights of a connectome of these lines, below a header of `columns`, with these keys of its projection.
fn weights(room: &Room, columns: &str, lines: &str, keys: &str) -> Result<Vec<f64>, String> {
    match weight(room, columns, lines, keys)? {
        Value::Each(weights) => Ok(weights.to_vec()),
        other => panic!("{other:?}"),
    }
}

fn weight(room: &Room, columns: &str, lines: &str, keys: &str) -> Result<Value, String> {
    room.write("net.csv", format!("source,target,{columns}\n{lines}\n"));
    let text = format!(
        "[simulation]\nduration = 1.0\n[[population]]\nname = \"n\"\nmodel = \"iaf_psc_exp\"\nconnectome = \"net.csv\"\n\
         [[projection]]\nfrom = \"n\"\nto = \"n\"\nconnectome = \"net.csv\"\n{keys}\n"
    );
    let experiment = Experiment::parse(room.path("net.toml"), text.as_bytes()).unwrap();
    let network = experiment.setup().map_err(|error| error.to_string())?.network;
    Ok(network.projections()[0].synapse.weight.clone())
}

#[test]
fn a_weight_that_is_given_has_the_signs_of_the_edges() {
    let room = Room::new("given-weight-signs");
    let of = |lines: &str, keys: &str| weight(&room, "weight,sign", lines, keys);
    let (both, minus, none) = ("A,B,5,-1\nA,C,7,1", "A,B,5,-1\nA,C,7,-1", "A,B,5,\nA,C,7,");
    let lognormal = "weight = { lognormal = { mean = 1.0, sd = 0.5 } }";
    assert_eq!(of(both, "weight = 0.5").unwrap(), Value::each([-0.5, 0.5]));
    assert_eq!(of("A,B,5,1\nA,C,7,-1", "weight = 0.5").unwrap(), Value::each([0.5, -0.5]));
    assert_eq!(of(both, "weight = [0.5, 2.0]").unwrap(), Value::each([-0.5, 2.0]));
    assert_eq!(of(both, "weight = [-0.5, 2.0]").unwrap(), Value::each([-0.5, 2.0]));
    assert_eq!(of(minus, "weight = 0.5").unwrap(), Value::Constant(-0.5));
    assert_eq!(of(minus, "weight = -0.5").unwrap(), Value::Constant(-0.5), "the signs agree");
    assert_eq!(of(none, "weight = 0.5").unwrap(), Value::Constant(0.5), "no edge has a sign");
    assert_eq!(of(none, "weight = -0.5").unwrap(), Value::Constant(-0.5));
    assert_eq!(of(none, "weight = 0.5\nsign = \"inhibitory\"").unwrap(), Value::Constant(-0.5));
    assert_eq!(of(both, "weight = 0.5\nsign = \"excitatory\"").unwrap(), Value::Constant(0.5));
    let some = "A,B,5,-1\nA,C,7,";
    assert_eq!(of(some, "weight = 0.5\nsign = \"edge_or_excitatory\"").unwrap(), Value::each([-0.5, 0.5]));
    assert_eq!(weight(&room, "weight", "A,B,-5\nA,C,7", "weight = 0.5").unwrap(), Value::each([-0.5, 0.5]));
    let drawn = Value::lognormal(1.0, 0.5);
    assert_eq!(of(minus, lognormal).unwrap(), drawn.clone().times(-1.0));
    let negative = "weight = { lognormal = { mean = 1.0, sd = 0.5 }, factor = -1.0 }";
    assert_eq!(of(minus, negative).unwrap(), drawn.clone().times(-1.0), "not turned twice");
    assert_eq!(of("A,B,5,1\nA,C,7,1", lognormal).unwrap(), drawn);
    let clipped = "weight = { normal = { mean = 1.0, sd = 1.0 }, min = 0.0 }";
    assert_eq!(of(minus, clipped).unwrap(), Value::normal(1.0, 1.0).within(0.0, f64::INFINITY).times(-1.0));
    for (lines, keys, part) in [
        (both, "weight = -0.5", "weight is below 0 where edges are excitatory by their own signs; give its magnitude"),
        (both, "weight = [0.5, -2.0]", "weight is below 0 where edges are excitatory"),
        (none, "weight = -0.5\nsign = \"excitatory\"", "weight is below 0 where edges are excitatory"),
        (minus, "weight = { normal = { mean = 1.0, sd = 1.0 } }", "weight is drawn on both sides of 0"),
        (both, "weight = { normal = { mean = 1.0, sd = 1.0 } }", "keep it on one side of 0, as by min = 0.0"),
        (both, lognormal, "weight is drawn, and some edges are inhibitory and others not; give one number"),
        (some, "weight = 0.5", "1 of 2 edges without a sign; set sign to edge_or_excitatory"),
        (both, "weight = 0.5\nweight_scale = 2", "give either weight or weight_scale"),
        (both, "weight = 0.5\nsign = \"plus\"", "unknown sign 'plus'"),
        (both, "weight = [1.0, 2.0, 3.0]", "3 values for 2"),
    ] {
        let sentence = of(lines, keys).expect_err(keys);
        assert!(sentence.contains(part), "{keys}: {sentence}");
    }
}

#[test]
fn a_minus_of_the_weight_and_one_of_the_sign_do_not_cancel() {
    let room = case("w03-signed-weights");
    for (file, excites_c) in [("both.toml", true), ("inhibitory.toml", false)] {
        printed(&room, &["run", file, "--threads", "1", "--device", "cpu", "--out", file.trim_end_matches(".toml")]);
        let folder = file.trim_end_matches(".toml");
        let (ex, inh) = (
            last(&room, &format!("{folder}/traces_n_I_syn_ex.csv")),
            last(&room, &format!("{folder}/traces_n_I_syn_in.csv")),
        );
        assert_eq!(ex.len(), 3);
        assert!(inh[1] < 0.0 && ex[1] == 0.0, "{file}: {inh:?} {ex:?}");
        assert_eq!(ex[2] > 0.0, excites_c, "{file}: {ex:?}");
    }
}

#[test]
fn strength_and_sign_of_an_edge_come_from_one_rule() {
    let room = Room::new("signs");
    let of = |columns: &str, lines: &str, keys: &str| weights(&room, columns, lines, keys);
    let plain = "A,B,-5\nA,C,5\nB,C,0";
    assert_eq!(of("weight", plain, "").unwrap(), [-5.0, 5.0, 0.0], "weights carry the signs");
    assert_eq!(of("weight", plain, "sign = \"edge_or_inhibitory\"\nweight_scale = 2").unwrap(), [-10.0, 10.0, 0.0]);
    assert_eq!(of("weight", plain, "sign = \"excitatory\"").unwrap(), [5.0, 5.0, 0.0]);
    assert_eq!(of("weight", plain, "sign = \"inhibitory\"").unwrap(), [-5.0, -5.0, 0.0]);
    assert_eq!(of("weight,sign", "A,B,5,-1\nA,C,5,1", "").unwrap(), [-5.0, 5.0]);
    assert_eq!(of("weight,sign", "A,B,-5,-1\nA,C,5,1\nB,C,-2,", "").unwrap(), [-5.0, 5.0, -2.0]);
    assert_eq!(of("weight,sign", "A,B,5,-1\nA,C,5,", "sign = \"edge_or_excitatory\"").unwrap(), [-5.0, 5.0]);
    for (lines, edge) in
        [("A,B,-5,1", "A -> B has sign 1 and weight -5"), ("A,B,-5,-1\nA,C,5,-1", "A -> C has sign -1 and weight 5")]
    {
        let sentence = of("weight,sign", lines, "").unwrap_err();
        assert!(sentence.contains(edge) && sentence.contains("make them agree"), "{sentence}");
    }
    let sentence = of("weight", "A,B,5", "").unwrap_err();
    assert!(sentence.contains("1 of 1 edge without a sign"), "{sentence}");
    let sentence = of("weight", plain, "weight_scale = -1").unwrap_err();
    assert!(
        sentence.contains("weight_scale = -1 must not be negative; inhibition is sign = \"inhibitory\""),
        "{sentence}"
    );
}

#[test]
fn flags_mean_what_the_name_of_their_column_asks() {
    let room = Room::new("flags");
    let sign = |column: &str, word: &str| {
        weights(&room, &format!("weight,{column}"), &format!("A,B,2,{word}"), "").map(|w| w[0] / 2.0)
    };
    let yes = ["1", "1.0", "true", "TRUE", "T", "yes"];
    let no = ["0", "0.0", "false", "False", "F", "no"];
    for (column, of_yes) in [("excitatory", 1.0), ("is_excitatory", 1.0), ("inhibitory", -1.0), ("is_inhibitory", -1.0)]
    {
        yes.iter().for_each(|word| assert_eq!(sign(column, word), Ok(of_yes), "{column} {word}"));
        no.iter().for_each(|word| assert_eq!(sign(column, word), Ok(-of_yes), "{column} {word}"));
        assert_eq!(sign(column, "inhibitory"), Ok(-1.0), "{column}");
    }
    for (words, expected) in [
        (["1", "+1", "1.0", "+", "E", "exc", "excitatory", "true"], 1.0),
        (["-1", "-1.0", "-", "\u{2212}", "I", "inh", "Inhibitory", "false"], -1.0),
    ] {
        words.iter().for_each(|word| assert_eq!(sign("sign", word), Ok(expected), "{word}"));
    }
    assert!(sign("sign", "0").unwrap_err().contains("without a sign"), "0 is unknown");
    assert!(sign("sign", "0.5").unwrap_err().contains("'0.5' is no sign; write +, - or nothing"));
    assert!(sign("inhibitory", "-1").unwrap_err().contains("'-1' in the column 'inhibitory' is no flag"));
}

#[test]
fn a_lognormal_weight_times_minus_one_inhibits() {
    let room = case("m02-inhibitory-lognormal");
    let at_3_ms = |rows: &str| {
        printed(&room, &["run", "inh.toml", "--set", &format!("plan.rows={rows}"), "--device", "cpu", "--out", rows]);
        let text = std::fs::read_to_string(room.path(&format!("{rows}/traces_b_I_syn_in.csv"))).unwrap();
        let row = text.lines().find(|line| line.starts_with("3.0,") || line.starts_with("3,")).unwrap().to_owned();
        row.split(',').skip(1).map(|field| field.parse().unwrap()).collect::<Vec<f64>>()
    };
    let stored = at_3_ms("stored");
    assert_eq!(stored.len(), 50);
    assert!(stored.iter().all(|current| *current < 0.0), "{stored:?}");
    let (mean, expected) = (stored.iter().sum::<f64>() / 50.0, -50.0 * 3.125f64.exp());
    let error = expected.abs() * (0.25f64.exp_m1() / 2_500.0).sqrt();
    assert!((mean - expected).abs() < 4.0 * error, "{mean} and {expected}, give or take {error}");
    assert_eq!(at_3_ms("drawn"), stored);
}

#[test]
fn a_weight_that_a_conductance_does_not_take_is_refused_by_name() {
    let room = Room::new("conductances");
    room.write("list.csv", "source,target,weight\n0,1,2.0\n1,0,-3.0\n");
    room.write("net.csv", "source,target,weight,sign\nA,B,2,+\nA,C,3,-\n");
    let net = |projection: &str| {
        let text = format!(
            "[simulation]\nduration = 1.0\n[[population]]\nname = \"n\"\nmodel = \"iaf_cond_exp\"\nconnectome = \"net.csv\"\n\
             [[{projection}\n"
        );
        room.write("run.toml", text);
    };
    let rule = "projection]]\nfrom = \"n\"\nto = \"n\"\nrule = \"all_to_all\"";
    let list = "projection]]\nfrom = \"n\"\nto = \"n\"\nfile = \"list.csv\"";
    let edges = "projection]]\nfrom = \"n\"\nto = \"n\"\nconnectome = \"net.csv\"";
    let drive = "stimulus]]\nto = \"n\"\ntype = \"poisson_generator\"\nrate = 10.0";
    let spikes = "stimulus]]\nto = \"n\"\ntype = \"spike_generator\"\nspike_times = [0.5]";
    for (keys, receptor, side) in [
        (format!("{rule}\nweight = -2.0"), "ex", "below"),
        (format!("{rule}\nweight = 2.0"), "in", "above"),
        (format!("{rule}\nweight = {{ normal = {{ mean = 1.0, sd = 1.0 }} }}"), "ex", "below"),
        (format!("{rule}\nweight = {{ lognormal = {{ mean = 1.0, sd = 1.0 }} }}"), "in", "above"),
        (list.to_owned(), "ex", "below"),
        (list.to_owned(), "in", "above"),
        (edges.to_owned(), "ex", "below"),
        (format!("{drive}\nweight = -2.0"), "ex", "below"),
        (format!("{spikes}\nweight = 2.0"), "in", "above"),
    ] {
        net(&format!("{keys}\nreceptor = \"{receptor}\""));
        let sentence = room.refused(&["run", "run.toml", "--out", "o"]);
        let expected = format!("receptor {receptor} of iaf_cond_exp is a conductance and takes no weight {side} 0");
        assert!(sentence.contains(&expected) && sentence.contains("-> n"), "{keys}: {sentence}");
        assert!(sentence.contains("leave receptor out"), "{sentence}");
        net(&keys);
        printed(&room, &["run", "run.toml", "--out", "o", "--force"]);
        std::fs::remove_dir_all(room.path("o")).unwrap();
    }
    for (weight, receptor) in [("-2.0", "in"), ("0.0", "in"), ("0.0", "ex"), ("2.0", "ex")] {
        net(&format!("{rule}\nweight = {weight}\nreceptor = \"{receptor}\""));
        printed(&room, &["run", "run.toml", "--out", "o", "--force"]);
    }
}

#[test]
fn initial_conductances_below_zero_are_refused_at_every_way_in() {
    let room = Room::new("initial-conductances");
    room.write("g.csv", "g_in\n0.5\n-0.5\n");
    room.write("neurons.csv", "index,g_ex\n0,1.0\n1,-2.0\n");
    room.write("fine.csv", "index,g_ex\n0,1.0\n1,0.0\n");
    let net = |model: &str, keys: &str| {
        let text = format!(
            "[simulation]\nduration = 1.0\n[[population]]\nname = \"n\"\nsize = 2\nmodel = \"{model}\"\n{keys}\n"
        );
        room.write("run.toml", text);
    };
    let draws = "must be 0 or greater, and draws of this distribution may be less; keep them within, as by min = 0";
    for (keys, said) in [
        ("initial = { g_ex = -1.0 }", "n.g_ex = -1 must be 0 nS or greater"),
        ("initial = { g_in = [0.5, -0.25] }", "n.g_in = -0.25 must be 0 nS or greater"),
        ("initial = { g_in = { file = \"g.csv\" } }", "n.g_in = -0.5 must be 0 nS or greater"),
        ("neurons = \"neurons.csv\"", "n.g_ex = -2 must be 0 nS or greater"),
        ("initial = { refractory = -1.0 }", "n.refractory = -1 must be a whole number from 0 to 16777216"),
        ("initial = { g_ex = { normal = { mean = 50.0, sd = 1.0 } } }", draws),
        ("initial = { g_ex = { uniform = { low = -0.1, high = 1.0 } } }", draws),
        ("initial = { g_in = { exponential = { mean = 1.0 }, factor = -1.0 } }", draws),
        ("initial = { g_in = { uniform_int = { low = -1, high = 3 } } }", draws),
    ] {
        for model in ["iaf_cond_exp", "iaf_cond_alpha"] {
            net(model, keys);
            let sentence = room.refused(&["run", "run.toml", "--out", "o"]);
            assert!(sentence.contains(said) && sentence.contains("n."), "{keys}: {sentence}");
        }
    }
    net("iaf_cond_exp", "");
    let sentence = room.refused(&["run", "run.toml", "--out", "o", "--set", "n.g_ex=-3"]);
    assert!(sentence.contains("n.g_ex = -3 must be 0 nS or greater"), "{sentence}");
    for (model, keys) in [
        ("iaf_cond_exp", "initial = { g_ex = 0.0, g_in = [1.0, 0.0] }"),
        ("iaf_cond_exp", "initial = { g_ex = { normal = { mean = 5.0, sd = 1.0 }, min = 0.0 } }"),
        ("iaf_cond_exp", "initial = { g_ex = { binomial = { n = 5, p = 0.5 } } }"),
        ("iaf_cond_exp", "neurons = \"fine.csv\""),
        // A conductance may fall, and a current have either sign.
        ("iaf_cond_alpha", "initial = { dg_ex = -1.0 }"),
        ("iaf_psc_exp", "initial = { I_syn_ex = -1.0, V_m = { normal = { mean = -60.0, sd = 1.0 } } }"),
    ] {
        net(model, keys);
        printed(&room, &["run", "run.toml", "--device", "cpu", "--out", "o"]);
        std::fs::remove_dir_all(room.path("o")).unwrap();
    }
}

#[test]
fn what_a_receptor_takes_is_declared_and_not_guessed_of_its_unit() {
    let refuses = |unit: &'static str, takes: Takes, weight: f64| {
        let inner = neuropil::models::named("iaf_psc_exp", "test").unwrap();
        let channels: &'static [Channel] =
            vec![Channel { name: "ex", unit, takes }, inner.declaration().channels[1]].leak();
        let Declaration { name, about, parameters, state, derived, multiple, draws, max_spikes, .. } =
            *inner.declaration();
        let declaration =
            Declaration { name, about, parameters, state, derived, channels, multiple, draws, max_spikes };
        let model = Altered { declaration: Some(Box::leak(Box::new(declaration))), ..Altered::new(&inner) };
        let mut net = Network::new(0.1.ms());
        let all = net.add_population(Population::new("n", 2, Arc::new(model)).unwrap()).unwrap();
        net.connect(&all, &all, AllToAll, Static::new(weight, 1.0).at_receptor("ex")).unwrap();
        Plan::<i32>::new(&net, 1, &PlanOptions::default()).is_err()
    };
    for unit in ["uS", "nS", "pA"] {
        assert!(refuses(unit, Takes::NonNegative, -1.0) && !refuses(unit, Takes::NonNegative, 1.0), "{unit}");
        assert!(!refuses(unit, Takes::Positive, -1.0), "{unit}: a current takes both signs where it is named");
        assert!(refuses(unit, Takes::Magnitude, 1.0) && !refuses(unit, Takes::Magnitude, -1.0), "{unit}");
    }
}

/// `largest_weight_error` of 20,000 weights drawn from a distribution, beside one constant weight of another projection.
fn drawn_error(room: &Room, drawn: &str, beside: &str) -> f64 {
    room.write(
        "net.toml",
        format!(
            "[simulation]\nduration = 1.0\ndevice = \"cpu\"\n[[population]]\nname = \"n\"\nsize = 100\nmodel = \"iaf_psc_exp\"\n\
             [[projection]]\nfrom = \"n\"\nto = \"n\"\nrule = \"fixed_indegree\"\nindegree = 200\nweight = {drawn}\n\
             [[projection]]\nfrom = \"n\"\nto = \"n\"\nrule = \"one_to_one\"\nweight = {beside}\n"
        ),
    );
    let text = printed(room, &["run", "net.toml", "--out", "out", "--force", "--json"]);
    serde_json::from_str::<serde_json::Value>(&text).unwrap()["largest_weight_error"].as_f64().unwrap()
}

#[test]
fn drawn_weights_that_are_rounded_to_nothing_are_told() {
    let room = Room::new("drawn-error");
    let uniform = "{ uniform = { low = 0.5, high = 1.5 } }";
    assert_eq!(drawn_error(&room, uniform, "1e10"), 1.0);
    assert_eq!(drawn_error(&room, "{ normal = { mean = 0.01, sd = 0.001 } }", "1e8"), 1.0);
    assert_eq!(drawn_error(&room, "{ lognormal = { mean = 0.0, sd = 4.0 } }", "1.0"), 1.0);
    // The partners: nothing is lost where weights are of one size, or of few.
    for drawn in [uniform, "{ normal = { mean = 1.0, sd = 0.1 } }", "{ exponential = { mean = 1.0 } }"] {
        assert!(drawn_error(&room, drawn, "1.0") < 0.01, "{drawn}");
    }
}

#[test]
fn drawn_delays_below_a_step_are_not_drawn_again_unless_asked() {
    let room = Room::new("drawn-delays");
    let run = |delay: &str| {
        room.write(
            "net.toml",
            format!(
                "[simulation]\nduration = 1.0\ndevice = \"cpu\"\n[[population]]\nname = \"n\"\nsize = 10\n\
                 model = \"iaf_psc_exp\"\n[[projection]]\nfrom = \"n\"\nto = \"n\"\nrule = \"all_to_all\"\ndelay = {delay}\n"
            ),
        );
    };
    for (delay, share) in [
        ("{ normal = { mean = -1.0, sd = 1.0 } }", "85.3 %"),
        ("{ normal = { mean = 1.0, sd = 1.0 } }", "17.1 %"),
        ("{ uniform_int = { low = 0, high = 3 } }", "25.0 %"),
    ] {
        run(delay);
        let said = room.refused(&["run", "net.toml"]);
        assert!(said.contains(&format!("{share} of the draws of its delay lie below half a step")), "{said}");
    }
    for delay in ["{ normal = { mean = 1.0, sd = 1.0 }, min = 0.1 }", "{ normal = { mean = 1.5, sd = 0.5 } }"] {
        run(delay);
        printed(&room, &["run", "net.toml", "--out", "out", "--force"]);
    }
}
