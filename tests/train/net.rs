//! Networks that are learned: the digits, played by the engine spike for spike, and written as files that anyone runs.

use neuropil::experiment::Experiment;
use neuropil::prelude::*;
use neuropil::train::Spikes as Bits;
use neuropil::train::fit::encode::Draw;
use neuropil::train::fit::{Parameters, Trainer, Unwatched};
use neuropil::train::net::{Classify, files, play};
use neuropil::train::tasks::{Asked, Ready, Task, ready};

use crate::support::room::Room;

/// The digits, learned for a while by a small network.
fn learned() -> (Ready<f32>, Parameters<f32>, f64) {
    let asked = Asked { epochs: Some(4), hidden: Some(60), steps: Some(15), ..Asked::default() };
    let ready = ready::<f32>(Task::Digits, &asked).unwrap();
    let mut task =
        Classify::new((&ready.net, &ready.samples), (ready.code, ready.steps), ready.readout.clone(), 2).unwrap();
    let mut trainer = Trainer::new(ready.parameters.clone(), ready.settings.clone(), ready.split.clone()).unwrap();
    trainer.run(&mut task, None, &mut Unwatched).unwrap();
    let accuracy = trainer.history().last().unwrap().validation.unwrap().accuracy().unwrap();
    let parameters = trainer.into_parameters();
    (ready, parameters, accuracy)
}

/// Some samples of the test set as spikes, and those of each layer in training.
fn tested(ready: &Ready<f32>, parameters: &Parameters<f32>, samples: usize) -> (Bits, Vec<Bits>) {
    let task =
        Classify::new((&ready.net, &ready.samples), (ready.code, ready.steps), ready.readout.clone(), 1).unwrap();
    let input = task.encode(&ready.split.validation[..samples], Draw { seed: 1, number: 0 }).unwrap();
    let layers = task.spikes(parameters, input.clone()).unwrap();
    (input, layers)
}

fn compared(layers: &[Bits], played: &[Bits]) -> play::Equal {
    play::compare(&layers.iter().collect::<Vec<_>>(), played)
}

#[test]
fn digits_are_learned_and_every_test_sample_is_played_spike_for_spike() {
    let (ready, mut parameters, accuracy) = learned();
    assert!(accuracy > 0.9, "{accuracy}");
    let (input, layers) = tested(&ready, &parameters, ready.split.validation.len());
    let played = play::spikes(&ready.net, &parameters, &input, Device::cpu()).unwrap();
    let equal = compared(&layers, &played);
    assert_eq!((equal.same, equal.differing), (ready.split.validation.len(), 0));
    assert!(equal.spikes > 10_000, "{}", equal.spikes);
    #[cfg(feature = "gpu")]
    {
        if crate::twins::gpu() {
            let (input, layers) = tested(&ready, &parameters, 12);
            let played = play::spikes(&ready.net, &parameters, &input, Device::gpu()).unwrap();
            assert_eq!(compared(&layers, &played).differing, 0);
        }
    }
    // Other weights are seen.
    let weights = parameters.named_mut("weights hidden").unwrap();
    weights.value_mut().data_mut().iter_mut().step_by(5).for_each(|weight| *weight += 0.25);
    let played = play::spikes(&ready.net, &parameters, &input, Device::cpu()).unwrap();
    assert!(compared(&layers, &played).same < ready.split.validation.len() / 2);
}

