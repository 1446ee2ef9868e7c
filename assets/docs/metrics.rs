//! The metrics, from what `/metrics` prints before the first message.

use std::collections::{BTreeMap, BTreeSet};

use crate::markdown::{code, codes, page as start, table, text};

pub(crate) fn page() -> String {
    let printed = aircheck::commands::record::metrics_sample();
    let mut page = start(
        "Metrics",
        "`aircheck record --metrics ADDRESS` and `aircheck tail --metrics ADDRESS` serve `/metrics` for Prometheus. `/healthz` returns \
         status 200 if aircheck is connected, may subscribe to at least one channel, and, with `record`, can write the recording. \
         Otherwise it returns status 503 with the reason.\n\n\
         The label `channel` is a channel that the command line or the profile names. All others, for example those that match a \
         pattern, share `other`. The metrics of the recording are those of `record` only. `assets/monitoring` has a dashboard for \
         Grafana and alert rules for Prometheus.",
    );
    let label = regex::Regex::new(r#"(\w+)="([^"]*)""#).unwrap();
    let mut rows: Vec<[String; 4]> = Vec::new();
    for block in printed.split("# HELP ").skip(1) {
        let (help, rest) = block.split_once("\n# TYPE ").unwrap();
        let ((name, help), kind) =
            (help.split_once(' ').unwrap(), rest.lines().next().unwrap().split_once(' ').unwrap().1);
        let mut labels: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
        for found in label.captures_iter(rest) {
            let (_, [label, value]) = found.extract();
            labels.entry(label).or_default().insert(value);
        }
        if name == "aircheck_expectation_met" {
            labels = [("channel", BTreeSet::new()), ("expectation", BTreeSet::new())].into();
        }
        let labels: Vec<String> = labels
            .into_iter()
            .map(|(label, values)| match label {
                "channel" | "expectation" | "le" => code(label),
                _ => format!("{}: {}", code(label), codes(values)),
            })
            .collect();
        rows.push([code(name), kind.to_owned(), labels.join(", "), text(help)]);
    }
    page.push_str(&table(["Metric", "Type", "Labels", "Meaning"], &rows));
    page
}
