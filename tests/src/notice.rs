//! Notices with sane defaults: what a test does not care about.

use evaluation::draw::MethodSpec;
use procedure::act::{
    CreditTerms, Document, DrawAnnounce, FieldType, FormField, Notice, OpeningTerms, ProfileRef,
    RuleSet, Ties, WhoOpens,
};
use procedure::law::profiles;
use record::sealing::{document_set_digest, root_of_leaves, segment_leaf};
use record::{Digest, Identifier};
use serde_json::json;

use crate::script::Script;
use crate::{DAY_MS, HOUR_MS, MINUTE_MS, id};

/// `count` minutes in milliseconds.
pub fn minutes(count: u64) -> u64 {
    count * MINUTE_MS
}

/// The released profile `name`, as a notice names it.
pub fn profile_ref(name: &str) -> ProfileRef {
    let profile = profiles()
        .iter()
        .find(|profile| profile.reference.id.as_str() == name);
    profile.expect("the profile is released").reference.clone()
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

/// A benchmark method with grids that suit it.
pub fn method(name: &str) -> MethodSpec {
    let grid = |min: &str, max: &str, step: &str| json!({ "min": min, "max": max, "step": step });
    let spec = match name {
        "jiangsu-1" => json!({ "method": name, "grids": { "K": grid("0.95", "0.98", "0.005") } }),
        "jiangsu-2" => json!({
            "method": name,
            "grids": { "K1": grid("0.95", "0.98", "0.005"), "Q1": grid("0.65", "0.85", "0.05") },
            "fixed": { "K2": "0.93" },
        }),
        "jiangsu-3" => json!({ "method": name }),
        "jiangsu-4" => json!({ "method": name, "fixed": { "K": "0.97" } }),
        "jiangsu-5" => json!({
            "method": name,
            "grids": { "delta": grid("0.05", "0.08", "0.01"), "K": grid("0.95", "0.98", "0.01") },
        }),
        "floor-rate-lowest" => json!({ "method": name, "fixed": { "rate_percent": "87.745" } }),
        other => panic!("no default grids for {other}"),
    };
    serde_json::from_value(spec).expect("the default grids are well-formed")
}

/// The rules of a works tender below the thresholds: `methods` in the draw, price 90 points, credit 10.
pub fn rules(methods: &[&str]) -> RuleSet {
    let by_price = methods == ["floor-rate-lowest"];
    let price_score = json!({
        "full": "90", "up": "0.9", "down": "0.6", "floor": "0",
        "benchmark_decimals": 2, "deviation_decimals": null, "score_decimals": 2,
    });
    let credit = json!({ "mode": "linear", "full": "100", "weight": "10", "decimals": 2 });
    let parsed = "a default rule is well-formed";
    RuleSet {
        currency: if by_price { "KRW" } else { "CNY" }.to_owned(),
        control_price: (!by_price).then(|| "10000000.00".to_owned()),
        estimated_price: by_price.then(|| "10000000".to_owned()),
        methods: methods.iter().map(|name| method(name)).collect(),
        price_score: (!by_price).then(|| serde_json::from_value(price_score).expect(parsed)),
        credit: (!by_price).then(|| CreditTerms {
            source: id("credit-source"),
            rule: serde_json::from_value(credit).expect(parsed),
            missing: "60".to_owned(),
        }),
        ties: Ties::Draw,
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
