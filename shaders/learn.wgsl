// The pass `learn`: spikes of synapses with memory, and what both ends' spikes do to them. A workgroup takes all spikes of a
// source in a stretch of steps, the oldest first, and its threads the synapses of the row.
// Twin of engine/device/cpu/learn.rs.
import plastic;
import tiles;

@group(0) @binding(8) var<storage, read_write> ring: array<atomic<i32>>;

// The cuts of a plan, an entry of `rows`: where theirs lie, and how many.
struct PlasticCuts {
    entries: u32,
    count: u32,
}

// A cut: the steps whose spikes do not pass, and the parts of its sources and targets.
struct PlasticCut {
    start: u32,
    end: u32,
    sources: u32,
    source_parts: u32,
    targets: u32,
    target_parts: u32,
}

// A spike of a source: its place in the list, when, and of which.
struct Firing {
    item: u32,
    step: u32,
    source: u32,
}

// The spike that the workgroup takes, and what its threads look for.
var<workgroup> firing: Firing;
var<workgroup> found: atomic<u32>;
var<workgroup> found_item: u32;

// What a thread knows of the source.
var<private> fired: u32;
var<private> trace: array<f32, AT_SOURCE>;

fn elapsed_since_fired(now: u32) -> f32 {
    if fired == NEVER_FIRED {
        return 0.0;
    }
    return ms(now - fired);
}

// Whether a spike in step `at` has reached a synapse of that delay by step `now`.
fn reached_by(at: u32, delay: u32, now: u32) -> bool {
    return at <= now && now - at >= delay;
}

// Spikes of the third factor in `list` that have arrived by step `now`.
fn modulated_by(list: u32, now: u32) -> u32 {
    let count = past[list];
    let low = max(count, plastic.modulated_capacity) - plastic.modulated_capacity;
    var end = count;
    while end > low && modulated_step(list, end - 1u) > now {
        end--;
    }
    return end;
}

fn modulated_step(list: u32, number: u32) -> u32 {
    return past[list + 1u + (number & (plastic.modulated_capacity - 1u))];
}

// The spike of firing.step over synapse `at`, after what has reached it since the one before.
fn synapse(at: u32) {
    let now = firing.step;
    let delay = rows[plastic.delays + at * plastic.delay_stride];
    let place = rows[plastic.targets + at];
    let n = place - plastic.first_place;
    let derived = derived_of(at);
    var state: array<f32, STATES>;
    for (var k = 0u; k < STATES; k++) {
        state[k] = bitcast<f32>(held[k * plastic.synapses + at]);
    }
    var updated = now;
    if KEEPS_TIME {
        updated = held[plastic.updated + at];
    }
    // Spikes of the target that reach it from the last spike of the source on, and those before this one's.
    let count = past[n];
    let low = max(count, plastic.capacity) - plastic.capacity;
    var end = count;
    while end > low && !reached_by(past_step(n, end - 1u), delay, now) {
        end--;
    }
    var next = end;
    while POSTS && next > low && (fired == NEVER_FIRED || !reached_by(past_step(n, next - 1u), delay, fired)) {
        next--;
    }
    var before = end;
    while before > low && now - past_step(n, before - 1u) == delay {
        before--;
    }
    var modulator = 0u;
    var modulators = 0u;
    var list = plastic.modulated;
    if MODULATED {
        if plastic.domains != NONE {
            list = modulated_list(rows[plastic.domains + n]);
        }
        modulators = modulated_by(list, now);
        if fired != NEVER_FIRED {
            modulator = modulated_by(list, fired);
        }
    }
    while next < end || modulator < modulators {
        var arrival = 0u;
        var third = next >= end;
        if !third {
            arrival = past_step(n, next) + delay;
        }
        if modulator < modulators {
            let step_of_third = modulated_step(list, modulator);
            third = third || step_of_third <= arrival;
            arrival = select(arrival, step_of_third, third);
        }
        var own = 0.0;
        if KEEPS_TIME {
            own = ms(arrival - updated);
            updated = arrival;
        }
        let seen = max(arrival, delay) - delay;
        let known = past_last(n, next);
        let elapsed = array<f32, 3>(own, elapsed_since_fired(arrival), ms(max(seen, known) - known));
        if third {
            state = modulate(derived, state, trace, past_state(n, next), elapsed);
            modulator++;
        } else {
            state = post(derived, state, trace, past_state(n, next), elapsed);
            next++;
        }
    }
    var own = elapsed_since_fired(now);
    if KEEPS_TIME {
        own = ms(now - updated);
        held[plastic.updated + at] = now;
    }
    let until = max(now, delay) - delay;
    let known = past_last(n, before);
    let elapsed = array<f32, 3>(own, elapsed_since_fired(now), ms(max(until, known) - known));
    let after = pre(derived, state, trace, past_state(n, before), elapsed);
    for (var k = 0u; k < STATES; k++) {
        held[k * plastic.synapses + at] = bitcast<u32>(after[k]);
    }
    send(at, place, now + delay, after[STATES]);
}

// Whether the spike that is taken does not pass to neuron `onto`.
fn is_cut(onto: u32) -> bool {
    if plastic.cuts == NONE {
        return false;
    }
    let source = spike_at(firing.item).y;
    let cuts = plastic_cuts_load(plastic.cuts);
    for (var k = 0u; k < cuts.count; k++) {
        let cut = plastic_cut_load(cuts.entries + k * PLASTIC_CUT_WORDS);
        let cut_now = firing.step >= cut.start && firing.step < cut.end;
        if cut_now && index_in(cut.sources, cut.source_parts, source) != NONE
            && index_in(cut.targets, cut.target_parts, onto) != NONE {
            return true;
        }
    }
    return false;
}

