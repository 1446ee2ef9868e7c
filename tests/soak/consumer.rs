//! The programs under test, and their output so far.

use std::collections::HashMap;
use std::fs::File;
use std::io::{Read as _, Seek as _, SeekFrom};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use aircheck::ledger::finding::FindingKind;
use aircheck::ledger::interval::{Entry, Interval, LinkState};
use aircheck::recording::import;
use aircheck::recording::reader::RecordingReader;
use portable_pty::CommandBuilder;

use super::pty::Pty;
use super::world::{AGAIN, CHANNELS, KEY, PASSWORD};

/// The number of entries of a recording that are read at once.
const PAGE: usize = 10_000;
/// The number of bytes of lines that are read at once.
const CHUNK: u64 = 4 << 20;

/// A program and its output.
pub(crate) struct Consumer {
    pub(crate) name: &'static str,
    directory: PathBuf,
    pub(crate) process: Process,
    output: OutputReader,
    /// Its findings so far, by kind and channel.
    found: HashMap<(FindingKind, Vec<u8>), u64>,
    resets: HashMap<Vec<u8>, u64>,
    pub(crate) connections: u64,
    /// The highest marker that it has shown on each channel.
    pub(crate) marks: [u64; 2],
}

/// How the program runs.
pub(crate) enum Process {
    Plain(Child),
    Console(Box<Pty>),
}

impl Consumer {
    /// `tail --format json` into a file.
    pub(crate) fn tail(directory: &Path, url: &str) -> Self {
        Self::start("tail", directory, url, "output.jsonl")
    }

    /// `record`.
    pub(crate) fn recorder(directory: &Path, url: &str) -> Self {
        Self::start("record", directory, url, "output.db")
    }

    /// The console, recording.
    pub(crate) fn console(directory: &Path, url: &str) -> Self {
        Self::start("console", directory, url, "output.db")
    }

    fn start(name: &'static str, directory: &Path, url: &str, file: &str) -> Self {
        let directory = directory.join(name);
        std::fs::create_dir(&directory).unwrap();
        let config = directory.join("config.toml");
        let url = url.replacen("://", &format!("://watcher:{PASSWORD}@"), 1);
        let text = format!("[profile.soak]\nurl = \"{url}\"\nsigning.key = {{ value = \"{KEY}\" }}\n");
        std::fs::write(&config, text).unwrap();
        std::fs::set_permissions(&config, std::fs::Permissions::from_mode(0o600)).unwrap();
        let path = directory.join(file);
        let process = spawn(name, &directory);
        let output = OutputReader { path, lines: name == "tail", place: 0 };
        Self {
            name,
            directory,
            process,
            output,
            found: HashMap::new(),
            resets: HashMap::new(),
            connections: 0,
            marks: [0; 2],
        }
    }

    pub(crate) fn pid(&self) -> u32 {
        match &self.process {
            Process::Plain(child) => child.id(),
            Process::Console(pty) => pty.pid(),
        }
    }

    pub(crate) fn signal(&self, signal: &str) {
        assert!(Command::new("kill").args([signal, &self.pid().to_string()]).status().unwrap().success());
    }

    /// Kills it, and starts it again on the same file.
    pub(crate) fn kill_and_start(&mut self) {
        if let Process::Plain(child) = &mut self.process {
            child.kill().unwrap();
            child.wait().unwrap();
        }
        self.process = spawn(self.name, &self.directory);
    }

    /// Reads the new output.
    pub(crate) fn catch_up(&mut self) {
        while let Some(interval) = self.output.more() {
            for entry in interval.entries() {
                match entry {
                    Entry::Finding(finding) => {
                        if finding.kind == FindingKind::CounterReset {
                            *self.resets.entry(finding.channel.as_bytes().to_vec()).or_default() += 1;
                        }
                        let key = (finding.kind, finding.channel.as_bytes().to_vec());
                        *self.found.entry(key).or_default() += finding.count.unwrap_or(1);
                    }
                    Entry::Link(link) => self.connections += u64::from(link.state == LinkState::Connected),
                    Entry::Message(message) => {
                        let payload = interval.payload(message);
                        let mark =
                            payload.strip_prefix(b"mark:").and_then(|_| payload.rsplit(|&byte| byte == b',').next());
                        let channel = interval.channel(message).as_bytes();
                        let channel = CHANNELS.iter().position(|name| name.as_bytes() == channel);
                        if let (Some(mark), Some(channel)) = (mark, channel) {
                            let mark = mark.strip_suffix(b"]").unwrap();
                            let number = std::str::from_utf8(mark).unwrap().parse().unwrap();
                            self.marks[channel] = self.marks[channel].max(number);
                        }
                    }
                    _ => {}
                }
            }
        }
    }

    /// The count of all findings of a kind on a channel.
    pub(crate) fn found(&self, kind: FindingKind, channel: &str) -> u64 {
        self.found.get(&(kind, channel.as_bytes().to_vec())).copied().unwrap_or(0)
    }

    /// The number of counter resets that it has reported on a channel.
    pub(crate) fn resets(&self, channel: &str) -> u64 {
        self.resets.get(channel.as_bytes()).copied().unwrap_or(0)
    }

