//! The pool of child processes that parse, decode, render and encode. A child that dies or hangs costs one request: its
//! object gets an error, and a spare that is already started takes its place.

use std::io;
use std::os::fd::OwnedFd;
use std::path::PathBuf;
use std::process::{ExitStatus, Stdio};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Once};
use std::time::Duration;

use rustix::process::Signal;
use tokio::net::UnixStream;
use tokio::process::{Child, ChildStdout};
use tokio::sync::{Mutex, MutexGuard, SemaphorePermit};

use super::clear::ClearFile;
use super::picture::{Picture, PictureError, PictureRequest, ShownContent};
use super::turns::{Rank, Turns};
use super::wire::{self, Answer, How, Request};
use super::{ArchiveSettings, limits};
use crate::imaging::clip::Clip;
use crate::imaging::{
    ContentHash, FrameNumber, MeasureShape, Measured, PictureFormat, Quality, Received, ReferencedImage,
};

/// The verb of the command line that makes this program a child.
const VERB: &str = "decode-worker";
/// Requests that used up what they may use, and how long that is remembered: nobody tries them again meanwhile.
const REFUSED: u64 = 4096;
const REFUSED_FOR: Duration = Duration::from_secs(600);
/// What of an answer fits between a child and the gateway before either waits for the other, in bytes.
const PIPE: usize = 1 << 20;
/// As much as is read of what a child complained about before it ended, in bytes.
const COMPLAINT: usize = 4096;

/// The children. Each serves one request at a time.
#[derive(Debug)]
pub(super) struct Pool {
    program: PathBuf,
    /// What one child may keep of decoded frames, in bytes.
    cache_bytes: u64,
    slots: Vec<Mutex<Option<Running>>>,
    turns: Turns,
    spares: Spares,
    /// The sentence for an object and a frame (0: its header) that are too much for a child, so that a hostile object which is
    /// asked for again and again costs a child once.
    refused: moka::sync::Cache<(ContentHash, u32), String>,
    /// Says once which walls the kernel does not have.
    bare: Once,
    answered: AtomicU64,
    stopped: AtomicU64,
}

/// What a child makes of a frame.
pub(super) enum Made {
    Picture(Picture),
    /// It is a frame of a clip.
    Clip(Clip),
}

/// Whether a child stands ready for one that dies.
#[derive(Debug)]
pub(super) enum Spares {
    /// For a single question: whoever dies is replaced when that is needed.
    None,
    One(Box<Mutex<Option<Running>>>),
}

#[derive(Debug)]
pub(super) struct Running {
    child: Child,
    requests: UnixStream,
    answers: tokio::io::BufReader<ChildStdout>,
    /// What it writes to its standard error; nobody reads it while it lives, and it never waits for that.
    complaints: OwnedFd,
    /// It has said that it took its limits.
    is_ready: bool,
}

/// Why a child ended on a request.
struct Stopped {
    why: String,
    /// The request needs more than it may use: it will next time too.
    is_too_much: bool,
}

/// Stands for objects outside of the archive, whose hash nobody knows yet.
const NAMELESS: ContentHash = ContentHash([0; 32]);

/// Opened files, and their size together.
struct Subject {
    file: Arc<ClearFile>,
    /// The presentation state that is to be applied.
    state: Option<Arc<ClearFile>>,
}

impl Subject {
    fn bytes(&self) -> u64 {
        self.file.bytes().saturating_add(self.state.as_ref().map_or(0, |state| state.bytes()))
    }
}

impl Pool {
    pub(super) fn new(settings: &ArchiveSettings) -> Self {
        let spares = Spares::One(Box::new(Mutex::new(None)));
        Self::of(settings.worker_program.clone(), settings.workers, settings.decoded_cache_bytes, spares)
    }

    /// `cache_bytes`: of decoded frames, for all children together.
    pub(super) fn of(program: PathBuf, workers: usize, cache_bytes: u64, spares: Spares) -> Self {
        let workers = workers.max(1);
        Self {
            program,
            cache_bytes: cache_bytes / workers as u64,
            slots: (0..workers).map(|_| Mutex::new(None)).collect(),
            turns: Turns::new(workers),
            spares,
            refused: moka::sync::Cache::builder().max_capacity(REFUSED).time_to_live(REFUSED_FOR).build(),
            bare: Once::new(),
            answered: AtomicU64::new(0),
            stopped: AtomicU64::new(0),
        }
    }

    /// Requests that a child answered, so far.
    pub(super) fn answered(&self) -> u64 {
        self.answered.load(Ordering::Relaxed)
    }

