//! The JSON of a result. The order of members is part of the format.

use serde::ser::SerializeMap;
use serde::{Serialize, Serializer};

use super::{BidOutcome, Outcome, Standing};

/// A result without its explanation; see [`Outcome::decision`].
pub struct Decision<'a>(pub(super) &'a Outcome);

impl Serialize for Outcome {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        decision(self, &mut map)?;
        map.serialize_entry("explanation", &Explanation(self))?;
        map.end()
    }
}

impl Serialize for Decision<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        decision(self.0, &mut map)?;
        map.end()
    }
}

fn decision<M: SerializeMap>(outcome: &Outcome, map: &mut M) -> Result<(), M::Error> {
    map.serialize_entry("format", "kaibiao-result/1")?;
    if let Some(benchmark) = outcome.benchmark() {
        map.serialize_entry("benchmark", &benchmark)?;
    }
    if let Some(price) = outcome.award_price() {
        map.serialize_entry("award_price", &price)?;
    }
    map.serialize_entry("winner", &outcome.winner)?;
    if !outcome.tied.is_empty() {
        map.serialize_entry("tied", &outcome.tied)?;
    }
    map.serialize_entry("bids", &outcome.bids)
}

/// Writes the steps one after another without holding them all.
struct Explanation<'a>(&'a Outcome);

impl Serialize for Explanation<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.0.explanation())
    }
}

impl Serialize for BidOutcome {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("bidder", &self.bidder)?;
        if let (Some(price), Standing::Scored(_) | Standing::Ranked) =
            (&self.evaluated_price, &self.standing)
        {
            map.serialize_entry("evaluated_price", price)?;
        }
        match &self.standing {
            Standing::Scored(scores) => {
                if let Some(deviation) = &scores.deviation_percent {
                    map.serialize_entry("deviation_percent", deviation)?;
                }
                map.serialize_entry("price_score", &scores.price_score)?;
                if let Some(points) = &scores.technical {
                    map.serialize_entry("technical", points)?;
                }
                if let Some(points) = &scores.credit {
                    map.serialize_entry("credit", points)?;
                }
                map.serialize_entry("total", &scores.total)?;
            }
            Standing::Ranked => {}
            Standing::NotShortlisted => map.serialize_entry("status", "not-shortlisted")?,
            Standing::Rejected(rejection) => {
                map.serialize_entry("status", "rejected")?;
                map.serialize_entry("reason", rejection.reason())?;
            }
        }
        map.serialize_entry("rank", &self.rank)?;
        if !self.flags.is_empty() {
            map.serialize_entry("flags", &self.flags)?;
        }
        map.end()
    }
}
