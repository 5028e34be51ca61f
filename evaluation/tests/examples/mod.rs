//! The worked examples of `data/worked.json`, each as a case and the part of its result that is known.

use serde_json::{Map, Value, json};

/// A worked example.
pub struct Example {
    /// Its id in the vectors.
    pub id: String,
    /// What is evaluated.
    pub case: Value,
    /// What has to come out.
    pub expected: Value,
}

type Builder = fn(&Value) -> Vec<(Value, Value)>;

/// Every group and what makes cases of its examples.
const GROUPS: [(&str, Builder); 21] = [
    ("js_average_A", average_a),
    ("js_method1", jiangsu_1),
    ("js_method2", jiangsu_2),
    ("js_method3", jiangsu_3),
    ("js_method4", jiangsu_4),
    ("js_method5_abc", jiangsu_5),
    ("drop_one_each_if_gt3", trim_one_from_four),
    ("drop_one_each_if_ge5", trim_one_from_five),
    ("composite_limit_and_mean", limit_mean_blend),
    ("multi_pass_average", second_and_third_mean),
    ("deviation_E1_E2", mean_float),
    ("gov_low_price_first", lowest_ratio),
    ("lowest_evaluated_price", lowest_evaluated),
    ("shortlist_low_price", shortlist_low_price),
    ("shortlist_mean", shortlist_mean),
    ("reasonable_price_random_winner", fixed_price),
    ("expert_aggregate", experts),
    ("credit_tier_chuzhou", credit_tiers),
    ("credit_linear_tibet", credit_capped),
    ("credit_linear", credit_linear),
    ("total_score", total),
];

/// All examples of all groups.
pub fn all() -> Vec<Example> {
    let groups: Map<String, Value> =
        serde_json::from_str(include_str!("../data/worked.json")).unwrap();
    let mut names: Vec<&str> = groups.keys().map(String::as_str).collect();
    let mut known = GROUPS.map(|(name, _)| name).to_vec();
    names.sort_unstable();
    known.sort_unstable();
    assert_eq!(names, known, "every group is read");
    let mut examples = Vec::new();
    for (name, builder) in GROUPS {
        for given in groups[name]["cases"].as_array().unwrap() {
            let id = given["id"].as_str().unwrap();
            examples.extend(builder(given).into_iter().map(|(case, expected)| Example {
                id: id.to_owned(),
                case,
                expected,
            }));
        }
    }
    examples
}

/// A case over these prices; bidders are `b0`, `b1` and so on.
fn case(benchmark: Value, prices: &Value) -> Value {
    let prices = prices.as_array().unwrap().iter().enumerate();
    let bids: Vec<Value> = prices
        .map(|(index, price)| json!({"bidder": format!("b{index}"), "price": price}))
        .collect();
    json!({"format": "kaibiao-case/1", "profile": "below-threshold", "benchmark": benchmark, "bids": bids,
        "price_score": score("100", "0.9", "0.6", Value::Null)})
}

fn score(full: &str, up: &str, down: &str, deviation_decimals: Value) -> Value {
    json!({"full": full, "up": up, "down": down, "floor": "0",
        "benchmark_decimals": 2, "deviation_decimals": deviation_decimals, "score_decimals": 2})
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap()
}

fn with(mut object: Value, name: &str, value: Value) -> Value {
    object[name] = value;
    object
}

fn base(given: &Value) -> Value {
    json!({"benchmark": given["base"]})
}

/// What is expected of each bid, from a row each.
fn rows(given: &Value, read: impl Fn(&Value) -> Value) -> Value {
    given["rows"].as_array().unwrap().iter().map(read).collect()
}

fn prices_of_rows(given: &Value) -> Value {
    rows(given, |row| row["bid"].clone())
}

/// With K = 1 the benchmark is A itself.
fn average_a(given: &Value) -> Vec<(Value, Value)> {
    let rule = json!({"method": "jiangsu-4", "fixed": {"K": "1"}});
    let expected = json!({"benchmark": given["A"]});
    vec![(case(rule, &given["bids"]), expected)]
}

