//! Symmetries: the kernel of a turned motion is the turned kernel.

use super::kernel::Extent;
use crate::error::{Error, Result};

/// The symmetries by which the weights of kernels are tied, those of a square: quarter turns and mirrors. (ON and OFF
/// are tied by seeing each patch as if its event were ON.)
#[derive(Debug, Clone)]
pub struct Ties {
    /// For half a turn, a quarter turn and a mirror: for each weight (feature · classes + class), the weight that it is
    /// mapped to.
    weights: Vec<Vec<u32>>,
    /// For the same transformations: for each class, the class that it is mapped to.
    classes: Vec<Vec<u32>>,
}

impl Ties {
    /// The ties of kernels of this extent for `classes` classes: `directions` directions evenly round the circle, the
    /// first to the right, at any number of speeds; class = speed · directions + direction.
    ///
    /// # Errors
    /// A number of directions that is no multiple of 4, or of classes that is no multiple of directions; a kernel that
    /// is not square.
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
        let weights = places.iter().zip(&classes).map(|(place, classes)| weight_map(extent, classes, place)).collect();
        Ok(Ties { weights, classes: classes.into() })
    }

    /// The number of weights of a kernel, all classes together, without biases.
    pub(super) fn weight_count(&self) -> usize {
        self.weights[0].len()
    }

    /// Replaces each weight, [features, classes], and each bias by the mean of all that symmetries map to it; `spare`
    /// is a buffer.
    pub(super) fn tie(&self, weights: &mut [f32], biases: &mut [f32], spare: &mut Vec<f32>) {
        for (numbers, maps) in [(weights, &self.weights), (biases, &self.classes)] {
            for map in maps {
                spare.clear();
                spare.extend_from_slice(numbers);
                // The mean of each number and of the one that is mapped to it. After all three this is the mean of all
                // eight, with the same bits, since half a turn comes before a quarter turn.
                for (&to, &from) in map.iter().zip(spare.iter()) {
                    numbers[to as usize] += from;
                }
                numbers.iter_mut().for_each(|number| *number *= 0.5);
            }
        }
    }
}

/// For each weight the weight that it is mapped to, where classes are mapped by `classes` and places in the kernel by
/// `place`.
fn weight_map(extent: Extent, classes: &[u32], place: impl Fn([usize; 2]) -> [usize; 2]) -> Vec<u32> {
    let mut map = Vec::with_capacity(extent.features() * classes.len());
    for feature in 0..extent.features() {
        let [polarity, delay, down, across] = extent.place(feature);
        let to = extent.feature(polarity, delay, place([down, across]));
        map.extend(classes.iter().map(|class| (to * classes.len()) as u32 + class));
    }
    map
}
