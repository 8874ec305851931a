//! Half a load for a long time: memory and file descriptors of the server must stay as they are. `scripts/soak.sh` runs it.

use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};

use crate::gateway::Gateway;
use crate::lab::Lab;
use crate::load::{Shape, parvis};
use crate::machine::{children, descriptors, resident_bytes, scheduled_ms};

/// Half of the rooms that the costs are measured with.
const SHAPE: Shape = Shape { rooms: 10, senders: 3, receivers: 0 };
const MINUTE: Duration = Duration::from_secs(60);
/// Caches fill and allocators spread in this part of the time; what comes after it must be flat.
const WARM_UP: f64 = 0.3;
/// Growth of memory that is noise: of the middle of the time, and at least so much.
const MAX_GROWTH: f64 = 0.05;
const MIN_GROWTH_MB: f64 = 8.0;
/// Descriptors that may come and go.
const MAX_DESCRIPTORS: usize = 8;
/// Share of the packets that must come, in every minute.
const MUST_DELIVER: f64 = 0.98;
/// Fewer minutes tell nothing about growth.
const MIN_MINUTES: usize = 6;

struct Minute {
    megabytes: f64,
    descriptors: usize,
}

/// Keeps the load for so many minutes, and prints a line for each.
///
/// # Errors
/// If something grew, somebody fell out, or packets went missing.
pub fn run(folder: &Path, minutes: usize) -> Result<()> {
    ensure!(minutes >= MIN_MINUTES, "a soak takes {MIN_MINUTES} minutes at least");
    let lab = Lab::make()?;
    lab.run(|| {
        let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
        runtime.block_on(soak(&lab, folder, minutes))
    })
}

async fn soak(lab: &Lab, folder: &Path, minutes: usize) -> Result<()> {
    let gateway = Gateway::start_in(&lab.server, folder).await?;
    let load = parvis::fill(&gateway, SHAPE, Lab::CLIENT, Instant::now()).await?;
    println!("{} rooms of {}, {minutes} minutes", SHAPE.rooms, SHAPE.senders);
    println!("minute      rss MB  descriptors  children  cpu %  packets/s    due %  lost");
    let mut course = Vec::new();
    for number in 1..=minutes {
        let before_ms = scheduled_ms(gateway.id).unwrap_or_default();
        let tally = load.window(MINUTE).await.with_context(|| format!("minute {number}"))?;
        let used_ms = scheduled_ms(gateway.id).unwrap_or_default() - before_ms;
        let memory =
            resident_bytes(gateway.id).context("the system does not tell the memory of a process")?;
        let minute = Minute {
            megabytes: memory as f64 / 1e6,
            descriptors: descriptors(gateway.id).context("the system does not tell descriptors")?,
        };
        let due = tally.received as f64 / (tally.sent.max(1) as f64 * SHAPE.copies() as f64);
        println!(
            "{number:>6} {:>11.1} {:>12} {:>9} {:>6.1} {:>10.0} {:>8.2} {:>5}",
            minute.megabytes,
            minute.descriptors,
            children(gateway.id).len(),
            used_ms / MINUTE.as_secs_f64() / 10.0,
            tally.received as f64 / MINUTE.as_secs_f64(),
            due * 100.0,
            tally.lost
        );
        ensure!(due >= MUST_DELIVER, "minute {number}: only {:.1} % of the packets came", due * 100.0);
        course.push(minute);
    }
    judge(&course)?;
    println!("flat");
    gateway.end().await
}

/// Compares the two halves of what comes after the warm-up.
fn judge(course: &[Minute]) -> Result<()> {
    let warm = &course[(course.len() as f64 * WARM_UP).ceil() as usize..];
    let (early, late) = warm.split_at(warm.len() / 2);
    let mean = |part: &[Minute]| part.iter().map(|minute| minute.megabytes).sum::<f64>() / part.len() as f64;
    let (before, after) = (mean(early), mean(late));
    let allowed = (before * MAX_GROWTH).max(MIN_GROWTH_MB);
    ensure!(
        after <= before + allowed,
        "memory grew from {before:.1} to {after:.1} MB, more than {allowed:.1}"
    );
    let most = |part: &[Minute]| part.iter().map(|minute| minute.descriptors).max().unwrap_or_default();
    let (before, after) = (most(early), most(late));
    ensure!(after <= before + MAX_DESCRIPTORS, "descriptors grew from {before} to {after}");
    Ok(())
}
