//! The shared viewing over lines that are as slow as those of people: how soon there is an image, how old it is while somebody drags, what that
//! costs of the line, and when it is sharp. A browser's decoding and drawing are not in it.

use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use parvis::protocol::ClientMessage;
use tokio::task::JoinSet;
use tokio::time::MissedTickBehavior;

use crate::figure::{Figure, Sample};
use crate::gateway::Gateway;
use crate::line::{KINDS, Kind, Line};
use crate::person::{Arrived, Heard, Seat};
use crate::viewing::{GESTURE_EVERY, milliseconds};
use crate::visit::Visit;

/// What the figures begin with.
pub const NAMES: [&str; 4] = [
    "viewing.first_image_ms",
    "viewing.drag.bytes_per_s",
    "viewing.drag.stale_ms.p95",
    "viewing.rest_sharp_ms",
];
/// Surfaces of the devices, in pixels, each behind a line of its own: telephones upright and screens across.
const DEVICES: [(u32, u32); 4] = [(780, 1180), (1280, 800), (720, 1040), (1600, 900)];
/// Gestures of the presenter, at 60 a second.
pub const GESTURES: u32 = 480;
/// How often one looks at what is on the screens while the presenter drags.
const LOOK_EVERY: Duration = Duration::from_millis(5);
/// What is not sharp after this is not waited for.
pub const REST: Duration = Duration::from_secs(30);

/// A picture at a device.
#[derive(Clone, Copy, Debug)]
pub struct Seen {
    pub at: Instant,
    pub viewport: u8,
    pub revision: u32,
    pub bytes: usize,
    pub is_lossless: bool,
}

impl Seen {
    pub fn of(heard: &Heard) -> Option<Self> {
        let Heard::Picture(Arrived { at, header, bytes }) = heard else { return None };
        let (viewport, revision, is_lossless) = (header.viewport, header.revision, header.is_lossless);
        Some(Self { at: *at, viewport, revision, bytes: *bytes, is_lossless })
    }
}

pub async fn measure(folder: &Path) -> Result<Vec<Figure>> {
    let mut figures = Vec::new();
    for kind in KINDS {
        figures.extend(over(folder, kind).await.with_context(|| format!("over a line of {}", kind.name))?);
    }
    // Those of one name after the other.
    let place = |figure: &Figure| NAMES.iter().position(|name| figure.name.starts_with(name));
    figures.sort_by_key(place);
    Ok(figures)
}

