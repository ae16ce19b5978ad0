//! n-grams, the baseline of a language model.

use std::collections::HashMap;

use crate::error::{Error, Result};
use crate::number::math;

/// The largest n: the symbols of an n-gram fit 128 bits.
const LONGEST: usize = 12;

/// Probabilities of a symbol given the last n - 1, smoothed by the method of Witten and Bell (1991, "The zero-frequency
/// problem", method C, interpolated): with c the counts of symbols behind a context h, and T(h) the number of different
/// symbols there,
///
/// ```text
/// P(x | h) = (c(h, x) + T(h) · P(x | h without its first symbol)) / (c(h) + T(h))
/// ```
///
/// where the probability without any symbols is 1 / alphabet. A context that was never met is left out.
#[derive(Debug, Clone)]
pub struct WittenBell {
    alphabet: usize,
    /// By length of the context: for each context that was met, its count, and the number of different symbols behind
    /// it.
    contexts: Vec<HashMap<u128, [u32; 2]>>,
    /// By length of the context: the counts of contexts with the symbol behind them.
    grams: Vec<HashMap<u128, u32>>,
}

/// Symbols packed into one number, ten bits each.
fn packed(symbols: &[u32]) -> u128 {
    symbols.iter().fold(0, |packed, &symbol| packed << 10 | u128::from(symbol))
}

impl WittenBell {
    /// Counts all n-grams of a text up to `longest` symbols.
    ///
    /// # Errors
    /// An alphabet of none or more than 1,024 symbols, a symbol beyond it; `longest` not from 1 to 12; 2³² symbols or
    /// more.
    pub fn new(alphabet: usize, longest: usize, text: &[u32]) -> Result<WittenBell> {
        let wrong = |problem: String| Err(Error::invalid("n-grams", problem));
        if !(1..=LONGEST).contains(&longest) {
            return wrong(format!("they have {longest} symbols; take 1 to {LONGEST}"));
        }
        if !(1..=1024).contains(&alphabet) {
            return wrong(format!("the alphabet has {alphabet} symbols; take 1 to 1024"));
        }
        if let Some(place) = text.iter().position(|&symbol| symbol as usize >= alphabet) {
            return wrong(format!(
                "symbol {place} is {}, and the alphabet has {alphabet}, counted from 0",
                text[place]
            ));
        }
        if u32::try_from(text.len()).is_err() {
            return wrong("the text has 2³² symbols or more; take a part of it".into());
        }
        let mut own =
            WittenBell { alphabet, contexts: vec![HashMap::new(); longest], grams: vec![HashMap::new(); longest] };
        for end in 0..text.len() {
            for length in 0..longest.min(end + 1) {
                let context = &text[end - length..end];
                let gram = own.grams[length].entry(packed(&text[end - length..=end])).or_insert(0);
                *gram += 1;
                let [count, different] = own.contexts[length].entry(packed(context)).or_insert([0, 0]);
                *count += 1;
                *different += u32::from(*gram == 1);
            }
        }
        Ok(own)
    }

    /// The probability of `symbol` behind a context, of which the last `n` - 1 symbols are used, or fewer where it is
    /// shorter.
    ///
    /// # Errors
    /// An `n` of 0 or above `longest` of [`WittenBell::new`].
    pub fn probability(&self, n: usize, context: &[u32], symbol: u32) -> Result<f64> {
        if !(1..=self.grams.len()).contains(&n) {
            return Err(Error::invalid(
                "n-grams",
                format!("n is {n}; take 1 to {}, which were counted", self.grams.len()),
            ));
        }
        let mut probability = 1.0 / self.alphabet as f64;
        for length in 0..n.min(context.len() + 1) {
            let context = &context[context.len() - length..];
            let key = packed(context);
            let Some(&[count, different]) = self.contexts[length].get(&key) else { break };
            let met = self.grams[length].get(&(key << 10 | u128::from(symbol))).copied().unwrap_or(0);
            let [count, different] = [f64::from(count), f64::from(different)];
            probability = (f64::from(met) + different * probability) / (count + different);
        }
        Ok(probability)
    }

    /// The cross-entropy, in bits per symbol, of the symbols of a text from place `from` on, each predicted from those
    /// before it.
    ///
    /// # Errors
    /// As [`WittenBell::probability`]; no symbols from `from` on.
    pub fn bits(&self, n: usize, text: &[u32], from: usize) -> Result<f64> {
        if from >= text.len() {
            return Err(Error::invalid("n-grams", "there is nothing to tell; take a longer text".to_owned()));
        }
        let mut sum = 0.0;
        for place in from..text.len() {
            let context = &text[place.saturating_sub(LONGEST)..place];
            sum -= math::ln(self.probability(n, context, text[place])?);
        }
        Ok(sum / (text.len() - from) as f64 / std::f64::consts::LN_2)
    }
}
