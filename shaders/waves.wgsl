// Currents that change from step to step; twin of engine/device/cpu/waves.rs. `wave_normal` is joined in.
import random;
import noise;
import exact;

// A current and the neurons of a slice that it reaches: an entry of `tables`.
struct Wave {
    stream: u32,
    // The steps in whose updates it flows.
    start: u32,
    end: u32,
    neurons_start: u32,
    neurons_end: u32,
    // One factor for all neurons, or one for each.
    factors: u32,
    factor_count: u32,
    // Whether neurons have numbers of their own, and how these follow each other.
    kind: u32,
    // Where the words of a batch's steps lie: currents, so many steps behind them deviations, and behind these positions.
    course: u32,
    stride: u32,
    // Bridges, from the widest on: shares of the ends, and deviations.
    levels: u32,
    bridges: u32,
}

// The normal number of neuron `id` in step `position` of a stream.
fn waves_draw(stream: u32, id: u32, position: u32) -> f32 {
    let word = random_philox(vec4<u32>(position, 0u, id >> 2u, stream), slice.seed)[id & 3u];
    return wave_normal(noise_high(word), noise_low(word));
}

// The number of neuron `id` in step `now`, from the widest bridge that has it down to the one that starts there.
fn waves_bridge(wave: Wave, id: u32, now: u32) -> f32 {
    var first = (now >> wave.levels) << wave.levels;
    var left = waves_draw(wave.stream, id, first);
    var right = waves_draw(wave.stream, id, first + (1u << wave.levels));
    for (var level = 0u; level < wave.levels; level++) {
        let half = 1u << (wave.levels - 1u - level);
        let share = bitcast<f32>(tables[wave.bridges + 2u * level]);
        let deviation = bitcast<f32>(tables[wave.bridges + 2u * level + 1u]);
        let drawn = waves_draw(wave.stream, id, first + half);
        let middle = add(mul(share, add(left, right)), mul(deviation, drawn));
        if (now & half) == 0u {
            right = middle;
        } else {
            left = middle;
            first += half;
        }
    }
    return left;
}

// The current of a wave into neuron i in step `now`, but for its factor.
fn waves_value(wave: Wave, i: u32, now: u32) -> f32 {
    let course = wave.course + step.within + now - step.first - 1u;
    let level = bitcast<f32>(tables[course]);
    if wave.kind == WAVE_ALIKE {
        return level;
    }
    let deviation = bitcast<f32>(tables[course + wave.stride]);
    let position = tables[course + 2u * wave.stride];
    var number = 0.0;
    if wave.kind == WAVE_KEPT {
        number = waves_draw(wave.stream, slice.first + i, position);
    } else {
        number = waves_bridge(wave, slice.first + i, position);
    }
    return add(level, mul(deviation, number));
}

// The current from stimuli into neuron i in step `now`, where `held` is what does not change from step to step.
fn waves_current(i: u32, now: u32, held: f32) -> f32 {
    var current = held;
    for (var at = slice.waves_start; at < slice.waves_end; at += WAVE_WORDS) {
        let wave = wave_load(at);
        let flows = now >= wave.start && now < wave.end;
        if !flows || i < wave.neurons_start || i >= wave.neurons_end {
            continue;
        }
        let factor = bitcast<f32>(tables[wave.factors + select(0u, i - wave.neurons_start, wave.factor_count > 1u)]);
        current = add(current, mul(waves_value(wave, i, now), factor));
    }
    return current;
}

// Whether such a current may reach neuron i in this epoch.
fn waves_reach(i: u32) -> bool {
    for (var at = slice.waves_start; at < slice.waves_end; at += WAVE_WORDS) {
        let wave = wave_load(at);
        let flows = step.first + step.steps >= wave.start && step.first < wave.end;
        if flows && i >= wave.neurons_start && i < wave.neurons_end {
            return true;
        }
    }
    return false;
}
