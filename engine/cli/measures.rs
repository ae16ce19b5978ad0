//! Rates, proxies of field potentials and BOLD of populations, with their functional connectivity: `rate-0.csv`,
//! `rate-0.png`, `rate-0-fc.csv`...

use std::path::Path;

use neuropil::Result;
use neuropil::experiment::{Measure, Setup};
use neuropil::record::SeriesRecord;
use neuropil::record::analysis::mean;
use neuropil::record::functional::{self, Matrix};
use neuropil::record::pictures::map;
use serde::Serialize;

use super::tables::short;

/// The facts of a measure, for the summary.
#[derive(Debug, Serialize)]
pub struct Measured {
    /// "rate", "lfp" or "bold".
    what: &'static str,
    unit: String,
    /// Its table; the picture beside it ends in .png.
    pub file: String,
    /// Populations.
    columns: usize,
    /// Samples.
    rows: usize,
    interval_ms: f64,
    /// The mean of all values.
    mean: Option<f64>,
    /// The standard deviation over time, averaged over columns.
    sd: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    fc: Option<Connectivity>,
}

/// The facts of functional connectivity, for the summary.
#[derive(Debug, Serialize)]
struct Connectivity {
    /// The table of correlations.
    file: String,
    /// The table of functional connectivity dynamics.
    #[serde(skip_serializing_if = "Option::is_none")]
    dynamics_file: Option<String>,
    /// The mean correlation of different populations.
    mean: Option<f64>,
    compared: Vec<Compared>,
}

/// Correlations of functional connectivity with another matrix, over the pairs of different populations.
#[derive(Debug, Serialize)]
struct Compared {
    /// The sort of the other matrix.
    what: &'static str,
    /// The file or name of the other matrix.
    with: String,
    pearson: Option<f64>,
    spearman: Option<f64>,
}

/// The tables of a measure.
pub struct Tables {
    /// What the names of its files begin with.
    stem: String,
    series: SeriesRecord,
    /// Functional connectivity.
    fc: Option<Matrix>,
    /// Functional connectivity dynamics.
    fcd: Option<Matrix>,
    /// Matrices that functional connectivity is compared with, and what they hold.
    compared: Vec<(String, Matrix)>,
}

/// Whether `name`, of a file in an output folder, is that of a table or picture of a measure.
pub fn is_file(name: &str) -> bool {
    let Some((stem, ending)) = name.rsplit_once('.') else { return false };
    let own = ["rate-", "lfp-", "bold-"].iter().find_map(|start| stem.strip_prefix(start));
    let number = own.map(|rest| rest.trim_end_matches("-fcd").trim_end_matches("-fc"));
    ["csv", "png"].contains(&ending) && number.is_some_and(|n| !n.is_empty() && n.bytes().all(|b| b.is_ascii_digit()))
}

/// The facts and tables of all measures of a run; `series` holds what each recorder of the network has sampled.
pub fn evaluate(setup: &Setup, series: &[Option<SeriesRecord>]) -> Vec<(Measured, Tables)> {
    let evaluated = |measure: &Measure| Some(evaluate_one(measure, series.get(measure.recorder.0)?.clone()?));
    setup.measures.iter().filter_map(evaluated).collect()
}

