//! Every list moves by pages and half pages, and to either end.

use aircheck::console::app::replay::{Replay, ReplayStatus, Speed};

use super::*;

#[test]
fn a_key_of_findings_names_that_pane_elsewhere() {
    for pane in ["1", "4", ":show-timeline"] {
        for key in ["F", "b", "A"] {
            let mut state = lively();
            press(&mut state, pane);
            assert_eq!(press(&mut state, key), [], "{pane} {key}");
            assert_eq!(notice(&state), format!("{key} acts in Findings: press 3"), "{pane}");
        }
    }
}

#[test]
fn a_finding_that_was_cleared_is_shown_although_a_filter_is_still_working() {
    let setup = Setup { max_rows: 100_000, max_bytes: 64 << 20, ..setup() };
    let mut state = empty(setup.clone());
    let mut interval = Interval::default();
    interval.push(gap("ops", 1, 3));
    take(&mut state, interval);
    for _ in 0..20 {
        update(&mut state, Event::Interval(Arc::new(messages(&setup, 1000))));
    }
    press(&mut state, "f Ctrl-U");
    update(&mut state, Event::Paste("name:evt".to_owned()));
    press(&mut state, "Enter :clear");
    press(&mut state, "3 Enter");
    assert_eq!((state.focus, state.messages.cursor), (Pane::Messages, Some(0)), "{}", notice(&state));
}

#[test]
fn after_a_jump_in_a_replay_names_are_counted_again() {
    let mut state = lively();
    let names = |state: &mut State| {
        press(state, "1 g :show-names");
        let Some(Popup::Names(view)) = &state.popup else { panic!("{:?}", state.popup) };
        let len = view.rows.len();
        press(state, "Esc");
        len
    };
    assert!(names(&mut state) > 0);
    update(&mut state, Event::Jumped);
    assert_eq!(names(&mut state), 0);
}

#[test]
fn the_size_of_a_zoomed_pane_is_not_changed() {
    let mut state = lively();
    for pane in ["1", "5"] {
        let before = state.settings.sizes;
        press(&mut state, &format!("{pane} z :wider"));
        press(&mut state, ":higher");
        assert_eq!((state.settings.sizes, notice(&state).contains("no pane is zoomed")), (before, true), "{pane}");
        press(&mut state, "z");
    }
}

#[test]
fn a_pattern_without_channels_picks_nothing() {
    let mut state = empty(Setup { channels: vec!["ops".to_owned(), "none:*".to_owned()], ..setup() });
    press(&mut state, "1 j Enter");
    assert_eq!(state.channels.picked.len(), 1);
    press(&mut state, "G Enter");
    assert_eq!((state.channels.picked.len(), notice(&state)), (1, "no channel matches the pattern yet"));
}

#[test]
fn after_the_last_finding_the_notice_names_the_way_back() {
    let mut state = lively();
    press(&mut state, "g ] ] ]");
    assert_eq!(notice(&state), "no later finding or rejected message; [ goes back");
    press(&mut state, "[ [");
    assert_eq!(notice(&state), "no earlier finding or rejected message; ] goes back");
    let mut state = empty(setup());
    press(&mut state, "]");
    assert_eq!(notice(&state), "no later finding or rejected message");
}

#[test]
fn a_replay_does_not_claim_that_nothing_comes_later() {
    let mut state = empty(setup());
    for (at_end, expected) in
        [(false, "no later finding or rejected message so far"), (true, "no later finding or rejected message")]
    {
        let status = ReplayStatus { is_playing: true, speed: Speed::NORMAL, at_end, failure: None };
        state.replay = Some(Replay { host: String::new(), file: "a.db".into(), status });
        press(&mut state, "]");
        assert_eq!(notice(&state), expected);
    }
}

/// What opens a list; its cursor, its length and its height.
type List = (&'static str, fn(&State) -> (usize, usize, usize));

/// 90 channels with a message, a gap and a rejected message each.
fn full() -> State {
    let mut state = empty(setup());
    update(&mut state, Event::Resize(120, 60));
    let mut interval = Interval::default();
    for index in 0..90 {
        let on = format!("c{index}");
        interval.push(gap(&on, 1, 2));
        raw_message(&mut interval, &setup(), &on, b"x:wrong:", 3);
        message(&mut interval, &setup(), &on, &format!("name{index}"), "{}", 4);
    }
    let list = (0..90).map(|index| index.to_string()).collect::<Vec<_>>().join(",");
    message(&mut interval, &setup(), "ops", "list", &format!("[{list}]"), 1);
    take(&mut state, interval);
    state
}

const LISTS: &[List] = &[
    ("1", |state| (state.channels.position.cursor, state.channels.lines().len(), entries(state, Pane::Channels))),
    ("2", |state| {
        let messages = &state.messages;
        (messages.shown_index(messages.cursor.unwrap()), messages.shown_len(), entries(state, Pane::Messages))
    }),
    ("3", |state| (state.findings.list.position.cursor, state.findings.list.len(), entries(state, Pane::Findings))),
    ("4", |state| (state.rejections.list.position.cursor, state.rejections.list.len(), entries(state, Pane::Rejected))),
    ("5", |state| {
        let height = state.detail.scrolling_height(entries(state, Pane::Detail));
        (state.detail.position.cursor, state.detail.lines.total(), height)
    }),
    ("1 :show-names", |state| match &state.popup {
        Some(Popup::Names(view)) => (view.position.cursor, view.rows.len(), height_of_popup(state)),
        other => panic!("{other:?}"),
    }),
    ("1 d", |state| match &state.popup {
        Some(Popup::Discover(found)) => (found.position.cursor, found.found.len(), height_of_popup(state)),
        other => panic!("{other:?}"),
    }),
];

fn entries(state: &State, pane: Pane) -> usize {
    Layout::for_state(state).entries(pane)
}

fn height_of_popup(state: &State) -> usize {
    usize::from(popup_rows(state.size, state.popup.as_ref().unwrap()).height)
}

#[test]
fn every_list_moves_by_pages_and_half_pages_and_to_either_end() {
    for (open, look) in LISTS {
        let mut state = full();
        press(&mut state, open);
        if open.ends_with('d') {
            let found = (0..90).map(|index| DiscoveredChannel {
                channel: channel(&format!("d{index}")),
                counter: Reading::Missing,
                subscribers: None,
            });
            update(&mut state, Event::Discovered(Ok(found.collect())));
        }
        let (_, len, height) = look(&state);
        assert!(len > 2 * height && height > 3, "{open}: {len} {height}");
        let mut at = |keys: &str| {
            press(&mut state, keys);
            look(&state).0
        };
        assert_eq!(at("g"), 0, "{open}");
        assert_eq!(at("Ctrl-D"), height / 2, "{open}");
        assert_eq!(at("Ctrl-U"), 0, "{open}");
        assert_eq!(at("Ctrl-F"), height - 1, "{open}");
        assert_eq!(at("Ctrl-F Ctrl-B"), height - 1, "{open}");
        assert_eq!(at("G"), len - 1, "{open}");
        assert_eq!(at("Ctrl-B"), len - height, "{open}");
    }
}

#[test]
fn one_row_is_counted_in_the_singular() {
    let mut state = empty(setup());
    take(&mut state, messages(&setup(), 1));
    assert!(screen(&state).contains("╰ 1 row ─"), "{}", screen(&state));
}
