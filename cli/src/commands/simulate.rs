//! `kaibiao simulate`: what a rule set does, before it is used.

use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use evaluation::Money;
use evaluation::rules::RuleSet;
use evaluation::simulate::{
    DRAWS, ENUMERATE_MAX, Effort, FieldModel, Plan, Report, Ring, Source, standard_seed,
};
use evaluation::{EvaluationError, Problem};
use record::Digest;

use super::Outcome;
use crate::chart;
use crate::desk::{Desk, write_new};
use crate::explanation::Language;
use crate::failure::Failure;
use crate::sheet;
use crate::simulation;

/// The model that is taken if nobody names bids or a model.
const MODEL: &str = "n=20,low=0.85,high=0.98,shape=triangular,mode=0.93";
/// So many fields are drawn from a model unless somebody says otherwise.
const FIELDS: usize = 200;
/// The most fields.
const FIELDS_MAX: usize = 10_000;
/// The most draws.
const DRAWS_MAX: u64 = 100_000_000;

const AFTER_HELP: &str = "\
What would this rule set do? Try it on a model of 30 honest bidders, then see what 8 in a ring could do:
  kaibiao simulate ready:jiangsu-2017-comprehensive --control-price 10000000 \\
    --field n=30,low=0.85,high=0.98 --chart chart.svg
  kaibiao simulate ready:jiangsu-2017-comprehensive --control-price 10000000 \\
    --field n=30,low=0.85,high=0.98 --ring 8
Did these three steer this tender?
  kaibiao simulate rules.json --bids bids.xlsx --ring \"firm A,firm B,firm C\"

How to read it: docs/simulation.md. Nothing here proves anything about anybody.";

/// Arguments of `simulate`.
#[derive(Debug, clap::Args)]
#[command(after_help = AFTER_HELP)]
pub struct Arguments {
    /// The rule set (`kaibiao-rules/1`, JSON): a file, `-` for standard input, or `ready:ID` of the library
    /// (`kaibiao rules list`).
    rules: String,
    /// The bids: a case (`kaibiao-case/1`), or a table (.xlsx, .ods, .csv). Their prices, technical scores and
    /// credit are taken.
    #[arg(long, value_name = "FILE", conflicts_with_all = ["field", "fields"])]
    bids: Option<PathBuf>,
    /// A model of the bids instead: shares of the control price.
    /// n=30,low=0.85,high=0.98[,shape=uniform|triangular][,mode=0.92][,decimals=2]
    #[arg(long, value_name = "MODEL", default_value = MODEL)]
    field: FieldModel,
    /// How many fields are drawn from the model.
    #[arg(long, value_name = "N", default_value_t = FIELDS)]
    fields: usize,
    /// A ring: a number asks what so many of the bidders could do; names of bidders, with commas between them, ask
    /// what these did (needs --bids).
    #[arg(long, value_name = "M|NAMES")]
    ring: Option<String>,
    /// The control price, if the rule set and the file of the bids leave it open.
    #[arg(long, value_name = "AMOUNT")]
    control_price: Option<Money>,
    /// The estimated price, if the rule set leaves it open.
    #[arg(long, value_name = "AMOUNT")]
    estimated_price: Option<Money>,
    /// The budget price, if the rule set leaves it open.
    #[arg(long, value_name = "AMOUNT")]
    budget_price: Option<Money>,
    /// The law that the tender runs under, if the rule set names none.
    #[arg(long, value_name = "ID")]
    profile: Option<String>,
    /// The seed of everything that is drawn, 64 hexadecimal characters. The default is SHA-256 of "kaibiao simulate".
    #[arg(long, value_name = "HEX")]
    seed: Option<Digest>,
    /// How many openings are drawn where there are more than a million combinations.
    #[arg(long, value_name = "N", default_value_t = DRAWS)]
    draws: u64,
    /// The language of the report and the chart.
    #[arg(long, value_enum, default_value = "en")]
    lang: Language,
    /// Write every number to a new CSV file as well.
    #[arg(long, value_name = "FILE")]
    csv: Option<PathBuf>,
    /// Draw a chart into a new SVG file as well.
    #[arg(long, value_name = "FILE")]
    chart: Option<PathBuf>,
}

/// Simulates.
pub fn run(desk: &Desk, arguments: &Arguments) -> Outcome {
    let plan = arguments.plan()?;
    for path in [&arguments.csv, &arguments.chart].into_iter().flatten() {
        // Better to know before the work than after it.
        if path.exists() {
            let exists = std::io::Error::from(std::io::ErrorKind::AlreadyExists);
            return Err(Failure::file(path, exists));
        }
    }
    let report = Report::new(&plan).map_err(|error| wrong(&error))?;
    let title = arguments.title(&plan.rules);
    if let Some(path) = &arguments.csv {
        write_new(path, &sheet::csv(&simulation::rows(&report))?)?;
    }
    if let Some(path) = &arguments.chart {
        let svg = chart::simulation(&report, &title, arguments.lang);
        let svg = svg.map_err(|error| Failure::failed("chart", error))?;
        write_new(path, svg.as_bytes())?;
    }
    let value = serde_json::to_value(&report).map_err(|error| Failure::failed("output", error))?;
    let text = simulation::text(&report, &title, arguments.lang, None);
    desk.output.result(text, &value);
    Ok(0)
}

