//! What people read: every example of the book and of the README is played, every link leads somewhere, and pages that are
//! made from declarations are what the declarations say.

mod commands;
mod gallery;
mod links;
mod names;
mod page;
mod performance;
mod play;
mod reference;

use std::path::{Path, PathBuf};

use page::Page;

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// All files below `folder` that end so.
fn files(folder: &Path, ending: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(files(&path, ending));
        } else if path.extension().is_some_and(|end| end == ending) {
            found.push(path);
        }
    }
    found.sort();
    found
}

/// The pages of the book.
fn book() -> Vec<Page> {
    files(&root().join("docs"), "md").iter().map(|path| Page::read(path)).collect()
}

/// The book, and the pages that stand beside the code.
fn everything() -> Vec<Page> {
    let beside = ["README.md", "CONTRIBUTING.md", "CHANGELOG.md", "connectomes/README.md", "benches/baseline.md"];
    let beside = beside.iter().map(|name| Page::read(&root().join(name)));
    beside.chain(book()).collect()
}
