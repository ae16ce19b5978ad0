//! Motion: what is known is found again, what is trained is what is simulated, and each proof has a partner that fails.

use neuropil::device::Device;
use neuropil::random::Draws;
use neuropil::train::motion::hidden::Hidden;
use neuropil::train::motion::planted::{chance, found, planted, taught};
use neuropil::train::motion::{
    Extent, Field, Gaze, Keep, Kernel, Learner, Loss, Motion, Motions, Movie, Patches, Pool, Task, Texture, Ties,
    Window, convolve, events, fire, frames, half_saturation, judge, movie, play, prune,
};
use neuropil::train::{Array, Spikes};

const SMALL: Extent = Extent { delays: 5, height: 5, width: 7 };

fn draws(number: u64) -> Draws {
    Draws::new(7, 0, number)
}

/// Weights and biases of any size.
fn any(classes: usize, extent: Extent, number: u64) -> Kernel {
    let mut draws = draws(number);
    let mut one = || (2.0 * draws.uniform() - 1.0) as f32;
    let weights = (0..classes * extent.features()).map(|_| one()).collect();
    let shape = [classes, 2, extent.delays, extent.height, extent.width];
    let bias = (0..classes).map(|_| one() - 2.5).collect();
    Kernel::new(Array::new("kernel", &shape, weights).unwrap(), bias).unwrap()
}

/// The sum as it is written in the paper.
fn by_hand(kernel: &Kernel, movie: &Spikes, [step, row, column, class]: [usize; 4]) -> f64 {
    let (extent, &[_, _, _, height, width]) = (kernel.extent(), movie.shape()) else { panic!() };
    let there =
        |p: usize, t: usize, y: usize, x: usize| movie.firing(0, t).any(|unit| unit == (p * height + y) * width + x);
    let mut sum = f64::from(kernel.bias()[class]);
    for (feature, weight) in kernel.of(class).iter().enumerate() {
        let [p, delay, down, across] = extent.place(feature);
        // The place is (row + reach, column + reach); dy = down - reach.
        let (y, x) = (row + extent.height - 1 - down, column + extent.width - 1 - across);
        if delay <= step && there(p, step - delay, y, x) {
            sum += f64::from(*weight);
        }
    }
    sum
}

#[test]
fn the_convolution_is_the_sum_of_the_paper_and_patches_are_the_same() {
    let kernel = any(3, SMALL, 1).on_grid().unwrap();
    let field = Field { height: 9, width: 70, steps: 8 };
    let seen = chance(field, 0.1, 1, 0).unwrap();
    let evidence = convolve(&kernel, &seen).unwrap();
    assert_eq!(evidence.shape(), [8, 5, 64, 3]);
    let movie = Movie::new(&seen).unwrap();
    for (number, &value) in evidence.data().iter().enumerate().step_by(37) {
        let (class, place) = (number % 3, number / 3);
        let (column, row, step) = (place % 64, place / 64 % 5, place / 64 / 5);
        assert_eq!(f64::from(value), by_hand(&kernel, &seen, [step, row, column, class]), "{step} {row} {column}");
        let mut patch = Patches::default();
        patch.push(SMALL, &movie, [step, row + 2, column + 3], false).unwrap();
        let sum: f32 = patch.patch(0).iter().map(|&feature| kernel.of(class)[feature as usize]).sum();
        assert_eq!(value, sum + kernel.bias()[class]);
    }
}

fn differing(a: &Spikes, b: &Spikes) -> u32 {
    a.words().iter().zip(b.words()).map(|(a, b)| (a ^ b).count_ones()).sum()
}

#[test]
fn the_engine_fires_as_the_convolution_does_and_a_kernel_with_one_other_delay_does_not() {
    let kernel = any(4, SMALL, 2).on_grid().unwrap();
    let seen = chance(Field { height: 14, width: 16, steps: 40 }, 0.06, 2, 0).unwrap();
    let fired = fire(&kernel, &seen).unwrap();
    assert!(fired.count() > 1000, "{} spikes prove nothing", fired.count());
    let played = play(&kernel, &seen, Device::cpu()).unwrap();
    assert_eq!(fired, played.spikes);
    assert_eq!(played.synapses, kernel.count() * 10 * 10);
    // One weight a step later.
    let mut weights = kernel.weights().data().to_vec();
    let one = SMALL.feature(0, 1, [2, 3]);
    weights.swap(one, SMALL.feature(0, 2, [2, 3]));
    let late = Kernel::new(Array::new("kernel", kernel.weights().shape(), weights).unwrap(), kernel.bias().to_vec());
    let late = play(&late.unwrap(), &seen, Device::cpu()).unwrap();
    assert!(differing(&fired, &late.spikes) > 10);
}

