//! What the tenderee does: create, put the trustee set together, publish, sign what is due, answer, terminate.

use std::path::{Path, PathBuf};

use procedure::Stage;
use procedure::act::{
    Act, ObjectionAnswered, Suite, TenderCreated, TenderTerminated, TerminationCause,
    TrusteeMember, TrusteeSet,
};
use record::statement::Envelope;
use record::{Digest, Identifier};
use serde_json::{Value, json};

use super::{Outcome, admitted};
use crate::desk::{Desk, read_bytes, write_new};
use crate::failure::Failure;
use crate::notice::{Surroundings, complete, remarks};

/// Arguments of `tender create`.
#[derive(Debug, clap::Args)]
pub struct Create {
    /// Identifier of the new tender.
    tender: Identifier,
    /// Title.
    #[arg(long)]
    title: String,
    /// The project that groups its tenders; the tender itself if not given.
    #[arg(long)]
    project: Option<Identifier>,
}

/// Creates a tender.
pub fn create(desk: &Desk, arguments: &Create) -> Outcome {
    let keyring = desk.keyring()?;
    let tender = arguments.tender.clone();
    let project = arguments.project.clone().unwrap_or_else(|| tender.clone());
    let (title, tenderee) = (arguments.title.clone(), keyring.account().clone());
    let envelope = keyring.sign(TenderCreated {
        tender,
        project,
        title,
        tenderee,
    })?;
    let receipt = desk.post(&desk.client()?, &envelope)?;
    admitted(
        desk,
        "The tender is created. Next: every trustee runs `kaibiao trustee key`.",
        &receipt,
    );
    Ok(0)
}

/// Arguments of `tender set`.
#[derive(Debug, clap::Args)]
pub struct Set {
    /// The tender.
    tender: Identifier,
    /// How many trustees are needed to open.
    #[arg(long)]
    threshold: u8,
    /// Account of a trustee, in the order of slots; 2 to 9 of them. Each has posted its key.
    #[arg(long = "trustee", value_name = "ACCOUNT", required = true)]
    trustees: Vec<Identifier>,
    /// The file for the signed set, which every trustee signs too (`kaibiao trustee sign-set`).
    #[arg(long, short)]
    out: PathBuf,
}

/// Puts a trustee set together from the keys that the trustees have posted.
pub fn set(desk: &Desk, arguments: &Set) -> Outcome {
    let keyring = desk.keyring()?;
    let record = desk.record(&desk.client()?, &arguments.tender)?;
    let Stage::Draft(preparation) = record.tender.stage() else {
        return Err(Failure::failed(
            "stage-mismatch",
            "the tender is no draft any more",
        ));
    };
    let member = |trustee: &Identifier| {
        let key = preparation.keys.get(trustee).cloned();
        let missing = || {
            Failure::failed(
                "trustee-key-missing",
                format!("{trustee} has not posted a key for this tender"),
            )
            .hint("It runs `kaibiao trustee key TENDER`.")
        };
        Ok(TrusteeMember {
            trustee: trustee.clone(),
            key: key.ok_or_else(missing)?,
        })
    };
    let members = arguments
        .trustees
        .iter()
        .map(member)
        .collect::<Result<_, Failure>>()?;
    let (tender, threshold) = (arguments.tender.clone(), arguments.threshold);
    let envelope = keyring.sign(TrusteeSet {
        tender,
        threshold,
        members,
        suite: Suite::KaibiaoV1,
    })?;
    write_new(&arguments.out, &envelope.to_json())?;
    let text = format!(
        "Signed. Send {} to every trustee (`kaibiao trustee sign-set FILE`), one after another, then `kaibiao tender post FILE`.",
        arguments.out.display()
    );
    desk.output.result(
        text,
        &json!({ "statement": envelope.id(), "file": arguments.out }),
    );
    Ok(0)
}

/// Reads a statement file.
pub fn read_statement(path: &Path) -> Result<(Envelope, Act), Failure> {
    let wrong = |error: &dyn std::fmt::Display| {
        Failure::input("statement-file", format!("{}: {error}", path.display()))
    };
    let envelope = Envelope::parse(&read_bytes(path)?).map_err(|error| wrong(&error))?;
    match Act::read(&envelope) {
        Some(Ok(act)) => Ok((envelope, act)),
        Some(Err(error)) => Err(wrong(&error)),
        None => Err(wrong(&"it is a statement of an unknown kind")),
    }
}

