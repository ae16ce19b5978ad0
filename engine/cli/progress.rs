//! Progress bars for work that takes longer than two seconds, and Ctrl-C.

use std::borrow::Cow;
#[cfg(feature = "train")]
use std::io::Write;
use std::ops::ControlFlow;
#[cfg(feature = "train")]
use std::process::ExitCode;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError, mpsc};
use std::thread::Builder;
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use neuropil::simulation::Progress;
use neuropil::text::counted;
use neuropil::{Error, Result};

/// How long work takes before a bar is shown.
const PATIENCE: Duration = Duration::from_secs(2);

/// The exit code of what was ended by Ctrl-C.
const INTERRUPTED: u8 = 130;

/// Whether Ctrl-C was pressed.
static STOP: AtomicBool = AtomicBool::new(false);

/// Catches Ctrl-C from here on: the first sets [`interrupted`], the second ends the program.
///
/// # Errors
/// A system that refuses to deliver the signal.
pub fn catch_interrupts() -> Result<()> {
    let caught = ctrlc::set_handler(|| {
        if STOP.swap(true, Ordering::SeqCst) {
            std::process::exit(INTERRUPTED.into());
        }
    });
    caught.map_err(|error| match error {
        ctrlc::Error::System(reason) => Error::threads("catch Ctrl-C", reason),
        other => Error::Internal(format!("Ctrl-C cannot be caught: {other}")),
    })
}

/// Whether the user asked for an end by Ctrl-C.
pub fn interrupted() -> bool {
    STOP.load(Ordering::SeqCst)
}

/// Says on standard error that work was ended before it was done, and `what` there is of it; gives the exit code of
/// that.
#[cfg(feature = "train")]
pub fn ended_early(what: &str) -> ExitCode {
    // Where even standard error is closed, the sentence has no reader.
    let _ = writeln!(std::io::stderr(), "Ended early: {what}.");
    ExitCode::from(INTERRUPTED)
}

/// A progress bar over steps, shown once they take long.
#[cfg(feature = "train")]
pub struct StepBar {
    bar: ProgressBar,
    begun: Instant,
    /// Whether the bar has been shown.
    shown: AtomicBool,
}

#[cfg(feature = "train")]
impl StepBar {
    /// A bar that `label` stands before; it measures time from now on.
    pub fn new(label: &str) -> StepBar {
        let bar = ProgressBar::hidden();
        let style = ProgressStyle::with_template(&format!("{label} {{bar:40}} {{msg}}"));
        bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()).progress_chars("━╸ "));
        StepBar { bar, begun: Instant::now(), shown: AtomicBool::new(false) }
    }

    /// Seconds since the bar was made.
    pub fn elapsed(&self) -> f64 {
        self.begun.elapsed().as_secs_f64()
    }

    /// Seconds that the rest takes at the mean pace, after `done` of `of` steps.
    pub fn left(&self, done: u64, of: u64) -> f64 {
        self.elapsed() / done.max(1) as f64 * of.saturating_sub(done) as f64
    }

    /// Shows that `done` of `of` steps are done, with `message` behind the bar.
    pub fn show(&self, done: u64, of: u64, message: String) {
        if self.begun.elapsed() > PATIENCE && !self.shown.swap(true, Ordering::Relaxed) {
            self.bar.set_draw_target(ProgressDrawTarget::stderr());
        }
        self.bar.set_length(of);
        self.bar.set_position(done);
        self.bar.set_message(message);
    }

    /// Removes the bar from the terminal.
    pub fn end(&self) {
        self.bar.finish_and_clear();
    }
}

/// Does `work`, and shows a spinner labelled `what` beside it once it takes long.
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
        // The work can do without its spinner; where threads are short, the work itself reports that.
        let _ = Builder::new().name("progress".into()).spawn_scoped(scope, show);
        let result = work();
        drop(done);
        result
    })
}

/// The progress bar of a simulation.
#[derive(Debug)]
pub struct Bar {
    bar: ProgressBar,
    started: Instant,
    /// Biological time of a step, ms.
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

    /// Shows how far a run is; breaks where Ctrl-C was pressed.
    pub fn watch(&mut self, progress: Progress) -> ControlFlow<()> {
        self.show(progress, "")
    }

    /// As [`Bar::watch`], with `prefix` before the message of the bar.
    fn show(&mut self, progress: Progress, prefix: &str) -> ControlFlow<()> {
        if self.hidden && self.started.elapsed() > PATIENCE {
            self.hidden = false;
            self.bar.set_draw_target(ProgressDrawTarget::stderr());
        }
        self.bar.set_length(progress.of);
        self.bar.set_position(progress.done);
        let (done, of) = (progress.done as f64 * self.dt, progress.of as f64 * self.dt);
        self.bar.set_message(format!(
            "{prefix}{done:.0} of {of:.0} ms, {spikes}",
            spikes = counted(progress.spikes, "spike")
        ));
        if interrupted() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    }

    /// Removes the bar from the terminal.
    pub fn end(&self) {
        self.bar.finish_and_clear();
    }
}

/// The progress bar of trials that run side by side.
#[derive(Debug)]
pub struct TrialsBar {
    bar: Mutex<Bar>,
    /// Steps of all trials.
    of: u64,
    trials: usize,
    /// Steps that all trials have made so far.
    done: AtomicU64,
    /// Spikes of all trials so far.
    spikes: AtomicU64,
    /// Trials that have ended.
    finished: AtomicUsize,
}

impl TrialsBar {
    /// A bar over `trials` trials, which have `of` steps of `dt` ms in all.
    pub fn new(dt: f64, of: u64, trials: usize) -> TrialsBar {
        let (done, spikes, finished) = (AtomicU64::new(0), AtomicU64::new(0), AtomicUsize::new(0));
        TrialsBar { bar: Mutex::new(Bar::new(dt)), of, trials, done, spikes, finished }
    }

    /// A function that watches the progress of one of the trials.
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

    /// Counts a trial that has ended.
    pub fn count_finished(&self) {
        self.finished.fetch_add(1, Ordering::Relaxed);
    }

    /// Removes the bar from the terminal.
    pub fn end(&self) {
        self.bar.lock().unwrap_or_else(PoisonError::into_inner).end();
    }
}
