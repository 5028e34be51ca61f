//! No sequence of statements, in any order and at any times, reaches an impossible state.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;

use play::{Actor, Milestone, Play, Script};
use procedure::act::{Act, Outcome};
use procedure::{At, BidStatus, Directory, Stage, Tender, verify};
use proptest::prelude::*;
use record::Digest;
use record::chain::ChainId;
use record::key::{KeyId, SigningKey};
use record::statement::Envelope;
use serde_json::Value;

/// Everything that was said in one eventful tender, and what came of it.
struct Corpus {
    directory: Directory,
    /// Statements with their places, `tender-created` first.
    said: Vec<(Envelope, At)>,
    /// The tender after each of them.
    states: Vec<Tender>,
    keys: BTreeMap<KeyId, SigningKey>,
}

static CORPUS: LazyLock<Corpus> = LazyLock::new(|| {
    let play = Play::to(Script::eventful("T-1"), Milestone::Awarded);
    let directory = play.world.directory().clone();
    let mut keys = BTreeMap::new();
    for (account, _) in directory.accounts() {
        let actor = Actor::new(account.as_str());
        keys.insert(actor.key().public().id(), actor.key().clone());
    }
    let chain = ChainId::Tender(play.tender.clone());
    let place = |entry: &play::LogEntry| At {
        time_ms: entry.opening.admitted_ms,
        index: entry.opening.index,
    };
    let said: Vec<_> = play
        .world
        .log()
        .chain(&chain)
        .map(|entry| (entry.envelope.clone(), place(entry)))
        .collect();
    let mut states: Vec<Tender> = Vec::new();
    for (envelope, at) in &said {
        let statement = verify(envelope.clone(), &directory).expect("admitted before");
        let next = match states.last() {
            None => Tender::create(&statement, &directory, *at).expect("admitted before"),
            Some(before) => {
                let mut next = before.clone();
                next.admit(&statement, &directory, *at)
                    .expect("admitted before");
                next
            }
        };
        states.push(next);
    }
    assert_eq!(states.last(), Some(play.state()));
    Corpus {
        directory,
        said,
        states,
        keys,
    }
});

/// What is done to a statement before it is sent again.
#[derive(Clone, Copy, Debug)]
enum Bend {
    /// Nothing.
    Not,
    /// Something in the body is changed; the signatures are made anew.
    Resigned(u64),
    /// Something in the body is changed under the old signatures.
    Forged(u64),
    /// Somebody else signs.
    ByOther(u64),
    /// Nobody signs.
    Unsigned,
}

/// One thing that is sent.
#[derive(Clone, Debug)]
struct Sent {
    /// Which statement of the corpus: so far from the one that would be next.
    offset: i64,
    /// How long after the statement before.
    wait_ms: u64,
    bend: Bend,
}

fn bend() -> impl Strategy<Value = Bend> {
    prop_oneof![
        6 => Just(Bend::Not),
        3 => any::<u64>().prop_map(Bend::Resigned),
        1 => any::<u64>().prop_map(Bend::Forged),
        1 => any::<u64>().prop_map(Bend::ByOther),
        1 => Just(Bend::Unsigned),
    ]
}

fn sent() -> impl Strategy<Value = Sent> {
    let offset = prop_oneof![4 => -3_i64..12, 1 => -100_i64..100];
    let wait = prop_oneof![3 => Just(0_u64), 2 => 0_u64..7_200_000, 1 => 0_u64..2_000_000_000];
    (offset, wait, bend()).prop_map(|(offset, wait_ms, bend)| Sent {
        offset,
        wait_ms,
        bend,
    })
}

/// Changes one place of a JSON value, chosen by `choice`.
fn change(value: &mut Value, choice: u64) {
    let (here, rest) = ((choice % 16) as usize, choice / 16);
    match value {
        Value::Object(fields) if here == 0 => {
            fields.insert("unknown".into(), Value::Null);
        }
        Value::Object(fields) if here == 1 => {
            let name = fields.keys().next().cloned();
            name.and_then(|name| fields.remove(&name));
        }
        Value::Object(fields) if !fields.is_empty() => {
            let place = rest as usize % fields.len();
            fields
                .values_mut()
                .nth(place)
                .into_iter()
                .for_each(|field| change(field, rest / 8));
        }
        Value::Array(items) if !items.is_empty() => {
            let place = rest as usize % items.len();
            match here {
                0..3 => drop(items.remove(place)),
                3..6 => items.push(items[place].clone()),
                6..9 => items.reverse(),
                _ => change(&mut items[place], rest / 8),
            }
        }
        Value::String(text) => match here {
            0..4 => text.clear(),
            4..8 => text.push('0'),
            _ => *text = text.chars().rev().collect(),
        },
        Value::Number(number) => {
            let old = number.as_u64().unwrap_or_default();
            *value =
                [0, 1, old + 1, old.saturating_sub(1), old * 2, (1 << 53) - 1][here % 6].into();
        }
        Value::Bool(truth) => *truth = !*truth,
        other => *other = Value::String("x".into()),
    }
}

