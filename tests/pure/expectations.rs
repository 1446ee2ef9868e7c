//! Expectations: a simulated server, connection and clock.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::collections::VecDeque;
use std::sync::Arc;

use aircheck::ledger::alert::{AlertGate, AlertKind, Alerts, AtMost, alert_id};
use aircheck::ledger::expectation::{
    Barrier, Changes, Expectation, ExpectationCheck, ExpectationState, ExpectationStatus, Rate, Tracker,
};
use aircheck::ledger::finding::{Cause, Finding, FindingKind};
use aircheck::ledger::interval::{Entry, Interval};
use aircheck::ledger::known::ServerId;
use aircheck::ledger::sequence::Channel;

const SECOND: i64 = 1_000_000;
const MINUTE: i64 = 60 * SECOND;
const HOUR: i64 = 60 * MINUTE;
/// The number of simulated runs with random faults.
const SEEDS: u64 = 100;
/// The simulation advances in steps of this length.
const STEP: i64 = SECOND / 2;
/// The wall clock at the start.
const START: i64 = 1_795_523_466_000_000;

fn heartbeat() -> Expectation {
    Expectation {
        title: "heartbeat".into(),
        channels: vec![b"ops".to_vec()],
        name: None,
        at_least: Some(Rate { count: 1, micros: 5 * MINUTE }),
        at_most: None,
        grace: MINUTE,
    }
}

fn burst(count: u64, micros: i64) -> Expectation {
    Expectation { at_least: None, at_most: Some(Rate { count, micros }), ..heartbeat() }
}

fn server(run: u64) -> Arc<ServerId> {
    Arc::new(ServerId::new(&format!("run {run}"), "replication").unwrap())
}

/// What the server sent and aircheck has not read yet.
enum Sent {
    Message { name: &'static str, is_accepted: bool },
    Reply { requested: i64, counter: Option<u64>, server: Arc<ServerId> },
}

/// A server with one channel, and an aircheck that watches it.
#[expect(clippy::struct_excessive_bools, reason = "faults that do not depend on each other")]
struct World {
    expectation: Arc<Expectation>,
    tracker: Option<Tracker>,
    now: i64,
    /// Wall clock minus monotonic clock.
    wall: i64,
    counter: u64,
    is_counter_readable: bool,
    server: Arc<ServerId>,
    is_server_up: bool,
    /// Whether the network between them works.
    is_linked: bool,
    is_connected: bool,
    /// aircheck is stopped by a signal or an overloaded machine.
    is_stalled: bool,
    /// The server accepts connections but does not reply.
    is_mute: bool,
    is_waiting: bool,
    idle_at: i64,
    socket: VecDeque<Sent>,
    stored: Option<ExpectationStatus>,
    findings: Vec<Finding>,
}

impl World {
    fn new(expectation: Expectation) -> Self {
        let mut world = Self {
            expectation: Arc::new(expectation),
            tracker: None,
            now: 0,
            wall: START,
            counter: 0,
            is_counter_readable: true,
            server: server(1),
            is_server_up: true,
            is_linked: true,
            is_connected: false,
            is_stalled: false,
            is_mute: false,
            is_waiting: false,
            idle_at: 0,
            socket: VecDeque::new(),
            stored: None,
            findings: Vec::new(),
        };
        world.start_aircheck();
        world.wait(STEP);
        world
    }

    fn start_aircheck(&mut self) {
        let mut tracker = Tracker::new(Arc::clone(&self.expectation), Channel::new(b"ops"));
        if let Some(stored) = &self.stored {
            tracker.restore(stored);
        }
        self.tracker = Some(tracker);
    }

    /// Kills aircheck. Only what was stored before is kept.
    fn kill_aircheck(&mut self) {
        self.tracker = None;
        self.is_connected = false;
        self.socket.clear();
    }

    fn publish(&mut self) {
        self.publish_as("evt", true);
    }

    /// Publishes if the server is up.
    fn publish_as(&mut self, name: &'static str, is_accepted: bool) {
        if self.is_server_up {
            self.counter += 1;
            if self.is_connected {
                self.socket.push_back(Sent::Message { name, is_accepted });
            }
        }
    }

    fn state(&self) -> ExpectationState {
        self.tracker.as_ref().unwrap().state()
    }

