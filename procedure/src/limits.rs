//! Every limit of this crate, in one place (DESIGN section 6).

/// Names and titles, in characters.
pub const NAME_CHARS_MAX: usize = 200;
/// Reasons, objections and answers, in characters.
pub const TEXT_CHARS_MAX: usize = 2_000;
/// Keys of one account.
pub const KEYS_PER_ACCOUNT_MAX: usize = 64;
/// Bidders of one tender, those who withdrew included.
pub const BIDDERS_MAX: usize = 10_000;
/// Accounts that sign in one tender: all bidders, and with room to spare tenderee, platform, trustees, witnesses,
/// credit source and supervisors.
pub const SIGNERS_MAX: usize = BIDDERS_MAX + 512;
/// Accounts that publish a trustee key in one draft. Anybody may; without a limit strangers could use up
/// [`SIGNERS_MAX`].
pub const TRUSTEE_KEYS_MAX: usize = 64;
/// Keys that one account publishes in one draft, one after another: a stranger's, too, all go into the bundle.
pub const TRUSTEE_KEYS_PER_ACCOUNT_MAX: u32 = 8;
/// Manifests of one tender, replaced and withdrawn ones included.
pub const MANIFESTS_MAX: usize = 40_000;
/// Manifests of one bidder in one tender. Under [`MANIFESTS_MAX`] room is kept for the first bid of every bidder to
/// come; what is left is for replacements.
pub const MANIFESTS_PER_BIDDER_MAX: u64 = 32;
/// Trustee sets of one draft.
pub const TRUSTEE_SETS_MAX: usize = 64;
/// Contributions of one contributor to one attempt of the draw, each replacing the one before.
pub const CONTRIBUTIONS_PER_ATTEMPT_MAX: u32 = 32;
/// Answers of one bidder to the read-out, each replacing the one before.
pub const ANSWERS_PER_BIDDER_MAX: u32 = 32;
/// Pages of a credit snapshot. A page takes at least 1 500 values, so that every member of 10 000 consortia has one.
pub const CREDIT_PAGES_MAX: usize = 128;
/// Documents of one tender.
pub const DOCUMENTS_MAX: usize = 200;
/// Fields of a bid form.
pub const FORM_FIELDS_MAX: usize = 64;
/// Witness seats.
pub const WITNESSES_MAX: usize = 32;
/// Members of a consortium besides its lead.
pub const CONSORTIUM_MEMBERS_MAX: usize = 16;
/// Ciphertext of an inline bid form, in bytes.
pub const INLINE_BYTES_MAX: usize = 64 * 1024;
/// Lines on one page of opening results.
pub const RESULTS_PER_PAGE: usize = 200;
/// JSON of the lines on one page of opening results, in bytes: a page stays under the limit of a statement's
/// body. A single line always fits, because a bid form has at most [`INLINE_BYTES_MAX`].
pub const RESULTS_PAGE_BYTES: usize = 160 * 1024;
/// Outages at a deadline of one tender. With a further one it closes.
pub const OUTAGES_MAX: usize = 8;
/// Times of not serving that one `outage` names.
pub const NOT_SERVING_MAX: usize = 32;
/// Objections of one tender.
pub const OBJECTIONS_MAX: usize = 1_000;
/// Objections of one bidder to one matter: none can use up what the others may object to.
pub const OBJECTIONS_PER_BIDDER_MAX: usize = 5;
/// Attempts of one draw.
pub const ATTEMPTS_MAX: u32 = 16;
/// The longest window or publicity that a notice may announce, in milliseconds (366 days).
pub const DURATION_MS_MAX: u64 = 366 * 86_400_000;
/// The latest moment that the procedure knows, UTC milliseconds (9999-12-31).
pub const TIME_MS_MAX: u64 = 253_402_300_799_999;
