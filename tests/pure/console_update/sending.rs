//! A message is composed and sent.

use super::*;
use aircheck::wire::verdict::Rejection;

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
    assert_eq!(notice(&state), "sent #11 on ops to 3 receivers, 2 besides this console, in 1.5 ms");
    for _ in 0..2 {
        let mut interval = Interval::default();
        let at = state.now + 600;
        interval.push_message(&payload, at, channel("billing"), Sequence::Exact(1), Verdict::Verified, None, None);
        interval.push_message(&payload, at, channel("ops"), Sequence::Exact(11), Verdict::Verified, None, None);
        take(&mut state, interval);
    }
    let echo = state.compose.last().unwrap().echo.unwrap();
    assert_eq!((echo.latency, echo.row_id, echo.sequence), (600, LAST_ROW + 2, Sequence::Exact(11)));
    assert_eq!((echo.verdict, state.compose.awaiting), (Verdict::Verified, 0));
    assert_eq!(state.compose.name_text(), "evt", "the text stays");
}

#[test]
fn an_echo_belongs_to_the_message_that_still_awaits_one() {
    let mut state = lively();
    let echoes = |state: &State| state.compose.sent.iter().map(|sent| sent.echo.is_some()).collect::<Vec<_>>();
    let (id, payload) = publish(&mut state, "c \"evt\" Left Ctrl-S");
    answer(&mut state, id, Ok((1, 11)));
    let later = state.now + 60 * SECOND;
    update(&mut state, Event::Clock(later));
    press(&mut state, "Esc");
    update(&mut state, Event::Clock(later + SECOND));
    let mut again = state.compose.sent.back().unwrap().clone();
    again.at = state.now;
    state.compose.sent.push_back(again);
    update(&mut state, Event::Clock(later + 2 * SECOND));
    let mut interval = Interval::default();
    interval.push_message(&payload, state.now, channel("ops"), Sequence::Exact(12), Verdict::Verified, None, None);
    take(&mut state, interval);
    assert_eq!(echoes(&state), [false, true]);
}

#[test]
fn each_subscription_of_this_console_is_one_receiver() {
    let receipt = |receivers, prepare: &dyn Fn(&mut State)| {
        let mut state = lively();
        prepare(&mut state);
        let (id, _) = publish(&mut state, "c \"evt\" Ctrl-S");
        answer(&mut state, id, Ok((receivers, 11)));
        notice(&state).split(" to ").nth(1).unwrap().to_owned()
    };
    let by_pattern = |state: &mut State| state.subscribed.push("op*".to_owned());
    assert_eq!(receipt(3, &by_pattern), "3 receivers, 1 besides this console, in 1.5 ms");
    assert_eq!(receipt(2, &by_pattern), "2 receivers, none besides this console, in 1.5 ms");
    // The counts contradict each other, e.g. because a subscription is not accepted yet.
    assert_eq!(receipt(1, &by_pattern), "1 receiver, in 1.5 ms");
    assert_eq!(receipt(1, &|_| {}), "1 receiver, none besides this console, in 1.5 ms");
    assert_eq!(receipt(0, &|_| {}), "0 receivers, in 1.5 ms");
    let unsubscribed = |state: &mut State| {
        press(state, "k");
        state.subscribed.retain(|name| name != "ops");
    };
    assert_eq!(receipt(3, &unsubscribed), "3 receivers, in 1.5 ms");
    assert_eq!(receipt(3, &|state| state.link.phase = Phase::Down), "3 receivers, in 1.5 ms");
    let denied = |state: &mut State| {
        let index = state.channels.find(&channel("ops")).unwrap();
        state.channels.list[index].denied = Some("NOPERM".into());
    };
    assert_eq!(receipt(3, &denied), "3 receivers, in 1.5 ms");
}

#[test]
fn a_key_held_down_sends_once() {
    let mut state = lively();
    let (id, _) = publish(&mut state, "c \"evt\" Ctrl-S");
    assert_eq!(press(&mut state, "Ctrl-S"), []);
    assert_eq!(notice(&state), "the last message is still being sent");
    answer(&mut state, id, Ok((1, 1)));
    for _ in 0..100 {
        let later = state.now + 30_000;
        update(&mut state, Event::Clock(later));
        assert_eq!(update(&mut state, Event::Key(by_name("Ctrl-S"))), []);
    }
    assert_eq!(publish(&mut state, "Ctrl-S").0, 2);
    answer(&mut state, 2, Ok((1, 2)));
    update(&mut state, Event::Key(by_name("x")));
    assert!(matches!(update(&mut state, Event::Key(by_name("Ctrl-S"))).as_slice(), [Effect::Publish { id: 3, .. }]));
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
    press(&mut state, "Tab Tab Tab Tab Tab Tab");
    assert_eq!(state.focus, Pane::Messages, "Tab leaves Compose out");
    state.focus = Pane::Compose;
    assert_eq!(press(&mut state, "\"evt\" Ctrl-S"), []);
}

