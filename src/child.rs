//! Runs the commands of alerts and handlers: detached from the terminal, without secrets, and with a time limit.

use std::fmt;
use std::io;
use std::os::unix::process::ExitStatusExt as _;
use std::process::{ExitStatus, Stdio};
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process_group};
use tokio::io::AsyncWriteExt as _;
use tokio::process::{Child, Command};

use crate::wire::escape::escape;

/// How a command ended. Its `Display` text is already escaped.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum CommandOutcome {
    /// It succeeded.
    Done,
    /// It exited with a status other than 0.
    Status(i32),
    /// A signal ended it.
    Signal(i32),
    /// It was killed with its process group after this time.
    TooLong(Duration),
    /// It could not be started or awaited. The reason is escaped.
    NotRun(String),
}

impl fmt::Display for CommandOutcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Done => f.write_str("done"),
            Self::Status(status) => write!(f, "it ended with status {status}"),
            Self::Signal(signal) => write!(f, "it was ended by signal {signal}"),
            Self::TooLong(limit) => {
                write!(f, "it took longer than {} s and was killed", limit.as_secs_f64())
            }
            Self::NotRun(why) => f.write_str(why),
        }
    }
}

impl From<ExitStatus> for CommandOutcome {
    fn from(status: ExitStatus) -> Self {
        match (status.code(), status.signal()) {
            (Some(0), _) => Self::Done,
            (Some(code), _) => Self::Status(code),
            (None, signal) => Self::Signal(signal.unwrap_or_default()),
        }
    }
}

impl From<io::Error> for CommandOutcome {
    fn from(error: io::Error) -> Self {
        Self::NotRun(escape(error.to_string().as_bytes()))
    }
}

/// Runs a command until it ends, with `input` on its standard input, and without the environment variables `withheld`.
/// The command and its process group are killed after `limit`, or when the future is dropped.
pub(crate) async fn run(command: &mut Command, withheld: &[String], input: &[u8], limit: Duration) -> CommandOutcome {
    for name in withheld {
        command.env_remove(name);
    }
    // In its own process group, the keys of the terminal do not reach it, and it is killed with its children.
    command.stdin(Stdio::piped()).process_group(0).kill_on_drop(true);
    let mut child = match command.spawn() {
        Ok(child) => child,
        Err(error) => return error.into(),
    };
    let mut group = Group(child.id().and_then(|id| i32::try_from(id).ok()).and_then(Pid::from_raw));
    let Ok(ended) = tokio::time::timeout(limit, feed(&mut child, input)).await else {
        drop(group);
        let _ = child.wait().await;
        return CommandOutcome::TooLong(limit);
    };
    // Background processes of the command keep running. The group's ID may soon belong to another process.
    group.0 = None;
    ended.map_or_else(CommandOutcome::from, CommandOutcome::from)
}

/// Writes the input while the command runs. The command need not read it.
async fn feed(child: &mut Child, input: &[u8]) -> io::Result<ExitStatus> {
    let pipe = child.stdin.take();
    let write = async {
        if let Some(mut pipe) = pipe {
            let _ = pipe.write_all(input).await;
        }
    };
    tokio::select! {
        biased;
        status = child.wait() => status,
        status = async {
            write.await;
            std::future::pending::<io::Result<ExitStatus>>().await
        } => status,
    }
}

/// A process group that is killed when this is dropped.
struct Group(Option<Pid>);

impl Drop for Group {
    fn drop(&mut self) {
        if let Some(group) = self.0 {
            // The group may have ended already.
            let _ = kill_process_group(group, Signal::KILL);
        }
    }
}
