// The plain page: the list of tenders and each tender's record as a timeline. It reads the public API and nothing
// else. Everything that comes from statements is put in as text nodes, never as markup.

const address = new URL(location.href);
const language = address.searchParams.get("lang") === "en" ? "en" : "zh";
const locale = language === "en" ? "en-GB" : "zh-CN";
const main = document.getElementById("main");
let texts = {};

// ---- small tools ---------------------------------------------------------------------------------------------

/** The text of a key such as "kind.notice"; `{name}` in it is filled from `values`. */
function t(key, values = {}) {
  const found = key.split(".").reduce((place, part) => place?.[part], texts);
  const text = typeof found === "string" ? found : key.split(".").at(-1);
  return text.replace(/\{(\w+)\}/g, (_, name) => String(values[name] ?? ""));
}

/** An element. Children are elements or texts; texts are never parsed. */
function h(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value !== undefined && value !== null) element.setAttribute(name, value);
  }
  element.append(...children.flat().filter((child) => child !== undefined && child !== null && child !== ""));
  return element;
}

async function get(path) {
  const answer = await fetch(path, { headers: { accept: "application/json" } });
  const body = await answer.json();
  if (answer.ok) return body;
  throw new Error(language === "en" ? body.title : body.title_zh);
}

/** All pages of a list, up to `most` entries. */
async function pages(path, most) {
  const items = [];
  let after = null;
  do {
    const glue = path.includes("?") ? "&" : "?";
    const page = await get(after === null ? path : `${path}${glue}after=${encodeURIComponent(after)}`);
    items.push(...page.items);
    after = page.next;
  } while (after !== null && items.length < most);
  return { items, isComplete: after === null };
}

const seg = encodeURIComponent;
const here = (query) => {
  const parameters = new URLSearchParams(query);
  if (language === "en") parameters.set("lang", "en");
  const text = parameters.toString();
  return text === "" ? "/" : `/?${text}`;
};

function when(ms) {
  if (ms === undefined || ms === null) return "";
  const date = new Date(ms);
  if (Number.isNaN(date.getTime())) return String(ms);
  const style = { dateStyle: "medium", timeStyle: "medium", timeZone: "Asia/Shanghai" };
  return new Intl.DateTimeFormat(locale, style).format(date);
}

function time(ms) {
  const date = new Date(ms);
  return h("time", { datetime: Number.isNaN(date.getTime()) ? null : date.toISOString() }, when(ms));
}

/** Thousands in groups; the digits themselves are left as they were signed. */
function money(text) {
  const match = /^(-?)(\d+)(\.\d+)?$/.exec(text ?? "");
  if (!match) return text ?? "";
  return match[1] + match[2].replace(/\B(?=(\d{3})+$)/g, ",") + (match[3] ?? "");
}

/** A count with its unit, in the words of the language. */
function quantity(count, unit) {
  return new Intl.NumberFormat(locale, { style: "unit", unit, unitDisplay: "long" }).format(count);
}

function duration(ms) {
  const units = [[86400000, "day"], [3600000, "hour"], [60000, "minute"], [1000, "second"], [1, "millisecond"]];
  const [size, unit] = units.find(([size]) => ms % size === 0);
  return quantity(ms / size, unit);
}

function decode(envelope) {
  const bytes = Uint8Array.from(atob(envelope.payload), (character) => character.charCodeAt(0));
  return JSON.parse(new TextDecoder().decode(bytes));
}

function facts(rows) {
  const list = h("dl");
  for (const [label, value] of rows) {
    if (value === undefined || value === null || value === "" || value.length === 0) continue;
    list.append(h("dt", {}, label), h("dd", {}, value));
  }
  return list.childElementCount > 0 ? list : null;
}

