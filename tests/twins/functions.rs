//! Elementary functions, quotients and roots on a GPU: the bits of the processor.

use std::sync::Arc;

use neuropil::equations::text::Functions;
use neuropil::equations::wgsl;
use neuropil::models::Start::At;
use neuropil::models::{Model, Of};
use neuropil::network::Value;
use neuropil::neuron;
use neuropil::number::Real;
use neuropil::prelude::*;
use neuropil::random::Draws;

use super::gpu;
use super::models::{mutant, outcome};
use crate::equations::printed::{aeif_printed::AeifPrinted, model};
use crate::support::altered::Altered;
use crate::support::neurons::random_of;

neuron! {
    /// Functions of what is in its state, and no neuron.
    Elementary = "functions", "the functions of x, and of a and b";
    parameters {}
    state {
        x: "" = At(0.0), None, Any, "an exponent";
        a: "" = At(1.0), None, Any, "a dividend";
        b: "" = At(1.0), None, Any, "a divisor above zero";
        exponential: "" = At(0.0), None, Any, "the exponential of x";
        logarithm: "" = At(0.0), None, Any, "the logarithm of b";
        quotient: "" = At(0.0), None, Any, "a over b";
        root: "" = At(0.0), None, Any, "the square root of b";
    }
    derived { margin }
    channels {
        "in": "pA", All;
    }
    multiple = false;
    impl {
        fn derive(&self, _dt: f64) -> Derived<f64> {
            Derived { margin: -1.0 }
        }

        #[inline(always)]
        fn advance<R: Real>(_d: &Derived<R>, s: &mut State<R>, _input: &[R], _current: R) {
            s.exponential = s.x.exp();
            s.logarithm = s.b.ln();
            s.quotient = s.a.over(s.b);
            s.root = s.b.sqrt();
        }

        #[inline(always)]
        fn margin<R: Real>(d: &Derived<R>, _s: &State<R>) -> R {
            d.margin
        }

        #[inline(always)]
        fn reset<R: Real>(_d: &Derived<R>, _s: &mut State<R>) {}
    }
}

const COUNT: u32 = 1_000_000;

/// As many states: exponents beyond the ends of the range; dividends and divisors of any bits whose quotient is normal.
fn states(model: Arc<dyn Model>) -> Network {
    let mut draws = Draws::new(8, 1, 0);
    let mut any = |least: u32, exponents: u32, signs: u32| {
        let bits = ((least + draws.below(exponents)) << 23) | draws.below(1 << 23) | (draws.below(signs) << 31);
        f64::from(f32::from_bits(bits))
    };
    let mut values: [Vec<f64>; 3] = Default::default();
    for _ in 0..COUNT {
        // From 2⁻³⁰ to 2⁷.
        values[0].push(any(97, 37, 2));
        values[1].push(any(66, 122, 2));
        values[2].push(any(66, 122, 1));
    }
    let mut population = Population::new("neurons", COUNT, model).unwrap();
    for (name, values) in ["x", "a", "b"].into_iter().zip(values) {
        population.set(name, Value::each(values)).unwrap();
    }
    let mut net = Network::new(0.1.ms());
    net.add_population(population).unwrap();
    net
}

#[test]
fn functions_of_a_million_numbers_have_the_bits_of_the_processor() {
    if !gpu() {
        return;
    }
    let model: Arc<dyn Model> = Arc::new(Of::<Elementary>::new());
    let net = states(model.clone());
    let (cpu, found) = (outcome(&net, Device::cpu(), 0.1).1, outcome(&net, Device::gpu(), 0.1).1);
    for ((variable, cpu), gpu) in model.declaration().state.iter().zip(&cpu).zip(&found) {
        let differing = cpu.iter().zip(gpu).filter(|(a, b)| a.to_bits() != b.to_bits()).count();
        assert_eq!(differing, 0, "{}", variable.name);
        assert!(cpu.iter().all(|value| value.is_finite() && *value != 0.0), "{}", variable.name);
    }
    let driver = mutant(&model, "= exponential(", "= exp(");
    let other = outcome(&states(Arc::new(driver)), Device::gpu(), 0.1).1;
    let differing = cpu[3].iter().zip(&other[3]).filter(|(a, b)| a != b).count();
    assert!(differing > 1000, "{differing} exponentials of the driver are others");
}

#[test]
fn a_model_with_exponentials_and_a_loop_is_the_same_on_gpu() {
    if !gpu() {
        return;
    }
    let written_out: Arc<dyn Model> = Arc::new(Of::<AeifPrinted>::new());
    let Functions::Neuron { step, reset, .. } = model(9).functions else { panic!("no neuron") };
    // The margin, which in Rust is state as well, is kept beside it here.
    let state: Vec<&str> = written_out.declaration().state[..5].iter().map(|variable| variable.name).collect();
    let wgsl = wgsl::neuron(&step, &reset, written_out.declaration().derived, &state, &[]).unwrap();
    assert!(wgsl.contains("exponential(") && wgsl.contains("for (var") && wgsl.contains("kept_margin ="), "{wgsl}");
    let loops = Altered { wgsl: Some(wgsl), ..Altered::new(&written_out) };
    let cpu = outcome(&random_of(&written_out), Device::cpu(), 40.0);
    let gpu = outcome(&random_of(&written_out), Device::gpu(), 40.0);
    assert!(cpu.1 == gpu.1 && cpu.0 == gpu.0, "written out");
    let gpu = outcome(&random_of(&(Arc::new(loops) as Arc<dyn Model>)), Device::gpu(), 40.0);
    assert!(cpu.1[..5] == gpu.1[..5] && cpu.0 == gpu.0, "as a loop");
    assert!(cpu.0.len() > 10, "{} spikes", cpu.0.len());
}
