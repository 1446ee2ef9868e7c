//! Arbitrary RESP3 frames, with a separate encoder.

use aircheck::redis::resp::{Elements, Frame};
use proptest::prelude::*;

/// An expected frame.
#[derive(Debug, Clone)]
pub(crate) enum Tree {
    Simple(Vec<u8>),
    Error(Vec<u8>),
    BlobError(Vec<u8>),
    Number(i64),
    Blob(Vec<u8>),
    Verbatim(Vec<u8>),
    Null,
    Double(f64),
    Boolean(bool),
    BigNumber(String),
    Array(Vec<Tree>),
    Set(Vec<Tree>),
    Push(Vec<Tree>),
    Map(Vec<(Tree, Tree)>),
    /// The pairs of an attribute, and the frame that it belongs to.
    Attribute(Vec<(Tree, Tree)>, Box<Tree>),
}

/// Up to five levels of aggregates. Keys, set members and frames with attributes are such that `redis-protocol` takes
/// them: no aggregate is a key or a member, and null has no attribute.
pub(crate) fn tree() -> impl Strategy<Value = Tree> {
    leaf().prop_recursive(5, 40, 5, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..5).prop_map(Tree::Array),
            prop::collection::vec(inner.clone(), 0..5).prop_map(Tree::Push),
            prop::collection::vec(leaf(), 0..5).prop_map(Tree::Set),
            prop::collection::vec((leaf(), inner.clone()), 0..4).prop_map(Tree::Map),
            (prop::collection::vec((leaf(), inner.clone()), 0..3), inner)
                .prop_filter("one attribute, and not on null", |(_, tree)| {
                    !matches!(tree, Tree::Null | Tree::Attribute(..))
                })
                .prop_map(|(pairs, tree)| Tree::Attribute(pairs, Box::new(tree))),
        ]
    })
}

fn leaf() -> impl Strategy<Value = Tree> {
    let bytes = || prop::collection::vec(any::<u8>(), 0..20);
    let text = || {
        bytes().prop_map(|mut bytes| {
            bytes.retain(|byte| !matches!(byte, b'\r' | b'\n'));
            bytes
        })
    };
    prop_oneof![
        text().prop_map(Tree::Simple),
        text().prop_map(Tree::Error),
        bytes().prop_map(Tree::BlobError),
        any::<i64>().prop_map(Tree::Number),
        bytes().prop_map(Tree::Blob),
        bytes().prop_map(Tree::Verbatim),
        Just(Tree::Null),
        any::<f64>().prop_map(Tree::Double),
        any::<bool>().prop_map(Tree::Boolean),
        "-?[0-9]{1,30}".prop_map(Tree::BigNumber),
    ]
}

impl Tree {
    /// Appends the frame as RESP3.
    pub(crate) fn encode(&self, out: &mut Vec<u8>) {
        let line = |out: &mut Vec<u8>, kind: char, text: &[u8]| {
            out.push(kind as u8);
            out.extend_from_slice(text);
            out.extend_from_slice(b"\r\n");
        };
        let blob = |out: &mut Vec<u8>, kind: char, bytes: &[u8]| {
            line(out, kind, bytes.len().to_string().as_bytes());
            out.extend_from_slice(bytes);
            out.extend_from_slice(b"\r\n");
        };
        let list = |out: &mut Vec<u8>, kind: char, trees: &[Self]| {
            line(out, kind, trees.len().to_string().as_bytes());
            for tree in trees {
                tree.encode(out);
            }
        };
        let pairs = |out: &mut Vec<u8>, kind: char, pairs: &[(Self, Self)]| {
            line(out, kind, pairs.len().to_string().as_bytes());
            for (key, value) in pairs {
                key.encode(out);
                value.encode(out);
            }
        };
        match self {
            Self::Simple(text) => line(out, '+', text),
            Self::Error(text) => line(out, '-', text),
            Self::BlobError(bytes) => blob(out, '!', bytes),
            Self::Number(number) => line(out, ':', number.to_string().as_bytes()),
            Self::Blob(bytes) => blob(out, '$', bytes),
            Self::Verbatim(bytes) => blob(out, '=', &[b"txt:", &bytes[..]].concat()),
            Self::Null => line(out, '_', b""),
            Self::Double(double) => line(out, ',', double.to_string().as_bytes()),
            Self::Boolean(boolean) => line(out, '#', if *boolean { b"t" } else { b"f" }),
            Self::BigNumber(digits) => line(out, '(', digits.as_bytes()),
            Self::Array(trees) => list(out, '*', trees),
            Self::Set(trees) => list(out, '~', trees),
            Self::Push(trees) => list(out, '>', trees),
            Self::Map(map) => pairs(out, '%', map),
            Self::Attribute(map, tree) => {
                pairs(out, '|', map);
                tree.encode(out);
            }
        }
    }

    /// Whether this frame equals the one that was read.
    pub(crate) fn is(&self, frame: &Frame<'_>) -> bool {
        let all = |trees: &[Self], elements: &Elements<'_>| {
            trees.len() == elements.len() && trees.iter().zip(elements.clone()).all(|(tree, frame)| tree.is(&frame))
        };
        match (self, frame) {
            (Self::Attribute(_, tree), frame) => tree.is(frame),
            (Self::Simple(text), Frame::Simple(read))
            | (Self::Error(text) | Self::BlobError(text), Frame::Error(read))
            | (Self::Blob(text) | Self::Verbatim(text), Frame::Blob(read)) => text == read,
            (Self::Number(number), Frame::Number(read)) => number == read,
            (Self::Null, Frame::Null) => true,
            (Self::Double(double), Frame::Double(read)) => double.to_bits() == read.to_bits(),
            (Self::Boolean(boolean), Frame::Boolean(read)) => boolean == read,
            (Self::BigNumber(digits), Frame::BigNumber(read)) => digits.as_bytes() == *read,
            (Self::Array(trees) | Self::Set(trees), Frame::Array(read)) | (Self::Push(trees), Frame::Push(read)) => {
                all(trees, read)
            }
            (Self::Map(pairs), Frame::Map(read)) => {
                let flat: Vec<_> = pairs.iter().flat_map(|(key, value)| [key.clone(), value.clone()]).collect();
                all(&flat, read)
            }
            _ => false,
        }
    }
}
