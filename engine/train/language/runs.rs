//! Nets of several variants and seeds that are trained side by side, each on threads of its own.

use std::ops::ControlFlow;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::mpsc::{SyncSender, sync_channel};
use std::sync::{Mutex, PoisonError};

use super::law::Trace;
use super::learn::{Training, bits, learn};
use super::model::{Design, pairs};
use super::reader::Model;
use super::text::Text;
use crate::error::{Error, Result};
use crate::threads::together;
use crate::train::study::{Step, Watch};

/// What threads do here, for messages.
const WHAT: &str = "learn a language";
/// How many times a net is judged during training.
const JUDGED: u64 = 12;
/// It is then judged on one part in this many of the text that is predicted.
const PART: usize = 4;

/// Neurons of an astrocyte.
pub(super) const DOMAIN: usize = 32;

/// Sizes of the nets, and how they are trained.
pub(super) struct Sizes {
    /// Neurons of each of two layers.
    pub(super) hidden: usize,
    /// How often the text must have a pair for it to get an input neuron.
    pub(super) pairs: u32,
    pub(super) training: Training,
}

/// A trained net.
pub(super) struct Learned {
    /// The name of its variant.
    pub(super) name: &'static str,
    pub(super) seed: u64,
    pub(super) model: Model,
    /// Bits per character of the whole text that is predicted.
    pub(super) bits: f64,
    /// Spikes per neuron and step of the last update.
    pub(super) rate: f64,
    /// How many times the text was read, and bits per character of a part of the text that is predicted.
    pub(super) curve: Vec<(f64, f64)>,
}

/// A net that is to be trained: its variant, by name and trace, and its seed.
pub(super) type Job = ((&'static str, Trace), u64);

/// A message from a thread that trains.
enum Message {
    /// The net of a job has made an update; the number of all updates of the job.
    Updated(usize, u64),
    /// The thread has ended.
    Ended,
}

/// Sends [`Message::Ended`] when it is dropped, whatever ends the thread.
struct Ends<'a>(&'a SyncSender<Message>);

impl Drop for Ends<'_> {
    fn drop(&mut self) {
        // An error means that nobody listens any more.
        let _ = self.0.send(Message::Ended);
    }
}

/// Trains the nets of all jobs, and returns them in order; those that were not done when `watch` asked for an end are
/// left out.
///
/// # Errors
/// The error of the first job that fails; too little memory; a system that gives no threads.
pub(super) fn side_by_side(text: &Text, sizes: &Sizes, jobs: &[Job], watch: &mut Watch<'_>) -> Result<Vec<Learned>> {
    let members = sizes.training.threads.clamp(1, jobs.len().max(1));
    check_memory(&design(text, sizes, Trace::Own), &sizes.training, members)?;
    let training = Training { threads: (sizes.training.threads / members).max(1), ..sizes.training };
    let (stop, next) = (AtomicBool::new(false), AtomicUsize::new(0));
    let found: Mutex<Vec<(usize, Result<Option<Learned>>)>> = Mutex::new(Vec::new());
    // A channel without buffer: a thread waits until its message is received, and so stops in time.
    let (tell, hear) = sync_channel(0);
    let work = |_: usize| {
        let _ends = Ends(&tell);
        loop {
            let job = next.fetch_add(1, Ordering::Relaxed);
            if job >= jobs.len() || stop.load(Ordering::Acquire) {
                break;
            }
            let made = train_job(text, sizes, (jobs[job], training), |of| {
                let heard = tell.send(Message::Updated(job, of)).is_ok();
                heard && !stop.load(Ordering::Acquire)
            });
            if made.is_err() {
                stop.store(true, Ordering::Release);
            }
            found.lock().unwrap_or_else(PoisonError::into_inner).push((job, made));
        }
    };
    together(members + 1, WHAT, work, || {
        let (mut done, mut left) = (0, members);
        while left > 0 {
            match hear.recv() {
                Ok(Message::Updated(job, of)) => {
                    done += 1;
                    let ((name, _), seed) = jobs[job];
                    let words = format!("{name}, seed {seed}");
                    let step = Step { done, of: of * jobs.len() as u64, words: &words };
                    if !stop.load(Ordering::Acquire) && watch(step).is_break() {
                        stop.store(true, Ordering::Release);
                    }
                }
                Ok(Message::Ended) => left -= 1,
                Err(_) => break,
            }
        }
    })?;
    let mut found = found.into_inner().unwrap_or_else(PoisonError::into_inner);
    found.sort_by_key(|(job, _)| *job);
    let made: Result<Vec<Option<Learned>>> = found.into_iter().map(|(_, made)| made).collect();
    Ok(made?.into_iter().flatten().collect())
}

/// Trains the net of a job. After each update `go_on` is called with the number of all updates; `None` where it
/// returned false before the last one.
fn train_job(
    text: &Text,
    sizes: &Sizes,
    (((name, trace), seed), training): (Job, Training),
    mut go_on: impl FnMut(u64) -> bool,
) -> Result<Option<Learned>> {
    let (symbols, from) = (text.symbols(), text.judged_from());
    let design = design(text, sizes, trace);
    let training = Training { seed, ..training };
    let (mut curve, mut rate, mut stopped) = (Vec::new(), f64::NAN, false);
    let part = from..from + (symbols.len() - from) / PART;
    let parameters = learn(&design, &symbols[..from], &training, |parameters, update| {
        rate = update.rate;
        if update.done * JUDGED / update.of > (update.done - 1) * JUDGED / update.of {
            let epochs = update.done as f64 / update.of as f64 * training.epochs as f64;
            curve.push((epochs, bits(&design, parameters, (symbols, part.clone()), training.threads)?));
        }
        stopped = !go_on(update.of) && update.done < update.of;
        Ok(if stopped { ControlFlow::Break(()) } else { ControlFlow::Continue(()) })
    })?;
    if stopped {
        return Ok(None);
    }
    let bits = bits(&design, &parameters, (symbols, from..symbols.len()), training.threads)?;
    Ok(Some(Learned { name, seed, model: Model::new(design, parameters)?, bits, rate, curve }))
}

/// The design of the nets: two layers, 8 delays of characters, 4 of pairs.
fn design(text: &Text, sizes: &Sizes, trace: Trace) -> Design {
    Design {
        alphabet: text.alphabet().to_vec(),
        pairs: pairs(&text.symbols()[..text.judged_from()], sizes.pairs),
        delays: 8,
        pair_delays: 4,
        hidden: vec![sizes.hidden; 2],
        domain: DOMAIN,
        keeps: 0.99,
        trace,
    }
}

/// Checks that there is memory to train `members` nets at a time.
fn check_memory(design: &Design, training: &Training, members: usize) -> Result<()> {
    // Per weight: value, gradient, two means of the optimiser, and copies on the tape. Per neuron and step: about ten
    // numbers.
    let (weights, units) =
        (design.parameter_count().saturating_mul(6), design.hidden.iter().map(|&units| units as u64).sum::<u64>());
    let steps = (training.batch as u64).saturating_mul(training.steps as u64);
    let needed = weights.saturating_add(units.saturating_mul(10).saturating_mul(steps)).saturating_mul(4);
    let needed = needed.saturating_mul(members as u64);
    match crate::host::available() {
        Some(available) if needed > available => Err(Error::Memory {
            what: "learning a language".into(),
            needed,
            available,
            hint: "use fewer neurons, texts, steps or threads".into(),
        }),
        _ => Ok(()),
    }
}
