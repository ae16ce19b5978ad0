//! Zip archives whose members are checked against the size limit before they are unpacked.

use std::collections::HashSet;
use std::io::{Read, Seek, SeekFrom};

use super::capped::Capped;
use super::source::{ReadSeek, Source};
use crate::Result;

/// An open zip archive.
pub(super) struct Archive<'a> {
    source: &'a Source,
    zip: zip::ZipArchive<Box<dyn ReadSeek + 'a>>,
}

/// The error of an archive whose members cannot be told apart.
pub(super) fn two_members(name: &str) -> String {
    format!("it has two members called '{name}'; unpack it, and give the one that is meant alone")
}

/// The first name that stands twice in the directory, of which the library keeps the last.
fn first_repeated_name(content: &mut dyn ReadSeek, start: u64) -> std::io::Result<Option<String>> {
    let mut content = std::io::BufReader::new(content);
    content.seek(SeekFrom::Start(start))?;
    let mut seen = HashSet::new();
    let mut head = [0; 46];
    loop {
        match content.read_exact(&mut head) {
            Ok(()) if head.starts_with(b"PK\x01\x02") => {}
            _ => return Ok(None),
        }
        let size = |at: usize| u16::from_le_bytes([head[at], head[at + 1]]);
        let mut name = vec![0; usize::from(size(28))];
        content.read_exact(&mut name)?;
        content.seek_relative(i64::from(size(30)) + i64::from(size(32)))?;
        let folder = name.ends_with(b"/");
        if !folder && !seen.insert(name.clone()) {
            return Ok(Some(String::from_utf8_lossy(&name).into_owned()));
        }
    }
}

impl<'a> Archive<'a> {
    /// Reads the directory of the archive.
    pub fn open(source: &'a Source) -> Result<Archive<'a>> {
        let zip = zip::ZipArchive::new(source.seek()?)
            .map_err(|e| source.error(format!("it is not a whole zip archive ({e}); get a whole copy")))?;
        if let Some(name) =
            first_repeated_name(&mut source.seek()?, zip.central_directory_start()).map_err(|e| source.io(e))?
        {
            return Err(source.error(two_members(&name)));
        }
        Ok(Archive { source, zip })
    }

    /// Names of the files in it, without folders and the extra files of macOS.
    pub fn names(&self) -> Vec<String> {
        let names = self.zip.file_names().filter_map(|n| n.ok().map(|n| n.into_owned()));
        names.filter(|n| !n.ends_with('/') && !n.starts_with("__MACOSX/")).collect()
    }

    /// A member as a source of its own, called `archive/member` in messages.
    pub fn member(&mut self, name: &str) -> Result<Source> {
        let source = self.source;
        let damaged = |e: &dyn std::fmt::Display| {
            source.error(format!("its member {name} cannot be unpacked ({e}); get a whole copy"))
        };
        let file = self.zip.by_name(name).map_err(|e| damaged(&e))?;
        let declared = file.size();
        if declared > source.limit {
            return Err(source.too_large(&format!("its member {name}"), declared));
        }
        let mut content = Vec::new();
        let mut capped = Capped::new(file, source.limit);
        capped.read_to_end(&mut content).map_err(|e| source.error(format!("its member {name}: {e}")))?;
        Ok(Source::bytes(source.path.join(name), content, source.limit))
    }

    /// An error that names the archive.
    pub fn error(&self, problem: impl Into<String>) -> crate::Error {
        self.source.error(problem)
    }

    /// Does something with the content of a member, as a stream.
    #[cfg(feature = "formats")]
    pub fn with_member<T>(&mut self, name: &str, work: impl FnOnce(&mut dyn Read) -> T) -> Result<T> {
        let source = self.source;
        let failed = |e| source.error(format!("its member {name} cannot be unpacked ({e})"));
        let mut file = self.zip.by_name(name).map_err(failed)?;
        Ok(work(&mut file))
    }

    /// Unpacks every member once, so that a reader that knows no limits can be given the archive.
    #[cfg(feature = "formats")]
    pub fn check_all(&mut self, check: impl Fn(&Source, &[u8]) -> Result<()>) -> Result<()> {
        for name in self.names() {
            let member = self.member(&name)?;
            check(&member, member.content())?;
        }
        Ok(())
    }

    /// The archive itself, for a reader of archives.
    #[cfg(feature = "formats")]
    pub fn into_inner(self) -> Result<Box<dyn ReadSeek + 'a>> {
        let mut inner = self.zip.into_inner();
        inner.rewind().map_err(|e| self.source.io(e))?;
        Ok(inner)
    }
}
