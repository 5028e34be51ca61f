//! The `kaibiao` command.

fn main() {}
