//! Checking stimuli as they are added to a network. Every check fails with an [`Error::Invalid`](crate::Error::Invalid)
//! of the stimulus.

use super::{
    AcGenerator, DcGenerator, Drive, GammaSupGenerator, InhomogeneousPoissonGenerator, MipGenerator, NoiseGenerator,
    PoissonGenerator, PulsepacketGenerator, SinusoidalPoissonGenerator, SpikeGenerator, StepCurrentGenerator, Stimulus,
};
use crate::error::Result;
use crate::network::projection::check_receptor;
use crate::network::{Network, Receptor, SynapseModel};
use crate::text::counted;
use crate::tile::Channel;
use crate::time::short;

/// The largest mean number of spikes of a target in a step: beyond, the probability of no spike would be too small for
/// a number.
const MOST_IN_A_STEP: f64 = 500.0;

/// The longest time constant, steps.
const LONGEST_TAU: f64 = 1e6;

/// The largest number of phases of a gamma process.
const MOST_PHASES: u32 = 1000;

/// The largest number of processes of a superposition.
const MOST_PROCESSES: u32 = 1 << 20;

/// The largest rate at which phases can end, 1/s: that where all processes are in one phase.
fn most_phases_of(own: &GammaSupGenerator) -> f64 {
    f64::from(own.gamma_shape) * f64::from(own.n_proc) * own.rate
}

impl Stimulus {
    /// Checks weight, delay, receptor and the parameters of the drive.
    pub(crate) fn check(&self, network: &Network) -> Result<()> {
        self.delay_steps(network)?;
        if let Some(problem) = self.synapse.weight.problem(Some(self.to.len() as usize)) {
            return Err(self.error(network, format!("weight: {problem}")));
        }
        match &self.synapse.receptor {
            Receptor::Named(name) if self.drive.is_current() => {
                let problem =
                    format!("a current goes to no receptor, and receptor = \"{name}\" is given; leave it out");
                return Err(self.error(network, problem));
            }
            _ if self.drive.is_current() => self.check_current_targets(network)?,
            receptor => {
                check_receptor(network, &self.to, (receptor, SynapseModel::Static.name()), &self.place(network))?
            }
        }
        match &self.drive {
            Drive::Poisson(poisson) => self.check_poisson(network, poisson),
            Drive::Sinusoidal(trains) => self.check_sinusoidal(network, trains),
            Drive::Inhomogeneous(trains) => self.check_inhomogeneous(network, trains),
            Drive::Mip(copies) => self.check_mip(network, copies),
            Drive::GammaSup(processes) => self.check_gamma_sup(network, processes),
            Drive::Pulsepacket(packets) => self.check_pulsepacket(network, packets),
            Drive::Spikes(spikes) => self.check_spikes(network, spikes),
            Drive::Dc(dc) => self.check_dc(network, dc),
            Drive::Current(current) => self.check_current(network, current),
            Drive::Ac(swing) => self.check_ac(network, swing),
            Drive::Noise(noise) => self.check_noise(network, noise),
            Drive::Ou(path) => self.check_ou(network, (path.mean, path.std, path.tau), (path.start, path.stop)),
            Drive::OuConductance(path) => {
                self.check_conductances(network)?;
                self.check_ou(network, (path.mean, path.std, path.tau), (path.start, path.stop))
            }
        }
    }

    /// Checks that all targets take currents.
    fn check_current_targets(&self, network: &Network) -> Result<()> {
        let mut targets = self.to.parts().iter().map(|part| &network.populations()[part.population]);
        match targets.find(|target| !target.model.takes_current()) {
            None => Ok(()),
            Some(target) => {
                let (name, model) = (&target.name, target.model.declaration().name);
                Err(self.error(network, format!("population '{name}' is of {model}, which takes no current")))
            }
        }
    }

    /// Checks window and rate.
    fn check_poisson(&self, network: &Network, poisson: &PoissonGenerator) -> Result<()> {
        self.check_rate(network, "rate", poisson.rate)?;
        self.check_window(network, poisson.start, poisson.stop)
    }

    /// Checks that spikes of `rate` (spikes/s) can be drawn; `what` names the rate.
    fn check_rate(&self, network: &Network, what: &str, rate: f64) -> Result<()> {
        let most = MOST_IN_A_STEP / (network.dt() * 1e-3);
        if !(0.0..=MOST_IN_A_STEP).contains(&(rate * network.dt() * 1e-3)) {
            let problem = format!("{what} = {rate} spikes/s must lie between 0 and {}", short(most));
            return Err(self.error(network, problem));
        }
        Ok(())
    }

    /// Checks that parameters are finite numbers.
    fn check_finite(&self, network: &Network, named: &[(&str, f64)]) -> Result<()> {
        match named.iter().find(|(_, value)| !value.is_finite()) {
            None => Ok(()),
            Some((name, value)) => Err(self.error(network, format!("{name} {value} is not a finite number"))),
        }
    }