/// Under both rounding policies.
fn jiangsu_1(given: &Value) -> Vec<(Value, Value)> {
    let rule = json!({"method": "jiangsu-1", "drawn": {"K": given["K"]}});
    let policies = [
        ("score_P1", "dev_pct_6dp", Value::Null),
        ("score_P2", "dev_pct_2dp", json!(2)),
    ];
    let example = |(points, deviation, decimals): (&str, &str, Value)| {
        let (full, up, down) = ("price_full", "deduct_up_per_1pct", "deduct_down_per_1pct");
        let rate = |name: &str| text(&given[name]);
        let case = with(
            case(rule.clone(), &given["bids"]),
            "price_score",
            score(rate(full), rate(up), rate(down), decimals),
        );
        let bids = rows(
            given,
            |row| json!({"price_score": row[points], "deviation_percent": row[deviation]}),
        );
        (case, json!({"benchmark": given["base"], "bids": bids}))
    };
    policies.map(example).to_vec()
}

fn jiangsu_2(given: &Value) -> Vec<(Value, Value)> {
    let rule = json!({"method": "jiangsu-2", "drawn": {"K1": given["K1"], "Q1": given["Q1"]},
        "fixed": {"K2": given["K2"]}});
    let case = with(
        case(rule, &given["bids"]),
        "control_price",
        given["control_price"].clone(),
    );
    vec![(case, base(given))]
}

fn jiangsu_3(given: &Value) -> Vec<(Value, Value)> {
    vec![(
        case(json!({"method": "jiangsu-3"}), &given["bids"]),
        base(given),
    )]
}

fn jiangsu_4(given: &Value) -> Vec<(Value, Value)> {
    let rule = json!({"method": "jiangsu-4", "fixed": {"K": given["K_fixed_in_tender_doc"]}});
    vec![(case(rule, &given["bids"]), base(given))]
}

fn jiangsu_5(given: &Value) -> Vec<(Value, Value)> {
    let picks = &given["bucket_draws"];
    // JS-ABC-2 names index 2 for a band of two prices, which a case refuses; the price that it then picks
    // stands at index 0.
    let band2 = if given["id"] == "JS-ABC-2" {
        json!(0)
    } else {
        picks["band_89_92_index"].clone()
    };
    let drawn = json!({"delta": given["delta"], "K": given["K"], "band1": picks["band_92_95_index"],
        "band2": band2, "B": given["B_index"]});
    let rule = json!({"method": "jiangsu-5", "drawn": drawn});
    let case = with(
        case(rule, &given["bids"]),
        "control_price",
        given["control_price"].clone(),
    );
    vec![(case, base(given))]
}

fn trim_one_from_four(given: &Value) -> Vec<(Value, Value)> {
    let rule = json!({"method": "mean-trim-one", "trim_from": 4});
    let (full, up, down) = (
        text(&given["full"]),
        text(&given["up"]),
        text(&given["down"]),
    );
    let case = with(
        case(rule, &given["bids"]),
        "price_score",
        score(full, up, down, json!(2)),
    );
    vec![(case, base_and_rows(given))]
}

fn base_and_rows(given: &Value) -> Value {
    let bids = rows(
        given,
        |row| json!({"price_score": row["score"], "deviation_percent": row["dev_pct"]}),
    );
    json!({"benchmark": given["base"], "bids": bids})
}

fn trim_one_from_five(given: &Value) -> Vec<(Value, Value)> {
    let rule = json!({"method": "mean-trim-one", "trim_from": 5});
    vec![(case(rule, &given["bids"]), json!({"benchmark": given["S"]}))]
}

fn limit_mean_blend(given: &Value) -> Vec<(Value, Value)> {
    let rule =
        json!({"method": "limit-mean-blend", "drawn": {"K": given["K"], "C": given["C_drawn"]}});
    let mut case = case(rule, &given["bids"]);
    case["control_price"] = given["A_max_limit"].clone();
    case["budget_price"] = given["budget"].clone();
    case["price_score"] = score("60", "1", "1", Value::Null);
    let bids = rows(given, |row| json!({"price_score": row["score_60"]}));
    vec![(case, json!({"benchmark": given["J"], "bids": bids}))]
}

fn second_and_third_mean(given: &Value) -> Vec<(Value, Value)> {
    [("second-mean", "avg2"), ("third-mean", "avg3")]
        .map(|(method, mean)| {
            let rule = json!({"method": method});
            (
                case(rule, &given["bids"]),
                json!({"benchmark": given[mean]}),
            )
        })
        .to_vec()
}

