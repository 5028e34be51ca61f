//! Every code that the server itself puts into an answer, with its status and its texts. Refusals of statements
//! have codes of their own ([`procedure::Code`]); nothing else is ever said.

use actix_web::http::StatusCode;

macro_rules! codes {
    ($($variant:ident = $code:literal, $status:ident, $zh:literal, $en:literal;)*) => {
        /// Why a request is not answered as asked. Codes are stable; programs may rely on them.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum ErrorCode {
            $(#[doc = $en] $variant,)*
        }

        impl ErrorCode {
            /// Every code.
            pub const ALL: &'static [ErrorCode] = &[$(ErrorCode::$variant),*];

            /// The stable text.
            pub fn as_str(self) -> &'static str {
                match self { $(ErrorCode::$variant => $code,)* }
            }

            /// The HTTP status that goes with it.
            pub fn status(self) -> StatusCode {
                match self { $(ErrorCode::$variant => StatusCode::$status,)* }
            }

            /// For people, in Chinese.
            pub fn zh(self) -> &'static str {
                match self { $(ErrorCode::$variant => $zh,)* }
            }

            /// For people, in English.
            pub fn en(self) -> &'static str {
                match self { $(ErrorCode::$variant => $en,)* }
            }
        }
    };
}

codes! {
    RouteUnknown = "route-unknown", NOT_FOUND, "没有这一地址。", "There is nothing at this address.";
    MethodNotAllowed = "method-not-allowed", METHOD_NOT_ALLOWED, "此地址不支持该方法。", "This address does not take this method.";
    PathInvalid = "path-invalid", BAD_REQUEST, "地址中的标识不合格式。", "An identifier in the address does not have its form.";
    QueryInvalid = "query-invalid", BAD_REQUEST, "查询参数有误。", "The query parameters are not right.";
    CursorInvalid = "cursor-invalid", BAD_REQUEST, "游标无效。", "The cursor is not one that this list gave out.";
    BodyIncomplete = "body-incomplete", BAD_REQUEST, "请求内容不完整。", "The request body ended too early.";
    BodyTooLarge = "body-too-large", PAYLOAD_TOO_LARGE, "请求内容过大。", "The request body is too large.";
    RequestInvalid = "request-invalid", BAD_REQUEST, "请求有误。", "The request is not one that can be read.";

    JsonSyntax = "json-syntax", BAD_REQUEST, "JSON 语法有误。", "The JSON cannot be read.";
    JsonDuplicateKey = "json-duplicate-key", BAD_REQUEST, "JSON 中同一键出现两次。", "A key stands twice in one JSON object.";
    JsonFloat = "json-float", BAD_REQUEST, "JSON 中不得使用小数或指数；请用十进制字符串。", "JSON numbers with fractions or exponents are refused; use decimal strings.";
    JsonIntegerTooLarge = "json-integer-too-large", BAD_REQUEST, "JSON 整数超出 2^53-1。", "A JSON integer is beyond 2^53 - 1.";
    JsonUnknownField = "json-unknown-field", BAD_REQUEST, "JSON 含有未知字段。", "The JSON holds a field that is not known.";
    JsonInvalidValue = "json-invalid-value", BAD_REQUEST, "JSON 中的值不合要求。", "A value in the JSON is not what is expected there.";
    JsonTooDeep = "json-too-deep", BAD_REQUEST, "JSON 嵌套过深。", "The JSON is nested too deeply.";

    StatementType = "statement-type", UNPROCESSABLE_ENTITY, "声明的类型不是本平台的类型。", "The payload type is none of ours.";
    StatementTooLong = "statement-too-long", UNPROCESSABLE_ENTITY, "声明内容超过 256 KiB；较大的内容请作为附件上传。", "A statement has at most 256 KiB; longer content belongs into a blob.";
    StatementTooManySignatures = "statement-too-many-signatures", UNPROCESSABLE_ENTITY, "签名过多。", "There are too many signatures.";
    StatementSignatureForm = "statement-signature-form", UNPROCESSABLE_ENTITY, "签名不合格式。", "A signature does not have its form.";
    StatementRefused = "statement-refused", UNPROCESSABLE_ENTITY, "声明信封不合要求。", "The envelope of the statement is refused.";
    WrongChain = "wrong-chain", UNPROCESSABLE_ENTITY, "声明不属于此地址所指的链。", "The statement belongs to another chain than the address names.";

    AccountNotFound = "account-not-found", NOT_FOUND, "账户不存在。", "There is no such account.";
    TenderNotFound = "tender-not-found", NOT_FOUND, "标段不存在。", "There is no such tender.";
    ProfileNotFound = "profile-not-found", NOT_FOUND, "没有这一规则集或版本。", "There is no such profile or version.";
    DocumentNotFound = "document-not-found", NOT_FOUND, "没有这一招标文件，或尚未公布。", "There is no such tender document, or it is not public yet.";
    CheckpointNotFound = "checkpoint-not-found", NOT_FOUND, "日志尚无签名的检查点。", "The log has no signed checkpoint yet.";
    LogRange = "log-range", BAD_REQUEST, "位置或大小超出已公布的日志。", "An index or size lies outside the published log.";
    StillSealed = "still-sealed", CONFLICT, "唱标结果公布之前不能导出记录。", "The record can be exported once the results are read out.";
    NotYetSigned = "not-yet-signed", SERVICE_UNAVAILABLE, "最后一条声明尚未进入检查点，请稍后重试。", "The last statement is not under a checkpoint yet; try again.";

    BlobNotDeclared = "blob-not-declared", NOT_FOUND, "该账户没有声明过这一内容。", "This account has not declared such content.";
    BlobDeclaration = "blob-declaration", UNPROCESSABLE_ENTITY, "内容声明有误：段哈希、段数或大小不符。", "The declaration is wrong: leaf hashes, their number or the size do not agree.";
    QuotaExceeded = "quota-exceeded", CONFLICT, "超出该账户的存储配额。", "This would exceed the account's quota.";
    BlobConflict = "blob-conflict", CONFLICT, "同一内容已按另一种分段声明。", "This content was declared with other segments.";
    BlobMissing = "blob-missing", CONFLICT, "声明所引用的内容尚未上传完整。", "Content that the statement names has not been uploaded completely.";
    SegmentUnknown = "segment-unknown", NOT_FOUND, "没有这一段。", "There is no such segment.";
    ObjectStorage = "object-storage", SERVICE_UNAVAILABLE, "文件存储暂时不可用，请稍后重试。", "The storage of documents and bid parts cannot be used now; try again.";
    SegmentMismatch = "segment-mismatch", UNPROCESSABLE_ENTITY, "上传的字节与声明的段哈希或大小不符。", "The bytes do not have the hash or the size that was declared.";

    SessionRequired = "session-required", UNAUTHORIZED, "需要登录会话。", "A session is needed; sign a challenge first.";
    ChallengeInvalid = "challenge-invalid", UNAUTHORIZED, "挑战值无效、已用过或已过期。", "The challenge is unknown, used or expired.";
    SignatureWrong = "signature-wrong", UNAUTHORIZED, "对挑战值的签名不正确。", "The signature on the challenge does not verify.";
    SessionKeyUnknown = "session-key-unknown", FORBIDDEN, "该密钥未登记或已吊销。", "The key is not registered, or revoked.";

    DemoOnly = "demo-only", FORBIDDEN, "仅演示模式可用。", "This exists in demo mode only.";
    ClockBackwards = "clock-backwards", CONFLICT, "时钟只能向前。", "The clock only moves forward.";
    ClockLimit = "clock-limit", UNPROCESSABLE_ENTITY, "时间超出允许范围。", "The time lies beyond what the procedure knows.";

    TooManyInFlight = "too-many-in-flight", TOO_MANY_REQUESTS, "该发送方同时处理的请求过多，请等待回执后再试。", "Too much of this sender is under way; wait for the answers, then try again.";
    Busy = "busy", SERVICE_UNAVAILABLE, "系统繁忙，请稍后重试。", "The server is busy; try again.";
    StorageFull = "storage-full", SERVICE_UNAVAILABLE, "存储空间已满，本次请求未作任何保存；扩容后请重试。", "The storage is full, and nothing of this request was kept; try again when the operator has made room.";
    StorageReadOnly = "storage-read-only", SERVICE_UNAVAILABLE, "存储暂时只读，本次请求未作任何保存；请稍后重试。", "The storage takes no changes now, and nothing of this request was kept; try again later.";
    StorageUnavailable = "storage-unavailable", SERVICE_UNAVAILABLE, "数据库暂时无法访问；请稍后重试，重复提交同一声明不会重复登记。", "The database does not answer; try again later. A statement that is sent twice is admitted once.";
    LogHalted = "log-halted", SERVICE_UNAVAILABLE, "见证方表明日志被回退或分叉：系统只读，不再接受声明，等待运营方处理。", "A witness has shown that the log was rolled back or forked: the server only reads, and admits nothing until its operator has settled it.";
    ShuttingDown = "shutting-down", SERVICE_UNAVAILABLE, "服务正在关闭，请稍后重试。", "The server is shutting down; try again.";
    Internal = "internal", INTERNAL_SERVER_ERROR, "服务器内部错误，已记录。", "Something is wrong in the server; it has been logged.";
}

impl ErrorCode {
    /// The code with this text, for errors of other crates that have stable codes themselves.
    pub fn of(text: &str) -> Option<ErrorCode> {
        ErrorCode::ALL
            .iter()
            .copied()
            .find(|code| code.as_str() == text)
    }
}
