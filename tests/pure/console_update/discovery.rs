//! The channels of the server are offered.

use super::*;

fn found(names: &[&[u8]]) -> Event {
    let found = names.iter().map(|name| DiscoveredChannel {
        channel: aircheck::ledger::sequence::Channel::new(name),
        counter: Reading::Missing,
        subscribers: Some(1),
    });
    Event::Discovered(Ok(found.collect()))
}

#[test]
fn picked_channels_stay_picked_after_a_new_search() {
    let mut state = lively();
    press(&mut state, "d");
    update(&mut state, found(&[b"b", b"c"]));
    assert!(screen(&state).contains("d looks again"), "{}", screen(&state));
    assert_eq!(press(&mut state, "j x d"), [Effect::Discover]);
    assert_eq!(press(&mut state, "d"), [], "the server is asked once at a time");
    update(&mut state, found(&[b"a", b"b", b"c"]));
    let Some(Popup::Discover(discover)) = &state.popup else { panic!() };
    assert_eq!(discover.picked.iter().copied().collect::<Vec<_>>(), [2]);
    assert_eq!(discover.position.cursor, 2, "the cursor stays on its channel");
    update(&mut state, Event::Discovered(Err("no".to_owned())));
    let Some(Popup::Discover(discover)) = &state.popup else { panic!() };
    assert_eq!((discover.error.as_deref(), discover.found.len()), (Some("no"), 3));
}

#[test]
fn a_channel_that_looks_like_a_pattern_is_taken_literally() {
    let mut state = lively();
    press(&mut state, "d");
    update(&mut state, found(&[b"a*[b]", b"ops", b"\xff"]));
    let effects = press(&mut state, "x j x j x Enter");
    assert_eq!(effects, [Effect::Subscribe(vec![r"a\*\[b\]".to_owned()])]);
    assert!(state.notice.as_ref().unwrap().is_error, "one was left out");
    press(&mut state, "d");
    update(&mut state, found(&[b"ops"]));
    assert_eq!(press(&mut state, "Enter"), []);
    assert_eq!(notice(&state), "subscribed already");
}
