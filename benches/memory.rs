//! Memory of the decoders once every picture of a study has been on show, beside the bytes of the decoded pictures.

use std::path::Path;

use anyhow::{Context, Result};
use parvis::protocol::ClientMessage;

use crate::figure::Figure;
use crate::first_image;
use crate::gateway::Gateway;
use crate::machine::{children, resident_bytes};
use crate::objects::{CR, Objects};
use crate::visit::Visit;

/// Radiographs, one a series. The first ones wake all decoders and are not counted.
const SERIES: usize = 12;
const FIRST: usize = 4;
/// Side of the presenter's surface, in pixels.
const SIDE: u32 = 900;

pub async fn measure(folder: &Path) -> Result<Vec<Figure>> {
    let objects = Objects::make()?;
    let gateway = Gateway::start(folder).await?;
    gateway.settled().await?;
    let visit = Visit::book(&gateway, 1).await?;
    for number in 0..SERIES {
        visit.upload("one.dcm", objects.cr(number)?).await?;
    }
    let all = visit.series().await?;
    let mut doctor = visit.doctor_enters().await?;
    doctor.say(&ClientMessage::Surface { viewport: 0, width: SIDE, height: SIDE }).await?;
    let mut before = 0.0;
    for (place, series) in all.into_iter().enumerate() {
        if place == FIRST {
            before = decoders_mb(&gateway)?;
        }
        first_image::share(&mut doctor, &series.series).await?;
    }
    let grown = decoders_mb(&gateway)? - before;
    gateway.end().await?;
    let decoded = ((SERIES - FIRST) * CR.0 * CR.1 * 2) as f64 / 1e6;
    let note = format!(
        "resident memory of all decoders grew by {grown:.0} MB for {} radiographs of {} x {}, decoded {decoded:.0} MB, each shown \
         on {SIDE} x {SIDE}: what was scaled for the screen is kept beside what was decoded",
        SERIES - FIRST,
        CR.0,
        CR.1
    );
    Ok(vec![Figure::alone("viewing.open_study.memory_ratio", grown / decoded, "x", 1, note)])
}

fn decoders_mb(gateway: &Gateway) -> Result<f64> {
    let bytes = children(gateway.id).into_iter().map(resident_bytes).sum::<Option<u64>>();
    Ok(bytes.context("the system does not tell the memory of a process")? as f64 / 1e6)
}
