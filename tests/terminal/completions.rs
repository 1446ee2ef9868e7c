//! Completion in real shells. The candidates come from local files only.

use std::fs;
use std::net::TcpListener;
use std::path::Path;

use aircheck::ledger::sequence::Channel;
use aircheck::recording::counters::{Counters, KnownCounter};
use portable_pty::CommandBuilder;
use tempfile::TempDir;

use super::pty::Pty;

const CONFIG: &str = r#"
default_profile = "production"
[profile.production]
url = "redis://127.0.0.1:PORT"
channels = ["billing:eu:orders", "ops"]
password = { command = ["touch", "command-was-run"] }
[profile.staging]
channels = ["shop"]
"#;

/// What is typed before Tab, and the arguments after it.
const CASES: [(&str, &str); 10] = [
    ("explain dupl", "[explain][duplicate]"),
    ("explain signature_m", "[explain][signature_mismatch]"),
    ("--profile prod", "[--profile][production]"),
    ("tail billing:e", "[tail][billing:eu:orders]"),
    ("tail --profile staging sho", "[tail][--profile][staging][shop]"),
    ("check saved-", "[check][saved-channel]"),
    ("check host", "[check][hostile $(touch command-was-run) `x`]"),
    ("check evil", "[check][evil]"),
    ("tail --filter rejection:unkn", "[tail][--filter][rejection:unknown_key]"),
    ("show reco", "[show][recorded messages.db]"),
];

/// Words in quotes.
const BASH_CASES: [(&str, &str); 3] = [
    ("tail 'billing:e", "[tail][billing:eu:orders]"),
    ("show \"reco", "[show][recorded messages.db]"),
    ("check 'hostile\t'", "[check][hostile]"),
];

/// The directory where the shell starts.
fn directory(port: u16) -> TempDir {
    let directory = tempfile::tempdir().unwrap();
    let path = |name: &str| directory.path().join(name);
    fs::write(path("config.toml"), CONFIG.replace("PORT", &port.to_string())).unwrap();
    fs::write(path("recorded messages.db"), "").unwrap();
    let channels = [&b"saved-channel"[..], b"hostile $(touch command-was-run) `x`", b"evil\x1b]0;owned\x07\nevil"];
    let counters =
        channels.map(|name| KnownCounter { channel: Channel::new(name), counter: 1, at: 1, server: None, lost: None });
    Counters::open(&path("counters.db")).unwrap().save("server", &counters).unwrap();
    directory
}

/// Types each case into a shell, and those that only this shell completes. `register` loads the script.
fn complete(shell: &[&str], register: &str, own: &[(&str, &str)]) {
    let server = TcpListener::bind("127.0.0.1:0").unwrap();
    server.set_nonblocking(true).unwrap();
    let directory = directory(server.local_addr().unwrap().port());
    let programs = Path::new(env!("CARGO_BIN_EXE_aircheck")).parent().unwrap().display().to_string();
    let mut command = CommandBuilder::new(shell[0]);
    command.args(&shell[1..]);
    command.cwd(directory.path());
    command.env("PATH", format!("{programs}:{}", std::env::var("PATH").unwrap()));
    command.env("HOME", directory.path());
    command.env("INPUTRC", "/dev/null");
    command.env("LC_ALL", "C.UTF-8");
    for (variable, file) in [("AIRCHECK_CONFIG", "config.toml"), ("AIRCHECK_STATE", "counters.db")] {
        command.env(variable, directory.path().join(file));
    }
    let mut terminal = Pty::start(command, (200, 60));
    terminal.type_keys(&format!("{register}; echo regis''tered\r"));
    terminal.wait_for("registered");
    for (typed, expected) in CASES.iter().chain(own) {
        // After Tab, the line becomes an argument list of printf, which shows what the shell would pass.
        terminal.type_keys(&format!("aircheck {typed}\t\x01printf '[%s]' \r"));
        terminal.wait_for(&format!("[aircheck]{expected}"));
    }
    assert!(server.accept().is_err(), "the completion connected to the server");
    assert!(!directory.path().join("command-was-run").exists());
}

#[test]
fn bash_completes_names_from_local_files() {
    complete(&["bash", "--norc", "--noprofile", "-i"], "source <(aircheck completions bash)", &BASH_CASES);
}

#[test]
fn zsh_completes_names_from_local_files() {
    complete(&["zsh", "-f", "-i"], "autoload -U compinit; compinit -D -u; source <(aircheck completions zsh)", &[]);
}

#[test]
fn zsh_completes_after_the_script_is_loaded_on_demand() {
    let load =
        "mkdir f; aircheck completions zsh >f/_aircheck; fpath=($PWD/f $fpath); autoload -U compinit; compinit -D -u";
    complete(&["zsh", "-f", "-i"], load, &[]);
}

#[test]
fn fish_completes_names_from_local_files() {
    complete(&["fish", "--no-config"], "aircheck completions fish | source", &[]);
}
