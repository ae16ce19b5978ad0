//! What trainings say of options, data, checkpoints and numbers that do not fit.

use neuropil::prelude::*;
use neuropil::train::fit::{Method, Settings, Sgd, Trainer, Unwatched};
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
