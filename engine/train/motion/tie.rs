//! Symmetries: a kernel that is turned tells a turned motion.

use super::kernel::Extent;
use crate::error::{Error, Result};

/// The symmetries that kernels are tied by, those of a square: quarters of a turn, and mirrors. ON and OFF are tied by looking at each
/// patch as if its event were ON.
#[derive(Debug, Clone)]
pub struct Ties {
    /// For each transformation and weight (feature · classes + class), the weight that it becomes.
    passes: Vec<Vec<u32>>,
    /// The same of classes alone.
    classes: Vec<Vec<u32>>,
}

impl Ties {
    /// For classes of `directions` evenly round the circle, at any number of speeds; class = speed · directions + direction.
    ///
    /// # Errors
    /// Directions that are no multiple of 4; classes that are none of directions; a kernel that is not square.
    pub fn new(extent: Extent, directions: usize, classes: usize) -> Result<Ties> {
        if directions == 0
            || !directions.is_multiple_of(4)
            || !classes.is_multiple_of(directions)
            || extent.height != extent.width
        {
            let problem = format!(
                "{classes} classes of {directions} directions and {} x {} pixels have not the symmetries of a square",
                extent.height, extent.width
            );
            return Err(Error::invalid("ties", problem));
        }
        let last = extent.width - 1;
        let quarter = |[down, across]: [usize; 2]| [across, last - down];
        let half = |[down, across]: [usize; 2]| [last - down, last - across];
        let mirror = |[down, across]: [usize; 2]| [last - down, across];
        let turns: [&dyn Fn(usize) -> usize; 3] =
            [&|own| own + directions / 2, &|own| own + directions / 4, &|own| directions - own];
        let places: [&dyn Fn([usize; 2]) -> [usize; 2]; 3] = [&half, &quarter, &mirror];
        let classes = turns.map(|turn| {
            let to = |class: usize| class / directions * directions + turn(class % directions) % directions;
            (0..classes).map(|class| to(class) as u32).collect::<Vec<u32>>()
        });
        let passes = places.iter().zip(&classes).map(|(place, classes)| map(extent, classes, place)).collect();
        Ok(Ties { passes, classes: classes.into() })
    }

    /// How many weights they tie.
    pub(super) fn weights(&self) -> usize {
        self.passes[0].len()
    }

    /// Each weight (by feature, then class) becomes the mean of all that a symmetry takes it to, and so does each bias.
    pub(super) fn tie(&self, weights: &mut [f32], biases: &mut [f32], spare: &mut Vec<f32>) {
        for (numbers, passes) in [(weights, &self.passes), (biases, &self.classes)] {
            for pass in passes {
                spare.clear();
                spare.extend_from_slice(numbers);
                // The mean with what it becomes: one pass after the other that is the mean of all eight, with the same bits, for
                // half a turn comes before a quarter of it.
                for (&to, &from) in pass.iter().zip(spare.iter()) {
                    numbers[to as usize] += from;
                }
                numbers.iter_mut().for_each(|number| *number *= 0.5);
            }
        }
    }
}

/// Where each weight goes: its class as it is turned, its place as the place is.
fn map(extent: Extent, classes: &[u32], place: impl Fn([usize; 2]) -> [usize; 2]) -> Vec<u32> {
    let mut map = Vec::with_capacity(extent.features() * classes.len());
    for feature in 0..extent.features() {
        let [polarity, delay, down, across] = extent.place(feature);
        let to = extent.feature(polarity, delay, place([down, across]));
        map.extend(classes.iter().map(|class| (to * classes.len()) as u32 + class));
    }
    map
}
