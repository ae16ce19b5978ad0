//! Bars for what takes longer than two seconds, and Ctrl-C.

use std::borrow::Cow;
use std::ops::ControlFlow;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc;
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use neuropil::simulation::Progress;
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
    caught.map_err(|error| Error::Internal(format!("Ctrl-C cannot be caught: {error}")))
}

/// Whether somebody asked for an end.
pub fn interrupted() -> bool {
    STOP.load(Ordering::SeqCst)
}

/// Does `work` under a spinner that says `what`, if it takes long.
pub fn spin<T>(what: impl Into<Cow<'static, str>>, work: impl FnOnce() -> T) -> T {
    let what = what.into();
    let (done, waiting) = mpsc::channel::<()>();
    std::thread::scope(|scope| {
        scope.spawn(move || {
            if waiting.recv_timeout(PATIENCE) == Err(mpsc::RecvTimeoutError::Timeout) {
                let style = ProgressStyle::with_template("{spinner} {msg}, {elapsed}");
                let style = style.unwrap_or_else(|_| ProgressStyle::default_spinner());
                let bar = ProgressBar::new_spinner().with_style(style).with_message(what).with_elapsed(PATIENCE);
                while waiting.recv_timeout(Duration::from_millis(100)) == Err(mpsc::RecvTimeoutError::Timeout) {
                    bar.tick();
                }
                bar.finish_and_clear();
            }
        });
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
        if self.hidden && self.started.elapsed() > PATIENCE {
            self.hidden = false;
            self.bar.set_draw_target(ProgressDrawTarget::stderr());
        }
        self.bar.set_length(progress.of);
        self.bar.set_position(progress.done);
        let (done, of) = (progress.done as f64 * self.dt, progress.of as f64 * self.dt);
        self.bar.set_message(format!("{done:.0} of {of:.0} ms, {} spikes", super::tables::count(progress.spikes)));
        if interrupted() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    }

    /// Takes the bar away.
    pub fn end(&self) {
        self.bar.finish_and_clear();
    }
}
