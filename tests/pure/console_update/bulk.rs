//! Many messages are sent: the questions before, and the echoes after.

use super::*;
use aircheck::console::panes::compose::echoes::{Echoes, SentCopy, hash};
use aircheck::console::popups::series::SeriesEnd;
use aircheck::console::popups::series::SeriesForm;

fn questions(state: &State) -> Option<&SeriesForm> {
    match &state.popup {
        Some(Popup::ConfirmSeries(form)) => Some(form),
        _ => None,
    }
}

#[test]
fn a_high_rate_is_confirmed_twice() {
    for (rate, twice) in [("1000", false), ("1001", true), ("", true)] {
        let mut state = lively();
        let rate = if rate.is_empty() { "Backspace".to_owned() } else { format!("\"{rate}\"") };
        press(&mut state, &format!("c \"evt\" Ctrl-R \"5000\" Tab {rate} Enter"));
        let effects = press(&mut state, "y");
        if twice {
            assert_eq!((effects.as_slice(), questions(&state).is_some()), ([].as_slice(), true), "{rate}");
            assert!(matches!(press(&mut state, "y").as_slice(), [Effect::PublishSeries(_)]), "{rate}");
        } else {
            assert!(matches!(effects.as_slice(), [Effect::PublishSeries(_)]), "{rate}");
        }
    }
}

#[test]
fn any_other_key_answers_the_second_question_with_no() {
    for key in ["n", "Enter", "Esc", "Ctrl-S"] {
        let mut state = lively();
        assert_eq!(press(&mut state, &format!("c \"evt\" Ctrl-R Tab \"2000\" Enter y {key}")), [], "{key}");
        assert_eq!((&state.popup, state.compose.unsent), (&None, true), "{key}");
        press(&mut state, "Ctrl-R");
        assert!(matches!(&state.popup, Some(Popup::SeriesForm(form)) if form.confirmed_at.is_none()));
    }
}

#[test]
fn a_key_held_down_does_not_answer_both_questions() {
    let mut state = lively();
    press(&mut state, "c \"evt\" Ctrl-R Tab \"2000\" Enter y");
    for _ in 0..100 {
        let later = state.now + 30_000;
        update(&mut state, Event::Clock(later));
        assert_eq!(update(&mut state, Event::Key(by_name("y"))), []);
        assert_eq!(notice(&state), "press y again after a second");
    }
    assert!(matches!(press(&mut state, "y").as_slice(), [Effect::PublishSeries(_)]));
}

#[test]
fn typing_replaces_the_text_of_every_prefilled_field() {
    let line = |state: &State| match &state.popup {
        Some(Popup::SeriesForm(form)) => [form.count.text(), form.rate.text()].join(" "),
        Some(Popup::Record(line)) => line.text().to_owned(),
        Some(Popup::Filter(prompt)) => prompt.line.text().to_owned(),
        Some(Popup::AddChannel(add)) => add.line.text().to_owned(),
        Some(Popup::Note { note, .. }) => note.text().to_owned(),
        Some(Popup::BackfillFrom(prompt)) => prompt.line.text().to_owned(),
        other => panic!("{other:?}"),
    };
    for (keys, before, after) in [
        ("c \"evt\" Ctrl-R", "10 1", "7 1"),
        ("c \"evt\" Ctrl-R Tab", "10 1", "10 7"),
        ("r", "aircheck-test.db", "7"),
        ("f \"name:a\" Enter f", "name:a", "7"),
        ("1 j :drop-channel :add-channel", "ops", "7"),
        ("3 A \"told\" Enter A", "told", "7"),
    ] {
        let mut state = lively();
        press(&mut state, keys);
        assert_eq!(line(&state), before, "{keys}");
        press(&mut state, "\"7\"");
        assert_eq!(line(&state), after, "{keys}");
    }
    let mut state = lively();
    press(&mut state, "3 F");
    update(&mut state, Event::RecordingsFound(vec!["other.db".to_owned()]));
    assert_eq!(line(&state), "other.db");
    press(&mut state, "\"7\"");
    assert_eq!(line(&state), "7", "F");
}

