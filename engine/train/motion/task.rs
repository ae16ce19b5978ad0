//! The task: movies of many motions, each seen once.

use super::kernel::{Extent, Kernel};
use super::learn::{Learner, Loss};
use super::movie::{Field, Gaze, Motion, Motions, Part, draws, movie};
use super::patch::{Movie, Patches, Place, some};
use super::planted::anywhere;
use super::tie::Ties;
use crate::error::Result;
use crate::train::Spikes;
use crate::train::share::items;

/// Movies of a batch.
pub const BATCH: u64 = 16;

/// Where movies are looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sight {
    /// Where and when there are events, as if each were ON.
    Events,
    /// At any places and steps, as many as are asked for.
    Anywhere,
}

/// What is learned, and from what.
#[derive(Debug, Clone, PartialEq)]
pub struct Task {
    /// Classes.
    pub motions: Motions,
    /// How much is seen of a movie.
    pub field: Field,
    /// How its motion goes.
    pub gaze: Gaze,
    /// Of what a kernel sees.
    pub extent: Extent,
    /// Where it is looked at.
    pub sight: Sight,
    /// Patches that are taken of a movie, at most.
    pub patches: usize,
    /// Updates that a batch of movies is shared out to.
    pub updates: usize,
    /// Whether quarters of a turn and mirrors are tied.
    pub tied: bool,
    /// The largest rate of Adam; it falls in a straight line.
    pub rate: f64,
    /// Seed of all movies; those of two numbers differ.
    pub seed: u64,
}

impl Default for Task {
    fn default() -> Self {
        Task {
            motions: Motions::default(),
            field: Field::default(),
            gaze: Gaze::Steady,
            extent: Extent::default(),
            sight: Sight::Events,
            patches: 256,
            updates: 4,
            tied: true,
            rate: 0.005,
            seed: 1,
        }
    }
}

impl Task {
    /// A movie by its number, and the class of each step.
    ///
    /// # Errors
    /// What [`movie`] and [`Gaze::classes`] refuse.
    pub fn movie(&self, number: u64) -> Result<(Spikes, Vec<u32>)> {
        let classes = self.gaze.classes(self.motions.len(), self.field.steps, self.seed, number)?;
        let motions: Vec<Motion> = classes.iter().map(|&class| self.motions.motion(class as usize)).collect();
        Ok((movie(&motions, self.field, self.seed, number)?, classes))
    }

    /// The places at which a movie is looked at, in order of steps, and whether ON and OFF are exchanged.
    ///
    /// # Errors
    /// A field smaller than the kernel, or fewer steps than delays, where it is looked at anywhere.
    pub(super) fn places(&self, movie: &Movie<'_>, number: u64) -> Result<Vec<(Place, bool)>> {
        let mut places = movie.places(self.extent);
        if self.sight == Sight::Anywhere {
            let mut draws = draws(self.seed, Part::Places, number);
            for place in &mut places {
                *place = (anywhere(movie, self.extent, &mut draws)?, false);
            }
            places.sort_unstable();
        }
        Ok(places)
    }

    /// Patches of some movies, in order, and the class of each.
    ///
    /// # Errors
    /// As [`Task::movie`]; a field smaller than the kernel.
    pub fn patches(&self, numbers: std::ops::Range<u64>, threads: usize) -> Result<(Patches, Vec<u32>)> {
        let mut lists: Vec<(Patches, Vec<u32>)> = numbers.clone().map(|_| Default::default()).collect();
        items(threads, numbers.zip(&mut lists).collect(), |(number, list)| {
            let (events, classes) = self.movie(number)?;
            let movie = Movie::new(&events)?;
            let mut places = self.places(&movie, number)?;
            some(&mut places, self.patches, &mut draws(self.seed, Part::Sample, number));
            for &(place, off) in &places {
                list.0.push(self.extent, &movie, place, off)?;
                list.1.push(classes[place[0]]);
            }
            Ok(())
        })?;
        let mut all = (Patches::default(), Vec::new());
        for (patches, classes) in lists {
            all.0.append(&patches);
            all.1.extend(classes);
        }
        Ok(all)
    }

    /// A kernel learned from `movies`, numbered from 0, each seen once; `watch` is told how many were seen, the mean loss and the share of
    /// right answers on the last update, and ends it by `false`.
    ///
    /// # Errors
    /// As [`Task::movie`], and [`Ties::new`].
    pub fn learn(&self, movies: u64, threads: usize, watch: &mut dyn FnMut(u64, f64, f64) -> bool) -> Result<Kernel> {
        let classes = self.motions.len();
        let ties = match self.tied {
            true => Some(Ties::new(self.extent, self.motions.directions, classes)?),
            false => None,
        };
        let mut learner = Learner::new(&Kernel::zeros(classes, self.extent)?, Loss::Softmax, ties)?;
        let mut seen = 0;
        while seen < movies {
            let end = (seen + BATCH).min(movies);
            let (patches, classes) = self.patches(seen..end, threads)?;
            let left = 1.0 - seen as f64 / movies as f64;
            let (mut loss, mut right) = (0.0, 0.0);
            for update in 0..self.updates {
                let some: Vec<u32> = classes.iter().copied().skip(update).step_by(self.updates).collect();
                let rate = (self.rate * left) as f32;
                (loss, right) = learner.step(&patches.every(update, self.updates), &some, rate, threads)?;
            }
            seen = end;
            if !watch(seen, loss, right) {
                break;
            }
        }
        learner.kernel()?.centred()
    }
}
