//! Part of V11: outages at the deadline are counted again by the rule of the profile, from the statements alone.

use procedure::act::Outage;
use procedure::law::Rule;

use super::v11_periods::says;
use crate::findings::Findings;
use crate::replay::{Replay, acts};
use crate::utc::utc;

const MINUTE_MS: u64 = 60_000;

/// `limits`: window, least gap and least extension, in milliseconds.
pub(super) fn check(replay: &Replay<'_>, rule: &Rule, limits: [u64; 3], found: &mut Findings) {
    let [window_ms, gap_ms, extension_ms] = limits;
    for (item, outage) in acts!(replay, Outage) {
        let from_ms = outage.deadline_ms.saturating_sub(window_ms);
        let counts = outage.not_serving.iter().all(|gap| {
            gap.until_ms.saturating_sub(gap.from_ms) >= gap_ms
                && gap.from_ms < outage.deadline_ms
                && gap.until_ms > from_ms
                && gap.until_ms <= item.time_ms()
        });
        if !counts || outage.not_serving.is_empty() {
            let text = says(rule, "the time of not serving does not count");
            found.fail_at(item, "outage-mismatch", text);
        }
        let resumed = acts!(replay, Resumed).find(|(_, body)| body.outage == item.id);
        let Some((resumed, body)) = resumed else {
            found.note(says(rule, &format!("suspended at {}", utc(item.time_ms()))));
            continue;
        };
        let due_ms = deadline_ms(outage, resumed.time_ms(), extension_ms);
        let waited_ms = resumed.time_ms().saturating_sub(item.time_ms());
        let text = says(
            rule,
            &format!(
                "suspended for {waited_ms} ms, resumed at {}, new deadline {}",
                utc(resumed.time_ms()),
                utc(body.deadline_ms)
            ),
        );
        match body.deadline_ms == due_ms {
            true => found.note(text),
            false => {
                let text = format!("{text}, but the rule gives {}", utc(due_ms));
                found.fail_at(resumed, "resumption-mismatch", text);
            }
        }
    }
}

/// The deadline that follows from a resumption at `resumed_ms`.
fn deadline_ms(outage: &Outage, resumed_ms: u64, extension_ms: u64) -> u64 {
    let mut lost_ms: u64 = 0;
    for gap in &outage.not_serving {
        let end_ms = gap.until_ms.min(outage.deadline_ms);
        lost_ms = lost_ms.saturating_add(end_ms.saturating_sub(gap.from_ms));
    }
    let least_ms = resumed_ms.saturating_add(lost_ms.max(extension_ms));
    least_ms.div_ceil(MINUTE_MS).saturating_mul(MINUTE_MS)
}
