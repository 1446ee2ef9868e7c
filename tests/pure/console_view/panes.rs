//! The content of each pane.

use std::sync::Arc;

use aircheck::console::app::event::Event;
use aircheck::console::app::settings::{MessageColumn, TimeFormat};
use aircheck::console::app::state::State;
use aircheck::console::app::update::update;
use aircheck::console::panes::Pane;
use aircheck::console::panes::channels::expected::ChannelExpectation;
use aircheck::console::panes::channels::rows::Order;
use aircheck::console::panes::detail::state::DetailView;
use aircheck::console::panes::timeline::state::Zoom;
use aircheck::filter::jq_worker::Answer;
use aircheck::ledger::dropped::Dropped;
use aircheck::ledger::expectation::ExpectationState;
use aircheck::ledger::finding::{Cause, FindingKind, Program};
use aircheck::ledger::interval::Interval;
use aircheck::ledger::sequence::{Channel, Sequence};
use aircheck::wire::json::JsonError;
use aircheck::wire::verdict::{Rejection, Verdict};

use super::fixture::{NOW, Stream, checks, composing, hostile, lively, quiet};
use super::popups::{DATA, source};
use super::screen::Area;
use super::{LARGE, MIDDLE, SMALL, TALL, acknowledge_some, keys, rich, select, sought_in, told, with};

const CHANNELS: Area = Area::Pane(Pane::Channels);
const MESSAGES: Area = Area::Pane(Pane::Messages);
const FINDINGS: Area = Area::Pane(Pane::Findings);
const REJECTED: Area = Area::Pane(Pane::Rejected);
const DETAIL: Area = Area::Pane(Pane::Detail);
const TIMELINE: Area = Area::Pane(Pane::Timeline);
const COMPOSE: Area = Area::Pane(Pane::Compose);

