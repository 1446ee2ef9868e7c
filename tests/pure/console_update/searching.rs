//! The search: what is found, in which order, and that no turn of the loop does more than a bounded part of it.

use aircheck::console::app::background::has_work;
use aircheck::console::search::needle::Needle;

use super::*;

fn hits(state: &State) -> Vec<u64> {
    state.search.iter().flat_map(|search| search.hits.iter().copied()).collect()
}

fn searching(mut state: State, text: &str) -> State {
    press(&mut state, "/");
    update(&mut state, Event::Paste(text.to_owned()));
    state
}

/// Works until nothing is left; how many turns that took, and the most rows that one of them looked at.
fn work(state: &mut State) -> (usize, u64) {
    let seen = |state: &State| state.search.as_ref().map_or(0, |search| search.scan_range.seen().count() as u64);
    let (mut turns, mut most) = (0, 0);
    while has_work(state) {
        let before = seen(state);
        assert_eq!(update(state, Event::Work), []);
        most = most.max(seen(state) - before);
        turns += 1;
        assert!(turns < 10_000, "it never ends");
    }
    (turns, most)
}

#[test]
fn search_matches_the_displayed_text_and_the_bytes() {
    let setup = setup();
    for (text, expected) in [
        (r"esc\x1bape", vec![0]),
        ("esc\u{1b}ape", vec![]), // a control character is typed as a space
        (r"rtl\u{202e}", vec![1]),
        ("rtl\u{202e}", vec![1]),
        (r"back\slash", vec![2]),
        (r"back\\slash", vec![2]),
        (r"\xff", vec![3]),
        ("|DEFAULT|", vec![]),
        ("|default|", vec![0]),
        ("Bad", vec![]),
        (r"a\x09b", vec![0, 1, 2, 3]),
    ] {
        let mut state = empty(setup.clone());
        let mut interval = Interval::default();
        for payload in [
            "esc\u{1b}ape:sha256|default|1|00:{}".as_bytes(),
            "rtl\u{202e}::1".as_bytes(),
            br"back\slash::1",
            b"bad\xff::1",
        ] {
            raw_message(&mut interval, &setup, "a\tb", payload, 1);
        }
        take(&mut state, interval);
        assert_eq!(hits(&searching(state, text)), expected, "{text:?}");
    }
}

#[test]
fn a_capital_letter_makes_the_search_case_sensitive() {
    let needle = |text, is_regex| Needle::new(text, is_regex).unwrap();
    assert!(needle("flush", false).is_in(b"FLUSH") && !needle("Flush", false).is_in(b"flush"));
    assert!(needle(r"\Slush", true).is_in(b"FLUSH") && !needle(r"\sLush", true).is_in(b" lush"));
    assert!(needle("a.c", false).is_in(b"a.c") && !needle("a.c", false).is_in(b"abc"));
    assert!(Needle::new("(", true).is_err() && Needle::new("(", false).is_ok());
}

#[test]
fn search_matches_the_text_of_findings() {
    for text in ["3 missed", "disconnected", "missed_disconnected", "#6–8"] {
        assert_eq!(hits(&searching(lively(), text)), [GAP_ROW], "{text}");
    }
    assert_eq!(hits(&searching(lively(), "connected")), [0, GAP_ROW]);
}

#[test]
fn new_rows_are_searched_and_trimmed_rows_are_no_hits() {
    let setup = Setup { max_rows: 20, ..setup() };
    let mut state = searching(lively_with(setup.clone()), "evt");
    assert!(hits(&state).is_empty());
    take(&mut state, messages(&setup, 3));
    work(&mut state);
    assert_eq!(hits(&state), [10, 11, 12]);
    assert_eq!(state.messages.cursor, Some(10), "the first hit is gone to, even where it comes later");
    take(&mut state, messages(&setup, 18));
    work(&mut state);
    assert_eq!(hits(&state), (11..31).collect::<Vec<_>>());
}

