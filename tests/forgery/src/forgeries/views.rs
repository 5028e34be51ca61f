//! What only a second view of the log can show: receipts and witnesses.

use play::{Bidder, Milestone, Play, Script, World};
use record::bundle::RecordHead;
use record::key::{Algorithm, SigningKey};
use record::log::checkpoint::{Origin, SignatureType, VerifierKey};
use record::trust::Trust;

use super::{LOG, NOBODY, OPERATOR};
use crate::{Bench, Forged, Forgery, Holder, Verdict, resigned, stock};

/// The tender as the platform would have liked it: without b1, with b4. Same log key, same names.
fn without_b1() -> Play {
    let mut script = Script::plain("T-1");
    script.bidders.remove(0);
    script.bidders.push(Bidder::new("b4", "9000000.00"));
    let mut play = Play::in_world(World::new("kaibiao.test/etender"), script);
    play.go_to(Milestone::Awarded);
    play
}

/// A witness, and a record that it may have cosigned.
struct Witness {
    name: Origin,
    key: SigningKey,
}

impl Witness {
    fn new(seed: u8) -> Witness {
        Witness {
            name: Origin::new(format!("witness.test/{seed}")).expect("well-formed"),
            key: SigningKey::from_secret(Algorithm::Ed25519, &[seed; 32])
                .expect("any seed is a key"),
        }
    }

    /// The reader asks for this witness.
    fn trust(&self) -> Trust {
        let public = self.key.public().clone();
        let key = VerifierKey::new(self.name.clone(), SignatureType::CosignatureV1, public);
        let asked = format!("witness w {}\nquorum w\n", key.expect("its key is Ed25519"));
        let text = stock::plain()
            .world
            .trust_file()
            .replace("quorum none\n", &asked);
        text.parse().expect("the trust file is well-formed")
    }

    /// The plain record under its checkpoint with a line that this witness signs at `time_s`; `bend` may
    /// bend the line.
    fn cosigned(
        &self,
        time_s: u64,
        bend: impl FnOnce(&mut record::log::checkpoint::SignedCheckpoint),
    ) -> Vec<u8> {
        let play = stock::plain();
        let mut bundle = play.world.bundle_parts(&play.tender);
        let mut body = bundle.head.body().clone();
        let line = body.checkpoint.cosign(&self.name, &self.key, time_s);
        body.checkpoint.add(line.expect("its key is Ed25519"));
        bend(&mut body.checkpoint);
        for entry in &mut bundle.entries {
            entry.proof.checkpoint = body.checkpoint.clone();
        }
        bundle.head = RecordHead::sign(body, play.world.log().key()).expect("the log's key signs");
        bundle.write().expect("the parts fit together")
    }
}

fn now_s() -> u64 {
    stock::plain().world.now_ms / 1000
}

/// A reader who asks for the witness 9 gets these bytes.
fn to_a_careful_reader(bundle: Vec<u8>) -> Forged {
    Forged {
        bundle,
        trust: Witness::new(9).trust(),
        receipts: Vec::new(),
    }
}

