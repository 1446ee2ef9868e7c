//! Short forms of channel names that stay distinct.

use std::collections::{HashMap, HashSet};

use unicode_segmentation::UnicodeSegmentation;

use crate::console::ui::text;
use crate::console::ui::text::{cells, grapheme_cells};
use crate::ledger::sequence::Channel;

/// A longer name is cut at its end before it is shortened.
const MAX_CELLS: usize = 128;
/// More names than this are shortened one by one, without keeping them distinct.
const MAX_DISTINCT: usize = 200;

/// The channels' names in at most `width` cells each. Up to 200 channels get different forms if the width allows it.
#[must_use]
pub(crate) fn channels<'a>(channels: impl IntoIterator<Item = &'a Channel>, width: usize) -> HashMap<&'a [u8], String> {
    let mut bytes: Vec<&[u8]> = channels.into_iter().map(Channel::as_bytes).collect();
    bytes.sort_unstable();
    bytes.dedup();
    let names: Vec<String> = bytes.iter().map(|name| text::row(name, MAX_CELLS)).collect();
    bytes.into_iter().zip(distinct(&names, width, 0)).collect()
}

/// The names in at most `width` cells each, in the same order. A longer name keeps `head` cells of its start and as much of
/// its end as fits. If two names would look alike, all names keep more of their start; then single names are cut elsewhere.
#[must_use]
pub(crate) fn distinct(names: &[String], width: usize, head: usize) -> Vec<String> {
    let names: Vec<Name<'_>> = names.iter().map(|name| Name::of(name, width)).collect();
    let whole = names.iter().all(|name| name.is_whole);
    let heads = || std::iter::once(head).chain(0..width).filter(|head| *head < width);
    let mut best: Option<(usize, Vec<String>)> = None;
    for head in heads() {
        let forms: Vec<String> = names.iter().map(|name| name.shorten(width, head)).collect();
        let different = forms.iter().collect::<HashSet<_>>().len();
        if best.as_ref().is_none_or(|(most, _)| different > *most) {
            best = Some((different, forms));
        }
        if whole || different == names.len() || names.len() > MAX_DISTINCT {
            break;
        }
    }
    let Some((different, mut forms)) = best else { return vec![String::new(); names.len()] };
    if different < names.len() && names.len() <= MAX_DISTINCT {
        let mut taken = HashSet::new();
        for (name, form) in names.iter().zip(&mut forms) {
            if taken.contains(form) {
                let others = heads().map(|head| name.shorten(width, head)).chain(name.windows(width));
                *form = others.into_iter().find(|other| !taken.contains(other)).unwrap_or_else(|| form.clone());
            }
            taken.insert(form.clone());
        }
    }
    forms
}

/// A name, and the parts of it that a short form can show.
struct Name<'a> {
    text: &'a str,
    is_whole: bool,
    /// The start of the name in at most the width.
    start: &'a str,
    /// The end of the name in at most the width.
    end: &'a str,
}

impl<'a> Name<'a> {
    fn of(text: &'a str, width: usize) -> Self {
        let is_whole = cells(text) <= width;
        Self { text, is_whole, start: start(text, width), end: end(text, width) }
    }

    /// The name in `width` cells: `head` cells of its start, `…`, and its end.
    fn shorten(&self, width: usize, head: usize) -> String {
        if self.is_whole {
            return self.text.to_owned();
        }
        let start = start(self.start, head);
        format!("{start}…{}", end(self.end, width.saturating_sub(cells(start) + 1)))
    }

    /// Parts from the middle of the name, with `…` at both ends.
    fn windows(&self, width: usize) -> impl Iterator<Item = String> {
        let inside = width.saturating_sub(2);
        let places = self.text.grapheme_indices(true).filter(move |_| inside > 0);
        places.map(move |(at, _)| format!("…{}…", start(&self.text[at..], inside)))
    }
}

/// As much of the start of a text as fits into `width` cells.
fn start(text: &str, width: usize) -> &str {
    let (mut used, mut to) = (0, 0);
    for (at, grapheme) in text.grapheme_indices(true) {
        used += grapheme_cells(grapheme);
        if used > width {
            break;
        }
        to = at + grapheme.len();
    }
    &text[..to]
}

/// As much of the end of a text as fits into `width` cells.
fn end(text: &str, width: usize) -> &str {
    let (mut used, mut from) = (0, text.len());
    for (at, grapheme) in text.grapheme_indices(true).rev() {
        used += grapheme_cells(grapheme);
        if used > width {
            break;
        }
        from = at;
    }
    &text[from..]
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use proptest::prelude::*;

    use super::{cells, distinct};

    fn forms(names: &[&str], width: usize, head: usize) -> Vec<String> {
        distinct(&names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>(), width, head)
    }

    #[test]
    fn names_that_fit_stay_whole() {
        assert_eq!(forms(&["ops", "audit"], 5, 0), ["ops", "audit"]);
    }

    #[test]
    fn a_long_name_keeps_its_end_or_some_of_its_start() {
        let names = ["ops", "billing:eu-central:orders", "billing:us-eastern:orders"];
        assert_eq!(forms(&names, 10, 0), ["ops", "…al:orders", "…rn:orders"]);
        assert_eq!(forms(&["eu-central:orders", "us-eastern:orders"], 10, 2), ["eu…:orders", "us…:orders"]);
    }

    #[test]
    fn names_that_differ_only_at_their_start_keep_it() {
        assert_eq!(forms(&["eu:billing:orders", "us:billing:orders"], 10, 0), ["e…g:orders", "u…g:orders"]);
    }

    #[test]
    fn names_that_differ_only_in_the_middle_show_it() {
        let names = ["application:eu-central:broadcasts", "application:us-eastern:broadcasts"];
        let forms = forms(&names, 10, 0);
        assert_ne!(forms[0], forms[1]);
    }

    #[test]
    fn twenty_namespaced_channels_stay_distinct_in_ten_cells() {
        let names: Vec<String> = ["eu-central", "us-eastern"]
            .iter()
            .flat_map(|region| {
                [
                    "orders",
                    "invoices",
                    "refunds",
                    "payments",
                    "customers",
                    "plans",
                    "credits",
                    "taxes",
                    "dunning",
                    "mail",
                ]
                .map(|topic| format!("billing:{region}:{topic}"))
            })
            .collect();
        let forms = distinct(&names, 10, 0);
        assert_eq!(forms.iter().collect::<HashSet<_>>().len(), 20, "{forms:?}");
        assert!(forms.iter().all(|form| cells(form) <= 10));
    }

    proptest! {
        #[test]
        fn no_form_is_wider_than_asked(
            names in proptest::collection::btree_set("[a-c:é山]{0,30}", 0..30),
            width in 0_usize..20,
            head in 0_usize..6,
        ) {
            let names: Vec<String> = names.into_iter().collect();
            let forms = distinct(&names, width, head);
            prop_assert_eq!(forms.len(), names.len());
            prop_assert!(forms.iter().all(|form| cells(form) <= width), "{:?}", forms);
        }
    }
}
