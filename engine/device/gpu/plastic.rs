//! Synapses that learn on the device: those of one plastic plan onto the neurons of one shard, laid out as
//! `shaders/plastic.wgsl` reads them.

use crate::device::gpu::Adapter;
use crate::device::gpu::buffers::{read, uniform_buffer, upload};
use crate::device::gpu::cut_entries::add_plastic_cuts;
use crate::device::gpu::plastic_entries::{ColumnEntry, PlasticUniform, add_parts};
use crate::device::gpu::room::{Room, trace_words};
use crate::device::gpu::shared::{NONE, push};
use crate::device::plastic::held::Held;
use crate::device::plastic::targets;
use crate::error::{Error, Result};
use crate::plan::plastic::PlasticPlan;
use crate::plan::plastic_rows::PlasticRows;
use crate::plan::{Plan, PopulationPlan, Shard};

/// The rows of plastic plan `index` in `shard` as words, and a uniform that says where they lie; of `held` only the
/// derived values are used. [`place_held`] completes the uniform.
///
/// # Errors
/// [`Error::Internal`] where the unit of a channel is no power of two.
pub fn row_words(
    plan: &Plan<i32>,
    index: usize,
    shard: &Shard<i32>,
    held: &Held<f32>,
) -> Result<(PlasticUniform, Vec<u32>)> {
    let (own, rows) = (&plan.plastic[index], &*shard.plastic[index]);
    let mut words: Vec<u32> = Vec::new();
    let all = &mut words;
    let (sources, source_parts) = add_parts(&own.from, all);
    let (modulators, modulator_parts) = match &own.modulator {
        Some((from, _)) => add_parts(from, all),
        None => (0, 0),
    };
    let targets = targets(own, shard);
    let column = |values: &Vec<f32>| ColumnEntry { values: push(all, values), stride: u32::from(values.len() > 1) };
    let mut derived: Vec<ColumnEntry> = held.derived.iter().map(column).collect();
    if derived.is_empty() {
        derived.push(ColumnEntry { values: push(all, &[0u32]), stride: 0 });
    }
    let (domains, reached) = match own.domains.is_one() {
        true => (NONE, NONE),
        false => {
            let [starts, reached] = own.domains.lists();
            let first = push(all, reached);
            let starts: Vec<u32> = starts.iter().map(|start| first + start).collect();
            (push(all, &rows.domains), push(all, &starts))
        }
    };
    let [above, below] = own.by_sign.unwrap_or_default().map(|channel| channel.map_or(NONE, u32::from));
    let uniform = PlasticUniform {
        parts: sources,
        part_count: source_parts,
        offsets: push(all, &rows.offsets),
        targets: push(all, &rows.targets),
        delays: push(all, &widened(&rows.delays)),
        delay_stride: u32::from(rows.delays.len() > 1),
        channels: push(all, &widened(&rows.channels)),
        channel_stride: u32::from(rows.channels.len() > 1),
        derived: push(all, &derived),
        factors: push(all, &factors(own, rows)?),
        synapses: rows.len() as u32,
        first_target: targets.start,
        first_place: targets.start - shard.ids.start.min(targets.start),
        target_count: targets.len() as u32,
        modulator_parts: modulators,
        modulator_part_count: modulator_parts,
        modulator_delay: own.modulator.as_ref().map_or(0, |(_, delay)| *delay),
        repeats: u32::from(plan.populations.iter().any(|population| repeats(population, plan.longest_epoch()))),
        dt: plan.dt as f32,
        most: largest_within(own.most_sent()),
        index: index as u32,
        domains,
        reached,
        cuts: add_plastic_cuts(&own.cuts, all),
        by_sign: u32::from(own.by_sign.is_some()),
        above,
        below,
        ..PlasticUniform::default()
    };
    Ok((uniform, words))
}

/// `values` of up to 32 bits, one word each.
fn widened<T: Copy + Into<u32>>(values: &[T]) -> Vec<u32> {
    values.iter().map(|&value| value.into()).collect()
}

/// Whether a neuron of `population` may fire more than once in `steps` steps.
fn repeats(population: &PopulationPlan, steps: u32) -> bool {
    population.most > 1 || population.silent + 1 < u64::from(steps)
}

/// The largest `f32` that is not above `value`.
fn largest_within(value: f64) -> f32 {
    let near = value.min(f64::from(f32::MAX)) as f32;
    if f64::from(near) > value { near.next_down() } else { near }
}

