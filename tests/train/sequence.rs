//! Active dendrites: the law of false positives exactly, the engine's segments against it, and sequences that share their middles.

use neuropil::train::sequence::{
    Memory, Pairs, STUDY, Setting, Shape, Shown, Unknown, evaluate_memory, exact_union_false_positive, false_positive,
    memory_false_positives, union_false_positive,
};
use neuropil::train::study::Asked;
use std::ops::ControlFlow;

fn near(found: f64, exact: f64, relative: f64) -> bool {
    (found / exact - 1.0).abs() <= relative
}

#[test]
fn false_positives_are_those_of_the_paper_and_exact() {
    // By rational numbers of any length.
    for (n, a, s, theta, exact) in [
        (200_000, 2000, 10, 10, 9.779_363_371_030_453e-21),
        (200_000, 2000, 20, 10, 1.649_898_752_007_993_4e-15),
        (200_000, 2000, 30, 15, 1.279_805_477_662_434_7e-22),
        (2048, 40, 20, 10, 3.910_589_263_787_475_5e-13),
        (2048, 40, 40, 20, 2.491_250_609_776_294_4e-26),
        (160, 16, 20, 6, 6.413_321_735_741_015e-3),
        (200, 100, 100, 50, 0.556_207_787_852_021_1),
        (5, 4, 3, 3, 0.4),
    ] {
        let found = false_positive(n, a, s, theta).unwrap();
        assert!(near(found, exact, 1e-15), "n {n}, a {a}, s {s}, theta {theta}: {found:e}, {exact:e}");
        assert_eq!(found, false_positive(n, s, a, theta).unwrap(), "symmetric");
        let other = false_positive(n + 1, a, s, theta).unwrap();
        assert!(!near(other, exact, 1e-6), "a cell more is another law");
    }
    assert_eq!(false_positive(5, 4, 3, 2).unwrap(), 1.0, "fewer cannot be");
    assert_eq!(false_positive(50, 4, 6, 5).unwrap(), 0.0, "more cannot be");
}

#[test]
fn products_of_many_factors_stay_exact() {
    // Of a half of all, the middle and above: (1 + C(n/2, n/4)^2 / C(n, n/2)) / 2, the ratio by Stirling's series.
    let n = 4_000_000u64;
    let found = false_positive(n, n / 2, n / 2, n / 4).unwrap();
    let log = |m: f64| 1.0 / (12.0 * m) - 1.0 / (360.0 * m.powi(3));
    // ln C(2m, m) = 2m ln 2 - ln(pi m)/2 + log(2m) - 2 log(m).
    let (m, k) = (n as f64 / 2.0, n as f64 / 4.0);
    let central = |m: f64| -(std::f64::consts::PI * m).ln() / 2.0 + log(2.0 * m) - 2.0 * log(m);
    let exact = 0.5 * (1.0 + (2.0 * central(k) - central(m)).exp());
    assert!(near(found, exact, 1e-12), "{found} {exact}");
}

#[test]
fn unions_are_those_of_the_paper_and_without_its_assumption() {
    for (union, exact) in
        [(1, 1.686_360_546_542_185e-15), (10, 4.770_706_770_450_758e-6), (50, 0.230_219_370_987_251_3)]
    {
        let found = union_false_positive(200_000, 2000, 20, 10, union).unwrap();
        assert!(near(found, exact, 1e-13), "{union}: {found:e}, {exact:e}");
    }
    // By inclusion and exclusion over the synapses that no pattern reaches, in rational numbers.
    for (theta, exact) in [(13, 2.467_994_257_132_883e-3), (5, 0.857_250_729_200_596_8)] {
        let found = exact_union_false_positive(200, 4, 20, theta, 20).unwrap();
        assert!(near(found, exact, 1e-12), "{theta}: {found:e}, {exact:e}");
        assert!(
            !near(union_false_positive(200, 4, 20, theta, 20).unwrap(), exact, 0.01),
            "synapses are not independent"
        );
    }
    let one = exact_union_false_positive(2048, 40, 20, 10, 1).unwrap();
    assert!(near(one, false_positive(2048, 40, 20, 10).unwrap(), 1e-12), "one pattern is no union");
    assert_eq!(union_false_positive(10, 10, 4, 4, 1).unwrap(), 1.0);
    assert_eq!(union_false_positive(10, 2, 4, 1, 0).unwrap(), 0.0);
}

#[test]
fn what_is_no_setting_is_refused_in_a_sentence() {
    let wrong = [
        false_positive(0, 0, 0, 1),
        false_positive(10, 11, 2, 1),
        false_positive(10, 2, 11, 1),
        false_positive(u64::MAX, 2, 1, 1),
        false_positive(1 << 53, 1 << 52, 1 << 52, 1),
        union_false_positive(10, 11, 2, 1, 3),
        exact_union_false_positive(10_000, 10, 3000, 1, 3),
        exact_union_false_positive(10_000, 10, 1000, 1, u64::MAX),
    ];
    for found in wrong {
        let words = found.unwrap_err().to_string();
        assert!(words.starts_with("law of"), "{words}");
    }
    let setting = Setting { n: 10, a: 11, s: 2, theta: 1, union: 1, segments: 1, shown: 2 };
    assert!(setting.play(1, 1).is_err() && Setting { a: 2, shown: 1, ..setting }.play(1, 1).is_err());
    assert!(Memory::new(&Shape { theta: 13, ..Shape::default() }, 2, 1).is_err());
}

