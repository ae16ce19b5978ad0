//! What synapses that learn hold, in an order that depends on no layout: as words that a checkpoint keeps, and for people.

use std::borrow::Cow;
use std::ops::Range;

use crate::device::PlasticSynapses;
use crate::device::plastic::held::at_first;
use crate::device::plastic::past::Past;
use crate::device::plastic::{Held, targets};
use crate::error::{Error, Result};
use crate::number::{Fixed, Number};
use crate::plan::plastic::PlasticPlan;
use crate::plan::{Plan, Shard};

/// Where the synapses of a plan are, in the order in which they are drawn: by shard, and place in it.
fn places<F>(
    plan: &PlasticPlan,
    index: usize,
    shards: &[Shard<F>],
    mut each: impl FnMut((u32, u32, u32), usize, usize),
) {
    let mut next: Vec<usize> = vec![0; shards.len()];
    let mut source = None;
    plan.for_each(&(0..u32::MAX), |s, target, delay| {
        if source.replace(s) != Some(s) {
            let starts = shards.iter().map(|shard| shard.plastic[index].offsets[s as usize] as usize);
            next.iter_mut().zip(starts).for_each(|(next, start)| *next = start);
        }
        if let Some(shard) = shards.iter().position(|shard| shard.ids.contains(&target)) {
            each((s, target, delay), shard, next[shard]);
            next[shard] += 1;
        }
    });
}

/// Shard by shard and plan by plan of a projection, the state variables of its synapses.
pub type Known<'a, R> = Vec<Vec<Cow<'a, [Vec<R>]>>>;

/// The plans of a projection, by index.
fn of_projection<F>(plan: &Plan<F>, projection: usize) -> impl Iterator<Item = (usize, &PlasticPlan)> {
    plan.plastic.iter().enumerate().filter(move |(_, own)| own.projection == projection)
}

/// The synapses of a projection, of which so much is known.
pub fn synapses<R: Number>(plan: &Plan<R::Fixed>, projection: usize, known: &Known<'_, R>) -> PlasticSynapses {
    let mut all = PlasticSynapses::default();
    for (number, (index, own)) in of_projection(plan, projection).enumerate() {
        all.state.resize(own.start.len(), Vec::new());
        places(own, index, &plan.shards, |(s, target, delay), shard, at| {
            all.sources.push(own.from.id(s));
            all.targets.push(target);
            all.delays.push(delay);
            let columns = all.state.iter_mut().zip(known[shard][number].iter());
            columns.for_each(|(to, from)| to.push(from[at].value()));
        });
    }
    all
}

/// The weights of the same, in the same order.
pub fn weights<R: Number>(plan: &Plan<R::Fixed>, projection: usize, known: &Known<'_, R>) -> Vec<f64> {
    let mut all = Vec::new();
    for (number, (index, own)) in of_projection(plan, projection).enumerate() {
        let weight = own.rule.weight();
        places(own, index, &plan.shards, |_, shard, at| all.push(known[shard][number][weight][at].value()));
    }
    all
}

/// What they were at time 0.
pub fn weights_at_first<R: Number>(plan: &Plan<R::Fixed>, projection: usize) -> Vec<f64> {
    let mut all = Vec::new();
    for (index, own) in of_projection(plan, projection) {
        let weight = own.rule.weight();
        let rows = plan.shards.iter().map(|shard| at_first(own, &shard.plastic[index], weight));
        let known: Vec<Vec<R>> = rows.collect();
        places(own, index, &plan.shards, |_, shard, at| all.push(known[shard][at].value()));
    }
    all
}

/// Words, one behind the other.
struct Reader<'a>(&'a [u64]);

impl Reader<'_> {
    fn word(&mut self) -> Result<u64> {
        let (first, rest) = self.0.split_first().ok_or_else(contradicts)?;
        self.0 = rest;
        Ok(*first)
    }
    /// A number below `end`.
    fn below(&mut self, end: u64) -> Result<u64> {
        self.word().and_then(|word| if word < end { Ok(word) } else { Err(contradicts()) })
    }
    fn number(&mut self) -> Result<f64> {
        let number = f64::from_bits(self.word()?);
        if number.is_finite() { Ok(number) } else { Err(contradicts()) }
    }
}

fn contradicts() -> Error {
    Error::invalid("checkpoint", "what its synapses hold contradicts its network; take an earlier copy")
}

/// All that is held at the end of a step, shard by shard and plan by plan.
pub fn write<R: Number>(plan: &Plan<R::Fixed>, shards: &[Vec<&Held<R>>]) -> Vec<u64> {
    (0..plan.plastic.len()).flat_map(|index| write_plan(plan, index, shards)).collect()
}

