//! The forward pass: a run in continuous time, from event to event.

use std::cmp::Ordering;
use std::collections::BinaryHeap;

use crate::error::{Error, Result};
use crate::train::events::membrane::{Membrane, Point};
use crate::train::events::referee::{EventNetwork, Source};

/// Spikes of one run at most: a network that fires without end is stopped with an error.
const MAX_SPIKES: usize = 10_000_000;

/// What happens to a neuron at an event.
#[derive(Debug, Clone, Copy)]
pub(super) enum Action {
    /// A spike arrives over a connection; `spike` is its number among all of the run, if a neuron fired it.
    Arrival { connection: u32, spike: Option<u32> },
    /// The neuron fires: the number of the spike among all of the run, and dV/dt at threshold, mV/ms.
    Spike { spike: u32, slope: f64 },
    /// The refractory period after this spike ends: the potential is released, with this dV/dt, mV/ms.
    Release { spike: u32, slope: f64 },
}

/// An action with its time (ms) and its neuron.
#[derive(Debug, Clone, Copy)]
pub(super) struct Event {
    pub time: f64,
    pub neuron: u32,
    pub action: Action,
}

/// The stretch of a neuron's time between two events, ms.
#[derive(Debug, Clone, Copy)]
pub(super) struct Piece {
    pub neuron: u32,
    pub start: f64,
    pub end: f64,
    /// The neuron's state at the start.
    pub point: Point,
    /// Whether the potential is held at V_reset.
    pub held: bool,
    /// The number of the event that ends it; `None` for the end of the run.
    pub next: Option<u32>,
}

/// A run of an [`EventNetwork`], with all that its gradient needs.
#[derive(Debug, Clone)]
pub struct EventRun {
    pub(super) net: EventNetwork,
    /// ms.
    pub(super) duration: f64,
    /// Spikes in the order of time: (ms, neuron).
    pub(super) spikes: Vec<(f64, u32)>,
    /// For each neuron, the numbers of its spikes in `spikes`.
    pub(super) of_neuron: Vec<Vec<u32>>,
    /// All events in the order of time.
    pub(super) events: Vec<Event>,
    pub(super) pieces: Vec<Piece>,
}

impl EventNetwork {
    /// A run from time 0 for `duration` ms.
    ///
    /// # Errors
    /// A duration that is not a number above 0; more than 10,000,000 spikes.
    pub fn run(&self, duration: f64) -> Result<EventRun> {
        if !(duration.is_finite() && duration > 0.0) {
            return Err(Error::invalid("duration", format!("{duration} ms must be a number above 0")));
        }
        let mut forward = Forward::new(self, duration);
        while let Some(due) = forward.queue.pop() {
            forward.perform(due)?;
        }
        Ok(forward.finish())
    }
}

impl EventRun {
    /// All spikes in the order of time: (ms, neuron).
    pub fn spikes(&self) -> &[(f64, u32)] {
        &self.spikes
    }

    /// The times (ms) of the spikes of a neuron, in order; none for a neuron that does not exist.
    pub fn times(&self, neuron: u32) -> Vec<f64> {
        let own = self.of_neuron.get(neuron as usize).into_iter().flatten();
        own.map(|&spike| self.spikes[spike as usize].0).collect()
    }

    /// The number of neurons of the network.
    pub fn neurons(&self) -> u32 {
        self.net.neurons()
    }

    /// The duration of the run, ms.
    pub fn duration(&self) -> f64 {
        self.duration
    }

    /// The membrane of a neuron.
    pub(super) fn membrane(&self, neuron: u32) -> &Membrane {
        &self.net.membranes[neuron as usize]
    }
}

/// A scheduled action. The heap gives the earliest first, and of several at one time the one that was scheduled first.
#[derive(Debug, Clone, Copy)]
struct Due {
    time: f64,
    order: u64,
    neuron: u32,
    what: DueAction,
}

#[derive(Debug, Clone, Copy)]
enum DueAction {
    Arrival {
        connection: u32,
        spike: Option<u32>,
    },
    /// Holds only if nothing happened to the neuron since it was foreseen.
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
    /// The heap gives the largest first: earlier is larger.
    fn cmp(&self, other: &Due) -> Ordering {
        other.time.total_cmp(&self.time).then(other.order.cmp(&self.order))
    }
}

/// A neuron at its last event.
#[derive(Debug, Clone, Copy)]
struct State {
    time: f64,
    point: Point,
    /// Whether it is refractory.
    held: bool,
    /// The number of its events so far.
    version: u32,
}

