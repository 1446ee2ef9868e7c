//! The question whether to send a message again as it is.
//!
//! ```text
//! ╭ Send again to PROD, as it is? ───────────────────────╮
//! │ server   redis.internal:6379                         │
//! │ channel  ops                                         │
//! │ signed   12 min ago: expires in 48 min               │
//! │ payload  cache-flush:sha256|default|1795516352|ab:{} │
//! │  y send  n cancel                                    │
//! ╰──────────────────────────────────────────────────────╯
//! ```

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;

use super::context::Context;
use super::pen::{Pen, Side};
use super::text::{self, duration};
use super::{confirm, popup};
use crate::console::state::{Again, Popup};
use crate::wire::escape::escape;
use crate::wire::verdict::Verdict;

/// Of a longer payload only so many bytes are shown.
const SHOWN: usize = 32 << 10;

/// Draws the question over the panes.
pub(super) fn render(cx: &Context<'_>, popup: &Popup, message: &Again, buf: &mut Buffer) {
    let theme = cx.theme;
    let profile = text::row(cx.state.setup.profile.as_bytes(), 20);
    let to = if profile.is_empty() { String::new() } else { format!(" to {profile}") };
    let inner = popup::draw(cx, popup, &format!("Send again{to}, as it is?"), Vec::new(), cx.profile(), buf);
    let below = confirm::facts(cx, &message.channel, inner, buf);
    let mut lines = vec![("signed", validity(cx, message))];
    if let Verdict::Rejected(rejection) = message.verdict {
        lines.push(("verdict", (format!("✗ it was rejected here: {}", rejection.words()), theme.bad)));
    }
    for (row, (label, (words, style))) in (0..).zip(&lines) {
        let mut pen = Pen::new(buf, below, row);
        pen.skip(1).column(label, 9, Side::Left, theme.soft).put(words, *style);
    }
    let used = u16::try_from(lines.len()).unwrap_or(0).min(below.height);
    let rest = Rect { y: below.y + used, height: below.height - used, ..below };
    let cut = message.payload.len().saturating_sub(SHOWN);
    let mut shown = escape(&message.payload[..message.payload.len() - cut]);
    if cut > 0 {
        shown = format!("{shown}… and {cut} bytes more");
    }
    confirm::payload(cx, &shown, rest, buf);
}

/// How long the signature holds, by the time tolerance of this profile.
fn validity(cx: &Context<'_>, message: &Again) -> (String, Style) {
    let theme = cx.theme;
    let Some(timestamp) = message.timestamp else {
        return (String::from("no: it has no signature that could expire"), theme.text);
    };
    let tolerance = i128::from(cx.state.setup.keyring.time_tolerance());
    let age = i128::from(cx.state.now.div_euclid(1_000_000)) - i128::from(timestamp);
    let span = |seconds: i128| duration(u64::try_from(seconds).unwrap_or(u64::MAX).saturating_mul(1_000_000));
    if age < -tolerance {
        return (format!("{} ahead: will be rejected by listeners until then", span(-age)), theme.bad);
    }
    let when = if age < 0 { format!("{} ahead", span(-age)) } else { format!("{} ago", span(age)) };
    if age > tolerance {
        (format!("{when}, expired: will be rejected by listeners"), theme.bad)
    } else {
        (format!("{when}, expires in {}; listeners may call it a repeat", span(tolerance - age)), theme.warn)
    }
}
