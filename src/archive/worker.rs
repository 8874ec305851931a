//! The pool of child processes that parse, decode, render and encode. A child that dies or hangs costs one request: its
//! object gets an error, and the next request starts a new child.

use std::io::{self, BufReader, BufWriter};
use std::path::{Path, PathBuf};
use std::process::{ExitCode, Stdio};
use std::sync::Arc;
use std::time::Duration;

use sha2::{Digest, Sha256};
use tokio::process::{Child, ChildStdin, ChildStdout};
use tokio::sync::{Mutex, MutexGuard};

use super::picture::{Picture, PictureError, PictureRequest};
use super::wire::{self, Answer, Request};
use super::{ArchiveSettings, limits};
use crate::imaging::read::Object;
use crate::imaging::{
    ContentHash, FrameNumber, Inspection, PictureFormat, Presentation, Quality, Received, StoredFrame,
    Surface, View, Window, encode, inspect, pixels, read_header, render, render_view,
};

/// A request that takes longer than this is stopped.
const PATIENCE: Duration = Duration::from_secs(8);
/// The verb of the command line that makes this program a child.
const VERB: &str = "decode-worker";

/// The children. Each serves one request at a time.
#[derive(Debug)]
pub(super) struct Pool {
    program: PathBuf,
    /// What one child may keep of decoded frames, in bytes.
    cache_bytes: u64,
    slots: Vec<Mutex<Option<Running>>>,
}

#[derive(Debug)]
struct Running {
    child: Child,
    stdin: ChildStdin,
    stdout: tokio::io::BufReader<ChildStdout>,
}

impl Pool {
    pub(super) fn new(settings: &ArchiveSettings) -> Self {
        Self::of(settings.worker_program.clone(), settings.workers, settings.decoded_cache_bytes)
    }

    /// `cache_bytes`: of decoded frames, for all children together.
    pub(super) fn of(program: PathBuf, workers: usize, cache_bytes: u64) -> Self {
        let workers = workers.max(1);
        Self {
            program,
            cache_bytes: cache_bytes / workers as u64,
            slots: (0..workers).map(|_| Mutex::new(None)).collect(),
        }
    }

    /// The facts of an object in a file.
    pub(super) async fn header(&self, path: &Path, content: ContentHash) -> Result<Received, PictureError> {
        let request = Request::Header { path: text(path), content: content.0 };
        match self.ask(content, &request, &[]).await? {
            (Answer::Header(facts), _) => Ok((*facts).into()),
            (Answer::Failed(why), _) => Err(PictureError::CannotShow(why)),
            _ => Err(PictureError::DecoderStopped("it answered something else".to_owned())),
        }
    }

    /// Any child answers: these requests leave nothing in a cache.
    pub(super) async fn ask_any(
        &self,
        request: &Request,
        payload: &[u8],
    ) -> Result<(Answer, Vec<u8>), PictureError> {
        match self.ask(ContentHash([0; 32]), request, payload).await? {
            (Answer::Failed(why), _) => Err(PictureError::CannotShow(why)),
            answer => Ok(answer),
        }
    }

    /// Decodes a frame ahead. What cannot be decoded is told when it is to be shown.
    pub(super) async fn warm(&self, path: &Path, content: ContentHash, frame: FrameNumber) {
        let request = Request::Warm { path: text(path), content: content.0, frame: frame.number() };
        // Never in the way of somebody who waits: only a child that is idle now.
        if let Ok(slot) = self.home(content).try_lock() {
            let _ = self.exchange(slot, &request, &[]).await;
        }
    }

