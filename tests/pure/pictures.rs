//! The pictures of the README and the guide. `cargo pictures` draws them; a test fails if a committed one is out of date.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

#[path = "../../src/demo/traffic/content.rs"]
mod content;
mod film;
mod stage;
mod svg;

use std::fs;
use std::path::{Path, PathBuf};

use self::stage::Stage;
use self::svg::{DARK, LIGHT};

/// A size at which every pane is shown.
const WIDE: (u16, u16) = (132, 40);

/// Selects the message with a wrong signature, so that Detail shows the failed check.
const MISMATCH: &str = "[";

/// The pictures that are drawn after keys were pressed in a wide console.
const SCENES: [(&str, &str); 12] = [
    ("console.svg", MISMATCH),
    ("palette.svg", "[ : \"copy\""),
    ("discover.svg", "d"),
    ("columns.svg", ":choose-columns j x"),
    ("search.svg", "/ \"cache\""),
    ("filter.svg", "f \"verdict:rejected_-rejection:un\""),
    ("names.svg", "1 :show-names"),
    ("timeline.svg", ":show-timeline Left Left Left Left"),
    ("compose.svg", COMPOSE),
    ("history.svg", HISTORY),
    ("help.svg", "?"),
    ("light.svg", ":next-theme :next-theme ["),
];

const COMPOSE: &str = r#"c Shift-Tab Ctrl-U "ops" Tab "cache-flush" Enter "{"tag":_"cart"}" Ctrl-S"#;
const HISTORY: &str = r#"c Shift-Tab Ctrl-U "ops" Tab "cache-flush" Enter "{"tag":_"cart"}" Ctrl-S Ctrl-P"#;

/// The files and their contents.
fn pictures() -> Vec<(&'static str, String)> {
    let mut pictures = Vec::new();
    for (name, keys) in SCENES {
        let mut stage = Stage::new(WIDE);
        stage.press(keys);
        // The echo of a sent message arrives.
        stage.advance(1);
        pictures.push((name, svg::draw(&stage.screen(), if name == "light.svg" { &LIGHT } else { &DARK })));
    }
    pictures.push(("small.svg", svg::draw(&Stage::new((80, 24)).screen(), &DARK)));
    pictures.push(("demo.svg", film::draw()));
    pictures
}

fn path(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("assets").join(name)
}

#[test]
fn every_picture_is_up_to_date() {
    for (name, svg) in pictures() {
        let committed = fs::read_to_string(path(name)).unwrap_or_default();
        assert!(committed == svg, "assets/{name} is out of date; run cargo pictures, look at it and commit it");
    }
}

#[test]
#[ignore = "writes the pictures into assets; run `cargo pictures`"]
fn write_pictures() {
    for (name, svg) in pictures() {
        fs::write(path(name), svg).unwrap();
        println!("{}", path(name).display());
    }
}
