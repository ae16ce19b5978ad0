//! What trainings say of options, data, checkpoints and numbers that do not fit.

use neuropil::prelude::*;
use neuropil::train::fit::{Clip, Method, Parameters, Settings, Sgd, Trainer, Unwatched};
use neuropil::train::tasks::{Asked, Ready, Task, ready};

use crate::support::room::Room;

/// The digits by a small network, with a change.
fn small(change: impl FnOnce(&mut Asked)) -> Ready<f32> {
    let (hidden, steps, samples) = (Some(10), Some(6), Some(64));
    let mut asked = Asked { epochs: Some(1), hidden, steps, samples, ..Asked::default() };
    change(&mut asked);
    ready::<f32>(Task::Digits, &asked).unwrap()
}

fn trainer(ready: &Ready<f32>, settings: Settings) -> Trainer<f32> {
    Trainer::new(ready.parameters.clone(), settings, ready.split.clone()).unwrap()
}

#[test]
fn a_checkpoint_goes_on_with_its_own_steps_and_data_alone() {
    let room = Room::new("train_identity");
    let path = room.path("o.safetensors");
    let own = small(|_| ());
    trainer(&own, own.settings.clone()).save(&path).unwrap();
    let resumed = |ready: &Ready<f32>| {
        let (parameters, split) = (ready.parameters.clone(), ready.split.clone());
        Trainer::resume(parameters, ready.settings.clone(), split, &path).map(|_| ()).map_err(|error| error.to_string())
    };
    assert_eq!(resumed(&own), Ok(()));
    let longer = resumed(&small(|asked| asked.steps = Some(7))).unwrap_err();
    assert!(longer.contains("6 steps") && longer.contains("7 steps") && longer.contains("take the same"), "{longer}");
    // The same numbers of samples, and other samples.
    let mut values = own.samples.values().to_vec();
    let same = own.samples.clone().with_values(values.clone()).unwrap();
    assert_eq!(same.checksum(), own.samples.checksum());
    values[3] = 0.5 - values[3];
    assert_ne!(own.samples.clone().with_values(values).unwrap().checksum(), own.samples.checksum());
    assert!(own.settings.model.contains(&format!("data {:08x}", own.samples.checksum())), "{}", own.settings.model);
    // One from before identities held steps and data.
    let before = Settings { model: "digits, Rate(1.0)".into(), ..own.settings.clone() };
    std::fs::remove_file(&path).unwrap();
    trainer(&own, before).save(&path).unwrap();
    assert!(resumed(&own).unwrap_err().contains("was trained with model = \"digits, Rate(1.0)\""));
}

#[test]
fn a_layer_that_is_not_finite_is_told_with_the_step_of_the_training() {
    let own = small(|_| ());
    let optimiser = Method::Sgd(Sgd { lr: 1e38, ..Sgd::default() });
    let settings = Settings { optimiser, schedule: default(), grid: false, ..own.settings.clone() };
    let mut trainer = trainer(&own, settings);
    // Weights that are finite, and whose sums are not.
    let mut task = own.learning(1).unwrap();
    let mut large = trainer.parameters().clone();
    let weights = large.named_mut("weights hidden").unwrap().value_mut().data_mut();
    weights.iter_mut().for_each(|weight| *weight = 3e38);
    let settings = trainer.settings().clone();
    trainer = Trainer::new(large, settings, own.split.clone()).unwrap();
    let told = trainer.run(&mut task, None, &mut Unwatched).unwrap_err().to_string();
    assert!(told.starts_with("training, step 1 (batch 1 of epoch 1): the first value that is not finite"), "{told}");
    assert!(told.contains("of layer 'hidden', at step") && !told.contains("NaN ms"), "{told}");
    assert!(told.ends_with("take a smaller learning rate, or clip gradients"), "{told}");
    let tape = task.spikes(trainer.parameters(), task.encode(&[0], draw()).unwrap()).unwrap_err().to_string();
    assert!(tape.contains("hidden[") && tape.contains(" ms)") && !tape.contains("NaN ms"), "{tape}");
}

fn draw() -> neuropil::train::fit::encode::Draw {
    neuropil::train::fit::encode::Draw { seed: 1, number: 0 }
}

/// How far the weights onto hidden neurons go in a training, as a length.
fn way(ready: &Ready<f32>) -> f64 {
    let weights = |parameters: &Parameters<f32>| parameters.named("weights hidden").unwrap().value().data().to_vec();
    let mut trainer = trainer(ready, ready.settings.clone());
    let before = weights(trainer.parameters());
    trainer.run(&mut ready.learning(1).unwrap(), None, &mut Unwatched).unwrap();
    let squares = before.iter().zip(weights(trainer.parameters())).map(|(a, b)| f64::from(a - b).powi(2));
    squares.sum::<f64>().sqrt()
}

#[test]
fn gradients_are_clipped_and_optimisers_chosen() {
    let sgd = Some(Method::Sgd(Sgd { lr: 7.0, momentum: 0.9, ..Sgd::default() }));
    let free = small(|asked| (asked.optimiser, asked.lr) = (sgd, Some(0.1)));
    let clipped = small(|asked| (asked.optimiser, asked.lr, asked.clip) = (sgd, Some(0.1), Some(1e-6)));
    assert_eq!((free.settings.clip, clipped.settings.clip), (None, Some(Clip::Norm(1e-6))));
    assert_eq!(free.settings.optimiser.lr(), 0.1);
    let (free, clipped) = (way(&free), way(&clipped));
    assert!(free > 1e-4 && clipped < 1e-2 * free, "{free} {clipped}");
}

#[test]
fn shifts_as_large_as_images_are_refused() {
    let told = small(|asked| asked.shift = Some(8)).learning(1).unwrap_err().to_string();
    assert_eq!(told, "training: images of 8 x 8 pixels cannot be shifted by 8; give a shift below 8");
    assert!(small(|asked| asked.shift = Some(7)).learning(1).is_ok());
}

#[cfg(feature = "cli")]
#[test]
fn options_that_do_not_fit_are_refused_before_anything_is_made() {
    let room = crate::support::program::Room::new("train_options");
    let told = |arguments: &[&str]| room.refused(&[&["train"], arguments].concat());
    for task in ["digits", "worm"] {
        assert!(told(&[task, "--data", "nowhere"]).contains("leave --data out"));
    }
    for large in [["--steps", "4000000000"], ["--hidden", "4000000000"]] {
        assert!(told(&[&["digits"], &large[..]].concat()).ends_with("or fewer steps (--steps)"), "{large:?}");
    }
    assert!(told(&["digits", "--shift", "100"]).contains("give a shift below 8"));
    assert_eq!(told(&["digits", "--clip", "0"]), "--clip: 0 must be a finite number above 0");
    assert!(told(&["digits", "--full", "--clip", "1"]).starts_with("--clip: with --full"));
    assert!(told(&["elm", "--optimiser", "sgd"]).starts_with("--optimiser: the study elm has no such option"));
    assert!(told(&["diffusion", "--schedule", "cosine"]).starts_with("--schedule: the task diffusion has no such"));
    let small = ["digits", "--epochs", "1", "--hidden", "20", "--steps", "8", "--samples", "64", "--out", "o"];
    let broken = told(&[&small[..], &["--lr", "1e38"]].concat());
    assert!(broken.starts_with("training, step ") && broken.contains("take a smaller learning rate"), "{broken}");
    let clipped =
        [&["train"], &small[..], &["--clip", "1", "--optimiser", "adam", "--schedule", "cosine", "--json"]].concat();
    assert!(room.run(&clipped).status.success());
}
