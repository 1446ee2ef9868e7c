//! Adds an interval to the state. This is the hot path of the console: only rejected messages are copied.

use std::sync::Arc;

use crate::console::app::alerts;
use crate::console::app::event::Effect;
use crate::console::app::scrollback::Row;
use crate::console::app::state::{FindingCounts, Phase, State};
use crate::console::app::subscriptions;
use crate::console::app::update::{ECHO_WAIT, SECOND};
use crate::console::filter;
use crate::console::panes::Pane;
use crate::console::panes::compose::echoes::hash;
use crate::console::panes::compose::state::{Echo, key_name};
use crate::console::panes::findings::state::FindingEntry;
use crate::console::panes::rejected::state::RejectedEntry;
use crate::console::panes::timeline::state::Mark;
use crate::console::popups::{acknowledge, series};
use crate::ledger::finding::{Cause, Finding, FindingKind};
use crate::ledger::interval::{Entry, Interval, Link, LinkState, Message};
use crate::ledger::sequence::{Channel, Reading};
use crate::wire::verdict::{Rejection, Verdict};

/// The maximum length of a name in the list of rejected messages, in bytes.
const NAME_BYTES: usize = 256;

/// Adds an interval, and returns the alerts that are due.
pub(crate) fn interval(state: &mut State, interval: &Arc<Interval>) -> Vec<Effect> {
    let mut effects = Vec::new();
    let alerting = state.alerts.wanted.is_wanted();
    let rows_before = state.messages.rows.len();
    let mut run = Run::default();
    for (index, entry) in interval.entries().iter().enumerate() {
        if !matches!(entry, Entry::Message(_)) {
            // Whether a channel is silent depends on the order of messages, counters and findings.
            std::mem::take(&mut run).count(state);
        }
        let shown = match entry {
            Entry::Message(message) => {
                if !run.goes_on_with(interval, message) {
                    std::mem::replace(&mut run, Run::begin(state, interval, message)).count(state);
                }
                run.messages += 1;
                take_message(state, interval, message, run.index);
                if let Some(channel) = run.index {
                    state.messages.note_copy(channel, interval, message);
                }
                run.shown
            }
            Entry::Finding(finding) => take_finding(state, finding),
            Entry::Dropped(dropped) => {
                state.totals.dropped += dropped.count;
                series::dropped(state);
                dropped.channel.as_ref().is_none_or(|channel| state.channels.shows(channel))
            }
            Entry::Link(link) => take_link(state, link),
            Entry::Counter { channel, reading, at, .. } => {
                take_counter(state, channel, reading, *at);
                continue;
            }
            Entry::Expectation(status) => {
                state.channels.take_status(status);
                continue;
            }
            Entry::Barrier { round_trip, .. } => {
                state.link.round_trip = Some(*round_trip);
                continue;
            }
        };
        if alerting {
            alerts::raise(state, interval, index, &mut effects);
        }
        let row = Row { interval: Arc::clone(interval), index };
        let shown = if state.filtering.filter.is_some() { filter::update::takes(state, &row) } else { shown };
        state.messages.push(row, shown);
    }
    run.count(state);
    if state.messages.rows.len() > rows_before {
        state.messages.bytes += interval.size();
        state.totals.trimmed += state.messages.trim(state.setup.max_rows, state.setup.max_bytes);
    }
    effects
}

/// Consecutive messages of one channel, which are counted together.
#[derive(Default)]
struct Run<'a> {
    first: Option<&'a Message>,
    messages: u32,
    /// The channel's index in the list.
    index: Option<usize>,
    /// Whether their rows are shown.
    shown: bool,
}

impl<'a> Run<'a> {
    fn begin(state: &mut State, interval: &Interval, first: &'a Message) -> Self {
        let index = state.channels.find_or_add(interval.channel(first));
        let picked = &state.channels.picked;
        let shown = picked.is_empty() || index.is_some_and(|index| picked.contains(&index));
        Self { first: Some(first), messages: 0, index, shown }
    }

