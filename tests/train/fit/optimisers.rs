//! Updates against tables worked out by hand, and against plain optimisers written from the formulas of PyTorch's pages.

use neuropil::train::fit::{Adam, AdamW, Method, Optimiser, Parameter, Parameters, Rate, Sgd, Sign, Signs};

use super::{parameter, single, told};

const LIMIT: f64 = 1e-12;

/// The values after each of some updates of one parameter, whose gradients are given.
fn course(method: Method, start: &[f64], gradients: &[Vec<f64>]) -> Vec<Vec<f64>> {
    let mut parameters = single(start);
    let mut optimiser = Optimiser::new(method, &parameters).unwrap();
    let mut values = Vec::new();
    for gradient in gradients {
        parameters.named_mut("w").unwrap().gradient_mut().data_mut().copy_from_slice(gradient);
        optimiser.update(&mut parameters, method.lr().into());
        values.push(parameters.named("w").unwrap().value().data().to_vec());
    }
    assert_eq!(optimiser.steps(), gradients.len() as u64);
    values
}

fn distance(a: &[Vec<f64>], b: &[Vec<f64>]) -> f64 {
    assert_eq!((a.len(), a[0].len()), (b.len(), b[0].len()));
    a.iter().flatten().zip(b.iter().flatten()).map(|(a, b)| (a - b).abs()).fold(0.0, f64::max)
}

#[test]
fn steps_are_those_worked_out_by_hand() {
    let ones = vec![vec![1.0]; 3];
    let sgd = Sgd { lr: 0.1, ..Sgd::default() };
    let course = |method: Method| course(method, &[1.0], &ones).concat();
    let tables = [
        (Method::Sgd(sgd), [0.9, 0.8, 0.7]),
        // w - 0.1 (1 + 0.5 w): 0.85, 0.7075, 0.572125
        (Method::Sgd(Sgd { weight_decay: 0.5, ..sgd }), [0.85, 0.7075, 0.572_125]),
        // Buffers 1, 1.9, 2.71.
        (Method::Sgd(Sgd { momentum: 0.9, ..sgd }), [0.9, 0.71, 0.439]),
        // Steps 1 + 0.9 of these.
        (Method::Sgd(Sgd { momentum: 0.9, nesterov: true, ..sgd }), [0.81, 0.539, 0.1951]),
        // Buffers 1, 0.9 + 0.5, 1.26 + 0.5: the first is not dampened.
        (Method::Sgd(Sgd { momentum: 0.9, dampening: 0.5, ..sgd }), [0.9, 0.76, 0.584]),
        // A constant gradient g has the means g and g², so each step is lr g / (g + eps).
        (Method::Adam(Adam { lr: 0.1, eps: 0.25, ..Adam::default() }), [0.92, 0.84, 0.76]),
        // w (1 - 0.1 · 0.5) before a step of 0.08: 0.87, 0.7465, 0.629175
        (Method::AdamW(AdamW { lr: 0.1, eps: 0.25, weight_decay: 0.5, ..AdamW::default() }), [0.87, 0.7465, 0.629_175]),
    ];
    for (method, table) in tables {
        let found = course(method);
        let off = found.iter().zip(table).map(|(a, b)| (a - b).abs()).fold(0.0, f64::max);
        assert!(off < LIMIT, "{method:?}: {found:?}");
    }
}

/// A plain optimiser of one number, from the formulas.
#[derive(Default)]
struct Plain {
    t: i32,
    buffer: f64,
    m: f64,
    v: f64,
    most: f64,
}

impl Plain {
    fn sgd(&mut self, o: &Sgd, w: f64, g: f64) -> f64 {
        self.t += 1;
        let mut g = g + o.weight_decay * w;
        if o.momentum != 0.0 {
            self.buffer = if self.t == 1 { g } else { o.momentum * self.buffer + (1.0 - o.dampening) * g };
            g = if o.nesterov { g + o.momentum * self.buffer } else { self.buffer };
        }
        w - o.lr * g
    }

    fn adam(&mut self, o: &Adam, w: f64, g: f64, decoupled: bool) -> f64 {
        self.t += 1;
        let (w, g) = match decoupled {
            true => (w - o.lr * o.weight_decay * w, g),
            false => (w, g + o.weight_decay * w),
        };
        self.m = o.betas[0] * self.m + (1.0 - o.betas[0]) * g;
        self.v = o.betas[1] * self.v + (1.0 - o.betas[1]) * g * g;
        let m = self.m / (1.0 - o.betas[0].powi(self.t));
        self.most = self.most.max(self.v);
        let v = if o.amsgrad { self.most } else { self.v } / (1.0 - o.betas[1].powi(self.t));
        w - o.lr * m / (v.sqrt() + o.eps)
    }
}

