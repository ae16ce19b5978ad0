//! Names and numbers that may mean two things: one of them is taken where it is plain, else both are named.

use neuropil::connectomes::{Columns, Connectome, Format, ReadOptions};

use super::{edges, file, read, weights};

/// What a reader says of a text that it refuses.
fn refused(test: &str, name: &str, content: &str) -> String {
    Connectome::read(file(test, name, content), &ReadOptions::default()).unwrap_err().to_string()
}

#[test]
fn a_column_named_after_weights_is_the_weight_whatever_else_its_name_says() {
    let names = ["No. of synapses", "no_synapses", "synapse_no", "Weight (p)", "group weight", "distance_weight"];
    for name in names.into_iter().chain(["strength (z)", "weight_x", "SynapseCount"]) {
        for other in ["", ",distance", ",x,y", ",id"] {
            let more = ",7".repeat(other.matches(',').count());
            let text = format!("source,target,{name}{other}\nA,B,5{more}\nB,C,6{more}\nC,A,7{more}\n");
            let connectome = read(&file("weight-words", "list.csv", text));
            let total: f64 = connectome.edges.iter().map(|e| e.weight).sum();
            assert_eq!(total, 18.0, "{name}{other}");
        }
    }
}

#[test]
fn several_columns_named_after_weights_are_a_question() {
    for header in ["weight_x,weight_y", "n_syn,count", "syn_count,weight_p", "synapse_x,synapse_y", "distance,p"] {
        let said = refused("weight-question", "list.csv", &format!("source,target,{header}\nA,B,5,8\nB,C,6,9\n"));
        let first = header.split(',').next().unwrap();
        assert!(said.contains(&format!("several hold numbers ({})", header.replace(',', ", "))), "{said}");
        assert!(said.contains(&format!("say weight = \"{first}\"")), "{said}");
    }
    let said = refused("weight-question", "list.csv", "source,target,distance\nA,B,5\nB,C,6\n");
    assert!(said.contains("one holds numbers (distance); say weight = \"distance\", or weight = \"\""), "{said}");
    let ids = read(&file("weight-question", "list.csv", "source,target,id\nA,B,5\nB,C,6\n"));
    assert_eq!(weights(&ids), [("A", "B", 1.0), ("B", "C", 1.0)]);
    let twice = refused("weight-question", "list.csv", "source,target,weight,weight\nA,B,5,6\n");
    assert!(twice.contains("two columns are called 'weight'"), "{twice}");
}

#[test]
fn source_and_target_are_one_pair_of_names() {
    let list = "from,to,source,weight\nAVAL,PVCL,Cook2019,3\n";
    assert_eq!(weights(&read(&file("pairs", "list.csv", list))), [("AVAL", "PVCL", 3.0)]);
    let list = "pre_root_id,pre_pt_root_id,post_pt_root_id,n_syn\n7,1,2,4\n";
    assert_eq!(weights(&read(&file("pairs", "list.csv", list))), [("1", "2", 4.0)]);
    let list = "from,to,source,target,weight\nA,B,C,D,3\n";
    let said = refused("pairs", "list.csv", list);
    assert!(said.contains("from 'from' to 'to' or from 'source' to 'target'"), "{said}");
    assert!(said.contains("say source = \"") && said.contains("target = \""), "{said}");
    // One end that is asked for decides its pair.
    let columns = Columns { source: Some("from".into()), ..Columns::default() };
    let options = ReadOptions { columns, ..ReadOptions::default() };
    let taken = Connectome::read(file("pairs", "list.csv", list), &options).unwrap();
    assert_eq!(weights(&taken), [("A", "B", 3.0)]);
    let mixed = read(&file("pairs", "list.csv", "pre,to,weight\nA,B,3\n"));
    assert_eq!(weights(&mixed), [("A", "B", 3.0)]);
}

