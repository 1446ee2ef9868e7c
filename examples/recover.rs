//! Reads missed messages from a recording that `aircheck record` writes. It listens until no message arrives for a second:
//! `cargo run --example recover URL RECORDING POSITION`

use std::error::Error;
use std::path::PathBuf;
use std::time::Duration;

use aircheck::broadcast::{Broadcast, Event, Message, Position, Verdict};
use tokio::task::spawn_blocking;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let mut args = std::env::args().skip(1);
    let (Some(url), Some(file), Some(position)) = (args.next(), args.next(), args.next()) else {
        return Err("usage: recover URL RECORDING POSITION".into());
    };
    let position: Position = position.parse()?;
    let broadcast = Broadcast::new(&url, "ops")?.with_signing_key("the secret");
    let listener = broadcast.listener().resume_after(position).idle_timeout(Duration::from_secs(1));
    let mut stream = listener.into_stream();
    while let Some(event) = stream.next().await.transpose()? {
        match event {
            Event::Message(message) => handle(&message),
            Event::Missed(missed) => {
                let (Some(from), Some(to)) = (missed.sequence_from, missed.sequence_to) else { continue };
                println!("missed {from} to {to}");
                let (broadcast, file) = (broadcast.clone(), PathBuf::from(&file));
                // Files are read on another thread, because this blocks.
                let recovered = spawn_blocking(move || {
                    broadcast.recording(file)?.messages(from..=to).collect::<Result<Vec<_>, _>>()
                });
                for message in recovered.await?? {
                    handle(&message);
                }
            }
            _ => {}
        }
    }
    Ok(())
}

fn handle(message: &Message) {
    if message.verdict() == Verdict::Verified {
        println!("{}: {}", message.sequence_info(), message.escaped_name());
    }
}
