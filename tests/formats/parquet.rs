//! Parquet: edge lists with exact ids, and activity.

use neuropil::connectomes::{Activity, ActivityOptions, Columns, Connectome, EdgeKind, ReadOptions};

use super::{edges, file, fixture, flipped, read, weights};

/// Options that take these columns of `odd.parquet`; an empty name stands for the usual one.
fn columns(source: &str, weight: &str) -> ReadOptions {
    let name = |text: &str| Some(text.to_owned()).filter(|t| !t.is_empty());
    let columns = Columns { source: name(source), weight: name(weight), ..Columns::default() };
    ReadOptions { columns, ..ReadOptions::default() }
}

fn refused(name: &str, options: &ReadOptions, words: &str) {
    let error = Connectome::read(fixture(name), options).unwrap_err();
    let sentence = error.to_string();
    assert!(sentence.contains(words) && !sentence.contains('\n') && error.exit_code() == 2, "{sentence}");
}

#[test]
fn ids_of_64_bits_stay_exact() {
    let shiu = read(&fixture("shiu.parquet"));
    let [one, two, three] = [1, 2, 3].map(|n| (720_575_940_000_000_000u64 + n).to_string());
    assert_eq!(weights(&shiu), [(&*one, &*two, 5.0), (&*two, &*three, 7.0), (&*one, &*three, 1.0)]);
    assert_eq!(shiu.edges.iter().map(|e| e.sign).collect::<Vec<_>>(), [1, -1, 1]);
    assert_ne!(one.parse::<f64>().unwrap().to_string(), one, "a float would not keep them");

    let codex = read(&fixture("codex.parquet"));
    let [one, two, three] = [1, 3, 5].map(|n| ((1u64 << 63) + n).to_string());
    assert_eq!(
        weights(&codex),
        [(&*one, &*two, 6.0), (&*one, &*two, 4.0), (&*two, &*three, 9.0)],
        "one row per neuropil"
    );
    let options = ReadOptions { sum_repeated: true, ..ReadOptions::default() };
    let codex = Connectome::read(fixture("codex.parquet"), &options).unwrap();
    assert_eq!(weights(&codex), [(&*one, &*two, 10.0), (&*two, &*three, 9.0)]);
    assert_eq!((codex.edges[0].transmitter.as_deref(), codex.edges[1].transmitter.as_deref()), (Some("ACH"), None));
}

#[test]
fn columns_by_name() {
    let columns = Columns {
        source: Some("Presynaptic_Index".into()),
        target: Some("Postsynaptic_Index".into()),
        weight: Some("Excitatory x Connectivity".into()),
        ..Columns::default()
    };
    let options = ReadOptions { columns, size: Some(3), ..ReadOptions::default() };
    let connectome = Connectome::read(fixture("shiu.parquet"), &options).unwrap();
    assert_eq!(weights(&connectome), [("0", "1", 5.0), ("1", "2", -7.0), ("0", "2", 1.0)]);
    refused(
        "shiu.parquet",
        &ReadOptions { size: Some(2), ..options },
        "row 2: column 'Postsynaptic_Index': node index 2 is out of range of 2 nodes",
    );
}

#[test]
fn every_sort_of_column() {
    let odd = read(&fixture("odd.parquet"));
    let (chemical, gap) = (EdgeKind::Chemical, EdgeKind::Gap);
    let expected = [("A", "B", 1.0, chemical), ("B", "C", 2.5, gap), ("A", "C", -3.0, chemical)];
    assert_eq!(edges(&odd), expected, "the fourth row is a mirror image");
    assert_eq!(odd.edges.iter().map(|e| e.length).collect::<Vec<_>>(), [Some(10.0), None, Some(0.5)]);
    assert_eq!(odd.edges.iter().map(|e| e.sign).collect::<Vec<_>>(), [1, -1, 0]);
    let text = Connectome::read(fixture("odd.parquet"), &columns("", "text")).unwrap();
    assert_eq!(text.edges.iter().map(|e| e.weight).collect::<Vec<_>>(), [1.0, 20.0, 3.5]);
    let mut options = columns("small_id", "");
    options.columns.kind = Some("text".into());
    refused("odd.parquet", &options, "row 1: '1' is no kind of edge");
}

#[test]
fn bad_columns_are_refused_with_their_row() {
    refused("odd.parquet", &columns("", "null_weight"), "odd.parquet: row 3: its weight is empty");
    refused("odd.parquet", &columns("null_id", ""), "row 3: column 'null_id': its source is empty");
    let real = Connectome::read(fixture("odd.parquet"), &columns("real_id", "")).unwrap();
    assert_eq!(weights(&real)[0], ("1", "B", 1.0), "whole numbers are exact up to 2^53");
    refused("odd.parquet", &columns("", "day"), "the column 'day' holds neither plain numbers nor text");
    refused(
        "odd.parquet",
        &columns("", "list"),
        "the column 'list' holds lists; expected one number or text in each row",
    );
    refused("odd.parquet", &columns("", "wieght"), "did you mean 'weight'?");
    // An empty name: the column of kinds is not read, so that the fourth row counts.
    let without_kinds = |source: &str, weight: &str| {
        let mut options = columns(source, weight);
        options.columns.kind = Some(String::new());
        options
    };
    refused("odd.parquet", &without_kinds("", "nan_weight"), "row 4: weight is NaN; it must be finite");
    refused("odd.parquet", &without_kinds("", "word_weight"), "row 4: weight 'many' is not a number");
    refused("odd.parquet", &without_kinds("", "nested"), "the column 'nested' holds lists");
    let small = Connectome::read(fixture("odd.parquet"), &without_kinds("small_id", "")).unwrap();
    assert_eq!(weights(&small)[3], ("4294967295", "A", 0.25), "no sign bit");
    let mut minus = columns("", "");
    minus.columns.length = Some("minus".into());
    refused("odd.parquet", &minus, "row 3: length is -2 mm; it must be finite and not negative");
    refused("activity.parquet", &ReadOptions::default(), "no column is called 'source'");
    let small = ReadOptions { max_bytes: 64, ..ReadOptions::default() };
    refused("shiu.parquet", &small, "over the limit of 64 B");
}

