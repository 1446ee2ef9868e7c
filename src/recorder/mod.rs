//! The application behind `record`: records without a screen, for weeks at a time.
//!
//! | module | content |
//! |---|---|
//! | `intake` | passes what the subscription received to the writer, and counts it |
//! | `report` | reports on standard error and to systemd |

mod intake;
mod report;

use std::collections::{HashMap, HashSet};
use std::future::ready;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use sd_notify::NotifyState;
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};
use tokio::sync::watch;
use tokio::time::{Instant, MissedTickBehavior, interval};

use self::intake::TrafficIntake;
use self::report::{Report, Watchdog, notify_reloading, notify_systemd};
use crate::alerts::Alerter;
use crate::config::{self, Overrides, Profile};
use crate::failure::{ExitStatus, Failure, runtime};
use crate::ledger::format::counted;
use crate::ledger::interval::Link;
use crate::live::counter_file::{CounterFile, Known};
use crate::live::stop::{Signal, Signals};
use crate::live::{channels, subscribe, subscription_ended};
use crate::metrics::traffic::TrafficCounter;
use crate::metrics::{self, MetricsSource};
use crate::recording::counters::KnownCounter;
use crate::recording::writer::{self, FileInUse, Origin, Prepared, Recorder, RecorderSettings, Retention};
use crate::redis::queue::queue;
use crate::redis::subscription::{Subscription, now_micros};
use crate::redis::target::Target;
use crate::store::background::BackgroundShipper;
use crate::store::ship::{BatchLimits, ShipSettings};
use crate::store::status::ShipStatus;
use crate::store::target::StoreTarget;

/// The size of the queue between the subscription and the writer, in bytes.
pub(crate) const QUEUE_BYTES: usize = 256 << 20;
/// How much may wait while the file cannot be written, in bytes.
pub(crate) const BACKLOG_BYTES: usize = 64 << 20;
/// How often the report and the watchdog are updated.
const TICK_INTERVAL: Duration = Duration::from_secs(1);

/// The options of `record`.
#[derive(Debug)]
pub(crate) struct Settings {
    /// The channels and patterns.
    pub(crate) channels: Vec<Vec<u8>>,
    /// The channels come from the profile, so a reload updates them.
    pub(crate) channels_from_profile: bool,
    pub(crate) path: PathBuf,
    pub(crate) retention: Retention,
    /// The store to ship to.
    pub(crate) to: Option<StoreTarget>,
    /// The address for `/metrics` and `/healthz`.
    pub(crate) metrics: Option<SocketAddr>,
    /// Log every transaction.
    pub(crate) verbose: bool,
    /// The options of the command line that select the profile, for a reload.
    pub(crate) overrides: Overrides,
}

/// Records until a signal is received.
///
/// # Errors
/// Fails if the file cannot be opened, or if the address for metrics cannot be used.
pub(crate) fn run(settings: Settings, profile: &Profile) -> Result<ExitStatus, Failure> {
    let file_in_use = FileInUse::default();
    let prepared = writer::prepare(RecorderSettings {
        path: settings.path.clone(),
        origin: origin(profile),
        retention: settings.retention,
        backlog: BACKLOG_BYTES,
        shipper: settings.to.as_ref().map(|_| Arc::clone(&file_in_use)),
    })?;
    runtime()?.block_on(record(settings, profile, prepared, file_in_use))
}

/// The origin that is written to the recording.
pub(crate) fn origin(profile: &Profile) -> Origin {
    Origin {
        host: rustix::system::uname().nodename().to_string_lossy().into_owned(),
        version: env!("CARGO_PKG_VERSION").to_owned(),
        target: profile.target.unescaped(),
        profile: profile.name.clone(),
        source: profile.state_key(),
    }
}

