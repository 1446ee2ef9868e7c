//! Subscribing and publishing.

use crate::wire::glob;
use std::collections::BTreeSet;

use super::client::{Client, Id};

use super::state::ServerState;

/// The channels or patterns of a connection.
type SubscriptionSet = fn(&mut Client) -> &mut BTreeSet<Vec<u8>>;

const CHANNELS: SubscriptionSet = |client| &mut client.channels;
const PATTERNS: SubscriptionSet = |client| &mut client.patterns;

pub(super) fn subscribe(state: &mut ServerState, id: Id, parts: &[&[u8]]) {
    add(state.client(id), "subscribe", CHANNELS, &parts[1..]);
}

pub(super) fn psubscribe(state: &mut ServerState, id: Id, parts: &[&[u8]]) {
    add(state.client(id), "psubscribe", PATTERNS, &parts[1..]);
}

pub(super) fn unsubscribe(state: &mut ServerState, id: Id, parts: &[&[u8]]) {
    remove(state.client(id), "unsubscribe", CHANNELS, &parts[1..]);
}

pub(super) fn punsubscribe(state: &mut ServerState, id: Id, parts: &[&[u8]]) {
    remove(state.client(id), "punsubscribe", PATTERNS, &parts[1..]);
}

fn add(client: &mut Client, kind: &str, set: SubscriptionSet, names: &[&[u8]]) {
    for name in names {
        set(client).insert(name.to_vec());
        confirm(client, kind, Some(name));
    }
}

/// Removes the given subscriptions, or all. If there is nothing to remove, one confirmation is sent.
fn remove(client: &mut Client, kind: &str, set: SubscriptionSet, names: &[&[u8]]) {
    let names: Vec<Vec<u8>> = match names {
        [] => set(client).iter().cloned().collect(),
        _ => names.iter().map(|name| name.to_vec()).collect(),
    };
    if names.is_empty() {
        confirm(client, kind, None);
    }
    for name in names {
        set(client).remove(&name);
        confirm(client, kind, Some(&name));
    }
}

fn confirm(client: &mut Client, kind: &str, name: Option<&[u8]>) {
    let subscriptions = client.subscriptions();
    client.reply().push(3);
    client.reply().blob(kind);
    client.reply().blob_or_null(name);
    client.reply().integer(subscriptions);
}

pub(super) fn publish(state: &mut ServerState, id: Id, parts: &[&[u8]]) {
    let receivers = state.publish(parts[1], parts[2]);
    state.reply(id).integer(receivers);
}

/// `PUBSUB CHANNELS [pattern]`.
pub(super) fn channels(state: &mut ServerState, id: Id, parts: &[&[u8]]) {
    let pattern = parts.get(2);
    if parts.len() > 3 {
        return state
            .reply(id)
            .error("ERR unknown subcommand or wrong number of arguments for 'CHANNELS'. Try PUBSUB HELP.");
    }
    let channels: BTreeSet<Vec<u8>> = state
        .clients
        .values()
        .flat_map(|client| &client.channels)
        .filter(|channel| pattern.is_none_or(|pattern| glob::matches(pattern, channel)))
        .cloned()
        .collect();
    state.reply(id).array(channels.len());
    for channel in channels {
        state.reply(id).blob(channel);
    }
}

/// `PUBSUB NUMSUB [channel …]`. The reply is a flat array in both protocols.
pub(super) fn numsub(state: &mut ServerState, id: Id, parts: &[&[u8]]) {
    state.reply(id).array((parts.len() - 2) * 2);
    for channel in &parts[2..] {
        let count = state.clients.values().filter(|client| client.channels.contains(*channel)).count();
        state.reply(id).blob(channel);
        state.reply(id).integer(count);
    }
}

/// `PUBSUB NUMPAT`: the number of different patterns.
pub(super) fn numpat(state: &mut ServerState, id: Id, _: &[&[u8]]) {
    let patterns: BTreeSet<&Vec<u8>> = state.clients.values().flat_map(|client| &client.patterns).collect();
    let count = patterns.len();
    state.reply(id).integer(count);
}
