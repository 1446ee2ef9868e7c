//! What an interval changes.

use aircheck::console::panes::channels::expected::Unmet;
use aircheck::ledger::expectation::{ExpectationState, ExpectationStatus};

use super::*;

#[test]
fn everything_is_counted_once() {
    let state = lively();
    let totals = state.totals;
    assert_eq!((totals.received, totals.findings.gaps, totals.findings.missed, totals.rejected), (8, 1, 3, 1));
    assert_eq!(totals.findings.inexact, 0);
    let ops = &state.channels.list[0];
    assert_eq!((ops.received, ops.gaps, ops.rejected), (7, 1, 1));
    assert_eq!(ops.reading, Some(Reading::Value(10)));
    assert_eq!(state.channels.list[1].received, 1);
    assert_eq!(state.messages.rows.len(), 10);
    assert_eq!(state.findings.list.iter().next().unwrap().row_id, GAP_ROW);
    let rejected = state.rejections.list.iter().next().unwrap();
    assert_eq!((rejected.row_id, rejected.name.as_slice()), (REJECTED_ROW, b"bad".as_slice()));
    assert_eq!(rejected.key_name.as_deref(), Some(b"default".as_slice()));
    assert_eq!(state.rejections.by_rejection["signature_mismatch"], 1);
    assert_eq!(state.link.round_trip, Some(400));
}

#[test]
fn the_scrollback_is_trimmed_by_count_and_the_selection_moves() {
    let setup = Setup { max_rows: 100, ..setup() };
    let mut state = empty(setup.clone());
    take(&mut state, messages(&setup, 100));
    press(&mut state, "g :bookmark");
    for _ in 0..9 {
        take(&mut state, messages(&setup, 100));
    }
    assert_eq!((state.messages.rows.len(), state.messages.first_row_id, state.totals.trimmed), (100, 900, 900));
    assert_eq!(state.messages.cursor, Some(900));
    assert!(state.messages.bookmarks.is_empty());
    assert!(state.messages.row(899).is_none() && state.messages.row(1000).is_none());
    assert!(matches!(state.messages.row(999).unwrap().message().unwrap().sequence, Sequence::Exact(100)));
    assert_eq!(window(&state)[0], 900);
}

#[test]
fn the_scrollback_is_trimmed_by_bytes_but_keeps_the_newest_interval() {
    let setup = Setup { max_bytes: 50_000, ..setup() };
    let mut state = empty(setup.clone());
    for sequence in 1..=20 {
        let mut interval = Interval::default();
        raw_message(&mut interval, &setup, "ops", &vec![b'x'; 10_000], sequence);
        take(&mut state, interval);
        assert!(state.messages.bytes <= 50_000);
    }
    assert_eq!(state.messages.rows.len() as u64 + state.totals.trimmed, 20);
    assert!(state.messages.rows.len() >= 4);
    let mut interval = Interval::default();
    raw_message(&mut interval, &setup, "ops", &vec![b'x'; 90_000], 21);
    take(&mut state, interval);
    assert_eq!((state.messages.rows.len(), state.totals.trimmed), (1, 20));
}

#[test]
fn lists_and_channels_are_bounded_and_the_rest_is_counted() {
    let setup = Setup { channels: vec!["ops".to_owned()], max_rows: 5, ..setup() };
    let mut state = empty(setup.clone());
    let mut interval = Interval::default();
    let added = MAX_CHANNELS as u64 + 1;
    for index in 0..added {
        interval.push(gap("ops", index, index));
        raw_message(&mut interval, &setup, &format!("c{index}"), b"x:wrong:", 1);
    }
    take(&mut state, interval);
    let findings = &state.findings.list;
    // Three gaps are lines of their own. The rest is a group.
    assert_eq!((findings.len(), findings.trimmed), (4, added - (MAX_IN_GROUP as u64 + 3)));
    let rejections = &state.rejections.list;
    assert_eq!((rejections.len(), rejections.trimmed), (MAX_LISTED, added - MAX_LISTED as u64));
    assert_eq!((findings.position.cursor, rejections.position.cursor), (3, MAX_LISTED - 1));
    assert_eq!((state.channels.list.len(), state.channels.others), (MAX_CHANNELS, added - (MAX_CHANNELS as u64 - 1)));
    assert_eq!(state.totals.findings.gaps, added);
    press(&mut state, "3 g Enter");
    assert_eq!(notice(&state), "its row was trimmed from the scrollback");
}

