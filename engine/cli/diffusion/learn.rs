//! Trains a net that makes images.

use std::process::ExitCode;
use std::time::Instant;

use neuropil::host;
use neuropil::text::{bytes, count};
use neuropil::train::diffusion::{Design, Images, Learn, Model, Neuron, Recipe, picture, plan};
use neuropil::train::fit::{Batch, Ended, Saving, Settings, Split, Task, Trainer};
use neuropil::{Error, Result, quote};
use serde::Serialize;

use super::super::folder::Folder;
use super::super::progress::interrupted;
use super::super::tables::{pairs, seconds, short};
use super::super::{print, print_json, style, write_json};
use super::bar::Bar;
use super::{Common, DiffusionOptions, NAME, STEPS, data, within};

/// Number of images in the picture that is drawn during training, and denoising steps of each.
const PREVIEW: (usize, u32) = (36, 20);
/// Number of pictures that are drawn during training.
const PICTURES: u64 = 10;
/// Least number of images to learn from between two pictures: drawing one takes as long as learning from about 300.
const MIN_IMAGES_BETWEEN: u64 = 3000;
/// The default learning rate where training starts from a trained net.
const FINE_TUNING_RATE: f64 = 2e-4;

/// The results of a training, which `--json` prints.
#[derive(Debug, Serialize)]
struct Learned {
    interrupted: bool,
    recipe: Recipe,
    parameters: usize,
    loss: Option<f64>,
    spikes_per_step: Option<f64>,
    /// Wall time of the training.
    train_s: f64,
    images_per_s: f64,
    /// Whether residual blocks were computed again on the way back.
    recompute: bool,
    /// Bytes that a batch kept for the way back.
    kept_bytes: u64,
    peak_memory_bytes: Option<u64>,
    seed: u64,
    folder: String,
}

/// The recipe that the options describe. What they leave out is that of the net `start` where training starts from it,
/// else the default.
fn recipe(options: &DiffusionOptions, common: &Common<'_>, start: Option<&Model>) -> Result<Recipe> {
    if let Some(start) = start {
        let mut recipe = Recipe { images: 0, ..start.recipe().clone() };
        let design = &mut recipe.design;
        design.neuron = options.neuron.unwrap_or(design.neuron);
        for (own, asked) in [(&mut design.size, options.size), (&mut design.channels, options.channels)] {
            *own = asked.map_or(*own, |asked| asked as usize);
        }
        design.steps = common.steps.map_or(design.steps, |asked| asked as usize);
        recipe.prediction = options.prediction.unwrap_or(recipe.prediction);
        return Ok(recipe);
    }
    let size = within("--size", options.size.unwrap_or(28), 256)?;
    let mut design = Design::new(options.neuron.unwrap_or(Neuron::Spiking), size);
    if let Some(channels) = options.channels {
        design.channels = within("--channels", channels, 512)?;
    }
    if let Some(steps) = common.steps {
        design.steps = within("--steps", steps, 64)?;
    }
    let mut recipe = Recipe::new(design);
    recipe.prediction = options.prediction.unwrap_or(recipe.prediction);
    Ok(recipe)
}

/// How many images to learn from: as --images gives, or as many batches as fit into --minutes by the time of one.
fn images_to_learn(options: &DiffusionOptions, common: &Common<'_>, task: &mut Learn<'_>, batch: u32) -> Result<u64> {
    let Some(minutes) = options.minutes else { return Ok(options.images.unwrap_or(300_000)) };
    if !(minutes > 0.0 && minutes.is_finite()) {
        return Err(Error::invalid("--minutes", format!("it must be above 0, not {minutes}")));
    }
    if common.resume {
        let problem = "how many images they hold is measured anew each time; give the same --images to go on";
        return Err(Error::invalid("--minutes", problem.to_owned()));
    }
    // Two batches are learned and discarded; the first warms up.
    let mut parameters = task.parameters(1)?;
    let samples: Vec<u32> = (0..batch).collect();
    let mut took = f64::INFINITY;
    for _ in 0..2 {
        let begun = Instant::now();
        task.learn(&mut parameters, &Batch { samples: &samples, epoch: Some(0), seed: 1 })?;
        took = begun.elapsed().as_secs_f64();
    }
    Ok((60.0 * minutes / took) as u64 * u64::from(batch))
}

