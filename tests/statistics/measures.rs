//! Tests of fit and the distributions they compare with.
//!
//! A p-value is the share of right generators that look as odd as the one at hand. A fit is accepted above [`ACCEPT`];
//! a generator broken on purpose must fall below [`REJECT`].

/// One right generator in 10,000 is refused; seeds are fixed, so none of those here is.
pub const ACCEPT: f64 = 1e-4;
/// What a broken generator must fall below.
pub const REJECT: f64 = 1e-9;

/// Natural logarithm of the gamma function (Lanczos, g = 7, nine terms; relative error below 1e-14).
pub fn ln_gamma(x: f64) -> f64 {
    const TERMS: [f64; 8] = [
        676.520_368_121_885_1,
        -1_259.139_216_722_402_8,
        771.323_428_777_653_1,
        -176.615_029_162_140_6,
        12.507_343_278_686_905,
        -0.138_571_095_265_720_12,
        9.984_369_578_019_572e-6,
        1.505_632_735_149_311_6e-7,
    ];
    let x = x - 1.0;
    let series = |sum: f64, (i, term): (usize, &f64)| sum + term / (x + i as f64 + 1.0);
    let sum = TERMS.iter().enumerate().fold(0.999_999_999_999_809_9, series);
    let t = x + 7.5;
    0.5 * (2.0 * std::f64::consts::PI).ln() + (x + 0.5) * t.ln() - t + sum.ln()
}

/// Upper regularised incomplete gamma function Q(a, x) (series below a + 1, Lentz's continued fraction above).
pub fn upper_gamma(a: f64, x: f64) -> f64 {
    if x <= 0.0 || x == f64::INFINITY {
        return if x > 0.0 { 0.0 } else { 1.0 };
    }
    let scale = (a * x.ln() - x - ln_gamma(a)).exp();
    if x < a + 1.0 {
        let (mut term, mut sum, mut n) = (1.0 / a, 1.0 / a, a);
        while term > sum * 1e-16 {
            n += 1.0;
            term *= x / n;
            sum += term;
        }
        return 1.0 - sum * scale;
    }
    let mut b = x + 1.0 - a;
    let (mut c, mut d) = (1e300, 1.0 / b);
    let mut fraction = d;
    for i in 1..100_000 {
        let factor = -f64::from(i) * (f64::from(i) - a);
        b += 2.0;
        d = 1.0 / (factor * d + b);
        c = b + factor / c;
        fraction *= c * d;
        if (c * d - 1.0).abs() < 1e-15 {
            break;
        }
    }
    fraction * scale
}

/// P(X ≤ x) of the standard normal.
pub fn normal(x: f64) -> f64 {
    let tail = 0.5 * upper_gamma(0.5, 0.5 * x * x);
    if x > 0.0 { 1.0 - tail } else { tail }
}

/// P(X = k) of a Poisson distribution.
pub fn poisson(k: usize, mean: f64) -> f64 {
    if mean == 0.0 {
        return if k == 0 { 1.0 } else { 0.0 };
    }
    (k as f64 * mean.ln() - mean - ln_gamma(k as f64 + 1.0)).exp()
}

/// P(X = k) of a binomial distribution, 0 < p < 1.
pub fn binomial(k: usize, n: usize, p: f64) -> f64 {
    let choose = ln_gamma(n as f64 + 1.0) - ln_gamma(k as f64 + 1.0) - ln_gamma((n - k) as f64 + 1.0);
    (choose + k as f64 * p.ln() + (n - k) as f64 * (-p).ln_1p()).exp()
}

/// How many values fall into each of `bins`; larger ones fall into the last.
pub fn counts(values: impl IntoIterator<Item = usize>, bins: usize) -> Vec<f64> {
    let mut counts = vec![0.0; bins];
    values.into_iter().for_each(|v| counts[v.min(bins - 1)] += 1.0);
    counts
}

/// `total` items in `bins`, by the probability of each; the last takes the whole tail.
pub fn expected(total: f64, bins: usize, probability: impl Fn(usize) -> f64) -> Vec<f64> {
    let mut expected: Vec<f64> = (0..bins - 1).map(|k| total * probability(k)).collect();
    expected.push((total - expected.iter().sum::<f64>()).max(0.0));
    expected
}

/// p-value of Pearson's chi-square; neighbouring bins are pooled until each is expected at least five times.
pub fn chi_square(observed: &[f64], expected: &[f64]) -> f64 {
    assert_eq!(observed.len(), expected.len());
    let (found, total) = (observed.iter().sum::<f64>(), expected.iter().sum::<f64>());
    assert!((found - total).abs() <= 1e-6 * total, "{found} found, {total} expected");
    let (mut bins, mut open) = (Vec::new(), (0.0, 0.0));
    for (o, e) in observed.iter().zip(expected) {
        open = (open.0 + o, open.1 + e);
        if open.1 >= 5.0 {
            bins.push(std::mem::take(&mut open));
        }
    }
    let Some(last) = bins.last_mut() else { panic!("fewer than five expected in all") };
    *last = (last.0 + open.0, last.1 + open.1);
    let sum: f64 = bins.iter().map(|(o, e)| (o - e) * (o - e) / e).sum();
    if bins.len() == 1 { 1.0 } else { upper_gamma(0.5 * (bins.len() - 1) as f64, 0.5 * sum) }
}

