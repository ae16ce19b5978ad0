//! Files that the Python package wrote: read, played as numpy plays them, written and read again.

use neuropil::train::nir::{self, Current, Entry, Graph, Integration, Kind, Node, Options, Tool, Values, play};

use super::{golden, signals, told};

const NAMES: [&str; 5] = ["lif", "deep", "recurrent", "convolution", "delays"];

fn read(name: &str) -> Graph {
    nir::read(golden(&format!("{name}.nir"))).unwrap()
}

/// What a graph makes of the input that numpy had.
fn played(graph: &Graph, expected: &str, options: Options) -> (Vec<f64>, Vec<f64>) {
    let told = told(&format!("{expected}.json"));
    let options = Options { dt: Some(told.dt), integration: Some(Integration::Euler), ..options };
    let steps = graph.discretise(options).unwrap();
    let (input, output) = (steps.inputs()[0].0.to_owned(), steps.outputs()[0].0.to_owned());
    let played = play(&steps, told.steps, &signals(&input, &told.input), &[]).unwrap();
    (played[&output].clone(), told.output)
}

#[test]
fn files_of_other_tools_do_what_those_tools_make_of_them() {
    for name in ["snntorch", "norse"] {
        let (ours, theirs) = played(&read(name), name, Options::default());
        assert_eq!(ours.len(), theirs.len());
        // They sum in 32 bits, and r * dt / tau is 1 but for their rounding; spikes are the same.
        let apart = |(a, b): (&f64, &f64)| (a - b).abs() > 1e-6;
        assert_eq!(ours.iter().zip(&theirs).filter(|pair| apart(*pair)).count(), 0, "{name}");
        let told = told(&format!("{name}.json"));
        let exact = Options { dt: Some(told.dt), integration: Some(Integration::Exact), ..Options::default() };
        let steps = read(name).discretise(exact).unwrap();
        let exact = &play(&steps, told.steps, &signals("input", &told.input), &[]).unwrap()["output"];
        assert!(exact.iter().zip(&theirs).filter(|pair| apart(*pair)).count() > 10, "{name}: steps otherwise are seen");
    }
    let warnings = read("norse").discretise(Options {
        dt: Some(1e-3),
        integration: Some(Integration::Euler),
        ..Options::default()
    });
    let words = "the edge input -> 0: what leaves in the shape [1, 6] and enters in [6]";
    assert!(warnings.unwrap().warnings().iter().any(|warning| warning.contains(words)));
}

fn differ(one: &[f64], other: &[f64]) -> usize {
    assert_eq!(one.len(), other.len());
    one.iter().zip(other).filter(|(a, b)| (*a - *b).abs() > 1e-12).count()
}

#[test]
fn graphs_of_the_python_package_do_what_numpy_makes_of_them() {
    for name in NAMES {
        let (ours, theirs) = played(&read(name), name, Options::default());
        assert_eq!(differ(&ours, &theirs), 0, "{name}");
        let active = theirs.iter().filter(|value| **value != 0.0).count();
        assert!(active * 20 > theirs.len() && active * 10 < theirs.len() * 9 || name == "deep", "{name}: {active}");
    }
}

#[test]
fn another_order_of_eulers_steps_is_another_network_and_norses() {
    let last = Options { current: Some(Current::Last), ..Options::default() };
    let (ours, theirs) = played(&read("deep"), "deep_current_last", last);
    assert_eq!(differ(&ours, &theirs), 0);
    let (first, _) = played(&read("deep"), "deep", Options::default());
    assert!(differ(&first, &theirs) > 20);
}

#[test]
fn exact_steps_in_place_of_eulers_and_another_dt_are_seen() {
    let told = told("lif.json");
    let graph = read("lif");
    let outputs = |dt: f64, integration: Integration| {
        let options = Options { dt: Some(dt), integration: Some(integration), ..Options::default() };
        let played = play(&graph.discretise(options).unwrap(), told.steps, &signals("input", &told.input), &[]);
        played.unwrap()["output"].clone()
    };
    assert_eq!(differ(&outputs(told.dt, Integration::Euler), &told.output), 0);
    assert!(differ(&outputs(told.dt, Integration::Exact), &told.output) > 5);
    assert!(differ(&outputs(told.dt / 2.0, Integration::Euler), &told.output) > 5);
}

#[test]
fn what_is_read_and_written_and_read_again_is_equal_bit_for_bit() {
    let room = crate::support::room::Room::new("nir_written");
    for name in NAMES.into_iter().chain(["snntorch", "norse"]) {
        let (graph, path) = (read(name), room.path(&format!("{name}.nir")));
        nir::write(&graph, &path).unwrap();
        let again = nir::read(&path).unwrap();
        assert_eq!(graph, again, "{name}");
        assert_ne!(again, again.clone().with_metadata("more", neuropil::train::nir::Data::number(1.0)));
    }
}

