//! How fast steps are.

use std::process::ExitCode;
use std::time::Instant;

use neuropil::train::Array;
use neuropil::train::reservoir::{Graph, Rates, Reservoir, Unit, signals};
use neuropil::{Error, Result};
use serde::Serialize;

use super::super::tables::grid;

/// Units and the share of them that reaches one: those of the benchmark of reservoirpy.
const SIZES: [(usize, f64); 3] = [(200, 0.1), (1000, 0.1), (2000, 0.02)];
/// Steps of a run, and runs, of which the median counts.
const STEPS: usize = 4000;
const RUNS: usize = 5;

/// One size, for scripts.
#[derive(Debug, Serialize)]
struct Speed {
    units: usize,
    density: f64,
    number: &'static str,
    us_per_step: f64,
}

/// Seconds that this thread has had, where the system says so; else of the clock.
fn thread_time(begun: Instant) -> f64 {
    let text = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap_or_default();
    let ns = text.split(' ').next().and_then(|first| first.parse::<f64>().ok());
    ns.map_or_else(|| begun.elapsed().as_secs_f64(), |ns| ns * 1e-9)
}

fn measure<T: Unit>(units: usize, density: f64, number: &'static str) -> Result<Speed> {
    let graph = Graph::Random { units, degree: density * units as f64 };
    let rates = Rates { leak: 0.5, ..Rates::default() };
    let reservoir: Reservoir<T> = graph.wiring(1)?.reservoir(1, &rates, 1)?;
    let input = signals::uniform(STEPS, (-1.0, 1.0), 1).iter().map(|&u| T::of(u)).collect();
    let input = Array::new("input", &[STEPS, 1], input)?;
    let mut times = Vec::new();
    let begun = Instant::now();
    for _ in 0..RUNS {
        let before = thread_time(begun);
        std::hint::black_box(reservoir.run(&input)?);
        times.push(thread_time(begun) - before);
    }
    times.sort_by(f64::total_cmp);
    let median = times.get(RUNS / 2).ok_or_else(|| Error::Internal("no runs".into()))?;
    Ok(Speed { units, density, number, us_per_step: 1e6 * median / STEPS as f64 })
}

/// Measures and prints.
///
/// # Errors
/// Output that cannot be written.
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
    super::super::print(&grid(&rows)).map(|()| ExitCode::SUCCESS)
}
