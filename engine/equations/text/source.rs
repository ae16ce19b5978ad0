//! The texts and tables of a model, with where they stand, so that every error can point there.

use toml::de::{DeTable, DeValue};

use crate::error::{Error, Result, nearest};

/// The longest text of one entry, bytes.
const LONGEST_TEXT: usize = 65_536;
/// The deepest nesting of tables within tables.
const DEEPEST: usize = 6;
/// The most characters of a line that an error shows.
const SHOWN: usize = 100;

/// A text of a model, such as its equations.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Source {
    /// The file and the key, as far as they are known.
    place: String,
    /// Line and column where the text starts in its file; 1 and 1 without a file.
    start: (usize, usize),
    text: String,
}

impl Source {
    /// A text that stands at `place`, a key such as `model.mine.about`.
    pub(crate) fn new(place: &str, text: &str) -> Source {
        Source { place: place.to_owned(), start: (1, 1), text: text.to_owned() }
    }

    /// The text itself.
    pub(crate) fn text(&self) -> &str {
        &self.text
    }

    /// The first `length` bytes of the text, at the same place.
    pub(crate) fn cut_to(&self, length: usize) -> Source {
        self.with_text(self.text[..length].to_owned())
    }

    /// Another text at the same place.
    pub(crate) fn with_text(&self, text: String) -> Source {
        Source { text, ..self.clone() }
    }

    /// The error of what is wrong with the text at byte `at`, with the line, the column and the text of the line.
    pub(crate) fn refuse(&self, at: usize, problem: impl std::fmt::Display) -> Error {
        let mut at = at.min(self.text.len());
        while !self.text.is_char_boundary(at) {
            at -= 1;
        }
        let before = &self.text[..at];
        let begin = before.rfind('\n').map_or(0, |place| place + 1);
        let line = self.text[begin..].lines().next().unwrap_or("");
        let (first_line, first_column) = self.start;
        let lines = before.matches('\n').count();
        let indent = if lines == 0 { first_column - 1 } else { 0 };
        let column = indent + before[begin..].chars().count() + 1;
        let place = format!("{}, line {}, column {column}", self.place, first_line + lines);
        let shown = excerpt(line, before[begin..].chars().count());
        Error::invalid(place, format!("{problem}, in \"{shown}\""))
    }

    /// The error of a name at byte `at` that is not among `known`; `kind` says what it should be the name of.
    pub(crate) fn unknown(&self, at: usize, kind: &str, name: &str, known: &[String]) -> Error {
        self.refuse(at, format!("unknown {kind} '{}'{}", shortened(name), suggestion(name, known)))
    }
}

/// A name, shortened where it is too long to be shown.
pub(crate) fn shortened(name: &str) -> String {
    if name.chars().count() <= 60 { name.to_owned() } else { name.chars().take(57).chain("...".chars()).collect() }
}

/// The end of a sentence about an unknown name: the known name nearest to it, or the list of all.
fn suggestion(name: &str, known: &[String]) -> String {
    if known.is_empty() {
        return String::new();
    }
    // A long name is no typing error, and the distance takes time with the square of the length; a single letter is
    // near to every other one.
    let near = if (2..=60).contains(&name.len()) { nearest(name, known) } else { None };
    match near {
        Some(near) => format!(" (did you mean '{}'?)", shortened(&near)),
        None => {
            let listed: Vec<String> = known.iter().take(20).map(|known| shortened(known)).collect();
            let more = if known.len() > listed.len() { " and more" } else { "" };
            format!("; known: {}{more}", listed.join(", "))
        }
    }
}

/// The part of a line around a column.
fn excerpt(line: &str, column: usize) -> String {
    let line = line.trim_end();
    let count = line.chars().count();
    if count <= SHOWN {
        return line.trim_start().to_owned();
    }
    let from = column.saturating_sub(SHOWN / 2).min(count - SHOWN);
    line.chars().skip(from).take(SHOWN).collect()
}

/// The value of an entry of a table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Item {
    Text(Source),
    Flag(bool),
    Whole(i64),
    Table(Section),
    /// Another kind of value, as errors name it.
    Other(&'static str),
}

impl Item {
    /// The kind of the value, as errors name it.
    fn name(&self) -> &'static str {
        match self {
            Item::Text(_) => "a text",
            Item::Flag(_) => "true or false",
            Item::Whole(_) => "a whole number",
            Item::Table(_) => "a table",
            Item::Other(name) => name,
        }
    }
}

/// A table of a model: its entries in the order of the file, or of their names where there is none.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Section {
    /// The file, the key and, where known, the line and the column.
    pub(crate) place: String,
    pub(crate) entries: Vec<(String, Item)>,
}

