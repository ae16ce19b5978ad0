//! Step by step as all at once; constant memory; files.

use neuropil::train::fit::Parameters;
use neuropil::train::language::{Design, Model, Trace};
use neuropil::train::tape::Route;

use super::{design, drawn};

/// A net whose thresholds move much, and which knows what it reads.
fn model(trace: Trace) -> Model {
    let design = design(trace);
    let mut parameters = design.parameters(5).unwrap();
    loud(&mut parameters, &design);
    Model::new(design, parameters).unwrap()
}

fn loud(parameters: &mut Parameters<f32>, design: &Design) {
    for layer in 0..design.hidden.len() {
        let kappa = parameters.named_mut(&format!("kappa.{layer}")).unwrap();
        kappa
            .value_mut()
            .data_mut()
            .iter_mut()
            .zip(0..)
            .for_each(|(kappa, unit)| *kappa = 0.5 * (unit % 7) as f32 - 1.0);
        let out = parameters.named_mut(&format!("out.{layer}")).unwrap();
        out.value_mut().data_mut().iter_mut().for_each(|weight| *weight *= 20.0);
    }
}

fn step_by_step(model: &Model, text: &[u32]) -> Vec<u32> {
    let mut reader = model.reader().unwrap();
    text.iter()
        .flat_map(|&symbol| reader.read(symbol).unwrap().iter().map(|number| number.to_bits()).collect::<Vec<_>>())
        .collect()
}

fn at_once(model: &Model, text: &[u32], route: Route, threads: usize) -> Vec<f32> {
    model.log_probabilities(text, route, threads).unwrap().data().to_vec()
}

#[test]
fn a_reader_has_the_bits_of_all_steps_at_once() {
    let text = drawn(400, 1);
    for trace in [Trace::Own, Trace::None] {
        let model = model(trace);
        let stepped = step_by_step(&model, &text);
        for threads in [1, 2] {
            let bits: Vec<u32> =
                at_once(&model, &text, Route::Events, threads).iter().map(|number| number.to_bits()).collect();
            assert!(bits == stepped, "{trace:?}: a reader has other bits");
        }
        // Products of matrices sum in another order, which may move a spike's margin by the last bit.
        let products = at_once(&model, &text, Route::Product, 1);
        let pairs = products.iter().zip(&stepped).map(|(product, &bits)| (product - f32::from_bits(bits)).abs());
        assert!(pairs.fold(0.0, f32::max) < 1e-3);
    }
}

#[test]
fn a_reader_of_another_net_differs() {
    let text = drawn(400, 1);
    // The same weights, and thresholds that do not move: a reader without traces.
    let design = Design { trace: Trace::None, ..design(Trace::Own) };
    let without = Model::new(design, model(Trace::Own).parameters().clone()).unwrap();
    assert_ne!(step_by_step(&without, &text), step_by_step(&model(Trace::Own), &text));
    // One that forgets in between.
    let own = model(Trace::Own);
    let mut halves = step_by_step(&own, &text[..200]);
    halves.extend(step_by_step(&own, &text[200..]));
    assert_ne!(halves, step_by_step(&own, &text));
}

#[test]
fn what_it_knows_has_one_size_and_goes_on() {
    let model = model(Trace::Own);
    let text = drawn(3000, 2);
    let mut reader = model.reader().unwrap();
    reader.read(text[0]).unwrap();
    // Three symbols; 96 potentials and 6 traces.
    assert_eq!(reader.state().bytes(), 4 * (3 + 96 + 6));
    for &symbol in &text[1..] {
        let said = reader.read(symbol).unwrap();
        let sum: f32 = said.iter().map(|number| number.exp()).sum();
        assert!((sum - 1.0).abs() < 1e-5);
    }
    assert_eq!(reader.state().bytes(), 4 * (3 + 96 + 6));
    assert!(reader.state().trace(0).unwrap().iter().any(|&trace| trace > 0.05));
    let mut other = model.reader().unwrap();
    other.resume(reader.state().clone()).unwrap();
    assert_eq!(other.read(1).unwrap(), reader.read(1).unwrap());
    let small = Design { hidden: vec![64], ..design(Trace::Own) };
    let small = Model::new(small.clone(), small.parameters(1).unwrap()).unwrap();
    assert!(small.reader().unwrap().resume(reader.state().clone()).is_err());
}

#[test]
fn files_hold_the_net() {
    let model = model(Trace::Own);
    let bytes = model.to_bytes().unwrap();
    let again = Model::from_bytes(&bytes, "it").unwrap();
    assert_eq!(again.design(), model.design());
    let text = drawn(100, 3);
    assert_eq!(step_by_step(&again, &text), step_by_step(&model, &text));
    let refused = |bytes: &[u8], part: &str| {
        let words = Model::from_bytes(bytes, "it").unwrap_err().to_string();
        assert!(words.contains(part), "{words}");
    };
    refused(&bytes[..bytes.len() / 2], "no whole safetensors file");
    let mut broken = bytes.clone();
    let last = broken.len() - 4..;
    broken[last].copy_from_slice(&f32::NAN.to_le_bytes());
    refused(&broken, "not finite");
}

#[test]
fn text_is_drawn() {
    let model = model(Trace::Own);
    let text = model.write("ab", 50, 0.8, 1).unwrap();
    assert!(text.starts_with("ab") && text.chars().count() == 52 && text.chars().all(|letter| "abc".contains(letter)));
    assert_eq!(model.write("ab", 50, 0.8, 1).unwrap(), text);
    assert_ne!(model.write("ab", 50, 0.8, 2).unwrap(), text);
    assert!(model.write("ab", 5, 0.0, 1).unwrap_err().to_string().contains("temperature"));
    assert!(model.write("x", 5, 1.0, 1).unwrap_err().to_string().contains("'x' is not of the alphabet"));
    assert!(self::model(Trace::Shuffled).reader().is_err());
    assert!(model.reader().unwrap().read(3).is_err());
}
