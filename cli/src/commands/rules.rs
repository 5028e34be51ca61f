//! `kaibiao rules`: the library of ready rule sets, and what is wrong with a rule set before it is announced.

use std::fmt::Write as _;
use std::io::Read;
use std::path::{Path, PathBuf};

use console::{Alignment, measure_text_width, pad_str};
use evaluation::rules::{Ready, RuleSet, ready, ready_by_id};
use evaluation::schema;
use procedure::law::linter::{Finding, FindingCode, Severity, lint_json};
use procedure::law::{Profile, Text, latest, profiles};
use serde_json::{Value, json};

use super::Outcome;
use crate::desk::{Desk, read_bytes, write_new};
use crate::explanation::Language;
use crate::failure::{EXIT_FAILED, EXIT_INPUT, Failure};
use crate::pointer::locate;

/// What a FILE that is no file begins with: `ready:ID`.
const READY: &str = "ready:";

const AFTER_HELP: &str = "\
From a ready rule set to a notice:
  kaibiao rules list
  kaibiao rules show jiangsu-2017-comprehensive --out rules.json
  (fill in the amounts, settle the points, read the note in \"about\")
  kaibiao rules check rules.json
  (put it into the draft of the notice as its member \"rules\")";

/// What is done with rule sets.
#[derive(Debug, clap::Subcommand)]
#[command(after_help = AFTER_HELP)]
pub enum Command {
    /// List the library of ready rule sets.
    List {
        /// The language of the titles.
        #[arg(long, value_enum, default_value = "en")]
        lang: Language,
    },
    /// Print a ready rule set, to start from.
    Show {
        /// Its id, as `rules list` shows it.
        id: String,
        /// Write it to a new file instead.
        #[arg(long, short, value_name = "FILE")]
        out: Option<PathBuf>,
    },
    /// Find what is wrong with a rule set: what cannot be carried out, and what the law forbids.
    ///
    /// Exit codes: 0 nothing worse than warnings; 1 errors; 2 it is no rule set.
    Check {
        /// The rule set (`kaibiao-rules/1`, JSON) or a notice with its member `rules`; `-` reads standard input,
        /// `ready:ID` takes one of the library.
        file: PathBuf,
        /// The law to check against. Otherwise the one that the notice or the rule set names.
        #[arg(long, value_name = "ID")]
        profile: Option<String>,
        /// The language of the findings.
        #[arg(long, value_enum, default_value = "en")]
        lang: Language,
    },
    /// Print the JSON Schema of rule sets (draft 2020-12).
    Schema {
        /// That of evaluation cases (`kaibiao-case/1`) instead.
        #[arg(long)]
        case: bool,
    },
}

/// Does it.
pub fn run(desk: &Desk, command: &Command) -> Outcome {
    match command {
        Command::List { lang } => {
            list(desk, *lang);
            Ok(0)
        }
        Command::Show { id, out } => show(desk, id, out.as_deref()),
        Command::Check {
            file,
            profile,
            lang,
        } => check(desk, file, profile.as_deref(), *lang),
        Command::Schema { case } => {
            let schema = if *case {
                schema::case()
            } else {
                schema::rules()
            };
            desk.output.line(&format!("{schema:#}"));
            Ok(0)
        }
    }
}

fn list(desk: &Desk, language: Language) {
    let rows: Vec<[String; 5]> = ready().iter().map(|ready| row(ready, language)).collect();
    let heads = ["ID", "CLASS", "METHODS", "SURE", "TITLE"].map(str::to_owned);
    let width = |column: usize| {
        let cells = rows.iter().chain([&heads]);
        cells
            .map(|row| measure_text_width(&row[column]))
            .max()
            .unwrap_or(0)
    };
    let widths = [width(0), width(1), width(2), width(3), 0];
    let mut text = String::new();
    for row in std::iter::once(&heads).chain(&rows) {
        let cells = row
            .iter()
            .zip(widths)
            .map(|(cell, width)| pad_str(cell, width, Alignment::Left, None));
        let line = cells.collect::<Vec<_>>().join("  ");
        text += line.trim_end();
        text.push('\n');
    }
    text += "SURE: A the law itself, B official notices in part, C secondary, U no source (docs/rules.md).\n";
    let value = ready().iter().map(|ready| {
        json!({
            "id": ready.id, "award_class": ready.rules.award_class, "methods": methods(&ready.rules),
            "profile": ready.rules.profile, "about": ready.rules.about,
        })
    });
    desk.output.result(text, &Value::Array(value.collect()));
}

fn row(ready: &Ready, language: Language) -> [String; 5] {
    let about = ready.rules.about.as_ref();
    let title = about.map(|about| match language {
        Language::Zh => about.title.zh.clone(),
        Language::En => about.title.en.clone(),
    });
    let confidence = about.map(|about| json!(about.confidence));
    let confidence = confidence.and_then(|tag| tag.as_str().map(str::to_owned));
    [
        ready.id.to_owned(),
        ready.rules.award_class.id().to_owned(),
        methods(&ready.rules).join(", "),
        confidence.unwrap_or_default(),
        title.unwrap_or_default(),
    ]
}

fn methods(rules: &RuleSet) -> Vec<&str> {
    let methods = rules.methods.iter();
    methods.map(|spec| spec.method.as_str()).collect()
}

fn show(desk: &Desk, id: &str, out: Option<&Path>) -> Outcome {
    let found = find_ready(id.strip_prefix(READY).unwrap_or(id))?;
    match out {
        Some(path) => {
            write_new(path, found.json.as_bytes())?;
            desk.output.note(format!("{} is written", path.display()));
        }
        None => desk.output.line(found.json),
    }
    Ok(0)
}

fn find_ready(id: &str) -> Result<&'static Ready, Failure> {
    ready_by_id(id).ok_or_else(|| {
        let known: Vec<_> = ready().iter().map(|ready| ready.id).collect();
        Failure::input(
            "rules-unknown",
            format!("the library has no rule set {id:?}"),
        )
        .hint(format!("It has: {}", known.join(", ")))
    })
}

/// A rule set as it was found: alone, or in a notice.
struct Found {
    /// What was read, whole.
    text: String,
    /// Where in it the rule set stands; empty if it is the whole.
    prefix: &'static str,
    /// The rule set.
    document: Vec<u8>,
    /// The law that is named beside it or in it.
    profile: Option<(String, Option<u64>)>,
}

fn check(desk: &Desk, file: &Path, profile: Option<&str>, language: Language) -> Outcome {
    let found = read(file)?;
    let named = profile.map(|id| (id.to_owned(), None));
    let profile = find_profile(named.or_else(|| found.profile.clone()))?;
    let findings = lint_json(&found.document, profile);
    let open = RuleSet::parse(&found.document)
        .map(|rules| rules.open_amounts())
        .unwrap_or_default();
    let of = |severity| findings.iter().filter(move |one| one.severity == severity);
    let (errors, warnings) = (of(Severity::Error).count(), of(Severity::Warning).count());
    let value = json!({
        "format": "kaibiao-findings/1",
        "profile": { "id": profile.reference.id, "version": profile.reference.version },
        "errors": errors, "warnings": warnings, "open_amounts": open,
        "findings": findings.iter().map(|finding| located(&found, finding)).collect::<Vec<_>>(),
    });
    let text = report(&found, profile, &findings, &open, language);
    desk.output.result(text, &value);
    let unreadable = findings
        .iter()
        .any(|finding| finding.code == FindingCode::RulesUnreadable);
    Ok(match (unreadable, errors) {
        (true, _) => EXIT_INPUT,
        (false, 0) => 0,
        (false, _) => EXIT_FAILED,
    })
}

fn read(file: &Path) -> Result<Found, Failure> {
    let bytes = if file == Path::new("-") {
        let mut bytes = Vec::new();
        let read = std::io::stdin().lock().read_to_end(&mut bytes);
        read.map_err(|error| Failure::input("file", format!("standard input: {error}")))?;
        bytes
    } else if let Some(id) = file.to_str().and_then(|name| name.strip_prefix(READY)) {
        find_ready(id)?.json.as_bytes().to_vec()
    } else {
        read_bytes(file)?
    };
    let value: Value = record::json::parse(&bytes).map_err(|error| {
        let (line, column) = (error.line, error.column);
        let message = format!("line {line}, column {column}: {}", error.reason);
        Failure::input(error.code(), message).at(error.pointer)
    })?;
    // Strict JSON is UTF-8.
    let text = String::from_utf8_lossy(&bytes).into_owned();
    let in_notice = value.get("format").is_none();
    Ok(match value.get("rules") {
        Some(rules) if in_notice => Found {
            prefix: "/rules",
            document: rules.to_string().into_bytes(),
            profile: profile_of(&value).or_else(|| profile_of(rules)),
            text,
        },
        _ => Found {
            prefix: "",
            profile: profile_of(&value),
            document: bytes,
            text,
        },
    })
}

/// The profile that a notice, the draft of one or a rule set names: an id, perhaps with a version.
fn profile_of(document: &Value) -> Option<(String, Option<u64>)> {
    let profile = document.get("profile")?;
    let id = profile.as_str().or_else(|| profile.get("id")?.as_str())?;
    let version = profile.get("version").and_then(Value::as_u64);
    Some((id.to_owned(), version))
}

fn find_profile(named: Option<(String, Option<u64>)>) -> Result<&'static Profile, Failure> {
    let wrong = |message: String| {
        let mut known: Vec<_> = profiles()
            .iter()
            .map(|profile| profile.reference.id.as_str())
            .collect();
        known.sort_unstable();
        known.dedup();
        Failure::input("profile-unknown", message)
            .hint(format!("Say --profile with one of: {}", known.join(", ")))
    };
    let (id, version) = named.ok_or_else(|| {
        wrong("neither the document nor --profile says which law it is under".to_owned())
    })?;
    let found = match version {
        None => latest(&id),
        Some(version) => profiles().iter().find(|profile| {
            let reference = &profile.reference;
            reference.id.as_str() == id && u64::from(reference.version) == version
        }),
    };
    found.ok_or_else(|| match version {
        None => wrong(format!("there is no profile {id:?}")),
        Some(version) => wrong(format!("there is no profile {id:?} of version {version}")),
    })
}