impl Section {
    /// The section of a TOML table that stands at `key`.
    ///
    /// # Errors
    /// A text that is too long; tables that are nested too deep.
    pub(crate) fn of_table(key: &str, table: &toml::Table) -> Result<Section> {
        section_of_table(key, table, 0)
    }

    /// The section that holds all tables of the TOML text of `file`.
    ///
    /// # Errors
    /// A text that is not TOML; one that is too long; tables that are nested too deep.
    pub(crate) fn of_file(file: &str, text: &str) -> Result<Section> {
        let parsed = DeTable::parse(text).map_err(|error| {
            let at = error.span().map_or(0, |span| span.start);
            Source::new(file, text).refuse(at, format!("this is not TOML: {}", error.message().replace('\n', " ")))
        })?;
        FileText { file, text }.section("", 0, parsed.get_ref(), 0)
    }

    /// An error that points at this table.
    pub(crate) fn refuse(&self, problem: impl std::fmt::Display) -> Error {
        Error::invalid(self.place.clone(), problem.to_string())
    }

    /// The table as TOML text under the name `key`, in the order of its entries.
    pub(crate) fn to_toml(&self, key: &str) -> String {
        let (mut text, mut tables) = (format!("[{key}]\n"), String::new());
        for (name, item) in &self.entries {
            let name = toml_key(name);
            match item {
                Item::Text(source) => text += &format!("{name} = {}\n", toml::Value::String(source.text.clone())),
                Item::Flag(flag) => text += &format!("{name} = {flag}\n"),
                Item::Whole(n) => text += &format!("{name} = {n}\n"),
                Item::Table(table) => tables += &table.to_toml(&format!("{key}.{name}")),
                // No model that was read holds one.
                Item::Other(_) => {}
            }
        }
        text + &tables
    }

    /// The value of a key.
    pub(crate) fn get(&self, key: &str) -> Option<&Item> {
        self.entries.iter().find(|(name, _)| name == key).map(|(_, item)| item)
    }

    /// The error of an `item` at `key` that is not of the kind `wanted`.
    fn wrong_kind(&self, key: &str, wanted: &str, item: &Item) -> Error {
        self.refuse(format!("'{}' is {wanted}, not {}", shortened(key), item.name()))
    }

    /// Refuses keys that are not among `known`.
    pub(crate) fn only(&self, known: &[&str]) -> Result<()> {
        match self.entries.iter().find(|(name, _)| !known.contains(&name.as_str())) {
            None => Ok(()),
            Some((name, _)) => {
                let known: Vec<String> = known.iter().map(|&name| name.to_owned()).collect();
                Err(self.refuse(format!("unknown key '{}'{}", shortened(name), suggestion(name, &known))))
            }
        }
    }

    /// The text at a key, if there is one.
    pub(crate) fn text(&self, key: &str) -> Result<Option<&Source>> {
        match self.get(key) {
            None => Ok(None),
            Some(Item::Text(source)) => Ok(Some(source)),
            Some(item) => Err(self.wrong_kind(key, "a text", item)),
        }
    }

    /// The table at a key, if there is one.
    pub(crate) fn section(&self, key: &str) -> Result<Option<&Section>> {
        match self.get(key) {
            None => Ok(None),
            Some(Item::Table(section)) => Ok(Some(section)),
            Some(item) => Err(self.wrong_kind(key, "a table", item)),
        }
    }

    /// All entries as texts.
    pub(crate) fn texts(&self) -> Result<Vec<(&str, &Source)>> {
        let text = |(name, item): &'_ (String, Item)| match item {
            Item::Text(_) => Ok(()),
            item => Err(self.wrong_kind(name, "a text", item)),
        };
        self.entries.iter().try_for_each(text)?;
        let pairs = self.entries.iter().filter_map(|(name, item)| match item {
            Item::Text(source) => Some((name.as_str(), source)),
            _ => None,
        });
        Ok(pairs.collect())
    }

    /// The flag at a key; false where there is no such key.
    pub(crate) fn flag(&self, key: &str) -> Result<bool> {
        match self.get(key) {
            None => Ok(false),
            Some(Item::Flag(flag)) => Ok(*flag),
            Some(item) => Err(self.wrong_kind(key, "true or false", item)),
        }
    }

    /// The whole number at a key, from 1 to `most`; 1 where there is no such key.
    pub(crate) fn count(&self, key: &str, most: u32) -> Result<u32> {
        match self.get(key) {
            None => Ok(1),
            Some(Item::Whole(n)) => match u32::try_from(*n).ok().filter(|n| (1..=most).contains(n)) {
                Some(n) => Ok(n),
                None => Err(self.refuse(format!("'{key}' is a whole number from 1 to {most}, not {n}"))),
            },
            Some(item) => Err(self.wrong_kind(key, "a whole number", item)),
        }
    }
}

