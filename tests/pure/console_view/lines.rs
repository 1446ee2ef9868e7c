//! The parts of the screen that are one line: headers, tabs, titles, footers and prompts. Each kind has one snapshot.

use std::fmt::Write as _;

use aircheck::console::app::event::Event;
use aircheck::console::app::replay::{Replay, ReplayStatus, Speed};
use aircheck::console::app::state::{FindingCounts, Notice, State, Totals};
use aircheck::console::app::state::{LinkStatus, Phase};
use aircheck::console::app::update::{prepare, update};
use aircheck::console::keymap::key::Key;
use aircheck::console::keymap::table::Action;
use aircheck::console::panes::Pane;
use aircheck::console::panes::channels::expected::Unmet;
use aircheck::console::popups::record::{Phase as RecordingPhase, RecordingStatus, ShippingStatus};
use aircheck::redis::target::Target;

use super::fixture::{NOW, empty, hostile, lively, quiet};
use super::popups::series;
use super::screen::{Area, check_lines, compare, text};
use super::{LARGE, MIDDLE, SMALL, acknowledge_some, keys, rich, sought, sought_in, with};
use crate::console_popups::samples;

#[test]
fn headers() {
    let mut lines = Vec::new();
    for size in [SMALL, MIDDLE, LARGE] {
        let local = |state: &mut State| {
            state.setup.profile.clear();
            state.setup.target = String::from("127.0.0.1:6379");
        };
        lines.extend(vec![
            ("recording, no profile", with(recording(size, None), local)),
            ("live", lively(size)),
            ("empty", empty(size)),
            ("hostile", hostile(size)),
            ("replay", replay(size)),
            ("recording", recording(size, None)),
            ("recording failed", recording(size, Some("database or disk is full"))),
            ("shipping", shipping(size, 0, None)),
            ("shipping late", shipping(size, 95, None)),
            (
                "shipping failed",
                shipping(size, 95, Some("cannot reach store db.internal:5432/aircheck: connection refused")),
            ),
            ("alerts muted", with(lively(size), |state| state.alerts.muted = true)),
            ("dropped", with(lively(size), |state| state.totals.dropped = 12)),
            ("stale", with(lively(size), |state| state.link.phase = Phase::Stale)),
            ("disconnected", disconnected(size, "connection refused\u{1b}[2J")),
            ("disconnected, long cause", disconnected(size, LONG_CAUSE)),
            ("demo", demo(size)),
            (
                "unmet",
                with(lively(size), |state| state.channels.unmet = Unmet { silent: 2, too_many: 1, in_findings: 0 }),
            ),
            ("counted, not received", counted_not_received(size)),
        ]);
    }
    check_lines("headers", lines.into_iter().map(|(label, state)| (label, Area::Header, state)).collect());
}

#[test]
fn prompts_show_the_keys_that_are_bound() {
    let shown = |typed: &str, area| {
        let state = with(quiet(MIDDLE), |state| {
            state.keymap.replace(Action::Filter, vec![Key::char('m')]);
            state.keymap.replace(Action::Search, vec![Key::char('S')]);
        });
        text(&keys(state, typed), area)
    };
    assert!(shown("m", Area::Popup).contains("│ m "), "{}", shown("m", Area::Popup));
    assert!(shown("S", Area::Footer).contains("▌ S "), "{}", shown("S", Area::Footer));
    let narrowed = shown("1 S \"bil\" Enter", Area::Pane(Pane::Channels));
    assert!(narrowed.contains("╰ Sbil "), "{narrowed}");
}

/// A lone increment of a counter: nothing was missed.
fn counted_not_received(size: (u16, u16)) -> State {
    with(lively(size), |state| {
        state.totals = Totals {
            findings: FindingCounts { gaps: 1, not_received: 1, ..FindingCounts::default() },
            received: state.totals.received,
            ..Totals::default()
        };
    })
}

#[test]
fn the_server_is_escaped_once() {
    let target = Target::parse("unix:///a%5Cb").unwrap();
    let reason = format!("cannot reach {target}: connection refused");
    let state = with(disconnected(LARGE, &reason), |state| {
        state.setup.profile.clear();
        state.setup.target = target.title();
    });
    let header = text(&state, Area::Header);
    assert!(header.contains(r" unix:/a\\b ") && header.contains("○ down 12 s: connection refused  "), "{header}");
}

