//! Short forms of channel names that stay distinct.

use std::collections::{HashMap, HashSet};

use unicode_segmentation::UnicodeSegmentation;

use crate::console::ui::text::{CHARS_A_CELL, cells, grapheme_cells};
use crate::ledger::sequence::Channel;
use crate::wire::escape::escape_capped;

/// A longer name is cut at its end before it is shortened.
const MAX_CELLS: usize = 256;

/// The channels' names in at most `width` cells each. Two channels get different forms if the width allows it.
#[must_use]
pub(crate) fn channels<'a>(channels: impl IntoIterator<Item = &'a Channel>, width: usize) -> HashMap<&'a [u8], String> {
    let mut bytes: Vec<&[u8]> = channels.into_iter().map(Channel::as_bytes).collect();
    bytes.sort_unstable();
    bytes.dedup();
    let names: Vec<String> = bytes.iter().map(|name| escape_capped(name, MAX_CELLS * CHARS_A_CELL)).collect();
    bytes.into_iter().zip(distinct(&names, width, 0)).collect()
}

/// The names in at most `width` cells each, in the same order. A longer name keeps `head` cells of its start and as much of
/// its end as fits. If two names would look alike, all names keep more of their start; then single names are cut elsewhere.
#[must_use]
pub(crate) fn distinct(names: &[String], width: usize, head: usize) -> Vec<String> {
    if names.iter().all(|name| cells(name) <= width) {
        return names.to_vec();
    }
    let heads = || std::iter::once(head).chain(0..width).filter(|head| *head < width);
    let mut best: Option<(usize, Vec<String>)> = None;
    for head in heads() {
        let forms: Vec<String> = names.iter().map(|name| shorten(name, width, head)).collect();
        let different = forms.iter().collect::<HashSet<_>>().len();
        if best.as_ref().is_none_or(|(most, _)| different > *most) {
            best = Some((different, forms));
        }
        if different == names.len() {
            break;
        }
    }
    let Some((different, mut forms)) = best else { return vec![String::new(); names.len()] };
    if different < names.len() {
        let mut taken = HashSet::new();
        for (name, form) in names.iter().zip(&mut forms) {
            if taken.contains(form) {
                let others = heads().map(|head| shorten(name, width, head)).chain(windows(name, width));
                *form = others.into_iter().find(|other| !taken.contains(other)).unwrap_or_else(|| form.clone());
            }
            taken.insert(form.clone());
        }
    }
    forms
}

/// The name in `width` cells: `head` cells of its start, `…`, and its end.
fn shorten(name: &str, width: usize, head: usize) -> String {
    if cells(name) <= width {
        return name.to_owned();
    }
    let mut used = 0;
    let start = name.graphemes(true).take_while(|grapheme| {
        used += grapheme_cells(grapheme);
        used <= head
    });
    let start: String = start.collect();
    format!("{start}…{}", end(name, width.saturating_sub(cells(&start) + 1)))
}

/// As much of the end of the name as fits into `width` cells.
fn end(name: &str, width: usize) -> &str {
    let (mut used, mut from) = (0, name.len());
    for (at, grapheme) in name.grapheme_indices(true).rev() {
        used += grapheme_cells(grapheme);
        if used > width {
            break;
        }
        from = at;
    }
    &name[from..]
}

/// Parts from the middle of the name, with `…` at both ends.
fn windows(name: &str, width: usize) -> impl Iterator<Item = String> {
    let inside = width.saturating_sub(2);
    name.grapheme_indices(true).filter(move |_| inside > 0).map(move |(at, _)| {
        let mut used = 0;
        let part = name[at..].graphemes(true).take_while(|grapheme| {
            used += grapheme_cells(grapheme);
            used <= inside
        });
        format!("…{}…", part.collect::<String>())
    })
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
