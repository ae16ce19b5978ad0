//! Sweeps: a CSV file whose header names settings and whose every line gives them values.

use std::path::Path;

use crate::data::table::{check_commas, csv_error};
use crate::error::{Error, Result};
use crate::experiment::Experiment;
use crate::experiment::keys::Content;
use crate::experiment::set::{self, Setting, Target, overrides};
use crate::files::{Input, Limit, Quotes, Text, lost};

/// An experiment with other values in each row of a file.
#[derive(Debug, Clone)]
pub struct Sweep {
    /// The settings that change, as the header names them.
    pub columns: Vec<String>,
    /// The table and the key of each column.
    settings: Vec<Setting>,
    /// The experiments, in the order of the file.
    pub rows: Vec<SweepRow>,
}

/// A row of a sweep.
#[derive(Debug, Clone)]
pub struct SweepRow {
    /// The value of each column, as written.
    pub values: Vec<String>,
    /// The experiment with these values.
    pub experiment: Experiment,
    /// File and line of the row.
    pub place: String,
}

/// Keys of `[simulation]` that a sweep cannot change, since they are the same for all rows.
const SHARED_KEYS: [&str; 6] = ["name", "trial", "device", "adapter", "precision", "threads"];

impl Experiment {
    /// This experiment with the values of each row of the CSV file `path`. The header names settings as
    /// [`Experiment::set`] does, "exc.V_th" or "exc->inh.weight"; a name without a dot is one of `[simulation]`, "seed".
    /// All values are numbers.
    ///
    /// # Errors
    /// A file that cannot be read or holds no rows, names that are not known, fields that are not numbers.
    pub fn sweep(&self, path: impl AsRef<Path>) -> Result<Sweep> {
        let path = path.as_ref();
        let file = Text::new(Input::open(path, Limit::list()?, "a CSV file")?);
        let file = Quotes::new(file, b',', Some(b'#'));
        let mut reader = csv::ReaderBuilder::new().trim(csv::Trim::All).comment(Some(b'#')).from_reader(file);
        let columns: Vec<String> =
            reader.headers().map_err(|e| csv_error(path, e))?.iter().map(str::to_owned).collect();
        check_commas(path, &columns)?;
        let settings = column_settings(&self.content, path, &columns)?;
        let mut rows = Vec::new();
        for record in reader.records() {
            let record = record.map_err(|e| csv_error(path, e))?;
            let line = record.position().map_or(0, csv::Position::line);
            let mut experiment = self.clone();
            for ((field, name), (target, key)) in record.iter().zip(&columns).zip(&settings) {
                let text = toml_number(field)
                    .map_err(|problem| Error::file_line(path, line, format!("{name} = '{field}' {problem}")))?;
                let place = format!("{}, line {line}, column '{name}'", path.display());
                set::assign(&mut experiment.content, target, key, &text, &place)?;
            }
            let values = record.iter().map(str::to_owned).collect();
            rows.push(SweepRow { values, experiment, place: format!("{}, line {line}", path.display()) });
        }
        if rows.is_empty() {
            return Err(Error::file(path, "there is no line of values below the header; add one for each trial"));
        }
        Ok(Sweep { columns, settings, rows })
    }
}

impl Sweep {
    /// The column that overrides a setting, which is named as for [`Experiment::set`]; `None` if no column does.
    pub fn column(&self, setting: &str) -> Option<&str> {
        let (table, key) = set::split_setting(setting)?;
        let content = &self.rows.first()?.experiment.content;
        let before = (set::find_target(content, table, setting).ok()?, key.to_owned());
        let at = self.settings.iter().position(|column| overrides(column, &before))?;
        self.columns.get(at).map(String::as_str)
    }
}

/// The table and the key of each column; refuses names that are unknown, repeated or the same for all trials.
fn column_settings(content: &Content, path: &Path, columns: &[String]) -> Result<Vec<Setting>> {
    let wrong = |problem: String| Error::file_line(path, 1, problem);
    if columns.iter().all(String::is_empty) {
        let problem = "the file is empty; its first line must name settings as --set does, such as exc.V_th or seed";
        return Err(Error::file(path, problem));
    }
    let mut settings: Vec<Setting> = Vec::new();
    for (index, name) in columns.iter().enumerate() {
        if name.is_empty() {
            return Err(wrong(format!("column {} has no name; name a setting, such as exc.V_th", index + 1)));
        }
        let (table, key) = set::split_setting(name).unwrap_or(("simulation", name));
        let target = set::find_target(content, table, &format!("{}, line 1, column '{name}'", path.display()))?;
        let setting = (target, key.to_owned());
        if let Some(other) = settings.iter().position(|known| overrides(&setting, known)) {
            let other = &columns[other];
            return Err(wrong(match other == name {
                true => format!("column '{name}' is there twice"),
                false => format!("columns '{other}' and '{name}' set the same value; keep one of them"),
            }));
        }
        if setting.0 == Target::Plan || (setting.0 == Target::Simulation && SHARED_KEYS.contains(&key)) {
            return Err(wrong(format!("{name} is one for all trials; give it with --set and leave the column out")));
        }
        settings.push(setting);
    }
    Ok(settings)
}

/// A finite number as TOML writes it; else the end of a sentence that says what is wrong.
fn toml_number(field: &str) -> std::result::Result<String, &'static str> {
    if let Ok(whole) = field.parse::<i64>() {
        return Ok(whole.to_string());
    }
    let value: f64 = field.parse().map_err(|_| "is not a finite number")?;
    match lost(field, value) {
        Some(problem) => Err(problem),
        None if value.is_finite() => Ok(format!("{value:?}")),
        None => Err("is not a finite number"),
    }
}
