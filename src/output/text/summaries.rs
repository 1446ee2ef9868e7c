//! The text lines of `publish`, `check`, `channels` and `inspect`.

use jiff::Timestamp;
use unicode_width::UnicodeWidthStr as _;

use super::super::summary::{
    Checked, CheckedExpectation, Comparison, Doubt, Inspected, Listed, Published, signature_names,
};
use super::{Colour, TextLines, cut, pad, put, verdict, verdict_colour};
use crate::ledger::format::counted;
use crate::ledger::sequence::Reading;
use crate::ledger::sequence::notation::range;
use crate::wire::envelope::{Envelope, SignatureText};
use crate::wire::escape::{escape, escape_into};
use crate::wire::verdict::CheckOutcome;

/// Why there may be more missed broadcasts than the counter shows; empty if there are no more. `known` is its last known value.
fn may_be_more(doubt: Option<Doubt>, known: u64) -> String {
    match doubt {
        None => String::new(),
        Some(Doubt::OtherServer) => {
            "; there may be more: the server was restarted or replaced since, or its ID is unknown, \
            so the counter may have been reset"
                .to_owned()
        }
        Some(Doubt::Unrecorded) => {
            format!("; there may be more: no recording shows that the counter was not reset since #{known}")
        }
    }
}

impl TextLines {
    /// Appends the receipt of a broadcast: `published #1048 on ops to 3 receivers`, with `, unsigned` if it is not signed.
    pub fn published(&self, out: &mut String, published: &Published<'_>) {
        put(out, format_args!("published #{} on ", published.sequence));
        escape_into(published.channel, out);
        let is_signed = SignatureText::parse(Envelope::parse(published.payload).signature).is_some();
        let unsigned = if is_signed { "" } else { ", unsigned" };
        put(out, format_args!(" to {}{unsigned}\n", counted(published.receivers, "receiver")));
    }

    /// Appends the comparison of a counter with its last known value:
    /// `ops  ┄ 16 missed since 2026-11-24 22:31:07 UTC: #1031–1046`.
    pub fn checked(&mut self, out: &mut String, checked: &Checked<'_>) {
        let since = checked
            .since
            .and_then(|at| Timestamp::from_microsecond(at).ok())
            .map(|at| format!(" since {}", at.strftime("%Y-%m-%d %H:%M:%S UTC")))
            .unwrap_or_default();
        let (colour, words) = match checked.comparison() {
            Comparison::First { now } => (Colour::Doubtful, format!("○ first check: the counter is {now}, saved")),
            Comparison::Advanced { missed: 0, now, lower_bound: false, .. } => {
                (Colour::Good, format!("✓ nothing missed{since}, at #{now}"))
            }
            Comparison::Advanced { known, missed: 0, now, .. } => {
                (Colour::Doubtful, format!("✓ no gap{since}, at #{now}{}", may_be_more(checked.doubt, known)))
            }
            Comparison::Advanced { known, missed, now, lower_bound } => {
                let (range, least) = (range(known + 1, now), if lower_bound { "≥" } else { "" });
                let why = may_be_more(checked.doubt, known);
                (Colour::Finding, format!("┄ {least}{missed} missed{since}: {range}{why}"))
            }
            Comparison::Reset { known, now, is_certain: false } => (
                Colour::Finding,
                format!("┄ the counter is {now}, below the last seen {known}: it was reset, or this is another server"),
            ),
            // A listener's number.
            Comparison::Reset { known, now, .. } if checked.since.is_none() => (
                Colour::Finding,
                format!("┄ the counter was reset after #{known}, and is {now} now; how many were missed is not known"),
            ),
            Comparison::Reset { known, now, .. } => (
                Colour::Finding,
                format!("┄ the counter was reset{since}, from {known} to {now}; what was missed is not known"),
            ),
            Comparison::Unreadable(why) => {
                (Colour::Bad, format!("✗ the counter cannot be read, so nothing is known: {}", escape(why.as_bytes())))
            }
        };
        self.channel(out, checked.channel);
        self.painted(out, colour, format_args!("{words}"));
        out.push('\n');
    }

