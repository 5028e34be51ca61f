//! Notices with sane defaults: what a test does not care about.

use procedure::act::{
    Document, DrawAnnounce, FieldType, FormField, Notice, OpeningTerms, ProfileRef, WhoOpens,
};
use procedure::law::latest;
use record::sealing::{document_set_digest, root_of_leaves, segment_leaf};
use record::{Digest, Identifier};

use crate::script::Script;
use crate::{DAY_MS, HOUR_MS, MINUTE_MS, id};

/// `count` minutes in milliseconds.
pub fn minutes(count: u64) -> u64 {
    count * MINUTE_MS
}

/// The latest version of the released profile `name`, as a notice names it.
pub fn profile_ref(name: &str) -> ProfileRef {
    let profile = latest(name).expect("the profile is released");
    profile.reference.clone()
}

/// Two small tender documents.
pub fn documents() -> Vec<Document> {
    let document = |name: &str, text: &str| Document {
        name: name.to_owned(),
        size: text.len() as u64,
        root: root_of_leaves(&[segment_leaf(text.as_bytes())]),
    };
    vec![
        document("tender-document.pdf", "招标文件"),
        document("works.csv", "item,quantity\n"),
    ]
}

/// Digest of a set of documents.
pub fn document_set(documents: &[Document]) -> Digest {
    let fields: Vec<_> = documents
        .iter()
        .map(|one| (one.name.clone(), one.size, one.root))
        .collect();
    document_set_digest(&fields).expect("names ascend")
}

/// Everybody may open; an hour to open, half an hour to confirm, and so on.
pub fn opening_terms() -> OpeningTerms {
    OpeningTerms {
        who_opens: WhoOpens::Either,
        window_ms: HOUR_MS,
        confirmation_ms: minutes(30),
        draw_window_ms: minutes(20),
        draw_objection_ms: minutes(15),
    }
}

/// Price, period and manager.
fn bid_form() -> Vec<FormField> {
    let field = |name: &str, field_type, unit: Option<&str>, required| FormField {
        id: id(name),
        field_type,
        unit: unit.map(str::to_owned),
        required,
    };
    vec![
        field("price", FieldType::Money, Some("元"), true),
        field("period", FieldType::Days, Some("天"), false),
        field("manager", FieldType::Text, None, false),
    ]
}

/// The notice of `script`, as of `now_ms`, with this trustee set.
pub fn notice_of(script: &Script, now_ms: u64, trustee_set: Digest) -> Notice {
    let documents = documents();
    let profile = profile_ref(&script.profile);
    let statutory = script.profile == "cn-2017-tendering";
    let deadline_ms = now_ms + if statutory { 21 } else { 10 } * DAY_MS;
    Notice {
        tender: id(&script.tender),
        profile,
        legal_basis: (!statutory)
            .then(|| "估算价低于《必须招标的工程项目规定》的规模标准".to_owned()),
        lot: id("lot-1"),
        document_set: document_set(&documents),
        documents,
        trustee_set,
        documents_until_ms: now_ms + 7 * DAY_MS,
        deadline_ms,
        opening_ms: deadline_ms,
        opening: script.opening.clone(),
        bid_form: bid_form(),
        rules: script.rules.clone(),
        witnesses: script.witnesses.iter().map(|name| id(name)).collect(),
        publicity_days: if statutory { 3 } else { 1 },
        particulars: [("place".to_owned(), "宿迁市公共资源交易中心".to_owned())].into(),
    }
}

/// The announcement of attempt `attempt` that follows from a notice.
pub fn announcement(notice: &Notice, notice_id: Digest, attempt: u32) -> DrawAnnounce {
    let mut contributors = vec!["bidders".to_owned(), "tenderee".to_owned()];
    if !notice.witnesses.is_empty() {
        contributors.push("witnesses".to_owned());
    }
    DrawAnnounce {
        attempt,
        contributors,
        draw: Identifier::new("benchmark").expect("well-formed"),
        methods: notice
            .rules
            .methods
            .iter()
            .map(|spec| spec.method.clone())
            .collect(),
        notice: notice_id,
        tender: notice.tender.clone(),
    }
}
