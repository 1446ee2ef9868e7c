//! Every key of the table, as triples: the state before, the keys, the state after.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use crate::console_fixture::{
    GAP_ROW, LAST_ROW, REJECTED_ROW, SECOND, START, by_name, channel, empty, lively, lively_with, message, press,
    setup, take,
};
use crate::console_popups::samples;
use aircheck::console::app::alerts::AlertState;
use aircheck::console::app::event::{Effect, Event};
use aircheck::console::app::replay::{Replay, ReplayOrder, ReplayStatus, Speed};
use aircheck::console::app::scrollback::Row;
use aircheck::console::app::settings::{Border, MessageColumn, Sizes, SwitchList, ThemeName, TimeFormat, ToggleList};
use aircheck::console::app::state::{Notice, Setup, State};
use aircheck::console::app::update::is_text;
use aircheck::console::app::update::update;
use aircheck::console::keymap::context::{Context, contexts_of, places};
use aircheck::console::keymap::help::{MARKS, VERDICTS, help_height, help_sections};
use aircheck::console::keymap::key::Key;
use aircheck::console::keymap::palette::find;
use aircheck::console::keymap::table::{Action, TABLE};
use aircheck::console::keymap::{Binding, Keymap};
use aircheck::console::layout::Layout;
use aircheck::console::panes::Pane;
use aircheck::console::panes::channels::names::NameOrder;
use aircheck::console::panes::channels::rows::{ChannelRow, Order};
use aircheck::console::panes::compose::history::HistoryEntry;
use aircheck::console::panes::compose::state::Field;
use aircheck::console::panes::detail::state::DetailView;
use aircheck::console::panes::timeline::state::Zoom;
use aircheck::console::popups::Popup;
use aircheck::console::popups::backfill::BackfillResult;
use aircheck::console::popups::discover::DiscoveredChannel;
use aircheck::console::popups::names::NamesView;
use aircheck::console::popups::pick::Choices;
use aircheck::console::popups::record::{Phase, RecordingStatus};
use aircheck::console::popups::save::SavedRow;
use aircheck::console::ui::line_edit::{LineEdit, TextEdit};
use aircheck::console::ui::list_cursor::ListCursor;
use aircheck::ledger::alert::{AlertKind, Alerts};
use aircheck::ledger::interval::Interval;
use aircheck::ledger::sequence::notation::LEGEND;
use aircheck::ledger::sequence::{Reading, Sequence};
use aircheck::template::{Template, Text};
use aircheck::wire::signature::SignWith;
use aircheck::wire::verdict::{CheckOutcome, Verdict};

/// The state before; the keys that lead there and, after a bar, the tested key; the state after.
struct Case {
    action: Action,
    before: fn() -> State,
    keys: &'static str,
    after: fn(&State, &[Effect]) -> bool,
}

const fn case(action: Action, before: fn() -> State, keys: &'static str, after: fn(&State, &[Effect]) -> bool) -> Case {
    Case { action, before, keys, after }
}

fn confirming() -> State {
    lively_with(Setup { confirm: true, ..setup() })
}

/// Whether the help is open and scrolled to this line.
fn is_help(state: &State, line: usize) -> bool {
    matches!(&state.popup, Some(Popup::Help { scroll, .. }) if *scroll == line)
}

/// The names of the listed channels.
fn channels(state: &State) -> Vec<&[u8]> {
    let index = |line: &ChannelRow| if let ChannelRow::Channel { index, .. } = line { Some(*index) } else { None };
    state.channels.lines().iter().filter_map(index).map(|index| state.channels.list[index].channel.as_bytes()).collect()
}

/// The size of the pane that a border resizes.
fn extent(state: &State, border: Border) -> u16 {
    Layout::for_state(state).extent(border).unwrap()
}

fn narrow() -> State {
    let mut state = lively();
    update(&mut state, Event::Resize(80, 24));
    state
}

/// A terminal with room for fewer rows than there are.
fn low() -> State {
    let mut state = lively();
    update(&mut state, Event::Resize(80, 12));
    state
}

