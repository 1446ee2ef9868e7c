//! Finds the channels of a server, or of all primaries of a cluster.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use ::redis::Value;
use tokio::time::{Instant, timeout};

use super::client::{self, Client};
use super::cluster::servers::Servers;
use super::connect_error::ConnectError;
use super::target::Target;
use super::{counter, info};
use crate::ledger::known::ServerId;
use crate::ledger::sequence::{Channel, Reading};
use crate::wire::escape::escape;

/// The maximum number of channels in a list.
pub const MAX_CHANNELS: usize = 100_000;

/// The number of channels that one request asks about.
const CHANNELS_PER_REQUEST: usize = 1000;
/// The maximum total size of the channel names in a list, in bytes.
const MAX_NAME_BYTES: usize = 64 << 20;
/// The maximum number of `SCAN` replies per server. This is enough for about 100 million keys.
const MAX_SCANS: usize = 100_000;
/// The time limit for `SCAN` on all servers together.
const SCAN_TIMEOUT: Duration = Duration::from_mins(1);
/// The time limit for the whole discovery.
const DISCOVERY_TIMEOUT: Duration = Duration::from_mins(2);

/// What a server reports about one channel.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChannelInfo {
    /// The channel.
    pub channel: Channel,
    /// The channel's counter.
    pub counter: Reading,
    /// How many clients subscribe to the channel by name, on all primaries together. `None` if the server did not
    /// report it, e.g. because `PUBSUB NUMSUB` is denied.
    pub subscribers: Option<u64>,
}

/// The channels of a server, with notes about missing channels and values.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Discovery {
    /// The channels, sorted by name.
    pub channels: Vec<ChannelInfo>,
    /// Which commands were denied, and whether the list is incomplete. The texts are escaped for a terminal.
    pub notes: Vec<String>,
}

/// Why channels or counters could not be read. The texts are escaped for a terminal.
#[derive(Debug, thiserror::Error)]
pub enum DiscoveryError {
    /// The server cannot be reached, or rejected the login.
    #[error("cannot reach the server: {}", .0.line())]
    Connect(ConnectError),
    /// The connection was lost, or a reply took too long or was too large.
    #[error("cannot reach the server: {0}")]
    Unreachable(String),
    /// The server rejected both commands that list channels.
    #[error("the server rejected the command: {0}")]
    Rejected(String),
}

/// Lists the channels that have a counter (`SCAN`) or subscribers (`PUBSUB CHANNELS`), sorted by name.
///
/// If the server denies one of the two commands, the channels that only this command finds are missing. [`survey`]
/// returns a note about this.
///
/// # Errors
/// See [`survey`].
pub async fn discover(target: &Target, sequence_prefix: &str) -> Result<Vec<ChannelInfo>, DiscoveryError> {
    Ok(survey(target, sequence_prefix).await?.channels)
}

/// Like [`discover`], with notes about missing channels and values. It lists at most [`MAX_CHANNELS`] channels.
///
/// # Errors
/// The server cannot be reached, a reply takes more than five seconds, all replies together take more than two minutes, or
/// the server rejects both `SCAN` and `PUBSUB CHANNELS`.
pub async fn survey(target: &Target, sequence_prefix: &str) -> Result<Discovery, DiscoveryError> {
    timeout(DISCOVERY_TIMEOUT, survey_servers(target, sequence_prefix)).await.unwrap_or_else(timed_out)
}

fn timed_out<T>(_: tokio::time::error::Elapsed) -> Result<T, DiscoveryError> {
    Err(DiscoveryError::Unreachable(format!("not all replies arrived within {} s", DISCOVERY_TIMEOUT.as_secs())))
}

