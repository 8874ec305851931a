//! `parvis dicom`: looking at DICOM files from the command line. All decoding happens in a limited child process.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context, Result, ensure};
use clap::Subcommand;
use serde_json::{Value, json};

use super::program;
use crate::archive::{Decoder, PictureError, ShownContent, survey};
use crate::imaging::{
    FrameNumber, Inspection, ObjectKind, Presentation, Surface, View, VoiChoice, Window, is_picture, stacks,
};

#[derive(Debug, Subcommand)]
pub enum DicomVerb {
    /// Tell what a file is, as JSON.
    Inspect { file: PathBuf },
    /// Write the stored values of a frame: masked, sign-extended, little endian, samples together.
    Pixels {
        file: PathBuf,
        /// Counted from 1.
        #[arg(long, default_value = "1", value_parser = frame_number)]
        frame: FrameNumber,
        #[arg(long)]
        out: PathBuf,
    },
    /// Render a frame as PNG.
    Render {
        file: PathBuf,
        /// Counted from 1.
        #[arg(long, default_value = "1", value_parser = frame_number)]
        frame: FrameNumber,
        /// Center and width, as in `40,400`; the object's own without it.
        #[arg(long, value_parser = window, allow_hyphen_values = true)]
        window: Option<Window>,
        /// Fit into a picture of this size, as in `800x600`; the frame's own size without it.
        #[arg(long, value_parser = surface)]
        size: Option<Surface>,
        /// What of the frame is seen on that picture: zoom, the point in the middle in parts of the frame, quarter turns
        /// clockwise, and 1 for left and right exchanged, as in `2,0.5,0.25,1,0`; the whole frame without it.
        #[arg(long, value_parser = view, allow_hyphen_values = true, requires = "size")]
        view: Option<View>,
        /// Black and white exchanged.
        #[arg(long = "inverted")]
        is_inverted: bool,
        #[arg(long)]
        out: PathBuf,
    },
    /// Tell what an object without pictures is shown as, as JSON; the bytes of a PDF or a sound only with `--out`.
    Content {
        file: PathBuf,
        #[arg(long)]
        out: Option<PathBuf>,
    },
    /// List the series of a folder in display order, as JSON.
    Series { folder: PathBuf },
    /// Try an import of a ZIP or a folder without keeping anything, as JSON.
    Media { source: PathBuf },
}

/// What ends a verb early.
enum Ending {
    /// The object cannot be shown: exit 3.
    CannotShow(PictureError),
    Failed(anyhow::Error),
}

impl From<PictureError> for Ending {
    fn from(error: PictureError) -> Self {
        match error {
            PictureError::NoDecoder => Self::Failed(error.into()),
            PictureError::CannotShow(_) | PictureError::DecoderStopped(_) => Self::CannotShow(error),
        }
    }
}

impl From<anyhow::Error> for Ending {
    fn from(error: anyhow::Error) -> Self {
        Self::Failed(error)
    }
}

/// Carries out a verb.
pub async fn run(verb: DicomVerb) -> ExitCode {
    match carry_out(verb).await {
        Ok(told) => {
            println!("{told}");
            ExitCode::SUCCESS
        }
        Err(Ending::CannotShow(why)) => {
            eprintln!("parvis: {}", why.to_string().replace(['\n', '\r'], " "));
            ExitCode::from(3)
        }
        Err(Ending::Failed(error)) => super::failed(&error),
    }
}

async fn carry_out(verb: DicomVerb) -> Result<Value, Ending> {
    let decoder = Decoder::new(program()?);
    match verb {
        DicomVerb::Inspect { file } => {
            must_be_file(&file)?;
            Ok(description(&decoder.inspect(&file).await?))
        }
        DicomVerb::Pixels { file, frame, out } => {
            must_be_file(&file)?;
            let values = decoder.values(&file, frame).await?;
            write(&out, &values.bytes)?;
            Ok(json!({
                "rows": values.rows,
                "columns": values.columns,
                "samples": values.samples,
                "dtype": values.kind,
            }))
        }
        DicomVerb::Render { file, frame, window, size, view, is_inverted, out } => {
            must_be_file(&file)?;
            let voi = window.map_or(VoiChoice::Object, VoiChoice::Window);
            let presentation = Presentation { voi, is_inverted, ..Presentation::PLAIN };
            let sight = size.map(|surface| (view.unwrap_or_default(), surface));
            let (picture, damage) = decoder.render(&file, frame, presentation, sight).await?;
            write(&out, &picture)?;
            Ok(json!({ "out": out.to_string_lossy(), "bytes": picture.len(), "damage": damage }))
        }
        DicomVerb::Content { file, out } => {
            must_be_file(&file)?;
            let (value, bytes) = match decoder.content(&file).await? {
                ShownContent::Text(document) => {
                    (serde_json::to_value(document).context("the document cannot be told")?, None)
                }
                ShownContent::Pages(bytes) => {
                    (json!({ "mediaType": "application/pdf", "bytes": bytes.len() }), Some(bytes))
                }
                ShownContent::Sound(bytes, media_type) => {
                    (json!({ "mediaType": media_type, "bytes": bytes.len() }), Some(bytes))
                }
            };
            if let (Some(out), Some(bytes)) = (out, bytes) {
                write(&out, &bytes)?;
            }
            Ok(value)
        }
        DicomVerb::Series { folder } => Ok(json!({ "series": series(&decoder, &folder).await? })),
        DicomVerb::Media { source } => Ok(media(&decoder, &source).await?),
    }
}

