//! Coming into a call, in Chromium: `web/bench/join.mjs` drives the two pages, this file books the visit and sums up.

use std::path::Path;

use anyhow::{Context, Result};
use serde::Deserialize;

use crate::browser;
use crate::figure::{Figure, Sample};
use crate::gateway::Gateway;
use crate::visit::{DOCTOR, Visit};

const JOINS: usize = 30;

/// One join as the patient's page saw it, in milliseconds.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Join {
    /// From sending `enter` to the first decoded frame of the doctor's camera.
    enter_to_frame_ms: f64,
    /// From the receiving connection being up to that frame.
    connected_to_frame_ms: f64,
    /// From opening the link to that frame, with a script that does what the patient and the doctor have to do.
    link_to_frame_ms: f64,
}

pub async fn measure(folder: &Path) -> Result<Vec<Figure>> {
    let gateway = Gateway::start(folder).await?;
    let visit = Visit::book(&gateway, 1).await?;
    let link = visit.links.first().context("the patient has a link")?;
    let words = [gateway.base.as_str(), visit.appointment.as_str(), DOCTOR.1, link, &JOINS.to_string()];
    let joins: Vec<Join> = browser::run("web/bench/join.mjs", &words).await?;
    gateway.end().await?;
    let of = |field: fn(&Join) -> f64| Sample::new(joins.iter().map(field).collect());
    let (enter, connected, link) = (
        of(|join| join.enter_to_frame_ms)?,
        of(|join| join.connected_to_frame_ms)?,
        of(|join| join.link_to_frame_ms)?,
    );
    let entering = format!(
        "from sending `enter` after admission to the first decoded frame of the doctor's camera; median {:.0}, max {:.0}. From \
         opening the link, everybody clicking at once: p95 {:.0}, median {:.0}. Chromium on the same machine",
        enter.median(),
        enter.max(),
        link.quantile(0.95),
        link.median()
    );
    let keyframe = format!(
        "from the receiving connection being up (DTLS done) to the first decoded frame of a camera that has been \
         sending for a while; median {:.0}",
        connected.median()
    );
    Ok(vec![
        Figure::alone("join.first_frame_ms.p95", enter.quantile(0.95), "ms", enter.len(), entering),
        Figure::alone(
            "keyframe.late_joiner_ms.p95",
            connected.quantile(0.95),
            "ms",
            connected.len(),
            keyframe,
        ),
    ])
}
