//! The program `neuropil`: see `cli`.

mod cli;

fn main() -> std::process::ExitCode {
    #[cfg(all(feature = "gpu", target_os = "linux"))]
    without_a_display();
    #[cfg(all(target_os = "linux", target_env = "gnu"))]
    large_blocks_return();
    cli::main()
}

/// Makes the allocator return large blocks to the system. By default it keeps blocks of the size of the first large one
/// that is freed, so that the memory that reading a connectome took would stay in use beside the network.
#[cfg(all(target_os = "linux", target_env = "gnu"))]
#[allow(unsafe_code)]
fn large_blocks_return() {
    const LARGE: libc::c_int = 512 << 10;
    // SAFETY: it sets a number of the allocator's, and there is no other thread yet. A refusal is of no consequence.
    unsafe { libc::mallopt(libc::M_MMAP_THRESHOLD, LARGE) };
}

/// Keeps libwayland silent where there is no display server. A Vulkan layer of Mesa looks for one all the same, and
/// libwayland complains on standard error if `XDG_RUNTIME_DIR` is not set; with a path under which there can be no
/// socket it does not.
#[cfg(all(feature = "gpu", target_os = "linux"))]
#[allow(unsafe_code)]
fn without_a_display() {
    const NAME: &str = "XDG_RUNTIME_DIR";
    if std::env::var_os(NAME).is_none_or(|folder| std::path::Path::new(&folder).is_relative()) {
        // SAFETY: nothing has been done yet, so there is no other thread that could read the environment meanwhile.
        unsafe { std::env::set_var(NAME, "/dev/null") }
    }
}
