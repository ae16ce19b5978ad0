//! Measured figures: the tables are made of the files of results, and the README repeats no other number.

use std::fmt::Write;

use neuropil::text::count;
use serde_json::Value;

use super::{files, root};

/// The tables of all files of results.
pub fn tables() -> String {
    let files = files(&root().join("docs/performance/results"), "json");
    let tables = files.iter().map(|path| {
        let name = path.file_stem().unwrap().to_string_lossy();
        table(&name, &std::fs::read_to_string(path).unwrap())
    });
    tables.collect()
}

/// What `neuropil bench --out` wrote, as a table.
fn table(name: &str, results: &str) -> String {
    let reports: Vec<Value> = serde_json::from_str(results).unwrap();
    let mut machines: Vec<String> = reports.iter().map(machine).collect();
    machines.dedup();
    let mut text = format!("## {name}\n\n{}.\n\n", machines.join("; "));
    text.push_str("| workload | wall / biological time | at best | in turn with | neurons | synapses | bytes per synapse | spikes/s per neuron | events per second | limit |\n");
    text.push_str("|---|---|---|---|---|---|---|---|---|---|\n");
    for report in &reports {
        let short = |path: &str| short(report.pointer(path).and_then(Value::as_f64).unwrap());
        let whole = |path: &str| count(report.pointer(path).and_then(Value::as_f64).unwrap().round() as u64);
        let words = |path: &str| report.pointer(path).and_then(Value::as_str).unwrap().to_owned();
        let peer = |peer: &Value| format!("{} {} x", peer["peer"].as_str().unwrap(), short("/against/ratio"));
        let cells = [
            workload(report),
            short("/wall_per_biological/median"),
            short("/wall_per_biological/min"),
            report.get("against").map(peer).unwrap_or_default(),
            whole("/neurons"),
            whole("/synapses"),
            short("/bytes_per_synapse"),
            short("/mean_rate_hz"),
            whole("/events_per_wall_second"),
            words("/roofline/limit"),
        ];
        let _ = writeln!(text, "| {} |", cells.join(" | "));
    }
    text.push('\n');
    text
}

fn machine(report: &Value) -> String {
    let on = report["processor"].as_str().map_or(String::new(), |name| format!(" on {name}"));
    let runs = report["segments"].as_array().unwrap().len();
    let seconds = |key: &str| short(report[key].as_f64().unwrap());
    let (segment, warm_up) = (seconds("segment_s"), seconds("warm_up_s"));
    format!("{}{on}: {runs} runs of {segment} s after {warm_up} s", report["device"].as_str().unwrap())
}

fn workload(report: &Value) -> String {
    match report["scale"].as_f64().unwrap() {
        1.0 => format!("`{}`", report["workload"].as_str().unwrap()),
        scale => format!("`{}`, scale {scale}", report["workload"].as_str().unwrap()),
    }
}

/// Three significant digits.
fn short(x: f64) -> String {
    let digits = if x == 0.0 { 0 } else { (2 - x.abs().log10().floor() as i32).clamp(0, 6) as usize };
    let text = format!("{x:.digits$}");
    if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.').to_owned() } else { text }
}

/// Rows of the table of a page whose first cell is code, as cells.
fn rows(page: &str) -> Vec<Vec<String>> {
    let text = std::fs::read_to_string(root().join(page)).unwrap();
    let cells = |row: &str| row.split('|').map(|cell| cell.trim().to_owned()).collect::<Vec<String>>();
    let rows = text.lines().filter_map(|line| line.trim().strip_prefix("| `")?.strip_suffix(" |"));
    rows.map(|row| cells(&format!("`{row}"))).collect()
}

/// Figures that the row of a workload in `all` does not hold.
fn unknown(row: &[String], all: &[Vec<String>]) -> Vec<String> {
    let name = |row: &[String]| row[0].split(" in ").next().unwrap().to_owned();
    let known: Vec<&String> = all.iter().filter(|other| name(other) == name(row)).flatten().collect();
    row[1..].iter().filter(|cell| !cell.is_empty() && !known.contains(cell)).cloned().collect()
}

#[test]
fn figures_of_the_readme_stand_on_the_page_of_figures() {
    let (readme, page) = (rows("README.md"), rows("docs/performance.md"));
    assert!(readme.len() >= 5, "{} rows", readme.len());
    for row in &readme {
        assert_eq!(unknown(row, &page), Vec::<String>::new(), "{}", row[0]);
    }
    let mut faster = readme[0].clone();
    faster[1] = "0.001".into();
    assert_eq!(unknown(&faster, &page), ["0.001"]);
}

#[test]
fn results_become_a_table() {
    let report = |median: f64| {
        serde_json::json!([{
            "workload": "microcircuit", "scale": 0.1, "processor": "AMD EPYC", "device": "CPU, 2 threads, f32",
            "segments": [{}, {}, {}], "segment_s": 1.0, "warm_up_s": 0.2, "neurons": 7717, "synapses": 2_988_810,
            "wall_per_biological": { "median": median, "min": 0.0701 }, "mean_rate_hz": 3.0456, "bytes_per_synapse": 4.09,
            "events_per_wall_second": 120_000_123.4, "roofline": { "limit": "events" },
            "against": { "peer": "NEST 3.10.0", "ratio": 61.94 },
        }])
    };
    let made = table("epyc-1a2b3c4", &report(0.0755).to_string());
    let row = "| `microcircuit`, scale 0.1 | 0.0755 | 0.0701 | NEST 3.10.0 61.9 x | 7,717 | 2,988,810 | 4.09 | 3.05 | 120,000,123 | events |\n";
    assert!(
        made.starts_with("## epyc-1a2b3c4\n\nCPU, 2 threads, f32 on AMD EPYC: 3 runs of 1 s after 0.2 s.\n\n"),
        "{made}"
    );
    assert!(made.contains(row), "{made}");
    assert!(!table("epyc-1a2b3c4", &report(0.0756).to_string()).contains(row));
}
