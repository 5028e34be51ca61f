//! Does everything that was handed out still hold? Asked from outside, after whatever happened to the server.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use play::Actor;
use procedure::act::Act;
use record::chain::{self, ChainId};
use record::log::checkpoint::VerifierKey;
use record::log::receipt::{Receipt, TlogProof};
use record::log::tree::verify_consistency;
use record::statement::Envelope;
use record::{Digest, Identifier};
use serde_json::Value;
use verification::{Options, Verdict};

use crate::client::Client;
use crate::evidence::Upload;
use crate::reading::{Item, Reading, read_chain};
use crate::server::ServerProcess;

/// Requests of an audit under way at once.
const ASKING: usize = 8;

/// What an audit looked at, and what it found wrong.
#[derive(Clone, Debug, Default)]
pub struct Audit {
    /// Receipts that were compared with the log.
    pub receipts: usize,
    /// Checkpoints between which the log was shown to have only grown.
    pub checkpoints: usize,
    /// Chains that were read from their beginning.
    pub chains: usize,
    /// Uploads that are complete.
    pub uploads: usize,
    /// Tenders that were replayed.
    pub tenders: usize,
    /// Bundles that hold under the platform's trust file.
    pub bundles: usize,
    /// Everything that is wrong.
    pub findings: Vec<String>,
}

impl Audit {
    /// Demands that nothing was found.
    ///
    /// # Panics
    /// Something was.
    #[track_caller]
    pub fn demand(self) -> Audit {
        assert!(
            self.findings.is_empty(),
            "the audit of {} receipts found:\n{}",
            self.receipts,
            self.findings.join("\n")
        );
        self
    }

    fn note(&mut self, result: Result<(), String>) {
        self.findings.extend(result.err());
    }
}

/// Looks at a running server, with everything in the client's evidence:
/// - every statement with a receipt is on the log at the index and time of the receipt (it is posted again, and the
///   answer must be "known" with a receipt that verifies);
/// - the log only grew between all checkpoints that were ever seen, and none of two has the same size and another root;
/// - chains are contiguous from their first statement, and hold what the receipts say;
/// - uploads that were confirmed are complete; documents are delivered byte for byte;
/// - the public record of each tender replays to the stage that the server shows, on its page and in the list;
/// - bundles of tenders that are read out verify with all receipts.
pub fn audit(client: &Client) -> Audit {
    let mut found = Audit::default();
    let evidence = client.evidence().clone();
    client.checkpoint();
    let log: VerifierKey = match client.info()["log_key"]
        .as_str()
        .unwrap_or_default()
        .parse()
    {
        Ok(log) => log,
        Err(error) => {
            found.findings.push(format!("the log key: {error}"));
            return found;
        }
    };
    let receipts = evidence.receipts();
    found.receipts = receipts.len();
    let again = at_once(&receipts, |(envelope, receipt)| {
        still_there(client, &log, envelope, receipt)
    });
    found.findings.extend(again);
    check_checkpoints(client, &log, &mut found);
    check_chains(client, &receipts, &log, &mut found);
    let uploads = evidence.uploads();
    found.uploads = uploads.len();
    let incomplete = at_once(&uploads, |upload| is_complete(client, upload));
    found.findings.extend(incomplete);
    for tender in evidence.tenders() {
        let checked = check_tender(client, &tender, &receipts, &mut found);
        found.note(checked.map_err(|error| format!("tender {tender}: {error}")));
    }
    found
}

/// Runs `check` for each, several at once; what failed.
fn at_once<T: Sync>(items: &[T], check: impl Fn(&T) -> Result<(), String> + Sync) -> Vec<String> {
    let (next, failed) = (AtomicUsize::new(0), Mutex::new(Vec::new()));
    std::thread::scope(|scope| {
        for _ in 0..ASKING.min(items.len()) {
            scope.spawn(|| {
                while let Some(item) = items.get(next.fetch_add(1, Ordering::Relaxed)) {
                    if let Err(error) = check(item) {
                        failed.lock().expect("no check panics here").push(error);
                    }
                }
            });
        }
    });
    failed.into_inner().expect("no check panicked")
}

fn still_there(
    client: &Client,
    log: &VerifierKey,
    envelope: &Envelope,
    receipt: &Receipt,
) -> Result<(), String> {
    let what = format!(
        "{} {} (index {})",
        envelope.kind(),
        receipt.statement_id,
        receipt.proof.index
    );
    receipt
        .verify(log)
        .map_err(|error| format!("{what}: the receipt itself: {error}"))?;
    let again = client
        .post(envelope)
        .map_err(|failure| format!("{what}: posted again: {failure}"))?;
    let now = again.receipt;
    now.verify(log)
        .map_err(|error| format!("{what}: the second receipt: {error}"))?;
    let (place, place_now) = (receipt.proof.index, now.proof.index);
    if again.is_new || place != place_now || receipt.admitted_ms != now.admitted_ms {
        return Err(format!(
            "{what}, admitted {}: LOST; posted again it is {} at index {place_now}, admitted {}",
            receipt.admitted_ms,
            if again.is_new { "new" } else { "known" },
            now.admitted_ms
        ));
    }
    if receipt.leaf() != now.leaf() {
        return Err(format!("{what}: another leaf stands there now"));
    }
    Ok(())
}

