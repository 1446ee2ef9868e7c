//! What is copied to the clipboard.

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
        let Some(Effect::Copy(line)) = press(&mut state, ":copy-command").pop() else { panic!("{}", notice(&state)) };
        assert!(!line.chars().any(char::is_control), "{line:?}");
        let mut expected: Vec<&[u8]> = vec![b"publish", b"--profile", b"test", b"--no-sign", b"--", b"a channel", name];
        expected.extend(Some(data).filter(|data| !data.is_empty()));
        expected.push(b"");
        assert_eq!(words(&line), expected, "{line}");
    }
}

#[test]
fn payloads_that_a_shell_or_clipboard_cannot_take_are_rejected() {
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
        assert_eq!(press(&mut state, ":copy-command"), []);
        assert_eq!(notice(&state), why);
    }
}

#[test]
fn without_a_profile_the_copied_command_names_the_server() {
    let mut state = lively_with(Setup { profile: String::new(), ..setup() });
    let Some(Effect::Copy(line)) = press(&mut state, ":copy-command").pop() else { panic!() };
    assert!(line.starts_with("aircheck publish --url redis://localhost:6379/0 --key default -- "), "{line}");
}

#[test]
fn the_copied_command_names_a_server_of_any_kind_by_a_url_without_credentials() {
    use aircheck::redis::target::Target;
    for url in [
        "redis://ops:hunter2@h/2",
        "rediss://:hunter2@h:7000",
        "unix:///run/a%20b?db=3&pass=hunter2",
        "redis+sentinel://:hunter2@h/my%20set/1?sentinel_password=hunter2",
        "rediss+cluster://a:1,b:2",
    ] {
        let target = Target::parse(url).unwrap();
        let server = Setup { profile: String::new(), target: target.title(), url: target.server_key(), ..setup() };
        let mut state = lively_with(server);
        let Some(Effect::Copy(line)) = press(&mut state, ":copy-command").pop() else { panic!("{url}") };
        let words = words(&line);
        assert_eq!(words[..2], [b"publish".to_vec(), b"--url".to_vec()], "{line}");
        let copied = Target::parse(str::from_utf8(&words[2]).unwrap()).unwrap();
        assert_eq!(copied.server_key(), target.server_key(), "{line}");
        assert!(!line.contains("hunter2"), "{line}");
    }
}

#[test]
fn without_a_server_no_command_is_copied() {
    let mut state = lively_with(Setup { profile: String::new(), url: String::new(), ..setup() });
    assert_eq!(press(&mut state, ":copy-command"), []);
    assert_eq!(notice(&state), "the recording does not name its server, so a shell line could publish to another one");
}

/// What the keys copy of a message with that payload, or the notice why nothing was copied.
fn copied(payload: &[u8], keys: &str) -> Result<String, String> {
    let setup = setup();
    let mut state = empty(setup.clone());
    update(&mut state, Event::Resize(120, 60));
    let mut interval = Interval::default();
    raw_message(&mut interval, &setup, "ops", payload, 1);
    take(&mut state, interval);
    match press(&mut state, keys).pop() {
        Some(Effect::Copy(text)) => Ok(text),
        _ => Err(notice(&state).to_owned()),
    }
}

#[test]
fn a_payload_is_copied_byte_for_byte_or_as_base64() {
    assert_eq!(copied("evt::\té\r\n".as_bytes(), "y y").unwrap(), "evt::\té\r\n");
    assert_eq!(copied(b"evt::\xff", "y y").unwrap(), "ZXZ0Ojr/");
    assert!(copied(&vec![b'x'; 65_537], "y y").unwrap_err().contains("64 KiB"));
    assert!(copied(&vec![0xff; 60_000], "y y").unwrap_err().contains("64 KiB"), "as base64 it is longer");
}