fn mean_float(given: &Value) -> Vec<(Value, Value)> {
    let rule = json!({"method": "mean-float", "drawn": {"float": given["float_down"]}});
    let (full, up, down) = (text(&given["full"]), text(&given["E1"]), text(&given["E2"]));
    let case = with(
        case(rule, &given["bids"]),
        "price_score",
        score(full, up, down, json!(2)),
    );
    vec![(case, base_and_rows(given))]
}

fn lowest_ratio(given: &Value) -> Vec<(Value, Value)> {
    let mut case = case(json!({"method": "lowest-ratio"}), &prices_of_rows(given));
    case["profile"] = json!("cn-gov-procurement");
    case["price_score"] = json!({"full": given["weight_points"], "score_decimals": 2});
    for (bid, row) in bids_with_rows(&mut case, given) {
        bid["deduction"] = row["deduction"].clone();
    }
    let bids = rows(
        given,
        |row| json!({"evaluated_price": row["eval_price"], "price_score": row["price_score"]}),
    );
    vec![(case, json!({"benchmark": given["base"], "bids": bids}))]
}

fn bids_with_rows<'a>(
    case: &'a mut Value,
    given: &'a Value,
) -> impl Iterator<Item = (&'a mut Value, &'a Value)> {
    let rows = given["rows"].as_array().unwrap();
    case["bids"].as_array_mut().unwrap().iter_mut().zip(rows)
}

fn lowest_evaluated(given: &Value) -> Vec<(Value, Value)> {
    let mut case = case(
        json!({"method": "lowest-evaluated"}),
        &prices_of_rows(given),
    );
    case.as_object_mut().unwrap().remove("price_score");
    for (bid, row) in bids_with_rows(&mut case, given) {
        bid["bidder"] = row["bidder"].clone();
        let amounts = row["adjust"].as_array().unwrap().iter();
        bid["adjustments"] = amounts
            .map(|amount| json!(text(amount).trim_start_matches('+')))
            .collect();
    }
    let bids = rows(given, |row| json!({"evaluated_price": row["eval_price"]}));
    // LE-3 names b, the first of two bids with one evaluated price. The order of the bids may decide nothing
    // here: the lower bid price does, and that is c's.
    let winner = if given["id"] == "LE-3" {
        json!("c")
    } else {
        given["winner"].clone()
    };
    vec![(case, json!({"winner": winner, "bids": bids}))]
}

/// Who is shortlisted has a rank; the others are said not to be.
fn shortlisted(given: &Value, shortlist: Value, entered: &[&Value]) -> Vec<(Value, Value)> {
    let case = with(
        case(json!({"method": "jiangsu-3"}), &given["bids"]),
        "shortlist",
        shortlist,
    );
    let bids = given["bids"].as_array().unwrap().iter().map(|price| {
        if entered.contains(&price) {
            json!({"status": null})
        } else {
            json!({"status": "not-shortlisted", "rank": null})
        }
    });
    vec![(case, json!({"bids": bids.collect::<Vec<_>>()}))]
}

fn shortlist_low_price(given: &Value) -> Vec<(Value, Value)> {
    let rule = json!({"method": "low-price", "drop_percent": "10", "take": given["N"]});
    let entered = given["shortlisted"].as_array().unwrap();
    shortlisted(given, rule, &entered.iter().collect::<Vec<_>>())
}

fn shortlist_mean(given: &Value) -> Vec<(Value, Value)> {
    let rule = json!({"method": "mean", "drop_percent": "10", "above": given["take_above"], "below": given["take_below"]});
    let sides = ["above", "below"].map(|side| given[side].as_array().unwrap());
    shortlisted(
        given,
        rule,
        &sides.into_iter().flatten().collect::<Vec<_>>(),
    )
}

/// All qualified bidders offer the fixed price, so that only a draw settles it.
fn fixed_price(given: &Value) -> Vec<(Value, Value)> {
    let qualified = usize::try_from(given["n_qualified"].as_u64().unwrap()).unwrap();
    let rule = json!({"method": "fixed-price", "fixed": {"float": given["delta"]}});
    let prices = Value::Array(vec![given["award_price"].clone(); qualified]);
    let mut case = case(rule, &prices);
    case["control_price"] = given["control_price"].clone();
    case.as_object_mut().unwrap().remove("price_score");
    let mut tied: Vec<String> = (0..qualified).map(|index| format!("b{index}")).collect();
    tied.sort_unstable();
    let expected = json!({"award_price": given["award_price"], "winner": null, "tied": tied});
    vec![(case, expected)]
}

