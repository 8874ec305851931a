//! What the system says of this process, under the names that Prometheus' clients share.

use std::fs;

use chrono::{DateTime, Utc};

use super::Figure;

/// Processor time, memory, descriptors and threads of this process, without the decoders, which are processes of their own; what the system does not
/// tell is left out. `started`: when this program did.
pub fn of_process(started: DateTime<Utc>) -> Vec<Figure> {
    let start = started.timestamp_micros() as f64 / 1e6;
    let mut figures = vec![Figure::gauge(
        "process_start_time_seconds",
        "When the gateway started, in seconds since 1970.",
        start,
    )];
    if let Some(told) = fs::read_to_string("/proc/self/stat").ok().as_deref().and_then(Told::of) {
        let ticks = rustix::param::clock_ticks_per_second().max(1) as f64;
        figures.push(Figure {
            name: "process_cpu_seconds",
            help: "Processor time of the gateway, without the decoders.",
            kind: super::Kind::Counter,
            values: vec![(Vec::new(), told.ticks as f64 / ticks)],
        });
        figures.push(Figure::gauge("process_threads", "Threads of the gateway.", told.threads as f64));
        let resident = told.resident_pages as f64 * rustix::param::page_size() as f64;
        figures.push(Figure::gauge(
            "process_resident_memory_bytes",
            "Memory of the gateway, without the decoders.",
            resident,
        ));
    }
    if let Ok(open) = fs::read_dir("/proc/self/fd") {
        // Looking takes one.
        let open = open.count().saturating_sub(1);
        figures.push(Figure::gauge("process_open_fds", "Descriptors that are open.", open as f64));
    }
    if let Some(most) = rustix::process::getrlimit(rustix::process::Resource::Nofile).current {
        figures.push(Figure::gauge("process_max_fds", "Descriptors that may be open.", most as f64));
    }
    figures
}

/// Of `/proc/self/stat` (proc_pid_stat(5)).
#[derive(Debug, PartialEq, Eq)]
struct Told {
    /// In user and system mode together.
    ticks: u64,
    threads: u64,
    resident_pages: u64,
}

impl Told {
    fn of(line: &str) -> Option<Self> {
        // The second field is a name in parentheses, which may hold anything.
        let (_, rest) = line.rsplit_once(')')?;
        let fields: Vec<_> = rest.split_whitespace().collect();
        // The first here is the third there.
        let field = |number: usize| fields.get(number - 3)?.parse::<u64>().ok();
        Some(Self { ticks: field(14)? + field(15)?, threads: field(20)?, resident_pages: field(24)? })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_with_blanks_and_parentheses_moves_no_field() {
        let rest = "S 1 2 2 0 -1 4194304 100 0 0 0 250 50 7 3 20 0 9 0 8000 123456789 4321 184467 1 1 0";
        let told = Some(Told { ticks: 300, threads: 9, resident_pages: 4321 });
        for name in ["(parvis)", "(a b) c)", "()"] {
            assert_eq!(Told::of(&format!("42 {name} {rest}")), told, "{name}");
        }
        assert_eq!(Told::of("42 (parvis) S 1 2"), None);
        assert_eq!(Told::of(""), None);
    }

    #[test]
    fn this_process_has_all_of_them() {
        let names: Vec<_> = of_process(DateTime::UNIX_EPOCH).into_iter().map(|figure| figure.name).collect();
        assert_eq!(
            names,
            [
                "process_start_time_seconds",
                "process_cpu_seconds",
                "process_threads",
                "process_resident_memory_bytes",
                "process_open_fds",
                "process_max_fds",
            ]
        );
    }
}
