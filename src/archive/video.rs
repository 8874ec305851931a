//! Frames of clips, by ffmpeg where the machine has it: a process of its own behind walls and under limits, which is given a file to
//! read and a pipe to write to, and nothing else.
//!
//! A clip is decoded forward. The process of the last frame stays, so that the next frames come at once; a jump starts another.

use std::io;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use tokio::io::AsyncReadExt;
use tokio::process::{Child, ChildStdout};
use tokio::sync::Mutex;

use super::clear::{ClearFile, nameless};
use super::ffmpeg::{Probe, Programs, READ, WRITTEN};
use super::picture::{Picture, PictureError, PictureRequest};
use crate::imaging::clip::Clip;
use crate::imaging::{
    Cine, ContentHash, FrameNumber, InstanceFacts, Presentation, Quality, StoredFrame, Surface, View, encode,
    plain, render, render_view,
};

/// What is said where ffmpeg is missing.
const NO_FFMPEG: &str = "this is a video: showing it needs ffmpeg, which is not installed on the gateway";
/// Clips whose process stays ready, and what they have in memory together, in bytes: four, or fewer large ones.
pub(super) const OPEN_CLIPS: u64 = 4;
pub(super) const OPEN_BYTES: u64 = 1 << 30;
/// Decoded frames that are kept, in bytes.
pub(super) const KEPT_BYTES: u64 = 192 << 20;
/// Frames that are decoded before the wanted one when somebody goes backwards, in bytes of frames.
const BACKWARD_BYTES: usize = 48 << 20;
/// As far ahead the running process is read on instead of started anew, in frames.
const FORWARD: u32 = 64;
/// A frame, or what is asked about a clip, that takes longer is given up.
pub(super) const PATIENCE: Duration = Duration::from_secs(20);

/// The clips that are looked at.
#[derive(Debug)]
pub(super) struct Clips {
    programs: Arc<Programs>,
    clips: moka::future::Cache<ContentHash, Arc<OpenClip>>,
    frames: moka::sync::Cache<(ContentHash, u32), Arc<StoredFrame>>,
}

#[derive(Debug)]
struct OpenClip {
    /// The clip, or the stream that was taken out of its object.
    stream: Arc<ClearFile>,
    is_plain: bool,
    probe: Probe,
    programs: Arc<Programs>,
    run: Mutex<Option<Run>>,
}

/// A process that decodes.
#[derive(Debug)]
struct Run {
    _child: Child,
    frames: ChildStdout,
    /// The number of the frame that comes next.
    next: u32,
}

pub(super) fn cannot(why: impl Into<String>) -> PictureError {
    PictureError::CannotShow(why.into())
}

impl Clips {
    /// `worker_program`: this program.
    pub(super) fn new(worker_program: PathBuf) -> Self {
        let weigh = |_: &(ContentHash, u32), frame: &Arc<StoredFrame>| {
            u32::try_from(frame.values.bytes()).unwrap_or(u32::MAX)
        };
        Self {
            programs: Arc::new(Programs { worker_program }),
            clips: moka::future::Cache::builder()
                .max_capacity(OPEN_BYTES)
                .weigher(|_, open: &Arc<OpenClip>| {
                    let bytes = open.stream.bytes().clamp(OPEN_BYTES / OPEN_CLIPS, OPEN_BYTES);
                    u32::try_from(bytes).unwrap_or(u32::MAX)
                })
                .eviction_policy(moka::policy::EvictionPolicy::lru())
                .time_to_idle(Duration::from_secs(120))
                .build(),
            frames: moka::sync::Cache::builder().max_capacity(KEPT_BYTES).weigher(weigh).build(),
        }
    }

    /// Ends all processes.
    pub(super) fn close(&self) {
        self.clips.invalidate_all();
    }

    /// Whether a clip is open: then nobody has to ask what the object is.
    pub(super) fn has(&self, content: ContentHash) -> bool {
        self.clips.contains_key(&content)
    }

    /// Size, number and rate of the frames of a plain clip, for its facts. Without ffmpeg they stay unknown.
    pub(super) async fn describe(
        &self,
        clip: &ClearFile,
        facts: &mut InstanceFacts,
    ) -> Result<(), PictureError> {
        match self.programs.probe(clip, &Clip::default()).await {
            Ok(probe) => {
                (facts.columns, facts.rows, facts.frames) = (probe.columns, probe.rows, probe.frames);
                facts.details.cine = Some(Cine { frame_ms: probe.frame_ms, ..Cine::default() });
                Ok(())
            }
            Err(PictureError::NoDecoder) => Ok(()),
            Err(why) => Err(why),
        }
    }

    /// A frame, rendered and encoded. `clip`: the object, and what the child says about it; `None` when it is open already.
    pub(super) async fn picture(
        &self,
        clip: Option<(Arc<ClearFile>, Clip)>,
        wanted: &PictureRequest,
    ) -> Result<Picture, PictureError> {
        let PictureRequest { content, frame, presentation, view, surface, quality } = *wanted;
        let frame = self.frame(content, clip, frame).await?;
        draw(frame, presentation, Some((view, surface)), quality).await
    }