    /// Whether the program runs, and its last output, for a failure message.
    pub(crate) fn condition(&mut self) -> String {
        let ended = match &mut self.process {
            Process::Plain(child) => child.try_wait().unwrap().map(|status| status.to_string()),
            Process::Console(_) => None,
        };
        let words = std::fs::read_to_string(self.directory.join("errors")).unwrap_or_default();
        let last = words.char_indices().rev().nth(2000).map_or(0, |(at, _)| at);
        let ended = ended.unwrap_or_else(|| "it runs".to_owned());
        format!("{} has shown {:?}; {ended}; {}", self.name, self.marks, &words[last..])
    }

    /// Ends the program with a signal.
    pub(crate) fn end(&mut self) {
        match &mut self.process {
            Process::Plain(child) => {
                let pid = child.id().to_string();
                assert!(Command::new("kill").args(["-TERM", &pid]).status().unwrap().success());
                assert_eq!(child.wait().unwrap().code(), Some(0), "the status of {}", self.name);
            }
            Process::Console(pty) => {
                pty.resize(160, 40);
                pty.wait_for("● live");
                assert!(Command::new("kill").args(["-TERM", &pty.pid().to_string()]).status().unwrap().success());
                assert_eq!(pty.wait_for_end(), 0, "the status of {}", self.name);
            }
        }
    }

    /// Passes its whole output to `each`.
    pub(crate) fn everything(&self, mut each: impl FnMut(&Interval)) {
        let mut output = OutputReader { place: 0, ..self.output.clone() };
        while let Some(interval) = output.more() {
            each(&interval);
        }
    }

    /// The file of its recording.
    pub(crate) fn recording(&self) -> Option<&Path> {
        (!self.output.lines).then_some(&*self.output.path)
    }
}

impl Drop for Consumer {
    fn drop(&mut self) {
        if let Process::Plain(child) = &mut self.process {
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

fn spawn(name: &str, directory: &Path) -> Process {
    let program = env!("CARGO_BIN_EXE_aircheck");
    let path = |file: &str| directory.join(file).to_str().unwrap().to_owned();
    let mut arguments = vec!["--config".to_owned(), path("config.toml"), "--profile".into(), "soak".into()];
    match name {
        "tail" => arguments.extend(["tail".into(), "--format".into(), "json".into()]),
        "record" => arguments.extend(["record".into(), "-o".into(), path("output.db")]),
        _ => arguments.extend(["--record".into(), path("output.db")]),
    }
    arguments.extend(CHANNELS.iter().chain([&AGAIN]).map(ToString::to_string));
    if name == "console" {
        let mut command = CommandBuilder::new(program);
        command.args(&arguments);
        command.env("AIRCHECK_STATE", path("state.db"));
        command.env("HOME", directory);
        command.env_remove("XDG_CONFIG_HOME");
        return Process::Console(Box::new(Pty::start(command, (160, 40))));
    }
    let output = if name == "tail" { File::create(path("output.jsonl")).unwrap().into() } else { Stdio::null() };
    let child = Command::new(program)
        .args(&arguments)
        .env("AIRCHECK_STATE", path("state.db"))
        .env("HOME", directory)
        .env_remove("XDG_CONFIG_HOME")
        .stdin(Stdio::null())
        .stdout(output)
        .stderr(File::options().create(true).append(true).open(path("errors")).unwrap())
        .spawn()
        .unwrap();
    Process::Plain(child)
}

/// Reads a program's output from a position.
#[derive(Clone)]
struct OutputReader {
    path: PathBuf,
    lines: bool,
    /// A byte, or the id of an entry.
    place: i64,
}

impl OutputReader {
    /// The next part of the output. `None` if there is none yet.
    fn more(&mut self) -> Option<Interval> {
        if self.lines { self.more_lines() } else { self.more_entries() }
    }

    fn more_entries(&mut self) -> Option<Interval> {
        // The file may not exist yet.
        let page = RecordingReader::open(&self.path).ok()?.forward(self.place, PAGE).unwrap();
        self.place = page.places.last()?.id;
        Some(page.interval)
    }

    fn more_lines(&mut self) -> Option<Interval> {
        let mut file = File::open(&self.path).unwrap();
        file.seek(SeekFrom::Start(u64::try_from(self.place).unwrap())).unwrap();
        let mut bytes = Vec::new();
        let mut chunk = CHUNK;
        // A line may be longer than a chunk.
        let whole = loop {
            let read = file.by_ref().take(chunk).read_to_end(&mut bytes).unwrap();
            match bytes.iter().rposition(|&byte| byte == b'\n') {
                Some(end) => break end + 1,
                None if read == 0 => return None,
                None => chunk *= 2,
            }
        };
        let mut interval = Interval::default();
        for line in bytes[..whole].split(|&byte| byte == b'\n').filter(|line| !line.is_empty()) {
            import::line(line, &mut interval).unwrap();
        }
        self.place += i64::try_from(whole).unwrap();
        Some(interval)
    }
}
