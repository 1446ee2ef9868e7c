//! The content of each popup.

use std::sync::Arc;

use aircheck::console::app::event::NextProfile;
use aircheck::console::app::scrollback::Row;
use aircheck::console::app::state::State;
use aircheck::console::panes::Pane;
use aircheck::console::panes::channels::names::{NameOrder, Names};
use aircheck::console::panes::compose::draft::{Change, DiffLine, Original, Prompting, Source};
use aircheck::console::panes::compose::echoes::{Echoes, SentCopy};
use aircheck::console::panes::compose::history::HistoryEntry;
use aircheck::console::panes::compose::state::Field;
use aircheck::console::panes::compose::state::Sent;
use aircheck::console::popups::Popup;
use aircheck::console::popups::add_channel::AddChannel;
use aircheck::console::popups::backfill::{BackfillList, BackfillPrompt, BackfillResult, GapQuery};
use aircheck::console::popups::names::NamesView;
use aircheck::console::popups::pick::{Choices, Picker};
use aircheck::console::popups::record::{Phase, RecordingStatus};
use aircheck::console::popups::resend::ResendMessage;
use aircheck::console::popups::sent::SentList;
use aircheck::console::popups::series::{Progress, SeriesEnd, SeriesForm};
use aircheck::console::ui::line_edit::LineEdit;
use aircheck::console::ui::list_cursor::ListCursor;
use aircheck::console::ui::theme;
use aircheck::ledger::interval::Interval;
use aircheck::ledger::sequence::{Channel, Sequence};
use aircheck::template::{Template, Text, Values};
use aircheck::wire::escape::escape;
use aircheck::wire::signature::SignWith;
use aircheck::wire::verdict::{Rejection, Verdict};

use super::fixture::{self, NOW, composing, lively, quiet};
use super::lines::replay;
use super::screen::{self, Area};
use super::{LARGE, SMALL, keys, rich, sought_in, with};
use crate::console_fixture::press;

pub(super) const DATA: &str =
    "{\n  \"sku\": \"A-17\",\n  \"price\": 19.90,\n  \"tags\": [\n    \"sale\",\n    \"new\"\n  ]\n}";

const POPUP: Area = Area::Popup;
const SIZES: [(u16, u16); 2] = [SMALL, LARGE];

