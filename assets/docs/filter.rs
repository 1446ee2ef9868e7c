//! The filter language, from the documentation of its module and the list of its terms.

use aircheck::filter::words::{TERMS, values};

use crate::markdown::{code, codes, comments, page as start, table, text};
use crate::source;

pub(crate) fn page() -> String {
    let introduction = comments(&source("src/filter/mod.rs"), "//!");
    let mut page = start("Filters", &introduction);
    page.push_str("\n## Terms\n");
    let rows = TERMS.map(|term| [code(&format!("{}{}", term.word, term.value)), text(term.help)]);
    page.push_str(&table(["Term", "Matches"], &rows));
    page.push_str("\n## Values\n");
    let rows: Vec<_> = TERMS
        .iter()
        .map(|term| (term, values(term.word)))
        .filter(|(_, values)| !values.is_empty())
        .map(|(term, values)| [code(term.word), codes(values)])
        .collect();
    page.push_str(&table(["Term", "Values"], &rows));
    page
}