#[test]
fn the_cause_of_a_lost_connection_does_not_repeat_the_server() {
    for (reason, shown) in [
        ("cannot reach redis.internal:6379: connection refused", "○ down 12 s: connection refused  "),
        ("redis.internal:6379: no reply within 5 s", "○ down 12 s: no reply within 5 s  "),
        ("redis.internal:6379 rejected the connection: ERR max", "○ down 12 s: rejected the connection: ERR max  "),
        (
            "cannot reach redis-2:6379: connection refused",
            "○ down 12 s: cannot reach redis-2:6379: connection refused  ",
        ),
        ("the server closed the connection", "○ down 12 s: the server closed the connection  "),
    ] {
        let header = text(&disconnected(LARGE, reason), Area::Header);
        assert!(header.contains(shown), "{reason}: {header}");
    }
    // Parts that are less important are left out before the cause is cut.
    let header = text(&disconnected(SMALL, LONG_CAUSE), Area::Header);
    assert!(header.contains("○ down 12 s: rejected the login as watcher") && !header.contains("missed"), "{header}");
}

#[test]
fn no_count_is_left_out_if_there_is_space_for_it() {
    for length in 1..=80 {
        let state = with(disconnected(MIDDLE, &"x".repeat(length)), |state| {
            state.totals = Totals {
                rejected: 4,
                findings: FindingCounts { others: 3, ..FindingCounts::default() },
                ..Totals::default()
            };
        });
        let header = text(&state, Area::Header);
        // The two cells before the clock are the minimum.
        let clock = header.find("12:31").unwrap_or_else(|| panic!("{header}"));
        let blank = header[..clock].len() - header[..clock].trim_end().len();
        assert!(header.contains("  3 other  ") || blank < 2 + "  3 other".len(), "{blank}: {header}");
    }
}

#[test]
fn an_empty_list_of_findings_does_not_claim_that_nothing_was_missed() {
    let shown = |prepare: &dyn Fn(&mut State)| {
        let state = with(empty(MIDDLE), |state| {
            state.popup = None;
            prepare(state);
        });
        let screen = text(&state, Area::Screen);
        let headlines =
            ["No findings yet.", "Unknown until connected.", "Unknown until reconnected.", "Unknown: access denied."];
        let headline = *headlines.iter().find(|headline| screen.contains(**headline)).unwrap();
        (headline, screen.contains("○ down") || screen.contains("access denied  "))
    };
    let phase = |phase| move |state: &mut State| state.link.phase = phase;
    assert_eq!(shown(&phase(Phase::Connecting)), ("Unknown until connected.", false));
    assert_eq!(shown(&phase(Phase::Live)), ("No findings yet.", false));
    assert_eq!(shown(&phase(Phase::Down)), ("Unknown until reconnected.", true));
    let deny_ops = |state: &mut State| {
        state.link.phase = Phase::Live;
        state.channels.list[0].denied = Some("NOPERM".into());
    };
    assert_eq!(shown(&deny_ops), ("No findings yet.", false));
    let deny_all = |state: &mut State| {
        deny_ops(state);
        state.channels.patterns[0].denied = Some("NOPERM".into());
    };
    assert_eq!(shown(&deny_all), ("Unknown: access denied.", true));
    assert_eq!(shown(&|state| state.replay = replay(MIDDLE).replay), ("No findings yet.", false));
}

#[test]
fn an_empty_list_of_findings_names_the_expectations_that_were_already_unmet() {
    for (unmet, expected) in [
        (Unmet { silent: 1, ..Unmet::default() }, "1 expectation was already unmet at the start: see Channels."),
        (
            Unmet { silent: 1, too_many: 1, ..Unmet::default() },
            "2 expectations were already unmet at the start: see Channels.",
        ),
    ] {
        let state = with(empty(MIDDLE), |state| {
            (state.popup, state.link.phase) = (None, Phase::Live);
            state.channels.unmet = unmet;
        });
        assert!(text(&state, Area::Header).contains("1 silent"));
        let pane = text(&state, Area::Pane(Pane::Findings));
        let words: Vec<&str> = pane.split(|c: char| c.is_whitespace() || c == '│').filter(|w| !w.is_empty()).collect();
        assert!(words.join(" ").contains(expected), "{pane}");
    }
}

