//! Rendering and decoding, in processor time, beside Orthanc in the same run.
//!
//! Ours is the archive as the gateway uses it: this process, the pipe, and the child that decodes. Orthanc is its whole process.
//! Every picture has another window, so that no cache of finished pictures answers; decoded frames are kept as each program keeps them.

use std::path::Path;

use anyhow::{Context, Result};
use parvis::archive::{Archive, ArchiveSettings, PictureRequest};
use parvis::imaging::{
    FrameNumber, InstanceFacts, Presentation, Quality, Surface, View, VoiChoice, Window, decode_frame,
};
use parvis::tasks::Tasks;
use tokio::sync::mpsc;

use crate::figure::Figure;
use crate::machine::{children, processor_ms};
use crate::objects::{CR, Objects};
use crate::orthanc::Orthanc;

/// Pictures of one measurement; and before it, so that processes and caches are warm.
const PICTURES: usize = 200;
const LARGE_PICTURES: usize = 40;
const WARM_UP: usize = 5;
/// Of pictures and of Orthanc's, the same.
const PERCENT: u8 = 80;
/// Decodings of one object.
const DECODINGS: usize = 12;

/// Names of figures, and the transfer syntaxes that Orthanc writes for us.
const SYNTAXES: [(&str, &str); 4] = [
    ("jpeg12", "1.2.840.10008.1.2.4.51"),
    ("jpeg_lossless", "1.2.840.10008.1.2.4.70"),
    ("jpeg_ls", "1.2.840.10008.1.2.4.80"),
    ("j2k", "1.2.840.10008.1.2.4.90"),
];

pub async fn measure(folder: &Path) -> Result<Vec<Figure>> {
    let objects = Objects::make()?;
    let orthanc = Orthanc::start(folder).await?;
    let bench = Bench::open(orthanc).await?;
    let (ct, cr) = (bench.both(objects.ct(0)?).await?, bench.both(objects.cr(0)?).await?);
    let viewport = Surface { width: (CR.0 / 3) as u32, height: (CR.1 / 3) as u32 };
    let whole = Surface { width: CR.0 as u32, height: CR.1 as u32 };
    let small = Surface { width: 512, height: 512 };
    let jpeg = Quality::Lossy(PERCENT);
    let mut figures = vec![
        bench.picture("render.ct512.jpeg.cpu_ms", &ct, small, jpeg, PICTURES).await?,
        bench.picture("render.ct512.png.cpu_ms", &ct, small, Quality::Lossless, PICTURES).await?,
        bench.picture("render.cr.viewport.cpu_ms", &cr, viewport, jpeg, LARGE_PICTURES).await?,
        bench.picture("render.cr.png.cpu_ms", &cr, whole, Quality::Lossless, LARGE_PICTURES / 4).await?,
    ];
    for (name, syntax) in SYNTAXES {
        for (which, object) in [("ct", objects.ct(1)?), ("cr", objects.cr(1)?)] {
            figures.push(bench.decoding(name, which, syntax, object).await?);
        }
    }
    Ok(figures)
}

/// Both programs, each with the same objects.
struct Bench {
    archive: Archive,
    orthanc: Orthanc,
    _tasks: Tasks,
    _data: tempfile::TempDir,
}

/// One object in both.
struct Both {
    facts: InstanceFacts,
    there: String,
}

impl Bench {
    async fn open(orthanc: Orthanc) -> Result<Self> {
        let data = tempfile::tempdir()?;
        let tasks = Tasks::default();
        let settings = ArchiveSettings::new(data.path().join("archive"), env!("CARGO_BIN_EXE_parvis").into());
        let archive = Archive::open(ArchiveSettings { workers: 1, ..settings }, &tasks).await?;
        Ok(Self { archive, orthanc, _tasks: tasks, _data: data })
    }

    async fn both(&self, bytes: Vec<u8>) -> Result<Both> {
        let file = tempfile::NamedTempFile::new()?;
        std::fs::write(file.path(), &bytes)?;
        let (progress, _) = mpsc::channel(1);
        let receipt = self.archive.receive(file.path(), "object", progress).await?;
        let received = receipt.received.into_iter().next();
        let facts = received.with_context(|| format!("refused: {:?}", receipt.refused))?.instance;
        Ok(Both { facts, there: self.orthanc.upload(bytes).await? })
    }

