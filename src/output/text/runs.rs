//! What `listen` tells people.

use super::super::missed::Missed;
use super::super::summary::{Ran, RanFor};
use super::{Colour, TextLines, cut, pad, put};
use crate::ledger::sequence::notation;

impl TextLines {
    /// Appends what a recording does not hold of what was missed: `12:31:11.020  ops  ┄ missing #1031–1046: …`.
    pub fn missing(&mut self, out: &mut String, missed: &Missed) {
        self.time(out, missed.at);
        self.channel(out, missed.channel.as_bytes());
        self.painted(out, Colour::Finding, format_args!("┄ missing{}: the recording does not hold it", range(missed)));
        out.push('\n');
    }

    /// Appends the end of a command: `12:31:06.412  ops  #1046  cache-flush  ✓ done in 0.1 s`.
    pub fn ran(&mut self, out: &mut String, ran: &Ran<'_>) {
        self.time(out, ran.at);
        self.channel(out, ran.channel);
        match ran.cause {
            RanFor::Message { name, sequence } => {
                let start = out.len();
                put(out, format_args!("{sequence}"));
                pad(out, self.sequences.room(&out[start..]));
                let start = out.len();
                cut::name_into(name, out);
                pad(out, self.names.room(&out[start..]));
            }
            RanFor::Missed(missed) => put(out, format_args!("{}{}  ", missed.kind, range(missed))),
        }
        let is_done = ran.outcome == "done";
        let (mark, colour) = if is_done { ('✓', Colour::Good) } else { ('✗', Colour::Bad) };
        let recovered = if ran.recovered { " recovered," } else { "" };
        let seconds = std::time::Duration::from_micros(ran.micros).as_secs_f64();
        let attempts = if ran.attempts > 1 { format!(", {} attempts", ran.attempts) } else { String::new() };
        let words = ran.words;
        self.painted(out, colour, format_args!("{mark}{recovered} {words} ({seconds:.1} s{attempts})"));
        out.push('\n');
    }
}

/// ` #1031–1046`, ` #1031`, or nothing.
fn range(missed: &Missed) -> String {
    match (missed.from, missed.to) {
        (Some(from), Some(to)) => format!(" {}", notation::range(from, to)),
        _ => String::new(),
    }
}
