//! Connectomes written and read back: all of it returns bit for bit, or a sentence says what would be lost.

use std::path::{Path, PathBuf};

use neuropil::connectomes::{Connectome, Edge, EdgeKind, Node, Part, ReadOptions, Side, WriteFormat};

use super::{file, zip};

/// Formats that hold everything, edge lists with the table of nodes beside them.
const WHOLE: &[&str] =
    if cfg!(feature = "formats") { &["csv", "csv.gz", "npz", "graphml", "parquet"] } else { &["csv", "csv.gz", "npz"] };

fn node(name: &str) -> Node {
    Node { name: name.to_owned(), ..Node::default() }
}

fn edge(source: u32, target: u32, weight: f64) -> Edge {
    Edge { source, target, weight, ..Edge::default() }
}

fn connectome(nodes: Vec<Node>, edges: Vec<Edge>) -> Connectome {
    Connectome { name: "made up".to_owned(), nodes, edges, ..Connectome::default() }
}

/// Three nodes with names and numbers that are easily lost, and a fourth without an edge.
fn plain() -> Connectome {
    let names = ["9007199254740993", "a, \"b\"; c|d\te\r\nf", "#\u{3b1}\u{1f9e0}{x: 1}", "-"];
    let weights = [1e-300, -0.1, 9_007_199_254_740_994.0, f64::MAX, 5e-324, 1.0 / 3.0, 7.0];
    let pairs = [(0, 1), (1, 0), (1, 1), (1, 2), (2, 0), (2, 1), (2, 2)];
    let edges = pairs.iter().zip(weights).map(|((source, target), weight)| edge(*source, *target, weight));
    connectome(names.map(node).into(), edges.collect())
}

/// The same with everything that may be known.
fn rich() -> Connectome {
    let mut rich = plain();
    rich.nodes[0].kind = Some("Kenyon, \"\u{3b3}\"\n<&>".to_owned());
    rich.nodes[1].category = Some("neuron]]>".to_owned());
    rich.nodes[2].position = Some([1.0 / 3.0, -1e300, 0.0]);
    rich.nodes[3].area = Some(0.1);
    rich.nodes[0].cortical = Some(true);
    rich.nodes[1].cortical = Some(false);
    rich.nodes[2].side = Some(Side::Right);
    rich.nodes[3].side = Some(Side::Left);
    rich.edges[0].kind = EdgeKind::Gap;
    rich.edges[1].sign = -1;
    rich.edges[2].sign = 1;
    rich.edges[3].length = Some(0.0);
    rich.edges[4].length = Some(1e-7);
    rich.edges[5].transmitter = Some("ACh, 'GABA'".to_owned());
    // Parallel edges, one of no weight, out of the order of a matrix.
    rich.edges.extend([edge(0, 1, 2.5), edge(0, 1, 2.5), edge(0, 0, 0.0), edge(0, 2, -0.0)]);
    rich
}

fn folder(test: &str) -> PathBuf {
    file(test, "here", "").parent().unwrap().to_path_buf()
}

/// Writes a connectome, with a table of nodes where there is one, and reads it back.
fn back(test: &str, connectome: &Connectome, ending: &str) -> Connectome {
    let (path, table) = (folder(test).join(format!("net.{ending}")), folder(test).join("nodes.csv.gz"));
    let nodes = WriteFormat::of(&path).unwrap().has_node_table().then_some(table);
    connectome.write(&path, nodes.as_deref()).unwrap_or_else(|e| panic!("{ending}: {e}"));
    let options = ReadOptions { nodes, ..ReadOptions::default() };
    Connectome::read(&path, &options).unwrap_or_else(|e| panic!("{ending}: {e}"))
}

/// Nodes and edges, with the bits of weights.
fn content(connectome: &Connectome) -> (Vec<Node>, Vec<(Edge, u64)>) {
    let edges = connectome.edges.iter().map(|edge| (edge.clone(), edge.weight.to_bits()));
    (connectome.nodes.clone(), edges.collect())
}

