//! The command line.

mod bundle;
mod fetch;
mod global;
mod limits;
mod listen;
mod parse;
mod recordings;
mod replay;
mod show;
mod store;

use std::ffi::OsString;
use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, Parser, Subcommand, ValueEnum};

use super::completions;
use crate::ledger::sequence::notation::parse_range;

pub use self::bundle::BundleArgs;
pub use self::fetch::FetchArgs;
pub use self::global::{GlobalArgs, TlsArgs};
pub use self::limits::LimitArgs;
pub use self::listen::ListenArgs;
pub(super) use self::parse::is_misspelt;
pub use self::parse::parse;
pub use self::recordings::{ImportArgs, MergeArgs, ResendArgs};
pub use self::replay::ReplayArgs;
pub use self::show::ShowArgs;
pub use self::store::{ShipArgs, StoreCommand};
pub use crate::stdout::Format;

const USAGE: &str = "aircheck [OPTIONS] [CHANNEL]...\n       aircheck [OPTIONS] <COMMAND>";

/// Examples, after the options in the help.
const AFTER_HELP: &str = "\
Examples:
  aircheck ops 'billing:*'                 Watch channels in the console
  aircheck tail ops                        Print messages and findings
  aircheck publish ops cache-flush '[1]'   Send a broadcast
  aircheck demo                            Try the console without a server";

/// Exit statuses and environment variables, after the examples of `--help`.
const AFTER_LONG_HELP: &str = "

Exit status:
  0  done
  1  a problem was found, or the command failed; the help of each command has the details
  2  wrong usage or configuration
  3  the server cannot be reached, or rejects the login or a command

Environment:
  AIRCHECK_PROFILE, AIRCHECK_URL, AIRCHECK_CONFIG   Defaults of the options with these names
  AIRCHECK_SIGNING_KEY                              The signing key if the profile has none
  AIRCHECK_SEQUENCE_PREFIX                          The prefix of counter keys; can be empty
  AIRCHECK_STATE                                    The file of the last known counters
  AIRCHECK_LOG                                      The level of --log-file: error, warn, info,
                                                    debug or trace; default: info";

/// Watch and publish broadcasts on Redis pub/sub
///
/// Shows exact sequence numbers and gaps. Without a command, the console watches the given channels. If a channel's name is that
/// of a command, or looks like a misspelt one, use `aircheck watch CHANNEL`.
#[derive(Debug, Parser)]
#[command(name = "aircheck", version, override_usage = USAGE, after_help = AFTER_HELP,
    after_long_help = format!("{AFTER_HELP}{AFTER_LONG_HELP}"), max_term_width = 100)]
pub struct Cli {
    /// The profile and server.
    #[command(flatten)]
    pub global: GlobalArgs,
    /// The command; default: `watch`.
    #[command(subcommand)]
    pub command: Option<Command>,
    /// The arguments of `watch`, for a command line without a command.
    #[command(flatten)]
    pub watch: WatchArgs,
}

