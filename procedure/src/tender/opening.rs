//! The opening: closing, releases, results read out, confirmations, the benchmark set (protocol section 5).

use std::borrow::Cow;
use std::collections::BTreeMap;

use record::chain::{ChainId, name_ends};
use record::list::in_statement;
use record::sealing::{EnvelopeKind, FileKey, open_part};
use record::{Digest, Identifier};

use super::form::read_form;
use super::notice::PRICE_FIELD;
use super::preparation::check_slot;
use super::{
    BidStatus, Bidding, Case, Closed, Opened, Opening, ReadOut, Releases, Resolved, SetMember,
    Stage, Tender, rules,
};
use crate::At;
use crate::act::{
    BenchmarkSet, BidOpened, BidResult, Closing, Consequence, Exclusion, ExclusionReason,
    FormValue, OpeningResults, Outcome, OutcomeReason, ReadOutConfirmed, RuleSet, ShareRelease,
    WhoOpens,
};
use crate::limits::{ANSWERS_PER_BIDDER_MAX, RESULTS_PAGE_BYTES, RESULTS_PER_PAGE};
use crate::refusal::{Code, Refusal, demand};

impl Tender {
    pub(super) fn closing(&mut self, body: &Closing, case: &Case<'_>) -> Result<(), Refusal> {
        case.signed_by_platform()?;
        if let Stage::Suspended(_) = self.stage {
            return Err(self.suspended());
        }
        let Stage::Announced(bidding) = &self.stage else {
            return Err(self.wrong_stage());
        };
        let deadline_ms = bidding.deadline_ms;
        demand(
            case.at.time_ms >= deadline_ms,
            Code::DeadlineNotReached,
            || {
                format!(
                    "deadline {deadline_ms} ms, admitted at {} ms",
                    case.at.time_ms
                )
            },
        )?;
        self.check_named(body)?;
        let (minimum, _) = bidding.profile.bidders_min();
        let enough = bidding.live.len() >= usize::try_from(minimum).unwrap_or(usize::MAX);
        let (closing, closed) = (case.id, case.at);
        self.advance(|stage| match stage {
            Stage::Announced(bidding) => {
                let closed = Closed {
                    bidding: *bidding,
                    closing,
                    closed,
                    credit: None,
                    credit_pages: 0,
                };
                if enough {
                    Stage::Opening(Box::new(Opening::new(closed)))
                } else {
                    Stage::Closed(Box::new(closed))
                }
            }
            other => other,
        });
        Ok(())
    }

    /// `closing` names the chains that it must. Where their ends are, only the log knows: the server, which takes
    /// them from there, and whoever has the chains can compare.
    fn check_named(&self, body: &Closing) -> Result<(), Refusal> {
        let expected = self.chains_to_name();
        let count = expected.len();
        let (named, accounts) = name_ends(expected, |chain| chain);
        let each = body.chains.iter().map(|end| &end.chain).eq(&named);
        demand(each, Code::ChainsIncomplete, || {
            format!(
                "{count} chains must be named, this one first, then the platform, then accounts"
            )
        })
        .map_err(|refusal| refusal.at("/chains"))?;
        let counted = body.accounts.map(|list| list.count) == accounts.map(|list| list.count);
        demand(counted, Code::ChainsIncomplete, || {
            format!(
                "the accounts' ends of {count} chains, where they do not fit, are named by count and root"
            )
        })
        .map_err(|refusal| refusal.at("/accounts"))
    }

    /// The chains that `closing` names: this one, the platform's, and every account that signed here.
    pub fn chains_to_name(&self) -> Vec<ChainId> {
        let own = ChainId::Tender(self.id.clone());
        let accounts = self.signers.iter().cloned().map(ChainId::Account);
        [own, ChainId::Platform]
            .into_iter()
            .chain(accounts)
            .collect()
    }