async fn survey_servers(target: &Target, sequence_prefix: &str) -> Result<Discovery, DiscoveryError> {
    let mut servers = Servers::connect(target).await.map_err(DiscoveryError::Connect)?;
    let mut found = FoundChannels::default();
    let (mut scan, mut subscribed) = (None, None);
    let deadline = Instant::now() + SCAN_TIMEOUT;
    for connection in &mut servers.connections {
        scan = scan.or(scan_counters(connection, sequence_prefix, deadline, &mut found).await?);
        subscribed = subscribed.or(pubsub_channels(connection, &mut found).await?);
    }
    if let (Some(scan), Some(_)) = (&scan, &subscribed) {
        return Err(DiscoveryError::Rejected(scan.clone()));
    }
    let mut notes = Vec::new();
    notes.extend(scan.map(|rejection| format!("channels without subscribers are not listed: {rejection}")));
    notes.extend(subscribed.map(|rejection| format!("channels never broadcast are not listed: {rejection}")));
    if found.is_full {
        notes.push(format!("the list is limited to {} channels; there are more", found.channels.len()));
    }
    notes.extend(found.scan_ended.map(|limit| format!("channels may be missing: SCAN did not finish within {limit}")));
    let names: Vec<Channel> = found.channels.into_iter().collect();
    let readings = read(&mut servers, sequence_prefix, &names).await?;
    let (mut subscribers, mut rejection) = (vec![Some(0_u64); names.len()], None);
    for connection in &mut servers.connections {
        let (more, rejected) = numsub(connection, &names).await?;
        for (number, more) in subscribers.iter_mut().zip(more) {
            *number = number.zip(more).map(|(number, more)| number.saturating_add(more));
        }
        rejection = rejection.or(rejected);
    }
    notes.extend(rejection.map(|rejection| format!("the numbers of subscribers are unknown: {rejection}")));
    let rows = names.into_iter().zip(readings).zip(subscribers);
    let channels = rows.map(|((channel, counter), subscribers)| ChannelInfo { channel, counter, subscribers });
    Ok(Discovery { channels: channels.collect(), notes })
}

/// Reads the counters of the given channels, in the same order. A counter that the user may not read is
/// [`Reading::Unreadable`].
///
/// # Errors
/// The server cannot be reached, a reply takes more than five seconds, or all replies together take more than two minutes.
pub async fn counters(
    target: &Target,
    sequence_prefix: &str,
    channels: &[Channel],
) -> Result<Vec<Reading>, DiscoveryError> {
    let ask = async {
        let mut servers = Servers::connect(target).await.map_err(DiscoveryError::Connect)?;
        read(&mut servers, sequence_prefix, channels).await
    };
    timeout(DISCOVERY_TIMEOUT, ask).await.unwrap_or_else(timed_out)
}

/// Like [`counters`]. Each reading comes with the server that holds the counter, or `None` if the server's id is
/// unknown.
///
/// # Errors
/// See [`counters`].
pub async fn counters_with_server(
    target: &Target,
    sequence_prefix: &str,
    channels: &[Channel],
) -> Result<Vec<(Reading, Option<Arc<ServerId>>)>, DiscoveryError> {
    timeout(DISCOVERY_TIMEOUT, read_with_server(target, sequence_prefix, channels)).await.unwrap_or_else(timed_out)
}

async fn read_with_server(
    target: &Target,
    sequence_prefix: &str,
    channels: &[Channel],
) -> Result<Vec<(Reading, Option<Arc<ServerId>>)>, DiscoveryError> {
    let mut servers = Servers::connect(target).await.map_err(DiscoveryError::Connect)?;
    let mut ids = Vec::with_capacity(servers.connections.len());
    for connection in &mut servers.connections {
        let mut pipeline = ::redis::pipe();
        for section in info::ID_SECTIONS {
            pipeline.cmd("INFO").arg(section);
        }
        let replies = ask(connection, "INFO", &mut pipeline).await?;
        let texts: Vec<&[u8]> = replies.iter().filter_map(client::text).collect();
        let [server, replication] = texts[..] else {
            ids.push(None);
            continue;
        };
        ids.push(info::server_id(server, replication).map(Arc::new));
    }
    // Reading the ids first is safe: if the server restarts before the counters are read, the connection ends.
    let readings = read(&mut servers, sequence_prefix, channels).await?;
    let of_channel = |channel: &Channel| {
        let owner = servers.owner_index(&counter::key(sequence_prefix, channel.as_bytes()))?;
        ids.get(owner).cloned().flatten()
    };
    let of_channels: Vec<_> = channels.iter().map(of_channel).collect();
    Ok(readings.into_iter().zip(of_channels).collect())
}

