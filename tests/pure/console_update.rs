//! How one state follows from another.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::sync::Arc;

use aircheck::console::action::{DiscoveredChannel, Effect, Event};
use aircheck::console::layout::Layout;
use aircheck::console::state::channels::MAX_CHANNELS;
use aircheck::console::state::findings::MAX_LISTED;
use aircheck::console::state::link::Phase;
use aircheck::console::state::{Pane, Popup, Setup, State};
use aircheck::console::update::{prepare, update};
use aircheck::ledger::finding::{Cause, Finding, FindingKind};
use aircheck::ledger::interval::{Entry, Interval, Link, LinkState, Server};
use aircheck::ledger::sequence::{Reading, Sequence};
use aircheck::wire::signature::{Keyring, KeyringSettings, SignWith};
use aircheck::wire::verdict::{CheckKind, CheckOutcome, Verdict};
use crossterm::event::{KeyModifiers, MouseButton, MouseEvent, MouseEventKind};

use crate::console_fixture::{
    GAP_ROW, LAST_ROW, REFUSED_ROW, SECOND, START, by_name, channel, empty, gap, link, lively, lively_with, message,
    press, raw_message, setup, take,
};

/// An interval of so many messages on ops.
fn messages(setup: &Setup, count: u64) -> Interval {
    let mut interval = Interval::default();
    for sequence in 1..=count {
        raw_message(&mut interval, setup, "ops", b"evt::", sequence);
    }
    interval
}

fn window(state: &State) -> Vec<u64> {
    let height = Layout::for_state(state).entries(Pane::Messages);
    state.messages.window(height).map(|(serial, _, _)| serial).collect()
}

fn notice(state: &State) -> &str {
    state.notice.as_ref().map_or("", |notice| &notice.text)
}

mod intake {
    use super::*;

    #[test]
    fn everything_is_counted_once() {
        let state = lively();
        let totals = state.totals;
        assert_eq!((totals.received, totals.gaps, totals.missed, totals.refused), (8, 1, 3, 1));
        assert!(!totals.missed_unknown);
        let ops = &state.channels.list[0];
        assert_eq!((ops.received, ops.gaps, ops.missed, ops.refused), (7, 1, 3, 1));
        assert_eq!(ops.reading, Some(Reading::Value(10)));
        assert_eq!(state.channels.list[1].received, 1);
        assert_eq!(state.messages.rows.len(), 10);
        assert_eq!(state.gaps.list[0].serial, GAP_ROW);
        let refused = &state.refusals.list[0];
        assert_eq!((refused.serial, refused.name.as_slice()), (REFUSED_ROW, b"bad".as_slice()));
        assert_eq!(refused.key_name.as_deref(), Some(b"default".as_slice()));
        assert_eq!(state.refusals.by_reason["signature_mismatch"], 1);
        assert_eq!(state.link.round_trip, Some(400));
    }

    #[test]
    fn the_oldest_rows_leave_by_count_and_the_selection_with_them() {
        let setup = Setup { max_rows: 100, ..setup() };
        let mut state = empty(setup.clone());
        take(&mut state, messages(&setup, 100));
        press(&mut state, "g m");
        for _ in 0..9 {
            take(&mut state, messages(&setup, 100));
        }
        assert_eq!((state.messages.rows.len(), state.messages.first_serial, state.totals.evicted), (100, 900, 900));
        assert_eq!(state.messages.cursor, Some(900));
        assert!(state.messages.bookmarks.is_empty());
        assert!(state.messages.row(899).is_none() && state.messages.row(1000).is_none());
        assert!(matches!(state.messages.row(999).unwrap().message().unwrap().sequence, Sequence::Exact(100)));
        assert_eq!(window(&state)[0], 900);
    }

