//! The command line.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::{OsStrExt as _, OsStringExt as _};
use std::time::Duration;

use aircheck::commands::cli::{self, Cli, Command, Encoding, Format};
use clap::{CommandFactory, Parser, error::ErrorKind};
use regex::Regex;

use crate::corpus::targets::escape::assert_safe;

fn parse(words: &[&str]) -> Cli {
    Cli::try_parse_from([&["aircheck"], words].concat()).unwrap_or_else(|error| panic!("{words:?}: {error}"))
}

fn rejected(words: &[&str]) -> ErrorKind {
    Cli::try_parse_from([&["aircheck"], words].concat()).unwrap_err().kind()
}

#[test]
fn the_definition_holds() {
    Cli::command().debug_assert();
}

#[test]
fn there_are_these_commands_and_no_others() {
    let program = Cli::command();
    let names: Vec<&str> = program.get_subcommands().map(clap::Command::get_name).collect();
    assert_eq!(
        names,
        [
            "watch",
            "tail",
            "listen",
            "publish",
            "inspect",
            "channels",
            "check",
            "record",
            "show",
            "fetch",
            "replay",
            "merge",
            "bundle",
            "import",
            "ship",
            "store",
            "demo",
            "init",
            "config",
            "doctor",
            "explain",
            "keys",
            "completions",
            "man"
        ]
    );
}

/// The program, its commands, and their commands, except `help`.
fn with_subcommands(program: &clap::Command) -> impl Iterator<Item = &clap::Command> {
    let is_own = |command: &&clap::Command| command.get_name() != "help";
    let nested = program.get_subcommands().filter(is_own).flat_map(clap::Command::get_subcommands);
    std::iter::once(program).chain(program.get_subcommands().chain(nested).filter(is_own))
}

#[test]
fn every_command_has_a_short_summary_examples_and_exit_statuses() {
    let mut program = Cli::command();
    program.build();
    for command in with_subcommands(&program) {
        let name = command.get_name();
        let summary = command.get_about().unwrap().to_string();
        assert!(summary.chars().count() <= 60 && !summary.ends_with('.'), "{name}: {summary}");
        let help = command.clone().render_long_help().to_string();
        assert!(help.contains("Examples:\n") && help.contains("Exit status:\n  0  "), "{name}: {help}");
        for arg in command.get_arguments() {
            for value in arg.get_value_names().unwrap_or_default() {
                assert!(!value.chars().any(char::is_lowercase), "{name}: {arg} has the value name {value}");
            }
        }
    }
}

#[test]
fn the_short_help_fits_on_a_screen() {
    let mut program = Cli::command().term_width(100);
    program.build();
    for command in program.get_subcommands().chain([&program]) {
        let help = command.clone().term_width(100).render_help().to_string();
        assert!(help.lines().count() <= 50, "{}: {} lines\n{help}", command.get_name(), help.lines().count());
    }
}

#[test]
fn every_example_in_the_help_is_understood() {
    let mut program = Cli::command();
    program.build();
    let helps = with_subcommands(&program).filter_map(clap::Command::get_after_help);
    let mut found = 0;
    for help in helps.map(ToString::to_string) {
        for line in help.lines().filter(|line| line.starts_with("  aircheck ")) {
            assert!(line.chars().count() <= 100, "the example is wrapped: {line}");
            // A description follows after at least two spaces.
            let example = line.trim().split("  ").next().unwrap();
            for call in example.split(" | ").filter(|call| call.starts_with("aircheck ")) {
                let words = shlex::split(call.split(['<', '>']).next().unwrap()).unwrap();
                Cli::try_parse_from(words).unwrap_or_else(|error| panic!("{call}: {error}"));
                found += 1;
            }
        }
    }
    assert!(found > 40, "only {found} examples were found");
}

#[test]
fn help_takes_the_help_option_like_every_command() {
    let plain = cli::parse(&["aircheck", "help"].map(OsString::from)).unwrap_err();
    for option in ["--help", "-h"] {
        let error = cli::parse(&["aircheck", "help", option].map(OsString::from)).unwrap_err();
        assert_eq!((error.kind(), error.exit_code()), (ErrorKind::DisplayHelp, 0), "{option}");
        assert_eq!(error.to_string(), plain.to_string());
    }
}

#[test]
fn channels_without_a_command_are_watched() {
    let cli = parse(&["ops", "billing:*"]);
    assert!(cli.command.is_none());
    assert_eq!(cli.watch.channels, ["ops", "billing:*"]);
    assert!(parse(&[]).watch.channels.is_empty());
    // After the first channel a command's name is a channel.
    assert_eq!(parse(&["ops", "tail"]).watch.channels, ["ops", "tail"]);
    let Some(Command::Watch(args)) = parse(&["watch", "tail"]).command else { panic!("not watch") };
    assert_eq!(args.channels, ["tail"]);
}