fn changed(envelope: &Envelope, choice: u64) -> Envelope {
    let mut value: Value = serde_json::from_slice(&envelope.body).expect("bodies are JSON");
    change(&mut value, choice);
    Envelope {
        body: serde_json::to_vec(&value).expect("values are JSON"),
        ..envelope.clone()
    }
}

fn signed(envelope: Envelope, corpus: &Corpus) -> Envelope {
    let signers: Vec<KeyId> = envelope
        .signatures
        .iter()
        .filter_map(|one| one.key_id.parse().ok())
        .collect();
    let mut envelope = Envelope {
        signatures: Vec::new(),
        ..envelope
    };
    signers
        .iter()
        .filter_map(|id| corpus.keys.get(id))
        .for_each(|key| envelope.add_signature(key));
    envelope
}

fn bent(envelope: &Envelope, bend: Bend, corpus: &Corpus) -> Envelope {
    match bend {
        Bend::Not => envelope.clone(),
        Bend::Resigned(choice) => signed(changed(envelope, choice), corpus),
        Bend::Forged(choice) => changed(envelope, choice),
        Bend::ByOther(choice) => {
            let mut by_other = Envelope {
                signatures: Vec::new(),
                ..envelope.clone()
            };
            let place = choice as usize % corpus.keys.len();
            corpus
                .keys
                .values()
                .nth(place)
                .into_iter()
                .for_each(|key| by_other.add_signature(key));
            by_other
        }
        Bend::Unsigned => Envelope {
            signatures: Vec::new(),
            ..envelope.clone()
        },
    }
}

/// Sends one statement; what was admitted comes back.
fn send(
    tender: &mut Tender,
    envelope: Envelope,
    at: At,
    corpus: &Corpus,
) -> Option<(Envelope, At)> {
    let statement = verify(envelope.clone(), &corpus.directory).ok()?;
    let before = tender.clone();
    match tender.admit(&statement, &corpus.directory, at) {
        Ok(()) => {
            check_step(&before, tender, statement.statement(), at);
            Some((envelope, at))
        }
        Err(_) => {
            assert_eq!(before, *tender, "a refusal changed the tender");
            None
        }
    }
}

fn place_of(stage: &Stage) -> usize {
    Stage::NAMES
        .iter()
        .position(|name| *name == stage.name())
        .expect("every stage has its name")
}

/// What must hold for the step from one state to the next.
fn check_step(before: &Tender, after: &Tender, act: &Act, at: At) {
    let resumed = matches!(before.stage(), Stage::Suspended(_));
    assert!(
        resumed || place_of(before.stage()) <= place_of(after.stage()),
        "back from {}",
        before.stage().name()
    );
    assert_eq!(after.last(), at);
    let sealed = matches!(
        act,
        Act::BidManifest(_) | Act::BidWithdrawn(_) | Act::CreditCommitted(_)
    );
    if let Some(bidding) = after.stage().bidding().filter(|_| sealed) {
        assert!(at.time_ms < bidding.deadline_ms, "{} is late", act.kind());
    }
    check_state(after);
}

/// What must hold for every state.
fn check_state(tender: &Tender) {
    let stage = tender.stage();
    if let Some(bidding) = stage.bidding() {
        for (bidder, manifest) in &bidding.live {
            let bid = &bidding.bids[manifest];
            assert_eq!((&bid.bidder, bid.status), (bidder, BidStatus::Live));
        }
        let live = bidding
            .bids
            .values()
            .filter(|bid| bid.status == BidStatus::Live)
            .count();
        assert_eq!(live, bidding.live.len(), "one live bid for each bidder");
        assert!(
            bidding
                .bids
                .values()
                .all(|bid| bid.at.time_ms < bidding.deadline_ms)
        );
        assert!(bidding.announce.is_some() || bidding.bids.is_empty());
    }
    if let Some(closed) = stage.closed() {
        assert!(closed.closed.time_ms >= closed.bidding.deadline_ms);
        let enough = closed.bidding.live.len() >= closed.bidding.profile.bidders_min().0 as usize;
        assert!(
            enough || stage.opened().is_none(),
            "opened with too few bidders"
        );
    }
    if let Some(opened) = stage.opened() {
        let read_out: Vec<_> = opened
            .results
            .iter()
            .map(|line| (&line.bidder, &line.manifest))
            .collect();
        assert_eq!(
            read_out,
            opened.closed.bidding.live.iter().collect::<Vec<_>>(),
            "every live bid once"
        );
        for line in &opened.results {
            let valid = line.outcome == Outcome::Valid;
            assert_eq!(
                (
                    line.reason.is_none(),
                    line.consequence.is_none(),
                    line.form.is_empty()
                ),
                (valid, valid, !valid)
            );
            assert!(!valid || opened.keys.contains_key(&line.manifest));
        }
    }
    check_outcome(tender);
}

