//! Copies a recording to the store, exactly once.

use std::future::Future;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use bytes::Bytes;
use futures_util::SinkExt as _;
use tokio::sync::{mpsc, watch};
use tokio::time::{Instant, sleep, timeout};
use tokio_postgres::{Statement, Transaction};
use uuid::Uuid;

use super::connection::StoreConnection;
use super::copy_data::storable;
use super::epochs;
use super::error::{StoreError, StoreErrorKind};
use super::schema::connect_and_create;
pub use super::source::BatchLimits;
use super::source::{self, Batch, Identity, Source};
use super::status::ShipStatus;
use super::target::StoreTarget;
use crate::recording::file::RecordError;
use crate::recording::shipped;
use crate::recording::writer::FileInUse;

/// The time limit of one step of a batch: a statement, or a part of the data.
const STEP_TIMEOUT: Duration = Duration::from_mins(1);
/// How long the server may wait for a lock.
const LOCK_TIMEOUT: &str = "SET LOCAL lock_timeout = '20s'";
/// The size of a part of the data.
const PART_BYTES: usize = 256 << 10;
/// How often a recording in progress is checked for new rows.
const POLL_INTERVAL: Duration = Duration::from_millis(200);
/// How often the file is told how far it was shipped.
const MARK_INTERVAL: Duration = Duration::from_secs(1);
/// The pause after the first failure. It doubles with each further one.
const MIN_PAUSE: Duration = Duration::from_millis(250);
const MAX_PAUSE: Duration = Duration::from_secs(15);
/// A command gives up after this long without progress.
const MAX_OUTAGE: Duration = Duration::from_secs(30);

/// What to ship, and where.
#[derive(Debug, Clone)]
pub struct ShipSettings {
    /// The recording.
    pub path: PathBuf,
    /// The store.
    pub target: StoreTarget,
    /// The limits of a batch.
    pub limits: BatchLimits,
    /// Held while the file is open. A recorder in the same process holds it while it replaces a moved file.
    pub file_in_use: FileInUse,
}

/// Why shipping failed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ShipError {
    /// The store cannot be used.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The recording cannot be read.
    #[error(transparent)]
    File(#[from] RecordError),
}

/// When a shipper ends.
#[derive(Debug, Clone)]
enum End {
    /// As soon as the store has the whole recording.
    CaughtUp,
    /// When this is true and the store has the whole recording.
    Told(watch::Receiver<bool>),
}

/// Ships a recording until the store has all of it. Publishes its state.
///
/// # Errors
/// The store or the file cannot be used. After progress, the store may be unreachable for a while before that is an error.
pub async fn ship(settings: &ShipSettings, status: &watch::Sender<ShipStatus>) -> Result<(), ShipError> {
    let mut shipper = Shipper::new(settings, status, End::CaughtUp);
    let mut reached: Option<(Instant, u64)> = None;
    let mut pause = MIN_PAUSE;
    loop {
        let Err(error) = shipper.session().await else { return Ok(()) };
        shipper.failed(&error);
        let rows = shipper.status.borrow().rows;
        if reached.is_none_or(|(_, before)| before < rows) {
            (reached, pause) = (Some((Instant::now(), rows)), MIN_PAUSE);
        }
        let since = reached.map_or(Instant::now(), |(since, _)| since);
        let is_temporary = matches!(&error, ShipError::Store(error) if error.is_temporary());
        if !is_temporary || rows == 0 || since.elapsed() + pause > MAX_OUTAGE {
            return Err(error);
        }
        sleep(pause).await;
        pause = (pause * 2).min(MAX_PAUSE);
    }
}

/// Ships a recording in progress, until `finish` is true and the store has all of it. Tries again forever after a failure.
pub async fn follow(settings: &ShipSettings, status: &watch::Sender<ShipStatus>, finish: watch::Receiver<bool>) {
    let mut shipper = Shipper::new(settings, status, End::Told(finish.clone()));
    let mut finish = finish;
    let mut pause = MIN_PAUSE;
    loop {
        let before = shipper.status.borrow().rows;
        let is_last = *finish.borrow_and_update();
        let Err(error) = shipper.session().await else { return };
        shipper.failed(&error);
        shipper.look_at_file().await;
        if is_last {
            return;
        }
        if shipper.status.borrow().rows > before {
            pause = MIN_PAUSE;
        }
        tokio::select! {
            () = sleep(pause) => {}
            // The last attempt is made at once.
            _ = finish.changed() => {}
        }
        pause = (pause * 2).min(MAX_PAUSE);
    }
}

