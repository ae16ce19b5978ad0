//! Spikes that are streamed: the same as those kept, in every format; a slow writer is waited for, a failing one is told.

#[cfg(feature = "cli")]
mod program;

use crate::support::mixed;
use crate::support::room::Room;
use neuropil::prelude::*;
use neuropil::record::analysis::{statistics, statistics_by_population};
use neuropil::record::stream::{self, Position, SpikeSink, SpikeStream};
use neuropil::record::{PopulationLabel, SpikeCounter, SpikeRecord, spike_counter, spikes_csv};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, mpsc};
use std::time::Duration;

fn simulation() -> Simulation {
    let mut sim = Simulation::new(mixed(200), Device::cpu(), Seed(7), &PlanOptions::default()).unwrap();
    sim.set_batch(50);
    sim
}

fn kept() -> SpikeRecord {
    let mut sim = simulation();
    sim.run(150.0.ms()).unwrap();
    sim.recorded_spikes().unwrap()
}

fn label(name: &str, first: u32, size: u32) -> PopulationLabel {
    PopulationLabel { name: name.into(), first, size, part_of: None, names: None }
}

/// Everything in memory, for all to see.
#[derive(Clone, Default)]
struct Seen(Arc<Mutex<Vec<Spike>>>);

impl SpikeSink for Seen {
    fn write(&mut self, spikes: &[Spike]) -> neuropil::Result<()> {
        self.0.lock().unwrap().extend_from_slice(spikes);
        Ok(())
    }
    fn sync(&mut self) -> neuropil::Result<Option<Position>> {
        Ok(None)
    }
    fn finish(&mut self) -> neuropil::Result<()> {
        Ok(())
    }
}

#[test]
fn files_hold_the_spikes_that_would_be_kept() {
    let room = Room::new("stream-files");
    let kept = kept();
    assert!(kept.ids.len() > 300);
    let endings: &[&str] = if cfg!(feature = "formats") { &["csv", "npy", "parquet"] } else { &["csv", "npy"] };
    for ending in endings {
        let path = room.path(&format!("spikes.{ending}"));
        let mut sim = simulation();
        // Spikes from before the stream go first.
        sim.run(20.0.ms()).unwrap();
        let sink = stream::create(&path, 0.1, &sim.recorded_populations()).unwrap();
        sim.stream_spikes(sink).unwrap();
        sim.run(130.0.ms()).unwrap();
        assert!(sim.all_spikes().is_empty() && !path.exists() && stream::partial(&path).exists());
        let streamed = sim.finish_stream().unwrap();
        assert!(path.exists() && !stream::partial(&path).exists());
        assert_eq!(streamed.tally.spikes(), kept.ids.len() as u64);
        let read = stream::read(&path, 0.1, 150.0, kept.populations.clone()).unwrap();
        assert!(read == kept, "{ending}");
        let error = sim.recorded_spikes().unwrap_err().to_string();
        assert_eq!(error, "spikes: they are streamed and not kept; look into what they were streamed to");
        // A file that lost its end is not read as if nothing had happened.
        let bytes = std::fs::read(&path).unwrap();
        std::fs::write(&path, &bytes[..bytes.len() - 3]).unwrap();
        assert!(stream::read(&path, 0.1, 150.0, kept.populations.clone()).ok().is_none_or(|cut| cut != kept));
    }
    let csv = room.path("kept.csv");
    spikes_csv::write(&csv, &kept).unwrap();
    let streamed = room.path("spikes.csv");
    let sink = stream::create(&streamed, 0.1, &kept.populations).unwrap();
    let mut sim = simulation();
    sim.stream_spikes(sink).unwrap();
    sim.run(150.0.ms()).unwrap();
    sim.finish_stream().unwrap();
    assert!(std::fs::read(csv).unwrap() == std::fs::read(streamed).unwrap());
}

#[test]
fn only_recorded_neurons_are_streamed() {
    let mut net = Network::new(0.1.ms());
    let all = net.add("all", 20, IafPscExp { I_e: 600.0, ..default() }).unwrap();
    net.record(all.slice(5..8), Spikes).unwrap();
    let mut sim = net.build(Device::cpu(), Seed(1)).unwrap();
    let seen = Seen::default();
    sim.stream_spikes(seen.clone()).unwrap();
    sim.run(100.0.ms()).unwrap();
    let streamed = sim.finish_stream().unwrap();
    let seen = seen.0.lock().unwrap();
    assert!(seen.len() > 10 && seen.iter().all(|spike| (5..8).contains(&spike.id)));
    assert_eq!(streamed.tally.spikes(), seen.len() as u64);
    assert_eq!(sim.checkpoint().unwrap().emitted, seen.len() as u64 / 3 * 20, "all neurons are alike");
}