#[test]
fn what_was_learned_is_an_experiment_that_gives_the_same_spikes() {
    let (ready, parameters, _) = learned();
    let (input, layers) = tested(&ready, &parameters, 6);
    let room = Room::new("train_files");
    let files = files::files(&ready.net, &parameters, &input, "digits").unwrap();
    files::write(&files, &room.path("learned")).unwrap();
    let setup = Experiment::read(room.path("learned/experiment.toml")).unwrap().setup().unwrap();
    let mut sim = setup.network.build(Device::cpu(), Seed(1)).unwrap();
    sim.run(setup.duration).unwrap();
    let period = play::network(&ready.net, &parameters, &input).unwrap().period;
    let mut spikes: Vec<(usize, usize)> = Vec::new();
    for spike in sim.all_spikes().iter().filter(|spike| spike.id >= 64) {
        spikes.push((spike.step as usize - 1, spike.id as usize - 64));
    }
    spikes.retain(|(step, _)| *step >= period && step % period < ready.steps);
    let mut expected = Vec::new();
    for (sample, step) in (0..6).flat_map(|sample| (0..ready.steps).map(move |step| (sample, step))) {
        expected.extend(layers[0].firing(sample, step).map(|unit| ((sample + 1) * period + step, unit)));
    }
    assert!(expected.len() > 200);
    assert_eq!(spikes, expected);
}

#[test]
fn threads_do_not_count_and_another_seed_does() {
    let weights = |threads: usize, seed: u64| {
        let asked = Asked {
            epochs: Some(1),
            hidden: Some(20),
            steps: Some(8),
            samples: Some(200),
            seed: Some(seed),
            ..Asked::default()
        };
        let ready = ready::<f32>(Task::Digits, &asked).unwrap();
        let mut task =
            Classify::new((&ready.net, &ready.samples), (ready.code, ready.steps), ready.readout.clone(), threads)
                .unwrap();
        let mut trainer = Trainer::new(ready.parameters.clone(), ready.settings.clone(), ready.split.clone()).unwrap();
        trainer.run(&mut task, None, &mut Unwatched).unwrap();
        trainer.parameters().named("weights hidden").unwrap().value().clone()
    };
    assert_eq!(weights(1, 1), weights(3, 1));
    assert_ne!(weights(1, 1), weights(1, 2));
}

#[test]
fn rates_are_held_within_a_band() {
    let spikes = |weight: Option<f64>| {
        let (epochs, hidden, steps) = (Some(2), Some(20), Some(8));
        let asked = Asked { epochs, hidden, steps, samples: Some(300), ..Asked::default() };
        let ready = ready::<f32>(Task::Digits, &asked).unwrap();
        let (pair, shown) = ((&ready.net, &ready.samples), (ready.code, ready.steps));
        let mut task = Classify::new(pair, shown, ready.readout.clone(), 1).unwrap();
        if let Some(weight) = weight {
            task = task.with_rates(0.0, 0.02, weight).unwrap();
        }
        let mut trainer = Trainer::new(ready.parameters.clone(), ready.settings.clone(), ready.split.clone()).unwrap();
        trainer.run(&mut task, None, &mut Unwatched).unwrap();
        trainer.history().last().unwrap().train.spikes_per_sample()
    };
    let free = spikes(None);
    assert_eq!(spikes(Some(0.0)), free);
    assert!(spikes(Some(100.0)) < 0.7 * free);
}

#[cfg(feature = "cli")]
mod program {
    use crate::support::program::Room;

    #[test]
    fn a_training_leaves_a_picture_weights_and_an_experiment_and_goes_on_from_its_checkpoint() {
        let room = Room::new("train_program");
        let short = ["--hidden", "20", "--steps", "8", "--samples", "300", "--json", "--checkpoint", "d.safetensors"];
        let run = |more: &[&str]| -> serde_json::Value {
            let output = room.run(&[&["train", "digits"], &short[..], more].concat());
            assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
            serde_json::from_slice(&output.stdout).unwrap()
        };
        let first = run(&["--epochs", "2", "--out", "first"]);
        assert_eq!(first["epochs"].as_array().unwrap().len(), 2);
        assert_eq!(first["engine"]["differing"], 0);
        assert_eq!(first["engine"]["same"], first["engine"]["samples"]);
        for file in [
            "learning.png",
            "trained.safetensors",
            "experiment.toml",
            "hidden.csv",
            "readout.csv",
            "input.csv",
            "training.json",
        ] {
            assert!(room.path("first").join(file).exists(), "{file}");
        }
        let said = room.refused(&["train", "digits", "--checkpoint", "d.safetensors"]);
        assert!(said.contains("--resume"), "{said}");
        let again = run(&["--epochs", "2", "--resume", "--out", "again"]);
        assert_eq!((&again["epochs"], &again["accuracy"]), (&first["epochs"], &first["accuracy"]));
        assert_eq!(
            std::fs::read(room.path("first/hidden.csv")).unwrap(),
            std::fs::read(room.path("again/hidden.csv")).unwrap()
        );
    }

