//! Rejected messages and findings that are listed as groups.

use std::collections::BTreeSet;
use std::hash::Hash;

use aircheck::console::keymap::hints;
use aircheck::console::keymap::table::Action;
use aircheck::console::ui::grouped_list::{GroupedList, Line, Listed};
use aircheck::console::ui::line_edit::LineEdit;
use aircheck::console::ui::narrowing::Narrowing;
use proptest::prelude::*;

use super::*;

/// The lines of a list: the row ID, or the count of a group. Indented lines begin with a dash.
fn lines<K: Clone + Eq + Hash, T: Listed>(list: &GroupedList<K, T>) -> Vec<String> {
    let words = |line: Line<'_, K, T>| match line.entry {
        Some(entry) if line.is_indented => format!("-{}", entry.row_id()),
        Some(entry) => entry.row_id().to_string(),
        None => format!("{}x", line.group.count),
    };
    (0..=list.len()).filter_map(|index| list.line(index)).map(words).collect()
}

/// Rejected messages, one on each of these channels. No two are copies.
fn rejected(state: &mut State, channels: &[&str]) {
    let setup = setup();
    let mut interval = Interval::default();
    for (number, channel) in (state.totals.rejected..).zip(channels) {
        raw_message(&mut interval, &setup, channel, format!("evt:wrong:{number}").as_bytes(), 1);
    }
    take(state, interval);
}

fn found(state: &mut State, kinds: &[FindingKind]) {
    let mut interval = Interval::default();
    for kind in kinds {
        let cause = match kind {
            FindingKind::Duplicate => Cause::Duplicate { first_at: START, first_channel: channel("ops") },
            _ => Cause::CountMismatch { advance: 2, received: 1 },
        };
        interval.push(Entry::from(Finding {
            kind: *kind,
            channel: channel("ops"),
            sequence_from: Some(4),
            sequence_to: Some(5),
            count: Some(1),
            at: START,
            cause,
        }));
    }
    take(state, interval);
}

#[test]
fn rejected_messages_are_grouped_by_channel_in_the_order_of_the_first() {
    let mut state = empty(setup());
    rejected(&mut state, &["ops", "billing", "ops", "ops", "audit"]);
    assert_eq!(lines(&state.rejections.list), ["3x", "1", "4"]);
    assert_eq!((state.totals.rejected, state.rejections.list.position.cursor), (5, 2));
    rejected(&mut state, &["billing"]);
    assert_eq!(lines(&state.rejections.list), ["3x", "2x", "4"]);
}

#[test]
fn rejected_messages_are_grouped_by_key() {
    let setup = setup();
    let mut state = empty(setup.clone());
    let mut interval = Interval::default();
    for key in ["v1", "v2", "v1"] {
        let payload = format!("evt:sha256|{key}|1|ab:");
        raw_message(&mut interval, &setup, "ops", payload.as_bytes(), 1);
    }
    take(&mut state, interval);
    assert_eq!(lines(&state.rejections.list), ["2x", "1"]);
}

#[test]
fn enter_unfolds_a_group_and_goes_from_a_message_to_its_row() {
    let mut state = empty(setup());
    rejected(&mut state, &["ops", "billing", "ops"]);
    press(&mut state, "4 g Enter");
    assert_eq!(lines(&state.rejections.list), ["2x", "-0", "-2", "1"]);
    press(&mut state, "Enter");
    assert_eq!(lines(&state.rejections.list), ["2x", "1"]);
    press(&mut state, "Enter j j Enter");
    assert_eq!((state.focus, state.messages.cursor), (Pane::Messages, Some(2)));
}

#[test]
fn a_message_of_an_unfolded_group_does_not_move_the_cursor() {
    let mut state = empty(setup());
    rejected(&mut state, &["ops", "ops", "billing"]);
    press(&mut state, "4 g Enter G");
    assert_eq!(state.rejections.list.selected().unwrap().entry.unwrap().row_id, 2);
    rejected(&mut state, &["ops", "audit"]);
    assert_eq!(lines(&state.rejections.list), ["3x", "-0", "-1", "-3", "2", "4"]);
    assert_eq!(state.rejections.list.selected().unwrap().entry.unwrap().row_id, 2);
}

