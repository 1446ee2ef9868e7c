//! `listen`: what is run for which message.

use std::ffi::OsString;
use std::path::PathBuf;
use std::time::Duration;

use clap::Args;

use super::{Format, duration};

pub(super) const ABOUT: &str = "Run a command for each accepted broadcast of a name";

pub(super) const LONG_ABOUT: &str = "\
Run a command for each accepted broadcast of a name

Commands run through `sh -c`, in the order of the messages, one at a time per name. The message's data is on the command's \
standard input, and what else is known of it in environment variables: nothing of a message is ever in its arguments. What \
it prints goes to standard error; a line for each run goes to standard output.

The number of the last handled message is kept per channel, so that the next start knows exactly what it missed. It is \
written when the command has ended, at most 100 ms later, and once everything before it has ended too: a message whose \
command was running when aircheck was killed is missed, and handled again with --recover. The number never passes a \
message that was dropped because too much waited: such a message is handled from the recording of --recover, or reported \
and given to --on-missed first. A command that fails, also after \
--retry, is reported and its message counts as handled.";

pub(super) const AFTER_HELP: &str = "\
Examples:
  aircheck listen ops --on 'cache-flush=./flush'             Run a command for each broadcast of a name
  aircheck listen ops --on-any ./handle --skip-duplicates    Run a command for all names, but not for duplicates
  aircheck listen ops --on-any ./handle --recover ops.db     Handle missed messages from a recording first

Exit status: 0 done, 1 a command failed or messages were missed, with --strict, 2 wrong usage or configuration, 3 the server
             cannot be reached, or rejects the login or a command.";

pub(super) const AFTER_LONG_HELP: &str = "\
Examples:
  aircheck listen ops --on 'cache-flush=./flush'             Run a command for each broadcast of a name
  aircheck listen ops --on-any ./handle --skip-duplicates    Run a command for all names, but not for duplicates
  aircheck listen ops --on-any ./handle --recover ops.db     Handle missed messages from a recording first

Exit status: 0 done, 1 a command failed or messages were missed, with --strict, 2 wrong usage or configuration, 3 the server
             cannot be reached, or rejects the login or a command.

Environment of a command; a variable is empty where there is nothing to say:
  AIRCHECK_CHANNEL        the channel; AIRCHECK_CHANNEL_BASE64 instead where it holds a NUL byte
  AIRCHECK_NAME           the message's name; AIRCHECK_NAME_BASE64 instead where it holds a NUL byte
  AIRCHECK_SEQUENCE       its exact sequence number; empty if that is not known
  AIRCHECK_CERTAINTY      exact, inferred, range or unknown
  AIRCHECK_SEQUENCE_FROM  the lowest possible sequence number; AIRCHECK_SEQUENCE_TO: the highest
  AIRCHECK_UNKNOWN_REASON counter_unreadable, counter_reset, received_not_counted or no_barrier
  AIRCHECK_VERDICT        verified or unsigned; AIRCHECK_KEY: the key it is signed with
  AIRCHECK_AT             when it came, or the gap was found: RFC 3339, UTC
  AIRCHECK_RECOVERED      1 if it was missed or dropped and comes from the recording
  AIRCHECK_DUPLICATE      1 if the same signed payload was received more than 1 s before: somebody resent it
and of the command of --on-missed, whose standard input is the finding as a JSON line:
  AIRCHECK_KIND           missed_disconnected, missed_not_running, counted_not_received, counter_reset or dropped
  AIRCHECK_SEQUENCE_FROM  the first missed sequence number; AIRCHECK_SEQUENCE_TO: the last; AIRCHECK_COUNT: how many
  AIRCHECK_LOWER_BOUND    1 if more may have been missed, because the server is not known to be the same
The signing key and the server's URL are not in it, nor are the variables that the profile takes secrets from.";

/// What to run, for which messages, and for how long.
#[derive(Debug, Clone, Args)]
pub struct ListenArgs {
    /// Channels, or patterns such as 'billing:*'; default: those of the profile
    #[arg(value_name = "CHANNEL")]
    pub channels: Vec<OsString>,
    /// Run COMMAND for each accepted broadcast of this name; once for each name
    #[arg(long, value_name = "NAME=COMMAND")]
    pub on: Vec<OsString>,
    /// Run COMMAND for accepted broadcasts of all other names
    #[arg(long, value_name = "COMMAND")]
    pub on_any: Option<OsString>,
    /// Run COMMAND for each range of messages that were missed
    #[arg(long, value_name = "COMMAND")]
    pub on_missed: Option<OsString>,
    /// Run up to N commands of a name at once; their order is then not kept
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u64).range(1..=1000))]
    pub parallel: u64,
    /// Kill a command after this time, with its process group: not a child that called setsid
    #[arg(long, value_name = "DURATION", default_value = "1h", value_parser = duration)]
    pub time_limit: Duration,
    /// Run a command that failed up to N times more, after 1 s, 2 s, 4 s and so on up to a minute
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub retry: u32,
    /// So many runs may wait; further messages are dropped, reported and given to --on-missed; with --recover they wait
    #[arg(long, value_name = "N", default_value_t = 10_000, value_parser = clap::value_parser!(u64).range(1..=1_000_000))]
    pub queue: u64,
    /// Run no command for a duplicate: a message whose signed payload was received more than 1 s before
    #[arg(long)]
    pub skip_duplicates: bool,
    /// Handle missed and dropped messages first that this recording holds; the rest is missed
    #[arg(long, value_name = "FILE")]
    pub recover: Option<PathBuf>,
    /// The recording names its server differently, and it is one all the same
    #[arg(long, requires = "recover")]
    pub same_server: bool,
    /// The name under which the last handled numbers are kept; without, the names of --on
    #[arg(long, value_name = "NAME")]
    pub state: Option<String>,
    /// Lines for people, or JSON lines for programs
    #[arg(long, value_enum, default_value_t)]
    pub format: Format,
    /// End after N messages were handled
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    pub count: Option<u64>,
    /// End after this time, e.g. 10s
    #[arg(long = "for", value_name = "DURATION", value_parser = duration)]
    pub duration: Option<Duration>,
    /// End this long after the last message with a command, or after connecting where none came, e.g. 5s
    #[arg(long, value_name = "DURATION", value_parser = duration)]
    pub idle: Option<Duration>,
    /// End with status 1 when a command failed or something was missed
    #[arg(long)]
    pub strict: bool,
}