    /// A frame at its own size, or what a view shows of it on a surface, without loss.
    pub(super) async fn render(
        &self,
        object: Arc<ClearFile>,
        clip: Clip,
        frame: FrameNumber,
        presentation: Presentation,
        sight: Option<(View, Surface)>,
    ) -> Result<Vec<u8>, PictureError> {
        let frame = self.frame(ContentHash([0; 32]), Some((object, clip)), frame).await?;
        Ok(draw(frame, presentation, sight, Quality::Lossless).await?.bytes.to_vec())
    }

    async fn frame(
        &self,
        content: ContentHash,
        clip: Option<(Arc<ClearFile>, Clip)>,
        frame: FrameNumber,
    ) -> Result<Arc<StoredFrame>, PictureError> {
        let number = frame.number();
        if let Some(kept) = self.frames.get(&(content, number)) {
            return Ok(kept);
        }
        let open = match clip {
            Some((object, clip)) => {
                let open = self.open(object, clip);
                self.clips.try_get_with(content, open).await.map_err(|error| (*error).clone())?
            }
            // It was open a moment ago.
            None => self.clips.get(&content).await.ok_or_else(|| cannot("the clip was closed: try again"))?,
        };
        if number > open.probe.frames {
            return Err(cannot(format!("there is no frame {number}: the clip has {}", open.probe.frames)));
        }
        let mut run = open.run.lock().await;
        if let Some(kept) = self.frames.get(&(content, number)) {
            return Ok(kept);
        }
        // While it is read the slot is empty: if this future is dropped half-way, the process goes with it.
        let mut reading = match run.take() {
            Some(run) if (run.next..run.next.saturating_add(FORWARD)).contains(&number) => run,
            other => {
                let is_backward = other.is_some_and(|run| number < run.next);
                let before = BACKWARD_BYTES / open.frame_bytes();
                let before = if is_backward { u32::try_from(before).unwrap_or(1).clamp(1, 24) } else { 0 };
                open.start(number.saturating_sub(before).max(1)).map_err(|error| without(&error))?
            }
        };
        let mut last = None;
        while reading.next <= number {
            let pixels = tokio::time::timeout(PATIENCE, open.read(&mut reading.frames)).await;
            let pixels = pixels
                .map_err(|_| cannot(format!("the clip takes longer than {} seconds", PATIENCE.as_secs())))?;
            let Some(pixels) = pixels.map_err(|_| cannot("the clip cannot be read"))? else {
                // The last frames of a clip of a camera may be one less than its times say.
                return match last {
                    Some(last) if open.is_plain && number <= reading.next + 1 => Ok(last),
                    _ => Err(cannot(format!("the clip ends before frame {number}, or is damaged there"))),
                };
            };
            let decoded = plain::rgb_frame(open.probe.columns, open.probe.rows, pixels, true);
            let decoded = Arc::new(decoded.ok_or_else(|| cannot("the clip has no pixels"))?);
            self.frames.insert((content, reading.next), decoded.clone());
            last = Some(decoded);
            reading.next += 1;
        }
        *run = Some(reading);
        last.ok_or_else(|| cannot("the clip has no such frame"))
    }

    async fn open(&self, object: Arc<ClearFile>, clip: Clip) -> Result<Arc<OpenClip>, PictureError> {
        let is_plain = clip.parts.is_empty();
        let stream = if is_plain {
            object
        } else {
            let parts = clip.parts.clone();
            let taken = tokio::task::spawn_blocking(move || take_out(&object, &parts)).await;
            let cannot = || cannot("the clip cannot be taken out of its object");
            Arc::new(taken.map_err(|_| cannot())?.map_err(|_| cannot())?)
        };
        let (probe, programs) = (Probe::UNKNOWN, self.programs.clone());
        let mut open = OpenClip { stream, is_plain, probe, programs, run: Mutex::new(None) };
        open.probe = self.programs.probe(&open.stream, &clip).await.map_err(|error| match error {
            PictureError::NoDecoder => cannot(NO_FFMPEG),
            other => other,
        })?;
        if open.probe.is_broadcast && open.rewrap().await {
            open.probe.is_bare = false;
        }
        Ok(Arc::new(open))
    }
}

impl OpenClip {
    fn frame_bytes(&self) -> usize {
        self.probe.columns as usize * self.probe.rows as usize * 3
    }

    /// Puts the same stream into a container that knows the place of every frame. Where that fails it is decoded from its start.
    async fn rewrap(&mut self) -> bool {
        let Ok(to) = nameless() else { return false };
        let length = self.stream.bytes();
        let most = length + length / 4 + (1 << 20);
        let begun =
            self.programs.command("ffmpeg", &self.stream, Some((&to, most))).and_then(|mut command| {
                command.args(["-i", READ, "-map", "0:v:0", "-c", "copy", "-f", "mp4", "-y", WRITTEN]);
                command.spawn()
            });
        let wrapped = match begun {
            Ok(mut child) => tokio::time::timeout(PATIENCE, child.wait()).await,
            Err(_) => return false,
        };
        if !matches!(wrapped, Ok(Ok(status)) if status.success()) {
            return false;
        }
        match ClearFile::written(to) {
            Ok(stream) => {
                self.stream = Arc::new(stream);
                true
            }
            Err(_) => false,
        }
    }

