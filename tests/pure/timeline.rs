//! The timeline: it loses no message within its window, its memory is bounded, and it tolerates clock changes.

use aircheck::console::panes::timeline::state::{Mark, Timeline, Zoom};
use proptest::prelude::*;

const SECOND: i64 = 1_000_000;
const START: i64 = 1_795_516_352 * SECOND;

fn zoomed(zoom: Zoom) -> Timeline {
    let mut timeline = Timeline::default();
    timeline.zoom = zoom;
    timeline
}

fn messages(timeline: &Timeline, now: i64, width: usize) -> u64 {
    timeline.columns(now, width).list.iter().map(|column| column.bucket.messages).sum()
}

#[test]
fn a_day_of_a_million_messages_a_second_takes_bounded_memory() {
    let mut timeline = Timeline::default();
    let mut most = 0;
    for second in 0..2 * 86_400 {
        let now = START + second * SECOND;
        timeline.count_many(now, 1_000_000);
        timeline.mark(now, Mark::Rejected);
        timeline.tick(now, false);
        most = most.max(timeline.buckets());
    }
    assert!(most < 5_000, "{most} buckets");
    let now = START + (2 * 86_400 - 1) * SECOND;
    timeline.zoom = Zoom::Day;
    for width in [1, 39, 118, 198, 1440, 5000] {
        let columns = timeline.columns(now, width);
        assert!(columns.list.len() * columns.cells <= width, "{width}");
        for column in columns.list.iter().rev().skip(1) {
            assert_eq!(column.rate(now), Some(1_000_000.0), "{width} {column:?}");
        }
    }
}

#[test]
fn messages_before_the_start_are_unknown() {
    let mut timeline = zoomed(Zoom::Minute);
    timeline.tick(START, false);
    timeline.tick(START + 3 * SECOND, false);
    let columns = timeline.columns(START + 3 * SECOND, 100);
    let known: Vec<bool> = columns.list.iter().rev().map(|column| column.bucket.known).take(5).collect();
    let span = columns.list[0].seconds;
    assert!(known[0] && !known[usize::try_from(4 / span + 2).unwrap_or(4).min(4)], "{known:?}");
    assert_eq!(columns.list[0].rate(START), None, "not 0, for nobody looked");
}

#[test]
fn a_clock_set_back_clears_later_seconds_and_is_marked() {
    let mut timeline = zoomed(Zoom::Hour);
    for second in 0..1_000 {
        timeline.count(START + second * SECOND);
        timeline.tick(START + second * SECOND, false);
    }
    let back = START + 400 * SECOND;
    timeline.tick(back, false);
    assert!((380..=410).contains(&messages(&timeline, back, 1)), "{}", messages(&timeline, back, 1));
    let marks: u32 = timeline.columns(back, 100).list.iter().map(|column| column.bucket.others).sum();
    assert_eq!(marks, 1);
    // The clock is set far forward and back again. Counting continues.
    timeline.tick(back + 400 * 86_400 * SECOND, false);
    timeline.tick(back, false);
    timeline.count_many(back + SECOND, 7);
    timeline.tick(back + SECOND, false);
    assert_eq!(messages(&timeline, back + SECOND, 1), 7);
}

#[test]
fn a_link_is_shown_as_down_for_its_whole_duration() {
    let mut timeline = zoomed(Zoom::Minute);
    for second in 0..60 {
        timeline.tick(START + second * SECOND, (20..30).contains(&second));
    }
    let columns = timeline.columns(START + 59 * SECOND, 60);
    let down = columns.list.iter().filter(|column| column.bucket.down).count();
    assert!((10..=12).contains(&down), "{down}");
}

