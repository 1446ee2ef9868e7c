//! Copies of a message within a second share one row.

use std::collections::HashMap;

use super::*;
use aircheck::console::app::scrollback::Row;
use aircheck::console::app::view::draw_into;
use aircheck::console::ui::theme;
use aircheck::ledger::sequence::UnknownReason;
use proptest::prelude::*;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

/// Adds a message that was received some microseconds after [`START`].
fn add(interval: &mut Interval, on: &str, payload: &str, sequence: Sequence, after: i64) {
    let verdict = if payload.starts_with("bad") {
        setup().keyring.verify(&Envelope::parse(payload.as_bytes()), 0).verdict
    } else {
        Verdict::Unsigned
    };
    interval.push_message(payload.as_bytes(), START + after, channel(on), sequence, verdict, None, None);
}

/// A console that has received messages on `ops`, each with its payload and its time after [`START`].
fn received(messages: &[(&str, i64)]) -> State {
    let mut interval = Interval::default();
    for (sequence, (payload, after)) in (1..).zip(messages) {
        add(&mut interval, "ops", payload, Sequence::Exact(sequence), *after);
    }
    let mut state = empty(setup());
    take(&mut state, interval);
    state
}

/// The shown rows, each with the copies that share it.
fn rows(state: &State) -> Vec<Vec<u64>> {
    let messages = &state.messages;
    let shown = (0..messages.shown_len()).filter_map(|index| messages.shown_row_id(index));
    let with_copies =
        |row_id| std::iter::once(row_id).chain(messages.copies.sharing(row_id).into_iter().flatten().copied());
    shown.map(|row_id| with_copies(row_id).collect()).collect()
}

/// The lines of the screen that contain a text.
fn lines(state: &State, text: &str) -> Vec<String> {
    let area = Rect::new(0, 0, state.size.0, state.size.1);
    let mut buffer = Buffer::empty(area);
    draw_into(&mut buffer, state, &theme::PLAIN);
    let line = |y| (0..area.width).map(|x| buffer[(x, y)].symbol()).collect::<String>();
    (0..area.height).map(line).filter(|line| line.contains(text)).collect()
}

#[test]
fn copies_share_a_row_up_to_exactly_one_second_and_are_still_counted() {
    let mut state =
        received(&[("a::1", 0), ("a::1", 500_000), ("a::1", SECOND), ("a::1", SECOND + 1), ("a::1", SECOND + 2)]);
    assert_eq!(rows(&state), [vec![0, 1, 2], vec![3, 4]]);
    assert_eq!((state.totals.received, state.channels.list[0].received), (5, 5));
    assert_eq!((state.totals.findings.others, state.findings.list.len()), (0, 0));
    assert_eq!(lines(&state, "×3 to #3").len(), 1, "the row");
    assert_eq!(lines(&state, "×2 to #5").len(), 1, "the next second");
    press(&mut state, "g");
    assert!(lines(&state, "3 copies within 1 s: #1 ")[0].contains("#3 "), "Detail lists each copy");
}

#[test]
fn copies_on_other_channels_keep_their_rows_and_do_not_separate_a_run() {
    let mut state = empty(setup());
    let mut interval = Interval::default();
    for (sequence, on) in (1..).zip(["ops", "billing", "ops", "audit", "billing"]) {
        add(&mut interval, on, "a::1", Sequence::Exact(sequence), 0);
    }
    take(&mut state, interval);
    assert_eq!(rows(&state), [vec![0, 2], vec![1, 4], vec![3]]);
    let mut next = Interval::default();
    add(&mut next, "ops", "a::1", Sequence::Exact(6), 9);
    take(&mut state, next);
    assert_eq!(rows(&state)[0], [0, 2, 5], "across intervals");
}

