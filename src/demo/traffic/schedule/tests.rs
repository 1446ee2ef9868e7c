use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use super::{CHANNELS, Event, Schedule};
use crate::demo::traffic::script::{Fault, Script};

/// The events of the first `seconds`.
fn events(schedule: &mut Schedule, seconds: u64) -> Vec<(Duration, Event)> {
    std::iter::from_fn(|| {
        let at = schedule.next_at();
        (at < Duration::from_secs(seconds)).then(|| (at, schedule.next()))
    })
    .collect()
}

fn faults(schedule: &mut Schedule, seconds: u64) -> Vec<(Duration, Fault)> {
    let events = events(schedule, seconds).into_iter();
    events.filter_map(|(at, event)| if let Event::Fault(fault) = event { Some((at, fault)) } else { None }).collect()
}

/// The number of messages in each second, by channel.
fn counts(schedule: &mut Schedule, seconds: u64) -> BTreeMap<&'static str, Vec<usize>> {
    let mut counts: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
    for (at, event) in events(schedule, seconds) {
        if let Event::Message(message) = event {
            let of_channel = counts.entry(message.channel).or_default();
            of_channel.resize(usize::try_from(at.as_secs()).unwrap_or(0) + 1, 0);
            *of_channel.last_mut().unwrap_or(&mut 0) += 1;
        }
    }
    counts
}

fn calm() -> Script {
    Script::of(&[], Duration::ZERO)
}

#[test]
fn the_script_shows_every_finding_once_in_three_minutes_and_nothing_after_it() {
    let mut schedule = Schedule::new(Script::demo(), 1, 1.0);
    let shown = faults(&mut schedule, 180);
    for finding in [
        Fault::LostConnection,
        Fault::LoneIncr,
        Fault::RoguePublish,
        Fault::CounterReset,
        Fault::Replay,
        Fault::ClockSkew,
    ] {
        assert_eq!(shown.iter().filter(|(_, fault)| *fault == finding).count(), 1, "{finding:?}");
    }
    assert!(shown.windows(2).all(|pair| pair[1].0.saturating_sub(pair[0].0) >= Duration::from_secs(5)));
    assert!(faults(&mut schedule, 600).is_empty());
}

#[test]
fn a_shared_server_keeps_its_connections_and_counters() {
    let shown: Vec<_> = faults(&mut Schedule::new(Script::shared_server(), 1, 1.0), 180);
    assert!(shown.len() > 10);
    assert!(!shown.iter().any(|(_, fault)| matches!(fault, Fault::LostConnection | Fault::CounterReset)));
}

#[test]
fn one_channel_goes_quiet() {
    let counts = counts(&mut Schedule::new(calm(), 7, 10.0), 300);
    let quiet: Vec<_> = counts.iter().filter(|(_, counts)| counts.len() < 100).map(|(channel, _)| *channel).collect();
    assert_eq!(quiet, ["billing:us-eastern:orders"]);
}

/// Equal messages in one second have equal payloads, which the console shows as copies.
#[test]
fn messages_of_one_second_differ() {
    let mut seen = BTreeSet::new();
    for (at, event) in events(&mut Schedule::new(calm(), 7, 1.0), 180) {
        if let Event::Message(message) = event {
            assert!(seen.insert((at.as_secs(), message.name, message.data)), "{} twice", message.name);
        }
    }
}

#[test]
fn message_rates_vary_on_every_channel() {
    let counts = counts(&mut Schedule::new(calm(), 7, 10.0), 70);
    assert_eq!(counts.keys().copied().collect::<Vec<_>>(), BTreeSet::from(CHANNELS).into_iter().collect::<Vec<_>>());
    for (channel, counts) in counts {
        let mean = counts.iter().sum::<usize>() / counts.len();
        let (least, most) = (counts.iter().min().copied().unwrap_or(0), counts.iter().max().copied().unwrap_or(0));
        assert!(least * 2 < mean && most > mean * 2, "{channel}: from {least} to {most} a second, {mean} in the mean");
    }
}

#[test]
fn the_rate_multiplies_the_messages() {
    let total = |rate| counts(&mut Schedule::new(calm(), 7, rate), 60).values().flatten().sum::<usize>();
    let (usual, tenfold) = (total(1.0), total(10.0));
    assert!((600..3_000).contains(&usual), "{usual} messages a minute");
    assert!((usual * 7..usual * 14).contains(&tenfold), "{usual} and {tenfold}");
    assert_eq!(total(f64::NAN), usual);
    assert_eq!(total(-1.0), total(0.0), "both are taken as the least");
}
