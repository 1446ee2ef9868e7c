//! Microbenchmarks of the code that processes every message, to find regressions: `cargo bench --bench parts`.

mod frames;
mod intake;
mod ledger;
mod material;
mod wire;

fn main() {
    divan::main();
}