#[test]
fn damaged_files_are_refused() {
    for name in ["shiu.parquet", "activity.parquet"] {
        let whole = std::fs::read(fixture(name)).unwrap();
        let path = file("parquet_cut", name, &whole[..whole.len() / 2]);
        let edges = Connectome::read(&path, &ReadOptions::default()).unwrap_err().to_string();
        let activity = Activity::read(&path, &ActivityOptions::default()).unwrap_err().to_string();
        for error in [edges, activity] {
            assert!(error.contains("it is not a whole Parquet file") && error.ends_with("get a whole copy"), "{error}");
        }
    }
    for name in ["shiu.parquet", "codex.parquet", "odd.parquet"] {
        flipped("parquet_damaged", name, 150);
    }
}

#[test]
fn activity_by_data_set_and_worm() {
    let all = ActivityOptions { unlabelled: true, original: true, ..ActivityOptions::default() };
    let activity = Activity::read(fixture("activity.parquet"), &all).unwrap();
    let worms = activity.recordings.iter().map(|r| (r.source_dataset.as_str(), r.worm.as_str(), r.traces.len()));
    assert_eq!(worms.collect::<Vec<_>>(), [("Made2024", "worm0", 2), ("Made2024", "worm1", 1), ("Up2023", "worm0", 1)]);
    let slot = &activity.recordings[0].traces[1];
    assert_eq!((slot.neuron.as_str(), slot.labelled), ("17", false));
    assert_eq!((slot.calcium.as_slice(), slot.time.as_slice()), (&[0.0, 0.25][..], &[0.0, 0.333][..]));
    assert_eq!(slot.original_time, [0.0, 0.5]);
    let same_name = activity.recording("Up2023", "worm0").unwrap().trace("AVAL").unwrap();
    assert_eq!(same_name.calcium, [2.0, 3.0], "not the worm0 of the other data set");
    assert!(activity.recording("Up2023", "worm1").is_none());
}

#[test]
fn unlabelled_neurons_are_dropped_unless_asked_for() {
    let activity = Activity::read(fixture("activity.parquet"), &ActivityOptions::default()).unwrap();
    assert_eq!((activity.traces(), activity.recordings.len()), (3, 3));
    assert!(activity.recordings.iter().flat_map(|r| &r.traces).all(|t| t.labelled && t.original_time.is_empty()));
    let short = Activity::read(fixture("activity_short.parquet"), &ActivityOptions::default()).unwrap();
    let traces: Vec<&str> = short.recordings.iter().flat_map(|r| &r.traces).map(|t| t.neuron.as_str()).collect();
    assert_eq!(traces, ["AVAL", "AVAR"], "without a column of labels a number is no name");
    assert!(short.recordings[0].traces[0].calcium[1].is_nan(), "null is missing");
    assert!(short.recordings[1].traces[0].calcium.is_empty());
}

#[test]
fn bad_activity_is_refused() {
    let refused = |name: &str, options: ActivityOptions, words: &str| {
        let error = Activity::read(fixture(name), &options).unwrap_err().to_string();
        assert!(error.contains(words), "{error}");
    };
    refused("shiu.parquet", ActivityOptions::default(), "unknown column 'calcium_data'");
    refused(
        "activity_uneven.parquet",
        ActivityOptions::default(),
        "row 4: calcium_data of AVAL has 2 values and 1 time",
    );
    let original = ActivityOptions { original: true, ..ActivityOptions::default() };
    refused("activity_short.parquet", original, "unknown column 'original_calcium_data'");
    refused(
        "activity.parquet",
        ActivityOptions { max_bytes: 64, ..ActivityOptions::default() },
        "over the limit of 64 B",
    );
}

#[test]
fn damaged_activity_never_panics() {
    let whole = std::fs::read(fixture("activity.parquet")).unwrap();
    super::flipped_copies(&whole, 200, |content| {
        Activity::read(file("activity_damaged", "flipped.parquet", content), &ActivityOptions::default()).map(drop)
    });
}

#[test]
fn a_codec_that_is_not_read_is_told_by_its_name() {
    let error = Connectome::read(fixture("brotli.parquet"), &ReadOptions::default()).unwrap_err().to_string();
    assert!(
        error.ends_with("packed by brotli, which is not read; save it with compression snappy, zstd, lz4 or gzip"),
        "{error}"
    );
}
