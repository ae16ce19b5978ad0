//! Records: statistics against closed forms, files that read back, pictures that show what they should.

mod analysis;
mod bold;
#[cfg(feature = "pictures")]
mod curves;
mod files;
mod measures;
#[cfg(feature = "pictures")]
mod panels;
#[cfg(feature = "pictures")]
mod pictures;
mod rows;
mod tables;
mod weights;

use neuropil::plan::Delivery;
use neuropil::prelude::*;
use neuropil::random::{Draws, Purpose, stream};
use neuropil::record::{PopulationLabel, SpikeRecord};
use std::path::PathBuf;

/// A population without names of neurons.
fn label(name: &str, first: u32, size: u32) -> PopulationLabel {
    PopulationLabel { name: name.into(), first, size, part_of: None, names: None }
}

/// A record of (step, id) in any order.
fn record(dt: f64, duration: f64, populations: Vec<PopulationLabel>, mut spikes: Vec<(u32, u32)>) -> SpikeRecord {
    spikes.sort_unstable();
    let (steps, ids) = spikes.into_iter().unzip();
    SpikeRecord::new(dt, duration, populations, steps, ids).unwrap()
}

/// Independent Poisson trains of `rate` Hz: a spike in each step of 0.1 ms with its small probability.
fn poisson(neurons: u32, rate: f64, duration: f64) -> SpikeRecord {
    let threshold = (rate * 1e-4 * 2f64.powi(32)) as u32;
    let mut spikes = Vec::new();
    for id in 0..neurons {
        let mut draws = Draws::new(11, stream(Purpose::Poisson, 0), u64::from(id));
        spikes.extend((1..=(duration / 0.1) as u32).filter(|_| draws.word() < threshold).map(|step| (step, id)));
    }
    record(0.1, duration, vec![label("exc", 0, neurons / 2), label("inh", neurons / 2, neurons - neurons / 2)], spikes)
}

/// Ways to play a network that must not show in what is recorded.
fn ways() -> Vec<(Device, PlanOptions)> {
    let options = |shards, delivery| PlanOptions { shards, delivery, ..default() };
    vec![
        (Device::cpu().threads(1), options(1, Delivery::Direct)),
        (Device::cpu().threads(3), options(7, Delivery::Direct)),
        (Device::cpu().threads(2), options(3, Delivery::Sorted)),
    ]
}

fn simulation(net: &Network, (device, options): &(Device, PlanOptions)) -> Simulation {
    Simulation::new(net.clone(), device.clone(), Seed(7), options).unwrap()
}

/// A fresh folder of this test's own, removed when dropped.
struct Folder(PathBuf);

impl Folder {
    fn new(test: &str) -> Folder {
        let path = std::env::temp_dir().join(format!("neuropil-record-{test}-{}", std::process::id()));
        let _ = std::fs::remove_dir_all(&path);
        std::fs::create_dir_all(&path).unwrap();
        Folder(path)
    }

    fn join(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }

    /// Names of everything in it, hidden or not.
    fn names(&self) -> Vec<String> {
        let entries = std::fs::read_dir(&self.0).unwrap();
        let mut names: Vec<String> = entries.map(|e| e.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}
