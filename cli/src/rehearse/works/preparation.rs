//! Accounts, trustees, tender documents, notice.

use procedure::act::{Notice, ProfileRef};
use record::sealing::root_of_leaves;
use record::sealing::segment_leaf;

use super::cast::THRESHOLD;
use super::{Play, paper};
use crate::failure::Failure;
use crate::rehearse::actor::identifier;
use crate::rehearse::course::{AT_ONCE, unexpected};
use crate::rehearse::together;
use crate::time;

/// The law of statutory tenders.
pub(super) const PROFILE: &str = "cn-2017-tendering";

impl Play<'_> {
    /// Everything up to the notice.
    pub(super) fn prepare(&self) -> Result<Notice, Failure> {
        self.register()?;
        self.appoint_trustees()?;
        self.publish_notice()
    }

    fn register(&self) -> Result<(), Failure> {
        self.headline("主体登记", "Accounts")?;
        let working = self.tell.working("everybody registers");
        let actors: Vec<_> = self.cast.actors().collect();
        together(AT_ONCE, &actors, |actor| actor.register(self.hall))?;
        drop(working);
        self.tell.say(format!(
            "{} organisations registered, each with two signing keys that nobody else has",
            actors.len()
        ));
        self.tell.fact("tenderee", self.cast.tenderee.name());
        self.tell
            .fact("credit source", self.cast.credit_source.name());
        for (number, witness) in (1..).zip(&self.cast.witnesses) {
            self.tell.fact(&format!("witness {number}"), witness.name());
        }
        Ok(())
    }

    fn appoint_trustees(&self) -> Result<(), Failure> {
        self.headline("托管人", "Trustees")?;
        let working = self.tell.working("trustee keys, trustee set, rehearsal");
        let course = self.course();
        course.create(&identifier("SQ-2026-DEVELOPMENT-AVENUE")?, paper::TITLE)?;
        let set = course.sign_trustee_set()?;
        course.rehearse()?;
        drop(working);
        self.tell
            .fact("tender", format!("{}  {}", self.tender, paper::TITLE));
        for (slot, trustee) in (1..).zip(&self.cast.trustees) {
            let alg = trustee.keyring.signing_key()?.public().algorithm();
            self.tell.fact(
                &format!("slot {slot}"),
                format!("{} ({alg})", trustee.name()),
            );
        }
        let count = self.cast.trustees.len();
        self.tell.fact("trustee set", set);
        self.tell.say(format!(
            "{THRESHOLD} of these {count} open the bids; every one has shown in a rehearsal that its key works"
        ));
        Ok(())
    }

    fn publish_notice(&self) -> Result<Notice, Failure> {
        self.headline("招标公告", "Notice")?;
        let working = self.tell.working("tender documents, notice");
        let folder = self.scratch.folder("documents")?;
        paper::write_documents(&folder, &self.cast, &self.tender)?;
        let client = self.hall.client();
        let session = client.sign_in(self.cast.tenderee.keyring.signing_key()?)?;
        let course = self.course();
        let documents = course.upload_documents(&session, &folder)?;
        let set = course
            .view()?
            .rehearsals
            .into_iter()
            .find(|one| one.rehearsed);
        let set = set
            .ok_or_else(|| unexpected("rehearsed trustee set"))?
            .trustee_set;
        let now_ms = self.hall.now_ms()?;
        let notice = paper::notice(
            &self.cast,
            &self.tender,
            self.profile()?,
            documents,
            set,
            now_ms,
        )?;
        course.announce(&notice)?;
        drop(working);

        for document in &notice.documents {
            let bytes = client.document(&self.tender, &document.root)?;
            let same = root_of_leaves(&[segment_leaf(&bytes)]) == document.root;
            let what = format!(
                "the tender document {} comes back as it was uploaded",
                document.name
            );
            self.tell
                .expect(what, same, format!("{} bytes", bytes.len()));
            self.tell.fact(
                "document",
                format!("{} ({} bytes)", document.name, document.size),
            );
        }
        self.tell.fact(
            "law",
            format!("{} {}", notice.profile.id, notice.profile.version),
        );
        self.tell.fact("control price", paper_price(&notice));
        self.tell.fact(
            "to be drawn",
            "方法一 jiangsu-1 (K) or 方法二 jiangsu-2 (K1, Q1; K2 = 0.93)",
        );
        self.tell.fact(
            "deadline",
            format!(
                "{}, bids are opened at once",
                time::show(notice.deadline_ms)
            ),
        );
        Ok(notice)
    }

    fn profile(&self) -> Result<ProfileRef, Failure> {
        let profiles = self.hall.client().profiles()?;
        let line = profiles
            .into_iter()
            .filter(|line| line.id.as_str() == PROFILE)
            .max_by_key(|line| line.version);
        let line = line.ok_or_else(|| unexpected("profile cn-2017-tendering"))?;
        Ok(ProfileRef {
            id: line.id,
            version: line.version,
            digest: line.digest,
        })
    }
}

fn paper_price(notice: &Notice) -> String {
    let price = notice.rules.control_price.map(|price| price.to_string());
    format!("{} 元", super::grouped(&price.unwrap_or_default()))
}
