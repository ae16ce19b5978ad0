//! MATLAB files of version 5 to 7: full and sparse, plain and packed, either byte order.

use neuropil::connectomes::{Connectome, Matrix, ReadOptions};

use super::{file, fixture, flipped, read, weights};

const MADE_UP: [(&str, &str, f64); 4] = [("0", "1", 2.0), ("1", "0", 0.5), ("1", "2", 7.0), ("2", "2", 1.5)];

fn element(kind: u32, content: &[u8]) -> Vec<u8> {
    let mut bytes = [kind.to_be_bytes(), (content.len() as u32).to_be_bytes()].concat();
    bytes.extend(content);
    bytes.resize(bytes.len().next_multiple_of(8), 0);
    bytes
}

/// A big-endian file, as older machines wrote them, with one array of doubles.
fn big_endian(name: &str, rows: i32, columns: i32, values: &[f64]) -> Vec<u8> {
    let mut file = b"MATLAB 5.0 MAT-file, made up".to_vec();
    file.resize(124, b' ');
    file.extend([1, 0, b'M', b'I']);
    let size = [rows.to_be_bytes(), columns.to_be_bytes()].concat();
    let numbers: Vec<u8> = values.iter().flat_map(|v| v.to_be_bytes()).collect();
    let parts =
        [element(6, &[0, 0, 0, 6, 0, 0, 0, 0]), element(5, &size), element(1, name.as_bytes()), element(9, &numbers)];
    file.extend(element(14, &parts.concat()));
    file
}

#[test]
fn sparse_and_full_are_the_same() {
    assert_eq!(weights(&read(&fixture("sparse.mat"))), MADE_UP);
    assert_eq!(weights(&read(&fixture("plain.mat"))), MADE_UP);
    assert_ne!(weights(&read(&fixture("packed.mat"))), MADE_UP, "other weights show");
}

#[test]
fn big_endian_goes_column_by_column() {
    let connectome = read(&file("matlab", "big.mat", big_endian("sc", 2, 2, &[0.0, 3.0, 4.5, 0.0])));
    assert_eq!(weights(&connectome), [("0", "1", 4.5), ("1", "0", 3.0)]);
}

#[test]
fn lengths_lie_in_a_file_of_their_own() {
    let lengths =
        file("matlab", "lengths.mat", big_endian("len", 3, 3, &[0.0, 1.0, 0.0, 2.0, 0.0, 0.0, 0.0, 3.0, 4.0]));
    let options = ReadOptions { lengths: Some(lengths.clone()), ..ReadOptions::default() };
    let connectome = Connectome::read(fixture("sparse.mat"), &options).unwrap();
    let found: Vec<f64> = connectome.edges.iter().filter_map(|e| e.length).collect();
    assert_eq!(found, [2.0, 1.0, 3.0, 4.0]);
    let alone = Matrix::read(&lengths, &ReadOptions::default()).unwrap();
    assert_eq!((alone.rows, alone.get(0, 1)), (3, Some(2.0)));
}

#[test]
fn bad_files_are_refused_in_a_sentence() {
    let refused = |name: &str, content: &[u8], words: &str| {
        let error = Connectome::read(file("matlab_bad", name, content), &ReadOptions::default()).unwrap_err();
        let sentence = error.to_string();
        assert!(sentence.contains(words) && !sentence.contains('\n') && error.exit_code() == 2, "{sentence}");
    };
    let plain = std::fs::read(fixture("plain.mat")).unwrap();
    refused(
        "cut.mat",
        &plain[..plain.len() / 2],
        "it is not a whole MATLAB file of version 5 to 7; save it again with save -v7",
    );
    let packed = std::fs::read(fixture("packed.mat")).unwrap();
    refused("cut_packed.mat", &packed[..180], "it is not a whole MATLAB file");
    refused("header.mat", &plain[..128], "it holds no matrix of numbers");
    refused(
        "complex.mat",
        &std::fs::read(fixture("complex.mat")).unwrap(),
        "sc holds complex numbers; save their real part",
    );
    refused(
        "negative.mat",
        &big_endian("sc", -2, 2, &[]),
        "its array sc has -2 rows or columns; a size is never negative",
    );
    refused("huge.mat", &big_endian("sc", i32::MAX, i32::MAX, &[]), "over the limit of 2.0 GiB");
    refused("short.mat", &big_endian("sc", 2, 2, &[1.0]), "its array sc is 2 x 2 and holds 1 numbers");
    refused("oblong.mat", &big_endian("sc", 1, 2, &[1.0, 2.0]), "the matrix is 1 x 2; a connectome needs a square one");
    refused("nan.mat", &big_endian("sc", 1, 1, &[f64::NAN]), "the weight in row 1, column 1 is NaN; it must be finite");
    let mut new = b"MATLAB 7.3 MAT-file, made up".to_vec();
    new.resize(600, b' ');
    let words = if cfg!(feature = "formats") { "save it from MATLAB with save -v7" } else { "does not read HDF5" };
    refused("new.mat", &new, words);
    let options = ReadOptions { array: Some("sk".into()), ..ReadOptions::default() };
    let error = Connectome::read(fixture("plain.mat"), &options).unwrap_err().to_string();
    assert!(error.ends_with("did you mean 'sc'?"), "{error}");
}

#[test]
fn damaged_files_never_panic() {
    for name in ["plain.mat", "packed.mat", "sparse.mat"] {
        flipped("matlab_damaged", name, 300);
    }
}
