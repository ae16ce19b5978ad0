//! Catches panics of readers of other crates, which may assert what a damaged file violates.

thread_local! {
    /// Whether this thread is inside such a reader.
    static GUARDED: std::cell::Cell<bool> = const { std::cell::Cell::new(false) };
}

/// Whether this thread is inside a reader of another crate, whose panic becomes an error: a panic hook need not report
/// it.
pub fn is_guarded() -> bool {
    GUARDED.get()
}

/// Runs a reader of another crate, whose panic at a damaged file must not end the program, and gives its error on one
/// line.
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
