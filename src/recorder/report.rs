//! What is said on standard error: a progress line on a terminal, `key=value` lines elsewhere.

use std::fmt::Write as _;
use std::io::{self, IsTerminal as _, Write as _};
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use tokio::time::Instant;

use super::traffic::{Counted, Traffic};
use crate::ledger::interval::{Link, LinkState};
use crate::record::status::Status;
use crate::record::writer::Prepared;
use crate::redis::subscription::now_micros;
use crate::redis::target::Target;
use crate::wire::escape::escape;

/// Without a terminal the counts are said this often.
const PAUSE: Duration = Duration::from_mins(1);

/// Says how it goes.
pub(super) struct Report {
    is_terminal: bool,
    is_verbose: bool,
    counted: Arc<Counted>,
    /// Whether a progress line stands on the terminal.
    is_open: bool,
    said: Option<Instant>,
    trouble: Option<String>,
    committed: u64,
    /// Messages and when they were counted, for the rate.
    before: (u64, Instant),
}

impl Report {
    pub(super) fn new(is_verbose: bool, counted: Arc<Counted>) -> Self {
        Self {
            is_terminal: io::stderr().is_terminal(),
            is_verbose,
            counted,
            is_open: false,
            said: None,
            trouble: None,
            committed: 0,
            before: (0, Instant::now()),
        }
    }

    pub(super) fn started(&mut self, prepared: &Prepared, target: &Target) {
        let file = escape(prepared.path().as_os_str().as_encoded_bytes());
        self.event("info", "started", &[("file", &file), ("target", &target.to_string())]);
    }

    pub(super) fn metrics(&mut self, address: SocketAddr) {
        self.event("info", "metrics", &[("address", &address.to_string())]);
    }

    pub(super) fn reloaded(&mut self, reloaded: Result<String, String>) {
        match reloaded {
            Ok(what) => self.event("info", "reloaded", &[("what", &what)]),
            Err(why) => self.event("error", "not_reloaded", &[("reason", &why)]),
        }
    }

    /// Says where the recording fails and where it goes on, and with `--verbose` every transaction.
    pub(super) fn status(&mut self, status: &Status) {
        let trouble = status.trouble().map(|(_, reason)| reason.to_owned());
        if trouble != self.trouble {
            if let Some((since, reason)) = status.trouble() {
                self.event("error", "not_recording", &[("since", &time(since)), ("reason", reason)]);
            } else {
                let lost = status.not_recorded.to_string();
                self.event("info", "recording_again", &[("not_recorded", &lost)]);
            }
            self.trouble = trouble;
        }
        if self.is_verbose && status.committed > self.committed {
            self.committed = status.committed;
            self.event("debug", "committed", &[("messages", &status.committed.to_string())]);
        }
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

    /// Says the counts where it is time; the line, for the service manager.
    pub(super) fn tick(&mut self, status: &Status, now: Instant) -> Option<String> {
        let traffic = self.counted.now();
        let line = self.line(&traffic, status, now);
        if self.is_terminal {
            let mut err = io::stderr().lock();
            let _ = write!(err, "\r{line}\x1b[K").and_then(|()| err.flush());
            self.is_open = true;
            return Some(line);
        }
        if self.said.is_some_and(|said| now.saturating_duration_since(said) < PAUSE) {
            return None;
        }
        self.said = Some(now);
        self.counts("progress", &traffic, status);
        Some(line)
    }

    pub(super) fn ended(&mut self, status: &Status) {
        let traffic = self.counted.now();
        if std::mem::take(&mut self.is_open) {
            let _ = writeln!(io::stderr().lock());
        }
        self.counts("ended", &traffic, status);
    }

    fn counts(&mut self, event: &str, traffic: &Traffic, status: &Status) {
        let numbers = [
            ("received", traffic.messages()),
            ("recorded", status.committed),
            ("not_recorded", status.not_recorded),
            ("deleted", status.deleted),
            ("gaps", traffic.gaps()),
            ("rejected", traffic.rejected()),
            ("file_bytes", status.file_bytes),
        ];
        let numbers = numbers.map(|(key, number)| (key, number.to_string()));
        let mut fields: Vec<(&str, &str)> = numbers.iter().map(|(key, number)| (*key, number.as_str())).collect();
        fields.push(("link", traffic.link_name()));
        self.event("info", event, &fields);
    }

    /// `◉ REC  12345 messages  412/s  2 gaps  1 rejected  live  12.3 MiB`
    fn line(&mut self, traffic: &Traffic, status: &Status, now: Instant) -> String {
        let messages = traffic.messages();
        let seconds = now.saturating_duration_since(self.before.1).as_secs().max(1);
        let rate = (messages - self.before.0) / seconds;
        self.before = (messages, now);
        let state = match status.trouble() {
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
        line
    }

    /// One line; values are escaped already, and quoted where they have a space or a quote.
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
        let clear = if std::mem::take(&mut self.is_open) { "\r\x1b[K" } else { "" };
        let _ = writeln!(io::stderr().lock(), "{clear}{line}");
    }
}

fn time(micros: i64) -> String {
    Timestamp::from_microsecond(micros).map(|time| time.to_string()).unwrap_or_default()
}
