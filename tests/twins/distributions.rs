//! Every distribution of weights and delays, in stored rows and in rows drawn at each spike.

use super::{first_difference, gpu};
use crate::support::distributed;
use neuropil::plan::Storage;
use neuropil::prelude::*;

#[test]
fn weights_and_delays_of_every_distribution_are_the_same_on_gpu() {
    if !gpu() {
        return;
    }
    for (weight, delay) in distributed::KINDS {
        let net = distributed::network(weight(), delay());
        let cpu = distributed::outcome(&net, Device::cpu(), Storage::Auto);
        assert!(cpu.0.len() > 100, "{:?}: {} spikes", weight(), cpu.0.len());
        for storage in [Storage::Stored, Storage::Procedural] {
            let found = distributed::outcome(&net, Device::gpu(), storage);
            let what = format!("{storage:?}, {:?}, {:?}", weight(), delay());
            assert!(found.0 == cpu.0, "spikes, {what}: {}", first_difference(&found.0, &cpu.0));
            assert!(found.1 == cpu.1, "V_m, {what}");
        }
        // The samples are those of the weights.
        let other = distributed::network(weight().times(1.2), delay());
        let found = distributed::outcome(&other, Device::gpu(), Storage::Procedural);
        assert!(found.1[0] != cpu.1[0] && found.1[1] != cpu.1[1], "{:?}: another factor", weight());
    }
}
