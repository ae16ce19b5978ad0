//! Rooms and their order: the table at the head of `engine/lib.rs` lists all, and each imports only rooms above it. The
//! program, `engine/cli`, is outside: it sees the library as any other user does, and the library cannot see it.
//!
//! What is compiled for a feature alone has one room, too.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

mod circles;

/// A file of a room, without comments and its own tests.
struct Source {
    room: String,
    path: String,
    code: String,
}

impl Source {
    fn new(room: &str, path: &str, text: &str) -> Source {
        let path = path.strip_prefix(&format!("{}/", root().display())).unwrap_or(path);
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

    /// Whether a crate is named.
    fn names(&self, name: &str) -> bool {
        let (path, import) = (format!("{name}::"), format!("use {name}"));
        let starts_word = |at: usize| {
            let before = self.code[..at].chars().next_back();
            before.is_none_or(|c| !c.is_alphanumeric() && c != '_' && c != ':')
        };
        let imported =
            |line: &str| line.trim_start().strip_prefix(&import).is_some_and(|rest| rest.starts_with([';', ' ']));
        self.code.match_indices(&path).any(|(at, _)| starts_word(at)) || self.code.lines().any(imported)
    }
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// The rooms of the table, the population_key first.
fn rooms() -> Vec<String> {
    let text = fs::read_to_string(root().join("engine/lib.rs")).unwrap();
    let section = text.split("//! # Rooms").nth(1).unwrap().split("//! # ").next().unwrap();
    let rows = section.lines().filter_map(|line| line.strip_prefix("//! | "));
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

/// The files of the program.
fn program() -> Vec<Source> {
    let mut sources = Vec::new();
    collect(&root().join("engine/cli"), "cli", &mut sources);
    sources
}

/// All files of all rooms; the program is none of them.
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

/// Rooms above one that it may not import all the same: a plan is the same wherever it is made.
const FORBIDDEN: [(&str, &str); 1] = [("plan", "host")];

/// Imports of a room from one that is not above it, or that is forbidden.
fn knots(rooms: &[String], sources: &[Source]) -> Vec<String> {
    let place = |room: &str| rooms.iter().position(|known| known == room);
    let mut knots = Vec::new();
    for source in sources {
        let own = place(&source.room);
        let others = source.imports().into_iter().filter(|&room| room != source.room);
        for other in others.filter_map(|room| place(room).map(|place| (room, place))) {
            let forbidden = FORBIDDEN.contains(&(source.room.as_str(), other.0));
            if own.is_none_or(|own| other.1 > own) || forbidden {
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
    sources.push(Source::new("plan", "planted.rs", "use crate::host::available;"));
    let wanted = ["(number) imports device", "(cellar) imports error", "(plan) imports host"];
    assert_eq!(knots(&rooms(), &sources), wanted.map(|import| format!("planted.rs {import}")));
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

/// Features, and where what they bring is named.
const OWN: [(&str, &str); 3] =
    [("cli", "engine/cli/"), ("pictures", "engine/record/pictures/"), ("gpu", "engine/device/gpu/")];

/// The crates that `Cargo.toml` compiles for a feature.
fn crates(feature: &str) -> Vec<String> {
    let manifest: toml::Table = fs::read_to_string(root().join("Cargo.toml")).unwrap().parse().unwrap();
    let needs = manifest["features"][feature].as_array().unwrap();
    let crates = needs.iter().filter_map(|need| need.as_str().unwrap().strip_prefix("dep:"));
    crates.map(|name| name.replace('-', "_")).collect()
}

/// Files that name a crate which is there for another room.
fn strangers(sources: &[Source]) -> Vec<String> {
    let mut found = Vec::new();
    for (feature, home) in OWN {
        for name in crates(feature) {
            let outside = sources.iter().filter(|source| !source.path.starts_with(home) && source.names(&name));
            found.extend(outside.map(|source| format!("{} names {name}, which belongs to {home}", source.path)));
        }
    }
    found
}

/// Lines that a feature of `OWN` switches on and that are no whole module.
fn pieces(sources: &[Source]) -> Vec<String> {
    let mut found = Vec::new();
    for source in sources {
        for (feature, _) in &OWN[..2] {
            let mark = format!("feature = \"{feature}\"");
            let lines = source.code.lines().zip(source.code.lines().skip(1));
            let marked = lines.filter(|(line, _)| line.contains(&mark));
            let pieces = marked.filter(|(_, next)| !next.trim_start_matches("pub ").starts_with("mod "));
            found.extend(pieces.map(|(_, next)| format!("{}: {next}", source.path)));
        }
    }
    found
}

#[test]
fn crates_of_a_feature_are_named_in_its_room_alone() {
    let sources: Vec<Source> = sources().into_iter().chain(program()).collect();
    for (feature, home) in OWN {
        for name in crates(feature) {
            assert!(sources.iter().any(|s| s.path.starts_with(home) && s.names(&name)), "{name} is named nowhere");
        }
    }
    assert_eq!(strangers(&sources), Vec::<String>::new());
    assert_eq!(pieces(&sources), Vec::<String>::new());
}

#[test]
fn a_crate_that_is_named_elsewhere_is_noticed() {
    let planted = [
        "fn f() { let _ = wgpu::Color::RED; }",
        "use clap;",
        "use png as picture;",
        "// indicatif::ProgressBar\nfn own_clap() {} mod a { use super::clapper::b; }",
        "#[cfg(feature = \"pictures\")]\nfn draw() {}\n#[cfg(feature = \"pictures\")]\npub mod drawing;",
    ];
    let sources = planted.map(|text| Source::new("plan", "engine/plan/planted.rs", text));
    let found = strangers(&sources).join(", ");
    let expected = ["clap, which belongs to engine/cli/", "png, which belongs to engine/record/pictures/"];
    let expected = expected.iter().chain(&["wgpu, which belongs to engine/device/gpu/"]);
    let expected: Vec<String> = expected.map(|rest| format!("engine/plan/planted.rs names {rest}")).collect();
    assert_eq!(found, expected.join(", "));
    assert_eq!(pieces(&sources), ["engine/plan/planted.rs: fn draw() {}"]);
}

/// Files of `plan` that a network enters by, and those that read it.
const ENTRIES: [&str; 3] = ["cost/report.rs", "lay_out.rs", "trial.rs"];
const READERS: [&str; 3] = ["input.rs", "probes.rs", "resolve.rs"];

/// Files of `plan` that name the type `Network` and may not.
fn see_the_network(sources: &[Source]) -> Vec<&str> {
    let plan = sources.iter().filter(|source| source.room == "plan");
    let names = |code: &str| {
        let mut words = code.split(|c: char| !c.is_alphanumeric() && c != '_' && c != ':');
        words.any(|word| word == "Network" || word.ends_with("network::Network"))
    };
    let allowed = |path: &str| ENTRIES.iter().chain(&READERS).any(|own| path.ends_with(&format!("plan/{own}")));
    plan.filter(|source| names(&source.code) && !allowed(&source.path)).map(|source| source.path.as_str()).collect()
}

/// Entries of `plan` that ask a network themselves.
fn ask_the_network(sources: &[Source]) -> Vec<&str> {
    let entry = |source: &&Source| ENTRIES.iter().any(|own| source.path.ends_with(&format!("plan/{own}")));
    let methods = ["populations()", "projections()", "stimuli()", "recorders()", "neurons()", "dt()", "grid()"];
    let asks = |code: &str| methods.iter().any(|method| code.contains(&format!("network.{method}")));
    sources.iter().filter(entry).filter(|source| asks(&source.code)).map(|source| source.path.as_str()).collect()
}

#[test]
fn a_plan_asks_the_network_once() {
    let sources = sources();
    assert!(see_the_network(&sources).is_empty(), "{:?}", see_the_network(&sources));
    assert!(ask_the_network(&sources).is_empty(), "{:?}", ask_the_network(&sources));
}

#[test]
fn a_pass_that_asks_the_network_is_noticed() {
    let sources = ["storage/choose.rs", "lay_out.rs"].map(|file| {
        let code = "use crate::network::Network;\nfn f(network: &Network) -> u32 { network.neurons() }";
        Source::new("plan", &format!("engine/plan/{file}"), code)
    });
    assert_eq!(see_the_network(&sources), ["engine/plan/storage/choose.rs"]);
    assert_eq!(ask_the_network(&sources), ["engine/plan/lay_out.rs"]);
}
