//! The documentation: generates the reference pages from the code, and builds the site.
//!
//! `cargo docs` runs the ignored test: it writes the generated files and builds the site in `target/site`. The other tests fail if
//! a generated file is out of date, or if a link of the site leads nowhere.
#![expect(clippy::unwrap_used, reason = "documentation that cannot be built is a failure")]

mod commands;
mod configuration;
mod environment;
mod filter;
mod findings;
mod json_lines;
mod keys;
mod markdown;
mod metrics;
mod recording;
mod site;

use std::path::{Path, PathBuf};

/// A generated file, and what generates it.
type Generated = (&'static str, fn() -> String);

const GENERATED: &[Generated] = &[
    ("assets/config.schema.json", configuration::schema),
    ("assets/guide/reference/commands.md", commands::page),
    ("assets/guide/reference/configuration.md", configuration::page),
    ("assets/guide/reference/environment.md", environment::page),
    ("assets/guide/reference/filters.md", filter::page),
    ("assets/guide/reference/findings.md", findings::page),
    ("assets/guide/reference/json-lines.md", json_lines::page),
    ("assets/guide/reference/keys.md", keys::page),
    ("assets/guide/reference/metrics.md", metrics::page),
    ("assets/guide/reference/recording.md", recording::page),
];

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// A source file of the repository.
fn source(path: &str) -> String {
    std::fs::read_to_string(root().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

#[test]
fn every_generated_file_is_up_to_date() {
    for (path, generate) in GENERATED {
        let committed = std::fs::read_to_string(root().join(path)).unwrap_or_default();
        assert!(committed == generate(), "{path} is out of date; run cargo docs and commit the result");
    }
}

#[test]
#[ignore = "writes the generated files and builds the site; run `cargo docs`"]
fn write_and_build() {
    for (path, generate) in GENERATED {
        std::fs::write(root().join(path), generate()).unwrap();
        println!("{path}");
    }
    let site: PathBuf = site::build();
    println!("{}", site.join("index.html").display());
}