/// The same of the plan with this index alone.
pub fn write_plan<R: Number>(plan: &Plan<R::Fixed>, index: usize, shards: &[Vec<&Held<R>>]) -> Vec<u64> {
    let (own, mut words) = (&plan.plastic[index], Vec::new());
    let parts: Vec<&Held<R>> = shards.iter().map(|shard| shard[index]).collect();
    places(own, index, &plan.shards, |_, shard, at| {
        let part = parts[shard];
        words.extend(part.state.iter().map(|column| column[at].value().to_bits()));
        words.extend(part.updated.get(at).map(|step| u64::from(*step)));
    });
    for steps in parts.first().into_iter().flat_map(|part| &part.modulated) {
        words.push(steps.len() as u64);
        words.extend(steps.iter().map(|step| u64::from(*step)));
    }
    let states = own.rule.source_start().len();
    for s in 0..own.from.len() as usize {
        // Those who hold synapses of it have all seen the same spikes.
        let rows = |shard: &Shard<R::Fixed>| shard.plastic[index].offsets[s] < shard.plastic[index].offsets[s + 1];
        let part = parts[plan.shards.iter().position(rows).unwrap_or(0)];
        words.push(part.fired[s].into());
        words.extend(part.traces[s * states..(s + 1) * states].iter().map(|value| value.value().to_bits()));
    }
    for (past, n) in parts.iter().flat_map(|part| (0..part.past.targets()).map(|n| (&part.past, n))) {
        words.push(past.count(n) as u64);
        words.extend(past.spikes(n).map(|(step, _)| u64::from(step)));
        words.extend(past.spikes(n).flat_map(|(_, state)| state).map(|value| value.value().to_bits()));
    }
    words
}

/// What is held, and behind it what is pending.
pub fn joined(mut held: Vec<u64>, pending: Vec<u64>) -> Vec<u64> {
    held.insert(0, held.len() as u64);
    held.extend(pending);
    held
}

/// Words of [`joined`] in their two parts.
///
/// # Errors
/// Words of a network that learns where this one has nothing that does (`none`), or the other way round.
pub fn parted(words: &[u64], none: bool) -> Result<(&[u64], &[u64])> {
    let held = words.split_first().map_or(0, |(held, _)| *held as usize);
    let all = words.get(1..).unwrap_or_default();
    if (held == 0) != none || held > all.len() {
        let problem = "what its synapses hold is not of this network; take an earlier copy";
        return Err(Error::invalid("checkpoint", problem));
    }
    Ok(all.split_at(held))
}

/// Takes it up again, `step` steps on.
///
/// # Errors
/// Words that are not of this network.
pub fn read<R: Number>(
    plan: &Plan<R::Fixed>,
    shards: &mut [Vec<&mut Held<R>>],
    step: u64,
    words: &[u64],
) -> Result<usize> {
    let mut reader = Reader(words);
    for (index, own) in plan.plastic.iter().enumerate() {
        let mut failed = None;
        places(own, index, &plan.shards, |_, shard, at| {
            if let Err(reason) = read_synapse(&mut reader, shards[shard][index], at, step) {
                failed.get_or_insert(reason);
            }
        });
        if let Some(reason) = failed {
            return Err(reason);
        }
        let parts = plan.shards.iter().zip(&mut *shards);
        let mut parts = parts.map(|(shard, held)| (targets(own, shard), &mut *held[index])).collect::<Vec<_>>();
        read_ends(&mut reader, own, &mut parts, step)?;
    }
    Ok(words.len() - reader.0.len())
}

/// Takes up, from words of [`write_plan`], what is held of those synapses that `keep` says, by index of the source and id of
/// the target, onto neurons `ids`.
///
/// # Errors
/// Words that are not of this plan.
pub fn read_some<R: Number>(
    own: &PlasticPlan,
    (ids, held): (Range<u32>, &mut Held<R>),
    keep: impl Fn(u32, u32) -> bool,
    step: u64,
    words: &[u64],
) -> Result<()> {
    let (mut reader, mut at, mut failed) = (Reader(words), 0, None);
    let each = own.start.len() + usize::from(own.rule.keeps_time());
    own.for_each(&(0..u32::MAX), |s, target, _| {
        let read = if keep(s, target) {
            at += 1;
            read_synapse(&mut reader, held, at - 1, step)
        } else {
            (0..each).try_for_each(|_| reader.word().map(drop))
        };
        failed = failed.take().or(read.err());
    });
    failed.map_or(Ok(()), Err)?;
    read_ends(&mut reader, own, &mut [(ids, held)], step)
}

