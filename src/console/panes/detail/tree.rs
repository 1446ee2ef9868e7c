//! JSON as lines of a tree, each of which knows its place.
//!
//! Texts are escaped when the tree is made; only names of keys are kept as they are too, for paths.

use std::fmt::Write as _;
use std::ops::Range;

use crate::console::panes::detail::state::{LAID_OUT_BYTES, LAID_OUT_LINES};
use crate::ledger::format::counted;
use crate::wire::escape::escape;
use crate::wire::json;

/// Deeper levels are not indented further, and the indentation takes half of the width at most.
const DEEPEST_INDENT: usize = 40;

/// A JSON text as lines, all of them unfolded.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Tree {
    /// The lines; a closing bracket has one of its own.
    pub nodes: Vec<Node>,
    /// The text goes on after the last line: only so much is laid out.
    pub cut: bool,
}

/// A line: a value, its beginning, or its end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Node {
    /// How many arrays and objects it stands in.
    pub depth: usize,
    /// The line that opens the array or object it stands in.
    pub parent: Option<usize>,
    /// What leads to it from there; none for the outermost value and for closing brackets.
    pub step: Option<Step>,
    /// What stands there.
    pub value: Value,
    /// Where the value stands in the text, in bytes; for a closing bracket, the bracket alone.
    pub span: Range<usize>,
    /// Whether a comma follows.
    pub comma: bool,
}

/// A step from an array or object to one of its values.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Step {
    /// To the value of that key; its JSON escapes are undone, and it is not escaped for the terminal.
    Key(String),
    /// To the element of that index.
    Index(usize),
}

/// What stands on a line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Value {
    /// A string: escaped, with its quotes, and its length in bytes without JSON's escapes.
    Text(String, usize),
    /// A number, `true`, `false` or `null`, escaped.
    Plain(String),
    /// An array or object without a value in it.
    Empty(NodeKind),
    /// The beginning of an array or object.
    Open {
        /// Which of both.
        kind: NodeKind,
        /// The line that closes it; the number of lines where that was cut off.
        end: usize,
        /// How many values it holds, as far as they are laid out.
        children: usize,
    },
    /// The end of an array or object.
    Close(NodeKind),
}

/// An array or an object.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names say it")]
pub enum NodeKind {
    Array,
    Object,
}

/// A piece of a line; which colour it has is not said here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// Indentation, brackets, commas, and what stands for a folded value.
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
    pub fn brackets(self) -> (char, char) {
        match self {
            Self::Array => ('[', ']'),
            Self::Object => ('{', '}'),
        }
    }
}

impl Tree {
    /// The path to a line's value, as jq writes it: `.price.net`, `.tags[2]`, `.["a key"]`. Safe to show as it is.
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

    /// How far a line is indented where there are `width` cells.
    #[must_use]
    pub fn indent(&self, node: usize, width: usize) -> usize {
        self.nodes.get(node).map_or(0, |node| (2 * node.depth.min(DEEPEST_INDENT)).min(width / 2))
    }

    /// How far the further lines of a line that is too long are indented.
    #[must_use]
    pub fn hang(&self, node: usize, width: usize) -> usize {
        (self.indent(node, width) + 4).min(width / 2)
    }

    /// The pieces of a line, from left to right; the first is the indentation and the fold mark.
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

    /// The lines that open what a line stands in, the nearest first.
    pub fn ancestors(&self, node: usize) -> impl Iterator<Item = usize> {
        let parent = |node: usize| self.nodes.get(node).and_then(|node| node.parent);
        std::iter::successors(parent(node), move |node| parent(*node))
    }
}

/// What stands at the end of a string that is cut: how long all of it is.
#[must_use]
pub fn rest(bytes: usize) -> String {
    format!("… {}", counted(bytes as u64, "byte"))
}

/// What stands for a folded value: `{… 3 keys}`, `[… 12]`, with a `+` where it goes on past what is laid out.
fn summary(kind: NodeKind, children: usize, whole: bool) -> String {
    let more = if whole { "" } else { "+" };
    match kind {
        NodeKind::Array => format!("[… {children}{more}]"),
        NodeKind::Object if children == 1 && whole => String::from("{… 1 key}"),
        NodeKind::Object => format!("{{… {children}{more} keys}}"),
    }
}

/// A string as it is shown: escaped, in quotes.
#[must_use]
pub(crate) fn shown(text: &str) -> String {
    format!("\"{}\"", escape(text.as_bytes()).replace('"', "\\\""))
}

/// What jq takes after a dot without quotes.
fn is_identifier(name: &str) -> bool {
    let mut bytes = name.bytes();
    bytes.next().is_some_and(|first| first.is_ascii_alphabetic() || first == b'_')
        && bytes.all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
}

/// A JSON string of which nothing acts on a terminal: where the escaper would change more than backslashes, all that is
/// not ASCII is written as `\uXXXX`.
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

/// The tree of the text, as far as it is laid out.
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
    /// The key whose value comes next.
    key: Option<String>,
}

impl Grower<'_> {
    /// Takes the token at `at`, and says where it ends.
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

    /// A key, or a value; its JSON escapes are undone, so that `\u00e9` reads as é.
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
