//! JSON as the lines of a tree.
//!
//! Texts are escaped when the tree is made. Only the names of keys are not, because paths need them.

use std::fmt::Write as _;
use std::ops::Range;

use crate::console::panes::detail::state::{LAID_OUT_BYTES, LAID_OUT_LINES};
use crate::ledger::format::counted;
use crate::wire::escape::escape;
use crate::wire::json;

/// The maximum depth up to which lines are indented further. The indentation takes at most half of the width.
const DEEPEST_INDENT: usize = 40;

/// A JSON text as unfolded lines.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Tree {
    /// The lines. A closing bracket has its own line.
    pub nodes: Vec<Node>,
    /// Whether the text is longer than the lines, because of the limits.
    pub cut: bool,
}

/// A line: a value, its start or its end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Node {
    /// The number of arrays and objects around it.
    pub depth: usize,
    /// The opening line of the array or object around it.
    pub parent: Option<usize>,
    /// The step from there to this value. `None` for the outermost value and for closing brackets.
    pub step: Option<Step>,
    /// The content.
    pub value: Value,
    /// The byte range of the value in the text. For a closing line, of the bracket.
    pub span: Range<usize>,
    /// Whether a comma follows.
    pub comma: bool,
}

/// A step from an array or object to one of its values.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Step {
    /// To the value of that key, decoded from JSON and not escaped for the terminal.
    Key(String),
    /// To the element of that index.
    Index(usize),
}

/// The content of a line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Value {
    /// A string, escaped and in quotes, and its decoded length in bytes.
    Text(String, usize),
    /// A number, `true`, `false` or `null`, escaped.
    Plain(String),
    /// An array or object without a value in it.
    Empty(NodeKind),
    /// The start of an array or object.
    Open {
        /// Array or object.
        kind: NodeKind,
        /// Its closing line, or the number of lines if that was cut off.
        end: usize,
        /// The number of values in it, as far as it is in the tree.
        children: usize,
    },
    /// The end of an array or object.
    Close(NodeKind),
}

/// An array or an object.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names of the variants are enough")]
pub enum NodeKind {
    Array,
    Object,
}

/// The role of a piece of a line. It decides the colour.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// Indentation, brackets, commas, and the summary of a folded value.
    Frame,
    /// A key.
    Key,
    /// A string.
    Text,
    /// Any other value.
    Plain,
}

impl NodeKind {
    /// The brackets.
    #[must_use]
    pub(crate) fn brackets(self) -> (char, char) {
        match self {
            Self::Array => ('[', ']'),
            Self::Object => ('{', '}'),
        }
    }
}

impl Tree {
    /// The path to a line's value in jq's notation: `.price.net`, `.tags[2]`, `.["a key"]`. Safe to show.
    #[must_use]
    pub fn path(&self, node: usize) -> String {
        let mut steps = Vec::new();
        let mut at = self.nodes.get(node);
        while let Some(node) = at {
            steps.extend(node.step.as_ref());
            at = node.parent.and_then(|parent| self.nodes.get(parent));
        }
        let mut path = String::new();
        for step in steps.iter().rev() {
            match step {
                Step::Key(name) if is_identifier(name) => path.extend([".", name]),
                Step::Key(name) => path.extend([if path.is_empty() { ".[" } else { "[" }, &quoted(name), "]"]),
                Step::Index(index) => {
                    path.push_str(if path.is_empty() { ".[" } else { "[" });
                    path.push_str(&index.to_string());
                    path.push(']');
                }
            }
        }
        if path.is_empty() { String::from(".") } else { path }
    }

    /// The indentation of a line in `width` cells.
    #[must_use]
    pub fn indent(&self, node: usize, width: usize) -> usize {
        self.nodes.get(node).map_or(0, |node| (2 * node.depth.min(DEEPEST_INDENT)).min(width / 2))
    }

    /// The indentation of the continuation of a line that is too long.
    #[must_use]
    pub fn hang(&self, node: usize, width: usize) -> usize {
        (self.indent(node, width) + 4).min(width / 2)
    }