looks! {
    channels_with_one_picked: CHANNELS, [MIDDLE], |size| with(quiet(size), |state| {
        state.channels.picked = [0].into();
        state.channels.position.cursor = 1;
        state.focus = Pane::Channels;
    });
    channels_unreadable_counter: CHANNELS, [MIDDLE], |size| with(quiet(size), |state| {
        state.channels.position.cursor = 4;
        state.focus = Pane::Channels;
    });
    channels_tree: CHANNELS, [SMALL, MIDDLE, LARGE], |size| with(quiet(size), |state| shops(state, true, Order::Findings));
    channels_flat: CHANNELS, [LARGE], |size| with(quiet(size), |state| shops(state, false, Order::Last));
    channels_patterns: CHANNELS, [MIDDLE], |size| with(quiet(size), |state| {
        state.channels.note("au*", true);
        state.channels.note("old*", true);
        state.channels.note("old*", false);
        state.channels.patterns[1].denied = Some("NOPERM this user has no permissions".into());
        state.channels.list[3].unsubscribed = true;
        state.channels.refresh();
        state.channels.position.cursor = 6;
        state.focus = Pane::Channels;
    });
    channels_expected: CHANNELS, [SMALL, MIDDLE], |size| with(quiet(size), |state| {
        let expected = [
            ("ops", ExpectationState::Silent, Some(NOW - 400_000_000)),
            ("billing:invoices", ExpectationState::TooMany, Some(NOW)),
            ("audit", ExpectationState::Unknown, Some(NOW)),
            ("old", ExpectationState::New, None),
        ];
        for (channel, (name, state, quiet_since)) in state.channels.list.iter_mut().zip(expected) {
            assert_eq!(channel.channel.as_bytes(), name.as_bytes());
            let met = ChannelExpectation { title: "a".into(), state: ExpectationState::Met, quiet_since };
            channel.expected = vec![met, ChannelExpectation { title: "b".into(), state, quiet_since }];
        }
        state.channels.refresh();
        state.focus = Pane::Channels;
    });
    channels_zoomed: CHANNELS, [SMALL], |size| keys(quiet(size), "1 z");
    channels_narrowed: CHANNELS, [SMALL, MIDDLE], |size| keys(quiet(size), "1 / \"bil\"");
    channels_narrowed_to_nothing: CHANNELS, [MIDDLE], |size| keys(quiet(size), "1 / \"xyz\" Enter");
    findings_narrowed: FINDINGS, [SMALL, MIDDLE], |size| keys(lively(size), "3 / \"reset\" Enter");
    findings_narrowed_to_nothing: FINDINGS, [MIDDLE], |size| keys(lively(size), "3 / \"xyz\"");
    rejected_narrowed: REJECTED, [SMALL, MIDDLE], |size| keys(quiet(size), "4 / \"ops\" Enter");
    help_narrowed: Area::Popup, [MIDDLE], |size| keys(quiet(size), "? / \"row\" Enter");
    channels_hostile: CHANNELS, [SMALL, MIDDLE], |size| keys(hostile(size), "1 j");

    messages_paused: MESSAGES, [MIDDLE], |size| with(quiet(size), |state| {
        state.messages.follow = false;
        state.messages.cursor = Some(1204 + 31);
        state.messages.top = 1204 + 8;
        state.messages.unseen = 128;
        state.messages.bookmarks = [1204 + 30, 1204 + 34].into();
    });
    messages_marked: MESSAGES, [MIDDLE], |size| keys(quiet(size), "g :mark j j j");
    messages_searched: MESSAGES, [MIDDLE], |size| sought_in(quiet(size), "g / \"price\" Enter n");
    messages_filtered: MESSAGES, [MIDDLE], |size| sought_in(quiet(size), "f \"name:price-*\" Enter / \"a\" Enter");
    messages_jq_failed: MESSAGES, [MIDDLE], |size| {
        with(sought_in(quiet(size), "f \"|\" Space \"[repeat(1)]\" Enter"), |state| {
            let id = state.filtering.jq.id;
            let why = |row_id| if row_id % 2 == 0 { "too slow" } else { "cannot index [1] with \"sku\"" };
            let waiting = state.filtering.jq.waiting.iter();
            let answers = waiting.map(|&row_id| (row_id, Answer::Failed(why(row_id).to_owned()))).collect();
            let _ = update(state, Event::Answered { id, answers, stopped: None });
        })
    };
    messages_with_every_column: MESSAGES, [MIDDLE], |size| with(quiet(size), |state| {
        state.settings.hidden = [Pane::Channels, Pane::Timeline, Pane::Detail, Pane::Compose].into();
        state.settings.columns.0 = MessageColumn::ALL.iter().copied().collect();
        state.settings.time_format = TimeFormat::Date;
    });
    messages_with_age_and_size: MESSAGES, [LARGE], |size| with(hostile(size), |state| {
        state.settings.hidden = [Pane::Channels, Pane::Findings, Pane::Rejected].into();
        state.settings.columns.0 = [MessageColumn::Age, MessageColumn::Size].into();
    });
    messages_hostile: MESSAGES, [SMALL], hostile;

    findings_narrow: FINDINGS, [SMALL], |size| with(lively(size), |state| {
        (state.focus, state.tab) = (Pane::Findings, Pane::Findings);
        acknowledge_some(state);
    });

    rejected: REJECTED, [SMALL], |size| with(quiet(size), |state| {
        (state.focus, state.tab) = (Pane::Rejected, Pane::Rejected);
    });
    rejected_hostile: REJECTED, [SMALL, MIDDLE], |size| keys(hostile(size), "4 k");

    rejected_grouped: REJECTED, [SMALL, MIDDLE], |size| keys(with(quiet(size), misconfigured), "4");
    rejected_unfolded: REJECTED, [SMALL, MIDDLE], |size| keys(with(quiet(size), misconfigured), "4 g Enter j");
    findings_grouped: FINDINGS, [SMALL, MIDDLE], |size| keys(with(quiet(size), repeating), "3");
    findings_of_each_kind: FINDINGS, [(100, 30), TALL], |size| keys(with(quiet(size), each_kind), "3");
    findings_unfolded: FINDINGS, [SMALL, MIDDLE], |size| keys(with(quiet(size), repeating), "3 g Enter j");

    detail_of_rejected: DETAIL, [SMALL], |size| with(lively(size), |state| {
        select(state, 1204 + 32);
        state.detail.checks = checks(Some("does not match"));
        state.focus = Pane::Detail;
        state.detail.open = Some(true);
    });
    detail_of_finding: DETAIL, [MIDDLE], |size| with(lively(size), |state| {
        select(state, 1204 + 31);
        state.focus = Pane::Detail;
    });
    detail_of_acknowledged: DETAIL, [MIDDLE], |size| with(lively(size), |state| {
        select(state, 1204 + 31);
        state.focus = Pane::Detail;
        let findings = state.findings.list.iter().map(|entry| (entry.finding.clone(), told("told ops\u{1b}")));
        state.acknowledgements = findings.collect();
    });
    detail_of_dropped: DETAIL, [MIDDLE], |size| with(lively(size), |state| {
        let mut interval = Interval::default();
        let dropped = Dropped::new(Some(Channel::new(b"billing")), Some((1050, 1061)), NOW - 2_000_000);
        interval.push(Dropped { count: 12, ..dropped }.into());
        let _ = update(state, Event::Interval(Arc::new(interval)));
        state.focus = Pane::Detail;
    });
    detail_of_link: DETAIL, [MIDDLE], |size| with(lively(size), |state| select(state, 1204 + 29));
    detail_raw: DETAIL, [SMALL], |size| with(hostile(size), |state| {
        state.focus = Pane::Detail;
        state.detail.view = DetailView::Raw;
    });
    detail_hex: DETAIL, [MIDDLE], |size| with(hostile(size), |state| {
        state.focus = Pane::Detail;
        state.detail.view = DetailView::Hex;
    });
    detail_json: DETAIL, [SMALL, MIDDLE, LARGE], |size| keys(rich(size), "5 :unfold-all");
    detail_json_cursor: DETAIL, [MIDDLE], |size| keys(rich(size), "5 j j j j j");
    detail_json_hostile: DETAIL, [MIDDLE], |size| keys(hostile(size), "5 j");
    detail_signed_raw: DETAIL, [MIDDLE], |size| keys(rich(size), "5 v");
    detail_signed_hex: DETAIL, [LARGE], |size| keys(rich(size), "5 v v");
    detail_diff: DETAIL, [SMALL, MIDDLE], |size| keys(rich(size), "5 v v v j");
    detail_diff_of_first: DETAIL, [SMALL], |size| keys(rich(size), "k 5 v v v");
    detail_search: DETAIL, [SMALL], |size| keys(rich(size), "5 / \"sale\"");
    detail_searched: DETAIL, [LARGE], |size| keys(rich(size), "5 / \"sale\" Enter n");

    compose_fields: COMPOSE, [SMALL, MIDDLE], |size| composing(quiet(size), "{\"sku\": \"A-17\",\n \"price\": 19.90}");
    compose_lines: COMPOSE, [SMALL, MIDDLE, LARGE], |size| composing(quiet(size), DATA);
    compose_sign: COMPOSE, [SMALL, MIDDLE], |size| keys(composing(quiet(size), "{}"), "Tab");
    compose_unsigned: COMPOSE, [SMALL, MIDDLE], |size| keys(composing(quiet(size), "{}"), "Tab Left");
    compose_template: COMPOSE, [SMALL, LARGE], |size| {
        with(composing(quiet(size), DATA), |state| state.compose.source = Some(source()))
    };
    compose_error: COMPOSE, [LARGE], |size| {
        with(composing(quiet(size), "{\"sku\": \"A-17\",\n \"price\": 19.90,}"), |state| {
            state.compose.data_error = Some(JsonError { message: "expected a key", offset: 31, line: 2, column: 16 });
            state.compose.preview = None;
        })
    };
    compose_hostile: COMPOSE, [SMALL], |size| {
        composing(quiet(size), "{\"\u{1b}[31m\": \"\u{202e}\u{200b}e\u{301} 価格\"}")
    };
    compose_read_only: COMPOSE, [MIDDLE], |size| {
        with(composing(quiet(size), "{}"), |state| state.setup.read_only = true)
    };

    timeline_of_a_minute: TIMELINE, [SMALL], |size| with(quiet(size), |state| {
        state.focus = Pane::Timeline;
        state.timeline.zoom = Zoom::Minute;
    });
    timeline_of_an_hour: TIMELINE, [MIDDLE], |size| with(quiet(size), |state| {
        state.focus = Pane::Timeline;
        state.timeline.zoom = Zoom::Hour;
        state.messages.follow = false;
        state.timeline.cursor = Some(NOW / 1_000_000 - 379);
    });
}

