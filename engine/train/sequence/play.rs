//! What a memory has learned, played by the engine: cells are neurons of the model `iaf_psc_exp_dendrites`, whose
//! segments answer coincidences with plateaus; a cell that expects an element is nearer to threshold, fires sooner, and
//! inhibits its column.

use super::memory::{Memory, Moment};
use crate::device::Device;
use crate::error::{Error, Result};
use crate::models;
use crate::network::{
    Explicit, Network, Population, RecorderId, Selection, SpikeGenerator, Spikes, Static, Value, Variable,
};
use crate::seed::Seed;
use crate::time::Time;

/// The step, ms.
const DT: f64 = 0.1;
/// The time from an element to the next, ms.
const ELEMENT: f64 = 50.0;
/// When in this time the spikes of the input are sent, ms.
const ARRIVAL: f64 = 1.0;
/// The weight of the input, pA: it brings a cell to threshold in 0.9 ms, and one that expects it in 0.3 ms.
const INPUT_WEIGHT: f64 = 5200.0;
/// The weight of inhibition among the cells of a column, pA: more than the input gives.
const INHIBITION: f64 = -9000.0;
/// The delay of inhibition, ms.
const INHIBITION_DELAY: f64 = 0.3;
/// The delay of spikes to segments, ms.
const SEGMENT_DELAY: f64 = 5.0;
/// How far below theta spikes the threshold of a segment lies: spikes of an element are up to 0.6 ms apart, and
/// meanwhile a segment forgets a sixteenth of those that came first.
const SLACK: f64 = 0.75;
/// The parameters of neurons that are not their defaults: one spike for an element, segments that forget an element
/// before the next, plateaus that last until the next.
const NEURONS: [(&str, f64); 4] = [("t_ref", 30.0), ("tau_dend", 10.0), ("tau_plateau", 50.0), ("I_plateau", 250.0)];

/// Something shown to a memory, after silence.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Shown {
    /// A sequence of elements, each given by its columns, in which cells compete.
    Columns(Vec<Vec<u32>>),
    /// Cells that fire once, whatever their column does.
    Cells(Vec<u32>),
}

/// What a memory did on the engine.
#[derive(Debug, Clone, PartialEq)]
pub struct Played {
    /// The cells that fired and that expect, by what was shown and by element.
    pub moments: Vec<Vec<Moment>>,
    /// How many segments answered, by what was shown and by element.
    pub answers: Vec<Vec<u32>>,
}

