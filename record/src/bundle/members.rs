//! The outer form of a bundle: a zip file of which there is exactly one for given members.
//!
//! Every member is stored, dated 1980-01-01 00:00, without flags, extra fields, comments and attributes;
//! names ascend by their bytes; nothing stands before, between or behind. From 65 535 members on, the
//! zip64 end record and locator stand before the end record, which then says 0xFFFF members.
//! The form is this protocol's, not some zip library's: that is why it is written out here.

use std::collections::BTreeMap;

use super::BundleError;

/// The longest bundle, in bytes.
pub const BUNDLE_BYTES_MAX: u64 = 1 << 31;
/// The most members. Ten thousand bidders with two keys each, a bid and an answer to the read-out are 120 000; what is
/// above that is for replacements, withdrawals and further keys.
pub const MEMBERS_MAX: usize = 1_000_000;
/// The longest name of a member, in bytes.
pub const MEMBER_NAME_BYTES_MAX: usize = 100;

const LOCAL_HEADER: [u8; 4] = *b"PK\x03\x04";
const CENTRAL_HEADER: [u8; 4] = *b"PK\x01\x02";
const END: [u8; 4] = *b"PK\x05\x06";
const END_64: [u8; 4] = *b"PK\x06\x06";
const LOCATOR_64: [u8; 4] = *b"PK\x06\x07";
const LOCAL_HEADER_BYTES: u64 = 30;
const CENTRAL_HEADER_BYTES: u64 = 46;
/// End record, zip64 end record and locator.
const END_BYTES_MAX: u64 = 22 + 56 + 20;
/// Version needed to extract: 1.0, and 4.5 for the zip64 end record.
const VERSION: u16 = 10;
const VERSION_64: u16 = 45;
/// 1980-01-01 in the date format of DOS; the time is 0.
const DATE: u16 = 0x0021;
/// What the end record says when there are this many members or more.
const COUNT_MAX: u16 = 0xFFFF;

/// The named members of a bundle, within all limits.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Members {
    by_name: BTreeMap<String, Vec<u8>>,
    /// Length of the zip file without its end.
    file_bytes: u64,
}

impl Members {
    /// No members.
    pub fn new() -> Members {
        Members::default()
    }

    /// Adds a member. Refuses a name that is not allowed or taken, and what goes over the limits.
    pub fn insert(&mut self, name: &str, content: Vec<u8>) -> Result<(), BundleError> {
        check_name(name.as_bytes())?;
        let member = || name.to_owned();
        if self.by_name.len() >= MEMBERS_MAX {
            return Err(BundleError::TooManyMembers { member: member() });
        }
        if self.by_name.contains_key(name) {
            return Err(BundleError::Order {
                member: member(),
                before: member(),
            });
        }
        let file_bytes = self
            .file_bytes
            .saturating_add(file_bytes_of(name, &content));
        check_length(file_bytes.saturating_add(END_BYTES_MAX))?;
        self.file_bytes = file_bytes;
        self.by_name.insert(member(), content);
        Ok(())
    }

    /// The content of a member.
    pub fn get(&self, name: &str) -> Option<&[u8]> {
        self.by_name.get(name).map(Vec::as_slice)
    }

    /// All members, names ascending.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &[u8])> {
        self.by_name
            .iter()
            .map(|(name, content)| (name.as_str(), content.as_slice()))
    }

    /// How many members there are.
    pub fn len(&self) -> usize {
        self.by_name.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.by_name.is_empty()
    }
}

/// Writes the one zip file that these members have.
pub fn write(members: &Members) -> Vec<u8> {
    let files: Vec<File<'_>> = members
        .iter()
        .map(|(name, content)| File {
            name,
            content,
            crc: crc32fast::hash(content),
        })
        .collect();
    let mut out = Vec::with_capacity(usize::try_from(members.file_bytes).unwrap_or_default());
    emit(&files, &mut |bytes| out.extend_from_slice(bytes));
    out
}

/// Reads a zip file and requires that writing its members gives the same bytes.
///
/// Lengths and counts are checked before anything is allocated; there is no compression, so that
/// memory is bounded by the length of the file.
pub fn read(bytes: &[u8]) -> Result<Members, BundleError> {
    check_length(bytes.len() as u64)?;
    let mut reader = Reader { bytes, at: 0 };
    let mut files: Vec<File<'_>> = Vec::new();
    while let Some(file) = reader.file()? {
        if let Some(before) = files.last()
            && before.name >= file.name
        {
            return Err(BundleError::Order {
                member: file.name.to_owned(),
                before: before.name.to_owned(),
            });
        }
        if files.len() == MEMBERS_MAX {
            return Err(BundleError::TooManyMembers {
                member: file.name.to_owned(),
            });
        }
        files.push(file);
    }
    require_equal(bytes, &files)?;
    let mut members = Members::new();
    for file in &files {
        members.file_bytes = members
            .file_bytes
            .saturating_add(file_bytes_of(file.name, file.content));
        members
            .by_name
            .insert(file.name.to_owned(), file.content.to_vec());
    }
    Ok(members)
}

