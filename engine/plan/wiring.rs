//! Wiring: every synapse of a network as a pure function of (seed, projection, source, number in the source's row), so
//! that a row can be drawn whenever it is needed: once, to be stored, or again at each spike of its source.
//!
//! What a rule decides for all sources together is kept per source: how many synapses each has (fixed_total_number,
//! fixed_indegree: a multinomial draw, halved down to the single source), and for fixed_indegree which of the targets'
//! inputs are its own: positions in a random permutation of all inputs. Given how many synapses each source has, that
//! is the distribution of a rule that lets every input draw its source. What cannot be drawn so is listed (`pairs`).

use crate::error::{Error, Result};
use crate::network::{Delay, Network, Part, Pattern, Projection, Selection};
use crate::number::Fixed;
use crate::plan::draw::Take;
use crate::plan::pairs::Pairs;
use crate::plan::share::share;
use crate::plan::table::{GapTable, Permutation, ROUNDS, StepTable};
use crate::plan::weight::{Weights, weights};
use crate::plan::{delay, place_error};
use crate::random::{Draws, Purpose, key, stream};

/// All projections of a network, ready to be drawn row by row.
#[derive(Debug)]
pub struct Wiring<F> {
    /// In the order of the network.
    pub projections: Vec<Wired<F>>,
    /// Per population, the projections that leave it and are stored.
    pub stored: Vec<Vec<u32>>,
    /// Per population, the projections that leave it and are drawn at each spike.
    pub drawn: Vec<Vec<u32>>,
}

/// A projection that can be drawn source by source.
#[derive(Debug)]
pub struct Wired<F> {
    /// Sources.
    pub from: Selection,
    /// Targets, population by population.
    pub landings: Vec<Landing<F>>,
    /// Synapses per source, and whom they reach.
    pub rows: Rows,
    /// Delays.
    pub delays: Delays,
    /// Whether a neuron may reach itself.
    pub autapses: bool,
    /// Random stream.
    pub stream: u32,
    /// Key of the seed.
    pub key: [u32; 2],
    /// Synapses in all; the mean where the rule leaves it to chance.
    pub synapses: u64,
}

/// Targets of a projection in one population.
#[derive(Debug)]
pub struct Landing<F> {
    /// Index of the first in the projection's targets.
    pub index: u32,
    /// Their part of the population.
    pub part: Part,
    /// Weights in counts of the population's channels.
    pub weights: Weights<F>,
}

/// How many synapses a source has, and whom they reach.
#[derive(Debug)]
pub enum Rows {
    /// The target of the same index.
    OneToOne,
    /// Every target.
    All(u32),
    /// Every target with a probability, by the gaps between those that are taken.
    Gaps(GapTable, u32),
    /// A fixed number, each drawn from `targets`.
    Each {
        /// Synapses of a source.
        degree: u32,
        /// Targets.
        targets: u32,
    },
    /// A number of its own, each drawn from `targets`.
    Lengths {
        /// Synapses of each source.
        lengths: Vec<u32>,
        /// Targets.
        targets: u32,
    },
    /// Positions in a permutation of all inputs.
    Inputs {
        /// Where the positions of each source start; one more at the end.
        starts: Vec<u32>,
        /// Inputs of a target.
        degree: u32,
        /// Position to input.
        permutation: Permutation,
    },
    /// Pairs.
    Pairs(Pairs),
}

/// Delays of a projection.
#[derive(Debug)]
pub enum Delays {
    /// The same for all, steps.
    Same(u32),
    /// By a random word.
    Table(StepTable),
    /// One for each pair.
    Each(Vec<u32>),
}

/// Whether a projection is kept as a list of pairs: its rows need more than a few words for each source, and drawing
/// them again would save little memory.
pub(crate) fn is_listed(projection: &Projection) -> bool {
    let rule = &projection.rule;
    let by_distance = matches!(projection.synapse.delay, Delay::Distance { .. });
    by_distance
        || match rule.pattern {
            Pattern::Explicit(_) => true,
            Pattern::OneToOne | Pattern::AllToAll | Pattern::Bernoulli(_) => false,
            Pattern::Indegree(_) | Pattern::Outdegree(_) | Pattern::Total(_) => !(rule.autapses && rule.multapses),
        }
}

impl<F: Fixed> Wiring<F> {
    /// The wiring of `network`, whose channels count in `units`.
    ///
    /// # Errors
    /// Distributions out of range, receptors that do not take a weight.
    pub(crate) fn new(
        network: &Network,
        seed: u64,
        units: &[Vec<f64>],
        pairs: Vec<Option<Pairs>>,
    ) -> Result<Wiring<F>> {
        let none = vec![Vec::new(); network.populations().len()];
        let mut wiring = Wiring { projections: Vec::new(), stored: none.clone(), drawn: none };
        for (index, pairs) in pairs.into_iter().enumerate() {
            wiring.projections.push(wired(network, index, seed, units, pairs)?);
        }
        wiring.store(|_| true);
        Ok(wiring)
    }

