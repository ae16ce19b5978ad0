//! Synapses that learn, laid out in rows of their own, apart from those whose weights do not change: row by row, in the
//! order in which the synapses of a source are drawn; a shard holds those onto its neurons.

use std::ops::Range;
use std::sync::Arc;

use crate::error::{Error, Result};
use crate::network::{Delay, Domains, Part, Plasticity, Selection, Value};
use crate::plan::PlasticCut;
use crate::plan::connectivity::generate_row::Row;
use crate::plan::connectivity::procedural::procedural_projection;
use crate::plan::connectivity::projection::{Explicit, ProceduralProjection, TargetRange};
use crate::plan::connectivity::weights::Weights;
use crate::plan::domains::DomainsPlan;
use crate::plan::learned::Learned;
use crate::plan::plastic_rows::PlasticRows;
use crate::plan::resolve::{Resolved, ResolvedProjection, Target};
use crate::random::{Draws, Purpose, stream};
use crate::tile::{SynapseRule, Takes};

/// Number of bits with which initial weights are drawn.
const WEIGHT_BITS: f64 = 52.0;

/// The synapses of a projection that learns, onto one population.
#[derive(Debug, Clone)]
pub struct PlasticPlan {
    /// Index of the projection in the network.
    pub projection: usize,
    /// A description of the projection, for messages.
    pub place: String,
    /// Sources.
    pub from: Selection,
    /// Targets.
    pub part: Part,
    /// The rule by which the synapses learn.
    pub rule: Arc<SynapseRule>,
    /// Derived values; of those that differ from synapse to synapse, that of the first.
    pub derived: Vec<f64>,
    /// Initial state; of variables that differ from synapse to synapse, that of the first.
    pub start: Vec<f64>,
    /// Per channel of the targets, the value of one count, and the sign with which it takes weights.
    pub channels: Vec<(f64, f64)>,
    /// The channels of weights above and below zero, where weights may be either and these differ; `None` where there is
    /// no channel for a sign.
    pub by_sign: Option<[Option<u8>; 2]>,
    /// The largest magnitude of a weight that may be sent.
    pub most: f64,
    /// The ends between which weights stay.
    range: (f64, f64),
    /// Shortest and longest delay, steps.
    pub delays: (u32, u32),
    /// The neurons whose spikes are the third factor, and the delay after which these reach synapses, steps.
    pub modulator: Option<(Selection, u32)>,
    /// Connections that are cut for a while.
    pub cuts: Vec<PlasticCut>,
    /// The domains of the third factor: which targets hear which neurons.
    pub domains: DomainsPlan,
    seed: u64,
    plasticity: Plasticity,
    /// The value of one count of the weights of `drawn`.
    unit: f64,
    /// How the channels of the targets take weights.
    takes: Vec<Takes>,
    /// The projection, with initial weights in counts of `unit`.
    drawn: Arc<ProceduralProjection<i64>>,
    /// Length of a step, ms.
    dt: f64,
}

/// The projections of `network` that learn, one plan for each population of their targets; `units` are those of the
/// channels, by population, and `pairs` the pairs of explicit projections.
///
/// # Errors
/// Rows that cannot be drawn, delays that are too long, parameters that differ from synapse to synapse where they must
/// not.
pub(crate) fn plans(
    network: &Resolved<'_>,
    seed: u64,
    units: &[Vec<f64>],
    pairs: &[Option<Explicit>],
) -> Result<Vec<PlasticPlan>> {
    let mut plans = Vec::new();
    for (index, projection) in network.projections.iter().enumerate() {
        if let Some(plasticity) = projection.declared.synapse.model.plasticity() {
            let drawn = Drawn::new(network, index, seed, pairs[index].clone())?;
            for target in &projection.targets {
                plans.push(drawn.plan(
                    network,
                    (index, projection),
                    plasticity,
                    target,
                    &units[target.part.population],
                )?);
            }
        }
    }
    Ok(plans)
}

/// The rows of a projection that learns, with initial weights of [`WEIGHT_BITS`] bits.
struct Drawn {
    /// The value of one count of the weights.
    unit: f64,
    rows: Arc<ProceduralProjection<i64>>,
    seed: u64,
}

