//! Files that grow at their end: CSV, and NPY with one record (step, id) per spike.

use std::fs::{self, File, OpenOptions};
use std::io::{self, BufRead, BufReader, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use super::{Position, SpikeSink, partial};
use crate::error::{Error, Result};
use crate::files::{Checksum, Input, Limit, cannot_write, sync_folder};
use crate::record::PopulationLabel;
use crate::record::spike_counter::SpikeCounter;
use crate::record::spikes_csv::Lines;
use crate::spike::Spike;
use crate::text::counted;

/// Bytes of an NPY header for any number of spikes.
const NPY_HEADER: usize = 128;

/// The format of a table of spikes.
pub(super) enum Format {
    Csv(Box<Lines>),
    Npy,
}

impl Format {
    /// CSV with the names of these populations, in steps of `dt_ms`.
    pub(super) fn csv(dt_ms: f64, labels: &[PopulationLabel]) -> Format {
        Format::Csv(Box::new(Lines::new(dt_ms, labels)))
    }

    /// Whether `bytes` are the header of such a table, for any number of spikes.
    fn is_header(&self, bytes: &[u8]) -> bool {
        let spikes = match self {
            Format::Csv(_) => Some(0),
            Format::Npy => spikes_in_npy_header(bytes),
        };
        spikes.is_some_and(|spikes| self.header(spikes) == bytes)
    }

    /// The header of a table of `spikes` spikes.
    fn header(&self, spikes: u64) -> Vec<u8> {
        match self {
            Format::Csv(lines) => format!("{}\n", lines.columns().join(",")).into_bytes(),
            Format::Npy => npy_header(spikes),
        }
    }

    /// Appends spikes, as they are written, to the bytes `to`.
    fn encode(&self, spikes: &[Spike], to: &mut Vec<u8>) -> io::Result<()> {
        match self {
            Format::Csv(lines) => lines.write(to, spikes.iter().copied()),
            Format::Npy => {
                to.extend(spikes.iter().flat_map(|s| [s.step.to_le_bytes(), s.id.to_le_bytes()]).flatten());
                Ok(())
            }
        }
    }
}

/// The header of an NPY file of `spikes` spikes, which `numpy.load` reads as an array with the fields "step" and "id".
fn npy_header(spikes: u64) -> Vec<u8> {
    let text = format!("{{'descr': [('step', '<u4'), ('id', '<u4')], 'fortran_order': False, 'shape': ({spikes},), }}");
    let mut header = b"\x93NUMPY\x01\x00".to_vec();
    header.extend((NPY_HEADER as u16 - 10).to_le_bytes());
    header.extend(text.as_bytes());
    header.resize(NPY_HEADER - 1, b' ');
    header.push(b'\n');
    header
}

/// The number of spikes that an NPY header gives; `None` where it gives none.
fn spikes_in_npy_header(header: &[u8]) -> Option<u64> {
    let text = str::from_utf8(header.get(10..)?).ok()?;
    let (_, shape) = text.split_once("'shape': (")?;
    shape.split_once(',')?.0.parse().ok()
}

/// A file that grows at its end.
pub(super) struct Table {
    /// The path of the finished file.
    path: PathBuf,
    file: File,
    format: Format,
    /// Bytes that were written completely.
    bytes: u64,
    /// Number of spikes in them.
    spikes: u64,
    /// Of these spikes as written.
    checksum: Checksum,
    /// The bytes of a batch, kept to reuse their memory.
    buffer: Vec<u8>,
    /// Step of the last spike.
    last: u32,
}

impl Table {
    /// Creates a file with its header under its temporary name.
    pub(super) fn create(path: &Path, format: Format) -> Result<Table> {
        let failed = |reason| cannot_write(path, &reason);
        let mut file = open(&partial(path), true).map_err(failed)?;
        let header = format.header(0);
        file.write_all(&header).map_err(failed)?;
        Ok(Table::empty(path, file, format, header.len() as u64))
    }

    /// A table without spikes in `file`, which will be called `path`; `header` is the number of bytes of its header.
    fn empty(path: &Path, file: File, format: Format, header: u64) -> Table {
        let path = path.to_path_buf();
        let checksum = Checksum::default();
        Table { path, file, format, bytes: header, spikes: 0, checksum, buffer: Vec::new(), last: 0 }
    }

    /// Continues a file from `position` and counts its spikes with `tally`. A file that still grows is continued in
    /// place, a finished one is copied and stays until its successor is finished. Neither is changed before it is found
    /// to hold the spikes of `position`.
    pub(super) fn reopen(path: &Path, format: Format, position: &Position, tally: &mut SpikeCounter) -> Result<Table> {
        let growing = partial(path);
        let long_enough = |path: &&Path| fs::metadata(path).is_ok_and(|found| found.len() >= position.bytes);
        let Some(source) = [growing.as_path(), path].into_iter().find(long_enough) else {
            let problem = format!(
                "neither this file nor {} holds the {} before the checkpoint; say where they are with --spikes",
                growing.display(),
                counted(position.spikes, "spike")
            );
            return Err(Error::file(path, problem));
        };
        let Some(checksum) =
            SpikeReader::open(source, &format, position)?.and_then(|reader| reader.count_all(&format, tally))
        else {
            return Err(not_that_file(source));
        };
        if (checksum.sum(), tally.spikes()) != (position.crc32, position.spikes) {
            return Err(not_that_file(source));
        }
        let failed = |reason| cannot_write(&growing, &reason);
        if source == path {
            fs::copy(path, &growing).map_err(failed)?;
        }
        let mut file = open(&growing, false).map_err(failed)?;
        file.set_len(position.bytes).and_then(|()| file.seek(SeekFrom::End(0))).map_err(failed)?;
        let table = Table::empty(path, file, format, position.bytes);
        Ok(Table { spikes: position.spikes, checksum, ..table })
    }

    /// Writes the header for the present number of spikes.
    fn write_header(&mut self) -> io::Result<()> {
        if let Format::Npy = self.format {
            self.file.seek(SeekFrom::Start(0))?;
            self.file.write_all(&self.format.header(self.spikes))?;
            self.file.seek(SeekFrom::End(0))?;
        }
        Ok(())
    }

    /// Cuts off what was not written completely, and gives the error of `reason` with what is left.
    fn cut_after_failure(&mut self, reason: &io::Error) -> Error {
        let cut = self.file.set_len(self.bytes).and_then(|()| self.write_header());
        let left = match (cut, self.spikes) {
            (Ok(()), spikes) if spikes > 0 => {
                format!("; the {spikes} spikes up to step {} are in {}", self.last, partial(&self.path).display())
            }
            _ => String::new(),
        };
        match cannot_write(&self.path, reason) {
            Error::File { path, line, problem } => Error::File { path, line, problem: problem + &left },
            other => other,
        }
    }
}

impl SpikeSink for Table {
    fn write(&mut self, spikes: &[Spike]) -> Result<()> {
        self.buffer.clear();
        let encoded = self.format.encode(spikes, &mut self.buffer);
        match encoded.and_then(|()| self.file.write_all(&self.buffer)) {
            Ok(()) => {
                self.checksum.update(&self.buffer);
                self.bytes += self.buffer.len() as u64;
                self.spikes += spikes.len() as u64;
                self.last = spikes.last().map_or(self.last, |spike| spike.step);
                Ok(())
            }
            Err(reason) => Err(self.cut_after_failure(&reason)),
        }
    }

    fn sync(&mut self) -> Result<Option<Position>> {
        let synced = self.write_header().and_then(|()| self.file.sync_data());
        synced.map_err(|reason| self.cut_after_failure(&reason))?;
        Ok(Some(Position { bytes: self.bytes, spikes: self.spikes, crc32: self.checksum.sum() }))
    }

    fn finish(&mut self) -> Result<()> {
        self.sync()?;
        fs::rename(partial(&self.path), &self.path).map_err(|reason| self.cut_after_failure(&reason))?;
        sync_folder(&self.path);
        Ok(())
    }
}

/// Opens a file to read and write, a `new` and empty one or one that exists.
fn open(path: &Path, new: bool) -> io::Result<File> {
    OpenOptions::new().read(true).write(true).create(new).truncate(new).open(path)
}

/// The error of a file that is not the one of the checkpoint.
fn not_that_file(path: &Path) -> Error {
    Error::file(path, "does not hold the spikes that the checkpoint knows of; put the file of that run back")
}

/// Reads the spikes of a file between its header and a position.
struct SpikeReader {
    from: BufReader<io::Take<Input>>,
}

impl SpikeReader {
    /// A reader of the file `path`; `None` where its header is another one, or the position lies before its first
    /// spike.
    fn open(path: &Path, format: &Format, position: &Position) -> Result<Option<SpikeReader>> {
        let limit = Limit { bytes: u64::MAX, raise: "" };
        let mut file = Input::open(path, limit, "a file of spikes")?;
        let mut header = vec![0; format.header(0).len()];
        let read = file.read_exact(&mut header);
        let Some(left) = position.bytes.checked_sub(header.len() as u64) else { return Ok(None) };
        let is_such_file = read.is_ok() && format.is_header(&header);
        Ok(is_such_file.then(|| SpikeReader { from: BufReader::with_capacity(1 << 16, file.take(left)) }))
    }

    /// Counts all spikes with `tally` and gives their checksum; `None` where the file holds something else.
    fn count_all(mut self, format: &Format, tally: &mut SpikeCounter) -> Option<Checksum> {
        let mut checksum = Checksum::default();
        let mut record = Vec::new();
        let parser = match format {
            Format::Csv(lines) => Some(lines.parser()),
            Format::Npy => None,
        };
        loop {
            record.clear();
            let read = match &parser {
                Some(_) => read_line(&mut self.from, &mut record),
                None => (&mut self.from).take(8).read_to_end(&mut record),
            };
            if read.ok()? == 0 {
                return Some(checksum);
            }
            checksum.update(&record);
            let spike = match &parser {
                Some(parser) => parser.spike(&record)?,
                None => spike_of_bytes(record.as_slice().try_into().ok()?),
            };
            if !tally.add(spike) {
                return None;
            }
        }
    }
}

/// Appends a line with its end to `line`; a name in quotes may hold line ends.
fn read_line(from: &mut impl BufRead, line: &mut Vec<u8>) -> io::Result<usize> {
    loop {
        let more = from.read_until(b'\n', line)?;
        if more == 0 || line.iter().filter(|&&b| b == b'"').count().is_multiple_of(2) {
            return Ok(line.len());
        }
    }
}

/// A spike from its bytes in an NPY file: step and id, little-endian.
fn spike_of_bytes(bytes: &[u8; 8]) -> Spike {
    let [a, b, c, d, e, f, g, h] = *bytes;
    Spike::new(u32::from_le_bytes([a, b, c, d]), u32::from_le_bytes([e, f, g, h]))
}

/// Reads the spikes of an NPY file that [`Table`] wrote.
pub(super) fn read_npy(path: &Path) -> Result<Vec<Spike>> {
    let bytes = Input::open(path, Limit::list()?, "a file of spikes")?.whole()?;
    let (header, records) = bytes.split_at(NPY_HEADER.min(bytes.len()));
    let (records, rest) = records.as_chunks::<8>();
    if header != npy_header(records.len() as u64) || !rest.is_empty() {
        return Err(Error::file(path, "is not a whole file of spikes that neuropil run wrote; get a whole copy"));
    }
    Ok(records.iter().map(spike_of_bytes).collect())
}
