//! [`Player`] for the GPU. Only this file and `restore` wait for the device: where states are read or set, and in
//! [`Player::wait`].

use std::time::Instant;

use crate::device::cpu::learn::OwnedPlastic;
use crate::device::gpu::passes::Timer;
use crate::device::gpu::shard::GpuShard;
use crate::device::gpu::wait::block_on;
use crate::device::gpu::{Gpu, restore};
use crate::device::plastic::{Held, memory, pending};
use crate::device::{Counts, PassTime, PlasticSynapses, Played, Player, PopulationState, WeightsAt, signals_of_others};
use crate::error::{Error, Result};
use crate::plan::Shard;
use crate::spike::Spike;

impl Player for Gpu {
    fn submit(&mut self, steps: u32) -> Result<()> {
        if self.flights.is_empty() {
            self.since = Instant::now();
        }
        if !self.plan.plastic.is_empty() {
            let device = self.adapter.device.clone();
            block_on(Some(&device), self.make_room(steps))?;
        }
        self.launch(steps);
        Ok(())
    }

    fn take(&mut self) -> Result<Option<Played>> {
        // Results arrive only while the device is polled; a device that is lost is reported below.
        let _ = self.adapter.device.poll(wgpu::PollType::Poll);
        self.land()
    }

    fn wait(&mut self) -> Result<()> {
        let Some(flight) = self.flights.front() else { return Ok(()) };
        let until = wgpu::PollType::Wait { submission_index: flight.submission.clone(), timeout: None };
        let waited = self.adapter.device.poll(until);
        waited.map(drop).map_err(|e| Error::Device(format!("reading results back failed: {e}")))
    }

    fn under_way(&self) -> usize {
        self.flights.len()
    }

    /// The device plays one batch while the host reads the other.
    fn at_once(&self) -> usize {
        2
    }

    fn profile(&mut self) -> Result<()> {
        self.timer = Some(Timer::new(&self.adapter)?);
        self.longest = self.longest.min(self.most_steps());
        Ok(())
    }

    fn pass_times(&self) -> Vec<PassTime> {
        self.timer.as_ref().map(|t| t.times.clone()).unwrap_or_default()
    }

    fn counts(&self) -> Counts {
        self.counts
    }

    fn state(&mut self, population: usize, variable: usize) -> Result<Vec<f64>> {
        let read = async {
            let mut values = Vec::new();
            for (shard, rows) in self.shards.iter().zip(&self.plan.shards) {
                values.extend(shard.state(&self.adapter, rows, population, variable).await?);
            }
            Ok(values)
        };
        block_on(Some(&self.adapter.device), read)
    }

    fn restore(&mut self, step: u64, state: &[PopulationState], recent: &[Spike]) -> Result<()> {
        while self.next()?.is_some() {}
        let device = self.adapter.device.clone();
        block_on(Some(&device), restore::restore(self, step, state, recent))
    }

    fn signals(&mut self) -> Result<Vec<Vec<f64>>> {
        let Some(signals) = &self.signals else { return Ok(Vec::new()) };
        block_on(Some(&self.adapter.device), signals.read(&self.adapter, self.step))
    }

    fn restore_signals(&mut self, rows: &[Vec<f64>]) -> Result<()> {
        match &self.signals {
            None if rows.is_empty() => Ok(()),
            Some(own) if own.fit(rows, self.step) => {
                own.needed(self.step).zip(rows).for_each(|(step, row)| own.write(&self.adapter, step, row));
                Ok(())
            }
            _ => Err(signals_of_others()),
        }
    }

    fn synapses(&mut self, projection: usize) -> Result<PlasticSynapses> {
        let mut learned = self.learned()?;
        Ok(memory::synapses(&self.plan, projection, &self.known(&mut learned, projection, None)))
    }

    fn weights(&mut self, projection: usize, at: WeightsAt<'_>) -> Result<Vec<f64>> {
        if at == WeightsAt::Start {
            return Ok(memory::weights_at_first::<f32>(&self.plan, projection));
        }
        let mut learned = self.learned()?;
        Ok(memory::weights(&self.plan, projection, &self.known(&mut learned, projection, at.recent())))
    }

