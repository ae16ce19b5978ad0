//! `neuropil bench --models`: the time of neuron updates alone, beside the least time that the machine allows.

use std::sync::Arc;

use neuropil::bench::{Throughput, Update};
use neuropil::device::Precision;
use neuropil::tile::Model;
use neuropil::{Result, models};
use serde::Serialize;

use crate::cli::tables::{aligned_columns, short};
use crate::cli::{print, print_json_line, progress};

/// What `--json` prints of a model.
#[derive(Debug, Serialize)]
struct Line {
    #[serde(flatten)]
    update: Update,
    /// The least time that the machine allows.
    floor_ns: f64,
    /// The measured time as a multiple of it.
    over_floor: f64,
}

/// Prints the names of all models.
///
/// # Errors
/// An output that cannot be written.
pub fn print_list(json: bool) -> Result<()> {
    let names = models::names();
    if json {
        return print_json_line(&names);
    }
    print(&format!("Measured when none is named:\n  {}\n", names.join("\n  ")))
}

/// Times updates of the models with these names, or of all models, in one or both precisions, and prints the times.
///
/// # Errors
/// An unknown name, a model that fails, an output that cannot be written.
pub fn measure(names: &[String], precision: Option<Precision>, json: bool) -> Result<()> {
    let named = |name: &String| models::named(name, "bench --models");
    let models: Vec<Arc<dyn Model>> =
        if names.is_empty() { models::all() } else { names.iter().map(named).collect::<Result<_>>()? };
    let precisions = precision.map_or(vec![Precision::F32, Precision::F64], |own| vec![own]);
    let machine = progress::spin("measuring the machine", Throughput::measure);
    let mut updates = Vec::new();
    for model in &models {
        for &precision in &precisions {
            let name = model.declaration().name;
            let update = progress::spin(format!("timing {name}"), || Update::measure(model, precision, &machine))?;
            if json {
                let (floor_ns, over_floor) = (update.floor_ns(), update.over_floor());
                print_json_line(&Line { update, floor_ns, over_floor })?;
            } else {
                updates.push(update);
            }
        }
    }
    if json { Ok(()) } else { print(&table(&updates, &machine)) }
}

/// The updates as a table for people.
fn table(updates: &[Update], machine: &Throughput) -> String {
    let titles = ["model", "", "ns/update", "operations", "exp, ln", "least, ns", "set by", "over it"];
    let row = |update: &Update| {
        let by = if update.exponential_ns >= update.memory_ns.unwrap_or(0.0) { "exp" } else { "memory" };
        vec![
            update.model.clone(),
            update.precision.clone(),
            short(update.ns),
            update.operations.to_string(),
            update.exponentials.to_string(),
            short(update.floor_ns()),
            by.to_owned(),
            short(update.over_floor()),
        ]
    };
    let titles = titles.map(str::to_owned).to_vec();
    let rows: Vec<Vec<String>> = std::iter::once(titles).chain(updates.iter().map(row)).collect();
    let copy = machine
        .copy_bytes_per_second
        .map_or(String::new(), |copy| format!("; a copy moves {} GB/s", short(copy / 1e9)));
    let [single, double] = machine.exponential_ns.map(short);
    format!(
        "{}One thread: an exponential takes {single} ns in f32, {double} ns in f64{copy}.\n",
        aligned_columns(&rows)
    )
}
