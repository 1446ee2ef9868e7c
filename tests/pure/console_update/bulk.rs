//! Many messages are sent: the questions before.

use super::*;
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
}

#[test]
fn compose_knows_the_size_of_the_payload_even_before_it_is_valid() {
    let mut state = lively();
    for keys in ["c", "\"evt\"", "Tab \"[1]\"", "Alt-K", "Alt-K"] {
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
