//! Arbitrary untrusted texts at any size: drawing never panics, and no cell acts on the terminal.

use std::sync::Arc;

use aircheck::console::app::settings::{MessageColumn, ShownColumns, Sizes, TimeFormat};
use aircheck::console::app::state::{LinkStatus, Phase};
use aircheck::console::app::state::{Notice, State};
use aircheck::console::app::update::prepare;
use aircheck::console::app::view::draw_into;
use aircheck::console::panes::Pane;
use aircheck::console::panes::channels::rows::Order;
use aircheck::console::panes::compose::draft::{Change, DiffLine};
use aircheck::console::panes::compose::echoes::{Echoes, SentCopy};
use aircheck::console::panes::compose::history::HistoryEntry;
use aircheck::console::panes::compose::state::Sent;
use aircheck::console::panes::detail::state::{DetailView, Folding};
use aircheck::console::panes::timeline::state::{Mark, Zoom};
use aircheck::console::popups::series::{Progress, SeriesEnd};
use aircheck::console::search::needle::Needle;
use aircheck::console::search::state::Search;
use aircheck::console::ui::line_edit::LineEdit;
use aircheck::console::ui::theme;
use aircheck::filter::Filter;
use aircheck::ledger::dropped::Dropped;
use aircheck::ledger::finding::{Acknowledgement, Cause, FindingKind, Program};
use aircheck::ledger::interval::{LinkState, ServerInfo};
use aircheck::ledger::sequence::{Channel, Sequence, UnknownReason};
use aircheck::wire::escape::escape;
use aircheck::wire::json::JsonError;
use aircheck::wire::verdict::{Rejection, Verdict};
use proptest::prelude::*;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use unicode_width::UnicodeWidthChar;

use super::fixture::{Stream, checks, empty};
use crate::console_popups::{Source, samples_of};

/// Bytes as an attacker would choose them.
fn hostile() -> impl Strategy<Value = Vec<u8>> {
    let character = prop::sample::select(vec![
        '\u{1b}',
        '\r',
        '\n',
        '\t',
        '\0',
        '\u{9b}',
        '\u{7f}',
        '\u{202e}',
        '\u{2066}',
        '\u{200b}',
        '\u{200d}',
        '\u{feff}',
        '\u{e0041}',
        '\u{fe0f}',
        '\u{301}',
        '\u{20dd}',
        '\u{ad}',
        '\u{1160}',
        '\u{ff9e}',
        '价',
        '👩',
        '🇩',
        'a',
        ':',
        '|',
        '\\',
        '"',
        '{',
        '0',
    ]);
    prop_oneof![
        prop::collection::vec(any::<u8>(), 0..60),
        prop::collection::vec(character, 0..60).prop_map(|chars| chars.into_iter().collect::<String>().into_bytes()),
        any::<String>().prop_map(String::into_bytes),
    ]
}

fn state(source: &mut Source, size: (u16, u16)) -> State {
    let mut state = empty(size);
    state.now = source.time();
    state.setup.profile = source.text();
    state.setup.target = source.text();
    state.setup.colour = Some(source.text());
    state.setup.read_only = source.below(4) == 0;
    state.setup.utc = source.flag();
    state.setup.demo = source.flag();
    state.setup.channels = vec![source.text(), source.text()];
    state.link = LinkStatus {
        phase: source.one(&[Phase::Connecting, Phase::Live, Phase::Stale, Phase::Down]),
        since: source.time(),
        reason: Some(source.text().into()),
        round_trip: Some(source.number()),
        server: Some(server(source)),
    };
    state.totals.findings.gaps = source.number();
    state.totals.findings.missed = source.number();
    state.totals.findings.inexact = source.number();
    state.totals.findings.not_received = source.number();
    state.totals.rejected = source.number();
    state.totals.findings.others = source.number();
    state.totals.dropped = source.number();
    state.totals.trimmed = source.number();
    stream(source).into_state(&mut state);
    channels(source, &mut state);
    looked_at(source, &mut state);
    composed(source, &mut state);
    state
}

fn server(source: &mut Source) -> Arc<ServerInfo> {
    Arc::new(ServerInfo { version: source.text(), role: source.text(), mode: source.text() })
}

