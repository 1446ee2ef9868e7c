//! How the console looks: each pane and popup, whole screens, and that nothing from outside acts on the terminal.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod any_state;
mod fixture;
mod popups;
mod screen;
mod sizes;
mod styles;

use std::sync::Arc;

use crate::console_fixture::press;
use aircheck::console::app::event::Event;
use aircheck::console::app::link::{LinkStatus, Phase};
use aircheck::console::app::replay::{Replay, ReplayStatus, Speed};
use aircheck::console::app::settings::{MessageColumn, ThemeName, TimeFormat};
use aircheck::console::app::state::{Notice, Pane, State};
use aircheck::console::app::update::{prepare, update};
use aircheck::console::panes::channels::names::{NameOrder, Names};
use aircheck::console::panes::channels::rows::Order;
use aircheck::console::panes::detail::state::DetailView;
use aircheck::console::panes::timeline::state::Zoom;
use aircheck::console::popups::Popup;
use aircheck::console::popups::add_channel::AddChannel;
use aircheck::console::popups::names::NamesView;
use aircheck::console::popups::record::{Phase as RecordingPhase, RecordingStatus};
use aircheck::console::ui::line_edit::LineEdit;
use aircheck::console::ui::list_cursor::ListCursor;
use aircheck::console::ui::theme;
use aircheck::console::ui::theme::Theme;
use aircheck::filter::jq_worker::Answer;
use aircheck::ledger::dropped::Dropped;
use aircheck::ledger::interval::Interval;
use aircheck::ledger::sequence::Channel;
use aircheck::ledger::sequence::Sequence;
use aircheck::wire::json::JsonError;
use aircheck::wire::verdict::Verdict;
use ratatui::buffer::Buffer;
use ratatui::style::{Color, Modifier};

use self::fixture::{NOW, composing, discover, empty, hostile, lively};

/// Compares a screen with its snapshot of that name.
macro_rules! looks {
    ($($name:ident: $state:expr;)*) => {$(
        #[test]
        fn $name() {
            let mut state: State = $state;
            prepare(&mut state);
            insta::with_settings!({ prepend_module_to_snapshot => false, omit_expression => true, snapshot_path => "snapshots" }, {
                insta::assert_snapshot!(concat!("console_", stringify!($name)), screen::text(stringify!($name), &state));
            });
        }
    )*};
}

const SMALL: (u16, u16) = (80, 24);
const MIDDLE: (u16, u16) = (120, 40);
const LARGE: (u16, u16) = (200, 60);

