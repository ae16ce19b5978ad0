//! How images are drawn: --sampler and --sampling-steps.

use neuropil::text::counted;
use neuropil::train::diffusion::{Images, Model, Sampler, Seen, Way};
use neuropil::{Error, Result};

use super::super::progress::interrupted;
use super::super::tables::seconds;
use super::bar::Bar;
use super::{DiffusionOptions, STEPS};

/// The sampler that the options ask for: DDIM in [`STEPS`] steps back, or DDPM in all that noise was added in, unless
/// --sampling-steps gives another number.
///
/// # Errors
/// A number of steps that the net's schedule does not have.
pub fn sampler(options: &DiffusionOptions, model: &Model, seed: u64) -> Result<Sampler> {
    let way = options.sampler.unwrap_or(Way::Ddim);
    let all = model.recipe().noise_steps;
    let default = if way == Way::Ddpm { all } else { STEPS.min(all) };
    let steps = options.sampling_steps.unwrap_or(default.into());
    match u32::try_from(steps) {
        Ok(steps) if (1..=all).contains(&steps) => Ok(model.sampler(way, steps, seed)),
        _ => {
            let problem = format!(
                "{steps} steps back are not from 1 to {all}, the steps in which noise was added; give one of these"
            );
            Err(Error::invalid("--sampling-steps", problem))
        }
    }
}

/// The sampler in words, for people.
pub fn told(sampler: &Sampler) -> String {
    let way = if sampler.eta > 0.0 { Way::Ddpm } else { Way::Ddim };
    format!("{} back by {}", counted(sampler.steps, "step"), way.name().to_uppercase())
}

/// Draws `count` images under a progress bar labelled `words`; `None` where Ctrl-C was pressed.
///
/// # Errors
/// Predictions that are not finite.
pub fn draw(
    model: &Model,
    sampler: &Sampler,
    (count, words): (usize, &str),
    threads: usize,
) -> Result<Option<(Images, Seen)>> {
    under_bar(words, |each| model.draw_by(sampler, (count, threads), each))
}

/// What `draw` makes under a progress bar labelled `words`, which it tells the steps done and all steps; `None` where
/// Ctrl-C was pressed.
///
/// # Errors
/// That of `draw`.
pub fn under_bar<D>(
    words: &str,
    draw: impl FnOnce(&mut dyn FnMut(u64, u64) -> Result<()>) -> Result<D>,
) -> Result<Option<D>> {
    let mut bar = Bar::new(words);
    let mut stopped = false;
    let drawn = draw(&mut |done, of| {
        bar.show(done, of, |bar| format!("{} left", seconds(bar.left(done, of))));
        stopped = interrupted();
        if stopped { Err(Error::invalid("drawing", "it was interrupted".to_owned())) } else { Ok(()) }
    });
    bar.end();
    if stopped { Ok(None) } else { drawn.map(Some) }
}
