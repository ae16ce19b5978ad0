//! How to read the file of a connectome: the keys of `connectome = { ... }` as options of the command line.

use std::path::PathBuf;

use clap::{Arg, ArgMatches, Args, Command, FromArgMatches};
use neuropil::Result;
use neuropil::experiment::{ConnectomeKeys, Key};

/// The options that were given: key and value as written.
#[derive(Debug, Clone, Default)]
pub struct ReaderOptions(Vec<(&'static str, String)>);

impl ReaderOptions {
    /// Whether no option was given.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The files that options name.
    pub fn files(&self) -> Vec<PathBuf> {
        let files = ["labels", "lengths", "nodes"];
        self.0.iter().filter(|(key, _)| files.contains(key)).map(|(_, text)| PathBuf::from(text)).collect()
    }

    /// The keys that say how `file` is read.
    ///
    /// # Errors
    /// A value that its key does not take.
    pub fn keys(&self, file: &str) -> Result<ConnectomeKeys> {
        let mut keys = ConnectomeKeys::of(file);
        for (key, text) in &self.0 {
            keys.set(key, text, &format!("--{} {text}", key.replace('_', "-")))?;
        }
        Ok(keys)
    }
}

/// The keys that are options: all but the file, which is an argument of the command.
fn reader_option_keys() -> impl Iterator<Item = &'static Key> {
    ConnectomeKeys::SECTION.keys.iter().filter(|key| key.name != "file")
}

impl Args for ReaderOptions {
    fn augment_args(command: Command) -> Command {
        reader_option_keys().fold(command, |command, key| {
            let long = key.name.replace('_', "-");
            let option = Arg::new(key.name).long(long.clone()).value_name(key.takes.to_uppercase()).help(key.about);
            let option = if long == key.name { option } else { option.alias(key.name) };
            command.arg(option.allow_hyphen_values(true).help_heading("How the file is read"))
        })
    }

    fn augment_args_for_update(command: Command) -> Command {
        Self::augment_args(command)
    }
}

impl FromArgMatches for ReaderOptions {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, clap::Error> {
        let given =
            reader_option_keys().filter_map(|key| Some((key.name, matches.get_one::<String>(key.name)?.clone())));
        Ok(ReaderOptions(given.collect()))
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), clap::Error> {
        *self = Self::from_arg_matches(matches)?;
        Ok(())
    }
}
