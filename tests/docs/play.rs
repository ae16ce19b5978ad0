//! Every example is played: files are written, experiments simulated, commands run, in the order of the page.

use std::path::Path;

use neuropil::experiment::{Experiment, models_in};
use neuropil::prelude::*;

use super::commands::{quick, words};
use super::page::{Block, Page};
use super::{book, everything, root};
use crate::support::room::Room;

/// Blocks of commands that are not run, in all pages: each says why in the sentence before it.
const IGNORED: usize = 0;

/// Languages of blocks that are shown, or are run elsewhere: `rust` by the documentation tests.
const SHOWN: [&str; 5] = ["python", "text", "rust", "rust,no_run", "json"];

/// What is wrong with the examples of a page.
fn wrong(page: &Page) -> Vec<String> {
    let room = Room::new(&format!("docs-{}", page.path.display().to_string().replace(['/', '.'], "-")));
    let mut found = Vec::new();
    for block in &page.blocks {
        let problem = match block.language.as_str() {
            "toml" | "csv" => file(&room, block),
            "sh" => block.text.lines().try_for_each(|line| command(&room, line)),
            "sh,ignore" => Ok(()),
            shown if SHOWN.contains(&shown) => Ok(()),
            other => Err(format!("'{other}' is no language that is tested or shown")),
        };
        found.extend(problem.err().map(|problem| format!("{}: {problem}", page.at(block.line))));
    }
    found
}

/// Writes the file that a block is, or adds the block to it, and plays it if it is an experiment.
fn file(room: &Room, block: &Block) -> Result<(), String> {
    let (name, whole) = match block.name.strip_suffix('+') {
        Some(name) => {
            let begun = std::fs::read_to_string(room.path(name)).map_err(|_| format!("no block is {name}"))?;
            (name, format!("{begun}\n{}", block.text))
        }
        None => (block.name.as_str(), block.text.clone()),
    };
    if !name.ends_with(&format!(".{}", block.language)) {
        return Err(format!("'{name}' is no name of such a file; write it behind the language"));
    }
    room.write(name, &whole);
    if block.language != "toml" {
        return Ok(());
    }
    let path = room.path(name);
    experiment(&path, &whole).map_err(|error| error.to_string())
}

/// Plays some steps of an experiment; of a file of models, reads these.
fn experiment(path: &Path, text: &str) -> neuropil::Result<()> {
    if !["[simulation]", "[preset]", "[[population]]"].iter().any(|table| text.contains(table)) {
        return models_in(path).map(drop);
    }
    let setup = Experiment::read(path)?.setup()?;
    let brief = 60.0.ms();
    let time = if setup.duration.as_ms() < brief.as_ms() { setup.duration } else { brief };
    let mut simulation = Simulation::new(setup.network, Device::cpu().threads(1), setup.seed, &setup.options)?;
    simulation.run(time)
}

/// Runs a line of a block of commands.
fn command(room: &Room, line: &str) -> Result<(), String> {
    let words = words(line);
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    match words.as_slice() {
        [] => Ok(()),
        ["neuropil", arguments @ ..] | ["cargo", "run", "--release", "--", arguments @ ..] => program(room, arguments),
        ["cargo", "run", "--release", "--example", name] => {
            let places = [format!("examples/{name}.rs"), format!("examples/{name}/main.rs")];
            let found = places.iter().any(|place| root().join(place).is_file());
            if found { Ok(()) } else { Err(format!("there is no example {name}")) }
        }
        ["cargo", "test" | "install" | "build" | "doc" | "bench", ..] => Ok(()),
        [script @ ("tests/run.sh" | ".ci/run"), ..] => {
            if root().join(script).is_file() {
                Ok(())
            } else {
                Err(format!("there is no {script}"))
            }
        }
        _ => Err(format!("nothing checks '{line}'")),
    }
}

fn program(room: &Room, arguments: &[&str]) -> Result<(), String> {
    let arguments: Vec<String> = arguments.iter().map(|&word| word.to_owned()).collect();
    let mut quick = quick(&arguments);
    // An experiment of the repository may record from a time on that a short run does not reach.
    if let Some(example) = quick.iter_mut().find(|word| word.starts_with("examples/")) {
        *example = root().join(&*example).display().to_string();
        quick.extend(["--set", "simulation.transient=0"].map(str::to_owned));
    }
    let quick: Vec<&str> = quick.iter().map(String::as_str).collect();
    let output = room.run(&quick);
    let said = String::from_utf8_lossy(&output.stderr);
    if output.status.success() { Ok(()) } else { Err(format!("neuropil {} said: {}", quick.join(" "), said.trim())) }
}