    /// Requests on which a child died or was stopped, so far.
    pub(super) fn stopped(&self) -> u64 {
        self.stopped.load(Ordering::Relaxed)
    }

    /// The facts of an object in a file.
    pub(super) async fn header(
        &self,
        file: &Arc<ClearFile>,
        content: ContentHash,
    ) -> Result<Received, PictureError> {
        let request = Request::Header { content: content.0 };
        match self.ask(content, &request, file, None).await? {
            (Answer::Header(facts), _) => Ok((*facts).into()),
            (Answer::Failed(why), _) => Err(PictureError::CannotShow(why)),
            _ => Err(PictureError::DecoderStopped("it answered something else".to_owned())),
        }
    }

    /// Any child answers: these requests leave nothing in a cache.
    pub(super) async fn ask_any(
        &self,
        request: &Request,
        file: &Arc<ClearFile>,
    ) -> Result<(Answer, Vec<u8>), PictureError> {
        match self.ask(NAMELESS, request, file, None).await? {
            (Answer::Failed(why), _) => Err(PictureError::CannotShow(why)),
            answer => Ok(answer),
        }
    }

    /// Decodes a frame ahead. What cannot be decoded is told when it is to be shown.
    pub(super) async fn warm(&self, file: Arc<ClearFile>, content: ContentHash, frame: FrameNumber) {
        let request = Request::Warm { content: content.0, frame: frame.number() };
        let subject = Subject { file, state: None };
        // Never in the way of somebody who waits: only a child that is idle now.
        if let Ok(slot) = self.home(content).try_lock() {
            let _ = self.exchange(slot, &request, &subject).await;
        }
    }

    /// Whether a frame was too much for a child not long ago.
    pub(super) fn is_refused(&self, content: ContentHash, frame: FrameNumber) -> bool {
        self.refused.contains_key(&(content, frame.number()))
    }