// What Compose and Findings open.
looks! {
    pick_history: POPUP, SIZES, |size| opened(size, |state| {
        past(state);
        pick(state, Choices::History, "");
    });
    pick_history_searched: POPUP, SIZES, |size| opened(size, |state| {
        past(state);
        pick(state, Choices::History, "flush nothing");
    });
    pick_history_empty: POPUP, SIZES, |size| opened(size, |state| pick(state, Choices::History, ""));
    pick_names: POPUP, SIZES, |size| opened(size, |state| {
        let names = ["cache-flush", "price-update", "価格更新", "\u{1b}[2Jevil\u{202e}"].map(str::to_owned);
        state.compose.field = Field::Name;
        pick(state, Choices::Names(names.into()), "");
    });
    pick_templates: POPUP, SIZES, |size| opened(size, |state| {
        state.compose.templates = vec![source().template];
        pick(state, Choices::Templates, "");
    });
    pick_templates_none: POPUP, SIZES, |size| opened(size, |state| pick(state, Choices::Templates, ""));
    prompt: POPUP, SIZES, |size| opened(size, |state| {
        let template = source().template;
        state.popup = Some(Popup::Prompt(Prompting { template, answers: vec![String::new()], text: LineEdit::new("19.90") }));
    });
    resend: POPUP, SIZES, |size| opened(size, |state| {
        state.popup = Some(Popup::Resend(again(Some(NOW / 1_000_000 - 720), Verdict::Verified)));
    });
    resend_expired: POPUP, SIZES, |size| opened(size, |state| {
        let verdict = Verdict::Rejected(Rejection::TimestampOutOfTolerance);
        state.popup = Some(Popup::Resend(again(Some(NOW / 1_000_000 - 7_200), verdict)));
    });
    resend_unsigned: POPUP, SIZES, |size| opened(size, |state| state.popup = Some(Popup::Resend(again(None, Verdict::Unsigned))));
    confirm_difference: POPUP, SIZES, |size| opened(size, |state| {
        state.compose.original = Some(Original { channel: b"ops".to_vec(), payload: b"price-update::1".to_vec(), verdict: Verdict::Verified });
        let lines = [(Change::Same, "{"), (Change::Removed, "  \"sku\": \"A-16\","), (Change::Added, "  \"sku\": \"A-17\",")];
        state.compose.difference =
            Some(lines.map(|(change, text)| DiffLine { change, text: text.to_owned() }).into());
        state.popup = Some(Popup::ConfirmSend);
    });
    confirm_no_difference: POPUP, SIZES, |size| opened(size, |state| {
        state.compose.difference = Some(Vec::new());
        state.popup = Some(Popup::ConfirmSend);
    });
    confirm_no_difference_unsigned: POPUP, [SMALL], |size| opened(size, |state| {
        state.compose.difference = Some(Vec::new());
        state.compose.sign_with = SignWith::None;
        state.popup = Some(Popup::ConfirmSend);
    });
    confirm_rejected: POPUP, SIZES, |size| opened(size, |state| {
        state.compose.original = Some(rejected());
        state.compose.difference = Some(Vec::new());
        state.popup = Some(Popup::ConfirmSend);
    });
    series_form: POPUP, SIZES, |size| opened(size, |state| state.popup = Some(Popup::SeriesForm(SeriesForm::new())));
    series_form_wrong: POPUP, SIZES, |size| opened(size, |state| {
        let mut form = SeriesForm { count: LineEdit::number("0"), rate: LineEdit::number(""), ..SeriesForm::new() };
        form.error = form.read().err();
        state.popup = Some(Popup::SeriesForm(form));
    });
    series_confirm: POPUP, SIZES, |size| opened(size, |state| {
        state.compose.source = Some(source());
        let form = SeriesForm { count: LineEdit::number("1000"), rate: LineEdit::number("50"), ..SeriesForm::new() };
        state.popup = Some(Popup::ConfirmSeries(form));
    });
    series_confirm_rejected: POPUP, SIZES, |size| opened(size, |state| {
        state.compose.original = Some(rejected());
        state.popup = Some(Popup::ConfirmSeries(SeriesForm { count: LineEdit::number("3"), ..SeriesForm::new() }));
    });
    series_confirm_high_rate: POPUP, SIZES, |size| opened(size, |state| {
        let (count, rate) = (LineEdit::number("1000000"), LineEdit::number("50000"));
        let form = SeriesForm { count, rate, confirmed_at: Some(NOW), ..SeriesForm::new() };
        state.popup = Some(Popup::ConfirmSeries(form));
    });
    series_confirm_no_rate: POPUP, SIZES, |size| opened(size, |state| {
        let (count, rate) = (LineEdit::number("300"), LineEdit::number(""));
        state.popup = Some(Popup::ConfirmSeries(SeriesForm { count, rate, confirmed_at: Some(NOW), ..SeriesForm::new() }));
    });
    series_sending: POPUP, SIZES, |size| opened(size, |state| series(state, 412, None));
    series_failed: POPUP, SIZES, |size| opened(size, |state| series(state, 41, Some(SeriesEnd::Failed("the server rejected: NOPERM".into()))));
    series_done: POPUP, SIZES, |size| opened(size, |state| series(state, 1000, Some(SeriesEnd::Done)));
    series_not_subscribed: POPUP, SIZES, |size| opened(size, |state| {
        series(state, 1000, Some(SeriesEnd::Done));
        state.compose.sent.back_mut().unwrap().series.as_mut().unwrap().echoes = None;
    });
    confirm_profile: POPUP, SIZES, |size| opened(size, |state| {
        state.compose.unsent = true;
        state.recording = Some(RecordingStatus {
            file: escape(b"aircheck-\x1bprod.db"),
            phase: Phase::Recording,
            committed: 7,
            not_recorded: 0,
            failure: None, shipping: None, });
        let next = |name: &str| NextProfile {
            name: name.to_owned(),
            target: "redis.internal:6379".to_owned(),
            read_only: false,
            confirm: true,
        };
        state.popup = Some(Popup::ConfirmProfile(next("prod\u{202e}")));
    });
    confirm_stop: POPUP, SIZES, |size| opened(size, |state| {
        state.recording = Some(RecordingStatus {
            file: escape(b"aircheck-\x1bprod.db"),
            phase: Phase::Recording,
            committed: 1046,
            not_recorded: 0,
            failure: None, shipping: None, });
        state.popup = Some(Popup::ConfirmStop);
    });
    pick_profiles: POPUP, SIZES, |size| opened(size, |state| {
        pick(state, Choices::Profiles(["prod", "staging\u{1b}"].map(str::to_owned).into()), "");
    });
    backfill_from: Area::Footer, SIZES, |size| opened(size, |state| {
        state.focus = Pane::Findings;
        let wanted = Box::new(wanted(state));
        let offered = Some(vec!["b.db".to_owned(), "c\u{1b}.db".to_owned()]);
        state.popup = Some(Popup::BackfillFrom(BackfillPrompt { wanted, line: LineEdit::new("backup/b\u{202e}.db"), offered, next: 1, is_typed: true }));
    });
    backfill_result: POPUP, SIZES, |size| opened(size, |state| fill(state, None));
    backfill_result_doubtful: POPUP, SIZES, |size| opened(size, |state| fill(state, Some("Nothing next to the gap is in both: it may be another counter.")));
    backfill_result_with_nothing: POPUP, SIZES, |size| opened(size, |state| {
        fill(state, None);
        let row_id = wanted(state).row_id;
        let filled = state.findings.backfilled.get_mut(&row_id).unwrap();
        (filled.rows, filled.found) = (Vec::new(), 0);
    });
    sent: POPUP, SIZES, |size| opened(size, |state| {
        let first = state.compose.sent[0].clone();
        for (index, minutes) in (0..).zip([9, 7, 5, 3, 1]) {
            let mut sent = first.clone();
            sent.id = index;
            sent.at = NOW - minutes * 60_000_000;
            match index {
                0 => (sent.result, sent.echo) = (Some(Ok((0, 1050))), None),
                1 => {
                    sent.channel = b"elsewhere".to_vec();
                    sent.own_receivers = 0;
                    (sent.result, sent.echo) = (Some(Ok((1, 3))), None);
                }
                2 => (sent.result, sent.echo) = (Some(Err(escape(b"the server rejected: \x1bNOPERM"))), None),
                3 => (sent.result, sent.echo) = (Some(Ok((2, 1051))), None),
                _ => (sent.result, sent.echo) = (None, None),
            }
            state.compose.sent.push_back(sent);
        }
        series(state, 1000, Some(SeriesEnd::Done));
        series(state, 41, Some(SeriesEnd::Failed(escape(b"the server rejected: \x1bNOPERM"))));
        state.popup = Some(Popup::Sent(SentList { position: ListCursor { cursor: 2, top: 0 }, ..SentList::default() }));
    });
}