pub(super) const ROWS: &[Forgery] = &[
    Forgery {
        name: "bid dropped",
        story: "the platform plays the whole tender without a bid that it had taken",
        keys: OPERATOR,
        make: || {
            let forged = without_b1();
            Forged {
                bundle: forged.world.bundle(&forged.tender),
                trust: stock::trust(stock::plain()),
                receipts: vec![stock::receipt(
                    stock::plain_submitted(),
                    "bid-manifest",
                    "b1",
                )],
            }
        },
        verdict: Verdict::RefusedWithReceipt {
            check: "V4",
            code: "receipt-dropped",
            owner: "the bidder's, for her bid",
            reason: "what never was on the forged log leaves no trace in it",
        },
    },
    Forgery {
        name: "log rolled back",
        story: "the platform restores a backup from before the deadline, and the tenderee ends the tender on the shorter log",
        keys: super::BOTH,
        make: || {
            let honest = stock::plain();
            let mut forged = stock::plain_submitted().clone();
            forged.world.wait_until(honest.world.now_ms);
            let body = procedure::act::TenderTerminated {
                tender: forged.tender.clone(),
                cause: procedure::act::TerminationCause::MajorChange,
                reason: "规模调整".to_owned(),
            };
            forged.tenderee_says(body);
            Forged {
                bundle: forged.world.bundle(&forged.tender),
                trust: stock::trust(honest),
                receipts: vec![stock::receipt(honest, "read-out-confirmed", "b3")],
            }
        },
        verdict: Verdict::RefusedWithReceipt {
            check: "V4",
            code: "split-view",
            owner: "anybody's for a statement of the lost end",
            reason: "a log that was rolled back is a sound log; only what was given out before contradicts it",
        },
    },
    Forgery {
        name: "split view of one size",
        story: "two trees of one size under one key: one for the bundle, one for the bidder",
        keys: OPERATOR,
        make: || {
            let honest = stock::plain();
            let forged = without_b1();
            let size = forged.world.log().size();
            let receipt = stock::receipt(honest, "bid-manifest", "b2");
            assert_eq!(receipt.proof.checkpoint.checkpoint().size, size);
            Forged {
                bundle: forged.world.bundle(&forged.tender),
                trust: stock::trust(honest),
                receipts: vec![receipt],
            }
        },
        verdict: Verdict::RefusedWithReceipt {
            check: "V4",
            code: "split-view",
            owner: "anybody's, for anything",
            reason: "each view is sound; only both together show that there are two",
        },
    },
    Forgery {
        name: "split view behind a receipt",
        story: "a witness's contribution came after b1's bid and was dropped; b1 has fetched her receipt again since",
        keys: OPERATOR,
        make: || super::history::dropped_behind_a_receipt(),
        verdict: Verdict::RefusedWithReceipt {
            check: "V4",
            code: "split-view",
            owner: "anybody's, fetched again after the dropped statement",
            reason: "her own leaf is the same in both logs; its neighbours are not",
        },
    },
    Forgery {
        name: "receipt of another log",
        story: "somebody claims to have been dropped with a receipt of a log of her own",
        keys: NOBODY,
        make: || {
            let world = World::with_seed("kaibiao.test/etender", "attacker");
            let mut other = Play::in_world(world, Script::plain("T-1"));
            other.go_to(Milestone::Submitted);
            let honest = stock::plain();
            Forged {
                bundle: honest.world.bundle(&honest.tender),
                trust: stock::trust(honest),
                receipts: vec![other.world.log().receipt(&other.manifest("b1"))],
            }
        },
        verdict: Verdict::RefusedWithReceipt {
            check: "V4",
            code: "receipt-invalid",
            owner: "the false one itself",
            reason: "the record is sound; it is the receipt that lies",
        },
    },
    Forgery {
        name: "receipt with another time",
        story: "somebody claims to have come earlier than her receipt says",
        keys: NOBODY,
        make: || {
            let honest = stock::plain();
            let mut receipt = stock::receipt(honest, "bid-manifest", "b1");
            receipt.admitted_ms -= 1;
            Forged {
                bundle: honest.world.bundle(&honest.tender),
                trust: stock::trust(honest),
                receipts: vec![receipt],
            }
        },
        verdict: Verdict::RefusedWithReceipt {
            check: "V4",
            code: "receipt-invalid",
            owner: "the false one itself",
            reason: "the record is sound; it is the receipt that lies",
        },
    },
    Forgery {
        name: "award cut off",
        story: "the record is shown as it was before the award",
        keys: LOG,
        make: || {
            let play = stock::plain();
            let bench = Bench::with_log_key(play);
            let mut bundle = bench.bundle.clone();
            bundle
                .entries
                .retain(|entry| entry.envelope.kind() != "award");
            let bundle = super::log::shortened(&bench, &bundle);
            let mut forged = bench.presented(bundle.write().expect("the parts fit together"));
            forged.receipts = vec![stock::receipt(play, "award", "tenderee")];
            forged
        },
        verdict: Verdict::RefusedWithReceipt {
            check: "V4",
            code: "receipt-dropped",
            owner: "the tenderee's, for the award",
            reason: "every record was once shorter; V12 says that what followed is not in it",
        },
    },
    Forgery {
        name: "no cosignature",
        story: "the reader asks for a witness, and none has cosigned",
        keys: OPERATOR,
        make: || {
            let play = stock::plain();
            to_a_careful_reader(play.world.bundle(&play.tender))
        },
        verdict: Verdict::RefusedUnderTrust {
            check: "V3",
            code: "quorum-not-met",
        },
    },
    Forgery {
        name: "forged cosignature",
        story: "the line of a witness is under the checkpoint, and its signature is wrong",
        keys: LOG,
        make: || {
            let witness = Witness::new(9);
            let thief = Witness {
                name: witness.name.clone(),
                key: witness.key.clone(),
            };
            let earlier = stock::announced().world.log().checkpoint();
            let line = earlier.cosign(&thief.name, &thief.key, now_s());
            let line = line.expect("its key is Ed25519");
            // A genuine line, made for another checkpoint.
            to_a_careful_reader(witness.cosigned(now_s(), |checkpoint| checkpoint.add(line)))
        },
        verdict: Verdict::RefusedUnderTrust {
            check: "V3",
            code: "quorum-not-met",
        },
    },
    Forgery {
        name: "cosignature of an unknown witness",
        story: "somebody else has cosigned than the reader asks for",
        keys: LOG,
        make: || to_a_careful_reader(Witness::new(8).cosigned(now_s(), |_| {})),
        verdict: Verdict::RefusedUnderTrust {
            check: "V3",
            code: "quorum-not-met",
        },
    },
    Forgery {
        name: "written after the witness had seen it",
        story: "a witness cosigned the tree an hour before the times that stand in it",
        keys: LOG,
        make: || to_a_careful_reader(Witness::new(9).cosigned(now_s() - 3600, |_| {})),
        verdict: Verdict::RefusedUnderTrust {
            check: "V5",
            code: "later-than-witness",
        },
    },
    Forgery {
        name: "statement dated later than it came",
        story: "the log gives a statement a time an hour after a witness had seen it in the tree",
        keys: LOG,
        make: || {
            let witness = Witness::new(9);
            let mut forged = to_a_careful_reader(witness.cosigned(now_s(), |_| {}));
            let mut receipt = stock::receipt(stock::plain(), "award", "tenderee");
            let seen_s = receipt.admitted_ms / 1000 - 3600;
            let checkpoint = &mut receipt.proof.checkpoint;
            let line = checkpoint.cosign(&witness.name, &witness.key, seen_s);
            checkpoint.add(line.expect("its key is Ed25519"));
            forged.receipts = vec![receipt];
            forged
        },
        verdict: Verdict::RefusedWithReceipt {
            check: "V5",
            code: "later-than-witness",
            owner: "anybody's that a quorum of witnesses cosigned",
            reason: "the cosignature of a bundle is younger than everything in it; that of a receipt is as old as the statement",
        },
    },
    Forgery {
        name: "witness in the plot",
        story: "every witness of the quorum signs what the log gives it",
        keys: &[Holder::Log, Holder::Platform],
        make: || {
            let forged = without_b1();
            let witness = Witness::new(9);
            let mut bundle = forged.world.bundle_parts(&forged.tender);
            let mut checkpoint = bundle.head.body().checkpoint.clone();
            let line = checkpoint.cosign(&witness.name, &witness.key, forged.world.now_ms / 1000);
            checkpoint.add(line.expect("its key is Ed25519"));
            for entry in &mut bundle.entries {
                entry.proof.checkpoint = checkpoint.clone();
            }
            let bundle = resigned(&bundle, forged.world.log().key(), |body| {
                body.checkpoint = checkpoint
            });
            to_a_careful_reader(bundle.write().expect("the parts fit together"))
        },
        verdict: Verdict::Undetectable {
            reason: "a quorum that lies together with the log is the assumption that is broken",
            who: "owners of receipts; witnesses outside the quorum",
        },
    },
];
