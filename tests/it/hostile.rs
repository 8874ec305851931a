//! No object, however hostile, disturbs the gateway: it is answered soon, costs little, and calls go on.
//!
//! The figures are those of processes, so the set runs in a process of its own: the tests start themselves once more.
//!
//! Time is measured so that a busy machine breaks nothing: processor time for what a file costs, and for how long an answer takes
//! the time that nobody stood in the queue for a processor.

mod files;
mod talk;

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use parvis::archive::{Archive, ArchiveSettings, Decoder, PictureRequest, Receipt};
use parvis::demo::studies::demo_objects;
use parvis::imaging::{ContentHash, FrameNumber, Presentation, Quality, Surface, View};
use parvis::tasks::Tasks;
use tokio::sync::mpsc;

use files::{Hostile, archives, clips, large_object, objects};
use talk::Talk;

const SEED: u64 = 20_261_125;
/// Processor time of a child for all that is asked of one file.
const MOST_CPU: Duration = Duration::from_secs(2);
/// Time of one request, without what the child, or this process, stood ready and had no processor.
const MOST_TIME: Duration = Duration::from_secs(2);
/// The same of a ZIP, which may hold a hundred thousand files and is one request.
const MOST_UPLOAD_TIME: Duration = Duration::from_secs(20);
/// A measure of the processor is a hundredth of a second, of which a file has several; and a disk may have other things to do.
const SLACK: Duration = Duration::from_millis(300);
/// Of the sound of a call that goes on meanwhile, so many of a hundred packets must come through, with no longer silence than that.
const LEAST_SOUND: usize = 99;
const LONGEST_SILENCE: Duration = Duration::from_millis(500);
/// A picture after the death of a decoder, in the middle of ten rounds.
const MOST_RESTART: Duration = Duration::from_secs(1);
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
    /// Ready to run, in the queue for a processor.
    queued: Duration,
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
    Some(Use {
        cpu: Duration::from_millis(ticks * 10),
        queued: queued(pid),
        resident: bytes("VmRSS:")?,
        peak: bytes("VmHWM:")?,
    })
}

