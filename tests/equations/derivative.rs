//! Derivatives against central differences, adjoint against tangent, and the step of a neuron with its reset.

use neuropil::Error;
use neuropil::equations::derivative::{Surrogate, adjoint, tangent, whole_step};
use neuropil::equations::{Function, Graph, Id, Op, Repeat};

use super::graphs::{Maker, Random, outputs, sigmoid, unrolled};

const ATAN: Surrogate = Surrogate::Atan(2.0);

fn all_places(function: &Function) -> Vec<usize> {
    (0..function.inputs.len()).collect()
}

/// Adjoints of all inputs for given adjoints of the outputs.
fn backward(function: &Function, adjoint: &Function, point: &[f64], bars: &[f64]) -> Vec<f64> {
    assert_eq!(adjoint.inputs.len(), function.inputs.len() + function.outputs.len());
    outputs(adjoint, &[point, bars].concat(), sigmoid)
}

/// Σ bars · outputs
fn weighed(function: &Function, point: &[f64], bars: &[f64]) -> f64 {
    outputs(function, point, sigmoid).iter().zip(bars).map(|(y, bar)| y * bar).sum()
}

/// The derivative by one input: of fourth order in the distance.
fn difference(function: &Function, point: &[f64], bars: &[f64], place: usize) -> f64 {
    let h = 1e-3 * point[place].abs().clamp(0.1, 1.0);
    let at = |steps: f64| {
        let mut moved = point.to_vec();
        moved[place] += steps * h;
        weighed(function, &moved, bars)
    };
    (8.0 * (at(1.0) - at(-1.0)) - (at(2.0) - at(-2.0))) / (12.0 * h)
}

/// The largest difference of an adjoint from central differences, over the largest derivative.
fn error(function: &Function, adjoint: &Function, point: &[f64], bars: &[f64]) -> f64 {
    let found = backward(function, adjoint, point, bars);
    let expected: Vec<f64> = (0..point.len()).map(|place| difference(function, point, bars, place)).collect();
    let scale = expected.iter().fold(1e-3f64, |most, d| most.max(d.abs()));
    let differ = found.iter().zip(&expected).map(|(a, b)| (a - b).abs());
    differ.fold(0.0f64, |most, d| if d.is_nan() { f64::INFINITY } else { most.max(d) }) / scale
}

/// |<J·v, w> - <v, J'·w>| over the sum of the magnitudes.
fn mismatch(function: &Function, point: &[f64], v: &[f64], w: &[f64]) -> f64 {
    let places = all_places(function);
    let back = backward(function, &adjoint(function, &places, &ATAN).unwrap(), point, w);
    let ahead = outputs(&tangent(function, &places, &ATAN).unwrap(), &[point, v].concat(), sigmoid);
    let products = |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(a, b)| a * b).collect::<Vec<f64>>();
    let (left, right) = (products(&ahead, w), products(v, &back));
    let size: f64 = left.iter().chain(&right).map(|x| x.abs()).sum();
    (left.iter().sum::<f64>() - right.iter().sum::<f64>()).abs() / size.max(1e-300)
}

/// Every operation on numbers and truths, with values used more than once.
fn everything() -> Function {
    let mut m = Maker::new(4);
    let [a, b, c, d] = m.inputs[..] else { panic!("four inputs") };
    let product = m.push(Op::Mul(a, b));
    let square = m.push(Op::Mul(c, c));
    let sum = m.push(Op::Add(product, square));
    let ratio = m.push(Op::Div(d, sum));
    let rest = m.push(Op::Sub(ratio, a));
    let other = m.push(Op::Neg(rest));
    let root = m.push(Op::Sqrt(sum));
    let exp = m.push(Op::Exp(other));
    let ln = m.push(Op::Ln(root));
    let spike = m.push(Op::Spike(ln));
    let (above, below) = (m.push(Op::Above(a, b)), m.push(Op::Above(c, d)));
    let (both, not) = (m.push(Op::And(above, below)), m.push(Op::Not(below)));
    let either = m.push(Op::Or(both, not));
    let chosen = m.push(Op::Choose(either, exp, spike));
    let unchosen = m.push(Op::Choose(both, ln, ratio));
    let last = m.push(Op::Mul(chosen, unchosen));
    m.function(&[last, exp, root, spike])
}

