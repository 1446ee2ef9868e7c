//! A replay against the live console: the same intervals, once from the subscription and once from the file.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use aircheck::console::app::event::Event;
use aircheck::console::app::replay::{ReplayOrder, Speed};
use aircheck::console::app::scrollback::Row;
use aircheck::console::app::state::{Setup, State};
use aircheck::console::app::update::update;
use aircheck::console::panes::timeline::state::Bucket;
use aircheck::console::runtime::player::{Begin, Player};
use aircheck::ledger::finding::FindingKind;
use aircheck::ledger::interval::{Entry, Interval, LinkState};
use aircheck::ledger::sequence::{Channel, Sequence};
use aircheck::recording::merge::merge;
use aircheck::recording::reader::RecordingReader;
use aircheck::recording::writer::{self, Intake, Origin, RecorderSettings, Retention};
use aircheck::redis::subscription::now_micros;
use aircheck::wire::signature::{Keyring, KeyringSettings};
use aircheck::wire::verdict::Verdict;

use crate::listening::{Listening, broadcast};
use crate::support::RedisServer;

fn setup() -> Setup {
    Setup {
        profile: String::new(),
        colour: None,
        target: String::new(),
        url: String::new(),
        read_only: true,
        confirm: false,
        keyring: Arc::new(Keyring::new(KeyringSettings::default())),
        channels: vec!["ops".to_owned(), "billing".to_owned()],
        max_rows: 100_000,
        max_bytes: 64 << 20,
        utc: true,
        demo: false,
    }
}

/// Gives the intervals to the writer once.
struct Once(Vec<Arc<Interval>>);

impl Intake for Once {
    fn take(&mut self, _patience: Duration, into: &mut Vec<Arc<Interval>>) -> bool {
        into.append(&mut self.0);
        false
    }
}

fn record(path: PathBuf, intervals: &[Arc<Interval>]) {
    let origin = Origin {
        host: "here".to_owned(),
        version: "0".to_owned(),
        target: "server".to_owned(),
        profile: String::new(),
        source: "server".to_owned(),
    };
    let settings = RecorderSettings { path, origin, retention: Retention::default(), backlog: 64 << 20, shipper: None };
    let recorder = writer::prepare(settings).unwrap().start(Once(intervals.to_vec()), |_| {}).unwrap();
    assert_eq!(recorder.close().not_recorded, 0);
}

/// A session with faults: a gap, a rogue publisher, rejected messages, a lost connection, a reset counter.
fn faulty_session() -> Vec<Arc<Interval>> {
    let server = RedisServer::start();
    let mut listening = Listening::start(&server.url(), &["ops", "billing"]);
    let kind = |kind| move |seen: &Listening| seen.findings().iter().any(|finding| finding.kind == kind);
    for number in 1..=300 {
        let channel = if number % 3 == 0 { "billing" } else { "ops" };
        let payload = match number % 5 {
            0 => format!("forged:sha256|default|{}|00:{{\"n\":{number}}}", now_micros() / 1_000_000),
            1 => format!("evt::{{\"n\":{number},"),
            _ => format!("evt::{{\"n\":{number}}}"),
        };
        broadcast(&server, channel, &payload);
    }
    listening.wait_for("300 messages", |seen| seen.messages().count() == 300);
    server.command::<()>(&["INCR", "system_broadcast_sequence_ops"]);
    listening.wait_for("a gap", kind(FindingKind::CountedNotReceived));
    server.command::<()>(&["PUBLISH", "billing", "rogue::{}"]);
    listening.wait_for("a rogue", kind(FindingKind::ReceivedNotCounted));
    server.command::<()>(&["CLIENT", "KILL", "TYPE", "pubsub"]);
    broadcast(&server, "ops", "missed::{}");
    listening.wait_for("a new connection", |seen| seen.links(LinkState::Connected) == 2);
    broadcast(&server, "ops", "after::{}");
    listening.wait_for("the message after it", |seen| seen.payloads().iter().any(|payload| payload == "after::{}"));
    server.command::<()>(&["SET", "system_broadcast_sequence_billing", "1"]);
    broadcast(&server, "billing", "reset::{}");
    listening.wait_for("a reset", kind(FindingKind::CounterReset));
    listening.end()
}

fn feed(state: &mut State, events: &mut Vec<Event>) {
    for event in events.drain(..) {
        update(state, event);
    }
}

/// Plays to the end at full speed, in steps.
fn play(player: &mut Player, state: &mut State) {
    let mut events = Vec::new();
    while !player.status().at_end {
        player.advance(Duration::from_millis(33), &mut events);
        feed(state, &mut events);
        assert_eq!(player.status().failure, None);
    }
}

fn open(path: &Path, begin: Begin) -> (Player, State) {
    let (mut state, mut events) = (State::new(setup()), Vec::new());
    let player = Player::begin(RecordingReader::open(path).unwrap(), begin, Speed(None), &mut events).unwrap();
    feed(&mut state, &mut events);
    (player, state)
}

