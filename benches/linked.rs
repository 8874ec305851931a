//! Four linked stacks: what is in hand goes before the others, with several people on fast lines and with one on a slow one.

use std::path::Path;
use std::time::Instant;

use anyhow::{Context, Result, ensure};
use parvis::protocol::{ClientMessage, LayoutWord, SeriesEntry};
use tokio::task::JoinSet;

use crate::figure::{Figure, Sample};
use crate::gateway::Gateway;
use crate::line::{KINDS, Kind, Line};
use crate::lines::{self, GESTURES, REST, Seen, beside, present, rate_of, watch};
use crate::objects::SEED;
use crate::person::Seat;
use crate::viewing::{GESTURE_EVERY, to_and_fro};
use crate::visit::Visit;

/// What the figures begin with.
pub const NAME: &str = "viewing.linked4";
const VIEWPORTS: u8 = 4;
/// A viewport of each of the people, in pixels: the presenter first.
const PEOPLE: [(u32, u32); 5] = [(800, 450), (640, 400), (960, 540), (512, 384), (390, 590)];

pub async fn measure(folder: &Path) -> Result<Vec<Figure>> {
    let mut figures = five(folder).await.context("five people")?;
    for kind in KINDS {
        figures.extend(one(folder, kind).await.with_context(|| format!("over a line of {}", kind.name))?);
    }
    Ok(figures)
}

/// Four linked CTs at a presenter; the answer has their series.
async fn put_up(visit: &Visit, doctor: &mut Seat) -> Result<Vec<SeriesEntry>> {
    for number in 0..u64::from(VIEWPORTS) {
        visit.upload_ct_of(SEED + number).await?;
    }
    let all = visit.cts().await?;
    ensure!(all.len() == usize::from(VIEWPORTS), "{} series came", all.len());
    doctor.say(&ClientMessage::SetLayout { layout: LayoutWord::Four }).await?;
    for (viewport, series) in (0..VIEWPORTS).zip(&all) {
        let series = series.series.clone();
        doctor
            .ask(|request| ClientMessage::Share { request, series, viewport, is_other_patient: true })
            .await?;
    }
    doctor.say(&ClientMessage::SetLinked { is_linked: true }).await?;
    doctor.say(&ClientMessage::SetActive { viewport: 0 }).await?;
    // Where scrolling begins.
    doctor.say(&ClientMessage::Scroll { viewport: 0, index: 0 }).await?;
    Ok(all)
}

async fn size(seat: &mut Seat, (width, height): (u32, u32)) -> Result<()> {
    for viewport in 0..VIEWPORTS {
        seat.say(&ClientMessage::Surface { viewport, width, height }).await?;
    }
    Ok(())
}

/// What came of scrolling.
struct Scrolled {
    /// When each gesture was sent.
    gestures: Vec<Instant>,
    /// The revision before the first.
    before: u32,
    /// Processor time of the server and its decoders.
    used_ms: f64,
    /// What the presenter saw meanwhile.
    own: Vec<Seen>,
    /// What each of the others saw until all was sharp again.
    seen: Vec<Vec<Seen>>,
}

/// Scrolls the first stack through all of its frames and back, when everybody has all of them sharp.
async fn scroll(gateway: &Gateway, doctor: &mut Seat, seats: Vec<Seat>, frames: u32) -> Result<Scrolled> {
    let viewports = usize::from(VIEWPORTS);
    let mut opening = JoinSet::new();
    for seat in seats {
        opening.spawn(watch(seat, viewports, 0, Instant::now() + REST));
    }
    let opened = beside(doctor, opening).await?;
    let before = doctor.revision.context("the state of the viewing was not told")?;
    let last = before + GESTURES;
    let limit = Instant::now() + GESTURE_EVERY * GESTURES * 2 + REST;
    let mut watching = JoinSet::new();
    for (seat, _) in opened {
        watching.spawn(watch(seat, viewports, last, limit));
    }
    let used = gateway.used_ms();
    let step = |gesture: u32| ClientMessage::Scroll { viewport: 0, index: to_and_fro(gesture + 1, frames) };
    let (gestures, own) = present(doctor, last, step).await?;
    let used_ms = gateway.used_ms() - used;
    let watched = beside(doctor, watching).await?;
    let seen = watched.into_iter().map(|(_, seen)| seen).collect();
    Ok(Scrolled { gestures, before, used_ms, own, seen })
}

