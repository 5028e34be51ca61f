//! Sequences of statements: a tender that goes its way, and somebody who says other things in between.
//!
//! The tender of `Script::eventful` is played once. An input begins somewhere in it and then goes on with its next
//! statements, repeats or changes any of them, signs with whatever keys, says bodies of its own, and moves the clock.
//!
//! What must hold: a refusal changes nothing; the log replays to the same state; nothing is admitted twice; and a
//! record of what was admitted convinces its verifier.

use std::sync::LazyLock;

use play::{Actor, LogEntry, Milestone, Play, Script, World};
use procedure::act::Act;
use procedure::{Directory, Tender};
use record::Identifier;
use record::chain::ChainId;
use record::key::SigningKey;
use record::statement::Envelope;
use record::trust::Trust;
use serde_json::Value;
use verification::{Options, Verdict, verify};

use crate::Reached;
use crate::choices::Choices;
use crate::edit::edit;
use crate::seeds::TENDER;

/// The most steps of one input.
const STEPS_MAX: usize = 24;

/// The whole course: what was said, and the world before each of it.
struct Course {
    entries: Vec<LogEntry>,
    worlds: Vec<World>,
    keys: Vec<SigningKey>,
    /// Who signed each entry: places in `keys`.
    signers: Vec<Vec<usize>>,
}

static COURSE: LazyLock<Course> = LazyLock::new(|| {
    let play = Play::to(Script::eventful(TENDER), Milestone::Awarded);
    let entries: Vec<LogEntry> = play.world.log().entries().cloned().collect();
    let mut world = World::demo();
    let begun = world.log().entries().count();
    let mut worlds = Vec::new();
    for entry in &entries[begun..] {
        worlds.push(world.clone());
        world.wait_until(entry.opening.admitted_ms);
        let said = world.admit_envelope(entry.envelope.clone());
        said.expect("what was played is admitted again");
    }
    assert_eq!(world.log().size(), play.world.log().size());
    worlds.push(world);
    let entries = entries[begun..].to_vec();
    let keys = keys(&play);
    Course {
        signers: entries.iter().map(|entry| signers(entry, &keys)).collect(),
        entries,
        worlds,
        keys,
    }
});

fn signers(entry: &LogEntry, keys: &[SigningKey]) -> Vec<usize> {
    let envelope: Value = serde_json::from_slice(&entry.envelope.to_json()).expect("it is JSON");
    let signatures = envelope["signatures"].as_array().expect("it is signed");
    let place = |signature: &Value| {
        let has_id = |key: &SigningKey| signature["keyid"] == key.public().id().to_string();
        keys.iter()
            .position(has_id)
            .expect("everybody's key is known")
    };
    signatures.iter().map(place).collect()
}

fn keys(play: &Play) -> Vec<SigningKey> {
    let names = (1..=play.script.trustees)
        .map(|slot| format!("trustee-{slot}"))
        .chain((1..=9).map(|bidder| format!("b{bidder}")))
        .chain(
            [
                "tenderee",
                "platform",
                "supervisor",
                "credit-source",
                "witness-1",
            ]
            .map(str::to_owned),
        );
    let mut keys: Vec<SigningKey> = names.map(|name| Actor::new(&name).key().clone()).collect();
    keys.push(play.world.root().clone());
    keys.push(Actor::new("nobody").key().clone());
    keys
}

/// How many statements the course has.
pub fn course_length() -> usize {
    COURSE.entries.len()
}

/// One input, see the head of this file.
pub fn admission(input: &[u8]) -> Reached {
    let mut choices = Choices(input);
    let course = &*COURSE;
    let mut next = choices.below(course.worlds.len());
    // What is costly is asked of some inputs only: the fuzzer finds out which.
    let demands = choices.byte();
    let mut world = course.worlds[next].clone();
    let mut reached = Reached::Refused;
    for _ in 0..STEPS_MAX {
        if choices.is_empty() {
            break;
        }
        let envelope = match choices.byte() % 8 {
            0..=2 => {
                let Some(entry) = course.entries.get(next) else {
                    continue;
                };
                next += 1;
                world.wait_until(entry.opening.admitted_ms);
                Some(entry.envelope.clone())
            }
            3 => {
                move_clock(&mut world, &mut choices);
                None
            }
            4 => duty(&world),
            5 => Some(invented(course, &mut choices)),
            _ => Some(changed(course, next, &mut choices)),
        };
        if let Some(envelope) = envelope
            && say(&mut world, &envelope)
        {
            reached = Reached::Accepted;
            if demands & 4 != 0 {
                is_not_admitted_again(&world, envelope);
            }
        }
    }
    if demands & 1 != 0 {
        replays_to_the_same(&world);
    }
    if demands & 2 != 0 && tender_of(&world).is_some() {
        convinces_a_verifier(&world);
    }
    reached
}

fn move_clock(world: &mut World, choices: &mut Choices<'_>) {
    let step = 1_u64 << (choices.byte() % 36);
    world.now_ms = world.now_ms.saturating_add(step);
    // To just before and at the next moment that matters.
    if let Some(due_ms) = tender_of(world).and_then(Tender::next_due_ms)
        && choices.byte().is_multiple_of(2)
    {
        world.wait_until(due_ms.saturating_sub(u64::from(choices.byte() % 2)));
    }
}

