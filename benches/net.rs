//! Calls in browsers through bad networks. `scripts/badnet.sh` drives them, this file sums up.

use std::path::Path;

use anyhow::{Context, Result, ensure};
use serde::Deserialize;
use tokio::process::Command;

use crate::figure::{Figure, Sample};

/// What one test has measured.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Measured {
    name: String,
    values: Vec<f64>,
    note: String,
}

/// Name in the measurements, share of the values that the figure covers, what is appended to the name, unit.
const FIGURES: [(&str, f64, &str, &str); 6] = [
    ("net.loss20.concealment_pct", 1.0, "", "%"),
    ("net.blackout10.audio_back_ms", 0.95, ".p95", "ms"),
    ("net.blackout10.video_back_ms", 0.95, ".p95", "ms"),
    ("net.restart.rejoin_ms", 0.95, ".p95", "ms"),
    ("net.address.audio_gap_ms", 1.0, ".max", "ms"),
    ("net.address.video_gap_ms", 1.0, ".max", "ms"),
];

/// A bound that is not met fails the tests, not the figures: what was measured is told.
pub async fn measure(folder: &Path) -> Result<Vec<Figure>> {
    let file = folder.join("net.jsonl");
    std::fs::write(&file, "").with_context(|| format!("cannot write {}", file.display()))?;
    let log = std::fs::File::create(folder.join("net.log"))?;
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let status = Command::new(root.join("scripts/badnet.sh"))
        .env("PARVIS", env!("CARGO_BIN_EXE_parvis"))
        .env("FIGURES", &file)
        .stdout(log.try_clone()?)
        .stderr(log)
        .kill_on_drop(true)
        .status()
        .await
        .context("cannot start scripts/badnet.sh")?;
    let text = std::fs::read_to_string(&file)?;
    let measured: Vec<Measured> = text.lines().map(serde_json::from_str).collect::<Result<_, _>>()?;
    ensure!(
        !measured.is_empty(),
        "scripts/badnet.sh ended with {status}; see {}",
        folder.join("net.log").display()
    );
    let bounds = if status.success() { "all bounds met" } else { "not all bounds met, see net.log" };
    let mut figures = Vec::new();
    for (name, share, suffix, unit) in FIGURES {
        let Some(found) = measured.iter().find(|one| one.name == name) else { continue };
        let sample = Sample::new(found.values.clone())?;
        let note = format!(
            "{}; median {:.1}; Chromium through a user-space network with a seed, the doctor beside the gateway; {bounds}",
            found.note,
            sample.median()
        );
        figures.push(Figure::alone(
            format!("{name}{suffix}"),
            sample.quantile(share),
            unit,
            sample.len(),
            note,
        ));
    }
    Ok(figures)
}
