//! `demo`: shows example traffic in the console.

use std::io;
use std::sync::Arc;
use std::sync::mpsc;
use std::thread;

use tokio::sync::oneshot;

use super::cli::{DemoArgs, GlobalArgs};
use super::watch::Session;
use super::{ExitStatus, Failure, profile, watch};
use crate::config::{self, ConsoleSettings, Profile};
use crate::demo::traffic::{self, Script};
use crate::demo::{CHANNELS, Demo, demo_keyring_settings};
use crate::failure::{runtime, to_stderr};
use crate::live::stop::Signals;
use crate::redis::target::Target;
use crate::wire::escape::escape;
use crate::wire::signature::Keyring;

/// Broadcasts per second of the traffic at rate 1.
const BROADCASTS_PER_SECOND: f64 = 20.0;
/// The package's default prefix of counter keys.
const SEQUENCE_PREFIX: &str = "system_broadcast_sequence_";

/// Runs until the user quits. The traffic goes to a small server inside the program, or to the server of `--url`. It never goes
/// to a server that only the environment or the configuration names. The console's keys and mouse are those of the configuration.
///
/// # Errors
/// Fails if the server cannot be reached or used, or if there is no terminal.
pub(super) fn run(args: &DemoArgs, global: &GlobalArgs) -> Result<ExitStatus, Failure> {
    let external = global.url.as_ref().map(|_| external(profile(global)?)).transpose()?;
    let server = external.as_ref().map(|profile| (profile.target.clone(), profile.sequence_prefix.clone()));
    let traffic = DemoTraffic::start(server, args.rate / BROADCASTS_PER_SECOND)?;
    let profile = match external {
        Some(profile) => profile,
        None => embedded(traffic.target.clone(), config::load_console(&global.overrides())?),
    };
    let runtime = runtime()?;
    if args.serve {
        let (server, channels) = (escape(profile.target.server_key().as_bytes()), CHANNELS.join(", "));
        println!("example traffic on {server}, channels {channels}; press Ctrl-C to stop");
        runtime.block_on(async { Signals::catch().next().await });
        return traffic.outcome();
    }
    let channels = CHANNELS.iter().map(|name| name.as_bytes().to_vec()).collect();
    let status = runtime.block_on(watch::console(Session::demo(profile, channels)))?;
    traffic.outcome().map(|_| status)
}

/// The profile of the embedded server.
fn embedded(target: Target, settings: ConsoleSettings) -> Profile {
    Profile {
        name: String::new(),
        profiles: Vec::new(),
        target,
        channels: Vec::new(),
        sequence_prefix: SEQUENCE_PREFIX.to_owned(),
        colour: Some("magenta".to_owned()),
        read_only: false,
        confirm: false,
        expectations: Vec::new(),
        alerts: crate::ledger::alert::Alerts::default(),
        filters: Vec::new(),
        keyring: Arc::new(Keyring::new(demo_keyring_settings())),
        templates: Vec::new(),
        keymap: settings.keymap,
        mouse: settings.mouse,
        secret_variables: Vec::new(),
        warnings: Vec::new(),
    }
}

/// The profile of the server of `--url`, with the key of the example traffic.
fn external(profile: Profile) -> Result<Profile, Failure> {
    if profile.read_only {
        return Err(Failure::failed(
            "cannot publish example traffic: the profile is read_only; choose another one with --profile",
        ));
    }
    Ok(Profile { keyring: Arc::new(Keyring::new(demo_keyring_settings())), ..profile })
}

/// The traffic. It has its own thread, so that a slow terminal does not slow it.
struct DemoTraffic {
    target: Target,
    stop: oneshot::Sender<()>,
    thread: thread::JoinHandle<Result<(), String>>,
}

impl DemoTraffic {
    /// Starts the traffic on a server with its sequence prefix, or on an embedded server.
    fn start(server: Option<(Target, String)>, rate: f64) -> Result<Self, Failure> {
        let (stop, stopped) = oneshot::channel();
        let (started, start) = mpsc::channel();
        let runtime = runtime()?;
        let thread = thread::spawn(move || {
            runtime.block_on(async {
                let seed = fastrand::u64(..);
                let traffic = async {
                    let Some((target, prefix)) = server else {
                        let demo = match Demo::start(SEQUENCE_PREFIX.to_owned(), seed, rate).await {
                            Ok(demo) => demo,
                            Err(error) => {
                                let _ = started.send(Err(error));
                                return Ok(());
                            }
                        };
                        let _ = started.send(Ok(demo.target.clone()));
                        return std::future::pending().await;
                    };
                    let _ = started.send(Ok(target.clone()));
                    traffic::run_traffic(target, prefix, Script::shared_server(), seed, rate).await
                };
                tokio::select! {
                    ended = traffic => ended.map_err(|error| error.to_string()),
                    _ = stopped => Ok(()),
                }
            })
        });
        let target =
            start.recv().unwrap_or_else(|_| Err(io::Error::other("the thread of the example traffic panicked")));
        match target {
            Ok(target) => Ok(Self { target, stop, thread }),
            Err(error) => Err(Failure::cannot_start("the example server", &error)),
        }
    }

    /// Stops the traffic. Fails if it had already ended with an error.
    fn outcome(self) -> Result<ExitStatus, Failure> {
        let _ = self.stop.send(());
        match self.thread.join() {
            Ok(Ok(())) => Ok(ExitStatus::Success),
            Ok(Err(reason)) => Err(Failure::unreachable(format!("the example traffic ended: {reason}"))),
            Err(_) => {
                to_stderr(
                    "aircheck: the example traffic ended unexpectedly; this is a defect of aircheck, please report it",
                );
                Ok(ExitStatus::Success)
            }
        }
    }
}
