//! What graph files and arrays hold and is not taken is told; what they are is known in every layout.

use neuropil::connectomes::{Columns, Connectome, ReadOptions};

use super::told::refused;
use super::{file, fixture, gzip, read, weights, zip};

fn left(connectome: &Connectome, what: &str) -> bool {
    connectome.reading.left.iter().any(|left| left == what)
}

#[test]
fn words_of_nodes_that_are_not_understood_are_told() {
    let keys = ["x", "y", "z", "side", "cortical", "kind", "class"];
    let keys: String = keys.iter().map(|k| format!("<key id=\"{k}\" for=\"node\" attr.name=\"{k}\"/>")).collect();
    let data = |pairs: &[(&str, &str)]| -> String {
        pairs.iter().map(|(key, text)| format!("<data key=\"{key}\">{text}</data>")).collect()
    };
    let graph = |a: &[(&str, &str)], b: &[(&str, &str)]| {
        format!(
            "<graphml>{keys}<graph edgedefault=\"directed\"><node id=\"a\">{}</node><node id=\"b\">{}</node>\
             <edge source=\"a\" target=\"b\"/></graph></graphml>",
            data(a),
            data(b)
        )
    };
    let odd =
        [("x", "1"), ("y", "2"), ("side", "midline"), ("cortical", "maybe"), ("kind", "inter"), ("class", "glia")];
    let odd = read(&file("told_graphs", "odd.graphml", graph(&odd, &[("x", "3"), ("class", "motor")])));
    for what in [
        "the position of 2 nodes, such as x and y alone",
        "the side of 1 node, such as 'midline'",
        "the cortical of 1 node, such as 'maybe'",
        "attribute 'class' of 1 node, where another name says the same",
    ] {
        assert!(left(&odd, what), "{what}: {:?}", odd.reading.left);
    }
    assert_eq!(odd.nodes[1].kind.as_deref(), Some("motor"), "where there is no kind, the class is it");
    let plain = [("x", "1"), ("y", "2"), ("z", "3"), ("side", "left"), ("cortical", "no"), ("kind", "inter")];
    let plain = read(&file("told_graphs", "plain.graphml", graph(&plain, &[])));
    assert!(plain.reading.left.is_empty(), "{:?}", plain.reading.left);
    assert_eq!((plain.nodes[0].cortical, plain.nodes[0].position), (Some(false), Some([1.0, 2.0, 3.0])));
    let nodes = Some(file("told_graphs", "nodes.csv", "name,x,y,z,side\na,1,2,,midline\nb,1,2,3,left\n"));
    let list = file("told_graphs", "list.csv", "pre,post\na,b\n");
    let table = Connectome::read(list, &ReadOptions { nodes, ..ReadOptions::default() }).unwrap();
    assert!(left(&table, "the position of 1 node, such as x and y alone"), "{:?}", table.reading.left);
    assert!(left(&table, "the side of 1 node, such as 'midline'"), "{:?}", table.reading.left);
}

#[test]
fn what_pajek_and_gexf_draw_and_time_is_told() {
    let pajek = "*Vertices 2\n1 \"a\" 0.1 0.2 0.5 ic Red\n2 \"b\"\n*Arcs\n1 2 3 c Blue l \"strong\"\n";
    let drawn = read(&file("told_graphs", "drawn.net", pajek));
    assert!(left(&drawn, "what stands behind the labels of vertices (places, colours)"), "{:?}", drawn.reading.left);
    assert!(left(&drawn, "what stands behind the weights (labels, colours)"), "{:?}", drawn.reading.left);
    let plain = read(&file("told_graphs", "plain.net", "*Vertices 2\n1 a\n2 \"b\"\n*Arcs\n1 2 3\n"));
    assert_eq!((weights(&plain), plain.reading.left.len()), (vec![("a", "b", 3.0)], 0));
    let gexf = |edge: &str| {
        format!(
            "<gexf><graph defaultedgetype=\"directed\"><nodes><node id=\"a\"/><node id=\"b\"/></nodes>\
             <edges><edge id=\"0\" source=\"a\" target=\"b\" {edge}/></edges></graph></gexf>"
        )
    };
    let timed = read(&file("told_graphs", "timed.gexf", gexf("start=\"1\" end=\"2\" label=\"strong\"")));
    assert!(left(&timed, "times (spells, start and end)") && left(&timed, "the labels of the edges"));
    assert!(read(&file("told_graphs", "plain.gexf", gexf(""))).reading.left.is_empty());
}

