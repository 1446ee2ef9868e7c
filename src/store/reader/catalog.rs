//! The recordings of a source, and their channels.

use std::collections::BTreeMap;

use tokio_postgres::Row;
use uuid::Uuid;

use super::super::connection::StoreConnection;
use super::super::error::{StoreError, StoreErrorKind};
use super::super::micros::Micros;
use crate::ledger::sequence::Channel;
use crate::recording::reader::{ChannelRow, ChannelSummary};
use crate::wire::escape::escape;

/// The bits of an id that are the id in a recording. The bits above them are the recording.
const ID_BITS: u32 = 48;
/// The maximum number of sources that an error lists.
const MAX_LISTED: usize = 10;

/// What the store has of a source, when it was opened.
#[derive(Debug)]
pub(super) struct Catalog {
    pub(super) source: String,
    /// Sorted by the start of their first session.
    pub(super) recordings: Vec<Uuid>,
    /// Sorted by name. The id of a channel is its index plus 1.
    pub(super) channels: Vec<StoreChannel>,
    /// The start of the first day and the end of the last day with a message, in microseconds since the epoch.
    pub(super) days: Option<(i64, i64)>,
    /// The index in `channels` by recording and by the channel's id in it.
    by_part: BTreeMap<(usize, i64), usize>,
}

/// A channel of a source.
#[derive(Debug)]
pub(super) struct StoreChannel {
    pub(super) row: ChannelRow,
    /// Its epochs in each recording, sorted by recording.
    pub(super) parts: Vec<Part>,
}

/// A counter epoch of a channel in one recording.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Part {
    /// The index of the recording.
    pub(super) recording: usize,
    pub(super) channel: i64,
    pub(super) epoch: i64,
    pub(super) broadcast_epoch: i64,
}

impl Catalog {
    pub(super) async fn load(connection: &StoreConnection, source: Option<&str>) -> Result<Self, StoreError> {
        let failed = |error: tokio_postgres::Error| connection.explain(&error);
        let client = &connection.client;
        let rows = client.query("SELECT DISTINCT source FROM aircheck.recording ORDER BY source", &[]).await;
        let sources = rows.map_err(failed)?.iter().map(|row| row.try_get(0)).collect::<Result<Vec<String>, _>>();
        let source = choose(connection.title(), &sources.map_err(failed)?, source)?;
        let rows = client
            .query(
                "SELECT r.recording FROM aircheck.recording r WHERE r.source = $1
                 ORDER BY (SELECT min(s.started_unix_micros) FROM aircheck.session s WHERE s.recording = r.recording),
                    r.recording",
                &[&source],
            )
            .await
            .map_err(failed)?;
        let recordings = rows.iter().map(|row| row.try_get(0)).collect::<Result<Vec<Uuid>, _>>().map_err(failed)?;
        let mut catalog = Self { source, recordings, channels: Vec::new(), days: None, by_part: BTreeMap::new() };
        let rows = client
            .query(
                "SELECT c.recording, c.id, c.name, c.epoch, c.messages, c.rejected, c.last_unix_micros, c.counter,
                    c.counter_unix_micros
                 FROM aircheck.channel c WHERE c.recording = ANY ($1)",
                &[&catalog.recordings],
            )
            .await
            .map_err(failed)?;
        let own = rows.iter().map(|row| catalog.own_channel(row)).collect::<Result<Vec<_>, _>>().map_err(failed)?;
        let rows = client
            .query(
                "SELECT e.recording, e.channel, e.epoch, e.broadcast_epoch FROM aircheck.counter_epoch e
                 WHERE e.recording = ANY ($1)",
                &[&catalog.recordings],
            )
            .await
            .map_err(failed)?;
        let epochs = rows.iter().map(|row| catalog.part(row)).collect::<Result<Vec<_>, _>>().map_err(failed)?;
        catalog.add_channels(own, &epochs);
        let row = client
            .query_one(
                "SELECT min(day)::timestamp AT TIME ZONE 'UTC', (max(day) + 1)::timestamp AT TIME ZONE 'UTC'
                 FROM aircheck.message_day WHERE recording = ANY ($1)",
                &[&catalog.recordings],
            )
            .await
            .map_err(failed)?;
        let day = |index| row.try_get::<_, Option<Micros>>(index).map(|day| day.map(|Micros(at)| at));
        catalog.days = day(0).map_err(failed)?.zip(day(1).map_err(failed)?);
        Ok(catalog)
    }

