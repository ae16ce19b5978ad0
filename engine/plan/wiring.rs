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
use crate::plan::pairs::Pairs;
use crate::plan::share::share;
use crate::plan::table::{GapTable, Permutation, ROUNDS, StepTable};
use crate::plan::weight::{Weights, weights};
use crate::plan::{delay, place_error};
use crate::random::{Draws, Purpose, key, philox, philox_lanes, stream};

/// Synapses drawn together.
const LANES: usize = 16;

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

/// The synapses of one source, drawn.
#[derive(Debug)]
pub struct Row<F> {
    /// Global ids of the targets.
    pub targets: Vec<u32>,
    /// Input channels of the targets.
    pub channels: Vec<u8>,
    /// Delays, steps.
    pub delays: Vec<u32>,
    /// Weights, counts.
    pub weights: Vec<F>,
}

impl<F> Default for Row<F> {
    fn default() -> Row<F> {
        Row { targets: vec![], channels: vec![], delays: vec![], weights: vec![] }
    }
}

impl<F: Fixed> Row<F> {
    /// Forgets the synapses.
    pub fn clear(&mut self) {
        self.targets.clear();
        self.channels.clear();
        self.delays.clear();
        self.weights.clear();
    }

    #[inline(always)]
    fn push(&mut self, target: u32, delay: u32, (weight, channel): (F, u8)) {
        self.targets.push(target);
        self.channels.push(channel);
        self.delays.push(delay);
        self.weights.push(weight);
    }
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

    /// Stores lists alone: what can be drawn at each spike is.
    pub(crate) fn store_lists(&mut self) {
        let lists: Vec<bool> = self.projections.iter().map(|p| matches!(p.rows, Rows::Pairs(_))).collect();
        self.store(|index| lists[index]);
    }

    /// Synapses of the projections that are stored.
    pub fn stored_synapses(&self) -> u64 {
        let mut stored = vec![false; self.projections.len()];
        self.stored.iter().flatten().for_each(|&p| stored[p as usize] = true);
        self.projections.iter().zip(stored).filter(|(_, s)| *s).map(|(p, _)| p.synapses).sum()
    }

    /// Bytes of what is kept of the rules.
    pub fn bytes(&self) -> u64 {
        let rows = |p: &Wired<F>| match &p.rows {
            Rows::Lengths { lengths: words, .. } | Rows::Inputs { starts: words, .. } => words.len() as u64 * 4,
            Rows::Pairs(pairs) => pairs.bytes(),
            _ => 0,
        };
        let delays = |p: &Wired<F>| if let Delays::Each(steps) = &p.delays { steps.len() as u64 * 4 } else { 0 };
        self.projections.iter().map(|p| rows(p) + delays(p)).sum()
    }

    /// Whether any projection is stored.
    pub fn any_stored(&self) -> bool {
        self.stored.iter().any(|list| !list.is_empty())
    }

    /// Whether any projection is drawn at each spike.
    pub fn any_drawn(&self) -> bool {
        self.drawn.iter().any(|list| !list.is_empty())
    }

    /// Appends the stored synapses of source `id` of population `population`.
    #[inline(always)]
    pub fn draw_stored(&self, population: usize, id: u32, row: &mut Row<F>) {
        self.draw_all(&self.stored[population], id, row);
    }

    /// Appends the synapses of source `id` of population `population` that are not stored.
    #[inline(always)]
    pub fn draw_drawn(&self, population: usize, id: u32, row: &mut Row<F>) {
        self.draw_all(&self.drawn[population], id, row);
    }

    /// Synapses of source `id` that are not stored; the mean where each row is left to chance.
    pub fn drawn_degree(&self, population: usize, id: u32) -> u32 {
        let projections = self.drawn[population].iter().map(|&p| &self.projections[p as usize]);
        projections.filter_map(|p| p.from.index_of(id).map(|s| p.degree(s))).sum()
    }