    fn take(&mut self, changes: Changes) {
        self.findings.extend(changes.findings);
        if let Some(status) = changes.status
            && status.quiet_since.is_some()
        {
            self.stored = Some(status);
        }
    }

    fn wait(&mut self, micros: i64) {
        let end = self.now + micros;
        while self.now < end {
            self.step();
        }
    }

    fn step(&mut self) {
        self.now += STEP;
        let (now, at) = (self.now, self.now + self.wall);
        if self.tracker.is_none() || self.is_stalled {
            return;
        }
        let is_link_up = self.is_server_up && self.is_linked;
        if self.is_connected && !is_link_up {
            self.read();
            self.is_connected = false;
            let changes = self.tracker.as_mut().unwrap().link_is_down(now, at);
            self.take(changes);
            return;
        }
        if !self.is_connected && is_link_up {
            (self.is_connected, self.is_waiting, self.idle_at) = (true, false, now);
            self.socket.clear();
        }
        if self.is_connected {
            self.read();
            if !self.is_waiting && now >= self.idle_at {
                self.is_waiting = true;
                self.idle_at = now + SECOND;
                // The server reads the counter at once. The reply waits until aircheck reads it.
                let counter = self.is_counter_readable.then_some(self.counter);
                let server = Arc::clone(&self.server);
                self.socket.push_back(Sent::Reply { requested: now, counter, server });
            }
        }
    }

    fn read(&mut self) {
        let (received, at) = (self.now, self.now + self.wall);
        if self.is_mute {
            let changes = self.tracker.as_mut().unwrap().link_is_stale(received, at);
            self.take(changes);
            return;
        }
        while let Some(sent) = self.socket.pop_front() {
            match sent {
                Sent::Message { name, is_accepted } => {
                    self.tracker.as_mut().unwrap().message(name.as_bytes(), is_accepted, at);
                }
                Sent::Reply { requested, counter, server } => {
                    self.is_waiting = false;
                    let barrier = Barrier { requested, received, at, counter, server: Some(server) };
                    let changes = self.tracker.as_mut().unwrap().barrier(&barrier);
                    self.take(changes);
                }
            }
        }
    }

    fn kinds(&self) -> Vec<FindingKind> {
        self.findings.iter().map(|finding| finding.kind).collect()
    }