/// On fast lines: pictures a second.
async fn five(folder: &Path) -> Result<Vec<Figure>> {
    let gateway = Gateway::start(folder).await?;
    gateway.settled().await?;
    let [presenter, watchers @ ..] = PEOPLE;
    let visit = Visit::book(&gateway, watchers.len()).await?;
    let mut doctor = visit.doctor_enters().await?;
    size(&mut doctor, presenter).await?;
    let all = put_up(&visit, &mut doctor).await?;
    let mut seats = Vec::new();
    for (link, viewport) in visit.links.iter().zip(watchers) {
        let mut seat = visit.guest_enters(link, &mut doctor).await?;
        size(&mut seat, viewport).await?;
        seats.push(seat);
    }
    let frames = all.first().context("a series")?.frames;
    let scrolled = scroll(&gateway, &mut doctor, seats, frames).await?;
    let Scrolled { gestures, used_ms, own, mut seen, .. } = scrolled;
    seen.push(own);
    gateway.end().await?;
    let (begun, ended) = gestures.first().zip(gestures.last()).context("no gesture")?;
    let seconds = (*ended - *begun).as_secs_f64();
    let rate = |seen: &[Seen], is_it: &dyn Fn(u8) -> bool| {
        let during = seen.iter().filter(|one| is_it(one.viewport) && (*begun..=*ended).contains(&one.at));
        during.count() as f64 / seconds
    };
    let active = Sample::new(seen.iter().map(|seen| rate(seen, &|viewport| viewport == 0)).collect())?;
    let beside = (1..VIEWPORTS).flat_map(|other| seen.iter().map(move |seen| (seen, other)));
    let others = Sample::new(beside.map(|(seen, other)| rate(seen, &|one| one == other)).collect())?;
    let note = |sample: &Sample| {
        format!(
            "slowest, mean {:.1}, fastest {:.1}; {:.1} gestures a second through four linked CTs of {frames} frames for {} people on viewports of \
             {PEOPLE:?}; {:.0} % of a core for server and decode workers; clients on the same machine",
            sample.mean(),
            sample.max(),
            rate_of(&gestures),
            PEOPLE.len(),
            used_ms / seconds / 10.0
        )
    };
    Ok(vec![
        Figure::alone(format!("{NAME}.fps.active"), active.min(), "fps", active.len(), note(&active)),
        Figure::alone(format!("{NAME}.fps.others"), others.min(), "fps", others.len(), note(&others)),
    ])
}

/// Over a line: how old what is in hand is, and when all is sharp.
async fn one(folder: &Path, kind: Kind) -> Result<Vec<Figure>> {
    let gateway = Gateway::start(folder).await?;
    gateway.settled().await?;
    let visit = Visit::book(&gateway, 1).await?;
    let mut doctor = visit.doctor_enters().await?;
    let all = put_up(&visit, &mut doctor).await?;
    let line = Line::open(gateway.address(), kind).await?;
    let link = visit.links.first().context("a guest")?;
    let mut seat = visit.guest_enters_by(&line, link, &mut doctor).await?;
    size(&mut seat, PEOPLE[0]).await?;
    let frames = all.first().context("a series")?.frames;
    let scrolled = scroll(&gateway, &mut doctor, vec![seat], frames).await?;
    gateway.end().await?;
    let Scrolled { gestures, before, seen, .. } = scrolled;
    let of_viewport = |viewport: u8| -> Vec<Vec<Seen>> {
        let of_it = |seen: &Vec<Seen>| seen.iter().filter(|one| one.viewport == viewport).copied().collect();
        seen.iter().map(of_it).collect()
    };
    let of = format!(
        "four linked CTs on {:?} each, one device behind a line of {} kbit/s and {} ms each way",
        PEOPLE[0],
        kind.bits_per_second / 1000.0,
        kind.one_way.as_millis()
    );
    let last = before + GESTURES;
    let mut figures = Vec::new();
    for (part, viewports) in [("active", 0..1), ("others", 1..VIEWPORTS)] {
        let seen: Vec<Vec<Seen>> = viewports.flat_map(of_viewport).collect();
        let name = |what: &str| format!("{NAME}.{what}.{part}.{}", kind.name);
        figures.push(lines::stale(name("stale_ms.p95"), &gestures, before, &seen, &of)?);
        figures.push(lines::sharp(name("rest_sharp_ms"), &gestures, last, &seen, &of)?);
    }
    Ok(figures)
}
