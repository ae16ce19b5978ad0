//! The checks, random inputs, and operations that are broken on purpose.

use neuropil::random::philox;
use neuropil::train::gemm::Float;
use neuropil::train::tape::{Datum, Given, Operation};
use neuropil::train::{Array, Spikes};
use neuropil::{Error, Result};

/// Numbers drawn one after the other.
pub struct Draws {
    seed: u32,
    count: u32,
}

impl Draws {
    pub fn new(seed: u32) -> Draws {
        Draws { seed, count: 0 }
    }

    /// From 0 up to 1.
    pub fn unit(&mut self) -> f64 {
        self.count += 1;
        f64::from(philox([self.count, 0, 0, 0], [self.seed, 14])[0]) / 4_294_967_296.0
    }

    pub fn between(&mut self, low: f64, high: f64) -> f64 {
        low + (high - low) * self.unit()
    }

    pub fn below(&mut self, end: usize) -> usize {
        (self.unit() * end as f64) as usize
    }

    /// Numbers from -1 to 1.
    pub fn numbers(&mut self, shape: &[usize]) -> Datum<f64> {
        self.numbers_between(shape, -1.0, 1.0)
    }

    pub fn numbers_between(&mut self, shape: &[usize], low: f64, high: f64) -> Datum<f64> {
        let data = (0..shape.iter().product()).map(|_| self.between(low, high)).collect();
        Datum::Numbers(Array::new("draws", shape, data).unwrap())
    }

    pub fn spikes(&mut self, shape: &[usize], density: f64) -> Datum<f64> {
        let mut spikes = Spikes::silent("draws", shape).unwrap();
        for sample in 0..shape[0] {
            for step in 0..shape[1] {
                for unit in 0..spikes.units() {
                    if self.unit() < density {
                        spikes.set(sample, step, unit);
                    }
                }
            }
        }
        Datum::Spikes(spikes)
    }
}

/// In another number type.
pub fn cast<A: Float, B: Float>(datum: &Datum<A>) -> Datum<B> {
    match datum {
        Datum::Spikes(spikes) => Datum::Spikes(spikes.clone()),
        Datum::Numbers(array) => {
            let data = array.data().iter().map(|number| B::of(number.value())).collect();
            Datum::Numbers(Array::new("cast", array.shape(), data).unwrap())
        }
    }
}

/// Spikes as numbers.
pub fn unpacked(datum: &Datum<f64>) -> Datum<f64> {
    match datum {
        Datum::Spikes(spikes) => Datum::Numbers(spikes.numbers("unpacked").unwrap()),
        Datum::Numbers(_) => datum.clone(),
    }
}

pub fn data<T: Float>(datum: &Datum<T>) -> &[T] {
    datum.numbers("test").unwrap().data()
}

/// The output, and the adjoints of all inputs for an adjoint of the output that is drawn.
pub struct Passed<T> {
    pub output: Datum<T>,
    pub adjoints: Vec<Array<T>>,
}

/// The adjoint of an output, in `f32`'s numbers.
pub fn bar<T: Float>(shape: &[usize]) -> Array<T> {
    let drawn: Datum<f32> = cast(&Draws::new(99).numbers(shape));
    cast::<f32, T>(&drawn).numbers("bar").unwrap().clone()
}

pub fn pass<T: Float>(operation: &mut impl Operation<T>, inputs: &[Datum<T>], threads: usize) -> Passed<T> {
    let inputs: Vec<&Datum<T>> = inputs.iter().collect();
    let output = operation.forward(&inputs, threads).unwrap();
    let bar = bar(output.shape());
    let wanted = vec![true; inputs.len()];
    let given = Given { inputs: &inputs, output: &output, bar: &bar, wanted: &wanted };
    let adjoints = operation.backward(given, threads).unwrap();
    let adjoints = adjoints.into_iter().map(Option::unwrap).collect();
    Passed { output, adjoints }
}

/// Σ of the output's numbers times their adjoints.
fn weighed<O: Operation<f64> + Clone>(operation: &O, inputs: &[&Datum<f64>], bar: &Array<f64>) -> f64 {
    let output = operation.clone().forward(inputs, 1).unwrap();
    data(&output).iter().zip(bar.data()).map(|(number, bar)| number * bar).sum()
}

