//! Who plays: the organisations of a works tender, and what each bidder is there to show.

use std::collections::BTreeSet;

use super::prices::Prices;
use crate::failure::Failure;
use crate::rehearse::actor::{Actor, Keys};

/// The fewest bidders: with fewer the law opens nothing.
pub const BIDDERS_MIN: usize = 3;
/// The most bidders that one machine plays.
pub const BIDDERS_MAX: usize = 200;
/// How many of the trustees open.
pub const THRESHOLD: u8 = 3;
/// Slot of the trustee who releases a wrong share.
pub const LIAR_SLOT: u8 = 4;

/// What a bidder is there to show.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Character {
    /// Its upload is cut off in the middle, and it resumes.
    InterruptedUpload,
    /// It replaces its bid.
    Replaces,
    /// It objects to the opening.
    Objects,
    /// It tries to have two bids.
    BidsTwice,
    /// It sends the same bid again.
    SendsAgain,
    /// A trustee releases a wrong share of its bid.
    LiedAbout,
    /// It is never seen again after it has bid.
    NeverShowsUp,
    /// It withdraws its bid.
    Withdraws,
    /// Its key block is garbage.
    GarbageKeyBlock,
    /// It comes at the very millisecond of the deadline.
    TooLate,
}

/// One bidder.
pub struct Bidder {
    /// Its account and keys.
    pub actor: Actor,
    /// What it shows; nothing for most.
    pub characters: BTreeSet<Character>,
    /// Its price in 分.
    pub price_fen: u64,
    /// Construction period in days.
    pub period_days: u64,
    /// Its project manager.
    pub manager: String,
    /// Its credit value, a decimal.
    pub credit: String,
}

impl Bidder {
    /// Whether it shows this.
    pub fn is(&self, character: Character) -> bool {
        self.characters.contains(&character)
    }

    /// Whether its bid counts at closing.
    pub fn is_live(&self) -> bool {
        !self.is(Character::Withdraws) && !self.is(Character::TooLate)
    }

    /// Whether its bid can be opened.
    pub fn is_valid(&self) -> bool {
        self.is_live() && !self.is(Character::GarbageKeyBlock)
    }

    /// Its price as a decimal string.
    pub fn price(&self) -> String {
        decimal(self.price_fen)
    }
}

/// 分 as a decimal string in 元.
pub fn decimal(fen: u64) -> String {
    format!("{}.{:02}", fen / 100, fen % 100)
}

/// Everybody.
pub struct Cast {
    /// Who tenders.
    pub tenderee: Actor,
    /// The trustees, slot 1 first.
    pub trustees: Vec<Actor>,
    /// The witnesses.
    pub witnesses: Vec<Actor>,
    /// Where credit values come from.
    pub credit_source: Actor,
    /// The bidders: those who were asked for first, then those who withdraw, send garbage, come too late.
    pub bidders: Vec<Bidder>,
}

const TENDEREE: &str = "宿迁市宿城区城市建设投资有限公司";
const CREDIT_SOURCE: &str = "宿迁市住房和城乡建设局信用管理中心";
const WITNESSES: [&str; 2] = [
    "社会监督员 徐静（市人大代表）",
    "社会监督员 何建国（市政协委员）",
];
const FIRMS: [&str; 12] = [
    "江苏淮海市政建设集团有限公司",
    "宿迁运河路桥工程有限公司",
    "徐州彭城市政工程有限公司",
    "江苏骆马湖建设发展有限公司",
    "淮安里运河建筑安装有限公司",
    "连云港海州道路工程有限公司",
    "江苏沭阳苏北建设有限公司",
    "盐城黄海市政园林有限公司",
    "泗洪洪泽湖水利市政有限公司",
    "南通江海基础工程有限公司",
    "扬州邗江路桥建设有限公司",
    "泰州凤城市政工程有限公司",
];
const MANAGERS: [&str; 10] = [
    "王志强",
    "李建华",
    "张伟",
    "刘洋",
    "陈国栋",
    "杨帆",
    "赵永刚",
    "周海涛",
    "吴晓明",
    "孙立新",
];

