//! Connectivity: every synapse of a network as a pure function of (seed, projection, source, number in the source's
//! row), so that a row can be drawn whenever it is needed: once, to be stored, or again at each spike of its source.
//!
//! What a rule decides for all sources together is kept per source: how many synapses each has (fixed_total_number,
//! fixed_indegree: a multinomial draw, halved down to the single source), and for fixed_indegree which of the targets'
//! inputs are its own: positions in a random permutation of all inputs. Given how many synapses each source has, that
//! is the distribution of a rule that lets every input draw its source. What cannot be drawn so is listed (`explicit`).

use crate::error::{Error, Result};
use crate::network::{Pattern, Projection};
use crate::number::Fixed;
use crate::plan::connectivity::delays;
use crate::plan::connectivity::generate_row::{Row, SynapseSink};
use crate::plan::connectivity::multinomial::multinomial;
use crate::plan::connectivity::permutation::{Permutation, ROUNDS};
use crate::plan::connectivity::projection::Explicit;
pub use crate::plan::connectivity::projection::{Delays, ProceduralProjection, RowPattern, TargetRange};
use crate::plan::connectivity::quantiles::GapTable;
use crate::plan::connectivity::weights::{Weights, weights};
use crate::plan::resolve::{Resolved, ResolvedProjection, Target};
use crate::random::{Draws, Purpose, key, stream};

/// All projections of a network, ready to be drawn row by row.
#[derive(Debug)]
pub struct Connectivity<F> {
    /// All projections, in the order of the network.
    pub projections: Vec<ProceduralProjection<F>>,
    /// Per population, the indices of the projections that leave it and are stored.
    pub stored: Vec<Vec<u32>>,
    /// Per population, the indices of the projections that leave it and are drawn at each spike.
    pub procedural: Vec<Vec<u32>>,
}

impl<F: Fixed> Connectivity<F> {
    /// The connectivity of `network`, all of it stored. Weights are counts of `units`, per population and channel;
    /// `pairs` has the pairs of explicit projections.
    ///
    /// # Errors
    /// [`Error::Invalid`] for distributions out of range, receptors that do not take a weight, rules with too many
    /// synapses.
    pub(crate) fn new(
        network: &Resolved<'_>,
        seed: u64,
        units: &[Vec<f64>],
        pairs: Vec<Option<Explicit>>,
    ) -> Result<Connectivity<F>> {
        let none = vec![Vec::new(); network.populations.len()];
        let mut connectivity = Connectivity { projections: Vec::new(), stored: none.clone(), procedural: none };
        for (index, pairs) in pairs.into_iter().enumerate() {
            connectivity.projections.push(procedural_projection(network, index, seed, units, pairs)?);
        }
        connectivity.store(|_| true);
        Ok(connectivity)
    }

    /// Sets which projections are stored, by their indices; the others are drawn at each spike, but for those that
    /// learn, which are laid out apart.
    pub(crate) fn store(&mut self, stored: impl Fn(usize) -> bool) {
        self.stored.iter_mut().chain(&mut self.procedural).for_each(Vec::clear);
        for (index, projection) in self.projections.iter().enumerate().filter(|(_, projection)| !projection.learns) {
            let mut populations: Vec<usize> = projection.from.parts().iter().map(|p| p.population).collect();
            populations.sort_unstable();
            populations.dedup();
            let lists = if stored(index) { &mut self.stored } else { &mut self.procedural };
            populations.into_iter().for_each(|p| lists[p].push(index as u32));
        }
    }

    /// The number of synapses of all projections; where chance decides, the mean, as in the numbers below.
    pub fn synapses(&self) -> u64 {
        self.projections.iter().fold(0, |sum, p| p.synapses.saturating_add(sum))
    }

    /// The number of synapses of the projections that learn.
    pub fn plastic_synapses(&self) -> u64 {
        self.projections.iter().filter(|p| p.learns).fold(0, |sum, p| p.synapses.saturating_add(sum))
    }

    /// The number of synapses of the projections that are drawn at each spike.
    pub fn procedural_synapses(&self) -> u64 {
        self.synapses().saturating_sub(self.stored_synapses()).saturating_sub(self.plastic_synapses())
    }

