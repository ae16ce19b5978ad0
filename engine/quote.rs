//! Quoting texts of users and files in messages: without characters that a terminal obeys, without line breaks, and of
//! limited length.

use std::borrow::Cow;
use std::path::Path;

/// The largest number of characters of a sentence; a longer one loses its middle, since the advice stands at the end.
const SENTENCE: usize = 600;
/// The largest number of characters of a place: a path and a little more.
const PLACE: usize = 1000;
/// The largest number of characters without a blank or a slash in a sentence; longer words are cut.
const WORD: usize = 100;
/// The same in a place: the longest name that a file can have.
const FILE_NAME: usize = 255;
/// The number of characters that are left of a longer word, and of a longer name.
const CUT: usize = 60;

/// Whether a terminal would do anything with `c` but show it: control characters, changes of direction, and characters
/// without a width.
pub fn is_hidden(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}')
        || matches!(c, '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e0fff}')
}

/// `text` with its hidden characters escaped: a line break as \n.
pub fn escaped(text: &str) -> Cow<'_, str> {
    if !text.chars().any(is_hidden) {
        return Cow::Borrowed(text);
    }
    let mut shown = String::with_capacity(text.len() + 16);
    for c in text.chars() {
        match is_hidden(c) {
            true => shown.extend(c.escape_default()),
            false => shown.push(c),
        }
    }
    Cow::Owned(shown)
}

/// A name, escaped and cut.
pub fn name(text: &str) -> Cow<'_, str> {
    let name = escaped(text);
    if name.chars().count() <= CUT + 20 { name } else { Cow::Owned(start(&name, CUT) + "...") }
}

/// A path, escaped and otherwise exact.
pub fn path(path: &Path) -> String {
    escaped(&path.to_string_lossy()).into_owned()
}

/// A sentence, escaped, its long words cut, and then its middle.
pub fn sentence(text: &str) -> String {
    limited(text, WORD, SENTENCE)
}

/// A place in a file: as a sentence, but with names as long as those of files.
pub fn place(text: &str) -> String {
    limited(text, FILE_NAME, PLACE)
}

/// `text`, escaped, with words of at most `longest_word` characters, and then of at most about `most` characters.
fn limited(text: &str, longest_word: usize, most: usize) -> String {
    let text = escaped(text);
    let mut shown = String::with_capacity(text.len().min(4 * most));
    for word in text.split_inclusive([' ', '/', '\\']) {
        match word.chars().count() > longest_word {
            true => shown.extend([start(word, CUT), "...".into(), end(word, 2)]),
            false => shown.push_str(word),
        }
    }
    match shown.chars().count() > most {
        true => format!("{} ... {}", start(&shown, most * 2 / 3), end(&shown, most / 3)),
        false => shown,
    }
}

fn start(text: &str, characters: usize) -> String {
    text.chars().take(characters).collect()
}

fn end(text: &str, characters: usize) -> String {
    text.chars().skip(text.chars().count().saturating_sub(characters)).collect()
}
