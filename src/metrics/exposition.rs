//! The text format of Prometheus, version 0.0.4.

use std::fmt::{Display, Write as _};

/// The content type.
pub(super) const CONTENT_TYPE: &str = "text/plain; version=0.0.4; charset=utf-8";

/// Metrics as text.
#[derive(Debug, Default)]
pub(super) struct Exposition {
    text: String,
}

/// The names and values of labels.
pub(super) type Labels<'a> = &'a [(&'a str, &'a str)];

impl Exposition {
    /// Begins a metric. Its name must end with `_total` if it is a counter. `help` must be one line without a backslash.
    pub(super) fn begin(&mut self, name: &str, kind: &str, help: &str) {
        let _ = write!(self.text, "# HELP aircheck_{name} {help}\n# TYPE aircheck_{name} {kind}\n");
    }

    /// Adds a value of the metric that was begun last.
    pub(super) fn value(&mut self, name: &str, labels: Labels<'_>, value: impl Display) {
        let _ = write!(self.text, "aircheck_{name}");
        for (index, (label, value)) in labels.iter().enumerate() {
            let value = value.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n");
            let _ = write!(self.text, "{}{label}=\"{value}\"", if index == 0 { '{' } else { ',' });
        }
        let end = if labels.is_empty() { "" } else { "}" };
        let _ = writeln!(self.text, "{end} {value}");
    }

    /// Adds a metric with one value.
    pub(super) fn single(&mut self, name: &str, kind: &str, help: &str, value: impl Display) {
        self.begin(name, kind, help);
        self.value(name, &[], value);
    }

    pub(super) fn into_text(self) -> String {
        self.text
    }
}

#[cfg(test)]
mod tests {
    use super::Exposition;

    #[test]
    fn label_values_are_escaped() {
        let mut metrics = Exposition::default();
        metrics.begin("a_total", "counter", "A");
        metrics.value("a_total", &[("channel", "a\"b\\c\ne"), ("kind", "x")], 3);
        let text = "# HELP aircheck_a_total A\n# TYPE aircheck_a_total counter\n\
                    aircheck_a_total{channel=\"a\\\"b\\\\c\\ne\",kind=\"x\"} 3\n";
        assert_eq!(metrics.into_text(), text);
    }
}