/// Gradients of a quadratic bowl with a wave on it, at what `step` makes of the place before.
fn plain(start: &[f64], gradients: &[Vec<f64>], mut step: impl FnMut(&mut Plain, f64, f64) -> f64) -> Vec<Vec<f64>> {
    let mut states: Vec<Plain> = start.iter().map(|_| Plain::default()).collect();
    let mut w = start.to_vec();
    let update = |gradient: &Vec<f64>| {
        for ((w, g), state) in w.iter_mut().zip(gradient).zip(&mut states) {
            *w = step(state, *w, *g);
        }
        w.clone()
    };
    gradients.iter().map(update).collect()
}

fn gradients() -> Vec<Vec<f64>> {
    (0..40).map(|k| (0..5).map(|i| ((k * 7 + i * 3) as f64 * 0.37).sin() * 10f64.powi(i - 2)).collect()).collect()
}

const START: [f64; 5] = [0.3, -1.2, 0.0, 4.0, -0.01];

#[test]
fn many_steps_are_those_of_plain_optimisers() {
    let gradients = gradients();
    let sgd = Sgd { lr: 0.05, ..Sgd::default() };
    for sgd in [
        sgd,
        Sgd { momentum: 0.9, weight_decay: 0.01, ..sgd },
        Sgd { momentum: 0.8, dampening: 0.3, ..sgd },
        Sgd { momentum: 0.9, nesterov: true, weight_decay: 0.1, ..sgd },
    ] {
        let expected = plain(&START, &gradients, |plain, w, g| plain.sgd(&sgd, w, g));
        let found = course(Method::Sgd(sgd), &START, &gradients);
        assert!(distance(&found, &expected) < LIMIT, "{sgd:?}: {}", distance(&found, &expected));
    }
    let adam = Adam { lr: 0.02, ..Adam::default() };
    let decayed = Adam { weight_decay: 0.1, ..adam };
    for adam in [adam, decayed, Adam { amsgrad: true, betas: [0.8, 0.9], ..decayed }] {
        let Adam { lr, betas, eps, weight_decay, amsgrad } = adam;
        for decoupled in [false, true] {
            let expected = plain(&START, &gradients, |plain, w, g| plain.adam(&adam, w, g, decoupled));
            let method = match decoupled {
                true => Method::AdamW(AdamW { lr, betas, eps, weight_decay, amsgrad }),
                false => Method::Adam(adam),
            };
            let found = course(method, &START, &gradients);
            assert!(distance(&found, &expected) < LIMIT, "{method:?}: {}", distance(&found, &expected));
        }
    }
}

#[test]
fn a_formula_that_is_off_is_noticed() {
    let gradients = gradients();
    let sgd = Sgd { lr: 0.05, momentum: 0.9, ..Sgd::default() };
    let found = course(Method::Sgd(sgd), &START, &gradients);
    let damped = Sgd { dampening: 1e-6, ..sgd };
    assert!(distance(&found, &plain(&START, &gradients, |plain, w, g| plain.sgd(&damped, w, g))) > 1e3 * LIMIT);
    let adam = Adam { lr: 0.02, weight_decay: 0.1, ..Adam::default() };
    let found = course(Method::Adam(adam), &START, &gradients);
    // Decoupled where it should not be; without the correction of the means; with the largest square.
    assert!(distance(&found, &plain(&START, &gradients, |plain, w, g| plain.adam(&adam, w, g, true))) > 1e3 * LIMIT);
    let late = |plain: &mut Plain, w: f64, g: f64| {
        plain.t += i32::from(plain.t == 0);
        plain.adam(&adam, w, g, false)
    };
    assert!(distance(&found, &plain(&START, &gradients, late)) > 1e3 * LIMIT);
    let largest = Adam { amsgrad: true, betas: [0.9, 0.5], ..adam };
    let found = course(Method::Adam(Adam { amsgrad: false, ..largest }), &START, &gradients);
    assert!(
        distance(&found, &plain(&START, &gradients, |plain, w, g| plain.adam(&largest, w, g, false))) > 1e3 * LIMIT
    );
}

#[test]
fn numbers_of_32_bits_go_the_same_way() {
    let method = Method::AdamW(AdamW { lr: 0.02, ..AdamW::default() });
    let expected = course(method, &START, &gradients());
    let start = START.map(|w| w as f32).to_vec();
    let mut parameters = Parameters::<f32>::new();
    let array = neuropil::train::Array::new("w", &[5], start).unwrap();
    parameters.add(Parameter::new("w", array).unwrap()).unwrap();
    let mut optimiser = Optimiser::new(method, &parameters).unwrap();
    for (gradient, expected) in gradients().iter().zip(&expected) {
        let to = parameters.named_mut("w").unwrap().gradient_mut().data_mut();
        to.iter_mut().zip(gradient).for_each(|(to, g)| *to = *g as f32);
        optimiser.update(&mut parameters, method.lr().into());
        for (found, expected) in parameters.named("w").unwrap().value().data().iter().zip(expected) {
            assert!((f64::from(*found) - expected).abs() < 2e-6 * expected.abs().max(1.0));
        }
    }
}

