//! The GPU player, the only place that names wgpu: WebGPU's core limits, one command buffer per batch, no host traffic
//! inside it.
//!
//! An epoch is as many steps as the shortest delay allows, a sample is due, or a batch has left. Per epoch:
//! `propagate_stored` for each shard (stored rows; `propagate_procedural` for rows that are drawn), `inject` where
//! listed input arrives, `integrate` for each model (all steps of the epoch, Poisson input fused in), `record` where a
//! sample is due. Spikes are appended to one list on the device; their order within an epoch does not matter, since
//! input sums are integers, and the host sorts what it records. `take_back` subtracts what connections that are cut
//! have brought. At the end of a batch `collect` copies its spikes out of the list; the host reads them while the next
//! batch is played.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use crate::device::{Counts, Played};
use crate::error::{Error, Result};
use crate::plan::Plan;
use crate::schedule::Epoch;

mod adapter;
mod bind;
mod buffers;
mod compose;
mod coupling;
mod cut_entries;
mod cuts;
mod layout;
mod learn;
mod passes;
mod perturbed;
mod pipeline;
mod plastic;
mod plastic_entries;
mod player;
mod procedural;
mod restore;
mod room;
mod shard;
mod shared;
mod spikes;
mod stimuli;
mod wait;

pub use adapter::{Adapter, AdapterFacts, adapters, expected_faster};
pub use compose::{Composed, Shape, compose, compose_rule};
pub use shared::SharedStruct;

use buffers::upload;
use coupling::Signals;
use passes::{Passes, Timer};
use pipeline::{Kernels, UNIFORM_STRIDE, Uniforms};
use shard::{GpuShard, Upload};
use shared::Step;
use spikes::{CLEARED_BYTES, Flight, SpikeList};
use wait::{Scope, block_on};

/// Wall time a batch should take: short enough for displays and watchdogs, long enough to hide the read-back.
const BATCH_TIME: Duration = Duration::from_millis(30);
/// The largest number of steps of a batch.
const MAX_STEPS: u32 = 2048;
/// The largest number of delay blocks: their places in the list of spikes must fit into a workgroup's memory.
const MAX_BLOCKS: u32 = 1024;
/// Number of steps of the first batch, in which drivers compile.
const FIRST_STEPS: u32 = 64;

/// The GPU player of a plan.
#[derive(Debug)]
pub struct Gpu {
    plan: Plan<i32>,
    adapter: Adapter,
    kernels: Kernels,
    shards: Vec<GpuShard>,
    spikes: SpikeList,
    /// Bind groups of the kernel `collect`, one for each of the arrays that batches are collected into by turns.
    collect: [wgpu::BindGroup; 2],
    uniforms: Uniforms,
    /// The signals of continuous couplings, where there are some.
    signals: Option<Signals>,
    timer: Option<Timer>,
    /// Batches that the device plays, the oldest first.
    flights: VecDeque<Flight>,
    counts: Counts,
    /// Number of steps submitted so far.
    step: u64,
    /// The last step whose spikes of targets synapses that learn have kept.
    remembered: u64,
    /// When the last batch came, or the first one was submitted while none was under way.
    since: Instant,
    /// The most steps that the next batch should have.
    longest: u32,
    /// Number of workgroups of `propagate_stored` and of `propagate_procedural`.
    groups: [u32; 2],
}

/// Every struct that host and shaders share; a test compares the shaders with it.
pub fn shared_structs() -> Vec<SharedStruct> {
    let stimuli = stimuli::shared_structs();
    let mut all =
        [layout::shared_structs(), stimuli, coupling::shared_structs(), plastic_entries::shared_structs()].concat();
    all.extend([perturbed::shared_structs(), cut_entries::shared_structs()].concat());
    all.push(Step::shared());
    all
}

impl Gpu {
    /// A player of `plan` on `adapter`; waits until the plan is uploaded and its kernels are compiled.
    ///
    /// # Errors
    /// Shaders that are rejected, buffers beyond the adapter's limits or memory, a device that fails.
    pub fn new(plan: Plan<i32>, adapter: Adapter) -> Result<Gpu> {
        let device = adapter.device.clone();
        block_on(Some(&device), Gpu::open(plan, adapter))
    }

