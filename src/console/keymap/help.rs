//! The help, generated from the table of keys.

use crate::console::keymap::context::Context;
use crate::console::keymap::palette;
use crate::console::keymap::table::TABLE;
use crate::console::keymap::{Binding, Keymap};
use crate::console::ui::narrowing::Wanted;
use crate::ledger::sequence::notation::LEGEND;

/// A section of the help.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HelpSection {
    /// Where the keys apply.
    pub title: &'static str,
    /// The keys, in the table's order.
    pub lines: Vec<HelpLine>,
}

/// A line of the help.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HelpLine {
    /// The keys, e.g. `j Down`.
    pub keys: String,
    /// What they do.
    pub text: &'static str,
    /// The equivalent with the mouse.
    pub mouse: Option<&'static str>,
}

/// The help: the active contexts first, then all others. Each row of the table with keys appears once, except those that a replay
/// lacks. With a text to search for, only the lines that contain it.
#[must_use]
pub fn help_sections(keymap: &Keymap, here: &[Context], search: &str) -> Vec<HelpSection> {
    let rest = Context::ALL.iter().filter(|context| !here.contains(context));
    // The prompts of a replay have text fields too.
    let works = |binding: &Binding| {
        !here.contains(&Context::Replay) || binding.context == Context::Text || palette::is_in_replay(binding)
    };
    let mut sections: Vec<_> = here.iter().chain(rest).map(|context| section(keymap, *context, works)).collect();
    sections.insert(here.len(), legend());
    let wanted = Wanted::of(search);
    for section in &mut sections {
        section.lines.retain(|line| wanted.is_in(&line.keys) || wanted.is_in(line.text));
    }
    sections.retain(|section| !section.lines.is_empty());
    sections
}

/// The height of the help: each section's heading and lines, and an empty line between sections.
#[must_use]
pub fn help_height(sections: &[HelpSection]) -> usize {
    sections.iter().map(|section| section.lines.len() + 2).sum::<usize>().saturating_sub(1)
}

/// The number of lines with keys or notations.
#[must_use]
pub(crate) fn help_lines(sections: &[HelpSection]) -> usize {
    sections.iter().map(|section| section.lines.len()).sum()
}

/// The marks of the verdicts.
pub const VERDICTS: [(&str, &str); 3] = [("✓", "verified"), ("·", "accepted unsigned"), ("✗", "rejected")];

/// Other marks in lists.
pub const MARKS: [(&str, &str); 4] = [
    ("»", "sent from this console"),
    ("★", "bookmarked"),
    ("×3", "three copies within a second"),
    ("+2", "in Channels: two further kinds of problems"),
];

/// The notation of sequence numbers, verdicts and other marks.
fn legend() -> HelpSection {
    let line = |(notation, text): (&str, _)| HelpLine { keys: notation.to_owned(), text, mouse: None };
    let lines = LEGEND.into_iter().chain(VERDICTS).chain(MARKS).map(line).collect();
    HelpSection { title: "Sequence numbers, verdicts and marks", lines }
}

fn section(keymap: &Keymap, context: Context, works: impl Fn(&Binding) -> bool) -> HelpSection {
    let mut lines: Vec<HelpLine> = Vec::new();
    for binding in TABLE.iter().filter(|binding| binding.context == context && works(binding)) {
        let keys = keymap.labels(binding);
        if keys.is_empty() {
            continue;
        }
        match lines.last_mut().filter(|line| line.text == binding.help) {
            Some(line) => {
                line.keys.push(' ');
                line.keys.push_str(&keys);
            }
            None => lines.push(HelpLine { keys, text: binding.help, mouse: binding.mouse }),
        }
    }
    HelpSection { title: context.title(), lines }
}