fn must_be_file(path: &Path) -> Result<()> {
    let facts = std::fs::metadata(path).with_context(|| format!("{} cannot be read", path.display()))?;
    ensure!(facts.is_file(), "{} is not a file", path.display());
    Ok(())
}

fn write(path: &Path, bytes: &[u8]) -> Result<()> {
    std::fs::write(path, bytes).with_context(|| format!("{} cannot be written", path.display()))
}

/// Nothing of the patient: this goes to terminals and logs.
fn description(inspection: &Inspection) -> Value {
    let instance = &inspection.received.instance;
    let window = |preset: &crate::imaging::WindowPreset| json!({ "center": preset.window.center, "width": preset.window.width, "explanation": preset.explanation });
    json!({
        "kind": kind(instance.kind),
        "sopClass": instance.class_uid,
        "transferSyntax": instance.transfer_syntax_uid,
        "modality": inspection.received.series.modality,
        "frames": instance.frames,
        "rows": instance.rows,
        "columns": instance.columns,
        "samples": inspection.samples,
        "bitsStored": inspection.bits_stored,
        "photometric": inspection.photometric,
        "windows": instance.windows.iter().map(window).collect::<Vec<_>>(),
        "lossy": instance.is_lossy,
        "bytes": instance.bytes,
        "truncated": inspection.is_cut,
    })
}

fn kind(kind: ObjectKind) -> &'static str {
    match kind {
        ObjectKind::Image => "image",
        ObjectKind::Video => "video",
        ObjectKind::Report => "report",
        ObjectKind::Document => "document",
        ObjectKind::Presentation => "presentation",
        ObjectKind::KeyObjects => "key_objects",
        ObjectKind::Waveform => "waveform",
        ObjectKind::Other => "other",
    }
}

/// The stacks of every series, one after the other; what has no frames comes last in its series.
async fn series(decoder: &Decoder, folder: &Path) -> Result<Vec<Value>> {
    let mut names = Vec::new();
    let entries =
        std::fs::read_dir(folder).with_context(|| format!("{} cannot be read", folder.display()))?;
    for entry in entries {
        let entry = entry.context("the folder cannot be read")?;
        if entry.file_type().context("the folder cannot be read")?.is_file() {
            names.push(entry.file_name());
        }
    }
    names.sort();
    let mut by_series: BTreeMap<String, Vec<(String, Inspection)>> = BTreeMap::new();
    for name in names {
        let inspection = decoder.inspect(&folder.join(&name)).await;
        let name = name.to_string_lossy().into_owned();
        match inspection {
            Ok(inspection) => {
                let uid = inspection.received.series.uid.clone();
                by_series.entry(uid).or_default().push((name, inspection));
            }
            Err(why) => eprintln!("parvis: {name}: {why}"),
        }
    }
    Ok(by_series.values().flat_map(|members| listed(members)).collect())
}

fn listed(members: &[(String, Inspection)]) -> Vec<Value> {
    let instances: Vec<_> =
        members.iter().map(|(_, inspection)| inspection.received.instance.clone()).collect();
    let entry = |index: usize| {
        let (name, instance) = (&members[index].0, &instances[index]);
        json!({ "file": name, "kind": kind(instance.kind), "number": instance.number, "frames": instance.frames })
    };
    let of = |entries: Vec<Value>| {
        let facts = &members[0].1.received.series;
        json!({
            "uid": facts.uid,
            "modality": facts.modality,
            "description": facts.description,
            "instances": entries,
        })
    };
    let mut found: Vec<Value> = stacks(&instances)
        .iter()
        .map(|stack| {
            let mut indices: Vec<usize> = stack.frames.iter().map(|(index, _)| *index).collect();
            // An object of many frames is one line.
            indices.dedup();
            of(indices.into_iter().map(entry).collect())
        })
        .collect();
    let mut seen = BTreeSet::new();
    let others = (0..members.len()).filter(|&index| {
        let instance = &instances[index];
        (!is_picture(instance.kind) || instance.frames == 0) && seen.insert(instance.uid.as_str())
    });
    let others: Vec<Value> = others.map(entry).collect();
    if !others.is_empty() {
        found.push(of(others));
    }
    found
}