/// The commands.
#[derive(Debug, Subcommand, strum::IntoStaticStr, strum::VariantNames)]
#[strum(serialize_all = "kebab-case")]
pub enum Command {
    /// Watch channels and publish in the console
    #[command(after_help = WATCH_HELP)]
    Watch(WatchArgs),
    /// Stream messages and findings to stdout
    ///
    /// A finding is something unusual on a channel, e.g. a gap or a counter reset. `aircheck explain` lists all kinds.
    #[command(after_help = TAIL_HELP)]
    Tail(TailArgs),
    /// Run a command for each valid broadcast with a given name
    #[command(about = listen::ABOUT, long_about = listen::LONG_ABOUT, after_help = listen::AFTER_HELP,
        after_long_help = listen::AFTER_LONG_HELP,
        mut_arg("count", |arg| arg.help("Exit after N handled messages")),
        mut_arg("idle", |arg| arg.help("Exit if no message was handled for this time, e.g. 5s")),
        mut_arg("strict", |arg| arg.help("Use exit status 1 if a command failed or messages were missed; does not exit earlier")))]
    Listen(ListenArgs),
    /// Send broadcasts and print the receipts
    #[command(after_help = PUBLISH_HELP)]
    Publish(PublishArgs),
    /// Check the signatures of payloads
    #[command(after_help = INSPECT_HELP)]
    Inspect(InspectArgs),
    /// List counters and subscribers
    ///
    /// Subscribers are the clients that subscribe to the channel by name. Clients that subscribe to a pattern are not counted.
    #[command(after_help = CHANNELS_HELP)]
    Channels(ChannelsArgs),
    /// Report what was missed since the counters were last saved
    ///
    /// Compares the counters with the last saved ones, or with the number that a listener stored (--last-seen). The console,
    /// `tail`, `listen`, `record` and `check --save` save the counters. Without --save, `check` saves a channel's counter only if
    /// none was saved for it yet. Does not wait for messages. If another aircheck is running, waits up to 3 seconds for it to
    /// save its counters.
    ///
    /// `≥16 missed` is a lower bound: the counter may have been reset and may have passed its old value since. A count is a lower
    /// bound if the server was restarted or replaced since the counter was saved, or if its ID is unknown. With --last-seen N, it
    /// is a lower bound unless a recording shows that the counter has not been reset since it was N.
    #[command(after_help = CHECK_HELP)]
    Check(CheckArgs),
    /// Record messages and findings to a file
    ///
    /// SIGTERM and SIGINT stop the recorder, after it has read the counters a last time (at most one second). SIGHUP reloads the
    /// keys and the channels of the profile. If the server cannot be reached, the recorder waits. If the file cannot be written,
    /// it reports the error and tries again.
    #[command(after_help = RECORD_HELP)]
    Record(RecordArgs),
    /// Print recorded messages by number, time or filter
    #[command(about = show::ABOUT, long_about = show::LONG_ABOUT, after_help = show::SHOW_HELP)]
    Show(ShowArgs),
    /// Copy a part of a store to a recording
    ///
    /// All recordings of one source are copied as one: each broadcast once, and gaps and holes only where no recording has the
    /// messages. Every command that takes a recording can open the new one.
    #[command(after_help = fetch::FETCH_HELP)]
    Fetch(FetchArgs),
    /// Replay a recording in the console
    ///
    /// Also follows a recording in progress. Space pauses, `,` and `.` move by one minute, `<` and `>` change the speed.
    /// Sending is disabled.
    #[command(after_help = replay::REPLAY_HELP)]
    Replay(ReplayArgs),
    /// Merge recordings of one server
    ///
    /// Each recording fills the gaps of the others. Reports on standard error which messages are missing in all, and for which
    /// sequence numbers the recordings have different messages.
    ///
    /// Recordings with different server addresses must prove that they are of the same server. merge compares messages that have
    /// the same sequence number in both, if both numbers are exact: on each channel, the 200 lowest and the 200 highest. It also
    /// compares the run IDs and the replication IDs of the servers. Without proof, it fails and prints the reason; --same-server
    /// merges them anyway.
    #[command(after_help = recordings::MERGE_HELP)]
    Merge(MergeArgs),
    /// Bundle a finding and its context for a ticket
    ///
    /// With -o FILE.html, the result is a report: one file that loads nothing and runs no script, of at most 2 MiB. It has a
    /// summary, a timeline, the gap with its evidence, the missed messages that other recordings have, the rejected messages with
    /// the failed check, the findings with their acknowledgements, and the same data as JSON lines.
    ///
    /// Otherwise the result is a recording: replay, show and merge can open it. It contains all messages, findings, connection
    /// changes, counters and holes near the place, as far as --before and --after reach. A Markdown report is written next to it,
    /// with .md appended to its name. sqlite3 FILE 'SELECT report FROM bundle' prints it too.
    ///
    /// With several recordings, the one with the gap is bundled, and the others supply the messages that were missed. A gap that
    /// merge filled is bundled with the messages that filled it. If recordings with different server addresses have messages of
    /// seq:A-B, or a gap there, they must prove that they are of the same server, as for merge.
    ///
    /// If the selected profile names the recorded server, the bundle contains the profile's settings, but never a secret.
    #[command(after_help = bundle::BUNDLE_HELP)]
    Bundle(BundleArgs),
    /// Convert the JSON output of `tail` to a recording
    ///
    /// Invalid lines are reported and skipped; the exit status is then 1.
    #[command(after_help = recordings::IMPORT_HELP)]
    Import(ImportArgs),
    /// Copy recordings to a store
    #[command(long_about = store::SHIP_LONG_ABOUT, after_help = store::SHIP_HELP)]
    Ship(ShipArgs),
    /// Create a store, or delete its old rows
    #[command(subcommand, after_help = store::STORE_HELP)]
    Store(StoreCommand),
    /// Try the console on example traffic
    ///
    /// Starts a small server on a loopback port. Within three minutes its traffic shows each kind of finding, except
    /// `missed_not_running`, which needs an earlier run, and those of expectations, which need a configuration. With --url on
    /// the command line, the traffic goes to that server instead. The server of `AIRCHECK_URL` or of a profile is never used.
    #[command(after_help = DEMO_HELP)]
    Demo(DemoArgs),
    /// Write a commented configuration file
    ///
    /// Writes ~/.config/aircheck/config.toml, or the file of --config. Only you can read it. An existing file is not changed.
    #[command(after_help = INIT_HELP)]
    Init,
    /// Check the configuration file
    #[command(subcommand, after_help = CONFIG_HELP)]
    Config(ConfigCommand),
    /// Check the terminal, the configuration and the server
    ///
    /// Prints a report that contains no secrets, so you can paste it into an issue. It contains host names and channel names.
    /// Publishes nothing, and changes nothing on the server or on this machine.
    #[command(after_help = DOCTOR_HELP)]
    Doctor(DoctorArgs),
    /// Explain a kind of finding or a rejection
    #[command(after_help = EXPLAIN_HELP)]
    Explain(ExplainArgs),
    /// Print the keys of the console
    #[command(after_help = KEYS_HELP)]
    Keys(KeysArgs),
    /// Print a completion script for a shell
    ///
    /// In bash, zsh and fish, the script also completes profiles and their channels, the channels of earlier runs, kinds of
    /// findings and rejections. They come from local files. No server is contacted.
    #[command(after_help = COMPLETIONS_HELP)]
    Completions(CompletionsArgs),
    /// Print a manual page
    #[command(after_help = MAN_HELP)]
    Man(ManArgs),
}

