//! The command line of the whole program.

mod bundle;
mod global;
mod help;
mod listen;
mod parse;
mod recordings;
mod replay;
mod show;

use std::ffi::OsString;
use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, Parser, Subcommand, ValueEnum};

use crate::ledger::sequence::notation::parse_range;

pub use self::bundle::BundleArgs;
pub use self::global::{GlobalArgs, TlsArgs};
pub use self::listen::ListenArgs;
pub use self::parse::parse;
pub use self::recordings::{ImportArgs, MergeArgs, ResendArgs};
pub use self::replay::ReplayArgs;
pub use self::show::ShowArgs;

const USAGE: &str = "aircheck [OPTIONS] [CHANNEL]...\n       aircheck [OPTIONS] <COMMAND>";

/// Examples, exit statuses and environment variables, after the options in the help.
const AFTER_HELP: &str = "\
Examples:
  aircheck ops 'billing:*'                 Watch channels in the console
  aircheck tail ops                        Print messages and findings
  aircheck publish ops cache-flush '[1]'   Send a broadcast
  aircheck demo                            Try the console without a server

Exit status: 0 done, 1 something found, or forbidden by the profile, 2 wrong usage or configuration, 3 the server cannot be
             reached, or rejects the login or a command.
Environment: AIRCHECK_SIGNING_KEY (the signing key if no profile has one; never on the command line),
             AIRCHECK_SEQUENCE_PREFIX (may be empty), AIRCHECK_STATE (the file of counters kept between runs).";

/// Watch and publish broadcasts on Redis pub/sub
///
/// Shows exact sequence numbers and gaps. Without a command, the console watches the given channels. If a channel has the
/// name of a command, write watch before it.
#[derive(Debug, Parser)]
#[command(name = "aircheck", version, override_usage = USAGE, after_help = AFTER_HELP, max_term_width = 100)]
pub struct Cli {
    /// The profile and server.
    #[command(flatten)]
    pub global: GlobalArgs,
    /// The command; none is `watch`.
    #[command(subcommand)]
    pub command: Option<Command>,
    /// What to watch without a command.
    #[command(flatten)]
    pub watch: WatchArgs,
}

/// The commands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Watch channels and publish in the console
    #[command(after_help = help::WATCH)]
    Watch(WatchArgs),
    /// Stream messages and findings to stdout
    #[command(after_help = help::TAIL)]
    Tail(TailArgs),
    /// Run a command for each broadcast of a name
    #[command(about = listen::ABOUT, long_about = listen::LONG_ABOUT, after_help = listen::AFTER_HELP,
        after_long_help = listen::AFTER_LONG_HELP)]
    Listen(ListenArgs),
    /// Send broadcasts and print the receipts
    #[command(after_help = help::PUBLISH)]
    Publish(PublishArgs),
    /// Check the signatures of payloads
    #[command(after_help = help::INSPECT)]
    Inspect(InspectArgs),
    /// List counters and subscribers
    #[command(after_help = help::CHANNELS)]
    Channels(ChannelsArgs),
    /// Report what was missed since the last run
    #[command(after_help = help::CHECK)]
    Check(CheckArgs),
    /// Record messages and findings to a file
    ///
    /// SIGTERM or SIGINT end it. SIGHUP reloads the keys and adds channels from the profile. If the server cannot be reached, it
    /// waits. If the file cannot be written, it reports this and tries again.
    #[command(after_help = help::RECORD)]
    Record(RecordArgs),
    /// Print recorded messages by number, time or filter
    #[command(about = show::ABOUT, long_about = show::LONG_ABOUT, after_help = help::SHOW)]
    Show(ShowArgs),
    /// Replay a recording in the console
    ///
    /// Also follows a recording in progress. Space pauses, { and } move by a minute, ( and ) go to the ends, < and > change the
    /// speed. Nothing can be sent.
    #[command(after_help = help::REPLAY)]
    Replay(ReplayArgs),
    /// Merge two recordings of one server
    ///
    /// Each recording fills the gaps of the other. Messages that are missing in both, and sequence numbers under which they hold
    /// different bytes, are reported on standard error.
    #[command(after_help = help::MERGE)]
    Merge(MergeArgs),
    /// Bundle a finding and its context for a ticket
    ///
    /// OUT is a recording: replay, show and merge open it. It holds the messages of all channels, findings, link changes, counters
    /// and holes of that time. It holds the settings of the profile if that is for the same server, but never a secret. The report
    /// is also written to OUT.md; sqlite3 OUT 'SELECT report FROM bundle' prints it.
    #[command(after_help = help::BUNDLE)]
    Bundle(BundleArgs),
    /// Convert JSON lines of tail to a recording
    ///
    /// Lines that cannot be read are reported with their line numbers, and skipped.
    #[command(after_help = help::IMPORT)]
    Import(ImportArgs),
    /// Try the console on example traffic
    ///
    /// Starts a small server on a loopback port. Its traffic shows each kind of finding within three minutes. With --url, the
    /// traffic goes to that server instead. A server from the environment or the configuration is never used.
    #[command(after_help = help::DEMO)]
    Demo(DemoArgs),
    /// Print the completions for a shell
    #[command(after_help = help::COMPLETIONS)]
    Completions(CompletionsArgs),
    /// Print the manual page
    #[command(after_help = help::MAN)]
    Man(ManArgs),
}

