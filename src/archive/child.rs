//! The child process: it takes its limits upon itself, then parses, decodes, renders and encodes until its parent is gone.

use std::io::{self, BufReader, BufWriter};
use std::process::ExitCode;
use std::sync::Arc;

use sha2::{Digest, Sha256};

use super::limits;
use super::wire::{self, Answer, Request};
use crate::imaging::read::Object;
use crate::imaging::{
    ContentHash, FrameNumber, Inspection, PictureFormat, Presentation, Quality, StoredFrame, Surface, View,
    Window, encode, inspect, pixels, read_header, render, render_view,
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
