//! Microbenchmarks of the parts that every message passes, so that a regression shows: `cargo bench --bench parts`.

mod frames;
mod intake;
mod ledger;
mod material;
mod wire;

fn main() {
    divan::main();
}
