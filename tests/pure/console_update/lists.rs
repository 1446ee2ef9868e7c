//! Every list moves by pages and half pages, and to either end.

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
