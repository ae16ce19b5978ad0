// Division and square root as IEEE 754 rounds them. A driver's own may be a few units in the last place off (WebGPU: 2.5
// for a quotient, more for a root): they give a candidate, and an exact integer remainder mends it. Numbers below 2^-126
// count as zero, as operands and as results.
import exact;

// The number with these bits, which the compiler does not know.
fn of_bits(bits: u32) -> f32 {
    return bitcast<f32>(bits ^ step.zero);
}

// a / b. Both are scaled to whole numbers of 24 bits; their quotient has 25 with the bit that rounds it, and is never just
// between two numbers.
fn div(a: f32, b: f32) -> f32 {
    let a_bits = bitcast<u32>(a);
    let b_bits = bitcast<u32>(b);
    let sign = (a_bits ^ b_bits) & 0x80000000u;
    let a_exponent = (a_bits >> 23u) & 255u;
    let b_exponent = (b_bits >> 23u) & 255u;
    let above = (a_bits & 0x7fffffu) | 0x800000u;
    let below = (b_bits & 0x7fffffu) | 0x800000u;
    let shift = select(24u, 25u, above < below);
    let candidate = u32((f32(above) / f32(below)) * f32(1u << shift));
    // A candidate off by n units is off by 4 n here at most, so what it leaves is a multiple of `below` that is less than 64
    // in magnitude, and a rest: its lowest 32 bits are all of it.
    let rest = (above << shift) - candidate * below + 64u * below;
    let quotient = candidate + rest / below - 64u;
    let exponent = i32(a_exponent) - i32(b_exponent) + 151 - i32(shift);
    let fraction = ((quotient + 1u) >> 1u) & 0x7fffffu;
    let finite = (u32(clamp(exponent, 0, 255)) << 23u) | fraction;
    let zero = (a_exponent == 0u) | (b_exponent == 255u) | (exponent <= 0);
    let infinite = (a_exponent == 255u) | (b_exponent == 0u) | (exponent >= 255);
    var bits = select(finite, 0u, zero);
    bits = select(bits, 0x7f800000u, infinite & !((a_exponent == 0u) | (b_exponent == 255u)));
    let undefined = ((a_exponent == 0u) & (b_exponent == 0u)) | ((a_exponent == 255u) & (b_exponent == 255u));
    let no_number = ((a_bits & 0x7fffffffu) > 0x7f800000u) | ((b_bits & 0x7fffffffu) > 0x7f800000u);
    return of_bits(select(bits | sign, 0x7fc00000u, undefined | no_number));
}

// The square root of a. It is scaled to a whole number of 48 bits with an even exponent, whose root has 24 bits; it is
// never just between two of them.
fn root(a: f32) -> f32 {
    let bits = bitcast<u32>(a);
    let biased = (bits >> 23u) & 255u;
    // 1 where the exponent is odd.
    let odd = 1u - (biased & 1u);
    let whole = ((bits & 0x7fffffu) | 0x800000u) << odd;
    let candidate = u32(sqrt(f32(whole) * 1.1920928955078125e-7) * 8388608.0);
    // A candidate off by n units is off by 2 n here at most, so whole * 2^23 - candidate^2 is less than 2^30 in magnitude:
    // its lowest 32 bits are all of it. Half of it over the root is what the candidate is off by.
    let rest = (whole << 23u) - candidate * candidate;
    let moved = candidate + (rest + 65u * candidate) / (2u * candidate) - 32u;
    // Half a unit below it, squared, may still be too great.
    let left = i32((whole << 23u) - moved * moved);
    let nearest = select(moved, moved - 1u, left <= -i32(moved));
    let found = (((biased + 127u - odd) >> 1u) << 23u) | (nearest & 0x7fffffu);
    // Zero keeps its sign, infinity is its own root.
    let itself = select(bits, bits & 0x80000000u, biased == 0u);
    let negative = (biased != 0u) & (bits > 0x80000000u);
    let no_number = (bits & 0x7fffffffu) > 0x7f800000u;
    let result = select(found, itself, (biased == 0u) | (bits == 0x7f800000u));
    return of_bits(select(result, 0x7fc00000u, negative | no_number));
}