#[test]
fn a_detector_fires_at_events_alone_where_evidence_reaches_its_threshold() {
    let kernel = any(3, SMALL, 3);
    let seen = chance(Field { height: 12, width: 12, steps: 12 }, 0.05, 3, 0).unwrap();
    let detector = kernel.detector(0.5).unwrap();
    let [evidence, gated] = [&kernel, &detector].map(|kernel| convolve(kernel, &seen).unwrap());
    let mut fired = 0;
    for (number, (&evidence, &gated)) in evidence.data().iter().zip(gated.data()).enumerate() {
        let place = number / 3;
        let (column, row, step) = (place % 6, place / 6 % 8, place / 48);
        let on = seen.firing(0, step).any(|unit| unit == (row + 2) * 12 + column + 3);
        let clear = (evidence - 0.5).abs() > 1e-3;
        assert!(!clear || (gated >= 0.0) == (on && evidence >= 0.5), "{evidence} {gated} {on}");
        fired += u32::from(gated >= 0.0);
    }
    assert!(fired > 5);
    let twice = kernel.with_flipped().unwrap();
    let half = SMALL.features() / 2;
    assert_eq!((twice.classes(), &twice.of(4)[..half]), (6, &kernel.of(1)[half..]));
}

#[test]
fn a_planted_kernel_is_found_and_another_is_not() {
    let (extent, field) = (Extent { delays: 8, height: 5, width: 5 }, Field { height: 20, width: 20, steps: 24 });
    let kernel = planted(3, extent, 6, 0.05, 1).unwrap();
    assert_eq!(kernel.count(), 18);
    let learned = taught(&kernel, (field, 0.05, 1), (320, 150), 0.04, 1).unwrap();
    let known = found(&kernel, &learned).unwrap();
    assert!(known.correlation >= 0.95 && known.delays == known.synapses, "{known:?}");
    assert_eq!(learned, taught(&kernel, (field, 0.05, 1), (320, 150), 0.04, 2).unwrap(), "threads change bits");
    let other = found(&planted(3, extent, 6, 0.05, 2).unwrap(), &learned).unwrap();
    assert!(other.correlation < 0.5 && other.delays < other.synapses, "{other:?}");
}

#[test]
fn classes_by_themselves_are_learned_from_presence() {
    // One class: an ON event two steps ago, one pixel to the left.
    let extent = Extent { delays: 3, height: 3, width: 3 };
    let wanted = extent.feature(0, 2, [1, 2]) as u32;
    let mut learner = Learner::new(&Kernel::zeros(1, extent).unwrap(), Loss::Logistic, None).unwrap();
    for number in 0..60 {
        let seen = chance(Field { height: 10, width: 10, steps: 12 }, 0.2, 4, number).unwrap();
        let movie = Movie::new(&seen).unwrap();
        let (mut patches, mut labels) = (Patches::default(), Vec::new());
        for place in 0..64 {
            patches.push(extent, &movie, [2 + place % 10, 1 + place / 8, 1 + place % 8], false).unwrap();
            labels.push(u32::from(!patches.patch(place).contains(&wanted)));
        }
        learner.step(&patches, &labels, 0.1, 1).unwrap();
    }
    let kernel = learner.kernel().unwrap();
    let largest = (0..extent.features()).max_by(|&a, &b| kernel.of(0)[a].total_cmp(&kernel.of(0)[b]));
    assert_eq!(largest, Some(wanted as usize));
    assert!(learner.step(&Patches::default(), &[0], 0.1, 1).is_err());
}