    /// Decides which projections are stored; the others are drawn at each spike.
    pub(crate) fn store(&mut self, stored: impl Fn(usize) -> bool) {
        self.stored.iter_mut().chain(&mut self.drawn).for_each(Vec::clear);
        for (index, projection) in self.projections.iter().enumerate() {
            let mut populations: Vec<usize> = projection.from.parts().iter().map(|p| p.population).collect();
            populations.sort_unstable();
            populations.dedup();
            let lists = if stored(index) { &mut self.stored } else { &mut self.drawn };
            populations.into_iter().for_each(|p| lists[p].push(index as u32));
        }
    }

    /// Synapses of all projections.
    pub fn synapses(&self) -> u64 {
        self.projections.iter().fold(0, |sum, p| p.synapses.saturating_add(sum))
    }

    /// Synapses of the projections that are stored.
    pub fn stored_synapses(&self) -> u64 {
        let mut stored = vec![false; self.projections.len()];
        self.stored.iter().flatten().for_each(|&p| stored[p as usize] = true);
        self.projections.iter().zip(stored).filter(|(_, s)| *s).fold(0, |sum, (p, _)| p.synapses.saturating_add(sum))
    }

    /// Bytes of what is kept of the rules.
    pub fn bytes(&self) -> u64 {
        self.projections.iter().map(Wired::bytes).sum()
    }

    /// Whether any projection is stored.
    pub fn any_stored(&self) -> bool {
        self.stored.iter().any(|list| !list.is_empty())
    }

    /// Whether any projection is drawn at each spike.
    pub fn any_drawn(&self) -> bool {
        self.drawn.iter().any(|list| !list.is_empty())
    }

    /// Gives `sink` the stored synapses of source `id` of population `population`.
    #[inline(always)]
    pub fn draw_stored<S: Take<F>>(&self, population: usize, id: u32, sink: &mut S) {
        self.draw_all(&self.stored[population], id, sink);
    }

    /// Gives `sink` the synapses of source `id` of population `population` that are not stored.
    #[inline(always)]
    pub fn draw_drawn<S: Take<F>>(&self, population: usize, id: u32, sink: &mut S) {
        self.draw_all(&self.drawn[population], id, sink);
    }

    /// Synapses of source `id` that are not stored; the mean where each row is left to chance.
    pub fn drawn_degree(&self, population: usize, id: u32) -> u32 {
        let projections = self.drawn[population].iter().map(|&p| &self.projections[p as usize]);
        projections.filter_map(|p| p.from.index_of(id).map(|s| p.degree(s))).sum()
    }

    #[inline(always)]
    fn draw_all<S: Take<F>>(&self, projections: &[u32], id: u32, sink: &mut S) {
        for &index in projections {
            let projection = &self.projections[index as usize];
            if let Some(s) = projection.from.index_of(id) {
                projection.draw(s, id, &(0..u32::MAX), sink);
            }
        }
    }

    /// Shortest and longest delay of all projections, steps; 1 where there are none.
    pub fn delay_range(&self) -> (u32, u32) {
        let ranges = self.projections.iter().map(Wired::delay_range);
        ranges.reduce(|a, b| (a.0.min(b.0), a.1.max(b.1))).unwrap_or((1, 1))
    }
}

fn wired<F: Fixed>(
    network: &Network,
    index: usize,
    seed: u64,
    units: &[Vec<f64>],
    pairs: Option<Pairs>,
) -> Result<Wired<F>> {
    let projection = &network.projections()[index];
    let (from, to) = (projection.from.len(), projection.to.len());
    let mut landings = Vec::new();
    let mut at = 0;
    for &part in projection.to.parts() {
        landings.push(Landing {
            index: at,
            part,
            weights: weights(network, projection, part.population, &units[part.population])?,
        });
        at += part.count;
    }
    let delays = match (&projection.synapse.delay, &pairs) {
        (Delay::Distance { .. }, None) => return Err(Error::Internal("a delay by distance without its pairs".into())),
        (_, pairs) => delay::delays(network, projection, pairs.as_ref())?,
    };
    let draw = |n: u64| share(seed, index as u32, from, n);
    let rows = match (pairs, &projection.rule.pattern) {
        (Some(pairs), _) => Rows::Pairs(pairs),
        (_, Pattern::OneToOne) => Rows::OneToOne,
        (_, Pattern::AllToAll) => Rows::All(to),
        (_, Pattern::Bernoulli(p)) if *p >= 1.0 => Rows::All(to),
        (_, Pattern::Bernoulli(p)) if *p <= 0.0 => Rows::Each { degree: 0, targets: to },
        (_, Pattern::Bernoulli(p)) => Rows::Gaps(GapTable::new(*p), to),
        (_, Pattern::Outdegree(k)) => Rows::Each { degree: *k, targets: to },
        (_, Pattern::Total(n)) => Rows::Lengths { lengths: draw(*n)?, targets: to },
        (_, Pattern::Indegree(k)) => inputs(network, projection, index, seed, *k, draw)?,
        (_, Pattern::Explicit(_)) => return Err(Error::Internal("a list without its pairs".into())),
    };
    let synapses = mean_synapses(projection, &rows);
    Ok(Wired {
        from: projection.from.clone(),
        landings,
        rows,
        delays,
        autapses: projection.rule.autapses,
        stream: stream(Purpose::Synapse, index as u32),
        key: key(seed),
        synapses,
    })
}

