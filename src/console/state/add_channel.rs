//! The question for a channel or pattern to subscribe to.

use super::State;
use super::channel_rows::ChannelRow;
use super::channels::Channels;
use super::line_edit::LineEdit;

/// How many names are offered at most.
pub const OFFERED: usize = 8;

/// A channel or pattern in the making.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct AddChannel {
    /// What would be subscribed to.
    pub line: LineEdit,
    /// What was typed of it; the rest was completed.
    pub typed: String,
    /// Which of the names offered is in the line.
    pub chosen: Option<usize>,
}

impl State {
    /// The names offered for what was typed: those that are known, begin with it and are not subscribed to. Not escaped.
    #[must_use]
    pub fn offered(&self, typed: &str) -> Vec<String> {
        let channels = &self.channels;
        let dropped = channels.patterns.iter().filter(|pattern| pattern.dropped).map(|pattern| pattern.name.clone());
        let known = channels.list.iter().map(|known| &known.channel).chain(&channels.discovered);
        let names = known.filter_map(|channel| String::from_utf8(channel.as_bytes().to_vec()).ok());
        let mut offered = Vec::new();
        for name in dropped.chain(groups(channels)).chain(names) {
            if name.starts_with(typed) && !self.subscribed.contains(&name) && !offered.contains(&name) {
                offered.push(name);
                if offered.len() == OFFERED {
                    break;
                }
            }
        }
        offered
    }
}

/// A pattern for each group that has a line.
fn groups(channels: &Channels) -> impl Iterator<Item = String> {
    channels.lines().iter().filter_map(|line| match line {
        ChannelRow::Group(group) => String::from_utf8(group.prefix.clone()).ok().map(|prefix| prefix + "*"),
        _ => None,
    })
}