/// A run in progress.
struct Forward<'a> {
    net: &'a EventNetwork,
    duration: f64,
    queue: BinaryHeap<Due>,
    states: Vec<State>,
    /// The number of actions scheduled so far.
    order: u64,
    spikes: Vec<(f64, u32)>,
    of_neuron: Vec<Vec<u32>>,
    events: Vec<Event>,
    pieces: Vec<Piece>,
}

impl<'a> Forward<'a> {
    /// A run at time 0, with the arrivals of all inputs scheduled.
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
            events: Vec::new(),
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

    /// Schedules an action, if it is before the end of the run.
    fn schedule(&mut self, time: f64, neuron: u32, what: DueAction) {
        if time < self.duration {
            self.order += 1;
            self.queue.push(Due { time, order: self.order, neuron, what });
        }
    }

    /// Schedules the arrivals of a spike over all connections of its source.
    fn send(&mut self, source: Source, time: f64, spike: Option<u32>) {
        let net = self.net;
        let row = match source {
            Source::Neuron(neuron) => neuron as usize,
            Source::Input(input) => net.membranes.len() + input as usize,
        };
        for &connection in &net.leaving[row] {
            let own = &net.connections[connection as usize];
            self.schedule(time + own.delay, own.target, DueAction::Arrival { connection, spike });
        }
    }

    /// Schedules the next spike of a neuron, if it will fire without further input.
    fn foresee(&mut self, neuron: u32) {
        let State { time, point, held, version } = self.states[neuron as usize];
        if held {
            return;
        }
        if let Some(after) = self.net.membranes[neuron as usize].crossing(&point, self.duration - time) {
            self.schedule(time + after, neuron, DueAction::Spike { version });
        }
    }

    /// Performs a scheduled action and notes it, unless it no longer holds.
    fn perform(&mut self, due: Due) -> Result<()> {
        let Due { time, neuron, what, .. } = due;
        let membrane = &self.net.membranes[neuron as usize];
        let state = self.states[neuron as usize];
        if matches!(what, DueAction::Spike { version } if version != state.version) {
            return Ok(());
        }
        let passed = if state.held { Membrane::after_held } else { Membrane::after };
        let mut point = passed(membrane, &state.point, time - state.time);
        let mut held = state.held;
        let action = match what {
            DueAction::Arrival { connection, spike } => {
                let own = &self.net.connections[connection as usize];
                point.current[own.channel()] += own.weight;
                Action::Arrival { connection, spike }
            }
            DueAction::Spike { .. } => {
                let spike = self.spikes.len() as u32;
                let slope = membrane.slope(membrane.threshold, point.current);
                (point.v, held) = (membrane.reset, true);
                Action::Spike { spike, slope }
            }
            DueAction::Release { spike } => {
                held = false;
                Action::Release { spike, slope: membrane.slope(membrane.reset, point.current) }
            }
        };
        let next = Some(self.events.len() as u32);
        self.pieces.push(Piece { neuron, start: state.time, end: time, point: state.point, held: state.held, next });
        self.events.push(Event { time, neuron, action });
        self.states[neuron as usize] = State { time, point, held, version: state.version + 1 };
        if let Action::Spike { spike, .. } = action {
            self.note_spike(time, neuron, spike)?;
        }
        self.foresee(neuron);
        Ok(())
    }

    /// Notes a spike, and schedules its release and its arrivals.
    ///
    /// # Errors
    /// More spikes than [`MAX_SPIKES`].
    fn note_spike(&mut self, time: f64, neuron: u32, spike: u32) -> Result<()> {
        if self.spikes.len() >= MAX_SPIKES {
            let problem =
                format!("more than {MAX_SPIKES} spikes by {time} ms; run it for less, or with smaller weights");
            return Err(Error::invalid("event network", problem));
        }
        self.spikes.push((time, neuron));
        self.of_neuron[neuron as usize].push(spike);
        let release = time + self.net.membranes[neuron as usize].t_ref;
        self.schedule(release, neuron, DueAction::Release { spike });
        self.send(Source::Neuron(neuron), time, Some(spike));
        Ok(())
    }

    /// Adds the last piece of each neuron: the whole run.
    fn finish(mut self) -> EventRun {
        for (neuron, state) in self.states.iter().enumerate() {
            let (start, end, point, held) = (state.time, self.duration, state.point, state.held);
            self.pieces.push(Piece { neuron: neuron as u32, start, end, point, held, next: None });
        }
        let Forward { net, duration, spikes, of_neuron, events, pieces, .. } = self;
        EventRun { net: net.clone(), duration, spikes, of_neuron, events, pieces }
    }
}
