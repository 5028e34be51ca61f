//! Whole things dropped, repeated, swapped, renamed: members, entries, statements, openings, proofs, signatures,
//! keys, chains of the head.

use record::bundle::{Bundle, OpenedKeys};
use record::statement::Signature;
use serde_json::Value;

use super::{Expected, Nest, Sound, zipped};

pub(super) fn of(sound: &Sound, nest: &mut Nest) {
    members(sound, nest);
    entries(sound, nest);
    signatures(sound, nest);
    keys(sound, nest);
    head(sound, nest);
}

fn members(sound: &Sound, nest: &mut Nest) {
    for (place, (name, _)) in sound.members.iter().enumerate() {
        nest.lay("member dropped", name.clone(), move |sound| {
            let mut members = sound.members.clone();
            members.remove(place);
            zipped(&members)
        });
        for to in [
            format!("{name}.bak"),
            format!("a{name}"),
            "statements/999999999999.json".to_owned(),
        ] {
            let label = format!("{name} to {to}");
            nest.lay("member renamed", label, move |sound| {
                let mut members = sound.members.clone();
                members[place].0 = to.clone();
                members.sort();
                zipped(&members)
            });
        }
        let next = sound
            .members
            .get(place + 1)
            .filter(|(next, _)| kind(next) == kind(name));
        if let Some((next, _)) = next {
            nest.lay(
                "members swapped",
                format!("{name} and {next}"),
                move |sound| {
                    let mut members = sound.members.clone();
                    let content = members[place].1.clone();
                    members[place].1 = members[place + 1].1.clone();
                    members[place + 1].1 = content;
                    zipped(&members)
                },
            );
        }
    }
    for name in [
        "a.txt",
        "openings/000000000000.json",
        "statements/1.json",
        "zzz",
    ] {
        nest.lay("member added", name.to_owned(), move |sound| {
            let mut members = sound.members.clone();
            members.retain(|(one, _)| one != name);
            members.push((name.to_owned(), b"{}".to_vec()));
            members.sort();
            zipped(&members)
        });
    }
}

fn kind(name: &str) -> &str {
    name.split('/').next().unwrap_or_default()
}

/// The parts of a bundle put together again after a change, whatever the writer says to it.
fn rewritten(sound: &Sound, change: impl FnOnce(&mut Bundle)) -> Vec<u8> {
    let mut bundle = sound.bundle.clone();
    change(&mut bundle);
    bundle.write().expect("the parts fit together")
}

fn entries(sound: &Sound, nest: &mut Nest) {
    let count = sound.bundle.entries.len();
    for place in 0..count {
        let entry = &sound.bundle.entries[place];
        let what = format!("{} ({})", entry.index, entry.envelope.kind());
        nest.lay("entry dropped", what.clone(), move |sound| {
            rewritten(sound, |bundle| {
                bundle.entries.remove(place);
            })
        });
        nest.lay("entry repeated", what.clone(), move |sound| {
            rewritten(sound, |bundle| {
                let mut again = bundle.entries[place].clone();
                let last = bundle.entries.last().expect("there is one").index + 1;
                (again.index, again.opening.index, again.proof.index) = (last, last, last);
                bundle.entries.push(again);
            })
        });
        nest.lay("entry renumbered", what.clone(), move |sound| {
            rewritten(sound, |bundle| {
                let next = bundle
                    .entries
                    .get(place + 1)
                    .map_or(u64::MAX, |entry| entry.index);
                let entry = &mut bundle.entries[place];
                let index = if entry.index + 1 < next {
                    entry.index + 1
                } else {
                    entry.index
                };
                (entry.index, entry.opening.index, entry.proof.index) = (index, index, index);
                if index + 1 == next {
                    entry.opening.seq += 1;
                }
            })
        });
        nest.lay("path bent", what.clone(), move |sound| {
            rewritten(sound, |bundle| {
                let path = &mut bundle.entries[place].proof.path;
                match place % 4 {
                    0 => drop(path.pop()),
                    1 => path.push(path[0]),
                    2 => path.reverse(),
                    _ => path[0].0[0] ^= 1,
                }
            })
        });
        if place + 1 == count {
            continue;
        }
        nest.lay("statements swapped", what.clone(), move |sound| {
            rewritten(sound, |bundle| {
                let envelope = bundle.entries[place].envelope.clone();
                bundle.entries[place].envelope = bundle.entries[place + 1].envelope.clone();
                bundle.entries[place + 1].envelope = envelope;
            })
        });
        nest.lay("openings swapped", what.clone(), move |sound| {
            rewritten(sound, |bundle| {
                let (first, second) = (
                    bundle.entries[place].opening.clone(),
                    bundle.entries[place + 1].opening.clone(),
                );
                let (one, two) = (first.index, second.index);
                bundle.entries[place].opening = record::log::leaf::LeafOpening {
                    index: one,
                    ..second
                };
                bundle.entries[place + 1].opening = record::log::leaf::LeafOpening {
                    index: two,
                    ..first
                };
            })
        });
        nest.lay("proofs swapped", what, move |sound| {
            rewritten(sound, |bundle| {
                let path = bundle.entries[place].proof.path.clone();
                bundle.entries[place].proof.path = bundle.entries[place + 1].proof.path.clone();
                bundle.entries[place + 1].proof.path = path;
            })
        });
    }
}

