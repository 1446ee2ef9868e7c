//! Reads events from a stream next to a timer, until it receives `shutdown`: `cargo run --example stream [URL]`

use std::error::Error;
use std::time::Duration;

use aircheck::broadcast::{Broadcast, Event};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let url = std::env::args().nth(1).unwrap_or_else(|| "redis://127.0.0.1".to_owned());
    let broadcast = Broadcast::new(&url, "ops")?.with_signing_key("the secret");
    let mut stream = broadcast.listener().into_stream();
    let mut ticks = tokio::time::interval(Duration::from_secs(1));
    let mut messages = 0;
    loop {
        // `next` is cancel-safe: no event is lost if the timer is first.
        tokio::select! {
            event = stream.next() => match event.transpose()? {
                Some(Event::Started(started)) => println!("listening after {:?}", started.sequence),
                Some(Event::Message(message)) => {
                    messages += 1;
                    println!("{}: {}", message.sequence_info(), message.escaped_name());
                    if message.name() == "shutdown" {
                        break;
                    }
                }
                Some(Event::Missed(missed)) => println!("missed {:?} to {:?}", missed.sequence_from, missed.sequence_to),
                Some(Event::Dropped(dropped)) => println!("dropped {} messages", dropped.count),
                Some(Event::Link(link)) => println!("{}", link.state.name()),
                Some(_) => {}
                None => break,
            },
            _ = ticks.tick() => println!("{messages} messages so far"),
        }
    }
    Ok(())
}
