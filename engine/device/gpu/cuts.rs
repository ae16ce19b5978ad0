//! Connections of stored and procedural rows that are cut, on the device: the pass `take_back`.

use std::ops::Range;

use crate::device::gpu::buffers::upload;
use crate::device::gpu::cut_entries::{CutEntry, CutSynapseEntry, CutsEntry};
use crate::device::gpu::passes::Passes;
use crate::device::gpu::pipeline::Kernels;
use crate::device::gpu::shard::{GpuShard, Upload};
use crate::device::gpu::shared::push;
use crate::device::gpu::stimuli::word;
use crate::plan::{Cut, Shard};

/// The connections of a shard that are cut, as words; a [`CutsEntry`] comes first.
fn cut_words(cuts: &[Cut<i32>]) -> Vec<u32> {
    let mut words = Vec::new();
    push(&mut words, &[CutsEntry::default()]);
    let mut entries = Vec::with_capacity(cuts.len());
    for cut in cuts {
        let mut own: Vec<CutSynapseEntry> = cut
            .synapses
            .iter()
            .map(|own| {
                let (source, delay, accumulator, weight) = (own.source, own.delay, own.accumulator, own.weight);
                CutSynapseEntry { source, delay, accumulator, weight }
            })
            .collect();
        own.sort_by_key(|synapse| synapse.source);
        entries.push(CutEntry {
            start: word(cut.steps.start),
            end: word(cut.steps.end),
            synapses: push(&mut words, &own),
            synapse_count: own.len() as u32,
        });
    }
    let [shortest, longest] = delay_bounds(cuts);
    let (entries, count) = (push(&mut words, &entries), entries.len() as u32);
    let all = [CutsEntry { entries, count, shortest, longest }];
    words[..size_of_val(&all) / size_of::<u32>()].copy_from_slice(bytemuck::cast_slice(&all));
    words
}

/// The shortest and the longest delay of connections that are cut, steps; zeros where there are none.
fn delay_bounds(cuts: &[Cut<i32>]) -> [u32; 2] {
    let all = || cuts.iter().flat_map(|cut| &cut.delays).map(|(delay, _)| *delay);
    [all().min().unwrap_or(0), all().max().unwrap_or(0)]
}

/// Whether events of connections of `shard` that are cut may arrive in steps `first` + 1 to `until`.
pub fn cuts_reach(shard: &Shard<i32>, first: u64, until: u64) -> bool {
    let [shortest, longest] = delay_bounds(&shard.cuts).map(u64::from);
    let reach = |steps: &Range<u64>| steps.start + shortest <= until && first < steps.end.saturating_add(longest);
    shard.cuts.iter().any(|cut| !cut.synapses.is_empty() && reach(&cut.steps))
}

impl Upload<'_> {
    /// Uploads the cuts of `shard`, and binds the kernel `take_back`; `own` are the shard's uniforms. `None` where no
    /// connection is cut.
    pub(super) fn upload_cuts(
        &self,
        shard: &Shard<i32>,
        own: &wgpu::Buffer,
        ring: &wgpu::Buffer,
    ) -> Option<wgpu::BindGroup> {
        let kernel = self.kernels.take_back.as_ref().filter(|_| !shard.cuts.is_empty())?;
        let cuts = upload(self.adapter, "cuts", bytemuck::cast_slice(&cut_words(&shard.cuts)));
        Some(self.bind_group(kernel, &[(1, self.spikes), (3, own), (4, &cuts), (5, ring)]))
    }
}

impl GpuShard {
    /// Records the pass `take_back` with uniforms `entry` and `groups` workgroups, where connections are cut.
    pub fn take_back(&self, passes: &mut Passes<'_>, kernels: &Kernels, entry: u32, groups: u32) {
        if let (Some(group), Some(kernel)) = (&self.cuts, &kernels.take_back) {
            passes.dispatch(kernel, group, entry, groups);
        }
    }
}
