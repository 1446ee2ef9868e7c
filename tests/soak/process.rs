//! The resources of a process over time: memory, descriptors and threads.

use std::fmt;

/// The first measurements are ignored, because the process is still filling its buffers.
const WARM: usize = 8;
/// The growth allowed after that, for buffers of the allocator and of `SQLite`.
const SLACK_KIB: u64 = 24 << 10;

/// The measurements of one process.
pub(crate) struct Level {
    name: &'static str,
    pid: u32,
    taken: Vec<Taken>,
}

#[derive(Clone, Copy)]
struct Taken {
    kib: u64,
    descriptors: usize,
    threads: usize,
}

impl Level {
    pub(crate) fn new(name: &'static str) -> Self {
        Self { name, pid: 0, taken: Vec::new() }
    }

    /// Takes a measurement. For a new process, the earlier measurements are removed.
    pub(crate) fn measure(&mut self, pid: u32) {
        if self.pid != pid {
            (self.pid, self.taken) = (pid, Vec::new());
        }
        let status = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap();
        let resident = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
        let resident = resident.unwrap_or_else(|| panic!("{} has ended", self.name));
        // Only root can list the descriptors of a process that is not dumpable.
        let count = |what: &str| std::fs::read_dir(format!("/proc/{pid}/{what}")).map_or(0, Iterator::count);
        self.taken.push(Taken {
            kib: resident.trim().trim_end_matches(" kB").parse().unwrap(),
            descriptors: count("fd"),
            threads: count("task"),
        });
    }

    /// Compares the last quarter with the second one. The first one includes the start of the process.
    pub(crate) fn close(&self) {
        let quarter = self.taken.len() / 4;
        if quarter < WARM {
            eprintln!("{}: too few measurements for a verification of its level", self.name);
            return;
        }
        let (early, late) = (&self.taken[quarter..quarter * 2], &self.taken[self.taken.len() - quarter..]);
        let median = |of: &[Taken]| {
            let mut kib: Vec<u64> = of.iter().map(|taken| taken.kib).collect();
            kib.sort_unstable();
            kib[kib.len() / 2]
        };
        let (before, after) = (median(early), median(late));
        eprintln!("{}: {} MiB in the second quarter, {} MiB in the last", self.name, before >> 10, after >> 10);
        assert!(after <= before + before / 4 + SLACK_KIB, "{} grew from {before} to {after} KiB", self.name);
        // The number of idle threads can vary. A leak would only grow.
        let most = |of: &[Taken], what: fn(&Taken) -> usize| of.iter().map(what).max().unwrap();
        let least = |of: &[Taken], what: fn(&Taken) -> usize| of.iter().map(what).min().unwrap();
        for (what, of) in
            [("descriptors", (|taken| taken.descriptors) as fn(&Taken) -> usize), ("threads", |taken| taken.threads)]
        {
            let (before, after) = (most(early, of), least(late, of));
            assert!(after <= before, "{}: {before} {what} became {after}", self.name);
        }
    }
}

impl fmt::Display for Level {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Some(Taken { kib, descriptors, threads }) = self.taken.last() else { return Ok(()) };
        write!(f, "{} {} MiB, {descriptors} fds, {threads} threads", self.name, kib >> 10)
    }
}