impl Memory {
    /// Plays the memory on the engine: shows it each of `shown`, from silence. Only synapses that count are there, and
    /// a segment answers `theta` of them; one with fewer never does.
    ///
    /// # Errors
    /// Columns or cells that do not exist; columns and cells at once; more samples than can be recorded.
    pub fn play(&self, shown: &[Shown], theta: u32, threads: usize) -> Result<Played> {
        let lengths: Vec<usize> = shown.iter().map(|own| self.length(own)).collect::<Result<_>>()?;
        let compete = shown.iter().any(|own| matches!(own, Shown::Columns(_)));
        if compete && shown.iter().any(|own| matches!(own, Shown::Cells(_))) {
            return Err(Error::invalid(
                "sequence memory",
                "columns and cells cannot be shown at once; play them apart",
            ));
        }
        // After each of `shown`, silence as long as an element.
        let slots: usize = lengths.iter().map(|length| length + 1).sum();
        let cells = self.shape().size() as usize;
        let samples = slots as u64 * cells as u64 * self.most_segments() as u64;
        if samples > 500_000_000 {
            return Err(Error::invalid("sequence memory", "what would be recorded is too much; show less at once"));
        }
        let network = self.network(shown, theta, compete)?;
        let mut sim = network.build(Device::cpu().threads(u32::try_from(threads).unwrap_or(1)), Seed(1))?;
        sim.run(Time::from_ms(ELEMENT * slots as f64))?;
        let mut fired = vec![Vec::new(); slots];
        for spike in sim.all_spikes() {
            // A spike of step k lies at its end.
            let slot = (f64::from(spike.step - 1) * DT / ELEMENT) as usize;
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
        let mut played = Played { moments: Vec::new(), answers: Vec::new() };
        for length in lengths {
            let own: Vec<_> = slots.by_ref().take(length).collect();
            played.answers.push(own.iter().map(|(_, answered)| answered.iter().sum()).collect());
            played.moments.push(own.into_iter().map(|(active, answered)| moment(active, &answered)).collect());
            // The silence after it.
            slots.next();
        }
        Ok(played)
    }

    /// The number of elements of what is shown.
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

    /// The memory as a network of the engine, with its input and recorders: spikes, and the plateaus of each segment at
    /// the end of each element. Where cells `compete`, those of a column inhibit each other.
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
            self.connect_segments(&mut network, &neurons, segment)?;
        }
        if compete {
            self.connect_columns(&mut network, &neurons)?;
        }
        network.stimulate(
            &neurons,
            SpikeGenerator::listed(self.input_spikes(shown)),
            Static::new(Value::from(INPUT_WEIGHT), DT).at_receptor("ex"),
        )?;
        network.record(&neurons, Spikes)?;
        for segment in 1..=count {
            network.record(&neurons, Variable::every(&format!("p_{segment}"), ELEMENT))?;
        }
        Ok(network)
    }

    /// Adds the synapses of segment `segment` of each cell that has one, counted from 0.
    fn connect_segments(&self, network: &mut Network, neurons: &Selection, segment: usize) -> Result<()> {
        let of = (0u32..).zip(&self.segments).filter_map(|(cell, own)| Some((cell, own.get(segment)?)));
        let pairs: Vec<(u32, u32)> = of.flat_map(|(cell, own)| own.connected().map(move |from| (from, cell))).collect();
        if !pairs.is_empty() {
            let (from, to): (Vec<u32>, Vec<u32>) = pairs.into_iter().unzip();
            let receptor = (segment + 1).to_string();
            let synapse = Static::new(1.0, SEGMENT_DELAY).at_receptor(&receptor);
            network.connect(neurons, neurons, Explicit::new(from, to), synapse)?;
        }
        Ok(())
    }

    /// Adds inhibition from each cell to the others of its column.
    fn connect_columns(&self, network: &mut Network, neurons: &Selection) -> Result<()> {
        let cells = self.shape().cells;
        let others = |cell: u32| (cell / cells * cells..(cell / cells + 1) * cells).filter(move |other| *other != cell);
        let pairs = (0..self.shape().size()).flat_map(|cell| others(cell).map(move |other| (cell, other)));
        let (from, to): (Vec<u32>, Vec<u32>) = pairs.unzip();
        if !from.is_empty() {
            let synapse = Static::new(INHIBITION, INHIBITION_DELAY).at_receptor("in");
            network.connect(neurons, neurons, Explicit::new(from, to), synapse)?;
        }
        Ok(())
    }

    /// The input spikes of all that is shown, each a cell and a time in ms.
    fn input_spikes(&self, shown: &[Shown]) -> Vec<(u32, f64)> {
        let cells = self.shape().cells;
        let (mut spikes, mut slot) = (Vec::new(), 0u32);
        let mut add = |slot: u32, cells: &mut dyn Iterator<Item = u32>| {
            spikes.extend(cells.map(|cell| (cell, f64::from(slot) * ELEMENT + ARRIVAL)));
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

/// The moment in which the cells `active` fired, and `answered` segments of each cell answered.
fn moment(mut active: Vec<u32>, answered: &[u32]) -> Moment {
    active.sort_unstable();
    let expecting = (0u32..).zip(answered).filter(|(_, count)| **count > 0).map(|(cell, _)| cell).collect();
    Moment { active, expecting }
}
