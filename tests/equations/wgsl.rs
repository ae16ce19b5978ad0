//! WGSL of functions: valid, the same graph when read back, with the quotients and roots of IEEE 754.

use neuropil::equations::wgsl::{self, field};
use neuropil::equations::{Function, Graph, Id, Op};
use neuropil::math;
use neuropil::models::{
    Equations, IafCondAlpha, IafCondExp, IafPscAlpha, IafPscDelta, IafPscExp, Neuron, ParrotNeuron, equations,
};
use wgpu::naga::{self, BinaryOperator};

use super::graphs::{Maker, Random, unrolled};
use super::shader::{Number, Numbers, Run, Symbol, Symbols, Val, module, normal, parsed};

/// Names that WGSL, or a shader of ours, means something else by.
const DERIVED: [&str; 2] = ["type", "d"];
const STATE: [&str; 3] = ["s", "ref", "select"];

/// A neuron of random operations: two derived values, three of state, two channels and a current.
fn neuron(seed: u32) -> (Function, Function) {
    let mut random = Random::new(seed);
    let advance = random.any(8, 40, 3, 2);
    let margin = random.any(5, 8, 1, 1);
    let mut graph = Graph::default();
    let inputs: Vec<Id> = (0..8).map(|place| graph.push(Op::Input(place))).collect();
    let state = advance.call(&mut graph, &inputs);
    let given: Vec<Id> = inputs[..2].iter().chain(&state).copied().collect();
    let margin = margin.call(&mut graph, &given);
    let names = STATE.iter().chain(&["margin"]).map(|name| (*name).to_owned());
    let outputs = names.zip(state.iter().chain(&margin).copied()).collect();
    let step = Function { inputs: advance.inputs, graph, outputs };
    (step, random.any(5, 6, 3, 1))
}

/// The state after `advance`, the margin and the state after `reset`, read back from text, and as the functions have them.
fn readings(text: &str, step: &Function, reset: &Function, names: [&[&str]; 2], channels: usize) -> [Vec<Id>; 2] {
    let module = module(text, names[0], names[1], channels);
    let mut run = Run::new(&module, Symbols::default());
    let count = step.inputs.len();
    let inputs: Vec<Id> = (0..count as u32).map(|place| run.meaning.graph.push(Op::Input(place))).collect();
    let part = |range: std::ops::Range<usize>| {
        let none = Val::One(Symbol::Uint(0));
        let found: Vec<Val<Symbol>> = inputs[range].iter().map(|&id| Val::One(Symbol::Of(id))).collect();
        Val::Parts(if found.is_empty() { vec![none] } else { found })
    };
    let (derived, state) = (names[0].len(), names[0].len() + names[1].len());
    let (d, s) = (part(0..derived), part(derived..state));
    let before = run.variable(s.clone());
    let current = Val::One(Symbol::Of(inputs[count - 1]));
    run.named("advance", vec![d.clone(), before.clone(), part(state..count - 1), current]);
    let after = run.read(&before);
    let margin = run.named("margin", vec![d.clone(), after.clone()]);
    let again = run.variable(s);
    run.named("reset", vec![d, again.clone()]);
    let mut found = Vec::new();
    for value in [after, Val::Parts(vec![margin]), run.read(&again)] {
        let Val::Parts(parts) = value else { panic!("{value:?}") };
        found.extend(parts.iter().map(|part| part.one().id()));
    }
    let mut expected = normal(&unrolled(step), &mut run.meaning.graph, &inputs);
    expected.extend(normal(&unrolled(reset), &mut run.meaning.graph, &inputs));
    // By hand a counter may be written so, since it is exact.
    let plain = &run.meaning.plain;
    assert!(plain.iter().all(|op| text.contains("-= 1.0") && *op == BinaryOperator::Subtract), "{plain:?}");
    [found, expected]
}

fn of_model<N: Neuron>() -> (Equations, Vec<&'static str>) {
    (equations::<N>(), N::DECLARATION.state.iter().map(|variable| variable.name).collect())
}