    /// [`Gpu::new`] for hosts that must not block.
    ///
    /// # Errors
    /// As [`Gpu::new`].
    pub async fn open(mut plan: Plan<i32>, adapter: Adapter) -> Result<Gpu> {
        if plan.blocks > MAX_BLOCKS {
            return Err(Error::DeviceLimit {
                what: "delay blocks".into(),
                needed: u64::from(plan.blocks),
                offered: u64::from(MAX_BLOCKS),
                hint: "use a larger plan.block, or --device cpu".into(),
            });
        }
        let scope = Scope::open(&adapter.device);
        let most_steps = most_steps(&plan);
        let spikes = SpikeList::new(&adapter, &plan, most_steps);
        let kernels = Kernels::new(&adapter, &plan, &spikes.shape).await?;
        let uniforms = Uniforms::new(&adapter, most_entries(&plan, most_steps));
        let words = connectivity_words(&plan, &adapter)?;
        let connectivity = upload(&adapter, "wiring", bytemuck::cast_slice(&words));
        let signals = (!plan.couplings.is_empty()).then(|| Signals::new(&adapter, &plan)).transpose()?;
        let upload = Upload {
            adapter: &adapter,
            kernels: &kernels,
            uniforms: &uniforms,
            spikes: &spikes.buffer,
            plan: &plan,
            connectivity: &connectivity,
            most_steps,
            signals: signals.as_ref().map(|signals| &signals.buffer),
        };
        let shards: Vec<GpuShard> = (0..plan.shards.len()).map(|index| upload.shard(index)).collect::<Result<_>>()?;
        let collect = spikes.collected.each_ref().map(|collected| {
            bind::bind_group(&adapter, &kernels.collect, &uniforms, &[(1, &spikes.buffer), (2, collected)])
        });
        scope.close().await?;
        // The rows live on the device now.
        for shard in &mut plan.shards {
            shard.rows = Default::default();
        }
        plan.connectivity = None;
        let groups = if adapter.facts.software { [2, 8] } else { [512, 1024] };
        Ok(Gpu {
            plan,
            adapter,
            kernels,
            shards,
            spikes,
            collect,
            uniforms,
            signals,
            timer: None,
            flights: VecDeque::new(),
            counts: Counts::default(),
            step: 0,
            remembered: 0,
            since: Instant::now(),
            longest: most_steps.min(FIRST_STEPS),
            groups,
        })
    }

    /// The epochs of the next `steps` steps: each as long as delays allow, and ending where a sample is due.
    fn epochs(&self, steps: u32) -> Vec<Epoch> {
        let until = self.step + u64::from(steps);
        let longest = u64::from(self.plan.longest_epoch());
        let mut epochs = Vec::new();
        let mut first = self.step;
        while first < until {
            let sample = |p: &crate::plan::ProbePlan| (first / u64::from(p.interval) + 1) * u64::from(p.interval);
            let end = self.plan.probes.iter().map(sample).fold(until.min(first + longest), u64::min);
            epochs.push(Epoch { first, steps: (end - first) as u32 });
            first = end;
        }
        epochs
    }

    /// Records a batch of the next `steps` steps and submits it.
    fn launch(&mut self, steps: u32) {
        let scope = Scope::open(&self.adapter.device);
        let (first, until) = (self.step, self.step + u64::from(steps));
        self.shards.iter().for_each(GpuShard::start_samples);
        for (index, shard) in self.shards.iter_mut().enumerate() {
            shard.set_currents(&self.adapter, &self.plan, index, first + 1);
            self.counts.bytes_up += 4 * shard.set_courses(&self.adapter, &self.plan, first, steps);
        }
        self.spikes.clear_faults(&self.adapter.queue);
        let slot = self.flights.back().map_or(0, |before| 1 - before.slot);
        let epochs = self.epochs(steps);
        let mut entries: Vec<Step> = Vec::new();
        let mut encoder = self.adapter.device.create_command_encoder(&Default::default());
        let mut passes = Passes::new(&mut encoder, self.timer.as_mut());
        let mut noted = first;
        for epoch in epochs {
            let within = (epoch.first - first) as u32;
            let base = Step {
                first: epoch.first as u32,
                steps: epoch.steps,
                noted: noted as u32,
                within,
                start: self.remembered as u32,
                ..Step::default()
            };
            noted = epoch.first;
            self.remembered = epoch.first;
            let context = Context { plan: &self.plan, kernels: &self.kernels, groups: self.groups };
            context.record_epoch(&self.shards, &mut passes, &mut entries, base);
        }
        let last = Step {
            first: until as u32,
            noted: noted as u32,
            start: first as u32,
            end: until.saturating_sub(self.spikes.reach_back) as u32,
            to: self.spikes.batch_capacity,
            ..Step::default()
        };
        let at = push(&mut entries, last);
        passes.dispatch(&self.kernels.collect, &self.collect[slot], at, self.groups[1].min(64));
        self.counts.dispatches += passes.dispatches;
        drop(passes);
        if let Some(timer) = &self.timer {
            timer.resolve(&mut encoder);
        }
        let timer = self.timer.as_mut();
        let span = (first, steps, slot);
        let mut flight = self.spikes.record_read_back(&self.adapter, &mut encoder, span, &self.shards, timer);
        self.uniforms.write(&self.adapter.queue, &entries);
        flight.ask(self.adapter.queue.submit([encoder.finish()]), scope);
        self.counts.submits += 1;
        self.counts.bytes_up += entries.len() as u64 * UNIFORM_STRIDE + CLEARED_BYTES;
        self.step = until;
        self.flights.push_back(flight);
    }

