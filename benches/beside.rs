//! What calls feel of pictures: how late packets get while the same gateway renders large radiographs as fast as it can.

use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use parvis::protocol::ClientMessage;

use crate::figure::{Figure, Sample};
use crate::first_image;
use crate::gateway::Gateway;
use crate::lab::Lab;
use crate::load::{self, Shape};
use crate::objects::Objects;
use crate::person::{Heard, Seat};
use crate::visit::Visit;

/// Calls that leave most of the machine to the pictures.
const SHAPE: Shape = Shape { rooms: 4, senders: 3, receivers: 0 };
/// Of each kind, in turns.
const WINDOWS: usize = 5;
const WINDOW: Duration = Duration::from_secs(4);
/// Side of the presenter's surface, in pixels.
const SIDE: u32 = 1000;

pub fn measure(folder: &Path) -> Result<Vec<Figure>> {
    let lab = Lab::make()?;
    lab.run(|| {
        let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
        runtime.block_on(compare(&lab, folder))
    })
}

async fn compare(lab: &Lab, folder: &Path) -> Result<Vec<Figure>> {
    let gateway = Gateway::start_in(&lab.server, folder).await?;
    let load = load::parvis::fill(&gateway, SHAPE, Lab::CLIENT, Instant::now()).await?;
    let mut presenter = present(&gateway).await.context("the viewing")?;
    let (mut alone, mut beside, mut pictures) = (Vec::new(), Vec::new(), 0);
    for _ in 0..WINDOWS {
        ages(load.window(WINDOW).await?, &mut alone);
        let until = Instant::now() + WINDOW;
        let (tally, made) = tokio::try_join!(load.window(WINDOW), drag(&mut presenter, until, pictures))?;
        ages(tally, &mut beside);
        pictures += made;
    }
    drop(load);
    gateway.end().await?;
    let (alone, beside) = (Sample::new(alone)?, Sample::new(beside)?);
    let late = (beside.quantile(0.99) - alone.quantile(0.99)).max(0.0);
    let note = format!(
        "p99 of the age of packets at their receivers: {:.2} ms alone, {:.2} ms while {:.0} pictures a second are rendered of a radiograph; \
         {} rooms of {}, {WINDOWS} windows of {} s of each in turns; the load generator is on the same cores",
        alone.quantile(0.99),
        beside.quantile(0.99),
        f64::from(pictures) / (WINDOWS as f64 * WINDOW.as_secs_f64()),
        SHAPE.rooms,
        SHAPE.senders,
        WINDOW.as_secs(),
    );
    Ok(vec![Figure::alone("sfu.beside_rendering.later_ms.p99", late, "ms", beside.len(), note)])
}

fn ages(tally: load::Tally, into: &mut Vec<f64>) {
    into.extend(tally.ages.iter().map(|age| age.as_secs_f64() * 1000.0));
}

/// A doctor in a call of their own who shows a radiograph.
async fn present(gateway: &Gateway) -> Result<Seat> {
    let visit = Visit::book(gateway, 1).await?;
    visit.upload("one.dcm", Objects::make()?.cr(0)?).await?;
    let series = visit.series().await?.into_iter().next().context("a series")?;
    let mut doctor = visit.doctor_enters().await?;
    doctor.say(&ClientMessage::Surface { viewport: 0, width: SIDE, height: SIDE }).await?;
    first_image::share(&mut doctor, &series.series).await?;
    Ok(doctor)
}

/// Changes the window with each picture that comes; the answer is how many came.
async fn drag(seat: &mut Seat, until: Instant, first: u32) -> Result<u32> {
    let mut made = 0;
    while Instant::now() < until {
        let center = 2000.0 + f64::from(first + made) / 7.0;
        seat.say(&ClientMessage::SetWindow { viewport: 0, center, width: 3000.0 }).await?;
        let next = async {
            while !matches!(seat.hear().await?, Heard::Picture(_)) {}
            Ok::<_, anyhow::Error>(())
        };
        match tokio::time::timeout_at(until.into(), next).await {
            Ok(heard) => heard?,
            Err(_) => break,
        }
        made += 1;
    }
    Ok(made)
}
