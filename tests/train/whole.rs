//! Studies from their first step to their last, at small sizes.

use std::ops::ControlFlow;

use neuropil::train::studies;
use neuropil::train::study::{Asked, Report};

/// The report of a study, and how many steps it reported; it is ended behind the first `most` of them.
fn done(name: &str, asked: &Asked<'_>, most: usize) -> (Report, usize) {
    let (study, mut steps) = (studies::named(name).unwrap(), 0);
    let report = (study.run)(asked, &mut |_| {
        steps += 1;
        if steps > most { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    });
    (report.unwrap(), steps)
}

/// Checks that a study has all its tables and files, and that one which is ended at once says so and has less.
fn whole(name: &str, asked: &Asked<'_>, [tables, files]: [usize; 2]) -> Report {
    let (report, steps) = done(name, asked, usize::MAX);
    assert!(!report.interrupted && steps > 1, "{name}: {steps} steps");
    let titles: Vec<&str> = report.tables.iter().map(|table| table.title.as_str()).collect();
    let files = if cfg!(feature = "pictures") { files } else { 0 };
    assert_eq!([titles.len(), report.files.len()], [tables, files], "{name}: {titles:?}");
    for table in &report.tables {
        assert!(!table.rows.is_empty(), "{name}: {} is empty", table.title);
        assert!(table.rows.iter().all(|row| row.len() == table.head.len()), "{name}: {}", table.title);
    }
    assert!(report.files.iter().all(|file| file.bytes.len() > 100), "{name}");
    let (ended, _) = done(name, asked, 0);
    let rows = |report: &Report| report.tables.iter().map(|table| table.rows.len()).sum::<usize>();
    assert!(ended.interrupted && rows(&ended) < rows(&report), "{name}");
    report
}

#[test]
fn the_study_of_control_is_done_whole() {
    let asked = Asked { samples: Some(9), epochs: Some(1), hidden: Some(2), ..Asked::default() };
    whole("control", &asked, [3, 1]);
}

#[test]
fn the_study_of_synchrony_is_done_whole() {
    let some = (Some(64), Some(16), Some(4), Some(3), Some(1));
    let (samples, batch_size, hidden, steps, seeds) = some;
    let asked = Asked { samples, batch_size, hidden, steps, seeds, ..Asked::default() };
    whole("synchrony", &asked, [2, 1]);
}

#[test]
fn the_study_of_sequences_is_done_whole() {
    let asked = Asked { samples: Some(100), seeds: Some(1), ..Asked::default() };
    let report = whole("sequence", &asked, [3, 3]);
    assert!(report.words.iter().any(|words| words.contains("standard errors from the law")), "{:?}", report.words);
}

#[test]
fn the_study_of_regimes_is_done_whole() {
    let asked = Asked { hidden: Some(4), seeds: Some(1), ..Asked::default() };
    whole("regimes", &asked, [4, 2]);
}

#[test]
fn the_study_of_motion_is_done_whole() {
    let asked = Asked { samples: Some(16), ..Asked::default() };
    let report = whole("motion", &asked, [6, 2]);
    assert!(report.tables[0].title.ends_with("16 others judged"), "{}", report.tables[0].title);
}