    #[test]
    fn a_study_leaves_its_tables_and_pictures() {
        let room = Room::new("train_study");
        let output = room.run(&["train", "elm", "--samples", "640", "--steps", "10", "--json", "--out", "elm"]);
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        let answer: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
        let rows = answer["tables"][0]["rows"].as_array().unwrap();
        assert!(rows.len() == 12 && rows.iter().all(|row| row[1] == 10), "{rows:?}");
        let kept: serde_json::Value =
            serde_json::from_slice(&std::fs::read(room.path("elm/elm.json")).unwrap()).unwrap();
        assert_eq!(kept, answer);
        assert!(std::fs::read(room.path("elm/elm.png")).unwrap().starts_with(b"\x89PNG"));
        let again = ["train", "elm", "--samples", "640", "--steps", "10", "--out", "elm"];
        assert!(room.refused(&again).contains("not empty"));
    }

    #[test]
    fn images_are_drawn_by_the_sampler_that_is_asked_for() {
        let room = Room::new("train_sampler");
        let drawn = |more: &[&str], name: &str| {
            let arguments = ["train", "diffusion", "--sample", "1", "--json", "--out", name];
            let output = room.run(&[&arguments[..], more].concat());
            assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
            let told: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
            (told["sampler"].clone(), told["sampling_steps"].clone(), std::fs::read(room.path(name)).unwrap())
        };
        let plain = drawn(&["--sampling-steps", "3"], "a.png");
        assert_eq!((&plain.0, &plain.1), (&"ddim".into(), &3.into()));
        let ancestral = drawn(&["--sampling-steps", "3", "--sampler", "ddpm"], "b.png");
        assert_eq!((&ancestral.0, &ancestral.1), (&"ddpm".into(), &3.into()));
        assert_eq!(ancestral.2, drawn(&["--sampling-steps", "3", "--sampler", "ddpm"], "c.png").2);
        assert_ne!(ancestral.2, plain.2, "new noise does not count");
        // Played on the engine it is the same picture, of the same spikes.
        let played = ["train", "diffusion", "--play", "1", "--sampling-steps", "2", "--out", "played.png", "--json"];
        let output = room.run(&played);
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        let told: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
        assert_eq!((&told["differing"], &told["precision"]), (&0.into(), &"f64".into()), "{told}");
        assert!(told["spikes"].as_u64() > Some(10_000) && told["synapses"].as_u64() > Some(1_000_000), "{told}");
        // In one step back to the image there is no noise to add.
        let once = |way: &str, name: &str| drawn(&["--sampling-steps", "1", "--sampler", way], name).2;
        assert_eq!(once("ddim", "d.png"), once("ddpm", "e.png"));
    }

