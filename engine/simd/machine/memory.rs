//! Memory that holds instructions: it is written, then made executable, and never both at once.

/// Pages of memory with instructions, which are executable and not written any more.
#[derive(Debug)]
pub struct Pages {
    /// Where they begin.
    at: *mut libc::c_void,
    /// The bytes of the instructions.
    bytes: usize,
}

// SAFETY: nobody writes to them after they are made.
unsafe impl Send for Pages {}
// SAFETY: as above.
unsafe impl Sync for Pages {}

impl Pages {
    /// Pages with the instructions `code`; `None` if there are none, or if the system refuses.
    pub fn of(code: &[u8]) -> Option<Pages> {
        if code.is_empty() {
            return None;
        }
        let (read_write, own) = (libc::PROT_READ | libc::PROT_WRITE, libc::MAP_PRIVATE | libc::MAP_ANON);
        // SAFETY: new pages, wherever the system likes.
        let at = unsafe { libc::mmap(std::ptr::null_mut(), code.len(), read_write, own, -1, 0) };
        if at == libc::MAP_FAILED {
            return None;
        }
        let pages = Pages { at, bytes: code.len() };
        // SAFETY: the pages have room for the bytes of `code`, and nobody else knows of them.
        unsafe { std::ptr::copy_nonoverlapping(code.as_ptr(), at.cast(), code.len()) };
        // SAFETY: they are our own.
        let changed = unsafe { libc::mprotect(at, code.len(), libc::PROT_READ | libc::PROT_EXEC) };
        (changed == 0).then_some(pages)
    }

    /// Where the first instruction is.
    pub fn start(&self) -> *const u8 {
        self.at.cast_const().cast()
    }
}

impl Drop for Pages {
    fn drop(&mut self) {
        // SAFETY: they are our own, and whoever could run what is in them has borrowed them.
        unsafe { libc::munmap(self.at, self.bytes) };
    }
}
