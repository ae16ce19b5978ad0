//! Code that has been made, kept for all who run the same body.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use crate::simd::machine::code::Code;
use crate::simd::machine::marks::Kind;

/// The code of one body, of each kind that somebody has asked for.
#[derive(Debug, Clone)]
pub struct Codes(Arc<Known>);

#[derive(Debug)]
struct Known {
    /// No two have the same.
    number: u64,
    all: Mutex<Vec<(Kind, Option<Arc<Code>>)>>,
}

impl Default for Codes {
    fn default() -> Codes {
        static NEXT: AtomicU64 = AtomicU64::new(1);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        Codes(Arc::new(Known { number, all: Mutex::default() }))
    }
}

impl Codes {
    /// A number that no other has.
    #[inline]
    pub fn number(&self) -> u64 {
        self.0.number
    }

    /// The code of a kind, made by whoever asks first; none where there is none on this machine.
    pub fn find(&self, kind: Kind, make: impl FnOnce() -> Option<Code>) -> Option<Arc<Code>> {
        let mut all = self.0.all.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, code)) = all.iter().find(|(known, _)| *known == kind) {
            return code.clone();
        }
        let code = make().map(Arc::new);
        all.push((kind, code.clone()));
        code
    }
}

/// What a [`crate::simd::Workspace`] knows of the code that it ran last.
#[derive(Debug)]
pub struct Last {
    /// See [`Codes::number`].
    pub number: u64,
    /// Its kind.
    pub kind: Kind,
    /// The code, if there is some.
    pub code: Option<Arc<Code>>,
}
