//! Configuration files, environment and flags.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::ffi::OsString;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use aircheck::config::{
    ConfigError, Environment, Overrides, Profile, check, load_console_from, load_from, state_file_in,
};
use aircheck::console::keymap::context::{contexts_of, places};
use aircheck::console::keymap::key::Key;
use aircheck::console::keymap::table::{Action, TABLE};
use aircheck::console::keymap::{Keymap, actions};
use aircheck::console::panes::Pane;
use aircheck::ledger::alert::{AlertKind, AtMost};
use aircheck::ledger::finding::FindingKind;
use aircheck::redis::target::Address;
use aircheck::wire::algorithm::Algorithm;
use aircheck::wire::signature::{Keyring, KeyringSettings, Secret, SignWith};
use tempfile::TempDir;

/// A home directory with a configuration file in it.
struct Home {
    directory: TempDir,
    environment: Environment,
}

impl Home {
    fn empty() -> Self {
        let directory = tempfile::tempdir().unwrap();
        let environment = Environment {
            variables: std::env::vars_os().filter(|(name, _)| name == "PATH").collect(),
            home: Some(directory.path().to_owned()),
            config_directory: Some(directory.path().join(".config")),
            state_directory: Some(directory.path().join(".state")),
        };
        Self { directory, environment }
    }

    fn with(config: &str) -> Self {
        let home = Self::empty();
        home.write(".config/aircheck/config.toml", config.as_bytes(), 0o600);
        home
    }

    fn write(&self, path: &str, bytes: &[u8], mode: u32) -> PathBuf {
        let path = self.directory.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, bytes).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
        path
    }

    fn set(mut self, name: &str, value: &str) -> Self {
        self.environment.variables.insert(name.into(), value.into());
        self
    }

    fn config(&self) -> PathBuf {
        self.directory.path().join(".config/aircheck/config.toml")
    }

    fn load(&self) -> Result<Profile, ConfigError> {
        load_from(&Overrides::default(), &self.environment)
    }

    fn profile(&self, name: &str) -> Result<Profile, ConfigError> {
        load_from(&Overrides { profile: Some(name.to_owned()), ..Overrides::default() }, &self.environment)
    }

    /// The error without the path of the file.
    fn error(&self) -> String {
        self.load().unwrap_err().to_string().replace(&self.config().display().to_string(), "FILE")
    }
}

fn signed(keyring: &Keyring, with: &SignWith) -> Vec<u8> {
    keyring.payload(b"evt", b"1", with, 1_795_516_352).unwrap()
}

fn own_key(secret: &[u8]) -> Keyring {
    Keyring::new(KeyringSettings { signing_key: Some(Secret::new(secret.to_vec())), ..KeyringSettings::default() })
}

#[test]
fn without_a_file_the_local_server_and_no_key() {
    let profile = Home::empty().load().unwrap();
    assert_eq!(profile.name, "");
    assert_eq!(profile.target.to_string(), "127.0.0.1:6379");
    assert_eq!(profile.sequence_prefix, "system_broadcast_sequence_");
    assert_eq!(profile.state_key(), "redis://127.0.0.1:6379/0 system_broadcast_sequence_");
    assert!(profile.channels.is_empty() && !profile.read_only && !profile.confirm && profile.colour.is_none());
    assert!(profile.keyring.accepts_unsigned());
    assert_eq!(profile.keyring.time_tolerance(), 3600);
    assert_eq!(profile.warnings, [""; 0]);
}

#[test]
fn every_key_of_a_profile_is_read() {
    let home = Home::with(
        r##"
        default_profile = "local"

        [profile.local]
        url = "redis://127.0.0.1:6379/2"
        channels = ["ops", "billing:*"]
        sequence_prefix = "seq_"
        colour = "green"
        read_only = true
        confirm = true

        [profile.local.signing]
        key_name = "mine"
        key = { env = "BROADCAST_KEY" }
        algorithm = "sha256"
        time_tolerance = "1h 30m"
        verification_algorithms = ["sha512"]

        [profile.local.signing.verification_keys]
        old = { file = "~/keys/old" }

        [profile.prod]
        url = "http://redis.internal"
        colour = "#ff0000"
        signing = { time_tolerance = 10 }
        "##,
    )
    .set("BROADCAST_KEY", "s3cret");
    home.write("keys/old", b"older\n", 0o600);
    let profile = home.load().unwrap();
    assert_eq!(profile.name, "local");
    assert_eq!(profile.target.to_string(), "127.0.0.1:6379/2");
    assert_eq!(profile.channels, ["ops", "billing:*"]);
    assert_eq!((profile.sequence_prefix.as_str(), profile.colour.as_deref()), ("seq_", Some("green")));
    assert!(profile.read_only && profile.confirm);
    let same = Keyring::new(KeyringSettings {
        signing_key: Some(Secret::new(b"s3cret".to_vec())),
        signing_key_name: b"mine".to_vec(),
        sign_algorithm: Algorithm::Sha256,
        verification_keys: vec![(b"old".to_vec(), Secret::new(b"older".to_vec()))],
        verification_algorithms: vec![Algorithm::Sha512],
        time_tolerance: 5400,
    });
    assert_eq!(profile.keyring.time_tolerance(), 5400);
    assert_eq!(profile.keyring.signing_keys(), same.signing_keys());
    for with in [SignWith::SigningKey, SignWith::Key(b"old".to_vec())] {
        assert_eq!(signed(&profile.keyring, &with), signed(&same, &with));
    }
    let debug = format!("{profile:?}");
    assert!(!debug.contains("s3cret") && !debug.contains("older"), "{debug}");
    // An invalid profile does not affect the others.
    assert!(home.profile("prod").unwrap_err().to_string().contains("not a Redis URL"));
}