/// What to watch.
#[derive(Debug, Clone, Default, Args)]
pub struct WatchArgs {
    /// Channels, or patterns such as 'billing:*'; default: those of the profile
    #[arg(value_name = "CHANNEL")]
    pub channels: Vec<OsString>,
    /// Record to this file; an existing recording is continued
    #[arg(long, value_name = "FILE")]
    pub record: Option<PathBuf>,
}

/// What to print, and for how long.
#[derive(Debug, Clone, Args)]
pub struct TailArgs {
    /// Channels, or patterns such as 'billing:*'; default: those of the profile
    #[arg(value_name = "CHANNEL")]
    pub channels: Vec<OsString>,
    /// Lines for people, or JSON lines for programs
    #[arg(long, value_enum, default_value_t)]
    pub format: Format,
    /// End after N messages
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    pub count: Option<u64>,
    /// End after this time, e.g. 10s
    #[arg(long = "for", value_name = "DURATION", value_parser = duration)]
    pub duration: Option<Duration>,
    /// End this long after the last message printed, or after connecting if there is none, e.g. 5s
    #[arg(long, value_name = "DURATION", value_parser = duration)]
    pub idle: Option<Duration>,
    /// Exit with status 1 if there was a finding
    #[arg(long)]
    pub strict: bool,
    /// Only what matches, e.g. 'name:cache-* verdict:rejected'; all of several must match
    #[arg(short, long, value_name = "EXPR")]
    pub filter: Vec<String>,
}

/// What to record, and where to.
#[derive(Debug, Clone, Args)]
pub struct RecordArgs {
    /// Channels, or patterns such as 'billing:*'; default: those of the profile
    #[arg(value_name = "CHANNEL")]
    pub channels: Vec<OsString>,
    /// The file; an existing recording is continued
    #[arg(short, long, value_name = "FILE")]
    pub output: PathBuf,
    /// Delete messages older than this, e.g. 30d
    #[arg(long, value_name = "DURATION", value_parser = duration)]
    pub keep: Option<Duration>,
    /// Delete the oldest messages if the file is larger than this, e.g. 10GB
    #[arg(long, value_name = "SIZE", value_parser = size)]
    pub max_size: Option<bytesize::ByteSize>,
    /// Answer /metrics for Prometheus, and /healthz, at this address, e.g. 127.0.0.1:9464
    #[arg(long, value_name = "ADDRESS")]
    pub metrics: Option<std::net::SocketAddr>,
    /// Log every transaction
    #[arg(short, long)]
    pub verbose: bool,
}

/// What to send.
#[derive(Debug, Clone, Args)]
pub struct PublishArgs {
    /// The channel; with --from, default: the recorded one
    #[arg(value_name = "CHANNEL", required_unless_present = "from")]
    pub channel: Option<OsString>,
    /// The message's name; must not contain a colon
    #[arg(value_name = "NAME", required_unless_present_any = ["lines", "from"], conflicts_with_all = ["lines", "from"])]
    pub name: Option<OsString>,
    /// The data: JSON, or - for JSON from standard input; none sends no data
    #[arg(value_name = "JSON", conflicts_with_all = ["lines", "from"], allow_hyphen_values = true)]
    pub data: Option<OsString>,
    /// One broadcast a line from standard input: NAME, or NAME JSON, or {"name": "…", "data": …}
    ///
    /// Blank lines are skipped. The first line that is wrong, or that cannot be sent, ends the run; its number is told, and
    /// nothing after it is sent.
    #[arg(long, conflicts_with = "from")]
    pub lines: bool,
    /// Resend recorded messages
    #[command(flatten)]
    pub resend: ResendArgs,
    /// Do not sign
    #[arg(long, conflicts_with = "key")]
    pub no_sign: bool,
    /// Sign with the key of this name instead of the signing key
    #[arg(long, value_name = "NAME")]
    pub key: Option<OsString>,
    /// Send without asking.
    #[arg(short, long, help = "Send without asking, also with --from or if the profile has confirm")]
    pub yes: bool,
    /// How to print the receipt
    #[arg(long, value_enum, default_value_t)]
    pub format: Format,
}

