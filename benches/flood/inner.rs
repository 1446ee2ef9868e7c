//! Subjects that run this executable again, so that each is measured as a separate process.
//!
//! They run until their standard input is closed, and then print how many messages and findings they received.

use std::io::{self, Write as _};
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use aircheck::ledger::expectation::Expected;
use aircheck::ledger::interval::Entry;
use aircheck::redis::queue::queue;
use aircheck::redis::subscription::{Subscription, SubscriptionSettings};
use aircheck::redis::target::Target;
use clap::ValueEnum;
use futures_util::StreamExt as _;

use crate::Outcome;
use crate::args::Args;
use crate::floor;
use crate::floor_record;
use crate::sections::cluster;
use crate::server::Server;
use crate::traffic::{CHANNEL, keyring};

/// A subject.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Inner {
    Bare,
    BareChannels,
    BareCluster,
    PubsubOne,
    PubsubTwo,
    FloorRead,
    FloorVerify,
    FloorChannels,
    FloorTail,
    FloorConsole,
    FloorRecord,
    FloorRecordIndexed,
}

pub(crate) static MESSAGES: AtomicU64 = AtomicU64::new(0);
static FINDINGS: AtomicU64 = AtomicU64::new(0);

impl Inner {
    /// The command that starts the subject.
    pub(crate) fn command(self, server: &Server) -> Outcome<Command> {
        let name = self.to_possible_value().ok_or("an inner subject without a name")?;
        let mut command = Command::new(std::env::current_exe()?);
        command.args(["--inner", name.get_name(), "--port", &server.port().to_string()]);
        command.current_dir(server.directory());
        Ok(command)
    }
}

/// Runs as the subject.
pub(crate) fn run(inner: Inner, args: &Args) -> Outcome<()> {
    if inner != Inner::FloorConsole {
        std::thread::spawn(print_counts_at_end);
    }
    match inner {
        Inner::Bare => bare("redis", args.port, vec![CHANNEL.to_owned()]),
        Inner::BareChannels => bare("redis", args.port, channels(args.messages)),
        Inner::BareCluster => bare("redis+cluster", args.port, cluster::channels()),
        Inner::PubsubOne => {
            tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(pubsub(args.port))
        }
        Inner::PubsubTwo => {
            let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
            runtime.block_on(async { tokio::spawn(pubsub_counted(args.port)).await })?;
            Ok(())
        }
        Inner::FloorRead => floor::read(args.port),
        Inner::FloorVerify => floor::verify(args.port),
        Inner::FloorChannels => floor::channels(args.port, &channels(args.messages)),
        Inner::FloorTail => floor::tail(args.port),
        Inner::FloorConsole => floor::console(args.port),
        Inner::FloorRecord => floor_record::run(args.port, false),
        Inner::FloorRecordIndexed => floor_record::run(args.port, true),
    }
}

/// The names of `count` channels.
pub(crate) fn channels(count: u64) -> Vec<String> {
    (0..count).map(|number| format!("channel:{number}")).collect()
}

fn print_counts_at_end() {
    let _ = io::copy(&mut io::stdin(), &mut io::sink());
    let seen = (MESSAGES.load(Ordering::Relaxed), FINDINGS.load(Ordering::Relaxed));
    let _ = writeln!(io::stdout(), "{} {}", seen.0, seen.1);
    std::process::exit(0);
}

fn bare(scheme: &str, port: u16, channels: Vec<String>) -> Outcome<()> {
    let (sender, receiver) = queue(128 << 20);
    let settings = SubscriptionSettings {
        target: Target::parse(&format!("{scheme}://127.0.0.1:{port}"))?,
        sequence_prefix: b"system_broadcast_sequence_".to_vec(),
        channels: channels.into_iter().map(String::into_bytes).collect(),
        keyring: Arc::new(keyring()),
        known: Vec::new(),
        duplicates: 1_000_000,
        expected: Expected::default(),
    };
    let subscription = Subscription::start(settings, vec![sender])?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let mut intervals = Vec::new();
    while runtime.block_on(receiver.drain(&mut intervals)) {
        for interval in intervals.drain(..) {
            MESSAGES.fetch_add(interval.messages() as u64, Ordering::Relaxed);
            let found = interval.entries().iter().filter(|entry| matches!(entry, Entry::Finding(_))).count();
            FINDINGS.fetch_add(found as u64, Ordering::Relaxed);
        }
    }
    drop(subscription);
    Ok(())
}

async fn pubsub_counted(port: u16) {
    if let Err(error) = pubsub(port).await {
        let _ = writeln!(io::stderr(), "{error}");
    }
}

async fn pubsub(port: u16) -> Outcome<()> {
    let mut pubsub = redis::Client::open(("127.0.0.1", port))?.get_async_pubsub().await?;
    pubsub.subscribe(CHANNEL).await?;
    let mut messages = pubsub.on_message();
    while let Some(message) = messages.next().await {
        std::hint::black_box(message.get_payload_bytes());
        MESSAGES.fetch_add(1, Ordering::Relaxed);
    }
    std::future::pending().await
}
