//! What must stay true of parameters, and what is refused of them.

use neuropil::train::Array;
use neuropil::train::fit::{Method, Optimiser, Parameter, Parameters, Sgd, Sign, Signs};

use super::{parameter, single, told};

fn matrix(values: &[f64]) -> Parameter<f64> {
    Parameter::new("w", Array::new("w", &[2, 3], values.to_vec()).unwrap()).unwrap()
}

#[test]
fn signs_are_those_of_rows_columns_or_places() {
    let (plus, minus, free) = (Sign::Positive, Sign::Negative, Sign::Free);
    let all = [1.0, -1.0, 2.0, -2.0, 3.0, -3.0];
    for (signs, expected) in [
        (Signs::Free, all),
        (Signs::First(vec![plus, minus]), [1.0, 0.0, 2.0, -2.0, 0.0, -3.0]),
        (Signs::Last(vec![plus, minus, free]), [1.0, -1.0, 2.0, 0.0, 0.0, -3.0]),
        (Signs::Each(vec![minus, minus, minus, plus, free, plus]), [0.0, -1.0, 0.0, 0.0, 3.0, 0.0]),
    ] {
        let mut own = matrix(&all).signed(signs.clone()).unwrap();
        own.hold();
        assert_eq!(own.value().data(), expected, "{signs:?}");
    }
}

#[test]
fn random_updates_keep_mask_signs_and_bounds_and_free_ones_break_them() {
    let mask: Vec<bool> = (0..60).map(|k| k % 3 != 0).collect();
    let signs: Vec<Sign> = (0..6).map(|k| if k % 2 == 0 { Sign::Positive } else { Sign::Negative }).collect();
    let start: Vec<f64> = (0..60)
        .map(|k| {
            if k % 3 == 0 {
                0.0
            } else if (k / 10) % 2 == 0 {
                0.5
            } else {
                -0.5
            }
        })
        .collect();
    let own = |held: bool| {
        let array = Array::new("w", &[6, 10], start.clone()).unwrap();
        let own = Parameter::new("w", array).unwrap();
        match held {
            true => own.masked(mask.clone()).unwrap().signed(Signs::First(signs.clone())).unwrap(),
            false => own,
        }
    };
    let broken = |held: bool| {
        let mut parameters = Parameters::new();
        parameters.add(own(held)).unwrap();
        parameters.add(parameter("delay", &[2.0; 4]).bounded(1.0, 5.0).unwrap()).unwrap();
        let method = Method::Sgd(Sgd { lr: 0.5, momentum: 0.9, ..Sgd::default() });
        let mut optimiser = Optimiser::new(method, &parameters).unwrap();
        let (mut masked, mut flipped) = (0, 0);
        for step in 0..50 {
            for own in parameters.iter_mut() {
                let wave = |place: usize| ((step * 13 + place * 7) as f64).sin();
                (0..).zip(own.gradient_mut().data_mut()).for_each(|(place, g)| *g = wave(place));
            }
            optimiser.update(&mut parameters, 0.5.into());
            let values = parameters.named("w").unwrap().value().data();
            masked += values.iter().zip(&mask).filter(|(w, kept)| !**kept && **w != 0.0).count();
            flipped += values.iter().zip(&start).filter(|(w, start)| **w * **start < 0.0).count();
            let delays = parameters.named("delay").unwrap().value().data();
            assert!(delays.iter().all(|delay| (1.0..=5.0).contains(delay)));
        }
        (masked, flipped)
    };
    assert_eq!(broken(true), (0, 0));
    let (masked, flipped) = broken(false);
    assert!(masked > 100 && flipped > 100, "{masked} {flipped}");
}

#[test]
fn parameters_that_cannot_be_are_refused() {
    let mut parameters = single(&[1.0]);
    assert_eq!(
        told(parameters.add(parameter("w", &[2.0]))),
        "parameters: 'w' is there twice; give each a name of its own"
    );
    let nan = told(parameters.add(matrix_named("v", &[1.0, 2.0, 3.0, 4.0, f64::NAN, 6.0])));
    assert_eq!(nan, "v: its value at [1, 1] is not finite; begin with finite ones");
    let wrong = matrix_named("v", &[1.0; 6]).signed(Signs::First(vec![Sign::Positive, Sign::Negative])).unwrap();
    let sentence = "v: its value 1 at [1, 0] breaks its mask, signs or bounds; call hold() before";
    assert_eq!(told(parameters.add(wrong)), sentence);
    assert_eq!(
        told(matrix(&[0.0; 6]).masked(vec![true; 5])),
        "w: 5 places of a mask do not fit its shape [2, 3], which needs 6"
    );
    let few = matrix(&[0.0; 6]).signed(Signs::Last(vec![Sign::Free; 2]));
    assert_eq!(told(few), "w: 2 signs do not fit its shape [2, 3], which needs 3");
    let none = matrix(&[0.0; 6]).bounded(2.0, 1.0);
    assert_eq!(told(none), "w: no value lies between its bounds 2 and 1; give the lower one first");
    for name in ["", "~w", "__metadata__"] {
        let array = Array::zeros("w", &[1]).unwrap();
        let problem = format!("parameters: '{name}' is no name of a parameter; take one that begins with a letter");
        assert_eq!(told(Parameter::<f64>::new(name, array)), problem);
    }
    assert_eq!(told(parameters.named("u").map(|_| ())), "unknown parameter 'u' in the model; did you mean 'w'?");
    assert!(parameters.named("w").unwrap().clone().at_rate(f64::NAN).is_err());
}

fn matrix_named(name: &str, values: &[f64]) -> Parameter<f64> {
    Parameter::new(name, Array::new(name, &[2, 3], values.to_vec()).unwrap()).unwrap()
}