/** A table; a column is [heading, is it a number, cell of a row]. */
function table(caption, columns, rows) {
  const cls = (isNumber) => (isNumber ? "number" : null);
  const head = h("tr", {}, columns.map(([name, isNumber]) => h("th", { scope: "col", class: cls(isNumber) }, name)));
  const body = rows.map((row) =>
    h("tr", {}, columns.map(([, isNumber, cell]) => h("td", { class: cls(isNumber) }, cell(row) ?? ""))));
  const label = { class: "scroll", role: "region", tabindex: "0", "aria-label": caption };
  return h("div", label, h("table", {}, h("thead", {}, head), h("tbody", {}, body)));
}

// ---- names ---------------------------------------------------------------------------------------------------

const ACCOUNTS_MAX = 200;
const accounts = new Map();
const keys = new Map();

async function meet(ids) {
  const fresh = [...new Set(ids)].filter((id) => typeof id === "string" && !accounts.has(id)).slice(0, ACCOUNTS_MAX);
  for (const id of fresh) accounts.set(id, null);
  const queue = [...fresh];
  const worker = async () => {
    for (let id = queue.pop(); id !== undefined; id = queue.pop()) {
      try {
        const account = await get(`/api/v1/accounts/${seg(id)}`);
        accounts.set(id, account.name);
        for (const key of account.keys) keys.set(key.key_id, id);
      } catch { /* shown by its id */ }
    }
  };
  await Promise.all([worker(), worker(), worker(), worker()]);
}

function who(id) {
  const name = accounts.get(id);
  return name && name !== id ? `${name} (${id})` : id;
}

function signers(envelope) {
  return envelope.signatures.map((signature) => {
    const account = keys.get(signature.keyid);
    return account === undefined ? `${signature.keyid.slice(0, 12)}…` : who(account);
  });
}

// ---- what each kind of statement says -------------------------------------------------------------------------

const places = (caption, list) => table(caption, [
  [t("field.rank"), true, (place) => String(place.rank)],
  [t("field.bidder"), false, (place) => who(place.bidder)],
  [t("field.price"), true, (place) => money(place.price)],
], list);

const names = (list) => list?.map(who).join(t("list"));
const methodNames = (list) => list?.map((method) => t(`method.${method}`)).join(t("list"));