/// Writes a statement file again, with a further signature.
pub fn rewrite_statement(path: &Path, envelope: &Envelope) -> Result<(), Failure> {
    std::fs::write(path, envelope.to_json()).map_err(|error| Failure::file(path, error))
}

/// Posts a statement file.
pub fn post(desk: &Desk, path: &Path) -> Outcome {
    let (envelope, _) = read_statement(path)?;
    let receipt = desk.post(&desk.client()?, &envelope)?;
    admitted(
        desk,
        &format!("The {} is on record.", envelope.kind()),
        &receipt,
    );
    Ok(0)
}

/// Adds a signature to a statement file.
pub fn cosign(desk: &Desk, path: &Path, yes: bool) -> Outcome {
    let (mut envelope, act) = read_statement(path)?;
    desk.output.note(show_body(&act));
    desk.confirm(&format!("Sign this {}?", act.kind()), yes)?;
    envelope.add_signature(desk.keyring()?.signing_key()?);
    rewrite_statement(path, &envelope)?;
    let text = format!(
        "Signed; {} now carries {} signatures.",
        path.display(),
        envelope.signatures.len()
    );
    desk.output.result(
        text,
        &json!({ "statement": envelope.id(), "signatures": envelope.signatures.len() }),
    );
    Ok(0)
}

fn show_body(act: &Act) -> String {
    let body: Value = serde_json::from_slice(&act.to_body()).unwrap_or_default();
    format!("{}:\n{body:#}", act.kind())
}

/// Arguments of `tender notice`.
#[derive(Debug, clap::Args)]
#[command(after_long_help = "\
The draft is JSON with the fields of the `notice` statement, but: \"documents\" lists paths beside the draft;\n\
\"rules\" may be the path of a rule set (see `kaibiao rules`); \"profile\" is its id; \"documents_until\", \"deadline\" and \"opening_begins\" are times such as\n\
\"2026-12-01T09:30+08:00\"; tender, document set and trustee set are filled in.")]
pub struct PublishNotice {
    /// The tender.
    tender: Identifier,
    /// The draft of the notice: JSON with the fields of `notice` in procedure/STATEMENTS.md, except that "documents"
    /// lists paths beside the draft, "rules" may be the path of a rule set, "profile" is a name, "documents_until",
    /// "deadline" and "opening_begins" are times such as "2026-12-01T09:30+08:00", and "tender", "document_set" and
    /// "trustee_set" are filled in.
    draft: PathBuf,
    /// Do not ask.
    #[arg(long, short)]
    yes: bool,
}

/// Publishes the notice.
pub fn notice(desk: &Desk, arguments: &PublishNotice) -> Outcome {
    let client = desk.client()?;
    let keyring = desk.keyring()?;
    let view = client.tender(&arguments.tender)?;
    let profiles = client.profiles()?;
    let surroundings = Surroundings {
        tender: &arguments.tender,
        profiles: &profiles,
        rehearsals: &view.rehearsals,
    };
    let folder = arguments.draft.parent().unwrap_or(Path::new("."));
    let (notice, blobs) = complete(&read_bytes(&arguments.draft)?, folder, &surroundings)?;
    let remarks = remarks(&notice);
    let act = Act::from(notice);
    desk.output.note(show_body(&act));
    for remark in remarks {
        desk.output.note(remark);
    }
    desk.confirm(
        "Publish this notice? From then on nobody can change it.",
        arguments.yes,
    )?;

    let signed_in = client.sign_in(keyring.signing_key()?)?;
    let bar = desk.output.bytes_bar(
        "uploading documents",
        blobs.iter().map(|blob| blob.size).sum(),
    );
    for blob in &blobs {
        signed_in.upload(blob, &mut |bytes| bar.inc(bytes))?;
    }
    bar.finish_and_clear();
    let receipt = desk.post(&client, &keyring.sign(act)?)?;
    admitted(
        desk,
        "The notice is published. Next: contribute to the draw with `kaibiao contribute`.",
        &receipt,
    );
    Ok(0)
}

/// Arguments of `tender next`.
#[derive(Debug, clap::Args)]
pub struct Next {
    /// The tender.
    tender: Identifier,
    /// Do not ask.
    #[arg(long, short)]
    yes: bool,
    /// Write the signed statement to FILE instead of posting it, so that witnesses can sign it too
    /// (`kaibiao tender cosign`).
    #[arg(long, value_name = "FILE")]
    save: Option<PathBuf>,
    /// Reason: why this winner among equal first ranks, or why there is competition in spite of few ranked bids.
    #[arg(long)]
    reason: Option<String>,
}

