//! Child processes that are waited for, and ended when the user presses Ctrl-C.

use std::io::Read;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use super::progress;

/// How a process ended, and what it wrote.
pub struct Ended {
    pub status: ExitStatus,
    /// What it wrote to standard output; empty where it was interrupted.
    pub output: String,
    /// What it wrote to standard error, where that was kept.
    pub errors: String,
    /// Whether the user asked for an end.
    pub interrupted: bool,
}

/// Runs `command` until it ends or Ctrl-C is pressed; its standard error is kept with `keep_errors`, else left to the
/// terminal.
///
/// # Errors
/// A program that cannot be started, waited for or ended; no thread to read what it writes.
pub fn run(command: &mut Command, keep_errors: bool) -> std::io::Result<Ended> {
    let stderr = if keep_errors { Stdio::piped() } else { Stdio::inherit() };
    let mut child = command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(stderr).spawn()?;
    let readers = read_in_background(child.stdout.take())
        .and_then(|output| Ok((output, read_in_background(child.stderr.take())?)));
    let (output, errors) = match readers {
        Ok(readers) => readers,
        Err(reason) => {
            child.kill()?;
            child.wait()?;
            return Err(reason);
        }
    };
    let status = wait(&mut child)?;
    if progress::interrupted() {
        // Its own child processes may keep its output open for long.
        return Ok(Ended { status, output: String::new(), errors: String::new(), interrupted: true });
    }
    let text = |reader: JoinHandle<Vec<u8>>| String::from_utf8_lossy(&reader.join().unwrap_or_default()).into_owned();
    Ok(Ended { status, output: text(output), errors: text(errors), interrupted: false })
}

/// Waits until `child` ends, and ends it where Ctrl-C was pressed: only a terminal sends that signal to the child as
/// well.
fn wait(child: &mut Child) -> std::io::Result<ExitStatus> {
    loop {
        if let Some(status) = child.try_wait()? {
            return Ok(status);
        }
        if progress::interrupted() {
            child.kill()?;
            return child.wait();
        }
        thread::sleep(Duration::from_millis(20));
    }
}

/// Reads a pipe to its end in a thread of its own, so that a full pipe does not stop the child.
fn read_in_background(from: Option<impl Read + Send + 'static>) -> std::io::Result<JoinHandle<Vec<u8>>> {
    let read = move || {
        let mut bytes = Vec::new();
        if let Some(mut from) = from {
            // What was read before a failure is kept.
            let _ = from.read_to_end(&mut bytes);
        }
        bytes
    };
    thread::Builder::new().name("output".into()).spawn(read)
}
