//! Compose as an editor: undo, layout, texts that are loaded, templates, and many messages.

use aircheck::console::panes::compose::draft::Change;
use aircheck::console::popups::series::{Series, SeriesEnd};
use aircheck::ledger::sequence::Channel;
use aircheck::template::{Template, Text};
use aircheck::wire::verdict::Rejection;

use super::*;

fn with_template(data: &str) -> State {
    let mut state = lively();
    let text = |text| Text::parse(text).unwrap();
    let template = Template { title: "t".to_owned(), channel: text(""), name: text("evt"), data: text(data) };
    state.compose.templates.push(Arc::new(template));
    state
}

fn publication(effects: &[Effect]) -> (Vec<u8>, Vec<u8>) {
    match effects {
        [Effect::Publish { channel, payload, .. }] => (channel.clone(), payload.clone()),
        other => panic!("{other:?}"),
    }
}

#[test]
fn new_lines_are_indented_like_json() {
    for (keys, text) in [
        ("\"{\" Enter \"\"a\":[\" Enter \"1\" Enter \"]\" Enter \"}\"", "{\n  \"a\":[\n    1\n  ]\n}"),
        ("\"{}\" Left Enter \"1\"", "{\n  1\n}"),
        ("\"[\" Enter Enter", "[\n  \n  "),
        ("\"1\" Enter \"2\"", "1\n2"),
    ] {
        let mut state = lively();
        press(&mut state, "c Enter");
        press(&mut state, keys);
        assert_eq!(state.compose.data_text(), text, "{keys}");
    }
}

#[test]
fn compose_shows_which_field_is_wrong_and_why() {
    let mut state = lively();
    let shown = |state: &State, words: &str| {
        let screen = screen(state);
        let payload = screen.lines().find(|line| line.contains(" payload ")).unwrap_or_default().to_owned();
        assert!(payload.contains(&format!("payload {words}")), "{words}: {payload}");
    };
    press(&mut state, "c");
    shown(&state, "none: name is empty ");
    press(&mut state, "Shift-Tab Ctrl-U");
    shown(&state, "none: channel is empty ");
    press(&mut state, "\"ops\" Enter \"evt\"");
    shown(&state, "evt:");
    press(&mut state, "Enter \"[1,x]\"");
    shown(&state, "none: data is not valid JSON: line 1, column 4: ");
    press(&mut state, "Shift-Tab \":\"");
    shown(&state, "none: a message name must not contain a colon ");
}

#[test]
fn tab_goes_through_the_texts_and_then_to_the_key() {
    let mut state = lively();
    for (keys, field) in [
        ("c Shift-Tab", Field::Channel),
        ("Enter", Field::Name),
        ("Enter", Field::Data),
        ("Tab", Field::Key),
        ("Shift-Tab", Field::Data),
        ("Shift-Tab", Field::Name),
        ("Tab", Field::Data),
    ] {
        press(&mut state, keys);
        assert_eq!(state.compose.field, field, "{keys}");
    }
}

#[test]
fn format_changes_only_white_space_and_can_be_undone() {
    let mut state = lively();
    let data = r#"{"a":1.0e5,"b":"x\"{[,:\\","c":[[],{},[1,2]],"d":12345678901234567890.10}"#;
    press(&mut state, "c Enter");
    update(&mut state, Event::Paste(data.to_owned()));
    press(&mut state, "Alt-J");
    let laid_out = state.compose.data_text();
    assert_eq!(
        laid_out,
        "{\n  \"a\": 1.0e5,\n  \"b\": \"x\\\"{[,:\\\\\",\n  \"c\": [\n    [],\n    {},\n    [\n      1,\n      2\n    ]\n  ],\n  \"d\": 12345678901234567890.10\n}"
    );
    press(&mut state, "Alt-J");
    assert_eq!(state.compose.data_text(), laid_out);
    press(&mut state, "Alt-U");
    assert_eq!(state.compose.data_text(), data);
    press(&mut state, "Alt-R");
    assert_eq!(state.compose.data_text(), laid_out);
}

#[test]
fn formatting_invalid_json_moves_the_cursor_to_the_error() {
    let mut state = lively();
    press(&mut state, "c Enter \"[1,\" Enter \"x]\" Alt-J");
    assert!(notice(&state).starts_with("not JSON: "), "{}", notice(&state));
    assert!(state.compose.data.cursor() == (1, 0), "{:?}", state.compose.data.cursor());
}