/// Trains a net, draws images with it during training and at the end, and writes the output folder.
///
/// # Errors
/// Options out of range, data that are missing, a checkpoint or folder that cannot be used.
pub fn learn(options: &DiffusionOptions, common: &Common<'_>) -> Result<ExitCode> {
    let seed = common.seed.unwrap_or(1);
    let (samples, split) = data(common)?;
    let start_model = options.weights.first().map(|path| Model::load(path)).transpose()?;
    let mut recipe = recipe(options, common, start_model.as_ref())?;
    recipe.about = format!("{} images of {}", split.train.len(), common.data.map(quote::path).unwrap_or_default());
    let pictures = Images::of(&samples, &split.train, recipe.design.size)?;
    let batch = within("--batch-size", common.batch_size.unwrap_or(64), 4096)? as u32;
    let folder = match common.out {
        Some(path) => Folder::at(path, false)?,
        None => Folder::fresh(NAME)?,
    };
    let mut task = Learn::new(recipe.clone(), &pictures, (batch, common.threads))?;
    if let Some(model) = &start_model {
        task = task.from(model, options.temporal)?;
    }
    if let Some(recompute) = options.recompute {
        task = task.recomputing(recompute);
    }
    let lr = common.lr.unwrap_or(if start_model.is_some() { FINE_TUNING_RATE } else { 2e-3 });
    let images = images_to_learn(options, common, &mut task, batch)?;
    let (settings, split) = plan(&recipe, (pictures.len(), images), (batch, lr), seed)?;
    let (sheet, threads) = (folder.path.join("samples.png"), common.threads);
    let every = (images / PICTURES).max(MIN_IMAGES_BETWEEN).div_ceil(u64::from(batch));
    let mut task = task.watched(every, move |model| {
        let (images, _) = model.draw(PREVIEW, (seed, threads), |_, _| Ok(()))?;
        picture::draw(&images, "images while the net learns")?.save(&sheet)
    });
    let mut trainer = trainer(common, &task, settings, split, seed)?;
    let saving = common.checkpoint.map(|path| Saving { path: path.to_path_buf(), every: 1 });
    let (mut bar, start) = (Bar::new("learning").stopping_to_save(saving.is_some()), Instant::now());
    let ended = loop {
        match trainer.run(&mut task, saving.as_ref(), &mut bar) {
            // The bar stopped it so that it was saved.
            Ok(Ended::Stopped) if !interrupted() => {}
            ended => break ended,
        }
    };
    bar.end();
    let (train_s, interrupted) = (start.elapsed().as_secs_f64(), ended? == Ended::Stopped);
    let model = task.model(trainer.parameters(), seed)?;
    let learned_images = bar.batches() * u64::from(batch);
    let memory = (task.recomputes(), task.kept());
    finish((&model, memory), &trainer, (folder, interrupted, train_s, learned_images), common)
}

/// The training of `task`: a new one, or with --resume the one that the checkpoint holds.
fn trainer(common: &Common<'_>, task: &Learn<'_>, settings: Settings, split: Split, seed: u64) -> Result<Trainer<f32>> {
    let parameters = task.parameters(seed)?;
    match common.checkpoint {
        Some(path) if common.resume && path.exists() => Trainer::resume(parameters, settings, split, path),
        Some(path) if !common.resume && path.exists() => {
            let problem = "is there already; say --resume to go on from it, or name another file";
            Err(Error::file(path, problem))
        }
        _ => Trainer::new(parameters, settings, split),
    }
}

/// Writes the weights, images that are drawn with them and the results of a training that took `train_s` seconds for
/// `learned_images` images, and prints the results.
fn finish(
    (model, (recompute, kept_bytes)): (&Model, (bool, u64)),
    trainer: &Trainer<f32>,
    (folder, interrupted, train_s, learned_images): (Folder, bool, f64, u64),
    common: &Common<'_>,
) -> Result<ExitCode> {
    let weights = folder.path.join("trained.safetensors");
    model.save(&weights)?;
    if !interrupted {
        let (images, _) = model.draw((64, STEPS), (common.seed.unwrap_or(1), common.threads), |_, _| Ok(()))?;
        picture::draw(&images, "images of a net that has learned")?.save(folder.path.join("samples.png"))?;
    }
    let last = trainer.history().last().map(|epoch| epoch.train);
    let learned = Learned {
        interrupted,
        recipe: model.recipe().clone(),
        parameters: model.parameters(),
        loss: last.map(|tally| tally.mean_loss()),
        spikes_per_step: last.map(|tally| tally.spikes_per_sample()),
        train_s,
        images_per_s: learned_images as f64 / train_s.max(1e-9),
        recompute,
        kept_bytes,
        peak_memory_bytes: host::used().map(|(_, most)| most),
        seed: trainer.settings().seed,
        folder: folder.path.display().to_string(),
    };
    write_json(&folder.path.join("training.json"), &learned)?;
    let path = folder.keep();
    if common.json {
        print_json(&learned)?;
    } else {
        let weights = quote::path(&path.join("trained.safetensors"));
        let rows = [
            ("task", NAME.to_owned()),
            ("weights", count(learned.parameters as u64)),
            ("images", count(learned.recipe.images)),
            ("loss", learned.loss.map_or("-".into(), short)),
            ("time", format!("{}, {} images a second", seconds(train_s), short(learned.images_per_s))),
            ("memory", memory(&learned)),
            ("folder", quote::path(&path)),
            ("next", format!("neuropil train diffusion --sample 64 --weights {weights}")),
        ];
        print(&pairs(&rows, style::output()))?;
    }
    Ok(if interrupted { ExitCode::from(130) } else { ExitCode::SUCCESS })
}

/// Memory in words: the most of the whole program, and what a batch kept for the way back.
fn memory(learned: &Learned) -> String {
    let most = learned.peak_memory_bytes.map_or(String::new(), |most| format!("{} at most; ", bytes(most)));
    let blocks = if learned.recompute { ", blocks computed again" } else { "" };
    format!("{most}a batch kept {} for the way back{blocks}", bytes(learned.kept_bytes))
}
