//! Every statement of the bundle admitted again, once, in log order.

use procedure::act::{Act, Notice, TrusteeSet};
use procedure::{At, Code, Directory, Refusal, Stage, Tender};
use record::bundle::{Bundle, Entry, KeysByStatement, RecordHead};
use record::chain::ChainId;
use record::key::KeyId;
use record::statement::Verified;
use record::trust::Standing;
use record::{Digest, Identifier};

use crate::Options;

/// All statements of one kind on the tender's chain: `acts!(replay, BidManifest)`.
macro_rules! acts {
    ($replay:expr, $kind:ident) => {
        $replay.acts(|act| match act {
            procedure::act::Act::$kind(body) => Some(body),
            _ => None,
        })
    };
}
pub(crate) use acts;

/// One statement with what became of it.
pub(crate) struct Item {
    /// Statement, opening and proof.
    pub entry: Entry,
    /// Id of the statement that is really there (the opening may say otherwise).
    pub id: Digest,
    /// The act, where the body has its form.
    pub act: Option<Act>,
    /// Keys whose signatures verified; none where one did not.
    pub signers: Vec<KeyId>,
    /// Why it was not admitted.
    pub refusal: Option<Refusal>,
}

impl Item {
    /// Log index.
    pub fn index(&self) -> u64 {
        self.entry.index
    }

    /// When it was admitted, as its leaf says; UTC milliseconds.
    pub fn time_ms(&self) -> u64 {
        self.entry.opening.admitted_ms
    }

    /// Place in the log.
    pub fn at(&self) -> At {
        At {
            time_ms: self.time_ms(),
            index: self.index(),
        }
    }

    /// The kind, as its type says.
    pub fn kind(&self) -> &str {
        self.entry.envelope.kind()
    }

    /// It changed the state.
    pub fn is_admitted(&self) -> bool {
        self.refusal.is_none()
    }
}

/// The bundle after its replay: what every check looks at.
pub(crate) struct Replay<'a> {
    /// What the reader brought along.
    pub options: &'a Options,
    /// The record head.
    pub head: RecordHead,
    /// The profile document.
    pub profile: Option<Vec<u8>>,
    /// Keys of opened envelopes, as the bundle gives them.
    pub keys: KeysByStatement,
    /// All statements, log index ascending.
    pub items: Vec<Item>,
    /// What the account chains and the platform chain say at their ends.
    pub directory: Directory,
    /// The tender after its last admitted statement.
    pub tender: Option<Tender>,
}

impl<'a> Replay<'a> {
    /// Admits everything. Roles come from the root key that the record head names; whether that key is
    /// trusted is check V3.
    pub fn new(bundle: Bundle, options: &'a Options) -> Replay<'a> {
        let body = bundle.head.body();
        let directory = Directory::new(body.origin.as_str(), body.root_key.clone());
        let mut state = State {
            directory,
            tender: None,
        };
        let items = bundle
            .entries
            .into_iter()
            .map(|entry| state.take(entry))
            .collect();
        Replay {
            options,
            head: bundle.head,
            profile: bundle.profile,
            keys: bundle.keys,
            items,
            directory: state.directory,
            tender: state.tender,
        }
    }

    /// Statements of the tender's chain whose act `pick` takes, in log order, refused ones included.
    pub fn acts<'s, B: 's>(
        &'s self,
        pick: impl Fn(&'s Act) -> Option<&'s B> + 's,
    ) -> impl Iterator<Item = (&'s Item, &'s B)> + 's {
        self.tender_items()
            .filter_map(move |item| Some((item, pick(item.act.as_ref()?)?)))
    }

    /// Statements of the tender's chain.
    pub fn tender_items(&self) -> impl Iterator<Item = &Item> {
        self.items
            .iter()
            .filter(|item| matches!(item.entry.opening.chain, ChainId::Tender(_)))
    }

    /// The notice.
    pub fn notice(&self) -> Option<(&Item, &Notice)> {
        acts!(self, Notice).next()
    }

    /// The trustee set with this statement id.
    pub fn trustee_set(&self, id: &Digest) -> Option<(&Item, &TrusteeSet)> {
        acts!(self, TrusteeSet).find(|(item, _)| item.id == *id)
    }

    /// The stage that the admitted statements lead to.
    pub fn stage(&self) -> Option<&Stage> {
        self.tender.as_ref().map(Tender::stage)
    }

    /// The tenderee.
    pub fn tenderee(&self) -> Option<&Identifier> {
        self.tender.as_ref().map(Tender::tenderee)
    }

    /// Where the record ends, for a check that needs more of it.
    pub fn ends_at(&self) -> String {
        let refused = self.tender_items().find(|item| !item.is_admitted());
        match (refused, self.stage()) {
            (Some(item), _) => format!(
                "the record cannot be followed from log entry {} ({}) on",
                item.index(),
                item.kind()
            ),
            (None, Some(stage)) => format!("the record ends in stage {}", stage.name()),
            (None, None) => "the record holds no tender".to_owned(),
        }
    }

    /// How the checkpoint stands under the reader's trust file, where both agree on a log.
    pub fn standing(&self) -> Option<Standing<'_>> {
        let trust = self.options.trust.as_ref()?;
        trust.standing(&self.head.body().checkpoint).ok()
    }

    /// The log is a demo log.
    pub fn is_demo(&self) -> bool {
        self.directory.is_demo()
    }
}

/// The state that statements are admitted to.
struct State {
    directory: Directory,
    tender: Option<Tender>,
}

impl State {
    fn take(&mut self, entry: Entry) -> Item {
        let id = entry.envelope.id();
        match procedure::verify(entry.envelope.clone(), &self.directory) {
            Ok(statement) => {
                let refusal = self.admit(&statement, &entry).err();
                Item {
                    signers: statement.signers().to_vec(),
                    act: Some(statement.into_statement()),
                    entry,
                    id,
                    refusal,
                }
            }
            Err(refusal) => Item {
                act: Act::read(&entry.envelope).and_then(Result::ok),
                signers: Vec::new(),
                entry,
                id,
                refusal: Some(refusal),
            },
        }
    }

    fn admit(&mut self, statement: &Verified<Act>, entry: &Entry) -> Result<(), Refusal> {
        let (opening, own) = (&entry.opening, statement.statement().chain());
        if opening.chain != own {
            let detail = format!(
                "its leaf stands on {}, the statement belongs to {own}",
                opening.chain
            );
            return Err(Refusal::new(Code::TenderMismatch, detail));
        }
        let at = At {
            time_ms: opening.admitted_ms,
            index: opening.index,
        };
        match (&own, &mut self.tender) {
            (ChainId::Account(_) | ChainId::Platform, _) => self.directory.admit(statement, at),
            (ChainId::Tender(_), Some(tender)) => tender.admit(statement, &self.directory, at),
            (ChainId::Tender(_), tender @ None) => {
                *tender = Some(Tender::create(statement, &self.directory, at)?);
                Ok(())
            }
        }
    }
}
