//! The GitHub workflows and the scripts that they run: what they download is pinned, and only `publish` can write.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::fs;
use std::path::Path;

use regex::Regex;

/// The only job that may have a write permission. It runs no code of the repository.
const PUBLISH: &str = "publish";

/// What is wrong with the lines of a workflow.
fn workflow_faults(text: &str) -> Vec<String> {
    let pinned = Regex::new(r"^[\w.-]+/[\w./-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$").unwrap();
    let writes = Regex::new(r":\s*['\x22]?write").unwrap();
    let job_name = Regex::new(r"^  ([\w-]+):").unwrap();
    let lines: Vec<&str> = text.lines().filter(|line| !line.trim_start().starts_with('#')).collect();
    let mut faults = Vec::new();
    if !lines.iter().any(|line| line.starts_with("permissions:")) {
        faults.push("no permissions for the whole workflow".to_owned());
    }
    let (mut in_jobs, mut job) = (false, "");
    for (index, line) in lines.iter().enumerate() {
        if !line.starts_with(' ') {
            (in_jobs, job) = (line.starts_with("jobs:"), "");
        } else if let Some(name) = job_name.captures(line).filter(|_| in_jobs) {
            job = name.get(1).unwrap().as_str();
        }
        if writes.is_match(line) && job != PUBLISH {
            faults.push(format!("can write outside {PUBLISH}: {line}"));
        }
        let Some((_, action)) = line.split_once("uses:") else { continue };
        if !pinned.is_match(action.trim_start()) {
            faults.push(format!("not pinned by commit and version: {line}"));
        }
        let step = lines[index + 1..].iter().take_while(|next| !next.trim_start().starts_with("- "));
        if job == PUBLISH && action.contains("actions/checkout") {
            faults.push(format!("{PUBLISH} has the repository's code: {line}"));
        }
        if action.contains("actions/checkout") && !step.clone().any(|line| line.trim() == "persist-credentials: false")
        {
            faults.push(format!("keeps its credentials: {line}"));
        }
    }
    faults
}

/// The installations in a script or workflow whose version can change by itself.
fn unpinned_installations(text: &str) -> Vec<&str> {
    let pinned = Regex::new(r"cargo install --locked [\w-]+ --version \d+\.\d+\.\d+\b").unwrap();
    text.lines().filter(|line| line.contains("cargo install") && !pinned.is_match(line)).collect()
}

#[test]
fn only_the_publish_job_can_write_and_downloads_are_pinned() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut workflows = 0;
    for entry in fs::read_dir(root.join(".github/workflows")).unwrap() {
        let path = entry.unwrap().path();
        let text = fs::read_to_string(&path).unwrap();
        let faults = workflow_faults(&text);
        assert!(faults.is_empty(), "{}:\n{}", path.display(), faults.join("\n"));
        assert_eq!(unpinned_installations(&text), [""; 0], "{}", path.display());
        workflows += 1;
    }
    assert!(workflows >= 2, "only {workflows} workflows were found");
    for script in [".ci/run", "assets/package/build", "assets/package/debian"] {
        assert_eq!(unpinned_installations(&fs::read_to_string(root.join(script)).unwrap()), [""; 0], "{script}");
    }
}

#[test]
fn each_weakness_of_a_workflow_is_found() {
    let commit = "0123456789012345678901234567890123456789";
    let workflow = |top: &str, job: &str, lines: &str| {
        workflow_faults(&format!("on: push\n{top}\njobs:\n  {job}:\n    runs-on: ubuntu-latest\n{lines}\n")).len()
    };
    let (read, write) = ("permissions:\n  contents: read", "    permissions:\n      contents: write");
    assert_eq!(workflow(read, "build", ""), 0);
    assert_eq!(workflow("", "build", ""), 1);
    assert_eq!(workflow("permissions: write-all", "build", ""), 1);
    assert_eq!(workflow("permissions:\n  contents: write", "publish", ""), 1);
    assert_eq!(workflow(read, "build", write), 1);
    assert_eq!(workflow(read, "build", "    permissions: { contents: write }"), 1);
    assert_eq!(workflow(read, "publish", write), 0);
    for (action, faults) in [
        (format!("a/b@{commit} # v1.2.3"), 0),
        (format!("a/b@{commit}"), 1),
        ("a/b@v4".to_owned(), 1),
        ("a/b@0123456 # v1.2.3".to_owned(), 1),
        (format!("actions/checkout@{commit} # v1.2.3"), 1),
        (format!("actions/checkout@{commit} # v1.2.3\n        with:\n          persist-credentials: false"), 0),
        (format!("actions/checkout@{commit} # v1.2.3\n      - with:\n          persist-credentials: false"), 1),
    ] {
        assert_eq!(workflow(read, "build", &format!("    steps:\n      - uses: {action}")), faults, "{action}");
    }
    let checkout = format!(
        "      - uses: actions/checkout@{commit} # v1.2.3\n        with:\n          persist-credentials: false"
    );
    assert_eq!(workflow(read, "publish", &checkout), 1);
    assert_eq!(unpinned_installations("cargo install --locked a --version 1.2.3"), [""; 0]);
    for line in ["cargo install a --version 1.2.3", "cargo install --locked a", "cargo install --locked a --version 1"]
    {
        assert_eq!(unpinned_installations(line), [line]);
    }
}