fn tender_of(world: &World) -> Option<&Tender> {
    world.tenders().get(&play::id(TENDER))
}

/// What the platform owes, signed by it.
fn duty(world: &World) -> Option<Envelope> {
    tender_of(world)?;
    let act = world.owed(&play::id(TENDER))?;
    let mut envelope = act.envelope();
    envelope.add_signature(world.platform().key());
    Some(envelope)
}

/// A body from the input.
fn invented(course: &Course, choices: &mut Choices<'_>) -> Envelope {
    let kind = *choices.of(Act::KINDS);
    let mut envelope = Envelope::new(kind, choices.bytes().to_vec());
    envelope.add_signature(choices.of(&course.keys));
    envelope
}

/// Another statement of the course, or one that was said, with changes, signed anew.
fn changed(course: &Course, next: usize, choices: &mut Choices<'_>) -> Envelope {
    // Most often what comes next: that has the best chance of being admitted.
    let place = if choices.byte().is_multiple_of(2) {
        next.min(course.entries.len() - 1)
    } else {
        choices.below(course.entries.len())
    };
    let original = &course.entries[place].envelope;
    let mut body = original.body::<Value>().expect("bodies are JSON");
    for _ in 0..choices.byte() % 4 {
        edit(&mut body, choices);
    }
    let bytes = serde_json::to_vec(&body).expect("a value is written");
    // Members in the order of our own programs, where the body still has its form.
    let bytes = match Act::read(&Envelope::new(original.kind(), bytes.clone())) {
        Some(Ok(act)) => act.to_body(),
        _ => bytes,
    };
    let mut envelope = Envelope::new(original.kind(), bytes);
    match choices.byte() % 4 {
        0 => envelope.add_signature(choices.of(&course.keys)),
        1 => {
            envelope.add_signature(choices.of(&course.keys));
            envelope.add_signature(choices.of(&course.keys));
        }
        _ => {
            for key in &course.signers[place] {
                envelope.add_signature(&course.keys[*key]);
            }
        }
    }
    envelope
}

/// Has it admitted; whether it was.
fn say(world: &mut World, envelope: &Envelope) -> bool {
    let (tenders, directory) = (world.tenders().clone(), world.directory().clone());
    let size = world.log().size();
    match world.admit_envelope(envelope.clone()) {
        Err(refusal) => {
            assert!(!refusal.code.as_str().is_empty());
            assert_eq!(
                tenders,
                *world.tenders(),
                "a refusal changed a tender: {refusal}"
            );
            assert_eq!(
                &directory,
                world.directory(),
                "a refusal changed the directory: {refusal}"
            );
            assert_eq!(size, world.log().size());
            false
        }
        Ok(_) => true,
    }
}

/// A role that is granted once more changes nothing; anything else has its effect once.
fn is_not_admitted_again(world: &World, envelope: Envelope) {
    let mut again = world.clone();
    let kind = envelope.kind().to_owned();
    if again.admit_envelope(envelope).is_ok() {
        let is_same = again.directory() == world.directory() && again.tenders() == world.tenders();
        assert!(
            kind == "role-granted" && is_same,
            "{kind} is admitted twice"
        );
    }
}

/// Whoever admits the statements of the log once more gets the same tenders and the same directory.
fn replays_to_the_same(world: &World) {
    let mut replayed = Replayed {
        directory: Directory::new(world.log().origin().as_str(), world.root().public().clone()),
        tenders: Default::default(),
    };
    for entry in world.log().entries() {
        replayed.admit(entry);
    }
    assert_eq!(&replayed.directory, world.directory());
    assert_eq!(&replayed.tenders, world.tenders());
}

struct Replayed {
    directory: Directory,
    tenders: std::collections::BTreeMap<Identifier, Tender>,
}

impl Replayed {
    fn admit(&mut self, entry: &LogEntry) {
        let statement = procedure::verify(entry.envelope.clone(), &self.directory);
        let statement = statement.expect("what is on the log verifies");
        let at = procedure::At {
            time_ms: entry.opening.admitted_ms,
            index: entry.opening.index,
        };
        let admitted = match &entry.opening.chain {
            ChainId::Account(_) | ChainId::Platform => self.directory.admit(&statement, at),
            ChainId::Tender(id) => match self.tenders.get_mut(id) {
                Some(tender) => tender.admit(&statement, &self.directory, at),
                None => Tender::create(&statement, &self.directory, at)
                    .map(|tender| drop(self.tenders.insert(id.clone(), tender))),
            },
        };
        admitted.expect("what is on the log is admitted again");
    }
}

/// What this server's procedure let in, a reader's verifier lets pass.
fn convinces_a_verifier(world: &World) {
    let bytes = world.bundle(&play::id(TENDER));
    let trust: Trust = world.trust_file().parse().expect("the trust file is sound");
    let options = Options {
        trust: Some(trust),
        ..Options::default()
    };
    let report = verify(&bytes, &options);
    assert_eq!(report.verdict, Verdict::Holds, "{report:#?}");
}