/// What to judge.
#[derive(Debug, Clone, Args)]
pub struct InspectArgs {
    /// The payload; none reads one a line from standard input
    #[arg(allow_hyphen_values = true)]
    pub payload: Option<OsString>,
    /// Judge as at this time, in Unix seconds, instead of now
    #[arg(long, value_name = "UNIX", allow_negative_numbers = true)]
    pub now: Option<i64>,
    /// How the payloads are written
    #[arg(long, value_enum, default_value_t)]
    pub encoding: Encoding,
    /// Lines for people, or JSON lines for programs
    #[arg(long, value_enum, default_value_t)]
    pub format: Format,
}

/// How to list channels.
#[derive(Debug, Clone, Args)]
pub struct ChannelsArgs {
    /// A table for people, or JSON lines for programs
    #[arg(long, value_enum, default_value_t)]
    pub format: Format,
}

/// What to compare.
#[derive(Debug, Clone, Args)]
pub struct CheckArgs {
    /// The channels
    #[arg(value_name = "CHANNEL", required = true)]
    pub channels: Vec<OsString>,
    /// Take the present counters as known; otherwise the answer stays the same until someone watched
    ///
    /// A channel that was never known before is taken as known in any case.
    #[arg(long)]
    pub save: bool,
    /// Lines for people, or JSON lines for programs
    #[arg(long, value_enum, default_value_t)]
    pub format: Format,
}

/// How lively the example is.
#[derive(Debug, Clone, Args)]
pub struct DemoArgs {
    /// Broadcasts per second, on average
    #[arg(long, value_name = "N", default_value = "12", value_parser = rate)]
    pub rate: f64,
    /// Only the server and its traffic, without the console
    #[arg(long)]
    pub serve: bool,
}

/// Which shell.
#[derive(Debug, Clone, Args)]
pub struct CompletionsArgs {
    /// The shell
    pub shell: clap_complete::Shell,
}

/// Which page.
#[derive(Debug, Clone, Args)]
pub struct ManArgs {
    /// The command whose page to print; none prints the program's
    pub command: Option<String>,

    /// Writes every page into this directory instead, one file each, as packages want them
    #[arg(long, value_name = "DIR", conflicts_with = "command")]
    pub into: Option<PathBuf>,
}

/// How to print.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub enum Format {
    /// For people
    #[default]
    Text,
    /// One JSON object a line
    Json,
}

/// How to print what may be a table.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub enum Table {
    /// For people
    #[default]
    Text,
    /// One JSON object a line
    Json,
    /// Comma-separated values, with a header
    Csv,
}

/// How a payload is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub enum Encoding {
    /// As it is
    #[default]
    Raw,
    /// In Base64
    Base64,
}

fn duration(text: &str) -> Result<Duration, String> {
    match humantime::parse_duration(text) {
        Ok(duration) if !duration.is_zero() => Ok(duration),
        Ok(_) => Err("must be longer than nothing".to_owned()),
        Err(error) => Err(format!("{error}; write e.g. 10s or 1m 30s")),
    }
}

fn size(text: &str) -> Result<bytesize::ByteSize, String> {
    text.parse().map_err(|_| "write e.g. 500MB, 10GB or 2GiB".to_owned())
}

/// A sequence number or a range of them; the first broadcast of a channel is 1.
fn numbers(text: &str) -> Result<(u64, u64), String> {
    match parse_range(text) {
        Ok((0, to)) if text.starts_with("..") && to > 0 => Ok((1, to)),
        Ok((0, _)) => Err("the first sequence number of a channel is 1".to_owned()),
        Ok(range) => Ok(range),
        Err((_, mistake)) => Err(mistake.to_owned()),
    }
}

fn rate(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(rate) if rate.is_finite() && rate > 0.0 => Ok(rate),
        _ => Err("must be a number above 0".to_owned()),
    }
}