    /// Checks rates, numbers and window. As in NEST, the amplitude may be greater than the rate, which is then zero for
    /// a part of each swing.
    fn check_sinusoidal(&self, network: &Network, trains: &SinusoidalPoissonGenerator) -> Result<()> {
        let SinusoidalPoissonGenerator { rate, amplitude, frequency, phase, start, stop, .. } = *trains;
        self.check_finite(network, &[("amplitude", amplitude), ("frequency", frequency), ("phase", phase)])?;
        self.check_rate(network, "rate", rate)?;
        self.check_rate(network, "rate + amplitude", rate + amplitude.abs())?;
        self.check_window(network, start, stop)
    }

    /// Checks times and rates, the numbers of both, and window.
    fn check_inhomogeneous(&self, network: &Network, trains: &InhomogeneousPoissonGenerator) -> Result<()> {
        let (times, rates) = (&trains.rate_times, &trains.rate_values);
        if rates.len() != times.len() && rates.len() as u64 != times.len() as u64 * u64::from(self.to.len()) {
            let problem = format!(
                "rate_times has {} and rate_values has {}; give a rate for each time, or for each time and target",
                counted(times.len(), "value"),
                counted(rates.len(), "value")
            );
            return Err(self.error(network, problem));
        }
        rates.iter().try_for_each(|rate| self.check_rate(network, "rate", *rate))?;
        self.check_rising(network, "rate_times", times)?;
        times.iter().try_for_each(|time| self.check_first_step(network, *time, "rate time"))?;
        self.check_window(network, trains.start, trains.stop)
    }

    /// Checks rate, window and probability.
    fn check_mip(&self, network: &Network, copies: &MipGenerator) -> Result<()> {
        if !(0.0..=1.0).contains(&copies.p_copy) {
            return Err(self.error(network, format!("p_copy = {} must lie between 0 and 1", copies.p_copy)));
        }
        self.check_rate(network, "rate", copies.rate)?;
        self.check_window(network, copies.start, copies.stop)
    }

    /// Checks how many processes and phases there are, and that no two phases of a process end in one step.
    fn check_gamma_sup(&self, network: &Network, own: &GammaSupGenerator) -> Result<()> {
        let numbers = [("gamma_shape", own.gamma_shape, MOST_PHASES), ("n_proc", own.n_proc, MOST_PROCESSES)];
        if let Some((name, number, most)) = numbers.into_iter().find(|(_, number, most)| !(1..=*most).contains(number))
        {
            return Err(self.error(network, format!("{name} = {number} must lie between 1 and {most}")));
        }
        let most = 1e3 / (network.dt() * f64::from(own.gamma_shape));
        if !(0.0..=most).contains(&own.rate) {
            let rate = own.rate;
            let problem = format!(
                "rate = {rate} spikes/s must lie between 0 and {}, with which each phase lasts a step",
                short(most)
            );
            return Err(self.error(network, problem));
        }
        self.check_rate(network, "gamma_shape * n_proc * rate", most_phases_of(own))?;
        self.check_window(network, own.start, own.stop)
    }

    /// Checks times, width and window.
    fn check_pulsepacket(&self, network: &Network, packets: &PulsepacketGenerator) -> Result<()> {
        if let Some(time) = packets.pulse_times.iter().find(|time| !time.is_finite()) {
            return Err(self.error(network, format!("pulse time {time} is not a finite number")));
        }
        if !(0.0..f64::INFINITY).contains(&packets.sdev) {
            return Err(self.error(network, format!("sdev = {} ms must be 0 or more", packets.sdev)));
        }
        self.check_window(network, packets.start, packets.stop)
    }

    /// Checks that the stop is not before the start, and that both are on the grid. As in NEST, they may be equal.
    fn check_window(&self, network: &Network, start: f64, stop: f64) -> Result<()> {
        if stop < start || start.is_nan() || stop.is_nan() {
            return Err(
                self.error(network, format!("start = {} ms lies after stop = {} ms", short(start), short(stop)))
            );
        }
        self.step(network, start)?;
        self.step(network, stop).map(drop)
    }

    /// Checks amplitude and window.
    fn check_dc(&self, network: &Network, dc: &DcGenerator) -> Result<()> {
        self.check_finite(network, &[("amplitude", dc.amplitude)])?;
        self.check_window(network, dc.start, dc.stop)
    }

    /// Checks numbers and window.
    fn check_ac(&self, network: &Network, own: &AcGenerator) -> Result<()> {
        let AcGenerator { amplitude, offset, frequency, phase, start, stop } = *own;
        let numbers = [("amplitude", amplitude), ("offset", offset), ("frequency", frequency), ("phase", phase)];
        self.check_finite(network, &numbers)?;
        self.check_window(network, start, stop)
    }

