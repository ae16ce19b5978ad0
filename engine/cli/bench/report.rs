//! The results of a workload, for people and for scripts.

use neuropil::bench::{Measurement, Roofline, machine, median};
use neuropil::text::{bytes, counted};
use serde::Serialize;

use super::BenchOptions;
use super::peers::Rival;
use crate::cli::style::Style;
use crate::cli::tables::{aligned_columns, count, pairs, seconds, short};

/// What `--json` prints of a workload.
#[derive(Debug, Serialize)]
pub struct Report {
    workload: String,
    /// Version of this program.
    version: &'static str,
    seed: u64,
    scale: f64,
    processor: Option<String>,
    /// Wall time by biological time, over runs.
    wall_per_biological: MedianAndMin,
    mean_rate_hz: f64,
    events_per_biological_second: f64,
    events_per_wall_second: f64,
    bytes_per_synapse: f64,
    #[serde(flatten)]
    measured: Measurement,
    roofline: Roofline,
    #[serde(skip_serializing_if = "Option::is_none")]
    against: Option<Rival>,
}

/// The median and the least of several values.
#[derive(Debug, Serialize)]
struct MedianAndMin {
    median: f64,
    min: f64,
}

impl Report {
    /// The report on what was `measured` of `workload`, and on the peer that it was measured against.
    pub fn new(workload: &str, options: &BenchOptions, measured: Measurement, against: Option<Rival>) -> Report {
        let ratios = measured.ratios();
        let wall = MedianAndMin { median: median(&ratios), min: ratios.iter().copied().fold(f64::INFINITY, f64::min) };
        let events = measured.events_per_second();
        Report {
            workload: workload.to_owned(),
            version: env!("CARGO_PKG_VERSION"),
            seed: options.shared.seed.unwrap_or(1),
            scale: options.shared.scale.unwrap_or(1.0),
            processor: machine::processor(),
            mean_rate_hz: measured.mean_rate_hz(),
            events_per_biological_second: events,
            events_per_wall_second: events / wall.median,
            bytes_per_synapse: measured.bytes_per_synapse(),
            roofline: Roofline::of(&measured),
            wall_per_biological: wall,
            measured,
            against,
        }
    }
}

/// The report as a table for people.
pub fn table(report: &Report, style: Style) -> String {
    let rows =
        setting(report).into_iter().chain(results(report, style)).chain(roofline(report)).chain(gpu_projection(report));
    let rows: Vec<_> = rows.chain(report.against.iter().flat_map(|rival| comparison(rival, report))).collect();
    format!("{}{}{}\n{}", style.bold, report.workload, style.plain, pairs(&rows, style))
}

