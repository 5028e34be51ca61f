//! The zip file around the members: every byte of its headers, and other zip files with the same members.

use record::bundle::write;

use super::{Nest, Sound};

const LOCAL: &str = "zip: local header";
const CENTRAL: &str = "zip: central header";
const END: &str = "zip: end record";
const SHAPE: &str = "zip: shape";
const CUT: &str = "zip: cut";

const LOCAL_BYTES: usize = 30;
const CENTRAL_BYTES: usize = 46;
const END_BYTES: usize = 22;

/// Where one member stands in the file.
struct Place {
    name: String,
    local: usize,
    content: usize,
    central: usize,
}

/// Walks through the one form that a bundle has.
fn places(sound: &Sound) -> Vec<Place> {
    let mut at = 0;
    let mut places = Vec::new();
    for (name, content) in &sound.members {
        let (local, body) = (at, at + LOCAL_BYTES + name.len());
        at = body + content.len();
        places.push(Place {
            name: name.clone(),
            local,
            content: body,
            central: 0,
        });
    }
    for place in &mut places {
        place.central = at;
        at += CENTRAL_BYTES + place.name.len();
    }
    places
}

pub(super) fn of(sound: &Sound, nest: &mut Nest) {
    let places = places(sound);
    // One member of each kind, the first and the last.
    let kinds = [
        "format.txt",
        "keys.json",
        "openings/",
        "profile.json",
        "proofs/",
        "record-head.json",
        "statements/",
    ];
    let of_kind = |kind: &&str| {
        places
            .iter()
            .position(|place| place.name.starts_with(*kind))
    };
    let picked = kinds.iter().filter_map(of_kind).chain([places.len() - 1]);
    for place in picked.map(|place| &places[place]) {
        let name_bytes = place.name.len();
        for byte in 0..LOCAL_BYTES + name_bytes {
            flip(nest, LOCAL, &place.name, place.local + byte, byte);
        }
        for byte in 0..CENTRAL_BYTES + name_bytes {
            flip(nest, CENTRAL, &place.name, place.central + byte, byte);
        }
        // Content without its checksum.
        flip(nest, "zip: checksum", &place.name, place.content, 0);
    }
    let end = sound.bytes.len() - END_BYTES;
    for byte in 0..END_BYTES {
        flip(nest, END, "end", end + byte, byte);
    }
    for part in 0..97 {
        let at = sound.bytes.len() * part / 97;
        nest.lay(CUT, format!("cut at {at}"), move |sound| {
            sound.bytes[..at].to_vec()
        });
    }
    shapes(nest);
}

fn flip(nest: &mut Nest, class: &'static str, name: &str, at: usize, byte: usize) {
    for bit in [0x01, 0x80] {
        nest.lay(
            class,
            format!("{name}, byte {byte} ^ {bit:02x}"),
            move |sound| {
                let mut bytes = sound.bytes.clone();
                bytes[at] ^= bit;
                bytes
            },
        );
    }
}