looks! {
    small: lively(SMALL);
    middle: lively(MIDDLE);
    large: lively(LARGE);
    replay_small: replay(SMALL);
    replay_middle: replay(MIDDLE);
    replay_help_small: keys(replay(SMALL), "?");
    recording_middle: recording(MIDDLE, None);
    recording_small: recording(SMALL, None);
    not_recording_large: recording(LARGE, Some("database or disk is full"));
    not_recording_small: recording(SMALL, Some("database or disk is full"));
    record_prompt_small: keys(lively(SMALL), "r");
    smallest: lively((40, 10));
    too_small: lively((39, 9));
    tiny: lively((6, 1));
    hostile_small: hostile(SMALL);
    hostile_large: hostile(LARGE);
    empty_small: empty(SMALL);
    empty_middle: empty(MIDDLE);
    gaps_tab: with(lively(SMALL), |state| {
        state.focus = Pane::Findings;
        state.tab = Pane::Findings;
    });
    rejected_tab: with(lively(SMALL), |state| {
        state.focus = Pane::Rejected;
        state.tab = Pane::Rejected;
    });
    paused: with(lively(MIDDLE), |state| {
        state.messages.follow = false;
        state.messages.cursor = Some(1204 + 31);
        state.messages.top = 1204 + 8;
        state.messages.unseen = 128;
        state.messages.bookmarks = [1204 + 30, 1204 + 34].into();
        state.totals.dropped = 12;
    });
    detail_of_rejected: with(lively(SMALL), |state| {
        select(state, 1204 + 32);
        state.detail.checks = fixture::checks(Some("does not match"));
        state.focus = Pane::Detail;
        state.detail.open = true;
    });
    detail_of_finding: with(lively(MIDDLE), |state| {
        select(state, 1204 + 31);
        state.focus = Pane::Detail;
    });
    detail_of_dropped: with(lively(MIDDLE), |state| {
        let mut interval = Interval::default();
        let dropped = Dropped::new(Some(Channel::new(b"billing")), Some((1050, 1061)), NOW - 2_000_000);
        interval.push(Dropped { count: 12, ..dropped }.into());
        let _ = update(state, Event::Interval(Arc::new(interval)));
        state.focus = Pane::Detail;
    });
    detail_of_link: with(lively(MIDDLE), |state| select(state, 1204 + 29));
    detail_raw: with(hostile(SMALL), |state| {
        state.focus = Pane::Detail;
        state.detail.view = DetailView::Raw;
    });
    detail_hex: with(hostile(MIDDLE), |state| {
        state.focus = Pane::Detail;
        state.detail.view = DetailView::Hex;
    });
    detail_json_small: keys(rich(SMALL), "5 +");
    detail_json_middle: keys(rich(MIDDLE), "5 j j j j j");
    detail_json_large: keys(rich(LARGE), "5 +");
    detail_signed_raw: keys(rich(MIDDLE), "5 v");
    detail_signed_hex: keys(rich(LARGE), "5 v v");
    detail_diff_small: keys(rich(SMALL), "5 v v v j");
    detail_diff_middle: keys(rich(MIDDLE), "5 v v v");
    detail_diff_of_first: keys(rich(SMALL), "k 5 v v v");
    detail_search: keys(rich(SMALL), "5 / \"sale\"");
    detail_searched: keys(rich(LARGE), "5 / \"sale\" Enter n");
    detail_pinned_small: keys(rich(SMALL), "5 p");
    detail_pinned_middle: keys(rich(MIDDLE), "p k k");
    copy_small: keys(rich(SMALL), "5 y");
    copy_middle: keys(rich(MIDDLE), "y j j");
    one_channel: with(lively(MIDDLE), |state| {
        state.channels.picked = [0].into();
        state.channels.position.cursor = 1;
        state.focus = Pane::Channels;
    });
    compose_small: composing(lively(SMALL), r#"{"sku": "A-17", "price": 19.90}"#);
    compose_middle: composing(lively(MIDDLE), "{\"sku\": \"A-17\",\n \"price\": 19.90}");
    compose_error: with(composing(lively(LARGE), "{\"sku\": \"A-17\",\n \"price\": 19.90,}"), |state| {
        state.compose.data_error = Some(JsonError { message: "expected a key", offset: 31, line: 2, column: 16 });
        state.compose.preview = None;
    });
    compose_hostile: composing(lively(SMALL), "{\"\u{1b}[31m\": \"\u{202e}\u{200b}e\u{301} 価格\"}");
    compose_read_only: with(composing(lively(MIDDLE), "{}"), |state| state.setup.read_only = true);
    channel_in_trouble: with(lively(MIDDLE), |state| {
        state.channels.position.cursor = 4;
        state.focus = Pane::Channels;
    });
    demo: with(lively(MIDDLE), |state| {
        state.setup.profile = String::new();
        state.setup.demo = true;
    });
    down: with(lively(MIDDLE), |state| {
        state.link = LinkStatus {
            phase: Phase::Down,
            since: NOW - 12_000_000,
            reason: Some("connection refused\u{1b}[2J".into()),
            ..LinkStatus::default()
        };
        state.notice = Some(Notice { text: String::from("nothing is selected"), is_error: true });
    });
    stale_small: with(lively(SMALL), |state| {
        state.link.phase = Phase::Stale;
        state.link.since = NOW - 3_000_000;
    });
    help_small: with(lively(SMALL), |state| state.popup = Some(Popup::Help { scroll: 0 }));
    help_middle: with(lively(MIDDLE), |state| state.popup = Some(Popup::Help { scroll: 5 }));
    discover_small: with(lively(SMALL), |state| state.popup = Some(Popup::Discover(discover())));
    confirm_send: with(composing(lively(SMALL), r#"{"sku": "A-17", "price": 19.90}"#), |state| {
        state.popup = Some(Popup::ConfirmSend);
    });
    confirm_quit: with(lively(SMALL), |state| state.popup = Some(Popup::ConfirmQuit));
    handled: with(lively(MIDDLE), |state| {
        state.focus = Pane::Findings;
        mark_handled(state);
    });
    handled_tab: with(lively(SMALL), |state| {
        (state.focus, state.tab) = (Pane::Findings, Pane::Findings);
        mark_handled(state);
    });
    timeline_small: with(lively(SMALL), |state| {
        state.focus = Pane::Timeline;
        state.timeline.zoom = Zoom::Minute;
    });
    timeline_middle: with(lively(MIDDLE), |state| {
        state.focus = Pane::Timeline;
        state.timeline.zoom = Zoom::Hour;
        state.messages.follow = false;
        state.timeline.cursor = Some(NOW / 1_000_000 - 379);
    });
    tree_middle: with(lively(MIDDLE), |state| shops(state, true, Order::Seen));
    tree_large: with(lively(LARGE), |state| shops(state, true, Order::Trouble));
    tree_small: with(lively(SMALL), |state| shops(state, true, Order::Name));
    flat_large: with(lively(LARGE), |state| shops(state, false, Order::Last));
    patterns: with(lively(MIDDLE), |state| {
        state.channels.note("au*", true);
        state.channels.note("old*", true);
        state.channels.note("old*", false);
        state.channels.patterns[1].denied = Some("NOPERM this user has no permissions".into());
        state.channels.list[3].dropped = true;
        state.channels.refresh();
        state.channels.position.cursor = 6;
        state.focus = Pane::Channels;
    });
    add_channel: with(lively(SMALL), |state| {
        state.channels.discovered = ["billing:refunds", "bill\u{202e}", "audit2"].map(|name| Channel::new(name.as_bytes())).into();
        let add = AddChannel { line: LineEdit::new("billing:refunds"), typed: String::from("bill"), chosen: Some(1) };
        state.popup = Some(Popup::AddChannel(add));
    });
    muted: with(lively(SMALL), |state| state.alerts.muted = true);
    names_small: with(lively(SMALL), names);
    names_large: with(lively(LARGE), names);
    note: with(lively(SMALL), |state| {
        let note = LineEdit::new("told billing\u{202e}, ticket opened");
        state.popup = Some(Popup::Note { row_id: state.findings.list[0].row_id, note });
    });
    search_small: sought(SMALL, "/ \"price\"");
    search_middle: sought(MIDDLE, "g / \"price\" Enter n");
    search_kept_small: sought(SMALL, "/ \"a-17\" Enter N");
    search_regex_mistake: sought(SMALL, "/ Ctrl-R \"(pri\"");
    search_found_nothing: sought(SMALL, "/ \"nowhere\"");
    search_hostile: sought_in(hostile(SMALL), "/ \"\\u{20\"");
    filter_small: sought(SMALL, "f");
    filter_mistake_small: sought(SMALL, "f \"channel:ops*\" Space \"nam\"");
    filter_mistake_middle: sought(MIDDLE, "f \"name:a\" Space \"|\" Space \".a\" Space \"===\" Space \"1\"");
    filter_values_small: sought(SMALL, "f \"rejection:\" Tab Tab");
    filtered_small: sought(SMALL, "f \"name:price-*\" Enter");
    filtered_middle: sought(MIDDLE, "f \"name:price-*\" Enter / \"a\" Enter");
    filtered_all_away: sought(MIDDLE, "f \"kind:duplicate\" Space \"seq:..1\" Space \"channel:nowhere\" Enter");
    jq_waits_middle: sought(MIDDLE, "f \"|\" Space \".sku\" Enter");
    jq_too_slow: with(sought(MIDDLE, "f \"|\" Space \"[repeat(1)]\" Enter"), |state| {
        let id = state.filtering.jq.id;
        let why = |row_id| if row_id % 2 == 0 { "too slow" } else { "cannot index [1] with \"sku\"" };
        let waiting = state.filtering.jq.waiting.iter();
        let answers = waiting.map(|&row_id| (row_id, Answer::Failed(why(row_id).to_owned()))).collect();
        let _ = update(state, Event::Answered { id, answers, stopped: None });
    });
    palette_small: sought(SMALL, ":");
    palette_middle: sought(MIDDLE, ": \"copy\" Down");
    palette_disabled: with(sought(SMALL, ":"), |state| {
        state.setup.read_only = true;
        press(state, "\"compose\"");
    });
    marked_middle: sought(MIDDLE, "g V j j j S \"incident.jsonl\"");
    not_saved_small: with(sought(SMALL, "g V j S \"incident.jsonl\""), |state| {
        let why = String::from("incident.jsonl is there already, and stays as it is");
        let _ = update(state, Event::Saved(Err(why)));
    });
    panes_small: keys(lively(SMALL), "L j Space");
    panes_middle: keys(lively(MIDDLE), "L j Space j j j Space");
    columns_middle: keys(lively(MIDDLE), "C j Space j j Space");
    hidden_middle: with(lively(MIDDLE), |state| {
        state.settings.hidden = [Pane::Channels, Pane::Timeline, Pane::Detail, Pane::Compose].into();
        state.settings.columns.0 = MessageColumn::ALL.into();
        state.settings.time_format = TimeFormat::Date;
    });
    hidden_large: with(hostile(LARGE), |state| {
        state.settings.hidden = [Pane::Channels, Pane::Findings, Pane::Rejected].into();
        state.settings.columns.0 = [MessageColumn::Age, MessageColumn::Size].into();
    });
    jump: with(lively(SMALL), |state| state.popup = Some(Popup::Jump(LineEdit::range("1046"))));
}

#[test]
fn without_colours_nothing_is_lost() {
    for state in [lively(MIDDLE), composing(lively(SMALL), "{}"), hostile(LARGE)] {
        let plain = screen::buffer(&state, &theme::PLAIN);
        assert!(plain.content.iter().all(|cell| (cell.fg, cell.bg) == (Color::Reset, Color::Reset)));
        let text = |buffer: &Buffer| buffer.content.iter().map(|cell| cell.symbol().to_owned()).collect::<String>();
        assert_eq!(text(&plain), text(&screen::buffer(&state, &theme::BASIC)));
    }
}

#[test]
fn signed_bytes_are_underlined_and_no_others() {
    let state = keys(rich(LARGE), "5 v");
    let buffer = screen::buffer(&state, &theme::PLAIN);
    let underlined: String = buffer
        .content
        .iter()
        .filter(|cell| cell.modifier.contains(Modifier::UNDERLINED))
        .map(ratatui::buffer::Cell::symbol)
        .collect();
    assert!(underlined.starts_with("underlinedprice-update1782909066{\"sku\":\"A-17\""), "{underlined}");
    assert!(!underlined.contains("ab12") && !underlined.contains("sha256"));
}

#[test]
fn what_was_found_stands_out_without_colours() {
    let state = keys(rich(MIDDLE), "5 / \"sale\" Enter");
    let buffer = screen::buffer(&state, &theme::PLAIN);
    let reversed: String = buffer
        .content
        .iter()
        .filter(|cell| cell.modifier.contains(Modifier::REVERSED))
        .map(ratatui::buffer::Cell::symbol)
        .collect();
    assert_eq!(reversed.matches("sale").count(), 2, "{reversed}");
}

#[test]
fn the_selected_row_is_marked_twice() {
    let buffer = screen::buffer(&lively(SMALL), &theme::PLAIN);
    let marked: Vec<u16> = (3..23).filter(|y| buffer[(0, *y)].symbol() == "▸").collect();
    assert_eq!(marked, [22]);
    assert!(buffer[(20, 22)].modifier.contains(Modifier::REVERSED));
    assert!(!buffer[(20, 21)].modifier.contains(Modifier::REVERSED));
}

#[test]
fn sixteen_colours_are_all_that_the_basic_theme_needs() {
    let buffer = screen::buffer(&lively(LARGE), &theme::BASIC);
    assert!(buffer.content.iter().all(|cell| !matches!(cell.fg, Color::Rgb(..) | Color::Indexed(_))));
}

#[test]
fn the_theme_follows_the_environment() {
    let theme = |no_color, term, colorterm| {
        *Theme::named(theme::Terminal { no_color, term, colorterm, colorfgbg: None }.theme())
    };
    for (colours, expected) in [
        ("0;15", ThemeName::Light),
        ("0;default;7", ThemeName::Light),
        ("15;0", ThemeName::Dark),
        ("12;8", ThemeName::Dark),
        (";", ThemeName::Dark),
    ] {
        let term = Some("xterm-256color");
        assert_eq!(
            theme::Terminal { term, colorfgbg: Some(colours), ..Default::default() }.theme(),
            expected,
            "{colours}"
        );
    }
    assert_eq!(theme(Some("1"), Some("xterm-256color"), Some("truecolor")), theme::PLAIN);
    assert_eq!(theme(Some(""), Some("xterm-256color"), None), theme::GREYS);
    assert_eq!(theme(None, Some("linux"), None), theme::BASIC);
    assert_eq!(theme(None, Some("dumb"), None), theme::PLAIN);
    assert_eq!(theme::BASIC.profile(Some("#ff8800")).fg, Some(Color::Rgb(255, 136, 0)));
    assert_eq!(theme::BASIC.profile(Some("green")).fg, Some(Color::Green));
    assert_eq!(theme::BASIC.profile(Some("no colour")), theme::BASIC.accent);
}

/// Lively traffic, and the keys that were pressed.
fn sought(size: (u16, u16), keys: &str) -> State {
    sought_in(lively(size), keys)
}

fn sought_in(mut state: State, keys: &str) -> State {
    let now = state.now;
    state.filtering.saved = vec![(String::from("wrong"), String::from("verdict:rejected"))];
    press(&mut state, keys);
    let _ = update(&mut state, Event::Clock(now));
    state
}

#[test]
fn what_was_found_stands_out_where_it_is() {
    let state = sought(MIDDLE, "g / \"price\" Enter");
    for theme in [theme::PLAIN, theme::BASIC] {
        let buffer = screen::buffer(&state, &theme);
        let found: String = buffer
            .content
            .iter()
            .filter(|cell| cell.bg == Color::Yellow || cell.modifier.contains(Modifier::UNDERLINED))
            .map(ratatui::buffer::Cell::symbol)
            .collect();
        assert!(found.len() > 10, "{found}");
        assert_eq!(found.replace("price", "").replace('…', ""), "", "{found}");
    }
}

/// Two messages of a name, with what attackers would write into JSON.
fn rich(size: (u16, u16)) -> State {
    const OLD: &str = r#"{"sku":"A-17","price":{"net":19.9,"gross":23.68,"tax":{"rate":0.19,"of":{"country":"DE"}}},
        "tags":["sale"],"old":true}"#;
    const NEW: &str = concat!(
        r#"{"sku":"A-17","price":{"net":21.5,"gross":25.58,"tax":{"rate":0.19,"of":{"country":"DE"}}},"#,
        r#""tags":["sale","summer sale"],"#,
        "\"\\u001b[31m\u{202e}key\":\"\\u001b]52;c;AAAA\\u0007 e\u{301}\u{302}\u{303}\u{304}\u{305}\u{306} 価格\",",
        "\"text\":\"A long text that goes on and on, \u{200b}over many lines of the narrow pane, until it ends, ",
        "which it does at last, though only after it has been too long for one line of a wide pane as well.\",",
        r#""empty":{},"none":null}"#,
    );
    let mut state = lively(size);
    let mut stream = fixture::Stream::default();
    for (sequence, data) in [(1, OLD), (2, NEW)] {
        let signature = "sha256|default|1782909066|ab12";
        let sequence = Sequence::Exact(sequence);
        stream.message("ops", sequence, b"price-update", signature, data.as_bytes(), Verdict::Verified);
    }
    stream.into_state(&mut state);
    state
}

