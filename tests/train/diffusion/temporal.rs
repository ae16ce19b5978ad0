//! What each step weighs, and whether means differ.

use neuropil::train::Array;
use neuropil::train::diffusion::{Design, Images, Learn, Model, Neuron, Recipe, Spread, Temporal, UNet, plan};
use neuropil::train::fit::{Samples, Trainer, Unwatched};
use neuropil::train::tape::{Datum, Tape};

use super::super::ops::check;
use super::{near, numbers, told};

const DESIGN: Design = Design { channels: 4, size: 8, steps: 2, neuron: Neuron::Spiking, threshold: 1.0 };

#[test]
fn steps_count_as_often_as_they_weigh() {
    let mut draws = check::Draws::new(52);
    check::holds(&Temporal, &[draws.numbers(&[2, 3, 4, 2, 3]), draws.numbers(&[3])], &[0, 1]);
    let misfit = [draws.numbers(&[2, 3, 4]), draws.numbers(&[2])];
    assert!(check::refusal(Temporal, &misfit).contains("does not weigh the steps"));
    let mut tape = Tape::<f64>::new(1);
    let mut number =
        |shape: &[usize], data: &[f64]| tape.constant(Datum::Numbers(Array::new("x", shape, data.to_vec()).unwrap()));
    let (x, p) = (number(&[1, 2, 2], &[1.0, 2.0, 3.0, 4.0]), number(&[2], &[1.0, -0.5]));
    let y = tape.apply(Temporal, &[x, p]).unwrap();
    assert_eq!(tape.datum(y).numbers("y").unwrap().data(), [1.0, 2.0, -1.5, -2.0]);
}

/// What a net of given weights makes of noise where each step weighs so much, or nothing is said of it.
fn made(weighs: Option<[f32; 2]>) -> Vec<u32> {
    let net = UNet::<f32>::new(DESIGN).unwrap();
    let (parameters, temporal) = (net.parameters(4).unwrap(), net.temporal().unwrap());
    let mut tape = Tape::new(1);
    let mut values: std::collections::BTreeMap<_, _> =
        parameters.iter().map(|own| (own.name().to_owned(), tape.variable(own.value().clone()))).collect();
    if let Some(weighs) = weighs {
        assert_eq!(temporal.len(), 19);
        for own in &temporal {
            assert!(own.name().ends_with(".temporal") && own.value().data() == [1.0, 1.0]);
            let value = tape.variable(Array::new("p", &[2], weighs.to_vec()).unwrap());
            values.insert(own.name().to_owned(), value);
        }
    }
    let x = numbers(7, 128).into_iter().map(|x| x as f32).collect();
    let x = tape.constant(Datum::Numbers(Array::new("x", &[2, 1, 1, 8, 8], x).unwrap()));
    let (y, _) = net.forward(&mut tape, &values, x, &[3, 700], (&net.statistics(), true)).unwrap();
    tape.datum(y).numbers("y").unwrap().data().iter().map(|y| y.to_bits()).collect()
}

#[test]
fn equal_steps_change_nothing_and_others_do() {
    assert_eq!(made(None), made(Some([1.0, 1.0])));
    assert_ne!(made(None), made(Some([1.0, 0.5])));
}

fn learned(model: &Model, learn: &mut Learn<'_>, images: usize, lr: f64) -> (Vec<f32>, Model) {
    let (settings, split) = plan(model.recipe(), (images, 128), (32, lr), 2).unwrap();
    let mut trainer = Trainer::new(learn.parameters(2).unwrap(), settings, split).unwrap();
    trainer.run(learn, None, &mut Unwatched).unwrap();
    let steps = trainer.parameters().iter().filter(|own| own.is_trained() && own.name().ends_with(".temporal"));
    let steps = steps.flat_map(|own| own.value().data().to_vec()).collect();
    (steps, learn.model(trainer.parameters(), 2).unwrap())
}

