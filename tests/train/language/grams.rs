//! n-grams against hands and against counting over again; comparisons.

use neuropil::train::language::{Comparison, WittenBell, pairs};

use super::drawn;

fn near(found: f64, expected: f64) -> bool {
    (found - expected).abs() < 1e-12
}

#[test]
fn probabilities_are_those_of_a_hand() {
    // Three symbols, of which the text 0 1 0 0 has two. Behind nothing: counts 3 and 1 of 4, two different ones, so
    // P(0) = (3 + 2/3) / 6, P(1) = (1 + 2/3) / 6, P(2) = (2/3) / 6. Behind 0 came 1 and 0, behind 1 came 0, behind 2 nothing.
    let counted = WittenBell::new(3, 3, &[0, 1, 0, 0]).unwrap();
    let one = [11.0 / 18.0, 5.0 / 18.0, 2.0 / 18.0];
    for (symbol, expected) in (0..).zip(one) {
        assert!(near(counted.probability(1, &[0, 1], symbol).unwrap(), expected));
        assert!(near(counted.probability(2, &[1, 2], symbol).unwrap(), expected), "what was never met says nothing");
    }
    let behind_0 = [(1.0 + 2.0 * one[0]) / 4.0, (1.0 + 2.0 * one[1]) / 4.0, 2.0 * one[2] / 4.0];
    let behind_1 = [(1.0 + one[0]) / 2.0, one[1] / 2.0, one[2] / 2.0];
    for symbol in 0..3 {
        assert!(near(counted.probability(2, &[0], symbol as u32).unwrap(), behind_0[symbol]));
        assert!(near(counted.probability(2, &[0, 1], symbol as u32).unwrap(), behind_1[symbol]));
        // Behind 1 0 came 0, and behind 0 alone as above.
        let behind_10 = (f64::from(u8::from(symbol == 0)) + behind_0[symbol]) / 2.0;
        assert!(near(counted.probability(3, &[1, 0], symbol as u32).unwrap(), behind_10));
    }
    // The text 0 | 1 0: told by pairs.
    let bits = counted.bits(2, &[0, 1, 0], 1).unwrap();
    assert!(near(bits, -(behind_0[1].log2() + behind_1[0].log2()) / 2.0), "{bits}");
}

/// The same by counting over and over; `different` says how many different symbols count as such.
fn slowly(
    alphabet: usize,
    text: &[u32],
    context: &[u32],
    symbol: u32,
    different: impl Fn(&[u32]) -> f64 + Copy,
) -> f64 {
    let behind: Vec<u32> =
        (context.len()..text.len()).filter(|&at| text[at - context.len()..at] == *context).map(|at| text[at]).collect();
    let shorter = match context {
        [] => 1.0 / alphabet as f64,
        [_, rest @ ..] => slowly(alphabet, text, rest, symbol, different),
    };
    if behind.is_empty() {
        return shorter;
    }
    let met = behind.iter().filter(|&&found| found == symbol).count() as f64;
    (met + different(&behind) * shorter) / (behind.len() as f64 + different(&behind))
}

fn kinds(behind: &[u32]) -> f64 {
    behind.iter().collect::<std::collections::BTreeSet<_>>().len() as f64
}

#[test]
fn counting_at_once_is_counting_over_again() {
    let text = drawn(300, 7);
    let counted = WittenBell::new(4, 5, &text).unwrap();
    let (mut away, mut broken) = (0.0f64, 0.0f64);
    for context in text.windows(4).step_by(7) {
        let mut sum = 0.0;
        for symbol in 0..4 {
            let found = counted.probability(5, context, symbol).unwrap();
            away = away.max((found - slowly(4, &text, context, symbol, kinds)).abs());
            // With one in the place of how many are different, as in method A.
            broken = broken.max((found - slowly(4, &text, context, symbol, |_| 1.0)).abs());
            sum += found;
        }
        assert!((sum - 1.0).abs() < 1e-12);
    }
    assert!(away < 1e-12 && broken > 1e-2, "{away} {broken}");
}

#[test]
fn what_cannot_be_counted_is_refused() {
    let refused = |error: neuropil::Error, part: &str| assert!(error.to_string().contains(part), "{error}");
    refused(WittenBell::new(2, 3, &[0, 2]).unwrap_err(), "symbol 1 is 2");
    refused(WittenBell::new(2, 13, &[0, 1]).unwrap_err(), "1 to 12");
    refused(WittenBell::new(0, 3, &[]).unwrap_err(), "1 to 1024");
    let counted = WittenBell::new(2, 3, &[0, 1]).unwrap();
    refused(counted.probability(4, &[0], 1).unwrap_err(), "1 to 3");
    refused(counted.bits(2, &[0, 1], 2).unwrap_err(), "nothing to tell");
}

#[test]
fn pairs_are_those_that_are_often() {
    assert_eq!(pairs(&[0, 1, 0, 1, 1], 2), [[0, 1]]);
    assert_eq!(pairs(&[0, 1, 0, 1, 1], 1), [[0, 1], [1, 0], [1, 1]]);
}

#[test]
fn no_claim_is_made_within_the_spread() {
    // Means 2.0 and 2.1, deviations 0.1 and 0.1: less than both together.
    let within = Comparison::new(&[1.9, 2.0, 2.1], &[2.0, 2.1, 2.2]).unwrap();
    assert!(near(within.difference, -0.1) && near(within.spread, 0.2) && !within.beyond);
    assert!(within.words("a", "b", 3).contains("no claim is made"), "{}", within.words("a", "b", 3));
    let beyond = Comparison::new(&[1.9, 2.0, 2.1], &[2.3, 2.4, 2.5]).unwrap();
    assert!(beyond.beyond && beyond.words("a", "b", 3).contains("0.400 bits less"), "{}", beyond.words("a", "b", 3));
    assert!(!beyond.words("a", "b", 3).contains("no claim"));
    // Of two seeds none is made, whatever they are.
    assert!(!Comparison::new(&[1.0, 1.0], &[2.0, 2.0]).unwrap().beyond);
    assert!(Comparison::new(&[1.0], &[]).is_err() && Comparison::new(&[f64::NAN], &[1.0]).is_err());
}
