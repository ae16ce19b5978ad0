//! Comparison of kernels with a hidden layer of spiking neurons with learned delays, on the same patches.

use super::hidden::Hidden;
use super::judge::{Columns, Pool};
use super::kernel::Kernel;
use super::movie::Field;
use super::progress::{JUDGED, Run, differing};
use super::task::Task;
use crate::device::Device;
use crate::error::{Error, Result};
use crate::train::study::{Asked, Cell, Report, Table};

/// Patches of a movie.
const PATCHES: usize = 64;
/// Hidden neurons, unless another number is asked for.
const HIDDEN: usize = 64;
/// The largest learning rate of Adam.
const RATE: f64 = 0.01;
/// Movies that the engine plays.
const PLAYED: u64 = 20;

/// The number of hidden neurons that was asked for, or [`HIDDEN`].
///
/// # Errors
/// A number out of range, or one without `--full`, where there is no such layer.
pub(super) fn hidden_neurons(asked: &Asked<'_>) -> Result<usize> {
    if asked.hidden.is_some() && !asked.full {
        return Err(Error::invalid(
            "--hidden",
            "the hidden layer comes with --full; add that, or leave it out".to_owned(),
        ));
    }
    Asked::within("--hidden", asked.hidden, HIDDEN, (1, 4096))
}

/// Adds the table of the comparison: learns and judges both, and plays the hidden layer on the engine.
///
/// # Errors
/// What learning, judging and playing refuse.
pub(super) fn compare(run: &mut Run<'_, '_>, task: &Task, movies: u64, _: &Kernel, report: &mut Report) -> Result<()> {
    let neurons = hidden_neurons(run.asked)?;
    let (threads, numbers) = (run.asked.threads, JUDGED..JUDGED + run.tested);
    let task = Task { patches: PATCHES, ..task.clone() };
    let mut rows = Vec::new();
    for tied in [true, false] {
        let task = Task { tied, ..task.clone() };
        let kernel = run.learn(&task, movies, "learning from few patches")?;
        let columns = Columns::new(&kernel, Pool::Evidence);
        let right = Hidden::judge(&task, numbers.clone(), threads, |patches| Ok(columns.evidence(patches)))?;
        let name = if tied { "linear kernel, tied" } else { "linear kernel" };
        rows.push(row(name, kernel.weights().data().len() as u64, right, [Cell::None, Cell::None, Cell::None]));
    }
    let mut hidden = Hidden::new(task.extent, (neurons, task.motions.len()), task.seed)?;
    let mut before = 0;
    hidden.learn(&task, (movies, RATE), threads, &mut |seen| {
        let more = seen - std::mem::replace(&mut before, seen);
        run.report_progress(more, "learning delays of a hidden layer")
    })?;
    let right = Hidden::judge(&task, numbers, threads, |patches| Ok(hidden.evidence(patches, threads)?.into_data()))?;
    let field = Field { height: task.extent.height, width: task.extent.width, ..task.field };
    let (small, twin) = (Task { field, ..task.clone() }, hidden.with_another_delay()?);
    let mut counts = [0u64; 3];
    for number in JUDGED..JUDGED + PLAYED {
        let (movie, _) = small.movie(number)?;
        let shown = hidden.shown(&movie)?;
        counts[0] += shown.count();
        counts[1] += differing(&shown, &hidden.played(&movie, Device::cpu())?);
        counts[2] += differing(&shown, &twin.played(&movie, Device::cpu())?);
    }
    let name = format!("{neurons} spiking neurons, a delay each synapse");
    rows.push(row(&name, hidden.size().1, right, counts.map(Cell::Whole)));
    let head = vec![
        "net",
        "numbers learned",
        "one event",
        "64 events",
        "hidden spikes",
        "differ on the engine",
        "a delay changed",
    ];
    let title = format!(
        "A hidden layer beside the kernel: {movies} movies, {PATCHES} events of each, {} others judged",
        run.tested
    );
    report.tables.push(Table { title, head, rows });
    Ok(())
}

/// A row of the table: `numbers` learned numbers, `right` answers to one event and to all of a movie, and `played`,
/// counts on the engine.
fn row(name: &str, numbers: u64, right: [f64; 2], played: [Cell; 3]) -> Vec<Cell> {
    let mut row = vec![Cell::text(name), Cell::Whole(numbers), Cell::Percent(right[0]), Cell::Percent(right[1])];
    row.extend(played);
    row
}
