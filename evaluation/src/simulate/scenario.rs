//! A rule set with bids: one prepared room for each candidate method and shortlist.

use std::sync::Arc;

use crate::benchmark::{BenchmarkRule, DrawnValue};
use crate::case::{Bid, Case};
use crate::draw::{Grid, MethodSpec};
use crate::error::EvaluationError;
use crate::rules::{RuleSet, Ties};

use super::room::Room;

/// A rule set with bids, ready to be opened any number of times.
pub struct Scenario {
    rules: Arc<RuleSet>,
    profile: String,
    bids: Vec<Bid>,
    /// One list per candidate method: one room per candidate shortlist, in the announced order.
    rooms: Vec<Vec<Room>>,
}

impl Scenario {
    /// Prepares every candidate. Everything that `evaluate` would refuse is refused here.
    pub fn new(
        rules: &Arc<RuleSet>,
        profile: &str,
        bids: Vec<Bid>,
    ) -> Result<Scenario, EvaluationError> {
        let mut scenario = Scenario {
            rules: Arc::clone(rules),
            profile: profile.to_owned(),
            bids,
            rooms: Vec::new(),
        };
        for (index, spec) in rules.methods.iter().enumerate() {
            spec.validate()
                .map_err(|error| error.under(&format!("/methods/{index}")))?;
            let mut rooms = Vec::new();
            for shortlist in 0..scenario.shortlists() {
                let case = scenario.case_with(first_rule(spec), shortlist)?;
                rooms.push(Room::new(spec, &case)?);
            }
            scenario.rooms.push(rooms);
        }
        Ok(scenario)
    }

    /// The bids, in the order in which chances are given.
    pub fn bids(&self) -> &[Bid] {
        &self.bids
    }

    /// The rule set.
    pub fn rules(&self) -> &Arc<RuleSet> {
        &self.rules
    }

    /// The profile.
    pub fn profile(&self) -> &str {
        &self.profile
    }

    /// Whether a shared first rank is drawn among those who share it.
    pub fn draws_ties(&self) -> bool {
        self.rules.ties == Ties::Draw
    }

    /// How many candidate methods there are.
    pub fn methods(&self) -> usize {
        self.rooms.len()
    }

    /// How many shortlists a draw may give; one where nothing is drawn.
    pub fn shortlists(&self) -> usize {
        self.rules.shortlist.len().max(1)
    }

    /// Decimals of benchmarks.
    pub fn decimals(&self) -> u8 {
        let first = self.rooms.iter().flatten().next();
        first.map_or(2, Room::decimals)
    }

    /// The case of one draw.
    pub fn case_with(
        &self,
        drawn: BenchmarkRule,
        shortlist: usize,
    ) -> Result<Case, EvaluationError> {
        let candidate = (self.rules.shortlist.len() > 1).then_some(shortlist);
        self.rules
            .case(&self.profile, drawn, candidate, self.bids.clone())
    }

    pub(super) fn room(&self, method: usize, shortlist: usize) -> Option<&Room> {
        self.rooms.get(method)?.get(shortlist)
    }

    pub(super) fn rooms(&self, method: usize) -> &[Room] {
        self.rooms.get(method).map_or(&[], Vec::as_slice)
    }
}

/// A candidate with the first value of every grid; indexes are absent.
fn first_rule(spec: &MethodSpec) -> BenchmarkRule {
    let first =
        |(name, grid): (&String, &Grid)| Some((name.clone(), DrawnValue::Decimal(grid.value(0)?)));
    BenchmarkRule {
        method: spec.method.clone(),
        drawn: spec.grids.iter().filter_map(first).collect(),
        fixed: spec.fixed.clone(),
        trim_from: spec.trim_from,
    }
}
