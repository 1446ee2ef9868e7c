//! The commands for the connection and the server.

use super::client::{Client, Id};
use super::command::wrong_number;
use super::info;
use super::keys::{NOT_AN_INTEGER, SYNTAX_ERROR, integer};
use super::reply::Protocol;
use super::state::{DATABASE_COUNT, ServerState};

const WRONG_PASSWORD: &str = "WRONGPASS invalid username-password pair or user is disabled.";
const BAD_NAME: &str = "ERR Client names cannot contain spaces, newlines or special characters.";

/// `HELLO [version [AUTH user password] [SETNAME name]]`
pub(super) fn hello(state: &mut ServerState, id: Id, parts: &[&[u8]]) {
    let client = state.client(id);
    if let Err(error) = greet(client, &parts[1..]) {
        return client.reply().error(error);
    }
    let version = match client.protocol {
        Protocol::Resp2 => 2,
        Protocol::Resp3 => 3,
    };
    client.reply().map(7);
    for (key, value) in [("server", "redis"), ("version", info::REDIS_VERSION)] {
        client.reply().blob(key);
        client.reply().blob(value);
    }
    client.reply().blob("proto");
    client.reply().signed(version);
    client.reply().blob("id");
    client.reply().signed(id.cast_signed());
    for (key, value) in [("mode", "standalone"), ("role", "master")] {
        client.reply().blob(key);
        client.reply().blob(value);
    }
    client.reply().blob("modules");
    client.reply().array(0);
}

/// Applies all options or none.
fn greet(client: &mut Client, arguments: &[&[u8]]) -> Result<(), Vec<u8>> {
    let [version, options @ ..] = arguments else { return Ok(()) };
    let protocol = match integer(version) {
        None => return Err(b"ERR Protocol version is not an integer or out of range".to_vec()),
        Some(2) => Protocol::Resp2,
        Some(3) => Protocol::Resp3,
        Some(_) => return Err(b"NOPROTO unsupported protocol version".to_vec()),
    };
    let mut new_name = None;
    let mut rest = options;
    while let [option, arguments @ ..] = rest {
        rest = match (&option.to_ascii_lowercase()[..], arguments) {
            (b"auth", [b"default", _, rest @ ..]) => rest,
            (b"auth", [_, _, ..]) => return Err(WRONG_PASSWORD.into()),
            (b"setname", [name, rest @ ..]) => {
                new_name = Some(checked_name(name)?);
                rest
            }
            _ => return Err([b"ERR Syntax error in HELLO option '", *option, b"'"].concat()),
        };
    }
    client.protocol = protocol;
    if let Some(name) = new_name {
        client.name = name;
    }
    Ok(())
}

fn checked_name(name: &[u8]) -> Result<Vec<u8>, Vec<u8>> {
    if name.iter().all(|byte| (b'!'..=b'~').contains(byte)) { Ok(name.to_vec()) } else { Err(BAD_NAME.into()) }
}

/// There is no password. The user `default` can use any password. Other users are rejected.
pub(super) fn auth(state: &mut ServerState, id: Id, parts: &[&[u8]]) {
    let reply = state.reply(id);
    match parts {
        [_, b"default", _] => reply.ok(),
        [_, _, _] => reply.error(WRONG_PASSWORD),
        [_, _] => reply.error(
            "ERR AUTH <password> called without any password configured for the default user. Are you sure your \
             configuration is correct?",
        ),
        _ => reply.error(SYNTAX_ERROR),
    }
}

pub(super) fn select(state: &mut ServerState, id: Id, parts: &[&[u8]]) {
    let client = state.client(id);
    match integer(parts[1]).map(usize::try_from) {
        None => client.reply().error(NOT_AN_INTEGER),
        Some(Ok(database)) if database < DATABASE_COUNT => {
            client.database = database;
            client.reply().ok();
        }
        Some(_) => client.reply().error("ERR DB index is out of range"),
    }
}

pub(super) fn ping(state: &mut ServerState, id: Id, parts: &[&[u8]]) {
    let client = state.client(id);
    match parts {
        [_, _, _, ..] => client.reply().error(wrong_number("ping")),
        [_, rest @ ..] if client.is_only_subscriber() => {
            client.reply().array(2);
            client.reply().blob("pong");
            client.reply().blob(rest.first().copied().unwrap_or_default());
        }
        [_, text] => client.reply().blob(text),
        _ => client.reply().simple("PONG"),
    }
}

