//! Refusals: stable codes, texts for people in both languages, and the rule where one stands behind.

use crate::law::Rule;

macro_rules! codes {
    ($($variant:ident = $code:literal, $class:ident, $zh:literal, $en:literal;)*) => {
        /// Why a statement is refused. Codes are stable; programs may rely on them.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Code {
            $(#[doc = $en] $variant,)*
        }

        impl Code {
            /// Every code.
            pub const ALL: &'static [Code] = &[$(Code::$variant),*];

            /// The stable text.
            pub fn as_str(self) -> &'static str {
                match self { $(Code::$variant => $code,)* }
            }

            /// For people, in Chinese.
            pub fn zh(self) -> &'static str {
                match self { $(Code::$variant => $zh,)* }
            }

            /// For people, in English.
            pub fn en(self) -> &'static str {
                match self { $(Code::$variant => $en,)* }
            }

            /// Whether the statement itself is wrong, or comes at the wrong time or from the wrong account.
            pub fn class(self) -> Class {
                match self { $(Code::$variant => Class::$class,)* }
            }
        }
    };
}

/// What kind of answer a refusal is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Class {
    /// The statement is malformed or says something that cannot be (HTTP 422).
    Malformed,
    /// The statement does not fit the state or the time (HTTP 409).
    Conflict,
    /// The signer may not do this (HTTP 403).
    Forbidden,
}