    /// The pieces of a line from left to right. The first one is the indentation with the fold mark.
    #[must_use]
    pub fn pieces(&self, node: usize, folded: bool, width: usize) -> Vec<(Role, String)> {
        let Some(line) = self.nodes.get(node) else { return Vec::new() };
        let mark = match line.value {
            Value::Open { .. } if folded => "▸ ",
            Value::Open { .. } => "▾ ",
            _ => "  ",
        };
        let mut pieces = vec![(Role::Frame, format!("{:1$}{mark}", "", self.indent(node, width)))];
        if let Some(Step::Key(name)) = &line.step {
            pieces.push((Role::Key, shown(name)));
            pieces.push((Role::Frame, String::from(": ")));
        }
        let mut comma = line.comma;
        pieces.push(match &line.value {
            Value::Text(text, _) => (Role::Text, text.clone()),
            Value::Plain(text) => (Role::Plain, text.clone()),
            Value::Empty(kind) => (Role::Frame, [kind.brackets().0, kind.brackets().1].iter().collect()),
            Value::Close(kind) => (Role::Frame, kind.brackets().1.to_string()),
            Value::Open { kind, .. } if !folded => (Role::Frame, kind.brackets().0.to_string()),
            Value::Open { kind, end, children } => {
                let close = self.nodes.get(*end);
                comma = close.is_some_and(|close| close.comma);
                (Role::Frame, summary(*kind, *children, close.is_some()))
            }
        });
        if comma {
            pieces.push((Role::Frame, String::from(",")));
        }
        pieces
    }

    /// The text of a line.
    #[must_use]
    pub fn text(&self, node: usize, folded: bool, width: usize) -> String {
        self.pieces(node, folded, width).into_iter().map(|(_, text)| text).collect()
    }

    /// The opening lines around a line, the nearest first.
    pub fn ancestors(&self, node: usize) -> impl Iterator<Item = usize> {
        let parent = |node: usize| self.nodes.get(node).and_then(|node| node.parent);
        std::iter::successors(parent(node), move |node| parent(*node))
    }
}

/// The end of a string that is cut: its whole length.
#[must_use]
pub fn rest(bytes: usize) -> String {
    format!("… {}", counted(bytes as u64, "byte"))
}

/// The summary of a folded value: `{… 3 keys}`, `[… 12]`, with a `+` if the tree does not have all of it.
fn summary(kind: NodeKind, children: usize, whole: bool) -> String {
    let more = if whole { "" } else { "+" };
    match kind {
        NodeKind::Array => format!("[… {children}{more}]"),
        NodeKind::Object if children == 1 && whole => String::from("{… 1 key}"),
        NodeKind::Object => format!("{{… {children}{more} keys}}"),
    }
}

/// A string to show: escaped and in quotes.
#[must_use]
pub(crate) fn shown(text: &str) -> String {
    format!("\"{}\"", escape(text.as_bytes()).replace('"', "\\\""))
}

/// Whether jq needs no quotes for a name after a dot.
fn is_identifier(name: &str) -> bool {
    let mut bytes = name.bytes();
    bytes.next().is_some_and(|first| first.is_ascii_alphabetic() || first == b'_')
        && bytes.all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
}

/// A JSON string that cannot act on a terminal. If the escaper would change more than backslashes, all characters that are
/// not ASCII are written as `\uXXXX`.
fn quoted(name: &str) -> String {
    let safe = escape(name.as_bytes()) == name.replace('\\', "\\\\");
    let mut out = String::from("\"");
    for character in name.chars() {
        match character {
            '"' | '\\' => out.extend(['\\', character]),
            ' '..='~' => out.push(character),
            _ if safe => out.push(character),
            _ => {
                for unit in character.encode_utf16(&mut [0; 2]) {
                    let _ = write!(out, "\\u{unit:04x}");
                }
            }
        }
    }
    out.push('"');
    out
}

