//! The file of a checkpoint; numbers are in little-endian order:
//!
//! | bytes | what |
//! |---|---|
//! | 16 | [`MAGIC`] |
//! | 4 | format, [`FORMAT`] |
//! | 8 | size of the file |
//! | 8 | size of the header |
//! | header | JSON: identity, step, and the number of each of the following |
//! | 4 or 8 each | states, population by population, variable by variable |
//! | 8 each | recent spikes, then kept spikes: step, neuron |
//! | 8 each | counts of spikes, neuron by neuron, where spikes are not kept |
//! | 8 each | samples, recorder by recorder |
//! | 8 each | signals of continuous couplings, step by step, where there are some |
//! | 8 each | the memory of plastic synapses, if there are any |
//! | 4 | CRC-32 of all before |

use std::io::{self, Read, Seek, Write};
use std::path::Path;

use serde::{Deserialize, Serialize};

use super::{Checkpoint, Identity};
use crate::error::{Error, Result};
use crate::files::{Checksum, Input, Limit, atomic_write, failed};
use crate::record::stream::Position;
use crate::spike::Spike;

/// The first bytes of every checkpoint; the line end in them shows whether a transfer as text has changed it.
pub const MAGIC: &[u8; 16] = b"\x89neuropil run\r\n\x1a";
/// The format that is written. It also changes where a run would continue with other spikes: since 2, Poisson counts
/// take 16 random bits. Since 3 there are counts of spikes. Since 4 a network is recognised by names and bits, see
/// [`crate::network::Network::digest`].
pub const FORMAT: u32 = 4;

/// Bytes before the header.
const FRAME: usize = MAGIC.len() + 4 + 8 + 8;

/// The header: what describes the run, and the number of values of each kind that follow.
#[derive(Debug, Serialize, Deserialize)]
struct Header {
    /// Version of the program that wrote the file.
    neuropil: String,
    identity: Identity,
    step: u64,
    run_time_s: f64,
    /// Number of spikes of the run so far; all below are numbers of values in the file.
    emitted: u64,
    recent: u64,
    spikes: u64,
    counts: u64,
    samples: Vec<u64>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    signals: Vec<u64>,
    #[serde(default, skip_serializing_if = "is_zero")]
    memory: u64,
    stream: Option<Position>,
    note: serde_json::Value,
    /// CRC-32 of this header with a seal of 0: a field that is changed by itself no longer fits the others.
    seal: u32,
}

/// Whether a count is zero, so that the header leaves it out.
fn is_zero(count: &u64) -> bool {
    *count == 0
}

impl Header {
    /// The header as JSON, with its seal.
    fn into_sealed_json(mut self) -> serde_json::Result<Vec<u8>> {
        self.seal = 0;
        self.seal = Checksum::of(&serde_json::to_vec(&self)?);
        serde_json::to_vec(&self)
    }

    /// Parses a header; `None` where its seal is not that of its content.
    fn parse(json: &[u8]) -> Option<Header> {
        let mut header: Header = serde_json::from_slice(json).ok()?;
        let seal = std::mem::take(&mut header.seal);
        (Checksum::of(&serde_json::to_vec(&header).ok()?) == seal).then_some(header)
    }
}

/// A writer that passes bytes on and computes their checksum.
struct ChecksumWriter<W> {
    to: W,
    checksum: Checksum,
}

impl<W: Write> Write for ChecksumWriter<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.to.write(bytes)?;
        self.checksum.update(&bytes[..written]);
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.to.flush()
    }
}

