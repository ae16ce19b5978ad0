//! The one error type: each variant says what is wrong, where, and what to do about it.
//!
//! An error is one line of bounded length without control characters, whatever stands in the files and arguments that
//! it quotes; its fields hold them as they are.

use std::path::{Path, PathBuf};

use crate::quote;
use crate::text::bytes;

/// Result of every fallible call of the library.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Everything that can go wrong, in the user's terms.
///
/// [`Error::exit_code`] distinguishes a user's mistake (2) from a failure (1).
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A parameter or state value lies outside its declared bounds.
    #[error("{}.{} = {value} must be {}", quote::name(.population), quote::name(.field), quote::sentence(.rule))]
    Parameter {
        /// Population that owns the value.
        population: String,
        /// NEST name of the field.
        field: String,
        /// The offending value.
        value: f64,
        /// The rule it breaks, such as "> 0 pF".
        rule: String,
    },
    /// A name that does not exist; the nearest known one is suggested.
    #[error("unknown {kind} '{}' in {}{}", quote::name(.name), quote::place(.place), suggestion(.kind, .nearest, .known))]
    Unknown {
        /// What sort of name it is: "model", "parameter", "key", "preset"...
        kind: &'static str,
        /// The name as given.
        name: String,
        /// Where it was given.
        place: String,
        /// The nearest known name, if one is near.
        nearest: Option<String>,
        /// All known names.
        known: Vec<String>,
    },
    /// Something is wrong in a network, an experiment file, an option or a model.
    #[error("{}: {}", quote::place(.place), quote::sentence(.problem))]
    Invalid {
        /// The population, projection, stimulus or recorder; file and position; the option.
        place: String,
        /// What is wrong and what to do.
        problem: String,
    },
    /// A connection rule that cannot be satisfied.
    #[error("cannot connect {} to {}: {}", quote::name(.from), quote::name(.to), quote::sentence(.problem))]
    Connection {
        /// Source population.
        from: String,
        /// Target population.
        to: String,
        /// What is wrong and what to do.
        problem: String,
    },
    /// A file that cannot be read, or does not hold what it should.
    #[error("{}{}: {}", quote::path(.path), .line.map(|l| format!(", line {l}")).unwrap_or_default(), quote::sentence(.problem))]
    File {
        /// The file.
        path: PathBuf,
        /// Line, counted from 1, where known.
        line: Option<u64>,
        /// What is wrong and what was expected.
        problem: String,
    },
    /// An operating-system error on a path.
    #[error("{}: {}", quote::path(.path), quote::sentence(&.source.to_string()))]
    Io {
        /// The path.
        path: PathBuf,
        /// The system's reason.
        source: std::io::Error,
    },
    /// More memory would be needed than there is, as found before allocating.
    #[error("{} needs {} and {} are available; {}", quote::place(.what), bytes(*.needed), bytes(*.available), quote::sentence(.hint))]
    Memory {
        /// What would be allocated.
        what: String,
        /// Bytes needed.
        needed: u64,
        /// Bytes available.
        available: u64,
        /// What would fit.
        hint: String,
    },
    /// The device offers less than the network needs.
    #[error("{}: {needed} needed, this device offers {offered}; {}", quote::sentence(.what), quote::sentence(.hint))]
    DeviceLimit {
        /// What is limited.
        what: String,
        /// How much of it is needed.
        needed: u64,
        /// How much of it the device offers.
        offered: u64,
        /// What to do.
        hint: String,
    },
    /// There is no device of the kind asked for.
    #[error("no usable GPU: {}; use --device cpu, or --device auto to take what there is", quote::sentence(.0))]
    NoDevice(String),
    /// A shader was rejected; the position is in the model's own file.
    #[error("{}:{line}: {}", quote::place(.file), quote::sentence(.message))]
    Shader {
        /// WGSL file.
        file: String,
        /// Line in that file.
        line: u32,
        /// naga's or the driver's words.
        message: String,
    },
    /// The device failed while running.
    #[error("the GPU failed: {}", quote::sentence(.0))]
    Device(String),
    /// A state became NaN or infinite, or a sum overflowed.
    #[error("{}[{index}] {fault} at step {step} ({time_ms} ms); try a smaller dt or smaller weights", quote::name(.population))]
    Numerics {
        /// The population.
        population: String,
        /// Index of the neuron in the population.
        index: u32,
        /// The step, counted from 1.
        step: u64,
        /// The end of that step, ms.
        time_ms: f64,
        /// "became NaN or infinite" and the like.
        fault: String,
    },
    /// Another error, with the place in a file that led to it.
    #[error("{}: {error}", quote::place(.place))]
    At {
        /// File and line.
        place: String,
        /// What is wrong there.
        error: Box<Error>,
    },
    /// The system gives no more threads.
    #[error(
        "no thread to {what}: {reason}; ask for fewer with --threads, or let the process have more (ulimit -u, ulimit -v)"
    )]
    Threads {
        /// What the thread should do.
        what: String,
        /// The system's reason.
        reason: std::io::Error,
    },
    /// A bug in this library; please report it.
    #[error("internal error, please report it: {}", quote::sentence(.0))]
    Internal(String),
}

