// The pass `integrate`, with Poisson input drawn in it: input of an epoch -> state, spikes, slots cleared. A
// neuron's state stays in registers for the steps of an epoch; neurons at rest are left out.
// Twin of engine/tile/integrate.rs; the model's advance, margin and reset are joined in.
import step;
import exact;
import spikes;
import random;
import tiles;

struct Slice {
    count: u32,
    first: u32,
    accumulator: u32,
    accumulators: u32,
    state: u32,
    derived: u32,
    derived_stride: u32,
    current: u32,
    poisson_start: u32,
    poisson_end: u32,
    most: u32,
    neurons: u32,
    seed: vec2<u32>,
    // Neurons of the slices before it in the list.
    before: u32,
    // Accumulators of a channel: neurons of the shard.
    width: u32,
    // Where the units of its channels start in `values`.
    units: u32,
    // Where `tables` say what couplings do to it, or none.
    coupling: u32,
    // Where entries of currents that change from step to step start in `tables`, and end.
    waves_start: u32,
    waves_end: u32,
    // Where `tables` say what is done to it for a while, or none.
    perturbed: u32,
    unused: u32,
}
// The slices of one model, in one dispatch.
@group(0) @binding(3) var<storage, read> slices: array<Slice>;
// The slice of this thread's neuron.
var<private> slice: Slice;
var<private> units: array<f32, CHANNELS>;
@group(0) @binding(4) var<storage, read_write> state: array<f32>;
@group(0) @binding(5) var<storage, read> values: array<f32>;
@group(0) @binding(6) var<storage, read_write> ring: array<atomic<i32>>;
// Entries of it are loaded by functions that are made of their fields: `poisson_load` and the like.
@group(0) @binding(7) var<storage, read> tables: array<u32>;

// A stimulus of trains and the neurons of a slice that it reaches: an entry of `tables`.
struct Poisson {
    stream: u32,
    // The steps in which it is active.
    start: u32,
    end: u32,
    channel: u32,
    neurons_start: u32,
    neurons_end: u32,
    // Where thresholds of 16 bits lie, and how many.
    thresholds: u32,
    threshold_count: u32,
    // One weight for all neurons, or one for each.
    weights: u32,
    weight_count: u32,
    // Spikes of a number below all thresholds.
    least: u32,
    // Where thresholds of a further word lie, and how many; of white noise mean and deviation, in the first step and then.
    rest: u32,
    rest_count: u32,
    // Whether counts are drawn for each target, once for all, or listed; and who chooses which spikes are kept.
    counts: u32,
    kept: u32,
    // Where the words of a batch's steps lie, or none: counts that are listed, or how much is kept.
    course: u32,
    // Where thresholds of each target lie, row by row, or none, and how long a row is: a step's word is its row then.
    rows: u32,
    row_length: u32,
    // Of processes: phases of each, and where in `state` it lies how many of the first target's are in each; of thresholds there are
    // rows then, of which the start and the number lie side by side.
    phases: u32,
    occupied: u32,
}

// How many of so many thresholds a number reaches.
fn reached(number: u32, first: u32, thresholds: u32) -> u32 {
    var count = 0u;
    for (var k = 0u; k < thresholds; k++) {
        count += select(0u, 1u, number >= tables[first + k]);
    }
    return count;
}

// How many of so many spikes of neuron `id` in step `now` are kept, each if a word of its own is below the threshold; all where
// that is the largest word.
fn thinned(stream: u32, id: u32, now: u32, count: u32, threshold: u32) -> u32 {
    if threshold == 0xffffffffu {
        return count;
    }
    var kept = 0u;
    var words = vec4<u32>();
    for (var n = 0u; n < count; n++) {
        if n % 4u == 0u {
            words = random_philox(vec4<u32>(now, 2u + n / 4u, id, stream), slice.seed);
        }
        kept += select(0u, 1u, words[n % 4u] < threshold);
    }
    return kept;
}