#[test]
fn textures_move_by_what_they_are_told_and_events_count_thresholds() {
    let texture = Texture::leaves(1, 0);
    let field = Field { height: 8, width: 10, steps: 4 };
    let right = Motion { direction: 0.0, speed: 0.5 };
    let seen = frames(&texture, &[right; 4], 2.0, field).unwrap();
    let at = |step: usize, row: usize, column: usize| seen.data()[(step * 8 + row) * 10 + column];
    for row in 0..8 {
        for column in 1..10 {
            assert_eq!(at(2, row, column), at(0, row, column - 1));
            let half = 0.5 * (at(0, row, column - 1) + at(0, row, column));
            assert!((at(1, row, column) - half).abs() < 1e-6);
        }
    }
    // A ramp: 0.4 a step, a threshold of 1. After 3, 5 and 8 steps it has grown beyond 1, 2 and 3.
    let ramp = Array::new("ramp", &[10, 1, 1], (0..10).map(|step| 0.41 * step as f32).collect()).unwrap();
    let seen = events(&ramp, 1.0, None).unwrap();
    assert_eq!(seen.shape(), [1, 9, 2, 1, 1]);
    let on: Vec<usize> = (0..9).filter(|&step| seen.firing(0, step).eq([0])).collect();
    assert_eq!((on, seen.count()), (vec![2, 4, 7], 3));
    let down = Array::new("ramp", &[3, 1, 1], vec![0.0, -0.7, -1.4]).unwrap();
    let seen = events(&down, 1.0, Some(&[-0.5])).unwrap();
    assert!(seen.firing(0, 0).eq([1]) && seen.count() == 1);
}

#[test]
fn one_movie_in_a_hundred_pixels_to_four_and_no_more() {
    let motions = Motions::default();
    assert_eq!((motions.len(), motions.motion(13).speed), (36, 0.7));
    for class in [0, 17, 35] {
        let seen = movie(&[motions.motion(class); 64], Field::default(), 1, class as u64).unwrap();
        let density = 2.0 * seen.density();
        assert!((0.008..0.05).contains(&density), "{density} of class {class}");
    }
    let classes = Gaze::Jagged(24.0).classes(36, 4000, 1, 0).unwrap();
    let turns = classes.windows(2).filter(|pair| pair[0] != pair[1]).count();
    assert!((120..210).contains(&turns), "{turns} turns");
}

#[test]
fn a_tied_kernel_is_its_own_picture_turned() {
    let extent = Extent { delays: 6, height: 7, width: 7 };
    let task =
        Task { extent, field: Field { height: 24, width: 24, steps: 24 }, patches: 32, updates: 1, ..Task::default() };
    let learn = |tied: bool| Task { tied, ..task.clone() }.learn(48, 1, &mut |_, _, _| true).unwrap();
    // A quarter turn: direction 0 becomes direction 3, (dy, dx) becomes (dx, -dy).
    let off = |kernel: &Kernel| {
        let mut most = 0.0f32;
        for feature in 0..extent.features() {
            let [polarity, delay, down, across] = extent.place(feature);
            let turned = extent.feature(polarity, delay, [across, 6 - down]);
            most = most.max((kernel.of(0)[feature] - kernel.of(3)[turned]).abs());
        }
        most
    };
    let (tied, free) = (learn(true), learn(false));
    assert!(off(&tied) < 1e-6, "{}", off(&tied));
    assert!(off(&free) > 0.001, "{}", off(&free));
    assert!(Ties::new(extent, 10, 30).is_err());
}

#[test]
fn motions_are_told_by_events_and_their_delays() {
    let task = Task {
        motions: Motions { directions: 4, speeds: vec![0.7] },
        extent: Extent { delays: 8, height: 9, width: 9 },
        field: Field { height: 32, width: 32, steps: 32 },
        rate: 0.01,
        ..Task::default()
    };
    let kernel = task.learn(160, 1, &mut |_, _, _| true).unwrap();
    let window = Window { steps: 4, side: 0, since: 0 };
    let right =
        |kernel: &Kernel| judge(&task, &[(kernel, Pool::Evidence)], &[window], 1000..1024, 1).unwrap()[0][0].right();
    assert!(right(&kernel) > 0.9, "{}", right(&kernel));
    // Time turned round.
    let mut weights = Vec::new();
    for rows in kernel.weights().data().chunks(8 * 81) {
        weights.extend(rows.chunks(81).rev().flatten().copied());
    }
    let turned = Array::new("kernel", kernel.weights().shape(), weights).unwrap();
    let turned = Kernel::new(turned, kernel.bias().to_vec()).unwrap();
    assert!(right(&turned) < 0.5, "{}", right(&turned));
}