#[test]
fn a_separator_at_the_end_of_each_line_ends_no_matrix() {
    let rows = [[0.0, 1.0, 0.0, 2.0], [1.0, 0.0, 2.0, 0.0], [0.0, 3.0, 0.0, 1.0], [4.0, 0.0, 5.0, 0.0]];
    for n in [3, 4] {
        for separator in [",", ";", "\t"] {
            let line = |row: &[f64; 4]| row[..n].iter().map(|v| format!("{v}{separator}")).collect::<String>() + "\n";
            let text: String = rows[..n].iter().map(line).collect();
            let path = file("closed", "matrix.csv", text);
            let options = ReadOptions { format: Some(Format::Matrix), ..ReadOptions::default() };
            let forced = Connectome::read(&path, &options).unwrap();
            let total: f64 = rows[..n].iter().flat_map(|row| &row[..n]).sum();
            assert_eq!(forced.edges.iter().map(|e| e.weight).sum::<f64>(), total, "{n} {separator:?}");
            if n == 4 {
                assert_eq!(edges(&read(&path)), edges(&forced));
            } else {
                let said = Connectome::read(&path, &ReadOptions::default()).unwrap_err().to_string();
                assert!(said.contains("an edge list") && said.contains("a matrix of 3 x 3"), "{said}");
            }
        }
    }
    let listed = read(&file("closed", "list.csv", "source,target,weight,\nA,B,5,\n"));
    assert_eq!(weights(&listed), [("A", "B", 5.0)]);
    // A line that goes on is no such line.
    let said = refused("closed", "odd.csv", "0,1,0,2,\n1,0,2,0,\n0,3,0,1,\n4,0,5,0,9\n");
    assert!(!said.is_empty());
}

#[test]
fn numbers_with_a_decimal_comma_or_a_gap_are_no_edge_list() {
    let said = refused("commas", "matrix.csv", "0;1,5;0;0\n1;0;2,5;0\n0;3;0;1\n4;0;5;0\n");
    assert!(said.contains("'1,5' is not a number; write a decimal point"), "{said}");
    let said = refused("commas", "matrix.csv", "0,1,,2\n1,0,2,\n0,3,0,1\n4,0,5,0\n");
    assert!(said.contains("weight"), "{said}");
}

#[test]
fn four_columns_and_four_rows_may_be_a_list_or_a_matrix() {
    let said = refused("four", "list.txt", "1 2 0.5 7\n2 3 0.25 8\n3 4 1 9\n4 1 2 3\n");
    assert!(said.contains("an edge list without column names, of 4 edges, or a matrix of 4 x 4"), "{said}");
    let matrix = read(&file("four", "matrix.txt", "0 2 0.5 7\n2 0 0.25 8\n3 4 0 9\n4 1 2 0\n"));
    assert_eq!((matrix.nodes.len(), matrix.edges.len()), (4, 12));
}

#[test]
fn rows_of_the_receiving_side_are_counted_or_read() {
    let list = "neuron 1,neuron 2,type,nbr\nA,B,S,3\nB,A,R,3\nA,C,Sp,1\nC,A,Rp,1\nB,C,EJ,2\n";
    let read_all = read(&file("received", "list.csv", list));
    assert_eq!(weights(&read_all), [("A", "B", 3.0), ("A", "C", 1.0), ("B", "C", 2.0)]);
    let left = "2 rows of kind R, Rp: the receiving side of edges that other rows send";
    assert!(read_all.reading.left.iter().any(|what| what == left), "{:?}", read_all.reading.left);
    // What nothing sends is an edge from the second neuron to the first.
    let alone = read(&file("received", "alone.csv", "neuron 1,neuron 2,type,nbr\nB,A,R,3\nC,A,Rp,1\n"));
    assert_eq!(weights(&alone), [("A", "B", 3.0), ("A", "C", 1.0)]);
    assert!(alone.reading.to_string().contains("2 rows that nothing sends"), "{}", alone.reading);
}

#[test]
fn a_way_back_is_added_unless_the_same_edges_are_listed_that_way() {
    let total = |name: &str, text: &str| -> (usize, f64) {
        let connectome = read(&file("undirected", name, text));
        (connectome.edges.len(), connectome.edges.iter().map(|e| e.weight).sum())
    };
    // As networkx counts the edges of a multigraph, but for lists in which each stands both ways.
    for (rows, expected) in [
        (&[("a", "b", 1), ("b", "a", 2)][..], (4, 6.0)),
        (&[("a", "b", 2), ("a", "b", 2)], (4, 8.0)),
        (&[("a", "b", 2), ("b", "a", 2)], (2, 4.0)),
        (&[("a", "b", 1), ("a", "b", 2), ("b", "a", 2), ("b", "a", 1)], (4, 6.0)),
        (&[("a", "b", 1), ("a", "b", 1), ("b", "a", 1)], (6, 6.0)),
        (&[("a", "a", 1), ("a", "b", 1)], (3, 3.0)),
    ] {
        let lines: String = rows.iter().map(|(a, b, w)| format!("{a},{b},Undirected,{w}\n")).collect();
        assert_eq!(total("list.csv", &format!("source,target,type,weight\n{lines}")), expected, "{rows:?}");
        if cfg!(feature = "formats") {
            let edge = |(a, b, w): &(&str, &str, i32)| format!("edge [ source {a} target {b} weight {w} ]\n");
            let lines: String = rows.iter().map(edge).collect();
            let gml = format!("graph [\n directed 0\n node [ id 0 ] node [ id 1 ] {lines} ]").replace(" a ", " 0 ");
            assert_eq!(total("graph.gml", &gml.replace(" b ", " 1 ")), expected, "{rows:?}");
            let edge = |(a, b, w): &(&str, &str, i32)| format!("{a} {b} {w}\n");
            let lines: String = rows.iter().map(edge).collect::<String>().replace('a', "1").replace('b', "2");
            assert_eq!(total("graph.net", &format!("*Vertices 2\n*Edges\n{lines}")), expected, "{rows:?}");
        }
    }
}