#[test]
fn gml_and_pajek_are_known_in_every_layout() {
    let graph = "graph [ directed 1 node [ id 1 ] node [ id 2 ] edge [ source 1 target 2 ] ]";
    let split = graph.replacen(' ', "\n", 1);
    for before in [
        "",
        "Version 1\n",
        "Creator \"by hand\"\n",
        "Creator \"a\"\nVersion \"2.14\"\n",
        "label \"x y\" ",
        "# a comment\n",
        "% a comment\n",
        "\u{feff}",
        "\n\n# a\nVersion 1 Creator \"b\" ",
    ] {
        for graph in [graph, &split, &graph.replace(' ', "\n"), &graph.replace(" [", "[")] {
            let found = read(&file("told_graphs", "layout.txt", format!("{before}{graph}\n")));
            assert_eq!((found.reading.format.as_str(), found.edges.len()), ("GML", 1), "{before:?} {graph:?}");
        }
    }
    let pajek = "*Vertices 2\n1 \"a\"\n2 \"b\"\n*Arcs\n1 2 3\n";
    for before in ["", "% a comment\n", "\u{feff}", "\u{feff}% a comment\n\n", "*Network x\n"] {
        let found = read(&file("told_graphs", "pajek.txt", format!("{before}{pajek}")));
        assert_eq!(found.reading.format, "Pajek", "{before:?}");
    }
    let list = read(&file(
        "told_graphs",
        "words.csv",
        "graph,label\ngraph,node\nnode,edge\n".replace("graph,label", "source,target"),
    ));
    assert_eq!(weights(&list), [("graph", "node", 1.0), ("node", "edge", 1.0)], "a list of such words is a list");
}

#[test]
fn an_edge_without_the_weight_of_the_others_is_named() {
    let json = "{\"directed\":true,\"nodes\":[{\"id\":\"a\"},{\"id\":\"b\"}],\"links\":[\
        {\"source\":\"a\",\"target\":\"b\",\"weight\":2},{\"source\":\"b\",\"target\":\"a\"}]}";
    let words = "the edge from 'b' to 'a' has no weight; give every edge one, or say weight = \"\" for 1 each";
    refused("missing.json", json, words);
    let columns = Columns { weight: Some(String::new()), ..Columns::default() };
    let path = file("told_graphs", "missing.json", json);
    let ones = Connectome::read(path, &ReadOptions { columns, ..ReadOptions::default() }).unwrap();
    assert_eq!(weights(&ones), [("a", "b", 1.0), ("b", "a", 1.0)]);
    refused("word.json", json.replace(":2}", ":\"many\"}"), "the edge from 'a' to 'b': weight 'many' is not a number");
    let gml = "graph [ directed 1 node [ id 1 ] node [ id 2 ]\nedge [ source 1 target 2 weight 2 ]\nedge [ source 2 target 1 ]\n]";
    refused("missing.gml", gml, "line 3: the edge from '2' to '1' has no weight");
}

/// An NPY array of numbers of 64 bits, or of texts of so many bytes.
fn npy(kind: &str, shape: &str, content: &[u8]) -> Vec<u8> {
    let mut header = format!("{{'descr': '{kind}', 'fortran_order': False, 'shape': {shape}, }}");
    header += &" ".repeat(63 - (10 + header.len()) % 64);
    header.push('\n');
    [b"\x93NUMPY\x01\0", &(header.len() as u16).to_le_bytes()[..], header.as_bytes(), content].concat()
}

fn numbers(values: &[f64]) -> Vec<u8> {
    values.iter().flat_map(|value| value.to_le_bytes()).collect()
}