/// What is wrong with the examples of pages, which are played side by side.
fn all_wrong(pages: &[Page]) -> Vec<String> {
    std::thread::scope(|scope| {
        let begun: Vec<_> = pages.iter().map(|page| scope.spawn(|| wrong(page))).collect();
        begun.into_iter().flat_map(|page| page.join().unwrap()).collect()
    })
}

/// Plays all pages of the book in a folder of it.
fn chapter(folder: &str) {
    let folder = Path::new("docs").join(folder);
    let pages: Vec<Page> = book().into_iter().filter(|page| page.path.starts_with(&folder)).collect();
    assert!(!pages.is_empty(), "there is no chapter {}", folder.display());
    assert_eq!(all_wrong(&pages), Vec::<String>::new());
}

const CHAPTERS: [&str; 7] = ["start", "tutorials", "guide", "why", "reference", "performance", "develop"];

#[test]
fn examples_of_the_start_run() {
    chapter("start");
}

#[test]
fn examples_of_the_tutorials_run() {
    chapter("tutorials");
}

#[test]
fn examples_of_the_guide_run() {
    chapter("guide");
}

#[test]
fn examples_of_the_explanations_run() {
    chapter("why");
}

#[test]
fn examples_of_the_reference_run() {
    chapter("reference");
}

#[test]
fn examples_on_performance_run() {
    chapter("performance");
}

#[test]
fn examples_for_developers_run() {
    chapter("develop");
}

#[test]
fn examples_of_all_other_pages_run() {
    let of_a_chapter =
        |page: &Page| CHAPTERS.iter().any(|folder| page.path.starts_with(Path::new("docs").join(folder)));
    let pages: Vec<Page> = everything().into_iter().filter(|page| !of_a_chapter(page)).collect();
    assert_eq!(all_wrong(&pages), Vec::<String>::new());
}

#[test]
fn few_commands_are_only_shown() {
    let ignored =
        everything().iter().flat_map(|page| &page.blocks).filter(|block| block.language == "sh,ignore").count();
    assert_eq!(ignored, IGNORED);
}

#[test]
fn every_page_with_rust_is_a_documentation_test() {
    let list = std::fs::read_to_string(root().join("docs/pages.rs")).unwrap();
    for page in everything() {
        let rust = page.blocks.iter().any(|block| block.language.starts_with("rust"));
        let path = page.path.strip_prefix("docs").map_or_else(|_| Path::new("..").join(&page.path), Path::to_owned);
        assert_eq!(rust, list.contains(&format!("= \"{}\";", path.display())), "{}", path.display());
    }
}

#[test]
fn a_broken_example_is_seen() {
    let net = "[simulation]\nduration = 5.0\n[[population]]\nname = \"a\"\nsize = 3\nmodel = \"iaf_psc_exp\"\n";
    let broken = |text: String| wrong(&Page::parse(Path::new("docs/planted.md"), &text)).join("\n");
    assert_eq!(broken(format!("```toml net.toml\n{net}```\n```sh\nneuropil run net.toml --seed 3\n```\n")), "");
    for (text, expected) in [
        (format!("```toml net.toml\n{net}wieght = 3.0\n```\n"), "wieght"),
        (format!("```toml\n{net}```\n"), "no name of such a file"),
        ("```toml net.toml+\n[plan]\nblock = 1\n```\n".into(), "no block is net.toml"),
        (format!("```toml net.toml\n{net}```\n```toml net.toml+\n[plan]\nblock = 3\n```\n"), "block = 3"),
        ("```sh\nneuropil run net.toml\n```\n".into(), "net.toml"),
        ("```sh\nneuropil run examples/nothing.toml\n```\n".into(), "examples/nothing.toml"),
        ("```sh\nneuropil run c-elegans --sede 3\n```\n".into(), "--sede"),
        ("```sh\nneuropil bench brunel --rnus 5\n```\n".into(), "--rnus"),
        ("```sh\ncargo run --release --example nothing\n```\n".into(), "there is no example nothing"),
        ("```sh\ncurl elsewhere\n```\n".into(), "nothing checks"),
        ("```\nx\n```\n".into(), "no language"),
    ] {
        let found = broken(text);
        assert!(found.contains(expected), "'{expected}' is not in '{found}'");
    }
}
