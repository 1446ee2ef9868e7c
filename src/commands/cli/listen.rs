//! The command line of `listen`.

use std::ffi::OsString;
use std::path::PathBuf;
use std::time::Duration;

use clap::Args;

use super::{Format, LimitArgs, completions, duration};

pub(super) const ABOUT: &str = "Run a command for each valid broadcast with a given name";

pub(super) const LONG_ABOUT: &str = "\
Run a command for each valid broadcast with a given name

Commands run through `sh -c`, in the order of the messages, one at a time per name. A command gets the message's data on \
standard input and the rest of the message in environment variables. Nothing of a message is ever in a command's arguments. \
The output of a command goes to standard error. Standard output has a line for each run, each finding, each rejected message and each change of the connection.

The sequence number of the last handled message is stored per channel, so the next start knows what it missed. The number is \
stored when the command and all commands before it have ended, at most 100 ms later. If aircheck is killed while a command \
runs, that message counts as missed, and --recover handles it again. A command that still fails after --retry is reported, and \
its message counts as handled.

Messages wait in a queue until their command can run. Without --recover, if the queue is full (--queue, or 64 MiB of \
data), further messages are dropped and reported, and the command of --on-missed runs for their sequence numbers. With \
--recover, up to 64 MiB more can wait. Messages beyond that are dropped and reported, and handled later from the \
recording. With --recover or --on-missed, the stored number does not advance beyond a dropped message until that message is \
handled or the command of --on-missed has run for it.";

// The long help adds the environment of the commands.
macro_rules! after_help {
    ($environment:literal) => {
        concat!(
            "\
Examples:
  aircheck listen ops --on 'cache-flush=./flush'             Handle broadcasts of one name
  aircheck listen ops --on-any ./handle --skip-duplicates    Handle all names, but no duplicates
  aircheck listen ops --on-any ./handle --recover ops.db     Handle missed messages first

Exit status:
  0  done
  1  with --strict: a command failed or messages were missed
  2  wrong usage or configuration
  3  the server cannot be reached, or rejects the login or a command",
            $environment
        )
    };
}

pub(super) const AFTER_HELP: &str = after_help!("");

pub(super) const AFTER_LONG_HELP: &str = after_help!(
    "

Environment of a command (a variable is empty if it does not apply):
  AIRCHECK_CHANNEL         The channel
  AIRCHECK_CHANNEL_BASE64  Set instead of AIRCHECK_CHANNEL if the channel contains a NUL byte
  AIRCHECK_NAME            The message's name
  AIRCHECK_NAME_BASE64     Set instead of AIRCHECK_NAME if the name contains a NUL byte
  AIRCHECK_SEQUENCE        The sequence number, if it is exact
  AIRCHECK_CERTAINTY       exact, inferred (not confirmed by a later counter), range or unknown
  AIRCHECK_SEQUENCE_FROM   The lowest possible sequence number
  AIRCHECK_SEQUENCE_TO     The highest possible sequence number
  AIRCHECK_UNKNOWN_REASON  counter_unreadable, counter_reset, received_not_counted or no_barrier
  AIRCHECK_VERDICT         verified or unsigned
  AIRCHECK_KEY             The name of the key that signed the message
  AIRCHECK_AT              The time of receipt: RFC 3339, UTC
  AIRCHECK_RECOVERED       1 if the message comes from the recording of --recover
  AIRCHECK_DUPLICATE       1 if the same signed payload was received more than 1 s before

Environment of the command of --on-missed, which gets the finding as a JSON line on standard input:
  AIRCHECK_KIND            missed_disconnected, missed_not_running, counted_not_received,
                           counter_reset or dropped
  AIRCHECK_SEQUENCE_FROM   The first missed sequence number
  AIRCHECK_SEQUENCE_TO     The last missed sequence number
  AIRCHECK_COUNT           The number of missed messages, if it is known
  AIRCHECK_LOWER_BOUND     1 if more may be missing, because this may be another server than before
  AIRCHECK_AT              The time when the gap was found
AIRCHECK_CHANNEL and AIRCHECK_CHANNEL_BASE64 are as above.

Commands do not get the signing key, the server's URL, or any variable that the profile reads secrets from."
);

/// The arguments of `listen`.
#[derive(Debug, Clone, Args)]
pub struct ListenArgs {
    /// Channels or patterns, e.g. 'billing:*' [default: the profile's channels]
    #[arg(value_name = "CHANNEL", add = completions::channels())]
    pub channels: Vec<OsString>,
    /// Run COMMAND for each accepted broadcast of this name; can be repeated with other names
    #[arg(long, value_name = "NAME=COMMAND")]
    pub on: Vec<OsString>,
    /// Run COMMAND for accepted broadcasts of all other names
    #[arg(long, value_name = "COMMAND")]
    pub on_any: Option<OsString>,
    /// Run COMMAND for each range of missed messages
    #[arg(long, value_name = "COMMAND")]
    pub on_missed: Option<OsString>,
    /// Run up to N commands of a name at once, in any order
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u64).range(1..=1000))]
    pub parallel: u64,
    /// Kill a command's process group after this time; a child that called setsid survives
    #[arg(long, value_name = "DURATION", default_value = "1h", value_parser = duration)]
    pub time_limit: Duration,
    /// Retry a failed command up to N times, after 1 s, 2 s, 4 s and so on up to 1 min
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub retry: u32,
    /// Queue up to N messages that wait for their command
    #[arg(long, value_name = "N", default_value_t = 10_000, value_parser = clap::value_parser!(u64).range(1..=1_000_000),
        hide_short_help = true)]
    pub queue: u64,
    /// Skip a message if the same signed payload was received more than 1 s earlier
    ///
    /// Copies within 1 s are not skipped, because equal broadcasts of the same second have the same signature.
    #[arg(long)]
    pub skip_duplicates: bool,
    /// Handle missed and dropped messages from this recording, in order
    #[arg(long, value_name = "FILE")]
    pub recover: Option<PathBuf>,
    /// Accept a recording that was made with another address of this server, e.g. an IP address
    #[arg(long, requires = "recover", hide_short_help = true)]
    pub same_server: bool,
    /// Store the sequence numbers under this name; two listeners of the same broadcasts need different names; default: the names
    /// of all --on, and * for --on-any
    #[arg(long, value_name = "NAME", hide_short_help = true)]
    pub state: Option<String>,
    /// The output format
    #[arg(long, value_enum, default_value_t)]
    pub format: Format,
    /// When to exit.
    #[command(flatten)]
    pub limits: LimitArgs,
}
