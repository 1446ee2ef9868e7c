//! A replay of a large recording starts at once at any position: it reads only what it shows.
//!
//! `AIRCHECK_REPLAY_COUNT=10000000 cargo nextest run --release --no-capture --test server -E 'test(replaying_many)'` creates a
//! recording of ten million messages and prints how long it takes to open it.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use aircheck::console::app::event::Event;
use aircheck::console::app::replay::{ReplayOrder, Speed};
use aircheck::console::runtime::player::{Begin, Player};
use aircheck::ledger::finding::{Cause, Finding, FindingKind};
use aircheck::ledger::interval::{Entry, Interval};
use aircheck::ledger::sequence::{Channel, Sequence};
use aircheck::recording::reader::RecordingReader;
use aircheck::recording::writer::{Intake, Origin, RecorderSettings, Retention, prepare};
use aircheck::wire::verdict::Verdict;

const START: i64 = 1_795_516_352_000_000;
/// Messages of an interval.
const PIECE: u64 = 10_000;

/// Generates messages on demand, with a finding in the middle.
struct Traffic {
    made: u64,
    count: u64,
}

impl Intake for Traffic {
    fn take(&mut self, _patience: Duration, into: &mut Vec<Arc<Interval>>) -> bool {
        let channel = Channel::new(b"ops");
        let mut interval = Interval::default();
        for number in self.made + 1..=(self.made + PIECE).min(self.count) {
            let payload = format!("price-update:sha256|default|1795516352|0123456789abcdef:{{\"sku\":{number}}}");
            let at = START + i64::try_from(number).unwrap() * 1000;
            let sequence = Sequence::Exact(number);
            interval.push_message(payload.as_bytes(), at, channel.clone(), sequence, Verdict::Unsigned, None, None);
            if number == self.count / 2 {
                let (kind, cause) = (FindingKind::ClockSkew, Cause::ClockSkew { seconds: 1900 });
                let channel = channel.clone();
                interval.push(Entry::from(Finding {
                    kind,
                    channel,
                    sequence_from: None,
                    sequence_to: None,
                    count: None,
                    at,
                    cause,
                }));
            }
        }
        self.made += PIECE;
        into.push(Arc::new(interval));
        self.made < self.count
    }
}

fn record(path: &Path, count: u64) {
    let text = String::new;
    let origin = Origin { host: text(), version: text(), target: text(), profile: text(), source: text() };
    let settings = RecorderSettings {
        path: path.to_owned(),
        origin,
        retention: Retention::default(),
        backlog: usize::MAX,
        shipper: None,
    };
    let recorder = prepare(settings).unwrap().start(Traffic { made: 0, count }, |_| {}).unwrap();
    assert_eq!(recorder.close().committed, count);
}

/// Opens it there; how many steps of `SQLite`'s machine that took, and how many rows are shown.
fn opened(path: &Path, what: &str, from: Begin, order: Option<ReplayOrder>) -> (u64, usize) {
    let clock = Instant::now();
    let mut reader = RecordingReader::open(path).unwrap();
    let steps = Arc::new(AtomicU64::new(0));
    let counted = Arc::clone(&steps);
    let count = move || {
        counted.fetch_add(100, Ordering::Relaxed);
        false
    };
    reader.connection_mut().progress_handler(100, Some(count)).unwrap();
    let mut events = Vec::new();
    let mut player = Player::begin(reader, from, Speed::NORMAL, &mut events).unwrap();
    if let Some(order) = order {
        player.order(order, &mut events);
    }
    assert_eq!(player.status().failure, None);
    let shown = |event: &Event| if let Event::Interval(interval) = event { interval.entries().len() } else { 0 };
    let shown = events.iter().map(shown).sum();
    let steps = steps.load(Ordering::Relaxed);
    println!("{what}: {:.1} ms, {shown} rows, {steps} steps", clock.elapsed().as_secs_f64() * 1000.0);
    (steps, shown)
}

#[test]
fn a_replay_reads_what_it_shows_and_no_more() {
    let count = std::env::var("AIRCHECK_REPLAY_COUNT").map_or(60_000, |count| count.parse().unwrap());
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("many.db");
    let began = Instant::now();
    record(&path, count);
    println!("recorded {count} messages in {:.1} s", began.elapsed().as_secs_f64());
    let middle = START + i64::try_from(count).unwrap() * 500;
    let finding = RecordingReader::open(&path).unwrap().findings(i64::MIN, i64::MAX, 1).unwrap().places[0].id;
    for (what, begin, order) in [
        ("the beginning", Begin::Start, None),
        ("a time in the middle", Begin::At(middle), None),
        ("around a finding", Begin::Around(finding), None),
        ("the end", Begin::Start, Some(ReplayOrder::End)),
    ] {
        let (steps, shown) = opened(&path, what, begin, order);
        // A row takes some twenty steps: all of sixty thousand would take a million.
        assert!(steps < 200_000, "{what}: {steps} steps for {shown} rows");
        assert!(shown > 0);
    }
}