    #[test]
    fn the_oldest_rows_leave_by_bytes_but_the_newest_interval_stays() {
        let setup = Setup { max_bytes: 50_000, ..setup() };
        let mut state = empty(setup.clone());
        for sequence in 1..=20 {
            let mut interval = Interval::default();
            raw_message(&mut interval, &setup, "ops", &[b'x'; 10_000], sequence);
            take(&mut state, interval);
            assert!(state.messages.bytes <= 50_000);
        }
        assert_eq!(state.messages.rows.len() as u64 + state.totals.evicted, 20);
        assert!(state.messages.rows.len() >= 4);
        let mut interval = Interval::default();
        raw_message(&mut interval, &setup, "ops", &[b'x'; 90_000], 21);
        take(&mut state, interval);
        assert_eq!((state.messages.rows.len(), state.totals.evicted), (1, 20));
    }

    #[test]
    fn lists_and_channels_are_bounded_and_the_rest_is_counted() {
        let setup = Setup { channels: vec!["ops".to_owned()], max_rows: 5, ..setup() };
        let mut state = empty(setup.clone());
        let mut interval = Interval::default();
        for index in 0..=MAX_LISTED as u64 {
            interval.push(gap("ops", index, index));
            raw_message(&mut interval, &setup, &format!("c{index}"), b"x:wrong:", 1);
        }
        take(&mut state, interval);
        assert_eq!((state.gaps.list.len(), state.gaps.evicted), (MAX_LISTED, 1));
        assert_eq!((state.refusals.list.len(), state.refusals.evicted), (MAX_LISTED, 1));
        assert_eq!(state.gaps.cursor, MAX_LISTED - 1);
        assert_eq!(state.channels.list.len(), MAX_CHANNELS);
        assert_eq!(state.channels.others, MAX_LISTED as u64 + 1 - (MAX_CHANNELS as u64 - 1));
        assert_eq!(state.totals.gaps, MAX_LISTED as u64 + 1);
        press(&mut state, "3 g Enter");
        assert_eq!(notice(&state), "its row has left the scrollback");
    }

    #[test]
    fn what_cannot_be_known_is_not_zero() {
        let reset = Entry::Finding(Finding {
            kind: FindingKind::CounterReset,
            channel: channel("ops"),
            from: Some(9),
            to: None,
            count: None,
            at: START,
            cause: Cause::Reset { before: 9, after: None },
        });
        let unreadable =
            Entry::Counter { channel: channel("ops"), reading: Reading::Unreadable("NOPERM".into()), at: START };
        for (entry, others) in [(reset, 1), (unreadable, 0)] {
            let mut state = empty(setup());
            let mut interval = Interval::default();
            interval.push(entry);
            take(&mut state, interval);
            assert!(state.totals.missed_unknown);
            assert_eq!((state.totals.gaps, state.totals.other_findings), (0, others));
        }
    }

