//! Rich and lazy learning: measures of known matrices, wirings of a rank, networks that learn.

use std::ops::ControlFlow;

use neuropil::train::regimes::geometry::{Setting, learn};
use neuropil::train::regimes::measures::{alignment, centred, change, cka, effective_rank, kernel};
use neuropil::train::regimes::{
    Choice, Moved, Rnn, Start, Training, Trials, connections_of_busiest, correlation_with_rank, run, truncated_to_rank,
};
use neuropil::train::reservoir::{Graph, Sparse};
use neuropil::train::tape::Curve;

fn near(a: f64, b: f64, tolerance: f64) -> bool {
    (a - b).abs() <= tolerance
}

#[test]
fn alignments_of_known_kernels() {
    // Rows (1, 0), (0, 1), (1, 1): products of all pairs.
    let table = [1.0, 0.0, 0.0, 1.0, 1.0, 1.0];
    let own = kernel(&table, 2).unwrap();
    assert_eq!(own, [1.0, 0.0, 1.0, 0.0, 1.0, 1.0, 1.0, 1.0, 2.0]);
    // Tr(A B) / (‖A‖ ‖B‖) by hand: with the identity 4 / (√10 √3).
    let identity = [1.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 1.0];
    assert!(near(alignment(&own, &identity).unwrap(), 4.0 / 30f64.sqrt(), 1e-15));
    assert!(near(alignment(&own, &own.map_by(3.0)).unwrap(), 1.0, 1e-15));
    // A kernel of means alone is nothing when centred; uncentred it is aligned with all that is positive.
    let means = [1.0; 9];
    assert!(centred(&means).unwrap().iter().all(|value| value.abs() < 1e-15));
    assert!(alignment(&own, &means).unwrap() > 0.8);
    // Labels in groups against one unit that tells them: 1 however far the unit is moved, which breaks what is not centred.
    let labels = kernel(&[1.0, 1.0, -1.0, -1.0], 1).unwrap();
    let moved = kernel(&[5.0, 5.0, 4.0, 4.0], 1).unwrap();
    assert!(near(cka(&moved, &labels).unwrap(), 1.0, 1e-12));
    assert!(alignment(&moved, &labels).unwrap() < 0.1);
    assert!(near(change(&[3.0, 4.0], &[3.0, 5.0]).unwrap(), 0.2, 1e-15));
}

trait MapBy {
    fn map_by(&self, factor: f64) -> Vec<f64>;
}
impl MapBy for Vec<f64> {
    fn map_by(&self, factor: f64) -> Vec<f64> {
        self.iter().map(|value| factor * value).collect()
    }
}

#[test]
fn what_is_no_matrix_is_refused() {
    assert!(kernel(&[1.0, 2.0, 3.0], 2).is_err());
    assert!(alignment(&[1.0], &[1.0, 2.0]).is_err());
    assert!(centred(&[1.0, 2.0]).is_err());
    assert!(effective_rank(&[1.0; 5]).is_err());
    assert!(change(&[0.0], &[1.0]).is_err());
    assert!(truncated_to_rank(&[1.0; 4], 2, 3).is_err());
    assert!(Choice::Larger.trials(0, 1, 0).is_err());
}

#[test]
fn a_cut_matrix_has_its_rank_and_its_norm() {
    // Singular values 3 and 1 by hand: of [[2, 1], [1, 2]] the largest is kept, along (1, 1) / √2.
    let cut = truncated_to_rank(&[2.0, 1.0, 1.0, 2.0], 2, 1).unwrap();
    assert!(cut.iter().all(|value| near(*value, 1.5, 1e-12)));
    assert!(near(effective_rank(&cut).unwrap(), 1.0, 1e-12));
    assert!(near(effective_rank(&[1.0, 0.0, 0.0, 1.0]).unwrap(), 2.0, 1e-12));
    let (units, gain) = (24, 1.5);
    for rank in [1, 3, 24] {
        let weights = Start::Rank(rank).weights(units, gain, 7).unwrap();
        let norm = weights.iter().map(|value| value * value).sum::<f64>().sqrt();
        assert!(near(norm, gain * (units as f64).sqrt(), 1e-10));
        // What is left of it beyond its rank is nothing; one rank less leaves something.
        let lost = |rank: usize| change(&weights, &truncated_to_rank(&weights, units, rank).unwrap()).unwrap();
        assert!(lost(rank) < 1e-10);
        assert!(rank == 1 || lost(rank - 1) > 1e-6);
    }
}

#[test]
fn busiest_units_are_kept() {
    // Unit 2 has three connections, units 1 and 0 two each, unit 3 one: rows are targets in the graph, sources in the matrix.
    let graph = Sparse::new(4, 4, vec![(2, 0, 1.0), (2, 1, 2.0), (1, 2, 3.0), (0, 3, 4.0)]).unwrap();
    assert_eq!(connections_of_busiest(&graph, 3).unwrap(), [0.0, 0.0, 1.0, 0.0, 0.0, 2.0, 0.0, 3.0, 0.0]);
    assert!(connections_of_busiest(&graph, 5).is_err());
    let (worm, shuffled) = (Start::Wired(Graph::Worm), Start::Shuffled(Graph::Worm));
    let sorted = |start: Start| {
        let mut weights = start.weights(64, 1.5, 1).unwrap();
        weights.sort_by(f64::total_cmp);
        weights
    };
    let pairs = sorted(worm).into_iter().zip(sorted(shuffled));
    assert!(pairs.into_iter().all(|(one, other)| near(one, other, 1e-12)));
    assert!(worm.weights(64, 1.5, 1).unwrap() != shuffled.weights(64, 1.5, 1).unwrap());
}

