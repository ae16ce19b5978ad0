//! What is learned, from planted texts; the study.

use std::io::Write;
use std::ops::ControlFlow;

use neuropil::train::fit::Parameters;
use neuropil::train::language::{STUDY, Text, Trace, Training, bits, learn};
use neuropil::train::study::{Asked, Cell};

use super::{design, drawn};

fn plan(threads: usize) -> Training {
    Training { epochs: 4, batch: 4, steps: 25, lr: 2e-2, seed: 1, threads }
}

fn learned(text: &[u32], trace: Trace, threads: usize) -> Parameters<f32> {
    learn(&design(trace), text, &plan(threads), |_, _| Ok(ControlFlow::Continue(()))).unwrap()
}

#[test]
fn what_comes_round_is_learned_and_noise_is_not() {
    // a b c a b c ...: what comes next is known. Of three drawn symbols none is: log2 3 bits.
    let round: Vec<u32> = (0..2000).map(|place| place % 3).collect();
    let told = |text: &[u32], trace: Trace| {
        let parameters = learned(&text[..1800], trace, 1);
        bits(&design(trace), &parameters, (text, 1800..2000), 1).unwrap()
    };
    for trace in [Trace::Own, Trace::None, Trace::Shuffled] {
        let found = told(&round, trace);
        assert!(found < 0.2, "{trace:?}: {found}");
    }
    let found = told(&drawn(2000, 4), Trace::Own);
    assert!(found > 1.5, "noise is told by {found} bits");
}

#[test]
fn threads_do_not_matter() {
    let text = drawn(600, 9);
    for trace in [Trace::Own, Trace::Shuffled] {
        let [one, two, three] = [1, 2, 3].map(|threads| learned(&text, trace, threads));
        assert!(one == two && one == three, "{trace:?}");
        let design = design(trace);
        let told = |threads| bits(&design, &one, (&text, 500..600), threads).unwrap().to_bits();
        assert_eq!(told(1), told(2));
    }
    assert!(learned(&text, Trace::Own, 1) != learned(&text, Trace::Shuffled, 1), "traces of others are as one's own");
}

#[test]
fn texts_are_read_from_files() {
    let folder = std::env::temp_dir().join(format!("neuropil-language-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let words = |path: &std::path::Path| Text::load(path).unwrap_err().to_string();
    assert!(words(&folder).contains("no file in it ends in .txt"));
    let line = "to be or not to be\n".repeat(100);
    std::fs::write(folder.join("plain.txt"), &line).unwrap();
    let plain = Text::load(&folder).unwrap();
    assert_eq!(plain.alphabet(), &['\n', ' ', 'b', 'e', 'n', 'o', 'r', 't']);
    assert_eq!((plain.symbols().len(), plain.symbols()[..3].to_vec()), (1900, vec![7, 5, 1]));
    assert_eq!(plain.judged_from(), 1710);
    let packed = folder.join("packed.txt.gz");
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    gzip.write_all(line.as_bytes()).unwrap();
    let bytes = gzip.finish().unwrap();
    std::fs::write(&packed, &bytes).unwrap();
    assert_eq!(Text::load(&packed).unwrap().symbols(), plain.symbols());
    assert!(words(&folder).contains("several files"));
    std::fs::write(&packed, &bytes[..bytes.len() / 2]).unwrap();
    assert!(words(&packed).contains("damaged"));
    std::fs::write(folder.join("plain.txt"), [b'a', 0xff]).unwrap();
    assert!(words(&folder.join("plain.txt")).contains("byte 1 is not"));
    std::fs::remove_dir_all(&folder).unwrap();
    assert_eq!(Text::own().unwrap().symbols().len(), 225_000);
    assert!(Text::new("it", "short").unwrap_err().to_string().contains("5 characters"));
}

#[test]
fn the_study_compares_and_makes_no_claim_of_one_seed() {
    let folder = std::env::temp_dir().join(format!("neuropil-language-study-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let path = folder.join("text.txt");
    std::fs::write(&path, "so it goes round and round.\n".repeat(120)).unwrap();
    let asked = Asked { data: Some(&path), hidden: Some(32), epochs: Some(2), seeds: Some(1), ..Asked::default() };
    let mut steps = 0;
    let report = (STUDY.run)(&asked, &mut |step| {
        steps += 1;
        assert_eq!(step.done, steps);
        ControlFlow::Continue(())
    })
    .unwrap();
    assert!(!report.interrupted && steps > 0);
    assert_eq!(report.tables[0].rows.len(), 6, "three n-grams and three nets");
    assert!(matches!(&report.tables[0].rows[3][1], Cell::Text(_)));
    assert!(report.words.iter().any(|words| words.contains("of fewer than 3 no claim is made")));
    assert!(report.files.iter().any(|file| file.name == "sample.txt"));
    // Somebody asks for an end in the second net: the first one is told of.
    let mut calls = 0;
    let asked = Asked { epochs: Some(8), ..asked };
    let report = (STUDY.run)(&asked, &mut |step| {
        calls += 1;
        if calls > step.of / 3 { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    })
    .unwrap();
    assert!(report.interrupted && report.tables[0].rows.len() == 4);
    let wrong = (STUDY.run)(&Asked { hidden: Some(33), ..asked.clone() }, &mut |_| ControlFlow::Continue(()));
    assert!(wrong.unwrap_err().to_string().contains("domains of 32"));
    std::fs::remove_dir_all(&folder).unwrap();
}