#[test]
fn a_flood_of_one_group_removes_no_other() {
    let setup = Setup { max_rows: 200_000, max_bytes: 1 << 30, ..setup() };
    let mut state = empty(setup.clone());
    rejected(&mut state, &["billing", "ops", "ops"]);
    press(&mut state, "4 g j Enter j j");
    let mut interval = Interval::default();
    for sequence in 0..100_000 {
        raw_message(&mut interval, &setup, "ops", format!("evt:wrong:{}", sequence + 10).as_bytes(), sequence);
    }
    take(&mut state, interval);
    rejected(&mut state, &["audit"]);
    let list = &state.rejections.list;
    assert_eq!((list.len(), list.trimmed), (3 + MAX_IN_GROUP, 100_002 - MAX_IN_GROUP as u64));
    assert_eq!(list.line(1).unwrap().group.count, 100_002);
    // The message under the cursor was removed. The cursor is on the oldest one kept.
    assert_eq!(list.position.cursor, 2);
    assert_eq!(list.iter().count(), MAX_IN_GROUP + 2);
    press(&mut state, "2 g ]");
    assert_eq!(state.messages.cursor, Some(100_003 - MAX_IN_GROUP as u64));
    press(&mut state, "[");
    assert_eq!(state.messages.cursor, Some(0));
    assert_eq!(state.totals.rejected, 100_004);
}

#[test]
fn next_and_previous_finding_visit_each_message_of_a_folded_group() {
    let mut state = empty(setup());
    rejected(&mut state, &["ops", "billing", "ops"]);
    found(&mut state, &[FindingKind::Duplicate, FindingKind::Duplicate]);
    let mut seen = Vec::new();
    for _ in 0..5 {
        press(&mut state, "[");
        seen.extend(state.messages.cursor);
    }
    assert_eq!(seen, [4, 3, 2, 1, 0]);
    press(&mut state, "] ]");
    assert_eq!(state.messages.cursor, Some(2));
}

#[test]
fn next_and_previous_finding_select_the_entry_in_findings_and_rejected() {
    let mut state = empty(setup());
    rejected(&mut state, &["ops", "billing", "ops"]);
    found(&mut state, &[FindingKind::Duplicate, FindingKind::CountedNotReceived, FindingKind::Duplicate]);
    let selected = |state: &State| state.findings.selected().unwrap().row_id;
    for row_id in [5, 4, 3] {
        press(&mut state, "[");
        assert_eq!(selected(&state), row_id);
    }
    press(&mut state, "[");
    assert_eq!(state.rejections.list.selected().unwrap().entry.unwrap().row_id, 2);
    assert_eq!(selected(&state), 3);
    // The keys of Findings act on the finding that was visited.
    press(&mut state, "] ] 3 A Enter");
    assert_eq!(state.findings.acknowledged.keys().collect::<Vec<_>>(), [&4]);
}

#[test]
fn a_visited_finding_that_the_narrowing_hides_ends_it() {
    let mut state = empty(setup());
    found(&mut state, &[FindingKind::Duplicate, FindingKind::CountedNotReceived, FindingKind::Duplicate]);
    press(&mut state, "3 / \"uplicate\" Enter 2 [");
    assert!(state.findings.list.narrowing.is_active());
    press(&mut state, "[");
    assert_eq!(state.findings.selected().unwrap().row_id, 1);
    assert!(!state.findings.list.narrowing.is_active());
}

#[test]
fn a_new_finding_leaves_the_visited_one_selected() {
    let mut state = empty(setup());
    found(&mut state, &[FindingKind::CountedNotReceived; 2]);
    press(&mut state, "[");
    found(&mut state, &[FindingKind::CountedNotReceived]);
    assert_eq!(state.findings.selected().unwrap().row_id, 1);
}

#[test]
fn findings_of_a_kind_are_a_group_and_gaps_only_after_three() {
    let mut state = empty(setup());
    let (gap, duplicate) = (FindingKind::CountedNotReceived, FindingKind::Duplicate);
    found(&mut state, &[duplicate, gap, duplicate, gap, gap]);
    assert_eq!(lines(&state.findings.list), ["2x", "1", "3", "4"]);
    found(&mut state, &[gap]);
    assert_eq!(lines(&state.findings.list), ["2x", "1", "3", "4", "5"]);
    found(&mut state, &[gap, FindingKind::MissedDisconnected]);
    assert_eq!(lines(&state.findings.list), ["2x", "1", "3", "4", "2x", "7"]);
}

#[test]
fn only_single_findings_are_backfilled() {
    let mut state = empty(setup());
    found(&mut state, &[FindingKind::CountedNotReceived; 5]);
    let is_offered = |state: &State| hints(state).iter().any(|hint| hint.action == Action::Backfill);
    press(&mut state, "3 g");
    assert!(is_offered(&state));
    press(&mut state, "G");
    assert!(!is_offered(&state));
    press(&mut state, "F");
    assert!(notice(&state).ends_with("this is a group of findings: unfold it and select one"), "{}", notice(&state));
    found(&mut state, &[FindingKind::CounterReset]);
    press(&mut state, "G");
    assert!(!is_offered(&state));
}

