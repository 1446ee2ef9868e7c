//! The filter: what it hides and reports, with and without a jq predicate.

use aircheck::console::app::background::has_work;
use aircheck::filter::jq_worker::Answer;

use super::*;

fn shown(state: &State) -> Vec<u64> {
    (0..state.messages.shown_len()).filter_map(|index| state.messages.shown_row_id(index)).collect()
}

fn filtered(mut state: State, text: &str) -> State {
    press(&mut state, "f Ctrl-U");
    update(&mut state, Event::Paste(text.to_owned()));
    press(&mut state, "Enter");
    assert!(state.popup.is_none(), "{:?}", state.popup);
    state
}

/// The number and the row IDs of the only question.
fn jq_request(effects: &[Effect]) -> (u64, Vec<u64>) {
    let [Effect::Ask { id, rows, .. }] = effects else { panic!("{effects:?}") };
    (*id, rows.iter().map(|(row_id, _)| *row_id).collect())
}

#[test]
fn findings_and_rejected_messages_are_shown_unless_excluded() {
    for (text, expected) in [
        ("name:nothing", vec![0, GAP_ROW, REJECTED_ROW]),
        ("name:nothing -verdict:rejected", vec![0, GAP_ROW]),
        ("verdict:verified name:paid", vec![0, GAP_ROW, LAST_ROW]),
        ("-name:bad text~nothing", vec![0, GAP_ROW]),
        ("channel:billing", vec![0, LAST_ROW]),
        ("kind:missed_disconnected", vec![0, GAP_ROW]),
        ("-kind:missed_disconnected name:paid", vec![0, REJECTED_ROW, LAST_ROW]),
        ("seq:9..10", vec![0, 7, REJECTED_ROW]),
    ] {
        let state = filtered(lively(), text);
        assert_eq!(shown(&state), expected, "{text}");
        assert_eq!(state.filtering.hidden.len(), 10 - expected.len(), "{text}");
    }
}

#[test]
fn new_rows_are_filtered_at_once() {
    let mut state = filtered(lively(), "name:flush");
    let before = shown(&state).len();
    let mut interval = Interval::default();
    for (name, sequence) in [("other", 11), ("other", 12), ("flush", 13)] {
        message(&mut interval, &setup(), "ops", name, "1", sequence);
    }
    take(&mut state, interval);
    assert_eq!((shown(&state).len(), state.messages.cursor), (before + 1, Some(12)));
}

#[test]
fn a_long_scrollback_is_filtered_in_steps_visible_rows_first() {
    let setup = Setup { max_rows: 100_000, max_bytes: 64 << 20, ..setup() };
    let mut state = empty(setup.clone());
    for _ in 0..50 {
        update(&mut state, Event::Interval(Arc::new(messages(&setup, 1000))));
    }
    let mut state = filtered(state, "name:evt");
    assert!(has_work(&state) && state.messages.cursor == Some(49_999));
    let mut before = state.filtering.scan_range.seen().count();
    assert!(before <= 4096, "applying looked at {before} rows");
    while has_work(&state) {
        update(&mut state, Event::Work);
        let seen = state.filtering.scan_range.seen().count();
        assert!(seen - before <= 4096, "a turn looked at {} rows", seen - before);
        before = seen;
    }
    assert_eq!(shown(&state).len(), 50_000);
}

#[test]
fn rows_stay_visible_until_jq_answers() {
    let mut state = filtered(lively(), "| .n > 3");
    // Of the message without data the answer is known, and the rejected one stays.
    assert_eq!(shown(&state), [0, 1, 2, 3, 4, 5, GAP_ROW, REJECTED_ROW, LAST_ROW]);
    assert!(has_work(&state));
    let (id, row_ids) = jq_request(&update(&mut state, Event::Work));
    assert_eq!(row_ids, [LAST_ROW, 5, 4, 3, 2, 1], "what is in sight first");
    assert!(!has_work(&state), "one batch at a time");
    let mut answers: Vec<_> =
        row_ids.into_iter().map(|row_id| (row_id, if row_id > 3 { Answer::Yes } else { Answer::No })).collect();
    answers[0].1 = Answer::Failed("cannot index".to_owned());
    update(&mut state, Event::Answered { id: id - 1, answers: answers.clone(), stopped: None });
    assert_eq!(state.filtering.jq.waiting.len(), 6, "an answer to another filter is none");
    update(&mut state, Event::Answered { id, answers, stopped: None });
    assert_eq!(shown(&state), [0, 4, 5, GAP_ROW, REJECTED_ROW, LAST_ROW], "what cannot be evaluated is shown");
    assert_eq!((&*state.filtering.jq.failed[&LAST_ROW], state.filtering.jq.waiting.len()), ("cannot index", 0));
    assert_eq!(state.messages.cursor, Some(LAST_ROW));
}

