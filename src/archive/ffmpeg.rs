//! The programs of ffmpeg: how they are started (by way of [`clip_worker`](super::clip_worker), which puts up their walls), and what
//! ffprobe says about a clip.

use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};
use std::process::Stdio;

use serde::Deserialize;
use tokio::io::{AsyncRead, AsyncReadExt};
use tokio::process::{Child, Command};

use super::clear::ClearFile;
use super::clip_worker::NOT_STARTED;
use super::picture::PictureError;
use super::video::{PATIENCE, cannot};
use crate::imaging::clip::{Clip, MAX_FRAMES};

/// The verb of the command line that makes this program a program of ffmpeg behind walls.
const VERB: &str = "clip-worker";
/// The largest frame, in pixels.
const MAX_PIXELS: u64 = 4096 * 4096;
/// The most that is read of what ffprobe says, in bytes.
const MAX_ANSWER: u64 = 1 << 16;
/// What a stream may be: no playlists, no lists of files, no devices.
const FORMATS: &str = "mov,mpegts,mpeg,mpegvideo,h264,hevc,m4v";
const CODECS: &str = "h264,hevc,mpeg1video,mpeg2video,mpeg4";
/// Where programs are looked for. The environment of the gateway is not handed on.
const FOLDERS: [&str; 3] = ["/usr/local/bin", "/usr/bin", "/bin"];

/// Where a program finds the clip, and where it writes one: files without a name, in its hands as its standard streams.
pub(super) const READ: &str = "/proc/self/fd/0";
pub(super) const WRITTEN: &str = "/proc/self/fd/1";

/// What ffprobe says about a clip.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Probe {
    pub(super) columns: u32,
    pub(super) rows: u32,
    pub(super) frames: u32,
    pub(super) frame_ms: f64,
    /// There are no times in it to go to exactly: frames are counted from the start.
    pub(super) is_bare: bool,
    /// Made for sending (ISO/IEC 13818-1 and -2): can be put into a container that has exact times.
    pub(super) is_broadcast: bool,
    /// High definition whose colours are not described: ITU-R BT.709 then.
    pub(super) is_wide_without_colors: bool,
}

impl Probe {
    pub(super) const UNKNOWN: Self = Self {
        columns: 0,
        rows: 0,
        frames: 0,
        frame_ms: 40.0,
        is_bare: false,
        is_broadcast: false,
        is_wide_without_colors: false,
    };
}

/// How programs of ffmpeg are started.
#[derive(Debug)]
pub(super) struct Programs {
    /// This program, which puts up their walls.
    pub(super) worker_program: PathBuf,
}

impl Programs {
    /// A program of ffmpeg that reads this one file, as [`READ`], of the known kinds, and nothing else. `writes`: the one file that it
    /// writes, as [`WRITTEN`], and how large it may become, in bytes.
    ///
    /// # Errors
    /// [`io::ErrorKind::NotFound`] if it is not installed.
    pub(super) fn command(
        &self,
        program: &str,
        reads: &ClearFile,
        writes: Option<(&File, u64)>,
    ) -> io::Result<Command> {
        let found = FOLDERS.iter().map(|folder| Path::new(folder).join(program)).find(|path| path.is_file());
        let found = found.ok_or(io::ErrorKind::NotFound)?;
        #[expect(clippy::disallowed_methods, reason = "the archive is what starts processes")]
        let mut command = Command::new(&self.worker_program);
        command.env_clear().current_dir("/").arg(VERB).args(["--reads", READ]);
        if let Some((_, bytes)) = writes {
            command.args(["--writes", WRITTEN, "--most-bytes"]).arg(bytes.to_string());
        }
        command.arg(found).args(["--", "-hide_banner", "-loglevel", "error"]);
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
        let written = writes.map(|(file, _)| file.try_clone()).transpose()?;
        command
            .stdin(Stdio::from(reads.file().try_clone()?))
            .stdout(written.map_or_else(Stdio::piped, Stdio::from));
        command.stderr(Stdio::null()).kill_on_drop(true);
        Ok(command)
    }
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

impl Programs {
    /// Asks ffprobe. [`PictureError::NoDecoder`]: there is none.
    pub(super) async fn probe(&self, file: &ClearFile, clip: &Clip) -> Result<Probe, PictureError> {
        const ENTRIES: &str = "stream=width,height,avg_frame_rate,r_frame_rate,nb_frames,duration,color_space:stream_side_data=rotation:format=format_name,duration";
        let begun = self.command("ffprobe", file, None).and_then(|mut command| {
            command.args(["-select_streams", "v:0", "-show_entries", ENTRIES, "-of", "json", "-i"]);
            command.arg(READ).spawn()
        });
        let mut child = begun.map_err(|error| {
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
        if answer.is_empty() && not_started(&mut child).await {
            return Err(PictureError::NoDecoder);
        }
        let said: Said =
            serde_json::from_slice(&answer).map_err(|_| cannot("this is no clip that can be shown"))?;
        understood(&said, clip).ok_or_else(|| cannot("this is no clip that can be shown"))
    }
}

/// Whether the process never became the program, which is no fault of the clip.
async fn not_started(child: &mut Child) -> bool {
    let status = tokio::time::timeout(PATIENCE, child.wait()).await;
    let is_not = matches!(status, Ok(Ok(status)) if status.code() == Some(NOT_STARTED.into()));
    if is_not {
        tracing::error!("a program of ffmpeg cannot be started behind its walls");
    }
    is_not
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
        frames: clip.frames.or(counted).or(by_time).unwrap_or(1).clamp(1, MAX_FRAMES),
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