const tell = {
  "tender-created": (b) => [facts([[t("field.title"), b.title], [t("field.project"), b.project], [t("field.tenderee"), who(b.tenderee)]])],
  "trustee-key": (b) => [facts([[t("field.trustee"), who(b.trustee)]])],
  "trustee-set": (b) => [facts([
    [t("field.threshold"), t("text.threshold", { threshold: b.threshold, members: b.members.length })],
    [t("field.members"), names(b.members.map((member) => member.trustee))],
  ])],
  "notice": (b) => [facts([
    [t("field.deadline"), when(b.deadline_ms)], [t("field.opening"), when(b.opening_ms)],
    [t("field.profile"), `${b.profile.id} (${b.profile.version})`], [t("field.legal_basis"), b.legal_basis],
    [t("field.award_class"), t(`class.${b.rules.award_class}`)], [t("field.lot_basis"), b.rules.legal_basis],
    [t("field.control_price"), money(b.rules.control_price)], [t("field.estimated_price"), money(b.rules.estimated_price)],
    [t("field.budget_price"), money(b.rules.budget_price)], [t("field.provisional_sums"), money(b.rules.provisional_sums)],
    [t("field.currency"), b.rules.currency],
    [t("field.methods"), methodNames(b.rules.methods.map((method) => method.method))],
    [t("field.shortlist"), b.rules.shortlist?.map((one) => t(`shortlist.${one.method}`)).join(t("list"))],
    [t("field.ties"), t(`value.ties-${b.rules.ties}`)],
    [t("field.who_opens"), t(`value.opens-${b.opening.who_opens}`)],
    [t("field.window"), duration(b.opening.window_ms)],
    [t("field.witnesses"), names(b.witnesses)],
    [t("field.publicity_days"), quantity(b.publicity_days, "day")],
    ...Object.entries(b.particulars ?? {}),
  ]), documents(b)],
  "draw-announce": (b) => [facts([[t("field.attempt"), String(b.attempt)], [t("field.methods"), methodNames(b.methods)]])],
  "bid-manifest": (b) => [facts([
    [t("field.bidder"), who(b.bidder_id)], [t("field.members"), names(b.members)],
    [t("field.replaces"), b.replaces ? short(b.replaces) : null],
  ])],
  "bid-withdrawn": (b) => [facts([[t("field.manifest"), short(b.manifest)]])],
  "draw-contribution": (b) => [facts([[t("field.contributor"), who(b.contributor)], [t("field.attempt"), String(b.attempt)]])],
  "outage": (b) => [facts([
    [t("field.deadline"), when(b.deadline_ms)],
    ...b.not_serving.map((gap) => [t("field.outage"), t("text.not_serving", { from: when(gap.from_ms), until: when(gap.until_ms) })]),
  ])],
  "resumed": (b) => [facts([[t("field.new_deadline"), when(b.deadline_ms)]])],
  "closing": (b) => [h("p", { class: "signers" }, t("text.closing", { chains: b.chains.length }))],
  "share-release": (b) => [facts([
    [t("field.envelopes"), t(`value.${b.kind}`)], [t("field.slot"), String(b.slot)],
    [t("field.shares"), String(b.shares.filter((share) => share.share).length)],
    [t("field.broken_slots"), String(b.shares.filter((share) => !share.share).length || "")],
  ])],
  "bid-opened": (b) => [facts([[t("field.envelopes"), t(`value.${b.kind}`)]])],
  "opening-results": (b) => [table(t("kind.opening-results"), [
    [t("field.bidder"), false, (line) => who(line.bidder)],
    [t("field.price"), true, (line) => money(line.form?.price)],
    [t("field.outcome"), false, (line) => [line.outcome, line.reason, line.consequence]
      .filter(Boolean).map((value) => t(`value.${value}`)).join(t("list"))],
    [t("field.form"), false, (line) => Object.entries(line.form ?? {}).filter(([name]) => name !== "price")
      .map(([name, value]) => `${t(`field.${name}`)} ${value}`).join(t("list"))],
    [t("field.wrong_shares"), false, (line) => line.wrong_shares?.join(t("list"))],
  ], b.results)],
  "read-out-confirmed": (b) => [facts([[t("field.agrees"), t(`value.${b.agrees ? "yes" : "no"}`)]])],
  "objection": (b) => [facts([[t("field.matter"), t(`value.matter-${b.matter}`)], [t("field.text"), b.text]])],
  "objection-answered": (b) => [facts([[t("field.upheld"), t(`value.${b.upheld ? "yes" : "no"}`)], [t("field.text"), b.text]])],
  "benchmark-set": (b) => [facts([
    [t("field.included"), String(b.included)],
    [t("field.excluded"), b.excluded.map((one) => `${who(one.bidder)}: ${t(`value.${one.reason}`)}`).join("\n")],
  ])],
  "draw-close": (b) => [facts([[t("field.attempt"), String(b.attempt)]])],
  "draw-failed": (b) => [facts([[t("field.attempt"), String(b.attempt)], [t("field.reason"), t(`value.${b.reason}`)]])],
  "draw-result": (b) => [facts([
    [t("field.method"), t(`method.${b.method}`)],
    ...Object.entries(b.parameters).map(([name, value]) => name === "shortlist"
      ? [t("field.shortlist"), t("text.candidate", { number: value + 1 })] : [name, String(value)]),
    [t("field.contributions"), String(b.counted)], [t("field.removed"), b.removed.map(short).join(t("list"))],
    [t("field.missing"), names(b.missing)], [t("field.seed"), h("code", {}, b.seed)],
  ])],
  "credit-snapshot": (b) => [facts([[t("field.source"), b.origin], [t("field.taken"), when(b.taken_ms)]]),
    table(t("kind.credit-snapshot"), [
      [t("field.bidder"), false, (line) => who(line.account)], [t("field.credit"), true, (line) => line.value],
    ], b.values)],
  "evaluation-report": (b) => [facts([
    [t("field.benchmark"), money(b.benchmark)], [t("field.ranked"), String(b.ranked)],
    [t("field.competition_note"), b.competition_note],
  ]), places(t("kind.evaluation-report"), b.places)],
  "candidates": (b) => [facts([[t("field.until"), when(b.publicity_until_ms)]]), places(t("kind.candidates"), b.candidates)],
  "award": (b) => [facts([[t("field.winner"), who(b.winner)], [t("field.price"), money(b.price)], [t("field.reason"), b.reason]])],
  "tender-failed": (b) => [facts([[t("field.reason"), t(`value.${b.failure}`)]])],
  "tender-terminated": (b) => [facts([[t("field.cause"), t(`value.${b.cause}`)], [t("field.reason"), b.reason]])],
};

