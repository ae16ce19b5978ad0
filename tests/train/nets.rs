//! Networks to train of other models than the tasks have: their receptors, their files, their synapses and energy.

use std::sync::Arc;

use neuropil::equations::derivative::Surrogate;
use neuropil::equations::text::Model as Text;
use neuropil::experiment::Experiment;
use neuropil::models;
use neuropil::prelude::*;
use neuropil::tile::{Interpreted, Model};
use neuropil::train::Spikes as Bits;
use neuropil::train::fit::encode::Draw;
use neuropil::train::fit::{Batch, Initial, OneCycle, Parameters, Samples, Schedule, Task, grid};
use neuropil::train::layer::{Options, Shows};
use neuropil::train::net::{Classify, Code, ListedSynapse, Net, files, play};
use neuropil::train::tape::Steps;

use crate::support::room::Room;

const INPUTS: usize = 12;
const UNITS: usize = 15;
const STEPS: usize = 40;
const LIF: &str = include_str!("../equations/texts/iaf_psc_exp.toml");

fn options(receptor: &str, shows: Shows) -> Options {
    Options { surrogate: Surrogate::Atan(2.0), attached: false, receptors: vec![receptor.into()], shows }
}

/// A layer of a model, its weights on a grid.
fn net(model: Arc<dyn Model>, receptor: &str, gain: f64) -> (Net<f32>, Parameters<f32>) {
    let (mut net, mut parameters) = (Net::new(1.0, INPUTS).unwrap(), Parameters::new());
    let population = Population::new("hidden", UNITS as u32, model).unwrap();
    let initial = Initial::Kaiming { fan_in: INPUTS as u32, gain };
    net.layer(population, (1, &options(receptor, Shows::Spikes)), initial, (&mut parameters, Seed(3))).unwrap();
    grid::choose(&mut parameters).unwrap();
    (net, parameters)
}

/// Two samples of spikes, about a third of all.
fn input() -> Bits {
    let mut input = Bits::silent("test", &[2, STEPS, INPUTS]).unwrap();
    for (sample, step, unit) in (0..2).flat_map(|a| (0..STEPS).flat_map(move |b| (0..INPUTS).map(move |c| (a, b, c)))) {
        if (7 * unit + 5 * step + 3 * sample + unit * step) % 3 == 0 {
            input.set(sample, step, unit);
        }
    }
    input
}

/// A sample for each class, bright throughout.
fn samples(classes: usize) -> Samples {
    let labels: Vec<u32> = (0..classes as u32).collect();
    Samples::new("test", &[INPUTS], vec![1.0; INPUTS * classes], labels, None).unwrap()
}

fn trained(net: &Net<f32>, parameters: &Parameters<f32>, input: &Bits) -> Vec<Bits> {
    let samples = samples(UNITS);
    let task = Classify::new((net, &samples), (Code::Rate(1.0), STEPS), Steps::Mean, 1).unwrap();
    task.spikes(parameters, input.clone()).unwrap()
}

#[test]
fn weights_of_both_signs_go_to_the_receptor_that_is_named() {
    let model = || models::named("iaf_psc_exp", "test").unwrap();
    let (mut net, mut parameters) = (Net::new(1.0, INPUTS).unwrap(), Parameters::new());
    let mut population = Population::new("hidden", UNITS as u32, model()).unwrap();
    // Of a time constant of its own, so that the other receptor would be seen.
    population.set("tau_syn_in", 7.0).unwrap();
    let initial = Initial::Kaiming { fan_in: INPUTS as u32, gain: 3000.0 };
    net.layer(population, (1, &options("ex", Shows::Spikes)), initial, (&mut parameters, Seed(3))).unwrap();
    grid::choose(&mut parameters).unwrap();
    let layers = trained(&net, &parameters, &input());
    let played = play::spikes(&net, &parameters, &input(), Device::cpu()).unwrap();
    let equal = play::compare(&layers.iter().collect::<Vec<_>>(), &played);
    assert!(equal.spikes > 30 && equal.differing == 0, "{equal:?}");
    let weights = parameters.named_mut("weights hidden").unwrap().value_mut().data_mut();
    assert!(weights.iter().any(|weight| *weight < 0.0));
    weights.iter_mut().for_each(|weight| *weight = weight.abs());
    let played = play::spikes(&net, &parameters, &input(), Device::cpu()).unwrap();
    assert_ne!(play::compare(&layers.iter().collect::<Vec<_>>(), &played).differing, 0);
}

/// A model in text, with this in place of its name.
fn text(name: &str, change: impl Fn(String) -> String) -> Arc<dyn Model> {
    let text = change(LIF.replace("[model.iaf_psc_exp", &format!("[model.{name}")));
    Arc::new(Interpreted::new(Text::of_file("test", &text).unwrap().remove(0)).unwrap())
}