/// Presses keys.
fn keys(mut state: State, keys: &str) -> State {
    crate::console_fixture::press(&mut state, keys);
    state
}

fn with(mut state: State, change: impl FnOnce(&mut State)) -> State {
    change(&mut state);
    state
}

/// Channels whose names share separators, one group of them folded.
fn shops(state: &mut State, tree: bool, order: Order) {
    for (name, later) in (0..).zip([
        "shop:eu:orders",
        "shop:eu:stock",
        "shop:us:orders",
        "shop:us:stock",
        "shop.mail",
        "billing:refunds",
    ]) {
        let index = state.channels.find_or_add(&Channel::new(later.as_bytes())).unwrap();
        let channel = &mut state.channels.list[index];
        channel.last_at = Some(NOW - 1_000_000 * (7_i64.pow(name)));
        channel.rejected = u64::from(name % 3);
        channel.per_second.advance(3);
        channel.per_second.count(1);
    }
    state.channels.tree = tree;
    state.channels.order = order;
    state.channels.folded = [b"shop:us:".to_vec()].into();
    state.channels.refresh();
    state.focus = Pane::Channels;
    state.channels.position.cursor = 4;
}

/// The names of all channels, some of them odd.
fn names(state: &mut State) {
    let mut names = Names::default();
    for (index, name) in
        [&b"cache-flush"[..], b"user-login", b"\x1b[2J\xff", b"", b"price-update"].into_iter().enumerate()
    {
        for count in 0..7_u32.pow(u32::try_from(index).unwrap()) {
            names.add(Some(index % 2), name, NOW - 11_000_000 - i64::from(count), index == 2);
        }
    }
    names.add(None, b"beyond", NOW, false);
    let rows = names.rows(None, NameOrder::Count, NOW);
    state.popup =
        Some(Popup::Names(NamesView { rows, position: ListCursor { cursor: 1, top: 0 }, ..NamesView::default() }));
}

fn recording(size: (u16, u16), trouble: Option<&str>) -> State {
    with(lively(size), |state| {
        state.recording = Some(RecordingStatus {
            file: String::from("prod.db"),
            phase: RecordingPhase::Recording,
            committed: 1204,
            not_recorded: if trouble.is_some() { 17 } else { 0 },
            trouble: trouble.map(|why| (NOW, String::from(why))),
        });
    })
}

fn replay(size: (u16, u16)) -> State {
    with(lively(size), |state| {
        state.setup.read_only = true;
        let status = ReplayStatus { is_playing: true, speed: Speed(Some(100)), at_end: false, trouble: None };
        state.replay = Some(Replay { host: String::from("recorder-1"), file: "a.db".into(), status });
    })
}

fn mark_handled(state: &mut State) {
    state.findings.acknowledged =
        state.findings.list.iter().step_by(2).map(|entry| (entry.row_id, String::from("ops told\u{1b}"))).collect();
    state.findings.acknowledged_gaps = 1;
}

fn select(state: &mut State, row_id: u64) {
    state.messages.follow = false;
    state.messages.cursor = Some(row_id);
    state.messages.top = 1204 + 20;
    prepare(state);
}