#[test]
fn flags_override_the_environment_which_overrides_the_file() {
    let home = Home::with(
        "default_profile = \"a\"\n[profile.a]\nurl = \"redis://a\"\nsequence_prefix = \"a_\"\n[profile.b]\nurl = \"redis://b\"",
    );
    assert_eq!(home.load().unwrap().target.to_string(), "a:6379");
    let home = home.set("AIRCHECK_PROFILE", "b").set("AIRCHECK_SEQUENCE_PREFIX", "env_");
    assert_eq!(home.load().unwrap().target.to_string(), "b:6379");
    assert_eq!(home.profile("a").unwrap().target.to_string(), "a:6379");
    assert_eq!(home.profile("a").unwrap().sequence_prefix, "env_");
    let home = home.set("AIRCHECK_URL", "redis://:pw@env");
    let profile = home.profile("a").unwrap();
    assert_eq!((profile.name.as_str(), profile.target.to_string().as_str()), ("a", "env:6379"));
    assert_eq!(profile.warnings, ["AIRCHECK_URL overrides the profile's server"], "the profile was named");
    assert_eq!(home.load().unwrap().warnings, [""; 0], "the environment is not the command line");
    let overrides = Overrides { url: Some("redis://:pw@flag".to_owned()), ..Overrides::default() };
    let profile = load_from(&overrides, &home.environment).unwrap();
    assert_eq!((profile.name.as_str(), profile.target.to_string().as_str()), ("b", "flag:6379"));
    assert_eq!(profile.warnings, ["Using a password with '--url' on the command line interface may not be safe."]);
    let home = home.set("AIRCHECK_URL", "").set("AIRCHECK_PROFILE", "");
    assert_eq!(home.load().unwrap().target.to_string(), "a:6379", "an empty variable counts as not set");
}

#[test]
fn a_single_profile_is_the_default_and_several_need_one() {
    let profile = Home::with("[profile.only]\nurl = \"redis://only\"").load().unwrap();
    assert_eq!((profile.name.as_str(), profile.target.to_string().as_str()), ("only", "only:6379"));
    let home = Home::with("[profile.one]\n[profile.two]\n[profile.\"\\u001b\"]");
    let error = "FILE: several profiles and no default: \\x1b, one, two; use --profile, or set default_profile";
    assert_eq!(home.error(), error);
    assert_eq!(home.profile("two").unwrap().name, "two");
    // A server of the command line or environment needs no profile.
    let overrides = Overrides { url: Some("redis://flag".to_owned()), ..Overrides::default() };
    assert_eq!(load_from(&overrides, &home.environment).unwrap().name, "");
    assert_eq!(home.set("AIRCHECK_URL", "redis://env").load().unwrap().name, "");
    assert_eq!(Home::with("mouse = false").load().unwrap().name, "", "a file without profiles");
}

#[test]
fn an_empty_sequence_prefix_is_a_prefix() {
    let file = "default_profile = \"a\"\n[profile.a]\nsequence_prefix = \"\"\n[profile.b]\nsequence_prefix = \"b_\"";
    let home = Home::with(file);
    assert_eq!(home.load().unwrap().sequence_prefix, "");
    let home = home.set("AIRCHECK_SEQUENCE_PREFIX", "");
    assert_eq!(home.profile("b").unwrap().sequence_prefix, "");
    assert_eq!(Home::with("").set("AIRCHECK_SEQUENCE_PREFIX", "").load().unwrap().sequence_prefix, "");
}

#[test]
fn allowed_hosts_are_those_of_the_flag_or_of_the_profile() {
    let home = Home::with("default_profile = \"p\"\n[profile.p]\nallowed_hosts = [\"a\", \"*.b\"]");
    let flag = |hosts: &[&str]| {
        let allowed_hosts = hosts.iter().map(ToString::to_string).collect();
        load_from(&Overrides { allowed_hosts, ..Overrides::default() }, &home.environment)
    };
    let allows = |profile: &Profile, host| profile.target.allowed_hosts.as_ref().unwrap().contains(host);
    let profile = flag(&[]).unwrap();
    assert!(allows(&profile, "a") && allows(&profile, "x.b") && !allows(&profile, "c"));
    let profile = flag(&["c"]).unwrap();
    assert!(allows(&profile, "c") && !allows(&profile, "a"));
    let error = flag(&["c:6379"]).unwrap_err().to_string();
    assert!(error.starts_with("--allowed-hosts: \"c:6379\" is not a host; "), "{error}");
    // Also for another server than that of the profile.
    let profile = home.set("AIRCHECK_URL", "redis://c").load().unwrap();
    assert!(!allows(&profile, "c"));
    for (value, place, what) in [
        ("[]", "FILE:3:17: profile.p.", "allowed_hosts: name at least one host"),
        ("[\"a/b\"]", "FILE:3:17: profile.p.", "allowed_hosts: \"a/b\" is not a host; "),
        ("\"a\"", "FILE:3:17: profile.p.", "allowed_hosts: expected an array of strings"),
    ] {
        let home = Home::with(&format!("default_profile = \"p\"\n[profile.p]\nallowed_hosts = {value}"));
        assert!(home.error().starts_with(&format!("{place}{what}")), "{}", home.error());
    }
    assert!(Home::with("").load().unwrap().target.allowed_hosts.is_none());
}

#[test]
fn the_file_is_named_by_flag_then_variable_then_directory() {
    let home = Home::with("default_profile = \"p\"\n[profile.p]\nurl = \"redis://directory\"");
    let text = |host: &str| format!("default_profile = \"p\"\n[profile.p]\nurl = \"redis://{host}\"");
    let variable = home.write("variable.toml", text("variable").as_bytes(), 0o644);
    let flag = home.write("flag.toml", text("flag").as_bytes(), 0o644);
    assert_eq!(home.load().unwrap().target.to_string(), "directory:6379");
    let home = home.set("AIRCHECK_CONFIG", variable.to_str().unwrap());
    assert_eq!(home.load().unwrap().target.to_string(), "variable:6379");
    let overrides = Overrides { config: Some(flag), ..Overrides::default() };
    assert_eq!(load_from(&overrides, &home.environment).unwrap().target.to_string(), "flag:6379");
    let overrides = Overrides { config: Some("/nowhere/at/all.toml".into()), ..Overrides::default() };
    let error = load_from(&overrides, &home.environment).unwrap_err().to_string();
    assert!(error.starts_with("/nowhere/at/all.toml: cannot be read: "), "{error}");
}

