//! At every width, payloads have enough columns and channels can be distinguished.

use std::collections::BTreeSet;
use std::sync::Arc;

use aircheck::console::app::event::Event;
use aircheck::console::app::state::{Setup, State};
use aircheck::console::app::update::update;
use aircheck::console::panes::Pane;
use aircheck::console::panes::channels::expected::ChannelExpectation;
use aircheck::ledger::expectation::ExpectationState;
use aircheck::ledger::finding::{Cause, Finding, FindingKind};
use aircheck::ledger::interval::{Entry, Interval, Link, LinkState};
use aircheck::ledger::sequence::Reading;
use aircheck::wire::signature::{Keyring, KeyringSettings};

use super::screen::{Area, text};
use crate::console_fixture::{
    SECOND, START, channel, empty, gap, link, lively, message, press, raw_message, setup, take,
};

/// Ten message names, the longest of 20 cells.
const NAMES: [&str; 10] = [
    "subscription-renewal",
    "invoice-paid",
    "payment-failed",
    "refund-issued",
    "plan-changed",
    "credit-granted",
    "tax-updated",
    "dunning-started",
    "mail-sent",
    "customer-merged",
];

/// Twenty channels with names of up to 26 cells: ten topics in two regions.
fn channels() -> Vec<String> {
    const TOPICS: [&str; 10] =
        ["orders", "invoice", "refunds", "payment", "clients", "plans", "credits", "taxes", "dunning", "mail"];
    let regions = ["eu-central", "us-eastern"];
    regions.iter().flat_map(|region| TOPICS.map(|topic| format!("billing:{region}:{topic}"))).collect()
}

/// One signed message on each of the channels, at that size.
fn traffic(size: (u16, u16)) -> State {
    traffic_in(size, &setup())
}

/// One message on each of the channels, at that size. It is unsigned if the keyring has no key.
fn traffic_in(size: (u16, u16), setup: &Setup) -> State {
    let mut state = empty(setup.clone());
    update(&mut state, Event::Resize(size.0, size.1));
    let mut interval = Interval::default();
    let data = format!("\"{}\"", "x".repeat(400));
    for (sequence, (channel, name)) in (100..).zip(channels().iter().zip(NAMES.iter().cycle())) {
        if setup.keyring.signing_keys().is_empty() {
            raw_message(&mut interval, setup, channel, format!("{name}::{data}").as_bytes(), sequence);
        } else {
            message(&mut interval, setup, channel, name, &data, sequence);
        }
    }
    take(&mut state, interval);
    state
}

/// The lines of Messages that show a message.
fn rows(state: &State) -> Vec<String> {
    let screen = text(state, Area::Pane(Pane::Messages));
    screen.lines().filter(|line| line.contains(" ✓ ") || line.contains(" · ")).map(str::to_owned).collect()
}

#[test]
fn the_payload_has_its_room_at_every_width() {
    let unsigned = Setup { keyring: Arc::new(Keyring::new(KeyringSettings::default())), ..setup() };
    let signed = setup();
    for (width, setup) in (80..=260).flat_map(|width| [(width, &signed), (width, &unsigned)]) {
        let rows = rows(&traffic_in((width, 60), setup));
        assert_eq!(rows.len(), 20, "at {width}");
        let least = match width {
            200.. => 80,
            160..200 => 55,
            100..160 => 40,
            _ => 20,
        };
        for row in rows {
            // The quotation mark and the `…` count too.
            let payload = row.matches('x').count() - row.matches("taxes").count() - row.matches("tax-").count() + 2;
            assert!(payload >= least, "{payload} of {least} at {width}: {row}");
        }
    }
}

#[test]
fn channels_stay_distinct_at_every_width() {
    for width in 80..=260 {
        let state = traffic((width, 60));
        let shown: BTreeSet<String> = rows(&state)
            .iter()
            .filter_map(|row| row.split_once('#').map(|(before, _)| before))
            .map(|before| before.trim_end().rsplit(' ').next().unwrap_or_default().to_owned())
            .collect();
        assert_eq!(shown.len(), 20, "at {width}: {shown:?}");
    }
    for width in [120, 160, 200, 260] {
        let state = traffic((width, 60));
        let pane = text(&state, Area::Pane(Pane::Channels));
        let leaves: Vec<&str> = pane.lines().filter(|line| line.contains('├') || line.contains('└')).collect();
        let labels: BTreeSet<(usize, &str)> = leaves
            .iter()
            .enumerate()
            .filter_map(|(place, line)| Some((place / 11, line.split(['├', '└']).nth(1)?.split_whitespace().next()?)))
            .collect();
        assert_eq!(labels.len(), leaves.len(), "at {width}: {pane}");
    }
}