impl Drawn {
    /// The rows of projection `index` of `network`; `pairs` are its pairs where it is explicit.
    fn new(network: &Resolved<'_>, index: usize, seed: u64, pairs: Option<Explicit>) -> Result<Drawn> {
        let (low, high) = network.projections[index].weight()?.range();
        let largest = low.abs().max(high.abs());
        let unit = if largest > 0.0 { (largest.log2().ceil() - WEIGHT_BITS).exp2() } else { 1.0 };
        let units: Vec<Vec<f64>> =
            network.populations.iter().map(|p| vec![unit; p.model.declaration().channels.len()]).collect();
        let rows = Arc::new(procedural_projection::<i64>(network, index, seed, &units, pairs)?);
        Ok(Drawn { unit, rows, seed })
    }

    /// The plan of the synapses of projection `index` onto `target`, whose channels count in `units`.
    fn plan(
        &self,
        network: &Resolved<'_>,
        (index, projection): (usize, &ResolvedProjection<'_>),
        plasticity: &Plasticity,
        target: &Target,
        units: &[f64],
    ) -> Result<PlasticPlan> {
        let model = &network.populations[target.part.population].model;
        let takes: Vec<Takes> = model.declaration().channels.iter().map(|channel| channel.takes).collect();
        let sign = |takes: &Takes| if *takes == Takes::Magnitude { -1.0 } else { 1.0 };
        let delays = self.rows.delay_range();
        if delays.1 > u32::from(u16::MAX) {
            let problem = format!("a delay of {} steps; synapses that learn have at most {}", delays.1, u16::MAX);
            return Err(projection.error(problem));
        }
        let steps = |delay| Delay::steps(network.grid, delay, &projection.place);
        let modulator = plasticity.modulator.as_ref();
        let (modulators, domains) =
            modulator.map_or((0, &Domains::All), |modulator| (modulator.from.len(), &modulator.domains));
        let reached = target.index..target.index + target.part.count;
        let domains = DomainsPlan::new(domains, modulators, projection.declared.to.len(), reached);
        let modulator = modulator.map(|modulator| Ok((modulator.from.clone(), steps(modulator.delay)?)));
        let mut plan = PlasticPlan {
            projection: index,
            place: projection.place.clone(),
            from: projection.declared.from.clone(),
            part: target.part,
            rule: plasticity.rule.clone(),
            derived: Vec::new(),
            start: Vec::new(),
            channels: takes.iter().zip(units).map(|(takes, unit)| (*unit, sign(takes))).collect(),
            by_sign: projection.learned.and_then(|learned| target.channels.by_sign(learned.range)),
            most: projection.learned.map_or(0.0, Learned::most),
            range: projection.learned.map_or((0.0, 0.0), |learned| learned.range),
            delays,
            modulator: modulator.transpose()?,
            cuts: Vec::new(),
            domains,
            seed: self.seed,
            plasticity: plasticity.clone(),
            unit: self.unit,
            takes,
            drawn: self.rows.clone(),
            dt: network.grid.dt(),
        };
        let parameters = plan.parameters(0, 0);
        plan.derived = plan.rule.text().derived(&parameters, plan.dt);
        let weight = if let Value::Constant(weight) = projection.declared.synapse.weight { weight } else { 0.0 };
        plan.start = plan.plasticity.initial_state(weight, &parameters, |place| plan.own_start(place, 0, 0));
        plan.check_shared(projection)?;
        Ok(plan)
    }
}

impl PlasticPlan {
    /// The magnitude above which a weight that is sent is a fault. A rule keeps its weights within bounds that it holds
    /// in the precision of the player, rounded at each operation: a millionth more than the bound is some roundings of
    /// an f32.
    pub fn most_sent(&self) -> f64 {
        self.most * (1.0 + 1e-6)
    }

    /// The channel that takes what is `sent` by a synapse which reaches `channel` at first; `None` where there is none for its
    /// sign.
    #[inline(always)]
    pub fn channel_of(&self, sent: f64, channel: usize) -> Option<usize> {
        match self.by_sign {
            Some([above, _]) if sent > 0.0 => above.map(usize::from),
            Some([_, below]) if sent < 0.0 => below.map(usize::from),
            _ => Some(channel),
        }
    }

    /// The ends between which what is sent goes to `channel`.
    #[inline(always)]
    pub fn sent_to(&self, channel: usize) -> (f64, f64) {
        let (most, takes) = (self.most_sent(), |sign: f64| self.channel_of(sign, channel) == Some(channel));
        (if takes(-1.0) { -most } else { 0.0 }, if takes(1.0) { most } else { 0.0 })
    }

    /// Whether all initial weights are the same.
    fn same_weight(&self) -> bool {
        let same = |range: &TargetRange<i64>| matches!(range.weights, Weights::Same(..));
        self.drawn.target_ranges.iter().filter(|range| range.part == self.part).all(same)
    }

