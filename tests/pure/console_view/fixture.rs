//! Console states: empty, with ordinary traffic, and with hostile traffic.

use std::collections::{BTreeSet, VecDeque};
use std::sync::Arc;

use aircheck::console::app::scrollback::{Messages, Row};
use aircheck::console::app::state::{FindingCounts, Setup, State, Totals};
use aircheck::console::app::state::{LinkStatus, Phase};
use aircheck::console::app::update::prepare;
use aircheck::console::panes::Pane;
use aircheck::console::panes::channels::rate::PerSecond;
use aircheck::console::panes::channels::state::ChannelState;
use aircheck::console::panes::compose::state::{Echo, Field, Sent};
use aircheck::console::panes::detail::state::{Detail, Stage};
use aircheck::console::panes::findings::state::{FindingEntry, Findings};
use aircheck::console::panes::rejected::state::{RejectedEntry, Rejections};
use aircheck::console::panes::timeline::state::{Mark, Timeline};
use aircheck::console::popups::discover::Discover;
use aircheck::console::popups::discover::DiscoveredChannel;
use aircheck::console::ui::list_cursor::ListCursor;
use aircheck::console::ui::narrowing::Narrowing;
use aircheck::ledger::dropped::Dropped;
use aircheck::ledger::finding::{Cause, Finding, FindingKind, Program};
use aircheck::ledger::interval::{Entry, Interval, Link, LinkState, ServerInfo};
use aircheck::ledger::sequence::{Channel, Reading, Sequence, UnknownReason};
use aircheck::wire::algorithm::Algorithm;
use aircheck::wire::escape::escape;
use aircheck::wire::signature::{Keyring, KeyringSettings, Secret, SignWith};
use aircheck::wire::verdict::{Check, CheckKind, CheckOutcome, Rejection, Verdict};

/// 2026-07-01 12:31:16 UTC, in microseconds.
pub(super) const NOW: i64 = 1_782_909_076_000_000;

/// A console before the first message.
pub(super) fn empty(size: (u16, u16)) -> State {
    let mut state = State::new(Setup {
        profile: String::new(),
        colour: None,
        target: String::from("127.0.0.1:6379"),
        url: String::from("redis://127.0.0.1:6379/0"),
        read_only: false,
        confirm: false,
        keyring: Arc::new(Keyring::new(KeyringSettings {
            signing_key: Some(Secret::new(b"secret".to_vec())),
            ..KeyringSettings::default()
        })),
        channels: vec![String::from("ops"), String::from("billing:*")],
        max_rows: 10_000,
        max_bytes: 64 << 20,
        utc: true,
        demo: false,
    });
    state.now = NOW;
    state.size = size;
    state
}

/// Ordinary traffic on four channels, with a finding of each kind, rejections and a message sent from here.
pub(super) fn lively(size: (u16, u16)) -> State {
    with_traffic(size, Stream::default())
}

/// As [`lively`], but without findings: a snapshot of it does not depend on their texts.
pub(super) fn quiet(size: (u16, u16)) -> State {
    let mut state = with_traffic(size, Stream { without_findings: true, ..Stream::default() });
    state.totals.findings = FindingCounts::default();
    state
}

