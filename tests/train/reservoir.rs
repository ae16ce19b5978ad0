//! Reservoirs and readouts beside numbers that were computed elsewhere.
//!
//! The numbers are those of a script in plain Python (floats of 64 bits), written from the equations alone: `math.tanh` for the
//! units; Gauss's elimination with pivoting for the ridge; recursive least squares as in Haykin's book with full matrices; Runge
//! & Kutta's rule for the differential equations.

use neuropil::train::Array;
use neuropil::train::reservoir::signals::{MackeyGlass, lorenz, mackey_glass, narma10, nrmse, parity, read_series};
use neuropil::train::reservoir::{
    Force, Graph, Normal, Rates, Reservoir, Rls, Sparse, outputs, ridge, ridge_chosen, rows, with_one,
};

use crate::support::room::Room;

const W: [f64; 9] = [0.0, 0.5, -0.3, 0.2, 0.0, 0.4, -0.6, 0.1, 0.25];
const W_IN: [f64; 3] = [0.7, -0.4, 0.2];
const BIAS: [f64; 3] = [0.1, 0.0, -0.05];

fn table(rows: usize, numbers: &[f64]) -> Array<f64> {
    Array::new("test", &[rows, numbers.len() / rows], numbers.to_vec()).unwrap()
}

fn small(w: &[f64; 9]) -> Reservoir<f64> {
    Reservoir::from_matrices(&table(3, w), &table(3, &W_IN), &BIAS, 0.6).unwrap()
}

/// 40 steps from 0 to 0.5.
fn input() -> Vec<f64> {
    (0..40).map(|t| 0.25 * (0.7 * f64::from(t)).sin() + 0.25).collect()
}

fn near(found: &[f64], expected: &[f64], by: f64) -> bool {
    found.len() == expected.len() && found.iter().zip(expected).all(|(a, b)| (a - b).abs() <= by * b.abs().max(1.0))
}

/// States of steps 10 to 39 with a one, and NARMA-10 of the same steps.
fn learned() -> (Array<f64>, Array<f64>) {
    let states = with_one(&small(&W).run(&table(40, &input())).unwrap()).unwrap();
    let targets = table(40, &narma10(&input()).unwrap());
    (rows(&states, 10, 40).unwrap(), rows(&targets, 10, 40).unwrap())
}

#[test]
fn states_are_those_of_the_equation() {
    let states = small(&W).run(&table(40, &input())).unwrap();
    let row = |t: usize| &states.data()[3 * t..3 * t + 3];
    assert!(near(row(0), &[0.16096270921296083, -0.05980079677497349, 0.0], 1e-13));
    assert!(near(row(1), &[0.2703698829505934, -0.10279867182477563, -0.042138605336984804], 1e-13));
    let last = [0.3654967388051868, -0.186050907771575, -0.22087700832351315];
    assert!(near(row(39), &last, 1e-13), "{:?}", row(39));
    // Another weight gives other states.
    let mut other = W;
    other[2] += 1e-6;
    let states = small(&other).run(&table(40, &input())).unwrap();
    assert!(!near(&states.data()[117..], &last, 1e-8));
    // f32 is near, and no more.
    let single = Reservoir::<f32>::from_matrices(&table(3, &W), &table(3, &W_IN), &BIAS, 0.6).unwrap();
    let input: Vec<f32> = input().iter().map(|&u| u as f32).collect();
    let states = single.run(&Array::new("test", &[40, 1], input).unwrap()).unwrap();
    let single: Vec<f64> = states.data()[117..].iter().map(|&x| f64::from(x)).collect();
    assert!(near(&single, &last, 1e-6) && !near(&single, &last, 1e-12));
}

#[test]
fn a_connection_is_as_late_as_its_delay() {
    let (w, w_in) = (Sparse::from_dense(&table(3, &W)).unwrap(), Sparse::from_dense(&table(3, &W_IN)).unwrap());
    // Entries in order: (0, 1) 3 steps, (0, 2), (1, 0), (1, 2) 2 steps, (2, 0), (2, 1), (2, 2).
    let last = |delays: [u32; 7]| {
        let reservoir = Reservoir::with_delays(&w, &delays, &w_in, &BIAS, 0.6).unwrap();
        reservoir.run(&table(40, &input())).unwrap().data()[117..].to_vec()
    };
    let expected = [0.38418002256144, -0.1796745294517329, -0.22650684746882838];
    assert!(near(&last([3, 1, 1, 2, 1, 1, 1]), &expected, 1e-13));
    assert!(!near(&last([3, 1, 1, 3, 1, 1, 1]), &expected, 1e-6));
    let all_one = small(&W).run(&table(40, &input())).unwrap();
    assert_eq!(last([1; 7]), all_one.data()[117..]);
    let told = Reservoir::<f64>::with_delays(&w, &[0; 7], &w_in, &BIAS, 0.6).unwrap_err().to_string();
    assert_eq!(told, "reservoir: a delay of 0 steps must be from 1 to 10,000");
}

