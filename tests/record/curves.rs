//! Curves: each point where it belongs, each curve in its colour.

use neuropil::record::pictures::Picture;
use neuropil::record::pictures::curves::{Curve, Curves, draw, draw_lines, steps};

const BLUE: [u8; 3] = [0, 114, 178];
const VERMILLION: [u8; 3] = [213, 94, 0];

fn curves(points: [Vec<(f64, f64)>; 2]) -> Curves {
    let names = ["first".to_owned(), "second".to_owned()];
    let curves = names.into_iter().zip(points).map(|(name, points)| Curve { name, points }).collect();
    Curves { across: "I_e (pA)".into(), up: "rate (spikes/s)".into(), curves }
}

/// Left, right, top and bottom of what has exactly this colour below the legend.
fn place(picture: &Picture, colour: [u8; 3]) -> Option<[u32; 4]> {
    let all = (100..picture.height).flat_map(|y| (0..picture.width).map(move |x| (x, y)));
    all.filter(|&(x, y)| picture.pixel(x, y) == Some(colour)).fold(None, |found, (x, y)| {
        let [left, right, top, bottom] = found.unwrap_or([x, x, y, y]);
        Some([left.min(x), right.max(x), top.min(y), bottom.max(y)])
    })
}

#[test]
fn points_are_marked_where_they_belong() {
    let all = [vec![(0.0, 0.0), (10.0, 100.0)], vec![(5.0, 50.0)]];
    let picture = draw(&curves(all.clone()), "t").unwrap();
    let [left, right, top, bottom] = place(&picture, VERMILLION).unwrap();
    // Between the ends: 100 to 970 across; 566 up to 104, of which 100 of 105 are reached.
    assert_eq!(((left + right).div_ceil(2), (top + bottom).div_ceil(2)), (535, 346));
    let [left, right, top, bottom] = place(&picture, BLUE).unwrap();
    assert!(left < 110 && right > 960 && top < 132 && bottom > 560, "{left} {right} {top} {bottom}");
    let moved = draw(&curves([all[0].clone(), vec![(6.0, 50.0)]]), "t").unwrap();
    assert_ne!(place(&moved, VERMILLION), place(&picture, VERMILLION));
}

#[test]
fn what_is_no_number_breaks_a_curve_and_nothing_else() {
    let whole = [vec![(0.0, 1.0), (1.0, 1.0), (2.0, 1.0), (3.0, 1.0)], vec![]];
    let mut broken = whole.clone();
    broken[0][1].1 = f64::NAN;
    let count = |all| {
        let picture = draw(&curves(all), "t").unwrap();
        picture.rgb.chunks_exact(3).filter(|pixel| *pixel == BLUE).count()
    };
    assert!(2 * count(broken) < count(whole));
    let none = draw(&curves([vec![], vec![]]), "t").unwrap();
    assert_eq!(place(&none, BLUE), None);
}

#[test]
fn bins_are_steps_without_marks() {
    assert_eq!(steps(1.0, 0.5, [3.0, 4.0]), [(1.0, 3.0), (1.5, 3.0), (1.5, 4.0), (2.0, 4.0)]);
    assert_eq!(steps(1.0, 0.5, []), []);
    let of = curves([steps(0.0, 1.0, [1.0, 2.0]), vec![]]);
    let blue = |picture: Picture| picture.rgb.chunks_exact(3).filter(|pixel| *pixel == BLUE).count();
    assert!(blue(draw(&of, "t").unwrap()) > blue(draw_lines(&of, "t").unwrap()) + 100);
}
