//! CSV tables of numbers with a header line: neurons, connections, inputs.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use crate::error::{Error, Result};
use crate::files::{Input, Limit, Quotes, Text, failed, lost};
use crate::text::counted;

/// Columns of text, where all columns are known; all others are of numbers.
const TEXTS: [&str; 2] = ["name", "population"];

/// Columns of a CSV file.
#[derive(Debug)]
pub(crate) struct Table {
    path: PathBuf,
    headers: Vec<String>,
    columns: Vec<Vec<f64>>,
    /// The columns of text that are there, by their names.
    texts: BTreeMap<String, Vec<String>>,
    lines: Vec<u64>,
}

impl Table {
    /// Reads the `known` columns of `path`; others are refused, or skipped if `skip`.
    pub(crate) fn read(path: &Path, known: &[&str], skip: bool) -> Result<Table> {
        let file = Text::new(Input::open(path, Limit::list()?, "a CSV file")?);
        let file = Quotes::new(file, b',', Some(b'#'));
        let mut reader = csv::ReaderBuilder::new().trim(csv::Trim::All).comment(Some(b'#')).from_reader(file);
        let headers: Vec<String> =
            reader.headers().map_err(|e| csv_error(path, e))?.iter().map(str::to_owned).collect();
        if headers.iter().all(String::is_empty) {
            return Err(Error::file(
                path,
                format!("the file is empty; its first line must name columns: {}", known.join(", ")),
            ));
        }
        separated_by_commas(path, &headers)?;
        for (i, header) in headers.iter().enumerate() {
            if !skip && !known.contains(&header.as_str()) {
                return Err(Error::unknown("column", header, format!("{}, line 1", path.display()), known));
            }
            if headers[..i].contains(header) {
                return Err(Error::file_line(path, 1, format!("column '{header}' is there twice")));
            }
        }
        let texts = headers.iter().filter(|h| !skip && TEXTS.contains(&h.as_str()));
        let texts = texts.map(|name| (name.clone(), Vec::new())).collect();
        let mut table = Table {
            path: path.to_path_buf(),
            columns: vec![Vec::new(); headers.len()],
            headers,
            texts,
            lines: Vec::new(),
        };
        let kept: Vec<bool> = table.headers.iter().map(|h| known.contains(&h.as_str())).collect();
        let mut record = csv::StringRecord::new();
        while reader.read_record(&mut record).map_err(|e| csv_error(path, e))? {
            table.push(&record, &kept)?;
        }
        Ok(table)
    }

    /// Adds a line: texts as they are, numbers parsed; columns that are not read are passed over.
    fn push(&mut self, record: &csv::StringRecord, kept: &[bool]) -> Result<()> {
        let line = record.position().map_or(0, csv::Position::line);
        let full =
            |_| Error::file_line(&self.path, line, "there is no memory for more lines; free some, or read fewer");
        self.lines.try_reserve(1).map_err(full)?;
        for (i, field) in record.iter().enumerate() {
            if let Some(text) = self.texts.get_mut(&self.headers[i]) {
                text.try_reserve(1).map_err(full)?;
                text.push(field.to_owned());
                continue;
            }
            if !kept[i] {
                continue;
            }
            let value: f64 = field.parse().map_err(|_| {
                Error::file_line(&self.path, line, format!("{} = '{field}' is not a number", self.headers[i]))
            })?;
            if let Some(problem) = lost(field, value) {
                return Err(Error::file_line(&self.path, line, format!("{} = {field} {problem}", self.headers[i])));
            }
            if !value.is_finite() {
                let problem = format!("{} = {value} is not a finite number", self.headers[i]);
                return Err(Error::file_line(&self.path, line, problem));
            }
            self.columns[i].try_reserve(1).map_err(full)?;
            self.columns[i].push(value);
        }
        self.lines.push(line);
        Ok(())
    }

    /// Lines of data.
    pub(crate) fn len(&self) -> usize {
        self.lines.len()
    }

    /// The names of the columns of numbers.
    pub(crate) fn numbers(&self) -> impl Iterator<Item = &str> {
        self.headers.iter().map(String::as_str).filter(|h| !TEXTS.contains(h))
    }

    /// A column of text, if it is there.
    pub(crate) fn text(&self, name: &str) -> Option<&[String]> {
        self.texts.get(name).map(Vec::as_slice)
    }

    /// Where no column is called 'index': one that looks as if it said which neuron a line is about.
    pub(crate) fn other_index(&self) -> Option<&str> {
        const NAMES: [&str; 8] = ["index", "idx", "i", "neuron", "id", "name", "node", "gid"];
        let looks = |header: &&String| NAMES.contains(&header.to_lowercase().as_str());
        if self.column("index").is_some() { None } else { self.headers.iter().find(looks).map(String::as_str) }
    }

    /// A complaint about row `row`.
    pub(crate) fn error(&self, row: usize, problem: String) -> Error {
        Error::file_line(&self.path, self.lines[row], problem)
    }

