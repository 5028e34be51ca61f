//! Drawing from the largest pool of experts, after it is loaded.

use evaluation::draw::Stream;
use record::Digest;

use crate::measure::time;
use crate::table::{Row, duration};
use crate::{Failure, Size};

/// Seven of a million, and the whole permutation (the order in which experts are called).
pub fn rows(size: Size) -> Result<Vec<Row>, Failure> {
    let pool = size.pick(1_000_000, 10_000);
    let seed = Digest::sha256(b"bench");
    let few = time(|| Stream::new(&seed, "stratum:A/1").sample(pool, 7));
    let all = time(|| Stream::new(&seed, "stratum:A/1").sample(pool, pool));
    let row = |what: String, taken: std::time::Duration| {
        Row::absolute(
            what,
            duration(taken),
            "< 100 ms",
            Some(taken.as_millis() < 100),
        )
    };
    Ok(vec![
        row(format!("draw 7 of {pool}"), few),
        row(format!("order all {pool}"), all),
    ])
}
