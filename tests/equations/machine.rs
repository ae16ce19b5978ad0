//! Machine code of the models that come as text, against the interpreter, bit for bit.

use std::path::Path;
use std::time::Instant;

use neuropil::equations::text::{Functions, Model};
use neuropil::equations::{Function, Interpret, Op, Program, masked};
use neuropil::number::Real;
use neuropil::random::Draws;
use neuropil::simd::{Vectors, found, vectors};

use super::interpret::{Inputs, Player, differing, played, players};
use super::models::{reordered, same};

/// The functions of a model, and how many of their inputs come before the state.
fn functions(model: &Model) -> Vec<Function> {
    match &model.functions {
        Functions::Neuron { step, reset, .. } => vec![step.clone(), masked(reset)],
        Functions::Astrocyte { step, gives, .. } => vec![step.clone(), gives.clone()],
        Functions::Synapse { source, target, advance, pre, post, modulator } => {
            let all = [&source.spike, &target.advance, advance, pre, post].into_iter().chain(modulator);
            all.cloned().collect()
        }
    }
}

/// The models of the folders of this repository.
fn built_in() -> Vec<Model> {
    let mut all = Vec::new();
    for folder in ["neurons", "astrocytes", "synapses"] {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("models").join(folder);
        let mut files: Vec<_> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
        files.retain(|path| path.extension().is_some_and(|end| end == "toml"));
        files.sort();
        for file in files {
            // Some are written out by a list of receptors before they are models.
            all.extend(Model::of_file("models.toml", &std::fs::read_to_string(file).unwrap()).unwrap_or_default());
        }
    }
    all
}

/// Columns for a function: derived values the same for all, the rest at random.
fn columns<R: Real>(function: &Function, derived: &[f64], count: usize, draws: &mut Draws) -> Inputs<R> {
    let shared = derived.iter().map(|&value| vec![R::of(value)]);
    let each = (derived.len()..function.inputs.len()).map(|_| (0..count).map(|_| R::of(draws.uniform())).collect());
    shared.chain(each).collect()
}

/// For how many numbers machine code and interpreter differ.
fn unlike<R: Interpret<Word: PartialEq>>(function: &Function, inputs: &Inputs<R>, count: usize) -> usize {
    let machines = players().into_iter().filter(|(player, _)| *player == Player::Machine);
    let mut unlike = 0;
    for (_, level) in machines {
        let [one, other] =
            [Player::Interpreter, Player::Machine].map(|player| played(function, &[], inputs, count, (player, level)));
        let pairs = one.iter().flatten().zip(other.iter().flatten());
        unlike += pairs.filter(|(a, b)| !same(**a, **b)).count();
    }
    unlike
}

fn models<R: Interpret<Word: PartialEq>>() -> usize {
    let mut draws = Draws::new(12, 9, 0);
    let models = built_in();
    for (k, model) in models.iter().enumerate() {
        let parameters: Vec<f64> = model.parameters.iter().map(|parameter| parameter.default).collect();
        let derived = model.derived(&parameters, 0.1);
        for function in functions(model) {
            for count in [1 + k, 64 + k % 7, 512] {
                let inputs = columns::<R>(&function, &derived, count, &mut draws);
                assert_eq!(unlike(&function, &inputs, count), 0, "{} {count}", model.name);
            }
        }
    }
    models.len()
}

#[test]
fn machine_code_of_the_models_from_text_has_the_bits_of_the_interpreter() {
    assert!(models::<f32>() > 30);
    assert!(models::<f64>() > 30);
}

#[test]
fn every_number_of_items_is_gone_over_whole() {
    let models = built_in();
    let named = |name: &str| models.iter().find(|model| model.name == name).unwrap();
    for model in [named("izhikevich"), named("tsodyks2_synapse")] {
        let parameters: Vec<f64> = model.parameters.iter().map(|parameter| parameter.default).collect();
        let derived = model.derived(&parameters, 0.1);
        let function = functions(model).swap_remove(0);
        let mut draws = Draws::new(12, 9, 1);
        for count in 1..=70 {
            assert_eq!(unlike(&function, &columns::<f32>(&function, &derived, count, &mut draws), count), 0);
            assert_eq!(unlike(&function, &columns::<f64>(&function, &derived, count, &mut draws), count), 0);
        }
    }
}

