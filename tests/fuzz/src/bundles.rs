//! Bundles: the container, and records whose members were changed.

use std::sync::LazyLock;

use record::bundle::{self, Bundle, Members};
use record::trust::Trust;
use serde_json::Value;
use verification::{Options, Verdict, verify};

use crate::Reached;
use crate::choices::Choices;
use crate::edit::edit;
use crate::seeds;

/// Any bytes: what is read is written to the same bytes, and there is always a report.
pub fn bundle(input: &[u8]) -> Reached {
    if let Ok(members) = bundle::read(input) {
        assert_eq!(bundle::write(&members), input);
    }
    let read = Bundle::read(input);
    if let Ok(bundle) = &read {
        assert_eq!(bundle.write().expect("what was read is written"), input);
    }
    let report = verify(input, &Options::default());
    assert_eq!(report.verdict == Verdict::Unusable, read.is_err());
    Reached::of(&read)
}

/// A good record and whom its readers trust.
struct Good {
    members: Members,
    bytes: Vec<u8>,
    options: Options,
}

static GOOD: LazyLock<Vec<Good>> = LazyLock::new(|| {
    let good = |world: &play::World, tender: &record::Identifier| {
        let bytes = world.bundle(tender);
        let trust: Trust = world.trust_file().parse().expect("the trust file is sound");
        Good {
            members: bundle::read(&bytes).expect("the bundle is good"),
            bytes,
            options: Options {
                trust: Some(trust),
                ..Options::default()
            },
        }
    };
    seeds::plays()
        .iter()
        .map(|play| good(&play.world, &play.tender))
        .collect()
});

/// A good record with changed members, in a container that is right. Nobody re-signs, so none of it holds.
pub fn bundle_edits(input: &[u8]) -> Reached {
    let mut choices = Choices(input);
    let good = choices.of(&GOOD);
    let mut members: Vec<(String, Vec<u8>)> = good
        .members
        .iter()
        .map(|(name, content)| (name.to_owned(), content.to_vec()))
        .collect();
    for _ in 0..3 {
        change(&mut members, &mut choices);
        if choices.is_empty() {
            break;
        }
    }
    let mut changed = Members::new();
    for (name, content) in &members {
        // Names that no bundle has, or twice the same: the container does not take them.
        if changed.insert(name, content.clone()).is_err() {
            return Reached::Refused;
        }
    }
    let bytes = bundle::write(&changed);
    let report = verify(&bytes, &good.options);
    let is_same = bytes == good.bytes;
    assert_eq!(report.verdict == Verdict::Holds, is_same, "{report:?}");
    if report.verdict == Verdict::Unusable {
        Reached::Refused
    } else {
        Reached::Accepted
    }
}

fn change(members: &mut Vec<(String, Vec<u8>)>, choices: &mut Choices<'_>) {
    if members.is_empty() {
        return;
    }
    let place = choices.below(members.len());
    match choices.byte() % 10 {
        0 => {}
        1 => drop(members.remove(place)),
        2 => {
            let other = choices.below(members.len());
            members[place].1 = members[other].1.clone();
        }
        3 => members[place].0 = String::from_utf8_lossy(choices.bytes()).into_owned(),
        4 => {
            let content = &mut members[place].1;
            let at = choices.below(content.len());
            content.splice(at.., choices.bytes().to_vec());
        }
        5 => {
            let content = &mut members[place].1;
            let at = choices.below(content.len());
            if let Some(byte) = content.get_mut(at) {
                *byte ^= choices.byte();
            }
        }
        6 => edit_body(&mut members[place].1, choices),
        _ => edit_json(&mut members[place].1, choices),
    }
}

fn edit_json(content: &mut Vec<u8>, choices: &mut Choices<'_>) {
    if let Ok(mut value) = serde_json::from_slice::<Value>(content) {
        edit(&mut value, choices);
        *content = serde_json::to_vec(&value).expect("a value is written");
    }
}

/// The body inside of an envelope.
fn edit_body(content: &mut Vec<u8>, choices: &mut Choices<'_>) {
    use base64::Engine as _;
    use base64::engine::general_purpose::STANDARD;
    let Ok(mut envelope) = serde_json::from_slice::<Value>(content) else {
        return;
    };
    let body = envelope["payload"]
        .as_str()
        .and_then(|text| STANDARD.decode(text).ok());
    let Some(mut body) = body else { return };
    edit_json(&mut body, choices);
    envelope["payload"] = STANDARD.encode(body).into();
    *content = serde_json::to_vec(&envelope).expect("a value is written");
}