    /// Appends the state of an expectation: `ops  ┄ heartbeat silent since 2026-11-24 22:31:07 UTC: at least 1/5m; …`.
    pub fn expectation(&mut self, out: &mut String, checked: &CheckedExpectation) {
        let since = checked.since.and_then(|at| Timestamp::from_microsecond(at).ok());
        let since = since.filter(|_| checked.state.is_met() == Some(false));
        let since = since.map(|at| format!(" since {}", at.strftime("%Y-%m-%d %H:%M:%S UTC"))).unwrap_or_default();
        let (colour, mark) = match checked.state.is_met() {
            Some(true) => (Colour::Good, "✓"),
            Some(false) => (Colour::Finding, "┄"),
            None => (Colour::Doubtful, "○"),
        };
        let (title, reason) = (escape(checked.title.as_bytes()), escape(checked.reason.as_bytes()));
        let (state, expected) = (checked.state.words(), &checked.expected);
        self.channel(out, checked.channel.as_bytes());
        self.painted(out, colour, format_args!("{mark} {title} {state}{since}: {expected}; {reason}"));
        out.push('\n');
    }

    /// Appends a table of channels. `-` means that there is no counter, `?` that a value is unknown.
    pub fn listed(&self, out: &mut String, listed: &[Listed<'_>]) {
        let header = ["CHANNEL", "COUNTER", "SUBSCRIBERS", ""].map(str::to_owned);
        let rows: Vec<[String; 4]> = std::iter::once(header).chain(listed.iter().map(row)).collect();
        let width = |column: usize| rows.iter().map(|row| row[column].width()).max().unwrap_or_default();
        let widths = [0, 1, 2].map(width);
        for row in &rows {
            out.push_str(&row[0]);
            pad(out, widths[0] - row[0].width());
            let line = format!("{:>1$}  {2:>3$}  {4}", row[1], widths[1], row[2], widths[2], row[3]);
            put(out, format_args!("{}\n", line.trim_end()));
        }
    }

    /// Appends the verdict on a payload, and one line per check.
    pub fn inspected(&self, out: &mut String, inspected: &Inspected<'_>) {
        let envelope = Envelope::parse(inspected.payload);
        let shown = inspected.verification.verdict;
        cut::name_into(envelope.name, out);
        out.push_str("  ");
        self.painted(out, verdict_colour(shown), format_args!("{}", verdict(&envelope, shown)));
        if let (Some(algorithm), _) = signature_names(envelope.signature) {
            out.push_str("  ");
            cut::name_into(algorithm, out);
        }
        if !envelope.data.is_empty() {
            out.push_str("  ");
            self.data(out, envelope.data);
        }
        out.push('\n');
        for check in inspected.checks {
            let (mark, colour) = match check.outcome {
                CheckOutcome::Passed => ('✓', Colour::Good),
                CheckOutcome::Failed => ('✗', Colour::Bad),
                CheckOutcome::Skipped => ('·', Colour::Faint),
            };
            let line = format!("{mark} {:<9} {}", check.kind.name(), check.detail);
            out.push_str("  ");
            self.painted(out, colour, format_args!("{}", line.trim_end()));
            out.push('\n');
            if let Some(explanation) = check.explanation {
                put(out, format_args!("{:14}{explanation}\n", ""));
            }
        }
    }
}

/// The channel, its counter, its subscribers, and the reason if the counter cannot be read.
fn row(listed: &Listed<'_>) -> [String; 4] {
    let (counter, why) = match listed.counter {
        Reading::Value(counter) => (counter.to_string(), String::new()),
        Reading::Missing => ("-".to_owned(), String::new()),
        Reading::Unreadable(why) => ("?".to_owned(), escape(why.as_bytes())),
    };
    let subscribers = listed.subscribers.map_or_else(|| "?".to_owned(), |number| number.to_string());
    [escape(listed.channel), counter, subscribers, why]
}