#[test]
fn a_matrix_is_not_chosen_by_a_name_that_another_fits_better() {
    let square = |values: [f64; 4]| npy("<f8", "(2, 2)", &numbers(&values));
    let archive = |members: &[(&str, &[u8])]| zip(members);
    let (first, second) = (square([0.0, 0.5, 0.5, 0.0]), square([0.0, 7.0, 8.0, 0.0]));
    let two = archive(&[("FC.npy", &first), ("SCmat.npy", &second)]);
    refused("fc.npz", two, "it holds several matrices; say array = \"...\", one of: FC, SCmat");
    let named = read(&file("told_graphs", "sc.npz", archive(&[("FC.npy", &first), ("SC.npy", &second)])));
    assert_eq!(named.edges[0].weight, 7.0, "the structure is the one of its name");
    let alone = read(&file("told_graphs", "alone.npz", archive(&[("FC.npy", &first)])));
    assert_eq!(alone.edges[0].weight, 0.5);
    let row = npy("<f8", "(1, 3)", &numbers(&[1.0, 2.0, 3.0]));
    let flat = archive(&[("weights.npy", &row), ("connectivity.npy", &second)]);
    let square = read(&file("told_graphs", "flat.npz", flat));
    assert_eq!(square.edges[0].weight, 7.0);
    assert!(square.reading.guesses.iter().any(|g| g.what.contains("'connectivity'") && g.option == "array = \"...\""));
    refused(
        "tall.npy",
        npy("<f8", "(3, 2)", &numbers(&[1.0; 6])),
        "the matrix is 3 x 2; a connectome needs a square one",
    );
    let labelled = archive(&[("SC.npy", &second), ("labels.npy", &npy("|S3", "(2,)", b"abcd\0\0"))]);
    let labelled = read(&file("told_graphs", "bytes.npz", labelled));
    assert_eq!(weights(&labelled), [("abc", "d", 7.0), ("d", "abc", 8.0)]);
}

#[test]
fn links_in_hdf5_are_refused_as_such() {
    refused("soft.h5", std::fs::read(fixture("links.h5")).unwrap(), "it is HDF5 with soft or external links");
    assert_eq!(read(&fixture("plain.h5")).reading.format, "matrix");
}

/// A variable of a MATLAB 5 file: its class, rows, columns, and its numbers or characters.
fn variable(class: u8, name: &str, size: [u32; 2], (kind, data): (u32, &[u8])) -> Vec<u8> {
    let element = |kind: u32, data: &[u8]| {
        let mut bytes = [&kind.to_le_bytes(), &(data.len() as u32).to_le_bytes(), data].concat();
        bytes.resize(bytes.len().next_multiple_of(8), 0);
        bytes
    };
    let size = size.map(u32::to_le_bytes).concat();
    let parts = [
        element(6, &[class, 0, 0, 0, 0, 0, 0, 0]),
        element(5, &size),
        element(1, name.as_bytes()),
        element(kind, data),
    ];
    element(14, &parts.concat())
}

#[test]
fn names_in_lines_of_characters_are_taken_and_those_that_are_not_read_are_told() {
    let mut header = b"MATLAB 5.0 MAT-file, made up".to_vec();
    header.resize(124, b' ');
    header.extend([0, 1, b'I', b'M']);
    let matrix = variable(6, "sc", [2, 2], (9, &numbers(&[0.0, 3.0, 2.0, 0.0])));
    let lines = |text: &str| variable(4, "labels", [2, 3], (16, text.as_bytes()));
    let whole = read(&file("told_graphs", "lines.mat", [header.clone(), matrix.clone(), lines("abcd  ")].concat()));
    assert_eq!(weights(&whole), [("ac", "bd", 2.0), ("bd", "ac", 3.0)]);
    let guessed = |c: &Connectome| c.reading.guesses.iter().filter(|g| g.option.starts_with("labels = ")).count();
    assert_eq!(guessed(&whole), 0);
    let note = variable(4, "labels", [1, 3], (16, b"abc"));
    let unread = read(&file("told_graphs", "note.mat", [header, matrix, note].concat()));
    assert_eq!((weights(&unread)[0], guessed(&unread)), (("0", "1", 2.0), 1), "{:?}", unread.reading);
}

#[test]
fn bytes_behind_a_packed_file_are_told_as_such() {
    let packed = gzip(b"pre,post\nA,B\n");
    let two = [packed.clone(), gzip(b"B,C\n")].concat();
    assert_eq!(read(&file("told_graphs", "two.csv.gz", two)).edges.len(), 2);
    let words = "its packed data are damaged (other bytes stand behind their end)";
    refused("behind.csv.gz", [packed, b"more".to_vec()].concat(), words);
}