#[test]
fn errors_name_the_line_the_column_and_the_key() {
    for (config, error) in [
        ("[profile.a]\nulr = \"x\"", "FILE:2:1: unknown key \"ulr\" in [profile.a] (did you mean \"url\"?)"),
        ("profiles = 1", "FILE:1:1: unknown key \"profiles\" (did you mean \"profile\"?)"),
        (
            "[profile.a]\nzzz = 1",
            "FILE:2:1: unknown key \"zzz\" in [profile.a] (expected one of: url, user, password, sentinel_user, sentinel_password, tls, allowed_hosts, channels, sequence_prefix, colour, read_only, confirm, filters, signing, templates, alerts, expect)",
        ),
        (
            "[profile.a.signing]\n  keyname = \"x\"",
            "FILE:2:3: unknown key \"keyname\" in [profile.a.signing] (did you mean \"key_name\"?)",
        ),
        (
            "[profile.a.signing]\nkey = { fiel = \"x\" }",
            "FILE:2:9: unknown key \"fiel\" in [profile.a.signing.key] (did you mean \"file\"?)",
        ),
        ("[profile.a.tlss]\n", "FILE:1:12: unknown key \"tlss\" in [profile.a] (did you mean \"tls\"?)"),
        ("[profile.a]\n\"\\u001b\" = 1", "FILE:2:1: unknown key \"\\x1b\" in [profile.a] (expected one of: url, "),
        (
            "[profile.a]\n\"a`b`, expected c\" = 1",
            "FILE:2:1: unknown key \"a`b`, expected c\" in [profile.a] (expected one of: url, ",
        ),
        ("[profile.a.filters]\nmine = 3", "FILE:2:8: profile.a.filters.mine: expected a string"),
        ("[profile.a]\nfilters = 3", "FILE:2:11: profile.a.filters: expected a table"),
        ("[profile.a]\nread_only = \"yes\"", "FILE:2:13: profile.a.read_only: expected true or false"),
        ("[profile.a]\nchannels = \"ops\"", "FILE:2:12: profile.a.channels: expected an array of strings"),
        ("[profile.a]\nchannels = [\"é\", 1]", "FILE:2:18: profile.a.channels: expected a string"),
        ("[profile.a]\nurl = 1", "FILE:2:7: profile.a.url: expected a string"),
        ("[profile.b]\n[profile.a.url]\nx = 1", "FILE:2:1: profile.a.url: expected a string"),
        ("[profile.a]\nsigning = []", "FILE:2:11: profile.a.signing: expected a table"),
        ("[[profile.a]]", "profile.a: expected a table"),
        ("[profile.a]\ntls = { ca = 1979-05-27 }", "FILE:2:14: profile.a.tls.ca: expected a string"),
        ("profile = 1", "FILE:1:11: profile: expected a table"),
        (
            "default_profile = \"lokal\"\n[profile.local]",
            "FILE:1:19: default_profile: unknown profile \"lokal\" (did you mean \"local\"?)",
        ),
        ("default_profile = \"x\"", "FILE:1:19: default_profile: unknown profile \"x\"; add [profile.x]"),
        (
            "[profile.a]\ncolour = \"gren\"",
            "FILE:2:10: profile.a.colour: unknown colour; use #rrggbb or a name (did you mean \"green\"?)",
        ),
        ("[profile.a]\ncolour = \"#12345g\"", "unknown colour"),
        (
            "[profile.a.signing]\ntime_tolerance = \"1.5s\"",
            "FILE:2:18: profile.a.signing.time_tolerance: expected whole seconds, e.g. 90 or \"1h 30m\"",
        ),
        ("[profile.a.signing]\ntime_tolerance = -1", "FILE:2:18: profile.a.signing.time_tolerance: expected whole"),
        (
            "[profile.a.signing]\ntime_tolerance = 9223372036854775808",
            "FILE:2:18: profile.a.signing.time_tolerance: expected whole",
        ),
        (
            "[profile.a.signing]\nverification_algorithms = [\"md5\", \"sha\"]",
            "FILE:2:35: profile.a.signing.verification_algorithms: ",
        ),
        (
            "[profile.a.signing]\nkey_name = \"a:b\"",
            "FILE:2:12: profile.a.signing.key_name: a key's name must not contain a colon",
        ),
        (
            "[profile.a.signing.verification_keys]\n\"a:b\" = { env = \"X\" }",
            "FILE:2:1: profile.a.signing.verification_keys.a:b: a key's name must not contain a colon",
        ),
        (
            "[profile.a.signing]\nkey = { command = [] }",
            "FILE:2:19: profile.a.signing.key.command: expected a program and its arguments",
        ),
        (
            "[profile.a.signing]\nkey = {}",
            "FILE:2:7: profile.a.signing.key: expected a table with one of env, file, command and value, e.g. { env",
        ),
        ("[profile.a]\nurl = \"a\"\nurl = \"b\"", "FILE:3:1: duplicate key"),
    ] {
        let found = Home::with(config).error();
        assert!(found.contains(error), "{config}\n{found}\n{error}");
    }
}

#[test]
fn an_invalid_url_is_reported_at_its_place() {
    let home = Home::with("default_profile = \"a\"\n[profile.a]\nurl = \"redis-sentinel://h/s\"");
    let expected = "FILE:3:7: profile.a.url: redis-sentinel:// is not supported; use redis+sentinel://";
    assert!(home.error().starts_with(expected), "{}", home.error());
    let home = home.set("AIRCHECK_URL", "redis://h/x");
    assert!(home.error().starts_with("AIRCHECK_URL: the database is not a number"), "{}", home.error());
    let overrides = Overrides { url: Some("x".to_owned()), ..Overrides::default() };
    let error = load_from(&overrides, &home.environment).unwrap_err().to_string();
    assert!(error.starts_with("--url: not a Redis URL; use e.g. redis://"), "{error}");
}

#[test]
fn an_unknown_profile_is_an_error() {
    let error = Home::empty().profile("prod").unwrap_err().to_string();
    let expected = "--profile: profile \"prod\" not found: no configuration file";
    assert!(error.starts_with(expected) && error.ends_with("specify one with --config"), "{error}");
    let error = Home::with("[profile.production]").profile("prod").unwrap_err().to_string();
    assert!(error.ends_with("unknown profile \"prod\" (did you mean \"production\"?)"), "{error}");
}

