//! Mutants of sound bundles, made by somebody without any key: every field of the zip file, every byte class of
//! every member, every kind of item dropped, repeated, swapped or renamed, JSON in another than its one form.
//!
//! A mutant is a place and a change; its bytes are made when they are looked at. The list is the same on every
//! machine; [`chosen`] takes a part of it that holds every class.

mod container;
mod contents;
mod items;

use std::collections::BTreeMap;

use play::{Milestone, Play, seed};
use record::bundle::{Bundle, Members, read, write};
use verification::{Options, verify};

use crate::stock;

/// A sound bundle that is bent.
pub struct Sound {
    /// What it is, for people.
    pub name: &'static str,
    /// Its bytes.
    pub bytes: Vec<u8>,
    /// Its members.
    pub members: Vec<(String, Vec<u8>)>,
    /// Its parts.
    pub bundle: Bundle,
}

impl Sound {
    fn of(name: &'static str, play: &Play) -> Sound {
        let bytes = play.world.bundle(&play.tender);
        let members = read(&bytes).expect("it is a zip file");
        let owned = |(name, content): (&str, &[u8])| (name.to_owned(), content.to_vec());
        Sound {
            name,
            members: members.iter().map(owned).collect(),
            bundle: Bundle::read(&bytes).expect("it is a bundle"),
            bytes,
        }
    }

    /// The bundle with another content of one member, its checksum right.
    fn with_content(&self, place: usize, content: Vec<u8>) -> Vec<u8> {
        let mut members = self.members.clone();
        members[place].1 = content;
        zipped(&members)
    }
}

/// The one zip file of these members.
fn zipped(members: &[(String, Vec<u8>)]) -> Vec<u8> {
    let mut zip = Members::new();
    for (name, content) in members {
        zip.insert(name, content.clone())
            .expect("a name stands once");
    }
    write(&zip)
}

/// The sound bundles.
pub fn sounds() -> Vec<Sound> {
    let mut eventful = stock::eventful().clone();
    eventful.go_to(Milestone::Awarded);
    vec![
        Sound::of("plain", stock::plain()),
        Sound::of("korean", stock::korean()),
        Sound::of("statutory", stock::statutory()),
        Sound::of("changed minds", stock::changed_minds()),
        Sound::of("failed", stock::failed()),
        Sound::of("terminated", stock::terminated()),
        Sound::of("draft", stock::draft()),
        Sound::of("eventful", &eventful),
    ]
}

/// What the verifier has to say to a mutant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Expected {
    /// Exit code 1 or 2, and at least one check names something.
    Refused,
    /// Nothing fails; a row of the forgeries says why (its name).
    Survives(&'static str),
}

type Change = Box<dyn Fn(&Sound) -> Vec<u8> + Send + Sync>;

/// One mutant.
pub struct Mutant {
    /// Which of the sound bundles.
    pub sound: usize,
    /// What kind of change, as the page counts them.
    pub class: &'static str,
    /// Where and what.
    pub what: String,
    /// What must be said.
    pub expected: Expected,
    change: Change,
}

/// Gathers the mutants of one bundle.
struct Nest {
    sound: usize,
    label: String,
    mutants: Vec<Mutant>,
}

impl Nest {
    fn lay(
        &mut self,
        class: &'static str,
        what: String,
        change: impl Fn(&Sound) -> Vec<u8> + Send + Sync + 'static,
    ) {
        self.lay_as(Expected::Refused, class, what, change);
    }

    fn lay_as(
        &mut self,
        expected: Expected,
        class: &'static str,
        what: String,
        change: impl Fn(&Sound) -> Vec<u8> + Send + Sync + 'static,
    ) {
        self.mutants.push(Mutant {
            sound: self.sound,
            class,
            what,
            expected,
            change: Box::new(change),
        });
    }
}

/// Every mutant of these bundles. Places inside texts follow from `label`.
pub fn all(sounds: &[Sound], label: &str) -> Vec<Mutant> {
    let mut mutants = Vec::new();
    for (number, sound) in sounds.iter().enumerate() {
        let mut nest = Nest {
            sound: number,
            label: label.to_owned(),
            mutants: Vec::new(),
        };
        container::of(sound, &mut nest);
        contents::of(sound, &mut nest);
        items::of(sound, &mut nest);
        mutants.extend(nest.mutants);
    }
    mutants
}

/// At most `count` mutants, the classes in turn, inside a class in an order that follows from `label`.
pub fn chosen(mutants: Vec<Mutant>, count: usize, label: &str) -> Vec<Mutant> {
    let mut classes: BTreeMap<&'static str, Vec<([u8; 32], Mutant)>> = BTreeMap::new();
    for (number, mutant) in mutants.into_iter().enumerate() {
        let class = classes.entry(mutant.class).or_default();
        class.push((seed(&format!("{label}/{number}")), mutant));
    }
    for class in classes.values_mut() {
        class.sort_by_key(|(rank, _)| *rank);
    }
    let mut chosen = Vec::new();
    while chosen.len() < count && classes.values().any(|class| !class.is_empty()) {
        for class in classes.values_mut() {
            chosen.extend(class.pop().map(|(_, mutant)| mutant));
        }
    }
    chosen.truncate(count);
    chosen
}

/// What the verifier said to one mutant.
pub struct Said {
    /// The first check that names something, and the code of its first finding; none: nothing failed.
    pub named: Option<(&'static str, String)>,
}

impl Mutant {
    /// Makes it and verifies it without a trust file, which could only find more.
    ///
    /// # Errors
    /// A sentence for people when the verifier did not say what is expected.
    pub fn judge(&self, sounds: &[Sound]) -> Result<Said, String> {
        let sound = &sounds[self.sound];
        let bytes = (self.change)(sound);
        let what = || format!("{} / {} / {}", sound.name, self.class, self.what);
        if bytes == sound.bytes {
            return Err(format!("{}: nothing was changed", what()));
        }
        let report = verify(&bytes, &Options::default());
        let code = report.exit_code();
        let mut named = report.checks.iter().filter_map(|check| {
            let first = check.findings.first()?;
            Some((check.id, first.code.clone()))
        });
        let said = Said {
            named: named.next(),
        };
        match (self.expected, code, &said.named) {
            (Expected::Refused, 1 | 2, Some(_)) | (Expected::Survives(_), 3, None) => Ok(said),
            _ => Err(format!("{}: exit {code}\n{}", what(), report.render_text())),
        }
    }
}