    fn own_channel(&self, row: &Row) -> Result<OwnChannel, tokio_postgres::Error> {
        let count = |index| row.try_get::<_, i64>(index).map(i64::cast_unsigned);
        Ok(OwnChannel {
            recording: self.index(row.try_get(0)?),
            id: row.try_get(1)?,
            name: Channel::new(row.try_get(2)?),
            epoch: row.try_get(3)?,
            messages: count(4)?,
            rejected: count(5)?,
            last_at: row.try_get(6)?,
            counter: row.try_get::<_, Option<i64>>(7)?.map(i64::cast_unsigned),
            counter_at: row.try_get(8)?,
        })
    }

    fn part(&self, row: &Row) -> Result<Part, tokio_postgres::Error> {
        Ok(Part {
            recording: self.index(row.try_get(0)?),
            channel: row.try_get(1)?,
            epoch: row.try_get(2)?,
            broadcast_epoch: row.try_get(3)?,
        })
    }

    fn index(&self, recording: Uuid) -> usize {
        self.recordings.iter().position(|known| *known == recording).unwrap_or(usize::MAX)
    }

    /// Combines the channels of all recordings by name.
    fn add_channels(&mut self, mut own: Vec<OwnChannel>, epochs: &[Part]) {
        let mut parts: BTreeMap<(usize, i64), Vec<Part>> = BTreeMap::new();
        for part in epochs {
            parts.entry((part.recording, part.channel)).or_default().push(*part);
        }
        // As in a recording, where names that are not text come last.
        let is_text = |name: &[u8]| std::str::from_utf8(name).is_ok() && !name.contains(&0);
        own.sort_by(|a, b| {
            let key = |own: &OwnChannel| (!is_text(own.name.as_bytes()), own.recording);
            let names = a.name.as_bytes().cmp(b.name.as_bytes());
            key(a).0.cmp(&key(b).0).then(names).then(key(a).1.cmp(&key(b).1))
        });
        for own in own {
            let parts = parts.remove(&(own.recording, own.id)).unwrap_or_default();
            if self.channels.last().is_none_or(|last| last.row.summary.channel != own.name) {
                let id = i64::try_from(self.channels.len()).unwrap_or(i64::MAX).saturating_add(1);
                self.channels.push(StoreChannel::new(id, own.name.clone()));
            }
            self.by_part.insert((own.recording, own.id), self.channels.len() - 1);
            if let Some(channel) = self.channels.last_mut() {
                channel.add(&own, parts);
            }
        }
    }

    /// The channel of a row in a recording.
    pub(super) fn channel_of(&self, recording: usize, own: i64) -> Option<&StoreChannel> {
        self.by_part.get(&(recording, own)).and_then(|index| self.channels.get(*index))
    }

    /// A channel by the id of its [`ChannelRow`].
    pub(super) fn channel(&self, id: i64) -> Option<&StoreChannel> {
        usize::try_from(id).ok()?.checked_sub(1).and_then(|index| self.channels.get(index))
    }

