//! Statistics, graphs and writers.

use neuropil::connectomes::{Connectome, Edge, EdgeKind, Matrix, Node, Orientation, ReadOptions};

use super::{file, read};

/// Two cycles joined by one edge, a self loop, a gap junction, a lonely node.
fn made_up() -> Connectome {
    let node = |name: &str| Node { name: name.into(), kind: Some("made, up".into()), ..Node::default() };
    let edge = |source, target, weight| Edge { source, target, weight, ..Edge::default() };
    let mut edges =
        vec![edge(0, 1, 1.0), edge(1, 0, 2.0), edge(1, 2, 3.0), edge(2, 3, 4.0), edge(3, 2, 5.0), edge(3, 3, 6.5)];
    edges[0].sign = 1;
    edges[1].sign = -1;
    edges[2].length = Some(0.1);
    edges[3].transmitter = Some("GABA".into());
    edges.push(Edge { kind: EdgeKind::Gap, ..edge(0, 3, 10.0) });
    Connectome {
        name: "made-up".into(),
        nodes: ["a", "b", "c", "d", "e"].map(node).into(),
        edges,
        about: "made up".into(),
        ..Connectome::default()
    }
}

#[test]
fn statistics_by_hand() {
    let s = made_up().statistics().unwrap();
    assert_eq!((s.nodes, s.isolated, s.chemical.edges, s.gap.edges), (5, 1, 6, 1));
    assert_eq!((s.chemical.weight, s.gap.weight), (21.5, 10.0));
    let weights = s.chemical.weights.unwrap();
    assert_eq!([weights.min, weights.q25, weights.median, weights.q75, weights.max], [1.0, 2.0, 3.0, 5.0, 6.5]);
    assert_eq!((s.components, s.largest_component, s.self_loops), (3, 2, 1));
    // The gap junction from a to d counts in none of these.
    assert!((s.density - 5.0 / 20.0).abs() < 1e-12);
    assert!((s.reciprocity - 4.0 / 5.0).abs() < 1e-12);
    assert_eq!((s.hubs[0].name.as_str(), s.hubs[0].in_degree, s.hubs[0].out_degree), ("d", 2, 2));
    assert_eq!((s.signs.excitatory, s.signs.inhibitory, s.signs.unknown), (1, 1, 5));

    let mut joined = made_up();
    joined.edges.push(Edge { source: 3, target: 1, weight: 1.0, ..Edge::default() });
    assert_eq!(joined.statistics().unwrap().largest_component, 4, "one edge back joins the cycles");
}

#[test]
fn statistics_of_the_worm() {
    let s =
        Connectome::named("cook2019").unwrap().among(|n| n.category.as_deref() == Some("neuron")).statistics().unwrap();
    assert_eq!((s.chemical.edges, s.gap.edges, s.nodes), (3_709, 2_196, 302));
    assert!(s.hubs.iter().take(2).all(|h| h.name.starts_with("AVA")), "{:?}", s.hubs);
    // The largest in-degree of the corrected table.
    let all = Connectome::named("cook2019").unwrap().statistics().unwrap();
    assert_eq!(all.hubs.iter().find(|h| h.name == "AVAL").map(|h| h.in_degree), Some(65));
    let table = s.to_string();
    assert!(table.contains("3,709, total weight 20,965"), "{table}");
    assert!(table.lines().all(|line| line.len() <= 120 && line.trim_end() == line), "{table}");
    let json = serde_json::to_value(&s).unwrap();
    assert_eq!(json["chemical"]["edges"], 3_709);
}

#[test]
fn statistics_of_a_long_chain_do_not_recurse() {
    let nodes = (0..200_000).map(|i: u32| Node { name: i.to_string(), ..Node::default() }).collect();
    let edges = (0..199_999).map(|i| Edge { source: i, target: i + 1, weight: 1.0, ..Edge::default() }).collect();
    let chain = Connectome { nodes, edges, ..Connectome::default() };
    assert_eq!(chain.statistics().unwrap().components, 200_000);
}

#[test]
fn graph_and_back() {
    let connectome = made_up();
    let mut graph = connectome.to_graph().unwrap();
    assert_eq!((graph.node_count(), graph.edge_count()), (5, 7));
    let back = Connectome::from_graph("made-up", &graph).unwrap();
    assert_eq!((&back.nodes, &back.edges), (&connectome.nodes, &connectome.edges));
    graph.reverse();
    assert_ne!(Connectome::from_graph("made-up", &graph).unwrap().edges, connectome.edges, "the graph decides");
    graph.node_weights_mut().for_each(|node| node.name = "same".into());
    assert!(Connectome::from_graph("made-up", &graph).is_err());
}

#[test]
fn written_and_read_again() {
    let connectome = made_up();
    for name in ["edges.csv", "edges.csv.gz"] {
        let path = file("write", name, "");
        let nodes = file("write", "nodes.csv", "");
        connectome.write(&path, Some(&nodes)).unwrap();
        let options = ReadOptions { nodes: Some(nodes), ..ReadOptions::default() };
        let back = Connectome::read(&path, &options).unwrap();
        assert_eq!((&back.nodes, &back.edges), (&connectome.nodes, &connectome.edges));
        assert_ne!(read(&path).nodes.len(), 5, "without the node table the lonely node is lost");
        assert!(!path.with_extension(format!("{}.tmp", path.extension().unwrap().display())).exists());
    }
}

#[test]
fn dense_matrix_written_and_read_again() {
    let path = file("write_npy", "made_up.npy", "");
    let connectome = made_up();
    connectome.write_npy(&path, EdgeKind::Chemical, Orientation::RowIsSource, 1 << 20).unwrap();
    let matrix = Matrix::read(&path, &ReadOptions::default()).unwrap();
    assert_eq!((matrix.get(1, 2), matrix.get(2, 1), matrix.get(0, 3)), (Some(3.0), Some(0.0), Some(0.0)));
    let error = connectome.write_npy(&path, EdgeKind::Gap, Orientation::RowIsSource, 100).unwrap_err().to_string();
    assert!(error.starts_with("a dense matrix of 5 x 5 needs 200 B"), "{error}");
}

#[test]
fn a_broken_connectome_is_not_written() {
    let mut connectome = made_up();
    connectome.edges[0].target = 9;
    let folder = file("write_broken", "there", "").parent().unwrap().to_path_buf();
    let error = connectome.write(folder.join("none.csv"), None).unwrap_err().to_string();
    assert_eq!(error, "connectome made-up: edge 0 goes from 0 to 9, out of range of 5 nodes");
    assert!(!folder.join("none.csv").exists() && !folder.join("none.csv.tmp").exists());
}
