//! The text lines of `listen`.

use super::super::missed::Missed;
use super::super::summary::{HandlerRun, RunCause};
use super::{Colour, TextLines, cut, pad, put};
use crate::ledger::sequence::notation;

impl TextLines {
    /// Appends missed messages that a recording does not contain: `12:31:11.020  ops  ┄ missing #1031–1046: …`.
    pub fn missing(&mut self, out: &mut String, missed: &Missed) {
        self.time(out, missed.at);
        if let Some(channel) = &missed.channel {
            self.channel(out, channel.as_bytes());
        }
        let part = match (missed.is_whole(), missed.count) {
            (Some(true), _) => String::new(),
            (_, Some(count)) => format!(" {count} of"),
            (_, None) => " among".to_owned(),
        };
        self.painted(
            out,
            Colour::Finding,
            format_args!("┄ missing{part}{}: {}", range(missed), missed.why_not_recovered()),
        );
        out.push('\n');
    }

    /// Appends a finished run: `12:31:06.412  ops  #1046  cache-flush  ✓ done (0.1 s)`.
    pub fn handler_run(&mut self, out: &mut String, run: &HandlerRun<'_>) {
        self.time(out, run.at);
        if let Some(channel) = run.channel {
            self.channel(out, channel);
        }
        match run.cause {
            RunCause::Message { name, sequence } => {
                let start = out.len();
                put(out, format_args!("{sequence}"));
                pad(out, self.sequences.padding(&out[start..]));
                let start = out.len();
                cut::name_into(name, out);
                pad(out, self.names.padding(&out[start..]));
            }
            RunCause::Missed(missed) => put(out, format_args!("{}{}  ", missed.kind, range(missed))),
        }
        let (mark, colour) = match run.outcome {
            "done" => ('✓', Colour::Good),
            "skipped" => ('–', Colour::Faint),
            _ => ('✗', Colour::Bad),
        };
        let recovered = if run.recovered { " recovered," } else { "" };
        let seconds = std::time::Duration::from_micros(run.duration_micros).as_secs_f64();
        let attempts = if run.attempts > 1 { format!(", {} attempts", run.attempts) } else { String::new() };
        let reason = run.reason;
        self.painted(out, colour, format_args!("{mark}{recovered} {reason}"));
        if run.attempts > 0 {
            self.painted(out, colour, format_args!(" ({seconds:.1} s{attempts})"));
        }
        out.push('\n');
    }
}

/// ` #1031–1046`, ` #1031`, or nothing.
fn range(missed: &Missed) -> String {
    match (missed.sequence_from, missed.sequence_to) {
        (Some(from), Some(to)) => format!(" {}", notation::range(from, to)),
        _ => String::new(),
    }
}
