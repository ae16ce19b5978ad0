//! A network that is learned by gradients, layer by layer from Rust, and then played on the engine, spike for spike.
//!
//!     cargo run --release --example learn

use neuropil::equations::derivative::Surrogate;
use neuropil::models;
use neuropil::prelude::*;
use neuropil::train::fit::encode::Draw;
use neuropil::train::fit::{
    AdamW, Initial, Method, OneCycle, Parameters, Samples, Schedule, Settings, Split, Trainer, Unwatched, picture,
};
use neuropil::train::layer::{Options, Shows};
use neuropil::train::net::{Classify, Code, Net, play};
use neuropil::train::tape::Steps;

fn main() -> neuropil::Result<()> {
    let samples = Samples::digits()?;
    let split = Split::new(samples.labels(), 0.2, 0.0, 1)?;
    let (mut net, mut parameters) = (Net::<f32>::new(1.0, samples.units())?, Parameters::new());
    for (name, model, units, tau_m, gain, shows) in [
        ("hidden", "lif_neuron", 60, 10.0, 2.0, Shows::Spikes),
        ("readout", "li_readout", samples.classes(), 20.0, 0.5, Shows::State("V_m".into())),
    ] {
        let mut population = Population::new(name, units, models::named(model, name)?)?;
        population.set("tau_m", tau_m)?;
        let surrogate = Surrogate::Atan(2.0);
        let options = Options { surrogate, attached: false, receptors: vec!["in".into()], shows };
        let fan_in = if name == "hidden" { 64 } else { 60 };
        net.layer(population, (1, &options), Initial::Kaiming { fan_in, gain }, (&mut parameters, Seed(1)))?;
    }

    let mut learning = Classify::new((&net, &samples), (Code::Rate(1.0), 15), Steps::Mean, 2)?;
    let settings = Settings {
        epochs: 8,
        batch_size: 16,
        optimiser: Method::AdamW(AdamW { lr: 1e-2, ..AdamW::default() }),
        schedule: Schedule::OneCycle(OneCycle::default()),
        ..Settings::default()
    };
    let mut trainer = Trainer::new(parameters, settings, split.clone())?;
    trainer.run(&mut learning, None, &mut Unwatched)?;

    let input = learning.encode(&split.validation, Draw { seed: 1, number: 0 })?;
    let trained = learning.spikes(trainer.parameters(), input.clone())?;
    let played = play::spikes(&net, trainer.parameters(), &input, Device::cpu())?;
    let equal = play::compare(&trained.iter().collect::<Vec<_>>(), &played);
    let right = trainer.history().last().and_then(|epoch| epoch.validation?.accuracy()).unwrap_or_default();
    let play::Equal { samples, same, .. } = equal;
    println!("{:.1} % of the test set right; {same} of {samples} samples played spike for spike", 100.0 * right);

    let path = std::env::args().nth(1).unwrap_or("target/learn.png".into());
    picture::draw(trainer.history(), "digits: learning")?.save(path)
}
