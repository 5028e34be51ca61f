//! The steps of a play, in the order of a tender's life. Tests may call them one by one.

use std::collections::BTreeMap;

use procedure::act::*;
use procedure::law::Limit;
use procedure::{Opened, Recorded, Sealed, Stage, Tender, due};
use record::sealing::{EnvelopeKind, Share};
use record::{Digest, Identifier};

use crate::notice::notice_of;
use crate::play::{Milestone, Play};
use crate::script::{Bidder, Conduct, Script};
use crate::seal::{Bid, contribution, form_json, open_slot, seal_bid, spoil_key_block, spoil_part};
use crate::{Actor, DAY_MS, MINUTE_MS, World, id, seed};
