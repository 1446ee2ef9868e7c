//! The metrics, from what `/metrics` prints before the first message.

use crate::markdown::{code, codes, page as start, table, text};

pub(crate) fn page() -> String {
    let printed = aircheck::commands::record::metrics_sample();
    let mut page = start(
        "Metrics",
        "`aircheck record --metrics ADDRESS` serves `/metrics` for Prometheus. `/healthz` returns status 200 if the recorder is \
         connected, may subscribe to at least one channel, and records. Otherwise it returns status 503 with the reason.",
    );
    let label = regex::Regex::new(r#"\{(\w+)="([^"]*)"\}"#).unwrap();
    let mut rows: Vec<[String; 4]> = Vec::new();
    let mut kind = "";
    for line in printed.lines() {
        let words: Vec<&str> = line.splitn(4, ' ').collect();
        match words[..] {
            ["#", "HELP", name, help] => {
                let suffix = if printed.contains(&format!("# TYPE {name} counter")) { "_total" } else { "" };
                rows.push([code(&format!("{name}{suffix}")), String::new(), String::new(), text(help)]);
            }
            ["#", "TYPE", _, named] => kind = named,
            _ => {
                let Some(row) = rows.last_mut() else { continue };
                kind.clone_into(&mut row[1]);
                if let Some(found) = label.captures(line) {
                    let values = label.captures_iter(&printed).filter(|other| other[1] == found[1]);
                    let mut values: Vec<String> = values.map(|other| other[2].to_owned()).collect();
                    values.sort();
                    values.dedup();
                    row[2] = format!("{}: {}", code(&found[1]), codes(values.iter().map(String::as_str)));
                }
            }
        }
    }
    page.push_str(&table(["Metric", "Type", "Label", "Meaning"], &rows));
    page
}
