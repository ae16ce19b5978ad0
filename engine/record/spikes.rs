//! The spikes of a run as plain data.

use crate::error::{Error, Result};
use crate::record::rows::check_dt;
use crate::text::counted;
use crate::time::Grid;
use serde::{Deserialize, Serialize};

/// A population as records and pictures need it: its name and its global ids `first .. first + size`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PopulationLabel {
    /// Name of the population or part.
    pub name: String,
    /// Global id of its first neuron.
    pub first: u32,
    /// Number of neurons.
    pub size: u32,
    /// Where only a part of a population was recorded: the population, and the index of the part's first neuron in it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub part_of: Option<(String, u32)>,
    /// A name for each neuron, where neurons have names.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub names: Option<Vec<String>>,
}

impl PopulationLabel {
    /// The population, and the index in it of neuron `id` of this label.
    pub fn place(&self, id: u32) -> (&str, u32) {
        let (population, first) = self.part_of.as_ref().map_or((&self.name, 0), |(name, first)| (name, *first));
        (population, first + (id - self.first))
    }
}

/// Spikes sorted by (step, global id). Steps count from 1 where recording began, after step `start_step` of the run: a spike
/// at step k has the time (start_step + k)·dt.
#[derive(Debug, Clone, PartialEq)]
pub struct SpikeRecord {
    /// Length of a step, ms.
    pub dt_ms: f64,
    /// Step of the run after which recording began.
    pub start_step: u64,
    /// Recorded time, ms.
    pub duration_ms: f64,
    /// The recorded populations or parts, also those without spikes, in the order in which pictures show them.
    pub populations: Vec<PopulationLabel>,
    /// Step of each spike.
    pub steps: Vec<u32>,
    /// Global id of the neuron of each spike.
    pub ids: Vec<u32>,
}

impl SpikeRecord {
    /// A checked record of a run from its start on.
    ///
    /// # Errors
    /// As [`SpikeRecord::check`].
    pub fn new(
        dt_ms: f64,
        duration_ms: f64,
        populations: Vec<PopulationLabel>,
        steps: Vec<u32>,
        ids: Vec<u32>,
    ) -> Result<SpikeRecord> {
        let record = SpikeRecord { dt_ms, start_step: 0, duration_ms, populations, steps, ids };
        record.check()?;
        Ok(record)
    }

    /// Checks that the record is consistent.
    ///
    /// # Errors
    /// A dt that is not above zero, a duration below zero or of 2³² steps, populations that overlap or whose names do
    /// not match their size, spikes out of order, after the end, or of a neuron in no population.
    pub fn check(&self) -> Result<()> {
        check_dt("spike record", self.dt_ms)?;
        if !(self.duration_ms.is_finite() && self.duration_ms >= 0.0) {
            return Err(broken(format!("duration = {} ms must be 0 ms or more", self.duration_ms)));
        }
        if self.start_step.saturating_add(self.duration_steps()) > u64::from(u32::MAX) {
            return Err(broken(format!("duration = {} ms must be below 2³² steps", self.duration_ms)));
        }
        if self.steps.len() != self.ids.len() {
            return Err(broken(format!(
                "{steps} for {ids}",
                steps = counted(self.steps.len(), "step"),
                ids = counted(self.ids.len(), "id")
            )));
        }
        self.check_populations()?;
        self.check_spikes()
    }

    /// Checks that each neuron has a name where there are names, and that populations do not overlap.
    fn check_populations(&self) -> Result<()> {
        let mut ranges: Vec<(u64, u64, &str)> = Vec::with_capacity(self.populations.len());
        for population in &self.populations {
            let (first, size) = (u64::from(population.first), u64::from(population.size));
            if let Some(names) = &population.names
                && names.len() as u64 != size
            {
                let name = &population.name;
                return Err(broken(format!(
                    "population '{name}' has {neurons} and {names}",
                    neurons = counted(size, "neuron"),
                    names = counted(names.len(), "name")
                )));
            }
            ranges.push((first, first + size, &population.name));
        }
        ranges.retain(|(first, end, _)| first < end);
        ranges.sort_unstable();
        match ranges.windows(2).find(|pair| pair[0].1 > pair[1].0) {
            Some(pair) => Err(broken(format!("populations '{}' and '{}' share global ids", pair[0].2, pair[1].2))),
            None => Ok(()),
        }
    }

