// Synapses with memory of one plan onto the neurons of one shard: where their parts lie, and what is held of them. The
// functions of their rule (`pre`, `post`, `modulate`, `source_spiked`, `target_spiked`) are joined in, with the numbers of its
// values: DERIVED, STATES, AT_SOURCE, AT_TARGET.
import step;
import exact;
import spikes;
import shard;

// Neurons side by side, by global id: a part of a selection, an entry of `rows`.
struct Part {
    first: u32,
    count: u32,
}

// A derived value, an entry of `rows`: one for all synapses (stride 0), or one for each.
struct Column {
    values: u32,
    stride: u32,
}

struct Plastic {
    // In `rows`: the parts of the sources' selection.
    parts: u32,
    part_count: u32,
    // In `rows`: where the row of each source starts, one more at the end; targets, counted from the shard's first neuron;
    // delays and channels, one in all (stride 0) or one for each synapse.
    offsets: u32,
    targets: u32,
    delays: u32,
    delay_stride: u32,
    channels: u32,
    channel_stride: u32,
    // In `rows`: the columns of derived values.
    derived: u32,
    // In `rows`: per channel, by what is multiplied what is sent to be in counts.
    factors: u32,
    // In `held`: state by state those of all synapses; per synapse the step to which it is brought; per source its last spike
    // and the state there.
    synapses: u32,
    updated: u32,
    fired: u32,
    traces: u32,
    // Targets: the first, by global id and counted from the shard's first neuron, and how many.
    first_target: u32,
    first_place: u32,
    target_count: u32,
    // In `past`: spikes of each target so far; the steps of the last of them, rings of a power of two; the states after them.
    capacity: u32,
    steps: u32,
    states: u32,
    // In `past`: when spikes of the third factor arrive, per domain how many so far and a ring of the last; in `rows`, whose
    // they are.
    modulated: u32,
    modulated_capacity: u32,
    modulator_parts: u32,
    modulator_part_count: u32,
    modulator_delay: u32,
    // Whether a neuron may fire more than once in an epoch.
    repeats: u32,
    // A step, ms; the largest magnitude that may be sent.
    dt: f32,
    most: f32,
    // Its place among the plans.
    index: u32,
    // In `rows`, NONE where there is one domain: that of each target; where the list of those starts that each neuron of the
    // third factor reaches, one more at the end.
    domains: u32,
    reached: u32,
    // In `rows`, or NONE: the cuts.
    cuts: u32,
    // Whether the channel is that of the sign of what is sent, and those of above and below zero; NONE where there is none.
    by_sign: u32,
    above: u32,
    below: u32,
}
@group(0) @binding(4) var<uniform> plastic: Plastic;
@group(0) @binding(5) var<storage, read> rows: array<u32>;
@group(0) @binding(6) var<storage, read_write> held: array<u32>;
@group(0) @binding(7) var<storage, read_write> past: array<u32>;

// Steps in ms, rounded twice as on the CPU: the steps, and their product.
fn ms(steps: u32) -> f32 {
    let all = add(mul(f32(steps >> 16u), 65536.0), f32(steps & 0xffffu));
    return mul(all, plastic.dt);
}

// The index of neuron `id` in a selection, or none.
fn index_in(parts: u32, count: u32, id: u32) -> u32 {
    var before = 0u;
    for (var k = 0u; k < count; k++) {
        let part = part_load(parts + k * PART_WORDS);
        let place = id - part.first;
        if place < part.count {
            return before + place;
        }
        before += part.count;
    }
    return NONE;
}

// The value of derived value k of all synapses, or of the first.
fn shared_derived() -> array<f32, DERIVED> {
    var values: array<f32, DERIVED>;
    for (var k = 0u; k < DERIVED; k++) {
        values[k] = bitcast<f32>(rows[column_load(plastic.derived + k * COLUMN_WORDS).values]);
    }
    return values;
}

fn derived_of(at: u32) -> array<f32, DERIVED> {
    var values: array<f32, DERIVED>;
    for (var k = 0u; k < DERIVED; k++) {
        let column = column_load(plastic.derived + k * COLUMN_WORDS);
        values[k] = bitcast<f32>(rows[column.values + at * column.stride]);
    }
    return values;
}

// The step of spike `number` of target n.
fn past_step(n: u32, number: u32) -> u32 {
    return past[plastic.steps + n * plastic.capacity + (number & (plastic.capacity - 1u))];
}

// The state at target n after its first `count` spikes.
fn past_state(n: u32, count: u32) -> array<f32, AT_TARGET> {
    if count == 0u {
        return target_start();
    }
    var values: array<f32, AT_TARGET>;
    let place = n * plastic.capacity + ((count - 1u) & (plastic.capacity - 1u));
    for (var k = 0u; k < AT_TARGET; k++) {
        values[k] = bitcast<f32>(past[plastic.states + place * AT_TARGET + k]);
    }
    return values;
}

// The step of the last of its first `count` spikes; 0 where there is none.
fn past_last(n: u32, count: u32) -> u32 {
    if count == 0u {
        return 0u;
    }
    return past_step(n, count - 1u);
}

// Where the spikes of the third factor in a domain lie in `past`.
fn modulated_list(domain: u32) -> u32 {
    return plastic.modulated + domain * (1u + plastic.modulated_capacity);
}

// Spike `item` of the list: when, and who.
fn spike_at(item: u32) -> vec2<u32> {
    let place = SPIKES_LIST + 2u * (item & (SPIKES_CAPACITY - 1u));
    return vec2<u32>(atomicLoad(&spikes[place]), atomicLoad(&spikes[place + 1u]));
}

// Tells the host where a device has ended loops before their end: software does, without a word, after some turns in all.
fn tell_if_cut() {
    var turns = 0u;
    while turns < 2u + step.zero {
        turns++;
    }
    if turns < 2u {
        atomicStore(&spikes[SPIKES_CUT], 1u);
    }
}