    pub(super) fn share_release(
        &mut self,
        body: &ShareRelease,
        case: &Case<'_>,
    ) -> Result<(), Refusal> {
        match body.kind {
            EnvelopeKind::Rehearsal => self.rehearsal_release(body, case),
            EnvelopeKind::Opening => self.opening_release(body, case),
            EnvelopeKind::Contrib => self.contribution_release(body, case),
            EnvelopeKind::Technical | EnvelopeKind::Commercial => Err(Refusal::new(
                Code::EnvelopeUnknown,
                "this tender has no such envelopes",
            )
            .at("/kind")),
        }
    }

    /// The opening window while it is open.
    fn open_window(&mut self, case: &Case<'_>) -> Result<&mut Opening, Refusal> {
        let refusal = match &self.stage {
            Stage::Closed(_) => Refusal::new(Code::TooFewBidders, "nothing is opened"),
            _ => self.wrong_stage(),
        };
        let Stage::Opening(opening) = &mut self.stage else {
            return Err(refusal);
        };
        let end_ms = opening.window_end_ms();
        let open = opening.frozen.is_none() && case.at.time_ms < end_ms;
        demand(open, Code::WindowClosed, || {
            format!("the window closed at {end_ms} ms")
        })?;
        let start_ms = opening.closed.bidding.opening_ms();
        demand(case.at.time_ms >= start_ms, Code::WindowOpen, || {
            format!("the opening begins at {start_ms} ms")
        })?;
        Ok(opening)
    }

    fn opening_release(&mut self, body: &ShareRelease, case: &Case<'_>) -> Result<(), Refusal> {
        let opening = self.open_window(case)?;
        let bidding = &opening.closed.bidding;
        let by_trustees = bidding.notice.opening.who_opens != WhoOpens::Bidder;
        demand(by_trustees, Code::OpeningByOther, || "the bidders open")?;
        check_slot(&bidding.trustees, body.slot, case)?;
        opening.releases.check_shares(body.slot, &body.shares)?;
        opening.releases.take_shares(body.slot, &body.shares);
        Ok(())
    }

    pub(super) fn bid_opened(&mut self, body: &BidOpened, case: &Case<'_>) -> Result<(), Refusal> {
        if body.kind == EnvelopeKind::Contrib {
            return self.contribution_opened(body, case);
        }
        demand(
            body.kind == EnvelopeKind::Opening,
            Code::EnvelopeUnknown,
            || "opening or contrib",
        )
        .map_err(|refusal| refusal.at("/kind"))?;
        let owner = case.only_signer()?.clone();
        let opening = self.open_window(case)?;
        let by_bidder = opening.closed.bidding.notice.opening.who_opens != WhoOpens::Trustees;
        demand(by_bidder, Code::OpeningByOther, || "the trustees open")?;
        opening
            .releases
            .check_own(&body.envelope, &owner, &body.key)?;
        opening.releases.take_own(&body.envelope, &body.key);
        Ok(())
    }

    pub(super) fn opening_results(
        &mut self,
        body: &OpeningResults,
        case: &Case<'_>,
    ) -> Result<(), Refusal> {
        case.signed_by_platform()?;
        let Stage::Opening(opening) = &self.stage else {
            return Err(self.wrong_stage());
        };
        demand(
            opening.may_publish(case.at.time_ms),
            Code::WindowOpen,
            || {
                format!(
                    "bids are unresolved and the window is open until {} ms",
                    opening.window_end_ms()
                )
            },
        )?;
        let results = opening.results();
        let expected = opening.next_page(&self.id, &results);
        demand(
            *body == expected,
            Code::ResultMismatch,
            || "the page is not what the releases give",
        )?;

        let fresh = match results {
            Cow::Owned(results) => Some(ReadOut::of(results)),
            Cow::Borrowed(_) => None,
        };
        let (id, at) = (case.id, case.at);
        self.advance(|stage| match stage {
            Stage::Opening(opening) => opening.publish(fresh, id, at, body.page == body.pages),
            other => other,
        });
        Ok(())
    }

