//! XML element by element: names, attributes and text, with line numbers.

use quick_xml::escape::resolve_predefined_entity;
use quick_xml::events::{BytesStart, Event};
use quick_xml::{Reader, XmlVersion};

use super::source::Source;
use crate::Result;

/// What is made of the elements of a file; problems are the second half of a sentence.
pub(super) trait Elements {
    /// An element begins.
    fn start(&mut self, tag: &Tag, line: u64) -> Result<(), String>;
    /// The text between two tags, with the blanks around it.
    fn text(&mut self, _text: &str) {}
    /// An element ends, with the text since the last tag.
    fn end(&mut self, name: &str, text: &str) -> Result<(), String>;
}

/// The start of an element.
pub(super) struct Tag<'a>(BytesStart<'a>);

impl Tag<'_> {
    /// Its name without the name space.
    pub fn name(&self) -> &str {
        self.0.local_name().into_inner()
    }

    /// An attribute by its name, which may have a name space.
    pub fn get(&self, name: &str) -> Result<Option<String>, String> {
        for attribute in self.0.attributes() {
            let attribute = attribute.map_err(malformed)?;
            if attribute.key.as_ref() == name {
                let value = attribute.normalized_value(XmlVersion::Implicit1_0).map_err(malformed)?;
                return Ok(Some(value.trim().to_owned()));
            }
        }
        Ok(None)
    }

    /// An attribute that must be there.
    pub fn need(&self, name: &str) -> Result<String, String> {
        match self.get(name)? {
            Some(text) if !text.is_empty() => Ok(text),
            _ => Err(format!("<{}> has no attribute '{name}'", self.name())),
        }
    }
}

/// Gives every element of a file to `elements`.
pub(super) fn walk(source: &Source, elements: &mut impl Elements) -> Result<()> {
    let content = source.read_text()?;
    let content = content.trim_start_matches('\u{feff}');
    let mut reader = Reader::from_str(content);
    let (mut depth, mut text) = (0usize, String::new());
    let (mut line, mut counted) = (1u64, 0usize);
    loop {
        let event = reader.read_event();
        let at = usize::try_from(reader.buffer_position()).unwrap_or(content.len()).min(content.len());
        line += content.as_bytes()[counted.min(at)..at].iter().filter(|b| **b == b'\n').count() as u64;
        counted = at;
        let done = match event {
            Ok(Event::Eof) if depth > 0 => Err("it ends too early, as if cut off; get a whole copy".to_owned()),
            Ok(Event::Eof) => return Ok(()),
            Ok(Event::Start(tag)) => {
                depth += 1;
                elements.text(&std::mem::take(&mut text));
                elements.start(&Tag(tag), line)
            }
            Ok(Event::Empty(tag)) => {
                elements.text(&std::mem::take(&mut text));
                let tag = Tag(tag);
                elements.start(&tag, line).and_then(|()| elements.end(tag.name(), ""))
            }
            Ok(Event::End(tag)) => {
                depth = depth.saturating_sub(1);
                elements.text(&text);
                let done = elements.end(tag.local_name().into_inner(), text.trim());
                text.clear();
                done
            }
            Ok(event) => add_characters(event, &mut text),
            Err(e) => Err(malformed(e)),
        };
        done.map_err(|problem| source.error_line(line, problem))?;
    }
}

/// Adds the characters of text, CDATA and entities.
fn add_characters(event: Event, text: &mut String) -> Result<(), String> {
    match event {
        // A line break that is meant is written as a reference.
        Event::Text(part) => text.extend(part.chars().map(line_break_as_blank)),
        Event::CData(part) => text.extend(part.chars().map(line_break_as_blank)),
        Event::GeneralRef(name) => {
            let letter = name.resolve_char_ref().map_err(malformed)?;
            match (letter, resolve_predefined_entity(&name)) {
                (Some(letter), _) => text.push(letter),
                (None, Some(known)) => text.push_str(known),
                (None, None) => {
                    return Err(format!("the entity &{}; is not known; write the character itself", &*name));
                }
            }
        }
        _ => {}
    }
    Ok(())
}

/// A line break in text is a blank, for programs break lines where they like.
fn line_break_as_blank(c: char) -> char {
    if matches!(c, '\n' | '\r') { ' ' } else { c }
}

/// What the parser says, on one line: it quotes the file.
fn malformed(error: impl std::fmt::Display) -> String {
    let words = error.to_string();
    format!("it is not well-formed XML ({})", words.split_whitespace().collect::<Vec<_>>().join(" "))
}
