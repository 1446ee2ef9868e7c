//! The HTML report as a user makes it, and as a browser shows it.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::fs;
use std::net::TcpListener;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use base64_simd::STANDARD;
use serde_json::json;

use crate::listening::{PREFIX, broadcast};
use crate::record::program::Studio;
use crate::support::{LIMIT, RedisServer};
use crate::world::World;

/// The time limit of the browser. It starts slowly on a busy machine.
const BROWSER_LIMIT: Duration = Duration::from_mins(2);

/// A listener stored 1041 and reads 1057. Of two recorders, one was down. Returns the directory's owner.
fn triage(server: &RedisServer) -> Studio {
    let studio = Studio::new(&server.url());
    fs::create_dir(studio.path("recordings")).unwrap();
    let () = server.command(&["SET", &format!("{PREFIX}ops"), "1030"]);
    let mut down = studio.record(&["ops", "-o", "recordings/a.db"]);
    let mut up = studio.record(&["ops", "-o", "recordings/b.db"]);
    down.wait_for(&["state=connected"]);
    up.wait_for(&["state=connected"]);
    let send = |numbers: std::ops::RangeInclusive<u64>| {
        for number in numbers {
            assert_eq!(broadcast(server, "ops", &format!("price-update::{{\"sku\":\"A-{number}\"}}")), number);
        }
    };
    send(1031..=1041);
    down.wait_for_committed(11);
    assert!(down.end().success());
    send(1042..=1057);
    up.wait_for_committed(27);
    let mut down = studio.record(&["ops", "-o", "recordings/a.db"]);
    down.wait_for(&["state=connected"]);
    let deadline = Instant::now() + LIMIT;
    while studio.reader("recordings/a.db").overview().unwrap().findings == 0 {
        assert!(Instant::now() < deadline, "the gap was not found");
        std::thread::sleep(Duration::from_millis(20));
    }
    assert!(down.end().success() && up.end().success());
    studio
}

#[test]
fn three_commands_lead_from_the_question_to_a_report() {
    let server = RedisServer::start();
    let studio = triage(&server);
    let run = |words: &str| {
        let words: Vec<&str> = words.split(' ').collect();
        let output = studio.output(&words);
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
        (output.status.code().unwrap(), text(output.stdout), text(output.stderr))
    };
    let (status, out, error) = run("check ops --last-seen 1041 --in recordings");
    let show = "aircheck show recordings/b.db --channel ops --seq 1042-1057";
    let report = "aircheck bundle recordings --channel ops --around seq:1042-1057 -o incident.html";
    assert_eq!((status, error.as_str()), (1, ""));
    for wanted in [
        "  recordings/a.db: 0 of 16\n    #1042–1057: recorded as missed_not_running: ",
        "  recordings/b.db: 16 of 16, #1042–1057, received ",
        show,
        "  together: 16 of 16\n",
    ] {
        assert!(out.contains(wanted), "{wanted}\n{out}");
    }
    // The next command is the one that it prints.
    let (status, out, error) = run(show.strip_prefix("aircheck ").unwrap());
    assert_eq!((status, error.as_str(), out.matches("price-update").count()), (0, "", 16), "{out}");
    let (status, out, _) = run(report.strip_prefix("aircheck ").unwrap());
    let summary = " with the content of 16 of 16 numbers around ops #1042–1057 to incident.html\n";
    assert!(status == 0 && out.ends_with(summary), "{out}");
    let html = fs::read_to_string(studio.path("incident.html")).unwrap();
    for wanted in [
        "16 broadcasts were missed between ",
        "The recorder of recordings/a.db was not running for up to ",
        "The content of all 16 was found in recordings/b.db, and is in this report.",
        "Nothing is missing any more",
        "A-1042",
        "A-1057",
    ] {
        assert!(html.contains(wanted), "{wanted}\n{html}");
    }

    // Numbers outside the gap do not hide it, although b.db has all of them.
    let (status, ..) = run("bundle recordings --channel ops --around seq:1041-1057 -o wide.html");
    let wide = fs::read_to_string(studio.path("wide.html")).unwrap();
    assert_eq!(status, 0);
    for wanted in [
        "<span class=\"what\">#1041–1057 · recordings/a.db missed 16 (#1042–1057)</span>",
        "The recorder of recordings/a.db was not running for up to ",
        "This report is about the 17 broadcasts #1041–1057 of ops. The recorder of recordings/a.db missed 16 of them \
         (#1042–1057) between ",
        "The content of all 17 was found in recordings/a.db, recordings/b.db, and is in this report.",
        "<dt>Sequence numbers</dt><dd>#1042–1057, counter epoch 1</dd><dt>Numbers in this report</dt><dd>#1041–1057</dd>",
        "A-1041",
    ] {
        assert!(wide.contains(wanted), "{wanted}\n{wide}");
    }
    // An open range ends with the recordings.
    let (status, out, error) = run("bundle recordings --channel ops --around seq:1041.. -o open.html");
    let summary = " with the content of 17 of 17 numbers around ops #1041–1057 to open.html\n";
    assert!(status == 0 && out.ends_with(summary), "{out} {error}");
    // Numbers that no recording has are listed.
    let (status, ..) = run("bundle recordings/a.db --channel ops --around seq:1041-1057 -o part.html");
    let part = fs::read_to_string(studio.path("part.html")).unwrap();
    let wanted =
        "The content of 1 of 17 was found in recordings/a.db, and is in this report; the rest is unknown: #1042–1057.";
    assert!(status == 0 && part.contains(wanted), "{part}");

    // A bundle has both the gap and its content.
    let (status, out, error) = run("bundle recordings --around last -o ticket.db");
    assert!(
        status == 0 && out.contains(" the content of 16 of 16 numbers around 16 missed on ops #1042–1057, found at "),
        "{out}{error}"
    );
    let markdown = fs::read_to_string(studio.path("ticket.db.md")).unwrap();
    let (_, recorders) = markdown.split_once("## Runs of recorders").unwrap();
    assert!(recorders.contains("recordings/a.db: ") && recorders.contains("recordings/b.db: "), "{recorders}");
    let shown = run("show ticket.db --channel ops --seq 1042-1057");
    assert_eq!((shown.0, shown.1.matches("price-update").count()), (0, 16), "{}{}", shown.1, shown.2);
    let listed = run("show ticket.db");
    assert!(listed.1.contains("16 missed  #1042–1057"), "{}", listed.1);

    // A merged recording has no such finding, but still knows the gap that the merge filled.
    assert_eq!(run("merge recordings -o merged.db").0, 0);
    for (place, name) in [("last", "1.html"), ("seq:1050", "2.html"), ("1h", "3.html")] {
        let (status, out, error) = run(&format!("bundle merged.db --around {place} --before 2h -o {name}"));
        assert!(status == 0 && out.contains(" the content of 16 of 16 numbers around "), "{place}: {out}{error}");
        assert!(out.contains("ops #1042–1057, found at ") || out.contains("ops #1050"), "{place}: {out}");
        let html = fs::read_to_string(studio.path(name)).unwrap();
        let missed =
            ["16 broadcasts were missed between ", "The recorder of recordings/a.db missed 16 of them (#1042–1057) "];
        assert!(missed.iter().any(|missed| html.contains(missed)) && html.contains("A-1042"), "{html}");
    }
    // Without another recording, the report advises to name one.
    let (status, ..) = run("bundle recordings/a.db --around last -o alone.html");
    let alone = fs::read_to_string(studio.path("alone.html")).unwrap();
    assert!(status == 0 && alone.contains("this report is made from one recording"), "{alone}");
}

