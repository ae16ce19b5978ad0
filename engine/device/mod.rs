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

/// The state of a population as players store it: per state variable, the value of each neuron.
pub type PopulationState = Vec<Vec<f64>>;

/// What a player hands back of a batch.
#[derive(Debug, Default)]
pub struct Played {
    /// Number of steps of the batch.
    pub steps: u32,
    /// All spikes of the batch, sorted.
    pub spikes: Vec<Spike>,
    /// Per probe of the plan, its samples as stored ([`PopulationPlan::offset`](crate::plan::PopulationPlan::offset) is
    /// to be added): all neurons at the first sampled step, then at the next.
    pub samples: Vec<Vec<f64>>,
    /// The first neuron whose state left the finite numbers or whose sum overflowed, and the step.
    pub fault: Option<Spike>,
    /// The first neuron to which a synapse that learns sends more than a sum can hold, with the step of arrival, and
    /// the index of the projection.
    pub overflow: Option<(Spike, usize)>,
}

/// The synapses of a projection that learns, sorted by source; those of one source in the order in which they are drawn
/// or listed. All lists have one entry per synapse.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct PlasticSynapses {
    /// Global ids of the sources.
    pub sources: Vec<u32>,
    /// Global ids of the targets.
    pub targets: Vec<u32>,
    /// Delays, steps.
    pub delays: Vec<u32>,
    /// Per state variable of the synapse model, the value of each synapse, as the last spike of its source left it.
    pub state: Vec<Vec<f64>>,
}

/// The time at which the weights of synapses are asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WeightsAt<'a> {
    /// Time 0.
    Start,
    /// The end of the last batch that was submitted: as the last spike of each source left them that has been taken,
    /// or, with a third factor, with what has happened since.
    Now,
    /// The same time, with all that has happened by then; with the spikes of as many steps before it as the shortest
    /// delay has, at least.
    UpToDate(&'a [Spike]),
}

impl<'a> WeightsAt<'a> {
    /// The recent spikes of [`WeightsAt::UpToDate`].
    fn recent(self) -> Option<&'a [Spike]> {
        if let WeightsAt::UpToDate(recent) = self { Some(recent) } else { None }
    }
}

/// The time that one kind of pass has taken so far.
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
pub struct PassTime {
    /// Name of the pass: "propagate_stored", "integrate iaf_psc_exp"...
    pub name: String,
    /// Number of times that it ran.
    pub calls: u64,
    /// Time of all these together, s.
    pub seconds: f64,
}

impl PassTime {
    /// Adds one call of pass `name`, which took `seconds`, to `times`.
    pub fn add(times: &mut Vec<PassTime>, name: &str, seconds: f64) {
        match times.iter_mut().find(|t| t.name == name) {
            Some(time) => (time.calls, time.seconds) = (time.calls + 1, time.seconds + seconds),
            None => times.push(PassTime { name: name.to_owned(), calls: 1, seconds }),
        }
    }
}

/// Counts of the work a device has been given.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, serde::Serialize)]
pub struct Counts {
    /// Command buffers submitted.
    pub submits: u64,
    /// Dispatches in them.
    pub dispatches: u64,
    /// Bytes that the host wrote to the device.
    pub bytes_up: u64,
    /// Bytes that the host read from the device.
    pub bytes_down: u64,
}

