//! Markdown that untrusted text cannot leave: it stands in code spans and in fenced lines alone.

use std::fmt::Write as _;

/// Safe text in a code span. Nothing acts within one; it is set in more backticks than stand in the text in a row, so that the
/// text cannot end it. No line may begin with it: three backticks there begin a block.
///
/// The text is escaped already; a line break in it, which could end the span too, becomes a space all the same.
pub(super) fn code(text: &str) -> String {
    let text: String = text.chars().map(|char| if char.is_control() { ' ' } else { char }).collect();
    let longest = text.split(|char| char != '`').map(str::len).max().unwrap_or(0);
    let fence = "`".repeat(longest + 1);
    if text.trim().is_empty() {
        return "*nothing*".to_owned();
    }
    // One space on each side is taken off again: it keeps backticks apart, and the text's own spaces.
    let space = if text.starts_with(['`', ' ']) || text.ends_with(['`', ' ']) { " " } else { "" };
    format!("{fence}{space}{text}{space}{fence}")
}

/// A block of lines. Each begins with a bar, so that none can be the end of the block.
pub(super) fn block(lines: impl IntoIterator<Item = String>) -> String {
    let mut out = String::from("```text\n");
    for line in lines {
        let line: String = line.chars().map(|char| if char.is_control() { ' ' } else { char }).collect();
        let _ = writeln!(out, "│ {line}");
    }
    out.push_str("```\n");
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_text_ends_its_code_span() {
        assert_eq!(code("ops"), "`ops`");
        assert_eq!(code("a`b``c"), "```a`b``c```");
        assert_eq!(code("`"), "`` ` ``");
        assert_eq!(code(" x "), "`  x  `");
        assert_eq!(code("  "), "*nothing*");
        assert_eq!(code("<script>\n</script>"), "`<script> </script>`");
    }

    #[test]
    fn no_line_ends_its_block() {
        assert_eq!(block(["```".to_owned(), "a\n```\nb".to_owned()]), "```text\n│ ```\n│ a ``` b\n```\n");
    }
}