codes! {
    KindUnknown = "kind-unknown", Malformed, "不认识的声明类型。", "The kind of statement is not known.";
    BodyInvalid = "body-invalid", Malformed, "声明内容不合格式。", "The body does not have the form of its kind.";
    SignatureInvalid = "signature-invalid", Malformed, "签名无效。", "A signature does not verify.";
    KeyUnknown = "key-unknown", Forbidden, "签名密钥未登记。", "The signing key is not registered.";
    KeyRevoked = "key-revoked", Forbidden, "签名密钥已吊销。", "The signing key has been revoked.";
    KeyTaken = "key-taken", Conflict, "该密钥已属于某一账户。", "The key already belongs to an account.";
    KeysMax = "keys-max", Conflict, "该账户的密钥数量已达上限。", "The account has as many keys as an account may have.";
    AccountExists = "account-exists", Conflict, "账户已存在。", "The account exists already.";
    AccountUnknown = "account-unknown", Conflict, "账户不存在。", "The account does not exist.";
    LastKey = "last-key", Conflict, "不能吊销账户的最后一个密钥；请先登记新密钥。", "The last key of an account cannot be revoked; register another one first.";
    SignerNotAllowed = "signer-not-allowed", Forbidden, "签名人无权作此行为。", "The signer may not do this.";
    SignersMissing = "signers-missing", Forbidden, "缺少必需的签名。", "A required signature is missing.";
    SignersTooMany = "signers-too-many", Forbidden, "签名过多：此类声明不允许这些签名人。", "There are signatures of accounts that this kind does not take.";
    TenderUnknown = "tender-unknown", Conflict, "标段不存在。", "The tender does not exist.";
    TenderExists = "tender-exists", Conflict, "标段已存在。", "The tender exists already.";
    TenderMismatch = "tender-mismatch", Malformed, "声明属于另一标段。", "The statement belongs to another tender.";
    StageMismatch = "stage-mismatch", Conflict, "当前阶段不允许此行为。", "This is not admitted in the present stage.";
    TextLength = "text-length", Malformed, "文字为空或过长。", "A text is empty or too long.";
    LimitExceeded = "limit-exceeded", Malformed, "超出限额。", "A limit is exceeded.";
    TimeBackwards = "time-backwards", Conflict, "时间不得倒退。", "Time does not run backwards on a log.";
    StatementRepeated = "statement-repeated", Conflict, "该声明已被采纳。", "The statement has been admitted already.";

    TrusteeKeyMissing = "trustee-key-missing", Conflict, "托管人尚未发布其密钥，或密钥不一致。", "A trustee has not published its key, or another one.";
    TrusteeRepeated = "trustee-repeated", Malformed, "同一托管人或密钥出现两次。", "A trustee or a key stands twice in the set.";
    TrusteeThreshold = "trustee-threshold", Malformed, "门限须满足 2 ≤ t ≤ n ≤ 9。", "A trustee set needs 2 <= threshold <= members <= 9.";
    TrusteesNotIndependent = "trustees-not-independent", Conflict, "平台、招标人及其同一控制下的组织合计持有的密钥须少于门限。", "Operator, tenderee and organisations under common control must hold fewer keys than the threshold.";
    TrusteeSetMissing = "trustee-set-missing", Conflict, "没有这一托管人组。", "There is no such trustee set.";
    RehearsalMissing = "rehearsal-missing", Conflict, "托管人尚未全部演练成功。", "The trustees have not all rehearsed with success.";
    RehearsalMismatch = "rehearsal-mismatch", Malformed, "演练信封与托管人组不符。", "The rehearsal envelope does not fit the trustee set.";

    ProfileUnknown = "profile-unknown", Malformed, "没有这一已发布的规则集，或摘要不符。", "There is no such released profile, or its digest differs.";
    LegalBasisMissing = "legal-basis-missing", Malformed, "须写明非依法必须招标的依据。", "The legal basis for not being a statutory tender is missing.";
    DocumentSetMismatch = "document-set-mismatch", Malformed, "招标文件清单与摘要不符。", "The document set does not have the digest that is named.";
    DocumentPeriodShort = "document-period-short", Malformed, "招标文件发售期过短。", "The tender documents are available for too short a time.";
    BiddingPeriodShort = "bidding-period-short", Malformed, "投标期限过短。", "The time for bidding is too short.";
    DeadlineInPast = "deadline-in-past", Malformed, "投标截止时间已过。", "The deadline lies in the past.";
    OpeningTime = "opening-time", Malformed, "开标时间与投标截止时间不一致。", "The opening is not at the time that the law demands.";
    PublicityShort = "publicity-short", Malformed, "公示期过短。", "The candidates are published for too short a time.";
    MethodForbidden = "method-forbidden", Malformed, "该规则集不允许此评标基准价方法。", "The profile does not allow this benchmark method.";
    TieDrawForbidden = "tie-draw-forbidden", Malformed, "依法必须招标的项目不得以抽签方式确定中标候选人。", "In statutory tenders candidates must not be drawn by lot.";
    ProfileForChecking = "profile-for-checking", Malformed, "该规则集目前只用于检查评标规则：它要求的阶段（预公告、工作日、专家等）尚未实现，不能据以发布公告。", "This profile is for checking rule sets only: it demands stages that the procedure does not have yet (pre-announcement, working days, experts), so no tender can be announced under it.";
    ProfileReplaced = "profile-replaced", Malformed, "该规则集版本已被新版本取代，不能再据以发布公告。", "A newer version has replaced this version of the profile; no tender can be announced under it any more.";
    RulesUnlawful = "rules-unlawful", Malformed, "评标规则不符合该规则集。", "The rules are not what the law of the profile allows.";
    CommitteeMissing = "committee-missing", Malformed, "本版本尚无评标委员会的声明，不能采用须由其评审的规则。", "There are no statements of a committee yet, so rules that need its review cannot be announced.";
    RulesInvalid = "rules-invalid", Malformed, "评标规则不完整或自相矛盾。", "The rules are incomplete or contradict each other.";
    BidFormInvalid = "bid-form-invalid", Malformed, "投标函格式不合要求。", "The bid form is not usable.";

    AnnouncementMismatch = "announcement-mismatch", Malformed, "抽取公告与招标文件的模板不符。", "The announcement is not what the template gives.";
    DrawNotAnnounced = "draw-not-announced", Conflict, "抽取尚未公告。", "The draw has not been announced.";
    DeadlinePassed = "deadline-passed", Conflict, "投标截止时间已到。", "The deadline has passed.";
    DeadlineNotReached = "deadline-not-reached", Conflict, "投标截止时间未到。", "The deadline has not been reached.";
    TenderSuspended = "tender-suspended", Conflict, "截止前平台曾中断服务，投标已中止；恢复后以新的截止时间为准。", "The platform was not serving at the deadline: bidding is suspended and goes on with a later deadline.";
    OutageNotForeseen = "outage-not-foreseen", Conflict, "该规则集没有平台中断服务的规定，到期即截止。", "The profile has no rule of outages: it closes at the deadline.";
    OutageMismatch = "outage-mismatch", Malformed, "所述中断与截止时间、规则或记录不符。", "The outage does not fit the deadline, the rule or the record.";
    ResumptionMismatch = "resumption-mismatch", Malformed, "恢复后的截止时间与规则算出的不一致。", "The deadline after the resumption is not what the rule gives.";
    ContextMismatch = "context-mismatch", Malformed, "信封绑定的信息与本标段不符。", "The envelope is bound to something else than this tender.";
    EnvelopesWrong = "envelopes-wrong", Malformed, "信封种类不对：需要一个 opening 和一个 contrib。", "The envelopes are not one `opening` and one `contrib`.";
    KeyBlockForm = "key-block-form", Malformed, "密钥块格式不符。", "The key block does not have the form of this trustee set.";
    PartsWrong = "parts-wrong", Malformed, "信封内容的大小、段数或根哈希不符。", "Size, segments or root of a part do not agree.";
    RootRepeated = "root-repeated", Conflict, "该内容已在另一投标中出现。", "The same ciphertext stands in another bid.";
    BidLive = "bid-live", Conflict, "已有一份现行投标；请替换或先撤回。", "There is a live bid already; replace or withdraw it.";
    BidNotLive = "bid-not-live", Conflict, "所指投标不是该投标人的现行投标。", "The bid that is named is not this bidder's live bid.";
    BidSequence = "bid-sequence", Malformed, "投标序号不连续。", "The number of the bid is not the next one.";
    BidderExcluded = "bidder-excluded", Forbidden, "该账户不得在本标段投标。", "This account may not bid in this tender.";
    BiddersMax = "bidders-max", Conflict, "投标人数量已达上限。", "There are as many bidders as a tender may have.";
    KeyTooYoung = "key-too-young", Forbidden, "撤回或替换投标须用该投标之前登记的密钥。", "A bid can be withdrawn or replaced only under a key that is older than the bid.";
    ContributionMismatch = "contribution-mismatch", Malformed, "随机贡献与抽取公告不符。", "The contribution does not fit the announcement.";
    CreditNotForeseen = "credit-not-foreseen", Conflict, "本标段不计信用分。", "This tender has no credit item.";
    CreditCommitted = "credit-committed", Conflict, "信用快照已封存。", "A credit snapshot has been committed already.";
    CreditMismatch = "credit-mismatch", Malformed, "信用快照与截止前的承诺不符。", "The credit snapshot is not the committed one.";
    CreditMissing = "credit-missing", Conflict, "信用快照尚未公布。", "The credit snapshot has not been opened yet.";

    ChainsIncomplete = "chains-incomplete", Malformed, "截止声明未列全各条链。", "The closing does not name every chain.";
    TooFewBidders = "too-few-bidders", Conflict, "投标人不足法定数量，不得开标。", "Fewer bidders than the law demands: no opening.";
    SlotMismatch = "slot-mismatch", Forbidden, "该密钥槽不属于签名的托管人。", "The slot does not belong to the signing trustee.";
    EnvelopeUnknown = "envelope-unknown", Malformed, "没有这一信封，或它不在应开启之列。", "There is no such envelope, or it is not to be opened.";
    ShareRepeated = "share-repeated", Conflict, "该份额已释放。", "This share has been released already.";
    OwnKeyWrong = "own-key-wrong", Malformed, "该密钥打不开这一信封。", "This key does not open the envelope.";
    OpeningByOther = "opening-by-other", Conflict, "招标文件规定由另一方开启。", "The tender document says that somebody else opens.";
    WindowClosed = "window-closed", Conflict, "时限已过。", "The window has closed.";
    WindowOpen = "window-open", Conflict, "时限未到。", "The window is still open.";
    ResultMismatch = "result-mismatch", Malformed, "结果与记录计算出的不一致。", "The result is not what the record gives.";
    ObjectionPending = "objection-pending", Conflict, "有异议尚未答复。", "An objection has not been answered.";
    ObjectionUnknown = "objection-unknown", Conflict, "没有这一异议，或已答复。", "There is no such objection, or it has been answered.";
    ObjectionMatter = "objection-matter", Conflict, "现阶段不能就此提出异议。", "This cannot be objected to in the present stage.";
    NotABidder = "not-a-bidder", Forbidden, "签名人不是本标段的投标人。", "The signer is not a bidder of this tender.";
    MethodInapplicable = "method-inapplicable", Conflict, "评标方法不适用于这些报价。", "The method cannot be applied to these prices; the tender fails.";
    AttemptMismatch = "attempt-mismatch", Conflict, "抽取轮次不符。", "This is not the present attempt of the draw.";
    NothingToFail = "nothing-to-fail", Conflict, "不具备流标或抽取失败的条件。", "There is no ground for failing.";
    CompetitionNoteMissing = "competition-note-missing", Malformed, "有效投标不足法定数量，须论证竞争性。", "Fewer ranked bids than the minimum: the committee must argue that there is competition.";
    CandidatesMismatch = "candidates-mismatch", Malformed, "候选人与评标报告不符。", "The candidates are not those of the report.";
    WinnerMismatch = "winner-mismatch", Malformed, "中标人不是排名第一的候选人。", "The winner is not the first candidate.";
    AwardReasonMissing = "award-reason-missing", Malformed, "并列第一时须说明定标理由。", "With equal first ranks the reason for the choice is missing.";
    SharesReleased = "shares-released", Conflict, "密钥份额已释放，不得终止。", "Shares have been released: the tender cannot be terminated any more.";
}