    /// The number of synapses of the projections that are stored.
    pub fn stored_synapses(&self) -> u64 {
        let mut stored = vec![false; self.projections.len()];
        self.stored.iter().flatten().for_each(|&p| stored[p as usize] = true);
        self.projections.iter().zip(stored).filter(|(_, s)| *s).fold(0, |sum, (p, _)| p.synapses.saturating_add(sum))
    }

    /// The memory that rules, tables and lists of pairs take, bytes.
    pub fn bytes(&self) -> u64 {
        self.projections.iter().map(ProceduralProjection::bytes).sum()
    }

    /// Whether any projection is stored.
    pub fn any_stored(&self) -> bool {
        self.stored.iter().any(|list| !list.is_empty())
    }

    /// Whether any projection is drawn at each spike.
    pub fn any_procedural(&self) -> bool {
        self.procedural.iter().any(|list| !list.is_empty())
    }

    /// Draws the synapses of source `id` of population `population` that are to be stored into `sink`.
    #[inline(always)]
    pub fn generate_stored<S: SynapseSink<F>>(&self, population: usize, id: u32, sink: &mut S) {
        self.generate_all(&self.stored[population], id, sink);
    }

    /// Draws the synapses of source `id` of population `population` that are not stored into `sink`.
    #[inline(always)]
    pub fn generate_procedural<S: SynapseSink<F>>(&self, population: usize, id: u32, sink: &mut S) {
        self.generate_all(&self.procedural[population], id, sink);
    }

    /// The number of synapses of source `id` that are not stored; the mean where each row is left to chance.
    pub fn procedural_degree(&self, population: usize, id: u32) -> u32 {
        let projections = self.procedural[population].iter().map(|&p| &self.projections[p as usize]);
        projections.filter_map(|p| p.from.index_of(id).map(|s| p.degree(s))).sum()
    }

    /// Draws the synapses of source `id` that belong to `projections` into `sink`.
    #[inline(always)]
    fn generate_all<S: SynapseSink<F>>(&self, projections: &[u32], id: u32, sink: &mut S) {
        for &index in projections {
            let projection = &self.projections[index as usize];
            if let Some(s) = projection.from.index_of(id) {
                projection.draw(s, id, &(0..u32::MAX), sink);
            }
        }
    }

    /// The shortest and the longest delay of all projections, steps; 1 where there are none.
    pub fn delay_range(&self) -> (u32, u32) {
        let ranges = self.projections.iter().map(ProceduralProjection::delay_range);
        ranges.reduce(|a, b| (a.0.min(b.0), a.1.max(b.1))).unwrap_or((1, 1))
    }
}

/// Projection `index` of `network`, ready to be drawn; weights are counts of `units`.
///
/// # Errors
/// As [`Connectivity::new`].
pub(crate) fn procedural_projection<F: Fixed>(
    network: &Resolved<'_>,
    index: usize,
    seed: u64,
    units: &[Vec<f64>],
    pairs: Option<Explicit>,
) -> Result<ProceduralProjection<F>> {
    let projection = &network.projections[index];
    let rule = &projection.declared.rule;
    let mut target_ranges = Vec::new();
    for &Target { index, part, channels } in &projection.targets {
        let model = network.populations[part.population].model.as_ref();
        let weights = weights(projection, channels, model, &units[part.population])?;
        target_ranges.push(TargetRange { index, part, weights });
    }
    let delays = delays::delays(network, projection, pairs.as_ref())?;
    let rows = rows(projection, index, seed, pairs)?;
    let synapses = mean_synapses(projection, &rows);
    Ok(ProceduralProjection {
        from: projection.declared.from.clone(),
        target_ranges,
        rows,
        delays,
        autapses: rule.autapses,
        stream: stream(Purpose::Synapse, index as u32),
        key: key(seed),
        synapses,
        learns: projection.learned.is_some(),
    })
}

