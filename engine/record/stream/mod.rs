//! Writes spikes while a run goes on, so that a run of any length needs no more memory than a short one.
//!
//! A [`SpikeStream`] hands batches of spikes through a bounded queue to a thread that counts and writes them. Where the
//! writer is slower than the simulation, the simulation waits; nothing is lost. [`create`] makes the writer of a file,
//! [`reopen`] one that continues a file where a checkpoint says; other targets implement [`SpikeSink`].

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{self, Receiver, SyncSender, TrySendError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};

use super::spike_counter::SpikeCounter;
use crate::error::{Error, Result};
use crate::spike::Spike;

mod file;
#[cfg(feature = "formats")]
mod parquet;
mod table;

pub use file::{check, create, read, reopen};

/// The path of the file `path` while it still grows.
pub fn partial(path: &Path) -> PathBuf {
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(".partial");
    path.with_file_name(name)
}

/// Number of batches that may wait for the writer.
const QUEUE: usize = 4;

/// Where streamed spikes go. All methods are called from one thread, which is not that of the simulation.
pub trait SpikeSink: Send {
    /// Writes the next spikes, which are sorted; steps count from 1.
    ///
    /// # Errors
    /// A failure that ends the run, such as a full disk or a connection that is lost.
    fn write(&mut self, spikes: &[Spike]) -> Result<()>;

    /// Flushes what was written to the disk, and gives the position behind it for a checkpoint; `None` where a later
    /// run cannot continue.
    ///
    /// # Errors
    /// As [`SpikeSink::write`].
    fn sync(&mut self) -> Result<Option<Position>>;

    /// Ends the sink after the last spikes.
    ///
    /// # Errors
    /// As [`SpikeSink::write`].
    fn finish(&mut self) -> Result<()>;
}

impl SpikeSink for Box<dyn SpikeSink> {
    fn write(&mut self, spikes: &[Spike]) -> Result<()> {
        self.as_mut().write(spikes)
    }

    fn sync(&mut self) -> Result<Option<Position>> {
        self.as_mut().sync()
    }

    fn finish(&mut self) -> Result<()> {
        self.as_mut().finish()
    }
}

/// A position in a file of spikes, with what a run that continues the file must find before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Position {
    /// Bytes before the position.
    pub bytes: u64,
    /// Number of spikes in these bytes.
    pub spikes: u64,
    /// CRC-32 of the spikes as written, without the header.
    pub crc32: u32,
}

/// The result of a stream that has ended.
#[derive(Debug, Clone)]
pub struct Streamed {
    /// The counter of all spikes that were written.
    pub tally: SpikeCounter,
    /// Wall time that the writer was at work.
    pub busy: Duration,
    /// Wall time that the simulation waited for the writer.
    pub waited: Duration,
}

/// A stream of spikes to a sink, with the thread that writes them.
#[derive(Debug)]
pub struct SpikeStream {
    /// The queue to the thread; `None` once it is closed.
    orders: Option<SyncSender<Order>>,
    /// The thread; `None` once it has been joined.
    writer: Option<JoinHandle<Result<SpikeCounter>>>,
    /// Time that the thread was at work so far, ns.
    busy: Arc<AtomicU64>,
    /// Time that was waited for the thread so far.
    waited: Duration,
}

/// What the thread that writes is to do.
#[derive(Debug)]
enum Order {
    Write(Vec<Spike>),
    /// Flush, and send the position back.
    Sync(mpsc::Sender<Option<Position>>),
    Finish,
}

impl SpikeStream {
    /// A stream of the spikes that `tally` counts into `sink`, which holds already what `tally` has counted so far.
    ///
    /// # Errors
    /// A system that has no more threads.
    pub fn new(sink: impl SpikeSink + 'static, tally: SpikeCounter) -> Result<SpikeStream> {
        let (orders, waiting) = mpsc::sync_channel(QUEUE);
        let busy = Arc::new(AtomicU64::new(0));
        let spent = busy.clone();
        let work = move || write_until_finished(sink, tally, &waiting, &spent);
        let writer = std::thread::Builder::new().name("spikes".into()).spawn(work);
        let writer = writer.map_err(|reason| Error::threads("write spikes", reason))?;
        Ok(SpikeStream { orders: Some(orders), writer: Some(writer), busy, waited: Duration::ZERO })
    }

