//! `kaibiao tender`: what everybody can look at, and what the tenderee does ([`super::tenderee`]).

use std::fs;
use std::path::PathBuf;

use record::Identifier;
use record::sealing::{SEGMENT_BYTES, root_of_leaves, segment_leaf};
use serde_json::json;

use super::{Outcome, tenderee};
use crate::client::{OutageView, TenderLine, TenderView};
use crate::desk::{Desk, write_new};
use crate::failure::Failure;
use crate::time;

/// What to do with tenders.
#[derive(Debug, clap::Subcommand)]
pub enum Command {
    /// List the tenders of the server.
    List {
        /// Only those in this stage: draft, announced, opening, opened, drawing, evaluation, awarded, ...
        #[arg(long)]
        stage: Option<String>,
    },
    /// Show where a tender stands, and what its bid form asks for.
    Show {
        /// The tender.
        tender: Identifier,
    },
    /// Download the tender documents and check that they are those of the notice.
    Documents {
        /// The tender.
        tender: Identifier,
        /// The folder to write them to.
        #[arg(long, short, value_name = "FOLDER")]
        out: PathBuf,
    },
    /// Tenderee: create a tender (one lot).
    Create(tenderee::Create),
    /// Tenderee: put the trustee set together and sign it; it goes to the trustees for their signatures.
    Set(tenderee::Set),
    /// Tenderee: post a statement file that everybody has signed.
    Post {
        /// The file.
        statement: PathBuf,
    },
    /// Witness: add your signature to a statement file, such as the opening record.
    Cosign {
        /// The file.
        statement: PathBuf,
        /// Do not ask.
        #[arg(long, short)]
        yes: bool,
    },
    /// Tenderee: upload the documents and publish the notice.
    Notice(tenderee::PublishNotice),
    /// Tenderee: sign what is due next (benchmark set, opening record, evaluation report, candidates, award).
    Next(tenderee::Next),
    /// Tenderee: answer an objection.
    Answer(tenderee::Answer),
    /// Tenderee: end the tender before its time.
    Terminate(tenderee::Terminate),
}

/// Does it.
pub fn run(desk: &Desk, command: Command) -> Outcome {
    match command {
        Command::List { stage } => list(desk, stage.as_deref()),
        Command::Show { tender } => show(desk, &tender),
        Command::Documents { tender, out } => documents(desk, &tender, &out),
        Command::Create(arguments) => tenderee::create(desk, &arguments),
        Command::Set(arguments) => tenderee::set(desk, &arguments),
        Command::Post { statement } => tenderee::post(desk, &statement),
        Command::Cosign { statement, yes } => tenderee::cosign(desk, &statement, yes),
        Command::Notice(arguments) => tenderee::notice(desk, &arguments),
        Command::Next(arguments) => tenderee::next(desk, &arguments),
        Command::Answer(arguments) => tenderee::answer(desk, &arguments),
        Command::Terminate(arguments) => tenderee::terminate(desk, &arguments),
    }
}

fn list(desk: &Desk, stage: Option<&str>) -> Outcome {
    let client = desk.client()?;
    let mut tenders: Vec<TenderLine> = Vec::new();
    let mut after: Option<String> = None;
    loop {
        let page = client.tenders(stage, after.as_deref())?;
        tenders.extend(page.items);
        match page.next {
            Some(next) if after.as_ref() != Some(&next) => after = Some(next),
            _ => break,
        }
    }
    let line = |tender: &TenderLine| {
        let deadline = tender
            .deadline_ms
            .map(time::show)
            .unwrap_or_else(|| "-".to_owned());
        format!(
            "{:<20} {:<12} {:<24} {}",
            tender.tender.as_str(),
            tender.stage,
            deadline,
            tender.title
        )
    };
    let lines: Vec<String> = tenders.iter().map(line).collect();
    let text = if lines.is_empty() {
        "There is no tender.".to_owned()
    } else {
        lines.join("\n")
    };
    desk.output.result(text, &json!({ "items": tenders }));
    Ok(0)
}

fn show(desk: &Desk, tender: &Identifier) -> Outcome {
    let view = desk.client()?.tender(tender)?;
    let value = serde_json::to_value(&view).unwrap_or_default();
    desk.output.result(describe(&view), &value);
    Ok(0)
}

fn describe_outage(outage: &OutageView) -> String {
    let gaps: Vec<String> = outage
        .not_serving
        .iter()
        .map(|gap| {
            format!(
                "{} to {}",
                time::show(gap.from_ms),
                time::show(gap.until_ms)
            )
        })
        .collect();
    let resumed = match outage.resumed_ms {
        Some(resumed_ms) => format!("bidding resumed at {}", time::show(resumed_ms)),
        None => "bidding is suspended".to_owned(),
    };
    format!("not serving from {}; {resumed}", gaps.join(", "))
}

