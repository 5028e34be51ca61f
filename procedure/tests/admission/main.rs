//! Admission, phase by phase: what is admitted, what is refused, and with which code.
//!
//! One file per phase, as in `src/tender`. Every refusal code is provoked in one of them; `codes` checks that.

mod award;
mod bidders;
mod bidding;
mod codes;
mod contributions;
mod credit_pages;
mod directory;
mod drawing;
mod duty;
mod input;
mod law;
mod life;
mod limits;
mod notice;
mod objections;
mod opening;
mod outage;
mod preparation;
mod rules;
mod sequences;
mod statements;
mod table;
