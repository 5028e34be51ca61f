//! Cases and results as tables. Every workbook is made here; none lies in the repository.

mod cells;
mod desk;
mod forms;
mod refusals;
mod results;
mod round_trip;
