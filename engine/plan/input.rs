//! The input of stimuli: their times in steps, and their rates and amplitudes as what is drawn or added in a step.

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::Arc;

use crate::error::Result;
use crate::network::{
    Drive, GammaSupGenerator, InhomogeneousPoissonGenerator, MipGenerator, Network, PulsepacketGenerator,
    SinusoidalPoissonGenerator, SpikeGenerator, Stimulus,
};
use crate::plan::CurrentPlan;
use crate::plan::waves::{self, Fluctuation, WavePlan};
use crate::random::{CountTable, Purpose, stream};
use crate::tile::PoissonPlan;
use crate::tile::course::{Course, Sine};
use crate::tile::superposed::Superposition;
use crate::tile::trains::{Counts, Kept, Packets, Thinning, White, threshold};
use crate::time::Grid;

/// The input that a stimulus brings.
pub(crate) enum Input<'a> {
    /// Spike trains that are drawn, or white noise.
    Poisson(PoissonPlan),
    /// A current that is constant for many steps.
    Current(CurrentPlan),
    /// A current that changes from step to step.
    Wave(WavePlan),
    /// Listed spikes.
    Spikes {
        list: &'a SpikeGenerator,
        /// Delay, steps.
        delay: u32,
        /// The largest number of spikes that one target gets in one step.
        at_once: u32,
    },
}

/// What spike trains are drawn from, without the steps in which they are on.
struct Trains {
    counts: Counts,
    thinning: Option<Thinning>,
}

/// From the times of a stimulus to the steps in which it reaches its targets.
struct Times<'a> {
    network: &'a Network,
    own: &'a Stimulus,
    /// Delay, steps.
    delay: u32,
}

impl Times<'_> {
    /// The step in which a spike of time `time` (ms) arrives, a delay after its own.
    ///
    /// # Errors
    /// Here and below, times that are negative or off the grid.
    fn arrival(&self, time: f64) -> Result<u64> {
        Ok(self.own.step(self.network, time)? + u64::from(self.delay))
    }

    /// The steps of arrival of spikes at times in (start, stop], ms.
    fn after(&self, start: f64, stop: f64) -> Result<Range<u64>> {
        Ok(self.arrival(start)? + 1..self.arrival(stop)? + 1)
    }

    /// The steps of arrival of spikes at times in [start, stop), ms, from the first step on.
    fn from(&self, start: f64, stop: f64) -> Result<Range<u64>> {
        Ok(self.arrival(start)?.max(1 + u64::from(self.delay))..self.arrival(stop)?)
    }

    /// The step whose update uses the current of time `time` (ms). NEST 3.10, measured: the current of step a (at least
    /// the first step) is used in the update of step a + d + 1, where d is the delay.
    fn update(&self, time: f64) -> Result<u64> {
        Ok(self.own.step(self.network, time)?.max(1) + u64::from(self.shift()))
    }

    /// The number of steps from that of a current to the update that uses it.
    fn shift(&self) -> u32 {
        self.delay + 1
    }

    /// A current with `changes` of (time in ms, amplitude in pA); of changes in one step the last holds.
    fn current<'a>(&self, changes: impl Iterator<Item = (f64, f64)>) -> Result<Input<'a>> {
        let changes = changes.map(|(time, amplitude)| Ok((self.update(time)?, amplitude)));
        Ok(Input::Current(CurrentPlan { changes: changes.collect::<Result<_>>()? }))
    }

    /// A current that changes from step to step, between the times `start` and `stop` (ms).
    fn wave<'a>(&self, level: Course, own: Option<Fluctuation>, start: f64, stop: f64) -> Result<Input<'a>> {
        Ok(Input::Wave(WavePlan { steps: self.update(start)?..self.update(stop)?, level, own }))
    }
}

