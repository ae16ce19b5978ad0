//! Files: whole or not at all, and read back as they were.

use super::{Folder, label, poisson, record};
use neuropil::files::{atomic_write, check_writable};
use neuropil::record::summary::write_tables;
use neuropil::record::{PopulationLabel, SpikeRecord, Summary, TraceRecord, spikes_csv, traces_csv};
use std::collections::BTreeMap;
use std::io::{self, Write};
use std::path::Path;

fn named() -> SpikeRecord {
    let names = Some(vec!["AVAL".into(), "say \"a, b\"".into()]);
    let populations = vec![
        PopulationLabel { name: "inter, left".into(), first: 10, size: 2, part_of: None, names },
        label("exc", 0, 3),
    ];
    record(0.1, 20.0, populations, vec![(1, 10), (3, 2), (123, 11), (200, 0)])
}

fn trace(samples: Vec<f64>) -> TraceRecord {
    TraceRecord {
        population: "exc".into(),
        variable: "V_m".into(),
        unit: "mV".into(),
        interval_steps: 2,
        dt_ms: 0.1,
        neurons: vec![0, 7],
        names: None,
        samples,
        first_step: 1,
    }
}

fn sentence<T: std::fmt::Debug>(folder: &Folder, result: neuropil::Result<T>) -> String {
    let error = result.unwrap_err();
    assert_eq!(error.exit_code(), 2);
    error.to_string().replace(&format!("{}{}", folder.0.display(), std::path::MAIN_SEPARATOR), "")
}

#[test]
fn a_failed_write_leaves_nothing_behind() {
    let folder = Folder::new("failed");
    let path = folder.join("spikes.csv");
    let full = |file: &mut io::BufWriter<std::fs::File>| {
        file.write_all(b"half a table")?;
        file.flush()?;
        Err(io::Error::from(io::ErrorKind::StorageFull))
    };
    let error = sentence(&folder, atomic_write(&path, full));
    assert_eq!(error, "spikes.csv: cannot be written (no storage space); free some space or choose another disk");
    assert_eq!(folder.names(), Vec::<String>::new());
    atomic_write(&path, |file| file.write_all(b"old")).unwrap();
    atomic_write(&path, full).unwrap_err();
    assert_eq!(std::fs::read(&path).unwrap(), b"old", "what was there stays");
    assert_eq!(folder.names(), ["spikes.csv"]);
    atomic_write(&path, |file| file.write_all(b"new")).unwrap();
    assert_eq!(std::fs::read(&path).unwrap(), b"new", "and a write that ends well replaces it");
}

#[test]
fn a_folder_that_cannot_be_written_to_is_a_sentence() {
    let folder = Folder::new("unwritable");
    std::fs::write(folder.join("file"), "").unwrap();
    let missing = sentence(&folder, spikes_csv::write(&folder.join("nowhere/spikes.csv"), &named()));
    assert!(missing.starts_with("nowhere/spikes.csv: cannot be written ("), "{missing}");
    assert!(missing.ends_with("); create the folder first"), "{missing}");
    let below = sentence(&folder, spikes_csv::write(&folder.join("file/spikes.csv"), &named()));
    assert!(below.ends_with("a part of this path is a file, choose another folder"), "{below}");
    check_writable(&folder.join("file")).unwrap_err();
    check_writable(&folder.0).unwrap();
    assert_eq!(folder.names(), ["file"]);
}

#[test]
fn spikes_are_written_in_exact_decimals() {
    let folder = Folder::new("decimals");
    let path = folder.join("spikes.csv");
    spikes_csv::write(&path, &named()).unwrap();
    let expected = "time_ms,population,neuron,name\n0.1,\"inter, left\",0,AVAL\n0.3,exc,2,\n\
                    12.3,\"inter, left\",1,\"say \"\"a, b\"\"\"\n20.0,exc,0,\n";
    assert_eq!(std::fs::read_to_string(&path).unwrap(), expected);
    for (dt, step, time) in
        [(0.1, 30_000_001u32, "3000000.1"), (1.0, 12, "12"), (0.0125, 3, "0.0375"), (1e-7, 3, "0.0000003")]
    {
        let spikes = record(dt, 4e9 * dt, vec![label("a", 0, 1)], vec![(step, 0)]);
        spikes_csv::write(&path, &spikes).unwrap();
        let text = std::fs::read_to_string(&path).unwrap();
        assert_eq!(text, format!("time_ms,population,neuron\n{time},a,0\n"));
        assert_eq!(spikes_csv::read(&path, dt, 4e9 * dt, spikes.populations.clone()).unwrap(), spikes);
    }
}

#[test]
fn spikes_read_back_as_they_were() {
    let folder = Folder::new("round-trip");
    let path = folder.join("spikes.csv");
    for spikes in [named(), poisson(40, 30.0, 2000.0), record(0.1, 5.0, vec![label("a", 0, 3)], vec![])] {
        spikes_csv::write(&path, &spikes).unwrap();
        let read = || spikes_csv::read(&path, spikes.dt_ms, spikes.duration_ms, spikes.populations.clone()).unwrap();
        assert_eq!(read(), spikes);
        let text = std::fs::read_to_string(&path).unwrap();
        let without_last: Vec<&str> = text.trim_end().rsplitn(2, '\n').skip(1).collect();
        if let [rest] = without_last[..] {
            std::fs::write(&path, rest).unwrap();
            assert_ne!(read(), spikes, "a lost spike shows");
        }
    }
}

