//! Recordings of an event camera.

use neuropil::train::fit::Recordings;
use neuropil::train::fit::recordings::{Event, read_events};

use super::told;
use crate::support::room::Room;

const EVENTS: [(u32, u32, u32, bool); 4] =
    [(100, 3, 5, true), (1100, 0, 0, false), (1101, 33, 2, true), (70_000, 1, 1, false)];

/// As N-MNIST has them: 8 bits x, 8 bits y, 1 bit polarity, 23 bits time.
fn binary() -> Vec<u8> {
    let event = |&(t, x, y, p): &(u32, u32, u32, bool)| {
        let [_, high, middle, low] = t.to_be_bytes();
        [x as u8, y as u8, high | u8::from(p) << 7, middle, low]
    };
    EVENTS.iter().flat_map(event).collect()
}

#[test]
fn all_formats_give_the_same_events() {
    let room = Room::new("fit-events");
    room.write("a.bin", binary());
    let rows = EVENTS.iter().map(|(t, x, y, p)| format!("{t},{x},{y},{}\n", u8::from(*p)));
    room.write("a.csv", format!("t,x,y,p\n{}", rows.collect::<String>()));
    let expected: Vec<Event> =
        EVENTS.iter().map(|&(t, x, y, brighter)| Event { time: t.into(), x, y, brighter }).collect();
    for file in ["a.bin", "a.csv"] {
        assert_eq!(read_events(&room.path(file)).unwrap(), expected, "{file}");
    }
}

#[test]
fn events_become_spikes_of_their_step_pixel_and_polarity() {
    let room = Room::new("fit-recordings");
    for class in ["0", "1", "10", "2"] {
        std::fs::create_dir_all(room.path(class)).unwrap();
        room.write(&format!("{class}/00001.bin"), binary());
    }
    room.write("10/2.bin", &binary()[5..]);
    let all = Recordings::of_folder(&room.path(""), [34, 34]).unwrap();
    // Classes in the order of numbers, and files by theirs.
    assert_eq!(
        (all.classes.as_slice(), all.labels.as_slice()),
        (&["0", "1", "2", "10"].map(String::from)[..], &[0, 1, 2, 3, 3][..])
    );
    let spikes = all.spikes(&[4, 0], 50, 1000.0).unwrap();
    assert_eq!(spikes.shape(), [2, 50, 2, 34, 34]);
    let unit = |x: usize, y: usize, brighter: usize| (brighter * 34 + y) * 34 + x;
    let found = |place: usize| -> Vec<(usize, usize)> {
        (0..50).flat_map(|step| spikes.firing(place, step).map(move |unit| (step, unit))).collect()
    };
    // Time runs from the first event; the last is behind the end.
    assert_eq!(found(1), [(0, unit(3, 5, 1)), (1, unit(0, 0, 0)), (1, unit(33, 2, 1))]);
    assert_eq!(found(0), [(0, unit(0, 0, 0)), (0, unit(33, 2, 1))]);
    assert_eq!(all.spikes(&[0], 70, 1000.0).unwrap().count(), 4);
}

#[test]
fn what_is_wrong_with_recordings_is_told() {
    let room = Room::new("fit-events-wrong");
    room.write("cut.bin", &binary()[..12]);
    room.write("a.aedat", "#!AER-DAT2.0\r\n");
    room.write("b.bin", "#!AER-DAT2.0\r\n");
    room.write("a.csv", "t,x,y\n1,2,3\n");
    room.write("b.csv", "t,x,y,p\n1,2.5,3,1\n");
    let refused = |file: &str| {
        let sentence = told(read_events(&room.path(file)));
        sentence
            .strip_prefix(&room.path(file).display().to_string())
            .unwrap()
            .trim_start_matches([':', ',', ' '])
            .to_owned()
    };
    assert_eq!(refused("cut.bin"), "it ends within event 2: 2 of 5 bytes are there; get a whole copy");
    assert_eq!(refused("a.aedat"), "events are read of .bin (as N-MNIST has them), .npy and .csv files; save them so");
    assert_eq!(
        refused("b.bin"),
        "it is AEDAT, of which there are many; save its events as CSV or NPY, with t, x, y and p"
    );
    assert_eq!(refused("a.csv"), "line 1: there is no column 'p', only t, x, y; add it to the header line");
    assert_eq!(refused("b.csv"), "event 0: x = 2.5, y = 3 is no pixel");
    std::fs::create_dir_all(room.path("set/0")).unwrap();
    room.write("set/0/1.bin", binary());
    let small = told(Recordings::of_folder(&room.path("set"), [28, 28]));
    assert!(small.ends_with("set/0/1.bin: event 2: x = 33, y = 2 is no pixel of 28 x 28"), "{small}");
    let none = told(Recordings::of_folder(&room.path("set/0"), [34, 34]));
    assert!(none.ends_with("it has no folders with recordings in them; give one for each class"), "{none}");
}
