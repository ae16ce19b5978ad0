//! Graphs and sparse matrices in the formats of other tools: GML, Pajek, node-link JSON, Matrix Market.

use neuropil::connectomes::{Connectome, ReadOptions};

use super::{file, flipped_file, read, weights};

const GML: &str = "Creator \"by hand\"\ngraph [\n directed 1\n node [ id 0 label \"A\" ]\n node [ id 1 label \"B &amp; C\" ]\n \
                   edge [ source 0 target 1 value 5 ]\n edge [ source 1 target 1 value 2.5 ]\n]\n";
const PAJEK: &str = "*Vertices 3\n1 \"a a\" 0.1 0.2\n2 \"b\"\n3 \"c\"\n*Arcs\n1 2 5\n2 3 -2\n*Edges\n1 3 7\n";
const NODE_LINK: &str = r#"{"directed": true, "multigraph": false, "graph": {}, "nodes": [{"id": "a"}, {"id": "b"}],
 "links": [{"weight": 2.5, "source": "a", "target": "b"}, {"weight": 3.0, "source": "b", "target": "a"}]}"#;
const MARKET: &str = "%%MatrixMarket matrix coordinate real general\n% by hand\n3 3 3\n1 2 2.5\n2 3 3\n3 1 1.5\n";

/// What is said of a file that cannot be read.
fn refused(name: &str, content: &str) -> String {
    let error = Connectome::read(file("graphs", name, content), &ReadOptions::default()).unwrap_err();
    assert_eq!(error.exit_code(), 2);
    let sentence = error.to_string();
    assert!(!sentence.contains('\n'), "{sentence}");
    sentence.split_once(name).unwrap().1.to_owned()
}

#[test]
fn gml_is_read_with_labels_and_direction() {
    let directed = read(&file("graphs", "a.gml", GML));
    assert_eq!(weights(&directed), [("A", "B & C", 5.0), ("B & C", "B & C", 2.5)]);
    let undirected = read(&file("graphs", "u.gml", GML.replace(" directed 1\n", "")));
    let mut found = weights(&undirected);
    found.sort_by(|a, b| a.partial_cmp(b).unwrap());
    assert_eq!(found, [("A", "B & C", 5.0), ("B & C", "A", 5.0), ("B & C", "B & C", 2.5)], "a loop is one edge");
    assert!(refused("open.gml", &GML[..GML.len() - 2]).contains("it ends within a list"));
    assert!(refused("far.gml", &GML.replace("target 1 value 5", "target 7")).contains("'7'"));
    assert!(refused("deep.gml", &format!("graph {}", "[ a ".repeat(200_000))).contains("deep"));
}

#[test]
fn pajek_is_read_with_arcs_edges_and_matrices() {
    let network = read(&file("graphs", "a.net", PAJEK));
    let mut found = weights(&network);
    found.sort_by(|a, b| a.partial_cmp(b).unwrap());
    assert_eq!(found, [("a a", "b", 5.0), ("a a", "c", 7.0), ("b", "c", -2.0), ("c", "a a", 7.0)]);
    let matrix = read(&file("graphs", "m.net", "*Vertices 2\n1 \"a\"\n2 \"b\"\n*Matrix\n0 2\n3 0\n"));
    assert_eq!(weights(&matrix), [("a", "b", 2.0), ("b", "a", 3.0)]);
    assert!(refused("far.net", "*Vertices 2\n*Arcs\n1 9 1\n").contains("line 3: "));
}

#[test]
fn node_link_json_is_read_under_both_names_of_links() {
    let expected = [("a", "b", 2.5), ("b", "a", 3.0)];
    assert_eq!(weights(&read(&file("graphs", "a.json", NODE_LINK))), expected);
    assert_eq!(weights(&read(&file("graphs", "e.json", NODE_LINK.replace("links", "edges")))), expected);
    let silent = NODE_LINK.replace("\"directed\": true, ", "");
    assert!(refused("silent.json", &silent).ends_with("say directed = true or directed = false"));
    let path = file("graphs", "silent.json", &silent);
    let options = |directed| ReadOptions { directed: Some(directed), ..ReadOptions::default() };
    assert_eq!(weights(&Connectome::read(&path, &options(true)).unwrap()), expected);
    let one = silent.replace(", {\"weight\": 3.0, \"source\": \"b\", \"target\": \"a\"}", "");
    let both = Connectome::read(file("graphs", "one.json", one), &options(false)).unwrap();
    assert_eq!(weights(&both), [("a", "b", 2.5), ("b", "a", 2.5)]);
    let error = Connectome::read(file("graphs", "a.json", NODE_LINK), &options(false)).unwrap_err().to_string();
    assert!(error.ends_with("it says itself that directed is true; leave directed out"), "{error}");
    assert!(refused("cyto.json", r#"{"elements": {"nodes": []}}"#).contains("JSON of Cytoscape"));
    assert!(refused("list.json", "[[0, 1], [1, 0]]").contains("a JSON list"));
    assert!(!refused("deep.json", &format!("{{\"nodes\":{}", "[".repeat(100_000))).contains("flyvis"));
}

#[test]
fn matrix_market_is_read_in_every_symmetry() {
    let at = |text: &str| {
        let connectome = read(&file("graphs", "a.mtx", text));
        let edges = connectome.edges.iter().map(|e| (e.source, e.target, e.weight));
        edges.collect::<Vec<_>>()
    };
    assert_eq!(at(MARKET), [(0, 1, 2.5), (1, 2, 3.0), (2, 0, 1.5)]);
    let pattern = "%%MatrixMarket matrix coordinate pattern symmetric\n3 3 2\n2 1\n3 3\n";
    assert_eq!(at(pattern), [(0, 1, 1.0), (1, 0, 1.0), (2, 2, 1.0)]);
    let skew = "%%MatrixMarket matrix coordinate integer skew-symmetric\n2 2 1\n2 1 4\n";
    assert_eq!(at(skew), [(0, 1, -4.0), (1, 0, 4.0)]);
    let array = "%%MatrixMarket matrix array real general\n2 2\n0\n3\n2\n0\n";
    assert_eq!(at(array), [(0, 1, 2.0), (1, 0, 3.0)]);
    assert!(refused("short.mtx", &MARKET.replace("3 1 1.5\n", "")).contains("1 of them are missing"));
    assert!(refused("far.mtx", &MARKET.replace("3 1 1.5", "4 1 1.5")).contains("3 x 3"));
    let complex = "%%MatrixMarket matrix coordinate complex general\n1 1 1\n1 1 4 1\n";
    assert!(refused("complex.mtx", complex).contains("complex numbers"));
    let huge = "%%MatrixMarket matrix coordinate real general\n4000000000 4000000000 1\n1 2 3\n";
    assert!(refused("huge.mtx", huge).contains("over the limit"));
}

#[test]
fn damaged_graphs_never_panic() {
    for (name, text) in [("a.gml", GML), ("a.net", PAJEK), ("a.json", NODE_LINK), ("a.mtx", MARKET)] {
        flipped_file(&format!("graphs_{name}"), &file("graphs_whole", name, text), 300);
    }
}
