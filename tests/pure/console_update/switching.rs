//! The console switches to another profile.

use super::*;
use aircheck::console::app::event::NextProfile;

fn next() -> NextProfile {
    let (name, target) = ("prod".to_owned(), "redis.internal:6379".to_owned());
    NextProfile { name, target, read_only: false, confirm: true }
}

fn loaded(state: &mut State) -> Vec<Effect> {
    update(state, Event::ProfileLoaded(Ok(next())))
}

#[test]
fn the_profile_is_switched_at_once_if_nothing_is_lost() {
    assert_eq!(loaded(&mut lively()), [Effect::SwitchProfile("prod".to_owned())]);
}

#[test]
fn an_unsent_text_is_only_lost_after_a_yes() {
    let mut state = lively();
    press(&mut state, "c \"evt\" Esc");
    for answer in ["n", "Enter", "Esc"] {
        assert_eq!(loaded(&mut state), []);
        assert_eq!(state.popup, Some(Popup::ConfirmProfile(next())));
        assert_eq!(press(&mut state, answer), []);
        assert_eq!((&state.popup, notice(&state)), (&None, "not switched"));
        assert_eq!(state.compose.name_text(), "evt");
    }
    loaded(&mut state);
    assert_eq!(press(&mut state, "y"), [Effect::SwitchProfile("prod".to_owned())]);
    // This is on the screen until the next console appears.
    assert_eq!((&state.popup, notice(&state)), (&None, "switching to prod"));
}

#[test]
fn a_recording_only_ends_after_a_yes() {
    let mut state = lively();
    press(&mut state, "r Enter");
    assert_eq!(loaded(&mut state), []);
    assert_eq!(press(&mut state, "y"), [Effect::SwitchProfile("prod".to_owned())]);
}

#[test]
fn the_profile_is_not_switched_while_messages_are_sent() {
    let mut state = lively();
    press(&mut state, "c \"evt\" Ctrl-S");
    assert_eq!(loaded(&mut state), []);
    assert_eq!(notice(&state), "not switched: a message is still being sent");
    update(&mut state, Event::Published { id: 1, result: Ok((1, 1)), at: START });
    assert_eq!(loaded(&mut state), [Effect::SwitchProfile("prod".to_owned())]);
    let mut state = lively();
    press(&mut state, "c \"evt\" Ctrl-R Enter y");
    state.compose.unsent = false;
    assert_eq!(loaded(&mut state), []);
}

#[test]
fn a_profile_that_cannot_be_loaded_changes_nothing() {
    let mut state = lively();
    let why = "config.toml: unknown profile \"prdo\" (did you mean \"prod\"?)";
    assert_eq!(update(&mut state, Event::ProfileLoaded(Err(why.to_owned()))), []);
    assert_eq!((notice(&state), &state.popup), (format!("not switched: {why}").as_str(), &None));
}

#[test]
fn the_first_row_is_the_end_of_the_previous_connection() {
    let mut state = State::new(setup());
    state.note_previous("switched from dev to test", START);
    let row = state.messages.rows.front().unwrap();
    assert!(matches!(row.entry(), Entry::Link(link) if link.reason.as_deref() == Some("switched from dev to test")));
    assert_eq!(state.link.phase, Phase::Connecting, "the new connection was not lost");
}
