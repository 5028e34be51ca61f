//! An outage of the platform at the deadline.

use procedure::Stage;
use procedure::act::{Act, CheckpointSeen, NotServing, Outage, Resumed};
use record::Digest;

use crate::play::Play;

impl Play {
    /// The platform's word that it was not serving in these times.
    pub fn outage(&self, not_serving: &[NotServing]) -> Outage {
        let checkpoint = self.world.log().checkpoint();
        let checkpoint = checkpoint.checkpoint();
        Outage {
            tender: self.tender.clone(),
            deadline_ms: self.bidding().deadline_ms,
            not_serving: not_serving.to_vec(),
            before: CheckpointSeen {
                size: checkpoint.size,
                root: checkpoint.root,
                made_ms: not_serving.first().map_or(0, |gap| gap.from_ms),
            },
            after: None,
        }
    }

    /// The last `down_ms` before the deadline without the platform, which is there again at the deadline and
    /// says so.
    pub fn suspend(&mut self, down_ms: u64) -> Digest {
        let until_ms = self.bidding().deadline_ms;
        let from_ms = until_ms - down_ms;
        self.world.wait_until(until_ms);
        let platform = self.world.platform().clone();
        let outage = self.outage(&[NotServing { from_ms, until_ms }]);
        self.world.must(outage, &[&platform])
    }

    /// What the platform owes while bidding is suspended.
    pub fn resumption(&self) -> Resumed {
        assert!(matches!(self.stage(), Stage::Suspended(_)));
        match self.world.owed(&self.tender) {
            Some(Act::Resumed(body)) => body,
            other => panic!("owed: {other:?}"),
        }
    }

    /// Bidding goes on.
    pub fn resume(&mut self) -> Digest {
        let (body, platform) = (self.resumption(), self.world.platform().clone());
        self.world.must(body, &[&platform])
    }
}