#[test]
fn segments_on_the_engine_follow_the_law_and_no_other() {
    for (n, a, s, theta, union) in [(200, 20, 16, 6, 1), (200, 4, 20, 13, 20)] {
        let setting = Setting { n, a, s, theta, union, segments: 1000, shown: 300 };
        let law =
            |s: u32| exact_union_false_positive(n.into(), a.into(), s.into(), theta.into(), union.into()).unwrap();
        let counted = setting.play(3, 2).unwrap();
        let off = (counted.share - law(s)) / counted.error;
        assert!(off.abs() < 3.0, "{setting:?}: {off}");
        assert_eq!(counted, setting.play(3, 1).unwrap(), "whatever the threads");
        let more = Setting { s: s + 2, ..setting }.play(3, 2).unwrap();
        assert!((more.share - law(s)) / more.error > 5.0, "two synapses more: {more:?}");
    }
}

#[test]
fn a_memory_tells_sequences_apart_by_what_came_before() {
    let pairs = Pairs { pairs: 3, middle: 2 };
    let shape = Shape { columns: 128, ..Shape::default() };
    let evaluation = evaluate_memory(&shape, &pairs, 8, 5, 2).unwrap();
    assert_eq!(
        (evaluation.recalled.right, evaluation.recalled.last, evaluation.both_ends),
        (1.0, 1.0, 1.0),
        "{:?}",
        evaluation.passes
    );
    assert_eq!(evaluation.agreeing.0, evaluation.agreeing.1, "host and engine");
    // One cell knows no context: both ends are expected whatever came before.
    let flat = evaluate_memory(&Shape { cells: 1, segments: 32, ..shape }, &pairs, 8, 5, 2).unwrap();
    assert_eq!((flat.recalled.right, flat.recalled.last, flat.both_ends), (1.0, 0.0, 1.0));
    assert_eq!(flat.agreeing.0, flat.agreeing.1);
    // Before it has learned it expects nothing, and all cells of columns fire.
    assert_eq!((evaluation.passes[0].right, evaluation.passes[0].wrong), (0.0, 0.0));
}

#[test]
fn the_engine_recalls_what_the_host_does_where_parts_are_missing() {
    let pairs = Pairs { pairs: 2, middle: 2 };
    let memory = evaluate_memory(&Shape { columns: 128, ..Shape::default() }, &pairs, 8, 2, 1).unwrap().memory;
    let whole: Vec<Vec<u32>> =
        pairs.sequences()[0].iter().map(|&symbol| memory.columns_of(symbol).unwrap().to_vec()).collect();
    for missing in 0..=6 {
        let mut elements = whole.clone();
        elements[1].truncate(12 - missing);
        elements[2].retain(|column| column % 5 != 0);
        let host = memory.recall(&elements).unwrap();
        let engine = memory.play(&[Shown::Columns(elements)], 8, 1).unwrap().moments;
        assert_eq!(engine, [host]);
    }
    let host = memory.recall(&whole).unwrap();
    let other = memory.play(&[Shown::Columns(whole)], 13, 1).unwrap().moments;
    assert_ne!(other, [host], "a higher theta answers less");
}

#[test]
fn a_memory_expects_of_the_unknown_what_the_law_says() {
    let evaluation = evaluate_memory(&Shape::default(), &Pairs { pairs: 4, middle: 3 }, 8, 1, 1).unwrap();
    let asked = Unknown { a: 96, union: 1, theta: 2, shown: 200 };
    let (counted, law) = memory_false_positives(&evaluation.memory, &asked, 1, 2).unwrap();
    assert!(((counted.share - law) / counted.error).abs() < 3.0, "{counted:?} {law}");
    let (_, other) = memory_false_positives(&evaluation.memory, &Unknown { theta: 3, ..asked }, 1, 2).unwrap();
    assert!(((counted.share - other) / counted.error).abs() > 6.0, "another threshold is another law");
    assert!(memory_false_positives(&Memory::new(&Shape::default(), 2, 1).unwrap(), &asked, 1, 1).is_err());
}

#[test]
fn a_study_ends_where_somebody_asks_for_it_and_refuses_what_cannot_be() {
    let stopped = (STUDY.run)(&Asked::default(), &mut |_| ControlFlow::Break(())).unwrap();
    assert!(stopped.interrupted && stopped.tables.is_empty() && stopped.files.is_empty());
    let none = Asked { seeds: Some(0), ..Asked::default() };
    assert!((STUDY.run)(&none, &mut |_| ControlFlow::Continue(())).is_err());
}
