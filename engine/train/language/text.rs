//! Texts as symbols, one for each different character.

use std::collections::BTreeSet;
use std::io::Read;
use std::path::{Path, PathBuf};

use crate::error::{Error, Result};
use crate::files::{Input, Limit};
use crate::quote;

/// The text that comes with the library: see `engine/train/language/data/README.md`.
const OWN: &[u8] = include_bytes!("data/shakespeare.txt.gz");
/// The largest size of a text, unpacked, bytes.
const MAX_BYTES: u64 = 64 << 20;
/// The largest number of different characters.
const MAX_ALPHABET: usize = 512;
/// The smallest number of characters of a text.
const MIN_LENGTH: usize = 1000;

/// A text as symbols, and its alphabet.
#[derive(Debug, Clone, PartialEq)]
pub struct Text {
    /// What the text is, in words.
    pub about: String,
    alphabet: Vec<char>,
    symbols: Vec<u32>,
}

impl Text {
    /// The text of these characters; its alphabet is the characters that it has, in the order of their code points.
    /// `about` says what the text is.
    ///
    /// # Errors
    /// Fewer than 1,000 characters, or more than 512 different ones.
    pub fn new(about: &str, text: &str) -> Result<Text> {
        let alphabet: Vec<char> = text.chars().collect::<BTreeSet<char>>().into_iter().collect();
        let count = text.chars().count();
        let wrong = |problem: String| Err(Error::invalid("language", problem));
        if count < MIN_LENGTH {
            return wrong(format!(
                "{about} has {count} characters, from which nothing is learned; take {MIN_LENGTH} or more"
            ));
        }
        if alphabet.len() > MAX_ALPHABET {
            let problem =
                format!("{about} has {} different characters, and at most {MAX_ALPHABET} are learned", alphabet.len());
            return wrong(format!("{problem}; take a text of one alphabet"));
        }
        let symbols = text.chars().filter_map(|letter| symbol(&alphabet, letter)).collect();
        Ok(Text { about: about.to_owned(), alphabet, symbols })
    }

    /// The text that comes with the library: the first 225,000 characters of "tiny Shakespeare".
    ///
    /// # Errors
    /// [`Error::Internal`] alone.
    pub fn own() -> Result<Text> {
        let text = unpacked(OWN, Path::new("shakespeare.txt.gz"))?;
        Text::new("the first 225,000 characters of tiny Shakespeare, which come along", &text)
    }

    /// The text in a file of UTF-8, plain or gzipped; `path` may also be a folder with only one file whose name ends in
    /// `.txt` or `.txt.gz`.
    ///
    /// # Errors
    /// No such file, or several; a file that is no text, is larger than 64 MiB, or is refused by [`Text::new`].
    pub fn load(path: &Path) -> Result<Text> {
        let path = if path.is_dir() { only_text_in(path)? } else { path.to_path_buf() };
        let limit = Limit { bytes: MAX_BYTES, raise: "take a part of it" };
        let content = Input::open(&path, limit, "a text")?.whole()?;
        Text::new(&quote::path(&path), &unpacked(&content, &path)?)
    }

    /// The different characters of the text, in the order of their code points.
    pub fn alphabet(&self) -> &[char] {
        &self.alphabet
    }

    /// The characters of the text, as places in the alphabet.
    pub fn symbols(&self) -> &[u32] {
        &self.symbols
    }

    /// Where the last tenth begins, on which a net is judged that was trained on the rest.
    pub fn judged_from(&self) -> usize {
        self.symbols.len() * 9 / 10
    }
}

/// The place of a character in a sorted alphabet, if it is there.
pub(super) fn symbol(alphabet: &[char], letter: char) -> Option<u32> {
    alphabet.binary_search(&letter).ok().map(|place| place as u32)
}

/// The text in the content of a file, which may be gzipped.
fn unpacked(content: &[u8], path: &Path) -> Result<String> {
    let mut bytes = Vec::new();
    if content.starts_with(&[0x1f, 0x8b]) {
        let read = flate2::read::GzDecoder::new(content).take(MAX_BYTES + 1).read_to_end(&mut bytes);
        read.map_err(|_| Error::file(path, "it begins as a gzipped file and is damaged; take a whole copy"))?;
        if bytes.len() as u64 > MAX_BYTES {
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

/// The path of the only text in a folder.
fn only_text_in(folder: &Path) -> Result<PathBuf> {
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
