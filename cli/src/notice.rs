//! From a draft of a notice, as a tenderee writes it, to the exact body: documents are hashed, times are read,
//! profile and trustee set are filled in.
//!
//! The draft is JSON with the fields of the `notice` statement, except:
//!
//! | in the draft | instead of |
//! |---|---|
//! | `"documents": ["boq.xlsx", {"path": "a.pdf", "name": "招标文件.pdf"}]` (paths beside the draft) | names, sizes, roots |
//! | `"profile": "cn-2017-tendering"` or `{"id": ..., "version": ...}` | with digest |
//! | `"documents_until"`, `"deadline"`, `"opening_begins"`: `"2026-12-01T09:30+08:00"` | `..._ms` |
//! | `"rules": "rules.json"` (a rule set beside the draft, as `kaibiao rules check` reads it) | the rule set itself |
//! | nothing | `tender`, `document_set`; `trustee_set` if one set is rehearsed |

use std::path::Path;

use procedure::act::{Document, Notice, ProfileRef, RuleSet};
use procedure::law::Profile;
use procedure::law::linter::lint;
use record::json::JsonError;
use record::sealing::document_set_digest;
use record::{Digest, Identifier};
use serde_json::{Map, Value, json};

use crate::client::{Layout, LocalBlob, ProfileLine, RehearsalView};
use crate::failure::Failure;
use crate::time;

/// What the server knows that a draft need not say.
pub struct Surroundings<'a> {
    /// The tender.
    pub tender: &'a Identifier,
    /// Released profiles.
    pub profiles: &'a [ProfileLine],
    /// The tender's trustee sets.
    pub rehearsals: &'a [RehearsalView],
}

/// Completes a draft; `folder` is where its documents are. The documents come back for uploading.
///
/// # Errors
/// What is missing or wrong, with a JSON pointer.
pub fn complete(
    draft: &[u8],
    folder: &Path,
    surroundings: &Surroundings<'_>,
) -> Result<(Notice, Vec<LocalBlob>), Failure> {
    let mut fields: Map<String, Value> =
        record::json::parse(draft).map_err(|error| wrong(&error))?;
    let (documents, blobs) = hash_documents(fields.get("documents"), folder)?;
    let set: Vec<_> = documents
        .iter()
        .map(|one| (one.name.clone(), one.size, one.root))
        .collect();
    let digest = document_set_digest(&set)
        .map_err(|error| Failure::input(error.code(), error).at("/documents"))?;
    fields.insert("tender".to_owned(), json!(surroundings.tender));
    fields.insert("documents".to_owned(), json!(documents));
    fields.insert("document_set".to_owned(), json!(digest));
    if let Some(path) = fields.get("rules").and_then(Value::as_str) {
        let rules = read_rules(&folder.join(path))?;
        fields.insert("rules".to_owned(), rules);
    }
    let profile = find_profile(fields.get("profile"), surroundings.profiles)?;
    fields.insert("profile".to_owned(), json!(profile));
    if !fields.contains_key("trustee_set") {
        fields.insert(
            "trustee_set".to_owned(),
            json!(rehearsed_set(surroundings.rehearsals)?),
        );
    }
    for (text, exact) in [
        ("documents_until", "documents_until_ms"),
        ("deadline", "deadline_ms"),
        ("opening_begins", "opening_ms"),
    ] {
        if let Some(value) = fields.remove(text) {
            fields.insert(exact.to_owned(), json!(read_time(text, &value)?));
        }
    }
    let notice = record::json::parse(Value::Object(fields).to_string().as_bytes())
        .map_err(|error| wrong(&error))?;
    Ok((notice, blobs))
}

fn wrong(error: &JsonError) -> Failure {
    Failure::input(error.code(), format!("the draft of the notice: {error}"))
        .at(error.pointer.clone())
}

/// What the linter remarks about the rules of a notice: warnings and notes, which refuse nothing.
pub fn remarks(notice: &Notice) -> Vec<String> {
    let profile = Profile::released(&notice.profile);
    let findings = profile.map(|profile| lint(&notice.rules, profile));
    findings
        .into_iter()
        .flatten()
        .map(|finding| format!("/rules{}: {finding}", finding.pointer))
        .collect()
}

/// The rule set of a file. What is wrong with it is pointed at in that file.
fn read_rules(path: &Path) -> Result<Value, Failure> {
    let bytes = std::fs::read(path).map_err(|error| Failure::file(path, error))?;
    let rules = RuleSet::parse(&bytes).map_err(|error| {
        let message = format!("{}: {}", path.display(), error.problem);
        Failure::input(error.code(), message).at(error.pointer.clone())
    })?;
    serde_json::to_value(rules).map_err(|error| Failure::input("rules-invalid", error).at("/rules"))
}

