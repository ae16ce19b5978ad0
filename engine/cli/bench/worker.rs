//! One workload in a process of its own, so that its peak of memory is its own: the process that starts it and the
//! worker.

use std::process::{Command, ExitCode};

use neuropil::bench::{Costs, Measurement, Protocol, Segment, machine, median};
use neuropil::experiment::Setup;
use neuropil::simulation::Simulation;
use neuropil::{Error, Result};

use super::{BenchOptions, child};
use crate::cli::progress;

/// Measures `runs` runs of a workload in a new process; gives the exit code of that process where it failed, which it
/// has explained on standard error.
///
/// # Errors
/// A process that cannot be started, or that a signal ended.
pub fn measure_in_process(options: &BenchOptions, workload: &str, runs: u32) -> Result<Result<Measurement, ExitCode>> {
    let program = std::env::current_exe().map_err(|error| Error::io("the program itself", error))?;
    let mut command = Command::new(&program);
    command.args(options.worker_arguments(workload, runs));
    let ended = child::run(&mut command, false).map_err(|error| Error::io(&program, error))?;
    if ended.interrupted {
        return Ok(Err(ExitCode::from(130)));
    }
    match ended.status.code() {
        Some(0) => {
            let measured = serde_json::from_str(&ended.output);
            measured.map(Ok).map_err(|error| Error::Internal(format!("the process for {workload}: {error}")))
        }
        Some(code) => Ok(Err(ExitCode::from(u8::try_from(code).unwrap_or(1)))),
        None => {
            let problem = format!("its process was ended ({}), perhaps for want of memory", ended.status);
            Err(Error::invalid(format!("workload {workload}"), problem))
        }
    }
}

/// Measures a workload here and prints it as one line of JSON.
///
/// # Errors
/// A network or a device that fails, standard output that cannot be written.
pub fn measure_here(name: &str, setup: &Setup, protocol: &Protocol) -> Result<ExitCode> {
    let mut simulation = progress::spin(format!("building {name}"), || {
        Simulation::new(setup.network.clone(), setup.device.clone(), setup.seed, &setup.options)
    })?;
    crate::cli::print_cautions(setup, &simulation);
    let before = machine::load();
    let mut bar = progress::Bar::new(setup.network.dt());
    let segments = protocol.time(&mut simulation, &mut |progress| bar.watch(progress));
    bar.end();
    let Some(segments) = segments? else { return Ok(ExitCode::from(130)) };
    let load = before.zip(machine::load());
    let mut measured = measurement(setup, protocol, &simulation, segments, load);
    if measured.dispatches_per_step == 0.0 {
        measured.threads = Some(setup.device.threads_for(&setup.network));
        measured.last_level_cache = machine::last_level_cache();
    }
    progress::spin(format!("finding what the parts of {name} cost"), || -> Result<()> {
        measured.costs = Costs::measure(&mut simulation, protocol.segment, median(&measured.ratios()))?;
        drop(simulation);
        measured.copy_bytes_per_second = measured.threads.and_then(machine::copy_bandwidth);
        Ok(())
    })?;
    crate::cli::print_json_line(&measured)?;
    Ok(ExitCode::SUCCESS)
}

/// The measurement as known once the segments are timed; the costs of the parts are still 0.
fn measurement(
    setup: &Setup,
    protocol: &Protocol,
    simulation: &Simulation,
    segments: Vec<Segment>,
    load: Option<(f64, f64)>,
) -> Measurement {
    let facts = simulation.facts();
    Measurement {
        device: simulation.device(),
        threads: None,
        dt_ms: setup.network.dt(),
        neurons: setup.network.neurons(),
        synapses: facts.synapses,
        build_s: simulation.build_time().as_secs_f64(),
        network_bytes: facts.bytes,
        peak_memory_bytes: machine::peak_memory(),
        warm_up_s: protocol.warm_up.as_ms() * 1e-3,
        segment_s: protocol.segment.as_ms() * 1e-3,
        segments,
        load,
        traffic: facts.traffic,
        epoch_steps: neuropil::plan::storage::encoding::longest_epoch(facts.delays.0),
        dispatches_per_step: simulation.dispatches_per_step(),
        costs: Costs { synchronisation_s: 0.0, update_s: 0.0 },
        copy_bytes_per_second: None,
        last_level_cache: None,
    }
}