/// What the tenderee owes in a stage, as the API names it.
pub fn due_in(stage: &str) -> Option<&'static str> {
    match stage {
        "opened" => Some("benchmark-set"),
        "drawn" => Some("opening-record"),
        "evaluation" => Some("evaluation-report"),
        "evaluated" => Some("candidates"),
        "candidates" => Some("award"),
        _ => None,
    }
}

/// Signs what is due.
pub fn next(desk: &Desk, arguments: &Next) -> Outcome {
    let client = desk.client()?;
    let stage = client.tender(&arguments.tender)?.stage;
    let what = due_in(&stage).ok_or_else(|| {
        Failure::failed(
            "nothing-due",
            format!("in stage {stage} nothing waits for `kaibiao tender next`"),
        )
    })?;
    let mut act = client.due(&arguments.tender, what)?;
    match (&mut act, &arguments.reason) {
        (Act::Award(body), Some(reason)) => body.reason = Some(reason.clone()),
        (Act::EvaluationReport(body), Some(reason)) => body.competition_note = Some(reason.clone()),
        _ => {}
    }
    desk.output.note(show_body(&act));
    desk.confirm(&format!("Sign this {what}?"), arguments.yes)?;
    let envelope = desk.keyring()?.sign(act)?;
    if let Some(path) = &arguments.save {
        write_new(path, &envelope.to_json())?;
        let text = format!(
            "Signed. After the witnesses have signed too: kaibiao tender post {}",
            path.display()
        );
        desk.output
            .result(text, &json!({ "statement": envelope.id(), "file": path }));
        return Ok(0);
    }
    let receipt = desk.post(&client, &envelope)?;
    admitted(desk, &format!("The {what} is on record."), &receipt);
    Ok(0)
}

/// Arguments of `tender answer`.
#[derive(Debug, clap::Args)]
pub struct Answer {
    /// The tender.
    tender: Identifier,
    /// Statement id of the objection (`kaibiao tender show` lists open ones).
    objection: Digest,
    /// The answer; it becomes public.
    #[arg(long)]
    text: String,
    /// The objection is upheld.
    #[arg(long)]
    upheld: bool,
}

/// Answers an objection.
pub fn answer(desk: &Desk, arguments: &Answer) -> Outcome {
    let (tender, text) = (arguments.tender.clone(), arguments.text.clone());
    let body = ObjectionAnswered {
        tender,
        objection: arguments.objection,
        upheld: arguments.upheld,
        text,
    };
    let receipt = desk.post(&desk.client()?, &desk.keyring()?.sign(body)?)?;
    admitted(desk, "The objection is answered.", &receipt);
    Ok(0)
}

/// Arguments of `tender terminate`.
#[derive(Debug, clap::Args)]
pub struct Terminate {
    /// The tender.
    tender: Identifier,
    /// The cause; there are no others.
    #[arg(long, value_enum)]
    cause: Cause,
    /// The reasons; they become public.
    #[arg(long)]
    reason: String,
    /// Do not ask.
    #[arg(long, short)]
    yes: bool,
}

/// Causes for ending a tender.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Cause {
    /// Ordered by the supervisor.
    SupervisorOrder,
    /// The project changed in a major way.
    MajorChange,
    /// Force majeure.
    ForceMajeure,
}

/// Ends a tender.
pub fn terminate(desk: &Desk, arguments: &Terminate) -> Outcome {
    let keyring = desk.keyring()?;
    desk.confirm(
        &format!("End {} for good?", arguments.tender),
        arguments.yes,
    )?;
    let cause = match arguments.cause {
        Cause::SupervisorOrder => TerminationCause::SupervisorOrder,
        Cause::MajorChange => TerminationCause::MajorChange,
        Cause::ForceMajeure => TerminationCause::ForceMajeure,
    };
    let body = TenderTerminated {
        tender: arguments.tender.clone(),
        cause,
        reason: arguments.reason.clone(),
    };
    let receipt = desk.post(&desk.client()?, &keyring.sign(body)?)?;
    admitted(desk, "The tender is ended.", &receipt);
    Ok(0)
}
