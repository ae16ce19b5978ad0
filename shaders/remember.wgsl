// The pass `remember`: spikes of the targets of synapses that learn, as far as the epoch before, and of the third factor.
// Twin of engine/device/plastic/held.rs, and of `see` in engine/device/cpu/learning.rs.
import plastic;

// Spike `number` of target n.
fn remember_spike(n: u32, number: u32, fired: u32) {
    let elapsed = ms(fired - past_last(n, number));
    let after = target_spiked(shared_derived(), past_state(n, number), array<f32, 1>(elapsed));
    let place = n * plastic.capacity + (number & (plastic.capacity - 1u));
    past[plastic.steps + place] = fired;
    for (var k = 0u; k < AT_TARGET; k++) {
        past[plastic.states + place * AT_TARGET + k] = bitcast<u32>(after[k]);
    }
}

// All spikes of the neuron of `item` from there on, unless an earlier one of the stretch is its, too: one thread takes all of
// a neuron, and these lie in the list in order.
fn remember(stretch: Stretch, item: u32, low: u32, high: u32) {
    let own = spike_at(item);
    let n = own.y - plastic.first_target;
    if own.x <= low || own.x > high || n >= plastic.target_count {
        return;
    }
    var end = item + 1u;
    if plastic.repeats == 1u {
        for (var k = stretch.start; k != item; k++) {
            let other = spike_at(k);
            if other.y == own.y && other.x > low && other.x <= high {
                return;
            }
        }
        end = stretch.end;
    }
    var number = past[n];
    for (var k = item; k != end; k++) {
        let other = spike_at(k);
        if other.y == own.y && other.x > low && other.x <= high {
            remember_spike(n, number, other.x);
            number++;
        }
    }
    past[n] = number;
}

// A spike of the third factor that arrives in step `at` in a domain.
fn arrive(domain: u32, at: u32) {
    let list = modulated_list(domain);
    let count = past[list];
    past[list + 1u + (count & (plastic.modulated_capacity - 1u))] = at;
    past[list] = count + 1u;
}

// The same in all domains that neuron `index` of the third factor reaches.
fn arrive_in_its_own(index: u32, at: u32) {
    if plastic.reached == NONE {
        arrive(0u, at);
        return;
    }
    let end = rows[plastic.reached + index + 1u];
    for (var k = rows[plastic.reached + index]; k < end; k++) {
        arrive(rows[k], at);
    }
}

// When spikes of the third factor arrive, step by step (one thread).
fn modulated(stretch: Stretch, low: u32, high: u32) {
    for (var now = low + 1u; now <= high; now++) {
        for (var k = stretch.start; k != stretch.end; k++) {
            let spike = spike_at(k);
            let index = index_in(plastic.modulator_parts, plastic.modulator_part_count, spike.y);
            if spike.x == now && index != NONE {
                arrive_in_its_own(index, now + plastic.modulator_delay);
            }
        }
    }
}

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(global_invocation_id) thread: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>) {
    // step.start is the step until which they are known.
    let low = step.start;
    let high = step.first;
    if low >= high {
        return;
    }
    let stretch = spikes_between(low, high, atomicLoad(&spikes[SPIKES_TAIL]));
    let count = stretch.end - stretch.start;
    for (var k = thread.x; k < count; k += groups.x * WORKGROUP) {
        remember(stretch, stretch.start + k, low, high);
    }
    if plastic.modulator_part_count > 0u && thread.x == 0u {
        modulated(stretch, low, high);
    }
    tell_if_cut();
}