struct Shipper<'a> {
    settings: &'a ShipSettings,
    status: &'a watch::Sender<ShipStatus>,
    end: End,
    /// The start of the second whose rows are counted, and their number.
    rate: (Instant, u64),
    /// When the file was last told how far it was shipped.
    marked: Option<Instant>,
}

/// The statements of a batch.
struct Statements {
    lock: Statement,
    partition: Statement,
    session: Statement,
    clock: Statement,
    channel: Statement,
    rate: Statement,
    totals: Statement,
    advance: Statement,
}

impl End {
    /// Whether the shipper ends as soon as the store has the whole recording.
    fn is_near(&self) -> bool {
        match self {
            Self::CaughtUp => true,
            // The sender is gone if the program ends.
            Self::Told(finish) => *finish.borrow() || finish.has_changed().is_err(),
        }
    }
}

impl<'a> Shipper<'a> {
    fn new(settings: &'a ShipSettings, status: &'a watch::Sender<ShipStatus>, end: End) -> Self {
        Self { settings, status, end, rate: (Instant::now(), 0), marked: None }
    }

    /// Connects and ships until the end, or until the first error.
    async fn session(&mut self) -> Result<(), ShipError> {
        let path = self.settings.path.clone();
        let in_use = Arc::clone(&self.settings.file_in_use);
        let identity = blocking(move || {
            let _in_use = in_use.lock().unwrap_or_else(PoisonError::into_inner);
            source::identity(&path)
        });
        let identity = identity.await?;
        let mut connection = connect_and_create(&self.settings.target).await?;
        let (store, through_id) = begin(&mut connection, &identity, &self.settings.path).await?;
        let statements = Statements::prepare(&connection).await?;
        self.status.send_modify(|status| {
            status.is_connected = true;
            status.failure = None;
            status.through_id = Some(through_id);
            status.pending = u64::try_from(identity.last_id - through_id).unwrap_or(0);
        });
        // The next batch is read while one is sent.
        let (sender, mut batches) = mpsc::channel(1);
        let source = Source::new(&self.settings.path, self.settings.limits, identity.recording, through_id);
        let (end, in_use) = (self.end.clone(), Arc::clone(&self.settings.file_in_use));
        let path = self.settings.path.clone();
        let reader = std::thread::Builder::new()
            .name("shipper".to_owned())
            .spawn(move || read(source, &path, &end, &in_use, &sender));
        if let Err(error) = reader {
            return Err(RecordError::failed(&self.settings.path, "start a thread for", &error).into());
        }
        let mut known_days = std::collections::BTreeSet::new();
        while let Some(batch) = batches.recv().await {
            let batch = batch?;
            self.status.send_modify(|status| {
                status.pending = u64::try_from(batch.last_id - batch.after_id).unwrap_or(0);
                status.pending_since = batch.first_at;
            });
            let days: Vec<i32> = batch.days.difference(&known_days).copied().collect();
            send(&mut connection, &statements, &batch, &days).await?;
            known_days.extend(days);
            self.committed(&batch);
            self.mark(store, &batch).await;
        }
        Ok(())
    }

    fn committed(&mut self, batch: &Batch) {
        self.rate.1 += batch.rows;
        let elapsed = self.rate.0.elapsed();
        let rate = (elapsed >= Duration::from_secs(1)).then(|| {
            let rows = std::mem::replace(&mut self.rate, (Instant::now(), 0)).1;
            u64::try_from(u128::from(rows) * 1000 / elapsed.as_millis().max(1)).unwrap_or(u64::MAX)
        });
        self.status.send_modify(|status| {
            status.rows += batch.rows;
            status.through_id = Some(batch.through_id);
            status.pending = u64::try_from(batch.last_id - batch.through_id).unwrap_or(0);
            if batch.is_complete() {
                status.pending_since = None;
            }
            status.rows_per_second = rate.unwrap_or(status.rows_per_second);
        });
    }