async fn over(folder: &Path, kind: Kind) -> Result<Vec<Figure>> {
    let gateway = Gateway::start(folder).await?;
    gateway.settled().await?;
    let visit = Visit::book(&gateway, DEVICES.len()).await?;
    let series = visit.upload_ct().await?;
    let mut doctor = visit.doctor_enters().await?;
    let (mut lines, mut seats) = (Vec::new(), Vec::new());
    for (link, (width, height)) in visit.links.iter().zip(DEVICES) {
        let line = Line::open(gateway.address(), kind).await?;
        let mut seat = visit.guest_enters_by(&line, link, &mut doctor).await?;
        seat.say(&ClientMessage::Surface { viewport: 0, width, height }).await?;
        lines.push(line);
        seats.push(seat);
    }
    let shared_at = Instant::now();
    let mut opening = JoinSet::new();
    for seat in seats {
        opening.spawn(watch(seat, 1, 0, shared_at + REST));
    }
    doctor
        .ask(|request| ClientMessage::Share {
            request,
            series: series.series,
            viewport: 0,
            is_other_patient: true,
        })
        .await?;
    let opened = beside(&mut doctor, opening).await?;
    let before = doctor.revision.context("the state of the viewing was not told")?;
    let mut first = Vec::new();
    let mut seats = Vec::new();
    let mut first_bytes = 0;
    for (seat, seen) in opened {
        let picture = seen.first().context("no image came")?;
        first.push(milliseconds(picture.at - shared_at));
        first_bytes += picture.bytes;
        seats.push(seat);
    }
    let last = before + GESTURES;
    let limit = Instant::now() + GESTURE_EVERY * GESTURES * 2 + REST;
    let mut watching = JoinSet::new();
    for seat in seats {
        watching.spawn(watch(seat, 1, last, limit));
    }
    let brought = |lines: &[Line]| lines.iter().map(Line::brought).sum::<u64>();
    let (begun_at, begun_with) = (Instant::now(), brought(&lines));
    let window = |gesture: u32| ClientMessage::SetWindow {
        viewport: 0,
        center: 40.0 + f64::from(gesture + 1) / 4.0,
        width: 400.0,
    };
    let (gestures, _) = present(&mut doctor, last, window).await?;
    let rate =
        (brought(&lines) - begun_with) as f64 / begun_at.elapsed().as_secs_f64() / DEVICES.len() as f64;
    let watched = beside(&mut doctor, watching).await?;
    gateway.end().await?;
    let seen: Vec<Vec<Seen>> = watched.into_iter().map(|(_, seen)| seen).collect();
    let of = format!(
        "{} devices on surfaces of {DEVICES:?}, each behind a line of {} kbit/s and {} ms each way; the presenter is on the gateway's network",
        DEVICES.len(),
        kind.bits_per_second / 1000.0,
        kind.one_way.as_millis()
    );
    let first = Sample::new(first)?;
    let name = kind.name;
    let first_note = format!(
        "median, from sharing a CT that nobody has looked at to the first picture's bytes at a device whose line is not known; slowest {:.0}, {:.0} KB each; {of}",
        first.max(),
        first_bytes as f64 / 1000.0 / DEVICES.len() as f64
    );
    let share = rate * 8.0 / kind.bits_per_second * 100.0;
    let rate_note = format!(
        "bytes of the WebSocket to a device, mean, while the window is dragged: {share:.0} % of the line; {:.0} gestures a second; {of}",
        rate_of(&gestures)
    );
    Ok(vec![
        Figure::alone(format!("{}.{name}", NAMES[0]), first.median(), "ms", first.len(), first_note),
        Figure::alone(format!("{}.{name}", NAMES[1]), rate, "B/s", DEVICES.len(), rate_note),
        stale(format!("{}.{name}", NAMES[2]), &gestures, before, &seen, &of)?,
        sharp(format!("{}.{name}", NAMES[3]), &gestures, last, &seen, &of)?,
    ])
}

/// How old what was on the screens was while the presenter was at it: since when something else was the newest.
pub fn stale(
    name: String,
    gestures: &[Instant],
    before: u32,
    seen: &[Vec<Seen>],
    of: &str,
) -> Result<Figure> {
    let ages = Sample::new(seen.iter().flat_map(|seen| ages(gestures, before, seen)).collect())?;
    let pictures = seen.iter().flatten().filter(|one| gestures.last().is_some_and(|last| one.at <= *last));
    let (count, bytes) = pictures.fold((0, 0), |(count, bytes), one| (count + 1, bytes + one.bytes));
    let note = format!(
        "age of what is on the screen, looked at every {} ms; median {:.0}, longest {:.0}; {:.1} pictures a second of {:.1} KB; {of}",
        LOOK_EVERY.as_millis(),
        ages.median(),
        ages.max(),
        f64::from(count) / seen.len().max(1) as f64 / lasted(gestures),
        bytes as f64 / 1000.0 / f64::from(count.max(1)),
    );
    Ok(Figure::alone(name, ages.quantile(0.95), "ms", ages.len(), note))
}

/// How long after the last gesture the slowest screen was sharp.
pub fn sharp(name: String, gestures: &[Instant], last: u32, seen: &[Vec<Seen>], of: &str) -> Result<Figure> {
    let ended_at = *gestures.last().context("no gesture")?;
    let (mut waited, mut lossless) = (Vec::new(), 0);
    for seen in seen {
        let of_it = || seen.iter().filter(|one| one.revision == last);
        let sharp = of_it().find(|one| one.is_lossless);
        lossless += usize::from(sharp.is_some());
        let finest = sharp.or(of_it().next_back()).context("what was left on show never came")?;
        waited.push(milliseconds(finest.at.saturating_duration_since(ended_at)));
    }
    let waited = Sample::new(waited)?;
    let note = format!(
        "slowest, from the last gesture to the finest picture of it; median {:.0}; lossless at {lossless} of {} in {} s; {of}",
        waited.median(),
        seen.len(),
        REST.as_secs()
    );
    Ok(Figure::alone(name, waited.max(), "ms", waited.len(), note))
}