const WATCH_HELP: &str = "\
Examples:
  aircheck watch ops billing           Watch two channels
  aircheck watch 'billing:*'           Watch all channels that match a pattern
  aircheck watch ops --record ops.db   Watch and record to a file

Exit status:
  0  done
  1  the recording cannot be written
  2  wrong usage or configuration
  3  the server cannot be reached, or rejects the login or a command";

/// The arguments of `watch`.
#[derive(Debug, Clone, Default, Args)]
pub struct WatchArgs {
    /// Channels or patterns, e.g. 'billing:*' [default: the profile's channels]
    #[arg(value_name = "CHANNEL", add = completions::channels())]
    pub channels: Vec<OsString>,
    /// Record to this file; appends if it exists
    #[arg(long, value_name = "FILE")]
    pub record: Option<PathBuf>,
    /// The store to ship to.
    #[arg(long, value_name = "STORE", help = store::TO, hide_short_help = true)]
    pub to: Option<OsString>,
}

const TAIL_HELP: &str = "\
Examples:
  aircheck tail ops                            Print messages and findings
  aircheck tail ops --format json --count 10   Print 10 messages as JSON lines
  aircheck tail ops --for 10m --strict         Use exit status 1 if there was a finding
  aircheck tail ops --metrics 127.0.0.1:9464   Serve metrics for Prometheus

Exit status:
  0  done
  1  with --strict: there was a finding
  2  wrong usage or configuration
  3  the server cannot be reached, or rejects the login or a command";

/// The arguments of `tail`.
#[derive(Debug, Clone, Args)]
pub struct TailArgs {
    /// Channels or patterns, e.g. 'billing:*' [default: the profile's channels]
    #[arg(value_name = "CHANNEL", add = completions::channels())]
    pub channels: Vec<OsString>,
    /// The output format
    #[arg(long, value_enum, default_value_t)]
    pub format: Format,
    /// When to exit.
    #[command(flatten)]
    pub limits: LimitArgs,
    /// Print only matching messages, e.g. 'name:cache-*'. Findings are printed too; the filter '-kind:*' hides them. Several
    /// filters must all match
    #[arg(short, long, value_name = "FILTER", allow_hyphen_values = true, add = completions::filters())]
    pub filter: Vec<String>,
    /// Serve /metrics for Prometheus, and /healthz, at this address, e.g. 127.0.0.1:9464
    #[arg(long, value_name = "ADDRESS")]
    pub metrics: Option<std::net::SocketAddr>,
}

const RECORD_HELP: &str = "\
Examples:
  aircheck record ops -o ops.db                            Record one channel
  aircheck record 'billing:*' -o billing.db --keep 30d     Delete messages after 30 days
  aircheck record ops -o ops.db --metrics 127.0.0.1:9464   Serve metrics for Prometheus
  aircheck record ops -o ops.db --to store:main            Ship to a store in the background

Exit status:
  0  stopped by a signal
  1  not all messages were written or shipped
  2  wrong usage or configuration
  3  the server rejects the login or a command";