    fn goes_on_with(&self, interval: &Interval, message: &Message) -> bool {
        let same = |first: &Message| first.at == message.at && interval.channel(first) == interval.channel(message);
        self.first.is_some_and(same)
    }

    fn count(self, state: &mut State) {
        let (messages, Some(Message { at, .. })) = (self.messages, self.first) else { return };
        // The clock is read before each batch of events, so almost all messages are from this second or the one before.
        let ago = usize::try_from(state.now.div_euclid(SECOND) - at.div_euclid(SECOND)).unwrap_or(0);
        state.totals.received += u64::from(messages);
        state.per_second.count_many(ago, messages);
        state.timeline.count_many(*at, u64::from(messages));
        match self.index {
            Some(index) => {
                let channel = &mut state.channels.list[index];
                channel.received += u64::from(messages);
                channel.last_at = Some(*at);
                channel.quiet_from = None;
                channel.per_second.count_many(ago, messages);
            }
            None => state.channels.others += u64::from(messages),
        }
    }
}

/// Adds a message of the channel with this index.
fn take_message(state: &mut State, interval: &Interval, message: &Message, index: Option<usize>) {
    let rejected = matches!(message.verdict, Verdict::Rejected(_));
    let row_id = state.messages.next_row_id();
    state.names.add(index, name(interval.payload(message)), message.at, rejected, row_id);
    if let Verdict::Rejected(rejection) = message.verdict {
        reject(state, interval, message, rejection, index);
    }
    if state.compose.awaiting > 0 {
        match_echo(state, interval, message);
    }
    if let Some(echoes) = series::awaited(state) {
        let hash = hash(interval.channel(message).as_bytes(), interval.payload(message));
        if echoes.receive(hash, message.at, message.verdict == Verdict::Verified, row_id) {
            state.messages.mark_own(row_id);
        }
    }
}

/// A message's name: the bytes before the first colon.
fn name(payload: &[u8]) -> &[u8] {
    &payload[..memchr::memchr(b':', payload).unwrap_or(payload.len())]
}

fn reject(state: &mut State, interval: &Interval, message: &Message, rejection: Rejection, index: Option<usize>) {
    state.totals.rejected += 1;
    state.timeline.mark(message.at, Mark::Rejected);
    if let Some(index) = index {
        state.channels.list[index].rejected += 1;
        state.channels.note_numbers();
    }
    let envelope = interval.envelope(message);
    let cut = |bytes: &[u8]| bytes[..bytes.len().min(NAME_BYTES)].to_vec();
    let entry = RejectedEntry {
        at: message.at,
        channel: interval.channel(message).clone(),
        name: cut(envelope.name),
        key_name: key_name(envelope.signature).map(cut),
        sequence: message.sequence,
        rejection,
        row_id: state.messages.next_row_id(),
    };
    state.rejections.push(entry, state.focus == Pane::Rejected);
}

/// Finds the echo of a sent message. Payloads are compared only while an echo is awaited.
fn match_echo(state: &mut State, interval: &Interval, message: &Message) {
    let payload = interval.payload(message);
    let row_id = state.messages.next_row_id();
    let since = state.now.saturating_sub(ECHO_WAIT);
    let own = state.compose.sent.iter_mut().find(|sent| {
        sent.awaits_echo()
            && sent.at >= since
            && sent.payload == payload
            && sent.channel == interval.channel(message).as_bytes()
    });
    if let Some(sent) = own {
        sent.echo = Some(Echo {
            latency: u64::try_from(message.at.saturating_sub(sent.at)).unwrap_or(0),
            verdict: message.verdict,
            sequence: message.sequence,
            row_id,
        });
        state.compose.awaiting -= 1;
        state.messages.mark_own(row_id);
    }
}