    /// The results of the oldest batch, `None` while it is under way or where there is none; adapts the length of the
    /// next.
    fn land(&mut self) -> Result<Option<Played>> {
        let Some(flight) = self.flights.front_mut() else { return Ok(None) };
        let landed = self.spikes.land(&self.adapter, flight, &self.plan);
        self.adapter.check()?;
        let Some(played) = landed? else { return Ok(None) };
        let Some(flight) = self.flights.pop_front() else { return Ok(None) };
        self.counts.bytes_down += flight.bytes(played.spikes.len() as u64);
        if let Some(timer) = &mut self.timer {
            let (names, stamps) = flight.times();
            timer.add_up(names, stamps);
        }
        // The next batch shall take BATCH_TIME, but have at most twice the steps of this one: the first one compiles.
        let taken = self.since.elapsed().as_secs_f64().max(1e-6);
        self.since = Instant::now();
        let ideal = f64::from(played.steps) * BATCH_TIME.as_secs_f64() / taken;
        self.longest = (ideal as u32).clamp(1, played.steps.saturating_mul(2).max(1)).min(self.most_steps());
        Ok(Some(played))
    }

    /// The largest number of steps of a batch, with the time stamps of all dispatches where passes are timed.
    fn most_steps(&self) -> u32 {
        // Listed input and samples are dispatches, too, and `collect` is one.
        let of_shard = |shard: &GpuShard| shard.dispatches() + 1 + shard.probes.len() as u32;
        let dispatches = self.shards.iter().map(of_shard).sum::<u32>();
        let timed = self.timer.as_ref().map_or(u32::MAX, |_| (Timer::most_dispatches() - 1) / dispatches.max(1));
        most_steps(&self.plan).min(timed.max(1))
    }
}

/// The largest number of steps of a batch of `plan`: (step of the batch, neuron) must fit into a word.
fn most_steps(plan: &Plan<i32>) -> u32 {
    MAX_STEPS.min(u32::MAX / plan.neurons.max(1)).max(1)
}

/// The words of the procedural connectivity.
///
/// # Errors
/// [`Error::DeviceLimit`] where they may not fit into a binding.
fn connectivity_words(plan: &Plan<i32>, adapter: &Adapter) -> Result<Vec<u32>> {
    let needed = plan.connectivity.as_ref().map_or(0, |w| 4 * procedural::most_words(w));
    let offered = adapter.largest_binding();
    if needed > offered {
        let what = "what is kept of the rules of connection".into();
        let hint = "use --device cpu or a smaller network".into();
        return Err(Error::DeviceLimit { what, needed, offered, hint });
    }
    Ok(procedural::words(plan))
}

/// What the recording of an epoch needs beside shards.
struct Context<'a> {
    plan: &'a Plan<i32>,
    kernels: &'a Kernels,
    /// Number of workgroups of `propagate_stored` and of `propagate_procedural`.
    groups: [u32; 2],
}

impl Context<'_> {
    /// Records the passes of the epoch that `base` describes, and appends their uniforms to `entries`.
    fn record_epoch(&self, shards: &[GpuShard], passes: &mut Passes<'_>, entries: &mut Vec<Step>, base: Step) {
        let at = push(entries, base);
        let until = u64::from(base.first) + u64::from(base.steps);
        for shard in shards {
            shard.propagate(passes, self.kernels, at, self.groups);
            shard.remember(passes, &self.kernels.plastic, at, self.groups[1]);
            shard.learn(passes, &self.kernels.plastic, at, self.groups[1]);
        }
        for (shard, rows) in shards.iter().zip(&self.plan.shards) {
            if cuts::cuts_reach(rows, u64::from(base.first), until) {
                shard.take_back(passes, self.kernels, at, self.groups[1]);
            }
        }
        for (shard, rows) in shards.iter().zip(&self.plan.shards) {
            let (start, end) = due_events(rows, u64::from(base.first), until);
            if start < end {
                let own = push(entries, Step { start, end, ..base });
                shard.inject(passes, self.kernels, own, end - start);
            }
            shard.integrate(passes, self.kernels, at);
            for probe in shard.due_samples(until) {
                let own = push(entries, shard.next_sample(probe, base));
                shard.record(passes, self.kernels, own, probe);
            }
        }
    }
}

/// Appends `entry` and returns its index.
fn push(entries: &mut Vec<Step>, entry: Step) -> u32 {
    entries.push(entry);
    entries.len() as u32 - 1
}

/// The range of the listed events of `shard` that arrive after step `first`, up to and with step `until`.
fn due_events(shard: &crate::plan::Shard<i32>, first: u64, until: u64) -> (u32, u32) {
    let start = shard.events.partition_point(|e| u64::from(e.step) <= first);
    let end = shard.events.partition_point(|e| u64::from(e.step) <= until);
    (start as u32, end as u32)
}

/// The largest number of uniform entries of a batch of `steps` steps.
fn most_entries(plan: &Plan<i32>, steps: u32) -> u64 {
    let shards = plan.shards.len() as u64;
    u64::from(steps) * (1 + shards * (1 + plan.probes.len() as u64)) + 1
}