fn describe(view: &TenderView) -> String {
    let mut text = format!("{}  {}\n", view.tender, view.title);
    let mut line = |name: &str, value: String| text += &format!("  {name:<18} {value}\n");
    line("stage", view.stage.clone());
    line("tenderee", view.tenderee.to_string());
    if let Some(notice) = &view.notice {
        let deadline_ms = view.deadline_ms.unwrap_or(notice.deadline_ms);
        line("deadline", time::show(deadline_ms));
        if deadline_ms != notice.deadline_ms {
            line("announced for", time::show(notice.deadline_ms));
        }
        line(
            "opening",
            time::show(view.opening_ms.unwrap_or(notice.opening_ms)),
        );
        for outage in &view.outages {
            line("outage", describe_outage(outage));
        }
        if let Some(price) = &notice.rules.control_price {
            line(
                "control price",
                format!("{price} {}", notice.rules.currency),
            );
        }
        let methods: Vec<&str> = notice
            .rules
            .methods
            .iter()
            .map(|spec| spec.method.as_str())
            .collect();
        line("methods", methods.join(", "));
        for field in &notice.bid_form {
            let kind = format!(
                "{:?}{}",
                field.field_type,
                if field.required { ", required" } else { "" }
            );
            let unit = field
                .unit
                .as_ref()
                .map(|unit| format!(", {unit}"))
                .unwrap_or_default();
            line(
                "form field",
                format!("{}  ({}{unit})", field.id, kind.to_lowercase()),
            );
        }
        for document in &notice.documents {
            line(
                "document",
                format!("{} ({} bytes)", document.name, document.size),
            );
        }
    }
    for result in view.results.iter().flatten() {
        let form: Vec<String> = result
            .form
            .iter()
            .map(|(id, value)| format!("{id} {}", json!(value)))
            .collect();
        line(
            "bid",
            format!(
                "{}  {}  {}",
                result.bidder,
                word(&result.outcome),
                form.join(", ")
            ),
        );
    }
    if let Some(result) = &view.draw_result {
        line(
            "drawn",
            format!("{} {}", result.method, json!(result.parameters)),
        );
    }
    for place in view.report.iter().flat_map(|report| &report.places) {
        line(
            "place",
            format!("{}. {}  {}", place.rank, place.bidder, place.price),
        );
    }
    for objection in view
        .objections
        .iter()
        .filter(|objection| !objection.answered)
    {
        line(
            "open objection",
            format!(
                "{} {}: {}",
                objection.id, objection.objector, objection.text
            ),
        );
    }
    if let Some(award) = &view.award {
        line("winner", format!("{} at {}", award.winner, award.price));
    }
    if let Some(end) = view.failure.as_ref().or(view.terminated.as_ref()) {
        line("ended", end.clone());
    }
    text
}

fn word(value: &impl serde::Serialize) -> String {
    json!(value).as_str().unwrap_or_default().to_owned()
}

fn documents(desk: &Desk, tender: &Identifier, out: &std::path::Path) -> Outcome {
    let client = desk.client()?;
    let record = desk.record(&client, tender)?;
    let missing = || Failure::failed("stage-mismatch", "the tender is not announced yet");
    let notice = &record.tender.stage().bidding().ok_or_else(missing)?.notice;
    fs::create_dir_all(out).map_err(|error| Failure::file(out, error))?;
    for document in &notice.documents {
        let bytes = client.document(tender, &document.root)?;
        if document_root(&bytes) != document.root {
            let message = format!(
                "the server's {} is not the document of the notice",
                document.name
            );
            return Err(Failure::failed("document-differs", message)
                .hint("Do not use it; tell the tenderee."));
        }
        // A name in a notice is text that somebody else chose: it must not lead out of the folder.
        let plain = std::path::Path::new(&document.name)
            .file_name()
            .filter(|name| *name == document.name.as_str());
        let name = plain.ok_or_else(|| {
            Failure::failed(
                "document-name",
                format!("{:?} is no file name", document.name),
            )
        })?;
        write_new(&out.join(name), &bytes)?;
    }
    let names: Vec<&str> = notice
        .documents
        .iter()
        .map(|document| document.name.as_str())
        .collect();
    let text = format!(
        "{} documents, as in the notice:\n  {}",
        names.len(),
        names.join("\n  ")
    );
    desk.output.result(
        text,
        &json!({ "folder": out, "documents": notice.documents }),
    );
    Ok(0)
}

fn document_root(bytes: &[u8]) -> record::Digest {
    let leaves: Vec<_> = bytes.chunks(SEGMENT_BYTES).map(segment_leaf).collect();
    if leaves.is_empty() {
        root_of_leaves(&[segment_leaf(&[])])
    } else {
        root_of_leaves(&leaves)
    }
}