/// Counts a finding. Returns whether its row is shown.
fn take_finding(state: &mut State, finding: &Finding) -> bool {
    let row_id = state.messages.next_row_id();
    let gap = finding.kind.is_gap();
    state.timeline.mark(finding.at, if gap { Mark::Gap } else { Mark::Other });
    state.totals.findings = state.totals.findings.with(FindingCounts::of(finding));
    if let Some(index) = state.channels.find_or_add(&finding.channel) {
        let channel = &mut state.channels.list[index];
        channel.gaps += u64::from(gap);
        channel.other_findings += u64::from(!gap);
        let is_reset = finding.kind == FindingKind::CounterReset;
        channel.open_resets += u64::from(is_reset);
        if gap || is_reset {
            // There was traffic, or there may have been, but not since then.
            channel.quiet_from = Some(finding.at);
        }
        state.channels.note_numbers();
        if let Cause::Expectation { expectation, .. } = &finding.cause {
            state.channels.take_expectation_finding(index, expectation, finding.kind, row_id);
        }
    }
    // A finding that is being looked at stays selected in Findings, so that the keys act on it.
    let is_visited = !state.messages.follow
        && state.findings.selected().is_ok_and(|entry| Some(entry.row_id) == state.messages.cursor);
    let is_in_detail = state.focus == Pane::Detail && state.detail_list == Pane::Findings;
    let keep_cursor = state.focus == Pane::Findings || is_in_detail || is_visited;
    state.findings.push(FindingEntry { finding: finding.clone(), row_id }, keep_cursor);
    acknowledge::restore(state, row_id);
    state.channels.shows(&finding.channel)
}

/// Applies a change of the link. Returns whether its row is shown.
fn take_link(state: &mut State, link: &Link) -> bool {
    let phase = match link.state {
        LinkState::Connected | LinkState::Live => Some(Phase::Live),
        LinkState::Disconnected => Some(Phase::Down),
        LinkState::Stale => Some(Phase::Stale),
        LinkState::Denied
        | LinkState::Granted
        | LinkState::UnsubscribeFailed
        | LinkState::TooManyChannels
        | LinkState::ClockSet
        | LinkState::DuplicateCheckIncomplete => None,
    };
    if let Some(phase) = phase {
        if state.link.phase != phase {
            state.link.since = link.at;
        }
        state.link.phase = phase;
        state.link.reason.clone_from(&link.reason);
    }
    if link.server.is_some() {
        state.link.server.clone_from(&link.server);
    }
    let Some(channel) = &link.channel else { return true };
    if link.state == LinkState::UnsubscribeFailed
        && let Ok(name) = std::str::from_utf8(channel.as_bytes())
        && !state.subscribed.iter().any(|subscribed| subscribed == name)
    {
        subscriptions::note(state, &[name.to_owned()]);
    }
    if let Some(pattern) = state.channels.patterns.iter_mut().find(|known| known.name.as_bytes() == channel.as_bytes())
    {
        set_denied(&mut pattern.denied, link);
        return state.channels.shows(channel);
    }
    if let Some(index) = state.channels.find_or_add(channel) {
        set_denied(&mut state.channels.list[index].denied, link);
        state.channels.note_numbers();
    }
    state.channels.shows(channel)
}

/// Sets or clears the reason why a channel or pattern is denied.
fn set_denied(denied: &mut Option<Arc<str>>, link: &Link) {
    match link.state {
        LinkState::Denied => *denied = Some(link.reason.clone().unwrap_or_else(|| "not permitted".into())),
        LinkState::Granted => *denied = None,
        LinkState::Connected
        | LinkState::Live
        | LinkState::Disconnected
        | LinkState::Stale
        | LinkState::UnsubscribeFailed
        | LinkState::TooManyChannels
        | LinkState::ClockSet
        | LinkState::DuplicateCheckIncomplete => {}
    }
}

fn take_counter(state: &mut State, channel: &Channel, reading: &Reading, at: i64) {
    let is_unreadable = matches!(reading, Reading::Unreadable(_));
    state.totals.had_unreadable_counter |= is_unreadable;
    if let Some(index) = state.channels.find_or_add(channel) {
        let channel = &mut state.channels.list[index];
        if channel.last_at.is_none() && !is_unreadable {
            // Only changes are reported: from now on, nothing is published unless a message or another reading follows.
            channel.quiet_from = Some(at);
        }
        channel.reading = Some(reading.clone());
    }
}