    /// Since when and for how long no message was accepted, and whether the counter proves the silence, of the last finding.
    fn last(&self) -> (i64, u64, bool) {
        let Some(Finding { cause: Cause::Expectation { since, duration_micros, is_proved, .. }, .. }) =
            self.findings.last()
        else {
            panic!("{:?}", self.findings)
        };
        (*since, *duration_micros, *is_proved)
    }
}

fn assert_close(actual: i64, expected: i64) {
    assert!((actual - expected).abs() <= 6 * SECOND, "{actual} is not near {expected}");
}

#[test]
fn a_channel_is_new_until_its_first_message() {
    let mut world = World::new(heartbeat());
    world.wait(HOUR);
    assert_eq!((world.state(), world.kinds()), (ExpectationState::New, vec![]));
    world.publish_as("evt", false);
    world.wait(MINUTE);
    assert_eq!(world.state(), ExpectationState::New, "a rejected message does not count");
    world.publish();
    world.wait(5 * SECOND);
    assert_eq!(world.state(), ExpectationState::Met);
}

#[test]
fn a_dead_publisher_is_reported_once_after_the_period_and_the_grace_time() {
    let mut world = World::new(heartbeat());
    world.publish();
    world.wait(SECOND);
    let last = world.now + world.wall;
    world.wait(6 * MINUTE - 5 * SECOND);
    assert_eq!((world.state(), world.kinds()), (ExpectationState::Met, vec![]));
    world.wait(8 * SECOND);
    assert_eq!((world.state(), world.kinds()), (ExpectationState::Silent, vec![FindingKind::Silent]));
    let (since, duration, is_proved) = world.last();
    assert_close(since, last);
    assert_close(duration.cast_signed(), 6 * MINUTE);
    assert!(is_proved);
    world.wait(HOUR);
    assert_eq!(world.kinds(), [FindingKind::Silent], "one finding at the start");
    world.publish();
    world.wait(5 * SECOND);
    assert_eq!(
        (world.state(), world.kinds()),
        (ExpectationState::Met, vec![FindingKind::Silent, FindingKind::Resumed])
    );
    let (since, duration, _) = world.last();
    assert_close(since, last);
    assert_close(duration.cast_signed(), HOUR + 6 * MINUTE);
}

#[test]
fn a_dead_server_is_unknown_and_never_silent() {
    let mut world = World::new(heartbeat());
    world.publish();
    world.wait(MINUTE);
    world.is_server_up = false;
    world.wait(HOUR);
    assert_eq!((world.state(), world.kinds()), (ExpectationState::Unknown, vec![]));
    // The new server's publishers have the whole time again.
    (world.is_server_up, world.server, world.counter) = (true, server(2), 0);
    world.wait(5 * MINUTE);
    assert_eq!((world.state(), world.kinds()), (ExpectationState::Unknown, vec![]));
    world.wait(2 * MINUTE);
    assert_eq!((world.state(), world.kinds()), (ExpectationState::Silent, vec![FindingKind::Silent]));
}

#[test]
fn a_server_that_does_not_reply_is_unknown() {
    let mut world = World::new(heartbeat());
    world.publish();
    world.wait(MINUTE);
    world.is_mute = true;
    world.wait(HOUR);
    assert_eq!((world.state(), world.kinds()), (ExpectationState::Unknown, vec![]));
    world.publish();
    world.is_mute = false;
    world.wait(5 * SECOND);
    assert_eq!((world.state(), world.kinds()), (ExpectationState::Met, vec![]));
}

#[test]
fn rejected_and_other_messages_do_not_end_a_silence() {
    let mut world = World::new(Expectation { name: Some(b"cron-*".to_vec()), ..heartbeat() });
    world.publish_as("cron-daily", true);
    for _ in 0..7 {
        world.wait(MINUTE);
        world.publish_as("evt", true);
        world.publish_as("cron-daily", false);
    }
    assert_eq!(world.kinds(), [FindingKind::Silent]);
    assert!(!world.last().2, "a name is observed, not proved");
}

#[test]
fn a_silence_is_proved_only_by_an_unchanged_counter() {
    for case in ["rejected", "counted", "unreadable", "reset"] {
        let mut world = World::new(heartbeat());
        world.is_counter_readable = case != "unreadable";
        world.publish();
        world.wait(MINUTE);
        match case {
            "rejected" => world.publish_as("evt", false),
            "counted" => world.counter += 1,
            "reset" => world.counter = 0,
            _ => {}
        }
        world.wait(6 * MINUTE);
        assert_eq!(world.kinds(), [FindingKind::Silent], "{case}");
        assert!(!world.last().2, "{case}");
    }
}

#[test]
fn a_flush_is_no_silence() {
    let mut world = World::new(heartbeat());
    for _ in 0..10 {
        world.publish();
        world.wait(150 * SECOND);
        world.counter = 0;
        world.wait(150 * SECOND);
    }
    assert_eq!((world.state(), world.kinds()), (ExpectationState::Met, vec![]));
}

#[test]
fn a_short_disconnection_does_not_restart_the_clock_if_nothing_was_published() {
    let mut world = World::new(heartbeat());
    world.publish();
    world.wait(5 * MINUTE);
    world.is_linked = false;
    world.wait(10 * MINUTE);
    world.is_linked = true;
    world.wait(5 * SECOND);
    assert_eq!((world.state(), world.kinds()), (ExpectationState::Met, vec![]), "time without a link does not count");
    world.wait(MINUTE);
    assert_eq!(world.kinds(), [FindingKind::Silent]);
    assert!(world.last().2);
    assert_close(world.last().1.cast_signed(), 16 * MINUTE);
}

#[test]
fn a_missed_message_restarts_the_clock() {
    let mut world = World::new(heartbeat());
    world.publish();
    world.wait(5 * MINUTE);
    world.is_linked = false;
    world.wait(MINUTE);
    world.publish();
    world.is_linked = true;
    world.wait(5 * MINUTE);
    assert_eq!(
        (world.state(), world.kinds()),
        (ExpectationState::Unknown, vec![]),
        "the missed one may have been rejected"
    );
    let connected = START + world.now - 5 * MINUTE;
    world.wait(2 * MINUTE);
    assert_eq!(world.kinds(), [FindingKind::Silent]);
    let (since, duration, is_proved) = world.last();
    assert_close(since, connected);
    assert_close(duration.cast_signed(), 6 * MINUTE);
    assert!(is_proved, "nothing was published since then");
}

#[test]
fn a_silence_that_ends_without_a_link_is_unknown_until_the_next_message() {
    let mut world = World::new(heartbeat());
    world.publish();
    world.wait(10 * MINUTE);
    world.is_linked = false;
    world.wait(MINUTE);
    world.publish();
    world.is_linked = true;
    world.wait(MINUTE);
    assert_eq!((world.state(), world.kinds()), (ExpectationState::Unknown, vec![FindingKind::Silent]));
    world.publish();
    world.wait(5 * SECOND);
    assert_eq!(
        (world.state(), world.kinds()),
        (ExpectationState::Met, vec![FindingKind::Silent, FindingKind::Resumed])
    );
}

#[test]
fn the_clock_survives_a_restart() {
    let mut world = World::new(heartbeat());
    world.publish();
    for _ in 0..4 {
        world.wait(80 * SECOND);
        world.kill_aircheck();
        world.wait(10 * MINUTE);
        world.start_aircheck();
    }
    assert_eq!(world.kinds(), [], "only the time with a link counts");
    world.wait(MINUTE);
    assert_eq!((world.state(), world.kinds()), (ExpectationState::Silent, vec![FindingKind::Silent]));
    assert!(world.last().2);
    world.kill_aircheck();
    world.wait(MINUTE);
    world.start_aircheck();
    world.wait(10 * MINUTE);
    assert_eq!((world.state(), world.kinds()), (ExpectationState::Silent, vec![FindingKind::Silent]), "reported once");
    world.publish();
    world.wait(5 * SECOND);
    assert_eq!(world.kinds(), [FindingKind::Silent, FindingKind::Resumed]);
}

#[test]
fn a_stored_state_of_another_name_is_ignored() {
    let mut world = World::new(heartbeat());
    world.publish();
    world.wait(MINUTE);
    world.kill_aircheck();
    world.expectation = Arc::new(Expectation { name: Some(b"cron-*".to_vec()), ..heartbeat() });
    world.start_aircheck();
    world.wait(10 * MINUTE);
    assert_eq!((world.state(), world.kinds()), (ExpectationState::New, vec![]));
}

#[test]
fn several_messages_can_be_expected_in_a_period() {
    let rate = Rate { count: 10, micros: MINUTE };
    let mut world = World::new(Expectation { at_least: Some(rate), grace: 0, ..heartbeat() });
    world.wait(HOUR);
    for _ in 0..100 {
        world.publish();
        world.wait(5 * SECOND);
    }
    assert_eq!((world.state(), world.kinds()), (ExpectationState::Met, vec![]));
    for _ in 0..20 {
        world.publish();
        world.wait(8 * SECOND);
    }
    assert_eq!((world.state(), world.kinds()), (ExpectationState::Silent, vec![FindingKind::Silent]), "7.5 a minute");
    for _ in 0..20 {
        world.publish();
        world.wait(5 * SECOND);
    }
    assert_eq!(
        (world.state(), world.kinds()),
        (ExpectationState::Met, vec![FindingKind::Silent, FindingKind::Resumed])
    );
}

#[test]
fn many_expected_messages_need_little_memory_and_stay_exact() {
    let rate = Rate { count: 10_000, micros: HOUR };
    let mut world = World::new(Expectation { at_least: Some(rate), grace: 0, ..heartbeat() });
    // 10,800 an hour.
    for _ in 0..5 * 3_600 {
        world.publish_and_wait(3, SECOND);
    }
    assert_eq!((world.state(), world.kinds()), (ExpectationState::Met, vec![]));
}

impl World {
    /// Publishes a number of messages at once, and waits.
    fn publish_and_wait(&mut self, count: u64, micros: i64) {
        for _ in 0..count {
            self.publish();
        }
        self.wait(micros);
    }
}

#[test]
fn too_many_messages_are_reported_once() {
    let mut world = World::new(Expectation { grace: 10 * SECOND, ..burst(100, MINUTE) });
    for _ in 0..100 {
        world.publish_and_wait(1, SECOND);
    }
    assert_eq!((world.state(), world.kinds()), (ExpectationState::Met, vec![]), "60 a minute");
    for _ in 0..120 {
        world.publish_and_wait(2, SECOND);
    }
    assert_eq!((world.state(), world.kinds()), (ExpectationState::TooMany, vec![FindingKind::TooMany]), "120 a minute");
    assert_eq!(world.findings[0].count, Some(101));
    world.wait(HOUR);
    assert_eq!(
        (world.state(), world.kinds()),
        (ExpectationState::Met, vec![FindingKind::TooMany, FindingKind::Resumed])
    );
    let duration = world.last().1.cast_signed();
    assert!((2 * MINUTE..5 * MINUTE).contains(&duration), "{duration}");
}

#[test]
fn a_backlog_after_a_stall_is_not_too_many() {
    let mut world = World::new(burst(100, MINUTE));
    world.publish_and_wait(1, 10 * SECOND);
    world.is_stalled = true;
    for _ in 0..1_000 {
        world.publish_and_wait(1, SECOND);
    }
    world.is_stalled = false;
    world.wait(MINUTE);
    assert_eq!((world.state(), world.kinds()), (ExpectationState::Met, vec![]), "60 a minute, received at once");
    world.is_stalled = true;
    for _ in 0..1_000 {
        world.publish_and_wait(3, SECOND);
    }
    world.is_stalled = false;
    world.wait(5 * SECOND);
    assert_eq!(world.kinds(), [FindingKind::TooMany], "180 a minute, received at once");
}

#[test]
fn too_many_without_a_link_is_unknown() {
    let mut world = World::new(burst(10, MINUTE));
    world.publish_and_wait(20, 5 * SECOND);
    world.publish_and_wait(20, 5 * SECOND);
    assert_eq!((world.state(), world.kinds()), (ExpectationState::TooMany, vec![FindingKind::TooMany]));
    world.is_linked = false;
    world.wait(MINUTE);
    assert_eq!(world.state(), ExpectationState::Unknown);
    world.is_linked = true;
    world.wait(30 * SECOND);
    assert_eq!(world.state(), ExpectationState::Unknown);
    world.wait(2 * MINUTE);
    assert_eq!(
        (world.state(), world.kinds()),
        (ExpectationState::Met, vec![FindingKind::TooMany, FindingKind::Resumed])
    );
}

/// Faults that no finding may come from.
#[derive(Debug, Clone, Copy)]
enum Fault {
    ClockStep(i64),
    LinkDown(i64),
    Stall(i64),
    Mute(i64),
    Killed(i64),
    ServerRestart(i64),
    Flush,
    Rejected,
    CountedOnly,
}

fn fault(random: &mut fastrand::Rng) -> Fault {
    let length = random.i64(STEP..20 * MINUTE);
    match random.u8(0..9) {
        0 => Fault::ClockStep(random.i64(-48 * HOUR..48 * HOUR)),
        1 => Fault::LinkDown(length),
        2 => Fault::Stall(length),
        3 => Fault::Mute(length),
        4 => Fault::Killed(length),
        5 => Fault::ServerRestart(length),
        6 => Fault::Flush,
        7 => Fault::Rejected,
        _ => Fault::CountedOnly,
    }
}

/// Twelve hours with a publisher that sends a heartbeat every five minutes, as punctually as the server permits.
fn twelve_hours(seed: u64, expectation: Expectation, mut dies_at: Option<i64>) -> World {
    let mut random = fastrand::Rng::with_seed(seed);
    let mut world = World::new(expectation);
    let mut publish_at = random.i64(0..5 * MINUTE);
    let mut fault_at = random.i64(0..30 * MINUTE);
    let mut ends: Vec<(i64, Fault)> = Vec::new();
    while world.now < 12 * HOUR {
        if dies_at.is_some_and(|dies_at| world.now >= dies_at) {
            (publish_at, dies_at) = (i64::MAX, None);
        }
        if world.now >= publish_at && world.is_server_up {
            world.publish();
            // Up to 50 s late: less than the grace time.
            publish_at = world.now + 5 * MINUTE + random.i64(-50 * SECOND..50 * SECOND);
        }
        if world.now >= fault_at {
            let fault = fault(&mut random);
            fault_at = world.now + random.i64(SECOND..20 * MINUTE);
            match fault {
                Fault::ClockStep(step) => world.wall += step,
                Fault::Flush => world.counter = 0,
                Fault::Rejected => world.publish_as("evt", false),
                Fault::CountedOnly => world.counter += 1,
                Fault::LinkDown(length)
                | Fault::Stall(length)
                | Fault::Mute(length)
                | Fault::Killed(length)
                | Fault::ServerRestart(length) => ends.push((world.now + length, fault)),
            }
            match fault {
                Fault::LinkDown(_) => world.is_linked = false,
                Fault::Stall(_) => world.is_stalled = true,
                Fault::Mute(_) => world.is_mute = true,
                Fault::Killed(_) => world.kill_aircheck(),
                Fault::ServerRestart(_) => world.is_server_up = false,
                _ => {}
            }
        }
        let now = world.now;
        let (over, open): (Vec<_>, _) = ends.into_iter().partition(|(end, _)| *end <= now);
        ends = open;
        for (_, fault) in over {
            match fault {
                Fault::LinkDown(_) => world.is_linked = true,
                Fault::Stall(_) => world.is_stalled = false,
                Fault::Mute(_) => world.is_mute = false,
                Fault::Killed(_) if world.tracker.is_none() => world.start_aircheck(),
                Fault::ServerRestart(_) => {
                    (world.is_server_up, world.server) = (true, server(now.unsigned_abs()));
                    // The server saved its data, or not.
                    world.counter = if random.bool() { world.counter } else { 0 };
                }
                _ => {}
            }
        }
        world.step();
    }
    world
}

#[test]
fn twelve_hours_with_clock_steps_and_faults_give_no_false_finding() {
    for seed in 0..SEEDS {
        let world = twelve_hours(seed, heartbeat(), None);
        assert_eq!(world.findings, [], "seed {seed}");
    }
}

#[test]
fn twelve_hours_with_faults_never_exceed_a_rate_that_is_kept() {
    // Never more than two heartbeats in five minutes, and 4:10 between two of them.
    for seed in 0..SEEDS {
        let expectation = Expectation { grace: 0, ..burst(2, 5 * MINUTE) };
        let world = twelve_hours(seed, expectation, None);
        assert_eq!(world.findings, [], "seed {seed}");
    }
}

#[test]
fn a_publisher_that_dies_is_found_in_spite_of_faults() {
    let mut found = 0_u64;
    for seed in 0..SEEDS {
        let world = twelve_hours(seed, heartbeat(), Some(6 * HOUR));
        let kinds = world.kinds();
        assert!(kinds.len() <= 1, "seed {seed}: {:?}", world.findings);
        found += u64::from(kinds == [FindingKind::Silent]);
    }
    // In the others, a fault restarted the clock every six minutes until the end.
    assert!(found > SEEDS * 4 / 5, "only {found}");
}

#[test]
fn rates_in_words() {
    for (count, seconds, expected) in [
        (1, 300, "1/5m"),
        (500, 1, "500/s"),
        (2, 3_600, "2/h"),
        (3, 86_400, "3/d"),
        (1, 90, "1/90s"),
        (1, 7_200, "1/2h"),
    ] {
        assert_eq!(Rate { count, micros: seconds * SECOND }.to_string(), expected);
    }
}

/// A check of a counter, `seconds` after the start. Returns its state and what it stores.
fn check(
    expectation: &Expectation,
    subscribed: Option<&ExpectationStatus>,
    checked: Option<&ExpectationStatus>,
    counter: u64,
    seconds: i64,
) -> (ExpectationState, ExpectationStatus) {
    let channel = Channel::new(b"ops");
    let (server, at) = (Some(server(1)), START + seconds * SECOND);
    let result = ExpectationCheck { expectation, channel: &channel, subscribed, checked, counter, server, at }.result();
    (result.state, result.stored)
}

#[test]
fn checks_compare_the_counter_with_the_last_check() {
    let expectation = heartbeat();
    let mut stored = None;
    for (counter, seconds, expected) in [
        (7, 0, ExpectationState::New),
        (7, 60, ExpectationState::New),
        (8, 120, ExpectationState::Met),
        (8, 180, ExpectationState::Met),
        (8, 470, ExpectationState::Met),
        (8, 481, ExpectationState::Silent),
        (8, 900, ExpectationState::Silent),
        (9, 960, ExpectationState::Silent),
        (10, 1_000, ExpectationState::Met),
        // An hour has ten periods with their grace time.
        (15, 4_600, ExpectationState::Silent),
        (27, 8_200, ExpectationState::Met),
        (3, 8_260, ExpectationState::Unknown),
        (4, 8_300, ExpectationState::Met),
        (4, 8_000, ExpectationState::Unknown),
    ] {
        let (state, next) = check(&expectation, None, stored.as_ref(), counter, seconds);
        assert_eq!(state, expected, "after {seconds} s");
        stored = Some(next);
    }
    let (_, first) = check(&expectation, None, None, 7, 0);
    let named = Expectation { name: Some(b"cron-*".to_vec()), ..heartbeat() };
    let first = ExpectationStatus { name: named.name.clone(), ..first };
    assert_eq!(check(&named, None, Some(&first), 8, 60).0, ExpectationState::Unknown, "it counts all names");
    assert_eq!(check(&named, None, Some(&first), 7, 400).0, ExpectationState::Silent);
    let most = burst(10, MINUTE);
    assert_eq!(check(&most, None, Some(&first), 17, 30).0, ExpectationState::Met);
    assert_eq!(check(&most, None, Some(&first), 18, 60).0, ExpectationState::TooMany);
    assert_eq!(check(&most, None, Some(&first), 27, 61).0, ExpectationState::Met, "ten in each of two minutes");
}

#[test]
fn checks_trust_a_running_subscription_and_the_last_message_of_an_ended_one() {
    let mut world = World::new(heartbeat());
    world.publish();
    world.wait(MINUTE);
    let stored = world.stored.clone().unwrap();
    let at = |micros: i64| (stored.at + micros - START) / SECOND;
    let (running, counted) = (at(10 * SECOND), stored.counter.unwrap());
    // The message may have been rejected.
    assert_eq!(check(&heartbeat(), Some(&stored), None, counted + 1, running).0, ExpectationState::Met);
    assert_eq!(check(&heartbeat(), Some(&stored), None, counted, at(4 * MINUTE)).0, ExpectationState::Met);
    assert_eq!(check(&heartbeat(), Some(&stored), None, counted, at(6 * MINUTE)).0, ExpectationState::Silent);
    assert_eq!(check(&heartbeat(), Some(&stored), None, counted + 1, at(6 * MINUTE)).0, ExpectationState::New);
}

#[test]
fn the_end_of_an_alert_passes_if_its_start_did() {
    let finding = |kind, channel: &[u8], since| {
        Entry::from(Finding {
            kind,
            channel: Channel::new(channel),
            sequence_from: None,
            sequence_to: None,
            count: None,
            at: START,
            cause: Cause::Expectation {
                expectation: "heartbeat".into(),
                expected: "at least 1/5m".into(),
                since,
                duration_micros: 1,
                is_proved: false,
            },
        })
    };
    let silent = AlertKind::Finding(FindingKind::Silent);
    let alerts = Alerts { kinds: vec![silent], at_most: AtMost { count: 1, micros: SECOND }, ..Alerts::default() };
    let mut gate = AlertGate::default();
    let mut passes = |kind, channel: &[u8], since, now| gate.passes(&alerts, &finding(kind, channel, since), now);
    assert!(passes(FindingKind::Silent, b"ops", 1, 0));
    assert!(!passes(FindingKind::Silent, b"billing", 1, 0), "the limit");
    assert!(!passes(FindingKind::TooMany, b"ops", 1, 0), "another kind");
    assert!(passes(FindingKind::Resumed, b"ops", 1, 0));
    assert!(!passes(FindingKind::Resumed, b"ops", 1, 0), "it was resolved already");
    assert!(!passes(FindingKind::Resumed, b"billing", 1, 0), "its start did not pass");
    let id = |kind, channel, since| alert_id(&Interval::default(), &finding(kind, channel, since));
    assert_eq!(id(FindingKind::Silent, b"ops", 1), id(FindingKind::Resumed, b"ops", 1));
    assert_ne!(id(FindingKind::Silent, b"ops", 1), id(FindingKind::Silent, b"ops", 2));
    assert_ne!(id(FindingKind::Silent, b"ops", 1), id(FindingKind::Silent, b"billing", 1));
}
