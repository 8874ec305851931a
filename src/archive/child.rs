//! The child process: it takes its limits upon itself, then parses, decodes, renders and encodes what it is asked for.

use std::io::{self, BufReader, BufWriter};
use std::process::ExitCode;
use std::sync::Arc;

use sha2::{Digest, Sha256};

use super::limits;
use super::wire::{self, Answer, Request};
use crate::imaging::clip::{Clip, clip, plain_clip};
use crate::imaging::plain;
use crate::imaging::read::Object;
use crate::imaging::{
    Content, ContentHash, FrameNumber, Inspection, PictureFormat, Presentation, PresentationState, Quality,
    StateError, StoredFrame, Surface, View, VoiChoice, Window, content, encode, inspect, pixels, read_header,
    render, render_view,
};

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

/// What there is of a frame.
enum Found {
    Frame(Arc<StoredFrame>),
    /// Frames of clips are decoded elsewhere.
    Clip(Clip),
}

struct Worker {
    frames: moka::sync::Cache<(ContentHash, FrameNumber), Arc<StoredFrame>>,
    /// The object of the last frame, so that a multi-frame object is opened once.
    open: Option<(ContentHash, Object<'static>)>,
    /// The last presentation state, or why it cannot be applied.
    state: Option<(ContentHash, Result<PresentationState, StateError>)>,
    /// The last frame that it was applied to, by object, number and state.
    applied: Option<((ContentHash, u32, ContentHash), Arc<StoredFrame>)>,
}

impl Worker {
    fn new(cache_bytes: u64) -> Self {
        let weigh = |_: &(ContentHash, FrameNumber), frame: &Arc<StoredFrame>| {
            u32::try_from(frame.bytes()).unwrap_or(u32::MAX)
        };
        let frames = moka::sync::Cache::builder().max_capacity(cache_bytes).weigher(weigh);
        // What was looked at last is looked at next.
        let frames = frames.eviction_policy(moka::policy::EvictionPolicy::lru()).build();
        Self { frames, open: None, state: None, applied: None }
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
                let bytes = read(&path)?;
                if let Some(clip) = clip_in(&bytes) {
                    return Ok((Answer::Clip(clip), Vec::new()));
                }
                let frame = decode_bytes(&bytes, frame)?;
                let window = window.map(|(center, width)| Window { center, width });
                let voi = window.map_or(VoiChoice::Object, VoiChoice::Window);
                let presentation = Presentation { voi, ..Presentation::PLAIN };
                let rendered = match size {
                    Some((width, height)) => {
                        render_view(&frame, &presentation, &View::default(), Surface { width, height })
                    }
                    None => render(&frame, &presentation),
                };
                let rendered = rendered.map_err(|error| error.to_string())?;
                let bytes = encode::encode_png(&rendered).map_err(|error| error.to_string())?;
                let (width, height) = (rendered.width, rendered.height);
                let facts = Box::new(frame.facts(&presentation));
                Ok((Answer::Picture { is_png: true, width, height, facts }, bytes))
            }
            Request::Header { path, content } => {
                let received = read_header(&read(&path)?, ContentHash(content)).map_err(|e| e.to_string())?;
                Ok((Answer::Header(Box::new(received.into())), Vec::new()))
            }
            Request::Warm { path, content, frame } => {
                self.frame(&path, ContentHash(content), frame)?;
                Ok((Answer::Warm, Vec::new()))
            }
            Request::Picture { path, content, frame, how, width, height, percent } => {
                let content = ContentHash(content);
                let shown = match self.frame(&path, content, frame)? {
                    Found::Frame(frame) => frame,
                    Found::Clip(clip) => return Ok((Answer::Clip(clip), Vec::new())),
                };
                let frame = match &how.state {
                    Some((state, hash)) => {
                        self.applied(shown, (content, frame, ContentHash(*hash)), state)?
                    }
                    None => shown,
                };
                let presentation = how.presentation();
                let rendered = render_view(&frame, &presentation, &how.view(), Surface { width, height });
                let rendered = rendered.map_err(|error| error.to_string())?;
                let quality = percent.map_or(Quality::Lossless, Quality::Lossy);
                let (bytes, format) =
                    encode::encode(&rendered, quality).map_err(|error| error.to_string())?;
                let is_png = format == PictureFormat::Png;
                let facts = Box::new(frame.facts(&presentation));
                Ok((Answer::Picture { is_png, width, height, facts }, bytes))
            }
            Request::Content { path } => match content(&read(&path)?).map_err(|error| error.to_string())? {
                Content::Text(document) => Ok((Answer::Text(Box::new(document)), Vec::new())),
                Content::Pages(bytes) => Ok((Answer::Pages, bytes)),
                Content::Sound(bytes, media_type) => Ok((Answer::Sound(media_type.to_owned()), bytes)),
            },
        }
    }

    fn frame(&mut self, path: &str, content: ContentHash, number: u32) -> Result<Found, String> {
        let frame = FrameNumber::new(number).ok_or("frames are numbered from 1")?;
        if let Some(found) = self.frames.get(&(content, frame)) {
            return Ok(Found::Frame(found));
        }
        if self.open.as_ref().is_none_or(|(hash, _)| *hash != content) {
            self.open = None;
            let bytes = read(path)?;
            if let Some(clip) = plain_clip(&bytes) {
                return Ok(Found::Clip(clip));
            }
            if let Some(decoded) = plain::decode(&bytes, frame) {
                let decoded = Arc::new(decoded.map_err(|error| error.to_string())?);
                self.frames.insert((content, frame), decoded.clone());
                return Ok(Found::Frame(decoded));
            }
            let object = Object::open(bytes).map_err(|error| error.to_string())?;
            self.open = Some((content, object));
        }
        let (_, object) = self.open.as_ref().ok_or("the object is not open")?;
        if let Some(clip) = clip(object) {
            return Ok(Found::Clip(clip));
        }
        let decoded = Arc::new(pixels::decode(object, frame).map_err(|error| error.to_string())?);
        self.frames.insert((content, frame), decoded.clone());
        Ok(Found::Frame(decoded))
    }

    /// The frame as a presentation state wants it; as it is where the state does not refer to it.
    fn applied(
        &mut self,
        frame: Arc<StoredFrame>,
        key: (ContentHash, u32, ContentHash),
        path: &str,
    ) -> Result<Arc<StoredFrame>, String> {
        if let Some((known, applied)) = &self.applied
            && *known == key
        {
            return Ok(applied.clone());
        }
        let hash = key.2;
        if self.state.as_ref().is_none_or(|(known, _)| *known != hash) {
            let bytes = read(path)?;
            let state = Object::open(bytes).map_err(StateError::from);
            self.state = Some((hash, state.and_then(|object| PresentationState::read(&object))));
        }
        let (_, state) = self.state.as_ref().ok_or("the presentation state is not open")?;
        let applied = match state {
            Ok(state) => state.on(&frame).map_or_else(|| frame, Arc::new),
            Err(why) => Arc::new(frame.with_notice(why.to_string())),
        };
        self.applied = Some((key, applied.clone()));
        Ok(applied)
    }
}

fn look(bytes: &[u8]) -> Result<Inspection, String> {
    inspect(bytes, ContentHash(Sha256::digest(bytes).into())).map_err(|error| error.to_string())
}

fn decode(path: &str, number: u32) -> Result<StoredFrame, String> {
    decode_bytes(&read(path)?, number)
}

fn decode_bytes(bytes: &[u8], number: u32) -> Result<StoredFrame, String> {
    let frame = FrameNumber::new(number).ok_or("frames are numbered from 1")?;
    pixels::decode_frame(bytes, frame).map_err(|error| error.to_string())
}

/// The clip in these bytes; `None` when they are something else, or nothing that can be opened.
fn clip_in(bytes: &[u8]) -> Option<Clip> {
    plain_clip(bytes).or_else(|| clip(&Object::open(bytes).ok()?))
}

fn read(path: &str) -> Result<Vec<u8>, String> {
    std::fs::read(path).map_err(|error| format!("the object cannot be read: {}", error.kind()))
}
