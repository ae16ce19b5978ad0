//! Matrix Market (Boisvert, Pozo & Remington 1996): coordinates or an array, real, integer or pattern; general,
//! symmetric or skew-symmetric.

use std::io::{BufRead, Read};

use super::Reading;
use super::source::{Source, finite};
use super::sparse::Sparse;
use crate::Result;

/// Bytes a line may have; the format allows 1024.
const LONGEST_LINE: u64 = 1 << 16;

#[derive(Clone, Copy, PartialEq)]
enum Symmetry {
    General,
    Symmetric,
    Skew,
}

/// Reads a matrix.
pub(super) fn read(source: &Source, reading: &mut Reading) -> Result<Sparse> {
    let mut lines = Lines { source, stream: source.open()?, text: String::new(), line: 0 };
    lines.next()?;
    let words: Vec<String> = lines.text.to_lowercase().split_whitespace().skip(1).map(str::to_owned).collect();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let (dense, pattern, symmetry) = match words[..] {
        ["matrix", form @ ("coordinate" | "array"), field @ ("real" | "double" | "integer" | "pattern"), symmetry] => {
            let symmetry = match symmetry {
                "general" => Symmetry::General,
                "symmetric" => Symmetry::Symmetric,
                "skew-symmetric" => Symmetry::Skew,
                other => return Err(lines.error(format!("'{other}' is no symmetry of a real matrix"))),
            };
            (form == "array", field == "pattern", symmetry)
        }
        ["matrix", _, "complex", _] => {
            return Err(lines.error("it holds complex numbers; save their real part or magnitude"));
        }
        _ => {
            let expected = "expected '%%MatrixMarket matrix coordinate real general' or alike";
            return Err(lines.error(format!("'{}' is not understood; {expected}", words.join(" "))));
        }
    };
    if dense && pattern {
        return Err(lines.error("an array has no pattern; write coordinate"));
    }
    reading.format = "Matrix Market".to_owned();
    if pattern {
        reading.take("weight", "none; 1 for each entry of the pattern");
    }
    if symmetry != Symmetry::General {
        reading.take("entries below the diagonal", "both halves, as the matrix is symmetric");
    }
    let size = lines.next_numbers()?.ok_or_else(|| source.error("it ends before the size of the matrix"))?;
    let (rows, columns, count) = match (dense, size.as_slice()) {
        (true, &[rows, columns]) => (rows, columns, None),
        (false, &[rows, columns, count]) => (rows, columns, Some(count)),
        _ => return Err(lines.error("expected the size: rows, columns and, for coordinates, the number of entries")),
    };
    if symmetry != Symmetry::General && rows != columns {
        return Err(lines.error(format!("a matrix of {rows} x {columns} cannot be symmetric")));
    }
    let entries = match count {
        Some(count) => read_coordinates(&mut lines, count, pattern, symmetry)?,
        None => read_array(&mut lines, [rows, columns], symmetry)?,
    };
    Sparse::new(rows, columns, entries).map_err(|problem| source.error(problem))
}

/// Reads `count` entries and mirrors them where the matrix is symmetric; half of it must then be listed.
fn read_coordinates(lines: &mut Lines, count: u64, pattern: bool, symmetry: Symmetry) -> Result<Vec<(u32, u32, f64)>> {
    let mut entries = Vec::new();
    let mut left = count;
    // Which half of a symmetric matrix is listed, the first entry beside the diagonal says.
    let mut half = None;
    while lines.next_filled()? {
        if left == 0 {
            return Err(lines.error(format!("there are more entries than the {count} that it declares")));
        }
        left -= 1;
        let fields: Vec<&str> = lines.text.split_whitespace().collect();
        let entry = match fields[..] {
            [row, column] if pattern => zero_based(row).zip(zero_based(column)).map(|at| (at, Ok(1.0))),
            [row, column, value] if !pattern => {
                zero_based(row).zip(zero_based(column)).map(|at| (at, finite(value, "weight")))
            }
            _ => None,
        };
        let Some(((row, column), value)) = entry else {
            let expected = if pattern { "a row and a column" } else { "a row, a column and a value" };
            return Err(lines.error(format!("expected {expected}, counted from 1")));
        };
        let value = value.map_err(|problem| lines.error(problem))?;
        if symmetry != Symmetry::General && row != column && *half.get_or_insert(row > column) != (row > column) {
            let problem = "a symmetric matrix lists one side of its diagonal, and this entry is on the other";
            return Err(lines.error(format!("{problem}; write general if both sides are listed")));
        }
        if symmetry == Symmetry::Skew && row == column && value != 0.0 {
            return Err(lines.error("a skew-symmetric matrix has nothing on its diagonal; write general"));
        }
        entries.push((row, column, value));
        add_mirror(&mut entries, (row, column, value), symmetry);
    }
    match left {
        0 => Ok(entries),
        left => Err(lines.source.error(format!("it declares {count} entries and {left} of them are missing"))),
    }
}