#[test]
fn nothing_copied_can_end_a_bracketed_paste() {
    for end in ["\u{1b}[201~", "\u{9b}201~", "\u{8}", "\u{7f}", "\u{3}"] {
        let payload = format!("evt::{{\"a{end}\":\"b{end}\"}}");
        let mut state = empty(setup());
        let mut interval = Interval::default();
        raw_message(&mut interval, &setup(), "ops", payload.as_bytes(), 1);
        take(&mut state, interval);
        assert_eq!(press(&mut state, "y y"), [Effect::Copy(base64_simd::STANDARD.encode_to_string(&payload))]);
        assert_eq!(notice(&state), "payload copied as Base64: it has control characters");
    }
    // JSON allows these two in strings as they are.
    let payload = "evt::{\"a\":\"b\u{9b}201~\u{7f}\"}";
    let mut state = empty(setup());
    let mut interval = Interval::default();
    raw_message(&mut interval, &setup(), "ops", payload.as_bytes(), 1);
    take(&mut state, interval);
    assert_eq!(press(&mut state, ":copy-compact"), [Effect::Copy(r#"{"a":"b\u009b201~\u007f"}"#.to_owned())]);
    assert_eq!(notice(&state), "JSON copied, in one line, control characters escaped");
    assert_eq!(copied(payload.as_bytes(), "5 j :copy-value").unwrap(), r#""b\u009b201~\u007f""#);
    for keys in [":copy-pretty", ":copy-line", ":copy-command", "5 j :copy-path"] {
        let text = copied(payload.as_bytes(), keys).unwrap();
        assert!(!text.contains(|char: char| char.is_control() && char != '\n'), "{keys}: {text:?}");
    }
}

#[test]
fn copied_json_keeps_its_values_unchanged() {
    let payload = r#"evt::{ "a":[1.50, -0,{} , [ ]],"b\u00e9":"x, \"y\": {","c":1e400}"#.as_bytes();
    let compact = r#"{"a":[1.50,-0,{},[]],"b\u00e9":"x, \"y\": {","c":1e400}"#;
    assert_eq!(copied(payload, ":copy-compact").unwrap(), compact);
    let pretty = copied(payload, ":copy-pretty").unwrap();
    let expected = [
        "{",
        r#"  "a": ["#,
        "    1.50,",
        "    -0,",
        "    {},",
        "    []",
        "  ],",
        r#"  "b\u00e9": "x, \"y\": {","#,
        r#"  "c": 1e400"#,
        "}",
    ];
    assert_eq!(pretty, expected.join("\n"));
    assert_eq!(copied(b"evt::", ":copy-pretty"), Err("not available now: no message with data is selected".to_owned()));
    assert_eq!(copied(b"evt::{no", ":copy-compact"), Err("its data is not JSON: copy the payload".to_owned()));
    let deep = format!("evt::{}1{}", "[".repeat(500), "]".repeat(500));
    assert!(copied(deep.as_bytes(), ":copy-pretty").unwrap_err().contains("64 KiB"), "indented it is too long");
    assert_eq!(copied(deep.as_bytes(), ":copy-compact").unwrap(), deep[5..]);
}

#[test]
fn a_copied_value_is_unchanged() {
    let payload = br#"evt::{"a": {"b" : [ 1, 2 ]}, "c": "\u00e9"}"#;
    assert_eq!(copied(payload, "5 j :copy-value").unwrap(), r#"{"b" : [ 1, 2 ]}"#);
    assert_eq!(copied(payload, "5 j j :copy-value").unwrap(), "[ 1, 2 ]");
    assert_eq!(copied(payload, "5 G k :copy-value").unwrap(), r#""\u00e9""#);
    assert_eq!(copied(payload, "5 G :copy-value").unwrap(), r#"{"a": {"b" : [ 1, 2 ]}, "c": "\u00e9"}"#);
    assert!(copied(payload, "5 g :copy-value").unwrap_err().contains("no value is selected"));
    assert!(copied(payload, "5 v :copy-path").unwrap_err().contains("no value is selected"));
    let long = format!("evt::[{}1]", "1,".repeat(3_000));
    assert!(copied(long.as_bytes(), "5 :copy-value").unwrap_err().contains("past what is laid out"));
}

#[test]
fn the_copied_json_line_is_the_one_of_tail() {
    let mut state = lively();
    let row = state.messages.rows.back().unwrap();
    let mut line = Vec::new();
    aircheck::output::json::JsonLines::default().entry(&mut line, &row.interval, row.entry());
    let expected = String::from_utf8(line).unwrap();
    assert_eq!(press(&mut state, ":copy-line"), [Effect::Copy(expected.trim_end().to_owned())]);
}
