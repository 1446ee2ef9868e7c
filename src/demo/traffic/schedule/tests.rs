use std::collections::BTreeMap;
use std::time::Duration;

use super::{Event, Schedule};
use crate::demo::traffic::fault::{Fault, Faults};

/// Everything that happens within that many seconds.
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

/// Messages in each second, by channel.
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

#[test]
fn each_fault_is_shown_once_within_the_first_ten_seconds_in_order() {
    for seed in 0..50 {
        let shown = faults(&mut Schedule::new(Faults::all(), seed, 1.0), 10);
        let shown: Vec<_> = shown.into_iter().map(|(_, fault)| fault).collect();
        assert_eq!(shown, Fault::ALL, "seed {seed}");
    }
}

#[test]
fn later_they_come_more_calmly_and_all_of_them_again() {
    let mut schedule = Schedule::new(Faults::all(), 3, 1.0);
    faults(&mut schedule, 10);
    let later = faults(&mut schedule, 1_000);
    assert!((60..120).contains(&later.len()), "{} faults in 990 seconds", later.len());
    assert!(later.windows(2).all(|pair| pair[1].0.saturating_sub(pair[0].0) >= Duration::from_secs(5)));
    assert!(Fault::ALL.iter().all(|fault| later.iter().any(|(_, shown)| shown == fault)));
}

#[test]
fn only_what_is_allowed_happens() {
    assert!(faults(&mut Schedule::new(Faults::none(), 1, 1.0), 300).is_empty());
    let sparing = faults(&mut Schedule::new(Faults::without_lost_connections(), 1, 1.0), 1_000);
    assert!(sparing.len() > 50 && sparing.iter().all(|(_, fault)| *fault != Fault::LostConnection));
}

#[test]
fn rates_rise_and_fall_on_every_channel() {
    let counts = counts(&mut Schedule::new(Faults::none(), 7, 10.0), 120);
    assert_eq!(counts.keys().copied().collect::<Vec<_>>(), ["audit", "billing", "ops"]);
    for (channel, counts) in counts {
        let mean = counts.iter().sum::<usize>() / counts.len();
        let (least, most) = (counts.iter().min().copied().unwrap_or(0), counts.iter().max().copied().unwrap_or(0));
        assert!(least * 2 < mean && most > mean * 2, "{channel}: from {least} to {most} a second, {mean} in the mean");
    }
}

#[test]
fn the_rate_multiplies_the_messages() {
    let total = |rate| counts(&mut Schedule::new(Faults::none(), 7, rate), 60).values().flatten().sum::<usize>();
    let (usual, tenfold) = (total(1.0), total(10.0));
    assert!((600..3_000).contains(&usual), "{usual} messages a minute");
    assert!((usual * 7..usual * 14).contains(&tenfold), "{usual} and {tenfold}");
    assert_eq!(total(f64::NAN), usual);
    assert_eq!(total(-1.0), total(0.0), "both are taken as the least");
}
