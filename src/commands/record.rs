//! `record`: a recorder without a screen, for weeks of running.
//!
//! | file | holds |
//! |---|---|
//! | `intake` | from the subscription to the writer |
//! | `traffic` | what came, counted |
//! | `metrics` | the same for Prometheus, and `/healthz` |
//! | `report` | what is said on standard error |
//! | `service` | what systemd is told |

mod intake;
mod metrics;
mod report;
mod service;
mod traffic;

use std::collections::HashSet;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::mpsc::UnboundedReceiver;
use tokio::time::{Instant, MissedTickBehavior, interval};

use self::intake::FromSubscription;
use self::report::Report;
use self::service::Watchdog;
use self::traffic::Counted;
use super::cli::{GlobalArgs, RecordArgs};
use super::live::{self, CounterFile};
use super::{Failure, Status, runtime, to_stderr};
use crate::config::{self, Profile};
use crate::ledger::interval::Link;
use crate::record::counters::KnownCounter;
use crate::record::status::Status as Recording;
use crate::record::writer::{self, Origin, Prepared, Recorder, RecorderSettings, Retention};
use crate::redis::queue::queue;
use crate::redis::subscription::{Subscription, now_micros};
use crate::redis::target::Target;
use crate::wire::escape::escape;

/// What may wait between the subscription and the writer, in bytes.
pub(super) const HAND_OVER: usize = 256 << 20;
/// What may wait while the file cannot be written, in bytes.
pub(super) const BACKLOG: usize = 64 << 20;
/// The report and the watchdog are looked after this often.
const TICK: Duration = Duration::from_secs(1);

/// Records until a signal ends it.
///
/// # Errors
/// Where no channel is named, the file cannot be recorded to, or the address of the metrics not be used.
pub fn run(args: &RecordArgs, global: &GlobalArgs, profile: &Profile) -> Result<Status, Failure> {
    let names = live::names(&args.channels, profile);
    if names.is_empty() {
        let example = "name one, e.g. `aircheck record ops -o ops.db`, or list them in the profile";
        return Err(Failure::usage(format!("no channel to record: {example}")));
    }
    let prepared = writer::prepare(RecorderSettings {
        path: args.output.clone(),
        origin: origin(profile),
        retention: retention(args)?,
        backlog: BACKLOG,
    })?;
    runtime()?.block_on(record(args, global, profile, names, prepared))
}

/// Who records what, as it is written into the file.
pub(super) fn origin(profile: &Profile) -> Origin {
    Origin {
        host: rustix::system::uname().nodename().to_string_lossy().into_owned(),
        version: env!("CARGO_PKG_VERSION").to_owned(),
        target: profile.target.to_string(),
        profile: profile.name.clone(),
        source: profile.state_key(),
    }
}

fn retention(args: &RecordArgs) -> Result<Retention, Failure> {
    if let Some(size) = args.max_size.filter(|size| size.0 < Retention::SMALLEST) {
        let smallest = bytesize::ByteSize(Retention::SMALLEST);
        return Err(Failure::usage(format!("--max-size: {size} is too little for a recording; at least {smallest}")));
    }
    Ok(Retention {
        max_age: args.keep.map(|age| i64::try_from(age.as_micros()).unwrap_or(i64::MAX)),
        max_bytes: args.max_size.map(|size| size.0),
    })
}

/// What the recording knows of the counters, and beyond that what earlier runs know: only the recording knows what is in it.
fn known(prepared: &Prepared, kept: Vec<KnownCounter>) -> Vec<KnownCounter> {
    let mut known = prepared.known().to_vec();
    let recorded: HashSet<_> = known.iter().map(|known| known.channel.clone()).collect();
    known.extend(kept.into_iter().filter(|kept| !recorded.contains(&kept.channel)));
    known
}