/// The text by hand and the text that is made are both the graph of the Rust.
fn check<N: Neuron>(by_hand: &str) {
    let (equations, state) = of_model::<N>();
    let derived = N::DECLARATION.derived;
    let made = wgsl::neuron(&equations.step, &equations.reset, derived, &state, &[]).unwrap();
    for text in [by_hand, &made] {
        let channels = N::DECLARATION.channels.len();
        let [found, expected] = readings(text, &equations.step, &equations.reset, [derived, &state], channels);
        assert_eq!(found, expected, "{}:\n{text}", N::DECLARATION.name);
    }
}

#[test]
fn text_of_the_models_is_the_graph_of_their_rust() {
    check::<IafCondAlpha>(include_str!("golden/iaf_cond_alpha.wgsl"));
    check::<IafCondExp>(include_str!("golden/iaf_cond_exp.wgsl"));
    check::<IafPscAlpha>(include_str!("golden/iaf_psc_alpha.wgsl"));
    check::<IafPscDelta>(include_str!("golden/iaf_psc_delta.wgsl"));
    check::<IafPscExp>(include_str!("golden/iaf_psc_exp.wgsl"));
    check::<ParrotNeuron>(include_str!("golden/parrot_neuron.wgsl"));
}

#[test]
fn a_wrong_name_or_order_in_text_by_hand_is_seen() {
    let (equations, state) = of_model::<IafPscExp>();
    let derived = IafPscExp::DECLARATION.derived;
    let right = include_str!("golden/iaf_psc_exp.wgsl");
    for (from, to) in [
        ("d.P21_ex", "d.P21_in"),
        ("add(leak_and_ex, mul((*s).I_syn_in, d.P21_in))", "add(mul((*s).I_syn_in, d.P21_in), leak_and_ex)"),
        ("refractory > 0.0", "refractory > 1.0"),
        ("(*s).V_m = d.reset", "(*s).V_m = d.theta"),
    ] {
        assert!(right.contains(from));
        let wrong = right.replace(from, to);
        let [found, expected] = readings(&wrong, &equations.step, &equations.reset, [derived, &state], 2);
        assert_ne!(found, expected, "{to}");
    }
}

#[test]
fn text_of_random_graphs_reads_back_as_the_same_graph() {
    let mut sums = 0;
    for seed in 0..200 {
        let (step, reset) = neuron(seed);
        let text = wgsl::neuron(&step, &reset, &DERIVED, &STATE, &[]).unwrap();
        let [found, expected] = readings(&text, &step, &reset, [&DERIVED, &STATE], 2);
        assert_eq!(found, expected, "seed {seed}:\n{text}");
        sums += text.matches("add(").count();
    }
    assert!(sums > 1000, "{sums} sums");
}

#[test]
fn text_with_operands_in_another_order_is_another_graph() {
    let (mut seen, mut tried) = (0, 0);
    for seed in 0..30 {
        let (step, reset) = neuron(seed);
        let text = wgsl::neuron(&step, &reset, &DERIVED, &STATE, &[]).unwrap();
        // Not within a loop, which may have no turns.
        let Some(line) = text
            .lines()
            .skip_while(|line| !line.starts_with("fn advance"))
            .find(|line| line.starts_with("    let") && line.contains(" = mul("))
        else {
            continue;
        };
        let (start, rest) = line.split_once("mul(").unwrap();
        let (a, b) = rest.trim_end_matches(");").split_once(", ").unwrap();
        let turned = text.replace(line, &format!("{start}mul({b}, {a});"));
        let [found, expected] = readings(&turned, &step, &reset, [&DERIVED, &STATE], 2);
        assert!(found == expected || a != b, "seed {seed}: {line}");
        seen += usize::from(found != expected);
        tried += usize::from(a != b);
    }
    // Some are of use only to turns that are never made.
    assert!(seen > 10 && 2 * seen > tried, "{seen} of {tried} seen");
}

/// Results of the function `name` in a text for many inputs, in bits.
fn executed(module: &naga::Module, name: &str, off: i32, inputs: &[f32]) -> u32 {
    let mut run = Run::new(module, Numbers { off });
    let given = inputs.iter().map(|&a| Val::One(Number::Float(a))).collect();
    let Number::Float(value) = run.named(name, given).one() else { panic!("no number") };
    bits(value)
}