/// Messages signed with a key that is not known here, and one with a wrong signature.
fn misconfigured(state: &mut State) {
    let mut stream = Stream::default();
    let (unknown, mismatch) = (Rejection::UnknownKey, Rejection::SignatureMismatch);
    for (sequence, name, key, rejection) in [
        (190, "cache-flush", "v2", unknown),
        (191, "stock-level", "v2", unknown),
        (192, "price-update", "default", mismatch),
        (193, "cache-flush", "v2", unknown),
    ] {
        let signature = format!("sha256|{key}|1782909070|ab");
        let verdict = Verdict::Rejected(rejection);
        stream.message("ops", Sequence::Exact(sequence), name.as_bytes(), &signature, b"{}", verdict);
    }
    stream.into_state(state);
    state.totals.rejected = 4;
}

/// Duplicates and gaps that repeat on a channel.
fn repeating(state: &mut State) {
    let mut stream = Stream::default();
    let cause = || Cause::Duplicate { first_at: NOW - 63_000_000, first_channel: Channel::new(b"ops") };
    for sequence in 190..193 {
        stream.finding(FindingKind::Duplicate, "ops", Some((sequence, sequence)), Some(1), cause());
        let uncounted = Cause::CountMismatch { advance: 0, received: 2 };
        stream.finding(FindingKind::ReceivedNotCounted, "ops", None, Some(2), uncounted);
        let range = Some((sequence * 10, sequence * 10 + 4));
        for _ in 0..2 {
            let cause = Cause::CountMismatch { advance: 5, received: 3 };
            stream.finding(FindingKind::CountedNotReceived, "ops", range, Some(2), cause);
        }
    }
    stream.into_state(state);
    state.totals.findings.gaps = 6;
    state.totals.findings.others = 6;
    let row_id = state.findings.list.iter().last().unwrap().row_id;
    state.findings.acknowledged = [(row_id, told("told ops"))].into();
    state.findings.acknowledged_counts.gaps = 1;
}

