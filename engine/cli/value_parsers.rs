//! Parsers of the values of options, which clap calls; and seconds as milliseconds.

use clap::builder::{PossibleValuesParser, TypedValueParser};

/// A parser of one of the values `all`, each written as its `name`.
pub fn one_of<T: Copy + Send + Sync + 'static, const N: usize>(
    all: [T; N],
    name: fn(T) -> &'static str,
) -> impl TypedValueParser<Value = T> {
    let find = move |text: String| all.into_iter().find(|&one| name(one) == text).ok_or("no such name");
    PossibleValuesParser::new(all.map(name)).try_map(find)
}

/// Reads a whole number, 0 or more.
///
/// # Errors
/// The phrase that says what to write, where `text` is anything else.
pub fn parse_whole_number(text: &str) -> Result<u64, String> {
    text.parse().map_err(|_| "write a whole number, 0 or more (and less than 2^64)".into())
}

/// Reads a number.
///
/// # Errors
/// The phrase that says what to write, where `text` is anything else.
pub fn parse_number(text: &str) -> Result<f64, String> {
    text.parse().map_err(|_| "write a number, such as 0.5".into())
}

/// Reads a number of threads, from 1 to 4096.
///
/// # Errors
/// The phrase that says what to write, where `text` is anything else.
pub fn parse_threads(text: &str) -> Result<u64, String> {
    text.parse().ok().filter(|n| (1..=4096).contains(n)).ok_or_else(|| "write a whole number from 1 to 4096".into())
}

/// Checks a size of memory, such as 6GiB, and gives it as it is written.
///
/// # Errors
/// The phrase that says what to write, where `text` is anything else.
pub fn parse_size(text: &str) -> Result<String, String> {
    match neuropil::files::size(text) {
        Some(_) => Ok(text.to_owned()),
        None => Err("it is no size; write it as 6GiB, 500MB or in bytes".into()),
    }
}

/// Reads a biological time above 0, written and given in seconds.
///
/// # Errors
/// The phrase that says what to write, where `text` is anything else.
pub fn parse_seconds(text: &str) -> Result<f64, String> {
    let seconds = text.parse().ok().filter(|s: &f64| *s > 0.0 && seconds_to_ms(*s).is_finite());
    seconds.ok_or_else(|| "write a number of seconds above 0, such as 0.5".into())
}

/// Reads a biological time above 0, written in seconds and given in ms.
///
/// # Errors
/// As [`parse_seconds`].
pub fn parse_seconds_as_ms(text: &str) -> Result<f64, String> {
    parse_seconds(text).map(seconds_to_ms)
}

/// Reads a biological time above 0 with its unit (ms, s, min or h), given in ms.
///
/// # Errors
/// The phrase that says what to write, where `text` is anything else.
pub fn parse_time_with_unit(text: &str) -> Result<f64, String> {
    let units = [("ms", 1.0), ("min", 60e3), ("s", 1e3), ("h", 3600e3)];
    let parsed = units.iter().find_map(|(unit, ms)| Some((text.strip_suffix(unit)?.trim().parse::<f64>().ok()?, ms)));
    match parsed {
        // Whether it is a whole number of steps is for the grid of the run to say.
        Some((number, ms)) if number > 0.0 && number.is_finite() => Ok(number * ms),
        _ => Err("write a biological time above 0 with its unit, such as 500ms, 10s or 2min".into()),
    }
}

/// Converts seconds to ms by moving the decimal point, since 0.00995 times 1000 is 9.950000000000001.
pub fn seconds_to_ms(seconds: f64) -> f64 {
    format!("{seconds}e3").parse().unwrap_or(f64::INFINITY)
}