/// The arguments of `record`.
#[derive(Debug, Clone, Args)]
pub struct RecordArgs {
    /// Channels or patterns, e.g. 'billing:*' [default: the profile's channels]
    #[arg(value_name = "CHANNEL", add = completions::channels())]
    pub channels: Vec<OsString>,
    /// Record to this file; appends if it exists
    #[arg(short, long, value_name = "FILE")]
    pub output: PathBuf,
    /// The store to ship to.
    #[arg(long, value_name = "STORE", help = store::TO)]
    pub to: Option<OsString>,
    /// Delete messages older than this, e.g. 30d; with --to, only those that the store has
    #[arg(long, value_name = "DURATION", value_parser = duration)]
    pub keep: Option<Duration>,
    /// Delete the oldest messages while the file is larger than this, e.g. 10GB
    #[arg(long, value_name = "SIZE", value_parser = size)]
    pub max_size: Option<bytesize::ByteSize>,
    /// Serve /metrics for Prometheus, and /healthz, at this address, e.g. 127.0.0.1:9464
    #[arg(long, value_name = "ADDRESS")]
    pub metrics: Option<std::net::SocketAddr>,
    /// Log a line for each write to the recording
    #[arg(short, long)]
    pub verbose: bool,
}

const PUBLISH_HELP: &str = r#"Examples:
  aircheck publish ops cache-flush                         Send a broadcast without data
  aircheck publish ops cache-flush '{"tag":"users"}'       Send a broadcast with data
  aircheck publish ops --lines < broadcasts.txt            Send one broadcast per line
  aircheck publish --from ops.db --channel ops --seq 7-9   Resend recorded messages

Exit status:
  0  sent
  1  not everything was sent, or it is not known whether it was, or the profile is read_only
  2  nothing was sent: wrong usage, input or configuration
  3  nothing was sent: the server cannot be reached, or rejects the login or a command"#;

/// The arguments of `publish`.
#[derive(Debug, Clone, Args)]
pub struct PublishArgs {
    /// Send to this channel; with --from, default: the recorded channel
    #[arg(value_name = "CHANNEL", required_unless_present = "from", add = completions::channels())]
    pub channel: Option<OsString>,
    /// The message's name, without a colon
    #[arg(value_name = "NAME", required_unless_present_any = ["lines", "from"], conflicts_with_all = ["lines", "from"])]
    pub name: Option<OsString>,
    /// The message's data: JSON, or - for standard input; default: no data
    #[arg(value_name = "JSON", conflicts_with_all = ["lines", "from"], allow_hyphen_values = true)]
    pub data: Option<OsString>,
    /// Send one broadcast per line of standard input: NAME, NAME JSON, or {"name": "…", "data": …}
    ///
    /// Blank lines are skipped. The first line that is invalid or cannot be sent is reported with its number; no line after it is
    /// sent.
    #[arg(long, conflicts_with = "from")]
    pub lines: bool,
    /// Options to resend recorded messages.
    #[command(flatten)]
    pub resend: ResendArgs,
    /// Send unsigned messages
    #[arg(long, conflicts_with = "key")]
    pub no_sign: bool,
    /// Sign with the configured key of this name instead of the default one
    #[arg(long, value_name = "NAME")]
    pub key: Option<OsString>,
    /// Skip the confirmation that --from and profiles with `confirm = true` require
    #[arg(short, long)]
    pub yes: bool,
    /// The output format
    #[arg(long, value_enum, default_value_t)]
    pub format: Format,
}

const INSPECT_HELP: &str = "\
Examples:
  aircheck inspect 'cache-flush::[1]'          Check one payload
  aircheck inspect --encoding base64 < lines   Check one Base64 payload per line

Exit status:
  0  no payload is rejected
  1  a payload is rejected
  2  wrong usage or configuration";

/// The arguments of `inspect`.
#[derive(Debug, Clone, Args)]
pub struct InspectArgs {
    /// The payload; default: one payload per line of standard input
    #[arg(allow_hyphen_values = true)]
    pub payload: Option<OsString>,
    /// Check timestamps against this Unix time, in seconds, instead of now
    #[arg(long, value_name = "TIMESTAMP", allow_negative_numbers = true)]
    pub now: Option<i64>,
    /// The encoding of the payloads
    #[arg(long, value_enum, default_value_t)]
    pub encoding: Encoding,
    /// The output format
    #[arg(long, value_enum, default_value_t)]
    pub format: Format,
}

