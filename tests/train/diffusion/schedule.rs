//! Steps there and back against numbers worked out elsewhere (40 digits, in Python), and images whose best net is known.

use neuropil::train::diffusion::{Betas, Prediction, Sampler, Schedule};

use super::{near, numbers, told};

fn linear() -> Schedule {
    Schedule::new(Betas::Linear, 1000).unwrap()
}

#[test]
fn betas_and_what_is_kept_are_the_published_ones() {
    let (linear, cosine) = (linear(), Schedule::new(Betas::Cosine, 1000).unwrap());
    assert!(near(linear.beta(0), 1e-4, 1e-12) && near(linear.beta(999), 0.02, 1e-12));
    for (step, kept) in [(0, 0.9999), (499, 0.07858724288177824), (999, 4.035829765375684e-5)] {
        assert!(near(linear.kept(Some(step)), kept, 1e-11), "step {step}: {}", linear.kept(Some(step)));
    }
    for (step, kept) in [(0, 0.999958715775178), (499, 0.49384359044063775), (998, 2.428766907034851e-06)] {
        assert!(near(cosine.kept(Some(step)), kept, 1e-8), "step {step}: {}", cosine.kept(Some(step)));
    }
    assert_eq!(cosine.beta(999), 0.999);
    assert_eq!((linear.kept(None), linear.steps()), (1.0, 1000));
    // The other schedule is told apart.
    assert!(!near(cosine.kept(Some(499)), linear.kept(Some(499)), 0.1));
    // Of 100 steps each adds ten times as much.
    assert!(near(Schedule::new(Betas::Linear, 100).unwrap().beta(99), 0.2, 1e-12));
}

#[test]
fn predictions_turn_into_images_and_noise() {
    let schedule = linear();
    let (image, noise) = (0.5, -1.25);
    let x = schedule.noisy(image, noise, 499);
    assert!(near(x, -1.059711009446047, 1e-11), "{x}");
    assert_eq!(schedule.target(Prediction::Noise, image, noise, 499), noise);
    let v = schedule.target(Prediction::Velocity, image, noise, 499);
    assert!(near(v, -0.830368939965146, 1e-11), "{v}");
    for prediction in Prediction::ALL {
        let target = schedule.target(prediction, image, noise, 499);
        let seen = schedule.image(prediction, x, target, 499);
        assert!(near(seen, image, 1e-12), "{prediction:?}: {seen}");
        assert!(near(schedule.noise(x, seen, 499), noise, 1e-12));
    }
    // What was predicted as one is no image if taken for the other.
    assert!(!near(schedule.image(Prediction::Noise, x, v, 499), image, 0.1));
    assert!(!near(schedule.image(Prediction::Velocity, x, noise, 499), image, 0.1));
}

#[test]
fn a_step_back_is_the_posterior_where_it_is_as_noisy() {
    let schedule = linear();
    let posterior = schedule.posterior(499);
    assert!(near(posterior.image, 0.003070071114264977, 1e-10), "{posterior:?}");
    assert!(near(posterior.noisy, 0.9941066702101666, 1e-12));
    assert!(near(posterior.variance, 0.010031355414613688, 1e-10));
    assert_eq!(schedule.posterior(0).variance, 0.0);
    // DDIM with eta 1, of neighbours: the same mean and variance (Song et al. 2021, section 4.1).
    let agree = |eta: f64, to: u32| {
        [1u32, 7, 499, 999].into_iter().all(|step| {
            let (posterior, [a, b]) = (schedule.posterior(step), schedule.shares(step));
            let back = schedule.back(step, Some(step - to), eta);
            let (x0, noise) = (0.3, -0.8);
            let mean = back.image * x0 + back.noise * noise;
            let expected = posterior.image * x0 + posterior.noisy * (a * x0 + b * noise);
            near(mean, expected, 1e-9) && near(back.fresh * back.fresh, posterior.variance, 1e-9)
        })
    };
    assert!(agree(1.0, 1));
    assert!(!agree(0.99, 1) && !agree(0.0, 1), "less noise is no posterior");
    let far = schedule.back(499, Some(249), 1.0);
    assert!(!near(far.fresh * far.fresh, posterior.variance, 0.1), "nor is a longer step");
}

