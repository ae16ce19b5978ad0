//! What a memory has learned, played by the engine: cells are neurons of the model `iaf_psc_exp_dendrites`, whose segments answer
//! coincidences with plateaus; a cell that is expected is nearer to threshold, fires sooner, and inhibits its column.

use super::memory::{Memory, Moment};
use crate::device::Device;
use crate::error::{Error, Result};
use crate::models;
use crate::network::{Explicit, Network, Population, RecorderId, SpikeGenerator, Spikes, Static, Value, Variable};
use crate::seed::Seed;
use crate::time::Time;

/// Width of a step, ms.
const DT: f64 = 0.1;
/// From an element to the next, ms.
const APART: f64 = 50.0;
/// When in this time its spikes arrive.
const ARRIVAL: f64 = 1.0;
/// pA: an element brings a cell to threshold in 0.9 ms, an expected one in 0.3; a cell that fires takes more from its column.
const WEIGHTS: [f64; 2] = [5200.0, -9000.0];
/// Delays of inhibition and of spikes to segments, ms.
const DELAYS: [f64; 2] = [0.3, 5.0];
/// Spikes of an element are up to 0.6 ms apart, and a segment forgets a sixteenth of what came first meanwhile.
const SLACK: f64 = 0.75;
/// What neurons are beside their defaults: one spike for an element, segments that know the spikes of one element alone,
/// plateaus that last until the next.
const NEURONS: [(&str, f64); 4] = [("t_ref", 30.0), ("tau_dend", 10.0), ("tau_plateau", 50.0), ("I_plateau", 250.0)];

/// What is shown to a memory.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Shown {
    /// Elements one after the other, from silence, each by its columns, in which cells compete.
    Columns(Vec<Vec<u32>>),
    /// Cells that fire whatever their column does, once, after silence.
    Cells(Vec<u32>),
}

/// What was seen.
#[derive(Debug, Clone, PartialEq)]
pub struct Seen {
    /// For each that was shown, for each of its elements.
    pub moments: Vec<Vec<Moment>>,
    /// For each that was shown, for each of its elements: segments that answered.
    pub answers: Vec<Vec<u32>>,
}

impl Memory {
    /// Shows it some on the engine, each from silence. Segments are those with synapses that count.
    ///
    /// # Errors
    /// Columns or cells that there are not, both kinds at once; theta above the synapses of a segment is none.
    pub fn play(&self, shown: &[Shown], theta: u32, threads: usize) -> Result<Seen> {
        let lengths: Vec<usize> = shown.iter().map(|own| self.length(own)).collect::<Result<_>>()?;
        let compete = shown.iter().any(|own| matches!(own, Shown::Columns(_)));
        if compete && shown.iter().any(|own| matches!(own, Shown::Cells(_))) {
            return Err(Error::invalid(
                "sequence memory",
                "columns and cells cannot be shown at once; play them apart",
            ));
        }
        // After each, silence of an element.
        let slots: usize = lengths.iter().map(|length| length + 1).sum();
        let cells = self.shape().size() as usize;
        let kept = slots as u64 * cells as u64 * self.most_segments() as u64;
        if kept > 500_000_000 {
            return Err(Error::invalid("sequence memory", "what would be recorded is too much; show less at once"));
        }
        let network = self.network(shown, theta, compete)?;
        let mut sim = network.build(Device::cpu().threads(u32::try_from(threads).unwrap_or(1)), Seed(1))?;
        sim.run(Time::from_ms(APART * slots as f64))?;
        let mut fired = vec![Vec::new(); slots];
        for spike in sim.all_spikes() {
            // A spike of step k lies at its end.
            let slot = (f64::from(spike.step - 1) * DT / APART) as usize;
            if let Some(own) = fired.get_mut(slot) {
                own.push(spike.id);
            }
        }
        let mut answered = vec![vec![0u32; cells]; slots];
        for segment in 0..self.most_segments() {
            let parts = sim.samples(RecorderId(1 + segment))?.chunks_exact(cells);
            for (to, parts) in answered.iter_mut().zip(parts) {
                to.iter_mut().zip(parts).for_each(|(count, part)| *count += u32::from(*part > 0.0));
            }
        }
        let mut slots = fired.into_iter().zip(answered);
        let mut seen = Seen { moments: Vec::new(), answers: Vec::new() };
        for length in lengths {
            let own: Vec<_> = slots.by_ref().take(length + 1).take(length).collect();
            seen.answers.push(own.iter().map(|(_, answered)| answered.iter().sum()).collect());
            seen.moments.push(own.into_iter().map(|(active, answered)| moment(active, &answered)).collect());
            // `take` has left the silence.
            slots.next();
        }
        Ok(seen)
    }