fn check_checkpoints(client: &Client, log: &VerifierKey, found: &mut Audit) {
    let checkpoints = client.evidence().checkpoints();
    found.checkpoints = checkpoints.len();
    for checkpoint in &checkpoints {
        if let Err(error) = checkpoint.verify(log) {
            let size = checkpoint.checkpoint().size;
            found.findings.push(format!("checkpoint {size}: {error}"));
        }
    }
    let pairs: Vec<_> = checkpoints.windows(2).collect();
    let broken = at_once(&pairs, |pair| {
        let [from, to] = [pair[0].checkpoint(), pair[1].checkpoint()];
        if from.size == to.size {
            return Err(format!("FORK: two roots of size {}", from.size));
        }
        let path = format!("/api/v1/log/consistency?from={}&to={}", from.size, to.size);
        let answer = client.get(&path);
        let wrong = |error: &dyn std::fmt::Display| format!("{path}: {error}: {answer}");
        let proof: Value = serde_json::from_slice(&answer.body).map_err(|error| wrong(&error))?;
        let proof: Vec<Digest> =
            serde_json::from_value(proof["path"].clone()).map_err(|error| wrong(&error))?;
        verify_consistency(from.size, to.size, &proof, from.root, to.root)
            .map_err(|error| wrong(&error))
    });
    found.findings.extend(broken);
}

fn check_chains(
    client: &Client,
    receipts: &[(Envelope, Receipt)],
    log: &VerifierKey,
    found: &mut Audit,
) {
    let mut by_chain: BTreeMap<ChainId, Vec<&Receipt>> = BTreeMap::new();
    for (envelope, receipt) in receipts {
        if let Some(Ok(act)) = Act::read(envelope) {
            by_chain.entry(act.chain()).or_default().push(receipt);
        }
    }
    let chains: Vec<_> = by_chain.into_iter().collect();
    found.chains = chains.len();
    let broken = at_once(&chains, |(chain, receipts)| {
        let wrong = |error: &dyn std::fmt::Display| format!("chain {chain}: {error}");
        let items = read_chain(client, chain).map_err(|error| wrong(&error))?;
        check_chain(&items, receipts).map_err(|error| wrong(&error))?;
        // The last leaf under the latest checkpoint; those before it are linked to it.
        match items.last().and_then(|item| item.opening.as_ref()) {
            Some(last) => {
                let size = client.checkpoint().checkpoint().size;
                let path = format!("/api/v1/log/proof?index={}&size={size}", last.index);
                let proof: TlogProof = client
                    .get(&path)
                    .text()
                    .parse()
                    .map_err(|error| wrong(&error))?;
                let leaf = last.leaf().hash();
                proof.verify(leaf, log).map_err(|error| wrong(&error))
            }
            None => Ok(()),
        }
    });
    found.findings.extend(broken);
}

/// Before closing, and before the results for what is released, a chain shows gaps; then only its order is checked.
fn check_chain(items: &[Item], receipts: &[&Receipt]) -> Result<(), String> {
    let openings: Vec<_> = items
        .iter()
        .filter_map(|item| item.opening.as_ref())
        .collect();
    if openings.is_empty() {
        return Ok(());
    }
    let last = openings.last().map_or(0, |opening| opening.seq);
    let is_complete = u64::try_from(openings.len()) == Ok(last + 1);
    if is_complete {
        chain::check(openings.iter().copied()).map_err(|error| error.to_string())?;
    } else if !openings.windows(2).all(|pair| pair[0].seq < pair[1].seq) {
        return Err("out of order".to_owned());
    }
    for receipt in receipts {
        let place = openings
            .iter()
            .find(|opening| opening.statement_id == receipt.statement_id);
        match place {
            Some(opening) if opening.index == receipt.proof.index => {}
            Some(opening) => {
                return Err(format!(
                    "{} stands at {}, its receipt says {}",
                    receipt.statement_id, opening.index, receipt.proof.index
                ));
            }
            None if is_complete => return Err(format!("{} is missing", receipt.statement_id)),
            None => {}
        }
    }
    Ok(())
}

fn is_complete(client: &Client, upload: &Upload) -> Result<(), String> {
    let token = client.session(&Actor::new(upload.account.as_str()));
    let path = format!("/api/v1/blobs/{}", upload.root);
    let bearer = format!("Bearer {token}");
    let answer = client
        .send("GET", &path, &[("authorization", bearer.as_str())], &[])
        .map_err(|lost| lost.0)?;
    let status: Value = serde_json::from_slice(&answer.body).unwrap_or_default();
    if answer.status == 200 && status["missing"].as_array().is_some_and(Vec::is_empty) {
        Ok(())
    } else {
        let account = &upload.account;
        Err(format!("{path} of {account} is not complete: {answer}"))
    }
}