    /// Renders a frame and encodes it.
    pub(super) async fn picture(
        &self,
        path: &Path,
        wanted: &PictureRequest,
    ) -> Result<Picture, PictureError> {
        let PictureRequest { content, frame, presentation, view, surface, quality } = *wanted;
        let request = Request::Picture {
            path: text(path),
            content: content.0,
            frame: frame.number(),
            window: presentation.window.map(|window| (window.center, window.width)),
            is_inverted: presentation.is_inverted,
            zoom: view.zoom,
            center: view.center,
            width: surface.width,
            height: surface.height,
            percent: match quality {
                Quality::Lossless => None,
                Quality::Lossy(percent) => Some(percent),
            },
        };
        match self.ask(content, &request, &[]).await? {
            (Answer::Picture { is_png, width, height, window, aspect }, bytes) => Ok(Picture {
                bytes: bytes.into(),
                format: if is_png { PictureFormat::Png } else { PictureFormat::Jpeg },
                width,
                height,
                window: window.map(|(center, width)| Window { center, width }),
                aspect,
            }),
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
        payload: &[u8],
    ) -> Result<(Answer, Vec<u8>), PictureError> {
        if let Ok(slot) = self.home(content).try_lock() {
            return self.exchange(slot, request, payload).await;
        }
        // Its own child is busy: an idle one decodes the frame anew sooner than a hostile object lets go of this one.
        let idle = self.slots.iter().find_map(|slot| slot.try_lock().ok());
        let slot = match idle {
            Some(slot) => slot,
            None => self.home(content).lock().await,
        };
        self.exchange(slot, request, payload).await
    }

    async fn exchange(
        &self,
        mut slot: MutexGuard<'_, Option<Running>>,
        request: &Request,
        payload: &[u8],
    ) -> Result<(Answer, Vec<u8>), PictureError> {
        // While the exchange runs the slot is empty: if this future is dropped half-way, the child goes with it.
        // A child that ended between requests, whoever ended it, is replaced without a word.
        let idle = slot.take().and_then(|mut running| match running.child.try_wait() {
            Ok(None) => Some(running),
            Ok(Some(_)) | Err(_) => None,
        });
        let mut running = match idle {
            Some(running) => running,
            None => self.start().map_err(|error| {
                tracing::error!(error = &error as &dyn std::error::Error, "a decoder cannot be started");
                PictureError::NoDecoder
            })?,
        };
        let exchange = async {
            wire::send_request(&mut running.stdin, request, payload).await?;
            wire::receive_answer(&mut running.stdout).await
        };
        match tokio::time::timeout(PATIENCE, exchange).await {
            Ok(Ok(answer)) => {
                *slot = Some(running);
                Ok(answer)
            }
            Ok(Err(_)) => {
                // One that has ended keeps its status; one that speaks what is no answer is ended here.
                let _ = running.child.start_kill();
                let why = match running.child.wait().await {
                    Ok(status) => format!("it ended with {status}"),
                    Err(_) => "it ended".to_owned(),
                };
                tracing::warn!(reason = %why, "a decoder stopped on an object");
                Err(PictureError::DecoderStopped(why))
            }
            Err(_) => {
                tracing::warn!(seconds = PATIENCE.as_secs(), "a decoder was stopped: it took too long");
                let _ = running.child.kill().await;
                let why = format!("the object takes longer than {} seconds", PATIENCE.as_secs());
                Err(PictureError::DecoderStopped(why))
            }
        }
    }

    fn start(&self) -> io::Result<Running> {
        #[expect(clippy::disallowed_methods, reason = "the pool is what starts processes")]
        let mut child = tokio::process::Command::new(&self.program)
            .arg(VERB)
            .arg(self.cache_bytes.to_string())
            .env_clear()
            .current_dir("/")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .kill_on_drop(true)
            .spawn()?;
        let gone = || io::Error::other("the child has no pipes");
        let stdin = child.stdin.take().ok_or_else(gone)?;
        let stdout = tokio::io::BufReader::new(child.stdout.take().ok_or_else(gone)?);
        Ok(Running { child, stdin, stdout })
    }
}

fn text(path: &Path) -> String {
    path.to_string_lossy().into_owned()
}

// ---- the child -------------------------------------------------------------------------------------------------------

/// What a child is: it takes its limits upon itself, then answers until its parent is gone. `cache_bytes`: of decoded frames.
pub fn run_worker(cache_bytes: u64) -> ExitCode {
    if limits::limit_this_process(cache_bytes).is_err() {
        return ExitCode::FAILURE;
    }
    match Worker::new(cache_bytes).serve() {
        Ok(()) => ExitCode::SUCCESS,
        Err(_) => ExitCode::FAILURE,
    }
}

struct Worker {
    frames: moka::sync::Cache<(ContentHash, FrameNumber), Arc<StoredFrame>>,
    /// The object of the last frame, so that a multi-frame object is opened once.
    open: Option<(ContentHash, Object<'static>)>,
}

impl Worker {
    fn new(cache_bytes: u64) -> Self {
        let weigh = |_: &(ContentHash, FrameNumber), frame: &Arc<StoredFrame>| {
            u32::try_from(frame.values.bytes()).unwrap_or(u32::MAX)
        };
        let frames = moka::sync::Cache::builder().max_capacity(cache_bytes).weigher(weigh);
        // What was looked at last is looked at next.
        let frames = frames.eviction_policy(moka::policy::EvictionPolicy::lru()).build();
        Self { frames, open: None }
    }

