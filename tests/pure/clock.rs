//! A wall clock that is set while the program runs.

use std::time::Duration;

use aircheck::ledger::clock::WallClock;

const SECOND: i64 = 1_000_000;
const START: i64 = 1_795_516_352 * SECOND;

/// The reports for these pairs of monotonic and wall clock times, in seconds since the start.
fn looks(at: &[(u64, i64)]) -> Vec<Option<i64>> {
    let mut clock = WallClock::default();
    at.iter().map(|&(monotonic, wall)| clock.step(Duration::from_secs(monotonic), START + wall * SECOND)).collect()
}

#[test]
fn a_step_of_an_hour_is_reported_once() {
    assert_eq!(
        looks(&[(0, 0), (1, 1), (2, 3602), (3, 3603), (4, 4)]),
        [None, None, Some(3600 * SECOND), None, Some(-3600 * SECOND)]
    );
}

#[test]
fn a_synchronised_clock_is_not_reported_as_set() {
    // A second an hour, and a second back at once, as for a leap second.
    let slewed: Vec<_> = (0..100).map(|hour| (hour * 3600, i64::try_from(hour).unwrap_or_default() * 3601)).collect();
    assert!(looks(&slewed).iter().all(Option::is_none));
    assert_eq!(looks(&[(0, 0), (10, 9)]), [None, None]);
}

#[test]
fn extreme_clock_values_do_not_panic() {
    let mut clock = WallClock::default();
    for (monotonic, wall) in
        [(Duration::MAX, i64::MIN), (Duration::ZERO, i64::MAX), (Duration::MAX, i64::MIN), (Duration::ZERO, 0)]
    {
        let _ = clock.step(monotonic, wall);
    }
}
