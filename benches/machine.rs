//! What the figures were measured on.

/// The machine, and how busy it is at one moment.
#[derive(Clone, Debug, Default)]
pub struct Machine {
    pub processor: String,
    pub cores: usize,
    /// Load averages over 1, 5 and 15 minutes; empty where the system does not tell.
    pub load: String,
}

impl Machine {
    pub fn look() -> Self {
        let processor = read("/proc/cpuinfo").lines().find_map(|line| {
            line.strip_prefix("model name")?.split_once(": ").map(|(_, name)| name.to_owned())
        });
        Self {
            processor: processor.unwrap_or_else(|| std::env::consts::ARCH.to_owned()),
            cores: std::thread::available_parallelism().map_or(0, usize::from),
            load: read("/proc/loadavg").split(' ').take(3).collect::<Vec<_>>().join(" "),
        }
    }
}

/// Resident memory of a process in bytes, where the system tells (Linux proc(5), VmRSS).
pub fn resident_bytes(process: u32) -> Option<u64> {
    let status = read(&format!("/proc/{process}/status"));
    let kibibytes = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    Some(kibibytes.trim().trim_end_matches(" kB").parse::<u64>().ok()? * 1024)
}

/// Processor time that a process has used, in milliseconds (proc(5), fields utime and stime of stat, in hundredths of a second).
pub fn processor_ms(process: u32) -> Option<f64> {
    let stat = read(&format!("/proc/{process}/stat"));
    // The name in parentheses may hold spaces.
    let (_, fields) = stat.rsplit_once(") ")?;
    let ticks: Vec<f64> = fields.split(' ').skip(11).take(2).filter_map(|field| field.parse().ok()).collect();
    (ticks.len() == 2).then(|| ticks.iter().sum::<f64>() * 10.0)
}

/// Processor time that all threads of a process have used, to the nanosecond (proc(5), the first field of schedstat); in
/// milliseconds. Threads that have ended are not in it.
pub fn scheduled_ms(process: u32) -> Option<f64> {
    let tasks = std::fs::read_dir(format!("/proc/{process}/task")).ok()?;
    let nanoseconds = tasks.flatten().filter_map(|task| {
        read(&task.path().join("schedstat").to_string_lossy()).split(' ').next()?.parse::<f64>().ok()
    });
    Some(nanoseconds.sum::<f64>() / 1e6).filter(|sum| *sum > 0.0)
}

/// Open file descriptors of a process.
pub fn descriptors(process: u32) -> Option<usize> {
    Some(std::fs::read_dir(format!("/proc/{process}/fd")).ok()?.count())
}

/// Child processes of a process.
pub fn children(process: u32) -> Vec<u32> {
    let Ok(tasks) = std::fs::read_dir(format!("/proc/{process}/task")) else { return Vec::new() };
    let lists = tasks.flatten().map(|task| read(&task.path().join("children").to_string_lossy()));
    lists
        .flat_map(|list| list.split_whitespace().filter_map(|id| id.parse().ok()).collect::<Vec<_>>())
        .collect()
}

fn read(path: &str) -> String {
    std::fs::read_to_string(path).unwrap_or_default()
}