    fn failed(&self, error: &ShipError) {
        let reason = error.to_string();
        tracing::error!(%reason, "cannot ship");
        self.status.send_modify(|status| {
            status.is_connected = false;
            status.rows_per_second = 0;
            let since = status.failure.take().map_or_else(now, |(since, _)| since);
            status.failure = Some((since, reason.clone()));
            status.last_error = Some(reason);
        });
    }

    /// Updates what the store lacks while it cannot be reached.
    async fn look_at_file(&self) {
        let (path, through_id) = (self.settings.path.clone(), self.status.borrow().through_id);
        let in_use = Arc::clone(&self.settings.file_in_use);
        let unshipped = blocking(move || {
            let _in_use = in_use.lock().unwrap_or_else(PoisonError::into_inner);
            source::unshipped(&path, through_id)
        });
        if let Ok((pending, since)) = unshipped.await {
            self.status.send_modify(|status| (status.pending, status.pending_since) = (pending, since));
        }
    }

    /// Tells the file how far it was shipped, so that retention knows it. A failure is ignored: the next batch tries again.
    async fn mark(&mut self, store: Uuid, batch: &Batch) {
        let is_due = self.marked.is_none_or(|marked| marked.elapsed() >= MARK_INTERVAL);
        let is_end = batch.is_complete() && self.end.is_near();
        if !is_due && !is_end {
            return;
        }
        self.marked = Some(Instant::now());
        let (path, recording, through_id) = (self.settings.path.clone(), batch.recording, batch.through_id);
        let in_use = Arc::clone(&self.settings.file_in_use);
        let marked = blocking(move || {
            let _in_use = in_use.lock().unwrap_or_else(PoisonError::into_inner);
            shipped::mark(&path, recording, store, through_id)
        });
        if let Err(error) = marked.await {
            tracing::debug!(%error, "cannot store in the file how far it was shipped");
        }
    }
}

/// Runs a function that blocks.
async fn blocking<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> T {
    match tokio::task::spawn_blocking(work).await {
        Ok(result) => result,
        Err(error) => std::panic::resume_unwind(error.into_panic()),
    }
}

/// Reads batches until the end, or until the receiver is gone.
fn read(
    mut source: Source,
    path: &Path,
    end: &End,
    in_use: &Mutex<()>,
    batches: &mpsc::Sender<Result<Batch, RecordError>>,
) {
    let mut seen = None;
    while !batches.is_closed() {
        // Looked at before the file, so that everything written before the end is read.
        let is_last = end.is_near();
        let changed = file_state(path);
        let batch = if is_last || seen != Some(changed) {
            let _in_use = in_use.lock().unwrap_or_else(PoisonError::into_inner);
            source.next()
        } else {
            Ok(None)
        };
        match batch {
            Ok(Some(batch)) => {
                let is_caught_up = batch.is_complete();
                seen = is_caught_up.then_some(changed);
                if batches.blocking_send(Ok(batch)).is_err() || (is_last && is_caught_up) {
                    return;
                }
            }
            Ok(None) if is_last => return,
            Ok(None) => {
                seen = Some(changed);
                std::thread::sleep(POLL_INTERVAL);
            }
            Err(error) => {
                let _ = batches.blocking_send(Err(error));
                return;
            }
        }
    }
}

/// The sizes and times of a recording and its journal, which change with every write.
fn file_state(path: &Path) -> [Option<(u64, SystemTime)>; 2] {
    let mut journal = path.as_os_str().to_owned();
    journal.push("-wal");
    [path, Path::new(&journal)].map(|path| {
        let metadata = std::fs::metadata(path).ok()?;
        Some((metadata.len(), metadata.modified().ok()?))
    })
}