pub(super) fn quit(state: &mut ServerState, id: Id, _: &[&[u8]]) {
    let client = state.client(id);
    client.reply().ok();
    client.close();
}

/// Returns an empty reply. Clients that ask for command details at their start do not need them.
pub(super) fn command(state: &mut ServerState, id: Id, _: &[&[u8]]) {
    state.reply(id).array(0);
}

pub(super) fn role(state: &mut ServerState, id: Id, _: &[&[u8]]) {
    state.reply(id).array(3);
    state.reply(id).blob("master");
    state.reply(id).integer(0);
    state.reply(id).array(0);
}

pub(super) fn info(state: &mut ServerState, id: Id, parts: &[&[u8]]) {
    let text = info::text(state, &parts[1..]);
    state.reply(id).text(&text);
}

pub(super) fn client_id(state: &mut ServerState, id: Id, _: &[&[u8]]) {
    state.reply(id).signed(id.cast_signed());
}

pub(super) fn client_getname(state: &mut ServerState, id: Id, _: &[&[u8]]) {
    let name = Some(state.client(id).name.clone()).filter(|name| !name.is_empty());
    state.reply(id).blob_or_null(name);
}

pub(super) fn client_setname(state: &mut ServerState, id: Id, parts: &[&[u8]]) {
    let client = state.client(id);
    match checked_name(parts[2]) {
        Ok(name) => {
            client.name = name;
            client.reply().ok();
        }
        Err(error) => client.reply().error(error),
    }
}

/// A command of Redis 7.2. The client's information is not stored.
pub(super) fn client_setinfo(state: &mut ServerState, id: Id, _: &[&[u8]]) {
    state.reply(id).ok();
}

/// `CLIENT KILL [ID id] [TYPE normal|pubsub|…] [SKIPME yes|no]`. A connection must match all conditions.
pub(super) fn client_kill(state: &mut ServerState, id: Id, parts: &[&[u8]]) {
    let filter = match KillFilter::parse(&parts[2..]) {
        Ok(filter) => filter,
        Err(error) => return state.reply(id).error(error),
    };
    let mut killed = 0;
    for (&other, client) in state.clients.iter_mut().filter(|(other, client)| filter.takes(**other, client)) {
        if other != id {
            client.kill();
        } else if filter.skip_me {
            continue;
        } else {
            client.close();
        }
        killed += 1;
    }
    state.reply(id).integer(killed);
}

struct KillFilter {
    id: Option<Id>,
    subscribers: Option<bool>,
    skip_me: bool,
}

impl KillFilter {
    fn parse(options: &[&[u8]]) -> Result<Self, Vec<u8>> {
        if let [_] = options {
            return Err(b"ERR No such client".to_vec());
        }
        let mut filter = Self { id: None, subscribers: None, skip_me: true };
        for option in options.chunks(2) {
            let [name, value] = option else { return Err(SYNTAX_ERROR.into()) };
            match (&name.to_ascii_lowercase()[..], &value.to_ascii_lowercase()[..]) {
                (b"id", _) => match integer(value).and_then(|id| Id::try_from(id).ok()) {
                    None | Some(0) => return Err(b"ERR client-id should be greater than 0".to_vec()),
                    id => filter.id = id,
                },
                (b"type", b"normal") => filter.subscribers = Some(false),
                (b"type", b"pubsub") => filter.subscribers = Some(true),
                (b"type", _) => return Err([b"ERR Unknown client type '", *value, b"'"].concat()),
                (b"skipme", b"yes") => filter.skip_me = true,
                (b"skipme", b"no") => filter.skip_me = false,
                _ => return Err(SYNTAX_ERROR.into()),
            }
        }
        Ok(filter)
    }

    fn takes(&self, id: Id, client: &Client) -> bool {
        self.id.is_none_or(|wanted| wanted == id)
            && self.subscribers.is_none_or(|wanted| wanted == (client.subscriptions() > 0))
    }
}