/// The finding with its place in what was read.
fn located(found: &Found, finding: &Finding) -> Value {
    let pointer = format!("{}{}", found.prefix, finding.pointer);
    let place = locate(&found.text, &pointer);
    let mut value = json!(finding);
    value["pointer"] = json!(pointer);
    value["line"] = json!(place.line);
    value["column"] = json!(place.column);
    value
}

fn report(
    found: &Found,
    profile: &Profile,
    findings: &[Finding],
    open: &[&str],
    language: Language,
) -> String {
    let mut text = String::new();
    let say = |both: &Text| match language {
        Language::Zh => both.zh.clone(),
        Language::En => both.en.clone(),
    };
    let words = Words::of(language);
    for finding in findings {
        let pointer = format!("{}{}", found.prefix, finding.pointer);
        let place = locate(&found.text, &pointer);
        let severity = match finding.severity {
            Severity::Error => words.error,
            Severity::Warning => words.warning,
            Severity::Note => words.note,
        };
        // Writing to a string cannot fail.
        let _ = writeln!(
            text,
            "{severity} {} {} ({}:{})",
            finding.code.as_str(),
            if pointer.is_empty() {
                words.whole
            } else {
                &pointer
            },
            place.line,
            place.column
        );
        let _ = writeln!(text, "  {}", say(&finding.message));
        let law: Vec<_> = [&finding.rule, &finding.article]
            .into_iter()
            .flatten()
            .map(String::as_str)
            .collect();
        if !law.is_empty() {
            let _ = writeln!(text, "  {}{}", words.law, law.join(words.comma));
        }
        let _ = writeln!(text, "  {}{}", words.remedy, say(&finding.remedy));
    }
    if !open.is_empty() {
        let _ = writeln!(text, "{}{}", words.open, open.join(words.comma));
    }
    let count = |severity| {
        findings
            .iter()
            .filter(|finding| finding.severity == severity)
            .count()
    };
    let (errors, warnings, notes) = (
        count(Severity::Error),
        count(Severity::Warning),
        count(Severity::Note),
    );
    let law = format!("{} {}", profile.reference.id, profile.reference.version);
    text + &match language {
        Language::Zh => {
            format!("{law}：{errors} 个错误，{warnings} 个警告，{notes} 个提示\n")
        }
        Language::En => {
            format!("{law}: errors {errors}, warnings {warnings}, notes {notes}\n")
        }
    }
}

/// The words around findings.
struct Words {
    error: &'static str,
    warning: &'static str,
    note: &'static str,
    law: &'static str,
    remedy: &'static str,
    open: &'static str,
    whole: &'static str,
    comma: &'static str,
}

impl Words {
    fn of(language: Language) -> Words {
        match language {
            Language::Zh => Words {
                error: "错误",
                warning: "警告",
                note: "提示",
                law: "依据：",
                remedy: "处理：",
                open: "发布公告前须填写的金额：",
                whole: "全文",
                comma: "、",
            },
            Language::En => Words {
                error: "error",
                warning: "warning",
                note: "note",
                law: "by: ",
                remedy: "do: ",
                open: "to be filled in before the notice: ",
                whole: "the whole",
                comma: ", ",
            },
        }
    }
}
