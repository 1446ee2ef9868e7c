//! Properties that hold after any events in any order.

use super::*;
use aircheck::console::app::background::has_work;
use aircheck::console::app::scrollback::Row;
use aircheck::console::keymap::key::Key;
use aircheck::console::keymap::table::TABLE;
use aircheck::console::panes::compose::history::HistoryEntry;
use aircheck::console::popups::series::SeriesEnd;
use aircheck::filter::jq_worker::Answer;
use proptest::prelude::*;

/// All keys of the table.
fn keys() -> Vec<Key> {
    TABLE.iter().flat_map(|binding| binding.keys).copied().collect()
}

/// Something that may happen, in any order.
fn event() -> impl Strategy<Value = Vec<Event>> {
    prop_oneof![
        4 => proptest::sample::select(keys()).prop_map(|key| vec![Event::Key(key.event())]),
        1 => proptest::sample::select(TABLE).prop_map(|binding| {
            let name = Event::Paste(binding.action.name());
            vec![Event::Key(by_name(":")), name, Event::Key(by_name("Enter"))]
        }),
        1 => "[a-z0-9{\\[\":]".prop_map(|text| vec![Event::Key(by_name(&text))]),
        3 => proptest::collection::vec((0u8..8, 0u64..12), 0..40).prop_map(|entries| vec![Event::Interval(interval(&entries))]),
        2 => (any::<bool>(), 0u16..320, 0u16..110, 0u8..5).prop_map(|(_, column, row, kind)| {
            let kind = match kind {
                0 => MouseEventKind::Down(MouseButton::Left),
                1 => MouseEventKind::ScrollUp,
                2 | 3 => MouseEventKind::Drag(MouseButton::Left),
                _ => MouseEventKind::ScrollDown,
            };
            vec![Event::Mouse(MouseEvent { kind, column, row, modifiers: KeyModifiers::NONE })]
        }),
        1 => (0u16..300, 0u16..100).prop_map(|(columns, rows)| vec![Event::Resize(columns, rows)]),
        1 => (-5_000_000i64..100_000_000).prop_map(|later| vec![Event::Clock(START + later)]),
        1 => any::<String>().prop_map(|text| vec![Event::Paste(text)]),
        2 => proptest::sample::select(FILTERS).prop_map(typed_filter),
        1 => proptest::sample::select(["ops", "x", "a.*1", "missed"].as_slice()).prop_map(|text| {
            let keys = [by_name("Esc"), by_name("Esc"), by_name("/")].into_iter().map(Event::Key);
            keys.chain([Event::Paste(text.to_owned())]).collect()
        }),
        4 => Just(vec![Event::Work]),
        2 => (0u64..6, proptest::collection::vec((0u64..200, 0u8..3), 0..30), any::<bool>()).prop_map(
            |(id, answers, stopped)| {
                let answers = answers.into_iter().map(|(row_id, kind)| (row_id, match kind {
                    0 => Answer::Yes,
                    1 => Answer::No,
                    _ => Answer::Failed("no".to_owned()),
                }));
                vec![Event::Answered { id, answers: answers.collect(), stopped: stopped.then(|| "slow".to_owned()) }]
            }),
        1 => (0u64..4, any::<bool>()).prop_map(|(id, ok)| {
            let result = if ok { Ok((1, 1)) } else { Err("no".to_owned()) };
            vec![Event::Published { id, result, at: START }]
        }),
        1 => (0u64..12, any::<bool>()).prop_map(|(sent, ended)| {
            let end = ended.then_some(SeriesEnd::Stopped);
            vec![Event::Series { sent, last: Some((1, sent)), end, at: START }]
        }),
        1 => any::<String>().prop_map(|text| vec![Event::Edited(Ok(text))]),
        1 => proptest::collection::vec(any::<String>(), 0..3).prop_map(|texts| {
            let kept = texts.into_iter().map(|text| HistoryEntry {
                at: START, channel: text.clone(), name: text.clone(), data: text.clone(), key: Some(text), sequence: 1, receivers: 0,
            });
            vec![Event::History(Ok(kept.collect()))]
        }),
        1 => proptest::collection::vec("[a-c*]{1,3}", 0..5).prop_map(|names| {
            let found = names.iter().map(|name| DiscoveredChannel {
                channel: channel(name), counter: Reading::Value(1), subscribers: None,
            });
            vec![Event::Discovered(Ok(found.collect()))]
        }),
    ]
}

const FILTERS: &[&str] = &[
    "name:evt",
    "channel:ops | .a",
    "-verdict:rejected",
    "kind:duplicate",
    "seq:3..5 | .a[0] == 1",
    "text~x",
    "",
    "nam",
];