// What a synapse sends, into the sums of its target.
fn send(at: u32, place: u32, arrival: u32, sent: f32) {
    if is_cut(shard.first + place) {
        return;
    }
    var channel = rows[plastic.channels + at * plastic.channel_stride];
    if plastic.by_sign == 1u && sent != 0.0 {
        channel = select(plastic.above, plastic.below, sent < 0.0);
    }
    // By the bits: a NaN is in no range.
    if (bitcast<u32>(sent) & 0x7fffffffu) > bitcast<u32>(plastic.most) || channel == NONE {
        // The first, by when it arrives and its plan.
        let within = min(arrival - (step.first - step.within), 0xffffu);
        atomicMin(&spikes[SPIKES_OVERFLOW], (within << 16u) | min(plastic.index, 0xffffu));
        atomicMin(&spikes[SPIKES_OVERFLOW + 1u], shard.first + place);
        return;
    }
    let counts = i32(round(mul(sent, bitcast<f32>(rows[plastic.factors + channel]))));
    let to = channel * shard.neurons + place;
    atomicAdd(&ring[(arrival & (SLOTS - 1u)) * shard.accumulators + to], counts);
    tiles_touch(place, arrival, shard.tiles);
}

// The source's spike, after its synapses have taken it (one thread).
fn source_takes(source: u32, now: u32) {
    let after = source_spiked(shared_derived(), trace, array<f32, 1>(elapsed_since_fired(now)));
    for (var k = 0u; k < AT_SOURCE; k++) {
        held[plastic.traces + source * AT_SOURCE + k] = bitcast<u32>(after[k]);
    }
    held[plastic.fired + source] = now;
}

// The spike of item `item`, if it is due and its source has synapses here.
fn firing_of(item: u32, window: vec2<u32>) -> Firing {
    let spike = spike_at(item);
    if spike.x <= window.x || spike.x > window.y {
        return Firing(item, 0u, NONE);
    }
    let source = index_in(plastic.parts, plastic.part_count, spike.y);
    if source == NONE || rows[plastic.offsets + source] == rows[plastic.offsets + source + 1u] {
        return Firing(item, 0u, NONE);
    }
    return Firing(item, spike.x, source);
}

// The first item from `begin` on, before `end`, of the same neuron as `item`, in the window (all threads together); `end` where
// there is none.
fn same_neuron(item: u32, begin: u32, end: u32, window: vec2<u32>, local: u32) -> u32 {
    if local == 0u {
        atomicStore(&found, end - begin);
    }
    workgroupBarrier();
    let id = spike_at(item).y;
    for (var k = local; k < end - begin; k += WORKGROUP) {
        let other = spike_at(begin + k);
        if other.y == id && other.x > window.x && other.x <= window.y {
            atomicMin(&found, k);
        }
    }
    workgroupBarrier();
    if local == 0u {
        found_item = begin + atomicLoad(&found);
    }
    return workgroupUniformLoad(&found_item);
}

@compute @workgroup_size(WORKGROUP)
fn main(
    @builtin(workgroup_id) group: vec3<u32>,
    @builtin(num_workgroups) groups: vec3<u32>,
    @builtin(local_invocation_index) local: u32,
) {
    let low = max(step.first, MIN_DELAY) - MIN_DELAY;
    let high = max(step.first + step.steps, MIN_DELAY) - MIN_DELAY;
    let window = vec2<u32>(low, high);
    if local == 0u {
        let stretch = spikes_between(low, high, atomicLoad(&spikes[SPIKES_TAIL]));
        firing = Firing(stretch.start, stretch.end, 0u);
    }
    let stretch = workgroupUniformLoad(&firing);
    let begin = stretch.item;
    let end = stretch.step;
    for (var k = group.x; k < end - begin && low < high; k += groups.x) {
        if local == 0u {
            firing = firing_of(begin + k, window);
        }
        var own = workgroupUniformLoad(&firing);
        if own.source != NONE && plastic.repeats == 1u {
            // The workgroup that has the first spike takes all of them.
            if same_neuron(own.item, begin, own.item, window, local) != own.item {
                own.source = NONE;
            }
        }
        while own.source != NONE {
            fired = held[plastic.fired + own.source];
            for (var s = 0u; s < AT_SOURCE; s++) {
                trace[s] = bitcast<f32>(held[plastic.traces + own.source * AT_SOURCE + s]);
            }
            let row_end = rows[plastic.offsets + own.source + 1u];
            for (var at = rows[plastic.offsets + own.source] + local; at < row_end; at += WORKGROUP) {
                synapse(at);
            }
            workgroupBarrier();
            if local == 0u {
                source_takes(own.source, own.step);
            }
            storageBarrier();
            var following = end;
            if plastic.repeats == 1u {
                following = same_neuron(own.item, own.item + 1u, end, window, local);
            }
            if local == 0u {
                firing = Firing(NONE, 0u, NONE);
                if following != end {
                    firing = firing_of(following, window);
                }
            }
            own = workgroupUniformLoad(&firing);
        }
    }
    tell_if_cut();
}
