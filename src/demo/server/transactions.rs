//! MULTI, EXEC, DISCARD.

use super::client::{Id, Transaction};
use super::command;
use super::state::ServerState;

pub(super) fn multi(state: &mut ServerState, id: Id, _: &[&[u8]]) {
    let client = state.client(id);
    if client.transaction.is_some() {
        client.reply().error("ERR MULTI calls can not be nested");
    } else {
        client.transaction = Some(Transaction::default());
        client.reply().ok();
    }
}

pub(super) fn discard(state: &mut ServerState, id: Id, _: &[&[u8]]) {
    let client = state.client(id);
    match client.transaction.take() {
        Some(_) => client.reply().ok(),
        None => client.reply().error("ERR DISCARD without MULTI"),
    }
}

/// Runs the queued commands. A message to this connection is delivered within the reply, as in Redis before 7.2.
pub(super) fn exec(state: &mut ServerState, id: Id, _: &[&[u8]]) {
    let client = state.client(id);
    match client.transaction.take() {
        None => client.reply().error("ERR EXEC without MULTI"),
        Some(transaction) if transaction.broken => {
            client.reply().error("EXECABORT Transaction discarded because of previous errors.");
        }
        Some(transaction) => {
            client.reply().array(transaction.queue.len());
            for parts in transaction.queue {
                let parts: Vec<&[u8]> = parts.iter().map(Vec::as_slice).collect();
                command::run_queued(state, id, &parts);
            }
        }
    }
}
