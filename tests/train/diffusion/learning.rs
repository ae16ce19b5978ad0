//! A tiny net learns digits of 8 x 8 pixels; it goes on as if it had not been stopped, and draws the same images each time.

use std::path::PathBuf;

use neuropil::train::diffusion::{Design, Images, Learn, Model, Neuron, Recipe, UNet, plan};
use neuropil::train::fit::{Ended, Moment, Parameters, Progress, Samples, Saving, Trainer, Unwatched};

use super::told;

fn digits() -> Images {
    let samples = Samples::digits().unwrap();
    Images::of(&samples, &(0..320).collect::<Vec<_>>(), 8).unwrap()
}

fn recipe(neuron: Neuron) -> Recipe {
    let steps = if neuron == Neuron::Ann { 1 } else { 2 };
    Recipe::new(Design { channels: 4, size: 8, steps, neuron, threshold: 1.0 })
}

/// Stops behind so many batches.
struct Stops(u32);

impl Progress for Stops {
    fn step(&mut self, _: &Moment) {
        self.0 = self.0.saturating_sub(1);
    }
    fn stop(&mut self) -> bool {
        self.0 == 0
    }
}

fn file(name: &str) -> PathBuf {
    std::env::temp_dir().join(format!("neuropil-diffusion-{}-{name}.safetensors", std::process::id()))
}

fn trainer<'a>(images: &'a Images, neuron: Neuron, count: u64) -> (Learn<'a>, Trainer<f32>) {
    let learn = Learn::new(recipe(neuron), images, (32, 1)).unwrap();
    let (settings, split) = plan(&recipe(neuron), (images.len(), count), (32, 5e-3), 2).unwrap();
    let trainer = Trainer::new(learn.parameters(2).unwrap(), settings, split).unwrap();
    (learn, trainer)
}

/// The loss of the first epoch and of the last.
fn losses(learn: &mut Learn<'_>, trainer: &mut Trainer<f32>) -> [f64; 2] {
    trainer.run(learn, None, &mut Unwatched).unwrap();
    let losses = trainer.history().iter().map(|epoch| epoch.train.mean_loss());
    let losses: Vec<f64> = losses.collect();
    [losses[0], losses[losses.len() - 1]]
}

#[test]
fn the_loss_falls_and_drawing_repeats() {
    let images = digits();
    // 6 times 320 images; without learning it stays at about 1.
    let fell = |[first, last]: [f64; 2]| last < 0.7 && last < 0.88 * first;
    for neuron in Neuron::ALL {
        let (mut learn, mut trainer) = trainer(&images, neuron, 1920);
        let losses = losses(&mut learn, &mut trainer);
        assert!(fell(losses), "{neuron:?}: {losses:?}");
        let model = learn.model(trainer.parameters(), 2).unwrap();
        assert_eq!(model.recipe().images, 1920);
        let draw = |seed| model.draw((5, 5), (seed, 1), |_, _| Ok(())).unwrap();
        let (drawn, seen) = draw(1);
        assert_eq!(drawn, draw(1).0);
        assert_ne!(drawn, draw(2).0);
        assert_eq!(drawn.len(), 5);
        assert_eq!(seen.spikes > 0, neuron == Neuron::Spiking);
    }
    let (settings, split) = plan(&recipe(Neuron::Ann), (images.len(), 640), (32, 0.0), 2).unwrap();
    let mut learn = Learn::new(recipe(Neuron::Ann), &images, (32, 1)).unwrap();
    let mut still = Trainer::new(learn.parameters(2).unwrap(), settings, split).unwrap();
    assert!(!fell(losses(&mut learn, &mut still)), "a rate of 0 learns");
}

fn bits(parameters: &Parameters<f32>) -> Vec<u32> {
    parameters.iter().flat_map(|own| own.value().data()).map(|value| value.to_bits()).collect()
}