/// Texts that would do something in HTML. `OWN` is a script, and `URL` is an address.
const HOSTILE: [&str; 24] = [
    "<script>OWN</script>",
    "</pre><script>OWN</script>",
    "</style></title></textarea><script>OWN</script>",
    "\"><img src=URL onerror=OWN>",
    "'><img src='URL' onerror='OWN'>",
    "<svg onload=OWN><image href=URL /></svg>",
    "</title><link rel=stylesheet href=URL>",
    "<meta http-equiv=refresh content='0;url=URL'>",
    "<iframe src=URL></iframe>",
    "<object data=URL></object><embed src=URL>",
    "<base href=URL>",
    "<body onload=OWN>",
    "<style>@import 'URL'; body { background: url(URL) }</style>",
    "<a href=javascript:OWN autofocus onfocus=OWN>a</a>",
    "<input autofocus onfocus=OWN><details open ontoggle=OWN>",
    "&lt;script&gt;OWN&lt;/script&gt;",
    "&#60;script&#62;OWN&#60;/script&#62;",
    "<!-- --!><script>OWN</script>",
    "]]><script>OWN</script>",
    "<template><script>OWN</script></template>",
    "\u{202e}gnp.exe\u{2066} \u{200b}\u{feff}",
    "a\0b<script>OWN</script>",
    "\x1b[31m\x07\x08\x7f<script>OWN</script>",
    "\u{ff1c}script\u{ff1e}OWN\u{ff1c}/script\u{ff1e}",
];

/// The script changes the root element, which the printed document shows.
const OWN: &str = "document.documentElement.setAttribute(`data-owned`,`yes`)";

