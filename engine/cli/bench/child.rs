//! Processes that are waited for, and ended when the user asks for an end.

use std::io::Read;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use super::progress;

/// How a process ended, and what it wrote.
pub struct Ended {
    pub status: ExitStatus,
    pub output: String,
    /// What it wrote to standard error, where that was kept.
    pub complaints: String,
    /// Whether the user asked for an end.
    pub interrupted: bool,
}

/// Runs a command to its end; standard error is kept, or left to the terminal.
///
/// # Errors
/// A program that cannot be started, or no thread to read what it writes.
pub fn run(command: &mut Command, keep_errors: bool) -> std::io::Result<Ended> {
    let errors = if keep_errors { Stdio::piped() } else { Stdio::inherit() };
    let mut child = command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(errors).spawn()?;
    let readers = read_in_background(child.stdout.take())
        .and_then(|output| Ok((output, read_in_background(child.stderr.take())?)));
    let (output, complaints) = match readers {
        Ok(readers) => readers,
        Err(reason) => {
            child.kill()?;
            child.wait()?;
            return Err(reason);
        }
    };
    let status = wait(&mut child)?;
    if progress::interrupted() {
        // Processes of its own may hold on to its output for long.
        return Ok(Ended { status, output: String::new(), complaints: String::new(), interrupted: true });
    }
    let text = |reader: JoinHandle<Vec<u8>>| String::from_utf8_lossy(&reader.join().unwrap_or_default()).into_owned();
    Ok(Ended { status, output: text(output), complaints: text(complaints), interrupted: false })
}

/// Waits for the end; Ctrl-C reaches the terminal's whole group, other signals only us, so the child is ended here.
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