#[test]
fn a_net_goes_on_from_where_it_was_and_learns_what_steps_weigh() {
    let samples = Samples::digits().unwrap();
    let images = Images::of(&samples, &(0..160).collect::<Vec<_>>(), 8).unwrap();
    let recipe = Recipe::new(DESIGN);
    let learn = || Learn::new(recipe.clone(), &images, (32, 1)).unwrap();
    let first = {
        let mut learn = learn();
        let (settings, split) = plan(&recipe, (160, 128), (32, 5e-3), 2).unwrap();
        let mut trainer = Trainer::new(learn.parameters(2).unwrap(), settings, split).unwrap();
        trainer.run(&mut learn, None, &mut Unwatched).unwrap();
        learn.model(trainer.parameters(), 2).unwrap()
    };
    assert!(!first.temporal());
    // With a rate of 0 it stays what it was; the statistics are those of as many images.
    let mut still = learn().from(&first, true).unwrap();
    let (steps, same) = learned(&first, &mut still, 160, 0.0);
    assert!(steps.len() == 38 && steps.iter().all(|&step| step == 1.0));
    let noisy: Vec<f32> = numbers(5, 128).into_iter().map(|x| x as f32).collect();
    let predict = |model: &Model| model.predict(&noisy, 500, 1).unwrap().0;
    let far = |one: &[f32], other: &[f32]| one.iter().zip(other).map(|(a, b)| (a - b).abs()).sum::<f32>() / 128.0;
    let anew = learn().model(&learn().parameters(2).unwrap(), 2).unwrap();
    let [own, another] = [far(&predict(&first), &predict(&same)), far(&predict(&first), &predict(&anew))];
    assert!(own < 0.1 * another, "{own} from itself, {another} from a net that begins anew");
    // With a rate steps come to weigh their own, and a file keeps that.
    let mut on = learn().from(&first, true).unwrap();
    let (steps, tuned) = learned(&first, &mut on, 160, 5e-3);
    assert!(steps.iter().any(|&step| (step - 1.0).abs() > 1e-3), "{steps:?}");
    assert_eq!((tuned.temporal(), tuned.recipe().images), (true, 256));
    assert_eq!(tuned.parameters(), first.parameters() + 38);
    let path = std::env::temp_dir().join(format!("neuropil-diffusion-{}-temporal.safetensors", std::process::id()));
    tuned.save(&path).unwrap();
    let read = Model::load(&path).unwrap();
    assert!(read.temporal() && far(&predict(&read), &predict(&tuned)) < 0.1 * another);
    std::fs::remove_file(path).unwrap();
    let other = Recipe::new(Design { channels: 2, ..DESIGN });
    assert!(told(Learn::new(other, &images, (32, 1)).unwrap().from(&first, false)).contains("another net"));
    let twin =
        || Learn::new(Recipe::new(Design { steps: 1, neuron: Neuron::Ann, ..DESIGN }), &images, (32, 1)).unwrap();
    let relus = twin().model(&twin().parameters(2).unwrap(), 2).unwrap();
    assert!(twin().from(&relus, false).is_ok());
    assert!(told(twin().from(&relus, true)).contains("a net of one step"));
}

#[test]
fn a_difference_within_the_spread_is_none() {
    let of = |numbers: &[f64]| Spread::of(numbers).unwrap();
    let one = of(&[10.0, 12.0, 14.0]);
    assert!(near(one.mean, 12.0, 1e-15) && near(one.sd, 2.0, 1e-15));
    // √(2² + 1²) = 2.236
    assert!(!one.differs(&of(&[13.2, 14.2, 15.2])) && one.differs(&of(&[13.3, 14.3, 15.3])));
    assert!(one.differs(&of(&[8.7, 9.7, 10.7])), "either way");
    // Without √, or by the standard error of three, these would be told apart otherwise.
    assert!(!one.differs(&of(&[12.0, 14.0, 16.0])));
    assert!(told(Spread::of(&[1.0])).contains("two seeds"));
    assert!(told(Spread::of(&[1.0, f64::NAN])).contains("not finite"));
}