    /// Hands spikes to the writer; waits where four batches are waiting already.
    ///
    /// # Errors
    /// The error of the sink on an earlier batch.
    pub fn send(&mut self, spikes: Vec<Spike>) -> Result<()> {
        if spikes.is_empty() { Ok(()) } else { self.send_order(Order::Write(spikes)) }
    }

    /// Waits until all spikes so far are on the disk, and gives the position behind them; `None` where the sink has
    /// none.
    ///
    /// # Errors
    /// The error of the sink.
    pub fn sync(&mut self) -> Result<Option<Position>> {
        let (reply, answer) = mpsc::channel();
        self.send_order(Order::Sync(reply))?;
        let started = Instant::now();
        let position = answer.recv();
        self.waited += started.elapsed();
        position.map_err(|_| self.failure())
    }

    /// Waits until all spikes are written and the sink is finished.
    ///
    /// # Errors
    /// The error of the sink.
    pub fn finish(mut self) -> Result<Streamed> {
        self.send_order(Order::Finish)?;
        let started = Instant::now();
        let tally = self.join()?;
        let busy = Duration::from_nanos(self.busy.load(Ordering::Relaxed));
        Ok(Streamed { tally, busy, waited: self.waited + started.elapsed() })
    }

    /// Sends an order to the thread that writes, and counts the time that it must wait.
    fn send_order(&mut self, order: Order) -> Result<()> {
        let Some(orders) = &self.orders else { return Err(self.failure()) };
        let sent = match orders.try_send(order) {
            Err(TrySendError::Full(order)) => {
                let started = Instant::now();
                let sent = orders.send(order).is_ok();
                self.waited += started.elapsed();
                sent
            }
            sent => sent.is_ok(),
        };
        if sent { Ok(()) } else { Err(self.failure()) }
    }

    /// The error that ended the thread that writes.
    fn failure(&mut self) -> Error {
        self.join().err().unwrap_or_else(|| Error::Internal("the writer of spikes ended without a word".into()))
    }

    /// Ends the thread that writes, and gives what it has counted or why it failed.
    fn join(&mut self) -> Result<SpikeCounter> {
        self.orders = None;
        let Some(writer) = self.writer.take() else {
            let problem = "writing them has failed before, and some are lost; start again from a checkpoint";
            return Err(Error::invalid("spikes", problem));
        };
        writer.join().unwrap_or_else(|_| Err(Error::Internal("the writer of spikes panicked".into())))
    }
}

impl Drop for SpikeStream {
    /// Without [`SpikeStream::finish`] the sink keeps what it has, unfinished.
    fn drop(&mut self) {
        self.orders = None;
        if let Some(writer) = self.writer.take() {
            // The error cannot be reported any more.
            let _ = writer.join();
        }
    }
}

/// The work of the thread: counts and writes spikes until it is to finish or the queue is closed; `spent` is the time
/// of work, ns.
fn write_until_finished(
    mut sink: impl SpikeSink,
    mut tally: SpikeCounter,
    orders: &Receiver<Order>,
    spent: &AtomicU64,
) -> Result<SpikeCounter> {
    while let Ok(order) = orders.recv() {
        let started = Instant::now();
        match order {
            Order::Write(mut spikes) => {
                spikes.retain(|spike| tally.add(*spike));
                sink.write(&spikes)?;
            }
            Order::Sync(reply) => {
                // A simulation that has ended needs no answer.
                let _ = reply.send(sink.sync()?);
            }
            Order::Finish => {
                sink.finish()?;
                spent.fetch_add(started.elapsed().as_nanos() as u64, Ordering::Relaxed);
                return Ok(tally);
            }
        }
        spent.fetch_add(started.elapsed().as_nanos() as u64, Ordering::Relaxed);
    }
    sink.sync().map(|_| tally)
}