const ORDER: Expected = Expected::Survives("signatures of one envelope exchanged in order");
const WITNESS: Expected = Expected::Survives("witness's signature left out");
const FOREIGN: Expected = Expected::Survives("foreign signature added");

fn signatures(sound: &Sound, nest: &mut Nest) {
    for (place, entry) in sound.bundle.entries.iter().enumerate() {
        let what = format!("{} ({})", entry.index, entry.envelope.kind());
        let count = entry.envelope.signatures.len();
        let bend = move |sound: &Sound, change: fn(&mut Vec<Signature>)| {
            rewritten(sound, |bundle| {
                change(&mut bundle.entries[place].envelope.signatures)
            })
        };
        nest.lay(
            "signature dropped",
            format!("first of {what}"),
            move |sound| {
                bend(sound, |signatures| {
                    signatures.remove(0);
                })
            },
        );
        nest.lay("signature repeated", what.clone(), move |sound| {
            bend(sound, |signatures| signatures.push(signatures[0].clone()))
        });
        nest.lay("signature shortened", what.clone(), move |sound| {
            bend(sound, |signatures| signatures[0].signature.truncate(63))
        });
        nest.lay("signature emptied", what.clone(), move |sound| {
            bend(sound, |signatures| signatures[0].signature.fill(0))
        });
        nest.lay(
            "signature renamed",
            format!("{what}: calls itself cms"),
            move |sound| {
                bend(sound, |signatures| {
                    signatures[0].kind = Some("cms".to_owned())
                })
            },
        );
        nest.lay(
            "signature renamed",
            format!("{what}: key id in capitals"),
            move |sound| {
                bend(sound, |signatures| {
                    let capital = signatures[0].key_id.to_uppercase();
                    signatures[0].key_id = capital;
                })
            },
        );
        // s + the group's order: the same signature to a careless reader.
        nest.lay("signature malleated", what.clone(), move |sound| {
            bend(sound, |signatures| {
                let bytes = &mut signatures[0].signature;
                let high = plus_order(&bytes[32..]);
                bytes[32..].copy_from_slice(&high);
            })
        });
        nest.lay_as(
            FOREIGN,
            "signature of another kind added",
            what.clone(),
            move |sound| {
                bend(sound, |signatures| {
                    signatures.push(Signature {
                        key_id: "CN=somebody".to_owned(),
                        kind: Some("sm2".to_owned()),
                        signature: vec![1, 2, 3],
                    });
                })
            },
        );
        if count > 1 {
            nest.lay_as(
                ORDER,
                "signatures in another order",
                what.clone(),
                move |sound| bend(sound, |signatures| signatures.reverse()),
            );
            let witnessed = entry.envelope.kind() == "opening-record";
            let expected = if witnessed {
                WITNESS
            } else {
                Expected::Refused
            };
            nest.lay_as(
                expected,
                "signature dropped",
                format!("last of {what}"),
                move |sound| {
                    bend(sound, |signatures| {
                        signatures.pop();
                    })
                },
            );
        }
    }
}