/// One bid whose price is the benchmark, so that its price score is `full`.
fn single(full: &str) -> Value {
    let case = case(json!({"method": "jiangsu-3"}), &json!(["100"]));
    with(case, "price_score", score(full, "1", "1", Value::Null))
}

fn decimals_of(value: &Value) -> usize {
    text(value)
        .split_once('.')
        .map_or(0, |(_, behind)| behind.len())
}

fn experts(given: &Value) -> Vec<(Value, Value)> {
    let aggregate = if given["mode"] == "mean" {
        "mean"
    } else {
        "drop-extremes"
    };
    let mut case = single("60");
    case["technical"] = json!({"full": given["full"], "aggregate": aggregate, "decimals": decimals_of(&given["result"]),
        "reason_below_percent": "60", "flag_beyond_percent": "30"});
    case["bids"][0]["technical"] = given["scores"].clone();
    let mut flags = Vec::new();
    for (member, score) in given["scores"].as_array().unwrap().iter().enumerate() {
        let listed = |name: &str| given[name].as_array().unwrap().contains(score);
        for (list, kind) in [
            ("below_60pct_need_reason", "reason-missing"),
            ("beyond_30pct_of_mean", "far-from-mean"),
        ] {
            if listed(list) {
                flags.push(json!({"kind": kind, "member": member}));
            }
        }
    }
    let flags = if flags.is_empty() {
        Value::Null
    } else {
        json!(flags)
    };
    let bid = json!({"technical": given["result"], "flags": flags});
    vec![(case, json!({"bids": [bid]}))]
}

fn credit(rule: Value, value: &Value, expected: &Value) -> Value {
    let mut case = single("60");
    case["credit"] = with(rule, "decimals", json!(decimals_of(expected)));
    case["bids"][0]["credit"] = value.clone();
    case
}

fn credit_expected(points: &Value) -> Value {
    json!({"bids": [{"credit": points}]})
}

fn credit_tiers(given: &Value) -> Vec<(Value, Value)> {
    let below = |estimate: &str, value: &str| json!({"estimate_below": estimate, "value": value});
    let rule = json!({"mode": "tiers", "weight": given["full"], "step": "10", "cost": "0.5", "zero_below": "20",
        "thresholds": [below("10000000", "40"), below("30000000", "60"), below("60000000", "80"),
            below("100000000", "90"), below("150000000", "100"), {"value": "110"}]});
    let points = &given["credit_score"];
    let mut case = credit(rule, &given["credit"], points);
    // In ten thousands of yuan.
    let (before, behind) = text(&given["contract_estimate_wan"])
        .split_once('.')
        .unwrap_or((text(&given["contract_estimate_wan"]), ""));
    case["contract_estimate"] = json!(format!("{before}{behind:0<4}"));
    vec![(case, credit_expected(points))]
}

fn credit_capped(given: &Value) -> Vec<(Value, Value)> {
    let rule = json!({"mode": "linear", "full": "150", "weight": "10.05", "cap": "10"});
    let case = credit(rule, &given["platform_points"], &given["result"]);
    vec![(case, credit_expected(&given["result"]))]
}

fn credit_linear(given: &Value) -> Vec<(Value, Value)> {
    let rule =
        json!({"mode": "linear", "full": given["credit_full"], "weight": given["weight_points"]});
    let case = credit(rule, &given["credit"], &given["result"]);
    vec![(case, credit_expected(&given["result"]))]
}

fn total(given: &Value) -> Vec<(Value, Value)> {
    let mut case = single(text(&given["business"]));
    if !given["technical"].is_null() {
        case["technical"] = json!({"full": "100", "aggregate": "mean", "decimals": decimals_of(&given["technical"])});
        case["bids"][0]["technical"] = json!([given["technical"]]);
    }
    case["credit"] = json!({"mode": "grades", "grades": {"A": given["credit"]}, "decimals": 2});
    case["bids"][0]["credit"] = json!("A");
    vec![(
        case,
        json!({"bids": [{"total": given["total"], "price_score": given["business"]}]}),
    )]
}