    /// Waits for the turn of a picture. Held until it is made.
    pub(super) async fn turn(&self, rank: Rank) -> Option<SemaphorePermit<'_>> {
        self.turns.wait(rank).await
    }

    /// Renders a frame and encodes it; one of a clip is only named. `state`: the presentation state that it refers to.
    pub(super) async fn picture(
        &self,
        file: &Arc<ClearFile>,
        state: Option<&Arc<ClearFile>>,
        wanted: &PictureRequest,
    ) -> Result<Made, PictureError> {
        let PictureRequest { content, frame, presentation, view, surface, quality } = *wanted;
        let request = Request::Picture {
            content: content.0,
            frame: frame.number(),
            how: Box::new(How::new(&presentation, &view)),
            width: surface.width,
            height: surface.height,
            percent: match quality {
                Quality::Lossless => None,
                Quality::Lossy(percent) => Some(percent),
            },
        };
        match self.ask(content, &request, file, state).await? {
            (Answer::Picture { is_png, width, height, is_whole, facts }, bytes) => {
                Ok(Made::Picture(Picture {
                    bytes: bytes.into(),
                    format: if is_png { PictureFormat::Png } else { PictureFormat::Jpeg },
                    width,
                    height,
                    is_whole,
                    facts: Arc::from(facts),
                }))
            }
            (Answer::Clip(clip), _) => Ok(Made::Clip(clip)),
            (Answer::Failed(why), _) => Err(PictureError::CannotShow(why)),
            _ => Err(PictureError::DecoderStopped("it answered something else".to_owned())),
        }
    }

    /// Measures a shape on a frame.
    pub(super) async fn measure(
        &self,
        file: &Arc<ClearFile>,
        content: ContentHash,
        frame: FrameNumber,
        shape: MeasureShape,
    ) -> Result<Measured, PictureError> {
        let request = Request::Measure { content: content.0, frame: frame.number(), shape };
        match self.ask(content, &request, file, None).await? {
            (Answer::Measured(measured), _) => Ok(*measured),
            (Answer::Failed(why), _) => Err(PictureError::CannotShow(why)),
            _ => Err(PictureError::DecoderStopped("it answered something else".to_owned())),
        }
    }

    /// What objects about an image say again of it.
    pub(super) async fn referenced(
        &self,
        file: &Arc<ClearFile>,
        content: ContentHash,
        frames: &[FrameNumber],
    ) -> Result<ReferencedImage, PictureError> {
        let request = Request::Referenced { frames: frames.iter().map(|frame| frame.number()).collect() };
        match self.ask(content, &request, file, None).await? {
            (Answer::Referenced(image), _) => Ok(*image),
            (Answer::Failed(why), _) => Err(PictureError::CannotShow(why)),
            _ => Err(PictureError::DecoderStopped("it answered something else".to_owned())),
        }
    }

    /// What the object in a file is shown as, when it is no picture.
    pub(super) async fn content(
        &self,
        file: &Arc<ClearFile>,
        content: ContentHash,
    ) -> Result<ShownContent, PictureError> {
        match self.ask(content, &Request::Content, file, None).await? {
            (Answer::Text(document), _) => Ok(ShownContent::Text(*document)),
            (Answer::Pages, bytes) => Ok(ShownContent::Pages(bytes.into())),
            (Answer::Sound(media_type), bytes) => Ok(ShownContent::Sound(bytes.into(), media_type)),
            (Answer::Failed(why), _) => Err(PictureError::CannotShow(why)),
            _ => Err(PictureError::DecoderStopped("it answered something else".to_owned())),
        }
    }

    /// The child that has the frames of this object in its cache.
    fn home(&self, content: ContentHash) -> &Mutex<Option<Running>> {
        &self.slots[usize::from(content.0[0]) % self.slots.len()]
    }

    async fn ask(
        &self,
        content: ContentHash,
        request: &Request,
        file: &Arc<ClearFile>,
        state: Option<&Arc<ClearFile>>,
    ) -> Result<(Answer, Vec<u8>), PictureError> {
        let subject = Subject { file: file.clone(), state: state.cloned() };
        let key = (content, request.frame());
        let is_nameless = content == NAMELESS;
        if let Some(why) = self.refused.get(&key).filter(|_| !is_nameless) {
            return Err(PictureError::DecoderStopped(why));
        }
        let slot = self.slot(content).await;
        let Stopped { why, is_too_much } = match self.exchange(slot, request, &subject).await? {
            Ok(answer) => return Ok(answer),
            Err(stopped) => stopped,
        };
        if is_too_much && !is_nameless {
            self.refused.insert(key, why.clone());
        }
        Err(PictureError::DecoderStopped(why))
    }

    async fn slot(&self, content: ContentHash) -> MutexGuard<'_, Option<Running>> {
        if let Ok(slot) = self.home(content).try_lock() {
            return slot;
        }
        // Its own child is busy: an idle one decodes the frame anew sooner than a hostile object lets go of this one.
        let idle = self.slots.iter().find_map(|slot| slot.try_lock().ok());
        match idle {
            Some(slot) => slot,
            None => self.home(content).lock().await,
        }
    }

    async fn exchange(
        &self,
        mut slot: MutexGuard<'_, Option<Running>>,
        request: &Request,
        subject: &Subject,
    ) -> Result<Result<(Answer, Vec<u8>), Stopped>, PictureError> {
        // While the exchange runs the slot is empty: if this future is dropped half-way, the child goes with it.
        let mut running = match alive(slot.take()) {
            Some(running) => running,
            None => self.replacement().await.map_err(|error| {
                tracing::error!(error = &error as &dyn std::error::Error, "a decoder cannot be started");
                PictureError::NoDecoder
            })?,
        };
        let exchange = async {
            if !running.is_ready {
                self.greet(&mut running).await?;
            }
            let state = subject.state.as_ref().map(|state| state.file());
            wire::send_request(&mut running.requests, request, subject.file.file(), state).await?;
            wire::receive_answer(&mut running.answers, Some(request)).await
        };
        let patience = limits::patience(subject.bytes());
        let stopped = match tokio::time::timeout(patience, exchange).await {
            Ok(Ok(answer)) => {
                self.answered.fetch_add(1, Ordering::Relaxed);
                *slot = Some(running);
                return Ok(Ok(answer));
            }
            Ok(Err(_)) => {
                // One that has ended keeps its status; one that speaks what is no answer is ended here.
                let _ = running.child.start_kill();
                match running.child.wait().await {
                    Ok(status) => cause(status, &running.complaints),
                    Err(_) => Stopped { why: "it ended".to_owned(), is_too_much: false },
                }
            }
            Err(_) => {
                let _ = running.child.kill().await;
                // It waited, or the machine did: another time it may be fast.
                let why = format!("the object takes longer than {} s", patience.as_secs());
                Stopped { why, is_too_much: false }
            }
        };
        self.stopped.fetch_add(1, Ordering::Relaxed);
        tracing::warn!(reason = %stopped.why, "a decoder stopped on an object");
        // The next one is there before the next request.
        *slot = self.replacement().await.ok();
        Ok(Err(stopped))
    }

    /// The first word of a child.
    async fn greet(&self, running: &mut Running) -> io::Result<()> {
        let (Answer::Ready { has_landlock, has_seccomp }, _) =
            wire::receive_answer(&mut running.answers, None).await?
        else {
            return Err(io::Error::other("the child did not say that it is ready"));
        };
        running.is_ready = true;
        if !(has_landlock && has_seccomp) {
            self.bare.call_once(|| {
                tracing::warn!(
                    has_landlock,
                    has_seccomp,
                    "the kernel, or SystemCallFilter of the unit, lets decoders put up their walls only in part"
                );
            });
        }
        Ok(())
    }

    /// A child that has started already, if there is one; then another is started for the next time.
    async fn replacement(&self) -> io::Result<Running> {
        let Spares::One(spare) = &self.spares else { return self.start() };
        let mut spare = spare.lock().await;
        let running = match alive(spare.take()) {
            Some(running) => running,
            None => self.start()?,
        };
        *spare = self.start().ok();
        Ok(running)
    }

    fn start(&self) -> io::Result<Running> {
        let (ours, theirs) = std::os::unix::net::UnixStream::pair()?;
        ours.set_nonblocking(true)?;
        // Full of warnings, the pipe takes no more, and the child goes on.
        let flags = rustix::pipe::PipeFlags::NONBLOCK | rustix::pipe::PipeFlags::CLOEXEC;
        let (complaints, complain) = rustix::pipe::pipe_with(flags)?;
        #[expect(clippy::disallowed_methods, reason = "the pool is what starts processes")]
        let mut child = tokio::process::Command::new(&self.program)
            .arg(VERB)
            .arg(self.cache_bytes.to_string())
            .env_clear()
            // Of the C library: large buffers go back to the system when they are let go of, so that one request leaves no
            // room behind that the next would be charged for.
            .env("MALLOC_MMAP_THRESHOLD_", "4194304")
            .env("MALLOC_TRIM_THRESHOLD_", "67108864")
            .current_dir("/")
            .stdin(Stdio::from(OwnedFd::from(theirs)))
            .stdout(Stdio::piped())
            .stderr(Stdio::from(complain))
            .kill_on_drop(true)
            .spawn()?;
        let stdout = child.stdout.take().ok_or_else(|| io::Error::other("the child has no pipes"))?;
        // A system that refuses this only makes both wait for each other more often.
        let _ = rustix::pipe::fcntl_setpipe_size(&stdout, PIPE);
        let answers = tokio::io::BufReader::new(stdout);
        let requests = UnixStream::from_std(ours)?;
        if let (Spares::One(_), Some(pid)) = (&self.spares, child.id()) {
            // In the gateway media go first. A system that refuses this only makes the child compete with them.
            let pid = rustix::process::Pid::from_raw(pid.cast_signed());
            let _ = rustix::process::setpriority_process(pid, 5);
        }
        Ok(Running { child, requests, answers, complaints, is_ready: false })
    }
}

