//! Numbers as people read them.

/// `n` things called `noun`: "45,669 neurons", "1 neuron", "2 vertices".
pub fn counted(n: impl TryInto<u64>, noun: &str) -> String {
    let n = n.try_into().unwrap_or(u64::MAX);
    let plural = match noun.strip_suffix("ex") {
        _ if n == 1 => noun.to_owned(),
        Some(stem) => format!("{stem}ices"),
        None => format!("{noun}s"),
    };
    format!("{} {plural}", count(n))
}

/// `n` with commas between thousands: 1234567 as "1,234,567".
pub fn count(n: u64) -> String {
    let digits = n.to_string();
    let mut text = String::new();
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// `n` bytes in the largest unit below: "1.5 GiB".
pub fn bytes(n: u64) -> String {
    const UNITS: [&str; 6] = ["B", "KiB", "MiB", "GiB", "TiB", "PiB"];
    let mut value = n as f64;
    let mut unit = 0;
    while value >= 1024.0 && unit + 1 < UNITS.len() {
        value /= 1024.0;
        unit += 1;
    }
    if unit == 0 { format!("{n} B") } else { format!("{value:.1} {}", UNITS[unit]) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_thing_is_one_and_others_are_several() {
        for (n, noun, text) in [
            (0, "neuron", "0 neurons"),
            (1, "neuron", "1 neuron"),
            (2, "vertex", "2 vertices"),
            (1, "vertex", "1 vertex"),
            (1_234_567, "spike", "1,234,567 spikes"),
        ] {
            assert_eq!(counted(n, noun), text);
        }
    }
}