#[test]
fn the_profile_flags_can_be_before_or_after_the_command() {
    for words in [
        &["--profile", "p", "--url", "redis://:hunter2@h", "--config", "c", "channels"][..],
        &["channels", "--profile", "p", "--url", "redis://:hunter2@h", "--config", "c"],
        &["--profile=p", "channels", "--url=redis://:hunter2@h", "--config=c"],
        &["--profile=p", "--url=redis://:hunter2@h", "--config=c", "ops"],
    ] {
        let cli = parse(words);
        let overrides = cli.global.overrides();
        assert_eq!(overrides.profile.as_deref(), Some("p"));
        assert_eq!(overrides.url.as_deref(), Some("redis://:hunter2@h"));
        assert_eq!(overrides.config.unwrap().to_str(), Some("c"));
        assert!(!format!("{cli:?}").contains("hunter2"));
    }
}

#[test]
fn an_option_of_watch_before_a_command_is_an_error() {
    let parse = |words: &[&str]| cli::parse(&words.iter().map(OsString::from).collect::<Vec<_>>());
    for words in [
        &["aircheck", "--record", "a.db", "tail", "ops"][..],
        &["aircheck", "--record=a.db", "watch", "ops"],
        &["aircheck", "--profile", "p", "--record", "a.db", "check", "ops"],
    ] {
        let error = parse(words).unwrap_err();
        assert_eq!(error.exit_code(), 2, "{words:?}");
        assert!(error.to_string().contains("write aircheck watch --record <FILE>"), "{error}");
    }
    for words in [
        &["aircheck", "--record", "a.db", "ops"][..],
        &["aircheck", "watch", "--record", "a.db", "ops"],
        &["aircheck", "--profile", "p", "tail", "ops"],
    ] {
        parse(words).unwrap();
    }
}

#[test]
fn a_misspelt_command_is_an_error_and_not_a_channel() {
    let parse =
        |words: &[&str]| cli::parse(&[&["aircheck"], words].concat().iter().map(OsString::from).collect::<Vec<_>>());
    for (word, command) in [
        ("tial", "tail"),
        ("TAIL", "tail"),
        ("tai", "tail"),
        ("demoo", "demo"),
        ("lisen", "listen"),
        ("pubilsh", "publish"),
        ("chanels", "channels"),
        ("compeltion", "completions"),
    ] {
        for words in [&[word][..], &[word, "ops"], &["--profile", "p", word], &[word, "ops", "--format", "json"]] {
            let error = parse(words).unwrap_err();
            assert_eq!((error.kind(), error.exit_code()), (ErrorKind::InvalidSubcommand, 2), "{words:?}");
            let expected = format!(
                "error: unknown command \"{word}\" (did you mean \"{command}\"?); to watch a channel of that name, use: \
                 aircheck watch {word}\n"
            );
            assert!(error.to_string().starts_with(&expected), "{words:?}: {error}");
        }
        assert_eq!(parse(&["watch", word]).unwrap().command.map(Into::into), Some("watch"));
    }
    for channel in ["ops", "billing", "shop", "main", "mail", "orders", "t*il", "tai?", "redis://tail", "tail:eu"] {
        assert_eq!(parse(&[channel]).unwrap().watch.channels, [channel]);
    }
    // Only the first argument can be a command.
    assert_eq!(parse(&["ops", "tial"]).unwrap().watch.channels, ["ops", "tial"]);
    assert_eq!(parse(&["ops", "--format"]).unwrap_err().kind(), ErrorKind::UnknownArgument);
}

#[test]
fn tail_takes_limits_and_filters() {
    let words = ["tail", "ops", "--format", "json", "--count", "3", "--for", "1m 30s", "--idle", "5s", "--strict"];
    let filters = ["-f", "name:cache-*", "--filter", "-rejection:unknown_key"];
    let Some(Command::Tail(args)) = parse(&[&words[..], &filters].concat()).command else { panic!("not tail") };
    assert_eq!((args.format, args.limits.count, args.limits.strict), (Format::Json, Some(3), true));
    assert_eq!((args.limits.duration, args.limits.idle), (Some(Duration::from_secs(90)), Some(Duration::from_secs(5))));
    // A term that excludes begins with a hyphen.
    assert_eq!(args.filter, ["name:cache-*", "-rejection:unknown_key"]);
    let Some(Command::Show(args)) = parse(&["show", "a.db", "-f", "-kind:*"]).command else { panic!("not show") };
    assert_eq!(args.filter, ["-kind:*"]);
    for (wrong, kind) in [
        (["--count", "0"], ErrorKind::ValueValidation),
        (["--for", "soon"], ErrorKind::ValueValidation),
        (["--idle", "0s"], ErrorKind::ValueValidation),
        (["--format", "xml"], ErrorKind::InvalidValue),
    ] {
        assert_eq!(rejected(&[&["tail", "ops"], &wrong[..]].concat()), kind, "{wrong:?}");
    }
}

