//! `connectome = "..."` and `connectome = { file = "...", ... }`: which connectome, and how its file is read.

use std::fmt;
use std::path::PathBuf;

use serde::de::{self, Deserializer, MapAccess, Visitor};
use serde::{Deserialize, Serialize};

use crate::connectomes::{Columns, Connectome, Format, Orientation, ReadOptions, Reading};
use crate::error::{Error, Result};
use crate::experiment::keys::{ConnectomeKeys, Named};
use crate::experiment::value::is_path;
use crate::experiment::{layout, set};

/// A file that was read, and how.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct FileRead {
    /// Path of the file.
    pub file: String,
    /// What was read from it, guessed and left out.
    #[serde(flatten)]
    pub reading: Reading,
}

impl Named {
    /// The path of the file, or the name of a connectome that comes with the program.
    pub(crate) fn name(&self) -> &str {
        match self {
            Named::Plain(name) => name,
            Named::Table(keys) => &keys.file,
        }
    }

    /// Whether this names a file, and not a connectome that comes with the program.
    pub(crate) fn is_file(&self) -> bool {
        matches!(self, Named::Table(_)) || is_path(self.name())
    }

    /// Calls `each` with every path in these keys.
    pub(crate) fn each_path(&mut self, each: &mut dyn FnMut(&mut String)) {
        match self {
            Named::Plain(name) if is_path(name) => each(name),
            Named::Plain(_) => {}
            Named::Table(keys) => {
                each(&mut keys.file);
                [&mut keys.labels, &mut keys.lengths, &mut keys.nodes].into_iter().flatten().for_each(each);
            }
        }
    }

    /// Reads the connectome; `place` is the table that names it, for errors.
    pub(crate) fn read(&self, place: &str) -> Result<Connectome> {
        match self {
            Named::Table(keys) => keys.read(place),
            Named::Plain(path) if is_path(path) => Connectome::read(path, &ReadOptions::default()),
            Named::Plain(name) => Connectome::named(name),
        }
    }
}

impl fmt::Display for Named {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl<'de> Deserialize<'de> for Named {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Named, D::Error> {
        deserializer.deserialize_any(NamedVisitor)
    }
}

/// Parses a text or a table as a [`Named`].
struct NamedVisitor;

impl<'de> Visitor<'de> for NamedVisitor {
    type Value = Named;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a file or name, or a table such as { file = \"...\", array = \"...\" }")
    }

    fn visit_str<E: de::Error>(self, name: &str) -> Result<Named, E> {
        Ok(Named::Plain(name.to_owned()))
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Named, A::Error> {
        let keys = ConnectomeKeys::deserialize(de::value::MapAccessDeserializer::new(map))?;
        let plain = ConnectomeKeys { file: keys.file.clone(), ..ConnectomeKeys::default() };
        // A table with the key `file` alone says no more than the path.
        Ok(if keys == plain && is_path(&keys.file) { Named::Plain(keys.file) } else { Named::Table(Box::new(keys)) })
    }
}

impl ConnectomeKeys {
    /// The keys for the file `file`, with no option given.
    pub fn of(file: &str) -> ConnectomeKeys {
        ConnectomeKeys { file: file.to_owned(), ..ConnectomeKeys::default() }
    }

    /// Sets the option `key` to the value that `text` stands for; `place` names the option in errors.
    ///
    /// # Errors
    /// An unknown key, or a value that it does not take.
    pub fn set(&mut self, key: &str, text: &str, place: &str) -> Result<()> {
        // Digits are a text where the key takes a text.
        let as_text = toml::Value::String(text.to_owned());
        set::change_key(self, key, set::parse_value(text), place).or_else(|error| {
            match set::change_key(self, key, as_text, place) {
                Ok(()) => Ok(()),
                Err(_) => Err(error),
            }
        })
    }

    /// Reads the file as the keys say; `place` is the table, for errors.
    ///
    /// # Errors
    /// An option whose value is not valid, or that the file's format does not take; a file that cannot be read.
    pub fn read(&self, place: &str) -> Result<Connectome> {
        Connectome::read(&self.file, &self.options(place)?)
    }

    /// The keys as options of the reader; what is left out has the reader's default.
    fn options(&self, place: &str) -> Result<ReadOptions> {
        let plain = ReadOptions::default();
        let path = |path: &Option<String>| path.as_ref().map(PathBuf::from);
        let extent = self.extent.map_or(Ok(plain.extent), |extent| u32::try_from(extent.0));
        Ok(ReadOptions {
            format: self.format.as_deref().map(|name| format(name, place)).transpose()?,
            columns: Columns {
                source: self.source.clone(),
                target: self.target.clone(),
                weight: self.weight.clone(),
                kind: self.kind.clone(),
                sign: self.sign.clone(),
                length: self.length.clone(),
                transmitter: self.transmitter.clone(),
            },
            header: self.header,
            plain: false,
            separator: self.separator.as_deref().map(|text| separator(text, place)).transpose()?,
            comment: self.comment.as_deref().map_or(Ok(plain.comment), |text| comment(text, place))?,
            sum_repeated: self.sum_repeated.unwrap_or(false),
            nodes: path(&self.nodes),
            size: self.size.map(|size| size.0),
            labels: path(&self.labels),
            lengths: path(&self.lengths),
            orientation: self.orientation.as_deref().map(|text| orientation(text, place)).transpose()?,
            directed: self.directed,
            array: self.array.clone(),
            sheet: self.sheet.clone(),
            gap_sheet: self.gap_sheet.clone(),
            member: self.member.clone(),
            worm_names: self.worm_names.unwrap_or(false),
            extent: extent.map_err(|_| Error::invalid(place, "extent must lie below 4294967296"))?,
            hull_fill: self.hull_fill.unwrap_or(plain.hull_fill),
            max_bytes: match &self.max_bytes {
                Some(text) => layout::parse_size("max_bytes", text, place)?,
                None => plain.max_bytes,
            },
        })
    }
}

/// The format that has this name.
fn format(name: &str, place: &str) -> Result<Format> {
    let names = Format::ALL.map(Format::name);
    let found = Format::ALL.into_iter().find(|format| format.name() == name);
    found.ok_or_else(|| Error::unknown("format", name, place, &names))
}

/// Whether the rows or the columns of a matrix are sources.
fn orientation(text: &str, place: &str) -> Result<Orientation> {
    match text {
        "row_is_source" => Ok(Orientation::RowIsSource),
        "column_is_source" => Ok(Orientation::ColumnIsSource),
        _ => Err(Error::unknown("orientation", text, place, &["row_is_source", "column_is_source"])),
    }
}

/// The character between fields; tab and blank have names.
fn separator(text: &str, place: &str) -> Result<u8> {
    match (text, text.as_bytes()) {
        ("tab" | "\\t", _) => Ok(b'\t'),
        ("blank" | "space", _) => Ok(b' '),
        (_, [byte]) if byte.is_ascii_punctuation() || matches!(byte, b'\t' | b' ') => Ok(*byte),
        _ => {
            let problem = format!("separator = \"{text}\" must be tab, blank or one character such as , or ;");
            Err(Error::invalid(place, problem))
        }
    }
}

/// The character that begins a comment; `None` for an empty text, where a file has no comments.
fn comment(text: &str, place: &str) -> Result<Option<u8>> {
    match text.as_bytes() {
        [] => Ok(None),
        [byte] if byte.is_ascii_graphic() => Ok(Some(*byte)),
        _ => Err(Error::invalid(
            place,
            format!("comment = \"{text}\" must be one character such as #, or \"\" for none"),
        )),
    }
}