/// The filter is typed, whatever was there before.
fn typed_filter(text: &'static str) -> Vec<Event> {
    let keys = ["Esc", "Esc", "2", "f", "End", "Ctrl-U"].map(|key| Event::Key(by_name(key)));
    keys.into_iter().chain([Event::Paste(text.to_owned()), Event::Key(by_name("Enter"))]).collect()
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
    assert_eq!(totals.received + findings_and_links, messages.rows.len() as u64 + totals.trimmed);
    assert_eq!(messages.next_row_id(), totals.received + findings_and_links);
    let by_channel: u64 = state.channels.list.iter().map(|channel| channel.received).sum();
    assert_eq!(by_channel + state.channels.others, totals.received);
    assert!(messages.rows.len() <= state.setup.max_rows);
    let mut intervals: Vec<_> = messages.rows.iter().map(|row| &row.interval).collect();
    intervals.dedup_by(|a, b| Arc::ptr_eq(a, b));
    assert_eq!(messages.bytes, intervals.iter().map(|interval| interval.size()).sum::<usize>());
    assert!(messages.bytes <= state.setup.max_bytes || intervals.len() == 1);
    assert_eq!(messages.cursor.is_some(), messages.shown_len() > 0);
    assert!(messages.cursor.is_none_or(|row_id| messages.is_shown(row_id)));
    if messages.follow {
        assert_eq!(messages.cursor, messages.shown_len().checked_sub(1).and_then(|last| messages.shown_row_id(last)));
        assert_eq!(messages.unseen, 0);
    }
    assert!(messages.unseen <= messages.listed_len() as u64);
    let seen = window(state);
    let height = Layout::for_state(state).entries(Pane::Messages);
    assert_eq!(seen.len(), height.min(messages.shown_len()));
    assert!(height == 0 || messages.cursor.is_none_or(|row_id| seen.contains(&row_id)));
    assert!(state.channels.position.cursor < state.channels.lines().len());
    check_copies(state);
    check_filter_and_search(state);
    assert!(state.detail.pinned.is_some() || state.detail.row_id == state.selected_row_id());
    let detail = &state.detail;
    assert!(detail.position.cursor < detail.lines.total().max(1));
    assert!(detail.find.at < detail.find.hits.len().max(1));
    assert!(state.findings.list.position.cursor < state.findings.list.len().max(1));
    assert!(state.rejections.list.position.cursor < state.rejections.list.len().max(1));
    assert!(messages.bookmarks.iter().all(|row_id| messages.row(*row_id).is_some()));
    if let Some(preview) = &state.compose.preview {
        let hex = preview.split(['|', ':']).any(|part| part.len() == 64 && part.bytes().all(|b| b.is_ascii_hexdigit()));
        assert!(!hex, "the preview shows an HMAC: {preview}");
    }
}

/// Every listed row is shown, or shares exactly one row that is shown: an earlier copy on its channel.
fn check_copies(state: &State) {
    let messages = &state.messages;
    let shown: Vec<u64> = (0..messages.shown_len()).filter_map(|index| messages.shown_row_id(index)).collect();
    assert!(shown.is_sorted_by(|a, b| a < b));
    assert!(shown.iter().all(|row_id| messages.is_shown(*row_id)));
    let mut listed = shown.clone();
    for row_id in shown {
        let text =
            |row: &Row| (row.channel().cloned(), row.message().map(|message| row.interval.payload(message).to_vec()));
        for copy in messages.copies.sharing(row_id).into_iter().flatten() {
            assert_eq!(text(messages.row(*copy).unwrap()), text(messages.row(row_id).unwrap()));
            assert!(row_id < *copy && messages.copies.row_of(*copy) == row_id);
            listed.push(*copy);
        }
    }
    listed.sort_unstable();
    assert_eq!(listed, messages.listed_serials().collect::<Vec<_>>());
    assert!(listed.first().is_none_or(|first| *first >= messages.cleared));
}

fn check_filter_and_search(state: &State) {
    let (messages, filtering) = (&state.messages, &state.filtering);
    let listed: Vec<u64> = messages.listed_serials().collect();
    if filtering.filter.is_some() {
        assert!(
            listed
                .iter()
                .all(|row_id| filtering.scan_range.seen().contains(row_id) && !filtering.hidden.contains(row_id))
        );
        assert!(filtering.hidden.iter().all(|row_id| messages.row(*row_id).is_some()));
        let known = filtering.jq.waiting.iter().chain(filtering.jq.failed.keys());
        assert!(known.into_iter().all(|row_id| messages.is_listed(*row_id)));
        assert!(filtering.jq.queue.iter().all(|row_id| filtering.jq.waiting.contains(row_id)));
        let picks = state.channels.picked.is_empty();
        if picks && filtering.scan_range.ahead(&messages.row_ids()).is_none() {
            assert_eq!(listed.len() + filtering.hidden.len(), messages.row_ids().count());
        }
    }
    if let Some(search) = &state.search {
        let hits: Vec<u64> = search.hits.iter().copied().collect();
        assert!(hits.is_sorted_by(|a, b| a < b));
        assert!(hits.iter().all(|row_id| messages.is_listed(*row_id)));
        if !has_work(state) && filtering.jq.waiting.is_empty() {
            for row_id in listed {
                let Some(Entry::Message(message)) = messages.row(row_id).map(Row::entry) else { continue };
                let interval = &messages.row(row_id).unwrap().interval;
                let (payload, channel) = (interval.payload(message), interval.channel(message));
                let found = search.needle.is_in(payload) || search.needle.is_in(channel.as_bytes());
                assert_eq!(search.is_hit(row_id), found, "{:?}", search.needle);
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, ..ProptestConfig::default() })]

    #[test]
    fn counts_are_consistent_after_any_events(
        batches in proptest::collection::vec(event(), 1..120),
        max_rows in 1usize..200,
        max_bytes in 1usize..40_000,
        confirm in any::<bool>(),
    ) {
        let mut state = empty(Setup { max_rows, max_bytes, confirm, ..setup() });
        let mut others = 0;
        for batch in batches {
            for event in batch {
                if let Event::Interval(interval) = &event {
                    others += interval.entries().iter().filter(|entry| matches!(entry, Entry::Finding(_) | Entry::Link(_))).count();
                }
                for effect in update(&mut state, event) {
                    assert!(!matches!(&effect, Effect::Subscribe(names) | Effect::Unsubscribe(names) if names.is_empty()));
                }
            }
            // As the console does: once for all events that are there.
            prepare(&mut state);
            check(&state, others as u64);
        }
    }
}
