//! Frames of clips, by ffmpeg where the machine has it: a process of its own with limits, which is given a file to read and a pipe
//! to write to, and nothing else.
//!
//! A clip is decoded forward. The process of the last frame stays, so that the next frames come at once; a jump starts another.

use std::io;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::Arc;
use std::time::Duration;

use rustix::process::{Pid, Resource, Rlimit, prlimit};
use serde::Deserialize;
use tokio::io::{AsyncRead, AsyncReadExt};
use tokio::process::{Child, ChildStdout, Command};
use tokio::sync::Mutex;

use super::picture::{Picture, PictureError, PictureRequest};
use crate::imaging::clip::Clip;
use crate::imaging::{
    Cine, ContentHash, FrameNumber, InstanceFacts, PictureFormat, Presentation, Quality, StoredFrame,
    Surface, View, encode, plain, render, render_view,
};

/// What is said where ffmpeg is missing.
const NO_FFMPEG: &str = "this is a video: showing it needs ffmpeg, which is not installed on the gateway";
/// Where programs are looked for. The environment of the gateway is not handed on.
const PATH: &str = "/usr/local/bin:/usr/bin:/bin";
/// Clips whose process stays ready.
const OPEN_CLIPS: u64 = 4;
/// Decoded frames that are kept, in bytes.
const KEPT_BYTES: u64 = 192 << 20;
/// Frames that are decoded before the wanted one when somebody goes backwards, in bytes of frames.
const BACKWARD_BYTES: usize = 48 << 20;
/// As far ahead the running process is read on instead of started anew, in frames.
const FORWARD: u32 = 64;
/// A frame, or what is asked about a clip, that takes longer is given up.
const PATIENCE: Duration = Duration::from_secs(20);
/// Address space of a process, in bytes.
const MEMORY_BYTES: u64 = 2 << 30;
/// Seconds of a processor that one process may use: a clip that is looked at for long starts another.
const PROCESSOR_SECONDS: u64 = 900;
/// The largest frame, in pixels.
const MAX_PIXELS: u64 = 4096 * 4096;
/// The most that is read of what ffprobe says, in bytes.
const MAX_ANSWER: u64 = 1 << 16;
/// What a stream may be: no playlists, no lists of files, no devices.
const FORMATS: &str = "mov,mpegts,mpeg,mpegvideo,h264,hevc,m4v";
const CODECS: &str = "h264,hevc,mpeg1video,mpeg2video,mpeg4";

/// The clips that are looked at.
#[derive(Debug)]
pub(super) struct Clips {
    /// Streams that were taken out of their objects.
    folder: PathBuf,
    clips: moka::future::Cache<ContentHash, Arc<OpenClip>>,
    frames: moka::sync::Cache<(ContentHash, u32), Arc<StoredFrame>>,
}

/// What ffprobe says about a clip.
#[derive(Clone, Debug, PartialEq)]
struct Probe {
    columns: u32,
    rows: u32,
    frames: u32,
    frame_ms: f64,
    /// There are no times in it to go to exactly: frames are counted from the start.
    is_bare: bool,
    /// Made for sending (ISO/IEC 13818-1 and -2): can be put into a container that has exact times.
    is_broadcast: bool,
    /// High definition whose colours are not described: ITU-R BT.709 then.
    is_wide_without_colors: bool,
}

#[derive(Debug)]
struct OpenClip {
    path: PathBuf,
    /// `path` is ours, to be removed with the clip.
    is_copy: bool,
    is_plain: bool,
    probe: Probe,
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

impl Drop for OpenClip {
    fn drop(&mut self) {
        if self.is_copy {
            // What stays is cleared away when the archive is opened.
            let _ = std::fs::remove_file(&self.path);
        }
    }
}

fn cannot(why: impl Into<String>) -> PictureError {
    PictureError::CannotShow(why.into())
}

impl Clips {
    /// `folder` holds streams that were taken out of objects; what is in it from before is removed.
    pub(super) fn new(folder: PathBuf) -> Self {
        if let Ok(entries) = std::fs::read_dir(&folder) {
            for entry in entries.flatten() {
                let _ = std::fs::remove_file(entry.path());
            }
        }
        let weigh = |_: &(ContentHash, u32), frame: &Arc<StoredFrame>| {
            u32::try_from(frame.values.bytes()).unwrap_or(u32::MAX)
        };
        Self {
            folder,
            clips: moka::future::Cache::builder()
                .max_capacity(OPEN_CLIPS)
                .time_to_idle(Duration::from_secs(120))
                .build(),
            frames: moka::sync::Cache::builder().max_capacity(KEPT_BYTES).weigher(weigh).build(),
        }
    }