#[test]
fn a_group_is_acknowledged_and_opened_again_as_a_whole() {
    let mut state = empty(setup());
    state.keeps_acknowledgements = true;
    let (gap, reset) = (FindingKind::CountedNotReceived, FindingKind::CounterReset);
    found(&mut state, &[gap, gap, gap, gap, gap, gap, gap, reset, reset]);
    press(&mut state, "3 g j j j Enter j A \"ops\" Enter k");
    assert_eq!(state.findings.acknowledged.keys().collect::<Vec<_>>(), [&3]);
    // The group is unfolded. The finding that is acknowledged keeps its note.
    assert_eq!(press(&mut state, "A"), []);
    assert!(screen(&state).contains(" Acknowledge 3 findings "), "{}", screen(&state));
    let effects = press(&mut state, "\"net\" Enter");
    assert_eq!(effects.len(), 3);
    assert!(effects.iter().all(|effect| matches!(effect, Effect::Acknowledge(_, Some(_)))), "{effects:?}");
    assert_eq!((notice(&state), state.open_gaps()), ("3 findings acknowledged", 3));
    let notes: Vec<_> = state.findings.acknowledged.iter().map(|(row_id, by)| (*row_id, by.note.as_str())).collect();
    assert_eq!(notes, [(3, "ops"), (4, "net"), (5, "net"), (6, "net")]);
    press(&mut state, "G A Enter");
    let ops = &state.channels.list[0];
    assert_eq!((notice(&state), ops.open_resets, ops.open_gaps()), ("2 findings acknowledged", 0, 3));
    let effects = press(&mut state, "A");
    assert!(effects.iter().all(|effect| matches!(effect, Effect::Acknowledge(_, None))), "{effects:?}");
    assert_eq!((notice(&state), effects.len(), state.channels.list[0].open_resets), ("2 findings open again", 2, 2));
    press(&mut state, "g j j j :reopen");
    assert_eq!((notice(&state), state.open_gaps()), ("4 findings open again", 7));
}

/// An entry of a list: its key, and its row ID.
#[derive(Debug)]
struct Item(u8, u64);

impl Listed for Item {
    fn row_id(&self) -> u64 {
        self.1
    }

    fn at(&self) -> i64 {
        START
    }

    fn text(&self) -> String {
        format!("name {}", self.0)
    }
}

/// What a line is about: a group by its key, or an entry below its group.
fn identity(line: &Line<'_, u8, Item>) -> (u8, Option<u64>) {
    let Item(key, row_id) = line.newest().unwrap();
    (*key, line.is_indented.then_some(*row_id))
}

proptest! {
    #[test]
    fn lines_are_the_groups_with_their_entries_and_the_cursor_stays(
        steps in proptest::collection::vec((0_u8..9, 0_u8..6, 0_usize..40), 1..80),
    ) {
        let mut list = GroupedList::<u8, Item>::default();
        let (mut groups, mut unfolded) = (Vec::<(u8, Vec<u64>)>::new(), BTreeSet::new());
        let mut wanted = None;
        for (row_id, (step, key, cursor)) in (0..).zip(steps) {
            if step == 0 {
                wanted = (key < 4).then_some(key);
                list.narrowing = Narrowing { line: LineEdit::new(&wanted.map_or_else(String::new, |key| key.to_string())), typing: false };
                list.narrow();
                prop_assert!(wanted.is_none() || list.position.cursor == 0);
            } else if step < 5 {
                let before = list.selected().map(|line| identity(&line));
                prop_assert!(list.push(key, Item(key, row_id), true).is_empty());
                match groups.iter_mut().find(|(known, _)| *known == key) {
                    Some((_, entries)) => entries.push(row_id),
                    None => groups.push((key, vec![row_id])),
                }
                let after = list.selected().map(|line| identity(&line));
                prop_assert!(before.is_none() || before == after);
            } else if list.found().0 > 0 {
                list.position.cursor = cursor % list.len();
                let line = list.selected().unwrap();
                let (key, is_group) = (identity(&line).0, line.entry.is_none());
                prop_assert_eq!(list.toggle(), is_group);
                if is_group && !unfolded.remove(&key) {
                    unfolded.insert(key);
                }
            }
            let mut expected = Vec::new();
            for (key, entries) in groups.iter().filter(|(key, _)| wanted.is_none_or(|wanted| wanted == *key)) {
                expected.push((*key, None));
                if unfolded.contains(key) {
                    expected.extend(entries.iter().map(|row_id| (*key, Some(*row_id))));
                }
            }
            prop_assert_eq!(list.len(), expected.len());
            let lines: Vec<_> = (0..=list.len()).filter_map(|index| list.line(index)).map(|line| identity(&line)).collect();
            prop_assert_eq!(lines, expected);
        }
    }
}
