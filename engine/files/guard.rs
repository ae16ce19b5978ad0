//! Readers of other crates, which may assert some of what a file says.

thread_local! {
    static GUARDED: std::cell::Cell<bool> = const { std::cell::Cell::new(false) };
}

/// Whether this thread is inside a reader of another crate, whose panic ends as a sentence of ours: a panic hook may keep
/// quiet then.
pub fn is_guarded() -> bool {
    GUARDED.get()
}

/// Runs a reader of another crate: a damaged file must not end the program. The reader's words come on one line.
#[cfg(feature = "formats")]
pub(crate) fn guarded<T, E: std::fmt::Display>(work: impl FnOnce() -> Result<T, E>) -> Result<T, String> {
    GUARDED.set(true);
    let done = std::panic::catch_unwind(std::panic::AssertUnwindSafe(work));
    GUARDED.set(false);
    match done {
        Ok(done) => done.map_err(|e| e.to_string().split_whitespace().collect::<Vec<_>>().join(" ")),
        Err(_) => Err("the library that reads it gave up: its parts contradict each other".to_owned()),
    }
}