// What the other panes open.
looks! {
    help: POPUP, SIZES, |size| keys(quiet(size), "?");
    help_in_a_replay: POPUP, [SMALL], |size| keys(replay(size), "?");
    discover: POPUP, SIZES, |size| {
        with(quiet(size), |state| state.popup = Some(Popup::Discover(fixture::discover())))
    };
    copy: POPUP, SIZES, |size| keys(rich(size), "5 y j");
    jump: POPUP, SIZES, |size| keys(quiet(size), "# \"1046\"");
    names: POPUP, SIZES, |size| with(quiet(size), names_of_all);
    names_latest: POPUP, SIZES, |size| with(rich(size), latest_of_all);
    note: POPUP, SIZES, |size| with(lively(size), |state| {
        let note = LineEdit::new("told billing\u{202e}, ticket opened");
        state.popup = Some(Popup::Note { row_ids: vec![state.findings.list.iter().next().unwrap().row_id], note });
    });
    add_channel: POPUP, SIZES, |size| with(quiet(size), |state| {
        state.channels.discovered =
            ["billing:refunds", "bill\u{202e}", "audit2"].map(|name| Channel::new(name.as_bytes())).into();
        let line = LineEdit::new("billing:refunds");
        state.popup = Some(Popup::AddChannel(AddChannel { line, typed: String::from("bill"), chosen: Some(1) }));
    });
    filter: POPUP, SIZES, |size| sought_in(quiet(size), "f");
    filter_emptied: POPUP, [SMALL], |size| sought_in(quiet(size), "f \"name:a*\" Enter f Ctrl-U");
    filter_unknown_term: POPUP, SIZES, |size| sought_in(quiet(size), "f \"channel:ops*\" Space \"nam\"");
    filter_invalid_jq: POPUP, SIZES, |size| {
        sought_in(quiet(size), "f \"name:a\" Space \"|\" Space \".a\" Space \"===\" Space \"1\"")
    };
    filter_values: POPUP, SIZES, |size| sought_in(quiet(size), "f \"rejection:\" Tab Tab");
    palette: POPUP, [SMALL], |size| keys(quiet(size), ":");
    palette_search: POPUP, SIZES, |size| keys(quiet(size), ": \"copy\" Down");
    palette_disabled: POPUP, SIZES, |size| with(keys(quiet(size), ":"), |state| {
        state.setup.read_only = true;
        press(state, "\"compose\"");
    });
    choose_panes: POPUP, SIZES, |size| keys(quiet(size), ":choose-panes j x j j j x");
    choose_columns: POPUP, SIZES, |size| keys(quiet(size), ":choose-columns j x j j x");
    confirm_quit: POPUP, SIZES, |size| with(quiet(size), |state| state.popup = Some(Popup::ConfirmQuit));
    confirm_send: POPUP, SIZES, |size| opened(size, |state| state.popup = Some(Popup::ConfirmSend));
}