// Lets step `now` pass for the processes that drive neuron i; how many fire. Twin of engine/tile/superposed.rs.
fn superposed(poisson: Poisson, i: u32, now: u32) -> u32 {
    let first = poisson.occupied + (i - poisson.neurons_start) * poisson.phases;
    var words = vec4<u32>();
    var taken = 0u;
    var fired = 0u;
    // From the last phase on, so that each gives before it takes.
    for (var left = poisson.phases; left > 0u; left--) {
        let at = first + left - 1u;
        let here = u32(state[at]);
        var leaving = 0u;
        for (var j = 0u; j < poisson.threshold_count; j++) {
            if ((here >> j) & 1u) == 0u {
                continue;
            }
            if taken % 4u == 0u {
                words = random_philox(vec4<u32>(now, taken / 4u, slice.first + i, poisson.stream), slice.seed);
            }
            leaving += reached(words[taken % 4u], tables[poisson.thresholds + 2u * j], tables[poisson.thresholds + 2u * j + 1u]);
            taken++;
        }
        state[at] = f32(here - leaving);
        if left == poisson.phases {
            fired = leaving;
        } else {
            state[at + 1u] += f32(leaving);
        }
    }
    state[first] += f32(fired);
    return fired;
}

// Spikes that come to neuron i in step `now`, before some are left out; `word` is that of the step.
fn poisson_count(poisson: Poisson, i: u32, now: u32, word: u32) -> u32 {
    if poisson.counts == COUNTS_LISTED {
        return word;
    }
    if poisson.counts == COUNTS_SUPERPOSED {
        return superposed(poisson, i, now);
    }
    let id = select(slice.first + i, 0u, poisson.counts == COUNTS_COMMON);
    // 16 bits a neuron; the highest numbers ask for a further word.
    let words = random_philox(vec4<u32>(now, 0u, id >> 3u, poisson.stream), slice.seed);
    let number = (words[(id >> 1u) & 3u] >> (16u * (id & 1u))) & 0xffffu;
    if number >= tables[poisson.thresholds + poisson.threshold_count - 1u] {
        let further = random_philox(vec4<u32>(now, 1u, id, poisson.stream), slice.seed);
        return reached(further.x, poisson.rest, poisson.rest_count);
    }
    return poisson.least + reached(number, poisson.thresholds, poisson.threshold_count);
}

// Those of them that are kept.
fn poisson_kept(poisson: Poisson, i: u32, now: u32, word: u32, count: u32) -> u32 {
    if count == 0u || poisson.kept == KEPT_ALL {
        return count;
    }
    var threshold = word;
    if poisson.rows != NONE {
        threshold = tables[poisson.rows + word * poisson.row_length + i - poisson.neurons_start];
    }
    let id = select(slice.first + i, 0u, poisson.kept == KEPT_COMMON);
    return thinned(poisson.stream, id, now, count, threshold);
}

// White noise that comes to neuron i in step `now`.
fn white(poisson: Poisson, i: u32, now: u32) -> f32 {
    let at = poisson.rest + select(2u, 0u, now == poisson.start);
    let number = waves_draw(poisson.stream, slice.first + i, now);
    return add(bitcast<f32>(tables[at]), mul(bitcast<f32>(tables[at + 1u]), number));
}

// What stimuli of trains give neuron i in step `now`, times their weights, added to its input.
fn add_poisson(i: u32, now: u32, input: ptr<function, array<f32, CHANNELS>>) {
    for (var p = slice.poisson_start; p < slice.poisson_end; p++) {
        let poisson = poisson_load(p * POISSON_WORDS);
        let active_now = now >= poisson.start && now < poisson.end;
        if !active_now || i < poisson.neurons_start || i >= poisson.neurons_end {
            continue;
        }
        var word = 0u;
        if poisson.course != NONE {
            word = tables[poisson.course + step.within + now - step.first - 1u];
        }
        var amount = 0.0;
        if poisson.counts == COUNTS_WHITE {
            amount = white(poisson, i, now);
        } else {
            amount = f32(poisson_kept(poisson, i, now, word, poisson_count(poisson, i, now, word)));
        }
        let several = poisson.weight_count > 1u;
        let weight = bitcast<f32>(tables[poisson.weights + select(0u, i - poisson.neurons_start, several)]);
        let channel = poisson.channel;
        (*input)[channel] = add((*input)[channel], mul(amount, weight));
    }
}

// Whether trains, a current that changes from step to step, or a perturbation may reach neuron i in this epoch.
fn stimulated(i: u32) -> bool {
    for (var p = slice.poisson_start; p < slice.poisson_end; p++) {
        let poisson = poisson_load(p * POISSON_WORDS);
        let active_now = step.first + step.steps >= poisson.start && step.first + 1u < poisson.end;
        if active_now && i >= poisson.neurons_start && i < poisson.neurons_end {
            return true;
        }
    }
    return waves_reach(i) || perturb_reaches(i);
}

