//! What channels there are: the counters and the subscriptions of the server, or of all primaries of a cluster.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use ::redis::Value;
use tokio::time::{Instant, timeout};

use super::client::{self, Client};
use super::cluster::servers::Servers;
use super::target::Target;
use super::{counter, info};
use crate::ledger::known::ServerId;
use crate::ledger::sequence::{Channel, Reading};
use crate::wire::escape::escape;

/// The most channels that are listed.
pub const MAX: usize = 100_000;

/// How many channels are asked about at once.
const CHUNK: usize = 1000;
/// The most bytes that the names of the listed channels may have together.
const MAX_NAMES: usize = 64 << 20;
/// The most replies to SCAN that one server is asked for: enough for 100 million keys.
const MAX_SCANS: usize = 100_000;
/// How long SCAN may take, on all servers together.
const SCAN_TIMEOUT: Duration = Duration::from_mins(1);
/// How long everything may take together.
const TIMEOUT: Duration = Duration::from_mins(2);

/// What the server knows of one channel.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChannelFacts {
    /// The channel.
    pub channel: Channel,
    /// Its counter.
    pub counter: Reading,
    /// How many clients subscribe to it by name, on all primaries of a cluster; none where that may not be asked.
    pub subscribers: Option<u64>,
}

/// The channels of a server, and what the list lacks.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Discovery {
    /// The channels, sorted by name.
    pub channels: Vec<ChannelFacts>,
    /// What could not be asked, and whether the list is cut; for a person, already escaped for a terminal.
    pub notes: Vec<String>,
}

/// Why discovery failed; its texts are already escaped for a terminal.
#[derive(Debug, Clone, thiserror::Error)]
pub enum DiscoveryError {
    /// The server cannot be reached, or rejects the user.
    #[error("cannot reach the server: {0}")]
    Unreachable(String),
    /// The server rejected a command that discovery cannot do without.
    #[error("the server rejected: {0}")]
    Rejected(String),
}

/// Finds the channels that were ever broadcast (`SCAN` of the counters) or are subscribed to now
/// (`PUBSUB CHANNELS`), sorted by name; what the user may not ask is left out.
///
/// # Errors
/// Where the server cannot be asked at all.
pub async fn discover(target: &Target, sequence_prefix: &str) -> Result<Vec<ChannelFacts>, DiscoveryError> {
    Ok(survey(target, sequence_prefix).await?.channels)
}

/// As [`discover`], with what the list lacks: at most [`MOST`] channels are listed.
///
/// # Errors
/// Where the server cannot be asked, or rejects both `SCAN` and `PUBSUB CHANNELS`.
pub async fn survey(target: &Target, sequence_prefix: &str) -> Result<Discovery, DiscoveryError> {
    timeout(TIMEOUT, complete_survey(target, sequence_prefix)).await.unwrap_or_else(late)
}

fn late<T>(_: tokio::time::error::Elapsed) -> Result<T, DiscoveryError> {
    Err(DiscoveryError::Unreachable(format!("no complete answer within {} s", TIMEOUT.as_secs())))
}

async fn complete_survey(target: &Target, sequence_prefix: &str) -> Result<Discovery, DiscoveryError> {
    let mut servers = Servers::connect(target).await.map_err(DiscoveryError::Unreachable)?;
    let mut found = Found::default();
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
    if found.cut {
        notes.push(format!("only {} channels are listed, there are more", found.channels.len()));
    }
    notes.extend(found.scan_ended.map(|limit| format!("channels may be missing: SCAN did not end within {limit}")));
    let names: Vec<Channel> = found.channels.into_iter().collect();
    let readings = read(&mut servers, sequence_prefix, &names).await?;
    let (mut subscribers, mut rejection) = (vec![Some(0_u64); names.len()], None);
    for connection in &mut servers.connections {
        let (further, rejected) = numsub(connection, &names).await?;
        for (number, further) in subscribers.iter_mut().zip(further) {
            *number = number.zip(further).map(|(number, further)| number.saturating_add(further));
        }
        rejection = rejection.or(rejected);
    }
    notes.extend(rejection.map(|rejection| format!("subscribers are not known: {rejection}")));
    let facts = names.into_iter().zip(readings).zip(subscribers);
    let channels = facts.map(|((channel, counter), subscribers)| ChannelFacts { channel, counter, subscribers });
    Ok(Discovery { channels: channels.collect(), notes })
}

