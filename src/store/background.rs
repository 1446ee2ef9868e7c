//! Ships a recording in progress, in a thread of its own. The recorder never waits for it.

use std::io;
use std::sync::mpsc;
use std::time::Duration;

use tokio::sync::watch;

use super::ship::{ShipSettings, follow};
use super::status::ShipStatus;

/// A shipper in its own thread.
#[derive(Debug)]
pub struct BackgroundShipper {
    status: watch::Receiver<ShipStatus>,
    finish: watch::Sender<bool>,
    ended: mpsc::Receiver<()>,
}

impl BackgroundShipper {
    /// How long the end of a recording waits for the store.
    pub const FINISH_TIMEOUT: Duration = Duration::from_secs(5);

    /// Starts to ship.
    ///
    /// # Errors
    /// The system cannot create a thread or an event loop.
    pub fn start(settings: ShipSettings) -> io::Result<Self> {
        let (publish, status) = watch::channel(ShipStatus::default());
        let (finish, told) = watch::channel(false);
        let (ends, ended) = mpsc::channel();
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        std::thread::Builder::new().name("store".to_owned()).spawn(move || {
            runtime.block_on(follow(&settings, &publish, told));
            // The receiver is gone if the time limit has passed.
            let _ = ends.send(());
        })?;
        Ok(Self { status, finish, ended })
    }

    /// The status. It can be cloned, and used after the shipper has ended.
    #[must_use]
    pub fn status(&self) -> &watch::Receiver<ShipStatus> {
        &self.status
    }

    /// Ships the rest, after the recording has ended. Waits at most `limit`. Returns the final status.
    #[must_use]
    pub fn finish(self, limit: Duration) -> ShipStatus {
        self.finish.send_replace(true);
        let _ = self.ended.recv_timeout(limit);
        self.status.borrow().clone()
    }
}
