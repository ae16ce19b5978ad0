//! Reading and writing files, in one way for all rooms.
//!
//! [`Input`] opens a file or a pipe within a [`Limit`] and reads it; [`Text`] detects early what is not text, and
//! [`Quotes`] a quote that is not closed; [`atomic_write`] writes a file completely or not at all; [`FilePrint`]
//! detects whether one has changed. What may not live here: what files hold.

mod checksum;
mod guard;
mod input;
mod limit;
mod literal;
mod quotes;
mod refusal;
mod text;
mod write;

pub use checksum::{Checksum, FilePrint};
#[cfg(feature = "formats")]
pub(crate) use guard::guarded;
pub use guard::is_guarded;
pub use input::{Input, failed};
pub use limit::{Limit, size};
pub use literal::lost;
pub use quotes::Quotes;
pub use text::Text;
pub use write::{atomic_write, check_place, check_writable, is_same, remove_temporaries, temporary_of};
pub(crate) use write::{cannot_write, sync_folder};