#[test]
fn a_loaded_message_is_signed_again_and_its_changes_are_confirmed() {
    let mut state = lively();
    press(&mut state, "c \"mine\" Esc g j e");
    assert_eq!((state.compose.name_text().as_str(), state.compose.data_text().as_str()), ("flush", r#"{"n":1}"#));
    assert!(notice(&state).contains("Alt-U restores the unsent text"), "{}", notice(&state));
    press(&mut state, "End Left \"0\" Ctrl-S");
    assert_eq!(state.popup, Some(Popup::ConfirmSend), "asked, though the profile does not confirm");
    let changed: Vec<_> =
        state.compose.difference.as_ref().unwrap().iter().map(|line| (line.change, line.text.as_str())).collect();
    assert!(changed.contains(&(Change::Removed, "  \"n\": 1")), "{changed:?}");
    assert!(changed.contains(&(Change::Added, "  \"n\": 10")), "{changed:?}");
}

#[test]
fn the_verdict_of_a_loaded_message_is_kept_for_the_question() {
    let mut state = lively();
    let mut interval = Interval::default();
    let rejected = Verdict::Rejected(Rejection::SignatureMismatch);
    let payload = b"evt:sha256|default|1795516352|00:[1]";
    interval.push_message(payload, START, Channel::new(b"ops"), Sequence::Exact(11), rejected, None, None);
    take(&mut state, interval);
    press(&mut state, "G e Ctrl-S");
    assert_eq!(state.compose.data_text(), "[1]");
    assert_eq!(state.compose.original.as_ref().map(|original| original.verdict), Some(rejected));
    assert_eq!(state.popup, Some(Popup::ConfirmSend));
}

#[test]
fn a_loaded_signed_message_is_not_unsigned_because_of_an_earlier_choice() {
    let mut state = lively();
    press(&mut state, "c Alt-K Alt-K");
    assert!(state.compose.is_signing_off());
    press(&mut state, "Esc g j e");
    assert_eq!(state.compose.sign_with, SignWith::SigningKey);
    assert!(notice(&state).starts_with("loaded: it is signed again, "), "{}", notice(&state));
    press(&mut state, "Alt-U");
    assert!(state.compose.is_signing_off(), "the text before has its own choice");
    // Another key is a choice that stays.
    press(&mut state, "Alt-K Alt-K Esc e");
    assert_eq!(state.compose.sign_with, SignWith::Key(b"old".to_vec()));

    let mut interval = Interval::default();
    let setup = state.setup.clone();
    raw_message(&mut interval, &setup, "ops", b"evt::[1]", 11);
    take(&mut state, interval);
    press(&mut state, "Esc G e");
    assert!(notice(&state).starts_with("loaded: it is signed, "), "{}", notice(&state));
    press(&mut state, "Alt-K Esc e");
    assert!(notice(&state).starts_with("loaded: it is sent unsigned, "), "{}", notice(&state));
    assert!(state.compose.is_signing_off());
}

#[test]
fn undo_restores_the_text_before_loading() {
    let mut state = lively();
    press(&mut state, "c \"mine\" Enter \"[7]\" Esc g j e");
    assert_eq!(state.compose.name_text(), "flush");
    press(&mut state, "Alt-U");
    assert_eq!((state.compose.name_text().as_str(), state.compose.data_text().as_str()), ("mine", "[7]"));
    assert!(state.compose.original.is_none() && state.compose.unsent);
}

#[test]
fn an_unchanged_loaded_message_has_no_changes_and_gets_a_new_timestamp() {
    let mut state = lively();
    press(&mut state, "g j e Ctrl-S");
    assert_eq!(state.compose.difference.as_deref(), Some(&[][..]));
    let (channel, payload) = publication(&press(&mut state, "y"));
    assert_eq!(channel, b"ops");
    let verdict = state.setup.keyring.verify(&aircheck::wire::envelope::Envelope::parse(&payload), state.now / SECOND);
    assert_eq!(verdict.verdict, Verdict::Verified);
    assert!(state.compose.original.is_none(), "the next one is a message of its own");
}

#[test]
fn white_space_counts_as_a_change() {
    let mut state = lively();
    press(&mut state, "g j e Space Ctrl-S");
    let difference = state.compose.difference.as_ref().unwrap();
    assert!(matches!(difference.as_slice(), [line] if line.text.starts_with("other bytes")), "{difference:?}");
}

#[test]
fn binary_messages_can_be_resent_but_not_edited() {
    let mut state = lively();
    let setup = state.setup.clone();
    let mut interval = Interval::default();
    raw_message(&mut interval, &setup, "ops", b"evt\xff:\x1b:[\x00]", 11);
    take(&mut state, interval);
    assert_eq!(press(&mut state, "e"), []);
    assert!(notice(&state).contains("not UTF-8"), "{}", notice(&state));
    assert_eq!(state.focus, Pane::Messages);
    let (channel, payload) = publication(&press(&mut state, ":resend y"));
    assert_eq!((channel.as_slice(), payload.as_slice()), (&b"ops"[..], &b"evt\xff:\x1b:[\x00]"[..]));
}

#[test]
fn a_read_only_profile_neither_loads_nor_resends() {
    let mut state = lively_with(Setup { read_only: true, ..setup() });
    for keys in ["e", "E"] {
        assert_eq!(press(&mut state, keys), [], "{keys}");
        assert_eq!((state.focus, &state.popup), (Pane::Messages, &None), "{keys}");
    }
    press(&mut state, "e");
    assert_eq!(notice(&state), "profile test is read-only: nothing can be sent");
    state.focus = Pane::Compose;
    assert_eq!(press(&mut state, "\"evt\" Ctrl-R Enter y"), []);
}

#[test]
fn without_a_message_nothing_is_loaded() {
    let mut state = lively();
    press(&mut state, "g e");
    assert_eq!(notice(&state), "no message is selected");
    press(&mut state, ":resend");
    assert_eq!(notice(&state), "not available now: no message is selected");
}

#[test]
fn the_placeholders_of_a_template_are_evaluated_for_each_message() {
    let mut state = with_template(r#"{"now":{{now}},"id":"{{uuid}}","n":{{seq}}}"#);
    press(&mut state, "c Ctrl-T Enter");
    let first = state.compose.data_text();
    assert!(first.ends_with("\"n\":1}"), "{first}");
    assert_eq!(state.compose.channel_text(), "ops", "a template without a channel leaves it");
    let effects = press(&mut state, "Ctrl-S");
    let sent = String::from_utf8(publication(&effects).1).unwrap();
    let second = state.now / SECOND;
    assert!(sent.contains(&format!("{{\"now\":{second},")), "the time is that of sending: {sent}");
    assert!(sent.ends_with("\"n\":1}"), "{sent}");
    let id = |text: &str| text.split("\"id\":\"").nth(1).map(|rest| rest[..36].to_owned()).unwrap();
    assert_eq!(id(&first), id(&sent), "what was shown is what is sent");
    let next = state.compose.data_text();
    assert!(next.ends_with("\"n\":2}") && id(&next) != id(&sent), "{next}");
    press(&mut state, "Alt-J Ctrl-S");
    let laid_out = state.compose.data_text();
    assert!(laid_out.starts_with("{\n  \"now\": ") && laid_out.ends_with("\"n\": 2\n}"), "{laid_out}");
    assert_eq!(notice(&state), "the last message is still being sent");
    update(&mut state, Event::Published { id: 1, result: Ok((1, 1)), at: START });
    press(&mut state, "Ctrl-S");
    assert!(state.compose.data_text().ends_with("\"n\": 3\n}"), "laying out does not end the template");
    press(&mut state, "Tab Shift-Tab End Left \"3\"");
    assert!(state.compose.source.is_none(), "an edited text is text");
    assert_eq!(state.compose.field, Field::Data);
}

#[test]
fn the_history_has_no_signatures() {
    let mut state = lively();
    press(&mut state, "c \"evt\" Enter \"[1]\" Ctrl-S");
    let effects = update(&mut state, Event::Published { id: 1, result: Ok((2, 9)), at: START });
    let [Effect::Remember(entry)] = effects.as_slice() else { panic!("{effects:?}") };
    assert_eq!((entry.channel.as_str(), entry.name.as_str(), entry.data.as_str()), ("ops", "evt", "[1]"));
    assert_eq!((entry.key.as_deref(), entry.sequence, entry.receivers), (Some("default"), 9, 2));
    assert!(!entry.to_line().contains("sha256"), "{}", entry.to_line());
    press(&mut state, "Ctrl-S");
    let failed = update(&mut state, Event::Published { id: 2, result: Err("no".to_owned()), at: START });
    assert_eq!(failed, [], "what was not sent is not remembered");
    update(&mut state, Event::NotRemembered("disk full".to_owned()));
    assert_eq!(notice(&state), "sent, but not kept in the history: disk full");
}

#[test]
fn a_missing_key_of_the_history_is_reported() {
    let mut state = lively();
    press(&mut state, "c \"evt\" Ctrl-S");
    update(&mut state, Event::Published { id: 1, result: Ok((2, 9)), at: START });
    state.compose.history[0].key = Some("gone".to_owned());
    press(&mut state, "Ctrl-P Enter");
    assert!(notice(&state).contains("no key gone here") && state.notice.as_ref().unwrap().is_error);
    assert_eq!(state.compose.sign_with, SignWith::SigningKey);
}

#[test]
fn the_editors_text_is_used_unless_it_fails() {
    let mut state = lively();
    press(&mut state, "c Enter \"[1]\" Alt-E");
    update(&mut state, Event::Edited(Err("the editor failed".to_owned())));
    assert_eq!((state.compose.data_text().as_str(), notice(&state)), ("[1]", "the editor failed"));
    update(&mut state, Event::Edited(Ok("late".to_owned())));
    assert_eq!(state.compose.data_text(), "[1]", "no editor is running");
    press(&mut state, "Alt-E");
    update(&mut state, Event::Edited(Ok("{\r\n}".to_owned())));
    assert_eq!(state.compose.data_text(), "{\n}");
    assert!(state.compose.unsent && state.compose.preview.is_none());
    press(&mut state, "Alt-U");
    assert_eq!(state.compose.data_text(), "[1]");
    press(&mut state, "Alt-E");
    update(&mut state, Event::Edited(Ok("x".repeat(2 << 20))));
    assert_eq!(state.compose.data_text(), "[1]");
}

#[test]
fn numbers_of_a_series_are_checked() {
    for (keys, wrong) in [
        ("Backspace Backspace Enter", "the count must be"),
        ("Backspace Backspace \"0\" Enter", "the count must be"),
        ("End \"00000\" Enter", ""),
        ("End \"000000\" Enter", "the count must be"),
        ("Tab Backspace Enter", ""),
        ("Tab Backspace \"0\" Enter", "the rate must be"),
    ] {
        let mut state = lively();
        press(&mut state, "c \"evt\" Ctrl-R");
        press(&mut state, keys);
        match &state.popup {
            Some(Popup::SeriesForm(form)) if !wrong.is_empty() => {
                assert!(form.error.as_ref().unwrap().starts_with(wrong), "{keys}: {form:?}");
            }
            Some(Popup::ConfirmSeries(_)) if wrong.is_empty() => {}
            other => panic!("{keys}: {other:?}"),
        }
    }
}

fn series(state: &mut State, keys: &str) -> Series {
    match press(state, keys).as_slice() {
        [Effect::PublishSeries(series)] => (**series).clone(),
        other => panic!("{other:?}"),
    }
}

#[test]
fn each_message_of_a_series_has_its_own_values() {
    let mut state = with_template(r#"{"id":"{{uuid}}","n":{{seq}},"at":{{now}}}"#);
    let series = series(&mut state, "c Ctrl-T Enter Ctrl-R Enter y");
    let shown = state.compose.data_text();
    let keyring = Arc::clone(&state.setup.keyring);
    let message = |index, random| {
        let (channel, payload) = series.message(&keyring, index, 50 + i64::try_from(index).unwrap(), random).unwrap();
        assert_eq!(channel, b"ops");
        let payload = String::from_utf8(payload).unwrap();
        assert!(payload.starts_with(&format!("evt:sha256|default|{}|", 50 + index)), "{payload}");
        payload.split_once(":{").unwrap().1.to_owned()
    };
    let (first, second) = (message(0, 1), message(1, 2));
    assert_eq!(first.split(",\"at").next(), shown[1..].split(",\"at").next(), "the first is the one that was shown");
    assert!(second.contains("\"n\":2,\"at\":51"), "{second}");
    assert_ne!(first.split('"').nth(3), second.split('"').nth(3));
    update(&mut state, Event::Series { sent: 10, last: Some((1, 20)), end: Some(SeriesEnd::Done), at: START });
    assert!(state.compose.data_text().contains("\"n\":11,"), "{}", state.compose.data_text());
    assert_eq!((notice(&state), state.popup.clone()), ("sent all 10", Some(Popup::Series)));
    press(&mut state, "Esc");
    assert_eq!(state.popup, None);
}

#[test]
fn a_series_shows_its_progress_and_why_it_ended() {
    let mut state = lively();
    series(&mut state, "c \"evt\" Ctrl-R Enter y");
    update(&mut state, Event::Series { sent: 3, last: Some((1, 3)), end: None, at: START });
    assert_eq!(press(&mut state, "j x"), [], "no other key does anything");
    let end = Some(SeriesEnd::Failed("the server rejected".to_owned()));
    update(&mut state, Event::Series { sent: 4, last: None, end, at: START });
    assert_eq!(notice(&state), "stopped at the first error, 4 of 10 sent: the server rejected");
    let progress = state.compose.series().cloned().unwrap();
    assert_eq!((progress.sent, progress.last), (4, Some((1, 3))));
    update(&mut state, Event::Series { sent: 9, last: None, end: None, at: START });
    assert_eq!(state.compose.series(), Some(&progress), "news after the end change nothing");
}