#[test]
fn exponentials_and_logarithms_are_those_of_the_processor() {
    let mut m = Maker::new(2);
    let exp = m.push(Op::Exp(0));
    let ln = m.push(Op::Ln(1));
    let sum = m.push(Op::Add(exp, ln));
    let text = wgsl::function("sum", &m.function(&[sum])).unwrap();
    let whole = module(&text, &[], &[], 0);
    let mut random = 3;
    for k in 0..20_000 {
        let (x, y) = (any(&mut random), near_one(&mut random) * any(&mut random).abs());
        let x = if k % 2 == 0 || x.is_nan() { near_one(&mut random) * 30.0 - 60.0 } else { x };
        let expected = bits(math::exp(x) + math::ln(y));
        assert_eq!(executed(&whole, "sum", k % 7 - 3, &[x, y]), expected, "{x:e}, {y:e}");
        assert_eq!(executed(&whole, "exponential", 0, &[x]), bits(math::exp(x)), "{x:e}");
        assert_eq!(executed(&whole, "logarithm", k % 7 - 3, &[y]), bits(math::ln(y)), "{y:e}");
    }
    assert!(!text.contains("exp(") && !text.contains("log("), "{text}");
    let coarse = module(&text.replace("0.5", "0.50001"), &[], &[], 0);
    assert_ne!(executed(&coarse, "exponential", 0, &[1.3]), bits(math::exp(1.3)));
}

#[test]
fn any_name_is_safe_as_a_field() {
    let names: Vec<&str> =
        naga::keywords::wgsl::RESERVED.iter().chain(naga::keywords::wgsl::BUILTIN_IDENTIFIERS).copied().collect();
    let more = [
        "in", "d", "s", "input", "current", "before", "add", "mul", "V_m", "_x", "__y", "2z", "τ_m", "v'", "a_1",
        "a_1_",
    ];
    let names: Vec<&str> = names.into_iter().chain(more).collect();
    let mut m = Maker::new(2 * names.len() + 1);
    let count = names.len();
    let mut outputs = Vec::new();
    for k in 0..count {
        let (a, b) = (m.inputs[k], m.inputs[count + (k + 1) % count]);
        outputs.push(m.push(Op::Mul(a, b)));
    }
    outputs.push(outputs[0]);
    let mut step = m.function(&outputs);
    for (output, name) in step.outputs.iter_mut().zip(&names) {
        output.0 = (*name).to_owned();
    }
    let mut reset = Maker::new(2 * count);
    let turned: Vec<Id> = reset.inputs[count..].iter().rev().copied().collect();
    let reset = {
        reset.inputs.truncate(2 * count);
        reset.function(&turned)
    };
    let text = wgsl::neuron(&step, &reset, &names, &names, &[]).unwrap();
    let [found, expected] = readings(&text, &step, &reset, [&names, &names], 0);
    assert_eq!(found, expected);
    assert!(parsed("struct S { type: f32 }").is_err());
    assert!(parsed(&format!("struct S {{ {}: f32 }}", field("type"))).is_ok());
}

#[test]
fn a_state_may_turn_into_another() {
    let mut m = Maker::new(3);
    let [a, b, current] = m.inputs[..] else { panic!("three inputs") };
    let sum = m.push(Op::Add(a, current));
    let mut step = m.function(&[b, a, sum]);
    step.outputs[2].1 = a;
    let reset = Function { inputs: step.inputs[..2].to_vec(), outputs: step.outputs[..2].to_vec(), ..step.clone() };
    let text = wgsl::neuron(&step, &reset, &[], &["a", "b"], &[]).unwrap();
    let [found, expected] = readings(&text, &step, &reset, [&[], &["a", "b"]], 0);
    assert_eq!(found, expected, "{text}");
}

#[test]
fn a_margin_of_more_than_the_state_after_the_step_is_kept() {
    let mut m = Maker::new(3);
    let [v, input, _] = m.inputs[..] else { panic!("three inputs") };
    let sum = m.push(Op::Add(v, input));
    let twice = m.push(Op::Add(sum, input));
    let step = m.function(&[sum, twice]);
    let reset = Function { inputs: step.inputs[..1].to_vec(), outputs: vec![("v".into(), v)], ..step.clone() };
    let text = wgsl::neuron(&step, &reset, &[], &["v"], &[]).unwrap();
    let [found, expected] = readings(&text, &step, &reset, [&[], &["v"]], 1);
    assert_eq!(found, expected, "{text}");
    let other = text.replace("kept_margin = y1_2;", "kept_margin = y0_1;");
    let [found, expected] = readings(&other, &step, &reset, [&[], &["v"]], 1);
    assert_ne!(found, expected, "{other}");
}

