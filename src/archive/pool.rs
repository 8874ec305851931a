//! The pool of child processes that parse, decode, render and encode. A child that dies or hangs costs one request: its
//! object gets an error, and the next request starts a new child.

use std::io;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use tokio::process::{Child, ChildStdin, ChildStdout};
use tokio::sync::{Mutex, MutexGuard};

use super::ArchiveSettings;
use super::picture::{Picture, PictureError, PictureRequest};
use super::wire::{self, Answer, Request};
use crate::imaging::{ContentHash, FrameNumber, PictureFormat, Quality, Received, Window};

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
