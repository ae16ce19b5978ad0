//! Decimals in files or on the command line, and the numbers of 64 bits they become.

/// What is wrong with a decimal that was read as `value` and became zero or infinite: the rest of a sentence about it.
/// `None` for one that was only rounded, and for "inf" and "nan", which are no decimals.
pub fn lost(decimal: &str, value: f64) -> Option<&'static str> {
    let mantissa = decimal.split(['e', 'E']).next().unwrap_or_default();
    if !mantissa.bytes().any(|digit| (b'1'..=b'9').contains(&digit)) {
        return None;
    }
    match value {
        0.0 => Some("is too small for a number of 64 bits; write 0 if it is meant"),
        value if value.is_infinite() => Some("is too large for a number of 64 bits"),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_number_that_becomes_zero_or_infinite_is_lost() {
        for (text, expected) in [
            ("1e-400", Some("too small")),
            ("-0.001E-330", Some("too small")),
            ("1e400", Some("too large")),
            ("-9e308", Some("too large")),
            ("0", None),
            ("-0.0e-400", None),
            ("0e400", None),
            ("inf", None),
            ("nan", None),
            ("5e-324", None),
            ("1e-320", None),
            ("1.7e308", None),
        ] {
            let found = lost(text, text.parse().unwrap_or(f64::NAN));
            assert_eq!(found.is_some(), expected.is_some(), "{text}");
            assert!(found.unwrap_or_default().contains(expected.unwrap_or_default()), "{text}");
        }
    }
}
