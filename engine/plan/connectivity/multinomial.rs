//! How many of n synapses each source has, if each synapse draws its source: a multinomial, halved down to single
//! sources by binomial draws.

use rand_distr::{Binomial, Distribution as _};

use crate::error::{Error, Result};
use crate::random::{Draws, Purpose, stream};

/// The number of synapses of each of `sources` sources of projection `index`, `n` in all.
///
/// # Errors
/// [`Error::Invalid`] where a source has more synapses than a row can count.
pub(crate) fn multinomial(seed: u64, index: u32, sources: u32, n: u64) -> Result<Vec<u32>> {
    let mut lengths = vec![0u32; sources as usize];
    // (first source, sources, synapses) of ranges still to be halved.
    let mut open = vec![(0u32, sources, n)];
    while let Some((first, count, n)) = open.pop() {
        if n == 0 || count == 0 {
            continue;
        }
        if count == 1 {
            lengths[first as usize] = u32::try_from(n).map_err(|_| {
                let problem = format!("a source would have {n} synapses, and at most 4,294,967,295 can be; use fewer");
                Error::invalid(format!("projection {index}"), problem)
            })?;
            continue;
        }
        let half = count / 2;
        let mut draws = Draws::new(seed, stream(Purpose::Share, index), u64::from(first) << 32 | u64::from(count));
        // The probability lies within (0, 1), so the distribution exists.
        let left = match Binomial::new(n, f64::from(half) / f64::from(count)) {
            Ok(binomial) => binomial.sample(&mut draws),
            Err(_) => n / 2,
        };
        open.push((first + half, count - half, n - left));
        open.push((first, half, left));
    }
    Ok(lengths)
}
