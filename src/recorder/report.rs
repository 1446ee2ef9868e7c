//! Reports on standard error, and to systemd. A terminal has a progress line; otherwise, lines have the form `key=value`.

use std::fmt::Write as _;
use std::io::{self, IsTerminal as _, Write as _};
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{self, Duration};

use jiff::Timestamp;
use sd_notify::{NotifyState, notify};
use tokio::time::Instant;

use crate::ledger::format::counted;
use crate::ledger::interval::{Link, LinkState};
use crate::metrics::traffic::{Traffic, TrafficCounter};
use crate::recording::status::Status;
use crate::recording::writer::Prepared;
use crate::redis::subscription::now_micros;
use crate::redis::target::Target;
use crate::store::status::ShipStatus;
use crate::wire::escape::escape;

/// How often the counts are logged without a terminal.
const LOG_INTERVAL: Duration = Duration::from_mins(1);

/// The report on standard error.
pub(super) struct Report {
    is_terminal: bool,
    is_verbose: bool,
    traffic: Arc<TrafficCounter>,
    /// The terminal shows a progress line, which has no line feed yet.
    has_progress_line: bool,
    /// When the counts were last logged.
    logged_at: Option<Instant>,
    /// The last reported reason why the file cannot be written.
    failure: Option<String>,
    /// The last reported reason why nothing is shipped.
    unshipped: Option<String>,
    /// The last reported number of committed messages.
    committed: u64,
    /// The number of messages at a time, for the rate.
    before: (u64, Instant),
}

impl Report {
    pub(super) fn new(is_verbose: bool, traffic: Arc<TrafficCounter>) -> Self {
        Self {
            is_terminal: io::stderr().is_terminal(),
            is_verbose,
            traffic,
            has_progress_line: false,
            logged_at: None,
            failure: None,
            unshipped: None,
            committed: 0,
            before: (0, Instant::now()),
        }
    }

    pub(super) fn started(&mut self, prepared: &Prepared, target: &Target) {
        let file = escape(prepared.path().as_os_str().as_encoded_bytes());
        self.event("info", "started", &[("file", &file), ("target", &target.to_string())]);
        if let Some(at) = prepared.killed_after() {
            let lost = prepared.known().iter().filter_map(|known| known.lost).fold(0, u64::saturating_add);
            let lost = match lost {
                0 => "what it received after the last write; missed_not_running includes it".to_owned(),
                lost => format!("at least {}; missed_not_running includes them", counted(lost, "message")),
            };
            self.event("warning", "previous_run_killed", &[("last_write", &time(at)), ("lost", &lost)]);
        }
    }

    pub(super) fn serving_metrics(&mut self, address: SocketAddr) {
        self.event("info", "metrics", &[("address", &address.to_string())]);
    }

    pub(super) fn reloaded(&mut self, reloaded: Result<String, String>) {
        match reloaded {
            Ok(change) => self.event("info", "reloaded", &[("change", &change)]),
            Err(reason) => self.event("error", "not_reloaded", &[("reason", &reason)]),
        }
    }

    /// Logs when the file can no longer be written and when it can again. With `--verbose`, logs every transaction.
    pub(super) fn status(&mut self, status: &Status) {
        let failure = status.failure().map(|(_, reason)| reason.to_owned());
        if failure != self.failure {
            if let Some((since, reason)) = status.failure() {
                self.event("error", "not_recording", &[("since", &time(since)), ("reason", reason)]);
            } else {
                let not_recorded = status.not_recorded.to_string();
                self.event("info", "recording_resumed", &[("not_recorded", &not_recorded)]);
            }
            self.failure = failure;
        }
        if self.is_verbose && status.committed > self.committed {
            self.committed = status.committed;
            self.event("debug", "committed", &[("messages", &status.committed.to_string())]);
        }
    }

