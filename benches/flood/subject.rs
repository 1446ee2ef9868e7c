//! The programs that are measured.

use std::ffi::OsString;
use std::process::{Child, ChildStdin, Command, Stdio};

use clap::ValueEnum;
use portable_pty::CommandBuilder;

use crate::Outcome;
use crate::inner::Inner;
use crate::server::Server;
use crate::terminal::{SIZE, Terminal};
use crate::traffic::{CHANNEL, SECRET};

/// A subscriber.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Subject {
    /// `redis-cli subscribe` to /dev/null
    RedisCli,
    /// The `PubSub` of redis-rs on a current-thread runtime
    PubsubOne,
    /// The `PubSub` of redis-rs on a 2-thread runtime
    PubsubTwo,
    /// The floor: only blocking reads into one buffer
    FloorRead,
    /// The floor: read, split frames, copy payloads, check JSON, verify HMACs
    FloorVerify,
    /// The floor of `record`: the same, and write rows to a table without indices
    FloorRecord,
    /// The same, with the two indices that contain every message
    FloorRecordIndexed,
    /// The floor of `tail`: the floor with HMACs, and write each JSON line to /dev/null
    FloorTail,
    /// The floor of the console: the floor with HMACs, keep 100,000 payloads, draw a frame of 200x60 30 times a second
    FloorConsole,
    /// aircheck's subscription; its intervals are counted and dropped
    Bare,
    /// `aircheck tail --format json` to /dev/null
    Tail,
    /// The console on a terminal of 200x60
    Console,
    /// `aircheck record`
    Record,
    /// The console, recording
    ConsoleRecord,
}

/// A running subject.
pub(crate) enum Running {
    /// With its standard input. An inner subject prints its counts when it is closed.
    Plain(Child, Option<ChildStdin>),
    OnTerminal(Box<Terminal>),
}

impl Subject {
    /// The name in the tables.
    pub(crate) fn title(self) -> &'static str {
        match self {
            Self::RedisCli => "`redis-cli subscribe` > /dev/null",
            Self::PubsubOne => "redis-rs `PubSub`, current-thread runtime",
            Self::PubsubTwo => "redis-rs `PubSub`, 2-thread runtime",
            Self::FloorRead => "floor: read calls alone",
            Self::FloorVerify => "floor: read, split, copy, JSON, HMAC",
            Self::FloorRecord => "floor of `record`: that, rows in SQLite",
            Self::FloorRecordIndexed => "floor of `record`: that, rows, two indices",
            Self::FloorTail => "floor of `tail`: that, lines > /dev/null",
            Self::FloorConsole => "floor of the console: that, kept and drawn",
            Self::Bare => "aircheck's subscription",
            Self::Tail => "`aircheck tail --format json` > /dev/null",
            Self::Console => "console, 200x60",
            Self::Record => "`aircheck record`",
            Self::ConsoleRecord => "console, 200x60, recording",
        }
    }

    /// The program that does only the work that this one cannot avoid.
    pub(crate) fn floor(self) -> Option<Self> {
        match self {
            Self::Bare => Some(Self::FloorVerify),
            Self::Tail => Some(Self::FloorTail),
            Self::Console => Some(Self::FloorConsole),
            Self::Record => Some(Self::FloorRecordIndexed),
            _ => None,
        }
    }

    /// The target of the CPU time relative to the floor.
    pub(crate) fn target(self) -> Option<&'static str> {
        match self {
            Self::Bare | Self::Console => Some("at most 1.15"),
            Self::Tail | Self::Record => Some("at most 1.1"),
            _ => None,
        }
    }

    /// Starts the subject on the server, which will send `messages` messages.
    pub(crate) fn start(self, server: &Server, messages: u64) -> Outcome<Running> {
        let inner = |inner: Inner| plain(inner.command(server)?, Stdio::piped());
        let terminal = |command: &Command| Ok(Running::OnTerminal(Box::new(on_terminal(command, SIZE, None)?)));
        let count = messages.to_string();
        match self {
            Self::RedisCli => {
                let mut command = Command::new("redis-cli");
                command.args(["-p", &server.port().to_string(), "subscribe", CHANNEL]);
                plain(command, Stdio::null())
            }
            Self::PubsubOne => inner(Inner::PubsubOne),
            Self::PubsubTwo => inner(Inner::PubsubTwo),
            Self::FloorRead => inner(Inner::FloorRead),
            Self::FloorVerify => inner(Inner::FloorVerify),
            Self::FloorRecord => inner(Inner::FloorRecord),
            Self::FloorRecordIndexed => inner(Inner::FloorRecordIndexed),
            Self::FloorTail => inner(Inner::FloorTail),
            Self::FloorConsole => terminal(&Inner::FloorConsole.command(server)?),
            Self::Bare => inner(Inner::Bare),
            // Ends with the last message. The status is 1 if there was a finding.
            Self::Tail => plain(
                aircheck(server, &["tail", CHANNEL, "--format", "json", "--strict", "--count", &count]),
                Stdio::null(),
            ),
            Self::Console => terminal(&aircheck(server, &[CHANNEL])),
            Self::Record => {
                let mut command = aircheck(server, &["record", CHANNEL, "-o"]);
                command.arg(recording(server)).stderr(Stdio::null());
                plain(command, Stdio::null())
            }
            Self::ConsoleRecord => {
                terminal(&aircheck(server, &["--record", &recording(server).to_string_lossy(), CHANNEL]))
            }
        }
    }
}

