//! Connectomes: every format, the published counts of the committed sets, and what a user is told about a bad file.

#[cfg(feature = "formats")]
mod arrow;
mod bad_input;
mod binary;
#[cfg(feature = "formats")]
mod books;
mod committed;
mod convert;
#[cfg(feature = "formats")]
mod excel;
mod flags;
#[cfg(feature = "formats")]
mod gexf;
#[cfg(feature = "formats")]
mod graphml;
#[cfg(feature = "formats")]
mod graphs;
#[cfg(feature = "formats")]
mod hdf5;
mod magic;
mod matlab;
#[cfg(feature = "formats")]
mod parquet;
mod questions;
mod statistics;
mod text;
#[cfg(feature = "formats")]
mod told;
#[cfg(feature = "formats")]
mod told_graphs;

use std::io::Write;
use std::path::{Path, PathBuf};

use neuropil::connectomes::{Connectome, EdgeKind, ReadOptions};

/// A small file made by `make.py`.
fn fixture(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/formats/fixtures").join(name)
}

/// Writes a file into a folder of the test's own and gives its path.
fn file(test: &str, name: &str, content: impl AsRef<[u8]>) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("formats").join(test);
    std::fs::create_dir_all(&folder).unwrap();
    let path = folder.join(name);
    std::fs::write(&path, content).unwrap();
    path
}

fn read(path: &Path) -> Connectome {
    Connectome::read(path, &ReadOptions::default()).unwrap()
}

/// Edges as names, weight and kind.
fn edges(connectome: &Connectome) -> Vec<(&str, &str, f64, EdgeKind)> {
    let name = |index: u32| connectome.nodes[index as usize].name.as_str();
    connectome.edges.iter().map(|e| (name(e.source), name(e.target), e.weight, e.kind)).collect()
}

/// Chemical edges as names and weight.
fn weights(connectome: &Connectome) -> Vec<(&str, &str, f64)> {
    edges(connectome).into_iter().map(|(source, target, weight, _)| (source, target, weight)).collect()
}

fn gzip(content: &[u8]) -> Vec<u8> {
    let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    packed.write_all(content).unwrap();
    packed.finish().unwrap()
}

fn zip(members: &[(&str, &[u8])]) -> Vec<u8> {
    let mut archive = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    for (name, content) in members {
        archive.start_file(*name, zip::write::SimpleFileOptions::default()).unwrap();
        archive.write_all(content).unwrap();
    }
    archive.finish().unwrap().into_inner()
}

/// Copies of `whole` with a few bytes changed, the same on every run.
fn flips(whole: &[u8], count: usize) -> impl Iterator<Item = Vec<u8>> {
    let mut state = 0x9E37_79B9_7F4A_7C15u64;
    let mut next = move |below: usize| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) as usize % below
    };
    (0..count).map(move |_| {
        let mut content = whole.to_vec();
        for _ in 0..=next(3) {
            let at = next(content.len());
            content[at] = next(256) as u8;
        }
        content
    })
}

/// Reads damaged copies of a file: none may panic, some are read, some are refused, and an error is one line.
fn flipped_file(test: &str, path: &Path, count: usize) {
    let whole = std::fs::read(path).unwrap();
    flipped_copies(&whole, count, |content| {
        let connectome = Connectome::read(file(test, "flipped", content), &ReadOptions::default())?;
        connectome.check()
    });
}

/// Gives damaged copies to a reader, of which some must be read and some refused.
fn flipped_copies(whole: &[u8], count: usize, reader: impl Fn(&[u8]) -> neuropil::Result<()>) {
    assert!(reader(whole).is_ok(), "the whole file is read");
    let (mut read, mut refused, mut given_up) = (0, 0, 0);
    for content in flips(whole, count) {
        match reader(&content) {
            Ok(()) => read += 1,
            Err(error) => {
                let sentence = error.to_string();
                assert!(!sentence.is_empty() && !sentence.contains(char::is_control), "{sentence:?}");
                assert_eq!(error.exit_code(), 2, "{sentence}");
                refused += 1;
                given_up += u32::from(sentence.contains("gave up"));
            }
        }
    }
    println!("{read} read, {refused} refused, {given_up} of them since a library gave up");
    assert!(read > 0 && refused > given_up, "{read} read, {refused} refused, {given_up} since a library gave up");
}

fn flipped(test: &str, name: &str, count: usize) {
    flipped_file(test, &fixture(name), count);
}