    /// Logs when nothing can be shipped and when it can again.
    pub(super) fn shipping(&mut self, shipping: Option<&ShipStatus>) {
        let failure = shipping.and_then(|shipping| shipping.failure.as_ref());
        let reason = failure.map(|(_, reason)| reason.clone());
        if reason != self.unshipped {
            match failure {
                Some((since, reason)) => {
                    self.event("error", "not_shipping", &[("since", &time(*since)), ("reason", reason)]);
                }
                None => self.event("info", "shipping_resumed", &[]),
            }
            self.unshipped = reason;
        }
    }

    /// Logs that the alert command failed. `reason` must be escaped.
    pub(super) fn alert_failed(&mut self, reason: &str) {
        self.event("warning", "alert_failed", &[("reason", reason)]);
    }

    /// Logs a change of the link.
    pub(super) fn link(&mut self, link: &Link) {
        let is_good = matches!(link.state, LinkState::Connected | LinkState::Live | LinkState::Granted);
        let channel = link.channel.as_ref().map(|channel| escape(channel.as_bytes()));
        let reason = link.reason.as_ref().map(|reason| escape(reason.as_bytes()));
        let mut fields = vec![("state", link.state.name())];
        fields.extend(channel.as_deref().map(|channel| ("channel", channel)));
        fields.extend(reason.as_deref().map(|reason| ("reason", reason)));
        self.event_at(link.at, if is_good { "info" } else { "warning" }, "link", &fields);
    }

    /// Updates the progress line, or logs the counts if it is time. Returns the line if it did, for systemd.
    pub(super) fn tick(&mut self, status: &Status, shipping: Option<&ShipStatus>, now: Instant) -> Option<String> {
        let traffic = self.traffic.now();
        let line = self.line(&traffic, status, shipping, now);
        if self.is_terminal {
            let mut err = io::stderr().lock();
            let _ = write!(err, "\r{line}\x1b[K").and_then(|()| err.flush());
            self.has_progress_line = true;
            return Some(line);
        }
        if self.logged_at.is_some_and(|logged_at| now.saturating_duration_since(logged_at) < LOG_INTERVAL) {
            return None;
        }
        self.logged_at = Some(now);
        self.counts("progress", &traffic, status, shipping);
        Some(line)
    }

    pub(super) fn ended(&mut self, status: &Status, shipping: Option<&ShipStatus>) {
        let traffic = self.traffic.now();
        if std::mem::take(&mut self.has_progress_line) {
            let _ = writeln!(io::stderr().lock());
        }
        self.counts("ended", &traffic, status, shipping);
    }

    fn counts(&mut self, event: &str, traffic: &Traffic, status: &Status, shipping: Option<&ShipStatus>) {
        let counts = [
            ("received", traffic.messages()),
            ("recorded", status.committed),
            ("not_recorded", status.not_recorded),
            ("deleted", status.deleted),
            ("gaps", traffic.gaps()),
            ("rejected", traffic.rejected()),
            ("file_bytes", status.file_bytes),
        ];
        let counts = counts.map(|(key, count)| (key, count.to_string()));
        let mut fields: Vec<(&str, &str)> = counts.iter().map(|(key, count)| (*key, count.as_str())).collect();
        let shipped = shipping.map(|shipping| [shipping.rows.to_string(), shipping.pending.to_string()]);
        if let Some([rows, pending]) = &shipped {
            fields.extend([("shipped_rows", rows.as_str()), ("unshipped_rows", pending.as_str())]);
        }
        fields.push(("link", traffic.link_name()));
        self.event("info", event, &fields);
    }