/// The file to which a subject of the server records.
pub(crate) fn recording(server: &Server) -> OsString {
    server.directory().join("flood.db").into()
}

/// The path of aircheck: `AIRCHECK_PROGRAM`, e.g. an older build, or that of this build.
pub(crate) fn program() -> OsString {
    std::env::var_os("AIRCHECK_PROGRAM").unwrap_or_else(|| env!("CARGO_BIN_EXE_aircheck").into())
}

/// The program with a key, and with the server's directory for its files.
pub(crate) fn aircheck(server: &Server, arguments: &[&str]) -> Command {
    let mut command = Command::new(program());
    command.args(["--url", &server.url()]).args(arguments);
    command.env("AIRCHECK_SIGNING_KEY", SECRET);
    command.env("AIRCHECK_STATE", server.directory().join("state.db"));
    command.env("HOME", server.directory()).env_remove("XDG_CONFIG_HOME");
    command
}

/// The program on a terminal of 200x60.
pub(crate) fn console(server: &Server, arguments: &[&str]) -> Outcome<Terminal> {
    on_terminal(&aircheck(server, arguments), SIZE, None)
}

/// Starts a program on a terminal of this size, which reads at most `rate` bytes per second.
pub(crate) fn on_terminal(plain: &Command, size: (u16, u16), rate: Option<u32>) -> Outcome<Terminal> {
    let mut command = CommandBuilder::new(plain.get_program());
    command.args(plain.get_args());
    for (name, value) in plain.get_envs() {
        match value {
            Some(value) => command.env(name, value),
            None => command.env_remove(name),
        }
    }
    Terminal::start(command, size, rate)
}

fn plain(mut command: Command, output: Stdio) -> Outcome<Running> {
    let started = command.stdin(Stdio::piped()).stdout(output).spawn();
    let mut child = started.map_err(|error| format!("cannot start {command:?}: {error}"))?;
    let input = child.stdin.take();
    Ok(Running::Plain(child, input))
}

impl Running {
    pub(crate) fn pid(&self) -> Outcome<u32> {
        match self {
            Self::Plain(child, _) => Ok(child.id()),
            Self::OnTerminal(terminal) => Ok(terminal.child.process_id().ok_or("the console has no process")?),
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        if let Self::Plain(child, _) = self {
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}
