//! The case's own rules in words: what had been announced, and what was drawn.

use evaluation::benchmark::{Method, Presence, Scoring};
use serde_json::{Map, Value};

use super::page::Page;
use super::{Fields, Language, Prose};

/// The amounts of a case, in the order of a report.
const AMOUNTS: [&str; 5] = [
    "control_price",
    "budget_price",
    "estimated_price",
    "contract_estimate",
    "provisional_sums",
];

/// Writes the head of the report.
pub fn write(prose: &Prose<'_>, page: &mut Page) {
    let case = serde_json::to_value(prose.case).unwrap_or_default();
    let mut head = Head { prose, page };
    let profile = &prose.case.profile;
    let title = procedure::law::latest(profile).map_or(profile, |profile| {
        let (zh, en) = (&profile.title.zh, &profile.title.en);
        match prose.language {
            Language::Zh => zh,
            Language::En => en,
        }
    });
    head.line(
        "profile",
        [
            ("title", title.as_str().into()),
            ("id", profile.as_str().into()),
        ],
    );
    let currency = prose.locale.word("currency_name", &prose.case.currency);
    let currency = currency.unwrap_or(&prose.case.currency);
    head.line("currency", [("currency", currency.into())]);
    for name in AMOUNTS {
        if let Some(amount) = case.get(name) {
            head.line(name, [("amount", amount.clone())]);
        }
    }
    head.line("bids", [("n", prose.case.bids.len().to_string().into())]);
    head.method(&case);
    if let Some(rule) = case.get("shortlist") {
        head.rule(
            "shortlist",
            &format!("shortlist.{}", text(&rule["method"])),
            rule,
        );
    }
    head.price_score(&case);
    head.technical(&case);
    head.credit(&case);
    head.ties();
}

struct Head<'a, 'p> {
    prose: &'a Prose<'p>,
    page: &'a mut Page,
}

impl Head<'_, '_> {
    /// A line of the head: label and text by the same name.
    fn line<const N: usize>(&mut self, name: &str, inputs: [(&str, Value); N]) {
        let label = self.prose.text(&format!("label.{name}"), []);
        let text = self.prose.text(&format!("head.{name}"), inputs);
        self.page.labelled(label, text);
    }

    /// A line that says a rule.
    fn rule(&mut self, name: &str, key: &str, inputs: &Value) {
        let label = self.prose.text(&format!("label.{name}"), []);
        let text = self.say(key, inputs);
        self.page.labelled(label, text);
    }

    fn say(&self, key: &str, inputs: &Value) -> String {
        let none = Map::new();
        let fields = Fields {
            inputs: inputs.as_object().unwrap_or(&none),
            result: None,
        };
        let template = self.prose.locale.rule(key);
        template.map_or_else(
            || key.to_owned(),
            |template| self.prose.fill().sentence(template, fields),
        )
    }

    /// The method with its parameters: drawn, announced, and those that stand unless announced otherwise.
    fn method(&mut self, case: &Value) {
        let rule = &case["benchmark"];
        let label = match self.scoring() {
            Some(Scoring::PriceOnly) => "method_of_order",
            _ => "method",
        };
        self.rule(label, "method", rule);
        let (Ok(method), none) = (Method::from_id(text(&rule["method"])), Value::Null) else {
            return;
        };
        let beside = |name: &str| Some(&rule[name]).filter(|value| value.is_number());
        let (mut drawn, mut announced, mut standing) = (Vec::new(), Vec::new(), Vec::new());
        for parameter in method.drawn_parameters() {
            let value = rule["drawn"].get(parameter.name).unwrap_or(&none);
            drawn.extend(self.parameter(parameter.name, value));
        }
        for parameter in method.fixed_parameters() {
            let name = parameter.name;
            match (rule["fixed"].get(name).or(beside(name)), parameter.presence) {
                (Some(value), _) => announced.extend(self.parameter(name, value)),
                (None, Presence::Default(value)) => {
                    standing.extend(self.parameter(name, &value.into()));
                }
                (None, _) => {}
            }
        }
        for (name, values) in [
            ("drawn", drawn),
            ("announced", announced),
            ("standing", standing),
        ] {
            if !values.is_empty() {
                let semicolon = self.prose.text("semicolon", []);
                self.line(name, [("values", values.join(&semicolon).into())]);
            }
        }
    }