#[derive(Default)]
struct FoundChannels {
    channels: BTreeSet<Channel>,
    /// The total size of the names, in bytes.
    bytes: usize,
    is_full: bool,
    /// The limit that stopped `SCAN`.
    scan_ended: Option<String>,
}

impl FoundChannels {
    /// Adds a channel. Returns false if the list is full.
    fn add(&mut self, name: &[u8]) -> bool {
        let channel = Channel::new(name);
        if self.channels.contains(&channel) {
            return true;
        }
        if self.channels.len() == MAX_CHANNELS || self.bytes + name.len() > MAX_NAME_BYTES {
            self.is_full = true;
            return false;
        }
        self.bytes += name.len();
        self.channels.insert(channel);
        true
    }
}

/// Adds the channels that have a counter. Returns the server's error if `SCAN` was rejected.
async fn scan_counters(
    connection: &mut Client,
    sequence_prefix: &str,
    deadline: Instant,
    found: &mut FoundChannels,
) -> Result<Option<String>, DiscoveryError> {
    let pattern = format!("{}*", escape_glob(sequence_prefix));
    let mut cursor = b"0".to_vec();
    for _ in 0..MAX_SCANS {
        if Instant::now() >= deadline {
            found.scan_ended = Some(format!("{} s", SCAN_TIMEOUT.as_secs()));
            return Ok(None);
        }
        let mut pipeline = ::redis::pipe();
        pipeline.cmd("SCAN").arg(&cursor).arg("MATCH").arg(&pattern).arg("COUNT").arg(CHANNELS_PER_REQUEST);
        let keys = match ask(connection, "SCAN", &mut pipeline).await?.pop() {
            Some(Value::Array(mut page)) if page.len() == 2 => match (page.pop(), page.pop()) {
                (Some(Value::Array(keys)), Some(Value::BulkString(next))) => {
                    cursor = next;
                    keys
                }
                _ => return Ok(Some("unexpected reply to SCAN".to_owned())),
            },
            Some(Value::ServerError(error)) => return Ok(Some(error_text(&error))),
            _ => return Ok(Some("unexpected reply to SCAN".to_owned())),
        };
        for key in keys {
            let Value::BulkString(key) = key else { continue };
            if let Some(name) = key.strip_prefix(sequence_prefix.as_bytes())
                && !found.add(name)
            {
                return Ok(None);
            }
        }
        if cursor == b"0" {
            return Ok(None);
        }
    }
    found.scan_ended = Some(format!("{MAX_SCANS} replies"));
    Ok(None)
}

/// Adds the channels that have subscribers. Returns the server's error if the command was rejected.
async fn pubsub_channels(connection: &mut Client, found: &mut FoundChannels) -> Result<Option<String>, DiscoveryError> {
    let mut pipeline = ::redis::pipe();
    pipeline.cmd("PUBSUB").arg("CHANNELS");
    match ask(connection, "PUBSUB CHANNELS", &mut pipeline).await?.pop() {
        Some(Value::Array(names)) => {
            for name in names {
                if let Value::BulkString(name) = name
                    && !found.add(&name)
                {
                    break;
                }
            }
            Ok(None)
        }
        Some(Value::ServerError(error)) => Ok(Some(error_text(&error))),
        _ => Ok(Some("unexpected reply to PUBSUB CHANNELS".to_owned())),
    }
}

