//! Medians, minimum and maximum, and Markdown.

use std::fmt::Display;

/// The values of several rounds.
#[derive(Debug, Clone, Default)]
pub(crate) struct Values(Vec<f64>);

impl Values {
    pub(crate) fn push(&mut self, value: f64) {
        let place = self.0.partition_point(|known| *known < value);
        self.0.insert(place, value);
    }

    /// Adds a value that may be unknown.
    pub(crate) fn push_known(&mut self, value: Option<f64>) {
        if let Some(value) = value {
            self.push(value);
        }
    }

    pub(crate) fn median(&self) -> f64 {
        self.at(50)
    }

    /// The percentile of the values.
    pub(crate) fn at(&self, percent: usize) -> f64 {
        let place = (self.0.len() * percent).div_ceil(100).saturating_sub(1);
        self.0.get(place).copied().unwrap_or(f64::NAN)
    }

    /// The median, with the minimum and the maximum.
    pub(crate) fn spread(&self, digits: usize) -> String {
        if self.0.is_empty() {
            return "–".to_owned();
        }
        let (least, most) = (self.at(0), self.at(100));
        format!("{:.digits$} ({least:.digits$}–{most:.digits$})", self.median())
    }
}

impl FromIterator<f64> for Values {
    fn from_iter<I: IntoIterator<Item = f64>>(values: I) -> Self {
        let mut sorted = Self::default();
        values.into_iter().for_each(|value| sorted.push(value));
        sorted
    }
}

/// A row of the table: the subject, its target and the measured value.
#[derive(Debug)]
pub(crate) struct Row {
    what: String,
    reach: String,
    measured: String,
}

impl Row {
    pub(crate) fn new(what: impl Display, reach: impl Display, measured: impl Display) -> Self {
        Self { what: what.to_string(), reach: reach.to_string(), measured: measured.to_string() }
    }
}

/// The table of all rows.
pub(crate) fn table(rows: &[Row]) -> String {
    let line = |row: &Row| format!("| {} | {} | {} |\n", row.what, row.reach, row.measured);
    let rows: String = rows.iter().map(line).collect();
    format!("| What | Target | Measured |\n|---|---|---|\n{rows}")
}
