//! Links lead to files and headings that exist, and the table of contents to every page.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Component, Path, PathBuf};

use super::page::Page;
use super::{book, everything, root};

/// `path` without `.` and `..`.
fn plain(path: &Path) -> PathBuf {
    let mut plain = PathBuf::new();
    for part in path.components() {
        match part {
            Component::ParentDir => drop(plain.pop()),
            Component::CurDir => {}
            other => plain.push(other),
        }
    }
    plain
}

/// What is wrong with the links of `pages`.
fn broken(pages: &[Page]) -> Vec<String> {
    let anchors: BTreeMap<&Path, &Vec<String>> =
        pages.iter().map(|page| (page.path.as_path(), &page.anchors)).collect();
    let mut found = Vec::new();
    for page in pages {
        for link in page.links.iter().filter(|link| !link.target.contains("://")) {
            let (file, heading) = link.target.split_once('#').unwrap_or((&link.target, ""));
            let folder = page.path.parent().unwrap();
            let path = if file.is_empty() { page.path.clone() } else { plain(&folder.join(file)) };
            let at = page.at(link.line);
            if !root().join(&path).exists() {
                found.push(format!("{at}: {} is not there", path.display()));
            } else if !heading.is_empty()
                && !anchors.get(path.as_path()).is_some_and(|all| all.contains(&heading.into()))
            {
                found.push(format!("{at}: {} has no heading '{heading}'", path.display()));
            }
        }
    }
    found
}

/// What is wrong with a table of contents of these pages.
fn unlisted(summary: &Page, pages: &[Page]) -> Vec<String> {
    let listed: Vec<PathBuf> = summary.links.iter().map(|link| plain(&Path::new("docs").join(&link.target))).collect();
    let set: BTreeSet<&PathBuf> = listed.iter().collect();
    let pages = pages.iter().filter(|page| page.path != summary.path);
    let mut found: Vec<String> = pages
        .filter(|page| !set.contains(&page.path))
        .map(|page| format!("{} is not listed", page.path.display()))
        .collect();
    if set.len() != listed.len() {
        found.push("a page is listed twice".into());
    }
    found
}

fn summary() -> Page {
    Page::read(&root().join("docs/SUMMARY.md"))
}

#[test]
fn every_link_leads_somewhere() {
    let pages = everything();
    let links: usize = pages.iter().map(|page| page.links.len()).sum();
    assert!(links > 60, "{links} links");
    assert_eq!(broken(&pages), Vec::<String>::new());
}

#[test]
fn every_page_is_in_the_table_of_contents() {
    assert_eq!(unlisted(&summary(), &book()), Vec::<String>::new());
}

#[test]
fn a_broken_link_a_missing_heading_and_a_page_left_out_are_seen() {
    let mut pages = everything();
    let text = "# Planted\n[file](../no/such.md) [heading](SUMMARY.md#nowhere) [right](SUMMARY.md#start)\n";
    pages.push(Page::parse(Path::new("docs/planted.md"), text));
    let found = broken(&pages);
    assert_eq!(
        found,
        ["docs/planted.md:2: no/such.md is not there", "docs/planted.md:2: docs/SUMMARY.md has no heading 'nowhere'"]
    );
    assert_eq!(unlisted(&summary(), &pages[pages.len() - 1..]), ["docs/planted.md is not listed"]);
    let twice = Page::parse(Path::new("docs/SUMMARY.md"), "[a](x.md) [b](x.md)");
    assert_eq!(unlisted(&twice, &[]), ["a page is listed twice"]);
}
