//! The HTTP interface, from outside: one file per resource, laid out like the routes. Every test has a server of its
//! own in demo mode on SQLite in a temporary directory, with a batch interval of a millisecond.

mod accounts;
mod bad_input;
mod blobs;
mod demo;
mod flow;
mod harness;
mod log;
mod loopback;
mod openapi;
mod outage;
mod page;
mod problems;
mod secrecy;
mod server;
mod sessions;
mod statements;
mod storm;
mod tenders;
