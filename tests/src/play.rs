//! A tender that is played from a script.

use std::collections::BTreeMap;

use procedure::act::Act;
use procedure::{Bidding, Stage, Tender};
use record::sealing::FileKey;
use record::{Digest, Identifier};

use crate::script::Script;
use crate::{Actor, World, id};

/// How far a play has come. Each follows from the one before by one step of [`Play`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Milestone {
    /// Accounts are registered; the tender exists (stage `draft`).
    Created,
    /// The trustee set is signed and rehearsed (stage `draft`).
    Rehearsed,
    /// The notice is out, the draw announced, credit committed, contributions made (stage `announced`).
    Announced,
    /// All bids are in; the deadline is one millisecond away (stage `announced`).
    Submitted,
    /// Closed (stage `opening`).
    Closed,
    /// Everybody released who does (stage `opening`), the platform has not published yet.
    Released,
    /// Results are read out (stage `opened`).
    Opened,
    /// Everybody confirmed who does, objections are answered, the snapshot is there (stage `opened`).
    Confirmed,
    /// The benchmark set is frozen (stage `drawing`).
    Frozen,
    /// Method and parameters are drawn (stage `drawn`).
    Drawn,
    /// The opening record is signed (stage `evaluation`).
    Recorded,
    /// The report is there (stage `evaluated`).
    Evaluated,
    /// The candidates are published (stage `candidates`).
    Published,
    /// The winner is fixed (stage `awarded`).
    Awarded,
}

impl Milestone {
    /// All of them, in order.
    pub const ALL: &'static [Milestone] = &[
        Milestone::Created,
        Milestone::Rehearsed,
        Milestone::Announced,
        Milestone::Submitted,
        Milestone::Closed,
        Milestone::Released,
        Milestone::Opened,
        Milestone::Confirmed,
        Milestone::Frozen,
        Milestone::Drawn,
        Milestone::Recorded,
        Milestone::Evaluated,
        Milestone::Published,
        Milestone::Awarded,
    ];
}

/// A world with one tender that follows a script.
#[derive(Clone, Debug)]
pub struct Play {
    /// The platform.
    pub world: World,
    /// What is played.
    pub script: Script,
    /// The tender.
    pub tender: Identifier,
    /// Last manifest of each bidder.
    pub manifests: BTreeMap<Identifier, Digest>,
    /// Keys of sealed envelopes `opening`, by manifest: what only the bidders know.
    pub opening_keys: BTreeMap<Digest, FileKey>,
    /// Keys of sealed envelopes `contrib`, by manifest or contribution.
    pub contrib_keys: BTreeMap<Digest, FileKey>,
    pub(crate) reached: Milestone,
}

impl Play {
    /// Begins in a fresh demo world.
    pub fn new(script: Script) -> Play {
        Play::in_world(World::demo(), script)
    }

    /// Begins in `world`. Accounts that exist there already are used.
    pub fn in_world(mut world: World, script: Script) -> Play {
        crate::steps::register_accounts(&mut world, &script);
        crate::steps::create_tender(&mut world, &script);
        Play {
            world,
            tender: id(&script.tender),
            script,
            manifests: BTreeMap::new(),
            opening_keys: BTreeMap::new(),
            contrib_keys: BTreeMap::new(),
            reached: Milestone::Created,
        }
    }

    /// Plays `script` up to a milestone in a fresh demo world.
    pub fn to(script: Script, milestone: Milestone) -> Play {
        let mut play = Play::new(script);
        play.go_to(milestone);
        play
    }

    /// Goes on up to a milestone.
    pub fn go_to(&mut self, milestone: Milestone) {
        while self.reached < milestone {
            self.step();
        }
    }

    /// How far it has come.
    pub fn reached(&self) -> Milestone {
        self.reached
    }

    /// The tender as it is now.
    pub fn state(&self) -> &Tender {
        self.world.tender(&self.tender)
    }

    /// Its stage.
    pub fn stage(&self) -> &Stage {
        self.state().stage()
    }

    /// Notice and bids.
    pub fn bidding(&self) -> &Bidding {
        self.stage().bidding().expect("the tender is announced")
    }

    /// The tenderee.
    pub fn tenderee(&self) -> Actor {
        Actor::new("tenderee").in_group("city-holding")
    }

    /// The supervisor, who has the role.
    pub fn supervisor(&self) -> Actor {
        Actor::new("supervisor")
    }

    /// The credit source.
    pub fn credit_source(&self) -> Actor {
        Actor::new("credit-source")
    }

    /// The trustee of a slot.
    pub fn trustee(&self, slot: u8) -> Actor {
        Actor::new(&format!("trustee-{slot}"))
    }

    /// Somebody by name: a bidder or a witness.
    pub fn actor(&self, name: &str) -> Actor {
        Actor::new(name)
    }

    /// Says something as the tenderee; it must be admitted.
    #[track_caller]
    pub fn tenderee_says(&mut self, act: impl Into<Act>) -> Digest {
        let tenderee = self.tenderee();
        self.world.must(act, &[&tenderee])
    }

    /// The last manifest of a bidder.
    pub fn manifest(&self, bidder: &str) -> Digest {
        self.manifests[&id(bidder)]
    }
}