const MAJOR = new Set(["notice", "outage", "resumed", "closing", "opening-results", "draw-result", "evaluation-report", "award", "tender-failed", "tender-terminated"]);

const short = (id) => `${id.slice(0, 12)}…`;

function documents(notice) {
  if (notice.documents.length === 0) return null;
  const link = (document) => h("li", {},
    h("a", { href: `/api/v1/tenders/${seg(notice.tender)}/documents/${seg(document.root)}` }, document.name),
    ` (${quantity(document.size, "byte")})`);
  return h("ul", {}, notice.documents.map(link));
}

function entry(item) {
  const body = decode(item.envelope);
  let told;
  try {
    told = tell[item.kind]?.(body) ?? [];
  } catch {
    told = [];
  }
  return h("li", { class: MAJOR.has(item.kind) ? "major" : null },
    time(item.admitted_ms), h("h3", {}, t(`kind.${item.kind}`)),
    h("p", { class: "signers" }, t("text.signed", { who: signers(item.envelope).join(t("list")) })),
    told,
    original(item, body));
}

/** The statement itself; written out when somebody opens it, because sealed bids are long. */
function original(item, body) {
  const details = h("details", {}, h("summary", {}, t("text.raw")),
    h("p", { class: "id" }, `${t("field.id")} ${item.id}`, item.index === undefined ? "" : ` · ${t("field.index")} ${item.index}`));
  details.addEventListener("toggle", () => details.append(h("pre", {}, JSON.stringify(body, null, 2))), { once: true });
  return details;
}

// ---- views ---------------------------------------------------------------------------------------------------

/** Every account that a body names, so that people see names. */
function mentioned(body) {
  const found = [body.tenderee, body.trustee, body.bidder_id, body.contributor, body.objector, body.winner];
  for (const list of [body.members, body.results, body.excluded, body.places, body.candidates, body.values]) {
    for (const one of list ?? []) found.push(typeof one === "string" ? one : one.trustee ?? one.bidder ?? one.account);
  }
  found.push(body.rules?.credit?.source, ...(body.witnesses ?? []));
  return found.filter((id) => typeof id === "string");
}

function stage(name) {
  return h("span", { class: `stage ${name}` }, t(`stage.${name}`));
}

async function showList() {
  document.title = t("title");
  const { items, isComplete } = await pages("/api/v1/tenders?order=announced&limit=100", 500);
  await meet(items.flatMap((item) => [item.tenderee, item.winner].filter(Boolean)));
  const line = (item) => h("li", { class: "card tender" },
    h("a", { href: here({ tender: item.tender }) }, item.title), " ", stage(item.stage),
    h("p", { class: "meta" },
      h("span", {}, item.tender), h("span", {}, who(item.tenderee)),
      item.deadline_ms === null ? "" : h("span", {}, `${t("field.deadline")} ${when(item.deadline_ms)}`),
      item.winner === null ? "" : h("span", {}, `${t("field.winner")} ${who(item.winner)}`)));
  main.replaceChildren(
    h("h1", {}, t("heading")), h("p", { class: "lead" }, t("lead")),
    items.length === 0 ? h("p", { class: "card" }, t("text.empty")) : h("ul", { class: "plain" }, items.map(line)),
    isComplete ? "" : h("p", { class: "lead" }, t("text.more")));
}

