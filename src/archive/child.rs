//! The child process: it takes its limits upon itself, then parses, decodes, renders and encodes until its parent is gone.

use std::fs::File;
use std::io;
use std::os::fd::AsFd;
use std::os::unix::fs::FileExt;
use std::os::unix::net::UnixStream;
use std::process::ExitCode;
use std::sync::Arc;

use sha2::{Digest, Sha256};

use super::kept::Kept;
use super::limits::Limits;
use super::sandbox::{self, Walls};
use super::wire::{self, Answer, How, Request};
use crate::imaging::clip::{Clip, clip, plain_clip};
use crate::imaging::plain;
use crate::imaging::read::Object;
use crate::imaging::{
    Content, ContentHash, FrameNumber, Inspection, MeasureRefusal, Measured, PictureFormat,
    PresentationState, Quality, ReferencedImage, StateError, StoredFrame, Subtraction, Surface, View,
    content, encode, inspect, measure, pixels, read_header, reduction_for, render, render_view,
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
    // Not through the standard stream's own writer, which looks for ends of lines.
    let mut answers = File::from(io::stdout().as_fd().try_clone_to_owned()?);
    let limits = Limits::take(cache_bytes)?;
    let Walls { has_landlock, has_seccomp } = sandbox::enter();
    wire::write_answer(&mut answers, &Answer::Ready { has_landlock, has_seccomp }, &[])?;
    let mut worker = Worker::new(cache_bytes, &limits);
    while let Some((request, files)) = wire::read_request(&mut requests)? {
        let answered = opened(files, &limits).and_then(|files| worker.answer(request, files));
        let (answer, bytes) = answered.unwrap_or_else(|why| (Answer::Failed(why), Vec::new()));
        wire::write_answer(&mut answers, &answer, &bytes)?;
    }
    Ok(())
}

/// What there is of a frame.
enum Found {
    Frame(Arc<StoredFrame>),
    /// Frames of clips are decoded elsewhere.
    Clip(Clip),
}

/// The object of a request, and the presentation state that is to be applied.
struct Files {
    object: Opened,
    state: Option<Opened>,
}