#[test]
fn a_channel_never_hides_a_problem_without_a_number() {
    for (width, tree) in (80..=260).flat_map(|width| [(width, false), (width, true)]) {
        let mut state = traffic((width, 60));
        state.channels.tree = tree;
        for (place, channel) in (0..).zip(&mut state.channels.list) {
            channel.reading = Some(Reading::Value(48_331));
            // Half of the channels have two problems. Another one has a wide problem.
            channel.denied = (place % 2 == 0).then(|| "NOPERM".into());
            channel.rejected = if place == 1 { 12_345_678 } else { 12 };
        }
        state.channels.refresh();
        let pane = text(&state, Area::Pane(Pane::Channels));
        let marked = pane.lines().filter(|line| line.contains("denied")).collect::<Vec<_>>();
        assert!(!marked.is_empty(), "at {width}: {pane}");
        for line in marked {
            let further = line.matches("denied +1").count() + line.matches("denied · ✗ 12").count();
            assert_eq!(line.matches("denied").count(), further, "at {width}: {pane}");
        }
    }
}

#[test]
fn the_name_is_shortened_for_the_number_of_further_problems() {
    let mut state = traffic((120, 60));
    state.channels.tree = false;
    for channel in &mut state.channels.list[..2] {
        channel.reading = Some(Reading::Value(1_204_331));
        channel.rejected = 1;
    }
    let expected = |state| ChannelExpectation { title: "a".into(), state, quiet_since: None };
    state.channels.list[0].expected = vec![expected(ExpectationState::TooMany)];
    state.channels.list[1].expected = vec![expected(ExpectationState::New)];
    state.channels.refresh();
    let pane = text(&state, Area::Pane(Pane::Channels));
    assert!(pane.contains("1 204 331 too … +1") && pane.contains("1 204 331 ✗ 1 +1"), "{pane}");
}

/// A name that its group does not repeat is shown whole, also if another group has a channel of that name.
#[test]
fn channels_in_different_groups_may_have_the_same_name() {
    let setup = setup();
    let mut state = empty(setup.clone());
    update(&mut state, Event::Resize(260, 60));
    let mut interval = Interval::default();
    for region in ["central", "eastern", "northern", "southern"] {
        for topic in ["orders", "refunds"] {
            message(&mut interval, &setup, &format!("billing:eu-{region}:{topic}"), "evt", "1", 1);
        }
    }
    take(&mut state, interval);
    let pane = text(&state, Area::Pane(Pane::Channels));
    let names = |name: &str| pane.split_whitespace().filter(|word| *word == name).count();
    assert_eq!((names("orders"), names("refunds")), (4, 4), "{pane}");
}

#[test]
fn detail_opens_closes_and_zooms_at_every_size() {
    for size in [(80, 24), (100, 30), (120, 40), (200, 60), (260, 60)] {
        let mut state = traffic(size);
        let is_shown = |state: &State| {
            let layout = aircheck::console::layout::Layout::for_state(state);
            layout.pane(Pane::Detail).is_some()
        };
        press(&mut state, "Enter");
        assert!(is_shown(&state), "{size:?}");
        press(&mut state, "Esc");
        assert!(!is_shown(&state), "{size:?}");
        press(&mut state, "Enter");
        assert!(is_shown(&state), "{size:?}");
    }
}

#[test]
fn the_title_of_detail_does_not_end_with_a_space() {
    for (sequence, title) in
        [(None, "1 received, not counted · ops ─"), (Some(7), "1 received, not counted · ops among #7 ─")]
    {
        let mut state = empty(setup());
        update(&mut state, Event::Resize(200, 60));
        let mut interval = Interval::default();
        interval.push(Entry::from(Finding {
            kind: FindingKind::ReceivedNotCounted,
            channel: channel("ops"),
            sequence_from: sequence,
            sequence_to: sequence,
            count: Some(1),
            at: START,
            cause: Cause::CountMismatch { advance: 0, received: 1 },
        }));
        take(&mut state, interval);
        press(&mut state, "3");
        let line = text(&state, Area::Title(Pane::Detail));
        assert!(line.contains(title), "{line}");
    }
}

/// The row of `ops` in the wide layout: with a gap, a rejected message and the last message six minutes ago, while the others are
/// busy.
fn silent_ops(size: (u16, u16), keys: &str, change: impl Fn(&mut State)) -> String {
    let mut state = lively();
    update(&mut state, Event::Resize(size.0, size.1));
    update(&mut state, Event::Clock(START + 360 * SECOND));
    change(&mut state);
    press(&mut state, keys);
    state.channels.refresh();
    let pane = text(&state, Area::Pane(Pane::Channels));
    let row = pane.lines().find(|line| line.contains("ops")).unwrap_or_else(|| panic!("{pane}"));
    row.to_owned()
}