/// A secret at any wrong place of the file does not appear in the error.
#[test]
fn no_error_holds_a_secret() {
    for config in [
        "[profile.a.signing]\nkey = \"hunter2\"",
        "[profile.a.signing]\nkey = \"hunter2, expected hunter2\"",
        "[profile.a.signing]\nkey = [\"hunter2\"]",
        "[profile.a.signing]\nkey = [\"X\", \"hunter2\"]",
        "[profile.a.signing]\nkey = hunter2",
        "[profile.a.signing]\nkey = { value = hunter2 }",
        "[profile.a.signing]\nkey = { value = \"hunter2 }",
        "[profile.a.signing]\nkey = { value = [\"hunter2\"] }",
        "[profile.a.signing]\nkey = { value = \"hunter2\", env = \"X\" }",
        "[profile.a.signing]\nkey = { command = \"hunter2\" }",
        "[profile.a.signing]\nkey = { value = '''hunter2",
        "[profile.a.signing.verification_keys]\nold = \"hunter2\"",
        "[profile.a.signing.verification_keys]\nold = { value = \"\\hunter2\" }",
        "[profile.a]\nsigning = \"hunter2\"",
        "[profile.a]\nsigning = [\"hunter2\"]",
        "[profile.a]\npassword = \"hunter2\"",
        "[profile.a]\npassword = [\"hunter2\"]",
        "[profile.a]\nchannels = \"hunter2\"",
        "[profile.a]\nread_only = \"hunter2\"",
        "[profile.a]\ntls = \"hunter2\"",
        "[profile.a.alerts]\nbell = [\"hunter2\"]",
        "[profile.a.alerts]\nat_most = \"hunter2\"",
        "[profile.a]\ncolour = \"hunter2\"",
        "[profile.a.signing]\ntime_tolerance = \"hunter2\"",
        "default_profile = \"a\"\n[profile.a]\nurl = \"redis://:hunter2/x@h\"",
        "default_profile = \"a\"\n[profile.a]\nurl = redis://:hunter2@h",
    ] {
        let error = Home::with(config).error();
        assert!(!error.contains("hunter2"), "{config}\n{error}");
        assert!(error.starts_with("FILE:2:") || error.starts_with("FILE:3:"), "{config}\n{error}");
    }
}

#[test]
fn a_file_with_a_secret_that_others_can_read_is_rejected() {
    for (config, private) in [
        ("[profile.a.signing]\nkey = { value = \"s\" }", true),
        ("[profile.a.signing.verification_keys]\nold = { value = \"s\" }", true),
        ("[profile.a]\nurl = \"redis://:pw@h\"", true),
        ("[profile.a]\nurl = \"unix:///s?pass=pw\"", true),
        ("[profile.a]\nurl = \"rediss://:pw@h\"", true),
        ("[profile.a]\nurl = \"redis://h\"", false),
        ("[profile.a.signing]\nkey = { env = \"X\" }", false),
    ] {
        for mode in [0o640, 0o604, 0o622] {
            let home = Home::empty().set("X", "s3cret");
            let file = home.write(".config/aircheck/config.toml", config.as_bytes(), mode);
            let file = file.display();
            match home.load() {
                Ok(_) => assert!(!private && mode != 0o622, "{config}"),
                Err(error) if !private => {
                    let words = format!(
                        "{file}: others can write it (mode 0622), and it can name commands to run; \
                         run: chmod go-w '{file}'"
                    );
                    assert_eq!((error.to_string(), mode), (words, 0o622));
                }
                Err(error) => {
                    let words = format!(
                        "contains a secret, but others can access it (mode {mode:04o}); run: chmod 600 '{file}'"
                    );
                    assert!(error.to_string().contains(&words), "{error}");
                }
            }
        }
    }
}

#[test]
fn a_configuration_that_others_can_change_is_rejected() {
    for (mode, is_trusted) in [(0o600, true), (0o644, true), (0o444, true), (0o664, false), (0o646, false)] {
        let home = Home::empty();
        let file = home.write(".config/aircheck/config.toml", b"[profile.a.alerts]\ncommand = ['x']", mode);
        assert_eq!(home.load().is_ok(), is_trusted, "{mode:o}");
        if !is_trusted {
            let words = "others can write it (mode MODE), and it can name commands to run; run: chmod go-w 'FILE'";
            let words = words.replace("MODE", &format!("{mode:04o}")).replace("FILE", &file.display().to_string());
            assert_eq!(home.error(), format!("FILE: {words}").replace(&file.display().to_string(), "FILE"));
        }
        // Only root can change the owner of a file.
        if std::os::unix::fs::chown(&file, Some(65534), None).is_ok() {
            assert!(home.error().contains("belongs to another user (uid 65534)"), "{}", home.error());
        }
    }
}

fn with_key(source: &str) -> Home {
    Home::with(&format!("default_profile = \"a\"\n[profile.a.signing]\nkey = {source}"))
}

#[test]
fn keys_come_from_files() {
    for (bytes, secret) in [
        (&b"s3cret"[..], &b"s3cret"[..]),
        (b"s3cret\n", b"s3cret"),
        (b"s3cret\r\n", b"s3cret"),
        (b"s3cret\n\n", b"s3cret\n"),
        (b" s3\0\xff \n", b" s3\0\xff "),
    ] {
        for (written, path) in
            [("~/k", "k"), ("k", ".config/aircheck/k"), ("../k", ".config/k"), ("sub/k", ".config/aircheck/sub/k")]
        {
            let home = with_key(&format!("{{ file = \"{written}\" }}"));
            home.write(path, bytes, 0o400);
            let profile = home.load().unwrap();
            assert!(!profile.keyring.accepts_unsigned());
            assert_eq!(
                signed(&profile.keyring, &SignWith::SigningKey),
                signed(&own_key(secret), &SignWith::SigningKey)
            );
        }
    }
    let home = with_key("{ file = \"k\" }");
    assert!(home.error().starts_with("FILE:3:7: profile.a.signing.key: cannot read "), "{}", home.error());
    let file = home.write(".config/aircheck/k", b"hunter2", 0o644);
    let error = home.error();
    let expected = format!(
        "FILE:3:7: profile.a.signing.key: {0} contains a secret, but others can access it (mode 0644); run: chmod 600 '{0}'",
        file.display()
    );
    assert_eq!(error, expected);
}

#[test]
fn keys_come_from_the_environment() {
    let home = with_key("{ env = \"BROADCAST_KEY\" }");
    assert_eq!(home.error(), "FILE:3:7: profile.a.signing.key: environment variable BROADCAST_KEY is not set");
    let home = home.set("BROADCAST_KEY", "s3cret\n");
    assert_eq!(
        signed(&home.load().unwrap().keyring, &SignWith::SigningKey),
        signed(&own_key(b"s3cret\n"), &SignWith::SigningKey)
    );
    let home = home.set("BROADCAST_KEY", "0");
    assert!(home.load().unwrap().warnings[0].contains("empty or 0"));
}