/// Numbers column by column; of a symmetric matrix those on and below the diagonal.
fn read_array(lines: &mut Lines, [rows, columns]: [u64; 2], symmetry: Symmetry) -> Result<Vec<(u32, u32, f64)>> {
    lines.source.check_matrix(rows, columns)?;
    let mut entries = Vec::new();
    for column in 0..columns {
        let first = match symmetry {
            Symmetry::General => 0,
            Symmetry::Symmetric => column,
            Symmetry::Skew => column + 1,
        };
        for row in first..rows {
            if !lines.next_filled()? {
                return Err(lines.source.error(format!("it ends before row {}, column {}", row + 1, column + 1)));
            }
            let value = finite(&lines.text, "weight").map_err(|problem| lines.error(problem))?;
            if value != 0.0 {
                let entry = (row as u32, column as u32, value);
                entries.push(entry);
                add_mirror(&mut entries, entry, symmetry);
            }
        }
    }
    match lines.next_filled()? {
        true => Err(lines.error(format!("there are more numbers than fit in {rows} x {columns}"))),
        false => Ok(entries),
    }
}

/// Adds the entry across the diagonal of a symmetric or skew-symmetric matrix.
fn add_mirror(entries: &mut Vec<(u32, u32, f64)>, (row, column, value): (u32, u32, f64), symmetry: Symmetry) {
    match symmetry {
        Symmetry::Symmetric if row != column => entries.push((column, row, value)),
        Symmetry::Skew if row != column => entries.push((column, row, -value)),
        _ => {}
    }
}

/// An index that is counted from 1 in the file, from 0 here.
fn zero_based(text: &str) -> Option<u32> {
    text.parse::<u32>().ok()?.checked_sub(1)
}

/// Lines with their number.
struct Lines<'a> {
    source: &'a Source,
    stream: Box<dyn BufRead + 'a>,
    text: String,
    line: u64,
}

impl Lines<'_> {
    /// Reads the next line; false at the end.
    fn next(&mut self) -> Result<bool> {
        self.text.clear();
        let mut bytes = Vec::new();
        self.stream.by_ref().take(LONGEST_LINE).read_until(b'\n', &mut bytes).map_err(|e| self.source.io(e))?;
        self.line += 1;
        if bytes.len() as u64 == LONGEST_LINE {
            return Err(self.error("the line is longer than any of this format"));
        }
        self.text = String::from_utf8_lossy(&bytes).into_owned();
        Ok(!bytes.is_empty())
    }

    /// Reads the next line that is neither blank nor a comment.
    fn next_filled(&mut self) -> Result<bool> {
        while self.next()? {
            if !self.text.trim().is_empty() && !self.text.starts_with('%') {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// The next line as whole numbers.
    fn next_numbers(&mut self) -> Result<Option<Vec<u64>>> {
        if !self.next_filled()? {
            return Ok(None);
        }
        let numbers = self.text.split_whitespace().map(str::parse::<u64>).collect::<Result<Vec<u64>, _>>();
        numbers.map(Some).map_err(|_| self.error("expected whole numbers"))
    }

    /// An error that names the line last read.
    fn error(&self, problem: impl Into<String>) -> crate::Error {
        self.source.error_line(self.line, problem)
    }
}