/// Finds out how far the recording was shipped, and checks that the store has this recording and not a copy that went another
/// way. Returns the UUID of the store, and the last id that it has.
async fn begin(connection: &mut StoreConnection, identity: &Identity, path: &Path) -> Result<(Uuid, i64), ShipError> {
    let title = connection.title().to_owned();
    let failed = |error: tokio_postgres::Error| StoreError::explain(&title, &error);
    let recording = identity.recording;
    let transaction = within(&title, connection.client.transaction()).await?.map_err(failed)?;
    let new =
        "INSERT INTO aircheck.recording (recording, source, deleted, deleted_to_unix_micros) VALUES ($1, $2, $3, $4)
         ON CONFLICT DO NOTHING";
    let deleted = identity.deleted;
    transaction.execute(new, &[&recording, &identity.source, &deleted, &identity.deleted_to]).await.map_err(failed)?;
    let new = "INSERT INTO aircheck.shipped (recording, through_id, complete, shipped_at, host) VALUES ($1, 0, false, now(), $2)
         ON CONFLICT DO NOTHING";
    transaction.execute(new, &[&recording, &host()]).await.map_err(failed)?;
    let state = "SELECT v.store, s.through_id FROM aircheck.shipped s, aircheck.version v WHERE s.recording = $1";
    let row = transaction.query_one(state, &[&recording]).await.map_err(failed)?;
    let (store, through_id): (Uuid, i64) =
        row.try_get(0).and_then(|store| Ok((store, row.try_get(1)?))).map_err(failed)?;
    let sessions = "SELECT id, started_unix_micros FROM aircheck.session WHERE recording = $1";
    let sessions = transaction.query(sessions, &[&recording]).await.map_err(failed)?;
    let mut is_other = identity.last_id < through_id;
    for row in sessions {
        let (id, started): (i64, i64) = row.try_get(0).and_then(|id| Ok((id, row.try_get(1)?))).map_err(failed)?;
        is_other |= identity.sessions.get(&id) != Some(&started);
    }
    within(&title, transaction.commit()).await?.map_err(failed)?;
    if is_other {
        let path = crate::wire::escape::escape(path.as_os_str().as_encoded_bytes());
        return Err(StoreError::new(
            StoreErrorKind::Conflict,
            format!(
                "store {title} has rows of this recording that {path} lacks: one of them is a copy that was recorded further; \
                 record to a new file"
            ),
        )
        .into());
    }
    Ok((store, through_id))
}

/// Sends a batch in one transaction.
async fn send(
    connection: &mut StoreConnection,
    statements: &Statements,
    batch: &Batch,
    new_days: &[i32],
) -> Result<(), StoreError> {
    let title = connection.title().to_owned();
    let failed = |error: tokio_postgres::Error| StoreError::explain(&title, &error);
    let transaction = within(&title, connection.client.transaction()).await?.map_err(failed)?;
    within(&title, transaction.batch_execute(LOCK_TIMEOUT)).await?.map_err(failed)?;
    let through_id = within(&title, transaction.query_one(&statements.lock, &[&batch.recording])).await?;
    let through_id: i64 = through_id.and_then(|row| row.try_get(0)).map_err(failed)?;
    if through_id != batch.after_id {
        let text = format!("store {title}: another shipper ships this recording at the same time");
        return Err(StoreError::new(StoreErrorKind::Cancelled, text));
    }
    if !new_days.is_empty() {
        within(&title, transaction.execute(&statements.partition, &[&new_days])).await?.map_err(failed)?;
    }
    for (statement, data) in &batch.copies {
        copy(&title, &transaction, statement, data.clone()).await?;
    }
    within(&title, write_state(&transaction, statements, batch)).await?.map_err(failed)?;
    within(&title, epochs::update(&transaction, &batch.shipped_rows())).await?.map_err(failed)?;
    within(&title, transaction.commit()).await?.map_err(failed)
}

async fn copy(title: &str, transaction: &Transaction<'_>, statement: &str, mut data: Bytes) -> Result<(), StoreError> {
    let failed = |error: tokio_postgres::Error| StoreError::explain(title, &error);
    let sink = within(title, transaction.copy_in(statement)).await?.map_err(failed)?;
    let mut sink = Box::pin(sink);
    while !data.is_empty() {
        let part = data.split_to(data.len().min(PART_BYTES));
        within(title, sink.send(part)).await?.map_err(failed)?;
    }
    within(title, sink.as_mut().finish()).await?.map_err(failed)?;
    Ok(())
}

