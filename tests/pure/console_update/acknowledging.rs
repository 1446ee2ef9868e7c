//! Acknowledgements are found again after a jump, and in later runs.

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
