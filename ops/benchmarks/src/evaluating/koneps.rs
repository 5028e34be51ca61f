//! All recorded Korean tenders, from the text of the public file to a comparison of each.

use std::path::Path;

use cli::koneps;

use crate::Failure;
use crate::measure::time;
use crate::table::{Row, duration};

/// What the command `evaluate --koneps` does, without writing its report; skipped where the file is not.
pub fn row() -> Result<Row, Failure> {
    const WHAT: &str = "recompute the recorded Korean tenders";
    let folder = std::env::var("KAIBIAO_SHARED").unwrap_or_else(|_| "../shared".to_owned());
    let file = Path::new(&folder).join("data/koneps-bids.csv");
    let Ok(text) = std::fs::read_to_string(&file) else {
        let why = "skipped: no file; set KAIBIAO_SHARED";
        return Ok(Row::note(WHAT, why));
    };
    let recompute = || -> Result<usize, Failure> {
        let tenders = koneps::read(&text)?;
        for tender in &tenders {
            tender.recompute()?;
        }
        Ok(tenders.len())
    };
    let tenders = recompute()?;
    let elapsed = time(recompute);
    let kept = Some(elapsed.as_millis() < 1_000);
    let what = format!("{WHAT}: {tenders}");
    Ok(Row::absolute(what, duration(elapsed), "< 1 s", kept))
}