#[test]
fn rows_side_by_side_have_the_bits_of_rows_one_by_one() {
    let sparse = Sparse::random(150, 30.0, 3).unwrap().scaled(0.2);
    let w_in = Sparse::new(150, 1, (0..150).map(|unit| (unit, 0, 0.3)).collect()).unwrap();
    let reservoir = Reservoir::<f64>::new(&sparse, &w_in, &[0.01; 150], 1.0).unwrap();
    let states = reservoir.run(&table(20, &input()[..20])).unwrap();
    let (mut x, mut expected) = (vec![0.0; 150], Vec::new());
    for u in &input()[..20] {
        let sums: Vec<f64> = (0..150)
            .map(|row| {
                let (places, weights) = sparse.row(row);
                places
                    .iter()
                    .zip(weights)
                    .fold(0.01 + 0.3 * u, |sum, (&place, weight)| sum + weight * x[place as usize])
            })
            .collect();
        x = sums.into_iter().map(neuropil::number::math::tanh).collect();
        expected.extend_from_slice(&x);
    }
    assert_eq!(states.data(), expected);
    let other = Reservoir::<f64>::new(&sparse.scaled(1.0 + 1e-12), &w_in, &[0.01; 150], 1.0).unwrap();
    assert_ne!(other.run(&table(20, &input()[..20])).unwrap().data(), expected);
}

#[test]
fn signals_are_those_of_their_equations() {
    let y = narma10(&input()).unwrap();
    assert!(near(&[y[1], y[2], y[11], y[39]], &[0.1, 0.1305, 0.4499543484784029, 0.8083834622730414], 1e-14));
    let x = mackey_glass(301, &MackeyGlass::default()).unwrap();
    let expected = [1.1175622107750187, 0.48697726393120894, 1.0137275309251268, 1.1527300522010917];
    assert!(near(&[x[1], x[18], x[100], x[300]], &expected, 1e-11), "{:?}", [x[1], x[18], x[100], x[300]]);
    let later = mackey_glass(301, &MackeyGlass { tau: 17.1, ..MackeyGlass::default() }).unwrap();
    assert!(!near(&later[300..301], &expected[3..], 1e-4));
    let p = lorenz(101, 0.02, [1.0; 3])[100];
    assert!(near(&p, &[-8.173497619297187, -9.562021024515237, 24.62069941540941], 1e-11), "{p:?}");
    let bits = [1.0, -1.0, -1.0, -1.0, 1.0, 1.0];
    assert_eq!(parity(&bits, 3, 0), [1.0, 1.0, 1.0, -1.0, 1.0, -1.0]);
    assert_eq!(parity(&bits, 3, 1), [1.0, 1.0, 1.0, 1.0, -1.0, 1.0]);
    assert!(narma10(&[0.9; 200]).unwrap_err().to_string().contains("grows without bounds at step"));
    assert!(narma10(&[f64::NAN]).unwrap_err().to_string().contains("number 0, counted from 0, is not a number"));
}

