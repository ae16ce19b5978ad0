//! Trials: one network is laid out once and played many times with other random input.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use crate::device::cpu::Cpu;
#[cfg(feature = "gpu")]
use crate::device::gpu::{Adapter, Gpu};
use crate::device::{Device, Kind, Player, Precision};
use crate::error::{Error, Result};
use crate::network::Network;
use crate::plan::{ConnectivityKey, Offsets, Plan, PlanOptions};
use crate::seed::{Seed, Trial};
use crate::simulation::resolve::{resolve_device, with_memory_limit};
use crate::simulation::sending::{self, SendingSynapses};
use crate::simulation::watched::{self, WatchedSynapses};
use crate::simulation::{PlanFacts, Simulation};
use crate::tile::Stepped;

/// Without the GPU player there is no adapter.
#[cfg(not(feature = "gpu"))]
type Adapter = std::convert::Infallible;

/// A network laid out for a device, to be played many times: the trials share its synapses, and each has a state of its
/// own. On the CPU whole trials are spread over the threads; a GPU plays one after the other.
///
/// ```
/// use neuropil::prelude::*;
///
/// let mut net = Network::new(0.1.ms());
/// let neurons = net.add("neurons", 100, IafPscExp::default())?;
/// net.stimulate(&neurons, PoissonGenerator::new(20_000.0), Static::new(40.0, 1.0))?;
/// let spikes = net.record(&neurons, Spikes)?;
/// let trials = net.trials(8, Device::cpu(), Seed(1))?;
/// let rates = trials.run(8, |mut sim| {
///     sim.run(100.0.ms())?;
///     sim.rate(spikes)
/// })?;
/// assert!(rates.len() == 8 && rates.iter().any(|rate| *rate != rates[0]));
/// # Ok::<(), neuropil::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct Trials {
    network: Network,
    device: Device,
    seed: Seed,
    /// Number of threads of a run that has the device to itself.
    threads: u32,
    options: PlanOptions,
    plan: Planned,
    facts: PlanFacts,
    /// Number of outgoing synapses of each neuron.
    out_degrees: Arc<[u32]>,
    build_time: Duration,
}

/// A plan by the number type of its sums.
#[derive(Debug, Clone)]
enum Planned {
    F32(Plan<i32>),
    F64(Plan<i64>),
}

/// A player that has taken a plan, with those parts of the plan that a simulation keeps.
pub(super) struct Started {
    pub player: Box<dyn Player>,
    /// By population and state variable: what is added to the state of the player to have it in its unit.
    pub offset: Vec<Offsets>,
    pub currents: Vec<crate::plan::CurrentPlan>,
    /// Steps at which perturbations begin or end.
    pub changes: Vec<u64>,
    pub probes: Vec<crate::plan::ProbePlan>,
    pub watched: Vec<WatchedSynapses>,
    pub sending: Vec<SendingSynapses>,
    /// Bits of a number of the state.
    pub bits: u32,
}

impl Network {
    /// Lays the network out for trials, of which up to `at_once` are played side by side.
    ///
    /// # Errors
    /// As [`Network::build`].
    pub fn trials(&self, at_once: u32, device: Device, seed: Seed) -> Result<Trials> {
        Trials::new(self.clone(), device, seed, &PlanOptions { copies: at_once, ..PlanOptions::default() })
    }
}

impl Trials {
    /// Lays `network` out for trials on `device`, of which up to `options.copies` are played side by side, and no more
    /// than the device has threads.
    ///
    /// # Errors
    /// As [`Network::build`].
    pub fn new(network: Network, device: Device, seed: Seed, options: &PlanOptions) -> Result<Trials> {
        Trials::lay_out(network, device, seed, options).map(|(trials, _)| trials)
    }

