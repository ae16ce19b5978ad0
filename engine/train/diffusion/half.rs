//! Conversion to and from half precision (IEEE 754 binary16), in which files hold weights.

/// The bits of the nearest half-precision number, of two equally near ones the even one; infinity from 65,520 on.
pub(super) fn to_half(number: f32) -> u16 {
    let bits = number.to_bits();
    let (sign, size) = ((bits >> 16 & 0x8000) as u16, bits & 0x7fff_ffff);
    if size >= 0x4780_0000 {
        return sign | if size > 0x7f80_0000 { 0x7e00 } else { 0x7c00 };
    }
    // Below 2⁻¹⁴ numbers are subnormal: multiples of 2⁻²⁴.
    let (mantissa, shift) = match size >> 23 {
        exponent if exponent >= 113 => (size - (112 << 23), 13),
        exponent if exponent >= 102 => (size & 0x7f_ffff | 0x80_0000, 126 - exponent),
        _ => return sign,
    };
    let (kept, rest, tie) = (mantissa >> shift, mantissa & ((1 << shift) - 1), 1u32 << (shift - 1));
    let up = rest > tie || (rest == tie && kept & 1 == 1);
    sign | (kept + u32::from(up)) as u16
}

/// The half-precision number with these bits, exactly.
pub(super) fn of_half(half: u16) -> f32 {
    let (sign, exponent, fraction) = (half >> 15, half >> 10 & 0x1f, f32::from(half & 0x3ff));
    let size = match exponent {
        0 => fraction * 2f32.powi(-24),
        0x1f if fraction == 0.0 => f32::INFINITY,
        0x1f => f32::NAN,
        exponent => (1.0 + fraction / 1024.0) * 2f32.powi(i32::from(exponent) - 15),
    };
    if sign == 1 { -size } else { size }
}

#[cfg(test)]
mod tests {
    use super::{of_half, to_half};

    #[test]
    fn all_numbers_of_16_bits_come_back() {
        for half in (0..=u16::MAX).filter(|half| half & 0x7fff <= 0x7c00) {
            assert_eq!(to_half(of_half(half)), half, "{half:#x}");
        }
        assert!(of_half(0x7e00).is_nan() && of_half(to_half(f32::NAN)).is_nan());
    }

    #[test]
    fn what_lies_between_two_goes_to_the_nearer_and_ties_to_the_even_one() {
        for half in 0..0x7bffu16 {
            let (low, high) = (of_half(half), of_half(half + 1));
            let middle = low + (high - low) / 2.0;
            assert_eq!(to_half(middle), if half % 2 == 0 { half } else { half + 1 }, "{half:#x}");
            assert_eq!(to_half(f32::from_bits(middle.to_bits() - 1)), half);
            assert_eq!(to_half(f32::from_bits(middle.to_bits() + 1)), half + 1);
        }
        assert_eq!([65_504.0, 65_519.9, 65_520.0, 1e9].map(to_half), [0x7bff, 0x7bff, 0x7c00, 0x7c00]);
        assert_eq!([0.0, -0.0, 1.0, -2.0].map(to_half), [0, 0x8000, 0x3c00, 0xc000]);
    }
}
