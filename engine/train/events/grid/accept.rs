//! Which networks can be gone back over.

use crate::error::{Error, Result};
use crate::models::{IafPscExp, ParrotNeuron};
use crate::network::{Drive, Network, Selection};
use crate::tile::{Model, Neuron};

/// Whether populations of a model have a membrane that gradients go through.
pub(super) fn is_lif(model: &dyn Model) -> bool {
    model.declaration().name == IafPscExp::DECLARATION.name
}

fn is_parrot(model: &dyn Model) -> bool {
    model.declaration().name == ParrotNeuron::DECLARATION.name
}

/// # Errors
/// The first thing that gradients do not go through.
pub(super) fn check(network: &Network) -> Result<()> {
    for population in network.populations() {
        let model = population.model.as_ref();
        if !is_lif(model) && !is_parrot(model) {
            let problem = format!(
                "gradients of events go through iaf_psc_exp, driven by parrot_neuron; this is {}; train it by surrogate gradients",
                model.declaration().name
            );
            return Err(Error::invalid(format!("population '{}'", population.name), problem));
        }
    }
    for projection in network.projections() {
        let problem = if projection.learns() {
            "its synapses learn by a rule of their own, which gradients of events do not go through; make them static"
        } else if reaches(network, &projection.to, is_parrot) {
            "it reaches parrot_neuron, through which no gradient passes; connect its sources to the neurons instead"
        } else {
            continue;
        };
        return Err(Error::invalid(projection.place(network), problem));
    }
    if !network.couplings().is_empty() {
        let problem = "gradients of events do not go through continuous couplings; leave them out";
        return Err(Error::invalid("coupling", problem));
    }
    if !network.perturbations().is_empty() {
        let problem = "gradients of events do not go through perturbations; leave them out";
        return Err(Error::invalid("perturbation", problem));
    }
    check_stimuli(network)
}

fn check_stimuli(network: &Network) -> Result<()> {
    for stimulus in network.stimuli() {
        let known = matches!(stimulus.drive, Drive::Spikes(_) | Drive::Dc(_) | Drive::Current(_));
        if !known && reaches(network, &stimulus.to, is_lif) {
            let problem = format!(
                "{} reaches iaf_psc_exp, and what it draws is not kept; let it drive parrot_neuron, and connect these",
                stimulus.drive.name()
            );
            return Err(Error::invalid(format!("stimulus to {}", network.describe(&stimulus.to)), problem));
        }
    }
    Ok(())
}

fn reaches(network: &Network, to: &Selection, kind: fn(&dyn Model) -> bool) -> bool {
    to.parts().iter().any(|part| network.populations().get(part.population).is_some_and(|p| kind(p.model.as_ref())))
}