/// A graph of one edge of this weight in each language of graphs.
fn graphs(weight: &str) -> Vec<(&'static str, String)> {
    let xml = |inner: &str| format!("<?xml version=\"1.0\"?>\n{inner}\n");
    let nodes = "<node id=\"a\"/><node id=\"b\"/>";
    vec![
        (
            "g.gml",
            format!("graph [ directed 1\nnode [ id 0 ]\nnode [ id 1 ]\nedge [ source 0 target 1 weight {weight} ] ]\n"),
        ),
        ("g.net", format!("*Vertices 2\n*Arcs\n1 2 {weight}\n")),
        (
            "g.graphml",
            xml(&format!(
                "<graphml><key id=\"w\" for=\"edge\" attr.name=\"weight\" attr.type=\"double\"/>\
                 <graph edgedefault=\"directed\">{nodes}<edge source=\"a\" target=\"b\">\
                 <data key=\"w\">{weight}</data></edge></graph></graphml>"
            )),
        ),
        (
            "g.gexf",
            xml(&format!(
                "<gexf version=\"1.3\"><graph defaultedgetype=\"directed\"><nodes>{nodes}</nodes><edges>\
                 <edge id=\"0\" source=\"a\" target=\"b\" weight=\"{weight}\"/></edges></graph></gexf>"
            )),
        ),
        (
            "g.json",
            format!(
                "{{\"directed\": true, \"note\": \"1e-400 \\\" 1e400\",\n\"nodes\": [{{\"id\": 0}}, {{\"id\": 1}}],\n\
                 \"links\": [{{\"source\": 0, \"target\": 1, \"weight\": {weight}}}]}}"
            ),
        ),
    ]
}

#[cfg_attr(not(feature = "formats"), ignore = "needs the feature formats")]
#[test]
fn a_number_that_would_be_rounded_or_zeroed_is_refused() {
    let list = |weight: &str| format!("source,target,weight\nA,B,{weight}\n");
    for (weight, word) in [
        ("1e-400", "too small"),
        ("-2.5E-999", "too small"),
        ("1e400", "too large"),
        ("9007199254740993", "above 2^53"),
        ("-9007199254740993.0", "above 2^53"),
        ("123456789012345678901", "above 2^53"),
    ] {
        let said = refused("exact", "list.csv", &list(weight));
        assert!(said.contains(word) && said.contains(weight), "{said}");
        let said =
            refused("exact", "m.mtx", &format!("%%MatrixMarket matrix coordinate real general\n2 2 1\n1 2 {weight}\n"));
        assert!(said.contains(word), "{said}");
        for ((name, content), (_, sound)) in graphs(weight).into_iter().zip(graphs("1.5")) {
            let said = refused("exact", name, &content);
            assert!(said.contains(word), "{name}: {said}");
            assert_eq!(read(&file("exact", name, sound)).edges[0].weight, 1.5, "{name}");
        }
    }
    for (weight, value) in [
        ("0e-400", 0.0),
        ("0.1", 0.1),
        ("9007199254740992", 9007199254740992.0),
        ("1e300", 1e300),
        ("18014398509481984", 18014398509481984.0),
        ("0.30000000000000004441", 0.30000000000000004),
        ("5e-324", 5e-324),
    ] {
        assert_eq!(read(&file("exact", "list.csv", list(weight))).edges[0].weight, value, "{weight}");
    }
    let npy = |kind: &str, value: [u8; 8]| {
        let header = format!("{:<117}\n", format!("{{'descr': '{kind}', 'fortran_order': False, 'shape': (1, 1), }}"));
        [b"\x93NUMPY\x01\x00\x76\x00".as_slice(), header.as_bytes(), &value].concat()
    };
    for (kind, lost, kept) in [
        ("<i8", 9_007_199_254_740_993_i64.to_le_bytes(), (-9_007_199_254_740_992_i64).to_le_bytes()),
        ("<u8", u64::MAX.to_le_bytes(), (1_u64 << 63).to_le_bytes()),
    ] {
        let said = Connectome::read(file("exact", "lost.npy", npy(kind, lost)), &ReadOptions::default());
        assert!(said.unwrap_err().to_string().contains("above 2^53"), "{kind}");
        assert!(read(&file("exact", "kept.npy", npy(kind, kept))).edges[0].weight.abs() >= 9e15);
    }
}

