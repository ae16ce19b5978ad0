// Rounding in source order. Drivers may reassociate or fuse f32 arithmetic; the exclusive or with a zero that is only
// known at run time keeps each result as IEEE 754 rounds it, so that the CPU's bits are reproduced.
fn pin_rounding(x: f32) -> f32 {
    return bitcast<f32>(bitcast<u32>(x) ^ step.zero);
}

fn mul(a: f32, b: f32) -> f32 {
    return pin_rounding(a * b);
}

fn add(a: f32, b: f32) -> f32 {
    return pin_rounding(a + b);
}

// Neither NaN nor 2^100 or more in magnitude, by the bits: comparisons with NaN may be optimised away.
fn is_finite(x: f32) -> bool {
    return (bitcast<u32>(x) & 0x7fffffffu) < 0x71800000u;
}
