//! Sealing against the vectors, against other implementations, and against bad input.

mod context;
mod dealing;
mod kem;
mod parts;
mod resolution;
mod roots;
mod shamir;
mod vectors;
