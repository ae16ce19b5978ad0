//! What a file says, and what is taken of it.

use crate::errors::Room;

use super::{case, printed};

/// What `connectome info` counts: nodes, edges and their total weight.
fn counted(room: &Room, arguments: &[&str]) -> (u64, u64, f64) {
    let told = info(room, arguments);
    let number = |value: &serde_json::Value| value.as_f64().unwrap();
    (told["nodes"].as_u64().unwrap(), told["chemical"]["edges"].as_u64().unwrap(), number(&told["chemical"]["weight"]))
}

fn info(room: &Room, arguments: &[&str]) -> serde_json::Value {
    let all = [&["connectome", "info"], arguments, &["--json"]].concat();
    serde_json::from_str(&printed(room, &all)).unwrap()
}

fn refused(room: &Room, file: &str) -> String {
    room.refused(&["connectome", "info", file])
}

/// What is refused of a file of this content.
fn told(room: &Room, content: &str) -> String {
    room.write("some.csv", content);
    refused(room, "some.csv")
}

#[test]
fn w11_ids_in_scientific_notation_are_refused() {
    let room = case("w11-ids-scientific");
    assert_eq!(
        refused(&room, "excel.csv"),
        "excel.csv, line 2: column 'pre_root_id': the id '7.20576E+17' is in scientific notation and has lost digits; \
         keep ids as text"
    );
    let real = told(&room, "pre,post\n720575940000000001.0,2\n");
    assert!(real.contains("line 2: column 'pre': the id '720575940000000001.0' is above 2^53"), "{real}");
    let missing = told(&room, "pre,post\n1,2\n1,nan\n");
    assert!(missing.contains("line 3: column 'post': a node is called 'nan'"), "{missing}");
}

#[test]
fn w11_the_same_neuron_is_never_two() {
    let room = Room::new("one-neuron");
    room.write("real.csv", "pre,post,weight\n2.0,3,1\n2,3.0,4\n\u{feff}2 ,\u{a0}3,8\n");
    assert_eq!(counted(&room, &["real.csv"]), (2, 3, 13.0));
    assert!(printed(&room, &["connectome", "info", "real.csv"]).contains("ids that are real numbers are whole ones"));
    room.write("exact.csv", "pre,post\n720575940000000001,720575940000000002\n1.1,1.10\n");
    assert_eq!(counted(&room, &["exact.csv"]), (4, 2, 2.0), "what differs is not merged");
}

#[test]
fn w02_the_one_column_of_numbers_is_the_weight() {
    let room = case("w02-weight-column");
    assert_eq!(counted(&room, &["edges.csv"]), (3, 2, 53.0));
    assert_eq!(counted(&room, &["strength.csv"]), (3, 2, 53.0));
    let text = printed(&room, &["connectome", "info", "strength.csv"]);
    assert!(text.contains("weight: column 'strength'") && text.contains("weight = \"...\""), "{text}");
    for name in
        ["synapse_count", "num_synapses", "w", "weights", "weightHP", "size", "value", "FA_mean", "Nbr of synapses"]
    {
        room.write("one.csv", format!("source,target,note,{name}\na,b,x,5\nb,c,,0.5\n"));
        assert_eq!(counted(&room, &["one.csv"]).2, 5.5, "{name}");
    }
    let several = refused(&room, "fibres.graphml");
    assert!(
        several.contains("several hold numbers (FA_mean, fibres); say weight = \"FA_mean\" or another"),
        "{several}"
    );
}

#[test]
fn w02_a_list_without_numbers_says_that_its_weights_are_1() {
    let room = Room::new("unweighted");
    room.write("plain.csv", "id,source,target,note,delay_ms\n0,a,b,x,1.5\n1,b,c,y,1.5\n");
    assert_eq!(counted(&room, &["plain.csv"]), (3, 2, 2.0));
    let text = printed(&room, &["connectome", "info", "plain.csv"]);
    assert!(text.contains("weight: none; 1 for each edge"), "{text}");
    assert!(text.contains("left aside: column 'id', column 'note', column 'delay_ms'"), "{text}");
    let comma = told(&room, "source,target,count\na,b,\"1,234\"\n");
    assert!(
        comma.contains("line 2: weight '1,234' is not a number; write a decimal point, and no separator"),
        "{comma}"
    );
    let blank = told(&room, "source,target,strength\na,b,3\na,c,\n");
    assert!(blank.contains("line 3: weight '' is not a number"), "{blank}");
    let nan = told(&room, "source,target,strength\na,b,3\na,c,NaN\n");
    assert!(nan.contains("line 3: weight is NaN; it must be finite"), "{nan}");
}