#[test]
fn a_run_ends_at_another_message_of_its_channel_and_at_any_other_row() {
    assert_eq!(rows(&received(&[("a::1", 0), ("b::1", 0), ("a::1", 0)])), [[0], [1], [2]]);
    let dropped = || Dropped { count: 1, ..Dropped::new(Some(channel("billing")), None, START) }.into();
    let between: [fn() -> Entry; 3] = [|| link(LinkState::Stale), || gap("billing", 1, 2), dropped];
    for between in between {
        let mut state = empty(setup());
        let mut interval = Interval::default();
        add(&mut interval, "ops", "a::1", Sequence::Exact(1), 0);
        interval.push(between());
        add(&mut interval, "ops", "a::1", Sequence::Exact(2), 0);
        take(&mut state, interval);
        assert_eq!(rows(&state), [[0], [1], [2]]);
    }
}

#[test]
fn the_last_sequence_number_is_shown_only_if_it_is_known() {
    let unknown = Sequence::Unknown(UnknownReason::NoBarrier);
    let cases = [
        (Sequence::Exact(1), Sequence::Inferred(2), "×2 to #2?"),
        (Sequence::Exact(1), Sequence::Range { from: 2, to: 4 }, "×2 "),
        (Sequence::Exact(1), unknown, "×2 "),
        (unknown, Sequence::Exact(2), "×2 to #2 "),
    ];
    for (first, last, expected) in cases {
        let mut state = empty(setup());
        let mut interval = Interval::default();
        add(&mut interval, "ops", "a::1", first, 0);
        add(&mut interval, "ops", "a::1", last, 0);
        take(&mut state, interval);
        let line = &lines(&state, "×2")[0];
        assert!(line.contains(expected) && (expected != "×2 " || !line.contains("×2 to")), "{line}");
    }
}

#[test]
fn a_rejected_row_still_shows_its_rejection() {
    let state = received(&[("bad:sha256|default|1|00:{}", 0), ("bad:sha256|default|1|00:{}", 1)]);
    assert_eq!(state.totals.rejected, 2);
    assert!(
        lines(&state, "×2 to #2").iter().any(|line| line.contains("signature mismatch")),
        "{:?}",
        lines(&state, "×2")
    );
}

#[test]
fn each_copy_can_be_reached() {
    let copies = [("a::1", 0), ("a::1", 0), ("a::1", 0), ("b::1", 0)];
    let mut state = received(&copies);
    press(&mut state, "# \"2\" Enter");
    assert_eq!((state.messages.cursor, rows(&state).len()), (Some(1), 4), "going to a number unfolds its row");
    let mut state = received(&copies);
    press(&mut state, "g :toggle-copies");
    assert_eq!((rows(&state).len(), state.messages.cursor), (4, Some(0)));
    press(&mut state, "j j :toggle-copies");
    assert_eq!((rows(&state), state.messages.cursor), (vec![vec![0, 1, 2], vec![3]], Some(0)));
    // A search counts each copy, and passes over those that share a row.
    press(&mut state, "/ \"a:\" Enter n");
    assert_eq!(state.search.as_ref().unwrap().hits, [0, 1, 2]);
    assert_eq!((state.messages.cursor, rows(&state).len()), (Some(0), 2));
    let effects = press(&mut state, ":copy-line");
    let [Effect::Copy(text)] = &effects[..] else { panic!("{effects:?}") };
    assert_eq!(text.lines().count(), 3);
    press(&mut state, "g :save");
    assert!(matches!(&state.popup, Some(Popup::Save(prompt)) if prompt.rows == 3));
}

#[test]
fn a_filter_that_hides_the_first_copy_shows_the_next_one() {
    let mut state = received(&[("a::1", 0), ("a::1", 0), ("a::1", 0), ("a::1", 0)]);
    press(&mut state, "f \"seq:2..3\" Enter");
    assert_eq!(rows(&state), [[1, 2]]);
    press(&mut state, "f Ctrl-U Enter Space");
    assert_eq!(rows(&state), [[0, 1, 2, 3]]);
    let mut next = Interval::default();
    add(&mut next, "ops", "a::1", Sequence::Exact(5), 5);
    update(&mut state, Event::Interval(next.into()));
    assert_eq!((rows(&state), state.messages.unseen), (vec![vec![0, 1, 2, 3, 4]], 1), "while paused");
}

