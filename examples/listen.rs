//! Listens with handlers, until it receives `shutdown`: `cargo run --example listen [URL]`

use std::error::Error;

use aircheck::broadcast::Broadcast;
use serde::Deserialize;

#[derive(Deserialize)]
struct Price {
    sku: String,
    price: f64,
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let url = std::env::args().nth(1).unwrap_or_else(|| "redis://127.0.0.1".to_owned());
    let broadcast = Broadcast::new(&url, "ops")?.with_signing_key("the secret");
    let mut listener = broadcast
        .listener()
        .on_listen(|_| println!("listening"))
        .on_data("price-update", |price: Price, message| {
            println!("{}: {} costs {}", message.sequence_info(), price.sku, price.price);
        })
        .on("shutdown", |message| {
            println!("{}: shutdown {:?}", message.sequence_info(), message.value());
            message.stop();
        })
        .on_any_other(|message| println!("{}: {}", message.sequence_info(), message.escaped_name()))
        .on_missed(|missed| println!("missed {:?} to {:?}", missed.sequence_from, missed.sequence_to))
        .on_rejected(|message, why| println!("{}: {why}", message.escaped_name()));
    let reason = listener.listen().await?;
    println!("ended: {reason:?}");
    Ok(())
}
