//! A window/level drag in Chromium, to the picture on the canvas: `web/bench/drawn.mjs` drives the page of a presenter who is
//! alone in the call, this file books the visit and sums up.

use std::path::Path;

use anyhow::Result;
use serde::Deserialize;

use crate::browser;
use crate::figure::{Figure, Sample};
use crate::gateway::Gateway;
use crate::visit::{DOCTOR, Visit};

const STEPS: usize = 300;

/// What the page saw: a value a step, in milliseconds from the movement of the mouse, as the browser stamps it.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Drag {
    /// To the picture of this window drawn on the canvas.
    samples_ms: Vec<f64>,
    /// To sending `set_window`.
    sent_ms: Vec<f64>,
    /// To that picture's bytes in the page.
    arrived_ms: Vec<f64>,
    browser: String,
    /// Width and height that the page asks pictures for.
    surface: [u32; 2],
}

pub async fn measure(folder: &Path) -> Result<Vec<Figure>> {
    let gateway = Gateway::start(folder).await?;
    gateway.settled().await?;
    // The guest is booked and never comes.
    let visit = Visit::book(&gateway, 1).await?;
    visit.upload_ct().await?;
    let words = [gateway.base.as_str(), visit.appointment.as_str(), DOCTOR.1, &STEPS.to_string()];
    let drag: Drag = browser::run("web/bench/drawn.mjs", &words).await?;
    gateway.end().await?;
    let between =
        |from: &[f64], to: &[f64]| Sample::new(to.iter().zip(from).map(|(to, from)| to - from).collect());
    let answering = between(&drag.sent_ms, &drag.arrived_ms)?;
    let drawing = between(&drag.arrived_ms, &drag.samples_ms)?;
    let (sent, drawn) = (Sample::new(drag.sent_ms)?, Sample::new(drag.samples_ms)?);
    let [width, height] = drag.surface;
    let note = |share: f64| {
        format!(
            "from the mouse's movement to the picture of its window drawn on the canvas, not to the light of the \
             screen; parts, each by itself: to sending {:.1}, to the picture's bytes {:.1}, to drawn {:.1}. CT 512 on \
             {width} x {height}; {} without a GPU on the same machine",
            sent.quantile(share),
            answering.quantile(share),
            drawing.quantile(share),
            drag.browser
        )
    };
    Ok([("p50", 0.5), ("p99", 0.99)]
        .map(|(name, share)| {
            let name = format!("drag.drawn_ms.{name}");
            Figure::alone(name, drawn.quantile(share), "ms", drawn.len(), note(share))
        })
        .into())
}