    /// The parameters of synapse `number` of source `s`.
    fn parameters(&self, s: u32, number: u32) -> Vec<f64> {
        let values = self.plasticity.parameters.iter().enumerate();
        values.map(|(place, value)| self.value(value, place, s, number)).collect()
    }

    /// The initial value of state variable `place` of synapse `number` of source `s`, where the user gives one.
    fn own_start(&self, place: usize, s: u32, number: u32) -> Option<f64> {
        let value = self.plasticity.start[place].as_ref()?;
        Some(self.value(value, 0x100 + place, s, number))
    }

    /// The value of `value` for synapse `number` of source `s`; drawn ones have a random stream for each `place`.
    fn value(&self, value: &Value, place: usize, s: u32, number: u32) -> f64 {
        let stream = stream(Purpose::Rule, (self.projection as u32) << 9 | place as u32);
        value.at(number as usize, || Draws::new(self.seed, stream, u64::from(s) << 32 | u64::from(number)))
    }

    /// Whether parameters differ from synapse to synapse.
    fn differ(&self) -> bool {
        !self.plasticity.parameters.iter().all(Value::is_constant)
    }

    /// Checks that no parameter differs from synapse to synapse on which values depend that all synapses of a neuron
    /// share.
    ///
    /// # Errors
    /// [`Error::Invalid`] where one does.
    fn check_shared(&self, projection: &ResolvedProjection<'_>) -> Result<()> {
        let shared: Vec<usize> = self.rule.shared_derived().collect();
        if shared.is_empty() || !self.differ() {
            return Ok(());
        }
        let constant: Vec<f64> = self.plasticity.at_end(0);
        for (place, value) in self.plasticity.parameters.iter().enumerate().filter(|(_, value)| !value.is_constant()) {
            let mut other = constant.clone();
            other[place] = value.range().1.clamp(-1e30, 1e30) * 0.75 + 1e-3;
            let derived = [&constant, &other].map(|parameters| self.rule.text().derived(parameters, self.dt));
            if shared.iter().any(|&k| derived[0][k] != derived[1][k]) {
                let name = &self.rule.text().parameters[place].name;
                let problem = format!(
                    "{name} differs from synapse to synapse, and all synapses of a neuron share the trace that it is of; give one \
                     value, or make a projection for each"
                );
                return Err(projection.error(problem));
            }
        }
        Ok(())
    }

    /// Calls `each` with the synapses of source `s` onto neurons of `ids`, in order; `row` is room for the row.
    fn for_each_in_row(&self, s: u32, ids: &Range<u32>, row: &mut Row<i64>, mut each: impl FnMut(Synapse)) {
        row.clear();
        let id = self.from.id(s);
        self.drawn.draw(s, id, &(0..u32::MAX), row);
        let own = self.targets_in(ids);
        let numbers = self.drawn.numbers_of(s, id);
        for (k, &target) in row.targets.iter().enumerate().filter(|(_, target)| own.contains(target)) {
            let channel = row.channels[k] as usize;
            let magnitude = row.weights[k] as f64 * self.unit;
            let weight = if self.takes.get(channel) == Some(&Takes::Magnitude) { -magnitude } else { magnitude };
            let number = numbers.as_ref().map_or(k as u32, |numbers| numbers[k]);
            each(Synapse { target, channel: channel as u8, delay: row.delays[k], weight, number });
        }
    }

    /// The global ids of its targets that are in `ids`.
    fn targets_in(&self, ids: &Range<u32>) -> Range<u32> {
        self.part.first.max(ids.start)..(self.part.first + self.part.count).min(ids.end)
    }

    /// Calls `each` with the index of the source, the global id of the target and the delay in steps of every synapse
    /// onto neurons of `ids`, in order.
    pub fn for_each(&self, ids: &Range<u32>, mut each: impl FnMut(u32, u32, u32)) {
        let mut row = Row::default();
        for s in 0..self.from.len() {
            self.for_each_in_row(s, ids, &mut row, |synapse| each(s, synapse.target, synapse.delay));
        }
    }

    /// The rows onto neurons `ids`.
    ///
    /// # Errors
    /// [`Error::Invalid`] for the first synapse that breaks a rule of the model, or for more synapses than 32 bits can
    /// number.
    pub(crate) fn rows(&self, ids: &Range<u32>) -> Result<PlasticRows> {
        self.rows_of(ids, |_, _| true)
    }

