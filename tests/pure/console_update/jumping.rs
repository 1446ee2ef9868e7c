//! Going to a sequence number.

use super::*;

/// The channel and the sequence number of the selected row.
fn selected(state: &State) -> (String, Sequence) {
    let row = state.messages.selected().unwrap();
    (String::from_utf8_lossy(row.channel().unwrap().as_bytes()).into_owned(), row.message().unwrap().sequence)
}

#[test]
fn the_channel_of_the_focused_pane_comes_first_and_an_ambiguous_number_is_reported() {
    let mut state = lively();
    // `#1` is on both channels. The cursor of Channels is on `ops`, then on `billing`.
    for (keys, on) in [("1 g j", "ops"), ("1 g j j", "billing")] {
        press(&mut state, &format!("Esc {keys} # \"1\" Enter"));
        assert_eq!(selected(&state), (on.to_owned(), Sequence::Exact(1)));
        assert_eq!(notice(&state), format!("#1 on {on}; 1 other channel has it too"));
    }
    press(&mut state, "# \"4\" Enter");
    assert_eq!((selected(&state), notice(&state)), (("ops".to_owned(), Sequence::Exact(4)), ""));
}

#[test]
fn a_channel_can_precede_the_number() {
    let mut state = lively();
    for (typed, on) in [("ops 1", "ops"), ("billing #1", "billing"), (" ops  1 ", "ops")] {
        press(&mut state, "#");
        update(&mut state, Event::Paste(typed.to_owned()));
        press(&mut state, "Enter");
        assert_eq!((selected(&state), notice(&state)), ((on.to_owned(), Sequence::Exact(1)), ""), "{typed}");
    }
    for (typed, error) in [
        ("billing 4", "#4 of billing is not among the rows shown"),
        ("bill 1", "unknown channel bill"),
        ("ops", "expected a sequence number or a range, e.g. 1046, 1040-1046, 1040.. or ..1046"),
        ("42", "#42 is not among the rows shown"),
    ] {
        press(&mut state, "#");
        update(&mut state, Event::Paste(typed.to_owned()));
        press(&mut state, "Enter");
        assert_eq!(notice(&state), error);
        assert!(matches!(&state.popup, Some(Popup::Jump(line)) if line.text() == typed), "it can be corrected");
        press(&mut state, "Esc");
    }
}
