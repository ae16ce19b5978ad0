//! Patches: the events that a kernel sees around a place, as lists of features.

use super::kernel::Extent;
use crate::error::{Error, Result};
use crate::random::Draws;
use crate::train::Spikes;

/// A place in a movie: step, row, column.
pub type Place = [usize; 3];

/// Patches of movies, each as the list of the features that hold an event.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Patches {
    /// Where the features of each patch end.
    ends: Vec<usize>,
    /// The features of all patches.
    features: Vec<u32>,
}

impl Patches {
    /// The number of patches.
    pub fn len(&self) -> usize {
        self.ends.len()
    }

    /// Whether there is no patch.
    pub fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }

    /// The features of one patch that hold an event, rising.
    pub fn patch(&self, number: usize) -> &[u32] {
        let begin = if number == 0 { 0 } else { self.ends[number - 1] };
        &self.features[begin..self.ends[number]]
    }

    /// For each of the first `features` features, the share of patches that hold an event there.
    pub fn shares(&self, features: usize) -> Vec<f32> {
        let mut counts = vec![0u64; features];
        for &feature in self.features.iter().filter(|&&feature| (feature as usize) < features) {
            counts[feature as usize] += 1;
        }
        counts.into_iter().map(|count| count as f32 / self.len().max(1) as f32).collect()
    }

    /// The largest feature of all patches, 0 if there is none.
    pub(super) fn largest_feature(&self) -> usize {
        self.features.iter().max().map_or(0, |&largest| largest as usize)
    }

    /// Every `step`th patch, from number `first` on.
    pub fn every(&self, first: usize, step: usize) -> Patches {
        let mut some = Patches::default();
        for number in (first..self.len()).step_by(step.max(1)) {
            some.features.extend_from_slice(self.patch(number));
            some.ends.push(some.features.len());
        }
        some
    }

    /// Appends the patches of another list.
    pub fn append(&mut self, other: &Patches) {
        let before = self.features.len();
        self.features.extend_from_slice(&other.features);
        self.ends.extend(other.ends.iter().map(|end| before + end));
    }

    /// Appends the patch that a kernel of this extent sees at a place of a movie; with `flipped`, ON and OFF are
    /// exchanged.
    ///
    /// # Errors
    /// A place that the kernel does not fit around; an extent out of its bounds.
    pub fn push(&mut self, extent: Extent, movie: &Movie<'_>, place: Place, flipped: bool) -> Result<()> {
        let ([step, row, column], [down, across]) = (place, extent.check()?.reach());
        let inside = |at: usize, reach: usize, size: usize| at >= reach && at + reach < size;
        if step >= movie.steps || !inside(row, down, movie.height) || !inside(column, across, movie.width) {
            let problem = format!("the kernel does not fit round row {row}, column {column} of step {step}");
            return Err(Error::invalid("movie", problem));
        }
        let list = &mut self.features;
        for polarity in 0..2 {
            let seen = polarity ^ usize::from(flipped);
            for delay in 0..extent.delays.min(step + 1) {
                let words = movie.events.row(0, step - delay);
                for line in 0..extent.height {
                    let first = (seen * movie.height + row + down - line) * movie.width + column - across;
                    let mut bits = bits_from(words, first, extent.width);
                    let last = extent.feature(polarity, delay, [line, extent.width - 1]) as u32;
                    // An event further left in the movie is further right in the kernel.
                    while bits != 0 {
                        let highest = 63 - bits.leading_zeros();
                        list.push(last - highest);
                        bits ^= 1 << highest;
                    }
                }
            }
        }
        self.ends.push(list.len());
        Ok(())
    }
}

/// The `count` bits (at most 63) of `words` from bit `first` on.
fn bits_from(words: &[u64], first: usize, count: usize) -> u64 {
    let (word, bit) = (first / 64, first % 64);
    let mut bits = words[word] >> bit;
    if bit + count > 64 {
        bits |= words[word + 1] << (64 - bit);
    }
    bits & ((1 << count) - 1)
}

/// Events seen as a movie.
#[derive(Debug, Clone, Copy)]
pub struct Movie<'a> {
    /// The events, [1, steps, 2, height, width].
    pub events: &'a Spikes,
    /// Duration, steps.
    pub steps: usize,
    /// Height, pixels.
    pub height: usize,
    /// Width, pixels.
    pub width: usize,
}

impl<'a> Movie<'a> {
    /// The movie of events of the shape [1, steps, 2, height, width].
    ///
    /// # Errors
    /// Events of another shape.
    pub fn new(events: &'a Spikes) -> Result<Movie<'a>> {
        match *events.shape() {
            [1, steps, 2, height, width] => Ok(Movie { events, steps, height, width }),
            _ => Err(Error::invalid("events", "a movie has the shape [1, steps, 2, height, width]".to_owned())),
        }
    }

    /// The numbers of rows and columns of places that a kernel fits around.
    pub fn valid(&self, extent: Extent) -> [usize; 2] {
        [(self.height + 1).saturating_sub(extent.height), (self.width + 1).saturating_sub(extent.width)]
    }

    /// As [`Movie::valid`], where both numbers are above 0.
    ///
    /// # Errors
    /// A field smaller than the kernel.
    pub(super) fn checked_valid(&self, extent: Extent) -> Result<[usize; 2]> {
        match self.valid(extent) {
            [rows, columns] if rows > 0 && columns > 0 => Ok([rows, columns]),
            _ => {
                let (own, kernel) = ([self.height, self.width], [extent.height, extent.width]);
                let problem =
                    format!("a field of {own:?} pixels has no room for a kernel of {kernel:?}; give a larger one");
                Err(Error::invalid("events", problem))
            }
        }
    }

    /// The places of events that a kernel of this extent fits around, in steps by which all its delays have been seen;
    /// with each, whether it is an OFF event.
    pub fn places(&self, extent: Extent) -> Vec<(Place, bool)> {
        let ([rows, columns], [down, across]) = (self.valid(extent), extent.reach());
        let pixels = self.height * self.width;
        let mut places = Vec::new();
        for step in extent.delays - 1..self.steps.max(extent.delays - 1) {
            for unit in self.events.firing(0, step) {
                let (off, pixel) = (unit >= pixels, unit % pixels);
                let (row, column) = (pixel / self.width, pixel % self.width);
                if (down..down + rows).contains(&row) && (across..across + columns).contains(&column) {
                    places.push(([step, row, column], off));
                }
            }
        }
        places
    }
}

/// Patches around at most `most` events of a movie, chosen at random, each seen as if its event were ON; and the step
/// of each.
///
/// # Errors
/// Events of another shape, an extent out of its bounds.
pub fn around(events: &Spikes, extent: Extent, most: usize, draws: &mut Draws) -> Result<(Patches, Vec<usize>)> {
    let (movie, extent) = (Movie::new(events)?, extent.check()?);
    let mut places = movie.places(extent);
    keep_random(&mut places, most, draws);
    let mut patches = Patches::default();
    places.iter().try_for_each(|&(place, off)| patches.push(extent, &movie, place, off))?;
    Ok((patches, places.iter().map(|(place, _)| place[0]).collect()))
}

/// Keeps at most `most` items of a list, chosen at random and in random order.
pub(super) fn keep_random<T>(list: &mut Vec<T>, most: usize, draws: &mut Draws) {
    for to in 0..most.min(list.len()) {
        let from = to + draws.below((list.len() - to) as u32) as usize;
        list.swap(to, from);
    }
    list.truncate(most);
}