#[test]
fn clear_hides_rows_and_resets_nothing() {
    let mut state = lively();
    let totals = state.totals;
    press(&mut state, ":clear");
    assert_eq!((rows(&state).len(), state.totals, state.findings.list.len()), (0, totals, 1));
    assert_eq!(lines(&state, "No message since you cleared the list.").len(), 1);
    let mut next = Interval::default();
    add(&mut next, "ops", "a::1", Sequence::Exact(11), 0);
    take(&mut state, next);
    assert_eq!((rows(&state), state.messages.cursor), (vec![vec![10]], Some(10)));
    for size in [(120, 30), (80, 24)] {
        update(&mut state, Event::Resize(size.0, size.1));
        assert_eq!(lines(&state, "10 earlier rows hidden").len(), 1, "{size:?}");
    }
    press(&mut state, "f \"name:flush\" Enter");
    assert_eq!(rows(&state).len(), 0, "a filter does not bring them back");
    press(&mut state, "f Ctrl-U Enter g ");
    assert_eq!(state.messages.cursor, Some(10));
    press(&mut state, "3 Enter");
    assert_eq!((state.messages.cursor, rows(&state).len()), (Some(GAP_ROW), 11), "going to a finding shows them");
}

#[test]
fn a_wrapped_row_shows_more_of_its_payload() {
    let text = (0..60).map(|index| format!("word{index:02}")).collect::<Vec<_>>().join(" ");
    let mut state = received(&[(&format!("a::\"{text}\""), 0), ("b::1", 0)]);
    press(&mut state, "2 g");
    let words = |state: &State| {
        lines(state, "word")
            .iter()
            .filter(|line| !line.contains("\"word00 word01 word02 word03 word04 word05 word06 word07 word08 word09"))
            .count()
    };
    let cut = words(&state);
    press(&mut state, "w");
    assert_eq!(words(&state), cut + 2);
    // The second row is three lines below the first one.
    let inner = Layout::for_state(&state).inner(Pane::Messages).unwrap();
    let down = MouseEvent {
        kind: MouseEventKind::Down(MouseButton::Left),
        column: inner.x + 1,
        row: inner.y + 3,
        modifiers: KeyModifiers::NONE,
    };
    update(&mut state, Event::Mouse(down));
    assert_eq!(state.messages.cursor, Some(1));
}

#[test]
fn a_wrapped_row_is_as_high_as_its_payload_needs() {
    let text = "word".repeat(200);
    let mut payloads = vec![("a::1".to_owned(), 0), (format!("long::\"{text}\""), 0)];
    payloads.extend((2..60).map(|number| (format!("b::{number}"), 0)));
    let payloads: Vec<_> = payloads.iter().map(|(payload, after)| (payload.as_str(), *after)).collect();
    let mut state = received(&payloads);
    let inner = Layout::for_state(&state).inner(Pane::Messages).unwrap();
    let click = |state: &mut State, line: u16| {
        let kind = MouseEventKind::Down(MouseButton::Left);
        let (column, row) = (inner.x + 1, inner.y + line);
        update(state, Event::Mouse(MouseEvent { kind, column, row, modifiers: KeyModifiers::NONE }));
        state.messages.cursor.unwrap()
    };
    press(&mut state, "2 w");
    assert_eq!(click(&mut state, inner.height - 1), 59, "while following, the newest row is in the last line");
    press(&mut state, "g");
    let places = [0, 1, 2, 3, 4].map(|line| click(&mut state, line));
    assert_eq!(places, [0, 1, 1, 1, 2]);
    let last = u64::from(inner.height) - 3;
    assert_eq!(click(&mut state, inner.height - 1), last);
    assert_eq!(click(&mut state, inner.height - 1), last, "a click does not move the window");
    press(&mut state, "2 j");
    assert_eq!((click(&mut state, 0), click(&mut state, 1)), (1, 1), "the window moves by one row");
    // From any row to any other, the selected one is visible.
    for keys in ["2 g", "PgDn", "PgDn", "k k k", "PgUp", "PgUp", "G k", "Ctrl-U", "Ctrl-U", "Ctrl-D", "g j"] {
        press(&mut state, keys);
        let selected = format!("#{} ", state.messages.cursor.unwrap() + 1);
        assert!(lines(&state, "▸").iter().any(|line| line.contains(&selected)), "{keys}: {selected}");
    }
}

