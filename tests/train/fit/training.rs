//! The loop: it learns, is the same each time, stops when told, and says where numbers break.

use neuropil::train::fit::{
    AdamW, Clip, Cosine, EarlyStopping, Ended, Epoch, Method, Moment, Monitor, Penalty, Progress, Schedule, Settings,
    Sgd, Split, Trainer, Unwatched,
};

use super::{Broken, Regression, told};

pub fn settings() -> Settings {
    Settings {
        model: "softmax regression".into(),
        epochs: 4,
        optimiser: Method::AdamW(AdamW { lr: 0.02, ..AdamW::default() }),
        schedule: Schedule::Cosine(Cosine { warmup_steps: 10, eta_min: 0.0 }),
        clip: Some(Clip::Norm(1.0)),
        penalty: Penalty { l1: 1e-5, l2: 1e-4 },
        ..Settings::default()
    }
}

pub fn trainer(settings: Settings) -> (Trainer<f64>, Regression) {
    let (task, split) = Regression::digits();
    (Trainer::new(task.parameters(), settings, split).unwrap(), task)
}

/// The bits of all parameters.
pub fn bits(trainer: &Trainer<f64>) -> Vec<u64> {
    trainer.parameters().iter().flat_map(|own| own.value().data()).map(|value| value.to_bits()).collect()
}

/// Epochs without their wall times.
pub fn outcomes(trainer: &Trainer<f64>) -> Vec<Epoch> {
    trainer.history().iter().map(|epoch| Epoch { seconds: 0.0, ..epoch.clone() }).collect()
}

/// Notes what it sees, and stops behind so many steps.
#[derive(Default)]
pub struct Notes {
    pub moments: Vec<Moment>,
    pub epochs: u32,
    pub stop_at: Option<usize>,
}

impl Progress for Notes {
    fn step(&mut self, moment: &Moment) {
        self.moments.push(*moment);
    }
    fn epoch(&mut self, _epoch: &Epoch) {
        self.epochs += 1;
    }
    fn stop(&mut self) -> bool {
        self.stop_at.is_some_and(|at| self.moments.len() >= at)
    }
}

#[test]
fn a_regression_learns_the_digits_and_is_the_same_each_time() {
    let (mut first, mut task) = trainer(Settings { epochs: 12, ..settings() });
    let mut notes = Notes::default();
    assert_eq!(first.run(&mut task, None, &mut notes).unwrap(), Ended::Finished);
    let history = first.history();
    let last = history.last().unwrap();
    assert!(last.validation.unwrap().accuracy().unwrap() > 0.94, "{last:?}");
    assert!(last.train.mean_loss() < 0.4 * history[0].train.mean_loss());
    // 1,438 samples in batches of 64, the last of 30.
    assert_eq!((first.steps_per_epoch(), last.train.samples, history.len()), (23, 1438, 12));
    assert_eq!((last.train.spikes_per_sample(), last.train.energy_per_sample()), (2.0, 640.0 * 4.6e-12));
    assert!(last.lr < 1e-4 && last.penalty > 0.0);
    assert_eq!((notes.moments.len(), notes.epochs), (12 * 23, 12));
    let end = notes.moments.last().unwrap();
    assert_eq!((end.epoch, end.epochs, end.step, end.steps, end.seconds_left), (12, 12, 23, 23, 0.0));
    assert_eq!((end.loss, end.accuracy), (last.train.mean_loss(), last.train.accuracy()));
    let again = |settings: Settings| {
        let (mut trainer, mut task) = trainer(settings);
        trainer.run(&mut task, None, &mut Unwatched).unwrap();
        bits(&trainer)
    };
    assert_eq!(bits(&first), again(Settings { epochs: 12, ..settings() }));
    assert_ne!(bits(&first), again(Settings { epochs: 12, seed: 2, ..settings() }), "another order");
    assert_ne!(bits(&first), again(Settings { epochs: 12, grid: false, ..settings() }), "weights as they are");
}