/// The row pattern of a projection: how many synapses each source has, and which targets they reach.
///
/// # Errors
/// [`Error::Invalid`] for too many synapses; [`Error::Internal`].
fn rows(projection: &ResolvedProjection<'_>, index: usize, seed: u64, pairs: Option<Explicit>) -> Result<RowPattern> {
    let (from, to) = (projection.declared.from.len(), projection.declared.to.len());
    let draw = |n: u64| multinomial(seed, index as u32, from, n);
    Ok(match (pairs, &projection.declared.rule.pattern) {
        (Some(pairs), _) => RowPattern::Explicit(pairs),
        (_, Pattern::OneToOne) => RowPattern::OneToOne,
        (_, Pattern::AllToAll) => RowPattern::All(to),
        (_, Pattern::Bernoulli(p)) if *p >= 1.0 => RowPattern::All(to),
        (_, Pattern::Bernoulli(p)) if *p <= 0.0 => RowPattern::Each { degree: 0, targets: to },
        (_, Pattern::Bernoulli(p)) => RowPattern::Gaps(GapTable::new(*p), to),
        (_, Pattern::Outdegree(k)) => RowPattern::Each { degree: *k, targets: to },
        (_, Pattern::Total(n)) => RowPattern::Lengths { lengths: draw(*n)?, targets: to },
        (_, Pattern::Indegree(k)) => inputs(projection, index, seed, *k, draw)?,
        (_, Pattern::Explicit(_) | Pattern::Third(_)) => {
            return Err(Error::Internal("a list without its pairs".into()));
        }
    })
}

/// The sources and the targets of all synapses of projection `index`, as indices into its selections, source by source.
///
/// # Errors
/// [`Error::Invalid`] for too many synapses.
pub(crate) fn pairs_of(network: &Resolved<'_>, index: usize, seed: u64) -> Result<(Vec<u32>, Vec<u32>)> {
    let projection = &network.projections[index];
    let Projection { from, to, rule, .. } = projection.declared;
    let listed = projection.explicit.then(|| Explicit::new(network, projection.declared, index as u32, seed));
    let target_range =
        |target: &Target| TargetRange { index: target.index, part: target.part, weights: Weights::Same(0, 0) };
    let own = ProceduralProjection::<i32> {
        from: from.clone(),
        target_ranges: projection.targets.iter().map(target_range).collect(),
        rows: rows(projection, index, seed, listed)?,
        delays: Delays::Same(1),
        autapses: rule.autapses,
        stream: stream(Purpose::Synapse, index as u32),
        key: key(seed),
        synapses: 0,
        learns: false,
    };
    let (mut sources, mut row) = (Vec::new(), Row::default());
    for s in 0..from.len() {
        own.draw(s, from.id(s), &(0..u32::MAX), &mut row);
        sources.resize(row.targets.len(), s);
    }
    let targets = row.targets.iter().filter_map(|&id| to.index_of(id)).collect();
    Ok((sources, targets))
}

/// The row pattern of a rule with `degree` inputs per target; `draw` distributes a number of synapses over sources.
///
/// # Errors
/// [`Error::Invalid`] for more inputs than 32 bits can number.
fn inputs(
    projection: &ResolvedProjection<'_>,
    index: usize,
    seed: u64,
    degree: u32,
    draw: impl Fn(u64) -> Result<Vec<u32>>,
) -> Result<RowPattern> {
    let inputs = u64::from(degree) * u64::from(projection.declared.to.len());
    let Ok(size) = u32::try_from(inputs) else {
        let problem = format!(
            "fixed_indegree makes {inputs} synapses, and one projection holds 4,294,967,295; split the targets"
        );
        return Err(projection.error(problem));
    };
    let mut starts = vec![0u32];
    let mut sum = 0;
    for length in draw(inputs)? {
        sum += length;
        starts.push(sum);
    }
    let mut words = Draws::new(seed, stream(Purpose::Connect, index as u32), u64::MAX);
    let keys: [u32; ROUNDS] = std::array::from_fn(|_| words.word());
    Ok(RowPattern::Inputs { starts, degree, permutation: Permutation::new(size, keys) })
}

/// The number of synapses of a projection; the mean where the rule leaves it to chance.
fn mean_synapses(projection: &ResolvedProjection<'_>, rows: &RowPattern) -> u64 {
    let Projection { from, to, rule, .. } = projection.declared;
    match (rows, &rule.pattern) {
        (RowPattern::Explicit(pairs), _) => pairs.targets.len() as u64,
        (_, Pattern::Bernoulli(p)) => (f64::from(from.len()) * f64::from(to.len()) * p).round() as u64,
        (_, _) => u64::try_from(projection.synapses_at_most).unwrap_or(u64::MAX),
    }
}