/// Two values carried through twelve turns of a damped, driven rotation; the second turns into the first.
fn rotation(times: u32) -> Function {
    let mut body = Maker::new(4);
    let [x, y, rate, drive] = body.inputs[..] else { panic!("four inputs") };
    let cross = body.push(Op::Mul(y, rate));
    let push = body.push(Op::Mul(x, drive));
    let exp = body.push(Op::Exp(push));
    let left = body.push(Op::Sub(x, cross));
    let cross = body.push(Op::Mul(exp, rate));
    let right = body.push(Op::Add(y, cross));
    let body = body.function(&[left, right]);
    let mut m = Maker::new(3);
    let [a, rate, drive] = m.inputs[..] else { panic!("three inputs") };
    let start = m.push(Op::Mul(a, rate));
    let results = m.graph.repeat(Repeat { times, body, start: vec![a, start], fixed: vec![rate, drive], rests: None });
    let last = m.push(Op::Mul(results[0], results[1]));
    m.function(&[last, results[1]])
}

#[test]
fn adjoints_of_all_operations_are_the_central_differences() {
    let function = everything();
    let found = adjoint(&function, &all_places(&function), &ATAN).unwrap();
    for point in [[1.2, 0.7, 1.9, 0.4], [0.3, 1.1, -0.8, 2.0], [2.0, 0.5, -1.5, 0.9]] {
        let worst = error(&function, &found, &point, &[1.0, -0.3, 0.7, 0.2]);
        assert!(worst < 1e-7, "{worst:e} at {point:?}");
        let worst = mismatch(&function, &point, &[0.3, -1.0, 0.8, 0.1], &[0.9, 0.2, -0.4, 1.3]);
        assert!(worst < 1e-14, "{worst:e} at {point:?}");
    }
}

#[test]
fn adjoints_with_one_wrong_sign_are_seen() {
    let function = everything();
    let right = adjoint(&function, &all_places(&function), &ATAN).unwrap();
    let point = [1.2, 0.7, -0.8, 2.0];
    let bars = [1.0, -0.3, 0.7, 0.2];
    assert!(error(&function, &right, &point, &bars) < 1e-7);
    let flips: Vec<usize> = (function.graph.ops().len()..right.graph.ops().len())
        .filter(|&id| matches!(right.graph.ops()[id], Op::Neg(_) | Op::Add(..)))
        .collect();
    let mut seen = 0;
    for &flip in &flips {
        let mut wrong = Function { graph: Graph::default(), ..right.clone() };
        let mut new: Vec<Id> = Vec::new();
        for (id, &op) in right.graph.ops().iter().enumerate() {
            let op = match op.map(|a| new[a as usize]) {
                Op::Add(a, b) if id == flip => Op::Sub(a, b),
                Op::Neg(a) if id == flip => Op::Add(a, a),
                op => op,
            };
            new.push(wrong.graph.push(op));
        }
        wrong.outputs = right.outputs.iter().map(|(name, id)| (name.clone(), new[*id as usize])).collect();
        seen += usize::from(error(&function, &wrong, &point, &bars) > 1e-7);
    }
    assert!(flips.len() >= 8, "{} signs", flips.len());
    // Those behind a choice that is not taken at this point cannot be seen.
    assert!(seen + 2 >= flips.len(), "{seen} of {} wrong signs seen", flips.len());
}

#[test]
fn adjoints_of_random_graphs_are_the_central_differences() {
    let mut checked = 0;
    for seed in 0..150 {
        let mut random = Random::new(seed);
        let point: Vec<f64> = (0..4).map(|_| random.number(0.2, 1.5)).collect();
        let function = random.function(&point, 25, 3, 2);
        let mut drawn = |count| (0..count).map(|_| random.number(-1.0, 1.0)).collect::<Vec<f64>>();
        let (v, w) = (drawn(4), drawn(3));
        let found = mismatch(&function, &point, &v, &w);
        assert!(found < 1e-14, "seed {seed}: {found:e}");
        // Where a choice turns, or a value runs off, within the distance of the difference there is none.
        let places: Vec<f64> = (0..4).map(|place| difference(&function, &point, &w, place)).collect();
        let near: Vec<f64> = (0..4)
            .map(|place| {
                let mut moved = point.clone();
                moved[place] *= 1.0 + 1e-9;
                difference(&function, &moved, &w, place)
            })
            .collect();
        if places.iter().zip(&near).any(|(a, b)| !((a - b).abs() < 1e-6 * a.abs().max(1.0) && a.abs() < 1e3)) {
            continue;
        }
        let error = error(&function, &adjoint(&function, &all_places(&function), &ATAN).unwrap(), &point, &w);
        checked += 1;
        assert!(error < 1e-7, "seed {seed}: {error:e}");
    }
    assert!(checked > 100, "{checked} of 150 graphs are smooth");
}

