//! Times the steps of rate reservoirs.

use std::process::ExitCode;
use std::time::Instant;

use neuropil::train::Array;
use neuropil::train::reservoir::{Graph, Rates, Reservoir, Unit, signals};
use neuropil::{Error, Result};
use serde::Serialize;

use super::super::tables::aligned_columns;

/// Numbers of units, and the share of units that connects to each one: those of the benchmark of reservoirpy.
const SIZES: [(usize, f64); 3] = [(200, 0.1), (1000, 0.1), (2000, 0.02)];
/// Steps of a run.
const STEPS: usize = 4000;
/// Number of runs, of which the median counts.
const RUNS: usize = 5;

/// The time of a step of one reservoir, for scripts.
#[derive(Debug, Serialize)]
struct Speed {
    units: usize,
    /// The share of units that connects to each one.
    density: f64,
    /// The type of numbers.
    number: &'static str,
    us_per_step: f64,
}

/// Seconds of CPU time that this thread has used, where the system reports them (Linux); else wall time since `begun`,
/// in seconds.
fn thread_cpu_seconds(begun: Instant) -> f64 {
    let text = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap_or_default();
    let ns = text.split(' ').next().and_then(|first| first.parse::<f64>().ok());
    ns.map_or_else(|| begun.elapsed().as_secs_f64(), |ns| ns * 1e-9)
}

/// Times a reservoir of `units` units in numbers of type `T`, which is named `number`.
fn measure<T: Unit>(units: usize, density: f64, number: &'static str) -> Result<Speed> {
    let graph = Graph::Random { units, degree: density * units as f64 };
    let rates = Rates { leak: 0.5, ..Rates::default() };
    let reservoir: Reservoir<T> = graph.wiring(1)?.reservoir(1, &rates, 1)?;
    let input = signals::uniform(STEPS, (-1.0, 1.0), 1).iter().map(|&u| T::of(u)).collect();
    let input = Array::new("input", &[STEPS, 1], input)?;
    let mut times = Vec::new();
    let begun = Instant::now();
    for _ in 0..RUNS {
        let before = thread_cpu_seconds(begun);
        std::hint::black_box(reservoir.run(&input)?);
        times.push(thread_cpu_seconds(begun) - before);
    }
    times.sort_by(f64::total_cmp);
    let median = times.get(RUNS / 2).ok_or_else(|| Error::Internal("no runs".into()))?;
    Ok(Speed { units, density, number, us_per_step: 1e6 * median / STEPS as f64 })
}

/// Times all sizes in f64 and f32, and prints a table or JSON.
///
/// # Errors
/// Standard output that cannot be written.
pub fn bench(json: bool) -> Result<ExitCode> {
    let mut all = Vec::new();
    for (units, density) in SIZES {
        all.push(measure::<f64>(units, density, "f64")?);
        all.push(measure::<f32>(units, density, "f32")?);
    }
    if json {
        return super::super::print_json(&all).map(|()| ExitCode::SUCCESS);
    }
    let mut rows = vec![["units", "density", "numbers", "µs a step"].map(str::to_owned).to_vec()];
    rows.extend(all.iter().map(|own| {
        vec![
            own.units.to_string(),
            format!("{} %", 100.0 * own.density),
            own.number.into(),
            format!("{:.1}", own.us_per_step),
        ]
    }));
    super::super::print(&aligned_columns(&rows)).map(|()| ExitCode::SUCCESS)
}