#[test]
fn what_summed_edges_do_not_agree_on_is_told() {
    let list = "source,target,weight,sign,length\nA,B,3,1,2\nA,B,2,-1,4\nB,A,1,1,5\nB,A,1,1,5\n";
    let options = ReadOptions { sum_repeated: true, ..ReadOptions::default() };
    let summed = Connectome::read(file("summed", "list.csv", list), &options).unwrap();
    for what in ["the sign of 1 summed edges", "the length of 1 summed edges"] {
        assert!(summed.reading.left.iter().any(|left| left.starts_with(what)), "{:?}", summed.reading.left);
    }
    assert!(!summed.reading.left.iter().any(|left| left.contains("transmitter")));
    let mut later = read(&file("summed", "list.csv", list));
    later.leave_out(neuropil::connectomes::Part::Parallel);
    assert_eq!(later.reading.left, summed.reading.left);
}

#[test]
fn what_a_table_of_nodes_says_is_taken_or_told() {
    let edges = file("nodes", "list.csv", "source,target,weight\nA,B,3\n");
    let with = |nodes: &str, size| {
        let nodes = Some(file("nodes", "nodes.csv", nodes));
        Connectome::read(&edges, &ReadOptions { nodes, size, ..ReadOptions::default() })
    };
    let table = "name,side,cortical,x,y,z,colour\nA,midline,maybe,1,2,,red\nB,left,true,1,2,3,blue\n";
    let left = with(table, None).unwrap().reading.left;
    let told = ["column 'colour' of the table of nodes", "the cortical of 1 node, such as 'maybe'"];
    for what in told.into_iter().chain(["the side of 1 node, such as 'midline'"]) {
        assert!(left.iter().any(|left| left == what), "{what}: {left:?}");
    }
    assert_eq!(with("name,side\nA,left\nB,R\n", None).unwrap().reading.left, [""; 0]);
    for (table, size, word) in [
        ("name,side\nA,left,7\nB,R\n", None, "it has 3 fields, the first line has 2"),
        ("name,area\nA,-1\nB,2\n", None, "area is -1; it must not be negative"),
        ("name\nA\nB\n", Some(2), "leave size out"),
    ] {
        let said = with(table, size).unwrap_err().to_string();
        assert!(said.contains(word), "{said}");
    }
}

#[test]
fn a_file_of_names_holds_names_alone() {
    let matrix = file("names", "matrix.csv", "0,1\n1,0\n");
    let with = |name: &str, text: &str| {
        let labels = Some(file("names", name, text));
        let options = ReadOptions { labels, ..ReadOptions::default() };
        Connectome::read(&matrix, &options).map(|c| c.nodes.into_iter().map(|node| node.name).collect::<Vec<_>>())
    };
    for text in ["0,AVAL\n1,AVBL\n", "AVAL;left\nAVBL;left\n", "0 AVAL\n1 AVBL\n"] {
        assert!(with("labels.csv", text).unwrap_err().to_string().contains("keep the names alone"), "{text}");
    }
    for text in ["AVAL,AVBL\n", "AVAL\nAVBL\n", "AVAL 1 2 3\nAVBL 4 5 6\n"] {
        assert_eq!(with("labels.csv", text).unwrap(), ["AVAL", "AVBL"], "{text}");
    }
    assert_eq!(with("labels.txt", "left V1\nright V1\n").unwrap(), ["left V1", "right V1"]);
}

#[cfg(feature = "formats")]
#[test]
fn a_weight_that_is_an_object_is_refused() {
    let json =
        r#"{"directed": true, "nodes": [{"id": 0}, {"id": 1}], "links": [{"source": 0, "target": 1, "weight": W}]}"#;
    for weight in [r#"{"value": 3}"#, "[3]"] {
        let said = refused("object", "graph.json", &json.replace('W', weight));
        assert!(said.contains("link 0 has a weight that is neither a number nor a text"), "{said}");
    }
    assert_eq!(weights(&read(&file("object", "plain.json", json.replace('W', "3")))), [("0", "1", 3.0)]);
    let gml = "graph [\n directed 1\n node [ id 0 ] node [ id 1 ] edge [ source 0 target 1 weight [ value 3 ] ] ]";
    let said = refused("object", "graph.gml", gml);
    assert!(said.contains("the weight of the edge is a list"), "{said}");
}
