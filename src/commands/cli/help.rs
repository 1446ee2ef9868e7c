//! The text after the options of each command's help: examples and exit statuses.

pub(super) const WATCH: &str = "\
Examples:
  aircheck watch ops billing           Watch two channels
  aircheck watch 'billing:*'           Watch all channels that match a pattern
  aircheck watch ops --record ops.db   Watch and record to a file

Exit status:
  0  done
  1  the profile forbids it, or the recording cannot be written
  2  wrong usage or configuration
  3  the server cannot be reached, or rejects the login or a command";

pub(super) const TAIL: &str = "\
Examples:
  aircheck tail ops                            Print messages and findings
  aircheck tail ops --format json --count 10   Print 10 messages as JSON lines
  aircheck tail ops --for 10m --strict         Exit with status 1 if there was a finding

Exit status:
  0  done
  1  with --strict: there was a finding
  2  wrong usage or configuration
  3  the server cannot be reached, or rejects the login or a command";

pub(super) const PUBLISH: &str = r#"Examples:
  aircheck publish ops cache-flush                         Send a broadcast without data
  aircheck publish ops cache-flush '{"tag":"users"}'       Send a broadcast with data
  aircheck publish ops --lines < broadcasts.txt            Send one broadcast per line
  aircheck publish --from ops.db --channel ops --seq 7-9   Resend recorded messages

Exit status:
  0  sent
  1  not everything was sent, or the profile forbids it
  2  wrong usage or configuration
  3  the server cannot be reached, or rejects the login or a command"#;

pub(super) const INSPECT: &str = "\
Examples:
  aircheck inspect 'cache-flush::[1]'          Check one payload
  aircheck inspect --encoding base64 < lines   Check one Base64 payload per line

Exit status:
  0  no payload is rejected
  1  a payload is rejected
  2  wrong usage or configuration";

pub(super) const CHANNELS: &str = "\
Examples:
  aircheck channels                 Print a table
  aircheck channels --format json   Print JSON lines

Exit status:
  0  done
  2  wrong usage or configuration
  3  the server cannot be reached, or rejects the login or a command";

pub(super) const CHECK: &str = "\
Examples:
  aircheck check ops billing                   Print what was missed
  aircheck check ops --save                    Print it and save the current counters
  aircheck check ops --save --format nagios    Run as a plugin of Nagios or Icinga
  aircheck check ops --last-seen 1041 --in .   Look up in recordings what a listener missed

Exit status:
  0  nothing was missed
  1  something was missed
  2  wrong usage or configuration
  3  the server cannot be reached, or rejects the login or a command

Exit status with --format nagios:
  0  OK: nothing was missed
  1  WARNING: something was missed
  2  CRITICAL: a counter was reset, so what was missed is not known
  3  UNKNOWN: a counter cannot be read, or the check failed";

pub(super) const RECORD: &str = "\
Examples:
  aircheck record ops -o ops.db                            Record one channel
  aircheck record 'billing:*' -o billing.db --keep 30d     Delete messages after 30 days
  aircheck record ops -o ops.db --metrics 127.0.0.1:9464   Serve metrics for Prometheus

Exit status:
  0  stopped by a signal
  1  not all messages were written
  2  wrong usage or configuration
  3  the server rejects the login or a command";

pub(super) const SHOW: &str = "\
Examples:
  aircheck show ops.db --since 10m                     Print the last 10 minutes
  aircheck show ops.db --channel ops --seq 1042-1057   Print messages by sequence number
  aircheck show ops.db -f 'verdict:rejected'           Print rejected messages

Exit status:
  0  nothing is missing
  1  something is missing, or nothing of the channel is recorded
  2  wrong usage, or FILE is not a recording";

pub(super) const REPLAY: &str = "\
Examples:
  aircheck replay ops.db                 Replay from the start
  aircheck replay ops.db --at 12:31      Start at a time
  aircheck replay ops.db --around last   Start at the last finding

Exit status:
  0  done
  1  there is no such finding
  2  wrong usage, or FILE is not a recording";

pub(super) const MERGE: &str = "\
Examples:
  aircheck merge a.db b.db -o both.db                 Merge two recordings
  aircheck merge a.db b.db -o both.db --same-server   Accept different names of the server

Exit status:
  0  done
  1  messages are missing in both, or a sequence number has different bytes
  2  wrong usage, or FILE is not a recording";

pub(super) const BUNDLE: &str = "\
Examples:
  aircheck bundle ops.db --around last -o ticket.db             Bundle the last finding
  aircheck bundle ops.db --around 3 --before 10m -o ticket.db   Include 10 minutes before it

Exit status:
  0  done
  1  there is no such finding
  2  wrong usage, or FILE is not a recording";

pub(super) const IMPORT: &str = "\
Examples:
  aircheck import messages.jsonl -o messages.db                   Import a file
  aircheck tail ops --format json | aircheck import - -o ops.db   Import from a pipe

Exit status:
  0  done
  1  a line was skipped, or a message was not written
  2  wrong usage";

pub(super) const INIT: &str = "\
Examples:
  aircheck init                      Write ~/.config/aircheck/config.toml
  aircheck init --config work.toml   Write another file

Exit status:
  0  done
  1  the file exists or cannot be written
  2  wrong usage";

pub(super) const CONFIG: &str = "\
Examples:
  aircheck config check             Check ~/.config/aircheck/config.toml
  aircheck config check work.toml   Check another file

Exit status:
  0  the file is valid
  1  the file is valid, but there are warnings
  2  wrong usage, or the file is invalid or cannot be read";

pub(super) const DOCTOR: &str = "\
Examples:
  aircheck doctor                        Check the default profile
  aircheck doctor --profile production   Check another profile
  aircheck doctor ops 'billing:*'        Check the rights for these channels

Exit status:
  0  nothing failed; there may be warnings
  1  something failed
  2  wrong usage";

pub(super) const EXPLAIN: &str = "\
Examples:
  aircheck explain                      List all kinds
  aircheck explain counter_reset        Explain a kind of finding
  aircheck explain signature_mismatch   Explain a rejection

Exit status:
  0  done
  2  wrong usage, or there is no such kind";

pub(super) const KEYS: &str = "\
Examples:
  aircheck keys                                        Print actions, keys and what they do
  aircheck keys --toml                                 Print a [keys] section with all defaults
  aircheck keys --toml >> ~/.config/aircheck/config.toml   Append it to the configuration

Exit status:
  0  done
  2  wrong usage or configuration";

pub(super) const DEMO: &str = "\
Examples:
  aircheck demo              Open the console with example traffic
  aircheck demo --rate 100   Send 100 broadcasts per second
  aircheck demo --serve      Start only the server and its traffic

Exit status:
  0  done
  1  the server cannot be started, or the profile forbids it
  2  wrong usage or configuration
  3  the server cannot be reached, or rejects the login or a command";

pub(super) const COMPLETIONS: &str = "\
Examples:
  aircheck completions bash > ~/.local/share/bash-completion/completions/aircheck
  aircheck completions fish > ~/.config/fish/completions/aircheck.fish

Exit status:
  0  done
  2  wrong usage";

pub(super) const MAN: &str = "\
Examples:
  aircheck man | man -l -        Show the page of the program
  aircheck man tail | man -l -   Show the page of a command
  aircheck man --into man1       Write all pages to a directory

Exit status:
  0  done
  2  wrong usage, or the pages cannot be written";
