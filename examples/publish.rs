//! Publishes three messages: `cargo run --example publish [URL]`

use std::error::Error;

use aircheck::broadcast::Broadcast;
use serde::Serialize;

#[derive(Serialize)]
struct Price {
    sku: String,
    price: f64,
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let url = std::env::args().nth(1).unwrap_or_else(|| "redis://127.0.0.1".to_owned());
    let broadcast = Broadcast::new(&url, "ops")?.with_signing_key("the secret");
    let mut publisher = broadcast.publisher();

    let receipt = publisher.publish("cache-flush").await?;
    println!("sent #{} to {} receivers", receipt.sequence, receipt.receivers);

    let price = Price { sku: "A-17".to_owned(), price: 9.5 };
    let receipt = publisher.publish_data("price-update", &price).await?;
    println!("sent #{} to {} receivers", receipt.sequence, receipt.receivers);

    let receipt = publisher.publish_json("shutdown", r#"{"reason": "maintenance"}"#).await?;
    println!("sent #{} to {} receivers", receipt.sequence, receipt.receivers);
    Ok(())
}
