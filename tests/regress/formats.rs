//! Formats known by their bytes.

use super::{case, printed};

/// Nodes, edges and total weight.
fn counted(room: &crate::support::room::Room, file: &str) -> (u64, u64, f64) {
    let json: serde_json::Value =
        serde_json::from_str(&printed(room, &["connectome", "info", file, "--json"])).unwrap();
    let edges = &json["chemical"];
    (json["nodes"].as_u64().unwrap(), edges["edges"].as_u64().unwrap(), edges["weight"].as_f64().unwrap())
}

/// What the program says of a file that it refuses.
fn refused(room: &crate::support::room::Room, file: &str) -> String {
    let output = room.run(&["connectome", "info", file]);
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(2), "{file}: {said}");
    for false_words in ["UTF-8", "damaged", "whole copy", "no matrix of numbers"] {
        assert!(!said.contains(false_words), "{said}");
    }
    assert!(said.trim_end().lines().count() == 1 && said.len() < 400, "{said}");
    said
}

#[test]
#[cfg(feature = "formats")]
fn w01_gexf_is_read_with_weights_labels_and_both_directions() {
    let room = case("w01-gexf");
    assert_eq!(counted(&room, "circuit.gexf"), (3, 4, 46.0));
    let told = printed(&room, &["connectome", "info", "circuit.gexf"]);
    assert!(!told.contains("GraphML"), "{told}");
}

#[test]
#[cfg(feature = "formats")]
fn b05_files_are_known_by_their_bytes() {
    let room = case("b05-known-by-magic");
    assert!(refused(&room, "first.feather").contains("Feather of version 1"));
    assert!(refused(&room, "list.csv.xz").contains("packed by xz"));
    for file in ["list.csv.bz2", "list.parquet.gz", "traced.tar.gz"] {
        let (nodes, edges, weight) = counted(&room, file);
        assert!(nodes > 1 && edges > 0 && weight > 0.0, "{file}: {nodes} {edges} {weight}");
    }
}

#[test]
fn b07_sparse_matrices_are_read_and_the_rest_is_told() {
    let room = case("b07-scipy-sparse");
    for file in ["csr.npz", "coo.npz"] {
        assert_eq!(counted(&room, file), (3, 4, 10.5), "{file}");
    }
    assert!(refused(&room, "pickled.npy").contains("holds Python objects; save it as float64"));
    assert!(refused(&room, "struct.mat").contains("conn is a struct; save its field W"));
}

#[test]
fn matrices_of_matlab_4_are_read() {
    let room = case("b05-known-by-magic");
    let (nodes, edges, weight) = counted(&room, "old.mat");
    assert!(nodes > 1 && edges > 0 && weight > 0.0, "{nodes} {edges} {weight}");
}