/// Per channel, the factor from the weight of a synapse to counts of an accumulator; 0 for channels that no synapse
/// reaches.
///
/// # Errors
/// [`Error::Internal`] where a factor is no power of two.
fn factors(own: &PlasticPlan, rows: &PlasticRows) -> Result<Vec<f32>> {
    let factor = |(channel, &(unit, sign)): (usize, &(f64, f64))| {
        let by_sign = own.by_sign.iter().flatten().flatten();
        if !rows.channels.iter().chain(by_sign).any(|&reached| usize::from(reached) == channel) {
            return Ok(0.0);
        }
        let factor = sign / unit;
        let exact = f64::from(factor as f32) == factor && factor.abs().log2().fract() == 0.0;
        if exact { Ok(factor as f32) } else { Err(Error::Internal(format!("{}: a unit of {unit}", own.place))) }
    };
    own.channels.iter().enumerate().map(factor).collect()
}

/// Sets in `uniform` where states, traces and spikes lie, with room for `room` spikes.
pub fn place_held(uniform: &mut PlasticUniform, own: &PlasticPlan, room: Room) {
    let states = own.start.len() as u32;
    let sources = own.from.len();
    uniform.updated = states * uniform.synapses;
    uniform.fired = uniform.updated + if own.rule.keeps_time() { uniform.synapses } else { 0 };
    uniform.traces = uniform.fired + sources;
    (uniform.capacity, uniform.modulated_capacity) = (room.target, room.modulator);
    uniform.modulated = uniform.target_count;
    uniform.steps = uniform.modulated + own.domains.count() as u32 * (1 + room.modulator);
    uniform.states = uniform.steps + uniform.target_count * room.target;
}

/// The number of words of the buffers `held` and `past` of [`PlasticBuffers`], for `targets` targets.
pub fn buffer_words(own: &PlasticPlan, rows: &PlasticRows, targets: u64, room: Room) -> [u64; 2] {
    let each = own.start.len() as u64 + u64::from(own.rule.keeps_time());
    let sources = u64::from(own.from.len()) * (1 + trace_words(own.rule.source_start()) as u64);
    let spikes = u64::from(room.target) * (1 + trace_words(own.rule.target_start()) as u64);
    let modulated = own.domains.count() as u64 * (1 + u64::from(room.modulator));
    [rows.len() as u64 * each + sources, targets * (1 + spikes) + modulated]
}

/// The contents of [`PlasticBuffers::held`]: states of synapses, and last spikes and traces of sources.
pub fn held_words(own: &PlasticPlan, held: &Held<f32>) -> Vec<u32> {
    let mut words: Vec<u32> = held.state.iter().flatten().map(|value| value.to_bits()).collect();
    words.extend(&held.updated);
    words.extend(&held.fired);
    words.extend(held.traces.iter().map(|value| value.to_bits()));
    words.resize(words.len() + if own.rule.source_start().is_empty() { held.fired.len() } else { 0 }, 0);
    words
}

/// The contents of [`PlasticBuffers::past`]: spikes and traces of targets, and spikes of the third factor.
pub fn past_words(uniform: &PlasticUniform, own: &PlasticPlan, held: &Held<f32>) -> Vec<u32> {
    let each = trace_words(own.rule.target_start());
    let mut words = vec![0; uniform.states as usize + held.past.targets() * uniform.capacity as usize * each];
    for n in 0..held.past.targets() {
        words[n] = held.past.count(n) as u32;
        for (k, (step, states)) in held.past.spikes(n).enumerate() {
            let place = n * uniform.capacity as usize + (k & (uniform.capacity as usize - 1));
            words[uniform.steps as usize + place] = step;
            let to = &mut words[uniform.states as usize + place * each..];
            to.iter_mut().zip(states).for_each(|(to, value)| *to = value.to_bits());
        }
    }
    for (domain, steps) in held.modulated.iter().enumerate() {
        let list = modulated_list(uniform, domain);
        words[list] = steps.len() as u32;
        for (k, &step) in steps.iter().enumerate() {
            words[list + 1 + (k & (uniform.modulated_capacity as usize - 1))] = step;
        }
    }
    words
}

/// The place in [`PlasticBuffers::past`] of the spikes of the third factor in `domain`.
fn modulated_list(uniform: &PlasticUniform, domain: usize) -> usize {
    uniform.modulated as usize + domain * (1 + uniform.modulated_capacity as usize)
}