    /// Checks numbers, the time between draws, and window. As in NEST, the modulation is at most the deviation, so that
    /// no variance is below zero.
    fn check_noise(&self, network: &Network, own: &NoiseGenerator) -> Result<()> {
        self.check_finite(network, &[("mean", own.mean), ("frequency", own.frequency), ("phase", own.phase)])?;
        self.check_deviation(network, own.std)?;
        if !(0.0..=own.std).contains(&own.std_mod) {
            let problem = format!("std_mod = {} pA must lie between 0 and std = {} pA", own.std_mod, own.std);
            return Err(self.error(network, problem));
        }
        if self.step(network, own.dt)? == 0 {
            let step = network.dt();
            return Err(self.error(network, format!("dt = {} ms must be a step, {step} ms, or more", short(own.dt))));
        }
        self.check_window(network, own.start, own.stop)
    }

    /// Checks mean, deviation and time constant, and window.
    fn check_ou(&self, network: &Network, (mean, std, tau): (f64, f64, f64), window: (f64, f64)) -> Result<()> {
        self.check_finite(network, &[("mean", mean)])?;
        self.check_deviation(network, std)?;
        let longest = LONGEST_TAU * network.dt();
        if !(tau > 0.0 && tau <= longest) {
            let problem = format!("tau = {tau} ms must be greater than 0 and at most {} ms", short(longest));
            return Err(self.error(network, problem));
        }
        self.check_window(network, window.0, window.1)
    }

    /// Checks that the receptor of each target is a conductance.
    fn check_conductances(&self, network: &Network) -> Result<()> {
        for part in self.to.parts() {
            let population = &network.populations()[part.population];
            let declaration = population.model.declaration();
            let reached = |channel: &&Channel| match &self.synapse.receptor {
                Receptor::Named(name) => channel.name == name,
                Receptor::BySign => true,
            };
            if let Some(other) = declaration.channels.iter().filter(reached).find(|channel| channel.unit != "nS") {
                let (name, model, unit) = (&population.name, declaration.name, other.unit);
                let problem = format!(
                    "population '{name}' is of {model}, whose receptor '{}' takes {unit} and no conductance; name a receptor \
                     that takes nS, or an ou_current_generator",
                    other.name
                );
                return Err(self.error(network, problem));
            }
        }
        Ok(())
    }

    /// Checks a standard deviation.
    fn check_deviation(&self, network: &Network, std: f64) -> Result<()> {
        let unit = if self.drive.is_current() { "pA" } else { "nS" };
        if !(0.0..f64::INFINITY).contains(&std) {
            return Err(self.error(network, format!("std = {std} {unit} must be 0 or more")));
        }
        Ok(())
    }

    /// Checks times and target indices.
    fn check_spikes(&self, network: &Network, spikes: &SpikeGenerator) -> Result<()> {
        let size = self.to.len();
        for (target, time) in spikes.spikes.iter() {
            if !time.is_finite() {
                return Err(self.error(network, format!("spike time {time} is not a finite number")));
            }
            self.check_first_step(network, *time, "spike time")?;
            if let Some(target) = target.filter(|&t| t >= size) {
                return Err(self.error(network, format!("target index {target}, and the largest is {}", size - 1)));
            }
        }
        Ok(())
    }

    /// Checks that there is an amplitude for each time, and that times rise.
    fn check_current(&self, network: &Network, current: &StepCurrentGenerator) -> Result<()> {
        let (times, amplitudes) = (&current.times, &current.amplitudes);
        if times.len() != amplitudes.len() {
            let problem = format!(
                "times has {} and amplitudes has {}",
                counted(times.len(), "value"),
                counted(amplitudes.len(), "value")
            );
            return Err(self.error(network, problem));
        }
        if let Some(bad) = amplitudes.iter().find(|a| !a.is_finite()) {
            return Err(self.error(network, format!("amplitude {bad} is not a finite number")));
        }
        self.check_rising(network, "times", times)?;
        times.iter().try_for_each(|time| self.check_first_step(network, *time, "amplitude time"))
    }

    /// Checks that times rise; `what` names them.
    fn check_rising(&self, network: &Network, what: &str, times: &[f64]) -> Result<()> {
        let Some(pair) = times.windows(2).find(|pair| pair[0] >= pair[1]) else { return Ok(()) };
        let (one, next) = (short(pair[0]), short(pair[1]));
        Err(self.error(network, format!("{what} must rise, and {one} is followed by {next}")))
    }

    /// Checks that a time is not 0: spikes and changes happen at the end of a step, as in NEST. `what` names the time.
    fn check_first_step(&self, network: &Network, time_ms: f64, what: &str) -> Result<()> {
        if self.step(network, time_ms)? > 0 {
            return Ok(());
        }
        let (time, dt) = (short(time_ms), network.dt());
        Err(self.error(network, format!("{what} {time} ms is too early; the first allowed time is one step, {dt} ms")))
    }
}