function outcome(view) {
  if (view.award) {
    return h("section", { class: "card winner" }, h("p", {}, t("field.winner")),
      h("strong", {}, who(view.award.winner)), ` ${money(view.award.price)} ${view.notice?.rules.currency ?? ""}`);
  }
  const reason = view.failure ?? view.terminated;
  return reason ? h("section", { class: "card error" }, `${t(`stage.${view.stage}`)}: ${t(`value.${reason}`)}`) : null;
}

function howToVerify(view) {
  const id = seg(view.tender);
  const isOpen = view.opened_ms !== undefined || view.failure !== undefined || view.terminated !== undefined;
  return h("section", { class: "card" }, h("h2", {}, t("verify.heading")),
    h("p", {}, isOpen ? t("verify.text") : t("verify.later")),
    isOpen ? h("p", {}, h("a", { href: `/api/v1/tenders/${id}/bundle`, download: `${view.tender}.zip` }, t("verify.bundle"))) : "",
    h("p", {}, h("a", { href: "/api/v1/trust", download: "trust.txt" }, t("verify.trust"))),
    view.draw_result ? h("p", {}, h("a", { href: `/api/v1/tenders/${id}/case`, download: `${view.tender}.case.json` }, t("verify.case"))) : "",
    isOpen ? h("pre", {}, `kaibiao verify --trust trust.txt ${view.tender}.zip`) : "",
    h("p", { class: "signers" }, t("verify.caution")));
}

async function showTender(id) {
  const path = `/api/v1/tenders/${seg(id)}`;
  const [view, feed] = await Promise.all([get(path), pages(`${path}/statements?limit=100`, 20000)]);
  document.title = `${view.title} · ${t("title")}`;
  const server = await get("/api/v1/server");
  await meet([view.tenderee, server.platform_account, ...feed.items.flatMap((item) => mentioned(decode(item.envelope)))]);
  // A page that was read while the tender closed may hold later statements first; the log's order is by number.
  const items = [...feed.items].sort((a, b) => (a.seq ?? 0) - (b.seq ?? 0));
  main.replaceChildren(
    h("p", {}, h("a", { href: here({}) }, `← ${t("text.all")}`)),
    h("h1", {}, view.title), h("p", { class: "meta" }, stage(view.stage), h("span", {}, view.tender), h("span", {}, who(view.tenderee))),
    outcome(view) ?? "", howToVerify(view),
    h("h2", {}, t("text.record")), h("p", { class: "lead" }, view.closed_ms === undefined ? t("text.sealed") : t("text.complete")),
    h("ol", { class: "timeline" }, items.map(entry)));
}

function frame(server) {
  document.documentElement.lang = language === "en" ? "en" : "zh-CN";
  document.getElementById("skip").textContent = t("text.skip");
  document.getElementById("api").textContent = t("text.api");
  document.getElementById("home").href = here({});
  const other = new URL(address);
  const link = document.getElementById("language");
  if (language === "en") other.searchParams.delete("lang");
  else other.searchParams.set("lang", "en");
  link.href = other.pathname + other.search;
  link.textContent = language === "en" ? "中文" : "English";
  link.lang = language === "en" ? "zh-CN" : "en";
  link.hreflang = link.lang;
  const banner = document.getElementById("banner");
  banner.hidden = !server.demo;
  banner.textContent = t("text.demo", { time: when(server.time_ms) });
  document.getElementById("footer").textContent = t("text.footer", { origin: server.origin, version: server.version });
}

async function start() {
  texts = await get(`/page/${language}.json`);
  frame(await get("/api/v1/server"));
  const tender = address.searchParams.get("tender");
  await (tender === null ? showList() : showTender(tender));
}

start()
  .catch((error) => main.replaceChildren(h("p", { class: "card error", role: "alert" }, t("text.failed", { reason: error.message })),
    h("p", {}, h("a", { href: here({}) }, t("text.all")))))
  .finally(() => main.setAttribute("aria-busy", "false"));