#[test]
fn unknown_counts_are_not_zero() {
    let reset = Entry::from(Finding {
        kind: FindingKind::CounterReset,
        channel: channel("ops"),
        sequence_from: Some(9),
        sequence_to: None,
        count: None,
        at: START,
        cause: Cause::Reset { before: 9, after: None },
    });
    let unreadable = Entry::Counter {
        channel: channel("ops"),
        reading: Reading::Unreadable("NOPERM".into()),
        server: None,
        at: START,
    };
    for (entry, others) in [(reset, 1), (unreadable, 0)] {
        let mut state = empty(setup());
        let mut interval = Interval::default();
        interval.push(entry);
        take(&mut state, interval);
        assert!(screen(&state).lines().next().unwrap().contains("0 gaps ? missed"));
        assert_eq!((state.totals.findings.gaps, state.totals.findings.others), (0, others));
    }
}

#[test]
fn a_number_that_was_counted_without_a_message_is_a_gap_but_not_missed() {
    let mut state = empty(setup());
    let mut interval = Interval::default();
    interval.push(Entry::from(Finding {
        kind: FindingKind::CountedNotReceived,
        channel: channel("ops"),
        sequence_from: Some(9),
        sequence_to: Some(9),
        count: Some(1),
        at: START,
        cause: Cause::CountMismatch { advance: 1, received: 0 },
    }));
    take(&mut state, interval);
    let totals = state.totals;
    assert_eq!(totals.findings, FindingCounts { gaps: 1, not_received: 1, ..FindingCounts::default() });
}

#[test]
fn the_link_goes_up_and_down_and_channels_are_denied() {
    let mut state = empty(setup());
    assert_eq!(state.link.phase, Phase::Connecting);
    let server = Arc::new(ServerInfo { version: "7.2".to_owned(), role: "primary".to_owned(), mode: String::new() });
    let plain = |state| Link { state, reason: None, channel: None, server: None, at: START + 5 };
    let steps = [
        (Link { server: Some(server), ..plain(LinkState::Connected) }, Phase::Live),
        (plain(LinkState::Stale), Phase::Stale),
        (plain(LinkState::Live), Phase::Live),
        (Link { reason: Some("reset".into()), ..plain(LinkState::Disconnected) }, Phase::Down),
        (
            Link { reason: Some("NOPERM".into()), channel: Some(channel("ops")), ..plain(LinkState::Denied) },
            Phase::Down,
        ),
    ];
    for (link, phase) in steps {
        let mut interval = Interval::default();
        interval.push(Entry::Link(link));
        take(&mut state, interval);
        assert_eq!(state.link.phase, phase);
    }
    assert_eq!(state.link.since, START + 5);
    assert_eq!(state.link.reason.as_deref(), Some("reset"));
    assert!(state.link.server.is_some());
    assert_eq!(state.channels.list[0].denied.as_deref(), Some("NOPERM"));
    let mut interval = Interval::default();
    interval.push(Entry::Link(Link { channel: Some(channel("ops")), ..plain(LinkState::Granted) }));
    take(&mut state, interval);
    assert_eq!(state.channels.list[0].denied, None);
}

#[test]
fn an_untracked_channel_is_not_shown_as_denied() {
    let mut state = empty(setup());
    press(&mut state, "1 :add-channel \"ops:*\" Enter");
    take(&mut state, channel_link(LinkState::TooManyChannels, "ops:*"));
    assert_eq!(state.channels.patterns[0].denied, None);
}

#[test]
fn a_channel_that_cannot_be_unsubscribed_is_shown_as_subscribed() {
    let mut state = lively();
    press(&mut state, "1 j :drop-channel");
    assert!(state.channels.list[0].unsubscribed);
    take(&mut state, channel_link(LinkState::UnsubscribeFailed, "ops"));
    assert_eq!(state.subscribed, ["billing", "ops"]);
    assert_eq!((state.channels.list[0].unsubscribed, &state.channels.list[0].denied), (false, &None));
}

