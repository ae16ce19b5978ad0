//! `neuropil run --explain-plan`: a plan in outline, for people.

use neuropil::plan::LayoutReport;
use neuropil::plan::cost::memory::{Memory, Phases};
use neuropil::quote;
use neuropil::text::{bytes, counted};

use super::style::Style;
use super::tables::{aligned_columns, count, pairs, short};

/// A plan in outline, as text: how the network `name` is laid out, in how much memory, and what else was compared.
pub fn table(name: &str, plan: &LayoutReport, style: Style) -> String {
    let rows = table_rows(plan);
    let weighed = compared_layouts(plan);
    format!(
        "{}{}{}\n{}\nExpected time of one core to deliver a spike, the best of each packing:\n{}",
        style.bold,
        quote::name(name),
        style.plain,
        pairs(&rows, style),
        aligned_columns(&weighed)
    )
}

/// Labels and values of the outline of a plan.
fn table_rows(plan: &LayoutReport) -> Vec<(&'static str, String)> {
    let (memory, chosen) = (&plan.memory, &plan.chosen);
    let (parts, phases) = (memory_parts(memory), phase_peaks(&plan.phases));
    let offered = plan.offered.map_or(String::new(), |offered| {
        let verdict = if memory.total() <= offered { "fits into" } else { "does NOT fit into" };
        format!("; {verdict} {}", bytes(offered))
    });
    let drawn = format!(
        "{} of {projections}, {synapses}",
        plan.projections.0,
        projections = counted(plan.projections.1, "projection"),
        synapses = counted(plan.drawn, "synapse")
    );
    let delays =
        format!("{} to {steps}, in blocks of {}", plan.delays.0, chosen.block, steps = counted(plan.delays.1, "step"));
    let delivery = match plan.group {
        Some(group) => format!(
            "sorted by time and group of {neurons}, and added into the ring of a group",
            neurons = counted(u64::from(group), "neuron")
        ),
        None => "added into the ring shortly before they arrive".into(),
    };
    let mut rows = vec![
        ("neurons", count(u64::from(plan.neurons))),
        (
            "stored",
            format!(
                "{synapses} of {bytes} ({})",
                chosen.packing,
                synapses = counted(plan.stored, "synapse"),
                bytes = counted(chosen.synapse_bytes, "byte")
            ),
        ),
        ("with memory", plastic_synapses(plan)),
        ("generated at each spike", drawn),
        ("delays", delays),
        ("shards", chosen.shards.to_string()),
        ("events", delivery),
        (
            "input ring",
            format!(
                "{slots} of {}-bit sums; epochs of up to {steps}",
                plan.sum_bits,
                slots = counted(plan.slots, "slot"),
                steps = counted(plan.epoch, "step")
            ),
        ),
        ("memory", format!("{} for the network: {parts}{offered}", bytes(memory.total()))),
        ("program", format!("at most {} in use: {phases}", bytes(plan.phases.most()))),
    ];
    if plan.couplings > 0 {
        rows.insert(3, ("couplings", count(plan.couplings)));
    }
    rows
}

/// Sizes in bytes with what they are of, in one line without those that are 0.
fn join_sizes(parts: &[(u64, &str)]) -> String {
    let text = |&(part, what): &(u64, &str)| (part > 0).then(|| format!("{} {what}", bytes(part)));
    parts.iter().filter_map(text).collect::<Vec<_>>().join(", ")
}

/// The parts of the memory as a list.
fn memory_parts(memory: &Memory) -> String {
    join_sizes(&[
        (memory.synapses, "synapses"),
        (memory.plastic, "synapses with memory"),
        (memory.row_starts, "row starts"),
        (memory.rings, "rings"),
        (memory.margins, "behind the rings"),
        (memory.buckets, "events in flight"),
        (memory.neurons, "neurons"),
        (memory.derived, "derived values"),
        (memory.connectivity, "rules and lists"),
        (memory.network, "lists of the network"),
        (memory.couplings, "couplings"),
        (memory.history, "spikes in flight"),
        (memory.spikes, "spikes kept"),
        (memory.samples, "samples"),
    ])
}

/// How many synapses have memory, and how many bytes one takes in a trial.
fn plastic_synapses(plan: &LayoutReport) -> String {
    let copies = u64::from(plan.copies.max(1));
    match plan.plastic {
        0 => "none".to_owned(),
        some => {
            let each = plan.memory.plastic as f64 / (some * copies) as f64;
            format!("{synapses} of {each:.1} bytes", synapses = counted(some, "synapse"))
        }
    }
}

/// The peak of memory in each phase of a run as a list.
fn phase_peaks(phases: &Phases) -> String {
    join_sizes(&[
        (phases.reading, "read"),
        (phases.building, "built"),
        (phases.running, "simulated"),
        (phases.results, "evaluated"),
    ])
}

/// The layouts that were compared, as the rows of a table.
fn compared_layouts(plan: &LayoutReport) -> Vec<Vec<String>> {
    let mut rows =
        vec![["packing", "bytes/synapse", "block", "shards", "us/spike", "rows and rings"].map(str::to_owned).to_vec()];
    rows.extend(plan.weighed.iter().map(|w| {
        let chosen = if *w == plan.chosen { " (chosen)" } else { "" };
        vec![
            format!("{}{chosen}", w.packing),
            w.synapse_bytes.to_string(),
            w.block.to_string(),
            w.shards.to_string(),
            short(w.spike_us),
            bytes(w.bytes),
        ]
    }));
    rows
}
