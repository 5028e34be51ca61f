//! One platform with its log, its directory and its tenders.

use std::collections::BTreeMap;

use procedure::act::{Act, ChainEnd, Closing, KeyRegistered, Role, RoleGranted};
use procedure::{At, Code, Directory, Duty, Refusal, Tender};
use record::chain::ChainId;
use record::key::{Algorithm, SigningKey};
use record::statement::Envelope;
use record::{Digest, Identifier};

use crate::log::Log;
use crate::{Actor, START_MS, seal, seed};

/// Everything that a platform knows. Time stands still unless a test moves it.
#[derive(Clone, Debug)]
pub struct World {
    /// The clock, UTC milliseconds.
    pub now_ms: u64,
    root: SigningKey,
    platform: Actor,
    log: Log,
    directory: Directory,
    tenders: BTreeMap<Identifier, Tender>,
}

impl World {
    /// A world in demo mode: `demo.kaibiao.test/etender`.
    pub fn demo() -> World {
        World::new("demo.kaibiao.test/etender")
    }

    /// A world with the log `origin`, its root key, and the account `platform` with its role.
    pub fn new(origin: &str) -> World {
        World::with_seed(origin, "genuine")
    }

    /// The same with other root and log keys for every `label`: what an attacker sets up.
    pub fn with_seed(origin: &str, label: &str) -> World {
        let key = |name: &str| {
            SigningKey::from_secret(Algorithm::Ed25519, &seed(&format!("{name}/{label}")))
                .expect("any seed is a key")
        };
        let root = key("root");
        let mut world = World {
            now_ms: START_MS,
            directory: Directory::new(origin, root.public().clone()),
            log: Log::new(origin, key("log")),
            root,
            platform: Actor::new("platform"),
            tenders: BTreeMap::new(),
        };
        let platform = world.platform.clone();
        world.register(&platform);
        world.grant(&platform, Role::Platform);
        world
    }

    /// The key that grants roles.
    pub fn root(&self) -> &SigningKey {
        &self.root
    }

    /// The operator; what jobs say is signed by it.
    pub fn platform(&self) -> &Actor {
        &self.platform
    }

    /// The log.
    pub fn log(&self) -> &Log {
        &self.log
    }

    /// Accounts, keys and roles as they are now.
    pub fn directory(&self) -> &Directory {
        &self.directory
    }

    /// A tender that exists.
    pub fn tender(&self, tender: &Identifier) -> &Tender {
        self.tenders.get(tender).expect("the tender exists")
    }

    /// Every tender.
    pub fn tenders(&self) -> &BTreeMap<Identifier, Tender> {
        &self.tenders
    }

    /// Where the next statement would stand.
    pub fn at(&self) -> At {
        At {
            time_ms: self.now_ms,
            index: self.log.next_index(),
        }
    }

    /// Signs `act` and has it admitted.
    pub fn admit(&mut self, act: impl Into<Act>, signers: &[&Actor]) -> Result<Digest, Refusal> {
        let keys: Vec<&SigningKey> = signers.iter().map(|actor| actor.key()).collect();
        self.admit_signed(&act.into(), &keys)
    }

    /// Signs `act` with any keys and has it admitted.
    pub fn admit_signed(&mut self, act: &Act, keys: &[&SigningKey]) -> Result<Digest, Refusal> {
        let mut envelope = act.envelope();
        keys.iter().for_each(|key| envelope.add_signature(key));
        self.admit_envelope(envelope)
    }

    /// Has an envelope admitted: verified, judged, appended. A refusal changes nothing.
    pub fn admit_envelope(&mut self, envelope: Envelope) -> Result<Digest, Refusal> {
        let statement = procedure::verify(envelope.clone(), &self.directory)?;
        let at = self.at();
        let chain = statement.statement().chain();
        match &chain {
            ChainId::Account(_) | ChainId::Platform => self.directory.admit(&statement, at)?,
            ChainId::Tender(id) => match self.tenders.get_mut(id) {
                Some(tender) => tender.admit(&statement, &self.directory, at)?,
                None => {
                    let tender = Tender::create(&statement, &self.directory, at)?;
                    self.tenders.insert(id.clone(), tender);
                }
            },
        }
        self.log.append(envelope, at.time_ms, chain);
        Ok(statement.id())
    }