/// Writes the members again, into a comparison instead of into memory.
fn require_equal(bytes: &[u8], files: &[File<'_>]) -> Result<(), BundleError> {
    let mut rest = bytes;
    let mut equal = true;
    emit(files, &mut |expected| {
        if equal {
            match rest.strip_prefix(expected) {
                Some(behind) => rest = behind,
                None => {
                    equal = false;
                    let same = rest
                        .iter()
                        .zip(expected)
                        .take_while(|(left, right)| left == right)
                        .count();
                    rest = rest.get(same..).unwrap_or_default();
                }
            }
        }
    });
    if equal && rest.is_empty() {
        return Ok(());
    }
    let member = files
        .last()
        .map(|file| file.name.to_owned())
        .unwrap_or_default();
    Err(BundleError::NotCanonical {
        at: bytes.len().saturating_sub(rest.len()),
        member,
    })
}

/// One member, as it stands in the file.
struct File<'a> {
    name: &'a str,
    content: &'a [u8],
    crc: u32,
}

/// Gives the whole zip file to `sink`, piece by piece.
fn emit(files: &[File<'_>], sink: &mut impl FnMut(&[u8])) {
    let mut offset = 0_u32;
    let mut directory = Vec::new();
    for file in files {
        // `read` and `Members` keep every length and offset below 2^31.
        let size = u32::try_from(file.content.len()).unwrap_or(u32::MAX);
        let name_length = u16::try_from(file.name.len()).unwrap_or(u16::MAX);
        // From "version needed" to "extra length" both headers are the same.
        let mut shared = Vec::with_capacity(26);
        for half in [VERSION, 0, 0, 0, DATE] {
            shared.extend_from_slice(&half.to_le_bytes());
        }
        for word in [file.crc, size, size] {
            shared.extend_from_slice(&word.to_le_bytes());
        }
        shared.extend_from_slice(&name_length.to_le_bytes());
        shared.extend_from_slice(&[0; 2]);

        sink(&LOCAL_HEADER);
        sink(&shared);
        sink(file.name.as_bytes());
        sink(file.content);

        directory.extend_from_slice(&CENTRAL_HEADER);
        directory.extend_from_slice(&VERSION.to_le_bytes());
        directory.extend_from_slice(&shared);
        // Comment length, disk, internal and external attributes.
        directory.extend_from_slice(&[0; 10]);
        directory.extend_from_slice(&offset.to_le_bytes());
        directory.extend_from_slice(file.name.as_bytes());
        let taken = LOCAL_HEADER_BYTES
            .saturating_add(u64::from(name_length))
            .saturating_add(u64::from(size));
        offset = offset.saturating_add(u32::try_from(taken).unwrap_or(u32::MAX));
    }
    sink(&directory);
    emit_end(
        files.len(),
        u32::try_from(directory.len()).unwrap_or(u32::MAX),
        offset,
        sink,
    );
}

/// The end of the zip file: how many members, and where the directory stands.
fn emit_end(count: usize, directory_bytes: u32, directory_at: u32, sink: &mut impl FnMut(&[u8])) {
    let count_16 = u16::try_from(count).unwrap_or(COUNT_MAX);
    if count_16 == COUNT_MAX {
        sink(&END_64);
        sink(&44_u64.to_le_bytes()); // length of the rest of this record
        sink(&VERSION_64.to_le_bytes());
        sink(&VERSION_64.to_le_bytes());
        sink(&[0; 8]); // disks
        sink(&(count as u64).to_le_bytes());
        sink(&(count as u64).to_le_bytes());
        sink(&u64::from(directory_bytes).to_le_bytes());
        sink(&u64::from(directory_at).to_le_bytes());
        sink(&LOCATOR_64);
        sink(&[0; 4]); // disk
        sink(
            &u64::from(directory_at)
                .saturating_add(u64::from(directory_bytes))
                .to_le_bytes(),
        );
        sink(&1_u32.to_le_bytes()); // number of disks
    }
    sink(&END);
    sink(&[0; 4]); // disks
    sink(&count_16.to_le_bytes());
    sink(&count_16.to_le_bytes());
    sink(&directory_bytes.to_le_bytes());
    sink(&directory_at.to_le_bytes());
    sink(&[0; 2]); // comment length
}

/// Reads the members from the front; whatever stands behind the last one is compared, not read.
struct Reader<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl<'a> Reader<'a> {
    /// The next member, `None` where the directory begins.
    fn file(&mut self) -> Result<Option<File<'a>>, BundleError> {
        let start = self.at;
        let wrong = |member: &str, reason| BundleError::Zip {
            at: start,
            member: member.to_owned(),
            reason,
        };
        match self.take::<4>() {
            Some(LOCAL_HEADER) => {}
            Some(CENTRAL_HEADER | END) => return Ok(None),
            _ => return Err(wrong("", "neither a member nor the directory begins here")),
        }
        let header = self
            .take::<26>()
            .ok_or_else(|| wrong("", "the file ends inside a member's header"))?;
        // Version, flags, method, time, date.
        let [v0, v1, f0, f1, m0, m1, t0, t1, d0, d1, ..] = header;
        // Checksum, stored size, size, lengths of name and extra field.
        let [
            ..,
            c0,
            c1,
            c2,
            c3,
            p0,
            p1,
            p2,
            p3,
            s0,
            s1,
            s2,
            s3,
            n0,
            n1,
            x0,
            x1,
        ] = header;
        let (crc, size) = (
            u32::from_le_bytes([c0, c1, c2, c3]),
            u32::from_le_bytes([s0, s1, s2, s3]),
        );
        let name = self
            .slice(usize::from(u16::from_le_bytes([n0, n1])))
            .ok_or_else(|| wrong("", "the file ends inside a member's name"))?;
        let name = check_name(name)?;
        if [m0, m1] != [0; 2] {
            return Err(wrong(name, "the member is compressed"));
        }
        if [f0, f1] != [0; 2] || [v0, v1] != VERSION.to_le_bytes() {
            return Err(wrong(name, "the member has flags or another version"));
        }
        if [t0, t1] != [0; 2] || [d0, d1] != DATE.to_le_bytes() {
            return Err(wrong(name, "the member's date is not 1980-01-01 00:00"));
        }
        if [x0, x1] != [0; 2] {
            return Err(wrong(name, "the member has an extra field"));
        }
        if [p0, p1, p2, p3] != [s0, s1, s2, s3] {
            return Err(wrong(name, "the two sizes of the member differ"));
        }
        let content = usize::try_from(size)
            .ok()
            .and_then(|size| self.slice(size))
            .ok_or_else(|| wrong(name, "the file ends inside the member"))?;
        if crc32fast::hash(content) != crc {
            return Err(wrong(name, "the member's checksum is wrong"));
        }
        Ok(Some(File { name, content, crc }))
    }

    fn take<const N: usize>(&mut self) -> Option<[u8; N]> {
        self.slice(N)?.try_into().ok()
    }

    fn slice(&mut self, length: usize) -> Option<&'a [u8]> {
        let end = self.at.checked_add(length)?;
        let slice = self.bytes.get(self.at..end)?;
        self.at = end;
        Some(slice)
    }
}