/// Reads each counter on the server that owns it.
async fn read(
    servers: &mut Servers,
    sequence_prefix: &str,
    channels: &[Channel],
) -> Result<Vec<Reading>, DiscoveryError> {
    let keys: Vec<Vec<u8>> = channels.iter().map(|channel| counter::key(sequence_prefix, channel.as_bytes())).collect();
    let owners: Vec<Option<usize>> = keys.iter().map(|key| servers.owner_index(key)).collect();
    let mut readings = vec![Reading::Unreadable("no node owns its slot".into()); keys.len()];
    for (index, connection) in servers.connections.iter_mut().enumerate() {
        let held: Vec<usize> = (0..keys.len()).filter(|&key| owners[key] == Some(index)).collect();
        for chunk in held.chunks(CHANNELS_PER_REQUEST) {
            let replies = get(connection, chunk.iter().map(|&key| &keys[key][..])).await?;
            for (&key, reading) in chunk.iter().zip(replies) {
                readings[key] = reading;
            }
        }
    }
    Ok(readings)
}

/// Sends one `GET` per counter instead of one `MGET`. `MGET` fails as a whole if the user may not read one of the keys,
/// and reports a key of another type as missing.
async fn get<'a>(
    connection: &mut Client,
    keys: impl Iterator<Item = &'a [u8]>,
) -> Result<Vec<Reading>, DiscoveryError> {
    let mut pipeline = ::redis::pipe();
    for key in keys {
        pipeline.cmd("GET").arg(key);
    }
    let replies = ask(connection, "GET", &mut pipeline).await?;
    Ok(replies
        .into_iter()
        .map(|reply| match reply {
            Value::Nil => Reading::Missing,
            Value::BulkString(text) => counter::read(&text),
            Value::ServerError(error) => Reading::Unreadable(client::server_error_text(&error).into()),
            _ => Reading::Unreadable("unexpected reply to GET".into()),
        })
        .collect())
}

/// Returns how many clients subscribe to each channel. After an error reply, the remaining numbers are `None`, and the error
/// is returned too.
async fn numsub(
    connection: &mut Client,
    channels: &[Channel],
) -> Result<(Vec<Option<u64>>, Option<String>), DiscoveryError> {
    let mut numbers = Vec::with_capacity(channels.len());
    let mut rejection = None;
    for chunk in channels.chunks(CHANNELS_PER_REQUEST) {
        let mut pipeline = ::redis::pipe();
        pipeline.cmd("PUBSUB").arg("NUMSUB");
        for channel in chunk {
            pipeline.arg(channel.as_bytes());
        }
        match ask(connection, "PUBSUB NUMSUB", &mut pipeline).await?.pop() {
            Some(Value::Array(pairs)) if pairs.len() == 2 * chunk.len() => {
                numbers.extend(pairs.chunks_exact(2).map(|pair| match pair[1] {
                    Value::Int(number) => u64::try_from(number).ok(),
                    _ => None,
                }));
            }
            Some(Value::ServerError(error)) => {
                rejection = Some(error_text(&error));
                break;
            }
            _ => {
                rejection = Some("unexpected reply to PUBSUB NUMSUB".to_owned());
                break;
            }
        }
    }
    numbers.resize(channels.len(), None);
    Ok((numbers, rejection))
}

/// Sends a pipeline. An error names the command.
async fn ask(
    connection: &mut Client,
    command: &str,
    pipeline: &mut ::redis::Pipeline,
) -> Result<Vec<Value>, DiscoveryError> {
    client::replies(connection, pipeline).await.map_err(|error| {
        DiscoveryError::Unreachable(format!("{command}: {}", escape(client::error_text(&error).as_bytes())))
    })
}

/// Escapes the prefix so that it matches itself as a glob pattern.
fn escape_glob(prefix: &str) -> String {
    let mut pattern = String::with_capacity(prefix.len());
    for character in prefix.chars() {
        if matches!(character, '*' | '?' | '[' | ']' | '^' | '-' | '\\') {
            pattern.push('\\');
        }
        pattern.push(character);
    }
    pattern
}

fn error_text(error: &::redis::ServerError) -> String {
    escape(client::server_error_text(error).as_bytes())
}
