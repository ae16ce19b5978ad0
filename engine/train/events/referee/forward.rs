//! Forward in time: from event to event.

use std::cmp::Ordering;
use std::collections::BinaryHeap;

use crate::error::{Error, Result};
use crate::train::events::membrane::{Membrane, Point};
use crate::train::events::referee::{EventNetwork, Source};

/// Spikes of one run at most: a net that fires without end is stopped with a sentence.
const MOST_SPIKES: usize = 10_000_000;

/// Something that happens to one neuron.
#[derive(Debug, Clone, Copy)]
pub(super) enum Action {
    /// A spike comes in over a connection; the spike of a neuron that it is, if it is one's.
    Arrival { connection: u32, spike: Option<u32> },
    /// It fires: the number of the spike among all, and dV/dt as it comes to threshold.
    Spike { spike: u32, slope: f64 },
    /// Its potential is let go after this spike, and begins with dV/dt.
    Release { spike: u32, slope: f64 },
}

/// An action with its time and its neuron.
#[derive(Debug, Clone, Copy)]
pub(super) struct Happened {
    pub time: f64,
    pub neuron: u32,
    pub action: Action,
}

/// A stretch of a neuron's time between two actions.
#[derive(Debug, Clone, Copy)]
pub(super) struct Piece {
    pub neuron: u32,
    pub start: f64,
    pub end: f64,
    /// At its start.
    pub point: Point,
    /// Whether the potential is held at V_reset.
    pub held: bool,
    /// The action that ends it, in the order of time; nothing for the end of the run.
    pub next: Option<u32>,
}

/// A run of an [`EventNetwork`], with all that its gradient needs.
#[derive(Debug, Clone)]
pub struct EventRun {
    pub(super) net: EventNetwork,
    pub(super) duration: f64,
    /// Spikes in the order of time: ms, neuron.
    pub(super) spikes: Vec<(f64, u32)>,
    /// Per neuron, its spikes.
    pub(super) of_neuron: Vec<Vec<u32>>,
    /// In the order of time.
    pub(super) happened: Vec<Happened>,
    pub(super) pieces: Vec<Piece>,
}

impl EventNetwork {
    /// Runs from time 0 for `duration` ms.
    ///
    /// # Errors
    /// A duration that is not a number above 0, more spikes than memory should hold.
    pub fn run(&self, duration: f64) -> Result<EventRun> {
        if !(duration.is_finite() && duration > 0.0) {
            return Err(Error::invalid("duration", format!("{duration} ms must be a number above 0")));
        }
        let mut forward = Forward::new(self, duration);
        while let Some(due) = forward.queue.pop() {
            forward.play(due)?;
        }
        Ok(forward.finish())
    }
}

impl EventRun {
    /// Its spikes in the order of time: (ms, neuron).
    pub fn spikes(&self) -> &[(f64, u32)] {
        &self.spikes
    }

    /// The times (ms) of the spikes of a neuron, in order; nothing of one that does not exist.
    pub fn times(&self, neuron: u32) -> Vec<f64> {
        let own = self.of_neuron.get(neuron as usize).into_iter().flatten();
        own.map(|&spike| self.spikes[spike as usize].0).collect()
    }

    /// Neurons of its network.
    pub fn neurons(&self) -> u32 {
        self.net.neurons()
    }

    /// How long it was, ms.
    pub fn duration(&self) -> f64 {
        self.duration
    }

    pub(super) fn membrane(&self, neuron: u32) -> &Membrane {
        &self.net.membranes[neuron as usize]
    }
}

/// What is going to happen, the first first; of several at one time, those that were known first.
#[derive(Debug, Clone, Copy)]
struct Due {
    time: f64,
    order: u64,
    neuron: u32,
    what: What,
}

#[derive(Debug, Clone, Copy)]
enum What {
    Arrival {
        connection: u32,
        spike: Option<u32>,
    },
    /// Stands if nothing happened to the neuron since.
    Spike {
        version: u32,
    },
    Release {
        spike: u32,
    },
}