/// Adds the order of the group of Ed25519 to a number in 32 bytes, little-endian.
fn plus_order(number: &[u8]) -> Vec<u8> {
    const ORDER: [u8; 32] = [
        0xed, 0xd3, 0xf5, 0x5c, 0x1a, 0x63, 0x12, 0x58, 0xd6, 0x9c, 0xf7, 0xa2, 0xde, 0xf9, 0xde,
        0x14, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x10,
    ];
    let mut carry = 0_u16;
    let add = |(left, right): (&u8, &u8)| {
        let sum = u16::from(*left) + u16::from(*right) + carry;
        carry = sum >> 8;
        (sum & 0xff) as u8
    };
    number.iter().zip(&ORDER).map(add).collect()
}

/// The member `keys.json` without the record head's consent.
fn keys(sound: &Sound, nest: &mut Nest) {
    let place = sound
        .members
        .iter()
        .position(|(name, _)| name == "keys.json");
    let place = place.expect("every bundle has keys");
    let mut lay =
        |what: String, change: Box<dyn Fn(&mut record::bundle::KeysByStatement) + Send + Sync>| {
            nest.lay("keys bent", what, move |sound| {
                let mut keys = sound.bundle.keys.clone();
                change(&mut keys);
                sound.with_content(place, serde_json::to_vec(&keys).expect("keys are JSON"))
            });
        };
    lay(
        "an entry added".to_owned(),
        Box::new(|keys| {
            keys.insert(record::Digest::ZERO, OpenedKeys::default());
        }),
    );
    for (number, statement) in sound.bundle.keys.keys().copied().enumerate() {
        lay(
            format!("{statement} dropped"),
            Box::new(move |keys| {
                keys.remove(&statement);
            }),
        );
        lay(
            format!("{statement} under another name"),
            Box::new(move |keys| {
                let own = keys.remove(&statement).expect("it is there");
                keys.insert(record::Digest::sha256(&[number as u8]), own);
            }),
        );
        lay(
            format!("{statement}: key said to open another envelope"),
            Box::new(move |keys| {
                let own = keys.get_mut(&statement).expect("it is there");
                own.technical = own.contrib.take().or(own.opening.take());
            }),
        );
    }
}

/// The signed head with other chains, checkpoint or members: the signature no longer fits.
fn head(sound: &Sound, nest: &mut Nest) {
    let place = sound
        .members
        .iter()
        .position(|(name, _)| name == "record-head.json");
    let place = place.expect("every bundle has a head");
    let chains = sound.bundle.head.body().chains.len();
    for chain in 0..chains {
        for (what, turn) in [
            ("dropped", 0),
            ("one shorter", 1),
            ("another head", 2),
            ("twice", 3),
        ] {
            nest.lay("head bent", format!("chain {chain} {what}"), move |sound| {
                super::contents::with_body(sound, place, |body| {
                    let list = body["chains"].as_array_mut().expect("chains are a list");
                    match turn {
                        0 => drop(list.remove(chain)),
                        1 => {
                            list[chain]["seq"] = Value::from(
                                list[chain]["seq"]
                                    .as_u64()
                                    .unwrap_or_default()
                                    .wrapping_sub(1)
                                    >> 11,
                            )
                        }
                        2 => list[chain]["head"] = Value::from("00".repeat(32)),
                        _ => list.insert(chain, list[chain].clone()),
                    }
                })
            });
        }
    }
    for field in [
        "tender",
        "origin",
        "log_key",
        "root_key",
        "audience",
        "checkpoint",
        "members",
    ] {
        nest.lay("head bent", format!("{field} left out"), move |sound| {
            super::contents::with_body(sound, place, |body| {
                body.as_object_mut()
                    .expect("a body is an object")
                    .remove(field);
            })
        });
    }
}
