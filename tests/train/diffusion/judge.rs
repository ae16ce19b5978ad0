//! Distances in closed form, the judge that comes along, images in other sizes.

use neuropil::train::diffusion::{Gaussian, Images, Judge, Judging, judging, noise, row};
use neuropil::train::fit::{Samples, Split, Trainer, Unwatched};

use super::{near, numbers, told};

fn distance(one: (&[f64], &[f64]), other: (&[f64], &[f64])) -> f64 {
    Gaussian::new(one.0, one.1).unwrap().distance(&Gaussian::new(other.0, other.1).unwrap()).unwrap()
}

#[test]
fn distances_are_those_in_closed_form() {
    // One axis: (m - m')² + (s - s')².
    assert!(near(distance((&[1.0], &[4.0]), (&[-0.5], &[0.25])), 1.5 * 1.5 + 1.5 * 1.5, 1e-12));
    // Two axes: the trace of the root of a product P is √(tr P + 2 √det P).
    let (a, b) = ([2.0f64, 0.6, 0.6, 1.0], [1.0, -0.3, -0.3, 0.5]);
    let product =
        [a[0] * b[0] + a[1] * b[2], a[0] * b[1] + a[1] * b[3], a[2] * b[0] + a[3] * b[2], a[2] * b[1] + a[3] * b[3]];
    let determinant = product[0] * product[3] - product[1] * product[2];
    let cross = (product[0] + product[3] + 2.0 * determinant.sqrt()).sqrt();
    let expected = 0.25 + 2.0 + 1.0 + 1.0 + 0.5 - 2.0 * cross;
    let found = distance((&[0.5, 0.0], &a), (&[0.0, 0.0], &b));
    assert!(near(found, expected, 1e-12), "{found}, {expected}");
    // The root of each diagonal alone is another number: covariances between axes count.
    let wrong = 0.25 + 4.5 - 2.0 * ((a[0] * b[0]).sqrt() + (a[3] * b[3]).sqrt());
    assert!(!near(found, wrong, 1e-3));
    assert!(distance((&[0.5, 0.0], &a), (&[0.5, 0.0], &a)) < 1e-12);
    // A cloud in a plane has no inverse, and a distance all the same.
    assert!(near(distance((&[0.0, 0.0], &[1.0, 1.0, 1.0, 1.0]), (&[0.0; 2], &[0.0; 4])), 2.0, 1e-12));
}

#[test]
fn points_have_the_mean_and_covariance_that_they_were_made_with() {
    let points = [1.0, 2.0, 3.0, 0.0, 2.0, 4.0];
    let gaussian = Gaussian::of(&points, 2).unwrap();
    let by_hand = Gaussian::new(&[2.0, 2.0], &[1.0, -1.0, -1.0, 4.0]).unwrap();
    assert!(gaussian.distance(&by_hand).unwrap() < 1e-12);
    let biased = Gaussian::new(&[2.0, 2.0], &[2.0 / 3.0, -2.0 / 3.0, -2.0 / 3.0, 8.0 / 3.0]).unwrap();
    assert!(gaussian.distance(&biased).unwrap() > 0.01);
    assert!(told(Gaussian::of(&points, 4)).contains("two or more points"));
    assert!(told(Gaussian::new(&[0.0; 2], &[1.0, 0.5, 0.4, 1.0])).contains("symmetric"));
    assert!(told(Gaussian::new(&[f64::NAN], &[1.0])).contains("not finite"));
    assert!(told(by_hand.distance(&Gaussian::new(&[0.0], &[1.0]).unwrap())).contains("axes"));
}

#[test]
fn images_in_other_sizes_keep_their_brightness() {
    let pixels: Vec<f32> = numbers(2, 784).into_iter().map(|x| x as f32).collect();
    let images = Images::new(28, pixels.clone()).unwrap();
    let mean = |pixels: &[f32]| pixels.iter().map(|&pixel| f64::from(pixel)).sum::<f64>() / pixels.len() as f64;
    let small = images.resized(16).unwrap();
    assert!((mean(small.pixels()) - mean(&pixels)).abs() < 1e-6);
    // Half as large: means of four.
    let half = images.resized(14).unwrap();
    let four = (pixels[0] + pixels[1] + pixels[28] + pixels[29]) / 4.0;
    assert!((half.pixels()[0] - four).abs() < 1e-6);
    assert_eq!(images.resized(28).unwrap(), images);
    // Larger: straight lines stay straight.
    let ramp = Images::new(4, (0..16).map(|k| (k % 4) as f32 / 4.0).collect()).unwrap().resized(8).unwrap();
    let row: Vec<f32> = ramp.pixels()[..8].to_vec();
    assert_eq!(row, [0.0, 0.0625, 0.1875, 0.3125, 0.4375, 0.5625, 0.6875, 0.75]);
    let (width, height, bytes) = Images::new(2, vec![-1.0, 1.0, 0.0, -2.0, 1.0, 1.0, 1.0, 1.0]).unwrap().sheet(1);
    assert_eq!((width, height, bytes.len()), (10, 6, 60));
    assert_eq!([bytes[22], bytes[23], bytes[32], bytes[33]], [0, 255, 128, 0]);
    assert!(told(Images::new(3, vec![0.0; 10])).contains("no whole images"));
}

/// The small digits that come along, as large as the judge sees them.
fn digits() -> (Images, Vec<u32>) {
    let samples = Samples::digits().unwrap();
    let images = Images::of(&samples, &(0..500).collect::<Vec<_>>(), 28).unwrap();
    (images, samples.labels()[..500].to_vec())
}

#[test]
fn the_judge_that_comes_along_knows_digits_of_others() {
    let (images, labels) = digits();
    let judge = Judge::own().unwrap();
    let opinion = judge.look(&images, 1).unwrap();
    // It has learned from other writers and sharper images; by chance it would be 0.1.
    assert!(opinion.accuracy(&labels) > 0.6, "{}", opinion.accuracy(&labels));
    let real = opinion.gaussian().unwrap();
    let some = Images::new(28, images.pixels()[..250 * 784].to_vec()).unwrap();
    let (own, worst) = (
        row("digits", &some, None, (&judge, &real), 1).unwrap(),
        row("noise", &noise(250, 28, 1).unwrap(), None, (&judge, &real), 1).unwrap(),
    );
    assert!(own.frechet < 0.2 * worst.frechet, "{} {}", own.frechet, worst.frechet);
    assert!((own.classes.iter().sum::<f64>() - 1.0).abs() < 1e-9);
    assert_eq!(judge.look(&images, 2).unwrap().features, opinion.features);
}

#[test]
fn a_judge_learns() {
    let (images, labels) = digits();
    let mut task = Judging::new(&images, &labels, 1).unwrap();
    let split = Split { train: (0..400).collect(), validation: (400..500).collect(), ..Split::default() };
    let mut trainer = Trainer::new(task.parameters(1).unwrap(), judging(6), split).unwrap();
    trainer.run(&mut task, None, &mut Unwatched).unwrap();
    let accuracy = |epoch: usize| trainer.history()[epoch].validation.unwrap().accuracy().unwrap();
    assert!(accuracy(5) > 0.4 && accuracy(5) > accuracy(0), "{} {}", accuracy(0), accuracy(5));
    let labels = vec![10; 500];
    assert!(told(Judging::new(&images, &labels, 1)).contains("no digit"));
}
