//! Acknowledgements are found again after a jump, and in later runs.

use aircheck::console::keymap::hints;
use aircheck::console::keymap::table::Action;
use aircheck::console::popups::backfill::BackfillResult;
use aircheck::ledger::finding::Acknowledgement;

use super::*;

/// The gap of `lively`.
fn gap(state: &State) -> Finding {
    state.findings.list.get(GAP_ROW).unwrap().finding.clone()
}

/// Shows this finding.
fn show(state: &mut State, finding: &Finding) {
    let mut interval = Interval::default();
    interval.push(finding.clone().into());
    take(state, interval);
}

#[test]
fn an_acknowledgement_is_kept_and_applies_to_this_finding_only() {
    let mut state = lively();
    (state.keeps_acknowledgements, state.wall_clock) = (true, START + 7);
    let finding = gap(&state);
    press(&mut state, "3 A \"ops\"");
    let effects = press(&mut state, "Enter");
    let acknowledgement = Acknowledgement { at: START + 7, note: "ops".to_owned() };
    assert_eq!(effects, [Effect::Acknowledge(Box::new(finding.clone()), Some(acknowledgement.clone()))]);
    assert_eq!(notice(&state), "acknowledged");

    update(&mut state, Event::Jumped);
    assert_eq!(state.findings.acknowledged.len(), 0);
    for at in [finding.at - 1, finding.at, finding.at + 1] {
        show(&mut state, &Finding { at, ..finding.clone() });
    }
    assert_eq!(state.findings.acknowledged.values().collect::<Vec<_>>(), [&acknowledgement]);
    assert_eq!((state.totals.findings.gaps, state.open_gaps()), (3, 2));
    let channel = state.channels.find(&finding.channel).unwrap();
    assert_eq!(state.channels.list[channel].acknowledged, 1);
}

#[test]
fn a_withdrawn_acknowledgement_stays_withdrawn() {
    let mut state = lively();
    let finding = gap(&state);
    let acknowledgement = Acknowledgement { at: START, note: String::new() };
    state.acknowledgements.insert(finding.clone(), acknowledgement);
    update(&mut state, Event::Jumped);
    show(&mut state, &finding);
    assert_eq!(state.open_gaps(), 0);
    let effects = press(&mut state, "3 :reopen");
    assert_eq!(effects.last(), Some(&Effect::Acknowledge(Box::new(finding.clone()), None)));
    update(&mut state, Event::Jumped);
    show(&mut state, &finding);
    assert_eq!(state.open_gaps(), 1);
}

#[test]
fn without_a_file_the_session_keeps_the_acknowledgement() {
    let mut state = lively();
    press(&mut state, "3 A Enter");
    assert_eq!(notice(&state), "acknowledged for this session");
}

#[test]
fn the_tab_of_findings_counts_acknowledged_gaps() {
    let mut state = lively();
    update(&mut state, Event::Resize(80, 24));
    assert!(screen(&state).contains(" Findings 1 "), "{}", screen(&state));
    press(&mut state, "3 A \"ops\" Enter");
    assert!(screen(&state).contains("▪Findings 0 of 1 "), "{}", screen(&state));
}

/// Two findings that are not gaps, on a channel each.
fn others(state: &mut State) {
    let mut interval = Interval::default();
    for on in ["ops", "billing"] {
        interval.push(Entry::from(Finding {
            kind: FindingKind::CounterReset,
            channel: channel(on),
            sequence_from: Some(9),
            sequence_to: Some(3),
            count: None,
            at: state.now,
            cause: Cause::Reset { before: 9, after: Some(3) },
        }));
    }
    take(state, interval);
}

#[test]
fn acknowledged_findings_are_counted_nowhere_as_open() {
    let mut state = lively();
    others(&mut state);
    let counted = |state: &State| {
        let screen = screen(state);
        let header = screen.lines().next().unwrap().to_owned();
        let title = screen.lines().find(|line| line.contains(" Findings")).unwrap().to_owned();
        (header, title)
    };
    let (header, title) = counted(&state);
    assert!(header.contains("1 gap ") && header.contains("2 other"), "{header}");
    assert!(title.contains("Findings · 1 gap, 2 other"), "{title}");
    press(&mut state, "3 g j A Enter 2");
    let (header, title) = counted(&state);
    assert!(header.contains("1 other") && title.contains("1 other"), "{header} {title}");
    press(&mut state, "3 g A Enter G A Enter 2");
    let (header, title) = counted(&state);
    assert!(header.contains("0 open gaps") && !header.contains("other"), "{header}");
    assert!(title.contains("Findings · 0 open gaps ─"), "{title}");
    // A new finding is seen.
    others(&mut state);
    let (header, title) = counted(&state);
    assert!(header.contains("2 other") && title.contains("Findings · 0 +2"), "{header} {title}");
}