/// What a member takes in the file: header, name and content, and its place in the directory.
fn file_bytes_of(name: &str, content: &[u8]) -> u64 {
    let name = (name.len() as u64).saturating_mul(2);
    (content.len() as u64)
        .saturating_add(name)
        .saturating_add(LOCAL_HEADER_BYTES)
        .saturating_add(CENTRAL_HEADER_BYTES)
}

fn check_length(bytes: u64) -> Result<(), BundleError> {
    if bytes > BUNDLE_BYTES_MAX {
        Err(BundleError::TooLarge { bytes })
    } else {
        Ok(())
    }
}

/// `[a-z0-9._-]` and `/` between parts; no part is empty, `.` or `..`.
fn check_name(name: &[u8]) -> Result<&str, BundleError> {
    let allowed = |byte: &u8| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'.' | b'_' | b'-' | b'/');
    let text = std::str::from_utf8(name).ok().filter(|text| {
        name.len() <= MEMBER_NAME_BYTES_MAX
            && name.iter().all(allowed)
            && text.split('/').all(|part| !matches!(part, "" | "." | ".."))
    });
    text.ok_or_else(|| BundleError::Name {
        member: String::from_utf8_lossy(name)
            .chars()
            .take(MEMBER_NAME_BYTES_MAX)
            .collect(),
    })
}
