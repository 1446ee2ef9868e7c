//! The timeline of the report: the number of messages over time, with events in between.

use std::collections::BTreeMap;

use super::time;

/// The maximum number of rows with messages.
const MAX_ROWS: usize = 40;
/// The maximum length of a bar, in characters.
const MAX_BAR_LENGTH: u64 = 30;
/// The possible time spans of a row, in seconds.
const ROW_SECONDS: [i64; 12] = [1, 2, 5, 10, 30, 60, 300, 900, 3600, 21_600, 86_400, 604_800];

/// Formats the timeline: a bar per time span with messages, and the events at their times. `seconds` has the number of messages
/// and of rejected messages per Unix second. Events are escaped texts with their times in microseconds.
pub(super) fn timeline(seconds: &BTreeMap<i64, (u64, u64)>, mut events: Vec<(i64, String)>) -> Vec<String> {
    let step = step(seconds);
    let mut rows: BTreeMap<i64, (u64, u64)> = BTreeMap::new();
    for (second, (messages, rejected)) in seconds {
        let row = rows.entry(second.div_euclid(step) * step).or_default();
        *row = (row.0 + messages, row.1 + rejected);
    }
    let most = rows.values().map(|(messages, _)| *messages).max().unwrap_or(1).max(1);
    events.sort_by_key(|(at, _)| *at);
    let mut events = events.into_iter().peekable();
    let mut lines = Vec::new();
    for (second, (messages, rejected)) in rows {
        let end = (second + step).saturating_mul(1_000_000);
        let begin = second.saturating_mul(1_000_000);
        while let Some((at, what)) = events.next_if(|(at, _)| *at < begin) {
            lines.push(event(at, &what));
        }
        let length = usize::try_from((messages * MAX_BAR_LENGTH).div_ceil(most)).unwrap_or(0);
        let rejected = if rejected > 0 { format!(", {rejected} rejected") } else { String::new() };
        lines.push(format!("{}         {} {messages}{rejected}", time(begin, 0), "█".repeat(length)));
        while let Some((at, what)) = events.next_if(|(at, _)| *at < end) {
            lines.push(event(at, &what));
        }
    }
    lines.extend(events.map(|(at, what)| event(at, &what)));
    lines
}

fn event(at: i64, what: &str) -> String {
    format!("{} ── {what}", time(at, 6))
}

/// The shortest time span that needs at most [`MAX_ROWS`] rows.
fn step(seconds: &BTreeMap<i64, (u64, u64)>) -> i64 {
    let rows = |step: i64| {
        let mut starts: Vec<i64> = seconds.keys().map(|second| second.div_euclid(step)).collect();
        starts.dedup();
        starts.len()
    };
    ROW_SECONDS.into_iter().find(|step| rows(*step) <= MAX_ROWS).unwrap_or(ROW_SECONDS[ROW_SECONDS.len() - 1])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn events_appear_between_the_bars() {
        let at = 1_795_516_352;
        let seconds = BTreeMap::from([(at, (30, 0)), (at + 1, (1, 1)), (at + 90, (15, 0))]);
        let events = vec![((at + 60) * 1_000_000, "back".to_owned()), (at * 1_000_000 + 1, "gone".to_owned())];
        assert_eq!(
            timeline(&seconds, events),
            [
                "2026-11-24T10:32:32Z         ██████████████████████████████ 30",
                "2026-11-24T10:32:32.000001Z ── gone",
                "2026-11-24T10:32:33Z         █ 1, 1 rejected",
                "2026-11-24T10:33:32.000000Z ── back",
                "2026-11-24T10:34:02Z         ███████████████ 15",
            ]
        );
    }

    #[test]
    fn many_seconds_fit_in_few_rows() {
        let seconds: BTreeMap<i64, (u64, u64)> = (0..200).map(|second| (1_000_000 + second, (1, 0))).collect();
        assert!((20..=40).contains(&timeline(&seconds, Vec::new()).len()));
        assert!(timeline(&BTreeMap::new(), Vec::new()).is_empty());
    }
}