    pub(super) fn read_out_confirmed(
        &mut self,
        body: &ReadOutConfirmed,
        case: &Case<'_>,
    ) -> Result<(), Refusal> {
        let wrong_stage = self.wrong_stage();
        let bidder = case.only_signer()?.clone();
        let Stage::Opened(opened) = &mut self.stage else {
            return Err(wrong_stage);
        };
        let own = opened
            .line_of(&bidder)
            .is_some_and(|line| line.manifest == body.manifest);
        demand(own, Code::NotABidder, || "confirm your own bid")
            .map_err(|refusal| refusal.at("/manifest"))?;
        let end_ms = opened.confirmation_end_ms();
        demand(case.at.time_ms < end_ms, Code::WindowClosed, || {
            format!("the window closed at {end_ms} ms")
        })?;
        let answers = opened.answers.get(&body.manifest).copied();
        let answers = answers.unwrap_or(0).saturating_add(1);
        demand(
            answers <= ANSWERS_PER_BIDDER_MAX,
            Code::LimitExceeded,
            || format!("a bidder answers the read-out at most {ANSWERS_PER_BIDDER_MAX} times"),
        )?;
        opened.answers.insert(body.manifest, answers);
        opened.confirmations.insert(body.manifest, body.agrees);
        Ok(())
    }

    pub(super) fn benchmark_set(
        &mut self,
        body: &BenchmarkSet,
        case: &Case<'_>,
    ) -> Result<(), Refusal> {
        let Stage::Opened(opened) = &self.stage else {
            return Err(self.wrong_stage());
        };
        case.signed_only_by(&self.tenderee)?;
        self.demand_no_objection()?;
        let end_ms = opened.confirmation_end_ms();
        let settled = opened.all_answered() || case.at.time_ms >= end_ms;
        demand(settled, Code::WindowOpen, || {
            format!("bidders may confirm until {end_ms} ms")
        })?;
        let (members, expected) = opened.benchmark_set(&self.id);
        demand(
            *body == expected,
            Code::ResultMismatch,
            || "the set follows from the read-out and the control price",
        )?;
        demand(
            !members.is_empty(),
            Code::ResultMismatch,
            || "no bid is left; the tender fails",
        )?;
        let (id, at) = (case.id, case.at);
        self.advance(|stage| match stage {
            Stage::Opened(opened) => Stage::Drawing(Box::new(super::drawing::first_attempt(
                *opened, id, members, at,
            ))),
            other => other,
        });
        Ok(())
    }
}

impl Opening {
    fn new(closed: Closed) -> Opening {
        let bidding = &closed.bidding;
        let live = bidding
            .live_bids()
            .map(|(id, bid)| (*id, bid.opening.clone()));
        let releases = Releases::new(bidding.keys.clone(), live);
        Opening {
            closed,
            releases,
            frozen: None,
            pages: Vec::new(),
        }
    }

    /// When the window ends: counted from the opening or from closing, whichever is later.
    pub fn window_end_ms(&self) -> u64 {
        let bidding = &self.closed.bidding;
        bidding
            .opening_ms()
            .max(self.closed.closed.time_ms)
            .saturating_add(bidding.notice.opening.window_ms)
    }

    /// Results are published at once when all envelopes are resolved, or when the window has ended.
    pub fn may_publish(&self, now_ms: u64) -> bool {
        self.frozen.is_some() || self.releases.all_resolved() || now_ms >= self.window_end_ms()
    }