#[test]
fn a_step_without_new_noise_is_that_of_ddim() {
    let schedule = linear();
    for (eta, expected) in [
        (0.0, [0.7239374101573703, 0.689865658062959, 0.0]),
        (0.5, [0.7239374101573703, 0.6051040730231222, 0.33130603222016264]),
    ] {
        let back = schedule.back(499, Some(249), eta);
        let found = [back.image, back.noise, back.fresh];
        assert!(found.iter().zip(expected).all(|(&own, other)| near(own, other, 1e-10)), "{found:?}");
    }
    // The last one leaves the image that is seen.
    let last = schedule.back(19, None, 0.0);
    assert_eq!([last.image, last.noise, last.fresh], [1.0, 0.0, 0.0]);
    assert_eq!(schedule.thinned(4).unwrap(), [999, 749, 499, 249]);
    assert_eq!(schedule.thinned(1000).unwrap(), (0..1000).rev().collect::<Vec<_>>());
}

/// Mean and deviation of pixels that are drawn where real ones are normal with mean 0.4 and deviation 0.25, and the net is the
/// best that there is for a mean that is `believed`.
fn drawn(prediction: Prediction, steps: u32, eta: f64, believed: f64) -> [f64; 2] {
    let schedule = linear();
    let deviation = 0.25;
    let sampler = Sampler { prediction, steps, eta, clip: false, seed: 3 };
    let net = |noisy: &[f64], step: u32| {
        let [a, b] = schedule.shares(step);
        let best = |&x: &f64| {
            // The mean of the noise, given x, in closed form; the image follows.
            let noise = b * (x - a * believed) / (a * a * deviation * deviation + b * b);
            let image = (x - b * noise) / a;
            schedule.target(prediction, image, noise, step)
        };
        Ok(noisy.iter().map(best).collect())
    };
    let pixels = sampler.draw(&schedule, (0, 100, 10), net).unwrap();
    let mean = pixels.iter().sum::<f64>() / 1000.0;
    [mean, (pixels.iter().map(|pixel| (pixel - mean) * (pixel - mean)).sum::<f64>() / 1000.0).sqrt()]
}

#[test]
fn the_best_net_of_normal_pixels_draws_them() {
    // 1,000 pixels: the mean is known to 0.008, the deviation to 0.006.
    let right = |[mean, deviation]: [f64; 2]| (mean - 0.4).abs() < 0.032 && (deviation - 0.25).abs() < 0.024;
    for (prediction, steps, eta) in [
        (Prediction::Noise, 1000, 1.0),
        (Prediction::Velocity, 1000, 1.0),
        (Prediction::Noise, 1000, 0.0),
        (Prediction::Velocity, 200, 0.0),
    ] {
        let found = drawn(prediction, steps, eta, 0.4);
        assert!(right(found), "{prediction:?}, {steps} steps, eta {eta}: {found:?}");
    }
    let found = drawn(Prediction::Noise, 1000, 1.0, 0.3);
    assert!(!right(found), "a net that expects darker ones draws the same: {found:?}");
}

#[test]
fn an_image_depends_on_its_number_and_not_on_others() {
    let schedule = Schedule::new(Betas::Cosine, 100).unwrap();
    let sampler = Sampler { prediction: Prediction::Velocity, steps: 10, eta: 0.5, clip: true, seed: 5 };
    let net =
        |noisy: &[f64], step: u32| Ok(noisy.iter().map(|x| 0.1 * x * f64::from(step) / 100.0).collect::<Vec<_>>());
    let all = sampler.draw(&schedule, (0, 6, 4), net).unwrap();
    let later = sampler.draw(&schedule, (4, 2, 4), net).unwrap();
    assert_eq!(all[16..], later[..]);
    assert!(all.iter().all(|pixel| (-1.0..=1.0).contains(pixel)), "it is clipped: the last step leaves what is seen");
    let other = Sampler { seed: 6, ..sampler }.draw(&schedule, (4, 2, 4), net).unwrap();
    assert_ne!(later, other);
}

#[test]
fn what_makes_no_sense_is_refused() {
    assert!(told(Schedule::new(Betas::Linear, 0)).contains("not from 1 to 100000"));
    assert!(told(linear().thinned(1001)).contains("not from 1 to 1000"));
    let sampler = Sampler { prediction: Prediction::Noise, steps: 10, eta: 1.5, clip: true, seed: 1 };
    let broken = |noisy: &[f64], _: u32| Ok(vec![f64::NAN; noisy.len()]);
    assert!(told(sampler.draw(&linear(), (0, 1, 4), broken)).contains("eta = 1.5"));
    let sampler = Sampler { eta: 0.0, ..sampler };
    assert!(told(sampler.draw(&linear(), (0, 1, 4), broken)).contains("image 0 at step 999 is not finite"));
    assert_eq!(numbers(1, 3), numbers(1, 3));
}