fn read_time(name: &str, value: &Value) -> Result<u64, Failure> {
    let read = value.as_str().and_then(time::read);
    read.ok_or_else(|| {
        let message = format!("{value} is not a time such as \"2026-12-01T09:30+08:00\"");
        Failure::input("time-malformed", message).at(format!("/{name}"))
    })
}

fn hash_documents(
    value: Option<&Value>,
    folder: &Path,
) -> Result<(Vec<Document>, Vec<LocalBlob>), Failure> {
    let missing = || {
        Failure::input(
            "documents-missing",
            "\"documents\" lists the paths of the tender documents",
        )
        .at("/documents")
    };
    let items = value.and_then(Value::as_array).ok_or_else(missing)?;
    let mut hashed = Vec::new();
    for (place, item) in items.iter().enumerate() {
        let path = item.as_str().or_else(|| item.get("path")?.as_str());
        let path = path.ok_or_else(|| missing().at(format!("/documents/{place}")))?;
        let path = folder.join(path);
        let own_name = path
            .file_name()
            .map(|name| name.to_string_lossy().into_owned())
            .unwrap_or_default();
        let name = item
            .get("name")
            .and_then(Value::as_str)
            .map_or(own_name, str::to_owned);
        let blob = LocalBlob::hash(&path, Layout::Document)?;
        hashed.push((
            Document {
                name,
                size: blob.size,
                root: blob.root,
            },
            blob,
        ));
    }
    hashed.sort_by(|(left, _), (right, _)| left.name.cmp(&right.name));
    Ok(hashed.into_iter().unzip())
}

/// The profile that the draft names, in its highest version if it names none; this program must know it too.
fn find_profile(value: Option<&Value>, released: &[ProfileLine]) -> Result<ProfileRef, Failure> {
    let id = value
        .and_then(|value| value.as_str().or_else(|| value.get("id")?.as_str()))
        .unwrap_or_default();
    let version = value.and_then(|value| value.get("version")?.as_u64());
    let fits = |line: &&ProfileLine| {
        line.id.as_str() == id && version.is_none_or(|version| u64::from(line.version) == version)
    };
    let known = || {
        released
            .iter()
            .map(|line| format!("{} {}", line.id, line.version))
            .collect::<Vec<_>>()
            .join(", ")
    };
    let found = released
        .iter()
        .filter(fits)
        .max_by_key(|line| line.version)
        .ok_or_else(|| {
            Failure::input(
                "profile-unknown",
                format!("there is no profile {id:?}; the server has: {}", known()),
            )
            .at("/profile")
        })?;
    let reference = ProfileRef {
        id: found.id.clone(),
        version: found.version,
        digest: found.digest,
    };
    if Profile::released(&reference).is_none() {
        let message = format!(
            "this program does not know the profile {id} {} as the server has it",
            found.version
        );
        return Err(Failure::input("profile-unknown", message)
            .hint("Update this program.")
            .at("/profile"));
    }
    Ok(reference)
}

fn rehearsed_set(rehearsals: &[RehearsalView]) -> Result<Digest, Failure> {
    let rehearsed: Vec<Digest> = rehearsals
        .iter()
        .filter(|view| view.rehearsed)
        .map(|view| view.trustee_set)
        .collect();
    match rehearsed.as_slice() {
        [only] => Ok(*only),
        [] => Err(Failure::failed(
            "trustee-set-missing",
            "no trustee set has been rehearsed yet",
        )
        .hint("Every trustee runs `kaibiao trustee rehearse TENDER`; then publish the notice.")),
        _ => Err(Failure::input(
            "trustee-set-missing",
            "several trustee sets are rehearsed; name one in \"trustee_set\"",
        )
        .at("/trustee_set")),
    }
}

#[cfg(test)]
mod tests {
    use super::read_rules;

    #[test]
    fn rules_come_from_a_file_and_what_is_wrong_is_pointed_at_there() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let path = folder.path().join("rules.json");
        assert!(read_rules(&path).is_err(), "there is no file");
        let ready = &evaluation::rules::ready()[0];
        std::fs::write(&path, ready.json).expect("the file is written");
        let read = read_rules(&path).expect("a ready rule set is read");
        assert_eq!(read["format"], "kaibiao-rules/1");
        assert_eq!(read["about"]["id"], ready.id);
        std::fs::write(&path, r#"{ "format": "kaibiao-rules/2" }"#).expect("written");
        let failure = read_rules(&path).expect_err("another format is refused");
        assert_eq!(failure.pointer.as_deref(), Some("/format"));
    }
}
