//! Devices: where a plan is played. `cpu` is the native player, `gpu` the only place that names wgpu.
//!
//! A player takes a plan and hands back spikes, samples and faults, batch by batch. What may not live here: rules,
//! distributions and checks of a network (they are settled in `network` and `plan`), files, and the user's units.

use crate::error::Result;
use crate::plan::CostModel;
use crate::spike::Spike;

pub mod cpu;
#[cfg(feature = "gpu")]
pub mod gpu;
mod plastic;
mod processes;

/// The state of a population as players hold it: per state variable, the value of each neuron.
pub type PopulationState = Vec<Vec<f64>>;

/// What a player hands back of a batch.
#[derive(Debug, Default)]
pub struct Played {
    /// Steps of the batch.
    pub steps: u32,
    /// Every spike, sorted.
    pub spikes: Vec<Spike>,
    /// Per probe of the plan, samples as stored (time-major).
    pub samples: Vec<Vec<f64>>,
    /// The first neuron whose state left the finite numbers or whose sum overflowed, and the step.
    pub fault: Option<Spike>,
    /// The first neuron to which a synapse that learns sends more than sums have room for, the step of its arrival, and the
    /// number of the projection.
    pub overflow: Option<(Spike, usize)>,
}

/// The synapses of a projection that learn, by source, those of one in the order in which they are drawn or listed.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct PlasticSynapses {
    /// Global ids of the sources.
    pub sources: Vec<u32>,
    /// Global ids of the targets.
    pub targets: Vec<u32>,
    /// Delays, steps.
    pub delays: Vec<u32>,
    /// Per state variable, that of each, as the last spike of its source left it.
    pub state: Vec<Vec<f64>>,
}

/// When weights are looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum When {
    /// At time 0.
    AtFirst,
    /// When all that was submitted has been played.
    Now,
}

/// What a kind of pass has cost so far.
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
pub struct PassTime {
    /// "propagate_stored", "integrate iaf_psc_exp"...
    pub name: String,
    /// How often it ran.
    pub calls: u64,
    /// Seconds in all.
    pub seconds: f64,
}

impl PassTime {
    /// Adds one call of pass `name` to a list.
    pub fn add(times: &mut Vec<PassTime>, name: &str, seconds: f64) {
        match times.iter_mut().find(|t| t.name == name) {
            Some(time) => (time.calls, time.seconds) = (time.calls + 1, time.seconds + seconds),
            None => times.push(PassTime { name: name.to_owned(), calls: 1, seconds }),
        }
    }
}

/// What a device has been asked to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, serde::Serialize)]
pub struct Counts {
    /// Command buffers.
    pub submits: u64,
    /// Dispatches.
    pub dispatches: u64,
    /// Bytes that the host wrote.
    pub bytes_up: u64,
    /// Bytes that the host read.
    pub bytes_down: u64,
}