fn check_outcome(tender: &Tender) {
    let stage = tender.stage();
    if let Some(drawing) = stage.drawing() {
        assert!(!drawing.members.is_empty());
        let numbers: Vec<u32> = drawing
            .attempts
            .iter()
            .map(|attempt| attempt.number)
            .collect();
        assert_eq!(numbers, (1..=numbers.len() as u32).collect::<Vec<_>>());
        let failed = drawing
            .attempts
            .iter()
            .filter(|attempt| attempt.failed.is_some())
            .count();
        assert!(failed >= numbers.len() - 1, "two attempts at once");
        assert!(
            stage.drawn().is_none() || failed == numbers.len() - 1,
            "a result of a failed attempt"
        );
    }
    if let Some(drawn) = stage.drawn() {
        let contributors = &drawn
            .drawing
            .attempts
            .last()
            .expect("an attempt")
            .contributions;
        assert!(
            contributors
                .values()
                .any(|one| one.contributor == *tender.tenderee())
        );
        assert!(drawn.result.counted >= 2);
    }
    if let Some(evaluated) = stage.evaluated() {
        let members = &evaluated.recorded.drawn.drawing.members;
        for place in &evaluated.report.places {
            assert!(members.iter().any(|member| member.bidder == place.bidder));
        }
    }
    if let Stage::Awarded(awarded) = stage {
        let published = &awarded.published;
        assert_eq!(awarded.place.rank, 1);
        assert!(published.evaluated.report.places.contains(&awarded.place));
        assert_eq!(
            published.candidates.candidates,
            published.evaluated.report.places
        );
        assert_eq!(published.candidates.report, published.evaluated.statement);
        assert!(tender.last().time_ms >= published.candidates.publicity_until_ms);
        assert!(
            tender
                .objections()
                .values()
                .all(|objection| objection.answer.is_some())
        );
    }
}

/// Admitting again what was admitted gives the same tender, and nothing was admitted twice.
fn check_replay(start: &Tender, admitted: &[(Envelope, At)], end: &Tender, corpus: &Corpus) {
    let mut again = start.clone();
    let mut ids: BTreeSet<Digest> = BTreeSet::new();
    for (envelope, at) in admitted {
        let statement = verify(envelope.clone(), &corpus.directory).expect("it was admitted");
        assert!(ids.insert(statement.id()), "admitted twice");
        again
            .admit(&statement, &corpus.directory, *at)
            .expect("it was admitted");
    }
    assert_eq!(again, *end);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 256, failure_persistence: None, ..ProptestConfig::default() })]

    /// From any moment of a good tender on, anything may be sent.
    #[test]
    fn anything_may_come_at_any_moment(
        from in 0_usize..CORPUS.said.len(),
        sent in prop::collection::vec(sent(), 1..16),
    ) {
        let corpus = &*CORPUS;
        let start = corpus.states[from].clone();
        let mut tender = start.clone();
        let mut at = tender.last();
        let mut next = from as i64 + 1;
        let mut admitted = Vec::new();
        for one in &sent {
            let place = (next + one.offset).rem_euclid(corpus.said.len() as i64);
            let (envelope, own) = &corpus.said[place as usize];
            let on_time = if one.wait_ms == 0 { own.time_ms } else { at.time_ms + one.wait_ms };
            at = At { time_ms: on_time.max(at.time_ms), index: at.index + 1 };
            let envelope = bent(envelope, one.bend, corpus);
            let honest = matches!(one.bend, Bend::Not | Bend::Resigned(_) | Bend::ByOther(_));
            let unchanged = envelope.body == corpus.said[place as usize].0.body;
            if let Some(said) = send(&mut tender, envelope, at, corpus) {
                prop_assert!(honest || unchanged, "a forged or unsigned statement got in");
                prop_assert!(!matches!(one.bend, Bend::Unsigned));
                admitted.push(said);
                next = place + 1;
            }
        }
        check_replay(&start, &admitted, &tender, corpus);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, failure_persistence: None, ..ProptestConfig::default() })]

    /// A whole tender whose statements are dropped, doubled, late and out of order.
    #[test]
    fn a_shuffled_tender_stays_sane(
        dropped in prop::collection::btree_set(1_usize..CORPUS.said.len(), 0..8),
        swapped in prop::collection::vec((1_usize..CORPUS.said.len(), 1_usize..CORPUS.said.len()), 0..6),
        doubled in prop::collection::btree_set(1_usize..CORPUS.said.len(), 0..8),
        late_ms in prop::collection::btree_map(1_usize..CORPUS.said.len(), 0_u64..100_000_000, 0..4),
    ) {
        let corpus = &*CORPUS;
        let mut order: Vec<usize> = (1..corpus.said.len()).filter(|place| !dropped.contains(place)).collect();
        for (left, right) in swapped {
            let last = order.len() - 1;
            order.swap(left.min(last), right.min(last));
        }
        let start = corpus.states[0].clone();
        let (mut tender, mut at, mut delay_ms) = (start.clone(), start.last(), 0);
        let mut admitted = Vec::new();
        for place in order {
            delay_ms += late_ms.get(&place).copied().unwrap_or(0);
            let (envelope, own) = &corpus.said[place];
            for _ in 0..=usize::from(doubled.contains(&place)) {
                at = At { time_ms: (own.time_ms + delay_ms).max(at.time_ms), index: at.index + 1 };
                admitted.extend(send(&mut tender, envelope.clone(), at, corpus));
            }
        }
        check_replay(&start, &admitted, &tender, corpus);
    }
}