#[test]
fn tangents_are_differences() {
    let trials = Choice::Match.trials(3, 1, 0).unwrap();
    let units = 6;
    let weights = Start::Rank(2).weights(units, 1.2, 3).unwrap();
    let difference = |weights: Vec<f64>| -> f64 {
        // Of the first trial, from its loss with either label: loss(1) - loss(0) = logit(0) - logit(1).
        let one = trials.single(0).unwrap();
        let network = Rnn::new((units, Curve::Tanh), weights, 3).unwrap();
        let loss = |label: u32| network.judge(&Trials { labels: vec![label], ..one.clone() }).unwrap().loss;
        loss(0) - loss(1)
    };
    let (rows, width) = Rnn::new((units, Curve::Tanh), weights.clone(), 3).unwrap().tangents(&trials).unwrap();
    assert_eq!((rows.len(), width), (3 * width, 2 * units + units * units + 2 * units));
    let (place, by) = (7, 1e-6);
    let [mut more, mut less] = [weights.clone(), weights];
    more[place] += by;
    less[place] -= by;
    let slope = (difference(more) - difference(less)) / (2.0 * by);
    assert!(near(rows[2 * units + place], slope, 1e-7), "{} {slope}", rows[2 * units + place]);
    assert!(!near(rows[width + 2 * units + place], slope, 1e-7), "another trial has another slope");
}

#[test]
fn correlations_with_rank_are_those_of_ranks() {
    let moved = |rank: usize, seed: u64, change: f64| Moved {
        start: Start::Rank(rank),
        effective: rank as f64,
        seed,
        steps: 1,
        reached: true,
        loss: 0.0,
        right: 1.0,
        change,
        representation: -change,
        tangent: 0.0,
    };
    // Of ranks 1, 2, 4 with values 1, 3, 2: Spearman's 1 - 6 · 2 / 24 = 0.5; the second seed rises.
    let all =
        [moved(1, 1, 1.0), moved(2, 1, 3.0), moved(4, 1, 2.0), moved(1, 2, 11.0), moved(2, 2, 12.0), moved(4, 2, 13.0)];
    let (_, seeds) = correlation_with_rank(&all, |moved| moved.change);
    assert!(near(seeds[0], 0.5, 1e-12) && near(seeds[1], 1.0, 1e-12));
    let (_, falling) = correlation_with_rank(&all, |moved| moved.representation);
    assert!(near(falling[1], -1.0, 1e-12));
    // A connectome has no rank of that kind: it does not count.
    let wired = Moved { start: Start::Wired(Graph::Worm), ..moved(1, 2, 99.0) };
    assert_eq!(
        correlation_with_rank(&[&all[..], &[wired]].concat(), |moved| moved.change),
        correlation_with_rank(&all, |moved| moved.change)
    );
    assert_eq!(correlation_with_rank(&all, |moved| moved.tangent), (None, Vec::new()));
}

fn plan() -> Training {
    Training {
        choice: Choice::Larger,
        units: 16,
        starts: vec![Start::Rank(1), Start::Rank(16)],
        seeds: vec![1, 2],
        gain: 1.5,
        curve: Curve::Tanh,
        loss: 0.5,
        rate: 0.03,
        max_steps: 200,
    }
}

#[test]
fn learning_ends_at_the_loss_and_does_not_depend_on_threads() {
    let go = |plan: &Training, threads| run(plan, threads, &mut |_| ControlFlow::Continue(())).unwrap();
    let moved = go(&plan(), 1);
    assert_eq!(moved, go(&plan(), 3));
    assert!(moved.iter().all(|moved| moved.reached && moved.loss <= 0.5 && moved.change > 0.0));
    assert!(moved.iter().all(|moved| moved.representation < 1.0 && moved.representation > 0.2));
    // Nothing moves that does not learn.
    let still = go(&Training { rate: 1e-300, max_steps: 5, ..plan() }, 1);
    assert!(still.iter().all(|moved| !moved.reached && moved.change == 0.0 && near(moved.representation, 1.0, 1e-12)));
    let ended = run(&plan(), 1, &mut |_| ControlFlow::Break(())).unwrap();
    assert_eq!(ended, moved[..1]);
    assert!(run(&Training { seeds: Vec::new(), ..plan() }, 1, &mut |_| ControlFlow::Continue(())).is_err());
}

#[test]
fn tanh_shows_the_answers_and_relu_the_inputs_where_a_parity_is_asked_of_states_apart() {
    let setting = Setting { bits: 2, parity: true, apart: 0.3, noise: 0.1, seed: 1 };
    let [tanh, relu] = [Curve::Tanh, Curve::Relu].map(|curve| learn(setting, curve).unwrap());
    assert!(tanh.loss < 0.05 && relu.loss < 0.05);
    assert!(tanh.target > relu.target + 0.1, "{tanh:?} {relu:?}");
    assert!(relu.input > tanh.input + 0.1, "{tanh:?} {relu:?}");
    // Of one bit both show the same: it is the parity that parts them.
    let plain = Setting { parity: false, ..setting };
    let [tanh, relu] = [Curve::Tanh, Curve::Relu].map(|curve| learn(plain, curve).unwrap());
    assert!(near(tanh.target, relu.target, 0.05));
    assert!(learn(Setting { bits: 1, ..setting }, Curve::Tanh).is_err());
    assert!(learn(Setting { noise: f64::NAN, ..setting }, Curve::Tanh).is_err());
}
