//! Circles of imports among the files of a room. Each name is followed through `pub use` to the file that declares it, so
//! that a name taken from a parent counts as one of the file it comes from.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;

use super::{Source, root, sources};

/// Those there are, each for a reason: rules that list pairs and third factors that choose among them call each other;
/// a synapse may have memory and is declared in its rule; the derivative of a repetition has one within; a simulation
/// is one type in several files.
const KNOWN: [&[&str]; 4] = [
    &["equations::derivative::adjoint", "equations::derivative::repeat"],
    &["network::plasticity", "network::synapse"],
    &["plan::connectivity::explicit", "plan::connectivity::third"],
    &["simulation", "simulation::recording", "simulation::trials"],
];

type Module = Vec<String>;

/// The imports of a file: those of its own, and by their names those that it passes on.
#[derive(Default)]
struct Imports {
    own: BTreeSet<Module>,
    passed_on: BTreeMap<String, Module>,
}

/// "engine/plan/storage/mod.rs" as `plan::storage`.
fn module(path: &str) -> Module {
    let path = path.trim_start_matches("engine/").trim_end_matches(".rs").trim_end_matches("/mod");
    path.split('/').map(str::to_owned).collect()
}

/// What follows `use` in a text, whether it is passed on, and the rest of the text.
fn statements(code: &str) -> (Vec<(bool, &str)>, String) {
    let (mut found, mut rest, mut from) = (Vec::new(), String::new(), 0);
    for (at, _) in code.match_indices("use ").filter(|(at, _)| code[..*at].ends_with(['\n', ' ']) || *at == 0) {
        let before = code[..at].rsplit('\n').next().unwrap_or_default().trim();
        let passed_on = before.starts_with("pub");
        if at < from || !(before.is_empty() || before == "pub" || passed_on && before.ends_with(')')) {
            continue;
        }
        let end = at + code[at..].find(';').unwrap_or(0);
        found.push((passed_on, &code[at + "use ".len()..end]));
        rest.push_str(&code[from..at]);
        from = end;
    }
    (found, rest + &code[from..])
}

/// `a::{b, c::{d, e as f}}` as `a::b`, `a::c::d` and `a::c::e`.
fn each_path(text: &str) -> Vec<String> {
    let Some((before, inside)) = text.split_once('{') else {
        return vec![text.split(" as ").next().unwrap().split_whitespace().collect()];
    };
    let inside = inside.rsplit_once('}').unwrap().0;
    let mut depth = 0;
    let parts = inside.split(|c: char| {
        depth += i32::from(c == '{') - i32::from(c == '}');
        c == ',' && depth == 0
    });
    let parts = parts.filter(|part| !part.trim().is_empty()).flat_map(each_path);
    parts.map(|path| format!("{}{path}", before.trim())).collect()
}

/// A path as one from the crate on; nothing where it is one of another crate.
fn absolute(own: &Module, path: &str, known: &BTreeSet<Module>) -> Option<Module> {
    let mut parts: Vec<String> = path.split("::").filter(|part| !part.is_empty()).map(str::to_owned).collect();
    let mut base = own.clone();
    match parts.first()?.as_str() {
        "crate" => base.clear(),
        "self" | "super" => {}
        first => {
            base.push(first.to_owned());
            known.contains(&base).then(|| base.pop())?;
            return Some([base, parts].concat());
        }
    }
    while let Some("crate" | "self" | "super") = parts.first().map(String::as_str) {
        if parts.remove(0) == "super" {
            base.pop();
        }
    }
    Some([base, parts].concat())
}

fn imports(source: &Source, known: &BTreeSet<Module>) -> Imports {
    let own = module(&source.path);
    let mut imports = Imports::default();
    let (statements, rest) = statements(&source.code);
    for (passed_on, text) in statements {
        for path in each_path(text).iter().filter_map(|path| absolute(&own, path, known)) {
            match passed_on {
                true => drop(imports.passed_on.insert(path.last().unwrap().clone(), path)),
                false => drop(imports.own.insert(path)),
            }
        }
    }
    for start in ["crate::", "super::"] {
        for (at, _) in rest.match_indices(start) {
            let end = rest[at..].find(|c: char| !c.is_alphanumeric() && !"_:".contains(c)).unwrap_or(rest.len() - at);
            imports.own.extend(absolute(&own, &rest[at..at + end], known));
        }
    }
    imports
}

/// The file that declares what a path names.
fn declaring(files: &BTreeMap<Module, Imports>, path: &[String]) -> Option<Module> {
    let place = (1..=path.len()).rev().find(|&k| files.contains_key(&path[..k]))?;
    let passed_on = path.get(place).and_then(|name| files[&path[..place]].passed_on.get(name));
    match passed_on {
        Some(on) if on != path => declaring(files, &[on, &path[place + 1..]].concat()),
        _ => Some(path[..place].to_vec()),
    }
}

/// Files of a room that can be reached from each other, in order.
fn circles(sources: &[Source]) -> Vec<Vec<String>> {
    let known: BTreeSet<Module> = sources.iter().map(|source| module(&source.path)).collect();
    let files: BTreeMap<Module, Imports> = sources.iter().map(|s| (module(&s.path), imports(s, &known))).collect();
    let arrows = |file: &Module| -> BTreeSet<Module> {
        let declaring = files[file].own.iter().filter_map(|path| declaring(&files, path));
        declaring.filter(|other| other != file && other[0] == file[0]).collect()
    };
    let arrows: BTreeMap<&Module, BTreeSet<Module>> = files.keys().map(|file| (file, arrows(file))).collect();
    let reached = |file: &Module| {
        let (mut reached, mut next) = (BTreeSet::new(), vec![file]);
        while let Some(file) = next.pop() {
            next.extend(arrows[file].iter().filter(|other| reached.insert((*other).clone())));
        }
        reached
    };
    let reached: BTreeMap<&Module, BTreeSet<Module>> = files.keys().map(|file| (file, reached(file))).collect();
    let circle = |file: &&Module| -> Vec<String> {
        let mutual = reached[*file].iter().filter(|other| reached[other].contains(*file));
        mutual.map(|file| file.join("::")).collect()
    };
    let circles: BTreeSet<Vec<String>> = files.keys().map(|file| circle(&file)).collect();
    circles.into_iter().filter(|circle| !circle.is_empty()).collect()
}

#[test]
fn files_of_a_room_import_each_other_one_way_but_for_a_few() {
    assert_eq!(circles(&sources()), KNOWN);
}

#[test]
fn an_import_that_closes_a_circle_is_noticed() {
    let path = "engine/plan/storage/encoding.rs";
    let text = fs::read_to_string(root().join(path)).unwrap();
    let with = |planted: &str| {
        let mut sources = sources();
        sources.retain(|source| source.path != path);
        sources.push(Source::new("plan", path, &format!("{planted}\n{text}")));
        circles(&sources)
    };
    let closed = ["plan::options", "plan::storage::encoding"].map(str::to_owned);
    let closing = [
        "use crate::plan::Delivery;",
        "use crate::{\n    error::Error,\n    plan::{Delivery as How, options::{Storage}},\n};",
        "use super::super::options::Storage;",
        "fn how() -> crate::plan::Delivery {}",
    ];
    for planted in closing {
        let found = with(planted);
        assert!(found.contains(&closed.to_vec()) && found.len() == KNOWN.len() + 1, "{planted}: {found:?}");
    }
    for planted in ["// crate::plan::Delivery", "pub use crate::plan::Delivery;", "use crate::error::Error;"] {
        assert_eq!(with(planted), KNOWN, "{planted}");
    }
}