/// Writes the rows that a recording changes in place, and what is counted.
async fn write_state(
    transaction: &Transaction<'_>,
    statements: &Statements,
    batch: &Batch,
) -> Result<(), tokio_postgres::Error> {
    let recording = &batch.recording;
    if !batch.sessions.is_empty() {
        let all = &batch.sessions;
        let ids: Vec<i64> = all.iter().map(|session| session.id).collect();
        let started: Vec<i64> = all.iter().map(|session| session.started).collect();
        let last: Vec<i64> = all.iter().map(|session| session.last).collect();
        let ended: Vec<Option<i64>> = all.iter().map(|session| session.ended).collect();
        let how: Vec<_> = all.iter().map(|session| session.how.as_ref().map(|how| storable(how.as_bytes()))).collect();
        let hosts: Vec<_> = all.iter().map(|session| storable(session.host.as_bytes())).collect();
        let versions: Vec<_> = all.iter().map(|session| storable(session.version.as_bytes())).collect();
        let targets: Vec<_> = all.iter().map(|session| storable(session.target.as_bytes())).collect();
        let profiles: Vec<_> = all.iter().map(|session| storable(session.profile.as_bytes())).collect();
        transaction
            .execute(
                &statements.session,
                &[recording, &ids, &started, &last, &ended, &how, &hosts, &versions, &targets, &profiles],
            )
            .await?;
    }
    if !batch.clocks.is_empty() {
        let ids: Vec<i64> = batch.clocks.iter().map(|clock| clock.0).collect();
        let sessions: Vec<i64> = batch.clocks.iter().map(|clock| clock.1).collect();
        let offsets: Vec<i64> = batch.clocks.iter().map(|clock| clock.2).collect();
        transaction.execute(&statements.clock, &[recording, &ids, &sessions, &offsets]).await?;
    }
    if !batch.channels.is_empty() {
        let all = &batch.channels;
        let ids: Vec<i64> = all.iter().map(|channel| channel.id).collect();
        let names: Vec<&[u8]> = all.iter().map(|channel| &channel.name[..]).collect();
        let texts: Vec<Option<&str>> =
            names.iter().map(|name| std::str::from_utf8(name).ok().filter(|name| !name.contains('\0'))).collect();
        let epochs: Vec<i64> = all.iter().map(|channel| channel.epoch).collect();
        let messages: Vec<i64> = all.iter().map(|channel| channel.tally.messages).collect();
        let rejected: Vec<i64> = all.iter().map(|channel| channel.tally.rejected).collect();
        let last: Vec<Option<i64>> = all.iter().map(|channel| channel.tally.last_at).collect();
        let counters: Vec<Option<i64>> = all.iter().map(|channel| channel.counter).collect();
        let counters_at: Vec<Option<i64>> = all.iter().map(|channel| channel.counter_at).collect();
        let text = |text: &Option<String>| text.as_ref().map(|text| storable(text.as_bytes()).into_owned());
        let runs: Vec<Option<String>> = all.iter().map(|channel| text(&channel.run_id)).collect();
        let replications: Vec<Option<String>> = all.iter().map(|channel| text(&channel.replication_id)).collect();
        transaction
            .execute(
                &statements.channel,
                &[
                    recording,
                    &ids,
                    &names,
                    &texts,
                    &epochs,
                    &messages,
                    &rejected,
                    &last,
                    &counters,
                    &counters_at,
                    &runs,
                    &replications,
                ],
            )
            .await?;
    }
    if !batch.rates.is_empty() {
        let (mut seconds, mut channels, mut messages, mut rejected) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
        for ((second, channel), (count, of_them_rejected)) in &batch.rates {
            seconds.push(*second);
            channels.push(*channel);
            messages.push(*count);
            rejected.push(*of_them_rejected);
        }
        transaction.execute(&statements.rate, &[recording, &seconds, &channels, &messages, &rejected]).await?;
    }
    let totals = &batch.totals;
    transaction
        .execute(
            &statements.totals,
            &[
                recording,
                &totals.messages,
                &totals.payload_bytes,
                &totals.rejected,
                &totals.findings,
                &totals.not_recorded,
            ],
        )
        .await?;
    let (through_id, is_complete) = (batch.through_id, batch.is_complete());
    transaction.execute(&statements.advance, &[recording, &through_id, &is_complete, &host()]).await?;
    Ok(())
}

