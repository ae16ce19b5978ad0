//! Pictures of recorded spikes.

use crate::error::Result;
use crate::network::RecorderId;
use crate::record::pictures::{Picture, raster};
use crate::simulation::{Simulation, no_recorder};

impl Simulation {
    /// A picture of the spikes of one recorder. Needs the feature `pictures`.
    ///
    /// # Errors
    /// As [`Simulation::spikes`].
    pub fn raster(&self, recorder: RecorderId) -> Result<Picture> {
        let found = self.network().recorders().get(recorder.0).ok_or_else(|| no_recorder(recorder.0))?;
        raster::draw(&self.spikes(recorder)?, &self.network().describe(&found.from))
    }
}
