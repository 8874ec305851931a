//! Rendering and decoding, in processor time, beside Orthanc in the same run.
//!
//! Ours is the archive as the gateway uses it: this process, the pipe, and the child that decodes. Orthanc is its whole process.
//! Every picture has another window, so that no cache of finished pictures answers; decoded frames are kept as each program keeps them.

use std::path::Path;

use anyhow::{Context, Result};
use parvis::archive::{Archive, ArchiveSettings, PictureRequest};
use parvis::clock::Clock;
use parvis::imaging::{
    FrameNumber, InstanceFacts, Presentation, Quality, Surface, View, VoiChoice, Window, decode_frame,
};
use parvis::sealing::MasterKeys;
use parvis::tasks::Tasks;
use tokio::sync::mpsc;

use crate::figure::Figure;
use crate::machine::{children, scheduled_ms};
use crate::objects::{CR, Objects};
use crate::orthanc::Orthanc;
use crate::report::Report;

/// Pictures of one measurement.
const PICTURES: usize = 200;
const LARGE_PICTURES: usize = 40;
/// Turns that both programs take; one before them, so that processes and caches are warm.
const TURNS: usize = 5;
/// Of pictures and of Orthanc's, the same.
const PERCENT: u8 = 80;
/// Objects of one syntax, each decoded once, and the number of the first.
const DECODINGS: usize = 8;
const FIRST_OF_DECODINGS: usize = 10;

/// Names of figures, and the transfer syntaxes that Orthanc writes for us.
const SYNTAXES: [(&str, &str); 4] = [
    ("jpeg12", "1.2.840.10008.1.2.4.51"),
    ("jpeg_lossless", "1.2.840.10008.1.2.4.70"),
    ("jpeg_ls", "1.2.840.10008.1.2.4.80"),
    ("j2k", "1.2.840.10008.1.2.4.90"),
];

/// What one of the two programs cannot do leaves the other figures as they are.
pub async fn measure(folder: &Path, is_wanted: &dyn Fn(&str) -> bool, report: &mut Report) -> Result<()> {
    let objects = Objects::make()?;
    let orthanc = Orthanc::start(folder).await?;
    let bench = Bench::open(orthanc).await?;
    let (ct, cr) = (bench.both(objects.ct(0)?).await?, bench.both(objects.cr(0)?).await?);
    let viewport = Surface { width: (CR.0 / 3) as u32, height: (CR.1 / 3) as u32 };
    let whole = Surface { width: CR.0 as u32, height: CR.1 as u32 };
    let small = Surface { width: 512, height: 512 };
    let jpeg = Quality::Lossy(PERCENT);
    let pictures = [
        ("render.ct512.jpeg.cpu_ms", &ct, small, jpeg, PICTURES),
        ("render.ct512.png.cpu_ms", &ct, small, Quality::Lossless, PICTURES),
        ("render.cr.viewport.cpu_ms", &cr, viewport, jpeg, LARGE_PICTURES),
        ("render.cr.png.cpu_ms", &cr, whole, Quality::Lossless, LARGE_PICTURES / 4),
    ];
    for (name, object, surface, quality, count) in pictures.into_iter().filter(|(name, ..)| is_wanted(name)) {
        report.take(name, bench.picture(name, object, surface, quality, count).await);
    }
    for (name, syntax) in SYNTAXES {
        for which in [Which::Ct, Which::Cr] {
            let name = format!("decode.{name}.{}.cpu_ms", which.name());
            if !is_wanted(&name) {
                continue;
            }
            report.take(&name, bench.decoding(&name, which, syntax, &objects).await);
        }
    }
    Ok(())
}

/// What is decoded.
#[derive(Clone, Copy)]
enum Which {
    Ct,
    Cr,
}

