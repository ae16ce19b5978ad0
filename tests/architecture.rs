//! Rooms and their order: the table at the head of `engine/lib.rs` lists all, and each imports only rooms above it.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

/// A file of a room, without comments and its own tests.
struct Source {
    room: String,
    path: String,
    code: String,
}

impl Source {
    fn new(room: &str, path: &str, text: &str) -> Source {
        let text = text.split("#[cfg(test)]\nmod tests").next().unwrap();
        let lines = text.lines().filter(|line| !line.trim_start().starts_with("//"));
        let code = lines.collect::<Vec<_>>().join("\n");
        Source { room: room.to_owned(), path: path.to_owned(), code }
    }

    /// What follows `crate::` anywhere.
    fn imports(&self) -> BTreeSet<&str> {
        let mut found = BTreeSet::new();
        for (at, _) in self.code.match_indices("crate::") {
            let rest = &self.code[at + "crate::".len()..];
            assert!(!rest.starts_with('{'), "{}: name one room in each `use crate::`", self.path);
            let end = rest.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(rest.len());
            found.insert(&rest[..end]);
        }
        found
    }
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// The rooms of the table, the population_key first.
fn rooms() -> Vec<String> {
    let text = fs::read_to_string(root().join("engine/lib.rs")).unwrap();
    let rows = text.lines().filter_map(|line| line.strip_prefix("//! | "));
    let cells = rows.filter_map(|row| row.split('|').next()).filter(|cell| cell.contains('`'));
    let names = cells.map(|cell| cell.trim_matches(|c: char| " []`".contains(c)).trim_start_matches("mod@"));
    names.map(str::to_owned).collect()
}

fn collect(folder: &Path, room: &str, sources: &mut Vec<Source>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            collect(&path, room, sources);
        } else if path.extension().is_some_and(|end| end == "rs") {
            sources.push(Source::new(room, &path.display().to_string(), &fs::read_to_string(&path).unwrap()));
        }
    }
}

/// All files of all rooms; the program, which sees the library from outside, is none of them.
fn sources() -> Vec<Source> {
    let mut sources = Vec::new();
    for entry in fs::read_dir(root().join("engine")).unwrap() {
        let path = entry.unwrap().path();
        let room = path.file_stem().unwrap().to_str().unwrap().to_owned();
        if path.is_dir() && room != "cli" {
            collect(&path, &room, &mut sources);
        } else if path.is_file() && !["lib", "main", "prelude"].contains(&room.as_str()) {
            sources.push(Source::new(&room, &path.display().to_string(), &fs::read_to_string(&path).unwrap()));
        }
    }
    collect(&root().join("models"), "models", &mut sources);
    collect(&root().join("connectomes"), "connectomes", &mut sources);
    sources
}

/// Imports of a room from one that is not above it.
fn knots(rooms: &[String], sources: &[Source]) -> Vec<String> {
    let place = |room: &str| rooms.iter().position(|known| known == room);
    let mut knots = Vec::new();
    for source in sources {
        let own = place(&source.room);
        let others = source.imports().into_iter().filter(|&room| room != source.room);
        for other in others.filter_map(|room| place(room).map(|place| (room, place))) {
            if own.is_none_or(|own| other.1 > own) {
                knots.push(format!("{} ({}) imports {}", source.path, source.room, other.0));
            }
        }
    }
    knots
}

#[test]
fn rooms_import_only_what_lies_above_them_in_the_table() {
    let knots = knots(&rooms(), &sources());
    assert!(knots.is_empty(), "{}", knots.join("\n"));
}

#[test]
fn a_forbidden_import_is_noticed() {
    let mut sources = sources();
    sources.push(Source::new(
        "number",
        "planted.rs",
        "//! crate::plan\nfn f() { let _ = crate::device::Device::cpu(); }",
    ));
    sources.push(Source::new("cellar", "planted.rs", "use crate::error::Error;"));
    assert_eq!(knots(&rooms(), &sources), ["planted.rs (number) imports device", "planted.rs (cellar) imports error"]);
}

#[test]
fn every_room_is_in_the_table() {
    let mut rooms = rooms();
    let mut found: Vec<String> = sources().into_iter().map(|source| source.room).collect();
    found.sort();
    found.dedup();
    rooms.sort();
    assert_eq!(rooms, found);
}
