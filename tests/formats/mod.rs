//! Connectomes: every format, the published counts of the committed sets, and what a user is told about a bad file.

mod bad_input;
mod binary;
mod committed;
#[cfg(feature = "formats")]
mod heavy;
mod statistics;
mod text;

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
