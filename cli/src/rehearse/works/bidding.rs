//! From the notice to the deadline: contributions, the credit commitment, sealed bids.

use std::num::NonZero;
use std::sync::{Mutex, PoisonError};
use std::thread;

use procedure::act::{Act, CreditCommitted, CreditSnapshot, CreditValue, Notice};
use record::chain::ChainId;
use record::log::leaf::random_salt;
use record::log::receipt::Receipt;
use record::{Digest, Identifier};

use super::cast::{Bidder, Character, decimal};
use super::prices::Prices;
use super::{Play, Remembered};
use crate::failure::Failure;
use crate::rehearse::course::AT_ONCE;
use crate::rehearse::{DAY_MS, HOUR_MS, no_randomness, together};

/// The bid folder of a bidder's only or last bid.
pub(super) const BID: &str = "bid";
/// The folder of a bid that is replaced later.
const FIRST_BID: &str = "bid-first";

/// Processes that seal at the same time.
pub(super) fn cores() -> usize {
    thread::available_parallelism().map_or(1, NonZero::get)
}

impl Play<'_> {
    /// Everything up to the closing.
    pub(super) fn bid(
        &self,
        notice: &Notice,
        prices: &mut Prices,
    ) -> Result<(Remembered, CreditSnapshot), Failure> {
        let snapshot = self.contribute()?;
        let remembered = self.submit(notice, prices)?;
        self.close(notice)?;
        Ok((remembered, snapshot))
    }

    fn contribute(&self) -> Result<CreditSnapshot, Failure> {
        self.headline(
            "抽取随机贡献与信用承诺",
            "Contributions to the draw, credit commitment",
        )?;
        let course = self.course();
        let terms = course.terms()?;
        let seats: Vec<_> = self
            .cast
            .witnesses
            .iter()
            .chain([&self.cast.tenderee])
            .collect();
        together(AT_ONCE, seats, |actor| {
            course.contribute(actor, &terms)?;
            self.tell
                .say(format!("{} seals a random contribution", self.show(actor)));
            Ok(())
        })?;
        let snapshot = self.credit_snapshot()?;
        let id = Act::from(snapshot.clone()).envelope().id();
        let (source, tender) = (&self.cast.credit_source, self.tender.clone());
        source.say(
            self.hall,
            CreditCommitted {
                tender,
                snapshot: id,
                further: Vec::new(),
            },
        )?;
        self.tell.say(format!(
            "{} commits to {} credit values before anybody bids: {id}",
            self.show(source),
            snapshot.values.len()
        ));
        Ok(snapshot)
    }

    fn credit_snapshot(&self) -> Result<CreditSnapshot, Failure> {
        let value = |bidder: &Bidder| CreditValue {
            account: bidder.actor.id().clone(),
            value: bidder.credit.clone(),
        };
        let mut values: Vec<CreditValue> = self.cast.bidders.iter().map(value).collect();
        values.sort_by(|left, right| left.account.cmp(&right.account));
        let salt = random_salt().map_err(|_| no_randomness())?;
        Ok(CreditSnapshot {
            tender: self.tender.clone(),
            taken_ms: self.hall.now_ms()?,
            origin: "江苏省建筑市场监管与诚信信息一体化平台".to_owned(),
            salt: Digest(salt.0),
            values,
        })
    }

    fn submit(&self, notice: &Notice, prices: &mut Prices) -> Result<Remembered, Failure> {
        self.hall.advance_to(self.hall.now_ms()? + 8 * DAY_MS)?;
        self.headline("投标", "Sealed bids")?;
        let first_fen: Vec<u64> = self
            .cast
            .bidders
            .iter()
            .map(|bidder| prices.higher_fen(bidder.price_fen))
            .collect();
        let remembered = Mutex::new(Remembered::default());
        let working = self
            .tell
            .working("bidders seal, each in a process of its own");
        together(
            cores(),
            self.cast.bidders.iter().zip(first_fen),
            |(bidder, first_fen)| {
                let manifest = self.first_bid(bidder, first_fen)?;
                let mut remembered = remembered.lock().unwrap_or_else(PoisonError::into_inner);
                if bidder.is(Character::TooLate) {
                    remembered.late = manifest;
                } else if bidder.is(Character::Replaces) {
                    remembered.replaced = manifest;
                } else if let Some(manifest) = manifest {
                    remembered.last.insert(bidder.actor.id().clone(), manifest);
                }
                Ok(())
            },
        )?;
        drop(working);
        let mut remembered = remembered
            .into_inner()
            .unwrap_or_else(PoisonError::into_inner);
        let count = self.cast.bidders.len() - 1;
        self.tell.say(format!(
            "{count} bids are sealed and submitted; the platform cannot read them"
        ));

        self.hall.advance_to(self.hall.now_ms()? + DAY_MS)?;
        self.change_minds(&mut remembered)?;
        self.nothing_is_shown()?;
        self.hall.advance_to(notice.deadline_ms - HOUR_MS)?;
        Ok(remembered)
    }

    /// What a bidder does on the first day; the statement id of its manifest.
    fn first_bid(&self, bidder: &Bidder, first_fen: u64) -> Result<Option<Digest>, Failure> {
        let shop = self.shop(&bidder.actor)?;
        if bidder.is(Character::InterruptedUpload) {
            self.seal(
                bidder,
                BID,
                bidder.price_fen,
                &["--attach", &self.write_attachment(shop)?],
            )?;
            self.lose_the_line(bidder, shop)?;
        } else if bidder.is(Character::Replaces) {
            self.seal(bidder, FIRST_BID, first_fen, &[])?;
        } else {
            self.seal(bidder, BID, bidder.price_fen, &[])?;
        }
        if bidder.is(Character::TooLate) {
            return Ok(Some(self.sealed_manifest(shop, BID)?));
        }
        if bidder.is(Character::GarbageKeyBlock) {
            return self.send_garbage(bidder, shop).map(Some);
        }
        let folder = if bidder.is(Character::Replaces) {
            FIRST_BID
        } else {
            BID
        };
        let receipt = shop.submit(folder)?;
        self.keep(bidder, "bid-manifest", &receipt);
        if bidder.is(Character::SendsAgain) {
            self.send_again(bidder, shop, folder, &receipt)?;
        }
        if bidder.is(Character::BidsTwice) {
            self.bid_twice(bidder, shop)?;
        }
        Ok(Some(receipt.statement_id))
    }

    /// Runs `kaibiao seal` on the bidder's own computer.
    pub(super) fn seal(
        &self,
        bidder: &Bidder,
        folder: &str,
        price_fen: u64,
        further: &[&str],
    ) -> Result<(), Failure> {
        let price = format!("price={}", decimal(price_fen));
        let period = format!("period={}", bidder.period_days);
        let manager = format!("manager={}", bidder.manager);
        let arguments = [
            "seal",
            self.tender.as_str(),
            &price,
            &period,
            &manager,
            "--out",
            folder,
        ];
        self.shop(&bidder.actor)?
            .must(&[&arguments, further].concat())?;
        Ok(())
    }

    /// Keeps a receipt that a bidder's process got.
    pub(super) fn keep(&self, bidder: &Bidder, kind: &str, receipt: &Receipt) {
        self.hall
            .keep(&format!("{}-{kind}", bidder.actor.id()), receipt.clone());
    }

    /// One bidder replaces its bid, another one withdraws.
    fn change_minds(&self, remembered: &mut Remembered) -> Result<(), Failure> {
        let bidder = self.who(Character::Replaces)?;
        self.seal(bidder, BID, bidder.price_fen, &["--previous", FIRST_BID])?;
        let receipt = self.shop(&bidder.actor)?.submit(BID)?;
        self.keep(bidder, "bid-manifest", &receipt);
        let id: Identifier = bidder.actor.id().clone();
        remembered.last.insert(id, receipt.statement_id);
        self.tell.say(format!(
            "{} replaces its bid by a lower one",
            self.show(&bidder.actor)
        ));

        let bidder = self.who(Character::Withdraws)?;
        let receipt = self.shop(&bidder.actor)?.act(&["withdraw", BID, "--yes"])?;
        self.keep(bidder, "bid-withdrawn", &receipt);
        self.tell.say(format!(
            "{} withdraws its bid (撤回)",
            self.show(&bidder.actor)
        ));
        Ok(())
    }

    /// Before the deadline the public feed shows neither bids nor withdrawals.
    fn nothing_is_shown(&self) -> Result<(), Failure> {
        let items = self
            .hall
            .client()
            .chain(&ChainId::Tender(self.tender.clone()))?;
        let sealed = ["bid-manifest", "bid-withdrawn", "draw-contribution"];
        let shown = items
            .iter()
            .filter(|item| sealed.contains(&item.kind.as_str()))
            .count();
        let numbered = items
            .iter()
            .filter(|item| item.index.is_some() || item.seq.is_some())
            .count();
        let what = "before the deadline nobody can see whether there are bids, or how many";
        self.tell.expect(
            what,
            shown == 0 && numbered == 0,
            format!("{shown} shown, {numbered} numbered"),
        );
        Ok(())
    }

    fn close(&self, notice: &Notice) -> Result<(), Failure> {
        self.hall.advance_to(notice.deadline_ms)?;
        self.headline("投标截止", "Closing")?;
        self.come_too_late()?;
        self.hall.wait_stage(&self.tender, "opening")?;
        let record = self.hall.record(&self.tender)?;
        let live = record
            .tender
            .stage()
            .bidding()
            .map_or(0, |bidding| bidding.live.len());
        let expected = self
            .cast
            .bidders
            .iter()
            .filter(|bidder| bidder.is_live())
            .count();
        let what = format!("{expected} bidders have a live bid at closing");
        self.tell.expect(what, live == expected, live.to_string());
        self.tell.say(format!(
            "closed: {live} live bids, {} more than the law demands",
            live.saturating_sub(super::cast::BIDDERS_MIN)
        ));
        Ok(())
    }
}