/// The facts and tables of one measure.
fn evaluate_one(measure: &Measure, series: SeriesRecord) -> (Measured, Tables) {
    let stem = measure.stem();
    let settled = series.slice(measure.fc.as_ref().map_or(0, |fc| fc.settle)..series.rows());
    let fc = measure.fc.as_ref().map(|_| functional::connectivity(&settled));
    let windows = measure.fc.as_ref().and_then(|fc| fc.dynamics);
    // A run that was ended early may be too short.
    let fcd = windows.and_then(|(window, shift)| functional::dynamics(&settled, window, shift).ok());
    let connectivity = measure.fc.as_ref().zip(fc.as_ref()).map(|(own, matrix)| {
        let pairs = matrix.pairs();
        let compared = own.compared.iter().map(|(what, with, other)| Compared {
            what,
            with: with.clone(),
            pearson: functional::correlation(&pairs, &other.pairs()),
            spearman: functional::rank_correlation(&pairs, &other.pairs()),
        });
        let dynamics_file = fcd.as_ref().map(|_| format!("{stem}-fcd.csv"));
        Connectivity { file: format!("{stem}-fc.csv"), dynamics_file, mean: mean(&pairs), compared: compared.collect() }
    });
    let spreads: Vec<f64> = (0..series.names.len()).filter_map(|k| sd(&series.column(k).collect::<Vec<_>>())).collect();
    let facts = Measured {
        what: measure.what,
        unit: series.unit.clone(),
        file: format!("{stem}.csv"),
        columns: series.names.len(),
        rows: series.rows(),
        interval_ms: series.interval_ms(),
        mean: mean(&series.values),
        sd: mean(&spreads),
        fc: connectivity,
    };
    let compared = measure.fc.iter().flat_map(|own| &own.compared);
    let beside = |what: &str| if what == "SC-FC" { "connections" } else { "measured correlation" };
    let compared = compared.map(|(what, with, matrix)| (format!("{}: {with}", beside(what)), matrix.clone())).collect();
    (facts, Tables { stem, series, fc, fcd, compared })
}

/// The standard deviation (n) of `values`; `None` without any.
fn sd(values: &[f64]) -> Option<f64> {
    let average = mean(values)?;
    let squares: Vec<f64> = values.iter().map(|value| (value - average) * (value - average)).collect();
    mean(&squares).map(f64::sqrt)
}

impl Tables {
    /// Writes the tables and their pictures into `folder`; `title` heads the pictures.
    ///
    /// # Errors
    /// A file that cannot be written.
    pub fn write(&self, folder: &Path, title: &str) -> Result<()> {
        let path = |ending: &str| folder.join(format!("{}{ending}", self.stem));
        self.series.write(&path(".csv"))?;
        map::draw_series(&self.series, title)?.save(path(".png"))?;
        let quantity = self.series.quantity.as_str();
        if let Some(fc) = &self.fc {
            fc.write(&path("-fc.csv"))?;
            let own = format!("correlation of {quantity}");
            let beside = self.compared.iter().map(|(words, matrix)| (words.as_str(), matrix));
            let all: Vec<(&str, &Matrix)> = [(own.as_str(), fc)].into_iter().chain(beside).collect();
            map::draw_matrices(&all, title)?.save(path("-fc.png"))?;
        }
        if let Some(fcd) = &self.fcd {
            fcd.write(&path("-fcd.csv"))?;
            let quantity =
                format!("correlation of the functional connectivity of {quantity} in windows ending at ... ms");
            map::draw_matrix(fcd, &quantity, title)?.save(path("-fcd.png"))?;
        }
        Ok(())
    }
}

impl Measured {
    /// The names of all tables and pictures that may belong to the measure whose table is `file`.
    pub fn files(file: &str) -> Vec<String> {
        let stem = file.trim_end_matches(".csv");
        let of = |sort: &str| [format!("{stem}{sort}.csv"), format!("{stem}{sort}.png")];
        ["", "-fc", "-fcd"].iter().flat_map(|sort| of(sort)).collect()
    }

    /// Labels and values for the summary that people read.
    pub fn rows(&self) -> Vec<(&'static str, String)> {
        let number = |value: Option<f64>| value.map_or("-".to_owned(), short);
        let (mean, sd, unit) = (number(self.mean), number(self.sd), &self.unit);
        let columns = neuropil::text::counted(self.columns, "population");
        let mut rows = vec![(
            self.what,
            format!("{columns}, every {} ms: {mean} ± {sd} {unit}, in {}", short(self.interval_ms), self.file),
        )];
        if let Some(fc) = &self.fc {
            rows.push(("fc", format!("mean correlation {}, in {}", number(fc.mean), fc.file)));
            for own in &fc.compared {
                let (pearson, spearman) = (number(own.pearson), number(own.spearman));
                rows.push((own.what, format!("r = {pearson}, rank correlation {spearman}, with {}", own.with)));
            }
        }
        rows
    }
}