#[test]
fn a_model_in_text_is_written_with_its_table_and_runs() {
    let (net, parameters) = net(text("own_lif", |text| text), "ex", 3000.0);
    let room = Room::new("train_text_model");
    let written = files::files(&net, &parameters, &input(), "a model in text").unwrap();
    files::write(&written, &room.path("net")).unwrap();
    let toml = std::fs::read_to_string(room.path("net/experiment.toml")).unwrap();
    assert!(toml.contains("[model.own_lif]") && toml.contains("receptor = \"ex\""), "{toml}");
    let setup = Experiment::read(room.path("net/experiment.toml")).unwrap().setup().unwrap();
    let spikes = |network: Network, duration: Time| {
        let mut sim = network.build(Device::cpu(), Seed(1)).unwrap();
        sim.run(duration).unwrap();
        sim.all_spikes().iter().copied().filter(|spike| spike.id >= INPUTS as u32).collect::<Vec<_>>()
    };
    let run = spikes(setup.network, setup.duration);
    let mut played = play::network(&net, &parameters, &input()).unwrap();
    let hidden = played.network.population("hidden", "test").unwrap();
    played.network.record(&hidden, Spikes).unwrap();
    let length = (played.length() as f64).ms();
    assert!(run.len() > 30);
    assert_eq!(run, spikes(played.network, length));
}

#[test]
fn a_table_that_was_read_is_written_as_it_was() {
    for own in Text::of_file("test", LIF).unwrap() {
        let again = Text::of_file("test", &own.to_toml()).unwrap().remove(0);
        assert_eq!((again.functions, again.derive), (own.functions, own.derive));
        assert_eq!((again.parameters, again.state, again.receptors), (own.parameters, own.state, own.receptors));
    }
}

#[test]
fn a_model_with_the_name_of_another_is_no_experiment() {
    let (net, parameters) =
        net(text("iaf_psc_exp", |text| text.replace("V_m = V_reset", "V_m = V_reset + 1 mV")), "ex", 3000.0);
    let told = files::files(&net, &parameters, &input(), "").unwrap_err().to_string();
    assert!(told.contains("another than the built-in one") && told.contains("give it a name of its own"), "{told}");
}

/// Hidden neurons whose first alone sends to all others, and a readout.
fn star(delay: f64) -> neuropil::Result<(Net<f32>, Parameters<f32>)> {
    let (mut net, mut parameters) = net(models::named("lif_neuron", "test").unwrap(), "in", 4.0);
    let synapse = |target: u32| ListedSynapse { source: 0, target, weight: 0.1, delay };
    net.join(&(1..UNITS as u32).map(synapse).collect::<Vec<_>>(), &mut parameters)?;
    let readout = Population::new("readout", 2, models::named("li_readout", "test")?)?;
    let initial = Initial::Kaiming { fan_in: UNITS as u32, gain: 0.5 };
    let shows = Shows::State("V_m".into());
    net.layer(readout, (1, &options("in", shows)), initial, (&mut parameters, Seed(3)))?;
    Ok((net, parameters))
}

#[test]
fn a_delay_that_training_cannot_reach_is_refused() {
    let told = star(17.0).unwrap_err().to_string();
    assert!(told.contains("takes 17 steps; give delays from 1 to 16 steps"), "{told}");
    assert!(star(0.4).is_err() && star(f64::NAN).is_err() && star(16.0).is_ok());
}

#[test]
fn a_spike_costs_as_many_additions_as_its_own_neuron_has_synapses() {
    let (net, parameters) = star(1.0).unwrap();
    let samples = samples(2);
    let mut task = Classify::new((&net, &samples), (Code::Rate(1.0), STEPS), Steps::Mean, 1).unwrap();
    let input = task.encode(&[0], Draw { seed: 1, number: 0 }).unwrap();
    let sent = input.count();
    let hidden = task.spikes(&parameters, input).unwrap().remove(0);
    let first = (0..STEPS).filter(|step| hidden.firing(0, *step).any(|unit| unit == 0)).count() as u64;
    let tally = task.judge(&parameters, &Batch { samples: &[0], epoch: None, seed: 1 }).unwrap();
    let all = UNITS as u64;
    assert_eq!(tally.operations.additions, sent * all + hidden.count() * 2 + first * (all - 1));
}

#[test]
fn a_training_of_one_step_has_the_largest_rate() {
    let cycle = Schedule::OneCycle(OneCycle::default());
    assert_eq!(cycle.at(0.01, 0, 1).lr, 0.01);
    assert!(cycle.at(0.01, 0, 2).lr > 1e-3 && cycle.at(0.01, 1, 2).lr < 1e-5);
}