/// Zip files that other programs would read as the same members.
fn shapes(nest: &mut Nest) {
    let mut lay = |what: &str, plan: Plan| {
        nest.lay(SHAPE, what.to_owned(), move |sound| {
            plan.write(&sound.members)
        });
    };
    let plain = Plan::default;
    lay(
        "comment behind the end",
        Plan {
            comment: b"hello",
            ..plain()
        },
    );
    lay(
        "extra field in the local header",
        Plan {
            local_extra: &[1, 0, 0, 0],
            ..plain()
        },
    );
    lay(
        "extra field in the central header",
        Plan {
            central_extra: &[1, 0, 0, 0],
            ..plain()
        },
    );
    lay(
        "comment of a member",
        Plan {
            member_comment: b"x",
            ..plain()
        },
    );
    lay(
        "bytes in front",
        Plan {
            before: b"#!/bin/sh\n",
            ..plain()
        },
    );
    lay(
        "bytes between members and directory",
        Plan {
            between: b"hidden",
            ..plain()
        },
    );
    lay(
        "bytes behind",
        Plan {
            behind: b"\n",
            ..plain()
        },
    );
    lay(
        "another date",
        Plan {
            date: 0x5b21,
            ..plain()
        },
    );
    lay("another time", Plan { time: 1, ..plain() });
    lay(
        "the flag of UTF-8 names",
        Plan {
            flags: 0x0800,
            ..plain()
        },
    );
    lay(
        "the flag of a data descriptor",
        Plan {
            flags: 0x0008,
            ..plain()
        },
    );
    lay(
        "the flag of encryption",
        Plan {
            flags: 0x0001,
            ..plain()
        },
    );
    lay(
        "a version for deflate",
        Plan {
            version: 20,
            ..plain()
        },
    );
    lay(
        "made by Unix",
        Plan {
            made_by: 0x0314,
            ..plain()
        },
    );
    lay(
        "external attributes",
        Plan {
            attributes: 0x81a4_0000,
            ..plain()
        },
    );
    lay(
        "internal attributes",
        Plan {
            internal: 1,
            ..plain()
        },
    );
    lay("another disk", Plan { disk: 1, ..plain() });
    lay(
        "directory in another order",
        Plan {
            directory_turned: true,
            ..plain()
        },
    );
    lay(
        "members in another order",
        Plan {
            members_turned: true,
            ..plain()
        },
    );
    lay(
        "zip64 end record without need",
        Plan {
            zip64: true,
            ..plain()
        },
    );
    lay(
        "one member fewer in the count",
        Plan {
            fewer: 1,
            ..plain()
        },
    );
    let renames: [(&'static str, &'static str); 7] = [
        ("upper case", "STATEMENTS/hello.json"),
        ("way out", "../hello"),
        ("absolute", "/hello"),
        ("empty part", "a//b"),
        ("empty", ""),
        ("another alphabet", "\u{0441}tatements"),
        ("back slash", "a\\b"),
    ];
    for (what, name) in renames {
        nest.lay(
            SHAPE,
            format!("a further member, name {what}"),
            move |sound| {
                let mut members = sound.members.clone();
                members.insert(0, (name.to_owned(), b"{}".to_vec()));
                Plan::default().write(&members)
            },
        );
    }
    for place in [0, 1, 2] {
        nest.lay(SHAPE, format!("member {place} twice"), move |sound| {
            let mut members = sound.members.clone();
            members.insert(place, members[place].clone());
            Plan::default().write(&members)
        });
        nest.lay(
            SHAPE,
            format!("member {place} twice, other content"),
            move |sound| {
                let mut members = sound.members.clone();
                members.insert(place + 1, (members[place].0.clone(), b"{}".to_vec()));
                Plan::default().write(&members)
            },
        );
    }
    nest.lay(SHAPE, "two bundles in one file".to_owned(), |sound| {
        [sound.bytes.clone(), sound.bytes.clone()].concat()
    });
    nest.lay(SHAPE, "no member at all".to_owned(), |_| {
        write(&record::bundle::Members::new())
    });
    nest.lay(SHAPE, "nothing".to_owned(), |_| Vec::new());
    nest.lay(SHAPE, "something else".to_owned(), |_| b"%PDF-1.7".to_vec());
}

/// How a zip file is written; the default is the form of bundles.
#[derive(Clone, Copy)]
struct Plan {
    before: &'static [u8],
    between: &'static [u8],
    behind: &'static [u8],
    comment: &'static [u8],
    local_extra: &'static [u8],
    central_extra: &'static [u8],
    member_comment: &'static [u8],
    version: u16,
    made_by: u16,
    flags: u16,
    time: u16,
    date: u16,
    disk: u16,
    internal: u16,
    attributes: u32,
    fewer: u16,
    members_turned: bool,
    directory_turned: bool,
    zip64: bool,
}

