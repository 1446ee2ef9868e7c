//! Stores its position in a file. Each run ends when no message arrives for a second, and the next one reports what was
//! missed in between: `cargo run --example resume URL FILE`

use std::error::Error;
use std::time::Duration;

use aircheck::broadcast::{Broadcast, Event, Position};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let mut args = std::env::args().skip(1);
    let (Some(url), Some(file)) = (args.next(), args.next()) else { return Err("usage: resume URL FILE".into()) };
    let position: Option<Position> = match std::fs::read_to_string(&file) {
        Ok(text) => Some(text.parse()?),
        // The first run.
        Err(_) => None,
    };
    let broadcast = Broadcast::new(&url, "ops")?.with_signing_key("the secret");
    let listener = broadcast.listener().resume_after(position).idle_timeout(Duration::from_secs(1));
    let mut stream = listener.into_stream();
    while let Some(event) = stream.next().await.transpose()? {
        match event {
            Event::Started(_) => println!("listening"),
            Event::Message(message) => println!("{}: {}", message.sequence_info(), message.escaped_name()),
            Event::Missed(missed) => println!("missed {:?} to {:?}", missed.sequence_from, missed.sequence_to),
            _ => {}
        }
        // Store the position after the event is processed. If the program crashes before, the next run reports the event's
        // message as missed.
        if let Some(position) = stream.last_position() {
            std::fs::write(&file, position.to_string())?;
        }
    }
    Ok(())
}
