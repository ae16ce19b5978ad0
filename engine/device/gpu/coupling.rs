//! Continuous couplings on the device: what the tables of a slice say of them, and the signals of the last steps.

use crate::device::gpu::Adapter;
use crate::device::gpu::buffers::{empty, read};
use crate::device::gpu::shared::{NONE, SharedStruct, push, shared};
use crate::error::{Error, Result};
use crate::plan::{Plan, PopulationSlice, Reaching, Signal};

/// `shaders/couple.wgsl`'s coupling.
#[repr(C)]
#[derive(Debug, Clone, Copy, bytemuck::Pod, bytemuck::Zeroable)]
struct CouplingEntry {
    starts: u32,
    links: u32,
    constants: u32,
    shown: u32,
    shown_count: u32,
    neurons_start: u32,
    neurons_end: u32,
    first: u32,
}

/// Its link.
#[repr(C)]
#[derive(Debug, Clone, Copy, bytemuck::Pod, bytemuck::Zeroable)]
struct LinkEntry {
    signal: u32,
    weight: f32,
    back: u32,
    straight: u32,
}

/// Its description of a signal.
#[repr(C)]
#[derive(Debug, Clone, Copy, bytemuck::Pod, bytemuck::Zeroable)]
struct ShownEntry {
    kind: u32,
    which: u32,
    half: u32,
    half_stride: u32,
    factor: f32,
}

/// Kinds of signals.
const VARIABLE: u32 = 0;
const SIGMOID: u32 = 1;
const GIVEN: u32 = 2;

/// What shaders call.
pub const CONSTANTS: [(&str, u32); 2] = [("SHOWN_SIGMOID", SIGMOID), ("SHOWN_GIVEN", GIVEN)];

/// The structs of this file that shaders share.
pub fn shared_structs() -> Vec<SharedStruct> {
    vec![
        shared!(
            "integrate",
            "Coupling",
            CouplingEntry { starts, links, constants, shown, shown_count, neurons_start, neurons_end, first }
                in "tables"
        ),
        shared!("integrate", "Link", LinkEntry { signal, weight, back, straight } in "tables"),
        shared!("integrate", "Shown", ShownEntry { kind, which, half, half_stride, factor } in "tables"),
    ]
}

/// Adds what couplings do to a slice, which `reaching` reaches, to `tables`, and gives its place; none where there is nothing.
pub fn coupling(plan: &Plan<i32>, slice: &PopulationSlice, reaching: &Reaching, tables: &mut Vec<u32>) -> u32 {
    let source = plan.couplings.sources.iter().find(|source| source.population == slice.population);
    let source = source.filter(|own| own.ids.start < slice.first + slice.count && slice.first < own.ids.end);
    if reaching.constants.is_empty() && source.is_none() {
        return NONE;
    }
    let mut entry = CouplingEntry {
        starts: NONE,
        links: 0,
        constants: 0,
        shown: 0,
        shown_count: 0,
        neurons_start: 0,
        neurons_end: 0,
        first: 0,
    };
    if !reaching.constants.is_empty() {
        entry.starts = push(tables, &reaching.starts);
        let links = reaching.links.iter().map(|link| LinkEntry {
            signal: link.signal,
            weight: link.weight as f32,
            back: link.back,
            straight: link.straight.into(),
        });
        entry.links = push(tables, &links.collect::<Vec<_>>());
        entry.constants = push(tables, &reaching.constants.iter().map(|&current| current as f32).collect::<Vec<_>>());
    }
    if let Some(source) = source {
        let (low, high) = (source.ids.start.max(slice.first), source.ids.end.min(slice.first + slice.count));
        let before = slice.first - plan.populations[slice.population].first;
        let shown: Vec<ShownEntry> = source.signals.iter().map(|signal| shown(signal, before, tables)).collect();
        entry.shown = push(tables, &shown);
        entry.shown_count = shown.len() as u32;
        (entry.neurons_start, entry.neurons_end) = (low - slice.first, high - slice.first);
        entry.first = source.first + (low - source.ids.start) * entry.shown_count;
    }
    push(tables, &[entry])
}

