//! What once went wrong, played with the real program: a test for each folder of `cases/`, with what must come out.

mod formats;
mod input;
mod limits;
mod names;
mod readers;
mod records;
mod tables;
mod threads;
mod time;
mod told;
mod weights;

use std::path::Path;

use crate::support::room::Room;

/// A room that holds the files of a case.
#[allow(dead_code)]
fn case(name: &str) -> Room {
    let room = Room::new(&format!("case-{name}"));
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/regress/cases").join(name);
    for entry in std::fs::read_dir(folder).unwrap() {
        let entry = entry.unwrap();
        room.write(&entry.file_name().to_string_lossy(), std::fs::read(entry.path()).unwrap());
    }
    room
}

/// What the program prints, which must end well.
#[allow(dead_code)]
fn printed(room: &Room, arguments: &[&str]) -> String {
    let output = room.run(arguments);
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(0), "{arguments:?} said {said}");
    String::from_utf8(output.stdout).unwrap()
}
