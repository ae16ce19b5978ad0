//! Files and names of the code that pages for developers speak of exist.

use std::path::Path;

use super::page::Page;
use super::{everything, files, root};

/// Paths and texts of all sources.
fn sources() -> Vec<(String, String)> {
    let folders = ["engine", "models", "connectomes", "shaders", "tests", "examples", "benches"];
    let all = folders.iter().flat_map(|folder| {
        let folder = root().join(folder);
        files(&folder, "rs").into_iter().chain(files(&folder, "wgsl"))
    });
    all.map(|path| (path.display().to_string(), std::fs::read_to_string(&path).unwrap())).collect()
}

/// Names in `page` that are in no source: files, and words that only code has.
fn unknown(page: &Page, sources: &[(String, String)]) -> Vec<String> {
    let is_file =
        |name: &str| [".rs", ".wgsl"].iter().any(|end| name.ends_with(end)) && !name.contains([' ', '*', '<']);
    let is_name = |name: &str| {
        let word = |c: char| c.is_alphanumeric() || c == '_' || c == ':';
        name.chars().all(word)
            && (name.contains("::") && !name.ends_with(':') || name.contains('_') || name.contains(char::is_uppercase))
    };
    let known = |name: &str| match is_file(name) {
        true => sources.iter().any(|(path, _)| path.ends_with(&format!("/{name}"))),
        false => sources.iter().any(|(_, text)| name.split("::").all(|part| text.contains(part))),
    };
    page.code.iter().filter(|name| (is_file(name) || is_name(name)) && !known(name)).cloned().collect()
}

#[test]
fn names_of_the_code_exist() {
    let sources = sources();
    let pages = everything();
    let of_developers =
        pages.iter().filter(|page| page.path.starts_with("docs/develop") || page.path == Path::new("CONTRIBUTING.md"));
    let of_developers: Vec<&Page> = of_developers.collect();
    assert!(of_developers.iter().map(|page| page.code.len()).sum::<usize>() > 100);
    for page in of_developers {
        assert_eq!(unknown(page, &sources), Vec::<String>::new(), "{}", page.path.display());
    }
}

#[test]
fn names_that_are_gone_are_seen() {
    let text = "`plan/nosuch.rs`, `plan/mod.rs`, `Plan::nosuch_at_all`, `Plan::new`, `SomethingThatIsNot`, `2 of them`";
    let page = Page::parse(Path::new("docs/develop/planted.md"), text);
    // This file itself holds what it plants.
    let mut sources = sources();
    sources.retain(|(path, _)| !path.ends_with("docs/names.rs"));
    assert_eq!(unknown(&page, &sources), ["plan/nosuch.rs", "Plan::nosuch_at_all", "SomethingThatIsNot"]);
}