#[test]
fn numpy_reads_one_record_per_spike() {
    let room = Room::new("stream-npy");
    let path = room.path("s.npy");
    let mut sink = stream::create(&path, 0.1, &[label("a", 0, 9)]).unwrap();
    sink.write(&[Spike::new(1, 2), Spike::new(3, 4)]).unwrap();
    sink.write(&[Spike::new(258, 5)]).unwrap();
    let position = sink.sync().unwrap().unwrap();
    assert_eq!((position.bytes, position.spikes), (128 + 24, 3));
    let bytes = std::fs::read(stream::partial(&path)).unwrap();
    // As numpy.lib.format writes version 1.0: magic, version, length of what follows, a dict, spaces, a line end.
    let dict = "{'descr': [('step', '<u4'), ('id', '<u4')], 'fortran_order': False, 'shape': (3,), }";
    assert_eq!(&bytes[..10], b"\x93NUMPY\x01\x00\x76\x00");
    assert_eq!(std::str::from_utf8(&bytes[10..128]).unwrap(), format!("{dict:117}\n"));
    assert_eq!(bytes[128..], [1, 0, 0, 0, 2, 0, 0, 0, 3, 0, 0, 0, 4, 0, 0, 0, 2, 1, 0, 0, 5, 0, 0, 0]);
    sink.finish().unwrap();
    assert_eq!(std::fs::read(path).unwrap(), bytes);
}

/// A sink that takes a batch only when told to.
struct Slow {
    allowed: mpsc::Receiver<()>,
    seen: Seen,
}

impl SpikeSink for Slow {
    fn write(&mut self, spikes: &[Spike]) -> neuropil::Result<()> {
        self.allowed.recv().unwrap();
        self.seen.write(spikes)
    }
    fn sync(&mut self) -> neuropil::Result<Option<Position>> {
        Ok(None)
    }
    fn finish(&mut self) -> neuropil::Result<()> {
        Ok(())
    }
}

#[test]
fn a_slow_writer_is_waited_for_and_nothing_is_lost() {
    let (allow, allowed) = mpsc::channel();
    let seen = Seen::default();
    let tally = SpikeCounter::new(0.1, vec![label("a", 0, 1)]);
    let mut spikes = SpikeStream::new(Slow { allowed, seen: seen.clone() }, tally).unwrap();
    let sent = Arc::new(AtomicU64::new(0));
    let counted = sent.clone();
    let sender = std::thread::spawn(move || {
        for step in 1..=100 {
            spikes.send(vec![Spike::new(step, 0)]).unwrap();
            counted.store(u64::from(step), Ordering::SeqCst);
        }
        spikes.finish().unwrap()
    });
    // One batch is with the writer and four wait: the sixth cannot be handed over however long one waits.
    while sent.load(Ordering::SeqCst) < 5 {
        std::thread::yield_now();
    }
    std::thread::sleep(Duration::from_millis(100));
    assert_eq!((sent.load(Ordering::SeqCst), seen.0.lock().unwrap().len()), (5, 0));
    for taken in 1..=10 {
        allow.send(()).unwrap();
        while sent.load(Ordering::SeqCst) < 5 + taken {
            std::thread::yield_now();
        }
        std::thread::sleep(Duration::from_millis(2));
        assert_eq!(sent.load(Ordering::SeqCst), 5 + taken);
    }
    (0..90).for_each(|_| allow.send(()).unwrap());
    let streamed = sender.join().unwrap();
    assert_eq!(*seen.0.lock().unwrap(), (1..=100).map(|step| Spike::new(step, 0)).collect::<Vec<_>>());
    assert!(streamed.waited >= Duration::from_millis(100), "{:?}", streamed.waited);
}

/// A sink that breaks after some spikes, by an error or a panic.
struct Broken {
    left: usize,
    panics: bool,
}