/// What is seen of the rows: time, channel, number, verdict and payload of a message; the words of all else.
fn rows(state: &State) -> Vec<String> {
    let rows = state.messages.rows.iter().map(|row| match row.entry() {
        Entry::Message(message) => format!(
            "{} {:?} {:?} {:?} {:?} {:?} {:?}",
            message.at,
            row.interval.channel(message),
            message.sequence,
            message.verdict,
            message.algorithm,
            message.timestamp,
            row.interval.payload(message)
        ),
        other => format!("{other:?}"),
    });
    rows.collect()
}

#[test]
fn a_replay_shows_what_the_console_showed_live() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("a.db");
    let intervals = faulty_session();
    record(path.clone(), &intervals);
    let mut live = State::new(setup());
    for interval in &intervals {
        update(&mut live, Event::Interval(Arc::clone(interval)));
    }
    let (mut player, mut replayed) = open(&path, Begin::Start);
    play(&mut player, &mut replayed);

    assert_eq!(rows(&replayed), rows(&live));
    assert_eq!(replayed.totals, live.totals);
    assert!(
        live.totals.findings.gaps >= 2 && live.totals.rejected > 100 && live.totals.findings.others >= 2,
        "{:?}",
        live.totals
    );
    let gaps = |state: &State| -> Vec<_> {
        state.findings.list.iter().map(|entry| (entry.row_id, entry.finding.clone())).collect()
    };
    assert_eq!(gaps(&replayed), gaps(&live));
    let rejected = |state: &State| {
        format!("{:?} {:?}", state.rejections.list.iter().collect::<Vec<_>>(), state.rejections.by_rejection)
    };
    assert_eq!(rejected(&replayed), rejected(&live));
    let channels = |state: &State| -> Vec<_> {
        let list = state.channels.list.iter();
        list.map(|known| {
            let numbers = (known.received, known.gaps, known.rejected, known.other_findings);
            (known.channel.clone(), known.reading.clone(), known.last_at, numbers)
        })
        .collect()
    };
    assert_eq!(channels(&replayed), channels(&live));
    assert_eq!((replayed.link.phase, &replayed.link.server), (live.link.phase, &live.link.server));
}

#[test]
fn every_path_to_a_position_shows_the_earlier_entries_in_order() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("a.db");
    record(path.clone(), &faulty_session());
    let (mut player, mut all) = open(&path, Begin::Start);
    play(&mut player, &mut all);
    let all = rows(&all);

    // To the end, and to a time in the middle and on from there: the last rows are the same.
    let (mut player, mut state) = open(&path, Begin::Start);
    let mut events = Vec::new();
    player.order(ReplayOrder::End, &mut events);
    feed(&mut state, &mut events);
    assert!(rows(&state).ends_with(&all[1..]) && player.status().at_end);

    let middle = RecordingReader::open(&path).unwrap().by_sequence(
        &aircheck::ledger::sequence::Channel::new(b"ops"),
        1,
        (100, 100),
        None,
        1,
    );
    let at = middle.unwrap().0.interval.entries()[0].at();
    let (mut player, mut state) = open(&path, Begin::At(at));
    let before = rows(&state).len();
    assert!(before > 100 && before < all.len(), "{before}");
    assert_eq!(state.now, at);
    play(&mut player, &mut state);
    assert!(rows(&state).ends_with(&all[1..]));

    // Before the beginning is the beginning; around a finding, that is the selected row.
    let (_, state) = open(&path, Begin::At(0));
    assert!(rows(&state).len() < all.len());
    let findings = RecordingReader::open(&path).unwrap().findings(i64::MIN, i64::MAX, 1).unwrap();
    let (player, state) = open(&path, Begin::Around(findings.places[0].id));
    let Some(Entry::Finding(selected)) = state.messages.selected().map(Row::entry) else {
        panic!("{:?}", state.messages.cursor)
    };
    assert_eq!(format!("{:?}", Entry::Finding(selected.clone())), format!("{:?}", findings.interval.entries()[0]));
    assert!(!player.status().is_playing && !state.messages.follow);
    // The clock stops there. Nothing later is shown.
    assert_eq!((state.now, rows(&state).last()), (selected.at, Some(&format!("{:?}", findings.interval.entries()[0]))));
}

const START: i64 = 1_795_516_352_000_000;

/// Messages at these seconds after [`START`].
fn one_message_per_second(seconds: impl IntoIterator<Item = i64>) -> Interval {
    let mut interval = Interval::default();
    for second in seconds {
        let (at, channel) = (START + second * 1_000_000, Channel::new(b"ops"));
        let sequence = Sequence::Exact(second.unsigned_abs() + 1);
        let payload = format!("evt::{second}");
        interval.push_message(payload.as_bytes(), at, channel, sequence, Verdict::Unsigned, None, None);
    }
    interval
}