async fn record(
    args: &RecordArgs,
    global: &GlobalArgs,
    profile: &Profile,
    names: Vec<Vec<u8>>,
    prepared: Prepared,
) -> Result<Status, Failure> {
    let signals = Signals::catch()?;
    let metrics = match args.metrics {
        Some(address) => Some(metrics::listen(address).await?),
        None => None,
    };
    let (counted, links) = Counted::new();
    let counted = Arc::new(counted);
    let (counters, kept) = CounterFile::open(profile, live::warn).unwrap_or_else(|why| {
        to_stderr(&format!("Warning: counters are not kept: {why}"));
        Default::default()
    });
    let known = known(&prepared, kept);
    let mut report = Report::new(args.verbose, Arc::clone(&counted));
    report.started(&prepared, &profile.target);
    let (sender, receiver) = queue(HAND_OVER);
    let counters = Arc::new(Mutex::new(counters));
    let recorder = {
        let counters = Arc::clone(&counters);
        let started = prepared.start(FromSubscription::new(receiver, Arc::clone(&counted))?, move |intervals| {
            let mut counters = counters.lock().unwrap_or_else(PoisonError::into_inner);
            for interval in intervals {
                counters.note(interval, interval.entries().len(), now_micros());
            }
        });
        started.map_err(|error| Failure::failed(format!("cannot start: {error}")))?
    };
    if let Some(metrics) = metrics {
        report.metrics(metrics.address);
        metrics.answer(counted, recorder.status().clone());
    }
    let subscription = live::subscribe(profile, names.clone(), &known, vec![sender])?;
    let mut running = Running {
        args,
        global,
        target: &profile.target,
        recorder: &recorder,
        subscription: &subscription,
        names,
        links,
    };
    let ended = running.until_signal(signals, &mut report).await;
    let mut links = running.links;
    drop(subscription);
    let last = recorder.close();
    let counters = std::mem::take(&mut *counters.lock().unwrap_or_else(PoisonError::into_inner));
    counters.close(now_micros());
    while let Ok(link) = links.try_recv() {
        report.link(&link);
    }
    report.ended(&last);
    ended?;
    whole(&last)
}

/// What was still to be written at the end, and could not be.
fn whole(last: &Recording) -> Result<Status, Failure> {
    match last.trouble() {
        None => Ok(Status::Success),
        Some((_, reason)) => Err(Failure::failed(format!(
            "{} messages were received and not recorded: {reason}; the next recording to this file states them as missed",
            last.not_recorded
        ))),
    }
}

struct Running<'a> {
    args: &'a RecordArgs,
    global: &'a GlobalArgs,
    target: &'a Target,
    recorder: &'a Recorder,
    subscription: &'a Subscription,
    /// What is subscribed to.
    names: Vec<Vec<u8>>,
    links: UnboundedReceiver<Link>,
}

impl Running<'_> {
    async fn until_signal(&mut self, mut signals: Signals, report: &mut Report) -> Result<(), Failure> {
        let mut status = self.recorder.status().clone();
        let watchdog = Watchdog::asked_for();
        service::ready();
        let mut tick = interval(TICK);
        tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                order = signals.next() => match order {
                    Order::Reload => {
                        service::reloading();
                        report.reloaded(self.reload());
                        service::ready();
                    }
                    Order::End => {
                        tracing::info!("ended by a signal");
                        service::stopping();
                        return Ok(());
                    }
                },
                changed = status.changed() => {
                    if changed.is_err() {
                        return Err(live::ended());
                    }
                    report.status(&status.borrow_and_update());
                }
                Some(link) = self.links.recv() => report.link(&link),
                now = tick.tick() => {
                    let recording = status.borrow().clone();
                    watchdog.alive(&recording, now.into_std());
                    if let Some(line) = report.tick(&recording, Instant::now()) {
                        service::status(&line);
                    }
                }
            }
        }
    }

    /// Takes the keys and the channels of the profile as it is now; what needs another start is said.
    fn reload(&mut self) -> Result<String, String> {
        let profile = config::load(&self.global.overrides()).map_err(|error| error.to_string())?;
        if profile.target.server_key() != self.target.server_key() {
            return Err("the profile names another server now; restart to record from there".to_owned());
        }
        self.subscription.set_keyring(Arc::clone(&profile.keyring));
        if !self.args.channels.is_empty() {
            return Ok("keys taken anew; the channels are those of the command line".to_owned());
        }
        let names = live::names(&[], &profile);
        let gone: Vec<_> = self.names.iter().filter(|name| !names.contains(name)).cloned().collect();
        let new = names.iter().filter(|name| !self.names.contains(name)).count();
        let words = format!("keys taken anew; {new} channels or patterns are new, {} are gone", gone.len());
        self.subscription.unsubscribe(gone);
        self.subscription.subscribe(names.clone());
        self.names = names;
        Ok(words)
    }
}

/// What a signal asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Order {
    End,
    Reload,
}

/// The signals that concern a recorder.
struct Signals {
    interrupt: Signal,
    terminate: Signal,
    hang_up: Signal,
}

impl Signals {
    fn catch() -> Result<Self, Failure> {
        let catch = |kind| {
            signal(kind).map_err(|error| {
                Failure::failed(format!("cannot catch signals: {}", escape(error.to_string().as_bytes())))
            })
        };
        Ok(Self {
            interrupt: catch(SignalKind::interrupt())?,
            terminate: catch(SignalKind::terminate())?,
            hang_up: catch(SignalKind::hangup())?,
        })
    }

    async fn next(&mut self) -> Order {
        tokio::select! {
            _ = self.interrupt.recv() => Order::End,
            _ = self.terminate.recv() => Order::End,
            _ = self.hang_up.recv() => Order::Reload,
        }
    }
}