    fn serve(&mut self) -> io::Result<()> {
        let mut stdin = BufReader::new(io::stdin().lock());
        let mut stdout = BufWriter::new(io::stdout().lock());
        while let Some((request, payload)) = wire::read_request(&mut stdin)? {
            let (answer, bytes) =
                self.answer(request, &payload).unwrap_or_else(|why| (Answer::Failed(why), Vec::new()));
            wire::write_answer(&mut stdout, &answer, &bytes)?;
        }
        Ok(())
    }

    fn answer(&mut self, request: Request, payload: &[u8]) -> Result<(Answer, Vec<u8>), String> {
        match request {
            Request::Inspect { path: Some(path) } => Ok((look(&read(&path)?)?.into(), Vec::new())),
            Request::Inspect { path: None } => Ok((look(payload)?.into(), Vec::new())),
            Request::Values { path, frame } => {
                let StoredFrame { rows, columns, samples, values, .. } = decode(&path, frame)?;
                let kind = values.kind().to_owned();
                let bytes = values.to_le_bytes().into_owned();
                Ok((Answer::Values { rows, columns, samples, kind }, bytes))
            }
            Request::Render { path, frame, window, size } => {
                let frame = decode(&path, frame)?;
                let window = window.map(|(center, width)| Window { center, width });
                let presentation = Presentation { window, is_inverted: false };
                let rendered = match size {
                    Some((width, height)) => {
                        render_view(&frame, &presentation, &View::default(), Surface { width, height })
                    }
                    None => render(&frame, &presentation),
                };
                let rendered = rendered.map_err(|error| error.to_string())?;
                let bytes = encode::encode_png(&rendered).map_err(|error| error.to_string())?;
                let (width, height) = (rendered.width, rendered.height);
                Ok((Answer::Picture { is_png: true, width, height, window: None, aspect: 1.0 }, bytes))
            }
            Request::Header { path, content } => {
                let received = read_header(&read(&path)?, ContentHash(content)).map_err(|e| e.to_string())?;
                Ok((Answer::Header(Box::new(received.into())), Vec::new()))
            }
            Request::Warm { path, content, frame } => {
                self.frame(&path, ContentHash(content), frame)?;
                Ok((Answer::Warm, Vec::new()))
            }
            Request::Picture {
                path,
                content,
                frame,
                window,
                is_inverted,
                zoom,
                center,
                width,
                height,
                percent,
            } => {
                let frame = self.frame(&path, ContentHash(content), frame)?;
                let window = window.map(|(center, width)| Window { center, width });
                let presentation = Presentation { window, is_inverted };
                let rendered =
                    render_view(&frame, &presentation, &View { zoom, center }, Surface { width, height });
                let rendered = rendered.map_err(|error| error.to_string())?;
                let quality = percent.map_or(Quality::Lossless, Quality::Lossy);
                let (bytes, format) =
                    encode::encode(&rendered, quality).map_err(|error| error.to_string())?;
                let used = frame.window(&presentation).map(|window| (window.center, window.width));
                let aspect = f64::from(frame.rows) * frame.appearance.pixel_aspect / f64::from(frame.columns);
                let is_png = format == PictureFormat::Png;
                Ok((Answer::Picture { is_png, width, height, window: used, aspect }, bytes))
            }
        }
    }

    fn frame(&mut self, path: &str, content: ContentHash, number: u32) -> Result<Arc<StoredFrame>, String> {
        let frame = FrameNumber::new(number).ok_or("frames are numbered from 1")?;
        if let Some(found) = self.frames.get(&(content, frame)) {
            return Ok(found);
        }
        if self.open.as_ref().is_none_or(|(hash, _)| *hash != content) {
            self.open = None;
            let object = Object::open(read(path)?).map_err(|error| error.to_string())?;
            self.open = Some((content, object));
        }
        let (_, object) = self.open.as_ref().ok_or("the object is not open")?;
        let decoded = Arc::new(pixels::decode(object, frame).map_err(|error| error.to_string())?);
        self.frames.insert((content, frame), decoded.clone());
        Ok(decoded)
    }
}

fn look(bytes: &[u8]) -> Result<Inspection, String> {
    inspect(bytes, ContentHash(Sha256::digest(bytes).into())).map_err(|error| error.to_string())
}

fn decode(path: &str, number: u32) -> Result<StoredFrame, String> {
    let frame = FrameNumber::new(number).ok_or("frames are numbered from 1")?;
    pixels::decode_frame(&read(path)?, frame).map_err(|error| error.to_string())
}

fn read(path: &str) -> Result<Vec<u8>, String> {
    std::fs::read(path).map_err(|error| format!("the object cannot be read: {}", error.kind()))
}