#[test]
fn the_clock_does_not_jump_between_the_recorders_of_a_merged_recording() {
    let directory = tempfile::tempdir().unwrap();
    let [a, b, merged] = ["a.db", "b.db", "merged.db"].map(|name| directory.path().join(name));
    record(a.clone(), &[Arc::new(one_message_per_second((0..=40).filter(|second| second % 4 < 2)))]);
    record(b.clone(), &[Arc::new(one_message_per_second(0..=40))]);
    merge(&[&a, &b], &merged, false).unwrap();
    let (mut state, mut events) = (State::new(setup()), Vec::new());
    let reader = RecordingReader::open(&merged).unwrap();
    let mut player = Player::begin(reader, Begin::Start, Speed::NORMAL, &mut events).unwrap();
    for _ in 0..60 {
        player.advance(Duration::from_millis(500), &mut events);
        feed(&mut state, &mut events);
    }
    // The clock may skip up to a second before the first message of the other recorder.
    assert!((30_000_000..=31_000_000).contains(&(state.now - START)), "{}", state.now - START);
}

#[test]
fn the_clock_goes_at_its_speed_and_stops() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("a.db");
    let start = START;
    record(path.clone(), &[Arc::new(one_message_per_second(0..=120))]);
    let (mut state, mut events) = (State::new(setup()), Vec::new());
    let reader = RecordingReader::open(&path).unwrap();
    let mut player = Player::begin(reader, Begin::Start, Speed(Some(20)), &mut events).unwrap();
    let mut shown = |player: &mut Player, order: Option<ReplayOrder>, millis: u64| {
        if let Some(order) = order {
            player.order(order, &mut events);
        }
        player.advance(Duration::from_millis(millis), &mut events);
        feed(&mut state, &mut events);
        (state.messages.rows.len(), (state.now - start) / 1_000_000)
    };
    assert_eq!(shown(&mut player, None, 0), (1, 0));
    assert_eq!(shown(&mut player, None, 5_000), (11, 10), "twice as fast");
    assert_eq!(shown(&mut player, Some(ReplayOrder::Pause), 5_000), (11, 10));
    assert_eq!(shown(&mut player, Some(ReplayOrder::Forward), 0), (71, 70));
    assert_eq!(shown(&mut player, Some(ReplayOrder::Back), 0), (11, 10));
    assert_eq!(shown(&mut player, Some(ReplayOrder::Back), 0), (1, 0));
    assert_eq!(shown(&mut player, Some(ReplayOrder::End), 0), (121, 120));
    assert!(player.status().at_end && !player.status().is_playing);
}

/// The messages and marks of the timeline since its start.
fn timeline(state: &State) -> Bucket {
    let mut sum = Bucket::default();
    for column in state.timeline.columns(state.now, 80).list {
        sum.add(&column.bucket);
    }
    sum
}

#[test]
fn the_timeline_counts_each_entry_once_after_jumps_and_before_a_position() {
    use ReplayOrder::{Back, End, Forward, Start};

    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("a.db");
    record(path.clone(), &[Arc::new(one_message_per_second((0..=200).flat_map(|second| [second, second])))]);
    let (mut player, mut state) = open(&path, Begin::Start);
    play(&mut player, &mut state);
    let first_pass = timeline(&state);
    assert_eq!((first_pass.messages, first_pass.peak, first_pass.others), (402, 2, 0));

    let mut events = Vec::new();
    for order in [Back, Back, Forward, Forward, Start, End] {
        player.order(order, &mut events);
        feed(&mut state, &mut events);
        let shown = timeline(&state);
        let rows = u64::try_from(state.messages.rows.len()).unwrap();
        assert_eq!((shown.messages, shown.peak, shown.others), (rows, 2, 0), "{order:?}");
    }
    assert_eq!(timeline(&state), first_pass);

    let last = RecordingReader::open(&path).unwrap().backward(i64::MAX, 1).unwrap().places[0].id;
    let (_, state) = open(&path, Begin::Around(last));
    assert_eq!(timeline(&state), first_pass);
}

#[test]
fn the_clock_stays_at_the_last_entry() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("a.db");
    record(path.clone(), &[Arc::new(one_message_per_second(0..=70))]);
    let end = START + 70_000_000;
    let (mut state, mut events) = (State::new(setup()), Vec::new());
    let reader = RecordingReader::open(&path).unwrap();
    let mut player = Player::begin(reader, Begin::Start, Speed(Some(6000)), &mut events).unwrap();
    let clocks = |events: &[Event]| -> Vec<i64> {
        events.iter().filter_map(|event| if let Event::Clock(at) = event { Some(*at) } else { None }).collect()
    };
    for order in [ReplayOrder::Forward, ReplayOrder::Forward, ReplayOrder::Forward, ReplayOrder::Start] {
        player.order(order, &mut events);
        assert!(clocks(&events).iter().all(|at| *at <= end), "{order:?} {:?}", clocks(&events));
        feed(&mut state, &mut events);
    }
    // A step of 500 ms is five minutes at this speed.
    player.advance(Duration::from_millis(500), &mut events);
    assert!(clocks(&events).iter().all(|at| *at <= end), "{:?}", clocks(&events));
    feed(&mut state, &mut events);
    assert_eq!((state.now, player.status().at_end), (end, true));
    let (_, state) = open(&path, Begin::At(end + 5_000_000));
    assert_eq!(state.now, end);
}