fn stream(source: &mut Source) -> Stream {
    let mut stream = Stream::default();
    for _ in 0..source.below(70) {
        let channel = source.text();
        let (from, to) = (source.number(), source.number());
        match source.below(5) {
            2 => {
                let channel = source.flag().then(|| Channel::new(channel.as_bytes()));
                let range = source.flag().then_some((from, to));
                stream.dropped(Dropped { count: from, findings: to % 3, ..Dropped::new(channel, range, 0) });
            }
            0 => {
                let (kind, cause) = finding(source);
                let count = source.flag().then_some(to);
                let range = source.flag().then_some((from, to));
                stream.finding(kind, &channel, range, count, cause);
            }
            1 => {
                let state =
                    source.one(&[LinkState::Connected, LinkState::Denied, LinkState::Disconnected, LinkState::Stale]);
                let (reason, server) = (source.text(), server(source));
                stream.link(state, Some(&reason), Some(server));
            }
            _ => {
                let sequence = source.one(&[
                    Sequence::Exact(from),
                    Sequence::Inferred(from),
                    Sequence::Range { from, to },
                    Sequence::Unknown(UnknownReason::NoBarrier),
                ]);
                let verdict = source.one(&[
                    Verdict::Verified,
                    Verdict::Unsigned,
                    Verdict::Rejected(Rejection::TimestampOutOfTolerance),
                    Verdict::Rejected(Rejection::InvalidJson),
                ]);
                let (name, signature) = (source.bytes(), source.text());
                let data = if source.flag() { source.bytes() } else { json(source) };
                stream.message(&channel, sequence, &name, &signature, &data, verdict);
            }
        }
    }
    stream
}

/// JSON with such texts in it.
fn json(source: &mut Source) -> Vec<u8> {
    let mut value = serde_json::Value::String(source.text());
    for _ in 0..source.below(6) {
        let (key, other) = (source.text(), source.text());
        value =
            if source.flag() { serde_json::json!([other, value]) } else { serde_json::json!({ key: value, other: 1 }) };
    }
    serde_json::to_vec(&value).unwrap()
}

fn finding(source: &mut Source) -> (FindingKind, Cause) {
    let (first, second) = (source.number(), source.number());
    let channel = Channel::new(&source.bytes());
    let (reason, flag) = (source.text(), source.flag());
    let kinds = [FindingKind::Silent, FindingKind::TooMany, FindingKind::Resumed];
    let expectation = Cause::Expectation {
        expectation: reason.as_str().into(),
        expected: "at least 1/5m".into(),
        since: second.cast_signed(),
        duration_micros: first,
        is_proved: flag,
    };
    source.one(&[
        (
            FindingKind::MissedDisconnected,
            Cause::Disconnected { reason: reason.into(), duration_micros: first, lower_bound: flag },
        ),
        (
            FindingKind::MissedNotRunning,
            Cause::NotRunning { program: Program::Aircheck, since: first.cast_signed(), lower_bound: flag, lost: None },
        ),
        (FindingKind::CountedNotReceived, Cause::CountMismatch { advance: first, received: second }),
        (FindingKind::ReceivedNotCounted, Cause::CountMismatch { advance: second, received: first }),
        (FindingKind::CounterReset, Cause::Reset { before: first, after: flag.then_some(second) }),
        (FindingKind::Duplicate, Cause::Duplicate { first_at: first.cast_signed(), first_channel: channel }),
        (FindingKind::ClockSkew, Cause::ClockSkew { seconds: first.cast_signed() }),
        (kinds[usize::try_from(first % 3).unwrap_or(0)], expectation),
    ])
}

fn channels(source: &mut Source, state: &mut State) {
    for _ in 0..source.below(30) {
        let name = source.bytes();
        let (reading, denied) = (source.reading(), source.below(5) == 0);
        let Some(index) = state.channels.find_or_add(&Channel::new(&name)) else { continue };
        let reason = source.text();
        let channel = &mut state.channels.list[index];
        channel.reading = Some(reading);
        channel.denied = denied.then(|| reason.into());
        channel.gaps = source.number();
        channel.rejected = source.number();
        channel.per_second.advance(usize::try_from(source.below(90)).unwrap());
        channel.per_second.count(usize::try_from(source.below(60)).unwrap());
        if source.below(3) == 0 {
            state.channels.picked.insert(index);
        }
    }
    for _ in 0..source.below(4) {
        let (name, wanted) = (source.text() + "*", source.flag());
        state.channels.note(&name, true);
        state.channels.note(&name, wanted);
    }
    for pattern in &mut state.channels.patterns {
        pattern.denied = source.flag().then(|| source.text().into());
    }
    state.channels.tree = source.flag();
    state.channels.order = source.one(&[Order::Seen, Order::Name, Order::Rate, Order::Findings, Order::Last]);
    state.channels.folded = (0..source.below(4)).map(|_| source.bytes()).collect();
    state.channels.refresh();
    state.channels.position.cursor = source.index();
    state.channels.position.top = source.index();
}