/// The derivative along a direction of one input, by four differences.
fn difference<O: Operation<f64> + Clone>(
    operation: &O,
    inputs: &[Datum<f64>],
    place: usize,
    direction: &[f64],
    bar: &Array<f64>,
) -> f64 {
    let step = 1e-3;
    let at = |steps: f64| {
        let mut moved = inputs[place].numbers("test").unwrap().clone();
        moved.data_mut().iter_mut().zip(direction).for_each(|(number, way)| *number += steps * step * way);
        let moved = Datum::Numbers(moved);
        let mut all: Vec<&Datum<f64>> = inputs.iter().collect();
        all[place] = &moved;
        weighed(operation, &all, bar)
    };
    (8.0 * (at(1.0) - at(-1.0)) - (at(2.0) - at(-2.0))) / (12.0 * step)
}

fn near(found: f64, expected: f64, scale: f64, tolerance: f64, what: &str) -> Result<(), String> {
    let away = (found - expected).abs();
    if away <= tolerance * scale.max(expected.abs()).max(1e-12) {
        return Ok(());
    }
    Err(format!("{what}: {found}, and it should be {expected}"))
}

pub fn largest(numbers: &[f64]) -> f64 {
    numbers.iter().fold(0.0, |most, number| number.abs().max(most))
}

/// The adjoints of inputs against differences, and of spikes against those of the same as numbers.
pub fn gradients<O: Operation<f64> + Clone>(
    operation: &O,
    inputs: &[Datum<f64>],
    places: &[usize],
) -> Result<(), String> {
    let passed = pass(&mut operation.clone(), inputs, 1);
    let bar = bar::<f64>(passed.output.shape());
    let numbers: Vec<Datum<f64>> = inputs.iter().map(unpacked).collect();
    let mut draws = Draws::new(5);
    for &place in places {
        let adjoint = passed.adjoints[place].data();
        assert_eq!(passed.adjoints[place].shape(), inputs[place].shape());
        let scale = largest(adjoint);
        for _ in 0..3 {
            let way: Vec<f64> = adjoint.iter().map(|_| draws.between(0.5, 1.0) * [-1.0, 1.0][draws.below(2)]).collect();
            let found: f64 = adjoint.iter().zip(&way).map(|(adjoint, way)| adjoint * way).sum();
            let expected = difference(operation, &numbers, place, &way, &bar);
            near(found, expected, scale, 1e-7, &format!("input {place}, along a direction"))?;
        }
        for _ in 0..12.min(adjoint.len()) {
            let entry = draws.below(adjoint.len());
            let mut way = vec![0.0; adjoint.len()];
            way[entry] = 1.0;
            let expected = difference(operation, &numbers, place, &way, &bar);
            near(adjoint[entry], expected, scale, 1e-7, &format!("input {place}, number {entry}"))?;
        }
    }
    Ok(())
}

/// Outputs and adjoints in `f32` against those in `f64`, from the same numbers.
pub fn narrow(
    single: &mut impl Operation<f32>,
    double: &mut impl Operation<f64>,
    inputs: &[Datum<f64>],
) -> Result<(), String> {
    let inputs: Vec<Datum<f32>> = inputs.iter().map(cast).collect();
    let wide: Vec<Datum<f64>> = inputs.iter().map(cast).collect();
    let (found, expected) = (pass(single, &inputs, 1), pass(double, &wide, 1));
    let all = |passed: &Passed<f64>| -> Vec<Vec<f64>> {
        let output = std::iter::once(data(&passed.output).to_vec());
        output.chain(passed.adjoints.iter().map(|adjoint| adjoint.data().to_vec())).collect()
    };
    let found = Passed {
        output: cast(&found.output),
        adjoints: found
            .adjoints
            .into_iter()
            .map(|a| cast(&Datum::Numbers(a)).numbers("test").unwrap().clone())
            .collect(),
    };
    for (place, (found, expected)) in all(&found).into_iter().zip(all(&expected)).enumerate() {
        let scale = largest(&expected);
        assert_eq!(found.len(), expected.len());
        for (found, expected) in found.into_iter().zip(expected) {
            near(found, expected, scale, 1e-3, &format!("result {place} in f32"))?;
        }
    }
    Ok(())
}