/// Plays a plan, batch by batch. Submitting and taking never wait, so that a host which may not (a browser's) can play, too;
/// where a host may, [`Player::wait`] is where it does.
pub trait Player: Send {
    /// Begins to play the next `steps` steps; returns at once where a device plays beside the host. No more than
    /// [`Player::at_once`] batches may be under way.
    ///
    /// # Errors
    /// A device that fails.
    fn submit(&mut self, steps: u32) -> Result<()>;
    /// What happened in the oldest batch that was submitted and not taken; nothing while it is being played.
    ///
    /// # Errors
    /// A device that fails. A state that is no longer finite is reported in [`Played::fault`].
    fn take(&mut self) -> Result<Option<Played>>;
    /// Waits until more of the oldest batch is done: [`Player::take`] may still give nothing.
    ///
    /// # Errors
    /// A device that fails.
    fn wait(&mut self) -> Result<()> {
        Ok(())
    }
    /// Batches that were submitted and not taken.
    fn under_way(&self) -> usize;
    /// Batches that may be under way.
    fn at_once(&self) -> usize {
        1
    }
    /// Waits for the oldest batch; nothing where none is under way.
    ///
    /// # Errors
    /// As [`Player::take`].
    fn next(&mut self) -> Result<Option<Played>> {
        while self.under_way() > 0 {
            match self.take()? {
                None => self.wait()?,
                played => return Ok(played),
            }
        }
        Ok(None)
    }
    /// Measures the time that passes take from now on.
    ///
    /// # Errors
    /// A device that cannot.
    fn profile(&mut self) -> Result<()>;
    /// What passes have cost since [`Player::profile`].
    fn pass_times(&self) -> Vec<PassTime>;
    /// What the device has been asked to do so far; nothing on the CPU.
    fn counts(&self) -> Counts {
        Counts::default()
    }
    /// The state variable of every neuron of a population, as stored.
    ///
    /// # Errors
    /// A device that fails.
    fn state(&mut self, population: usize, variable: usize) -> Result<Vec<f64>>;
    /// Goes on from `step`, as if this player had played up to it: `state` holds, per population and state variable, the
    /// values as [`Player::state`] gives them, `recent` every spike of the last max-delay steps,
    /// sorted. What these spikes still have to deliver is delivered again, so that no layout is part of what is restored.
    ///
    /// # Errors
    /// A device that fails, or that cannot hold so many spikes.
    fn restore(&mut self, step: u64, state: &[PopulationState], recent: &[Spike]) -> Result<()>;
    /// The signals of continuous couplings at the end of the last steps, the oldest first; nothing where none is coupled.
    ///
    /// # Errors
    /// A device that fails.
    fn signals(&mut self) -> Result<Vec<Vec<f64>>> {
        Ok(Vec::new())
    }
    /// Takes such signals over, after [`Player::restore`].
    ///
    /// # Errors
    /// Signals that are not those of the network.
    fn restore_signals(&mut self, _: &[Vec<f64>]) -> Result<()> {
        Ok(())
    }
    /// The synapses of a projection that learns, as they are.
    ///
    /// # Errors
    /// A device that fails.
    fn synapses(&mut self, _projection: usize) -> Result<PlasticSynapses> {
        Ok(PlasticSynapses::default())
    }
    /// Their weights alone, in the same order.
    ///
    /// # Errors
    /// A device that fails.
    fn weights(&mut self, _projection: usize, _when: When) -> Result<Vec<f64>> {
        Ok(Vec::new())
    }
    /// What is remembered beside states, as words that depend on no layout: in which phases the processes of stimuli are; what all
    /// synapses that learn hold, and what they have sent that has yet to arrive. None where there is no such thing.
    ///
    /// # Errors
    /// A device that fails.
    fn memory(&mut self) -> Result<Vec<u64>> {
        Ok(Vec::new())
    }
    /// Goes on, after [`Player::restore`], with what [`Player::memory`] gave.
    ///
    /// # Errors
    /// Words of another network; a device that fails.
    fn recall(&mut self, words: &[u64]) -> Result<()> {
        if words.is_empty() {
            Ok(())
        } else {
            Err(crate::Error::invalid("checkpoint", "its synapses learn, and these do not"))
        }
    }
    /// The most steps a batch should have.
    fn longest_batch(&self) -> u32;
    /// What plays, for people: "CPU, 2 threads, f32".
    fn describe(&self) -> String;
    /// What a user should know of what plays before it does.
    fn caution(&self) -> Option<String> {
        None
    }
    /// Dispatches that one step costs, without samples and listed input; 0 where nothing is dispatched.
    fn dispatches_per_step(&self) -> f64;
}

/// What kind of device plays.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Kind {
    /// The one that is expected to be fastest; never a software adapter.
    #[default]
    Auto,
    /// The native player.
    Cpu,
    /// The GPU player.
    Gpu,
}

impl Kind {
    /// All kinds.
    pub const ALL: [Kind; 3] = [Kind::Auto, Kind::Cpu, Kind::Gpu];

    /// Its name, in experiment files and on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Kind::Auto => "auto",
            Kind::Cpu => "cpu",
            Kind::Gpu => "gpu",
        }
    }
}

/// The number type of the native player; the GPU player runs in `f32`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Precision {
    /// 32 bits: what runs everywhere, bit for bit.
    #[default]
    F32,
    /// 64 bits: the referee.
    F64,
}

