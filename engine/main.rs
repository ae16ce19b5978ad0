//! The program `neuropil`: see `cli`.

mod cli;

fn main() -> std::process::ExitCode {
    #[cfg(all(feature = "gpu", target_os = "linux"))]
    without_a_display();
    #[cfg(all(target_os = "linux", target_env = "gnu"))]
    large_blocks_return();
    cli::main()
}

/// From the first large block that is freed, the allocator keeps blocks of that size for itself: what reading a connectome took
/// would stay beside the network. With a bound that stays where it is, they go back to the system.
#[cfg(all(target_os = "linux", target_env = "gnu"))]
#[allow(unsafe_code)]
fn large_blocks_return() {
    const LARGE: libc::c_int = 512 << 10;
    // SAFETY: it sets a number of the allocator's, and there is no other thread yet. A refusal is of no consequence.
    unsafe { libc::mallopt(libc::M_MMAP_THRESHOLD, LARGE) };
}

/// Where there is no display server, a Vulkan layer of Mesa looks for one all the same, and libwayland complains on standard
/// error that `XDG_RUNTIME_DIR` names no folder for sockets. With a path under which there can be none it finds none, in
/// silence.
#[cfg(all(feature = "gpu", target_os = "linux"))]
#[allow(unsafe_code)]
fn without_a_display() {
    const NAME: &str = "XDG_RUNTIME_DIR";
    if std::env::var_os(NAME).is_none_or(|folder| std::path::Path::new(&folder).is_relative()) {
        // SAFETY: nothing has been done yet, so there is no other thread that could read the environment meanwhile.
        unsafe { std::env::set_var(NAME, "/dev/null") }
    }
}
