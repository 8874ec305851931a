//! From sharing a series that nobody has looked at to the bytes of its first picture at the presenter. Orthanc only writes the compressed
//! objects.

use std::path::Path;
use std::time::Instant;

use anyhow::Result;
use parvis::protocol::ClientMessage;

use crate::figure::{Figure, Sample};
use crate::gateway::Gateway;
use crate::objects::Objects;
use crate::orthanc::Orthanc;
use crate::person::{Heard, Seat};
use crate::report::Report;
use crate::visit::Visit;

/// Series of one kind, each shared once: the second time it would be known.
const SERIES: usize = 12;
/// Side of the presenter's surface, in pixels.
const SIDE: u32 = 900;

/// Name of the figure, whether it is the radiograph, and the transfer syntax if it is compressed.
const KINDS: [(&str, bool, Option<&str>); 4] = [
    ("ct_raw", false, None),
    ("ct_jpegll", false, Some("1.2.840.10008.1.2.4.70")),
    ("cr_raw", true, None),
    ("cr_j2k", true, Some("1.2.840.10008.1.2.4.90")),
];

pub async fn measure(folder: &Path, is_wanted: &dyn Fn(&str) -> bool, report: &mut Report) -> Result<()> {
    let objects = Objects::make()?;
    let orthanc = Orthanc::start(folder).await?;
    for (name, is_large, syntax) in KINDS {
        let name = format!("first_image.{name}_ms.p95");
        if !is_wanted(&name) {
            continue;
        }
        report.take(&name, kind(folder, (&objects, &orthanc), &name, is_large, syntax).await);
    }
    Ok(())
}

async fn kind(
    folder: &Path,
    (objects, orthanc): (&Objects, &Orthanc),
    name: &str,
    is_large: bool,
    syntax: Option<&str>,
) -> Result<Figure> {
    let mut files = Vec::new();
    for number in 0..SERIES {
        let number = number + 100;
        let raw = if is_large { objects.cr(number)? } else { objects.ct(number)? };
        files.push(match syntax {
            None => raw,
            Some(syntax) => orthanc.coded(raw, syntax).await?,
        });
    }
    let gateway = Gateway::start(folder).await?;
    gateway.settled().await?;
    let figure = one(&gateway, name, files).await?;
    gateway.end().await?;
    Ok(figure)
}

async fn one(gateway: &Gateway, name: &str, files: Vec<Vec<u8>>) -> Result<Figure> {
    let visit = Visit::book(gateway, 1).await?;
    for file in files {
        visit.upload("one.dcm", file).await?;
    }
    let all = visit.series().await?;
    let mut doctor = visit.doctor_enters().await?;
    doctor.say(&ClientMessage::Surface { viewport: 0, width: SIDE, height: SIDE }).await?;
    let mut waited = Vec::new();
    for series in all {
        waited.push(share(&mut doctor, &series.series).await?);
    }
    // The first series also starts the child: it counts, as it does for people.
    let waited = Sample::new(waited)?;
    let note = format!(
        "median {:.1} ms, slowest {:.1}; each of {SERIES} series shared once, nothing decoded before; on {SIDE} x {SIDE}",
        waited.median(),
        waited.max()
    );
    Ok(Figure::alone(name, waited.quantile(0.95), "ms", waited.len(), note))
}

/// Shares a series and waits until it is there in all its resolution; the answer is when the first picture came, in milliseconds.
pub async fn share(seat: &mut Seat, series: &str) -> Result<f64> {
    let sent = Instant::now();
    seat.ask(|request| ClientMessage::Share {
        request,
        series: series.to_owned(),
        viewport: 0,
        is_other_patient: true,
    })
    .await?;
    loop {
        let Heard::Picture(mut picture) = seat.hear().await? else { continue };
        let waited = (picture.at - sent).as_secs_f64() * 1000.0;
        // The next series is shared when this one is there in all its resolution.
        while !picture.header.is_lossless {
            if let Heard::Picture(next) = seat.hear().await? {
                picture = next;
            }
        }
        return Ok(waited);
    }
}
