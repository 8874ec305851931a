//! The child process: it takes its limits upon itself, then parses, decodes, renders and encodes until its parent is gone.

use std::fs::File;
use std::io::{self, BufWriter};
use std::os::fd::AsFd;
use std::os::unix::fs::FileExt;
use std::os::unix::net::UnixStream;
use std::process::ExitCode;
use std::sync::Arc;

use sha2::{Digest, Sha256};

use super::limits::Limits;
use super::sandbox::{self, Walls};
use super::wire::{self, Answer, Request};
use crate::imaging::read::Object;
use crate::imaging::{
    ContentHash, FrameNumber, Inspection, PictureFormat, Presentation, Quality, StoredFrame, Surface, View,
    Window, encode, inspect, pixels, read_header, render, render_view,
};

/// What a child is: it takes its limits upon itself, then answers until its parent is gone. `cache_bytes`: of decoded frames.
pub fn run_worker(cache_bytes: u64) -> ExitCode {
    match work(cache_bytes) {
        Ok(()) => ExitCode::SUCCESS,
        Err(_) => ExitCode::FAILURE,
    }
}

fn work(cache_bytes: u64) -> io::Result<()> {
    let mut requests = UnixStream::from(io::stdin().as_fd().try_clone_to_owned()?);
    let mut answers = BufWriter::new(io::stdout().lock());
    let limits = Limits::take(cache_bytes)?;
    let Walls { has_landlock, has_seccomp } = sandbox::enter();
    wire::write_answer(&mut answers, &Answer::Ready { has_landlock, has_seccomp }, &[])?;
    let mut worker = Worker::new(cache_bytes, &limits);
    while let Some((request, file)) = wire::read_request(&mut requests)? {
        let answered = opened(file, &limits).and_then(|file| worker.answer(request, file));
        let (answer, bytes) = answered.unwrap_or_else(|why| (Answer::Failed(why), Vec::new()));
        wire::write_answer(&mut answers, &answer, &bytes)?;
    }
    Ok(())
}

/// The file of a request, with what may be used for it set.
fn opened(file: Option<File>, limits: &Limits) -> Result<Opened, String> {
    let file = file.ok_or("the object is not there")?;
    let bytes = rustix::fs::fstat(&file).map_err(unreadable)?.st_size.try_into().unwrap_or(0);
    limits.allow(bytes).map_err(unreadable)?;
    Ok(Opened { file, bytes })
}

fn unreadable(error: impl Into<io::Error>) -> String {
    format!("the object cannot be read: {}", error.into().kind())
}

/// A file as the parent opened it, and its size.
struct Opened {
    file: File,
    bytes: u64,
}

impl Opened {
    /// All of it. The place in the file is shared with the parent, so it is not used.
    fn read(&self) -> Result<Vec<u8>, String> {
        let length = usize::try_from(self.bytes).map_err(|_| TOO_LARGE)?;
        let mut bytes = Vec::new();
        bytes.try_reserve_exact(length).map_err(|_| TOO_LARGE)?;
        bytes.resize(length, 0);
        self.file.read_exact_at(&mut bytes, 0).map_err(unreadable)?;
        Ok(bytes)
    }
}

/// What is said of an object that the child has no room for.
const TOO_LARGE: &str = "the object needs more memory than is allowed";

struct Worker<'a> {
    limits: &'a Limits,
    frames: moka::sync::Cache<(ContentHash, FrameNumber), Arc<StoredFrame>>,
    /// The object of the last frame, so that a multi-frame object is opened once.
    open: Option<(ContentHash, Object<'static>)>,
}

impl<'a> Worker<'a> {
    fn new(cache_bytes: u64, limits: &'a Limits) -> Self {
        let weigh = |_: &(ContentHash, FrameNumber), frame: &Arc<StoredFrame>| {
            u32::try_from(frame.values.bytes()).unwrap_or(u32::MAX)
        };
        let frames = moka::sync::Cache::builder().max_capacity(cache_bytes).weigher(weigh);
        // What was looked at last is looked at next.
        let frames = frames.eviction_policy(moka::policy::EvictionPolicy::lru()).build();
        Self { limits, frames, open: None }
    }

    fn answer(&mut self, request: Request, file: Opened) -> Result<(Answer, Vec<u8>), String> {
        match request {
            Request::Inspect => Ok((look(&file.read()?)?.into(), Vec::new())),
            Request::Values { frame } => {
                let StoredFrame { rows, columns, samples, values, .. } = self.decode(&file, frame)?;
                let kind = values.kind().to_owned();
                let bytes = values.to_le_bytes().into_owned();
                Ok((Answer::Values { rows, columns, samples, kind }, bytes))
            }
            Request::Render { frame, window, size } => {
                let frame = self.decode(&file, frame)?;
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
            Request::Header { content } => {
                let received = read_header(&file.read()?, ContentHash(content)).map_err(|e| e.to_string())?;
                Ok((Answer::Header(Box::new(received.into())), Vec::new()))
            }
            Request::Warm { content, frame } => {
                self.frame(&file, ContentHash(content), frame)?;
                Ok((Answer::Warm, Vec::new()))
            }
            Request::Picture {
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
                let frame = self.frame(&file, ContentHash(content), frame)?;
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

    fn frame(
        &mut self,
        file: &Opened,
        content: ContentHash,
        number: u32,
    ) -> Result<Arc<StoredFrame>, String> {
        let frame = FrameNumber::new(number).ok_or("frames are numbered from 1")?;
        if let Some(found) = self.frames.get(&(content, frame)) {
            return Ok(found);
        }
        if self.open.as_ref().is_none_or(|(hash, _)| *hash != content) {
            self.open = None;
            let object = Object::open(file.read()?).map_err(|error| error.to_string())?;
            self.open = Some((content, object));
        }
        let (_, object) = self.open.as_ref().ok_or("the object is not open")?;
        let decoded = Arc::new(self.pixels(file, object, frame)?);
        self.frames.insert((content, frame), decoded.clone());
        Ok(decoded)
    }

    /// A frame of which nothing is kept.
    fn decode(&self, file: &Opened, number: u32) -> Result<StoredFrame, String> {
        let frame = FrameNumber::new(number).ok_or("frames are numbered from 1")?;
        let object = Object::open(file.read()?).map_err(|error| error.to_string())?;
        self.pixels(file, &object, frame)
    }

    fn pixels(&self, file: &Opened, object: &Object<'_>, frame: FrameNumber) -> Result<StoredFrame, String> {
        self.limits.allow_samples(file.bytes, object.declared_samples()).map_err(unreadable)?;
        pixels::decode(object, frame).map_err(|error| error.to_string())
    }
}

fn look(bytes: &[u8]) -> Result<Inspection, String> {
    inspect(bytes, ContentHash(Sha256::digest(bytes).into())).map_err(|error| error.to_string())
}