impl Cast {
    /// The organisations of the run `tag`, with `count` bidders and the three who come on top of them.
    ///
    /// # Errors
    /// There is no randomness for keys.
    pub fn new(tag: &str, count: usize, prices: &mut Prices) -> Result<Cast, Failure> {
        let usual =
            |role: &str, name: &str| Actor::new(&format!("{role}.{tag}"), name, Keys::Usual);
        let group = format!("city-holding.{tag}");
        let tenderee = Actor::in_group(
            &format!("tenderee.{tag}"),
            TENDEREE,
            Keys::Usual,
            Some(&group),
        )?;
        let trustees = vec![
            tenderee.clone(),
            usual("notary", "江苏省宿迁市宿城公证处")?,
            usual("centre-huaian", "淮安市公共资源交易中心")?,
            // A CA keeps its keys on a token.
            Actor::new(
                &format!("ca.{tag}"),
                "江苏省电子商务服务中心（CA）",
                Keys::Token,
            )?,
            usual("centre-suqian", "宿迁市公共资源交易中心")?,
        ];
        let witnesses = (1..)
            .zip(WITNESSES)
            .map(|(number, name)| usual(&format!("witness-{number}"), name));
        Ok(Cast {
            trustees,
            witnesses: witnesses.collect::<Result<_, _>>()?,
            credit_source: usual("credit", CREDIT_SOURCE)?,
            bidders: bidders(tag, count, prices)?,
            tenderee,
        })
    }

    /// Everybody who needs an account, each once.
    pub fn actors(&self) -> impl Iterator<Item = &Actor> {
        // The tenderee is the first trustee.
        let bidders = self.bidders.iter().map(|bidder| &bidder.actor);
        self.trustees
            .iter()
            .chain(&self.witnesses)
            .chain([&self.credit_source])
            .chain(bidders)
    }

    /// The bidder who shows this.
    pub fn who(&self, character: Character) -> Option<&Bidder> {
        self.bidders.iter().find(|bidder| bidder.is(character))
    }

    /// The bidder with this account.
    pub fn bidder(&self, account: &str) -> Option<&Bidder> {
        self.bidders
            .iter()
            .find(|bidder| bidder.actor.id().as_str() == account)
    }

    /// The name behind an account, or the account.
    pub fn name<'a>(&'a self, account: &'a str) -> &'a str {
        let found = self.actors().find(|actor| actor.id().as_str() == account);
        found.map_or(account, Actor::name)
    }
}

fn bidders(tag: &str, count: usize, prices: &mut Prices) -> Result<Vec<Bidder>, Failure> {
    let on_top = [
        Character::Withdraws,
        Character::GarbageKeyBlock,
        Character::TooLate,
    ];
    let mut bidders = Vec::new();
    for place in 0..count + on_top.len() {
        let extra = place.checked_sub(count).and_then(|place| on_top.get(place));
        let number = place + 1;
        let name = match FIRMS.get(place) {
            Some(name) => (*name).to_owned(),
            None => format!("江苏第{number}市政工程有限公司"),
        };
        bidders.push(Bidder {
            actor: Actor::new(&format!("bidder-{number:02}.{tag}"), &name, Keys::Usual)?,
            characters: extra.copied().into_iter().collect(),
            price_fen: prices.price_fen(),
            period_days: prices.period_days(),
            manager: (*MANAGERS.get(place % MANAGERS.len()).unwrap_or(&"王志强")).to_owned(),
            credit: prices.credit(),
        });
    }
    give_characters(&mut bidders, count);
    Ok(bidders)
}

/// The last of the bidders who were asked for never shows up; the others share what else there is to show, one
/// thing each if they are enough.
fn give_characters(bidders: &mut [Bidder], count: usize) {
    let shown = [
        Character::InterruptedUpload,
        Character::Replaces,
        Character::Objects,
        Character::BidsTwice,
        Character::SendsAgain,
        Character::LiedAbout,
    ];
    let present = count.saturating_sub(1).max(1);
    for (place, character) in shown.into_iter().enumerate() {
        if let Some(bidder) = bidders.get_mut(place % present) {
            bidder.characters.insert(character);
        }
    }
    if let Some(last) = bidders.get_mut(present) {
        last.characters.insert(Character::NeverShowsUp);
    }
}
