//! Bars for what takes longer than two seconds, and Ctrl-C.

use std::borrow::Cow;
use std::ops::ControlFlow;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError, mpsc};
use std::thread::Builder;
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use neuropil::simulation::Progress;
use neuropil::text::counted;
use neuropil::{Error, Result};

const PATIENCE: Duration = Duration::from_secs(2);

static STOP: AtomicBool = AtomicBool::new(false);

/// From here on the first Ctrl-C asks for an end, the second forces it.
///
/// # Errors
/// A system that hands out no signals.
pub fn catch_interrupts() -> Result<()> {
    let caught = ctrlc::set_handler(|| {
        if STOP.swap(true, Ordering::SeqCst) {
            std::process::exit(130);
        }
    });
    caught.map_err(|error| match error {
        ctrlc::Error::System(reason) => Error::threads("catch Ctrl-C", reason),
        other => Error::Internal(format!("Ctrl-C cannot be caught: {other}")),
    })
}

/// Whether somebody asked for an end.
pub fn interrupted() -> bool {
    STOP.load(Ordering::SeqCst)
}

/// A bar of steps, shown once it takes long.
#[cfg(feature = "train")]
pub struct Steps {
    bar: ProgressBar,
    begun: Instant,
    shown: AtomicBool,
}

#[cfg(feature = "train")]
impl Steps {
    /// Behind these words.
    pub fn new(words: &str) -> Steps {
        let bar = ProgressBar::hidden();
        let style = ProgressStyle::with_template(&format!("{words} {{bar:40}} {{msg}}"));
        bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()).progress_chars("━╸ "));
        Steps { bar, begun: Instant::now(), shown: AtomicBool::new(false) }
    }

    /// Seconds since it began.
    pub fn elapsed(&self) -> f64 {
        self.begun.elapsed().as_secs_f64()
    }

    /// Seconds that are left at the mean pace.
    pub fn left(&self, done: u64, of: u64) -> f64 {
        self.elapsed() / done.max(1) as f64 * of.saturating_sub(done) as f64
    }

    /// Shows how far it is, and some words.
    pub fn show(&self, done: u64, of: u64, words: String) {
        if self.begun.elapsed() > PATIENCE && !self.shown.swap(true, Ordering::Relaxed) {
            self.bar.set_draw_target(ProgressDrawTarget::stderr());
        }
        self.bar.set_length(of);
        self.bar.set_position(done);
        self.bar.set_message(words);
    }

    /// Takes it away.
    pub fn end(&self) {
        self.bar.finish_and_clear();
    }
}

/// Does `work` under a spinner that says `what`, if it takes long.
pub fn spin<T>(what: impl Into<Cow<'static, str>>, work: impl FnOnce() -> T) -> T {
    let what = what.into();
    let (done, waiting) = mpsc::channel::<()>();
    std::thread::scope(|scope| {
        let show = move || {
            if waiting.recv_timeout(PATIENCE) == Err(mpsc::RecvTimeoutError::Timeout) {
                let style = ProgressStyle::with_template("{spinner} {msg}, {elapsed}");
                let style = style.unwrap_or_else(|_| ProgressStyle::default_spinner());
                let bar = ProgressBar::new_spinner().with_style(style).with_message(what).with_elapsed(PATIENCE);
                while waiting.recv_timeout(Duration::from_millis(100)) == Err(mpsc::RecvTimeoutError::Timeout) {
                    bar.tick();
                }
                bar.finish_and_clear();
            }
        };
        // Without the bar nothing of the work is missing; who works says if threads are short.
        let _ = Builder::new().name("progress".into()).spawn_scoped(scope, show);
        let result = work();
        drop(done);
        result
    })
}

/// The bar of a simulation.
#[derive(Debug)]
pub struct Bar {
    bar: ProgressBar,
    started: Instant,
    dt: f64,
    hidden: bool,
}

impl Bar {
    /// A bar over steps of `dt` ms, shown once it has taken long.
    pub fn new(dt: f64) -> Bar {
        let bar = ProgressBar::hidden();
        let style = ProgressStyle::with_template("simulating {bar:40} {msg}, {eta} left");
        bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()).progress_chars("━╸ "));
        Bar { bar, started: Instant::now(), dt, hidden: true }
    }

    /// Shows how far a run is; says stop when Ctrl-C was pressed.
    pub fn watch(&mut self, progress: Progress) -> ControlFlow<()> {
        self.show(progress, "")
    }

    /// The same, with some words before the rest.
    fn show(&mut self, progress: Progress, words: &str) -> ControlFlow<()> {
        if self.hidden && self.started.elapsed() > PATIENCE {
            self.hidden = false;
            self.bar.set_draw_target(ProgressDrawTarget::stderr());
        }
        self.bar.set_length(progress.of);
        self.bar.set_position(progress.done);
        let (done, of) = (progress.done as f64 * self.dt, progress.of as f64 * self.dt);
        self.bar.set_message(format!(
            "{words}{done:.0} of {of:.0} ms, {spikes}",
            spikes = counted(progress.spikes, "spike")
        ));
        if interrupted() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    }

    /// Takes the bar away.
    pub fn end(&self) {
        self.bar.finish_and_clear();
    }
}

/// The bar of trials that run side by side.
#[derive(Debug)]
pub struct TrialsBar {
    bar: Mutex<Bar>,
    of: u64,
    trials: usize,
    done: AtomicU64,
    spikes: AtomicU64,
    finished: AtomicUsize,
}

impl TrialsBar {
    /// A bar over `trials` trials of `of` steps of `dt` ms in all.
    pub fn new(dt: f64, of: u64, trials: usize) -> TrialsBar {
        let (done, spikes, finished) = (AtomicU64::new(0), AtomicU64::new(0), AtomicUsize::new(0));
        TrialsBar { bar: Mutex::new(Bar::new(dt)), of, trials, done, spikes, finished }
    }

    /// What watches one of the trials.
    pub fn watch(&self) -> impl FnMut(Progress) -> ControlFlow<()> + '_ {
        let mut last = (0, 0);
        move |progress| {
            let done = self.done.fetch_add(progress.done - last.0, Ordering::Relaxed) + progress.done - last.0;
            let spikes = self.spikes.fetch_add(progress.spikes - last.1, Ordering::Relaxed) + progress.spikes - last.1;
            last = (progress.done, progress.spikes);
            let finished = self.finished.load(Ordering::Relaxed);
            let words = format!("{finished} of {trials}, ", trials = counted(self.trials, "trial"));
            match self.bar.try_lock() {
                Ok(mut bar) => bar.show(Progress { done, of: self.of, spikes }, &words),
                _ if interrupted() => ControlFlow::Break(()),
                _ => ControlFlow::Continue(()),
            }
        }
    }

    /// A trial is over.
    pub fn finish(&self) {
        self.finished.fetch_add(1, Ordering::Relaxed);
    }

    /// Takes the bar away.
    pub fn end(&self) {
        self.bar.lock().unwrap_or_else(PoisonError::into_inner).end();
    }
}
