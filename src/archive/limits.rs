//! What a child process may use. What never changes is set before the first byte is read; address space and processor time
//! are set anew for every request, by the size of its file, so that a small hostile file gets little of both.
//!
//! Processor time counts and not time: on a busy machine a good file takes long and computes as little as ever. The kernel
//! ends the child when it is used up (SIGXCPU); the parent's clock stands behind that for a child that waits for ever.

use std::fs::File;
use std::os::unix::fs::FileExt;
use std::time::Duration;

use rustix::io::Result;
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use rustix::time::{ClockId, clock_gettime};

/// Address space beside the cache that no request may pass: the largest object, decoded, and its picture.
pub(super) const WORKING_BYTES: u64 = 1536 << 20;
/// What any request may take beside what is in use: a large frame from a few bytes, and its picture.
const SMALL_BYTES: u64 = 216 << 20;
/// A file may take so many times its size besides.
const MEMORY_RATIO: u64 = 16;
/// Standard streams, the object, and what the program itself has open.
const FILES: u64 = 32;
/// Processor time of any request, in seconds. The kernel counts the whole life of the process in whole seconds, so that up to
/// one second comes on top.
const SMALL_SECONDS: u64 = 1;
/// Bytes that are read and looked through in a second.
const BYTES_A_SECOND: u64 = 8 << 20;
/// Samples that the slowest codec makes in a second, and bytes that it makes them from. A frame gets time for the smaller of
/// both: one that is large in words only gets none, and neither does a large file of little.
const SAMPLES_A_SECOND: u64 = 2_000_000;
const CODED_BYTES_A_SECOND: u64 = 128 << 10;
const MOST_SECONDS: u64 = 20;
const MOST_PATIENCE: u64 = 60;

/// Processor time for a request on a file of so many bytes that decodes so many samples, in whole seconds.
fn seconds(file_bytes: u64, samples: u64) -> u64 {
    let frame = (samples / SAMPLES_A_SECOND).min(file_bytes / CODED_BYTES_A_SECOND);
    (SMALL_SECONDS + file_bytes / BYTES_A_SECOND).saturating_add(frame).min(MOST_SECONDS)
}

/// How long the parent waits: many times the processor time, because others compute too.
pub(super) fn patience(file_bytes: u64) -> Duration {
    Duration::from_secs((8 + 6 * seconds(file_bytes, u64::MAX)).min(MOST_PATIENCE))
}

/// What a request on a file of so many bytes may take of memory, beside what the process has.
fn growth(file_bytes: u64) -> u64 {
    SMALL_BYTES.saturating_add(file_bytes.saturating_mul(MEMORY_RATIO))
}

/// The limits of this process.
pub(super) struct Limits {
    /// Says how much address space is in use. Opened before files are out of reach; `None` where /proc is not mounted.
    statm: Option<File>,
    page_bytes: u64,
    most_bytes: u64,
}

/// Binds this process for good: so much address space, no core file, few open files, and files that it writes at most so long; all in
/// bytes.
///
/// # Errors
/// If the system refuses; the process must not go on then.
pub(super) fn bind(memory_bytes: u64, written_bytes: u64) -> Result<()> {
    forbid_beyond(Resource::As, memory_bytes)?;
    forbid_beyond(Resource::Core, 0)?;
    forbid_beyond(Resource::Nofile, FILES)?;
    // When the machine itself runs out of memory, this process goes before the calls do.
    let _ = std::fs::write("/proc/self/oom_score_adj", "1000");
    forbid_beyond(Resource::Fsize, written_bytes)
}

/// A limit that cannot be raised again.
pub(super) fn forbid_beyond(resource: Resource, limit: u64) -> Result<()> {
    setrlimit(resource, Rlimit { current: Some(limit), maximum: Some(limit) })
}

impl Limits {
    /// No core files, no written files, few open files, and an end to memory. `cache_bytes`: of decoded frames.
    ///
    /// # Errors
    /// If the system refuses; the child must not go on then.
    pub(super) fn take(cache_bytes: u64) -> Result<Self> {
        let most_bytes = WORKING_BYTES + cache_bytes;
        bind(most_bytes, 0)?;
        // Both look for something in the system when they are first asked, which is too late behind the walls.
        let page_bytes = rustix::param::page_size() as u64;
        let _ = processor_time();
        Ok(Self { statm: File::open("/proc/self/statm").ok(), page_bytes, most_bytes })
    }

    /// Sets what the next request may use, by the size of its file.
    pub(super) fn allow(&self, file_bytes: u64) -> Result<()> {
        self.allow_samples(file_bytes, 0)?;
        let bytes = match self.in_use() {
            Some(in_use) => in_use.saturating_add(growth(file_bytes)).min(self.most_bytes),
            None => self.most_bytes,
        };
        self.set(Resource::As, bytes)
    }

    /// Sets what decoding a frame of so many samples may use, from here on.
    pub(super) fn allow_samples(&self, file_bytes: u64, samples: u64) -> Result<()> {
        self.set(Resource::Cpu, processor_time() + 1 + seconds(file_bytes, samples))
    }

    fn set(&self, resource: Resource, limit: u64) -> Result<()> {
        setrlimit(resource, Rlimit { current: Some(limit), maximum: getrlimit(resource).maximum })
    }

    /// Address space in use, in bytes.
    fn in_use(&self) -> Option<u64> {
        let mut text = [0; 32];
        let length = self.statm.as_ref()?.read_at(&mut text, 0).ok()?;
        let pages: u64 = std::str::from_utf8(text.get(..length)?).ok()?.split(' ').next()?.parse().ok()?;
        pages.checked_mul(self.page_bytes)
    }
}

/// What this process has used in its life, in whole seconds.
fn processor_time() -> u64 {
    u64::try_from(clock_gettime(ClockId::ProcessCPUTime).tv_sec).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn small_files_get_little_and_large_ones_what_they_need() {
        assert_eq!((seconds(25 << 10, 1 << 30), growth(25 << 10) >> 20), (1, 216));
        assert_eq!((seconds(200 << 20, 24_000_000), growth(200 << 20) >> 20), (20, 3416));
        // A mammogram; a large frame of little; a small frame in a file of much.
        assert_eq!(seconds(3 << 20, 14_000_000), 8);
        assert_eq!((seconds(100 << 10, 64_000_000), seconds(3 << 20, 1000)), (1, 1));
        assert!(patience(0) < Duration::from_secs(20));
        assert_eq!(growth(u64::MAX), u64::MAX);
    }
}