    /// Starts to decode at a frame.
    fn start(&self, from: u32) -> io::Result<Run> {
        let Probe { columns, rows, frame_ms, is_bare, is_wide_without_colors, .. } = self.probe;
        let mut command = self.programs.command("ffmpeg", &self.stream, None)?;
        let mut filters = Vec::new();
        if from > 1 && !is_bare {
            // Half a frame before: the first frame at or behind that time is the wanted one, whatever the rounding.
            let seconds = (f64::from(from) - 1.5) * frame_ms / 1000.0;
            command.args(["-ss", &format!("{seconds:.6}")]);
        }
        if from > 1 && is_bare {
            filters.push(format!(r"select=gte(n\,{})", from - 1));
        }
        // Cameras drop and repeat frames: the numbers here are those of an even clock.
        if self.is_plain {
            filters.push(format!("fps={:.6}", 1000.0 / frame_ms));
        }
        let matrix = if is_wide_without_colors { ":in_color_matrix=bt709" } else { "" };
        filters.push(format!("scale={columns}:{rows}{matrix}"));
        command.args(["-i", READ]);
        command.args([
            "-map",
            "0:v:0",
            "-an",
            "-sn",
            "-dn",
            "-vf",
            &filters.join(","),
            "-vsync",
            "passthrough",
        ]);
        command.args(["-f", "rawvideo", "-pix_fmt", "rgb24", "pipe:1"]);
        let mut child = command.spawn()?;
        let frames = child.stdout.take().ok_or_else(|| io::Error::other("the process has no pipe"))?;
        Ok(Run { _child: child, frames, next: from })
    }

    /// The next frame; `None` at the end.
    async fn read(&self, frames: &mut ChildStdout) -> io::Result<Option<Vec<u8>>> {
        let mut pixels = vec![0; self.frame_bytes()];
        match frames.read_exact(&mut pixels).await {
            Ok(_) => Ok(Some(pixels)),
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => Ok(None),
            Err(error) => Err(error),
        }
    }
}

fn without(error: &io::Error) -> PictureError {
    if error.kind() == io::ErrorKind::NotFound {
        return cannot(NO_FFMPEG);
    }
    tracing::error!(error = error as &dyn std::error::Error, "ffmpeg cannot be started");
    PictureError::NoDecoder
}

/// The stream of an object, for itself.
fn take_out(object: &ClearFile, parts: &[(u64, u64)]) -> io::Result<ClearFile> {
    use std::io::Write;
    use std::os::unix::fs::FileExt;
    let mut stream = nameless()?;
    let mut step = vec![0; 256 << 10];
    for &(start, length) in parts {
        let end = start.saturating_add(length).min(object.bytes());
        let mut at = start;
        while at < end {
            let most = usize::try_from(end - at).unwrap_or(usize::MAX).min(step.len());
            let part = step.get_mut(..most).unwrap_or_default();
            object.file().read_exact_at(part, at)?;
            stream.write_all(part)?;
            at += most as u64;
        }
    }
    ClearFile::written(stream)
}

/// Renders and encodes away from the tasks that answer: RGB is nothing that has to be parsed.
async fn draw(
    frame: Arc<StoredFrame>,
    presentation: Presentation,
    view: Option<(View, Surface)>,
    quality: Quality,
) -> Result<Picture, PictureError> {
    let draw = move || {
        let rendered = match view {
            Some((view, surface)) => render_view(&frame, &presentation, &view, surface),
            None => render(&frame, &presentation),
        };
        let rendered = rendered.map_err(|error| cannot(error.to_string()))?;
        let (bytes, format) =
            encode::encode(&rendered, quality).map_err(|error| cannot(error.to_string()))?;
        let facts = Arc::new(frame.facts(&presentation));
        Ok(Picture {
            bytes: bytes.into(),
            format,
            width: rendered.width,
            height: rendered.height,
            is_whole: true,
            facts,
        })
    };
    tokio::task::spawn_blocking(draw).await.map_err(|_| cannot("the frame cannot be drawn"))?
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn without_ffmpeg_the_sentence_says_what_is_missing() {
        let missing = io::Error::from(io::ErrorKind::NotFound);
        assert_eq!(without(&missing).to_string(), NO_FFMPEG);
        assert_eq!(without(&io::Error::from(io::ErrorKind::OutOfMemory)), PictureError::NoDecoder);
    }

    #[test]
    fn only_the_parts_of_the_stream_are_taken_out() {
        use std::io::{Read, Seek};
        let object = ClearFile::of(&b"header-one-item-two-end"[..]).unwrap();
        let stream = take_out(&object, &[(7, 3), (16, 3), (21, 99)]).unwrap();
        let mut text = String::new();
        let mut file = stream.file();
        file.rewind().unwrap();
        file.read_to_string(&mut text).unwrap();
        assert_eq!((text.as_str(), stream.bytes()), ("onetwond", 8));
        assert!(std::io::Write::write_all(&mut file, b"x").is_err(), "nobody writes to it any more");
    }
}
