//! Forwarding media: what it costs and how long it takes, against Janus under the same load in the same minutes.
//!
//! Both servers run alone in one network namespace, both loads stand, and one sends at a time, in mixed order.

use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};

use crate::figure::{Figure, Sample};
use crate::gateway::Gateway;
use crate::lab::Lab;
use crate::load::janus::Janus;
use crate::load::{Load, Shape, Tally, engine, media, parvis};
use crate::machine::{processor_ms, resident_bytes, scheduled_ms};

/// Measured for each server.
const WINDOWS: usize = 10;
const WINDOW: Duration = Duration::from_secs(4);
/// From when a load begins to send until it is measured: key frames have been asked for and sent.
const SETTLE: Duration = Duration::from_secs(1);
/// A smaller part of the packets that were to be delivered is no measurement.
const MUST_DELIVER: f64 = 0.98;
const PEER: &str = "Janus";

/// Two send to each other and to twenty who only receive. An appointment must hold that many people.
const LECTURE: Shape = Shape { rooms: 1, senders: 2, receivers: 20 };
/// Everybody sends to everybody.
const VISITS: Shape = Shape { rooms: 20, senders: 3, receivers: 0 };

/// What was measured of one server under one load.
struct Course {
    /// Of each window.
    cpu_us_per_packet: Vec<f64>,
    /// Of each window: of one core.
    cores: Vec<f64>,
    packets_per_second: Vec<f64>,
    delivered: Vec<f64>,
    ages_ms: Vec<f64>,
    lost: u64,
    /// What the load took from the memory of the server, in bytes.
    memory_bytes: f64,
    joins_ms: Vec<f64>,
    /// The load generator's own use of the processor, as parts of one core.
    own_cores: Vec<f64>,
}

/// Few send to many.
pub fn lecture(folder: &Path) -> Result<Vec<Figure>> {
    lecture_figures(&compared(folder, LECTURE)?)
}

/// Many small calls.
pub fn visits(folder: &Path) -> Result<Vec<Figure>> {
    visit_figures(&compared(folder, VISITS)?)
}

fn compared(folder: &Path, shape: Shape) -> Result<([Course; 2], String)> {
    let lab = Lab::make()?;
    lab.run(|| {
        let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
        runtime.block_on(compare(&lab, folder, shape))
    })
}

/// Both servers under one load each, Parvis first in the answer.
async fn compare(lab: &Lab, folder: &Path, shape: Shape) -> Result<([Course; 2], String)> {
    let epoch = Instant::now();
    let gateway = Gateway::start_in(&lab.server, folder).await?;
    let janus = Janus::start_in(&lab.server, Lab::SERVER_DEVICE, Lab::SERVER, folder).await?;
    let idle = [gateway.id, janus.id].map(resident_bytes);
    // One load at a time, so that it joins on a quiet machine.
    let ours = parvis::fill(&gateway, shape, Lab::CLIENT, epoch).await.context("Parvis")?;
    tokio::time::sleep(SETTLE).await;
    ours.send(false).await?;
    let theirs = janus.fill(shape, Lab::CLIENT, epoch).await.context("Janus")?;
    tokio::time::sleep(SETTLE).await;
    theirs.send(false).await?;
    let loads = [(ours, gateway.id), (theirs, janus.id)];
    let mut courses = [0, 1].map(|server| Course::new(&loads[server].0));
    for window in 0..WINDOWS {
        // Whoever was first is second in the next pair.
        let order = if window % 2 == 0 { [0, 1] } else { [1, 0] };
        for server in order {
            let (load, process) = &loads[server];
            courses[server].window(load, *process).await.with_context(|| ["Parvis", PEER][server])?;
        }
    }
    for (server, (_, process)) in loads.iter().enumerate() {
        let loaded = resident_bytes(*process).zip(idle[server]);
        let (loaded, idle) = loaded.context("the system does not tell the memory of a process")?;
        courses[server].memory_bytes = loaded as f64 - idle as f64;
    }
    drop(loads);
    gateway.end().await?;
    Ok((courses, janus.version.clone()))
}

impl Course {
    fn new(load: &Load) -> Self {
        Self {
            cpu_us_per_packet: Vec::new(),
            cores: Vec::new(),
            packets_per_second: Vec::new(),
            delivered: Vec::new(),
            ages_ms: Vec::new(),
            lost: 0,
            memory_bytes: 0.0,
            joins_ms: load.joins_ms.clone(),
            own_cores: Vec::new(),
        }
    }

    async fn window(&mut self, load: &Load, process: u32) -> Result<()> {
        load.send(true).await?;
        tokio::time::sleep(SETTLE).await;
        let read = || -> Result<(f64, f64, Instant)> {
            let server = scheduled_ms(process).or_else(|| processor_ms(process));
            let own = processor_ms(std::process::id());
            let (server, own) = server.zip(own).context("the system does not tell processor time")?;
            Ok((server, own, Instant::now()))
        };
        let (server, own, begun) = read()?;
        let tally = load.window(WINDOW).await?;
        let (server_after, own_after, ended) = read()?;
        load.send(false).await?;
        self.note(load.shape, tally, server_after - server, own_after - own, (ended - begun).as_secs_f64())
    }

