//! From nothing to ready, and what an idle gateway keeps in memory.

use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use parvis::protocol::{AppointmentEntry, StudyEntry};

use crate::figure::{Figure, Sample};
use crate::gateway::Gateway;
use crate::machine::{children, resident_bytes};
use crate::person::Person;

const STARTS: usize = 11;
/// The studies of the demonstration come within this time.
const LIMIT: Duration = Duration::from_secs(60);
/// How long the gateway is left alone before its memory is looked at.
const REST: Duration = Duration::from_secs(5);

pub async fn measure(folder: &Path) -> Result<Vec<Figure>> {
    let mut ready_ms = Vec::new();
    for _ in 0..STARTS {
        let gateway = Gateway::start(folder).await?;
        ready_ms.push(gateway.ready_ms);
        gateway.end().await?;
    }
    let ready = Sample::new(ready_ms)?;
    let note = format!(
        "median; min {:.1}, max {:.1}. From the start of the process with empty data, schema made anew, to 200 from \
         /health/ready, asked every millisecond",
        ready.min(),
        ready.max()
    );
    let mut figures = vec![Figure::alone("start.ready_ms", ready.median(), "ms", ready.len(), note)];
    figures.extend(idle(folder).await?);
    Ok(figures)
}

/// Nothing where the system does not tell the memory of a process.
async fn idle(folder: &Path) -> Result<Option<Figure>> {
    let gateway = Gateway::start(folder).await?;
    let objects = loaded(&gateway).await.context("the studies of the demonstration")?;
    tokio::time::sleep(REST).await;
    let megabytes = |process| resident_bytes(process).map(|bytes| bytes as f64 / 1e6);
    let workers: Vec<f64> = children(gateway.id).into_iter().filter_map(megabytes).collect();
    let figure = megabytes(gateway.id).map(|server| {
        let note = format!(
            "VmRSS of the server {} s after its {objects} synthetic frames were taken in; beside it {} decode-worker \
             process(es) with {:.1} MB in all (pages of the program that they share counted in each)",
            REST.as_secs(),
            workers.len(),
            workers.iter().sum::<f64>()
        );
        Figure::alone("idle.rss_mb", server, "MB", 1, note)
    });
    gateway.end().await?;
    Ok(figure)
}

/// Waits until the studies of the demonstration are there; the answer is how many frames they have.
async fn loaded(gateway: &Gateway) -> Result<u32> {
    let doctor = Person::sign_in(&gateway.base, "claire").await?;
    let started = Instant::now();
    while started.elapsed() < LIMIT {
        // The demonstration's first appointment is in the current quarter of an hour, where the hospital is.
        let today = chrono::Utc::now().with_timezone(&chrono_tz::Europe::Paris).date_naive();
        for day in [Some(today), today.pred_opt()].into_iter().flatten() {
            let entries: Vec<AppointmentEntry> = doctor.get(&format!("/api/appointments?day={day}")).await?;
            for entry in entries {
                let path = format!("/api/appointments/{}/studies", entry.appointment);
                let studies: Vec<StudyEntry> = doctor.get(&path).await?;
                let frames = studies.iter().flat_map(|study| &study.series).map(|series| series.frames).sum();
                if frames > 0 {
                    return Ok(frames);
                }
            }
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    anyhow::bail!("they have not come in {} s", LIMIT.as_secs())
}
