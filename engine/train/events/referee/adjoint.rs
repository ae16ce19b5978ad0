//! The backward pass: the exact gradient. The derivation is on the page `docs/train/gradients.md`.

use crate::error::Result;
use crate::train::events::loss::{Loss, Term};
use crate::train::events::referee::EventRun;
use crate::train::events::referee::forward::{Action, Piece};

/// The gradient of a loss.
#[derive(Debug, Clone, PartialEq)]
pub struct EventGradient {
    /// The loss.
    pub loss: f64,
    /// Derivatives by the weight of each connection, 1/pA.
    pub weights: Vec<f64>,
    /// Derivatives by the delay of each connection, 1/ms.
    pub delays: Vec<f64>,
    /// Derivatives by the time of each spike of the run, with all that follows from the spike, 1/ms.
    pub spikes: Vec<f64>,
}

/// Parts of the adjoint at events. One of them can be left out, to test that gradients are wrong without it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Jump {
    /// A later spike arrives later at its targets.
    Arrival,
    /// After a later spike the potential is released later.
    Release,
    /// The potential after a spike does not depend on what it was before.
    Reset,
    /// While the potential is held, it does not respond to currents.
    Held,
}

/// The number of an event at which a potential has a kink, and dV/dt before it.
type Kink = (u32, f64);

/// The largest potential of a neuron, mV relative to E_L, and what it depends on.
#[derive(Debug, Clone, Copy)]
struct Peak {
    time: f64,
    value: f64,
    /// The kink that the peak is at, if it is at one.
    kink: Option<Kink>,
    /// Whether the neuron fires, so that its peak is the threshold, whatever the weights.
    fires: bool,
}

impl EventRun {
    /// The value of a loss.
    ///
    /// # Errors
    /// No term, a neuron that does not exist, a spike that was not fired, a number that is not finite.
    pub fn loss(&self, loss: &Loss) -> Result<f64> {
        loss.check(self.net.neurons(), |neuron| self.of_neuron[neuron as usize].len() as u32)?;
        let value = |term: &Term| match *term {
            Term::Peak { neuron, factor } => factor * (self.peak(neuron).value + self.membrane(neuron).e_l),
            Term::Integral { neuron, factor } => factor * self.area(neuron),
            _ => self.spike_of(term).map_or(0.0, |spike| term.of_spike(self.spikes[spike as usize].0).0),
        };
        Ok(loss.terms().iter().map(value).sum())
    }

    /// The gradient of a loss. It is exact as long as small changes of weights and delays neither add nor remove a
    /// spike, nor move a peak from one maximum to another.
    ///
    /// # Errors
    /// As [`EventRun::loss`].
    pub fn gradient(&self, loss: &Loss) -> Result<EventGradient> {
        self.gradient_without(loss, None)
    }

    /// As [`EventRun::gradient`], but without one of the jumps, for tests of gradients.
    ///
    /// # Errors
    /// As [`EventRun::loss`].
    pub fn gradient_without(&self, loss: &Loss, jump: Option<Jump>) -> Result<EventGradient> {
        let value = self.loss(loss)?;
        let mut backward = Backward::new(self, loss, value, jump);
        for index in (0..self.events.len()).rev() {
            backward.undo(index);
        }
        Ok(backward.gradient)
    }

    /// The number among all spikes of the run of the spike that a term is of.
    fn spike_of(&self, term: &Term) -> Option<u32> {
        self.of_neuron[term.neuron() as usize].get(term.spike()? as usize).copied()
    }

    /// The pieces of a neuron's time.
    fn pieces_of(&self, neuron: u32) -> impl Iterator<Item = &Piece> {
        self.pieces.iter().filter(move |piece| piece.neuron == neuron)
    }

    /// The largest potential of a neuron over the run.
    fn peak(&self, neuron: u32) -> Peak {
        let membrane = self.membrane(neuron);
        let fires = !self.of_neuron[neuron as usize].is_empty();
        let mut best = Peak { time: 0.0, value: 0.0, kink: None, fires };
        if fires {
            return Peak { value: membrane.threshold, ..best };
        }
        for piece in self.pieces_of(neuron) {
            let length = piece.end - piece.start;
            let (at, v) = membrane.peak(&piece.point, length);
            if v <= best.value {
                continue;
            }
            let kink = (at >= length).then_some(piece.next).flatten().map(|next| {
                let end = membrane.after(&piece.point, length);
                (next, membrane.slope(end.v, end.current))
            });
            best = Peak { time: piece.start + at, value: v, kink, fires };
        }
        best
    }

    /// The integral of V_m of a neuron over the run, mV·ms.
    fn area(&self, neuron: u32) -> f64 {
        let membrane = self.membrane(neuron);
        let area = |piece: &Piece| {
            let length = piece.end - piece.start;
            let own = if piece.held { piece.point.v * length } else { membrane.area(&piece.point, length) };
            own + membrane.e_l * length
        };
        self.pieces_of(neuron).map(area).sum()
    }
}

/// dL/dV and dL/dI of a neuron at a time: λ_V (1/mV) and λ_I (1/pA).
#[derive(Debug, Clone, Copy, Default)]
struct Costate {
    time: f64,
    v: f64,
    current: [f64; 2],
    /// Whether the potential is held here.
    held: bool,
    /// The constant part of dL/dV per ms, from integrals of the potential, 1/(mV·ms).
    source: f64,
}

/// A backward pass in progress.
struct Backward<'a> {
    run: &'a EventRun,
    /// The jump that is left out.
    without: Option<Jump>,
    costates: Vec<Costate>,
    /// Peaks that are not reached yet, sorted by time: time, neuron, factor, and the kink that they are at.
    peaks: Vec<(f64, u32, f64, Option<Kink>)>,
    gradient: EventGradient,
}

