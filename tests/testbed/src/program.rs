//! Where the programs under test are.

use std::path::PathBuf;

/// The directory of the built programs: the one of the test or program that runs now, without `deps`.
///
/// # Panics
/// The running program has no path.
pub fn directory_of_programs() -> PathBuf {
    let running = std::env::current_exe().expect("the running program has a path");
    let directory = running.parent().expect("it lies in a directory");
    let is_inner = directory.ends_with("deps") || directory.ends_with("examples");
    let outer = if is_inner { directory.parent() } else { None };
    outer.unwrap_or(directory).to_owned()
}

/// The server: `KAIBIAO_SERVER_PROGRAM`, or what was built beside the running test.
///
/// # Panics
/// It is not built.
pub fn server_program() -> PathBuf {
    if let Some(path) = std::env::var_os("KAIBIAO_SERVER_PROGRAM") {
        return path.into();
    }
    let path = directory_of_programs().join("kaibiao-server");
    assert!(
        path.is_file(),
        "{} is not there; build it with the same profile and target directory: cargo build -p server",
        path.display()
    );
    path
}