#[test]
fn everything_comes_back_from_every_format_that_holds_it() {
    for ending in WHOLE {
        let read = back("whole", &rich(), ending);
        assert_eq!(content(&read), content(&rich()), "{ending}");
        assert_eq!(content(&back("whole", &plain(), ending)), content(&plain()), "{ending}");
        let counts = |c: &Connectome| {
            let s = c.statistics().unwrap();
            (s.nodes, s.isolated, s.chemical.edges, s.gap.edges, s.signs, s.lengths, s.hubs)
        };
        assert_eq!(counts(&read), counts(&rich()), "{ending}");
    }
}

/// Something that is done to a connectome.
type Change = fn(&mut Connectome);

/// Each of these changes something that a writer or a reader could drop.
const CHANGES: &[(&str, Change)] = &[
    ("name", |c| c.nodes[1].name.push('x')),
    ("order of nodes", |c| c.nodes.swap(0, 3)),
    ("kind of a node", |c| c.nodes[0].kind = None),
    ("category", |c| c.nodes[1].category = Some("muscle".into())),
    ("position", |c| c.nodes[2].position = Some([1.0 / 3.0, -1e300, 5e-324])),
    ("no position", |c| c.nodes[2].position = None),
    ("area", |c| c.nodes[3].area = Some(0.1f64.next_up())),
    ("cortical", |c| c.nodes[1].cortical = None),
    ("side", |c| c.nodes[2].side = Some(Side::Left)),
    ("weight", |c| c.edges[5].weight = (1.0f64 / 3.0).next_up()),
    ("sign of zero", |c| c.edges[9].weight = -0.0),
    ("gap junction", |c| c.edges[0].kind = EdgeKind::Chemical),
    ("sign", |c| c.edges[1].sign = 1),
    ("no sign", |c| c.edges[2].sign = 0),
    ("length", |c| c.edges[4].length = Some(1e-7f64.next_down())),
    ("no length", |c| c.edges[3].length = None),
    ("transmitter", |c| c.edges[5].transmitter = None),
    ("order of edges", |c| c.edges.swap(1, 2)),
    ("parallel edge", |c| drop(c.edges.remove(8))),
    ("isolated node", |c| drop(c.nodes.pop())),
];

#[test]
fn whatever_is_changed_comes_back_changed() {
    for (what, change) in CHANGES {
        let mut changed = rich();
        change(&mut changed);
        assert_ne!(content(&changed), content(&rich()), "{what} is a change");
        for ending in WHOLE {
            assert_eq!(content(&back("changes", &changed, ending)), content(&changed), "{what} in {ending}");
        }
    }
}

/// What a matrix holds: no parallel edges and none of weight 0, lengths of all edges, in the order of rows.
fn tracts() -> Connectome {
    let mut tracts = plain();
    for (edge, length) in tracts.edges.iter_mut().zip([0.0, 1e-300, 3.0, 0.1, 5.0, 6.0, 7.0]) {
        edge.length = Some(length);
    }
    tracts
}

#[test]
fn a_matlab_matrix_comes_back_with_names_and_lengths() {
    assert_eq!(content(&back("matlab", &tracts(), "mat")), content(&tracts()));
    let mut plain = plain();
    assert_eq!(content(&back("matlab", &plain, "mat")), content(&plain));
    plain.edges.reverse();
    let read = back("matlab", &plain, "mat");
    assert_ne!(content(&read), content(&plain));
    let matrix = WriteFormat::Matlab;
    assert_eq!(plain.unwritten(matrix, false).last().unwrap(), "the order of the edges, which is that of a matrix");
    assert!(!tracts().unwritten(matrix, false).iter().any(|what| what.contains("order")));
    let mut longer = tracts();
    longer.edges[0].length = Some(5e-324);
    assert_eq!(content(&back("matlab", &longer, "mat")), content(&longer));
}

#[test]
fn a_sparse_matrix_of_many_nodes_is_not_made_dense() {
    let names = (0..100_000).map(|i| node(&format!("n{i}"))).collect();
    let mut edges: Vec<Edge> = (0..99_999).map(|i| edge(i, i + 1, f64::from(i) + 0.5)).collect();
    edges.iter_mut().for_each(|edge| edge.length = Some(edge.weight));
    let large = connectome(names, edges);
    for ending in ["mat", "npz"] {
        assert_eq!(content(&back("large", &large, ending)), content(&large), "{ending}");
    }
}