    #[test]
    fn the_link_goes_up_and_down_and_channels_are_denied() {
        let mut state = empty(setup());
        assert_eq!(state.link.phase, Phase::Connecting);
        let server = Arc::new(Server { version: "7.2".to_owned(), role: "master".to_owned(), mode: String::new() });
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
    fn the_rate_is_of_full_seconds_and_falls_when_nothing_comes() {
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
    fn a_paused_view_stands_still_while_rows_come() {
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
    fn only_the_picked_channels_are_shown_of_what_was_and_what_comes() {
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
        assert_eq!(window(&state).len(), 17);
    }

    #[test]
    fn the_findings_cursor_stays_on_its_entry_while_one_looks_at_it() {
        let mut state = lively();
        let more = || {
            let mut interval = Interval::default();
            interval.push(gap("ops", 20, 21));
            interval
        };
        take(&mut state, more());
        assert_eq!(state.gaps.cursor, 1);
        press(&mut state, "3");
        take(&mut state, more());
        assert_eq!((state.gaps.cursor, state.gaps.list.len()), (1, 3));
    }
}

mod detail {
    use super::*;

    fn json_of(data: &str) -> Vec<String> {
        let setup = Setup { keyring: Arc::new(Keyring::new(KeyringSettings::default())), ..setup() };
        let mut state = empty(setup.clone());
        let mut interval = Interval::default();
        raw_message(&mut interval, &setup, "ops", format!("evt::{data}").as_bytes(), 1);
        take(&mut state, interval);
        state.detail.json
    }

    #[test]
    fn the_failed_check_is_there() {
        let mut state = lively();
        press(&mut state, "k");
        assert_eq!(state.detail.serial, Some(REFUSED_ROW));
        let hmac = state.detail.checks.iter().find(|check| check.kind == CheckKind::Hmac).unwrap();
        assert_eq!(hmac.outcome, CheckOutcome::Failed);
        press(&mut state, "k");
        assert!(state.detail.checks.iter().all(|check| check.outcome == CheckOutcome::Passed));
        press(&mut state, "k");
        assert_eq!((state.detail.serial, state.detail.checks.len()), (Some(GAP_ROW), 0));
    }

    #[test]
    fn data_is_laid_out_in_lines() {
        let lines = json_of(r#"{"a":[1,-2.5e3, true],"b":{},"c":[ ],"caf\u00e9":"say \"hi\"\\","d":{"e":null}}"#);
        let expected = [
            "{",
            r#"  "a": ["#,
            "    1,",
            "    -2.5e3,",
            "    true",
            "  ],",
            r#"  "b": {},"#,
            r#"  "c": [],"#,
            r#"  "café": "say \"hi\"\\","#,
            r#"  "d": {"#,
            r#"    "e": null"#,
            "  }",
            "}",
        ];
        assert_eq!(lines, expected);
        assert_eq!(json_of("12"), ["12"]);
        assert_eq!(json_of(r#""a\u001b[31m""#), [r#""a\x1b[31m""#]);
        assert!(json_of("").is_empty() && json_of("{no").is_empty());
    }

    #[test]
    fn depth_length_and_lines_are_bounded() {
        let deep = json_of(&("[".repeat(500) + &"]".repeat(500)));
        assert_eq!(deep.len(), 999);
        assert!(deep.iter().all(|line| line.len() < 100));
        assert_eq!(json_of(&format!("[{}1]", "1,".repeat(5_000))).len(), 2_000);
        for (length, end) in [(20_000, "\"…"), (200_000, "…")] {
            let long = json_of(&format!(r#"["{}"]"#, "é".repeat(length)));
            assert!(long.iter().all(|line| line.len() < 5_000) && long[1].ends_with(end), "{}", long[1].len());
        }
    }

    #[test]
    fn the_selection_is_taken_apart_anew_while_following() {
        let setup = setup();
        let mut state = lively();
        let mut interval = Interval::default();
        message(&mut interval, &setup, "ops", "evt", "[7]", 11);
        take(&mut state, interval);
        assert_eq!((state.detail.serial, state.detail.json.len()), (Some(LAST_ROW + 1), 3));
    }

    #[test]
    fn scrolling_ends_at_the_last_line() {
        let mut state = lively();
        press(&mut state, "5 v v G j j j");
        assert!(state.detail.scroll < state.detail.lines.max(1));
        press(&mut state, "g");
        assert_eq!(state.detail.scroll, 0);
    }
}

mod sending {
    use super::*;

    fn publish(state: &mut State, keys: &str) -> (u64, Vec<u8>) {
        match press(state, keys).as_slice() {
            [Effect::Publish { id, payload, .. }] => (*id, payload.clone()),
            other => panic!("{other:?}: {}", notice(state)),
        }
    }

    fn answer(state: &mut State, id: u64, result: Result<(u64, u64), String>) {
        let at = state.now + 1_500;
        update(state, Event::Published { id, result, at });
    }

    #[test]
    fn the_receipt_and_the_echo_are_kept() {
        let mut state = lively();
        let (id, payload) = publish(&mut state, "c \"evt\" Ctrl-S");
        assert!(!state.compose.unsent);
        answer(&mut state, id, Ok((3, 11)));
        assert_eq!(notice(&state), "sent #11 on billing to 3 receivers in 1.5 ms");
        for _ in 0..2 {
            let mut interval = Interval::default();
            let at = state.now + 600;
            interval.push_message(&payload, at, channel("ops"), Sequence::Exact(1), Verdict::Verified, None, None);
            interval.push_message(&payload, at, channel("billing"), Sequence::Exact(11), Verdict::Verified, None, None);
            take(&mut state, interval);
        }
        let echo = state.compose.last().unwrap().echo.unwrap();
        assert_eq!((echo.latency, echo.serial, echo.sequence), (600, LAST_ROW + 2, Sequence::Exact(11)));
        assert_eq!((echo.verdict, state.compose.awaiting), (Verdict::Verified, 0));
        assert_eq!(state.compose.name_text(), "evt", "the text stays");
    }

    #[test]
    fn a_key_held_down_sends_once() {
        let mut state = lively();
        let (id, _) = publish(&mut state, "c \"evt\" Ctrl-S");
        assert_eq!(press(&mut state, "Ctrl-S"), []);
        assert_eq!(notice(&state), "the last message is still under way");
        answer(&mut state, id, Ok((1, 1)));
        for _ in 0..100 {
            let later = state.now + 30_000;
            update(&mut state, Event::Clock(later));
            assert_eq!(update(&mut state, Event::Key(by_name("Ctrl-S"))), []);
        }
        assert_eq!(publish(&mut state, "Ctrl-S").0, 2);
        answer(&mut state, 2, Ok((1, 2)));
        update(&mut state, Event::Key(by_name("x")));
        assert!(matches!(
            update(&mut state, Event::Key(by_name("Ctrl-S"))).as_slice(),
            [Effect::Publish { id: 3, .. }]
        ));
    }

    #[test]
    fn a_key_held_down_does_not_answer_the_question() {
        let mut state = lively_with(Setup { confirm: true, ..setup() });
        press(&mut state, "c \"evt\"");
        for _ in 0..100 {
            let later = state.now + 600_000;
            update(&mut state, Event::Clock(later));
            assert_eq!(update(&mut state, Event::Key(by_name("Ctrl-S"))), []);
            assert_eq!(state.popup, Some(Popup::ConfirmSend));
        }
        assert!(matches!(update(&mut state, Event::Key(by_name("y"))).as_slice(), [Effect::Publish { .. }]));
    }

    #[test]
    fn nothing_is_sent_in_a_read_only_profile() {
        let mut state = lively_with(Setup { read_only: true, ..setup() });
        assert_eq!(press(&mut state, "c"), []);
        assert_eq!(notice(&state), "profile test is read-only: nothing can be sent");
        assert_eq!(state.focus, Pane::Messages);
        press(&mut state, "Tab Tab Tab Tab Tab");
        assert_eq!(state.focus, Pane::Messages, "Tab leaves Compose out");
        state.focus = Pane::Compose;
        assert_eq!(press(&mut state, "\"evt\" Ctrl-S"), []);
    }

    #[test]
    fn what_cannot_be_sent_says_why() {
        for (keys, why) in [
            ("c Ctrl-S", "not sent: the message has no name"),
            ("c \"a:b\" Ctrl-S", "not sent: a message name must not contain a colon"),
            ("c \"a\" Shift-Tab Ctrl-U \"x\" Backspace Ctrl-S", ""),
            ("c \"a\" Tab \"{1}\" Ctrl-S", "not sent: the data is not JSON: "),
        ] {
            let mut state = lively();
            let effects = press(&mut state, keys);
            if why.is_empty() {
                continue;
            }
            assert_eq!(effects, [], "{keys}");
            assert!(notice(&state).starts_with(why), "{keys}: {}", notice(&state));
            assert_eq!(state.compose.preview, None);
        }
    }

    #[test]
    fn a_failure_keeps_the_text_unsent() {
        let mut state = lively();
        let (id, _) = publish(&mut state, "c \"evt\" Ctrl-S");
        answer(&mut state, id, Err("the server refused".to_owned()));
        assert!(state.compose.unsent && state.notice.as_ref().unwrap().is_error);
        assert_eq!(press(&mut state, "Esc q"), []);
        assert_eq!(state.popup, Some(Popup::ConfirmQuit));
    }

    #[test]
    fn the_preview_is_exact_but_for_the_hmac() {
        let mut state = lively();
        press(&mut state, "c \"evt\" Tab \"[1]\"");
        let seconds = state.now / SECOND;
        assert_eq!(state.compose.preview, Some(format!("evt:sha256|default|{seconds}|…:[1]")));
        update(&mut state, Event::Clock((seconds + 5) * SECOND));
        assert_eq!(state.compose.preview, Some(format!("evt:sha256|default|{}|…:[1]", seconds + 5)));
        press(&mut state, "Ctrl-K Ctrl-K");
        assert_eq!(state.compose.preview.as_deref(), Some("evt::[1]"));
        press(&mut state, "\"x\"");
        assert_eq!(state.compose.preview, None);
        assert_eq!(state.compose.data_error.as_ref().unwrap().column, 4);
    }

    #[test]
    fn without_a_key_that_signs_the_default_is_not_to_sign() {
        let keyring = |settings| Setup { keyring: Arc::new(Keyring::new(settings)), ..setup() };
        let old = (b"old".to_vec(), aircheck::wire::signature::Secret::new(b"x".to_vec()));
        let state = State::new(keyring(KeyringSettings { verification_keys: vec![old], ..KeyringSettings::default() }));
        assert_eq!(state.compose.choices, [SignWith::Key(b"old".to_vec()), SignWith::None]);
        assert_eq!(state.compose.sign_with, SignWith::None);
        assert_eq!(state.compose.key_label(&state.setup.keyring), "not signed");
        let state = State::new(setup());
        assert_eq!(state.compose.choices, [SignWith::Own, SignWith::Key(b"old".to_vec()), SignWith::None]);
        assert_eq!(state.compose.key_label(&state.setup.keyring), "default (sha256)");
    }

    #[test]
    fn a_paste_goes_to_the_field_and_nowhere_else() {
        let mut state = lively();
        update(&mut state, Event::Paste("q".to_owned()));
        assert_eq!((state.compose.name_text().as_str(), state.focus), ("", Pane::Messages));
        press(&mut state, "c");
        update(&mut state, Event::Paste("two\r\nlines".to_owned()));
        assert_eq!(state.compose.name_text(), "two lines");
        press(&mut state, "Tab");
        update(&mut state, Event::Paste("[1,\r\n2]".to_owned()));
        assert_eq!(state.compose.data_text(), "[1,\n2]");
        update(&mut state, Event::Paste("x".repeat(2 << 20)));
        assert_eq!(state.compose.data_text(), "[1,\n2]");
        assert_eq!(notice(&state), "not pasted: the field holds at most 1024 KiB");
        press(&mut state, "Esc #");
        update(&mut state, Event::Paste("#10\n".to_owned()));
        assert_eq!(state.popup, Some(Popup::Jump { text: "10".to_owned() }));
    }

    #[test]
    fn enter_never_sends_and_ends_no_line_of_a_name() {
        let mut state = lively();
        assert_eq!(press(&mut state, "c \"a\" Enter \"1\" Enter \"2\""), []);
        assert_eq!((state.compose.name_text().as_str(), state.compose.data_text().as_str()), ("a", "1\n2"));
        press(&mut state, "Shift-Tab Ctrl-M");
        assert_eq!(state.compose.name.lines().len(), 1);
    }

    #[test]
    fn the_channel_is_the_selected_one_until_one_is_typed() {
        let mut state = lively();
        press(&mut state, "1 j x c");
        assert_eq!(state.compose.channel_text(), "ops");
        press(&mut state, "Esc a 1 j Enter c");
        assert_eq!(state.compose.channel_text(), "billing");
        press(&mut state, "Shift-Tab \"!\" Esc a 1 k Enter c");
        assert_eq!(state.compose.channel_text(), "billing!");
    }
}

mod copying {
    use super::*;

    /// What a shell makes of the line, word by word.
    fn words(line: &str) -> Vec<Vec<u8>> {
        let script = line.replacen("aircheck", r"printf '%s\0'", 1);
        let output = std::process::Command::new("bash").args(["-c", &script]).output().unwrap();
        assert!(output.status.success(), "{line}");
        output.stdout.split(|byte| *byte == 0).map(<[u8]>::to_vec).collect()
    }

    #[test]
    fn a_shell_reads_exactly_the_message() {
        let data = r#"["it's $HOME `id` \\ \"x\" é"]"#;
        for (name, data) in [
            ("plain-name".as_bytes(), data.as_bytes()),
            (b"\x1b[201~;rm -rf", b"[1,\n\t2]"),
            (b"-n", b""),
            (b"", b"null"),
            ("\u{202e}gnirts\u{200b}".as_bytes(), b"{}"),
            (b"\xff\xfe'\\", b"\"x\""),
        ] {
            let setup = setup();
            let mut state = empty(setup.clone());
            let mut interval = Interval::default();
            raw_message(&mut interval, &setup, "a channel", &[name, b"::", data].concat(), 1);
            take(&mut state, interval);
            let Some(Effect::Copy(line)) = press(&mut state, "Y").pop() else { panic!("{}", notice(&state)) };
            assert!(!line.chars().any(char::is_control), "{line:?}");
            let mut expected: Vec<&[u8]> =
                vec![b"publish", b"--profile", b"test", b"--no-sign", b"--", b"a channel", name];
            expected.extend(Some(data).filter(|data| !data.is_empty()));
            expected.push(b"");
            assert_eq!(words(&line), expected, "{line}");
        }
    }

    #[test]
    fn what_no_shell_or_clipboard_takes_is_refused() {
        for (payload, why) in [
            (b"nul\0::".to_vec(), "it has a NUL byte, which no shell line can hold"),
            (b"evt::{no".to_vec(), "its data is not JSON, so it cannot be published"),
            (vec![b'x'; 100_000], "it is too long for the clipboard (64 KiB)"),
        ] {
            let setup = setup();
            let mut state = empty(setup.clone());
            let mut interval = Interval::default();
            raw_message(&mut interval, &setup, "ops", &payload, 1);
            take(&mut state, interval);
            assert_eq!(press(&mut state, "Y"), []);
            assert_eq!(notice(&state), why);
        }
    }

    #[test]
    fn without_a_profile_the_line_names_the_server() {
        let mut state = lively_with(Setup { profile: String::new(), ..setup() });
        let Some(Effect::Copy(line)) = press(&mut state, "Y").pop() else { panic!() };
        assert!(line.starts_with("aircheck publish --url redis://localhost:6379 --key default -- "), "{line}");
    }
}

mod mouse {
    use super::*;

    fn mouse(state: &mut State, kind: MouseEventKind, column: u16, row: u16) {
        let event = MouseEvent { kind, column, row, modifiers: KeyModifiers::NONE };
        assert_eq!(update(state, Event::Mouse(event)), []);
    }

    fn click(state: &mut State, pane: Pane, entry: u16) {
        let layout = Layout::for_state(state);
        let inner = layout.inner(pane).unwrap();
        mouse(state, MouseEventKind::Down(MouseButton::Left), inner.x + 2, inner.y + entry * layout.entry_lines(pane));
    }

    #[test]
    fn a_click_focuses_and_selects() {
        let mut state = lively();
        click(&mut state, Pane::Messages, 3);
        assert_eq!((state.focus, state.messages.cursor, state.messages.follow), (Pane::Messages, Some(3), false));
        click(&mut state, Pane::Channels, 2);
        assert_eq!((state.focus, state.channels.cursor), (Pane::Channels, 2));
        click(&mut state, Pane::Messages, 15);
        assert_eq!(state.messages.cursor, Some(3), "there is no row");
        click(&mut state, Pane::Compose, 0);
        assert_eq!(state.focus, Pane::Compose);
    }

    #[test]
    fn a_second_click_does_what_enter_does() {
        let mut state = lively();
        click(&mut state, Pane::Gaps, 0);
        assert_eq!(state.focus, Pane::Gaps);
        click(&mut state, Pane::Gaps, 0);
        assert_eq!((state.focus, state.messages.cursor), (Pane::Messages, Some(GAP_ROW)));
        click(&mut state, Pane::Refused, 0);
        let later = state.now + SECOND;
        update(&mut state, Event::Clock(later));
        click(&mut state, Pane::Refused, 0);
        assert_eq!(state.focus, Pane::Refused, "too late for a double click");
    }

    #[test]
    fn tabs_are_chosen_by_a_click() {
        let mut state = lively();
        update(&mut state, Event::Resize(80, 24));
        for (pane, area) in Layout::for_state(&state).tab_labels {
            mouse(&mut state, MouseEventKind::Down(MouseButton::Left), area.x + 1, area.y);
            assert_eq!((state.focus, state.tab), (pane, pane));
        }
    }

    #[test]
    fn the_wheel_scrolls_what_it_points_at_and_back_down_follows() {
        let setup = setup();
        let mut state = empty(setup.clone());
        take(&mut state, messages(&setup, 100));
        press(&mut state, "1");
        let area = Layout::for_state(&state).inner(Pane::Messages).unwrap();
        let end = window(&state);
        mouse(&mut state, MouseEventKind::ScrollUp, area.x, area.y);
        assert_eq!((window(&state)[0], state.messages.follow), (end[0] - 3, false));
        assert_eq!(state.focus, Pane::Channels);
        mouse(&mut state, MouseEventKind::ScrollDown, area.x, area.y);
        assert_eq!(window(&state), end);
        mouse(&mut state, MouseEventKind::ScrollDown, area.x, area.y);
        assert!(state.messages.follow);
    }
}

mod discovery {
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
    fn what_was_picked_stays_picked_when_looked_for_again() {
        let mut state = lively();
        press(&mut state, "d");
        update(&mut state, found(&[b"b", b"c"]));
        press(&mut state, "j x d");
        update(&mut state, found(&[b"a", b"b", b"c"]));
        let Some(Popup::Discover(discover)) = &state.popup else { panic!() };
        assert_eq!(discover.picked.iter().copied().collect::<Vec<_>>(), [2]);
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
}

#[test]
fn the_number_of_dropped_messages_is_that_of_the_hand_over() {
    let mut state = lively();
    update(&mut state, Event::Dropped(5));
    update(&mut state, Event::Dropped(7));
    assert_eq!(state.totals.dropped, 7);
    let mut interval = Interval::default();
    interval.push(link(LinkState::Stale));
    take(&mut state, interval);
    assert_eq!(state.totals.received, 8);
}

mod chance {
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
            assert_eq!(
                messages.cursor,
                messages.shown_len().checked_sub(1).and_then(|last| messages.shown_serial(last))
            );
            assert_eq!(messages.unseen, 0);
        }
        assert!(messages.unseen <= messages.shown_len() as u64);
        let seen = window(state);
        let height = Layout::for_state(state).entries(Pane::Messages);
        assert_eq!(seen.len(), height.min(messages.shown_len()));
        assert!(height == 0 || messages.cursor.is_none_or(|serial| seen.contains(&serial)));
        assert_eq!(state.detail.serial, messages.cursor);
        assert!(state.channels.cursor <= state.channels.list.len());
        assert!(state.gaps.cursor < state.gaps.list.len().max(1));
        assert!(state.refusals.cursor < state.refusals.list.len().max(1));
        assert!(messages.bookmarks.iter().all(|serial| messages.row(*serial).is_some()));
        if let Some(preview) = &state.compose.preview {
            let hex =
                preview.split(['|', ':']).any(|part| part.len() == 64 && part.bytes().all(|b| b.is_ascii_hexdigit()));
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
                update(&mut state, event);
                prepare(&mut state);
                check(&state, others as u64);
            }
        }
    }
}
