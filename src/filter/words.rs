//! The words of the filter language, for completion, help and suggestions.

use strum::VariantNames as _;

use crate::ledger::finding::FindingKind;
use crate::wire::verdict::{Rejection, Verdict};

/// A term of the language.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TermWord {
    /// The start of the term, e.g. `name:`.
    pub word: &'static str,
    /// The placeholder of its value, e.g. `GLOB`.
    pub value: &'static str,
    /// What it matches.
    pub help: &'static str,
}

/// All terms.
pub const TERMS: [TermWord; 9] = [
    TermWord { word: "channel:", value: "GLOB", help: "messages and findings on matching channels" },
    TermWord { word: "name:", value: "GLOB", help: "messages with a matching name" },
    TermWord { word: "verdict:", value: "VERDICT", help: "verified, unsigned or rejected messages" },
    TermWord { word: "rejection:", value: "REJECTION", help: "messages rejected by this check" },
    TermWord { word: "key:", value: "GLOB", help: "messages with a matching key name in the signature" },
    TermWord { word: "seq:", value: "A-B", help: "sequence numbers, both ends included; also N, A..B, A.. and ..B" },
    TermWord { word: "since:", value: "5m", help: "messages and findings of this last period" },
    TermWord { word: "text~", value: "REGEX", help: "payloads in which the regex is found" },
    TermWord { word: "kind:", value: "KIND", help: "findings of this kind" },
];

/// The possible values of a term such as `verdict:`. Empty if any value is possible.
#[must_use]
pub fn values(term: &str) -> Vec<&'static str> {
    match term {
        "verdict:" => Verdict::VARIANTS.to_vec(),
        "rejection:" => Rejection::ALL.iter().map(|rejection| rejection.name()).collect(),
        "kind:" => FindingKind::ALL.iter().map(|kind| kind.name()).collect(),
        _ => Vec::new(),
    }
}

/// The word that was probably meant: the first one that starts with `text`, otherwise the most similar one, if any is similar
/// enough.
pub(super) fn nearest(text: &str, words: impl IntoIterator<Item = &'static str>) -> Option<&'static str> {
    if text.is_empty() || text.len() > 64 {
        return None;
    }
    let text = text.to_lowercase();
    let far = text.chars().count().div_ceil(2);
    words
        .into_iter()
        .map(|word| {
            let bare = word.trim_end_matches([':', '~']);
            let distance = if bare.starts_with(&text) { 0 } else { distance(&text, bare) };
            (distance, word)
        })
        .filter(|(distance, _)| *distance < far || *distance == 0)
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, word)| word)
}

/// The Levenshtein distance in characters.
fn distance(a: &str, b: &str) -> usize {
    let mut row: Vec<usize> = (0..=b.chars().count()).collect();
    for (i, left) in a.chars().enumerate() {
        let mut diagonal = i;
        let mut last = i + 1;
        for (cell, right) in row.iter_mut().skip(1).zip(b.chars()) {
            let changed = diagonal + usize::from(left != right);
            diagonal = *cell;
            last = changed.min(diagonal + 1).min(last + 1);
            *cell = last;
        }
    }
    row.last().copied().unwrap_or_default()
}
