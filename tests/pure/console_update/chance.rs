//! Whatever happens, in any order.

use super::*;
use proptest::prelude::*;

/// Something that may happen, in any order.
fn event() -> impl Strategy<Value = Vec<Event>> {
    prop_oneof![
        4 => proptest::sample::select(aircheck::console::keymap::TABLE)
            .prop_flat_map(|binding| proptest::sample::select(binding.keys))
            .prop_map(|key| vec![Event::Key(key.event())]),
        1 => "[a-z0-9{\\[\":]".prop_map(|text| vec![Event::Key(by_name(&text))]),
        3 => proptest::collection::vec((0u8..8, 0u64..12), 0..40).prop_map(|entries| vec![Event::Interval(interval(&entries))]),
        2 => (any::<bool>(), 0u16..320, 0u16..110, 0u8..3).prop_map(|(_, column, row, kind)| {
            let kind = match kind {
                0 => MouseEventKind::Down(MouseButton::Left),
                1 => MouseEventKind::ScrollUp,
                _ => MouseEventKind::ScrollDown,
            };
            vec![Event::Mouse(MouseEvent { kind, column, row, modifiers: KeyModifiers::NONE })]
        }),
        1 => (0u16..300, 0u16..100).prop_map(|(columns, rows)| vec![Event::Resize(columns, rows)]),
        1 => (-5_000_000i64..100_000_000).prop_map(|later| vec![Event::Clock(START + later)]),
        1 => any::<String>().prop_map(|text| vec![Event::Paste(text)]),
        1 => (0u64..4, any::<bool>()).prop_map(|(id, ok)| {
            let result = if ok { Ok((1, 1)) } else { Err("no".to_owned()) };
            vec![Event::Published { id, result, at: START }]
        }),
        1 => proptest::collection::vec("[a-c*]{1,3}", 0..5).prop_map(|names| {
            let found = names.iter().map(|name| DiscoveredChannel {
                channel: channel(name), counter: Reading::Value(1), subscribers: None,
            });
            vec![Event::Discovered(Ok(found.collect()))]
        }),
    ]
}

fn interval(entries: &[(u8, u64)]) -> Arc<Interval> {
    let setup = setup();
    let mut interval = Interval::default();
    for (kind, number) in entries {
        let on = ["ops", "billing", "a", "b"][usize::try_from(*number).unwrap() % 4];
        match kind {
            0 => interval.push(gap(on, *number, number + 2)),
            1 => interval.push(link(if number % 2 == 0 { LinkState::Connected } else { LinkState::Disconnected })),
            2 => interval.push(Entry::Barrier { round_trip: *number, at: START }),
            3 => raw_message(&mut interval, &setup, on, b"forged:sha256|default|1|00:[{}]", *number),
            4 => raw_message(&mut interval, &setup, on, &vec![b'x'; 500], *number),
            _ => message(&mut interval, &setup, on, "evt", r#"{"a":[1]}"#, *number),
        }
    }
    Arc::new(interval)
}

fn check(state: &State, findings_and_links: u64) {
    let totals = state.totals;
    let messages = &state.messages;
    assert_eq!(totals.received + findings_and_links, messages.rows.len() as u64 + totals.evicted);
    assert_eq!(messages.next_serial(), totals.received + findings_and_links);
    let by_channel: u64 = state.channels.list.iter().map(|channel| channel.received).sum();
    assert_eq!(by_channel + state.channels.others, totals.received);
    assert!(messages.rows.len() <= state.setup.max_rows);
    let mut intervals: Vec<_> = messages.rows.iter().map(|row| &row.interval).collect();
    intervals.dedup_by(|a, b| Arc::ptr_eq(a, b));
    assert_eq!(messages.bytes, intervals.iter().map(|interval| interval.size()).sum::<usize>());
    assert!(messages.bytes <= state.setup.max_bytes || intervals.len() == 1);
    assert_eq!(messages.cursor.is_some(), messages.shown_len() > 0);
    assert!(messages.cursor.is_none_or(|serial| messages.is_shown(serial)));
    if messages.follow {
        assert_eq!(messages.cursor, messages.shown_len().checked_sub(1).and_then(|last| messages.shown_serial(last)));
        assert_eq!(messages.unseen, 0);
    }
    assert!(messages.unseen <= messages.shown_len() as u64);
    let seen = window(state);
    let height = Layout::for_state(state).entries(Pane::Messages);
    assert_eq!(seen.len(), height.min(messages.shown_len()));
    assert!(height == 0 || messages.cursor.is_none_or(|serial| seen.contains(&serial)));
    assert_eq!(state.detail.serial, messages.cursor);
    assert!(state.channels.cursor < state.channels.lines().len());
    assert!(state.gaps.cursor < state.gaps.list.len().max(1));
    assert!(state.refusals.cursor < state.refusals.list.len().max(1));
    assert!(messages.bookmarks.iter().all(|serial| messages.row(*serial).is_some()));
    if let Some(preview) = &state.compose.preview {
        let hex = preview.split(['|', ':']).any(|part| part.len() == 64 && part.bytes().all(|b| b.is_ascii_hexdigit()));
        assert!(!hex, "the preview shows an HMAC: {preview}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, ..ProptestConfig::default() })]

    #[test]
    fn whatever_happens_the_books_balance(
        batches in proptest::collection::vec(event(), 1..120),
        max_rows in 1usize..200,
        max_bytes in 1usize..40_000,
        confirm in any::<bool>(),
    ) {
        let mut state = empty(Setup { max_rows, max_bytes, confirm, ..setup() });
        let mut others = 0;
        for event in batches.into_iter().flatten() {
            if let Event::Interval(interval) = &event {
                others += interval.entries().iter().filter(|entry| matches!(entry, Entry::Finding(_) | Entry::Link(_))).count();
            }
            for effect in update(&mut state, event) {
                assert!(!matches!(&effect, Effect::Subscribe(names) | Effect::Unsubscribe(names) if names.is_empty()));
            }
            prepare(&mut state);
            check(&state, others as u64);
        }
    }
}