    /// Ends all processes and removes what was taken out of objects.
    pub(super) fn close(&self) {
        self.clips.invalidate_all();
        let _ = std::fs::remove_dir_all(&self.folder);
    }

    /// Whether a clip is open: then nobody has to ask what the object is.
    pub(super) fn has(&self, content: ContentHash) -> bool {
        self.clips.contains_key(&content)
    }

    /// Size, number and rate of the frames of a plain clip, for its facts. Without ffmpeg they stay unknown.
    pub(super) async fn describe(&self, path: &Path, facts: &mut InstanceFacts) -> Result<(), PictureError> {
        match probe(path, &Clip::default()).await {
            Ok(probe) => {
                (facts.columns, facts.rows, facts.frames) = (probe.columns, probe.rows, probe.frames);
                facts.details.cine = Some(Cine { frame_ms: probe.frame_ms, ..Cine::default() });
                Ok(())
            }
            Err(PictureError::NoDecoder) => Ok(()),
            Err(why) => Err(why),
        }
    }

    /// A frame, rendered and encoded. `clip` is what the child says about the object in `path`; `None` when it is open already.
    pub(super) async fn picture(
        &self,
        path: &Path,
        clip: Option<Clip>,
        wanted: &PictureRequest,
    ) -> Result<Picture, PictureError> {
        let PictureRequest { content, frame, presentation, view, surface, quality } = *wanted;
        let frame = self.frame(path, content, clip, frame).await?;
        draw(frame, presentation, Some((view, surface)), quality).await
    }

    /// A frame at its own size, or fitted into a surface, without loss.
    pub(super) async fn render(
        &self,
        path: &Path,
        clip: Clip,
        frame: FrameNumber,
        surface: Option<Surface>,
    ) -> Result<Vec<u8>, PictureError> {
        let frame = self.frame(path, ContentHash([0; 32]), Some(clip), frame).await?;
        let view = surface.map(|surface| (View::default(), surface));
        Ok(draw(frame, Presentation::PLAIN, view, Quality::Lossless).await?.bytes.to_vec())
    }