/// Reads the counters of the given channels, in that order.
///
/// # Errors
/// Where the server cannot be asked; a counter that may not be read is [`Reading::Unreadable`].
pub async fn counters(
    target: &Target,
    sequence_prefix: &str,
    channels: &[Channel],
) -> Result<Vec<Reading>, DiscoveryError> {
    let ask = async {
        let mut servers = Servers::connect(target).await.map_err(DiscoveryError::Unreachable)?;
        read(&mut servers, sequence_prefix, channels).await
    };
    timeout(TIMEOUT, ask).await.unwrap_or_else(late)
}

/// As [`counters`], each with the server that it was read from; none if it is unknown.
///
/// # Errors
/// If the server cannot be asked.
pub async fn counters_of(
    target: &Target,
    sequence_prefix: &str,
    channels: &[Channel],
) -> Result<Vec<(Reading, Option<Arc<ServerId>>)>, DiscoveryError> {
    timeout(TIMEOUT, read_of(target, sequence_prefix, channels)).await.unwrap_or_else(late)
}

async fn read_of(
    target: &Target,
    sequence_prefix: &str,
    channels: &[Channel],
) -> Result<Vec<(Reading, Option<Arc<ServerId>>)>, DiscoveryError> {
    let mut servers = Servers::connect(target).await.map_err(DiscoveryError::Unreachable)?;
    let mut ids = Vec::with_capacity(servers.connections.len());
    for connection in &mut servers.connections {
        let mut question = ::redis::pipe();
        for section in info::SECTIONS {
            question.cmd("INFO").arg(section);
        }
        let replies = ask(connection, "INFO", &mut question).await?;
        let texts: Vec<&[u8]> = replies.iter().filter_map(client::text).collect();
        let [server, replication] = texts[..] else {
            ids.push(None);
            continue;
        };
        ids.push(info::server_id(server, replication).map(Arc::new));
    }
    // The counters are read last: a server that has restarted since it said its id closes the connection.
    let readings = read(&mut servers, sequence_prefix, channels).await?;
    let of_channel = |channel: &Channel| {
        let holder = servers.holder(&counter::key(sequence_prefix, channel.as_bytes()))?;
        ids.get(holder).cloned().flatten()
    };
    let of_channels: Vec<_> = channels.iter().map(of_channel).collect();
    Ok(readings.into_iter().zip(of_channels).collect())
}

#[derive(Default)]
struct Found {
    channels: BTreeSet<Channel>,
    /// How many bytes the names of the channels have together.
    bytes: usize,
    cut: bool,
    /// The limit that ended SCAN before its end.
    scan_ended: Option<String>,
}

impl Found {
    /// False where the list is full.
    fn add(&mut self, name: &[u8]) -> bool {
        let channel = Channel::new(name);
        if self.channels.contains(&channel) {
            return true;
        }
        if self.channels.len() == MAX || self.bytes + name.len() > MAX_NAMES {
            self.cut = true;
            return false;
        }
        self.bytes += name.len();
        self.channels.insert(channel);
        true
    }
}

