//! Rules beside a table: a rule set, and which of its candidates and values were drawn.

use std::path::{Path, PathBuf};

use evaluation::benchmark::{BenchmarkRule, DrawnValue, Kind, Method, Parameter};
use evaluation::draw::{Grid, MethodSpec};
use evaluation::rules::{RuleSet, ready_by_id};
use evaluation::shortlist::{ShortlistMethod, ShortlistRule};
use evaluation::{Decimal, EvaluationError};

use super::arguments::Given;
use crate::failure::Failure;

/// The prefix of a rule set of the library.
pub const READY: &str = "ready:";
/// Where drawn values come from.
const WHERE_DRAWN: &str = "Drawn values are those of --set, and of the keys drawn.NAME in the sheet Case: clear what was not drawn.";
/// Of a longer grid the ends and the step are shown.
const GRID_VALUES_SHOWN_MAX: u64 = 13;

/// Reads a rule set: `ready:ID` of the library, or a file.
pub fn load(reference: &str) -> Result<RuleSet, Failure> {
    if let Some(id) = reference.strip_prefix(READY) {
        let unknown = || {
            Failure::input(
                "rules-unknown",
                format!("there is no ready rule set \"{id}\""),
            )
            .hint("`kaibiao rules list` shows them all.")
        };
        return ready_by_id(id)
            .map(|ready| ready.rules.clone())
            .ok_or_else(unknown);
    }
    let path = Path::new(reference);
    let bytes = std::fs::read(path).map_err(|error| Failure::file(path, error))?;
    let wrong = |error: &EvaluationError| {
        let message = format!("{reference}: {error}");
        Failure::input(error.code(), message)
            .at(error.pointer.clone())
            .hint(format!("`kaibiao rules check {reference}` says more."))
    };
    RuleSet::parse(&bytes).map_err(|error| wrong(&error))
}

/// Where the rules are that a workbook names: in the library, or in a file beside it.
pub fn beside(workbook: &Path, reference: &str) -> Result<String, Failure> {
    if reference.starts_with(READY) {
        return Ok(reference.to_owned());
    }
    let name = Path::new(reference);
    // A workbook from a stranger does not choose which files are read.
    if name.file_name() != Some(name.as_os_str()) {
        let message = format!(
            "{}: the rules \"{reference}\" are neither ready:ID nor the name of a file beside the workbook",
            workbook.display()
        );
        return Err(Failure::input("rules-unknown", message).hint("Say --rules FILE."));
    }
    let folder: PathBuf = workbook.parent().map(Path::to_path_buf).unwrap_or_default();
    Ok(folder.join(name).display().to_string())
}

/// How a workbook names its rules: as the library does, or by the name of a file that lies beside it.
pub fn reference_from(reference: &str, workbook: &Path) -> Result<String, Failure> {
    if reference.starts_with(READY) {
        return Ok(reference.to_owned());
    }
    let file = Path::new(reference);
    let folder = |path: &Path| {
        let folder = path
            .parent()
            .filter(|folder| !folder.as_os_str().is_empty());
        std::fs::canonicalize(folder.unwrap_or(Path::new(".")))
    };
    let is_beside = folder(file).ok() == folder(workbook).ok();
    match file.file_name() {
        Some(name) if is_beside => Ok(name.to_string_lossy().into_owned()),
        _ => {
            let message = format!("{reference} does not lie beside {}", workbook.display());
            Err(Failure::input("rules-elsewhere", message).hint(
                "Write the workbook into the folder of its rules, so that both stay together.",
            ))
        }
    }
}