    /// Says what must be admitted.
    ///
    /// # Panics
    /// With the refusal, if it is not.
    #[track_caller]
    pub fn must(&mut self, act: impl Into<Act>, signers: &[&Actor]) -> Digest {
        let act = act.into();
        let kind = act.kind();
        match self.admit(act, signers) {
            Ok(id) => id,
            Err(refusal) => panic!("{kind} is refused: {refusal}"),
        }
    }

    /// Says what must be refused, and gives the code.
    ///
    /// # Panics
    /// If it is admitted.
    #[track_caller]
    pub fn refusal(&mut self, act: impl Into<Act>, signers: &[&Actor]) -> Refusal {
        let act = act.into();
        let kind = act.kind();
        let before = self.tenders.clone();
        let refusal = self
            .admit(act, signers)
            .err()
            .unwrap_or_else(|| panic!("{kind} is admitted"));
        assert_eq!(before, self.tenders, "a refusal changed a tender");
        refusal
    }

    /// The code of [`World::refusal`].
    #[track_caller]
    pub fn refused(&mut self, act: impl Into<Act>, signers: &[&Actor]) -> Code {
        self.refusal(act, signers).code
    }

    /// Makes the account of `actor`.
    #[track_caller]
    pub fn register(&mut self, actor: &Actor) {
        self.must(actor.registration(), &[actor]);
    }

    /// Registers the key of `newer` under the key of `older`, both of one account.
    #[track_caller]
    pub fn register_key(&mut self, older: &Actor, newer: &Actor) -> Digest {
        let body = KeyRegistered {
            account: older.id().clone(),
            key: newer.key().public().clone(),
        };
        self.must(body, &[older])
    }

    /// The root key gives `actor` a role.
    #[track_caller]
    pub fn grant(&mut self, actor: &Actor, role: Role) {
        let root = self.root.clone();
        let act = RoleGranted {
            account: actor.id().clone(),
            role,
        }
        .into();
        self.admit_signed(&act, &[&root])
            .expect("the root key may grant roles");
    }

    /// Moves the clock to `time_ms`; never backwards.
    pub fn wait_until(&mut self, time_ms: u64) {
        self.now_ms = self.now_ms.max(time_ms);
    }

    /// What the platform owes to `tender` now, ready to be signed.
    pub fn owed(&self, tender: &Identifier) -> Option<Act> {
        let duty = self.tender(tender).duty(self.now_ms)?;
        Some(match duty {
            Duty::Say(act) => *act,
            Duty::Close => self.closing(tender).into(),
            Duty::Rehearse(set) => seal::rehearsal(self, tender, &set).into(),
        })
    }

    /// The closing that the log gives now.
    pub fn closing(&self, tender: &Identifier) -> Closing {
        let end = |chain: ChainId| {
            let head = self
                .log
                .head(&chain)
                .expect("every chain that is named has a statement");
            ChainEnd {
                chain,
                seq: head.seq,
                head: head.head,
            }
        };
        let chains = self.tender(tender).chains_to_name();
        Closing::naming(tender.clone(), chains.into_iter().map(end).collect())
    }

    /// The platform does the one thing that it owes next, if any.
    #[track_caller]
    pub fn do_duty(&mut self, tender: &Identifier) -> Option<Digest> {
        let act = self.owed(tender)?;
        let platform = self.platform.clone();
        Some(self.must(act, &[&platform]))
    }

    /// The platform does whatever it owes now.
    #[track_caller]
    pub fn do_duties(&mut self, tender: &Identifier) {
        while self.do_duty(tender).is_some() {}
    }
}