/// Sets `held`, whose lists of synapses and sources have their sizes already, from the words of
/// [`PlasticBuffers::held`] (`states`) and [`PlasticBuffers::past`] (`spikes`).
pub fn read_held(uniform: &PlasticUniform, own: &PlasticPlan, held: &mut Held<f32>, [states, spikes]: [&[u32]; 2]) {
    let synapses = uniform.synapses as usize;
    for (k, column) in held.state.iter_mut().enumerate() {
        let from = &states[k * synapses..(k + 1) * synapses];
        column.iter_mut().zip(from).for_each(|(to, &word)| *to = f32::from_bits(word));
    }
    let updated = held.updated.len();
    held.updated.copy_from_slice(&states[uniform.updated as usize..][..updated]);
    let sources = held.fired.len();
    held.fired.copy_from_slice(&states[uniform.fired as usize..][..sources]);
    let traces = &states[uniform.traces as usize..];
    held.traces.iter_mut().zip(traces).for_each(|(to, &word)| *to = f32::from_bits(word));
    let (size, capacity) = (own.rule.target_start().len(), uniform.capacity as usize);
    let kept = |count: u32, room: usize| (count as usize).saturating_sub(room)..count as usize;
    for n in 0..held.past.targets() {
        held.past.clear(n);
        for k in kept(spikes[n], capacity) {
            let place = n * capacity + (k & (capacity - 1));
            let states = &spikes[uniform.states as usize + place * size.max(1)..][..size];
            let states: Vec<f32> = states.iter().map(|&word| f32::from_bits(word)).collect();
            held.past.push(n, spikes[uniform.steps as usize + place], &states);
        }
    }
    let room = uniform.modulated_capacity as usize;
    for (domain, steps) in held.modulated.iter_mut().enumerate() {
        let list = modulated_list(uniform, domain);
        *steps = kept(spikes[list], room).map(|k| spikes[list + 1 + (k & (room - 1))]).collect();
    }
}

/// The buffers of one plastic plan in one shard.
#[derive(Debug)]
pub struct PlasticBuffers {
    /// A [`PlasticUniform`].
    pub uniform: wgpu::Buffer,
    /// Rows, which do not change.
    pub rows: wgpu::Buffer,
    /// States of synapses, and last spikes and traces of sources.
    pub held: wgpu::Buffer,
    /// Spikes of targets and of the third factor that synapses may still need.
    pub past: wgpu::Buffer,
}

/// The synapses of one plastic plan in one shard.
#[derive(Debug)]
pub struct GpuPlastic {
    /// Index of the plastic plan.
    pub index: usize,
    pub uniform: PlasticUniform,
    pub buffers: PlasticBuffers,
    /// The most spikes that may be kept of a target, and of the third factor in a domain, after all submitted batches.
    pub bound: [u64; 2],
    pub remember: wgpu::BindGroup,
    pub learn: wgpu::BindGroup,
}

impl GpuPlastic {
    /// What the synapses hold, as read from the device.
    ///
    /// # Errors
    /// A device that fails.
    pub async fn held(&self, adapter: &Adapter, plan: &Plan<i32>, shard: &Shard<i32>) -> Result<Held<f32>> {
        let (own, rows) = (&plan.plastic[self.index], &shard.plastic[self.index]);
        let mut held = Held::new(own, rows, self.uniform.target_count as usize);
        let states = read(adapter, &self.buffers.held, &[(0, self.buffers.held.size())]).await?;
        let spikes = read(adapter, &self.buffers.past, &[(0, self.buffers.past.size())]).await?;
        read_held(&self.uniform, own, &mut held, [&states, &spikes]);
        Ok(held)
    }
}

/// The buffers of plastic plan `index` in `shard`, which hold `held` and have room for `room` spikes, and their
/// uniform.
///
/// # Errors
/// [`Error::DeviceLimit`] where they are more than the device can bind; as [`row_words`].
pub fn upload_plastic(
    adapter: &Adapter,
    plan: &Plan<i32>,
    index: usize,
    shard: &Shard<i32>,
    (held, room): (&Held<f32>, Room),
) -> Result<(PlasticUniform, PlasticBuffers)> {
    let (own, rows) = (&plan.plastic[index], &shard.plastic[index]);
    let (mut uniform, words) = row_words(plan, index, shard, held)?;
    let [states, spikes] = buffer_words(own, rows, held.past.targets() as u64, room);
    let (needed, offered) = (4 * states.max(spikes).max(words.len() as u64), adapter.largest_binding());
    if needed > offered {
        let what = format!("synapses that learn of {}", own.place);
        let hint = "use --device cpu or fewer synapses".into();
        return Err(Error::DeviceLimit { what, needed, offered, hint });
    }
    place_held(&mut uniform, own, room);
    let buffers = PlasticBuffers {
        uniform: uniform_buffer(adapter, bytemuck::bytes_of(&uniform)),
        rows: upload(adapter, "plastic rows", bytemuck::cast_slice(&words)),
        held: upload(adapter, "plastic states", bytemuck::cast_slice(&held_words(own, held))),
        past: upload(adapter, "plastic spikes", bytemuck::cast_slice(&past_words(&uniform, own, held))),
    };
    Ok((uniform, buffers))
}
