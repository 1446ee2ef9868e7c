//! The signals that end a command in an orderly way.

use std::io;

use tokio::signal::unix::{SignalKind, signal};

/// Waits for SIGINT, SIGTERM or SIGHUP; never returns where signals cannot be caught, for then they end the program.
pub(super) async fn end() {
    if caught().await.is_err() {
        std::future::pending::<()>().await;
    }
}

async fn caught() -> io::Result<()> {
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut terminate = signal(SignalKind::terminate())?;
    let mut hang_up = signal(SignalKind::hangup())?;
    tokio::select! {
        _ = interrupt.recv() => {}
        _ = terminate.recv() => {}
        _ = hang_up.recv() => {}
    }
    Ok(())
}
