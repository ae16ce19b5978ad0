//! Connections that are cut, on the device.

use std::ops::Range;

use crate::device::gpu::buffers::upload;
use crate::device::gpu::passes::Passes;
use crate::device::gpu::pipeline::Kernels;
use crate::device::gpu::shard::{GpuShard, Upload};
use crate::device::gpu::stimuli::word;
use crate::plan::{Cut, Shard};

/// Words of `shaders/take_back.wgsl` before the first cut, and of each cut.
const HEAD: usize = 3;
const CUT: usize = 4;

/// The connections of a shard that are cut, as words.
fn cut_words(cuts: &[Cut<i32>]) -> Vec<u32> {
    let [shortest, longest] = delays(cuts);
    let mut words = vec![cuts.len() as u32, shortest, longest];
    let mut synapses: Vec<u32> = Vec::new();
    for cut in cuts {
        let place = HEAD + CUT * cuts.len() + synapses.len();
        words.extend([word(cut.steps.start), word(cut.steps.end), place as u32, cut.synapses.len() as u32]);
        let mut own: Vec<_> = cut.synapses.iter().collect();
        own.sort_by_key(|synapse| synapse.source);
        synapses.extend(own.into_iter().flat_map(|own| [own.source, own.delay, own.accumulator, own.weight as u32]));
    }
    words.extend(synapses);
    words
}

/// The shortest and the longest delay of connections that are cut.
fn delays(cuts: &[Cut<i32>]) -> [u32; 2] {
    let all = || cuts.iter().flat_map(|cut| &cut.delays).map(|(delay, _)| *delay);
    [all().min().unwrap_or(0), all().max().unwrap_or(0)]
}

/// Whether connections of a shard that are cut may bring something in steps `first` + 1 to `until`.
pub fn cuts_reach(shard: &Shard<i32>, first: u64, until: u64) -> bool {
    let [shortest, longest] = delays(&shard.cuts).map(u64::from);
    let reach = |steps: &Range<u64>| steps.start + shortest <= until && first < steps.end.saturating_add(longest);
    shard.cuts.iter().any(|cut| !cut.synapses.is_empty() && reach(&cut.steps))
}

impl Upload<'_> {
    /// The pass `take_back` of a shard; nothing where no connection is cut.
    pub(super) fn cuts(&self, shard: &Shard<i32>, own: &wgpu::Buffer, ring: &wgpu::Buffer) -> Option<wgpu::BindGroup> {
        let kernel = self.kernels.take_back.as_ref().filter(|_| !shard.cuts.is_empty())?;
        let cuts = upload(self.adapter, "cuts", bytemuck::cast_slice(&cut_words(&shard.cuts)));
        Some(self.group(kernel, &[(1, self.spikes), (3, own), (4, &cuts), (5, ring)]))
    }
}

impl GpuShard {
    /// The pass `take_back`.
    pub fn take_back(&self, passes: &mut Passes<'_>, kernels: &Kernels, entry: u32, groups: u32) {
        if let (Some(group), Some(kernel)) = (&self.cuts, &kernels.take_back) {
            passes.dispatch(kernel, group, entry, groups);
        }
    }
}
