//! When samples are left, and which threshold is worth taking.

/// When each sample is left.
#[derive(Debug, Clone, PartialEq)]
pub struct Exits {
    /// After which step, counted from 1.
    pub steps: Vec<u32>,
    /// Whether the answer was right then.
    pub right: Vec<bool>,
}

impl Exits {
    /// Steps of a sample, in the mean.
    pub fn mean_steps(&self) -> f64 {
        self.steps.iter().map(|&step| f64::from(step)).sum::<f64>() / self.steps.len() as f64
    }

    /// The share of right answers.
    pub fn accuracy(&self) -> f64 {
        self.right.iter().filter(|right| **right).count() as f64 / self.right.len() as f64
    }
}

/// What a threshold comes to.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Point {
    /// The threshold.
    pub threshold: f64,
    /// Steps of a sample, in the mean.
    pub steps: f64,
    /// The share of right answers.
    pub accuracy: f64,
}

/// Thresholds from 0 to 1 - 10⁻⁶, the denser the nearer to 1, where networks that are sure are told apart.
pub fn thresholds() -> Vec<f64> {
    (0..=120).map(|k| 1.0 - 10f64.powf(-f64::from(k) / 20.0)).collect()
}

/// The points that no other beats in steps or accuracy without losing in the other, from few steps to many.
pub fn pareto(points: &[Point]) -> Vec<Point> {
    let mut sorted = points.to_vec();
    sorted.sort_by(|a, b| a.steps.total_cmp(&b.steps).then(b.accuracy.total_cmp(&a.accuracy)));
    let mut best: Vec<Point> = Vec::new();
    for point in sorted {
        if best.last().is_none_or(|last| point.accuracy > last.accuracy) {
            best.push(point);
        }
    }
    best
}

/// Of the points that are at least so accurate, the one of fewest steps.
pub fn choose(points: &[Point], least: f64) -> Option<Point> {
    let enough = points.iter().filter(|point| point.accuracy >= least);
    enough.copied().min_by(|a, b| a.steps.total_cmp(&b.steps))
}