/// A key as TOML has it: bare where it may be, else quoted.
pub(crate) fn toml_key(name: &str) -> String {
    let bare = |letter: char| letter.is_ascii_alphanumeric() || letter == '_' || letter == '-';
    match !name.is_empty() && name.chars().all(bare) {
        true => name.to_owned(),
        false => toml::Value::String(name.to_owned()).to_string(),
    }
}

/// The error of tables nested deeper than any model needs.
fn too_deep(place: &str) -> Error {
    Error::invalid(place, "tables of a model are not that deep; take some away")
}

/// A text as an item, with the place where it stands; refused if it is longer than [`LONGEST_TEXT`].
fn text_item(place: String, start: (usize, usize), text: &str) -> Result<Item> {
    let source = Source { place, start, text: text.to_owned() };
    match text.len() <= LONGEST_TEXT {
        true => Ok(Item::Text(source)),
        false => Err(source.refuse(0, format!("the text is longer than {LONGEST_TEXT} bytes; make it shorter"))),
    }
}

/// The section of a table without lines and columns, as users of the library pass it.
fn section_of_table(key: &str, table: &toml::Table, depth: usize) -> Result<Section> {
    if depth > DEEPEST {
        return Err(too_deep(key));
    }
    let mut entries = Vec::new();
    for (name, value) in table {
        let key = format!("{key}.{}", shortened(name));
        let item = match value {
            toml::Value::String(text) => text_item(key, (1, 1), text)?,
            toml::Value::Boolean(flag) => Item::Flag(*flag),
            toml::Value::Integer(n) => Item::Whole(*n),
            toml::Value::Table(table) => Item::Table(section_of_table(&key, table, depth + 1)?),
            toml::Value::Float(_) => Item::Other("a number with a fraction"),
            toml::Value::Datetime(_) => Item::Other("a date"),
            toml::Value::Array(_) => Item::Other("a list"),
        };
        entries.push((name.clone(), item));
    }
    Ok(Section { place: key.to_owned(), entries })
}

/// A file whose tables are being read.
struct FileText<'a> {
    file: &'a str,
    text: &'a str,
}

impl FileText<'_> {
    /// The line and the column of the byte `at`.
    fn position(&self, at: usize) -> (usize, usize) {
        let before = &self.text.as_bytes()[..at.min(self.text.len())];
        let line = before.iter().filter(|&&byte| byte == b'\n').count() + 1;
        let begin = before.iter().rposition(|&byte| byte == b'\n').map_or(0, |place| place + 1);
        (line, String::from_utf8_lossy(&before[begin..]).chars().count() + 1)
    }

    /// The line and the column where the content of a string begins whose quotes begin at byte `at`.
    fn text_position(&self, at: usize) -> (usize, usize) {
        let raw = self.text.get(at..).unwrap_or("");
        let long = raw.starts_with("\"\"\"") || raw.starts_with("'''");
        let quotes = if long { 3 } else { 1 };
        let rest = raw.get(quotes..).unwrap_or("");
        let skipped = match rest {
            rest if long && rest.starts_with('\n') => 1,
            rest if long && rest.starts_with("\r\n") => 2,
            _ => 0,
        };
        self.position(at + quotes + skipped)
    }

    /// The section of a table at `key`, with the line and the column of each text in it.
    fn section(&self, key: &str, at: usize, table: &DeTable<'_>, depth: usize) -> Result<Section> {
        let (line, column) = self.position(at);
        let comma = if key.is_empty() { "" } else { ", " };
        let place = format!("{}{comma}{key}, line {line}, column {column}", self.file);
        if depth > DEEPEST {
            return Err(too_deep(&place));
        }
        let mut entries = Vec::new();
        for (name, value) in table {
            let dot = if key.is_empty() { "" } else { "." };
            let key = format!("{key}{dot}{}", shortened(name.get_ref()));
            let place = || format!("{}, {key}", self.file);
            let item = match value.get_ref() {
                DeValue::String(text) => text_item(place(), self.text_position(value.span().start), text)?,
                DeValue::Boolean(flag) => Item::Flag(*flag),
                DeValue::Integer(n) => {
                    i64::from_str_radix(n.as_str(), n.radix()).map_or(Item::Other("a number that large"), Item::Whole)
                }
                DeValue::Table(table) => Item::Table(self.section(&key, name.span().start, table, depth + 1)?),
                DeValue::Float(_) => Item::Other("a number with a fraction"),
                DeValue::Datetime(_) => Item::Other("a date"),
                DeValue::Array(_) => Item::Other("a list"),
            };
            entries.push((name.span().start, name.get_ref().to_string(), item));
        }
        entries.sort_by_key(|(at, _, _)| *at);
        Ok(Section { place, entries: entries.into_iter().map(|(_, name, item)| (name, item)).collect() })
    }
}