#[test]
fn each_parameter_goes_by_its_own_rules() {
    let mut parameters = Parameters::new();
    let free = [1.0, -1.0, 0.5];
    parameters.add(parameter("free", &free)).unwrap();
    parameters.add(parameter("frozen", &free).frozen()).unwrap();
    parameters.add(parameter("slow", &free).at_rate(0.1).unwrap()).unwrap();
    parameters.add(parameter("bias", &free).unpenalised()).unwrap();
    let signs = Signs::Each(vec![Sign::Positive, Sign::Negative, Sign::Positive]);
    let masked = parameter("masked", &[1.0, -1.0, 0.0]).masked(vec![true, true, false]).unwrap();
    parameters.add(masked.signed(signs).unwrap()).unwrap();
    parameters.add(parameter("delay", &[1.0, 1.5, 3.0]).bounded(1.0, 8.0).unwrap().unpenalised()).unwrap();
    let method = Method::Sgd(Sgd { lr: 2.0, weight_decay: 0.1, ..Sgd::default() });
    let mut optimiser = Optimiser::new(method, &parameters).unwrap();
    parameters.iter_mut().for_each(|own| own.gradient_mut().data_mut().copy_from_slice(&[1.0, -1.0, 1.0]));
    optimiser.update(&mut parameters, method.lr().into());
    let value = |name: &str| parameters.named(name).unwrap().value().data().to_vec();
    // w - 2 (g + 0.1 w)
    for (name, expected) in [
        ("free", [-1.2, 1.2, -1.6]),
        ("frozen", free),
        ("slow", [0.78, -0.78, 0.29]),
        ("bias", [-1.0, 1.0, -1.5]),
        // Both would change their sign; the third is masked.
        ("masked", [0.0, 0.0, 0.0]),
        ("delay", [1.0, 3.5, 1.0]),
    ] {
        let off = value(name).iter().zip(expected).map(|(a, b)| (a - b).abs()).fold(0.0, f64::max);
        assert!(off < LIMIT, "{name}: {:?}", value(name));
    }
    assert!(value("masked").iter().all(|w| w.to_bits() == 0), "plain zeros");
    assert_eq!(parameters.named("masked").unwrap().gradient().data()[2], 0.0);
}

#[test]
fn the_momentum_of_a_schedule_stands_in_for_the_own() {
    let run = |own: f64, given: Option<f64>, adam: bool| {
        let mut parameters = single(&[1.0]);
        let method = match adam {
            true => Method::Adam(Adam { lr: 0.1, betas: [own, 0.999], ..Adam::default() }),
            false => Method::Sgd(Sgd { lr: 0.1, momentum: own, ..Sgd::default() }),
        };
        let mut optimiser = Optimiser::new(method, &parameters).unwrap();
        for g in [1.0, -0.5, 2.0] {
            parameters.named_mut("w").unwrap().gradient_mut().data_mut()[0] = g;
            optimiser.update(&mut parameters, Rate { lr: 0.1, momentum: given });
        }
        parameters.named("w").unwrap().value().data()[0]
    };
    for adam in [false, true] {
        assert_eq!(run(0.9, Some(0.6), adam), run(0.6, None, adam));
        assert_ne!(run(0.9, Some(0.6), adam), run(0.9, None, adam));
    }
}

#[test]
fn arguments_out_of_range_are_refused() {
    let parameters = single(&[1.0]);
    let refused = |method: Method| told(Optimiser::<f64>::new(method, &parameters));
    let sgd = Sgd::default();
    for (method, sentence) in [
        (Method::Sgd(Sgd { lr: -1.0, ..sgd }), "SGD: lr = -1 must be a finite number of at least 0"),
        (Method::Sgd(Sgd { lr: f64::NAN, ..sgd }), "SGD: lr = NaN must be a finite number of at least 0"),
        (Method::Sgd(Sgd { nesterov: true, ..sgd }), "SGD: nesterov needs a momentum and no dampening"),
        (
            Method::Adam(Adam { betas: [0.9, 1.0], ..Adam::default() }),
            "Adam: one of betas = 1 must be at least 0 and below 1",
        ),
        (
            Method::AdamW(AdamW { weight_decay: -0.1, ..AdamW::default() }),
            "AdamW: weight_decay = -0.1 must be a finite number of at least 0",
        ),
    ] {
        assert_eq!(refused(method), sentence);
    }
}
