//! Nodes that fail, and their replacements.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use aircheck::ledger::finding::Cause;
use aircheck::ledger::interval::LinkState;
use aircheck::ledger::sequence::Sequence;

use super::servers::{Cluster, PRIMARIES, channel_of};
use super::truth::{assert_conserved, exact, numbers, under_load};
use crate::listening::Listening;

#[test]
fn a_failed_primary_is_replaced_and_the_others_stay_live() {
    let mut cluster = Cluster::start();
    let channels: Vec<String> = (0..PRIMARIES).map(|primary| channel_of(primary, "ops")).collect();
    let names: Vec<&str> = channels.iter().map(String::as_str).collect();
    let mut by_name = Listening::start(&cluster.url(&[0, 1]), &names);
    let mut by_pattern = Listening::start(&cluster.url(&[5]), &["o*"]);
    let mut publisher = cluster.publisher();
    for number in 1..=10 {
        for channel in &channels {
            assert_eq!(publisher.publish(channel, "evt::1"), number);
        }
    }
    cluster.wait_for_replica_of(0);
    let (failed, replaced) = (cluster.address(0), cluster.address(PRIMARIES));
    cluster.nodes[0].stop();
    for seen in [&mut by_name, &mut by_pattern] {
        seen.wait_for("the loss", |seen| seen.links(LinkState::Disconnected) > 0);
    }
    let down = by_name.link_changes().find(|link| link.state == LinkState::Disconnected).unwrap();
    let reason = down.reason.as_ref().unwrap();
    assert!(
        reason.starts_with(&format!("{failed}, with {}: ", channels[0])),
        "which node, and which channels: {reason}"
    );
    assert!(!reason.contains(&channels[1]), "{reason}");

    // The other nodes continue in the meantime.
    for number in 11..=20 {
        assert_eq!(publisher.insist(&channels[1], "evt::1"), number);
    }
    for seen in [&mut by_name, &mut by_pattern] {
        seen.wait_for("the other channel", |seen| numbers(seen, &channels[1]) == exact(1..=20));
    }
    // Published as soon as the cluster accepts messages again, perhaps before the subscription knows the new owner.
    for number in 11..=200 {
        assert_eq!(publisher.insist(&channels[0], "evt::1"), number);
    }
    for seen in [&mut by_name, &mut by_pattern] {
        seen.wait_for("the new primary", |seen| seen.link_changes().last().unwrap().state == LinkState::Connected);
        let connected = seen.link_changes().last().unwrap();
        assert!(connected.reason.as_ref().unwrap().contains(&replaced), "{connected:?}");
    }
    let last = publisher.publish(&channels[0], "evt::1");
    for seen in [&mut by_name, &mut by_pattern] {
        seen.wait_for("the last", |seen| numbers(seen, &channels[0]).last() == Some(&Sequence::Exact(last)));
        for (channel, last) in channels.iter().zip([last, 20, 10]) {
            assert_conserved(seen, channel, last);
        }
        for finding in seen.findings() {
            // The new primary may lack the last writes of the failed one.
            assert!(matches!(finding.cause, Cause::Disconnected { lower_bound: true, .. }), "{finding:?}");
        }
    }

    // The failed node returns as a replica. A manual failover under load promotes it.
    cluster.nodes[0].restart();
    cluster.nodes[PRIMARIES]
        .wait_for(&["INFO", "replication"], |answer| super::servers::reply_contains(answer, "state=online"));
    let mut fresh = Listening::start(&cluster.url(&[0, 1]), &[&channels[0], "op*"]);
    let last = under_load(&cluster, &channels[..1], || {
        by_name.wait_for("the load", |seen| numbers(seen, &channels[0]).len() > 250);
        fresh.wait_for("the load", |seen| seen.messages().count() > 50);
        cluster.take_over(0);
        let connected = |seen: &Listening| {
            seen.link_changes().last().is_some_and(|link| {
                link.state == LinkState::Connected && link.reason.as_ref().unwrap().contains(&failed)
            })
        };
        by_name.wait_for("the old primary again", connected);
        fresh.wait_for("the old primary again", connected);
        let before = by_name.messages().count();
        by_name.wait_for("exact numbers again", |seen| {
            seen.messages().skip(before).filter(|message| matches!(message.sequence, Sequence::Exact(_))).count() > 50
        });
    });
    for seen in [&mut by_name, &mut fresh] {
        seen.wait_for("the last", |seen| numbers(seen, &channels[0]).last() == Some(&Sequence::Exact(last)));
    }
    assert_conserved(&by_name, &channels[0], last);
}