    /// The recordings' epochs that are this epoch of a channel.
    pub(super) fn parts(&self, channel: i64, epoch: i64) -> impl Iterator<Item = Part> + '_ {
        let parts = self.channel(channel).map_or(&[][..], |channel| &channel.parts);
        parts.iter().copied().filter(move |part| part.broadcast_epoch == epoch)
    }

    /// The epoch of the source that is an epoch of a recording.
    pub(super) fn epoch_of(&self, recording: usize, own_channel: i64, own_epoch: i64) -> i64 {
        let parts = self.channel_of(recording, own_channel).map_or(&[][..], |channel| &channel.parts);
        let is_own = |part: &&Part| (part.recording, part.channel, part.epoch) == (recording, own_channel, own_epoch);
        parts.iter().find(is_own).map_or(own_epoch, |part| part.broadcast_epoch)
    }

    /// The id of a row or session among all recordings: the index of its recording, and its id there. The rows of a recording
    /// keep their order.
    pub(super) fn place(recording: usize, id: i64) -> i64 {
        let recording = i64::try_from(recording).unwrap_or(i64::MAX) << ID_BITS;
        recording.saturating_add(id)
    }

    /// The recording and the id there.
    pub(super) fn own_id(id: i64) -> (usize, i64) {
        match usize::try_from(id >> ID_BITS) {
            Ok(recording) => (recording, id & ((1 << ID_BITS) - 1)),
            Err(_) => (0, id),
        }
    }

    /// The id of the recording that a session belongs to.
    pub(super) fn recording_of(&self, session: i64) -> String {
        let (recording, _) = Self::own_id(session);
        self.recordings.get(recording).map(ToString::to_string).unwrap_or_default()
    }

    /// Whether rows of several recordings must be combined.
    pub(super) fn has_several(&self) -> bool {
        self.recordings.len() > 1
    }
}

/// A channel of one recording.
struct OwnChannel {
    recording: usize,
    id: i64,
    name: Channel,
    epoch: i64,
    messages: u64,
    rejected: u64,
    last_at: Option<i64>,
    counter: Option<u64>,
    counter_at: Option<i64>,
}

impl StoreChannel {
    fn new(id: i64, channel: Channel) -> Self {
        let summary = ChannelSummary { channel, epoch: 1, messages: 0, rejected: 0, last_at: None, counter: None };
        Self { row: ChannelRow { id, last_epoch: 1, counter_at: None, summary }, parts: Vec::new() }
    }

    /// Adds the channel of one more recording. The current epoch is the one that was used last.
    fn add(&mut self, own: &OwnChannel, mut parts: Vec<Part>) {
        let summary = &mut self.row.summary;
        let epoch = parts.iter().find(|part| part.epoch == own.epoch).map_or(own.epoch, |part| part.broadcast_epoch);
        let used = |last_at: Option<i64>, counter_at: Option<i64>| last_at.max(counter_at);
        let is_first = self.parts.is_empty();
        let is_newer = used(own.last_at, own.counter_at) > used(summary.last_at, self.row.counter_at);
        if epoch == summary.epoch && !is_first {
            if own.counter > summary.counter {
                (summary.counter, self.row.counter_at) = (own.counter, own.counter_at);
            }
        } else if is_newer || is_first {
            summary.epoch = epoch;
            (summary.counter, self.row.counter_at) = (own.counter, own.counter_at);
        }
        summary.messages += own.messages;
        summary.rejected += own.rejected;
        summary.last_at = summary.last_at.max(own.last_at);
        parts.sort_by_key(|part| part.epoch);
        let last = parts.iter().map(|part| part.broadcast_epoch).max();
        self.row.last_epoch = self.row.last_epoch.max(last.unwrap_or(own.epoch));
        self.parts.append(&mut parts);
    }
}

/// The source that is asked for, or else the only one.
fn choose(title: &str, sources: &[String], wanted: Option<&str>) -> Result<String, StoreError> {
    let failed = |message: String| StoreError::new(StoreErrorKind::Source, message);
    let list = |sources: &[String]| {
        let listed = sources.iter().take(MAX_LISTED).map(|source| escape(source.as_bytes())).collect::<Vec<_>>();
        let more = if sources.len() > MAX_LISTED { ", …" } else { "" };
        format!("{}{more}", listed.join(", "))
    };
    match (wanted, sources) {
        (_, []) => Err(failed(format!("store {title} has no recordings; ship one with aircheck ship"))),
        (Some(wanted), _) if sources.iter().any(|source| source == wanted) => Ok(wanted.to_owned()),
        (Some(wanted), _) => Err(failed(format!(
            "store {title} has no source {}; choose --source: {}",
            escape(wanted.as_bytes()),
            list(sources)
        ))),
        (None, [source]) => Ok(source.clone()),
        (None, _) => Err(failed(format!("store {title} has several sources; choose --source: {}", list(sources)))),
    }
}