impl<'a> Backward<'a> {
    /// A backward pass at the end of a run, with the terms of a loss, whose value is `value`, entered.
    fn new(run: &'a EventRun, loss: &Loss, value: f64, without: Option<Jump>) -> Backward<'a> {
        let connections = run.net.connections.len();
        let gradient = EventGradient {
            loss: value,
            weights: vec![0.0; connections],
            delays: vec![0.0; connections],
            spikes: vec![0.0; run.spikes.len()],
        };
        let mut costates = vec![Costate { time: run.duration, ..Costate::default() }; run.of_neuron.len()];
        for piece in run.pieces.iter().filter(|piece| piece.next.is_none()) {
            costates[piece.neuron as usize].held = piece.held;
        }
        let mut backward = Backward { run, without, costates, peaks: Vec::new(), gradient };
        for term in loss.terms() {
            match *term {
                Term::Integral { neuron, factor } => backward.costates[neuron as usize].source += factor,
                Term::Peak { neuron, factor } => {
                    let peak = run.peak(neuron);
                    if !peak.fires {
                        backward.peaks.push((peak.time, neuron, factor, peak.kink));
                    }
                }
                _ => {
                    if let Some(spike) = run.spike_of(term) {
                        let spike = spike as usize;
                        backward.gradient.spikes[spike] += term.of_spike(run.spikes[spike].0).1;
                    }
                }
            }
        }
        backward.peaks.sort_by(|a, b| a.0.total_cmp(&b.0));
        backward
    }

    /// Whether this jump is left out.
    fn left_out(&self, jump: Jump) -> bool {
        self.without == Some(jump)
    }

    /// Takes a neuron's costate back to `time`; peaks on the way add to λ_V.
    fn go_back(&mut self, neuron: u32, time: f64) {
        let own = |peak: &(f64, u32, f64, Option<Kink>)| peak.1 == neuron && peak.0 > time;
        while let Some(at) = self.peaks.iter().rposition(own) {
            let (when, _, factor, _) = self.peaks.remove(at);
            self.decay(neuron, when);
            self.costates[neuron as usize].v += factor;
        }
        self.decay(neuron, time);
    }

    /// Integrates a neuron's costate back to `time`, without events in between.
    fn decay(&mut self, neuron: u32, time: f64) {
        let membrane = self.run.membrane(neuron);
        let answers = self.left_out(Jump::Held);
        let costate = &mut self.costates[neuron as usize];
        let dt = costate.time - time;
        let (v, source) = (costate.v, costate.source);
        costate.time = time;
        for (channel, current) in costate.current.iter_mut().enumerate() {
            let (kept, reached) = membrane.response(channel, dt);
            *current *= kept;
            if !costate.held || answers {
                *current += v * reached + source * membrane.response_area(channel, dt);
            }
        }
        if !costate.held {
            costate.v = v * (-dt / membrane.tau_m).exp() - source * membrane.tau_m * (-dt / membrane.tau_m).exp_m1();
        }
    }

    /// Takes the costates back over an event.
    fn undo(&mut self, index: usize) {
        let event = self.run.events[index];
        let (neuron, n) = (event.neuron, event.neuron as usize);
        self.go_back(neuron, event.time);
        match event.action {
            Action::Arrival { connection, spike } => self.undo_arrival(index, n, connection, spike),
            Action::Release { spike, slope } => {
                // λ_V is held over the refractory period: what it meant there is in dL/dt of the spike.
                let (later, forgets) = (!self.left_out(Jump::Release), !self.left_out(Jump::Reset));
                let costate = &mut self.costates[n];
                costate.held = true;
                if later {
                    self.gradient.spikes[spike as usize] -= costate.v * slope;
                }
                if forgets {
                    costate.v = 0.0;
                }
            }
            Action::Spike { spike, slope } => {
                let membrane = self.run.membrane(neuron);
                let costate = &mut self.costates[n];
                let late = &mut self.gradient.spikes[spike as usize];
                *late += costate.source * (membrane.threshold - membrane.reset);
                costate.held = false;
                costate.v -= *late / slope;
            }
        }
    }

    /// Takes the costate of neuron `n` back over event `index`, an arrival: adds to the gradient by weight, delay and
    /// spike.
    fn undo_arrival(&mut self, index: usize, n: usize, connection: u32, spike: Option<u32>) {
        let own = &self.run.net.connections[connection as usize];
        let membrane = &self.run.net.membranes[n];
        let costate = self.costates[n];
        let channel = own.channel();
        let potential = if costate.held && !self.left_out(Jump::Held) { 0.0 } else { costate.v };
        let mut later = own.weight * (costate.current[channel] / membrane.tau_syn[channel] - potential / membrane.c_m);
        // Where the potential peaks at this very arrival, the peak moves along with it.
        let at =
            self.peaks.iter().position(|peak| peak.1 as usize == n && peak.3.is_some_and(|k| k.0 as usize == index));
        if let Some(at) = at {
            let (_, _, factor, kink) = self.peaks.remove(at);
            later += factor * kink.map_or(0.0, |(_, slope)| slope);
            self.costates[n].v += factor;
        }
        self.gradient.weights[connection as usize] += costate.current[channel];
        self.gradient.delays[connection as usize] += later;
        if let (Some(spike), false) = (spike, self.left_out(Jump::Arrival)) {
            self.gradient.spikes[spike as usize] += later;
        }
    }
}
