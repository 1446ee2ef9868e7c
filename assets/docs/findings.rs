//! Findings, verdicts and rejections, from their texts in the code.

use std::fmt::Write as _;

use aircheck::ledger::finding::FindingKind;
use aircheck::ledger::sequence::UnknownReason;
use aircheck::wire::verdict::{CheckKind, Rejection};

use crate::markdown::{code, comments, page as start, table, text};
use crate::source;

pub(crate) fn page() -> String {
    let mut page = start(
        "Findings and rejections",
        "JSON lines, SQL, filters and metrics use the same names. `aircheck tail --filter 'kind:counter_reset'` prints findings of one \
         kind, and `rejection:` selects rejected messages. `aircheck explain KIND` prints an entry of this page.",
    );
    page.push_str(
        "\n## Findings\n\nA gap is a finding of broadcasts that were counted but not received. The console counts gaps, and all other \
         findings as \"other\".\n\nThe counter of a channel is a key on the server: the profile's `sequence_prefix` (by default \
         `system_broadcast_sequence_`), followed by the channel. `redis-cli GET system_broadcast_sequence_ops` prints the counter of \
         `ops`.\n",
    );
    for kind in FindingKind::ALL {
        let entry = kind.reference();
        let is_gap = if kind.is_gap() { "yes" } else { "no" };
        write!(page, "\n### {}\n\n{}\n\nCounts as a gap: {is_gap}.\n", kind.name(), text(entry.summary)).unwrap();
        for part in [entry.cause, entry.consequence, entry.advice] {
            write!(page, "\n{}\n", text(part)).unwrap();
        }
    }
    page.push_str("\n## Verdicts\n");
    page.push_str(&variants("src/wire/verdict.rs", "Verdict"));
    page.push_str("\n## Rejections\n\nThe first check that fails is the rejection. The checks are made in this order, as in the PHP package.\n");
    for rejection in Rejection::ALL {
        let (name, words) = (rejection.name(), rejection.words());
        write!(page, "\n### {name}\n\n{} The console shows: {words}.\n", text(rejection.summary())).unwrap();
        write!(page, "\n{}\n", text(rejection.explain())).unwrap();
    }
    page.push_str("\n## Checks\n");
    let rows: Vec<_> = CheckKind::ALL
        .iter()
        .map(|check| {
            let rejections = Rejection::ALL.iter().filter(|rejection| rejection.check() == *check);
            let rejections: Vec<_> = rejections.map(|rejection| code(rejection.name())).collect();
            [code(check.name()), text(check.words()), rejections.join(", ")]
        })
        .collect();
    page.push_str(&table(["Check", "Passes if", "Rejection"], &rows));
    page.push_str("\n## Unknown sequence numbers\n\nThese are the values of `unknown_reason`.\n");
    let reasons = variants("src/ledger/sequence.rs", "UnknownReason");
    assert!(UnknownReason::ALL.iter().all(|reason| reasons.contains(reason.name())));
    page.push_str(&reasons);
    page.push_str("\n## States of the link\n\nThese are the values of `state` in lines of type `link`.\n");
    page.push_str(&variants("src/ledger/link.rs", "LinkState"));
    page
}

/// A table of the variants of an enum with their documentation.
fn variants(file: &str, name: &str) -> String {
    let file = syn::parse_file(&source(file)).unwrap();
    let found = file.items.iter().find_map(|item| match item {
        syn::Item::Enum(found) if found.ident == name => Some(found),
        _ => None,
    });
    let rows: Vec<_> = found
        .unwrap()
        .variants
        .iter()
        .map(|variant| [code(&snake_case(&variant.ident.to_string())), text(&documentation(&variant.attrs))])
        .collect();
    table(["Name", "Meaning"], &rows)
}

/// The first paragraph of documentation comments, without links.
pub(crate) fn documentation(attributes: &[syn::Attribute]) -> String {
    let mut lines = String::new();
    for attribute in attributes {
        if let syn::Meta::NameValue(pair) = &attribute.meta
            && pair.path.is_ident("doc")
            && let syn::Expr::Lit(literal) = &pair.value
            && let syn::Lit::Str(line) = &literal.lit
        {
            writeln!(lines, "//!{}", line.value()).unwrap();
        }
    }
    let text = comments(&lines, "//!");
    let first = text.split("\n\n").next().unwrap_or_default();
    regex::Regex::new(r"\[`?([^\]`]*)`?\](\([^)]*\))?").unwrap().replace_all(first, "`$1`").replace('\n', " ")
}

fn snake_case(name: &str) -> String {
    let mut snake = String::new();
    for (at, character) in name.char_indices() {
        if at > 0 && character.is_uppercase() {
            snake.push('_');
        }
        snake.extend(character.to_lowercase());
    }
    snake
}