// The spikes of a neuron whose margin is zero or more, or its fault.
fn emit(i: u32, k: u32, distance: f32, d: Derived, s: ptr<function, State>) {
    if !is_finite(distance) {
        atomicMin(&spikes[SPIKES_FAULT], (step.within + k) * slice.neurons + slice.first + i);
        return;
    }
    var times = 1u;
    if MULTIPLE {
        times = 1u + u32(distance);
    }
    if times > slice.most {
        atomicMin(&spikes[SPIKES_FAULT], (step.within + k) * slice.neurons + slice.first + i);
        times = slice.most;
    }
    if perturb_leaves(i, step.first + 1u + k) {
        spikes_append(step.first + 1u + k, slice.first + i, times);
    }
    reset(d, s);
}

// Step k of the epoch. True where a step without input has changed nothing and the state is looked at.
fn play_step(i: u32, k: u32, current: f32, derived: Derived, s: ptr<function, State>) -> bool {
    let now = step.first + 1u + k;
    var input: array<f32, CHANNELS>;
    var no_input = true;
    for (var c = 0u; c < CHANNELS; c++) {
        let at = (now & (SLOTS - 1u)) * slice.accumulators + slice.accumulator + c * slice.width + i;
        let sum = atomicLoad(&ring[at]);
        input[c] = mul(f32(sum), units[c]);
        if sum != 0i {
            atomicStore(&ring[at], 0i);
            no_input = false;
        }
    }
    add_poisson(i, now, &input);
    draw(slice.first + i, now);
    let old = *s;
    advance(derived, s, input, coupled(i, now, waves_current(i, now, current)));
    let distance = margin(derived, *s);
    let fires = !is_finite(distance) || distance >= 0.0;
    if fires {
        emit(i, k, distance, derived, s);
    }
    if now % IDLE_CHECK_STEPS != 0u {
        return false;
    }
    *s = state_settled(*s);
    // Who spikes in every step ends each in the state in which it began it.
    return SKIPS_IDLE && no_input && !fires && state_same(old, *s);
}

fn play(i: u32) {
    let tile = (slice.accumulator + i) / TILE;
    // What is coupled is played in every step.
    let rests = SKIPS_IDLE && slice.coupling == NONE;
    perturb_begin();
    couple_begin();
    if rests {
        // The last step before this epoch in which states were looked at.
        let looked = step.first - step.first % IDLE_CHECK_STEPS;
        let count = (slice.width + TILE - 1u) / TILE;
        let idle = atomicLoad(&tiles[tile]) < looked;
        if idle && !stimulated(i) && !tiles_touched(tile, step.first, step.steps, count) {
            return;
        }
        if idle {
            atomicMax(&tiles[tile], step.first);
        }
    }
    let derived = derived_load(select(i, 0u, slice.derived_stride == 1u));
    for (var c = 0u; c < CHANNELS; c++) {
        units[c] = values[slice.units + c];
    }
    var s = state_load(i);
    var current = 0.0;
    if slice.current != NONE {
        current = values[slice.current + i];
    }
    for (var k = 0u; k < step.steps; k++) {
        perturb_hold(i, step.first + 1u + k, &s);
        let idle = play_step(i, k, current, derived, &s);
        perturb_hold(i, step.first + 1u + k, &s);
        show(i, step.first + 1u + k, derived, s);
        if rests {
            let now = step.first + 1u + k;
            if now % IDLE_CHECK_STEPS == 0u && (!idle || stimulated(i)) {
                atomicMax(&tiles[tile], now);
            }
        }
    }
    state_store(i, s);
}

// The last slice that begins at or before neuron `at` of the list.
fn slice_of(at: u32) -> u32 {
    var low = 0u;
    var high = arrayLength(&slices);
    while high - low > 1u {
        let middle = (low + high) / 2u;
        if slices[middle].before <= at {
            low = middle;
        } else {
            high = middle;
        }
    }
    return low;
}

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(global_invocation_id) thread: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>) {
    let last = slices[arrayLength(&slices) - 1u];
    for (var at = thread.x; at < last.before + last.count; at += groups.x * WORKGROUP) {
        slice = slices[slice_of(at)];
        play(at - slice.before);
    }
}
