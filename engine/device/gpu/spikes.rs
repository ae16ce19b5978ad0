//! The list of spikes on the device, and batches under way, whose results the host reads while the next one is played.

use std::pin::Pin;

use crate::device::Played;
use crate::device::gpu::Adapter;
use crate::device::gpu::buffers::{empty, read};
use crate::device::gpu::compose::Shape;
use crate::device::gpu::coupling;
use crate::device::gpu::layout::skips_idle;
use crate::device::gpu::passes::Timer;
use crate::device::gpu::procedural::most_projections;
use crate::device::gpu::shard::{GpuProbe, GpuShard};
use crate::device::gpu::shared::SPIKES_FAULT;
use crate::device::gpu::wait::{Mapped, Scope, poll_once};
use crate::error::{Error, Result};
use crate::plan::Plan;
use crate::spike::Spike;

/// Number of words before the collected spikes of a batch: number of spikes, first fault, last step, spikes that the
/// list had to hold, two words of the first overflow, and whether a loop was cut.
const HEAD: u64 = 7;
/// Size of the words that are reset before a batch, bytes: the first fault and two words of the first overflow.
pub const CLEARED_BYTES: u64 = 12;
/// The least number of spikes that are read together with the head of a batch; if it has more, these are read
/// afterwards.
const FEWEST: u64 = 2048;

/// The list of spikes of a player, and two arrays that batches are collected into by turns.
#[derive(Debug)]
pub struct SpikeList {
    pub buffer: wgpu::Buffer,
    pub shape: Shape,
    /// The largest number of spikes that a batch may have.
    pub batch_capacity: u32,
    /// How far back delays reach, steps.
    pub reach_back: u64,
    pub collected: [wgpu::Buffer; 2],
    /// Number of spikes that are read together with the head of the next batch.
    expected: u64,
}

/// A batch under way: submitted to the device, its results not yet read.
pub struct Flight {
    /// Number of steps done before it, and of its own steps.
    pub first: u64,
    pub steps: u32,
    /// Index of the array that it is collected into.
    pub slot: usize,
    /// What the host reads: head and spikes, samples, time stamps.
    staging: wgpu::Buffer,
    /// Number of spikes for which `staging` has room.
    spikes: u64,
    /// Per part of a probe in a shard: index of the probe, number of samples, number of neurons.
    samples: Vec<(usize, u32, u32)>,
    /// Names of the kernels whose time stamps end `staging`.
    timed: Vec<String>,
    /// The words of `staging` while they are awaited, from the submission on.
    mapped: Option<Mapped>,
    /// The words of `staging` once they have come.
    words: Option<Vec<u32>>,
    /// The spikes beyond those in `staging` while they are awaited.
    rest: Option<Mapped>,
    errors: Option<Errors>,
    /// The submission that the host waits for; the latest one if absent.
    pub submission: Option<wgpu::SubmissionIndex>,
}

/// The result of the error scope in which a batch was recorded and submitted.
type Errors = Pin<Box<dyn Future<Output = Result<()>> + Send>>;

impl std::fmt::Debug for Flight {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Flight").field("first", &self.first).field("steps", &self.steps).finish_non_exhaustive()
    }
}

impl SpikeList {
    /// A list with room for all spikes of a batch of `batch` steps and for those before it that delays can still reach,
    /// as far as the device can bind it. A neuron is silent after a spike for its refractory period.
    pub fn new(adapter: &Adapter, plan: &Plan<i32>, batch: u32) -> SpikeList {
        let reach_back = u64::from(plan.max_delay) + u64::from(plan.block) + 2 * u64::from(plan.longest_epoch()) + 2;
        let within = |steps: u64| {
            let spikes =
                |p: &crate::plan::PopulationPlan| u64::from(p.size) * (steps / (p.silent + 1) + 1) * u64::from(p.most);
            plan.populations.iter().map(spikes).sum::<u64>()
        };
        let all = reach_back + u64::from(batch);
        // What a device can bind bounds it; a list that runs over is an error, found when it is read.
        let offered = 1u64 << (adapter.largest_binding() / 16).clamp(1024, 1 << 30).ilog2();
        let batch_capacity = within(u64::from(batch)).clamp(64, offered) as u32;
        let shape = Shape {
            steps: all.next_power_of_two() as u32,
            capacity: within(all).next_power_of_two().clamp(64, offered) as u32,
            slots: plan.slots(),
            min_delay: plan.min_delay,
            block: plan.block,
            blocks: plan.blocks,
            encoding: plan.encoding,
            skips_idle: skips_idle(plan),
            projections: most_projections(plan),
            signals: plan.couplings.signals,
            signal_slots: coupling::slots(plan),
            waves: !plan.waves.is_empty() || plan.poisson.iter().any(|train| train.white(0).is_some()),
            perturbed: plan.shards.iter().flat_map(|shard| &shard.slices).any(|slice| !slice.perturbed.is_empty()),
        };
        let bytes = 4 * (HEAD + 2 * u64::from(batch_capacity));
        SpikeList {
            buffer: empty(adapter, "spikes", shape.words() * 4),
            shape,
            batch_capacity,
            reach_back,
            collected: [empty(adapter, "collected", bytes), empty(adapter, "collected", bytes)],
            expected: FEWEST,
        }
    }