/// Adds the channels that have a counter; gives the server's rejection, if it rejected.
async fn scan_counters(
    connection: &mut Client,
    sequence_prefix: &str,
    deadline: Instant,
    found: &mut Found,
) -> Result<Option<String>, DiscoveryError> {
    let pattern = format!("{}*", literal(sequence_prefix));
    let mut cursor = b"0".to_vec();
    for _ in 0..MAX_SCANS {
        if Instant::now() >= deadline {
            found.scan_ended = Some(format!("{} s", SCAN_TIMEOUT.as_secs()));
            return Ok(None);
        }
        let mut question = ::redis::pipe();
        question.cmd("SCAN").arg(&cursor).arg("MATCH").arg(&pattern).arg("COUNT").arg(CHUNK);
        let keys = match ask(connection, "SCAN", &mut question).await?.pop() {
            Some(Value::Array(mut page)) if page.len() == 2 => match (page.pop(), page.pop()) {
                (Some(Value::Array(keys)), Some(Value::BulkString(next))) => {
                    cursor = next;
                    keys
                }
                _ => return Ok(Some("SCAN answered strangely".to_owned())),
            },
            Some(Value::ServerError(error)) => return Ok(Some(rejected(&error))),
            _ => return Ok(Some("SCAN answered strangely".to_owned())),
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

/// Adds the channels that have subscribers; gives the server's rejection, if it rejected.
async fn pubsub_channels(connection: &mut Client, found: &mut Found) -> Result<Option<String>, DiscoveryError> {
    let mut question = ::redis::pipe();
    question.cmd("PUBSUB").arg("CHANNELS");
    match ask(connection, "PUBSUB CHANNELS", &mut question).await?.pop() {
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
        Some(Value::ServerError(error)) => Ok(Some(rejected(&error))),
        _ => Ok(Some("PUBSUB CHANNELS answered strangely".to_owned())),
    }
}

/// Reads the counters, each on the server that holds it.
async fn read(
    servers: &mut Servers,
    sequence_prefix: &str,
    channels: &[Channel],
) -> Result<Vec<Reading>, DiscoveryError> {
    let keys: Vec<Vec<u8>> = channels.iter().map(|channel| counter::key(sequence_prefix, channel.as_bytes())).collect();
    let holders: Vec<Option<usize>> = keys.iter().map(|key| servers.holder(key)).collect();
    let mut readings = vec![Reading::Unreadable("no node owns its slot".into()); keys.len()];
    for (index, connection) in servers.connections.iter_mut().enumerate() {
        let held: Vec<usize> = (0..keys.len()).filter(|&key| holders[key] == Some(index)).collect();
        for chunk in held.chunks(CHUNK) {
            let replies = get(connection, chunk.iter().map(|&key| &keys[key][..])).await?;
            for (&key, reading) in chunk.iter().zip(replies) {
                readings[key] = reading;
            }
        }
    }
    Ok(readings)
}

/// One GET a counter and not one MGET for all: an MGET is rejected as a whole where one key may not be read, and says
/// of a key of another type that there is none.
async fn get<'a>(
    connection: &mut Client,
    keys: impl Iterator<Item = &'a [u8]>,
) -> Result<Vec<Reading>, DiscoveryError> {
    let mut question = ::redis::pipe();
    for key in keys {
        question.cmd("GET").arg(key);
    }
    let replies = ask(connection, "GET", &mut question).await?;
    Ok(replies
        .into_iter()
        .map(|reply| match reply {
            Value::Nil => Reading::Missing,
            Value::BulkString(text) => counter::read(&text),
            Value::ServerError(error) => Reading::Unreadable(client::server_words(&error).into()),
            _ => Reading::Unreadable("GET answered strangely".into()),
        })
        .collect())
}

/// How many clients subscribe to each channel; none from the first rejection on, which is given too.
async fn numsub(
    connection: &mut Client,
    channels: &[Channel],
) -> Result<(Vec<Option<u64>>, Option<String>), DiscoveryError> {
    let mut numbers = Vec::with_capacity(channels.len());
    let mut rejection = None;
    for chunk in channels.chunks(CHUNK) {
        let mut question = ::redis::pipe();
        question.cmd("PUBSUB").arg("NUMSUB");
        for channel in chunk {
            question.arg(channel.as_bytes());
        }
        match ask(connection, "PUBSUB NUMSUB", &mut question).await?.pop() {
            Some(Value::Array(pairs)) if pairs.len() == 2 * chunk.len() => {
                numbers.extend(pairs.chunks_exact(2).map(|pair| match pair[1] {
                    Value::Int(number) => u64::try_from(number).ok(),
                    _ => None,
                }));
            }
            Some(Value::ServerError(error)) => {
                rejection = Some(rejected(&error));
                break;
            }
            _ => {
                rejection = Some("PUBSUB NUMSUB answered strangely".to_owned());
                break;
            }
        }
    }
    numbers.resize(channels.len(), None);
    Ok((numbers, rejection))
}

/// Asks; an error names the command.
async fn ask(
    connection: &mut Client,
    command: &str,
    question: &mut ::redis::Pipeline,
) -> Result<Vec<Value>, DiscoveryError> {
    client::replies(connection, question).await.map_err(|error| {
        DiscoveryError::Unreachable(format!("{command}: {}", escape(client::words(&error).as_bytes())))
    })
}

/// The prefix as a glob pattern that matches only itself.
fn literal(prefix: &str) -> String {
    let mut pattern = String::with_capacity(prefix.len());
    for character in prefix.chars() {
        if matches!(character, '*' | '?' | '[' | ']' | '^' | '-' | '\\') {
            pattern.push('\\');
        }
        pattern.push(character);
    }
    pattern
}

fn rejected(error: &::redis::ServerError) -> String {
    escape(client::server_words(error).as_bytes())
}
