//! Asks for a channel or pattern to subscribe to.

use ratatui::buffer::Buffer;

use crate::console::app::context::Context;
use crate::console::app::state::State;
use crate::console::panes::channels::rows::ChannelRow;
use crate::console::panes::channels::state::Channels;
use crate::console::popups::Popup;
use crate::console::ui::line_edit::LineEdit;
use crate::console::ui::list::MARK;
use crate::console::ui::pen::Pen;
use crate::console::ui::{popup_frame, prompt, text};

/// The maximum number of names offered.
pub(crate) const MAX_OFFERED: usize = 8;

/// The channel or pattern being typed.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct AddChannel {
    /// The channel or pattern, typed or completed.
    pub line: LineEdit,
    /// The typed part. The rest was completed.
    pub typed: String,
    /// The index of the offered name that is in the line.
    pub chosen: Option<usize>,
}

impl State {
    /// The known names that start with the typed text and are not subscribed to. Not escaped.
    #[must_use]
    pub fn offered(&self, typed: &str) -> Vec<String> {
        let channels = &self.channels;
        let unsubscribed =
            channels.patterns.iter().filter(|pattern| pattern.unsubscribed).map(|pattern| pattern.name.clone());
        let known = channels.list.iter().map(|known| &known.channel).chain(&channels.discovered);
        let names = known.filter_map(|channel| String::from_utf8(channel.as_bytes().to_vec()).ok());
        let mut offered = Vec::new();
        for name in unsubscribed.chain(groups(channels)).chain(names) {
            if name.starts_with(typed) && !self.subscribed.contains(&name) && !offered.contains(&name) {
                offered.push(name);
                if offered.len() == MAX_OFFERED {
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

/// Draws the question over the panes.
pub(crate) fn render(cx: &Context<'_>, popup: &Popup, add: &AddChannel, buf: &mut Buffer) {
    let inner = popup_frame::draw(cx, popup, "Add a channel or pattern", Vec::new(), cx.theme.accent, buf);
    let mut pen = Pen::new(buf, inner, 0);
    pen.skip(1);
    prompt::line(cx, &mut pen, &add.line);
    Pen::new(buf, inner, 1).skip(1).put("A pattern has * ? or [: billing:* matches billing:eu.", cx.theme.soft);
    for ((index, name), row) in cx.state.offered(&add.typed).iter().enumerate().zip(3..) {
        let mut pen = Pen::new(buf, inner, row);
        let chosen = add.chosen == Some(index);
        pen.skip(1).put(if chosen { MARK } else { " " }, cx.theme.accent).skip(1);
        let width = pen.room();
        pen.put(&text::row(name.as_bytes(), width), if chosen { cx.theme.accent } else { cx.theme.text });
    }
}