#[test]
fn a_full_scrollback_is_searched_in_steps_nearest_rows_first() {
    let setup = Setup { max_rows: 100_000, max_bytes: 64 << 20, ..setup() };
    let mut state = empty(setup.clone());
    for batch in 0..100 {
        let mut interval = messages(&setup, 999);
        let name = format!("needle-{batch}::");
        raw_message(&mut interval, &setup, "ops", name.as_bytes(), 1000);
        update(&mut state, Event::Interval(Arc::new(interval)));
    }
    prepare(&mut state);
    assert_eq!(state.messages.rows.len(), 100_000);
    let mut state = searching(state, "needle");
    assert!(has_work(&state), "typing never looks at all of it");
    assert_eq!(state.messages.cursor, Some(99_999), "the nearest hit is there at once");
    let (turns, most) = work(&mut state);
    assert!(most <= 4096, "a turn looked at {most} rows");
    assert!(turns >= 100_000 / 4096, "{turns}");
    assert_eq!(hits(&state).len(), 100);
    // Without one, all of it is looked at, and that is known.
    press(&mut state, "Esc");
    let mut state = searching(state, "nowhere");
    work(&mut state);
    assert_eq!((hits(&state), state.messages.follow), (vec![], true));
}

#[test]
fn a_hit_across_two_pieces_of_a_long_payload_is_found() {
    let setup = Setup { max_bytes: 64 << 20, ..setup() };
    for (at, needle) in [(64 << 10, "needle"), (5 << 20, "needle"), ((64 << 10) - 2, "n\u{fc}dle")] {
        let mut state = empty(setup.clone());
        let mut payload = "\u{fc}".repeat(6 << 19).into_bytes();
        let place = at / 2 * 2 - 2;
        payload.splice(place..place + needle.len() / 2 * 2, needle.bytes());
        let mut interval = Interval::default();
        raw_message(&mut interval, &setup, "ops", &payload, 1);
        take(&mut state, interval);
        let mut state = searching(state, needle);
        let (turns, _) = work(&mut state);
        assert_eq!(hits(&state), [0]);
        assert_eq!(turns > 10, at > 1 << 20, "{turns} turns to byte {at}");
    }
}

#[test]
fn a_search_examines_all_rows_that_a_new_filter_lists() {
    let setup = Setup { max_rows: 100_000, max_bytes: 64 << 20, ..setup() };
    let mut state = empty(setup.clone());
    for batch in 0..20 {
        let mut interval = Interval::default();
        for number in 1..=1000 {
            let name = if batch < 16 { "evt" } else { "late" };
            let payload = format!("{name}::{{\"needle\":{}}}", batch * 1000 + number);
            raw_message(&mut interval, &setup, "ops", payload.as_bytes(), batch * 1000 + number);
        }
        update(&mut state, Event::Interval(Arc::new(interval)));
    }
    press(&mut state, "g");
    let mut state = searching(state, "needle");
    press(&mut state, "Enter");
    work(&mut state);
    assert_eq!(hits(&state).len(), 20_000);
    // The cursor is on the first row, and the first matching one is far away.
    press(&mut state, "g f Ctrl-U");
    update(&mut state, Event::Paste("-name:evt".to_owned()));
    press(&mut state, "Enter");
    work(&mut state);
    assert_eq!(hits(&state).len(), 4_000);
}

#[test]
fn leaving_the_prompt_keeps_the_row_that_the_user_chose() {
    let mut state = lively();
    press(&mut state, "2 g j j");
    let before = state.messages.chosen;
    assert!(before.is_some());
    let mut state = searching(state, "paid");
    press(&mut state, "Esc");
    assert_eq!((state.messages.chosen, state.messages.cursor), (before, before));
}

#[test]
fn hidden_rows_are_no_hits() {
    let mut state = lively();
    press(&mut state, "f \"name:paid\" Enter");
    let mut state = searching(state, "s");
    work(&mut state);
    assert!(hits(&state).iter().all(|row_id| [0, GAP_ROW, REJECTED_ROW, LAST_ROW].contains(row_id)));
    press(&mut state, "Enter f Ctrl-U Enter");
    work(&mut state);
    assert!(hits(&state).contains(&1), "shown again, it is one");
}