    fn note(&mut self, shape: Shape, tally: Tally, cpu_ms: f64, own_ms: f64, seconds: f64) -> Result<()> {
        let due = tally.sent as f64 * shape.copies() as f64;
        let delivered = tally.received as f64 / due.max(1.0);
        ensure!(
            delivered >= MUST_DELIVER,
            "only {:.1} % of the packets were delivered: {} of {due:.0}, {} missing in the order; the load generator used {:.2} \
             cores",
            delivered * 100.0,
            tally.received,
            tally.lost,
            own_ms / seconds / 1000.0
        );
        self.cpu_us_per_packet.push(cpu_ms * 1000.0 / tally.received as f64);
        self.cores.push(cpu_ms / 1000.0 / seconds);
        self.own_cores.push(own_ms / 1000.0 / seconds);
        self.packets_per_second.push(tally.received as f64 / seconds);
        self.delivered.push(delivered);
        self.lost += tally.lost;
        self.ages_ms.extend(tally.ages.iter().map(|age| age.as_secs_f64() * 1000.0));
        Ok(())
    }

    /// What a reader needs to judge the figure.
    fn facts(&self) -> Result<String> {
        let (cpu, rate) =
            (Sample::new(self.cpu_us_per_packet.clone())?, Sample::new(self.packets_per_second.clone())?);
        let (delivered, own) = (Sample::new(self.delivered.clone())?, Sample::new(self.own_cores.clone())?);
        Ok(format!(
            "{:.1} to {:.1} us, {:.0} packets/s delivered ({:.2} % of those due, {} lost), {:.2} of a core; load generator {:.2}",
            cpu.min(),
            cpu.max(),
            rate.median(),
            delivered.median() * 100.0,
            self.lost,
            Sample::new(self.cores.clone())?.median(),
            own.median()
        ))
    }
}

/// How it was measured.
fn how(version: &str) -> String {
    format!(
        "median of {WINDOWS} windows of {} s each, in mixed order; the server's own processor time (schedstat), in which the way \
         through the kernel to the receivers' sockets is; alone in a network namespace, over veth; {} on both sides; each sender: \
         Opus at 50 packets/s and VP8 of {:.1} Mbit/s at 30 pictures/s; Janus {version}",
        WINDOW.as_secs(),
        engine::PROFILE_NAME,
        media::CAMERA_BPS as f64 / 1e6
    )
}

fn cost(name: &str, [ours, theirs]: &[Course; 2], version: &str) -> Result<Figure> {
    let median =
        |course: &Course| Sample::new(course.cpu_us_per_packet.clone()).map(|sample| sample.median());
    let note = format!("{}. Parvis {}; Janus {}", how(version), ours.facts()?, theirs.facts()?);
    let peer = (PEER, median(theirs)?);
    Ok(Figure::against(format!("sfu.{name}.cpu_us_per_packet"), median(ours)?, "us", peer, WINDOWS, note))
}

fn lecture_figures((courses, version): &([Course; 2], String)) -> Result<Vec<Figure>> {
    let mut figures = vec![cost("2x20", courses, version)?];
    let [ours, theirs] = [0, 1].map(|server: usize| Sample::new(courses[server].ages_ms.clone()));
    let (ours, theirs) = (ours?, theirs?);
    let [joins, their_joins] = [0, 1].map(|server: usize| Sample::new(courses[server].joins_ms.clone()));
    let (joins, their_joins) = (joins?, their_joins?);
    for (name, share) in [("p50", 0.5), ("p95", 0.95)] {
        let note = format!(
            "from before the packet is sealed at its sender to after it is opened at a receiver, one packet in 16, {} against {} \
             packets; p99 {:.2} against {:.2}. Joins of {} devices in a row, from asking to come in (Janus: opening its WebSocket) \
             to the first packet of a key frame: median {:.0} against {:.0} ms, p95 {:.0} against {:.0}",
            ours.len(),
            theirs.len(),
            ours.quantile(0.99),
            theirs.quantile(0.99),
            joins.len(),
            joins.median(),
            their_joins.median(),
            joins.quantile(0.95),
            their_joins.quantile(0.95)
        );
        let (value, peer) = (ours.quantile(share), (PEER, theirs.quantile(share)));
        figures.push(Figure::against(
            format!("sfu.2x20.latency_ms.{name}"),
            value,
            "ms",
            peer,
            WINDOWS,
            note,
        ));
    }
    Ok(figures)
}

fn visit_figures((courses, version): &([Course; 2], String)) -> Result<Vec<Figure>> {
    let mut figures = vec![cost("rooms3", courses, version)?];
    let per_core = |course: &Course| -> Result<f64> {
        Ok(VISITS.rooms as f64 / Sample::new(course.cores.clone())?.median())
    };
    let [ours, theirs] = courses;
    let note =
        format!("rooms of three that one core holds, from the processor time at {} rooms", VISITS.rooms);
    let peer = (PEER, per_core(theirs)?);
    figures.push(Figure::against("sfu.rooms3.per_core", per_core(ours)?, "rooms", peer, WINDOWS, note));
    let each = |course: &Course| course.memory_bytes / VISITS.people() as f64 / 1e6;
    let note = format!(
        "growth of VmRSS by {} participants in rooms of three, at the end of the windows; signalling and sign-ins are in it",
        VISITS.people()
    );
    let peer = (PEER, each(theirs));
    figures.push(Figure::against("sfu.memory_mb_per_participant", each(ours), "MB", peer, 1, note));
    Ok(figures)
}
