//! Draws images with every spiking neuron played on the engine, and compares its spikes with those of training.

use std::process::ExitCode;
use std::time::Instant;

use neuropil::device::{Device, Kind, Precision};
use neuropil::train::diffusion::{Neuron, Played, Way, picture};
use neuropil::{Error, Result, quote, text};
use serde::Serialize;

use super::super::folder::Folder;
use super::super::progress::ended_early;
use super::super::style;
use super::super::tables::{pairs, seconds};
use super::sample::place;
use super::sampler::{sampler, told, under_bar};
use super::{Common, DiffusionOptions, models, within};

/// The facts of images whose neurons were played, which `--json` prints.
#[derive(Debug, Serialize)]
struct Facts {
    images: usize,
    picture: String,
    sampler: Way,
    sampling_steps: u32,
    device: &'static str,
    precision: &'static str,
    neurons: u64,
    synapses: u64,
    /// Spikes in training, of all images and steps back.
    spikes: u64,
    /// How often only one of training and engine has a spike.
    differing: u64,
    /// Wall time of drawing.
    seconds: f64,
}

/// Refuses options that ask for something else beside --play.
///
/// # Errors
/// The first option that is given.
pub fn refuse_others(options: &DiffusionOptions) -> Result<()> {
    let others = [
        ("--sample", options.sample.is_some()),
        ("--judge", options.judge.is_some()),
        ("--ablation", options.ablation.is_some()),
        ("--learn-judge", options.learn_judge.is_some()),
    ];
    match others.into_iter().find(|(_, given)| *given) {
        None => Ok(()),
        Some((name, _)) => {
            let problem = "--play draws images itself, on the engine; give one of them";
            Err(Error::invalid(name, problem.to_owned()))
        }
    }
}

/// Draws `count` images on the engine, saves them as one picture and prints the facts.
///
/// # Errors
/// Numbers out of range, a net that is not played, files that cannot be read or written.
pub fn play(options: &DiffusionOptions, common: &Common<'_>, count: u64) -> Result<ExitCode> {
    let count = within("--play", count, 64)?;
    let Some((name, model)) = models(options, &[Neuron::Spiking], common)?.into_iter().next() else {
        return Err(Error::Internal("no net to draw with".into()));
    };
    let sampler = sampler(options, &model, common.seed.unwrap_or(1))?;
    let device = device(common);
    let (path, folder) = place(common.out)?;
    let begun = Instant::now();
    let drawn = under_bar("playing", |each| model.draw_played(&sampler, count, (&device, common.threads), each))?;
    let Some((images, Played { equal, neurons, synapses, .. })) = drawn else {
        return Ok(ended_early("not all images were drawn, so no picture was written"));
    };
    picture::draw(&images, &format!("{count} images of {name}, played"))?.save(&path)?;
    folder.map(Folder::keep);
    let facts = Facts {
        images: count,
        picture: path.display().to_string(),
        sampler: options.sampler.unwrap_or(Way::Ddim),
        sampling_steps: sampler.steps,
        device: common.device.unwrap_or(Kind::Cpu).name(),
        precision: device.precision.name(),
        neurons,
        synapses,
        spikes: equal.spikes,
        differing: equal.differing,
        seconds: begun.elapsed().as_secs_f64(),
    };
    if common.json {
        super::super::print_json(&facts)?;
        return Ok(ExitCode::SUCCESS);
    }
    let rows = [
        ("images", format!("{count} in {}, {} each", seconds(facts.seconds), told(&sampler))),
        ("net", format!("{name}, {} neurons, {} synapses", text::count(neurons), text::count(synapses))),
        ("engine", compared(&facts)),
        ("picture", quote::path(&path)),
    ];
    super::super::print(&pairs(&rows, style::output()))?;
    Ok(ExitCode::SUCCESS)
}

/// The device that plays: in `f64`, where potentials are told apart that differ in the last digits of `f32`, or the GPU.
fn device(common: &Common<'_>) -> Device {
    let threads = u32::try_from(common.threads).unwrap_or(u32::MAX);
    match common.device.unwrap_or(Kind::Cpu) {
        Kind::Gpu => Device::gpu(),
        Kind::Cpu | Kind::Auto => Device::cpu().threads(threads).precision(Precision::F64),
    }
}

/// How spikes compare, for people.
fn compared(facts: &Facts) -> String {
    let Facts { spikes, differing, device, precision, .. } = facts;
    let spikes = text::count(*spikes);
    match differing {
        0 => format!("{spikes} spikes on the {device} in {precision}, all as in training"),
        some => format!("{spikes} spikes in training; {} differ on the {device} in {precision}", text::count(*some)),
    }
}