#[test]
fn nodes_without_edges_are_a_connectome_too() {
    let alone = connectome(vec![node("A, \"1\"")], Vec::new());
    let several = connectome(["A", "B", "7"].map(node).into(), Vec::new());
    let looped = connectome(vec![node("7")], vec![edge(0, 0, 1.5)]);
    for ending in WHOLE.iter().chain(&["mat"]) {
        for connectome in [&alone, &several, &looped] {
            assert_eq!(content(&back("few", connectome, ending)), content(connectome), "{ending}");
        }
    }
}

/// What is said where a connectome is not written; there is no file then.
fn refused(test: &str, connectome: &Connectome, name: &str, nodes: Option<&str>) -> String {
    let path = folder(test).join(name);
    let _ = std::fs::remove_file(&path);
    let nodes = nodes.map(|name| folder(test).join(name));
    let error = connectome.write(&path, nodes.as_deref()).expect_err(name);
    assert_eq!(error.exit_code(), 2);
    assert!(!path.exists() && !nodes.is_some_and(|nodes| nodes.exists()), "{name} leaves nothing");
    error.to_string()
}

/// What a connectome may say of a node, and the change that makes it do so.
const OF_A_NODE: [(Part, Change); 6] = [
    (Part::Kind, |c| c.nodes[0].kind = Some("DA".into())),
    (Part::Category, |c| c.nodes[0].category = Some("neuron".into())),
    (Part::Position, |c| c.nodes[0].position = Some([1.0; 3])),
    (Part::Area, |c| c.nodes[0].area = Some(1.0)),
    (Part::Cortical, |c| c.nodes[0].cortical = Some(false)),
    (Part::Side, |c| c.nodes[0].side = Some(Side::Left)),
];

#[test]
fn what_a_matrix_does_not_hold_is_refused_and_can_be_left_out() {
    const LOST: [(Part, Change); 6] = [
        (Part::Gap, |c| c.edges[0].kind = EdgeKind::Gap),
        (Part::Parallel, |c| c.edges.push(Edge { length: Some(0.0), ..edge(0, 1, 1.0) })),
        (Part::Zero, |c| c.edges[0].weight = 0.0),
        (Part::Sign, |c| c.edges[0].sign = -1),
        (Part::Length, |c| c.edges[0].length = None),
        (Part::Transmitter, |c| c.edges[0].transmitter = Some("ACh".into())),
    ];
    for (part, lose) in LOST.into_iter().chain(OF_A_NODE) {
        let mut connectome = tracts();
        lose(&mut connectome);
        let sentence = refused("lost", &connectome, "net.mat", None);
        assert!(sentence.contains(&format!("--without {} ", part.name())), "{sentence}");
        assert!(sentence.contains(part.about()), "{sentence}");
        connectome.leave_out(part);
        // The sum of parallel edges has no length, for theirs differ.
        connectome.leave_out(Part::Length);
        back("lost", &connectome, "mat");
    }
}

#[test]
fn an_edge_list_without_its_nodes_is_refused_where_they_say_something() {
    const LOST: [(Part, Change); 1] = [(Part::Isolated, |c| c.nodes.push(node("alone")))];
    let endings: &[&str] = if cfg!(feature = "formats") { &["csv", "csv.gz", "parquet"] } else { &["csv", "csv.gz"] };
    for ending in endings {
        for (part, lose) in LOST.into_iter().chain(OF_A_NODE) {
            let mut connectome = plain();
            connectome.leave_out(Part::Isolated);
            lose(&mut connectome);
            let sentence = refused("list", &connectome, &format!("net.{ending}"), None);
            let advice = format!("give --node-table nodes.csv, say --without {} to leave them out", part.name());
            assert!(sentence.contains(&advice) && sentence.contains(part.about()), "{sentence}");
            connectome.leave_out(part);
            let path = folder("list").join(format!("net.{ending}"));
            connectome.write(&path, None).unwrap();
            assert_eq!(content(&Connectome::read(&path, &ReadOptions::default()).unwrap()), content(&connectome));
        }
    }
}

