#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use super::*;

fn node(port: u16) -> Node {
    Node { host: "h".to_owned(), port }
}

/// Applies a change of one node's link, and returns what is reported.
fn after(links: &mut NodeLinks, port: u16, state: LinkState, reason: &str) -> Option<String> {
    let reason = (!reason.is_empty()).then(|| reason.into());
    links.changed(&node(port), link_change(state, reason, 0), [&b"ops"[..], b"b*"].into_iter());
    status_line(links)
}

fn status_line(links: &mut NodeLinks) -> Option<String> {
    links.take_change(0).map(|link| format!("{}: {}", link.state.name(), link.reason.unwrap()))
}

#[test]
fn the_combined_link_names_each_node_that_is_not_up() {
    use LinkState::{Connected, Disconnected, Live, Stale};
    let mut links = NodeLinks::default();
    links.add(&node(1));
    links.add(&node(2));
    assert_eq!(status_line(&mut links), None);
    assert_eq!(after(&mut links, 1, Connected, ""), None);
    assert_eq!(after(&mut links, 2, Connected, "").unwrap(), "connected: on h:1, h:2");
    assert_eq!(after(&mut links, 2, Stale, "silent").unwrap(), "stale: h:2, with ops, b*: silent");
    assert_eq!(after(&mut links, 2, Live, "").unwrap(), "live: on h:1, h:2");
    assert_eq!(after(&mut links, 2, Live, ""), None, "nothing new");
    assert_eq!(after(&mut links, 1, Disconnected, "gone").unwrap(), "disconnected: h:1, with ops, b*: gone");
    let both = "disconnected: h:1, with ops, b*: gone; h:2, with ops, b*: gone too";
    assert_eq!(after(&mut links, 2, Disconnected, "gone too").unwrap(), both);
    assert_eq!(after(&mut links, 2, Connected, "").unwrap(), "disconnected: h:1, with ops, b*: gone");
    assert_eq!(after(&mut links, 2, Stale, "silent"), None, "it is down already");
    links.remove(&node(1));
    assert_eq!(status_line(&mut links).unwrap(), "stale: h:2, with ops, b*: silent");
    assert_eq!(after(&mut links, 1, Disconnected, "late"), None, "it is not listened to any more");
}

#[test]
fn a_stale_link_that_was_never_up_becomes_connected() {
    use LinkState::{Connected, Disconnected, Stale};
    let mut links = NodeLinks::default();
    links.add(&node(1));
    assert_eq!(after(&mut links, 1, Stale, "silent").unwrap(), "stale: h:1, with ops, b*: silent");
    assert_eq!(after(&mut links, 1, Connected, "").unwrap(), "connected: on h:1");
    for _ in 0..2 {
        // The node's reader reports a lasting failure only once, so a second report is a new failure.
        assert_eq!(after(&mut links, 1, Disconnected, "gone").unwrap(), "disconnected: h:1, with ops, b*: gone");
    }
    assert_eq!(after(&mut links, 1, Stale, "silent").unwrap(), "stale: h:1, with ops, b*: silent");
    assert_eq!(after(&mut links, 1, Connected, "").unwrap(), "connected: on h:1");
}

#[test]
fn a_cluster_error_is_reported_and_cleared() {
    let mut links = NodeLinks::default();
    links.set_cluster_error(Some("nobody answers".to_owned()));
    assert_eq!(status_line(&mut links).unwrap(), "disconnected: nobody answers");
    links.set_cluster_error(None);
    links.add(&node(1));
    assert_eq!(status_line(&mut links), None);
    assert_eq!(after(&mut links, 1, LinkState::Connected, "").unwrap(), "connected: on h:1");
}

#[test]
fn a_long_list_is_cut_with_a_count() {
    let text = |count: usize| (1..=count).map(|number| number.to_string());
    assert_eq!(list_some(text(0)), "");
    assert_eq!(list_some(text(5)), "1, 2, 3, 4, 5");
    assert_eq!(list_some(text(7)), "1, 2, 3, 4, 5 and 2 more");
}