    /// `K = 0.97 (what it is)`; none if it has no value.
    fn parameter(&self, name: &str, value: &Value) -> Option<String> {
        let (index, value) = match value {
            Value::String(text) => (None, text.clone()),
            Value::Number(number) if name == "trim_from" => (None, number.to_string()),
            Value::Number(number) => (Some(number.to_string()), String::new()),
            _ => return None,
        };
        let locale = self.prose.locale;
        let value = locale.word(name, &value).unwrap_or(&value).to_owned();
        let inputs = [
            ("name", name.into()),
            (
                "meaning",
                locale.word("parameter", name).unwrap_or("").into(),
            ),
            ("value", value.into()),
            ("index", index.map_or(Value::Null, Value::String)),
        ];
        Some(self.prose.text("parameter", inputs))
    }

    fn price_score(&mut self, case: &Value) {
        let rule = &case["price_score"];
        match self.scoring() {
            Some(Scoring::Deviation) => {
                let policy = self.prose.case.recompute_policy;
                let policy = serde_json::to_value(policy).unwrap_or_default();
                let key = format!("recompute_policy.{}", text(&policy));
                self.rule("recompute_policy", &key, case);
                self.rule("price_score", "price_score.deviation", rule);
            }
            Some(Scoring::Ratio) => self.rule("price_score", "price_score.ratio", rule),
            _ => {
                let key = format!("order.{}", self.prose.case.benchmark.method);
                self.rule("order", &key, case);
                return;
            }
        }
        for (side, label) in [("up", "segments_up"), ("down", "segments_down")] {
            let segments = super::array(&rule["segments"][side]);
            let segments: Vec<String> = segments
                .iter()
                .map(|segment| self.say("price_score.segment", segment))
                .collect();
            if !segments.is_empty() {
                let semicolon = self.prose.text("semicolon", []);
                self.line(label, [("segments", segments.join(&semicolon).into())]);
            }
        }
        let mut parts = case.clone();
        if case["credit"]["mode"] == "gate" {
            // A gate gives no points.
            parts["credit"].take();
        }
        self.rule("total", "total", &parts);
    }

    fn scoring(&self) -> Option<Scoring> {
        let method = Method::from_id(&self.prose.case.benchmark.method).ok()?;
        Some(method.formula().scoring())
    }

    /// What tells equals apart; at a fixed price nothing but the draw does.
    fn ties(&mut self) {
        let method = Method::from_id(&self.prose.case.benchmark.method);
        if method.is_ok_and(|method| method.formula().draws_winner()) {
            return;
        }
        let keys = &self.prose.case.tie_break;
        let name = if keys.is_empty() {
            "no_tie_break"
        } else {
            "tie_break"
        };
        let keys = serde_json::to_value(keys).unwrap_or_default();
        self.line(name, [("tie_break", keys)]);
    }

    fn technical(&mut self, case: &Value) {
        let Some(rule) = case.get("technical") else {
            return;
        };
        let mut inputs = rule.clone();
        let items = super::array(&rule["items"]).iter();
        let items: Vec<Value> = items
            .map(|item| self.say("technical.item", item).into())
            .collect();
        inputs["items"] = items.into();
        let key = format!("technical.{}", text(&rule["aggregate"]));
        self.rule("technical", &key, &inputs);
        if rule
            .get("reason_below_percent")
            .or(rule.get("flag_beyond_percent"))
            .is_some()
        {
            self.rule("flags", "technical.flags", rule);
        }
    }

    fn credit(&mut self, case: &Value) {
        let Some(rule) = case.get("credit") else {
            return;
        };
        let mut inputs = rule.clone();
        let list = |key: &str, entries: Vec<Value>| -> Value {
            entries
                .iter()
                .map(|entry| Value::from(self.say(key, entry)))
                .collect()
        };
        inputs["thresholds"] = list(
            "credit.threshold",
            super::array(&rule["thresholds"]).to_vec(),
        );
        let grades = rule["grades"].as_object().into_iter().flatten();
        let grades =
            grades.map(|(grade, points)| serde_json::json!({ "grade": grade, "points": points }));
        inputs["grades"] = list("credit.grade", grades.collect());
        self.rule(
            "credit",
            &format!("credit.{}", text(&rule["mode"])),
            &inputs,
        );
    }
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}
