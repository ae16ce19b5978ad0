//! Players that own some shards each and exchange spikes play as one that owns all.

use crate::support::mixed;
use neuropil::device::{Played, Player, cpu::Cpu};
use neuropil::exchange::{Exchange, Given, History, Verdict, loopback};
use neuropil::plan::{Delivery, Plan, PlanPart, Storage};
use neuropil::prelude::*;
use neuropil::schedule::Epoch;

const BATCHES: [u32; 3] = [500, 1, 699];

/// What a player of one of `of` parts hands back, batch by batch.
fn played(options: &PlanOptions, exchange: Option<Box<dyn Exchange>>) -> neuropil::Result<Vec<Played>> {
    let plan = Plan::<i32>::new(&mixed(200), 7, options)?;
    let mut cpu = match exchange {
        Some(exchange) => Cpu::<f32>::among(plan, 2, exchange),
        None => Cpu::<f32>::new(plan, 2),
    };
    let batches = BATCHES.map(|steps| {
        cpu.submit(steps)?;
        Ok(cpu.next()?.unwrap())
    });
    batches.into_iter().collect()
}

/// What `of` players hand back, each in a thread of its own.
fn together(options: &PlanOptions, of: u32, end: impl Fn(loopback::Loopback) -> Box<dyn Exchange>) -> Vec<Vec<Played>> {
    std::thread::scope(|scope| {
        let players = loopback::ends(of as usize).into_iter().map(end).enumerate().map(|(index, end)| {
            let part = Some(PlanPart { index: index as u32, of });
            let options = PlanOptions { part, ..options.clone() };
            scope.spawn(move || played(&options, Some(end)).unwrap())
        });
        players.collect::<Vec<_>>().into_iter().map(|player| player.join().unwrap()).collect()
    })
}

fn spikes(batches: &[Played]) -> Vec<Spike> {
    batches.iter().flat_map(|batch| batch.spikes.clone()).collect()
}

/// Samples of the probe, row by row, from all players side by side.
fn samples(players: &[Vec<Played>]) -> Vec<f64> {
    let mut all = Vec::new();
    for batch in 0..BATCHES.len() {
        let parts: Vec<&Vec<f64>> = players.iter().map(|p| &p[batch].samples[0]).collect();
        let rows =
            BATCHES[..=batch].iter().sum::<u32>() as usize / 7 - BATCHES[..batch].iter().sum::<u32>() as usize / 7;
        for row in 0..rows {
            let own = parts.iter().map(|part| &part[row * part.len() / rows..(row + 1) * part.len() / rows]);
            all.extend(own.flatten());
        }
    }
    all
}

#[test]
fn players_with_shards_of_their_own_play_as_one() {
    for (delivery, storage) in [
        (Delivery::Direct, Storage::Stored),
        (Delivery::Sorted, Storage::Stored),
        (Delivery::Direct, Storage::Procedural),
    ] {
        let options = PlanOptions { shards: 6, delivery, storage, ..default() };
        let one = vec![played(&options, None).unwrap()];
        assert!(spikes(&one[0]).len() > 300 && samples(&one).len() > 1000, "{} samples", samples(&one).len());
        for of in [2, 3] {
            let found = together(&options, of, |end| Box::new(end));
            for player in &found {
                assert!(spikes(player) == spikes(&one[0]), "{delivery:?}, {storage:?}, {of} players");
            }
            assert!(samples(&found) == samples(&one), "{delivery:?}, {storage:?}, {of} players");
        }
    }
}

/// An end that says nothing of one step.
#[derive(Debug)]
struct Forgetful(loopback::Loopback);

impl Exchange for Forgetful {
    fn publish(&mut self, epoch: Epoch, shard: usize, given: &mut Given) {
        given.fired.iter_mut().take(usize::from(epoch.first > 300)).for_each(Vec::clear);
        self.0.publish(epoch, shard, given);
    }
    fn wait(&mut self) -> neuropil::Result<Verdict> {
        self.0.wait()
    }
    fn note(&mut self, epoch: Epoch, history: &mut History) -> neuropil::Result<()> {
        self.0.note(epoch, history)
    }
}

#[test]
fn a_spike_that_is_not_exchanged_is_missed() {
    let options = PlanOptions { shards: 6, ..default() };
    let one = spikes(&played(&options, None).unwrap());
    assert!(together(&options, 2, |end| Box::new(Forgetful(end))).iter().all(|player| spikes(player) != one));
}

#[test]
fn a_player_lays_out_its_own_synapses_alone() {
    let options = PlanOptions { shards: 6, storage: Storage::Stored, ..default() };
    let stored = |part| {
        let plan = Plan::<i32>::new(&mixed(200), 7, &PlanOptions { part, ..options.clone() }).unwrap();
        (plan.shards.iter().map(|s| s.rows.len()).sum::<usize>(), plan.shards.iter().map(|s| s.neurons()).sum::<u32>())
    };
    let all = stored(None);
    let parts = [0, 1, 2].map(|index| stored(Some(PlanPart { index, of: 3 })));
    assert_eq!(parts.iter().fold((0, 0), |sum, part| (sum.0 + part.0, sum.1 + part.1)), all);
    assert!(parts.iter().all(|part| part.0 < all.0 / 2 && part.1 < all.1 / 2), "{parts:?} of {all:?}");
}

#[test]
fn a_player_without_a_shard_and_one_that_is_left_alone_are_told() {
    let part = |index, of| PlanOptions { part: Some(PlanPart { index, of }), ..default() };
    let refused = |options| Plan::<i32>::new(&mixed(200), 7, &options).unwrap_err();
    let none = refused(part(3, 3));
    assert_eq!(
        (none.exit_code(), none.to_string().as_str()),
        (2, "plan.part: there is no player 3 among 3 players; count from 0")
    );
    let mut ends = loopback::ends(2);
    drop(ends.pop());
    let alone = played(&part(0, 2), Some(Box::new(ends.remove(0)))).unwrap_err();
    assert!(alone.to_string().contains("another player of this network has ended"), "{alone}");
}
