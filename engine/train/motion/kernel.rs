//! Kernels: linear classifiers with a weight for each class, polarity, delay and place.

use super::movie::{check_finite, check_memory};
use crate::error::{Error, Result};
use crate::train::Array;

/// The extent of a kernel in time and space.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Extent {
    /// The number of delays, from 0 steps on.
    pub delays: usize,
    /// Height, pixels, an odd number.
    pub height: usize,
    /// Width, pixels, an odd number.
    pub width: usize,
}

impl Default for Extent {
    /// 21 delays, 17 x 17 pixels, as published.
    fn default() -> Self {
        Extent { delays: 21, height: 17, width: 17 }
    }
}

impl Extent {
    /// The extent itself, if it is within its bounds.
    ///
    /// # Errors
    /// An even height or width, or one above 63; no delay, or more than 1,000.
    pub fn check(self) -> Result<Extent> {
        let odd = |side: usize| side % 2 == 1 && side < 64;
        match odd(self.height) && odd(self.width) && (1..=1000).contains(&self.delays) {
            true => Ok(self),
            false => {
                let Extent { delays, height, width } = self;
                let problem = format!(
                    "it has {delays} delays and {height} x {width} pixels; give 1 to 1,000 delays and an odd number of pixels below 64"
                );
                Err(Error::invalid("kernel", problem))
            }
        }
    }

    /// The number of weights of a class: both polarities, all delays and places.
    pub fn features(&self) -> usize {
        2 * self.delays * self.height * self.width
    }

    /// The distances from the middle to the upper and the left edge, pixels.
    pub fn reach(&self) -> [usize; 2] {
        [self.height / 2, self.width / 2]
    }

    /// The number of the feature of a polarity (0 is ON), a delay, and pixels down and across from the upper left
    /// corner.
    pub fn feature(&self, polarity: usize, delay: usize, [down, across]: [usize; 2]) -> usize {
        ((polarity * self.delays + delay) * self.height + down) * self.width + across
    }

    /// The inverse of [`Extent::feature`]: polarity, delay, down and across of a feature.
    pub fn place(&self, feature: usize) -> [usize; 4] {
        let (rest, across) = (feature / self.width, feature % self.width);
        let (rest, down) = (rest / self.height, rest % self.height);
        [rest / self.delays, rest % self.delays, down, across]
    }

    /// The feature of an ON event in the middle without delay.
    pub fn middle(&self) -> usize {
        self.feature(0, 0, self.reach())
    }
}

/// A kernel K(class, polarity, delay, down, across) with a bias for each class.
///
/// The evidence for a class at a place and a step is b + Σ K · A(polarity, step - delay, y - dy, x - dx) with dy and dx
/// counted from the middle of the kernel and A = 1 where there is an event (Grimaldi & Perrinet 2023): a weight right
/// of the middle is one of an event that was left of the place, so that a kernel for motion to the right lies right of
/// the middle at long delays.
#[derive(Debug, Clone, PartialEq)]
pub struct Kernel {
    extent: Extent,
    weights: Array<f32>,
    bias: Vec<f32>,
}

impl Kernel {
    /// A kernel with these weights, [classes, 2, delays, height, width], ON first, and a bias for each class.
    ///
    /// # Errors
    /// Weights or biases of another shape; an extent out of its bounds; a number that is not finite.
    pub fn new(weights: Array<f32>, bias: Vec<f32>) -> Result<Kernel> {
        let &[classes, 2, delays, height, width] = weights.shape() else {
            return Err(Error::invalid("kernel", "it has the axes class, polarity (2), delay, row, column".to_owned()));
        };
        let extent = Extent { delays, height, width }.check()?;
        if bias.len() != classes || classes == 0 {
            let problem = format!("there are {} biases for {classes} classes; give one for each", bias.len());
            return Err(Error::invalid("kernel", problem));
        }
        check_finite("kernel", weights.data())?;
        check_finite("kernel's biases", &bias)?;
        Ok(Kernel { extent, weights, bias })
    }

    /// A kernel of zeros.
    ///
    /// # Errors
    /// An extent out of its bounds; no class.
    pub fn zeros(classes: usize, extent: Extent) -> Result<Kernel> {
        let shape = [classes, 2, extent.delays, extent.height, extent.width];
        check_memory("kernel", &shape, 32)?;
        Kernel::new(Array::zeros("kernel", &shape)?, vec![0.0; classes])
    }

    /// The extent of the kernel.
    pub fn extent(&self) -> Extent {
        self.extent
    }

    /// The number of classes.
    pub fn classes(&self) -> usize {
        self.bias.len()
    }

    /// All weights, [classes, 2, delays, height, width].
    pub fn weights(&self) -> &Array<f32> {
        &self.weights
    }

    /// The weights of one class, by feature.
    pub fn of(&self, class: usize) -> &[f32] {
        let features = self.extent.features();
        &self.weights.data()[class * features..][..features]
    }

    /// The bias of each class.
    pub fn bias(&self) -> &[f32] {
        &self.bias
    }