impl Precision {
    /// All number types.
    pub const ALL: [Precision; 2] = [Precision::F32, Precision::F64];

    /// Its name, in experiment files and on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Precision::F32 => "f32",
            Precision::F64 => "f64",
        }
    }
}

/// Where to play, and how.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Device {
    /// Which kind.
    pub kind: Kind,
    /// The most threads of the native player; as many as the network keeps busy if absent.
    pub threads: Option<u32>,
    /// Number type.
    pub precision: Precision,
    /// Part of the name of the adapter to take, where there are several.
    pub adapter: Option<String>,
}

impl Device {
    /// The native player in `f32`, on as many cores as the network keeps busy.
    pub fn cpu() -> Device {
        Device { kind: Kind::Cpu, threads: None, precision: Precision::F32, adapter: None }
    }
    /// A GPU, or an error when the network is built if there is none.
    pub fn gpu() -> Device {
        Device { kind: Kind::Gpu, ..Device::cpu() }
    }
    /// The best device for a network.
    ///
    /// # Errors
    /// None here: a device is looked for, and found missing, when the network is built.
    pub fn best() -> Result<Device> {
        Ok(Device { kind: Kind::Auto, ..Device::cpu() })
    }
    /// The same on this many threads.
    pub fn threads(mut self, threads: u32) -> Device {
        self.threads = Some(threads.max(1));
        self
    }
    /// The same in another number type.
    pub fn precision(mut self, precision: Precision) -> Device {
        self.precision = precision;
        self
    }

    /// Threads for a network: those asked for, or as many as are fastest, up to the number of cores and of neurons. `n` threads
    /// take an `n`th of the work of a step, and about `n` us to wait for each other. These are the most that play at a
    /// time: where other programs hold cores, fewer do.
    pub fn threads_for(&self, network: &crate::network::Network) -> u32 {
        let busy = CostModel::ZEN4.threads(seconds_per_step(network));
        self.threads.unwrap_or(busy).min(cores()).min(network.neurons()).max(1)
    }

    /// Threads that build a network.
    pub(crate) fn builders(&self) -> u32 {
        self.threads.map_or_else(cores, |threads| threads.min(cores()))
    }

    /// Decides `auto` for a network.
    pub(crate) fn resolve(mut self, network: &crate::network::Network) -> Result<Device> {
        if self.kind == Kind::Gpu && self.precision == Precision::F64 {
            let problem = "the GPU player runs in f32; use --device cpu for f64";
            return Err(crate::Error::invalid("precision", problem));
        }
        if self.kind == Kind::Auto {
            // What learning costs on a GPU is not in the cost model.
            self.kind = if !network.learns()
                && self.precision == Precision::F32
                && hardware_gpu_is_faster(network, self.threads_for(network))
            {
                Kind::Gpu
            } else {
                Kind::Cpu
            };
        }
        Ok(self)
    }
}

/// What is said of a checkpoint whose signals are not those of the network's couplings.
pub(crate) fn signals_of_others() -> crate::Error {
    crate::Error::invalid("checkpoint", "it has not the signals of this network's couplings; take an earlier copy")
}

/// Cores of this machine that this process may use.
pub fn cores() -> u32 {
    std::thread::available_parallelism().map_or(1, |n| n.get() as u32)
}

/// What a step of a network costs one core, s.
fn seconds_per_step(network: &crate::network::Network) -> f64 {
    let machine = CostModel::ZEN4;
    let updates =
        network.populations().iter().map(|own| f64::from(own.size) * machine.update(own.model.as_ref())).sum();
    machine.seconds_per_step(updates, network.synapses_at_most(), network.dt())
}

#[cfg(not(feature = "gpu"))]
fn hardware_gpu_is_faster(_: &crate::network::Network, _: u32) -> bool {
    false
}

#[cfg(feature = "gpu")]
fn hardware_gpu_is_faster(network: &crate::network::Network, threads: u32) -> bool {
    gpu::expected_faster(network, seconds_per_step(network), threads)
}
