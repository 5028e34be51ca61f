//! One Suqian-style works tender (宿迁), from the accounts to the award, in which everything happens that may
//! happen: somebody never shows up, replaces, withdraws, sends garbage, comes too late, bids twice, loses the line;
//! a trustee lies; somebody objects. The record has to say what became of each.
//!
//! | module | what it plays |
//! |---|---|
//! | [`cast`], [`prices`], [`paper`] | who, for how much, by which rules |
//! | [`preparation`] | accounts, trustees, documents, notice |
//! | [`bidding`], [`trouble`] | sealing and submitting; what goes wrong there |
//! | [`opening`] | closing, release, read-out, confirmations, objection |
//! | [`award`] | draw, opening record, evaluation, candidates, award |
//! | [`ending`], [`fates`] | the bundle verified; what the record says of each |

mod award;
mod bidding;
pub mod cast;
mod ending;
mod fates;
mod opening;
pub mod paper;
mod preparation;
pub mod prices;
mod trouble;

use std::collections::BTreeMap;
use std::path::PathBuf;

use record::{Digest, Identifier};
use serde_json::{Value, json};

use super::actor::{Actor, identifier};
use super::course::{Course, unexpected};
use super::hall::Hall;
use super::narrator::Narrator;
use super::workshop::Workshop;
use super::{Scratch, run_tag};
use crate::failure::Failure;
use cast::{BIDDERS_MAX, BIDDERS_MIN, Bidder, Cast, Character, THRESHOLD};
use prices::Prices;

/// How the tender is played.
#[derive(Clone, Debug)]
pub struct Options {
    /// Bidders, without the three who withdraw, send garbage and come too late.
    pub bidders: usize,
    /// Prices, periods and credit values follow from it.
    pub seed: u64,
    /// Where bundle, trust file and receipts are written to.
    pub export: Option<PathBuf>,
}

/// The tender at play.
struct Play<'a> {
    hall: &'a Hall,
    tell: &'a Narrator,
    scratch: &'a Scratch,
    tender: Identifier,
    cast: Cast,
    /// The bidders' own computers, by account.
    shops: BTreeMap<Identifier, Workshop>,
}

/// What the bidders remember of their bids.
#[derive(Debug, Default)]
struct Remembered {
    /// The last manifest of each bidder.
    last: BTreeMap<Identifier, Digest>,
    /// The bid that was replaced.
    replaced: Option<Digest>,
    /// The bid that came too late.
    late: Option<Digest>,
}

/// Plays it; a summary comes back. What did not come out as expected stands with the narrator.
///
/// # Errors
/// The play cannot go on.
pub fn play(hall: &Hall, tell: &Narrator, options: &Options) -> Result<Value, Failure> {
    if !(BIDDERS_MIN..=BIDDERS_MAX).contains(&options.bidders) {
        let message = format!(
            "--bidders is {BIDDERS_MIN} to {BIDDERS_MAX}, not {}",
            options.bidders
        );
        return Err(Failure::input("usage", message));
    }
    let tag = run_tag()?;
    let scratch = Scratch::new(&tag)?;
    let mut prices = Prices::new(options.seed);
    let cast = Cast::new(&tag, options.bidders, &mut prices)?;
    let tender = identifier(&format!("SQ-2026-{tag}"))?;
    let mut play = Play {
        hall,
        tell,
        scratch: &scratch,
        tender,
        cast,
        shops: BTreeMap::new(),
    };

    let notice = play.prepare()?;
    play.furnish()?;
    let (remembered, snapshot) = play.bid(&notice, &mut prices)?;
    let results = play.open(&notice, &remembered, snapshot)?;
    let decided = play.award()?;
    let ended = play.end(&remembered, &decided, options.export.as_deref())?;
    Ok(json!({
        "format": "kaibiao-rehearsal/1",
        "kind": "works",
        "server": hall.client().server_address(),
        "origin": hall.anchors().origin,
        "tender": play.tender,
        "title": paper::TITLE,
        "winner": { "account": decided.award.winner, "name": play.cast.name(decided.award.winner.as_str()),
                    "price": decided.award.price },
        "draw": decided.draw,
        "read_out": results,
        "result": decided.result,
        "bundle": ended,
        "expectations": tell.expectations(),
        "elapsed_ms": tell.elapsed_ms(),
    }))
}

impl Play<'_> {
    fn course(&self) -> Course<'_> {
        Course {
            hall: self.hall,
            tender: &self.tender,
            tenderee: &self.cast.tenderee,
            trustees: &self.cast.trustees,
            threshold: THRESHOLD,
            witnesses: &self.cast.witnesses,
            shares_replay: false,
        }
    }

    fn headline(&self, chinese: &str, english: &str) -> Result<(), Failure> {
        self.tell.headline(chinese, english, self.hall.now_ms()?);
        Ok(())
    }

    fn furnish(&mut self) -> Result<(), Failure> {
        let root = self.scratch.folder("bidders")?;
        for bidder in &self.cast.bidders {
            let id = bidder.actor.id();
            let shop = Workshop::furnish(&root.join(id.as_str()), self.hall, &bidder.actor)?;
            self.shops.insert(id.clone(), shop);
        }
        Ok(())
    }

    fn shop(&self, actor: &Actor) -> Result<&Workshop, Failure> {
        self.shops
            .get(actor.id())
            .ok_or_else(|| unexpected("workshop"))
    }

    /// The bidder who is there to show `character`.
    fn who(&self, character: Character) -> Result<&Bidder, Failure> {
        self.cast
            .who(character)
            .ok_or_else(|| unexpected("such bidder"))
    }

    /// Account and name, as they are shown.
    fn show(&self, actor: &Actor) -> String {
        let account = actor.id().as_str();
        let short = account.split('.').next().unwrap_or(account);
        format!("{short} {}", actor.name())
    }
}

/// `46,123,456.78`.
fn grouped(price: &str) -> String {
    let (whole, cents) = price.split_once('.').unwrap_or((price, ""));
    let mut text = String::new();
    for (place, digit) in whole.chars().enumerate() {
        if place > 0 && (whole.len() - place) % 3 == 0 {
            text.push(',');
        }
        text.push(digit);
    }
    if cents.is_empty() {
        text
    } else {
        format!("{text}.{cents}")
    }
}

#[cfg(test)]
mod tests {
    use super::grouped;

    #[test]
    fn prices_are_shown_in_groups() {
        let shown = ["1.00", "999", "1000.50", "46123456.78"].map(grouped);
        assert_eq!(shown, ["1.00", "999", "1,000.50", "46,123,456.78"]);
    }
}