/// What is held of the third factor, the sources, and the targets, which are spread over `parts` by global id.
fn read_ends<R: Number>(
    reader: &mut Reader<'_>,
    own: &PlasticPlan,
    parts: &mut [(Range<u32>, &mut Held<R>)],
    step: u64,
) -> Result<()> {
    let modulated = read_modulated(reader, own, step)?;
    parts.iter_mut().for_each(|(_, part)| part.modulated.clone_from(&modulated));
    let states = own.rule.source_start().len();
    for s in 0..own.from.len() as usize {
        let fired = reader.word()? as u32;
        let trace = (0..states).map(|_| reader.number()).collect::<Result<Vec<_>>>()?;
        for (_, part) in parts.iter_mut() {
            part.fired[s] = fired;
            part.traces[s * states..].iter_mut().zip(&trace).for_each(|(to, &value)| *to = R::of(value));
        }
    }
    for id in own.part.first..own.part.first + own.part.count {
        let part = parts.iter_mut().find(|(ids, _)| ids.contains(&id));
        let target = part.map(|(ids, part)| (&mut part.past, (id - ids.start) as usize));
        read_past(reader, target, own.rule.target_start().len(), step)?;
    }
    Ok(())
}

/// The spikes of a target, with `size` numbers after each; into its place, if there is one for it.
fn read_past<R: Number>(
    reader: &mut Reader<'_>,
    mut target: Option<(&mut Past<R>, usize)>,
    size: usize,
    step: u64,
) -> Result<()> {
    let spikes = reader.below(reader.0.len() as u64 + 1)?;
    let steps = (0..spikes).map(|_| reader.below(step + 1)).collect::<Result<Vec<_>>>()?;
    if steps.first() == Some(&0) || !steps.is_sorted() {
        return Err(contradicts());
    }
    target.iter_mut().for_each(|(past, n)| past.clear(*n));
    for step in steps {
        let state = (0..size).map(|_| reader.number().map(R::of)).collect::<Result<Vec<R>>>()?;
        target.iter_mut().for_each(|(past, n)| past.push(*n, step as u32, &state));
    }
    Ok(())
}

fn read_synapse<R: Number>(reader: &mut Reader<'_>, own: &mut Held<R>, at: usize, step: u64) -> Result<()> {
    for column in &mut own.state {
        column[at] = R::of(reader.number()?);
    }
    if let Some(updated) = own.updated.get_mut(at) {
        *updated = reader.below(step + 1)? as u32;
    }
    Ok(())
}

/// When spikes of the third factor arrive, domain by domain.
fn read_modulated(reader: &mut Reader<'_>, own: &PlasticPlan, step: u64) -> Result<Vec<Vec<u32>>> {
    let longest = own.modulator.as_ref().map_or(0, |(_, delay)| u64::from(*delay));
    let read = |_| {
        let spikes = reader.below(reader.0.len() as u64 + 1)?;
        let steps = (0..spikes).map(|_| reader.below(step + longest + 1).map(|at| at as u32));
        let steps = steps.collect::<Result<Vec<u32>>>()?;
        let possible = steps.is_sorted() && (longest > 0 || steps.is_empty());
        if possible { Ok(steps) } else { Err(contradicts()) }
    };
    (0..own.domains.count()).map(read).collect()
}

/// Sums that synapses that learn have sent and that have yet to arrive, as (step, neuron, channel, two words of the sum).
pub const PENDING: usize = 5;

/// What arrives in a step at a neuron on a channel.
#[derive(Debug, Clone, Copy)]
pub struct Pending<F> {
    /// When.
    pub step: u32,
    /// Global id.
    pub id: u32,
    /// Which.
    pub channel: u32,
    /// In counts.
    pub sum: F,
}

impl<F: Fixed> Pending<F> {
    /// As words.
    pub fn words(self) -> [u64; PENDING] {
        let [low, high] = self.sum.words();
        [self.step, self.id, self.channel, low, high].map(u64::from)
    }
}

/// The sums of `pending`, from the words behind those of [`write`], `step` steps on: those for shard `s` go to `add(s, ..)`.
///
/// # Errors
/// Words that are not of this network.
pub fn read_pending<F: Fixed>(
    plan: &Plan<F>,
    step: u64,
    words: &[u64],
    mut add: impl FnMut(usize, Pending<F>),
) -> Result<()> {
    let (records, rest) = words.as_chunks::<PENDING>();
    if !rest.is_empty() {
        return Err(contradicts());
    }
    for &[arrival, id, channel, low, high] in records {
        let due = (step + 1..=step + u64::from(plan.slots())).contains(&arrival) && arrival <= u64::from(u32::MAX);
        if !due || channel >= u64::from(plan.channels) || id >= u64::from(plan.neurons) {
            return Err(contradicts());
        }
        let own = |shard: &Shard<F>| u64::from(shard.ids.start) <= id && id < u64::from(shard.ids.end);
        if let Some(at) = plan.shards.iter().position(own) {
            let sum = F::of_words([low as u32, high as u32]);
            add(at, Pending { step: arrival as u32, id: id as u32, channel: channel as u32, sum });
        }
    }
    Ok(())
}
