//! Reads CSV tables of numbers with a header line: neurons, connections, inputs.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use crate::error::{Error, Result};
use crate::files::{Input, Limit, Quotes, Text, failed, lost};
use crate::text::counted;

/// Columns that hold text where unknown columns are refused; all others hold numbers.
const TEXT_COLUMNS: [&str; 2] = ["name", "population"];

/// The columns of a CSV file.
#[derive(Debug)]
pub(crate) struct Table {
    path: PathBuf,
    headers: Vec<String>,
    /// The numbers of each column; empty for columns of text or that are skipped.
    columns: Vec<Vec<f64>>,
    /// The columns of text, by their names.
    texts: BTreeMap<String, Vec<String>>,
    /// The line of the file of each row.
    lines: Vec<u64>,
}

impl Table {
    /// Reads the `known` columns of the file `path`; other columns are refused, or skipped if `skip` says so.
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
        check_commas(path, &headers)?;
        for (i, header) in headers.iter().enumerate() {
            if !skip && !known.contains(&header.as_str()) {
                return Err(Error::unknown("column", header, format!("{}, line 1", path.display()), known));
            }
            if headers[..i].contains(header) {
                return Err(Error::file_line(path, 1, format!("column '{header}' is there twice")));
            }
        }
        let texts = headers.iter().filter(|h| !skip && TEXT_COLUMNS.contains(&h.as_str()));
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
            table.add_line(&record, &kept)?;
        }
        Ok(table)
    }

    /// Adds a line: texts as they are, numbers parsed; columns that are not `kept` are skipped.
    fn add_line(&mut self, record: &csv::StringRecord, kept: &[bool]) -> Result<()> {
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

    /// Number of rows.
    pub(crate) fn len(&self) -> usize {
        self.lines.len()
    }

    /// The names of the columns of numbers.
    pub(crate) fn number_columns(&self) -> impl Iterator<Item = &str> {
        self.headers.iter().map(String::as_str).filter(|h| !TEXT_COLUMNS.contains(h))
    }

    /// The column of text called `name`, if there is one.
    pub(crate) fn text(&self, name: &str) -> Option<&[String]> {
        self.texts.get(name).map(Vec::as_slice)
    }

    /// The name of a column that seems to identify neurons, if none is called 'index'.
    pub(crate) fn index_like_column(&self) -> Option<&str> {
        const NAMES: [&str; 8] = ["index", "idx", "i", "neuron", "id", "name", "node", "gid"];
        let looks = |header: &&String| NAMES.contains(&header.to_lowercase().as_str());
        if self.column("index").is_some() { None } else { self.headers.iter().find(looks).map(String::as_str) }
    }

    /// An error of row `row`, with its line.
    pub(crate) fn error(&self, row: usize, problem: String) -> Error {
        Error::file_line(&self.path, self.lines[row], problem)
    }

    /// Keeps the rows for whose index `keep` is true.
    pub(crate) fn retain(&mut self, keep: impl Fn(usize) -> bool) {
        /// Keeps the items for whose index `keep` is true.
        fn retain_indices<T>(list: &mut Vec<T>, keep: &impl Fn(usize) -> bool) {
            let mut at = 0..;
            list.retain(|_| at.next().is_some_and(keep));
        }
        self.columns.iter_mut().for_each(|column| retain_indices(column, &keep));
        self.texts.values_mut().for_each(|text| retain_indices(text, &keep));
        retain_indices(&mut self.lines, &keep);
    }

    /// The column of numbers called `name`, if there is one.
    pub(crate) fn column(&self, name: &str) -> Option<&[f64]> {
        self.headers.iter().position(|h| h == name).map(|i| self.columns[i].as_slice())
    }

    /// The column of numbers called `name`; an error if there is none.
    pub(crate) fn required(&self, name: &str) -> Result<&[f64]> {
        self.column(name).ok_or_else(|| {
            let problem =
                format!("there is no column '{name}', only {}; add it to the header line", self.headers.join(", "));
            Error::file_line(&self.path, 1, problem)
        })
    }

    /// Checks each value of a column of numbers; an error names its line.
    pub(crate) fn check_each(&self, name: &str, check: impl Fn(f64) -> Result<()>) -> Result<()> {
        let values = self.column(name).unwrap_or_default();
        values.iter().zip(&self.lines).try_for_each(|(value, line)| self.with_line(*line, check(*value)))
    }

    /// Checks each value of a column of text; an error names its line.
    pub(crate) fn check_each_text(&self, name: &str, check: impl Fn(&str) -> Result<()>) -> Result<()> {
        let texts = self.text(name).unwrap_or_default();
        texts.iter().zip(&self.lines).try_for_each(|(text, line)| self.with_line(*line, check(text)))
    }

    /// Adds the line to an error.
    fn with_line(&self, line: u64, result: Result<()>) -> Result<()> {
        let place = || format!("{}, line {line}", self.path.display());
        result.map_err(|error| error.at(place()))
    }

    /// A column of indices of `size` neurons, which errors call `of`.
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

    /// The row of each neuron by the column `index`, which must hold each index below `size` once; errors call the
    /// neurons `of`.
    pub(crate) fn rows_by_index(&self, size: u32, of: &str) -> Result<Vec<usize>> {
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

/// Refuses a header line whose names are separated by other characters than commas.
pub(crate) fn check_commas(path: &Path, headers: &[String]) -> Result<()> {
    let others = [(';', "semicolons"), ('\t', "tabs"), ('|', "bars"), (' ', "blanks")];
    let [only] = headers else { return Ok(()) };
    let Some((found, name)) = others.iter().find(|(c, _)| only.contains(*c)) else { return Ok(()) };
    let decimals = if *found == ';' { ", and write 0.5 for 0,5" } else { "" };
    let problem = format!("the columns stand between {name}; separate them by commas{decimals}");
    Err(Error::file_line(path, 1, problem))
}

/// An error of the csv crate as one of the file `path`, with the line.
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
