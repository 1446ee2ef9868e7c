#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::os::unix::fs::PermissionsExt as _;

use crate::console::runtime::clipboard::*;

fn chosen(environment: &[&str], there: &[&str]) -> Option<String> {
    let find = |name: &str| there.contains(&name).then(|| PathBuf::from(name));
    helper(|name| environment.contains(&name), find).map(|(program, _)| program.display().to_string())
}

#[test]
fn the_helper_is_that_of_the_desktop() {
    let all = ["wl-copy", "xclip", "xsel"];
    assert_eq!(chosen(&["WAYLAND_DISPLAY", "DISPLAY"], &all).as_deref(), Some("wl-copy"));
    assert_eq!(chosen(&["WAYLAND_DISPLAY", "DISPLAY"], &["xsel"]).as_deref(), Some("xsel"));
    assert_eq!(chosen(&["DISPLAY"], &all).as_deref(), Some("xclip"));
    assert_eq!(chosen(&["SSH_CONNECTION"], &all), None, "there is no desktop");
    assert_eq!(chosen(&["DISPLAY"], &[]), None);
}

#[test]
fn the_text_goes_to_standard_input_and_the_environment_is_bare() {
    let directory = tempfile::tempdir().unwrap();
    let script = directory.path().join("helper");
    let output = directory.path().join("out");
    std::fs::write(&script, format!("#!/bin/sh\n{{ /bin/cat; /usr/bin/env; }} > '{}'\n", output.display())).unwrap();
    std::fs::set_permissions(&script, std::fs::Permissions::from_mode(0o700)).unwrap();
    run(&script, &[], "some text\n");
    let written = std::fs::read_to_string(&output).unwrap();
    let mut lines = written.lines();
    assert_eq!(lines.next(), Some("some text"));
    for line in lines {
        let name = line.split('=').next().unwrap();
        // A shell sets the last three by itself.
        assert!(ENVIRONMENT.contains(&name) || ["PWD", "SHLVL", "_"].contains(&name), "{name} was handed on");
    }
}

#[test]
fn a_helper_that_is_not_there_is_no_trouble() {
    run(&PathBuf::from("/nonexistent/helper"), &[], "text");
}