/// The method and parameters of a case under these rules. What was drawn has to be given, and to be possible.
pub fn choose(rules: &RuleSet, given: &Given, command: &str) -> Result<BenchmarkRule, Failure> {
    let spec = candidate(rules, given, command)?;
    let method = Method::from_id(&spec.method).map_err(|error| wrong(&error))?;
    let mut rule = BenchmarkRule {
        method: spec.method.clone(),
        drawn: Default::default(),
        fixed: spec.fixed.clone(),
        trim_from: spec.trim_from,
    };
    let declared = method.drawn_parameters();
    for (name, value) in &given.drawn {
        let Some(parameter) = declared.iter().find(|one| one.name == name.as_str()) else {
            return Err(not_drawn(&spec.method, spec, name));
        };
        let grid = spec.grids.get(name);
        rule.drawn
            .insert(name.clone(), drawn(parameter, grid, value)?);
    }
    let missing: Vec<&Parameter> = declared
        .iter()
        .filter(|parameter| !rule.drawn.contains_key(parameter.name))
        .filter(|parameter| spec.grids.contains_key(parameter.name))
        .collect();
    let mut unknown = Vec::new();
    for parameter in missing {
        match spec.grids.get(parameter.name) {
            // One value: nothing to draw.
            Some(grid) if grid.count() == 1 => {
                let only = grid.value(0).map(DrawnValue::Decimal);
                rule.drawn
                    .extend(only.map(|value| (parameter.name.to_owned(), value)));
            }
            Some(grid) => unknown.push((parameter.name, grid)),
            None => {}
        }
    }
    if unknown.is_empty() {
        return Ok(rule);
    }
    let wanted = unknown
        .iter()
        .map(|(name, grid)| format!("{name}: one of {}", values(grid)));
    let wanted = wanted.collect::<Vec<_>>().join("\n  ");
    let example = unknown.iter().filter_map(|(name, grid)| {
        let middle = grid.value(grid.count() / 2)?;
        Some(format!(" --set {name}={middle}"))
    });
    let example: String = example.collect();
    let message = format!(
        "the method \"{}\" needs what was drawn at the opening:\n  {wanted}",
        spec.method
    );
    Err(Failure::input("drawn-missing", message).hint(format!(
        "For example: {command}{example}\n  or fill in the keys drawn.NAME in the sheet Case."
    )))
}

/// Which candidate of the shortlisting draw, from 0; none where there is nothing to draw.
pub fn shortlist(rules: &RuleSet, given: &Given, command: &str) -> Result<Option<usize>, Failure> {
    let listed = || {
        let lines = (1..).zip(&rules.shortlist);
        let lines = lines.map(|(number, rule)| format!("\n  {number}: {}", describe(rule)));
        lines.collect::<String>()
    };
    match (rules.shortlist.len(), given.shortlist) {
        (0 | 1, None) => Ok(None),
        (count, Some(number)) if number >= 1 && number <= count => Ok(Some(number - 1)),
        (0, Some(_)) => Err(Failure::input(
            "shortlist-unknown",
            "a shortlisting candidate is given, but the rules shortlist nobody",
        )),
        (_, Some(number)) => Err(Failure::input(
            "shortlist-unknown",
            format!(
                "there is no shortlisting candidate {number}; the rules have:{}",
                listed()
            ),
        )),
        (_, None) => Err(Failure::input(
            "shortlist-missing",
            format!(
                "the rules draw one of several ways of shortlisting:{}",
                listed()
            ),
        )
        .hint(format!("For example: {command} --shortlist 1"))),
    }
}

/// The values of a grid, for people.
pub fn values(grid: &Grid) -> String {
    if grid.count() > GRID_VALUES_SHOWN_MAX {
        return format!("{} to {} by {}", grid.min(), grid.max(), grid.step());
    }
    let all = (0..grid.count()).filter_map(|index| grid.value(index));
    all.map(|value| value.to_string())
        .collect::<Vec<_>>()
        .join(", ")
}

