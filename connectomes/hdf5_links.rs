//! Soft and external links of HDF5, which its reader passes over in silence.
//!
//! A link message is the byte 1, flags, the kind of link, its name and where it leads (HDF5 File Format Specification
//! 3.0, IV.A.2.g). It lies in the header of its group, or in a heap where there are many, so it is looked for in all
//! bytes by its own grammar; what a removed link has left is found, too.

/// Bit of the flags: the kind of link is told, as it is of all but hard links.
const KIND: u8 = 1 << 3;
const CREATION_ORDER: u8 = 1 << 2;
const CHARSET: u8 = 1 << 4;
const SOFT: u8 = 1;
const EXTERNAL: u8 = 64;

/// The names of the links in `content`, and where they lead.
pub(super) fn find_links(content: &[u8]) -> Vec<(String, String)> {
    let starts = content.windows(3).enumerate();
    let messages =
        starts.filter(|(_, w)| w[0] == 1 && w[1] & KIND != 0 && w[1] < 32 && [SOFT, EXTERNAL].contains(&w[2]));
    let mut links: Vec<_> =
        messages.filter_map(|(at, start)| parse_link(start[1], start[2], &content[at + 3..])).collect();
    links.dedup();
    links
}

/// The link of these flags and this kind whose message goes on with `rest`.
fn parse_link(flags: u8, kind: u8, rest: &[u8]) -> Option<(String, String)> {
    let skipped = if flags & CREATION_ORDER == 0 { 0 } else { 8 };
    let rest = rest.get(skipped..)?;
    let rest = if flags & CHARSET == 0 { rest } else { rest.strip_prefix(&[0]).or(rest.strip_prefix(&[1]))? };
    let (length, rest) = rest.split_at_checked(1 << (flags & 3))?;
    let length = length.iter().rev().try_fold(0usize, |sum, byte| sum.checked_mul(256)?.checked_add((*byte).into()))?;
    let (name, rest) = rest.split_at_checked(length)?;
    let (length, rest) = rest.split_first_chunk::<2>()?;
    let target = rest.get(..u16::from_le_bytes(*length).into())?;
    Some((printable_text(name)?, if kind == SOFT { printable_text(target)? } else { parse_external(target)? }))
}

/// A file and a path in it, each ended by a byte 0, behind a byte of version and flags.
fn parse_external(target: &[u8]) -> Option<String> {
    let mut parts = target.strip_prefix(&[0])?.strip_suffix(&[0])?.split(|byte| *byte == 0);
    let (file, path) = (printable_text(parts.next()?)?, printable_text(parts.next()?)?);
    parts.next().is_none().then(|| format!("{path} of the file {file}"))
}

/// The bytes as text; None if they are none or hold control characters, as random bytes do.
fn printable_text(bytes: &[u8]) -> Option<String> {
    let text = str::from_utf8(bytes).ok()?;
    (!text.is_empty() && !text.contains(char::is_control)).then(|| text.to_owned())
}
