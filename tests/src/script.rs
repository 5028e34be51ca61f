//! What happens in a tender: who bids what and behaves how.

use std::collections::BTreeSet;

use procedure::act::{OpeningTerms, RuleSet, Ties};

use crate::notice::opening_terms;
use crate::rules::rules;

/// How a bidder behaves.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Conduct {
    /// Bids and confirms.
    Plain,
    /// Bids, then replaces the bid before the deadline; the price of the script is the last one.
    Replaces {
        /// Price of the first bid.
        first: String,
    },
    /// Bids and withdraws.
    Withdraws,
    /// Bids and is never seen again.
    Absent,
    /// Publishes the key of its own envelope at the opening.
    OpensItself,
    /// Submits a key block that nobody can open.
    GarbageKeyBlock,
    /// Submits a bid form that does not decrypt.
    GarbagePart,
    /// Submits a bid form without a price.
    GarbageForm,
}

/// One bidder of a script.
#[derive(Clone, Debug)]
pub struct Bidder {
    /// Its account.
    pub name: String,
    /// Its price, as its bid form says it.
    pub price: String,
    /// Its credit value; none: the snapshot does not name it.
    pub credit: Option<String>,
    /// How it behaves.
    pub conduct: Conduct,
}

impl Bidder {
    /// A bidder who bids and confirms, with credit 80.
    pub fn new(name: &str, price: &str) -> Bidder {
        let (name, price) = (name.to_owned(), price.to_owned());
        Bidder {
            name,
            price,
            credit: Some("80".to_owned()),
            conduct: Conduct::Plain,
        }
    }

    /// The same with another conduct.
    #[must_use]
    pub fn who(mut self, conduct: Conduct) -> Bidder {
        self.conduct = conduct;
        self
    }

    /// The same with another credit value.
    #[must_use]
    pub fn with_credit(mut self, value: &str) -> Bidder {
        self.credit = Some(value.to_owned());
        self
    }
}

/// A tender as it is to be played.
#[derive(Clone, Debug)]
pub struct Script {
    /// Identifier of the tender.
    pub tender: String,
    /// Its profile.
    pub profile: String,
    /// Its rules.
    pub rules: RuleSet,
    /// How the opening runs.
    pub opening: OpeningTerms,
    /// Who bids.
    pub bidders: Vec<Bidder>,
    /// How many trustees: `trustee-1` and so on.
    pub trustees: u8,
    /// How many of them open.
    pub threshold: u8,
    /// Witnesses, all of whom contribute to the draw and sign the opening record.
    pub witnesses: Vec<String>,
    /// Slots that release nothing at the opening and in the draw.
    pub silent: BTreeSet<u8>,
    /// Slots whose shares of the opening are wrong.
    pub wrong_shares: BTreeSet<u8>,
    /// So many attempts of the draw fail because only one trustee releases.
    pub failed_attempts: u32,
    /// Whether the credit source commits to a snapshot and opens it later.
    pub commits_credit: bool,
    /// Whether somebody objects to the opening, to the draw and to the candidates.
    pub objections: bool,
}

impl Script {
    /// Three bidders below the thresholds, two methods in the draw, 2 of 3 trustees, one witness; nothing
    /// goes wrong.
    pub fn plain(tender: &str) -> Script {
        Script {
            tender: tender.to_owned(),
            profile: "below-threshold".to_owned(),
            rules: rules(&["jiangsu-1", "jiangsu-2"]),
            opening: opening_terms(),
            bidders: vec![
                Bidder::new("b1", "9520000.00").with_credit("92.4"),
                Bidder::new("b2", "9088000.00").with_credit("88"),
                Bidder::new("b3", "8875000.00").with_credit("110"),
            ],
            trustees: 3,
            threshold: 2,
            witnesses: vec!["witness-1".to_owned()],
            silent: BTreeSet::new(),
            wrong_shares: BTreeSet::new(),
            failed_attempts: 0,
            commits_credit: true,
            objections: false,
        }
    }

    /// Everything that can happen to a tender that still ends with an award: nine bidders of all conducts, a
    /// trustee who lies and one who fails once, objections, a second attempt of the draw.
    pub fn eventful(tender: &str) -> Script {
        let replaces = Conduct::Replaces {
            first: "9999999.99".to_owned(),
        };
        Script {
            bidders: vec![
                Bidder::new("b1", "9520000.00").with_credit("92.4"),
                Bidder::new("b2", "9088000.00").with_credit("88"),
                Bidder::new("b3", "8875000.00").with_credit("110"),
                Bidder::new("b4", "9310000.00").who(replaces),
                Bidder::new("b5", "9000000.00").who(Conduct::Withdraws),
                Bidder::new("b6", "9150000.00").who(Conduct::Absent),
                Bidder::new("b7", "9250000.00").who(Conduct::OpensItself),
                Bidder::new("b8", "8500000.00").who(Conduct::GarbageKeyBlock),
                Bidder::new("b9", "10000000.01"),
            ],
            trustees: 4,
            wrong_shares: BTreeSet::from([2]),
            failed_attempts: 1,
            objections: true,
            ..Script::plain(tender)
        }
    }

    /// A statutory tender under the Tendering and Bidding Law.
    pub fn statutory(tender: &str) -> Script {
        let mut script = Script {
            profile: "cn-2017-tendering".to_owned(),
            ..Script::plain(tender)
        };
        script.rules.ties = Ties::Report;
        script
    }

    /// A Korean tender: the lowest price above the floor, nothing drawn but the one method.
    pub fn korean(tender: &str) -> Script {
        Script {
            profile: "kr-floor-rate".to_owned(),
            rules: rules(&["floor-rate-lowest"]),
            bidders: vec![
                Bidder::new("b1", "8774500"),
                Bidder::new("b2", "8774499"),
                Bidder::new("b3", "9000000"),
            ],
            ..Script::plain(tender)
        }
    }

    /// A small tender at one price for all, 8 % below the control price: five bidders commit to it, one asks for
    /// more, and a draw finds the winner.
    pub fn at_fixed_price(tender: &str) -> Script {
        let price = "9200000.00";
        let prices = [price, price, "9200000.01", price, price, price];
        Script {
            rules: rules(&["fixed-price"]),
            ..Script::plain(tender)
        }
        .with_prices(&prices)
    }

    /// Seven bidders and two ways of shortlisting them, one of which is drawn; either takes four.
    pub fn shortlisted(tender: &str) -> Script {
        let prices = [
            "9520000", "9088000", "8875000", "9310000", "9150000", "8990000", "9450000",
        ];
        let mut script = Script::plain(tender).with_prices(&prices);
        let candidates = serde_json::json!([
            { "method": "low-price", "drop_percent": "10", "take": 4 },
            { "method": "mean", "drop_percent": "10", "above": 1, "below": 3 },
        ]);
        script.rules.shortlist = serde_json::from_value(candidates).expect("two candidates");
        script
    }

    /// The same with other bidders.
    #[must_use]
    pub fn with_bidders(mut self, bidders: Vec<Bidder>) -> Script {
        self.bidders = bidders;
        self
    }

    /// The same with plain bidders at these prices: `b01`, `b02` and so on.
    #[must_use]
    pub fn with_prices(self, prices: &[&str]) -> Script {
        let bidder =
            |(place, price): (usize, &&str)| Bidder::new(&format!("b{:02}", place + 1), price);
        self.with_bidders(prices.iter().enumerate().map(bidder).collect())
    }
}
