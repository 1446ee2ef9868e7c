//! Finds, checks, queues and runs commands. The error texts are those of Redis 7.

use super::client::{Client, Id, Transaction};
use super::state::ServerState;
use super::{keys, pubsub, session, transactions};

/// Runs a command. The first part is its name.
type CommandFn = fn(&mut ServerState, Id, &[&[u8]]);

/// The properties of a command.
pub(super) struct Command {
    /// The name in lower case. A subcommand follows after `|`.
    name: &'static str,
    /// The number of parts, including the name and the subcommand. A negative value is a minimum.
    arity: isize,
    /// Whether a RESP2 connection may use it while subscribed.
    while_subscribed: bool,
    /// Whether it runs immediately between MULTI and EXEC.
    never_queued: bool,
    run: CommandFn,
}

const fn command(name: &'static str, arity: isize, run: CommandFn) -> Command {
    Command { name, arity, while_subscribed: false, never_queued: false, run }
}

const fn while_subscribed(name: &'static str, arity: isize, run: CommandFn) -> Command {
    Command { name, arity, while_subscribed: true, never_queued: false, run }
}

const fn never_queued(name: &'static str, arity: isize, run: CommandFn) -> Command {
    Command { name, arity, while_subscribed: false, never_queued: true, run }
}

/// Only reached without a subcommand, so there are too few parts.
fn container(state: &mut ServerState, id: Id, parts: &[&[u8]]) {
    state.reply(id).error(wrong_number(&String::from_utf8_lossy(parts[0]).to_ascii_lowercase()));
}

static COMMANDS: [Command; 33] = [
    command("auth", -2, session::auth),
    command("client", -2, container),
    command("client|getname", 2, session::client_getname),
    command("client|id", 2, session::client_id),
    command("client|kill", -3, session::client_kill),
    command("client|setinfo", 4, session::client_setinfo),
    command("client|setname", 3, session::client_setname),
    command("command", -1, session::command),
    command("del", -2, keys::del),
    command("exists", -2, keys::exists),
    never_queued("discard", 1, transactions::discard),
    never_queued("exec", 1, transactions::exec),
    command("get", 2, keys::get),
    command("hello", -1, session::hello),
    command("incr", 2, keys::incr),
    command("info", -1, session::info),
    command("mget", -2, keys::mget),
    never_queued("multi", 1, transactions::multi),
    while_subscribed("ping", -1, session::ping),
    while_subscribed("psubscribe", -2, pubsub::psubscribe),
    command("publish", 3, pubsub::publish),
    command("pubsub", -2, container),
    command("pubsub|channels", -2, pubsub::channels),
    command("pubsub|numpat", 2, pubsub::numpat),
    command("pubsub|numsub", -2, pubsub::numsub),
    while_subscribed("punsubscribe", -1, pubsub::punsubscribe),
    Command { name: "quit", arity: -1, while_subscribed: true, never_queued: true, run: session::quit },
    command("role", 1, session::role),
    command("scan", -2, keys::scan),
    command("select", 2, session::select),
    command("set", -3, keys::set),
    while_subscribed("subscribe", -2, pubsub::subscribe),
    while_subscribed("unsubscribe", -1, pubsub::unsubscribe),
];

/// Runs, queues or rejects a command. Appends the reply to the connection's output.
pub(super) fn execute(state: &mut ServerState, id: Id, parts: &[&[u8]]) {
    let client = state.client(id);
    match check(parts).and_then(|command| allowed_while_subscribed(client, command)) {
        Err(error) => reject(client, parts, error),
        Ok(command) => match &mut client.transaction {
            Some(Transaction { queue, .. }) if !command.never_queued => {
                queue.push(parts.iter().map(|part| part.to_vec()).collect());
                client.reply().simple("QUEUED");
            }
            _ => (command.run)(state, id, parts),
        },
    }
}