#[test]
fn an_unsendable_message_shows_the_reason() {
    for (keys, why) in [
        ("c Ctrl-S", "not sent: name is empty"),
        ("c \"a:b\" Ctrl-S", "not sent: a message name must not contain a colon"),
        (
            "c \"a\" Shift-Tab Backspace Backspace Backspace Backspace Backspace Backspace Backspace Ctrl-S",
            "not sent: channel is empty",
        ),
        ("c \"a\" Enter \"{1}\" Ctrl-S", "not sent: data is not valid JSON: line 1, column 2: "),
    ] {
        let mut state = lively();
        let effects = press(&mut state, keys);
        assert_eq!(effects, [], "{keys}");
        assert!(notice(&state).starts_with(why), "{keys}: {}", notice(&state));
        assert_eq!(state.compose.preview, None);
    }
}

#[test]
fn a_failure_keeps_the_text_unsent() {
    let mut state = lively();
    let (id, _) = publish(&mut state, "c \"evt\" Ctrl-S");
    answer(&mut state, id, Err("the server rejected".to_owned()));
    assert!(state.compose.unsent && state.notice.as_ref().unwrap().is_error);
    assert_eq!(press(&mut state, "Esc q"), []);
    assert_eq!(state.popup, Some(Popup::ConfirmQuit));
}

#[test]
fn the_preview_is_exact_except_for_the_hmac() {
    let mut state = lively();
    press(&mut state, "c \"evt\" Enter \"[1]\"");
    let seconds = state.now / SECOND;
    assert_eq!(state.compose.preview, Some(format!("evt:sha256|default|{seconds}|…:[1]")));
    update(&mut state, Event::Clock((seconds + 5) * SECOND));
    assert_eq!(state.compose.preview, Some(format!("evt:sha256|default|{}|…:[1]", seconds + 5)));
    press(&mut state, "Alt-K Alt-K");
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
    assert_eq!(state.compose.key_label(&state.setup.keyring), "unsigned");
    let state = State::new(setup());
    assert_eq!(state.compose.choices, [SignWith::SigningKey, SignWith::Key(b"old".to_vec()), SignWith::None]);
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
    press(&mut state, "Enter");
    update(&mut state, Event::Paste("[1,\r\n2]".to_owned()));
    assert_eq!(state.compose.data_text(), "[1,\n2]");
    update(&mut state, Event::Paste("x".repeat(2 << 20)));
    assert_eq!(state.compose.data_text(), "[1,\n2]");
    assert_eq!(notice(&state), "not pasted: the field holds at most 1024 KiB");
    press(&mut state, "Esc #");
    update(&mut state, Event::Paste("#10\n".to_owned()));
    assert_eq!(state.popup, Some(Popup::Jump(aircheck::console::ui::line_edit::LineEdit::new("#10 "))));
}

#[test]
fn enter_never_sends_and_adds_no_newline_to_a_name() {
    let mut state = lively();
    assert_eq!(press(&mut state, "c \"a\" Enter \"1\" Enter \"2\""), []);
    assert_eq!((state.compose.name_text().as_str(), state.compose.data_text().as_str()), ("a", "1\n2"));
    press(&mut state, "Shift-Tab Ctrl-M");
    assert_eq!(state.compose.name.lines().len(), 1);
}

#[test]
fn compose_takes_the_channel_that_the_user_sees() {
    let composed = |keys: &str| {
        let mut state = lively();
        press(&mut state, keys);
        press(&mut state, "c");
        state.compose.channel_text()
    };
    // The newest message is on billing, but nobody chose it.
    assert_eq!(composed(""), "ops", "the first channel of the profile");
    assert_eq!(composed("Space"), "ops", "pausing selects no row");
    assert_eq!(composed(":mark"), "ops", "the newest row is chance");
    assert_eq!(composed("k"), "ops");
    assert_eq!(composed("k j"), "billing", "a row that the user moved to");
    assert_eq!(composed("k j G"), "ops", "following again");
    assert_eq!(composed("1 j j"), "billing", "the channel under the cursor of Channels");
    assert_eq!(composed("1 j j Enter k 2 g"), "billing", "the only channel that Messages shows");
    assert_eq!(composed("1 j x j x k k"), "ops", "several channels are not one");
}

