//! Steps of models with their resets, as training sees them: adjoints against central differences through several steps.

use neuropil::equations::derivative::{Surrogate, adjoint, tangent, whole_step};
use neuropil::equations::text::{Functions, Model};
use neuropil::equations::{Function, Id, Op};
use neuropil::models::Columns;
use neuropil::models::{Equations, IafCondAlpha, IafCondExp, IafPscAlpha, IafPscDelta, IafPscExp, Neuron, equations};
use neuropil::random::Draws;

use super::graphs::{Maker, outputs, sigmoid};
use super::text::AEIF;

/// Steps that follow each other.
const STEPS: usize = 12;

/// A neuron to differentiate.
struct Trained {
    name: String,
    /// A step with its reset.
    step: Function,
    derived: Vec<f64>,
    /// Where it starts.
    state: Vec<f64>,
    /// The input that counts the refractory period.
    counter: usize,
}

impl Trained {
    fn new(name: &str, [step, reset]: [&Function; 2], derived: Vec<f64>, state: Vec<f64>) -> Trained {
        let counter = reset.outputs.iter().position(|(name, _)| name.ends_with("refractory")).unwrap();
        let step = whole_step(step, reset, &[counter]).unwrap();
        Trained { name: name.to_owned(), step, counter: derived.len() + counter, derived, state }
    }

    fn of<N: Neuron>() -> Trained {
        let Equations { step, reset } = equations::<N>();
        let state = N::DECLARATION.state.iter().map(|variable| match (variable.name, variable.unit) {
            ("V_m", _) => 12.0,
            ("refractory", _) => 0.0,
            _ => 5.0,
        });
        Trained::new(N::DECLARATION.name, [&step, &reset], N::default().derive(0.1).list(), state.collect())
    }

    fn aeif() -> Trained {
        let model = Model::of_file("test", AEIF).unwrap().remove(0);
        let Functions::Neuron { step, reset, .. } = &model.functions else { panic!("no neuron") };
        let parameters: Vec<f64> = model.parameters.iter().map(|parameter| parameter.default).collect();
        let steps = model.refractory_steps(&parameters, 0.1).unwrap() as f64;
        let derived = neuropil::equations::evaluate(&model.derive, &[parameters, vec![0.1, steps]].concat());
        Trained::new("aeif", [step, reset], derived, vec![-49.0, 20.0, 3.0, 2.0, 0.0])
    }

    /// All steps as one function: from derived values, the state and then the inputs of every step, to the state at the
    /// end and the spike of every step.
    fn unrolled(&self) -> Function {
        let (derived, fields) = (self.derived.len(), self.state.len());
        let more = self.step.inputs.len() - derived - fields;
        let mut m = Maker::new(derived + fields + STEPS * more);
        let places = m.inputs.clone();
        let mut state = places[derived..derived + fields].to_vec();
        let mut spikes: Vec<Id> = Vec::new();
        for step in 0..STEPS {
            let given = &places[derived + fields + step * more..][..more];
            let inputs: Vec<Id> = places[..derived].iter().chain(&state).chain(given).copied().collect();
            let mut found = self.step.call(&mut m.graph, &inputs);
            spikes.extend(found.pop());
            state = found;
        }
        m.function(&[state, spikes].concat())
    }
}

fn check(trained: &Trained, most: f64) {
    let whole = trained.unrolled();
    let mut draws = Draws::new(3, 1, 0);
    let mut point = [trained.derived.clone(), trained.state.clone()].concat();
    let first = point.len();
    point.extend((first..whole.inputs.len()).map(|_| 2.0 * draws.uniform()));
    let mut bars: Vec<f64> = whole.outputs.iter().map(|_| draws.uniform() - 0.5).collect();
    bars[trained.counter - trained.derived.len()] = 0.0;
    let wanted: Vec<usize> = (0..point.len()).filter(|&place| place != trained.counter).collect();
    let surrogate = Surrogate::Atan(2.0);
    let back = adjoint(&whole, &wanted, &surrogate).unwrap();
    let found = outputs(&back, &[point.clone(), bars.clone()].concat(), sigmoid);
    let at = |place: usize, by: f64| {
        let mut moved = point.clone();
        moved[place] += by;
        outputs(&whole, &moved, sigmoid).iter().zip(&bars).map(|(y, bar)| y * bar).sum::<f64>()
    };
    let mut largest = 0.0f64;
    let mut worst = 0.0f64;
    for (&place, &bar) in wanted.iter().zip(&found) {
        let h = 1e-3 * point[place].abs().clamp(1e-3, 1.0);
        let expected = (8.0 * (at(place, h) - at(place, -h)) - (at(place, 2.0 * h) - at(place, -2.0 * h))) / (12.0 * h);
        worst = worst.max((bar - expected).abs() / expected.abs().max(1.0));
        largest = largest.max(bar.abs());
    }
    assert!(worst < most && largest > 0.01, "{}: {worst:e}, the largest {largest}", trained.name);
    let ahead = tangent(&whole, &wanted, &surrogate).unwrap();
    let v: Vec<f64> = wanted.iter().map(|_| draws.uniform() - 0.5).collect();
    let moved = outputs(&ahead, &[point.clone(), v.clone()].concat(), sigmoid);
    let dot = |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(a, b)| a * b).sum::<f64>();
    let size: f64 = v.iter().zip(&found).map(|(a, b)| (a * b).abs()).sum();
    let mismatch = (dot(&moved, &bars) - dot(&v, &found)).abs() / size;
    assert!(mismatch < 1e-13, "{}: {mismatch:e}", trained.name);
    // With the other sign it is seen.
    let other: Vec<f64> = found.iter().map(|bar| -bar).collect();
    assert!((dot(&moved, &bars) - dot(&v, &other)).abs() / size > 1e-3, "{}", trained.name);
}

#[test]
fn adjoints_through_the_steps_of_models_are_the_central_differences() {
    check(&Trained::of::<IafPscDelta>(), 1e-7);
    check(&Trained::of::<IafPscExp>(), 1e-7);
    check(&Trained::of::<IafPscAlpha>(), 1e-7);
    check(&Trained::of::<IafCondExp>(), 1e-7);
    check(&Trained::of::<IafCondAlpha>(), 1e-7);
    check(&Trained::aeif(), 1e-6);
}

#[test]
fn adjoints_of_a_step_are_at_most_three_times_its_size() {
    for trained in [Trained::of::<IafPscExp>(), Trained::of::<IafCondAlpha>(), Trained::aeif()] {
        let step = &trained.step;
        let wanted: Vec<usize> = (0..step.inputs.len()).filter(|&place| place != trained.counter).collect();
        let operations = |function: &Function| {
            function.graph.ops().iter().filter(|op| !matches!(op, Op::Input(_) | Op::Constant(_))).count()
        };
        let back = adjoint(step, &wanted, &Surrogate::Atan(2.0)).unwrap();
        let (there, back) = (operations(step), operations(&back));
        assert!(back < 3 * there && back > there, "{}: {there} operations, {back} of its adjoint", trained.name);
    }
}
