//! Losses of spike times and membrane potentials: sums of terms, each of one neuron.

use crate::error::{Error, Result};

/// One term of a loss. Neurons are counted over all populations, their spikes from 0.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Term {
    /// `factor` · t, of the time t (ms) of a spike.
    Time {
        /// Who fires.
        neuron: u32,
        /// Which of its spikes.
        number: u32,
        /// Per ms.
        factor: f64,
    },
    /// `factor` / 2 · (t - `time`)², of the time t (ms) of a spike.
    Target {
        /// Who fires.
        neuron: u32,
        /// Which of its spikes.
        number: u32,
        /// When it should, ms.
        time: f64,
        /// Per ms².
        factor: f64,
    },
    /// `factor` times the largest V_m (mV) of the run. That of a neuron that fires is V_th, whatever the weights.
    Peak {
        /// Whose potential.
        neuron: u32,
        /// Per mV.
        factor: f64,
    },
    /// `factor` times the integral of V_m over the run (mV·ms).
    Integral {
        /// Whose potential.
        neuron: u32,
        /// Per mV·ms.
        factor: f64,
    },
}

impl Term {
    /// The neuron that it is of.
    pub fn neuron(&self) -> u32 {
        match *self {
            Term::Time { neuron, .. }
            | Term::Target { neuron, .. }
            | Term::Peak { neuron, .. }
            | Term::Integral { neuron, .. } => neuron,
        }
    }

    /// The spike that it is of, its value and its derivative by the spike's time, where that is `time` ms.
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

    /// The number of the spike that it is of, if it is of one.
    pub(crate) fn spike(&self) -> Option<u32> {
        match *self {
            Term::Time { number, .. } | Term::Target { number, .. } => Some(number),
            Term::Peak { .. } | Term::Integral { .. } => None,
        }
    }

    fn numbers(&self) -> [f64; 2] {
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
    /// The sum of these terms.
    pub fn new(terms: impl Into<Vec<Term>>) -> Loss {
        Loss { terms: terms.into() }
    }

    /// Its terms.
    pub fn terms(&self) -> &[Term] {
        &self.terms
    }

    /// Checks it against a network of `neurons` neurons, of which `fired(neuron)` tells how often each fired.
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
            } else if !term.numbers().iter().all(|number| number.is_finite()) {
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
