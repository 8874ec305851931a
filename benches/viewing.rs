//! The shared viewing over raw WebSockets: from a presenter's gesture to the bytes of the picture, and scrolling with several
//! people watching. A browser's decoding and drawing are not in it.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use parvis::protocol::{ClientMessage, SeriesEntry, ServerMessage};
use tokio::task::JoinSet;
use tokio::time::MissedTickBehavior;

use crate::figure::{Figure, Sample};
use crate::gateway::Gateway;
use crate::person::{Arrived, Heard, Seat};
use crate::visit::Visit;

/// The presenter's surface, in pixels, and those of people who watch: telephones upright, tablets and screens across.
const PRESENTER: (u32, u32) = (900, 900);
const WATCHING: [(u32, u32); 8] = [
    (780, 1180),
    (1280, 800),
    (720, 1040),
    (1600, 900),
    (828, 1200),
    (1920, 1000),
    (1024, 700),
    (1170, 1500),
];
const DRAGS: usize = 300;
/// Gestures before the measurement, so that every cache is as it is in the middle of a drag.
const WARM_UP: usize = 20;
/// People who watch while one presents.
const WATCHERS: [usize; 3] = [1, 8, 32];
const SCROLL_FOR: Duration = Duration::from_secs(8);
/// Scroll messages come as often as a browser at 60 Hz sends them.
pub const GESTURE_EVERY: Duration = Duration::from_micros(16_667);

pub async fn measure(folder: &Path) -> Result<Vec<Figure>> {
    let gateway = Gateway::start(folder).await?;
    gateway.settled().await?;
    let mut figures = drag(&gateway).await.context("drag")?;
    gateway.end().await?;
    for watchers in WATCHERS {
        let gateway = Gateway::start(folder).await?;
        gateway.settled().await?;
        figures.extend(scroll(&gateway, watchers).await.with_context(|| format!("scroll with {watchers}"))?);
        gateway.end().await?;
    }
    Ok(figures)
}

/// Everybody in the call, the CT on show, and the first picture at everybody.
async fn open(gateway: &Gateway, guests: usize) -> Result<(Seat, Vec<Seat>, SeriesEntry)> {
    let visit = Visit::book(gateway, guests).await?;
    let series = visit.upload_ct().await?;
    let mut doctor = visit.doctor_enters().await?;
    let mut watchers = Vec::new();
    for link in &visit.links {
        watchers.push(visit.guest_enters(link, &mut doctor).await?);
    }
    let id = series.series.clone();
    doctor
        .ask(|request| ClientMessage::Share { request, series: id, viewport: 0, is_other_patient: true })
        .await?;
    for (number, seat) in std::iter::once(&mut doctor).chain(&mut watchers).enumerate() {
        let (width, height) = surface(number);
        seat.say(&ClientMessage::Surface { viewport: 0, width, height }).await?;
        while !matches!(seat.hear().await?, Heard::Picture(_)) {}
    }
    Ok((doctor, watchers, series))
}

/// No two people have the same one.
fn surface(number: usize) -> (u32, u32) {
    let Some(watcher) = number.checked_sub(1) else { return PRESENTER };
    let (width, height) = WATCHING[watcher % WATCHING.len()];
    let more = 16 * (watcher / WATCHING.len()) as u32;
    (width + more, height + more)
}

/// The picture of one gesture at one person.
struct Seen {
    at: Instant,
    bytes: usize,
    is_lossless: bool,
}

/// Waits for the whole picture of this window, or of a newer state.
async fn see(seat: &mut Seat, center: f64) -> Result<Seen> {
    let mut wanted = None;
    loop {
        match seat.hear().await? {
            Heard::Message(message) => {
                if let ServerMessage::Viewing(state) = *message
                    && let Some(picture) = state
                        .arrangement
                        .viewports
                        .into_iter()
                        .flatten()
                        .find_map(|shown| Some((shown.window?, shown.picture)))
                        .filter(|(window, _)| window.center == center)
                        .map(|(_, picture)| picture)
                {
                    wanted.get_or_insert(picture);
                }
            }
            Heard::Picture(picture) => {
                if wanted.is_some_and(|revision| picture.header.revision >= revision) {
                    let is_lossless = picture.header.is_lossless;
                    return Ok(Seen { at: picture.at, bytes: picture.bytes, is_lossless });
                }
            }
        }
    }
}

/// A window/level drag: each gesture after everybody has the picture of the one before.
async fn drag(gateway: &Gateway) -> Result<Vec<Figure>> {
    let (mut doctor, mut watchers, _) = open(gateway, 1).await?;
    let guest = watchers.first_mut().context("a guest")?;
    let (mut here, mut there, mut kilobytes, mut lossless) = (Vec::new(), Vec::new(), Vec::new(), 0);
    for gesture in 0..WARM_UP + DRAGS {
        // Every window is another one, so that no picture is there already.
        let center = 40.0 + gesture as f64 / 4.0;
        let sent = Instant::now();
        doctor.say(&ClientMessage::SetWindow { viewport: 0, center, width: 400.0 }).await?;
        let (own, theirs) = tokio::try_join!(see(&mut doctor, center), see(guest, center))?;
        if gesture >= WARM_UP {
            here.push(milliseconds(own.at - sent));
            there.push(milliseconds(theirs.at - sent));
            kilobytes.push(theirs.bytes as f64 / 1000.0);
            lossless += usize::from(own.is_lossless && theirs.is_lossless);
        }
    }
    let (here, there, kilobytes) = (Sample::new(here)?, Sample::new(there)?, Sample::new(kilobytes)?);
    let note = |share: f64| {
        format!(
            "at the presenter; at the guest {:.2} ms. CT 512 on {PRESENTER:?} and {:?}, {:.0} KB a picture at the guest, \
             {lossless} of {DRAGS} lossless; from sending set_window to the whole picture of it",
            there.quantile(share),
            surface(1),
            kilobytes.mean()
        )
    };
    Ok([("p50", 0.5), ("p99", 0.99)]
        .map(|(name, share)| {
            let name = format!("drag.bytes_ms.{name}");
            Figure::alone(name, here.quantile(share), "ms", here.len(), note(share))
        })
        .into())
}

