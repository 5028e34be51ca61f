//! Under which checkpoint a closing is proved: where the trust file names witnesses, under one that they have cosigned
//! (protocol section 5).

use std::thread::sleep;
use std::time::{Duration, Instant};

use record::log::checkpoint::SignedCheckpoint;
use record::trust::{Quorum, Trust};

use crate::client::{Client, ClientError};

/// How long to wait for cosignatures on a closing that is younger than the witnesses' last round.
const WAIT_MAX: Duration = Duration::from_secs(15);
const LOOK_AGAIN: Duration = Duration::from_millis(500);

/// Size of a checkpoint that covers the leaf at `index` and, where the trust file asks for a quorum, carries it. If there
/// is none in time, the size of the latest: what is missing is then said by whoever checks it.
pub(super) fn size_to_prove(
    client: &Client,
    trust: &Trust,
    index: u64,
) -> Result<u64, ClientError> {
    let until = Instant::now() + WAIT_MAX;
    loop {
        let latest = client.checkpoint()?;
        if *trust.quorum() == Quorum::None || carries(trust, &latest, index) {
            return Ok(latest.checkpoint().size);
        }
        let witnessed = client.witnessed_checkpoint()?;
        if let Some(witnessed) = witnessed.filter(|one| carries(trust, one, index)) {
            return Ok(witnessed.checkpoint().size);
        }
        if Instant::now() >= until {
            return Ok(latest.checkpoint().size);
        }
        sleep(LOOK_AGAIN);
    }
}

fn carries(trust: &Trust, checkpoint: &SignedCheckpoint, index: u64) -> bool {
    checkpoint.checkpoint().size > index
        && trust
            .standing(checkpoint)
            .is_ok_and(|standing| standing.quorum_met)
}
