//! Nets that learn side by side, a thread each.

use std::ops::ControlFlow;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::mpsc::{SyncSender, sync_channel};
use std::sync::{Mutex, PoisonError};

use super::law::Trace;
use super::learn::{Plan, bits, learn};
use super::model::{Design, pairs};
use super::reader::Model;
use super::text::Text;
use crate::error::{Error, Result};
use crate::threads::together;
use crate::train::study::{Step, Watch};

/// What threads do here.
const WHAT: &str = "learn a language";
/// Times that a net is judged while it learns, and the part of what is told by which it is.
const JUDGED: u64 = 12;
const PART: usize = 4;

/// Neurons of an astrocyte.
pub(super) const DOMAIN: usize = 32;

/// What is learned, and how.
pub(super) struct Sizes {
    /// Neurons of each of two layers.
    pub(super) hidden: usize,
    /// How often a pair is there that has a neuron of its own.
    pub(super) pairs: u32,
    pub(super) plan: Plan,
}

/// A net that has learned.
pub(super) struct Learned {
    pub(super) name: &'static str,
    pub(super) seed: u64,
    pub(super) model: Model,
    /// Bits per character of all that is told.
    pub(super) bits: f64,
    /// Spikes per neuron and step of the last update.
    pub(super) rate: f64,
    /// Times that the text was read, and bits per character of a part of what is told.
    pub(super) curve: Vec<(f64, f64)>,
}

/// What a net is to be, and its seed.
pub(super) type Kind = ((&'static str, Trace), u64);

/// From a thread that learns: a net is an update further, of so many; or the thread has nothing more to do.
enum Told {
    Further(usize, u64),
    Ended,
}

/// Tells that a thread has ended, whatever ends it.
struct Ends<'a>(&'a SyncSender<Told>);

impl Drop for Ends<'_> {
    fn drop(&mut self) {
        // Nobody listens any more: then nobody needs to know.
        let _ = self.0.send(Told::Ended);
    }
}

/// Nets of all kinds, in order; of those that were not done when somebody asked for an end, none.
///
/// # Errors
/// The first that a net meets; a system that gives no threads.
pub(super) fn side_by_side(text: &Text, sizes: &Sizes, kinds: &[Kind], watch: &mut Watch<'_>) -> Result<Vec<Learned>> {
    let members = sizes.plan.threads.clamp(1, kinds.len().max(1));
    room(&design(text, sizes, Trace::Own), &sizes.plan, members)?;
    let plan = Plan { threads: (sizes.plan.threads / members).max(1), ..sizes.plan };
    let (stop, next) = (AtomicBool::new(false), AtomicUsize::new(0));
    let found: Mutex<Vec<(usize, Result<Option<Learned>>)>> = Mutex::new(Vec::new());
    // Without room: who learns waits until it is heard, and so learns of an end in time.
    let (tell, hear) = sync_channel(0);
    let work = |_: usize| {
        let _ends = Ends(&tell);
        loop {
            let kind = next.fetch_add(1, Ordering::Relaxed);
            if kind >= kinds.len() || stop.load(Ordering::Acquire) {
                break;
            }
            let made = learned(text, sizes, (kinds[kind], plan), |of| {
                let heard = tell.send(Told::Further(kind, of)).is_ok();
                heard && !stop.load(Ordering::Acquire)
            });
            if made.is_err() {
                stop.store(true, Ordering::Release);
            }
            found.lock().unwrap_or_else(PoisonError::into_inner).push((kind, made));
        }
    };
    together(members + 1, WHAT, work, || {
        let (mut done, mut left) = (0, members);
        while left > 0 {
            match hear.recv() {
                Ok(Told::Further(kind, of)) => {
                    done += 1;
                    let ((name, _), seed) = kinds[kind];
                    let words = format!("{name}, seed {seed}");
                    let step = Step { done, of: of * kinds.len() as u64, words: &words };
                    if !stop.load(Ordering::Acquire) && watch(step).is_break() {
                        stop.store(true, Ordering::Release);
                    }
                }
                Ok(Told::Ended) => left -= 1,
                Err(_) => break,
            }
        }
    })?;
    let mut found = found.into_inner().unwrap_or_else(PoisonError::into_inner);
    found.sort_by_key(|(kind, _)| *kind);
    let made: Result<Vec<Option<Learned>>> = found.into_iter().map(|(_, made)| made).collect();
    Ok(made?.into_iter().flatten().collect())
}

/// A net that has learned; none where `go_on`, which is told of how many updates it has, says at one of them that it ends.
fn learned(
    text: &Text,
    sizes: &Sizes,
    (((name, trace), seed), plan): (Kind, Plan),
    mut go_on: impl FnMut(u64) -> bool,
) -> Result<Option<Learned>> {
    let (symbols, from) = (text.symbols(), text.judged_from());
    let design = design(text, sizes, trace);
    let plan = Plan { seed, ..plan };
    let (mut curve, mut rate, mut stopped) = (Vec::new(), f64::NAN, false);
    let part = from..from + (symbols.len() - from) / PART;
    let parameters = learn(&design, &symbols[..from], &plan, |parameters, update| {
        rate = update.rate;
        if update.done * JUDGED / update.of > (update.done - 1) * JUDGED / update.of {
            let epochs = update.done as f64 / update.of as f64 * plan.epochs as f64;
            curve.push((epochs, bits(&design, parameters, (symbols, part.clone()), plan.threads)?));
        }
        stopped = !go_on(update.of) && update.done < update.of;
        Ok(if stopped { ControlFlow::Break(()) } else { ControlFlow::Continue(()) })
    })?;
    if stopped {
        return Ok(None);
    }
    let bits = bits(&design, &parameters, (symbols, from..symbols.len()), plan.threads)?;
    Ok(Some(Learned { name, seed, model: Model::new(design, parameters)?, bits, rate, curve }))
}

/// The net that is learned: two layers, characters by 8 delays, pairs by 4.
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

/// Refuses nets that memory has no room for, so many at a time.
fn room(design: &Design, plan: &Plan, members: usize) -> Result<()> {
    // Values, gradients, two means of the optimiser, and what tapes hold of them; numbers of a neuron and step, there and back.
    let (weights, units) =
        (design.numbers().saturating_mul(6), design.hidden.iter().map(|&units| units as u64).sum::<u64>());
    let steps = (plan.batch as u64).saturating_mul(plan.steps as u64);
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