#[test]
fn what_was_stopped_goes_on_bit_for_bit() {
    let (images, path) = (digits(), file("resumed"));
    let (mut learn, mut whole) = trainer(&images, Neuron::Spiking, 640);
    whole.run(&mut learn, None, &mut Unwatched).unwrap();
    let (mut learn, mut first) = trainer(&images, Neuron::Spiking, 640);
    let saving = Saving { path: path.clone(), every: 1 };
    assert_eq!(first.run(&mut learn, Some(&saving), &mut Stops(13)).unwrap(), Ended::Stopped);
    assert_ne!(bits(first.parameters()), bits(whole.parameters()));
    let (settings, split) = plan(&recipe(Neuron::Spiking), (images.len(), 640), (32, 5e-3), 2).unwrap();
    let mut learn = Learn::new(recipe(Neuron::Spiking), &images, (32, 1)).unwrap();
    let resumed =
        |seed| Trainer::resume(learn.parameters(seed).unwrap(), settings.clone(), split.clone(), &path).unwrap();
    let mut resumed = resumed(9);
    resumed.run(&mut learn, None, &mut Unwatched).unwrap();
    // Means of weights are among them.
    assert_eq!(bits(resumed.parameters()), bits(whole.parameters()));
    let draw = |trainer: &Trainer<f32>| {
        learn.model(trainer.parameters(), 2).unwrap().draw((2, 3), (1, 1), |_, _| Ok(())).unwrap().0
    };
    assert_eq!(draw(&resumed), draw(&whole));
    std::fs::remove_file(path).unwrap();
}

#[test]
fn who_watches_is_shown_what_was_learned() {
    let (images, mut shown) = (digits(), Vec::new());
    let learn = Learn::new(recipe(Neuron::Ann), &images, (32, 1)).unwrap();
    let (settings, split) = plan(&recipe(Neuron::Ann), (images.len(), 160), (32, 5e-3), 2).unwrap();
    let mut trainer = Trainer::new(learn.parameters(2).unwrap(), settings, split).unwrap();
    let mut learn = learn.watched(2, |model: &Model| {
        shown.push(model.recipe().images);
        Ok(())
    });
    trainer.run(&mut learn, None, &mut Unwatched).unwrap();
    drop(learn);
    assert_eq!(shown, [64, 128]);
}

#[test]
fn what_is_learned_does_not_depend_on_what_is_computed_again() {
    let images = digits();
    let learned = |recompute: bool, rate: f64| {
        let learn = Learn::new(recipe(Neuron::Spiking), &images, (32, 1)).unwrap();
        assert!(!learn.recomputes(), "a small net keeps its blocks");
        let mut learn = learn.recomputing(recompute);
        let (settings, split) = plan(&recipe(Neuron::Spiking), (images.len(), 320), (32, rate), 2).unwrap();
        let mut trainer = Trainer::new(learn.parameters(2).unwrap(), settings, split).unwrap();
        trainer.run(&mut learn, None, &mut Unwatched).unwrap();
        (bits(trainer.parameters()), learn.kept())
    };
    let (whole, again) = (learned(false, 5e-3), learned(true, 5e-3));
    assert!(whole.0 == again.0);
    assert!(again.1 > 0 && again.1 < whole.1, "{} of {}", again.1, whole.1);
    assert!(whole.0 != learned(true, 4e-3).0, "another rate is not seen");
    // Nets whose batches would not fit are told by what they would keep.
    let large = Recipe::new(Design { channels: 32, ..Design::new(Neuron::Spiking, 8) });
    let count = UNet::<f32>::new(large.design).unwrap().kept(4096).unwrap();
    assert!(count > 1 << 30 && Learn::new(large, &images, (4096, 1)).unwrap().recomputes());
}

#[test]
fn what_cannot_be_learned_is_refused() {
    let images = digits();
    let other = Recipe::new(Design::new(Neuron::Spiking, 16));
    assert!(told(Learn::new(other, &images, (32, 1))).contains("images of 8 pixels"));
    assert!(told(plan(&recipe(Neuron::Ann), (320, 10), (32, 1e-3), 1)).contains("not a batch of 32"));
}
