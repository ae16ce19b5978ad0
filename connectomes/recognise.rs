//! What a file holds, by its content.

use super::archive::Archive;
use super::magic::{self, Kind};
use super::source::Source;
use super::table::Sample;
use super::{Format, ReadOptions, shape, tvb};
use crate::error::{Error, Result};

/// The format that the content shows.
pub(super) fn recognise(source: &Source, options: &ReadOptions) -> Result<Format> {
    let head = source.head()?;
    if head.is_empty() {
        return Err(source.error("it is empty; expected a connectome"));
    }
    match magic::of(&head) {
        Kind::Read(format) => Ok(format),
        Kind::Zip => recognise_archive(source),
        Kind::Tar => Ok(Format::Archive),
        Kind::Ole => recognise_ole(source),
        Kind::Json => recognise_json(source),
        Kind::Xml => recognise_xml(source, &head),
        Kind::Foreign(what, advice) => Err(not_read(source, what, advice)),
        Kind::Unknown => {
            let bytes: Vec<String> = head.iter().take(8).map(|b| format!("{b:02x}")).collect();
            let advice = "give an edge list, a matrix or a graph in one of the formats that are read";
            Err(source.error(format!(
                "it is no text and in no format that is known (it starts with {}); {advice}",
                bytes.join(" ")
            )))
        }
        Kind::Text => recognise_text(source, options),
    }
}

/// The error of a file that is recognised and not read, with what to do instead.
fn not_read(source: &Source, what: &str, advice: &str) -> Error {
    source.error(format!("it is {what}, which is not read; {advice}"))
}

/// Which of the graphs in JSON it is.
#[cfg(feature = "formats")]
fn recognise_json(source: &Source) -> Result<Format> {
    super::node_link::recognise(source)
}

/// Without the feature `formats`, flyvis is the only one.
#[cfg(not(feature = "formats"))]
fn recognise_json(_: &Source) -> Result<Format> {
    Ok(Format::Flyvis)
}

/// The format by the root element.
fn recognise_xml(source: &Source, head: &[u8]) -> Result<Format> {
    let Some(root) = magic::root(head) else {
        return Err(source.error("it begins as XML and has no root element; save the graph again as GraphML"));
    };
    match magic::of_root(&root) {
        Some(Kind::Read(format)) => Ok(format),
        Some(Kind::Foreign(what, advice)) => Err(not_read(source, what, advice)),
        _ => Err(source.error(format!(
            "it is XML whose root element is <{}>, which is not read; save the graph as GraphML or GEXF",
            root.chars().take(40).collect::<String>()
        ))),
    }
}

/// The format by the names of the members.
fn recognise_archive(source: &Source) -> Result<Format> {
    let mut archive = Archive::open(source)?;
    let names = archive.names();
    let has = |wanted: &str| names.iter().any(|n| n == wanted);
    match () {
        () if has("xl/workbook.xml") || has("xl/workbook.bin") => Ok(Format::Excel),
        () if has("mimetype") && names.iter().any(|name| OPEN_DOCUMENT.contains(&name.as_str())) => {
            recognise_open_document(source, &mut archive)
        }
        () if has("word/document.xml") => Err(not_read(source, "a Word document", "save its table as .csv")),
        () if has("Index/Document.iwa") => Err(not_read(source, "a Numbers or Pages document", "export it as .xlsx")),
        () if names.iter().any(|n| n.ends_with(".npy")) => Ok(Format::Matrix),
        () if tvb::recognise(&names) => Ok(Format::Tvb),
        () => Ok(Format::Archive),
    }
}

/// Members by which an OpenDocument file is known; the second holds all of one that is encrypted.
const OPEN_DOCUMENT: [&str; 2] = ["content.xml", "encrypted-package"];

/// Tells workbooks from the other documents of OpenDocument by the member `mimetype`.
#[cfg(feature = "formats")]
fn recognise_open_document(source: &Source, archive: &mut Archive) -> Result<Format> {
    if super::ods::is_encrypted(archive)? {
        let advice = "remove the password in the program that made it, and save it again";
        return Err(not_read(source, "an OpenDocument file protected by a password", advice));
    }
    let sort = String::from_utf8_lossy(archive.member("mimetype")?.content()).trim().to_owned();
    match sort.strip_prefix("application/vnd.oasis.opendocument.").unwrap_or_default() {
        "spreadsheet" | "spreadsheet-template" => Ok(Format::Excel),
        "text" => Err(not_read(source, "an OpenDocument text", "save its table as .csv")),
        _ => Err(not_read(source, "an OpenDocument file, and no workbook", "save its table as .ods or .csv")),
    }
}

/// Without the feature `formats`, all pass for workbooks, which are then refused by name.
#[cfg(not(feature = "formats"))]
fn recognise_open_document(_: &Source, _: &mut Archive) -> Result<Format> {
    Ok(Format::Excel)
}

/// Tells workbooks from the other compound files by their streams.
#[cfg(feature = "formats")]
fn recognise_ole(source: &Source) -> Result<Format> {
    let content = source.read()?;
    match super::ole::Ole::open(source, &content)?.foreign() {
        Some((what, advice)) => Err(not_read(source, what, advice)),
        None => Ok(Format::Excel),
    }
}

/// Without the feature `formats`, all pass for workbooks, which are then refused by name.
#[cfg(not(feature = "formats"))]
fn recognise_ole(_: &Source) -> Result<Format> {
    Ok(Format::Excel)
}

/// Tells edge lists from matrices by the first rows.
fn recognise_text(source: &Source, options: &ReadOptions) -> Result<Format> {
    let sample = Sample::of(source, options)?;
    shape::recognise(&sample, options).map_err(|problem| match sample.rows.is_empty() {
        true => source.error(problem),
        false => source.error_line(1, problem),
    })
}
