//! Readers who follow a feed with its cursor, a page at a time, while others write.

use std::collections::BTreeMap;
use std::time::Duration;

use serde_json::Value;
use testbed::Client;

/// Follows the statements of one chain.
pub struct Follower {
    client: Client,
    path: String,
    limit: u32,
    after: Option<String>,
    /// Ids in the order in which they were seen.
    pub seen: Vec<String>,
}

impl Follower {
    /// From the beginning of the list at `path`, pages of `limit`.
    pub fn new(client: Client, path: &str, limit: u32) -> Follower {
        Follower {
            client,
            path: path.to_owned(),
            limit,
            after: None,
            seen: Vec::new(),
        }
    }

    /// One page; how many items it held.
    ///
    /// # Panics
    /// The answer is not a page.
    pub fn step(&mut self) -> usize {
        let page = page(&self.client, &self.path, self.limit, self.after.as_deref());
        let items = page["items"].as_array().expect("items");
        self.seen.extend(items.iter().map(|item| text(&item["id"])));
        self.after = page["resume"]
            .as_str()
            .map(str::to_owned)
            .or(self.after.take());
        items.len()
    }

    /// Follows until `done`, and then to the end.
    ///
    /// # Panics
    /// The answer is not a page.
    pub fn follow(&mut self, done: impl Fn() -> bool) {
        loop {
            // Asked before the page is read: what was written before that is on it.
            let is_last = done();
            if self.step() == 0 {
                if is_last {
                    return;
                }
                std::thread::sleep(Duration::from_millis(2));
            }
        }
    }
}

/// Follows the feed of changed tenders: each comes again whenever it has changed.
pub struct TenderFollower {
    client: Client,
    limit: u32,
    after: Option<String>,
    /// The cursors behind every page, in order: they only move forward.
    pub positions: Vec<u64>,
    /// How each tender was seen last.
    pub latest: BTreeMap<String, Value>,
    /// How often each was seen.
    pub times: BTreeMap<String, usize>,
}

impl TenderFollower {
    /// From the beginning, pages of `limit`.
    pub fn new(client: Client, limit: u32) -> TenderFollower {
        TenderFollower {
            client,
            limit,
            after: None,
            positions: Vec::new(),
            latest: BTreeMap::new(),
            times: BTreeMap::new(),
        }
    }

    /// One page; how many items it held.
    ///
    /// # Panics
    /// The answer is not a page.
    pub fn step(&mut self) -> usize {
        let page = page(
            &self.client,
            "/api/v1/tenders",
            self.limit,
            self.after.as_deref(),
        );
        let items = page["items"].as_array().expect("items");
        for item in items {
            let name = text(&item["tender"]);
            *self.times.entry(name.clone()).or_default() += 1;
            self.latest.insert(name, item.clone());
        }
        if let Some(resume) = page["resume"].as_str() {
            let (position, _) = resume.split_once('.').expect("index and tender");
            self.positions.push(position.parse().expect("an index"));
            self.after = Some(resume.to_owned());
        }
        items.len()
    }

    /// Follows until `done`, and then to the end.
    ///
    /// # Panics
    /// The answer is not a page.
    pub fn follow(&mut self, done: impl Fn() -> bool) {
        loop {
            let is_last = done();
            if self.step() == 0 {
                if is_last {
                    return;
                }
                std::thread::sleep(Duration::from_millis(2));
            }
        }
    }
}

fn page(client: &Client, path: &str, limit: u32, after: Option<&str>) -> Value {
    let cursor = after
        .map(|after| format!("&after={after}"))
        .unwrap_or_default();
    let answer = client.get(&format!("{path}?limit={limit}{cursor}"));
    answer.must_be(200).json()
}

fn text(value: &Value) -> String {
    value.as_str().expect("a text").to_owned()
}