/// The counters of the recording, and the saved counters of channels that it does not have. The recording's own counters come
/// first, because they say what it contains.
fn known_counters(prepared: &Prepared, saved: Vec<KnownCounter>) -> Vec<KnownCounter> {
    let mut known = prepared.known().to_vec();
    let recorded: HashSet<_> = known.iter().map(|known| known.channel.clone()).collect();
    let new = saved.into_iter().filter(|saved| !recorded.contains(&saved.channel));
    known.extend(new.map(|saved| {
        let is_killed = prepared.killed_after().is_some_and(|at| at > saved.at);
        KnownCounter { lost: is_killed.then_some(0), ..saved }
    }));
    known
}

/// The saved counters. After a killed recorder, those of the recording, `recorded`, replace them, so that the first gap starts
/// where the recording ends.
pub(crate) fn known_after_kill(recorded: &[KnownCounter], saved: Vec<KnownCounter>) -> Vec<KnownCounter> {
    let mut known: HashMap<_, _> = saved.into_iter().map(|saved| (saved.channel.clone(), saved)).collect();
    for killed in recorded.iter().filter(|known| known.lost.is_some()) {
        if known.get(&killed.channel).is_none_or(|saved| saved.counter <= killed.highest()) {
            known.insert(killed.channel.clone(), killed.clone());
        }
    }
    known.into_values().collect()
}

/// Starts to ship the recording, if there is a store.
fn start_shipper(settings: &Settings, file_in_use: FileInUse) -> Result<Option<BackgroundShipper>, Failure> {
    let Some(target) = settings.to.clone() else { return Ok(None) };
    let settings = ShipSettings { path: settings.path.clone(), target, limits: BatchLimits::default(), file_in_use };
    let shipper = BackgroundShipper::start(settings);
    shipper.map(Some).map_err(|error| Failure::cannot_start("the shipper", &error))
}

async fn record(
    settings: Settings,
    profile: &Profile,
    prepared: Prepared,
    file_in_use: FileInUse,
) -> Result<ExitStatus, Failure> {
    let signals = Signals::catch();
    let metrics = match settings.metrics {
        Some(address) => Some(metrics::bind(address).await?),
        None => None,
    };
    let (traffic, links) = TrafficCounter::new();
    let traffic = Arc::new(traffic);
    traffic.set_channels(&settings.channels);
    let (mut counters, saved) = CounterFile::open_or_warn(profile).await;
    let known = Known { counters: known_counters(&prepared, saved.counters), statuses: saved.statuses };
    let mut report = Report::new(settings.verbose, Arc::clone(&traffic));
    report.started(&prepared, &profile.target);
    let (sender, receiver) = queue(QUEUE_BYTES);
    let meter = receiver.meter();
    let (failed_alerts, alert_failures) = unbounded_channel();
    // The receiver is gone only while the program ends.
    let alerter = Alerter::start(&profile.alerts, move |reason| drop(failed_alerts.send(reason.to_owned())));
    let intake = TrafficIntake::new(receiver, Arc::clone(&traffic), alerter)?;
    let recorder = prepared.start(intake, move |intervals| {
        for interval in intervals {
            counters.processed(interval, interval.entries().len(), now_micros());
        }
    });
    let recorder = recorder.map_err(|error| Failure::cannot_start("the recorder", &error))?;
    let shipper = start_shipper(&settings, file_in_use)?;
    let shipping = shipper.as_ref().map(|shipper| shipper.status().clone());
    if let Some(metrics) = metrics {
        report.serving_metrics(metrics.address);
        let (traffic, status) = (Arc::clone(&traffic), Some(recorder.status().clone()));
        metrics.serve(MetricsSource { traffic, status, shipping: shipping.clone(), queue: meter });
    }
    let subscription = subscribe(profile, settings.channels.clone(), ready(known), vec![sender])?;
    let target = &profile.target;
    let path = settings.path.clone();
    let mut session = RecordSession {
        settings,
        shipping,
        target,
        recorder: &recorder,
        subscription: &subscription,
        links,
        alert_failures,
        signals,
        traffic: &traffic,
    };
    let result = session.run(&mut report).await;
    let mut links = session.links;
    subscription.finish();
    let last = recorder.close();
    while let Ok(link) = links.try_recv() {
        report.link(&link);
    }
    let final_state = shipper.map(|shipper| shipper.finish(BackgroundShipper::FINISH_TIMEOUT));
    report.ended(&last, final_state.as_ref());
    result?;
    match last.failure() {
        None => match final_state.and_then(|state| state.unshipped(&path)) {
            None => Ok(ExitStatus::Success),
            Some(unshipped) => Err(Failure::failed(unshipped)),
        },
        Some((_, reason)) => Err(Failure::failed(format!(
            "{} not recorded: {reason}; the next run with this file reports them as missed",
            counted(last.not_recorded, "message")
        ))),
    }
}

