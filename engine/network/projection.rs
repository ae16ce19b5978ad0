//! Projections: synapses from one selection to another.

use crate::error::{Error, Result};
use crate::network::rule::value_problem;
use crate::network::{Delay, Network, Part, Receptor, Rule, Selection, Synapse, Value};

/// Synapses from one selection to another.
#[derive(Debug, Clone, PartialEq)]
pub struct Projection {
    /// Sources.
    pub from: Selection,
    /// Targets.
    pub to: Selection,
    /// Which pairs are joined.
    pub rule: Rule,
    /// The synapses between them.
    pub synapse: Synapse,
}

impl Projection {
    /// "projection exc -> inh", for messages.
    pub fn place(&self, network: &Network) -> String {
        format!("projection {} -> {}", network.describe(&self.from), network.describe(&self.to))
    }

    /// The unit of its weights, where all receptors that they may reach have the same; `None` for pure numbers.
    pub fn weight_unit(&self, network: &Network) -> Option<&'static str> {
        let models = self.to.parts().iter().map(|part| &network.populations()[part.population].model);
        let mut units = models.flat_map(|model| model.declaration().channels).filter_map(|channel| {
            let reached = match &self.synapse.receptor {
                Receptor::Named(name) => channel.name == name,
                Receptor::BySign => true,
            };
            reached.then_some(channel.unit)
        });
        let first = units.next()?;
        // "1" is a pure number.
        (first != "1" && units.all(|unit| unit == first)).then_some(first)
    }

    /// Whether its synapses learn, or keep a state otherwise.
    pub fn learns(&self) -> bool {
        self.synapse.model.plasticity().is_some()
    }

    /// Checks rule, weight, delay, plasticity and receptor against the network.
    ///
    /// # Errors
    /// As [`Network::connect`].
    pub(crate) fn check(&self, network: &Network) -> Result<()> {
        if let Some(problem) = self.rule.problem(self.from.len(), self.to.len(), self.shared_neurons()) {
            let (from, to) = (network.describe(&self.from), network.describe(&self.to));
            return Err(Error::Connection { from, to, problem });
        }
        let place = self.place(network);
        if let Some(problem) = value_problem(&self.rule, &self.synapse.weight) {
            return Err(Error::invalid(format!("{place}, weight"), problem));
        }
        self.check_delay(network, &place)?;
        if let Some(plasticity) = self.synapse.model.plasticity() {
            plasticity.check(&self.rule, &self.synapse.weight, network.dt(), &place)?;
            if let Some(modulator) = &plasticity.modulator {
                modulator.domains.check(modulator.from.len(), self.to.len(), &place)?;
            }
        }
        check_receptor(network, &self.to, (&self.synapse.receptor, self.synapse.model.name()), &place)
    }

    /// The share of its pairs of source and target that lead from neurons of `from` to neurons of `to`.
    pub(crate) fn share_of_pairs(&self, from: &Selection, to: &Selection) -> f64 {
        from.share_of(&self.from) * to.share_of(&self.to)
    }

    /// The number of neurons that are both source and target.
    fn shared_neurons(&self) -> u64 {
        let shared = |a: &Part, b: &Part| {
            let end = (a.first + a.count).min(b.first + b.count);
            u64::from(end.saturating_sub(a.first.max(b.first)))
        };
        self.from.parts().iter().map(|a| self.to.parts().iter().map(|b| shared(a, b)).sum::<u64>()).sum()
    }

    /// Checks that every delay is at least one step; drawn ones are checked by their range.
    fn check_delay(&self, network: &Network, place: &str) -> Result<()> {
        match &self.synapse.delay {
            Delay::Value(value) => {
                if let Some(problem) = value_problem(&self.rule, value) {
                    return Err(Error::invalid(format!("{place}, delay"), problem));
                }
                match value {
                    Value::Constant(ms) => network.delay_steps(*ms, place).map(drop),
                    Value::Each(all) => all.iter().try_for_each(|ms| network.delay_steps(*ms, place).map(drop)),
                    Value::Random { factor, .. } if *factor < 0.0 => {
                        let problem = format!("factor = {factor} must be greater than 0; a delay cannot be negative");
                        Err(Error::invalid(format!("{place}, delay"), problem))
                    }
                    Value::Random { max, factor, .. } if max * factor < network.dt() => {
                        network.delay_steps(max * factor, place).map(drop)
                    }
                    Value::Random { .. } => Ok(()),
                }
            }
            Delay::Distance { velocity, offset } => {
                let bare =
                    |s: &Selection| s.parts().iter().any(|p| network.populations()[p.population].positions.is_none());
                let problem = if !(*velocity > 0.0 && velocity.is_finite() && offset.is_finite()) {
                    format!("velocity = {velocity} mm/ms must be greater than 0")
                } else if bare(&self.from) || bare(&self.to) {
                    "a delay by distance needs positions of both populations; give them, or a delay in ms".into()
                } else {
                    return Ok(());
                };
                Err(Error::invalid(place, problem))
            }
        }
    }
}

/// Checks that every target has the receptor, that it is named where receptors are called by number, and that it takes
/// spikes of the synapse model `synapse`.
///
/// # Errors
/// [`Error::Unknown`] or [`Error::Invalid`] otherwise.
pub(crate) fn check_receptor(
    network: &Network,
    to: &Selection,
    (receptor, synapse): (&Receptor, &str),
    place: &str,
) -> Result<()> {
    for part in to.parts() {
        let population = &network.populations()[part.population];
        let declaration = population.model.declaration();
        let known: Vec<&str> = declaration.channels.iter().map(|c| c.name).collect();
        let place = format!("{place} (population '{}', {})", population.name, declaration.name);
        match receptor {
            Receptor::Named(name) if !known.contains(&name.as_str()) => {
                return Err(Error::unknown("receptor", name, place, &known));
            }
            Receptor::BySign if declaration.numbers_receptors() => {
                let problem = format!("its receptors are called by number; name one of {}", known.join(", "));
                return Err(Error::invalid(place, problem));
            }
            Receptor::Named(name) => {
                let channel = known.iter().position(|known| known == name).unwrap_or_default();
                if let Some(own) = population.model.synapse_of(channel).filter(|own| *own != synapse) {
                    let problem = format!(
                        "receptor {name} takes spikes of {own} alone, since each carries a factor of its source; say \
                         synapse = \"{own}\""
                    );
                    return Err(Error::invalid(place, problem));
                }
            }
            Receptor::BySign => (),
        }
    }
    Ok(())
}
