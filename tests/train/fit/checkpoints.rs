//! A training that was saved and resumed is the one that was not; files that are not its own are refused.

use std::fs;

use neuropil::train::Array;
use neuropil::train::fit::{
    Adam, EarlyStopping, Ended, Method, OneCycle, Parameter, Parameters, Saving, Schedule, Settings, Sgd, Split,
    Trainer, Unwatched, checkpoint,
};

use super::training::{Notes, bits, outcomes, settings, trainer};
use super::{Regression, told};
use crate::support::room::Room;

/// A training of which everything is in use.
fn kinds() -> [Settings; 3] {
    let early_stopping = Some(EarlyStopping { patience: 2, ..EarlyStopping::default() });
    let sgd = Method::Sgd(Sgd { lr: 0.2, momentum: 0.9, nesterov: true, ..Sgd::default() });
    let adam = Method::Adam(Adam { lr: 0.01, amsgrad: true, ..Adam::default() });
    [
        settings(),
        Settings { optimiser: sgd, schedule: Schedule::OneCycle(OneCycle::default()), early_stopping, ..settings() },
        Settings { optimiser: adam, schedule: Schedule::Constant, ..settings() },
    ]
}

fn resumed(settings: Settings, room: &Room) -> (Trainer<f64>, Regression) {
    let (task, split) = Regression::digits();
    (Trainer::resume(task.parameters(), settings, split, &room.path("a.safetensors")).unwrap(), task)
}

#[test]
fn four_epochs_are_two_and_two_bit_for_bit() {
    let room = Room::new("fit-resume");
    let saving = Saving { path: room.path("a.safetensors"), every: 10 };
    for settings in kinds() {
        let (mut whole, mut task) = trainer(settings.clone());
        whole.run(&mut task, None, &mut Unwatched).unwrap();
        // Between two epochs; within one; behind the first step.
        for steps in [46, 53, 1] {
            let (mut first, mut task) = trainer(settings.clone());
            let mut notes = Notes { stop_at: Some(steps), ..Notes::default() };
            assert_eq!(first.run(&mut task, Some(&saving), &mut notes).unwrap(), Ended::Stopped);
            assert_eq!(notes.moments.len(), steps);
            let (mut second, mut task) = resumed(settings.clone(), &room);
            assert_eq!(bits(&second), bits(&first));
            second.run(&mut task, Some(&saving), &mut Unwatched).unwrap();
            assert!(bits(&second) == bits(&whole), "{} after {steps} steps", settings.optimiser.name());
            assert_eq!(outcomes(&second), outcomes(&whole));
        }
        // What is at the end is there to be used: of the best epoch where that is kept.
        let mut parameters = trainer(settings).1.parameters();
        checkpoint::load(&mut parameters, &saving.path).unwrap();
        for (own, loaded) in whole.parameters().iter().zip(parameters.iter()) {
            assert_eq!((own.value(), own.seen()), (loaded.value(), loaded.seen()));
        }
    }
}

#[test]
fn a_training_that_forgets_is_noticed() {
    let settings = kinds()[2].clone();
    let (mut whole, mut task) = trainer(settings.clone());
    whole.run(&mut task, None, &mut Unwatched).unwrap();
    let (mut first, mut task) = trainer(Settings { epochs: 2, ..settings.clone() });
    first.run(&mut task, None, &mut Unwatched).unwrap();
    // The same weights, but moments and orders that begin anew.
    let (mut task, split) = Regression::digits();
    let mut second = Trainer::new(first.into_parameters(), Settings { epochs: 2, ..settings }, split).unwrap();
    second.run(&mut task, None, &mut Unwatched).unwrap();
    assert_ne!(bits(&second), bits(&whole));
}

#[test]
fn files_have_the_same_bytes_and_others_read_them() {
    let room = Room::new("fit-bytes");
    let (mut first, mut task) = trainer(settings());
    let saving = Saving { path: room.path("a.safetensors"), every: 1 };
    first.run(&mut task, Some(&saving), &mut Unwatched).unwrap();
    first.save(&room.path("b.safetensors")).unwrap();
    let content = fs::read(&saving.path).unwrap();
    assert_eq!(content, fs::read(room.path("b.safetensors")).unwrap());
    let tensors = safetensors::SafeTensors::deserialize(&content).unwrap();
    let mut names = tensors.names();
    names.sort_unstable();
    let expected = ["bias", "weight", "~exp_avg_sq~bias", "~exp_avg_sq~weight", "~exp_avg~bias", "~exp_avg~weight"];
    assert_eq!(names, expected);
    let weight = tensors.tensor("weight").unwrap();
    assert_eq!((weight.dtype(), weight.shape()), (safetensors::Dtype::F64, &[64, 10][..]));
    let left = fs::read_dir(room.path("")).unwrap().count();
    assert_eq!(left, 2, "no temporary file is left");
}