/// The candidate that was drawn, or the only one.
fn candidate<'a>(
    rules: &'a RuleSet,
    given: &Given,
    command: &str,
) -> Result<&'a MethodSpec, Failure> {
    let listed = || {
        let lines = (1..).zip(&rules.methods).map(|(number, spec)| {
            let grids = spec
                .grids
                .iter()
                .map(|(name, grid)| format!("; {name}: {}", values(grid)));
            format!("\n  {number}: {}{}", spec.method, grids.collect::<String>())
        });
        lines.collect::<String>()
    };
    let Some(wanted) = &given.method else {
        return match rules.methods.as_slice() {
            [only] => Ok(only),
            [] => Err(Failure::input("methods-missing", "the rules announce no method")),
            [first, ..] => Err(Failure::input(
                "method-missing",
                format!("the rules draw one of several methods:{}", listed()),
            )
            .hint(format!(
                "For example: {command} --method {}\n  or fill in the key benchmark.method in the sheet Case.",
                first.method
            ))),
        };
    };
    let by_id: Vec<&MethodSpec> = rules
        .methods
        .iter()
        .filter(|spec| spec.method == *wanted)
        .collect();
    let by_number = || {
        let number: usize = wanted.parse().ok()?;
        rules.methods.get(number.checked_sub(1)?)
    };
    match by_id.as_slice() {
        [only] => Ok(only),
        [] => by_number().ok_or_else(|| {
            let message = format!(
                "\"{wanted}\" is no candidate of the rules, which have:{}",
                listed()
            );
            Failure::input("method-unknown", message)
        }),
        _ => Err(Failure::input(
            "method-ambiguous",
            format!(
                "\"{wanted}\" is a candidate more than once; give its number:{}",
                listed()
            ),
        )),
    }
}

/// A drawn value, as the grid writes it.
fn drawn(parameter: &Parameter, grid: Option<&Grid>, text: &str) -> Result<DrawnValue, Failure> {
    let name = parameter.name;
    if parameter.kind == Kind::Index {
        let index = text.parse().map_err(|_| {
            let message = format!(
                "{name}={text}: {name} is an index into a list of prices, a whole number from 0"
            );
            Failure::input("set-malformed", message)
        })?;
        return Ok(DrawnValue::Index(index));
    }
    let value: Decimal = text
        .parse()
        .map_err(|error| Failure::input("set-malformed", format!("{name}={text}: {error}")))?;
    let Some(grid) = grid else {
        let message = format!(
            "{name}={text}: these rules announce no values for {name}, so nothing was drawn"
        );
        return Err(Failure::input("drawn-off-grid", message));
    };
    let on_grid = (0..grid.count())
        .filter_map(|index| grid.value(index))
        .find(|one| one.fraction() == value.fraction());
    on_grid.map(DrawnValue::Decimal).ok_or_else(|| {
        let message = format!(
            "{name}={text} is not among the announced values: {}",
            values(grid)
        );
        Failure::input("drawn-off-grid", message).hint(WHERE_DRAWN)
    })
}

fn not_drawn(method: &str, spec: &MethodSpec, name: &str) -> Failure {
    let message = match spec.fixed.get(name) {
        Some(value) => format!("{name} is not drawn: the rules announce {name} = {value}"),
        None => format!("the method \"{method}\" draws no \"{name}\""),
    };
    Failure::input("parameter-unexpected", message).hint(WHERE_DRAWN)
}

/// A shortlisting rule in short.
pub fn describe(rule: &ShortlistRule) -> String {
    let percent = rule
        .drop_percent
        .map_or_else(String::new, |percent| format!("drop {percent} %"));
    let count = |count: Option<u32>| count.unwrap_or_default();
    match rule.method {
        ShortlistMethod::All => "all".to_owned(),
        ShortlistMethod::LowPrice => format!("low-price ({percent}, take {})", count(rule.take)),
        ShortlistMethod::Mean => format!(
            "mean ({percent}, {} above, {} below)",
            count(rule.above),
            count(rule.below)
        ),
    }
}

fn wrong(error: &EvaluationError) -> Failure {
    Failure::input(error.code(), error).at(error.pointer.clone())
}
