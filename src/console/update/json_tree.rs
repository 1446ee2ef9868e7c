//! JSON text becomes a tree of lines.
//!
//! The text is known to be JSON: it was checked when it came. It is gone through token by token without recursion, so
//! depth costs nothing, and a cut text is no error.

use std::ops::Range;

use crate::console::state::detail::{LAID_OUT_BYTES, LAID_OUT_LINES};
use crate::console::state::tree::{Kind, Node, Step, Tree, Value, shown};
use crate::wire::escape::escape;

/// The tree of the text, as far as it is laid out.
pub(super) fn tree(json: &[u8]) -> Tree {
    let text = &json[..json.len().min(LAID_OUT_BYTES)];
    let mut grower = Grower { text, nodes: Vec::new(), open: Vec::new(), key: None };
    let mut at = grower.skip_space(0);
    while at < text.len() && grower.nodes.len() < LAID_OUT_LINES {
        at = grower.token(at);
        at = grower.skip_space(at);
    }
    let cut = at < text.len() || text.len() < json.len();
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
            b'{' => self.begin(at, Kind::Object),
            b'[' => self.begin(at, Kind::Array),
            bracket @ (b'}' | b']') => {
                let kind = if bracket == b'}' { Kind::Object } else { Kind::Array };
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
    fn begin(&mut self, at: usize, kind: Kind) -> usize {
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
        let end = at + string_length(&self.text[at..]);
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
                Kind::Array => Some(Step::Index(*children)),
                Kind::Object => self.key.take().map(Step::Key),
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

/// The length of the string at the start of `rest`, with its quotes; all of it where the closing one was cut off.
fn string_length(rest: &[u8]) -> usize {
    let mut at = 1;
    while let Some(byte) = rest.get(at) {
        match byte {
            b'"' => return at + 1,
            b'\\' => at += 2,
            _ => at += 1,
        }
    }
    rest.len()
}