#[test]
fn the_channel_of_a_trimmed_or_hidden_row_is_not_used() {
    let mut state = lively_with(Setup { max_rows: 12, ..setup() });
    press(&mut state, "k j");
    let setup = state.setup.clone();
    let mut interval = Interval::default();
    for sequence in 11..31 {
        message(&mut interval, &setup, "other", "evt", &format!("[{sequence}]"), sequence);
    }
    take(&mut state, interval);
    press(&mut state, "c");
    assert_eq!(state.compose.channel_text(), "ops");
}

#[test]
fn a_pattern_is_not_taken_as_the_channel() {
    let mut state = empty(Setup { channels: vec!["bill*".to_owned(), "ops".to_owned()], ..setup() });
    press(&mut state, "c");
    assert_eq!(state.compose.channel_text(), "ops");
}

#[test]
fn compose_starts_in_the_first_field_that_needs_input() {
    let mut state = empty(Setup { channels: vec!["bill*".to_owned()], ..setup() });
    press(&mut state, "c");
    assert_eq!(state.compose.field, Field::Channel);
    press(&mut state, "\"ops\" Tab Tab Tab Esc c");
    assert_eq!(state.compose.field, Field::Name);
    press(&mut state, "\"evt\" Tab Esc c");
    assert_eq!(state.compose.field, Field::Data, "nothing is missing: the cursor stays");
}

#[test]
fn signing_is_never_turned_off_silently() {
    let mut state = lively();
    press(&mut state, "c \"evt\" Tab Tab Right");
    assert_eq!(notice(&state), "signed with old (sha256)");
    press(&mut state, "Right");
    assert_eq!(notice(&state), "unsigned: listeners with a signing key reject it");
    assert!(state.compose.is_signing_off());
    let (id, payload) = publish(&mut state, "Ctrl-S");
    assert_eq!(payload, b"evt::");
    answer(&mut state, id, Ok((0, 11)));
    assert_eq!(notice(&state), "sent #11 unsigned on ops to 0 receivers, in 1.5 ms");
    press(&mut state, "Left");
    assert_eq!(notice(&state), "signed with old (sha256)");
    press(&mut state, "Left");
    assert_eq!(state.compose.sign_with, SignWith::SigningKey);
    press(&mut state, "Left");
    assert_eq!(state.compose.sign_with, SignWith::None);
}

#[test]
fn a_character_in_the_sign_field_changes_nothing_and_shows_what_the_field_takes() {
    let mut state = lively();
    press(&mut state, "c \"evt\" Tab Tab");
    for key in "hjklgGx[]z/:".chars() {
        press(&mut state, &key.to_string());
        assert_eq!(notice(&state), "sign takes no text: Left and Right choose the key", "{key}");
        assert_eq!((&state.compose.sign_with, &state.popup), (&SignWith::SigningKey, &None), "{key}");
    }
    press(&mut state, "Space Up Down PgUp PgDn Home End");
    assert_eq!(state.compose.sign_with, SignWith::SigningKey, "text that was meant for the data");
}

#[test]
fn only_the_user_changes_the_channel_of_compose() {
    let mut state = lively();
    press(&mut state, "c \"evt\" Esc");
    for number in 11..20 {
        let setup = state.setup.clone();
        let mut interval = Interval::default();
        message(&mut interval, &setup, if number % 2 == 0 { "ops" } else { "billing" }, "busy", "", number);
        take(&mut state, interval);
        press(&mut state, "c");
        assert_eq!(state.compose.channel_text(), "ops");
        press(&mut state, "Esc");
    }
    press(&mut state, "1 j j Enter c");
    assert_eq!(state.compose.channel_text(), "ops", "another selected channel does not redirect the text");
    let effects = press(&mut state, "Ctrl-S");
    assert!(matches!(effects.as_slice(), [Effect::Publish { channel, .. }] if channel == b"ops"), "{effects:?}");
    press(&mut state, "Shift-Tab \"!\" Esc c");
    assert_eq!(state.compose.channel_text(), "ops!");
}

#[test]
fn the_verdict_of_a_sent_message_fits_on_a_narrow_border() {
    let mut state = lively();
    update(&mut state, Event::Resize(80, 24));
    let (id, payload) = publish(&mut state, "c \"evt\" Ctrl-S");
    answer(&mut state, id, Ok((3, 11)));
    let mut interval = Interval::default();
    let (at, verdict) = (state.now + 600, Verdict::Rejected(Rejection::SignatureMismatch));
    interval.push_message(&payload, at, channel("ops"), Sequence::Exact(11), verdict, None, None);
    take(&mut state, interval);
    let border = "ops #11 · ✗ signature mismatch · 3 receivers, 2 besides this console";
    assert!(screen(&state).contains(border), "{}", screen(&state));
}