async fn media(decoder: &Decoder, source: &Path) -> Result<Value> {
    let receipt = survey(source, decoder).await.with_context(|| format!("{}", source.display()))?;
    let count = |values: BTreeSet<&str>| values.len();
    let received = &receipt.received;
    let refused = |one: &crate::archive::Refused| json!({ "name": one.name, "reason": one.reason });
    Ok(json!({
        "patients": count(received.iter().map(|one| one.patient.id.expose().as_str()).collect()),
        "studies": count(received.iter().map(|one| one.study.uid.as_str()).collect()),
        "series": count(received.iter().map(|one| one.series.uid.as_str()).collect()),
        "instances": count(received.iter().map(|one| one.instance.uid.as_str()).collect()),
        "ignored": receipt.ignored,
        "refused": receipt.refused.iter().map(refused).collect::<Vec<_>>(),
    }))
}

fn frame_number(text: &str) -> Result<FrameNumber, String> {
    text.parse().ok().and_then(FrameNumber::new).ok_or_else(|| "frames are numbered from 1".to_owned())
}

fn window(text: &str) -> Result<Window, String> {
    let numbers: Option<(f64, f64)> = text
        .split_once(',')
        .and_then(|(center, width)| Some((center.trim().parse().ok()?, width.trim().parse().ok()?)));
    match numbers {
        Some((center, width)) if center.is_finite() && width.is_finite() && width > 0.0 => {
            Ok(Window { center, width })
        }
        _ => Err("a window is a center and a width above 0, as in 40,400".to_owned()),
    }
}

fn surface(text: &str) -> Result<Surface, String> {
    let sides: Option<(u32, u32)> =
        text.split_once('x').and_then(|(width, height)| Some((width.parse().ok()?, height.parse().ok()?)));
    match sides {
        Some((width, height)) if [width, height].iter().all(|side| (1..=Surface::MAX).contains(side)) => {
            Ok(Surface { width, height })
        }
        _ => Err(format!("a size is a width and a height up to {}, as in 800x600", Surface::MAX)),
    }
}

fn view(text: &str) -> Result<View, String> {
    let read = || {
        let parts: Vec<&str> = text.split(',').map(str::trim).collect();
        let [zoom, across, down, turns, flip] = parts[..] else { return None };
        let number = |text: &str| text.parse::<f64>().ok().filter(|number| number.is_finite());
        Some(View {
            zoom: number(zoom).filter(|zoom| *zoom > 0.0)?,
            center: (number(across)?, number(down)?),
            quarter_turns: turns.parse().ok().filter(|turns| *turns < 4)?,
            is_flipped: match flip {
                "0" => false,
                "1" => true,
                _ => return None,
            },
        })
    };
    read().ok_or_else(|| {
        "a view is a zoom above 0, a point, quarter turns up to 3 and a flip, as in 2,0.5,0.25,1,0".to_owned()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arguments_are_read_strictly() {
        assert_eq!(window("-600, 1500"), Ok(Window { center: -600.0, width: 1500.0 }));
        for wrong in ["40", "40,0", "40,-1", "a,b", "NaN,1", "40,400,1"] {
            assert!(window(wrong).is_err(), "{wrong}");
        }
        assert_eq!(surface("800x600"), Ok(Surface { width: 800, height: 600 }));
        for wrong in ["800", "0x600", "800x", "5000x10", "-1x5"] {
            assert!(surface(wrong).is_err(), "{wrong}");
        }
        let turned = View { zoom: 2.5, center: (0.5, -0.25), quarter_turns: 3, is_flipped: true };
        assert_eq!(view("2.5, 0.5,-0.25,3,1"), Ok(turned));
        for wrong in ["", "1,0,0,0", "0,0,0,0,0", "1,0,0,4,0", "1,0,0,0,2", "1,NaN,0,0,0", "1,0,0,0,0,0"] {
            assert!(view(wrong).is_err(), "{wrong}");
        }
        assert!(frame_number("0").is_err() && frame_number("1").is_ok());
    }
}