#[test]
fn a_ridge_is_that_of_the_normal_equations() {
    let (states, targets) = learned();
    let expected = [1.7085436693191673, -1.00676478979692, -5.181041911476125, -1.2543422938787356];
    let weights = ridge(&states, &targets, 1e-3).unwrap();
    assert!(near(weights.data(), &expected, 1e-10), "{weights:?}");
    assert!(!near(ridge(&states, &targets, 1.001e-3).unwrap().data(), &expected, 1e-7));
    let said = outputs(&states, &weights).unwrap();
    assert!((nrmse(said.data(), targets.data()).unwrap() - 0.34110001444696003).abs() < 1e-10);
    // Of what is exact, a tiny alpha finds the weights.
    let exact = table(30, &states.data().chunks(4).map(|s| 2.0 * s[0] - s[2] + 0.5 * s[3]).collect::<Vec<_>>());
    assert!(near(ridge(&states, &exact, 1e-12).unwrap().data(), &[2.0, 0.0, -1.0, 0.5], 1e-6));
    let chosen = ridge_chosen(&states, &exact, &[1.0, 1e-12, 1e-2], 6).unwrap();
    assert_eq!(chosen.alpha, 1e-12);
    let twice = table(30, &states.data().chunks(4).flat_map(|s| [s[0], s[0]]).collect::<Vec<_>>());
    let told = Normal::new(&twice, &targets).unwrap().solve(0.0).unwrap_err().to_string();
    assert!(told.contains("alpha = 0 is too small for states that depend on each other"), "{told}");
    let mut bad = states.clone();
    bad.data_mut()[5] = f64::NAN;
    let told = ridge(&bad, &targets, 1.0).unwrap_err().to_string();
    assert_eq!(told, "states: column 1 of row 1, counted from 0, is not a number; mend the data");
}

#[test]
fn recursive_least_squares_come_to_the_ridge() {
    let (states, targets) = learned();
    let weights = |forgetting: f64| {
        let mut rls = Rls::new(4, 1, 1e-3, forgetting).unwrap();
        for (state, target) in states.data().chunks(4).zip(targets.data()) {
            rls.step(state, &[*target]).unwrap();
        }
        rls.weights().unwrap()
    };
    let ridge = ridge(&states, &targets, 1e-3).unwrap();
    assert!(near(weights(1.0).data(), ridge.data(), 1e-9));
    let forgetful = [1.6984138640504958, -1.095052824619954, -5.30131327742073, -1.2815487610071086];
    assert!(near(weights(0.98).data(), &forgetful, 1e-9));
    assert!(!near(weights(0.98).data(), ridge.data(), 1e-3));
    assert!(Rls::new(4, 1, 0.0, 1.0).is_err() && Rls::new(4, 1, 1.0, 1.1).is_err());
}

/// The error of a network that goes on by itself for two periods of a sine after FORCE has taught it, or after it has not.
fn forced(taught: usize) -> f64 {
    let graph = Graph::Random { units: 200, degree: 20.0 };
    let rates = Rates { radius: 1.3, input: 1.0, leak: 0.3, ..Rates::default() };
    let reservoir = graph.wiring(1).unwrap().reservoir::<f64>(1, &rates, 1).unwrap();
    let mut force = Force::new(reservoir, 1, 1.0).unwrap();
    let sine = |t: usize| (t as f64 * std::f64::consts::TAU / 60.0).sin();
    for t in 0..taught {
        force.learn(&[], &[sine(t)]).unwrap();
    }
    let said: Vec<f64> = (0..120).map(|_| force.step(&[])[0]).collect();
    let asked: Vec<f64> = (taught..taught + 120).map(sine).collect();
    nrmse(&said, &asked).unwrap()
}

#[test]
fn force_teaches_a_sine_that_goes_on_alone() {
    let (taught, hardly) = (forced(1200), forced(10));
    assert!(taught < 0.05 && hardly > 0.3, "{taught}, {hardly}");
}

#[test]
fn a_spectral_radius_is_the_largest_of_all_eigenvalues() {
    // A rotation by a quarter, and a cycle of 400 whose eigenvalues all have the same size.
    let turn = Sparse::new(2, 2, vec![(0, 1, 3.0), (1, 0, -3.0)]).unwrap();
    assert!((turn.spectral_radius().unwrap() - 3.0).abs() < 1e-12);
    let cycle = |n: u32| Sparse::new(n as usize, n as usize, (0..n).map(|k| (k, (k + 1) % n, 0.7)).collect()).unwrap();
    assert!((cycle(400).spectral_radius().unwrap() - 0.7).abs() < 1e-6);
    // A star: the root of the sum of squares.
    let star = (1..500).flat_map(|leaf| [(0, leaf, 0.1), (leaf, 0, 0.1)]).collect();
    let star = Sparse::new(500, 500, star).unwrap();
    assert!((star.spectral_radius().unwrap() - 0.1 * 499f64.sqrt()).abs() < 1e-6);
    let random = Sparse::random(320, 32.0, 1).unwrap().with_spectral_radius(0.9).unwrap();
    assert!((random.spectral_radius().unwrap() - 0.9).abs() < 1e-5);
    let chain = Sparse::new(3, 3, vec![(1, 0, 1.0), (2, 1, 1.0)]).unwrap();
    assert!(chain.with_spectral_radius(0.9).unwrap_err().to_string().contains("give a graph with loops"));
}