    /// `◉ REC  12345 recorded  412/s  2 gaps  1 rejected  live  12.3 MiB`
    fn line(&mut self, traffic: &Traffic, status: &Status, shipping: Option<&ShipStatus>, now: Instant) -> String {
        let messages = traffic.messages();
        let seconds = now.saturating_duration_since(self.before.1).as_secs().max(1);
        let rate = (messages - self.before.0) / seconds;
        self.before = (messages, now);
        let state = match status.failure() {
            None => "◉ REC".to_owned(),
            Some((since, reason)) => format!("✗ NOT RECORDING since {} because {reason}", time(since)),
        };
        let mut line = format!("{state}  {} recorded  {rate}/s", status.committed);
        for (count, word) in
            [(traffic.gaps(), "gaps"), (traffic.rejected(), "rejected"), (status.not_recorded, "not recorded")]
        {
            if count > 0 {
                let _ = write!(line, "  {count} {word}");
            }
        }
        let _ = write!(line, "  {}  {}", traffic.link_name(), bytesize::ByteSize(status.file_bytes));
        if let Some(shipping) = shipping {
            let lag = Duration::from_micros(shipping.lag(now_micros())).as_secs();
            match &shipping.failure {
                Some((since, reason)) => {
                    let _ = write!(line, "  ✗ NOT SHIPPING since {} because {reason}", time(*since));
                }
                // A long catch-up.
                None if lag >= 10 => {
                    let done = shipping.rows * 10 / (shipping.rows + shipping.pending).max(1);
                    let done = usize::try_from(done).unwrap_or(0).min(10);
                    let bar = format!("{}{}", "█".repeat(done), "░".repeat(10 - done));
                    let rest = counted(shipping.pending, "row");
                    let _ = write!(line, "  store {bar} {}/s, {rest} left, lag {lag} s", shipping.rows_per_second);
                }
                None => {
                    let _ = write!(line, "  store {}/s", shipping.rows_per_second);
                }
            }
        }
        line
    }

    /// Logs one event. The values must be escaped. Those with a space, a quote or an equals sign are quoted.
    fn event(&mut self, level: &str, event: &str, fields: &[(&str, &str)]) {
        self.event_at(now_micros(), level, event, fields);
    }

    fn event_at(&mut self, at: i64, level: &str, event: &str, fields: &[(&str, &str)]) {
        let mut line = String::new();
        if self.is_terminal {
            line.push_str(event);
        } else {
            let _ = write!(line, "at={} level={level} event={event}", time(at));
        }
        for (key, value) in fields {
            let quoted = value.is_empty() || value.contains([' ', '"', '=']);
            let value = if quoted { format!("\"{}\"", value.replace('"', "\\\"")) } else { (*value).to_owned() };
            let _ = write!(line, " {key}={value}");
        }
        let clear = if std::mem::take(&mut self.has_progress_line) { "\r\x1b[K" } else { "" };
        let _ = writeln!(io::stderr().lock(), "{clear}{line}");
    }
}

fn time(micros: i64) -> String {
    Timestamp::from_microsecond(micros).map(|time| time.to_string()).unwrap_or_default()
}

/// Notifies systemd, if it started the program. A failed notification does not stop the recording.
pub(super) fn notify_systemd(state: NotifyState<'_>) {
    let _ = notify(&[state]);
}

/// Notifies systemd that the profile is being reloaded.
pub(super) fn notify_reloading() {
    match NotifyState::monotonic_usec_now() {
        Ok(now) => drop(notify(&[NotifyState::Reloading, now])),
        Err(_) => notify_systemd(NotifyState::Reloading),
    }
}

/// The watchdog of systemd, which restarts the program if it is not notified for this long. None if it is disabled.
pub(super) struct Watchdog(Option<Duration>);

impl Watchdog {
    pub(super) fn new() -> Self {
        Self(sd_notify::watchdog_enabled())
    }

    /// Notifies the watchdog, unless the writer has hung for longer than the watchdog allows: only a restart helps then. With a
    /// full disk, the writer is not hung, because it keeps trying.
    pub(super) fn notify(&self, status: &Status, now: time::Instant) {
        if self.0.is_some_and(|timeout| now.saturating_duration_since(status.alive) < timeout) {
            notify_systemd(NotifyState::Watchdog);
        }
    }
}