    /// As [`Trials::new`], with the GPU adapter that was opened for it.
    ///
    /// # Errors
    /// As [`Network::build`].
    pub(super) fn lay_out(
        network: Network,
        device: Device,
        seed: Seed,
        options: &PlanOptions,
    ) -> Result<(Trials, Option<Adapter>)> {
        let started = Instant::now();
        let (device, threads, options) = resolve_device(&network, device, options)?;
        #[cfg(feature = "gpu")]
        let (adapter, options) = match device.kind {
            Kind::Gpu => {
                let adapter = Adapter::open(&device)?;
                let options = adapter.options(&options);
                (Some(adapter), options)
            }
            _ => (None, options),
        };
        #[cfg(not(feature = "gpu"))]
        let adapter = match device.kind {
            Kind::Gpu => return Err(Error::NoDevice("this program was built without the feature gpu".into())),
            _ => None,
        };
        let plan = match (device.kind, device.precision) {
            (Kind::Auto, _) => return Err(Error::Internal("a device was not resolved".into())),
            (Kind::Cpu, Precision::F64) => Planned::F64(Plan::new(&network, seed.0, &options)?),
            _ => Planned::F32(Plan::new(&network, seed.0, &options)?),
        };
        let (facts, out_degrees) = match &plan {
            Planned::F32(plan) => (PlanFacts::of(plan), plan.out_degrees().into()),
            Planned::F64(plan) => (PlanFacts::of(plan), plan.out_degrees().into()),
        };
        let build_time = started.elapsed();
        Ok((Trials { network, device, seed, threads, options, plan, facts, out_degrees, build_time }, adapter))
    }

    /// Checks that trials of `network` can be laid out; nothing is allocated for stored synapses.
    ///
    /// # Errors
    /// As [`Network::build`], except those that only a device can find.
    pub fn check(network: &Network, device: Device, seed: Seed, options: &PlanOptions) -> Result<()> {
        let (device, _, options) = resolve_device(network, device, options)?;
        match device.precision {
            Precision::F32 => Plan::<i32>::check(network, seed.0, &options),
            Precision::F64 => Plan::<i64>::check(network, seed.0, &options),
        }
    }

    /// The key of `network` on `device`; networks with equal keys can share their rows, see [`Trials::vary`].
    ///
    /// # Errors
    /// Lists that do not fit into memory, weights that cannot be summed, parameters out of bounds.
    pub fn key(network: &Network, device: &Device, seed: Seed, options: &PlanOptions) -> Result<ConnectivityKey> {
        let options = with_memory_limit(options);
        match device.precision {
            Precision::F32 => ConnectivityKey::of::<i32>(network, seed.0, &options),
            Precision::F64 => ConnectivityKey::of::<i64>(network, seed.0, &options),
        }
    }

    /// Trials of another network that shares the rows of this one; `key` is that of the other network.
    ///
    /// # Errors
    /// A network whose rows differ, parameters or draws out of bounds.
    pub fn vary(&self, network: Network, key: &ConnectivityKey) -> Result<Trials> {
        let started = Instant::now();
        let (plan, facts) = match &self.plan {
            Planned::F32(plan) => {
                let plan = plan.vary(&self.network, &network, key, &self.options)?;
                let facts = PlanFacts::of(&plan);
                (Planned::F32(plan), facts)
            }
            Planned::F64(plan) => {
                let plan = plan.vary(&self.network, &network, key, &self.options)?;
                let facts = PlanFacts::of(&plan);
                (Planned::F64(plan), facts)
            }
        };
        let (device, options, out_degrees) = (self.device.clone(), self.options.clone(), self.out_degrees.clone());
        let (seed, threads, build_time) = (self.seed, self.threads, started.elapsed());
        Ok(Trials { network, device, seed, threads, options, plan, facts, out_degrees, build_time })
    }

    /// Trial `number` at its start, to be played on `threads` threads, or as many as a run of the network takes. Its
    /// spikes are those of [`Network::build`] with `seed.trial(number)`.
    ///
    /// # Errors
    /// A device that fails, a distribution of initial states that gives no value in its range.
    pub fn simulation(&self, number: u64, threads: Option<u32>) -> Result<Simulation> {
        let started = Instant::now();
        self.clone().start(number, threads, None, started)
    }

    /// As [`Trials::simulation`], for the last of these trials, which takes over the plan.
    ///
    /// # Errors
    /// As [`Trials::simulation`].
    pub fn into_simulation(self, number: u64, threads: Option<u32>) -> Result<Simulation> {
        self.start(number, threads, None, Instant::now())
    }

    /// Plays trials `0..count`, each by `play`, and returns the results of `play` in order.
    ///
    /// # Errors
    /// The first error of `play` or of building a trial; no trial is begun after it.
    pub fn run<T: Send>(&self, count: u64, play: impl Fn(Simulation) -> Result<T> + Sync) -> Result<Vec<T>> {
        let (results, error) = self.queue(count as usize, |k, threads| play(self.simulation(k as u64, threads)?));
        error.map_or_else(|| Ok(results.into_iter().flatten().collect()), Err)
    }

