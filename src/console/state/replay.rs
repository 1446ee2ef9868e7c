//! A recording that is replayed.

/// What is replayed, and how it goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Replay {
    /// The machine that recorded it, not escaped; empty where that is not known.
    pub host: String,
    /// The file, as it was named.
    pub file: std::path::PathBuf,
    /// How it goes.
    pub status: ReplayStatus,
}

/// How a replay goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReplayStatus {
    /// Whether its clock goes.
    pub is_playing: bool,
    /// How fast.
    pub speed: Speed,
    /// Everything that is recorded was shown; what is added to it is shown as it comes.
    pub at_end: bool,
    /// Why the file cannot be read, escaped already.
    pub trouble: Option<String>,
}

/// How fast a replay's clock goes, in tenths of real time; none: as fast as can be shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Speed(pub Option<u32>);

impl Speed {
    /// Real time.
    pub const NORMAL: Self = Self(Some(10));
    /// The slowest.
    pub const SLOWEST: Self = Self(Some(5));
    /// What the keys choose from, in tenths.
    const STEPS: [u32; 8] = [5, 10, 20, 50, 100, 300, 600, 6000];

    /// The next faster one.
    #[must_use]
    pub fn faster(self) -> Self {
        Self(self.0.and_then(|tenths| Self::STEPS.into_iter().find(|step| *step > tenths)))
    }

    /// The next slower one.
    #[must_use]
    pub fn slower(self) -> Self {
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

/// What can be asked of a replay.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ReplayOrder {
    /// Stop its clock, or let it go on.
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