/// What was measured, and on which machine.
fn setting(report: &Report) -> [(&'static str, String); 4] {
    let measured = &report.measured;
    let load = measured.load.map_or(String::new(), |(before, after)| format!("; load {before} before, {after} after"));
    let peak = measured.peak_memory_bytes.map_or(String::new(), |peak| format!(", at most {} in use", bytes(peak)));
    let processor = report.processor.as_deref().map_or(String::new(), |name| format!(" on {name}"));
    let (neurons, synapses) = (count(u64::from(measured.neurons)), count(measured.synapses));
    let (network, each) = (bytes(measured.network_bytes), short(report.bytes_per_synapse));
    let (runs, segment) = (measured.segments.len(), seconds(measured.segment_s));
    let (dt, warm_up) = (measured.dt_ms, seconds(measured.warm_up_s));
    [
        ("device", format!("{}{processor}{load}", measured.device)),
        (
            "network",
            format!(
                "{neurons} neurons, {synapses} synapses, scale {}, built in {}",
                report.scale,
                seconds(measured.build_s)
            ),
        ),
        ("memory", format!("{network} for the network, {each} B per synapse{peak}")),
        (
            "measured",
            format!("{runs} x {segment} in steps of {dt} ms after {warm_up} of warm-up, seed {}", report.seed),
        ),
    ]
}

/// The wall time, the mean rate and the events per second.
fn results(report: &Report, style: Style) -> [(&'static str, String); 3] {
    let (median, min) = (short(report.wall_per_biological.median), short(report.wall_per_biological.min));
    let many = |n: f64| count(n.round() as u64);
    let (biological, wall) = (many(report.events_per_biological_second), many(report.events_per_wall_second));
    [
        ("wall time", format!("{}{median} x biological time{}, the median; {min} at best", style.bold, style.plain)),
        ("mean rate", format!("{} Hz", short(report.mean_rate_hz))),
        ("events", format!("{biological} per second of biological time, {wall} per second of wall time")),
    ]
}

/// The traffic of memory, how near it comes to the bandwidth (Williams et al. 2009), and the times of the parts of a
/// step.
fn roofline(report: &Report) -> [(&'static str, String); 4] {
    let (roofline, measured) = (&report.roofline, &report.measured);
    let percent = |share: f64| format!("{:.0} %", 100.0 * share);
    let copy = measured.copy_bytes_per_second;
    let floor = roofline
        .floor
        .map_or(String::new(), |floor| format!("; at the speed of a plain copy {} x biological time", short(floor)));
    let share = copy.zip(roofline.share_of_copy).map_or(String::new(), |(copy, share)| {
        let cached = if roofline.beyond_cache { "" } else { "; it fits into the cache" };
        format!("; {} of a plain copy's {}/s{cached}", percent(share), bytes(copy as u64))
    });
    let event = roofline.ns_per_event.map_or(String::new(), |ns| format!(" ({} ns each)", short(ns)));
    [
        ("must move", format!("{} per second of biological time{floor}", bytes(roofline.needed_bytes as u64))),
        ("moves", format!("{} per second of biological time{share}", bytes(roofline.moved_bytes as u64))),
        (
            "parts",
            format!(
                "events {}{event}, updates {} ({} ns each), synchronisation {} ({} µs and {} dispatches a step)",
                percent(roofline.events),
                percent(roofline.updates),
                short(roofline.ns_per_update),
                percent(roofline.synchronisation),
                short(roofline.us_per_step),
                short(measured.dispatches_per_step)
            ),
        ),
        ("limit", roofline.limit.name().to_owned()),
    ]
}

/// The time that other GPUs are expected to need; `None` without projections.
fn gpu_projection(report: &Report) -> Option<(&'static str, String)> {
    let projections = &report.roofline.projections;
    let each: Vec<String> =
        projections.iter().map(|p| format!("{} {}", p.card, short(p.wall_per_biological))).collect();
    let why = "x biological time at best: 6 µs a dispatch, and what is moved at the card's bandwidth; a projection, not measured";
    (!each.is_empty()).then(|| ("projected", format!("{} {why}", each.join(", "))))
}

/// The results of another simulator on the same workload.
fn comparison(rival: &Rival, report: &Report) -> Vec<(&'static str, String)> {
    let each: Vec<String> = rival.ratios().into_iter().map(short).collect();
    let mut rows = vec![(
        "against",
        format!(
            "{} needs {} x our wall time, the median of {}; it takes {} x biological time on {}, {} Hz, built in {}",
            rival.peer,
            short(rival.ratio),
            each.join(", "),
            short(rival.wall_per_biological),
            counted(rival.threads, "thread"),
            short(rival.mean_rate_hz),
            seconds(rival.build_s)
        ),
    )];
    let (ours, theirs) = (report.mean_rate_hz, rival.mean_rate_hz);
    if rival.neurons != u64::from(report.measured.neurons) {
        rows.push((
            "beware",
            format!("theirs has {neurons}: not the same work", neurons = counted(rival.neurons, "neuron")),
        ));
    } else if (ours - theirs).abs() > 0.2 * ours.max(theirs) {
        rows.push(("beware", "the rates differ by more than a fifth: not the same work".into()));
    }
    rows
}

/// The results of all workloads, a row each.
pub fn overview(reports: &[Report]) -> String {
    let mut rows = vec![
        ["workload", "neurons", "synapses", "x biological", "best", "Hz", "events/s", "B/synapse", "limit"]
            .map(str::to_owned)
            .to_vec(),
    ];
    if reports.iter().any(|report| report.against.is_some()) {
        rows[0].push("ratio".into());
    }
    rows.extend(reports.iter().map(|report| {
        let mut row = vec![
            report.workload.clone(),
            count(u64::from(report.measured.neurons)),
            count(report.measured.synapses),
            short(report.wall_per_biological.median),
            short(report.wall_per_biological.min),
            short(report.mean_rate_hz),
            count(report.events_per_wall_second.round() as u64),
            short(report.bytes_per_synapse),
            report.roofline.limit.name().to_owned(),
        ];
        row.extend(report.against.as_ref().map(|rival| short(rival.ratio)));
        row
    }));
    aligned_columns(&rows)
}