/// A child that ended between requests, whoever ended it, is replaced without a word.
fn alive(running: Option<Running>) -> Option<Running> {
    running.and_then(|mut running| matches!(running.child.try_wait(), Ok(None)).then_some(running))
}

/// Why a child ended, in words for people.
fn cause(status: ExitStatus, complaints: &OwnedFd) -> Stopped {
    use std::os::unix::process::ExitStatusExt;
    let mut text = [0; COMPLAINT];
    let length = rustix::io::read(complaints, &mut text).unwrap_or(0);
    let complaint = String::from_utf8_lossy(text.get(..length).unwrap_or_default()).into_owned();
    if status.signal() == Some(Signal::XCPU.as_raw()) {
        return too_much("the object takes more processor time than is allowed".to_owned());
    }
    // The words of Rust's runtime before it aborts.
    if complaint.contains("memory allocation of") {
        return too_much("the object needs more memory than is allowed".to_owned());
    }
    if complaint.contains("has overflowed its stack") {
        return too_much("the object is nested too deep".to_owned());
    }
    // Where a panic was, and not what it said: that may be words of the object.
    if let Some(place) =
        complaint.split("panicked at ").nth(1).and_then(|rest| rest.split_whitespace().next())
    {
        tracing::error!(place, "a decoder panicked");
    }
    Stopped { why: format!("it ended with {status}"), is_too_much: false }
}

fn too_much(why: String) -> Stopped {
    Stopped { why, is_too_much: true }
}