fn inputs(
    network: &Network,
    projection: &Projection,
    index: usize,
    seed: u64,
    degree: u32,
    draw: impl Fn(u64) -> Result<Vec<u32>>,
) -> Result<Rows> {
    let inputs = u64::from(degree) * u64::from(projection.to.len());
    let Ok(size) = u32::try_from(inputs) else {
        let problem = format!(
            "fixed_indegree makes {inputs} synapses, and one projection holds 4,294,967,295; split the targets"
        );
        return Err(place_error(network, projection, problem));
    };
    let mut starts = vec![0u32];
    let mut sum = 0;
    for length in draw(inputs)? {
        sum += length;
        starts.push(sum);
    }
    let mut words = Draws::new(seed, stream(Purpose::Connect, index as u32), u64::MAX);
    let keys: [u32; ROUNDS] = std::array::from_fn(|_| words.word());
    Ok(Rows::Inputs { starts, degree, permutation: Permutation::new(size, keys) })
}

fn mean_synapses(projection: &Projection, rows: &Rows) -> u64 {
    let (from, to) = (u64::from(projection.from.len()), u64::from(projection.to.len()));
    match (rows, &projection.rule.pattern) {
        (Rows::Pairs(pairs), _) => pairs.targets.len() as u64,
        (_, Pattern::Bernoulli(p)) => (from as f64 * to as f64 * p).round() as u64,
        (_, _) => u64::try_from(projection.rule.synapses_at_most(from, to)).unwrap_or(u64::MAX),
    }
}

impl<F: Fixed> Wired<F> {
    fn bytes(&self) -> u64 {
        let words = match &self.rows {
            Rows::Lengths { lengths: words, .. } | Rows::Inputs { starts: words, .. } => words.len() as u64,
            Rows::Gaps(gaps, _) => gaps.words(),
            Rows::Pairs(pairs) => pairs.bytes() / 4,
            Rows::OneToOne | Rows::All(_) | Rows::Each { .. } => 0,
        };
        let delays = match &self.delays {
            Delays::Same(_) => 0,
            Delays::Table(table) => table.words(),
            Delays::Each(steps) => steps.len() as u64,
        };
        let landing = |l: &Landing<F>| std::mem::size_of::<Landing<F>>() as u64 + l.weights.bytes();
        let landings: u64 = self.landings.iter().map(landing).sum();
        std::mem::size_of::<Wired<F>>() as u64 + (words + delays) * 4 + landings
    }

    /// Whether anything but the permutation is random.
    #[inline(always)]
    pub fn needs_words(&self) -> bool {
        let targets = matches!(self.rows, Rows::Each { .. } | Rows::Lengths { .. });
        targets
            || matches!(self.delays, Delays::Table(_))
            || self.landings.iter().any(|l| matches!(l.weights, Weights::Table { .. } | Weights::Steps(_)))
    }

    /// Synapses of source `s`; the mean where each row is left to chance.
    pub fn degree(&self, s: u32) -> u32 {
        match &self.rows {
            Rows::OneToOne => 1,
            Rows::All(n) => *n,
            // Rounded so that all sources together have as many as the projection.
            Rows::Gaps(..) => {
                let until = |s: u64| (u128::from(self.synapses) * u128::from(s) / u128::from(self.from.len())) as u64;
                (until(u64::from(s) + 1) - until(u64::from(s))) as u32
            }
            Rows::Each { degree, .. } => *degree,
            Rows::Lengths { lengths, .. } => lengths[s as usize],
            Rows::Inputs { starts, .. } => starts[s as usize + 1] - starts[s as usize],
            Rows::Pairs(pairs) => pairs.starts[s as usize + 1] - pairs.starts[s as usize],
        }
    }

    /// Shortest and longest delay, steps.
    pub fn delay_range(&self) -> (u32, u32) {
        match &self.delays {
            Delays::Same(steps) => (*steps, *steps),
            Delays::Table(table) => (table.first, table.last()),
            Delays::Each(steps) => (steps.iter().copied().min().unwrap_or(1), steps.iter().copied().max().unwrap_or(1)),
        }
    }
}
