//! Protects the memory of the process, which holds keys and passwords.

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

/// Keeps the process out of core dumps and debuggers of its own user. To be called before any secret is read.
///
/// Only the soft limit is set: programs that are started inherit it, and may raise it again. Nothing else of this is inherited.
pub fn protect() {
    // Neither call can fail for a process that lowers its own limits. If one did, there would be nothing better to do.
    let maximum = getrlimit(Resource::Core).maximum;
    let _ = setrlimit(Resource::Core, Rlimit { current: Some(0), maximum });
    #[cfg(target_os = "linux")]
    {
        let _ = rustix::process::set_dumpable_behavior(rustix::process::DumpableBehavior::NotDumpable);
    }
}
