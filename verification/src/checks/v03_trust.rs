//! V3: the checkpoint and the record head are the log's, and the log is one that the reader trusts.

use record::key::KeyId;
use record::trust::{Quorum, Standing, Trust};

use crate::findings::Findings;
use crate::replay::Replay;
use crate::utc::utc;

const HEAD: &str = "record-head.json";

pub(super) fn check(replay: &Replay<'_>, found: &mut Findings) {
    let head = replay.head.body();
    match &replay.options.trust {
        Some(trust) => under(trust, replay, found),
        None => {
            // Without a trust file this only shows that the bundle agrees with itself.
            if let Err(error) = replay.head.verify(&head.log_key) {
                found.fail_member(HEAD, error.code(), error.to_string());
            }
            found.note(
                "self-asserted: log key and root key were taken from the bundle; \
                 compare these fingerprints with a source of your own, or give a trust file",
            );
        }
    }
    let log: KeyId = head.log_key.key().id();
    found.note(format!("log {} fingerprint {log}", head.log_key.name()));
    found.note(format!("root key fingerprint {}", head.root_key.id()));
    let checkpoint = head.checkpoint.checkpoint();
    found.note(format!(
        "checkpoint: {} leaves, root {}",
        checkpoint.size, checkpoint.root
    ));
}

fn under(trust: &Trust, replay: &Replay<'_>, found: &mut Findings) {
    let head = replay.head.body();
    match trust.standing(&head.checkpoint) {
        Ok(standing) => {
            signed_by(&standing, replay, found);
            witnesses(trust, &standing, found);
        }
        Err(error) => {
            let detail = format!("no log of the trust file signed the checkpoint: {error}");
            found.fail_member(HEAD, error.code(), detail);
        }
    }
    if !trust.roots().contains(&head.root_key) {
        let detail = format!(
            "the root key {} of the bundle is not in the trust file",
            head.root_key.id()
        );
        found.fail_member(HEAD, "root-key-not-trusted", detail);
    }
    found.note(format!("trust file {}", trust.digest()));
}

fn signed_by(standing: &Standing<'_>, replay: &Replay<'_>, found: &mut Findings) {
    let log = &standing.log.key;
    if *log != replay.head.body().log_key {
        let detail = "the record head names another log key than the trust file";
        found.fail_member(HEAD, "log-key-differs", detail);
    }
    if let Err(error) = replay.head.verify(log) {
        found.fail_member(HEAD, error.code(), error.to_string());
    }
}

fn witnesses(trust: &Trust, standing: &Standing<'_>, found: &mut Findings) {
    for (witness, time_s) in &standing.cosigned {
        let time = utc(time_s.saturating_mul(1000));
        found.note(format!("cosigned by {} at {time}", witness.name));
    }
    for witness in &standing.wrong {
        found.note(format!(
            "the line of witness {} is wrong and does not count; ask why",
            witness.name
        ));
    }
    if !standing.quorum_met {
        found.fail(
            "quorum-not-met",
            "the witnesses that the trust file asks for have not cosigned the checkpoint",
        );
    }
    if *trust.quorum() == Quorum::None {
        found.note("the trust file asks for no witness: nobody but the log vouches for one view");
    }
}