#[test]
fn a_key_name_that_nobody_can_verify_is_warned_of() {
    let home = Home::with("default_profile = \"a\"\n[profile.a.signing]\nkey_name = \"a|b\"");
    let warnings = home.load().unwrap().warnings;
    assert_eq!(warnings, ["The key name a|b contains |: nobody can verify what is signed with it."]);
}

#[test]
fn the_signing_key_of_the_environment_is_used_if_the_profile_has_none() {
    let home = Home::with("[profile.a.signing]\nkey = { value = \"of the profile\" }\n[profile.b]")
        .set("AIRCHECK_SIGNING_KEY", "s3cret");
    assert_eq!(
        signed(&home.profile("b").unwrap().keyring, &SignWith::SigningKey),
        signed(&own_key(b"s3cret"), &SignWith::SigningKey)
    );
    let profile = home.profile("a").unwrap();
    assert_eq!(
        signed(&profile.keyring, &SignWith::SigningKey),
        signed(&own_key(b"of the profile"), &SignWith::SigningKey)
    );
    assert!(Home::empty().set("AIRCHECK_SIGNING_KEY", "").load().unwrap().keyring.accepts_unsigned());
}

#[test]
fn keys_come_from_commands() {
    let home = with_key("{ command = [\"printf\", \"%s\\\\r\\\\n\", \"s3cret $HOME\"] }");
    let profile = home.load().unwrap();
    assert_eq!(
        signed(&profile.keyring, &SignWith::SigningKey),
        signed(&own_key(b"s3cret $HOME"), &SignWith::SigningKey)
    );
    let home = with_key("{ command = [\"sh\", \"-c\", \"echo hunter2; echo hunter2 >&2; exit 7\"] }");
    assert_eq!(home.error(), "FILE:3:7: profile.a.signing.key: sh failed (exit status: 7); run it by hand to see why");
    let home = with_key("{ command = [\"/nowhere/pass\"] }");
    assert!(
        home.error().starts_with("FILE:3:7: profile.a.signing.key: cannot run /nowhere/pass: "),
        "{}",
        home.error()
    );
    let home = with_key("{ command = [\"yes\"] }");
    assert!(home.error().contains("failed") || home.error().contains("64 KiB"), "{}", home.error());
}

