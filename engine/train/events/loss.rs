//! Losses of spike times and membrane potentials: sums of terms, each of one neuron.

use crate::error::{Error, Result};

/// One term of a loss. Neurons are counted over all populations, their spikes from 0.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Term {
    /// `factor` · t, of the time t (ms) of a spike.
    Time {
        /// The neuron that fires.
        neuron: u32,
        /// The number of its spike.
        number: u32,
        /// Weight of the term, per ms.
        factor: f64,
    },
    /// `factor` / 2 · (t - `time`)², of the time t (ms) of a spike.
    Target {
        /// The neuron that fires.
        neuron: u32,
        /// The number of its spike.
        number: u32,
        /// The time at which the spike should be, ms.
        time: f64,
        /// Weight of the term, per ms².
        factor: f64,
    },
    /// `factor` times the largest V_m (mV) of the run. That of a neuron that fires is V_th, whatever the weights.
    Peak {
        /// The neuron whose potential it is.
        neuron: u32,
        /// Weight of the term, per mV.
        factor: f64,
    },
    /// `factor` times the integral of V_m over the run (mV·ms).
    Integral {
        /// The neuron whose potential it is.
        neuron: u32,
        /// Weight of the term, per mV·ms.
        factor: f64,
    },
}

impl Term {
    /// The neuron that the term is of.
    pub fn neuron(&self) -> u32 {
        match *self {
            Term::Time { neuron, .. }
            | Term::Target { neuron, .. }
            | Term::Peak { neuron, .. }
            | Term::Integral { neuron, .. } => neuron,
        }
    }

    /// The value of a term of a spike and its derivative by the spike's time (ms), where this is `time`; zeros for
    /// terms of potentials.
    pub(crate) fn of_spike(&self, time: f64) -> (f64, f64) {
        match *self {
            Term::Time { factor, .. } => (factor * time, factor),
            Term::Target { time: wanted, factor, .. } => {
                let late = time - wanted;
                (0.5 * factor * late * late, factor * late)
            }
            Term::Peak { .. } | Term::Integral { .. } => (0.0, 0.0),
        }
    }

    /// The number of the spike that the term is of, if it is of one.
    pub(crate) fn spike(&self) -> Option<u32> {
        match *self {
            Term::Time { number, .. } | Term::Target { number, .. } => Some(number),
            Term::Peak { .. } | Term::Integral { .. } => None,
        }
    }

    /// The term's factor and time, 0 where it has none.
    fn coefficients(&self) -> [f64; 2] {
        match *self {
            Term::Time { factor, .. } | Term::Peak { factor, .. } | Term::Integral { factor, .. } => [factor, 0.0],
            Term::Target { time, factor, .. } => [factor, time],
        }
    }
}

/// A loss: the sum of its terms.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Loss {
    terms: Vec<Term>,
}

impl Loss {
    /// A loss that is the sum of these terms.
    pub fn new(terms: impl Into<Vec<Term>>) -> Loss {
        Loss { terms: terms.into() }
    }

    /// The terms of the loss.
    pub fn terms(&self) -> &[Term] {
        &self.terms
    }

    /// Checks the loss against a network of `neurons` neurons, each of which fired `fired(neuron)` times.
    ///
    /// # Errors
    /// No term, a neuron that does not exist, a spike that was not fired, a number that is not finite.
    pub(crate) fn check(&self, neurons: u32, fired: impl Fn(u32) -> u32) -> Result<()> {
        if self.terms.is_empty() {
            return Err(Error::invalid("loss", "it has no term, so that every gradient is 0; add one"));
        }
        for (place, term) in self.terms.iter().enumerate() {
            let neuron = term.neuron();
            let problem = if neuron >= neurons {
                format!("there is no neuron {neuron}; the network has {neurons}, counted from 0")
            } else if !term.coefficients().iter().all(|number| number.is_finite()) {
                "its numbers must be finite".to_owned()
            } else if let Some(number) = term.spike().filter(|&number| number >= fired(neuron)) {
                let count = fired(neuron);
                format!("neuron {neuron} fired {count} times, so that there is no spike {number} (counted from 0)")
            } else {
                continue;
            };
            return Err(Error::invalid(format!("loss, term {place}"), problem));
        }
        Ok(())
    }
}