#[test]
fn metadata_of_nested_graphs_and_shapes_of_convolutions_are_written() {
    let room = crate::support::room::Room::new("nir_nested");
    let number = neuropil::train::nir::Data::number;
    let inner = read("recurrent").with_metadata("own", number(2.0));
    let [enters, leaves] = [super::input(3), super::output(2)];
    let nested =
        super::graph(vec![("in", enters), ("g", Node::nested(inner)), ("out", leaves)], &[("in", "g"), ("g", "out")]);
    let nested = nested.unwrap().with_metadata("outer", number(1.0));
    nir::write(&nested, room.path("nested.nir")).unwrap();
    let again = nir::read(room.path("nested.nir")).unwrap();
    assert_eq!(again, nested);
    assert!(again.nodes()["g"].metadata().contains_key("own") && !again.metadata.contains_key("own"));

    let convolution = read("convolution");
    let parameters = convolution.nodes()["first"].parameters().clone();
    let names = ["weight", "stride", "padding", "dilation", "groups", "bias"];
    let bare = Node::new(Kind::Conv2d, names.map(|name| (name, parameters[name].clone()))).unwrap();
    let nodes = convolution
        .nodes()
        .iter()
        .map(|(name, node)| (name.clone(), if name == "first" { bare.clone() } else { node.clone() }));
    let bare = Graph::new(nodes, convolution.edges().to_vec()).unwrap();
    assert_ne!(bare, convolution);
    nir::write(&bare, room.path("bare.nir")).unwrap();
    assert_eq!(nir::read(room.path("bare.nir")).unwrap(), convolution, "its input shape is that of what leads to it");
}

#[test]
fn types_texts_and_nested_entries_are_read_as_they_are() {
    let graph = read("deep");
    let entry = |name: &str| graph.metadata.get(name).unwrap();
    assert!(matches!(entry("dt"), Entry::Data(dt) if dt.as_number() == Some(1e-4) && dt.shape().is_empty()));
    assert!(matches!(entry("note"), Entry::Data(note) if note.as_text() == Some("Schicht für Schicht – три")));
    let Entry::Group(deeper) = entry("deeper") else { panic!("a group") };
    assert!(
        matches!(&deeper["flag"], Entry::Data(flag) if matches!(flag.values(), Values::Bool(all) if all == &[true]))
    );
    assert!(
        matches!(&deeper["names"], Entry::Data(names) if matches!(names.values(), Values::Text(all) if all == &["a", "b"]))
    );
    assert!(matches!(&deeper["list"], Entry::Data(list) if list.wholes() == Some(vec![0, 1, 2])));
    assert!(matches!(graph.nodes()["a"].get("weight").unwrap().values(), Values::F32(all) if all.len() == 30));
    assert!(matches!(graph.nodes()["lif"].get("tau").unwrap().values(), Values::F64(all) if all == &[4e-4; 6]));
}

#[test]
fn a_nested_graph_is_kept_nested_and_told_in_words_and_json() {
    let graph = read("recurrent");
    let inner = graph.nodes()["rec"].graph().unwrap();
    assert_eq!(inner.nodes()["w_rec"].kind(), Kind::Affine);
    let words = graph.describe();
    for line in ["rec.w_rec  Affine  5 x 5", "rec.lif -> rec.w_rec", "input  Input  3"] {
        assert!(words.contains(line), "{line}: {words}");
    }
    let json = graph.as_json();
    assert_eq!(json["nodes"]["rec"]["nodes"]["lif"]["parameters"]["tau"]["shape"], serde_json::json!([5]));
    assert_eq!(json["edges"][0], serde_json::json!(["input", "fc"]));
    assert_eq!(read("deep").as_json()["metadata"]["dt"], serde_json::json!(1e-4));
}

#[test]
fn dt_in_the_metadata_is_used_and_another_is_told() {
    let graph = read("deep");
    let euler = Options { integration: Some(Integration::Euler), ..Options::default() };
    let steps = graph.discretise(euler).unwrap();
    assert_eq!(steps.dt(), 1e-4);
    assert!(steps.warnings().iter().any(|w| w.contains("current is, as in snnTorch")), "{:?}", steps.warnings());
    let steps = graph.discretise(Options { dt: Some(2e-4), ..euler }).unwrap();
    assert_eq!(steps.dt(), 2e-4);
    assert!(steps.warnings().iter().any(|w| w.contains("metadata say 0.0001 s")), "{:?}", steps.warnings());
}

#[test]
fn what_other_tools_take_otherwise_is_told() {
    let told = |name: &str, tool: Tool| read(name).strange_to(tool);
    assert_eq!(told("snntorch", Tool::SnnTorch), Vec::<String>::new());
    assert_eq!(told("norse", Tool::Norse), Vec::<String>::new());
    let holds = |sentences: &[String], words: &str| {
        assert!(sentences.iter().any(|sentence| sentence.contains(words)), "{words}: {sentences:?}");
    };
    let snntorch = told("delays", Tool::SnnTorch);
    holds(&snntorch, "node 'delay' (Delay): snnTorch has no such node");
    holds(&snntorch, "snnTorch plays steps of 0.0001 s, and this graph is for 0.001 s");
    holds(&snntorch, "node 'if' (IF): snnTorch makes a Leaky of it");
    holds(&told("deep", Tool::SnnTorch), "node 'cuba' (CubaLIF): snnTorch refuses a v_leak other than 0");
    holds(&told("deep", Tool::Norse), "node 'cuba' (CubaLIF): norse lets the current decay to v_leak, too");
    holds(&told("lif", Tool::SnnTorch), "node 'lif' (LIF): snnTorch refuses thresholds that differ");
    holds(&told("recurrent", Tool::Norse), "node 'rec.lif' (LIF): norse takes r as 1");
}
