//! A page of Markdown: its code blocks, headings and links.

use std::path::{Path, PathBuf};

use super::root;

/// A fenced block of code.
pub struct Block {
    /// Line of the fence, from 1 on.
    pub line: usize,
    /// First word behind the fence, such as `toml` or `sh,ignore`.
    pub language: String,
    /// What follows it: the name of the file that the block is, with a `+` where it is added to that file.
    pub name: String,
    pub text: String,
}

pub struct Link {
    pub line: usize,
    pub target: String,
}

pub struct Page {
    /// Relative to the root.
    pub path: PathBuf,
    pub blocks: Vec<Block>,
    /// What a link to a heading ends in.
    pub anchors: Vec<String>,
    pub links: Vec<Link>,
    /// What stands between backticks in prose.
    pub code: Vec<String>,
}

impl Page {
    pub fn read(path: &Path) -> Page {
        let text = std::fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        Page::parse(path.strip_prefix(root()).unwrap(), &text)
    }

    pub fn parse(path: &Path, text: &str) -> Page {
        let path = path.into();
        let mut page = Page { path, blocks: Vec::new(), anchors: Vec::new(), links: Vec::new(), code: Vec::new() };
        let mut open: Option<Block> = None;
        for (i, line) in text.lines().enumerate() {
            match (open.take(), line.strip_prefix("```")) {
                (None, Some(info)) => {
                    let (language, name) = info.split_once(' ').unwrap_or((info, ""));
                    let (language, name) = (language.to_owned(), name.trim().to_owned());
                    open = Some(Block { line: i + 1, language, name, text: String::new() });
                }
                (Some(block), Some(_)) => page.blocks.push(block),
                (Some(mut block), None) => {
                    block.text += line;
                    block.text.push('\n');
                    open = Some(block);
                }
                (None, None) => page.prose(i + 1, line),
            }
        }
        assert!(open.is_none(), "{}: a block of code has no end", page.path.display());
        page
    }

    /// A line outside of code.
    fn prose(&mut self, line: usize, text: &str) {
        if let Some(heading) = text.strip_prefix('#') {
            self.anchors.push(anchor(heading.trim_start_matches('#').trim()));
        }
        // Between backticks every second piece is code.
        self.code.extend(text.split('`').skip(1).step_by(2).map(str::to_owned));
        let plain: String = text.split('`').step_by(2).collect::<Vec<_>>().join("`");
        for (at, _) in plain.match_indices("](") {
            let target = plain[at + 2..].split(')').next().unwrap_or_default();
            self.links.push(Link { line, target: target.to_owned() });
        }
    }

    /// A place in the page, for a message.
    pub fn at(&self, line: usize) -> String {
        format!("{}:{line}", self.path.display())
    }
}

/// What a link to a heading ends in, as GitHub and mdBook make it.
fn anchor(heading: &str) -> String {
    let kept = heading.chars().filter(|c| c.is_alphanumeric() || " -_".contains(*c));
    kept.map(|c| if c == ' ' { '-' } else { c }).collect::<String>().to_lowercase()
}

#[test]
fn blocks_headings_and_links_are_found() {
    let text =
        "# The `plan`, and why\nsee [here](a.md#b) and `[no](link)`\n```toml net.toml+\nx = \"](\"\n```\n![p](p.png)\n";
    let page = Page::parse(Path::new("docs/x.md"), text);
    assert_eq!(page.anchors, ["the-plan-and-why"]);
    let links: Vec<(usize, &str)> = page.links.iter().map(|link| (link.line, link.target.as_str())).collect();
    assert_eq!(links, [(2, "a.md#b"), (6, "p.png")]);
    assert_eq!(page.code, ["plan", "[no](link)"]);
    let [block] = page.blocks.as_slice() else { panic!("{} blocks", page.blocks.len()) };
    assert_eq!((block.line, block.language.as_str(), block.name.as_str()), (3, "toml", "net.toml+"));
    assert_eq!(block.text, "x = \"](\"\n");
}
