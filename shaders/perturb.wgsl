// What is done to neurons for a while: a part of the pass `integrate` where a network has perturbations. Twin of `silence` and
// `tile` in engine/device/cpu/integrate.rs, and of `perturb` in engine/device/cpu/population_slice.rs.
import step;

// What is done to a slice, an entry of `tables`: where entries lie, and how many.
struct Perturbed {
    silences: u32,
    silence_count: u32,
    clamps: u32,
    clamp_count: u32,
    derived: u32,
    derived_count: u32,
    couplings: u32,
    coupling_count: u32,
}

// Neurons whose spikes do not leave in some steps.
struct Silence {
    start: u32,
    end: u32,
    neurons_start: u32,
    neurons_end: u32,
}

// Neurons of which a variable is held in some steps, and where its values lie.
struct Clamp {
    start: u32,
    end: u32,
    neurons_start: u32,
    neurons_end: u32,
    variable: u32,
    values: u32,
}

// From which step on something holds, and where it lies.
struct Since {
    step: u32,
    place: u32,
}

var<private> perturbed: Perturbed;

// The place that holds in this epoch, within which nothing begins or ends; steps rise.
fn perturb_since(entries: u32, count: u32) -> u32 {
    var place = NONE;
    for (var k = 0u; k < count; k++) {
        let since = since_load(entries + k * SINCE_WORDS);
        if since.step <= step.first + 1u {
            place = since.place;
        }
    }
    return place;
}

// Takes what holds in this epoch.
fn perturb_begin() {
    if slice.perturbed == NONE {
        return;
    }
    perturbed = perturbed_load(slice.perturbed);
    if perturbed.derived_count > 0u {
        slice.derived = perturb_since(perturbed.derived, perturbed.derived_count);
    }
    if perturbed.coupling_count > 0u {
        slice.coupling = perturb_since(perturbed.couplings, perturbed.coupling_count);
    }
}

// Whether something begins with this epoch from this list.
fn perturb_begins(entries: u32, count: u32) -> bool {
    for (var k = 0u; k < count; k++) {
        let since = since_load(entries + k * SINCE_WORDS);
        if since.step == step.first + 1u {
            return true;
        }
    }
    return false;
}

// Whether neuron i cannot rest in this epoch.
fn perturb_reaches(i: u32) -> bool {
    if slice.perturbed == NONE {
        return false;
    }
    for (var k = 0u; k < perturbed.clamp_count; k++) {
        let held = clamp_load(perturbed.clamps + k * CLAMP_WORDS);
        let active_now = step.first + step.steps >= held.start && step.first + 1u < held.end;
        if active_now && i >= held.neurons_start && i < held.neurons_end {
            return true;
        }
    }
    return perturb_begins(perturbed.derived, perturbed.derived_count);
}

// Whether spikes of neuron i leave in step `now`.
fn perturb_leaves(i: u32, now: u32) -> bool {
    if slice.perturbed == NONE {
        return true;
    }
    for (var k = 0u; k < perturbed.silence_count; k++) {
        let own = silence_load(perturbed.silences + k * SILENCE_WORDS);
        if now >= own.start && now < own.end && i >= own.neurons_start && i < own.neurons_end {
            return false;
        }
    }
    return true;
}

// Holds the variables of neuron i that are clamped in step `now`; of two the later.
fn perturb_hold(i: u32, now: u32, s: ptr<function, State>) {
    if slice.perturbed == NONE {
        return;
    }
    for (var k = 0u; k < perturbed.clamp_count; k++) {
        let held = clamp_load(perturbed.clamps + k * CLAMP_WORDS);
        if now >= held.start && now < held.end && i >= held.neurons_start && i < held.neurons_end {
            state_hold(s, held.variable, bitcast<f32>(tables[held.values + i - held.neurons_start]));
        }
    }
}