#[test]
fn adjoint_of_a_repetition_is_that_of_its_turns_written_out() {
    for times in [0, 1, 2, 3, 4, 7, 8, 12, 31] {
        let function = rotation(times);
        let (point, bars) = ([0.8, 0.11, 0.3], [1.0, -0.5]);
        let places = all_places(&function);
        let turns = backward(&function, &adjoint(&function, &places, &ATAN).unwrap(), &point, &bars);
        let written_out = unrolled(&function);
        let expected = backward(&function, &adjoint(&written_out, &places, &ATAN).unwrap(), &point, &bars);
        for (a, b) in turns.iter().zip(&expected) {
            assert!((a - b).abs() <= 1e-13 * b.abs().max(1.0), "{times} turns: {a} and {b}");
        }
        let worst = mismatch(&function, &point, &[0.4, -0.9, 0.2], &bars);
        assert!(worst < 1e-14, "{times} turns: {worst:e}");
    }
    let other = unrolled(&rotation(11));
    let found = backward(&other, &adjoint(&other, &[0, 1, 2], &ATAN).unwrap(), &[0.8, 0.11, 0.3], &[1.0, -0.5]);
    let twelve = rotation(12);
    let expected = backward(&twelve, &adjoint(&twelve, &[0, 1, 2], &ATAN).unwrap(), &[0.8, 0.11, 0.3], &[1.0, -0.5]);
    assert!((found[1] - expected[1]).abs() > 1e-3, "one turn less is not seen");
}

#[test]
fn a_carried_value_that_nothing_uses_has_no_part_in_the_adjoint() {
    let mut body = Maker::new(3);
    let [x, away, rate] = body.inputs[..] else { panic!("three inputs") };
    let (next, exp) = (body.push(Op::Mul(x, rate)), body.push(Op::Exp(away)));
    let away = body.push(Op::Mul(exp, rate));
    let body = body.function(&[next, away]);
    let mut m = Maker::new(2);
    let (start, fixed) = (vec![m.inputs[0]; 2], vec![m.inputs[1]]);
    let results = m.graph.repeat(Repeat { times: 9, body, start, fixed, rests: None });
    let function = m.function(&results);
    let first = Function { outputs: function.outputs[..1].to_vec(), ..function.clone() };
    let (point, places) = ([3.0, 2.0], [0, 1]);
    assert!(!outputs(&function, &point, sigmoid)[1].is_finite());
    let found = backward(&first, &adjoint(&first, &places, &ATAN).unwrap(), &point, &[1.0]);
    assert_eq!(found, [512.0, 3.0 * 9.0 * 256.0]);
}

#[test]
fn adjoint_of_a_long_repetition_stays_small() {
    let size = |times| Maker::count(&adjoint(&rotation(times), &[0, 1, 2], &ATAN).unwrap());
    assert!(size(1000) < 40 * size(1), "{} and {}", size(1000), size(1));
    assert!(size(4096) < 13 * size(2), "{} and {}", size(4096), size(2));
}

/// A value of which only one side may be evaluated: ln x, √x, (eˣ - 1)/x and x·(1/x), each 0 where x is not above 0.
fn one_sided() -> Function {
    let mut m = Maker::new(1);
    let x = m.inputs[0];
    let (zero, one) = (m.graph.constant(0.0), m.graph.constant(1.0));
    let positive = m.push(Op::Above(x, zero));
    let exp = m.push(Op::Exp(x));
    let rest = m.push(Op::Sub(exp, one));
    let inverse = m.push(Op::Div(one, x));
    let sides = [Op::Ln(x), Op::Sqrt(x), Op::Div(rest, x), Op::Mul(rest, inverse)];
    let outputs = sides.map(|side| {
        let side = m.push(side);
        m.push(Op::Choose(positive, side, zero))
    });
    m.function(&outputs)
}

#[test]
fn what_is_not_chosen_has_no_part_in_the_adjoint() {
    let function = one_sided();
    let found = adjoint(&function, &[0], &ATAN).unwrap();
    for output in 0..4 {
        let mut bars = [0.0; 4];
        bars[output] = 1.0;
        for x in [0.0, -1.0] {
            let bar = backward(&function, &found, &[x], &bars);
            assert_eq!(bar, [0.0], "output {output} at {x}");
        }
        assert!(error(&function, &found, &[0.7], &bars) < 1e-7);
    }
    // Without the choice it is infinite or no number.
    let position = function.graph.ops().iter().position(|op| matches!(op, Op::Ln(_))).unwrap();
    let ln = Function { outputs: vec![("y".into(), position as Id)], ..function.clone() };
    assert!(!backward(&ln, &adjoint(&ln, &[0], &ATAN).unwrap(), &[0.0], &[0.0])[0].is_finite());
}

