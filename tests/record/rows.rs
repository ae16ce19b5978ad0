//! Rows at equal intervals: one check for every record that has them.

use neuropil::record::{SeriesRecord, TraceRecord, WeightRecord};

/// What each of three records of rows of two numbers, the first at step 30, says of its dt, interval and numbers; when its
/// rows were taken where nothing is wrong.
fn said(dt_ms: f64, interval_steps: u32, numbers: usize) -> [Result<Vec<f64>, String>; 3] {
    let (numbers, first_step) = (vec![0.5; numbers], 30);
    let trace = TraceRecord {
        population: "exc".into(),
        variable: "V_m".into(),
        unit: "mV".into(),
        interval_steps,
        dt_ms,
        neurons: vec![3, 7],
        names: None,
        samples: numbers.clone(),
        first_step,
    };
    let series = SeriesRecord {
        quantity: "rate".into(),
        unit: "spikes/s".into(),
        dt_ms,
        interval_steps,
        first_step,
        names: vec!["exc".into(), "inh".into()],
        values: numbers.clone(),
    };
    let weights = WeightRecord {
        projection: 0,
        place: "exc -> inh".into(),
        synapse: "stdp_synapse".into(),
        unit: String::new(),
        dt_ms,
        interval_steps,
        first_step,
        ends: vec![(0, 0), (0, 1)],
        samples: numbers,
    };
    let sentence = |error: neuropil::Error| error.to_string();
    [
        trace.check().map(|()| trace.times_ms()).map_err(sentence),
        series.check().map(|()| series.times_ms()).map_err(sentence),
        weights.check().map(|()| weights.times_ms()).map_err(sentence),
    ]
}

#[test]
fn rows_are_known_by_their_times_in_every_record() {
    for own in said(0.1, 20, 6) {
        assert_eq!(own.unwrap(), [3.0, 5.0, 7.0]);
    }
    for own in said(0.1, 10, 6) {
        assert_eq!(own.unwrap(), [3.0, 4.0, 5.0], "another interval is seen");
    }
}

#[test]
fn rows_that_cannot_be_are_told_alike_in_every_record() {
    let places = ["trace of exc.V_m", "series of rate", "weights of exc -> inh"];
    let cases = [
        (said(0.0, 20, 6), ["dt = 0 ms must be above 0 ms"; 3]),
        (said(f64::INFINITY, 20, 6), ["dt = inf ms must be above 0 ms"; 3]),
        (said(0.1, 0, 6), ["the interval must be one step or more"; 3]),
        (
            said(0.1, 20, 5),
            [
                "5 samples are not a whole number of rows of 2 neurons",
                "5 values are not a whole number of rows of 2 columns",
                "5 samples are not a whole number of rows of 2 synapses",
            ],
        ),
    ];
    for (found, told) in cases {
        for ((own, place), told) in found.into_iter().zip(places).zip(told) {
            assert_eq!(own.unwrap_err(), format!("{place}: {told}"));
        }
    }
}
