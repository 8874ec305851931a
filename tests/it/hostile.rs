//! No object, however hostile, disturbs the gateway: it is answered soon, costs little, and calls go on.
//!
//! The figures are those of processes, so the set runs in a process of its own: the tests start themselves once more.

mod files;

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use parvis::archive::{Archive, ArchiveSettings, Decoder, PictureRequest};
use parvis::demo::studies::demo_objects;
use parvis::imaging::{ContentHash, FrameNumber, Presentation, Quality, Surface, View};
use parvis::tasks::Tasks;
use tokio::sync::mpsc;

use files::{Hostile, archives, large_object, objects};

const SEED: u64 = 20_261_125;
/// Processor time of a child for all that is asked of one file.
const MOST_CPU: Duration = Duration::from_secs(2);
/// Time of one request, on a machine that does other things too.
const MOST_TIME: Duration = Duration::from_secs(20);
/// Growth of the child.
const MOST_GROWTH: u64 = 256 << 20;
/// Growth of the gateway over all files together, and while it takes in a large one.
const MOST_OWN_GROWTH: u64 = 96 << 20;

/// A decoder that writes down its process before it begins.
fn recorded(folder: &Path) -> PathBuf {
    let program = folder.join("worker");
    let pids = folder.join("pids");
    let script =
        format!("#!/bin/sh\necho $$ >> {}\nexec {} \"$@\"\n", pids.display(), env!("CARGO_BIN_EXE_parvis"));
    fs::write(&program, script).unwrap();
    fs::set_permissions(&program, fs::Permissions::from_mode(0o755)).unwrap();
    program
}

/// What a process has used.
#[derive(Clone, Copy, Default)]
struct Use {
    cpu: Duration,
    resident: u64,
    peak: u64,
}

/// `None` when it is gone.
fn used(pid: &str) -> Option<Use> {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
    let bytes = |name: &str| {
        let line = status.lines().find_map(|line| line.strip_prefix(name))?;
        Some(line.trim().strip_suffix(" kB")?.trim().parse::<u64>().ok()? << 10)
    };
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    let fields: Vec<&str> = stat.rsplit(')').next()?.split_whitespace().collect();
    // utime and stime of proc_pid_stat(5), in hundredths of a second.
    let ticks: u64 = fields.get(11)?.parse::<u64>().ok()? + fields.get(12)?.parse::<u64>().ok()?;
    Some(Use { cpu: Duration::from_millis(ticks * 10), resident: bytes("VmRSS:")?, peak: bytes("VmHWM:")? })
}

/// Looks at the children all the time, so that what one has used is known after its end.
struct Watch {
    seen: Arc<Mutex<BTreeMap<String, Use>>>,
    pids: PathBuf,
    is_over: Arc<AtomicBool>,
}

impl Watch {
    fn start(folder: &Path) -> Self {
        let watch = Self { seen: Arc::default(), pids: folder.join("pids"), is_over: Arc::default() };
        let (seen, pids, is_over) = (watch.seen.clone(), watch.pids.clone(), watch.is_over.clone());
        std::thread::Builder::new()
            .name("watch".to_owned())
            .spawn(move || {
                while !is_over.load(Ordering::Relaxed) {
                    look(&pids, &seen);
                    std::thread::park_timeout(Duration::from_millis(4));
                }
            })
            .unwrap();
        watch
    }

    /// What is used from here on is that of one file.
    fn mark(&self) -> BTreeMap<String, Use> {
        for pid in fs::read_to_string(&self.pids).unwrap_or_default().lines() {
            // Peak = now (proc_pid_clear_refs(5)).
            let _ = fs::write(format!("/proc/{pid}/clear_refs"), "5");
        }
        self.seen.lock().unwrap().clear();
        look(&self.pids, &self.seen);
        self.seen.lock().unwrap().clone()
    }

    /// The most that one of them has used since: processor time and growth.
    fn since(&self, before: &BTreeMap<String, Use>) -> (Duration, u64) {
        look(&self.pids, &self.seen);
        let seen = self.seen.lock().unwrap();
        seen.iter().fold((Duration::ZERO, 0), |(cpu, growth), (pid, now)| {
            let before = before.get(pid).copied().unwrap_or_default();
            // One that was started meanwhile has grown by all that it is.
            (
                cpu.max(now.cpu.saturating_sub(before.cpu)),
                growth.max(now.peak.saturating_sub(before.resident)),
            )
        })
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        self.is_over.store(true, Ordering::Relaxed);
    }
}

fn look(pids: &Path, seen: &Mutex<BTreeMap<String, Use>>) {
    for pid in fs::read_to_string(pids).unwrap_or_default().lines() {
        if let Some(now) = used(pid) {
            seen.lock().unwrap().insert(pid.to_owned(), now);
        }
    }
}