/// The same bits on one, two and three threads.
pub fn threads<O: Operation<f32> + Clone>(operation: &O, inputs: &[Datum<f64>]) -> Result<(), String> {
    let inputs: Vec<Datum<f32>> = inputs.iter().map(cast).collect();
    let bits = |numbers: &[f32]| -> Vec<u32> { numbers.iter().map(|number| number.to_bits()).collect() };
    let all = |threads| {
        let passed = pass(&mut operation.clone(), &inputs, threads);
        let adjoints = passed.adjoints.iter().map(|adjoint| bits(adjoint.data()));
        std::iter::once(bits(data(&passed.output))).chain(adjoints).collect::<Vec<_>>()
    };
    let one = all(1);
    match [2, 3].into_iter().find(|&threads| all(threads) != one) {
        Some(threads) => Err(format!("{threads} threads give other bits than one")),
        None => Ok(()),
    }
}

/// How an operation is broken.
#[derive(Clone, Copy, Debug)]
pub enum Fault {
    /// An adjoint is larger by a thousandth.
    Scaled,
    /// An adjoint's last number that is not zero is.
    LastGone,
    /// Results depend on the number of threads, in the last bits.
    Uneven,
    /// The output is larger by a hundredth.
    Louder,
}

/// An operation with a fault in the adjoint of one input.
#[derive(Clone)]
pub struct Broken<O>(pub O, pub usize, pub Fault);

impl<T: Float, O: Operation<T>> Operation<T> for Broken<O> {
    fn name(&self) -> &str {
        "broken"
    }

    fn forward(&mut self, inputs: &[&Datum<T>], threads: usize) -> Result<Datum<T>> {
        let mut output = self.0.forward(inputs, threads)?;
        if let (Fault::Louder, Datum::Numbers(output)) = (self.2, &mut output) {
            output.data_mut().iter_mut().for_each(|number| *number *= T::of(1.01));
        }
        Ok(output)
    }

    fn backward(&mut self, given: Given<'_, T>, threads: usize) -> Result<Vec<Option<Array<T>>>> {
        let mut adjoints = self.0.backward(given, threads)?;
        let adjoint = adjoints[self.1].as_mut().ok_or(Error::Internal("unwanted".to_owned()))?.data_mut();
        match self.2 {
            Fault::Scaled => adjoint.iter_mut().for_each(|number| *number *= T::of(1.001)),
            Fault::LastGone => {
                let last = adjoint.iter_mut().rfind(|number| **number != T::of(0.0));
                last.into_iter().for_each(|number| *number = T::of(0.0));
            }
            Fault::Uneven => {
                let factor = T::of(1.0 + 1e-6 * threads as f64);
                adjoint.iter_mut().for_each(|number| *number *= factor);
            }
            Fault::Louder => {}
        }
        Ok(adjoints)
    }
}

/// All checks of an operation whose inputs at `places` have derivatives, and that each fails where it should.
pub fn holds<O: Operation<f32> + Operation<f64> + Clone>(operation: &O, inputs: &[Datum<f64>], places: &[usize]) {
    let shapes: Vec<&[usize]> = inputs.iter().map(Datum::shape).collect();
    gradients(operation, inputs, places).unwrap_or_else(|error| panic!("{shapes:?}: {error}"));
    narrow(&mut operation.clone(), &mut operation.clone(), inputs)
        .unwrap_or_else(|error| panic!("{shapes:?}: {error}"));
    threads(operation, inputs).unwrap_or_else(|error| panic!("{shapes:?}: {error}"));
    let passed = pass::<f64>(&mut operation.clone(), inputs, 1);
    for &place in places {
        // What has no derivative at all cannot be broken.
        if largest(passed.adjoints[place].data()) < 1e-9 {
            continue;
        }
        for fault in [Fault::Scaled, Fault::LastGone] {
            let broken = Broken(operation.clone(), place, fault);
            assert!(gradients(&broken, inputs, places).is_err(), "{shapes:?}: input {place}, {fault:?}, passes");
        }
        assert!(
            threads(&Broken(operation.clone(), place, Fault::Uneven), inputs).is_err(),
            "{shapes:?}: uneven passes"
        );
    }
    if largest(data(&passed.output)) > 1e-9 {
        let mut broken = Broken(operation.clone(), 0, Fault::Louder);
        assert!(narrow(&mut broken, &mut operation.clone(), inputs).is_err(), "{shapes:?}: louder passes");
    }
}

/// What an operation says of inputs that it refuses.
pub fn refusal<O: Operation<f64>>(mut operation: O, inputs: &[Datum<f64>]) -> String {
    let inputs: Vec<&Datum<f64>> = inputs.iter().collect();
    match operation.forward(&inputs, 1) {
        Ok(_) => panic!("it takes what it should refuse"),
        Err(error) => error.to_string(),
    }
}