#[test]
fn pruning_keeps_the_largest_and_half_is_where_it_was_planted() {
    let kernel = any(3, SMALL, 5);
    let means = vec![0.5; SMALL.features()];
    let few = prune(&kernel, 10, Keep::Largest, &means, &mut draws(0)).unwrap();
    assert_eq!(few.count(), 10);
    let mut sizes: Vec<f32> = kernel.weights().data().iter().map(|weight| weight.abs()).collect();
    sizes.sort_by(|a, b| b.total_cmp(a));
    let kept = few.weights().data().iter().filter(|weight| **weight != 0.0).map(|weight| weight.abs());
    assert!(kept.fold(f32::MAX, f32::min) == sizes[9]);
    let gone: f32 = kernel.of(1).iter().zip(few.of(1)).map(|(all, few)| 0.5 * (all - few)).sum();
    assert!((few.bias()[1] - kernel.bias()[1] - gone).abs() < 1e-4);
    let soonest = prune(&kernel, 3 * 2 * 35, Keep::Soonest, &means, &mut draws(0)).unwrap();
    assert!(soonest.of(2)[35..5 * 35].iter().all(|weight| *weight == 0.0) && soonest.of(2)[..35] == kernel.of(2)[..35]);
    // Accuracy 0.1 + 0.8 · share / (share + 0.01): half of what is above chance, 0.1, is kept at 1 %.
    let curve: Vec<(f64, f64)> = (0..2000)
        .map(|k| 10f64.powf(-0.005 * f64::from(k)))
        .map(|share| (share, 0.1 + 0.8 * share / (share + 0.01)))
        .collect();
    let half = half_saturation(&curve, 0.1).unwrap();
    // The first point has 1 / 1.01 of all.
    assert!((half / (0.01 / 1.02) - 1.0).abs() < 0.02, "{half}");
    assert_eq!(half_saturation(&[(1.0, 0.9), (0.1, 0.8)], 0.1), None);
}

#[test]
fn what_does_not_fit_is_said_in_a_sentence() {
    let says = |result: neuropil::Result<()>, words: &str| {
        let problem = result.unwrap_err().to_string();
        assert!(problem.contains(words), "{problem}");
    };
    let seen = chance(Field { height: 4, width: 4, steps: 4 }, 0.1, 1, 0).unwrap();
    says(convolve(&any(1, SMALL, 1), &seen).map(drop), "no room");
    says(Kernel::zeros(1, Extent { delays: 1, height: 4, width: 3 }).map(drop), "odd number");
    says(Kernel::zeros(0, SMALL).map(drop), "0 classes");
    says(planted(1, SMALL, 100, 0.1, 1).map(drop), "do not find room");
    let wide = chance(Field { height: 9, width: 9, steps: 9 }, 0.1, 1, 0).unwrap();
    says(play(&Kernel::zeros(1, SMALL).unwrap(), &wide, Device::cpu()).map(drop), "fire of nothing");
    let nan = Array::new("frames", &[2, 1, 1], vec![0.0, f32::NAN]).unwrap();
    says(events(&nan, 1.0, None).map(drop), "not finite");
    says(Texture::new(vec![0.0; 3]).map(drop), "128 x 128");
    says(Gaze::Jagged(0.0).classes(3, 4, 1, 0).map(drop), "above 0");
    says(judge(&Task::default(), &[(&any(1, SMALL, 1), Pool::Evidence)], &[], 0..1, 1).map(drop), "another extent");
}

#[test]
fn hidden_neurons_spike_on_the_engine_as_they_were_trained_and_another_delay_is_seen() {
    let task = Task {
        motions: Motions { directions: 4, speeds: vec![0.7] },
        extent: Extent { delays: 8, height: 7, width: 7 },
        field: Field { height: 20, width: 20, steps: 24 },
        patches: 32,
        ..Task::default()
    };
    let mut hidden = Hidden::new(task.extent, (12, 4), 1).unwrap();
    let before = hidden.parameters().named("delays").unwrap().value().clone();
    hidden.learn(&task, (24, 0.01), 1, &mut |_| true).unwrap();
    let after = hidden.parameters().named("delays").unwrap().value();
    assert!(after.data().iter().all(|delay| delay.fract() == 0.0 && (0.0..=7.0).contains(delay)));
    let moved = before.data().iter().zip(after.data()).filter(|(a, b)| (*a - *b).abs() > 0.75).count();
    assert!(moved > 50, "{moved} delays were learned");
    let seen = chance(Field { height: 7, width: 7, steps: 200 }, 0.05, 1, 0).unwrap();
    let shown = hidden.shown(&seen).unwrap();
    assert!(shown.count() > 100, "{} spikes prove nothing", shown.count());
    assert_eq!(shown, hidden.played(&seen, Device::cpu()).unwrap());
    let other = hidden.with_another_delay().unwrap();
    assert_ne!(shown, other.played(&seen, Device::cpu()).unwrap());
}
