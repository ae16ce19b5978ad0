//! Texts as symbols: one for each character that there is.

use std::collections::BTreeSet;
use std::io::Read;
use std::path::{Path, PathBuf};

use crate::error::{Error, Result};
use crate::files::{Input, Limit};
use crate::quote;

/// The text that comes along: see `engine/train/language/data/README.md`.
const OWN: &[u8] = include_bytes!("data/shakespeare.txt.gz");
/// Bytes of a text, unpacked, at most.
const MOST: u64 = 64 << 20;
/// Characters that differ, at most.
const ALPHABET: usize = 512;
/// Characters of a text, at least.
const LEAST: usize = 1000;

/// A text, and the characters that are in it.
#[derive(Debug, Clone, PartialEq)]
pub struct Text {
    /// What it is, in words.
    pub about: String,
    alphabet: Vec<char>,
    symbols: Vec<u32>,
}

impl Text {
    /// Of characters; its alphabet is those that it holds, in the order of their code points.
    ///
    /// # Errors
    /// Fewer than 1,000 characters, or more than 512 different ones.
    pub fn new(about: &str, text: &str) -> Result<Text> {
        let alphabet: Vec<char> = text.chars().collect::<BTreeSet<char>>().into_iter().collect();
        let count = text.chars().count();
        let wrong = |problem: String| Err(Error::invalid("language", problem));
        if count < LEAST {
            return wrong(format!(
                "{about} has {count} characters, from which nothing is learned; take {LEAST} or more"
            ));
        }
        if alphabet.len() > ALPHABET {
            let problem =
                format!("{about} has {} different characters, and at most {ALPHABET} are learned", alphabet.len());
            return wrong(format!("{problem}; take a text of one alphabet"));
        }
        let symbols = text.chars().filter_map(|letter| symbol(&alphabet, letter)).collect();
        Ok(Text { about: about.to_owned(), alphabet, symbols })
    }

    /// The one that comes along: the first 225,000 characters of "tiny Shakespeare".
    ///
    /// # Errors
    /// [`Error::Internal`] alone.
    pub fn own() -> Result<Text> {
        let text = unpacked(OWN, Path::new("shakespeare.txt.gz"))?;
        Text::new("the first 225,000 characters of tiny Shakespeare, which come along", &text)
    }

    /// From a file of text in UTF-8, plain or gzipped, or from the only one in a folder whose name ends in `.txt` or
    /// `.txt.gz`.
    ///
    /// # Errors
    /// No such file, or several; what is no text, larger than 64 MiB, or refused by [`Text::new`].
    pub fn load(path: &Path) -> Result<Text> {
        let path = if path.is_dir() { only(path)? } else { path.to_path_buf() };
        let limit = Limit { bytes: MOST, raise: "take a part of it" };
        let content = Input::open(&path, limit, "a text")?.whole()?;
        Text::new(&quote::path(&path), &unpacked(&content, &path)?)
    }

    /// The characters it holds, in order.
    pub fn alphabet(&self) -> &[char] {
        &self.alphabet
    }

    /// Its characters as places in the alphabet.
    pub fn symbols(&self) -> &[u32] {
        &self.symbols
    }

    /// Where the last tenth begins, by which what was learned from the rest is judged.
    pub fn judged_from(&self) -> usize {
        self.symbols.len() * 9 / 10
    }
}

/// The place of a character in an alphabet.
pub(super) fn symbol(alphabet: &[char], letter: char) -> Option<u32> {
    alphabet.binary_search(&letter).ok().map(|place| place as u32)
}

/// Text out of bytes that may be gzipped.
fn unpacked(content: &[u8], path: &Path) -> Result<String> {
    let mut bytes = Vec::new();
    if content.starts_with(&[0x1f, 0x8b]) {
        let read = flate2::read::GzDecoder::new(content).take(MOST + 1).read_to_end(&mut bytes);
        read.map_err(|_| Error::file(path, "it begins as a gzipped file and is damaged; take a whole copy"))?;
        if bytes.len() as u64 > MOST {
            return Err(Error::file(path, "unpacked it has more than 64 MiB; take a part of it"));
        }
    } else {
        bytes.extend_from_slice(content);
    }
    String::from_utf8(bytes).map_err(|wrong| {
        let problem = format!("byte {} is not of a text in UTF-8; save it as such", wrong.utf8_error().valid_up_to());
        Error::file(path, problem)
    })
}

/// The only text in a folder.
fn only(folder: &Path) -> Result<PathBuf> {
    let entries = std::fs::read_dir(folder).map_err(|reason| Error::io(folder, reason))?;
    let mut found = BTreeSet::new();
    for entry in entries {
        let path = entry.map_err(|reason| Error::io(folder, reason))?.path();
        let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        if name.ends_with(".txt") || name.ends_with(".txt.gz") {
            found.insert(path);
        }
    }
    match (found.pop_first(), found.len()) {
        (Some(path), 0) => Ok(path),
        (None, _) => Err(Error::file(folder, "no file in it ends in .txt or .txt.gz; name a text")),
        _ => Err(Error::file(folder, "several files in it end in .txt or .txt.gz; name one of them")),
    }
}
