//! `demo`: the console on lively example traffic.

use std::io;
use std::sync::Arc;
use std::sync::mpsc;
use std::thread;

use tokio::sync::oneshot;

use super::cli::{DemoArgs, GlobalArgs};
use super::{Failure, Status, profile, runtime, to_stderr, watch};
use crate::config::Profile;
use crate::demo::traffic::{self, Script};
use crate::demo::{CHANNELS, Demo, demo_keyring_settings};
use crate::live::signals::Signals;
use crate::redis::target::Target;
use crate::wire::escape::escape;
use crate::wire::signature::Keyring;

/// Broadcasts a second of the traffic at rate 1.
const BROADCASTS: f64 = 20.0;
/// What the package puts before a channel's name in its counter's key.
const PREFIX: &str = "system_broadcast_sequence_";

/// Runs until the user leaves. The traffic goes to a small server inside the program, or to the server of `--url`; never
/// to one that only the environment or the configuration names.
///
/// # Errors
/// Where the server cannot be reached or used, or there is no terminal.
pub fn run(args: &DemoArgs, global: &GlobalArgs) -> Result<Status, Failure> {
    let given = global.url.as_ref().map(|_| given(profile(global)?)).transpose()?;
    let server = given.as_ref().map(|profile| (profile.target.clone(), profile.sequence_prefix.clone()));
    let traffic = Traffic::start(server, args.rate / BROADCASTS)?;
    let profile = given.unwrap_or_else(|| embedded(traffic.target.clone()));
    let runtime = runtime()?;
    if args.serve {
        let (server, channels) = (escape(profile.target.server_key().as_bytes()), CHANNELS.join(", "));
        println!("example traffic on {server}, channels {channels}; Ctrl-C ends it");
        runtime.block_on(async { Signals::catch().next().await });
        return traffic.outcome();
    }
    let channels = CHANNELS.iter().map(|name| name.as_bytes().to_vec()).collect();
    let status = runtime.block_on(watch::console(&profile, channels, true, None))?;
    traffic.outcome().map(|_| status)
}

/// The profile of the embedded server.
fn embedded(target: Target) -> Profile {
    Profile {
        name: String::new(),
        target,
        channels: Vec::new(),
        sequence_prefix: PREFIX.to_owned(),
        colour: Some("magenta".to_owned()),
        read_only: false,
        confirm: false,
        alerts: crate::ledger::alert::Alerts::default(),
        filters: Vec::new(),
        keyring: Arc::new(Keyring::new(demo_keyring_settings())),
        templates: Vec::new(),
        secret_variables: Vec::new(),
        warnings: Vec::new(),
    }
}

/// The profile of a real server, with the example's key.
fn given(profile: Profile) -> Result<Profile, Failure> {
    if profile.read_only {
        return Err(Failure::failed(
            "the profile is read_only, and the example traffic publishes: use another --profile",
        ));
    }
    Ok(Profile { keyring: Arc::new(Keyring::new(demo_keyring_settings())), ..profile })
}

/// The traffic, on a thread of its own so that a slow terminal does not slow it.
struct Traffic {
    target: Target,
    stop: oneshot::Sender<()>,
    thread: thread::JoinHandle<Result<(), String>>,
}

impl Traffic {
    /// Begins on the given server with its sequence prefix, or on an embedded one.
    fn start(server: Option<(Target, String)>, rate: f64) -> Result<Self, Failure> {
        let (stop, stopped) = oneshot::channel();
        let (started, start) = mpsc::channel();
        let runtime = runtime()?;
        let thread = thread::spawn(move || {
            runtime.block_on(async {
                let seed = fastrand::u64(..);
                let traffic = async {
                    let Some((target, prefix)) = server else {
                        let demo = match Demo::start(PREFIX.to_owned(), seed, rate).await {
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
        let target = start.recv().unwrap_or_else(|_| Err(io::Error::other("the traffic ended before it began")));
        match target {
            Ok(target) => Ok(Self { target, stop, thread }),
            Err(error) => {
                Err(Failure::failed(format!("no port for the example: {}", escape(error.to_string().as_bytes()))))
            }
        }
    }

    /// Ends the traffic; says where it had ended before by itself.
    fn outcome(self) -> Result<Status, Failure> {
        let _ = self.stop.send(());
        match self.thread.join() {
            Ok(Ok(())) => Ok(Status::Success),
            Ok(Err(why)) => Err(Failure::unreachable(format!("the example traffic ended: {why}"))),
            Err(_) => {
                to_stderr("aircheck: the example traffic ended by a defect, please report it");
                Ok(Status::Success)
            }
        }
    }
}