#[test]
fn silence_is_visible_next_to_older_problems() {
    let nothing = |_: &mut State| {};
    for (size, keys, expected) in [
        ((80, 24), "", "1 gap silent 6m +1"),
        ((120, 40), "", "1 gap silent +1"),
        ((120, 40), "1 :wider :wider :wider :wider :wider :wider :wider", "1 gap · silent 6m · ✗ 1"),
        ((200, 60), "", "1 gap silent 6m +1"),
    ] {
        let row = silent_ops(size, keys, nothing);
        assert!(row.contains(expected), "{size:?}: {row}");
    }
    let acknowledged = silent_ops((120, 40), "3 A Enter", nothing);
    assert!(acknowledged.contains("silent 6m +1"), "{acknowledged}");
    for counter in [1_u64, 100_000, 10_000_000] {
        for width in 80..=260 {
            let row =
                silent_ops((width, 40), "", |state| state.channels.list[0].reading = Some(Reading::Value(counter)));
            assert!(row.contains("silent"), "{width}: {row}");
        }
    }
}

#[test]
fn a_counter_reset_comes_before_silence_and_a_rejected_message_after_it() {
    let row = silent_ops((100, 30), "", |state| {
        let channel = &mut state.channels.list[0];
        (channel.gaps, channel.other_findings, channel.open_resets) = (0, 3, 1);
    });
    assert!(row.contains("1 reset silent 6m +2"), "{row}");
}

#[test]
fn one_line_of_channels_counts_the_silent_ones_that_do_not_fit() {
    let mut state = lively();
    update(&mut state, Event::Resize(56, 24));
    let mut strip = |at: i64| {
        update(&mut state, Event::Clock(at));
        state.channels.refresh();
        let line = text(&state, Area::Pane(Pane::Channels));
        line.lines().find(|line| line.contains("ops")).unwrap().to_owned()
    };
    let busy = strip(START + SECOND);
    assert!(busy.contains('▁') && !busy.contains("silent"), "{busy}");
    let silent = strip(START + 360 * SECOND);
    assert!(silent.contains("ops #10 1 gap silent 6m +1") && silent.trim_end().ends_with("1 silent ›"), "{silent}");
}

fn counter(on: &str, reading: Reading, at: i64) -> Entry {
    Entry::Counter { channel: channel(on), reading, server: None, at }
}

/// A console at [`START`] of which every channel has the counter 2, but no message was received.
fn counted(size: (u16, u16), channels: &[String]) -> State {
    let mut state = empty(Setup { channels: channels.to_vec(), ..setup() });
    update(&mut state, Event::Resize(size.0, size.1));
    let mut interval = Interval::default();
    interval.push(link(LinkState::Connected));
    for channel in channels {
        interval.push(counter(channel, Reading::Value(2), START));
    }
    take(&mut state, interval);
    state
}

/// The line of `ops` in Channels, this many seconds after the start.
fn ops_after(state: &mut State, seconds: i64) -> String {
    update(state, Event::Clock(START + seconds * SECOND));
    state.channels.refresh();
    let pane = text(state, Area::Pane(Pane::Channels));
    let row = pane.lines().find(|line| line.contains("ops")).unwrap_or_else(|| panic!("{pane}"));
    row.to_owned()
}