fn channel_link(state: LinkState, name: &str) -> Interval {
    let mut interval = Interval::default();
    let (channel, reason) = (Some(channel(name)), Some("NOPERM".into()));
    interval.push(Entry::Link(Link { state, reason, channel, server: None, at: START }));
    interval
}

#[test]
fn the_rate_is_an_average_of_full_seconds() {
    let mut state = empty(setup());
    assert_eq!(state.rate(), None);
    for second in 0..4 {
        update(&mut state, Event::Clock(START + second * SECOND));
        let mut interval = Interval::default();
        for _ in 0..10 {
            let at = START + second * SECOND;
            interval.push_message(b"x", at, channel("ops"), Sequence::Exact(1), Verdict::Unsigned, None, None);
        }
        take(&mut state, interval);
        assert_eq!(state.rate(), (second >= 2).then_some(10.0), "after {second} seconds");
    }
    assert_eq!(state.channels.list[0].per_second.counts(), &[10, 10, 10, 10]);
    assert_eq!(state.channels.list[0].age(START + 4 * SECOND), Some(1_000_000));
    update(&mut state, Event::Clock(START + 6 * SECOND));
    assert_eq!(state.channels.list[0].per_second.counts(), &[10, 10, 10, 10, 0, 0, 0]);
    assert_eq!(state.rate(), Some(6.0));
    update(&mut state, Event::Clock(START + 600 * SECOND));
    assert_eq!((state.rate(), state.per_second.counts().len()), (Some(0.0), 60));
    update(&mut state, Event::Clock(START));
    assert_eq!(state.rate(), Some(0.0));
}

#[test]
fn no_row_is_new_while_the_newest_one_is_visible() {
    let setup = setup();
    for wrap in ["", "w "] {
        let mut state = empty(setup.clone());
        take(&mut state, messages(&setup, 100));
        press(&mut state, &format!("{wrap}Space"));
        take(&mut state, messages(&setup, 2));
        press(&mut state, "j");
        assert_eq!((window(&state).last(), state.messages.unseen), (Some(&100), 2), "{wrap}");
        press(&mut state, "j");
        assert_eq!((window(&state).last(), state.messages.unseen), (Some(&101), 0), "{wrap}");
        assert!(!state.messages.follow);
        take(&mut state, messages(&setup, 1));
        assert_eq!(state.messages.unseen, 1, "{wrap}");
    }
}

#[test]
fn a_paused_view_does_not_move_when_rows_arrive() {
    let setup = setup();
    let mut state = empty(setup.clone());
    take(&mut state, messages(&setup, 100));
    press(&mut state, "Space");
    let seen = window(&state);
    assert_eq!(seen.last(), Some(&99));
    take(&mut state, messages(&setup, 30));
    assert_eq!((window(&state), state.messages.unseen, state.messages.cursor), (seen, 30, Some(99)));
    press(&mut state, "Space");
    assert_eq!((window(&state).last(), state.messages.unseen), (Some(&129), 0));
}

#[test]
fn only_the_picked_channels_are_shown() {
    let setup = setup();
    let mut state = lively();
    press(&mut state, "1 j j Enter");
    assert_eq!(window(&state), [0, LAST_ROW]);
    let mut interval = messages(&setup, 5);
    message(&mut interval, &setup, "billing", "paid", "", 2);
    interval.push(gap("ops", 20, 21));
    take(&mut state, interval);
    assert_eq!(window(&state), [0, LAST_ROW, LAST_ROW + 6]);
    press(&mut state, "a");
    assert_eq!(state.messages.shown_len(), 17);
}

#[test]
fn previous_finding_starts_with_the_newest_row() {
    let mut state = lively();
    let mut interval = Interval::default();
    interval.push(gap("ops", 20, 21));
    take(&mut state, interval);
    press(&mut state, "[");
    assert_eq!((state.messages.cursor, state.messages.follow), (Some(LAST_ROW + 1), false));
}