#[test]
fn random_graphs_have_their_degree() {
    let graph = Sparse::random(1000, 50.0, 7).unwrap();
    let sd = (1000.0 * 50.0 * 0.95f64).sqrt();
    assert!((graph.entries() as f64 - 50_000.0).abs() < 4.0 * sd, "{}", graph.entries());
    let mean = graph.weights().iter().sum::<f64>() / graph.entries() as f64;
    assert!(mean.abs() < 4.0 * (1.0 / 3f64).sqrt() / (graph.entries() as f64).sqrt());
    assert_eq!(Sparse::random(10, 10.0, 1).unwrap().entries(), 100);
    assert_eq!(Sparse::random(10, 0.0, 1).unwrap().entries(), 0);
    assert_ne!(Sparse::random(100, 10.0, 1).unwrap(), Sparse::random(100, 10.0, 2).unwrap());
}

#[test]
fn connectomes_are_wired_as_their_presets() {
    let worm = Graph::Worm.wiring(1).unwrap();
    assert_eq!((worm.w.rows(), worm.w.entries()), (302, 3709));
    assert!(worm.w.weights().iter().any(|&weight| weight < 0.0) && worm.delays.is_none());
    let human = Graph::Human.wiring(1).unwrap();
    let delays = human.delays.unwrap();
    assert_eq!((human.w.rows(), delays.len()), (100, human.w.entries()));
    assert!(delays.iter().min() == Some(&1) && delays.iter().any(|&delay| delay > 5), "{:?}", delays.iter().max());
}

#[test]
fn what_does_not_fit_is_one_sentence() {
    let told = |made: neuropil::Result<Reservoir<f64>>| made.unwrap_err().to_string();
    let made = Reservoir::from_matrices(&table(3, &W), &table(2, &W_IN[..2]), &BIAS, 0.6);
    assert_eq!(told(made), "reservoir: W 3 x 3, W_in 2 x 1 and 3 biases do not fit; give n x n, n x inputs and n");
    let made = Reservoir::from_matrices(&table(3, &W), &table(3, &W_IN), &BIAS, 0.0);
    assert_eq!(told(made), "reservoir: biases must be finite, and the leak 0 above 0 and at most 1");
    let mut w = W;
    w[4] = f64::NAN;
    let made = Reservoir::from_matrices(&table(3, &w), &table(3, &W_IN), &BIAS, 0.6);
    assert_eq!(told(made), "sparse matrix: weight NaN in row 1, column 1 must be finite and within 3 x 3");
    let told = small(&W).run(&table(2, &[0.0, f64::INFINITY])).unwrap_err().to_string();
    assert_eq!(told, "input: column 0 of row 1, counted from 0, is not a number; mend the data");
    let told = small(&W).run(&table(1, &[0.0, 1.0])).unwrap_err().to_string();
    assert_eq!(told, "input: it has 2 a step, and the reservoir takes 1");
}

#[test]
fn a_series_is_read_line_by_line() {
    let room = Room::new("reservoir-series");
    let file = |text: &str| {
        let path = room.path("series.csv");
        std::fs::write(&path, text).unwrap();
        read_series(&path).map_err(|error| error.to_string())
    };
    assert_eq!(file("time,value\n0,1.5\n1,-2e3\n\n").unwrap(), [1.5, -2000.0]);
    assert!(file("1\nnan\n").unwrap_err().contains("series.csv, line 2: 'nan' is not a finite number"));
    assert!(file("1\n2\nx\n").unwrap_err().contains("line 3"));
    let told = |name: &str| read_series(&room.path(name)).unwrap_err().to_string();
    let expected = "a series is a text file with a number a line";
    assert!(
        told("none.csv").ends_with(&format!("none.csv: there is no such file; {expected}")),
        "{}",
        told("none.csv")
    );
    for (name, bytes, words) in
        [("a.gz", &b"\x1f\x8b\x08\0"[..], "packed by gzip"), ("b.bin", b"\xff\0", "not UTF-8 text")]
    {
        std::fs::write(room.path(name), bytes).unwrap();
        let said = told(name);
        assert!(said.contains(name) && said.contains(words) && said.contains(expected), "{said}");
    }
}
