//! Findings: what is wrong with a rule set, where, under which rule, and what to do.

use serde::{Serialize, Serializer};

use crate::law::{Rule, Severity, Text};

/// What is said in both languages; `{name}` is filled in.
struct Wording {
    zh: &'static str,
    en: &'static str,
    zh_remedy: &'static str,
    en_remedy: &'static str,
}

macro_rules! codes {
    ($($(#[doc = $doc:literal])* $variant:ident = $code:literal { $zh:literal, $en:literal => $zh_remedy:literal, $en_remedy:literal })*) => {
        /// What can be found. Codes are stable: they are never renamed.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
        pub enum FindingCode {
            $($(#[doc = $doc])* $variant,)*
        }

        impl FindingCode {
            /// Every code.
            pub const ALL: &'static [FindingCode] = &[$(FindingCode::$variant),*];

            /// The stable text.
            pub fn as_str(self) -> &'static str {
                match self { $(FindingCode::$variant => $code,)* }
            }

            /// What is found, in one English sentence.
            pub fn summary(self) -> &'static str {
                match self { $(FindingCode::$variant => concat!($($doc),*).trim_ascii_start(),)* }
            }

            fn wording(self) -> Wording {
                match self {
                    $(FindingCode::$variant => Wording {
                        zh: $zh, en: $en, zh_remedy: $zh_remedy, en_remedy: $en_remedy,
                    },)*
                }
            }
        }
    };
}

codes! {
    /// The document is not one of the format `kaibiao-rules/1`.
    RulesUnreadable = "rules-unreadable" {
        "文件不是合格的 kaibiao-rules/1：{reason}。", "The document is not of the format kaibiao-rules/1: {reason}."
        => "按指出的位置改正。", "Correct it where the pointer says." }
    /// The rules contradict each other or lack something.
    RulesUnworkable = "rules-unworkable" {
        "评标规则不完整或自相矛盾：{reason}。", "The rules are incomplete or contradict each other: {reason}."
        => "按指出的位置补充或改正。", "Complete or correct them where the pointer says." }
    /// Max minus min is no whole number of steps, or the grid is no grid at all.
    GridStep = "grid-step" {
        "取值表 {min}—{max}、步长 {step} 不成立：{reason}。", "The grid {min} to {max} by {step} is none: {reason}."
        => "使（最大值−最小值）为步长的整数倍，例如最大值取 {nearest}。", "Make max minus min a whole number of steps, for instance with max {nearest}." }
    /// The rule set says another profile than the one that it is checked against.
    ProfileDiffers = "profile-differs" {
        "评标规则注明适用于 {named}，而检查所依据的是 {profile}。", "The rules say that they are for {named}, but the tender is under {profile}."
        => "改用适用于 {profile} 的评标规则，或删去 profile。", "Use rules that are meant for {profile}, or leave `profile` out." }
    /// The winner would be found by lot.
    WinnerByLot = "winner-by-lot" {
        "依法必须招标的项目不得以抽签方式确定中标人。", "In a statutory tender the winner must not be found by lot."
        => "改用综合评估法、合理低价法或者经评审的最低投标价法。", "Evaluate comprehensively, by the reasonable low price, or by the lowest evaluated price." }
    /// The profile does not allow the award class.
    ClassForbidden = "class-forbidden" {
        "该规则集不允许评标办法 {class}。", "The profile does not allow the award class {class}."
        => "可用：{allowed}。", "Use one of: {allowed}." }
    /// The winner is found by lot, but the rules say that equals are reported.
    LotWithoutDraw = "lot-without-draw" {
        "固定价下所有合格投标并列第一，却未规定抽取：中标人将由招标人任意指定。", "At a fixed price all qualified bids share the first rank, but no draw settles it: the tenderee would choose at will."
        => "将 ties 改为 draw。", "Set `ties` to `draw`." }
    /// The winner is found by lot without a legal basis.
    LegalBasisMissing = "legal-basis-missing" {
        "随机确定中标人须载明依据。", "Where the winner is drawn, the legal basis has to be recorded."
        => "在 legal_basis 中写明为何不属于依法必须招标的项目。", "Say in `legal_basis` why the law does not demand a tender here." }
    /// Equal first ranks would be settled by lot.
    TieDrawForbidden = "tie-draw-forbidden" {
        "依法必须招标的项目不得以抽签方式在并列者中确定中标候选人。", "In a statutory tender equal ranks must not be settled by lot."
        => "将 ties 改为 report，由招标人说明理由后确定。", "Set `ties` to `report`: the tenderee names one and says why." }
    /// The profile does not allow the method.
    MethodForbidden = "method-forbidden" {
        "该规则集不允许评标基准价方法 {method}。", "The profile does not allow the benchmark method {method}."
        => "可用：{allowed}。", "Use one of: {allowed}." }
    /// Fewer candidates than the profile wants for the method draw.
    MethodsTooFew = "methods-too-few" {
        "备选的评标基准价方法只有 {count} 种，应不少于 {least} 种。", "There are {count} candidate methods; at least {least} are wanted, one of which is drawn."
        => "再列入评标基准价方法。", "Name further benchmark methods." }
    /// Candidates are drawn among, but every grid has one value only.
    DrawWithoutChoice = "draw-without-choice" {
        "各备选方法的每个取值表都只有一个值：抽取可能只有一种结果。", "Every grid of the candidates has one value only: the draw may have but one outcome."
        => "为取值表规定多个值，并确认各方法的结果不同。", "Give the grids several values, and see that the methods differ in what they give." }
    /// The highest or lowest prices are left out.
    TrimmingForbidden = "trimming-forbidden" {
        "{what} 会去掉最高或最低报价。", "{what_en} leaves out the highest or lowest prices."
        => "以最低的评审价为基准（lowest-ratio 或 lowest-evaluated）。", "Measure by the lowest evaluated price (lowest-ratio or lowest-evaluated)." }
    /// Prices below an amount are rejected or lose all marks at once.
    MinimumPrice = "minimum-price" {
        "{what}：等于规定了最低投标限价。", "{what_en}: that is a minimum price."
        => "删去这一规定；低于成本的报价由评标委员会要求说明。", "Leave it out; whether a price is below cost is for the committee to ask." }
    /// Marks fall so steeply below the benchmark that nobody bids there.
    MinimumPriceInEffect = "minimum-price-in-effect" {
        "{what}，实际上相当于最低投标限价。", "{what_en}, which works like a minimum price."
        => "降低扣分，使分数随报价逐渐下降。", "Lower the deductions, so that marks fall gradually with the price." }
    /// All prices have (almost) the same marks.
    PriceIdle = "price-idle" {
        "报价高低不影响价格分：各报价得分（几乎）相同。", "The price decides nothing: all prices have (almost) the same marks."
        => "降低 floor，并规定 up 和 down。", "Lower `floor`, and set `up` and `down`." }
    /// The ratio of the deductions is not the one of the rule.
    UpDownRatio = "up-down-ratio" {
        "高于基准价每 1% 扣 {up} 分，低于每 1% 扣 {down} 分，不是 {percent}%。", "A percent above costs {up}, one below {down}: that is not {percent} % of it."
        => "将 up 改为 {wanted}。", "Set `up` to {wanted}." }
    /// The deduction is lower than the rule's.
    DeductionLow = "deduction-low" {
        "低于基准价每 1% 只扣 {down} 分，应不少于 {least} 分。", "A percent below the benchmark costs {down} marks; the rule wants at least {least}."
        => "提高 down。", "Raise `down`." }
    /// A coefficient lies outside its usual range.
    CoefficientUnusual = "coefficient-unusual" {
        "{parameter} 取 {low}—{high}，通常为 {min}—{max}。", "{parameter} is {low} to {high}; usual is {min} to {max}."
        => "核对招标文件；取值由招标人确定。", "Compare with the tender document; the tenderee decides." }
    /// The full marks do not add up.
    WeightsSum = "weights-sum" {
        "各部分满分之和为 {sum} 分，应为 {points} 分。", "The full marks add up to {sum}, not to {points}."
        => "调整 price_score、technical、credit 的满分。", "Change the full marks of price_score, technical or credit." }
    /// The price weighs less than the law wants.
    PriceWeight = "price-weight" {
        "价格分占 {share}%，不得低于 {least}%。", "The price has {share} % of all marks; at least {least} % are demanded."
        => "提高 price_score 的满分。", "Raise the full mark of price_score." }
    /// The law depends on what is bought, and the rules do not say it.
    CategoryMissing = "category-missing" {
        "未注明采购类别，无法检查价格权重。", "What is bought is not said, so the weight of the price cannot be checked."
        => "写明 category：works、goods 或 services。", "Say `category`: works, goods or services." }
    /// The profile's price weights are for other purchases.
    CategoryForeign = "category-foreign" {
        "该规则集的价格权重只针对 {known}，采购类别却写为 {category}。", "The profile has price weights for {known} only, but the category is {category}."
        => "核对采购类别；属于货物、服务的照实填写，否则改用其他规则集。", "See what is bought: say goods or services if that is what it is, otherwise take another profile." }
    /// Credit weighs unusually little or much.
    CreditShare = "credit-share" {
        "信用分占 {share}%，通常为 {min}%—{max}%。", "Credit has {share} % of all marks; usual is {min} % to {max} %."
        => "核对当地规定。", "Compare with the local rule." }
    /// An item favours those from here.
    CreditLocal = "credit-local" {
        "评分项涉及“{word}”：不得以本地业绩、分支机构、纳税、社保等加分。", "The item asks for \"{word}\": no marks for local performance, branches, tax or social insurance."
        => "删去这一评分项。", "Leave the item out." }
    /// Nobody is named yet who commits to the credit values.
    CreditSourceOpen = "credit-source-open" {
        "信用分的来源账户尚未写明；公告时须有。", "The account that commits to the credit values is not named yet; a notice has to name it."
        => "在 credit.source 中写明账户。", "Name the account in `credit.source`." }
    /// A later rejection moves the benchmark.
    RecomputeAfterReview = "recompute-after-review" {
        "初步评审后重新计算评标基准价：此后的一次否决就能左右结果，且抽取须等评审结束。", "The benchmark is computed again after the preliminary review: a late rejection can steer it, and the draw has to wait."
        => "将 recompute_policy 改为 at-opening。", "Set `recompute_policy` to `at-opening`." }
    /// Too few are shortlisted, or from the wrong side.
    ShortlistNumbers = "shortlist-numbers" {
        "评标入围：{what}。", "Shortlisting: {what_en}."
        => "取 {least} 家以上，先去掉 {drop}%，均值以下多于均值以上。", "Take at least {least}, drop {drop} % first, and more below the mean than above." }
    /// The price of small firms is reduced by law.
    SmallFirms = "small-firms" {
        "小微企业的报价须先扣除 {min}%—{max}% 再参加评审（每份投标的 deduction）。", "Prices of small firms are reduced by {min} % to {max} % before they are compared (each bid's `deduction`)."
        => "在招标文件中写明扣除比例。", "Say in the tender document by how much." }
    /// The tender document is announced beforehand.
    PreAnnouncement = "pre-announcement" {
        "该项目须先发布招标预公告：{why}。", "This tender is announced beforehand: {why_en}."
        => "先发布预公告并答复异议。", "Publish the pre-announcement and answer what is objected." }
}

impl Serialize for FindingCode {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

/// One thing that is wrong with a rule set, or worth knowing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// What.
    pub code: FindingCode,
    /// How heavy.
    pub severity: Severity,
    /// Where in the rule set, as a JSON pointer; empty: the whole.
    pub pointer: String,
    /// The profile's rule behind it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rule: Option<String>,
    /// The article that the rule comes from.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub article: Option<String>,
    /// What is wrong, with the numbers.
    pub message: Text,
    /// What to do.
    pub remedy: Text,
}

impl Finding {
    /// A finding whose severity comes from no rule; `values` fill in the texts.
    pub(super) fn new(
        code: FindingCode,
        severity: Severity,
        pointer: impl Into<String>,
        values: &[(&str, &str)],
    ) -> Finding {
        let fill = |text: &str| {
            let replace = |text: String, (name, value): &(&str, &str)| {
                text.replace(&format!("{{{name}}}"), value)
            };
            values.iter().fold(text.to_owned(), replace)
        };
        let wording = code.wording();
        Finding {
            code,
            severity,
            pointer: pointer.into(),
            rule: None,
            article: None,
            message: Text {
                zh: fill(wording.zh),
                en: fill(wording.en),
            },
            remedy: Text {
                zh: fill(wording.zh_remedy),
                en: fill(wording.en_remedy),
            },
        }
    }

    /// A finding under a rule of the profile, which says how heavy it is.
    pub(super) fn under(
        rule: &Rule,
        code: FindingCode,
        pointer: impl Into<String>,
        values: &[(&str, &str)],
    ) -> Finding {
        Finding::new(code, rule.severity, pointer, values).named(Some(rule))
    }

    /// The same, naming a rule without taking its severity.
    pub(super) fn named(mut self, rule: Option<&Rule>) -> Finding {
        self.rule = rule.map(|rule| rule.id.clone());
        self.article = rule.map(|rule| rule.article.clone());
        self
    }
}

impl std::fmt::Display for Finding {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}: {}", self.code.as_str(), self.message.en)?;
        if let (Some(rule), Some(article)) = (&self.rule, &self.article) {
            write!(f, " [{rule} {article}]")?;
        }
        Ok(())
    }
}