/// The newest message has a value that is folded at first, because it is deep.
fn deep() -> State {
    let mut state = lively();
    let setup = state.setup.clone();
    let mut interval = Interval::default();
    message(&mut interval, &setup, "ops", "deep", r#"{"a":{"b":{"c":{"d":[4,42]}}}}"#, 11);
    take(&mut state, interval);
    state
}

/// The newest message has a string that is longer than a line of Detail.
fn long() -> State {
    let mut state = lively();
    let setup = state.setup.clone();
    let mut interval = Interval::default();
    message(&mut interval, &setup, "ops", "long", &format!(r#"{{"text":"{}"}}"#, "word ".repeat(90)), 11);
    take(&mut state, interval);
    state
}

/// Discover is open, and found two channels.
fn discovering() -> State {
    let mut state = lively();
    press(&mut state, "d");
    let found = ["zebra", "apes"].map(|name| DiscoveredChannel {
        channel: channel(name),
        counter: Reading::Value(3),
        subscribers: None,
    });
    update(&mut state, Event::Discovered(Ok(found.into())));
    state
}

/// The configuration has two other profiles.
fn with_profiles() -> State {
    let mut state = lively();
    state.profiles = vec!["prod".to_owned(), "staging".to_owned()];
    state
}

/// The profile has alerts.
fn alerting() -> State {
    let mut state = lively();
    state.alerts = AlertState::new(Alerts { bell: vec![AlertKind::Rejected], ..Alerts::default() });
    state
}

/// Discovery has found channels, and is closed.
fn knowing() -> State {
    let mut state = lively();
    let found = ["zebra", "apes", "zoo"].map(|name| DiscoveredChannel {
        channel: channel(name),
        counter: Reading::Missing,
        subscribers: None,
    });
    update(&mut state, Event::Discovered(Ok(found.into())));
    state
}

/// Three channels whose names begin alike, two of them more so.
fn shops() -> State {
    let mut state = lively();
    for name in ["shop:eu:orders", "shop:eu:stock", "shop:us"] {
        state.channels.find_or_add(&channel(name));
    }
    aircheck::console::app::update::prepare(&mut state);
    state
}

/// A message on `ops` with each full hour, for ten hours and a few seconds.
fn through_the_hours() -> State {
    let mut state = empty(setup());
    for hour in 0..=10 {
        let at = START + hour * 3_600 * SECOND;
        update(&mut state, Event::Clock(at));
        let mut interval = Interval::default();
        let (number, verdict) = (Sequence::Exact(1 + hour.unsigned_abs()), Verdict::Unsigned);
        interval.push_message(b"evt::", at, channel("ops"), number, verdict, None, None);
        take(&mut state, interval);
    }
    state
}

fn names_of(view: &NamesView) -> Vec<&str> {
    view.rows.iter().filter_map(|row| std::str::from_utf8(row.name.as_ref()?).ok()).collect()
}

/// Two messages were recorded, and a third could not be.
fn recording() -> State {
    let mut state = lively();
    press(&mut state, "r Enter");
    update(
        &mut state,
        Event::Recording(RecordingStatus {
            file: "aircheck-test.db".to_owned(),
            phase: Phase::Recording,
            committed: 2,
            not_recorded: 1,
            failure: None,
            shipping: None,
        }),
    );
    state
}

/// Another recording knows two of the three that were missed.
fn filled() -> State {
    filled_by(lively())
}

fn filled_by(mut state: State) -> State {
    let effects = press(&mut state, "3 F \"b.db\" Enter");
    let Some(Effect::LookIn { wanted, .. }) = effects.last().cloned() else { panic!("{effects:?}") };
    let mut interval = Interval::default();
    let setup = state.setup.clone();
    for number in [6, 8] {
        message(&mut interval, &setup, "ops", "flush", &format!(r#"{{"n":{number}}}"#), number);
    }
    let interval = std::sync::Arc::new(interval);
    let rows = (0..2).map(|index| Row { interval: std::sync::Arc::clone(&interval), index }).collect();
    let (file, source) = ("b.db".to_owned(), "redis://b".to_owned());
    let filled = BackfillResult {
        file,
        source,
        rows,
        files: vec!["b.db".into()],
        supplied: Vec::new(),
        found: 2,
        of: 3,
        maybe: 0,
        doubt: None,
    };
    update(&mut state, Event::BackfillResult(wanted, Ok(Box::new(filled))));
    state
}

/// The prompt for the recording, with two that are there.
fn filling() -> State {
    let mut state = lively();
    press(&mut state, "3 F");
    update(&mut state, Event::RecordingsFound(vec!["b.db".to_owned(), "c.db".to_owned()]));
    state
}

fn prompt_of(state: &State) -> Option<&str> {
    match &state.popup {
        Some(Popup::BackfillFrom(prompt)) => Some(prompt.line.text()),
        _ => None,
    }
}

/// The same rows, of a recording.
fn replaying() -> State {
    let mut state = lively_with(Setup { read_only: true, ..setup() });
    let status = ReplayStatus { is_playing: true, speed: Speed::NORMAL, at_end: false, failure: None };
    state.replay = Some(Replay { host: "recorder".to_owned(), file: "a.db".into(), status });
    state
}

fn rejected(state: &State, why: &str) -> bool {
    let is_rejected = |notice: &Notice| notice.is_error && notice.text.contains(why);
    state.notice.as_ref().is_some_and(is_rejected) && state.popup.is_none() && state.focus == Pane::Messages
}

fn picked(state: &State) -> Vec<usize> {
    state.channels.picked.iter().copied().collect()
}

/// Two messages were sent before, and the profile has a template.
fn with_past() -> State {
    let mut state = lively();
    let past = [("old", "[1,\n2]", Some("old")), ("flush", "", None)];
    let past = past.map(|(name, data, key)| HistoryEntry {
        at: START,
        channel: "ops".to_owned(),
        name: name.to_owned(),
        data: data.to_owned(),
        key: key.map(str::to_owned),
        sequence: 7,
        receivers: 1,
    });
    update(&mut state, Event::History(Ok(past.into())));
    let text = |text| Text::parse(text).unwrap();
    state.compose.templates.push(std::sync::Arc::new(Template {
        title: "price".to_owned(),
        channel: text("ops"),
        name: text("price-update"),
        data: text(r#"{"sku":"{{prompt:SKU}}","n":{{seq}}}"#),
    }));
    state
}

/// What is looked for in a list of channels or names, and what is found.
fn picker(state: &State) -> (&str, Vec<&str>) {
    match &state.popup {
        Some(Popup::Pick(picker)) => match &picker.choices {
            Choices::Channels(list) | Choices::Names(list) => {
                (picker.query.text(), picker.shown.iter().map(|index| list[*index].as_str()).collect())
            }
            other => panic!("{other:?}"),
        },
        other => panic!("{other:?}"),
    }
}

fn series_form(state: &State) -> (&str, &str) {
    match &state.popup {
        Some(Popup::SeriesForm(form)) => (form.count.text(), form.rate.text()),
        other => panic!("{other:?}"),
    }
}

const CASES: &[Case] = &[
    case(Action::Quit, lively, "q", |_, effects| effects == [Effect::Quit]),
    case(Action::Quit, lively, "c \"text\" Esc q", |state, effects| {
        effects.is_empty() && state.popup == Some(Popup::ConfirmQuit)
    }),
    case(Action::Quit, lively, "g j e Esc q", |_, effects| effects == [Effect::Quit]),
    case(Action::Quit, lively, "g j e \"x\" Esc q", |state, _| state.popup == Some(Popup::ConfirmQuit)),
    case(Action::Quit, lively, "c \"mine\" Esc g j e Esc q", |state, _| state.popup == Some(Popup::ConfirmQuit)),
    case(Action::Confirm, lively, "c \"text\" Esc q y", |_, effects| effects == [Effect::Quit]),
    case(Action::Close, lively, "c \"text\" Esc q n", |state, effects| effects.is_empty() && state.popup.is_none()),
    case(Action::Close, lively, "c \"text\" Esc q z", |state, effects| effects.is_empty() && state.popup.is_none()),
    case(Action::QuitNow, lively, "c \"text\" Ctrl-C", |_, effects| effects == [Effect::Quit]),
    case(Action::Suspend, lively, "Ctrl-Z", |_, effects| effects == [Effect::Suspend]),
    case(Action::Redraw, lively, "# Ctrl-L", |_, effects| effects == [Effect::Redraw]),
    case(Action::Help, lively, "?", |state, _| is_help(state, 0)),
    case(Action::Help, lively, "c F1", |state, _| is_help(state, 0)),
    case(Action::Right, lively, "l l", |state, _| state.messages.sideways == 16),
    case(Action::Left, lively, "l l h Left Left", |state, _| state.messages.sideways == 0),
    case(Action::PageDown, lively, "g Ctrl-F", |state, _| state.messages.cursor == Some(LAST_ROW)),
    case(Action::PageUp, lively, "Ctrl-B", |state, _| state.messages.cursor == Some(0)),
    case(Action::PreviousFinding, lively, "Ctrl-P", |state, _| state.messages.cursor == Some(REJECTED_ROW)),
    case(Action::NextFinding, lively, "g Ctrl-N", |state, _| state.messages.cursor == Some(GAP_ROW)),
    case(Action::Left, lively, "5 j h h", |state, _| state.detail.lines.parts.len() == 1),
    case(Action::Down, lively, ":show-timeline Up Down Down Down", |state, _| state.timeline.zoom == Zoom::Day),
    case(Action::Up, lively, ":show-timeline k k", |state, _| state.timeline.zoom == Zoom::Minute),
    case(Action::CopyMenu, lively, "k y j k y", |state, effects| {
        state.popup.is_none() && effects == [Effect::Copy("bad:sha256|default|1795516352|00:{}".to_owned())]
    }),
    case(Action::EditText(TextEdit::WordRight), lively, "f \"ab.cd\" Home Alt-Right \"x\"", |state, _| {
        filter_text(state) == "abx.cd"
    }),
    case(Action::EditText(TextEdit::DeleteWordLeft), lively, "f \"a\" Space \"b\" Alt-Backspace", |state, _| {
        filter_text(state) == "a "
    }),
    case(Action::ZoomOut, narrow, "1 A", |state, _| {
        state.notice.as_ref().unwrap().text == "A acts in Findings: press 3"
    }),
    case(Action::Close, lively, "? Esc", |state, _| state.popup.is_none()),
    case(Action::Down, lively, "? j j", |state, _| is_help(state, 2)),
    case(Action::NextPane, lively, "Tab", |state, _| state.focus == Pane::Findings),
    case(Action::NextPane, narrow, "Tab Tab Tab", |state, _| {
        state.focus == Pane::Detail && state.detail.open == Some(true)
    }),
    case(Action::PreviousPane, lively, "Shift-Tab Shift-Tab", |state, _| state.focus == Pane::Timeline),
    case(Action::ShowPane(Pane::Channels), lively, "1", |state, _| state.focus == Pane::Channels),
    case(Action::ShowPane(Pane::Messages), lively, "1 2", |state, _| state.focus == Pane::Messages),
    case(Action::ShowPane(Pane::Findings), lively, "3", |state, _| {
        (state.focus, state.tab) == (Pane::Findings, Pane::Findings)
    }),
    case(Action::ShowPane(Pane::Rejected), lively, "4", |state, _| state.tab == Pane::Rejected),
    case(Action::ShowPane(Pane::Detail), lively, "5", |state, _| state.focus == Pane::Detail),
    case(Action::ShowPane(Pane::Compose), lively, ":show-compose", |state, _| state.focus == Pane::Compose),
    case(Action::Compose, lively, "c", |state, _| {
        (state.focus, state.compose.field) == (Pane::Compose, Field::Name) && state.compose.channel_text() == "ops"
    }),
    case(Action::Back, lively, "c \"q\" Esc", |state, _| {
        state.focus == Pane::Messages && state.compose.name_text() == "q"
    }),
    case(Action::Back, narrow, "Enter Esc", |state, _| {
        state.focus == Pane::Messages && state.detail.open == Some(false)
    }),
    case(Action::Zoom, lively, "z", |state, _| state.zoomed),
    case(Action::Zoom, lively, "3 z z", |state, _| !state.zoomed),
    case(Action::ToggleFollow, lively, "Space", |state, _| !state.messages.follow),
    case(Action::ToggleFollow, lively, "Space k Space", |state, _| {
        state.messages.follow && state.messages.cursor == Some(LAST_ROW)
    }),
    case(Action::Up, lively, "k Up", |state, _| !state.messages.follow && state.messages.cursor == Some(LAST_ROW - 2)),
    case(Action::Down, lively, "k k j", |state, _| state.messages.cursor == Some(LAST_ROW - 1)),
    case(Action::Down, lively, "k j j", |state, _| state.messages.follow),
    case(Action::Up, lively, "1 Down k", |state, _| state.channels.position.cursor == 0),
    case(Action::PageUp, lively, "PgUp", |state, _| state.messages.cursor == Some(0)),
    case(Action::PageDown, lively, "g PgDn", |state, _| state.messages.cursor == Some(LAST_ROW)),
    case(Action::HalfPageUp, low, "PgUp g Ctrl-D Ctrl-U", |state, _| state.messages.cursor == Some(0)),
    case(Action::HalfPageDown, low, "g Ctrl-D", |state, _| {
        state.messages.cursor == Some(Layout::for_state(state).entries(Pane::Messages) as u64 / 2)
    }),
    case(Action::First, lively, "g", |state, _| state.messages.cursor == Some(0) && !state.messages.follow),
    case(Action::First, lively, "Home", |state, _| state.messages.cursor == Some(0)),
    case(Action::Last, lively, "g G", |state, _| state.messages.cursor == Some(LAST_ROW) && state.messages.follow),
    case(Action::PreviousFinding, lively, "[", |state, _| state.messages.cursor == Some(REJECTED_ROW)),
    case(Action::PreviousFinding, lively, "1 [ [", |state, _| {
        state.messages.cursor == Some(GAP_ROW) && state.focus == Pane::Channels
    }),
    case(Action::NextFinding, lively, "g ] ]", |state, _| state.messages.cursor == Some(REJECTED_ROW)),
    case(Action::NextFinding, lively, "]", |state, _| state.notice.is_some() && state.messages.follow),
    case(Action::OpenDetail, lively, "Enter", |state, _| {
        state.focus == Pane::Detail && state.detail.open == Some(true)
    }),
    case(Action::PreviousRow, narrow, "Enter K K", |state, _| {
        (state.focus, state.detail.row_id) == (Pane::Detail, Some(LAST_ROW - 2))
    }),
    case(Action::NextRow, lively, "g Enter J", |state, _| state.detail.row_id == Some(1)),
    case(Action::GoToRow, lively, "3 Enter", |state, _| {
        (state.focus, state.messages.cursor) == (Pane::Messages, Some(GAP_ROW))
    }),
    case(Action::GoToRow, lively, "1 j j Enter 4 Enter", |state, _| {
        state.messages.cursor == Some(REJECTED_ROW) && picked(state).is_empty()
    }),
    case(Action::ShowPane(Pane::Timeline), narrow, ":show-timeline", |state, _| {
        state.focus == Pane::Timeline && Layout::for_state(state).pane(Pane::Timeline).is_some()
    }),
    case(Action::ToggleMute, alerting, ":toggle-mute", |state, _| state.alerts.muted),
    case(Action::ToggleMute, alerting, ":toggle-mute :toggle-mute", |state, _| !state.alerts.muted),
    case(Action::ToggleMute, lively, ":toggle-mute", |state, _| {
        !state.alerts.muted && state.notice.as_ref().unwrap().is_error
    }),
    case(
        Action::ShowNames,
        lively,
        "1 :show-names",
        |state, _| matches!(&state.popup, Some(Popup::Names(view)) if names_of(view) == ["flush", "bad", "paid"]),
    ),
    case(
        Action::ShowNames,
        lively,
        "1 j j :show-names",
        |state, _| matches!(&state.popup, Some(Popup::Names(view)) if names_of(view) == ["paid"] && view.title == b"billing"),
    ),
    case(
        Action::ShowLatest,
        lively,
        "1 :show-latest",
        |state, _| matches!(&state.popup, Some(Popup::Names(view)) if names_of(view) == ["bad", "flush", "paid"] && view.latest),
    ),
    case(Action::Profile, with_profiles, ":profile", |state, effects| {
        effects.is_empty()
            && matches!(&state.popup, Some(Popup::Pick(list)) if list.choices == Choices::Profiles(state.profiles.clone()))
    }),
    case(Action::Accept, with_profiles, ":profile \"sta\" Enter", |state, effects| {
        effects == [Effect::LoadProfile("staging".to_owned())] && state.popup.is_none()
    }),
    case(Action::Accept, with_profiles, ":profile \"stag1ng\" Enter", |_, effects| {
        effects == [Effect::LoadProfile("stag1ng".to_owned())]
    }),
    case(Action::Accept, with_profiles, ": \"profile\" Space Space \"prod\" Enter", |state, effects| {
        effects == [Effect::LoadProfile("prod".to_owned())] && state.popup.is_none()
    }),
    case(Action::Accept, lively, ": \"profile\" Space \"prod\" Enter", |state, effects| {
        effects.is_empty() && state.notice.as_ref().unwrap().text.contains("the configuration has no other profile")
    }),
    case(Action::Profile, replaying, ":profile", |state, _| {
        state.notice.as_ref().is_some_and(|notice| notice.is_error && notice.text.contains("not in a replay"))
    }),
    case(
        Action::NextOrder,
        lively,
        "1 :show-names s s",
        |state, _| matches!(&state.popup, Some(Popup::Names(view)) if names_of(view)[0] == "bad" && view.order == NameOrder::Rejected),
    ),
    case(
        Action::NextOrder,
        lively,
        "1 :show-names s s s s j j",
        |state, _| matches!(&state.popup, Some(Popup::Names(view)) if names_of(view) == ["bad", "flush", "paid"] && view.position.cursor == 2),
    ),
    case(Action::Close, lively, "1 :show-names Esc", |state, _| state.popup.is_none()),
    case(Action::AddChannel, lively, "1 :add-channel", |state, effects| {
        effects == [Effect::Discover]
            && matches!(&state.popup, Some(Popup::AddChannel(add)) if add.line.text().is_empty())
    }),
    case(Action::Accept, lively, "1 :add-channel \"audit:*\" Enter", |state, effects| {
        effects[1..] == [Effect::Subscribe(vec!["audit:*".to_owned()])]
            && state.popup.is_none()
            && state.channels.lines()[3] == ChannelRow::Pattern(0)
    }),
    case(Action::Accept, lively, "1 :add-channel \"ops\" Enter", |state, effects| {
        effects == [Effect::Discover] && state.notice.as_ref().unwrap().text == "subscribed to the channel ops already"
    }),
    case(Action::Complete, knowing, "1 :add-channel \"z\" Tab Tab Enter", |_, effects| {
        effects[1..] == [Effect::Subscribe(vec!["zoo".to_owned()])]
    }),
    case(
        Action::Complete,
        knowing,
        "1 :add-channel \"ap\" Tab",
        |state, _| matches!(&state.popup, Some(Popup::AddChannel(add)) if add.line.text() == "apes"),
    ),
    case(Action::Close, lively, "1 :add-channel \"x\" Esc", |state, _| {
        state.popup.is_none() && state.subscribed.len() == 2
    }),
    case(Action::DropChannel, lively, "1 j :drop-channel", |state, effects| {
        effects == [Effect::Unsubscribe(vec!["ops".to_owned()])]
            && (state.channels.list[0].unsubscribed, state.messages.shown_len()) == (true, 10)
            && state.subscribed == ["billing"]
    }),
    case(Action::DropChannel, lively, "1 j :drop-channel :drop-channel", |state, effects| {
        effects.len() == 1 && state.notice.as_ref().unwrap().is_error
    }),
    case(Action::DropChannel, lively, "1 j :drop-channel :add-channel Enter", |state, effects| {
        effects[2..] == [Effect::Subscribe(vec!["ops".to_owned()])] && !state.channels.list[0].unsubscribed
    }),
    case(
        Action::DropChannel,
        lively,
        "1 :add-channel \"op*\" Enter j :drop-channel End :drop-channel",
        |state, effects| {
            let dropped = |name: &str| Effect::Unsubscribe(vec![name.to_owned()]);
            effects[2..] == [dropped("ops"), dropped("op*")] && state.channels.list[0].unsubscribed
        },
    ),
    case(Action::DropChannel, lively, "1 :drop-channel", |state, effects| {
        effects.is_empty() && state.notice.as_ref().unwrap().is_error
    }),
    case(
        Action::ToggleTree,
        shops,
        "1 :toggle-tree :toggle-tree",
        |state, _| matches!(&state.channels.lines()[3], ChannelRow::Group(group) if group.prefix == b"shop:" && group.members == [2, 3, 4]),
    ),
    case(Action::ToggleTree, shops, "1 :toggle-tree", |state, _| state.channels.lines().len() == 6),
    case(Action::PickOnly, shops, "1 j j j Enter", |state, _| {
        state.channels.lines().len() == 4 && picked(state).is_empty()
    }),
    case(Action::TogglePick, shops, "1 j j j x", |state, _| picked(state) == [2, 3, 4]),
    case(Action::Left, shops, "1 j j j j j Left Left Left Left", |state, _| {
        (state.channels.position.cursor, state.channels.lines().len()) == (3, 4)
    }),
    case(Action::Left, lively, "1 Right Right Left", |state, _| state.channels.position.cursor == 1),
    case(Action::Right, shops, "1 j j j Left Right", |state, _| {
        (state.channels.position.cursor, state.channels.lines().len()) == (3, 8)
    }),
    case(Action::Right, narrow, "1 Right Right", |state, _| state.channels.position.cursor == 2),
    case(Action::NextOrder, lively, "1 j s", |state, _| {
        state.channels.lines()[1] == ChannelRow::Channel { index: 1, depth: 0, shared: 0 }
            && state.channels.position.cursor == 2
    }),
    case(Action::NextOrder, lively, "s 1 s s s", |state, _| {
        state.channels.order == Order::Findings
            && state.channels.lines()[1] == ChannelRow::Channel { index: 0, depth: 0, shared: 0 }
    }),
    case(Action::NextOrder, lively, "1 s s s s s", |state, _| state.channels.order == Order::Seen),
    case(Action::Left, through_the_hours, ":show-timeline Left Left", |state, _| {
        !state.messages.follow && state.timeline.cursor.is_some() && state.focus == Pane::Timeline
    }),
    case(Action::Right, through_the_hours, ":show-timeline Left Left Right Right Right Right", |state, _| {
        state.messages.follow && state.timeline.cursor.is_none()
    }),
    case(Action::First, through_the_hours, ":show-timeline :zoom-in :zoom-out :zoom-out Home", |state, _| {
        state.messages.selected().unwrap().at() == START + 4 * 3_600 * SECOND
    }),
    case(Action::Last, through_the_hours, ":show-timeline Home End", |state, _| {
        state.messages.follow && state.timeline.cursor.is_none()
    }),
    case(Action::ZoomIn, lively, ":show-timeline :zoom-in :zoom-in", |state, _| state.timeline.zoom == Zoom::Minute),
    case(Action::ZoomOut, lively, ":show-timeline :zoom-in :zoom-out :zoom-out :zoom-out", |state, _| {
        state.timeline.zoom == Zoom::Day
    }),
    case(Action::Back, through_the_hours, ":show-timeline :zoom-in :zoom-out Home Esc", |state, _| {
        state.focus == Pane::Messages && state.messages.selected().unwrap().at() == START + 10 * 3_600 * SECOND
    }),
    case(
        Action::Acknowledge,
        lively,
        "3 A",
        |state, _| matches!(&state.popup, Some(Popup::Note { row_ids, .. }) if *row_ids == [GAP_ROW]),
    ),
    case(Action::Accept, lively, "3 A \"told\" Space \"ops\" Backspace Enter", |state, _| {
        state.findings.acknowledged.get(&GAP_ROW).is_some_and(|told| told.note == "told op")
            && (state.totals.findings.gaps, state.open_gaps(), state.channels.list[0].acknowledged) == (1, 0, 1)
    }),
    case(Action::Accept, lively, "3 A \"a\" Enter A \"b\" Enter", |state, _| {
        state.findings.acknowledged.get(&GAP_ROW).is_some_and(|told| told.note == "b")
            && state.findings.acknowledged_counts.gaps == 1
    }),
    case(Action::Close, lively, "3 A \"told\" Esc", |state, _| state.popup.is_none() && state.open_gaps() == 1),
    case(Action::Reopen, lively, "3 A Enter :reopen", |state, _| {
        state.findings.acknowledged.is_empty() && (state.open_gaps(), state.channels.list[0].acknowledged) == (1, 0)
    }),
    case(Action::Reopen, lively, "3 :reopen", |state, _| {
        state.notice.as_ref().unwrap().is_error && state.open_gaps() == 1
    }),
    case(Action::PickOnly, lively, "1 j j Enter", |state, _| picked(state) == [1] && state.messages.shown_len() == 2),
    case(Action::TogglePick, lively, "1 j x j x", |state, _| picked(state) == [0, 1]),
    case(Action::TogglePick, lively, "1 j x x", |state, _| picked(state).is_empty()),
    case(Action::PickAll, lively, "1 j x 2 a", |state, _| picked(state).is_empty() && state.messages.listed.is_none()),
    case(Action::Jump, lively, "#", |state, _| state.popup == Some(Popup::Jump(LineEdit::new("")))),
    case(Action::Accept, lively, "k # \"3\" Enter", |state, _| {
        state.messages.cursor == Some(3) && state.popup.is_none()
    }),
    case(Action::Accept, lively, "# \"79\" Backspace Enter", |state, _| state.messages.cursor == Some(GAP_ROW)),
    case(Action::Accept, lively, "# \"99\" Enter", |state, _| state.notice.as_ref().unwrap().is_error),
    case(Action::Close, lively, "# \"3\" Esc", |state, _| state.popup.is_none() && state.messages.follow),
    case(Action::Bookmark, lively, "g :bookmark", |state, _| state.messages.bookmarks.contains(&0)),
    case(Action::Bookmark, lively, ":bookmark :bookmark", |state, _| state.messages.bookmarks.is_empty()),
    case(Action::NextBookmark, lively, "g :bookmark j j :bookmark :next-bookmark", |state, _| {
        state.messages.cursor == Some(0)
    }),
    case(Action::CopyMenu, lively, "y", |state, _| state.popup == Some(Popup::Copy(ListCursor::default()))),
    case(Action::Close, lively, "y Esc", |state, effects| state.popup.is_none() && effects.is_empty()),
    case(Action::Accept, lively, "k y j k Enter", |state, effects| {
        state.popup.is_none() && effects == [Effect::Copy("bad:sha256|default|1795516352|00:{}".to_owned())]
    }),
    case(Action::CopyPretty, lively, ":copy-pretty", |_, effects| {
        effects == [Effect::Copy("[\n  \"a\"\n]".to_owned())]
    }),
    case(Action::CopyCompact, lively, ":copy-compact", |_, effects| effects == [Effect::Copy(r#"["a"]"#.to_owned())]),
    case(Action::CopyValue, lively, "5 j :copy-value", |_, effects| effects == [Effect::Copy(r#""a""#.to_owned())]),
    case(Action::CopyPath, lively, "5 j :copy-path", |_, effects| effects == [Effect::Copy(".[0]".to_owned())]),
    case(
        Action::CopyLine,
        lively,
        "g :copy-line",
        |_, effects| matches!(effects, [Effect::Copy(line)] if line.starts_with(r#"{"type":"link","at":"#) && line.contains(r#""state":"connected""#)),
    ),
    case(
        Action::CopyExplanation,
        lively,
        "[ [ :copy-explanation",
        |_, effects| matches!(effects, [Effect::Copy(words)] if words.contains("#6")),
    ),
    case(Action::CopyExplanation, lively, ":copy-explanation", |state, effects| {
        effects.is_empty() && state.notice.is_some()
    }),
    case(Action::ToggleWrap, lively, "w", |state, _| state.messages.wrapped),
    case(Action::ToggleWrap, lively, "w w", |state, _| !state.messages.wrapped),
    case(Action::ToggleWrap, long, "5 w", |state, _| state.detail.wrap && state.detail.lines.parts.len() > 3),
    case(Action::ToggleWrap, long, "5 w w", |state, _| state.detail.lines.parts.len() == 3),
    case(Action::ToggleWrap, lively, "5 v w", |state, _| !state.detail.wrap && state.notice.is_some()),
    case(Action::ToggleCopies, lively, ":toggle-copies", |state, _| state.messages.copies.unfolded),
    case(Action::ToggleCopies, lively, ":toggle-copies :toggle-copies", |state, _| !state.messages.copies.unfolded),
    case(Action::Clear, lively, ":clear", |state, _| {
        (state.messages.shown_len(), state.messages.cleared_len(), state.totals.received) == (0, 10, 8)
    }),
    case(Action::ShowCleared, lively, ":clear :show-cleared", |state, _| shown(state).len() == 10),
    case(Action::ShowCleared, lively, ":show-cleared", |state, _| state.notice.as_ref().unwrap().is_error),
    case(
        Action::SaveView,
        lively,
        "f \"name:paid\" Enter 3 :save-view",
        |state, _| matches!(&state.popup, Some(Popup::Save(prompt)) if prompt.rows == 4),
    ),
    case(Action::Pin, lively, ":pin k k", |state, _| {
        (state.detail.row_id, state.messages.cursor) == (Some(LAST_ROW), Some(LAST_ROW - 2))
    }),
    case(Action::Pin, lively, ":pin k k :pin", |state, _| state.detail.row_id == Some(LAST_ROW - 2)),
    case(Action::ToggleFold, lively, "5 Enter", |state, _| {
        state.detail.lines.parts.len() == 1 && state.detail.path().as_deref() == Some(".")
    }),
    case(Action::ToggleFold, lively, "5 j j Enter Enter", |state, _| state.detail.lines.parts.len() == 3),
    case(Action::Left, lively, "5 j Left Left", |state, _| state.detail.lines.parts.len() == 1),
    case(Action::Right, lively, "5 Left Right Right", |state, _| {
        state.detail.lines.parts.len() == 3 && state.detail.path().as_deref() == Some(".[0]")
    }),
    case(Action::FoldAll, deep, "5 j j :fold-all", |state, _| {
        state.detail.lines.parts.len() == 3 && state.detail.path().as_deref() == Some(".a")
    }),
    case(Action::UnfoldAll, deep, "5 :unfold-all", |state, _| state.detail.lines.parts.len() == 12),
    case(Action::UnfoldAll, deep, "5 :fold-all :unfold-all", |state, _| state.detail.lines.parts.len() == 12),
    case(Action::Search, deep, "5 / \"42\"", |state, _| {
        state.detail.find.typing && state.detail.path().as_deref() == Some(".a.b.c.d[1]")
    }),
    case(Action::Accept, deep, "5 / \"4x\" Backspace Enter", |state, _| {
        !state.detail.find.typing && state.detail.find.hits.len() == 2
    }),
    case(Action::Accept, deep, "5 / \"?\" Enter", |state, _| state.notice.as_ref().unwrap().is_error),
    case(Action::Close, deep, "5 / \"4\" Esc", |state, _| {
        state.focus == Pane::Detail && state.detail.find.hits.is_empty() && !state.detail.find.typing
    }),
    case(Action::NextHit, deep, "5 / \"4\" Enter n", |state, _| state.detail.path().as_deref() == Some(".a.b.c.d[1]")),
    case(Action::NextHit, deep, "5 n", |state, _| state.notice.is_some()),
    case(Action::PreviousHit, deep, "5 / \"4\" Enter N N", |state, _| {
        state.detail.path().as_deref() == Some(".a.b.c.d[0]")
    }),
    case(Action::Back, deep, "5 / \"4\" Enter Esc", |state, _| {
        state.focus == Pane::Detail && state.detail.find.line.text().is_empty()
    }),
    case(Action::CopyPayload, lively, "k y y", |_, effects| {
        effects == [Effect::Copy("bad:sha256|default|1795516352|00:{}".to_owned())]
    }),
    case(Action::CopyPayload, lively, "g y y", |state, effects| effects.is_empty() && state.notice.is_some()),
    case(Action::CopyCommand, lively, ":copy-command", |_, effects| {
        let line = r#"aircheck publish --profile test --key default -- billing paid '["a"]'"#;
        effects == [Effect::Copy(line.to_owned())]
    }),
    case(Action::CycleView, lively, "v", |state, _| state.detail.view == DetailView::Raw),
    case(Action::CycleView, lively, "5 v v v", |state, _| state.detail.view == DetailView::Diff),
    case(Action::CycleView, lively, "5 v v v v", |state, _| state.detail.view == DetailView::Json),
    case(Action::Discover, lively, "d", |state, effects| {
        effects == [Effect::Discover] && matches!(&state.popup, Some(Popup::Discover(d)) if d.searching)
    }),
    case(Action::Discover, discovering, "d", |state, effects| {
        effects == [Effect::Discover] && matches!(&state.popup, Some(Popup::Discover(d)) if d.found.len() == 2)
    }),
    case(
        Action::TogglePick,
        discovering,
        "j x",
        |state, _| matches!(&state.popup, Some(Popup::Discover(d)) if d.picked.contains(&1)),
    ),
    case(Action::Accept, discovering, "Enter", |state, effects| {
        effects == [Effect::Subscribe(vec!["apes".to_owned()])] && state.popup.is_none()
    }),
    case(Action::Accept, discovering, "x j x Enter", |state, effects| {
        effects == [Effect::Subscribe(vec!["apes".to_owned(), "zebra".to_owned()])] && state.channels.list.len() == 4
    }),
    case(Action::Close, discovering, "x Esc", |state, effects| state.popup.is_none() && effects.is_empty()),
    case(Action::NextField, lively, "c Tab", |state, _| state.compose.field == Field::Data),
    case(Action::PreviousField, lively, "c Shift-Tab Shift-Tab", |state, _| state.compose.field == Field::Key),
    case(Action::NextKey, lively, "c Alt-K", |state, _| state.compose.sign_with == SignWith::Key(b"old".to_vec())),
    case(Action::NextKey, lively, "c Tab Tab Right Right", |state, _| state.compose.sign_with == SignWith::None),
    case(Action::Send, lively, "c \"evt\" Enter \"[1]\" Ctrl-S", |_, effects| {
        matches!(effects, [Effect::Publish { id: 1, channel, payload }]
            if channel == b"ops" && payload.starts_with(b"evt:sha256|default|17955") && payload.ends_with(b":[1]"))
    }),
    case(Action::Send, confirming, "c \"evt\" Ctrl-S", |state, effects| {
        effects.is_empty() && state.popup == Some(Popup::ConfirmSend)
    }),
    case(Action::Accept, confirming, "c \"evt\" Ctrl-S y", |state, effects| {
        matches!(effects, [Effect::Publish { .. }]) && state.popup.is_none()
    }),
    case(Action::Accept, confirming, "c \"evt\" Ctrl-S Ctrl-S", |_, effects| {
        matches!(effects, [Effect::Publish { .. }])
    }),
    case(Action::Close, confirming, "c \"evt\" Ctrl-S Enter", |state, effects| {
        effects.is_empty() && state.popup.is_none() && state.compose.unsent
    }),
    case(Action::Close, confirming, "c \"evt\" Ctrl-S n", |state, effects| effects.is_empty() && state.popup.is_none()),
    case(Action::Undo, lively, "c \"ab\" Alt-U", |state, effects| {
        effects.is_empty() && state.compose.name_text() != "ab" && state.focus == Pane::Compose
    }),
    case(Action::Redo, lively, "c \"a\" Alt-U Alt-R", |state, _| state.compose.name_text() == "a"),
    case(Action::QuitNow, lively, "c Ctrl-C", |_, effects| effects == [Effect::Quit]),
    case(Action::Redraw, lively, "c Ctrl-L", |_, effects| effects == [Effect::Redraw]),
    case(Action::Format, lively, "c Enter \"{\"a\":[1,{}]}\" Alt-J", |state, _| {
        state.compose.data_text() == "{\n  \"a\": [\n    1,\n    {}\n  ]\n}"
    }),
    case(Action::Suggest, lively, "c Ctrl-N", |state, _| picker(state).1 == ["paid", "bad", "flush"]),
    case(Action::Suggest, lively, "c \"fl\" Ctrl-Space", |state, _| picker(state) == ("fl", vec!["flush"])),
    case(Action::Accept, lively, "c Ctrl-N \"sh\" Enter", |state, _| {
        state.compose.name_text() == "flush" && state.popup.is_none()
    }),
    case(Action::Accept, lively, "c Ctrl-N \"new\" Enter", |state, _| state.compose.name_text() == "new"),
    case(Action::Down, lively, "c Ctrl-N Down Enter", |state, _| state.compose.name_text() == "bad"),
    case(Action::Up, lively, "c Ctrl-N Down Down Up Enter", |state, _| state.compose.name_text() == "bad"),
    case(Action::PageDown, lively, "c Ctrl-N PgDn Enter", |state, _| state.compose.name_text() == "flush"),
    case(Action::PageUp, lively, "c Ctrl-N PgDn PgUp Enter", |state, _| state.compose.name_text() == "paid"),
    case(Action::Close, lively, "c \"x\" Ctrl-N Esc", |state, _| {
        state.compose.name_text() == "x" && state.popup.is_none() && state.focus == Pane::Compose
    }),
    case(
        Action::History,
        with_past,
        "c Ctrl-P",
        |state, _| matches!(&state.popup, Some(Popup::Pick(p)) if p.shown == [1, 0]),
    ),
    case(Action::Accept, with_past, "c Ctrl-P \"old\" Enter", |state, _| {
        state.compose.data_text() == "[1,\n2]" && state.compose.sign_with == SignWith::Key(b"old".to_vec())
    }),
    case(
        Action::Templates,
        with_past,
        "c Ctrl-T",
        |state, _| matches!(&state.popup, Some(Popup::Pick(p)) if p.shown == [0]),
    ),
    case(Action::Accept, with_past, "c Ctrl-T Enter \"A-17\" Enter", |state, _| {
        state.compose.data_text() == r#"{"sku":"A-17","n":1}"# && state.compose.source.is_some()
    }),
    case(Action::Close, with_past, "c Ctrl-T Enter Esc", |state, _| {
        state.popup.is_none() && state.compose.name_text().is_empty()
    }),
    case(Action::OpenEditor, lively, "c Enter \"[1]\" Alt-E", |_, effects| effects == [Effect::Edit("[1]".to_owned())]),
    case(Action::SendMany, lively, "c \"evt\" Ctrl-R", |state, _| matches!(state.popup, Some(Popup::SeriesForm(_)))),
    case(Action::SendMany, lively, "c Ctrl-R", |state, _| state.popup.is_none() && state.notice.is_some()),
    case(Action::NextField, lively, "c \"evt\" Ctrl-R Tab \"5\"", |state, _| series_form(state) == ("10", "5")),
    case(Action::NextField, lively, "c \"evt\" Ctrl-R Tab Shift-Tab Tab \"5\"", |state, _| {
        series_form(state) == ("10", "5")
    }),
    case(Action::PreviousField, lively, "c \"evt\" Ctrl-R Shift-Tab Shift-Tab End \"0\"", |state, _| {
        series_form(state) == ("100", "1")
    }),
    case(Action::Accept, lively, "c \"evt\" Ctrl-R Enter", |state, effects| {
        effects.is_empty() && matches!(state.popup, Some(Popup::ConfirmSeries(_)))
    }),
    case(Action::Close, lively, "c \"evt\" Ctrl-R Esc", |state, effects| effects.is_empty() && state.popup.is_none()),
    case(Action::Close, lively, "c \"evt\" Ctrl-R Enter n", |state, effects| {
        effects.is_empty() && state.popup.is_none()
    }),
    case(Action::Accept, lively, "c \"evt\" Ctrl-R Enter y", |state, effects| {
        matches!(effects, [Effect::PublishSeries(series)] if (series.count, series.rate) == (10, Some(1)))
            && state.popup == Some(Popup::Series)
    }),
    case(Action::Close, lively, "c \"evt\" Ctrl-R Enter y Esc", |state, effects| {
        effects.last() == Some(&Effect::StopSeries) && state.popup == Some(Popup::Series)
    }),
    case(Action::Close, lively, "c \"evt\" Ctrl-R Enter y Ctrl-C", |_, effects| {
        effects.last() == Some(&Effect::StopSeries)
    }),
    case(Action::Suspend, lively, "c \"evt\" Ctrl-R Enter y Ctrl-Z", |_, effects| {
        effects.last() == Some(&Effect::Suspend)
    }),
    case(Action::Redraw, lively, "c \"evt\" Ctrl-R Enter y Ctrl-L", |_, effects| {
        effects.last() == Some(&Effect::Redraw)
    }),
    case(Action::ShowSent, lively, "c \"evt\" Ctrl-S Ctrl-O", |state, _| matches!(state.popup, Some(Popup::Sent(_)))),
    case(Action::Accept, lively, "c \"evt\" Ctrl-S Ctrl-O Enter", |state, _| {
        state.notice.as_ref().unwrap().text == "it has no echo to go to"
    }),
    case(Action::Close, lively, "c Ctrl-O Esc", |state, _| state.popup.is_none()),
    case(Action::LoadMessage, lively, "e", |state, _| {
        (state.focus, state.compose.name_text().as_str(), state.compose.channel_text().as_str())
            == (Pane::Compose, "paid", "billing")
            && state.compose.original.is_some()
    }),
    case(Action::Resend, lively, "k :resend", |state, effects| {
        effects.is_empty() && matches!(&state.popup, Some(Popup::Resend(again)) if again.channel == b"ops")
    }),
    case(Action::Accept, lively, "k :resend y", |state, effects| {
        state.popup.is_none()
            && matches!(effects, [Effect::Publish { channel, payload, .. }]
                if channel == b"ops" && payload == b"bad:sha256|default|1795516352|00:{}")
    }),
    case(Action::Close, lively, "k :resend n", |state, effects| effects.is_empty() && state.popup.is_none()),
    case(Action::Close, lively, "k :resend Enter", |state, effects| effects.is_empty() && state.popup.is_none()),
    case(Action::Search, shops, "1 / \"ord\" Space \"eu\"", |state, _| {
        channels(state) == [b"shop:eu:orders"] && state.channels.position.cursor == 1 && state.focus == Pane::Channels
    }),
    case(Action::Accept, shops, "1 / \"sh\" Enter j j", |state, _| {
        state.channels.narrowing.line.text() == "sh" && state.channels.selected().unwrap().channel == channel("shop:us")
    }),
    case(Action::Close, shops, "1 / \"sh\" Esc", |state, _| {
        !state.channels.narrowing.is_active() && state.channels.lines().len() == 8
    }),
    case(Action::Back, shops, "1 / \"sh\" Enter Esc", |state, _| {
        !state.channels.narrowing.is_active() && state.focus == Pane::Channels
    }),
    case(Action::EditText(TextEdit::DeleteLeft), shops, "1 / \"usx\" Backspace", |state, _| {
        channels(state) == [b"shop:us"]
    }),
    case(Action::Search, lively, "3 / \"dup\"", |state, _| {
        (state.findings.list.found(), state.findings.list.len()) == ((0, 1), 0)
    }),
    case(Action::Search, lively, "4 / \"ops\" Space \"mis\" Enter Enter", |state, _| {
        state.messages.cursor == Some(REJECTED_ROW) && state.focus == Pane::Messages
    }),
    case(
        Action::Search,
        lively,
        "? / \"bookmark\" Enter",
        |state, _| matches!(&state.popup, Some(Popup::Help { narrowing, .. }) if narrowing.line.text() == "bookmark" && !narrowing.typing),
    ),
    case(
        Action::Close,
        lively,
        "? / \"x\" Enter Esc",
        |state, _| matches!(&state.popup, Some(Popup::Help { narrowing, .. }) if !narrowing.is_active()),
    ),
    case(Action::Search, lively, "2 / \"flush\"", |state, _| {
        (state.focus, state.messages.cursor, hits(state)) == (Pane::Messages, Some(7), vec![1, 2, 3, 4, 5, 7])
    }),
    case(Action::Search, lively, "/ \"FLUSH\"", |state, _| hits(state).is_empty() && state.messages.follow),
    case(Action::NextHit, lively, "g / \"flush\" Enter n", |state, _| state.messages.cursor == Some(2)),
    case(Action::NextHit, lively, "g / \"flush\" Down Down", |state, _| state.messages.cursor == Some(3)),
    case(Action::NextHit, lively, "n", |state, _| state.notice.as_ref().unwrap().is_error),
    case(Action::PreviousHit, lively, "g / \"flush\" Enter N", |state, _| state.messages.cursor == Some(7)),
    case(Action::PreviousHit, lively, "g / \"flush\" Up", |state, _| state.messages.cursor == Some(7)),
    case(Action::ToggleRegex, lively, "/ \"n.:[23]\" Ctrl-R", |state, _| hits(state) == [2, 3]),
    case(
        Action::ToggleRegex,
        lively,
        "/ Ctrl-R \"[\"",
        |state, _| matches!(&state.popup, Some(Popup::Search(prompt)) if prompt.error.is_some()),
    ),
    case(Action::Accept, lively, "/ \"missed\" Enter", |state, _| {
        state.popup.is_none() && (state.messages.cursor, hits(state)) == (Some(GAP_ROW), vec![GAP_ROW])
    }),
    case(Action::Close, lively, "/ \"missed\" Esc", |state, _| {
        state.popup.is_none() && state.search.is_none() && state.messages.follow
    }),
    case(Action::Back, lively, "/ \"missed\" Enter Esc", |state, _| {
        state.search.is_none() && state.messages.cursor == Some(GAP_ROW)
    }),
    case(
        Action::Filter,
        lively,
        "f",
        |state, _| matches!(&state.popup, Some(Popup::Filter(prompt)) if prompt.completions.len() == 9),
    ),
    case(
        Action::Filter,
        lively,
        "f \"nam\"",
        |state, _| matches!(&state.popup, Some(Popup::Filter(prompt)) if prompt.error.as_ref().is_some_and(|error| error.column == 1)),
    ),
    case(Action::Accept, lively, "f \"name:paid\" Enter", |state, _| {
        // The link, the gap and the rejected message stay.
        shown(state) == [0, GAP_ROW, REJECTED_ROW, LAST_ROW] && state.filtering.hidden.len() == 6
    }),
    case(Action::Accept, lively, "f \"name:paid\" Enter 1 j Enter", |state, _| {
        shown(state) == [0, GAP_ROW, REJECTED_ROW] && state.filtering.hidden.len() == 6
    }),
    case(Action::Accept, lively, "f \"nam\" Enter", |state, _| {
        matches!(state.popup, Some(Popup::Filter(_))) && state.filtering.filter.is_none()
    }),
    case(Action::Accept, lively, "f \"name:paid\" Enter f Ctrl-U Enter", |state, _| state.messages.listed.is_none()),
    case(Action::Close, lively, "f \"name:paid\" Enter f \"name:flush\" Esc", |state, _| {
        let filter = state.filtering.filter.as_ref().map(ToString::to_string);
        state.popup.is_none() && filter.as_deref() == Some("name:paid") && state.messages.shown_len() == 4
    }),
    case(Action::Accept, lively, "f \"name:paid\" Enter f Backspace Enter", |state, _| {
        state.filtering.filter.is_none() && state.messages.shown_len() == 10 && state.notice.is_some()
    }),
    case(Action::Complete, lively, "f \"ver\" Tab", |state, _| filter_text(state) == "verdict:"),
    case(Action::Complete, lively, "f \"-ver\" Tab Tab Tab", |state, _| filter_text(state) == "-verdict:unsigned"),
    case(Action::Complete, lively, "f \"channel:b\" Tab", |state, _| filter_text(state) == "channel:billing"),
    case(Action::OlderFilter, lively, "f \"name:a\" Enter f Ctrl-U \"x\" Up", |state, _| {
        filter_text(state) == "name:a"
    }),
    case(Action::NewerFilter, lively, "f \"name:a\" Enter f Ctrl-U \"x\" Up Down", |state, _| {
        filter_text(state) == "x"
    }),
    case(
        Action::Palette,
        lively,
        ":",
        |state, _| matches!(&state.popup, Some(Popup::Palette(found)) if found.found > 40),
    ),
    case(Action::Accept, lively, ": \"bookmset\" Backspace Backspace Backspace Enter", |state, _| {
        state.popup.is_none() && state.messages.bookmarks.contains(&LAST_ROW)
    }),
    case(Action::Accept, lively, "1 : \"jsonrawhex\" Enter", |state, _| {
        state.detail.view == DetailView::Raw && state.focus == Pane::Messages
    }),
    case(Action::Accept, lively, ": \"the\" Space \"filter\" Space \"used\" Enter", |state, _| {
        matches!(state.popup, Some(Popup::Palette(_))) && state.notice.as_ref().unwrap().is_error
    }),
    case(
        Action::Down,
        lively,
        ": Down Down Up",
        |state, _| matches!(&state.popup, Some(Popup::Palette(found)) if found.position.cursor == 1),
    ),
    case(
        Action::PageUp,
        lively,
        ": PgDn PgUp",
        |state, _| matches!(&state.popup, Some(Popup::Palette(found)) if found.position.cursor == 0),
    ),
    case(Action::Mark, lively, ":mark k k", |state, _| state.messages.selection() == (7..10) && !state.messages.follow),
    case(Action::Mark, lively, ":mark k :mark", |state, _| state.messages.selection() == (8..9)),
    case(Action::Back, lively, ":mark k Esc", |state, _| state.messages.mark.is_none()),
    case(
        Action::Save,
        lively,
        "g :mark j :save",
        |state, _| matches!(&state.popup, Some(Popup::Save(prompt)) if prompt.rows == 2),
    ),
    case(Action::Accept, lively, "g :mark j :save \"a.jsonl\" Enter", |state, effects| {
        let rows =
            [0, 1].map(|row_id| SavedRow { row: state.messages.row(row_id).unwrap().clone(), filter_error: None });
        effects == [Effect::Save { path: "a.jsonl".to_owned(), rows: rows.into() }]
    }),
    case(Action::Accept, lively, ":save Enter", |state, effects| {
        effects.is_empty() && state.notice.as_ref().unwrap().is_error
    }),
    case(Action::Record, lively, "r", |state, effects| {
        effects.is_empty() && matches!(&state.popup, Some(Popup::Record(line)) if line.text() == "aircheck-test.db")
    }),
    case(Action::Backfill, lively, "3 F", |state, effects| {
        prompt_of(state) == Some("") && matches!(effects, [Effect::FindRecordings(known)] if known.is_empty())
    }),
    case(Action::Backfill, replaying, "3 F", |state, effects| {
        prompt_of(state) == Some("")
            && matches!(effects, [Effect::FindRecordings(known)] if known[0].as_os_str() == "a.db")
    }),
    case(Action::Backfill, filled, "Esc F", |state, effects| {
        prompt_of(state) == Some("b.db") && matches!(effects, [Effect::FindRecordings(_)])
    }),
    case(
        Action::Backfill,
        filled,
        "F Enter",
        |_, effects| matches!(effects, [Effect::FindRecordings(_), Effect::LookIn { path, .. }] if path == "b.db"),
    ),
    case(Action::Bundle, lively, "3 b", |state, effects| {
        effects.is_empty() && state.popup.is_none() && state.notice.as_ref().unwrap().text.contains("r starts one")
    }),
    case(Action::Bundle, recording, "3 b", |state, _| {
        matches!(&state.popup, Some(Popup::Bundle(prompt)) if prompt.line.text() == "bundle-ops-6-8.db"
            && prompt.order.recording.as_os_str() == "aircheck-test.db" && prompt.order.finding.sequence_from == Some(6))
    }),
    case(Action::Bundle, replaying, "3 A \"Bo\" Enter b", |state, _| {
        matches!(&state.popup, Some(Popup::Bundle(prompt)) if prompt.order.recording.as_os_str() == "a.db"
            && prompt.order.acknowledgements[&prompt.order.finding].note == "Bo")
    }),
    case(Action::Accept, replaying, "3 b \"c.db\" Enter", |state, effects| {
        let [Effect::Bundle { path, order }] = effects else { return false };
        path == "c.db" && order.recording.as_os_str() == "a.db" && matches!(state.popup, Some(Popup::Bundle(_)))
    }),
    case(Action::Accept, replaying, "3 b Ctrl-U Enter", |state, effects| {
        effects.is_empty() && state.notice.as_ref().unwrap().is_error
    }),
    case(Action::Accept, filling, "Enter", |state, effects| {
        // The messages next to the gap identify the counter: #5 to #1 before it, #9 and #10 after it.
        let [Effect::LookIn { path, wanted, .. }] = effects else { return false };
        let neighbours: Vec<u64> = wanted.neighbours.iter().map(|(number, _)| *number).collect();
        path == "b.db" && wanted.range == (6, 8) && neighbours == [5, 4, 3, 2, 1, 9, 10] && state.popup.is_none()
    }),
    case(Action::Accept, lively, "3 F Enter", |state, effects| {
        prompt_of(state) == Some("") && state.notice.as_ref().unwrap().is_error && effects.len() == 1
    }),
    case(Action::Complete, filling, "Tab", |state, _| prompt_of(state) == Some("c.db")),
    case(Action::Complete, filling, "Tab Tab \"x\"", |state, _| prompt_of(state) == Some("b.dbx")),
    case(Action::Accept, lively, "3 F \"x\" Backspace", |state, _| {
        // A typed text is not replaced by a recording that is found later.
        let mut state = State { popup: state.popup.clone(), ..lively() };
        update(&mut state, Event::RecordingsFound(vec!["b.db".to_owned()]));
        prompt_of(&state) == Some("")
    }),
    case(Action::Close, filling, "Esc", |state, effects| state.popup.is_none() && effects.is_empty()),
    case(Action::Accept, filled, "j Enter", |state, _| {
        let row = state.detail_row().unwrap();
        state.popup.is_none()
            && state.focus == Pane::Detail
            && row.message().unwrap().sequence == Sequence::Exact(8)
            && state.detail.checks.iter().all(|check| check.outcome != CheckOutcome::Failed)
    }),
    case(Action::Accept, filled, "Enter :pin", |state, _| {
        // Detail shows the selected finding again.
        state.detail.pinned.is_none() && state.detail.row_id == Some(GAP_ROW)
    }),
    case(Action::CopyPayload, filled, "j y", |state, effects| {
        matches!(effects, [Effect::Copy(text)] if text.ends_with(r#":{"n":8}"#)) && state.popup.is_some()
    }),
    case(Action::Close, filled, "Esc", |state, _| {
        state.popup.is_none() && state.findings.backfilled[&GAP_ROW].words() == "2 of 3 found in b.db"
    }),
    case(Action::Accept, lively, "r Ctrl-U \"a.db\" Enter", |state, effects| {
        matches!(effects, [Effect::Record { path, link: Some(_) }] if path == "a.db")
            && state.popup.is_none()
            && state.recording.as_ref().unwrap().phase == Phase::Opening
    }),
    case(Action::Accept, lively, "r Ctrl-U Enter", |state, effects| {
        effects.is_empty() && state.popup.is_some() && state.notice.as_ref().unwrap().is_error
    }),
    case(Action::Record, recording, "r", |state, effects| {
        effects.is_empty() && state.popup == Some(Popup::ConfirmStop)
    }),
    case(Action::Confirm, recording, "r y", |state, effects| {
        effects == [Effect::StopRecording]
            && state.popup.is_none()
            && state.recording.as_ref().unwrap().phase == Phase::Stopping
    }),
    case(Action::Record, recording, "r y r", |state, effects| {
        effects == [Effect::StopRecording] && state.notice.is_some()
    }),
    case(Action::Close, lively, "r Esc", |state, effects| effects.is_empty() && state.recording.is_none()),
    case(Action::Replay(ReplayOrder::Pause), replaying, "Space", |state, effects| {
        effects == [Effect::Replay(ReplayOrder::Pause)] && state.messages.follow
    }),
    case(Action::Replay(ReplayOrder::Slower), replaying, "<", |_, effects| {
        effects == [Effect::Replay(ReplayOrder::Slower)]
    }),
    case(Action::Replay(ReplayOrder::Faster), replaying, "1 >", |_, effects| {
        effects == [Effect::Replay(ReplayOrder::Faster)]
    }),
    case(Action::Replay(ReplayOrder::Back), replaying, "3 ,", |_, effects| {
        effects == [Effect::Replay(ReplayOrder::Back)]
    }),
    case(Action::Replay(ReplayOrder::Forward), replaying, "4 .", |_, effects| {
        effects == [Effect::Replay(ReplayOrder::Forward)]
    }),
    case(Action::Replay(ReplayOrder::Start), replaying, "5 :replay-start", |_, effects| {
        effects == [Effect::Replay(ReplayOrder::Start)]
    }),
    case(Action::Replay(ReplayOrder::End), replaying, ":replay-end", |_, effects| {
        effects == [Effect::Replay(ReplayOrder::End)]
    }),
    case(Action::Compose, replaying, "c", |state, _| rejected(state, "cannot send from a replay")),
    case(Action::ShowPane(Pane::Compose), replaying, "c", |state, _| rejected(state, "cannot send from a replay")),
    case(Action::LoadMessage, replaying, "e", |state, _| rejected(state, "cannot send from a replay")),
    case(Action::Resend, replaying, ":resend", |state, _| {
        state.notice.as_ref().is_some_and(|notice| notice.is_error && notice.text.contains("not in a replay"))
    }),
    case(Action::Discover, replaying, "d", |state, _| rejected(state, "there is no server to ask")),
    case(Action::Record, replaying, "r", |state, _| rejected(state, "a recording already")),
    case(Action::NextPane, replaying, ":show-timeline Tab", |state, _| state.focus == Pane::Channels),
    case(Action::Close, lively, ":save \"a\" Esc", |state, effects| effects.is_empty() && state.popup.is_none()),
    case(Action::EditText(TextEdit::Left), lively, "f \"ab\" Ctrl-B \"x\" Left \"y\"", |state, _| {
        filter_text(state) == "ayxb"
    }),
    case(Action::EditText(TextEdit::Right), lively, "f \"ab\" Home Ctrl-F \"x\" Right \"y\"", |state, _| {
        filter_text(state) == "axby"
    }),
    case(
        Action::EditText(TextEdit::WordLeft),
        lively,
        "f \"name:paid\" Alt-B \"x\" Ctrl-Left Alt-Left \"y\"",
        |state, _| filter_text(state) == "yname:xpaid",
    ),
    case(Action::EditText(TextEdit::WordRight), lively, "c \"ab.cd\" Home Alt-F \"x\"", |state, _| {
        state.compose.name_text().contains('x') && !state.compose.name_text().starts_with('x')
    }),
    case(Action::EditText(TextEdit::Start), lively, "5 / \"b\" Ctrl-A \"a\"", |state, _| {
        state.detail.find.line.text() == "ab"
    }),
    case(Action::EditText(TextEdit::End), lively, "c Enter \"1\" Ctrl-A Ctrl-E \"2\"", |state, _| {
        state.compose.data_text() == "12"
    }),
    case(Action::EditText(TextEdit::DeleteLeft), lively, "c \"ab\" Backspace", |state, _| {
        state.compose.name_text() == "a"
    }),
    case(
        Action::EditText(TextEdit::DeleteLeft),
        lively,
        "r Backspace",
        |state, _| matches!(&state.popup, Some(Popup::Record(line)) if line.text().is_empty()),
    ),
    case(Action::EditText(TextEdit::DeleteRight), lively, "c \"ab\" Home Delete", |state, _| {
        state.compose.name_text() == "b"
    }),
    case(Action::EditText(TextEdit::DeleteWordLeft), lively, "c Enter \"1\" Space \"2\" Ctrl-W", |state, _| {
        state.compose.data_text() == "1 "
    }),
    case(
        Action::EditText(TextEdit::DeleteWordRight),
        lively,
        "# \"12-34\" Home Alt-D",
        |state, _| matches!(&state.popup, Some(Popup::Jump(line)) if line.text() == "-34"),
    ),
    case(Action::EditText(TextEdit::DeleteToStart), lively, "c \"ab\" Left Ctrl-U", |state, _| {
        state.compose.name_text() == "b"
    }),
    case(Action::EditText(TextEdit::DeleteToEnd), lively, "c \"ab\" Left Ctrl-K", |state, _| {
        state.compose.name_text() == "a"
    }),
    case(Action::EditText(TextEdit::Yank), lively, "c \"ab\" Ctrl-U Ctrl-Y Ctrl-Y", |state, _| {
        state.compose.name_text() == "abab"
    }),
    case(Action::EditText(TextEdit::Yank), lively, "f \"a\" Ctrl-U Ctrl-Y Ctrl-Y", |state, _| {
        filter_text(state) == "aa"
    }),
    case(Action::Suspend, lively, "c Ctrl-Z", |_, effects| effects == [Effect::Suspend]),
    case(Action::NextTheme, lively, ":next-theme", |state, effects| {
        state.settings.theme == Some(ThemeName::Light) && effects == [Effect::Keep(state.settings.clone())]
    }),
    case(Action::NextTheme, lively, ":next-theme :next-theme :next-theme :next-theme :next-theme", |state, _| {
        state.settings.theme.is_none()
    }),
    case(Action::ToggleZone, lively, ":toggle-zone", |state, _| state.settings.utc != state.setup.utc),
    case(Action::NextTimeFormat, lively, ":next-time-format", |state, _| {
        state.settings.time_format == TimeFormat::Seconds
    }),
    case(Action::NextTimeFormat, lively, ":next-time-format :next-time-format :next-time-format", |state, _| {
        state.settings.time_format == TimeFormat::Millis
    }),
    case(Action::ChoosePanes, lively, ":choose-panes", |state, _| {
        state.popup == Some(Popup::ToggleList(ToggleList { of: SwitchList::Panes, position: ListCursor::default() }))
    }),
    case(Action::ChooseColumns, lively, ":choose-columns", |state, _| {
        state.popup == Some(Popup::ToggleList(ToggleList { of: SwitchList::Columns, position: ListCursor::default() }))
    }),
    case(Action::Accept, lively, ":choose-panes j x Esc", |state, _| state.settings.hidden == [Pane::Findings].into()),
    case(Action::Accept, lively, ":choose-panes j x Enter", |state, _| state.settings.hidden.is_empty()),
    case(Action::Accept, lively, ":choose-columns j x k x", |state, _| {
        let columns = &state.settings.columns;
        columns.has(MessageColumn::Age) && !columns.has(MessageColumn::Time)
    }),
    case(Action::Down, lively, ":choose-columns G j j k x", |state, _| state.settings.columns.has(MessageColumn::Size)),
    case(Action::ResetLayout, lively, "5 :wider :choose-panes x Esc :reset-layout", |state, _| {
        state.settings.hidden.is_empty() && state.settings.sizes == Sizes::default()
    }),
    case(Action::ResetLayout, lively, ":choose-columns x Esc :reset-layout", |state, _| {
        state.settings.columns.has(MessageColumn::Time)
    }),
    case(Action::Close, lively, ":choose-columns q", |state, _| state.popup.is_none()),
    case(Action::Wider, lively, "1 :wider", |state, _| extent(state, Border::Left) == 33),
    case(Action::Wider, lively, "5 :wider :wider", |state, _| extent(state, Border::Left) == 27),
    case(Action::Narrower, lively, ":narrower", |state, _| extent(state, Border::Left) == 33),
    case(Action::Narrower, narrow, ":narrower", |state, effects| state.notice.is_some() && effects.is_empty()),
    case(Action::Higher, lively, "3 :higher", |state, _| {
        extent(state, Border::Findings) == extent(&lively(), Border::Findings) + 1
    }),
    case(Action::Higher, lively, "2 :higher", |state, _| {
        extent(state, Border::Detail) == extent(&lively(), Border::Detail) - 1
    }),
    case(Action::Lower, lively, "4 :lower", |state, _| {
        let before = lively();
        extent(state, Border::Rejected) == extent(&before, Border::Rejected) - 1
            && extent(state, Border::Findings) == extent(&before, Border::Findings) + 1
    }),
];

fn hits(state: &State) -> Vec<u64> {
    state.search.iter().flat_map(|search| search.hits.iter().copied()).collect()
}

fn shown(state: &State) -> Vec<u64> {
    (0..state.messages.shown_len()).filter_map(|index| state.messages.shown_row_id(index)).collect()
}

fn filter_text(state: &State) -> &str {
    match &state.popup {
        Some(Popup::Filter(prompt)) => prompt.line.text(),
        _ => "no prompt",
    }
}

#[test]
fn every_action_does_what_its_case_expects() {
    for Case { action, before, keys, after } in CASES {
        let mut state = before();
        let effects = press(&mut state, keys);
        assert!(after(&state, &effects), "{action:?} by {keys}: {effects:?} {:?} {state:#?}", state.notice);
    }
}

/// Lists the actions. Does not compile if one is missing.
macro_rules! actions {
    ($($action:ident),* ; $($pane:ident),* ; $($order:ident),* ; $($edit:ident),*) => {
        const ACTIONS: &[Action] = &[
            $(Action::$action,)* $(Action::ShowPane(Pane::$pane),)* $(Action::Replay(ReplayOrder::$order),)*
            $(Action::EditText(TextEdit::$edit),)*
        ];
        const _: fn(Action) = |action| match action {
            $(Action::$action => {})*
            $(Action::ShowPane(Pane::$pane) => {})*
            $(Action::Replay(ReplayOrder::$order) => {})*
            $(Action::EditText(TextEdit::$edit) => {})*
        };
    };
}

actions! {
    Quit, QuitNow, Suspend, Redraw, Help, NextPane, PreviousPane, Back, ToggleFollow, Up, Down, Left, Right, PageUp, PageDown, HalfPageUp, HalfPageDown,
    First, Last, NextFinding, PreviousFinding, OpenDetail, PreviousRow, NextRow, GoToRow, ShowNames,     Zoom, ToggleMute, AddChannel, Complete, DropChannel, ToggleTree, NextOrder,     ZoomIn, ZoomOut, Acknowledge, Reopen, PickOnly, TogglePick, PickAll, Jump, Bookmark, NextBookmark,
    CopyPayload, CopyCommand, CycleView, Discover, Compose, NextField, PreviousField, NextKey, Send,     Undo, Redo, Format, History, Templates, OpenEditor, SendMany, ShowSent, LoadMessage, Resend,
    Accept, Confirm, Suggest, Close, Search, NextHit, PreviousHit, ToggleRegex, Filter,
    OlderFilter, NewerFilter, Palette, Mark, Save, SaveView, Clear, ShowCleared, ToggleCopies, ToggleWrap,    NextTheme, ToggleZone, NextTimeFormat, ChoosePanes, ChooseColumns, ResetLayout, Narrower, Wider, Lower, Higher, CopyMenu,
    CopyPretty, CopyCompact, CopyValue, CopyPath, CopyLine, CopyExplanation, Pin, ToggleFold,     FoldAll, UnfoldAll,     Record, Backfill, Bundle, ShowLatest, Profile ;
    Channels, Messages, Findings, Rejected, Detail, Timeline, Compose ;
    Pause, Slower, Faster, Back, Forward, Start, End ;
    Left, Right, WordLeft, WordRight, Start, End, DeleteLeft, DeleteRight, DeleteWordLeft, DeleteWordRight,
    DeleteToStart, DeleteToEnd, Yank
}

#[test]
fn every_action_has_help_text_and_every_binding_has_a_test_case() {
    for action in ACTIONS {
        let bindings: Vec<_> = TABLE.iter().filter(|binding| binding.action == *action).collect();
        assert!(!bindings.is_empty(), "{action:?} is not in the table");
        assert!(bindings.iter().all(|binding| !binding.help.is_empty()), "{action:?} is not explained");
        assert!(CASES.iter().any(|case| case.action == *action), "{action:?} is not tested");
        assert_eq!(Action::from_name(&action.name()), Some(*action), "the name of {action:?} is not its own");
    }
    for binding in TABLE.iter().filter(|binding| !binding.keys.is_empty()) {
        let pressed = |case: &&Case| {
            let names: Vec<_> = case.keys.split(' ').collect();
            case.action == binding.action && binding.keys.iter().any(|key| names.contains(&key.label().as_str()))
        };
        assert!(CASES.iter().any(|case| pressed(&case)), "{:?} by {:?} is not tested", binding.action, binding.keys);
    }
}

/// Contexts that are active only in text fields.
const TEXT_FIELDS: &[Context] = &[
    Context::Text,
    Context::Send,
    Context::Compose,
    Context::Fields,
    Context::Completing,
    Context::Search,
    Context::Filter,
];

#[test]
fn at_most_sixty_bindings_apply_outside_text_fields() {
    let bindings = TABLE.iter().filter(|binding| !binding.keys.is_empty() && !TEXT_FIELDS.contains(&binding.context));
    let count = bindings.count();
    assert!(count <= 60, "{count} bindings");
}

#[test]
fn no_default_relies_on_a_bracket_or_brace_alone() {
    let is_bracket = |key: &Key| "()[]{}".chars().any(|bracket| *key == Key::char(bracket));
    for binding in TABLE.iter().filter(|binding| !binding.keys.is_empty()) {
        assert!(!binding.keys.iter().all(is_bracket), "{:?}", binding.action);
    }
}

#[test]
fn the_places_include_the_contexts_of_every_popup() {
    for popup in samples() {
        let contexts = popup.spec().contexts.to_vec();
        assert!(places().contains(&contexts), "{contexts:?}");
    }
}

#[test]
fn every_key_runs_its_action_in_every_context() {
    let keymap = Keymap::default();
    for place in &places() {
        let bindings = TABLE.iter().filter(|binding| place.iter().any(|context| binding.is_in(*context)));
        for binding in bindings {
            for key in binding.keys {
                let nearest = place.iter().find_map(|context| {
                    let holds = |other: &&Binding| other.is_in(*context) && other.keys.contains(key);
                    TABLE.iter().find(holds)
                });
                let nearest = nearest.unwrap();
                let typed = place.contains(&Context::Text) && is_text(&key.event());
                let expected = Some(nearest.action).filter(|_| !typed);
                assert_eq!(keymap.lookup(place, &key.event()), expected, "{} in {place:?}", key.label());
                let same_place = nearest.context == binding.context;
                assert!(!same_place || nearest.action == binding.action, "{} is there twice", key.label());
                assert_eq!(by_name(&key.label()).code, key.event().code, "{} has an odd name", key.label());
            }
        }
    }
}

#[test]
fn the_help_lists_every_key_once_and_starts_with_the_active_contexts() {
    let keymap = Keymap::default();
    for place in &places() {
        let sections = help_sections(&keymap, place, "");
        let keys: usize =
            sections.iter().flat_map(|section| &section.lines).map(|line| line.keys.split(' ').count()).sum();
        let all =
            TABLE.iter().map(|binding| binding.keys.len()).sum::<usize>() + LEGEND.len() + VERDICTS.len() + MARKS.len();
        let in_replay = place.contains(&Context::Replay);
        assert!(if in_replay { keys < all } else { keys == all }, "{keys} of {all}");
        // A replay sends nothing and has no server.
        let has = |text| sections.iter().flat_map(|section| &section.lines).any(|line| line.text == text);
        for text in
            ["load the message to edit, sign and send it", "compose a message", "look for channels on the server"]
        {
            assert_eq!(has(text), !in_replay, "{text}");
        }
        assert!(has("a word left"));
        let active = place.iter().map(|context| context.title());
        assert!(active.into_iter().any(|title| title == sections[0].title), "{}", sections[0].title);
        let lines: usize = sections.iter().map(|section| section.lines.len() + 2).sum();
        assert_eq!(help_height(&sections), lines - 1);
    }
    let found = help_sections(&keymap, &contexts_of(Pane::Messages, false), "ACKNOW");
    assert_eq!(
        found.iter().flat_map(|section| &section.lines).map(|line| line.keys.as_str()).collect::<Vec<_>>(),
        ["A"]
    );
}

#[test]
fn the_footer_shows_only_keys_that_work() {
    let keymap = Keymap::default();
    for place in &places() {
        let hints = keymap.hints(place);
        assert!(!hints.is_empty(), "{place:?} has no hint");
        for hint in hints {
            for name in hint.keys.split(' ') {
                assert!(keymap.lookup(place, &by_name(name)).is_some(), "{name} does nothing in {place:?}");
            }
        }
    }
    let messages: Vec<_> =
        keymap.hints(&contexts_of(Pane::Messages, false)).into_iter().map(|hint| hint.keys).collect();
    assert_eq!(messages, ["Enter", "z", "/", "f", "] [", "Space", "c", "?", ":", "A", "b", "F"]);
    let narrow: Vec<_> =
        keymap.fitting_hints(&contexts_of(Pane::Messages, false), 78).into_iter().map(|hint| hint.text).collect();
    assert_eq!(narrow, ["detail", "zoom", "search", "filter", "finding", "compose", "help"]);
}

#[test]
fn each_context_can_be_active() {
    for binding in TABLE {
        assert!(places().iter().any(|place| place.contains(&binding.context)), "{:?}", binding.context);
    }
    assert!(!contexts_of(Pane::Compose, false).contains(&Context::Panes));
}

#[test]
fn typing_in_compose_never_runs_a_command() {
    let typed: String = (' '..='~').filter(|c| *c != '"').collect();
    for (fields, read) in [
        ("Shift-Tab", (|state| state.compose.channel_text()) as fn(&State) -> String),
        ("", |state| state.compose.name_text()),
        ("Enter", |state| state.compose.data_text()),
    ] {
        let mut state = lively();
        press(&mut state, "c");
        press(&mut state, fields);
        let before = read(&state);
        for c in typed.chars() {
            let name = if c == ' ' { "Space".to_owned() } else { c.to_string() };
            assert_eq!(press(&mut state, &name), [], "{c} did something");
        }
        assert_eq!(read(&state), before + &typed);
        assert_eq!((state.focus, &state.popup), (Pane::Compose, &None));
    }
}

#[test]
fn a_released_key_does_nothing() {
    let mut state = lively();
    let mut key = by_name("q");
    key.kind = crossterm::event::KeyEventKind::Release;
    assert_eq!(update(&mut state, Event::Key(key)), []);
}

#[test]
fn without_channels_the_console_offers_those_of_the_server() {
    let state = State::new(Setup { channels: Vec::new(), ..setup() });
    assert_eq!(aircheck::console::app::update::init(&state), [Effect::Discover]);
    assert!(matches!(state.popup, Some(Popup::Discover(_))));
    assert_eq!(aircheck::console::app::update::init(&lively()), []);
    assert_eq!(lively().now, START);
}

#[test]
fn the_palette_lists_what_can_be_done_now_and_a_search_finds_the_rest() {
    let state = lively();
    let now = find(&state, "");
    assert!(now.iter().all(|choice| choice.reason.is_none()));
    assert!(now.iter().any(|choice| choice.action == Action::ToggleZone && choice.keys.is_empty()));
    for action in ACTIONS {
        let found = find(&state, &action.name());
        let choice = found.iter().find(|choice| choice.action == *action).unwrap();
        let of_a_pane = TABLE.iter().any(|binding| {
            let holds = |pane: &Pane| contexts_of(*pane, false).contains(&binding.context);
            binding.action == *action && Pane::ALL.iter().any(holds)
        });
        let popup_only = choice.reason.as_ref().is_some_and(|reason| reason.starts_with("only "));
        assert_eq!(popup_only, !of_a_pane, "{action:?} {:?}", choice.reason);
    }
}

#[test]
fn what_the_palette_lists_as_available_does_not_fail() {
    let states: [fn() -> State; 6] = [|| empty(setup()), lively, narrow, deep, shops, replaying];
    for before in states {
        let mut failed = Vec::new();
        for choice in find(&before(), "") {
            let mut state = before();
            press(&mut state, &format!(":{}", choice.action.name()));
            failed.extend(state.notice.filter(|notice| notice.is_error).map(|notice| (choice.action, notice.text)));
        }
        assert_eq!(failed, []);
    }
}

#[test]
fn notices_name_the_keys_that_are_bound() {
    let rebound = |action: Action, key: &str| {
        let mut state = lively();
        let keys = if key.is_empty() { Vec::new() } else { vec![Key::of(&by_name(key))] };
        state.keymap.replace(action, keys);
        state
    };
    let notice = |mut state: State, keys: &str| {
        press(&mut state, keys);
        state.notice.unwrap().text
    };
    assert_eq!(notice(rebound(Action::Search, "s"), "n"), "nothing is searched for: s searches");
    assert_eq!(notice(rebound(Action::Search, ""), "n"), "nothing is searched for: :search searches");
    assert_eq!(notice(rebound(Action::Compose, "m"), "m \"x\" Esc"), "the text is kept: m goes back to it");
    assert_eq!(notice(rebound(Action::ShowPane(Pane::Findings), "Ctrl-G"), "1 A"), "A acts in Findings: press Ctrl-G");
    assert_eq!(
        notice(rebound(Action::ShowPane(Pane::Findings), ""), "1 A"),
        "A acts in Findings: press :show-findings"
    );
    assert_eq!(notice(lively(), "Ctrl-S"), "Ctrl-S acts in Compose: press c");
    let mut without = rebound(Action::Search, "");
    without.keymap.replace(Action::Palette, vec![Key::of(&by_name("Ctrl-G"))]);
    assert_eq!(notice(without, "n"), "nothing is searched for: Ctrl-G search searches");
    let hidden = notice(rebound(Action::Filter, "m"), "m \"channel:billing\" Enter 4 Enter");
    assert_eq!(hidden, "its row is hidden by the filter: m changes it");
}