/// One finding of each kind and cause, the newest on a channel with a long name.
fn each_kind(state: &mut State) {
    let mut stream = Stream::default();
    let down = Cause::Disconnected { reason: "reset".into(), duration_micros: 4_200_000, lower_bound: false };
    let absent =
        |lost| Cause::NotRunning { program: Program::Aircheck, since: NOW - 7_380_000_000, lower_bound: true, lost };
    let mismatch = |advance, received| Cause::CountMismatch { advance, received };
    let duplicate = Cause::Duplicate { first_at: NOW - 63_000_000, first_channel: Channel::new(b"audit") };
    let findings = [
        (FindingKind::MissedDisconnected, Some((1031, 1046)), Some(16), down.clone()),
        (FindingKind::MissedNotRunning, Some((1050, 1068)), Some(19), absent(None)),
        (FindingKind::MissedNotRunning, Some((1070, 1088)), Some(19), absent(Some(3))),
        (FindingKind::MissedNotRunning, Some((1090, 1091)), Some(2), absent(Some(2))),
        (FindingKind::CountedNotReceived, Some((1092, 1092)), Some(1), mismatch(1, 0)),
        (FindingKind::CountedNotReceived, Some((9970, 9974)), Some(2), mismatch(5, 3)),
        (FindingKind::ReceivedNotCounted, Some((9975, 9976)), Some(2), mismatch(2, 4)),
        (FindingKind::ReceivedNotCounted, None, Some(1), mismatch(0, 1)),
        (FindingKind::CounterReset, Some((9976, 3)), None, Cause::Reset { before: 9976, after: Some(3) }),
        (FindingKind::CounterReset, Some((9976, 0)), None, Cause::Reset { before: 9976, after: None }),
        (FindingKind::Duplicate, Some((1101, 1101)), Some(1), duplicate),
        (FindingKind::ClockSkew, Some((1102, 1102)), Some(3), Cause::ClockSkew { seconds: -2400 }),
        (FindingKind::MissedDisconnected, Some((1103, 1110)), Some(8), down),
    ];
    // Each has a channel of its own, so that they do not form groups.
    for (index, (kind, range, count, cause)) in findings.into_iter().enumerate() {
        let channel = if index == 12 { "billing:eu-central:orders".to_owned() } else { format!("ops{index}") };
        stream.finding(kind, &channel, range, count, cause);
    }
    stream.into_state(state);
}

/// Channels whose names share separators; one group of them is folded.
fn shops(state: &mut State, tree: bool, order: Order) {
    let names = ["shop:eu:orders", "shop:eu:stock", "shop:us:orders", "shop:us:stock", "shop.mail", "billing:refunds"];
    for (count, name) in (0..).zip(names) {
        let index = state.channels.find_or_add(&Channel::new(name.as_bytes())).unwrap();
        let channel = &mut state.channels.list[index];
        channel.last_at = Some(NOW - 1_000_000 * (7_i64.pow(count)));
        channel.rejected = u64::from(count % 3);
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
