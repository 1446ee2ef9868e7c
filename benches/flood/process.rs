//! The resources that a process used, from `/proc`.

use std::fs;
use std::time::Duration;

use crate::Outcome;

/// The CPU time, wake-ups and memory of a process with all its threads since its start.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Usage {
    /// CPU time in user and kernel mode.
    pub(crate) cpu: Duration,
    /// The part of `cpu` that the thread of the subscription used.
    pub(crate) subscription: Duration,
    /// The number of voluntary context switches, and so of wake-ups.
    pub(crate) wakes: u64,
    /// The peak memory, in KiB.
    pub(crate) peak: u64,
    /// The current memory, in KiB.
    pub(crate) memory: u64,
}

impl Usage {
    /// The usage of a running process, or of a zombie. A zombie has no threads and no memory.
    pub(crate) fn of(pid: u32) -> Outcome<Self> {
        let stat = fs::read_to_string(format!("/proc/{pid}/stat"))?;
        // The name, in parentheses, can contain any character.
        let fields: Vec<&str> = stat.rsplit(')').next().unwrap_or_default().split_whitespace().collect();
        let ticks: u64 = fields[11].parse::<u64>()? + fields[12].parse::<u64>()?;
        let mut usage = Self { cpu: Duration::from_millis(10) * u32::try_from(ticks)?, ..Self::default() };
        let mut precise = Duration::ZERO;
        for task in fs::read_dir(format!("/proc/{pid}/task")).into_iter().flatten() {
            let task = task?.path();
            let Ok(schedule) = fs::read_to_string(task.join("schedstat")) else { continue };
            let nanos: u64 = schedule.split(' ').next().unwrap_or_default().parse()?;
            precise += Duration::from_nanos(nanos);
            if fs::read_to_string(task.join("comm")).is_ok_and(|name| name.trim() == "subscription") {
                usage.subscription = Duration::from_nanos(nanos);
            }
            let status = fs::read_to_string(task.join("status")).unwrap_or_default();
            usage.wakes += field(&status, "voluntary_ctxt_switches:");
        }
        // The ticks are coarse, and the counts of the threads lack threads that have ended.
        if precise + Duration::from_millis(30) > usage.cpu {
            usage.cpu = precise;
        }
        let status = fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
        usage.peak = field(&status, "VmHWM:");
        usage.memory = field(&status, "VmRSS:");
        Ok(usage)
    }

    /// The usage since `before`, with the current memory.
    pub(crate) fn since(&self, before: &Self) -> Self {
        Self {
            cpu: self.cpu.saturating_sub(before.cpu),
            subscription: self.subscription.saturating_sub(before.subscription),
            wakes: self.wakes.saturating_sub(before.wakes),
            ..*self
        }
    }
}

fn field(status: &str, name: &str) -> u64 {
    let value = status.lines().find_map(|line| line.strip_prefix(name));
    value.and_then(|value| value.split_whitespace().next()?.parse().ok()).unwrap_or(0)
}
