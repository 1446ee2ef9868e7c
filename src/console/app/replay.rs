//! The replay of a recording.

use crate::console::app::context::Context;
use crate::console::app::header::{self, Part};
use crate::console::app::state::LinkStatus;
use crate::console::app::state::{Notice, State, Totals};
use crate::console::panes;
use crate::console::panes::Pane;
use crate::console::panes::channels::names::Names;
use crate::console::panes::channels::rate::PerSecond;
use crate::console::panes::findings::state::Findings;
use crate::console::panes::rejected::state::Rejections;
use crate::console::panes::timeline::state::Timeline;
use crate::console::ui::text;
use crate::console::ui::text::Precision;
use crate::console::ui::theme::strong;

/// The replayed recording and its status.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Replay {
    /// The host that recorded it, not escaped; empty if unknown.
    pub host: String,
    /// The file, as given on the command line.
    pub file: std::path::PathBuf,
    /// The status.
    pub status: ReplayStatus,
}

/// The status of a replay.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReplayStatus {
    /// Whether the clock is running.
    pub is_playing: bool,
    /// The speed.
    pub speed: Speed,
    /// All recorded entries were shown. New entries are shown when they are recorded.
    pub at_end: bool,
    /// Why the file cannot be read, already escaped.
    pub failure: Option<String>,
}

/// The speed of a replay in tenths of real time; `None` is as fast as possible.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Speed(pub Option<u32>);

impl Speed {
    /// Real time.
    pub const NORMAL: Self = Self(Some(10));
    /// The speeds that the keys choose from, in tenths.
    const STEPS: [u32; 8] = [5, 10, 20, 50, 100, 300, 600, 6000];

    /// The next faster one.
    #[must_use]
    pub fn faster(self) -> Self {
        Self(self.0.and_then(|tenths| Self::STEPS.into_iter().find(|step| *step > tenths)))
    }

    /// The next slower one.
    #[must_use]
    pub(crate) fn slower(self) -> Self {
        let below = |tenths: u32| Self::STEPS.into_iter().rev().find(|step| *step < tenths);
        Self(Some(below(self.0.unwrap_or(u32::MAX)).unwrap_or(5)))
    }
}

impl std::fmt::Display for Speed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.0 {
            Some(tenths) if tenths % 10 == 0 => write!(f, "×{}", tenths / 10),
            Some(tenths) => write!(f, "×{}.{}", tenths / 10, tenths % 10),
            None => f.write_str("×max"),
        }
    }
}

/// A command to the replay.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, strum::IntoStaticStr)]
#[strum(serialize_all = "kebab-case")]
pub enum ReplayOrder {
    /// Pause or resume.
    Pause,
    /// The next slower speed.
    Slower,
    /// The next faster speed.
    Faster,
    /// A minute back.
    Back,
    /// A minute forward.
    Forward,
    /// To the beginning.
    Start,
    /// To the end.
    End,
}

/// Takes a new status.
pub(crate) fn status(state: &mut State, status: ReplayStatus) {
    let Some(replay) = &mut state.replay else { return };
    if status.failure != replay.status.failure {
        state.notice = status.failure.as_ref().map(Notice::error);
    }
    replay.status = status;
}

/// Clears the rows and counts, which start again at the new position. The filter, the search, the picked channels and the
/// pinned row are kept.
pub(crate) fn jumped(state: &mut State) {
    state.messages.clear();
    state.messages.follow_newest();
    state.findings = Findings::default();
    state.rejections = Rejections::default();
    state.names = Names::default();
    state.totals = Totals::default();
    state.per_second = PerSecond::default();
    state.timeline = Timeline::new(state.timeline.zoom);
    state.link = LinkStatus::default();
    state.channels.forget_numbers();
}

/// Selects the newest row and ends following.
pub(crate) fn found(state: &mut State) {
    let position = state.messages.position(panes::entries(state, Pane::Messages));
    state.messages.set_position(position);
}

/// Appends the parts of the header: `▶ replay 12:31:07 ×10`, with the clock of the replay, and who recorded it.
pub(crate) fn parts(cx: &Context<'_>, replay: &Replay, parts: &mut Vec<Part>) {
    let status = &replay.status;
    let (glyph, words, style) = match (status.is_playing, status.at_end) {
        (false, _) => ('■', format!("{} paused", status.speed), strong(cx.theme.warn)),
        (true, true) => ('▶', String::from("at the end"), cx.theme.good),
        (true, false) => ('▶', status.speed.to_string(), cx.theme.good),
    };
    let clock = header::clock(cx);
    let date = cx.time(cx.state.now, Precision::Date);
    let date = date.split(' ').next().unwrap_or_default();
    let long = format!("{glyph} replay {date} {clock} {words}");
    let short = Some(format!("{glyph} replay {clock} {words}"));
    parts.push(Part { rank: 11, gap: 2, words: long, short, short_rank: 1, style });
    if !replay.host.is_empty() {
        let words = format!("by {}", text::row(replay.host.as_bytes(), 24));
        parts.push(Part { rank: 21, gap: 2, words, short: None, short_rank: 0, style: cx.theme.soft });
    }
}