impl SpikeSink for Broken {
    fn write(&mut self, spikes: &[Spike]) -> neuropil::Result<()> {
        self.left = match self.left.checked_sub(spikes.len()) {
            Some(left) => left,
            None if self.panics => panic!("on purpose"),
            None => return Err(Error::file("spikes.x", "cannot be written (the test says so)")),
        };
        Ok(())
    }
    fn sync(&mut self) -> neuropil::Result<Option<Position>> {
        Ok(None)
    }
    fn finish(&mut self) -> neuropil::Result<()> {
        Ok(())
    }
}

#[test]
fn a_writer_that_fails_stops_the_run_with_its_words() {
    for (panics, words) in
        [(false, "spikes.x: cannot be written (the test says so)"), (true, "the writer of spikes panicked")]
    {
        let mut sim = simulation();
        sim.stream_spikes(Broken { left: 100, panics }).unwrap();
        let error = sim.run(1.0.s()).unwrap_err();
        assert!(error.to_string().contains(words), "{error}");
        assert!(sim.time_ms() < 1000.0, "it stops where it is told");
        let again = sim.run(1.0.s()).unwrap_err().to_string();
        assert!(again.contains("writing them has failed before"), "{again}");
        sim.finish_stream().unwrap_err();
    }
    // What fails at the very end is told at the end, and a run within what the sink takes does not fail.
    let mut sim = simulation();
    sim.stream_spikes(Broken { left: usize::MAX, panics: false }).unwrap();
    sim.run(100.0.ms()).unwrap();
    sim.finish_stream().unwrap();
}

#[test]
fn what_is_counted_is_what_the_statistics_of_all_spikes_are() {
    let kept = kept();
    let mut counted = SpikeCounter::new(0.1, kept.populations.clone());
    for (&step, &id) in kept.steps.iter().zip(&kept.ids) {
        assert!(counted.add(Spike::new(step, id)));
    }
    assert!(!counted.add(Spike::new(1500, 1_000_000)), "a neuron in no population");
    // Whole bins only, a bin in part, and time without spikes at the end.
    for steps in [1500u32, 1512, 1549, 1550, 9000] {
        let record = SpikeRecord { duration_ms: f64::from(steps) * 0.1, ..kept.clone() };
        let (all, each) = counted.statistics(steps.into());
        for (found, expected) in [all]
            .into_iter()
            .chain(each)
            .zip([statistics(&record, None)].into_iter().chain(statistics_by_population(&record)))
        {
            let (chi, expected_chi) = (found.synchrony.unwrap(), expected.synchrony.unwrap());
            assert!((chi - expected_chi).abs() < 1e-12, "{chi} {expected_chi}");
            assert!((found.rate_hz.unwrap() - expected.rate_hz.unwrap()).abs() < 1e-9);
            let rest = |s: neuropil::record::analysis::Statistics| {
                (s.neurons, s.spikes, s.silent_fraction, s.cv_isi, s.cv_neurons)
            };
            assert!(expected.cv_neurons > 5 && found.correlation.is_none());
            assert_eq!(rest(found), rest(expected));
        }
    }
    let first = counted.statistics(1500).0;
    counted.add(Spike::new(1500, 3));
    assert_ne!(counted.statistics(1500).0, first);
}

#[test]
fn a_picture_shows_the_last_spikes_and_says_since_when() {
    let mut counted = SpikeCounter::new(0.1, vec![label("a", 0, 2)]);
    for step in 1..=10 {
        counted.add(Spike::new(step, 0));
    }
    let (all, some) = counted.sample(20).unwrap();
    assert_eq!((all.steps, all.duration_ms, some), ((1..=10).collect(), 2.0, false));
    let most = spike_counter::SAMPLE as u32;
    for step in 11..=most {
        counted.add(Spike::new(step, 0));
    }
    assert!(!counted.sample(u64::from(most)).unwrap().1);
    counted.add(Spike::new(most, 1));
    counted.add(Spike::new(most + 1, 0));
    // Two are gone, and of step 3 nobody knows whether all are left.
    let (last, some) = counted.sample(u64::from(most) + 1).unwrap();
    assert_eq!((some, last.window_ms().0, last.steps.len() as u32, last.steps[0]), (true, 0.3, most - 1, 1));
    assert_eq!(last.duration_steps(), u64::from(most) - 2);
}
