//! The result of a sent message, in one line.
//!
//! ```text
//! ops #1048 · ✓ verified · 3 receivers, 2 besides this console · echo 0.6 ms
//! ```

use ratatui::style::Style;

use crate::console::app::context::Context;
use crate::console::app::state::Phase;
use crate::console::app::state::is_pattern;
use crate::console::panes::Pane;
use crate::console::panes::compose::state::{Sent, receivers_words};
use crate::console::popups::series;
use crate::console::popups::series::{Progress, SeriesEnd};
use crate::console::ui::panel::Words;
use crate::console::ui::theme::strong;
use crate::console::ui::{text, verdict};
use crate::ledger::format;
use crate::ledger::format::{duration, number};
use crate::wire::verdict::Verdict;

/// An echo that is not received within this time is shown as missing, in microseconds.
const ECHO_DUE: i64 = 5_000_000;

/// The result of what was sent last, shown while Compose is closed.
pub(crate) fn last(cx: &Context<'_>) -> Option<Words> {
    if cx.state.focus == Pane::Compose { None } else { newest(cx) }
}

/// The result of the message or series that was sent last.
pub(crate) fn newest(cx: &Context<'_>) -> Option<Words> {
    cx.state.compose.last().map(|sent| words(cx, sent))
}

/// The result of a series: `ops · sent 1 000 of 1 000 · received 998 of 1 000, 998 verified · echo median 0.6 ms, p99 2.1 ms`.
fn series_words(cx: &Context<'_>, progress: &Progress) -> Words {
    let theme = cx.theme;
    let channel = text::row(progress.channel.as_bytes(), 20);
    let sent = format!("{channel} · sent {} of {} · ", number(progress.sent), number(progress.count));
    let mut words = vec![(sent, theme.text)];
    if let Some(SeriesEnd::Failed(why)) = &progress.end {
        words.push((format!("✗ {why} · "), strong(theme.bad)));
    }
    words.extend(series::echo_words(cx, progress));
    words.extend(series::latency_words(progress).map(|words| (format!(" · {words}"), theme.soft)));
    words
}

/// The result of a message or series that was sent. A narrow border cuts the end, so the verdict comes first.
pub(crate) fn words(cx: &Context<'_>, sent: &Sent) -> Words {
    if let Some(progress) = &sent.series {
        return series_words(cx, progress);
    }
    let theme = cx.theme;
    let channel = text::row(&sent.channel, 20);
    let mut words = vec![(format!("{channel} "), theme.text)];
    match &sent.result {
        None => words.push((format!("… sending for {}", format::age(sent.at, cx.state.now)), theme.warn)),
        Some(Err(error)) => words.push((format!("✗ {error}"), strong(theme.bad))),
        Some(Ok((_, sequence))) => words.push((format!("#{sequence}"), strong(theme.accent))),
    }
    match (&sent.echo, &sent.result) {
        (Some(echo), _) => {
            let outcome = match echo.verdict {
                Verdict::Rejected(rejection) => rejection.words(),
                other => other.name(),
            };
            let style = strong(verdict::style(cx, echo.verdict));
            words.push((String::from(" · "), theme.soft));
            words.push((format!("{} {outcome}", verdict::glyph(echo.verdict)), style));
        }
        (None, Some(Ok(_))) => words.push(missing_echo(cx, sent)),
        (None, _) => {}
    }
    if let Some(Ok((receivers, _))) = &sent.result {
        if sent.is_unsigned() && cx.state.compose.can_sign() {
            words.push((String::from(" · unsigned"), theme.warn));
        }
        let to = receivers_words(*receivers, sent.own_receivers);
        if *receivers <= sent.own_receivers {
            words.push((format!(" · ⚠ {to}"), strong(theme.warn)));
        } else {
            words.push((format!(" · {to}"), theme.text));
        }
    }
    if let Some(echo) = &sent.echo {
        words.push((format!(" · echo {}", duration(echo.latency)), theme.soft));
    }
    words
}

/// The reason why there is no echo, as far as it is known.
fn missing_echo(cx: &Context<'_>, sent: &Sent) -> (String, Style) {
    if cx.state.now.saturating_sub(sent.at) < ECHO_DUE {
        return (String::from(" · no echo yet"), cx.theme.soft);
    }
    let subscribed = &cx.state.subscribed;
    let words = if cx.state.link.phase != Phase::Live {
        "no echo: the link is down"
    } else if subscribed.iter().any(|name| !is_pattern(name) && name.as_bytes() == sent.channel) {
        "no echo after 5 s"
    } else if subscribed.iter().any(|name| is_pattern(name)) {
        "no echo: perhaps not subscribed here"
    } else {
        "no echo: not subscribed here"
    };
    (format!(" · {words}"), cx.theme.warn)
}
