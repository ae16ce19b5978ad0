// Random numbers of a neuron and step, for models that take some; twin of engine/tile/noise.rs.
import random;

// 32 random bits of the k-th number of a step.
fn noise_word(id: u32, now: u32, k: u32) -> u32 {
    return random_philox(vec4<u32>(now, 2u * k, id >> 2u, NOISE_STREAM), slice.seed)[id & 3u];
}

// From 24 bits, which a number holds in full.
fn noise_uniform(word: u32) -> f32 {
    return f32(word >> 8u) * 5.9604644775390625e-8;
}

fn noise_high(word: u32) -> f32 {
    return f32(word >> 16u);
}

fn noise_low(word: u32) -> f32 {
    return f32(word & 0xffffu) + 0.5;
}
