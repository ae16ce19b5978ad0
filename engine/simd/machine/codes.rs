//! Machine code that has been made, kept for all who run the same body.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use crate::simd::machine::code::Code;
use crate::simd::machine::columns::CodeKind;

/// The machine code of one body, in each kind that has been asked for. Clones share it.
#[derive(Debug, Clone)]
pub struct Codes(Arc<Known>);

/// What the clones of [`Codes`] share.
#[derive(Debug)]
struct Known {
    id: u64,
    /// The code of each kind that has been asked for; `None` where none can be made.
    all: Mutex<Vec<(CodeKind, Option<Arc<Code>>)>>,
}

impl Default for Codes {
    fn default() -> Codes {
        static NEXT: AtomicU64 = AtomicU64::new(1);
        let id = NEXT.fetch_add(1, Ordering::Relaxed);
        Codes(Arc::new(Known { id, all: Mutex::default() }))
    }
}

impl Codes {
    /// A number that the codes of no other body have.
    #[inline]
    pub fn id(&self) -> u64 {
        self.0.id
    }

    /// The code of `kind`; the first call for a kind makes it by `make`. `None` if `make` has made none.
    pub fn find(&self, kind: CodeKind, make: impl FnOnce() -> Option<Code>) -> Option<Arc<Code>> {
        let mut all = self.0.all.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, code)) = all.iter().find(|(known, _)| *known == kind) {
            return code.clone();
        }
        let code = make().map(Arc::new);
        all.push((kind, code.clone()));
        code
    }
}

/// The code that a [`crate::simd::Workspace`] ran last.
#[derive(Debug)]
pub struct LastCode {
    /// The body that it is of, see [`Codes::id`].
    pub id: u64,
    /// What it was made for.
    pub kind: CodeKind,
    /// The code; `None` where none can be made.
    pub code: Option<Arc<Code>>,
}
