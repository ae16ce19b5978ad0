//! Archives that hold a connectome among other files: which member is read, and what is left aside.

use std::collections::HashSet;
use std::io::Read;

use super::archive::{Archive, two_members};
use super::capped::Capped;
use super::magic::{self, Kind};
use super::recognise::recognise;
use super::source::Source;
use super::{Connectome, Format, ReadOptions};
use crate::error::{Error, Result};

/// Members that are looked into at most.
const MOST: usize = 1000;
/// Bytes of a member by which it is recognised.
const HEAD: u64 = 1 << 16;
/// The edges among those that Janelia gives with the hemibrain (Scheffer et al. 2020): one row for each pair of neurons.
const TOTALS: &str = "traced-total-connections.csv";

/// An archive that can be gone through from its start, again and again.
pub(super) enum Bundle<'a> {
    Zip(&'a Source),
    Tar(&'a Source),
}

/// A member, by its name, and what it is if it is a connectome.
struct Member {
    name: String,
    format: Option<Format>,
}

impl Bundle<'_> {
    /// Reads the member that the options name, else the only one that is a connectome.
    pub fn read(
        &self,
        options: &ReadOptions,
        reader: impl FnOnce(&Source, Format, &ReadOptions) -> Result<Connectome>,
    ) -> Result<Connectome> {
        let members = self.members(options)?;
        let chosen = self.choose_member(&members, options)?;
        let member = self.member(&chosen.name)?;
        let inside = ReadOptions { member: None, ..options.clone() };
        let format = match chosen.format {
            Some(format) => format,
            None => recognise(&member, &inside)?,
        };
        if format == Format::Archive {
            return Err(member.error("it is an archive within an archive; unpack the outer one first"));
        }
        let mut connectome = reader(&member, format, &inside)?;
        connectome.reading.take("member", chosen.name.clone());
        for other in members.iter().filter(|m| m.name != chosen.name).take(MOST) {
            connectome.reading.leave(format!("member {}", other.name));
        }
        Ok(connectome)
    }

    /// The archive itself.
    fn source(&self) -> &Source {
        match self {
            Bundle::Zip(source) | Bundle::Tar(source) => source,
        }
    }

    /// The member to read: the one that is named, else the only one whose content is a connectome.
    fn choose_member<'m>(&self, members: &'m [Member], options: &ReadOptions) -> Result<&'m Member> {
        let source = self.source();
        let names = || members.iter().map(|m| m.name.clone()).collect::<Vec<_>>();
        if let Some(wanted) = &options.member {
            let found = members.iter().find(|m| m.name == *wanted || base_name(&m.name) == wanted);
            return found.ok_or_else(|| Error::unknown("member", wanted, source.path.display().to_string(), &names()));
        }
        let known: Vec<&Member> = members.iter().filter(|m| m.format.is_some()).collect();
        let listed = |names: &[String]| match names.len() {
            0 => "no files".to_owned(),
            1..=8 => names.join(", "),
            more => format!("{} and {} more", names[..8].join(", "), more - 8),
        };
        match known.as_slice() {
            [only] => Ok(only),
            [] => Err(source.error(format!(
                "none of its members is known to be a connectome (it has {}); unpack it and give the file with the edges",
                listed(&names())
            ))),
            several => several.iter().copied().find(|m| base_name(&m.name) == TOTALS).ok_or_else(|| {
                let names: Vec<String> = several.iter().map(|m| m.name.clone()).collect();
                source.error(format!(
                    "it is an archive of several connectomes ({}); say which one: member = \"{}\"",
                    listed(&names),
                    names[0]
                ))
            }),
        }
    }

    /// All members with what they are.
    fn members(&self, options: &ReadOptions) -> Result<Vec<Member>> {
        let inside = ReadOptions { member: None, ..options.clone() };
        let mut members: Vec<Member> = Vec::new();
        let mut seen = HashSet::new();
        let mut add = |source: &Source, name: &str, content: &mut dyn Read| {
            if !seen.insert(name.to_owned()) {
                return Err(source.error(two_members(name)));
            }
            let format = match options.member {
                Some(_) => None,
                None => recognise(&self.read_beginning(source, name, content)?, &inside).ok(),
            };
            members.push(Member { name: name.to_owned(), format: format.filter(|f| *f != Format::Archive) });
            match members.len() {
                0..=MOST => Ok(true),
                _ => Err(source.error(format!("it has more than {MOST} members; unpack it first"))),
            }
        };
        match self {
            Bundle::Zip(source) => {
                let mut archive = Archive::open(source)?;
                for name in archive.names() {
                    archive.with_member(&name, |content| add(source, &name, content))??;
                }
            }
            Bundle::Tar(source) => each_file(source, |name, content| add(source, name, content))?,
        }
        Ok(members)
    }

    /// As much of a member as tells what it is: of JSON and of archives all of it.
    fn read_beginning(&self, source: &Source, name: &str, content: &mut dyn Read) -> Result<Source> {
        let mut head = Vec::new();
        let failed = |e| source.io(e);
        content.take(HEAD).read_to_end(&mut head).map_err(failed)?;
        if matches!(magic::of(&head), Kind::Zip | Kind::Ole | Kind::Json) {
            Capped::new(content, source.limit).read_to_end(&mut head).map_err(failed)?;
        }
        Ok(Source::bytes(source.path.join(name), head, source.limit))
    }

    /// A member as a source of its own, called `archive/member` in messages.
    fn member(&self, wanted: &str) -> Result<Source> {
        match self {
            Bundle::Zip(source) => Archive::open(source)?.member(wanted),
            Bundle::Tar(source) => {
                let mut content = Vec::new();
                each_file(source, |name, entry| {
                    if name == wanted {
                        Capped::new(entry, source.limit).read_to_end(&mut content).map_err(|e| source.io(e))?;
                    }
                    Ok(name != wanted)
                })?;
                Ok(Source::bytes(source.path.join(wanted), content, source.limit))
            }
        }
    }
}

/// Goes through the files of a tar archive while `see` wants more, without folders, links and the extra files of macOS.
fn each_file(source: &Source, mut see: impl FnMut(&str, &mut dyn Read) -> Result<bool>) -> Result<()> {
    let failed = |e| source.io(e);
    let mut archive = tar::Archive::new(Capped::new(source.open()?, source.limit));
    for entry in archive.entries().map_err(failed)? {
        let mut entry = entry.map_err(failed)?;
        let name = String::from_utf8_lossy(&entry.path_bytes()).into_owned();
        if entry.header().entry_type().is_file() && !base_name(&name).starts_with("._") && !see(&name, &mut entry)? {
            break;
        }
    }
    Ok(())
}

/// The name without folders.
fn base_name(name: &str) -> &str {
    name.rsplit('/').next().unwrap_or(name)
}