impl Arguments {
    fn plan(&self) -> Result<Plan, Failure> {
        let mut rules = read_rules(&self.rules)?;
        let given = [
            (
                "control_price",
                &mut rules.control_price,
                self.control_price,
            ),
            (
                "estimated_price",
                &mut rules.estimated_price,
                self.estimated_price,
            ),
            ("budget_price", &mut rules.budget_price, self.budget_price),
        ];
        for (name, amount, given) in given {
            let Some(given) = given else { continue };
            match *amount {
                Some(known) if known != given => {
                    let (given, known) = (given.to_string(), known.to_string());
                    return Err(sheet::contradicted(name, &given, &known));
                }
                _ => *amount = Some(given),
            }
        }
        let profile = match (&self.profile, &rules.profile) {
            (Some(given), Some(known)) if *given != known.to_string() => {
                return Err(sheet::contradicted("profile", given, &known.to_string()));
            }
            (Some(profile), _) => profile.clone(),
            (None, Some(profile)) => profile.to_string(),
            (None, None) => "below-threshold".to_owned(),
        };
        let source = match &self.bids {
            Some(path) => {
                let (bids, price) = sheet::read_bids(path)?;
                if let Some(price) = price
                    && let known = *rules.control_price.get_or_insert(price)
                    && known != price
                {
                    let path = path.display();
                    let message = format!(
                        "{path} says that the control price is {price}, but the rules or --control-price say {known}"
                    );
                    return Err(Failure::input("rules-contradicted", message)
                        .hint("Correct whichever is wrong."));
                }
                Source::Given(bids)
            }
            None => Source::Model {
                model: self.field,
                fields: limited("fields", self.fields, FIELDS_MAX)?,
            },
        };
        let is_model = matches!(source, Source::Model { .. });
        let lacks_reference = rules.control_price.or(rules.estimated_price).is_none();
        let open = rules.open_amounts();
        if let Some(name) = open
            .first()
            .copied()
            .or((is_model && lacks_reference).then_some("control_price"))
        {
            let option = name.replace('_', "-");
            return Err(Failure::input(
                "field-missing",
                format!("the rule set leaves {name} open"),
            )
            .at(format!("/{name}"))
            .hint(format!(
                "Say --{option} AMOUNT, such as --{option} 10000000.00."
            )));
        }
        Ok(Plan {
            rules: Arc::new(rules),
            profile,
            source,
            effort: Effort {
                enumerate: ENUMERATE_MAX,
                draws: limited("draws", self.draws, DRAWS_MAX)?,
                seed: self.seed.unwrap_or_else(standard_seed),
                sample: 0,
            },
            ring: self.ring()?,
        })
    }

    fn ring(&self) -> Result<Option<Ring>, Failure> {
        let Some(text) = &self.ring else {
            return Ok(None);
        };
        if let Ok(size) = text.parse::<usize>() {
            return Ok(Some(Ring::Size(size)));
        }
        if self.bids.is_none() {
            let message = "names of a ring need the bids that they stand for";
            return Err(Failure::input("usage", message).hint(
                "Say --bids FILE as well; or a number, to ask what so many bidders could do.",
            ));
        }
        let names = text
            .split([',', '，', '、'])
            .map(|name| name.trim().to_owned());
        Ok(Some(Ring::Members(
            names.filter(|name| !name.is_empty()).collect(),
        )))
    }

    /// The rule set by its title in the library, or by its file.
    fn title(&self, rules: &RuleSet) -> String {
        match (&rules.about, self.lang) {
            (Some(about), Language::Zh) => about.title.zh.clone(),
            (Some(about), Language::En) => about.title.en.clone(),
            (None, _) => Path::new(&self.rules).file_name().map_or_else(
                || self.rules.clone(),
                |name| name.to_string_lossy().into_owned(),
            ),
        }
    }
}

/// A rule set from a file, standard input or the library.
fn read_rules(reference: &str) -> Result<RuleSet, Failure> {
    if reference != "-" {
        return sheet::load_rules(reference);
    }
    let mut bytes = Vec::new();
    let read = std::io::stdin().lock().read_to_end(&mut bytes);
    read.map_err(|error| Failure::input("file", format!("standard input: {error}")))?;
    RuleSet::parse(&bytes).map_err(|error| wrong(&error))
}

fn limited<T: PartialOrd + std::fmt::Display + From<u8>>(
    name: &str,
    value: T,
    most: T,
) -> Result<T, Failure> {
    if value >= T::from(1) && value <= most {
        return Ok(value);
    }
    Err(Failure::input(
        "usage",
        format!("--{name} is from 1 to {most}"),
    ))
}

fn wrong(error: &EvaluationError) -> Failure {
    let failure = Failure::input(error.code(), error.to_string()).at(error.pointer.clone());
    match error.problem {
        Problem::BidderUnknown(_) => failure.hint("Write the names as they stand in the bids."),
        _ => failure,
    }
}