/// Makes gestures at 60 a second, and listens; the answer is when each was sent, and the pictures that came meanwhile. Nobody else may change the viewing meanwhile, so that each makes
/// one revision, the last of them `last`.
pub async fn present(
    doctor: &mut Seat,
    last: u32,
    make: impl Fn(u32) -> ClientMessage,
) -> Result<(Vec<Instant>, Vec<Seen>)> {
    let mut ticks = tokio::time::interval(GESTURE_EVERY);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Skip);
    let (mut sent, mut own) = (Vec::new(), Vec::new());
    while sent.len() < GESTURES as usize {
        tokio::select! {
            _ = ticks.tick() => {
                doctor.say(&make(sent.len() as u32)).await?;
                sent.push(Instant::now());
            }
            heard = doctor.next() => own.extend(Seen::of(&heard?)),
        }
    }
    while doctor.revision.is_none_or(|revision| revision < last) {
        own.extend(Seen::of(&doctor.hear().await?));
    }
    ensure!(doctor.revision == Some(last), "the viewing is at {:?} and not at {last}", doctor.revision);
    Ok((sent, own))
}

/// Listens to a presenter while the others are at it.
pub async fn beside<T: Send + 'static>(doctor: &mut Seat, mut others: JoinSet<Result<T>>) -> Result<Vec<T>> {
    let mut done = Vec::new();
    loop {
        tokio::select! {
            heard = doctor.next() => { heard?; }
            ended = others.join_next() => match ended {
                Some(ended) => done.push(ended??),
                None => return Ok(done),
            },
        }
    }
}

/// The pictures that come until those of revision `last`, or newer, are sharp in so many viewports, at most until then.
pub async fn watch(mut seat: Seat, viewports: usize, last: u32, limit: Instant) -> Result<(Seat, Vec<Seen>)> {
    let mut seen: Vec<Seen> = Vec::new();
    let mut sharp = std::collections::BTreeSet::new();
    while sharp.len() < viewports {
        let Ok(heard) = tokio::time::timeout_at(limit.into(), seat.next()).await else { break };
        let Some(picture) = Seen::of(&heard?) else { continue };
        if picture.is_lossless && picture.revision >= last {
            sharp.insert(picture.viewport);
        }
        seen.push(picture);
    }
    Ok((seat, seen))
}

/// The age of what is on the screen, again and again from the first gesture to the last, in milliseconds. Revision `before` + 1 is that of
/// the first.
fn ages(gestures: &[Instant], before: u32, seen: &[Seen]) -> Vec<f64> {
    let (Some(first), Some(last)) = (gestures.first(), gestures.last()) else { return Vec::new() };
    let (mut ages, mut at) = (Vec::new(), *first);
    let mut coming = seen.iter().peekable();
    let mut on_screen = before;
    while at <= *last {
        while let Some(picture) = coming.next_if(|picture| picture.at <= at) {
            on_screen = on_screen.max(picture.revision);
        }
        // The next gesture made something else the newest.
        let newer = gestures.get((on_screen - before) as usize).filter(|newer| **newer <= at);
        ages.push(newer.map_or(0.0, |newer| milliseconds(at - *newer)));
        at += LOOK_EVERY;
    }
    ages
}

fn lasted(gestures: &[Instant]) -> f64 {
    match (gestures.first(), gestures.last()) {
        (Some(first), Some(last)) => (*last - *first).as_secs_f64().max(f64::EPSILON),
        _ => f64::EPSILON,
    }
}

pub fn rate_of(gestures: &[Instant]) -> f64 {
    gestures.len().saturating_sub(1) as f64 / lasted(gestures)
}