fn check_tender(
    client: &Client,
    tender: &Identifier,
    receipts: &[(Envelope, Receipt)],
    found: &mut Audit,
) -> Result<(), String> {
    let accounts = accounts_of(receipts);
    let reading = Reading::fetch(client, tender, &accounts)?;
    found.tenders += 1;
    let stage = reading.tender.stage();
    let view = client.view(tender.as_str());
    // Releases are hidden until the results, so that a stranger may be behind the server there, and nowhere else.
    let is_behind = stage.closed().is_some() && stage.opened().is_none();
    if view["stage"] != stage.name() && !is_behind {
        let (shown, replayed) = (&view["stage"], stage.name());
        return Err(format!("the page says {shown}, the record {replayed}"));
    }
    if let Some(bidding) = stage.bidding() {
        check_list(client, tender, &view)?;
        let notice = &bidding.notice;
        for document in &notice.documents {
            check_document(client, tender, document.root)?;
        }
    }
    if stage.opened().is_some() {
        check_bundle(client, tender, receipts)?;
        found.bundles += 1;
    }
    Ok(())
}

fn accounts_of(receipts: &[(Envelope, Receipt)]) -> BTreeSet<Identifier> {
    let account = |(envelope, _): &(Envelope, Receipt)| match Act::read(envelope) {
        Some(Ok(Act::AccountRegistered(body))) => Some(body.account),
        _ => None,
    };
    receipts.iter().filter_map(account).collect()
}

/// The list is a projection of its own: it must say what the tender's page says.
fn check_list(client: &Client, tender: &Identifier, view: &Value) -> Result<(), String> {
    let lines = client.all("/api/v1/tenders");
    let line = lines.iter().find(|line| line["tender"] == tender.as_str());
    let line = line.ok_or("it is not in the list")?;
    let same = line["stage"] == view["stage"] && line["winner"] == view["award"]["winner"];
    if same {
        Ok(())
    } else {
        Err(format!("the list says {line}, the page {}", view["stage"]))
    }
}

fn check_document(client: &Client, tender: &Identifier, root: Digest) -> Result<(), String> {
    let answer = client.get(&format!("/api/v1/tenders/{tender}/documents/{root}"));
    let leaf = record::sealing::segment_leaf(&answer.body);
    if answer.status == 200 && record::sealing::root_of_leaves(&[leaf]) == root {
        Ok(())
    } else {
        Err(format!("document {root}: {answer}"))
    }
}

fn check_bundle(
    client: &Client,
    tender: &Identifier,
    receipts: &[(Envelope, Receipt)],
) -> Result<(), String> {
    let trust = client.get("/api/v1/trust").text();
    let trust = trust.parse().map_err(|error| format!("trust: {error}"))?;
    let own = ChainId::Tender(tender.clone());
    let is_own = |(envelope, _): &&(Envelope, Receipt)| matches!(Act::read(envelope), Some(Ok(act)) if act.chain() == own);
    let options = Options {
        trust: Some(trust),
        receipts: receipts
            .iter()
            .filter(is_own)
            .map(|(_, receipt)| receipt.clone())
            .collect(),
    };
    let answer = client.get(&format!("/api/v1/tenders/{tender}/bundle"));
    if answer.status != 200 {
        return Err(format!("bundle: {answer}"));
    }
    let report = verification::verify(&answer.body, &options);
    if report.verdict == Verdict::Holds {
        Ok(())
    } else {
        Err(format!("its bundle fails:\n{}", report.render_text()))
    }
}

/// Looks at what a server left behind: `check` must agree, and making the projections again must change nothing. The
/// server must not run (on SQLite it holds the file). With a blob directory, every segment of every confirmed upload
/// is read and hashed from outside.
pub fn audit_at_rest(server: &ServerProcess, uploads: &[Upload]) -> Audit {
    let mut found = Audit {
        uploads: uploads.len(),
        ..Audit::default()
    };
    for arguments in [&[] as &[&str], &["--rebuild"]] {
        let output = server.run("check", arguments);
        if !output.status.success() {
            let (out, err) = (
                String::from_utf8_lossy(&output.stdout),
                String::from_utf8_lossy(&output.stderr),
            );
            let finding = format!("check {}: {out}{err}", arguments.concat());
            found.findings.push(finding);
        }
    }
    let segments = server.data_dir().join("blobs").join("segments");
    for (upload, leaf) in uploads
        .iter()
        .flat_map(|upload| upload.leaves.iter().map(move |leaf| (upload, leaf)))
        .filter(|_| segments.is_dir())
    {
        let name = leaf.to_string();
        let bytes = std::fs::read(segments.join(&name[..2]).join(&name));
        let is_whole = bytes.is_ok_and(|bytes| record::sealing::segment_leaf(&bytes) == *leaf);
        if !is_whole {
            let finding = format!("segment {name} of {} is not on disk", upload.root);
            found.findings.push(finding);
        }
    }
    found
}
