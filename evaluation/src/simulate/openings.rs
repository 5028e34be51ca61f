//! Openings one after another, as a tender would draw them: method, shortlist, parameters, benchmark, scores of
//! all bids, first rank.

use record::Digest;

use crate::benchmark::{BenchmarkRule, DrawnValue, Kind, Method, Values};
use crate::case::Case;
use crate::decimal::Decimal;
use crate::draw::{Grid, Stream};
use crate::error::{EvaluationError, Problem};

use super::room::{Mark, Room};
use super::scenario::Scenario;

/// Label of the stream that openings are drawn from. One stream serves a whole simulation: what a tender
/// draws has one stream per label, but a simulation is nobody's tender.
pub const OPENINGS_LABEL: &str = "simulate:openings";

/// Openings of one scenario. Each reads from the stream, in this order: the method, the shortlist if there are
/// several, the value of each grid in the order in which the method declares its parameters, the indexes.
pub struct Openings<'a> {
    scenario: &'a Scenario,
    stream: Stream,
    /// One per method: the values of the last draw.
    values: Vec<Values>,
    first: Vec<usize>,
}

/// What one opening gave.
#[derive(Debug)]
pub struct Opening<'a> {
    /// The drawn candidate, from 0.
    pub method: usize,
    /// The drawn shortlist, from 0; 0 where there is nothing to draw.
    pub shortlist: usize,
    /// The drawn values.
    pub values: &'a Values,
    /// What the bids are measured by.
    pub mark: Mark,
    /// The benchmark, if there is one.
    pub benchmark: Option<Decimal>,
    /// The bids of the first rank, by index; several share it, none: nobody can win.
    pub first: &'a [usize],
}

impl<'a> Openings<'a> {
    /// The openings that this seed gives.
    pub fn new(scenario: &'a Scenario, seed: &Digest) -> Openings<'a> {
        let first_values = |method| {
            scenario
                .rooms(method)
                .first()
                .map(|room| room.values.clone())
        };
        Openings {
            scenario,
            stream: Stream::new(seed, OPENINGS_LABEL),
            values: (0..scenario.methods()).filter_map(first_values).collect(),
            first: Vec::new(),
        }
    }

    /// The next one.
    pub fn next_opening(&mut self) -> Result<Opening<'_>, EvaluationError> {
        let method = below(&mut self.stream, self.scenario.methods())?;
        self.next_with(method)
    }

    /// The next one of this candidate.
    pub fn next_with(&mut self, method: usize) -> Result<Opening<'_>, EvaluationError> {
        let shortlists = self.scenario.shortlists();
        let shortlist = match shortlists {
            1 => 0,
            several => below(&mut self.stream, several)?,
        };
        let missing = || Problem::MethodsMissing.at("/methods");
        let room = self.scenario.room(method, shortlist).ok_or_else(missing)?;
        let values = self.values.get_mut(method).ok_or_else(missing)?;
        draw_values(room, values, &mut self.stream)?;
        let mark = room.mark(values)?;
        room.first(mark, &mut self.first)?;
        let benchmark = match mark {
            Mark::At(units) => Some(Decimal::from_units(units, room.decimals())),
            _ => None,
        };
        Ok(Opening {
            method,
            shortlist,
            values,
            mark,
            benchmark,
            first: &self.first,
        })
    }
}

impl Opening<'_> {
    /// The case that a tender with this draw would evaluate.
    pub fn case(&self, scenario: &Scenario) -> Result<Case, EvaluationError> {
        let missing = || Problem::MethodsMissing.at("/methods");
        let spec = scenario.rules().methods.get(self.method);
        let spec = spec.ok_or_else(missing)?;
        let mut rule = BenchmarkRule {
            method: spec.method.clone(),
            drawn: std::collections::BTreeMap::new(),
            fixed: spec.fixed.clone(),
            trim_from: spec.trim_from,
        };
        for parameter in Method::from_id(&spec.method)?.drawn_parameters() {
            let drawn = match parameter.kind {
                Kind::Index => self
                    .values
                    .index(parameter.name, usize::MAX)
                    .ok()
                    .and_then(index),
                _ => self
                    .values
                    .optional_decimal(parameter.name)
                    .map(DrawnValue::Decimal),
            };
            if let Some(drawn) = drawn {
                rule.drawn.insert(parameter.name.to_owned(), drawn);
            }
        }
        scenario.case_with(rule, self.shortlist)
    }
}

fn index(index: usize) -> Option<DrawnValue> {
    u64::try_from(index).ok().map(DrawnValue::Index)
}

/// Draws the values of one room.
pub(super) fn draw_values(
    room: &Room,
    values: &mut Values,
    stream: &mut Stream,
) -> Result<(), EvaluationError> {
    for (name, grid) in &room.grids {
        let index = stream.below(grid.count()).map_err(no_list)?;
        set_from(values, name, grid, index);
    }
    if !room.has_indexes {
        return Ok(());
    }
    let mut drawn: Vec<(&'static str, u64)> = Vec::new();
    room.draw_indexes(values, &mut |name, length| {
        let index = below(stream, length)?;
        drawn.push((name, u64::try_from(index).unwrap_or(u64::MAX)));
        Ok(index)
    })?;
    for (name, index) in drawn {
        values.set_index(name, index);
    }
    Ok(())
}

/// Gives a gridded parameter the value at this index.
pub(super) fn set_from(values: &mut Values, name: &'static str, grid: &Grid, index: u64) {
    if let Some(value) = grid.value(index) {
        values.set_decimal(name, value);
    }
}

pub(super) fn below(stream: &mut Stream, length: usize) -> Result<usize, EvaluationError> {
    let n = u64::try_from(length).unwrap_or(u64::MAX);
    let drawn = stream.below(n).map_err(no_list)?;
    // Below `length`, which is a usize.
    Ok(usize::try_from(drawn).unwrap_or(usize::MAX))
}

fn no_list(error: crate::draw::DrawError) -> EvaluationError {
    Problem::from(error).at("")
}