    /// The number of weights that are not zero.
    pub fn count(&self) -> u64 {
        self.weights.data().iter().filter(|&&weight| weight != 0.0).count() as u64
    }

    /// A kernel of the same shape with other weights, by class and feature, and biases.
    ///
    /// # Errors
    /// As [`Kernel::new`].
    pub(super) fn with_weights(&self, weights: Vec<f32>, bias: Vec<f32>) -> Result<Kernel> {
        Kernel::new(Array::new("kernel", self.weights.shape(), weights)?, bias)
    }

    /// The weights as [features, classes].
    pub(super) fn columns(&self) -> Vec<f32> {
        let (features, classes) = (self.extent.features(), self.classes());
        let mut columns = vec![0.0; features * classes];
        for class in 0..classes {
            for (feature, &weight) in self.of(class).iter().enumerate() {
                columns[feature * classes + class] = weight;
            }
        }
        columns
    }

    /// The kernel with these weights, ordered as [`Kernel::columns`] orders them.
    ///
    /// # Errors
    /// As [`Kernel::new`].
    pub(super) fn from_columns(extent: Extent, columns: &[f32], bias: Vec<f32>) -> Result<Kernel> {
        let (features, classes) = (extent.features(), bias.len());
        let weights =
            (0..classes).flat_map(|class| (0..features).map(move |of| columns[of * classes + class])).collect();
        let shape = [classes, 2, extent.delays, extent.height, extent.width];
        Kernel::new(Array::new("kernel", &shape, weights)?, bias)
    }

    /// The kernel less the mean over classes of each weight and of the bias, which does not change the choice of a
    /// class.
    ///
    /// # Errors
    /// [`Error::Internal`] alone.
    pub fn centred(&self) -> Result<Kernel> {
        let (classes, mut columns) = (self.classes(), self.columns());
        let centre = |all: &mut [f32]| {
            let mean = all.iter().sum::<f32>() / classes as f32;
            all.iter_mut().for_each(|weight| *weight -= mean);
        };
        columns.chunks_exact_mut(classes).for_each(centre);
        let mut bias = self.bias.clone();
        centre(&mut bias);
        Kernel::from_columns(self.extent, &columns, bias)
    }

    /// A kernel with twice as many classes: these, then the same ones with ON and OFF exchanged.
    ///
    /// # Errors
    /// [`Error::Internal`] alone.
    pub fn with_flipped(&self) -> Result<Kernel> {
        let half = self.extent.features() / 2;
        let mut weights = self.weights.data().to_vec();
        for class in 0..self.classes() {
            let (on, off) = self.of(class).split_at(half);
            weights.extend_from_slice(off);
            weights.extend_from_slice(on);
        }
        let Extent { delays, height, width } = self.extent;
        let shape = [2 * self.classes(), 2, delays, height, width];
        Kernel::new(Array::new("kernel", &shape, weights)?, [self.bias(), self.bias()].concat())
    }

    /// A kernel whose evidence is 0 or more exactly where there is an ON event in the middle without delay and the
    /// evidence of this kernel is `threshold` or more: that event gets a weight without which all others do not
    /// suffice.
    ///
    /// # Errors
    /// A threshold that is not finite.
    pub fn detector(&self, threshold: f32) -> Result<Kernel> {
        let gate = |class: usize| {
            let most: f32 = self.of(class).iter().map(|weight| weight.max(0.0)).sum();
            most + (self.bias[class] - threshold).abs() + 1.0
        };
        let gates: Vec<f32> = (0..self.classes()).map(gate).collect();
        let mut weights = self.weights.data().to_vec();
        let middles = weights.iter_mut().skip(self.extent.middle()).step_by(self.extent.features());
        middles.zip(&gates).for_each(|(own, gate)| *own += gate);
        let bias = self.bias.iter().zip(&gates).map(|(bias, gate)| bias - threshold - gate).collect();
        self.with_weights(weights, bias)
    }

    /// The kernel with weights and biases rounded to whole multiples of the smallest power of two of which the sum of
    /// all |weights| of a class and its |bias| is less than 2²² times: then sums of 32-bit numbers are exact in any
    /// order, and equal to the engine's.
    ///
    /// # Errors
    /// [`Error::Internal`] alone.
    pub fn on_grid(&self) -> Result<Kernel> {
        let sum = |class: usize| {
            let all = self.of(class).iter().map(|&weight| f64::from(weight.abs())).sum::<f64>();
            all + f64::from(self.bias[class].abs())
        };
        let largest = (0..self.classes()).map(sum).fold(0.0, f64::max);
        if largest == 0.0 {
            return Ok(self.clone());
        }
        // Rounding adds at most half a unit for each weight.
        let room = 2.0f64.powi(22) - self.extent.features() as f64;
        let unit = (largest / room).log2().ceil().exp2();
        let round = |number: f32| ((f64::from(number) / unit).round_ties_even() * unit) as f32;
        let weights = self.weights.data().iter().map(|&weight| round(weight)).collect();
        self.with_weights(weights, self.bias.iter().map(|&bias| round(bias)).collect())
    }
}
