//! The report of a simulation on paper: tables for people, CSV for spreadsheets.
//!
//! | file | what |
//! |---|---|
//! | `text.rs` | the report as tables |
//! | `table.rs` | the report as rows, one number each |
//! | `words.rs` | every word of it, in both languages |

mod table;
mod text;
pub mod words;

pub use table::rows;
pub use text::text;
