//! The learning curve as a picture.

use neuropil::record::pictures::Picture;
use neuropil::train::fit::{Epoch, Tally, picture};

const BLUE: [u8; 3] = [0, 114, 178];
const VERMILLION: [u8; 3] = [213, 94, 0];

fn history(epochs: u32, judged: u64) -> Vec<Epoch> {
    let tally = |k: u32, worse: f64| Tally {
        samples: 100,
        loss: 100.0 * (0.1 + worse + 2.0 * (-0.3 * f64::from(k)).exp()),
        judged,
        correct: (judged as f64 * (0.97 - worse - 0.8 * (-0.5 * f64::from(k)).exp())) as u64,
        ..Tally::default()
    };
    let epoch = |k: u32| Epoch {
        epoch: k,
        train: tally(k, 0.0),
        validation: Some(tally(k, 0.05)),
        penalty: 0.0,
        lr: 0.1,
        seconds: 1.0,
    };
    (1..=epochs).map(epoch).collect()
}

/// Heights of the picture that hold exactly this colour, below the legend.
fn rows(picture: &Picture, colour: [u8; 3]) -> Vec<u32> {
    let has = |&y: &u32| (0..picture.width).any(|x| picture.pixel(x, y) == Some(colour));
    (100..picture.height).filter(has).collect()
}

#[test]
fn a_learning_curve_has_loss_and_accuracy_of_both() {
    let picture = picture::draw(&history(12, 100), "digits").unwrap();
    assert_eq!((picture.width, picture.height), (1000, 754));
    if let Some(path) = std::env::var_os("NEUROPIL_LEARNING_CURVE") {
        picture.save(path).unwrap();
    }
    for colour in [BLUE, VERMILLION] {
        let rows = rows(&picture, colour);
        assert!(rows.iter().any(|&y| y < 374) && rows.iter().any(|&y| y > 410), "both panels");
    }
    // Without right answers there is one panel.
    let alone = picture::draw(&history(12, 0), "digits").unwrap();
    assert_eq!((alone.width, alone.height), (1000, 448));
    let none = picture::draw(&[], "digits").unwrap();
    assert_eq!(rows(&none, BLUE), Vec::<u32>::new());
}