    /// What became of every live bid, bidders ascending.
    pub fn results(&self) -> Cow<'_, [BidResult]> {
        if let Some(frozen) = &self.frozen {
            return Cow::Borrowed(&frozen.results);
        }
        let bidding = &self.closed.bidding;
        let lines = bidding.live.iter();
        Cow::Owned(
            lines
                .map(|(bidder, manifest)| self.result(bidding, bidder, manifest))
                .collect(),
        )
    }

    fn result(&self, bidding: &Bidding, bidder: &Identifier, manifest: &Digest) -> BidResult {
        let reading = match self.releases.resolved(manifest) {
            Some(Resolved::Opened { key }) => read_out(bidding, manifest, &key),
            Some(Resolved::NoKeyFits) => Err(OutcomeReason::KeyBlock),
            None if bidding.notice.opening.who_opens == WhoOpens::Bidder => {
                Err(OutcomeReason::BidderSilent)
            }
            None => Err(OutcomeReason::TooFewShares),
        };
        let (outcome, reason, form) = match reading {
            Ok(form) => (Outcome::Valid, None, form),
            Err(reason) => (outcome_of(reason), Some(reason), BTreeMap::new()),
        };
        BidResult {
            bidder: bidder.clone(),
            manifest: *manifest,
            outcome,
            reason,
            consequence: reason.map(consequence_of),
            form,
            wrong_shares: self.releases.wrong_slots(manifest),
        }
    }

    /// The page that is published next.
    pub fn next_page(&self, tender: &Identifier, results: &[BidResult]) -> OpeningResults {
        let ends = match &self.frozen {
            Some(frozen) => Cow::Borrowed(&frozen.page_ends),
            None => Cow::Owned(page_ends(results)),
        };
        let place = self.pages.len();
        let before = place.checked_sub(1).and_then(|before| ends.get(before));
        let start = before.copied().unwrap_or(0);
        let lines = ends.get(place).and_then(|end| results.get(start..*end));
        let number = |count: usize| u32::try_from(count).unwrap_or(u32::MAX);
        OpeningResults {
            tender: tender.clone(),
            page: number(place.saturating_add(1)),
            pages: number(ends.len()),
            results: lines.unwrap_or_default().to_vec(),
        }
    }

    fn publish(
        mut self: Box<Self>,
        fresh: Option<ReadOut>,
        page: Digest,
        at: At,
        is_last: bool,
    ) -> Stage {
        self.pages.push(page);
        self.frozen = self.frozen.or(fresh);
        if !is_last {
            return Stage::Opening(self);
        }
        let results = self.frozen.map(|frozen| frozen.results);
        let results = results.unwrap_or_default();
        let opened_key = |id: &Digest| match self.releases.resolved(id) {
            Some(Resolved::Opened { key }) => Some((*id, key)),
            _ => None,
        };
        let keys = self.releases.ids().filter_map(opened_key).collect();
        let rules = &self.closed.bidding.notice.rules;
        let any_eligible = results.iter().any(|line| standing(rules, line).is_ok());
        Stage::Opened(Box::new(Opened {
            closed: self.closed,
            pages: self.pages,
            opened: at,
            results,
            any_eligible,
            keys,
            confirmations: BTreeMap::new(),
            answers: BTreeMap::new(),
        }))
    }
}

impl ReadOut {
    fn of(results: Vec<BidResult>) -> ReadOut {
        ReadOut {
            page_ends: page_ends(&results),
            results,
        }
    }
}

/// Cuts the lines into pages that fit into statements, at least one: behind which line each ends.
fn page_ends(results: &[BidResult]) -> Vec<usize> {
    let mut ends = Vec::new();
    let mut rest = results;
    loop {
        let mut bytes = 0_usize;
        let fitting = rest.iter().take(RESULTS_PER_PAGE).take_while(|line| {
            bytes = bytes
                .saturating_add(serde_json::to_vec(line).map_or(usize::MAX, |json| json.len()));
            bytes <= RESULTS_PAGE_BYTES
        });
        // One line fits in any case.
        let (_, behind) = rest.split_at(fitting.count().max(1).min(rest.len()));
        ends.push(results.len().saturating_sub(behind.len()));
        if behind.is_empty() {
            return ends;
        }
        rest = behind;
    }
}

fn read_out(
    bidding: &Bidding,
    manifest: &Digest,
    key: &Digest,
) -> Result<BTreeMap<Identifier, FormValue>, OutcomeReason> {
    let bid = bidding.bids.get(manifest).ok_or(OutcomeReason::Part)?;
    let plaintext = open_part(
        &FileKey::from_bytes(key.0),
        &bid.opening.context,
        0,
        &bid.form,
    )
    .map_err(|_| OutcomeReason::Part)?;
    read_form(&bidding.notice.bid_form, &plaintext).map_err(|_| OutcomeReason::Form)
}

