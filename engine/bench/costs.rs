//! Measures the costs of the parts of a run, pass by pass.

use serde::{Deserialize, Serialize};

use crate::error::Result;
use crate::simulation::Simulation;
use crate::time::Time;

/// Wall time of the parts of a run, s per second of biological time.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Costs {
    /// Time that is neither update nor delivery: waiting of threads, submission of dispatches, work of the host.
    pub synchronisation_s: f64,
    /// Synchronisation, and updates of neurons including their stimuli.
    pub update_s: f64,
}

impl Costs {
    /// Measures the costs by running a simulation for another `segment`; on the CPU the passes of one thread. `wall` is
    /// wall over biological time of the same simulation when passes are not timed.
    ///
    /// # Errors
    /// A device that fails or cannot time passes.
    pub fn measure(simulation: &mut Simulation, segment: Time, wall: f64) -> Result<Costs> {
        simulation.profile()?;
        simulation.run(segment)?;
        let (mut updates, mut events) = (0.0, 0.0);
        for pass in simulation.pass_times() {
            match pass.name.split(' ').next() {
                Some("integrate") => updates += pass.seconds,
                Some("propagate" | "propagate_stored" | "propagate_procedural") => events += pass.seconds,
                _ => {}
            }
        }
        let biological = segment.as_ms() * 1e-3;
        let (updates, events) = (updates / biological, events / biological);
        let synchronisation_s = (wall - updates - events).max(0.0);
        Ok(Costs { synchronisation_s, update_s: synchronisation_s + updates })
    }
}
