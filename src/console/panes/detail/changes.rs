//! Draws the differences from the previous message of the same name.
//!
//! ```text
//! since #1045, 12:31:05.900, 0.5 s before
//! ~ .price.net 19.9 → 21.5
//! + .tags[2] "sale"
//! - .old true
//! ```

use ratatui::style::Style;

use crate::console::app::context::Context;
use crate::console::panes::detail::found;
use crate::console::panes::detail::state::{Change, Difference, Outcome, Part};
use crate::console::ui::panel::Words;
use crate::console::ui::pen::Pen;
use crate::console::ui::text;
use crate::console::ui::text::Precision;
use crate::ledger::format::{duration, number};

/// Describes what is compared, or why nothing can be compared.
pub(crate) fn intro(cx: &Context<'_>, at: i64, width: usize) -> Vec<Words> {
    let theme = cx.theme;
    let mut lines: Vec<Words> = Vec::new();
    let mut say = |words: &str, style: Style| {
        lines.extend(text::wrap(words, width).into_iter().map(|line| vec![(line, style)]));
    };
    match &cx.state.detail.difference {
        None if cx.state.detail.row_id.is_none() => {
            say("a message of another recording is not compared with an earlier one", theme.text);
        }
        None => {}
        Some(Difference::NoEarlier { searched: None }) => {
            say("no earlier message of that name in the scrollback", theme.text);
        }
        Some(Difference::NoEarlier { searched: Some(rows) }) => {
            say(&format!("no earlier message of that name in the last {} rows", number(*rows as u64)), theme.text);
        }
        Some(Difference::To { sequence, at: before, outcome, .. }) => {
            let time = cx.time(*before, Precision::Millis);
            let ago = duration(u64::try_from(at.saturating_sub(*before)).unwrap_or(0));
            say(&format!("since {sequence}, {time}, {ago} before"), theme.soft);
            match outcome {
                Outcome::NotJson { same: true } => say("the same bytes; they are not JSON", theme.text),
                Outcome::NotJson { same: false } => {
                    say("other bytes; they cannot be compared, because not both are JSON", theme.warn);
                }
                Outcome::Changes { list, cut } => {
                    if list.is_empty() {
                        say("the same data", theme.text);
                    }
                    if *cut {
                        say("only the beginnings are compared: the data is too long", theme.warn);
                    }
                }
            }
        }
    }
    lines
}

/// Writes the part of a change that is on this line.
pub(crate) fn put(cx: &Context<'_>, pen: &mut Pen<'_>, part: &Part) {
    let changes = cx.state.detail.difference.as_ref().map_or(&[][..], Difference::changes);
    let Some(change) = changes.get(part.item) else { return };
    if part.from > 0 {
        pen.skip(2);
    }
    let text = change.text();
    let mut at = 0;
    for (length, style) in
        [(1, sign(cx, change)), (change.path.len() + 1, cx.theme.json_key), (text.len(), cx.theme.text)]
    {
        let end = (at + length).min(text.len());
        let (from, to) = (part.from.clamp(at, end), part.to.clamp(at, end));
        found::put(cx, pen, part.item, from, text.get(from..to).unwrap_or_default(), style);
        at = end;
    }
}

fn sign(cx: &Context<'_>, change: &Change) -> Style {
    match change.sign() {
        "+" => cx.theme.good,
        "-" => cx.theme.bad,
        _ => cx.theme.warn,
    }
}