/// Rejects a command. This also breaks a transaction, or ends it if the command is EXEC.
fn reject(client: &mut Client, parts: &[&[u8]], error: Vec<u8>) {
    if parts.first().is_some_and(|name| name.eq_ignore_ascii_case(b"exec")) {
        client.transaction = None;
        let reason = error.strip_prefix(b"ERR ").unwrap_or(&error);
        return client.reply().error([b"EXECABORT Transaction discarded because of: ", reason].concat());
    }
    if let Some(transaction) = &mut client.transaction {
        transaction.broken = true;
    }
    client.reply().error(error);
}

fn allowed_while_subscribed(client: &Client, command: &'static Command) -> Result<&'static Command, Vec<u8>> {
    if command.while_subscribed || !client.is_only_subscriber() {
        return Ok(command);
    }
    let error = format!(
        "ERR Can't execute '{}': only (P|S)SUBSCRIBE / (P|S)UNSUBSCRIBE / PING / QUIT / RESET are allowed in this context",
        command.name
    );
    Err(error.into_bytes())
}

/// Runs a queued command. It was checked before it was queued.
pub(super) fn run_queued(state: &mut ServerState, id: Id, parts: &[&[u8]]) {
    match check(parts) {
        Ok(command) => (command.run)(state, id, parts),
        Err(error) => state.reply(id).error(error),
    }
}

fn check(parts: &[&[u8]]) -> Result<&'static Command, Vec<u8>> {
    let command = find(parts)?;
    let least = command.arity.unsigned_abs();
    if if command.arity < 0 { parts.len() >= least } else { parts.len() == least } {
        Ok(command)
    } else {
        Err(wrong_number(command.name))
    }
}

fn find(parts: &[&[u8]]) -> Result<&'static Command, Vec<u8>> {
    let [name, arguments @ ..] = parts else { return Err(b"ERR unknown command".to_vec()) };
    let is_container = [&b"client"[..], b"pubsub"].iter().any(|container| name.eq_ignore_ascii_case(container));
    if let ([subcommand, ..], true) = (arguments, is_container) {
        let full = [name.to_ascii_lowercase(), subcommand.to_ascii_lowercase()].join(&b'|');
        return by_name(&full).ok_or_else(|| unknown_subcommand(name, subcommand));
    }
    by_name(&name.to_ascii_lowercase())
        .filter(|command| !command.name.contains('|'))
        .ok_or_else(|| unknown_command(name, arguments))
}

fn by_name(name: &[u8]) -> Option<&'static Command> {
    COMMANDS.iter().find(|command| command.name.as_bytes() == name)
}

/// The error for too many or too few arguments.
pub(super) fn wrong_number(name: &str) -> Vec<u8> {
    format!("ERR wrong number of arguments for '{name}' command").into_bytes()
}

fn unknown_command(name: &[u8], arguments: &[&[u8]]) -> Vec<u8> {
    let mut shown = Vec::new();
    for argument in arguments {
        if shown.len() >= MAX_ERROR_BYTES {
            break;
        }
        let room = MAX_ERROR_BYTES - shown.len();
        shown.push(b'\'');
        shown.extend_from_slice(as_c_text(argument, room));
        shown.extend_from_slice(b"' ");
    }
    [b"ERR unknown command '", as_c_text(name, MAX_ERROR_BYTES), b"', with args beginning with: ", &shown].concat()
}

fn unknown_subcommand(name: &[u8], subcommand: &[u8]) -> Vec<u8> {
    let name = name.to_ascii_uppercase();
    [b"ERR unknown subcommand '", as_c_text(subcommand, MAX_ERROR_BYTES), b"'. Try ", &name, b" HELP."].concat()
}

/// The maximum number of bytes of a name or of arguments in an error.
const MAX_ERROR_BYTES: usize = 128;

/// The bytes up to the first NUL, at most `most`, like C's `%.128s`.
fn as_c_text(bytes: &[u8], most: usize) -> &[u8] {
    let end = bytes.iter().position(|&byte| byte == 0).unwrap_or(bytes.len());
    &bytes[..end.min(most)]
}