/// Something that happens to the rows.
#[derive(Debug, Clone)]
enum Step {
    /// A message: channel, payload, milliseconds since the one before.
    Message(usize, usize, i64),
    /// A row that is not a message.
    Other,
    /// Keys are pressed.
    Keys(&'static str),
}

fn step() -> impl Strategy<Value = Step> {
    const KEYS: &[&str] = &[
        "Space",
        "g",
        "G",
        "j",
        "k",
        "n",
        ":toggle-copies",
        ":clear",
        ":show-cleared",
        "Esc f \"name:a\" Enter",
        "Esc f \"-seq:3..9\" Enter",
        "Esc f Esc",
        "1 j Enter 2",
        "a",
        "/ \"a\" Enter",
        "# \"5\" Enter",
    ];
    prop_oneof![
        6 => (0..3usize, 0..2usize, prop::sample::select([0, 1, 300, 700].as_slice())).prop_map(|(on, payload, after)| Step::Message(on, payload, after)),
        1 => Just(Step::Other),
        2 => prop::sample::select(KEYS).prop_map(Step::Keys),
    ]
}

/// The first copy of each row, computed from all messages received: channel, payload, time.
fn first_copies(received: &[Option<(usize, usize, i64)>]) -> Vec<usize> {
    let mut open: HashMap<usize, usize> = HashMap::new();
    let mut firsts = Vec::new();
    for (row_id, row) in received.iter().enumerate() {
        let Some((on, payload, at)) = row else {
            open.clear();
            firsts.push(row_id);
            continue;
        };
        let is_copy = |first: &&usize| {
            received[**first].is_some_and(|(_, other, begun)| other == *payload && at - begun <= SECOND)
        };
        let first = open.get(on).filter(is_copy).copied().unwrap_or(row_id);
        open.insert(*on, first);
        firsts.push(first);
    }
    firsts
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    #[test]
    fn the_rows_show_every_message_once(steps in prop::collection::vec(step(), 1..80), max_rows in 30usize..200) {
        let mut state = empty(Setup { max_rows, ..setup() });
        let (mut received, mut at) = (Vec::new(), 0);
        for step in steps {
            let mut interval = Interval::default();
            match step {
                Step::Message(on, payload, after) => {
                    at += after * 1_000;
                    let number = Sequence::Exact(received.len() as u64);
                    add(&mut interval, ["ops", "billing", "audit"][on], ["a::1", "b::1"][payload], number, at);
                    received.push(Some((on, payload, at)));
                }
                Step::Other => {
                    interval.push(link(LinkState::Live));
                    received.push(None);
                }
                Step::Keys(keys) => {
                    press(&mut state, keys);
                }
            }
            take(&mut state, interval);
            while aircheck::console::app::background::has_work(&state) {
                update(&mut state, Event::Work);
            }
            let messages = &state.messages;
            let rows = rows(&state);
            let mut all: Vec<u64> = rows.iter().flatten().copied().collect();
            all.sort_unstable();
            prop_assert_eq!(&all, &messages.listed_serials().collect::<Vec<_>>(), "every listed row once");
            if state.filtering.filter.is_none() && state.channels.picked.is_empty() && messages.cleared == 0 {
                prop_assert_eq!(all.len(), received.len().min(max_rows), "the number received");
            }
            let firsts = first_copies(&received);
            for row in &rows {
                let same = row.iter().all(|row_id| firsts[usize::try_from(*row_id).unwrap()] == firsts[usize::try_from(row[0]).unwrap()]);
                prop_assert!(same, "{row:?} of {firsts:?}");
            }
            prop_assert_eq!(messages.cursor.is_some(), messages.shown_len() > 0);
            prop_assert!(messages.cursor.is_none_or(|row_id| messages.is_shown(row_id)));
            let lost = |row: &Row| row.message().is_some() && row.channel().is_none();
            prop_assert!(!messages.rows.iter().any(lost));
        }
    }
}