    /// Calls `play(index, threads)` for each index below `count`: side by side, each on a thread of its own, as long as
    /// that keeps all threads busy; the rest, where a run of the network has several threads, one after the other on
    /// these. So `count` trials take no longer than `count` runs. Returns the results, `None` for trials that were not
    /// played or failed, and the first error, after which no trial is begun.
    pub fn queue<T: Send>(
        &self,
        count: usize,
        play: impl Fn(usize, Option<u32>) -> Result<T> + Sync,
    ) -> (Vec<Option<T>>, Option<Error>) {
        let at_once = (self.options.copies as usize).max(1);
        let one_by_one = if self.threads > 1 { count % at_once.max(self.threads as usize) } else { 0 };
        let side_by_side = count - one_by_one;
        let results: Mutex<Vec<Option<T>>> = Mutex::new((0..count).map(|_| None).collect());
        let failure: Mutex<Option<Error>> = Mutex::new(None);
        let (next, failed) = (AtomicUsize::new(0), AtomicBool::new(false));
        let one = |index: usize, threads: Option<u32>| match play(index, threads) {
            Ok(value) => results.lock().unwrap_or_else(PoisonError::into_inner)[index] = Some(value),
            Err(error) => {
                failed.store(true, Ordering::Relaxed);
                failure.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert(error);
            }
        };
        let work = || {
            while !failed.load(Ordering::Relaxed) {
                match next.fetch_add(1, Ordering::Relaxed) {
                    index if index < side_by_side => one(index, Some(1)),
                    _ => return,
                }
            }
        };
        if let Err(error) = crate::threads::together(at_once.min(side_by_side), "play trials", |_| work(), work) {
            return (Vec::new(), Some(error));
        }
        (side_by_side..count).take_while(|_| !failed.load(Ordering::Relaxed)).for_each(|index| one(index, None));
        let failure = failure.into_inner().unwrap_or_else(PoisonError::into_inner);
        (results.into_inner().unwrap_or_else(PoisonError::into_inner), failure)
    }

    /// The facts of the plan.
    pub fn facts(&self) -> &PlanFacts {
        &self.facts
    }

    /// Largest number of trials that are played side by side.
    pub fn at_once(&self) -> u32 {
        self.options.copies
    }

    /// Wall time that laying the network out took.
    pub fn build_time(&self) -> Duration {
        self.build_time
    }

    /// The simulation of trial `number`, which takes over this plan, on `threads` threads or as many as a run takes;
    /// `adapter` is the GPU that is open already, and building began at `started`.
    ///
    /// # Errors
    /// As [`Trials::simulation`].
    pub(super) fn start(
        self,
        number: u64,
        threads: Option<u32>,
        adapter: Option<Adapter>,
        started: Instant,
    ) -> Result<Simulation> {
        let Trials { network, device, seed, plan, facts, out_degrees, .. } = self;
        let (trial, threads) = (seed.trial(number), threads.unwrap_or(self.threads));
        let started_player = match plan {
            Planned::F64(plan) => {
                start_player::<f64>(plan, &network, trial, |plan| Ok(Box::new(Cpu::<f64>::new(plan, threads))))?
            }
            #[cfg(feature = "gpu")]
            Planned::F32(plan) if device.kind == Kind::Gpu => {
                let adapter = adapter.map_or_else(|| Adapter::open(&device), Ok)?;
                start_player::<f32>(plan, &network, trial, |plan| Ok(Box::new(Gpu::new(plan, adapter)?)))?
            }
            Planned::F32(plan) => {
                start_player::<f32>(plan, &network, trial, |plan| Ok(Box::new(Cpu::<f32>::new(plan, threads))))?
            }
        };
        #[cfg(not(feature = "gpu"))]
        let _ = (device, adapter);
        Ok(Simulation::from_started(network, trial, facts, out_degrees, started_player, started))
    }
}

/// Sets `plan` to the start of `trial` and hands it to the player that `player` makes.
fn start_player<R: Stepped>(
    mut plan: Plan<R::Fixed>,
    network: &Network,
    trial: Trial,
    player: impl FnOnce(Plan<R::Fixed>) -> Result<Box<dyn Player>>,
) -> Result<Started> {
    plan.reseed(network.populations(), trial.run_seed())?;
    let offset = plan.populations.iter().map(|p| p.offset.clone()).collect();
    let (currents, changes, probes) = (plan.currents.clone(), plan.changes.clone(), plan.probes.clone());
    let watched = watched::find_watched(&plan, network)?;
    let sending = sending::find_sending::<R>(&plan, network)?;
    let bits = 8 * std::mem::size_of::<R>() as u32;
    Ok(Started { player: player(plan)?, offset, currents, changes, probes, watched, sending, bits })
}