#[test]
fn the_header_counts_only_what_open_gaps_missed() {
    let mut state = lively();
    let finding = gap(&state);
    let later = finding.at + 1;
    show(&mut state, &Finding { at: later, sequence_from: Some(20), sequence_to: Some(24), count: Some(5), ..finding });
    let header = |state: &State| screen(state).lines().next().unwrap().to_owned();
    assert!(header(&state).contains("2 gaps 8 missed"), "{}", header(&state));
    press(&mut state, "3 g A Enter");
    assert!(header(&state).contains("1 open gap 5 missed"), "{}", header(&state));
    press(&mut state, "G A Enter");
    assert!(!header(&state).contains("missed"), "{}", header(&state));
    press(&mut state, ":reopen");
    assert!(header(&state).contains("1 open gap 5 missed"), "{}", header(&state));
}

#[test]
fn a_title_without_space_has_only_the_numbers() {
    let mut state = lively();
    others(&mut state);
    press(&mut state, "3 g A Enter 2");
    let title = |state: &State| {
        let screen = screen(state);
        screen.lines().find(|line| line.contains(" Findings")).unwrap().chars().take(31).collect::<String>()
    };
    assert_eq!(title(&state), "╭ Findings · 0 +2 ────────────╮");
    press(&mut state, "1 :narrower :narrower :narrower :narrower");
    assert!(title(&state).starts_with("╭ Findings · 0 +2 "), "{}", title(&state));
}

/// Whether the note of the gap of `lively` is asked for.
fn asks_for_note(state: &State) -> bool {
    matches!(&state.popup, Some(Popup::Note { row_ids, .. }) if *row_ids == [GAP_ROW])
}

fn hinted(state: &State) -> Vec<Action> {
    let of_findings = |action: &Action| matches!(action, Action::Acknowledge | Action::Bundle | Action::Backfill);
    hints(state).into_iter().map(|hint| hint.action).filter(of_findings).collect()
}

#[test]
fn a_finding_is_acknowledged_where_it_is_read() {
    // In Messages, and in Detail over the list.
    for keys in ["3 Enter", "3 Enter Enter"] {
        let mut state = lively();
        update(&mut state, Event::Resize(80, 24));
        press(&mut state, keys);
        // Findings keeps its own cursor.
        others(&mut state);
        press(&mut state, "A");
        assert!(asks_for_note(&state), "{keys}");
        press(&mut state, "\"qa\" Enter");
        assert_eq!((notice(&state), state.open_gaps()), ("acknowledged for this session", 0), "{keys}");
        assert_eq!(state.findings.acknowledged[&GAP_ROW].note, "qa");
        press(&mut state, ":reopen");
        assert_eq!((notice(&state), state.open_gaps()), ("open again", 1), "{keys}");
        let focus = if keys.ends_with("Enter Enter") { Pane::Detail } else { Pane::Messages };
        assert_eq!(state.focus, focus);
    }
}

#[test]
fn a_finding_is_bundled_and_backfilled_where_it_is_read() {
    for keys in ["3 Enter", "3 Enter Enter"] {
        let mut state = lively();
        state.recorded_to = Some("a.db".to_owned());
        press(&mut state, keys);
        others(&mut state);
        press(&mut state, "b");
        let Some(Popup::Bundle(prompt)) = &state.popup else { panic!("{keys}: {:?}", state.popup) };
        assert_eq!(prompt.order.finding, gap(&state), "{keys}");
        press(&mut state, "Esc F");
        let Some(Popup::BackfillFrom(prompt)) = &state.popup else { panic!("{keys}: {:?}", state.popup) };
        assert_eq!(prompt.wanted.range, (6, 8), "{keys}");
        // The messages found are shown, unless another row is read now.
        let effects = press(&mut state, "\"b.db\" Enter");
        let [.., Effect::LookIn { wanted, .. }] = effects.as_slice() else { panic!("{keys}: {effects:?}") };
        let message = state.messages.rows[0].clone();
        let result = BackfillResult {
            file: "b.db".to_owned(),
            source: String::new(),
            rows: vec![message],
            files: vec!["b.db".into()],
            supplied: Vec::new(),
            found: 1,
            of: 3,
            maybe: 0,
            doubt: None,
        };
        let result = Event::BackfillResult(wanted.clone(), Ok(Box::new(result)));
        update(&mut state, result.clone());
        assert!(matches!(&state.popup, Some(Popup::BackfillResult(list)) if list.row_id == GAP_ROW), "{keys}");
        press(&mut state, "Esc 2 g");
        update(&mut state, result);
        assert_eq!((notice(&state), &state.popup), ("1 of 3 found in b.db", &None), "{keys}");
    }
}