#[test]
fn when_jq_cannot_be_run_rows_stay_and_are_marked() {
    let mut state = filtered(lively(), "| [repeat(1)]");
    let (id, _) = jq_request(&update(&mut state, Event::Work));
    update(
        &mut state,
        Event::Answered { id, answers: vec![(5, Answer::Failed("too slow".to_owned()))], stopped: None },
    );
    assert!(state.filtering.jq.failed.contains_key(&5) && state.messages.is_shown(5));
    assert!(state.filtering.jq.stopped.is_none(), "a message does not stop the filter");
    update(&mut state, Event::Answered { id, answers: Vec::new(), stopped: Some("cannot be run".to_owned()) });
    assert_eq!(state.filtering.jq.failed.len(), 6);
    let mut interval = Interval::default();
    message(&mut interval, &setup(), "ops", "flush", "1", 11);
    take(&mut state, interval);
    assert!(!has_work(&state) && state.filtering.jq.failed.contains_key(&10), "it is not evaluated again");
}

#[test]
fn only_so_many_rows_wait_for_jq() {
    let mut state = empty(Setup { max_rows: 100_000, max_bytes: 64 << 20, ..setup() });
    let mut interval = Interval::default();
    for sequence in 1..=5_000 {
        message(&mut interval, &setup(), "ops", "evt", "1", sequence);
    }
    take(&mut state, interval);
    let mut state = filtered(state, "| . == 2");
    let mut turns = 0;
    loop {
        let effects = update(&mut state, Event::Work);
        assert!(state.filtering.jq.waiting.len() <= 512);
        if effects.is_empty() {
            break;
        }
        let (id, row_ids) = jq_request(&effects);
        let answers = row_ids.into_iter().map(|row_id| (row_id, Answer::No)).collect();
        update(&mut state, Event::Answered { id, answers, stopped: None });
        turns += 1;
    }
    assert_eq!((shown(&state).len(), state.filtering.hidden.len()), (0, 5_000));
    assert!(turns >= 5_000 / 512);
}

#[test]
fn a_saved_filter_is_applied_by_its_name() {
    let mut state = lively();
    state.filtering.saved = vec![("wrong".to_owned(), "verdict:rejected".to_owned())];
    press(&mut state, "f \"wr\" Tab Enter");
    assert_eq!(state.filtering.filter.as_ref().unwrap().to_string(), "verdict:rejected");
    assert_eq!(shown(&state), [0, GAP_ROW, REJECTED_ROW]);
}

#[test]
fn the_line_of_a_prompt_is_edited_as_in_a_shell() {
    for (keys, expected) in [
        ("\"abc\" Left Left Backspace \"x\"", "xbc"),
        ("\"abc\" Home Right \"x\" End \"y\"", "axbcy"),
        ("\"one\" Space \"two\" Space Ctrl-W \"x\"", "one x"),
        ("\"ab\u{fc}\u{301}\" Left Left Backspace", "a\u{fc}\u{301}"),
        ("\"abc\" Left Ctrl-U", "c"),
        ("Backspace Left Right Ctrl-W", ""),
    ] {
        let mut state = lively();
        press(&mut state, "f");
        press(&mut state, keys);
        let Some(Popup::Filter(prompt)) = &state.popup else { panic!("{keys}") };
        assert_eq!(prompt.line.text(), expected, "{keys}");
    }
    let mut state = lively();
    press(&mut state, "f");
    update(&mut state, Event::Paste("a\tb\nc".repeat(10_000)));
    let Some(Popup::Filter(prompt)) = &state.popup else { panic!() };
    assert!(prompt.line.text().starts_with("a b ca b c") && prompt.line.text().len() == 4096);
}

#[test]
fn rows_older_than_since_are_hidden_over_time() {
    let mut state = filtered(lively(), "since:1m");
    assert_eq!(shown(&state).len(), 10);
    update(&mut state, Event::Clock(START + 61 * SECOND));
    assert_eq!((shown(&state), state.filtering.hidden.len()), (vec![0], 9), "the link stays");
    let mut interval = Interval::default();
    message(&mut interval, &setup(), "ops", "flush", "1", 11);
    take(&mut state, interval);
    assert_eq!(shown(&state), [0], "a message has its own time of receipt");
}

#[test]
fn only_the_tab_of_messages_shows_how_many_rows_are_hidden() {
    let mut state = lively();
    update(&mut state, Event::Resize(80, 24));
    press(&mut state, "f \"name:flush\" Enter");
    assert!(screen(&state).contains(" hidden by filter"), "{}", screen(&state));
    press(&mut state, "3");
    assert!(!screen(&state).contains("hidden by filter"), "{}", screen(&state));
}
