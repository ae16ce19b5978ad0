//! Recorded weights: their table, their histograms and the pictures of these.

use super::Folder;
use neuropil::record::WeightRecord;
use neuropil::record::analysis::histogram;

/// Four synapses, of which two grow and two shrink, at 2, 4 and 6 ms.
fn record() -> WeightRecord {
    WeightRecord {
        projection: 1,
        place: "a -> b".into(),
        synapse: "stdp_synapse".into(),
        unit: "pA".into(),
        dt_ms: 0.1,
        interval_steps: 20,
        first_step: 20,
        ends: vec![(0, 1), (0, 2), (3, 0), (3, 1)],
        samples: vec![5.0, 5.0, 5.0, 5.0, 6.0, 4.0, 6.0, 4.0, 10.0, 0.0, 10.0, 0.5],
    }
}

#[test]
fn histograms_count_each_number_once() {
    assert_eq!(histogram(&[0.0, 0.9, 1.0, 2.5, 4.0, 4.1, -0.1, f64::NAN], (0.0, 4.0), 4), [2, 1, 1, 1]);
    assert_eq!(histogram(&[3.0, 3.0], (3.0, 3.0), 5), [0, 0, 2, 0, 0]);
    assert_eq!(histogram(&[], (0.0, 1.0), 2), [0, 0]);
    assert_eq!(histogram(&[1.0], (0.0, 1.0), 0), [0u64; 0]);
}

#[test]
fn weights_are_written_time_by_time() {
    let folder = Folder::new("weights");
    let path = folder.join("weights.csv");
    let own = record();
    own.write(&path).unwrap();
    let text = std::fs::read_to_string(&path).unwrap();
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!(
        (lines.len(), lines[0], lines[1], lines[12]),
        (13, "time_ms,source,target,weight", "2.0,0,1,5", "6.0,3,1,0.5")
    );
    assert_eq!((own.rows(), own.row(1), own.times_ms()), (3, &[6.0, 4.0, 6.0, 4.0][..], vec![2.0, 4.0, 6.0]));
    let broken = WeightRecord { samples: vec![1.0; 7], ..record() };
    let said = broken.write(&path).unwrap_err().to_string();
    assert!(said.contains("7 samples are not a whole number of rows of 4 synapses"), "{said}");
}

#[cfg(feature = "pictures")]
#[test]
fn pictures_show_where_weights_are() {
    use neuropil::record::pictures::weights;
    let over_time = weights::draw_over_time(&record(), "t").unwrap();
    assert_eq!((over_time.width, over_time.height), (1160, 760));
    // Half of all at the top and the bottom of the last third; none there before.
    let white = [255, 255, 255];
    for (x, y, empty) in [(950, 88, false), (950, 680, false), (300, 88, true), (300, 680, true), (300, 380, false)] {
        assert_eq!(over_time.pixel(x, y).unwrap() == white, empty, "{x}, {y}");
    }
    let one = weights::draw(&[("before", &[5.0; 9]), ("after", &[5.0; 9])], "pA", "t").unwrap();
    let none = weights::draw(&[("before", &[]), ("after", &[])], "", "t").unwrap();
    assert_eq!((one.width, none.width), (1000, 1000));
    let silent = weights::draw_over_time(&WeightRecord { samples: Vec::new(), ..record() }, "t").unwrap();
    assert!(silent.pixel(300, 380).unwrap() == white);
}

#[cfg(feature = "pictures")]
#[test]
fn equal_weights_beside_spread_ones_are_a_line() {
    use neuropil::record::pictures::weights;
    const BLUE: [u8; 3] = [0, 114, 178];
    const VERMILLION: [u8; 3] = [213, 94, 0];
    let spread: Vec<f64> = (0..10).map(f64::from).collect();
    let drawn = |before: &[f64]| weights::draw(&[("before", before), ("after", &spread)], "pA", "t").unwrap();
    // Where the histogram of the spread ones ends, from the top: a tenth of them in some bins.
    let highest = |before: &[f64]| {
        let picture = drawn(before);
        (100..600).find(|&y| (102..970).any(|x| picture.pixel(x, y) == Some(VERMILLION))).unwrap()
    };
    let [equal, not] = [[4.5; 8].as_slice(), &[4.5, 4.5, 4.5, 4.0]].map(highest);
    assert!(equal < 140 && not > 400, "{equal} {not}");
    let line = |before: &[f64]| {
        let picture = drawn(before);
        (150..540).all(|y| (533..538).any(|x| picture.pixel(x, y) == Some(BLUE)))
    };
    assert!(line(&[4.5; 8]) && !line(&[4.0; 8]));
}

#[cfg(feature = "pictures")]
#[test]
fn the_axis_of_weights_over_time_has_its_unit() {
    use neuropil::record::pictures::weights::draw_over_time;
    let ink = |unit: &str| {
        let picture = draw_over_time(&WeightRecord { unit: unit.into(), ..record() }, "t").unwrap();
        let all = (250..520).flat_map(|y| (108..132).map(move |x| (x, y)));
        all.filter(|&(x, y)| picture.pixel(x, y) != Some([255; 3])).count()
    };
    assert!(ink("") > 100 && ink("pA") > ink("") + 50);
}

#[cfg(feature = "pictures")]
#[test]
fn weights_that_spread_are_seen_over_time_beside_equal_ones() {
    use neuropil::record::pictures::weights::draw_over_time;
    // Forty times: all in one bin at first, then over all bins.
    let synapses = 60;
    let ends = (0..synapses).map(|k| (k, 0)).collect();
    let at = |row: u32| (0..synapses).map(move |k| if row == 0 { 30.0 } else { f64::from(k) });
    let samples = |rows: std::ops::Range<u32>| rows.flat_map(at).collect();
    let of = |rows| draw_over_time(&WeightRecord { ends, samples: samples(rows), ..record() }, "t").unwrap();
    assert_eq!(of(0..40).pixel(900, 300), Some([213, 94, 0]));
}