#[test]
fn what_a_gpu_cannot_do_is_refused() {
    let mut m = Maker::new(3);
    let [v, input, _] = m.inputs[..] else { panic!("three inputs") };
    let sum = m.push(Op::Add(v, input));
    let twice = m.push(Op::Add(sum, input));
    let step = m.function(&[sum, twice]);
    let reset = Function { inputs: step.inputs[..1].to_vec(), outputs: vec![("v".into(), v)], ..step.clone() };
    let said = wgsl::neuron(&reset, &reset, &[], &["v"], &[]).unwrap_err().to_string();
    assert_eq!(said, "step of a model: it gives 1 values: it must give its state of 1, and then the margin");
    let mut m = Maker::new(1);
    let bits = m.push(Op::Bits(0));
    let far = m.push(Op::Left(bits, 52));
    let far = m.push(Op::OfBits(far));
    let said = wgsl::function("f", &m.function(&[far])).unwrap_err().to_string();
    assert_eq!(said, "WGSL of a function: a word of a GPU has 32 bits, and is not shifted by 52");
    let said = wgsl::function("f", &Maker::new(1).function(&[0, 0])).unwrap_err().to_string();
    assert_eq!(said, "WGSL of a function: f has 2 results: it must have one");
}

/// Twin of `div` in `shaders/division.wgsl`, with a processor's quotient off by so many units in the last place.
fn div(a: f32, b: f32, off: i32) -> f32 {
    let (a_bits, b_bits) = (a.to_bits(), b.to_bits());
    let sign = (a_bits ^ b_bits) & 0x8000_0000;
    let (a_exponent, b_exponent) = ((a_bits >> 23) & 255, (b_bits >> 23) & 255);
    let above = (a_bits & 0x7f_ffff) | 0x80_0000;
    let below = (b_bits & 0x7f_ffff) | 0x80_0000;
    let shift = if above < below { 25 } else { 24 };
    let quotient = f32::from_bits((above as f32 / below as f32).to_bits().wrapping_add_signed(off));
    let candidate = (quotient * (1u32 << shift) as f32) as u32;
    let rest = (above << shift).wrapping_sub(candidate.wrapping_mul(below)).wrapping_add(64 * below);
    let quotient = candidate + rest / below - 64;
    let exponent = a_exponent as i32 - b_exponent as i32 + 151 - shift;
    let fraction = ((quotient + 1) >> 1) & 0x7f_ffff;
    if a.is_nan() || b.is_nan() || (a_exponent == 0 && b_exponent == 0) || (a_exponent == 255 && b_exponent == 255) {
        return f32::NAN;
    }
    let bits = if a_exponent == 0 || b_exponent == 255 {
        0
    } else if a_exponent == 255 || b_exponent == 0 || exponent >= 255 {
        0x7f80_0000
    } else if exponent <= 0 {
        0
    } else {
        ((exponent as u32) << 23) | fraction
    };
    f32::from_bits(bits | sign)
}

/// Twin of `root`, likewise.
fn root(a: f32, off: i32) -> f32 {
    let bits = a.to_bits();
    let biased = (bits >> 23) & 255;
    if a.is_nan() || (biased != 0 && a < 0.0) {
        return f32::NAN;
    }
    if biased == 0 || biased == 255 {
        return f32::from_bits(if biased == 0 { bits & 0x8000_0000 } else { bits });
    }
    let odd = 1 - (biased & 1);
    let whole = ((bits & 0x7f_ffff) | 0x80_0000) << odd;
    let near = (whole as f32 * 2.0f32.powi(-23)).sqrt();
    let candidate = (f32::from_bits(near.to_bits().wrapping_add_signed(off)) * 8_388_608.0) as u32;
    let rest = (whole << 23).wrapping_sub(candidate.wrapping_mul(candidate));
    let moved = candidate + rest.wrapping_add(65 * candidate) / (2 * candidate) - 32;
    let left = (whole << 23).wrapping_sub(moved.wrapping_mul(moved)) as i32;
    let nearest = if left <= -(moved as i32) { moved - 1 } else { moved };
    f32::from_bits((((biased + 127 - odd) >> 1) << 23) | (nearest & 0x7f_ffff))
}