#[test]
fn damaged_files_are_refused() {
    let room = Room::new("fit-damage");
    let (mut first, mut task) = trainer(settings());
    let saving = Saving { path: room.path("a.safetensors"), every: 1 };
    first.run(&mut task, Some(&saving), &mut Unwatched).unwrap();
    let content = fs::read(&saving.path).unwrap();
    let refused = |content: &[u8]| {
        room.write("b.safetensors", content);
        let (task, split) = Regression::digits();
        let path = room.path("b.safetensors");
        let sentence = told(Trainer::resume(task.parameters(), settings(), split, &path).map(|_| ()));
        sentence.strip_prefix(&format!("{}: ", path.display())).unwrap().to_owned()
    };
    for length in [1, 7, 100, content.len() / 2, content.len() - 1] {
        let sentence = refused(&content[..length]);
        let cut = format!("is cut off: {length} bytes are there, and more belong to it; take a whole copy");
        let none = "is no safetensors file; name a file that a training of neuropil has saved";
        assert_eq!(sentence, if length < 8 { none } else { &cut });
    }
    assert_eq!(refused(b""), "is empty; take a whole copy");
    assert_eq!(
        refused(b"not at all a checkpoint"),
        "is no safetensors file; name a file that a training of neuropil has saved"
    );
    // Any byte of numbers, and a digit in the header.
    let damaged = "is damaged: its checksum is not that of its content; take an earlier copy";
    for place in [content.len() - 1, content.len() - 3000] {
        let mut other = content.clone();
        other[place] ^= 0x10;
        assert_eq!(refused(&other), damaged);
    }
    let digit = content.windows(9).position(|word| word == b"steps\\\":9").unwrap() + 8;
    let mut other = content.clone();
    other[digit] = b'8';
    assert_eq!(refused(&other), damaged);
    let weights = safetensors::tensor::TensorView::new(safetensors::Dtype::F32, vec![1], &[0; 4]).unwrap();
    let foreign = safetensors::serialize([("weight", weights)], None).unwrap();
    assert_eq!(refused(&foreign), "holds weights and no training; name a file that a training of neuropil has saved");
    assert!(room.path("nothing").metadata().is_err());
}

#[test]
fn another_model_is_told_by_its_first_difference() {
    let room = Room::new("fit-model");
    let path = room.path("a.safetensors");
    let (task, split) = Regression::digits();
    let (first, _) = trainer(settings());
    first.save(&path).unwrap();
    let refused = |parameters: Parameters<f64>, settings: Settings, split: Split| {
        let sentence = told(Trainer::resume(parameters, settings, split, &path).map(|_| ()));
        sentence.strip_prefix(&format!("{}: ", path.display())).unwrap().to_owned()
    };
    let model = |parameters: Parameters<f64>| refused(parameters, settings(), split.clone());
    let of = |all: &[(&str, &[usize])]| {
        let mut parameters = Parameters::new();
        for (name, shape) in all {
            parameters.add(Parameter::new(name, Array::zeros(name, shape).unwrap()).unwrap()).unwrap();
        }
        parameters
    };
    let advice = "name the checkpoint of this model, or train anew";
    for (parameters, difference) in [
        (of(&[("weight", &[64, 20]), ("bias", &[10])]), "'weight' is [64, 10] in it, and [64, 20] here"),
        (of(&[("w", &[64, 10]), ("bias", &[10])]), "parameter 1 is 'weight' in it, and 'w' here"),
        (of(&[("weight", &[64, 10])]), "'weight' has another mask, other signs, bounds, targets or rate"),
    ] {
        assert_eq!(model(parameters), format!("is of another model: {difference}; {advice}"));
    }
    let mut more = task.parameters();
    more.add(super::parameter("more", &[1.0])).unwrap();
    assert_eq!(model(more), format!("is of another model: parameter 'more' is not in it; {advice}"));
    let mut fewer = Parameters::new();
    fewer.add(task.parameters().iter().next().unwrap().clone()).unwrap();
    let sentence = format!("is of another model: it has a parameter 'bias', and this model has none; {advice}");
    assert_eq!(model(fewer), sentence);
    // Settings, samples, number type.
    let own = || task.parameters();
    let batch = refused(own(), Settings { batch_size: 32, ..settings() }, split.clone());
    assert_eq!(batch, "was trained with batch_size = 64, and batch_size is 32 here; take the same to go on");
    let Method::AdamW(adam) = settings().optimiser else { panic!("another method") };
    let optimiser = Method::AdamW(neuropil::train::fit::AdamW { lr: 0.5, ..adam });
    let rate = refused(own(), Settings { optimiser, ..settings() }, split.clone());
    assert_eq!(
        rate,
        "was trained with optimiser.AdamW.lr = 0.02, and optimiser.AdamW.lr is 0.5 here; take the same to go on"
    );
    let mut other = split.clone();
    other.validation[0] += 1;
    assert_eq!(
        refused(own(), settings(), other),
        "was trained on other samples of as many (1438 to learn from, 359 and 0); take the same data and split to go on"
    );
    let longer = refused(own(), Settings { epochs: 9, ..settings() }, split.clone());
    assert_eq!(longer, "was trained with epochs = 4, and epochs is 9 here; take the same to go on");
    let mut short = Parameters::<f32>::new();
    for own in own().iter() {
        let value = Array::zeros(own.name(), own.value().shape()).unwrap();
        let mut copy = Parameter::new(own.name(), value).unwrap();
        if let Some(incoming) = own.incoming() {
            copy = copy.onto(incoming.clone()).unwrap();
        }
        short.add(if own.is_penalised() { copy } else { copy.unpenalised() }).unwrap();
    }
    let sentence = told(Trainer::resume(short, settings(), split, &path).map(|_| ()));
    assert!(sentence.ends_with("holds 'weight' as F64, and F32 is asked for; train in the same type"), "{sentence}");
}

#[test]
fn a_constant_rate_may_go_on_for_longer() {
    let room = Room::new("fit-longer");
    let constant = |epochs: u32| Settings { epochs, schedule: Schedule::Constant, ..settings() };
    let saving = Saving { path: room.path("a.safetensors"), every: 1 };
    let (mut first, mut task) = trainer(constant(2));
    first.run(&mut task, Some(&saving), &mut Unwatched).unwrap();
    let (mut longer, mut task) = resumed(constant(4), &room);
    longer.run(&mut task, None, &mut Unwatched).unwrap();
    let (mut whole, mut task) = trainer(constant(4));
    whole.run(&mut task, None, &mut Unwatched).unwrap();
    assert_eq!(bits(&longer), bits(&whole));
}