#[test]
fn the_order_of_nodes_is_told_where_an_edge_list_changes_it() {
    let told = |edges: Vec<Edge>, table| {
        let net = connectome(["A", "B", "C"].map(node).into(), edges);
        net.unwritten(WriteFormat::EdgeList, table).iter().any(|what| what.contains("the order of the nodes"))
    };
    assert!(!told(vec![edge(0, 1, 1.0), edge(1, 2, 1.0)], false));
    assert!(told(vec![edge(1, 0, 1.0), edge(1, 2, 1.0)], false));
    assert!(!told(vec![edge(1, 0, 1.0), edge(1, 2, 1.0)], true));
}

#[test]
fn parts_are_left_out_one_by_one() {
    for part in Part::ALL {
        let mut connectome = rich();
        let before = connectome.count(part);
        assert!(before > 0, "{}", part.name());
        connectome.leave_out(part);
        assert_eq!(connectome.count(part), 0, "{}", part.name());
        assert_ne!(content(&connectome), content(&rich()), "{}", part.name());
    }
    let mut summed = rich();
    summed.leave_out(Part::Parallel);
    assert_eq!(summed.edges.len(), rich().edges.len() - 1);
    assert_eq!(summed.edges.iter().find(|e| e.weight == 5.0).map(|e| (e.source, e.target)), Some((0, 1)));
}

#[test]
fn names_that_would_come_back_as_others_are_refused() {
    for name in ["7.2e+17", "2.0", " A", "nan", "A\u{200b}"] {
        let net = connectome(vec![node(name), node("B")], vec![edge(0, 1, 1.0)]);
        for ending in WHOLE.iter().chain(&["mat"]) {
            let sentence = refused("names", &net, &format!("net.{ending}"), None);
            assert!(sentence.contains("would not be read back as it is"), "{sentence}");
        }
    }
}

#[test]
fn characters_that_a_format_does_not_hold_are_refused() {
    let net = |name: &str| connectome(vec![node(name), node("B")], vec![edge(0, 1, 1.0)]);
    for (name, ending) in [("A\0B", "csv"), ("A\0B", "npz")] {
        let sentence = refused("letters", &net(name), &format!("net.{ending}"), None);
        assert!(
            sentence.ends_with("does not hold the character \\u{0} of 'A\\u{0}B'; change it, or write .parquet alone"),
            "{sentence}"
        );
    }
    for ending in ["csv", "npz", "mat"] {
        let name = "A\u{1b}[31mB";
        assert_eq!(content(&back("letters", &net(name), ending)), content(&net(name)), "{ending}");
    }
    if cfg!(feature = "formats") {
        let sentence = refused("letters", &net("A\u{1b}B"), "net.graphml", None);
        assert!(sentence.contains("XML does not hold the character \\u{1b} of 'A\\u{1b}B'"), "{sentence}");
        let (odd, path) = (net("A\0\u{1b}B"), folder("letters").join("odd.parquet"));
        let sentence = refused("letters", &odd, "odd.parquet", Some("odd.csv"));
        assert!(sentence.contains("does not hold the character \\u{0}"), "{sentence}");
        odd.write(&path, None).unwrap();
        assert_eq!(content(&super::read(&path)), content(&odd));
    }
}

#[test]
fn texts_that_an_array_would_pad_beyond_measure_are_refused() {
    let mut names: Vec<Node> = (0..60_000).map(|i| node(&i.to_string())).collect();
    names[0].name = "x".repeat(5_000);
    let sentence = refused("padded", &connectome(names, Vec::new()), "net.npz", None);
    assert!(sentence.contains("an array of 60000 texts of 5000 characters would take 2.2 GiB"), "{sentence}");
    assert!(sentence.ends_with("write .parquet"), "{sentence}");
}

#[test]
fn endings_tables_and_nothing_at_all_are_refused() {
    let sentence = refused("ending", &plain(), "net.xlsx", None);
    assert!(sentence.ends_with("end it in one of .csv.gz, .csv, .graphml, .npz, .mat, .parquet"), "{sentence}");
    let sentence = refused("ending", &plain(), "net.npz", Some("nodes.csv"));
    assert!(sentence.contains("leave --node-table out"), "{sentence}");
    let sentence = refused("ending", &Connectome::default(), "net.npz", None);
    assert!(sentence.contains("nothing is left to be written"), "{sentence}");
    let sentence = refused("ending", &plain(), "net.csv", Some("missing/nodes.csv"));
    assert!(sentence.contains("nodes.csv") && sentence.contains("create the folder first"), "{sentence}");
    if cfg!(not(feature = "formats")) {
        let sentence = refused("ending", &plain(), "net.parquet", None);
        assert!(sentence.contains("build with the cargo feature 'formats'"), "{sentence}");
    }
}