/// A message being composed, and what is opened over it.
fn opened(size: (u16, u16), open: impl FnOnce(&mut State)) -> State {
    with(composing(lively(size), DATA), open)
}

/// The message names of all channels; some are hostile.
fn names_of_all(state: &mut State) {
    let mut names = Names::default();
    for (index, name) in
        [&b"cache-flush"[..], b"user-login", b"\x1b[2J\xff", b"", b"price-update"].into_iter().enumerate()
    {
        for count in 0..7_u32.pow(u32::try_from(index).unwrap()) {
            names.add(Some(index % 2), name, NOW - 11_000_000 - i64::from(count), index == 2, 0);
        }
    }
    names.add(None, b"other", NOW, false, 0);
    let rows = names.rows(None, NameOrder::Count, NOW);
    state.popup =
        Some(Popup::Names(NamesView { rows, position: ListCursor { cursor: 1, top: 0 }, ..NamesView::default() }));
}

/// The newest message of each name, one of which was trimmed.
fn latest_of_all(state: &mut State) {
    let mut names = Names::default();
    names.add(Some(0), b"trimmed-name", NOW - 60_000_000, false, 0);
    for (row_id, row) in state.messages.row_ids().zip(&state.messages.rows) {
        if let Some(message) = row.message() {
            names.add(Some(0), row.interval.envelope(message).name, message.at, false, row_id);
        }
    }
    let rows = names.rows(None, NameOrder::Name, NOW);
    state.popup = Some(Popup::Names(NamesView { rows, latest: true, order: NameOrder::Name, ..NamesView::default() }));
}

fn wanted(state: &State) -> GapQuery {
    let entry = state.findings.list.iter().find(|entry| entry.finding.kind.is_gap()).unwrap();
    let finding = &entry.finding;
    let range = (finding.sequence_from.unwrap(), finding.sequence_to.unwrap());
    GapQuery { row_id: entry.row_id, channel: finding.channel.clone(), range, at: finding.at, neighbours: Vec::new() }
}

/// A recording knows four messages of the gap, one of them hostile, and one whose number it does not know exactly.
fn fill(state: &mut State, doubt: Option<&'static str>) {
    let wanted = wanted(state);
    let mut interval = Interval::default();
    let (from, to) = wanted.range;
    let sequences = (from..from + 4).map(Sequence::Exact).chain([Sequence::Range { from, to }]);
    for (index, sequence) in (0..).zip(sequences) {
        let payload: &[u8] =
            if index == 2 { b"evil\x1b[2J::\"\xe2\x80\xae\n\"" } else { b"cache-flush::{\"tag\":\"cart\"}" };
        let verdict = if index == 1 { Verdict::Rejected(Rejection::Unsigned) } else { Verdict::Verified };
        let at = wanted.at + index * 1_000_000;
        interval.push_message(payload, at, wanted.channel.clone(), sequence, verdict, None, None);
    }
    let interval = Arc::new(interval);
    let rows = (0..5).map(|index| Row { interval: Arc::clone(&interval), index }).collect();
    let (file, source) = (escape(b"b\x1b.db"), "redis://other:6379/0 p_".to_owned());
    let filled = BackfillResult {
        file,
        source,
        rows,
        files: Vec::new(),
        supplied: Vec::new(),
        found: 4,
        of: to - from + 1,
        maybe: 1,
        doubt,
    };
    state.findings.backfilled.insert(wanted.row_id, filled);
    state.focus = Pane::Findings;
    state.popup =
        Some(Popup::BackfillResult(BackfillList { row_id: wanted.row_id, position: ListCursor { cursor: 2, top: 0 } }));
}

fn pick(state: &mut State, choices: Choices, query: &str) {
    state.popup = Some(Popup::Pick(Picker::new(choices, query, &state.compose)));
}

