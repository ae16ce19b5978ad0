//! Histograms of weights: several over one axis, such as before and after a run, or over time.

use super::axis::{self, Scale};
use super::canvas::Picture;
use super::curves::{self, Curve, Curves};
use super::map;
use crate::error::Result;
use crate::record::analysis::histogram;
use crate::record::{SendRecord, WeightRecord};

/// Number of bins of a histogram.
const BINS: usize = 60;

/// Draws the histograms of several named lists of weights over one axis, 1000 × 640 pixels; `unit` is that of all
/// weights, and empty for pure numbers. Beside weights that are spread, a list in which all are equal is an upright line.
///
/// # Errors
/// [`Error::Internal`](crate::Error::Internal) alone.
pub fn draw(lists: &[(&str, &[f64])], unit: &str, title: &str) -> Result<Picture> {
    let range = range_of(lists.iter().flat_map(|(_, weights)| weights.iter().copied()));
    let width = (range.1 - range.0) / BINS as f64;
    let spread = lists.iter().filter(|(_, weights)| only_weight(weights).is_none());
    let highest = spread.flat_map(|(_, weights)| shares(weights, range)).fold(0.0, f64::max);
    let curve = |(name, weights): &(&str, &[f64])| match only_weight(weights).filter(|_| highest > 0.0) {
        // All in one bin would be so high that nothing is seen of the others.
        Some(weight) => {
            let name = format!("{name}: all {} {unit}", axis::short_number(weight));
            Curve { name: name.trim_end().to_owned(), points: vec![(weight, 0.0), (weight, highest)] }
        }
        None => Curve { name: (*name).to_owned(), points: curves::steps(range.0, width, shares(weights, range)) },
    };
    let curves = lists.iter().map(curve).collect();
    curves::draw_lines(&Curves { across: quantity(unit), up: "share of synapses (%)".into(), curves }, title)
}

/// The weight that all have; `None` where some differ, and without any.
fn only_weight(weights: &[f64]) -> Option<f64> {
    weights.first().copied().filter(|first| weights.iter().all(|weight| weight == first))
}

/// The title of an axis of weights.
fn quantity(unit: &str) -> String {
    if unit.is_empty() { "weight".into() } else { format!("weight ({unit})") }
}

/// Draws the histogram of recorded weights over time, 1160 × 760 pixels.
///
/// # Errors
/// [`Error::Internal`](crate::Error::Internal) alone.
pub fn draw_over_time(record: &WeightRecord, title: &str) -> Result<Picture> {
    let range = range_of(record.samples.iter().copied());
    let columns = record.rows().min(map::MAX_COLUMNS);
    // In a long record each column of the map shows the last of its times.
    let last = |column: usize| (column + 1) * record.rows() / columns - 1;
    let all: Vec<Vec<f64>> = (0..columns).map(|column| shares(record.row(last(column)), range)).collect();
    let row = |i: usize| all.iter().map(|shares| shares[BINS - 1 - i]).collect();
    let shares = format!("share of the weights of {} (%)", record.place);
    let times = record.times_ms();
    let end = times.last().copied().unwrap_or(1.0);
    let (ms, unit) = axis::time_unit(end);
    let across = (end - record.rows().max(1) as f64 * record.interval_ms()) / ms;
    let up = Scale { low: range.0, high: range.1, pixels: [map::DOWN[1], map::DOWN[0]] };
    map::draw_over_time((BINS, row), (across, end / ms, unit), (up, &quantity(&record.unit)), (&shares, title))
}

/// Synapses that a picture of what is sent shows.
const SHOWN: usize = 6;

/// Draws the weights with which some synapses have sent their spikes over time, 1000 × 640 pixels: of many synapses a few, at
/// equal distances in the record.
///
/// # Errors
/// [`Error::Internal`](crate::Error::Internal) alone.
pub fn draw_sent(record: &SendRecord, title: &str) -> Result<Picture> {
    let (all, shown) = (record.ends.len(), record.ends.len().min(SHOWN));
    let last = record.sends.last().map_or(1.0, |send| f64::from(send.step) * record.dt_ms);
    let (ms, time) = axis::time_unit(last);
    let curve = |k: usize| {
        let synapse = k * all / shown;
        let (source, target) = record.ends[synapse];
        let points = record.of(synapse as u32).into_iter().map(|(at, weight)| (at / ms, weight)).collect();
        Curve { name: format!("{source} -> {target}"), points }
    };
    let curves = (0..shown).map(curve).collect();
    let curves = Curves { across: format!("time ({time})"), up: quantity(&record.unit), curves };
    let some = if shown < all { format!(", {shown} of {all} synapses") } else { String::new() };
    curves::draw(&curves, &format!("{title}{some}"))
}

/// The share of weights in each bin, %.
fn shares(weights: &[f64], range: (f64, f64)) -> Vec<f64> {
    let counts = histogram(weights, range, BINS).into_iter();
    counts.map(|count| 100.0 * count as f64 / weights.len().max(1) as f64).collect()
}

/// The lowest and the highest weight; a range about the weight where all are equal.
fn range_of(weights: impl Iterator<Item = f64>) -> (f64, f64) {
    let finite = weights.filter(|weight| weight.is_finite());
    let (low, high) = finite.fold((f64::INFINITY, f64::NEG_INFINITY), |(l, h), w| (l.min(w), h.max(w)));
    let about = 0.1 * low.abs().max(1.0);
    match (low < high, low.is_finite()) {
        (true, _) => (low, high),
        (false, true) => (low - about, low + about),
        (false, false) => (0.0, 1.0),
    }
}