/// Opens a file in a headless browser. Returns the document after it was loaded.
fn opened(file: &Path, home: &Path) -> String {
    let names = ["chromium", "google-chrome", "google-chrome-stable", "chromium-browser"];
    let is_installed = |name: &&&str| {
        Command::new(**name).arg("--version").stdout(Stdio::null()).stderr(Stdio::null()).status().is_ok()
    };
    let browser =
        names.iter().find(is_installed).unwrap_or_else(|| panic!("chromium is not installed; .ci/run installs it"));
    let output = assert_cmd::Command::new(browser)
        .args(["--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run"])
        .arg(format!("--user-data-dir={}", home.join("browser").display()))
        .args(["--virtual-time-budget=3000", "--dump-dom"])
        .arg(format!("file://{}", file.display()))
        .env("HOME", home)
        .timeout(BROWSER_LIMIT)
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

/// A recording with each hostile text as channel, name, key, data, reason of a finding and of a disconnection.
fn hostile_recording(world: &World, url: &str) -> String {
    let mut lines = Vec::new();
    for (index, text) in HOSTILE.iter().enumerate() {
        let text = text.replace("OWN", OWN).replace("URL", url);
        let at = |second: usize| format!("2026-11-24T10:32:{second:02}.000000Z");
        let in_part = text.replace(':', "\u{a789}");
        for (number, payload, verdict, rejection) in [
            (1, format!("{in_part}::{}", json!({ "text": text })), "unsigned", None),
            (2, format!("evt::{text}"), "rejected", Some("invalid_json")),
            (5, format!("evt:sha256|{in_part}|1|00:{}", json!([text])), "rejected", Some("unknown_key")),
        ] {
            let mut line = json!({
                "type": "message", "at": at(index), "channel": text, "sequence": number, "certainty": "exact",
                "verdict": verdict, "payload_base64": STANDARD.encode_to_string(payload),
            });
            if let Some(rejection) = rejection {
                line["rejection"] = rejection.into();
            }
            if number == 5 {
                lines.push(json!({
                    "type": "finding", "kind": "missed_disconnected", "channel": text, "sequence_from": 3,
                    "sequence_to": 4, "count": 2, "at": at(index), "reason": text, "duration_micros": 900_000,
                    "lower_bound": false,
                }));
                lines.push(json!({ "type": "link", "at": at(index), "state": "disconnected", "reason": text }));
            }
            lines.push(line);
        }
    }
    // The inputs of the fuzz targets.
    let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fuzz/corpus");
    let inputs = ["envelope", "escape", "json"].map(|target| fs::read_dir(corpus.join(target)).unwrap());
    for (input, number) in inputs.into_iter().flatten().zip(1..) {
        let payload = [&b"evt::"[..], &fs::read(input.unwrap().path()).unwrap()].concat();
        lines.push(json!({
            "type": "message", "at": "2026-11-24T10:32:10.000000Z", "channel": "fuzz", "sequence": number,
            "certainty": "exact", "verdict": "rejected", "rejection": "invalid_json",
            "payload_base64": STANDARD.encode_to_string(payload),
        }));
    }
    let lines: Vec<String> = lines.iter().map(ToString::to_string).collect();
    let path = format!("{}/\"><img src=x onerror=alert(1)>.db", world.home().display());
    let imported = world.feed(&["import", "-", "-o", &path], &lines.join("\n"));
    assert_eq!(imported.status, 0, "{}", imported.err);
    path
}

#[test]
fn a_browser_runs_and_fetches_nothing_from_a_report() {
    let world = World::new("redis://127.0.0.1:1");
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/x", listener.local_addr().unwrap());
    let connections = Arc::new(AtomicUsize::new(0));
    let counter = Arc::clone(&connections);
    std::thread::spawn(move || {
        for _ in listener.incoming() {
            counter.fetch_add(1, Ordering::SeqCst);
        }
    });

    let recording = hostile_recording(&world, &url);
    let fill = |text: &str| text.replace("OWN", OWN).replace("URL", &url);
    for (number, place) in [(1, "last"), (2, "4"), (3, "2026-11-24T10:32:10Z")] {
        let html = world.home().join(format!("{number}.html"));
        let mut words = vec!["bundle", &recording, "--around", place, "-o", html.to_str().unwrap()];
        let notes: Vec<String> = HOSTILE.iter().map(|text| fill(text).replace('\0', " ")).collect();
        words.extend(notes.iter().flat_map(|note| ["--note", note]));
        let made = world.run(&words);
        assert_eq!(made.status, 0, "{}", made.err);
        let document = opened(&html, world.home());
        assert!(document.contains("<html lang=\"en\">"), "a script changed the root element: {document:.300}");
        for element in
            ["script", "img", "iframe", "link", "object", "embed", "base", "a ", "input", "image", "template"]
        {
            assert!(!document.contains(&format!("<{element}")), "<{element}: {document}");
        }
        assert_eq!(document.matches("<meta").count(), 5, "{document:.2000}");
        for text in ["&lt;script&gt;document", "&lt;img src=", "\\u{202e}gnp.exe\\u{2066}", "a\\x00b", "\\x1b[31m"] {
            assert!(document.contains(text), "{text}");
        }
        let is_plain = |char: char| char == '\n' || !(char.is_control() || ('\u{202a}'..='\u{202e}').contains(&char));
        assert!(document.chars().all(is_plain), "an unescaped character");
    }
    assert_eq!(connections.load(Ordering::SeqCst), 0);

    // The same check finds a script and a request in a page without protection.
    let control = world.file("control.html", &format!("<html lang=\"en\"><img src={url}><script>{OWN}</script>"));
    let document = opened(&control, world.home());
    assert!(document.contains("data-owned=\"yes\""), "{document}");
    assert!(connections.load(Ordering::SeqCst) > 0);
}