fn with_traffic(size: (u16, u16), mut stream: Stream) -> State {
    let mut state = empty(size);
    state.setup.profile = String::from("prod");
    state.setup.colour = Some(String::from("red"));
    state.setup.target = String::from("redis.internal:6379");
    state.link = LinkStatus {
        phase: Phase::Live,
        since: NOW - 5_000_000,
        reason: None,
        round_trip: Some(412),
        server: Some(server()),
    };
    timeline(&mut state.timeline);
    state.totals = Totals {
        received: 11_337,
        findings: FindingCounts { gaps: 2, missed: 16, not_received: 2, inexact: 1, others: 5 },
        had_unreadable_counter: false,
        rejected: 3,
        dropped: 0,
        trimmed: 1204,
    };
    state.per_second = per_second([4, 11, 16, 9, 14, 31, 23, 14, 10, 7]);
    state.channels.list = vec![
        channel("ops", Reading::Value(1048), [3, 9, 14, 8, 12, 30, 22, 14, 9, 5], 1, 1),
        channel("billing:invoices", Reading::Value(312), [0, 1, 1, 0, 2, 1, 0, 0, 1, 1], 0, 0),
        channel("audit", Reading::Value(9_977), [0; 10], 0, 2),
        channel("old", Reading::Unreadable("NOPERM no access".into()), [1, 0, 1, 1, 0, 0, 1, 0, 0, 1], 0, 0),
    ];
    state.channels.refresh();
    traffic(&mut stream);
    stream.into_state(&mut state);
    state
}

/// Half an hour of varying traffic, with a lost connection, gaps and rejections.
fn timeline(timeline: &mut Timeline) {
    for ago in (0..1_800).rev() {
        let now = NOW - ago * 1_000_000;
        let down = (380..402).contains(&ago);
        if !down {
            timeline.count_many(now, u64::try_from(10 + (ago / 7 * 13) % 29).unwrap_or(0));
        }
        for (at, mark) in [(379, Mark::Gap), (200, Mark::Rejected), (2, Mark::Other), (900, Mark::Gap)] {
            if ago == at {
                timeline.mark(now, mark);
            }
        }
        timeline.tick(now, down);
    }
}

/// As [`lively`], but the messages and names are what an attacker would send.
pub(super) fn hostile(size: (u16, u16)) -> State {
    let mut state = lively(size);
    state.setup.profile = String::from("\u{1b}[31mprod\u{202e}");
    state.setup.target = String::from("red\u{200b}is\u{1b}]52;c;AAAA\u{7}");
    let mut stream = Stream::default();
    let names: [&[u8]; 9] = [
        b"\x1b[2J\x1b]52;c;ZXZpbA==\x07",
        "rtl\u{202e}gnp.exe\u{2066}".as_bytes(),
        b"\xff\xfe\xc3\x28 latin\xe9",
        "価格更新と請求書の発行について".as_bytes(),
        "e\u{301}e\u{301} cafe\u{301} a\u{300}\u{301}\u{302}\u{303}\u{304}\u{305}\u{306}\u{307}".as_bytes(),
        "zero\u{200b}width\u{200d}\u{feff}".as_bytes(),
        "👩‍👩‍👧 family 🇩🇪 flag".as_bytes(),
        b"a-name-that-goes-on-and-on-and-on-and-on-and-on-and-on-and-on-and-on-and-on-and-on-and-on-and-on",
        b"",
    ];
    for (index, name) in (0..).zip(names) {
        let channel = if index % 2 == 0 { "ops" } else { "bill\u{202e}ing\r\n" };
        let verdict = if index % 3 == 0 { Verdict::Rejected(Rejection::SignatureMismatch) } else { Verdict::Verified };
        let data = b"{\"\x1b[31m\":\"\\u001b \xe2\x80\xae \xf0\x9f\x98\x80 \xff\"}";
        stream.message(channel, Sequence::Exact(2000 + index), name, "sha256|ke\u{1b}y|1782909070|ab", data, verdict);
    }
    stream.into_state(&mut state);
    state.channels.list[1].channel = Channel::new("bill\u{202e}ing\r\n".as_bytes());
    state
}

fn server() -> Arc<ServerInfo> {
    Arc::new(ServerInfo { version: "7.2.4".into(), role: "primary".into(), mode: "standalone".into() })
}

fn channel(name: &str, reading: Reading, seconds: [u32; 10], gaps: u64, rejected: u64) -> ChannelState {
    ChannelState {
        reading: Some(reading),
        received: seconds.iter().map(|count| u64::from(*count)).sum(),
        last_at: Some(NOW - 300_000),
        gaps,
        rejected,
        per_second: per_second(seconds),
        ..ChannelState::new(Channel::new(name.as_bytes()))
    }
}