    #[test]
    fn mistakes_are_told() {
        let room = Room::new("train_mistakes");
        let told = |arguments: &[&str]| room.refused(&[&["train"], arguments].concat());
        assert_eq!(told(&["digit"]), "unknown task 'digit' in neuropil train; did you mean 'digits'?");
        assert!(told(&["mnist"]).contains("name it by --data"));
        assert!(told(&["mnist", "--data", "nowhere"]).contains("there is no train-images-idx3-ubyte.gz in nowhere"));
        assert!(told(&["digits", "--full", "--epochs", "1"]).contains("--full"));
        assert!(told(&["digits", "--epochs", "0"]).starts_with("--epochs: it must be from 1 to"));
        assert!(told(&["digits", "--seeds", "2"]).starts_with("--seeds: the task digits learns once"));
        assert!(told(&["sequence", "--epochs", "2"]).starts_with("--epochs: the study sequence has no such option"));
        assert!(told(&["regimes", "--seeds", "0"]).starts_with("--seeds: it must be from 1 to 1000"));
        assert!(told(&["motion", "--hidden", "8"]).contains("--full"));
        let drawn = |more: &[&str]| told(&[&["diffusion"], more].concat());
        let said = drawn(&["--sample", "4", "--neuron", "ann", "--threshold", "0.9"]);
        assert!(said.starts_with("--threshold: ") && said.contains("ReLUs have no threshold"), "{said}");
        assert!(
            drawn(&["--sample", "4", "--neuron", "ann", "--weights", "w"])
                .starts_with("--neuron: the net of --weights")
        );
        let said = drawn(&["--sample", "1", "--sampling-steps", "0"]);
        assert!(said.starts_with("--sampling-steps: 0 steps back are not from 1 to 1000"), "{said}");
        assert!(drawn(&["--sample", "1", "--sampling-steps", "1001"]).starts_with("--sampling-steps: 1001 steps back"));
        assert!(drawn(&["--sample", "1", "--sampler", "euler"]).contains("ddim, ddpm"));
        assert!(drawn(&["--sampler", "ddpm"]).starts_with("--sampler: it is of use for --sample and --play"));
        assert!(drawn(&["--play", "1", "--sample", "1"]).starts_with("--sample: --play draws images itself"));
        assert!(drawn(&["--play", "0"]).starts_with("--play: it must be from 1 to 64"));
        assert!(drawn(&["--play", "1", "--convert", "4"]).starts_with("--convert: it is of use for --sample"));
        assert!(drawn(&["--sample", "1", "--device", "gpu"]).starts_with("--device: it is of use for --play"));
        assert!(drawn(&["--sample", "1", "--recompute", "yes"]).starts_with("--recompute: it is of use for learning"));
        assert!(told(&["digits", "--sampler", "ddpm"]).starts_with("--sampler: it is an option of the task diffusion"));
        assert_eq!(drawn(&["--judge", "1"]), "--judge: 1 image has no spread to judge; give 2 or more");
        assert_eq!(drawn(&["--ablation", "1"]), "--ablation: 1 image has no spread to judge; give 2 or more");
        assert!(drawn(&["--ablation", "16", "--seeds", "1"]).starts_with("--seeds: images of 1 seed have no spread"));
        room.write("samples.png", "a picture");
        for out in [".", "samples.png"] {
            assert!(drawn(&["--sample", "1", "--out", out]).contains("samples.png: is there already"), "{out}");
        }
        room.write("train-images-idx3-ubyte", [0, 0, 8, 3, 0, 0, 0, 9]);
        room.write("train-labels-idx1-ubyte", [0, 0, 8, 1, 0, 0, 0, 1, 3]);
        room.write("t10k-images-idx3-ubyte", "");
        room.write("t10k-labels-idx1-ubyte", "");
        assert!(told(&["mnist", "--data", "."]).contains("train-images-idx3-ubyte"));
        room.write("other.safetensors", "no");
        assert!(told(&["digits", "--checkpoint", "other.safetensors", "--resume"]).contains("other.safetensors"));
    }

