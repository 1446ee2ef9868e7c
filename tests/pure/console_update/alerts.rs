//! Alerts: when the bell rings, when the command runs, and how often.

use aircheck::console::app::alerts::AlertState;
use aircheck::console::app::event::Alert;
use aircheck::ledger::alert::{AlertKind, Alerts, AtMost};
use aircheck::ledger::finding::FindingKind;

use super::*;

const GAP: AlertKind = AlertKind::Finding(FindingKind::MissedDisconnected);

fn alerting(bell: &[AlertKind], kinds: &[AlertKind], at_most: AtMost) -> State {
    let command = if kinds.is_empty() { Vec::new() } else { vec!["true".into()] };
    let mut state = empty(setup());
    state.alerts =
        AlertState::new(Alerts { bell: bell.to_vec(), command, kinds: kinds.to_vec(), at_most, withheld: Vec::new() });
    state
}

/// A gap and two forged messages.
fn gap_interval() -> Arc<Interval> {
    let mut interval = Interval::default();
    interval.push(gap("ops", 6, 8));
    for sequence in 9..=10 {
        raw_message(&mut interval, &setup(), "ops", b"bad:sha256|default|1795516352|00:{}", sequence);
    }
    Arc::new(interval)
}

#[test]
fn each_kind_of_alert_has_its_own_limit() {
    let mut state = alerting(&[], &[GAP, AlertKind::Rejected], AtMost::default());
    let interval = gap_interval();
    let effects = update(&mut state, Event::Interval(Arc::clone(&interval)));
    let alert = |index| Effect::Alert(Alert { interval: Arc::clone(&interval), index });
    assert_eq!(effects, [alert(0), alert(1)], "the second rejected one is held back");
    update(&mut state, Event::Clock(START + 9 * SECOND));
    assert_eq!(update(&mut state, Event::Interval(gap_interval())), []);
    update(&mut state, Event::Clock(START + 10 * SECOND));
    assert_eq!(update(&mut state, Event::Interval(gap_interval())).len(), 2);
    update(&mut state, Event::Clock(START - 3_600 * SECOND));
    assert_eq!(
        update(&mut state, Event::Interval(gap_interval())).len(),
        2,
        "a clock that was set back holds nothing back"
    );
}

#[test]
fn the_bell_rings_once_for_several_alerts() {
    let mut state = alerting(&[GAP, AlertKind::Rejected], &[], AtMost { count: 3, micros: SECOND });
    assert_eq!(update(&mut state, Event::Interval(gap_interval())), [Effect::Bell]);
}

#[test]
fn only_configured_kinds_alert_and_none_while_muted() {
    let mut state = alerting(&[GAP], &[AlertKind::Rejected], AtMost::default());
    assert_eq!(update(&mut state, Event::Interval(gap_interval())).len(), 2);
    let mut state = alerting(&[GAP], &[AlertKind::Rejected], AtMost::default());
    press(&mut state, ":toggle-mute");
    assert_eq!(update(&mut state, Event::Interval(gap_interval())), []);
    press(&mut state, ":toggle-mute");
    assert_eq!(update(&mut state, Event::Interval(gap_interval())).len(), 2, "what was muted used up nothing");
}

#[test]
fn the_command_also_runs_for_the_end_of_an_alert_for_which_it_ran() {
    let silent = AlertKind::Finding(FindingKind::Silent);
    let mut state = alerting(&[], &[silent], AtMost::default());
    let mut alerts = |kind| {
        let mut interval = Interval::default();
        let cause = Cause::Expectation {
            expectation: "heartbeat".into(),
            expected: "at least 1/5m".into(),
            since: START,
            duration_micros: 300_000_000,
            is_proved: true,
        };
        let channel = channel("ops");
        let finding = Finding { kind, channel, sequence_from: None, sequence_to: None, count: None, at: START, cause };
        interval.push(finding.into());
        update(&mut state, Event::Interval(interval.into())).len()
    };
    let kinds = [FindingKind::Resumed, FindingKind::Silent, FindingKind::Resumed, FindingKind::Resumed];
    assert_eq!(kinds.map(&mut alerts), [0, 1, 1, 0]);
}

#[test]
fn a_failed_alert_command_is_reported() {
    let mut state = alerting(&[], &[GAP], AtMost::default());
    update(&mut state, Event::AlertFailed("it ended with status 3".to_owned()));
    let notice = state.notice.unwrap();
    assert_eq!((notice.text.as_str(), notice.is_error), ("the alert's command failed: it ended with status 3", true));
}

#[test]
fn a_notice_of_success_ends_after_some_seconds_and_an_error_stays() {
    let mut state = lively();
    let tick = |state: &mut State, seconds: i64| {
        state.set_wall_clock(START + seconds * SECOND);
        notice(state).to_owned()
    };
    tick(&mut state, 0);
    press(&mut state, "3 A Enter");
    assert_eq!(notice(&state), "acknowledged for this session");
    assert_eq!(tick(&mut state, 1), "acknowledged for this session");
    assert_eq!(tick(&mut state, 8), "acknowledged for this session");
    assert_eq!(tick(&mut state, 9), "");
    update(&mut state, Event::Warning("disk full".to_owned()));
    for seconds in [9, 10, 3_600] {
        assert_eq!(tick(&mut state, seconds), "disk full");
    }
    press(&mut state, "j");
    assert_eq!(notice(&state), "");
}