#[test]
fn a_replay_is_never_live_and_shows_its_clock_and_speed() {
    for size in [SMALL, MIDDLE, LARGE] {
        for phase in [Phase::Connecting, Phase::Live, Phase::Stale, Phase::Down] {
            let state = with(replay(size), |state| state.link.phase = phase);
            let header = text(&state, Area::Header);
            assert!(header.contains("▶ replay ") && header.contains("12:31:16 UTC ×10"), "{header}");
            assert!(
                !["● live", "◐ stale", "○ down", "connecting"].iter().any(|words| header.contains(words)),
                "{header}"
            );
        }
    }
}

#[test]
fn footers() {
    let stop = |state: &mut State| {
        if let Some(replay) = &mut state.replay {
            replay.status.is_playing = false;
        }
    };
    let mut lines = Vec::new();
    for size in [SMALL, LARGE] {
        for pane in Pane::ALL.iter().copied() {
            lines.push((pane.spec().title, with(quiet(size), |state| state.focus = pane)));
        }
        lines.push(("paused", keys(rich(size), "2 Space")));
        lines.push(("replay", replay(size)));
        lines.push(("replay, stopped", with(replay(size), stop)));
        lines.push(("Findings, paused", keys(rich(size), "2 Space 3")));
        lines.push(("Findings, replay", keys(replay(size), "3")));
        lines.push(("Findings, replay, stopped", keys(with(replay(size), stop), "3")));
        lines.push(("Detail, search", keys(rich(size), "5 / \"sale\"")));
    }
    lines.extend(vec![
        ("searched", sought(SMALL, "/ \"a-17\" Enter N")),
        ("filtered", sought(SMALL, "f \"name:price-*\" Enter")),
        ("filtered by jq", sought(SMALL, "f \"|\" Space \".sku\" Enter")),
        ("error", with(lively(SMALL), |state| state.notice = Some(Notice::error("nothing is selected")))),
        ("not saved", not_saved()),
    ]);
    check_lines("footers", lines.into_iter().map(|(label, state)| (label, Area::Footer, state)).collect());
}

#[test]
fn prompts() {
    let lines = vec![
        ("search", sought(SMALL, "/ \"price\"")),
        ("search, wide", sought(MIDDLE, "/ \"price\"")),
        ("search, invalid regex", sought(SMALL, "/ Ctrl-R \"(pri\"")),
        ("search without a hit", sought(SMALL, "/ \"nowhere\"")),
        ("search in hostile messages", sought_in(hostile(SMALL), "/ \"\\u{20\"")),
        ("save", keys(quiet(MIDDLE), "g :mark j j j :save \"incident.jsonl\"")),
        ("record", keys(quiet(SMALL), "r")),
        ("bundle", keys(recorded(), "3 g b")),
        ("bundle without a name", keys(recorded(), "3 g b Backspace")),
    ];
    check_lines("prompts", lines.into_iter().map(|(label, state)| (label, Area::Footer, state)).collect());
}

fn recorded() -> State {
    with(lively(SMALL), |state| state.recorded_to = Some("a.db".to_owned()))
}

#[test]
fn tabs() {
    let lines = vec![
        ("following", quiet(SMALL)),
        (
            "acknowledged",
            with(lively(SMALL), |state| {
                (state.focus, state.tab) = (Pane::Findings, Pane::Findings);
                acknowledge_some(state);
            }),
        ),
        ("paused", keys(quiet(SMALL), "k")),
        ("Channels", keys(quiet(SMALL), "1")),
        ("empty", empty(SMALL)),
    ];
    check_lines("tabs", lines.into_iter().map(|(label, state)| (label, Area::Tabs, state)).collect());
}