impl PartialEq for Due {
    fn eq(&self, other: &Due) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for Due {}

impl PartialOrd for Due {
    fn partial_cmp(&self, other: &Due) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Due {
    /// The heap gives the largest first.
    fn cmp(&self, other: &Due) -> Ordering {
        other.time.total_cmp(&self.time).then(other.order.cmp(&self.order))
    }
}

#[derive(Debug, Clone, Copy)]
struct State {
    time: f64,
    point: Point,
    held: bool,
    version: u32,
}

struct Forward<'a> {
    net: &'a EventNetwork,
    duration: f64,
    queue: BinaryHeap<Due>,
    order: u64,
    states: Vec<State>,
    spikes: Vec<(f64, u32)>,
    of_neuron: Vec<Vec<u32>>,
    happened: Vec<Happened>,
    pieces: Vec<Piece>,
}

impl<'a> Forward<'a> {
    fn new(net: &'a EventNetwork, duration: f64) -> Forward<'a> {
        let neurons = net.membranes.len();
        let state = State { time: 0.0, point: Point::default(), held: false, version: 0 };
        let mut forward = Forward {
            net,
            duration,
            queue: BinaryHeap::new(),
            order: 0,
            states: vec![state; neurons],
            spikes: Vec::new(),
            of_neuron: vec![Vec::new(); neurons],
            happened: Vec::new(),
            pieces: Vec::new(),
        };
        for (input, times) in net.inputs.iter().enumerate() {
            for &time in times {
                forward.send(Source::Input(input as u32), time, None);
            }
        }
        (0..neurons as u32).for_each(|neuron| forward.foresee(neuron));
        forward
    }

    fn push(&mut self, time: f64, neuron: u32, what: What) {
        if time < self.duration {
            self.order += 1;
            self.queue.push(Due { time, order: self.order, neuron, what });
        }
    }

    /// Sends a spike along the connections of its source.
    fn send(&mut self, source: Source, time: f64, spike: Option<u32>) {
        let net = self.net;
        let row = match source {
            Source::Neuron(neuron) => neuron as usize,
            Source::Input(input) => net.membranes.len() + input as usize,
        };
        for &connection in &net.leaving[row] {
            let own = &net.connections[connection as usize];
            self.push(time + own.delay, own.target, What::Arrival { connection, spike });
        }
    }

    /// Enters the next spike of a neuron, as far as it is known now.
    fn foresee(&mut self, neuron: u32) {
        let State { time, point, held, version } = self.states[neuron as usize];
        if held {
            return;
        }
        if let Some(after) = self.net.membranes[neuron as usize].crossing(&point, self.duration - time) {
            self.push(time + after, neuron, What::Spike { version });
        }
    }

    fn play(&mut self, due: Due) -> Result<()> {
        let Due { time, neuron, what, .. } = due;
        let membrane = &self.net.membranes[neuron as usize];
        let state = self.states[neuron as usize];
        if matches!(what, What::Spike { version } if version != state.version) {
            return Ok(());
        }
        let passed = if state.held { Membrane::after_held } else { Membrane::after };
        let mut point = passed(membrane, &state.point, time - state.time);
        let mut held = state.held;
        let action = match what {
            What::Arrival { connection, spike } => {
                let own = &self.net.connections[connection as usize];
                point.current[own.channel()] += own.weight;
                Action::Arrival { connection, spike }
            }
            What::Spike { .. } => {
                let spike = self.spikes.len() as u32;
                let slope = membrane.slope(membrane.threshold, point.current);
                (point.v, held) = (membrane.reset, true);
                Action::Spike { spike, slope }
            }
            What::Release { spike } => {
                held = false;
                Action::Release { spike, slope: membrane.slope(membrane.reset, point.current) }
            }
        };
        let next = Some(self.happened.len() as u32);
        self.pieces.push(Piece { neuron, start: state.time, end: time, point: state.point, held: state.held, next });
        self.happened.push(Happened { time, neuron, action });
        self.states[neuron as usize] = State { time, point, held, version: state.version + 1 };
        if let Action::Spike { spike, .. } = action {
            self.fired(time, neuron, spike)?;
        }
        self.foresee(neuron);
        Ok(())
    }

    fn fired(&mut self, time: f64, neuron: u32, spike: u32) -> Result<()> {
        if self.spikes.len() >= MOST_SPIKES {
            let problem =
                format!("more than {MOST_SPIKES} spikes by {time} ms; run it for less, or with smaller weights");
            return Err(Error::invalid("event network", problem));
        }
        self.spikes.push((time, neuron));
        self.of_neuron[neuron as usize].push(spike);
        let release = time + self.net.membranes[neuron as usize].t_ref;
        self.push(release, neuron, What::Release { spike });
        self.send(Source::Neuron(neuron), time, Some(spike));
        Ok(())
    }

    fn finish(mut self) -> EventRun {
        for (neuron, state) in self.states.iter().enumerate() {
            let (start, end, point, held) = (state.time, self.duration, state.point, state.held);
            self.pieces.push(Piece { neuron: neuron as u32, start, end, point, held, next: None });
        }
        let Forward { net, duration, spikes, of_neuron, happened, pieces, .. } = self;
        EventRun { net: net.clone(), duration, spikes, of_neuron, happened, pieces }
    }
}
