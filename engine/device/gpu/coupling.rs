//! Continuous couplings on the device: their entries in the tables of a slice, and the signals of the last steps.

use crate::device::gpu::Adapter;
use crate::device::gpu::buffers::{empty, read};
use crate::device::gpu::shared::{NONE, SharedStruct, push, shared};
use crate::error::{Error, Result};
use crate::plan::{Course, Plan, PopulationSlice, Reaching, Signal};

/// `Coupling` of `shaders/couple.wgsl`, which says what each field is.
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

/// `Link` of `shaders/couple.wgsl`.
#[repr(C)]
#[derive(Debug, Clone, Copy, bytemuck::Pod, bytemuck::Zeroable)]
struct LinkEntry {
    /// Place of the signal among those of a step.
    signal: u32,
    weight: f32,
    /// How many steps before the last one the signal is taken.
    back: u32,
    /// A [`Course`].
    course: u32,
}

/// `Shown` of `shaders/couple.wgsl`: how a signal follows from the state of its neuron.
#[repr(C)]
#[derive(Debug, Clone, Copy, bytemuck::Pod, bytemuck::Zeroable)]
struct ShownEntry {
    /// [`VARIABLE`], [`SIGMOID`] or [`GIVEN`].
    kind: u32,
    /// Index of the state variable, or of the signal that the model gives.
    which: u32,
    /// Of a sigmoid: where the tables hold the values at which it is one half, one for all neurons (stride 0) or one
    /// each.
    half: u32,
    half_stride: u32,
    /// Of a sigmoid: 1 / slope.
    factor: f32,
}

/// Kinds of signals: a state variable, a sigmoid of one, or what the model computes.
const VARIABLE: u32 = 0;
const SIGMOID: u32 = 1;
const GIVEN: u32 = 2;

/// The constants of this file that shaders use, with their names there.
pub const CONSTANTS: [(&str, u32); 4] = [
    ("SHOWN_SIGMOID", SIGMOID),
    ("SHOWN_GIVEN", GIVEN),
    ("COURSE_AHEAD", Course::Ahead as u32),
    ("COURSE_BETWEEN", Course::Between as u32),
];

/// The structs of this file that shaders share.
pub fn shared_structs() -> Vec<SharedStruct> {
    vec![
        shared!(
            "integrate",
            "Coupling",
            CouplingEntry { starts, links, constants, shown, shown_count, neurons_start, neurons_end, first }
                in "tables"
        ),
        shared!("integrate", "Link", LinkEntry { signal, weight, back, course } in "tables"),
        shared!("integrate", "Shown", ShownEntry { kind, which, half, half_stride, factor } in "tables"),
    ]
}

/// Appends the coupling entry of `slice` to `tables`: the links and constant currents of `reaching`, and the signals
/// that its neurons give. Returns the place of the entry, [`NONE`] where there is neither.
pub fn add_coupling(plan: &Plan<i32>, slice: &PopulationSlice, reaching: &Reaching, tables: &mut Vec<u32>) -> u32 {
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
            course: link.course as u32,
        });
        entry.links = push(tables, &links.collect::<Vec<_>>());
        entry.constants = push(tables, &reaching.constants.iter().map(|&current| current as f32).collect::<Vec<_>>());
    }
    if let Some(source) = source {
        let (low, high) = (source.ids.start.max(slice.first), source.ids.end.min(slice.first + slice.count));
        let before = slice.first - plan.populations[slice.population].first;
        let shown: Vec<ShownEntry> = source.signals.iter().map(|signal| shown_entry(signal, before, tables)).collect();
        entry.shown = push(tables, &shown);
        entry.shown_count = shown.len() as u32;
        (entry.neurons_start, entry.neurons_end) = (low - slice.first, high - slice.first);
        entry.first = source.first + (low - source.ids.start) * entry.shown_count;
    }
    push(tables, &[entry])
}

/// The entry of `signal`, for a slice before which its population has `before` neurons; values of single neurons go to
/// `tables`.
fn shown_entry(signal: &Signal, before: u32, tables: &mut Vec<u32>) -> ShownEntry {
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

/// The number of steps whose signals are kept, a power of two.
pub fn slots(plan: &Plan<i32>) -> u32 {
    (plan.couplings.depth + plan.longest_epoch()).next_power_of_two()
}

/// The signals of the last steps.
#[derive(Debug)]
pub struct Signals {
    pub buffer: wgpu::Buffer,
    /// Number of steps that are kept.
    slots: u64,
    /// Number of signals of a step.
    count: u64,
    /// Number of steps that couplings look back.
    depth: u64,
}

impl Signals {
    /// The signals at time 0.
    ///
    /// # Errors
    /// [`Error::DeviceLimit`] where they are more than the device can bind.
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

    /// The steps whose signals are needed at the end of `step`.
    pub fn needed(&self, step: u64) -> std::ops::RangeInclusive<u64> {
        (step + 1).saturating_sub(self.depth)..=step
    }

    /// The first byte of the signals of `step`.
    fn offset(&self, step: u64) -> u64 {
        (step & (self.slots - 1)) * self.count * 4
    }

    /// Sets the signals of `step`.
    pub fn write(&self, adapter: &Adapter, step: u64, values: &[f64]) {
        let values: Vec<f32> = values.iter().map(|&value| value as f32).collect();
        adapter.queue.write_buffer(&self.buffer, self.offset(step), bytemuck::cast_slice(&values));
    }

    /// The signals of [`Signals::needed`], one list per step, the oldest first; empty where nothing is coupled.
    ///
    /// # Errors
    /// A device that fails.
    pub async fn read(&self, adapter: &Adapter, step: u64) -> Result<Vec<Vec<f64>>> {
        if self.depth == 0 || self.count == 0 {
            return Ok(Vec::new());
        }
        let ranges: Vec<(u64, u64)> = self.needed(step).map(|step| (self.offset(step), self.count * 4)).collect();
        let words = read(adapter, &self.buffer, &ranges).await?;
        let row = |words: &[u32]| words.iter().map(|&word| f64::from(f32::from_bits(word))).collect();
        Ok(words.chunks(self.count as usize).map(row).collect())
    }

    /// Whether `rows` are as many lists of signals, and as long, as are needed at the end of `step`.
    pub fn fit(&self, rows: &[Vec<f64>], step: u64) -> bool {
        let steps = if self.depth == 0 { 0 } else { self.needed(step).count() };
        rows.len() == steps && rows.iter().all(|row| row.len() as u64 == self.count)
    }
}
