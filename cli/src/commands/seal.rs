//! `kaibiao seal`: from a form and files to a sealed, signed bid folder. Nothing is sent.

use std::fs;
use std::path::PathBuf;

use procedure::act::{FieldType, FormField};
use record::Identifier;
use serde_json::{Map, Value, json};

use super::Outcome;
use crate::desk::Desk;
use crate::failure::Failure;
use crate::seal::{BidFolder, BidPlan, Sealer, Succession, Terms, seal_bid};
use crate::time;

/// Arguments of `seal`.
#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// The tender.
    tender: Identifier,
    /// The bid form, field by field: `price=9520000.00 period=360 manager="Zhang San"`. `kaibiao tender show`
    /// lists the fields.
    #[arg(value_name = "FIELD=VALUE", required = true)]
    form: Vec<String>,
    /// A file to seal beside the form; may be given several times.
    #[arg(long, value_name = "FILE")]
    attach: Vec<PathBuf>,
    /// The new folder for the sealed bid.
    #[arg(long, short, value_name = "FOLDER")]
    out: PathBuf,
    /// Folder of your previous bid in this tender: the new one replaces it (or follows it, if it was withdrawn).
    #[arg(long, value_name = "FOLDER")]
    previous: Option<PathBuf>,
    /// Account of a further member of the consortium; may be given several times.
    #[arg(long = "member", value_name = "ACCOUNT")]
    members: Vec<Identifier>,
    /// Sign with the key whose id begins so, instead of the oldest one.
    #[arg(long = "key", value_name = "KEY")]
    signing_key: Option<String>,
    /// Seal although the price is above the control price and the bid will be rejected.
    #[arg(long)]
    above_control_price: bool,
}

/// Seals.
pub fn run(desk: &Desk, arguments: &Arguments) -> Outcome {
    let client = desk.client()?;
    let keyring = desk.keyring()?;
    let terms = Terms::for_bid(&desk.record(&client, &arguments.tender)?)?;
    let succession = match &arguments.previous {
        Some(folder) => BidFolder::open(folder)?.successor()?,
        None => Succession::first(),
    };
    let form = form_of(&terms.notice.bid_form, &arguments.form)?;
    if !arguments.above_control_price {
        check_price(&terms, &form)?;
    }
    let plan = BidPlan {
        form,
        attachments: arguments.attach.clone(),
        members: arguments.members.clone(),
        succession,
    };
    let mut sealer = Sealer::of(&keyring)?;
    if let Some(prefix) = &arguments.signing_key {
        sealer = sealer.signing_with(keyring.signing_key_beginning(prefix)?);
    }
    let bytes = plan
        .attachments
        .iter()
        .map(|path| fs::metadata(path).map(|data| data.len()))
        .sum::<Result<u64, _>>();
    let bytes = bytes.map_err(|error| {
        Failure::input("file", format!("an attachment cannot be read: {error}"))
    })?;

    let folder = BidFolder::create(&arguments.out)?;
    let bar = desk.output.bytes_bar("sealing", bytes);
    let sealed = seal_bid(&terms, sealer, &plan, &folder.parts_folder(), &mut |done| {
        bar.inc(done)
    });
    let sealed = sealed.inspect_err(|_| folder.discard())?;
    bar.finish_and_clear();
    let names = plan.attachments.iter().map(|path| {
        path.file_name()
            .unwrap_or_default()
            .to_string_lossy()
            .into_owned()
    });
    let info = folder.store(&sealed, &names.collect::<Vec<_>>(), &keyring)?;

    let deadline = time::show(terms.deadline_ms);
    let text = format!(
        "Sealed for {} with {} of {} trustees; nothing was sent.\n  folder    {}\n  statement {}\n  deadline  {deadline}\nNext: kaibiao submit {}",
        info.tender,
        terms.trustees.threshold,
        terms.trustees.keys.len(),
        folder.path().display(),
        info.statement,
        folder.path().display(),
    );
    desk.output.result(
        text,
        &json!({ "folder": folder.path(), "bid": info, "deadline_ms": terms.deadline_ms }),
    );
    Ok(0)
}

/// A bid above the control price is rejected when it is opened (条例 §51(5)): better to hear of it now.
fn check_price(terms: &Terms, form: &Map<String, Value>) -> Result<(), Failure> {
    let price = form
        .get("price")
        .and_then(Value::as_str)
        .unwrap_or_default();
    if !procedure::above_control_price(&terms.notice.rules, price) {
        return Ok(());
    }
    let control = terms.notice.rules.control_price.unwrap_or_default();
    let message =
        format!("the price {price} is above the control price {control}; such a bid is rejected");
    Err(Failure::input("above-control-price", message)
        .hint("correct it, or insist with --above-control-price"))
}

/// Reads `FIELD=VALUE` by the types of the notice's form.
fn form_of(fields: &[FormField], pairs: &[String]) -> Result<Map<String, Value>, Failure> {
    let mut form = Map::new();
    for pair in pairs {
        let Some((name, value)) = pair.split_once('=') else {
            return Err(Failure::input(
                "form-invalid",
                format!("{pair:?} is not FIELD=VALUE"),
            ));
        };
        let known = || {
            fields
                .iter()
                .map(|field| field.id.as_str())
                .collect::<Vec<_>>()
                .join(", ")
        };
        let field = fields.iter().find(|field| field.id.as_str() == name);
        let field = field.ok_or_else(|| {
            Failure::input(
                "form-invalid",
                format!("the form has no field {name:?}; it has: {}", known()),
            )
        })?;
        let value = match field.field_type {
            FieldType::Days => {
                let days = value.parse::<u64>();
                json!(days.map_err(|_| Failure::input(
                    "form-invalid",
                    format!("{name} is a number of days, not {value:?}")
                ))?)
            }
            FieldType::Money | FieldType::Text => json!(value),
        };
        if form.insert(name.to_owned(), value).is_some() {
            return Err(Failure::input(
                "form-invalid",
                format!("the field {name} is given twice"),
            ));
        }
    }
    Ok(form)
}