/// Stands for a call: how late a task is that wants to run every 10 ms, since it was asked last.
#[derive(Clone, Default)]
struct Tick(Arc<Mutex<Vec<Duration>>>);

impl Tick {
    fn start(tasks: &Tasks) -> Self {
        let tick = Self::default();
        let late = tick.0.clone();
        tasks.spawn("tick", async move {
            const STEP: Duration = Duration::from_millis(10);
            loop {
                let asked = now();
                tokio::time::sleep(STEP).await;
                late.lock().unwrap().push((now() - asked).saturating_sub(STEP));
            }
        });
        tick
    }

    /// The middle and the 99th percentile.
    fn take(&self) -> (Duration, Duration) {
        let mut late = std::mem::take(&mut *self.0.lock().unwrap());
        late.sort();
        let at = |part: usize| late.get(late.len() * part / 100).copied().unwrap_or_default();
        (at(50), at(99))
    }
}

fn now() -> Instant {
    #[expect(clippy::disallowed_methods, reason = "a test that measures")]
    Instant::now()
}

fn request(content: ContentHash, frame: FrameNumber) -> PictureRequest {
    PictureRequest {
        content,
        frame,
        presentation: Presentation::default(),
        view: View::default(),
        surface: Surface { width: 256, height: 256 },
        quality: Quality::Lossless,
    }
}

struct Rig {
    archive: Archive,
    decoder: Decoder,
    folder: tempfile::TempDir,
    tasks: Tasks,
}

impl Rig {
    async fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let program = recorded(folder.path());
        let mut settings = ArchiveSettings::new(folder.path().join("archive"), program.clone());
        settings.workers = 1;
        settings.max_upload_bytes = 1 << 30;
        let tasks = Tasks::default();
        let archive = Archive::open(settings, &tasks).await.unwrap();
        Self { archive, decoder: Decoder::new(program), folder, tasks }
    }

    /// Takes a file in, shows what it holds, and asks for its first frame outside of the archive; gives all that was said, and
    /// how long the longest of these answers took.
    async fn send(&self, bytes: &[u8]) -> (String, Duration) {
        let path = self.folder.path().join("upload");
        fs::write(&path, bytes).unwrap();
        let (progress, _) = mpsc::channel(1);
        let began = now();
        let receipt = self.archive.receive(&path, "hostile", progress).await.unwrap();
        // An upload of several objects is several requests.
        let mut longest = (now() - began) / (receipt.received.len() as u32).max(1);
        let mut words: Vec<_> = receipt.refused.iter().map(|refused| refused.reason.clone()).collect();
        for received in receipt.received.iter().take(2) {
            let last = FrameNumber::new(received.instance.frames).unwrap_or(FrameNumber::FIRST);
            for frame in [FrameNumber::FIRST, last] {
                let began = now();
                match self.archive.picture(&request(received.instance.content, frame)).await {
                    Ok(picture) => words.push(format!("{} x {}", picture.width, picture.height)),
                    Err(error) => words.push(error.to_string()),
                }
                longest = longest.max(now() - began);
            }
        }
        if !bytes.starts_with(b"PK") {
            let began = now();
            match self.decoder.values(&path, FrameNumber::FIRST).await {
                Ok(values) => words.push(format!("{} values", values.bytes.len())),
                Err(error) => words.push(error.to_string()),
            }
            longest = longest.max(now() - began);
        }
        (words.join("; "), longest)
    }

    /// Takes in a sound object of 600 MiB: 25 frames of nothing.
    async fn send_large(&self) -> usize {
        let path = self.folder.path().join("upload");
        let file = fs::File::create(&path).unwrap();
        let header = large_object(600 << 20);
        std::io::Write::write_all(&mut &file, &header).unwrap();
        file.set_len(header.len() as u64 + (600 << 20)).unwrap();
        let (progress, _) = mpsc::channel(1);
        let receipt = self.archive.receive(&path, "large", progress).await.unwrap();
        assert!(receipt.refused.is_empty(), "{receipt:?}");
        receipt.received.len()
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "its figures are those of the process: `no_object_disturbs_the_gateway` starts it alone"]
async fn alone() {
    let rig = Rig::new().await;
    let object = demo_objects(11).next().unwrap().1;
    let mut set = objects(SEED);
    let count = set.len();
    set.extend(archives(SEED, &object));
    assert!(count >= 200, "{count}");
    let (good, _) = rig.send(&object).await;
    assert!(good.starts_with("256 x 256"), "{good}");
    // A first upload has made what stays.
    rig.send(&archives(SEED, &object)[2].bytes).await;

    let watch = Watch::start(rig.folder.path());
    let tick = Tick::start(&rig.tasks);
    tokio::time::sleep(Duration::from_secs(1)).await;
    let quiet = tick.take();
    let own = used("self").unwrap().resident;
    let mut own_most = 0;
    let mut told = Vec::new();
    let mut faults = Vec::new();
    for Hostile { name, bytes } in set {
        let before = watch.mark();
        let (words, took) = rig.send(&bytes).await;
        let (cpu, growth) = watch.since(&before);
        own_most = own_most.max(used("self").unwrap().resident.saturating_sub(own));
        let what = format!("{cpu:>6.2?} {:>4} MiB {took:>8.2?}  {name}: {}", growth >> 20, shortened(&words));
        // A hundredth of a second is the measure's own.
        if cpu > MOST_CPU + Duration::from_millis(100)
            || growth > MOST_GROWTH
            || took > MOST_TIME
            || words.contains("exit status: 101")
        {
            faults.push(what.clone());
        }
        told.push((cpu, growth, took, what));
    }
    let busy = tick.take();
    println!("{} files", told.len());
    println!("the tick was late by {quiet:.2?} (middle, 99 of 100) before, {busy:.2?} meanwhile");
    println!("the gateway grew by {} MiB", own_most >> 20);
    let mut tell = |what: &str, key: fn(&(Duration, u64, Duration, String)) -> u128| {
        told.sort_by_key(|line| std::cmp::Reverse(key(line)));
        println!("most {what}:");
        told.iter().take(8).for_each(|line| println!("  {}", line.3));
    };
    tell("processor time", |line| line.0.as_nanos());
    tell("memory", |line| u128::from(line.1));
    tell("time", |line| line.2.as_nanos());
    assert!(faults.is_empty(), "\n{}\n", faults.join("\n"));
    assert!(own_most < MOST_OWN_GROWTH, "{} MiB", own_most >> 20);
    assert!(busy.1 < Duration::from_millis(100).max(quiet.1 * 4), "late by {busy:?}, {quiet:?} before");
    let (good, _) = rig.send(&demo_objects(11).nth(1).unwrap().1).await;
    assert!(good.starts_with("256 x 256"), "it serves on");

    let (before, own) = (watch.mark(), used("self").unwrap().resident);
    fs::write("/proc/self/clear_refs", "5").unwrap();
    assert_eq!(rig.send_large().await, 1);
    let grown = used("self").unwrap().peak.saturating_sub(own);
    let (cpu, growth) = watch.since(&before);
    println!(
        "an upload of 600 MiB: the gateway grew by {} MiB, the child by {} MiB in {cpu:.2?}",
        grown >> 20,
        growth >> 20
    );
    assert!(grown < MOST_OWN_GROWTH, "{} MiB", grown >> 20);
}