fn per_second(seconds: [u32; 10]) -> PerSecond {
    let mut per_second = PerSecond::default();
    for count in seconds {
        per_second.advance(1);
        (0..count).for_each(|_| per_second.count(0));
    }
    per_second
}

fn ordinary(stream: &mut Stream, sequences: std::ops::Range<u64>) {
    for sequence in sequences {
        let (name, data) = match sequence % 4 {
            0 => {
                ("price-update", r#"{"sku":"A-17","price":19.90,"currency":"EUR","valid_from":"2026-07-01T00:00:00Z"}"#)
            }
            1 => ("cache-flush", r#"{"tag":"cart"}"#),
            2 => ("user-login", r#"{"id":90317,"ip":"10.1.4.77"}"#),
            _ => ("heartbeat", ""),
        };
        let signature = "sha256|default|1782909066|ab12";
        let sequence = Sequence::Exact(sequence);
        stream.message("ops", sequence, name.as_bytes(), signature, data.as_bytes(), Verdict::Verified);
    }
}

fn traffic(stream: &mut Stream) {
    let verified = Verdict::Verified;
    stream.link(LinkState::Connected, None, Some(server()));
    ordinary(stream, 1003..1017);
    stream.message(
        "billing:invoices",
        Sequence::Exact(311),
        b"invoice-created",
        "sha256|billing|1782909066|ab",
        br#"{"id":"2026-0731","total":119.00}"#,
        verified,
    );
    ordinary(stream, 1017..1030);
    stream.link(LinkState::Disconnected, Some("server closed the connection"), None);
    stream.link(LinkState::Connected, None, Some(server()));
    stream.finding(
        FindingKind::MissedDisconnected,
        "ops",
        Some((1030, 1045)),
        Some(16),
        Cause::Disconnected {
            reason: "server closed the connection".into(),
            duration_micros: 4_200_000,
            lower_bound: false,
        },
    );
    stream.message(
        "ops",
        Sequence::Exact(1046),
        b"user-logout",
        "sha256|default|1782909070|ff",
        br#"{"id":9}"#,
        Verdict::Rejected(Rejection::SignatureMismatch),
    );
    stream.message(
        "billing:invoices",
        Sequence::Inferred(312),
        b"invoice-paid",
        "sha256|billing|1782909071|ab",
        br#"{"id":"2026-0731","paid":true}"#,
        verified,
    );
    stream.message(
        "audit",
        Sequence::Range { from: 9970, to: 9974 },
        b"login",
        "",
        br#"{"user":"root"}"#,
        Verdict::Rejected(Rejection::Unsigned),
    );
    stream.message(
        "audit",
        Sequence::Unknown(UnknownReason::ReceivedNotCounted),
        b"login",
        "sha256|intruder|1782909071|ab",
        br#"{"user":"root"}"#,
        Verdict::Rejected(Rejection::UnknownKey),
    );
    stream.message(
        "old",
        Sequence::Unknown(UnknownReason::CounterUnreadable),
        b"legacy-sync",
        "",
        br#"{"full":false}"#,
        Verdict::Unsigned,
    );
    findings(stream);
    stream.message(
        "ops",
        Sequence::Exact(1047),
        b"price-update",
        "sha256|default|1782909074|ab12",
        br#"{"sku":"A-18","price":4.50,"tags":["sale","\u00fcber"],"stock":null}"#,
        verified,
    );
    stream.message(
        "ops",
        Sequence::Exact(1048),
        b"cache-flush",
        "sha256|default|1782909075|ab12",
        br#"{"tag":"cart"}"#,
        verified,
    );
}

fn findings(stream: &mut Stream) {
    stream.finding(
        FindingKind::MissedNotRunning,
        "audit",
        Some((9_001, 9_969)),
        Some(969),
        Cause::NotRunning { program: Program::Aircheck, since: NOW - 7_380_000_000, lower_bound: true, lost: None },
    );
    stream.finding(
        FindingKind::CountedNotReceived,
        "audit",
        Some((9_970, 9_974)),
        Some(2),
        Cause::CountMismatch { advance: 5, received: 3 },
    );
    stream.finding(
        FindingKind::ReceivedNotCounted,
        "audit",
        None,
        Some(1),
        Cause::CountMismatch { advance: 0, received: 1 },
    );
    stream.finding(FindingKind::CounterReset, "old", None, None, Cause::Reset { before: 88_120, after: Some(3) });
    stream.finding(FindingKind::CounterReset, "old", None, None, Cause::Reset { before: 3, after: None });
    stream.finding(
        FindingKind::Duplicate,
        "ops",
        Some((1047, 1047)),
        Some(1),
        Cause::Duplicate { first_at: NOW - 63_000_000, first_channel: Channel::new(b"billing:invoices") },
    );
    stream.finding(FindingKind::ClockSkew, "ops", Some((1048, 1048)), Some(1), Cause::ClockSkew { seconds: 1890 });
}

/// Collects rows.
#[derive(Default)]
pub(super) struct Stream {
    interval: Interval,
    without_findings: bool,
}

impl Stream {
    fn at(&self) -> i64 {
        NOW - 10_000_000 + 211_377 * i64::try_from(self.interval.entries().len()).unwrap_or(0)
    }

    pub(super) fn message(
        &mut self,
        channel: &str,
        sequence: Sequence,
        name: &[u8],
        signature: &str,
        data: &[u8],
        verdict: Verdict,
    ) {
        let payload = [name, b":", signature.as_bytes(), b":", data].concat();
        let channel = Channel::new(channel.as_bytes());
        let at = self.at();
        self.interval.push_message(
            &payload,
            at,
            channel,
            sequence,
            verdict,
            Some(Algorithm::Sha256),
            Some(at / 1_000_000),
        );
    }

    pub(super) fn finding(
        &mut self,
        kind: FindingKind,
        channel: &str,
        range: Option<(u64, u64)>,
        count: Option<u64>,
        cause: Cause,
    ) {
        if self.without_findings {
            return;
        }
        let channel = Channel::new(channel.as_bytes());
        let (from, to) = (range.map(|range| range.0), range.map(|range| range.1));
        self.interval.push(Entry::from(Finding {
            kind,
            channel,
            sequence_from: from,
            sequence_to: to,
            count,
            at: self.at(),
            cause,
        }));
    }

    pub(super) fn link(&mut self, state: LinkState, reason: Option<&str>, server: Option<Arc<ServerInfo>>) {
        let link = Link { state, reason: reason.map(Into::into), channel: None, server, at: self.at() };
        self.interval.push(Entry::Link(link));
    }

    pub(super) fn dropped(&mut self, dropped: Dropped) {
        let at = self.at();
        self.interval.push(Dropped { at, ..dropped }.into());
    }

    /// Sets the rows and the lists of findings and rejections.
    pub(super) fn into_state(self, state: &mut State) {
        let interval = Arc::new(self.interval);
        let first = 1204;
        let rows: VecDeque<Row> =
            (0..interval.entries().len()).map(|index| Row { interval: Arc::clone(&interval), index }).collect();
        let newest = first + rows.len() as u64 - 1;
        let mut gaps = Findings::default();
        let mut rejections = Rejections::default();
        for (row_id, row) in (first..).zip(&rows) {
            match row.entry() {
                Entry::Finding(finding) => {
                    gaps.push(FindingEntry { finding: Finding::clone(finding), row_id }, false);
                }
                Entry::Message(message) => {
                    if let Verdict::Rejected(rejection) = message.verdict {
                        let envelope = interval.envelope(message);
                        let entry = RejectedEntry {
                            at: message.at,
                            channel: interval.channel(message).clone(),
                            name: envelope.name.to_vec(),
                            key_name: envelope.signature.split(|byte| *byte == b'|').nth(1).map(<[u8]>::to_vec),
                            sequence: message.sequence,
                            rejection,
                            row_id,
                        };
                        rejections.push(entry, false);
                    }
                }
                _ => {}
            }
        }
        state.findings = gaps;
        state.rejections = rejections;
        state.messages =
            Messages { rows, first_row_id: first, cursor: Some(newest), follow: true, ..Messages::default() };
        state.detail = Detail::default();
        prepare(state);
        state.detail.checks = checks(None);
        state.detail.stage = Stage::Fresh;
        prepare(state);
        state.compose.add(sent(newest));
        state.messages.own.insert(newest);
    }
}

/// The checks of a message; all pass, or the last one fails.
pub(super) fn checks(rejection: Option<&str>) -> Vec<Check> {
    let mut checks: Vec<Check> = [
        (CheckKind::Json, "valid JSON"),
        (CheckKind::Signature, "present"),
        (CheckKind::Algorithm, "sha256"),
        (CheckKind::Key, "default"),
        (CheckKind::Timestamp, "1782909075"),
        (CheckKind::Time, "0 s of 3600 s"),
        (CheckKind::Hmac, "matches"),
    ]
    .map(|(kind, detail)| Check { kind, outcome: CheckOutcome::Passed, detail: detail.to_owned(), explanation: None })
    .into();
    if let Some(words) = rejection {
        checks[6].outcome = CheckOutcome::Failed;
        words.clone_into(&mut checks[6].detail);
        checks[6].explanation = Some(Rejection::SignatureMismatch.explain());
    }
    checks
}

fn sent(row_id: u64) -> Sent {
    let payload = b"cache-flush:sha256|default|1782909075|ab:".to_vec();
    Sent {
        result: Some(Ok((3, 1048))),
        own_receivers: 1,
        echo: Some(Echo { latency: 640, verdict: Verdict::Verified, sequence: Sequence::Exact(1048), row_id }),
        ..Sent::new(b"ops".to_vec(), b"cache-flush".to_vec(), payload, NOW - 1_000_000)
    }
}

/// A message being composed, with the cursor in its data.
pub(super) fn composing(mut state: State, data: &str) -> State {
    state.focus = Pane::Compose;
    state.compose.channel = vec!["ops"].into();
    state.compose.name = vec!["price-update"].into();
    state.compose.data = data.lines().map(str::to_owned).collect::<Vec<_>>().into();
    state.compose.field = Field::Data;
    state.compose.sign_with = SignWith::SigningKey;
    state.compose.size = (70 + data.len()) as u64;
    state.compose.preview = Some(escape(format!("price-update:sha256|default|1782909076|…:{data}").as_bytes()));
    state
}

/// Channels found on the server.
pub(super) fn discover() -> Discover {
    let found = [
        ("audit", Reading::Value(9_977), Some(1)),
        ("billing:invoices", Reading::Value(312), Some(0)),
        ("billing:refunds", Reading::Missing, Some(1)),
        ("old", Reading::Unreadable("WRONGTYPE".into()), None),
        ("ops", Reading::Value(1_048), Some(3)),
        ("\u{1b}[2Jops\u{202e}", Reading::Value(18_446_744_073_709_551_615), Some(2)),
    ];
    Discover {
        searching: false,
        found: found
            .map(|(name, counter, subscribers)| DiscoveredChannel {
                channel: Channel::new(name.as_bytes()),
                counter,
                subscribers,
            })
            .into(),
        picked: BTreeSet::from([1, 4]),
        narrowing: Narrowing::default(),
        position: ListCursor { cursor: 2, top: 0 },
        error: None,
    }
}
