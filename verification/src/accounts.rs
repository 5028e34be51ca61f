//! Which account chains a bundle must carry so that its statements can be admitted again.

use std::collections::BTreeSet;

use procedure::{Directory, Tender};
use record::Identifier;

/// Accounts whose chains belong into a bundle of `tender`: whoever signed in it, whoever holds a role (the
/// platform chain grants it, so its account must be known), and whoever the notice or a bid names without
/// having signed: witnesses, the credit source, members of a consortium.
///
/// `directory` is the state of all account chains and of the platform chain.
pub fn accounts_to_include(tender: &Tender, directory: &Directory) -> BTreeSet<Identifier> {
    let with_role = directory.with_role().map(|(id, _)| id.clone());
    let mut accounts: BTreeSet<Identifier> =
        tender.signers().iter().cloned().chain(with_role).collect();
    if let Some(bidding) = tender.stage().bidding() {
        let notice = &bidding.notice;
        let source = notice.credit_source();
        accounts.extend(notice.witnesses.iter().chain(source).cloned());
        accounts.extend(bidding.bids.values().flat_map(|bid| bid.members.clone()));
    }
    accounts
}
