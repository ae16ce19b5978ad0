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
