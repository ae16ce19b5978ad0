//! Laying out perturbations: which of them reach a shard, and what they change there.

use std::ops::Range;
use std::sync::Arc;

use crate::error::{Error, Result};
use crate::network::{Perturb, Perturbation, Population, Value};
use crate::number::Fixed;
use crate::plan::connectivity::generate_row::Row;
use crate::plan::plastic::PlasticPlan;
use crate::plan::resolve::Resolved;
use crate::plan::{Clamp, Cut, CutSynapse, DerivedFrom, Perturbed, Plan, PlasticCut, PopulationPlan, Shard, Silence};

/// The perturbations of neurons `ids` of population `index`.
///
/// # Errors
/// [`Error::Invalid`] for values that break a rule of the model.
pub(crate) fn perturbed<F>(
    network: &Resolved<'_>,
    plan: &Plan<F>,
    index: usize,
    ids: &Range<u32>,
) -> Result<Perturbed> {
    let population = &plan.populations[index];
    let mut perturbed = Perturbed::default();
    for perturbation in network.perturbations {
        let steps = perturbation.steps(network.grid);
        for (_, first, count) in perturbation.of.runs_within(ids) {
            if perturbation.what.silences() {
                perturbed.silences.push(Silence { steps: steps.clone(), ids: first..first + count });
            }
            if let Perturb::Clamp { variable, value } = &perturbation.what {
                let neurons = first - ids.start..first - ids.start + count;
                perturbed.clamps.push(clamp(population, (variable, *value), first, (steps.clone(), neurons)));
            }
        }
    }
    perturbed.couplings = plan.couplings.reaching_since(ids);
    if population.changes {
        perturbed.derived = derived(network, plan, index, ids)?;
    }
    Ok(perturbed)
}

/// A clamp of `variable` at `value` (in the user's unit) in `steps`, for the neurons of a slice with indices `neurons`,
/// the first of which has global id `first`.
fn clamp(
    population: &PopulationPlan,
    (variable, value): (&str, f64),
    first: u32,
    (steps, neurons): (Range<u64>, Range<u32>),
) -> Clamp {
    let state = population.model.declaration().state;
    let variable = state.iter().position(|known| known.name == variable).unwrap_or(0);
    let stored = |id: u32| value - population.offset_of(variable, id - population.first);
    let values = (first..first + neurons.len() as u32).map(stored).collect();
    Clamp { steps, neurons, variable, values }
}

/// The derived values of neurons `ids` of population `index` by time, rising.
///
/// # Errors
/// As [`perturbed`].
fn derived<F>(network: &Resolved<'_>, plan: &Plan<F>, index: usize, ids: &Range<u32>) -> Result<Vec<DerivedFrom>> {
    let mut found: Vec<(Setting, DerivedFrom)> = Vec::new();
    for step in std::iter::once(1).chain(network.changes()) {
        let sets =
            |own: &Perturbation| matches!(own.what, Perturb::Set { .. }) && own.steps(network.grid).contains(&step);
        let active = network.perturbations.iter().enumerate().filter(|(_, own)| sets(own));
        let now = (active.map(|(place, _)| place).collect(), plan.couplings.version_at(step));
        if found.last().is_some_and(|(last, _)| same(network, last, &now)) {
            continue;
        }
        let derived = match found.iter().find(|(known, _)| same(network, known, &now)) {
            Some((_, known)) => known.derived.clone(),
            None => Arc::new(derived_while(network, plan, (index, ids), &now)?),
        };
        found.push((now, DerivedFrom { step, derived }));
    }
    Ok(found.into_iter().map(|(_, own)| own).collect())
}

/// What derived values depend on at a time: indices of the perturbations that set parameters, and the version of
/// couplings.
type Setting = (Vec<usize>, usize);

/// Whether two settings give the same derived values, as they set the same parameters of the same neurons.
fn same(network: &Resolved<'_>, one: &Setting, other: &Setting) -> bool {
    let what = |place: &usize| (&network.perturbations[*place].of, &network.perturbations[*place].what);
    one.1 == other.1 && one.0.iter().map(what).eq(other.0.iter().map(what))
}