impl Default for Plan {
    fn default() -> Plan {
        Plan {
            before: b"",
            between: b"",
            behind: b"",
            comment: b"",
            local_extra: b"",
            central_extra: b"",
            member_comment: b"",
            version: 10,
            made_by: 10,
            flags: 0,
            time: 0,
            date: 0x0021,
            disk: 0,
            internal: 0,
            attributes: 0,
            fewer: 0,
            members_turned: false,
            directory_turned: false,
            zip64: false,
        }
    }
}

impl Plan {
    fn write(&self, members: &[(String, Vec<u8>)]) -> Vec<u8> {
        let mut out = self.before.to_vec();
        let mut directory: Vec<Vec<u8>> = Vec::new();
        let mut order: Vec<&(String, Vec<u8>)> = members.iter().collect();
        if self.members_turned {
            order.reverse();
        }
        for (name, content) in order {
            directory.push(self.central(name, content, out.len()));
            out.extend_from_slice(b"PK\x03\x04");
            out.extend(self.shared(name, content, self.local_extra));
            out.extend_from_slice(name.as_bytes());
            out.extend_from_slice(self.local_extra);
            out.extend_from_slice(content);
        }
        if self.directory_turned {
            directory.reverse();
        }
        out.extend_from_slice(self.between);
        let (count, at) = (directory.len(), out.len());
        out.extend(directory.concat());
        let bytes = out.len() - at;
        if self.zip64 {
            out.extend(end_64(count as u64, bytes as u64, at as u64));
        }
        self.end(&mut out, count, bytes, at);
        out
    }

    /// From "version needed" to "extra length".
    fn shared(&self, name: &str, content: &[u8], extra: &[u8]) -> Vec<u8> {
        let mut out = Vec::new();
        for half in [self.version, self.flags, 0, self.time, self.date] {
            out.extend(half.to_le_bytes());
        }
        let size = content.len() as u32;
        for word in [crc32fast::hash(content), size, size] {
            out.extend(word.to_le_bytes());
        }
        out.extend((name.len() as u16).to_le_bytes());
        out.extend((extra.len() as u16).to_le_bytes());
        out
    }

    fn central(&self, name: &str, content: &[u8], at: usize) -> Vec<u8> {
        let mut out = b"PK\x01\x02".to_vec();
        out.extend(self.made_by.to_le_bytes());
        out.extend(self.shared(name, content, self.central_extra));
        for half in [self.member_comment.len() as u16, self.disk, self.internal] {
            out.extend(half.to_le_bytes());
        }
        out.extend(self.attributes.to_le_bytes());
        out.extend((at as u32).to_le_bytes());
        out.extend_from_slice(name.as_bytes());
        out.extend_from_slice(self.central_extra);
        out.extend_from_slice(self.member_comment);
        out
    }

    fn end(&self, out: &mut Vec<u8>, count: usize, bytes: usize, at: usize) {
        out.extend_from_slice(b"PK\x05\x06");
        let count = count as u16 - self.fewer;
        for half in [self.disk, self.disk, count, count] {
            out.extend(half.to_le_bytes());
        }
        out.extend((bytes as u32).to_le_bytes());
        out.extend((at as u32).to_le_bytes());
        out.extend((self.comment.len() as u16).to_le_bytes());
        out.extend_from_slice(self.comment);
        out.extend_from_slice(self.behind);
    }
}

fn end_64(count: u64, bytes: u64, at: u64) -> Vec<u8> {
    let mut out = b"PK\x06\x06".to_vec();
    out.extend(44_u64.to_le_bytes());
    out.extend([45, 0, 45, 0]);
    out.extend([0; 8]);
    for word in [count, count, bytes, at] {
        out.extend(word.to_le_bytes());
    }
    out.extend_from_slice(b"PK\x06\x07");
    out.extend([0; 4]);
    out.extend((at + bytes).to_le_bytes());
    out.extend(1_u32.to_le_bytes());
    out
}
