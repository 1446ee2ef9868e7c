//! A day of traffic in bounded memory: per second, per ten seconds and per minute.

use ratatui::layout::Rect;

use crate::console::panes::timeline::ring::Ring;

/// Microseconds in a second.
const SECOND: i64 = 1_000_000;
/// Seconds in a day.
const DAY: i64 = 86_400;

/// The width of the area to the left of the bars, in cells.
const GUTTER: u16 = 8;

/// The area of the bars within the pane's area. The rate is to their left, the peak and the legend to their right.
#[must_use]
pub(crate) fn bars(area: Rect) -> Rect {
    let legend = match area.width {
        100.. => 37,
        60..100 => 20,
        _ => 0,
    };
    let gutter = GUTTER.min(area.width);
    Rect { x: area.x + gutter, width: area.width.saturating_sub(gutter + legend), ..area }
}

/// If a time is more than this ahead of the clock, in seconds, the clock was set back.
const MAX_AHEAD_SECONDS: i64 = 2;

/// If more than this many seconds pass between two ticks, the console was stopped in between.
const MAX_TICK_INTERVAL: i64 = 5;

/// The messages and findings in a span of time.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Bucket {
    /// The number of messages received.
    pub messages: u64,
    /// The highest number of messages received in one second.
    pub peak: u64,
    /// The number of gaps.
    pub gaps: u32,
    /// The number of rejected messages.
    pub rejected: u32,
    /// The number of other findings. A clock that was set back counts as one.
    pub others: u32,
    /// Whether the link was down for a part of the span.
    pub down: bool,
    /// Whether aircheck was running for a part of the span. Otherwise nothing is known about it.
    pub known: bool,
}

impl Bucket {
    /// Adds the counts of another span.
    pub fn add(&mut self, other: &Self) {
        self.messages = self.messages.saturating_add(other.messages);
        self.peak = self.peak.max(other.peak);
        self.gaps = self.gaps.saturating_add(other.gaps);
        self.rejected = self.rejected.saturating_add(other.rejected);
        self.others = self.others.saturating_add(other.others);
        self.down |= other.down;
        self.known |= other.known;
    }
}

/// A mark on the timeline.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mark {
    /// A gap.
    Gap,
    /// A rejected message.
    Rejected,
    /// Any other finding.
    Other,
}

/// The length of the window.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Zoom {
    /// All the time since the console started, up to a day.
    #[default]
    Start,
    /// One minute.
    Minute,
    /// Ten minutes.
    TenMinutes,
    /// One hour.
    Hour,
    /// Six hours.
    SixHours,
    /// A day.
    Day,
}

impl Zoom {
    /// All lengths. The fixed ones are sorted.
    pub const ALL: [Self; 6] = [Self::Start, Self::Minute, Self::TenMinutes, Self::Hour, Self::SixHours, Self::Day];

    /// The length of the window in seconds. `None` for [`Self::Start`], whose window grows.
    #[must_use]
    pub fn seconds(self) -> Option<i64> {
        match self {
            Self::Start => None,
            Self::Minute => Some(60),
            Self::TenMinutes => Some(600),
            Self::Hour => Some(3_600),
            Self::SixHours => Some(21_600),
            Self::Day => Some(DAY),
        }
    }

    /// The next shorter or longer window. The longest one is all the time since the start; the next shorter one than that is
    /// ten minutes.
    #[must_use]
    pub fn step(self, closer: bool) -> Self {
        match (self, closer) {
            (Self::Minute | Self::TenMinutes, true) => Self::Minute,
            (Self::Hour | Self::Start, true) | (Self::Minute, false) => Self::TenMinutes,
            (Self::SixHours, true) | (Self::TenMinutes, false) => Self::Hour,
            (Self::Day, true) | (Self::Hour, false) => Self::SixHours,
            (Self::SixHours, false) => Self::Day,
            (Self::Day | Self::Start, false) => Self::Start,
        }
    }
}

/// The possible spans of a column, in seconds.
const SPANS: [i64; 17] = [1, 2, 5, 10, 20, 30, 60, 120, 300, 600, 1_200, 1_800, 3_600, 7_200, 14_400, 28_800, DAY];

/// One column of the timeline.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Column {
    /// Its first second since the epoch.
    pub from: i64,
    /// Its length in seconds.
    pub seconds: i64,
    /// Its messages and findings.
    pub bucket: Bucket,
}

impl Column {
    /// Messages per second, rounded to a tenth, in the part of the column before `now`, in microseconds since the epoch. `None`
    /// if the rate is unknown.
    #[must_use]
    pub fn rate(&self, now: i64) -> Option<f64> {
        let over = (now.div_euclid(SECOND) + 1 - self.from).clamp(1, self.seconds.max(1));
        let tenths = self.bucket.messages.saturating_mul(10) / u64::try_from(over).unwrap_or(1).max(1);
        self.bucket.known.then(|| f64::from(u32::try_from(tenths).unwrap_or(u32::MAX)) / 10.0)
    }
}

/// Messages and findings over time. Times are microseconds since the epoch.
#[derive(Debug)]
pub struct Timeline {
    /// The length of the window.
    pub zoom: Zoom,
    /// The time under the cursor, in seconds since the epoch. `None`: the cursor is at the newest time.
    pub cursor: Option<i64>,
    /// The last 10 minutes in seconds, 6 hours in steps of ten seconds, and a day in minutes. Each is a little longer, because
    /// the columns of a window start at multiples of their length.
    rings: [Ring; 3],
    /// The second of the last message. Its counts are not in the rings yet, because consecutive messages usually have the same
    /// second.
    second: i64,
    open: u64,
    /// The time of the first tick, in seconds.
    start: Option<i64>,
    /// The time of the last tick, in seconds.
    now: Option<i64>,
}

