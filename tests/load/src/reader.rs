//! Those who only look: many clients, few connections, as behind a proxy.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use tokio::sync::{Mutex as Shared, Semaphore};
use tokio::time::sleep_until;

use crate::connection::Connection;
use crate::tally::Tally;

/// Everything that readers share.
pub struct Readers {
    /// What they read, in turn.
    paths: Vec<String>,
    /// How long each thinks between two looks.
    think: Duration,
    /// When they stop.
    until: Instant,
    connections: Vec<Shared<Connection>>,
    free: Semaphore,
    tally: Arc<Tally>,
    took: Mutex<Vec<Duration>>,
}

impl Readers {
    /// `connections` at most are open at a time.
    pub fn new(
        address: SocketAddr,
        paths: Vec<String>,
        think: Duration,
        until: Instant,
        connections: usize,
        tally: Arc<Tally>,
    ) -> Readers {
        Readers {
            paths,
            think,
            until,
            connections: (0..connections)
                .map(|_| Shared::new(Connection::new(address)))
                .collect(),
            free: Semaphore::new(connections),
            tally,
            took: Mutex::default(),
        }
    }

    /// How long each answer took, waiting for a connection not counted.
    pub fn took(&self) -> Vec<Duration> {
        let mut took = self.took.lock().unwrap_or_else(PoisonError::into_inner);
        std::mem::take(&mut took)
    }

    /// One reader of many: looks, thinks, and looks again; what it has seen it asks for with its tag.
    pub async fn read(self: Arc<Self>, number: usize) {
        let mut tags: Vec<Option<String>> = vec![None; self.paths.len()];
        // The first looks are spread over one pause.
        let spread = self.think.mul_f64((number % 997) as f64 / 997.0);
        let mut next = Instant::now() + spread;
        let mut turn = number;
        while next < self.until {
            sleep_until(next.into()).await;
            let which = turn % self.paths.len();
            self.look(number, &self.paths[which], &mut tags[which])
                .await;
            turn += 1;
            next = (next + self.think).max(Instant::now());
        }
    }

    async fn look(&self, number: usize, path: &str, tag: &mut Option<String>) {
        let Ok(_free) = self.free.acquire().await else {
            return;
        };
        // A permit means that some connection is free; look for it from an own place on.
        let count = self.connections.len();
        let free =
            (0..count).find_map(|step| self.connections[(number + step) % count].try_lock().ok());
        let Some(mut connection) = free else { return };
        let known;
        let headers: &[(&str, &str)] = match tag {
            // Every other look is that of somebody who comes for the first time.
            Some(tag) if number.is_multiple_of(2) => {
                known = [("if-none-match", tag.as_str())];
                &known
            }
            _ => &[],
        };
        let first = Instant::now();
        match connection.send("GET", path, headers, &[]).await {
            Ok(answer) => {
                let took = first.elapsed();
                self.took
                    .lock()
                    .unwrap_or_else(PoisonError::into_inner)
                    .push(took);
                match answer.status {
                    200 | 304 => *tag = answer.header("etag").map(str::to_owned),
                    429 | 503 if answer.header("retry-after").is_some() => {
                        self.tally.count("readers told to come again");
                    }
                    status => self.tally.find(format!("GET {path}: {status}")),
                }
            }
            Err(error) => self
                .tally
                .count(format!("reader without answer: {}", error.kind())),
        }
    }
}
