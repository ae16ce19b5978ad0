//! What is wrong with a command line, in one sentence like all other errors.

use std::error::Error as _;

use clap::error::{ContextKind, ContextValue, ErrorKind};
use neuropil::Error;

/// The error that clap found, as one of this program: what is wrong and what to write instead.
pub fn from_clap(found: &clap::Error) -> Error {
    let text = |kind| texts(found, kind).into_iter().next().unwrap_or_default();
    let (argument, value) = (text(ContextKind::InvalidArg), text(ContextKind::InvalidValue));
    let option = name_of(&argument).to_owned();
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
            let others = others.iter().map(|other| name_of(other));
            match others.collect::<Vec<_>>().join(" and ") {
                same if same == option => Error::invalid(option, "it is given twice; give it once"),
                others => Error::invalid(option, format!("it does not go with {others}; leave one out")),
            }
        }
        // The message of clap without its advice, which is in lines of its own.
        _ => {
            let words = found.render().to_string();
            let first = words.split("\n\n").next().unwrap_or_default().trim_start_matches("error: ");
            wrong_line(format!("{}; see --help", first.split_whitespace().collect::<Vec<_>>().join(" ")))
        }
    }
}

/// The name of an option that clap shows with its value, as `--seeds <N>` or `--sweep[=<N>]`.
fn name_of(shown: &str) -> &str {
    match shown.starts_with('-') {
        true => shown.split([' ', '=', '[']).next().unwrap_or(shown),
        false => shown,
    }
}

/// An error of the command line as a whole.
fn wrong_line(problem: String) -> Error {
    Error::invalid("command line", problem)
}

/// The texts of one `kind` that clap gives with an error, as a list.
fn texts(found: &clap::Error, kind: ContextKind) -> Vec<String> {
    match found.get(kind) {
        Some(ContextValue::String(text)) => vec![text.clone()],
        Some(ContextValue::Strings(texts)) => texts.clone(),
        _ => Vec::new(),
    }
}
