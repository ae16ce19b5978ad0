//! The built-in models as graphs.

use neuropil::equations::{Function, Graph, Id, Op, Traced, evaluate, trace};
use neuropil::models::{
    Columns, Equations, IafCondAlpha, IafCondExp, IafPscAlpha, IafPscDelta, IafPscExp, Neuron, ParrotNeuron, equations,
};
use neuropil::number::{Number, Real};
use neuropil::random::Draws;

/// Whether two numbers have the same bits, or neither is one.
pub fn same<R: Real<Word: PartialEq> + PartialOrd>(a: R, b: R) -> bool {
    a.bits() == b.bits() || a.partial_cmp(&a).is_none() && b.partial_cmp(&b).is_none()
}

/// Inputs of a step at random: derived values of the defaults; state, input and current such that some neurons spike,
/// and some are silent.
pub fn inputs<N: Neuron, R: Number>(draws: &mut Draws) -> Vec<R> {
    let declared = N::DECLARATION;
    let mut inputs: Vec<R> = N::default().derive(0.1).list().into_iter().map(R::of).collect();
    for variable in declared.state {
        let value = match variable.name {
            "refractory" => f64::from(draws.below(3)),
            "V_m" => 25.0 * draws.uniform() - 5.0,
            "n_spikes" => f64::from(draws.below(4)),
            _ => 40.0 * draws.uniform(),
        };
        inputs.push(R::of(value));
    }
    inputs.extend((0..=declared.channels.len()).map(|_| R::of(200.0 * draws.uniform() - 20.0)));
    inputs
}

/// What the Rust of a model makes of the inputs of a step: the state after it, the margin, and the state after a reset.
fn native<N: Neuron, R: Number>(inputs: &[R]) -> Vec<R> {
    let declared = N::DECLARATION;
    let derived = N::Derived::gather(inputs, 1, 0);
    let mut state = N::State::gather(&inputs[declared.derived.len()..], 1, 0);
    let rest = &inputs[declared.derived.len() + declared.state.len()..];
    N::advance(&derived, &mut state, &rest[..declared.channels.len()], rest[declared.channels.len()]);
    let mut all = state.list();
    all.push(N::margin(&derived, &state));
    N::reset(&derived, &mut state);
    all.extend(state.list());
    all
}

/// For how many of so many random states the graphs give other bits than the Rust.
fn differing<N: Neuron, R: Number<Word: PartialEq>>(equations: &Equations, count: usize) -> usize {
    let mut draws = Draws::new(12, 0, 0);
    let states = N::DECLARATION.state.len();
    let mut differing = 0;
    for _ in 0..count {
        let inputs = inputs::<N, R>(&mut draws);
        let mut all = evaluate(&equations.step, &inputs);
        let mut reset = inputs[..N::DECLARATION.derived.len()].to_vec();
        reset.extend(&all[..states]);
        all.extend(evaluate(&equations.reset, &reset));
        let native = native::<N, R>(&inputs);
        assert_eq!(all.len(), native.len());
        differing += usize::from(!all.iter().zip(native).all(|(&a, b)| same(a, b)));
    }
    differing
}

/// The graph with the last sum of three in another order: (a + b) + c as a + (b + c).
pub fn reordered(function: &Function) -> Function {
    let ops = function.graph.ops();
    let inner = |id: Id| if let Op::Add(a, b) = ops[id as usize] { Some((a, b)) } else { None };
    let last = ops.iter().rposition(|op| matches!(*op, Op::Add(a, _) if inner(a).is_some())).unwrap();
    let mut graph = Graph::default();
    let mut new = Vec::new();
    for (id, &op) in ops.iter().enumerate() {
        let copied = match op {
            Op::Add(a, c) if id == last => {
                let (a, b) = inner(a).unwrap();
                let sum = graph.push(Op::Add(new[b as usize], new[c as usize]));
                graph.push(Op::Add(new[a as usize], sum))
            }
            _ => graph.copy(&function.graph, id as Id, &new),
        };
        new.push(copied);
    }
    let outputs = function.outputs.iter().map(|(name, id)| (name.clone(), new[*id as usize])).collect();
    Function { inputs: function.inputs.clone(), graph, outputs }
}

fn check<N: Neuron>(step: u64, reset: u64) {
    let equations = equations::<N>();
    assert_eq!(differing::<N, f32>(&equations, 10_000), 0);
    assert_eq!(differing::<N, f64>(&equations, 10_000), 0);
    let found = [equations.step.digest(), equations.reset.digest()];
    assert_eq!(found, [step, reset], "{}: {found:#x?}", N::DECLARATION.name);
}

#[test]
fn graphs_of_the_models_have_the_bits_of_their_rust_and_stay_what_they_are() {
    check::<IafCondAlpha>(0xa4a8635bcb5b5870, 0x6cc9490374aa5e7f);
    check::<IafCondExp>(0x7f867f0d1ad87c1b, 0x47cea01e1391162);
    check::<IafPscAlpha>(0xe22947908d8d43fd, 0xf82f877126580a8f);
    check::<IafPscDelta>(0xfeb3a72e8f2bf00b, 0xd92ba9d74cad43a3);
    check::<IafPscExp>(0xf36a7e1dcd3e5513, 0x608ed1537303c2da);
    check::<ParrotNeuron>(0x7418bc07b84a2265, 0x99c9b8154a01a997);
}

#[test]
fn a_sum_in_another_order_is_seen() {
    let right = equations::<IafPscExp>();
    let wrong = Equations { step: reordered(&right.step), reset: right.reset.clone() };
    assert_ne!(wrong.step.digest(), right.step.digest());
    assert!(differing::<IafPscExp, f32>(&wrong, 10_000) > 100);
    assert!(differing::<IafPscExp, f64>(&wrong, 10_000) > 100);
}

#[test]
fn functions_are_operations_but_recorded_by_themselves_they_are_words() {
    let of = |function: fn(Traced) -> Traced| trace(vec!["x".into()], |x| vec![("y".into(), function(x[0]))]);
    assert_eq!(of(Traced::exp).graph.ops(), [Op::Input(0), Op::Exp(0)]);
    let exp = of(neuropil::math::exp);
    assert!(exp.graph.ops().iter().any(|op| matches!(op, Op::Left(_, 23))) && !exp.graph.ops().contains(&Op::Exp(0)));
    let [tanh, ln] = [of(neuropil::math::tanh), of(neuropil::math::ln)];
    assert!(tanh.graph.ops().iter().any(|op| matches!(op, Op::Exp(_))));
    let mut draws = Draws::new(12, 1, 0);
    for _ in 0..10_000 {
        let x = (draws.uniform() * 100.0) as f32;
        assert!(same(evaluate(&exp, &[x])[0], neuropil::math::exp(x)));
        assert!(same(evaluate(&ln, &[x])[0], neuropil::math::ln(x)));
        assert!(same(evaluate(&tanh, &[x - 50.0])[0], neuropil::math::tanh(x - 50.0)));
    }
}

#[test]
fn a_graph_is_recorded_within_the_recording_of_another() {
    let outer = trace(vec!["x".into()], |x| {
        let before = x[0] + Traced::of(1.0);
        let inner = trace(vec!["y".into()], |y| vec![("z".into(), y[0] * y[0])]);
        assert_eq!(inner.graph.ops(), [Op::Input(0), Op::Mul(0, 0)]);
        vec![("z".into(), before * x[0])]
    });
    assert_eq!(outer.graph.ops().len(), 4);
    assert_eq!(evaluate(&outer, &[2.0f64]), [6.0]);
}