impl Error {
    /// The exit code of the program: 2 for a mistake that the user can correct, 1 for a failure.
    pub fn exit_code(&self) -> u8 {
        match self {
            Error::Device(_) | Error::Internal(_) | Error::Shader { .. } => 1,
            Error::At { error, .. } => error.exit_code(),
            _ => 2,
        }
    }

    /// [`Error::Invalid`] at `place`.
    pub fn invalid(place: impl Into<String>, problem: impl Into<String>) -> Error {
        Error::Invalid { place: place.into(), problem: problem.into() }
    }

    /// This error with the place in a file that led to it, where there is one.
    pub fn at(self, place: impl Into<Option<String>>) -> Error {
        match place.into() {
            Some(place) => Error::At { place, error: Box::new(self) },
            None => self,
        }
    }

    /// [`Error::Io`] on `path`.
    pub fn io(path: impl AsRef<Path>, source: std::io::Error) -> Error {
        Error::Io { path: path.as_ref().to_path_buf(), source }
    }

    /// [`Error::Threads`] for a thread that should do `what`.
    pub fn threads(what: impl Into<String>, reason: std::io::Error) -> Error {
        Error::Threads { what: what.into(), reason }
    }

    /// [`Error::File`] without a line.
    pub fn file(path: impl AsRef<Path>, problem: impl Into<String>) -> Error {
        Error::File { path: path.as_ref().to_path_buf(), line: None, problem: problem.into() }
    }

    /// [`Error::File`] at `line`, counted from 1.
    pub fn file_line(path: impl AsRef<Path>, line: u64, problem: impl Into<String>) -> Error {
        Error::File { path: path.as_ref().to_path_buf(), line: Some(line), problem: problem.into() }
    }

    /// [`Error::Unknown`] for a `kind` of thing called `name`, which is not among `known`; the nearest of these is
    /// suggested.
    pub fn unknown<S: AsRef<str>>(kind: &'static str, name: &str, place: impl Into<String>, known: &[S]) -> Error {
        let known: Vec<String> = known.iter().map(|k| k.as_ref().to_owned()).collect();
        // A number is no misspelt other number.
        let is_number = |text: &str| text.parse::<f64>().is_ok();
        let nearest = nearest(name, &known).filter(|near| !(is_number(name) && is_number(near)));
        Error::Unknown { kind, name: name.to_owned(), place: place.into(), nearest, known }
    }
}

/// The largest number of known names that are listed where none is near.
const LISTED: usize = 40;

/// The least length of a name that is suggested for a longer one, or a longer one for it.
const WHOLE: usize = 3;

/// The known name that was meant by `name`: the nearest of those that begin with the whole of it or with the whole of which it
/// begins, else the nearest of all, if it is near enough for `name` to be a typing error.
pub fn nearest(name: &str, known: &[String]) -> Option<String> {
    let name = name.to_lowercase();
    let least = |near: &dyn Fn(&str) -> Option<usize>| {
        let all = known.iter().filter_map(|known| Some((near(&known.to_lowercase())?, known)));
        all.min_by_key(|(distance, _)| *distance).map(|(_, known)| known.clone())
    };
    let begun = |known: &str| {
        let (short, long) = if known.len() < name.len() { (known, &*name) } else { (&*name, known) };
        let whole = long.starts_with(short) && short.len() >= WHOLE && 2 * short.len() >= long.len();
        whole.then_some(long.len() - short.len())
    };
    let mistyped = |known: &str| {
        let (name, known) = without_shared_end(&name, known);
        let distance = strsim::damerau_levenshtein(name, known);
        (distance <= 1 + known.chars().count() / 3).then_some(distance)
    };
    least(&begun).or_else(|| least(&mistyped))
}

/// Two names without the words at their ends, behind `_`, that both share: it is by the others that they differ.
fn without_shared_end<'a>(mut a: &'a str, mut b: &'a str) -> (&'a str, &'a str) {
    while let (Some((a_begin, a_end)), Some((b_begin, b_end))) = (a.rsplit_once('_'), b.rsplit_once('_')) {
        if a_end != b_end {
            break;
        }
        (a, b) = (a_begin, b_begin);
    }
    (a, b)
}

/// The end of the sentence of [`Error::Unknown`]: the nearest name, or a list of the known ones.
fn suggestion(kind: &str, nearest: &Option<String>, known: &[String]) -> String {
    match nearest {
        Some(near) => format!("; did you mean '{}'?", quote::name(near)),
        None if known.is_empty() => String::new(),
        None => {
            let listed: Vec<_> = known.iter().take(LISTED).map(|known| quote::name(known)).collect();
            let more = known.len() - listed.len();
            let more = if more > 0 { format!(" and {more} more") } else { String::new() };
            let told = if matches!(kind, "model" | "synapse") { "; `neuropil model` says what they are" } else { "" };
            format!("; known: {}{more}{told}", listed.join(", "))
        }
    }
}