    /// Of the rows onto neurons `ids` the synapses that `keep` says, by index of the source and id of the target.
    ///
    /// # Errors
    /// As [`PlasticPlan::rows`].
    pub(crate) fn rows_of(&self, ids: &Range<u32>, keep: impl Fn(u32, u32) -> bool) -> Result<PlasticRows> {
        let mut rows = PlasticRows { offsets: vec![0], ..PlasticRows::default() };
        let mut columns = Columns::new(self);
        let (mut row, mut broken) = (Row::default(), None);
        for s in 0..self.from.len() {
            self.for_each_in_row(s, ids, &mut row, |synapse| {
                if !keep(s, synapse.target) {
                    return;
                }
                rows.targets.push(synapse.target - ids.start);
                rows.channels.push(synapse.channel);
                rows.delays.push(synapse.delay as u16);
                broken = broken.take().or_else(|| columns.push(self, s, &synapse));
            });
            let until = u32::try_from(rows.targets.len()).map_err(|_| {
                Error::invalid(self.place.clone(), "more than 4,294,967,295 synapses that learn; use more threads")
            })?;
            rows.offsets.push(until);
        }
        if let Some((name, value, words)) = broken {
            return Err(Error::invalid(format!("{}, {name}", self.place), format!("{value} must be {words}")));
        }
        let same = |k: &u8| rows.channels.first() == Some(k);
        if rows.channels.iter().all(same) {
            rows.channels.truncate(1);
        }
        if rows.delays.iter().all(|delay| rows.delays.first() == Some(delay)) {
            rows.delays.truncate(1);
        }
        (rows.derived, rows.start) = (columns.derived, columns.start);
        let own = self.targets_in(ids);
        if !own.is_empty() {
            rows.domains =
                self.domains.of_targets((own.start - self.part.first) as usize..(own.end - self.part.first) as usize);
        }
        rows.targets.shrink_to_fit();
        Ok(rows)
    }
}

/// The number of the most recent spikes of a target that lie side by side.
pub(crate) const RECENT: usize = 16;

/// A synapse as it is drawn.
struct Synapse {
    /// Global id of the target.
    target: u32,
    channel: u8,
    /// Delay, steps.
    delay: u32,
    /// Initial weight, in the user's unit.
    weight: f64,
    /// Its number in the row, or that of the pair in the list.
    number: u32,
}

/// Derived values and initial states that differ from synapse to synapse, as in [`PlasticRows`].
struct Columns {
    derived: Vec<(usize, Vec<f64>)>,
    start: Vec<(usize, Vec<f64>)>,
    /// Whether parameters differ from synapse to synapse.
    differ: bool,
}

impl Columns {
    /// Empty columns for what differs in `plan`.
    fn new(plan: &PlasticPlan) -> Columns {
        let differ = plan.differ();
        let derived = if differ { 0..plan.derived.len() } else { 0..0 };
        let own = |place: usize| {
            let text = &plan.rule.text().state[place];
            let at_parameter = matches!(text.start, crate::equations::text::Start::Parameter(_));
            match &plan.plasticity.start[place] {
                _ if place == plan.rule.weight() => !plan.same_weight(),
                Some(value) => !value.is_constant(),
                None => differ && at_parameter,
            }
        };
        let empty = |place: usize| (place, Vec::new());
        let start = (0..plan.start.len()).filter(|place| own(*place)).map(empty).collect();
        Columns { derived: derived.map(empty).collect(), start, differ }
    }

    /// Appends a synapse of source `s`, and returns the rule of the model that it breaks, if any, as (name, value,
    /// rule).
    fn push(&mut self, plan: &PlasticPlan, s: u32, synapse: &Synapse) -> Option<(String, f64, String)> {
        if !self.differ && self.start.iter().all(|(place, _)| *place == plan.rule.weight()) {
            self.start.iter_mut().for_each(|(_, values)| values.push(synapse.weight));
            let (low, high) = plan.range;
            // Weights are drawn in whole counts.
            let broken = !(low - plan.unit..=high + plan.unit).contains(&synapse.weight);
            return broken.then(|| ("weight".to_owned(), synapse.weight, format!("from {low} to {high}")));
        }
        let parameters = plan.parameters(s, synapse.number);
        let own = |place: usize| plan.own_start(place, s, synapse.number);
        let state = plan.plasticity.initial_state(synapse.weight, &parameters, own);
        if self.differ {
            let derived = plan.rule.text().derived(&parameters, plan.dt);
            self.derived.iter_mut().for_each(|(place, values)| values.push(derived[*place]));
        }
        self.start.iter_mut().for_each(|(place, values)| values.push(state[*place]));
        plan.plasticity.broken(&parameters, &state)
    }
}