    #[inline(always)]
    fn draw_all(&self, projections: &[u32], id: u32, row: &mut Row<F>) {
        for &index in projections {
            let projection = &self.projections[index as usize];
            if let Some(s) = projection.from.index_of(id) {
                projection.draw(s, id, row);
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
    /// Appends the row of source `s` of this projection, whose global id is `id`.
    #[inline(always)]
    pub fn draw(&self, s: u32, id: u32, row: &mut Row<F>) {
        match &self.rows {
            Rows::OneToOne => self.fill(s, id, row, 1, |_, _| s),
            Rows::All(n) => self.fill(s, id, row, *n, |j, _| j),
            Rows::Gaps(gaps, n) => self.gaps(s, id, row, gaps, *n),
            Rows::Each { degree, targets } => self.fill(s, id, row, *degree, |_, words| below(words, *targets)),
            Rows::Lengths { lengths, targets } => {
                self.fill(s, id, row, lengths[s as usize], |_, words| below(words, *targets))
            }
            Rows::Inputs { starts, degree, permutation } => {
                let (start, end) = (starts[s as usize], starts[s as usize + 1]);
                self.fill(s, id, row, end - start, |j, _| permutation.at(start + j) / degree)
            }
            Rows::Pairs(pairs) => self.pairs(s, id, row, pairs),
        }
    }

    /// `length` synapses; `target` chooses by number in the row and two random words.
    #[inline(always)]
    fn fill(&self, s: u32, id: u32, row: &mut Row<F>, length: u32, target: impl Fn(u32, [u32; 2]) -> u32) {
        let zero = [0u32; LANES];
        for first in (0..length).step_by(LANES) {
            let numbers: [u32; LANES] = std::array::from_fn(|i| first + i as u32);
            let words = if self.needs_words() {
                philox_lanes([numbers, [s; LANES], zero, [self.stream; LANES]], self.key)
            } else {
                [zero; 4]
            };
            for i in 0..LANES.min((length - first) as usize) {
                let t = target(numbers[i], [words[0][i], words[3][i]]);
                self.push(id, t, [words[1][i], words[2][i]], row);
            }
        }
    }

    /// Whether anything but the permutation is random.
    #[inline(always)]
    pub fn needs_words(&self) -> bool {
        let targets = matches!(self.rows, Rows::Each { .. } | Rows::Lengths { .. });
        targets
            || matches!(self.delays, Delays::Table(_))
            || self.landings.iter().any(|l| matches!(l.weights, Weights::Table { .. }))
    }

    /// The synapse to target `t`; `words` decide weight and delay.
    #[inline(always)]
    fn push(&self, id: u32, t: u32, words: [u32; 2], row: &mut Row<F>) {
        let landing = self.landing(t);
        let target = landing.part.first + (t - landing.index);
        if target == id && !self.autapses {
            return;
        }
        let delay = match &self.delays {
            Delays::Same(steps) => *steps,
            Delays::Table(table) => table.at(words[1]),
            // Pairs come with their own.
            Delays::Each(_) => return,
        };
        row.push(target, delay, landing.weights.at(words[0]));
    }

    #[inline(always)]
    fn landing(&self, t: u32) -> &Landing<F> {
        match self.landings.as_slice() {
            [one] => one,
            several => &several[several.partition_point(|l| l.index <= t) - 1],
        }
    }

    /// Every target with a probability. A draw that leaves the table goes on with the next block of the same synapse.
    fn gaps(&self, s: u32, id: u32, row: &mut Row<F>, gaps: &GapTable, targets: u32) {
        let (mut next, mut number) = (0u64, 0u32);
        loop {
            let mut attempt = 0;
            let words = loop {
                let words = philox([number, s, attempt, self.stream], self.key);
                attempt += 1;
                match gaps.at(words[0]) {
                    Some(gap) => {
                        next += u64::from(gap);
                        break words;
                    }
                    None => next += gaps.thresholds.len() as u64,
                }
                if next >= u64::from(targets) {
                    return;
                }
            };
            if next >= u64::from(targets) {
                return;
            }
            self.push(id, next as u32, [words[1], words[2]], row);
            next += 1;
            number += 1;
        }
    }

    /// Listed pairs; what is random about them is keyed by their number in the list.
    fn pairs(&self, s: u32, id: u32, row: &mut Row<F>, pairs: &Pairs) {
        for k in pairs.of(s) {
            let t = pairs.targets[k as usize];
            let landing = self.landing(t);
            let target = landing.part.first + (t - landing.index);
            if target == id && !self.autapses {
                continue;
            }
            let words = if self.needs_words() { philox([k, 0, 1, self.stream], self.key) } else { [0; 4] };
            let delay = match &self.delays {
                Delays::Same(steps) => *steps,
                Delays::Table(table) => table.at(words[2]),
                Delays::Each(steps) => steps[k as usize],
            };
            let weight = match &landing.weights {
                Weights::Each(weights) => weights.at(k),
                drawn => drawn.at(words[1]),
            };
            row.push(target, delay, weight);
        }
    }

    /// Synapses of source `s`; the mean where each row is left to chance.
    pub fn degree(&self, s: u32) -> u32 {
        match &self.rows {
            Rows::OneToOne => 1,
            Rows::All(n) => *n,
            Rows::Gaps(..) => (self.synapses / u64::from(self.from.len())) as u32,
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

/// A number below `n` from 64 random bits; its bias is below n / 2⁶⁴.
#[inline(always)]
fn below([high, low]: [u32; 2], n: u32) -> u32 {
    let carry = (u64::from(low) * u64::from(n)) >> 32;
    ((u64::from(high) * u64::from(n) + carry) >> 32) as u32
}
