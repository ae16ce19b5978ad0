//! Names and ids of nodes as they stand in files: read exactly or refused, by one rule for all formats.

/// Whole numbers above this are not exact as floating-point numbers of 64 bits.
pub(super) const EXACT: f64 = 9_007_199_254_740_992.0;

/// Whole numbers above this are not exact as floating-point numbers of 32 bits.
#[cfg(feature = "formats")]
pub(super) const EXACT_32: f64 = 16_777_216.0;

/// What programs write where a value is missing; every neuron without an id would be the same one.
const MISSING: [&str; 6] = ["nan", "NaN", "NAN", "<NA>", "#N/A", "#REF!"];

/// The name without what cannot be seen around it; a whole number that a table kept as a real one ("2.0") is that number.
/// Refused is what has lost digits: ids in scientific notation, and reals above 2^53.
pub(super) fn exact(text: &str) -> Result<&str, String> {
    let unseen = |c: char| c.is_whitespace() || matches!(c, '\u{feff}' | '\u{200b}' | '\u{2060}');
    let name = text.trim_matches(unseen);
    if name.is_empty() {
        return Err("a node has an empty name; name every node".to_owned());
    }
    if MISSING.contains(&name) {
        return Err(format!("a node is called '{name}', which stands for a missing value; name every node"));
    }
    if is_scientific(name) {
        return Err(format!("the id '{name}' is in scientific notation and has lost digits; keep ids as text"));
    }
    let Some((whole, fraction)) = name.split_once('.').filter(|(whole, _)| is_whole(whole)) else { return Ok(name) };
    if !fraction.bytes().all(|b| b == b'0') {
        return Ok(name);
    }
    if whole.parse::<f64>().is_ok_and(|value| value.abs() > EXACT) {
        return Err(format!("the id '{name}' {}", lost_digits("2^53")));
    }
    Ok(whole)
}

/// The name that a number stands for; `below` is where its type stops to be exact.
#[cfg(feature = "formats")]
pub(super) fn of_number(value: f64, below: f64) -> Result<String, String> {
    match value {
        value if value.is_nan() => Err("a node has no id; name every node".to_owned()),
        value if value.abs() > below => {
            let bits = if below == EXACT_32 { "2^24" } else { "2^53" };
            Err(format!("the id {}", lost_digits(bits)))
        }
        value => Ok(value.to_string()),
    }
}

/// Whether a text is a whole number that may be the id of a node.
pub(super) fn is_id(text: &str) -> bool {
    exact(text).is_ok_and(|name| name.bytes().all(|b| b.is_ascii_digit()))
}

/// The problem of an id that is a float too large to be exact; `bits` is where exactness ends.
fn lost_digits(bits: &str) -> String {
    format!("is above {bits} and has lost digits, for it is kept as a number; keep ids as text")
}

/// Whether a text is a whole number in digits, with or without a sign.
fn is_whole(text: &str) -> bool {
    let digits = text.strip_prefix(['+', '-']).unwrap_or(text);
    !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit())
}

/// Whether a number is written as programs write floating-point numbers: 7.2E17, 7E+17. Plain 1e3 is a name.
fn is_scientific(name: &str) -> bool {
    let Some((mantissa, exponent)) = name.split_once(['e', 'E']) else { return false };
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let number = is_whole(whole) && fraction.bytes().all(|b| b.is_ascii_digit()) && is_whole(exponent);
    number && (mantissa.contains('.') || exponent.starts_with(['+', '-']))
}

/// The name of a neuron without zero padding: VC01 becomes VC1; body-wall muscles (MDL01...) keep theirs.
///
/// ```
/// use neuropil::connectomes::celegans::normalise_name;
/// assert_eq!(normalise_name("VC01"), "VC1");
/// assert_eq!(normalise_name("MDL01"), "MDL01");
/// ```
pub fn normalise_name(name: &str) -> String {
    let letters = name.bytes().take_while(u8::is_ascii_uppercase).count();
    let (prefix, rest) = name.split_at(letters);
    let number = rest.trim_start_matches('0');
    let muscle = matches!(prefix, "MDL" | "MDR" | "MVL" | "MVR");
    match !prefix.is_empty() && !muscle && number.starts_with(|c: char| c.is_ascii_digit()) {
        true => format!("{prefix}{number}"),
        false => name.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_read_exactly_or_refused() {
        let same = ["A", "10", "007", "1e3", "2.5", "1.10", "5E", "E5", "A.0", "720575940000000001", "-", "1.2.0"];
        same.iter().for_each(|name| assert_eq!(exact(name).as_deref(), Ok(*name)));
        for (text, name) in [("2.0", "2"), ("2.", "2"), (" A\u{a0}", "A"), ("\u{feff}A", "A"), ("-3.00", "-3")] {
            assert_eq!(exact(text), Ok(name), "{text:?}");
        }
        for lost in ["7.20576E+17", "7.2e17", "1e+05", "1E-3", "720575940000000001.0", "nan", "", " \u{feff}"] {
            assert!(exact(lost).is_err(), "{lost:?}");
        }
    }
}
