//! The thread that reads a recording: it may wait for the disk, and for the screen.

use std::sync::mpsc;
use std::sync::mpsc::RecvTimeoutError;
use std::time::{Duration, Instant};

use tokio::sync::mpsc::{Receiver, channel};

use crate::console::app::event::Event;
use crate::console::app::replay::ReplayOrder;
use crate::console::runtime::player::Player;

/// The clock goes on in such steps.
const STEP: Duration = Duration::from_millis(33);
/// At the end, what is added is looked for this often.
const FOLLOW: Duration = Duration::from_millis(200);
/// Real time beyond this between two steps is left out: the program was stopped.
const MAX_LENGTH: Duration = Duration::from_millis(500);
/// What may wait for the screen, in steps.
const WAITING: usize = 4;

/// Starts it; it ends when either end is dropped.
pub(crate) fn start(mut player: Player, first: Vec<Event>) -> (mpsc::Sender<ReplayOrder>, Receiver<Vec<Event>>) {
    let (orders, asked) = mpsc::channel();
    let (results, events) = channel(WAITING);
    std::thread::spawn(move || {
        let mut events = first;
        let mut stepped = Instant::now();
        loop {
            if !events.is_empty() && results.blocking_send(std::mem::take(&mut events)).is_err() {
                return;
            }
            let before = player.status().clone();
            match wait(&player, &asked) {
                Ok(order) => player.order(order, &mut events),
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => return,
            }
            let elapsed = stepped.elapsed().min(MAX_LENGTH);
            stepped = Instant::now();
            if before.is_playing {
                player.advance(elapsed, &mut events);
            }
            if *player.status() != before {
                events.push(Event::Replay(player.status().clone()));
            }
        }
    });
    (orders, events)
}

fn wait(player: &Player, asked: &mpsc::Receiver<ReplayOrder>) -> Result<ReplayOrder, RecvTimeoutError> {
    let status = player.status();
    let patience = match (status.is_playing, status.at_end, status.speed.0) {
        (false, ..) => return asked.recv().map_err(|_| RecvTimeoutError::Disconnected),
        (true, true, _) => FOLLOW,
        (true, false, Some(_)) => STEP,
        (true, false, None) => Duration::ZERO,
    };
    asked.recv_timeout(patience)
}