    /// Keeps the lines of which `keep` says so, by their number from 0.
    pub(crate) fn retain(&mut self, keep: impl Fn(usize) -> bool) {
        /// Keeps the items at places for which `keep` is true.
        fn retain_places<T>(list: &mut Vec<T>, keep: &impl Fn(usize) -> bool) {
            let mut at = 0..;
            list.retain(|_| at.next().is_some_and(keep));
        }
        self.columns.iter_mut().for_each(|column| retain_places(column, &keep));
        self.texts.values_mut().for_each(|text| retain_places(text, &keep));
        retain_places(&mut self.lines, &keep);
    }

    /// A column, if it is there.
    pub(crate) fn column(&self, name: &str) -> Option<&[f64]> {
        self.headers.iter().position(|h| h == name).map(|i| self.columns[i].as_slice())
    }

    /// A column that must be there.
    pub(crate) fn required(&self, name: &str) -> Result<&[f64]> {
        self.column(name).ok_or_else(|| {
            let problem =
                format!("there is no column '{name}', only {}; add it to the header line", self.headers.join(", "));
            Error::file_line(&self.path, 1, problem)
        })
    }

    /// Checks each value of a column; a complaint comes with its line.
    pub(crate) fn each(&self, name: &str, check: impl Fn(f64) -> Result<()>) -> Result<()> {
        let values = self.column(name).unwrap_or_default();
        values.iter().zip(&self.lines).try_for_each(|(value, line)| self.with_line(*line, check(*value)))
    }

    /// The same of a column of text.
    pub(crate) fn each_text(&self, name: &str, check: impl Fn(&str) -> Result<()>) -> Result<()> {
        let texts = self.text(name).unwrap_or_default();
        texts.iter().zip(&self.lines).try_for_each(|(text, line)| self.with_line(*line, check(text)))
    }

    /// Adds the line to an error.
    fn with_line(&self, line: u64, result: Result<()>) -> Result<()> {
        let place = || format!("{}, line {line}", self.path.display());
        result.map_err(|error| error.at(place()))
    }

    /// A column of indices below `size`; `of` names what they count.
    pub(crate) fn indices(&self, name: &str, size: u32, of: &str) -> Result<Vec<u32>> {
        let wrong = |i: usize, value: f64| {
            let last = size.saturating_sub(1);
            let problem = format!(
                "{name} = {value} is no index of {of}, which has {neurons} (0 to {last})",
                neurons = counted(size, "neuron")
            );
            Error::file_line(&self.path, self.lines[i], problem)
        };
        let check = |(i, &value): (usize, &f64)| {
            if value >= 0.0 && value < f64::from(size) && value.fract() == 0.0 {
                Ok(value as u32)
            } else {
                Err(wrong(i, value))
            }
        };
        self.required(name)?.iter().enumerate().map(check).collect()
    }

    /// The row of each neuron by the column `index`, which must name each of 0..size once.
    pub(crate) fn ordered(&self, size: u32, of: &str) -> Result<Vec<usize>> {
        let indices = self.indices("index", size, of)?;
        let mut order = vec![usize::MAX; size as usize];
        for (row, &index) in indices.iter().enumerate() {
            let at = &mut order[index as usize];
            if *at != usize::MAX {
                let problem = format!("index {index} is there twice");
                return Err(Error::file_line(&self.path, self.lines[row], problem));
            }
            *at = row;
        }
        match order.iter().position(|&row| row == usize::MAX) {
            None => Ok(order),
            Some(missing) => {
                let problem = format!(
                    "there is no line for index {missing}; {of} has {neurons} and needs one each",
                    neurons = counted(size, "neuron")
                );
                Err(Error::file(&self.path, problem))
            }
        }
    }
}

/// Refuses a header line whose names stand between other characters than commas.
pub(crate) fn separated_by_commas(path: &Path, headers: &[String]) -> Result<()> {
    let others = [(';', "semicolons"), ('\t', "tabs"), ('|', "bars"), (' ', "blanks")];
    let [only] = headers else { return Ok(()) };
    let Some((found, name)) = others.iter().find(|(c, _)| only.contains(*c)) else { return Ok(()) };
    let decimals = if *found == ';' { ", and write 0.5 for 0,5" } else { "" };
    let problem = format!("the columns stand between {name}; separate them by commas{decimals}");
    Err(Error::file_line(path, 1, problem))
}

/// The error of the CSV reader as a sentence with path and line.
pub(crate) fn csv_error(path: &Path, error: csv::Error) -> Error {
    let line = error.position().map(csv::Position::line);
    let problem = match error.into_kind() {
        csv::ErrorKind::Io(reason) => return failed(path, reason),
        csv::ErrorKind::Utf8 { .. } => "this is not UTF-8 text; save the file as UTF-8".into(),
        csv::ErrorKind::UnequalLengths { expected_len, len, .. } => {
            format!("this line has {fields}, and the header line has {expected_len}", fields = counted(len, "field"))
        }
        other => format!("this is not CSV: {other:?}"),
    };
    Error::File { path: path.to_path_buf(), line, problem }
}