struct RecordSession<'a> {
    settings: Settings,
    target: &'a Target,
    recorder: &'a Recorder,
    subscription: &'a Subscription,
    links: UnboundedReceiver<Link>,
    /// Why the alert command failed, escaped.
    alert_failures: UnboundedReceiver<String>,
    /// The status of the shipper; none if nothing is shipped.
    shipping: Option<watch::Receiver<ShipStatus>>,
    signals: Signals,
    traffic: &'a TrafficCounter,
}

impl RecordSession<'_> {
    /// Runs until SIGINT or SIGTERM.
    async fn run(&mut self, report: &mut Report) -> Result<(), Failure> {
        let mut status = self.recorder.status().clone();
        let watchdog = Watchdog::new();
        notify_systemd(NotifyState::Ready);
        let mut tick = interval(TICK_INTERVAL);
        tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                signal = self.signals.next() => match signal {
                    Signal::HangUp => {
                        notify_reloading();
                        report.reloaded(self.reload());
                        notify_systemd(NotifyState::Ready);
                    }
                    Signal::Interrupt | Signal::Terminate => {
                        notify_systemd(NotifyState::Stopping);
                        return Ok(());
                    }
                },
                changed = status.changed() => {
                    if changed.is_err() {
                        return Err(subscription_ended());
                    }
                    report.status(&status.borrow_and_update());
                }
                Some(link) = self.links.recv() => report.link(&link),
                Some(reason) = self.alert_failures.recv() => report.alert_failed(&reason),
                now = tick.tick() => {
                    let status = status.borrow().clone();
                    watchdog.notify(&status, now.into_std());
                    let shipping = self.shipping.as_ref().map(|shipping| shipping.borrow().clone());
                    report.shipping(shipping.as_ref());
                    if let Some(line) = report.tick(&status, shipping.as_ref(), Instant::now()) {
                        notify_systemd(NotifyState::Status(&line));
                    }
                }
            }
        }
    }

    /// Loads the profile again, and applies its keys and channels. Other changes need a restart. Returns what changed, or why
    /// the profile was not applied.
    fn reload(&mut self) -> Result<String, String> {
        let profile = config::load(&self.settings.overrides).map_err(|error| error.to_string())?;
        if profile.target.server_key() != self.target.server_key() {
            return Err("the profile has another server; restart aircheck to record from it".to_owned());
        }
        self.subscription.set_keyring(Arc::clone(&profile.keyring));
        if !self.settings.channels_from_profile {
            return Ok("keys reloaded; channels are unchanged because the command line names them".to_owned());
        }
        let new = channels(&[], &profile);
        let old = std::mem::replace(&mut self.settings.channels, new.clone());
        let removed: Vec<_> = old.iter().filter(|name| !new.contains(name)).cloned().collect();
        let added = new.iter().filter(|name| !old.contains(name)).count();
        let change = format!("keys reloaded; {} added, {} removed", counted(added as u64, "channel"), removed.len());
        self.subscription.unsubscribe(removed);
        self.traffic.set_channels(&new);
        self.subscription.subscribe(new);
        Ok(change)
    }
}