/// A statement is not admitted; the state is as it was.
#[derive(Clone, Debug, PartialEq)]
pub struct Refusal {
    /// The stable code.
    pub code: Code,
    /// What exactly, with the values that did not fit; English.
    pub detail: String,
    /// Where in the body, as a JSON pointer.
    pub pointer: Option<String>,
    /// The rule of the profile behind the refusal: id, article and text.
    pub rule: Option<Box<Rule>>,
}

impl Refusal {
    /// A refusal with what exactly did not fit.
    pub fn new(code: Code, detail: impl Into<String>) -> Refusal {
        Refusal {
            code,
            detail: detail.into(),
            pointer: None,
            rule: None,
        }
    }

    /// Says where in the body.
    #[must_use]
    pub fn at(mut self, pointer: impl Into<String>) -> Refusal {
        self.pointer = Some(pointer.into());
        self
    }

    /// Names the rule.
    #[must_use]
    pub fn under(mut self, rule: Option<&Rule>) -> Refusal {
        self.rule = rule.cloned().map(Box::new);
        self
    }
}

impl std::fmt::Display for Refusal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}: {}", self.code.as_str(), self.code.en())?;
        if !self.detail.is_empty() {
            write!(f, " {}", self.detail)?;
        }
        if let Some(pointer) = &self.pointer {
            write!(f, " (at {pointer})")?;
        }
        if let Some(rule) = &self.rule {
            write!(f, " [{} {}]", rule.id, rule.article)?;
        }
        Ok(())
    }
}

impl std::error::Error for Refusal {}

/// Refuses with `code` unless `condition` holds; `detail` says what did not fit.
pub(crate) fn demand<D: Into<String>>(
    condition: bool,
    code: Code,
    detail: impl FnOnce() -> D,
) -> Result<(), Refusal> {
    if condition {
        Ok(())
    } else {
        Err(Refusal::new(code, detail()))
    }
}