    /// Elements of what is shown.
    fn length(&self, shown: &Shown) -> Result<usize> {
        match shown {
            Shown::Columns(elements) => {
                elements.iter().try_for_each(|columns| self.check_columns(columns))?;
                Ok(elements.len())
            }
            Shown::Cells(cells) => match cells.iter().find(|cell| **cell >= self.shape().size()) {
                None => Ok(1),
                Some(cell) => Err(Error::invalid("sequence memory", format!("there is no cell {cell}"))),
            },
        }
    }

    /// The segments of the cell that has the most, at least 1.
    fn most_segments(&self) -> usize {
        self.segments.iter().map(Vec::len).max().unwrap_or(0).max(1)
    }

    fn network(&self, shown: &[Shown], theta: u32, compete: bool) -> Result<Network> {
        let count = self.most_segments();
        let thetas = vec![f64::from(theta) - SLACK; count];
        let (model, values) = models::with_lists("iaf_psc_exp_dendrites", &[("theta", &thetas)], "sequence memory")?;
        let mut neurons = Population::new("neurons", self.shape().size(), model)?;
        for (name, value) in values.iter().map(|(name, value)| (name.as_str(), *value)).chain(NEURONS) {
            neurons.set(name, value)?;
        }
        let mut network = Network::new(Time::from_ms(DT));
        let neurons = network.add_population(neurons)?;
        for segment in 0..count {
            let of = (0u32..).zip(&self.segments).filter_map(|(cell, own)| Some((cell, own.get(segment)?)));
            let pairs: Vec<(u32, u32)> =
                of.flat_map(|(cell, own)| own.connected().map(move |from| (from, cell))).collect();
            if !pairs.is_empty() {
                let (from, to): (Vec<u32>, Vec<u32>) = pairs.into_iter().unzip();
                let receptor = (segment + 1).to_string();
                network.connect(
                    &neurons,
                    &neurons,
                    Explicit::new(from, to),
                    Static::new(1.0, DELAYS[1]).at_receptor(&receptor),
                )?;
            }
        }
        if compete {
            let cells = self.shape().cells;
            let others =
                |cell: u32| (cell / cells * cells..(cell / cells + 1) * cells).filter(move |other| *other != cell);
            let pairs = (0..self.shape().size()).flat_map(|cell| others(cell).map(move |other| (cell, other)));
            let (from, to): (Vec<u32>, Vec<u32>) = pairs.unzip();
            if !from.is_empty() {
                network.connect(
                    &neurons,
                    &neurons,
                    Explicit::new(from, to),
                    Static::new(WEIGHTS[1], DELAYS[0]).at_receptor("in"),
                )?;
            }
        }
        network.stimulate(
            &neurons,
            SpikeGenerator::listed(self.spikes(shown)),
            Static::new(Value::from(WEIGHTS[0]), DT).at_receptor("ex"),
        )?;
        network.record(&neurons, Spikes)?;
        for segment in 1..=count {
            network.record(&neurons, Variable::every(&format!("p_{segment}"), APART))?;
        }
        Ok(network)
    }

    /// (cell, ms) of all that is shown.
    fn spikes(&self, shown: &[Shown]) -> Vec<(u32, f64)> {
        let cells = self.shape().cells;
        let (mut spikes, mut slot) = (Vec::new(), 0u32);
        let mut add = |slot: u32, cells: &mut dyn Iterator<Item = u32>| {
            spikes.extend(cells.map(|cell| (cell, f64::from(slot) * APART + ARRIVAL)));
        };
        for own in shown {
            match own {
                Shown::Cells(list) => {
                    add(slot, &mut list.iter().copied());
                    slot += 1;
                }
                Shown::Columns(elements) => {
                    for columns in elements {
                        add(slot, &mut columns.iter().flat_map(|column| column * cells..(column + 1) * cells));
                        slot += 1;
                    }
                }
            }
            slot += 1;
        }
        spikes
    }
}

fn moment(mut active: Vec<u32>, answered: &[u32]) -> Moment {
    active.sort_unstable();
    let expecting = (0u32..).zip(answered).filter(|(_, count)| **count > 0).map(|(cell, _)| cell).collect();
    Moment { active, expecting }
}