#[test]
fn zoom_steps_through_all_windows() {
    let longer = |zoom: &Zoom| (*zoom != Zoom::Start).then(|| zoom.step(false));
    let all: Vec<_> = std::iter::successors(Some(Zoom::Minute), longer).collect();
    assert_eq!(all, [Zoom::Minute, Zoom::TenMinutes, Zoom::Hour, Zoom::SixHours, Zoom::Day, Zoom::Start]);
    assert_eq!((Zoom::Minute.step(true), Zoom::Start.step(false)), (Zoom::Minute, Zoom::Start));
    assert!(all[..5].iter().all(|zoom| zoom.step(true).seconds() <= zoom.seconds()));
}

#[test]
fn the_window_since_the_start_grows() {
    let mut timeline = Timeline::default();
    let mut spans = Vec::new();
    for second in 0..3_000 {
        let now = START + second * SECOND;
        timeline.count(now);
        timeline.tick(now, false);
        let columns = timeline.columns(now, 100);
        assert!(columns.list.len() <= 100);
        assert_eq!(messages(&timeline, now, 100), u64::try_from(second).unwrap_or(0) + 1, "all since the start");
        if spans.last() != Some(&columns.list[0].seconds) {
            spans.push(columns.list[0].seconds);
        }
    }
    assert_eq!(spans, [1, 2, 5, 10, 20, 30, 60]);
}

#[test]
fn the_peak_is_of_one_second_however_long_the_columns_are() {
    let mut timeline = Timeline::default();
    timeline.tick(START, false);
    // The ticks divide a second, and the messages of two connections alternate at its end.
    for (tenths, count) in [(10, 9), (15, 5), (20, 4), (19, 15), (21, 1), (30, 20)] {
        timeline.count_many(START + tenths * SECOND / 10, count);
        timeline.tick(START + tenths.max(20) * SECOND / 10, false);
    }
    for seconds in [3, 700, 40_000] {
        let now = START + seconds * SECOND;
        timeline.tick(now, false);
        for width in [1, 80, 200] {
            let peak = timeline.columns(now, width).list.iter().map(|column| column.bucket.peak).max();
            assert_eq!(peak, Some(29), "{seconds} {width}");
        }
    }
}

proptest! {
    #[test]
    fn the_buckets_sum_to_the_messages_of_the_window(
        steps in proptest::collection::vec((0_i64..40, 0_u64..1_000), 1..400),
        zoom in proptest::sample::select(Zoom::ALL.to_vec()),
        width in 1_usize..300,
    ) {
        let mut timeline = zoomed(zoom);
        let mut now = START;
        let mut sent = Vec::new();
        for (later, count) in steps {
            now += later * SECOND / 4;
            timeline.count_many(now, count);
            timeline.tick(now, false);
            sent.push((now / SECOND, count));
        }
        let columns = timeline.columns(now, width);
        prop_assert!(columns.list.len() * columns.cells <= width);
        let from = columns.list[0].from;
        let end = columns.list.last().map(|column| column.from + column.seconds).unwrap_or_default();
        prop_assert!(end - from >= zoom.seconds().unwrap_or(0) && end > now / SECOND);
        let expected: u64 = sent.iter().filter(|(second, _)| *second >= from).map(|(_, count)| count).sum();
        prop_assert_eq!(columns.list.iter().map(|column| column.bucket.messages).sum::<u64>(), expected);
    }

    #[test]
    fn arbitrary_clock_changes_cause_no_panic_and_bounded_memory(
        times in proptest::collection::vec((any::<i64>(), any::<bool>()), 0..40),
        near in proptest::collection::vec(-100_000_i64..100_000, 0..40),
    ) {
        let mut timeline = Timeline::default();
        let steps = times.into_iter().chain(near.into_iter().map(|near| (START + near * SECOND, false)));
        for ((at, down), zoom) in steps.zip(Zoom::ALL.into_iter().cycle()) {
            timeline.count(at);
            timeline.mark(at, Mark::Gap);
            timeline.tick(at, down);
            timeline.zoom = zoom;
            let _ = timeline.columns(at, 80);
        }
        prop_assert!(timeline.buckets() < 5_000);
    }
}