impl Statements {
    async fn prepare(connection: &StoreConnection) -> Result<Self, StoreError> {
        let prepare = async |sql: &str| {
            let prepared = within(connection.title(), connection.client.prepare(sql)).await?;
            prepared.map_err(|error| connection.explain(&error))
        };
        Ok(Self {
            lock: prepare("SELECT through_id FROM aircheck.shipped WHERE recording = $1 FOR UPDATE").await?,
            partition: prepare("SELECT aircheck.create_partition(date '2000-01-01' + day) FROM unnest($1::integer[]) AS day")
                .await?,
            session: prepare(
                "INSERT INTO aircheck.session (recording, id, started_unix_micros, last_unix_micros, ended_unix_micros, ended,
                    host, version, target, profile)
                 SELECT $1, * FROM unnest($2::bigint[], $3::bigint[], $4::bigint[], $5::bigint[], $6::text[], $7::text[], $8::text[],
                    $9::text[], $10::text[])
                 ON CONFLICT (recording, id) DO UPDATE SET last_unix_micros = excluded.last_unix_micros,
                    ended_unix_micros = excluded.ended_unix_micros, ended = excluded.ended",
            )
            .await?,
            clock: prepare(
                "INSERT INTO aircheck.clock (recording, id, session, offset_micros)
                 SELECT $1, * FROM unnest($2::bigint[], $3::bigint[], $4::bigint[])
                 ON CONFLICT (recording, id) DO UPDATE SET session = excluded.session, offset_micros = excluded.offset_micros",
            )
            .await?,
            channel: prepare(
                "INSERT INTO aircheck.channel AS c (recording, id, name, name_text, epoch, messages, rejected, last_unix_micros, counter,
                    counter_unix_micros, run_id, replication_id)
                 SELECT $1, * FROM unnest($2::bigint[], $3::bytea[], $4::text[], $5::bigint[], $6::bigint[], $7::bigint[],
                    $8::bigint[], $9::bigint[], $10::bigint[], $11::text[], $12::text[])
                 ON CONFLICT (recording, id) DO UPDATE SET epoch = greatest(c.epoch, excluded.epoch),
                    messages = c.messages + excluded.messages, rejected = c.rejected + excluded.rejected,
                    last_unix_micros = coalesce(excluded.last_unix_micros, c.last_unix_micros),
                    counter = coalesce(excluded.counter, c.counter),
                    counter_unix_micros = coalesce(excluded.counter_unix_micros, c.counter_unix_micros),
                    run_id = coalesce(excluded.run_id, c.run_id),
                    replication_id = coalesce(excluded.replication_id, c.replication_id)",
            )
            .await?,
            rate: prepare(
                "INSERT INTO aircheck.rate AS r (recording, second, channel, messages, rejected)
                 SELECT $1, * FROM unnest($2::bigint[], $3::bigint[], $4::bigint[], $5::bigint[])
                 ON CONFLICT (recording, second, channel) DO UPDATE SET messages = r.messages + excluded.messages,
                    rejected = r.rejected + excluded.rejected",
            )
            .await?,
            totals: prepare(
                "UPDATE aircheck.recording SET messages = messages + $2, payload_bytes = payload_bytes + $3, rejected = rejected + $4,
                    findings = findings + $5, not_recorded = not_recorded + $6
                 WHERE recording = $1",
            )
            .await?,
            advance: prepare(
                "UPDATE aircheck.shipped SET through_id = $2, complete = $3, shipped_at = now(), host = $4 WHERE recording = $1",
            )
            .await?,
        })
    }
}

/// Limits the time of one step.
async fn within<T>(title: &str, step: impl Future<Output = T>) -> Result<T, StoreError> {
    timeout(STEP_TIMEOUT, step).await.map_err(|_| {
        let text = format!("store {title} did not reply within {} s", STEP_TIMEOUT.as_secs());
        StoreError::new(StoreErrorKind::Unreachable, text)
    })
}

fn host() -> String {
    rustix::system::uname().nodename().to_string_lossy().into_owned()
}

fn now() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_micros()).unwrap_or(i64::MAX)
}
