//! What the tenderee writes: tender documents and notice.

use std::fs;
use std::path::Path;

use procedure::act::{
    CreditTerms, Document, FieldType, FormField, Notice, OpeningTerms, ProfileRef, RuleSet, Ties,
    WhoOpens,
};
use record::{Digest, Identifier};
use serde_json::json;

use super::cast::{Cast, decimal};
use super::prices::CONTROL_PRICE_FEN;
use crate::failure::Failure;
use crate::rehearse::actor::identifier;
use crate::rehearse::course::digest_of;
use crate::rehearse::{DAY_MS, HOUR_MS, MINUTE_MS};

/// Title of the tender.
pub const TITLE: &str = "宿迁市宿城区发展大道南延市政道路工程施工";
/// Time zone of Suqian.
const ZONE_MS: u64 = 8 * HOUR_MS;
/// Half past nine in the morning.
const MORNING_MS: u64 = 9 * HOUR_MS + 30 * MINUTE_MS;

/// Writes the tender documents into `folder`.
///
/// # Errors
/// A file cannot be written.
pub fn write_documents(folder: &Path, cast: &Cast, tender: &Identifier) -> Result<(), Failure> {
    let document = format!(
        "# 招标文件\n\n项目名称：{TITLE}\n标段编号：{tender}\n招标人：{}\n招标控制价：{} 元\n\n\
         评标基准价方法：开标现场从方法一、方法二中随机抽取一种；K、K1、Q1 同时抽取，K2 为 0.93。\n\
         开启投标文件：五个托管人中任意三个共同开启；投标人亦可自行开启。\n\
         评分：投标报价 90 分，企业信用 10 分。\n",
        cast.tenderee.name(),
        decimal(CONTROL_PRICE_FEN),
    );
    let quantities = "清单编号,项目名称,计量单位,工程量\n\
                      040101001001,挖一般土方,m3,86420\n\
                      040202006001,石灰粉煤灰碎石基层,m2,51260\n\
                      040203006001,沥青混凝土面层,m2,49875\n\
                      040501001001,混凝土雨水管 d800,m,2430\n\
                      040205001001,标线,m2,3120\n";
    for (name, text) in [
        ("招标文件.md", document.as_str()),
        ("工程量清单.csv", quantities),
    ] {
        let path = folder.join(name);
        fs::write(&path, text).map_err(|error| Failure::file(&path, error))?;
    }
    Ok(())
}

/// When bids close if the notice comes at `now_ms`: at half past nine in Suqian, 22 days later.
pub fn deadline_ms(now_ms: u64) -> u64 {
    let local = now_ms + ZONE_MS;
    local - local % DAY_MS + 22 * DAY_MS + MORNING_MS - ZONE_MS
}

/// The notice, as of `now_ms`.
///
/// # Errors
/// Something in it is not well-formed.
pub fn notice(
    cast: &Cast,
    tender: &Identifier,
    profile: ProfileRef,
    documents: Vec<Document>,
    trustee_set: Digest,
    now_ms: u64,
) -> Result<Notice, Failure> {
    let deadline_ms = deadline_ms(now_ms);
    let particulars = [
        (
            "开标地点",
            "宿迁市公共资源交易中心第三开标室（不见面开标大厅）",
        ),
        ("建设地点", "宿迁市宿城区"),
        ("资金来源", "财政资金"),
    ];
    Ok(Notice {
        tender: tender.clone(),
        profile,
        legal_basis: None,
        lot: identifier("lot-1")?,
        document_set: digest_of(&documents)?,
        documents,
        trustee_set,
        documents_until_ms: now_ms + 8 * DAY_MS,
        deadline_ms,
        opening_ms: deadline_ms,
        opening: OpeningTerms {
            who_opens: WhoOpens::Either,
            window_ms: 2 * HOUR_MS,
            confirmation_ms: 30 * MINUTE_MS,
            draw_window_ms: HOUR_MS,
            draw_objection_ms: 15 * MINUTE_MS,
        },
        bid_form: bid_form()?,
        rules: rules(cast)?,
        witnesses: cast
            .witnesses
            .iter()
            .map(|witness| witness.id().clone())
            .collect(),
        publicity_days: 3,
        particulars: particulars
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .into(),
    })
}

fn bid_form() -> Result<Vec<FormField>, Failure> {
    let field = |name: &str, field_type, unit: Option<&str>| {
        Ok::<FormField, Failure>(FormField {
            id: identifier(name)?,
            field_type,
            unit: unit.map(str::to_owned),
            required: true,
        })
    };
    Ok(vec![
        field("price", FieldType::Money, Some("元"))?,
        field("period", FieldType::Days, Some("日历天"))?,
        field("manager", FieldType::Text, None)?,
    ])
}

/// Two methods of which one is drawn; 90 points for the price, 10 for credit.
fn rules(cast: &Cast) -> Result<RuleSet, Failure> {
    let grid = |min: &str, max: &str, step: &str| json!({ "min": min, "max": max, "step": step });
    let rules = json!({
        "format": "kaibiao-rules/1",
        "profile": super::preparation::PROFILE,
        "category": "works",
        "award_class": "reasonable-low-price",
        "currency": "CNY",
        "control_price": decimal(CONTROL_PRICE_FEN),
        "methods": [
            { "method": "jiangsu-1", "grids": { "K": grid("0.95", "0.98", "0.005") } },
            { "method": "jiangsu-2",
              "grids": { "K1": grid("0.95", "0.98", "0.005"), "Q1": grid("0.65", "0.85", "0.05") },
              "fixed": { "K2": "0.93" } },
        ],
        "price_score": { "full": "90", "up": "0.9", "down": "0.6", "floor": "0",
                         "benchmark_decimals": 2, "deviation_decimals": null, "score_decimals": 2 },
        "ties": Ties::Report,
    });
    let mut rules: RuleSet = well_formed(rules)?;
    rules.credit = Some(CreditTerms {
        source: Some(cast.credit_source.id().clone()),
        rule: well_formed(
            json!({ "mode": "linear", "full": "100", "weight": "10", "decimals": 2 }),
        )?,
        missing: "60".to_owned(),
    });
    Ok(rules)
}

fn well_formed<T: serde::de::DeserializeOwned>(value: serde_json::Value) -> Result<T, Failure> {
    serde_json::from_value(value).map_err(|error| Failure::failed("rules", error))
}

#[cfg(test)]
mod tests {
    use super::deadline_ms;
    use crate::time;

    #[test]
    fn bids_close_in_the_morning_more_than_twenty_days_later() {
        for now in [
            "2026-11-23T20:10Z",
            "2026-11-23T15:59Z",
            "2026-11-23T16:00Z",
        ] {
            let now = time::read(now).unwrap_or_default();
            let deadline = deadline_ms(now);
            assert!(time::show(deadline).ends_with("01:30:00 UTC"));
            assert!(deadline > now + 20 * super::DAY_MS);
        }
    }
}