impl<'a> Input<'a> {
    /// The input of `own`, which is stimulus `index` of `network`.
    ///
    /// # Errors
    /// Times off the grid or a delay that is not constant, which are refused when a stimulus is added.
    pub fn new(network: &Network, own: &'a Stimulus, index: u32) -> Result<Input<'a>> {
        let (dt, delay) = (network.dt(), own.delay_steps(network)?);
        let times = Times { network, own, delay };
        let trains = |Trains { counts, thinning }, steps| {
            let stream = stream(Purpose::Poisson, index);
            Ok(Input::Poisson(PoissonPlan { stream, counts, thinning, steps }))
        };
        match &own.drive {
            Drive::Poisson(own) => trains(Trains::plain(own.rate, dt), times.after(own.start, own.stop)?),
            Drive::Sinusoidal(own) => trains(Trains::sinusoidal(own, dt, delay), times.from(own.start, own.stop)?),
            Drive::Inhomogeneous(own) => {
                let starts = own.rate_times.iter().map(|time| times.arrival(*time)).collect::<Result<Vec<u64>>>()?;
                let mut steps = times.after(own.start, own.stop)?;
                steps.start = steps.start.max(starts.first().copied().unwrap_or(steps.end));
                trains(Trains::inhomogeneous(own, dt, starts), steps)
            }
            Drive::Mip(own) => trains(Trains::mip(own, dt), times.after(own.start, own.stop)?),
            Drive::GammaSup(own) => trains(Trains::gamma_sup(own, dt), times.after(own.start, own.stop)?),
            Drive::Pulsepacket(own) => trains(Trains::packets(own, dt, delay), times.from(own.start, own.stop)?),
            Drive::OuConductance(own) => {
                let noise = White::new(own.mean, own.std, own.tau / dt);
                trains(Trains { counts: Counts::White(noise), thinning: None }, times.after(own.start, own.stop)?)
            }
            Drive::Spikes(list) => Ok(Input::Spikes { list, delay, at_once: listed_at_once(network.grid(), list) }),
            Drive::Dc(own) => times.current([(own.start, own.amplitude), (own.stop, 0.0)].into_iter()),
            Drive::Current(own) => times.current(own.times.iter().copied().zip(own.amplitudes.iter().copied())),
            Drive::Ac(own) => times.wave(waves::ac(own, dt, times.shift()), None, own.start, own.stop),
            Drive::Noise(own) => {
                let kept = (times.update(own.start)?, network.grid().on(own.dt).unwrap_or(1));
                let noise = Fluctuation::noise(own, dt, kept, index);
                times.wave(Course::Constant(own.mean), Some(noise), own.start, own.stop)
            }
            Drive::Ou(own) => {
                let path = Fluctuation::ou(own, dt, index);
                times.wave(Course::Constant(own.mean), Some(path), own.start, own.stop)
            }
        }
    }
}

/// The table of the counts of a step of `dt` ms of Poisson trains of `rate` spikes/s.
fn counts(rate: f64, dt: f64) -> CountTable {
    CountTable::poisson(rate * dt * 1e-3)
}

impl Trains {
    /// Poisson trains of `rate` spikes/s.
    fn plain(rate: f64, dt: f64) -> Trains {
        Trains { counts: Counts::Own(counts(rate, dt)), thinning: None }
    }

    /// Trains drawn at the largest rate of the swing, of which a share is kept.
    fn sinusoidal(own: &SinusoidalPoissonGenerator, dt: f64, delay: u32) -> Trains {
        let peak = own.rate + own.amplitude.abs();
        let share = |rate: f64| if peak > 0.0 { rate / peak } else { 0.0 };
        let turns = own.frequency * dt * 1e-3;
        let phase = own.phase / 360.0 - turns * f64::from(delay);
        let course = Course::Sine(Sine { middle: share(own.rate), amplitude: share(own.amplitude), turns, phase });
        let (each, table) = (own.individual_spike_trains, counts(peak, dt));
        Trains {
            counts: if each { Counts::Own(table) } else { Counts::Common(table) },
            thinning: Some(Thinning { own: each, kept: Kept::Share(course) }),
        }
    }

    /// Trains drawn at the largest rate of all times and targets, of which a share is kept; rates hold from steps
    /// `starts` on.
    fn inhomogeneous(own: &InhomogeneousPoissonGenerator, dt: f64, starts: Vec<u64>) -> Trains {
        let peak = own.rate_values.iter().copied().fold(0.0, f64::max);
        let share = |rate: f64| if peak > 0.0 { rate / peak } else { 0.0 };
        let rates = own.rate_values.iter().map(|rate| share(*rate));
        let width = own.rate_values.len() / starts.len().max(1);
        let kept = if width > 1 {
            Kept::Rows { thresholds: rates.map(threshold).collect::<Arc<[u32]>>(), width, starts }
        } else {
            Kept::Share(Course::Held(starts.into_iter().zip(rates).collect()))
        };
        Trains { counts: Counts::Own(counts(peak, dt)), thinning: Some(Thinning { own: true, kept }) }
    }

    /// Copies of one train, of which each target keeps a share.
    fn mip(own: &MipGenerator, dt: f64) -> Trains {
        let kept = Kept::Share(Course::Constant(own.p_copy));
        Trains { counts: Counts::Common(counts(own.rate, dt)), thinning: Some(Thinning { own: true, kept }) }
    }

    /// The spikes of superposed gamma processes.
    fn gamma_sup(own: &GammaSupGenerator, dt: f64) -> Trains {
        let probability = own.rate * f64::from(own.gamma_shape) * dt * 1e-3;
        let processes = Superposition::new(own.n_proc, own.gamma_shape, probability);
        Trains { counts: Counts::Superposed(processes), thinning: None }
    }

    /// Packets of spikes, which arrive `delay` steps later.
    fn packets(own: &PulsepacketGenerator, dt: f64, delay: u32) -> Trains {
        let centres = own.pulse_times.iter().map(|time| time / dt + f64::from(delay)).collect();
        let packets = Packets { centres, activity: own.activity, sdev: own.sdev / dt, ..Packets::default() };
        Trains { counts: Counts::Packets(packets), thinning: None }
    }
}

/// An upper bound on the number of spikes that `list` gives one target in one step.
fn listed_at_once(grid: Grid, list: &SpikeGenerator) -> u32 {
    let mut counts: BTreeMap<(u64, Option<u32>), u32> = BTreeMap::new();
    for (target, time) in list.spikes.iter() {
        if let Some(step) = grid.on(*time).filter(|&step| step <= u64::from(u32::MAX)) {
            *counts.entry((step, *target)).or_default() += 1;
        }
    }
    // Spikes to all may coincide with spikes to one.
    let most = |all: bool| counts.iter().filter(|(k, _)| k.1.is_none() == all).map(|(_, &n)| n).max().unwrap_or(0);
    most(true) + most(false)
}
