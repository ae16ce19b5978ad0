//! Pages that are made from declarations: what stands behind the marker is what the declarations give.

use std::fmt::Write;
use std::path::PathBuf;
use std::process::Command;

use neuropil::connectomes::networks;
use neuropil::experiment::{ConnectomeKeys, EXAMPLE, Key, NEURONS, NodeKeys, SECTIONS, Section, ThirdKeys, VALUES};

use super::{performance, root};

/// What is above it is written by hand, and what is below [`END`], if there is one.
const MARKER: &str = "<!-- made from declarations; see docs/develop/add.md -->\n";
const END: &str = "<!-- made until here -->\n";

/// A page, and what stands behind its marker.
pub struct Made {
    pub page: PathBuf,
    pub text: String,
}

fn made() -> Vec<Made> {
    let pages =
        [("experiment", experiment()), ("models", models()), ("presets", presets()), ("command-line", command_line())];
    let reference = pages.map(|(name, text)| Made { page: root().join(format!("docs/reference/{name}.md")), text });
    let performance = Made { page: root().join("docs/performance.md"), text: performance::tables() };
    reference.into_iter().chain([performance]).collect()
}

impl Made {
    /// The page as it should be.
    fn whole(&self) -> String {
        let page = std::fs::read_to_string(&self.page).unwrap();
        let (above, rest) = page.split_once(MARKER).expect("a page with a marker");
        let below = rest.split_once(END).map_or(String::new(), |(_, below)| format!("{END}{below}"));
        format!("{above}{MARKER}\n{}{below}", self.text)
    }

    fn is_up_to_date(&self) -> bool {
        self.whole() == std::fs::read_to_string(&self.page).unwrap()
    }
}

/// A text in a cell of a table.
fn cell(text: &str) -> String {
    text.replace('|', "\\|").replace('*', "\\*").replace('<', "&lt;")
}

fn rows(text: &mut String, columns: &[&str], rows: impl Iterator<Item = Vec<String>>) {
    let _ = writeln!(text, "| {} |\n|{}", columns.join(" | "), "---|".repeat(columns.len()));
    rows.for_each(|row| text.push_str(&format!("| {} |\n", row.join(" | "))));
}

fn section(text: &mut String, section: &Section) {
    let mut about = section.about.to_owned();
    about.get_mut(..1).into_iter().for_each(str::make_ascii_uppercase);
    let _ = writeln!(text, "## `{}`\n\n{about}.\n", section.header);
    let of = |key: &Key| vec![format!("`{}`", key.name), cell(key.takes), cell(key.about)];
    rows(text, &["key", "takes", "means"], section.keys.iter().map(of));
    text.push('\n');
}

fn list(text: &mut String, title: &str, keys: &[Key]) {
    let _ = writeln!(text, "## {title}\n");
    let of = |key: &Key| vec![format!("`{}`", key.name), cell(key.about)];
    rows(text, &["written", "means"], keys.iter().map(of));
    text.push('\n');
}

fn experiment() -> String {
    let mut text = String::new();
    let all = SECTIONS.iter().chain([&ThirdKeys::SECTION, &ConnectomeKeys::SECTION, &NodeKeys::SECTION]);
    all.for_each(|keys| section(&mut text, keys));
    list(&mut text, "Neurons", &NEURONS);
    list(&mut text, "Values", &VALUES);
    let _ = write!(text, "## An example that runs as it stands\n\n```toml example.toml\n{EXAMPLE}```\n");
    text
}

/// What the program prints, as a block.
fn printed(arguments: &[&str]) -> String {
    let output = Command::new(env!("CARGO_BIN_EXE_neuropil")).args(arguments).output().unwrap();
    assert!(output.status.success(), "{arguments:?}");
    format!("```text\n{}\n```\n", String::from_utf8(output.stdout).unwrap().trim_end())
}

fn models() -> String {
    let all = neuropil::models::all().into_iter().map(|model| model.declaration().name);
    all.map(|name| format!("## {name}\n\n{}\n", printed(&["model", name]))).collect::<String>().trim_end().to_owned()
        + "\n"
}

fn presets() -> String {
    let mut text = String::new();
    let mut told: Vec<&str> = Vec::new();
    for preset in networks::all() {
        let documentation = preset.documentation;
        if told.contains(&documentation) {
            continue;
        }
        told.push(documentation);
        let alike: Vec<_> = networks::all().iter().filter(|other| other.documentation == documentation).collect();
        let names: Vec<&str> = alike.iter().map(|preset| preset.name).collect();
        let _ = writeln!(text, "## {}\n", names.join(", "));
        for preset in alike {
            let _ = writeln!(
                text,
                "- `{}`: {}; {} s in steps of {} ms",
                preset.name, preset.title, preset.seconds, preset.dt
            );
        }
        let lower = documentation.trim_end().replace("\n# ", "\n### ");
        let _ = writeln!(text, "\n{lower}\n");
    }
    text.trim_end().to_owned() + "\n"
}

const COMMANDS: [&str; 14] = [
    "",
    "run",
    "resume",
    "presets",
    "model",
    "connectome info",
    "connectome convert",
    "connectome list",
    "plot",
    "bench",
    "train",
    "reservoir",
    "nir",
    "devices",
];

fn command_line() -> String {
    let mut text = String::new();
    for command in COMMANDS {
        let words: Vec<&str> = command.split_whitespace().chain(["--help"]).collect();
        let _ = writeln!(text, "## {}\n\n{}", format!("neuropil {command}").trim_end(), printed(&words));
    }
    text.trim_end().to_owned() + "\n"
}

#[test]
fn pages_of_the_reference_are_what_the_declarations_say() {
    for made in made() {
        let path = made.page.display();
        assert!(made.is_up_to_date(), "{path}: write it anew as docs/develop/add.md says");
    }
}

#[test]
fn a_page_that_was_changed_by_hand_is_seen() {
    for mut made in made() {
        made.text.push_str("And this.\n");
        assert!(!made.is_up_to_date(), "{}", made.page.display());
    }
}

#[test]
fn every_command_is_in_the_reference() {
    let found = |arguments: &[&str]| -> Vec<String> {
        let text = printed(arguments);
        let list = text.split("Commands:\n").nth(1).and_then(|rest| rest.split("\n\n").next()).unwrap().to_owned();
        list.lines().filter_map(|line| line.split_whitespace().next()).map(str::to_owned).collect()
    };
    let first = found(&["--help"]).into_iter().filter(|name| name != "connectome");
    let nested = found(&["connectome", "--help"]).into_iter().map(|name| format!("connectome {name}"));
    let mut all: Vec<String> = first.chain(nested).chain([String::new()]).collect();
    let mut told: Vec<String> = COMMANDS.map(str::to_owned).into();
    all.sort();
    told.sort();
    assert_eq!(all, told);
}

#[test]
#[ignore = "writes pages of the book"]
fn pages_are_written_anew() {
    for made in made() {
        std::fs::write(&made.page, made.whole()).unwrap();
    }
}
