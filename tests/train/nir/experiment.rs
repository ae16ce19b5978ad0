//! Graphs as experiments and experiments as graphs, by the program: what is run is what is played.

use std::path::Path;

use neuropil::prelude::*;
use neuropil::train::nir::{self, Data, Graph, Integration, Kind, Options, Signals};

use super::{golden, graph, input, linear, node, output, signals, told};
use crate::support::program::Room;

/// Runs the program, which must be content, and gives what it says.
fn said(room: &Room, arguments: &[&str]) -> String {
    let output = room.run(arguments);
    assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

/// An input as the table that `--input` takes.
fn table(values: &[f64], units: usize) -> String {
    let some = values.iter().enumerate().filter(|(_, value)| **value != 0.0);
    let rows = some.map(|(at, value)| format!("{},{},{value}\n", at / units + 1, at % units));
    format!("step,unit,value\n{}", rows.collect::<String>())
}

/// The lines of a table that the program wrote, field by field.
fn rows(room: &Room, file: &str) -> Vec<Vec<String>> {
    let text = std::fs::read_to_string(room.path(file)).unwrap();
    text.lines().map(|line| line.split(',').map(str::to_owned).collect()).collect()
}

/// The experiment in a folder.
fn experiment(room: &Room, folder: &str) -> String {
    std::fs::read_to_string(room.path(&format!("{folder}/experiment.toml"))).unwrap()
}

/// What a run of the experiment in `folder` gives of the node `name`, [step, unit] in `steps` steps of the graph, read
/// as the experiment's own comments say.
fn run(room: &Room, folder: &str, name: &str, (steps, units): (usize, usize)) -> Vec<f64> {
    let out = format!("run-{folder}");
    let file = format!("{folder}/experiment.toml");
    said(room, &["run", &file, "--out", &out, "--set", "simulation.device=cpu"]);
    let text = experiment(room, folder);
    let start = format!("# \"{name}\": ");
    let mut lines = text.lines().skip_while(|line| !line.starts_with(&start));
    let line = lines.next().unwrap();
    let population = line.split(" of population \"").nth(1).unwrap().split('"').next().unwrap();
    let (later, dt) = line.split("(k + ").nth(1).unwrap().split_once(") x ").unwrap();
    let (later, dt): (usize, f64) = (later.parse().unwrap(), dt.split(' ').next().unwrap().parse().unwrap());
    let mut values = vec![0.0; steps * units];
    if line.contains(": its spikes of") {
        for row in rows(room, &format!("{out}/spikes.csv")).into_iter().skip(1).filter(|row| row[1] == population) {
            let step = (row[0].parse::<f64>().unwrap() / dt).round() as usize;
            let step = step.checked_sub(later + 1).filter(|step| *step < steps);
            if let Some(step) = step {
                values[step * units + row[2].parse::<usize>().unwrap()] += 1.0;
            }
        }
        return values;
    }
    let (scale, leak): (Vec<f64>, Vec<f64>) = match lines.next().unwrap().strip_prefix("# v = V_m x scale + leak") {
        Some(rest) => {
            let file = rest.split(" as in ").nth(1).unwrap();
            let rows = rows(room, &format!("{folder}/{file}")).into_iter().skip(1);
            rows.map(|row| (row[1].parse::<f64>().unwrap(), row[2].parse::<f64>().unwrap())).unzip()
        }
        None => {
            let line = text.lines().find_map(|line| line.strip_prefix("# v = V_m x ")).unwrap();
            let (scale, leak) = line.split_once(" + ").unwrap();
            (vec![scale.parse().unwrap(); units], vec![leak.parse().unwrap(); units])
        }
    };
    let table = rows(room, &format!("{out}/traces_{population}_V_m.csv"));
    for (at, value) in values.iter_mut().enumerate() {
        let (step, unit) = (at / units, at % units);
        *value = table[1 + later + step][1 + unit].parse::<f64>().unwrap() * scale[unit] + leak[unit];
    }
    values
}

/// A graph, its input, and what the engine plays of it.
struct Case {
    graph: Graph,
    options: Options,
    input: Vec<f64>,
    units: usize,
    steps: usize,
    played: Signals,
}

fn case(name: &str) -> Case {
    let (graph, told) = (nir::read(golden(&format!("{name}.nir"))).unwrap(), told(&format!("{name}.json")));
    case_of(graph, told.dt, told.input, told.steps)
}

fn case_of(graph: Graph, dt: f64, input: Vec<f64>, steps: usize) -> Case {
    let options = Options { dt: Some(dt), integration: Some(Integration::Euler), ..Options::default() };
    let stepped = graph.discretise(options).unwrap();
    let (name, units) = (stepped.inputs()[0].0.to_owned(), stepped.inputs()[0].1);
    let played = nir::network(&stepped).unwrap().play(steps, &signals(&name, &input), &[], Device::cpu()).unwrap();
    Case { graph, options, input, units, steps, played }
}

/// Writes an experiment of a case, whose graph lies in `file`, into `folder`, and gives what the program says.
fn write(room: &Room, file: &Path, case: &Case, folder: &str) -> String {
    room.write("in.csv", table(&case.input, case.units));
    let (dt, steps, file) = (case.options.dt.unwrap().to_string(), case.steps.to_string(), file.display().to_string());
    let how = ["--dt", &dt, "--integration", "euler", "--play", &steps, "--input", "in.csv", "--experiment", folder];
    said(room, &[&["nir", &file], &how[..]].concat())
}

/// Differing values of a run of `folder` and of what was played, of all outputs, and how many are not 0.
fn compared(room: &Room, folder: &str, case: &Case) -> (usize, usize) {
    let (mut differ, mut some) = (0, 0);
    for (name, values) in &case.played {
        let run = run(room, folder, name, (case.steps, values.len() / case.steps));
        differ += run.iter().zip(values).filter(|(a, b)| a.to_bits() != b.to_bits()).count();
        some += values.iter().filter(|value| **value != 0.0).count();
    }
    (differ, some)
}

#[test]
fn files_of_other_tools_become_experiments_that_run_as_they_are_played() {
    let room = Room::new("nir_experiment");
    for name in ["lif", "deep", "recurrent", "convolution", "delays", "snntorch", "norse"] {
        let case = case(name);
        let words = write(&room, &golden(&format!("{name}.nir")), &case, name);
        assert!(words.contains("played on the engine") && words.contains("an experiment of"), "{words}");
        let (differ, some) = compared(&room, name, &case);
        assert!(differ == 0 && some > 15, "{name}: {differ} of {some}");
        // What the library plays plainly, in f64: the same spikes.
        let steps = case.graph.discretise(case.options).unwrap();
        let input = signals(steps.inputs()[0].0, &case.input);
        let plain = nir::play(&steps, case.steps, &input, &[]).unwrap();
        for (output, values) in &case.played {
            let apart = |(a, b): (&f64, &f64)| (a - b).abs() > 2e-5 * (1.0 + b.abs());
            assert_eq!(values.iter().zip(&plain[output]).filter(|pair| apart(*pair)).count(), 0, "{name}: {output}");
        }
    }
}

#[test]
fn another_weight_in_the_tables_is_another_run() {
    let room = Room::new("nir_experiment_weight");
    let case = case("recurrent");
    write(&room, &golden("recurrent.nir"), &case, "net");
    let path = room.path("net/lif2.csv");
    let text = std::fs::read_to_string(&path).unwrap();
    let changed = text.lines().enumerate().map(|(at, line)| {
        let mut fields: Vec<String> = line.split(',').map(str::to_owned).collect();
        if at == 1 {
            fields[2] = "9.5".to_owned();
        }
        fields.join(",") + "\n"
    });
    let changed = changed.collect::<String>();
    assert_ne!(changed, text);
    std::fs::write(path, changed).unwrap();
    assert!(compared(&room, "net", &case).0 > 0);
}

#[test]
fn potentials_of_neurons_that_differ_are_told_by_a_table() {
    let room = Room::new("nir_experiment_potentials");
    let all = |values: [f64; 3]| Data::list(&values);
    let data = [("tau", all([5e-3, 1e-2, 2e-2])), ("r", all([1.0, 2.0, 3.0])), ("v_leak", all([0.0, 0.5, -1.0]))];
    let nodes = vec![
        ("in", input(2)),
        ("w", linear([[1.0, 0.5], [-0.5, 2.0], [0.25, 1.0]])),
        ("read", node(Kind::Li, data)),
        ("out", output(3)),
    ];
    let graph = graph(nodes, &[("in", "w"), ("w", "read"), ("read", "out")]).unwrap();
    nir::write(&graph, room.path("net.nir")).unwrap();
    let case = case_of(graph, 1e-3, (0..80).map(|i| f64::from(i * i % 7 % 2)).collect(), 40);
    write(&room, &room.path("net.nir"), &case, "net");
    let (differ, some) = compared(&room, "net", &case);
    assert!(differ == 0 && some > 100, "{differ} of {some}");
    let factors = std::fs::read_to_string(room.path("net/read.potential.csv")).unwrap();
    let others = factors.replacen(",0.5\n", ",0.25\n", 1);
    assert_ne!(others, factors);
    room.write("net/read.potential.csv", others);
    std::fs::remove_dir_all(room.path("run-net")).unwrap();
    assert_eq!(compared(&room, "net", &case).0, 40);
}

#[test]
fn a_silent_input_spikes_once_its_lines_are_no_comments() {
    let room = Room::new("nir_experiment_silent");
    let case = case("lif");
    let file = golden("lif.nir").display().to_string();
    let words = said(&room, &["nir", &file, "--dt", "0.001", "--integration", "euler", "--experiment", "net"]);
    assert!(words.contains("an experiment of 1,000 steps, since --play does not say how many"), "{words}");
    let text = experiment(&room, "net");
    assert!(text.contains("The input \"input\" is silent.") && text.contains("duration = 1002"), "{text}");
    let mut comments = false;
    let lines = text.lines().map(|line| {
        comments = (comments || line.starts_with("# [[")) && line.starts_with('#');
        format!("{}\n", if comments { line.trim_start_matches("# ") } else { line })
    });
    // The stimulus stands before the table of the simulation, and the population behind it.
    room.write("net/experiment.toml", lines.collect::<String>());
    let some = case.input.iter().enumerate().filter(|(_, value)| **value != 0.0);
    let spikes = some.map(|(at, _)| format!("{},{}\n", at % case.units, at / case.units + 1)).collect::<String>();
    room.write("net/input.csv", format!("neuron,time_ms\n{spikes}"));
    let (differ, some) = compared(&room, "net", &case);
    assert!(differ == 0 && some > 20, "{differ} of {some}");
}

/// An experiment of two populations behind three inputs, with synapses that are listed, and what more it holds.
fn network(room: &Room, more: &str) -> String {
    for (name, (from, to, delay)) in [("a.csv", (3, 5, 1)), ("back.csv", (5, 5, 3)), ("b.csv", (5, 2, 2))] {
        let pairs = (0..from).flat_map(|i| (0..to).map(move |j| (i, j)));
        let lines = pairs.map(|(i, j)| format!("{i},{j},{},{delay}\n", f64::from((i * 7 + j * 5) % 11 - 3) / 2.0));
        room.write(name, format!("source,target,weight,delay_ms\n{}", lines.collect::<String>()));
    }
    let spikes = (0..90).filter(|i| i % 5 != 2).map(|i| format!("{},{}\n", i % 3, 1 + i / 2)).collect::<String>();
    room.write("spikes.csv", format!("neuron,time_ms\n{spikes}"));
    let population = |name: &str, size: u32, model: &str| {
        format!("[[population]]\nname = \"{name}\"\nsize = {size}\nmodel = \"{model}\"\n")
    };
    let neurons = "params = { V_th = -67.0, t_ref = 0.0, C_m = 20.0, tau_m = 12.0 }\n\n";
    let join = |from: &str, to: &str, file: &str| {
        format!("[[projection]]\nfrom = \"{from}\"\nto = \"{to}\"\nfile = \"{file}\"\n\n")
    };
    let text = format!(
        "[simulation]\ndt = 1.0\nduration = 80.0\ndevice = \"cpu\"\n\n{}\n{}{neurons}{}{neurons}{}{}{}{more}\n",
        population("in", 3, "parrot_neuron"),
        population("middle", 5, "iaf_psc_delta"),
        population("last", 2, "iaf_psc_delta"),
        join("in", "middle", "a.csv"),
        join("middle", "middle", "back.csv"),
        join("middle", "last", "b.csv"),
    );
    room.write("net.toml", &text);
    text
}

const SPIKES: &str =
    "[[stimulus]]\ntype = \"spike_generator\"\nto = \"in\"\nfile = \"spikes.csv\"\nweight = 1.0\ndelay = 1.0\n\n";

#[test]
fn an_experiment_as_a_graph_and_back_gives_the_same_spikes() {
    let room = Room::new("nir_experiment_back");
    network(&room, &format!("{SPIKES}[[record]]\nwhat = \"spikes\"\nfrom = \"last\"\n"));
    said(&room, &["run", "net.toml", "--out", "first"]);
    for integration in ["exact", "euler"] {
        let file = format!("{integration}.nir");
        let words = said(&room, &["nir", "net.toml", "--integration", integration, "--write", &file]);
        assert!(words.contains("stimuli have no form in NIR and are left out"), "{words}");
        // A spike of the generator at step s is that of its parrot, the graph's input, at step s + 1.
        let given = rows(&room, "spikes.csv").into_iter().skip(1);
        let given = given.map(|row| format!("{},{}\n", row[1].parse::<u32>().unwrap() + 1, row[0]));
        room.write("in.csv", format!("step,unit\n{}", given.collect::<String>()));
        let again = ["--play", "80", "--input", "in.csv", "--experiment", integration];
        said(&room, &[&["nir", &file], &again[..]].concat());
        let found = run(&room, integration, "output", (80, 2));
        let mut expected = vec![0.0; 160];
        for row in rows(&room, "first/spikes.csv").into_iter().skip(1).filter(|row| row[1] == "last") {
            // Every spike of such a graph takes a step, to its output, too.
            let step = row[0].parse::<usize>().unwrap();
            if step < 80 {
                expected[step * 2 + row[2].parse::<usize>().unwrap()] += 1.0;
            }
        }
        assert!(expected.iter().sum::<f64>() > 20.0, "{expected:?}");
        assert_eq!(found, expected, "{integration}");
        let changed = experiment(&room, integration)
            .replace("[[record]]", "[[perturb]]\nwhat = \"silence\"\nof = \"in\"\nstart = 20.0\n\n[[record]]");
        room.write(&format!("{integration}/experiment.toml"), changed);
        std::fs::remove_dir_all(room.path(&format!("run-{integration}"))).unwrap();
        assert_ne!(run(&room, integration, "output", (80, 2)), expected, "silenced inputs are not seen");
    }
    // Without a table of spikes, all that sends nothing is an output.
    network(&room, SPIKES);
    let shown = said(&room, &["nir", "net.toml", "--integration", "exact", "--json"]);
    let shown: serde_json::Value = serde_json::from_str(&shown).unwrap();
    assert_eq!(shown["steps"]["units"], serde_json::json!({ "in": 3, "output": 2 }));
    assert!(shown["notes"][0].as_str().unwrap().starts_with("stimuli"), "{shown}");
}

#[test]
fn what_an_experiment_or_a_graph_does_not_hold_is_a_sentence() {
    let room = Room::new("nir_experiment_refused");
    let golden = |name: &str| golden(name).display().to_string();
    let file = golden("recurrent.nir");
    let refused = |more: &[&str]| room.refused(&[&["nir"], more].concat());
    let steps = ["--dt", "0.001", "--integration", "euler"];
    let of_file = |more: &[&str]| refused(&[&[file.as_str()], &steps[..], more].concat());
    std::fs::create_dir(room.path("full")).unwrap();
    room.write("full/notes.txt", "mine");
    assert!(of_file(&["--experiment", "full"]).contains("full: is not empty and holds no earlier run"));
    assert!(of_file(&["--experiment", "full/notes.txt"]).contains("needs a folder"));
    assert!(refused(&[&file, "--experiment", "net"]).contains("give the dt"));
    std::fs::create_dir(room.path("empty")).unwrap();
    let said = of_file(&["--play", "5", "--experiment", "empty", "--write", "empty/again.nir"]);
    assert!(said.contains("empty/again.nir: lies in the folder of --experiment"), "{said}");
    assert!(of_file(&["--play", "0", "--experiment", "net"]).contains("play 1 step at least"));
    let said = refused(&[&golden("deep.nir"), "--integration", "exact", "--experiment", "net"]);
    assert!(said.contains("node 'cuba' (CubaLIF)") && said.contains("take euler"), "{said}");
    // Experiments.
    let of_experiment = |text: &str, words: &[&str]| {
        room.write("net.toml", text);
        let said = refused(&["net.toml", "--integration", "exact"]);
        assert!(words.iter().all(|word| said.contains(word)), "{said}");
    };
    let text = network(&room, SPIKES);
    assert!(refused(&["net.toml"]).starts_with("--integration: say with euler or exact"));
    assert!(
        refused(&["net.toml", "--dt", "0.001", "--integration", "exact"])
            .starts_with("--dt: an experiment has its own")
    );
    let learns = text.replacen("file = \"b.csv\"", "rule = \"all_to_all\"\nsynapse = \"stdp_synapse\"", 1);
    of_experiment(&learns, &["projection middle -> last", "its synapses learn", "net.toml"]);
    let drawn = text.replacen("file = \"b.csv\"", "rule = \"fixed_indegree\"\nindegree = 2", 1);
    of_experiment(&drawn, &["projection middle -> last", "its pairs are drawn by a rule"]);
    let others = text.replace("\"parrot_neuron\"", "\"iaf_psc_delta\"\nparams.t_ref = 0.0");
    of_experiment(&others, &["there is no population of parrot_neuron"]);
    let many = text.replacen("size = 2", "size = 4000000000", 1);
    of_experiment(&many, &["4000000008 neurons are more than the 4194304 that are written"]);
    let wide = text.replacen("size = 3", "size = 20000", 1).replacen("size = 5", "size = 20000", 1);
    let wide = wide.replacen("file = \"a.csv\"", "rule = \"all_to_all\"", 1);
    of_experiment(&wide, &["400000000 synapses are more than the 134217728 that can be listed"]);
    room.write("net.toml", "[simulation");
    assert!(refused(&["net.toml", "--integration", "exact"]).contains("net.toml"));
}