impl Default for Timeline {
    fn default() -> Self {
        Self::new(Zoom::default())
    }
}

impl Timeline {
    /// An empty timeline with a window of this length.
    #[must_use]
    pub(crate) fn new(zoom: Zoom) -> Self {
        Self {
            zoom,
            cursor: None,
            rings: [Ring::new(1, 660), Ring::new(10, 2_400), Ring::new(60, 1_560)],
            second: 0,
            open: 0,
            start: None,
            now: None,
        }
    }

    /// Counts one message.
    pub fn count(&mut self, at: i64) {
        self.count_many(at, 1);
    }

    /// Counts messages that were received at the same time.
    pub fn count_many(&mut self, at: i64, messages: u64) {
        let second = at.div_euclid(SECOND);
        if second != self.second {
            self.settle();
            self.second = second;
        }
        self.open = self.open.saturating_add(messages);
    }

    /// Adds a mark.
    pub fn mark(&mut self, at: i64, mark: Mark) {
        let mut bucket = Bucket { known: true, ..Bucket::default() };
        match mark {
            Mark::Gap => bucket.gaps = 1,
            Mark::Rejected => bucket.rejected = 1,
            Mark::Other => bucket.others = 1,
        }
        self.add(at.div_euclid(SECOND), &bucket);
    }

    /// Records that the time is `now`, and whether the link is down.
    ///
    /// If the clock was set back, everything after the new time is removed, because this time will occur again.
    pub fn tick(&mut self, now: i64, down: bool) {
        self.settle();
        let now = now.div_euclid(SECOND);
        let before = self.now.replace(now).unwrap_or(now);
        self.start = Some(self.start.unwrap_or(now).min(now));
        if before > now + MAX_AHEAD_SECONDS {
            for ring in &mut self.rings {
                ring.forget_after(now);
            }
            self.add(now, &Bucket { others: 1, ..Bucket::default() });
            self.cursor = None;
        }
        let lived = Bucket { down, known: true, ..Bucket::default() };
        // Ticks occur every second. After a longer time, the process was stopped or the clock was set forward. That time is
        // unknown.
        let since = if now.saturating_sub(before) > MAX_TICK_INTERVAL { now } else { before.min(now) };
        for ring in &mut self.rings {
            ring.fill(since, now, &lived);
        }
    }

    /// Adds the counts of the last second to the rings. Call it before reading them.
    pub fn settle(&mut self) {
        let messages = std::mem::take(&mut self.open);
        if messages > 0 {
            // A second can be settled several times. The first ring has its sum, unless the second is too old for it.
            let peak = self.rings[0].sum(self.second, 1).messages.saturating_add(messages);
            self.add(self.second, &Bucket { messages, peak, known: true, ..Bucket::default() });
        }
    }

    fn add(&mut self, second: i64, bucket: &Bucket) {
        for ring in &mut self.rings {
            ring.add(second, bucket);
        }
    }

    /// The window as columns for at most `width` cells, oldest first. Columns start at multiples of their length, so a column
    /// does not change as time passes. A growing window fills its columns from the left. When they are full, the next length of
    /// columns is used.
    #[must_use]
    pub fn columns(&self, now: i64, width: usize) -> Columns {
        let width = width.max(1);
        let columns = i64::try_from(width).unwrap_or(i64::MAX);
        let now = now.div_euclid(SECOND);
        let start = self.start.unwrap_or(now).clamp(now.saturating_sub(DAY - 1), now);
        let window = self.zoom.seconds();
        let shown = window.unwrap_or(now - start + 1);
        let ring = match shown {
            ..=600 => &self.rings[0],
            601..=21_600 => &self.rings[1],
            _ => &self.rings[2],
        };
        let ceil = |seconds: i64, span: i64| (seconds + span - 1) / span;
        let (span, first) = if let Some(window) = window {
            let span = ring.seconds() * ceil(ceil(window, ring.seconds()), columns);
            (span, now.div_euclid(span) - ceil(window, span) + 1)
        } else {
            let fits = |span: &i64| now.div_euclid(*span) - start.div_euclid(*span) < columns;
            let span = SPANS.into_iter().find(|span| *span >= ring.seconds() && fits(span)).unwrap_or(DAY);
            (span, start.div_euclid(span).max(now.div_euclid(span) - columns + 1))
        };
        let list: Vec<Column> = (first..=now.div_euclid(span))
            .map(|column| Column { from: column * span, seconds: span, bucket: ring.sum(column * span, span) })
            .collect();
        let cells = if window.is_some() { (width / list.len()).max(1) } else { 1 };
        Columns { cells, list }
    }

    /// The number of buckets, which is bounded.
    #[must_use]
    pub fn buckets(&self) -> usize {
        self.rings.iter().map(Ring::len).sum()
    }
}

/// The columns of a window.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Columns {
    /// The width of each column, in cells.
    pub cells: usize,
    /// The columns, oldest first. At least one.
    pub list: Vec<Column>,
}

impl Columns {
    /// The index of the column that contains this second, or of the nearest column. `None` means the newest one.
    #[must_use]
    pub fn at(&self, second: Option<i64>) -> usize {
        let last = self.list.len().saturating_sub(1);
        second.map_or(last, |second| {
            self.list.partition_point(|column| column.from <= second).saturating_sub(1).min(last)
        })
    }
}