    /// Clears the fault and the overflow, before a batch.
    pub fn clear_faults(&self, queue: &wgpu::Queue) {
        queue.write_buffer(&self.buffer, u64::from(SPIKES_FAULT) * 4, &[0xff; CLEARED_BYTES as usize]);
    }

    /// Records, at the end of a batch, the copies that the host will read: of `steps` steps after `first`, collected
    /// into array `slot`.
    pub fn record_read_back(
        &self,
        adapter: &Adapter,
        encoder: &mut wgpu::CommandEncoder,
        (first, steps, slot): (u64, u32, usize),
        shards: &[GpuShard],
        timer: Option<&mut Timer>,
    ) -> Flight {
        let spikes = self.expected.min(u64::from(self.batch_capacity));
        let probes = || shards.iter().flat_map(|s| &s.probes);
        let head = 4 * (HEAD + 2 * spikes);
        let bytes = |p: &GpuProbe| u64::from(p.taken.get()) * u64::from(p.count) * 4;
        let staging = adapter.device.create_buffer(&wgpu::BufferDescriptor {
            label: Some("staging"),
            size: head + probes().map(bytes).sum::<u64>() + timer.as_ref().map_or(0, |timer| timer.bytes()),
            usage: wgpu::BufferUsages::COPY_DST | wgpu::BufferUsages::MAP_READ,
            mapped_at_creation: false,
        });
        encoder.copy_buffer_to_buffer(&self.collected[slot], 0, &staging, 0, head);
        let mut at = head;
        for probe in probes().filter(|p| p.taken.get() > 0) {
            encoder.copy_buffer_to_buffer(&probe.samples, 0, &staging, at, bytes(probe));
            at += bytes(probe);
        }
        let samples = probes().map(|p| (p.index, p.taken.get(), p.count)).collect();
        let timed = timer.map_or_else(Vec::new, |timer| timer.copy_stamps(encoder, &staging, at));
        Flight {
            first,
            steps,
            slot,
            staging,
            spikes,
            samples,
            timed,
            mapped: None,
            words: None,
            rest: None,
            errors: None,
            submission: None,
        }
    }

    /// The results of a batch; `None` while it is under way.
    ///
    /// # Errors
    /// A device that fails, or that could not hold all spikes.
    pub fn land(&mut self, adapter: &Adapter, flight: &mut Flight, plan: &Plan<i32>) -> Result<Option<Played>> {
        if let Some(errors) = flight.errors.as_mut().map(|errors| poll_once(errors.as_mut())) {
            let Some(errors) = errors else { return Ok(None) };
            flight.errors = None;
            errors?;
        }
        if flight.words.is_none() {
            let Some(words) = flight.mapped.as_mut().and_then(Mapped::take) else { return Ok(None) };
            let words = words?;
            self.check(&words, flight)?;
            let count = u64::from(words[0]);
            if count > flight.spikes {
                let from = 4 * (HEAD + 2 * flight.spikes);
                flight.rest = Some(read(adapter, &self.collected[flight.slot], &[(from, 8 * (count - flight.spikes))]));
                flight.submission = None;
            }
            flight.words = Some(words);
        }
        let rest = match &mut flight.rest {
            None => Vec::new(),
            Some(rest) => match rest.take() {
                None => return Ok(None),
                Some(rest) => rest?,
            },
        };
        Ok(Some(self.played(flight, &rest, plan)))
    }