#[test]
fn titles() {
    let mut lines: Vec<_> = Pane::ALL
        .iter()
        .copied()
        .filter(|pane| *pane != Pane::Timeline)
        .map(|pane| (pane.spec().title, Area::Title(pane), with(lively(MIDDLE), |state| state.focus = pane)))
        .collect();
    let messages = Area::Title(Pane::Messages);
    lines.extend(vec![
        ("Findings, acknowledged", Area::Title(Pane::Findings), with(lively(MIDDLE), acknowledge_some)),
        ("Detail, pinned", Area::Title(Pane::Detail), keys(rich(MIDDLE), ":pin k k")),
        ("Detail, pinned, narrow", Area::Title(Pane::Detail), keys(rich(SMALL), "5 :pin")),
        (
            "Messages, paused",
            messages,
            with(quiet(MIDDLE), |state| {
                state.messages.follow = false;
                state.messages.cursor = Some(state.messages.first_row_id);
                state.messages.top = state.messages.first_row_id;
                state.messages.unseen = 128;
            }),
        ),
        ("Messages, one channel", messages, with(quiet(MIDDLE), |state| state.channels.picked = [0].into())),
        ("Messages, searched", messages, sought(LARGE, "/ \"price\" Enter")),
        ("Messages, filtered", messages, sought(MIDDLE, "f \"name:price-*\" Enter / \"a\" Enter")),
        ("Messages, filtered by jq", messages, sought(MIDDLE, "f \"|\" Space \".sku\" Enter")),
    ]);
    check_lines("titles", lines);
}

#[test]
fn keys_of_popups() {
    let mut out = String::new();
    for popup in samples() {
        let variant = format!("{popup:?}");
        let variant = variant.split([' ', '(']).next().unwrap_or_default();
        let mut state = quiet(LARGE);
        series(&mut state, 0, None);
        state.popup = Some(popup);
        prepare(&mut state);
        let area = if is_one_line(&state) { Area::Footer } else { Area::PopupKeys };
        let _ = write!(out, "{variant}\n{}", text(&state, area));
    }
    compare("keys_of_popups", &out);
}

fn is_one_line(state: &State) -> bool {
    state.popup.as_ref().is_some_and(|popup| popup.spec().size.1 == 1)
}

pub(super) fn replay(size: (u16, u16)) -> State {
    with(lively(size), |state| {
        state.setup.read_only = true;
        let status = ReplayStatus { is_playing: true, speed: Speed(Some(100)), at_end: false, failure: None };
        state.replay = Some(Replay { host: String::from("recorder-1"), file: "a.db".into(), status });
    })
}

fn recording(size: (u16, u16), failure: Option<&str>) -> State {
    with(lively(size), |state| {
        state.recording = Some(RecordingStatus {
            file: String::from("prod.db"),
            phase: RecordingPhase::Recording,
            committed: 1204,
            not_recorded: if failure.is_some() { 17 } else { 0 },
            failure: failure.map(|why| (NOW, String::from(why))),
            shipping: None,
        });
    })
}

fn shipping(size: (u16, u16), lag: i64, failure: Option<&str>) -> State {
    with(recording(size, None), |state| {
        let shipping = ShippingStatus {
            rows_per_second: 1204,
            pending_since: Some(NOW - lag * 1_000_000),
            failure: failure.map(|why| (NOW - lag * 1_000_000, String::from(why))),
        };
        state.recording.as_mut().unwrap().shipping = Some(Box::new(shipping));
    })
}

/// The reason names the server, as that of a failed connection attempt does.
const LONG_CAUSE: &str = "redis.internal:6379 rejected the login as watcher: WRONGPASS invalid username-password pair";

fn disconnected(size: (u16, u16), reason: &str) -> State {
    with(lively(size), |state| {
        let reason = Some(reason.into());
        state.link = LinkStatus { phase: Phase::Down, since: NOW - 12_000_000, reason, ..LinkStatus::default() };
    })
}

fn demo(size: (u16, u16)) -> State {
    with(lively(size), |state| {
        state.setup.profile = String::new();
        state.setup.demo = true;
    })
}

fn not_saved() -> State {
    with(keys(quiet(SMALL), "g :mark j :save \"incident.jsonl\""), |state| {
        let why = String::from("incident.jsonl already exists");
        let _ = update(state, Event::Saved(Err(why)));
    })
}
