//! What studies are made of: options within bounds, seeds, cells of tables.

use neuropil::train::studies;
use neuropil::train::study::{Asked, Cell, Table, Takes};

#[test]
fn numbers_that_are_asked_for_are_within_bounds_or_told_by_their_option() {
    assert_eq!(Asked::within("--hidden", None, 5, (10, 20)).unwrap(), 5, "the study's own is taken as it is");
    assert_eq!(Asked::within("--hidden", Some(10), 5, (10, 20)).unwrap(), 10);
    for wrong in [0, 9, 21, u64::MAX] {
        let told = Asked::within("--hidden", Some(wrong), 5, (10, 20)).unwrap_err().to_string();
        assert!(
            told.contains("--hidden") && told.contains("from 10 to 20") && told.contains(&wrong.to_string()),
            "{told}"
        );
    }
}

#[test]
fn rates_are_above_zero() {
    assert_eq!(Asked::default().rate(0.25).unwrap(), 0.25);
    assert_eq!(Asked { lr: Some(2.0), ..Asked::default() }.rate(0.25).unwrap(), 2.0);
    for wrong in [0.0, -1.0, f64::NAN, f64::INFINITY] {
        let told = Asked { lr: Some(wrong), ..Asked::default() }.rate(0.25).unwrap_err().to_string();
        assert!(told.starts_with("--lr: it must be a number above 0, not"), "{told}");
    }
}

#[test]
fn seeds_follow_the_first() {
    let asked = Asked { seed: 7, seeds: Some(3), ..Asked::default() };
    assert_eq!(asked.all_seeds(5).unwrap(), [7, 8, 9]);
    assert_eq!(Asked::default().all_seeds(2).unwrap(), [1, 2]);
    for (seed, seeds) in [(1, 0), (1, 1001), (u64::MAX, 2)] {
        assert!(Asked { seed, seeds: Some(seeds), ..Asked::default() }.all_seeds(1).is_err(), "{seed} {seeds}");
    }
}

#[test]
fn spreads_are_those_of_a_sample() {
    assert_eq!(Cell::spread(&[2.0, 4.0, 9.0]), Cell::Spread { mean: 5.0, sd: 13f64.sqrt() });
    assert_ne!(Cell::spread(&[2.0, 4.0, 9.0]), Cell::Spread { mean: 5.0, sd: (26f64 / 3.0).sqrt() }, "not by n");
    assert_eq!(Cell::spread(&[2.0]), Cell::Number(2.0));
    assert_eq!(Cell::spread(&[]), Cell::None);
}

#[test]
fn tables_are_read_by_scripts() {
    let row = vec![Cell::text("a"), Cell::Whole(3), Cell::Percent(0.5), Cell::spread(&[1.0, 3.0]), Cell::None];
    let table = Table { title: "t".into(), head: vec!["one", "two", "three", "four", "five"], rows: vec![row] };
    let json = serde_json::to_value(&table).unwrap();
    assert_eq!(json["rows"][0][1], 3);
    assert_eq!(json["rows"][0][2], 0.5);
    assert_eq!(json["rows"][0][3]["mean"], 2.0);
    assert!(json["rows"][0][4].is_null());
}

#[test]
fn studies_have_names_of_their_own_and_words() {
    for (k, study) in studies::ALL.iter().enumerate() {
        assert!(
            !study.about.is_empty() && study.name.chars().all(|c| c.is_ascii_lowercase() || c == '-'),
            "{}",
            study.name
        );
        assert!(studies::ALL[..k].iter().all(|other| other.name != study.name), "{}", study.name);
        assert_eq!(studies::named(study.name).map(|found| found.about), Some(study.about));
        assert!(
            study.takes.contains(&Takes::Seeds) || study.takes.contains(&Takes::Full),
            "{} has one figure",
            study.name
        );
    }
    assert!(studies::named("no such").is_none());
}
