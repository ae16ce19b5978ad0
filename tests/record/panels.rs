//! Panels: each curve in its own, with a scale of its own.

use neuropil::record::pictures::Picture;
use neuropil::record::pictures::curves::{Curve, Curves};
use neuropil::record::pictures::panels::draw;

const BLUE: [u8; 3] = [0, 114, 178];

/// Five curves from the lowest to a height, in three columns.
fn panels(heights: [f64; 5]) -> Picture {
    let curve = |height: f64| Curve { name: "a name".into(), points: vec![(0.0, -70.0), (10.0, -70.0 + height)] };
    let curves = heights.map(curve).into();
    draw(&Curves { across: "time (ms)".into(), up: "V_m (mV)".into(), curves }, 3, "t").unwrap()
}

/// Left, right, top and bottom of what has exactly this colour in a part of the picture.
fn place(picture: &Picture, x: std::ops::Range<u32>, y: std::ops::Range<u32>) -> Option<[u32; 4]> {
    let all = y.flat_map(|y| x.clone().map(move |x| (x, y)));
    all.filter(|&(x, y)| picture.pixel(x, y) == Some(BLUE)).fold(None, |found, (x, y)| {
        let [left, right, top, bottom] = found.unwrap_or([x, x, y, y]);
        Some([left.min(x), right.max(x), top.min(y), bottom.max(y)])
    })
}

#[test]
fn every_curve_fills_a_panel_of_its_own() {
    let picture = panels([1.0, 100.0, 5.0, 30.0, 0.01]);
    assert_eq!((picture.width, picture.height), (1000, 88 + 2 * 112 + 64));
    let found = |picture: &Picture| -> Vec<Option<[u32; 4]>> {
        let (across, down) = ([48..358, 359..669, 670..980], [88..200, 200..312]);
        down.iter().flat_map(|y| across.iter().map(|x| place(picture, x.clone(), y.clone()))).collect()
    };
    let places = found(&picture);
    for (i, place) in places.iter().enumerate().take(5) {
        let [left, right, top, bottom] = place.unwrap();
        assert!(right - left > 150 && bottom - top > 35, "{i}: {place:?}");
    }
    assert_eq!(places[5], None);
    // A flat curve does not fill its panel, and the others stay as they were.
    let flat = found(&panels([1.0, 0.0, 5.0, 30.0, 0.01]));
    let [_, _, top, bottom] = flat[1].unwrap();
    assert!(bottom - top < 5 && flat[0] == places[0] && flat[2] == places[2], "{flat:?}");
}

#[test]
fn no_curves_are_an_empty_picture() {
    let none = draw(&Curves { across: "x".into(), up: "y".into(), curves: Vec::new() }, 3, "t").unwrap();
    assert_eq!((none.width, place(&none, 0..1000, 0..200)), (1000, None));
}