const CHANNELS_HELP: &str = "\
Examples:
  aircheck channels                 Print a table
  aircheck channels --format json   Print JSON lines

Exit status:
  0  done
  2  wrong usage or configuration
  3  the server cannot be reached, or rejects the login or a command";

/// The arguments of `channels`.
#[derive(Debug, Clone, Args)]
pub struct ChannelsArgs {
    /// The output format
    #[arg(long, value_enum, default_value_t)]
    pub format: Format,
}

const CHECK_HELP: &str = "\
Examples:
  aircheck check ops billing                   Print what was missed
  aircheck check ops --save                    Print it and save the current counters
  aircheck check ops --save --format nagios    Run as a plugin of Nagios or Icinga
  aircheck check ops --last-seen 1041 --in .   Look up in recordings what a listener missed
  aircheck check --expect                      Check the expectations of the profile

Exit status:
  0  nothing was missed; with --expect: every expectation is met or not known yet
  1  something was missed, or a counter was reset; with --expect: an expectation is not met
  2  wrong usage or configuration
  3  the server cannot be reached, or rejects the login or a command

Exit status with --format nagios:
  0  OK: nothing was missed
  1  WARNING: something was missed, or a channel has too many messages
  2  CRITICAL: a channel is silent, or a counter was reset, so what was missed is not known
  3  UNKNOWN: a counter cannot be read, the state of an expectation is not known, the check
     failed, or wrong usage";

/// The arguments of `check`.
#[derive(Debug, Clone, Args)]
pub struct CheckArgs {
    /// The channels to check; default: the channels of the profile
    ///
    /// A pattern in the profile selects the channels that match it and that an earlier run has seen. A pattern on the command
    /// line is not expanded. It is an error, unless there is a counter of exactly that name.
    #[arg(value_name = "CHANNEL", add = completions::channels())]
    pub channels: Vec<OsString>,
    /// Check once whether the channels have as many messages as the profile expects
    ///
    /// The expectations are tables `expect` of the profile. Receives no messages. If `watch`, `tail` or `record` is running with
    /// this profile, reports the state that it stores. Otherwise compares the counters with those of the last
    /// `check --expect`, which are stored apart from the saved counters.
    #[arg(long, conflicts_with_all = ["channels", "save", "last_seen"])]
    pub expect: bool,
    /// Save the current counters, so that the next check starts from them
    ///
    /// Without this option, only the counters of channels that have no saved counter yet are saved.
    #[arg(long, conflicts_with = "last_seen")]
    pub save: bool,
    /// For a listener whose last stored sequence number is N, show what it missed
    ///
    /// The saved counters are neither used nor changed.
    #[arg(long, value_name = "N")]
    pub last_seen: Option<u64>,
    /// Look for the missed messages in these recordings, or in those in DIR (without subdirectories)
    ///
    /// For each recording, prints how many of the messages it has, when they were received, and the command that shows them. The
    /// server is needed too: its counter shows how many were missed. All names after this option are recordings, so the channel
    /// comes before it.
    #[arg(long = "in", value_name = "FILE|DIR", num_args = 1.., requires = "last_seen")]
    pub recordings: Vec<PathBuf>,
    /// Accept recordings that were made with another address of this server, e.g. an IP address
    #[arg(long, requires = "recordings")]
    pub same_server: bool,
    /// The output format
    #[arg(long, value_enum, default_value_t)]
    pub format: CheckFormat,
}

const DEMO_HELP: &str = "\
Examples:
  aircheck demo              Open the console with example traffic
  aircheck demo --rate 100   Send 100 broadcasts per second
  aircheck demo --serve      Start only the server and its traffic

Exit status:
  0  done
  1  the server cannot be started, or the profile is read_only
  2  wrong usage or configuration
  3  the server cannot be reached, or rejects the login or a command";

/// The arguments of `demo`.
#[derive(Debug, Clone, Args)]
pub struct DemoArgs {
    /// The average number of broadcasts per second
    #[arg(long, value_name = "N", default_value = "12", value_parser = rate)]
    pub rate: f64,
    /// Run the server and its traffic without the console
    #[arg(long)]
    pub serve: bool,
}

const INIT_HELP: &str = "\
Examples:
  aircheck init                      Write ~/.config/aircheck/config.toml
  aircheck init --config work.toml   Write another file

Exit status:
  0  done
  1  the file exists or cannot be written
  2  wrong usage";

const CONFIG_HELP: &str = "\
Examples:
  aircheck config check             Check ~/.config/aircheck/config.toml
  aircheck config check work.toml   Check another file

