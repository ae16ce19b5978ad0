//! Probabilities and quantiles of the binomial distribution.

/// Values with a probability below this share of the most frequent one's are left out: no random word of 32 bits draws
/// them.
const NEGLIGIBLE: f64 = 1e-20;

/// The first value of not negligible probability among `n` trials of probability `p`, and the probabilities of that
/// value and of those after it. From the most frequent value on, each is its neighbour's times a ratio, in both
/// directions.
pub(crate) fn probabilities(n: u64, p: f64) -> (u64, Vec<f64>) {
    if p <= 0.0 || p >= 1.0 {
        return (if p > 0.0 { n } else { 0 }, vec![1.0]);
    }
    let mode = (((n + 1) as f64 * p) as u64).min(n);
    let odds = p / (1.0 - p);
    let up = |k: u64| (n - k) as f64 / (k + 1) as f64 * odds;
    let mut below = Vec::new();
    let (mut k, mut share) = (mode, 1.0);
    while k > 0 && share > NEGLIGIBLE {
        k -= 1;
        share /= up(k);
        below.push(share);
    }
    let mut all: Vec<f64> = below.into_iter().rev().chain([1.0]).collect();
    let first = mode + 1 - all.len() as u64;
    let (mut k, mut share) = (mode, 1.0);
    while k < n && share > NEGLIGIBLE {
        share *= up(k);
        all.push(share);
        k += 1;
    }
    let sum: f64 = all.iter().sum();
    all.iter_mut().for_each(|share| *share /= sum);
    (first, all)
}

/// The quantile of probability `u`: the least value that a share `u` of the draws does not exceed.
pub(super) fn quantile(n: u64, p: f64, u: f64) -> f64 {
    let (first, all) = probabilities(n, p);
    let mut reached = 0.0;
    let place = all.iter().position(|share| {
        reached += share;
        reached >= u
    });
    (first as usize + place.unwrap_or(all.len() - 1)) as f64
}
