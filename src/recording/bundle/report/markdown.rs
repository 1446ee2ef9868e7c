//! Markdown code that untrusted text cannot end: code spans and fenced blocks.

use std::fmt::Write as _;

/// Formats a text as a code span. It is enclosed in more backticks than any sequence of backticks in the text. Do not put it at
/// the start of a line, because three backticks there start a block.
///
/// The text must be escaped. A line break, which could end the span, becomes a space.
pub(super) fn code(text: &str) -> String {
    let text: String = text.chars().map(|char| if char.is_control() { ' ' } else { char }).collect();
    let longest = text.split(|char| char != '`').map(str::len).max().unwrap_or(0);
    let fence = "`".repeat(longest + 1);
    if text.trim().is_empty() {
        return "*nothing*".to_owned();
    }
    // Markdown removes one space on each side. The spaces separate backticks, and preserve the text's own spaces.
    let space = if text.starts_with(['`', ' ']) || text.ends_with(['`', ' ']) { " " } else { "" };
    format!("{fence}{space}{text}{space}{fence}")
}

/// Formats a fenced block. Each line starts with a bar, so no line can end the block.
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
