//! Selections: which neurons, as ranges of populations.

/// A contiguous range of neurons of one population.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Part {
    /// Index of the population in the network.
    pub population: usize,
    /// Global id of the first neuron.
    pub first: u32,
    /// Number of neurons.
    pub count: u32,
}

/// An ordered list of neurons; index `i` of a selection is one neuron.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Selection {
    parts: Vec<Part>,
}

impl Selection {
    /// `count` neurons of a population from global id `first` on.
    pub(crate) fn of(population: usize, first: u32, count: u32) -> Selection {
        Selection { parts: vec![Part { population, first, count }] }
    }

    /// The neurons of this selection followed by those of `other`.
    pub fn and(&self, other: impl Into<Selection>) -> Selection {
        let mut parts = self.parts.clone();
        parts.extend(other.into().parts);
        Selection { parts }
    }

    /// The neurons of this selection whose indices lie in `range`.
    pub fn slice(&self, range: std::ops::Range<u32>) -> Selection {
        let mut parts = Vec::new();
        let mut at = 0u32;
        for part in &self.parts {
            let low = range.start.clamp(at, at + part.count);
            let high = range.end.clamp(at, at + part.count);
            if low < high {
                parts.push(Part { population: part.population, first: part.first + (low - at), count: high - low });
            }
            at += part.count;
        }
        Selection { parts }
    }

    /// The ranges that it is made of, in order.
    pub fn parts(&self) -> &[Part] {
        &self.parts
    }

    /// The number of neurons.
    pub fn len(&self) -> u32 {
        self.parts.iter().map(|p| p.count).sum()
    }

    /// Whether it holds no neuron.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Whether any neuron is in both selections.
    pub fn meets(&self, other: &Selection) -> bool {
        let within = |a: &Part, b: &Part| b.first.wrapping_sub(a.first) < a.count;
        self.parts.iter().any(|a| other.parts.iter().any(|b| within(a, b) || within(b, a)))
    }

    /// The share of the neurons of `all` that are in this selection; 0 where `all` is empty.
    pub(crate) fn share_of(&self, all: &Selection) -> f64 {
        let within = |part: &Part| self.runs_within(&(part.first..part.first + part.count));
        let shared = all.parts.iter().flat_map(within).map(|(_, _, count)| f64::from(count));
        shared.sum::<f64>() / f64::from(all.len().max(1))
    }

    /// The global id of the neuron of index `i`, which must be below [`Selection::len`].
    #[inline]
    pub fn id(&self, i: u32) -> u32 {
        let mut at = i;
        for part in &self.parts {
            if at < part.count {
                return part.first + at;
            }
            at -= part.count;
        }
        u32::MAX
    }

    /// The index of the neuron of global id `id`, if it is selected.
    #[inline]
    pub fn index_of(&self, id: u32) -> Option<u32> {
        let mut at = 0;
        for part in &self.parts {
            let i = id.wrapping_sub(part.first);
            if i < part.count {
                return Some(at + i);
            }
            at += part.count;
        }
        None
    }

    /// The neurons whose global ids lie in `ids`, as runs of (first index, first global id, number).
    pub(crate) fn runs_within(&self, ids: &std::ops::Range<u32>) -> Vec<(u32, u32, u32)> {
        let mut runs = Vec::new();
        let mut at = 0;
        for part in &self.parts {
            let low = part.first.max(ids.start);
            let high = (part.first + part.count).min(ids.end);
            if low < high {
                runs.push((at + (low - part.first), low, high - low));
            }
            at += part.count;
        }
        runs
    }
}

impl From<&Selection> for Selection {
    fn from(selection: &Selection) -> Selection {
        selection.clone()
    }
}
