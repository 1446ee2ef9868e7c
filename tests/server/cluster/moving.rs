//! Slots that move while their channels are subscribed.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::thread;
use std::time::Duration;

use aircheck::ledger::interval::LinkState;
use aircheck::ledger::sequence::{Reading, Sequence};

use super::servers::{Cluster, PRIMARIES, channel_of, start_node};
use super::truth::{assert_conserved, exact, numbers, under_load};
use crate::listening::{Listening, PREFIX};

/// Moves the slot of a channel's counter to another node. Waits until both subscriptions have exact numbers from the new owner.
fn go(cluster: &Cluster, channel: &str, (from, to): (usize, usize), listening: [&mut Listening; 2]) {
    let before = listening.each_ref().map(|seen| numbers(seen, channel).len());
    cluster.move_slot(channel, from, to);
    for (seen, before) in listening.into_iter().zip(before) {
        seen.wait_for("exact numbers from the new owner", |seen| {
            let mut later = numbers(seen, channel).into_iter().skip(before);
            later.any(|number| matches!(number, Sequence::Unknown(_)))
                && later.filter(|number| matches!(number, Sequence::Exact(_))).count() > 50
        });
    }
}

#[test]
fn a_moved_slot_is_followed_in_one_stream() {
    let cluster = Cluster::start();
    let channels: Vec<String> = (0..PRIMARIES).map(|primary| channel_of(primary, "ops")).collect();
    let names: Vec<&str> = channels.iter().map(String::as_str).collect();
    let mut by_name = Listening::start(&cluster.url(&[4]), &names);
    let mut by_pattern = Listening::start(&cluster.url(&[2]), &["o*"]);
    let connected = by_name.link_changes().find(|link| link.state == LinkState::Connected).unwrap();
    for primary in 0..PRIMARIES {
        assert!(connected.reason.as_ref().unwrap().contains(&cluster.address(primary)), "{connected:?}");
    }

    let moving = &channels[0];
    let last = under_load(&cluster, &channels, || {
        by_name.wait_for("messages", |seen| numbers(seen, moving).len() > 50);
        by_pattern.wait_for("messages", |seen| numbers(seen, moving).len() > 50);
        go(&cluster, moving, (0, 1), [&mut by_name, &mut by_pattern]);
        go(&cluster, moving, (1, 0), [&mut by_name, &mut by_pattern]);
    });
    for seen in [&mut by_name, &mut by_pattern] {
        for channel in &channels {
            seen.wait_for("the last message", |seen| numbers(seen, channel).last() == Some(&Sequence::Exact(last)));
            let missed = assert_conserved(seen, channel, last);
            assert!(missed * 10 < last, "{channel}: {missed} of {last} missed");
            if channel != moving {
                assert_eq!(numbers(seen, channel), exact(1..=last));
            }
        }
        assert_eq!(seen.links(LinkState::Disconnected), 0);
    }
    moves_without_traffic(&cluster, &channels);
}

/// A channel without messages moves too, and its known counter with it.
fn moves_without_traffic(cluster: &Cluster, channels: &[String]) {
    let quiet = &channels[1];
    let mut publisher = cluster.publisher();
    let known = publisher.publish(quiet, "evt::1");
    let mut listening = Listening::start(&cluster.url(&[0]), &[quiet]);
    publisher.publish(quiet, "evt::2");
    listening.wait_for("the message", |seen| numbers(seen, quiet) == exact(known + 1..=known + 1));
    cluster.move_slot(quiet, 1, 2);
    listening.wait_for("the other node", |seen| {
        seen.link_changes().last().is_some_and(|link| {
            link.state == LinkState::Connected && link.reason.as_ref().unwrap().contains(&cluster.address(2))
        })
    });
    listening.wait_for("the counter there", |seen| {
        seen.counters(quiet).last().is_some_and(|reading| **reading == Reading::Value(known + 1))
    });
    assert_eq!(publisher.publish(quiet, "evt::3"), known + 2);
    listening.wait_for("the next message", |seen| numbers(seen, quiet) == exact(known + 1..=known + 2));
    assert!(listening.findings().is_empty(), "{:?}", listening.findings());
}

#[test]
fn a_new_node_is_read_and_a_publisher_waits_for_a_slot_migration() {
    let mut cluster = Cluster::start();
    let channel = channel_of(0, "ops");
    let mut publisher = cluster.publisher();
    publisher.publish(&channel, "evt::1");
    let mut listening = Listening::start(&cluster.url(&[0]), &["o*"]);
    publisher.publish(&channel, "evt::2");
    listening.wait_for("the message", |seen| numbers(seen, &channel) == exact(2..=2));

    let new = cluster.join(start_node(&[]));
    cluster.begin_move(&channel, 0, new);
    // The new node has the counter but does not own the slot yet. The publisher waits.
    let third = thread::scope(|scope| {
        let waiting = scope.spawn(|| publisher.publish(&channel, "evt::3"));
        thread::sleep(Duration::from_millis(300));
        assert!(!waiting.is_finished(), "publishing must wait while the slot migrates");
        cluster.end_move(&channel, 0, new);
        waiting.join().unwrap()
    });
    assert_eq!(third, 3);
    let address = cluster.address(new);
    listening.wait_for("the new node", |seen| {
        let connected = seen.link_changes().filter(|link| link.state == LinkState::Connected).last().unwrap();
        connected.reason.as_ref().unwrap().contains(&address)
    });
    listening.wait_for("the counter there", |seen| seen.counters(&channel).last() == Some(&&Reading::Value(3)));
    assert_eq!(publisher.publish(&channel, "evt::4"), 4);
    listening.wait_for("the last message", |seen| numbers(seen, &channel).last() == Some(&Sequence::Exact(4)));
    // The third message arrived over the bus before the owner was known, or it is reported as missed.
    let shown = numbers(&listening, &channel).len() == 3;
    let missed: Vec<_> =
        listening.findings().iter().map(|finding| (finding.sequence_from, finding.sequence_to)).collect();
    assert_eq!(missed, if shown { vec![] } else { vec![(Some(3), Some(3))] });
    assert_eq!(cluster.nodes[new].command::<u64>(&["GET", &format!("{PREFIX}{channel}")]), 4);
}