#[test]
fn it_stops_early_and_goes_back_to_the_best_weights() {
    // A learning rate that is too large: the loss of validation soon rises and falls at random.
    let stopping = EarlyStopping { monitor: Monitor::ValidationLoss, patience: 3, min_delta: 0.0 };
    let wild = Settings {
        epochs: 60,
        optimiser: Method::Sgd(Sgd { lr: 8.0, momentum: 0.9, ..Sgd::default() }),
        schedule: Schedule::Constant,
        clip: None,
        early_stopping: Some(stopping),
        ..settings()
    };
    let (mut trainer, mut task) = trainer(wild);
    assert_eq!(trainer.run(&mut task, None, &mut Unwatched).unwrap(), Ended::Early);
    let history = trainer.history();
    let losses: Vec<f64> = history.iter().map(|epoch| epoch.validation.unwrap().mean_loss()).collect();
    let best = losses.iter().copied().fold(f64::INFINITY, f64::min);
    assert!(history.len() < 60 && losses.iter().position(|&loss| loss == best) == Some(losses.len() - 4), "{losses:?}");
    let (_, split) = Regression::digits();
    assert_eq!(trainer.judge(&mut task, &split.validation).unwrap().mean_loss(), best);
    assert_ne!(*losses.last().unwrap(), best);
    // It has ended, and stays so.
    let before = bits(&trainer);
    assert_eq!(trainer.run(&mut task, None, &mut Unwatched).unwrap(), Ended::Early);
    assert_eq!(bits(&trainer), before);
}

#[test]
fn numbers_that_break_are_told_with_step_and_place() {
    let run = |broken: Broken| {
        let (mut trainer, mut task) = trainer(settings());
        task.broken = Some((30, broken));
        let before = {
            let (mut other, mut task) = self::trainer(settings());
            let mut notes = Notes { stop_at: Some(29), ..Notes::default() };
            assert_eq!(other.run(&mut task, None, &mut notes).unwrap(), Ended::Stopped);
            bits(&other)
        };
        let sentence = told(trainer.run(&mut task, None, &mut Unwatched));
        assert_eq!(bits(&trainer), before, "weights as they were before the step");
        sentence
    };
    let advice = "take a smaller learning rate, or clip gradients";
    let place = "training, step 30 (batch 7 of epoch 2)";
    assert_eq!(
        run(Broken::Gradient),
        format!(
            "{place}: a gradient is not finite; the first value that is not finite is the gradient of weight[3, 2]; {advice}"
        )
    );
    assert_eq!(
        run(Broken::Layer),
        format!("{place}: the loss is NaN; the first value that is not finite is the output of layer 'out'; {advice}")
    );
    let none = "parameters and gradients are finite, so look at the data and the loss";
    assert_eq!(run(Broken::Loss), format!("{place}: the loss is NaN; {none}; {advice}"));
    // An update that is too large for any number.
    let optimiser = Method::Sgd(Sgd { lr: f64::MAX, momentum: 500.0, nesterov: true, ..Sgd::default() });
    let (mut trainer, mut task) =
        trainer(Settings { optimiser, schedule: Schedule::Constant, clip: None, ..settings() });
    let sentence = told(trainer.run(&mut task, None, &mut Unwatched));
    let place = "training, step 1 (batch 1 of epoch 1): the update made weight[";
    assert!(sentence.starts_with(place) && sentence.ends_with("infinite; take a smaller learning rate"), "{sentence}");
}

#[test]
fn trainings_that_cannot_be_are_refused() {
    let (task, split) = Regression::digits();
    let refused = |settings: Settings, split: &Split| told(Trainer::new(task.parameters(), settings, split.clone()));
    let zero = "training: epochs and batch_size must be at least 1";
    assert_eq!(refused(Settings { epochs: 0, ..settings() }, &split), zero);
    assert_eq!(refused(Settings { batch_size: 0, ..settings() }, &split), zero);
    assert_eq!(refused(settings(), &Split::default()), "training: there is no sample to learn from; give some");
    let early = Settings { early_stopping: Some(EarlyStopping::default()), ..settings() };
    assert_eq!(
        refused(early, &Split::whole(9)),
        "training: early_stopping looks at samples for validation, and there are none; set some apart"
    );
    let optimiser = Method::Sgd(Sgd { momentum: -1.0, ..Sgd::default() });
    let sentence = "SGD: momentum = -1 must be a finite number of at least 0";
    assert_eq!(refused(Settings { optimiser, ..settings() }, &split), sentence);
}
