//! Spikes written while they come, so that a run of any length needs no more memory than a short one.
//!
//! A [`SpikeStream`] hands batches of spikes through a bounded queue to a thread that counts and writes them. Where the
//! writer is slower than the simulation, the simulation waits; nothing is lost. [`create`] makes the writer of a file,
//! [`reopen`] one that goes on where a checkpoint says; anything else may be written to through [`SpikeSink`].

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

/// The name of a file that still grows.
pub fn partial(path: &Path) -> PathBuf {
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(".partial");
    path.with_file_name(name)
}

/// Batches that may wait for the writer.
const QUEUE: usize = 4;

/// Where streamed spikes go. All methods are called from one thread, which is not that of the simulation.
pub trait SpikeSink: Send {
    /// Takes the next spikes, sorted; steps count from 1.
    ///
    /// # Errors
    /// What stops the run: a full disk, a connection that is gone.
    fn write(&mut self, spikes: &[Spike]) -> Result<()>;
    /// Makes safe what was written, and says where that ends, for a checkpoint; none where a later run cannot go on.
    ///
    /// # Errors
    /// As [`SpikeSink::write`].
    fn sync(&mut self) -> Result<Option<Position>>;
    /// There are no more spikes.
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

/// Where a file of spikes stands: what a run that goes on must find in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Position {
    /// Bytes of the file.
    pub bytes: u64,
    /// Spikes in them.
    pub spikes: u64,
    /// CRC-32 of the spikes as written, without what stands before the first.
    pub crc32: u32,
}

/// What a stream that has ended leaves.
#[derive(Debug, Clone)]
pub struct Streamed {
    /// What was counted.
    pub tally: SpikeCounter,
    /// Time that the writer was at work.
    pub busy: Duration,
    /// Time that the simulation waited for the writer.
    pub waited: Duration,
}

/// Spikes on their way to a sink.
#[derive(Debug)]
pub struct SpikeStream {
    orders: Option<SyncSender<Order>>,
    writer: Option<JoinHandle<Result<SpikeCounter>>>,
    busy: Arc<AtomicU64>,
    waited: Duration,
}

#[derive(Debug)]
enum Order {
    Write(Vec<Spike>),
    Sync(mpsc::Sender<Option<Position>>),
    Finish,
}

impl SpikeStream {
    /// A stream into `sink` of the neurons that `tally` counts; what it has counted is in the sink already.
    ///
    /// # Errors
    /// A system that gives no more threads.
    pub fn new(sink: impl SpikeSink + 'static, tally: SpikeCounter) -> Result<SpikeStream> {
        let (orders, waiting) = mpsc::sync_channel(QUEUE);
        let busy = Arc::new(AtomicU64::new(0));
        let spent = busy.clone();
        let work = move || write_until_finished(sink, tally, &waiting, &spent);
        let writer = std::thread::Builder::new().name("spikes".into()).spawn(work);
        let writer = writer.map_err(|reason| Error::threads("write spikes", reason))?;
        Ok(SpikeStream { orders: Some(orders), writer: Some(writer), busy, waited: Duration::ZERO })
    }

    /// Hands spikes over; waits where a few batches are waiting already.
    ///
    /// # Errors
    /// What the sink said to an earlier batch.
    pub fn send(&mut self, spikes: Vec<Spike>) -> Result<()> {
        if spikes.is_empty() { Ok(()) } else { self.send_order(Order::Write(spikes)) }
    }

    /// Waits until all spikes handed over are safe; where the sink stands then.
    ///
    /// # Errors
    /// What the sink said.
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
    /// What the sink said.
    pub fn finish(mut self) -> Result<Streamed> {
        self.send_order(Order::Finish)?;
        let started = Instant::now();
        let tally = self.join()?;
        let busy = Duration::from_nanos(self.busy.load(Ordering::Relaxed));
        Ok(Streamed { tally, busy, waited: self.waited + started.elapsed() })
    }

    /// Sends an order to the thread that writes; the time that it must wait is counted.
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

    /// Why the writer is gone.
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
            // Nobody is left who could be told.
            let _ = writer.join();
        }
    }
}

/// What the thread does: counts and writes until it is told that there are no more.
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
                // A simulation that is gone needs no answer.
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