    async fn frame(
        &self,
        path: &Path,
        content: ContentHash,
        clip: Option<Clip>,
        frame: FrameNumber,
    ) -> Result<Arc<StoredFrame>, PictureError> {
        let number = frame.number();
        if let Some(kept) = self.frames.get(&(content, number)) {
            return Ok(kept);
        }
        let open = match clip {
            Some(clip) => {
                let open = self.open(path, content, clip);
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

    async fn open(
        &self,
        path: &Path,
        content: ContentHash,
        clip: Clip,
    ) -> Result<Arc<OpenClip>, PictureError> {
        let is_plain = clip.parts.is_empty();
        let (path, is_copy) = if is_plain {
            (path.to_owned(), false)
        } else {
            let to = self.folder.join(format!("{}.stream", hexadecimal(content)));
            let (from, to_, parts, folder) =
                (path.to_owned(), to.clone(), clip.parts.clone(), self.folder.clone());
            let copied = tokio::task::spawn_blocking(move || take_out(&folder, &from, &to_, &parts)).await;
            copied
                .map_err(|_| cannot("the clip cannot be taken out of its object"))?
                .map_err(|_| cannot("the clip cannot be taken out of its object"))?;
            (to, true)
        };
        let mut open = OpenClip { path, is_copy, is_plain, probe: Probe::UNKNOWN, run: Mutex::new(None) };
        open.probe = probe(&open.path, &clip).await.map_err(|error| match error {
            PictureError::NoDecoder => cannot(NO_FFMPEG),
            other => other,
        })?;
        if open.probe.is_broadcast && open.rewrap().await {
            open.probe.is_bare = false;
        }
        Ok(Arc::new(open))
    }
}

impl Probe {
    const UNKNOWN: Self = Self {
        columns: 0,
        rows: 0,
        frames: 0,
        frame_ms: 40.0,
        is_bare: false,
        is_broadcast: false,
        is_wide_without_colors: false,
    };
}

impl OpenClip {
    fn frame_bytes(&self) -> usize {
        self.probe.columns as usize * self.probe.rows as usize * 3
    }

    /// Puts the same stream into a container that knows the place of every frame. Where that fails it is decoded from its start.
    async fn rewrap(&mut self) -> bool {
        let to = self.path.with_extension("mp4");
        let mut command = limited("ffmpeg");
        command.arg("-i").arg(&self.path).args(["-map", "0:v:0", "-c", "copy", "-f", "mp4", "-y"]).arg(&to);
        let length = tokio::fs::metadata(&self.path).await.map_or(0, |facts| facts.len());
        let wrapped = match spawn(command, length + length / 4 + (1 << 20)) {
            Ok(mut child) => tokio::time::timeout(PATIENCE, child.wait()).await,
            Err(_) => return false,
        };
        let is_whole = matches!(wrapped, Ok(Ok(status)) if status.success());
        let unneeded = if is_whole { std::mem::replace(&mut self.path, to) } else { to };
        // The folder is cleared when the archive is opened.
        let _ = tokio::fs::remove_file(unneeded).await;
        is_whole
    }

    /// Starts to decode at a frame.
    fn start(&self, from: u32) -> io::Result<Run> {
        let Probe { columns, rows, frame_ms, is_bare, is_wide_without_colors, .. } = self.probe;
        let mut command = limited("ffmpeg");
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
        command.arg("-i").arg(&self.path);
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
        let mut child = spawn(command, 0)?;
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

/// A program of ffmpeg that reads files and pipes of the known kinds and nothing else.
fn limited(program: &str) -> Command {
    #[expect(clippy::disallowed_methods, reason = "the archive is what starts processes")]
    let mut command = Command::new(program);
    command.env_clear().env("PATH", PATH).current_dir("/");
    command.args(["-hide_banner", "-loglevel", "error"]);
    if program == "ffmpeg" {
        command.args(["-nostdin", "-threads", "1", "-filter_threads", "1"]);
    }
    command.args([
        "-protocol_whitelist",
        "file,pipe",
        "-format_whitelist",
        FORMATS,
        "-codec_whitelist",
        CODECS,
    ]);
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null()).kill_on_drop(true);
    command
}

/// Starts it, under limits that hold from its first moments on.
///
/// `file_bytes`: the largest file that it may write.
fn spawn(mut command: Command, file_bytes: u64) -> io::Result<Child> {
    let child = command.spawn()?;
    let pid = child.id().and_then(|id| i32::try_from(id).ok()).and_then(Pid::from_raw);
    // A process that has ended already needs no limits.
    if let Some(pid) = pid {
        let limits = [
            (Resource::As, MEMORY_BYTES),
            (Resource::Cpu, PROCESSOR_SECONDS),
            (Resource::Core, 0),
            (Resource::Fsize, file_bytes),
            (Resource::Nofile, 32),
        ];
        for (resource, limit) in limits {
            prlimit(Some(pid), resource, Rlimit { current: Some(limit), maximum: Some(limit) })?;
        }
    }
    Ok(child)
}

fn without(error: &io::Error) -> PictureError {
    if error.kind() == io::ErrorKind::NotFound {
        return cannot(NO_FFMPEG);
    }
    tracing::error!(error = error as &dyn std::error::Error, "ffmpeg cannot be started");
    PictureError::NoDecoder
}

#[derive(Deserialize)]
struct Said {
    #[serde(default)]
    streams: Vec<SaidStream>,
    #[serde(default)]
    format: SaidFormat,
}

#[derive(Deserialize)]
struct SaidStream {
    width: Option<u32>,
    height: Option<u32>,
    avg_frame_rate: Option<String>,
    r_frame_rate: Option<String>,
    nb_frames: Option<String>,
    duration: Option<String>,
    color_space: Option<String>,
    #[serde(default)]
    side_data_list: Vec<SaidSide>,
}

#[derive(Deserialize)]
struct SaidSide {
    rotation: Option<f64>,
}

#[derive(Default, Deserialize)]
struct SaidFormat {
    format_name: Option<String>,
    duration: Option<String>,
}

/// Asks ffprobe. [`PictureError::NoDecoder`]: there is none.
async fn probe(path: &Path, clip: &Clip) -> Result<Probe, PictureError> {
    const ENTRIES: &str = "stream=width,height,avg_frame_rate,r_frame_rate,nb_frames,duration,color_space:stream_side_data=rotation:format=format_name,duration";
    let mut command = limited("ffprobe");
    command.args(["-select_streams", "v:0", "-show_entries", ENTRIES, "-of", "json", "-i"]).arg(path);
    let mut child = spawn(command, 0).map_err(|error| {
        if error.kind() != io::ErrorKind::NotFound {
            tracing::error!(error = &error as &dyn std::error::Error, "ffprobe cannot be started");
        }
        PictureError::NoDecoder
    })?;
    let mut answer = Vec::new();
    if let Some(stdout) = child.stdout.take() {
        let read = tokio::time::timeout(PATIENCE, read_all(stdout, &mut answer)).await;
        read.map_err(|_| cannot("the clip takes too long to be looked at"))?
            .map_err(|_| cannot("the clip cannot be looked at"))?;
    }
    let said: Said =
        serde_json::from_slice(&answer).map_err(|_| cannot("this is no clip that can be shown"))?;
    understood(&said, clip).ok_or_else(|| cannot("this is no clip that can be shown"))
}

async fn read_all(from: impl AsyncRead + Unpin, into: &mut Vec<u8>) -> io::Result<usize> {
    from.take(MAX_ANSWER).read_to_end(into).await
}

fn understood(said: &Said, clip: &Clip) -> Option<Probe> {
    let stream = said.streams.first()?;
    let (mut columns, mut rows) = (stream.width?, stream.height?);
    if columns == 0 || rows == 0 || u64::from(columns) * u64::from(rows) > MAX_PIXELS {
        return None;
    }
    // ffmpeg turns the frames as the camera was held.
    let turned = stream.side_data_list.iter().find_map(|side| side.rotation).unwrap_or(0.0);
    if (turned.abs() - 90.0).abs() < 1.0 || (turned.abs() - 270.0).abs() < 1.0 {
        (columns, rows) = (rows, columns);
    }
    let rates = [stream.avg_frame_rate.as_deref(), stream.r_frame_rate.as_deref()];
    let rate = rates.into_iter().flatten().find_map(rate);
    let frame_ms = rate.map(|rate| 1000.0 / rate).or(clip.frame_ms).unwrap_or(40.0);
    let is_even = rate.is_some() && rate == stream.r_frame_rate.as_deref().and_then(self::rate);
    let seconds = [stream.duration.as_deref(), said.format.duration.as_deref()];
    let seconds: Option<f64> = seconds.into_iter().flatten().find_map(|seconds| seconds.parse().ok());
    let by_time = seconds.map(|seconds| (seconds * 1000.0 / frame_ms).round() as u32);
    let counted = stream.nb_frames.as_deref().and_then(|frames| frames.parse().ok()).filter(|_| is_even);
    let format = said.format.format_name.as_deref().unwrap_or_default();
    Some(Probe {
        columns,
        rows,
        frames: clip.frames.or(counted).or(by_time).unwrap_or(1).clamp(1, crate::imaging::clip::MAX_FRAMES),
        frame_ms,
        is_bare: !format.starts_with("mov"),
        is_broadcast: matches!(format, "mpegts" | "mpeg" | "mpegvideo"),
        is_wide_without_colors: rows > 576 && matches!(stream.color_space.as_deref(), None | Some("unknown")),
    })
}

/// `30000/1001` as frames a second.
fn rate(text: &str) -> Option<f64> {
    let (frames, seconds) = text.split_once('/')?;
    let rate = frames.parse::<f64>().ok()? / seconds.parse::<f64>().ok()?;
    (0.01..=1000.0).contains(&rate).then_some(rate)
}

/// Copies the stream of an object into a file of its own.
fn take_out(folder: &Path, from: &Path, to: &Path, parts: &[(u64, u64)]) -> io::Result<()> {
    use std::io::{Read, Seek, SeekFrom};
    std::fs::create_dir_all(folder)?;
    let mut from = std::fs::File::open(from)?;
    let mut to = std::fs::File::create(to)?;
    for &(start, length) in parts {
        from.seek(SeekFrom::Start(start))?;
        io::copy(&mut (&mut from).take(length), &mut to)?;
    }
    Ok(())
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
        let format = match format {
            PictureFormat::Png => PictureFormat::Png,
            PictureFormat::Jpeg => PictureFormat::Jpeg,
        };
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

fn hexadecimal(content: ContentHash) -> String {
    content.0.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(json: &str) -> Option<Probe> {
        understood(&serde_json::from_str(json).unwrap(), &Clip::default())
    }

    #[test]
    fn what_ffprobe_says_is_understood() {
        let phone = r#"{"streams":[{"width":1920,"height":1080,"avg_frame_rate":"30000/1001","r_frame_rate":"30000/1001",
            "nb_frames":"90","duration":"3.003","color_space":"bt709","side_data_list":[{"rotation":-90}]}],"format":{"format_name":"mov,mp4"}}"#;
        let probe = said(phone).unwrap();
        assert_eq!((probe.columns, probe.rows, probe.frames), (1080, 1920, 90));
        assert!((probe.frame_ms - 33.3667).abs() < 0.001 && !probe.is_bare && !probe.is_wide_without_colors);
        let uneven = r#"{"streams":[{"width":64,"height":48,"avg_frame_rate":"20/1","r_frame_rate":"30/1","nb_frames":"40","duration":"3.0"}],
            "format":{"format_name":"h264"}}"#;
        let probe = said(uneven).unwrap();
        assert_eq!((probe.frames, probe.is_bare), (60, true));
        for nothing in [
            "{}",
            r#"{"streams":[{"width":0,"height":48}]}"#,
            r#"{"streams":[{"width":65535,"height":65535}]}"#,
        ] {
            assert_eq!(said(nothing), None, "{nothing}");
        }
    }
}