#[test]
fn w10_lists_without_names_are_read_or_asked_about() {
    let room = case("w10-headerless");
    assert_eq!(
        refused(&room, "three.csv"),
        "three.csv, line 1: it may be an edge list without column names, of 3 edges, or a matrix of 3 x 3; say \
         format = \"edge_list\" or format = \"matrix\""
    );
    let four = refused(&room, "four.edgelist");
    assert!(four.contains("an edge list without column names, of 4 edges, or a matrix of 3 x 3 under a row"), "{four}");
    assert_eq!(counted(&room, &["names.tsv"]), (3, 3, 9.0));
    assert!(printed(&room, &["connectome", "info", "names.tsv"]).contains("there are no column names"));
    room.write("five.edgelist", "0 1 5\n1 2 3\n2 0 1\n0 2 4\n2 1 0.5\n");
    assert_eq!(counted(&room, &["five.edgelist"]), (3, 5, 13.5));
    room.write("pairs.txt", "10 20\n20 30\n10 30\n30 40\n");
    assert_eq!(counted(&room, &["pairs.txt"]), (4, 4, 4.0));
    let words = told(&room, "RIML,ALML,tyramine\nRIML,ALMR,tyramine\n");
    assert!(words.contains("header = false says that it is an edge list without column names"), "{words}");
}

#[test]
fn w10_attributes_as_networkx_writes_them() {
    let room = Room::new("networkx");
    room.write("data.edgelist", "A B {'weight': 3.0, 'length': 12}\nB C {'weight': 1.5, 'length': 7}\n");
    let told = info(&room, &["data.edgelist"]);
    assert_eq!((told["nodes"].as_u64(), told["chemical"]["weight"].as_f64()), (Some(3), Some(4.5)));
    assert_eq!(told["lengths"]["max"].as_f64(), Some(12.0));
    room.write("bare.edgelist", "A B {}\nB C {}\n");
    assert_eq!(counted(&room, &["bare.edgelist"]), (3, 2, 2.0));
    room.write("odd.edgelist", "A B {'weight': 3.0}\nB C {'weight': many}\n");
    assert!(refused(&room, "odd.edgelist").contains("line 2: weight 'many' is not a number"));
}

#[test]
fn b02_the_separator_splits_every_line_alike() {
    let room = case("b02-tvb-comma-names");
    assert_eq!(counted(&room, &["list.tsv"]), (3, 2, 7.0));
    room.write("european.csv", "source;target;weight\nA;B;1,5\n");
    assert!(refused(&room, "european.csv").contains("line 2: weight '1,5' is not a number; write a decimal point"));
    room.write("r.txt", "\"source\" \"target\" \"weight\"\n\"1\" \"A b\" \"B\" 3\n\"2\" \"B\" \"C\" 4\n");
    assert_eq!(counted(&room, &["r.txt"]), (3, 2, 7.0), "row names, and blanks in quotes");
}

#[test]
fn b10_a_column_called_type_may_mean_something_else() {
    let room = case("b10-type-column");
    assert_eq!(counted(&room, &["gephi.csv"]), (3, 3, 7.0));
    assert_eq!(counted(&room, &["cells.csv"]), (2, 1, 2.0));
    let text = printed(&room, &["connectome", "info", "cells.csv"]);
    assert!(text.contains("left aside: column 'type', which names no kinds of edges"), "{text}");
    let mixed = told(&room, "pre,post,weight,type\nA,B,2,chemical\nA,B,2,E->I\n");
    assert!(
        mixed.contains("line 3: 'e->i' is no kind of edge; write chemical or gap")
            || mixed.contains("'E->I' is no kind"),
        "{mixed}"
    );
    let both = told(&room, "pre,post,weight,type\nA,B,2,E\nA,C,2,E\n");
    assert!(both.contains("'E', electrical or excitatory"), "{both}");
    let late: String = (0..300).map(|i| format!("n{i},m,1,AMPA\n")).collect();
    let late = told(&room, &format!("pre,post,weight,type\n{late}A,C,2,gap\n"));
    assert!(late.contains("line 302: 'gap' is a kind of edge and others in the column 'type' are none"), "{late}");
    room.write("both.csv", "Source,Target,Type\na,b,Undirected\nb,a,Undirected\na,a,Undirected\n");
    assert_eq!(counted(&room, &["both.csv"]).1, 3, "listed both ways, and to itself");
}

#[test]
fn b11_ids_above_a_matrix_are_names() {
    let room = case("b11-numeric-header");
    assert_eq!(counted(&room, &["rois.csv"]), (3, 6, 15.0));
    let text = printed(&room, &["connectome", "info", "rois.csv"]);
    assert!(text.contains("the first row holds the ids of the nodes (else: header = false)"), "{text}");
    let matrix: String = (0..5).map(|row| format!("{row},1,2,3\n")).collect();
    assert!(told(&room, &matrix.replace("0,1,2,3", "1,1,1,1")).contains("is the first row names?"));
}
