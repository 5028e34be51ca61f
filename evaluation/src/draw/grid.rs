//! Grids: the announced list of values that a parameter is drawn from (protocol section 7, sampler).

use serde::{Deserialize, Serialize};

use crate::decimal::Decimal;

/// The most values that a grid may have.
pub const GRID_VALUES_MAX: u64 = 10_000;

/// The values `min, min + step, .., max`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "GridText", into = "GridText")]
pub struct Grid {
    text: GridText,
    /// The most fractional digits of min, max and step; every value is printed with exactly so many.
    scale: u8,
    min_units: i64,
    step_units: i64,
    count: u64,
}

/// The form in which a grid travels.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
struct GridText {
    min: Decimal,
    max: Decimal,
    step: Decimal,
}

/// Why three numbers do not make a grid.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum GridError {
    /// A step of zero or less.
    #[error("the step of a grid has to be above zero")]
    StepNotPositive,
    /// Max below min.
    #[error("the max of a grid must not be below its min")]
    Reversed,
    /// The last value would not be max.
    #[error("max minus min has to be a whole number of steps")]
    StepDoesNotDivide,
    /// More than [`GRID_VALUES_MAX`] values.
    #[error("a grid has at most 10000 values")]
    TooManyValues,
    /// The numbers are too far apart in size.
    #[error("the numbers of a grid are too large or too finely divided")]
    TooLarge,
}

impl schemars::JsonSchema for Grid {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Grid".into()
    }

    fn json_schema(generator: &mut schemars::SchemaGenerator) -> schemars::Schema {
        GridText::json_schema(generator)
    }
}

impl Grid {
    /// Checks the three numbers.
    pub fn new(min: Decimal, max: Decimal, step: Decimal) -> Result<Grid, GridError> {
        let scale = min.scale().max(max.scale()).max(step.scale());
        let units = |value: Decimal| {
            let units = value.units_at(scale);
            let units = units.and_then(|units| i64::try_from(units).ok());
            units.ok_or(GridError::TooLarge)
        };
        let (min_units, max_units, step_units) = (units(min)?, units(max)?, units(step)?);
        if step_units <= 0 {
            return Err(GridError::StepNotPositive);
        }
        let width = max_units
            .checked_sub(min_units)
            .ok_or(GridError::TooLarge)?;
        if width < 0 {
            return Err(GridError::Reversed);
        }
        if width.checked_rem(step_units) != Some(0) {
            return Err(GridError::StepDoesNotDivide);
        }
        let steps = width.checked_div(step_units).ok_or(GridError::TooLarge)?;
        let count = u64::try_from(steps)
            .ok()
            .and_then(|steps| steps.checked_add(1));
        let count = count
            .filter(|count| *count <= GRID_VALUES_MAX)
            .ok_or(GridError::TooManyValues)?;
        Ok(Grid {
            text: GridText { min, max, step },
            scale,
            min_units,
            step_units,
            count,
        })
    }

    /// How many values there are; at least 1.
    pub fn count(&self) -> u64 {
        self.count
    }

    /// The value at `index`, from 0; printed with exactly the grid's scale. None behind the end.
    pub fn value(&self, index: u64) -> Option<Decimal> {
        if index >= self.count {
            return None;
        }
        let above = self.step_units.checked_mul(i64::try_from(index).ok()?)?;
        Some(Decimal::from_units(
            self.min_units.checked_add(above)?,
            self.scale,
        ))
    }

    /// The smallest value as it was written.
    pub fn min(&self) -> Decimal {
        self.text.min
    }

    /// The largest value as it was written.
    pub fn max(&self) -> Decimal {
        self.text.max
    }

    /// The distance between two values as it was written.
    pub fn step(&self) -> Decimal {
        self.text.step
    }
}

impl TryFrom<GridText> for Grid {
    type Error = GridError;

    fn try_from(text: GridText) -> Result<Grid, GridError> {
        Grid::new(text.min, text.max, text.step)
    }
}

impl From<Grid> for GridText {
    fn from(grid: Grid) -> GridText {
        grid.text
    }
}
