//! What is wrong with a command line, in one sentence like all others; and the numbers on it.

use std::error::Error as _;

use clap::builder::{PossibleValuesParser, TypedValueParser};
use clap::error::{ContextKind, ContextValue, ErrorKind};
use neuropil::Error;

/// The mistake that clap found.
pub fn mistake(found: &clap::Error) -> Error {
    let text = |kind| texts(found, kind).into_iter().next().unwrap_or_default();
    let (argument, value) = (text(ContextKind::InvalidArg), text(ContextKind::InvalidValue));
    let option = argument.split(" <").next().unwrap_or_default().to_owned();
    let valid = texts(found, ContextKind::ValidValue);
    let unknown = |what: &str, name: &str, known: ContextKind| match texts(found, known).first() {
        Some(near) => wrong_line(format!("there is no {what} '{name}'; did you mean '{near}'?")),
        None => wrong_line(format!("there is no {what} '{name}'; --help lists what there is")),
    };
    match found.kind() {
        ErrorKind::InvalidValue if value.is_empty() => {
            Error::invalid(option, format!("its value is missing; write {argument}"))
        }
        ErrorKind::InvalidValue => Error::unknown("value", &value, option, &valid),
        ErrorKind::ValueValidation => {
            let reason = found.source().map(ToString::to_string).unwrap_or_default();
            let value = if value.is_empty() { "''" } else { &value };
            Error::invalid(format!("{option} {value}"), reason)
        }
        ErrorKind::UnknownArgument if argument.starts_with('-') => {
            unknown("option", &argument, ContextKind::SuggestedArg)
        }
        ErrorKind::UnknownArgument => {
            wrong_line(format!("'{argument}' is one argument too many; --help lists what there is"))
        }
        ErrorKind::InvalidSubcommand => {
            unknown("command", &text(ContextKind::InvalidSubcommand), ContextKind::SuggestedSubcommand)
        }
        ErrorKind::MissingRequiredArgument => {
            let missing = texts(found, ContextKind::InvalidArg).join(" and ");
            // A group of options comes as <--a <A>|--b <B>>.
            let group = missing.strip_prefix("<--").and_then(|group| group.strip_suffix(">>"));
            let missing = group.map_or(missing.clone(), |group| format!("--{}>", group.replace(">|", "> or ")));
            wrong_line(format!("{missing} is missing; --help shows examples"))
        }
        ErrorKind::ArgumentConflict => {
            let others = texts(found, ContextKind::PriorArg);
            let others = others.iter().map(|other| other.split(" <").next().unwrap_or_default());
            match others.collect::<Vec<_>>().join(" and ") {
                same if same == option => Error::invalid(option, "it is given twice; give it once"),
                others => Error::invalid(option, format!("it does not go with {others}; leave one out")),
            }
        }
        // clap's own words without its advice, which stands in lines of their own.
        _ => {
            let words = found.render().to_string();
            let first = words.split("\n\n").next().unwrap_or_default().trim_start_matches("error: ");
            wrong_line(format!("{}; see --help", first.split_whitespace().collect::<Vec<_>>().join(" ")))
        }
    }
}

/// An error of the command line as a whole.
fn wrong_line(problem: String) -> Error {
    Error::invalid("command line", problem)
}

/// What clap says of one kind, as a list.
fn texts(found: &clap::Error, kind: ContextKind) -> Vec<String> {
    match found.get(kind) {
        Some(ContextValue::String(text)) => vec![text.clone()],
        Some(ContextValue::Strings(texts)) => texts.clone(),
        _ => Vec::new(),
    }
}

/// One of several names.
pub fn among<T: Copy + Send + Sync + 'static, const N: usize>(
    all: [T; N],
    name: fn(T) -> &'static str,
) -> impl TypedValueParser<Value = T> {
    let find = move |text: String| all.into_iter().find(|&one| name(one) == text).ok_or("no such name");
    PossibleValuesParser::new(all.map(name)).try_map(find)
}

/// A whole number of an option.
///
/// # Errors
/// Anything else, as one phrase.
pub fn whole(text: &str) -> Result<u64, String> {
    text.parse().map_err(|_| "write a whole number, 0 or more (and less than 2^64)".into())
}

/// A number of an option.
///
/// # Errors
/// Anything else, as one phrase.
pub fn number(text: &str) -> Result<f64, String> {
    text.parse().map_err(|_| "write a number, such as 0.5".into())
}

/// A number of threads.
///
/// # Errors
/// Anything else, as one phrase.
pub fn threads(text: &str) -> Result<u64, String> {
    text.parse().ok().filter(|n| (1..=4096).contains(n)).ok_or_else(|| "write a whole number from 1 to 4096".into())
}

/// A size of memory, as it is written.
///
/// # Errors
/// Anything else, as one phrase.
pub fn size(text: &str) -> Result<String, String> {
    match neuropil::files::size(text) {
        Some(_) => Ok(text.to_owned()),
        None => Err("it is no size; write it as 6GiB, 500MB or in bytes".into()),
    }
}

/// A biological time in seconds.
///
/// # Errors
/// What is no number above 0, as one phrase.
pub fn biological(text: &str) -> Result<f64, String> {
    let seconds = text.parse().ok().filter(|s: &f64| *s > 0.0 && ms(*s).is_finite());
    seconds.ok_or_else(|| "write a number of seconds above 0, such as 0.5".into())
}

/// Seconds, as ms.
///
/// # Errors
/// As [`biological`].
pub fn milliseconds(text: &str) -> Result<f64, String> {
    biological(text).map(ms)
}

/// Seconds in ms: the decimal is moved, since 0.00995 times 1000 is 9.950000000000001.
pub fn ms(seconds: f64) -> f64 {
    format!("{seconds}e3").parse().unwrap_or(f64::INFINITY)
}
