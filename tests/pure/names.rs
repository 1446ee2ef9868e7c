//! The counts of message names: memory is bounded, and no message is left out.

use aircheck::console::panes::channels::names::{MAX, MAX_PER_CHANNEL, NameOrder, Names};

const SECOND: i64 = 1_000_000;
const START: i64 = 1_795_516_350 * SECOND;

#[test]
fn names_beyond_the_bounds_are_counted_together() {
    let mut names = Names::default();
    for channel in 0..30 {
        for number in 0..2 * MAX_PER_CHANNEL {
            let name = format!("name-{number}");
            names.add(Some(channel), name.as_bytes(), START, number % 2 == 0, 0);
            names.add(Some(channel), name.as_bytes(), START, false, 0);
        }
    }
    names.add(None, b"x", START, true, 0);
    assert_eq!(names.len(), MAX);
    let one = names.rows(Some(&[3]), NameOrder::Count, START);
    assert_eq!(one.len(), MAX_PER_CHANNEL + 1);
    let last = one.last().filter(|row| row.name.is_none()).map(|row| (row.count.count, row.count.rejected));
    assert_eq!(last, Some((2_000, 500)));
    let all = names.rows(None, NameOrder::Name, START);
    assert_eq!(all.iter().map(|row| row.count.count).sum::<u64>(), 30 * 4_000 + 1);
    assert_eq!(all.iter().map(|row| row.count.rejected).sum::<u64>(), 30 * 1_000 + 1);
    let beyond = names.rows(Some(&[29]), NameOrder::Count, START);
    assert_eq!(beyond.len(), 1, "a channel that came too late has one row for all its names");
}

#[test]
fn the_rate_is_of_the_last_full_ten_seconds() {
    let mut names = Names::default();
    for second in 0..10 {
        names.add(Some(0), b"evt", START + second * SECOND, false, 0);
        names.add(Some(1), b"evt", START + second * SECOND, false, 0);
    }
    let rate = |at: i64| names.rows(None, NameOrder::Rate, at)[0].count.in_ten_seconds(at);
    assert_eq!(rate(START + 9 * SECOND), 0, "the ten seconds are not over");
    assert_eq!(rate(START + 15 * SECOND), 20);
    assert_eq!(rate(START + 25 * SECOND), 0);
}

#[test]
fn names_are_told_apart_by_their_first_bytes_and_their_length() {
    let mut names = Names::default();
    for length in [0, 1, 255, 256, 257, 1 << 20] {
        names.add(Some(0), &vec![b'x'; length], START, false, 0);
    }
    assert_eq!(names.len(), 6);
    let rows = names.rows(None, NameOrder::Name, START);
    assert!(rows.iter().all(|row| row.name.as_ref().is_some_and(|name| name.len() <= 256)));
}

#[test]
fn repeated_names_keep_their_place_and_are_counted() {
    let mut names = Names::default();
    let long = |length: usize| vec![b'x'; length];
    // Names with the same first and last bytes, and lengths that differ by a power of two.
    let all = [b"".to_vec(), b"aba".to_vec(), b"aca".to_vec(), long(223), long(255), long(256), long(257), long(288)];
    for round in 0..10 {
        for (index, name) in all.iter().enumerate().cycle().skip(round).take(all.len()) {
            for channel in 0..3 {
                for _ in 0..=index {
                    names.add(Some(channel), name, START, index == 1, 0);
                }
            }
        }
    }
    assert_eq!(names.len(), 3 * all.len());
    for channel in 0..3 {
        let mut counts: Vec<_> = names.rows(Some(&[channel]), NameOrder::Count, START);
        counts.sort_by_key(|row| row.count.count);
        // The names of 256 bytes and more are shown alike.
        let of: Vec<_> = counts.iter().map(|row| (row.count.count, row.count.rejected)).collect();
        assert_eq!(of, [(10, 0), (20, 20), (30, 0), (40, 0), (50, 0), (60 + 70 + 80, 0)]);
    }
}