    /// Pictures of one frame under many windows.
    async fn picture(
        &self,
        name: &str,
        object: &Both,
        surface: Surface,
        quality: Quality,
        count: usize,
    ) -> Result<Figure> {
        let (center, width) = object
            .facts
            .windows
            .first()
            .map_or((2048.0, 4096.0), |preset| (preset.window.center, preset.window.width));
        let windows = |step: usize| Window { center: center + step as f64 / 7.0, width };
        let (mut before, mut bytes) = (0.0, 0);
        for step in 0..WARM_UP + count {
            if step == WARM_UP {
                before = ours_ms();
            }
            let voi = VoiChoice::Window(windows(step));
            let request = PictureRequest {
                content: object.facts.content,
                frame: FrameNumber::FIRST,
                presentation: Presentation { voi, ..Presentation::default() },
                view: View::default(),
                surface,
                quality,
            };
            bytes = self.archive.picture(&request).await?.bytes.len();
        }
        let ours = (ours_ms() - before) / count as f64;
        let accept = match quality {
            Quality::Lossless => "image/png".to_owned(),
            Quality::Lossy(percent) => format!("image/jpeg;quality={percent}"),
        };
        let (mut before, mut bytes_there) = (0.0, 0);
        for step in 0..WARM_UP + count {
            if step == WARM_UP {
                before = self.theirs_ms();
            }
            let Window { center, width } = windows(step);
            let query = format!(
                "window-center={center}&window-width={width}&width={}&height={}&quality={PERCENT}",
                surface.width, surface.height
            );
            bytes_there = self.orthanc.rendered(&object.there, &query, &accept).await?;
        }
        let theirs = (self.theirs_ms() - before) / count as f64;
        let note = format!(
            "{} x {}; {:.1} KB a picture, there {:.1} KB; processor time of all processes of each",
            surface.width,
            surface.height,
            bytes as f64 / 1000.0,
            bytes_there as f64 / 1000.0,
        );
        Ok(self.figure(name, ours, theirs, count, note))
    }

    /// Decoding alone, against Orthanc's decoding, rendering and JPEG: it has no request that only decodes.
    async fn decoding(&self, name: &str, which: &str, syntax: &str, object: Vec<u8>) -> Result<Figure> {
        let raw = self.orthanc.upload(object).await?;
        let bytes = self.orthanc.transcoded(&raw, syntax).await?;
        let kilobytes = bytes.len() as f64 / 1000.0;
        let coded = bytes.clone();
        let ours = tokio::task::spawn_blocking(move || {
            decode_frame(&coded, FrameNumber::FIRST)?;
            let before = processor_ms(std::process::id()).unwrap_or(0.0);
            for _ in 0..DECODINGS {
                decode_frame(&coded, FrameNumber::FIRST)?;
            }
            let after = processor_ms(std::process::id()).unwrap_or(0.0);
            Ok::<_, parvis::imaging::DecodeError>((after - before) / DECODINGS as f64)
        });
        let ours = ours.await??;
        let there = self.orthanc.upload(bytes).await?;
        let query = "window-center=40&window-width=400";
        self.orthanc.rendered(&there, query, "image/jpeg").await?;
        let before = self.theirs_ms();
        for _ in 0..DECODINGS {
            self.orthanc.rendered(&there, query, "image/jpeg").await?;
        }
        let theirs = (self.theirs_ms() - before) / DECODINGS as f64;
        let note = format!("{kilobytes:.0} KB coded; there: decoding, rendering and JPEG");
        Ok(self.figure(&format!("decode.{name}.{which}.cpu_ms"), ours, theirs, DECODINGS, note))
    }

    fn figure(&self, name: &str, ours: f64, theirs: f64, runs: usize, note: String) -> Figure {
        let note = format!("{note}; Orthanc {}", self.orthanc.version);
        Figure::against(name, ours, "ms", ("Orthanc", theirs), runs, note)
    }

    fn theirs_ms(&self) -> f64 {
        processor_ms(self.orthanc.id).unwrap_or(0.0)
    }
}

/// Processor time of this process and its children so far, ms.
fn ours_ms() -> f64 {
    let this = std::process::id();
    std::iter::once(this).chain(children(this)).filter_map(processor_ms).sum()
}