impl Which {
    fn name(self) -> &'static str {
        match self {
            Self::Ct => "ct",
            Self::Cr => "cr",
        }
    }

    fn object(self, objects: &Objects, number: usize) -> Result<Vec<u8>> {
        match self {
            Self::Ct => objects.ct(number),
            Self::Cr => objects.cr(number),
        }
    }
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
        let settings = ArchiveSettings::new(
            data.path().join("archive"),
            env!("CARGO_BIN_EXE_parvis").into(),
            MasterKeys::passing(&[], Clock::system()),
        );
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
        let windows = move |step: usize| Window { center: center + step as f64 / 7.0, width };
        let accept = match quality {
            Quality::Lossless => "image/png".to_owned(),
            Quality::Lossy(percent) => format!("image/jpeg;quality={percent}"),
        };
        let (mut ours, mut theirs, mut bytes, mut bytes_there) = (0.0, 0.0, 0, 0);
        // In turns, so that a machine that changes its speed changes it for both. The first turn is not counted.
        for turn in 0..=TURNS {
            let steps = turn * count / TURNS..(turn + 1) * count / TURNS;
            let (archive, content) = (self.archive.clone(), object.facts.content);
            let before = ours_ms();
            let here = steps.clone();
            // As a consultation does: in a task, not in the thread that waits for the end.
            let made = tokio::spawn(async move {
                let mut bytes = 0;
                for step in here {
                    let voi = VoiChoice::Window(windows(step));
                    let request = PictureRequest {
                        content,
                        frame: FrameNumber::FIRST,
                        presentation: Presentation { voi, ..Presentation::default() },
                        view: View::default(),
                        surface,
                        quality,
                    };
                    bytes = archive.picture(&request).await?.bytes.len();
                }
                Ok::<_, parvis::archive::PictureError>(bytes)
            });
            bytes = made.await??;
            if turn > 0 {
                ours += ours_ms() - before;
            }
            let before = self.theirs_ms();
            for step in steps {
                let Window { center, width } = windows(step);
                let query = format!(
                    "window-center={center}&window-width={width}&width={}&height={}&quality={PERCENT}",
                    surface.width, surface.height
                );
                bytes_there = self.orthanc.rendered(&object.there, &query, &accept).await?;
            }
            if turn > 0 {
                theirs += self.theirs_ms() - before;
            }
        }
        let (ours, theirs) = (ours / count as f64, theirs / count as f64);
        let note = format!(
            "{} x {}; {:.1} KB a picture, there {:.1} KB; processor time of all processes of each",
            surface.width,
            surface.height,
            bytes as f64 / 1000.0,
            bytes_there as f64 / 1000.0,
        );
        Ok(self.figure(name, ours, theirs, count, note))
    }

    /// Decoding alone, against Orthanc's decoding, rendering and JPEG of objects that it has not seen: it has no request that only decodes,
    /// and keeps what it decoded.
    async fn decoding(&self, name: &str, which: Which, syntax: &str, objects: &Objects) -> Result<Figure> {
        let mut coded = Vec::new();
        for number in 0..DECODINGS {
            let raw = which.object(objects, FIRST_OF_DECODINGS + number)?;
            coded.push(self.orthanc.coded(raw, syntax).await?);
        }
        let kilobytes = coded[0].len() as f64 / 1000.0;
        let here = coded.clone();
        let ours = tokio::task::spawn_blocking(move || {
            decode_frame(&here[0], FrameNumber::FIRST)?;
            let before = scheduled_ms(std::process::id()).unwrap_or(0.0);
            for object in &here {
                decode_frame(object, FrameNumber::FIRST)?;
            }
            let after = scheduled_ms(std::process::id()).unwrap_or(0.0);
            Ok::<_, parvis::imaging::DecodeError>((after - before) / DECODINGS as f64)
        });
        let ours = ours.await??;
        let mut there = Vec::new();
        for object in coded {
            there.push(self.orthanc.upload(object).await?);
        }
        let query = "window-center=40&window-width=400";
        let before = self.theirs_ms();
        for object in &there {
            self.orthanc.rendered(object, query, "image/jpeg").await?;
        }
        let theirs = (self.theirs_ms() - before) / DECODINGS as f64;
        for object in &there {
            self.orthanc.delete(object).await?;
        }
        let note = format!(
            "{kilobytes:.0} KB coded; there: reading, decoding, rendering and JPEG of objects not seen before"
        );
        Ok(self.figure(name, ours, theirs, DECODINGS, note))
    }

    fn figure(&self, name: &str, ours: f64, theirs: f64, runs: usize, note: String) -> Figure {
        let note = format!("{note}; Orthanc {}", self.orthanc.version);
        Figure::against(name, ours, "ms", ("Orthanc", theirs), runs, note)
    }

    fn theirs_ms(&self) -> f64 {
        scheduled_ms(self.orthanc.id).unwrap_or(0.0)
    }
}

/// Processor time of this process and its children so far, ms.
fn ours_ms() -> f64 {
    let this = std::process::id();
    std::iter::once(this).chain(children(this)).filter_map(scheduled_ms).sum()
}