#[test]
fn machine_code_of_a_sum_in_another_order_is_seen() {
    if found() == Vectors::Baseline || !cfg!(unix) {
        return;
    }
    let mut seen = 0;
    for model in built_in() {
        let right = functions(&model).swap_remove(0).pruned();
        let inner = |id: u32| matches!(right.graph.ops()[id as usize], Op::Add(..));
        if right.graph.ops().len() < 500 && right.graph.ops().iter().any(|op| matches!(*op, Op::Add(a, _) if inner(a)))
        {
            let parameters: Vec<f64> = model.parameters.iter().map(|parameter| parameter.default).collect();
            let derived = model.derived(&parameters, 0.1);
            let inputs = columns::<f32>(&right, &derived, 64, &mut Draws::new(12, 9, 2));
            assert_eq!(differing((&right, &right), &[], &inputs, 64), 0, "{}", model.name);
            seen += usize::from(differing((&reordered(&right), &right), &[], &inputs, 64) > 0);
        }
    }
    assert!(seen > 3, "{seen}");
}

#[test]
fn threads_share_the_code_of_a_program() {
    let models = built_in();
    let function = functions(&models[0]).swap_remove(0);
    let program = Program::new(&function, &[]);
    let inputs = columns::<f32>(&function, &[], 70, &mut Draws::new(12, 9, 3));
    let play = |program: &Program| {
        let (mut workspace, mut out) = (program.workspace::<f32>(70), vec![vec![0.0; 70]; function.outputs.len()]);
        let mut table = workspace.table(70);
        inputs.iter().for_each(|column| table.read(column));
        out.iter_mut().for_each(|column| table.write(column));
        program.run(&mut table);
        out.concat().iter().map(|number| number.to_bits()).collect::<Vec<u32>>()
    };
    let expected = play(&Program::new(&function, &[]));
    std::thread::scope(|scope| {
        let runs: Vec<_> = (0..4).map(|_| scope.spawn(|| play(&program.clone()))).collect();
        runs.into_iter().for_each(|run| assert_eq!(run.join().unwrap(), expected));
    });
}

/// Time of an item, ns, by the interpreter and by machine code.
fn times(function: &Function, inputs: &Inputs<f32>) -> [f64; 2] {
    let (program, count) = (Program::new(function, &[]), 512);
    let mut out = vec![vec![0.0; count]; function.outputs.len()];
    let mut workspaces = [program.workspace::<f32>(count), program.workspace::<f32>(count)];
    let mut least = [f64::INFINITY; 2];
    for _ in 0..400 {
        for (machine, workspace) in workspaces.iter_mut().enumerate() {
            let started = Instant::now();
            for _ in 0..10 {
                let mut table = workspace.table(count);
                inputs
                    .iter()
                    .for_each(|input| if input.len() == 1 { table.share(input[0]) } else { table.read(input) });
                out.iter_mut().for_each(|column| table.write(column));
                if machine == 0 || !f32::play(&program, &mut table, vectors()) {
                    f32::run(&program, &mut table, vectors());
                }
            }
            least[machine] = least[machine].min(started.elapsed().as_secs_f64() * 1e8 / count as f64);
        }
    }
    least
}

#[test]
#[ignore = "a measurement, of a release build on a quiet machine"]
fn machine_code_beside_the_interpreter() {
    for model in built_in() {
        let parameters: Vec<f64> = model.parameters.iter().map(|parameter| parameter.default).collect();
        let derived = model.derived(&parameters, 0.1);
        for (k, function) in
            functions(&model).into_iter().enumerate().filter(|(_, function)| !function.outputs.is_empty())
        {
            let [interpreter, machine] =
                times(&function, &columns(&function, &derived, 512, &mut Draws::new(12, 9, 4)));
            println!("{} {k}: {interpreter:.3} ns, {machine:.3} ns ({:.2})", model.name, interpreter / machine);
        }
    }
}