#[test]
fn listen_takes_commands_and_limits() {
    let words = ["listen", "ops", "--on", "a=x", "--on", "b=y", "--on-any", "z", "--recover", "f", "--retry", "2"];
    let Some(Command::Listen(args)) = parse(&words).command else { panic!("not listen") };
    assert_eq!((args.on.len(), args.parallel, args.retry, args.queue), (2, 1, 2, 10_000));
    assert_eq!((args.time_limit, args.state, args.limits.strict), (Duration::from_hours(1), None, false));
    for wrong in [&["--parallel", "0"][..], &["--queue", "0"], &["--time-limit", "0s"], &["--retry", "-1"]] {
        Cli::try_parse_from([&["aircheck", "listen"], wrong].concat()).unwrap_err();
    }
    assert_eq!(rejected(&["listen", "--same-server"]), ErrorKind::MissingRequiredArgument);
}

#[test]
fn publish_takes_one_message_or_lines() {
    let Some(Command::Publish(args)) = parse(&["publish", "ops", "evt", "-5"]).command else { panic!("not publish") };
    assert_eq!((args.channel.unwrap().to_str(), args.name.unwrap().to_str()), (Some("ops"), Some("evt")));
    assert_eq!(args.data.unwrap().to_str(), Some("-5"));
    let Some(Command::Publish(args)) = parse(&["publish", "ops", "evt", "-", "--yes"]).command else { panic!("-") };
    assert!(args.yes && args.data.unwrap() == "-");
    let Some(Command::Publish(args)) = parse(&["publish", "ops", "--lines"]).command else { panic!("--lines") };
    assert!(args.lines && args.name.is_none());
    assert_eq!(rejected(&["publish", "ops"]), ErrorKind::MissingRequiredArgument);
    assert_eq!(rejected(&["publish"]), ErrorKind::MissingRequiredArgument);
    let again = ["publish", "--from", "a.db", "--channel", "ops", "--seq", "3..5"];
    let Some(Command::Publish(args)) = parse(&again).command else { panic!("--from") };
    assert_eq!((args.channel, args.resend.seq, args.resend.verbatim), (None, Some((3, 5)), false));
    for (words, kind) in [
        (&["publish", "--from", "a.db", "--channel", "ops"][..], ErrorKind::MissingRequiredArgument),
        (&["publish", "ops", "evt", "--seq", "3"], ErrorKind::MissingRequiredArgument),
        (&[&again[..], &["--verbatim", "--no-sign"]].concat(), ErrorKind::ArgumentConflict),
        (&[&again[..], &["--lines"]].concat(), ErrorKind::ArgumentConflict),
        (&[&again[..], &["ops", "evt"]].concat(), ErrorKind::ArgumentConflict),
    ] {
        assert_eq!(rejected(words), kind, "{words:?}");
    }
    assert_eq!(rejected(&["publish", "ops", "evt", "--lines"]), ErrorKind::ArgumentConflict);
    assert_eq!(rejected(&["publish", "ops", "evt", "--no-sign", "--key", "k"]), ErrorKind::ArgumentConflict);
}

#[test]
fn no_argument_takes_a_signing_key() {
    for word in ["--signing-key", "--secret", "--password", "--key-value"] {
        assert_eq!(rejected(&["publish", "ops", "evt", word, "x"]), ErrorKind::UnknownArgument, "{word}");
    }
}

#[test]
fn inspect_takes_a_payload_and_a_time() {
    let words = ["inspect", "evt::1", "--now", "-1", "--encoding", "base64"];
    let Some(Command::Inspect(args)) = parse(&words).command else { panic!("not inspect") };
    assert_eq!((args.now, args.encoding, args.format), (Some(-1), Encoding::Base64, Format::Text));
    assert_eq!(args.payload.unwrap(), "evt::1");
}