#[test]
fn a_channel_without_messages_is_silent_since_its_counter_is_known() {
    for (size, expected) in [
        ((56, 24), "ops #2 silent ≥70s"),
        ((80, 24), "ops #2 silent ≥70s"),
        ((120, 40), "2 silent ≥70s"),
        ((200, 60), "2 silent ≥70s"),
    ] {
        let mut state = counted(size, &["ops".to_owned()]);
        let early = ops_after(&mut state, 59);
        assert!(early.contains("▁") && !early.contains("silent"), "{size:?}: {early}");
        let row = ops_after(&mut state, 70);
        assert!(row.contains(expected), "{size:?}: {row}");
    }
    let entries = |entries: Vec<Entry>, seconds| {
        let mut state = counted((120, 40), &["ops".to_owned()]);
        let mut interval = Interval::default();
        for entry in entries {
            interval.push(entry);
        }
        take(&mut state, interval);
        ops_after(&mut state, seconds)
    };
    // The channel was counted or reset at 30 s, and nothing was received.
    let at = START + 30 * SECOND;
    let missed = |kind| {
        let cause = Cause::CountMismatch { advance: 1, received: 0 };
        let (channel, count) = (channel("ops"), Some(1));
        Entry::from(Finding { kind, channel, sequence_from: Some(3), sequence_to: Some(3), count, at, cause })
    };
    let kinds = [FindingKind::CountedNotReceived, FindingKind::MissedDisconnected, FindingKind::CounterReset];
    for (kind, words) in kinds.into_iter().zip(["1 gap silent", "1 gap silent", "1 reset silent"]) {
        let traffic = || vec![missed(kind), counter("ops", Reading::Value(3), at)];
        let early = entries(traffic(), 89);
        assert!(!early.contains("silent"), "{kind:?}: {early}");
        let row = entries(traffic(), 90);
        assert!(row.contains(words), "{kind:?}: {row}");
    }
    // A counter that was not reported as missed because the counter could not be read before.
    let reading = entries(vec![counter("ops", Reading::Value(3), at)], 89);
    assert!(!reading.contains("silent"), "{reading}");
    // Without a reading, nothing is known.
    let unreadable = entries(vec![counter("ops", Reading::Unreadable("NOPERM".into()), at)], 200);
    assert!(!unreadable.contains("silent"), "{unreadable}");
    let of_ops = |state| Entry::Link(Link { state, reason: None, channel: Some(channel("ops")), server: None, at });
    let denied = entries(vec![of_ops(LinkState::Denied)], 200);
    assert!(!denied.contains("silent"), "{denied}");
    for state in [LinkState::Disconnected, LinkState::Stale] {
        let row = entries(vec![link(state)], 200);
        assert!(!row.contains("silent"), "{state:?}: {row}");
    }
    // The counter has the same value as before the disconnection, so nothing was published in between.
    let again = entries(vec![link(LinkState::Disconnected), link(LinkState::Connected)], 70);
    assert!(again.contains("silent ≥70s"), "{again}");
}

#[test]
fn a_silence_that_begins_with_a_message_has_no_lower_bound() {
    let mut state = counted((120, 40), &["ops".to_owned()]);
    let setup = state.setup.clone();
    let later = |state: &mut State, entries: Vec<Entry>| {
        let mut interval = Interval::default();
        for entry in entries {
            interval.push(entry);
        }
        message(&mut interval, &setup, "ops", "evt", "1", 3);
        interval.push(counter("ops", Reading::Value(3), START + SECOND));
        take(state, interval);
    };
    later(&mut state, Vec::new());
    let row = ops_after(&mut state, 70);
    assert!(row.contains("silent 70s"), "{row}");
    // A gap before the message.
    later(&mut state, vec![gap("ops", 1, 2)]);
    let row = ops_after(&mut state, 70);
    assert!(row.contains("silent") && !row.contains("≥"), "{row}");
    // A gap after it.
    let mut interval = Interval::default();
    message(&mut interval, &setup, "ops", "evt", "1", 4);
    interval.push(gap("ops", 5, 6));
    take(&mut state, interval);
    press(&mut state, "1 :wider :wider :wider :wider :wider");
    let row = ops_after(&mut state, 80);
    assert!(row.contains("silent ≥80s"), "{row}");
}

#[test]
fn silence_without_messages_is_visible_at_every_width() {
    for counter in [1_u64, 100_000, 10_000_000] {
        for width in 80..=260 {
            let mut state = counted((width, 40), &["ops".to_owned(), "billing:eu-central:orders".to_owned()]);
            for channel in &mut state.channels.list {
                (channel.reading, channel.gaps, channel.rejected) = (Some(Reading::Value(counter)), 1, 1);
            }
            let row = ops_after(&mut state, 360);
            assert!(row.contains("silent"), "{width}: {row}");
        }
    }
    // As many as fit, and the number of the others.
    let names: Vec<String> = (1..=9).map(|number| format!("channel-{number}")).collect();
    let mut state = counted((80, 24), &names);
    update(&mut state, Event::Clock(START + 70 * SECOND));
    state.channels.refresh();
    let line = text(&state, Area::Pane(Pane::Channels));
    assert!(line.contains("silent ≥70s") && line.trim_end().ends_with(" silent ›"), "{line}");
}

#[test]
fn a_folded_group_shows_its_silent_channels() {
    let mut state = traffic((120, 60));
    let mut interval = Interval::default();
    interval.push(link(LinkState::Connected));
    take(&mut state, interval);
    update(&mut state, Event::Clock(START + 360 * SECOND));
    press(&mut state, "1 j j j h");
    let pane = text(&state, Area::Pane(Pane::Channels));
    assert!(pane.contains("20 silent"), "{pane}");
    let mut state = counted((120, 60), &channels());
    update(&mut state, Event::Clock(START + 360 * SECOND));
    press(&mut state, "1 j h");
    let pane = text(&state, Area::Pane(Pane::Channels));
    assert!(pane.contains("20 silent"), "without messages: {pane}");
}
