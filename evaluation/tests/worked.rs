//! The worked examples: every group, by the crate and by the second implementation, and the intermediate values
//! that an explanation shows.

#![expect(clippy::unwrap_used, reason = "tests may panic")]

mod evaluated;
mod examples;
mod expected;
mod recompute;
mod reference;

use evaluated::evaluated;
use evaluation::{Case, evaluate};
use expected::assert_contains;

#[test]
fn every_worked_example_comes_out() {
    for example in examples::all() {
        let id = &example.id;
        let result = evaluated(&example.case).unwrap_or_else(|code| panic!("{id}: {code}"));
        assert_contains(&result, &example.expected, id);
    }
}

/// What the judge is worth.
#[test]
fn the_second_implementation_gives_every_worked_example() {
    for example in examples::all() {
        let id = &example.id;
        let result =
            reference::evaluate(&example.case).unwrap_or_else(|code| panic!("{id}: {code}"));
        assert_contains(&result, &example.expected, id);
    }
}

/// Also in the fields that the examples do not list.
#[test]
fn both_implementations_agree_on_every_field_of_every_example() {
    for example in examples::all() {
        let expected = reference::evaluate(&example.case).map_err(str::to_owned);
        assert_eq!(evaluated(&example.case), expected, "{}", example.id);
    }
}

#[test]
fn the_explanation_of_every_worked_example_can_be_computed_again() {
    for example in examples::all() {
        let case = Case::parse(example.case.to_string().as_bytes()).unwrap();
        let result = serde_json::to_value(evaluate(&case).unwrap()).unwrap();
        recompute::follows(&result, &recompute::all(&result["explanation"]));
    }
}
