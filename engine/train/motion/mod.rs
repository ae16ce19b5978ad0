//! Motion from events: kernels whose weights have a delay each (Grimaldi & Perrinet 2023).
//!
//! [`movie`] makes moving textures and their events, [`Learner`] fits a [`Kernel`] to [`Patches`] around them,
//! [`judge()`] measures its
//! accuracy, [`prune()`] leaves few weights, and [`play()`] runs those on the engine, with the spikes of the
//! convolution, [`fire`]. [`planted`] tests learning by known kernels, [`hidden`] holds a layer of spiking neurons for
//! comparison. What may not live here: readers of recordings, printing.

mod convolve;
pub mod hidden;
mod judge;
mod kernel;
mod learn;
mod movie;
mod patch;
#[cfg(feature = "pictures")]
pub mod picture;
#[cfg(not(feature = "pictures"))]
mod picture {
    //! Stands in for `picture` without the feature `pictures`: no files.
    use crate::error::Result;
    use crate::train::motion::{Kernel, Task};
    use crate::train::study::File;

    /// No file.
    pub(super) fn of_kernels(_: &Task, _: &Kernel) -> Result<Vec<File>> {
        Ok(Vec::new())
    }

    /// No file.
    pub(super) fn of_few(_: &[(String, Vec<(f64, f64)>)]) -> Result<Vec<File>> {
        Ok(Vec::new())
    }
}
pub mod planted;
mod play;
mod progress;
mod prune;
mod rival;
mod study;
mod task;
mod tie;

pub use convolve::{convolve, fire};
pub use judge::{Answers, Pool, Window, judge};
pub use kernel::{Extent, Kernel};
pub use learn::{Learner, Loss, best};
pub use movie::{Field, Gaze, Motion, Motions, THRESHOLD, Texture, events, frames, movie};
pub use patch::{Movie, Patches, Place, around};
pub use play::{Played, network, play};
pub use prune::{Keep, half_saturation, prune};
pub use study::STUDY;
pub use task::{Sight, Task};
pub use tie::Ties;
