//! What Linux knows of a process: its time on the processor, and its memory.

use std::path::Path;

/// Nanoseconds on a processor, of all its threads together, those that have ended included as far as the kernel adds them up.
/// 0 of a process that is gone.
pub fn cpu_ns(pid: u32) -> u64 {
    let Ok(threads) = std::fs::read_dir(format!("/proc/{pid}/task")) else { return 0 };
    threads.flatten().map(|thread| schedstat(&thread.path().join("schedstat"))).sum()
}

fn schedstat(path: &Path) -> u64 {
    let text = std::fs::read_to_string(path).unwrap_or_default();
    text.split_whitespace().next().and_then(|first| first.parse().ok()).unwrap_or(0)
}

/// Bytes that were resident at most (`VmHWM`), and are now (`VmRSS`).
pub fn memory(pid: u32) -> Memory {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
    let kilobytes = |name: &str| {
        let line = status.lines().find_map(|line| line.strip_prefix(name));
        line.and_then(|rest| rest.split_whitespace().next()?.parse::<u64>().ok()).unwrap_or(0)
    };
    Memory { peak: kilobytes("VmHWM:") * 1024, now: kilobytes("VmRSS:") * 1024, own: kilobytes("RssAnon:") * 1024 }
}

#[derive(Debug, Clone, Copy)]
pub struct Memory {
    pub peak: u64,
    pub now: u64,
    /// What is no file's: the rest can be read again from the binary.
    pub own: u64,
}

/// Which machine this is, in a few words.
pub fn machine() -> String {
    let cpuinfo = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model = cpuinfo.lines().find_map(|line| line.strip_prefix("model name")).unwrap_or_default();
    let model = model.trim_start_matches([' ', '\t', ':']).split_whitespace().collect::<Vec<_>>().join(" ");
    let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    let load = std::fs::read_to_string("/proc/loadavg").unwrap_or_default();
    let load = load.split_whitespace().next().unwrap_or("?");
    format!("{cores} x {model}, load {load} at the beginning")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn this_process_has_had_time_and_has_memory() {
        let pid = std::process::id();
        let before = cpu_ns(pid);
        let mut n = 0_u64;
        while cpu_ns(pid) <= before {
            n = n.wrapping_add(1);
        }
        assert!(n < u64::MAX);
        assert!(memory(pid).peak >= memory(pid).own && memory(pid).own > 0);
        assert!(machine().contains("load"));
    }
}
