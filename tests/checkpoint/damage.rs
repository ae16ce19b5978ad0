//! Files that are no checkpoint, or no longer.

use super::{saved, way};
use crate::support::mixed;
use crate::support::room::Room;
use neuropil::checkpoint::Checkpoint;
use neuropil::files::Checksum;

/// The bytes of a checkpoint.
pub(super) fn whole(room: &Room) -> (Checkpoint, Vec<u8>) {
    let mut checkpoint = saved(&mixed(40), &way(1, 1, None), 30.0);
    checkpoint.note = serde_json::json!({ "for": "the test" });
    let path = room.path("a.checkpoint");
    checkpoint.write(&path).unwrap();
    assert_eq!(Checkpoint::read(&path).unwrap(), checkpoint);
    assert!(Checkpoint::is_at(&path));
    (checkpoint, std::fs::read(path).unwrap())
}

/// What is said of these bytes.
fn refused(room: &Room, bytes: &[u8]) -> String {
    let path = room.path("b.checkpoint");
    std::fs::write(&path, bytes).unwrap();
    let error = Checkpoint::read(&path).unwrap_err();
    let sentence = error.to_string();
    assert!(error.exit_code() == 2 && !sentence.contains('\n'), "{sentence}");
    sentence.split_once("b.checkpoint: ").unwrap().1.to_owned()
}

#[test]
fn every_flipped_bit_is_found() {
    let room = Room::new("checkpoint-flipped");
    let (_, bytes) = whole(&room);
    let everywhere = (0..64).chain((64..bytes.len() - 8).step_by(97)).chain(bytes.len() - 8..bytes.len());
    for at in everywhere {
        let mut flipped = bytes.clone();
        flipped[at] ^= 1 << (at % 8);
        let said = refused(&room, &flipped);
        let expected = if at < 16 { "is not a checkpoint of neuropil" } else { "is " };
        assert!(said.starts_with(expected), "byte {at}: {said}");
    }
}

#[test]
fn a_file_that_is_cut_off_or_grown_is_found() {
    let room = Room::new("checkpoint-cut");
    let (_, bytes) = whole(&room);
    for length in (1..120).chain((120..bytes.len()).step_by(531)).chain([bytes.len() - 1]) {
        let said = refused(&room, &bytes[..length]);
        assert!(said.starts_with("is cut off: ") && said.ends_with("; take a whole copy"), "{length}: {said}");
    }
    let damaged = "is damaged: its checksum is not that of its content; take an earlier copy";
    assert_eq!(refused(&room, &[&bytes[..], b"\n"].concat()), damaged);
    assert_eq!(refused(&room, &[&bytes[..100], &bytes[101..], b"x"].concat()), damaged);
    let foreign = "is not a checkpoint of neuropil; name a file that `neuropil run --checkpoint` wrote";
    assert_eq!(refused(&room, b""), foreign);
    assert_eq!(refused(&room, b"time_ms,population,neuron\n0.1,exc,0\n"), foreign);
}

/// The bytes with a change and the checksum that goes with it.
fn forged(bytes: &[u8], at: usize, with: &[u8]) -> Vec<u8> {
    let mut forged = bytes[..bytes.len() - 4].to_vec();
    forged[at..at + with.len()].copy_from_slice(with);
    let sum = Checksum::of(&forged);
    [&forged[..], &sum.to_le_bytes()].concat()
}

#[test]
fn another_format_or_senseless_content_is_refused() {
    let room = Room::new("checkpoint-forged");
    let (checkpoint, bytes) = whole(&room);
    let version = env!("CARGO_PKG_VERSION");
    assert_eq!(
        refused(&room, &forged(&bytes, 16, &[1, 0, 0, 0])),
        format!(
            "is a checkpoint of format 1, and this program, neuropil {version}, reads format 4; take the neuropil that \
             wrote it"
        )
    );
    let senseless = "holds a checkpoint that makes no sense; take an earlier copy";
    // Sizes of the header and of the network, and a recent spike of a neuron that is not there.
    assert_eq!(refused(&room, &forged(&bytes, 28, &[255; 8])), senseless);
    let digit = bytes.windows(10).position(|w| w == b"\"size\":32,").unwrap() + 7;
    assert_eq!(refused(&room, &forged(&bytes, digit, b"9")), senseless);
    let numbers: usize = checkpoint.state.iter().flatten().map(|column| 4 * column.len()).sum();
    let header = 36 + u64::from_le_bytes(bytes[28..36].try_into().unwrap()) as usize;
    assert_eq!(refused(&room, &forged(&bytes, header + numbers + 4, &[40, 0, 0, 0])), senseless);
    let sound = forged(&bytes, header, &1.5f32.to_le_bytes());
    std::fs::write(room.path("c.checkpoint"), sound).unwrap();
    let read = Checkpoint::read(&room.path("c.checkpoint")).unwrap();
    assert_eq!(read.state[0][0][0], 1.5);
    assert_ne!(read, checkpoint);
}

#[test]
fn no_field_can_be_changed_by_itself() {
    let room = Room::new("checkpoint-fields");
    let (checkpoint, bytes) = whole(&room);
    let senseless = "holds a checkpoint that makes no sense; take an earlier copy";
    // In the file, with the checksum that goes with it: the header has a seal of its own.
    let header = 36 + u64::from_le_bytes(bytes[28..36].try_into().unwrap()) as usize;
    let digits: Vec<usize> = (36..header).filter(|&at| bytes[at].is_ascii_digit()).collect();
    assert!(digits.len() > 40, "numbers of the header: {}", digits.len());
    for at in digits {
        let other = if bytes[at] == b'7' { b'8' } else { b'7' };
        assert_eq!(refused(&room, &forged(&bytes, at, &[other])), senseless, "byte {at}");
    }
    // By a program that writes checkpoints: what contradicts the rest is found.
    let written = |change: &dyn Fn(&mut Checkpoint)| {
        let mut changed = checkpoint.clone();
        change(&mut changed);
        changed.write(&room.path("d.checkpoint")).unwrap();
        Checkpoint::read(&room.path("d.checkpoint")).map_err(|error| error.to_string())
    };
    let changes: [&dyn Fn(&mut Checkpoint); 9] = [
        &|c| c.run_time_s = -1.0,
        &|c| c.run_time_s = 1e300,
        &|c| c.run_time_s = f64::NAN,
        &|c| c.step = 0,
        &|c| c.step = 1,
        &|c| c.step = u64::MAX,
        &|c| c.emitted = 0,
        &|c| c.counts = vec![1; 3],
        &|c| c.recent.reverse(),
    ];
    for (i, change) in changes.into_iter().enumerate() {
        let error = written(change).unwrap_err();
        assert!(error.ends_with(senseless), "change {i}: {error}");
    }
    assert_eq!(written(&|_| ()).unwrap(), checkpoint, "and what is not changed is read");
}
