//! The program, run in a room.

use std::path::PathBuf;
use std::process::{Command, Output};

pub use super::room::Room;

impl Room {
    pub fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_neuropil"));
        command.args(arguments).current_dir(&self.path).env_remove("NO_COLOR");
        command
    }

    pub fn run(&self, arguments: &[&str]) -> Output {
        self.command(arguments).output().unwrap()
    }

    /// All files and folders of the room.
    pub fn contents(&self) -> Vec<PathBuf> {
        let mut found = Vec::new();
        let mut folders = vec![self.path.clone()];
        while let Some(folder) = folders.pop() {
            for entry in std::fs::read_dir(folder).unwrap() {
                let path = entry.unwrap().path();
                if path.is_dir() {
                    folders.push(path.clone());
                }
                found.push(path);
            }
        }
        found.sort();
        found
    }

    /// Runs the program, which must refuse: one sentence, exit code 2, no output, no new file.
    pub fn refused(&self, arguments: &[&str]) -> String {
        let before = self.contents();
        let output = self.run(arguments);
        let said = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(2), "{arguments:?} said {said}");
        assert_eq!(String::from_utf8(output.stdout).unwrap(), "", "{arguments:?}");
        assert_eq!(self.contents(), before, "{arguments:?} left something behind");
        let sentence = said.strip_prefix("error: ").expect(&said).strip_suffix('\n').expect(&said);
        assert!(!sentence.contains('\n'), "{sentence}");
        sentence.to_owned()
    }
}

/// What a program prints as JSON that is stopped by Ctrl-C.
pub fn interrupted(child: &mut std::process::Child) -> serde_json::Value {
    let kill = std::process::Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap();
    assert!(kill.success());
    let mut text = String::new();
    std::io::Read::read_to_string(child.stdout.as_mut().unwrap(), &mut text).unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(130));
    serde_json::from_str(&text).unwrap()
}

/// An experiment of ten neurons with `more`, and the same settings for all.
pub fn net(more: &str) -> String {
    format!(
        "[simulation]\nduration = 5.0\ndevice = \"cpu\"\nthreads = 1\n\n\
         [[population]]\nname = \"exc\"\nsize = 10\nmodel = \"iaf_psc_exp\"\n\n{more}\n"
    )
}

/// What the program says of `net(more)`.
pub fn sentence(test: &str, more: &str) -> String {
    let room = Room::new(test);
    room.write("net.toml", net(more));
    room.refused(&["run", "net.toml"])
}