#[test]
fn compose_knows_the_size_of_the_payload_even_before_it_is_valid() {
    let mut state = lively();
    for keys in ["c", "\"evt\"", "Enter \"[1]\"", "Alt-K", "Alt-K"] {
        press(&mut state, keys);
        if let [Effect::Publish { payload, .. }] = press(&mut state, "Ctrl-S").as_slice() {
            assert_eq!(state.compose.size, payload.len() as u64, "{keys}");
            let id = state.compose.last().unwrap().id;
            update(&mut state, Event::Published { id, result: Ok((1, 1)), at: START });
        }
    }
    press(&mut state, "\"{\"");
    assert_eq!((state.compose.size, &state.compose.preview), ("evt::[1]{".len() as u64, &None));
}

/// Sends equal messages on a channel, one a millisecond.
fn sending(state: &mut State, on: &str, count: i64) {
    state.compose.channel = vec![on.to_owned()].into();
    press(state, "c \"evt\" Ctrl-R Enter y");
    let copies = (0..count).map(|number| SentCopy { hash: hash(on.as_bytes(), b"evt::"), at: START + number * 1_000 });
    let at = START + count * 1_000;
    update(state, Event::SeriesCopies { copies: copies.collect(), at });
    update(state, Event::Series { sent: 4, last: Some((1, 4)), end: Some(SeriesEnd::Done), at });
}

/// Their echoes, received after these latencies.
fn receive(state: &mut State, on: &str, latencies: &[i64]) {
    let mut interval = Interval::default();
    for (number, latency) in (0..).zip(latencies) {
        let verdict = if number == 0 { Verdict::Unsigned } else { Verdict::Verified };
        let at = START + number * 1_000 + latency;
        interval.push_message(b"evt::", at, channel(on), Sequence::Exact(11), verdict, None, None);
    }
    take(state, interval);
}

fn echoes(state: &State) -> &Echoes {
    state.compose.series().unwrap().echoes.as_ref().unwrap()
}

#[test]
fn the_echoes_of_a_series_are_counted_and_measured() {
    let mut state = lively();
    sending(&mut state, "ops", 4);
    receive(&mut state, "billing", &[100, 100]);
    assert_eq!(echoes(&state).received, 0, "the same payload on another channel is no echo");
    receive(&mut state, "ops", &[600, 400, 900]);
    let seen = echoes(&state);
    assert_eq!((seen.received, seen.verified, seen.is_lower_bound), (3, 2, false));
    assert_eq!((seen.percentile(50), seen.percentile(99)), (Some(600), Some(900)));
    let later = state.now + 60 * SECOND;
    update(&mut state, Event::Clock(later));
    assert!(!echoes(&state).is_awaited(), "a lost echo is not awaited for ever");
}

#[test]
fn an_echo_counts_if_it_arrives_before_the_report_that_it_was_sent() {
    let mut seen = Echoes::default();
    assert!(!seen.receive(7, START + 500, true, 4), "not known yet");
    assert!(seen.sent(&[], START + 400).is_empty());
    assert_eq!(seen.sent(&[SentCopy { hash: 7, at: START }], START + 900), [4]);
    assert_eq!((seen.received, seen.percentile(50), seen.first_row), (1, Some(500), Some(4)));
    // Another message that was received before everything that is sent from here on.
    seen.receive(7, START + 800, true, 5);
    seen.sent(&[], START + 900);
    seen.sent(&[SentCopy { hash: 7, at: START + 1_000 }], START + 1_100);
    assert_eq!((seen.received, seen.is_awaited()), (1, true));
}

#[test]
fn echoes_are_unknown_without_a_subscription_and_a_lower_bound_after_a_drop() {
    let mut state = lively();
    sending(&mut state, "elsewhere", 4);
    assert_eq!(state.compose.series().unwrap().echoes, None);
    let mut state = lively();
    sending(&mut state, "ops", 4);
    let mut interval = Interval::default();
    interval.push(Dropped { count: 1, ..Dropped::new(None, None, START) }.into());
    take(&mut state, interval);
    assert!(echoes(&state).is_lower_bound);
}