fn shortened(words: &str) -> String {
    words.chars().take(160).collect()
}

#[test]
fn no_object_disturbs_the_gateway() {
    #[expect(clippy::disallowed_methods, reason = "the figures are those of a process")]
    let output = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "hostile::alone", "--ignored", "--nocapture"])
        .output()
        .unwrap();
    let words = String::from_utf8_lossy(&output.stdout);
    println!("{words}");
    assert!(output.status.success(), "{words}\n{}", String::from_utf8_lossy(&output.stderr));
    assert!(words.contains("1 passed"), "{words}");
}

/// The processes that were started, once there are `count`.
async fn pids(folder: &Path, count: usize) -> Vec<i32> {
    loop {
        let text = fs::read_to_string(folder.join("pids")).unwrap_or_default();
        let pids: Vec<i32> = text.lines().filter_map(|line| line.parse().ok()).collect();
        if pids.len() >= count {
            return pids;
        }
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
}

#[tokio::test]
async fn a_decoder_that_is_killed_is_replaced_at_once() {
    let rig = Rig::new().await;
    let object = demo_objects(11).next().unwrap().1;
    rig.send(&object).await;
    let content = ContentHash(
        sha2::Digest::finalize(sha2::Digest::chain_update(<sha2::Sha256 as sha2::Digest>::new(), &object))
            .into(),
    );
    let mut longest = Duration::ZERO;
    for width in 300..310 {
        let started = pids(rig.folder.path(), 2).await;
        for pid in &started[..started.len() - 1] {
            // All but the spare; those that are gone already are no matter.
            let _ = rustix::process::kill_process(
                rustix::process::Pid::from_raw(*pid).unwrap(),
                rustix::process::Signal::KILL,
            );
        }
        let began = now();
        let wanted = PictureRequest {
            surface: Surface { width, height: 256 },
            ..request(content, FrameNumber::FIRST)
        };
        // The one that is killed may have the request already; the next has it in any case.
        if rig.archive.picture(&wanted).await.is_err() {
            rig.archive.picture(&wanted).await.unwrap();
        }
        longest = longest.max(now() - began);
        pids(rig.folder.path(), started.len() + 1).await;
    }
    println!("a picture after the death of a decoder took at most {longest:.2?}");
    // On a machine that does something else at the same time; by itself it takes a part of a second.
    assert!(longest < Duration::from_secs(10), "{longest:?}");
}