#[test]
fn a_row_that_is_not_a_finding_cannot_be_acknowledged() {
    for keys in ["2", "2 5", "2 g", "2 g 5"] {
        for key in ["A", "b", "F"] {
            let mut state = lively();
            press(&mut state, keys);
            assert_eq!(hinted(&state), [], "{keys}");
            assert_eq!(press(&mut state, key), [], "{keys} {key}");
            assert_eq!((notice(&state), &state.popup), ("this row is not a finding", &None), "{keys} {key}");
        }
        let mut state = lively();
        press(&mut state, &format!("3 A Enter {keys} :reopen"));
        assert_eq!((notice(&state), state.open_gaps()), ("not available now: this row is not a finding", 0), "{keys}");
    }
    let mut state = empty(setup());
    press(&mut state, "A");
    assert_eq!(notice(&state), "no row is selected");
}

#[test]
fn a_finding_that_left_the_list_cannot_be_acknowledged() {
    let mut state = empty(Setup { max_rows: 2_000, ..setup() });
    let mut interval = Interval::default();
    for at in 0..=1_000 {
        let cause = Cause::Reset { before: 9, after: Some(3) };
        let (channel, kind) = (channel("ops"), FindingKind::CounterReset);
        interval.push(Entry::from(Finding {
            kind,
            channel,
            sequence_from: None,
            sequence_to: None,
            count: None,
            at,
            cause,
        }));
    }
    take(&mut state, interval);
    for keys in ["2 g", "5"] {
        for key in ["A", "b", "F", ":reopen"] {
            press(&mut state, keys);
            press(&mut state, key);
            assert!(
                notice(&state).ends_with("this finding was trimmed from Findings"),
                "{keys} {key}: {}",
                notice(&state)
            );
            // The palette stays open.
            state.popup = None;
        }
    }
    press(&mut state, "2 j A Enter");
    assert_eq!(state.findings.acknowledged.len(), 1);
}

#[test]
fn detail_acknowledges_the_finding_that_it_shows() {
    // Of a group, it shows the newest finding.
    let mut state = empty(setup());
    let mut interval = Interval::default();
    for (from, to) in [(1, 1), (3, 3), (5, 5), (7, 7), (9, 9)] {
        interval.push(crate::console_fixture::gap("ops", from, to));
    }
    take(&mut state, interval);
    press(&mut state, "3 G A Esc");
    press(&mut state, "5 A Enter");
    assert_eq!(state.findings.acknowledged.keys().collect::<Vec<_>>(), [&4]);
    // The pinned finding counts, not the selected one.
    press(&mut state, "2 g 5 :pin 2 j 5 A Enter");
    assert_eq!(state.findings.acknowledged.keys().collect::<Vec<_>>(), [&0, &4]);
    // After a jump, another finding has its row ID.
    update(&mut state, Event::Jumped);
    others(&mut state);
    press(&mut state, "A");
    assert_eq!((notice(&state), &state.popup), ("this finding was trimmed from Findings", &None));
    // The finding in Detail stays selected in Findings.
    let mut state = lively();
    press(&mut state, "3 5");
    others(&mut state);
    press(&mut state, "A");
    assert!(asks_for_note(&state));
    // The scrollback has lost the row of the finding that is selected in Findings.
    let mut state = lively_with(Setup { max_rows: 3, ..setup() });
    press(&mut state, "3 5 A");
    assert!(asks_for_note(&state));
}

#[test]
fn the_footer_hints_at_the_keys_of_the_finding_that_is_read() {
    let mut state = lively();
    let all = [Action::Acknowledge, Action::Bundle, Action::Backfill];
    for keys in ["3", "Enter", "Enter"] {
        press(&mut state, keys);
        assert_eq!(hinted(&state), all, "{:?}", state.focus);
    }
    update(&mut state, Event::Resize(80, 24));
    assert!(screen(&state).contains(" A ack "), "{}", screen(&state));
}