/// The table of outcomes: which reasons are decided by what the bidder submitted or did.
fn outcome_of(reason: OutcomeReason) -> Outcome {
    match reason {
        OutcomeReason::KeyBlock | OutcomeReason::Part | OutcomeReason::Form => Outcome::Invalid,
        OutcomeReason::TooFewShares | OutcomeReason::BidderSilent => Outcome::Unresolved,
    }
}

/// The table of faults (电子招标投标办法 §31): by the bidder's fault a bid counts as revoked (撤销), by any
/// other cause as withdrawn (撤回).
fn consequence_of(reason: OutcomeReason) -> Consequence {
    match reason {
        OutcomeReason::KeyBlock
        | OutcomeReason::Part
        | OutcomeReason::Form
        | OutcomeReason::BidderSilent => Consequence::DeemedRevoked,
        OutcomeReason::TooFewShares => Consequence::DeemedWithdrawn,
    }
}

/// The price with which a bid enters the benchmark, or why it does not.
fn standing<'a>(announced: &RuleSet, line: &'a BidResult) -> Result<&'a str, ExclusionReason> {
    let price = line
        .form
        .iter()
        .find(|(field, _)| field.as_str() == PRICE_FIELD)
        .map(|(_, value)| value);
    match (line.outcome, price) {
        (Outcome::Valid, Some(FormValue::Text(price))) => {
            rules::excluded(announced, price).map_or(Ok(price), Err)
        }
        _ => Err(ExclusionReason::NotValid),
    }
}

impl Bidding {
    /// Live bids by statement id, ascending.
    pub fn live_bids(&self) -> impl Iterator<Item = (&Digest, &super::Bid)> {
        self.bids
            .iter()
            .filter(|(_, bid)| bid.status == BidStatus::Live)
    }
}

impl Opened {
    /// Until when bidders may confirm what was read out.
    pub fn confirmation_end_ms(&self) -> u64 {
        self.opened
            .time_ms
            .saturating_add(self.closed.bidding.notice.opening.confirmation_ms)
    }

    /// What was read out of the bid of `bidder`.
    pub fn line_of(&self, bidder: &Identifier) -> Option<&BidResult> {
        let place = self
            .results
            .binary_search_by(|line| line.bidder.cmp(bidder))
            .ok()?;
        self.results.get(place)
    }

    /// Every live bidder has answered, also those whose bid is out: they may object to just that (条例 §44), and
    /// nobody closes the window before it ends but they themselves.
    pub fn all_answered(&self) -> bool {
        let answered = |line: &BidResult| self.confirmations.contains_key(&line.manifest);
        self.results.iter().all(answered)
    }

    /// The bids that enter the benchmark, and the statement that says so. Policy `at-opening`: no later
    /// rejection moves it.
    pub fn benchmark_set(&self, tender: &Identifier) -> (Vec<SetMember>, BenchmarkSet) {
        let (members, excluded) = self.standings();
        let included = u32::try_from(members.len()).unwrap_or(u32::MAX);
        let (excluded, excluded_list) = in_statement(excluded);
        let statement = BenchmarkSet {
            tender: tender.clone(),
            included,
            excluded,
            excluded_list,
        };
        (members, statement)
    }

    /// The bids that enter the benchmark and the others, each with its reason; bidders ascending.
    pub fn standings(&self) -> (Vec<SetMember>, Vec<Exclusion>) {
        let announced = &self.closed.bidding.notice.rules;
        let mut members = Vec::new();
        let mut excluded = Vec::new();
        for line in &self.results {
            let bidder = line.bidder.clone();
            match standing(announced, line) {
                Ok(price) => members.push(SetMember {
                    bidder,
                    price: price.to_owned(),
                }),
                Err(reason) => excluded.push(Exclusion { bidder, reason }),
            }
        }
        (members, excluded)
    }
}