/// The files of a request, with what may be used for them set.
fn opened(files: Vec<File>, limits: &Limits) -> Result<Files, String> {
    let measured = |file: File| {
        let bytes = rustix::fs::fstat(&file).map_err(unreadable)?.st_size.try_into().unwrap_or(0);
        Ok::<_, String>(Opened { file, bytes })
    };
    let mut files = files.into_iter();
    let object = measured(files.next().ok_or("the object is not there")?)?;
    let state = files.next().map(measured).transpose()?;
    let bytes = object.bytes.saturating_add(state.as_ref().map_or(0, |state| state.bytes));
    limits.allow(bytes).map_err(unreadable)?;
    Ok(Files { object, state })
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

/// Samples of all frames that one subtraction takes: a large detector and ten masks. They need no bytes in the file to cost time.
const MOST_SUBTRACTED: u64 = 48_000_000;

/// What is subtracted, and which differences are black and white.
struct Mask {
    values: Vec<f32>,
    range: (f64, f64),
}

struct Worker<'a> {
    limits: &'a Limits,
    frames: Kept<Arc<StoredFrame>>,
    /// The object of the last frame, so that a multi-frame object is opened once.
    open: Option<(ContentHash, Object<'static>)>,
    /// The frame of which a first look has been given: the next one is whole.
    looked_at: Option<(ContentHash, u32)>,
    /// The last mask, by object and frames, and the range of its differences.
    mask: Option<((ContentHash, Vec<FrameNumber>), Mask)>,
    /// The last frame without its mask.
    subtracted: Option<((ContentHash, u32), Arc<StoredFrame>)>,
    /// The last presentation state, or why it cannot be applied.
    state: Option<(ContentHash, Result<PresentationState, StateError>)>,
    /// The last frame that it was applied to, by object, number and state.
    applied: Option<((ContentHash, u32, ContentHash), Arc<StoredFrame>)>,
}

impl<'a> Worker<'a> {
    fn new(cache_bytes: u64, limits: &'a Limits) -> Self {
        let frames = Kept::new(cache_bytes);
        let (mask, subtracted) = (None, None);
        Self { limits, frames, open: None, looked_at: None, mask, subtracted, state: None, applied: None }
    }

    fn answer(&mut self, request: Request, files: Files) -> Result<(Answer, Vec<u8>), String> {
        let Files { object: file, state } = files;
        match request {
            Request::Inspect => Ok((look(&file.read()?)?.into(), Vec::new())),
            Request::Values { frame } => {
                let StoredFrame { rows, columns, samples, values, .. } = self.decode(&file, frame)?;
                let kind = values.kind().to_owned();
                let bytes = values.to_le_bytes().into_owned();
                Ok((Answer::Values { rows, columns, samples, kind }, bytes))
            }
            Request::Render { frame, how, size } => {
                let bytes = file.read()?;
                if let Some(clip) = clip_in(&bytes) {
                    return Ok((Answer::Clip(clip), Vec::new()));
                }
                let frame = self.decode_bytes(&file, &bytes, frame)?;
                let presentation = how.presentation();
                let rendered = match size {
                    Some((width, height)) => {
                        render_view(&frame, &presentation, &how.view(), Surface { width, height })
                    }
                    None => render(&frame, &presentation),
                };
                let rendered = rendered.map_err(|error| error.to_string())?;
                let bytes = encode::encode_png(&rendered).map_err(|error| error.to_string())?;
                let (width, height) = (rendered.width, rendered.height);
                let facts = Box::new(frame.facts(&presentation));
                Ok((Answer::Picture { is_png: true, width, height, is_whole: true, facts }, bytes))
            }
            Request::Header { content } => {
                let received = read_header(&file.read()?, ContentHash(content)).map_err(|e| e.to_string())?;
                Ok((Answer::Header(Box::new(received.into())), Vec::new()))
            }
            Request::Warm { content, frame } => {
                self.frame(&file, ContentHash(content), frame)?;
                Ok((Answer::Warm, Vec::new()))
            }
            Request::Picture { content, frame: number, how, width, height, percent } => {
                let content = ContentHash(content);
                let surface = Surface { width, height };
                if state.is_none()
                    && let Some(part) = self.first_look(&file, (content, number), &how.view(), surface)
                {
                    return picture(&part, &how, surface, percent, false);
                }
                let shown = match self.frame(&file, content, number)? {
                    Found::Frame(frame) => frame,
                    Found::Clip(clip) => return Ok((Answer::Clip(clip), Vec::new())),
                };
                let presentation = how.presentation();
                let frame = match (presentation.state, state) {
                    (Some(hash), Some(state)) => self.applied(shown, (content, number, hash), &state)?,
                    _ => shown,
                };
                let is_wanted = presentation.is_subtracted && !frame.about.is_state_applied;
                let frame = match frame.about.subtraction.clone().filter(|_| is_wanted) {
                    Some(subtraction) => self.subtracted(&file, (content, number), frame, &subtraction),
                    None => frame,
                };
                picture(&frame, &how, surface, percent, true)
            }
            Request::Measure { content, frame: number, shape } => {
                let measured = match self.frame(&file, ContentHash(content), number)? {
                    Found::Frame(frame) => measure(&frame, &shape),
                    Found::Clip(_) => Measured::refused(MeasureRefusal::Clip),
                };
                Ok((Answer::Measured(Box::new(measured)), Vec::new()))
            }
            Request::Referenced { frames } => {
                let frames: Vec<_> = frames.into_iter().filter_map(FrameNumber::new).collect();
                let image =
                    ReferencedImage::read(&file.read()?, &frames).map_err(|error| error.to_string())?;
                Ok((Answer::Referenced(Box::new(image)), Vec::new()))
            }
            Request::Content => match content(&file.read()?).map_err(|error| error.to_string())? {
                Content::Text(document) => Ok((Answer::Text(Box::new(document)), Vec::new())),
                Content::Pages(bytes) => Ok((Answer::Pages, bytes)),
                Content::Sound(bytes, media_type) => Ok((Answer::Sound(media_type.to_owned()), bytes)),
            },
        }
    }

    fn frame(&mut self, file: &Opened, content: ContentHash, number: u32) -> Result<Found, String> {
        self.frame_within(file, content, number, true)
    }

    /// `is_allowed_anew`: decoding it gets processor time of its own.
    fn frame_within(
        &mut self,
        file: &Opened,
        content: ContentHash,
        number: u32,
        is_allowed_anew: bool,
    ) -> Result<Found, String> {
        let frame = FrameNumber::new(number).ok_or("frames are numbered from 1")?;
        if let Some(found) = self.frames.get((content, frame)) {
            return Ok(Found::Frame(found));
        }
        if !self.is_open(content) {
            self.open = None;
            let bytes = file.read()?;
            if let Some(clip) = plain_clip(&bytes) {
                return Ok(Found::Clip(clip));
            }
            if let Some(decoded) = plain::decode(&bytes, frame) {
                let decoded = Arc::new(decoded.map_err(|error| error.to_string())?);
                self.frames.insert((content, frame), decoded.clone(), decoded.bytes());
                return Ok(Found::Frame(decoded));
            }
            let object = Object::open(bytes).map_err(|error| error.to_string())?;
            self.open = Some((content, object));
        }
        let (_, object) = self.open.as_ref().ok_or("the object is not open")?;
        if let Some(clip) = clip(object) {
            return Ok(Found::Clip(clip));
        }
        if is_allowed_anew {
            self.limits.allow_samples(file.bytes, object.declared_samples()).map_err(unreadable)?;
        }
        let decoded = pixels::decode(object, frame).map_err(|error| error.to_string())?;
        let decoded = Arc::new(decoded);
        self.frames.insert((content, frame), decoded.clone(), decoded.bytes());
        Ok(Found::Frame(decoded))
    }

    /// A frame that takes long to decode, at a part of its resolution that is enough for the surface; once, then the whole frame is due. `None`
    /// where that saves nothing, or where what lies on the frame counts its pixels.
    fn first_look(
        &mut self,
        file: &Opened,
        key: (ContentHash, u32),
        view: &View,
        surface: Surface,
    ) -> Option<StoredFrame> {
        let (content, number) = key;
        let frame = FrameNumber::new(number)?;
        if self.looked_at == Some(key) || self.frames.has((content, frame)) {
            return None;
        }
        if !self.is_open(content) {
            let bytes = file.read().ok()?;
            if plain::recognise(&bytes).is_some() {
                return None;
            }
            self.open = Some((content, Object::open(bytes).ok()?));
        }
        let (_, object) = self.open.as_ref()?;
        let reduce = reduction_for(object, view, surface)?;
        // A mask is subtracted from all of it.
        if Subtraction::read(object.dataset(), frame).is_some() {
            return None;
        }
        self.looked_at = Some(key);
        self.limits.allow_samples(file.bytes, object.declared_samples()).ok()?;
        let part = pixels::decode_reduced(object, frame, reduce).ok()?;
        (part.appearance.overlays.is_empty() && part.appearance.shutters.is_none()).then_some(part)
    }

    fn is_open(&self, content: ContentHash) -> bool {
        self.open.as_ref().is_some_and(|(hash, _)| *hash == content)
    }

    /// The frame without its mask; the frame itself with a word where the mask cannot be made.
    fn subtracted(
        &mut self,
        file: &Opened,
        key: (ContentHash, u32),
        frame: Arc<StoredFrame>,
        subtraction: &Subtraction,
    ) -> Arc<StoredFrame> {
        if let Some((known, done)) = &self.subtracted
            && *known == key
        {
            return done.clone();
        }
        let done = self.difference(file, key, &frame, subtraction).unwrap_or_else(|why| {
            let why = format!("its mask cannot be subtracted, it is shown as it was taken: {why}");
            Arc::new(frame.with_notice(why))
        });
        self.subtracted = Some((key, done.clone()));
        done
    }

    fn difference(
        &mut self,
        file: &Opened,
        (content, number): (ContentHash, u32),
        frame: &Arc<StoredFrame>,
        subtraction: &Subtraction,
    ) -> Result<Arc<StoredFrame>, String> {
        // For all frames together: an object that names many gets no more time than its bytes are worth.
        let frames = subtraction.masks.len() as u64 + u64::from(subtraction.averaged) + 2;
        let samples = frame.values.len() as u64 * frames;
        if samples > MOST_SUBTRACTED {
            return Err("it is made of more pixels than are averaged here".to_owned());
        }
        self.limits.allow_samples(file.bytes, samples).map_err(unreadable)?;
        let mut frames = vec![frame.clone()];
        if subtraction.averaged > 1 {
            frames.extend(self.frames_of(
                file,
                content,
                number.saturating_add(1)..number.saturating_add(subtraction.averaged),
            )?);
        }
        let masks = subtraction.masks.clone();
        let known = self.mask.take().filter(|(known, _)| *known == (content, masks.clone()));
        let mask = match known {
            Some((_, mask)) => mask,
            None => self.mask_of(file, content, frame, subtraction)?,
        };
        let done = subtraction.difference(&frames, &mask.values).map(|mut difference| {
            difference.appearance.default_range = Some(mask.range);
            Arc::new(difference)
        });
        self.mask = Some(((content, masks), mask));
        done.ok_or_else(|| "it does not fit the frame".to_owned())
    }

    /// The mask of a frame, and the range that fits the differences of all frames: that of the one that stands for them.
    fn mask_of(
        &mut self,
        file: &Opened,
        content: ContentHash,
        frame: &Arc<StoredFrame>,
        subtraction: &Subtraction,
    ) -> Result<Mask, String> {
        let masks = self.frames_of(file, content, subtraction.masks.iter().map(|mask| mask.number()))?;
        let values = subtraction.mask(&masks).unwrap_or_default();
        let number = subtraction.representative.number();
        let standing =
            self.frames_of(file, content, std::iter::once(number)).ok().and_then(|mut one| one.pop());
        let standing = standing.unwrap_or_else(|| frame.clone());
        let own = standing.about.subtraction.clone().unwrap_or_else(|| subtraction.clone());
        let of_own = match own.masks == subtraction.masks {
            true => values.clone(),
            false => {
                let masks = self.frames_of(file, content, own.masks.iter().map(|mask| mask.number()))?;
                own.mask(&masks).unwrap_or_default()
            }
        };
        let difference = own.difference(&[standing], &of_own);
        let range = difference.map_or((0.0, 0.0), |difference| difference.subtraction_range());
        Ok(Mask { values, range })
    }

    /// Frames of an object, from the cache where they are in it, within what is allowed already.
    fn frames_of(
        &mut self,
        file: &Opened,
        content: ContentHash,
        numbers: impl Iterator<Item = u32>,
    ) -> Result<Vec<Arc<StoredFrame>>, String> {
        let found = numbers.map(|number| match self.frame_within(file, content, number, false)? {
            Found::Frame(frame) => Ok(frame),
            Found::Clip(_) => Err("the object is a video".to_owned()),
        });
        found.collect()
    }

    /// The frame as a presentation state wants it; as it is where the state does not refer to it.
    fn applied(
        &mut self,
        frame: Arc<StoredFrame>,
        key: (ContentHash, u32, ContentHash),
        file: &Opened,
    ) -> Result<Arc<StoredFrame>, String> {
        if let Some((known, applied)) = &self.applied
            && *known == key
        {
            return Ok(applied.clone());
        }
        let hash = key.2;
        if self.state.as_ref().is_none_or(|(known, _)| *known != hash) {
            let state = Object::open(file.read()?).map_err(StateError::from);
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

    /// A frame of which nothing is kept.
    fn decode(&self, file: &Opened, number: u32) -> Result<StoredFrame, String> {
        self.decode_bytes(file, &file.read()?, number)
    }

    fn decode_bytes(&self, file: &Opened, bytes: &[u8], number: u32) -> Result<StoredFrame, String> {
        let frame = FrameNumber::new(number).ok_or("frames are numbered from 1")?;
        if let Some(decoded) = plain::decode(bytes, frame) {
            return decoded.map_err(|error| error.to_string());
        }
        let object = Object::open(bytes).map_err(|error| error.to_string())?;
        self.pixels(file, &object, frame)
    }

    fn pixels(&self, file: &Opened, object: &Object<'_>, frame: FrameNumber) -> Result<StoredFrame, String> {
        self.limits.allow_samples(file.bytes, object.declared_samples()).map_err(unreadable)?;
        pixels::decode(object, frame).map_err(|error| error.to_string())
    }
}

/// Renders a frame and encodes it.
fn picture(
    frame: &StoredFrame,
    how: &How,
    surface: Surface,
    percent: Option<u8>,
    is_whole: bool,
) -> Result<(Answer, Vec<u8>), String> {
    let presentation = how.presentation();
    let rendered =
        render_view(frame, &presentation, &how.view(), surface).map_err(|error| error.to_string())?;
    let quality = percent.map_or(Quality::Lossless, Quality::Lossy);
    let (bytes, format) = encode::encode(&rendered, quality).map_err(|error| error.to_string())?;
    let is_png = format == PictureFormat::Png;
    let mut facts = Box::new(frame.facts(&presentation));
    // The mean of some pixels is never as low or as high as they are.
    facts.own_range = facts.own_range.filter(|_| is_whole);
    let Surface { width, height } = surface;
    Ok((Answer::Picture { is_png, width, height, is_whole, facts }, bytes))
}

fn look(bytes: &[u8]) -> Result<Inspection, String> {
    inspect(bytes, ContentHash(Sha256::digest(bytes).into())).map_err(|error| error.to_string())
}

/// The clip in these bytes; `None` when they are something else, or nothing that can be opened.
fn clip_in(bytes: &[u8]) -> Option<Clip> {
    plain_clip(bytes).or_else(|| clip(&Object::open(bytes).ok()?))
}