#[test]
fn only_wanted_inputs_have_adjoints() {
    let function = everything();
    let all = adjoint(&function, &[0, 1, 2, 3], &ATAN).unwrap();
    let some = adjoint(&function, &[2, 0], &ATAN).unwrap();
    let names: Vec<&str> = some.outputs.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names, ["bar.x2", "bar.x0"]);
    let (point, bars) = ([1.2, 0.7, 1.9, 0.4], [1.0, -0.3, 0.7, 0.2]);
    let (all, some) = (backward(&function, &all, &point, &bars), backward(&function, &some, &point, &bars));
    assert_eq!(some, [all[2], all[0]]);
    let directed = tangent(&function, &[3], &ATAN).unwrap();
    assert_eq!(directed.inputs[4..], ["dot.x3"]);
    let whole = tangent(&function, &[0, 1, 2, 3], &ATAN).unwrap();
    let a = outputs(&directed, &[1.2, 0.7, 1.9, 0.4, 1.0], sigmoid);
    let b = outputs(&whole, &[1.2, 0.7, 1.9, 0.4, 0.0, 0.0, 0.0, 1.0], sigmoid);
    for (a, b) in a.iter().zip(&b) {
        assert!((a - b).abs() <= 1e-15 * b.abs());
    }
}

#[test]
fn derivatives_through_words_are_refused() {
    let mut m = Maker::new(2);
    let [x, y] = m.inputs[..] else { panic!("two inputs") };
    let square = m.push(Op::Mul(x, x));
    let bits = m.push(Op::Bits(square));
    let one = m.push(Op::Word(1));
    let next = m.push(Op::Plus(bits, one));
    let next = m.push(Op::OfBits(next));
    let sum = m.push(Op::Add(next, y));
    let mut body = Maker::new(2);
    let bits = body.push(Op::Bits(body.inputs[1]));
    let back = body.push(Op::OfBits(bits));
    let body_sum = body.push(Op::Add(body.inputs[0], back));
    let body = body.function(&[body_sum]);
    let repeated = m.graph.repeat(Repeat { times: 3, body, start: vec![y], fixed: vec![x], rests: None })[0];
    let function = m.function(&[sum, repeated]);
    for found in [adjoint(&function, &[0, 1], &ATAN), tangent(&function, &[0], &ATAN)] {
        let said = found.unwrap_err().to_string();
        assert!(said.starts_with("derivative by x0: it flows into the bits of a number"), "{said}");
    }
    let by_y = adjoint(&function, &[1], &ATAN).unwrap();
    assert_eq!(backward(&function, &by_y, &[1.5, 2.0], &[3.0, 0.5]), [3.5]);
    let said = adjoint(&function, &[2], &ATAN).unwrap_err().to_string();
    assert_eq!(said, "derivative: there is no input 2: the function has 2, counted from 0");
    let said = tangent(&function, &[1, 1], &ATAN).unwrap_err().to_string();
    assert_eq!(said, "derivative: input 1 is asked for twice: name each once");
}

#[test]
fn surrogates_are_their_formulas() {
    let formula = |surrogate: Surrogate, m: f64| match surrogate {
        Surrogate::Atan(a) => a / 2.0 / (1.0 + (std::f64::consts::FRAC_PI_2 * a * m).powi(2)),
        Surrogate::FastSigmoid(a) => (1.0 + a * m.abs()).powi(-2),
        Surrogate::Triangle(a) => a * (1.0 - a * m.abs()).max(0.0),
        Surrogate::Rectangular(a) => {
            if a * m.abs() < 0.5 {
                a
            } else {
                0.0
            }
        }
    };
    for (name, scale, area) in
        [("atan", 2.0, 1.0), ("fast_sigmoid", 25.0, 0.08), ("triangle", 0.5, 1.0), ("rectangular", 3.0, 1.0)]
    {
        let surrogate = Surrogate::named(name, scale, "test").unwrap();
        assert_eq!(surrogate.name(), name);
        let mut m = Maker::new(1);
        let value = surrogate.value(&mut m.graph, 0);
        let function = m.function(&[value]);
        let at = |margin: f64| outputs(&function, &[margin], sigmoid)[0];
        for margin in [-3.0, -1.1, -0.1, -0.0, 0.0, 1e-3, 0.15, 0.9, 2.5] {
            let (found, expected) = (at(margin), formula(surrogate, margin));
            assert!((found - expected).abs() <= 1e-15 * expected, "{name} at {margin}: {found} and {expected}");
            assert_eq!(found, at(-margin));
        }
        // The middle rule, out to where the tails of the slowest hold 1e-3 of the area.
        let sum: f64 = (-200_000..200_000).map(|k| at((f64::from(k) + 0.5) * 1e-3)).sum::<f64>() * 1e-3;
        assert!((sum / area - 1.0).abs() < 5e-3, "{name}: {sum}");
    }
    let said = Surrogate::named("atam", 2.0, "training.surrogate").unwrap_err().to_string();
    assert_eq!(said, "unknown surrogate 'atam' in training.surrogate; did you mean 'atan'?");
    let said = Surrogate::named("atan", 0.0, "training.surrogate").unwrap_err().to_string();
    assert_eq!(said, "training.surrogate: the scale of a surrogate must be a number above 0, not 0");
}