#[test]
fn arrays_that_do_not_belong_together_are_refused() {
    let path = folder("forged").join("net.npz");
    rich().write(&path, None).unwrap();
    let whole = std::fs::read(&path).unwrap();
    let mut archive = ::zip::ZipArchive::new(std::io::Cursor::new(whole)).unwrap();
    let mut members: Vec<(String, Vec<u8>)> = Vec::new();
    for at in 0..archive.len() {
        let mut member = archive.by_index(at).unwrap();
        let mut content = Vec::new();
        std::io::copy(&mut member, &mut content).unwrap();
        members.push((member.name().unwrap().into_owned(), content));
    }
    let with = |replaced: &str, by: &str| {
        let found = &members.iter().find(|(name, _)| name == by).unwrap().1;
        let member = |(name, content): &(String, Vec<u8>)| {
            (name.clone(), if name == replaced { found.clone() } else { content.clone() })
        };
        let changed: Vec<(String, Vec<u8>)> = members.iter().map(member).collect();
        let changed: Vec<(&str, &[u8])> = changed.iter().map(|(n, c)| (n.as_str(), c.as_slice())).collect();
        Connectome::read(file("forged", "forged.npz", zip(&changed)), &ReadOptions::default())
    };
    assert_eq!(content(&with("row.npy", "row.npy").unwrap()), content(&rich()));
    for (replaced, by) in [
        ("row.npy", "shape.npy"),
        ("row.npy", "data.npy"),
        ("sign.npy", "area.npy"),
        ("transmitter.npy", "labels.npy"),
        ("labels.npy", "kind.npy"),
        ("labels.npy", "data.npy"),
        ("data.npy", "labels.npy"),
        ("position.npy", "data.npy"),
    ] {
        let error = with(replaced, by).expect_err(&format!("{replaced} {by}")).to_string();
        assert!(!error.contains('\n'), "{error}");
    }
    let options = ReadOptions { array: Some("data".into()), ..ReadOptions::default() };
    let error = Connectome::read(&path, &options).unwrap_err().to_string();
    assert!(error.contains("takes no option array; leave array out"), "{error}");
}

#[test]
fn damaged_copies_of_what_is_written_never_panic() {
    for ending in ["npz", "mat"] {
        let path: &Path = &folder("flipped").join(format!("net.{ending}"));
        tracts().write(path, None).unwrap();
        super::flipped_file("flipped", path, 300);
    }
}

#[cfg(feature = "formats")]
#[test]
fn line_breaks_that_graphml_refers_to_are_kept_and_others_are_blanks() {
    let text = |letter: &str| {
        format!(
            "<graphml><key id=\"k\" for=\"node\" attr.name=\"kind\"/><graph edgedefault=\"directed\">\
             <node id=\"A\"><data key=\"k\">one{letter}two</data></node></graph></graphml>"
        )
    };
    let kind = |letter: &str| super::read(&file("breaks", "net.graphml", text(letter))).nodes[0].kind.clone().unwrap();
    assert_eq!(kind("&#10;"), "one\ntwo");
    assert_eq!(kind("\n"), "one two");
}

#[test]
fn names_beside_a_sparse_matrix_are_read() {
    let named = super::read(&super::fixture("named_csr.npz"));
    assert_eq!(super::weights(&named), [("left", "right, 2", 0.5), ("right, 2", "left", -2.0)]);
    assert_eq!(named.reading.left, ["array 'notes'"]);
    let cells = super::read(&super::fixture("named_cells.mat"));
    assert_eq!(super::weights(&cells), [("left", "\u{3b1}\u{3b2}", 0.5), ("\u{3b1}\u{3b2}", "left", -2.0)]);
}
