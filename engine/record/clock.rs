//! Times as decimals: step k of dt = 0.1 ms is "0.3", never 0.30000000000000004.

/// dt as mantissa / 10^decimals, so that k·dt is a product of integers.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Clock {
    dt: f64,
    mantissa: u64,
    decimals: usize,
}

impl Clock {
    /// The clock of `dt` ms, read from the shortest decimal that means this number.
    pub(crate) fn new(dt: f64) -> Clock {
        let text = format!("{dt}");
        let (whole, fraction) = text.split_once('.').unwrap_or((&text, ""));
        // More digits than a u64 holds come from dt below 1e-19 ms only; those times are products of f64.
        let mantissa = format!("{whole}{fraction}").parse().unwrap_or(0);
        Clock { dt, mantissa, decimals: fraction.len() }
    }

    /// k·dt in ms, correctly rounded.
    pub(crate) fn time(&self, step: u64) -> f64 {
        let product = u128::from(self.mantissa) * u128::from(step);
        // Both operands are exact below these bounds, so the quotient is the nearest f64.
        if product > 0 && product < 1 << 53 && self.decimals <= 22 {
            product as f64 / 10f64.powi(self.decimals as i32)
        } else {
            step as f64 * self.dt
        }
    }

    /// k·dt as text, with the decimals of dt.
    pub(crate) fn text(&self, step: u64) -> String {
        if self.mantissa == 0 {
            return format!("{}", step as f64 * self.dt);
        }
        let digits = format!("{:0width$}", u128::from(self.mantissa) * u128::from(step), width = self.decimals + 1);
        let (whole, fraction) = digits.split_at(digits.len() - self.decimals);
        if fraction.is_empty() { whole.to_owned() } else { format!("{whole}.{fraction}") }
    }

    /// The step at a time written by [`Clock::text`]; none where it lies between steps or is no time.
    pub(crate) fn step(&self, text: &str) -> Option<u64> {
        let time: f64 = text.trim().parse().ok()?;
        let step = (time / self.dt).round();
        let near = (time / self.dt - step).abs() <= 1e-6 * step.max(1.0);
        ((0.0..1e15).contains(&step) && near).then_some(step as u64)
    }
}