/// A signal of the neurons from `before` of their population on.
fn shown(signal: &Signal, before: u32, tables: &mut Vec<u32>) -> ShownEntry {
    let none = ShownEntry { kind: VARIABLE, which: 0, half: 0, half_stride: 0, factor: 0.0 };
    match signal {
        Signal::Variable(variable) => ShownEntry { which: *variable as u32, ..none },
        Signal::Given(index) => ShownEntry { kind: GIVEN, which: *index as u32, ..none },
        Signal::Sigmoid { variable, half, slope } => {
            let own = if half.len() == 1 { &half[..] } else { &half[before as usize..] };
            let half_stride = u32::from(half.len() > 1);
            let half = push(tables, &own.iter().map(|&half| half as f32).collect::<Vec<_>>());
            ShownEntry { kind: SIGMOID, which: *variable as u32, half, half_stride, factor: (1.0 / slope) as f32 }
        }
    }
}

/// Steps whose signals are kept, a power of two.
pub fn slots(plan: &Plan<i32>) -> u32 {
    (plan.couplings.depth + plan.longest_epoch()).next_power_of_two()
}

/// The signals of the last steps.
#[derive(Debug)]
pub struct Signals {
    pub buffer: wgpu::Buffer,
    slots: u64,
    /// Of a step.
    count: u64,
    depth: u64,
}

impl Signals {
    /// As they are at time 0.
    ///
    /// # Errors
    /// More than a device can bind.
    pub fn new(adapter: &Adapter, plan: &Plan<i32>) -> Result<Signals> {
        let (slots, count) = (u64::from(slots(plan)), u64::from(plan.couplings.signals));
        let (needed, offered) = (slots * count * 4, adapter.largest_binding());
        if needed > offered {
            let what = "signals of continuous couplings".into();
            let hint = "use --device cpu, shorter delays or fewer neurons".into();
            return Err(Error::DeviceLimit { what, needed, offered, hint });
        }
        let buffer = empty(adapter, "signals", needed);
        let signals = Signals { buffer, slots, count, depth: plan.couplings.depth.into() };
        signals.write(adapter, 0, &plan.couplings.at_start::<f32>(&plan.populations));
        Ok(signals)
    }

    /// Steps that a player which is at the end of `step` needs the signals of.
    pub fn needed(&self, step: u64) -> std::ops::RangeInclusive<u64> {
        (step + 1).saturating_sub(self.depth)..=step
    }

    fn place(&self, step: u64) -> u64 {
        (step & (self.slots - 1)) * self.count * 4
    }

    /// Takes over those of `step`.
    pub fn write(&self, adapter: &Adapter, step: u64, values: &[f64]) {
        let values: Vec<f32> = values.iter().map(|&value| value as f32).collect();
        adapter.queue.write_buffer(&self.buffer, self.place(step), bytemuck::cast_slice(&values));
    }

    /// Those of the last steps before and with `step`, the oldest first.
    ///
    /// # Errors
    /// A device that fails.
    pub async fn read(&self, adapter: &Adapter, step: u64) -> Result<Vec<Vec<f64>>> {
        if self.depth == 0 || self.count == 0 {
            return Ok(Vec::new());
        }
        let ranges: Vec<(u64, u64)> = self.needed(step).map(|step| (self.place(step), self.count * 4)).collect();
        let words = read(adapter, &self.buffer, &ranges).await?;
        let row = |words: &[u32]| words.iter().map(|&word| f64::from(f32::from_bits(word))).collect();
        Ok(words.chunks(self.count as usize).map(row).collect())
    }

    /// Whether `rows` are signals of the steps that are needed at the end of `step`.
    pub fn fit(&self, rows: &[Vec<f64>], step: u64) -> bool {
        let steps = if self.depth == 0 { 0 } else { self.needed(step).count() };
        rows.len() == steps && rows.iter().all(|row| row.len() as u64 == self.count)
    }
}