/// The derived values of neurons `ids` of population `index` in a setting.
///
/// # Errors
/// As [`perturbed`].
fn derived_while<F>(
    network: &Resolved<'_>,
    plan: &Plan<F>,
    (index, ids): (usize, &Range<u32>),
    (active, version): &Setting,
) -> Result<Vec<f64>> {
    let (population, model) = (&network.populations[index], &plan.populations[index].model);
    let count = ids.len();
    let mut derived = vec![0.0; model.declaration().derived.len() * count];
    for (slot, id) in ids.clone().enumerate() {
        let i = id - population.first;
        let mut parameters = population.parameters_of(i, plan.seed)?;
        for own in active.iter().map(|place| &network.perturbations[*place]) {
            let Perturb::Set { parameter, value } = &own.what else { continue };
            if let Some(item) = own.of.index_of(id) {
                set_parameter(population, &mut parameters, (parameter, value), (item, i, plan.seed))?;
            }
        }
        if let Some((field, rule)) = model.broken_rule(&parameters) {
            let place = format!("set of {}", population.name);
            return Err(Error::invalid(place, format!("{field} must be {rule} while this is so")));
        }
        for (field, value) in plan.derived_of((index, i), &parameters, *version).into_iter().enumerate() {
            derived[field * count + slot] = value;
        }
    }
    Ok(derived)
}

/// Sets parameter `name` of neuron `i` of `population`, which is the `item`-th of those that are perturbed.
///
/// # Errors
/// [`Error::Invalid`] for a value out of bounds.
fn set_parameter(
    population: &Population,
    parameters: &mut [f64],
    (name, value): (&str, &Value),
    (item, i, seed): (u32, u32, u64),
) -> Result<()> {
    let declared = population.model.declaration().parameters;
    let Some(index) = declared.iter().position(|known| known.name == name) else { return Ok(()) };
    let drawn = value.at(item as usize, || population.draws(seed, index, i));
    if let Some(rule) = declared[index].bound.broken_by(drawn) {
        let place = format!("set of {}", population.name);
        return Err(Error::invalid(place, format!("{name} = {drawn} must be {rule}")));
    }
    parameters[index] = drawn;
    Ok(())
}

/// The connections of `plastic` that `perturbation` cuts; `None` where it cuts none.
fn plastic_cut(plastic: &PlasticPlan, perturbation: &Perturbation, steps: Range<u64>) -> Option<PlasticCut> {
    let Perturb::Disconnect(to) = &perturbation.what else { return None };
    let reached = to.parts().iter().any(|part| part.population == plastic.part.population);
    let cut = PlasticCut { steps, of: perturbation.of.clone(), to: to.clone() };
    (plastic.from.meets(&perturbation.of) && reached).then_some(cut)
}

impl<F: Fixed> Plan<F> {
    /// Sets the connections that perturbations cut, once all rows are laid out.
    pub(crate) fn find_cuts(&mut self, network: &Resolved<'_>) {
        let disconnected = |own: &&Perturbation| matches!(own.what, Perturb::Disconnect(_));
        let all: Vec<&Perturbation> = network.perturbations.iter().filter(disconnected).collect();
        for at in 0..self.shards.len() {
            let cuts = all.iter().map(|own| self.cut(&self.shards[at], own, own.steps(network.grid)));
            self.shards[at].cuts = cuts.collect();
        }
        for plastic in &mut self.plastic {
            plastic.cuts = all.iter().filter_map(|own| plastic_cut(plastic, own, own.steps(network.grid))).collect();
        }
    }

    /// The synapses of `shard` that `perturbation` cuts in `steps`.
    fn cut(&self, shard: &Shard<F>, perturbation: &Perturbation, steps: Range<u64>) -> Cut<F> {
        let mut synapses = Vec::new();
        let Perturb::Disconnect(to) = &perturbation.what else { return Cut::new(steps, synapses) };
        let sources = perturbation.of.parts().iter().flat_map(|part| part.first..part.first + part.count);
        let mut row = Row::default();
        for source in sources {
            let mut take = |delay: u32, accumulator: u32, weight: F| {
                if to.index_of(shard.ids.start + accumulator % shard.neurons()).is_some() {
                    synapses.push(CutSynapse { delay, source, accumulator, weight: weight.negated() });
                }
            };
            self.each_stored_of(shard, source, &mut take);
            let Some(connectivity) = &self.connectivity else { continue };
            row.clear();
            connectivity.generate_procedural(self.population_of(source), source, &mut row);
            for i in (0..row.targets.len()).filter(|&i| shard.ids.contains(&row.targets[i])) {
                let accumulator = row.channels[i] * shard.neurons() + row.targets[i] - shard.ids.start;
                take(row.delays[i], accumulator, row.weights[i]);
            }
        }
        Cut::new(steps, synapses)
    }
}
