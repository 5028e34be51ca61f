//! A real server on this machine, driven and checked from outside: the program that operators run, over HTTP, on
//! SQLite or PostgreSQL. Nothing here looks into the server; it depends neither on `server` nor on `cli`.
//!
//! | to | use |
//! |---|---|
//! | start, kill, stop and restart a server | [`ServerProcess`] with [`Setup`] |
//! | ask it something, post a statement, upload content | [`Client`] |
//! | lead a tender from the draft to the award | [`Course`] |
//! | know what the public record says, by an own replay | [`Reading`] |
//! | remember every receipt and checkpoint that was handed out | [`Evidence`] |
//! | keep blobs in an S3-compatible service | [`Bucket`] |
//! | demand that all of it still holds | [`audit()`], [`audit_at_rest`] |
//!
//! ```no_run
//! use testbed::{Course, Database, Script, ServerProcess, Setup, Step};
//! let mut server = ServerProcess::start(Setup::new(Database::Sqlite));
//! let mut course = Course::new(server.client(), Script::plain("T-1"));
//! course.go_to(Step::Closed);
//! server.kill();
//! server.restart();
//! course.go_to(Step::Awarded);
//! testbed::audit(&course.client).demand();
//! ```
//!
//! What cannot go wrong in a sane world panics with everything that is known, because this crate is for tests only.

mod attachment;
mod audit;
mod bucket;
mod client;
mod course;
mod database;
mod evidence;
mod program;
mod reading;
mod server;

pub use attachment::{SealedAttachment, seal_with_attachments};
pub use audit::{Audit, audit, audit_at_rest};
pub use bucket::Bucket;
pub use client::{Answer, Client, Failure, Lost, Problem, Said, chain_path, signed};
pub use course::{Course, Step};
pub use database::Database;
pub use evidence::{Evidence, Upload};
pub use play::{Actor, Script};
pub use program::{directory_of_programs, server_program};
pub use reading::{Reading, read_chain};
pub use server::{ServerProcess, Setup, free_port};
