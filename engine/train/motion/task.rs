//! The task of classifying motion: movies of many motions, each seen once.

use super::kernel::{Extent, Kernel};
use super::learn::{Learner, Loss};
use super::movie::{Field, Gaze, Motion, Motions, RandomUse, draws, movie};
use super::patch::{Movie, Patches, Place, keep_random};
use super::planted::random_place;
use super::tie::Ties;
use crate::error::Result;
use crate::train::Spikes;
use crate::train::share::items;

/// Movies of a batch.
pub const BATCH: u64 = 16;

/// Where patches are taken of movies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sight {
    /// Around events, each seen as if it were ON.
    Events,
    /// At random places and steps, as many as there are events.
    Anywhere,
}

/// Classes, movies and learning of a kernel.
#[derive(Debug, Clone, PartialEq)]
pub struct Task {
    /// The classes of motion.
    pub motions: Motions,
    /// The size of a movie.
    pub field: Field,
    /// How the motion changes over a movie.
    pub gaze: Gaze,
    /// The extent of the kernel.
    pub extent: Extent,
    /// Where patches are taken.
    pub sight: Sight,
    /// The largest number of patches of a movie.
    pub patches: usize,
    /// The number of updates for each batch of movies; each uses an equal share of the patches.
    pub updates: usize,
    /// Whether weights are tied by quarter turns and mirrors, see [`Ties`].
    pub tied: bool,
    /// The largest learning rate of Adam, which falls linearly.
    pub rate: f64,
    /// The seed of all movies; movies also differ by their numbers.
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
    /// The events of the movie of this number, and the class of the motion in each step.
    ///
    /// # Errors
    /// What [`movie`] and [`Gaze::classes`] refuse.
    pub fn movie(&self, number: u64) -> Result<(Spikes, Vec<u32>)> {
        let classes = self.gaze.classes(self.motions.len(), self.field.steps, self.seed, number)?;
        let motions: Vec<Motion> = classes.iter().map(|&class| self.motions.motion(class as usize)).collect();
        Ok((movie(&motions, self.field, self.seed, number)?, classes))
    }

    /// The places of a movie at which patches are taken, in order of steps, and for each whether ON and OFF are
    /// exchanged.
    ///
    /// # Errors
    /// For [`Sight::Anywhere`], a field smaller than the kernel, or fewer steps than delays.
    pub(super) fn places(&self, movie: &Movie<'_>, number: u64) -> Result<Vec<(Place, bool)>> {
        let mut places = movie.places(self.extent);
        if self.sight == Sight::Anywhere {
            let mut draws = draws(self.seed, RandomUse::Places, number);
            for place in &mut places {
                *place = (random_place(movie, self.extent, &mut draws)?, false);
            }
            places.sort_unstable();
        }
        Ok(places)
    }

    /// Patches of the movies of these numbers, in order, and the class of each.
    ///
    /// # Errors
    /// As [`Task::movie`]; a field smaller than the kernel.
    pub fn patches(&self, numbers: std::ops::Range<u64>, threads: usize) -> Result<(Patches, Vec<u32>)> {
        let mut lists: Vec<(Patches, Vec<u32>)> = numbers.clone().map(|_| Default::default()).collect();
        items(threads, numbers.zip(&mut lists).collect(), |(number, list)| {
            let (events, classes) = self.movie(number)?;
            let movie = Movie::new(&events)?;
            let mut places = self.places(&movie, number)?;
            keep_random(&mut places, self.patches, &mut draws(self.seed, RandomUse::Sample, number));
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

    /// A kernel learned from `movies` movies, numbered from 0, each seen once; see [`Kernel::centred`]. After each
    /// batch `watch` is called with the number of movies seen, and the mean loss and the share of right answers of the
    /// last update, and ends learning by `false`.
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
