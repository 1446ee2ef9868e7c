//! The command line.
#![expect(clippy::unwrap_used, reason = "a test")]

use std::time::Duration;

use aircheck::commands::cli::{Cli, Command, Encoding, Format};
use clap::{CommandFactory, Parser, error::ErrorKind};

fn parse(words: &[&str]) -> Cli {
    Cli::try_parse_from([&["aircheck"], words].concat()).unwrap_or_else(|error| panic!("{words:?}: {error}"))
}

fn refused(words: &[&str]) -> ErrorKind {
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
            "replay",
            "merge",
            "bundle",
            "import",
            "demo",
            "completions",
            "man"
        ]
    );
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
fn the_profile_flags_stand_before_or_after_the_command() {
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
fn tail_takes_limits_and_filters() {
    let words = ["tail", "ops", "--format", "json", "--count", "3", "--for", "1m 30s", "--idle", "5s", "--strict"];
    let filters = ["-f", "name:cache-*", "--filter", "-reason:unknown_key"];
    let error = Cli::try_parse_from([&["aircheck"], &words[..], &filters].concat()).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::UnknownArgument, "a filter that starts with a hyphen is written --filter=…");
    let filters = ["-f", "name:cache-*", "--filter=-reason:unknown_key"];
    let Some(Command::Tail(args)) = parse(&[&words[..], &filters].concat()).command else { panic!("not tail") };
    assert_eq!((args.format, args.count, args.strict), (Format::Json, Some(3), true));
    assert_eq!((args.duration, args.idle), (Some(Duration::from_secs(90)), Some(Duration::from_secs(5))));
    assert_eq!(args.filter, ["name:cache-*", "-reason:unknown_key"]);
    for (wrong, kind) in [
        (["--count", "0"], ErrorKind::ValueValidation),
        (["--for", "soon"], ErrorKind::ValueValidation),
        (["--idle", "0s"], ErrorKind::ValueValidation),
        (["--format", "xml"], ErrorKind::InvalidValue),
    ] {
        assert_eq!(refused(&[&["tail", "ops"], &wrong[..]].concat()), kind, "{wrong:?}");
    }
}

#[test]
fn listen_takes_commands_and_limits() {
    let words = ["listen", "ops", "--on", "a=x", "--on", "b=y", "--on-any", "z", "--recover", "f", "--retry", "2"];
    let Some(Command::Listen(args)) = parse(&words).command else { panic!("not listen") };
    assert_eq!((args.on.len(), args.parallel, args.retry, args.queue), (2, 1, 2, 10_000));
    assert_eq!((args.time_limit, args.state, args.strict), (Duration::from_hours(1), None, false));
    for wrong in [&["--parallel", "0"][..], &["--queue", "0"], &["--time-limit", "0s"], &["--retry", "-1"]] {
        Cli::try_parse_from([&["aircheck", "listen"], wrong].concat()).unwrap_err();
    }
    assert_eq!(refused(&["listen", "--same-server"]), ErrorKind::MissingRequiredArgument);
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
    assert_eq!(refused(&["publish", "ops"]), ErrorKind::MissingRequiredArgument);
    assert_eq!(refused(&["publish"]), ErrorKind::MissingRequiredArgument);
    let again = ["publish", "--from", "a.db", "--channel", "ops", "--seq", "3..5"];
    let Some(Command::Publish(args)) = parse(&again).command else { panic!("--from") };
    assert_eq!((args.channel, args.again.seq, args.again.verbatim), (None, Some((3, 5)), false));
    for (words, kind) in [
        (&["publish", "--from", "a.db", "--channel", "ops"][..], ErrorKind::MissingRequiredArgument),
        (&["publish", "ops", "evt", "--seq", "3"], ErrorKind::MissingRequiredArgument),
        (&[&again[..], &["--verbatim", "--no-sign"]].concat(), ErrorKind::ArgumentConflict),
        (&[&again[..], &["--lines"]].concat(), ErrorKind::ArgumentConflict),
        (&[&again[..], &["ops", "evt"]].concat(), ErrorKind::ArgumentConflict),
    ] {
        assert_eq!(refused(words), kind, "{words:?}");
    }
    assert_eq!(refused(&["publish", "ops", "evt", "--lines"]), ErrorKind::ArgumentConflict);
    assert_eq!(refused(&["publish", "ops", "evt", "--no-sign", "--key", "k"]), ErrorKind::ArgumentConflict);
}

#[test]
fn no_argument_takes_a_sign_key() {
    for word in ["--sign-key", "--secret", "--password", "--key-value"] {
        assert_eq!(refused(&["publish", "ops", "evt", word, "x"]), ErrorKind::UnknownArgument, "{word}");
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
fn check_needs_a_channel_and_demo_a_rate_above_zero() {
    assert_eq!(refused(&["check"]), ErrorKind::MissingRequiredArgument);
    let Some(Command::Demo(args)) = parse(&["demo", "--rate", "0.5", "--serve"]).command else { panic!("not demo") };
    assert!(args.serve && (args.rate - 0.5).abs() < f64::EPSILON);
    for rate in ["0", "-1", "nan", "inf", "x"] {
        assert_eq!(refused(&["demo", &format!("--rate={rate}")]), ErrorKind::ValueValidation, "{rate}");
    }
}