fn past(state: &mut State) {
    let names = ["cache-flush", "price-update", "rtl\u{202e}\u{1b}[2J", "a-name-that-goes-on-and-on-and-on"];
    for (index, name) in (0..).zip(names) {
        state.compose.history.push_back(HistoryEntry {
            at: NOW - 86_400_000_000 * (4 - index),
            channel: "ops".to_owned(),
            name: name.to_owned(),
            data: DATA.to_owned(),
            key: None,
            sequence: 1040,
            receivers: 3,
        });
    }
}

pub(super) fn source() -> Source {
    let text = |text| Text::parse(text).unwrap();
    let template = Arc::new(Template {
        title: "price".to_owned(),
        channel: text("ops"),
        name: text("price-update"),
        data: text(r#"{"sku":"{{prompt:SKU}}","price":{{prompt:New price, with the cents}}}"#),
    });
    let values = Values { now: NOW / 1_000_000, random: 7, seq: 3 };
    Source { template, answers: Vec::new(), values, laid_out: false }
}

fn rejected() -> Original {
    let verdict = Verdict::Rejected(Rejection::SignatureMismatch);
    Original { channel: b"ops".to_vec(), payload: b"price-update:sha256|default|1|00:1".to_vec(), verdict }
}

fn again(timestamp: Option<i64>, verdict: Verdict) -> ResendMessage {
    let payload = b"price-update:sha256|default|1782909000|ab12:{\"sku\":\"A-\x1b[31m\xff\"}".to_vec();
    ResendMessage { channel: b"ops".to_vec(), payload, timestamp, verdict }
}

pub(super) fn series(state: &mut State, sent: u64, end: Option<SeriesEnd>) {
    // All but the last two echoes were received, and one of them is not verified.
    let mut echoes = Echoes::default();
    for number in 0..sent {
        echoes.sent(&[SentCopy { hash: number, at: NOW }], NOW);
    }
    for (number, latency) in (0..sent.saturating_sub(2)).zip((300..).step_by(7)) {
        echoes.receive(number, NOW + latency, number > 0, number);
    }
    let progress = Progress {
        channel: "ops".to_owned(),
        echoes: Some(echoes),
        count: 1000,
        rate: Some(50),
        sent,
        last: Some((u64::from(end.is_none()), 1460)),
        began: NOW - 8_240_000,
        at: NOW,
        stopping: false,
        end,
    };
    let series = Sent::new(b"ops".to_vec(), b"evt".to_vec(), b"evt::".to_vec(), NOW - 8_240_000);
    state.compose.add(Sent { series: Some(progress), ..series });
    state.popup = Some(Popup::Series);
}

#[test]
fn the_receipt_of_a_series_stays_after_its_popup_is_closed() {
    let mut state = composing(lively(LARGE), DATA);
    series(&mut state, 1000, Some(SeriesEnd::Done));
    (state.popup, state.focus) = (None, Pane::Messages);
    let receipt = "ops · sent 1 000 of 1 000 · received 998 of 1 000, 997 verified · echo median 3.7 ms, p99 7.2 ms";
    let screen = screen::text(&state, Area::Screen);
    assert!(screen.contains(receipt), "{screen}");
}

#[test]
fn the_terminal_cursor_is_in_the_data_field_only() {
    use aircheck::console::app::view::draw;
    use ratatui::Terminal;
    use ratatui::backend::{Backend as _, TestBackend};
    let place = |state: &State| {
        let mut terminal = Terminal::new(TestBackend::new(80, 24)).unwrap();
        terminal.draw(|frame| draw(frame, state, &theme::BASIC)).unwrap();
        let shown = terminal.backend().cursor_visible();
        shown.then(|| terminal.backend_mut().get_cursor_position().unwrap())
    };
    let mut state = composing(lively((80, 24)), "[12]");
    state.compose.data.move_cursor(ratatui_textarea::CursorMove::End);
    let screen = screen::text(&state, Area::Screen);
    let (row, line) = screen.lines().enumerate().find(|(_, line)| line.contains("data")).unwrap();
    let column = line.chars().take_while(|c| *c != ']').count() + 1;
    let at = place(&state).unwrap();
    assert_eq!((usize::from(at.x), usize::from(at.y)), (column, row), "{screen}");
    state.compose.field = Field::Key;
    assert_eq!(place(&state), None);
    state.compose.field = Field::Data;
    state.popup = Some(Popup::ConfirmSend);
    assert_eq!(place(&state), None);
    state.popup = None;
    state.focus = Pane::Messages;
    assert_eq!(place(&state), None);
}