#[test]
fn the_cursor_of_findings_stays_on_its_entry() {
    let mut state = lively();
    let more = || {
        let mut interval = Interval::default();
        interval.push(gap("ops", 20, 21));
        interval
    };
    take(&mut state, more());
    assert_eq!(state.findings.list.position.cursor, 1);
    press(&mut state, "3");
    take(&mut state, more());
    assert_eq!((state.findings.list.position.cursor, state.findings.list.len()), (1, 3));
}

#[test]
fn the_state_of_expectations_is_counted() {
    let mut state = empty(setup());
    let mut stand = |channel_name: &str, title: &str, now: ExpectationState| {
        let mut interval = Interval::default();
        interval.push(Entry::Expectation(Box::new(ExpectationStatus {
            channel: channel(channel_name),
            title: title.into(),
            name: None,
            state: now,
            quiet_since: Some(START),
            quiet_micros: 0,
            is_proved: false,
            is_uncertain: false,
            counter: None,
            server: None,
            silent_since: None,
            too_many_since: None,
            at: START,
        })));
        take(&mut state, interval);
        let Unmet { silent, too_many, .. } = state.channels.unmet;
        (silent, too_many)
    };
    assert_eq!(stand("ops", "a", ExpectationState::Silent), (1, 0));
    assert_eq!(stand("ops", "a", ExpectationState::Silent), (1, 0), "the same one again");
    assert_eq!(stand("ops", "b", ExpectationState::TooMany), (1, 1));
    assert_eq!(stand("billing", "a", ExpectationState::Silent), (2, 1));
    assert_eq!(stand("ops", "a", ExpectationState::Unknown), (1, 1));
    assert_eq!(stand("ops", "b", ExpectationState::Met), (1, 0));
    let ops = &state.channels.list[state.channels.find(&channel("ops")).unwrap()];
    assert!(!ops.is_unmet());
}

#[test]
fn a_silence_is_not_counted_again_as_another_finding() {
    let status = |state| {
        Entry::Expectation(Box::new(ExpectationStatus {
            channel: channel("ops"),
            title: "heartbeat".into(),
            name: None,
            state,
            quiet_since: Some(START),
            quiet_micros: 0,
            is_proved: false,
            is_uncertain: false,
            counter: None,
            server: None,
            silent_since: None,
            too_many_since: None,
            at: START,
        }))
    };
    let finding = |kind| {
        Entry::from(Finding {
            kind,
            channel: channel("ops"),
            sequence_from: None,
            sequence_to: None,
            count: None,
            at: START,
            cause: Cause::Expectation {
                expectation: "heartbeat".into(),
                expected: "at least 1/5m".into(),
                since: START,
                duration_micros: 0,
                is_proved: false,
            },
        })
    };
    let mut state = empty(setup());
    let header = |state: &mut State, entries: [Entry; 2]| {
        let mut interval = Interval::default();
        for entry in entries {
            interval.push(entry);
        }
        take(state, interval);
        let area = ratatui::layout::Rect::new(0, 0, 120, 30);
        let mut buffer = ratatui::buffer::Buffer::empty(area);
        aircheck::console::app::view::draw_into(&mut buffer, state, &aircheck::console::ui::theme::PLAIN);
        let header: String = (0..120).map(|x| buffer[(x, 0)].symbol()).collect();
        (header.contains("1 silent"), header.contains(" other"), state.channels.list[0].further_findings())
    };
    assert_eq!(header(&mut state, [finding(FindingKind::Silent), status(ExpectationState::Silent)]), (true, false, 0));
    assert_eq!(header(&mut state, [finding(FindingKind::Resumed), status(ExpectationState::Met)]), (false, true, 2));
    // An acknowledged silence does not hide another finding.
    let entries = [finding(FindingKind::Silent), status(ExpectationState::Silent)];
    assert_eq!(header(&mut state, entries), (true, true, 2));
    press(&mut state, "3 g A Enter");
    assert_eq!((state.open_others(), state.channels.list[0].further_findings()), (1, 1));
    press(&mut state, "A");
    assert_eq!((state.open_others(), state.channels.list[0].further_findings()), (3, 2));
    // A silence that an earlier run found is not among the findings.
    assert_eq!(
        header(&mut state, [status(ExpectationState::Unknown), status(ExpectationState::Silent)]),
        (true, true, 2)
    );
}