#[test]
fn a_command_sees_no_secret_of_ours() {
    let config = "
        default_profile = \"a\"
        [profile.a.signing]
        key = { command = [\"sh\", \"-c\", \"env > \\\"$SEEN\\\"; echo k\"] }
        [profile.b.signing]
        key = { env = \"BROADCAST_KEY\" }";
    let home = Home::with(config);
    let seen = home.directory.path().join("seen");
    let home = home
        .set("SEEN", seen.to_str().unwrap())
        .set("BROADCAST_KEY", "hunter2")
        .set("AIRCHECK_SIGNING_KEY", "hunter2")
        .set("AIRCHECK_URL", "redis://:hunter2@h");
    home.load().unwrap();
    let seen = fs::read_to_string(seen).unwrap();
    assert!(seen.contains("PATH=") && !seen.contains("hunter2"), "{seen}");
}

#[test]
fn the_counters_are_in_the_state_directory_or_the_file_of_the_variable() {
    let home = Home::empty();
    assert_eq!(state_file_in(&home.environment).unwrap(), home.directory.path().join(".state/aircheck/counters.db"));
    assert_eq!(state_file_in(&home.set("AIRCHECK_STATE", "/x/y").environment).unwrap(), Path::new("/x/y"));
    let error = state_file_in(&Environment::default()).unwrap_err().to_string();
    assert!(error.contains("AIRCHECK_STATE"), "{error}");
}

#[test]
fn an_environment_shows_no_values() {
    let mut environment = Environment::default();
    environment.variables.insert("KEY".into(), OsString::from("hunter2"));
    assert!(!format!("{environment:?}").contains("hunter2"));
}

#[test]
fn templates_are_read_with_their_placeholders() {
    let home = Home::with(
        r#"
        default_profile = "a"
        [profile.a.templates.price]
        channel = "ops"
        name = "price-update"
        data = '{"sku":"{{prompt:SKU}}","id":"{{uuid}}"}'
        [profile.a.templates.flush]
        name = "flush"
        "#,
    );
    let templates = home.load().unwrap().templates;
    let titles: Vec<_> = templates.iter().map(|template| template.title.as_str()).collect();
    assert_eq!(titles, ["flush", "price"]);
    assert_eq!(templates[1].prompts(), ["SKU"]);
    assert!(templates[0].channel.is_empty() && templates[0].data.is_empty());
}

#[test]
fn errors_in_templates_name_the_place() {
    for (template, error) in [
        ("nam = 'x'", "FILE:2:1: unknown key \"nam\" in [profile.a.templates.t] (did you mean \"name\"?)"),
        ("channel = 'ops'", "FILE:1:22: profile.a.templates.t: a template needs a message name"),
        ("name = ''", "FILE:1:22: profile.a.templates.t: a template needs a message name"),
        (
            "name = '{{uid}}'",
            "FILE:2:9: profile.a.templates.t.name: unknown placeholder {{uid}} (did you mean \"uuid\"?)",
        ),
        (
            "name = 'x'\ndata = \'\'\'\n{\n \"a\": {{sequence}}}\'\'\'",
            "FILE:5:7: profile.a.templates.t.data: unknown placeholder {{sequence}} (did you mean \"seq\"?)",
        ),
        ("name = 'x{{now'", "FILE:2:10: profile.a.templates.t.name: {{ starts a placeholder, but }} is missing"),
        ("name = '{{prompt:}}'", "FILE:2:9: profile.a.templates.t.name: a prompt needs a label: {{prompt:Label}}"),
        (
            "name = 'x'\ndata = '{{{now}}'",
            "FILE:3:9: profile.a.templates.t.data: unknown placeholder {{{now}} (did you mean \"now\"?)",
        ),
        (
            "name = 'x'\ndata = '[{{seq}},]'",
            "FILE:3:8: profile.a.templates.t.data: not JSON once the placeholders are filled in: ",
        ),
        ("name = 1", "FILE:2:8: profile.a.templates.t.name: expected a string"),
    ] {
        let found = Home::with(&format!("[profile.a.templates.t]\n{template}\n")).error();
        assert!(found.starts_with(error), "{template}:\n{found}\n{error}");
    }
}

#[test]
fn alerts_are_read_with_their_limit_and_secrets_are_withheld_from_the_command() {
    let home = Home::with(
        r#"
        default_profile = "a"
        [profile.a.alerts]
        bell = ["missed_disconnected", "rejected"]
        command = ["~/bin/notify", "aircheck"]
        kinds = ["rejected", "clock_skew"]
        at_most = "3 / 1min"
        [profile.a.signing.verification_keys]
        old = { env = "OLD_KEY" }
        "#,
    )
    .set("OLD_KEY", "secret");
    let alerts = home.load().unwrap().alerts;
    assert_eq!(alerts.bell, [AlertKind::Finding(FindingKind::MissedDisconnected), AlertKind::Rejected]);
    assert_eq!(alerts.kinds, [AlertKind::Rejected, AlertKind::Finding(FindingKind::ClockSkew)]);
    assert_eq!(alerts.command, [home.directory.path().join("bin/notify").into_os_string(), "aircheck".into()]);
    assert_eq!(alerts.at_most, AtMost { count: 3, micros: 60_000_000 });
    for secret in ["OLD_KEY", "AIRCHECK_SIGNING_KEY", "AIRCHECK_URL"] {
        assert!(alerts.withheld.iter().any(|name| name == secret), "{secret}");
    }
    let default = Home::with("default_profile = 'a'\n[profile.a.alerts]\ncommand = ['x']").load().unwrap().alerts;
    assert_eq!(default.kinds.len(), FindingKind::ALL.len() + 1);
    assert_eq!(default.at_most, AtMost { count: 1, micros: 10_000_000 });
    assert!(!Home::empty().load().unwrap().alerts.is_wanted());
}

#[test]
fn errors_in_alerts_name_the_place() {
    let cases = [
        ("bel = []", "FILE:3:1: unknown key \"bel\" in [profile.a.alerts] (did you mean \"bell\"?)"),
        ("bell = ['reject']", "FILE:3:9: profile.a.alerts.bell: unknown kind (did you mean \"rejected\"?)"),
        ("command = []", "FILE:3:11: profile.a.alerts.command: expected a program and its arguments"),
        ("command = ['']", "FILE:3:11: profile.a.alerts.command: expected a program and its arguments"),
        (
            "kinds = ['rejected']",
            "FILE:3:9: profile.a.alerts.kinds: kinds selects what runs the command, but there is no",
        ),
        ("command = ['x']\nkinds = ['x']", "FILE:4:10: profile.a.alerts.kinds: unknown kind"),
        ("at_most = '10s'", "FILE:3:11: profile.a.alerts.at_most: expected N/DURATION, from 1 to 1000 alerts"),
        ("at_most = '0/10s'", "FILE:3:11: profile.a.alerts.at_most: expected"),
        ("at_most = '1/10ms'", "FILE:3:11: profile.a.alerts.at_most: expected"),
        ("at_most = 1", "FILE:3:11: profile.a.alerts.at_most: expected a string"),
    ];
    for (text, expected) in cases {
        let error = Home::with(&format!("default_profile = 'a'\n[profile.a.alerts]\n{text}")).error();
        assert!(error.starts_with(expected), "{text}: {error}");
    }
}

#[test]
fn expectations_are_read_with_their_default_grace_time() {
    let home = Home::with(
        r#"
        default_profile = "a"
        [profile.a.expect.heartbeat]
        channel = "ops"
        name = "cron-*"
        at_least = "1/5m"
        at_most = "500/s"
        grace = "90s"
        [profile.a.expect.orders]
        channel = ["billing:*", "ops"]
        at_least = "2 / 1h 30m"
        "#,
    );
    let expectations = home.load().unwrap().expectations;
    let [heartbeat, orders] = &expectations[..] else { panic!("{expectations:?}") };
    assert_eq!((&*heartbeat.title, &*orders.title), ("heartbeat", "orders"));
    assert_eq!(
        (heartbeat.at_least_words(), heartbeat.at_most_words()),
        ("at least 1/5m".into(), "at most 500/s".into())
    );
    assert_eq!((heartbeat.grace, orders.grace), (90_000_000, 540_000_000), "a tenth of the period");
    assert_eq!(orders.at_least_words(), "at least 2/90m");
    let applies = |name: &[u8]| [heartbeat.applies_to(name), orders.applies_to(name)];
    assert_eq!([applies(b"ops"), applies(b"billing:eu"), applies(b"x")], [[true; 2], [false, true], [false; 2]]);
    assert_eq!([heartbeat.counts(b"cron-daily"), heartbeat.counts(b"evt")], [true, false]);
}

#[test]
fn errors_in_expectations_name_the_place() {
    let cases = [
        ("chanels = 'ops'", "FILE:3:1: unknown key \"chanels\" in [profile.a.expect.b] (did you mean \"channel\"?)"),
        (
            "at_least = '1/m'",
            "FILE:2:19: profile.a.expect.b: an expectation needs a channel or pattern: channel = \"…\"",
        ),
        ("channel = []", "FILE:2:19: profile.a.expect.b: an expectation needs a channel"),
        ("channel = ''", "FILE:2:19: profile.a.expect.b: an expectation needs a channel"),
        ("channel = 'ops'", "FILE:2:19: profile.a.expect.b: an expectation needs a rate: at_least = \"1/5m\", or"),
        ("channel = 1", "FILE:3:11: profile.a.expect.b.channel: expected a channel or an array of channels"),
        ("at_least = '1'", "FILE:3:12: profile.a.expect.b.at_least: expected N/DURATION in whole seconds"),
        ("at_least = '0/s'", "FILE:3:12: profile.a.expect.b.at_least: expected N/DURATION"),
        ("at_least = '1/100ms'", "FILE:3:12: profile.a.expect.b.at_least: expected N/DURATION"),
        ("at_most = '1/2years'", "FILE:3:11: profile.a.expect.b.at_most: expected N/DURATION"),
        (
            "channel = 'x'\nat_most = '1/s'\ngrace = '2years'",
            "FILE:2:19: profile.a.expect.b: grace must be at most a year",
        ),
    ];
    for (text, expected) in cases {
        let error = Home::with(&format!("default_profile = 'a'\n[profile.a.expect.b]\n{text}")).error();
        assert!(error.starts_with(expected), "{text}: {error}");
    }
}

#[test]
fn the_variables_with_secrets_are_known_by_name() {
    let home = Home::with(
        "default_profile = 'a'\n[profile.a.signing]\nkey = { env = 'ONE' }\n[profile.b.signing.verification_keys]\nx = { env = 'TWO' }\n\
         [store.main]\npassword = { env = 'THREE' }",
    )
    .set("ONE", "s3cret");
    let profile = home.load().unwrap();
    let expected = ["ONE", "TWO", "THREE", "AIRCHECK_SIGNING_KEY", "AIRCHECK_URL", "PGPASSWORD"];
    assert_eq!(profile.secret_variables, expected);
}

#[test]
fn filters_are_kept_by_their_names() {
    let text = "default_profile = \"a\"\n[profile.a.filters]\nwrong = \"verdict:rejected\"\n\"my own\" = 'name:x | .a'\n[profile.b]\n";
    let filters = Home::with(text).load().unwrap().filters;
    let expected = [("my own", "name:x | .a"), ("wrong", "verdict:rejected")];
    assert_eq!(filters, expected.map(|(name, text)| (name.to_owned(), text.to_owned())));
    assert!(Home::with(text).profile("b").unwrap().filters.is_empty());
}

#[test]
fn the_login_and_tls_of_a_profile_are_for_its_server_only() {
    let home = Home::with(
        "default_profile = \"p\"\n[profile.p]\nurl = \"rediss+sentinel://a,b/set\"\nuser = \"watcher\"\n\
         password = { env = \"REDIS_PASS\" }\nsentinel_user = \"guest\"\nsentinel_password = { file = \"sentinel\" }\n\
         [profile.p.tls]\nserver_name = \"redis.internal\"\n",
    )
    .set("REDIS_PASS", "hunter2");
    home.write(".config/aircheck/sentinel", b"s3cret\n", 0o600);
    let profile = home.load().unwrap();
    assert_eq!(profile.target.user.as_deref(), Some("watcher"));
    assert_eq!(profile.target.password.as_ref().unwrap().expose(), b"hunter2");
    let Address::Sentinel(sentinels) = &profile.target.address else { panic!("{:?}", profile.target) };
    assert_eq!(sentinels.user.as_deref(), Some("guest"));
    assert_eq!(sentinels.password.as_ref().unwrap().expose(), b"s3cret");
    let debug = format!("{profile:?}");
    assert!(debug.contains("redis.internal") && !debug.contains("hunter2") && !debug.contains("s3cret"), "{debug}");
    // No program that is started gets to see it.
    assert!(profile.secret_variables.iter().any(|name| name == "REDIS_PASS"), "{:?}", profile.secret_variables);

    let elsewhere = Overrides { url: Some("rediss://elsewhere".to_owned()), ..Overrides::default() };
    let target = load_from(&elsewhere, &home.environment).unwrap().target;
    assert!(target.user.is_none() && target.password.is_none(), "{target:?}");
    assert!(!format!("{target:?}").contains("redis.internal"), "{target:?}");
    let target = home.set("AIRCHECK_URL", "redis://elsewhere").load().unwrap().target;
    assert!(target.password.is_none() && target.tls.is_none(), "{target:?}");
}

#[test]
fn the_settings_of_the_console_need_no_profile_and_no_server() {
    let home = Home::with(
        "mouse = false\ndefault_profile = \"p\"\n[profile.p]\nurl = \"redis://nowhere\"\nsigning = { key = { env = \"UNSET\" } }\n[keys]\nquit = \"Q\"\n",
    );
    assert!(home.load().is_err(), "the profile's key is not set");
    let settings = load_console_from(&Overrides::default(), &home.environment).unwrap();
    assert_eq!(settings.keymap.key_of(Action::Quit).unwrap().label(), "Q");
    assert!(!settings.mouse);
    let settings = load_console_from(&Overrides::default(), &Home::empty().environment).unwrap();
    assert_eq!((settings.keymap, settings.mouse), (Keymap::default(), true));
    let wrong = Home::with("[keys]\nnone = \"Q\"\n");
    assert!(load_console_from(&Overrides::default(), &wrong.environment).is_err());
}

fn keymap(keys: &str) -> Keymap {
    Home::with(keys).load().unwrap().keymap
}

#[test]
fn keys_of_the_configuration_replace_the_defaults() {
    let keymap = keymap("[keys]\n\"toggle-zone\" = 'Z'\n\"next-finding\" = ['ctrl-j', 'f5', ']']\nquit = []\n");
    let messages = contexts_of(Pane::Messages, false);
    let action = |key: &str| keymap.lookup(&messages, &Key::parse(key).unwrap().event());
    assert_eq!(action("Z"), Some(Action::ToggleZone));
    assert_eq!(action("f5"), Some(Action::NextFinding));
    assert_eq!(action("]"), Some(Action::NextFinding));
    assert_eq!((action("q"), action("ctrl-n")), (None, None));
    assert_eq!(keymap.key_of(Action::NextFinding).unwrap().label(), "Ctrl-J");
}

#[test]
fn mistakes_in_the_keys_are_reported_with_their_place() {
    for (config, error) in [
        (
            "[keys]\n\"next-findin\" = 'x'",
            "FILE:2:1: keys.next-findin: unknown action (did you mean \"next-finding\"?)",
        ),
        ("[keys]\nquit = 'ctrl-'", "FILE:2:8: keys.quit: unknown key; use"),
        ("[keys]\nquit = ['Q', 'f99']", "FILE:2:14: keys.quit: unknown key; use"),
        ("[keys]\nquit = 'ctrl-Q'", "FILE:2:8: keys.quit: write \"ctrl-q\": Ctrl and Alt have no upper case"),
        ("[keys]\nquit = 'ctrl-i'", "FILE:2:8: keys.quit: terminals cannot tell this key from \"tab\""),
        ("[keys]\nquit = 7", "FILE:2:8: keys.quit: expected a key or an array of keys"),
        (
            "[keys]\nquit = 'Q'\n\"next-finding\" = ['n', 'ctrl-n']",
            "FILE:3:1: keys.next-finding: \"n\" is also a key of next-hit (In every pane but Compose); give next-hit another key, or []",
        ),
        (
            "[keys]\nundo = 'ctrl-a'",
            "FILE:2:1: keys.undo: \"ctrl-a\" is also a key of text-start (Editing text); give text-start another key, or []",
        ),
        ("mouse = 'no'", "FILE:1:9: mouse: expected true or false"),
    ] {
        let found = Home::with(config).error();
        assert!(found.contains(error), "{config}\n{found}\n{error}");
    }
}

/// A key may act in one pane and not in another.
#[test]
fn one_key_can_have_different_actions_in_different_contexts() {
    let keymap = keymap("[keys]\nshow-names = 'm'\nbookmark = 'm'\n\"next-finding\" = 'n'\n\"next-hit\" = 'alt-n'\n");
    let acts = |pane| keymap.lookup(&contexts_of(pane, false), &Key::char('m').event());
    assert_eq!((acts(Pane::Channels), acts(Pane::Messages)), (Some(Action::ShowNames), Some(Action::Bookmark)));
}

#[test]
fn the_defaults_as_a_configuration_change_nothing() {
    let lines = actions().into_iter().map(|(action, keys, _)| {
        let keys: Vec<_> = keys.iter().map(Key::name).collect();
        format!("{} = {keys:?}\n", action.name())
    });
    let keymap = keymap(&format!("[keys]\n{}", lines.collect::<String>()));
    for place in places() {
        // `?` shows the help in the panes, and F1 in Compose, which has one field without text.
        let keys = TABLE.iter().flat_map(|binding| binding.keys).filter(|key| **key != Key::char('?'));
        for key in keys {
            let expected = Keymap::default().lookup(&place, &key.event());
            assert_eq!(keymap.lookup(&place, &key.event()), expected, "{} in {place:?}", key.name());
        }
    }
}

#[test]
fn the_mouse_can_be_left_to_the_terminal() {
    assert!(!Home::with("mouse = false").load().unwrap().mouse);
    assert!(Home::with("").load().unwrap().mouse);
}

#[test]
fn the_commented_example_is_a_valid_configuration_with_every_key() {
    let text = include_str!("../../assets/config.toml");
    assert!(text.lines().all(|line| line.is_empty() || line.starts_with('#')), "a key is not commented out");
    assert_eq!(Home::with(text).load().unwrap().name, "");
    // A comment starts with "# ", and a key with "#".
    let is_key = |line: &&str| line.starts_with('#') && *line != "#" && !line.starts_with("# ");
    let keys: Vec<&str> = text.lines().filter(is_key).map(|line| &line[1..]).collect();
    let home = Home::with(&keys.join("\n")).set("BROADCAST_KEY", "x").set("REDIS_PASSWORD", "x");
    home.write(".config/aircheck/keys/old", b"x", 0o600);
    let home = home.set("SENTINEL_PASSWORD", "x");
    let report = check(&home.config(), &home.environment).unwrap();
    assert_eq!(report.profiles, ["local", "production"]);
    assert_eq!(report.errors, []);
    assert!(report.warnings[0].to_string().contains("profile.production.tls.ca: cannot read"), "{report:?}");
    let profile = home.load().unwrap();
    assert_eq!((profile.name.as_str(), profile.templates.len(), profile.filters.len()), ("local", 1, 1));
    for unknown in [
        "[profile.local]\nzzz = 1",
        "zzz = 1",
        "[profile.local.signing]\nzzz = 1",
        "[profile.production.tls]\nzzz = 1",
        "[profile.local.expect.a]\nzzz = 1",
    ] {
        let error = Home::with(unknown).error();
        let listed = error.split("expected one of: ").nth(1).unwrap_or_else(|| panic!("{error}")).trim_end_matches(')');
        for key in listed.split(", ") {
            let is_listed = |line: &&str| {
                line.starts_with(&format!("{key} = "))
                    || line.contains(&format!("{key}]"))
                    || line.contains(&format!(".{key}."))
                    || line.contains(&format!("[{key}."))
            };
            assert!(keys.iter().any(is_listed), "{key} is missing");
        }
    }
}

#[test]
fn a_check_reports_the_mistakes_of_all_profiles_and_no_values() {
    let home = Home::with(
        "[profile.a]\nurl = \"http://:hunter2@h\"\n[profile.b]\nurl = \"redis://u@h\"\nuser = \"hunter2\"\n\
         [profile.c]\nsentinel_user = \"hunter2\"\n[profile.d.tls]\nca = \"hunter2\"\n\
         [profile.e.signing]\nkey = { value = \"hunter2\" }\n[profile.e]\npassword = { env = \"UNSET\" }\n\
         [profile.f.signing]\nkey = { file = \"open.key\" }\nverification_keys.run = { command = [\"touch\", \"ran\"] }\n",
    );
    home.write(".config/aircheck/open.key", b"hunter2", 0o644);
    let file = home.write(".config/aircheck/config.toml", &fs::read(home.config()).unwrap(), 0o644);
    let report = check(&file, &home.environment).unwrap();
    let texts = |errors: &[ConfigError]| {
        let directory = file.parent().unwrap().display().to_string();
        errors.iter().map(|error| error.to_string().replace(&directory, "DIR")).collect::<Vec<_>>()
    };
    let errors = texts(&report.errors);
    assert_eq!(errors.len(), 4, "{errors:?}");
    assert!(errors[0].starts_with("DIR/config.toml:2:7: profile.a.url: not a Redis URL"), "{errors:?}");
    assert!(errors[1].starts_with("DIR/config.toml:5:8: profile.b.user: the URL contains a user too"), "{errors:?}");
    assert!(
        errors[2].starts_with("DIR/config.toml:7:17: profile.c.sentinel_user: requires a redis+sentinel"),
        "{errors:?}"
    );
    assert!(errors[3].starts_with("DIR/config.toml:9:6: profile.d.tls.ca: requires TLS"), "{errors:?}");
    let warnings = texts(&report.warnings);
    let expected = [
        "DIR/config.toml: DIR/config.toml contains a secret, but others can access it (mode 0644); run: chmod 600 'DIR/config.toml'",
        "DIR/config.toml:13:12: profile.e.password: environment variable UNSET is not set",
        "DIR/config.toml:15:7: profile.f.signing.key: DIR/open.key contains a secret, but others can access it (mode 0644); run: chmod 600 'DIR/open.key'",
    ];
    assert_eq!(warnings, expected);
    assert!(!format!("{errors:?}{warnings:?}").contains("hunter2"));
    assert!(!home.directory.path().join(".config/aircheck/ran").exists(), "a command was run");
    // A mistake that ends the check has its place and a suggestion too.
    let broken = Home::with("[profile.a]\nulr = \"hunter2\"");
    let error = check(&broken.config(), &broken.environment).unwrap_err().to_string();
    assert!(error.ends_with("config.toml:2:1: unknown key \"ulr\" in [profile.a] (did you mean \"url\"?)"), "{error}");
}