/// Scrolls to and fro through the stack at 60 gestures a second.
async fn scroll(gateway: &Gateway, count: usize) -> Result<Vec<Figure>> {
    let (mut doctor, watchers, series) = open(gateway, count).await?;
    let until = Instant::now() + SCROLL_FOR;
    let before_ms = gateway.used_ms();
    let mut watching = JoinSet::new();
    for seat in watchers {
        watching.spawn(watch(seat, until));
    }
    let mut ticks = tokio::time::interval(GESTURE_EVERY);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Skip);
    let (mut gestures, mut own) = (0_u32, Vec::new());
    while Instant::now() < until {
        tokio::select! {
            _ = ticks.tick() => {
                doctor.say(&ClientMessage::Scroll { viewport: 0, index: to_and_fro(gestures, series.frames) }).await?;
                gestures += 1;
            }
            heard = doctor.next() => own.extend(Picture::of(&heard?)),
        }
    }
    let mut rates = Vec::new();
    let (presented, mut all) = (own.len(), own);
    while let Some(watched) = watching.join_next().await {
        let seen = watched??;
        rates.push(seen.len() as f64 / SCROLL_FOR.as_secs_f64());
        all.extend(seen);
    }
    let used_ms = gateway.used_ms() - before_ms;
    let rates = Sample::new(rates)?;
    let seconds = SCROLL_FOR.as_secs_f64();
    let renders = renders(&all, count)?;
    let (lossless, pictures) = (all.iter().filter(|picture| picture.is_lossless).count(), all.len());
    let note = format!(
        "slowest of {count} guest(s), fastest {:.1}, presenter {:.1}; {:.1} gestures/s for {seconds:.0} s through {} \
         frames of CT 512 on as many surfaces as there are people; {:.0} % lossless; {:.2} ms CPU of server and decode workers a \
         gesture; clients on the same machine",
        rates.max(),
        presented as f64 / seconds,
        f64::from(gestures) / seconds,
        series.frames,
        100.0 * lossless as f64 / pictures.max(1) as f64,
        used_ms / f64::from(gestures.max(1)),
    );
    let shown = all.len();
    let cost = format!(
        "of server and decode workers for each picture that reached somebody; {shown} pictures at {} people, {used_ms:.0} ms CPU in {seconds:.0} s",
        count + 1
    );
    Ok(vec![
        Figure::alone(format!("scroll.fps.{count}"), rates.min(), "fps", rates.len(), note),
        renders,
        Figure::alone(format!("scroll.cpu_ms.{count}"), used_ms / shown.max(1) as f64, "ms", shown, cost),
    ])
}

/// What tells one made picture from another.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Picture {
    revision: u32,
    size: (u32, u32),
    is_lossless: bool,
    bytes: usize,
}

impl Picture {
    fn of(heard: &Heard) -> Option<Self> {
        let Heard::Picture(Arrived { header, bytes, .. }) = heard else { return None };
        Some(Self {
            revision: header.revision,
            size: (header.width, header.height),
            is_lossless: header.is_lossless,
            bytes: *bytes,
        })
    }
}

/// How many pictures were made of one state: the most, however many people got one.
fn renders(pictures: &[Picture], count: usize) -> Result<Figure> {
    let mut made: Vec<_> = pictures.to_vec();
    made.sort();
    made.dedup();
    let mut of_state = BTreeMap::<u32, (usize, usize)>::new();
    for picture in &made {
        let (sharp, all) = of_state.entry(picture.revision).or_default();
        *sharp += usize::from(picture.is_lossless);
        *all += 1;
    }
    let most = of_state.values().map(|(sharp, _)| *sharp).max().context("no picture came")?;
    let most_of_both = of_state.values().map(|(_, all)| *all).max().unwrap_or_default();
    let note = format!(
        "most lossless pictures of one state; with the lossy ones {most_of_both}. {} pictures made of {} states for {count} \
         guest(s) and the presenter, {:.2} a state; {} were sent",
        made.len(),
        of_state.len(),
        made.len() as f64 / of_state.len().max(1) as f64,
        pictures.len(),
    );
    Ok(Figure::alone(format!("scroll.renders.{count}"), most as f64, "pictures", of_state.len(), note))
}

/// The pictures that come until then.
async fn watch(mut seat: Seat, until: Instant) -> Result<Vec<Picture>> {
    let mut seen = Vec::new();
    while let Ok(heard) = tokio::time::timeout_at(until.into(), seat.next()).await {
        seen.extend(Picture::of(&heard?));
    }
    Ok(seen)
}

/// 0, 1, .. `count` - 1, .. 1, 0, 1, ..
pub fn to_and_fro(step: u32, count: u32) -> u32 {
    let last = count.saturating_sub(1).max(1);
    let place = step % (2 * last);
    place.min(2 * last - place)
}

pub fn milliseconds(time: Duration) -> f64 {
    time.as_secs_f64() * 1000.0
}
