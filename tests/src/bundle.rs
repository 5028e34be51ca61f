//! The published record of one tender.

use std::collections::{BTreeMap, BTreeSet};

use procedure::act::{Act, Role};
use procedure::{Releases, Resolved, Stage};
use record::bundle::{
    Audience, Bundle, Entry, KeysByStatement, NamedHead, RecordHead, RecordHeadBody,
};
use record::chain::{ChainId, name_ends};
use record::trust::Trust;
use record::{Digest, Identifier};

use crate::World;

impl World {
    /// The public bundle of `tender` as of now.
    pub fn bundle(&self, tender: &Identifier) -> Vec<u8> {
        self.bundle_parts(tender)
            .write()
            .expect("the parts of a bundle fit together")
    }

    /// The same before it is written, so that a test can bend it.
    pub fn bundle_parts(&self, tender: &Identifier) -> Bundle {
        let log = self.log();
        let checkpoint = log.checkpoint();
        let chains = self.chains_of(tender);
        let entry = |entry: &crate::LogEntry| Entry {
            index: entry.opening.index,
            envelope: entry.envelope.clone(),
            opening: entry.opening.clone(),
            proof: log.proof(entry.opening.index, &checkpoint),
        };
        let named = |chain: &ChainId| {
            let head = log.head(chain)?;
            Some(NamedHead {
                chain: chain.clone(),
                seq: head.seq,
                head: head.head,
            })
        };
        let profile = self
            .tender(tender)
            .stage()
            .bidding()
            .map(|bidding| bidding.profile.document.clone());
        let keys = self.opened_keys(tender);
        let members = Bundle::head_members(Audience::Public, profile.as_deref(), &keys)
            .expect("keys are plain JSON");
        let (named, accounts) =
            name_ends(chains.iter().filter_map(named).collect(), |end| &end.chain);
        let body = RecordHeadBody {
            tender: tender.clone(),
            origin: log.origin().clone(),
            log_key: log.verifier_key(),
            root_key: self.root().public().clone(),
            audience: Audience::Public,
            checkpoint: checkpoint.clone(),
            chains: named,
            accounts,
            members,
        };
        Bundle {
            head: RecordHead::sign(body, log.key()).expect("the log's key signs"),
            profile,
            entries: log
                .entries()
                .filter(|one| chains.contains(&one.opening.chain))
                .map(entry)
                .collect(),
            keys,
        }
    }

    /// The trust file of this world: its log and its root key, no witnesses.
    pub fn trust_file(&self) -> String {
        let root = self.root().public();
        let text = format!(
            "log {}\nquorum none\nroot {} {}\n",
            self.log().verifier_key(),
            root.algorithm(),
            hex::encode(root.bytes())
        );
        text.parse::<Trust>()
            .expect("the trust file is well-formed");
        text
    }

    /// The tender's chain, the platform's, and those of every account that an admission asks for.
    fn chains_of(&self, tender: &Identifier) -> BTreeSet<ChainId> {
        let state = self.tender(tender);
        let mut accounts: BTreeSet<Identifier> = state.signers().clone();
        let roles = [
            Role::Platform,
            Role::Supervisor,
            Role::ExchangeCentre,
            Role::PoolAuthority,
        ];
        let has_role = |who: &Identifier| {
            roles
                .iter()
                .any(|role| self.directory().has_role(who, *role, self.at()))
        };
        accounts.extend(
            self.directory()
                .accounts()
                .map(|(who, _)| who)
                .filter(|who| has_role(who))
                .cloned(),
        );
        for entry in self.log().chain(&ChainId::Tender(tender.clone())) {
            match Act::read(&entry.envelope) {
                Some(Ok(Act::Notice(notice))) => {
                    accounts.extend(notice.credit_source().cloned());
                    accounts.extend(notice.witnesses);
                }
                Some(Ok(Act::BidManifest(manifest))) => accounts.extend(manifest.members),
                _ => {}
            }
        }
        let accounts = accounts.into_iter().map(ChainId::Account);
        [ChainId::Tender(tender.clone()), ChainId::Platform]
            .into_iter()
            .chain(accounts)
            .collect()
    }

    fn opened_keys(&self, tender: &Identifier) -> KeysByStatement {
        let stage = self.tender(tender).stage();
        let mut keys = KeysByStatement::new();
        for (manifest, key) in opened_bids(stage) {
            keys.entry(manifest).or_default().opening = Some(key);
        }
        for attempt in stage
            .drawing()
            .map(|drawing| drawing.attempts.as_slice())
            .unwrap_or_default()
        {
            for (statement, key) in opened(&attempt.releases) {
                keys.entry(statement).or_default().contrib = Some(key);
            }
        }
        keys
    }
}

fn opened_bids(stage: &Stage) -> BTreeMap<Digest, Digest> {
    stage
        .opened()
        .map(|opened| opened.keys.clone())
        .unwrap_or_default()
}

fn opened(releases: &Releases) -> impl Iterator<Item = (Digest, Digest)> + '_ {
    releases
        .ids()
        .filter_map(|id| match releases.resolved(id)? {
            Resolved::Opened { key } => Some((*id, key)),
            Resolved::NoKeyFits => None,
        })
}
