//! What is refused, and the sentence.

use neuropil::train::nir::{Data, Graph, Integration, Kind, Node, Options, network, play};

use super::{graph, input, lif, linear, node, output, signals};

fn sentence<T>(result: neuropil::Result<T>, words: &str) {
    let error = result.err().expect("an error");
    let sentence = error.to_string();
    assert!(sentence.contains(words) && error.exit_code() == 2 && !sentence.contains('\n'), "{sentence}");
}

fn chained(middle: Node, [enters, leaves]: [usize; 2]) -> Graph {
    graph(vec![("in", input(enters)), ("x", middle), ("out", output(leaves))], &[("in", "x"), ("x", "out")]).unwrap()
}

fn euler() -> Options {
    Options { dt: Some(1e-3), integration: Some(Integration::Euler), ..Options::default() }
}

#[test]
fn parameters_that_are_missing_unknown_or_of_another_shape() {
    let list = Data::list;
    let lif = |data: Vec<(&'static str, Data)>| Node::new(Kind::Lif, data);
    sentence(lif(vec![("tau", list(&[1.0]))]), "LIF: LIF needs the parameter r, which is missing; it has tau");
    let all = |threshold: &[f64]| {
        vec![
            ("tau", list(&[1.0; 2])),
            ("r", list(&[1.0; 2])),
            ("v_leak", list(&[0.0; 2])),
            ("v_threshold", list(threshold)),
        ]
    };
    assert!(lif(all(&[1.0, 2.0])).is_ok());
    sentence(lif(all(&[1.0])), "v_threshold has the shape [1] and tau has [2]; give all the same");
    sentence(lif(all(&[1.0, f64::NAN])), "v_threshold[1] is NaN, and must be a finite number");
    sentence(lif([all(&[1.0, 2.0]), vec![("t_ref", list(&[1.0]))]].concat()), "LIF has no parameter 't_ref'");
    let weight = || Data::new(&[2, 3], neuropil::train::nir::Values::F64(vec![1.0; 6])).unwrap();
    let affine = Node::new(Kind::Affine, [("weight", weight()), ("bias", list(&[1.0; 3]))]);
    sentence(affine, "bias has the shape [3], and [2] is needed");
    let negative = Node::new(Kind::Delay, [("delay", list(&[-1.0]))]);
    sentence(negative, "delay[0] is -1, and must be 0 or greater");
    sentence(Data::new(&[2, 2], neuropil::train::nir::Values::F64(vec![1.0])), "1 values do not fill the shape [2, 2]");
}

#[test]
fn graphs_that_are_not_whole() {
    let nodes = || vec![("in", input(2)), ("a", lif(2, 1e-2, 1.0, 1.0)), ("out", output(2))];
    sentence(
        graph(nodes(), &[("in", "a"), ("a", "b")]),
        "the edge a -> b leads to node 'b', which is not there; there are a, in, out",
    );
    sentence(graph(nodes(), &[("in", "a"), ("in", "a")]), "the edge in -> a is listed twice");
    sentence(graph(vec![("a", output(1))], &[]), "there is no Input node");
    sentence(graph(vec![("a", input(1))], &[]), "there is no Output node");
    sentence(graph(vec![("in", input(1)), ("in", input(1))], &[]), "there are two of this name");
    let alone = graph(nodes(), &[("in", "a")]).unwrap();
    sentence(alone.discretise(euler()), "no edge leads to 'out', an output of the graph");
}

#[test]
fn shapes_that_do_not_fit() {
    let net = chained(linear([[1.0, 2.0, 3.0]]), [2, 1]);
    let words = "the edge in -> x: what leaves in the shape [2] and enters in [3], which do not fit";
    sentence(net.discretise(euler()), words);
    let pool = ["kernel_size", "stride", "padding"].map(|name| (name, Data::whole_list(&[2, 2])));
    let pool = Node::new(Kind::SumPool2d, pool).unwrap();
    sentence(
        chained(pool, [4, 1]).discretise(euler()),
        "node 'x' (SumPool2d): what enters has the shape [4], and channels x height x width",
    );
}

#[test]
fn a_step_that_is_not_told_is_asked_for() {
    let net = chained(lif(1, 1e-2, 1.0, 1.0), [1, 1]);
    let exact = Some(Integration::Exact);
    sentence(
        net.discretise(Options { integration: exact, ..Options::default() }),
        "the metadata of this graph tell no dt",
    );
    sentence(
        net.discretise(Options { dt: Some(1e-3), ..Options::default() }),
        "give euler, as snnTorch and norse do, or exact",
    );
    sentence(
        net.discretise(Options { dt: Some(0.0), integration: exact, ..Options::default() }),
        "dt = 0 s must be greater than 0",
    );
    let slow = Options { dt: Some(0.02), ..euler() };
    sentence(net.discretise(slow), "node 'x' (LIF): tau = 0.01 s is below dt = 0.02 s");
    assert!(net.discretise(Options { dt: Some(0.02), integration: exact, ..Options::default() }).is_ok());
    let told = net.clone().with_metadata("dt", Data::text("fast"));
    sentence(told.discretise(Options { integration: exact, ..Options::default() }), "dt must be one number above 0");
    let told = |name: &str| net.clone().with_metadata(name, Data::text("later"));
    sentence(told("timing").discretise(euler()), "timing is 'later', and same_step and next_step are known");
    let only_dt = Options { dt: Some(1e-3), ..Options::default() };
    sentence(told("integration").discretise(only_dt), "integration is 'later', and euler and exact are known");
    let exact = net.clone().with_metadata("integration", Data::text("exact"));
    assert_eq!(exact.discretise(only_dt).unwrap().integration(), Integration::Exact);
    let warned = exact.discretise(euler()).unwrap();
    assert!(warned.warnings().iter().any(|w| w.contains("integration is taken as given")), "{:?}", warned.warnings());
    let reset = chained(lif(1, 1e-2, 1.0, 1.0).with_metadata("reset", Data::text("softly")), [1, 1]);
    sentence(reset.discretise(euler()), "node 'x' (LIF): its metadata say reset = 'softly'");
}

#[test]
fn circles_without_a_neuron() {
    let net = graph(
        vec![("in", input(1)), ("a", linear([[1.0]])), ("b", linear([[1.0]])), ("out", output(1))],
        &[("in", "a"), ("a", "b"), ("b", "a"), ("b", "out")],
    );
    sentence(net.unwrap().discretise(euler()), "the nodes a, b lead round in a circle without a neuron");
}

#[test]
fn inputs_that_are_missing_or_too_short() {
    let net = chained(lif(2, 1e-2, 1.0, 1.0), [2, 2]).discretise(euler()).unwrap();
    sentence(
        play(&net, 2, &signals("in", &[0.0; 3]), &[]),
        "input 'in': it has 3 values, and 2 steps of 2 units are needed",
    );
    sentence(play(&net, 2, &signals("inn", &[0.0; 4]), &[]), "input 'in': nothing is given");
    sentence(play(&net, 2, &signals("in", &[0.0; 4]), &["y"]), "unknown node 'y'");
}

#[test]
fn what_the_engine_cannot_do_exactly() {
    let refuse = |middle: Node, options: Options, words: &str| {
        sentence(network(&chained(middle, [1, 1]).discretise(options).unwrap()), words);
    };
    let exact = Options { integration: Some(Integration::Exact), ..euler() };
    let data = [("r", 1e3), ("v_threshold", 1.0), ("v_reset", 0.5)].map(|(name, value)| (name, Data::list(&[value])));
    let subtract = node(Kind::If, data).with_metadata("reset_mechanism", Data::text("subtract"));
    refuse(
        subtract,
        euler(),
        "node 'x' (IF): its reset by subtraction leads from v_threshold to v_reset, and in the engine to rest",
    );
    refuse(lif(1, 1e-2, -1.0, 1.0), euler(), "node 'x' (LIF): r must be greater than 0");
    refuse(lif(1, 1e-3, 1.0, 1.0), euler(), "tau = 0.001 s is dt, with which a step of Euler's forgets all");
    refuse(lif(1, 1e-2, 1.0, -1.0), euler(), "v_reset = 0 must be below v_threshold = -1");
    let data = [("tau_syn", 5e-3), ("tau_mem", 1e-2), ("r", 1.0), ("v_leak", 0.0), ("v_threshold", 1.0)];
    let cuba = || node(Kind::CubaLif, data.map(|(name, value)| (name, Data::list(&[value]))));
    refuse(cuba(), exact, "node 'x' (CubaLIF): the engine takes what enters at the end of a step");
    assert!(network(&chained(cuba(), [1, 1]).discretise(euler()).unwrap()).is_ok());
}

#[cfg(feature = "formats")]
mod files {
    use super::sentence;
    use crate::support::room::Room;
    use crate::train::nir::golden;
    use neuropil::train::nir::read;

    #[test]
    fn files_that_are_cut_off_or_no_hdf5() {
        let room = Room::new("nir_refused");
        let whole = std::fs::read(golden("deep.nir")).unwrap();
        for part in [100, 2_000, whole.len() / 2, whole.len() - 1_000] {
            room.write("cut.nir", &whole[..part]);
            sentence(read(room.path("cut.nir")), "it is HDF5 that cannot be read");
        }
        room.write("text.nir", "[nodes]");
        sentence(read(room.path("text.nir")), "it is not HDF5; a NIR file is, as nir.write of Python makes it");
        sentence(read(room.path("none.nir")), "there is no such file");
        let others = std::path::PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/formats/fixtures/plain.h5");
        assert!(others.exists(), "{}", others.display());
        sentence(read(others), "it is HDF5 without the group 'node'");
    }

    #[test]
    fn damaged_bytes_end_as_a_sentence() {
        let room = Room::new("nir_damaged");
        let whole = std::fs::read(golden("lif.nir")).unwrap();
        let mut refused = 0;
        for at in (0..whole.len()).step_by(97) {
            let mut damaged = whole.clone();
            damaged[at] ^= 0x55;
            room.write("damaged.nir", &damaged);
            refused += usize::from(read(room.path("damaged.nir")).is_err());
        }
        assert!(refused > 10, "{refused}");
    }

    #[test]
    fn files_with_faults_of_their_own() {
        for (name, words) in [
            ("unknown", "unknown type 'Lif' in node 'lif'; did you mean 'LIF'?"),
            ("missing", "node 'lif': LIF needs the parameter v_threshold, which is missing"),
            ("shape", "node 'lif': r has the shape [2] and tau has [3]"),
            ("nowhere", "the graph: the edge lif -> nobody leads to node 'nobody', which is not there"),
            ("endless", "the graph: there is no Output node"),
            ("single", "it holds a node of type LIF alone"),
            ("nested", "node 'inner.lif': LIF needs the parameter v_threshold"),
        ] {
            let path = golden(&format!("wrong/{name}.nir"));
            sentence(read(&path), words);
            sentence(read(&path), &format!("{name}.nir: "));
        }
    }
}