impl Checkpoint {
    /// Writes the checkpoint completely or not at all: an earlier one at `path` stays until the new one is on the disk.
    ///
    /// # Errors
    /// A file that cannot be written.
    pub fn write(&self, path: &Path) -> Result<()> {
        let header = Header {
            neuropil: env!("CARGO_PKG_VERSION").to_owned(),
            identity: self.identity.clone(),
            step: self.step,
            run_time_s: self.run_time_s,
            emitted: self.emitted,
            recent: self.recent.len() as u64,
            spikes: self.spikes.len() as u64,
            counts: self.counts.len() as u64,
            samples: self.samples.iter().map(|s| s.len() as u64).collect(),
            signals: self.signals.iter().map(|row| row.len() as u64).collect(),
            memory: self.memory.len() as u64,
            stream: self.stream,
            note: self.note.clone(),
            seal: 0,
        }
        .into_sealed_json();
        let header = header.map_err(|error| Error::Internal(error.to_string()))?;
        let states: usize = self.state.iter().flatten().map(Vec::len).sum();
        let samples: usize = self.samples.iter().chain(&self.signals).map(Vec::len).sum();
        let eight_byte_values = self.recent.len() + self.spikes.len() + self.counts.len() + samples + self.memory.len();
        let value_bytes = states * self.identity.bits as usize / 8 + eight_byte_values * 8;
        let size = FRAME + header.len() + value_bytes + 4;
        atomic_write(path, |file| {
            let mut file = ChecksumWriter { to: file, checksum: Checksum::default() };
            file.write_all(MAGIC)?;
            file.write_all(&FORMAT.to_le_bytes())?;
            file.write_all(&(size as u64).to_le_bytes())?;
            file.write_all(&(header.len() as u64).to_le_bytes())?;
            file.write_all(&header)?;
            for &value in self.state.iter().flatten().flatten() {
                match self.identity.bits {
                    // No rounding: the value came from an f32.
                    32 => file.write_all(&(value as f32).to_le_bytes())?,
                    _ => file.write_all(&value.to_le_bytes())?,
                }
            }
            for Spike { step, id } in self.recent.iter().chain(&self.spikes) {
                file.write_all(&step.to_le_bytes())?;
                file.write_all(&id.to_le_bytes())?;
            }
            self.counts.iter().try_for_each(|count| file.write_all(&count.to_le_bytes()))?;
            let mut values = self.samples.iter().chain(&self.signals).flatten();
            values.try_for_each(|value| file.write_all(&value.to_le_bytes()))?;
            self.memory.iter().try_for_each(|word| file.write_all(&word.to_le_bytes()))?;
            let sum = file.checksum.sum();
            file.write_all(&sum.to_le_bytes())
        })
    }

    /// Reads what [`Checkpoint::write`] wrote.
    ///
    /// # Errors
    /// A file that cannot be read, is no checkpoint, is damaged or cut off, or has another format.
    pub fn read(path: &Path) -> Result<Checkpoint> {
        let mut input = open(path)?;
        let mut start = Vec::new();
        let read = (&mut input).take(FRAME as u64).read_to_end(&mut start).and_then(|_| input.rewind());
        read.map_err(|reason| failed(path, reason))?;
        // The first bytes and the size show what is no complete checkpoint, before all of it is read.
        check_start(&start, input.size().unwrap_or(0)).map_err(|problem| Error::file(path, problem))?;
        decode(&input.whole()?).map_err(|problem| Error::file(path, problem))
    }

    /// Whether the file at `path` begins as a checkpoint does; it may be damaged.
    pub fn is_at(path: &Path) -> bool {
        let mut start = [0; MAGIC.len()];
        open(path).is_ok_and(|mut input| input.read_exact(&mut start).is_ok()) && &start == MAGIC
    }
}

/// Opens a checkpoint of any size; [`check_start`] compares its size with the one that it states.
fn open(path: &Path) -> Result<Input> {
    let input = Input::open(path, Limit { bytes: u64::MAX, raise: "" }, "a checkpoint")?;
    match input.size() {
        Some(_) => Ok(input),
        None => Err(Error::file(path, "this is a pipe; name a checkpoint")),
    }
}

/// Checks the first bytes of a file of `size` bytes; errors are parts of sentences.
fn check_start(start: &[u8], size: u64) -> Result<(), String> {
    if start.is_empty() || !start.starts_with(&MAGIC[..MAGIC.len().min(start.len())]) {
        return Err("is not a checkpoint of neuropil; name a file that `neuropil run --checkpoint` wrote".into());
    }
    let cut = |whole: u64| format!("is cut off: {size} of {whole} bytes are there; take a whole copy");
    if size < FRAME as u64 + 4 {
        return Err(cut(FRAME as u64 + 4));
    }
    let mut rest = Rest(&start[MAGIC.len()..]);
    match (rest.take_u32(), rest.take_u64()) {
        (Some(FORMAT), Some(whole)) if size < whole => Err(cut(whole)),
        (Some(_), Some(whole)) if size == whole => Ok(()),
        _ => Err(DAMAGED.into()),
    }
}

/// The end of a sentence about a damaged file.
const DAMAGED: &str = "is damaged: its checksum is not that of its content; take an earlier copy";