fn looked_at(source: &mut Source, state: &mut State) {
    state.focus = source.one(Pane::ALL);
    state.tab = source.one(Pane::ALL);
    for _ in 0..source.below(40) {
        state.timeline.count_many(source.time(), source.number());
        state.timeline.mark(source.time(), source.one(&[Mark::Gap, Mark::Rejected, Mark::Other]));
        state.timeline.tick(source.time(), source.flag());
    }
    state.timeline.zoom = source.one(&Zoom::ALL);
    state.timeline.cursor = source.flag().then(|| source.time());
    state.messages.follow = source.flag();
    state.messages.cursor = Some(source.row_id());
    state.messages.top = source.number();
    state.messages.unseen = source.number();
    state.messages.bookmarks = [1204, 1207].into();
    for _ in 0..source.below(8) {
        state.findings.list.position.cursor = source.index();
        state.findings.list.toggle();
        state.rejections.list.position.cursor = source.index();
        state.rejections.list.toggle();
    }
    state.findings.list.position.cursor = source.index();
    let handled = (source.row_id(), Acknowledgement { at: source.number().cast_signed(), note: source.text() });
    state.findings.acknowledged = [handled].into();
    state.rejections.list.position.top = source.index();
    state.detail.open = Some(source.flag());
    state.zoomed = source.flag();
    chosen(source, state);
    state.detail.view = source.one(&DetailView::ALL);
    state.detail.folding = source.one(&[Folding::Deep, Folding::All, Folding::Nothing]);
    state.detail.find.line = LineEdit::new(&source.text());
    state.detail.find.typing = source.flag();
    prepare(state);
    state.detail.checks = checks(Some(&escape(&source.bytes())));
    if source.flag() {
        prepare(state);
    }
    // The layout may have been computed for another state.
    state.detail.position.top = usize::try_from(source.below(60)).unwrap();
    state.detail.position.cursor = usize::try_from(source.below(60)).unwrap();
    if source.below(4) == 0 {
        state.detail.pinned = state.messages.rows.front().cloned();
    }
    state.notice = source.flag().then(|| Notice::error(escape(&source.bytes())));
    compose_contents(source, state);
    search_and_filter(source, state);
    let samples = samples_of(source, &state.compose);
    state.popup = if source.below(4) == 0 { None } else { Some(source.one(&samples)) };
}

/// Settings as the settings file may have them.
fn chosen(source: &mut Source, state: &mut State) {
    let mut size = || source.flag().then(|| u16::try_from(source.below(300)).unwrap());
    state.settings.sizes = Sizes { left: size(), detail: size(), findings: size(), rejected: size() };
    state.settings.hidden = Pane::hideable().filter(|_| source.below(4) == 0).collect();
    state.settings.columns = ShownColumns(MessageColumn::ALL.iter().copied().filter(|_| source.flag()).collect());
    state.settings.time_format = source.one(&TimeFormat::ALL);
    state.settings.utc = source.flag();
}

/// The history, templates, series and difference of Compose.
fn compose_contents(source: &mut Source, state: &mut State) {
    for _ in 0..source.below(30) {
        state.compose.history.push_back(HistoryEntry {
            at: source.time(),
            channel: source.text(),
            name: source.text(),
            data: source.text(),
            key: Some(source.text()),
            sequence: source.number(),
            receivers: source.number(),
        });
        state.compose.templates.push(Arc::new(source.template()));
    }
    let compose = &mut state.compose;
    let mut echoes = Echoes::default();
    let (sent_at, received_at) = (source.time(), source.time());
    echoes.sent(&[SentCopy { hash: 7, at: sent_at }], sent_at);
    echoes.receive(7, received_at, source.flag(), source.number());
    echoes.is_lower_bound = source.flag();
    let progress = Progress {
        channel: source.text(),
        echoes: source.flag().then_some(echoes),
        count: source.number(),
        rate: source.flag().then(|| source.number()),
        sent: source.number(),
        last: Some((source.number(), source.number())),
        began: source.time(),
        at: source.time(),
        stopping: source.flag(),
        end: source.flag().then(|| SeriesEnd::Failed(escape(&source.bytes()))),
    };
    let series = Sent::new(source.bytes(), source.bytes(), source.bytes(), source.time());
    compose.add(Sent { series: Some(progress), ..series });
    let difference =
        [Change::Same, Change::Added, Change::Removed].map(|change| DiffLine { change, text: escape(&source.bytes()) });
    compose.difference = source.flag().then(|| difference.into());
}