    #[cfg(feature = "formats")]
    #[test]
    fn a_file_of_another_tool_is_shown() {
        let room = Room::new("train_nir");
        let file = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/golden/nir/recurrent.nir");
        let shown = |more: &[&str]| {
            let output = room.run(&[&["nir", file], more].concat());
            assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
            String::from_utf8(output.stdout).unwrap()
        };
        assert!(shown(&[]).contains("input"));
        assert!(shown(&["--dt", "0.001", "--integration", "euler"]).contains("steps of 0.001 s, euler"));
        let json = |more: &[&str]| -> serde_json::Value { serde_json::from_str(&shown(more)).unwrap() };
        let plain = json(&["--json"]);
        assert!(plain["nodes"].is_object() && plain["tools"]["norse"].is_array() && plain.get("steps").is_none());
        let steps = json(&["--json", "--dt", "0.001", "--integration", "euler"]);
        assert!(steps["steps"]["dt"] == 0.001 && steps["steps"]["notes"].is_array(), "{}", steps["steps"]);
        let told = plain["tools"].as_object().unwrap().iter().flat_map(|(_, notes)| notes.as_array().unwrap());
        for note in told {
            assert!(shown(&[]).contains(note.as_str().unwrap()), "{note}");
        }
        assert!(room.refused(&["nir", file, "--integration", "exact"]).contains("dt"));
        // Played on the engine: what the library's plain player makes of the same input.
        let graph = neuropil::train::nir::read(file).unwrap();
        let options = neuropil::train::nir::Options {
            dt: Some(1e-3),
            integration: Some(neuropil::train::nir::Integration::Euler),
            ..Default::default()
        };
        let steps = graph.discretise(options).unwrap();
        let (input, units) = (steps.inputs()[0].0.to_owned(), steps.inputs()[0].1);
        let on = |step: usize, unit: usize| (step * 7 + unit * 3) % 5 < 3;
        let all = || (0..40).flat_map(|step| (0..units).map(move |unit| (step, unit)));
        let values: Vec<f64> = all().map(|(step, unit)| f64::from(u8::from(on(step, unit)))).collect();
        let rows = all().filter(|(step, unit)| on(*step, *unit)).map(|(step, unit)| format!("{},{unit}\n", step + 1));
        room.write("in.csv", format!("step,unit\n{}", rows.collect::<String>()));
        let play = ["--dt", "0.001", "--integration", "euler", "--play", "40", "--input"];
        let named = format!("{input}=in.csv");
        let told = shown(&[&play[..], &[&named, "--out", "out.csv", "--write", "again.nir"]].concat());
        let expected = neuropil::train::nir::play(&steps, 40, &[(input, values)].into(), &[]).unwrap();
        let rows = |name: &str, values: &[f64]| -> Vec<String> {
            let width = values.len() / 40;
            let some = values.iter().enumerate().filter(|(_, value)| **value != 0.0);
            some.map(|(at, value)| format!("{name},{},{},{value}", at / width + 1, at % width)).collect()
        };
        let expected: Vec<String> = expected.iter().flat_map(|(name, values)| rows(name, values)).collect();
        let written = std::fs::read_to_string(room.path("out.csv")).unwrap();
        assert!(!expected.is_empty() && told.contains("played on the engine"), "{told}");
        assert_eq!(written.lines().skip(1).collect::<Vec<_>>(), expected);
        assert_eq!(neuropil::train::nir::read(room.path("again.nir")).unwrap(), graph);
        // Two spikes in a step are two.
        room.write("two.csv", "step,unit\n3,0\n3,0\n");
        let input = neuropil::train::nir::read(file).unwrap().discretise(options).unwrap().inputs()[0].0.to_owned();
        shown(&[&play[..], &["two.csv", "--watch", &input, "--out", "two-out.csv"]].concat());
        assert!(std::fs::read_to_string(room.path("two-out.csv")).unwrap().contains(&format!("{input},3,0,2\n")));
        let refused = |more: &[&str]| room.refused(&[&["nir", file], &play[..], more].concat());
        assert!(refused(&["in.csv", "--out", "out.csv"]).contains("is there already"));
        assert!(refused(&["nobody=in.csv"]).contains("unknown input 'nobody'"));
        assert!(refused(&["in.csv", "--out", "a.nir", "--write", "a.nir"]).contains("it names the file of --out"));
        let many = ["nir", file, "--dt", "0.001", "--integration", "euler", "--play", "99000000000"];
        assert!(room.refused(&many).contains("values at most"));
        room.write("late.csv", "step,unit\n41,0\n");
        assert!(refused(&["late.csv"]).contains("step 41 is none from 1 to 40"));
        room.write("half.csv", "step,unit,value\n1,0,0.5\n");
        assert!(refused(&["half.csv"]).contains("is no number of spikes"));
        room.write("no.nir", "no");
        assert!(room.refused(&["nir", "no.nir"]).contains("no.nir"));
    }
}