#[test]
fn check_needs_no_channel_and_demo_a_rate_above_zero() {
    assert!(matches!(parse(&["check"]).command, Some(Command::Check(args)) if args.channels.is_empty()));
    let Some(Command::Demo(args)) = parse(&["demo", "--rate", "0.5", "--serve"]).command else { panic!("not demo") };
    assert!(args.serve && (args.rate - 0.5).abs() < f64::EPSILON);
    for rate in ["0", "-1", "nan", "inf", "x"] {
        assert_eq!(rejected(&["demo", &format!("--rate={rate}")]), ErrorKind::ValueValidation, "{rate}");
    }
}

/// Texts that would affect a terminal or be invisible, of every kind.
const HOSTILE: [&[u8]; 8] = [
    b"\x1b]52;c;aGFja2Vk\x07\x1b]0;owned\x1b\\",
    b"\x1b[2J\x1b[31m\x1b[7m\x1b[?1049l\x1bP+q544e\x1b\\\x1bc\x1b[6n",
    "\u{9b}31m\u{9d}52;c;aGFja2Vk\u{9c}\u{90}\u{85}".as_bytes(),
    "\u{202e}\u{2066}\u{2069}\u{200f}\u{200b}\u{feff}\u{ad}\u{e0041}".as_bytes(),
    b"over\rwritten\nerror: a line of its own\x08\x7f\t",
    "1h\u{301}\u{301}\u{301}\u{301}\u{301}\u{301}\u{301}".as_bytes(),
    b"\xff\xfe\x9b31m\xc2",
    b"\xf5",
];

/// Command lines with a hostile text in every argument of this command and its subcommands.
fn hostile_lines(command: &clap::Command, path: &[&str], text: &[u8], lines: &mut Vec<Vec<OsString>>) {
    let joined = |before: &str| OsString::from_vec([before.as_bytes(), text].concat());
    let text = joined("");
    // The last one is wrong in any case.
    let wrong = OsStr::new("--no-such-option").to_owned();
    let mut tails =
        vec![vec![joined("--")], vec![joined("-")], vec![joined("--format")], vec![joined("--no-such-option=")]];
    tails.extend((1..=9).map(|count| [vec![text.clone(); count], vec![wrong.clone()]].concat()));
    for option in command.get_arguments().filter_map(clap::Arg::get_long) {
        let option = format!("--{option}");
        tails.push(vec![OsString::from(&option), text.clone(), wrong.clone()]);
        tails.push(vec![joined(&format!("{option}=")), wrong.clone()]);
        tails.push(vec![joined(&option)]);
    }
    for tail in tails {
        lines.push(path.iter().map(OsString::from).chain(tail).collect());
    }
    for below in command.get_subcommands() {
        hostile_lines(below, &[path, &[below.get_name()]].concat(), text.as_bytes(), lines);
    }
}

#[test]
fn no_error_contains_bytes_that_act_on_a_terminal() {
    let mut program = Cli::command();
    program.build();
    // The colour codes that clap itself uses.
    let own = Regex::new(r"\x1b\[(0|1|4|3[123])m|\n").unwrap();
    let mut shown = 0;
    for text in HOSTILE {
        let mut lines = Vec::new();
        hostile_lines(&program, &["aircheck"], text, &mut lines);
        // The name of the program is in its usage.
        lines.push(vec![OsString::from_vec(text.to_vec()), "show".into()]);
        for line in lines {
            let Err(error) = cli::parse(&line) else { continue };
            let error = error.render().ansi().to_string();
            own.split(&error).for_each(assert_safe);
            assert!(!error.lines().any(|line| line == "error: a line of its own"), "{error}");
            shown += usize::from(error.contains(r"\x") || error.contains(r"\u{"));
        }
    }
    assert!(shown > 1000, "only {shown} errors show what was wrong");
}

#[test]
fn invalid_utf8_has_its_own_error() {
    let words = ["aircheck", "tail", "--filter"].map(OsString::from);
    let error = cli::parse(&[&words[..], &[OsString::from_vec(b"\xff".to_vec())]].concat()).unwrap_err();
    assert_eq!((error.kind(), error.exit_code()), (ErrorKind::InvalidUtf8, 2));
    assert_eq!(error.to_string(), "error: an argument is not UTF-8\n");
}

#[test]
fn an_error_without_special_characters_is_that_of_clap() {
    for words in [&["aircheck", "tail", "--fromat", "json"][..], &["aircheck", "--help"], &["aircheck", "show"]] {
        let words: Vec<OsString> = words.iter().map(OsString::from).collect();
        let (ours, theirs) = (cli::parse(&words).unwrap_err(), Cli::try_parse_from(&words).unwrap_err());
        assert_eq!(ours.render().ansi().to_string(), theirs.render().ansi().to_string());
    }
}