/// All threads of a process together, by the second word of their schedstat (Documentation/scheduler/sched-stats); without those
/// of this test that nobody waits for.
fn queued(pid: &str) -> Duration {
    let threads = fs::read_dir(format!("/proc/{pid}/task")).into_iter().flatten().flatten();
    let of_thread = |path: PathBuf| {
        let name = fs::read_to_string(path.join("comm")).ok()?;
        let text = fs::read_to_string(path.join("schedstat")).ok()?;
        let is_waited_for = !matches!(name.trim(), "talk" | "watch");
        text.split_whitespace().nth(1)?.parse::<u64>().ok().filter(|_| is_waited_for)
    };
    Duration::from_nanos(threads.filter_map(|thread| of_thread(thread.path())).sum())
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

    /// What they have stood in the queue since, all together.
    fn queued(&self, before: &BTreeMap<String, Use>) -> Duration {
        look(&self.pids, &self.seen);
        let seen = self.seen.lock().unwrap();
        let of = |(pid, now): (&String, &Use)| {
            now.queued.saturating_sub(before.get(pid).copied().unwrap_or_default().queued)
        };
        seen.iter().map(of).sum()
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
    _tasks: Tasks,
}

impl Rig {
    async fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let program = recorded(folder.path());
        let mut settings =
            ArchiveSettings::new(folder.path().join("archive"), program.clone(), crate::support::db::keys());
        settings.workers = 1;
        settings.max_upload_bytes = 1 << 30;
        let tasks = Tasks::default();
        let archive = Archive::open(settings, &tasks).await.unwrap();
        Self { archive, decoder: Decoder::new(program), folder, _tasks: tasks }
    }

    /// Takes a file in, shows what it holds, and asks for its first frame outside of the archive; gives all that was said, and
    /// how long the longest of these answers took.
    async fn send(&self, bytes: &[u8]) -> (String, Duration) {
        let path = self.folder.path().join("upload");
        let began = now();
        let receipt = self.receive(bytes).await;
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

    /// Takes a file in, by way of `upload`.
    async fn receive(&self, bytes: &[u8]) -> Receipt {
        let path = self.folder.path().join("upload");
        fs::write(&path, bytes).unwrap();
        let (progress, _) = mpsc::channel(1);
        self.archive.receive(&path, "hostile", progress).await.unwrap()
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
    set.extend(clips(SEED, rig.folder.path()));
    assert!(count >= 200, "{count}");
    let (good, _) = rig.send(&object).await;
    assert!(good.starts_with("256 x 256"), "{good}");
    // A first upload has made what stays.
    rig.send(&archives(SEED, &object)[2].bytes).await;

    let watch = Watch::start(rig.folder.path());
    let talk = Talk::start();
    let is_talking = || talk.take().sound_received > 50;
    while !is_talking() {
        tokio::time::sleep(Duration::from_secs(1)).await;
    }
    let own = used("self").unwrap().resident;
    let mut own_most = 0;
    let mut told = Vec::new();
    let mut faults = Vec::new();
    for Hostile { name, bytes } in set {
        let before = watch.mark();
        let own_queued = queued("self");
        let most_time = if bytes.starts_with(b"PK") { MOST_UPLOAD_TIME } else { MOST_TIME };
        let (words, took) = rig.send(&bytes).await;
        let (cpu, growth) = watch.since(&before);
        let took = took.saturating_sub(watch.queued(&before) + queued("self").saturating_sub(own_queued));
        own_most = own_most.max(used("self").unwrap().resident.saturating_sub(own));
        let what = format!("{cpu:>6.2?} {:>4} MiB {took:>8.2?}  {name}: {}", growth >> 20, shortened(&words));
        if cpu > MOST_CPU + SLACK
            || growth > MOST_GROWTH
            || took > most_time + SLACK
            || words.contains("exit status: 101")
        {
            faults.push(what.clone());
        }
        told.push((cpu, growth, took, what));
    }
    let heard = talk.take();
    println!("{} files", told.len());
    println!("a call went on: {heard:?}");
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
    assert!(heard.sound_received * 100 >= heard.sound_sent * LEAST_SOUND, "{heard:?}");
    assert!(
        heard.pictures_received * 2 > heard.pictures_sent && heard.longest_gap < LONGEST_SILENCE,
        "{heard:?}"
    );
    talk.end();
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
        let mut pids: Vec<i32> = text.lines().filter_map(|line| line.parse().ok()).collect();
        if pids.len() >= count {
            // Two that were started together write their lines in any order; their numbers are in the order of their start.
            pids.sort_unstable();
            return pids;
        }
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
}

#[tokio::test]
async fn a_decoder_that_is_killed_is_replaced_at_once() {
    let rig = Rig::new().await;
    let object = demo_objects(11).next().unwrap().1;
    // The archive alone: the decoder for single questions would be among the processes too, and then the last is not the spare.
    assert_eq!(rig.receive(&object).await.received.len(), 1);
    let content = ContentHash(
        sha2::Digest::finalize(sha2::Digest::chain_update(<sha2::Sha256 as sha2::Digest>::new(), &object))
            .into(),
    );
    let mut rounds = Vec::new();
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
        rounds.push(now() - began);
        pids(rig.folder.path(), started.len() + 1).await;
    }
    rounds.sort();
    println!("a picture after the death of a decoder took {rounds:.2?}");
    // By the clock, because what people notice is time. The middle of ten: one round that another program stood in the way of says
    // nothing about the gateway, and a start for every request (half a second on a machine that does nothing else) would show in all.
    assert!(rounds[rounds.len() / 2] < MOST_RESTART, "{rounds:?}");
}