#[test]
fn every_received_copy_of_a_series_is_marked_as_own_while_it_is_in_the_scrollback() {
    let mut state = lively_with(Setup { max_rows: 100, ..setup() });
    state.compose.channel = vec!["ops".to_owned()].into();
    press(&mut state, "c \"evt\" Ctrl-R \"500\" Enter y");
    // Each second one is received before the report that it was sent.
    let reported = |state: &mut State, numbers: [i64; 2]| {
        let copies = numbers.map(|number| SentCopy { hash: hash(b"ops", b"evt::"), at: START + number });
        update(state, Event::SeriesCopies { copies: copies.into(), at: START + numbers[1] });
    };
    for number in (0..400).step_by(2) {
        receive(&mut state, "ops", &[number]);
        reported(&mut state, [number, number + 1]);
        receive(&mut state, "ops", &[number + 1]);
    }
    receive(&mut state, "ops", &[400]);
    press(&mut state, "Esc");
    update(&mut state, Event::Series { sent: 400, last: Some((1, 400)), end: Some(SeriesEnd::Stopped), at: START });
    let own: Vec<bool> = state.messages.row_ids().map(|row_id| state.messages.is_own(row_id)).collect();
    assert_eq!(own, [vec![true; 99], vec![false]].concat(), "the last one is of another sender");
}

#[test]
fn a_series_is_one_sent_message_and_one_entry_of_the_history() {
    let mut state = lively();
    state.compose.channel = vec!["ops".to_owned()].into();
    press(&mut state, "c \"evt\" Enter \"[1]\" Ctrl-R Enter y");
    let news = |state: &mut State, sent, last, end| update(state, Event::Series { sent, last, end, at: START });
    assert_eq!(news(&mut state, 0, None, None), [], "nothing is confirmed");
    let effects = news(&mut state, 1, Some((2, 11)), None);
    let [Effect::Remember(entry)] = effects.as_slice() else { panic!("{effects:?}") };
    let (channel, name, data) = (entry.channel.as_str(), entry.name.as_str(), entry.data.as_str());
    assert_eq!((channel, name, data, entry.key.as_deref()), ("ops", "evt", "[1]", Some("default")));
    assert_eq!((entry.sequence, entry.receivers), (11, 2));
    assert_eq!(state.compose.history.back(), Some(entry));
    let copies = vec![SentCopy { hash: hash(b"ops", b"evt::"), at: START }];
    update(&mut state, Event::SeriesCopies { copies, at: START });
    assert_eq!(news(&mut state, 4, Some((2, 14)), Some(SeriesEnd::Done)), [], "once");
    receive(&mut state, "ops", &[600]);
    assert_eq!(state.compose.sent.len(), 1);
    press(&mut state, "Esc Ctrl-O");
    assert!(
        screen(&state).contains("evt            ops · sent 4 of 10 · received 1 of 4, 0 verified"),
        "{}",
        screen(&state)
    );
    press(&mut state, "Enter");
    assert_eq!((state.focus, state.messages.cursor), (Pane::Messages, Some(LAST_ROW + 1)), "its first echo");
}

#[test]
fn a_failed_series_without_a_receipt_is_listed_but_not_in_the_history() {
    let mut state = lively();
    press(&mut state, "c \"evt\" Ctrl-R Enter y");
    let end = Some(SeriesEnd::Failed("the server rejected".to_owned()));
    assert_eq!(update(&mut state, Event::Series { sent: 0, last: None, end, at: START }), []);
    assert_eq!((state.compose.sent.len(), state.compose.history.len()), (1, 0));
    press(&mut state, "Esc Esc");
    // The next series does not wait for the echoes of this one.
    sending(&mut state, "ops", 4);
    assert_eq!((state.compose.sent.len(), state.compose.history.len()), (2, 1));
    let failed = state.compose.sent[0].series.as_ref().unwrap();
    assert!(!failed.echoes.as_ref().unwrap().is_awaited());
    press(&mut state, "Esc Ctrl-O");
    assert!(screen(&state).contains("sent 0 of 10 · ✗ the server rejected"), "{}", screen(&state));
}

#[test]
fn the_latest_message_of_a_name_is_its_newest_on_any_channel() {
    let mut state = lively();
    let rows = |state: &mut State| {
        press(state, "Esc 1 :show-latest");
        let Some(Popup::Names(view)) = &state.popup else { panic!("{:?}", state.popup) };
        let row = view.rows.iter().find(|row| row.name.as_deref() == Some(b"flush")).unwrap();
        row.count.last_row
    };
    let of = |state: &State, row_id| state.messages.row(row_id).unwrap().message().unwrap().sequence;
    let before = rows(&mut state);
    assert_eq!(of(&state, before), Sequence::Exact(9));
    let mut interval = Interval::default();
    raw_message(&mut interval, &setup(), "billing", b"flush::2", 77);
    take(&mut state, interval);
    let after = rows(&mut state);
    assert_eq!(of(&state, after), Sequence::Exact(77));
}
