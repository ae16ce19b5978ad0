//! How often a segment answers a random pattern by chance (Ahmad & Hawkins 2016, "How do neurons operate on sparse
//! distributed representations?", arXiv 1601.00720).

use super::wide::Wide;
use crate::error::{Error, Result};

/// The most factors of a product: a second's work.
const MAX_FACTORS: u64 = 10_000_000;
/// The most cells: whole numbers up to here are exact in `f64`.
const MAX_CELLS: u64 = 1 << 53;
/// The most synapses of a segment for which [`exact_union_false_positive`] follows their distribution pattern by
/// pattern.
const MAX_FOLLOWED: u64 = 2000;

/// Checks the number of cells `n`, of active cells `a` and of synapses `s`.
fn check(n: u64, a: u64, s: u64) -> Result<()> {
    let wrong = |problem: String| Err(Error::invalid("law of false positives", problem));
    if n == 0 || n > MAX_CELLS {
        return wrong(format!("there must be from 1 to 2^53 cells, not {n}"));
    }
    if a > n || s > n {
        let problem = format!("{a} active cells and {s} synapses must each be at most the number of cells, {n}");
        return wrong(problem);
    }
    if a.min(s) > MAX_FACTORS {
        let problem = format!("of {a} active cells and {s} synapses one must be at most {MAX_FACTORS}");
        return wrong(problem);
    }
    Ok(())
}

/// The probability that a segment with synapses from `s` of `n` cells finds `theta` or more of them among `a` active cells
/// that are chosen at random: Σ_{b ≥ θ} C(s, b)·C(n - s, a - b) / C(n, a). Relative error below 10⁻¹², by products of
/// 106 bits; 0 where it is below the least positive `f64`.
///
/// # Errors
/// No cells or more than 2⁵³, more active cells or synapses than cells, more than 10⁷ of both active cells and
/// synapses.
pub fn false_positive(n: u64, a: u64, s: u64, theta: u64) -> Result<f64> {
    check(n, a, s)?;
    // Symmetric in a and s.
    let (a, s) = (a.max(s), a.min(s));
    let least = (a + s).saturating_sub(n);
    if theta <= least {
        return Ok(1.0);
    }
    if theta > s {
        return Ok(0.0);
    }
    Ok(overlaps(n, a, s, theta).fold(Wide::ZERO, Wide::plus).value())
}

/// The probabilities that `from`, `from` + 1, ... `s` of `s` synapses are on active cells; an overlap of `from` must be
/// possible.
fn overlaps(n: u64, a: u64, s: u64, from: u64) -> impl Iterator<Item = Wide> {
    let ratio = |above: u64, below: u64| Wide::whole(above).over(Wide::whole(below));
    // C(s, b)·[a]_b·[n - a]_{s-b} / [n]_s, where [x]_k = x (x - 1) ... (x - k + 1).
    let chosen = (0..from).map(|i| ratio(s - i, i + 1)).fold(Wide::ONE, Wide::times);
    let active = (0..from).map(|i| ratio(a - i, n - i));
    let rest = (from..s).map(|i| ratio(n - a - (i - from), n - i));
    let first = active.chain(rest).fold(chosen, Wide::times);
    let next = move |&(b, term): &(u64, Wide)| {
        let up = Wide::whole(s - b).times(Wide::whole(a - b));
        let down = Wide::whole(b + 1).times(Wide::whole(n + b + 1 - s - a));
        Some((b + 1, term.times(up).over(down)))
    };
    std::iter::successors(Some((from, first)), next).take((s - from + 1) as usize).map(|(_, term)| term)
}

/// The probability of [`false_positive`] where `patterns` patterns of `a` cells each are active at once, as the paper
/// gives it: each synapse finds its cell among them with p = 1 - (1 - a/n)^M, independently of the others: Σ_{b ≥ θ}
/// C(s, b)·p^b·(1 - p)^(s - b). Relative error below 10⁻¹². [`exact_union_false_positive`] is without that assumption.
///
/// # Errors
/// As [`false_positive`]; more than 10⁷ synapses.
pub fn union_false_positive(n: u64, a: u64, s: u64, theta: u64, patterns: u64) -> Result<f64> {
    check(n, a, s)?;
    if s > MAX_FACTORS {
        return Err(Error::invalid("law of unions", format!("a segment must have at most {MAX_FACTORS} synapses")));
    }
    let outside = Wide::whole(n - a).over(Wide::whole(n)).raised(patterns);
    let inside = Wide::ONE.less(outside);
    let certain = |yes: bool| Ok(if yes { 1.0 } else { 0.0 });
    if theta == 0 || inside == Wide::ZERO {
        return certain(theta == 0);
    }
    if theta > s || outside == Wide::ZERO {
        return certain(theta <= s);
    }
    let ratio = |above: u64, below: u64| Wide::whole(above).over(Wide::whole(below));
    let chosen = (0..theta).map(|i| ratio(s - i, i + 1)).fold(Wide::ONE, Wide::times);
    let mut term = chosen.times(inside.raised(theta)).times(outside.raised(s - theta));
    let odds = inside.over(outside);
    let mut sum = term;
    for b in theta..s {
        term = term.times(ratio(s - b, b + 1)).times(odds);
        sum = sum.plus(term);
    }
    Ok(sum.value())
}

/// The probability of [`union_false_positive`] without assuming independence: the distribution of the number u of
/// synapses that no pattern has reached is followed pattern by pattern, each of which reaches some of the u by the
/// hypergeometric law. Relative error below 10⁻¹⁰ for probabilities above 10⁻²⁵⁰.
///
/// # Errors
/// As [`false_positive`]; more than 2,000 synapses; more patterns than 10⁸ by the square of the number of synapses.
pub fn exact_union_false_positive(n: u64, a: u64, s: u64, theta: u64, patterns: u64) -> Result<f64> {
    check(n, a, s)?;
    if s > MAX_FOLLOWED || patterns > MAX_FACTORS / (s * s).max(1) * 10 {
        let problem =
            format!("{s} synapses and {patterns} patterns are too many to follow; take the law of independent ones");
        return Err(Error::invalid("law of unions", problem));
    }
    if theta > s {
        return Ok(0.0);
    }
    let size = s as usize;
    // reached[u][j]: the probability that a pattern reaches j of the u synapses that are left.
    let reached: Vec<Vec<f64>> = (0..=s).map(|u| distribution(n, a, u)).collect();
    let mut left = vec![0.0; size + 1];
    left[size] = 1.0;
    for _ in 0..patterns {
        let mut next = vec![0.0; size + 1];
        for (u, share) in left.iter().enumerate().filter(|(_, share)| **share > 0.0) {
            reached[u].iter().enumerate().for_each(|(j, p)| next[u - j] += share * p);
        }
        left = next;
    }
    Ok(left[..=size - theta as usize].iter().sum())
}

/// The probabilities that 0 to `s` of `s` synapses are on active cells, `a` of `n`.
fn distribution(n: u64, a: u64, s: u64) -> Vec<f64> {
    let (large, small) = (a.max(s), a.min(s));
    let least = (a + s).saturating_sub(n);
    let mut all = vec![0.0; s as usize + 1];
    for (to, term) in all[least as usize..].iter_mut().zip(overlaps(n, large, small, least)) {
        *to = term.value();
    }
    all
}
