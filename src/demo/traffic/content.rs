//! Plausible messages.

use serde_json::{Value, json};

/// A message to sign and send.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Message {
    pub(super) channel: &'static str,
    pub(super) name: &'static str,
    /// JSON, or nothing.
    pub(super) data: Vec<u8>,
}

/// A message's name, and what makes its data.
type Template = (&'static str, fn(&mut fastrand::Rng) -> Value);

const OPS: [Template; 6] = [
    ("cache-flush", |random| json!({"tag": pick(random, &TAGS), "keys": random.u32(1..4_000)})),
    ("price-update", |random| json!({"sku": sku(random), "price": money(random), "currency": "EUR"})),
    ("user-logout", |random| json!({"id": random.u32(1..9_999)})),
    (
        "stock-level",
        |random| json!({"sku": sku(random), "warehouse": pick(random, &CITIES), "left": random.u32(..250)}),
    ),
    ("deploy-finished", deploy),
    ("config-reload", |_| Value::Null),
];

const BILLING: [Template; 4] = [
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
        "plan-changed",
        |random| json!({"customer": pick(random, &PEOPLE), "from": pick(random, &PLANS), "to": pick(random, &PLANS), "prorated": money(random)}),
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

/// A message of that channel.
pub(super) fn message(channel: &'static str, random: &mut fastrand::Rng) -> Message {
    let templates: &[Template] = match channel {
        "billing" => &BILLING,
        "audit" => &AUDIT,
        _ => &OPS,
    };
    let (name, data) = templates[random.usize(..templates.len())];
    let data = match data(random) {
        Value::Null => Vec::new(),
        value => value.to_string().into_bytes(),
    };
    Message { channel, name, data }
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

/// An address of those kept for documentation (RFC 5737).
fn address(random: &mut fastrand::Rng) -> String {
    format!("203.0.113.{}", random.u8(1..255))
}