    fn memory(&mut self) -> Result<Vec<u64>> {
        let mut words = self.process_words()?;
        if self.plan.plastic.is_empty() {
            return Ok(words);
        }
        let held = self.held_that_matters()?;
        let device = self.adapter.device.clone();
        let pending = block_on(Some(&device), self.pending())?;
        let held: Vec<Vec<&Held<f32>>> = held.iter().map(|held| held.iter().collect()).collect();
        words.extend(memory::joined(memory::write(&self.plan, &held), pending));
        Ok(words)
    }

    fn plastic_memory(&mut self, index: usize) -> Result<Vec<u64>> {
        let held = self.held_that_matters()?;
        let held: Vec<Vec<&Held<f32>>> = held.iter().map(|held| held.iter().collect()).collect();
        Ok(memory::write_plan(&self.plan, index, &held))
    }

    fn recall(&mut self, words: &[u64]) -> Result<()> {
        let (held, pending) = memory::parted(self.set_processes(words)?, self.plan.plastic.is_empty())?;
        let mut all = self.initial_held();
        let mut parts: Vec<Vec<&mut Held<f32>>> = all.iter_mut().map(|held| held.iter_mut().collect()).collect();
        memory::read(&self.plan, &mut parts, self.step, held)?;
        let mut sums = Vec::new();
        memory::read_pending(&self.plan, self.step, pending, |shard, sum| sums.push((shard, sum)))?;
        self.set_held(&all)?;
        let device = self.adapter.device.clone();
        block_on(Some(&device), self.add_pending(&sums))
    }

    fn longest_batch(&self) -> u32 {
        self.longest
    }

    fn describe(&self) -> String {
        let facts = &self.adapter.facts;
        format!("GPU, {} ({}, {})", facts.name, facts.kind, facts.backend)
    }

    fn caution(&self) -> Option<String> {
        let name = &self.adapter.facts.name;
        let slow =
            format!("{name} is a software adapter: right, but slow, and meant for tests; --device cpu is faster");
        self.adapter.facts.software.then_some(slow)
    }

    fn dispatches_per_step(&self) -> f64 {
        let epoch = self.epochs(1024).len() as f64 / 1024.0;
        f64::from(self.shards.iter().map(GpuShard::dispatches).sum::<u32>()) * epoch
    }
}

impl Gpu {
    /// What synapses that learn hold, shard by shard and plan by plan, with the spikes of their targets that matter.
    fn held_that_matters(&mut self) -> Result<Vec<Vec<Held<f32>>>> {
        let device = self.adapter.device.clone();
        let mut held = block_on(Some(&device), self.held())?;
        for ((held, shard), planned) in held.iter_mut().zip(&self.shards).zip(&self.plan.shards) {
            for (index, held) in held.iter_mut().enumerate() {
                let first = shard.plastic[index].uniform.first_place as usize;
                held.forget(&planned.plastic[index], first);
            }
        }
        Ok(held)
    }

    /// What synapses that learn hold, shard by shard and plan by plan, in the form of the native player.
    fn learned(&mut self) -> Result<Vec<Vec<OwnedPlastic<f32>>>> {
        let device = self.adapter.device.clone();
        let held = block_on(Some(&device), self.held())?;
        let of_shard = |held: Vec<Held<f32>>| {
            self.plan.plastic.iter().zip(held).map(|(own, held)| OwnedPlastic::of(own, held)).collect()
        };
        Ok(held.into_iter().map(of_shard).collect())
    }

    /// What is known of the synapses of `projection`, shard by shard, from [`Gpu::learned`]; up to date if `recent` spikes
    /// are given.
    fn known<'a>(
        &self,
        learned: &'a mut [Vec<OwnedPlastic<f32>>],
        projection: usize,
        recent: Option<&[Spike]>,
    ) -> memory::Known<'a, f32> {
        let now = (self.step as u32, self.plan.dt);
        let pending = recent.map(|recent| pending(recent, self.step, self.plan.min_delay));
        let shards = learned.iter_mut().zip(&self.plan.shards).zip(&self.shards);
        let of_shard = |((learned, planned), own): ((&'a mut Vec<OwnedPlastic<f32>>, &Shard<i32>), &GpuShard)| {
            let plans = learned.iter_mut().zip(&self.plan.plastic).zip(planned.plastic.iter().zip(&own.plastic));
            let plans = plans.filter(|((_, plan), _)| plan.projection == projection);
            let known = plans.map(|((learned, plan), (rows, own))| {
                learned.known((plan, &**rows), own.uniform.first_place as usize, now, pending)
            });
            known.collect()
        };
        shards.map(of_shard).collect()
    }
}