    /// Checks that spikes are in order, within the run, and of neurons that are recorded.
    fn check_spikes(&self) -> Result<()> {
        let spikes = || self.steps.iter().zip(&self.ids);
        if let Some(i) = spikes().zip(spikes().skip(1)).position(|(a, b)| a > b) {
            return Err(broken(format!("spike {} is out of order; sort by step, then by id", i + 1)));
        }
        if let Some(&last) = self.steps.last()
            && u64::from(last) > self.duration_steps()
        {
            return Err(broken(format!("a spike at step {last} lies after the end, step {}", self.duration_steps())));
        }
        let rows = self.rows();
        match self.ids.iter().find(|&&id| rows.find(id).is_none()) {
            Some(id) => Err(broken(format!("the neuron with global id {id} is in no population"))),
            None => Ok(()),
        }
    }

    /// Number of neurons recorded, spiking or not.
    pub fn neurons(&self) -> u64 {
        self.populations.iter().map(|p| u64::from(p.size)).sum()
    }

    /// Number of steps recorded.
    pub fn duration_steps(&self) -> u64 {
        Grid::new(self.dt_ms).nearest(self.duration_ms).unwrap_or(0)
    }

    /// Time of each spike, ms: the shortest decimal of k·dt, without the rounding error of a product.
    pub fn times_ms(&self) -> Vec<f64> {
        let clock = Grid::new(self.dt_ms);
        self.steps.iter().map(|&step| clock.time(self.start_step + u64::from(step))).collect()
    }

    /// The time after which recording began, and the time with which it ended, ms.
    pub fn window_ms(&self) -> (f64, f64) {
        let clock = Grid::new(self.dt_ms);
        (clock.time(self.start_step), clock.time(self.start_step + self.duration_steps()))
    }

    /// The rows of a picture or table: neurons in the order of their populations.
    pub fn rows(&self) -> Rows {
        Rows::of(&self.populations)
    }

    /// The spikes with `from_ms` < time <= `to_ms` (times of the run) as a record that begins at `from_ms`, such as one
    /// without a transient. Both ends are rounded to whole steps and limited to those of the record.
    pub fn between(&self, from_ms: f64, to_ms: f64) -> SpikeRecord {
        let grid = Grid::new(self.dt_ms);
        let step = |ms: f64| grid.nearest(ms).unwrap_or(if ms > 0.0 { u64::MAX } else { 0 });
        self.within((step(from_ms), step(to_ms)))
    }

    /// As [`SpikeRecord::between`], by steps of the run.
    pub(crate) fn within(&self, (from, to): (u64, u64)) -> SpikeRecord {
        let inside = |step: u64| step.saturating_sub(self.start_step).min(self.duration_steps());
        let (from, to) = (inside(from), inside(to).max(inside(from)));
        let begin = self.steps.partition_point(|&s| u64::from(s) <= from);
        let end = self.steps.partition_point(|&s| u64::from(s) <= to);
        SpikeRecord {
            dt_ms: self.dt_ms,
            start_step: self.start_step + from,
            duration_ms: Grid::new(self.dt_ms).time(to - from),
            populations: self.populations.clone(),
            steps: self.steps[begin..end].iter().map(|&s| (u64::from(s) - from) as u32).collect(),
            ids: self.ids[begin..end].to_vec(),
        }
    }
}

/// Finds the population and the row of a global id.
#[derive(Debug, Clone)]
pub struct Rows {
    /// Sorted by global id.
    ranges: Vec<Range>,
}

/// The global ids `first .. end` of a population.
#[derive(Debug, Clone)]
struct Range {
    first: u64,
    end: u64,
    /// The row of the first one.
    offset: u64,
    population: usize,
}

impl Rows {
    /// The rows of these populations in their order.
    pub(super) fn of(populations: &[PopulationLabel]) -> Rows {
        let mut offset = 0;
        let mut ranges = Vec::with_capacity(populations.len());
        for (population, label) in populations.iter().enumerate() {
            let (first, size) = (u64::from(label.first), u64::from(label.size));
            if size > 0 {
                ranges.push(Range { first, end: first + size, offset, population });
            }
            offset += size;
        }
        ranges.sort_unstable_by_key(|range| range.first);
        Rows { ranges }
    }

    /// (index of the population, row counted over all populations) of a global id; `None` where no population has it.
    pub fn find(&self, id: u32) -> Option<(usize, u64)> {
        let id = u64::from(id);
        let after = self.ranges.partition_point(|range| range.first <= id);
        let range = self.ranges.get(after.checked_sub(1)?)?;
        (id < range.end).then(|| (range.population, range.offset + id - range.first))
    }
}

/// The error of a record that is not consistent.
fn broken(problem: String) -> Error {
    Error::invalid("spike record", problem)
}
