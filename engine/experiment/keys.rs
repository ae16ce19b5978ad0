//! The keys of an experiment file, declared once: the structs that are parsed and written, and the tables that
//! `neuropil run --help-format` shows.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::experiment::value::{Amount, Texts, Whole, name_or_number};

/// A key of a table.
#[derive(Debug, Clone, Copy)]
pub struct Key {
    /// As written in the file.
    pub name: &'static str,
    /// What values the key takes.
    pub takes: &'static str,
    /// What the key means.
    pub about: &'static str,
}

/// A table of the file.
#[derive(Debug, Clone, Copy)]
pub struct Section {
    /// Its header, such as `[[population]]`.
    pub header: &'static str,
    /// What the table is for, in one sentence.
    pub about: &'static str,
    /// The keys of the table.
    pub keys: &'static [Key],
}

/// Declares the struct of a table with a field for each key, and the [`Section`] that explains it.
macro_rules! section {
    ($name:ident = $header:literal, $about:literal;
     $($(#[$meta:meta])* $key:ident: $type:ty = $takes:literal, $kabout:literal;)*) => {
        #[doc = concat!("`", $header, "`: ", $about)]
        #[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
        #[serde(deny_unknown_fields)]
        // The texts name tables as they are written, such as [[record]].
        #[allow(non_snake_case, rustdoc::broken_intra_doc_links)]
        pub struct $name {
            $(#[doc = concat!($kabout, " (", $takes, ")")] $(#[$meta])* pub $key: $type,)*
        }

        impl $name {
            /// The table as declared.
            pub const SECTION: Section = Section {
                header: $header,
                about: $about,
                keys: &[$(Key { name: key_name(stringify!($key)), takes: $takes, about: $kabout }),*],
            };
        }
    };
}

/// The key that a field stands for: `r#as` is written `as`.
const fn key_name(field: &'static str) -> &'static str {
    let bytes = field.as_bytes();
    if bytes.len() > 2 && bytes[0] == b'r' && bytes[1] == b'#' { field.split_at(2).1 } else { field }
}

section! { SimulationKeys = "[simulation]", "how fine, how long, on what; every key may be left out but duration";
    name: Option<String> = "text", "title of pictures and name of the output folder; the file's own unless given";
    dt: Option<f64> = "ms", "step; 0.1 unless given, and a preset's own with a preset";
    duration: Option<f64> = "ms", "biological time, a whole number of steps; a preset has its own unless given";
    seed: Option<Whole> = "whole number", "seed of all random numbers; 1 unless given";
    trial: Option<Whole> = "whole number", "which trial: other Poisson trains and drawn initial states, the same connections, weights, delays and parameters; 0 unless given";
    transient: Option<f64> = "ms", "nothing is recorded, and no rate counted, until this time; 0 unless given. start in [[record]] goes before it";
    spikes: Option<bool> = "true or false", "whether each spike is kept, and spikes.csv and raster.png are written; true unless given. Spikes are counted in any case, of all neurons";
    device: Option<String> = "\"auto\", \"cpu\" or \"gpu\"", "who plays; \"auto\" unless given: a GPU where it is expected to be faster";
    adapter: Option<String> = "text", "part of the name of the GPU to take, where there are several; not with device = \"cpu\"";
    precision: Option<String> = "\"f32\" or \"f64\"", "number type; \"f32\" unless given, \"f64\" on the CPU only";
    threads: Option<Whole> = "whole number", "the most threads of the CPU player, of which as many play as there are free cores; as many as the network keeps busy unless given, the spikes do not depend on it";
}

section! { PlanKeys = "[plan]", "how the network is laid out; chosen unless given, and the spikes do not depend on it (see --explain-plan)";
    block: Option<Whole> = "1, 2, 4, ... 256", "steps per delay block";
    packing: Option<String> = "name", "plain2, plain4, narrow or wide: 2, 4, 4 or 8 bytes per synapse (12 in f64)";
    rows: Option<String> = "name", "stored, or procedural: generated again at each spike, which needs no memory; auto generates what does not fit. drawn is another word for procedural";
    delivery: Option<String> = "name", "direct (events are added into a ring of input sums) or sorted (by time and group of neurons first, on the CPU: for long delays and many neurons); auto takes what is expected to be faster";
    rest: Option<String> = "name", "skipped (neurons at rest are left out of a step) or stepped";
    memory: Option<String> = "size", "most memory to use, such as \"6GiB\"; most of what is free unless given";
}

section! { PresetKeys = "[preset]", "start from a published network; the tables below change and extend it";
    name: String = "name", "as `neuropil presets` lists it";
    scale: Option<f64> = "number", "size relative to the published one, for networks that have a scale";
    velocity: Option<f64> = "mm/ms", "conduction velocity of long-range fibres, for networks that have tract lengths";
}

section! { PopulationKeys = "[[population]]", "neurons of one model; with a preset, a name that it has (or \"*\" for all) changes its parameters";
    name: String = "text", "unique; other tables refer to it, so it holds none of [ ] * , = and ->";
    size: Option<Whole> = "whole number", "neurons; not needed with a connectome or a neurons file";
    model: Option<String> = "name or file", "NEST name, such as \"iaf_psc_exp\", NAME of a table [model.NAME], or a TOML file that holds one";
    connectome: Option<Named> = "file, name or { file = ... }", "the neurons are nodes of this connectome, and keep their names; the table says how the file is read";
    nodes: Option<NodeKeys> = "{ kind = ... }", "only some nodes, by category, kind and name; * in a text stands for anything";
    mm_per_unit: Option<f64> = "number", "mm per unit of the connectome's positions; 1 unless given";
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    params: BTreeMap<String, Amount> = "{ NAME = value, ... }", "parameters in NEST's names and units; the model's defaults for the others";
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    initial: BTreeMap<String, Amount> = "{ NAME = value, ... }", "state variables at time 0, such as V_m, which starts at E_L of each neuron unless given; NEST starts at -70 mV whatever E_L is: initial = { V_m = -70.0 }";
    neurons: Option<String> = "CSV file", "column index, and any of: a parameter, a state variable, name, and x, y, z in mm; names are unique and of one line";
}

section! { NodeKeys = "nodes = { ... }", "which nodes of a connectome";
    category: Option<Texts> = "text or list", "sorts of things in the source's terms, such as \"neuron\"";
    kind: Option<Texts> = "text or list", "cell types, classes";
    name: Option<Texts> = "text or list", "names";
}

section! { ConnectomeKeys = "connectome = { ... }", "how a connectome is read from its file; `neuropil connectome info` and `convert` take the same options, as in --array NAME";
    file: String = "file", "the connectome";
    format: Option<String> = "name", "what the file holds, where its content should not decide: edge_list, matrix, tvb, graphml, gexf, gml, pajek, node_link, excel, parquet, arrow, archive, consensus, flyvis";
    array: Option<String> = "name", "array of weights, in an NPZ, MATLAB or HDF5 file";
    sheet: Option<String> = "name", "sheet of a workbook (.xlsx, .xlsb, .xls, .ods)";
    gap_sheet: Option<String> = "name", "sheet of gap junctions beside it";
    member: Option<String> = "name", "member of a zip or tar archive, where it holds several connectomes";
    source: Option<String> = "column", "presynaptic neuron in a list of edges; columns without names are \"1\", \"2\", \"3\"...";
    target: Option<String> = "column", "postsynaptic neuron";
    weight: Option<String> = "column", "weight; \"\" says that there is none and each edge counts 1 (so for the columns below, which are then left aside)";
    kind: Option<String> = "column", "chemical or gap";
    sign: Option<String> = "column", "excitatory or inhibitory";
    length: Option<String> = "column", "tract length in mm";
    transmitter: Option<String> = "column", "transmitter";
    header: Option<bool> = "true or false", "whether the first line of a text holds names";
    separator: Option<String> = "character", "what stands between the fields of a text: , or ; or | or tab or blank";
    comment: Option<String> = "character", "lines of a text that begin with it are skipped; # unless given, \"\" for none";
    orientation: Option<String> = "name", "row_is_source (a matrix, unless given) or column_is_source (The Virtual Brain)";
    directed: Option<bool> = "true or false", "whether edges have a direction, where GraphML or node-link JSON does not say";
    labels: Option<String> = "file", "names of the nodes of a matrix";
    lengths: Option<String> = "file", "tract lengths in mm beside a matrix of weights, as a matrix: by name where both have names";
    nodes: Option<String> = "file", "table of all nodes (name, kind, category, side, x, y, z, area, cortical); edges may name no others";
    size: Option<Whole> = "whole number", "number of nodes, where edges name them by their place from 0 on";
    sum_repeated: Option<bool> = "true or false", "whether edges of the same source, target and kind become one; false unless given";
    worm_names: Option<bool> = "true or false", "whether C. elegans neurons lose their zero padding (VC01 is VC1); false unless given";
    extent: Option<Whole> = "whole number", "radius of the flyvis lattice; 15 unless given";
    hull_fill: Option<bool> = "true or false", "whether gaps in a flyvis filter count as one synapse; true unless given";
    max_bytes: Option<String> = "size", "most that the file may unpack to; \"2GiB\" unless given";
}

section! { ProjectionKeys = "[[projection]]", "synapses from some neurons to others: by one of rule, file and connectome";
    from: Texts = "neurons", "sources";
    to: Texts = "neurons", "targets";
    rule: Option<String> = "name", "one_to_one, all_to_all, pairwise_bernoulli (p), fixed_indegree (indegree), fixed_outdegree (outdegree), fixed_total_number (N)";
    p: Option<f64> = "0 to 1", "probability of each pair";
    indegree: Option<Whole> = "whole number", "synapses per target";
    outdegree: Option<Whole> = "whole number", "synapses per source";
    N: Option<Whole> = "whole number", "synapses in all";
    allow_autapses: Option<bool> = "true or false", "whether a neuron may connect to itself; true unless given";
    allow_multapses: Option<bool> = "true or false", "whether a pair may be joined more than once; true unless given";
    file: Option<String> = "CSV file", "columns source, target (indices into from and to), and where not given here weight, delay_ms";
    connectome: Option<Named> = "file, name or { file = ... }", "the chemical edges between neurons that are nodes of this connectome; its file alone is enough where a population says how to read it";
    weight_scale: Option<f64> = "number, 0 or more", "strength of a synapse per unit of the edge's weight, whose magnitude counts";
    sign: Option<String> = "name", "edge (each edge's own sign, or that of its weight where the connectome has weights below 0), edge_or_excitatory, edge_or_inhibitory, excitatory, inhibitory; edge unless given. It goes for weight as for weight_scale";
    weight: Option<Amount> = "value", "in the unit of the receptor: pA, nS or mV; 1 unless given; inhibition is negative. Of a connectome whose edges have signs it is the magnitude, and the signs are theirs";
    delay: Option<Amount> = "value, ms", "1 unless given; or { velocity = mm/ms, offset = ms } by tract length or distance";
    #[serde(default, deserialize_with = "name_or_number")]
    receptor: Option<String> = "name or number", "input channel of the target; by the sign of the weight unless given";
    synapse: Option<String> = "name or file", "static_synapse unless given, static_synapse_hom_w with one weight for all; or a model with memory: NEST's name, such as \"stdp_synapse\" or \"tsodyks2_synapse\", NAME of a table [model.NAME], or a TOML file that holds one. `neuropil model` lists them";
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    params: BTreeMap<String, Amount> = "{ NAME = value, ... }", "parameters of the synapses, in NEST's names and units; the model's defaults for the others";
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    initial: BTreeMap<String, Amount> = "{ NAME = value, ... }", "state of the synapses at time 0, but for the weight";
    modulator: Option<Texts> = "neurons", "whose spikes are the third factor of synapses that have one, as NEST's volume transmitter: of stdp_dopamine_synapse";
    modulator_delay: Option<f64> = "ms", "how long these spikes take; 1 unless given";
    modulator_domains: Option<String> = "name or CSV file", "which synapses they reach: all (unless given), block (neurons of modulator and of to are cut into blocks, as many as the fewer of both, and belong together block by block), or those onto the targets that a file lists (columns source, target: indices into modulator and to)";
    most: Option<f64> = "number", "the largest weight that its targets' input has room for, where the model sets no bound; 16 times the largest at first unless given";
    third: Option<ThirdKeys> = "{ astrocytes = ..., ... }", "astrocytes that take part in some of these synapses (rule or file): for each that is chosen, its source is joined to an astrocyte, and this to its target by a slow inward current";
}

section! { ThirdKeys = "third = { ... }", "third_factor_bernoulli_with_pool: which synapses an astrocyte takes part in, and which astrocyte";
    astrocytes: Texts = "neurons", "a population of astrocytes, or some of them";
    p: Option<f64> = "0 to 1", "probability of each synapse; 1 unless given";
    pool_type: Option<String> = "name", "random (pool_size different astrocytes, drawn for each target) or block (pool_size one behind the other, others for each target; in blocks of 1 targets may share them); random unless given";
    pool_size: Option<Whole> = "whole number", "astrocytes that a target can be joined to, of which each synapse takes one; 1 unless given";
    weight_in: Option<Amount> = "value", "of synapses onto astrocytes: delta_IP3 times this is what a spike adds; 1 unless given";
    delay_in: Option<Amount> = "value, ms", "1 unless given";
    weight_out: Option<Amount> = "value", "of slow inward currents: a factor; 1 unless given";
    delay_out: Option<Amount> = "value, ms", "1 unless given";
}

section! { CouplingKeys = "[[coupling]]", "currents that flow by what sources are at each moment, not by their spikes: by one of rule, file and connectome";
    r#type: String = "name", "gap_junction (weight in nS), graded_synapse (weight in pA; half, slope, variable) or sic_connection (from astrocytes; weight is a factor)";
    from: Texts = "neurons", "sources";
    to: Texts = "neurons", "targets";
    rule: Option<String> = "name", "as in a projection, with its p, indegree, outdegree or N";
    p: Option<f64> = "0 to 1", "probability of each pair";
    indegree: Option<Whole> = "whole number", "sources per target";
    outdegree: Option<Whole> = "whole number", "targets per source";
    N: Option<Whole> = "whole number", "pairs in all";
    allow_autapses: Option<bool> = "true or false", "whether a neuron may be coupled to itself; true unless given, but no junction joins a neuron to itself";
    allow_multapses: Option<bool> = "true or false", "whether a pair may be coupled more than once; true unless given";
    file: Option<String> = "CSV file", "columns source, target (indices into from and to), and where not given here weight, delay_ms";
    connectome: Option<Named> = "file, name or { file = ... }", "the gap junctions between neurons that are nodes of this connectome";
    weight_scale: Option<f64> = "number, 0 or more", "of a connectome: nS per unit of the junction's weight";
    weight: Option<Amount> = "value", "1 unless given";
    delay: Option<Amount> = "value, ms", "one step or more; unless given 1 of sic_connection, and none (0) of gap_junction and graded_synapse, whose sources then act at once";
    symmetric: Option<bool> = "true or false", "of gap_junction: whether each pair is coupled both ways; true unless given. Pairs are listed once, or all both ways with one weight and delay";
    variable: Option<String> = "name", "of graded_synapse: the state variable of the source; of gap_junction: that of both ends; V_m unless given";
    half: Option<f64> = "number", "of graded_synapse: where half the current flows, in the unit of the variable";
    slope: Option<f64> = "number", "of graded_synapse: how far beyond half the share is 1/(1 + 1/e), in the unit of the variable";
}

section! { StimulusKeys = "[[stimulus]]", "input that is not a neuron's";
    r#type: String = "name", "poisson_generator (rate), sinusoidal_poisson_generator (rate, amplitude, frequency, phase, individual_spike_trains), inhomogeneous_poisson_generator (rate_times, rate_values), mip_generator (rate, p_copy), gamma_sup_generator (rate, gamma_shape, n_proc), pulsepacket_generator (pulse_times, activity, sdev), spike_generator (spike_times or file), image_generator (file, interval, coding, start), dc_generator (amplitude), step_current_generator (amplitude_times, amplitude_values), ac_generator (amplitude, offset, frequency, phase), noise_generator (mean, std, dt, std_mod, frequency, phase), ou_current_generator and ou_conductance_generator (mean, std, tau); all but images and the lists of spikes and amplitudes with start and stop";
    to: Texts = "neurons", "targets; each has its own realisation of a Poisson train";
    rate: Option<f64> = "spikes/s", "rate of each train; of a mip_generator, of the train that is copied; of a gamma_sup_generator, of each process; of an image_generator, of a pixel of brightness 1, 1000 unless given";
    start: Option<f64> = "ms", "begins after this time; 0 unless given. Of an image_generator, when the first image appears";
    stop: Option<f64> = "ms", "ends at this time; never unless given, and never where the run ends before. An image_generator has none: it ends with its last image";
    off_grid: Option<String> = "name", "times between two steps: refuse, round (to the nearest step, halves up) or up (to the next one); refuse unless given";
    spike_times: Option<Vec<f64>> = "list, ms", "spikes to every target; a time given twice is two spikes";
    file: Option<String> = "file", "of a spike_generator, CSV with columns neuron (index into to), time_ms; a line given twice is two spikes. spikes.csv of a run can be replayed: its neurons count from the first of to. Or events of a camera, as CSV or NPY: t in microseconds, pixels x, y, polarity p (0 or -1, and 1). Of an image_generator, a PNG picture, the images along the first dimension of an NPY or IDX file (gzipped or not), or those in the rows of another matrix, a pixel for each target. Of an inhomogeneous_poisson_generator, a matrix of rates (NPY, NPZ, text...): a row for each interval, a column for each target";
    width: Option<Whole> = "whole number", "with events, pixels of a row: one at x, y goes to target y * width + x";
    polarity: Option<Whole> = "0 or 1", "with events, those that are taken: 0 (darker) or 1 (brighter); all unless given";
    images: Option<Vec<Whole>> = "list", "of an image_generator, which images of the file are shown, in this order, counted from 0; all unless given";
    coding: Option<String> = "name", "of an image_generator: rate (Poisson trains of brightness times rate) or latency (one spike a pixel, at tau ln(x / (x - threshold)) after its image appears); rate unless given";
    threshold: Option<f64> = "0 to 1", "with coding = \"latency\": the brightness that just reaches the threshold; 0.01 unless given";
    linear: Option<bool> = "true or false", "with coding = \"latency\": whether spikes come at tau (1 - x); false unless given";
    clip: Option<bool> = "true or false", "with coding = \"latency\": whether pixels below the threshold are silent and do not fire last; false unless given";
    population: Option<String> = "text", "of a spikes.csv with several populations, the one whose spikes are taken";
    amplitude: Option<f64> = "pA or spikes/s", "current; how far the current of an ac_generator, or the rate of a sinusoidal_poisson_generator, swings; 0 unless given, where it swings";
    offset: Option<f64> = "pA", "what the current of an ac_generator swings about; 0 unless given";
    mean: Option<f64> = "pA or nS", "mean of a current or a conductance that is drawn; 0 unless given";
    std: Option<f64> = "pA or nS", "its standard deviation; 0 unless given";
    dt: Option<f64> = "ms", "time between draws of a noise_generator, whole steps; 10 steps unless given";
    std_mod: Option<f64> = "pA", "modulation of a noise_generator, whose variance is std^2 + std_mod^2 sin(2 pi frequency t + phase), t from start on; 0 unless given";
    tau: Option<f64> = "ms", "time constant of the correlation of an ou_current_generator; of an ou_conductance_generator that with which the receptor decays; with coding = \"latency\" that of latencies, 1 unless given";
    frequency: Option<f64> = "Hz", "swings per second; 0 unless given";
    phase: Option<f64> = "degrees", "phase of the swings at time 0; 0 unless given";
    individual_spike_trains: Option<bool> = "true or false", "whether each target has a train of its own, or all the same; true unless given";
    rate_times: Option<Vec<f64>> = "list, ms", "when the rate changes, rising, one step or later; zero before the first";
    rate_values: Option<Vec<f64>> = "list, spikes/s", "the rate from each of these times on, in all targets";
    interval: Option<f64> = "ms", "with a file of rates, the time of a row, and of an image_generator, for which each image is there; nothing behind the last";
    p_copy: Option<f64> = "0 to 1", "probability with which a target gets a spike of the train that is copied; 1 unless given";
    gamma_shape: Option<Whole> = "whole number", "of a gamma_sup_generator, phases of an interval: the shape of its gamma distribution; 1 unless given";
    n_proc: Option<Whole> = "whole number", "of a gamma_sup_generator, processes that together drive a target; 1 unless given";
    pulse_times: Option<Vec<f64>> = "list, ms", "centres of packets of spikes, which need not be multiples of dt";
    activity: Option<Whole> = "whole number", "spikes of a packet, the same for all targets; 0 unless given";
    sdev: Option<f64> = "ms", "standard deviation of the times of a packet; 0 unless given";
    amplitude_times: Option<Vec<f64>> = "list, ms", "when the current changes, rising, one step or later";
    amplitude_values: Option<Vec<f64>> = "list, pA", "the current from each of these times on";
    weight: Option<Amount> = "value", "as in a projection; for currents and conductances a factor";
    delay: Option<Amount> = "number, ms", "one for all targets; 1 unless given";
    #[serde(default, deserialize_with = "name_or_number")]
    receptor: Option<String> = "name or number", "as in a projection; a current has none";
}

section! { PerturbKeys = "[[perturb]]", "what is done to neurons, or to connections, for a while: in the steps from start to stop";
    what: String = "name", "silence (no spikes leave, and none is recorded), ablate (the neurons are taken away; with to, only their connections onto these: spikes that leave meanwhile do not pass), clamp (a state variable is held; while it is V_m, no spikes leave), drive (a current flows in) or set (parameters have other values)";
    of: Texts = "neurons", "to whom";
    start: Option<f64> = "ms", "from this time on; 0 unless given";
    stop: Option<f64> = "ms", "until this time; to the end of the run unless given";
    to: Option<Texts> = "neurons", "of ablate: targets of the connections that are cut";
    variable: Option<String> = "name", "of clamp: the state variable; V_m unless given";
    value: Option<f64> = "number", "of clamp: in the unit of the variable";
    amplitude: Option<f64> = "pA", "of drive";
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    params: BTreeMap<String, Amount> = "{ NAME = value, ... }", "of set: parameters in NEST's names and units";
}

section! { RecordKeys = "[[record]]", "what is kept beside the spikes of all neurons; with tables of \"spikes\", those of their neurons alone";
    what: Texts = "name or list of state variables", "\"spikes\"; state variables, such as \"V_m\" or [\"V_m\", \"I_syn_ex\"]; \"rate\" (rates of populations in bins, rate-N.csv), \"lfp\" (a proxy of the field potential of populations from their synaptic currents, lfp-N.csv) or \"bold\" (the BOLD signal of populations from their rates, bold-N.csv), N counted from 0, with a picture each; or \"weights\" (weights-N.csv of each projection N that learns at the end of the run, which file = ... of a projection reads; with interval or each_send, weights-over-time-N.csv or weights-sent-N.csv of each projection that learns between from and to)";
    from: Option<Texts> = "neurons", "all unless given; of weights the sources";
    to: Option<Texts> = "neurons", "of weights with interval or each_send, the targets; all unless given";
    interval: Option<f64> = "ms", "time between samples: of state variables and lfp 1 unless given, of bold (its TR) 1000, and of rate its bins, 10; of weights, which without are written once, at the end";
    up_to_date: Option<bool> = "true or false", "of weights with interval: whether they are read with all that has happened at both ends of a synapse by then; false, as NEST reads them, after the last spike of each source, unless given";
    each_send: Option<bool> = "true or false", "of weights: whether each spike that a synapse sends is recorded, with its weight, as NEST's weight_recorder does, in weights-sent-N.csv; false unless given";
    start: Option<f64> = "ms", "records after this time; simulation.transient unless given. Rates and statistics are those of the recorded time; it is one for all tables of \"spikes\"";
    stop: Option<f64> = "ms", "records until this time, and what happens at it; to the end of the run unless given";
    constants: Option<String> = "name", "of bold: friston (Friston et al. 2003), unless given, or tvb (The Virtual Brain's balloon model)";
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    params: BTreeMap<String, f64> = "{ NAME = number, ... }", "of bold, over its constants: gain (activity of one spike/s), kappa (1/s), gamma (1/s²), tau (s), alpha, E_0, V_0, k_1, k_2, k_3; of lfp: delay_ex (6 ms unless given), delay_in (0 ms), weight (1.65)";
    bin: Option<f64> = "ms", "of bold: bins of the rates it is made from, and steps of its integration; 10 unless given";
    fc: Option<bool> = "true or false", "of rate, lfp and bold: whether functional connectivity, the correlations of all pairs, is written as rate-N-fc.csv and drawn; false unless given";
    settle: Option<f64> = "ms", "with fc: how much of the record is left out of it at its beginning, such as the 20 s in which bold comes up from rest; 0 unless given";
    window: Option<f64> = "ms", "with fc: functional connectivity dynamics as rate-N-fcd.csv, the correlations of fc in windows of this length with each other";
    shift: Option<f64> = "ms", "with window: from a window to the next; a tenth of it unless given";
    structure: Option<Named> = "file, name or { file = ... }", "with fc: a connectome of the same regions; how fc goes with it (SC-FC) is told";
    empirical: Option<Named> = "file, name or { file = ... }", "with fc: a measured fc of the same regions; how fc goes with it (FC-FC) is told";
}

impl RecordKeys {
    /// Whether the table records `what` alone.
    pub(crate) fn is_of(&self, what: &str) -> bool {
        self.what.0 == [what]
    }
}

/// The table of a user's own model, which [`crate::equations::text`] reads.
const MODEL: Section = Section {
    header: "[model.NAME]",
    about: "a neuron model of your own, for model = \"NAME\" in [[population]]",
    keys: &[
        Key { name: "kind", takes: "\"neuron\"", about: "what it is" },
        Key { name: "about", takes: "text", about: "what it is, in one sentence" },
        Key {
            name: "parameters",
            takes: "{ NAME = \"value unit bound: meaning\", ... }",
            about: "such as C_m = \"250 pF > 0: membrane capacitance\"; the value is the default",
        },
        Key {
            name: "state",
            takes: "{ NAME = \"value unit: meaning\", ... }",
            about: "where each state variable starts: a number, or the name of a parameter",
        },
        Key {
            name: "receptors",
            takes: "{ NAME = \"unit which: what a spike does\", ... }",
            about: "which weights it takes (all, positive, negative, magnitude), and what a spike of weight NAME does at the end of its step: in = \"nS magnitude: g_in += in\". With of SYNAPSE behind them, spikes of that synapse model alone: \"nS positive of nmda_bw_2001_synapse: s += in\"",
        },
        Key {
            name: "dynamics",
            takes: "{ equations = ..., ... }",
            about: "equations (x' = ... and x = ..., with I for the current of stimuli in pA), spike (a condition), reset, refractory = \"t_ref holds V_m at V_reset\", method (exact where it can be, else rk4 unless given: euler, rk2, rk4, rk5, rk4_held, exponential_euler), substeps, spike_in_substep, spikes, part, input = \"before\"",
        },
    ],
};

/// A connectome as it is named in a file.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(untagged)]
pub enum Named {
    /// The path of a file that needs no options, or the name of a connectome that comes with the program.
    Plain(String),
    /// A file, and how to read it.
    Table(Box<ConnectomeKeys>),
}

/// All tables of a file, in the order in which they are written.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Content {
    /// `[simulation]`.
    #[serde(default)]
    pub simulation: SimulationKeys,
    /// `[plan]`.
    #[serde(default, skip_serializing_if = "PlanKeys::is_empty")]
    pub plan: PlanKeys,
    /// `[preset]`.
    pub preset: Option<PresetKeys>,
    /// `[model.NAME]`.
    #[serde(default, skip_serializing_if = "toml::Table::is_empty")]
    pub model: toml::Table,
    /// `[[population]]`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub population: Vec<PopulationKeys>,
    /// `[[projection]]`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub projection: Vec<ProjectionKeys>,
    /// `[[coupling]]`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub coupling: Vec<CouplingKeys>,
    /// `[[stimulus]]`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub stimulus: Vec<StimulusKeys>,
    /// `[[perturb]]`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub perturb: Vec<PerturbKeys>,
    /// `[[record]]`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub record: Vec<RecordKeys>,
}

/// The tables that a file may hold.
pub const SECTIONS: [Section; 10] = [
    SimulationKeys::SECTION,
    PlanKeys::SECTION,
    PresetKeys::SECTION,
    MODEL,
    PopulationKeys::SECTION,
    ProjectionKeys::SECTION,
    CouplingKeys::SECTION,
    StimulusKeys::SECTION,
    PerturbKeys::SECTION,
    RecordKeys::SECTION,
];