/// A search and a filter at any point of their work.
fn search_and_filter(source: &mut Source, state: &mut State) {
    let needle = Needle::new(&source.text(), false).unwrap();
    let mut search = Search::new(needle, source.number());
    search.hits = (1204..1204 + source.below(60)).collect();
    state.search = source.flag().then_some(search);
    state.messages.mark = source.flag().then(|| 1204 + source.below(60));
    state.filtering.filter = source.flag().then(|| Filter::parse("name:\u{1b}*").unwrap());
    state.filtering.hidden = [1205, 1208].into();
    state.filtering.jq.waiting = [1204, 1206].into();
    let why: Arc<str> = escape(&source.bytes()).into();
    state.filtering.jq.failed = [(1207, Arc::clone(&why))].into();
    state.filtering.jq.failure = why;
    state.filtering.jq.stopped = source.flag().then(|| escape(&source.bytes()).into());
}

fn composed(source: &mut Source, state: &mut State) {
    let compose = &mut state.compose;
    compose.channel.insert_str(source.text());
    compose.name.insert_str(source.text());
    for _ in 0..source.below(4) {
        compose.data.insert_str(source.text());
    }
    compose.data_error = source.flag().then(|| JsonError {
        message: "expected a value",
        offset: 0,
        line: usize::try_from(source.below(4)).unwrap(),
        column: usize::try_from(source.below(30)).unwrap(),
    });
    compose.field_error = (source.below(4) == 0).then(|| escape(&source.bytes()));
    compose.preview = source.flag().then(|| escape(&source.bytes()));
    if let Some(sent) = compose.sent.back_mut() {
        sent.name = source.bytes();
        sent.result = Some(Err(escape(&source.bytes())));
    }
}

/// Any size; half of them are at the limits of the layouts.
fn size() -> impl Strategy<Value = (u16, u16)> {
    let widths = [39, 40, 79, 80, 109, 110, 119, 120, 160, 200, 260];
    let heights = [9, 10, 24, 29, 30, 33, 34, 40, 45, 60];
    prop_oneof![
        (0..=260_u16, 0..=60_u16),
        (prop::sample::select(widths.to_vec()), prop::sample::select(heights.to_vec())),
    ]
}

/// Whether a character may be in a cell: nothing that acts on the terminal, on the order of the text, or unseen.
fn is_harmless(character: char) -> bool {
    !character.is_control()
        && !matches!(u32::from(character),
            0xad | 0x61c | 0x600..=0x605 | 0x6dd | 0x70f | 0x115f | 0x1160 | 0x180b..=0x180f | 0x200b..=0x200f
            | 0x2028..=0x202e | 0x2060..=0x206f | 0x3164 | 0xfe00..=0xfe0f | 0xfeff | 0xffa0 | 0xfff9..=0xfffb
            | 0xe0000..=0xe0fff)
}

fn assert_harmless(buffer: &Buffer) {
    for cell in &buffer.content {
        let symbol = cell.symbol();
        assert!(symbol.chars().all(is_harmless), "a cell holds {symbol:?}");
        assert!(symbol.chars().next().is_none_or(|base| base.width() > Some(0)), "a cell holds only marks: {symbol:?}");
        // A base character and four marks, possibly after an escaped backslash.
        assert!(symbol.chars().count() <= 6, "a cell holds too many marks: {symbol:?}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn drawing_any_state_neither_panics_nor_acts_on_the_terminal(
        texts in prop::collection::vec(hostile(), 1..40),
        numbers in prop::collection::vec(prop_oneof![any::<u64>(), 0..5000_u64, Just(u64::MAX)], 7..40),
        size in size(),
        other in size(),
        small in (1..=60_u16, 1..=14_u16),
    ) {
        let mut source = Source::new(texts, numbers);
        let mut state = state(&mut source, size);
        // The terminal's size may have changed since the last resize event.
        for size in [size, other] {
            assert_harmless(&drawn(&state, size));
        }
        state.size = small;
        prepare(&mut state);
        for popup in samples_of(&mut source, &state.compose) {
            state.popup = Some(popup);
            assert_harmless(&drawn(&state, small));
        }
    }
}

fn drawn(state: &State, (width, height): (u16, u16)) -> Buffer {
    let mut buffer = Buffer::empty(Rect::new(0, 0, width, height));
    draw_into(&mut buffer, state, &theme::BASIC);
    buffer
}
