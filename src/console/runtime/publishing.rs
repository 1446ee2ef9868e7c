//! A task that publishes messages in order.

use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::sync::watch;

use crate::console::app::event::Event;
use crate::console::panes::compose::echoes::{SentCopy, hash};
use crate::console::popups::series::{Series, SeriesEnd};
use crate::redis::publisher::Publisher;
use crate::redis::subscription::now_micros;
use crate::wire::escape::escape;
use crate::wire::signature::Keyring;

/// The interval between two progress events of a series.
const PROGRESS_INTERVAL: Duration = Duration::from_millis(50);

/// The resolution of the timer: messages that are due sooner are sent at once.
const MIN_TIMER_WAIT: Duration = Duration::from_millis(1);

/// What to publish.
pub(crate) enum Order {
    /// One payload.
    One { id: u64, channel: Vec<u8>, payload: Vec<u8> },
    /// A message many times, until `stop` is set.
    Many { series: Box<Series>, stop: watch::Receiver<bool> },
}

/// Starts the task, which ends when the sender is dropped.
pub(crate) fn spawn(
    publisher: Publisher,
    keyring: Arc<Keyring>,
    results: UnboundedSender<Event>,
) -> UnboundedSender<Order> {
    let (sender, mut orders): (_, UnboundedReceiver<Order>) = unbounded_channel();
    let mut desk = Desk { publisher, keyring, results };
    tokio::spawn(async move {
        while let Some(order) = orders.recv().await {
            let event = match order {
                Order::One { id, channel, payload } => {
                    let result = desk.publish(&channel, &payload).await;
                    Event::Published { id, result, at: now_micros() }
                }
                Order::Many { series, stop } => desk.publish_many(&series, stop).await,
            };
            if desk.results.send(event).is_err() {
                return;
            }
        }
    });
    sender
}

struct Desk {
    publisher: Publisher,
    keyring: Arc<Keyring>,
    results: UnboundedSender<Event>,
}

impl Desk {
    /// Receivers and sequence number, or the error, escaped.
    async fn publish(&mut self, channel: &[u8], payload: &[u8]) -> Result<(u64, u64), String> {
        let receipt = self.publisher.publish(channel, payload).await;
        receipt
            .map(|receipt| (receipt.receivers, receipt.sequence))
            .map_err(|error| escape(error.to_string().as_bytes()))
    }

    /// Publishes each message when it is due. The first error ends the series.
    async fn publish_many(&mut self, series: &Series, mut stop: watch::Receiver<bool>) -> Event {
        let began = Instant::now();
        let mut news = began;
        let mut random = fastrand::Rng::new();
        let (mut sent, mut last) = (0, None);
        let mut copies = Vec::new();
        let mut end = SeriesEnd::Done;
        for index in 0..series.count {
            let due = series.rate.map_or(began, |rate| began + due_after(index, rate));
            let wait = due.saturating_duration_since(Instant::now());
            // The receipt of the first message adds the series to the history.
            if index == 1 || index > 0 && (news.elapsed() >= PROGRESS_INTERVAL || wait >= PROGRESS_INTERVAL) {
                news = Instant::now();
                self.report(&mut copies);
                let _ = self.results.send(Event::Series { sent, last, end: None, at: now_micros() });
            }
            if wait >= MIN_TIMER_WAIT {
                tokio::select! {
                    () = tokio::time::sleep(wait) => {}
                    _ = stop.changed() => {}
                }
            }
            // The sender is dropped when the console ends.
            if *stop.borrow() || stop.has_changed().is_err() {
                end = SeriesEnd::Stopped;
                break;
            }
            let now = now_micros().div_euclid(1_000_000);
            let outcome = match series.message(&self.keyring, index, now, random.u128(..)) {
                Ok((channel, payload)) => {
                    copies.push(SentCopy { hash: hash(&channel, &payload), at: now_micros() });
                    self.publish(&channel, &payload).await
                }
                Err(why) => Err(why),
            };
            match outcome {
                Ok(receipt) => (sent, last) = (sent + 1, Some(receipt)),
                Err(why) => {
                    end = SeriesEnd::Failed(why);
                    break;
                }
            }
        }
        self.report(&mut copies);
        Event::Series { sent, last, end: Some(end), at: now_micros() }
    }

    /// Reports the messages that were sent, so that the console recognises their echoes.
    fn report(&self, copies: &mut Vec<SentCopy>) {
        let _ = self.results.send(Event::SeriesCopies { copies: std::mem::take(copies), at: now_micros() });
    }
}

/// When the message at `index` is due, after the first.
fn due_after(index: u64, rate: u64) -> Duration {
    let nanos = u128::from(index) * 1_000_000_000 / u128::from(rate.max(1));
    Duration::from_nanos(u64::try_from(nanos).unwrap_or(u64::MAX))
}