Exit status:
  0  the file is valid
  1  the file is valid, but there are warnings
  2  wrong usage, or the file is invalid or cannot be read";

/// The commands of `config`.
#[derive(Debug, Clone, Subcommand)]
pub enum ConfigCommand {
    /// Check the file, all profiles and the permissions
    ///
    /// Reports mistakes with their line and column, insecure permissions, and keys and certificates that cannot be read. Does not
    /// run the commands that the file contains, does not connect to a server, and prints no setting's value.
    #[command(after_help = CONFIG_HELP)]
    Check {
        /// The file; default: that of --config, or ~/.config/aircheck/config.toml
        file: Option<PathBuf>,
    },
}

const DOCTOR_HELP: &str = "\
Examples:
  aircheck doctor                        Check the default profile
  aircheck doctor --profile production   Check another profile
  aircheck doctor ops 'billing:*'        Check the rights for these channels

Exit status:
  0  nothing failed; there may be warnings
  1  something failed
  2  wrong usage";

/// The arguments of `doctor`.
#[derive(Debug, Clone, Args)]
pub struct DoctorArgs {
    /// Check the rights for these channels and patterns; default: those of the profile
    #[arg(value_name = "CHANNEL", add = completions::channels())]
    pub channels: Vec<OsString>,
}

const EXPLAIN_HELP: &str = "\
Examples:
  aircheck explain                      List all kinds
  aircheck explain counter_reset        Explain a kind of finding
  aircheck explain signature_mismatch   Explain a rejection

Exit status:
  0  done
  2  wrong usage, or there is no such kind";

/// The arguments of `explain`.
#[derive(Debug, Clone, Args)]
pub struct ExplainArgs {
    /// A kind of finding or a rejection, as in JSON lines; default: list all
    #[arg(add = completions::kinds())]
    pub kind: Option<String>,
}
const KEYS_HELP: &str = "\
Examples:
  aircheck keys                                            Print actions, keys and what they do
  aircheck keys --toml                                     Print a [keys] section with all defaults
  aircheck keys --toml >> ~/.config/aircheck/config.toml   Append that section to a file

Exit status:
  0  done
  2  wrong usage or configuration";

/// The arguments of `keys`.
#[derive(Debug, Clone, Args)]
pub struct KeysArgs {
    /// Print the defaults as the section `[keys]` of the configuration file
    #[arg(long)]
    pub toml: bool,
}

const COMPLETIONS_HELP: &str = "\
Examples:
  aircheck completions bash > ~/.local/share/bash-completion/completions/aircheck
  aircheck completions zsh > ~/.zfunc/_aircheck   Needs fpath+=~/.zfunc before compinit
  aircheck completions fish > ~/.config/fish/completions/aircheck.fish

Exit status:
  0  done
  2  wrong usage";

/// The arguments of `completions`.
#[derive(Debug, Clone, Args)]
pub struct CompletionsArgs {
    /// The shell
    pub shell: clap_complete::Shell,
}

const MAN_HELP: &str = "\
Examples:
  aircheck man | man -l -        Show the page of the program
  aircheck man tail | man -l -   Show the page of a command
  aircheck man --into man1       Write all pages to a directory

Exit status:
  0  done
  2  wrong usage, or the pages cannot be written";

/// The arguments of `man`.
#[derive(Debug, Clone, Args)]
pub struct ManArgs {
    /// The command; default: the page of the program
    #[arg(add = completions::commands())]
    pub command: Option<String>,
    /// Write all pages to this directory, one file per page
    #[arg(long, value_name = "DIR", conflicts_with = "command")]
    pub into: Option<PathBuf>,
}

/// An output format that can be a table.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub enum Table {
    /// Text for people
    #[default]
    Text,
    /// JSON lines for programs
    Json,
    /// Comma-separated values with a header, for spreadsheets
    Csv,
}

/// An output format of `check`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub enum CheckFormat {
    /// Text for people
    #[default]
    Text,
    /// JSON lines for programs
    Json,
    /// One line with performance data, and the exit statuses of a Nagios plugin
    Nagios,
}

/// The encoding of a payload.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub enum Encoding {
    /// The bytes themselves
    #[default]
    Raw,
    /// Base64
    Base64,
}

fn duration(text: &str) -> Result<Duration, String> {
    match humantime::parse_duration(text) {
        Ok(duration) if !duration.is_zero() => Ok(duration),
        Ok(_) => Err("must be longer than 0s".to_owned()),
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
