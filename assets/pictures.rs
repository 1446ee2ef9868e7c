//! The pictures of the README: keys are pressed, and what the terminal shows is drawn.

use crate::pty::Pty;
use crate::{demo, svg, write};

/// A size at which every pane is shown.
const WIDE: (u16, u16) = (132, 40);

#[test]
#[ignore = "writes the pictures into assets; run `cargo pictures`"]
fn write_pictures() {
    let mut wide = demo(&[], WIDE);
    wide.wait_until("gaps and rejections", is_lively);
    select_mismatch(&mut wide);
    save(&wide, &svg::DARK, "console.svg");
    wide.type_keys(":copy");
    wide.wait_for("copy the payload");
    save(&wide, &svg::DARK, "palette.svg");
    wide.type_keys("\x1b");
    settle();
    wide.type_keys("d");
    wide.wait_for("accept");
    save(&wide, &svg::DARK, "discover.svg");
    wide.type_keys("\x1b");
    settle();
    wide.type_keys(":choose-columns\r");
    wide.wait_for("Columns of Messages");
    wide.type_keys("jx");
    save(&wide, &svg::DARK, "columns.svg");
    wide.type_keys("\x1b");
    settle();
    wide.type_keys(":reset-layout\r");
    settle();
    wide.type_keys("G/cache");
    wide.wait_until("hits", |screen| screen.contains("hit"));
    save(&wide, &svg::DARK, "search.svg");
    wide.type_keys("\x1b");
    settle();
    wide.type_keys("fverdict:rejected -rejection:un");
    wide.wait_for("unknown_key");
    save(&wide, &svg::DARK, "filter.svg");
    wide.type_keys("\x1b");
    settle();
    wide.type_keys("1");
    settle();
    wide.type_keys(":show-names\r");
    wide.wait_for("sort");
    save(&wide, &svg::DARK, "names.svg");
    wide.type_keys("\x1b");
    settle();
    wide.type_keys(":show-timeline\r\x1b[D\x1b[D\x1b[D\x1b[D");
    save(&wide, &svg::DARK, "timeline.svg");
    wide.type_keys("2Gc");
    wide.wait_for("Ctrl-S send");
    wide.type_keys("cache-flush\t{\"tag\": \"cart\"}");
    wide.wait_for("valid JSON");
    wide.type_keys("\x13");
    wide.wait_for("echo");
    save(&wide, &svg::DARK, "compose.svg");
    wide.type_keys("\x10");
    wide.wait_for("accept");
    save(&wide, &svg::DARK, "history.svg");
    wide.type_keys("\x1b");
    settle();
    wide.type_keys("\x1b");
    settle();
    wide.type_keys("?");
    save(&wide, &svg::DARK, "help.svg");

    let mut light = demo(&[], WIDE);
    light.wait_until("gaps and rejections", is_lively);
    light.type_keys(":next-theme\r");
    light.wait_for("theme: light");
    select_mismatch(&mut light);
    save(&light, &svg::LIGHT, "light.svg");

    let mut small = demo(&[], (80, 24));
    small.wait_until("gaps and rejections", |screen| {
        !screen.contains("0 gaps") && screen.contains("missed") && screen.contains("✗")
    });
    save(&small, &svg::DARK, "small.svg");
}

/// The first gap and the first rejected signature are on the screen.
fn is_lively(screen: &str) -> bool {
    !screen.contains("0 gaps") && screen.contains("mismatch")
}

/// Back to a message with a wrong signature, so that Detail shows which check failed.
fn select_mismatch(pty: &mut Pty) {
    pty.type_keys("[");
    while !pty.wait_until("a selection", |screen| screen.contains("paused")).contains("rejected: signature mismatch") {
        pty.type_keys("[");
        settle();
    }
}

/// Gives the program time to draw; a picture that is a frame too old is no failure.
fn settle() {
    std::thread::sleep(std::time::Duration::from_millis(400));
}

fn save(pty: &Pty, look: &svg::Look, name: &str) {
    settle();
    write(name, &svg::draw(&pty.screen(), look));
}