#[test]
fn spikes_that_cannot_be_read_name_line_and_reason() {
    let folder = Folder::new("unreadable");
    let path = folder.join("spikes.csv");
    let read = |text: &[u8]| {
        std::fs::write(&path, text).unwrap();
        sentence(&folder, spikes_csv::read(&path, 0.1, 10.0, vec![label("exc", 0, 3)]))
    };
    let head = "time_ms,population,neuron\n0.1,exc,0\n";
    let line3 = |line: &str| read(format!("{head}{line}\n").as_bytes());
    assert_eq!(line3("0.25,exc,0"), "spikes.csv, line 3: time_ms '0.25' is not a multiple of dt = 0.1 ms");
    assert_eq!(line3("NaN,exc,0"), "spikes.csv, line 3: time_ms 'NaN' is not a multiple of dt = 0.1 ms");
    assert_eq!(line3("-1,exc,0"), "spikes.csv, line 3: time_ms '-1' is not a multiple of dt = 0.1 ms");
    assert_eq!(line3("0.2,inh,0"), "spikes.csv, line 3: population 'inh' is not in summary.json");
    assert_eq!(line3("0.2,exc,3"), "spikes.csv, line 3: neuron '3' is not an index into 'exc', which has 3 neurons");
    assert_eq!(line3("0.2,exc"), "spikes.csv, line 3: 2 fields, expected 3 as in the first line");
    let late = "spikes.csv: spike record: a spike at step 101 lies after the end, step 100";
    assert_eq!(line3("10.1,exc,0"), late);
    assert_eq!(read(b""), "spikes.csv: is empty; expected the columns time_ms,population,neuron");
    let columns = "spikes.csv, line 1: columns 'a,b', expected 'time_ms,population,neuron' and possibly 'name'";
    assert_eq!(read(b"a,b\n"), columns);
    assert_eq!(read(b"time_ms,population,neuron\n0.1,\xff\xfe,0\n"), "spikes.csv, line 2: field 2 is not UTF-8 text");
    std::fs::remove_file(&path).unwrap();
    let missing = sentence(&folder, spikes_csv::read(&path, 0.1, 10.0, vec![]));
    assert!(missing.starts_with("spikes.csv: "), "{missing}");
}

#[test]
fn traces_read_back_bit_for_bit() {
    let folder = Folder::new("traces");
    let odd = vec![-70.0, 1.0 / 3.0, f64::MIN_POSITIVE, -0.0, 1e300, 0.1 + 0.2];
    let written = trace(odd);
    let summary = Summary::new("test", &named(), std::slice::from_ref(&written), BTreeMap::new());
    let entry = &summary.traces[0];
    let path = folder.join(&entry.file);
    assert_eq!(entry.file, "traces_exc_V_m.csv");
    traces_csv::write(&path, &written).unwrap();
    let text = std::fs::read_to_string(&path).unwrap();
    assert!(text.starts_with("time_ms,exc[0],exc[7]\n0.1,-70,0.333"), "{text}");
    let read = traces_csv::read(&path, 0.1, entry).unwrap();
    let bits = |record: &TraceRecord| record.samples.iter().map(|s| s.to_bits()).collect::<Vec<_>>();
    assert_eq!((bits(&read), &read), (bits(&written), &written));
    assert_ne!(bits(&trace(vec![-70.0; 6])), bits(&written));
    let with = |from: &str, to: &str| {
        std::fs::write(&path, text.replacen(from, to, 1)).unwrap();
        sentence(&folder, traces_csv::read(&path, 0.1, entry))
    };
    assert_eq!(with("-70", "x"), "traces_exc_V_m.csv, line 2: 'x' in column 'exc[0]' is not a number");
    assert_eq!(with("exc[7]", "exc[8]"), "traces_exc_V_m.csv, line 1: column 'exc[8]', expected 'exc[7]'");
    assert_eq!(with("\n0.3,", "\n0.4,"), "traces_exc_V_m.csv, line 3: time_ms '0.4', expected 0.3");
}

#[test]
fn a_folder_reads_back_whole() {
    let folder = Folder::new("folder");
    let traces = [trace(vec![1.0, 2.0]), trace(vec![3.0, 4.0, 5.0, 6.0])];
    let run = BTreeMap::from([("device".to_owned(), serde_json::json!("cpu")), ("seed".to_owned(), 42.into())]);
    let summary = Summary::new("c-elegans", &named(), &traces, run);
    write_tables(&folder.0, &summary, Some(&named()), &traces).unwrap();
    assert_eq!(folder.names(), ["spikes.csv", "summary.json", "traces_exc_V_m.csv", "traces_exc_V_m~2.csv"]);
    let read = Summary::read(&folder.join("summary.json")).unwrap();
    assert_eq!(read, summary);
    assert_eq!(read.read_tables(&folder.0).unwrap(), (Some(named()), traces.to_vec()));
    assert_eq!((summary.statistics.unwrap().spikes, summary.populations[1].statistics.spikes), (4, 2));
    std::fs::write(folder.join("summary.json"), "{\"dt_ms\": 0.1}").unwrap();
    let error = sentence(&folder, Summary::read(&folder.join("summary.json")));
    assert!(
        error.starts_with("summary.json, line 1: is not a summary written by neuropil run: missing field"),
        "{error}"
    );
}

#[test]
fn names_that_no_file_may_have_are_made_safe() {
    assert_eq!(traces_csv::file_name("../a b/c", "V_m"), "traces_..-a-b-c_V_m.csv");
    assert_eq!(Path::new(&traces_csv::file_name("../a", "V")).components().count(), 1);
}