/// p-value of chi-square against equal chances.
pub fn even(observed: &[f64]) -> f64 {
    let mean = observed.iter().sum::<f64>() / observed.len() as f64;
    chi_square(observed, &vec![mean; observed.len()])
}

/// p-value of Kolmogorov and Smirnov's test against a cumulative distribution (asymptotic, with Stephens' correction).
pub fn kolmogorov_smirnov(sample: impl IntoIterator<Item = f64>, cumulative: impl Fn(f64) -> f64) -> f64 {
    let mut sample: Vec<f64> = sample.into_iter().collect();
    sample.sort_by(f64::total_cmp);
    let n = sample.len() as f64;
    let distance = sample.iter().enumerate().fold(0.0f64, |most, (i, &x)| {
        let f = cumulative(x);
        assert!((0.0..=1.0).contains(&f), "P(X <= {x}) = {f}");
        most.max(f - i as f64 / n).max((i as f64 + 1.0) / n - f)
    });
    let scaled = (n.sqrt() + 0.12 + 0.11 / n.sqrt()) * distance;
    if scaled < 0.2 {
        return 1.0;
    }
    let terms = (1..=100).map(|j| {
        let term = 2.0 * (-2.0 * f64::from(j * j) * scaled * scaled).exp();
        if j % 2 == 1 { term } else { -term }
    });
    terms.sum::<f64>().clamp(0.0, 1.0)
}

/// Mean and variance.
pub fn moments(sample: &[f64]) -> (f64, f64) {
    let n = sample.len() as f64;
    let mean = sample.iter().sum::<f64>() / n;
    (mean, sample.iter().map(|x| (x - mean) * (x - mean)).sum::<f64>() / (n - 1.0))
}

/// Pearson's correlation in units of its standard error for independent samples, 1/√n.
pub fn correlation(a: &[f64], b: &[f64]) -> f64 {
    assert_eq!(a.len(), b.len());
    let ((mean_a, var_a), (mean_b, var_b)) = (moments(a), moments(b));
    let sum: f64 = a.iter().zip(b).map(|(x, y)| (x - mean_a) * (y - mean_b)).sum();
    sum / (a.len() as f64 - 1.0) / (var_a * var_b).sqrt() * (a.len() as f64).sqrt()
}

#[test]
fn measures_match_tables() {
    let near = |found: f64, table: f64| assert!((found - table).abs() < 5e-5, "{found} {table}");
    // 95 % points of chi-square with 1, 10, 100 degrees of freedom (Abramowitz & Stegun 26.8).
    near(upper_gamma(0.5, 0.5 * 3.84146), 0.05);
    near(upper_gamma(5.0, 0.5 * 18.3070), 0.05);
    near(upper_gamma(50.0, 0.5 * 124.342), 0.05);
    near(upper_gamma(50.0, 0.5 * 77.9295), 0.95);
    near(normal(1.959_964), 0.975);
    near(normal(-1.0), 0.158_655);
    near(ln_gamma(101.0), 363.739_375_6);
    near(poisson(2, 1.28), 0.227_772);
    near(binomial(3, 10, 0.3), 0.266_828);
    near((0..=40).map(|k| binomial(k, 40, 0.25)).sum(), 1.0);
    // A sample whose distance is the 5 % point of Kolmogorov's distribution, 1.3581 / √n.
    let n = 1_000_000.0;
    let shifted = (0..1_000_000).map(|i| (f64::from(i) + 0.5) / n + 1.3581 / n.sqrt());
    assert!((kolmogorov_smirnov(shifted, |x| x.clamp(0.0, 1.0)) - 0.05).abs() < 1e-3);
}

#[test]
fn measures_reject_what_does_not_fit() {
    assert!(even(&[1000.0, 1010.0, 990.0]) > ACCEPT);
    assert!(even(&[1000.0, 1300.0, 700.0]) < REJECT);
    let grid: Vec<f64> = (0..1000).map(|i| (f64::from(i) + 0.5) / 1000.0).collect();
    assert!(kolmogorov_smirnov(grid.iter().copied(), |x| x) > ACCEPT);
    assert!(kolmogorov_smirnov(grid.iter().map(|x| x * x), |x| x) < REJECT);
    assert!(correlation(&grid, &grid) > 30.0);
}
