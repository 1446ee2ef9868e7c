//! What `publish`, `check` and `inspect` tell people.

use super::super::summary::{Checked, Inspected, Published, check_name, signature_names};
use super::{Colour, TextLines, put};
use crate::wire::envelope::Envelope;
use crate::wire::escape::escape_into;
use crate::wire::verdict::CheckOutcome;

impl TextLines {
    /// Appends the receipt of a broadcast: `#1048 on ops, 3 receivers`.
    pub fn published(&self, out: &mut String, published: &Published<'_>) {
        put(out, format_args!("#{} on ", published.sequence));
        escape_into(published.channel, out);
        let plural = if published.receivers == 1 { "" } else { "s" };
        put(out, format_args!(", {} receiver{plural}\n", published.receivers));
    }

    /// Appends the comparison of a counter with the last one known: `ops ┄ 16 missed  #1031–#1046`.
    pub fn checked(&self, out: &mut String, checked: &Checked<'_>) {
        escape_into(checked.channel, out);
        out.push(' ');
        let (colour, words) = match (checked.missed, checked.known, checked.now) {
            (Some(0), _, _) => (Colour::Good, "✓ nothing missed".to_owned()),
            (Some(1), _, Some(now)) => (Colour::Finding, format!("┄ 1 missed  #{now}")),
            (Some(missed), Some(known), Some(now)) => {
                (Colour::Finding, format!("┄ {missed} missed  #{}–#{now}", known.saturating_add(1)))
            }
            (Some(missed), _, _) => (Colour::Finding, format!("┄ {missed} missed")),
            (None, None, Some(_)) => (Colour::Doubtful, "○ first look".to_owned()),
            (None, _, _) => (Colour::Doubtful, "○ not known what was missed".to_owned()),
        };
        self.painted(out, colour, format_args!("{words}"));
        if let Some(now) = checked.now {
            put(out, format_args!(", counter at {now}"));
        }
        if let Some(reason) = checked.reason {
            out.push_str(": ");
            escape_into(reason.as_bytes(), out);
        }
        out.push('\n');
    }

    /// Appends the judgement of a payload, and a line for each check.
    pub fn inspected(&self, out: &mut String, inspected: &Inspected<'_>) {
        let envelope = Envelope::parse(inspected.payload);
        escape_into(envelope.name, out);
        out.push(' ');
        self.verdict(out, &envelope, inspected.judgement.verdict);
        if let (Some(algorithm), _) = signature_names(envelope.signature) {
            out.push(' ');
            escape_into(algorithm, out);
        }
        if !envelope.data.is_empty() {
            out.push(' ');
            escape_into(envelope.data, out);
        }
        out.push('\n');
        for check in inspected.checks {
            let (mark, colour) = match check.outcome {
                CheckOutcome::Passed => ('✓', Colour::Good),
                CheckOutcome::Failed => ('✗', Colour::Bad),
                CheckOutcome::Skipped => ('·', Colour::Faint),
            };
            let line = format!("{mark} {:<9} {}", check_name(check.kind), check.detail);
            out.push_str("  ");
            self.painted(out, colour, format_args!("{}", line.trim_end()));
            out.push('\n');
        }
    }
}