/// v' = v·p + i and a counter, whose spike sets v to r and the counter to n.
fn neuron() -> (Function, Function) {
    let mut m = Maker::new(6);
    let [p, theta, _, _, v, count] = m.inputs[..] else { panic!("six inputs") };
    let i = m.graph.push(Op::Input(6));
    m.inputs.push(i);
    let (zero, one) = (m.graph.constant(0.0), m.graph.constant(1.0));
    let silent = m.push(Op::Above(count, zero));
    let decayed = m.push(Op::Mul(v, p));
    let driven = m.push(Op::Add(decayed, i));
    let new = m.push(Op::Choose(silent, v, driven));
    let less = m.push(Op::Sub(count, one));
    let left = m.push(Op::Choose(silent, less, count));
    let margin = m.push(Op::Sub(new, theta));
    let step = m.function(&[new, left, margin]);
    let mut m = Maker::new(6);
    let reset = m.inputs[2..4].to_vec();
    m.inputs.truncate(6);
    (step, m.function(&reset))
}

#[test]
fn a_step_with_its_reset_is_one_function() {
    let (step, reset) = neuron();
    let whole = whole_step(&step, &reset, &[1]).unwrap();
    let names: Vec<&str> = whole.outputs.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names, ["y0", "y1", "z"]);
    let hard = |margin: f64| if margin >= 0.0 { 1.0 } else { 0.0 };
    // p, theta, reset, refractory, v, count, i
    assert_eq!(outputs(&whole, &[0.5, 10.0, -2.0, 20.0, 8.0, 0.0, 5.0], hard), [9.0, 0.0, 0.0]);
    assert_eq!(outputs(&whole, &[0.5, 10.0, -2.0, 20.0, 8.0, 0.0, 6.0], hard), [-2.0, 20.0, 1.0]);
    assert_eq!(outputs(&whole, &[0.5, 10.0, -2.0, 20.0, 8.0, 3.0, 6.0], hard), [8.0, 2.0, 0.0]);
    // A spike half emitted: the potential is mixed, the counter is chosen.
    assert_eq!(outputs(&whole, &[0.5, 10.0, -2.0, 20.0, 8.0, 0.0, 6.0], |_| 0.5), [4.0, 20.0, 0.5]);
    let mixed = whole_step(&step, &reset, &[]).unwrap();
    assert_eq!(outputs(&mixed, &[0.5, 10.0, -2.0, 20.0, 8.0, 0.0, 6.0], |_| 0.5), [4.0, 10.0, 0.5]);
    let point = [0.5, 10.0, -2.0, 20.0, 8.0, 0.0, 5.7];
    let found = adjoint(&whole, &all_places(&whole), &ATAN).unwrap();
    let bars = [0.7, 0.0, 1.3];
    let (bar, mut expected) = (backward(&whole, &found, &point, &bars), [0.0; 7]);
    for (place, expected) in expected.iter_mut().enumerate().filter(|(place, _)| *place != 5) {
        *expected = difference(&whole, &point, &bars, place);
    }
    for place in [0, 1, 2, 4, 6] {
        let (a, b) = (bar[place], expected[place]);
        assert!((a - b).abs() < 1e-7 * b.abs().max(0.1), "input {place}: {a} and {b}");
    }
    // Nothing flows through a counter, nor into how long it counts.
    assert_eq!(bar[3], 0.0);
}

#[test]
fn functions_that_do_not_belong_together_are_refused() {
    let (step, reset) = neuron();
    let said = |found: Result<Function, Error>| found.unwrap_err().to_string();
    let found = said(whole_step(&step, &reset, &[2]));
    assert_eq!(found, "step of a model: there is no state 2 to count with: it has 2");
    let found = said(whole_step(&reset, &step, &[]));
    assert!(found.starts_with("step of a model: it gives 2 values, but after a reset of 3 it must give 4"), "{found}");
}