/// The bits of a number, all numbers that are none being the same.
fn bits(value: f32) -> u32 {
    if value.is_nan() { f32::NAN.to_bits() } else { value.to_bits() }
}

/// What IEEE 754 says, where numbers below 2⁻¹²⁶ are zero.
fn exact(value: f32, unrounded: f64) -> u32 {
    let below = unrounded.abs() < f64::from(f32::MIN_POSITIVE);
    bits(if below { 0.0f32.copysign(value) } else { value })
}

fn quotient(a: f32, b: f32) -> u32 {
    exact(a / b, f64::from(a) / f64::from(b))
}

/// Numbers at the ends of the range and between, and near powers of two.
fn edges() -> Vec<f32> {
    let mut bits = vec![0, 0x80_0000, 0x80_0001, 0x7f7f_ffff, 0x7f80_0000, 0x7fc0_0000, 0x3f80_0000];
    for exponent in [1, 2, 63, 64, 126, 127, 128, 190, 253, 254u32] {
        for fraction in [0, 1, 2, 0x3f_ffff, 0x40_0000, 0x40_0001, 0x7f_fffe, 0x7f_ffff] {
            bits.push((exponent << 23) | fraction);
        }
    }
    bits.iter().flat_map(|&bits| [f32::from_bits(bits), f32::from_bits(bits | 0x8000_0000)]).collect()
}

/// A number of any bits but those of numbers below 2⁻¹²⁶.
fn any(random: &mut u64) -> f32 {
    *random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
    let value = f32::from_bits((*random >> 32) as u32);
    if value.is_subnormal() { 0.0 } else { value }
}

/// A number from 1 to 4, where every quotient and root is within the range.
fn near_one(random: &mut u64) -> f32 {
    f32::from_bits(0x3f80_0000 + (any(random).to_bits() & 0xff_ffff))
}

#[test]
fn quotients_and_roots_are_exact_on_a_processor_that_is_not() {
    for off in [0, 1, -1, 3, -3, 14, -14] {
        for (a, b) in edges().iter().flat_map(|&a| edges().into_iter().map(move |b| (a, b))) {
            assert_eq!(bits(div(a, b, off)), quotient(a, b), "{a:e} / {b:e}, {off} off");
        }
        for a in edges() {
            assert_eq!(bits(root(a, off)), bits(a.sqrt()), "√{a:e}, {off} off");
        }
    }
    let mut random = 1;
    for k in 0..10_000_000 {
        let off = k % 7 - 3;
        let (a, b) = (near_one(&mut random), near_one(&mut random));
        assert_eq!(div(a, b, off).to_bits(), (a / b).to_bits(), "{a:e} / {b:e}, {off} off");
        assert_eq!(root(a, off).to_bits(), a.sqrt().to_bits(), "√{a:e}, {off} off");
    }
    for k in 0..1_000_000 {
        let (off, a, b) = (k % 7 - 3, any(&mut random), any(&mut random));
        assert_eq!(bits(div(a, b, off)), quotient(a, b), "{a:e} / {b:e}, {off} off");
        assert_eq!(bits(root(a, off)), bits(a.sqrt()), "√{a:e}, {off} off");
    }
    // Off by more than is mended.
    assert_ne!(div(1.7, 1.3, 33).to_bits(), (1.7f32 / 1.3).to_bits());
}

#[test]
fn the_shader_divides_as_its_twin_does() {
    let text = "fn unused() {}\n";
    let module = module(text, &[], &[], 0);
    let mut random = 2;
    let mut pairs: Vec<(f32, f32)> =
        edges().iter().flat_map(|&a| edges().into_iter().map(move |b| (a, b))).step_by(7).collect();
    pairs.extend((0..3000).map(|_| (any(&mut random), any(&mut random))));
    pairs.extend((0..3000).map(|_| (near_one(&mut random), near_one(&mut random))));
    for (k, (a, b)) in pairs.into_iter().enumerate() {
        let off = k as i32 % 7 - 3;
        assert_eq!(executed(&module, "div", off, &[a, b]), bits(div(a, b, off)), "{a:e} / {b:e}");
        assert_eq!(executed(&module, "root", off, &[a]), bits(root(a, off)), "√{a:e}");
    }
}
