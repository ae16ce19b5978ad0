//! The neurons of a U-Net in the engine, spike for spike.

use neuropil::prelude::*;
use neuropil::train::diffusion::{Design, Images, Learn, Model, Neuron, Played, Recipe, Way, plan};
use neuropil::train::fit::{Samples, Trainer, Unwatched};

use super::{numbers, told};

/// A small net that has learned digits of 8 x 8 pixels for a while, or that of `seed` as it is drawn.
fn model(neuron: Neuron, (seed, temporal): (u64, bool)) -> Model {
    let steps = if neuron == Neuron::Ann { 1 } else { 4 };
    let recipe = Recipe::new(Design { channels: 4, size: 8, steps, neuron, threshold: 1.0 });
    let samples = Samples::digits().unwrap();
    let images = Images::of(&samples, &(0..320).collect::<Vec<_>>(), 8).unwrap();
    let (settings, split) = plan(&recipe, (320, 640), (32, 5e-3), seed).unwrap();
    let mut learn = Learn::new(recipe.clone(), &images, (32, 1)).unwrap();
    let mut trainer = Trainer::new(learn.parameters(seed).unwrap(), settings.clone(), split.clone()).unwrap();
    trainer.run(&mut learn, None, &mut Unwatched).unwrap();
    let model = learn.model(trainer.parameters(), seed).unwrap();
    if !temporal {
        return model;
    }
    let learn = Learn::new(recipe, &images, (32, 1)).unwrap().from(&model, true).unwrap();
    learn.model(&learn.parameters(seed).unwrap(), seed).unwrap()
}

/// Noisy images of 8 x 8 pixels.
fn noisy(count: usize) -> Vec<f32> {
    numbers(31, 64 * count).into_iter().map(|x| 2.0 * x as f32).collect()
}

fn played(model: &Model, step: u32, device: &Device) -> Played {
    model.play(&noisy(3), step, (device, 1)).unwrap()
}

#[test]
fn every_spike_of_a_u_net_is_the_engine_s_and_another_threshold_is_seen() {
    let model = model(Neuron::Spiking, (2, false));
    let double = Device::cpu().precision(Precision::F64);
    for step in [999, 500, 3] {
        let trained = model.predict(&noisy(3), step, 1).unwrap();
        // The tape in f64 beside the engine in f64: sums in another order differ in the 15th digit.
        let own = played(&model, step, &double);
        assert_eq!((own.equal.samples, own.equal.same, own.equal.differing), (3, 3, 0), "step {step}: {:?}", own.equal);
        assert!(own.equal.spikes > 3000, "{:?}", own.equal);
        // The tape in f32, which trains, beside the engine in f32.
        let single = played(&model, step, &Device::cpu());
        assert_eq!(single.equal.spikes, trained.1.spikes);
        assert!(single.equal.differing * 1000 <= single.equal.spikes, "step {step}: {:?}", single.equal);
        for played in [&own, &single] {
            let off = played.predicted.iter().zip(&trained.0).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max);
            assert!(played.equal.differing > 0 || off < 1e-4, "step {step}: predictions are {off} apart");
        }
    }
    if crate::twins::gpu() {
        assert_eq!(played(&model, 500, &Device::gpu()).equal, played(&model, 500, &Device::cpu()).equal);
    }
    // 19 layers of neurons: 4 and 12 channels of 8 x 8 places, 4, 8 and 16 of 4 x 4, 8 and 16 of 2 x 2.
    let own = played(&model, 500, &double);
    assert_eq!(own.neurons, 64 * (4 * 4 + 12 + 4) + 16 * (4 + 8 + 8 + 16 + 8 + 8) + 4 * (8 * 4 + 16 + 8 + 8));
    assert_eq!(played(&model, 500, &double.clone().threads(2)).predicted, own.predicted);
    // A net with another threshold, and another image, fire otherwise.
    let spikes = |played: Played| played.equal.spikes;
    let count = own.equal.spikes;
    assert_ne!(spikes(model.play(&noisy(3), 3, (&double, 1)).unwrap()), count);
    let other = model.with_threshold(0.9).unwrap();
    let other = played(&other, 500, &double);
    assert_eq!(other.equal.differing, 0);
    assert_ne!(other.equal.spikes, count);
}

#[test]
fn an_image_is_drawn_by_the_engine_as_by_training() {
    let model = model(Neuron::Spiking, (3, false));
    let device = Device::cpu().precision(Precision::F64);
    let sampler = model.sampler(Way::Ddpm, 5, 7);
    let (images, all) = model.draw_played(&sampler, 2, (&device, 1), |_, _| Ok(())).unwrap();
    assert_eq!((all.equal.samples, all.equal.differing), (10, 0));
    let (trained, _) = model.draw_by(&sampler, (2, 1), |_, _| Ok(())).unwrap();
    let off = |own: &Images| {
        let pairs = (0..2).flat_map(|image| images.image(image).iter().zip(own.image(image)));
        pairs.map(|(a, b)| (a - b).abs()).fold(0.0, f32::max)
    };
    assert!(off(&trained) < 1e-3, "{}", off(&trained));
    let other = model.draw_by(&model.sampler(Way::Ddpm, 5, 8), (2, 1), |_, _| Ok(())).unwrap().0;
    assert!(off(&other) > 0.1);
}

#[test]
fn what_is_not_played_is_refused() {
    let refused = |model: Model| told(model.play(&noisy(1), 3, (&Device::cpu(), 1)));
    assert!(refused(model(Neuron::Ann, (2, false))).contains("no neurons of the engine"));
    assert!(refused(model(Neuron::Spiking, (2, true))).contains("name a net without --temporal"));
}
