//! Messages of the example.

use serde_json::{Value, json};

/// A message to sign and send.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Message {
    pub(super) channel: &'static str,
    pub(super) name: &'static str,
    /// JSON.
    pub(super) data: Vec<u8>,
}

/// The name of a message, and the function that makes its data.
type Template = (&'static str, fn(&mut fastrand::Rng) -> Value);

const OPS: [Template; 4] = [
    ("cache-flush", |random| json!({"tag": pick(random, &TAGS), "keys": random.u32(1..4_000)})),
    ("user-logout", |random| json!({"id": random.u32(1..9_999)})),
    ("deploy-finished", deploy),
    (
        "config-reload",
        |random| json!({"revision": format!("{:07x}", random.u32(..0x1000_0000)), "changed": [pick(random, &TAGS)]}),
    ),
];

const BILLING: [Template; 5] = [
    ("invoice-paid", invoice),
    ("payment-failed", |random| {
        json!({"invoice": invoice_number(random), "reason": pick(random, &["insufficient funds", "card expired", "3-D Secure"]),
            "attempt": random.u8(1..4), "retry": random.bool()})
    }),
    (
        "refund-issued",
        |random| json!({"invoice": invoice_number(random), "amount": money(random), "note": "Grüße, das Team ☕"}),
    ),
    (
        "subscription-renewal",
        |random| json!({"customer": customer(random), "plan": pick(random, &PLANS), "renewed": random.u8(..20) > 0, "until": date(random)}),
    ),
    (
        "plan-changed",
        |random| json!({"customer": pick(random, &PEOPLE), "from": pick(random, &PLANS), "to": pick(random, &PLANS), "prorated": money(random)}),
    ),
];

const INVENTORY: [Template; 3] = [
    (
        "stock-level",
        |random| json!({"sku": sku(random), "warehouse": pick(random, &CITIES), "left": random.u32(..250), "reserved": random.u32(..40)}),
    ),
    ("price-update", |random| json!({"sku": sku(random), "price": money(random), "currency": "EUR"})),
    (
        "delivery-due",
        |random| json!({"sku": sku(random), "supplier": pick(random, &PEOPLE), "pallets": random.u8(1..30), "on": date(random)}),
    ),
];

const AUDIT: [Template; 3] = [
    ("login", |random| {
        json!({"user": pick(random, &PEOPLE), "from": {"ip": address(random), "city": pick(random, &CITIES)},
            "second_factor": random.bool()})
    }),
    ("permission-changed", |random| {
        json!({"user": pick(random, &PEOPLE), "by": pick(random, &PEOPLE),
            "granted": [pick(random, &TAGS), pick(random, &TAGS)], "expires": null})
    }),
    (
        "export-requested",
        |random| json!({"user": pick(random, &PEOPLE), "rows": random.u64(10..5_000_000), "format": pick(random, &["csv", "json", "parquet"])}),
    ),
];

const TAGS: [&str; 6] = ["cart", "catalog", "session", "search", "pricing", "navigation"];
const PEOPLE: [&str; 6] = ["Zoë Fontaine", "Łukasz Nowak", "山田 花子", "Ada Lovelace", "Öykü Şahin", "Иван Петров"];
const CITIES: [&str; 5] = ["München", "Kraków", "東京", "São Paulo", "Reykjavík"];
const PLANS: [&str; 3] = ["starter", "team", "enterprise"];

/// A random message for the channel.
pub(super) fn message(channel: &'static str, random: &mut fastrand::Rng) -> Message {
    let templates: &[Template] = match channel {
        "ops" => &OPS,
        "inventory:stock" => &INVENTORY,
        "audit" => &AUDIT,
        _ => &BILLING,
    };
    let (name, data) = templates[random.usize(..templates.len())];
    Message { channel, name, data: data(random).to_string().into_bytes() }
}

fn deploy(random: &mut fastrand::Rng) -> Value {
    let services: Vec<_> = (0..random.usize(1..4))
        .map(|_| json!({"name": pick(random, &TAGS), "replicas": random.u8(1..9), "healthy": random.u8(..10) > 0}))
        .collect();
    json!({"version": format!("2026.{}.{}", random.u8(1..13), random.u8(..40)), "services": services,
        "took": {"build": random.u16(30..400), "rollout": random.u16(5..90)}, "by": pick(random, &PEOPLE), "emoji": "🚀"})
}

fn invoice(random: &mut fastrand::Rng) -> Value {
    let lines: Vec<_> = (0..random.usize(1..5))
        .map(|_| json!({"sku": sku(random), "quantity": random.u8(1..6), "price": money(random)}))
        .collect();
    json!({"invoice": invoice_number(random), "customer": {"name": pick(random, &PEOPLE), "city": pick(random, &CITIES)},
        "lines": lines, "total": money(random), "vat": 0.19})
}

fn pick(random: &mut fastrand::Rng, words: &[&'static str]) -> &'static str {
    words[random.usize(..words.len())]
}

fn customer(random: &mut fastrand::Rng) -> String {
    format!("C-{}", random.u16(1_000..9_999))
}

fn date(random: &mut fastrand::Rng) -> String {
    format!("2027-{:02}-{:02}", random.u8(1..13), random.u8(1..29))
}

fn sku(random: &mut fastrand::Rng) -> String {
    format!("{}-{}", char::from(random.u8(b'A'..=b'F')), random.u8(10..100))
}

fn invoice_number(random: &mut fastrand::Rng) -> String {
    format!("R{}", random.u32(20_000..90_000))
}

/// An amount with two decimals.
fn money(random: &mut fastrand::Rng) -> f64 {
    f64::from(random.u32(99..50_000)) / 100.0
}

/// An address that RFC 5737 reserves for documentation.
fn address(random: &mut fastrand::Rng) -> String {
    format!("203.0.113.{}", random.u8(1..255))
}
