//! MATLAB 7.3 and other HDF5.

use neuropil::connectomes::{Connectome, ReadOptions};

use super::{file, fixture, flipped, read, weights};

fn array(name: &str) -> ReadOptions {
    ReadOptions { array: Some(name.into()), ..ReadOptions::default() }
}

fn refused(path: &std::path::Path, options: &ReadOptions, words: &str) {
    let error = Connectome::read(path, options).unwrap_err();
    let sentence = error.to_string();
    assert!(sentence.contains(words) && error.exit_code() == 2, "{sentence}");
}

#[test]
fn the_same_matrix_in_every_version_of_matlab_is_the_same_connectome() {
    let old = Connectome::read(fixture("plain.mat"), &array("sc")).unwrap();
    assert!(!old.edges.is_empty() && old.edges.iter().any(|e| e.source != e.target));
    let new = Connectome::read(fixture("plain_73.mat"), &array("sc")).unwrap();
    assert_eq!(new.edges, old.edges, "rows are sources in both, and lengths go along");
    let sparse = Connectome::read(fixture("sparse_73.mat"), &array("sp")).unwrap();
    assert_eq!(sparse.edges, read(&fixture("sparse.mat")).edges);
    let packed = Connectome::read(fixture("packed_73.mat"), &ReadOptions::default()).unwrap();
    assert_eq!(packed.edges.len(), 90);
    assert!(packed.edges.iter().all(|e| e.weight == f64::from(10 * e.source + e.target)), "{:?}", packed.edges);
}

#[test]
fn a_matrix_of_another_program_is_taken_as_it_stands() {
    let connectome = read(&fixture("plain.h5"));
    let expected = [("0", "1", 2.0), ("1", "0", 0.5), ("1", "2", 7.0), ("2", "2", 1.5)];
    assert_eq!(weights(&connectome), expected);
    assert!(connectome.reading.taken.iter().any(|t| t.from == "array 'brain/sc'"), "{:?}", connectome.reading);
}

#[test]
fn what_is_no_matrix_is_told_by_what_it_is() {
    let others = fixture("others_73.mat");
    for (name, words) in [
        ("names", "names is a cell array"),
        ("note", "note is text"),
        ("s", "s is a struct; save its field W"),
        ("z", "z holds complex numbers"),
        ("cube", "cube has 3 dimensions (3 x 3 x 2)"),
        ("nothing", "nothing is empty"),
    ] {
        let left = Connectome::read(&others, &array("W")).unwrap().reading.left;
        assert!(left.iter().any(|what| what.contains(words)), "{name}: {left:?}");
    }
    refused(&others, &array("V"), "unknown array 'V'");
}

#[test]
fn links_are_told_and_a_group_within_itself_is_read_once() {
    let told = |name: &str, array: Option<&str>| {
        let options = ReadOptions { array: array.map(str::to_owned), ..ReadOptions::default() };
        Connectome::read(fixture(name), &options).unwrap().reading.left
    };
    let left = told("linked.h5", None);
    let elsewhere = "elsewhere is a link to /brain/sc of the file other.h5, which is not followed";
    for link in [elsewhere, "same is a link to /sc, which is not followed"] {
        assert!(left.iter().any(|what| what.contains(link)), "{link}: {left:?}");
    }
    assert!(told("plain.h5", None).is_empty(), "and no link where there is none");
    refused(&fixture("linked_many.h5"), &ReadOptions::default(), "is a link to /brain/0 of the file other.h5, which");
    let left = told("loop.h5", None);
    assert_eq!(left.len(), 3, "{left:?}");
    for what in ["brain/loop is a group around itself", "brain/inner/out is a group around itself", "labels is text"] {
        assert!(left.iter().any(|left| left.contains(what)), "{what}: {left:?}");
    }
    refused(&fixture("loop.h5"), &array("brain/loop/sc"), "unknown array 'brain/loop/sc'");
}

#[test]
fn hdf5_that_lies_ends_as_a_sentence() {
    for name in ["plain_73.mat", "sparse_73.mat", "packed_73.mat", "plain.h5"] {
        flipped("hdf5_damaged", name, 300);
        let whole = std::fs::read(fixture(name)).unwrap();
        refused(&file("hdf5", "cut.mat", &whole[..600]), &ReadOptions::default(), "it is HDF5 (or MATLAB 7.3) that");
    }
    let words = "a matrix of 524288 x 524288 unpacks to 2.0 TiB, over the limit of 2.0 GiB";
    refused(&fixture("huge_73.mat"), &ReadOptions::default(), words);
    let none = file("hdf5", "none.h5", b"\x89HDF\r\n\x1a\n");
    refused(&none, &ReadOptions::default(), "save it from MATLAB with save -v7, or from Python as .npz");
}
