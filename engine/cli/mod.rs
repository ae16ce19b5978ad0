//! The command line: options, progress bars, tables and reports. The library does the work; nothing here simulates.
//!
//! Results go to standard output, progress and complaints to standard error. A user's mistake ends with one sentence and
//! exit code 2, a failure with 1, an interrupted run with 130.

use std::io::Write;
use std::process::ExitCode;

use clap::error::ErrorKind;
use clap::{Parser, Subcommand};
use neuropil::experiment::Setup;
use neuropil::quote;
use neuropil::simulation::Simulation;
use neuropil::text::counted;
use neuropil::{Error, Result};

mod against;
mod bench;
mod checkpoints;
mod complaint;
mod connectome;
mod convert;
mod devices;
#[cfg(feature = "train")]
mod diffusion;
#[cfg(feature = "train")]
mod early;
mod folder;
mod job;
mod layout_report;
mod measures;
mod model;
#[cfg(all(feature = "train", feature = "formats"))]
mod nir;
mod options;
mod plot;
mod presets;
mod progress;
mod reader;
mod report;
#[cfg(feature = "train")]
mod reservoir;
mod resume;
mod run;
mod sends;
mod style;
mod tables;
#[cfg(feature = "train")]
mod train;
mod trials;
mod trials_report;
mod value_parsers;
mod weights;

const EXAMPLES: &str = "\
Examples:
  neuropil run c-elegans                   one second of the worm, with a picture
  neuropil run brunel --seconds 0.5        a published network
  neuropil run net.toml --set exc.V_th=-52 your own
  neuropil resume brunel.checkpoint        go on after a crash, see run --checkpoint
  neuropil presets                         what there is
  neuropil run --help-format               how to write your own";

/// A spiking brain simulator: real connectomes, the same spikes on CPU and GPU.
#[derive(Debug, Parser)]
#[command(version, after_help = EXAMPLES, arg_required_else_help = true, disable_help_subcommand = true)]
struct Options {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Simulate a preset or an experiment file
    Run(run::RunOptions),
    /// Go on with a run from a checkpoint
    Resume(resume::ResumeOptions),
    /// List the published networks, or print the documentation of one
    Presets(presets::PresetsOptions),
    /// Show what a neuron or synapse model is: a built-in one, or your own in text
    Model(model::ModelOptions),
    /// Look into connectomes, and convert them
    #[command(subcommand)]
    Connectome(connectome::ConnectomeCommand),
    /// Draw the pictures of an output folder again
    Plot(plot::PlotOptions),
    /// Measure how fast workloads run, and what limits them
    Bench(bench::BenchOptions),
    /// Train a spiking network by gradients, and play it on the engine
    #[cfg(feature = "train")]
    Train(Box<train::TrainOptions>),
    /// Let readouts learn from a recurrent network that stays as it is
    #[cfg(feature = "train")]
    Reservoir(reservoir::ReservoirOptions),
    /// Show a network of another tool, as a NIR file holds it, or play it
    #[cfg(all(feature = "train", feature = "formats"))]
    Nir(nir::NirOptions),
    /// List what can simulate on this machine
    Devices(devices::DevicesOptions),
}

/// Runs the program: parses the command line, runs the command and gives the exit code.
pub fn main() -> ExitCode {
    let report = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |panic| {
        if !neuropil::connectomes::is_guarded() {
            report(panic);
        }
    }));
    let options = match Options::try_parse() {
        Ok(options) => options,
        Err(found) if !found.use_stderr() || found.kind() == ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand => {
            found.exit()
        }
        Err(found) => return print_error(&complaint::from_clap(&found)),
    };
    let done = match options.command {
        Command::Run(options) => run::run(&options),
        Command::Resume(options) => resume::resume(&options),
        Command::Presets(options) => presets::presets(&options).map(|()| ExitCode::SUCCESS),
        Command::Model(options) => model::model(&options).map(|()| ExitCode::SUCCESS),
        Command::Connectome(command) => connectome::connectome(&command).map(|()| ExitCode::SUCCESS),
        Command::Plot(options) => plot::plot(&options).map(|()| ExitCode::SUCCESS),
        Command::Bench(options) => bench::bench(&options),
        #[cfg(feature = "train")]
        Command::Train(options) => train::train(&options),
        #[cfg(feature = "train")]
        Command::Reservoir(options) => reservoir::reservoir(&options),
        #[cfg(all(feature = "train", feature = "formats"))]
        Command::Nir(options) => nir::nir(&options).map(|()| ExitCode::SUCCESS),
        Command::Devices(options) => devices::devices(&options).map(|()| ExitCode::SUCCESS),
    };
    done.unwrap_or_else(|error| print_error(&error))
}

/// Prints an error on standard error and gives its exit code.
fn print_error(error: &Error) -> ExitCode {
    let colour = style::errors();
    // Where even standard error is closed, the message has no reader.
    let _ = writeln!(std::io::stderr(), "{}error:{} {error}", colour.red, colour.plain);
    ExitCode::from(error.exit_code())
}

/// Prints on standard error, before a simulation runs, what its user should know of the device and its threads.
fn print_cautions(setup: &Setup, simulation: &Simulation) {
    let cores = neuropil::device::cores();
    let asked = setup.device.threads.filter(|&asked| asked > cores && simulation.dispatches_per_step() == 0.0);
    let threads = asked.map(|asked| {
        let cores = counted(cores, "core");
        format!("{asked} threads are more than the {cores} of this machine; no more than one a core play")
    });
    for caution in threads.into_iter().chain(simulation.caution()) {
        // The run goes on even where standard error is closed.
        let _ = writeln!(std::io::stderr(), "note: {caution}");
    }
}

/// Writes `text` to standard output; a pipe that its reader has closed is no error.
fn print(text: &str) -> Result<()> {
    let mut out = std::io::stdout().lock();
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => Err(Error::io("standard output", error)),
        _ => Ok(()),
    }
}

/// Writes a value to standard output as one line of JSON.
fn print_json_line<T: serde::Serialize>(value: &T) -> Result<()> {
    let text = serde_json::to_string(value).map_err(|error| Error::Internal(error.to_string()))?;
    print(&format!("{}\n", without_control_characters(text)))
}

/// Writes a value into the file `path` as indented JSON.
#[cfg(feature = "train")]
fn write_json<T: serde::Serialize>(path: &std::path::Path, value: &T) -> Result<()> {
    let json = serde_json::to_string_pretty(value).map_err(|error| Error::Internal(error.to_string()))?;
    neuropil::files::atomic_write(path, |file| file.write_all(json.as_bytes()))
}

/// Whether a count is zero, so that JSON leaves it out.
fn is_zero(count: &u64) -> bool {
    *count == 0
}

/// Writes a value to standard output as indented JSON.
fn print_json<T: serde::Serialize>(value: &T) -> Result<()> {
    let text = serde_json::to_string_pretty(value).map_err(|error| Error::Internal(error.to_string()))?;
    print(&format!("{}\n", without_control_characters(text)))
}

/// JSON with control and other hidden characters, which a terminal would obey, as escapes; line feeds stay.
fn without_control_characters(text: String) -> String {
    let hidden = |c: char| c != '\n' && quote::is_hidden(c);
    if !text.chars().any(hidden) {
        return text;
    }
    let mut shown = String::with_capacity(text.len() + 16);
    for c in text.chars() {
        match hidden(c) {
            true => shown.extend(c.encode_utf16(&mut [0; 2]).iter().map(|unit| format!("\\u{unit:04x}"))),
            false => shown.push(c),
        }
    }
    shown
}