/// Plays a plan, batch by batch. [`Player::submit`] and [`Player::take`] do not wait for a device, so that hosts that
/// must not block (a browser) can play, too; other hosts wait in [`Player::wait`].
pub trait Player: Send {
    /// Begins to play the next `steps` steps as one batch; returns at once where a device plays beside the host. No
    /// more than [`Player::at_once`] batches may be under way.
    ///
    /// # Errors
    /// A device that fails; a system that gives no more threads.
    fn submit(&mut self, steps: u32) -> Result<()>;
    /// The results of the oldest batch that was submitted and not yet taken; `None` while it is being played.
    ///
    /// # Errors
    /// A device that fails. A state that is no longer finite is reported in [`Played::fault`].
    fn take(&mut self) -> Result<Option<Played>>;
    /// Waits until more of the oldest batch is done: [`Player::take`] may still give `None`.
    ///
    /// # Errors
    /// A device that fails.
    fn wait(&mut self) -> Result<()> {
        Ok(())
    }
    /// The number of batches that were submitted and not yet taken.
    fn under_way(&self) -> usize;
    /// The largest number of batches that may be under way.
    fn at_once(&self) -> usize {
        1
    }
    /// The results of the oldest batch, for which it waits; `None` where no batch is under way.
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
    /// A device without time stamps.
    fn profile(&mut self) -> Result<()>;
    /// The time that each kind of pass has taken since [`Player::profile`].
    fn pass_times(&self) -> Vec<PassTime>;
    /// Counts of the work the device has been given so far; zeros on the CPU.
    fn counts(&self) -> Counts {
        Counts::default()
    }
    /// The values of state variable `variable` (its index in the model) of all neurons of population `population`, as
    /// stored: [`PopulationPlan::offset`](crate::plan::PopulationPlan::offset) is to be added.
    ///
    /// # Errors
    /// A device that fails.
    fn state(&mut self, population: usize, variable: usize) -> Result<Vec<f64>>;
    /// Continues from the end of `step`, as if this player had played up to it: `state` holds the values that
    /// [`Player::state`] gives, per population and state variable, and `recent` all spikes of the last max-delay steps,
    /// sorted. The events of these spikes that have yet to arrive are delivered again, so that nothing restored depends
    /// on a layout.
    ///
    /// # Errors
    /// A device that fails, or that cannot hold the spikes of `recent`.
    fn restore(&mut self, step: u64, state: &[PopulationState], recent: &[Spike]) -> Result<()>;
    /// The signals of continuous couplings at the end of the last steps, one list per step, the oldest first; empty
    /// where nothing is coupled.
    ///
    /// # Errors
    /// A device that fails.
    fn signals(&mut self) -> Result<Vec<Vec<f64>>> {
        Ok(Vec::new())
    }
    /// Takes over signals that [`Player::signals`] gave, after [`Player::restore`].
    ///
    /// # Errors
    /// Signals that are not those of the network.
    fn restore_signals(&mut self, _: &[Vec<f64>]) -> Result<()> {
        Ok(())
    }
    /// The synapses of a projection that learns, with their present state.
    ///
    /// # Errors
    /// A device that fails.
    fn synapses(&mut self, _projection: usize) -> Result<PlasticSynapses> {
        Ok(PlasticSynapses::default())
    }
    /// The weights of the synapses of a projection that learns, at time `_at`, in the order of [`Player::synapses`].
    ///
    /// # Errors
    /// A device that fails.
    fn weights(&mut self, _projection: usize, _at: WeightsAt<'_>) -> Result<Vec<f64>> {
        Ok(Vec::new())
    }
    /// What a checkpoint holds beside the states of neurons, as words that depend on no layout: the phases of the
    /// processes of stimuli, the state of all synapses that learn, and what these have sent that has yet to arrive.
    /// Empty where there is neither.
    ///
    /// # Errors
    /// A device that fails.
    fn memory(&mut self) -> Result<Vec<u64>> {
        Ok(Vec::new())
    }
    /// Of these words those of the synapses of the plan with this index among those that learn.
    ///
    /// # Errors
    /// A device that fails.
    fn plastic_memory(&mut self, _plan: usize) -> Result<Vec<u64>> {
        Ok(Vec::new())
    }
    /// Takes over the words that [`Player::memory`] gave, after [`Player::restore`].
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
    /// The most steps that the next batch should have.
    fn longest_batch(&self) -> u32;
    /// A description of the device for people: "CPU, 2 threads, f32".
    fn describe(&self) -> String;
    /// A warning about the device to show before a run, if there is one.
    fn caution(&self) -> Option<String> {
        None
    }
    /// The average number of dispatches per step, without samples and listed input; 0 on the CPU.
    fn dispatches_per_step(&self) -> f64;
}

/// The kind of device that plays.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Kind {
    /// The device that is expected to be fastest; never a software adapter.
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

    /// The name in experiment files and on the command line.
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
    /// 32 bits: the same bits on every device.
    #[default]
    F32,
    /// 64 bits: the reference that errors of `f32` are measured against.
    F64,
}

impl Precision {
    /// All number types.
    pub const ALL: [Precision; 2] = [Precision::F32, Precision::F64];

    /// The name in experiment files and on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Precision::F32 => "f32",
            Precision::F64 => "f64",
        }
    }
}

/// The device to play on, and how.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Device {
    /// The kind of device.
    pub kind: Kind,
    /// The most threads of the native player; if absent, see [`Device::threads_for`].
    pub threads: Option<u32>,
    /// The number type of states and input sums.
    pub precision: Precision,
    /// Part of the name of the adapter to take, where there are several.
    pub adapter: Option<String>,
}

impl Device {
    /// The native player in `f32`, on as many cores as the network keeps busy.
    pub fn cpu() -> Device {
        Device { kind: Kind::Cpu, threads: None, precision: Precision::F32, adapter: None }
    }
    /// A GPU; building a network fails where there is none.
    pub fn gpu() -> Device {
        Device { kind: Kind::Gpu, ..Device::cpu() }
    }
    /// The device that is expected to be fastest for a network, which is decided when the network is built.
    ///
    /// # Errors
    /// None today.
    pub fn best() -> Result<Device> {
        Ok(Device { kind: Kind::Auto, ..Device::cpu() })
    }
    /// The same device with `threads` threads, 1 at least.
    pub fn threads(mut self, threads: u32) -> Device {
        self.threads = Some(threads.max(1));
        self
    }
    /// The same device with numbers of type `precision`.
    pub fn precision(mut self, precision: Precision) -> Device {
        self.precision = precision;
        self
    }

    /// The most threads that play `network` at a time: those asked for, or as many as are expected to be fastest by the
    /// cost model, in which more threads share the work of a step but wait longer for each other; no more than cores
    /// and neurons. Where other programs hold cores, fewer play.
    pub fn threads_for(&self, network: &crate::network::Network) -> u32 {
        let busy = CostModel::ZEN4.threads(seconds_per_step(network));
        self.threads.unwrap_or(busy).min(cores()).min(network.neurons()).max(1)
    }

    /// The number of threads that build a network: those asked for, up to the number of cores.
    pub(crate) fn builders(&self) -> u32 {
        self.threads.map_or_else(cores, |threads| threads.min(cores()))
    }

    /// This device with [`Kind::Auto`] replaced by the kind that is expected to be faster for `network`.
    ///
    /// # Errors
    /// A GPU in `f64`.
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

/// The error for a checkpoint whose signals are not those of the network's couplings.
pub(crate) fn signals_of_others() -> crate::Error {
    crate::Error::invalid("checkpoint", "it has not the signals of this network's couplings; take an earlier copy")
}

/// The number of cores that this process may use, 1 where the system does not say.
pub fn cores() -> u32 {
    std::thread::available_parallelism().map_or(1, |n| n.get() as u32)
}

/// The expected time that one core takes for a step of `network`, s.
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