/// The tree of the text, up to the limits.
pub(crate) fn tree(data: &[u8]) -> Tree {
    let text = &data[..data.len().min(LAID_OUT_BYTES)];
    let mut grower = Grower { text, nodes: Vec::new(), open: Vec::new(), key: None };
    let mut at = grower.skip_space(0);
    while at < text.len() && grower.nodes.len() < LAID_OUT_LINES {
        at = grower.token(at);
        at = grower.skip_space(at);
    }
    let cut = at < text.len() || text.len() < data.len();
    let (lines, end) = (grower.nodes.len(), at);
    for open in std::mem::take(&mut grower.open) {
        grower.close(open, lines, end);
    }
    Tree { nodes: grower.nodes, cut }
}

struct Grower<'a> {
    text: &'a [u8],
    nodes: Vec<Node>,
    /// The lines of the arrays and objects that are open.
    open: Vec<usize>,
    /// The key of the next value.
    key: Option<String>,
}

impl Grower<'_> {
    /// Takes the token at `at`. Returns its end.
    fn token(&mut self, at: usize) -> usize {
        match self.text[at] {
            b'{' => self.begin(at, NodeKind::Object),
            b'[' => self.begin(at, NodeKind::Array),
            bracket @ (b'}' | b']') => {
                let kind = if bracket == b'}' { NodeKind::Object } else { NodeKind::Array };
                if let Some(open) = self.open.pop() {
                    self.close(open, self.nodes.len(), at + 1);
                }
                let (depth, parent) = (self.open.len(), self.open.last().copied());
                let span = at..at + 1;
                self.nodes.push(Node { depth, parent, step: None, value: Value::Close(kind), span, comma: false });
                at + 1
            }
            b',' => {
                if let Some(node) = self.nodes.last_mut() {
                    node.comma = true;
                }
                at + 1
            }
            b':' => at + 1,
            b'"' => self.string(at),
            _ => {
                let rest = &self.text[at..];
                let end = rest.iter().position(|byte| b" \t\r\n,:[]{}\"".contains(byte)).unwrap_or(rest.len()).max(1);
                self.push(Value::Plain(escape(&rest[..end])), at..at + end);
                at + end
            }
        }
    }

    /// An empty array or object stays on its line.
    fn begin(&mut self, at: usize, kind: NodeKind) -> usize {
        let inside = self.skip_space(at + 1);
        if let Some(b'}' | b']') = self.text.get(inside) {
            self.push(Value::Empty(kind), at..inside + 1);
            return inside + 1;
        }
        let line = self.nodes.len();
        self.push(Value::Open { kind, end: line, children: 0 }, at..at + 1);
        self.open.push(line);
        at + 1
    }

    fn close(&mut self, open: usize, line: usize, at: usize) {
        if let Some(node) = self.nodes.get_mut(open) {
            node.span.end = at;
            if let Value::Open { end, .. } = &mut node.value {
                *end = line;
            }
        }
    }

    /// Takes a key or a string value, and decodes it, so that `\u00e9` is shown as é.
    fn string(&mut self, at: usize) -> usize {
        let end = json::string_end(self.text, at);
        let token = &self.text[at..end];
        let text = serde_json::from_slice::<String>(token).ok();
        let after = self.skip_space(end);
        if self.text.get(after) == Some(&b':') {
            self.key = Some(text.unwrap_or_else(|| String::from_utf8_lossy(token).into_owned()));
            return after + 1;
        }
        let value = match text {
            Some(text) => Value::Text(shown(&text), text.len()),
            None => Value::Text(escape(token), token.len()),
        };
        self.push(value, at..end);
        end
    }

    fn push(&mut self, value: Value, span: Range<usize>) {
        let parent = self.open.last().copied();
        let mut step = None;
        if let Some(Value::Open { kind, children, .. }) = parent.map(|parent| &mut self.nodes[parent].value) {
            step = match kind {
                NodeKind::Array => Some(Step::Index(*children)),
                NodeKind::Object => self.key.take().map(Step::Key),
            };
            *children += 1;
        }
        let depth = self.open.len();
        self.nodes.push(Node { depth, parent, step, value, span, comma: false });
    }

    fn skip_space(&self, at: usize) -> usize {
        at + self.text.get(at..).unwrap_or_default().iter().take_while(|byte| b" \t\r\n".contains(byte)).count()
    }
}