/// The checkpoint with this content, whose first bytes [`check_start`] has checked; errors are parts of sentences.
fn decode(bytes: &[u8]) -> Result<Checkpoint, String> {
    let Some((content, sum)) = bytes.split_last_chunk() else { return Err(DAMAGED.into()) };
    if *sum != Checksum::of(content).to_le_bytes() {
        return Err(DAMAGED.into());
    }
    let mut rest = Rest(content.get(MAGIC.len()..).unwrap_or_default());
    let (Some(format), Some(_)) = (rest.take_u32(), rest.take_u64()) else { return Err(DAMAGED.into()) };
    if format == 3 {
        let header = rest.take_u64().and_then(|size| Header::parse(rest.take(size)?));
        let writer = header.map_or("of an earlier date".into(), |header| header.neuropil);
        return Err(format!(
            "is a checkpoint of format 3, which knows its network by words of the program that wrote it; \
             go on with that, neuropil {writer}, or run anew with this"
        ));
    }
    if format != FORMAT {
        return Err(format!(
            "is a checkpoint of format {format}, and this program, neuropil {}, reads format {FORMAT}; \
             take the neuropil that wrote it",
            env!("CARGO_PKG_VERSION")
        ));
    }
    // The checksum is right, so only a forged file has the wrong content.
    rest.take_checkpoint().ok_or_else(|| "holds a checkpoint that makes no sense; take an earlier copy".into())
}

/// The bytes that are not read yet. Its methods take values from the front and give `None` where too few bytes are
/// left.
struct Rest<'a>(&'a [u8]);

impl Rest<'_> {
    /// Takes the next `bytes` bytes.
    fn take(&mut self, bytes: u64) -> Option<&[u8]> {
        let (taken, rest) = self.0.split_at_checked(usize::try_from(bytes).ok()?)?;
        self.0 = rest;
        Some(taken)
    }

    /// Takes a number of 4 bytes.
    fn take_u32(&mut self) -> Option<u32> {
        self.take(4)?.try_into().ok().map(u32::from_le_bytes)
    }

    /// Takes a number of 8 bytes.
    fn take_u64(&mut self) -> Option<u64> {
        self.take(8)?.try_into().ok().map(u64::from_le_bytes)
    }

    /// Takes `count` numbers of 8 bytes.
    fn take_u64s(&mut self, count: u64) -> Option<Vec<u64>> {
        let (numbers, _) = self.take(count.checked_mul(8)?)?.as_chunks();
        Some(numbers.iter().map(|&n| u64::from_le_bytes(n)).collect())
    }

    /// Takes `count` numbers of f64.
    fn take_f64s(&mut self, count: u64) -> Option<Vec<f64>> {
        let (numbers, _) = self.take(count.checked_mul(8)?)?.as_chunks();
        Some(numbers.iter().map(|&n| f64::from_le_bytes(n)).collect())
    }

    /// Takes `count` numbers of f32, which f64 holds exactly.
    fn take_f32s(&mut self, count: u64) -> Option<Vec<f64>> {
        let (numbers, _) = self.take(count.checked_mul(4)?)?.as_chunks();
        Some(numbers.iter().map(|&n| f64::from(f32::from_le_bytes(n))).collect())
    }

    /// Takes `count` spikes, each a step and an id.
    fn take_spikes(&mut self, count: u64) -> Option<Vec<Spike>> {
        let (words, _) = self.take(count.checked_mul(8)?)?.as_chunks();
        let words: Vec<u32> = words.iter().map(|&w| u32::from_le_bytes(w)).collect();
        Some(words.chunks_exact(2).map(|pair| Spike::new(pair[0], pair[1])).collect())
    }

    /// Takes the header and all values; `None` also where bytes are left or the checkpoint is not consistent.
    fn take_checkpoint(&mut self) -> Option<Checkpoint> {
        let size = self.take_u64()?;
        let header = Header::parse(self.take(size)?)?;
        let wide = header.identity.bits == 64;
        let mut state = Vec::new();
        for population in &header.identity.populations {
            let size = u64::from(population.size);
            let columns =
                population.variables.iter().map(|_| if wide { self.take_f64s(size) } else { self.take_f32s(size) });
            state.push(columns.collect::<Option<Vec<_>>>()?);
        }
        let (recent, spikes) = (self.take_spikes(header.recent)?, self.take_spikes(header.spikes)?);
        let counts = self.take_u64s(header.counts)?;
        let samples = header.samples.iter().map(|&count| self.take_f64s(count)).collect::<Option<_>>()?;
        let signals = header.signals.iter().map(|&count| self.take_f64s(count)).collect::<Option<_>>()?;
        let memory = self.take_u64s(header.memory)?;
        let checkpoint = Checkpoint {
            memory,
            identity: header.identity,
            step: header.step,
            run_time_s: header.run_time_s,
            emitted: header.emitted,
            state,
            recent,
            spikes,
            counts,
            samples,
            signals,
            stream: header.stream,
            note: header.note,
        };
        (self.0.is_empty() && checkpoint.is_consistent()).then_some(checkpoint)
    }
}