    /// Checks from the head of a batch that the device has played all of it, and has held all spikes.
    fn check(&self, words: &[u32], flight: &Flight) -> Result<()> {
        let count = u64::from(words[0]);
        let due = (flight.first + u64::from(flight.steps)) as u32;
        // A watchdog may end a batch without an error.
        if words[2] != due {
            return Err(Error::Device(format!("it stopped before step {due}; use --device cpu or a smaller network")));
        }
        if words[6] != 0 {
            let problem = "it ended loops before their end; use --device cpu or a smaller network";
            return Err(Error::Device(problem.into()));
        }
        let needed = u64::from(words[3]);
        if needed > u64::from(self.shape.capacity) || count > u64::from(self.batch_capacity) {
            return Err(Error::DeviceLimit {
                what: "spikes kept on the device".into(),
                needed: needed.max(count),
                offered: u64::from(self.shape.capacity.min(self.batch_capacity)),
                hint: "use --device cpu, shorter delays or a longer refractory period".into(),
            });
        }
        Ok(())
    }

    /// The results of a batch whose words have come; `rest` are the spikes beyond those in them.
    fn played(&mut self, flight: &Flight, rest: &[u32], plan: &Plan<i32>) -> Played {
        let words = flight.words.as_deref().unwrap_or_default();
        let (count, fault) = (u64::from(words[0]), words[1]);
        let read_with = count.min(flight.spikes);
        let mut spikes: Vec<Spike> =
            bytemuck::pod_collect_to_vec(&words[HEAD as usize..(HEAD + 2 * read_with) as usize]);
        spikes.extend(rest.chunks_exact(2).map(|pair| Spike::new(pair[0], pair[1])));
        spikes.sort_unstable();
        self.expected = (2 * count).max(FEWEST);
        let samples = flight.samples(words, plan.probes.len());
        let fault = (fault != u32::MAX).then(|| {
            let (within, id) = (fault / plan.neurons, fault % plan.neurons);
            Spike::new(flight.first as u32 + 1 + within, id)
        });
        let overflow = (words[4] != u32::MAX).then(|| {
            let (within, index) = (words[4] >> 16, words[4] & 0xffff);
            (Spike::new(flight.first as u32 + within, words[5]), plan.plastic[index as usize].projection)
        });
        Played { steps: flight.steps, spikes, samples, fault, overflow }
    }
}

impl Flight {
    /// Requests the results, once the batch is submitted; `scope` was opened before it was recorded.
    pub fn ask(&mut self, submission: wgpu::SubmissionIndex, scope: Scope) {
        self.mapped = Some(Mapped::ask(&self.staging));
        self.submission = Some(submission);
        self.errors = Some(Box::pin(scope.close()));
    }

    /// The number of bytes that the host reads of this batch if it has `spikes` spikes.
    pub fn bytes(&self, spikes: u64) -> u64 {
        self.staging.size() + 8 * spikes.saturating_sub(self.spikes)
    }

    /// The names of the kernels that were timed, and their time stamps.
    pub fn times(&self) -> (&[String], &[u32]) {
        let words = self.words.as_deref().unwrap_or_default();
        (&self.timed, &words[words.len() - 4 * self.timed.len()..])
    }

    /// The samples of each of `probes` probes from all shards, time-major.
    fn samples(&self, words: &[u32], probes: usize) -> Vec<Vec<f64>> {
        let mut at = (HEAD + 2 * self.spikes) as usize;
        let mut parts: Vec<Vec<(usize, &[u32])>> = vec![Vec::new(); probes];
        for &(probe, taken, count) in &self.samples {
            let size = taken as usize * count as usize;
            parts[probe].push((count as usize, &words[at..at + size]));
            at += size;
        }
        let join = |parts: Vec<(usize, &[u32])>| {
            let times = parts.first().map_or(0, |(count, words)| words.len() / count);
            let row = |t: usize| parts.iter().flat_map(move |(count, words)| &words[t * count..(t + 1) * count]);
            (0..times).flat_map(row).map(|&w| f64::from(f32::from_bits(w))).collect()
        };
        parts.into_iter().map(join).collect()
    }
}
