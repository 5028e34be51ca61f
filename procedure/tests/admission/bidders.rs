//! Who may bid, and who signs a bid.

use play::{Actor, Milestone, Play, Script, World, form_json, id};
use procedure::Code;
use procedure::act::*;
use record::Digest;

use super::bidding::{announced, bent, bid};

#[test]
fn who_has_another_part_does_not_bid() {
    let mut play = announced();
    let sister = Actor::new("sister").in_group("city-holding");
    play.world.register(&sister);
    let excluded = [
        "tenderee",
        "platform",
        "trustee-1",
        "witness-1",
        "credit-source",
        "sister",
    ];
    for name in excluded {
        let who = play.actor(name);
        let manifest = play.seal(&who, &form_json("1"), name).manifest;
        assert_eq!(
            play.world.refused(manifest, &[&who]),
            Code::BidderExcluded,
            "{name}"
        );
    }
    let unknown = bent(|bid| bid.members = vec![id("nobody")]);
    assert_eq!(unknown, Code::AccountUnknown);
    assert_eq!(
        bent(|bid| bid.members = vec![id("b1")]),
        Code::BidderExcluded
    );
    assert_eq!(
        bent(|bid| bid.members = vec![id("b2"), id("b2")]),
        Code::BidderExcluded
    );
    assert_eq!(
        bent(|bid| bid.members = vec![id("trustee-2")]),
        Code::BidderExcluded
    );
    let (manifest, bidder) = bid(&play);
    play.world.must(
        BidManifest {
            members: vec![id("b2"), id("b3")],
            ..manifest
        },
        &[&bidder],
    );
}

#[test]
fn a_subsidiary_of_the_operator_does_not_bid() {
    let mut world = World::demo();
    let (daughter, bidder) = (
        Actor::new("daughter").in_group("platform-holding"),
        "daughter",
    );
    let operator = Actor::new("operator").in_group("platform-holding");
    world.register(&operator);
    world.register(&daughter);
    world.grant(&operator, Role::Platform);
    let mut play = Play::in_world(world, Script::plain("T-1"));
    play.go_to(Milestone::Announced);
    let manifest = play.seal(&daughter, &form_json("1"), bidder).manifest;
    assert_eq!(
        play.world.refused(manifest, &[&daughter]),
        Code::BidderExcluded
    );
}

#[test]
fn a_consortium_has_a_limit() {
    let mut play = announced();
    let members: Vec<_> = (0..17)
        .map(|number| Actor::new(&format!("m{number}")))
        .collect();
    members
        .iter()
        .for_each(|member| play.world.register(member));
    let (manifest, bidder) = bid(&play);
    let members = members.iter().map(|member| member.id().clone()).collect();
    assert_eq!(
        play.world.refused(
            BidManifest {
                members,
                ..manifest
            },
            &[&bidder]
        ),
        Code::LimitExceeded
    );
}

#[test]
fn the_bidder_alone_signs() {
    let mut play = announced();
    let (manifest, bidder) = bid(&play);
    let other = play.actor("b2");
    assert_eq!(
        play.world.refused(manifest.clone(), &[&other]),
        Code::SignerNotAllowed
    );
    assert_eq!(
        play.world.refused(manifest.clone(), &[&bidder, &other]),
        Code::SignersTooMany
    );
    let body = BidWithdrawn {
        tender: play.tender.clone(),
        manifest: Digest::ZERO,
    };
    assert_eq!(
        play.world.refused(body, &[&bidder, &other]),
        Code::SignersTooMany
    );
}

#[test]
fn a_supervisor_does_not_bid() {
    let mut play = announced();
    let supervisor = play.supervisor();
    let manifest = play.seal(&supervisor, &form_json("1"), "bid").manifest;
    assert_eq!(
        play.world.refused(manifest, &[&supervisor]),
        Code::BidderExcluded
    );
}
