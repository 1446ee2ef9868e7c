//! What goes to the clipboard.

use super::*;

/// What a shell makes of the line, word by word.
fn words(line: &str) -> Vec<Vec<u8>> {
    let script = line.replacen("aircheck", r"printf '%s\0'", 1);
    let output = std::process::Command::new("bash").args(["-c", &script]).output().unwrap();
    assert!(output.status.success(), "{line}");
    output.stdout.split(|byte| *byte == 0).map(<[u8]>::to_vec).collect()
}

#[test]
fn a_shell_reads_exactly_the_message() {
    let data = r#"["it's $HOME `id` \\ \"x\" é"]"#;
    for (name, data) in [
        ("plain-name".as_bytes(), data.as_bytes()),
        (b"\x1b[201~;rm -rf", b"[1,\n\t2]"),
        (b"-n", b""),
        (b"", b"null"),
        ("\u{202e}gnirts\u{200b}".as_bytes(), b"{}"),
        (b"\xff\xfe'\\", b"\"x\""),
    ] {
        let setup = setup();
        let mut state = empty(setup.clone());
        let mut interval = Interval::default();
        raw_message(&mut interval, &setup, "a channel", &[name, b"::", data].concat(), 1);
        take(&mut state, interval);
        let Some(Effect::Copy(line)) = press(&mut state, "Y").pop() else { panic!("{}", notice(&state)) };
        assert!(!line.chars().any(char::is_control), "{line:?}");
        let mut expected: Vec<&[u8]> = vec![b"publish", b"--profile", b"test", b"--no-sign", b"--", b"a channel", name];
        expected.extend(Some(data).filter(|data| !data.is_empty()));
        expected.push(b"");
        assert_eq!(words(&line), expected, "{line}");
    }
}

#[test]
fn what_no_shell_or_clipboard_takes_is_refused() {
    for (payload, why) in [
        (b"nul\0::".to_vec(), "it has a NUL byte, which no shell line can hold"),
        (b"evt::{no".to_vec(), "its data is not JSON, so it cannot be published"),
        (vec![b'x'; 100_000], "it is too long for the clipboard (64 KiB)"),
    ] {
        let setup = setup();
        let mut state = empty(setup.clone());
        let mut interval = Interval::default();
        raw_message(&mut interval, &setup, "ops", &payload, 1);
        take(&mut state, interval);
        assert_eq!(press(&mut state, "Y"), []);
        assert_eq!(notice(&state), why);
    }
}

#[test]
fn without_a_profile_the_line_names_the_server() {
    let mut state = lively_with(Setup { profile: String::new(), ..setup() });
    let Some(Effect::Copy(line)) = press(&mut state, "Y").pop() else { panic!() };
    assert!(line.starts_with("aircheck publish --url redis://localhost:6379 --key default -- "), "{line}");
}
